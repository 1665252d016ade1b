"""A tokenizer as the library `tokenizers` runs it: the reference for every id, and the only way for kinds that `mixers.encode` lacks.

It makes Python objects of each document, so it is 10 to 40 times slower. A special token that a text spells out gets ordinary tokens; an
added token that is not special is found in the text, as everywhere. Left out: post-processors (what stands around a document is for the
mixture to say), padding and truncation.
"""

from __future__ import annotations

import functools
import json
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.errors import CurateError


@functools.lru_cache(maxsize=4)
def library(folder: str) -> Any:
    """The `tokenizers.Tokenizer` in a folder. CurateError if there is none that can be read."""
    from tokenizers import Tokenizer

    try:
        spec = json.loads((Path(folder) / "tokenizer.json").read_text("utf-8"))
        loaded = Tokenizer.from_str(json.dumps({**spec, "post_processor": None, "padding": None, "truncation": None}))
    except Exception as error:  # the library raises bare Exceptions
        raise CurateError(f"the tokenizer's tokenizer.json cannot be read: {error}") from None
    loaded.encode_special_tokens = True  # a page that spells `<|endoftext|>` must not end
    if getattr(loaded.model, "dropout", None):
        loaded.model.dropout = None  # drawn at random, for training a model on many ways to write a word
    return loaded


def encode(
    folder: str, texts: pl.Series, before: int = -1, after: int = -1, heads: pl.Series | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Token ids end to end (uint32), document bounds (int64), and how many tokens lie wholly inside each head (int64).

    before, after: ids put around each document, -1 for none; they count for no head. heads: how each text begins, or null.
    """
    run = library(folder).encode_batch_fast if heads is None else library(folder).encode_batch
    first, last = [before] * (before >= 0), [after] * (after >= 0)
    try:
        encodings = run(texts.to_list(), add_special_tokens=False)
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of Rust; no Exception, and no class that can be imported
            raise
        raise ValueError(f"the library tokenizers gave up: {error}") from None
    rows = [np.array(first + one.ids + last, np.uint32) for one in encodings]
    ends = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    limits = [0] * len(texts) if heads is None else heads.str.len_chars().fill_null(0).to_list()
    inside = [_inside(one.offsets, limit) if limit else 0 for one, limit in zip(encodings, limits, strict=True)]
    return np.concatenate([*rows, np.zeros(0, np.uint32)]), ends, np.array(inside, np.int64)


def _inside(offsets: list[tuple[int, int]], limit: int) -> int:
    return sum(1 for _ in takewhile(lambda offset: offset[1] <= limit, offsets))
