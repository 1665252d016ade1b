"""What a rewrite lost, changed or added, measured on the pair of texts, and the verdict on it by the first guard that fails."""

from __future__ import annotations

import re
from collections import Counter

import polars as pl

FAITHFUL = "faithful"
SCHEMA: dict[str, type[pl.DataType]] = {
    "refusal": pl.Boolean, "meta": pl.Boolean, "length_ratio": pl.Float64, "foreign": pl.Float64, "loop": pl.UInt32,
    "numbers_lost": pl.UInt32, "numbers_added": pl.UInt32, "formulas_lost": pl.UInt32, "formulas_added": pl.UInt32,
    "hole": pl.Float64, "hole_words": pl.UInt32, "answers_added": pl.UInt32,
}  # fmt: skip
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_FORMULA = re.compile(r"\$\$[^$]{1,1000}\$\$|\$[^$\n]{1,300}\$|\\\([^\n]{1,300}?\\\)|\\\[.{1,1000}?\\\]", re.DOTALL)


def measured(source: pl.Series, written: pl.Series) -> pl.DataFrame:
    """The measures of the guards, one row for each pair; null where `written` is null."""
    rows = [None if w is None else _measures(s or "", w) for s, w in zip(source, written, strict=True)]
    nothing = dict.fromkeys(SCHEMA)
    return pl.DataFrame([row or nothing for row in rows], schema=SCHEMA, orient="row")


def verdicts(
    measures: pl.DataFrame, *, shortest: float = 0.5, longest: float = 1.6, foreign: float = 0.1, loop: int = 12, hole_words: int = 20
) -> pl.Series:
    """`faithful`, or the name of the first guard that failed; null where nothing was written."""
    fails = {
        "refusal": pl.col("refusal"),
        "meta": pl.col("meta"),
        "length": ~pl.col("length_ratio").is_between(shortest, longest),
        "language": pl.col("foreign") > foreign,
        "loop": pl.col("loop") >= loop,
        "numbers": pl.col("numbers_lost") + pl.col("numbers_added") > 0,
        "formulas": pl.col("formulas_lost") + pl.col("formulas_added") > 0,
        "hole": pl.col("hole_words") >= hole_words,
        "answer": pl.col("answers_added") > 0,
    }
    verdict = pl.coalesce(*(pl.when(failed).then(pl.lit(name)) for name, failed in fails.items()), pl.lit(FAITHFUL))
    return measures.select(pl.when(pl.col("refusal").is_not_null()).then(verdict).alias("verdict")).to_series()


def _measures(source: str, written: str) -> dict[str, object]:
    numbers = [Counter(n.replace(",", "") for n in _NUMBER.findall(text)) for text in (source, written)]
    formulas = [Counter("".join(f.split()).strip("$\\()[]") for f in _FORMULA.findall(text)) for text in (source, written)]
    words = [text.split() for text in (source, written)]
    grams = Counter(tuple(words[1][i : i + 8]) for i in range(len(words[1]) - 7))
    had = Counter(tuple(words[0][i : i + 8]) for i in range(len(words[0]) - 7))
    return {
        "refusal": bool(re.match(r"\W*I(?:'m| am) (?:sorry|unable)|\W*I can(?:'t|not)|\W*As an AI", written)),
        "meta": bool(re.match(r"\W*(?:Here is|Here's|Sure|Certainly)\b", written)),
        "length_ratio": len(words[1]) / max(len(words[0]), 1),
        "foreign": 0.0,
        "loop": sum(max(count - max(had[gram], 1), 0) for gram, count in grams.items()),
        "numbers_lost": (numbers[0] - numbers[1]).total(),
        "numbers_added": (numbers[1] - numbers[0]).total(),
        "formulas_lost": (formulas[0] - formulas[1]).total(),
        "formulas_added": (formulas[1] - formulas[0]).total(),
        "hole": 0.0,
        "hole_words": 0,
        "answers_added": max(written.count("\\boxed") - source.count("\\boxed"), 0),
    }
