"""Which columns a step gives, found by running it on an empty frame before anything is built.

What was found is remembered in the store's cache under the step's identity, because some steps load a library to answer.
"""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.errors import CurateError, failing
from curate.identity import digest
from curate.sources import Sources, head_at_hand
from curate.sql import folded
from curate.step import Artifact, Benchmarks, Lists, Step, columns_of

if TYPE_CHECKING:
    from curate.store import Store

Schema = dict[str, pl.DataType]
DEEPEST = 16
"""Lists of a type in each other."""


def dtype_of(text: str) -> pl.DataType:
    """The polars type that `str(dtype)` printed: flat types and lists of them."""
    inner, lists = text, 0
    while inner.startswith("List(") and inner.endswith(")") and lists < DEEPEST:
        inner, lists = inner[5:-1], lists + 1
    found = getattr(pl, inner, None)
    try:
        if not (isinstance(found, type) and issubclass(found, pl.DataType)):
            raise TypeError
        made: pl.DataType = found()
    except TypeError:  # of those that have parameters, too
        said = f"columns of type {text[:80]} cannot be stored; use text, numbers, booleans or lists of them"
        raise CurateError(said) from None
    for _ in range(lists):
        made = pl.List(made)
    return made


def schema_text(schema: Schema) -> dict[str, str]:
    """Columns and their types as text, for JSON."""
    return {name: str(dtype) for name, dtype in schema.items()}


class Discovery:
    """Columns that steps and readers give, remembered."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def of_step(self, found: Step, params: dict[str, Any], reads: Schema, own: dict[str, Any]) -> Schema:
        """Columns of a score, rewrite or expand step, or what an across step adds."""
        name = digest(["columns", own, schema_text(reads)])
        known = self.store.remembered("columns", name)
        if not known:
            known = schema_text(run_empty(found, params, reads))
            for dtype in known.values():
                dtype_of(dtype)
            self.store.remember("columns", name, known)
        return {column: dtype_of(text) for column, text in known.items()}

    def of_reader(
        self, found: Step, params: dict[str, Any], sources: Sources | None, code: dict[str, Any]
    ) -> dict[str, str]:
        """Columns of the first batch of each file, as text, in types that fit all; nothing is known before a generated corpus exists.

        Of remote files the first one, by digest, stands for all. No file is opened where the reader gives the same columns for any.
        """
        if sources is None:
            return {}
        if (given := columns_of(found)) is not None:
            return schema_text(dict(given))
        name = digest(["reader", found.title, code, params, sources.digests])
        known = self.store.remembered("columns", name)
        if not known:
            heads = []
            away = [file for file in sources.files if "://" in file.path]
            for file in [*(file for file in sources.files if file not in away), *away[:1]]:
                with failing(f"{found.title} on {Path(file.path).name}"), head_at_hand(file, self.store) as path:
                    heads += [frame.clear() for frame in itertools.islice(found.call(path, **params), 1)]
            names = dict.fromkeys(c for frame in heads for c in frame.columns)
            known = {c: _common([f.select(c) for f in heads if c in f.columns]) for c in names} or {"text": "String"}
            self.store.remember("columns", name, known)
        return dict(known)


def _common(columns: list[pl.DataFrame]) -> str:
    """The type that holds one column of all files; `Mixed` where there is none, as of a struct and a text."""
    try:
        return str(pl.concat(columns, how="vertical_relaxed").dtypes[0])
    except pl.exceptions.PolarsError:
        return "Mixed"


def run_empty(found: Step, params: dict[str, Any], reads: Schema) -> Schema:
    """Columns that a step gives for no documents. CurateError if it fails on an empty frame or gives no frame."""
    came = dict.fromkeys(("replies", "finishes"), pl.List(pl.String())) if found.spec.asks else {}
    docs = pl.DataFrame(schema={**reads, **came})
    call = {
        **params,
        **dict.fromkeys(found.parameters_of(Artifact), ""),
        **dict.fromkeys([*found.parameters_of(Benchmarks), *found.parameters_of(Lists)], ()),
    }
    call = accepted(found.function, call) if found.spec.asks else call
    with failing(found.title, "fails on an empty frame", found.path.name):
        if found.kind == "across":
            seen = found.spec.prepare(docs, **accepted(found.spec.prepare, call)) if found.spec.prepare else docs
            gives = found.call(EmptyCorpus(seen), **call)
        else:
            gives = found.call(docs, **call)
        gives = next(gives) if isinstance(gives, Iterator) else gives
        gives = gives.collect() if isinstance(gives, pl.LazyFrame) else gives
    if isinstance(gives, pl.Series):
        return {"text" if found.kind == "rewrite" else found.name: gives.dtype}
    if not isinstance(gives, pl.DataFrame):
        raise CurateError(
            f"{found.title} returned {type(gives).__name__}; a step returns a polars Series or DataFrame",
            where=found.path.name,
        )
    dropped = {"across": ("id",), "expand": ("parent",)}.get(found.kind, ())
    return {c: t for c, t in gives.schema.items() if c not in dropped and (c != "text" or found.kind != "score")}


def flat(raw: dict[str, str]) -> Schema:
    """Those columns of a file that can be stored as columns; the others ride along in `extra`."""
    return {
        c: dtype_of(t) for c, t in raw.items() if re.fullmatch(r"(List\()?(String|Boolean|U?Int\d+|Float\d+)\)?", t)
    }


def accepted(function: Any, params: dict[str, Any]) -> dict[str, Any]:
    """The parameters that a `prepare` takes: those it names."""
    return {k: v for k, v in params.items() if k in inspect.signature(function).parameters}


def tell_apart(columns: Iterable[str], what: str, where: str) -> None:
    """CurateError for two columns that differ only in case: SQL takes them for one."""
    seen: dict[str, str] = {}
    for column in columns:
        other = seen.setdefault(folded(column), column)
        if other != column:
            hint = "add `as:`, or rename one with `columns:`"
            raise CurateError(f"{what}the columns {other!r} and {column!r} differ only in case; {hint}", where=where)


class EmptyCorpus:
    """A corpus with one empty shard, with which planning asks a step for its columns: it answers before it needs a place to work."""

    name, memory, count = "empty", 0, 1

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    def shards(self, *columns: str) -> Any:
        yield self.shard(0, *columns)

    def shard(self, rank: int, *columns: str) -> pl.DataFrame:
        return self.frame.select(columns)

    def tell(self, **facts: Any) -> None:
        """Nobody asks."""
