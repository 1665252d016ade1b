"""No document takes a batch, a worker or a build down with it.

A step that raises on a batch is tried on halves until the poison documents stand alone; they are quarantined with their error and the
rest of the batch goes on. Where it is known which documents failed (`SomeLost`), nothing is tried again. A step that kills its worker, or
does not come back within the limit, leaves a journal of the slice it was on: the next attempt cuts that slice into pieces, until one
document alone has died twice and gets the fate `killed`. The limits are a last net of generous seconds and bytes; what decides fates in
ordinary life are limits on bytes, depth and nodes inside the steps.

Memory is held by RLIMIT_DATA, set for the call of a step at what the process has then and the limit on top. The kernel refuses whoever
asks for more at once, in whatever library; watching the resident size instead would be too late for what allocates gigabytes a second.
Python and NumPy answer with a MemoryError, Rust and C++ abort, and the worker dies. RLIMIT_AS would count the address space that polars,
pyarrow and CUDA reserve and never touch. Left out: memory that is mapped from files or shared, and systems other than Linux.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import resource
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from curate.artifact import replace_file
from curate.errors import CurateError

PIECES = 8
"""Into how many pieces a slice is cut after it killed its worker."""
DEATHS = 2
"""Deaths of one document alone that make it `killed`."""
STATM = Path("/proc/self/statm")
"""Its sixth number is the pages that RLIMIT_DATA counts."""
VMSTAT = Path("/proc/vmstat")
BUDGET = 0.05
BUDGET_FLOOR = 20
"""A step fails when more than 5% of its documents, and more than 20 of them, are quarantined: that is a broken step, not bad pages."""


Step = Callable[[pl.DataFrame], pl.DataFrame]


class TooMany(CurateError):
    """So many documents of one shard failed that the step looks broken. Whether it is depends on how many documents there are in all."""


class SomeLost(ValueError):
    """Some documents of a batch failed, and it is known which: nothing is to be tried again."""

    def __init__(self, message: str, frame: pl.DataFrame, lost: list[int]) -> None:
        """frame: what the step made of the others; lost: places in the batch, in order."""
        super().__init__(message)
        self.frame, self.lost = frame, lost


class TimedOut(Exception):
    """The limit of a slice ran out in a process that may not be killed."""


DEATH = {
    signal.SIGALRM: "it did not come back in time",
    signal.SIGABRT: "it aborted, as native code does that gets no more memory",
    signal.SIGKILL: "it was killed from outside, as by a system that is out of memory",
    signal.SIGSEGV: "it crashed",
}
"""What the signal says that a worker died of."""
LOST = 1000
"""In place of an exit code: the machine went away, or all of its processes. That says nothing against the document they were on."""
STARVED = 1001
"""In place of an exit code: the system killed it to have memory again. What one call may take is held by RLIMIT_DATA, so that says that the
machine has less than was promised, and nothing against the document; batches get smaller all the same."""
_last_death = 0


def killed_for_memory(since: int = 0) -> int:
    """How many processes this system has killed for memory, less `since`; 0 where it does not tell."""
    try:
        lines = VMSTAT.read_text("ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill ")) - since


def lives(host: str = "", pid: int = 0) -> bool:
    """Whether another process of this machine is still at a slice: a cluster may start a task twice."""
    return host == socket.gethostname() and pid != os.getpid() and Path(f"/proc/{pid}").exists()


def died_of(exitcode: int) -> None:
    """Tell the guards of this process how the worker ended that had its work before; 0 if none had."""
    global _last_death  # noqa: PLW0603
    _last_death = exitcode


def how_it_died() -> str:
    """What the worker died of that had this process's work before; empty if none did, or if its machine went away."""
    if _last_death in (0, LOST, STARVED):
        return ""
    known = {int(number): how for number, how in DEATH.items()}
    return known.get(-_last_death, "it crashed, took too much memory or did not come back in time")


@dataclass
class Outcome:
    """What a step gave for a batch: frames in row order, and rows that left with (row position, fate, error)."""

    frames: list[pl.DataFrame] = field(default_factory=list)
    lost: list[tuple[int, str, str]] = field(default_factory=list)


