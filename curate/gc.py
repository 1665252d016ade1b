"""What in a store no name means any more.

Roots are the refs of all projects, the locks beside their recipes, what runs were trained on, and results of evaluations; nothing young is
touched.
"""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from curate.errors import CurateError
from curate.lock import Lock
from curate.run_folder import RunFolder
from curate.store import Store

DAYS = 14


@dataclass(frozen=True)
class Loose:
    """A folder that nothing refers to."""

    path: Path
    bytes: int


def loose(store: Store, *, days: float = DAYS) -> list[Loose]:
    """Objects that no ref and no lock names, drafts, damaged objects, remembered matches and sketches, each older than `days`."""
    kept = _rooted(store)
    horizon = time.time() - days * 86_400
    folders = [
        p
        for name in ("objects", "drafts", "damaged", "cache/matches", "cache/alike")
        if (store.root / name).is_dir()
        for p in sorted((store.root / name).iterdir())
    ]
    old = [p for p in folders if (p.parent.name != "objects" or p.name not in kept) and _newest(p) < horizon]
    return [Loose(path, sum(f.stat().st_size for f in path.rglob("*") if f.is_file())) for path in old]


def delete(store: Store, found: list[Loose]) -> None:
    """Delete these folders, and then what the store noted of objects that it no longer has."""
    for item in found:
        shutil.rmtree(item.path)
    kept = {*store.keys(), *_rooted(store)}
    marks = [p for folder in ("values/*", "cache/stat", "cache/manifests") for p in store.root.glob(f"{folder}/*.json")]
    for path in marks:
        if path.stem not in kept:
            path.unlink(missing_ok=True)
    for path in (store.root / "plans").iterdir():
        if not path.name.startswith(".") and store.planned(path.name) not in kept:
            path.unlink(missing_ok=True)


def _rooted(store: Store) -> set[str]:
    keys: set[str] = set()
    for path in (store.root / "refs").glob("*.json"):
        try:
            ref = json.loads(path.read_text("utf-8"))
            keys |= {node["key"] for node in ref["nodes"].values()}
            if Path(ref["lock"]).is_file():
                keys |= {str(node.get("key")) for node in Lock.read(Path(ref["lock"])).nodes.values()}
        except (ValueError, KeyError, TypeError):
            raise CurateError(
                "cannot be read, so what it keeps is not known; delete it if it is of no use", where=str(path)
            ) from None
    return keys | _trained(store) | {path.stem for path in (store.root / "evals").glob("*.json")}


def _trained(store: Store) -> set[str]:
    """Mixtures and tokenizers that a run was started on: it may read them for weeks, and says where it came from for good."""
    records = [RunFolder(path).record.get("objects") for path in (store.root / "training").glob("*")]
    return {str(key) for objects in records if isinstance(objects, dict) for key in objects.values()}


def _newest(path: Path) -> float:
    """When anything of it was last written: no time is later than that of its inode, which nobody sets."""
    found = (f.stat() for f in (path, *path.rglob("*")))
    return max((min(one.st_mtime, one.st_ctime) for one in found), default=0.0)
