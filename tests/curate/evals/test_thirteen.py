"""All 13 benchmarks at once, of a server that knows the answers: counts, the average, and what overlaps is asked once."""

import json
import shutil
from pathlib import Path

import pytest

import curate
from curate.evals.benchmarks import Shelf, of_eval
from curate.parts import EvalEntry
from curate.store import Store
from tests.curate import evaluating
from tests.curate.models.server import Server, serving
from tests.eval.sets import COUNTS, FILES

pytestmark = pytest.mark.slow


def told(task: object) -> list[str]:
    """What a reply to each item is: its answer, in the form that the examples have."""
    spec, rows = task.spec, task.items.to_dicts()  # type: ignore[attr-defined]
    if spec.read == "sentence":
        return [f" Final Answer: The final answer is ${row['gold'][0]}$. I hope it is correct." for row in rows]
    chosen = [
        f"({row['gold'][0]})" if row["kind"] == "choice" and len(row["gold"][0]) == 1 else row["gold"][0]
        for row in rows
    ]
    return [f" The answer is {one}." for one in chosen]


def test_the_thirteen_are_evaluated_whole_and_averaged(project: Path, shared: Path) -> None:
    specs = of_eval("specs")
    (project / "benchmarks").mkdir()
    for name in COUNTS:
        shutil.copy(
            shared / f"benchmarks/{FILES[name]}.jsonl.gz", project / f"benchmarks/{specs.spec(name).card}.jsonl.gz"
        )
    shelf = Shelf(project, Store(project / ".curate").create())
    tasks = [shelf.task(name, EvalEntry()) for name in specs.group("13")]
    replies = {
        prompt: [f"text={text}"] * 2 for task in tasks for prompt, text in zip(task.prompts, told(task), strict=True)
    }
    with serving(Server(model=evaluating.ID, faults=replies, keep=False)) as server:
        found = curate.evaluate(evaluating.ID, "13", endpoint=server.url, out=project / "out")
        assert sum(server.asked.values()) == len(replies) < sum(COUNTS.values())
    (model,) = found["evals"][0]["models"]
    assert {name: one["items"] for name, one in model["benchmarks"].items()} == COUNTS
    assert all(one["accuracy"] > 0.995 for one in model["benchmarks"].values())
    assert model["averages"]["13"]["accuracy"] > 0.999 and model["averages"]["13"]["of"] == 13
    assert model["averages"]["core"]["accuracy"] and model["averages"]["extended"]["accuracy"]
    results = json.loads(Path(found["files"][0]).read_text())
    assert len(results["results"]) == 13 and len(found["files"]) == 14
