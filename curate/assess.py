"""How good a trained classifier is on what it has not seen: whole groups left out, trained again on the rest, judged on them.

A site, a source or a year is left out at a time, because documents of one site are alike: a random split praises a classifier for knowing
sites. Training is the recipe's own, with its parameters, in a folder that is thrown away; the store is only read. Or, `against` documents
that carry labels of their own, the model that is built is judged.

What a label and a score of a fit are the kernel does not know. A fit's module names in `ASSESS` the file beside it that does, with
`COLUMN`, the column that a step gives by such a model; `label(corpus, docs, params)`, a Boolean for each document, null for one that is
not learnt from; and `judge(folder, docs)`, a probability for each, null where there is nothing to judge, which counts as 0. It
is a name, not an import, so that a better report does not make the models other ones. Left out: which parameters would be better (train
and compare).
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.assess_answer import Judged, by_fold, nothing_to_judge, summary
from curate.assess_input import labelled
from curate.clause_conditions import Comparison
from curate.clause_values import Column, Value
from curate.clauses import Clause, parse
from curate.errors import CurateError, did_you_mean, failing
from curate.folds import Marks, Numbers, Part, Told, counts, dealt, total
from curate.intervals import interval, mean
from curate.report import Report

if TYPE_CHECKING:
    from types import ModuleType

    from curate.api import Curated
    from curate.artifact import StoredCorpus
    from curate.plan import Node
    from curate.step import Corpus

MIDDLE = 0.5
"""The threshold where the recipe has none."""


@dataclass(frozen=True)
class Question:
    """A model, and how it is to be judged."""

    curated: Curated
    node: Node
    judge: ModuleType
    by: str
    where: Clause | None
    threshold: float
    said: str
    """Who says the threshold."""
    report: Report


def assess(question: Question, folds: int, seed: int) -> dict[str, Any]:
    """Of a model trained without each fold in turn: figures by fold, by group and of all; `Curated.assess` says more."""
    corpora, marks, numbers = marked(question)
    fold_of = dealt(numbers.names, *counts(marks.values(), len(numbers.names)), folds, seed, question.by)
    judged, learnt = Judged(), []
    if not any(
        (label[chosen] >= 0).any()
        for one in marks.values()
        for label, chosen in zip(one.label, one.judged, strict=True)
    ):
        raise nothing_to_judge()
    for fold in range(folds):
        learnt.append(one_fold(question, corpora, marks, fold_of, fold, judged))
        question.report.note(
            f"{question.node.name}: {fold + 1} of {folds} folds, {learnt[-1]:,} documents to learn from"
        )
    rows = by_fold(judged, numbers.names, learnt, question.threshold)
    f1s = [row["f1"] for row in rows if row["f1"] is not None]
    return {
        **asked_of(question),
        "folds": folds,
        "seed": seed,
        "always_learnt_from": total(marks.values(), fold_of < 0),
        "mean_f1": round(mean(f1s), 6) if f1s else None,
        "mean_f1_interval": interval(f1s),
        **summary(judged, numbers.names, question.threshold),
        "by_fold": rows,
    }


def against(question: Question, source: str, label: str) -> dict[str, Any]:
    """Of the model that is built, on documents with labels of their own."""
    state, node = question.curated.built, question.node
    if node.plan_key not in state.done:
        raise not_built(question, node.name)
    folder = question.curated.store.ensure(state.done[node.plan_key].key)
    numbers, judged = Numbers(), Judged()
    for docs in labelled(question.curated, source, label, question.by, question.where):
        docs = docs.with_columns(place=pl.Series(numbers.of(docs["group"])))
        judged.add(docs, question.judge.judge(folder, docs), 0, question.threshold)
    return {
        **asked_of(question),
        "against": source,
        "label": label,
        **summary(judged, numbers.names, question.threshold),
    }


def asked_of(question: Question) -> dict[str, Any]:
    """What was asked, in the answer."""
    return {
        "recipe": question.curated.title,
        "model": question.node.name,
        "by": question.by,
        "where": question.where.canonical if question.where else None,
        "threshold": question.threshold,
        "threshold_of": question.said,
    }


# the question


def asked(
    curated: Curated, model: str, by: str, where: str | None, threshold: float | None, report: Report
) -> Question:
    """CurateError for a model that is not there, is not trained here or cannot be judged."""
    node = trained(curated, model)
    assert node.step
    judge = node.step.assess
    if judge is None:
        raise CurateError(f"{node.step.title} does not say how its models are judged; {model} cannot be assessed")
    if threshold is not None and not 0 < threshold < 1:
        raise CurateError(f"a threshold is between 0 and 1, not {threshold:g}")
    cut, said = (threshold, "given") if threshold is not None else threshold_of(curated, node, judge.COLUMN)
    try:
        clause = parse(where) if where else None
    except CurateError as error:
        raise CurateError(f"--where: the clause {error.message}") from None
    return Question(curated, node, judge, by, clause, cut, said, report)


def trained(curated: Curated, model: str) -> Node:
    """The node of a model that the recipe trains, by its name under `models:`."""
    nodes = {name: node for name, node in curated.planned.nodes.items() if "models/" in name and node.kind == "fit"}
    short = {name.rpartition("models/")[2]: node for name, node in reversed(nodes.items())}
    found = nodes.get(model) or short.get(model)
    if found is None and model in curated.recipe.models:
        raise CurateError(f"{model!r} is a language model; only one that the recipe trains (`fit:`) can be assessed")
    if found is None:
        hint = did_you_mean(model, short) or "; it trains none"
        raise CurateError(f"{curated.title} has no model {model!r}{hint}")
    return found


def threshold_of(curated: Curated, model: Node, column: str) -> tuple[float, str]:
    """Where clauses cut the column that a step gives by this model, the highest if several do; and which does."""
    nodes = curated.planned.nodes.values()
    makers = [n for n in nodes if any(other.plan_key == model.plan_key for _, other in n.others) and n.kind == "score"]
    cuts = []
    for keep in (n for n in nodes if n.kind == "keep" and n.chain):
        for name, text in keep.clauses:
            for part in parse(text).node.walk():
                found = _cut(part)
                if found and keep.chain and keep.chain.maker(found[0]) in makers and found[0].endswith(column):
                    cuts.append((found[1], f"{name} of {keep.corpus}"))
    return max(cuts, key=lambda cut: cut[0], default=(MIDDLE, "no clause cuts it"))


def _cut(node: Any) -> tuple[str, float] | None:
    """The column and the number of `column >= number`."""
    if not (isinstance(node, Comparison) and isinstance(node.left, Column) and isinstance(node.right, Value)):
        return None
    number = node.right.value
    if node.operator not in (">", ">=") or isinstance(number, bool) or not isinstance(number, int | float):
        return None
    return node.left.name, float(number) if node.operator == ">=" else float(np.nextafter(number, np.inf))


# documents


def not_built(question: Question, name: str) -> CurateError:
    """The error to raise about a node that is not stored."""
    return CurateError(
        f"{name} is not built yet; run `curate build {question.curated.title} --through {question.node.name}`"
    )


def marked(question: Question) -> tuple[dict[str, StoredCorpus], dict[str, Marks], Numbers]:
    """The corpora that the model learns from, the marks of their documents, and their groups. CurateError if they are not built."""
    state, node = question.curated.built, question.node
    if not state.is_ready(node):
        raise not_built(question, next(name for name, other in node.others if other.plan_key not in state.done))
    told = Told.of(
        question.by, question.where, {c: dtype for _, other in node.others for c, dtype in other.schema.items()}
    )
    columns = dict.fromkeys(("id", *(c for c in node.reads if c != "text"), *told.stored))
    corpora = state.learnt_from(node, "url", *columns)
    numbers, marks = Numbers(), {}
    for name in sorted(corpora):
        label = functools.partial(question.judge.label, name, params=node.params)
        marks[name] = Marks.of(corpora[name].shards(*columns), told, label, numbers)
    return corpora, marks, numbers


def one_fold(
    question: Question,
    corpora: Mapping[str, Corpus],
    marks: Mapping[str, Marks],
    fold_of: NDArray[np.int64],
    fold: int,
    judged: Judged,
) -> int:
    """Train without one fold, judge that; how many documents were learnt from (those that there were, if the fit does not say)."""
    step, params = question.node.step, question.node.params
    assert step
    rest = {name: Part(corpus, marks[name], fold_of != fold) for name, corpus in corpora.items()}
    with tempfile.TemporaryDirectory(prefix="curate-assess-") as folder:
        out = Path(folder) / str(fold)
        out.mkdir()
        try:
            with failing(step.title):
                facts = step.call(rest, out, **params)
        except CurateError as error:
            raise CurateError(f"without fold {fold + 1} by {question.by}: {error.message}") from None
        for docs in left_out(corpora, marks, fold_of == fold):
            judged.add(docs, question.judge.judge(out, docs), fold, question.threshold)
    return int(facts.get("documents", total(marks.values(), fold_of != fold)))


def left_out(
    corpora: Mapping[str, Corpus], marks: Mapping[str, Marks], chosen: NDArray[np.bool_]
) -> Iterator[pl.DataFrame]:
    """The documents of the chosen groups that are to be judged."""
    for name in sorted(corpora):
        mark = marks[name]
        shards = corpora[name].shards("id", "url", "text")
        for docs, group, label, judged in zip(shards, mark.group, mark.label, mark.judged, strict=True):
            wanted = pl.Series(chosen[group] & judged & (label >= 0), dtype=pl.Boolean)
            if wanted.any():
                marked = docs.with_columns(label=pl.Series(label == 1), place=pl.Series(group), corpus=pl.lit(name))
                yield marked.filter(wanted)
