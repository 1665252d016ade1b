"""What a run does when its monitors see a collapse: it stops, or goes back to a checkpoint that was healthy and on by another way.

To go back is one line in `rollbacks.json`, which counts from the moment that it is on disk: checkpoints after the one that is gone back to
and of before that line are no longer the run's, and whoever resumes removes them first. So a kill at any moment leaves a run that has gone
back or one that has not, and never one that did both. The steps after it take other prompts and other seeds, or they would end as before.

Left out: other settings after a rollback, which are the user's to change.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from curate.errors import CurateError
from trainers import checkpoint
from trainers._manifest import remove, steps, sync, write

FILE = "rollbacks.json"


def rollbacks(out: Path) -> list[dict[str, Any]]:
    """The rollbacks of a run, in order: step at which it was `seen`, checkpoint `to` which it went back, `names` of the monitors."""
    path = out / FILE
    try:
        said = json.loads(path.read_bytes())
        return [{"seen": int(one["seen"]), "to": int(one["to"]), "names": list(one["names"])} for one in said]
    except FileNotFoundError:
        return []
    except (OSError, ArithmeticError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise CurateError("cannot be read; name another out: folder", where=str(path)) from error


def roll_back(out: Path, seen: int, healthy: int, names: list[str]) -> list[dict[str, Any]]:
    """Write down that a run goes back to its newest checkpoint up to step `healthy`. Returns all rollbacks; none where no checkpoint is."""
    whole = (step for step, path in steps(out / "checkpoints").items() if step <= healthy and checkpoint.passed(path))
    if (to := next(whole, None)) is None:
        return []
    said = [*rollbacks(out), {"seen": seen, "to": to, "names": names}]
    temporary = out / f"{FILE}.tmp"
    write(temporary, json.dumps(said, indent=1).encode())
    temporary.replace(out / FILE)
    sync(out)
    return said


def clear(out: Path) -> None:
    """Remove the checkpoints that a rollback has left behind it; again is no harm."""
    done, folder = rollbacks(out), out / "checkpoints"
    for step, path in steps(folder).items() if done and folder.is_dir() else ():
        said = checkpoint.passed(path)
        if step > done[-1]["to"] and (said is None or said["facts"].get("rollbacks", 0) < len(done)):
            remove(path)


def kept(out: Path, healthy: int, least: int) -> int:
    """How many of the newest checkpoints must stay, so that one up to step `healthy` does, and the new one."""
    folder = out / "checkpoints"
    there = steps(folder) if folder.is_dir() else {}
    return max(least, 2 + sum(step > healthy for step in there))
