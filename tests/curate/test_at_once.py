"""Several trainers at once on one machine: the same runs as one after the other, stopped together, killed, and gone on with."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from curate.api import Curated
from curate.errors import CurateError
from curate.launch import cores
from curate.report import Report
from curate.run_folder import RunFolder
from curate.train import train_all
from curate.training import Training
from tests.curate.runs import change, environment, make, opened, program, states, wait_for

TWO = "[launch]\nat_once = 2\n"
MIXED = """
recipe: mixed
extends: decay
mixture: {tokens: 400}
"""
TELLING = """
import os, sys
print("threads", os.environ.get("OMP_NUM_THREADS"), flush=True)
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seeds of `stable`, from which `decay` and `mixed` go on; all mixtures are built."""
    folder = make(tmp_path_factory.mktemp("template"), mixed=MIXED)
    change(folder, "stable", "max_steps: 12", "max_steps: 12, seeds: 2")
    (folder / "count.py").write_text(TELLING.lstrip() + (folder / "count.py").read_text())
    (folder / "profiles").mkdir()
    (folder / "profiles/local.toml").write_text(TWO)
    for name in ("stable", "decay", "mixed"):
        opened(folder, name).build()
    return folder


@pytest.fixture
def here(project: Path, template: Path) -> Path:
    """The project, nothing trained."""
    shutil.copytree(template, project, dirs_exist_ok=True)
    return project


def folders(curated: Curated) -> dict[str, RunFolder]:
    return {run.title: run.folder for run in Training(curated).runs.values()}


def manifests(curated: Curated) -> dict[str, Any]:
    return {title: json.loads(folder.file("manifest.json").read_text()) for title, folder in folders(curated).items()}


def spans(curated: Curated) -> dict[str, tuple[float, float]]:
    """When each run began and ended, by its files."""
    return {
        title: (folder.file("run.json").stat().st_mtime, folder.file("manifest.json").stat().st_mtime)
        for title, folder in folders(curated).items()
    }


def test_two_runs_go_on_at_a_time_parents_before_children(here: Path) -> None:
    (here / "slow").touch()
    change(here, "stable", "max_steps: 12", "max_steps: 3")
    change(here, "decay", "max_steps: 8", "max_steps: 3")
    rows = opened(here, "decay").train()
    assert [(row["recipe"], row["run"], row["done"]) for row in rows] == [
        (recipe, f"midtrain-{n}", "trained") for n in range(2) for recipe in ("stable", "decay")
    ]
    found = spans(opened(here, "decay"))
    a, b = found["stable/midtrain-0"], found["stable/midtrain-1"]
    assert a[0] < b[1] and b[0] < a[1], "side by side"
    for n in range(2):
        assert found[f"stable/midtrain-{n}"][1] <= found[f"decay/midtrain-{n}"][0]


def test_at_once_changes_no_key_and_no_result(here: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(here, other)
    (other / "profiles/local.toml").write_text("")
    opened(here, "decay").train()
    opened(other, "decay").train()
    assert manifests(opened(here, "decay")) == manifests(opened(other, "decay"))
    names = [{title: folder.path.name for title, folder in folders(opened(f, "decay")).items()} for f in (here, other)]
    assert names[0] == names[1]


@pytest.mark.parametrize("said", [None, "7"])
def test_each_of_several_gets_its_part_of_the_cores(
    here: Path, said: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if said:
        monkeypatch.setenv("OMP_NUM_THREADS", said)
    opened(here).train("midtrain-0")
    log = folders(opened(here))["stable/midtrain-0"].file("log.txt").read_text()
    assert f"threads {said or max(1, cores() // 2)}\n" in log


def test_runs_of_several_recipes_are_trained_together_and_a_common_parent_once(here: Path) -> None:
    notes: list[str] = []
    report = Report()
    report.note = notes.append  # type: ignore[method-assign]
    wanted = [(Training(opened(here, name)), ()) for name in ("decay", "mixed")]
    rows = train_all(wanted, report=report)
    assert [(row["recipe"], row["run"]) for row in rows] == [
        ("stable", "midtrain-0"),
        ("decay", "midtrain-0"),
        ("stable", "midtrain-1"),
        ("decay", "midtrain-1"),
        ("mixed", "midtrain-0"),
        ("mixed", "midtrain-1"),
    ]
    assert {row["done"] for row in rows} == {"trained"}
    trained = [note for note in notes if ": trained in " in note]
    assert len(trained) == 6
    assert "(6 of 6 runs, " in trained[-1]
    for folder in folders(opened(here, "mixed")).values():
        assert folder.file("log.txt").read_text().count("started") == 1
    assert {row["done"] for row in train_all(wanted)} == {""}
    assert train_all([]) == []


def test_a_run_that_fails_lets_the_others_finish_and_holds_up_only_what_needs_it(here: Path) -> None:
    (here / "slow").touch()
    change(here, "stable", "max_steps: 12", "max_steps: 4")
    change(here, "decay", "max_steps: 8", "max_steps: 3, crash_at: 2")
    text = (here / "count.py").read_text()
    (here / "count.py").write_text(
        text.replace('if step == run.get("crash_at")', 'if run["seed"] == 0 and step == run.get("crash_at")')
    )
    with pytest.raises(
        CurateError, match=r"^decay/midtrain-0 failed: at step 2; .*out of memory, they say \(exit code 1\)"
    ):
        opened(here, "decay").train()
    assert states(opened(here, "decay")) == {
        "stable/midtrain-0": "current",
        "decay/midtrain-0": "failed",
        "stable/midtrain-1": "current",
        "decay/midtrain-1": "current",
    }
    opened(here, "decay").train()
    assert {*states(opened(here, "decay")).values()} == {"current"}


def begin(here: Path) -> subprocess.Popen[str]:
    """`curate train decay` in another process, once two trainers have made some steps."""
    process = subprocess.Popen(
        program("train", "decay"), cwd=here, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )  # fmt: skip
    mine = [folder for title, folder in folders(opened(here, "decay")).items() if title.startswith("stable/")]
    wait_for(lambda: all((folder.figures()["step"] or 0) > 6 for folder in mine))
    return process


def test_ctrl_c_stops_all_and_each_goes_on(here: Path) -> None:
    change(here, "stable", "max_steps: 12", "max_steps: 30, pause: 0.1")
    process = begin(here)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    for n in range(2):
        assert (
            f"stable/midtrain-{n} was asked to stop; curate train goes on from what it saved" in said.splitlines()[-1]
        )
    assert "Traceback" not in said
    found = states(opened(here, "decay"))
    assert [found[f"stable/midtrain-{n}"] for n in range(2)] == 2 * ["interrupted"]
    assert [found[f"decay/midtrain-{n}"] for n in range(2)] == 2 * ["waiting"]
    opened(here, "decay").train()
    assert {*states(opened(here, "decay")).values()} == {"current"}
    for title, folder in folders(opened(here, "decay")).items():
        assert folder.record["attempt"] == (2 if title.startswith("stable/") else 1)


@pytest.mark.kill
@pytest.mark.parametrize("trainers", [False, True])
def test_kill_9_with_two_under_way_and_the_next_train_makes_the_same(
    here: Path, tmp_path: Path, trainers: bool
) -> None:
    change(here, "stable", "max_steps: 12", "max_steps: 40, pause: 0.1")
    other = tmp_path / "other"
    shutil.copytree(here, other)
    process = begin(here)
    mine = [folder for title, folder in folders(opened(here, "decay")).items() if title.startswith("stable/")]
    process.kill()
    process.communicate()
    assert all(folder.is_held() for folder in mine), "trainers outlive who started them"
    for folder in mine if trainers else ():
        os.kill(folder.record["pid"], signal.SIGKILL)
    done = subprocess.run(program("train", "decay"), cwd=here, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("is at it; waiting") == (0 if trainers else 2)
    assert [folder.file("log.txt").read_text().count("started") for folder in mine] == 2 * [1 + trainers]
    opened(other, "decay").train()
    assert manifests(opened(here, "decay")) == manifests(opened(other, "decay"))
