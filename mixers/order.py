"""Where things come in a mixture, as pure functions: keys, permutations with random access, and the interleaving of sources.

A permutation is never stored: place `n` of `count` is computed from a key by a Feistel network over the next even power of two,
walked until it falls below `count` (cycle walking; Black and Rogaway 2002), which is a bijection by construction. So the same window
stands at place `n` for any number of ranks and workers, and after any resume. numpy only; 64-bit wrap-around arithmetic.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

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


def _feistel(x: U64, half: int, rounds: U64) -> U64:
    shift, mask = np.uint64(half), np.uint64((1 << half) - 1)
    left, right = x >> shift, x & mask
    for r in rounds:
        left, right = right, left ^ (mix64(right ^ r) & mask)
    return (left << shift) | right


def interleave(counts: Sequence[int]) -> NDArray[np.int64]:
    """Which group stands at each of sum(counts) places, so that every prefix has the groups in proportion.

    The k-th of a group's c members wants to stand at (k + 1/2) / c of the whole; ties go to the earlier group. In any prefix each
    group is within len(counts) / 2 + 1/2 members of its share.
    """
    wanted = np.concatenate([(np.arange(c) + 0.5) / max(c, 1) for c in counts]) if len(counts) else np.zeros(0)
    groups = np.repeat(np.arange(len(counts)), counts)
    return groups[np.argsort(wanted, kind="stable")]
