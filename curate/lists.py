"""Lists that a recipe brings to a step: text files with one entry in each line, such as domains that are to be left out.

    {score: url, block: [lists/adult/domains, lists/mine.txt]}          # paths and patterns, relative to the project

A step's parameter of type `Lists` names files and gets a `Listed` for each, in the order of their names. What a list is called (folder and
file) and the digest of its bytes are part of the step's identity, since a reason may quote the one and follows from the other; where it
lies is not. What an entry means is the step's business. Left out: lists that lie elsewhere.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.bounded import inflated
from curate.errors import CurateError
from curate.identity import file_sha256
from curate.sources import Source, list_sources
from curate.step import Lists, Step

if TYPE_CHECKING:
    from curate.planner import Planner

LARGEST = 2 << 30
"""Bytes of a list, inflated."""


@dataclass(frozen=True)
class Listed:
    """One list as it was when the recipe was planned."""

    file: Source

    @property
    def name(self) -> str:
        """Its folder and file, as `adult/domains`; the file alone where it lies in the project's own folder."""
        return self.file.name

    def lines(self) -> pl.Series:
        """Its lines without comments (`#` and what follows it), blanks around them, and empty ones.

        Bytes that are no UTF-8 become U+FFFD. CurateError for a file that changed since it was listed, or that cannot be read.
        """
        data = self._bytes()
        if not data.strip():
            return pl.Series("line", dtype=pl.String)
        line = pl.col("line").str.replace(r"(?:^[\s\x{feff}]*|\s)#.*$", "") if b"#" in data else pl.col("line")
        line = line.str.strip_chars("\ufeff \t\r\n")
        lines = pl.read_lines(data.decode(errors="replace").encode()).select(line)
        return lines.filter(pl.col("line") != "")["line"]

    def text(self) -> str:
        """All of it, where a step takes a text and not a list. Bytes that are no UTF-8, and CurateError, as in `lines`."""
        return self._bytes().decode(errors="replace").removeprefix("\ufeff")

    def _bytes(self) -> bytes:
        try:
            data = Path(self.file.path).read_bytes()
            if hashlib.sha256(data).hexdigest() != self.file.sha256:
                raise CurateError("changed since it was listed; build again", where=self.name)
            return inflated(data, LARGEST) if self.file.path.endswith(".gz") else data
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise CurateError(f"is no list that can be read: {error}", where=self.name) from None


def beside(path: Path) -> Listed:
    """A list that comes with a step, which names it in its `files=`."""
    return Listed(Source(str(path), file_sha256(path), path.stat().st_size, name=_name(path)))


def _name(path: Path) -> str:
    return "/".join(path.parts[-2:])


def resolve(planner: Planner, found: Step, params: dict[str, Any], where: str) -> dict[str, tuple[Listed, ...]]:
    """The lists that a step's parameters name. CurateError for a pattern that matches nothing, and for two lists of one name."""
    return {name: _of(planner, found, name, list(params[name]), where) for name in found.parameters_of(Lists)}


def _of(planner: Planner, found: Step, parameter: str, patterns: list[str], where: str) -> tuple[Listed, ...]:
    for pattern in patterns:
        if "://" in pattern:
            raise CurateError(f"{pattern!r} is not on this machine; copy the list and name it by path", where=where)
    files = list_sources(patterns, planner.project, planner.store, where).files if patterns else ()
    project, named = Path(os.path.normpath(planner.project)), []
    for file in files:  # what the project's folder, or one above it, is called is no part of a name
        path = Path(os.path.normpath(file.path))
        path = path.relative_to(project) if path.is_relative_to(project) else path
        path = Path(path.name) if path.parent in project.parents else path
        named.append(Listed(replace(file, name=_name(path))))
    lists = sorted(named, key=lambda one: one.name)
    names = [one.name for one in lists]
    if double := next((name for name in names if names.count(name) > 1), ""):
        raise CurateError(f"{found.title}: {parameter}: two lists are called {double!r}; rename one", where=where)
    return tuple(lists)


def identity(lists: dict[str, tuple[Listed, ...]]) -> dict[str, dict[str, str]]:
    """What lists are by name and content, parameter by parameter."""
    return {parameter: {one.name: one.file.sha256 for one in some} for parameter, some in lists.items() if some}
