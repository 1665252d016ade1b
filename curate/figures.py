"""Views whose rows are made from plan and manifests alone: no Parquet file is opened, so they answer also where the data is elsewhere.

funnel     one row per corpus and step: documents in and out
fates      one row per corpus, step and fate: how many documents
clauses    one row per clause of a `keep`, with its condition and the documents that it dropped
sources    one row per source of the mixture: tokens asked and achieved, share of all, documents, epochs
canaries   one row per kind of canary that a step planted to measure itself: planted and found
counts     one row per value of a column whose values a step counts: its verdicts, mostly
nodes      one row per node of the plan, stored or to do: step, key, content, documents, bytes
inputs     one row per file that is read, or corpus that is generated, with its digest
runs       one row per training run, with its state
probes     one row per seed of the probe, with what it gained
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from curate import counts
from curate.canaries import told
from curate.sql import Column

if TYPE_CHECKING:
    from curate.artifact import Manifest
    from curate.plan import Node
    from curate.state import State

Rows = list[list[Any]]


class Figures(NamedTuple):
    """One view: what it is, its columns, and its rows for a plan on a store."""

    about: str
    columns: tuple[Column, ...]
    rows: Callable[[State], Rows]


def built_nodes(state: State) -> Iterator[tuple[int, Node, Manifest]]:
    """Nodes of corpora that are built, with their position and manifest; token ids are the mixture's affair."""
    own = {node.plan_key for end in state.plan.ends.values() for node in end.upstream()}
    for position, node in enumerate(state.plan.nodes.values()):
        manifest = state.done.get(node.plan_key)
        if manifest and node.plan_key in own:
            yield position, node, manifest


def source_rows(facts: dict[str, Any], stage: int | None = None) -> list[dict[str, Any]]:
    """What each source gives to the mixture, or to one stage of it: tokens asked, achieved, available and held out, share, documents,
    epochs."""
    if not facts:
        return []
    apart = facts.get("held_out", {}).get("sources", {})
    lines = facts["sources"] if stage is None else facts["stages"][stage]["sources"]
    total = max(1, sum(line["tokens"] for line in lines.values()))
    return [
        {
            "source": name,
            "asked": line["asked"],
            "achieved": line["tokens"],
            "share": line["tokens"] / total,
            "documents": line["documents"],
            "epochs": line["tokens"] / max(1, facts["sources"][name]["available"]["tokens"]),
            "available": facts["sources"][name]["available"]["tokens"],
            "held_out": apart.get(name, {}).get("tokens", 0),
        }
        for name, line in lines.items()
    ]


def _funnel(state: State) -> Rows:
    return [[n.corpus, at, n.name, m.rows_in, m.rows] for at, n, m in built_nodes(state)]


def _fates(state: State) -> Rows:
    rows = [
        [n.corpus, n.name, fate, count] for _, n, m in built_nodes(state) for fate, count in sorted(m.fates.items())
    ]
    for name, node in state.plan.ends.items():
        manifest = state.done.get(node.plan_key)
        if manifest:
            rows.append([name, node.name, "kept", manifest.rows])
    return rows


def _clauses(state: State) -> Rows:
    rows: Rows = []
    for node in state.plan.nodes.values():
        manifest = state.done.get(node.plan_key)
        for place, (clause, condition) in enumerate(node.clauses if node.kind == "keep" else ()):
            first = manifest.fates.get(clause, 0) if manifest else None
            rows.append([node.corpus, node.name, place, clause, condition, first, None if place else first])
    return rows


def _canaries(state: State) -> Rows:
    return [[row[column.name] for column in FIGURES["canaries"].columns] for row in told(state, "canaries")]


def _counts(state: State) -> Rows:
    return [[row[column.name] for column in FIGURES["counts"].columns] for row in counts.told(state)]


def _sources(state: State) -> Rows:
    node = state.plan.nodes.get("mixture")
    manifest = state.done.get(node.plan_key) if node else None
    return [list(row.values()) for row in source_rows(manifest.facts if manifest else {})]


