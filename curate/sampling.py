"""Documents to look at: by hash of their id, on the line of a clause, or most like a text; at the end of a corpus, or after one step."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from curate import gather
from curate.alike import ranked
from curate.artifact import AS_READ
from curate.errors import CurateError, did_you_mean
from curate.sql import literal, quoted
from curate.views import connect, frame

if TYPE_CHECKING:
    from curate.api import Curated

LIKENESS = ("jaccard", "contained")
COMPARISON = re.compile(r'\(?\s*"?(\w+)"?\s*(?:<=|>=|<|>|==?)\s*(-?[\d.]+(?:e-?\d+)?)', re.IGNORECASE)


@dataclass(frozen=True)
class Like:
    """A text, or the id of a document, that documents are to be like, and the words of a run of the shingles that are compared."""

    said: str
    ngram: int


def sample(
    curated: Curated, corpus: str, n: int, dropped_by: str | None, near: bool, seed: int, like: Like | None = None
) -> pl.DataFrame:
    """See `Curated.sample`. Columns: everything the corpus has; `text` last."""
    if near and like:
        raise CurateError("--near and --like are two ways to choose; give one")
    if corpus not in curated.planned.ends and corpus in curated.planned.nodes:
        return after_step(curated, corpus, n, dropped_by is not None or near, seed, like)
    if corpus not in curated.planned.ends:
        known = curated.planned.nodes if "/" in corpus else curated.planned.ends
        raise CurateError(f"{curated.title} has no corpus {corpus!r}{did_you_mean(corpus, known)}")
    clauses = {
        clause: text for node in curated.planned.ends[corpus].upstream() for clause, text in node.clauses if text
    }
    fates = {*clauses, "repeat", "undecided", "quarantined", "killed"}
    if dropped_by is not None and dropped_by not in fates:
        raise CurateError(f"{corpus} has no clause {dropped_by!r}{did_you_mean(dropped_by, fates)}")
    alike = ranked(curated, corpus, like.said, n, dropped_by, like.ngram) if like else None
    with connect(curated.built, {"documents"}) as connection:
        if alike is not None:
            picked = alike["id"].to_list()
        else:
            ids = frame(
                connection,
                f"select id, fate, {_distance(clauses, dropped_by) if near else '0.0'} as distance from documents"
                f" where corpus = {literal(corpus)} and id is not null"
                + (_side(dropped_by, near) if dropped_by else " and fate = 'kept'"),
            )
            picked = chosen(ids, n, seed)
        if not picked:
            none = pl.DataFrame(schema={"id": pl.String, "fate": pl.String, "text": pl.String})
            return none if alike is None else none.join(alike, on="id").select("id", "fate", *LIKENESS, "text")
        found = frame(
            connection,
            f"select * from documents where corpus = {literal(corpus)} and id in ({', '.join(literal(i) for i in picked)})"
            + (_side(dropped_by, near) if dropped_by else " and fate = 'kept'"),
        )
    order = pl.DataFrame({"id": picked, "_order": range(len(picked))})
    found = found.join(order, on="id").sort("_order").drop("_order", "shard", "row", strict=False)
    if alike is not None:
        found = found.unique("id", keep="first", maintain_order=True).drop(LIKENESS, strict=False)
        found = found.join(alike, on="id", how="left", maintain_order="left")
    return found.select([c for c in found.columns if c != "text"] + ["text"])


def after_step(curated: Curated, name: str, n: int, dropped: bool, seed: int, like: Like | None = None) -> pl.DataFrame:
    """Documents as they stand after a node; of a rewrite, `before` and `after` in place of `text`."""
    if dropped:
        raise CurateError(f"{name} is a step; ask for what a clause dropped by the corpus: {name.partition('/')[0]}")
    node = curated.planned[name]
    if node.makes_files:
        raise CurateError(f"{name} makes files, not documents; name a step of a corpus, such as web/length")
    view = curated.documents(name)
    ids = pl.concat([view.load(shard, ["id"]).with_columns(shard=pl.lit(shard)) for shard in view.shards])
    alike = ranked(curated, name, like.said, n, None, like.ngram) if like else None
    picked = chosen(ids.with_columns(distance=pl.lit(0.0)), n, seed) if alike is None else alike["id"].to_list()
    order = {one: position for position, one in enumerate(picked)}
    rows = ids.filter(pl.col("id").is_in(list(order))).sort(pl.col("id").replace_strict(order, return_dtype=pl.UInt32))
    rows = rows.unique("id", keep="first", maintain_order=True)
    shown = [c for c in dict.fromkeys(["id", *node.schema, *node.adds]) if c not in ("text", "tokens", AS_READ)]
    docs = gather.joined(view, rows.select("shard", "row"), [*shown, "text"]).drop("shard", "row")
    if alike is not None:
        docs = docs.drop(LIKENESS, strict=False).join(alike, on="id", how="left", maintain_order="left")
        shown = [*(c for c in shown if c not in LIKENESS), *LIKENESS]
        docs = docs.select(*shown, "text")
    if node.kind != "rewrite" or node.chain is None:
        return docs
    read = curated.built.reading(curated.built.view(node.chain), ["text"])
    before = gather.joined(read, rows.select("shard", "row"), ["text"])["text"]
    return docs.rename({"text": "after"}).with_columns(before=before).select(*shown, "before", "after")


def _side(clause: str, near: bool) -> str:
    """Dropped by the clause; on the line also those that it kept."""
    return f" and (fate = {literal(clause)}" + (" or fate = 'kept')" if near else ")")


def _distance(clauses: dict[str, str], clause: str | None) -> str:
    """SQL for how far a document is from the number in a clause such as `math_score >= 0.5`."""
    found = COMPARISON.search(clauses.get(clause or "", ""))
    if clause is None or found is None:
        raise CurateError("--near needs --dropped-by a clause that compares a column with a number")
    return f"abs({quoted(found[1])} - ({float(found[2])!r}))"


def chosen(ids: pl.DataFrame, n: int, seed: int) -> list[str]:
    """Ids of the smallest distance, then of the smallest hash."""
    hashes = [hashlib.sha256(f"{seed}\0{i}".encode()).hexdigest() for i in ids["id"].to_list()]
    ranked = ids.with_columns(pl.Series("hash", hashes, dtype=pl.String)).sort("distance", "hash", nulls_last=True)
    return ranked["id"].head(n).to_list()
