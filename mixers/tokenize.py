"""Turn text into token ids, one list per document, with the end-of-text token and, if asked, a beginning.

Ids are always UInt32 here, so that a plan knows the type before the tokenizer exists; `mixers.write` narrows them to two bytes where
the vocabulary allows. A byte-level BPE goes through `mixers.encode`, any other tokenizer through `mixers.library`; the ids are the same,
and some documents of each call, chosen by the hash of their text, are encoded both ways to prove it. A text that spells out a special
token gets ordinary tokens. Work is done in slices of some megabytes, so memory is bounded by the longest document. Left out: truncation
(windows are made by `mixers.pack`, which knows their length) and chat templates.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

from curate.errors import CurateError
from curate.step import Artifact, score
from mixers import library

if TYPE_CHECKING:
    from mixers.encode import Encoder

SLICE = 8_000_000
"""Bytes of text encoded at a time."""
PROVED = 1000
"""One document in this many is encoded both ways, and at least one of each call."""
PROVED_CHARACTERS = 10_000
"""How much of such a document; of a longer one its head, so that the proof costs some per cent of the time at most."""
ENDS = ("<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<|eot_id|>")
BEGINNINGS = ("<|begin_of_text|>", "<s>", "<bos>", "<|endoftext|>")


@score(uses=["tokenizers"], reads=["$mask"])  # type: ignore[untyped-decorator]
def tokenize(
    docs: pl.DataFrame, *, tokenizer: Artifact, bos: bool = False, eos: bool = True, mask: str = ""
) -> pl.DataFrame:
    """Token ids of each text (`tokens`, List(UInt32)) and how many there are (`n_tokens`, UInt32), both with `bos` and `eos`.

    tokenizer: a folder with tokenizer.json. bos, eos: whether the tokens of these names stand at the two ends. mask: a column that holds
    how a text begins. Then there is `n_masked` (UInt32) too: how many of the leading tokens get no loss, which are those wholly inside
    that beginning, `bos` included; 0 where the text does not begin so, or the column is null. Raises CurateError where the tokenizer
    cannot be read or lacks the token asked for, and where ids are not those of `tokenizers`.
    """
    schema: dict[str, pl.DataType] = {"tokens": pl.List(pl.UInt32), "n_tokens": pl.UInt32()}
    schema |= {"n_masked": pl.UInt32()} if mask else {}
    if mask and docs.schema[mask] != pl.String:
        raise CurateError(f"mask: the column {mask!r} holds no text, but {docs.schema[mask]}")
    if not docs.height:
        return pl.DataFrame(schema=schema)
    known = vocabulary(tokenizer)
    around = (known.bos if bos else -1, known.eos if eos else -1)
    if bos and known.bos < 0:
        raise CurateError(f"the tokenizer has no beginning-of-text token for bos: true; known: {', '.join(BEGINNINGS)}")
    texts = docs["text"].fill_null("")
    heads = _heads(texts, docs[mask]) if mask else None
    if _encoder(tokenizer):
        _prove(tokenizer, docs["id"], texts)
    made = pl.concat([_frame(tokenizer, texts[part], _part(heads, part), around) for part in _slices(texts)])
    return made.select(pl.col(name).cast(dtype) for name, dtype in schema.items())


def _heads(texts: pl.Series, wanted: pl.Series) -> pl.Series:
    """The beginnings that texts do begin with; null for the others."""
    text, head = pl.col("text"), pl.col("head")
    both = pl.DataFrame({"text": texts, "head": wanted})
    return both.select(pl.when(text.str.starts_with(head)).then(head))["head"]


def _part(series: pl.Series | None, part: slice | np.ndarray) -> pl.Series | None:
    return None if series is None else series[part]


def _frame(folder: str, texts: pl.Series, heads: pl.Series | None, around: tuple[int, int]) -> pl.DataFrame:
    ids, ends, inside = encoded(folder, texts, heads, around)
    tokens = _lists(ids, ends)
    masked = (
        np.zeros(len(texts), np.int64)
        if heads is None
        else (inside + (around[0] >= 0)) * heads.is_not_null().to_numpy()
    )
    return pl.DataFrame({"tokens": tokens, "n_tokens": tokens.list.len(), "n_masked": masked})


def encoded(
    folder: str, texts: pl.Series, heads: pl.Series | None, around: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As `library.encode`, in native code where that can be."""
    encoder = _encoder(folder)
    if encoder is None:
        return library.encode(folder, texts, *around, heads)
    seen = encoder.normalised(texts)
    apart = np.union1d(encoder.by_library(texts), encoder.by_library(seen))
    ids, ends = encoder.encode(seen.clone().scatter(apart, "") if len(apart) else seen, *around)
    inside = np.zeros(len(texts), np.int64)
    if heads is not None:
        inside = encoder.inside(ids, ends, _seen_heads(encoder, texts, seen, heads.fill_null("")), *around)
    if not len(apart):
        return ids, ends, inside
    more, bounds, inside[apart] = library.encode(folder, texts[apart], -1, -1, _part(heads, apart))
    lengths = np.diff(bounds)
    ids = np.insert(ids, np.repeat(ends[apart] + (around[0] >= 0), lengths), more)
    ends[1:] += np.cumsum(np.bincount(apart, lengths, len(texts)).astype(np.int64))
    return ids, ends, inside


