"""A trainer on this machine, in the foreground.

It runs in a session of its own and holds the run's lock, so it outlives a terminal that is closed and a `curate` that is killed, and no
second one can start in its folder: the next `curate train` waits for it and takes what it made. Ctrl-C asks it to save and stop, and
waits for that; a second Ctrl-C leaves it to itself.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from typing import Any

from curate.errors import CurateError
from curate.launch import Job, here
from curate.report import Report
from curate.run_folder import EVERY, RunFolder

SOON = 0.02
"""Seconds between two looks whether a trainer has ended."""


def start(job: Job, lock: int, report: Report) -> Generator[float, None, int]:
    """Run a job to its end; its exit code. Yields the seconds until it looks again; a KeyboardInterrupt that is thrown into it asks the
    trainer to stop, and comes out again when it has, or with the second one."""
    process = _begun(job, lock)
    job.folder.note(pid=process.pid, host=here())
    one_of_many = job.launch.at_once > 1  # then there is no room for a bar
    with (Report() if one_of_many else report).training(job.title, job.steps) as told:
        try:
            yield from _watch(process, job.folder, told)
        except KeyboardInterrupt:
            job.folder.note(asked_to_stop=True)
            report.note(f"{job.title}: asked to save and stop; Ctrl-C again leaves it running")
            _stop(process.pid)
            while process.poll() is None:
                yield SOON
            yield from _others(job.folder)
            raise
    if process.returncode:
        yield from _others(job.folder)
    return process.returncode


def _others(folder: RunFolder) -> Iterator[float]:
    """Wait: a shell that is asked to stop may end before the trainer that it started."""
    while folder.processes():
        yield EVERY


def _begun(job: Job, lock: int) -> subprocess.Popen[bytes]:
    try:
        with job.folder.file("log.txt").open("ab") as log:
            return subprocess.Popen(
                job.words, cwd=job.project, env={**os.environ, **job.variables}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, pass_fds=(lock,), start_new_session=True,
            )  # fmt: skip
    except OSError as error:
        said = f"{job.words[0]}: {error.strerror}" if error.filename else str(error.strerror)
        raise CurateError(f"{job.title} cannot be started: {said}") from None


def _watch(process: subprocess.Popen[bytes], folder: RunFolder, told: Any) -> Iterator[float]:
    mark, due = None, 0.0
    while process.poll() is None:
        if time.monotonic() >= due:
            mark, due = look(folder, told, mark), time.monotonic() + EVERY
        yield SOON
    look(folder, told, mark)


def look(folder: RunFolder, told: Any, mark: tuple[int, int] | None) -> tuple[int, int] | None:
    """Tell the figures of the metrics if the file is not what it was at `mark`."""
    with contextlib.suppress(OSError):
        stat = folder.file("metrics.jsonl").stat()
        if (now := (stat.st_size, stat.st_mtime_ns)) != mark:
            told(folder.figures())
            return now
    return mark


def cancel(record: dict[str, Any], folder: RunFolder) -> None:
    """Ask the trainer to save and stop. CurateError where it runs on another machine, or where we cannot tell which process it is."""
    if record.get("host") != here():
        raise CurateError(f"it runs on {record.get('host')}; cancel it there")
    pid, found = record.get("pid"), folder.processes()
    if not sys.platform.startswith("linux") and isinstance(pid, int) and pid > 1:
        found = [pid]
    for one in [pid] if pid in found else found:  # numbers of processes come again, so the record alone is no proof
        _stop(one)


def _stop(pid: int) -> None:
    """SIGTERM for a process and what a shell started for it: a shell does not pass it on."""
    with contextlib.suppress(ProcessLookupError):
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGTERM)
        else:
            os.kill(pid, signal.SIGTERM)
