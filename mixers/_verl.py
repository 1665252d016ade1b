"""Prompts for verl's `RLHFDataset`: `train.parquet`, and the reward that goes with it, `reward.py`.

A prompt is a document of a corpus that has a problem and its answer, as a column or as a field of `extra`. Its answer must earn the
reward itself: a prompt whose own answer the grader does not accept could never be solved, so it is left out and counted. A problem that
comes again (as where several replies to it are documents) is one prompt. Left out: multiple choice, several right answers, images, tools.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from curate.artifact import ROW, View
from curate.errors import CurateError, did_you_mean
from eval.grading import Grader, extract
from mixers._output import Output
from mixers._texts import schema_of
from mixers.select import keyed_hash

INSTRUCTION = "Think step by step, and put the final answer in \\boxed{}."
DEFAULTS = {
    "problem": ("problem", "question", "prompt", "text"),
    "answer": ("answer", "gold", "final_answer", "ground_truth", "solution"),
}
"""Where problem and answer are looked for, in this order."""
CARRIED = ("id", "url", "license", "extra")
FIELD = re.compile(r"[^'\"\\\[\]$*?@]+")
"""What may be the name of a field, or of one in another with a dot between."""
GROUP = 4096


def write(
    name: str,
    view: View,
    out: Output,
    *,
    data_source: str,
    columns: dict[str, str],
    instruction: str,
    rewritten: bool,
    tick: Callable[[], None],
) -> dict[str, int]:
    """Write train.parquet and reward.py. Returns prompts written and left out, by reason.

    rewritten: the text is not what was read, so it is not taken for a problem. CurateError where a column is missing.
    """
    import pyarrow.parquet as pq

    found, solvable = _columns(name, view, columns, rewritten), Solvable()
    counts = solvable.counts
    with (
        out.file("train.parquet") as file,
        pq.ParquetWriter(file, _schema(), compression="zstd") as writer,
        Grader() as grader,
    ):
        for docs in _read(view, found, tick):
            for rows in docs.iter_slices(GROUP):
                kept = solvable(rows, grader)
                table = _prompts(kept, counts["prompts"], data_source, instruction).to_arrow().cast(_schema())
                writer.write_table(table)
                counts["prompts"] += kept.height
    if not counts["prompts"]:
        raise CurateError(f"{name} has no prompt whose answer the grader accepts: {counts}")
    out.copy("reward.py", Path(__file__).with_name("_verl_reward.py"))
    return counts


def _columns(name: str, view: View, given: dict[str, str], rewritten: bool) -> dict[str, pl.Expr]:
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
                f"write --columns {what}=NAME{did_you_mean(asked[0], [*schema, *_names(first)])}"
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

    def __init__(self) -> None:
        self.counts = {"prompts": 0, "without_answer": 0, "repeated": 0, "answer_not_accepted": 0}
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


def _prompts(docs: pl.DataFrame, first: int, data_source: str, instruction: str) -> pl.DataFrame:
    asked = pl.concat_str(pl.col("problem"), pl.lit("\n\n" + instruction if instruction else ""))
    return docs.with_row_index("index", offset=first).select(
        data_source=pl.lit(data_source),
        prompt=pl.concat_list(pl.struct(role=pl.lit("user"), content=asked)),
        ability=pl.lit("math"),
        reward_model=pl.struct(style=pl.lit("rule"), ground_truth="answer"),
        extra_info=pl.struct(pl.lit("train").alias("split"), "index", *CARRIED, pl.col("problem").alias("question")),
    )


def _schema() -> Any:
    import pyarrow as pa

    text = pa.string()
    extra = [("split", text), ("index", pa.int64()), *((c, text) for c in CARRIED), ("question", text)]
    return pa.schema(
        [
            ("data_source", text),
            ("prompt", pa.list_(pa.struct([("role", text), ("content", text)]))),
            ("ability", text),
            ("reward_model", pa.struct([("style", text), ("ground_truth", text)])),
            ("extra_info", pa.struct(extra)),
        ]
    )