def _seen_heads(encoder: Encoder, texts: pl.Series, seen: pl.Series, heads: pl.Series) -> pl.Series:
    """Heads as the normalised texts begin with them, up to a character that both sides of the cut make up."""
    moved = (texts != seen).arg_true()
    pairs = zip(seen[moved], encoder.normalised(heads[moved]), strict=True)
    return heads.clone().scatter(moved, ["".join(_common(*pair)) for pair in pairs])


def _common(one: str, other: str) -> Iterator[str]:
    """The characters that both begin with."""
    pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return (character for character, _ in pairs)


def _prove(folder: str, names: pl.Series, texts: pl.Series) -> None:
    """CurateError if the ids of a document are not those of `tokenizers`."""
    chosen = _chosen(texts)
    heads = texts[chosen].str.head(PROVED_CHARACTERS)
    ours, ends, _ = encoded(folder, heads, None, (-1, -1))
    theirs, bounds, _ = library.encode(folder, heads)
    if np.array_equal(ours, theirs) and np.array_equal(ends, bounds):
        return
    for place, (a, b), (c, d) in zip(chosen, itertools.pairwise(ends), itertools.pairwise(bounds), strict=True):
        if not np.array_equal(ours[a:b], theirs[c:d]):
            raise CurateError(
                f"document {names[int(place)]}: the ids of its text are not those of the installed `tokenizers`; "
                "install the version that constraints.txt says, and report this"
            )


def _chosen(texts: pl.Series) -> np.ndarray:
    """Places of the texts that are encoded both ways: their hash is small, or the smallest."""
    from xxhash import xxh3_64_intdigest

    from mixers.native import utf8

    data, bounds = utf8(texts)
    view = data.data
    marks = np.array([xxh3_64_intdigest(view[a:b]) for a, b in itertools.pairwise(bounds.tolist())], np.uint64)
    small = np.flatnonzero(marks < np.uint64(2**64 // PROVED))
    return small if len(small) else np.array([marks.argmin()])


@dataclass(frozen=True)
class Vocabulary:
    """What a mixture must know of its tokenizer. `bos` is -1 where there is none."""

    size: int
    eos: int
    bos: int
    sha256: str


@functools.lru_cache(maxsize=4)
def vocabulary(folder: str) -> Vocabulary:
    """Size (largest id + 1), end and beginning token, and digest of the `tokenizer.json` in a folder."""
    ids: dict[str, int] = library.library(folder).get_vocab(with_added_tokens=True)
    config = Path(folder) / "tokenizer_config.json"
    try:
        named: dict[str, Any] = dict(json.loads(config.read_text("utf-8"))) if config.is_file() else {}
    except (ValueError, TypeError):
        raise CurateError("the tokenizer's tokenizer_config.json is no JSON object") from None
    eos, bos = (
        _special(ids, key, named.get(key), usual) for key, usual in (("eos_token", ENDS), ("bos_token", BEGINNINGS))
    )
    if eos < 0:
        raise CurateError(
            f"the tokenizer has no end-of-text token that is known ({', '.join(ENDS)}); name it as eos_token in its tokenizer_config.json"
        )
    digest = hashlib.sha256((Path(folder) / "tokenizer.json").read_bytes()).hexdigest()
    return Vocabulary(max(ids.values()) + 1, eos, bos, digest)


def _special(ids: dict[str, int], key: str, named: Any, usual: tuple[str, ...]) -> int:
    """Id of the token that the configuration names (a string, or an object with `content`), or else of the first usual one.

    CurateError for a name that the vocabulary does not have.
    """
    token = named.get("content") if isinstance(named, dict) else named
    if token is None:
        return next((ids[one] for one in usual if one in ids), -1)
    if not isinstance(token, str) or token not in ids:
        raise CurateError(f"tokenizer_config.json names {token!r:.60} as {key}, which the vocabulary does not have")
    return ids[token]


@functools.lru_cache(maxsize=4)
def _encoder(folder: str) -> Encoder | None:
    from mixers.encode import Encoder

    return Encoder.load(Path(folder) / "tokenizer.json")


def _slices(texts: pl.Series) -> Iterator[slice]:
    ends = texts.str.len_bytes().cast(pl.Int64).cum_sum().to_numpy()
    start = 0
    while start < len(texts):
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + SLICE, "right")))
        yield slice(start, stop)
        start = stop


def _lists(values: np.ndarray, bounds: np.ndarray) -> pl.Series:
    made = pl.from_arrow(pa.LargeListArray.from_arrays(pa.array(bounds), pa.array(values)))
    assert isinstance(made, pl.Series)
    return made
