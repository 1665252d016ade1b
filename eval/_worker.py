"""One judging process of `eval._pool`, seen from the process that asks it.

Neither side writes while the other does: a batch is read whole before its first answer is written, and the next batch is sent when all
answers are in. So no pipe can fill up on both sides, and a batch makes the round trip cheap. All pipes are non-blocking on this side.

The zygote is the leader of a session of its own (Ctrl-C in the terminal is not for it) and holds the only writing end of its standard
error: the end of that file is the zygote's end, however it came, and also where its last words are when it cannot start.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

STARTED = 300.0
"""Seconds that importing may take, on the slowest file system."""
GRACE = 3.0
"""Seconds beyond a request's limit after which nobody believes in the judging process any more."""
PARTING = 0.5
"""Seconds for a zygote to bury its child before both are killed."""
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Lost(Exception):
    """The process is of no more use; the text is `time` if it was waited for in vain, else `death`."""


class Worker:
    """A zygote, its child and the batch that they have in hand."""

    def __init__(self, target: str, warm: str | None, seconds: float, memory: int) -> None:
        path = [os.path.abspath(entry) for entry in sys.path]
        hello = {"path": path, "target": target, "warm": warm, "seconds": seconds, "memory": memory}
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__).with_name("_zygote.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            env={**os.environ, **_ONE_THREAD, "PYTHONSAFEPATH": "1", "PYTHONHASHSEED": "0"},
        )
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self.files = (self.process.stdin, self.process.stdout, self.process.stderr)
        self.requests, self.replies, self.end = (file.fileno() for file in self.files)
        for file in (self.requests, self.replies, self.end):
            os.set_blocking(file, False)
        self.ready = self.ended = self.borrowed = False
        self.batch: deque[tuple[int, int]] = deque()  # (serial, index in the caller's list) of what has no answer yet
        self.words = b""
        self._ending = threading.Lock()
        self.patience, self.deadline = seconds + GRACE, time.monotonic() + STARTED
        self._serials = itertools.count(1)
        self._unsent = memoryview(json.dumps(hello).encode() + b"\n")
        self._heard: list[bytes] = []
        with contextlib.suppress(Lost):  # will be seen when it is asked
            self.flush()

    def hand_over(self, lines: Iterable[tuple[int, str]]) -> None:
        """Send a batch: pairs of an index and a payload in JSON."""
        assert self.ready and not self.batch and not self._unsent
        parts = []
        for index, line in lines:
            serial = next(self._serials)
            self.batch.append((serial, index))
            parts.append(f"[{serial},{line}]")
        self._unsent = memoryview(f"[{','.join(parts)}]\n".encode())
        self.deadline = time.monotonic() + self.patience
        self.flush()

    def flush(self) -> bool:
        """Write what the pipe takes; True if that was all."""
        with contextlib.suppress(BlockingIOError):
            while self._unsent:
                try:
                    self._unsent = self._unsent[os.write(self.requests, self._unsent) :]
                except BrokenPipeError:
                    raise Lost("death") from None
        return not self._unsent

    def hear(self) -> Iterator[tuple[int, str, Any]]:
        """Messages that have come: an index, `result`, `error` or `killed`, and what is told. Lost if the process is."""
        gone = self._gone()
        for line in self._lines():
            try:
                serial, what, value = json.loads(line)
            except ValueError:
                continue  # torn by the death that the next line tells of
            self.deadline = time.monotonic() + self.patience
            if what == "ready":
                self.ready = True
            elif self.batch and self.batch[0][0] == serial:
                yield self.batch.popleft()[1], what, value
            else:
                raise Lost("death")  # of a child that was not at work, perhaps in the middle of reading
        if gone:
            raise Lost("death")
        if time.monotonic() > self.deadline:
            raise Lost("time")

    def _lines(self) -> Iterator[bytes]:
        with contextlib.suppress(BlockingIOError):
            while piece := os.read(self.replies, 1 << 18):
                *whole, rest = piece.split(b"\n")
                for line in whole:
                    yield b"".join((*self._heard, line))
                    self._heard.clear()
                self._heard.append(rest)

    def _gone(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            while words := os.read(self.end, 1 << 16):
                self.words = (self.words + words)[-20_000:]
            self.ended = True
        return self.ended

    def stop(self) -> None:
        """End the process and all it started, whatever state it is in; leave no zombie and, once nobody reads them, no open file.

        From any thread: that of `Pool.close` ends what others have borrowed, and these close the files when they come to notice.
        """
        self.ask_to_stop()
        with self._ending:
            if self.process.returncode is None:
                self._end()
            if not self.borrowed:
                self._close()

    def _end(self) -> None:
        poll = select.poll()
        poll.register(self.end, select.POLLIN)
        patience = time.monotonic() + PARTING
        while not self._gone() and (left := patience - time.monotonic()) > 0:
            poll.poll(left * 1000)
        # Before the zygote is reaped: until then nobody else can have its number.
        self._signal(os.killpg, signal.SIGKILL)
        self.process.wait()

    def ask_to_stop(self) -> None:
        """Begin `stop`, for several to end at a time."""
        self._signal(os.kill, signal.SIGTERM)

    def abandon(self) -> None:
        """Forget a process that belongs to the parent of this one."""
        self.process.returncode = 0
        self._close()

    def _signal(self, how: Callable[[int, int], None], number: int) -> None:
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: the latter if only zombies are left
                how(self.process.pid, number)

    def _close(self) -> None:
        for file in self.files:
            file.close()
