"""One document's life from its record to its places in the mixture; or the lives of all that a question finds.

    a life      corpus, id, url, date, license, dump, fate, fate_node, failed, error
    events      one for each node it came to: the columns that it gave; lengths before and after; each clause with the values that it saw
                and its verdict; of a duplicate the partner and the words they share; of a leak the benchmark item
    source      file, offset and length of the record; of repeated records `stays` or `repeats`
    parent, children, replies
                of documents that a step made of others: who they are and what became of them; what the model wrote, and the `span` of it
                that the document holds
    mixture     every piece of it in the mixture: window, offset, length, epoch, stage
    held_out    whether the mixture keeps it out of training
    text        the beginning of its text as it stood when it left

Of a training step the windows are told with their documents, and no lives (`curate/training_step.py`).

Evidence is added where a question finds few documents; of many, the lives alone are told. Left out: lives in earlier builds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from curate import evidence, gather
from curate.errors import CurateError, did_you_mean
from curate.life import lives
from curate.positions import in_window

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.plan import Node

FEW = 3
"""Documents whose evidence is looked up."""
MOST = 10
"""Documents that a text is looked for in."""


def trace(
    curated: Curated,
    document: str | None,
    *,
    text: str | None,
    window: int | None,
    offset: int | None,
    item: str | None,
    step: int | None,
    batch: int | None,
    tokens: bool,
) -> dict[str, Any]:
    """See `Curated.trace`."""
    asked = {"document": document, "text": text, "window": window, "item": item, "step": step}
    given = {key: value for key, value in asked.items() if value is not None}
    if len(given) != 1:
        raise CurateError("trace what? Give one of: an id or url, a text, a window, a benchmark item, a training step")
    if batch is not None and step is None:
        raise CurateError("a batch says how many windows a training step has; give a step with it")
    if not curated.built.done:
        raise CurateError(f"nothing of {curated.title} is built yet; run curate build {curated.title}")
    if step is not None:
        from curate.training_step import windows_of

        return {"recipe": curated.name, "asked": given, "windows": windows_of(curated, step, batch), "lives": []}
    found: dict[str, Any] = {}
    if document is not None:
        ids = by_name(curated, document)
    elif text is not None:
        ids = by_text(curated, text)
    elif window is not None:
        found["pieces"] = in_window(curated.built, window, offset)
        ids = [row["id"] for row in found["pieces"]]
    else:
        found["leaks"] = by_item(curated, str(item))
        ids = [row["id"] for row in found["leaks"]]
    told = lives(curated.built, ids)
    if window is not None:
        told = [life for life in told if life.corpus in {row["source"] for row in found["pieces"]}]
    if len(set(ids)) <= FEW:
        evidence.add(curated, told, tokens=tokens)
    return {"recipe": curated.name, "asked": given, **found, "lives": [life.payload() for life in told]}


def _readers(curated: Curated) -> list[Node]:
    """The built nodes at which documents begin."""
    nodes = curated.planned.nodes.values()
    return [node for node in nodes if node.kind in ("read", "expand") and node.plan_key in curated.built.done]


def by_name(curated: Curated, name: str) -> list[str]:
    """The ids of the documents that have this id, else of those that have this url."""
    state = curated.built
    for column in ("id", "url"):
        found: list[str | None] = []
        for node in _readers(curated):
            test = pl.col(column) == name
            found += gather.search(state.piece(node), test, ["id"])["id"].to_list()
            found += gather.lost(state.piece(node), test)["id"].to_list()
        if any(found):
            return sorted({one for one in found if one})
    raise CurateError(
        f"{curated.title} has no document of the id or url {name[:200]!r}; look for its words by --text, or for urls by"
        f" curate query {curated.title} \"select id, url from documents where url like '%...%'\""
    )


def by_text(curated: Curated, text: str) -> list[str]:
    """The ids of the first documents whose text, as read or as rewritten, holds this."""
    if not text.strip():
        raise CurateError("the text to look for is empty")
    state, found = curated.built, dict[str, None]()
    for node in curated.planned.nodes.values():
        if node.plan_key not in state.done or node.kind not in ("read", "expand", "rewrite"):
            continue
        piece, base = state.piece(node), state.piece(node.base)
        for shard in piece.shards:
            one = gather.only(piece, shard)
            rows = gather.search(one, pl.col("text").str.contains(text, literal=True), [])
            if rows.height:
                found |= dict.fromkeys(gather.some(base, rows, ["id"])["id"].to_list())
            if len(found) >= MOST:
                return list(found)[:MOST]
    if not found:
        raise CurateError(
            f"no document of {curated.title} holds {text[:80]!r}; line breaks and spaces count, so try fewer words"
        )
    return list(found)


def by_item(curated: Curated, asked: str) -> list[dict[str, Any]]:
    """Every document in which a step found this benchmark item, with the step and what it says of the likeness."""
    benchmark, slash, name = asked.partition("/")
    state = curated.built
    nodes = [node for node in curated.planned.nodes.values() if node.benchmarks and node.plan_key in state.done]
    known = sorted({one.name for node in nodes for some in node.benchmarks.values() for one in some})
    if not slash or benchmark not in known:
        what = "name an item as BENCHMARK/ID" if not slash else f"nothing here is compared with {benchmark!r}"
        raise CurateError(f"{what}{did_you_mean(benchmark, known)}")
    found: list[dict[str, Any]] = []
    for node in nodes:
        columns = {evidence.leak_field(column): column for column in node.adds}
        if not {"benchmark", "item"} <= set(columns):  # it looks at benchmarks, but does not say what it found
            continue
        test = (pl.col(columns["benchmark"]) == benchmark) & (pl.col(columns["item"]) == name)
        rows = gather.search(state.piece(node), test, list(node.adds))
        ids = gather.some(state.piece(node.base), rows, ["id", "url"])
        for row in rows.join(ids, on=[gather.SHARD, "row"]).to_dicts():
            leak = {field: row[column] for field, column in columns.items()}
            found.append({"corpus": node.corpus, "node": node.name, "id": row["id"], "url": row["url"], **leak})
    if not found:
        known_item = any(evidence.item(curated, node, benchmark, name) for node in nodes)
        raise CurateError(f"no document leaks {asked}" if known_item else f"{benchmark} has no item {name[:80]!r}")
    return found
