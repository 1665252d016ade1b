"""A folder of weights evaluated in this process: on a CPU, asked once, and the same model wherever it lies."""

import shutil
from pathlib import Path

import pytest

import curate
from tests.curate import evaluating

pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from curate.models import hf
from tests.curate.test_hf import tiny

pytestmark = pytest.mark.slow


def test_a_folder_is_evaluated_and_a_copy_of_it_asks_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluating.benchmark(project, count=6)
    folder = tiny(project / "weights", positions=4096)
    how = {"max_tokens": 8, "mode": "simple"}
    first = curate.evaluate(str(folder), "toy", **how)["evals"][0]["models"][0]["benchmarks"]["toy"]
    assert first["items"] == 6 and sum(first["verdicts"].values()) == 6 and first["tokens"]["total"] > 0
    shutil.copytree(folder, project / "copy")
    monkeypatch.setattr(hf.Local, "_generator", lambda self: pytest.fail("asked again"))
    again = curate.evaluate("copy", "toy", **how)["evals"][0]["models"][0]["benchmarks"]["toy"]
    assert again["stored"] and again["key"] == first["key"]


def test_the_same_weights_say_the_same_in_another_store(project: Path) -> None:
    evaluating.benchmark(project, count=6)
    folder = tiny(project / "weights", positions=4096)
    how = {"max_tokens": 8, "mode": "simple", "samples": 2, "temperature": 1.0}
    keys = []
    for store in ("one", "two"):
        told = curate.evaluate(str(folder), "toy", store=store, **how)["evals"][0]["models"][0]["benchmarks"]["toy"]
        keys.append((told["key"], Path(told["rows"][0]).read_bytes()))
    assert keys[0] == keys[1]
