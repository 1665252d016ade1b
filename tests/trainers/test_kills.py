"""Runs that are really killed: SIGKILL at moments drawn by the commit, also inside a save, and the same command again until it is finished.

Two kills by default, and one of a rank; twenty and more with CURATE_TEST_ALL=1, also of a real torchrun and of its ranks.
"""

import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from tests.trainers import ranks, runs  # noqa: E402
from tests.trainers.runs import asked, commit, curve, lines, printed, train, weights  # noqa: E402
from trainers import checkpoint  # noqa: E402

ALL = bool(os.environ.get("CURATE_TEST_ALL"))
LONG = {"max_steps": 24, "decay_steps": 8, "keep": 2}
"""Saves after each third step, the decay from step 16 on, two epochs."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, base: Path, data: Path) -> Path:
    """The run that nobody kills."""
    (out,) = train(asked(tmp_path_factory.mktemp("whole") / "run", base, data, **LONG))
    return out


def written(out: Path) -> int:
    """Lines of the metrics."""
    try:
        return (out / "metrics.jsonl").read_bytes().count(b"\n")
    except FileNotFoundError:
        return 0


def torn(out: Path) -> list[str]:
    """What saves and exports have not finished."""
    found = []
    for folder, pattern in ((out / "checkpoints", "step-*.tmp-*"), (out, ".model.tmp-*")):
        with contextlib.suppress(FileNotFoundError):
            found += [path.name for path in folder.glob(pattern)]
    return found


def moment(kind: str, out: Path, chance: random.Random) -> Callable[[], bool]:
    """Whether it has come: so many lines were written, some time has gone by, or some time in a save or an export."""
    before, lived, wanted = written(out), time.monotonic() + chance.uniform(0.2, 1.5), chance.randint(1, 5)
    left, late, since = set(torn(out)), chance.choice([0.0, chance.uniform(0, 0.06)]), [0.0]
    if kind == "an export":
        late = 0.0

    def inside() -> bool:
        if not since[0] and set(torn(out)) - left:
            since[0] = time.monotonic()
        return bool(since[0]) and time.monotonic() >= since[0] + late

    come: dict[str, Callable[[], bool]] = {
        "a line": lambda: not before <= written(out) < before + wanted,
        "any time": lambda: time.monotonic() > lived,
        "a save": inside,
        "an export": inside,
    }
    return come[kind]


def killed(path: Path, kind: str, chance: random.Random) -> bool:
    """Start the run and kill it when the moment comes; false if it was finished before."""
    (process,) = ranks.start(1, path.parent / "scratch", runs.main, path)
    come, until = moment(kind, path.with_suffix(""), chance), time.monotonic() + 60
    while process.is_alive() and not come():
        assert time.monotonic() < until, f"{kind} never came: {printed(path)}"
        time.sleep(0.0005)
    process.kill()
    process.join()
    return bool(process.exitcode == -signal.SIGKILL)


@pytest.mark.parametrize("turn", range(5 if ALL else 1))
def test_a_run_that_is_killed_again_and_again_is_the_one_that_was_not_bit_for_bit(
    turn: int, whole: Path, tmp_path: Path, base: Path, data: Path
) -> None:
    chance = random.Random(f"{commit()} {turn}")
    path = asked(tmp_path / "run", base, data, **LONG)
    kinds = ["a save", *chance.choices(["a line", "any time", "a save"], k=3)] if ALL else ["a line", "a save"]
    kills = [killed(path, kind, chance) for kind in kinds]
    (out,) = train(path)
    assert kills[0], "the run was over before it was killed"
    assert curve(out) == curve(whole)
    assert weights(out) == weights(whole)
    assert not torn(out)
    assert checkpoint.verify(out / "checkpoints/step-0000024")["facts"]["step"] == 24


def test_a_run_that_is_killed_while_it_exports_leaves_nothing_half_done(
    whole: Path, tmp_path: Path, base: Path, data: Path
) -> None:
    """What an export that was killed has left is removed by the next one."""
    out = runs.cut(whole, tmp_path / "run", 24)
    path = asked(out, base, data, **LONG)
    for _ in range(6):  # the moment is short
        killed(path, "an export", random.Random(commit()))
        if torn(out):
            break
        shutil.rmtree(out / "model", ignore_errors=True)
    assert torn(out) and not (out / "model").exists()
    train(path)
    assert weights(out) == weights(whole) and curve(out) == curve(whole) and not torn(out)


def test_a_branch_that_is_killed_grows_from_the_same_parent_again(
    whole: Path, tmp_path: Path, base: Path, data: Path
) -> None:
    """Killed before its first checkpoint, so that it pins, loads and begins twice."""
    parent = runs.cut(whole, tmp_path / "parent", 24) / "checkpoints/step-0000021"
    branch = {"parent": str(parent), "max_steps": 8, "decay_steps": 8, "warmup_steps": 0}
    straight = asked(tmp_path / "straight", base, data, **branch)
    path = asked(tmp_path / "branch", base, data, **branch)
    for kind in ("any time", "a line") if ALL else ("a line",):
        killed(path, kind, random.Random(f"{commit()} {kind}"))
    one, other = train(straight, path)
    assert curve(one) == curve(other) and weights(one) == weights(other)
    assert (parent.parent / "pinned").read_text() == "step-0000021\n"


def gone(processes: list[Any], seconds: float) -> None:
    """What a launcher does when one of its ranks has died: wait a little, and kill the others."""
    until = time.monotonic() + seconds
    for process in processes:
        process.join(max(0.0, until - time.monotonic()))
        if process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
            process.join()


@pytest.mark.parametrize("turn", range(4 if ALL else 1))
def test_a_rank_that_is_killed_costs_no_more_than_the_steps_since_the_last_checkpoint(
    turn: int, whole: Path, tmp_path: Path, base: Path, data: Path
) -> None:
    """Losses to 1e-6 when one rank goes on, and when two do."""
    chance = random.Random(f"{commit()} {turn}")
    path = asked(tmp_path / "run", base, data, **LONG | {"micro_batch": 2})
    out = path.with_suffix("")
    processes = ranks.start(2, tmp_path / "scratch", runs.main, path)
    come = moment(chance.choice(["a line", "a save"]), out, chance)
    while all(process.is_alive() for process in processes) and not come():
        time.sleep(0.0005)
    os.kill(processes[turn % 2].pid, signal.SIGKILL)
    gone(processes, 5)
    assert processes[turn % 2].exitcode == -signal.SIGKILL
    train(path, world=1 + turn // 2)
    found = np.array(runs.numbers(out)) / np.array(runs.numbers(whole)) - 1  # (steps, [loss, norm, rate])
    assert (abs(found).max(0) < [1e-6, 1e-4, 1e-15]).all(), found
    assert [line["targets"] for line in lines(out)] == [line["targets"] for line in lines(whole)]
    assert not torn(out)


@pytest.mark.parametrize("told", [0, 1])
def test_a_rank_that_gets_sigterm_alone_stops_all_of_them_after_a_save(
    told: int, tmp_path: Path, base: Path, data: Path
) -> None:
    path = asked(tmp_path / "run", base, data, **LONG | {"micro_batch": 2, "save_steps": 24})
    out = path.with_suffix("")
    processes = ranks.start(2, tmp_path / "scratch", runs.main, path)
    wait(lambda: written(out) >= 2)
    os.kill(processes[told].pid, signal.SIGTERM)
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert "interrupted" in printed(path)
    step = lines(out)[-1]["step"]
    assert 2 <= step < 24
    assert checkpoint.verify(checkpoint.latest(out / "checkpoints"))["facts"]["step"] == step  # type: ignore[arg-type]


@pytest.fixture
def damaged(whole: Path, tmp_path: Path) -> Iterator[Path]:
    """A run that died after step 24, one byte of whose newest checkpoint has flipped since."""
    out = runs.cut(whole, tmp_path / "run", 24)
    flip(out / "checkpoints/step-0000024")
    return out


def flip(folder: Path) -> None:
    file = next(folder.glob("*.safetensors"))
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(bytes(data))


@pytest.mark.parametrize("world", [1, 2])
def test_a_newest_checkpoint_that_was_altered_is_told_passed_over_and_made_again(
    world: int, damaged: Path, whole: Path, base: Path, data: Path
) -> None:
    path = asked(damaged, base, data, **LONG)
    train(path, world=world)
    told = [line for line in printed(path).splitlines() if line.startswith("warning: ")]
    assert len(told) == 1 and "step-0000024: " in told[0] and told[0].endswith("; passed over")
    assert "altered" in told[0]
    checkpoint.verify(damaged / "checkpoints/step-0000024")
    if world == 1:
        assert curve(damaged) == curve(whole) and weights(damaged) == weights(whole)


def test_a_run_whose_checkpoints_are_all_damaged_does_not_begin_anew_by_itself(
    damaged: Path, base: Path, data: Path
) -> None:
    flip(damaged / "checkpoints/step-0000021")
    before = (damaged / "metrics.jsonl").read_bytes()
    path = asked(damaged, base, data, **LONG)
    train(path, world=2, code=2)
    errors = [line for line in printed(path).splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and "no checkpoint here is whole; copy one back, or name another out: folder" in errors[0]
    assert (damaged / "metrics.jsonl").read_bytes() == before


def test_a_run_that_is_under_way_is_not_started_a_second_time(tmp_path: Path, base: Path, data: Path) -> None:
    """Which a scheduler may try, whose launcher died and whose ranks did not; once they are dead, it goes on."""
    path = asked(tmp_path / "run", base, data, **LONG | {"max_steps": 2000, "save_steps": 5})
    (process,) = ranks.start(1, tmp_path / "scratch", runs.main, path)
    wait(lambda: written(path.with_suffix("")) > 5)
    before = json.loads((tmp_path / "run/status.json").read_bytes())
    second = path.with_name("second.json")
    second.write_bytes(path.read_bytes())
    assert ranks.run(1, tmp_path / "scratch", runs.main, second) == [[2]]
    said = rf"error: .*run: another run is training \(process {process.pid} on \S+\) here; give each run a folder"
    assert re.search(said, printed(second))
    assert json.loads((tmp_path / "run/status.json").read_bytes())["status"] == before["status"] == "running"
    assert process.is_alive()
    process.kill()
    process.join()
    assert killed(path, "a line", random.Random(commit()))  # so it had begun
    steps = [line["step"] for line in lines(path.with_suffix(""))]
    assert steps == list(range(1, len(steps) + 1))


def wait(come: Callable[[], bool]) -> None:
    """Until something has come."""
    until = time.monotonic() + 60
    while not come():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.001)


@pytest.mark.kill
def test_torchrun_that_is_killed_is_refused_as_long_as_its_ranks_live(tmp_path: Path, base: Path, data: Path) -> None:
    """They train on without it."""
    path = asked(tmp_path / "run", base, data, **LONG | {"micro_batch": 2, "max_steps": 5000})
    first, ranks_of_it = launched(path), []
    try:
        wait(lambda: written(path.with_suffix("")) > 4)
        ranks_of_it = Path(f"/proc/{first.pid}/task/{first.pid}/children").read_text().split()
        first.kill()
        assert first.wait(60) == -signal.SIGKILL
        lived = written(path.with_suffix(""))
        assert launched(path).wait(120) == 1
        assert "another run is training (process" in path.with_suffix(".err").read_text()
        assert written(path.with_suffix("")) > lived
    finally:
        for pid in ranks_of_it:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)


@pytest.mark.kill
def test_torchrun_one_of_whose_ranks_is_killed_ends_and_goes_on_when_started_again(
    whole: Path, tmp_path: Path, base: Path, data: Path
) -> None:
    path = asked(tmp_path / "run", base, data, **LONG | {"micro_batch": 2})
    out, first = path.with_suffix(""), launched(path)
    wait(lambda: written(out) > 4 or first.poll() is not None)
    os.kill(int((out / ".running").read_text().split()[1]), signal.SIGKILL)
    assert first.wait(60) == 1
    assert launched(path).wait(120) == 0, path.with_suffix(".err").read_text()
    assert [line["targets"] for line in lines(out)] == [line["targets"] for line in lines(whole)]
    found = np.array(runs.numbers(out)) / np.array(runs.numbers(whole)) - 1
    assert (abs(found).max(0) < [1e-6, 1e-4, 1e-15]).all(), found


@pytest.mark.kill
def test_torchrun_that_gets_sigterm_ends_with_1_though_its_ranks_have_saved(
    tmp_path: Path, base: Path, data: Path
) -> None:
    """So launchers ask status.json (`curate/launch/slurm.py`)."""
    path = asked(tmp_path / "run", base, data, **LONG | {"micro_batch": 2, "max_steps": 5000, "save_steps": 5000})
    out, first = path.with_suffix(""), launched(path)
    wait(lambda: written(out) > 4 or first.poll() is not None)
    first.terminate()
    assert first.wait(60) == 1
    said = json.loads((out / "status.json").read_bytes())
    assert said["status"] == "interrupted" and checkpoint.latest(out / "checkpoints")


def launched(path: Path) -> "subprocess.Popen[bytes]":
    """Two ranks under torchrun; what they say of errors goes beside the settings."""
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "trainers.midtrain"]
    environment = os.environ | {"PYTHONPATH": str(runs.ROOT), "OMP_NUM_THREADS": "1"}
    with path.with_suffix(".err").open("a") as said:
        pipes: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": said}
        return subprocess.Popen([sys.executable, *command, str(path)], env=environment, cwd=runs.ROOT, **pipes)
