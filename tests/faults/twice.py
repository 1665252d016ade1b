"""`curate`, whose pools do each rank in two processes, at the same time or later: `python -m tests.faults.twice build ...`.

That is what a cluster does that takes a task for lost and starts it again. The second one may still be at it when what the first one did is
an object already. All processes are those of the local executor, so nothing else is different.
"""

from __future__ import annotations

import contextlib
import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from curate import executors
from curate.cli import main
from curate.executors import Done
from curate.executors.local import Local


class Twice(Local):
    """A pool, and another one that does the same ranks. What the first one says counts."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self.other = Local(workers)
        self.chance = random.Random(os.environ["FAULTS_SEED"])
        self.threads: list[threading.Thread] = []

    def run(self, work: Callable[[int], Any], count: int, done: Done | None = None) -> None:
        late = self.chance.random() < 0.5
        thread = threading.Thread(target=self._again, args=(work, count, self.chance.random() * 0.3 * late))
        self.wait()
        thread.start()
        self.threads.append(thread)
        super().run(work, count, done)
        if not late:
            self.wait()

    def _again(self, work: Callable[[int], Any], count: int, delay: float) -> None:
        """What goes wrong here goes wrong in a task that counts as lost."""
        time.sleep(delay)
        with contextlib.suppress(Exception):
            self.other.run(work, count)

    def wait(self) -> None:
        while self.threads:
            self.threads.pop().join()

    def close(self) -> None:
        self.wait()
        super().close()
        self.other.close()


def make(profile: Any, store: Path) -> Twice:
    return Twice(profile.workers)


if __name__ == "__main__":
    executors.make = make  # type: ignore[assignment]
    main()
