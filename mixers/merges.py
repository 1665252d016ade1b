"""The native loops of byte-level BPE: pairs in a hash table, two merge loops, and a memory of short pieces.

Cutting and merging go together, so no list of pieces is ever made.

A piece is merged lowest rank first and leftmost first, as every BPE is. The plain loop is quadratic and the quicker one for words; above
`SHORT` bytes a heap takes over, so that a megabyte without a space costs what a megabyte of prose does.
"""

from __future__ import annotations

import heapq

import numpy as np

from mixers.cut import piece_end
from mixers.native import native

SHORT = 96
"""Longest piece, in bytes, that the plain merge loop takes."""
REMEMBERED = 15
"""Longest piece, in bytes, that the memory holds: its bytes and its length are the key, so equal keys are equal pieces."""
NO_MERGE = 1 << 40


@native
def _slot(pair: int, slots: int) -> int:
    mixed = np.uint64(pair) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64(mixed >> np.uint64(32)) & (slots - 1)  # type: ignore[return-value]


@native
def fill(merges: np.ndarray, pairs: np.ndarray, found: np.ndarray) -> None:
    """Build the table of pairs. merges: (n, 3). pairs: (slots,) all -1, slots a power of two; found: (slots, 2) rank and merged id."""
    for rank in range(len(merges)):
        pair = (merges[rank, 0] << 32) | merges[rank, 1]
        at = _slot(pair, len(pairs))
        while pairs[at] != -1 and pairs[at] != pair:
            at = (at + 1) & (len(pairs) - 1)
        pairs[at], found[at, 0], found[at, 1] = (
            pair,
            rank,
            merges[rank, 2],
        )  # listed twice, it has its last rank, as in `tokenizers`


@native
def _merge(left: int, right: int, pairs: np.ndarray, found: np.ndarray) -> tuple[int, int]:
    """Rank and id of the merge of two tokens; NO_MERGE if there is none."""
    pair = (left << 32) | right
    at = _slot(pair, len(pairs))
    while pairs[at] != -1:
        if pairs[at] == pair:
            return found[at, 0], found[at, 1]
        at = (at + 1) & (len(pairs) - 1)
    return NO_MERGE, -1


@native
def _merge_short(
    ids: np.ndarray, n: int, ranks: np.ndarray, merged: np.ndarray, pairs: np.ndarray, found: np.ndarray
) -> int:
    """Merge ids[:n] in place, lowest rank first, leftmost first; how many are left."""
    for i in range(n - 1):
        ranks[i], merged[i] = _merge(ids[i], ids[i + 1], pairs, found)
    while n > 1:
        best = 0
        for i in range(1, n - 1):
            if ranks[i] < ranks[best]:
                best = i
        if ranks[best] == NO_MERGE:
            break
        ids[best] = merged[best]
        n -= 1
        for i in range(best + 1, n):
            ids[i], ranks[i], merged[i] = ids[i + 1], ranks[i + 1], merged[i + 1]
        if best > 0:
            ranks[best - 1], merged[best - 1] = _merge(ids[best - 1], ids[best], pairs, found)
        if best < n - 1:
            ranks[best], merged[best] = _merge(ids[best], ids[best + 1], pairs, found)
    return n


@native
def _merge_long(ids: np.ndarray, pairs: np.ndarray, found: np.ndarray) -> int:
    """The same in n log n: a heap of (rank, place) over a linked list; entries of pairs that are gone are skipped."""
    n = len(ids)
    after, before = np.arange(1, n + 1), np.arange(-1, n - 1)
    heap = [0 for _ in range(0)]
    for i in range(n - 1):
        rank, _ = _merge(ids[i], ids[i + 1], pairs, found)
        if rank != NO_MERGE:
            heap.append(int((rank << 32) | i))
    heapq.heapify(heap)
    while len(heap) > 0:
        entry = heapq.heappop(heap)
        i = entry & 0xFFFFFFFF
        j = after[i] if ids[i] >= 0 else n
        if j >= n:
            continue
        rank, new = _merge(ids[i], ids[j], pairs, found)
        if rank != entry >> 32:
            continue
        ids[i], ids[j], after[i] = new, -1, after[j]
        if after[i] < n:
            before[after[i]] = i
            rank, _ = _merge(ids[i], ids[after[i]], pairs, found)
            if rank != NO_MERGE:
                heapq.heappush(heap, int((rank << 32) | i))
        if before[i] >= 0:
            rank, _ = _merge(ids[before[i]], ids[i], pairs, found)
            if rank != NO_MERGE:
                heapq.heappush(heap, int((rank << 32) | before[i]))
    left = 0
    for i in range(n):
        if ids[i] >= 0:
            ids[left] = ids[i]
            left += 1
    return left


@native
def _piece(
    data: np.ndarray, work: np.ndarray, byte_ids: np.ndarray, pairs: np.ndarray, found: np.ndarray, out: np.ndarray
) -> int:
    """Encode the bytes of one piece to out[:count]."""
    n = len(data)
    ids = work[0] if n <= SHORT else np.empty(n, np.int64)
    for i in range(n):
        ids[i] = byte_ids[data[i]]
    if n <= SHORT:
        count = _merge_short(ids, n, work[1], work[2], pairs, found)
    else:
        count = _merge_long(ids, pairs, found)
    for i in range(count):
        out[i] = ids[i]
    return count