def _nodes(state: State) -> Rows:
    rows: Rows = []
    for position, (name, node) in enumerate(state.plan.nodes.items()):
        manifest = state.done.get(node.plan_key)
        documents = [manifest.rows_in, manifest.rows] if manifest and not node.makes_files else [None, None]
        stored = [manifest.key, manifest.content, *documents, manifest.bytes] if manifest else [None] * 5
        state_word = "stored" if manifest else "to do"
        rows.append(
            [position, name, node.corpus or None, node.own["step"], node.kind, state_word, node.plan_key, *stored]
        )
    return rows


def _inputs(state: State) -> Rows:
    rows: Rows = []
    for name, node in state.plan.nodes.items():
        for file in node.sources.files if node.sources else ():
            rows.append([node.corpus or None, name, "file", file.path, file.bytes, file.sha256])
        for made in [other for _, other in node.others if other.kind == "generate"]:
            manifest = state.done.get(made.plan_key)
            stored = [manifest.bytes, manifest.content] if manifest else [None, None]
            rows.append([node.corpus or None, name, "generated", made.name, *stored])
    return rows


def _runs(state: State) -> Rows:
    return [[run[column.name] for column in FIGURES["runs"].columns] for run in state.runs()]


def _probes(state: State) -> Rows:
    found = [
        {**row, "collapse": ", ".join(row["collapse"]) if row["collapse"] is not None else None}
        for row in state.probes()
    ]
    return [[row[column.name] for column in FIGURES["probes"].columns] for row in found]


def _columns(text: str) -> tuple[Column, ...]:
    """Columns from lines of `name TYPE what it means`."""
    return tuple(Column(*line.split(None, 2)) for line in text.strip().splitlines())


