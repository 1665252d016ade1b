"""Results of evaluations in the store: the rows of one model at one benchmark, as an object, and which of them there are.

A result's key is the digest of which model it is, of the benchmark's spec, items and prompts, of the sampling, and of the code that
judges, with the versions of its libraries. Its object holds the rows (`items-00000.parquet`, ...), pinned as replies are. What it is
called and who asked for it stands beside, in `evals/<key>.json`; `gc` keeps what is named there. Delete that file to let go of a result.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import platform
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any

import polars as pl

from curate import __version__
from curate.artifact import Damaged, Manifest, Stored, content_of, read_checked, replace_file, write_parquet
from curate.errors import CurateError
from curate.identity import digest
from curate.schema import Schema, schema_text
from curate.store import Store

FORMAT = 1
"""Raised by hand when the same identity comes to mean other rows, or other parts of them."""
PACKAGES = ("math-verify", "latex2sympy2-extended", "sympy", "torch", "transformers", "vllm", "tokenizers", "polars")
"""Libraries whose versions are told beside results."""
_TEXT = (str, NoneType)
_KINDS: dict[str, Any] = {
    "model": _TEXT, "recipe": _TEXT, "eval": _TEXT, "run": _TEXT, "evaluated_at": int, "environment": dict, "asked_by": dict,
}  # fmt: skip
_LATEST = 253_402_300_799
"""The last second that a date can hold."""


@dataclass(frozen=True)
class Result:
    """Rows of one model at one benchmark, as stored."""

    manifest: Manifest
    note: dict[str, Any]
    """What `evals/<key>.json` says."""
    store: Store

    @property
    def key(self) -> str:
        return self.manifest.key

    def rows(self, columns: list[str] | None = None) -> pl.DataFrame:
        """The rows, or some columns of them. Damaged if a file is not what the manifest says."""
        folder = self.store.ensure(self.key)
        return pl.concat([read_checked(folder, s.name, s.sha256, columns) for s in self.manifest.shards])


def key_of(identity: dict[str, Any]) -> str:
    """The name of a result."""
    return digest({"format": FORMAT, **identity})


def find(store: Store, key: str) -> Result | None:
    """A stored result; None if there is none or its files are not whole, in which case they are set aside."""
    try:
        if not store.has(key):
            return None
        manifest = store.check(key)
        if digest(manifest.identity) != key:
            raise Damaged(key, "manifest.json", "what it says it was made of is not what its key says")
        return Result(manifest, _note(store, key), store)
    except Damaged as damage:
        store.set_aside(damage)
        return None


def keep(store: Store, key: str, identity: dict[str, Any], parts: Iterator[pl.DataFrame], schema: Schema) -> Result:
    """Store the rows of a result, part by part, as one object or not at all."""
    data = store.draft(key) / "data"
    shutil.rmtree(data, ignore_errors=True)  # of an evaluation that was killed
    try:
        data.mkdir(parents=True, exist_ok=True)
        shards = [_part(data, f"items-{place:05}.parquet", rows) for place, rows in enumerate(parts)]
        name = f"eval/{identity['task']['benchmark']}"
        content, columns = content_of(shards), schema_text(schema)
        made = Manifest(key, name, "files", {"format": FORMAT, **identity}, content, tuple(shards), columns, 0)
        store.commit(key, made)
    except OSError as error:
        raise CurateError(
            f"the store cannot be written: {error.strerror}; what was answered is stored", where=str(store.root)
        ) from error
    return Result(made, _note(store, key), store)


def _part(data: Path, name: str, rows: pl.DataFrame) -> Stored:
    size, sha256 = write_parquet(rows, data / name)
    return Stored(name, rows.height, rows.height, size, sha256)


def environment() -> dict[str, str]:
    """Versions of Python, of this package and of the libraries that are installed."""
    known: dict[str, str] = {}
    for name in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            known[name] = importlib.metadata.version(name)
    return {"python": platform.python_version(), "octocurate": __version__, **known}


def note(store: Store, result: Result, recipe: str | None, entry: str, **said: Any) -> Result:
    """Say what a result is called and who asked for it: `recipe` and `eval`, its entry, are of the last one, `asked_by` has all.
    When and with which libraries it was first noted stays; so does who asked where no recipe does.

    CurateError if that cannot be written, unless the result is noted already.
    """
    before = _note(store, result.key)
    first: dict[str, Any] = {key: before[key] for key in ("evaluated_at", "environment") if key in before}
    first = first or {"evaluated_at": min(max(0, int(time.time())), _LATEST), "environment": environment()}
    asked_by = before["asked_by"] if isinstance(before.get("asked_by"), dict) else {}
    who: dict[str, Any] = {"recipe": before.get("recipe"), "eval": before.get("eval", entry), "asked_by": asked_by}
    if recipe is not None:
        who = {"recipe": recipe, "eval": entry, "asked_by": {**asked_by, recipe: entry}}
    told = {**before, **said, **who, "key": result.key, **first}
    if told != before:
        folder = store.root / "evals"
        try:
            folder.mkdir(exist_ok=True)
            replace_file(folder / f"{result.key}.json", json.dumps(told, indent=1, ensure_ascii=False).encode())
        except OSError as error:
            if not before:
                raise CurateError(f"the store cannot be written: {error.strerror}", where=str(store.root)) from error
    return Result(result.manifest, told, store)


def _note(store: Store, key: str) -> dict[str, Any]:
    """What stands beside a result, without what cannot stand there: a file that people may edit."""
    try:
        found = json.loads((store.root / "evals" / f"{key}.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    known = (
        {name: value for name, value in found.items() if isinstance(value, _KINDS.get(name, object))}
        if isinstance(found, dict)
        else {}
    )
    if not 0 <= known.get("evaluated_at", 0) <= _LATEST:
        del known["evaluated_at"]
    return known


def keys(store: Store) -> list[str]:
    """Keys of all results that are noted."""
    return sorted(path.stem for path in (store.root / "evals").glob("[0-9a-f]*.json"))


def asked_by(store: Store, recipe: str) -> dict[str, str]:
    """Keys of the results that a recipe asked for, each with its entry under `eval:`."""
    found = {key: _note(store, key).get("asked_by") for key in keys(store)}
    return {key: str(by[recipe]) for key, by in found.items() if isinstance(by, dict) and recipe in by}


def every(store: Store) -> list[Result]:
    """All results that are noted and whole, by model and benchmark."""
    found = [result for key in keys(store) if (result := find(store, key))]
    return sorted(found, key=lambda one: (str(one.note.get("model")), one.manifest.name, one.key))
