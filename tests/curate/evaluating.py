"""A project with a benchmark of its own, and a server that answers its items as it is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import curate
from curate.evals.benchmarks import Shelf
from curate.parts import EvalEntry
from curate.store import Store
from tests.curate.models.server import Server

CARD = """---
license: Apache-2.0
files: benchmarks/{name}.jsonl*
get: "make it"
---

# {name}
"""
SPEC = "about: Sums.\ncard: {name}\nitems: {count}\nshots: minerva-4\nread: sentence\n"
ID = "ORG/NAME"


def benchmark(project: Path, name: str = "toy", count: int = 12) -> list[dict[str, str]]:
    """Sums of two numbers: a spec, a card and the items, which are returned."""
    rows = [{"id": f"{name}-{n}", "problem": f"What is {n} + {n + 3}?", "answer": str(2 * n + 3)} for n in range(count)]
    for folder in ("benchmarks", "datacards"):
        (project / folder).mkdir(exist_ok=True)
    (project / f"benchmarks/{name}.yaml").write_text(SPEC.format(name=name, count=count))
    (project / f"datacards/{name}.md").write_text(CARD.format(name=name))
    (project / f"benchmarks/{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return rows


def said(answer: str) -> str:
    return f" The sum is {answer}.\nFinal Answer: The final answer is ${answer}$. I hope it is correct."


def prompts(project: Path, name: str = "toy", mode: str = "few-shot") -> list[str]:
    """The prompts of a benchmark's items, in their order."""
    entry = EvalEntry.model_validate({"mode": mode})
    made: list[str] = Shelf(project, Store(project / "store-of-prompts")).task(name, entry).prompts
    return made


def server_of(project: Path, name: str = "toy", *, wrong: int = 0, delay: float = 0.0, **faults: Any) -> Server:
    """A server that answers every item rightly, but for the first `wrong` ones."""
    rows = [json.loads(line) for line in (project / f"benchmarks/{name}.jsonl").read_text().splitlines()]
    told = [f"text={said('1' if place < wrong else row['answer'])}" for place, row in enumerate(rows)]
    each = dict(zip(prompts(project, name), ([one] * 1000 for one in told), strict=True))
    return Server(model=ID, delay=delay, faults={**each, **faults})


def evaluate(server: Server, on: str = "toy", **more: Any) -> dict[str, Any]:
    """What the server's model gets at a benchmark."""
    found = curate.evaluate(ID, on, endpoint=server.url, **more)["evals"][0]
    assert len(found["models"]) == 1
    summary: dict[str, Any] = found["models"][0]["benchmarks"][on]
    return summary


def asked(server: Server) -> int:
    return sum(server.asked.values())
