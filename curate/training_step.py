"""The documents of a training step: which windows it reads, and which documents stand in them.

Step N of B windows a step reads the places N B to (N + 1) B of the mixture's endless stream, whatever the number of ranks and workers.
Which window stands at a place is the mixture's own affair: its reader is asked (`mixers/reader.py`, found by its path, as steps are).
Left out: how often a trainer repeats a step (gradient accumulation is inside of B).
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import polars as pl

from curate import gather, step
from curate.code import PACKAGE
from curate.errors import CurateError
from curate.positions import mixture_of

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.state import State

MOST = 1 << 16
"""Windows of a step."""


def windows_of(curated: Curated, number: int, batch: int | None) -> list[dict[str, Any]]:
    """The windows of training step `number` in order, each with its documents.

    place, pass (how often the whole mixture was read before), window, source, stage, documents: id, url, start (of the piece in its
    document), length (both in tokens), offset (in the window), epoch (of the document in its source). batch: windows a step; None: what
    the recipe's training says. CurateError without a mixture, for a negative step, or where nobody says how many windows a step has.
    """
    if curated.recipe.mixture is None:
        raise CurateError(f"{curated.title} has no mixture, so nothing is trained on it")
    there = mixture_of(curated.built)
    if there is None:
        raise CurateError(f"there is no mixture yet; run curate build {curated.title}")
    size = _batch(curated) if batch is None else batch
    if not 1 <= size <= MOST:
        raise CurateError(f"a step has 1 to {MOST:,} windows, not {size:,}")
    if not 0 <= number < 2**40:
        raise CurateError(f"no training step {number:,}; they are numbered from 0, up to 2^40")
    mixture = step.imported(PACKAGE / "mixers" / "reader.py").Mixture(there[0])
    rows = _with_urls(curated.built, mixture.documents(number, size)).with_columns(
        offset=pl.col("offset") % mixture.seq_len
    )
    found = []
    shown = ("id", "url", "start", "length", "offset", "epoch")
    for place, group in itertools.groupby(rows.to_dicts(), lambda row: row["place"]):
        documents = list(group)
        window = {c: documents[0][c] for c in ("window", "source", "stage")}
        held = [{c: row[c] for c in shown} for row in documents]
        found.append({"place": place, "pass": place // len(mixture), **window, "documents": held})
    return found


def _batch(curated: Curated) -> int:
    """`batch_size` of the one training on the mixture."""
    runs = {name: run.params.get("batch_size") for name, run in curated.recipe.train.items() if run.data == "mixture"}
    sizes = {size for size in runs.values() if isinstance(size, int) and not isinstance(size, bool)}
    if len(sizes) != 1:
        told = f"{', '.join(runs)} say {len(sizes) or 'no'} batch sizes" if runs else "no training on the mixture"
        raise CurateError(f"{curated.title} has {told}; say how many windows a step has, such as --batch 512")
    return sizes.pop()


def _with_urls(state: State, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with the `url` of each document as it was when it was tokenised."""
    ends = dict(state.plan.nodes["mixture"].others)
    parts = [pl.DataFrame(schema={"source": pl.String, "id": pl.String, "url": pl.String})]
    for (source,), some in rows.group_by("source", maintain_order=True):
        test = pl.col("id").is_in(some["id"].unique().implode())
        found = gather.search(state.piece(ends[str(source)].base), test, ["id", "url"])
        parts.append(found.select(pl.lit(source, pl.String).alias("source"), "id", "url"))
    return rows.join(pl.concat(parts), on=["source", "id"], how="left", maintain_order="left")
