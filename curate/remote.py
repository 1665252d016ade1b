"""A second place for objects, shared by many machines: a bucket that speaks the S3 protocol.

objects/<key>/manifest.json         written last, and only where there is none: an object without a manifest does not exist
objects/<key>/<content>/<file>      the files that the manifest names; those of provenance, named by digest, with a list in `sides.json`
replies/<model>/<segment>.parquet   what models wrote; a segment is named by its digest

Files stand under the digest of their content, so that two machines that push one key with different contents (pinned results: replies,
trained classifiers) cannot mix their files: the first manifest wins, the other machine is told of drift. Nothing that comes from the
remote is believed (`curate/foreign.py`): a manifest must be that of its key, each file must have the size and SHA-256 that it is listed
with, and no name leads out of the object's folder. Left out: deleting from the remote.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from curate.artifact import Manifest, replace_file
from curate.errors import CurateError
from curate.foreign import SIDE, Refused, files, parsed, sides
from curate.identity import canonical, file_sha256
from curate.objectstore import Away, Bucket, Changed
from curate.report import Lines, Report
from curate.waiting import SECONDS, result, settle

if TYPE_CHECKING:
    from curate.store import Store

THREADS = 4
"""Files under way at once."""
MANIFEST_BYTES = 256 << 20
SEGMENT = re.compile(r"[0-9a-f]{32}/([0-9a-f]{32}\.parquet|model\.json)")
Outcome = Literal["copied", "there", "drift"]
"""What became of one object: copied now; there already, the same; there already, with another content."""


@dataclass
class Remote:
    """One remote, as one process sees it. What was found out about a key is not asked again."""

    url: str
    report: Report = field(default_factory=Lines)
    wanted: dict[str, str] = field(default_factory=dict)
    """Key -> the content that a lock says. An object of another content is not taken."""
    away: bool = False
    _seen: dict[str, Manifest | None] = field(default_factory=dict)

    @cached_property
    def bucket(self) -> Bucket:
        return Bucket(self.url)

    # manifests

    def known(self, key: str, cache: Path) -> Manifest | None:
        """The manifest of an object that a build may use, from `cache` or the remote. None if there is none, or the remote is away."""
        if key not in self._seen:
            try:
                self._seen[key] = self._wanted(self._cached(key, cache))
            except Refused as refused:
                self._seen[key] = None
                self.report.note(f"{refused}; not used")
            except Away as error:
                self._gone(error)
                return None
        return self._seen[key]

    def _gone(self, error: Away) -> None:
        if not self.away:
            self.away = True
            self.report.note(f"the remote cannot be reached: {error.message}; going on here")

    def _wanted(self, found: Manifest | None) -> Manifest | None:
        if found and self.wanted.get(found.key, found.content) != found.content:
            raise Refused(found.key, "manifest.json", "its content is not what the lock says")
        return found

    def _cached(self, key: str, cache: Path) -> Manifest | None:
        path = cache / f"{key}.json"
        if _mark(cache, key).exists():
            return None
        with contextlib.suppress(OSError, Refused):
            return parsed(key, path.read_bytes())
        if self.away:
            return None
        data = self.read(key)
        if data is None:
            return None
        found = parsed(key, data)
        with contextlib.suppress(OSError):
            cache.mkdir(parents=True, exist_ok=True)
            replace_file(path, data, durable=False)
        return found

    def read(self, key: str) -> bytes | None:
        """The bytes of a manifest as they are on the remote; None if there is none. Refused if there are too many."""
        try:
            return self.bucket.read(f"objects/{key}/manifest.json", MANIFEST_BYTES)
        except Changed as error:
            raise Refused(key, "manifest.json", error.message) from None

    def refuse(self, key: str) -> None:
        """Do without this object in this process: it is made here."""
        self._seen[key] = None

    # objects

    def push(self, store: Store, key: str) -> Outcome:
        """Copy an object of this store to the remote. Refused if the remote holds a broken manifest for it.

        Files that the remote has lost or cut since are sent again; all of them if they were found broken from here.
        """
        manifest = store.check(key)
        if (theirs := self.read(key)) is None:
            beside = {
                path.name: (path.stat().st_size, file_sha256(path)) for path in store.object(key).glob(f"*{SIDE}")
            }
            sent = [*files(manifest), *((name, *told) for name, told in beside.items())]
            with self.report.progress(f"push {manifest.name}", len(sent)) as advance:
                for_each(lambda f: self.bucket.send(_place(manifest, *f), store.object(key) / f[0]), sent, advance)
            if beside:
                self.bucket.create(_place(manifest, "sides.json"), canonical(beside))
            if self.bucket.create(f"objects/{key}/manifest.json", manifest.dump().encode()):
                return "copied"
            theirs = self.read(key) or b""
        if parsed(key, theirs).content != manifest.content:
            return "drift"
        return "copied" if self._mended(store, manifest) else "there"

    def _mended(self, store: Store, manifest: Manifest) -> bool:
        """Send again what the remote no longer holds as it was listed; whether that was anything."""
        mark = _mark(store.root / "cache" / "manifests", manifest.key)
        off = [f for f in files(manifest) if mark.exists() or not self._holds(manifest, *f)]
        for_each(lambda f: self.bucket.send(_place(manifest, *f), store.object(manifest.key) / f[0]), off)
        with contextlib.suppress(OSError):
            mark.unlink(missing_ok=True)
        return bool(off)

    def _holds(self, manifest: Manifest, name: str, size: int, sha256: str) -> bool:
        found = self.bucket.look(_place(manifest, name, size, sha256))
        return found is not None and found.bytes == size

    def bring(self, store: Store, manifest: Manifest) -> None:
        """As `pull`, for a build: Refused also while the remote is away, so that the object is made here."""
        try:
            if not self.away:
                return self.pull(store, manifest)
        except Away as error:
            self._gone(error)
        except Refused:  # by later builds too: they make it here
            self.refuse(manifest.key)
            with contextlib.suppress(OSError):
                _mark(store.root / "cache" / "manifests", manifest.key).touch()
            raise
        raise Refused(manifest.key, "manifest.json", "the remote cannot be reached")

    def pull(self, store: Store, manifest: Manifest) -> None:
        """Copy an object into this store, checked, by one rename. Refused if it is not whole; Away."""
        store.create()  # the first thing that a second checkout does may be to look
        try:
            with _one_at_a_time(store.root / "cache" / f"pull-{manifest.key}.lock"):
                if not store.here(manifest.key):
                    self._pull(store, manifest)
        except OSError as error:
            raise CurateError(
                f"the store cannot be written: {error.strerror}; nothing that was finished is lost"
            ) from None

    def _pull(self, store: Store, manifest: Manifest) -> None:
        data = store.root / "drafts" / f"pull.{manifest.key}.{os.getpid()}.{secrets.token_hex(4)}"
        try:
            data.mkdir(parents=True)
            for name, _, _ in files(manifest):
                (data / name).parent.mkdir(parents=True, exist_ok=True)
            wanted = [*files(manifest), *self._sides(manifest)]
            with self.report.progress(f"pull {manifest.name}", len(wanted)) as advance:
                for_each(lambda file: self._fetch(manifest, data, *file), wanted, advance)
            store.admit(data, manifest)
        finally:
            shutil.rmtree(data, ignore_errors=True)

    def _sides(self, manifest: Manifest) -> list[tuple[str, int, str]]:
        if manifest.kind != "base":
            return []
        listed = self.bucket.read(_place(manifest, "sides.json"), MANIFEST_BYTES)
        return sides(manifest, listed) if listed is not None else []

    def _fetch(self, manifest: Manifest, data: Path, name: str, size: int, sha256: str) -> None:
        try:
            found = self.bucket.fetch(_place(manifest, name, size, sha256), data / name, bytes=size)
        except Changed as error:
            raise Refused(manifest.key, name, error.message) from None
        if found != sha256:
            raise Refused(manifest.key, name, "its bytes are not those that it is listed with")

    def keys(self) -> list[str]:
        """Keys of all objects of the remote."""
        names = (PurePosixPath(file.name) for file in self.bucket.list("objects"))
        return sorted(name.parts[1] for name in names if len(name.parts) == 3 and name.name == "manifest.json")

    # replies

    def segments(self) -> dict[str, int]:
        """Reply segments of the remote: `<model>/<file>` -> bytes."""
        found = ((file.name.removeprefix("replies/"), file.bytes) for file in self.bucket.list("replies"))
        return {name: size for name, size in found if SEGMENT.fullmatch(name)}

    def push_replies(self, store: Store) -> int:
        """Copy reply segments that the remote lacks; how many."""
        here, there = _segments(store), self.segments()
        lacking = [name for name in here if name not in there]
        for_each(lambda name: self.bucket.send(f"replies/{name}", store.root / "replies" / name), lacking)
        return sum(name.endswith(".parquet") for name in lacking)

    def pull_replies(self, store: Store) -> int:
        """Copy reply segments that this store lacks; how many. CurateError for one whose bytes are not its name's.

        Those that were merged into one that is here are not copied; large ones come first, as they may be such.
        """
        folder, here = store.root / "replies", {*_segments(store)}
        merged = {name for each in here for name in _merged(folder / each)}
        lacking = [(name, size) for name, size in self.segments().items() if name not in here]
        copied: list[str] = []

        def copy(file: tuple[str, int]) -> None:
            if file[0] not in merged:
                self._fetch_segment(folder, *file)
                merged.update(_merged(folder / file[0]))
                copied.append(file[0])

        for_each(copy, sorted(lacking, key=lambda file: (-file[1], file[0])))
        return sum(name.endswith(".parquet") for name in copied)

    def _fetch_segment(self, folder: Path, name: str, size: int) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".pull-{os.getpid()}-{secrets.token_hex(4)}")
        try:
            sha256 = self.bucket.fetch(f"replies/{name}", temporary, bytes=size)
            if sha256[:32] != (path.parent.name if path.name == "model.json" else path.stem):
                raise CurateError(
                    "its bytes are not those of its name; delete it there", where=f"remote replies/{name}"
                )
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def for_each(
    work: Callable[[Any], object], items: Sequence[Any], advance: Callable[[int, Any], None] | None = None
) -> None:
    """Do it to each, a few at once. `advance` hears of each that is done.

    The first error ends it when what is under way is done; Ctrl-C ends it at once, and leaves that behind.
    """
    running = [(item, Future[object]()) for item in items]
    todo = iter(running)
    ended, one_at_a_time = threading.Event(), threading.Lock()

    def go() -> None:
        while not ended.is_set():
            with one_at_a_time:
                item, future = next(todo, (None, None))
            if future is None:
                return
            settle(future, work, item)

    threads = [threading.Thread(target=go, daemon=True) for _ in range(min(THREADS, len(items)))]
    for thread in threads:
        thread.start()
    try:
        for _, future in running:
            result(future)
            if advance:
                advance(0, None)
    except KeyboardInterrupt:
        ended.set()
        raise
    except BaseException:
        ended.set()
        for thread in threads:
            while thread.is_alive():
                thread.join(SECONDS)
        raise


def _place(manifest: Manifest, name: str, _size: int = 0, sha256: str = "") -> str:
    """Where a file of an object is. Provenance may differ between machines that made the same content, so its digest is its name."""
    return f"objects/{manifest.key}/{manifest.content}/{sha256 + SIDE if name.endswith(SIDE) else name}"


def _mark(cache: Path, key: str) -> Path:
    """Says that an object's files were found to be broken on the remote."""
    return cache / f"{key}.broken"


def _segments(store: Store) -> list[str]:
    folder = store.root / "replies"
    found = (str(path.relative_to(folder)) for path in sorted(folder.glob("*/*")) if path.is_file())
    return [name for name in found if SEGMENT.fullmatch(name)]


def _merged(path: Path) -> list[str]:
    """The reply segments that were merged into this one, as `<model>/<file>`."""
    from curate.models.segments import replaced_by

    return [f"{path.parent.name}/{name}" for name in replaced_by(path)] if path.suffix == ".parquet" else []


@contextlib.contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Two processes that need one object do not both copy it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
