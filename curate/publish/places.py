"""Where a data set can be published: a folder, a bucket that speaks the S3 protocol, whatever fsspec reaches, the Hugging Face hub.

A place says what it holds, takes data files, and at the end the texts, the card last. Only the hub has commits; elsewhere a file appears
whole (a rename; one request), and files that the new card does not name are deleted after it is there. Two publishes into one folder at
once are refused; in buckets the last card wins, with all its files unless both delete at the same moment.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from curate.artifact import replace_file, sync_folder
from curate.errors import CurateError, failing
from curate.objectstore import Bucket, nameless
from curate.publish.files import Ready

CARD = "README.md"
TEXTS = ("LICENSE.md", "croissant.json", "recipe.yaml", "recipe.lock", "publish.json", CARD)
"""The files that a published set may have beside its data, in the order in which they are written."""
LARGEST = 64 << 20
"""Bytes that a text may have which is read back."""


@dataclass(frozen=True)
class Held:
    """A file that is there. What stands for its content is empty where the place does not say; then its name and size decide."""

    bytes: int
    sha256: str = ""
    git: str = ""
    """Git's name of a small file of the hub."""


class Place(ABC):
    """One place to publish to."""

    def __init__(self, url: str) -> None:
        self.url = nameless(url)

    @abstractmethod
    def look(self) -> dict[str, Held]:
        """Every file that is there, by its name; nothing is made. CurateError if the place cannot be reached."""

    @abstractmethod
    def read(self, name: str) -> bytes:
        """The bytes of a text that is there."""

    @contextlib.contextmanager
    def writing(self, public: bool) -> Iterator[None]:
        """Make the place, and keep others out as far as it goes."""
        yield

    @abstractmethod
    def send(self, files: Sequence[Ready]) -> None:
        """Send data files, which may be deleted here afterwards."""

    @abstractmethod
    def finish(self, texts: dict[str, bytes], gone: Sequence[str], title: str) -> str:
        """Write texts, the card last, then delete what it does not name; where to find it."""

    def is_open(self) -> bool | None:
        """Whether anybody can read it; None where that is not for us to know."""
        return None


