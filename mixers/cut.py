"""A tokenizer's regular expression as a table that native code walks: it says where each piece of a text ends.

The patterns of GPT-2, Llama 3, Qwen and o200k are alternatives of character sets with greedy counts, and one lookahead, `(?!\\S)`. Such a
pattern is a finite automaton: a state is the ordered list of places in the pattern that are still alive, and of two ways to match the one
that stands first wins, as in every backtracking engine. A lookahead of one character is decided when that character comes. So each
character is read a fixed number of times, where backtracking may read a long run again for each alternative.

Which characters a set holds is asked of a regular expression engine, set by set as it stands in the pattern, for every code point of the
planes that have characters. Those of the other planes, which only have private and unassigned ones, are as the last of them. Left out:
possessive and lazy counts, other lookarounds, back references, and patterns that leave a character out; `compiled` gives None for them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from mixers.native import native

MAX_STATES = 2048
MAX_COUNT = 64
"""Largest number in a count such as `{1,3}`."""
MAX_SETS = 62
LAST = 0x10FFFD
"""Stands for all code points that are not asked about one by one."""
_ESCAPE = r"\\[pP]\{\^?\w+\}|\\[sSdDrntfv]|\\[^\w\s]"
_ATOM = rf"{_ESCAPE}|\[(?:{_ESCAPE}|[^\[\]\\])+\]|[^\\\[\](){{}}|?*+.^$]"
_SET = re.compile(_ATOM)
_NOT = re.compile(rf"\(\?!({_ATOM})\)")
_TIMES = re.compile(r"[?*+]|\{\d+(?:,\d*)?\}")
_ONE_FOLDS_TO_TWO = re.compile("ff|fi|fl|ss|st")
"""Letters that, where case does not matter, some engines find in one letter (ß, ﬁ)."""


Tree = tuple[Any, ...]
"""("set", n), ("not", n), ("cat", trees), ("alt", trees) or ("times", tree, low, high); n is the number of a set."""


class Unfit(Exception):
    """The pattern is not of this kind."""


@dataclass(frozen=True)
class Cutter:
    """A compiled pattern. classes: (0x110000,) uint8, class of each code point. steps: (states, classes + 1), see `piece_end`."""

    classes: np.ndarray
    steps: np.ndarray


def compiled(pattern: str) -> Cutter | None:
    """The pattern as a table; None if it is not of this kind."""
    try:
        parser = _Parser(pattern)
        tree = parser.alternatives(folded=False)
        if parser.at != len(pattern):
            raise Unfit
        program: list[tuple[Any, ...]] = [("match",)]
        start = _link(program, tree, 0)
        classes, holds = _classes(list(parser.sets))
        return Cutter(classes, _table(program, start, holds))
    except (Unfit, RecursionError, pl.exceptions.ComputeError):
        return None


@dataclass
class _Parser:
    """Recursive descent over the pattern, which gathers its sets on the way."""

    pattern: str
    at: int = 0
    sets: dict[str, int] = field(default_factory=dict)

    def alternatives(self, folded: bool) -> Tree:
        options = [self.sequence(folded)]
        while self.pattern.startswith("|", self.at):
            self.at += 1
            options.append(self.sequence(folded))
        return ("alt", options)

    def sequence(self, folded: bool) -> Tree:
        parts = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            parts.append(self.counted(folded))
        return ("cat", parts)

    def counted(self, folded: bool) -> Tree:
        tree = self.single(folded)
        count = _TIMES.match(self.pattern, self.at)
        if not count:
            return tree
        self.at = count.end()
        if tree[0] == "not" or _TIMES.match(self.pattern, self.at):  # possessive or lazy
            raise Unfit
        said = {"?": (0, 1), "*": (0, None), "+": (1, None)}.get(count[0])
        if said is None:
            low, comma, high = count[0][1:-1].partition(",")
            said = (int(low), int(high) if high else None if comma else int(low))
        return ("times", tree, *said)

    def single(self, folded: bool) -> Tree:
        ahead = _NOT.match(self.pattern, self.at)
        if ahead:
            self.at = ahead.end()
            return ("not", self.known(ahead[1], folded))
        for opening, inner in (("(?i:", True), ("(?:", folded)):
            if self.pattern.startswith(opening, self.at):
                return self.group(opening, inner)
        atom = _SET.match(self.pattern, self.at)
        if not atom:
            raise Unfit
        self.at = atom.end()
        return ("set", self.known(atom[0], folded))

    def group(self, opening: str, folded: bool) -> Tree:
        start = self.at
        self.at += len(opening)
        tree = self.alternatives(folded)
        if not self.pattern.startswith(")", self.at):
            raise Unfit
        self.at += 1
        if folded and _ONE_FOLDS_TO_TWO.search(self.pattern[start : self.at].lower()):
            raise Unfit
        return tree

    def known(self, atom: str, folded: bool) -> int:
        if (folded and len(atom) > 1) or any(twice in atom for twice in ("&&", "--", "~~")):
            raise Unfit  # engines differ
        return self.sets.setdefault(f"(?i:{atom})" if folded else atom, len(self.sets))


def _link(program: list[tuple[Any, ...]], tree: Tree, then: int) -> int:
    """Append the instructions of a tree that go on at `then`; where they begin."""
    kind, *rest = tree
    if kind == "cat":
        for part in reversed(rest[0]):
            then = _link(program, part, then)
        return then
    if kind == "times":
        body, low, high = rest
        return _counted(program, body, low, high, then)
    if kind == "alt":
        program.append(("split", [_link(program, option, then) for option in rest[0]]))
    else:
        program.append((kind, rest[0], then))
    return len(program) - 1


def _may_be_empty(tree: Tree) -> bool:
    """Whether it matches nothing at all; engines differ in how often they count that."""
    kind, *rest = tree
    if kind == "times":
        return rest[1] == 0 or _may_be_empty(rest[0])
    if kind in ("cat", "alt"):
        return (all if kind == "cat" else any)(map(_may_be_empty, rest[0]))
    return bool(kind == "not")


def _counted(program: list[tuple[Any, ...]], body: Tree, low: int, high: int | None, then: int) -> int:
    if max(low, high or 0) > MAX_COUNT or len(program) > MAX_STATES or _may_be_empty(body):
        raise Unfit
    start = then
    if high is None:
        start = len(program)
        program.append(("split", ways := []))
        ways += [_link(program, body, start), then]
    for _ in range((high or low) - low):  # each only after the one before it
        program.append(("split", [_link(program, body, start), then]))
        start = len(program) - 1
    for _ in range(low):
        start = _link(program, body, start)
    return start


def _classes(sets: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """The class of each code point, and (classes, sets) whether a class is in a set: characters of one class are in the same sets."""
    points = np.r_[0:0xD800, 0xE000:0x40000, 0xE0000:0xE1000, LAST].astype("<u4")
    characters = pl.Series(list(points.tobytes().decode("utf-32-le")))
    inside = np.zeros(len(points), np.int64)
    for place, one in enumerate(sets):
        inside |= characters.str.contains(one).to_numpy().astype(np.int64) << place
    kinds, numbers = np.unique(inside, return_inverse=True)
    if len(sets) > MAX_SETS or len(kinds) > np.iinfo(np.uint8).max:
        raise Unfit
    classes = np.full(0x110000, numbers[-1], np.uint8)
    classes[points] = numbers
    return classes, (kinds[:, None] >> np.arange(len(sets))) & 1 == 1


def _table(program: list[tuple[Any, ...]], start: int, holds: np.ndarray) -> np.ndarray:
    """All states that can be reached from `start`. State 0 is the end, state 1 the beginning. The last class is the end of the text."""
    end = len(holds)
    inside = np.vstack([holds, np.zeros((1, holds.shape[1]), bool)]).tolist()
    states: dict[tuple[int, ...], int] = {(): 0, (start,): 1}
    rows = []
    for state in (todo := [(), (start,)]):  # grows while it is walked
        row = []
        for number in range(end + 1):
            done, after = _step(program, state, inside[number])
            after = () if number == end else after
            if after not in states:
                states[after] = len(states)
                todo.append(after)
            row.append(2 * states[after] + done)
        rows.append(row)
        if len(states) > MAX_STATES:
            raise Unfit
    steps = np.array(rows, np.int32)
    if (steps[1] & 1).any() or not _certain(steps)[steps[1, :end] >> 1].all():
        raise Unfit  # an empty piece, or a character in no piece
    return steps


def _step(program: list[tuple[Any, ...]], state: tuple[int, ...], inside: list[bool]) -> tuple[bool, tuple[int, ...]]:
    """Before a character of this class: does a piece end here, and where in the pattern could one go on after it?"""
    seen: set[int] = set()
    after: dict[int, None] = {}

    def follow(place: int) -> bool:
        if place in seen:
            return False
        seen.add(place)
        kind, *rest = program[place]
        if kind == "split":
            return any(map(follow, rest[0]))
        if kind == "not":
            return not inside[rest[0]] and follow(rest[1])
        if kind == "set" and inside[rest[0]]:
            after[rest[1]] = None
        return bool(kind == "match")  # whatever stands after it in the pattern has lost

    return any(map(follow, state)), tuple(after)


def _certain(steps: np.ndarray) -> np.ndarray:
    """States from which some match ends whatever follows."""
    certain = np.arange(len(steps)) > 0
    while True:
        now: np.ndarray = certain & ((steps & 1).astype(bool) | certain[steps >> 1]).all(axis=1)
        if (now == certain).all():
            return now
        certain = now


@native
def piece_end(data: np.ndarray, at: int, end: int, classes: np.ndarray, steps: np.ndarray) -> int:
    """Where the piece of data[at:end] (UTF-8) ends that begins at `at`.

    steps[state, class] is twice the next state, plus 1 if a piece may end before this character; the last such end is the piece's.
    """
    state, last = 1, at
    while True:
        size, kind = 1, steps.shape[1] - 1
        if at < end:
            first = np.int64(data[at])
            if first < 0x80:
                kind = classes[first]
            elif first < 0xE0:
                size, kind = 2, classes[(first & 31) << 6 | data[at + 1] & 63]
            elif first < 0xF0:
                size, kind = 3, classes[(first & 15) << 12 | (data[at + 1] & 63) << 6 | data[at + 2] & 63]
            else:
                high = (first & 7) << 18 | np.int64(data[at + 1] & 63) << 12
                size, kind = 4, classes[high | (data[at + 2] & 63) << 6 | data[at + 3] & 63]
        step = steps[state, kind]
        if step & 1:
            last = at
        state = step >> 1
        if state == 0:
            return last
        at += size
