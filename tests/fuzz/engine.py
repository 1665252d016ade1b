"""Inputs made from seeds by a number, what an input must never do to a parser, and how one that does is made smaller.

`mutated` is a function of its number and a word, so an input can be made again from these. `judged` runs a target on one input and says
what is wrong: it raises anything but a CurateError of one line, takes more CPU time than its length allows, or more memory.
"""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from curate.errors import CurateError

LONGEST = 20_000
"""Bytes of an input."""
BYTES = 500_000_000
"""By how much one input may raise the process's peak memory."""
NUMBERS = [
    b"0",
    b"-1",
    b"1e999",
    b"-0.0",
    b"NaN",
    b"9" * 19,
    b"9" * 400,
    b"18446744073709551616",
    b"0x7fffffff",
    b"1e-400",
]
ODD = [
    b"\0", b"\r\n", b"\x1b[2J", b"\xff", b"\xc3", b"\xed\xa0\x80", "\u202e".encode(), "\ufeff".encode(), "\u2028".encode(),
    "\U000e0001".encode(), b"'", b'"', b"\\", b"../", b"%00", b"${x}", b"{0.__class__}", b"\n---\n",
]  # fmt: skip


@dataclass(frozen=True)
class Target:
    """One parser under attack."""

    name: str
    run: Callable[[bytes], None]
    """Gives an input to the parser and asserts what must hold of the result."""
    make: Callable[[], list[bytes]]
    words: tuple[bytes, ...] = ()
    """What the parser looks for."""
    seconds: float = 1.0
    """CPU time that any input may take, and as much again for each `per` bytes."""
    per: int = 10_000
    examples: int = 25
    """Inputs in the fast set of tests."""
    modules: tuple[str, ...] = ("curate", "curation", "eval", "mixers", "trainers")
    """Packages in whose branches a coverage-guided engine takes an interest."""

    @cached_property
    def seeds(self) -> list[bytes]:
        return self.make()

    def warm(self) -> None:
        """Run every seed: what is loaded or compiled at first use is no input's fault."""
        for seed in self.seeds:
            if wrong := problem(self, seed):
                raise AssertionError(f"{self.name} breaks at a seed of its own: {wrong}: {seed[:200]!r}")


def problem(target: Target, data: bytes) -> str:
    """What a target raises on an input and should not; empty if nothing."""
    try:
        target.run(data)
    except CurateError as error:
        return f"CurateError of several lines: {error}" if "\n" in str(error) else ""
    except AssertionError as error:
        return f"AssertionError: {str(error)[:300] or 'without a word'}"
    except (Exception, pl.exceptions.PanicException) as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
    return ""


def judged(target: Target, data: bytes) -> str:
    """What is wrong with how a target takes an input; empty if nothing is."""
    before, started = _peak(), time.process_time()
    wrong = problem(target, data)
    took, grown = time.process_time() - started, _peak() - before
    allowed = target.seconds * (1 + len(data) / target.per)
    if not wrong and took > allowed:
        started = time.process_time()
        problem(target, data)
        took = min(took, time.process_time() - started)
        wrong = f"slow: {took:.1f} s for {len(data):,} bytes, and {allowed:.1f} s are allowed" if took > allowed else ""
    return wrong or (f"memory: {grown:,} bytes for an input of {len(data):,}" if grown > BYTES else "")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


# making inputs

Mutator = Callable[[random.Random, bytes, "Stock"], bytes]


@dataclass(frozen=True)
class Stock:
    """What an input is made of."""

    seeds: list[bytes]
    words: tuple[bytes, ...] = ()
    more: list[bytes] = field(default_factory=lambda: [*NUMBERS, *ODD])

    def word(self, rng: random.Random) -> bytes:
        return rng.choice(self.words if self.words and rng.random() < 0.7 else self.more)


def _stretch(rng: random.Random, data: bytes, most: int = 400) -> tuple[int, int]:
    start = rng.randint(0, len(data))
    return start, min(len(data), start + rng.randint(1, most))


def flipped(rng: random.Random, data: bytes, stock: Stock) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 4, 32)) if data else 0):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut_out(rng: random.Random, data: bytes, stock: Stock) -> bytes:
    start, end = _stretch(rng, data)
    return data[:start] + data[end:]


def cut_short(rng: random.Random, data: bytes, stock: Stock) -> bytes:
    return data[: rng.randint(0, len(data))]


def repeated(rng: random.Random, data: bytes, stock: Stock) -> bytes:
    start, end = _stretch(rng, data, rng.choice((2, 8, 60, 400)))
    return data[:start] + data[start:end] * rng.choice((2, 3, 20, 400)) + data[end:]


def spliced(rng: random.Random, data: bytes, stock: Stock) -> bytes:
    other = rng.choice(stock.seeds)
    start, end = _stretch(rng, other, 2000)
    at = rng.randint(0, len(data))
    return data[:at] + other[start:end] + data[at + rng.choice((0, end - start)) :]


def worded(rng: random.Random, data: bytes, stock: Stock) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + stock.word(rng) + data[at + rng.choice((0, 0, 1, 5)) :]


def nested(rng: random.Random, data: bytes, stock: Stock) -> bytes:
    opening, closing = rng.choice(
        ((b"[", b"]"), (b"{", b"}"), (b"(", b")"), (b'{"a":', b"}"), (b"<b>", b"</b>"), (b"- ", b""))
    )
    at, times = rng.randint(0, len(data)), rng.choice((3, 50, 1100, 5000))
    return data[:at] + opening * times + data[at : at + 20] + closing * times + data[at + 20 :]


def renumbered(rng: random.Random, data: bytes, stock: Stock) -> bytes:
    places = [place for place, byte in enumerate(data) if 48 <= byte < 58]
    if not places:
        return worded(rng, data, stock)
    at = rng.choice(places)
    return data[:at] + rng.choice(NUMBERS) + data[at + 1 :]


MUTATORS: tuple[Mutator, ...] = (flipped, cut_out, cut_short, repeated, spliced, worded, worded, nested, renumbered)


def mutated(target: Target, number: int, word: str = "") -> bytes:
    """The input of a number: a seed, changed some times."""
    rng = random.Random(f"{target.name} {number} {word}")
    stock = Stock(target.seeds, target.words)
    data = rng.choice(stock.seeds)
    for _ in range(rng.choice((1, 1, 2, 3, 6))):
        data = rng.choice(MUTATORS)(rng, data, stock)[:LONGEST]
    return data


# making inputs smaller


def smaller(data: bytes) -> Iterator[bytes]:
    """The input without a stretch of it, large stretches first, then with a stretch of plain letters."""
    size = max(1, len(data) // 2)
    while size:
        for start in range(0, len(data), size):
            yield data[:start] + data[start + size :]
        size //= 2
    for start in range(len(data)):
        if data[start : start + 1] != b"a":
            yield data[:start] + b"a" + data[start + 1 :]


def shrunk(data: bytes, is_wrong: Callable[[bytes], bool], seconds: float = 20.0) -> bytes:
    """The smallest input found in this time that is still wrong."""
    until, again = time.monotonic() + seconds, True
    while again and time.monotonic() < until:
        again = False
        for candidate in smaller(data):
            if time.monotonic() > until:
                break
            if len(candidate) <= len(data) and candidate != data and is_wrong(candidate):
                data, again = candidate, True
                break
    return data


def kind_of(wrong: str) -> str:
    """The sort of what is wrong, which stays while an input is made smaller."""
    return wrong.partition(":")[0]
