"""Work side by side: what needs what, how much at a time, what becomes of failures and of Ctrl-C."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import CurateError
from curate.side_by_side import Piece, SideBySide, Work


@dataclass
class Log:
    """What pieces did, in order: (key, `begins`, `ends`, `fails`, `stops` or `closes`)."""

    lines: list[tuple[str, str]] = field(default_factory=list)

    def piece(self, key: str, needs: tuple[str, ...], looks: int, fails: bool) -> Piece:
        def work() -> Work:
            self.lines.append((key, "begins"))
            for _ in range(looks):
                yield 0.0
            self.lines.append((key, "fails" if fails else "ends"))
            if fails:
                raise CurateError(f"{key} failed")
            return f"{key} done"

        return Piece(key, work, needs)

    def at(self, key: str, what: str) -> int:
        return self.lines.index((key, what))


@st.composite
def graphs(draw: st.DrawFn) -> list[tuple[str, tuple[str, ...], int, bool]]:
    """Pieces that need some of the earlier ones: key, needs, how often it looks, whether it fails."""
    count = draw(st.integers(0, 9))
    keys = [str(n) for n in range(count)]
    needs = [tuple(draw(st.sets(st.sampled_from(keys[:n]), max_size=2))) if n else () for n in range(count)]
    return [(key, needs[n], draw(st.integers(0, 3)), draw(st.integers(0, 4)) == 0) for n, key in enumerate(keys)]


@given(graphs(), st.integers(1, 4))
def test_all_that_can_be_done_is_done_once_after_what_it_needs_and_so_many_at_a_time(
    graph: list[tuple[str, tuple[str, ...], int, bool]], at_once: int
) -> None:
    log, ended = Log(), []
    side = SideBySide([log.piece(*one) for one in graph], at_once, lambda key, *_: ended.append(key))
    bad: set[str] = set()
    for key, needs, _, fails in graph:
        if fails or bad & {*needs}:
            bad.add(key)
    failing = [key for key, needs, _, fails in graph if fails and not bad & {*needs}]
    if failing:
        with pytest.raises(CurateError, match=r"^\d failed( \(and \d more\))?$") as error:
            side.run()
        assert str(error.value).endswith(f"(and {len(failing) - 1} more)") == (len(failing) > 1)
    else:
        side.run()
    assert side.done == {key: f"{key} done" for key, *_ in graph if key not in bad}
    assert {*ended} == side.done.keys()
    assert sorted(key for key, what in log.lines if what == "begins") == sorted([*side.done, *failing])
    for key, needs, *_ in graph:
        assert key not in side.done or all(log.at(one, "ends") < log.at(key, "begins") for one in needs)
    active = 0
    for _, what in log.lines:
        active += 1 if what == "begins" else -1
        assert active <= at_once


@given(graphs())
def test_one_at_a_time_is_one_after_the_other_in_their_order(
    graph: list[tuple[str, tuple[str, ...], int, bool]],
) -> None:
    log = Log()
    SideBySide([log.piece(key, needs, looks, False) for key, needs, looks, _ in graph]).run()
    assert log.lines == [(key, what) for key, *_ in graph for what in ("begins", "ends")]


def stubborn(log: Log, key: str, stops: Callable[[], bool]) -> Piece:
    """A piece that goes on until it is asked to stop, and then until `stops()`."""

    def work() -> Work:
        log.lines.append((key, "begins"))
        try:
            while True:
                yield 0.01
        except KeyboardInterrupt:
            log.lines.append((key, "stops"))
            try:
                while not stops():
                    yield 0.01
            except KeyboardInterrupt:
                log.lines.append((key, "closes"))
            raise KeyboardInterrupt(f"{key} goes on another time") from None

    return Piece(key, work)


def press(after: float) -> None:
    threading.Timer(after, os.kill, (os.getpid(), signal.SIGINT)).start()


def test_ctrl_c_asks_every_piece_for_an_end_waits_for_it_and_begins_nothing_more() -> None:
    log, end = Log(), time.monotonic() + 0.3
    pieces = [stubborn(log, "a", lambda: time.monotonic() > end), stubborn(log, "b", lambda: True)]
    press(0.1)
    with pytest.raises(KeyboardInterrupt, match=r"^b goes on another time; a goes on another time$"):
        SideBySide([*pieces, log.piece("c", (), 1, False), log.piece("d", ("a",), 1, False)], 2).run()
    assert log.lines == [("a", "begins"), ("b", "begins"), ("a", "stops"), ("b", "stops")]
    assert time.monotonic() > end
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_again_leaves_them() -> None:
    log = Log()
    press(0.1)
    press(0.3)
    with pytest.raises(KeyboardInterrupt):
        SideBySide([stubborn(log, "a", lambda: False), stubborn(log, "b", lambda: False)], 2).run()
    assert [what for _, what in log.lines] == ["begins", "begins", "stops", "stops", "closes", "closes"]


def test_where_ctrl_c_is_ignored_it_stays_so() -> None:
    log, before = Log(), signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        os.kill(os.getpid(), signal.SIGINT)
        SideBySide([log.piece("a", (), 1, False)]).run()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    assert log.lines == [("a", "begins"), ("a", "ends")]


def test_an_error_of_ours_closes_what_is_under_way() -> None:
    log = Log()

    def broken() -> Work:
        yield 0.0
        raise ZeroDivisionError

    def long() -> Work:
        try:
            while True:
                yield 0.01
        finally:
            log.lines.append(("long", "closes"))

    with pytest.raises(ZeroDivisionError):
        SideBySide([Piece("long", long), Piece("broken", broken)], 2).run()
    assert log.lines == [("long", "closes")]


def test_it_works_in_a_thread_too() -> None:
    log, found = Log(), []
    thread = threading.Thread(target=lambda: found.append(SideBySide([log.piece("a", (), 1, False)]).run()))
    thread.start()
    thread.join()
    assert found == [{"a": "a done"}]


def test_a_failure_is_told_at_once_where_something_goes_on() -> None:
    log, told = Log(), []
    pieces = [log.piece("a", (), 0, True), log.piece("b", (), 2, False), log.piece("c", ("a",), 0, False)]
    with pytest.raises(CurateError, match=r"^a failed$"):
        SideBySide(pieces, 1, failing=lambda error: told.append((str(error), len(log.lines)))).run()
    assert told == [("a failed", 2)]
    with pytest.raises(CurateError):
        SideBySide([log.piece("a", (), 0, True)], 1, failing=lambda error: told.append((str(error), 0))).run()
    assert len(told) == 1
