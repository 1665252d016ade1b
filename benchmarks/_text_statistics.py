r"""Figures that say how text behaves: how its words grow, repeat and fall off in frequency, how long it is, how well it compresses.

Everything that depends on the amount of text is measured on the first so many words or bytes, because one share of repeated n-grams
cannot be compared with another of a larger sample. Words are runs of letters, in lower case, outside formulas: numbers and formulas
would hide that two sentences come from one template. ("with formulas" counts them in; that is what a dedup step sees.) In Chinese and
Japanese every letter is a word. A figure that a text is too short for is None. Left out: perplexity, which needs a model to judge.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from curation.text import ENVIRONMENT, without_math

Figures = dict[str, float | None]
PROSE_WORD = r"[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*"
CHARACTER = r"\p{L}"
FORMULA = (
    r"\$\$[^$]{1,1000}\$\$|\$[^\s$](?:[^$\n]{0,300}[^\s$])?\$|\\\((?s:.{1,300}?)\\\)|\\\[(?s:.{1,1000}?)\\\]"
    rf"|\\begin\{{{ENVIRONMENT}\*?\}}(?s:.{{1,1000}}?)\\end\{{{ENVIRONMENT}\*?\}}"
)
"""A formula between delimiters, as in `curation.text.MATH` but without lone commands."""
SENTENCE = r"(?s)(?:[^.!?。！？]|[.!?][^\s\"')\]”’]|[.!?][\"')\]”’]+\S)+(?:[.!?][\"')\]”’]*(?:\s|\z)|[。！？])"
CLASSES = {"letters": r"[\p{L}\p{M}]", "digits": r"\p{N}", "punctuation": r"[\p{P}\p{S}]"}
SIZES = (3_000, 10_000, 30_000, 100_000, 200_000)
COMMON = 30_000
"""Words that many real sources have, for figures that need a spread."""
GRAMS = (3, 5, 8, 13)
FEW = 100
"""Formulas below which their lengths are not reported."""


@dataclass(frozen=True)
class Words:
    """Words of many pages, one after the other: a number for each word's type, and the page that it stands on."""

    types: np.ndarray
    pages: np.ndarray

    def first(self, count: int) -> Words | None:
        """The first `count` words; None if there are fewer."""
        return Words(self.types[:count], self.pages[:count]) if len(self.types) >= count else None


def encode(texts: Sequence[str], pattern: str = PROSE_WORD, *, formulas: bool = False) -> Words:
    """What `pattern` matches in each text, in lower case; `formulas` are left out unless they are asked for."""
    text = pl.col("text") if formulas else without_math(pl.col("text"))
    found = (
        pl.DataFrame({"text": list(texts)}, schema={"text": pl.String})
        .with_row_index("page")
        .select("page", word=text.str.to_lowercase().str.extract_all(pattern))
        .explode("word")
        .drop_nulls()
    )
    types = found["word"].rank("dense").cast(pl.Int64).to_numpy() if found.height else np.zeros(0, np.int64)
    return Words(types, found["page"].to_numpy())


# ---- growth and frequency ---------------------------------------------------------------------------------------------------


def growth(words: Words, sizes: Sequence[int]) -> list[int]:
    """Number of different words among the first n, for each n."""
    first = np.sort(np.unique(words.types, return_index=True)[1])
    return np.searchsorted(first, np.asarray(sizes), side="left").tolist()


def heaps(words: Words, start: int = 1000) -> float | None:
    """Exponent b of types = k * words^b (Heaps 1978), by least squares in logarithms from `start` words to all; None below 4 * start."""
    if len(words.types) < 4 * start:
        return None
    sizes = np.geomspace(start, len(words.types), 30).astype(int)
    return float(np.polyfit(np.log(sizes), np.log(growth(words, sizes.tolist())), 1)[0])


def hapax(words: Words) -> float | None:
    """Share of the types that occur once."""
    counts = np.unique(words.types, return_counts=True)[1]
    return float((counts == 1).mean()) if len(counts) else None


