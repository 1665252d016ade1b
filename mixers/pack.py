"""Put documents into windows of a fixed length by best fit, longest first, without cutting any that fits.

Concatenating and cutting at every window end severs about a fifth of all documents; best-fit decreasing severs only those longer
than a window (Ding et al. 2024, "Fewer Truncations Improve Language Modeling") and leaves two or three per cent of the places to
padding. Documents are packed in chunks of the given order, so that memory is bounded and a document's second epoch comes well after
its first; inside a chunk, where packing leaves long documents first, windows are shuffled. Lengths are small integers, so the
fullest window that still has room is found in a tree over the room left: a million documents take about a second.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mixers.native import native
from mixers.order import key, permute

CHUNK = 16_384
"""Windows' worth of tokens packed at a time."""
FEWEST = 64
"""Windows' worth of tokens that a chunk must have before the end of an epoch may close it."""


@native
def _order(lengths: np.ndarray, capacity: int) -> np.ndarray:
    """Rows by falling length, equal ones in the order given (a counting sort)."""
    starts = np.zeros(capacity + 2, np.int64)
    for length in lengths:
        starts[capacity - length + 1] += 1
    starts = np.cumsum(starts)
    order = np.empty(len(lengths), np.int64)
    for i in range(len(lengths)):
        order[starts[capacity - lengths[i]]] = i
        starts[capacity - lengths[i]] += 1
    return order


@native
def _least(tree: np.ndarray, length: int) -> int:
    """The least room of at least `length` that some window has; -1 if none has. The second half of the tree are its leaves."""
    leaves = len(tree) // 2
    node = leaves + length
    while not tree[node]:
        while node % 2 == 1:  # a right child has no sibling with more room
            node //= 2
            if node <= 1:
                return -1
        node += 1
    while node < leaves:
        node = 2 * node if tree[2 * node] else 2 * node + 1
    return node - leaves


@native
def best_fit(lengths: np.ndarray, capacity: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Window and offset of each item, and the number of windows. lengths: int64, each in [1, capacity].

    Items go longest first, each into the window with the least room that holds it, the newest of equals; a new window is opened where
    none does.
    """
    leaves = 2
    while leaves < capacity + 1:
        leaves *= 2
    tree = np.zeros(
        2 * leaves, np.bool_
    )  # is there a window with this much room (a leaf), or with a room in this range?
    newest = np.full(capacity + 1, -1, np.int64)
    older = np.empty(len(lengths), np.int64)
    window, offset = np.empty(len(lengths), np.int64), np.empty(len(lengths), np.int64)
    windows = 0
    for i in _order(lengths, capacity):
        room = _least(tree, lengths[i])
        w = newest[room] if room >= 0 else windows
        if room < 0:
            room = capacity
            windows += 1
        else:
            newest[room] = older[w]
            node = leaves + room
            while newest[room] < 0 and node >= 1 and not (node < leaves and (tree[2 * node] or tree[2 * node + 1])):
                tree[node] = False
                node //= 2
        window[i], offset[i] = w, capacity - room
        room -= lengths[i]
        older[w], newest[room] = newest[room], w
        node = leaves + room
        while node >= 1 and not tree[node]:
            tree[node] = True
            node //= 2
    return window, offset, windows


def pack(lengths: NDArray[np.uint32], epochs: NDArray[np.uint32], seq_len: int, seed: int) -> tuple[pl.DataFrame, int]:
    """Segments (use, a row of the input; start in the document; length; window; offset; all UInt32) and the number of windows.

    Documents come in the order given, `epochs` is the epoch of each, ascending; `seed` shuffles the windows of a chunk.
    """
    parts = [pl.DataFrame(schema=dict.fromkeys(("use", "start", "length", "window", "offset"), pl.UInt32))]
    windows = 0
    for number, (start, stop) in enumerate(chunks(lengths, epochs, seq_len)):
        use, begin, length = _pieces(lengths[start:stop].astype(np.int64), seq_len)
        window, offset, count = best_fit(length, seq_len)
        place = windows + permute(np.arange(count), count, key(seed, "chunk", number))
        made = {"use": use + start, "start": begin, "length": length, "window": place[window], "offset": offset}
        parts.append(pl.DataFrame({name: values.astype(np.uint32) for name, values in made.items()}))
        windows += count
    return pl.concat(parts), windows


def _pieces(lengths: NDArray[np.int64], seq_len: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Documents cut at window ends (row, start, length): only those longer than a window have more than one piece."""
    counts = -(-lengths // seq_len)
    use = np.repeat(np.arange(len(lengths)), counts)
    start = (np.arange(len(use)) - np.repeat(np.cumsum(counts) - counts, counts)) * seq_len
    return use, start, np.minimum(lengths[use] - start, seq_len)


def chunks(lengths: NDArray[np.uint32], epochs: NDArray[np.uint32], seq_len: int) -> Iterator[tuple[int, int]]:
    """Runs of documents packed together: about CHUNK windows, closed early where an epoch ends and FEWEST windows are full."""
    ends = np.cumsum(lengths, dtype=np.int64)
    turns = np.flatnonzero(epochs[1:] != epochs[:-1]) + 1
    start = 0
    while start < len(lengths):
        base = ends[start - 1] if start else 0
        full, enough = (int(np.searchsorted(ends, base + n * seq_len)) + 1 for n in (CHUNK, FEWEST))
        turn = int(np.searchsorted(turns, enough))
        stop = min(len(lengths), full, int(turns[turn]) if turn < len(turns) else full)
        yield start, stop
        start = stop
