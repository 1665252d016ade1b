"""How a classifier of `fit: fasttext` is judged (`curate/assess.py`): the label of each document, and the score of a model.

Of a model whose labels are grades, a document is positive from grade 3 on, and its score is the chance that its grade is that high.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from curation.fit._examples import Seeds
from curation.score import _fasttext
from curation.score._classifier_text import classifier_text

COLUMN = "math_score"
CUT = 3
"""The lowest grade of a document that is worth it, where the recipe cuts nowhere (FineMath, MegaMath-Web-Pro-Max)."""


def label(corpus: str, docs: pl.DataFrame, params: dict[str, Any]) -> pl.Series:
    """Whether each document is positive; null where it is not learnt from."""
    seeds = Seeds.of(params)
    labels = seeds.labels(corpus, docs)
    return labels.cast(pl.Int8) >= CUT if seeds.are_degrees else labels == "positive"


def judge(folder: Path, docs: pl.DataFrame) -> pl.Series:
    """P(positive) of each text; null where there is no word to judge by."""
    found = _fasttext.judge(str(folder))
    texts = classifier_text(docs["text"], found.max_chars)
    true = [
        place
        for place, label in enumerate(found.labels)
        if label == "positive" or (label.isdigit() and int(label) >= CUT)
    ]
    score = pl.Series(_fasttext.probabilities(found, texts)[:, true].sum(axis=1))
    return pl.select(pl.when(texts != "").then(score)).to_series()
