"""Draws that are the same on every machine and every Python.

Python promises to keep the sequence of `random.Random(n).random()` and nothing else, so everything here is made of that. A generator is
named by a key, not handed around: `Rng(seed, "page", 7)` gives page 7 without drawing the six before it.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Rng:
    """A stream of draws named by its key: integers and text."""

    __slots__ = ("random",)

    def __init__(self, *key: int | str) -> None:
        digest = hashlib.blake2b(repr(key).encode(), digest_size=16).digest()
        self.random = random.Random(int.from_bytes(digest)).random
        """The next float in [0, 1)."""

    def choice(self, items: Sequence[T]) -> T:
        return items[int(self.random() * len(items))]

    def randint(self, low: int, high: int) -> int:
        """An integer in [low, high], both ends included."""
        return low + int(self.random() * (high - low + 1))

    def few(self, most: int, power: int = 2) -> int:
        """An integer in [0, most), small ones more often: a draw in [0, 1), multiplied by itself, of `most`. Exact on every machine."""
        drawn = share = self.random()
        for _ in range(power - 1):
            share *= drawn
        return int(share * most)

    def chance(self, probability: float) -> bool:
        return self.random() < probability

    def shuffled(self, items: Sequence[T]) -> list[T]:
        rest = list(items)
        for i in range(len(rest) - 1, 0, -1):
            j = int(self.random() * (i + 1))
            rest[i], rest[j] = rest[j], rest[i]
        return rest

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """`count` different items (all of them if there are fewer), in random order."""
        return self.shuffled(items)[:count]

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """`count` different items in the order they came in."""
        picked = set(self.sample(range(len(items)), count))
        return [item for i, item in enumerate(items) if i in picked]
