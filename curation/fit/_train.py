"""What training does with examples: windows of words that several sources use, learnt from by fastText, reproducibly.

A classifier learns what tells the sources of its examples apart, which need not be mathematics. So every group of a label (a site, a
source, a host) gives as many windows as every other; a word stays itself only if it occurs in several groups, and else is `<unk>`, in
judging as well (`curation/score/_classifier_model.py`), by which a language or a field that was hardly seen is something seen after all;
windows are short, so that one word rarely suffices to be sure and many have to be learnt; and in one of eight every word of letters is
`<unk>`, so that a text in a language that was never seen is judged by its formulas and numbers. On the sources of `../shared/data/text`,
some held out at a time, F1 goes from 0.90 to 0.94 by this, and further with examples from elsewhere (`benchmarks/classifier.py`).

fastText runs in a process of its own. Its one-threaded training fills only a tenth of the first matrix and leaves the rest to what the
allocator gives it (DenseMatrix::uniform, since memory there is no longer cleared): in a process that has worked before, that is garbage,
and training ends differently each time, or in NaN. So glibc is told to give out zeros: a matrix of some kilobytes may be a block that
Python used before, also in a fresh process.

Left out: quantisation, and a vocabulary shared between models.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.errors import CurateError

UNKNOWN = "<unk>"
"""Stands for a word that too few groups use; no text has it, since `<` is an operator."""
BATCH = 1_000
"""Examples whose words are looked at together,"""
AT_ONCE = 1_000_000
"""and so many words where windows are."""
PAIRS = {"group": pl.String, "word": pl.String, "count": pl.UInt32}
TOTALS = {"word": pl.String, "count": pl.UInt32, "groups": pl.UInt32}
HIDDEN, HIDING_BIT = 8, 40
"""In one window of so many every word of letters is `<unk>`, told by the dice above that bit."""
PROSE = r"^[\p{L}\p{M}]{2,}$"
GROUPS_PER_WORD = 4
"""A word need not occur in more than one of so many groups, however high `min_groups` is."""
TRAIN = """
import json, sys
import fasttext
settings = json.loads(sys.argv[1])
fasttext.train_supervised(**settings).save_model(sys.argv[2])
"""
FRESH = {"MALLOC_MMAP_THRESHOLD_": "4096", "MALLOC_PERTURB_": "255", "OMP_NUM_THREADS": "1"}
"""Environment of glibc under which every large block is zero: new from the kernel, or filled with the complement of 255."""


@dataclass(frozen=True)
class Views:
    """How examples are seen: `windows` of `window` words for each on average (0: all of it, once); words in `min_groups` groups."""

    window: int = 60
    windows: int = 4
    min_groups: int = 8
    min_count: int = 3


def train(examples: pl.DataFrame, settings: dict[str, Any], path: Path, views: Views | None = None) -> None:
    """Run fastText on `label` and `text` (normalised), in the order given; `group`, if there is one, says of which source each is.

    settings: fastText's own. With views, words of fewer than `min_count` occurrences or too few groups are `<unk>`.
    CurateError with its reason if fastText fails.
    """
    lines = path.with_name("examples.txt")
    with lines.open("wb") as file:
        for labelled in _lines(examples, int(settings["seed"]), views):
            labelled.write_csv(file, include_header=False, quote_style="never")
    given = json.dumps(
        {**settings, **({"minCount": 1} if views else {}), "input": str(lines), "thread": 1, "verbose": 0}
    )
    command = [sys.executable, "-P", "-c", TRAIN, given, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **FRESH}, check=False)
    lines.unlink()
    if run.returncode or not path.is_file():
        said = (run.stderr.strip().splitlines() or [f"it ended with {run.returncode}"])[-1][:200]
        raise CurateError(f"fastText could not learn: {said}" + ("; try a lower lr" if "NaN" in said else ""))


def _lines(examples: pl.DataFrame, seed: int, views: Views | None) -> Iterator[pl.DataFrame]:
    """What fastText reads, one column, batch by batch."""
    line = pl.format("__label__{} {}", "label", "text")
    if views is None:
        yield from (some.select(line) for some in examples.iter_slices(BATCH))
        return
    group = pl.col("group").fill_null("") if "group" in examples.columns else pl.lit("")
    examples = examples.select("label", "text", group=group)
    known = vocabulary(examples, views)
    seen = sights(examples, seed, views)
    batch = AT_ONCE // views.window + 1 if views.window else BATCH
    for start in range(0, seen.height, batch):
        yield rewritten(examples, seen[start : start + batch], known, views.window).select(line)


def vocabulary(examples: pl.DataFrame, views: Views) -> pl.DataFrame:
    """Column `word`: those that stay themselves. Memory is that of all different words, however many groups use each."""
    needed = min(views.min_groups, max(1, examples["group"].n_unique() // GROUPS_PER_WORD))
    examples = examples.select("group", "text").sort("group", maintain_order=True)
    totals, pairs = pl.DataFrame(schema=TOTALS), pl.DataFrame(schema=PAIRS)
    waiting: list[pl.DataFrame] = []
    for start in range(0, examples.height, BATCH):
        some = examples[start : start + BATCH]
        words = some.select("group", word=pl.col("text").str.split(" ")).explode("word")
        counted = words.group_by("group", "word").agg(count=pl.len().cast(pl.UInt32))
        pairs = pl.concat([pairs, counted]).group_by("group", "word").agg(pl.col("count").sum())
        goes_on = pl.col("group") == some["group"][-1]
        waiting.append(pairs.filter(~goes_on))
        pairs = pairs.filter(goes_on)
        if sum(one.height for one in waiting) > max(AT_ONCE, totals.height):
            totals, waiting = _added(totals, waiting), []
    totals = _added(totals, [*waiting, pairs])
    return totals.filter((pl.col("groups") >= needed) & (pl.col("count") >= views.min_count)).select("word")


def _added(totals: pl.DataFrame, pairs: list[pl.DataFrame]) -> pl.DataFrame:
    """How often each word occurs, and in how many groups, with some more of either."""
    more = pl.concat(pairs).select("word", "count", groups=pl.lit(1, pl.UInt32))
    return pl.concat([totals, more]).group_by("word").agg(pl.col("count", "groups").sum())


def sights(examples: pl.DataFrame, seed: int, views: Views) -> pl.DataFrame:
    """Which window is looked at when: `row` of its example, and `dice`, which say where it begins.

    Each label gives as many windows as the others, and each of its groups as many as the label's others; a group's examples take turns.
    """
    rows = examples.select("label", "group").with_row_index("row")
    if not views.window:
        return rows.select("row", dice=pl.lit(0, pl.UInt64))
    groups = rows.group_by("label", "group").agg("row").sort("label", "group")
    quota = (views.windows * rows.height / rows["label"].n_unique() / pl.len().over("label")).round().clip(1)
    members, size = groups["row"].explode().to_numpy(), groups["row"].list.len().cast(pl.Int64).to_numpy()
    quotas = groups.select(quota.cast(pl.Int64)).to_series().to_numpy()
    group = np.repeat(np.arange(groups.height), quotas)
    turn = np.arange(group.size) - (np.cumsum(quotas) - quotas)[group]
    rounds, place = np.divmod(turn, size[group])
    row = members[(np.cumsum(size) - size)[group] + place]
    seen = pl.DataFrame({"row": row, "round": rounds, "when": (turn + 0.5) / quotas[group]}).sort(
        "when", "row", "round"
    )
    return seen.select("row", dice=_dice(seen["row"].to_numpy(), seen["round"].to_numpy(), seed))


def _dice(row: np.ndarray, turn: np.ndarray, seed: int) -> pl.Series:
    """Evenly spread numbers (splitmix64), different for every round."""
    x = row.astype(np.uint64) * np.uint64(1 << 32) + turn.astype(np.uint64) + np.uint64(seed % (1 << 31)) * np.uint64(7)
    x += np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return pl.Series("dice", x ^ (x >> np.uint64(31)), dtype=pl.UInt64)


def rewritten(examples: pl.DataFrame, seen: pl.DataFrame, known: pl.DataFrame, window: int) -> pl.DataFrame:
    """`label` and `text` of some windows, unknown words as `<unk>`."""
    chosen = examples[seen["row"].cast(pl.UInt32)].select(
        "label", words=pl.col("text").str.split(" "), dice=seen["dice"]
    )
    if window:
        places = (pl.col("words").list.len().cast(pl.Int64) - window + 1).clip(lower_bound=1).cast(pl.UInt64)
        chosen = chosen.with_columns(pl.col("words").list.slice(pl.col("dice") % places, window))
    words = chosen.with_row_index("at").explode("words").rename({"words": "word"})
    words = words.join(known.with_columns(known=True), on="word", how="left", maintain_order="left")
    hidden = pl.col("dice") // (1 << HIDING_BIT) % HIDDEN == 0
    shown = pl.col("known") & ~(hidden & pl.col("word").str.contains(PROSE)) if window else pl.col("known")
    word = pl.when(shown).then(pl.col("word")).otherwise(pl.lit(UNKNOWN))
    return (
        words.group_by("at", maintain_order=True)
        .agg(pl.col("label").first(), text=word)
        .select("label", pl.col("text").list.join(" "))
    )
