"""One pool of spawned processes for a whole build on one machine.

Spawned, because a forked polars can deadlock. Each worker's libraries get one thread: the workers are the parallelism. A worker that
dies takes only its rank with it; the rank is tried again, and `curate/guard.py` finds the document that did it.
"""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import os
import pickle
import sys
import tempfile
import threading
import time
import types
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import CurateError
from curate.executors import Done, heaviest_first
from curate.guard import died_of

if TYPE_CHECKING:
    from pebble import ProcessPool

DEATHS = 64
"""How often one rank may take its worker down before the build gives up on it."""
EVERY = 0.5
"""Seconds between two looks of a worker at whether its build is there."""
THREADS = {
    "POLARS_MAX_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONSAFEPATH": "1",
}


class Local:
    """`workers` processes, started at first use and kept until `close`."""

    isolated = True

    def __init__(self, workers: int) -> None:
        self.workers = max(1, workers)
        self.pool: ProcessPool | None = None

    def run(self, work: Callable[[int], Any], count: int, done: Done | None = None) -> None:
        if not count:
            return
        with tempfile.TemporaryDirectory(prefix="curate-") as folder, _worker_environment():
            path = Path(folder) / "work.pickle"
            path.write_bytes(pickle.dumps(work))
            self._run(str(path), heaviest_first(work, count), done)

    def _run(self, path: str, ranks: list[int], done: Done | None) -> None:
        from pebble import ProcessExpired, ProcessPool

        pool = self.pool = self.pool or ProcessPool(
            self.workers, initializer=_end_with, initargs=(os.getpid(),), context=multiprocessing.get_context("spawn")
        )
        deaths: dict[int, int] = {}
        running: dict[Future[Any], int] = {pool.schedule(_rank, args=(path, rank, 0)): rank for rank in ranks}
        try:
            while running:
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    rank = running.pop(future)
                    try:
                        result = future.result()
                    except ProcessExpired as death:
                        deaths[rank] = deaths.get(rank, 0) + 1
                        if deaths[rank] > DEATHS:
                            raise CurateError(
                                f"a worker died {DEATHS} times on one shard (exit code {death.exitcode})"
                            ) from None
                        running[pool.schedule(_rank, args=(path, rank, death.exitcode))] = rank
                        continue
                    if done:
                        done(rank, result)
        except BaseException:
            self._stop()
            raise

    def _stop(self) -> None:
        if self.pool:
            self.pool.stop()
            self.pool.join()
            self.pool = None

    def close(self) -> None:
        if self.pool:
            self.pool.close()
            self.pool.join()
            self.pool = None


def _end_with(parent: int) -> None:
    """End this worker when the build is gone, also by kill -9: it would go on asking models for money, and hold what it asks."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(EVERY)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@functools.lru_cache(maxsize=2)
def _work(path: str) -> Callable[[int], Any]:
    return pickle.loads(Path(path).read_bytes())  # type: ignore[no-any-return]  # noqa: S301  (our own file, in a folder of mode 700)


def _rank(path: str, rank: int, death: int) -> Any:
    """Do a rank. death: exit code of the worker that died on it before, 0 if none did."""
    died_of(death)
    return _work(path)(rank)


@contextlib.contextmanager
def _worker_environment() -> Iterator[None]:
    """What a new worker inherits: one thread per library, and no `__main__` to import again (so that scripts need no guard)."""
    before = {name: os.environ.get(name) for name in THREADS}
    main = sys.modules["__main__"]
    os.environ.update(THREADS)
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
