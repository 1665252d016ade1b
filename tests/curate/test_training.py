"""Runs of trainers: what a run is, when it is stale, and that it is trained once, resumed, gated and told."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import curate
from curate.api import Curated
from curate.cli import cli
from curate.curves import read as read_curve
from curate.errors import CurateError
from curate.run import MACHINE
from curate.run_folder import ATTEMPT, RunFolder, one_line, plain_number
from curate.training import Training
from tests.curate.runs import change, environment, make, opened, program, states, wait_for


@pytest.fixture
def fresh(project: Path) -> Path:
    """The project, nothing built."""
    return make(project)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make(tmp_path_factory.mktemp("template"))
    opened(folder).build()
    opened(folder, "decay").build()
    return folder


@pytest.fixture
def here(project: Path, template: Path) -> Path:
    """The project with both mixtures."""
    shutil.copytree(template, project, dirs_exist_ok=True)
    return project


def only(rows: list[dict[str, Any]], title: str) -> dict[str, Any]:
    (row,) = [row for row in rows if f"{row['recipe']}/{row['run']}" == title]
    return row


def folder_of(curated: Curated, name: str = "midtrain") -> RunFolder:
    return Training(curated)[name].folder


def test_before_anything_is_built_runs_wait_for_their_mixture(fresh: Path) -> None:
    assert states(opened(fresh, "decay")) == {"stable/midtrain": "waiting", "decay/midtrain": "waiting"}
    assert "mixture of stable is to be built" in opened(fresh, "decay").runs()[0]["why"]


def test_train_builds_the_mixtures_and_trains_parents_first_once(fresh: Path) -> None:
    rows = opened(fresh, "decay").train()
    assert [(row["recipe"], row["done"], row["state"]) for row in rows] == [
        ("stable", "trained", "current"),
        ("decay", "trained", "current"),
    ]
    child = folder_of(opened(fresh, "decay"))
    said = json.loads(child.file("run.json").read_text())
    assert Path(said["parent"]) == folder_of(opened(fresh)).path
    assert {"name": "decay/midtrain", "seed": 0, "max_steps": 8, "lr": 0.002}.items() <= said.items()
    assert not {"run", "from", "data", "config", "model"} & said.keys()
    assert (Path(said["mixture"]) / "order.npy").exists() or (Path(said["mixture"]) / "manifest.json").exists()
    assert (Path(said["tokenizer"]) / "tokenizer.json").is_file()
    assert len(said["lock"]) == 64
    before = child.file("log.txt").read_bytes()
    assert [row["done"] for row in opened(fresh, "decay").train()] == ["", ""]
    assert child.file("log.txt").read_bytes() == before


def test_the_record_says_what_ran_and_holds_no_secret(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_verysecret")
    opened(here).train()
    folder = folder_of(opened(here))
    record = folder.record
    assert record["command"][:2] == ["python", "count.py"]
    assert (record["name"], record["exit_code"], record["attempt"]) == ("stable/midtrain", 0, 1)
    assert record["code"].keys() == {"count.py"}
    assert record["versions"]["octocurate"] == curate.__version__
    assert not [p for p in folder.path.rglob("*") if p.is_file() and b"hf_verysecret" in p.read_bytes()]


def test_what_changed_is_told_in_words_and_the_child_is_stale_too(here: Path) -> None:
    opened(here, "decay").train()
    change(here, "stable", "lr: 2e-3", "lr: 1e-3")
    rows = opened(here, "decay").runs()
    assert [row["state"] for row in rows] == ["stale", "stale"]
    assert rows[0]["why"] == "parameter lr: 0.002 -> 0.001"
    assert rows[1]["why"] == "stable/midtrain is another run; parameter lr: 0.002 -> 0.001"
    change(here, "stable", "lr: 1e-3", "lr: 2e-3")
    assert set(states(opened(here, "decay")).values()) == {"current"}


def test_a_changed_corpus_is_named(here: Path) -> None:
    opened(here).train()
    change(here, "stable", "length(text) > 3", "length(text) > 40")
    assert states(opened(here)) == {"stable/midtrain": "waiting"}
    opened(here).build()
    (row,) = opened(here).runs()
    assert (row["state"], row["why"]) == ("stale", "its mixture changed: web; the tokenizer changed")


def test_a_smaller_mixture_of_the_same_corpora_is_told_apart(here: Path) -> None:
    opened(here).train()
    change(here, "stable", "tokens: 600", "tokens: 300")
    opened(here).build()
    assert opened(here).runs()[0]["why"] == "its mixture changed: its size, weights or order"


def test_the_trainer_s_code_is_drift_and_makes_nothing_stale(here: Path) -> None:
    opened(here).train()
    with (here / "count.py").open("a") as file:
        file.write("# a comment\n")
    (row,) = opened(here).runs()
    assert (row["state"], row["why"]) == ("current", "the trainer's code has changed since: count.py")


def test_how_work_is_laid_out_is_not_identity_and_may_stand_in_the_profile(here: Path) -> None:
    opened(here).train()
    change(here, "stable", "max_steps: 12", "max_steps: 12, micro_batch: 4, compile: true")
    assert states(opened(here)) == {"stable/midtrain": "current"}
    (here / "profiles").mkdir()
    (here / "profiles/big.toml").write_text("[launch.settings]\nmicro_batch = 8\n")
    row = opened(here, profile="big").train(dry_run=True)[0]
    assert (row["given"]["micro_batch"], row["given"]["compile"]) == (8, True)
    (here / "profiles/bad.toml").write_text("[launch.settings]\nlr = 8\n")
    with pytest.raises(CurateError, match=r"launch\.settings\.lr"):
        opened(here, profile="bad")


VALUES = st.one_of(
    st.integers(0, 9), st.booleans(), st.text("ab'\"\n $`", max_size=6), st.lists(st.integers(0, 3), max_size=2)
)
PARAMS = st.dictionaries(st.sampled_from(["lr", "beta", "preset", "micro_batch"]), VALUES, max_size=4)


@given(PARAMS, PARAMS, st.integers(0, 1), st.integers(0, 1))
def test_two_runs_have_one_key_exactly_if_they_train_the_same(
    template: Path, a: dict[str, Any], b: dict[str, Any], seed_a: int, seed_b: int
) -> None:
    built = opened(template)

    def key(params: dict[str, Any], seed: int) -> str:
        run = Training(built)["midtrain"]
        entry = run.entry.model_copy(update={"params": {**params, "config": {}}})
        recipe = built.recipe.model_copy(update={"train": {"midtrain": entry}, "seed": seed})
        return replace(run, owner=replace(built, recipe=recipe), entry=entry).key

    def trained(params: dict[str, Any], seed: int) -> str:
        return json.dumps([{k: v for k, v in params.items() if k not in MACHINE}, seed], sort_keys=True)

    assert (key(a, seed_a) == key(b, seed_b)) == (trained(a, seed_a) == trained(b, seed_b))


def test_expectations_gate_training(here: Path) -> None:
    change(here, "stable", "> 100 from", "> 10_000_000 from")
    with pytest.raises(CurateError, match="expect"):
        opened(here).train()
    assert not list((here / ".curate/training").glob("*/run.json"))


def test_a_trainer_that_refuses_says_so_in_its_own_line(here: Path) -> None:
    change(here, "stable", "max_steps: 12", "max_steps: 12, refuse: true")
    with pytest.raises(CurateError, match="stable/midtrain failed: lr is negative; write a positive one"):
        opened(here).train()
    assert opened(here).runs()[0]["why"] == "lr is negative; write a positive one"


def test_a_crash_is_told_with_its_last_line_and_the_same_command_goes_on(here: Path) -> None:
    change(here, "stable", "max_steps: 12", "max_steps: 12, crash_at: 7")
    with pytest.raises(CurateError, match=r"failed: at step 7; RuntimeError: out of memory, they say \(exit code 1\)"):
        opened(here).train()
    (row,) = opened(here).train()
    assert (row["state"], row["step"]) == ("current", 12)
    folder = folder_of(opened(here))
    assert folder.record["attempt"] == 2
    steps = [line["step"] for line in folder.lines("metrics.jsonl")]
    assert steps == [1, 2, 3, 4, 5, 6, 7, 6, 7, 8, 9, 10, 11, 12]


def test_a_run_that_saved_when_asked_and_crashed_when_it_went_on_has_failed(here: Path) -> None:
    change(here, "stable", "max_steps: 12", "max_steps: 12, crash_at: 7")
    with pytest.raises(CurateError, match="out of memory"):
        opened(here).train()
    folder = folder_of(opened(here))
    folder.file("crashed").unlink()
    folder.write("status.json", {"status": "interrupted", "step": 7})  # of another attempt, long ago
    with pytest.raises(CurateError, match="failed: at step 7; RuntimeError"):
        opened(here).train()
    assert states(opened(here)) == {"stable/midtrain": "failed"}


def begin(here: Path, *words: str) -> subprocess.Popen[str]:
    """`curate train stable` in another process, once its trainer has made some steps."""
    process = subprocess.Popen(
        program("train", "stable", *words), cwd=here, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )  # fmt: skip
    wait_for(lambda: any(p.stat().st_size for p in (here / ".curate/training").glob("*/metrics.jsonl")))
    return process


def test_ctrl_c_lets_the_trainer_save_and_the_next_train_goes_on(here: Path) -> None:
    change(here, "stable", "max_steps: 12", "max_steps: 150, pause: 0.02")
    (here / "slow").touch()
    process = begin(here)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    (here / "slow").unlink()
    assert process.returncode == 130
    assert "curate: stable/midtrain was asked to stop; curate train goes on from what it saved" in said
    assert "Traceback" not in said
    (row,) = opened(here).runs()
    assert (row["state"], row["why"].split(";")[1]) == ("interrupted", " curate train goes on from its last checkpoint")
    assert 0 < row["step"] < 150
    change(here, "stable", "pause: 0.02", "pause: 0.02, keep: 3")  # no other run
    assert opened(here).train()[0]["step"] == 150
    assert folder_of(opened(here)).record["attempt"] == 2


@pytest.mark.kill
def test_kill_9_of_curate_leaves_the_trainer_and_the_next_one_waits_for_it(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(here, "stable", "max_steps: 12", "max_steps: 500, pause: 0.02")
    process = begin(here)
    process.kill()
    process.communicate()
    assert states(opened(here)) == {"stable/midtrain": "running"}
    with monkeypatch.context() as patch:  # by its lock alone, and by its processes alone
        patch.setattr(RunFolder, "processes", lambda _: [])
        assert folder_of(opened(here)).is_held()
    assert folder_of(opened(here)).processes()
    done = subprocess.run(program("train", "stable"), cwd=here, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "is at it; waiting" in done.stderr
    folder = folder_of(opened(here))
    assert folder.file("log.txt").read_text().count("started") == 1
    (row,) = opened(here).runs()
    assert (row["state"], row["step"]) == ("current", 500)
    assert row["ended"]


@pytest.mark.kill
def test_kill_9_of_curate_and_trainer_is_interrupted_and_goes_on_from_its_checkpoint(here: Path) -> None:
    change(here, "stable", "max_steps: 12", "max_steps: 100, pause: 0.02")
    (here / "slow").touch()
    process = begin(here)
    folder = folder_of(opened(here))
    wait_for(lambda: (folder.figures()["step"] or 0) > 6)
    pid = folder.record["pid"]
    process.kill()
    os.kill(pid, signal.SIGKILL)
    process.communicate()
    wait_for(lambda: not folder.is_held())
    (here / "slow").unlink()
    assert states(opened(here)) == {"stable/midtrain": "interrupted"}
    (row,) = opened(here).train()
    assert (row["state"], row["step"]) == ("current", 100)
    assert folder.file("log.txt").read_text().count("started") == 2
    assert json.loads(folder.file("checkpoints/state.json").read_text()) == 100


def test_two_trains_at_once_make_one_trainer(here: Path) -> None:
    change(here, "stable", "max_steps: 12", "max_steps: 60, pause: 0.02")
    (here / "slow").touch()
    first = begin(here)
    trainer = folder_of(opened(here)).record["pid"]
    os.kill(trainer, signal.SIGSTOP)  # until the second is there
    second = subprocess.Popen(
        program("train", "stable"), cwd=here, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )  # fmt: skip
    assert second.stdout
    assert any("is at it; waiting" in line for line in iter(second.stdout.readline, ""))
    (here / "slow").unlink()
    os.kill(trainer, signal.SIGCONT)
    first.communicate(timeout=60)
    said, _ = second.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 0), said
    assert folder_of(opened(here)).file("log.txt").read_text().count("started") == 1


def test_cancel_lets_a_trainer_save_and_ends_who_waits_for_it(here: Path) -> None:
    change(here, "stable", "max_steps: 12", "max_steps: 2000, pause: 0.02")
    process = begin(here)
    done = subprocess.run(
        program("cancel", "stable", "midtrain"), cwd=here, env=environment(), capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "stable/midtrain: asked to save and stop\n"), done.stderr
    _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert said.splitlines()[-1].startswith("curate: stable/midtrain was interrupted: at step ")
    with pytest.raises(CurateError, match="does not run; it is interrupted"):
        opened(here).cancel("midtrain")


def test_a_shell_script_is_stopped_with_what_it_started(here: Path) -> None:
    (here / "go.sh").write_text('python count.py "$1"\necho over\n')
    change(here, "stable", "run: python count.py", "run: bash go.sh")
    change(here, "stable", "max_steps: 12", "max_steps: 2000, pause: 0.02")
    process = begin(here)
    opened(here).cancel("midtrain")
    process.communicate(timeout=30)
    folder = folder_of(opened(here))
    assert "saved at" in folder.file("log.txt").read_text()
    assert not folder.processes()
    assert states(opened(here)) == {"stable/midtrain": "interrupted"}


def test_logs_follow_a_run_to_its_end(here: Path) -> None:
    change(here, "stable", "max_steps: 12", "max_steps: 100, pause: 0.02, crash_at: 99")
    opened(here).build()
    process = begin(here)
    done = subprocess.run(
        program("logs", "stable", "midtrain", "--follow"), cwd=here, env=environment(), capture_output=True, text=True, timeout=60
    )  # fmt: skip
    process.communicate()
    assert "\nstarted " in done.stdout
    assert done.stdout.splitlines()[-1] == "RuntimeError: out of memory, they say"


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ("run: python count.py|run: no-such-program-here now", "cannot be started: no-such-program-here"),
        ("run: python count.py|run: trainers.midtrian", "there is no trainer 'trainers.midtrian'; did you mean 'trainers.midtrain'"),
        ("config: {hidden_size: 8}|from: 'ORG/NAME@unpinned'", "ORG/NAME has no revision yet; run curate fetch stable"),
        ("config: {hidden_size: 8}|from: ORG/NAME", "no model 'ORG/NAME'"),
        ("config: {hidden_size: 8}|from: ./model", "no model './model'"),
        ("lr: 2e-3|from: ./model", "has both `from:` and `config:`"),
        ("lr: 2e-3|parent: /x", "'parent' is given by curate; take it out"),
    ],
)  # fmt: skip
def test_what_cannot_start_is_one_line(here: Path, edit: str, said: str) -> None:
    change(here, "stable", *edit.split("|"))
    with pytest.raises(CurateError) as caught:
        opened(here).train()
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert opened(here).runs()  # and looking at it is no error


def test_a_program_that_is_not_there_has_failed_and_is_tried_again(here: Path) -> None:
    change(here, "stable", "run: python count.py", "run: ./count.sh now")
    with pytest.raises(CurateError, match="cannot be started"):
        opened(here).train()
    (row,) = opened(here).runs()
    assert (row["state"], row["why"].partition(":")[0]) == ("failed", "stable/midtrain cannot be started")
    (here / "count.sh").write_text('#!/bin/bash\nexec python count.py "$2"\n')
    (here / "count.sh").chmod(0o755)
    assert opened(here).train()[0]["state"] == "current"


def test_a_trainer_of_ours_without_torch_names_the_extra(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "torch" else real(name, *a))
    change(fresh, "stable", "run: python count.py", "run: trainers.midtrain")
    change(fresh, "stable", "config: {hidden_size: 8}", "batch_size: 4, config: {model_type: llama}")
    with pytest.raises(CurateError, match=r"needs torch: pip install 'octocurate\[train\]'"):
        opened(fresh).train()
    assert not (fresh / "recipes/stable.lock").exists()  # said before anything was built


def test_a_module_of_the_project_is_a_trainer(here: Path) -> None:
    (here / "mine").mkdir()
    (here / "mine/__init__.py").touch()
    (here / "mine/count.py").write_text((here / "count.py").read_text())
    change(here, "stable", "run: python count.py", "run: mine.count")
    (row,) = opened(here).train()
    assert row["state"] == "current"
    assert folder_of(opened(here)).record["code"].keys() == {"mine.count"}


def test_values_with_quotes_newlines_and_dollars_arrive_as_they_are(here: Path) -> None:
    odd = 'it\'s "$HOME" `id`\n; rm -rf \\'
    change(here, "stable", "max_steps: 12", f"max_steps: 12, note: {json.dumps(odd)}")
    opened(here).train()
    (path,) = (here / ".curate/training").glob("*/run.json")
    assert json.loads(path.read_text())["note"] == odd


def test_a_project_and_a_store_with_spaces_and_quotes_in_their_paths(tmp_path: Path) -> None:
    folder = make(tmp_path / 'it\'s a "project" $x')
    (row,) = opened(folder, store=str(tmp_path / "a 'store'")).train()
    assert row["state"] == "current"


def test_a_sample_is_refused_unless_it_is_meant(here: Path) -> None:
    with pytest.raises(CurateError, match="is a sample; train stable, or add --dev"):
        opened(here, "stable@50%").train()


def test_nothing_runs_in_a_dry_run(here: Path) -> None:
    opened(here).build()
    (row,) = opened(here).train(dry_run=True)
    assert row["words"][:2] == ["python", "count.py"]
    assert row["given"]["max_steps"] == 12
    assert not list((here / ".curate/training").glob("*"))


def test_counts_may_be_written_short_and_are_the_same_run(here: Path) -> None:
    opened(here).build()
    change(here, "stable", "max_steps: 12", "max_steps: 1k, preset: 1B")
    (row,) = opened(here).train(dry_run=True)
    assert (row["given"]["max_steps"], row["given"]["preset"]) == (1000, "1B")
    change(here, "stable", "max_steps: 1k", "max_steps: 1_000")
    assert opened(here).train(dry_run=True)[0]["key"] == row["key"]


def test_plan_names_what_a_threshold_rebuilds_and_what_is_trained_again(here: Path) -> None:
    opened(here, "decay").train()
    said = CliRunner().invoke(cli, ["plan", "decay"]).output
    assert (
        "0 to do\n" in said and "2 of 2 training runs are current, 0 to do\n" in said and "\nrun midtrain" not in said
    )
    change(here, "stable", "length(text) > 3", "length(text) > 4")
    said = CliRunner().invoke(cli, ["plan", "decay"]).output
    nodes = dict(re.findall(r"^(web/\S+|tokenizer|mixture) +\S+ +(stored|to do) ", said, re.MULTILINE))
    assert nodes["web/parquet"] == "stored" and nodes["web/some"] == "to do" and nodes["mixture"] == "to do"
    assert "0 of 2 training runs are current, 2 to do\n" in said
    assert re.search(r"^stable/midtrain +waiting +the mixture of stable is to be built", said, re.MULTILINE)
    assert re.search(r"^decay/midtrain +stable/midtrain +waiting ", said, re.MULTILINE)


@pytest.mark.parametrize("edit", ["max_steps: 12.0", "seed: 0, max_steps: 12", "max_steps: 12}  # as before\n  #"])
def test_an_edit_that_trains_the_same_leaves_a_run_current(here: Path, edit: str) -> None:
    opened(here).train()
    change(here, "stable", "max_steps: 12", edit)
    assert states(opened(here)) == {"stable/midtrain": "current"}


def test_an_old_error_is_not_told_of_a_new_crash(here: Path) -> None:
    change(here, "stable", "max_steps: 12", "max_steps: 12, crash_at: 7")
    with pytest.raises(CurateError, match="out of memory"):
        opened(here).train()
    folder = folder_of(opened(here))
    folder.add_to_log(f"{ATTEMPT}2")
    with folder.file("log.txt").open("a") as log:
        log.write("error: of rank 3\ntorchrun tells a long story\n=====\n")
    assert folder.said() == "of rank 3"
    folder.add_to_log(f"{ATTEMPT}3")
    assert folder.said() == "it printed nothing"


def test_logs_of_a_run_that_has_changed_are_those_of_what_it_was(here: Path) -> None:
    opened(here).train()
    change(here, "stable", "lr: 2e-3", "lr: 1e-3")
    assert "started" in told(here, "logs", "stable", "midtrain")
    assert json.loads(told(here, "logs", "stable", "midtrain", "--json"))["state"] == "stale"


# hostile and broken folders

HOSTILE = {
    "not JSON": b"{",
    "no object": b"[1, 2]",
    "NaN": b'{"status": "finished", "step": NaN, "tokens": 1e400, "loss": Infinity}',
    "huge numbers": b'{"status": "finished", "step": 1' + b"0" * 300 + b', "loss": true, "tokens": "many"}',
    "deep": b"[" * 100_000,
    "too large": b'{"status": "finished", "x": "' + b"a" * (1 << 24) + b'"}',
    "leads out": b'{"status": "finished", "files": {"../../x": {"bytes": 1}}}',
    "absent file": b'{"status": "finished", "files": {"model/x": {"bytes": 1}}}',
    "files is a list": b'{"status": "finished", "files": ["x"]}',
    "bytes is text": b'{"status": "finished", "files": {"x": {"bytes": "1"}}}',
    "surrogates": b'{"status": "finished", "loss": "\\ud800", "files": {"\\ud800": {"bytes": 1}}}',
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_whatever_a_trainer_writes_can_be_looked_at(here: Path, data: bytes) -> None:
    opened(here).train()
    folder = folder_of(opened(here))
    for name in ("manifest.json", "metrics.jsonl", "status.json"):
        folder.file(name).write_bytes(data + (b"\n" if name == "metrics.jsonl" else b""))
    folder.file("log.txt").write_bytes(b"\x1b[2J\xff\n" + b"x" * 200_000)
    (row,) = opened(here).runs()
    assert row["state"] == (
        "current" if data[12:20] == b"finished" and b"files" not in data and len(data) < 1 << 24 else "failed"
    )
    assert row["why"] is None or (row["why"].isprintable() and len(row["why"]) <= 400)
    frame = opened(here).sql("select state, step, tokens, loss, why from runs")
    assert frame["step"][0] is None and frame["loss"][0] is None
    json.dumps(opened(here).runs(), allow_nan=False).encode()


@pytest.mark.parametrize("name", ["manifest.json", "status.json", "metrics.jsonl", "record.json", "log.txt"])
def test_a_pipe_in_a_run_s_folder_keeps_nobody_waiting(here: Path, name: str) -> None:
    folder = folder_of(opened(here))
    folder.path.mkdir(parents=True)
    os.mkfifo(folder.file(name))
    assert read_curve(folder.path, "r").series == {} and folder.said() == "it printed nothing"
    assert states(opened(here))["stable/midtrain"] in ("missing", "failed")


def test_a_manifest_may_name_no_file_outside_its_folder(here: Path) -> None:
    opened(here).train()
    folder = folder_of(opened(here))
    size = (here / "count.py").stat().st_size
    told = {"status": "finished", "files": {"../../../count.py": {"bytes": size}}}
    assert folder.file("../../../count.py").is_file()
    folder.file("manifest.json").write_text(json.dumps(told))
    assert folder.manifest() == ({}, "manifest.json names '../../../count.py', which cannot be")


def test_a_run_that_finishes_while_its_scheduler_is_asked_is_current(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(here).train()
    manifest = folder_of(opened(here)).file("manifest.json")
    data = manifest.read_bytes()
    manifest.unlink()
    monkeypatch.setattr("curate.run_state._under_way", lambda *_: manifest.write_bytes(data) and None)
    assert states(opened(here)) == {"stable/midtrain": "current"}


def test_a_refused_manifest_does_not_stand_in_the_way(here: Path) -> None:
    opened(here).train()
    folder = folder_of(opened(here))
    folder.file("manifest.json").write_text("{")
    (row,) = opened(here).train()
    assert row["state"] == "current"


def test_a_record_that_is_none_does_not_hide_a_finished_run(here: Path) -> None:
    opened(here).train()
    folder_of(opened(here)).file("record.json").write_text("[]")
    assert states(opened(here)) == {"stable/midtrain": "current"}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**63, True, "1", None, [1], -(10**400)])
def test_no_figure_is_made_of_what_is_none(value: Any) -> None:
    assert plain_number(value) is None


@given(st.text())
def test_a_line_of_a_log_cannot_steer_a_terminal(text: str) -> None:
    assert one_line(text).isprintable()
    assert len(one_line(text)) <= 300


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_one_line(here: Path) -> None:
    opened(here).build()
    (here / ".curate/training").mkdir(exist_ok=True)
    (here / ".curate/training").chmod(0o500)
    try:
        with pytest.raises(CurateError, match="cannot be written: Permission denied; nothing was started"):
            opened(here).train()
        assert states(opened(here)) == {"stable/midtrain": "missing"}
    finally:
        (here / ".curate/training").chmod(0o700)


def test_a_full_disk_is_one_line_and_nothing_is_started(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import curate.run_folder

    opened(here).build()

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(curate.run_folder, "replace_file", full)
    with pytest.raises(CurateError, match="cannot be written: No space left on device; nothing was started"):
        opened(here).train()
    assert not list((here / ".curate/training").glob("*/log.txt"))


def test_gc_keeps_what_a_run_was_trained_on(here: Path) -> None:
    from curate.gc import loose

    opened(here).train()
    change(here, "stable", "length(text) > 3", "length(text) > 40")
    opened(here).build()
    for ref in (here / ".curate/refs").glob("*.json"):  # those of the template and of decay
        if "stable" not in ref.name or str(here) not in ref.read_text():
            ref.unlink()
    folder = next((here / ".curate/training").glob("*/record.json")).parent
    kept = RunFolder(folder).record["objects"].values()
    names = {item.path.name for item in loose(opened(here).store, days=-1)}
    assert names and not names & set(kept)


# commands and SQL


def told(here: Path, *words: str) -> str:
    done = subprocess.run(program(*words), cwd=here, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_commands_tell_of_runs(fresh: Path) -> None:
    assert "waiting" in told(fresh, "status", "decay")
    through = told(fresh, "build", "decay", "--through", "train/midtrain")
    assert through.count("current") == 2
    assert told(fresh, "build", "stable", "--through", "all", "--json").count('"current"') == 1
    every = json.loads(told(fresh, "status", "--json"))
    assert [(row["recipe"], row["state"]) for row in every] == [("stable", "current"), ("decay", "current")]
    assert json.loads(told(fresh, "status", "stable", "--json"))["runs"][0]["step"] == 12
    first, second, *_ = told(fresh, "logs", "decay", "midtrain").splitlines()
    assert first.startswith("# curate: attempt 1, 20") and second.startswith("started ")
    assert "stable/midtrain: current" in told(fresh, "train", "decay", "--dry-run")


def test_sql_tells_of_runs_before_and_after_training(here: Path) -> None:
    opened(here).build()
    before = opened(here, "decay")
    before.build()
    assert before.sql("select recipe, state, step from runs").rows() == [
        ("stable", "missing", None),
        ("decay", "waiting", None),
    ]
    opened(here, "decay").train()
    frame = opened(here, "decay").sql("select *, ended >= started as past from runs")
    assert frame["state"].to_list() == ["current", "current"]
    assert frame["step"].to_list() == [12, 8]
    assert frame["past"].all()
    assert frame["parent"].to_list() == [None, "stable/midtrain"]
    assert frame["kind"].to_list() == ["local", "local"]


def test_a_branch_that_trains_on_what_its_parent_holds_out_is_told(here: Path) -> None:
    from curate.train import held_out_above

    change(here, "stable", "seq_len: 32", "seq_len: 32, held_out: 60")
    assert {row["done"] for row in opened(here, "decay").train()} == {"trained"}
    same = Training(opened(here, "decay"))["midtrain"]
    assert held_out_above(same) == 0
    change(here, "decay", "tokens: 500", "tokens: 500, held_out: null")
    opened(here, "decay").build()
    assert held_out_above(Training(opened(here, "decay"))["midtrain"]) > 0


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ("lrr: 1, batch_size: 4", "no setting 'lrr'; did you mean 'lr'"),
        ("batch_size: four", "batch_size is 'four', and must be int"),
        ("weight_decay: 0.1", "batch_size is missing"),
    ],
)
def test_a_parameter_that_our_trainer_would_refuse_is_refused_before_anything_is_built(
    here: Path, parameters: str, said: str
) -> None:
    change(here, "stable", "run: python count.py", "run: trainers.midtrain")
    change(here, "stable", "config: {hidden_size: 8}", "config: {model_type: llama}")
    change(here, "stable", "max_steps: 12", f"max_steps: 12, {parameters}")
    change(here, "stable", "length(text) > 3", "length(text) > 4")
    before = set((here / ".curate/objects").iterdir())
    with pytest.raises(CurateError, match=rf"stable.yaml:\d+: train.midtrain: {said}"):
        opened(here).train()
    assert set((here / ".curate/objects").iterdir()) == before


def test_our_trainer_is_trained_and_branched_from(here: Path) -> None:
    for module in ("torch", "transformers"):
        pytest.importorskip(module, reason="needs the extra `train`")
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = json.dumps({"model_type": "llama", **sizes, "num_key_value_heads": 1, "tie_word_embeddings": True})
    change(here, "stable", "run: python count.py", "run: trainers.midtrain")
    change(here, "stable", "config: {hidden_size: 8}", f"config: {config}")
    change(here, "stable", "max_steps: 12", "max_steps: 12, batch_size: 4, dtype: float32")
    rows = opened(here, "decay").train()
    assert [(row["state"], row["step"]) for row in rows] == [("current", 12), ("current", 8)]
    assert rows[1]["loss"] < rows[0]["loss"]
    assert (Path(rows[1]["folder"]) / "model/config.json").is_file()
    said = RunFolder(Path(rows[1]["folder"])).record
    assert {"trainers.midtrain", "trainers.schedule"} <= said["code"].keys()
    assert said["versions"]["torch"]
