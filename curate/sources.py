"""Which files a corpus is read from: listed by pattern, named by content.

The order of files is the order of their digests, so neither their names nor the order in which they are listed can change a result.
Remote files (`s3://bucket/pages/*.warc.gz`, `https://host/file`) are listed by `curate fetch` (`curate/listings.py`); a *mark* of size and
ETag stands for their digest. A worker copies one file at a time, and holds its bytes to what they were when they were first read.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from curate.errors import CurateError
from curate.fraction import take
from curate.identity import digest, file_sha256

if TYPE_CHECKING:
    from curate.store import Store


@dataclass(frozen=True)
class Drawn:
    """What a sample drew a file from, and what it takes of it (`curate/fraction.py`)."""

    files: int
    bytes: int
    share: float
    """Share of the file's documents."""


@dataclass(frozen=True)
class Source:
    """One input file as it was when it was listed."""

    path: str
    """A path here, or where a remote file is."""
    sha256: str
    """Its digest; of a remote file its mark, `listed-` and a digest of size and ETag."""
    bytes: int
    etag: str = ""
    """Of a remote file."""
    drawn: Drawn | None = None
    """None where nothing is sampled."""
    name: str = ""
    """What it is called below the folder in which its pattern looks."""
    members: tuple[Source, ...] = ()
    """The files of a group (`curate/together.py`)."""

    @property
    def each(self) -> tuple[Source, ...]:
        """The files that it is: its members, or itself."""
        return self.members or (self,)


@dataclass(frozen=True)
class Sources:
    """Input files, sorted by digest."""

    files: tuple[Source, ...]

    @property
    def digests(self) -> list[str]:
        return [file.sha256 for file in self.files]


def list_sources(
    patterns: list[str],
    project: Path,
    store: Store,
    where: str = "",
    sample: float | None = None,
    together: int = 0,
) -> Sources:
    """Files that the patterns name, relative to the project. CurateError if a pattern matches nothing or was not listed yet.

    sample: the share that is wanted; the files that it leaves out are not opened. together: how many small files make one input; 0 if
    each is one. Then all are opened, and a sample takes some of the groups.
    """
    from curate.together import digested as digested_together
    from curate.together import groups

    try:
        files = {file.path: file for file in listed(patterns, project, store, where)}
        if together:
            made = {one.name: one for one in groups(digested_together([*files.values()], store), together)}
            some = sampled([(name, one.bytes) for name, one in made.items()], sample)
            return Sources(in_order(replace(made[name], drawn=drawn) for name, drawn in some))
        chosen = sampled([(file.path, file.bytes) for file in files.values()], sample)
        digested = [replace(_digested(files[path], store), drawn=drawn) for path, drawn in chosen]
    except OSError as error:
        raise CurateError(f"{error.filename} cannot be read: {error.strerror}", where=where) from None
    return Sources(in_order(digested))


def _digested(file: Source, store: Store) -> Source:
    """A local file with its digest; of a remote one its mark is known from the listing.

    A large file of huggingface_hub's cache is a link to one that is called by its digest. It is believed here, so that planning need not
    read terabytes, and checked when it is read.
    """
    if "://" in file.path:
        return file
    path = Path(file.path)
    blob = path.resolve() if path.is_symlink() else path
    if blob.parent.name == "blobs" and re.fullmatch("[0-9a-f]{64}", blob.name):
        return replace(file, sha256=blob.name)
    sha256, size = store.digest_of(path)
    return replace(file, sha256=sha256, bytes=size)


def listed(patterns: list[str], project: Path, store: Store, where: str = "") -> list[Source]:
    """Files that the patterns name, each once; local ones are not digested yet."""
    from curate.listings import listed as listed_elsewhere
    from curate.together import name_below

    found: dict[str, Source] = {}
    for pattern in patterns:
        if "://" in pattern:
            away = listed_elsewhere(pattern, store, where)
            found |= {file.path: replace(file, name=name_below(pattern, file.path)) for file in away}
            continue
        paths = [Path(f) for f in sorted(glob.glob(_pattern(project, pattern), recursive=True)) if Path(f).is_file()]
        if not paths:
            raise CurateError(f"no file matches {pattern!r} (looked in {_shown(project)})", where=where)
        said = Path(pattern).expanduser()
        for path in paths:  # what the project's own folder is called is no part of a name
            below = path if said.is_absolute() else path.relative_to(project)
            name = os.fsencode(name_below(str(said), str(below))).decode(errors="replace")
            found[str(path)] = Source(str(path), "", path.stat().st_size, name=name)
    return list(found.values())


def sampled(files: Sequence[tuple[str, int]], sample: float | None) -> list[tuple[str, Drawn | None]]:
    """Of listed files (name, bytes) those that a sample takes; all where none is wanted."""
    if sample is None:
        return [(name, None) for name, _ in files]
    places, share = take([name for name, _ in files], sample)
    drawn = Drawn(len(files), sum(size for _, size in files), share)
    return [(files[place][0], drawn) for place in places]


def in_order(files: Iterable[Source]) -> tuple[Source, ...]:
    """The order in which files are read: that of their digests."""
    return tuple(sorted(files, key=lambda file: (file.sha256, file.path)))


