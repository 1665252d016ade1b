"""What becomes of gained and lost documents behind their keep: node by node, as far as stored columns decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from curate import gather
from curate.artifact import ROW
from curate.clauses import parse
from curate.gather import Places, Reached

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.plan import Node
    from curate.state import State


def followed(
    curated: Curated, corpus: str, keep: Node, reached: Reached, gained: Places, lost: Places
) -> list[dict[str, Any]]:
    """One entry per later node of the corpus, up to the first that needs the whole of it.

    `more`: documents newly let in that come to this node and were never there; `exactly` says whether that number is certain or only the
    most there can be, because a clause in between reads columns that they do not have yet. `fewer`: lost ones that come to it now.
    `does`: `scores`, `keeps` or `needs the whole corpus`.
    """
    state, exactly = curated.built, True
    unknown: set[str] = set()
    entries: list[dict[str, Any]] = []
    for node in later(curated, corpus, keep):
        entry = {"node": node.name, "more": gained.len(), "fewer": lost.len(), "exactly": exactly}
        if node.is_base:
            return [
                *entries,
                {**entry, "does": "needs the whole corpus" if node.kind == "across" else "makes new documents"},
            ]
        entries.append({**entry, "does": "keeps" if node.kind == "keep" else "scores"})
        if node.kind == "keep":
            decided = tuple((name, text) for name, text in node.clauses if not parse(text).columns & unknown)
            gained = _passing(reached, gained, decided)
            exactly = exactly and len(decided) == len(node.clauses)
        else:
            unknown |= set(node.adds)
        lost = _still_there(state, node, lost)
    return entries


def later(curated: Curated, corpus: str, keep: Node) -> list[Node]:
    """The nodes of a corpus behind a keep, in order."""
    chain = list(curated.planned.ends[corpus].upstream())
    return chain[: chain.index(keep)][::-1]


def _passing(reached: Reached, gained: Places, clauses: tuple[tuple[str, str], ...]) -> Places:
    """Those documents that a build would let through these clauses."""
    from curate.rows import judge

    if not clauses or not gained.len():
        return gained
    docs = reached.load(sorted({c for _, text in clauses for c in parse(text).columns}), gained)
    verdict = judge(docs.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias(ROW)), clauses)
    return gained.filter(verdict["fate"].is_null())


def _still_there(state: State, node: Node, lost: Places) -> Places:
    """Those lost documents that go on from a node as it is built; all of them where it is not."""
    if node.plan_key not in state.done or not lost.len():
        return lost
    return lost.filter(gather.holds(state.piece(node), lost))
