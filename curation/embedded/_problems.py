"""Which problems may stand where: pages to train on, prompts for RL and the benchmark never share one.

A problem's identity is what it asks, not how: family, sort, numbers and the form of its equation, without names, things, letters and
wording. Its hash puts it into one of three splits once and for all, so that corpora of any size and seed, made apart from each other, are
disjoint.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import re
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from typing import Literal, NamedTuple

from curation.synth.families._family import LEVELS, Parsed, families
from curation.synth.families._rng import Rng

Split = Literal["train", "rl", "eval"]
EVAL, RL = 20, 52
"""Of 256: how many hashes are the benchmark's, and up to which they are for RL."""
PER_LEVEL = 4
"""Items of the benchmark for each family and level."""
_PLAIN = re.compile(r"[A-Za-z' -]*")
_LETTER = re.compile(r"(?<![a-z])[a-z](?![a-z])")
"""An unknown, whatever it is called."""
_BRACKETS = re.compile(r"([()])\1+")
"""Brackets around brackets, which say nothing."""
ESSENTIAL = ("from", "to", "small", "large", "word")
"""Words of a problem that are not mere names or things: units, and letters to arrange."""


_ABOUT: ContextVar[tuple[Sequence[str], Sequence[int]]] = ContextVar("about", default=((), ()))
"""Families and levels that every problem is of; all where none is named."""


class Problem(NamedTuple):
    """A problem, its right answer, and what its family reads in it."""

    text: str
    answer: str
    family: str
    level: int
    parsed: Parsed


class Item(NamedTuple):
    """An item of the benchmark."""

    id: str
    problem: Problem


def problem_hash(family: str, parsed: Parsed) -> bytes:
    """16 bytes that are the same for the same problem in whatever words, its numbers in whatever order.

    Numbers are taken as a bag, because 1/2 + 1/6 asks what 1/6 + 1/2 does; problems that differ in the order alone count as one. Letters to
    arrange are taken by how often each occurs.
    """
    words = (
        "".join(sorted(map(str, map(word.count, set(word))))) if key == "word" else word
        for key, word in parsed.words.items()
        if key in ESSENTIAL or not _PLAIN.fullmatch(word)
    )
    forms = sorted(_BRACKETS.sub(r"\1", _LETTER.sub("x", word)) for word in words)
    return hashlib.blake2b(repr((family, parsed.kind, sorted(parsed.numbers), forms)).encode(), digest_size=16).digest()


def split_of(family: str, parsed: Parsed) -> Split:
    """Where a problem belongs."""
    first = problem_hash(family, parsed)[0]
    return "eval" if first < EVAL else "rl" if first < RL else "train"


@contextlib.contextmanager
def about(names: Sequence[str], levels: Sequence[int]) -> Iterator[None]:
    """Within it `draw` keeps to these families and levels, whatever it is asked for."""
    token = _ABOUT.set((names, levels))
    try:
        yield
    finally:
        _ABOUT.reset(token)


def known(names: Sequence[str]) -> list[str]:
    """Those of these families (of all, if none is named) that problems may be of here, in the same order; maybe none."""
    return [name for name in names or all_families() if name in (_ABOUT.get()[0] or families())]


def draw(rng: Rng, names: Sequence[str] = (), level: int = 0, split: Split = "train") -> Problem:
    """A problem of one of these families (of any, if none is named) and of a level (0: any), from a split.

    RuntimeError if a family has no problem of that split at that level, which the tests rule out.
    """
    levels = _ABOUT.get()[1] or LEVELS
    name = rng.choice(known(names) or known(()))
    level = level if level in levels else rng.choice(levels)
    family = families()[name]
    for _ in range(400):
        text, answer = family.make(rng, level)
        parsed = family.parse(text)
        assert parsed is not None, (name, text)
        if split_of(name, parsed) == split:
            return Problem(text, answer, name, level, parsed)
    raise RuntimeError(f"{name} has no {split} problem at level {level}")


@functools.cache
def all_families() -> list[str]:
    """Every family by name, in order."""
    return sorted(families())


@functools.cache
def bench() -> tuple[Item, ...]:
    """The items of `embedded-bench`: every family at every level, up to `PER_LEVEL` different problems each. Always the same ones,
    also within `about`."""
    items = []
    with about((), ()):
        for name in all_families():
            seen: set[bytes] = set()
            for level in LEVELS:
                for i in range(PER_LEVEL):
                    rng = Rng("embedded-bench", name, level, i)
                    drawn = (draw(rng, (name,), level, "eval") for _ in range(20))
                    problem = next((p for p in drawn if problem_hash(name, p.parsed) not in seen), None)
                    if problem is not None:
                        seen.add(problem_hash(name, problem.parsed))
                        items.append(Item(f"{name}-{level}-{i}", problem))
    return tuple(items)
