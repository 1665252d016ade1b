"""What a page says in figures: funnels, the mixture, lineage, training runs and evaluations. No document is read for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from curate.canaries import unchecked_in_words
from curate.figures import source_rows
from curate.page.text import visible

if TYPE_CHECKING:
    import polars as pl

    from curate.api import Curated
    from curate.curves import Curve
    from curate.plan import Node

POINTS = 240
"""Points of a curve that are drawn; of more, the mean of each part."""
SERIES = 24
RESULTS = 400
EVALUATED_BY = ("eval", "benchmark", "model", "mode", "result")
EVALUATED = (
    *EVALUATED_BY[:-1], "items", "limited", "samples", "accuracy", "low", "high", "truncated", "no_answer"
)  # fmt: skip
"""What is told of a result: names of columns of the view `eval_results`."""


def funnel(curated: Curated, corpus: str, ended: dict[str, pl.DataFrame]) -> dict[str, Any]:
    """The steps of a corpus: documents in and out, what ended there, and tokens. ended: `curate.page.documents.counted` by corpus."""
    rows = [row for row in curated.funnel() if row["corpus"] == corpus]
    tokens = _tokens(curated, corpus, rows, ended) if corpus in ended else {}
    told = []
    for row in rows:
        count, exact = tokens.get(row["node"], (None, False))
        step = curated.planned.nodes[row["node"]].own["step"]
        told.append({**row, "step": step, "tokens": count, "exact": exact})
    return {
        "corpus": corpus,
        "rows": told,
        "clauses": [
            {"node": node.name, "clause": name, "condition": text}
            for node in list(curated.planned.ends[corpus].upstream())[::-1]
            if node.corpus == corpus
            for name, text in node.clauses
        ],
        "losses": [row for row in curated.losses() if row["corpus"] == corpus],
        "canaries": [row for row in curated.canaries() if row["corpus"] == corpus],
        "unchecked": [visible(unchecked_in_words(row)) for row in curated.unchecked() if row["corpus"] == corpus],
    }


def _tokens(
    curated: Curated, corpus: str, rows: Sequence[dict[str, Any]], ended: dict[str, pl.DataFrame]
) -> dict[str, tuple[int, bool]]:
    """Tokens after each step by node, and whether they are counted.

    The mixture says how many tokens the documents have that are kept. Others are estimated by their characters, at the rate of the same
    corpus or, where that is not tokenised, of all that are; as far back as the first extraction, before which characters of HTML would
    be counted.
    """
    lines = curated.mixture().get("sources", {})
    apart = curated.mixture().get("held_out", {}).get("sources", {})
    counted = {name: line["available"]["tokens"] + apart.get(name, {}).get("tokens", 0) for name, line in lines.items()}
    kept = {name: _kept_characters(frame) for name, frame in ended.items()}
    known = [corpus] if counted.get(corpus) and kept[corpus] else [name for name in counted if kept.get(name)]
    characters = sum(kept[name] for name in known)
    if not characters:
        return {}
    rate = sum(counted[name] for name in known) / characters
    at_node = dict(zip(ended[corpus]["fate_node"], ended[corpus]["characters"], strict=True))
    whole = counted[corpus] if known == [corpus] else round(kept[corpus] * rate)
    nodes = [curated.planned.nodes[row["node"]] for row in rows]
    makes_text = [n.own["step"].startswith("extract.") or n.kind == "expand" for n in nodes]
    first = makes_text.index(True) if True in makes_text else 0
    found, more = {}, 0
    for row in reversed(rows[first:]):
        found[row["node"]] = (whole + round(more * rate), known == [corpus] and not more)
        more += at_node.get(row["node"], 0)
    return found


def _kept_characters(ended: pl.DataFrame) -> int:
    return int(ended.filter(ended["fate_node"].is_null())["characters"].sum())


def mixture(curated: Curated) -> dict[str, Any] | None:
    """Tokens, windows and sources of the mixture, and of each of its stages; None where there is none."""
    facts = curated.mixture()
    if not facts:
        return None
    stages = facts.get("stages") or []
    return {
        **{name: facts.get(name) for name in ("tokens", "windows", "seq_len", "fill", "documents", "seed", "vocab")},
        "sources": source_rows(facts),
        "stages": [source_rows(facts, place) for place in range(len(stages))] if len(stages) > 1 else [],
    }


def lineage(curated: Curated) -> dict[str, Any]:
    """Boxes in columns and arrows between them: inputs, corpora, models, the mixture, training runs."""
    boxes: dict[str, dict[str, Any]] = {}
    arrows: dict[tuple[str, str], None] = {}
    own = {node.plan_key for end in curated.planned.ends.values() for node in end.upstream()}
    group = {name: _group(node, node.plan_key in own) for name, node in curated.planned.nodes.items()}
    named = {node.plan_key: name for name, node in curated.planned.nodes.items()}
    for name, node in curated.planned.nodes.items():
        mine = group[name]
        manifest = curated.built.done.get(node.plan_key)
        box = boxes.setdefault(mine, _box(mine, "mixture" if mine == "mixture" else _kind(node)))
        box["steps"] += 1
        if told := node.reading():
            files = f"files of {mine}"
            boxes[files] = _box(files, "input") | {"about": f"{told['files']:,} files, {told['file_bytes']:,} bytes"}
            arrows[files, mine] = None
        box["built"] = box["built"] and manifest is not None
        if manifest and mine == node.corpus:
            box["documents"] = manifest.rows
        for other in node.inputs:
            theirs = group[named[other.plan_key]]
            if theirs != mine:
                arrows[theirs, mine] = None
    if "mixture" in boxes and (tokens := curated.mixture().get("tokens")):
        boxes["mixture"]["about"] = f"{tokens:,} tokens"
    for run in curated.runs():
        name = f"{run['recipe']}/{run['run']}"
        boxes[name] = _box(name, "run") | {"built": run["state"] == "current"}
        before = run["parent"] if run["parent"] in boxes else None
        for one in (before, "mixture" if run["recipe"] == curated.name and "mixture" in boxes else None):
            if one:
                arrows[one, name] = None
    return {"boxes": _columns(boxes, list(arrows)), "arrows": [list(arrow) for arrow in arrows]}


def _box(name: str, kind: str) -> dict[str, Any]:
    return {"name": visible(name), "kind": kind, "about": "", "steps": 0, "documents": None, "built": True}


def _group(node: Node, of_corpus: bool) -> str:
    """The box of a node: its corpus, its own, or the mixture, to which counting tokens belongs."""
    if node.makes_files or not node.corpus:
        return node.name
    return node.corpus if of_corpus else "mixture"


def _kind(node: Node) -> str:
    return {"generate": "input", "fit": "model"}.get(node.kind, "corpus" if node.corpus else "model")


def _columns(boxes: dict[str, dict[str, Any]], arrows: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Each box with the longest way to it as `column`, and its place there as `row`: near to what it is made of."""
    order = {name: (box["kind"] != "input", place) for place, (name, box) in enumerate(boxes.items())}
    before: dict[str, list[str]] = {name: [] for name in boxes}
    for start, end in arrows:
        if order[start] < order[end]:
            before[end].append(start)
    for name, box in sorted(boxes.items(), key=lambda one: order[one[0]]):
        box["column"] = max((boxes[one]["column"] + 1 for one in before[name]), default=0)
    place: dict[str, float] = {}
    for column in range(1 + max((box["column"] for box in boxes.values()), default=0)):
        mine = [name for name, box in boxes.items() if box["column"] == column]
        mean = {name: math.fsum(place[one] for one in before[name]) / max(1, len(before[name])) for name in mine}
        for row, name in enumerate(sorted(mine, key=lambda one: (mean[one], order[one]))):
            boxes[name]["row"] = row
            place[name] = row - (len(mine) - 1) / 2
    return list(boxes.values())


