"""What a card says of steps: documents in and out, and what deduplication and decontamination looked for, found and dropped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from curate.cards.cells import Row
from curate.clauses import parse
from curate.lock import Lock
from curate.sql import literal, quoted

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.artifact import Manifest
    from curate.plan import Node

ACCEPTED = "refined"
"""The verdict of a guard under which the text that a model wrote stands."""
REFUSED = frozenset(
    ("refusal", "no content", "cut off", "filtered", "abstained", "not answered", "empty reply", "not asked")
)
"""Verdicts on a model that gave nothing to use (`curation/rewrite/refine.py`); after any other a guard gave the text back."""


def is_asked(node: Node) -> bool:
    """Whether a step is the second half of one that asks a model."""
    return bool(node.chain and node.chain.kind == "ask")


def verdicts(recipe: Curated) -> Iterator[Row]:
    """What steps counted, and of verdicts on rewritings what they mean: `accepted`, `reverted` or `refused`, else nothing."""
    guarded = {node.name for node in recipe.planned.nodes.values() if node.kind == "rewrite" and is_asked(node)}
    for row in recipe.counts():
        means = None
        if row["node"] in guarded and row["counted"].endswith("_verdict"):
            means = "accepted" if row["value"] == ACCEPTED else "refused" if row["value"] in REFUSED else "reverted"
        yield {**row, "means": means}


def funnel(lock: Lock) -> Iterator[Row]:
    """Documents in and out of each step, and what became of the others."""
    for name, line in lock.nodes.items():
        corpus, _, step = name.rpartition("/")
        if "in" in line and step != "tokenize" and not step.endswith("-ask"):
            yield {
                "corpus": corpus,
                "step": step,
                "in": line["in"],
                "out": line["documents"],
                "fates": line.get("fates", {}),
            }


def _judged(recipe: Curated, verb: str) -> Iterator[tuple[str, Node, Manifest, dict[str, int]]]:
    """Built steps of a verb that the output or a corpus has: name, node, manifest, and the fates of the clauses that follow it."""
    nodes = recipe.planned.nodes
    for name, node in nodes.items():
        if not str(node.own["step"]).startswith(f"{verb}.") or not node.corpus:
            continue
        own = set(node.adds)
        fates: dict[str, int] = {}
        for later in nodes.values():
            if later.kind == "keep" and later.corpus == node.corpus and later.plan_key in recipe.built.done:
                manifest = recipe.built.done[later.plan_key]
                using = [clause for clause, condition in later.clauses if own & parse(condition).columns]
                fates |= {clause: manifest.fates.get(clause, 0) for clause in using if node in later.upstream()}
        yield name, node, recipe.built.done[node.plan_key], fates


def _conditions(recipe: Curated, node: Node) -> dict[str, str]:
    """The clauses that a recipe asks of the columns of a step."""
    return {
        clause: condition
        for later in recipe.planned.nodes.values()
        if later.kind == "keep" and later.corpus == node.corpus and node in later.upstream()
        for clause, condition in later.clauses
        if set(node.adds) & parse(condition).columns
    }


def dedup(recipe: Curated) -> Iterator[Row]:
    """Each deduplication: its thresholds, the pairs that it found, and the documents that were dropped for it."""
    for name, node, manifest, fates in _judged(recipe, "dedup"):
        column = next((column for column in node.adds if column.endswith("duplicate_of")), None)
        pairs = _count(recipe, node.corpus, f"{quoted(column)} is not null") if column else None
        known = ("threshold", "ngram", "bands", "rows", "hashes", "exact_numbers", "on")
        said = {key: node.params[key] for key in known if node.params.get(key) is not None}
        said |= {key: manifest.facts[key] for key in ("bands", "rows") if key in manifest.facts}
        yield {
            "step": name,
            "method": node.own["step"],
            "parameters": said,
            "in": manifest.rows_in,
            "pairs": pairs,
            "dropped": fates,
        }


def _count(recipe: Curated, corpus: str, condition: str) -> int:
    sql = f"select count(*)::bigint from documents where corpus = {literal(corpus)} and {condition}"
    return int(recipe.sql(sql).item())


def decontamination(recipe: Curated) -> Iterator[Row]:
    """Each decontamination: what it looked for and how, and the documents that were dropped for it."""
    for name, node, manifest, fates in _judged(recipe, "decontaminate"):
        said = {key: node.params[key] for key in ("n", "least", "background") if node.params.get(key) is not None}
        yield {
            "step": name,
            "method": node.own["step"],
            "against": [one.name for some in node.benchmarks.values() for one in some],
            "parameters": said,
            "conditions": _conditions(recipe, node),
            "benchmarks": manifest.facts.get("benchmarks", []),
            "in": manifest.rows_in,
            "dropped": fates,
        }


def is_decontaminated(end: Node) -> bool:
    """Whether documents of a corpus, by its last node, came through a clause on what a step found of items of benchmarks."""
    above = list(end.upstream())
    found = {column for node in above if str(node.own["step"]).startswith("decontaminate.") for column in node.adds}
    clauses = [text for node in above if node.kind == "keep" for _, text in node.clauses]
    return any(found & parse(text).columns for text in clauses)
