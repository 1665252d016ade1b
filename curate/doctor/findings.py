"""All that `curate doctor` finds out, in the order in which a person would put it right."""

from __future__ import annotations

import platform
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from curate import __version__
from curate.errors import CurateError
from curate.profile import Profile

State = Literal["fine", "wrong", "left out"]


@dataclass(frozen=True)
class Finding:
    """One line of what was found out."""

    what: str
    state: State
    said: str


@dataclass(frozen=True)
class Wanted:
    """What is looked at, and how hard."""

    name: str
    """Of the profile."""
    profile: Profile
    project: Path
    room: int
    """Bytes that must be free."""
    wait: float
    """Seconds that jobs of Slurm may take, queue and all; 0: none is submitted."""


Check = Callable[[Wanted], Iterator[Finding]]


def fine(what: str, said: str) -> Finding:
    """What is as builds need it."""
    return Finding(what, "fine", said)


def wrong(what: str, said: str) -> Finding:
    """What is to be put right."""
    return Finding(what, "wrong", said)


def left_out(what: str, said: str) -> Finding:
    """What was not looked at, and why."""
    return Finding(what, "left out", said)


def examine(wanted: Wanted) -> Generator[Finding]:
    """Each finding as soon as it is known. No error of what is looked at is raised: it is a finding."""
    from curate.doctor import elsewhere, places, ray, slurm

    checks: list[tuple[str, Check]] = [("profile", _profile), ("store", places.look)]
    checks += [("slurm", slurm.look)] if slurm.is_used(wanted.profile) else []
    checks += [("ray", ray.look)] if ray.is_used(wanted.profile) else []
    checks += [("remote", elsewhere.bucket), ("models", elsewhere.models)]
    for what, check in checks:
        try:
            yield from check(wanted)
        except CurateError as error:
            yield wrong(what, str(error))
        except OSError as error:
            yield wrong(what, f"{error.filename or ''}: {error.strerror or error}".removeprefix(": "))


def _profile(wanted: Wanted) -> Iterator[Finding]:
    from curate import executors

    profile = wanted.profile
    if profile.executor not in executors.KNOWN:
        raise executors.unknown(profile.executor)
    yield fine("profile", f"{wanted.name} is valid: executor {profile.executor}, trainers {profile.launch.kind}")
    yield fine("python", f"{platform.python_version()} with octocurate {__version__} on {platform.node()}")
