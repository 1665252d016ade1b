"""Which files a corpus is read from: listed by pattern, named by content.

The order of files is the order of their digests, so neither their names nor the order in which they are listed can change a result.
Leaves out remote places: a later `curate fetch` lists and pins those.
"""

from __future__ import annotations

import glob
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from curate.errors import CurateError

if TYPE_CHECKING:
    from curate.store import Store


@dataclass(frozen=True)
class Source:
    """One input file as it was when it was listed."""

    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Sources:
    """Input files, sorted by digest."""

    files: tuple[Source, ...]

    @property
    def digests(self) -> list[str]:
        return [file.sha256 for file in self.files]


def list_sources(patterns: list[str], project: Path, store: Store, where: str = "") -> Sources:
    """Files that the patterns name, relative to the project. CurateError if a pattern matches nothing or is not local."""
    paths: dict[Path, None] = {}
    for pattern in patterns:
        if "://" in pattern:
            raise CurateError(f"{pattern!r} is not on this machine; copy the files and name them by path", where=where)
        found = sorted(glob.glob(_pattern(project, pattern), recursive=True))
        files = [Path(f) for f in found if Path(f).is_file()]
        if not files:
            raise CurateError(f"no file matches {pattern!r} (looked in {_shown(project)})", where=where)
        paths.update(dict.fromkeys(files))
    try:
        listed = [Source(str(p), *store.digest_of(p)) for p in paths]
    except OSError as error:
        raise CurateError(f"{error.filename} cannot be read: {error.strerror}", where=where) from None
    return Sources(tuple(sorted(listed, key=lambda file: (file.sha256, file.path))))


def _pattern(project: Path, pattern: str) -> str:
    """A pattern under the project; what the project's own folder is called is no pattern."""
    path = Path(pattern).expanduser()
    return str(path) if path.is_absolute() else str(Path(glob.escape(str(project))) / path)


def folder_sources(folder: Path, names: list[tuple[str, int, str]], suffixes: tuple[str, ...]) -> Sources:
    """Files of a stored folder (name, bytes, sha256) that a reader takes, by suffix."""
    chosen = [Source(str(folder / name), sha256, size) for name, size, sha256 in names if name.endswith(suffixes)]
    return Sources(tuple(sorted(chosen, key=lambda file: (file.sha256, file.path))))


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd())) or "."
    except ValueError:
        return path.name