class _Store(Place):
    """A place without commits."""

    @abstractmethod
    def put(self, name: str, path: Path) -> None:
        """Copy a file there, whole or not at all."""

    @abstractmethod
    def write(self, name: str, data: bytes) -> None:
        """Write a text there, whole or not at all."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """Delete a file."""

    def send(self, files: Sequence[Ready]) -> None:
        for file in files:
            self.put(file.name, file.path)

    def finish(self, texts: dict[str, bytes], gone: Sequence[str], title: str) -> str:
        for name in (name for name in TEXTS if name in texts):
            self.write(name, texts[name])
        for name in gone:
            self.delete(name)
        return self.url


class Folder(_Store):
    """A folder of this machine."""

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(url)
        self.folder = folder.absolute()

    def look(self) -> dict[str, Held]:
        paths = sorted(path for path in self.folder.rglob("*") if path.is_file())
        names = {path.relative_to(self.folder).as_posix(): path for path in paths}
        return {name: Held(path.stat().st_size) for name, path in names.items() if not path.name.startswith(".")}

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    @contextlib.contextmanager
    def writing(self, public: bool) -> Iterator[None]:
        with self._told():
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise CurateError("another publish is writing it", where=str(self.folder)) from None
        finally:
            os.close(lock)

    def put(self, name: str, path: Path) -> None:
        to = self.folder / name
        partial = to.with_name(f".{to.name}.tmp")
        for link in (above for above in to.parents if above.is_symlink() and self.folder in above.parents):
            raise CurateError("is a link; a published folder holds its files itself", where=str(link))
        with self._told():
            to.parent.mkdir(parents=True, exist_ok=True)
            partial.unlink(missing_ok=True)
            with path.open("rb") as source, partial.open("xb") as file:
                shutil.copyfileobj(source, file, 1 << 22)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(to)
            sync_folder(to.parent)

    def write(self, name: str, data: bytes) -> None:
        with self._told():
            replace_file(self.folder / name, data)

    def delete(self, name: str) -> None:
        with self._told():
            (self.folder / name).unlink(missing_ok=True)

    def finish(self, texts: dict[str, bytes], gone: Sequence[str], title: str) -> str:
        done = super().finish(texts, gone, title)
        with self._told():
            for path in sorted(self.folder.glob("data/*/.*.tmp")):  # of a publish that was killed
                path.unlink()
            sync_folder(self.folder)
        return done

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CurateError(f"cannot be written: {error.strerror}", where=str(self.folder)) from None


class S3(_Store):
    """A bucket. Who may use it say the AWS_ variables."""

    def __init__(self, url: str, scratch: Path) -> None:
        super().__init__(url)
        self.bucket, self.scratch = Bucket(url), scratch

    def look(self) -> dict[str, Held]:
        return {file.name: Held(file.bytes) for file in self.bucket.list("")}

    def read(self, name: str) -> bytes:
        return self.bucket.read(name, LARGEST) or b""

    def put(self, name: str, path: Path) -> None:
        self.bucket.send(name, path)

    def write(self, name: str, data: bytes) -> None:
        path = self.scratch / "text"
        path.write_bytes(data)
        self.bucket.send(name, path)

    def delete(self, name: str) -> None:
        self.bucket.delete(name)


class Other(_Store):
    """What fsspec reaches: `memory://`, `sftp://`, `gs://` and so on, where its library is installed."""

    def __init__(self, url: str) -> None:
        import fsspec

        super().__init__(url)
        try:
            self.files, self.root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise CurateError(f"{' '.join(str(error).split())}", where=self.url) from None

    def look(self) -> dict[str, Held]:
        with self._told():
            self.files.invalidate_cache()
            found: dict[str, Any] = self.files.find(self.root, detail=True) if self.files.exists(self.root) else {}
        root = self.root.strip("/")
        names = {path.strip("/").removeprefix(root).strip("/"): info for path, info in found.items()}
        return {name: Held(info["size"]) for name, info in sorted(names.items()) if not _is_partial(name)}

    def read(self, name: str) -> bytes:
        with self._told():
            return bytes(self.files.cat_file(self._path(name)))

    def put(self, name: str, path: Path) -> None:
        with self._told():
            to = self._path(name)
            partial = f"{to}.partial"
            self.files.makedirs(to.rpartition("/")[0], exist_ok=True)
            self.files.put_file(str(path), partial)
            self.files.mv(partial, to)

    def write(self, name: str, data: bytes) -> None:
        with self._told():
            self.files.makedirs(self.root, exist_ok=True)
            self.files.pipe_file(self._path(name), data)

    def delete(self, name: str) -> None:
        with self._told():
            self.files.rm_file(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self.root.rstrip('/')}/{name}"

    def _told(self) -> contextlib.AbstractContextManager[None]:
        return failing(self.url)


def _is_partial(name: str) -> bool:
    return name.endswith(".partial")


def place_of(to: str, scratch: Path) -> Place:
    """The place of an address or of a path. scratch: a folder of this machine for what is under way. CurateError for what is none."""
    folder = folder_of(to)
    scheme = urlsplit(to).scheme if "://" in to else ""
    if scheme == "hf":
        from curate.publish.hub import Hub

        return Hub(to)
    if folder:
        return Folder(to, folder)
    return S3(to, scratch) if scheme == "s3" else Other(to)


def folder_of(to: str) -> Path | None:
    """The folder of a path or of a `file:` address; None for another address. CurateError for one on another machine, or for none."""
    try:
        parts = urlsplit(to) if "://" in to else None
    except ValueError as error:
        raise CurateError(f"{to!r:.80} is no address: {error}") from None
    if parts is None:
        return Path(to)
    if parts.scheme == "file" and parts.netloc not in ("", "localhost"):
        raise CurateError(f"names the machine {parts.netloc!r:.80}; write file:///path", where=nameless(to))
    return Path(unquote(parts.path)) if parts.scheme == "file" else None
