"""What a build says while it runs: progress bars on a terminal, plain lines elsewhere, nothing for programs."""

from __future__ import annotations

import contextlib
import math
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from curate.words import printable

if TYPE_CHECKING:
    from curate.models.meter import Spent
    from curate.plan import Node


AGAIN = 30.0
"""Seconds after which trouble that lasts is told again."""


class Report:
    """Says nothing: for programs and tests."""

    def note(self, text: str) -> None:
        """One line that a user should see."""

    def passed(self, nodes: list[Node], seconds: float) -> None:
        """A pass was committed."""

    @contextlib.contextmanager
    def progress(
        self,
        name: str,
        total: int,
        saying: Callable[[], str] | None = None,
        unit: str = "shards",
        trouble: Callable[[], str] | None = None,
    ) -> Iterator[Callable[[int, Any], None]]:
        """Takes each shard that is done. saying: what else there is to tell meanwhile; asked again and again, by another thread. unit: what
        a shard is called. trouble: why nothing gets on for the moment, empty where it does; asked each second and said at once."""
        yield lambda rank, result: None

    @contextlib.contextmanager
    def training(self, title: str, steps: int | None) -> Iterator[Callable[[dict[str, Any]], None]]:
        """Takes the figures of a run's newest step: `step`, `tokens`, `loss`, each None where the trainer does not say."""
        yield lambda figures: None


class Lines(Report):
    """Plain lines on standard error."""

    EVERY = 10.0
    """Seconds between two lines about one pass."""
    LOOK = 0.5
    """Seconds between two looks at whether there is trouble."""

    def note(self, text: str) -> None:
        print(printable(text), file=sys.stderr, flush=True)

    def passed(self, nodes: list[Node], seconds: float) -> None:
        self.note(f"{nodes[0].name}{f' .. {nodes[-1].name}' if len(nodes) > 1 else ''}: {seconds:.1f} s")

    @contextlib.contextmanager
    def progress(
        self,
        name: str,
        total: int,
        saying: Callable[[], str] | None = None,
        unit: str = "shards",
        trouble: Callable[[], str] | None = None,
    ) -> Iterator[Callable[[int, Any], None]]:
        finished, said = 0, time.monotonic()

        def advance(rank: int, result: Any) -> None:
            nonlocal finished, said
            finished += 1
            if time.monotonic() - said > self.EVERY and finished < total:
                said = time.monotonic()
                self.note(f"{name}: {finished:,} of {total:,} {unit}")

        def say(text: str) -> None:
            self.note(f"{name}: {text}")

        with _repeating(self.EVERY, saying, say), _repeating(self.LOOK, _now_and_then(trouble), say):
            yield advance

    @contextlib.contextmanager
    def training(self, title: str, steps: int | None) -> Iterator[Callable[[dict[str, Any]], None]]:
        said = 0.0

        def told(figures: dict[str, Any]) -> None:
            nonlocal said
            if figures["step"] is not None and time.monotonic() - said > self.EVERY:
                said = time.monotonic()
                self.note(f"{title}: {step_text(figures, steps)}")

        yield told


class Bars(Lines):
    """Progress bars on a terminal."""

    def note(self, text: str) -> None:
        from rich.console import Console

        Console(stderr=True).print(printable(text), highlight=False, markup=False)

    @contextlib.contextmanager
    def progress(
        self,
        name: str,
        total: int,
        saying: Callable[[], str] | None = None,
        unit: str = "shards",
        trouble: Callable[[], str] | None = None,
    ) -> Iterator[Callable[[int, Any], None]]:
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        shown = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
        with Progress(*shown, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(escape(name), total=total)

            def say(text: str) -> None:
                progress.update(task, description=escape(printable(f"{name}: {text}")))

            def tell(text: str) -> None:
                progress.console.print(printable(f"{name}: {text}"), highlight=False, markup=False)

            with _repeating(0.5, saying, say), _repeating(self.LOOK, _now_and_then(trouble), tell):
                yield lambda rank, result: progress.advance(task)

    @contextlib.contextmanager
    def training(self, title: str, steps: int | None) -> Iterator[Callable[[dict[str, Any]], None]]:
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        shown = [TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn()]
        with Progress(*shown, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(escape(title), total=steps)

            def told(figures: dict[str, Any]) -> None:
                text = escape(f"{title}: {step_text(figures, steps)}")
                progress.update(task, completed=figures["step"] or 0, description=text)

            yield told


@contextlib.contextmanager
def _repeating(seconds: float, saying: Callable[[], str] | None, say: Callable[[str], None]) -> Iterator[None]:
    """Say, every so many seconds, what there is to say."""
    if saying is None:
        yield
        return
    over = threading.Event()

    def run() -> None:
        while not over.wait(seconds):
            if text := saying():
                say(text)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _now_and_then(trouble: Callable[[], str] | None) -> Callable[[], str] | None:
    """Trouble as soon as there is some, and again each `AGAIN` seconds as long as it lasts."""
    if trouble is None:
        return None
    said = -math.inf

    def text() -> str:
        nonlocal said
        found, now = trouble(), time.monotonic()
        if not found or now - said < AGAIN:
            said = said if found else -math.inf
            return ""
        said = now
        return found

    return text


def asking_text(spent: Spent, currency: str, seconds: float) -> str:
    """`1,200 answers (310 a minute), 96,000 tokens in, 1,100,000 out, 0.42 USD`, as far as there is anything to tell."""
    if not spent.answered:
        return ""
    refused = f", {spent.refused:,} refused" if spent.refused else ""
    cost = f", {spent.cost:,.2f} {currency}" if spent.cost else ""
    tokens = f"{spent.prompt_tokens:,} tokens in, {spent.completion_tokens:,} out"
    each = 60 * spent.answered / max(seconds, 1e-9)
    return f"{spent.answered:,} answers ({each:,.0f} a minute){refused}, {tokens}{cost}"


def step_text(figures: dict[str, Any], steps: int | None) -> str:
    """`step 12 of 100, loss 3.2104`, as far as it is known; the reward in place of the loss where there is one, for there it means more."""
    step, name = figures["step"], "loss" if figures.get("reward") is None else "reward"
    if step is None:
        return "no step yet"
    value = figures.get(name)
    return f"step {step:,}{f' of {steps:,}' if steps else ''}{f', {name} {value:.4f}' if value is not None else ''}"


def for_terminal() -> Report:
    """Bars if standard error is a terminal, else lines."""
    return Bars() if sys.stderr.isatty() else Lines()
