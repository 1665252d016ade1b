"""Everything a page holds, as JSON: gathered once, in bounded memory, and the same from the same store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from curate import gather
from curate.artifact import readable
from curate.errors import CurateError
from curate.page import documents, figures, scores, tex
from curate.page.documents import MOST, Facts, Shelf
from curate.page.text import Formulas, cut, short, visible
from curate.page.thresholds import sliders, thresholds
from curate.views import connect
from curate.wording import shortened, words

if TYPE_CHECKING:
    import duckdb

    from curate.api import Curated
    from curate.plan import Node

PAIRS = 6
"""Duplicates of each column, and leaks."""
REWRITES = 3
DIFFED = 4_000
"""Characters of a text before and after a rewrite that are compared."""
LEAST_COMMON = 0.3
"""Share of words that two texts have in common which are shown as one text with changes."""
FULL = 10
"""Clauses with many documents on the line; the others have a few."""
MOST_MATH = 900_000
"""Bytes of formulas that are drawn; the others are shown as they are written."""
MOST_SOURCE = 200_000
"""Characters of a recipe, and of a lock."""


def contents(curated: Curated) -> dict[str, Any]:
    """What the page of a recipe tells. CurateError if nothing of it is built."""
    if curated.planned.ends and not curated.funnel():
        name = curated.title
        raise CurateError(f"nothing of {name} is built as it stands now; run curate build {name}")
    with readable(curated.title):
        built = [name for name, end in curated.planned.ends.items() if end.plan_key in curated.built.done]
        shelf = Shelf(Formulas())
        with connect(curated.built, {"documents"}) as connection:
            told = _of_documents(curated, connection, built, shelf)
        told |= {
            "title": visible(curated.title),
            "about": visible(curated.recipe.about or ""),
            "mixture": figures.mixture(curated),
            "lineage": figures.lineage(curated),
            "runs": figures.runs(curated),
            "evaluations": figures.evaluations(curated),
            **_sources(curated),
            **_formulas(shelf.formulas),
        }
    return told


def _of_documents(
    curated: Curated, connection: duckdb.DuckDBPyConnection, built: list[str], shelf: Shelf
) -> dict[str, Any]:
    tables = [documents.facts_of(curated, connection, place, corpus) for place, corpus in enumerate(built)]
    share = max(4, MOST // (2 * max(1, len(tables))))
    found: dict[str, Any] = {"pairs": [], "leaks": [], "distributions": []}
    for facts in tables:
        documents.choose(connection, facts, shelf, share)
        found["pairs"] += documents.pairs(connection, facts, shelf, PAIRS)
        found["leaks"] += documents.leaks(curated, connection, facts, shelf, PAIRS)
        found["distributions"] += scores.distributions(connection, facts, _numbers(curated, facts.corpus))
    found["rewrites"] = [one for facts in tables for one in _rewrites(curated, facts, shelf)]
    found["sliders"] = _sliders(curated, built, shelf)
    ended = {facts.corpus: documents.counted(connection, facts) for facts in tables}
    found["funnel"] = [figures.funnel(curated, corpus, ended) for corpus in curated.planned.ends]
    told = dict(one for facts in tables for one in documents.told(connection, facts, shelf))
    found["documents"] = [told.get(number) for number in range(len(shelf.numbers))]
    return found


def _numbers(curated: Curated, corpus: str) -> dict[str, list[float]]:
    """Numbers that clauses of a corpus compare a column with, by the column."""
    from curate.clauses import parse

    found: dict[str, list[float]] = {}
    for node in curated.planned.ends[corpus].upstream():
        for _, text in node.clauses if node.kind == "keep" else ():
            for one in thresholds(parse(text)):
                found.setdefault(one.measured.canonical(), []).append(one.number)
    return {name: sorted(set(numbers)) for name, numbers in found.items()}


def _sliders(curated: Curated, built: list[str], shelf: Shelf) -> list[dict[str, Any]]:
    """The sliders of all corpora, those whose clause drops most first."""
    dropped = {
        (row["corpus"], clause): count
        for row in curated.funnel()
        for clause, count in row["fates"].items()
        if row["corpus"] in built
    }
    many = sorted(dropped, key=lambda one: (-dropped[one], one))[:FULL]
    found: list[dict[str, Any]] = []
    for corpus in built:
        found += sliders(curated, corpus, shelf, {clause for name, clause in many if name == corpus})
    for one in found:
        one["dropped"] = dropped.get((one["corpus"], one["clause"]), 0)
    return sorted(found, key=lambda one: -one["dropped"])


# before and after


def _rewrites(curated: Curated, facts: Facts, shelf: Shelf) -> list[dict[str, Any]]:
    """Documents before and after each rewrite of a corpus, those that it changed first, word by word."""
    found = []
    for node in list(curated.planned.ends[facts.corpus].upstream())[::-1]:
        if node.kind == "rewrite" and node.corpus == facts.corpus and node.chain:
            wanted = [id_ for corpus, id_, repeats in shelf.numbers if corpus == facts.corpus and not repeats]
            found += _changed(curated, node, wanted)
    return found


def _changed(curated: Curated, node: Node, ids: list[str]) -> list[dict[str, Any]]:
    """The first of these documents whose text a node changed, or just the first ones."""
    state = curated.built
    assert node.chain
    piece = state.piece(node)
    after = state.reading(state.view(node), ["id", "text"])
    before = state.reading(state.view(node.chain), ["text"])
    rows = gather.search(after.owners()["id"], pl.col("id").is_in(pl.Series(ids, dtype=pl.String).implode()), ["id"])
    rows = rows.filter(pl.col("shard").is_in(list(piece.shards))).sort(
        pl.col("id").replace_strict(ids, list(range(len(ids))), default=None, return_dtype=pl.UInt32), "shard", "row"
    )
    text = pl.col("text").str.slice(0, DIFFED)
    old = _texts(gather.some(before.owners()["text"], rows, [text]), "before")
    new = _texts(gather.some(after.owners()["text"], rows, [text]), "after")
    both = rows.join(old, on=["shard", "row"], maintain_order="left").join(
        new, on=["shard", "row"], maintain_order="left"
    )
    changed = both.filter(pl.col("before") != pl.col("after")).head(REWRITES)
    both = changed if changed.height else both.head(1)
    return [
        {
            "corpus": node.corpus,
            "node": node.name,
            "step": node.own["step"],
            "id": cut(row["id"], 200),
            **_words(row["before"], row["after"]),
        }
        for row in both.to_dicts()
    ]


def _texts(found: pl.DataFrame, name: str) -> pl.DataFrame:
    return found.rename({"text": name})


def _words(before: str, after: str) -> dict[str, Any]:
    """What went and what came, word by word; two texts with little in common, as of an extraction, beside each other."""
    runs, common = words(visible(before), visible(after))
    if common < LEAST_COMMON or before.lstrip()[:1] == "<":
        return {"before": cut(before), "after": cut(after), "words": None}
    return {"words": [list(run) for run in shortened(runs)]}


# the rest


def _sources(curated: Curated) -> dict[str, str]:
    """The recipe and its lock, as they are written; of long ones the beginning."""
    from curate.lock import lock_of

    recipe = curated.recipe.path.read_text("utf-8", "replace")
    lock = lock_of(curated.planned, curated.built.done).dump()
    return {"recipe": short(recipe, MOST_SOURCE), "lock": short(lock, MOST_SOURCE)}


def _formulas(formulas: Formulas) -> dict[str, Any]:
    """Each formula as `[source, 1 if it stands on lines of its own, tree or 0]`."""
    import json

    asked = list(formulas.known)
    found, room = [], MOST_MATH
    for (source, block), tree in zip(asked, tex.converted(asked), strict=True):
        size = len(json.dumps(tree)) if tree else 0
        drawn = tree if tree and size <= room else 0
        room -= size if drawn else 0
        found.append([source, int(block), drawn])
    return {"formulas": found, "mathml": tex.is_there()}