LONGEST_NAME = 200
"""Bytes of a name, to which endings are added."""


class Unread(CurateError):
    """An input file that cannot be had; others may be."""


@contextlib.contextmanager
def at_hand(file: Source, store: Store, folder: Path | None = None) -> Iterator[str]:
    """The path of a file on this machine; of a remote one, a copy in `folder` that goes away once it was read.

    What was copied of it before a build was killed, or the network broke, stays in `folder` for the next one. A folder that is not given is
    one for this call. Unread if it cannot be
    had, is not what was listed, or has other bytes than when it was first read.
    """
    if "://" not in file.path:
        yield file.path
        return
    from curate.listings import here, place_of
    from curate.objectstore import WAITS, Away, Changed

    if copy := here(file.path):
        if not copy.is_file():
            raise Unread("is not in this machine's copy of the archive", where=file.path)
        _same_bytes(file, file_sha256(copy), store)
        yield str(copy)
        return
    bucket, name = place_of(file.path)
    with _copies(file, folder) as copies:
        path = copies / _plain(name, file.path)
        try:
            size = file.bytes if file.etag else None
            sha256 = bucket.fetch(name, path, bytes=size, etag=file.etag, waits=WAITS, lasting=True)
            _same_bytes(file, sha256, store)
        except Away as error:
            raise Unread(error.message, where=file.path) from None
        except (Changed, Unread) as error:
            shutil.rmtree(copies)
            hint = "; curate fetch lists it anew" if isinstance(error, Changed) else ""
            raise Unread(f"{error.message}{hint}", where=file.path) from None
        yield str(path)
        shutil.rmtree(copies)


def _plain(name: str, where: str) -> str:
    """The last part of a remote name, as a file of this machine can be called. Unread for one that cannot."""
    last = name.rpartition("/")[2]
    if last in ("", ".", "..") or "\0" in last or len(last.encode("utf-8", "surrogateescape")) > LONGEST_NAME:
        raise Unread("has a name that no file of this machine can have", where=where)
    return last


@contextlib.contextmanager
def head_at_hand(file: Source, store: Store) -> Iterator[str]:
    """The path of a file whose columns can be seen: of a remote Parquet file, only its footer is fetched."""
    from curate.listings import here, place_of

    if "://" in file.path and file.path.endswith(".parquet") and not here(file.path):
        bucket, name = place_of(file.path)
        with tempfile.TemporaryDirectory(prefix="input-") as copies:
            path = Path(copies) / _plain(name, file.path)
            if bucket.footer(name, path, file.etag):
                yield str(path)
                return
    with at_hand(file, store) as whole:
        yield whole


@contextlib.contextmanager
def all_at_hand(file: Source, store: Store, folder: Path | None = None) -> Iterator[list[tuple[str, str]]]:
    """(name, path on this machine) of each file of a group."""
    with contextlib.ExitStack() as stack:
        yield [(one.name, stack.enter_context(at_hand(one, store, folder))) for one in file.each]


@contextlib.contextmanager
def _copies(file: Source, folder: Path | None) -> Iterator[Path]:
    """A folder for the copy of one file: with a name of its own in `folder`, or one that goes away in any case.

    The worker of a build that was killed may still be writing there; then this is one of the second kind.
    """
    with contextlib.ExitStack() as stack:
        copies = folder / f"input-{digest([file.path, file.sha256])}" if folder else None
        if copies is None or not stack.enter_context(_ours(copies.with_suffix(".lock"))):
            temporary = tempfile.TemporaryDirectory(prefix="input-", dir=folder, ignore_cleanup_errors=True)
            copies = Path(stack.enter_context(temporary))
        copies.mkdir(parents=True, exist_ok=True)
        yield copies


@contextlib.contextmanager
def _ours(lock: Path) -> Iterator[bool]:
    """Hold a lock. False if somebody else does; who is killed lets go by itself."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _same_bytes(file: Source, sha256: str, store: Store) -> None:
    """Unread if a remote file has other bytes than when it was first read, or than its listing says."""
    known = store.remembered("inputs", file.sha256)
    if not file.sha256.startswith("listed-") and file.sha256 != sha256:
        raise Unread("its bytes are not those that were listed")
    if not known:
        store.remember("inputs", file.sha256, {"sha256": sha256})
    elif known["sha256"] != sha256:
        raise Unread("its bytes are not those of before, though it is listed as it was", where=file.path)


def _pattern(project: Path, pattern: str) -> str:
    """A pattern under the project; what the project's own folder is called is no pattern."""
    path = Path(pattern).expanduser()
    return str(path) if path.is_absolute() else str(Path(glob.escape(str(project))) / path)


def folder_sources(
    folder: Path, names: Iterable[tuple[str, int, str]], suffixes: tuple[str, ...], sample: float | None = None
) -> Sources:
    """Files of a stored folder (name, bytes, sha256) that a reader takes, by suffix."""
    known = {name: (size, sha256) for name, size, sha256 in names if name.endswith(suffixes)}
    chosen = sampled([(name, size) for name, (size, _) in known.items()], sample)
    return Sources(
        in_order(Source(str(folder / n), known[n][1], known[n][0], drawn=drawn, name=n) for n, drawn in chosen)
    )


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd())) or "."
    except ValueError:
        return path.name
