"""How likely a document is mathematics, by a fastText classifier that the recipe trains: `{fit: fasttext, ...}` under `models:`.

Text is prepared as it was for learning (`_classifier_text.py`). Left out: the model's other label, which is one minus this.
"""

from __future__ import annotations

import polars as pl

from curate.errors import CurateError
from curate.step import Artifact, score


@score(uses=["numba", "polars"])
def math_classifier(docs: pl.DataFrame, *, model: Artifact) -> pl.DataFrame:
    """Column `math_score`: P(mathematics) in [0, 1]; null for a text in which there is no word to judge by.

    model: one that `fit: fasttext` trained on positive and negative corpora. Raises CurateError where the folder holds no model that
    `fit: fasttext` wrote, or one with other labels.
    """
    from curation.score._classifier_text import classifier_text
    from curation.score._fasttext import judge, probabilities

    if not docs.height:
        return pl.DataFrame(schema={"math_score": pl.Float64})
    found = judge(model)
    if found.labels != ["negative", "positive"]:
        raise CurateError(f"{model}: its labels are {', '.join(found.labels)}; wanted are positive and negative")
    texts = classifier_text(docs["text"], found.max_chars)
    judged = pl.Series("math_score", probabilities(found, texts)[:, 1])
    return pl.select(math_score=pl.when(texts != "").then(judged))
