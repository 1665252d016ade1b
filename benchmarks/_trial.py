"""Runs a grader over many cases in processes of their own, with a time limit for each case.

A signal ends a grading that takes too long, again and again until it is heard, because SymPy catches everything in places. It is not
heard inside one long operation of C: the graders' parsers refuse the powers that lead there.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from typing import Any, NamedTuple

from benchmarks import _graders_ours
from benchmarks._labelled import Case
from eval.grading import Grader, Verdict

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
    return lambda case: told(module.verdict(case)) if name == "ours" else Judged(module.grade(case))


def told(verdict: Verdict) -> Judged:
    return Judged(verdict.value, verdict.reason, verdict.answer or "")


_grader: Callable[[Case], Judged]
_seconds = 0.0


def judge(name: str, tried: Sequence[Case], seconds: float) -> list[Judged]:
    """Verdicts in the order of the cases, on all cores. Ours has processes and limits of its own and uses these."""
    with _judges(name, tried[:1], cores(), seconds) as ask:
        return ask(tried)


def rate(name: str, tried: Sequence[Case], processes: int, seconds: float, repeat: int) -> float:
    """Gradings per second of wall time: the best of some rounds, workers warm."""
    best = float("inf")
    with _judges(name, tried[:WARM], processes, seconds) as ask:
        ask(tried[: CHUNK * processes])
        for _ in range(repeat):
            started = time.perf_counter()
            ask(tried)
            best = min(best, time.perf_counter() - started)
    return len(tried) / best


@contextlib.contextmanager
def _judges(
    name: str, first: Sequence[Case], processes: int, seconds: float
) -> Iterator[Callable[[Sequence[Case]], list[Judged]]]:
    if name == "ours":
        with Grader(workers=processes, seconds=seconds) as grader:
            yield lambda some: [told(v) for v in grader.map(map(_graders_ours.arguments, some))]
        return
    with get_context("spawn").Pool(processes, _start, (name, first, seconds)) as pool:
        yield lambda some: pool.map(_timed, some, chunksize=CHUNK)


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
