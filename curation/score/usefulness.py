"""How useful a document is to somebody who learns mathematics, from 0 to 5, by a small classifier of grades that the recipe trains.

    models: {grader: {fit: fasttext, graded: [graded], grade: grade}}      # embedded:graded, or documents that `llm_grade` graded

What FineMath's classifier is to Web-Pro, in small: it learns from grades such as a language model would give, and costs next to nothing.
The score is the expected grade: the mean of the grades, each weighted by how likely it is. That draws scores towards the middle, so
`usefulness >= 3` asks a little more than grades rounded to 3. Text is prepared as it was for learning.

Of the crawl's English pages, a grader of 3,000 graded documents (20 epochs) keeps with `usefulness >= 3` 95 % of the mathematics, and
nothing else; with 4, 88 % of what is of quality 4 or 5, and 81 % of what it keeps is. Of real English texts from 25 sources
(`../shared/data/text`) 3 keeps 72 % of the mathematics, more of notes and encyclopedias than of manuals, and 0.2 % of the others.

Left out: the probabilities themselves, and that grades have an order, of which training knows nothing.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from curate.errors import CurateError
from curate.step import Artifact, score

GRADES = {"0", "1", "2", "3", "4", "5"}


@score(uses=["numba", "polars"])
def usefulness(docs: pl.DataFrame, *, model: Artifact) -> pl.DataFrame:
    """Column `usefulness`: the expected grade in [0, 5]; null for a text in which there is no word to judge by.

    model: one that `fit: fasttext` trained on grades. Raises CurateError where the folder holds no model that `fit: fasttext` trained on
    grades.
    """
    if not docs.height:
        return pl.DataFrame(schema={"usefulness": pl.Float64})
    from curation.score._classifier_text import classifier_text
    from curation.score._fasttext import judge, probabilities

    found = judge(model)
    if not {*found.labels} <= GRADES:
        raise CurateError(
            f"model: tells {' from '.join(found.labels)[:200]}, not grades; train it with graded: and grade:"
        )
    texts = classifier_text(docs["text"], found.max_chars)
    chances = probabilities(found, texts)
    grades = sum((int(label) * chances[:, i] for i, label in enumerate(found.labels)), np.zeros(len(texts)))
    return pl.select(usefulness=pl.when(texts != "").then(pl.Series(grades.clip(0, 5))))
