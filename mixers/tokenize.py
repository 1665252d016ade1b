"""Turn text into token ids, one list per document, with the end-of-text token and, if asked, a beginning.

Ids are always UInt32 here, so that a plan knows the type before the tokenizer exists; `mixers.write` narrows them to two bytes where
the vocabulary allows. A plain byte-level BPE goes through `mixers.encode`, any other tokenizer through `tokenizers`; the ids are the
same. A text that spells out a special token gets ordinary tokens. Work is done in slices of some megabytes, so memory is bounded by
the longest document. Left out: truncation (windows are made by `mixers.pack`, which knows their length) and chat templates.
"""

from __future__ import annotations

import functools
import hashlib
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

if TYPE_CHECKING:
    from mixers.encode import Encoder

SLICE = 8_000_000
"""Bytes of text encoded at a time."""
ENDS = ("<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<|eot_id|>")
BEGINNINGS = ("<|begin_of_text|>", "<s>", "<bos>", "<|endoftext|>")


@score(uses=["tokenizers"])  # type: ignore[untyped-decorator]
def tokenize(docs: pl.DataFrame, *, tokenizer: Artifact, bos: bool = False, eos: bool = True) -> pl.DataFrame:
    """Token ids of each text (`tokens`, List(UInt32)) and how many there are (`n_tokens`, UInt32), both with `bos` and `eos`.

    Raises CurateError where the tokenizer cannot be read or lacks the token asked for.
    """
    if not docs.height:
        return pl.DataFrame(schema={"tokens": pl.List(pl.UInt32), "n_tokens": pl.UInt32})
    known = vocabulary(tokenizer)
    around = (known.bos if bos else -1, known.eos if eos else -1)
    if bos and known.bos < 0:
        raise CurateError(f"the tokenizer has no beginning-of-text token for bos: true; known: {', '.join(BEGINNINGS)}")
    encoder = _encoder(tokenizer)
    encode = _encode_other(tokenizer) if encoder is None else encoder.encode
    tokens = pl.concat([_lists(*encode(part, *around)) for part in _slices(docs["text"].fill_null(""))])
    return pl.DataFrame({"tokens": tokens, "n_tokens": tokens.list.len().cast(pl.UInt32)})


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
    ids: dict[str, int] = _tokenizer(folder).get_vocab(with_added_tokens=True)
    config = Path(folder) / "tokenizer_config.json"
    named: dict[str, Any] = json.loads(config.read_text("utf-8")) if config.is_file() else {}
    eos, bos = (_special(ids, named.get(key), usual) for key, usual in (("eos_token", ENDS), ("bos_token", BEGINNINGS)))
    if eos < 0:
        raise CurateError(f"{folder}: no end-of-text token; name it as eos_token in tokenizer_config.json")
    digest = hashlib.sha256((Path(folder) / "tokenizer.json").read_bytes()).hexdigest()
    return Vocabulary(max(ids.values()) + 1, eos, bos, digest)


def _special(ids: dict[str, int], named: Any, usual: tuple[str, ...]) -> int:
    """Id of the token that the configuration names (a string, or an object with `content`), else of the first usual one."""
    token = named.get("content") if isinstance(named, dict) else named
    return next((ids[t] for t in (token, *usual) if t in ids), -1)


@functools.lru_cache(maxsize=4)
def _tokenizer(folder: str) -> Any:
    from tokenizers import Tokenizer

    try:
        loaded = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    except Exception as error:  # the library raises bare Exceptions
        raise CurateError(f"{folder}: no readable tokenizer.json: {error}") from None
    loaded.encode_special_tokens = True  # a page that spells `<|endoftext|>` must not end
    loaded.no_padding()
    loaded.no_truncation()
    return loaded


@functools.lru_cache(maxsize=4)
def _encoder(folder: str) -> Encoder | None:
    from mixers.encode import Encoder

    return Encoder.load(Path(folder) / "tokenizer.json")


def _encode_other(folder: str) -> Any:
    loaded = _tokenizer(folder)

    def encode(texts: pl.Series, before: int, after: int) -> tuple[np.ndarray, np.ndarray]:
        first, last = [before] * (before >= 0), [after] * (after >= 0)
        encodings = loaded.encode_batch_fast(texts.to_list(), add_special_tokens=False)
        rows = [np.array(first + e.ids + last, np.uint32) for e in encodings]
        return np.concatenate(rows), np.cumsum([0, *map(len, rows)], dtype=np.int64)

    return encode


def _slices(texts: pl.Series) -> Iterator[pl.Series]:
    ends = texts.str.len_bytes().cast(pl.Int64).cum_sum().to_numpy()
    start = 0
    while start < len(texts):
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + SLICE, "right")))
        yield texts[start:stop]
        start = stop


def _lists(values: np.ndarray, bounds: np.ndarray) -> pl.Series:
    made = pl.from_arrow(pa.LargeListArray.from_arrays(pa.array(bounds), pa.array(values)))
    assert isinstance(made, pl.Series)
    return made
