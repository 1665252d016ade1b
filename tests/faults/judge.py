"""What a trial must have come to: the bytes of a build that nothing happened to, and nothing lost on the way.

Nothing here asks the code that is tested, but for `curate gc`, whose list is a part of what is judged: files are hashed, manifests and
locks read as JSON and text. Each function gives complaints, one line each; none means that all is well.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.faults.trial import Reference, Trial

MOST = 3
"""Complaints of one kind that are told."""


def judged(trial: Trial) -> list[str]:
    """Everything that is wrong after a trial."""
    reference, store = trial.reference, trial.store
    found = [
        *same(reference, store),
        *same_lock(reference, trial.project),
        *fates(store, reference),
        *reused(trial),
        *strays(store, reference),
        *strangers(trial.project, reference.project),
    ]
    if trial.server is not None:
        found += paid_twice(trial.server.answered, reference.asked, trial.spare)
    return [*trial.complaints, *found]


def files(store: Path) -> dict[str, str]:
    """File of an object -> SHA-256, but for provenance, which no digest sees."""
    return {
        str(path.relative_to(store / "objects")): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((store / "objects").rglob("*"))
        if path.is_file() and ".provenance." not in path.name
    }


def same(reference: Reference, store: Path) -> list[str]:
    """Every object of the reference is there, byte for byte."""
    found = files(store)
    names = {key: name for name, (_, key, _) in reference.nodes.items()}
    wrong = [
        f"{names.get(path.partition('/')[0], path)}: {path} " + ("is not there" if path not in found else "differs")
        for path, digest in reference.objects.items()
        if found.get(path) != digest
    ]
    more = [
        f"{names[path.partition('/')[0]]}: {path} is too much"
        for path in found
        if path.partition("/")[0] in names and path not in reference.objects
    ]
    return few([*wrong, *more])


def same_lock(reference: Reference, project: Path) -> list[str]:
    lock = project / "recipes/small.lock"
    if not lock.is_file():
        return ["there is no lock"]
    return [] if lock.read_text("utf-8") == reference.lock else ["the lock differs"]


def fates(store: Path, reference: Reference) -> list[str]:
    """Every record that was written became a document or has a fate, and every document that came to a step left it or has one."""
    wrong = []
    for name, (_, key, kind) in reference.nodes.items():
        try:
            manifest = json.loads((store / "objects" / key / "manifest.json").read_text("utf-8"))
        except (OSError, ValueError):
            wrong.append(f"{name}: no manifest")
            continue
        gone = sum(sum(shard.get("fates", {}).values()) for shard in manifest["shards"])
        rows = sum(shard["rows"] for shard in manifest["shards"])
        live = sum(shard["live"] for shard in manifest["shards"])
        if kind == "read":
            written = reference.shape.records[name.partition("/")[0]]
            wrong += [f"{name}: {rows + gone} records of {written} have a fate"] * (rows + gone != written)
        elif kind in ("columns", "verdict", "ask"):
            came = manifest["rows_in"]
            wrong += [f"{name}: {live + gone} documents of {came} have a fate"] * (live + gone != came)
    return few(wrong)


def reused(trial: Trial) -> list[str]:
    """What was finished when a fault came was not made again: its files are the same files."""
    wrong = []
    for (name, file), inode in trial.shards.items():
        key = trial.reference.nodes[name][1]
        path = trial.store / "objects" / key / file
        if not hurt(trial, name) and path.is_file() and path.stat().st_ino != inode:
            wrong.append(f"{name}: the finished shard {file} was made again")
    names = {key: name for name, (_, key, _) in trial.reference.nodes.items()}
    for file, inode in trial.whole.items():
        path = trial.store / "objects" / file
        name = names[file.partition("/")[0]]
        if name not in trial.hurt and path.is_file() and path.stat().st_ino != inode:
            wrong.append(f"{name}: the object was made again")
    return few(sorted(set(wrong)))


def hurt(trial: Trial, name: str) -> bool:
    """Whether something of a node's pass was destroyed: nodes of a pass finish a shard together."""
    corpus = name.partition("/")[0]
    return any(one.partition("/")[0] == corpus for one in trial.hurt)


def paid_twice(answered: Mapping[Any, int], asked: int, spare: int) -> list[str]:
    """No reply is paid for twice, beyond those that were under way when a process was killed."""
    total = sum(answered.values())
    wrong = [f"{total} replies were paid for; {asked} are needed, and {spare} may have been under way"]
    return wrong if total > asked + spare else []


def strays(store: Path, reference: Reference) -> list[str]:
    """What is left of builds that were stopped is listed by `curate gc`, once it is old enough."""
    from curate import gc
    from curate.store import Store

    listed = {item.path for item in gc.loose(Store(store), days=-1)}
    keys = {key for _, key, _ in reference.nodes.values()}
    left = [path for folder in ("drafts", "damaged") for path in (store / folder).iterdir()]
    left += [path for path in (store / "objects").iterdir() if path.name not in keys]
    wrong = [f"{path.relative_to(store)} is left, and gc does not list it" for path in left if path not in listed]
    torn = [path for path in (store / "objects").rglob(".*") if path.is_file()]
    torn += list((store / "replies").rglob("journal-*"))
    return few(wrong + [f"{path.relative_to(store)} is left" for path in torn])


def strangers(project: Path, before: Path) -> list[str]:
    """Nothing is written into the project but the lock."""

    def names(folder: Path) -> set[str]:
        paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
        return {str(path) for path in paths if path.parts[0] != ".curate" and "__pycache__" not in path.parts}

    return few(f"{name} is new in the project" for name in sorted(names(project) - names(before)))


def few(wrong: Iterable[str]) -> list[str]:
    """The first of them, and how many more there are."""
    told = list(wrong)
    return told if len(told) <= MOST else [*told[:MOST], f"and {len(told) - MOST} more like these"]
