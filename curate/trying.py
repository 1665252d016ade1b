"""One step on a few documents, before a build does it on all: what is asked, what comes back, what is made of it, and what clauses say.

The documents are those that a build has brought to the step. Nothing is stored but replies, which a build then need not ask for again. The
steps that follow are done too, up to the first clauses, as far as they look at one document at a time and ask nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.artifact import ROW, compacted
from curate.asking import again_of, ask, columns_of_asking, prompts_of
from curate.errors import CurateError, failing, placed
from curate.replied import build_of
from curate.rows import beside, children, columns, judge, seen_by
from curate.sampling import chosen
from curate.wording import words
from curate.work import Work

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.build import Build
    from curate.plan import Node
    from curate.profile import Budget

ROWWISE = ("ask", "score", "rewrite", "expand", "keep")
MOST_WORDS = 20_000
"""Words of a text that are compared."""


def trial(curated: Curated, name: str, n: int, seed: int, budget: Budget) -> list[dict[str, Any]]:
    """See `Curated.trial`."""
    node = _step(curated, name)
    first = node.chain if node.chain and node.chain.kind == "ask" and node.step and node.step.spec.asks else node
    assert first.chain and first.step
    if first.chain.plan_key not in curated.built.done:
        before = first.chain.name
        raise CurateError(f"{before} is not built; run curate build {curated.title} --through {before}")
    run = list(_run(curated, first))
    docs = _documents(curated, run, n, seed)
    build = build_of(curated)
    build.asking.spending.budget = budget
    tried = [{"id": row["id"], "text": row["text"]} for row in docs.select("id", "text").to_dicts()]
    count = len(tried)
    for step in run:
        with placed(step.name, step.where), failing(step.name):
            docs = _do(build, step, docs, tried)
    return tried[:count]


def _step(curated: Curated, name: str) -> Node:
    if name in curated.planned.ends:
        raise CurateError(f"{name} is a corpus; name one of its steps, such as {curated.planned.ends[name].name}")
    node = curated.planned[name]
    if node.kind == "ask":
        return next(other for other in curated.planned.nodes.values() if other.chain is node)
    if node.kind not in ("score", "rewrite", "expand"):
        raise CurateError(f"{name} is a `{node.kind}`; a score, a rewrite or an expand can be tried")
    return node


def _run(curated: Curated, first: Node) -> Iterator[Node]:
    """A step and those after it in its corpus, up to the first clauses."""
    node: Node | None = first
    while node is not None and node.kind in ROWWISE and (node.kind != "ask" or node is first):
        if any(other.plan_key not in curated.built.done for _, other in node.others):
            return
        yield node
        if node.kind == "keep":
            return
        node = next((n for n in curated.planned.nodes.values() if n.chain is node and n.corpus == first.corpus), None)


def _documents(curated: Curated, run: list[Node], n: int, seed: int) -> pl.DataFrame:
    """`row`, the columns that the steps read from before them, and `_at`, which document of the sample it is."""
    before = run[0].chain
    assert before
    made: set[str] = set()
    wanted: dict[str, None] = {"id": None, "text": None}
    for node in run:
        if node.kind == "expand":
            wanted.update(dict.fromkeys(c for c in before.schema if c in ("url", "license", "date", "dump")))
        wanted.update(dict.fromkeys(c for c in node.reads if c not in made))
        made.update(node.schema if node.kind == "expand" else node.adds)
    view = curated.built.reading(curated.built.view(before), wanted)
    ids = pl.concat([view.load(shard, ["id"]).with_columns(shard=pl.lit(shard)) for shard in view.shards])
    picked = chosen(ids.with_columns(distance=pl.lit(0.0)), n, seed)
    rows = ids.filter(pl.col("id").is_in(picked)).unique("id", keep="first", maintain_order=True)
    parts = [
        compacted(view.load(str(shard), list(wanted)).join(some.select(ROW), on=ROW, how="semi", maintain_order="left"))
        for (shard,), some in rows.group_by("shard", maintain_order=True)
    ]
    docs = pl.concat(parts) if parts else view.load(view.shards[0], list(wanted)).clear()
    return docs.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias(ROW), _at=pl.int_range(pl.len()))


def _do(build: Build, node: Node, docs: pl.DataFrame, tried: list[dict[str, Any]]) -> pl.DataFrame:
    """One step; what it did to each document goes into `tried`: a document that came of an expand step has an entry of its own there."""
    work, found = build.work(node), node.step
    if node.kind == "keep":
        for at, verdict in zip(docs["_at"], judge(docs, node.clauses).to_dicts(), strict=True):
            tried[at]["verdict"] = {"fate": verdict["fate"] or "kept", "failed": verdict["failed"] or []}
        return docs
    assert found
    if node.kind == "ask":
        return _ask(build, node, work, docs, tried)
    made = found.call(seen_by(work, docs), **work.params)
    if node.kind == "expand":
        parents = docs["_at"].gather(made.sort("parent", maintain_order=True)["parent"].cast(pl.UInt32))
        born = children(made, docs, work).with_row_index(ROW)
        born = born.with_columns(_at=pl.int_range(len(tried), len(tried) + pl.len()))
        for parent, row in zip(parents, born.to_dicts(), strict=True):
            own = {c: row[c] for c in made.columns if c not in ("parent", "text")}
            tried.append({"id": row["id"], "text": row["text"], "columns": own})
            tried[parent].setdefault("gives", []).append(tried[-1])
        return born
    part = columns(made, docs, work, found)
    for at, row in zip(docs["_at"], part.drop(ROW).to_dicts(), strict=True):
        if node.kind == "rewrite":
            before = tried[at].get("after", tried[at]["text"])
            after = row.pop("text")
            tried[at] |= {"after": after, "words": words(before, after, MOST_WORDS)[0]}
        tried[at].setdefault("columns", {}).update(row)
    return beside(docs, part)


def _ask(build: Build, node: Node, work: Work, docs: pl.DataFrame, tried: list[dict[str, Any]]) -> pl.DataFrame:
    assert node.step
    seen = docs.select(node.reads)
    prompts = prompts_of(node.step, seen, work.params)
    with build.asking.of(node, build.executor) as (asked, _):
        model = asked.opened(build.store.root / "replies")
        came = ask(node.step, prompts, model, work.params, lambda came: again_of(node.step, seen, came, work.params))  # type: ignore[arg-type]
    for at, made, row in zip(docs["_at"], prompts.to_list(), came.to_dicts(), strict=True):
        names = ("text", "finish", "prompt_tokens", "completion_tokens")
        given = (row[c] or () for c in ("reply", "finish", "prompt_tokens", "completion_tokens"))
        tried[at]["prompts"] = made or []
        tried[at]["replies"] = [dict(zip(names, draw, strict=True)) for draw in zip(*given, strict=True)]
        if row["refusal"] is not None:
            tried[at]["refusal"] = row["refusal"]
    return docs.hstack(came.rename(columns_of_asking(work.step_name)))
