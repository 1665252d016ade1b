"""The folder that `fit: exact_index` writes: digests of texts, and whose they are.

`index.json` has the parameters; `part-000000.arrow` and so on hold `id` and the digest of each document, sorted by digest,
so that a range of digests is a slice of each of them.
"""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from curate.errors import CurateError
from curation._utf8 import utf8
from curation.dedup._copies import DIGEST, digested


def digests_of(texts: pl.Series, blanks: bool) -> list[pl.Series]:
    """Two UInt64 columns for texts, null where there is none. blanks: as `dedup: exact` has it. CurateError for a column of no texts."""
    if texts.dtype not in (pl.String, pl.Null):
        raise CurateError(f"the column {texts.name!r} holds {texts.dtype}, and texts are compared")
    texts = texts.cast(pl.String)
    if not blanks:
        texts = texts.str.replace_all(r"\s+", " ").str.strip_chars(" ")
    halves = pl.DataFrame(digested(*utf8(texts))).with_columns(texts.is_null().alias("none"))
    return halves.select(pl.when(~pl.col("none")).then(pl.col(name)).alias(name) for name in DIGEST).get_columns()


def opened(folder: Path, **wanted: object) -> tuple[Path, ...]:
    """The parts of the index in a folder. CurateError if there is none, or if it was made with other parameters."""
    try:
        told = json.loads((folder / "index.json").read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise CurateError("what `index` names is no index of `fit: exact_index`") from None
    if not {*wanted} <= told.keys():
        raise CurateError("what `index` names is no index of `fit: exact_index`")
    others = [f"{name} {told[name]} (here {value})" for name, value in wanted.items() if told[name] != value]
    if others:
        raise CurateError(f"the index was made with {', '.join(others)}; `fit: exact_index` needs the same values")
    return tuple(sorted(folder.glob("part-*.arrow")))
