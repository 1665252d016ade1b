"""Which outcomes can be told apart, measure by measure, and whether probes rank recipes as whole runs do.

The difference of two means has Welch's interval over seeds, at a level that makes all sentences about one measure of one entry together
right 95 times in a hundred (Bonferroni over pairs). Inside its interval nobody is better. Left out: paired seeds, as of probes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any

from curate.outcomes.measures import apart, level_of

Values = Callable[[dict[str, Any]], tuple[Sequence[float | None], float] | None]
"""What of an outcome is compared: a value for each seed, and the least standard deviation that is believed; None where it has none."""
Place = tuple[str, str, str]
HELD_OUT = ("gain", "last", "first", "length_right")
"""Measures that are compared of each two outcomes."""
AT_BENCHMARKS = ("gain", "after")


def pairs(outcomes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row for each two recipes and each measure of an entry that both have; and for each two entries of one recipe.

    `more` names the outcome that has clearly more, None where the interval holds 0 or there is none. `benchmark` is None of held-out
    prompts.
    """
    named = names(outcomes)
    groups = [[one for one in outcomes if one["entry"] == name] for name in dict.fromkeys(o["entry"] for o in outcomes)]
    groups += [[one for one in outcomes if one["recipe"] == name] for name in dict.fromkeys(o["recipe"] for o in outcomes)]  # fmt: skip
    return [row for group in groups if len(group) > 1 for row in _of_group(group, named)]


def names(outcomes: Sequence[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """What outcomes are called: by their recipe, with the entry if there are several."""
    several = len({one["entry"] for one in outcomes}) > 1
    return {
        (one["recipe"], one["entry"]): f"{one['recipe']}/{one['entry']}" if several else one["recipe"]
        for one in outcomes
    }


def _of_group(group: Sequence[dict[str, Any]], named: dict[tuple[str, str], str]) -> Iterator[dict[str, Any]]:
    for measure in HELD_OUT:
        yield from _told(group, named, measure, None, _held_out(measure))
    for place in dict.fromkeys(asked(row) for one in group for row in one["benchmarks"]):
        for measure in AT_BENCHMARKS:
            yield from _told(group, named, measure, place, _at(measure, place))


def asked(row: dict[str, Any]) -> Place:
    """Entry, benchmark and digest of the question, by which rows of benchmarks are like each other."""
    return row["eval"], row["benchmark"], row["question"]


def _held_out(measure: str) -> Values:
    def values(one: dict[str, Any]) -> tuple[Sequence[float | None], float]:
        return one["measures"][measure]["by_seed"], 0.0 if measure == "length_right" else one["resolution"]

    return values


def _at(measure: str, place: Place) -> Values:
    def values(one: dict[str, Any]) -> tuple[Sequence[float | None], float] | None:
        rows = [row for row in one["benchmarks"] if asked(row) == place]
        return (rows[0][measure]["by_seed"], rows[0]["resolution"]) if rows else None

    return values


def _told(
    group: Sequence[dict[str, Any]],
    named: dict[tuple[str, str], str],
    measure: str,
    place: Place | None,
    values: Values,
) -> Iterator[dict[str, Any]]:
    known = [(named[one["recipe"], one["entry"]], one["entry"], found) for one in group if (found := values(one))]
    level = level_of(len(known))
    for (a, of_a, left), (b, of_b, right) in combinations(known, 2):
        middle, ends = apart(left[0], right[0], max(left[1], right[1]), level)
        more = (a if ends[0] > 0 else b) if ends and (ends[0] > 0 or ends[1] < 0) else None
        yield {
            "entry": of_a if of_a == of_b else f"{of_a}, {of_b}", "measure": measure, "eval": place and place[0],
            "benchmark": place and place[1], "a": a, "b": b, "difference": middle, "interval": ends, "level": level, "more": more,
        }  # fmt: skip


def agreement(
    outcomes: Sequence[dict[str, Any]], told: Sequence[dict[str, Any]], probes: dict[str, Any]
) -> list[dict[str, Any]]:
    """For each entry, whether gains rank recipes as their probes do: Kendall's `tau` (a), None of fewer than two recipes with both, over
    `recipes` of them; `pairs` of recipes, those that `both` can tell apart, and on how many of these they `agree`.

    told: what `pairs` said of these outcomes. probes: what `curate.probe.compare` said.
    """
    gained = {one["recipe"]: one["gain"] for one in probes["recipes"]}
    clear = {frozenset((row["a"], row["b"])): row["more"] for row in probes["pairs"]}
    named = names(outcomes)
    found = []
    for entry in dict.fromkeys(one["entry"] for one in outcomes):
        mine = [one for one in outcomes if one["entry"] == entry]
        title = {named[one["recipe"], entry]: one["recipe"] for one in mine}
        rows = [row for row in told if row["entry"] == entry and row["measure"] == "gain" and row["benchmark"] is None]
        both = [
            (title[row["more"]], theirs)
            for row in rows
            if row["more"] and (theirs := clear.get(frozenset((title[row["a"]], title[row["b"]]))))
        ]
        ends = [(one["measures"]["gain"]["mean"], gained.get(one["recipe"])) for one in mine]
        known = [(gain, probed) for gain, probed in ends if gain is not None and probed is not None]
        found.append(
            {"entry": entry, "recipes": len(known), "tau": tau(known), "pairs": len(rows), "both": len(both),
             "agree": sum(ours == theirs for ours, theirs in both)}
        )  # fmt: skip
    return found


def tau(known: Sequence[tuple[float, float]]) -> float | None:
    """Kendall's tau a: pairs in the same order less those in the other, over all pairs; ties count for neither. None of fewer than two."""
    signs = [_sign(a[0] - b[0]) * _sign(a[1] - b[1]) for a, b in combinations(known, 2)]
    return sum(signs) / len(signs) if signs else None


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
