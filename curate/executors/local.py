"""One pool of spawned processes for a whole build on one machine.

Spawned, because a forked polars can deadlock. Each worker's libraries get one thread: the workers are the parallelism. A worker that
dies takes only its rank with it; the rank is tried again, and `curate/guard.py` finds the document that did it. Workers end with the
build, also when it is killed: nobody goes on asking a model that costs money.
"""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import sys
import tempfile
import threading
import types
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import CurateError, Halted
from curate.executors import Done, heaviest_first
from curate.guard import STARVED, died_of, killed_for_memory

if TYPE_CHECKING:
    from pebble import ProcessPool

DEATHS = 64
"""How often one rank may take its worker down before the build gives up on it."""
STARVATIONS = 12
"""The same where the system kills the worker for memory, which another attempt seldom changes."""
NO_MEMORY = (
    f"the system killed a worker {STARVATIONS} times for memory on one shard; give the build more memory or fewer workers, or say under "
    "[limits] of the profile how many gigabytes one may take, so that a document that wants more is lost alone"
)
NOT_BEGUN = "not begun"
"""What a rank gives that came up after a build had to halt."""
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
        with temporary() as folder, worker_environment():
            path = folder / "work.pickle"
            with writable(folder):
                path.write_bytes(pickle.dumps(work))
            self.run_ranks(str(path), heaviest_first(work, count), done)

    def run_ranks(self, path: str, ranks: list[int], done: Done | None, before: int = 0) -> None:
        """Do some ranks of the work that was pickled to a file. before: exit code of what had them before, 0 if nothing had."""
        from pebble import ProcessExpired

        deaths: dict[int, int] = {}
        starved: dict[int, int] = {}
        before_all = killed_for_memory()
        halted: Halted | None = None
        try:
            running = {self._schedule(path, rank, before): rank for rank in ranks}
            while running:
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    rank = running.pop(future)
                    try:
                        result = future.result()
                    except (ProcessExpired, BrokenProcessPool) as death:
                        code = int(getattr(death, "exitcode", 0))  # none where a worker died that had nothing to do
                        if code == -signal.SIGKILL and killed_for_memory(before_all):
                            code, starved[rank] = STARVED, starved.get(rank, 0) + 1
                            if starved[rank] > STARVATIONS:
                                raise CurateError(NO_MEMORY) from None
                        deaths[rank] = deaths.get(rank, 0) + 1
                        if deaths[rank] > DEATHS:
                            said = f"a worker died {DEATHS} times on one shard (exit code {code})"
                            raise CurateError(said) from None
                        running[self._schedule(path, rank, code)] = rank
                        continue
                    except Halted as error:  # what the others have sent is waited for, and nothing new is begun
                        halted = halted or error
                        halt(path).touch()
                        continue
                    if done and result != NOT_BEGUN:
                        done(rank, result)
            if halted:
                raise halted
        except BaseException:
            self._stop()
            raise

    def _schedule(self, path: str, rank: int, death: int = 0) -> Future[Any]:
        """Let a worker do a rank. A pool breaks when a worker dies while all are idle; then there is another one."""
        from pebble import ProcessPool

        if self.pool and not self.pool.active:
            self._stop()
        if not self.pool:
            context = multiprocessing.get_context("spawn")
            self.pool = ProcessPool(self.workers, initializer=_end_with_parent, context=context)
        future: Future[Any] = self.pool.schedule(_rank, args=(path, rank, death))
        return future

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


@contextlib.contextmanager
def temporary() -> Iterator[Path]:
    """A folder of mode 700 for as long as a pass runs."""
    with writable(Path(tempfile.gettempdir())):
        folder = tempfile.TemporaryDirectory(prefix="curate-")
    with folder as name:
        yield Path(name)


@contextlib.contextmanager
def writable(folder: Path) -> Iterator[None]:
    """CurateError where temporary files cannot be written, which is no fault of the store."""
    try:
        yield
    except OSError as error:
        said = f"temporary files cannot be written: {error.strerror}; say in TMPDIR where there is room"
        raise CurateError(said, where=str(folder)) from None


@functools.lru_cache(maxsize=2)
def _work(path: str) -> Callable[[int], Any]:
    return pickle.loads(Path(path).read_bytes())  # type: ignore[no-any-return]  # noqa: S301  (our own file, in a folder of mode 700)


def halt(path: str) -> Path:
    """The file that is there once no rank is to be begun any more."""
    return Path(path).with_name("halted")


def _end_with_parent() -> None:
    """End this worker at once when the build is gone, however it ended."""
    parent = multiprocessing.parent_process()
    assert parent

    def watch() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def _rank(path: str, rank: int, death: int) -> Any:
    """Do a rank. death: exit code of the worker that died on it before, 0 if none did."""
    if halt(path).exists():
        return NOT_BEGUN
    died_of(death)
    return _work(path)(rank)


@contextlib.contextmanager
def worker_environment() -> Iterator[None]:
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
