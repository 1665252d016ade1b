"""The thresholds of a recipe and what each of them would keep elsewhere: counted for a few hundred places beforehand, exactly.

A clause whose parts are joined by `and` gives one threshold for each comparison of something with a number. The documents that hang on
it failed no other clause of their keep and pass the other parts of this one; for every place of the threshold the page tells how many of
them pass, as `curate whatif` does, and their tokens by the same counts and estimates (`curate/whatif_tokens.py`). Left out: clauses with
`or` and `not`, those that read the text, and what steps behind the keep would do; `curate whatif` answers these.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from curate import gather
from curate.artifact import AS_READ
from curate.clause_conditions import Between, Comparison, Logic
from curate.clause_values import Node as Part
from curate.clause_values import Value
from curate.clauses import Clause, parse
from curate.gather import Places, Reached
from curate.page.documents import Shelf
from curate.page.text import LARGEST, rounded
from curate.whatif import described
from curate.whatif_tokens import tokens

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.plan import Node

STOPS = 200
MARK = 4611686018.25
"""A number that stands where the threshold does while the text around it is found."""
FLIPPED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
MANY, FEW = (8, 24), (3, 4)
"""Documents on either side of the recipe's threshold, and at other places."""


@dataclass(frozen=True)
class Threshold:
    """One number of a clause. `rest`: the other parts of the clause, all of which must hold."""

    measured: Part
    operator: str
    number: float
    rest: tuple[Part, ...]
    whole: Part
    """The clause with MARK in place of the number."""


def thresholds(clause: Clause) -> Iterator[Threshold]:
    """The numbers of a clause that may be moved, in the order in which they stand."""
    parts = clause.node.operands if isinstance(clause.node, Logic) and clause.node.operator == "and" else (clause.node,)
    for place, part in enumerate(parts):
        for found, marked, more in _moved(part):
            measured, operator, number = found
            rest = (*parts[:place], *parts[place + 1 :])
            whole: Part = marked
            if isinstance(clause.node, Logic) and len(parts) > 1:
                whole = replace(clause.node, operands=(*parts[:place], marked, *parts[place + 1 :]))
            yield Threshold(measured, operator, number, (*rest, *more), whole)


def _moved(part: Part) -> Iterator[tuple[tuple[Part, str, float], Part, tuple[Part, ...]]]:
    """(measured, operator, number), the part with MARK in it, and what else it says."""
    if isinstance(part, Comparison) and part.operator in FLIPPED:
        if _is_number(part.right) and not _is_number(part.left):
            yield (part.left, part.operator, part.right.value), replace(part, right=Value(MARK)), ()  # type: ignore[attr-defined]
        elif _is_number(part.left):
            found = (part.right, FLIPPED[part.operator], part.left.value)  # type: ignore[attr-defined]
            yield found, replace(part, left=Value(MARK)), ()
    if isinstance(part, Between) and _is_number(part.low) and _is_number(part.high):
        low, high = Comparison(">=", part.operand, part.low), Comparison("<=", part.operand, part.high)
        yield (part.operand, ">=", part.low.value), replace(part, low=Value(MARK)), (high,)  # type: ignore[attr-defined]
        yield (part.operand, "<=", part.high.value), replace(part, high=Value(MARK)), (low,)  # type: ignore[attr-defined]


def _is_number(part: Part) -> bool:
    return isinstance(part, Value) and type(part.value) in (int, float)


@dataclass
class Asked:
    """The documents of one clause that failed no other clause of its keep; `kept` says which of them passed."""

    node: Node
    name: str
    reached: Reached
    mine: Places
    kept: np.ndarray
    tokens: np.ndarray | None
    how: str
    exact: bool


def sliders(curated: Curated, corpus: str, shelf: Shelf, many: Container[str]) -> list[dict[str, Any]]:
    """One entry for each number of each clause of a corpus that may be moved (`_slider`). many: clauses with many documents shown."""
    found = []
    for node in [n for n in curated.planned.ends[corpus].upstream() if n.corpus == corpus and n.kind == "keep"][::-1]:
        if node.plan_key not in curated.built.done:
            continue
        for name, text in node.clauses:
            clause = parse(text)
            moved = list(thresholds(clause))
            if not moved or clause.columns & {"text", AS_READ}:
                continue
            asked = _asked(curated, node, name, clause)
            found += [_slider(asked, one, shelf, *(MANY if name in many else FEW)) for one in moved] if asked else []
    return found


def _asked(curated: Curated, node: Node, name: str, clause: Clause) -> Asked | None:
    state = curated.built
    assert node.chain
    read = (node.chain.schema.keys() - {"text", AS_READ}) | clause.columns
    reached = Reached(state.piece(node), state.reading(state.view(node.chain), read))
    failed = gather.whole(reached.piece, ["failed"])["failed"]
    kept = failed.list.len() == 0
    alone = (failed.list.len() == 1) & (failed.list.first() == name)
    lost, gained = reached.places.filter(kept), reached.places.filter(alone)
    mine = pl.concat([gained, lost])
    if not mine.len():
        return None
    facts = described(reached, mine)
    known = tokens(curated, node, reached, facts, lost, called="those that pass now")
    each = known.each.to_numpy() if known.each.null_count() == 0 else None
    passed = np.arange(mine.len()) >= gained.len()
    return Asked(node, name, reached, mine, passed, each, known.how, known.exact)


