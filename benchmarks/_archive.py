"""English pages of the archive of `../shared/data`, extracted as the recipe `web` does before it chooses among them."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from curation.extract.html_clean import html_clean
from curation.extract.html_math import html_math
from curation.read.warc import warc
from curation.score.language import language


def english(data: Path, least: float = 0.0) -> pl.Series:
    """The main texts with their titles, in the archive's order. least: of `language_score`."""
    read = pl.concat(list(warc(str(data / "warc" / "math_web_dev.warc.gz"))), how="diagonal_relaxed")
    read = read.with_columns(id=pl.col("url"), as_read=pl.col("text"))
    pages = read.hstack(html_math(read).drop("text", "title"))
    docs = read.select("id").with_columns(html_clean(pages, keep_title=True)["text"]).drop_nulls("text")
    docs = docs.hstack(language(docs))
    return docs.filter(pl.col("language") == "en", pl.col("language_score") >= least)["text"]
