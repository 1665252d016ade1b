"""Prompts in a corpus: documents that have a problem and its answer, as a column or as a field of `extra`.

The answer must earn the reward itself: a prompt whose own answer the grader does not accept could never be solved, so it is left out and
counted. A problem that comes again (as where several replies to it are documents) is one prompt. Left out: multiple choice, several right
answers, images, tools.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import polars as pl

from curate.artifact import ROW, View
from curate.errors import CurateError, did_you_mean
from eval.grading import Grader, extract
from mixers._texts import schema_of
from mixers.select import keyed_hash

DEFAULTS = {
    "problem": ("problem", "question", "prompt", "text"),
    "answer": ("answer", "gold", "final_answer", "ground_truth", "solution"),
}
"""Where problem and answer are looked for, in this order."""
CARRIED = ("id", "url", "license", "extra")
FIELD = re.compile(r"[^'\"\\\[\]$*?@]+")
"""What may be the name of a field, or of one in another with a dot between."""
GROUP = 4096


def prompts(
    name: str,
    view: View,
    columns: dict[str, str],
    rewritten: bool,
    counts: dict[str, int],
    tick: Callable[[], None],
    advice: str,
) -> Iterator[pl.DataFrame]:
    """id, url, license, extra, problem and answer of the prompts of a corpus, some thousand at a time; `counts` is brought up to date.

    columns: what gives `problem` and `answer`, where the usual names do not. rewritten: the text is not what was read, so it is not taken
    for a problem. advice: what to write where a column is not found. CurateError there, and where no prompt is left.
    """
    found, solvable = _columns(name, view, columns, rewritten, advice), Solvable(counts)
    with Grader() as grader:
        for docs in _read(view, found, tick):
            for rows in docs.iter_slices(GROUP):
                kept = solvable(rows, grader)
                yield kept
                counts["prompts"] += kept.height
    if not counts["prompts"]:
        raise CurateError(f"{name} has no prompt whose answer the grader accepts: {counts}")


def _columns(name: str, view: View, given: dict[str, str], rewritten: bool, advice: str) -> dict[str, pl.Expr]:
    """What gives problem and answer."""
    for what in given:
        if what not in DEFAULTS:
            raise CurateError(f"--columns names {what!r}{did_you_mean(what, DEFAULTS)}")
    schema, first = schema_of(view), _first_extra(view)
    found = {}
    for what, usual in DEFAULTS.items():
        asked = (given[what],) if what in given else tuple(c for c in usual if not (rewritten and c == "text"))
        known = [c for c in asked if c in schema or _in_extra(first, c) is not None]
        if not known:
            raise CurateError(
                f"{name} has no {what}: looked for {', '.join(asked)} among its columns and the fields of `extra`; "
                f"{advice.format(what)}{did_you_mean(asked[0], [*schema, *_names(first)])}"
            )
        found[what] = pl.col(known[0]).cast(pl.String) if known[0] in schema else _extra(known[0])
    return found


def _first_extra(view: View) -> pl.Series:
    """`extra` of the first shard that has documents."""
    if "extra" in schema_of(view):
        for shard in view.shards:
            docs = view.load(shard, ["extra"])
            if docs.height:
                return docs["extra"].head(100)
    return pl.Series("extra", [], pl.String)


def _extra(name: str) -> pl.Expr:
    return pl.col("extra").str.json_path_match("$" + "".join(f"['{part}']" for part in name.split(".")))


def _in_extra(first: pl.Series, name: str) -> Any:
    """The first value of a field of `extra`, None if there is none."""
    if not FIELD.fullmatch(name):
        return None
    values = first.to_frame().select(_extra(name)).to_series().drop_nulls()
    return values[0] if len(values) else None


def _names(first: pl.Series) -> list[str]:
    return re.findall(r'"(\w+)":', str(first.first() or ""))


def _read(view: View, found: dict[str, pl.Expr], tick: Callable[[], None]) -> Iterator[pl.DataFrame]:
    """id, url, license, problem and answer, a shard at a time."""
    schema = schema_of(view)
    wanted = {c for e in found.values() for c in e.meta.root_names()} | {c for c in CARRIED if c in schema}
    carried = [pl.col(c) if c in schema else pl.lit(None, pl.String).alias(c) for c in CARRIED]
    for shard in view.shards:
        docs = view.load(shard, sorted(wanted)).drop(ROW)
        yield docs.select(*carried, **{what: e.str.strip_chars() for what, e in found.items()})
        tick()


class Solvable:
    """Picks the documents that make a prompt: a problem not seen before, and an answer that earns the reward. Counts the others."""

    def __init__(self, counts: dict[str, int]) -> None:
        self.counts = counts
        counts |= {"prompts": 0, "without_answer": 0, "repeated": 0, "answer_not_accepted": 0}
        self._seen: set[int] = set()

    def __call__(self, docs: pl.DataFrame, grader: Grader) -> pl.DataFrame:
        whole = docs.filter((pl.col("problem") != "") & (pl.col("answer") != ""))
        fresh = whole.filter(pl.Series(map(self._is_new, keyed_hash(whole["problem"], 0).tolist()), dtype=pl.Boolean))
        truths = [_truth(answer) for answer in fresh["answer"].to_list()]
        verdicts = grader.map([(f"\\boxed{{{truth}}}", truth) for truth in truths], strict=True)
        right = pl.Series([v.value is True for v in verdicts], dtype=pl.Boolean)
        self.counts["without_answer"] += docs.height - whole.height
        self.counts["repeated"] += whole.height - fresh.height
        self.counts["answer_not_accepted"] += int((~right).sum())
        return fresh.with_columns(answer=pl.Series(truths, dtype=pl.String)).filter(right)

    def _is_new(self, problem: int) -> bool:
        new = problem not in self._seen
        self._seen.add(problem)
        return new


def _truth(answer: str) -> str:
    """The final answer of a worked solution; a bare answer as it is."""
    worked = "\\boxed" in answer or "####" in answer
    return (extract(answer) if worked else None) or answer
