"""What all ranks do together: a part of each, and one outcome for all.

A rank that raises between two collectives leaves the others waiting until the launcher's timeout. So every part that may fail (a disk is
full, a file is torn) runs inside `together`: failures are gathered with the values, and all ranks raise the same line, or none does.
With no process group it is a plain call. Left out: a rank that dies or hangs, which no vote can see; the launcher ends the others.
"""

import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import torch.distributed as dist
from torch.distributed.checkpoint import CheckpointException

from curate.errors import CurateError
from trainers._manifest import locked

RUNNING = ".running"
"""File of a run's folder that says, and by its lock proves, which process trains there."""

T = TypeVar("T")


def rank() -> int:
    """This process's rank, 0 with no process group."""
    return dist.get_rank() if dist.is_initialized() else 0


def world() -> int:
    """How many ranks there are, 1 with no process group."""
    return dist.get_world_size() if dist.is_initialized() else 1


def together(part: Callable[[], T], where: str) -> list[T]:
    """What the part gives on each rank, in order of ranks; every rank must call it. CurateError on all ranks where one of them fails.

    where: what the part works on, such as a folder, for the message.
    """
    value, failed, cause = None, {}, None
    try:
        value = part()
    except (
        CheckpointException
    ) as error:  # of DCP, which has told all ranks already; no Exception, so it needs its own line
        failed, cause = {number: _line(inner) for number, (inner, _) in error.failures.items()}, error
    except Exception as error:
        failed, cause = {rank(): _line(error)}, error
    answers: list = [(failed, value)]
    if dist.is_initialized():
        answers = [None] * world()
        dist.all_gather_object(answers, (failed, value))
    failures = {number: said for one, _ in answers for number, said in one.items()}
    if failures:
        raise CurateError(_told(failures), where=where) from cause
    return [value for _, value in answers]


def each(part: Callable[[], T], where: str) -> T:
    """What the part gives on this rank, once it succeeded on all; for what is too large to be told to the others."""
    mine: list[T] = []
    together(lambda: mine.append(part()), where)
    return mine[0]


def _told(failures: dict[int, str]) -> str:
    first = min(failures)
    if len(set(failures.values())) == 1 and len(failures) == world():
        return failures[first]
    more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
    return f"rank {first}: {failures[first]}{more}"


def _line(error: BaseException) -> str:
    said = error.message if isinstance(error, CurateError) else f"{type(error).__name__}: {error}"
    return " ".join(said.split())[:500]


@contextlib.contextmanager
def sole(out: Path) -> Iterator[None]:
    """While it is held nobody else trains into this folder; every rank calls it. CurateError, on all of them, where somebody does.

    Ranks outlive a launcher that is killed. Started again beside them, the run would write the same files as they do.
    """
    with contextlib.ExitStack() as held:
        together(lambda: _take(out, held) if rank() == 0 else None, str(out))
        yield


def _take(out: Path, held: contextlib.ExitStack) -> None:
    path = out / RUNNING
    out.mkdir(parents=True, exist_ok=True)
    holder = path.read_text() if path.exists() else ""
    file = held.enter_context(locked(path, wait=False, doing=f"training ({holder})"))
    file.truncate(0)
    os.write(
        file.fileno(), f"process {os.getpid()} on {socket.gethostname()}".encode()
    )  # past the buffer, which a full disk keeps
