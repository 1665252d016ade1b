"""The folder of one run: what a trainer wrote into it, read with distrust, and what we note beside that.

    run.json         what the trainer was given
    record.json      ours: which run of which recipe it is, its command, when and where it ran, how it ended
    log.txt          what the trainer printed
    lock             held (flock) by the trainer and by who started it; a process that is killed lets go by itself
    metrics.jsonl, status.json, checkpoints/, model/, manifest.json      the trainer's (`docs/trainers.md`)

Any program may be the trainer, so its files may be anything: they are read up to a size, and what is no plain finite number is nobody's
figure. Nothing that is read here is executed, printed raw, or followed out of the folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from curate.artifact import replace_file
from curate.errors import CurateError
from curate.foreign import safe

MOST = 1 << 24
"""Bytes of a trainer's JSON that are read; a manifest of 50,000 files has fewer."""
TAIL = 1 << 16
"""Bytes at the end of a log or of metrics that are looked at."""
LINE = 300
"""Characters of a trainer's line that are shown."""
EVERY = 0.2
"""Seconds between two looks at what a trainer does."""
MARK = "CURATE_RUN"
"""The variable of a trainer's environment that names its folder."""
ATTEMPT = "# curate: attempt "
"""How the line of a log begins where a trainer is started."""
MEASURED = ("loss", "reward")
FIGURES = ("step", "tokens", *MEASURED)


@dataclass(frozen=True)
class RunFolder:
    """The files of one run, none of which need be there."""

    path: Path

    def file(self, name: str) -> Path:
        return self.path / name

    @property
    def record(self) -> dict[str, Any]:
        """What we noted at its start and end; empty before the first."""
        return read_object(self.file("record.json"))

    def note(self, **news: Any) -> dict[str, Any]:
        """Add to the record. CurateError if it cannot be written."""
        record = {**self.record, **news}
        self.write("record.json", record)
        return record

    def write(self, name: str, value: Any) -> Path:
        """A file of ours, whole or not at all. CurateError for a full disk or a folder that may not be written."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            replace_file(self.file(name), json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False).encode())
        except OSError as error:
            raise CurateError(
                f"cannot be written: {error.strerror}; nothing was started", where=str(self.path)
            ) from None
        return self.file(name)

    def manifest(self) -> tuple[dict[str, Any], str]:
        """The trainer's manifest if the run is finished and its files are there; else an empty one, and what is wrong with it."""
        path = self.file("manifest.json")
        if not path.exists():
            return {}, ""
        found = read_object(path)
        if found.get("status") != "finished":
            return {}, "manifest.json is no object with status: finished"
        files = found.get("files", {})
        if not isinstance(files, dict):
            return {}, "manifest.json: files is no map"
        for name, told in files.items():
            size = told.get("bytes") if isinstance(told, dict) else None
            if not safe(name) or type(size) is not int:
                return {}, f"manifest.json names {name[:80]!r}, which cannot be"
            if not self.file(name).is_file() or self.file(name).stat().st_size != size:
                return {}, f"{name} is not there as manifest.json says"
        return found, ""

    def figures(self) -> dict[str, int | float | None]:
        """`step`, `tokens`, `loss` and `reward` of the last line of the metrics that has them."""
        found: dict[str, int | float | None] = dict.fromkeys(FIGURES)
        for line in reversed(self.lines("metrics.jsonl")):
            told = {name: plain_number(line.get(name)) for name in FIGURES}
            whole = {n: v if n in MEASURED or type(v) is int else None for n, v in told.items()}
            found = {name: whole[name] if value is None else value for name, value in found.items()}
            if None not in found.values():
                break
        return found

    def lines(self, name: str) -> list[dict[str, Any]]:
        """The last whole lines of a file of JSON lines that are objects."""
        found = []
        for line in tail(self.file(name)).split("\n")[:-1]:
            with contextlib.suppress(ValueError, RecursionError):
                if isinstance(told := json.loads(line), dict):
                    found.append(told)
        return found

    def add_to_log(self, line: str) -> None:
        """A line of ours. CurateError if the log cannot be written."""
        try:
            with self.file("log.txt").open("a", encoding="utf-8") as log:
                log.write(f"{one_line(line)}\n")
        except OSError as error:
            raise CurateError(
                f"cannot be written: {error.strerror}; nothing was started", where=str(self.path)
            ) from None

    def said(self) -> str:
        """Of the last attempt: its last line that begins with `error:`, without that word; else its last line that is not empty."""
        lines = [line.strip() for line in tail(self.file("log.txt")).split("\n") if line.strip()]
        begins = [at for at, line in enumerate(lines) if line.startswith(ATTEMPT.strip())]
        lines = lines[begins[-1] + 1 :] if begins else lines
        errors = [line.removeprefix("error:").strip() for line in lines if line.startswith("error:")]
        return one_line((errors or lines or ["it printed nothing"])[-1])

    def is_held(self) -> bool:
        """Whether a trainer or who started one is at it on this machine, or on another that shares locks with it."""
        try:
            with self.file("lock").open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            pass  # no lock, or none that can be had: the processes tell
        return bool(self.processes())

    def processes(self) -> list[int]:
        """Processes of this machine that a launcher of ours started for this run, or that they started. On Linux; else none.

        Workers of a torchrun that was killed hold no lock, and the number in a record may be another process by now.
        """
        if not sys.platform.startswith("linux"):
            return []
        wanted, found = os.fsencode(f"{MARK}={self.path}"), []
        for place in Path("/proc").iterdir():
            if place.name.isdigit() and int(place.name) != os.getpid():
                with contextlib.suppress(OSError):
                    if wanted in (place / "environ").read_bytes().split(b"\0"):
                        found.append(int(place.name))
        return sorted(found)


def held(folder: RunFolder, waiting: Callable[[], None]) -> Generator[float, None, IO[str]]:
    """Take the lock of a run: the file, whose descriptor is for the trainer to inherit; closing it lets go.

    Yields the seconds until it looks again as long as somebody else has it, of which `waiting()` is told once. CurateError as `write`.
    """
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        file = folder.file("lock").open("a")
    except OSError as error:
        raise CurateError(f"cannot be written: {error.strerror}; nothing was started", where=str(folder.path)) from None
    try:
        if not _taken(file) or folder.processes():
            waiting()
            while not _taken(file) or folder.processes():
                yield EVERY
    except BaseException:
        file.close()
        raise
    return file


def _taken(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def opened(path: Path) -> IO[bytes]:
    """A file of a trainer's, to read. OSError for what is no file: to open a pipe would wait for ever."""
    if not path.is_file():
        raise FileNotFoundError(path)
    return path.open("rb")


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object from a file; empty for one that is not there, too large, or anything else."""
    try:
        with opened(path) as file:
            data = file.read(MOST + 1)
        found = json.loads(data) if len(data) <= MOST else None
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def tail(path: Path) -> str:
    """The end of a text file, from a line's beginning on; empty if there is none."""
    try:
        with opened(path) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL))
            text = file.read(TAIL).decode("utf-8", "replace")
    except OSError:
        return ""
    return text if size <= TAIL else text.partition("\n")[2]


def moment() -> str:
    """Now, as records have it: `2026-11-28T20:59:34+00:00`."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def plain_number(value: Any) -> int | float | None:
    """A finite number that SQL can hold; None for anything else, such as true, NaN or 10^400."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if (abs(value) < 2**63 if isinstance(value, int) else math.isfinite(value)) else None


def one_line(text: str) -> str:
    """Foreign text in one short line that cannot steer a terminal."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(shown.split())[:LINE]
