"""Where things come in a mixture, as pure functions: keys, permutations, and ranks, all with random access.

A permutation is never stored: place `n` of `count` is computed from a key by a Feistel network over the next even power of two,
walked until it falls below `count` (cycle walking; Black and Rogaway 2002), which is a bijection by construction. So the same window
stands at place `n` for any number of ranks and workers, and after any resume. numpy only; 64-bit wrap-around arithmetic.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np
from numpy.typing import ArrayLike, NDArray

U64 = NDArray[np.uint64]
ROUNDS = 6
GOLDEN = 0x9E3779B97F4A7C15


def key(*parts: str | int) -> int:
    """A 64-bit key: the first eight bytes, little-endian, of the sha256 of the parts as compact JSON."""
    payload = json.dumps(parts, separators=(",", ":"), ensure_ascii=True).encode()
    return int.from_bytes(hashlib.sha256(payload).digest()[:8], "little")


def mix64(x: U64) -> U64:
    """splitmix64's finaliser (Steele, Lea and Flood 2014): a bijection of 64-bit words."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def permute(places: ArrayLike, count: int, seed: int) -> NDArray[np.int64]:
    """What stands at each of `places`, all in [0, count), under the permutation that `seed` (64 bits) names."""
    todo = np.atleast_1d(np.asarray(places, np.int64)).astype(np.uint64)
    half = max(1, ((count - 1).bit_length() + 1) // 2)
    rounds = mix64(np.array([(seed + r * GOLDEN) % 2**64 for r in range(ROUNDS)], np.uint64))
    out = _feistel(todo, half, rounds)
    while (far := np.flatnonzero(out >= np.uint64(count))).size:
        out[far] = _feistel(out[far], half, rounds)
    return out.astype(np.int64)


def permuted(place: int, count: int, seed: int) -> int:
    """The same for one place, in plain integers: numpy takes fifty times as long for a single one."""
    half = max(1, ((count - 1).bit_length() + 1) // 2)
    mask = (1 << half) - 1
    rounds = [_mix((seed + r * GOLDEN) % 2**64) for r in range(ROUNDS)]
    while True:
        left, right = place >> half, place & mask
        for r in rounds:
            left, right = right, left ^ (_mix(right ^ r) & mask)
        place = (left << half) | right
        if place < count:
            return place


def _mix(x: int) -> int:
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB % 2**64
    return x ^ (x >> 31)


def _feistel(x: U64, half: int, rounds: U64) -> U64:
    shift, mask = np.uint64(half), np.uint64((1 << half) - 1)
    left, right = x >> shift, x & mask
    for r in rounds:
        left, right = right, left ^ (mix64(right ^ r) & mask)
    return (left << shift) | right


class Groups:
    """How many windows of a group come before a place, and where its k-th stands, for any sequence of groups.

    Counts are kept for every BLOCK places only, so memory is 8 bytes for each group and block, whatever the file's size; inside a block
    the sequence itself is looked at. `groups`: (windows,) numbers below `kinds`, in memory or mapped.
    """

    BLOCK = 4096

    def __init__(self, groups: NDArray[np.uint16], kinds: int) -> None:
        self.groups = groups
        starts = range(0, len(groups), self.BLOCK)
        counts = [np.bincount(groups[s : s + self.BLOCK], minlength=kinds) for s in starts]
        self.before = np.concatenate([np.zeros((1, kinds), np.int64), np.cumsum(counts, axis=0)])

    def size(self, group: int) -> int:
        """Windows of a group."""
        return int(self.before[-1, group])

    def rank(self, place: int) -> int:
        """How many windows of the group that stands at `place` come before it."""
        block, group = place // self.BLOCK, self.groups[place]
        inside = np.count_nonzero(self.groups[block * self.BLOCK : place] == group)
        return int(self.before[block, group]) + int(inside)

    def select(self, group: int, rank: int) -> int:
        """The place of the window of a group that has `rank` before it."""
        block = int(np.searchsorted(self.before[:, group], rank, "right")) - 1
        start = block * self.BLOCK
        inside = np.flatnonzero(self.groups[start : start + self.BLOCK] == group)
        return start + int(inside[rank - self.before[block, group]])
