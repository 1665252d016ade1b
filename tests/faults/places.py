"""The disk is full or cannot be written; the clock is wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

from tests.faults.damage import files_of
from tests.faults.fault import fault
from tests.faults.trial import Failed, Trial

FULL = "full or read-only disk"
SKEW = "clock skew"


def disk(trial: Trial, options: str) -> Path:
    """A small file system for the store."""
    place = trial.folder / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], check=True, capture_output=True)
    trial.after.append(lambda: subprocess.run(["umount", "-l", str(place)], check=False, capture_output=True))
    return place


def remount(place: Path, options: str) -> bool:
    done = subprocess.run(["mount", "-o", f"remount,{options}", str(place)], check=False, capture_output=True)
    return done.returncode == 0


@fault("a full disk", FULL, weight=16, needs="mount")
def full(trial: Trial) -> None:
    """Blocks or names run out under the store."""
    size = int(trial.reference.bytes * trial.draw.uniform(0.05, 1.1)) >> 10
    names = trial.draw.choice([0, 0, trial.draw.randint(30, 300)])
    place = disk(trial, f"nr_inodes={names},size=64m" if names else f"size={size}k")
    trial.store = place / "store"
    trial.told.append(f"{names} names" if names else f"{size} kB")
    for _ in range(trial.draw.randint(1, 2)):
        trial.hits += trial.may_refuse(trial.build()).code != 0
    trial.spare += trial.reference.asked  # a reply that cannot be written is lost
    remount(place, "nr_inodes=0,size=64m")
    trial.note()


@fault("a full folder for temporary files", FULL, weight=5, needs="mount")
def full_tmp(trial: Trial) -> None:
    place = disk(trial, trial.draw.choice(["size=4k", "nr_inodes=3"]))
    (place / "fill").write_bytes(bytes(4096)) if trial.draw.random() < 0.5 else None
    trial.hits += trial.may_refuse(trial.build(TMPDIR=str(place))).code != 0
    trial.note()


@fault("a disk that cannot be written any more", FULL, weight=12, needs="mount")
def read_only(trial: Trial) -> None:
    place = disk(trial, "size=64m")
    trial.store = place / "store"
    process = trial.start()
    trial.moment(process)
    trial.stop(process)  # the system refuses to make it read-only while a file is open for writing
    trial.note()
    until = time.monotonic() + 10
    while not remount(place, "ro"):  # nor before the last worker has ended
        if time.monotonic() > until:
            raise Failed("the disk cannot be made read-only")
        time.sleep(0.05)
    trial.may_refuse(trial.build())
    remount(place, "rw")


def wrong_clock(folder: Path) -> Path:
    """The library that makes a clock wrong, compiled (`clock.c`)."""
    made = folder / "clock.so"
    command = ["cc", "-shared", "-fPIC", "-O1", "-o", str(made), str(Path(__file__).with_name("clock.c")), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"clock.c cannot be compiled: {done.stderr[-500:]}")
    return made


@fault("a clock that is wrong, or jumps", SKEW, weight=14, needs="cc")
def clock(trial: Trial) -> None:
    """A build years off that is killed, and goes on at the right time; or a clock that jumps in the middle of a build."""
    note = trial.folder / "clock"
    note.write_text(trial.draw.choice(["-300000000", "-86400", "34000000", "7200", "300000000"]))
    process = trial.start(LD_PRELOAD=str(wrong_clock(trial.folder)), FAULTS_CLOCK=str(note))
    trial.moment(process)
    trial.told.append(f"{note.read_text()} s")
    if trial.draw.random() < 0.5:
        note.write_text(trial.draw.choice(["-2600000", "-1", "2600000"]))
        trial.told.append(f"then {note.read_text()} s")
        built = trial.end(process)
        if built.code:
            raise Failed(f"a clock that jumped ended the build with {built.code}: {built.said[-800:]}")
    else:
        trial.stop(process)
        trial.note()


@fault("files from the future and the past", SKEW, weight=8)
def ages(trial: Trial) -> None:
    """Times of inputs and of the store are years off, as on a machine whose clock was wrong or behind a copy that lost them."""
    process = trial.start()
    there = trial.moment(process)
    trial.stop(process)
    trial.note()
    trial.hits += not there
    paths = [*files_of(trial.project / "data"), *files_of(trial.store)]
    for path in trial.draw.sample(paths, len(paths) // 2):
        when = time.time() + trial.draw.choice([-1e9, -86400, 86400, 4e8])
        os.utime(path, (when, when))


@fault("a store that was copied", SKEW, weight=4)
def copied(trial: Trial) -> None:
    """A killed build's store at another place: no inode and no time is what it was."""
    process = trial.start()
    trial.moment(process)
    trial.stop(process)
    other = trial.folder / "copy-of-store"
    if trial.store.is_dir():
        shutil.copytree(trial.store, other, copy_function=shutil.copyfile)
        trial.store = other
    trial.note()
