"""The nodes of a Ray cluster do the ranks, as tasks of Ray: `executor = "ray"` with `[ray]` in the profile (docs/cluster.md).

A task has a process beside Ray's own worker do its rank (`curate/executors/local.py`), so that a document that kills it is found by the
exit code, as on one machine. A task whose node or worker went away is begun again elsewhere, and that says nothing against the document
it was on. Ray's own retries are off, because they do not tell.

The store and the project lie on a disk that every node sees, and every node has this code; a node where that is not so is refused. Left
out: nodes without such a disk, datatrove's RayPipelineExecutor (docs/log.md says why), and asking models, which processes of this machine
do (`near`), because what it costs is counted on one machine.
"""

from __future__ import annotations

import functools
import os
import pickle
import socket
import statistics
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from curate.code import LIBRARIES, code_here
from curate.errors import CurateError, Halted
from curate.executors import Done, heaviest_first
from curate.executors.local import NOT_BEGUN, Local, halt, worker_environment
from curate.guard import LOST
from curate.profile import RaySettings

LOSSES = 8
"""How often the node or the worker of one rank may be lost before a build gives up on it."""
EMPTY = 120.0
"""Seconds for which a cluster may be without a node that has room for a rank."""
SLOW = 4.0
"""A rank that takes so many times as long as the others did, for its bytes, is begun once more elsewhere when nothing else is left."""
LONG = 60.0
"""Seconds below which no rank is slow."""
ANSWER = 5.0
"""Seconds that the head of a cluster has to answer."""
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
"""How a client of gRPC begins: RFC 9113, section 3.4, and settings that change nothing."""
SETTINGS = 4
"""The type of the frame that such a server begins with."""


@dataclass(frozen=True)
class Place:
    """What a node must have in common with the machine that builds."""

    folder: str
    """Where the build runs: paths may be relative to it."""
    work: str
    """The pickled work of the pass, in the store."""
    code: str
    """`code_here()`."""


class Ray:
    """Tasks of a Ray cluster: `workers` at a time, or as many as the nodes have room for."""

    isolated = True

    def __init__(self, settings: RaySettings, store: Path, workers: int | None = None) -> None:
        self.settings, self.store, self.said = settings, store.absolute(), workers
        self.near = Local(workers or os.cpu_count() or 1)
        self.ray, self.ours = connected(settings.address)
        self.workers = workers or self.room()
        if not self.workers:
            self.close()
            raise no_room(settings)

    def room(self) -> int:
        """How many ranks the nodes that are there have room for."""
        return room(self.ray, self.settings)

    def run(self, work: Callable[[int], Any], count: int, done: Done | None = None) -> None:
        if not count:
            return
        with tempfile.TemporaryDirectory(prefix="ray-", dir=self.store / "drafts") as folder:
            path = Path(folder) / "work.pickle"
            path.write_bytes(pickle.dumps(work))
            running = Tasks(self, work, Place(os.getcwd(), str(path), code_here()))
            try:
                running.all(heaviest_first(work, count), done)
            finally:
                running.stop()

    def close(self) -> None:
        self.near.close()
        if self.ours:
            self.ray.shutdown()


