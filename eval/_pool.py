"""Processes that call a function and may be killed at any moment: for work that can hang, crash or eat the memory of a machine.

Three things are expected of every request: a result, a `Killed` that says which limit it met, or, if the function raised, an error in the
caller. A hang costs its limit and nothing else: the process that imported the libraries stays, its forked child is replaced
(`eval._zygote`). Not `multiprocessing`, whose children may have no children in daemonic processes, run the caller's `__main__` again, or
inherit its threads and CUDA context: the processes are programs of their own, with pipes, and work wherever `subprocess` does.

`run` drives all its processes from the calling thread, and may be called from many: each borrows what is free, and gives it back after
every batch to whoever waits longest. Batches grow and shrink with the time they take; what stood behind a killed request goes
back to the queue, for all.

Left out: Windows, priorities, cancelling, functions that need more than JSON, one zygote for several children (its death would be theirs).
"""

from __future__ import annotations

import json
import os
import selectors
import threading
import time
import weakref
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from types import TracebackType
from typing import Any

from eval._worker import Lost, Worker

__all__ = ["Killed", "Pool"]

STRIKES = 2
"""Processes that may be lost with the same request in hand before it is blamed."""
FALSE_STARTS = 3
LONGEST, HEAVIEST = 256, 1 << 18
"""Requests, and about as many bytes, of a batch."""
BRISK, SLOW = 0.02, 0.1
"""Seconds below which the next batch is made longer, and above which it is made shorter."""


@dataclass(frozen=True)
class Killed:
    """A request that was not carried out; `reason` is one of the three of `Pool.reasons`."""

    reason: str


class Pool:
    """Call `module:function` on JSON values in processes with limits.

    `seconds` (wall clock) and `memory` (bytes more than before the call; not enforced on macOS) hold for each request. `warm` names a
    function without arguments that is called once per process, before any clock runs: for imports and caches. Processes start when
    first needed, and stay until `close`, the end of the `with`, or that of the program. A forked copy of the program gets its own.
    """

    def __init__(
        self, target: str, *, warm: str | None = None, workers: int = 1, seconds: float = 5.0, memory: int = 2**30
    ) -> None:
        if workers < 1 or seconds <= 0 or memory <= 0:
            raise ValueError(f"workers={workers}, seconds={seconds}, memory={memory}: all must be positive")
        self.target, self.workers = target, workers
        self._terms = (target, warm, seconds, memory)
        self.reasons = {
            "time": f"not judged within {seconds:g} s",
            "memory": f"not judged within {memory >> 20:,} MB",
            "death": "the judging process died",
        }
        self.batch = 8  # requests to a batch, as the last one suggests
        self._all: set[Worker] = set()
        self._reset()
        self._finalizer = weakref.finalize(self, _stop, self._all)
        _POOLS.add(self)

    def run(self, payloads: Sequence[Any]) -> list[Any]:
        """Results in the order of the payloads, a `Killed` in place of each that met a limit.

        Raises RuntimeError with the remote traceback if the function raised or could not be imported.
        """
        return _Run(self, payloads).results()

    def close(self) -> None:
        """End all processes; runs that are under way in other threads fail."""
        with self._lock:
            self._closed = True
            while self._queue:
                self._queue.popleft().put(None)
        _stop(self._all)

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _reset(self) -> None:
        """As a new pool, or one in a forked process: nothing of what is at hand belongs to it."""
        self._lock = threading.Lock()
        self._free: list[Worker] = []
        self._queue: deque[SimpleQueue[Worker | None]] = deque()
        self._closed = False
        while self._all:
            self._all.pop().abandon()

    def _borrow(self, wait: bool) -> Worker | None:
        """A process for one batch: a free one, a new one, or the next to become free."""
        while True:
            with self._lock:
                if self._closed:
                    raise RuntimeError("the pool is closed")
                if self._free or len(self._all) < self.workers:
                    worker = self._free.pop() if self._free else Worker(*self._terms)
                    self._all.add(worker)
                    worker.borrowed = True
                    return worker
                if not wait:
                    return None
                turn: SimpleQueue[Worker | None] = SimpleQueue()
                self._queue.append(turn)
            if found := self._awaited(turn):
                return found

    def _awaited(self, turn: SimpleQueue[Worker | None]) -> Worker | None:
        try:
            return turn.get()
        except BaseException:  # Ctrl-C: what was promised goes to the next
            with self._lock:
                promised = None if turn in self._queue else turn.get()
                if turn in self._queue:
                    self._queue.remove(turn)
            if promised:
                self._give_back(promised)
            raise

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            if self._queue:
                return self._queue.popleft().put(worker)
            worker.borrowed = False
            if not self._closed:
                return self._free.append(worker)
        self._discard(worker)
        return None

    def _discard(self, worker: Worker) -> None:
        """End a process; whoever waits for one may start another."""
        worker.borrowed = False
        worker.stop()
        with self._lock:
            self._all.discard(worker)
            if self._queue:
                self._queue.popleft().put(None)


