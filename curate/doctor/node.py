"""What a job or a task looks at where it runs: `python -m curate.doctor.node FOLDER NAME [SCRIPT]` writes FOLDER/NAME.json.

Whoever asks holds locks on a file in the folder: a node that gets them does not see them, and two builds there would not see each other.
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

LOCK, ASKED = "lock", "asked.json"
KINDS = {"flock": fcntl.flock, "fcntl": fcntl.lockf}
"""Locks that builds take: of whole files, and of the replies of models."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Locks of each kind, held on files of a folder. OSError on a disk without locks."""
    files = [(folder / f"{LOCK}-{kind}").open("w") for kind in KINDS]
    try:
        for file, lock in zip(files, KINDS.values(), strict=True):
            lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        for file in files:
            file.close()


def loose(folder: Path) -> list[str]:
    """Kinds of locks that another process holds there and that this one gets all the same."""
    found = []
    for kind, lock in KINDS.items():
        with (folder / f"{LOCK}-{kind}").open("r+") as file:
            try:
                lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            except OSError as error:
                found.append(f"{kind} ({error.strerror})")
            else:
                found.append(kind)
    return found


def look(folder: Path, script: str = "") -> dict[str, Any]:
    """What is seen from here: host, versions, the project, locks. OSError where the folder is not to be seen.

    script: of a job that Slurm must take from here; empty where nothing is submitted from such a place.
    """
    from curate import __version__
    from curate.code import code_here

    asked = json.loads((folder / ASKED).read_text("utf-8"))
    return {
        "host": platform.node(),
        "python": platform.python_version(),
        "octocurate": __version__,
        "same_code": code_here() == asked["code"],
        "project": os.path.isdir(asked["project"]) and {*asked["holds"]} <= {*_holds(asked["project"])},
        "loose": loose(folder),
        "refused": _refused(script),
    }


def _holds(project: str) -> list[str]:
    """Names in a project, less those with a dot before them, which come and go. Empty where there is none."""
    with suppress(OSError):
        return sorted(name for name in os.listdir(project) if not name.startswith("."))
    return []


def _refused(script: str) -> str:
    """Why Slurm would take no job from here; empty where it would, and where that was not asked."""
    from curate.errors import CurateError
    from curate.launch.sbatch import submit

    try:
        if script:
            submit(Path(script), "sbatch", "--test-only")
    except CurateError as error:
        return error.message
    return ""


def ask(folder: Path, project: Path) -> None:
    """Write what nodes are to compare with."""
    from curate.code import code_here

    asked = {"project": str(project), "holds": _holds(str(project)), "code": code_here()}
    (folder / ASKED).write_text(json.dumps(asked), "utf-8")


def faults(seen: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a node, by what it saw."""
    if not seen["same_code"]:
        yield f"has another octocurate ({seen['octocurate']}), or other versions of libraries"
    if not seen["project"]:
        yield "does not see the project as this machine does"
    if seen["loose"]:
        yield f"gets locks that this machine holds ({', '.join(seen['loose'])}): builds there would not see each other"
    if seen["refused"]:
        yield f"cannot submit jobs ({seen['refused']})"


def main(words: list[str]) -> int:
    """The exit code."""
    from curate.artifact import replace_file

    folder = Path(words[0])
    replace_file(folder / f"{words[1]}.json", json.dumps(look(folder, *words[2:])).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