class Tasks:
    """The tasks of one pass."""

    def __init__(self, cluster: Ray, work: Callable[[int], Any], place: Place) -> None:
        self.cluster, self.ray, self.place = cluster, cluster.ray, place
        self.pace = Pace(work)
        self.twin: Place | None = None
        """Where the work lies for ranks that are done once more; None where that must not be."""
        if make := getattr(work, "twin", None):
            path = Path(place.work).with_name("twin.pickle")
            path.write_bytes(pickle.dumps(make()))
            self.twin = replace(place, work=str(path))
        said = cluster.settings
        self.task = self.ray.remote(num_cpus=said.cpus, memory=said.memory, max_retries=0)(do)
        self.running: dict[Any, int] = {}
        """Task -> rank."""
        self.losses: dict[int, int] = {}
        self.looked = self.roomy = time.monotonic()
        self.room = cluster.workers

    def all(self, ranks: list[int], done: Done | None) -> None:
        """Do these ranks; those whose node is lost come next."""
        waiting = ranks[::-1]
        halted: Halted | None = None
        while waiting or self.running:
            while waiting and len(self.running) < self.most():
                self.begin(waiting.pop())
            if not waiting and not halted:
                self.begin_slow_again()
            finished, _ = self.ray.wait(list(self.running), num_returns=1, timeout=1.0)
            for task in finished:
                if task not in self.running:
                    continue
                rank = self.running.pop(task)
                twins = [other for other, same in self.running.items() if same == rank]
                try:
                    was_lost, result = self.result(task, rank)
                except Halted as error:  # what the others have under way is waited for, and nothing new is begun
                    halted = halted or error
                    halt(self.place.work).touch()
                    waiting = []
                    continue
                if was_lost and not twins:
                    waiting.append(rank)
                if was_lost:
                    continue
                for twin in twins:
                    self.ray.cancel(twin, force=True)
                    del self.running[twin]
                self.pace.ended(rank)
                if done and result != NOT_BEGUN:
                    done(rank, result)
        if halted:
            raise halted

    def begin(self, rank: int) -> None:
        self.pace.begun(rank)
        self.running[self.task.remote(rank, rank in self.losses, self.place)] = rank

    def begin_slow_again(self) -> None:
        """Let another node do what takes too long, as far as there is room; whoever is first has done it."""
        alone = [rank for rank in self.running.values() if [*self.running.values()].count(rank) == 1]
        for rank in self.pace.slow(alone) if self.twin else ():
            if len(self.running) < self.most():
                self.running[self.task.remote(rank, False, self.twin)] = rank

    def most(self) -> int:
        """How many tasks there may be. CurateError if there has been no room for any for long."""
        now = time.monotonic()
        if self.cluster.said or (now - self.looked < 1.0 and self.room):
            return self.room
        self.looked, self.room = now, self.cluster.room()
        if self.room:
            self.roomy = now
        elif now - self.roomy > EMPTY:
            raise no_room(self.cluster.settings)
        return max(1, self.room)

    def result(self, task: Any, rank: int) -> tuple[bool, Any]:
        """Whether a task was lost, and what its rank gave. Raises the error of a rank."""
        from ray.exceptions import RayError, RayTaskError

        try:
            fine, result = self.ray.get(task)
        except RayTaskError as error:  # before it came to the rank
            raise CurateError(f"a node of the Ray cluster cannot do the work: {last_line(error)}") from None
        except RayError as error:
            self.losses[rank] = self.losses.get(rank, 0) + 1
            if self.losses[rank] > LOSSES:
                said = f"the node or the worker of one shard was lost {LOSSES} times; the last time Ray said: {_line(error)}"
                raise CurateError(said) from None
            return True, None
        if not fine:
            raise result
        return False, result

    def stop(self) -> None:
        """End what is still running."""
        for task in self.running:
            self.ray.cancel(task, force=True)
        if self.running:
            self.ray.wait(list(self.running), num_returns=len(self.running), timeout=ANSWER)


class Pace:
    """How long ranks take."""

    def __init__(self, work: Callable[[int], Any]) -> None:
        self.weight = getattr(work, "weight", lambda rank: 1)
        self.since: dict[int, float] = {}
        self.took: list[float] = []
        """Seconds for a byte, of each rank that has ended."""

    def begun(self, rank: int) -> None:
        self.since[rank] = time.monotonic()

    def ended(self, rank: int) -> None:
        self.took.append((time.monotonic() - self.since[rank]) / max(1, self.weight(rank)))

    def slow(self, ranks: list[int]) -> list[int]:
        """Of these ranks, those that take much longer than the others did; the longest first."""
        if not self.took:
            return []
        usual = statistics.median(self.took)
        now = time.monotonic()
        late = {
            rank: now - self.since[rank]
            for rank in ranks
            if now - self.since[rank] > max(LONG, SLOW * usual * max(1, self.weight(rank)))
        }
        return sorted(late, key=lambda rank: (-late[rank], rank))


