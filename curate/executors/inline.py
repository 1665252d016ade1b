"""One rank after the other, in this process: for debuggers, notebooks and small data."""

from collections.abc import Callable
from typing import Any

from curate.executors import Done, heaviest_first


class Inline:
    """Runs ranks here. A step that hangs or wants too much memory gets an exception; one that crashes takes the process with it."""

    isolated = False
    workers = 1

    def run(self, work: Callable[[int], Any], count: int, done: Done | None = None) -> None:
        for rank in heaviest_first(work, count):
            result = work(rank)
            if done:
                done(rank, result)

    def close(self) -> None:
        """Nothing to let go."""
