"""Byte-level BPE over a whole column: cut with a regular expression, merge each distinct short piece once, all in native code.

`tokenizers` makes one Python object per document and one normalised copy of each text, and reaches 3 to 6 MB/s. A byte-level BPE whose
pre-tokeniser needs no lookahead can be followed from outside: polars cuts the column into pieces (the same `regex` syntax; tested
equal on every code point), and merging one piece never looks at another, so short pieces are remembered. The ids are those of
`tokenizers`, which the tests check on random text; a tokenizer of any other kind has no `Encoder`, and `mixers.tokenize` falls back.

Special tokens are never looked for, so a page that spells one out gets the tokens of its letters. Left out: dropout, `ignore_merges`,
normalisers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mixers.merges import encode, fill
from mixers.native import OLDEST, arrow_utf8

SLOTS = 1 << 20
"""Pieces that the memory has places for; it takes half as many."""


class Encoder:
    """The merges of one tokenizer as hash tables, with a memory of short pieces. `None` from `load` means: not of this kind."""

    def __init__(self, byte_ids: np.ndarray, merges: np.ndarray, pattern: str) -> None:
        """byte_ids: (256,) id of each byte. merges: (n, 3) left id, right id, merged id, in order of rank."""
        self.pattern, self.byte_ids = pattern, byte_ids
        slots = 1 << max(4, int(2 * len(merges)).bit_length())
        self.pairs = np.full(slots, -1, np.int64)
        self.found = np.zeros((slots, 2), np.int64)
        fill(merges, self.pairs, self.found)
        self.keys = np.zeros((SLOTS, 2), np.uint64)
        self.spans = np.zeros((SLOTS, 2), np.int32)
        self.arena = np.zeros(4 * SLOTS, np.uint32)
        self.used = np.zeros(2, np.int64)

    @classmethod
    def load(cls, path: Path) -> Encoder | None:
        """The encoder for a `tokenizer.json`, or None if that is not a plain byte-level BPE with a pattern polars can follow."""
        spec: dict[str, Any] = json.loads(path.read_text("utf-8"))
        model, pattern = spec["model"], _pattern(spec)
        vocab = model.get("vocab")
        plain = model.get("type") == "BPE" and not any(model.get(k) for k in _TWISTS)
        if pattern is None or not plain or spec.get("normalizer") or not all(c in vocab for c in _letters()):
            return None
        byte_ids = np.array([vocab[c] for c in _letters()], np.int64)
        pairs = (m.split(" ") if isinstance(m, str) else m for m in model["merges"])
        merges = np.array([(vocab[a], vocab[b], vocab[a + b]) for a, b in pairs], np.int64).reshape(-1, 3)
        return cls(byte_ids, merges, pattern)

    def encode(self, texts: pl.Series, before: int = -1, after: int = -1) -> tuple[np.ndarray, np.ndarray]:
        """Token ids end to end (uint32) and document bounds (int64); `before` and `after` are ids put around each document."""
        pieces: Any = texts.str.extract_all(self.pattern).to_arrow(compat_level=OLDEST)
        data, bounds = arrow_utf8(pieces.values)
        documents = pieces.offsets.to_numpy()
        assert len(data) == texts.str.len_bytes().sum(), "the pattern left characters out"
        out = np.empty(len(data) + 2 * len(texts), np.uint32)
        ends = np.zeros(len(texts) + 1, np.int64)
        memory = (self.keys, self.spans, self.arena, self.used)
        tables = (self.byte_ids, self.pairs, self.found)
        encode(data, bounds, documents, (before, after), tables, memory, out, ends)
        return out[: ends[-1]].copy(), ends


_TWISTS = ("dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback", "ignore_merges")


def _letters() -> list[str]:
    """GPT-2's printable letter for each byte."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = iter(range(256, 512))
    return [chr(byte) if byte in shown else chr(next(hidden)) for byte in range(256)]


def _pattern(spec: dict[str, Any]) -> str | None:
    """The one regular expression that cuts the text, if the tokenizer has exactly that and polars can compile it."""
    parts = (spec.get("pre_tokenizer") or {}).get("pretokenizers", [])
    if [part["type"] for part in parts] != ["Split", "ByteLevel"]:
        return None
    cut, level = parts
    pattern = cut["pattern"].get("Regex")
    if cut["behavior"] != "Isolated" or cut["invert"] or level["add_prefix_space"] or level["use_regex"] or not pattern:
        return None
    try:
        pl.Series([""]).str.extract_all(pattern)
    except pl.exceptions.ComputeError:  # a lookahead
        return None
    return str(pattern)
