"""The sections of a card about what steps did: the funnel, duplicates, leaks, how much steps find, and what guards said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from curate.canaries import rates
from curate.cards.cells import NONE, UNKNOWN, Row, cell, figure, listed
from curate.words import code, escaped, table


def steps_sections(facts: Row) -> Iterator[str]:
    """All of them, in order."""
    for section in (_funnel, _dedup, _decontamination, _canaries, _unchecked):
        yield from section(facts)


def _fates(fates: dict[str, int]) -> str:
    return ", ".join(f"{cell(fate)} {count:,}" for fate, count in fates.items() if count) or NONE


def _funnel(facts: Row) -> Iterator[str]:
    """One table per corpus: documents in and out of each step that dropped or made some, and what became of the others."""
    yield "## What became of the documents\n"
    yield "Steps that let all documents pass are left out, but for the first and the last of a corpus.\n"
    corpora: dict[str, list[Row]] = {}
    for row in facts["funnel"]:
        corpora.setdefault(row["corpus"], []).append(row)
    for corpus, steps in corpora.items():
        ends = (steps[0], steps[-1])
        shown = [row for row in steps if row in ends or row["in"] != row["out"]]
        yield f"### {code(corpus)}\n"
        body = ([cell(r["step"]), figure(r["in"]), figure(r["out"]), _fates(r["fates"])] for r in shown)
        yield table(("step", "in", "out", "ended here"), body, left=(0, 3)) + "\n"


def _said(parameters: Row) -> str:
    """Parameters in a table's cell."""
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in parameters.items()}
    return ", ".join(f"{key} {cell(text)}" for key, text in texts.items()) or "its defaults"


def _recall(facts: Row, step: str) -> str:
    own = rates([row for row in facts["canaries"] if row["node"] == step])
    return f"{own['recall']:.4f}" if "recall" in own else UNKNOWN


def _dedup(facts: Row) -> Iterator[str]:
    yield "## Deduplication\n"
    if not facts["dedup"]:
        yield "No step looked for duplicates, but for records that are equal byte for byte (`repeat`).\n"
        return
    yield "`pairs`: documents that the step found to repeat another one, each with the one that it repeats.\n"
    body = (
        [
            cell(r["step"]),
            cell(r["method"]),
            _said(r["parameters"]),
            figure(r["in"]),
            figure(r["pairs"]),
            _fates(r["dropped"]),
            _recall(facts, r["step"]),
        ]
        for r in facts["dedup"]
    )
    head = ("step", "method", "parameters", "documents", "pairs", "dropped", "recall of what was planted")
    yield table(head, body, left=(0, 1, 2, 5)) + "\n"


def _decontamination(facts: Row) -> Iterator[str]:
    yield "## Decontamination\n"
    if not facts["decontamination"]:
        yield "None. No step looked for items of benchmarks.\n"
        return
    body = (
        [
            cell(r["step"]),
            cell(r["method"]),
            _said(r["parameters"]),
            listed(r["conditions"].values(), "no clause asks"),
            figure(r["in"]),
            _fates(r["dropped"]),
            _recall(facts, r["step"]),
        ]
        for r in facts["decontamination"]
    )
    head = ("step", "method", "parameters", "a document stays if", "documents", "dropped", "recall of what was planted")
    yield table(head, body, left=(0, 1, 2, 3, 5)) + "\n"
    counted: dict[str, Row] = {}
    for row in facts["decontamination"]:
        counted |= {one["benchmark"]: one for one in row["benchmarks"]}
    names = dict.fromkeys([*facts["benchmarks"], *counted])
    body = (
        [cell(name), figure(counted.get(name, {}).get("items")), cell(facts["benchmarks"].get(name))] for name in names
    )
    yield table(("benchmark", "items", "digest"), body, left=(0, 2)) + "\n"


def _canaries(facts: Row) -> Iterator[str]:
    """What steps found of what they planted to measure themselves."""
    rows = facts["canaries"]
    yield "## How much the steps find\n"
    if not rows:
        yield "Unknown: no step planted anything to measure itself.\n"
        return
    yield "Some steps plant what they look for, and what only looks like it, and count what they find of it. It is in no corpus.\n"
    body = []
    for node in dict.fromkeys(row["node"] for row in rows):
        own = [row for row in rows if row["node"] == node]
        wrong = {False: "found", True: "not found"}
        body += [
            [cell(node), escaped(r["kind"]), wrong[bool(r["wrong"])], figure(r["planted"]), figure(r["found"])]
            for r in own
        ]
        yield f"- {code(node)}: " + (", ".join(f"{k} {v:.4f}" for k, v in rates(own).items()) or "none were planted")
    yield ""
    yield table(("step", "what was planted", "is to be", "planted", "found"), body, left=(0, 1, 2)) + "\n"


def _unchecked(facts: Row) -> Iterator[str]:
    """Benchmarks that steps could look for in part alone; steps of which the same is true stand in one row."""
    if not facts["unchecked"]:
        return
    yield "## What was not checked\n"
    steps: dict[tuple[Any, ...], list[str]] = {}
    for r in facts["unchecked"]:
        steps.setdefault((r["benchmark"], r["what"], r["items"], r["checked"], r["why"]), []).append(r["node"])
    body = (
        [cell(benchmark), escaped(what or ""), figure(items), figure(checked), escaped(why), listed(names)]
        for (benchmark, what, items, checked, why), names in steps.items()
    )
    head = ("benchmark", "looked for", "items", "of these", "why not all", "steps")
    yield table(head, body, left=(0, 1, 4, 5)) + "\n"


def verdicts_section(facts: Row) -> Iterator[str]:
    """Values of the columns that steps count: verdicts of guards (accepted, reverted, refused), forms of replies."""
    if not facts["verdicts"]:
        return
    yield "## What steps found\n"
    yield "Columns that steps count, their verdicts mostly. Of a text that a model rewrote: a guard accepted it; a guard reverted it, or a"
    yield "piece of it, to what it was; or it stands as it was because the model gave nothing to use (refused).\n"
    body = (
        [cell(r["node"]), cell(r["counted"]), cell(r["value"]), figure(r["documents"]), r["means"] or ""]
        for r in facts["verdicts"]
    )
    yield table(("step", "column", "value", "documents", "the rewriting is"), body, left=(0, 1, 2, 4)) + "\n"