FIGURES = {
    "funnel": Figures(
        "One row per corpus and built step: documents in and out.",
        _columns("""
            corpus VARCHAR The corpus whose step it is.
            position INTEGER Place of the step in the order of the plan.
            node VARCHAR The step as `corpus/step`.
            documents_in BIGINT Documents that came to it.
            documents_out BIGINT Documents that went on from it.
        """),
        _funnel,
    ),
    "fates": Figures(
        "One row per corpus, step and fate: how many documents met it there.",
        _columns("""
            corpus VARCHAR The corpus whose step it is.
            node VARCHAR The step where it happened; for `kept` the last step.
            fate VARCHAR Name of the first clause failed, or kept, undecided, repeat, quarantined, killed or no rows.
            documents BIGINT Documents with this fate.
        """),
        _fates,
    ),
    "clauses": Figures(
        "One row per clause of a `keep`, in the order in which they are asked.",
        _columns("""
            corpus VARCHAR The corpus whose clause it is.
            node VARCHAR The `keep` that holds it.
            place INTEGER Its place among the clauses of that `keep`, from 0.
            clause VARCHAR Its name, which is the fate of documents that fail it first.
            condition VARCHAR What must be true of a document, as the recipe says it.
            failed_first BIGINT Documents dropped under its name; NULL before it is built.
            failed BIGINT Documents that failed it at all. Known for the first clause of a `keep`, else NULL: count `failed` of `documents`.
        """),
        _clauses,
    ),
    "sources": Figures(
        "One row per source of the mixture.",
        _columns("""
            source VARCHAR The corpus that the tokens come from.
            asked BIGINT Tokens that the weights ask for.
            achieved BIGINT Tokens in the mixture.
            share DOUBLE Its tokens over all tokens of the mixture, in [0, 1].
            documents BIGINT Different documents in the mixture.
            epochs DOUBLE Its tokens in the mixture over those that it has.
            available BIGINT Tokens that the corpus has, without those held out.
            held_out BIGINT Tokens of it that are kept out of training.
        """),
        _sources,
    ),
    "canaries": Figures(
        "One row per kind of canary that a built step planted among the documents to measure itself.",
        _columns("""
            corpus VARCHAR The corpus whose step it is.
            node VARCHAR The step as `corpus/step`.
            kind VARCHAR What was planted, in words of the step.
            planted BIGINT How many.
            found BIGINT How many of them the step found.
            wrong BOOLEAN Whether they look like what is to be found and are not, so that each one found is an error.
        """),
        _canaries,
    ),
    "counts": Figures(
        "One row per value of a column whose values a built step counts, such as the verdicts of its guards.",
        _columns("""
            corpus VARCHAR The corpus whose step it is.
            node VARCHAR The step as `corpus/step`.
            counted VARCHAR The column.
            value VARCHAR The value as text; `null` for one that is missing.
            documents BIGINT How many documents of the step have it.
        """),
        _counts,
    ),
    "nodes": Figures(
        "One row per node of the plan, stored or to do.",
        _columns("""
            position INTEGER Place in the order of the plan.
            node VARCHAR Its name.
            corpus VARCHAR The corpus that it belongs to; NULL for what belongs to none, such as the mixture.
            step VARCHAR The step that it runs, as `verb.name`.
            kind VARCHAR read, score, rewrite, expand, across, keep, repeat, fit or generate.
            state VARCHAR stored, or to do.
            plan_key VARCHAR Digest of step, code, parameters and the plan keys of its inputs.
            key VARCHAR Name of its object in the store; NULL before it is built.
            content VARCHAR Digest of what it stored; NULL before it is built.
            documents_in BIGINT Documents that came to it; NULL for what makes files.
            documents_out BIGINT Documents that went on from it; NULL for what makes files.
            bytes BIGINT Bytes of its files.
        """),
        _nodes,
    ),
    "inputs": Figures(
        "One row per file that the recipe reads, or seeded corpus that it generates.",
        _columns("""
            corpus VARCHAR The corpus that reads it.
            node VARCHAR The step that reads it.
            kind VARCHAR file, or generated.
            path VARCHAR Path of the file, or name of the generated corpus.
            bytes BIGINT Its size; NULL for what is not generated yet.
            sha256 VARCHAR Digest of the file; of a generated corpus the digest of its content.
        """),
        _inputs,
    ),
    "runs": Figures(
        "One row per training run of the recipe, and of other recipes that they go on from, parents first.",
        _columns("""
            run VARCHAR Its name: that of its entry under `train:`, with a number where the entry says `seeds:`.
            entry VARCHAR The entry under `train:` that it is of.
            seed BIGINT Seed of its initial weights, or of the order of prompts and of sampling.
            recipe VARCHAR The recipe whose run it is.
            key VARCHAR Digest of command, parameters, mixture, tokenizer and parent; NULL while that is not known.
            state VARCHAR current, running, interrupted, failed, stale, waiting or missing.
            trainer VARCHAR The module, or the program that its command begins with.
            command VARCHAR What was started; before that what the recipe says.
            kind VARCHAR Who ran it last: local, slurm or ray; NULL before it was started.
            job VARCHAR Id of its job at slurm or ray.
            log VARCHAR Path of what the trainer printed.
            folder VARCHAR The folder that the trainer writes in.
            started TIMESTAMP When it was last started, in UTC.
            ended TIMESTAMP When it ended, in UTC.
            seconds DOUBLE From its last start to its end, or to now.
            step BIGINT The last step that the trainer told of.
            tokens BIGINT Tokens trained on up to that step.
            loss DOUBLE Loss at that step.
            reward DOUBLE Mean reward at that step; NULL where it is no reinforcement learning.
            mixture VARCHAR Content of the mixture that it trains on.
            prompts VARCHAR Content of the prompts that it trains on.
            parent VARCHAR The run or model that it goes on from; NULL for a model from scratch.
            why VARCHAR Why it is in this state.
        """),
        _runs,
    ),
    "probes": Figures(
        "One row per seed of the recipe's probe, the run of reinforcement learning that is its score.",
        _columns("""
            recipe VARCHAR The recipe that is judged.
            run VARCHAR probe-0, probe-1, ...
            seed BIGINT Seed of the order of prompts and of sampling.
            key VARCHAR Digest of what is run, the weights and so the mixture included; NULL while that is not known.
            state VARCHAR As in `runs`.
            step BIGINT The last step that the trainer told of.
            first DOUBLE Accuracy on held-out prompts before the first step; NULL before it is finished.
            last DOUBLE The same at the end.
            gain DOUBLE The difference of the two.
            reward DOUBLE Mean reward at the last step.
            length_right DOUBLE Tokens of a right reply, a mean over the last 5 steps.
            truncated DOUBLE Share of the replies to held-out prompts that were cut off, at the end.
            collapse VARCHAR Monitors that were beyond their bounds, with commas between.
            rollbacks BIGINT How often it went back to an earlier checkpoint.
            parent VARCHAR The run or model whose weights are judged.
            why VARCHAR Why it is in this state.
        """),
        _probes,
    ),
}
"""Name -> view, for the views that need no data file."""