class _Run:
    """One call of `Pool.run`: what is to be done, who is at it, and what has come of it."""

    def __init__(self, pool: Pool, payloads: Sequence[Any]) -> None:
        encode = json.JSONEncoder(allow_nan=False).encode
        self.pool = pool
        self.lines = [encode(payload) for payload in payloads]
        self.answers: list[Any] = [None] * len(self.lines)
        self.todo = deque(range(len(self.lines)))
        self.strikes: Counter[int] = Counter()
        self.false_starts = 0
        self.mine: dict[Worker, float] = {}  # and when it got its batch
        self.selector = selectors.PollSelector()

    def results(self) -> list[Any]:
        try:
            while self.todo or any(worker.batch for worker in self.mine):
                self._engage()
                for worker in self._awake():
                    self._attend(worker)
        except BaseException:
            for worker in list(self.mine):
                self._dismiss(worker)
                self.pool._discard(worker)  # in the middle of a batch that nobody will read
            raise
        for worker in list(self.mine):  # still starting
            self._release(worker)
        return self.answers

    def _engage(self) -> None:
        """Borrow as many processes as there is work for."""
        while sum(not worker.batch for worker in self.mine) < len(self.todo):
            worker = self.pool._borrow(wait=not self.mine)
            if worker is None:
                return
            self.mine[worker] = 0.0
            self.selector.register(worker.replies, selectors.EVENT_READ, worker)
            self.selector.register(worker.end, selectors.EVENT_READ, worker)
            if worker.ready:
                self._hand_over(worker)
            else:
                self._write(worker)

    def _release(self, worker: Worker) -> None:
        self._dismiss(worker)
        self.pool._give_back(worker)

    def _dismiss(self, worker: Worker) -> None:
        del self.mine[worker]
        for file in (worker.replies, worker.end, worker.requests):
            if file in self.selector.get_map():
                self.selector.unregister(file)

    def _awake(self) -> list[Worker]:
        """Those that have something to tell, can be written to, or have been silent for too long."""
        left = min((worker.deadline for worker in self.mine), default=0.0) - time.monotonic()
        heard = {key.data: None for key, _ in self.selector.select(max(left, 0) + 0.001)}
        now = time.monotonic()
        return [*heard, *(worker for worker in self.mine if worker not in heard and worker.deadline < now)]

    def _attend(self, worker: Worker) -> None:
        try:
            for index, what, value in worker.hear():
                self._settle(worker, index, what, value)
        except Lost as lost:
            return self._replace(worker, str(lost))
        if worker.batch:
            self._write(worker)
        elif worker.ready:
            self._finished(worker)
        return None

    def _settle(self, worker: Worker, index: int, what: str, value: Any) -> None:
        if what == "error":
            raise RuntimeError(f"{self.pool.target} failed\n{value}")
        if what == "killed":
            value = Killed(self.pool.reasons[value])
            self.pool.batch = 1  # where one hangs, the next may too: they are not to stand in one line
            self._take_back(worker)
        self.answers[index] = value

    def _take_back(self, worker: Worker) -> None:
        self.todo.extendleft(index for _, index in reversed(worker.batch))
        worker.batch.clear()

    def _replace(self, worker: Worker, cause: str) -> None:
        """Send elsewhere what a lost process had in hand; the request that it was at is blamed if that happens again."""
        self._dismiss(worker)
        self.pool._discard(worker)
        if not worker.ready:
            self.false_starts += 1
            if worker.words or self.false_starts == FALSE_STARTS:
                raise RuntimeError(f"no process to judge in could be started\n{worker.words.decode(errors='replace')}")
        if worker.batch:
            suspect = worker.batch[0][1]
            self.strikes[suspect] += 1
            if self.strikes[suspect] == STRIKES:
                worker.batch.popleft()
                self.answers[suspect] = Killed(self.pool.reasons[cause])
            self._take_back(worker)

    def _finished(self, worker: Worker) -> None:
        """A batch is done, or a new process is ready."""
        if started := self.mine[worker]:
            took = time.monotonic() - started
            if took < BRISK:
                self.pool.batch = min(self.pool.batch * 2, LONGEST)
            elif took > SLOW:
                self.pool.batch = max(self.pool.batch // 2, 1)
        elif self.todo:
            return self._hand_over(worker)
        return self._release(worker)

    def _hand_over(self, worker: Worker) -> None:
        length = min(self.pool.batch, len(self.todo) // (2 * self.pool.workers) + 1)
        batch, weight = [self.todo.popleft()], 0
        while len(batch) < length and self.todo and weight < HEAVIEST:
            if self.strikes[batch[0]] or self.strikes[self.todo[0]]:
                break  # a suspect goes alone
            batch.append(self.todo.popleft())
            weight += len(self.lines[batch[-1]])
        self.mine[worker] = time.monotonic()
        try:
            worker.hand_over((index, self.lines[index]) for index in batch)
        except Lost as lost:
            self._replace(worker, str(lost))
        else:
            self._write(worker)

    def _write(self, worker: Worker) -> None:
        """Write on, and ask to be woken when there is room for more."""
        try:
            sent = worker.flush()
        except Lost:
            return  # the end of its life is an event of its own
        known = worker.requests in self.selector.get_map()
        if sent and known:
            self.selector.unregister(worker.requests)
        elif not sent and not known:
            self.selector.register(worker.requests, selectors.EVENT_WRITE, worker)


def _stop(workers: set[Worker]) -> None:
    for worker in list(workers):
        worker.ask_to_stop()
    for worker in list(workers):
        worker.stop()
        workers.discard(worker)


def _forked() -> None:
    for pool in list(_POOLS):
        pool._reset()


_POOLS: weakref.WeakSet[Pool] = weakref.WeakSet()
os.register_at_fork(after_in_child=_forked)
