"""What stands behind the steps of a life: where its bytes lie, partners and what they share, benchmark items, parents, children, replies.

Each of these is looked up for one document at a time, and costs the reading of a text or two; so it is done for few.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate import gather
from curate.artifact import ROW, Piece
from curate.errors import CurateError
from curate.gather import SHARD
from curate.life import Life, in_corpus, live, lives
from curate.positions import held_out, positions, spelled
from curate.replied import build_of, replies_to
from curate.spans import common_run

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.plan import Node

SPAN = 600
"""Characters of a text, or of what two texts share, that are told."""
MOST_CHILDREN = 200


def add(curated: Curated, told: list[Life], *, tokens: bool = False) -> None:
    """Add to each life its evidence; see `curate/trace.py` for what it may hold."""
    state = curated.built
    for life in told:
        life.evidence |= {"source": _source(curated, life), "text": _text(curated, life)}
        _repeats(curated, life, told)
        for node, shard, row in life.bases:
            if node.kind == "across":
                _partner(curated, life, node, shard, row)
        _leaks(curated, life)
        _family(curated, life)
    ids = [str(life.id) for life in told]
    places, apart = positions(state, ids), held_out(state, ids)
    for life in told:
        life.evidence["held_out"] = (life.corpus, str(life.id)) in apart
        found = [] if life.is_parent or life.fate != "kept" else places.get((life.corpus, str(life.id)), [])
        life.evidence["mixture"] = [{**row, "text": spelled(state, row)} for row in found] if tokens else found


def _rows(shard: str, row: int) -> pl.DataFrame:
    return pl.DataFrame({SHARD: [shard], ROW: [row]}, schema={SHARD: pl.String, ROW: pl.UInt32})


# where it comes from


def _source(curated: Curated, life: Life) -> dict[str, Any] | None:
    """File, offset and length of the record, where the reader told them; else the file and the number of its record in the shard."""
    node = life.bases[0][0] if life.bases else life.base
    shard, row = life.bases[0][1:] if life.bases else (life.shard, life.row)
    if node.kind != "read":
        return None
    file = curated.built.piece(node).folder / f"{Path(shard).stem}.provenance.parquet"
    if file.is_file():
        found = pl.scan_parquet(file, glob=False).filter(pl.col(ROW) == row).collect().to_dicts()
        return (
            {"file": Path(found[0]["path"]).name, **{c: found[0][c] for c in ("offset", "length")}} if found else None
        )
    rank, *_, part = (int(number) for number in Path(shard).stem.split("-"))
    files = build_of(curated).files(node).files
    return {"file": Path(files[rank].path).name if rank < len(files) else None, "part": part, "record": row}


def _text(curated: Curated, life: Life) -> str | None:
    """The beginning of its text as it stood when it left."""
    if not life.bases:
        return None
    node, shard, row = life.bases[-1]
    piece: Piece = curated.built.piece(node)
    for step, event in zip(life.nodes, life.events, strict=True):
        if step.kind == "rewrite" and step.base is node and "characters" in event:
            piece = curated.built.piece(step)
    found = gather.some(piece, _rows(shard, row), [pl.col("text").str.slice(0, SPAN)])
    return str(found["text"][0]) if found.height and found["text"][0] is not None else None


def _repeats(curated: Curated, life: Life, told: list[Life]) -> None:
    """Of a repeated record, the one that stayed; of that one, the others."""
    same = [other for other in told if other is not life and (other.corpus, other.id) == (life.corpus, life.id)]
    others = [o for o in same if o.bases and (life.fate == "repeat") != (o.fate == "repeat")]
    if others:
        kind = "stays" if life.fate == "repeat" else "repeats"
        life.evidence[kind] = [
            {**{c: other.values.get(c) for c in ("date", "dump")}, "source": _source(curated, other)}
            for other in others
        ]


# what it resembles


def _partner(curated: Curated, life: Life, node: Node, shard: str, row: int) -> None:
    """The document that an across step names to this one, and the longest run of words that they share."""
    event = life.events[life.nodes.index(node)] if node in life.nodes else {}
    names = [c for c, kind in node.adds.items() if kind == pl.String and event.get("columns", {}).get(c)]
    for name in names:
        for place in (node, *_compared(curated, node)):
            hit = gather.search(
                curated.built.piece(place), pl.col("id") == event["columns"][name], ["id", "url", "text"]
            )
            if not hit.height:
                continue
            text = gather.some(curated.built.piece(node), _rows(shard, row), ["text"])["text"][0]
            words, span = common_run(str(text), str(hit["text"][0]))
            end = curated.built.plan.ends.get(place.corpus)
            here = end is not None and place in end.upstream()  # and not of another recipe
            told = in_corpus(curated.built, place.corpus, [hit["id"][0]]) if here else []
            fates = [other.short() for other in told if other.fate != "repeat"]
            shared = {"words": words, "of": len(str(text).split()), "characters": len(span), "text": span[:SPAN]}
            event["partner"] = {"column": name, "id": hit["id"][0], "url": hit["url"][0], "shared": shared}
            event["partner"] |= {c: fates[0][c] for c in ("fate", "fate_node")} if fates else {}
            break


def _compared(curated: Curated, node: Node) -> list[Node]:
    """The documents of corpora that a node's trained models learned from, such as an index of earlier documents; those that are built."""
    found: list[Node] = []
    for _, other in node.others:
        found += _compared(curated, other) if other.makes_files else [other.base]
    return [one for one in dict.fromkeys(found) if one.plan_key in curated.built.done]


