"""What work takes: seconds per document as earlier builds noted them, and what hours and bytes cost by the profile.

A rate belongs to a step as it is (code and parameters), not to a node, so that a sample tells the rate of the whole. Seconds are those of
one worker. What nobody has measured or priced is told as unknown, never guessed.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.errors import CurateError, did_you_mean
from curate.identity import digest
from curate.plan import Node
from curate.profile import Profile
from curate.state import State
from curate.step import found
from curate.store import Store

RUNS = 500
"""Logs of builds that are looked at, newest first."""


@dataclass(frozen=True)
class Rate:
    """Seconds of one worker per document, and once for each node that makes files."""

    seconds: float
    documents: int


def rates(store: Store) -> dict[str, Rate]:
    """Digest of a step as it is -> its rate over all builds on record."""
    sums: dict[str, tuple[float, int]] = {}
    folder = store.root / "runs"
    for path in sorted(folder.glob("*.json"), reverse=True)[:RUNS] if folder.is_dir() else ():
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            for entry in json.loads(path.read_text("utf-8"))["nodes"].values():
                seconds, documents = sums.get(entry["own"], (0.0, 0))
                sums[entry["own"]] = (seconds + entry["seconds"], documents + entry["computed"])
    return {own: Rate(seconds / documents, documents) for own, (seconds, documents) in sums.items() if documents}


def step_digest(node: Node) -> str:
    """What a rate is kept under: the step as it is, whatever share of the documents it saw."""
    return digest({key: value for key, value in node.own.items() if key not in ("sample", "corpus")})


def check_steps(profile: Profile, project: Path) -> None:
    """CurateError for resources of a step that there is none of."""
    if profile.steps:
        known = [f"{verb}.{name}" for verb, name in found(project)]
        for title in profile.steps:
            if title not in known:
                raise CurateError(
                    f"the profile gives resources to {title!r}, which is no step{did_you_mean(title, known)}"
                )


def seconds_of(node: Node, documents: int | None, known: Mapping[str, Rate]) -> float | None:
    """Seconds that a node takes for so many documents; None where the rate or the number is not known."""
    if node.kind == "repeat":  # found while the records are read
        return 0.0
    rate = known.get(step_digest(node))
    count = 1 if node.makes_files else documents
    return None if rate is None or count is None else rate.seconds * count


def whole_bill(state: State, documents: Mapping[str, Mapping[str, int | None]], profile: Profile) -> dict[str, Any]:
    """What the whole takes by what its sample took: seconds and bytes of each node, times its documents. documents: of `projection`.

    Where there are only bounds the upper one is billed. Files (models, tokenizer, seeded corpora) do not grow with the documents; the
    mixture is what the recipe asks for and is left out.
    """
    known = rates(state.store)
    seconds: dict[str, float | None] = {}
    size = 0.0
    for name, node in state.plan.nodes.items():
        manifest = state.done.get(node.plan_key)
        if manifest is None or name == "mixture":
            continue
        if node.makes_files:
            seconds[name], size = seconds_of(node, 1, known), size + manifest.bytes
            continue
        told = documents.get(node.chain.name if node.chain else node.name) or documents.get(node.name)
        if told is None:
            continue
        count = int(told["estimate"] if told["estimate"] is not None else told["high"] or 0)
        seconds[name] = seconds_of(node, count, known)
        size += manifest.bytes * count / max(1, manifest.rows_in)
    return bill(seconds, state.plan.nodes, round(size), profile)


def bill(
    seconds: Mapping[str, float | None], nodes: Mapping[str, Node], size: int | None, profile: Profile
) -> dict[str, Any]:
    """Core-hours, GPU-hours, bytes and price of some work.

    Of what nobody has timed, `unknown` names the nodes, and the hours are those of the others. A price that is not set, or of work of
    which a part is unknown, is None.
    """
    core = gpu = 0.0
    for name, value in seconds.items():
        step = nodes[name].step
        gpus = profile.steps[step.title].gpus if step and step.title in profile.steps else 0.0
        core += value or 0.0
        gpu += gpus * (value or 0.0)
    price = profile.price
    parts = [(core, price.core_hour, 3600), (gpu, price.gpu_hour, 3600), (float(size or 0), price.gigabyte_month, 1e9)]
    unknown = [name for name, value in seconds.items() if value is None]
    priced = all(each is not None for amount, each, _ in parts if amount)
    cost = sum(amount / unit * (each or 0.0) for amount, each, unit in parts)
    return {
        "core_hours": core / 3600,
        "gpu_hours": gpu / 3600,
        "bytes": size,
        "price": round(cost, 4) if priced and not unknown else None,
        "currency": price.currency,
        "unknown": unknown,
    }
