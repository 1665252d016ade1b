"""How good the documents are that a job left of the embedded crawl, by the truth beside its pages, whoever did the job."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl

from curation.embedded._truth_formulas import found

WORD = re.compile(r"\w+")
NEAR = 0.75
"""True Jaccard similarity from which a page is a duplicate of the original of its group."""
ENGLISH = pl.col("language") == "en"
WORTH = ENGLISH & (pl.col("quality") > 0) & pl.col("hostile").is_null()
"""Pages that a corpus of English should have; the others are garbage or in other languages."""
BETTER = {
    "maths_kept": 1, "other_kept": 1, "garbage_kept": -1, "foreign_kept": -1, "duplicates_left": -1, "formulas_exact": 1, "words_f1": 1,
}  # fmt: skip
"""Figures of quality; 1 where more is better, -1 where less is."""


def quality(kept: pl.DataFrame, truth: pl.DataFrame) -> dict[str, Any]:
    """Shares, each in [0, 1], and counts. kept: `url`, `date`, `text` of what is left; truth: the crawl's own table, a row for a capture.

    maths_kept, other_kept: of groups of pages that say the same in English and are worth reading, those of which something is left.
    garbage_kept, foreign_kept: captures of spam, boilerplate and hostile pages, and of pages in other languages, that are left.
    duplicates_left: of what is left, what repeats something else that is left. formulas_exact, words_*: of the mathematical pages and of
    the English pages that are left, formulas that stand in the text as they should, and words of the main text. formulas_yield: formulas
    of what is left, exact ones, over those of all mathematical pages that are worth reading, one page of each group.
    """
    day = pl.col("date").str.slice(0, 19)  # a second is as fine as captures are told apart, however a reader writes it
    captures = truth.with_columns(day.alias("day"), worth=WORTH, english=ENGLISH)
    texts = kept.select("url", day.alias("day"), pl.col("text").alias("have")).unique(["url", "day"], keep="any")
    captures = captures.join(texts, on=["url", "day"], how="left").with_columns(left=pl.col("have").is_not_null())
    left = captures.filter("left")
    close = left.filter(pl.col("jaccard").fill_null(0) >= NEAR)
    formulas = _formulas(left.filter("worth", "math"))
    firsts = captures.filter("worth", "math").sort("left", descending=True).unique("group", keep="first")
    return {
        "captures": captures.height,
        "kept": left.height,
        "unknown": kept.height - left.height,
        "maths_kept": _groups(captures.filter("worth", "math")),
        "other_kept": _groups(captures.filter("worth", ~pl.col("math"))),
        "garbage_kept": _share(captures.filter("english", ~pl.col("worth"))),
        "foreign_kept": _share(captures.filter(~pl.col("english"))),
        "duplicates_left": (close.height - close["group"].n_unique()) / max(left.height, 1),
        "formulas_exact": formulas[0] / max(formulas[1], 1),
        "formulas_yield": _formulas(firsts.filter("left"))[0]
        / max(sum(firsts["formulas"].map_elements(_counted, pl.Int64)), 1),
        **_words(left.filter("worth")),
    }


def better(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, bool]:
    """Of each figure of quality, whether ours is equal or better, to a thousandth."""
    return {name: sign * (ours[name] - theirs[name]) >= -0.001 for name, sign in BETTER.items()}


def kept_by_datatrove(out: Path) -> pl.DataFrame:
    """`url`, `date` and `text` of what its last JsonlWriter wrote."""
    rows = [pl.read_ndjson(file, infer_schema_length=None) for file in sorted((out / "kept").glob("*.jsonl.zst"))]
    docs = pl.concat([row for row in rows if row.height], how="diagonal_relaxed")
    return docs.select(pl.col("metadata").struct.field("url", "date"), "text")


def _share(frame: pl.DataFrame) -> float:
    return frame["left"].sum() / max(frame.height, 1)


def _groups(frame: pl.DataFrame) -> float:
    return frame.filter("left")["group"].n_unique() / max(frame["group"].n_unique(), 1)


def _counted(formulas: Any) -> int:
    return found("", [formula["tex"] for formula in formulas], "")[1]


def _formulas(pages: pl.DataFrame) -> tuple[int, int]:
    """Formulas that stand in the texts, and all that should."""
    right = total = 0
    for have, formulas, encoding in pages.select("have", "formulas", "encoding").iter_rows():
        kept, there = found(have, [formula["tex"] for formula in formulas], encoding)
        right, total = right + kept, total + there
    return right, total


def _words(pages: pl.DataFrame) -> dict[str, float]:
    """Precision, recall and F1 of the words of the main text, all pages together."""
    both = have = want = 0
    for text, told in pages.select("have", "text").drop_nulls().iter_rows():
        here, there = Counter(WORD.findall(text)), Counter(WORD.findall(told))
        both, have, want = both + (here & there).total(), have + here.total(), want + there.total()
    precision, recall = both / max(have, 1), both / max(want, 1)
    return {"words_precision": precision, "words_recall": recall, "words_f1": 2 * both / max(have + want, 1)}
