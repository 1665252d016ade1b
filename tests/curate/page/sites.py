"""Recipes whose pages are tested: a small one with hostile documents, and one of any size."""

from __future__ import annotations

import textwrap
from pathlib import Path

import numpy as np
import polars as pl

import curate
from tests.curate.corpus import tiny

STEPS = {
    "score/mark.py": """
        @score
        def mark(docs: pl.DataFrame) -> pl.Series:
            return docs["text"].str.extract(r"mark=(-?[0-9.]+)").cast(pl.Float64)
    """,
    "rewrite/tidy.py": """
        @rewrite
        def tidy(docs: pl.DataFrame) -> pl.Series:
            return docs["text"].str.replace("ADVERT ", "")
    """,
}
RECIPE = """
recipe: small
about: "A recipe </script><script>flag=1</script> for tests."
corpora:
  web:
    read: parquet
    files: data/*
    steps:
      - score: letters
      - score: letters
        as: n_tokens
      - score: mark
      - keep: {long: letters between 10 and 2000000, marked: mark >= 0.5 and letters > 4, whole: mark < 2 or mark is null}
      - rewrite: tidy
      - dedup: copies
        keep_order: [letters]
"""
HOSTILE = [
    "<script>window.flag = 1; alert(1)</script> mark=0.9",
    "</script><script>window.flag = 1</script><!-- mark=0.9",
    '"><img src=x onerror="window.flag = 1"> mark=0.8',
    "<svg onload=alert(1)><style>*{display:none}</style> mark=0.8",
    "${window.flag=1} {{data}} {{script}} javascript:alert(1) mark=0.7",
    "]]>--><iframe src='javascript:parent.flag=1'></iframe> mark=0.7",
    r"formulas $\href{javascript:alert(1)}{x}$ $\def\a{\a\a}\a$ $$\text{</math><script>window.flag=1</script>}$$ mark=0.9",
    "a right-to-left \u202eeverride\u202c, a NUL \x00, \u2028 and \u2066isolates\u2069 mark=0.6",
    "long " + "x" * 1_000_000 + " mark=0.6",
    "a text without a number of its own",
    "combining " + "Z" + "\u0315\u0300" * 400 + " mark=0.6",
]


def frame(count: int, seed: int = 0) -> pl.DataFrame:
    """Documents with marks, formulas and copies; the hostile ones are among them, with a hostile URL."""
    rng = np.random.default_rng(seed)
    marks = pl.Series("mark", rng.beta(2, 1.4, count).round(3))
    words = pl.Series("word", rng.choice(["alpha", "beta", "gamma", "delta", "epsilon", "zeta"], count))
    docs = pl.DataFrame({"mark": marks, "word": words}).with_row_index("i")
    text = pl.concat_str(
        pl.lit("ADVERT Exercise "), pl.col("i") // 3, pl.lit(". Let $x_1 + \\frac{1}{2}$ be the "), pl.col("word"),
        pl.lit(" of\n\n$$\\sum_{k=1}^{n} k^2 = "), pl.col("i") // 3, pl.lit("$$ and more words. mark="), pl.col("mark"),
    )  # fmt: skip
    made = docs.select(text=text, url=pl.concat_str(pl.lit("https://example.org/"), pl.col("i")))
    copies = made.head(count // 20).with_columns(url=pl.col("url") + "/copy")
    bad = pl.DataFrame({"text": HOSTILE, "url": [f"javascript:alert({i})//<b>" for i in range(len(HOSTILE))]})
    return pl.concat([made, copies, bad])


def site(folder: Path, count: int = 400) -> curate.Curated:
    """A project with that recipe, built."""
    tiny(folder, textwrap.dedent(RECIPE), frame(count), steps=STEPS)
    recipe = curate.open("small", project=folder, executor="inline")
    recipe.build()
    return recipe
