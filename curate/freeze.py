"""A version for good: what is built gets a calendar version, a frozen lock, a data card, and a root in the store.

`recipes/long-cot-2026.11.27.lock` is the lock with a `version:` line; `datacards/recipes/long-cot-2026.11.27.md` says to people what the
version is (`curate/cards/`); `refs/` of the store keeps its objects from `curate gc`. Either all three are written or nothing is.
Publishing is another command's affair.
"""

from __future__ import annotations

import contextlib
import datetime
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from curate.artifact import replace_file
from curate.errors import CurateError
from curate.lock import Lock, frozen_beside, is_written, lock_of, ref_path

if TYPE_CHECKING:
    from curate.api import Curated

LIKE_A_VERSION = re.compile(r"\d{4}\.\d")
"""How the name of a version begins."""
MOST_TOLD = 12
"""Versions that an error names."""


def freeze(recipe: Curated, *, dev: bool = False) -> dict[str, str]:
    """Freeze what is built of a recipe; the version and where its lock and card lie. CurateError if it is not fit to be frozen."""
    from curate.cards import card_text

    lock = _fit(recipe, dev)
    for version in _versions(_today(), ".dev" if recipe.fraction is not None else ""):
        frozen_path, card_path = _places(recipe, version)
        if not frozen_path.exists() and not card_path.exists():
            break
    frozen = replace(lock, version=version)
    ref = {"recipe": recipe.name, "lock": str(frozen_path.absolute()), "version": version, "nodes": frozen.nodes}
    _write(
        {
            card_path: card_text(recipe, frozen).encode(),
            frozen_path: frozen.dump().encode(),
            ref_path(recipe.store, frozen_path): json.dumps(ref, sort_keys=True).encode(),
        }
    )
    return {"version": version, "lock": str(frozen_path), "card": str(card_path)}


def _fit(recipe: Curated, dev: bool) -> Lock:
    """The lock of what is stored, if it may be frozen."""
    recipe.refuse_sample("freeze", dev)
    for where in recipe.recipe.unpinned():
        raise CurateError(
            "has no revision yet, and what is not pinned cannot be frozen; curate fetch fills it in", where=where
        )
    todo = recipe.todo()
    if todo:
        raise CurateError(
            f"is not built: {todo[0].name} is missing; run `curate build {recipe.title}` first", where=recipe.title
        )
    lock = lock_of(recipe.planned, recipe.built.done)
    if not is_written(recipe.lock_path, lock):
        raise CurateError(
            f"does not say what is stored; run `curate build {recipe.title}` first", where=recipe.lock_path.name
        )
    return lock


def _today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date()


def _versions(day: datetime.date, end: str) -> Iterator[str]:
    """`2026.11.27`, then `2026.11.27.1` and so on."""
    stamp = f"{day.year}.{day.month:02}.{day.day:02}"
    yield stamp + end
    yield from (f"{stamp}.{n}{end}" for n in itertools.count(1))


def version_lock(recipe: Curated, version: str) -> Path:
    """Where the lock of a frozen version lies. CurateError, with the versions that there are, if there is none."""
    unversioned = _beside(recipe)
    known = {one.stem.removeprefix(f"{unversioned.stem}-"): one for one in frozen_beside(unversioned)}
    if version in known:
        return known[version]
    names = ", ".join([*known][-MOST_TOLD:])
    there = f"there are {'only ' if len(known) <= MOST_TOLD else 'among others '}{names}" if known else ""
    raise CurateError(
        f"has no version {version[:80]!r}; {there or f'`curate freeze {recipe.title}` makes one'}", where=recipe.title
    )


def _places(recipe: Curated, version: str) -> tuple[Path, Path]:
    """Where a version's lock and card lie: beside the recipe's lock, and among the project's cards."""
    from curate.cards.check import card_path

    unversioned = _beside(recipe)
    return unversioned.with_name(f"{unversioned.stem}-{version}.lock"), card_path(recipe, version)


def _beside(recipe: Curated) -> Path:
    """The recipe's lock, beside which those of its versions lie; a sample's own is in the store, its versions' are not."""
    folder = recipe.project / "recipes" if recipe.fraction else recipe.lock_path.parent
    return folder / f"{recipe.title.rpartition('/')[2]}.lock"


def _write(files: dict[Path, bytes]) -> None:
    """All files or none."""
    written: list[Path] = []
    try:
        for path, data in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            written.append(path)
            replace_file(path, data)
    except BaseException as error:
        for path in written:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise CurateError(f"cannot be written: {error.strerror}; nothing was frozen", where=path.name) from None
        raise
