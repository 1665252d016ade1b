"""Who does the ranks of a pass: `run(work, count)` calls `work(rank)` for each rank, at least once, in any order.

Work is idempotent, so a rank may be tried again, here or elsewhere. `work.weight(rank)`, where there is one, lets the largest start first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from curate.errors import CurateError
    from curate.profile import Profile

KNOWN = ("inline", "local", "ray", "slurm")
Done = Callable[[int, Any], None]


class Executor(Protocol):
    """Runs the ranks of a pass."""

    isolated: bool
    """Whether a rank runs in a process that may die without taking the build with it."""
    workers: int
    """How many ranks are done at a time."""

    def run(self, work: Callable[[int], Any], count: int, done: Done | None = None) -> None:
        """Do every rank; `done(rank, result)` is told of each. Raises the first error of a rank."""
        ...

    def close(self) -> None: ...


def heaviest_first(work: Callable[[int], Any], count: int) -> list[int]:
    """Ranks in the order in which to start them."""
    weight = getattr(work, "weight", None)
    return sorted(range(count), key=lambda rank: (-weight(rank), rank)) if weight else list(range(count))


def near(executor: Executor) -> Executor:
    """Who does on this machine what must not be done elsewhere."""
    found: Executor = getattr(executor, "near", executor)
    return found


def make(profile: Profile, store: Path) -> Executor:
    """The executor that a profile names, for a store in this folder. CurateError for an unknown one."""
    from curate.executors.inline import Inline
    from curate.executors.local import Local

    name = profile.executor
    if name == "inline":
        return Inline()
    if name == "local":
        return Local(profile.workers)
    if name == "ray":
        from curate.executors.ray import Ray

        return Ray(profile.ray, store, profile.workers if "workers" in profile.model_fields_set else None)
    if name == "slurm":
        from curate.executors import slurm

        return slurm.here(profile.workers)
    raise unknown(name)


def unknown(name: str) -> CurateError:
    """The error that nothing is called so."""
    from curate.errors import CurateError, did_you_mean

    return CurateError(f"no executor {name!r}{did_you_mean(name, KNOWN)}")
