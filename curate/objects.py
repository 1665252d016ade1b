"""What people do with whole objects: copy them to and from the remote, and see what takes the space.

Figures of `du` come from manifests: an object is the bytes of the files that its manifest names.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from curate.artifact import Damaged
from curate.errors import CurateError
from curate.foreign import parsed
from curate.lock import Lock
from curate.profile import Profile
from curate.remote import Remote
from curate.report import Report
from curate.store import FOLDERS, Store


def store_of(profile: Profile, project: Path) -> Store:
    """The store of a project, with its remote if the profile or the environment names one."""
    url = profile.remote_url()
    return Store(profile.store_path(project), Remote(url) if url else None)


def remote_of(store: Store, report: Report | None = None) -> Remote:
    """The remote of a store. CurateError if it has none."""
    if store.remote is None:
        raise CurateError('this store has no remote; write remote = "s3://bucket/prefix" in the profile, or --remote')
    if report:
        store.remote.report = report
    return store.remote


def push(store: Store, keys: Sequence[str], report: Report | None = None) -> dict[str, Any]:
    """Copy these objects and all reply segments to the remote: keys `copied`, `there`, `drift`, and how many `replies`."""
    remote = remote_of(store, report)
    found: dict[str, Any] = {"copied": [], "there": [], "drift": []}
    with _told():
        for key in dict.fromkeys(keys):
            found[remote.push(store, key)].append(key)
        return found | {"replies": remote.push_replies(store)}


def pull(store: Store, keys: Sequence[str] | None, report: Report | None = None) -> dict[str, Any]:
    """Copy these objects, or all, and all reply segments from the remote; as `push`, and keys that are `missing` there."""
    remote = remote_of(store, report)
    found: dict[str, Any] = {"copied": [], "there": [], "drift": [], "missing": []}
    with _told():
        for key in dict.fromkeys(remote.keys() if keys is None else keys):
            found[_pull(store, remote, key)].append(key)
        return found | {"replies": remote.pull_replies(store)}


def _pull(store: Store, remote: Remote, key: str) -> str:
    data = remote.read(key)
    if data is None:
        return "there" if store.here(key) else "missing"
    theirs = parsed(key, data)
    if store.here(key):
        return "there" if store.check(key).content == theirs.content else "drift"
    remote.pull(store, theirs)
    return "copied"


class _told:
    """A damaged object, here or there, or a disk that is full or may not be written, as one line."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Damaged):
            raise CurateError(f"{error}; it is not used") from None
        if isinstance(error, OSError):
            raise CurateError(
                f"{error.strerror or error}; what was copied is whole", where=str(error.filename or "")
            ) from None


def prefer(store: Store, lock: Lock) -> None:
    """Take from the remote only what the lock says, and in place of objects of this store that are not what the lock says."""
    if store.remote is None:
        return
    store.remote.wanted = {
        str(n["key"]): str(n["content"]) for n in lock.nodes.values() if "key" in n and "content" in n
    }
    for key, content in store.remote.wanted.items():
        other = store.here(key) and store.manifest(key).content != content
        if other and store.remote.known(key, store.root / "cache" / "manifests"):
            store.set_aside(Damaged(key, "manifest.json", "its content is not what the lock says"))


def usage(store: Store) -> dict[str, Any]:
    """Bytes by folder of the store (`folders`) and by recipe (`recipes`): recipe, lock, objects, bytes, and `own` bytes.

    `own` are of objects that it alone uses, `shared` of those that several use, `loose` of those that none uses; these three add up.
    """
    sizes = {}
    for key in store.keys():  # noqa: SIM118
        try:
            sizes[key] = store.manifest(key).bytes
        except Damaged:
            sizes[key] = _bytes(store.object(key))
    refs = [_ref(path, sizes) for path in sorted((store.root / "refs").glob("*.json"))]
    users = Counter(key for _, _, keys in refs for key in keys)
    rows = [
        {
            "recipe": recipe,
            "lock": lock,
            "objects": len(keys),
            "bytes": sum(sizes[key] for key in keys),
            "own": sum(sizes[key] for key in keys if users[key] == 1),
        }
        for recipe, lock, keys in refs
    ]
    return {
        "folders": {n: sum(sizes.values()) if n == "objects" else _bytes(store.root / n) for n in FOLDERS},
        "recipes": rows,
        "shared": sum(size for key, size in sizes.items() if users[key] > 1),
        "loose": sum(size for key, size in sizes.items() if not users[key]),
    }


def _ref(path: Path, sizes: dict[str, int]) -> tuple[str, str, set[str]]:
    try:
        ref = json.loads(path.read_text("utf-8"))
        keys = {str(node["key"]) for node in ref["nodes"].values()}
        return str(ref.get("recipe", path.stem)), str(ref["lock"]), keys & sizes.keys()
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CurateError("cannot be read; delete it if it is of no use", where=str(path)) from None


def _bytes(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
