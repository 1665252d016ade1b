"""What a step sees of documents, and what it gave for them, checked and as rows of a node's piece."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.artifact import ROW
from curate.asking import with_replies
from curate.clauses import parse
from curate.errors import CurateError
from curate.guard import SomeLost
from curate.plan import INHERITED
from curate.schema import dtype_of
from curate.step import Step

if TYPE_CHECKING:
    from curate.work import Work

FATES: dict[str, Any] = {ROW: pl.UInt32, "id": pl.String, "url": pl.String, "fate": pl.String, "error": pl.String}


def seen_by(node: Work, batch: pl.DataFrame) -> pl.DataFrame:
    """Documents as a step sees them: with the columns that it reads, and what came back to it if it asked."""
    docs = batch.select([c for c in node.reads if c not in node.answers])
    return with_replies(docs, *(batch[c] for c in node.answers)) if node.answers else docs


def beside(docs: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """Documents with new columns; those that have none have left."""
    kept = (
        docs if made.height == docs.height else docs.join(made.select(ROW), on=ROW, how="semi", maintain_order="left")
    )
    return kept.with_columns(made.drop(ROW).get_columns())


def lost_rows(docs: pl.DataFrame, lost: Sequence[tuple[int, str, str]]) -> pl.DataFrame:
    """Rows that left a step: row number, fate, error."""
    left = docs.select(ROW, "id")[[position for position, _, _ in lost]]
    said = pl.DataFrame(
        {"fate": [f for _, f, _ in lost], "error": [e for _, _, e in lost]},
        schema={"fate": pl.String, "error": pl.String},
    )
    return left.hstack(said).with_columns(url=pl.lit(None, pl.String)).select(list(FATES))


def judge(docs: pl.DataFrame, clauses: Sequence[tuple[str, str]]) -> pl.DataFrame:
    """`row`, `fate` (null if kept, else the first clause that is not true, or `undecided` if that one is NULL) and all `failed` clauses."""
    verdicts = docs.select(ROW, *[parse(text).polars().cast(pl.Boolean).alias(name) for name, text in clauses])
    fate = pl.coalesce(
        *[
            pl.when(pl.col(name).is_null()).then(pl.lit("undecided")).when(~pl.col(name)).then(pl.lit(name))
            for name, _ in clauses
        ]
    )
    failed = pl.concat_list(
        [
            pl.when(pl.col(name).fill_null(False)).then(pl.lit(None, pl.String)).otherwise(pl.lit(name))
            for name, _ in clauses
        ]
    ).list.drop_nulls()
    return verdicts.select(ROW, fate.cast(pl.String).alias("fate"), failed.alias("failed"))


def columns(made: pl.Series | pl.DataFrame, batch: pl.DataFrame, node: Work, found: Step) -> pl.DataFrame:
    """What a score or rewrite step returned, checked: same height, planned types, no NaN, no lost text."""
    if isinstance(made, pl.Series):
        made = pl.DataFrame({"text" if found.kind == "rewrite" else found.name: made})
    if made.height != batch.height:
        raise CurateError(
            f"{found.title} gave {made.height} rows for {batch.height} documents; a {found.kind} gives one for each"
        )
    made = made.select(
        [pl.col(c).alias(node.renames.get(c, c)) for c in made.columns if c != "text" or found.kind == "rewrite"]
    )
    if list(made.columns) != list(node.adds):
        raise CurateError(f"{found.title} gave the columns {made.columns}, but {list(node.adds)} on an empty frame")
    for column, dtype in made.schema.items():
        wanted = dtype_of(node.adds[column])
        if dtype not in (wanted, pl.Null()) and not (dtype.is_integer() and wanted.is_numeric()):
            raise CurateError(f"{found.title} gives {column} as {dtype}, but {wanted} on an empty frame; set its dtype")
        if dtype.is_float() and made[column].is_nan().any():
            raise ValueError(f"{column} is NaN")
    whole = pl.concat([batch.select(ROW), made.cast({c: dtype_of(t) for c, t in node.adds.items()})], how="horizontal")
    if found.kind == "rewrite" and whole["text"].null_count():
        lost = whole["text"].is_null()
        raise SomeLost("no text came out", whole.filter(~lost), lost.arg_true().to_list())
    return whole


def children(made: pl.DataFrame, batch: pl.DataFrame, node: Work) -> pl.DataFrame:
    """Rows of an expand step as documents: id = sha256(parent id, step, ordinal), inherited columns from the parent."""
    made = made.select([pl.col(c).alias(node.renames.get(c, c)) for c in made.columns]).sort(
        "parent", maintain_order=True
    )
    made = made.with_columns(pl.int_range(pl.len()).over("parent").alias("_ordinal"))
    parents = batch.select(pl.col("id").alias("parent_id"), *[c for c in INHERITED if c != "source"])
    parents = parents.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias("parent"))
    joined = made.with_columns(pl.col("parent").cast(pl.UInt32)).join(
        parents, on="parent", how="left", maintain_order="left"
    )
    if joined["parent_id"].null_count() or joined["text"].null_count():
        raise ValueError("a row without text, or of a document that is not in the batch")
    ids = [
        hashlib.sha256(f"{parent}\0{node.title}\0{ordinal}".encode()).hexdigest()[:32]
        for parent, ordinal in zip(joined["parent_id"].to_list(), joined["_ordinal"].to_list(), strict=True)
    ]
    whole = joined.with_columns(pl.Series("id", ids, dtype=pl.String), pl.lit(node.corpus).alias("source"))
    return whole.select([pl.col(c).cast(dtype_of(t)) for c, t in node.adds.items()])
