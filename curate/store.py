"""Where bytes live: `objects/<key>` for what is finished, `drafts/<plan key>` for what is not.

objects/<key>/      manifest.json and the files it names; an object without a manifest does not exist
drafts/<plan key>/  data/ with the shards of a pass under way, work/ with a small JSON for each that is whole
plans/<plan key>    the key that a plan came to
refs/               what the names of each recipe meant at its last build
replies/            what models wrote (`curate/models/replies.py`)
values/             which objects hold the values of a value key
listings/           which remote files a pattern meant when `curate fetch` listed it
runs/               seconds, host, log of each build: nothing that identity sees
cache/              remembered digests and file times; may be deleted at any time
training/<run key>/ run.json, log, metrics, checkpoints of a run of a trainer (`curate/run.py`)
builds/             jobs, logs and passes of builds on Slurm (`curate/launch/chain.py`)
evals/              what evaluations are called, and which objects hold their rows (`curate/evals/results.py`)
damaged/            objects that failed a check, set aside

A store may have a remote (`curate/remote.py`). An object of which only the manifest is known from there counts as stored; `ensure`
brings its files when one of them is needed. A store made for a group (setgid, group-writable) stays so: who opens it writes for the group.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import stat as modes
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.artifact import SEAL, Damaged, Manifest, replace_file, seal_of, sync_folder, unsealed
from curate.errors import CurateError
from curate.identity import KEY_HEX, file_sha256

if TYPE_CHECKING:
    from curate.remote import Remote

FOLDERS = (
    "objects",
    "drafts",
    "plans",
    "refs",
    "replies",
    "listings",
    "runs",
    "cache",
    "damaged",
    "values",
    "training",
    "evals",
)
KEY = re.compile(rf"[0-9a-f]{{{KEY_HEX}}}")
GROUP = modes.S_ISGID | modes.S_IWGRP


class Store:
    """One store on a local disk, shared by any number of builds and projects; with a remote behind it, if it has one."""

    def __init__(self, root: Path, remote: Remote | None = None) -> None:
        self.root, self.remote = root.absolute(), remote
        self._write_for_group()

    def _write_for_group(self) -> None:
        """In a store that belongs to a group, what this process and its workers write can be written by the group."""
        with contextlib.suppress(OSError):
            if self.root.stat().st_mode & GROUP == GROUP:
                os.umask(os.umask(0o002) & ~0o070)

    def create(self, *, group: bool = False) -> Store:
        """Make the folders. CurateError if the place cannot be written. group: for all members of the folder's group."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            if group:
                self.root.chmod(0o2775)
                self._write_for_group()
            for name in FOLDERS:
                (self.root / name).mkdir(parents=True, exist_ok=True)
            for path in self.root.rglob("*") if group else ():
                _give_to_group(path)  # also what a store of one user holds already
        except OSError as error:
            raise CurateError(f"the store cannot be written: {error.strerror}", where=str(self.root)) from None
        return self

    def object(self, key: str) -> Path:
        return self.root / "objects" / key

    def draft(self, plan_key: str) -> Path:
        return self.root / "drafts" / plan_key

    def manifest(self, key: str) -> Manifest:
        """The manifest of an object, here or on the remote. Damaged if there is none or it cannot be read."""
        if not self.here(key) and (away := self._on_remote(key)):
            return away
        try:
            manifest = Manifest.parse((self.object(key) / "manifest.json").read_text("utf-8"))
        except FileNotFoundError:
            raise Damaged(key, "manifest.json", "is missing") from None
        except (ValueError, TypeError, KeyError) as error:
            raise Damaged(key, "manifest.json", f"cannot be read ({error})") from None
        if manifest.key != key:
            raise Damaged(key, "manifest.json", f"is that of {manifest.key}")
        return manifest

    def has(self, key: str) -> bool:
        """Whether an object is stored, here or on the remote."""
        return self.here(key) or self._on_remote(key) is not None

    def here(self, key: str) -> bool:
        """Whether an object's files are here."""
        return (self.object(key) / "manifest.json").is_file()

    def ensure(self, key: str) -> Path:
        """The folder of an object, with its files, brought from the remote if they are not here. Damaged if they cannot be had."""
        if self.remote and not self.here(key) and (manifest := self._on_remote(key)):
            self.remote.bring(self, manifest)
        return self.object(key)

    def _on_remote(self, key: str) -> Manifest | None:
        return self.remote.known(key, self.root / "cache" / "manifests") if self.remote else None

    def check(self, key: str, *, deep: bool = False) -> Manifest:
        """An object's manifest, once its files were seen to be whole, as far as they are here. Damaged if one is not.

        A file whose size, mtime and inode are those of the last full check is taken to be whole unless `deep`.
        """
        manifest = self.manifest(key)
        if not self.here(key):
            return manifest
        known: dict[str, list[int]] = {} if deep else self.remembered("stat", key)
        seen = {}
        for name, size, sha256 in (file for shard in manifest.shards for file in shard.files()):
            path = self.object(key) / name
            try:
                stat = path.stat()
            except FileNotFoundError:
                raise Damaged(key, name, "is missing") from None
            if stat.st_size != size:
                raise Damaged(key, name, f"has {stat.st_size:,} bytes, not {size:,}")
            seen[name] = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
            if known.get(name) != seen[name] and file_sha256(path) != sha256:
                self.forget(key)
                raise Damaged(key, name, "its bytes are not those of the manifest")
        if seen != known:
            self.remember("stat", key, seen)
        return manifest

    def set_aside(self, damage: Damaged) -> None:
        """Move a damaged object out of the way, so that it is made again and can still be looked at."""
        if self.remote and not self.here(damage.key):
            self.remote.refuse(damage.key)
        place = self.root / "damaged" / f"{damage.key}-{time.time_ns()}"
        with contextlib.suppress(FileNotFoundError):
            self.object(damage.key).replace(place)
        self.forget(damage.key)

    def forget(self, key: str) -> None:
        """Let the next check of an object read its files, whatever their times say."""
        with contextlib.suppress(OSError):
            (self.root / "cache" / "stat" / f"{key}.json").unlink(missing_ok=True)

    def planned(self, plan_key: str) -> str | None:
        """The key that a plan key came to in an earlier build; None where that was not noted, or the note is damaged."""
        try:
            noted = (self.root / "plans" / plan_key).read_text("latin-1")
        except FileNotFoundError:
            return None
        return noted if KEY.fullmatch(noted) else None

    def record(self, plan_key: str, key: str) -> None:
        if self.planned(plan_key) != key:
            replace_file(self.root / "plans" / plan_key, key.encode("ascii"))

    def commit(self, plan_key: str, manifest: Manifest) -> None:
        """Turn a finished draft into an object by one rename; if the same object is there already, drop the draft."""
        if self.here(manifest.key):
            try:
                self.check(manifest.key)
            except Damaged as damage:
                self.set_aside(damage)
        self.record(plan_key, manifest.key)
        if not self.here(manifest.key):
            data = self.draft(plan_key) / "data"
            for path in data.glob(".*.tmp"):  # of a build that was killed while it wrote
                path.unlink()
            self.admit(data, manifest)
        shutil.rmtree(self.draft(plan_key), ignore_errors=True)

    def admit(self, data: Path, manifest: Manifest) -> None:
        """Turn a folder with all files of an object into that object, by one rename."""
        replace_file(data / "manifest.json", manifest.dump().encode())
        sync_folder(data)
        place = self.object(manifest.key)
        if place.is_dir():  # without a manifest: what a crash of another tool left
            shutil.rmtree(place)
        data.replace(place)
        sync_folder(place.parent)
        self.check(manifest.key)

    @contextlib.contextmanager
    def locked(self, plan_keys: list[str], waiting: Callable[[], None]) -> Iterator[None]:
        """Hold the right to build these nodes; waits for another build of the same ones. A killed holder lets go by itself."""
        with contextlib.ExitStack() as stack:
            for plan_key in plan_keys:
                file = stack.enter_context((self.root / "cache" / f"{plan_key}.lock").open("a"))
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    waiting()
                    fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def digest_of(self, path: Path) -> tuple[str, int]:
        """(SHA-256, bytes) of an input file, remembered by size, mtime and inode."""
        stat = path.stat()
        mark = f"{stat.st_size}.{stat.st_mtime_ns}.{stat.st_ino}"
        name = path.absolute().as_posix().replace("/", "%")[-200:]
        known = self.remembered("inputs", name)
        if known.get("mark") == mark and known.get("path") == str(path.absolute()):
            return str(known["sha256"]), stat.st_size
        sha256 = file_sha256(path)
        self.remember("inputs", name, {"mark": mark, "path": str(path.absolute()), "sha256": sha256})
        return sha256, stat.st_size

    def remembered(self, kind: str, name: str) -> Any:
        """What `remember` noted, or an empty map; also where the note was altered, or is another's."""
        try:
            told = unsealed(json.loads((self.root / "cache" / kind / f"{name}.json").read_text("utf-8")))
            return told["value"] if told["name"] == name else {}
        except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
            return {}

    def remember(self, kind: str, name: str, value: Any) -> None:
        """Note a value in the cache. Best effort: a store that is read-only or full can still be looked at."""
        folder = self.root / "cache" / kind
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            note = {"name": name, "value": value}
            replace_file(folder / f"{name}.json", json.dumps({**note, SEAL: seal_of(note)}).encode())

    def keys(self) -> list[str]:
        """Keys of all objects."""
        return sorted(p.parent.name for p in (self.root / "objects").glob("*/manifest.json"))


def _give_to_group(path: Path) -> None:
    mode = path.lstat().st_mode
    wanted = mode | (GROUP | 0o070 if modes.S_ISDIR(mode) else 0o060)
    if wanted != mode and not path.is_symlink():
        path.chmod(modes.S_IMODE(wanted))
