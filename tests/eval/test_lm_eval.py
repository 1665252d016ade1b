"""lm-eval and ours on the same items, prompts and models: the same answers, but for differences whose cause is known.

Skipped without an lm-eval in an environment of its own; `make test-lm-eval` makes one. CURATE_TEST_LM_EVAL may name another's Python.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import curate
from benchmarks import _evaluated, evaluation
from benchmarks._evaluated import ROOT, Task
from tests.curate import evaluating
from tests.curate.models.server import serving

pytestmark = pytest.mark.slow
SENTENCE = "reads a whole sentence of its form and nothing else"
NUMBER = "reads `The answer is` with a number at once after it, and a full stop"
CAUSES = {
    "strict-match": {
        **dict.fromkeys(("bold", "box", "dollar", "equation", "formula", "hash", "last number"), NUMBER),
        "afterthought": "reads the number after `The answer is`; ours the last number, as OctoThinker's harness does",
        "decimal": "compares texts: 7.0 is not 7",
        "second thought": "reads the first of several answers",
        "cut": "a reply that was cut off has no such sentence; ours takes its last number, as flexible-extract does",
    },
    "flexible-extract": {
        "box": "the last match of its pattern is the `$.` at the end",
        "decimal": "compares texts: 7.0 is not 7",
    },
    "exact_match": {
        **dict.fromkeys(("box", "final", "last formula"), SENTENCE),
        "display": "the sentence may not be broken over lines",
        "hope": "SymPy's parser stops where it can read no further, and what follows is not compared",
        "goes on": "SymPy's parser stops where it can read no further, and what follows is not compared",
    },
    "math_verify": {
        "no dollars": "an answer without dollar signs is searched for numbers, not parsed as TeX",
        "twice": "reads the last of several answers; ours the first, as Minerva's protocol does",
    },
}
"""By lm-eval's verdict: forms of replies (`benchmarks/_scripted.py`) in which it may differ from ours, and why."""
PROTOCOL = {"afterthought", "twice", "cut"}
"""Forms in which the published protocol, and ours after it, does not read the answer that the reply means."""


@pytest.fixture(scope="module")
def python() -> Path:
    found = Path(os.environ.get("CURATE_TEST_LM_EVAL") or ROOT / ".venv-lm-eval" / "bin" / "python")
    if not found.exists():
        pytest.skip("needs lm-eval in an environment of its own: make test-lm-eval")
    return found


@pytest.fixture(scope="module", params=["words-8", "minerva-4"])
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Task, Path]]:
    folder = tmp_path_factory.mktemp("asked")
    yield _evaluated.task(*_evaluated.embedded(folder, request.param), 200), folder


def test_a_script_gets_the_same_prompts_and_its_replies_are_judged_alike_but_for_known_causes(
    python: Path, asked: tuple[Task, Path]
) -> None:
    found = evaluation.scripted(python, *asked)
    assert found["same_prompts"] == found["same_replies"] == found["same_with_their_prompts"] == found["items"] == 200
    for row in found["table"]:
        if row["form"] not in PROTOCOL:
            assert row["ours"] == row["truth"], row
        for name, causes in CAUSES.items():
            if name in row and row[name] != row["ours"]:
                assert row["form"] in causes, (name, row)
    for name, causes in CAUSES.items():
        if name in found["right"]:
            differ = {row["form"] for row in found["table"] if row[name] != row["ours"]}
            assert differ <= set(causes) and len(differ) >= len(causes) - 2  # rare ones may be missing of 200 items


def test_stop_texts_are_cut_here_even_where_a_server_ignores_them(python: Path, asked: tuple[Task, Path]) -> None:
    """lm-eval leaves that to the server, and then reads the answer to the problem that the model went on with."""
    found = evaluation.scripted(python, *asked, stops=False)
    went_on = [row for row in found["table"] if row["form"] == "goes on"]
    assert any(row["truth"] for row in went_on) and all(row["ours"] == row["truth"] for row in went_on)
    assert not any(row[name] for row in went_on for name in ("flexible-extract", "math_verify") if name in row)


def test_lm_eval_prints_the_file_that_we_write_for_it(python: Path, project: Path) -> None:
    evaluating.benchmark(project)
    with serving(evaluating.server_of(project, wrong=3)) as server:
        curate.evaluate(evaluating.ID, "toy", endpoint=server.url, out=project / "out")
    (file,) = (project / "out").rglob("results_*.json")
    said = "import json, sys; from lm_eval.utils import make_table; print(make_table(json.load(open(sys.argv[1]))))"
    done = subprocess.run([python, "-c", said, file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    cells = [cell.strip() for cell in done.stdout.splitlines()[2].split("|")]
    assert cells[1] == "toy" and cells[4:6] == ["4", "exact_match"] and cells[7] == "0.75"


def test_a_model_on_a_cpu_gives_both_the_same_replies(python: Path, asked: tuple[Task, Path]) -> None:
    pytest.importorskip("torch", reason="needs the extra `train`")
    pytest.importorskip("transformers", reason="needs the extra `train`")
    whole, folder = asked
    some = Task(whole.spec, whole.mode, whole.items.head(12), 1, 12)
    found: dict[str, Any] = evaluation.local(python, some, folder, steps=240)
    assert found["same_prompts"] == found["same_replies"] == found["items"] == 12
    assert found["disagree"] == dict.fromkeys(found["disagree"], 0)
    assert 4 <= found["right"]["ours"] <= 8, found["table"]
