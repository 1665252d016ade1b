"""Which language a document is in, judged by its prose: formulas and code are taken out first, else English maths pages look foreign.

With a fastText model for languages (`models: {lid: {fit: pretrained, files: [models/lid.176.ftz]}}`) its best label and probability, read
and run natively (`_language_model.py`). Without one, resiliparse, which needs no file: it compares letter n-grams with the profiles of
101 languages. It gives distances ("ranks": about 200 for a long clean text, above 1200 for noise), so the score is made of the gap to the
second nearest language: gap / (gap + 5), which passes 0.65 at a gap of 9.3. Short English texts with many symbols come out near Danish or
Latin but are full of words like `the` and `of`, so English is moved nearer by 400 ranks times the share of such words.

What either keeps at 0.65 of English maths, of manuals and of other languages, with and without that view: `benchmarks/language.py`. Left
out: languages of parts of a text, and of a text without prose, which has none.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from curate.errors import CurateError
from curate.step import Artifact, score
from curation.score._language_codes import code_of
from curation.text import prose

if TYPE_CHECKING:
    from curation.score._language_model import Model

ENGLISH = r"(?i)\b(?:the|of|and|that|with|this|then|which|what|how|from)\b"
"""Frequent in English, and rare or absent as words of other languages in Latin script."""
GAIN = 400.0
HALF = 5.0
NOISE = 1200
SCHEMA = {"language": pl.String, "language_score": pl.Float64}


@score(uses=["resiliparse", "numba", "polars"])
def language(docs: pl.DataFrame, *, model: Artifact | None = None, max_chars: int = 20_000) -> pl.DataFrame:
    """Columns `language` (ISO 639-1 code where there is one, null where no prose is recognised) and `language_score` in [0, 1].

    model: files of a fastText model whose labels are languages (`__label__en`, `__label__eng_Latn`); without it, resiliparse judges.
    max_chars: only so much of each text is looked at. Raises CurateError where the files are no such model.
    """
    if not docs.height:
        return pl.DataFrame(schema=SCHEMA)
    view = prose(docs["text"].str.slice(0, max_chars))
    return by_model(view, _model(model)) if model else by_profiles(view)


def by_model(view: pl.Series, model: Model) -> pl.DataFrame:
    """The most probable label of texts that are words and blanks, and its probability."""
    from curation._utf8 import utf8

    best, scores = model.best(*utf8(view))
    codes = pl.Series([*map(code_of, model.labels), None], dtype=pl.String)
    return pl.DataFrame({"language": codes.gather(best % len(codes)), "language_score": scores})


def by_profiles(view: pl.Series) -> pl.DataFrame:
    """What resiliparse says about such texts."""
    from resiliparse.parse.lang import detect_fast

    words = pl.col("view")
    views = view.alias("view").to_frame().select(
        words, gain=GAIN * words.str.count_matches(ENGLISH) / words.str.count_matches(r"\p{L}+").clip(1)
    )  # fmt: skip
    rows = [
        _nearest(detect_fast(text, cutoff=NOISE, n_results=4), gain) if text else (None, 0.0)  # type: ignore[arg-type]
        for text, gain in views.iter_rows()
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _nearest(ranks: list[tuple[str, int]], gain: float) -> tuple[str | None, float]:
    """The nearest language after English has been moved nearer, and its score. `ranks` are ascending (code, distance)."""
    near = sorted((rank - gain * (code == "en"), code) for code, rank in ranks)
    if not near:
        return None, 0.0
    gap = (near[1][0] if len(near) > 1 else NOISE) - near[0][0]
    return near[0][1], gap / (gap + HALF)


@functools.lru_cache(maxsize=1)
def _model(folder: str) -> Model:
    from curation.score import _language_model

    files = sorted(path for path in Path(folder).rglob("*") if path.suffix in (".bin", ".ftz"))
    if len(files) != 1:
        raise CurateError(f"a language model is one file, .bin or .ftz; there are {len(files)} of them")
    return _language_model.load(files[0])