def room(ray: Any, settings: RaySettings) -> int:
    """How many workers the nodes of a cluster that are there have room for."""
    wanted = {"CPU": settings.cpus, "memory": settings.memory}
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return sum(min(int(has.get(name, 0) // amount) for name, amount in wanted.items()) for has in nodes)


def no_room(settings: RaySettings) -> CurateError:
    """The error that no node is large enough."""
    return CurateError(
        f"no node of the Ray cluster has room for one worker: {settings.cpus:,} CPUs and {settings.memory / 1e9:,.1f} GB, "
        "as [ray] of the profile says"
    )


# joining a cluster


def connected(address: str) -> tuple[Any, bool]:
    """Ray, connected to a cluster, and whether we did that. CurateError, within seconds, if there is none."""
    try:
        import ray
    except ImportError:
        raise CurateError("executor = 'ray' needs Ray: pip install 'octocurate[ray]'") from None
    if ray.is_initialized():
        return ray, False
    where = address or os.environ.get("RAY_ADDRESS") or "auto"
    if where != "auto":
        refuse_silent(where)
    try:
        ray.init(where, log_to_driver=False, logging_level="error")
    except (Exception, SystemExit) as error:
        hint = "; `ray start --head` starts one" if isinstance(error, ConnectionError) and where == "auto" else ""
        raise CurateError(f"no Ray cluster at {where!r}: {_line(error)}{hint}") from None
    return ray, True


def refuse_silent(address: str) -> None:
    """CurateError unless the head of a cluster may be at this address: something there speaks gRPC. Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or "/" in host:
        raise CurateError(f"[ray] address = {address!r}: write host:port of the cluster's head, such as 10.0.0.1:6379")
    said = "nobody answers"
    try:
        with socket.create_connection((host.strip("[]"), int(port)), ANSWER) as head:
            head.sendall(PREFACE)
            head.settimeout(ANSWER)
            if head.recv(9)[3:4] == bytes([SETTINGS]):
                return
            said = "what answers is not Ray"
    except (OSError, OverflowError, UnicodeError) as error:
        said = str(getattr(error, "strerror", None) or said).lower()
    raise CurateError(f"no Ray cluster at {address!r}: {said}")


def _line(error: BaseException) -> str:
    return " ".join(f"{error}".split())[:300] or type(error).__name__


def last_line(error: BaseException) -> str:
    """What an error of a task of Ray says, without the traceback before it."""
    return (f"{error}".strip().splitlines() or [type(error).__name__])[-1].strip()[:300]


# on a node


def do(rank: int, lost: bool, place: Place) -> tuple[bool, Any]:
    """In a worker of Ray: a rank, by the process beside it. Whether it went well, with its result or its error.

    lost: the node or the worker that had it before went away.
    """
    found: list[Any] = []
    try:
        refuse_other(place)
        with worker_environment():
            _beside().run_ranks(place.work, [rank], lambda _, result: found.append(result), LOST if lost else 0)
    except BaseException as error:
        if not isinstance(error, CurateError):
            error.add_note(f"on node {socket.gethostname()}:\n{traceback.format_exc()}")
        return False, error
    return True, found[0] if found else NOT_BEGUN


@functools.cache
def _beside() -> Local:
    """The process that does the ranks of this worker of Ray; it ends when that does."""
    return Local(1)


def refuse_other(place: Place) -> None:
    """CurateError if this node does not see the store and the project, or has other code."""
    host = socket.gethostname()
    try:
        os.chdir(place.folder)
        there = Path(place.work).is_file()
    except OSError:
        there = False
    if not there:
        raise CurateError(
            f"node {host} of the Ray cluster does not see {place.folder} and {Path(place.work).parents[2]} as this machine does;"
            " they lie on a disk that every node has under the same path"
        )
    if code_here() != place.code:
        raise CurateError(
            f"node {host} of the Ray cluster has another octocurate, or other versions of {', '.join(LIBRARIES)}"
        )
