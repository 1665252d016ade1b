"""One tiny model evaluated over HTTP by `transformers serve`, killed half-way, and in this process by transformers: the same replies."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchmarks._tiny_model import learned
from tests.curate import evaluating
from tests.curate.models.serving import needs_a_server, serving

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[3]
ITEMS, LEARNED, SAID = 40, 20, ["--on", "toy", "--mode", "simple", "--max-tokens", "24", "--json"]
ENV = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", "HF_HUB_OFFLINE": "1"}


@pytest.fixture
def model(project: Path) -> Path:
    """A tiny model that knows the answers of half of the items."""
    needs_a_server()
    rows = evaluating.benchmark(project, count=ITEMS)
    asked = evaluating.prompts(project, mode="simple")
    pairs = [
        (prompt, f" The sum is $\\boxed{{{row['answer']}}}$.\nQuestion:What")
        for prompt, row in zip(asked[:LEARNED], rows, strict=False)
    ]
    learned(project / "tiny", pairs, steps=400)
    (project / "profiles").mkdir()
    (project / "profiles/local.toml").write_text(f'workers = 1\n[models."{project / "tiny"}"]\nconcurrency = 1\n')
    return project / "tiny"


def start(project: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "curate", "eval", *words, *SAID], cwd=project, env={**os.environ, **ENV},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def told(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    found: dict[str, Any] = json.loads(out)["evals"][0]["models"][0]["benchmarks"]["toy"]
    return found


def rows(found: dict[str, Any]) -> bytes:
    (path,) = found["rows"]
    return Path(path).read_bytes()


def wait_for(enough: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not enough():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_served_model_killed_half_way_and_the_same_model_in_this_process_give_the_same(
    project: Path, model: Path, tmp_path: Path
) -> None:
    log = tmp_path / "serve" / "log"
    log.parent.mkdir()
    with serving(model, log) as url:

        def requests() -> int:
            return log.read_text("utf-8").count("POST /v1/completions")

        there = ["--endpoint", url, "--model", str(model)]
        killed = start(project, *there, "--store", "killed")
        wait_for(lambda: requests() >= ITEMS // 2)
        killed.kill()
        killed.communicate()
        paid = requests()
        assert ITEMS // 2 <= paid < ITEMS and not list((project / "killed/objects").glob("*"))
        resumed = told(start(project, *there, "--store", "killed"))
        assert ITEMS <= requests() <= ITEMS + 1
        whole = told(start(project, *there, "--store", "whole"))
        assert requests() <= 2 * ITEMS + 1
    assert rows(resumed) == rows(whole)
    assert resumed["key"] == whole["key"] and resumed["accuracy"] == whole["accuracy"]
    assert LEARNED / ITEMS <= whole["accuracy"] < 1.0
    here = told(start(project, "--model", str(model), "--backend", "hf", "--store", "here"))
    same = ["id", "reply", "finish", "answer", "verdict"]
    served, local = (pl.read_parquet(found["rows"][0], columns=same, glob=False) for found in (whole, here))
    assert served.equals(local)
