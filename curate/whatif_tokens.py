"""How many tokens the documents have that a clause lets in or keeps out: stored counts where there are any, else an estimate."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from curate.artifact import Piece, View
from curate.gather import Places, Reached

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.plan import Node

COUNT = "n_tokens"
LENGTH = "length"
"""The column that counts characters (`score: length`)."""
SHARDS = 8
"""Shards that tokens per character are taken from; each holds thousands of documents."""
MOST_COUNTED = 20_000
"""Lost documents whose stored counts are looked up by id; of more, an estimate by length is as good and much faster."""


@dataclass(frozen=True)
class Tokens:
    """Tokens of each document; null where nothing is known."""

    each: pl.Series
    how: str
    exact: bool = False


def tokens(
    curated: Curated, keep: Node, reached: Reached, facts: pl.DataFrame, lost: Places, called: str = "the lost ones"
) -> Tokens:
    """Tokens of the documents in `facts`, of which the last ones are `lost`. called: what `how` calls those."""
    nothing = pl.Series("tokens", [None] * facts.height, dtype=pl.Float64)
    if COUNT in facts.columns:
        return Tokens(facts[COUNT].cast(pl.Float64).alias("tokens"), "counted", exact=True)
    node = tokenised(curated, keep)
    if node is None:
        return Tokens(
            nothing, f"not known: {keep.corpus} is in no mixture that is built, so nothing of it is tokenised"
        )
    view = curated.built.reading(curated.built.view(node), [COUNT, LENGTH, "id"])
    guess, how = _guessed(view, facts)
    if not lost.len():
        return Tokens(guess, how)
    stored = _stored(reached, view, lost)
    each = pl.concat([nothing[: facts.height - lost.len()], stored]).alias("tokens")
    counted = int(stored.is_not_null().sum())
    how += f"; {counted:,} of {called} are tokenised, and counted" if counted else ""
    return Tokens(pl.select(pl.coalesce(each, guess)).to_series(), how)


def tokenised(curated: Curated, keep: Node) -> Node | None:
    """The built node that counts the tokens of the documents that a keep lets through."""
    for node in curated.planned.nodes.values():
        if COUNT in node.adds and node.plan_key in curated.built.done:
            since = list(itertools.takewhile(lambda n: n is not keep, node.upstream()))
            if since[-1].chain is keep and not any(n.kind == "expand" for n in since):
                return node
    return None


def _guessed(view: View, facts: pl.DataFrame) -> tuple[pl.Series, str]:
    """By length where it is scored, else the mean of what is tokenised."""
    few = View(tuple(_first_shards(piece, view.shards[:SHARDS]) for piece in view.pieces))
    both = LENGTH in view.owners() and LENGTH in facts.columns
    docs = Reached(few.pieces[-1], few).load([COUNT, LENGTH] if both else [COUNT])
    mean = docs[COUNT].mean()
    if not isinstance(mean, float):
        return pl.Series([None] * facts.height, dtype=pl.Float64), "not known: no document is tokenised"
    some = f"{docs.height:,} documents that are tokenised"
    if not both:
        return pl.repeat(mean, facts.height, eager=True), f"estimated by the mean of {some}, {mean:,.0f} tokens"
    rate = float(docs[COUNT].sum()) / max(1.0, float(docs[LENGTH].sum()))
    length = facts[LENGTH].cast(pl.Float64)
    return (length * rate).fill_null(mean), f"estimated by length, {rate:.3f} tokens a character as in {some}"


def _first_shards(piece: Piece, names: list[str]) -> Piece:
    return replace(piece, shards={name: piece.shards[name] for name in names})


def _stored(reached: Reached, view: View, lost: Places) -> pl.Series:
    """Counts of the lost documents; null where none is stored. By place where no step laid the documents anew since, else by id."""
    theirs = Reached(view.pieces[-1], view)
    if view.pieces[0].folder == reached.before.pieces[0].folder:
        known, wanted = theirs.places, lost
    elif lost.len() > MOST_COUNTED:
        return pl.repeat(None, lost.len(), dtype=pl.Float64, eager=True)
    else:
        known, wanted = theirs.load(["id"])["id"], reached.load(["id"], lost)["id"]
    found = pl.DataFrame([known.alias("name"), theirs.load([COUNT])[COUNT]]).filter(
        pl.col("name").is_in(wanted.implode())
    )
    return (
        pl.DataFrame([wanted.alias("name")])
        .join(found, on="name", how="left", maintain_order="left")[COUNT]
        .cast(pl.Float64)
    )
