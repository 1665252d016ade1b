"""The manifest of a checkpoint: what makes a folder of files a whole checkpoint, and how one is told from a torn one.

`manifest.json` is written last. It names every file with its size and SHA-256, holds the facts of the run, and a digest of what it says
itself. A folder is whole when it holds these files, of these sizes, and no other: a file that nobody listed could bring other weights
or, as the pickle `.metadata` of torch's own format does, code. Left out: signatures; whoever can write the folder can write a manifest.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from curate.errors import CurateError

FORMAT = 1
MANIFEST = "manifest.json"
PINNED = "pinned"
STEP = re.compile(r"step-(\d{7,})")
_FILE = re.compile(r"[a-z0-9][a-z0-9.-]*")


def step_name(step: int) -> str:
    """Name of the folder of a step."""
    return f"step-{step:07}"


def steps(folder: Path) -> dict[int, Path]:
    """The folders of a run that are named as checkpoints, whole or not, newest first."""
    found = {int(m[1]): p for p in folder.iterdir() if (m := STEP.fullmatch(p.name)) and p.is_dir()}
    return dict(sorted(found.items(), reverse=True))


def strict(value: Any, what: str) -> bytes:
    """The value as canonical JSON. CurateError for what does not come back as it was: NaN, sets, paths, tuples, keys that are no texts."""
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
        same = json.loads(text) == value
    except (TypeError, ValueError, RecursionError) as error:
        raise CurateError(f"{what} are not plain JSON: {error}; numbers, texts, lists and maps by text only") from error
    if not same:
        raise CurateError(f"{what} are not plain JSON: a tuple, or a key that is no text; use lists and texts")
    return text


def describe(path: Path) -> dict[str, Any]:
    """Size and SHA-256 of a file."""
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def write_manifest(folder: Path, said: dict[str, Any]) -> None:
    """Write what the checkpoint is, and put it and the folder's list of names on disk."""
    said = {"format": FORMAT, **said}
    said["digest"] = hashlib.sha256(strict(said, "the facts")).hexdigest()
    write(folder / MANIFEST, json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False).encode())
    sync(folder)


def write(path: Path, data: bytes) -> None:
    """Write a file and put it on disk."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync(path: Path) -> None:
    """Put a file, or a folder's list of names, on disk: without the latter a power loss may undo a rename."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(path: Path) -> dict[str, Any]:
    """The manifest of a whole checkpoint; sizes are compared, digests are not. CurateError in one line if it is not whole."""
    said = _parsed(path)
    listed = {MANIFEST: None, **{name: file["bytes"] for name, file in said["files"].items()}}
    there = {entry.name: entry for entry in os.scandir(path)}
    if extra := sorted(there.keys() - listed.keys()):
        raise CurateError(
            f"{extra[0]} is not a file of this checkpoint; remove it, or load another one", where=str(path)
        )
    for name, size in listed.items():
        held = there[name].stat().st_size if name in there and there[name].is_file() else -1
        if size not in (None, held):
            raise CurateError(f"{_is(name, held)}, not {size:,}; copy it again, or load another one", where=str(path))
    return said


def _is(name: str, held: int) -> str:
    return f"{name} is missing: its bytes are" if held < 0 else f"{name} has {held:,} bytes"


def _parsed(path: Path) -> dict[str, Any]:
    try:
        said = json.loads((path / MANIFEST).read_bytes())
    except FileNotFoundError as error:
        raise CurateError(
            "no checkpoint, or one that was never finished: it has no manifest.json", where=str(path)
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise CurateError(
            f"manifest.json cannot be read: {type(error).__name__}; load another one", where=str(path)
        ) from error
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise CurateError(f"manifest.json is not that of a checkpoint of format {FORMAT}", where=str(path))
    rest = {name: value for name, value in said.items() if name != "digest"}
    if hashlib.sha256(strict(rest, "the facts")).hexdigest() != said.get("digest") or not _formed(said):
        raise CurateError("manifest.json was altered; copy it again, or load another one", where=str(path))
    return said


def _formed(said: dict[str, Any]) -> bool:
    files = said.get("files")
    return (
        isinstance(said.get("facts"), dict)
        and isinstance(said.get("step"), int)
        and isinstance(said.get("world"), int)
        and isinstance(files, dict)
        and all(_FILE.fullmatch(name) and isinstance(file, dict) for name, file in files.items())
        and all(isinstance(f.get("bytes"), int) and isinstance(f.get("sha256"), str) for f in files.values())
    )


def check_digests(path: Path, said: dict[str, Any], part: slice = slice(None)) -> None:
    """Read the files, or a part of them in order of names, and compare their SHA-256. CurateError for one that was altered."""
    for name in sorted(said["files"])[part]:
        if describe(path / name)["sha256"] != said["files"][name]["sha256"]:
            raise CurateError(f"{name} was altered; copy it again, or load another one", where=str(path))


@contextlib.contextmanager
def locked(path: Path, *, wait: bool, doing: str = "saving") -> Iterator[IO[str]]:
    """Hold a file's lock, which dies with its process. CurateError if another process holds it and wait is false; doing: what for."""
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            said = f"another run is {doing} here; give each run a folder of its own"
            raise CurateError(said, where=str(path.parent)) from error
        yield file


def pin(path: Path) -> None:
    """Keep a checkpoint for ever, because another run grew from it: its name goes into the file `pinned` of its folder."""
    with locked(path.parent / PINNED, wait=True) as file:
        read(path)
        file.seek(0)
        if path.name not in file.read().split():
            file.write(f"{path.name}\n")
            file.flush()
            os.fsync(file.fileno())


def remove_old(folder: Path, step: int, keep: int) -> None:
    """Remove the checkpoints before the newest `keep` up to this step, but none that is pinned. Later ones stay: they are not ours."""
    with locked(folder / PINNED, wait=True) as file:
        file.seek(0)
        pinned = file.read().split()
        for path in [path for number, path in steps(folder).items() if number <= step][keep:]:
            if path.name not in pinned:
                remove(path)


def remove(path: Path) -> None:
    """Remove a folder at once: its name goes first, so that a kill half-way leaves nothing that looks like a checkpoint."""
    aside = path if ".tmp-" in path.name else path.with_name(f"{path.name}.tmp-{os.urandom(4).hex()}")
    if aside != path:
        path.rename(aside)
        sync(path.parent)
    shutil.rmtree(aside)
