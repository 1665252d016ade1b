"""Waiting for threads so that Ctrl-C is heard.

polars lets system calls go on after a signal (SA_RESTART), so a main thread that waits for a lock without end never wakes to raise
KeyboardInterrupt. These wake now and then. Left out: ending the thread, which is its caller's affair.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")
SECONDS = 0.1


def settle(answer: Future[Any], call: Callable[..., Any], *args: Any, **options: Any) -> None:
    """In the thread: make a call, and give what it gives or raises."""
    try:
        answer.set_result(call(*args, **options))
    except BaseException as error:
        answer.set_exception(error)


def result(running: Future[T]) -> T:
    """What the thread gives or raises, or KeyboardInterrupt in the main thread."""
    while True:
        try:
            return running.result(SECONDS)
        except TimeoutError:
            if running.done():
                return running.result()


def taken(waiting: queue.SimpleQueue[T]) -> T:
    """The next thing that a thread puts there, or KeyboardInterrupt in the main thread."""
    while True:
        try:
            return waiting.get(timeout=SECONDS)
        except queue.Empty:
            continue
