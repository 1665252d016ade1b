"""How likely a label is by a fastText classifier in a file: DCLM's, one of your own, or any other supervised model, `.bin` or `.ftz`.

    models:
      dclm: {fit: pretrained, id: mlfoundations/fasttext-oh-eli5@COMMIT, files: [openhermes_reddit_eli5_vs_rw_v2_bigram_200k_train.bin]}
    steps:
      - {score: fasttext, model: dclm, label: hq, as: dclm}
      - keep: {good: dclm >= 0.018112}

The number is that of `model.predict(text.replace("\\n", " "), k=-1)` up to rounding, so a published threshold holds: the text is not
changed otherwise, since most classifiers learnt from texts as they were. One that learnt from lower case needs `lower`. Read and run
natively (`_fasttext_scores.py`). Classifiers that a recipe trains have steps of their own, which prepare texts as they were for learning:
`math_classifier` and `usefulness`; languages have `language`.

Left out: the best label instead of a given one, and several labels at once (name the step twice, with `as:`).
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import polars as pl
from pydantic import Field

from curate.errors import CurateError, did_you_mean
from curate.step import Artifact, score

if TYPE_CHECKING:
    from curation.score._fasttext_scores import Model

PREFIX = "__label__"


@score(uses=["numba", "polars"])
def fasttext(
    docs: pl.DataFrame,
    *,
    model: Artifact,
    label: str,
    lower: bool = False,
    max_chars: Annotated[int, Field(ge=1)] | None = None,
) -> pl.DataFrame:
    """Column `fasttext`: P(label) in [0, 1], Float64; null for a text of blanks, and where the model knows nothing in a text.

    model: files among which is one fastText model. label: with or without `__label__`. lower: judge the text in lower case. max_chars: only
    so much of each text is looked at. Raises CurateError where there is no such model, or it has no such label.
    """
    if not docs.height:
        return pl.DataFrame(schema={"fasttext": pl.Float64})
    from curation._utf8 import utf8
    from curation.score._fasttext_scores import chance

    found = _model(model)
    wanted = label.removeprefix(PREFIX)
    if wanted not in found.labels:
        known = found.labels[:50]
        hint = did_you_mean(wanted, known) or f"; the first of them are {known}"
        raise CurateError(f"the model has no label {label!r}{hint}")
    texts = docs["text"] if max_chars is None else docs["text"].str.head(max_chars)
    texts = texts.str.to_lowercase() if lower else texts
    judged = pl.Series("fasttext", chance(found, found.labels.index(wanted), *utf8(texts))).fill_nan(None)
    return pl.select(fasttext=pl.when(texts.str.contains(r"\S").fill_null(False)).then(judged))


@functools.lru_cache(maxsize=2)
def _model(folder: str) -> Model:
    from curation.score import _fasttext_scores

    files = sorted(path for path in Path(folder).rglob("*") if path.suffix in (".bin", ".ftz"))
    if len(files) != 1:
        raise CurateError(f"a fastText model is one file, .bin or .ftz; there are {len(files)} of them")
    if files[0].with_name("settings.json").is_file():
        raise CurateError(
            "the model judges texts that are prepared for it; use score: math_classifier or score: usefulness"
        )
    return _fasttext_scores.load(files[0])
