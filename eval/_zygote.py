"""The judging side of `eval._pool`: a program that imports what it judges with once, and forks a child that does the judging.

Run as a file, not imported: `python -P _zygote.py`. The child reads batches from the pipe and answers on another, both of them duplicates
of the standard ones, which lead to /dev/null by then. Limits are the kernel's, set anew for each request: a timer whose signal has its
default action ends the child in whatever native code or `except BaseException` it may be, and RLIMIT_AS refuses memory. Which request
was under way stands in shared memory, so that the zygote can tell after the child's death; then it forks the next child, in milliseconds.

The zygote itself does nothing but wait, and so hardly ever dies; where it does, `eval._pool` starts another. Left out: processes that a
judged function starts (they end with the pool, not with their request), and memory limits where there is no /proc (macOS).
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import mmap
import os
import resource
import signal
import struct
import sys
import threading
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

RECYCLED = 5000
"""Requests after which a child makes room for a fresh one: the caches of a library such as SymPy only grow."""
_NOTE = struct.Struct("QQ")
_AT_WORK, _TIRED, _OUT_OF_MEMORY, _FINISHED = range(4)


def main() -> None:
    """Read the first line, import, say `ready`, and supervise children until the pipe is closed."""
    hello = json.loads(sys.stdin.buffer.readline())
    requests, replies = os.dup(0), os.dup(1)
    os.dup2(2, 1)  # what a module prints while it is imported
    sys.path[:] = hello["path"]
    for number in (signal.SIGALRM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    function = _found(hello["target"])
    if hello["warm"]:
        _found(hello["warm"])()
    if threading.active_count() > 1:
        raise RuntimeError(f"{hello['target']} starts threads when it is imported; a fork would lose them")
    gc.collect()
    gc.freeze()  # no collection in a child touches, and so copies, what it shares with its siblings
    child = _Child(function, hello["seconds"], hello["memory"], requests, replies)
    _say(replies, 0, "ready", None)
    with contextlib.suppress(BrokenPipeError):
        while child.live_and_die():
            pass
    os._exit(0)


def _found(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


def _say(replies: int, serial: int, what: str, value: object) -> None:
    _write(replies, json.dumps([serial, what, value]).encode())


def _write(replies: int, line: bytes) -> None:
    left = memoryview(line + b"\n")
    while left:
        left = left[os.write(replies, left) :]


class _Child:
    """One child after the other; what they are told at birth, and how they work."""

    def __init__(
        self, function: Callable[[Any], Any], seconds: float, memory: int, requests: int, replies: int
    ) -> None:
        self.function, self.seconds, self.memory = function, seconds, memory
        self.requests, self.replies = requests, replies
        self.note = mmap.mmap(-1, _NOTE.size)
        self.hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        self.pid = 0
        signal.signal(signal.SIGTERM, self._end)

    def live_and_die(self) -> bool:
        """Fork a child, wait for its end, report a death that was not of its own will; False if there is nobody left to serve."""
        _NOTE.pack_into(self.note, 0, 0, _AT_WORK)
        self.pid = os.fork()
        if self.pid == 0:
            self._serve()
        status = os.waitpid(self.pid, 0)[1]
        self.pid = 0
        serial, state = _NOTE.unpack_from(self.note)
        if state in (_AT_WORK, _OUT_OF_MEMORY):
            os.write(self.replies, b"\n")  # ends a reply that the child was writing
            _say(self.replies, serial, "killed", _cause(status, state))
        return bool(state != _FINISHED)

    def _end(self, number: int, frame: FrameType | None) -> None:
        """Take the child along, so that nobody else has to bury it."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os._exit(0)

    def _serve(self) -> None:
        """The life of a child; never returns."""
        state = _AT_WORK
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            self.statm = _open_statm()
            self._leave_standard_files()
            born = self._size()
            state = self._work(born + self.memory // 4)
        except BrokenPipeError:
            state = _FINISHED
        finally:
            if state != _AT_WORK:
                _NOTE.pack_into(self.note, 0, 0, state)
            os._exit(1)

    def _work(self, largest: int) -> int:
        done = 0
        for line in os.fdopen(self.requests, "rb"):
            batch = json.loads(line)
            for serial, payload in batch:
                _NOTE.pack_into(self.note, 0, serial, _AT_WORK)
                self._judge(serial, payload)
            _NOTE.pack_into(self.note, 0, 0, _AT_WORK)
            done += len(batch)
            if done >= RECYCLED or self._size() > largest:
                return _TIRED
        return _FINISHED

    def _judge(self, serial: int, payload: Any) -> None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # a library may have had its own handler
        self._limit(self.memory)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)
        try:
            reply = json.dumps([serial, "result", self.function(payload)], allow_nan=False)
        except MemoryError:
            _NOTE.pack_into(self.note, 0, serial, _OUT_OF_MEMORY)
            os._exit(1)  # whatever could not be built may have been left half-built
        except BaseException:
            reply = json.dumps([serial, "error", traceback.format_exc()])
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._limit(None)
        _write(self.replies, reply.encode())

    def _limit(self, memory: int | None) -> None:
        """So much more address space than there is now, or as much as there may be."""
        if self.statm is not None:
            soft = self.hard if memory is None else self._size() + memory
            with contextlib.suppress(ValueError):  # above the hard limit, which then is the one that counts
                resource.setrlimit(resource.RLIMIT_AS, (soft, self.hard))

    def _size(self) -> int:
        """Bytes of address space in use, 0 where that cannot be told."""
        return int(os.pread(self.statm, 32, 0).split()[0]) * mmap.PAGESIZE if self.statm is not None else 0

    def _leave_standard_files(self) -> None:
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")  # where the machine runs out of memory, rather this process than the one that trains


def _open_statm() -> int | None:
    try:
        return os.open("/proc/self/statm", os.O_RDONLY)
    except OSError:
        return None


def _cause(status: int, state: int) -> str:
    killer = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if state == _OUT_OF_MEMORY or killer == signal.SIGKILL:
        return "memory"
    return "time" if killer == signal.SIGALRM else "death"


if __name__ == "__main__":
    main()
