"""Evaluations in processes that are killed, and several at once: nothing is paid for twice, and the rows are the same bytes.

One kill by default, five with CURATE_TEST_ALL=1.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.curate import evaluating
from tests.curate.evaluating import asked, evaluate
from tests.curate.models.server import Server, serving

ROOT = Path(__file__).resolve().parents[3]
ALL = bool(os.environ.get("CURATE_TEST_ALL"))


def start(project: Path, server: Server, store: str) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", "OMP_NUM_THREADS": "1"}
    words = ["eval", "--model", evaluating.ID, "--endpoint", server.url, "--on", "toy", "--store", store, "--json"]
    return subprocess.Popen(
        [sys.executable, "-m", "curate", *words], cwd=project, env=env, stdout=subprocess.PIPE, text=True
    )


def rows_in(project: Path, store: str) -> bytes:
    (path,) = (project / store / "objects").glob("*/items-00000.parquet")
    return path.read_bytes()


@pytest.mark.parametrize("answers", [40, *([1, 75, 119, 120] if ALL else [])])
def test_an_evaluation_that_was_killed_asks_the_rest_and_gives_the_same_bytes(project: Path, answers: int) -> None:
    evaluating.benchmark(project, count=120)
    (project / "profiles").mkdir()
    (project / "profiles/local.toml").write_text(f'workers = 1\n[models."{evaluating.ID}"]\nconcurrency = 4\n')
    with serving(evaluating.server_of(project, wrong=30, delay=0.02)) as server:
        killed = start(project, server, "killed")
        until = time.monotonic() + 60
        while sum(server.answered.values()) < answers and time.monotonic() < until:
            time.sleep(0.001)
        killed.kill()
        killed.communicate()
        assert answers <= asked(server) <= answers + 24 and not list((project / "killed/objects").glob("*"))
        goes_on = start(project, server, "killed")
        told = json.loads(goes_on.communicate(timeout=120)[0])
        assert goes_on.returncode == 0
        assert 120 <= asked(server) <= 120 + 2 * 4  # those under way when it was killed
        whole = evaluate(server, store="whole")
    assert told["evals"][0]["models"][0]["benchmarks"]["toy"]["accuracy"] == whole["accuracy"] == 0.75
    assert rows_in(project, "killed") == rows_in(project, "whole")


@pytest.mark.slow
def test_two_evaluations_at_once_ask_each_item_once(project: Path) -> None:
    evaluating.benchmark(project, count=60)
    with serving(evaluating.server_of(project, wrong=6, delay=0.02)) as server:
        both = [start(project, server, "shared") for _ in range(2)]
        told = [
            json.loads(one.communicate(timeout=120)[0])["evals"][0]["models"][0]["benchmarks"]["toy"] for one in both
        ]
        assert [one.returncode for one in both] == [0, 0] and asked(server) == 60
    assert {one["accuracy"] for one in told} == {0.9} and told[0]["key"] == told[1]["key"]
    assert sorted(one["stored"] for one in told) == [False, True]