@dataclass
class Guard:
    """Runs one shard's step calls; `journal` is that shard's file for what killed a worker."""

    journal: Path
    seconds: float = 60.0
    seconds_per_row: float = 0.5
    memory: int | None = None
    """Bytes that a call may take beyond what the process has; None for no limit."""
    may_die: bool = True
    """In a worker process of its own, a hung step may take the process with it; inline it gets an exception."""
    attempt: str = ""
    """Names the pass. A slice that was running when a build died says nothing against its documents; only a worker that died alone does."""
    history: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with contextlib.suppress(FileNotFoundError, ValueError):
            self.history = json.loads(self.journal.read_text("utf-8"))
        died = self.history.pop("running", None)
        if died and died[0] == self.attempt and _last_death != LOST and not lives(*died[4:]):
            self.died(*died[1:4])

    def running(self, node: str, low: int, high: int) -> list[Any]:
        """What the journal says of a slice that is under way: which, and who is at it."""
        return [self.attempt, node, low, high, socket.gethostname(), os.getpid()]

    def died(self, node: str, low: int, high: int) -> None:
        """An earlier attempt at this shard ended inside this slice."""
        marks = self.history.setdefault(node, {"slices": [], "deaths": {}, "killed": {}})
        if high - low == 1 and _last_death != STARVED:
            deaths = marks["deaths"][str(low)] = marks["deaths"].get(str(low), 0) + 1
            if deaths >= DEATHS:
                how = how_it_died() or "it crashed, took too much memory or did not come back in time"
                marks["killed"][str(low)] = f"killed its worker {DEATHS} times: {how}"
        marks["slices"].append([low, high])  # one alone too: beside a document that raises it would never stand alone
        self.save()

    def save(self) -> None:
        replace_file(self.journal, json.dumps(self.history).encode(), durable=False)

    def run(
        self,
        node: str,
        call: Callable[[pl.DataFrame], pl.DataFrame],
        docs: pl.DataFrame,
        timed: bool = True,
        most: int | None = None,
    ) -> Outcome:
        """Call a step on a batch, slice by slice if this batch has killed a worker before.

        most: how many documents of the whole corpus may be lost. TooMany beyond it or, where it is not known, beyond half of the batch.
        """
        outcome = Outcome()
        marks = self.history.get(node, {"slices": [], "deaths": {}, "killed": {}})
        budget = max(BUDGET_FLOOR, docs.height // 2) if most is None else most
        for low, high in _slices(docs.height, marks["slices"]):
            if high - low == 1 and str(low) in marks["killed"]:
                outcome.lost.append((low, "killed", marks["killed"][str(low)]))
                continue
            self.halve(node, call, docs, low, high, outcome, budget, timed)
        return outcome

    def halve(
        self, node: str, call: Step, docs: pl.DataFrame, low: int, high: int, outcome: Outcome, budget: int, timed: bool
    ) -> None:
        """Call on [low, high); if it raises, on its halves."""
        if high > low:  # not in the try: a journal that cannot be written says nothing against these documents
            self.journal.write_text(json.dumps({**self.history, "running": self.running(node, low, high)}), "utf-8")
        try:
            with self.watched(low, high, timed):
                outcome.frames.append(call(docs.slice(low, high - low)))
            return
        except CurateError:
            raise
        except SomeLost as some:
            outcome.frames.append(some.frame)
            for place in some.lost:
                self.lose(node, outcome, budget, (low + place, "quarantined", self.said(ValueError(*some.args))), some)
            return
        except (Exception, SystemExit, pl.exceptions.PanicException) as error:
            if high - low <= 1:
                fate = "killed" if isinstance(error, TimedOut | MemoryError) else "quarantined"
                self.lose(node, outcome, budget, (low, fate, self.said(error)), error)
                return
        middle = (low + high) // 2
        self.halve(node, call, docs, low, middle, outcome, budget, timed)
        self.halve(node, call, docs, middle, high, outcome, budget, timed)

    def lose(self, node: str, outcome: Outcome, budget: int, lost: tuple[int, str, str], error: BaseException) -> None:
        """Note a document that failed. TooMany if that is one more than may."""
        outcome.lost.append(lost)
        if len(outcome.lost) > budget:
            raise TooMany(f"{node}: more than {budget:,} documents failed; the last: {lost[2]}") from error

    def said(self, error: BaseException) -> str:
        """An error on one line. It is part of what a node holds, so it does not say how much memory a worker of this machine has."""
        what = f"{error}"
        if isinstance(error, MemoryError) and self.memory:
            what = f"wanted more memory than a worker may take. {what}"
        return " ".join(f"{type(error).__name__}: {what}".split())[:500]

    @contextlib.contextmanager
    def watched(self, low: int, high: int, timed: bool) -> Iterator[None]:
        """Set the alarm and the limit of memory; both are gone when the slice is done."""
        limit = self.seconds + self.seconds_per_row * (high - low)
        alarmed = timed and threading.current_thread() is threading.main_thread()
        before: Any = None
        if alarmed:
            before = signal.signal(signal.SIGALRM, signal.SIG_DFL if self.may_die else _raise)
            signal.setitimer(signal.ITIMER_REAL, limit)
        try:
            with at_most(self.memory if alarmed else None):
                yield
        finally:
            if alarmed:
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, before)

    def done(self) -> None:
        self.journal.unlink(missing_ok=True)


def _raise(number: int, frame: Any) -> None:
    raise TimedOut("did not come back in time")


@contextlib.contextmanager
def at_most(memory: int | None) -> Iterator[None]:
    """Let this process take no more than so many bytes beyond what it has."""
    if memory is None or not STATM.is_file():
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = int(STATM.read_text().split()[5]) * resource.getpagesize() + memory
    known = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min([most, *known]), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _slices(height: int, seen: list[list[int]]) -> list[tuple[int, int]]:
    """Cover [0, height): every slice that died is cut into pieces, the smallest cuts win."""
    cuts = {0, height}
    for low, high in seen:
        step = max(1, -(-(high - low) // PIECES))
        cuts.update((low, high, *range(low, high, step)))
    bounds = sorted(c for c in cuts if c <= height)
    return list(itertools.pairwise(bounds)) or [(0, height)]