def _slider(asked: Asked, one: Threshold, shelf: Shelf, near: int, spread: int) -> dict[str, Any]:
    """`stops`, and for each of them `documents` and `tokens` that pass the keep; `near`: [value, document] on the line and elsewhere."""
    roots = {c for part in (one.measured, *one.rest) for c in part.polars().meta.root_names()}
    docs = asked.reached.load(sorted(roots), asked.mine)
    rest = [part.polars().fill_null(False).alias(str(i)) for i, part in enumerate(one.rest)]
    others = docs.select(pl.all_horizontal(rest).alias("rest"))["rest"].to_numpy() if rest else np.ones(len(docs), bool)
    measured = docs.select(one.measured.polars().cast(pl.Float64).alias("measured"))["measured"]
    places = np.flatnonzero(others & measured.is_not_null().to_numpy())
    values = measured.to_numpy()[places]
    order = np.lexsort((asked.mine.to_numpy()[places], values))
    places, values = places[order], values[order]
    integer = docs.select(one.measured.polars().alias("measured")).to_series().dtype.is_integer()
    stops = stops_of(values, float(one.number), integer)
    before, after = one.whole.canonical().split(repr(MARK))
    return {
        "corpus": asked.node.corpus,
        "node": asked.node.name,
        "clause": asked.name,
        "measured": one.measured.canonical(),
        "operator": one.operator,
        "number": one.number,
        "before": before,
        "after": after,
        "reached": asked.reached.places.len(),
        "now": int(asked.kept.sum()),
        "stops": stops,
        "documents": passing(values, np.ones(len(values)), one.operator, stops),
        "tokens": None if asked.tokens is None else passing(values, asked.tokens[places], one.operator, stops),
        "exact": asked.exact,
        "how": asked.how,
        "near": _near(asked, places, values, float(one.number), stops, shelf, near, spread),
    }


def passing(values: np.ndarray, weights: np.ndarray, operator: str, stops: list[float]) -> list[int]:
    """The weight of the values, which ascend, that pass at each stop."""
    sums = np.concatenate([[0.0], np.cumsum(weights)])
    below = np.searchsorted(values, stops, "left" if operator in (">=", "<") else "right")
    return [round(float(s)) for s in (sums[-1] - sums[below] if operator in (">", ">=") else sums[below])]


def stops_of(values: np.ndarray, current: float, integer: bool) -> list[float]:
    """At most some hundred round numbers over the range of the values, which ascend, and the current threshold."""
    if not len(values):
        return [current]
    low, high = (float(values[round(q * (len(values) - 1))]) for q in (0.005, 0.995))
    low, high, middle = min(low, current), max(high, current), float(values[len(values) // 2])
    if not all(abs(one) <= LARGEST for one in (low, high)):
        return [current]
    if low >= 0 and high > 20 * max(middle, current, 1.0):
        found = {
            _round(m * 10.0**k)
            for k in range(math.floor(math.log10(high)) + 1)
            for m in (n / 10 for n in range(10, 100, 2))
        }
        found = {0.0} | {n for n in found if n <= 1.1 * high and (not integer or n == int(n))}
    else:
        step = _step((high - low) / STOPS, integer)
        found = {_round(n * step) for n in range(math.floor(low / step) - 1, math.ceil(high / step) + 2)}
    if values[0] >= 0:
        found = {n for n in found if n >= 0}
    if low >= 0 and high <= 1 and float(values[-1]) <= 1:
        found = {n for n in found if n <= 1}
    return sorted(found | {current})


def _step(least: float, integer: bool) -> float:
    """1, 2 or 5 times a power of ten, not less than this."""
    if least <= 0:
        return 1.0 if integer else 0.01
    power = 10.0 ** math.floor(math.log10(least))
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= least * (1 - 1e-9))
    return max(1.0, step) if integer else step


def _round(value: float) -> float:
    return rounded(value, 6)


def _near(
    asked: Asked,
    places: np.ndarray,
    values: np.ndarray,
    number: float,
    stops: list[float],
    shelf: Shelf,
    near: int,
    spread: int,
) -> list[list[Any]]:
    """Documents closest to the threshold on either side, and closest to places that are spread over the stops; by value."""
    middle = int(np.searchsorted(values, number))
    wanted = set(range(max(0, middle - near), min(len(values), middle + near)))
    for place in np.linspace(0, len(stops) - 1, spread).round().astype(int):
        at = int(np.searchsorted(values, stops[place]))
        wanted |= {i for i in (at - 1, at) if 0 <= i < len(values)}
    chosen = [i for i in sorted(wanted) if math.isfinite(values[i])]
    found = pl.Series("place", asked.mine.to_numpy()[places[chosen]], dtype=pl.UInt64)
    ids = gather.joined(asked.reached.before, gather.named(found, list(asked.reached.piece.shards)), ["id"])["id"]
    return [
        [_round(float(values[i])), shelf.number(asked.node.corpus, id_)] for i, id_ in zip(chosen, ids, strict=True)
    ]
