"""Executors: workers end with their build, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from curate.errors import CurateError
from curate.executors.local import STARVATIONS, Local

MAIN = """
from pathlib import Path
from curate.executors.local import Local
from tests.curate.test_executors import Sleeping
if __name__ == "__main__":
    Local(2).run(Sleeping({folder!r}), 2)
"""


class Sleeping:
    """Notes its process, and does not come back."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __call__(self, rank: int) -> None:
        (Path(self.folder) / f"{os.getpid()}").touch()
        time.sleep(600)


class Starving:
    """Is killed as by a system that has no more memory, so many times, and notes each; then it gives its rank."""

    def __init__(self, vmstat: str, times: int) -> None:
        self.vmstat, self.times = Path(vmstat), times

    def __call__(self, rank: int) -> int:
        killed = int(self.vmstat.read_text().split()[1])
        if killed < self.times:
            self.vmstat.write_text(f"oom_kill {killed + 1}\n")
            os.kill(os.getpid(), signal.SIGKILL)
        return rank


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def until(what: object, seconds: float = 30.0) -> bool:
    assert callable(what)
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(what())


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_their_build_however_it_ends(tmp_path: Path, how: signal.Signals) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    script = tmp_path / "main.py"
    script.write_text(MAIN.format(folder=str(notes)))
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    with subprocess.Popen([sys.executable, str(script)], env=environment) as build:
        try:
            assert until(lambda: len(list(notes.iterdir())) == 2), "both workers are at it"
        finally:
            build.send_signal(how)
    workers = [int(path.name) for path in notes.iterdir()]
    assert until(lambda: not any(map(lives, workers)), 10.0)


@pytest.mark.parametrize("times", [STARVATIONS, STARVATIONS + 1])
def test_a_shard_whose_workers_are_killed_for_memory_again_and_again_ends_the_build_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    vmstat = tmp_path / "vmstat"
    vmstat.write_text("oom_kill 0\n")
    monkeypatch.setattr("curate.guard.VMSTAT", vmstat)
    executor, found = Local(1), list[int]()
    try:
        executor.run(Starving(str(vmstat), times), 1, lambda _, result: found.append(result))
    except CurateError as error:
        assert "the system killed a worker 12 times for memory on one shard" in error.message
        assert "\n" not in error.message
    finally:
        executor.close()
    assert found == ([0] if times == STARVATIONS else [])
