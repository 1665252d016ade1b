"""Gzip members whose bytes are the same on every machine.

Python's zlib is whatever library it was built with (zlib, zlib-ng, ...), and these give different bytes for the same input, so a corpus
written with it would have another digest elsewhere. This is deflate with fixed Huffman codes and a greedy search in a 32 kB window
(RFC 1951, 1952): about a third less compression than zlib's level 6, some 100 MB/s, and integers only. Every reader of gzip reads it.
"""

from __future__ import annotations

import zlib

import numba
import numpy as np

WINDOW = 32768
HASH_BITS = 14
CHAIN = 6
"""How many earlier places with the same four bytes are compared."""
HEADER = bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])
"""Deflate, no flags, no time, unknown system."""


def _reversed(code: int, length: int) -> int:
    return int(format(code, f"0{length}b")[::-1], 2)


def _literal_codes() -> tuple[np.ndarray, np.ndarray]:
    """Code (bits reversed, as deflate sends them) and length of each of the 288 symbols of the fixed tree."""
    codes, lengths = np.zeros(288, np.uint32), np.zeros(288, np.uint32)
    for first, last, start, length in ((0, 143, 0x30, 8), (144, 255, 0x190, 9), (256, 279, 0, 7), (280, 287, 0xC0, 8)):
        for symbol in range(first, last + 1):
            codes[symbol], lengths[symbol] = _reversed(start + symbol - first, length), length
    return codes, lengths


def _ranges(extra: list[int], first: int, last: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each value up to `last`: its symbol; and for each symbol: its base and number of extra bits."""
    bases = np.cumsum([first] + [1 << bits for bits in extra[:-1]]).astype(np.uint32)
    symbols = (np.searchsorted(bases, np.arange(last + 1), side="right") - 1).clip(0).astype(np.uint32)
    return symbols, bases, np.array(extra, np.uint32)


CODES, LENGTHS = _literal_codes()
L_SYMBOL, L_BASE, L_EXTRA = _ranges([0] * 8 + [i for i in range(1, 6) for _ in range(4)], 3, 258)
L_SYMBOL[258] = 28
L_BASE, L_EXTRA = np.append(L_BASE, np.uint32(258)), np.append(L_EXTRA, np.uint32(0))
D_SYMBOL, D_BASE, D_EXTRA = _ranges([0, 0] + [i for i in range(14) for _ in range(2)], 1, WINDOW)
D_CODE = np.array([_reversed(i, 5) for i in range(30)], np.uint32)


@numba.njit(cache=True)
def _match(data: np.ndarray, a: int, b: int, end: int) -> int:
    """How many bytes from b on equal those from a on, at most 258."""
    n = 0
    while b + n < end and n < 258 and data[a + n] == data[b + n]:
        n += 1
    return n


@numba.njit(cache=True)
def _deflate(data, out, head, prev, codes, lengths, l_symbol, l_base, l_extra, d_symbol, d_base, d_extra, d_code):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """One final block into `out`; returns how many bytes it takes."""
    end, i, filled, place = data.size, 0, np.uint64(3), 0
    bits = np.uint64(3)  # final block, fixed codes
    head[:] = -1
    while i <= end:
        best, where = 0, 0
        if i + 4 <= end:
            key = (
                (data[i] | data[i + 1] << 8 | data[i + 2] << 16 | data[i + 3] << 24) * 2654435761 >> (32 - HASH_BITS)
            ) & ((1 << HASH_BITS) - 1)
            candidate, tries = head[key], 0
            while candidate >= 0 and i - candidate <= WINDOW and tries < CHAIN:
                n = _match(data, candidate, i, end)
                if n > best:
                    best, where = n, candidate
                candidate, tries = prev[candidate & (WINDOW - 1)], tries + 1
            prev[i & (WINDOW - 1)], head[key] = head[key], i
        symbol = 256 if i == end else data[i]
        if best >= 4:
            symbol = 257 + l_symbol[best]
        bits |= np.uint64(codes[symbol]) << filled
        filled += np.uint64(lengths[symbol])
        if best >= 4:
            s, d = l_symbol[best], d_symbol[i - where]
            bits |= np.uint64(best - l_base[s]) << filled
            filled += np.uint64(l_extra[s])
            bits |= np.uint64(d_code[d]) << filled
            bits |= np.uint64(i - where - d_base[d]) << (filled + np.uint64(5))
            filled += np.uint64(5 + d_extra[d])
        while filled >= 8:
            out[place] = bits & np.uint64(255)
            bits >>= np.uint64(8)
            filled -= np.uint64(8)
            place += 1
        i += max(best, 1) if best >= 4 else 1
    if filled:
        out[place] = bits & np.uint64(255)
        place += 1
    return place


_HEAD = np.zeros(1 << HASH_BITS, np.int64)
_PREV = np.zeros(WINDOW, np.int64)


def member(data: bytes) -> bytes:
    """One gzip member."""
    out = np.empty(len(data) * 9 // 8 + 16, np.uint8)
    source = np.frombuffer(data, np.uint8)
    tables = (CODES, LENGTHS, L_SYMBOL, L_BASE, L_EXTRA, D_SYMBOL, D_BASE, D_EXTRA, D_CODE)
    size = _deflate(source, out, _HEAD, _PREV, *tables)
    tail = zlib.crc32(data).to_bytes(4, "little") + (len(data) & 0xFFFFFFFF).to_bytes(4, "little")
    return HEADER + out[:size].tobytes() + tail
