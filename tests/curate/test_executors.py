"""Executors: workers end with their build, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

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