def zipf(words: Words, low: int, high: int) -> float | None:
    """Slope of log frequency over log rank between two ranks, near -1 in prose (Zipf 1949); None with fewer than `high` types."""
    counts = np.sort(np.unique(words.types, return_counts=True)[1])[::-1]
    if len(counts) < high:
        return None
    ranks = np.unique(
        np.geomspace(low, high, 50).astype(int)
    )  # evenly in logarithms, so that the many rare ranks do not rule
    return float(np.polyfit(np.log(ranks), np.log(counts[ranks - 1]), 1)[0])


def repeated(words: Words, n: int) -> tuple[float | None, float | None]:
    """Of all n-grams of words within a page, the share that occurs again anywhere, and the share that occurs on another page."""
    if len(words.types) < n:
        return None, None
    grams, pages = _grams(words.types, n), words.pages[: len(words.types) - n + 1]
    inside = pages == words.pages[n - 1 :]
    if not inside.any():
        return None, None
    _, grams = np.unique(grams[inside], return_inverse=True)
    pages = pages[inside].astype(np.int64)
    seen = np.bincount(grams)[grams] > 1
    on_pages = np.bincount(np.unique(grams * (pages.max() + 1) + pages) // (pages.max() + 1))[grams] > 1
    return float(seen.mean()), float(on_pages.mean())


def _grams(types: np.ndarray, n: int) -> np.ndarray:
    """A number for each n-gram, equal where the n-grams are equal; exact, by pairing numbers of its two halves."""
    if n == 1:
        return types
    left, right = _grams(types, n // 2), _grams(types, n - n // 2)
    right = right[n // 2 :]
    pairs = left[: len(right)] * (right.max(initial=0) + 1) + right
    return np.unique(pairs, return_inverse=True)[1]


# ---- length and characters --------------------------------------------------------------------------------------------------


def spread(values: pl.Series | np.ndarray, name: str) -> Figures:
    """p10, p50, p90 and mean of some values; all None if there are none."""
    array, empty = np.asarray(values, float), not len(values)
    found: Figures = {f"{name} p{q}": None if empty else float(np.percentile(array, q)) for q in (10, 50, 90)}
    return found | {f"{name} mean": None if empty else float(array.mean())}


def lengths(texts: Sequence[str], *, characters: bool = False) -> Figures:
    """Words of a page and of a sentence (runs of non-blanks; letters with `characters`), and letters of a word."""
    frame = pl.DataFrame({"text": list(texts)}, schema={"text": pl.String})
    unit = CHARACTER if characters else r"\S+"
    plain = pl.col("text").str.replace_all(FORMULA, "x")  # a formula is one word of its sentence
    sentences = frame.select(plain.str.split("\n\n").alias("part")).explode("part").drop_nulls()
    sentences = sentences.select(pl.col("part").str.extract_all(SENTENCE)).explode("part").drop_nulls()["part"]
    sizes = sentences.str.count_matches(unit)
    letters = frame.select(without_math(pl.col("text")).str.extract_all(PROSE_WORD)).explode("text")["text"]
    return {
        **spread(page_words(texts, characters=characters), "page words"),
        **spread(sizes.filter(sizes >= 3), "sentence words"),
        "letters per word": None if characters else letters.drop_nulls().str.len_chars().mean(),
    }


def page_words(texts: Sequence[str], *, characters: bool = False) -> pl.Series:
    """Words of each page: runs of non-blanks, or letters with `characters`."""
    return pl.Series(list(texts), dtype=pl.String).str.count_matches(CHARACTER if characters else r"\S+")


def characters(texts: Sequence[str]) -> Figures:
    """Shares of kinds of characters that are no blanks, TeX commands per 100 words, formulas per page, and their lengths."""
    frame = pl.DataFrame({"text": list(texts)}, schema={"text": pl.String})
    text = pl.col("text")
    sums = frame.select(
        *(text.str.count_matches(pattern).sum().alias(name) for name, pattern in CLASSES.items()),
        solid=text.str.count_matches(r"\S").sum(),
        commands=text.str.count_matches(r"\\[A-Za-z]+").sum(),
        words=text.str.count_matches(r"\S+").sum(),
    ).row(0, named=True)
    formulas = frame.select(text.str.extract_all(FORMULA))["text"]
    inside = formulas.explode().drop_nulls().str.strip_chars("$").str.len_chars()
    return {
        **{f"{name} share": sums[name] / max(sums["solid"], 1) for name in CLASSES},
        "TeX commands per 100 words": 100 * sums["commands"] / max(sums["words"], 1),
        "formulas per page": formulas.list.len().mean(),
        "formulas per 100 words": 100 * len(inside) / max(sums["words"], 1),
        **spread(inside if len(inside) >= FEW else inside.clear(), "formula characters"),
    }


# ---- compression ------------------------------------------------------------------------------------------------------------


def head(texts: Sequence[str], size: int) -> list[str] | None:
    """The first texts, up to `size` bytes; None if there are fewer. The last is cut."""
    taken, left = [], size
    for text in texts:
        raw = text.encode()
        taken.append(raw[:left].decode(errors="ignore"))
        left -= len(raw) + 1
        if left <= 0:
            return taken
    return None


def deflated(texts: Sequence[str]) -> float:
    """Bytes over bytes after zlib at level 9. Its window is 32 kB, so this sees what recurs within about ten pages."""
    raw = "\n".join(texts).encode()
    return len(raw) / len(zlib.compress(raw, 9))


def bytes_per_token(texts: Sequence[str], tokenizer: Any) -> float:
    """Bytes of UTF-8 per token of a Hugging Face tokenizer."""
    count = sum(len(e.ids) for e in tokenizer.encode_batch(list(texts), add_special_tokens=False))
    return sum(len(text.encode()) for text in texts) / max(count, 1)


def own_bpe(texts: Sequence[str], size: int, vocab: int = 8192) -> float | None:
    """Bytes per token on every second text of a byte-level BPE trained on the others, `size` bytes of each.

    None if there are fewer, or below 50 kB. The pre-tokeniser is that of the step `fit: bpe`. Text made from few templates scores high,
    because it knows its other half.
    """
    train, held_out = head(texts[::2], size), head(texts[1::2], size)
    if train is None or held_out is None or size < 50_000:
        return None
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

    from curation.fit.bpe import pattern

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern(3)), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=vocab, initial_alphabet=alphabet, min_frequency=2, show_progress=False)
    tokenizer.train_from_iterator([train], trainer)
    return bytes_per_token(held_out, tokenizer)


# ---- all that depends on the amount of text ---------------------------------------------------------------------------------


def sized(words: Words, all_words: Words, sizes: Sequence[int]) -> Figures:
    """Types at each of `sizes` (words, ascending), hapax and repetition at the last and at `COMMON`, the fitted slopes at the last."""
    found: Figures = {}
    for size in sizes:
        part = words.first(size)
        found[f"types, {thousands(size)}"] = float(growth(part, [size])[0]) if part else None
    for size in sorted({size for size in sizes if size in (COMMON, sizes[-1])}):
        found |= repetition(words.first(size), all_words.first(size), thousands(size))
    last = words.first(sizes[-1]) if sizes else None
    found["Heaps exponent"] = heaps(last) if last else None
    for low, high in ((10, 1000), (1000, 5000)):
        found[f"Zipf slope, ranks {low}-{high}"] = zipf(last, low, high) if last else None
    return found


def repetition(words: Words | None, all_words: Words | None, at: str) -> Figures:
    """Hapax and repeated n-grams of one amount of text."""
    found: Figures = {f"hapax share, {at}": hapax(words) if words else None}
    shares = {n: repeated(words, n) if words else (None, None) for n in GRAMS}
    found |= {f"repeated {n}-grams, {at}": shares[n][0] for n in GRAMS}
    found |= {f"{n}-grams on another page, {at}": shares[n][1] for n in (5, 8)}
    return found | {
        f"repeated {n}-grams with formulas, {at}": repeated(all_words, n)[0] if all_words else None for n in (5, 8)
    }


def thousands(words: int) -> str:
    return f"{words // 1000}k words"
