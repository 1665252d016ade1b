"""The store and the project: which disk they lie on, whether locks hold there, and how much room there is."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from curate.doctor.findings import Finding, Wanted, fine, wrong
from curate.doctor.node import held
from curate.launch import asked, python_path

SHARED = (
    "nfs", "lustre", "gpfs", "ceph", "beegfs", "cifs", "smb", "afs", "glusterfs", "weka", "panfs",
    "orangefs", "9p", "virtiofs", "fuse",
)  # fmt: skip
"""How the names of file systems begin that several machines may see."""
LEAST_FILES = 100_000
"""Files that must be free where a file system has a limit of them."""
LOOSE = "import sys, pathlib; from curate.doctor.node import loose; print(*loose(pathlib.Path(sys.argv[1])))"


def look(wanted: Wanted) -> Iterator[Finding]:
    """Findings on the store and the project. OSError where a place cannot be written, CurateError where no other process can try locks."""
    cluster = wanted.profile.executor in ("slurm", "ray")
    for what, path in (("store", wanted.profile.store_path(wanted.project)), ("project", wanted.project)):
        kind = kind_of(path)
        shared = kind.startswith(SHARED) and kind != "fuseblk"
        hint = "" if shared or not cluster else "; that it is shared is for a task to say"
        yield fine(what, f"{path} ({kind}{', a file system that machines share' if shared else ''}{hint})")
    with tried(wanted) as folder:
        yield fine("store", "can be written")
        with held(folder):
            environment = {**os.environ, "PYTHONPATH": python_path(), "PYTHONSAFEPATH": "1"}
            found = asked([sys.executable, "-c", LOOSE, str(folder)], "locks", environment).strip()
        if found:
            yield wrong("locks", f"do not hold between two processes of this machine ({found})")
        else:
            yield fine("locks", "hold between processes of this machine")
        yield room(folder, wanted.room)


def room(folder: Path, least: int) -> Finding:
    """Whether there is room for so many bytes, and for files."""
    free = shutil.disk_usage(folder).free
    told = os.statvfs(folder)
    if free < least:
        return wrong("room", f"{free / 1e9:,.1f} GB are free, of {least / 1e9:,.1f} GB that are wanted")
    if told.f_files > 0 and told.f_favail < LEAST_FILES:
        return wrong("room", f"the file system takes {told.f_favail:,} more files, fewer than {LEAST_FILES:,}")
    return fine("room", f"{free / 1e9:,.1f} GB are free, quotas aside")


@contextmanager
def tried(wanted: Wanted) -> Iterator[Path]:
    """An empty folder in the store, or where it is going to be; it is deleted at the end. OSError where nothing can be written."""
    place = existing(wanted.profile.store_path(wanted.project))
    with tempfile.TemporaryDirectory(prefix=".doctor-", dir=place, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def existing(path: Path) -> Path:
    """A folder, or the nearest above it that is there. OSError where a file is in its place or on the way, or nothing can be called so."""
    found = path.absolute()
    while not _is_there(found):
        found = found.parent
    if not found.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(found))
    return found


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):  # a file on the way is found higher up
        return False
    except ValueError as error:
        raise OSError(errno.EINVAL, str(error), str(path)) from None
    return True


def kind_of(path: Path) -> str:
    """The file system that a path lies on, as /proc/self/mountinfo calls it (proc(5)); `unknown` where there is none."""
    try:
        lines = Path("/proc/self/mountinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return "unknown"
    device = os.stat(existing(path)).st_dev
    name = f"{os.major(device)}:{os.minor(device)}"
    kinds = [line.partition(" - ")[2].split()[0] for line in lines if line.split()[2] == name]
    return kinds[-1] if kinds else "unknown"
