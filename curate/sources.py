"""Which files a corpus is read from: listed by pattern, named by content.

The order of files is the order of their digests, so neither their names nor the order in which they are listed can change a result.
Leaves out remote places: a later `curate fetch` lists and pins those.
"""

from __future__ import annotations

import glob
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from curate.errors import CurateError
from curate.fraction import take

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
    sha256: str
    bytes: int
    drawn: Drawn | None = None
    """None where nothing is sampled."""


@dataclass(frozen=True)
class Sources:
    """Input files, sorted by digest."""

    files: tuple[Source, ...]

    @property
    def digests(self) -> list[str]:
        return [file.sha256 for file in self.files]


def list_sources(
    patterns: list[str], project: Path, store: Store, where: str = "", sample: float | None = None
) -> Sources:
    """Files that the patterns name, relative to the project. CurateError if a pattern matches nothing or is not local.

    sample: the share that is wanted; the files that it leaves out are not opened.
    """
    paths = listed(patterns, project, where)
    try:
        sizes = [(str(path), path.stat().st_size) for path in paths]
        chosen = sampled(sizes, sample)
        files = [Source(path, *store.digest_of(Path(path)), drawn) for path, drawn in chosen]
    except OSError as error:
        raise CurateError(f"{error.filename} cannot be read: {error.strerror}", where=where) from None
    return Sources(in_order(files))


def listed(patterns: list[str], project: Path, where: str = "") -> list[Path]:
    """Paths that the patterns name, each once."""
    paths: dict[Path, None] = {}
    for pattern in patterns:
        if "://" in pattern:
            raise CurateError(f"{pattern!r} is not on this machine; copy the files and name them by path", where=where)
        found = sorted(glob.glob(_pattern(project, pattern), recursive=True))
        files = [Path(f) for f in found if Path(f).is_file()]
        if not files:
            raise CurateError(f"no file matches {pattern!r} (looked in {_shown(project)})", where=where)
        paths.update(dict.fromkeys(files))
    return list(paths)


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
    return Sources(in_order(Source(str(folder / n), known[n][1], known[n][0], drawn) for n, drawn in chosen))


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd())) or "."
    except ValueError:
        return path.name
