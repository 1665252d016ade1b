"""How likely a document is mathematics, by a fastText classifier that the recipe trains: `{fit: fasttext, ...}` under `models:`.

Text is prepared as it was for learning (`_classifier_text.py`). Left out: the model's other label, which is one minus this.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from curate.errors import CurateError
from curate.step import Artifact, score
from curation.score._classifier_text import classifier_text

BATCH = 1_000
POSITIVE = "__label__positive"


@score(uses=["fasttext-numpy2-wheel"])
def math_classifier(docs: pl.DataFrame, *, model: Artifact) -> pl.DataFrame:
    """Column `math_score`: P(mathematics) in [0, 1]; null for a text in which there is no word to judge by.

    Raises CurateError where the folder holds no model that `fit: fasttext` wrote.
    """
    if not docs.height:
        return pl.DataFrame(schema={"math_score": pl.Float64})
    judge, max_chars = _model(model)
    texts = docs.select(classifier_text(pl.col("text"), max_chars))["text"]
    scores = [_judged(judge, texts[start : start + BATCH]) for start in range(0, docs.height, BATCH)]
    judged = pl.Series("math_score", np.concatenate(scores), dtype=pl.Float64)
    return pl.select(math_score=pl.when(texts != "").then(judged))


def _judged(judge: Any, texts: pl.Series) -> np.ndarray:
    """P(positive) of each text: the first label's, or one minus it. fastText's softmax may be 1e-5 above one."""
    labels, chances = judge.predict(texts.to_list())
    first = np.array([chance[0] for chance in chances], np.float64).clip(0, 1)
    return np.where([label[0] == POSITIVE for label in labels], first, 1 - first)


@functools.lru_cache(maxsize=2)
def _model(folder: str) -> tuple[Any, int]:
    import fasttext

    try:
        settings = json.loads((Path(folder) / "settings.json").read_text("utf-8"))
        return fasttext.load_model(str(Path(folder) / "model.bin")), int(settings["max_chars"])
    except (OSError, ValueError, KeyError) as error:
        raise CurateError(f"{folder}: no classifier that `fit: fasttext` wrote: {error}") from None
