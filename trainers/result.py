"""What a run leaves: status.json while it is under way, and manifest.json when it is finished.

manifest.json is written last of all, so who finds it finds the result: the checkpoint, the model, the losses, and size and digest of the
files. The checkpoint's own manifest is among them, which has the digests of its files in turn. A run that has one is not started again.
Left out: the exit code, which is the process's affair, and what was told on the way, which is in metrics.jsonl.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch.distributed as dist

from curate.errors import CurateError
from trainers._manifest import MANIFEST, describe, locked, step_name, sync
from trainers._manifest import write as write_whole
from trainers._together import RUNNING, rank

STATUS = "status.json"


def path_of(out: Path) -> Path:
    """Where the result of a run stands."""
    return out / MANIFEST


def write_status(out: Path, said: dict[str, Any]) -> None:
    """Write status.json, at once or not at all."""
    _replace(out / STATUS, said)


def write(out: Path, known: dict[str, Any]) -> None:
    """Write manifest.json of a finished run whose checkpoint, model and metrics are there."""
    said = {"status": "finished", **known, "checkpoint": f"checkpoints/{step_name(known['step'])}", "model": "model"}
    paths = [path for path in sorted((out / "model").rglob("*")) if path.is_file()]
    paths += [out / "metrics.jsonl", out / str(said["checkpoint"]) / MANIFEST]
    said["files"] = {path.relative_to(out).as_posix(): describe(path) for path in paths}
    _replace(path_of(out), said)
    sync(out)


def _replace(path: Path, said: dict[str, Any]) -> None:
    temporary = path.with_name(f"{path.name}.tmp")
    write_whole(temporary, json.dumps(said, indent=1, allow_nan=False).encode())
    temporary.replace(path)


def is_finished(run: Any, what: str, mine: Callable[[], str]) -> bool:
    """Whether this run's result is there, by the sizes of its files. CurateError if the result there is of another run.

    run: settings, a dataclass with `out` and `FREE`. what: what it is trained on, `mixture` or `prompts`, whose digest `mine` gives.
    """
    out = Path(run.out)
    try:
        said = json.loads(path_of(out).read_bytes())
        settings, theirs = dict(said["settings"]), said[what]
        whole = said["status"] == "finished" and all(
            (out / name).stat().st_size == file["bytes"] for name, file in said["files"].items()
        )
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return False  # none, torn, no result of ours, or a file of it is gone: the run goes on and makes it again
    if whole:
        refuse_other(run, settings)
        if theirs != (here := mine()):
            was = f"this run was of the {what} {str(theirs)[:12]}, not {here[:12]}"
            raise CurateError(f"{was}; name another out: folder", where=run.out)
    return whole


def refuse_other(run: Any, settings: dict[str, Any]) -> None:
    """CurateError for settings that are not those that a run was begun with, but for those that change nothing.

    Folders are told apart by their last name, for a store may have been moved.
    """
    mine = dataclasses.asdict(run)
    for name in sorted(mine.keys() - set(run.FREE)):
        if _called(mine[name]) != _called(settings.get(name)):
            said = f"this run was begun with {name} {settings.get(name)!r}, not {mine[name]!r}"
            raise CurateError(f"{said}; name another out: folder, or branch with parent:", where=run.out)


def _called(value: Any) -> Any:
    return Path(value).name if isinstance(value, str) and Path(value).is_absolute() else value


def refuse_stale(out: Path) -> None:
    """CurateError where a model is there but no checkpoint: it would be taken for the model of the run that begins."""
    if (out / "model").exists():
        raise CurateError("a model is there, and no checkpoint to go on from; name another out: folder", where=str(out))


@contextlib.contextmanager
def failing(out: Path) -> Iterator[None]:
    """Say in status.json that what is inside failed for a reason that the user can put right.

    A finished run stays finished, and one that another process trains, which is a reason to fail, stays as that one says.
    """
    try:
        yield
    except CurateError as error:
        first = rank() == 0 if dist.is_initialized() else os.environ.get("RANK", "0") == "0"
        if first:
            with contextlib.suppress(
                OSError, CurateError
            ):  # cannot be written, or is another's: perhaps the very reason
                out.mkdir(parents=True, exist_ok=True)
                with locked(out / RUNNING, wait=False):
                    known = _status(out)
                    if known.get("status") != "finished":
                        write_status(out, known | {"status": "failed", "error": str(error)})
        raise


def _status(out: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((out / STATUS).read_bytes()))
    except (OSError, ValueError, TypeError):
        return {}