def _leaks(curated: Curated, life: Life) -> None:
    """The text of the benchmark item that a step found in it."""
    for node, event in zip(life.nodes, life.events, strict=True):
        if node.benchmarks:
            told = {leak_field(c): value for c, value in event.get("columns", {}).items()}
            if told.get("item") is not None:
                event["leak"] = {**told, **item(curated, node, str(told["benchmark"]), str(told["item"]))}


def leak_field(column: str) -> str:
    """`item` for `leak_item`, whatever `as:` put before it."""
    return column.rpartition("leak_")[2]


def item(curated: Curated, node: Node, benchmark: str, name: str) -> dict[str, Any]:
    """`problem` and `answer` of a benchmark item; nothing where the card's file is not there any more."""
    for one in (one for some in build_of(curated).benchmarks(node).values() for one in some):
        if one.name == benchmark:
            try:
                found = one.items().filter(pl.col("id") == name).to_dicts()
            except FileNotFoundError:
                return {}
            return {c: found[0][c] for c in ("problem", "answer")} if found else {}
    return {}


# parents and children


def _family(curated: Curated, life: Life) -> None:
    state = curated.built
    made = life.bases[0][0] if life.bases else life.base
    asked = made.chain if made.chain and made.chain.kind == "ask" else None
    parent = life.values.get("parent_id")
    if made.kind == "expand" and parent is not None:
        life.evidence["parent"] = {"id": parent, "lives": [other.short() for other in lives(state, [parent])]}
        replies = _replies(curated, asked, str(parent), life.values.get("sample")) if asked else []
        text = life.evidence.get("text") or ""
        life.evidence["replies"] = [{**reply, "span": common_run(reply["text"] or "", text)[1]} for reply in replies]
    if life.is_parent and asked:
        life.evidence["replies"] = _replies(curated, asked, str(life.id), None)
    for node in (node for node in life.nodes if node.kind == "ask"):
        life.evidence["replies"] = [*life.evidence.get("replies", ()), *_replies(curated, node, str(life.id), None)]
    life.evidence["children"] = _children(curated, life)


def _children(curated: Curated, life: Life) -> list[dict[str, Any]]:
    """The documents that expand steps made of it, in this corpus or in others."""
    state, found = curated.built, []
    for node in curated.planned.nodes.values():
        if node.kind == "expand" and node.plan_key in state.done and node.chain in life.nodes:
            children = gather.search(state.piece(node), pl.col("parent_id") == life.id, ["id"])["id"].to_list()
            found += [child.short() for child in in_corpus(state, node.corpus, children[:MOST_CHILDREN])]
    return found


def _replies(curated: Curated, node: Node, parent: str, sample: int | None) -> list[dict[str, Any]]:
    """The replies to the parent of which a child was made, or a score: the draw that the child names, else all of them."""
    places = gather.search(curated.built.piece(node.base), pl.col("id") == parent, [])
    for shard, row in live(curated.built, node, places).select(SHARD, ROW).rows():
        try:
            found = replies_to(curated, node, shard, row)
        except CurateError as error:
            return [{"text": None, "finish": f"cannot be looked up: {error.message}"}]
        return [reply for reply in found if sample is None or reply["sample"] == sample]
    return []
