"""How many tokens the documents have that a clause lets in or keeps out: stored counts where there are any, else an estimate."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from curate import gather
from curate.artifact import View
from curate.gather import Places, Reached

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.plan import Node

COUNT = "n_tokens"
LENGTH = "length"
"""The column that counts characters (`score: length`)."""


@dataclass(frozen=True)
class Tokens:
    """Tokens of each document; null where nothing is known."""

    each: pl.Series
    how: str
    exact: bool = False


def tokens(curated: Curated, keep: Node, reached: Reached, facts: pl.DataFrame, lost: Places) -> Tokens:
    """Tokens of the documents in `facts`, of which the last ones are `lost`."""
    nothing = pl.Series("tokens", [None] * facts.height, dtype=pl.Float64)
    if COUNT in facts.columns:
        return Tokens(facts[COUNT].cast(pl.Float64).alias("tokens"), "counted", exact=True)
    node = tokenised(curated, keep)
    if node is None:
        return Tokens(nothing, f"not known: {keep.corpus} is in no mixture that is built, so nothing of it is tokenised")
    view = curated.built.view(node)
    counts = gather.whole(view.pieces[-1], [COUNT])[COUNT].cast(pl.Float64)
    guess, how = _guessed(view, counts, facts)
    if not lost.size:
        return Tokens(guess, how)
    stored = _stored(reached, view, counts, lost)
    each = pl.concat([nothing[: facts.height - lost.size], stored]).alias("tokens")
    counted = int(stored.is_not_null().sum())
    how += f"; {counted:,} of the lost ones are tokenised, and counted" if counted else ""
    return Tokens(pl.select(pl.coalesce(each, guess)).to_series(), how)


def tokenised(curated: Curated, keep: Node) -> Node | None:
    """The built node that counts the tokens of the documents that a keep lets through."""
    for node in curated.planned.nodes.values():
        if COUNT in node.adds and node.plan_key in curated.built.done:
            since = list(itertools.takewhile(lambda n: n is not keep, node.upstream()))
            if since[-1].chain is keep and not any(n.kind == "expand" for n in since):
                return node
    return None


def _guessed(view: View, counts: pl.Series, facts: pl.DataFrame) -> tuple[pl.Series, str]:
    """By length where it is scored, else the mean of what is tokenised."""
    total, mean = counts.sum(), counts.mean()
    if not counts.len() or not isinstance(mean, float):
        return pl.Series([None] * facts.height, dtype=pl.Float64), "not known: no document is tokenised"
    if LENGTH in view.owners() and LENGTH in facts.columns:
        characters = Reached(view.pieces[-1], view).load([LENGTH])[LENGTH].sum()
        rate = total / max(1, characters)
        how = f"estimated by length, {rate:.3f} tokens a character as in the {counts.len():,} documents that are tokenised"
        return (facts[LENGTH].cast(pl.Float64) * rate).fill_null(mean), how
    how = f"estimated by the mean of the {counts.len():,} documents that are tokenised, {mean:,.0f} tokens"
    return pl.Series([mean] * facts.height, dtype=pl.Float64), how


def _stored(reached: Reached, view: View, counts: pl.Series, lost: Places) -> pl.Series:
    """Counts of the lost documents; null where none is stored. By place where no step laid the documents anew since, else by id."""
    theirs = Reached(view.pieces[-1], view)
    if view.pieces[0].folder == reached.before.pieces[0].folder:
        known, wanted = pl.Series("name", theirs.places), pl.Series("name", lost)
    else:
        known, wanted = theirs.load(["id"])["id"], reached.load(["id"], lost)["id"]
    found = pl.DataFrame({"name": known, "tokens": counts})
    return pl.DataFrame({"name": wanted}).join(found, on="name", how="left", maintain_order="left")["tokens"].cast(pl.Float64)
