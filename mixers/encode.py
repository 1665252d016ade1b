"""Byte-level BPE over a whole column, in native code: cut by an automaton, merge each distinct short piece once.

`tokenizers` makes one Python object per document and one normalised copy of each text, and reaches 3 to 6 MB/s. A byte-level BPE (GPT-2,
Llama 3, Qwen, and ours) can be followed from outside: its pattern becomes a table (`mixers/cut.py`), merging one piece never looks at
another, so short pieces are remembered, and a piece in the vocabulary is taken whole where the tokenizer says so (`ignore_merges`). The
ids are those of `tokenizers`: tests hold them to it, and `mixers.tokenize` compares some texts of each call. A tokenizer of any other
kind has no `Encoder`.

Special tokens are never looked for, so a page that spells one out gets the tokens of its letters; an added token that is not special
(`<tool_call>`) is part of the language, and `by_library` says which texts have one. NFC, where the tokenizer asks for it, is that of
`tokenizers`, and only of texts with a character that it may touch. Left out: dropout, a space put before each text, other normalisers.
"""

from __future__ import annotations

import functools
import json
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mixers.cut import Cutter, compiled
from mixers.merges import encode, fill, fill_whole
from mixers.native import utf8

SLOTS = 1 << 19
"""Pieces that the memory has places for; it takes half as many."""
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
"""What `ByteLevel` cuts with if it is to cut (`use_regex`)."""
MOST_IDS = 1 << 24
_TWISTS = ("dropout", "continuing_subword_prefix", "end_of_word_suffix")


class Encoder:
    """The merges of one tokenizer as hash tables, with a memory of short pieces. `None` from `load` means: not of this kind."""

    def __init__(self, spec: dict[str, Any], cutter: Cutter) -> None:
        """spec: a `tokenizer.json` of this kind (`load` looks). cutter: its pattern."""
        self.cutter, self.nfc = cutter, bool(spec.get("normalizer"))
        self.added = _spellings([t["content"] for t in spec.get("added_tokens") or [] if not t["special"]], self.nfc)
        vocab = spec["model"]["vocab"]
        tokens = {token: raw for token in vocab if (raw := _bytes(token)) is not None}
        self.widths = np.zeros(max(vocab.values()) + 1, np.int64)
        self.widths[[vocab[token] for token in tokens]] = [len(raw) for raw in tokens.values()]
        self.tables = (np.array([vocab[c] for c in letters()], np.int64), *_pairs(spec["model"]["merges"], vocab))
        taken = tokens if spec["model"].get("ignore_merges") else {}
        self.whole = (np.array([vocab[token] for token in taken], np.int64), *_slots(list(taken.values())))
        self.memory = (
            np.zeros((SLOTS, 4), np.uint64),
            np.zeros(2 * SLOTS, np.uint32),
            np.zeros(2, np.int64),
        )

    @classmethod
    def load(cls, path: Path) -> Encoder | None:
        """The encoder for a `tokenizer.json`, or None if that is not a byte-level BPE with a pattern and a normaliser as above."""
        spec: dict[str, Any] = json.loads(path.read_text("utf-8"))
        model, pattern = spec["model"], _pattern(spec.get("pre_tokenizer") or {})
        if model.get("type") != "BPE" or any(model.get(twist) for twist in _TWISTS) or pattern is None:
            return None
        if spec.get("normalizer") not in (None, {"type": "NFC"}) or not all(c in model["vocab"] for c in letters()):
            return None
        cutter = compiled(pattern) if max(model["vocab"].values()) < MOST_IDS else None
        try:
            return cls(spec, cutter) if cutter else None
        except (
            KeyError,
            ValueError,
        ):  # merges of other forms, or of tokens that it does not have: the library knows what they mean
            return None

    def encode(self, texts: pl.Series, before: int = -1, after: int = -1) -> tuple[np.ndarray, np.ndarray]:
        """Token ids end to end (uint32) and document bounds (int64); `before` and `after` are ids put around each document.

        Texts must be as `normalised` gives them.
        """
        data, bounds = utf8(texts)
        out = np.empty(int(bounds[-1] - bounds[0]) + 2 * len(texts), np.uint32)
        ends = np.zeros(len(texts) + 1, np.int64)
        cutter = (self.cutter.classes, self.cutter.steps)
        encode(data, bounds, (before, after), cutter, self.tables, self.whole, self.memory, out, ends)
        return out[: ends[-1]].copy(), ends

    def inside(
        self, ids: np.ndarray, ends: np.ndarray, heads: pl.Series, before: int = -1, after: int = -1
    ) -> np.ndarray:
        """How many tokens of each document lie wholly inside its head; `before` and `after` count for none."""
        starts, stops = ends[:-1] + (before >= 0), ends[1:] - (after >= 0)
        widths = np.concatenate([[0], np.cumsum(self.widths[np.minimum(ids, len(self.widths) - 1)])])
        limits = widths[starts] + heads.str.len_bytes().cast(pl.Int64).to_numpy()
        inside: np.ndarray = np.minimum(np.searchsorted(widths, limits, "right") - 1, stops) - starts
        return inside

    def normalised(self, texts: pl.Series) -> pl.Series:
        """The texts as the tokenizer sees them."""
        touched = texts.str.contains(_touched()) if self.nfc else pl.Series([False])
        if not touched.any():
            return texts
        from tokenizers.normalizers import NFC

        rows = touched.arg_true()
        return texts.clone().scatter(rows, [NFC().normalize_str(text) for text in texts.gather(rows)])

    def by_library(self, texts: pl.Series) -> np.ndarray:
        """Places of the texts that have an added token in them, which is no byte-level BPE."""
        found = texts.str.contains_any(self.added) if self.added else pl.Series([False])
        return found.arg_true().to_numpy()


