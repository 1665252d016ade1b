"""Pieces of work that go on side by side, what one needs before it: training runs, of which each is a process of its own.

Each piece is a generator that looks whether it can go on, and yields the seconds until it wants to look again; what it returns is what it
came to. So there are no threads, and one piece at a time is what it always was: one after the other. Ctrl-C is counted instead of
interrupting whatever goes on, and reaches every piece as KeyboardInterrupt where it yields: the first time to ask for an end, the
second time to leave. Left out: an order by how long a piece will take.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field

from curate.errors import CurateError

Work = Generator[float, None, str]
LONGEST = 0.2
"""Seconds after which Ctrl-C is noticed at the latest."""


@dataclass(frozen=True)
class Piece:
    """A piece of work, and the keys of those that it needs before it."""

    key: str
    begin: Callable[[], Work]
    needs: tuple[str, ...] = ()


@dataclass
class SideBySide:
    """Up to so many pieces at a time, begun in their order as soon as what they need is done."""

    pieces: Sequence[Piece]
    at_once: int = 1
    ended: Callable[[str, str, float], None] = lambda key, what, seconds: None
    """Called with the key of a piece that is done, what it came to, and how long it took."""
    failing: Callable[[CurateError], None] = lambda error: None
    """Called for a piece that fails while others go on."""
    done: dict[str, str] = field(default_factory=dict)
    failed: dict[str, CurateError] = field(default_factory=dict)
    _active: dict[str, tuple[Work, float]] = field(default_factory=dict)
    _began: dict[str, float] = field(default_factory=dict)
    _stopped: list[str] = field(default_factory=list)

    def run(self) -> dict[str, str]:
        """Key -> what it came to.

        CurateError of the first piece that failed, once those under way are finished and all that do not need it. KeyboardInterrupt, with
        what the pieces said when they ended, if Ctrl-C was pressed.
        """
        try:
            with _counted() as pressed:
                while not pressed() and (self._active or self._next()):
                    self._begin()
                    self._look()
                    self._rest(pressed)
                if pressed():
                    self._stop(pressed)
        finally:
            for work, _ in self._active.values():
                work.close()
        if self.failed:
            raise _together(list(self.failed.values()))
        return self.done

    def _next(self) -> list[Piece]:
        """What can begin now, as far as there is room."""
        free = [piece for piece in self.pieces if piece.key not in self._began and self.done.keys() >= {*piece.needs}]
        return free[: self.at_once - len(self._active)]

    def _begin(self) -> None:
        for piece in self._next():
            self._active[piece.key], self._began[piece.key] = (piece.begin(), 0.0), time.monotonic()

    def _look(self) -> None:
        """Let each piece go on whose time has come."""
        for key, (work, due) in list(self._active.items()):
            if time.monotonic() >= due:
                self._advance(key, lambda work=work: next(work))  # type: ignore[misc]

    def _advance(self, key: str, step: Callable[[], float]) -> None:
        work = self._active[key][0]
        try:
            self._active[key] = work, time.monotonic() + step()
            return
        except StopIteration as end:
            self.done[key] = end.value
            self.ended(key, end.value, time.monotonic() - self._began[key])
        except KeyboardInterrupt as end:
            self._stopped += [str(end)] if str(end) else []
        except CurateError as error:
            self.failed[key] = error
        del self._active[key]
        if key in self.failed and (self._active or self._next()):
            self.failing(self.failed[key])

    def _rest(self, pressed: Callable[[], int], until: int = 1) -> None:
        """Sleep until one of the pieces wants to look, or Ctrl-C was pressed so often."""
        while self._active and pressed() < until:
            left = min(due for _, due in self._active.values()) - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, LONGEST))

    def _stop(self, pressed: Callable[[], int]) -> None:
        """Ask all for an end and wait for it; leave them if Ctrl-C is pressed again. KeyboardInterrupt."""
        self._interrupt()
        while self._active and pressed() < 2:
            self._look()
            self._rest(pressed, 2)
        self._interrupt()
        raise KeyboardInterrupt("; ".join(self._stopped))

    def _interrupt(self) -> None:
        for key, (work, _) in list(self._active.items()):
            self._advance(key, lambda work=work: work.throw(KeyboardInterrupt()))  # type: ignore[misc]


def _together(errors: Sequence[CurateError]) -> CurateError:
    """The first error, and how many more there are."""
    first, more = errors[0], len(errors) - 1
    return first if not more else CurateError(f"{first.message} (and {more} more)", where=first.where)


@contextlib.contextmanager
def _counted() -> Iterator[Callable[[], int]]:
    """How often Ctrl-C was pressed, which interrupts nothing meanwhile. In a thread, which it does not reach, and where it is ignored, as
    in a shell's background, always 0."""
    count = 0

    def press(*_: object) -> None:
        nonlocal count
        count += 1

    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield lambda: 0
        return
    signal.signal(signal.SIGINT, press)
    try:
        yield lambda: count
    finally:
        signal.signal(signal.SIGINT, before)