@native
def _remembered(data: np.ndarray, places: np.ndarray) -> tuple[int, np.uint64, np.uint64]:
    """Where the memory holds a short piece or would hold it, and the two words that are its key."""
    n = len(data)
    low, high = np.uint64(0), np.uint64(n) << np.uint64(56)
    for i in range(min(n, 8)):
        low |= np.uint64(data[i]) << np.uint64(8 * i)
    for i in range(8, n):
        high |= np.uint64(data[i]) << np.uint64(8 * (i - 8))
    mixed = (low ^ (high * np.uint64(0xBF58476D1CE4E5B9))) * np.uint64(0x9E3779B97F4A7C15)
    slot = np.int64(mixed >> np.uint64(32)) & (len(places) - 1)
    while places[slot, 1] != 0 and (places[slot, 0] != low or places[slot, 1] != high):
        slot = (slot + 1) & (len(places) - 1)
    return slot, low, high  # type: ignore[return-value]


@native
def _mark(token: np.ndarray) -> int:
    """FNV-1a of some bytes, mixed once more."""
    mark = np.uint64(0xCBF29CE484222325)
    for byte in token:
        mark = (mark ^ np.uint64(byte)) * np.uint64(0x100000001B3)
    mixed = (mark ^ (mark >> np.uint64(32))) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64(mixed >> np.uint64(32))  # type: ignore[return-value]


@native
def fill_whole(data: np.ndarray, bounds: np.ndarray, slots: np.ndarray) -> None:
    """Build the table of whole tokens. data, bounds: their bytes end to end. slots: all -1, a power of two; gets places in `bounds`."""
    for place in range(len(bounds) - 1):
        at = _mark(data[bounds[place] : bounds[place + 1]]) & (len(slots) - 1)
        while slots[at] != -1:
            at = (at + 1) & (len(slots) - 1)
        slots[at] = place


@native
def _whole(piece: np.ndarray, data: np.ndarray, bounds: np.ndarray, slots: np.ndarray) -> int:
    """Place of the token that is this piece, -1 if there is none."""
    if len(slots) == 0:
        return -1
    at = _mark(piece) & (len(slots) - 1)
    while slots[at] != -1:
        place = slots[at]
        token = data[bounds[place] : bounds[place + 1]]
        if len(token) == len(piece):
            i = 0
            while i < len(piece) and token[i] == piece[i]:
                i += 1
            if i == len(piece):
                return place  # type: ignore[no-any-return]
        at = (at + 1) & (len(slots) - 1)
    return -1


@native
def encode(
    data: np.ndarray,
    bounds: np.ndarray,
    around: tuple[int, int],
    cutter: tuple[np.ndarray, np.ndarray],
    tables: tuple[np.ndarray, np.ndarray, np.ndarray],
    whole: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    memory: tuple[np.ndarray, np.ndarray, np.ndarray],
    out: np.ndarray,
    ends: np.ndarray,
) -> None:
    """Encode documents to `out`; `ends` gets where each one ends, after a leading 0.

    data: UTF-8, end to end. bounds: (documents + 1,). around: ids put before and after each document, -1 for none. cutter: classes and
    steps of `mixers.cut`. whole: tokens that a piece is taken for without merging: ids, bytes, bounds, slots (empty for none). memory:
    places (slots, 4) with the key of a piece, its only id or where its ids begin in the arena, and how many they are; the arena; and how
    many places and ids are used.
    """
    byte_ids, pairs, found = tables
    places, arena, used = memory
    work = np.empty((3, SHORT), np.int64)
    at = 0
    for d in range(len(bounds) - 1):
        if around[0] >= 0:
            out[at] = around[0]
            at += 1
        start = bounds[d]
        while start < bounds[d + 1]:
            stop = piece_end(data, start, bounds[d + 1], cutter[0], cutter[1])
            piece = data[start:stop]
            start = stop
            short = len(piece) <= REMEMBERED
            if short:
                slot, low, high = _remembered(piece, places)
                known = np.int64(places[slot, 3])
                if known == 1:
                    out[at] = places[slot, 2]
                    at += 1
                    continue
                if known:
                    first = np.int64(places[slot, 2])
                    for i in range(first, first + known):
                        out[at] = arena[i]
                        at += 1
                    continue
            place = _whole(piece, whole[1], whole[2], whole[3])
            if place >= 0:
                out[at], count = whole[0][place], 1
            else:
                count = _piece(piece, work, byte_ids, pairs, found, out[at:])
            if short and used[0] < len(places) // 2 and used[1] + count <= len(arena):
                places[slot, 0], places[slot, 1], places[slot, 3] = low, high, count
                places[slot, 2] = out[at] if count == 1 else used[1]
                used[0] += 1
                if count > 1:
                    arena[used[1] : used[1] + count] = out[at : at + count]
                    used[1] += count
            at += count
        if around[1] >= 0:
            out[at] = around[1]
            at += 1
        ends[d + 1] = at
