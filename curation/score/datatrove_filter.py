"""The verdict of any datatrove filter, and its reason, as columns: a clause of the recipe then decides.

    - {score: datatrove_filter, filter: GopherQualityFilter, params: {min_doc_words: 30}, as: gopher}
    - keep: {gopher: gopher_keep}

This is the slow and exact way: datatrove's own code judges one `Document` after another. `prose`, `lines` and `repetition` measure what
its filters for quality ask, re-derived for mathematics, two hundred times as fast. datatrove asks for the libraries of its `[processing]`
extra one by one, when a filter first needs them; we do not depend on them, and say which one is missing (for words of English: spacy).

Left out: what a filter does to the text, since a score changes none (C4QualityFilter also deletes lines, and judges what is left),
statistics and exclusion writers, filters that take a Python function (write a step), and filters that draw by chance: what they say of a
document depends on those before it (`sample: uniform` draws by identity). The version of a filter's own library is part of the step's
identity only if `libraries` names it, and what a filter downloads (models, lists of words) is no part of it at all.
"""

from __future__ import annotations

import functools
import importlib
import importlib.machinery
import importlib.metadata
import json
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import CurateError
from curate.step import score

FILTERS = "datatrove.pipeline.filters"
SCHEMA = {"keep": pl.Boolean, "reason": pl.String}
BATCH = 256
"""Documents that a filter is given at a time, unless it asks for larger batches."""


NO_PARAMS: dict[str, Any] = {}
NO_COLUMNS: list[str] = []
NO_LIBRARIES: dict[str, str] = {}


@score(reads=["$metadata"], uses=["datatrove"])
def datatrove_filter(
    docs: pl.DataFrame,
    *,
    filter: str,
    params: dict[str, Any] = NO_PARAMS,
    metadata: list[str] = NO_COLUMNS,
    libraries: dict[str, str] = NO_LIBRARIES,
) -> pl.DataFrame:
    """Columns `keep` (Boolean) and `reason` (String; null where the document is kept, or dropped without one), which `as:` prefixes.

    filter: a class of datatrove.pipeline.filters, or `module.Class` of your own. params: its arguments (a list becomes a tuple). metadata:
    columns that the filter sees as a document's metadata (`[url]` for URLFilter). libraries: versions that must be installed, by name.
    CurateError for a filter that is not there, that does not take these arguments, that draws by chance, or whose libraries are missing.
    """
    judge = _judge(filter, json.dumps(params, sort_keys=True), json.dumps(libraries, sort_keys=True))
    if not docs.height:
        return pl.DataFrame(schema=SCHEMA)
    size = max(BATCH, judge.batch_size)
    verdicts = [v for part in docs.iter_slices(size) for v in _judged(judge, part, metadata, filter)]
    return pl.DataFrame(verdicts, schema=SCHEMA, orient="row")


def _judged(judge: Any, docs: pl.DataFrame, metadata: list[str], name: str) -> list[tuple[bool, str | None]]:
    from datatrove.data import Document
    from datatrove.pipeline.filters.base_filter import get_filter_result

    seen = docs.select(metadata).to_dicts() if metadata else [{} for _ in range(docs.height)]
    texts = zip(docs["text"].fill_null(""), docs["id"], seen, strict=True)
    try:
        said = judge.filter_batch([Document(text=text, id=id, metadata=more) for text, id, more in texts])
    except ImportError as error:
        raise CurateError(_missing(name, error)) from None
    results = map(get_filter_result, said)
    return [(bool(kept), None if kept or reason is None else str(reason)) for kept, reason in results]


@functools.lru_cache(maxsize=8)
def _judge(name: str, params: str, libraries: str) -> Any:
    """The filter, made once for all batches."""
    for library, version in json.loads(libraries).items():
        _check(library, str(version))
    found = _found(name)
    try:
        judge = found(**{key: _frozen(value) for key, value in json.loads(params).items()})
    except ImportError as error:
        raise CurateError(_missing(name, error)) from None
    except Exception as error:
        raise CurateError(f"{name} cannot be made with these params: {type(error).__name__}: {error}") from None
    if _draws(judge):
        raise CurateError(
            f"{name} draws by chance, so its verdict depends on the order of documents; use `sample: uniform`"
        )
    return judge


def _found(name: str) -> type:
    from datatrove.pipeline import filters
    from datatrove.pipeline.filters.base_filter import BaseFilter

    module, _, last = name.rpartition(".")
    try:
        found = getattr(importlib.import_module(module or FILTERS), last, None) if _may_have(module) else None
    except ImportError as error:
        raise CurateError(f"filter: {module!r} cannot be imported: {error}") from None
    if not (isinstance(found, type) and issubclass(found, BaseFilter)):
        known = sorted(n for n in vars(filters) if n.endswith("Filter") and n != "LambdaFilter")
        raise CurateError(
            f"filter: {name!r} is no datatrove filter; there are {', '.join(known)}, or name your own as module.Class"
        )
    if found is filters.LambdaFilter:
        raise CurateError("filter: LambdaFilter takes a Python function, which a recipe does not hold; write a step")
    return found


def _may_have(module: str) -> bool:
    """Whether a module's text names datatrove's `BaseFilter`; only then is it imported, for a recipe may name any. ImportError if there is
    none."""
    if not module or module.startswith(FILTERS):
        return True
    places: Any = None
    for end in range(1, module.count(".") + 2):
        spec = importlib.machinery.PathFinder.find_spec(".".join(module.split(".")[:end]), places)
        if spec is None:
            raise ModuleNotFoundError(f"No module named {module!r}")
        places = spec.submodule_search_locations
    return bool(spec and spec.has_location and spec.origin and b"BaseFilter" in Path(spec.origin).read_bytes())


def _check(library: str, wanted: str) -> None:
    try:
        installed = importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        raise CurateError(f"libraries: {library} is not installed: pip install {library}=={wanted}") from None
    if installed != wanted:
        raise CurateError(f"libraries: {library} is {installed}, not {wanted}: pip install {library}=={wanted}")


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _draws(judge: Any) -> bool:
    """Whether a filter holds a random generator, or a method of one, and would use it."""
    from numpy.random import Generator

    held = [getattr(value, "__self__", value) for value in vars(judge).values()]
    return any(isinstance(one, Generator) for one in held) and getattr(judge, "keep_fraction", 1.0) > 0


def _missing(name: str, error: ImportError) -> str:
    """datatrove's own message names the package; a plain import names the module."""
    said = " ".join(str(error).split())
    package = f" (pip install {error.name})" if error.name and "pip install" not in said else ""
    return f"{name} needs a library that is not installed: {said}{package}"