def runs(curated: Curated) -> list[dict[str, Any]]:
    """The curves of training runs that have measured something."""
    return [_curve(curve) for curve in curated.curves() if curve.series] if curated.recipe.train else []


def _curve(curve: Curve) -> dict[str, Any]:
    names = [*dict.fromkeys((*curve.shown, *sorted(curve.series)))]
    return {
        "name": visible(curve.name),
        "parent": visible(curve.parent or ""),
        "step": curve.step,
        "tokens": curve.tokens,
        "rl": curve.is_rl,
        "warned": {visible(name): len(steps) for name, steps in curve.warned.items()},
        "rollbacks": curve.rollbacks,
        "series": [
            {"name": visible(name), "shown": name in curve.shown, "points": _points(*curve.series[name])}
            for name in names[:SERIES]
            if name in curve.series and name != "tokens"
        ],
    }


def _points(places: Sequence[float], values: Sequence[float]) -> list[list[float]]:
    parts = min(POINTS, len(values))
    cuts = [len(values) * i // parts for i in range(parts + 1)]
    return [
        [float(f"{places[b - 1]:.6g}"), float(f"{math.fsum(values[a:b]) / (b - a):.4g}")] for a, b in pairwise(cuts)
    ]


def evaluations(curated: Curated) -> list[dict[str, Any]]:
    """Results of the recipe's evaluations; none where nothing was evaluated."""
    rows = sorted(curated.results(), key=lambda row: tuple(str(row[key]) for key in EVALUATED_BY))
    return [
        {key: visible(row[key]) if isinstance(row[key], str) else row[key] for key in EVALUATED}
        for row in rows[:RESULTS]
    ]
