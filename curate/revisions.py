"""A recipe and its lock as they stood at a git revision.

The YAML files and locks of that revision are copied out of git's object database into a temporary folder and read there: the recipe, all
that it extends or refers to, and its lock. Nothing is checked out, and no hook or filter of the repository runs. What a recipe of the
project takes from the package is the package's as it is installed now.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from curate.diff import EMPTY, Side
from curate.errors import CurateError
from curate.lock import Lock, recipe_digest
from curate.profile import shipped
from curate.recipe import Recipe, load
from curate.words import Said, Sentence

if TYPE_CHECKING:
    from curate.api import Curated

SUFFIXES = (".yaml", ".yml", ".lock")
LARGEST = 4 << 20
"""Bytes of a file that is taken out of git; no recipe and no lock is larger."""


def pair(project: Path, rev: str) -> tuple[str, str | None]:
    """The two commits that `A`, `A..B` or `A...B` (since they parted) mean; None for the files as they stand."""
    left, dots, right = rev.partition("...") if "..." in rev else rev.partition("..")
    before = _commit(project, left or "HEAD")
    if not dots:
        return before, None
    after = _commit(project, right or "HEAD")
    return (_git(project, "merge-base", before, after).decode().strip() if dots == "..." else before), after


def _commit(project: Path, rev: str) -> str:
    try:
        return (
            _git(project, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}").decode().strip()
        )
    except CurateError as error:
        if error.message:
            raise
        raise CurateError(f"git knows no revision {rev!r:.80} here") from None


def _git(project: Path, *args: str, data: bytes | None = None) -> bytes:
    """What git prints. CurateError with its own words, which may be none, where it fails."""
    environment = {k: v for k, v in os.environ.items() if k not in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")}
    environment["LC_ALL"] = "C"
    try:
        done = subprocess.run(
            ["git", "-C", str(project), *args], capture_output=True, input=data, env=environment, check=False
        )
    except FileNotFoundError:
        raise CurateError("git is not installed, so there are no revisions to compare") from None
    if done.returncode and b"not a git repository" in done.stderr:
        raise CurateError("the project lies in no git repository, so there are no revisions to compare")
    if done.returncode:
        raise CurateError(" ".join(done.stderr.decode("utf-8", "replace").split())[:300])
    return done.stdout


def at_revision(recipe: Curated, commit: str) -> Side:
    """A recipe and its lock at a commit. A recipe that was not there yet is an empty one."""
    top = Path(_git(recipe.project, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
    project = Path(os.path.relpath(recipe.project.resolve(), top.resolve()))
    ours = recipe.project.resolve() == shipped("recipes").parent.resolve()
    with tempfile.TemporaryDirectory(prefix="curate-") as folder:
        home = Path(folder) / project
        _copy(top, commit, {project / "recipes", *_beside(recipe, project)}, Path(folder))
        path = _place(recipe, recipe.recipe.path, home)
        found = recipe.recipe if path is None else None  # of the package's own, a project's revision says nothing
        if path and path.is_file():
            found = _load(path, home, home if ours else None, commit)
        lock = _place(recipe, recipe.lock_path, home)
        return _side(commit[:12], recipe.name, found, lock if lock and lock.is_file() else None)


def _load(path: Path, home: Path, package: Path | None, commit: str) -> Recipe:
    try:
        return load(path, project=home, package=package)
    except CurateError as error:
        raise CurateError(str(error).replace(f"{home}/", ""), where=f"at {commit[:12]}") from None


def _beside(recipe: Curated, project: Path) -> Iterator[Path]:
    """The folder of a recipe that lies in the project, but not in its `recipes/`."""
    if recipe.recipe.path.is_relative_to(recipe.project):
        yield project / recipe.recipe.path.parent.relative_to(recipe.project)


def _place(recipe: Curated, path: Path, home: Path) -> Path | None:
    """Where a file of the project lies in the copy; None for one that is not the project's."""
    return home / path.relative_to(recipe.project) if path.is_relative_to(recipe.project) else None


def _copy(top: Path, commit: str, folders: set[Path], target: Path) -> None:
    """Write the recipes and locks of these folders at a commit. Links and other modes than plain files are left out."""
    names = [PurePosixPath(*folder.parts).as_posix() for folder in sorted(folders)]
    listed = _git(top, "ls-tree", "-r", "-l", "-z", commit, "--", *names)
    for entry in filter(None, listed.split(b"\0")):
        facts, _, name = entry.partition(b"\t")
        mode, _, blob, size = facts.split()
        path = target / os.fsdecode(name)
        if mode.startswith(b"100") and path.suffix in SUFFIXES and int(size) <= LARGEST:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_git(top, "cat-file", "blob", blob.decode()))


def working(recipe: Curated) -> Side:
    """The recipe and its lock as they stand in their files."""
    return _side(
        "the files as they stand", recipe.name, recipe.recipe, recipe.lock_path if recipe.lock_path.is_file() else None
    )


def _side(title: str, name: str, recipe: Recipe | None, path: Path | None) -> Side:
    notes: list[Sentence] = []
    lock, remedy = EMPTY, ("; build it and commit ", Said(f"{name}.lock"))
    try:
        lock = Lock.read(path) if path else EMPTY
    except CurateError as error:
        notes.append((Said(title), ": ", Said(str(error))))
    if recipe and not path:
        notes.append((Said(title), ": there is no lock, so no documents are told", *remedy))
    if recipe and lock is not EMPTY and lock.resolved != recipe_digest(recipe):
        notes.append((Said(title), ": the lock was written for another text of the recipe", *remedy))
    return Side(title, lock, recipe, (), tuple(notes))
