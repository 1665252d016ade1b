"""What a build says while it runs: progress bars on a terminal, plain lines elsewhere, nothing for programs."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from curate.plan import Node


class Report:
    """Says nothing: for programs and tests."""

    def note(self, text: str) -> None:
        """One line that a user should see."""

    def passed(self, nodes: list[Node], seconds: float) -> None:
        """A pass was committed."""

    @contextlib.contextmanager
    def progress(self, name: str, total: int) -> Iterator[Callable[[int, Any], None]]:
        yield lambda rank, result: None


class Lines(Report):
    """Plain lines on standard error."""

    EVERY = 10.0
    """Seconds between two lines about one pass."""

    def note(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def passed(self, nodes: list[Node], seconds: float) -> None:
        self.note(f"{nodes[0].name}{f' .. {nodes[-1].name}' if len(nodes) > 1 else ''}: {seconds:.1f} s")

    @contextlib.contextmanager
    def progress(self, name: str, total: int) -> Iterator[Callable[[int, Any], None]]:
        finished, said = 0, time.monotonic()

        def advance(rank: int, result: Any) -> None:
            nonlocal finished, said
            finished += 1
            if time.monotonic() - said > self.EVERY and finished < total:
                said = time.monotonic()
                self.note(f"{name}: {finished:,} of {total:,} shards")

        yield advance


class Bars(Lines):
    """Progress bars on a terminal."""

    def note(self, text: str) -> None:
        from rich.console import Console

        Console(stderr=True).print(text, highlight=False, markup=False)

    @contextlib.contextmanager
    def progress(self, name: str, total: int) -> Iterator[Callable[[int, Any], None]]:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        shown = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
        with Progress(*shown, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(name, total=total)
            yield lambda rank, result: progress.advance(task)


def for_terminal() -> Report:
    """Bars if standard error is a terminal, else lines."""
    return Bars() if sys.stderr.isatty() else Lines()
