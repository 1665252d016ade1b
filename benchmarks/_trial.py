"""Runs a grader over many cases in processes of their own, with a time limit for each case.

A signal ends a grading that takes too long, again and again until it is heard, because SymPy catches everything in places. It is not
heard inside one long operation of C: the graders' parsers refuse the powers that lead there.
"""

from __future__ import annotations

import importlib
import os
import signal
import time
import warnings
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from typing import Any, NamedTuple

from benchmarks._labelled import Case

GRADERS = {
    "ours": "benchmarks._graders_ours",
    "math-verify": "benchmarks._graders_math_verify",
    "Qwen": "benchmarks._graders_qwen",
    "PRM800K": "benchmarks._graders_prm800k",
    "OctoThinker": "benchmarks._graders_octothinker",
}
WARM = 20
START = 60.0
"""Seconds for a grading that also imports the libraries."""
CHUNK = 64


class Judged(NamedTuple):
    """What a grader says: right, wrong or neither, why, and the answer that it found where it tells."""

    value: bool | None
    reason: str = ""
    answer: str = ""


class _Late(BaseException):
    """Passes through the `except Exception` of the libraries it interrupts."""


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def load(name: str) -> Callable[[Case], Judged]:
    """A grader by name, as a function of a case."""
    module = importlib.import_module(GRADERS[name])
    if name == "ours":
        return lambda case: Judged(*(getattr(module.verdict(case), key, "") for key in Judged._fields))
    return lambda case: Judged(module.grade(case))


_grader: Callable[[Case], Judged]
_seconds = 0.0


def judge(name: str, tried: Sequence[Case], seconds: float) -> list[Judged]:
    """Verdicts in the order of the cases, on all cores."""
    with get_context("spawn").Pool(cores(), _start, (name, tried[:1], seconds)) as pool:
        return pool.map(_timed, tried, chunksize=CHUNK)


def rate(name: str, tried: Sequence[Case], processes: int, seconds: float, repeat: int) -> float:
    """Gradings per second of wall time: the best of some rounds, workers warm."""
    best = float("inf")
    with get_context("spawn").Pool(processes, _start, (name, tried[:WARM], seconds)) as pool:
        pool.map(_timed, tried[: WARM * processes], chunksize=1)
        for _ in range(repeat):
            started = time.perf_counter()
            pool.map(_timed, tried, chunksize=CHUNK)
            best = min(best, time.perf_counter() - started)
    return len(tried) / best


def _start(name: str, first: Sequence[Case], seconds: float) -> None:
    global _grader, _seconds  # noqa: PLW0603 (what a worker of a pool keeps)
    warnings.simplefilter("ignore")
    _grader, _seconds = load(name), START
    signal.signal(signal.SIGALRM, _ring)
    for case in first:
        _timed(case)
    _seconds = seconds


def _ring(*_: Any) -> None:
    raise _Late


def _timed(case: Case) -> Judged:
    try:
        signal.setitimer(signal.ITIMER_REAL, _seconds, 0.1)
        try:
            return _grader(case)
        except (Exception, RecursionError, MemoryError) as error:
            return Judged(None, type(error).__name__)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except _Late:
        signal.setitimer(signal.ITIMER_REAL, 0)
        return Judged(None, "out of time")