def _spellings(tokens: list[str], nfc: bool) -> list[str]:
    """Added tokens as a text may spell them before and after it is normalised."""
    return list(dict.fromkeys([*tokens, *(unicodedata.normalize("NFC", token) for token in tokens if nfc)]))


@functools.cache
def letters() -> tuple[str, ...]:
    """GPT-2's printable letter for each byte."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = iter(range(256, 512))
    return tuple(chr(byte) if byte in shown else chr(next(hidden)) for byte in range(256))


def _bytes(token: str) -> bytes | None:
    """The bytes that a token of the vocabulary stands for; None if it has other letters, as a special token may."""
    values = [_values().get(letter) for letter in token]
    return None if None in values else bytes(values)  # type: ignore[arg-type]


@functools.cache
def _values() -> dict[str, int]:
    return {letter: byte for byte, letter in enumerate(letters())}


def _pairs(written: list[Any], vocab: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """The merges as a hash table; they are written "a b" or ["a", "b"], in order of rank."""
    pairs = [one.split(" ") if isinstance(one, str) else one for one in written]
    merges = np.array([(vocab[a], vocab[b], vocab[a + b]) for a, b in pairs], np.int64).reshape(-1, 3)
    slots = 1 << max(4, (2 * len(merges)).bit_length())
    keys, found = np.full(slots, -1, np.int64), np.zeros((slots, 2), np.int64)
    fill(merges, keys, found)
    return keys, found


def _slots(tokens: list[bytes]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bytes, bounds and hash table of tokens."""
    data = np.frombuffer(b"".join(tokens), np.uint8)
    bounds = np.cumsum([0, *map(len, tokens)], dtype=np.int64)
    slots = np.full(1 << (2 * len(tokens)).bit_length() if tokens else 0, -1, np.int64)
    fill_whole(data, bounds, slots)
    return data, bounds, slots


def _pattern(pre: dict[str, Any]) -> str | None:
    """The one regular expression that cuts the text, if the tokenizer has exactly that."""
    *cuts, level = pre.get("pretokenizers") or [pre]
    if level.get("type") != "ByteLevel" or level.get("add_prefix_space", True):
        return None
    if not cuts:
        return GPT2 if level.get("use_regex", True) else None
    cut = cuts[0]
    if len(cuts) > 1 or cut["type"] != "Split" or level.get("use_regex", True):
        return None
    if cut["behavior"] != "Isolated" or cut["invert"]:
        return None
    return cut["pattern"].get("Regex")  # type: ignore[no-any-return]


@functools.cache
def _touched() -> str:
    """A set of all characters that NFC may change or join with others, and of those that Python knows nothing of yet."""
    from tokenizers.normalizers import NFC, NFD

    whole, apart = NFC(), NFD()
    points = [chr(point) for point in (*range(0x300, 0xD800), *range(0xF900, 0x40000), *range(0xE0000, 0xE1000))]
    parts = {part for one in points if len(pair := apart.normalize_str(one)) > 1 for part in pair[1:]}
    touched = {c for c in points if unicodedata.category(c) in ("Mn", "Mc", "Me", "Cn") or whole.normalize_str(c) != c}
    return "[" + "".join(rf"\x{{{ord(one):x}}}" for one in sorted(touched | parts)) + "]"
