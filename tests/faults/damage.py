"""Files are altered: objects, drafts, notes of the store, the lock, inputs."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from tests.faults.fault import fault
from tests.faults.trial import Failed, Trial

TORN = "torn, truncated or altered object"
WAYS = ("cut", "flipped", "gone", "empty", "zeros", "longer", "another")
NOTES = ("plans", "refs", "values", "cache")


def hurt(trial: Trial, path: Path, way: str = "", *, unseen: bool = False) -> str:
    """Do something to a file. unseen: its size and times stay. Says what it was."""
    way = way or trial.draw.choice(WAYS)
    stat, data = path.stat(), path.read_bytes()
    if way == "gone" or not data:
        path.unlink()
        return "gone"
    if way == "another":
        others = [p for p in path.parent.iterdir() if p.is_file() and p != path]
        data = trial.draw.choice(sorted(others)).read_bytes() if others else b"another"
    at = trial.draw.randrange(len(data)) if data else 0
    flipped = data[:at] + bytes([data[at] ^ 1 << trial.draw.randrange(8)]) + data[at + 1 :] if data else b"x"
    made = {"cut": data[:at], "flipped": flipped, "empty": b"", "zeros": bytes(len(data)), "longer": data + b"\0\0"}
    if unseen:
        with path.open("r+b") as file:
            file.write(made[way])
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    else:
        path.unlink()
        path.write_bytes(made.get(way, data))
    return way


def finished(trial: Trial) -> None:
    """The store of the reference, as if this project had built it."""
    shutil.copytree(trial.reference.store, trial.store, dirs_exist_ok=True)
    shutil.copy(trial.reference.project / "recipes/small.lock", trial.project / "recipes")


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@fault("altered objects", TORN, weight=16)
def objects(trial: Trial) -> None:
    """Files of one to three finished objects, manifests among them."""
    finished(trial)
    trial.note()
    for _ in range(trial.draw.randint(1, 3)):
        path = trial.draw.choice(files_of(trial.store / "objects"))
        if ".provenance." in path.name:
            continue
        if trial.draw.random() < 0.3 and (path.parent / "manifest.json").is_file():
            path = path.parent / "manifest.json"
        trial.forget(path)
        trial.told.append(f"{path.relative_to(trial.store)}: {hurt(trial, path)}")
        trial.hits += 1
    missing_downstream(trial)


def missing_downstream(trial: Trial) -> None:
    """Sometimes something else is missing, too, so that the build has to read what is left."""
    if trial.draw.random() < 0.5:
        path = trial.draw.choice(sorted((trial.store / "objects").iterdir()))
        trial.forget(path / "manifest.json")
        shutil.rmtree(path)
        trial.told.append(f"{path.name}: removed")


@fault("a bit that rots unseen", TORN)
def rotten(trial: Trial) -> None:
    """Neither size nor time tells of it: `curate verify --deep` finds it, and the next build makes it again."""
    finished(trial)
    built = trial.build()
    if built.code:
        raise Failed(f"a finished store was not taken: {built.said[-500:]}")
    trial.note()
    path = trial.draw.choice([p for p in files_of(trial.store / "objects") if ".provenance." not in p.name])
    trial.forget(path)
    trial.told.append(f"{path.relative_to(trial.store)}: {hurt(trial, path, 'flipped', unseen=True)}")
    trial.hits += 1
    found = trial.build("verify", "small", "--deep", "--json")
    if found.code != 1 or path.parent.name not in found.printed:
        trial.complaints.append(f"verify --deep did not find it (exit code {found.code}): {found.said[-300:]}")


@fault("altered drafts of a killed build", TORN)
def drafts(trial: Trial) -> None:
    process = trial.start()
    trial.moment(process)
    trial.stop(process)
    found = files_of(trial.store / "drafts")
    for path in trial.draw.sample(found, min(len(found), trial.draw.randint(1, 4))):
        if path.is_file():
            trial.forget(path)
            trial.told.append(f"{path.relative_to(trial.store)}: {hurt(trial, path)}")
    trial.note()


@fault("altered notes of the store", TORN)
def notes(trial: Trial) -> None:
    """What plans came to, what names meant, where values are, what files had: each may be wrong, and none may be believed blindly."""
    finished(trial)
    trial.note()
    if trial.draw.random() < 0.2:
        shutil.rmtree(trial.store / "cache")
        trial.told.append("cache: removed")
        trial.hits += 1
    found = [path for name in NOTES for path in files_of(trial.store / name) if path.suffix != ".lock"]
    for path in trial.draw.sample(found, min(len(found), trial.draw.randint(1, 5))):
        trial.told.append(f"{path.relative_to(trial.store)}: {hurt(trial, path)}")
        trial.hits += 1
    missing_downstream(trial)


@fault("altered replies", TORN, "asks")
def replies(trial: Trial) -> None:
    """Replies of a killed build, in journals and segments; what cannot be read any more is paid for again."""
    process = trial.start()
    until = time.monotonic() + 120
    goal = trial.draw.randrange(1, trial.reference.asked)
    while sum(trial.server.answered.values()) < goal and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    trial.hits += process.poll() is None
    trial.stop(process)
    trial.note()
    found = [path for path in files_of(trial.store / "replies") if not path.name.startswith("claims")]
    for path in trial.draw.sample(found, min(len(found), 2)):
        trial.told.append(f"{path.relative_to(trial.store)}: {hurt(trial, path)}")
    trial.spare += trial.reference.asked


@fault("an altered lock", TORN, weight=4)
def lock(trial: Trial) -> None:
    """Cut, flipped, or with the marks of a merge. A build may refuse it; without it, it goes on."""
    finished(trial)
    trial.note()
    path = trial.project / "recipes/small.lock"
    if trial.draw.random() < 0.5:
        trial.told.append(f"the lock: {hurt(trial, path)}")
    else:
        text = path.read_text("utf-8")
        path.write_text(f"<<<<<<< HEAD\n{text}=======\n{text.replace('documents', 'document')}>>>>>>> other\n", "utf-8")
    trial.hits += 1
    if trial.draw.random() < 0.5:
        missing_downstream(trial)
    if trial.may_refuse(trial.build()).code:
        path.unlink()


@fault("inputs that change under a build", "torn, truncated or altered input", weight=14)
def inputs(trial: Trial) -> None:
    """An input is cut, flipped, replaced or removed while it is read, and comes back."""
    process = trial.start()
    trial.moment(process)
    kept = []
    for path in trial.draw.sample(files_of(trial.project / "data"), trial.draw.randint(1, 3)):
        kept.append((path, path.read_bytes(), path.stat()))
        trial.told.append(
            f"{path.name}: {hurt(trial, path, trial.draw.choice(['cut', 'flipped', 'gone', 'empty', 'another']))}"
        )
    trial.may_refuse(trial.end(process))
    if trial.draw.random() < 0.5:
        trial.may_refuse(trial.build())
    for path, data, stat in kept:
        path.write_bytes(data)
        if trial.draw.random() < 0.5:
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
