"""Run a command as a process of its own and say how long it took and how much memory it and its children held at most."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

EVERY = 0.05
"""Seconds between two looks at the memory."""


class Run(NamedTuple):
    """What a finished command gave and cost."""

    output: str
    seconds: float
    peak_bytes: int
    cpu_seconds: float = 0.0
    """Of the process and all below it that were waited for."""
    errors: str = ""


def run(command: list[str], *, cwd: Path, env: Mapping[str, str] | None = None) -> Run:
    """Run to the end; SystemExit with the end of its errors if it fails.

    The peak is the greatest sum of the resident memory of the process and all below it, sampled. Not `ru_maxrss`: on Linux a child
    inherits the peak of the process that started it.
    """
    started = time.perf_counter()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
        watch = _Watch(process.pid)
        watch.start()
        _, status, used = os.wait4(process.pid, 0)
        code = process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        watch.over.set()
        watch.join()
        for file in (output, errors):
            file.seek(0)
        said = errors.read().decode(errors="replace")
        if code:
            sys.exit(f"{' '.join(command[-3:])} failed: {said[-2000:]}")
        return Run(output.read().decode(), seconds, watch.peak, used.ru_utime + used.ru_stime, said)


class _Watch(threading.Thread):
    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.peak, self.over = pid, 0, threading.Event()

    def run(self) -> None:
        while not self.over.wait(EVERY):
            self.peak = max(self.peak, resident(self.pid))


def resident(pid: int) -> int:
    """Bytes of resident memory of a process and all below it, by psutil if it is there, else by /proc; 0 if neither knows it."""
    if importlib.util.find_spec("psutil"):
        return _by_psutil(pid)
    return _by_proc(pid)


def _by_psutil(pid: int) -> int:
    import psutil

    total = 0
    try:
        for process in [top := psutil.Process(pid), *top.children(recursive=True)]:
            total += process.memory_info().rss
    except psutil.Error:  # one ended while we looked: what was counted stands
        pass
    return total


def _by_proc(pid: int) -> int:
    parents: dict[int, int] = {}
    for entry in os.scandir("/proc") if os.path.isdir("/proc") else ():
        if entry.name.isdigit() and (line := _read(f"{entry.path}/stat")):
            parents[int(entry.name)] = int(line.rpartition(")")[2].split()[1])  # a name may hold blanks and brackets
    family = {pid}
    while grown := {child for child, parent in parents.items() if parent in family} - family:
        family |= grown
    pages = (_read(f"/proc/{member}/statm").split() for member in family)
    return sum(int(fields[1]) for fields in pages if len(fields) > 1) * os.sysconf("SC_PAGE_SIZE")


def _read(path: str) -> str:
    try:
        return Path(path).read_text("ascii", "replace")
    except OSError:
        return ""
