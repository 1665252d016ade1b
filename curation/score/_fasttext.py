"""Asking a fastText model that `fit: fasttext` wrote: which labels it knows, and how likely each is of each text."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.errors import CurateError
from curation._utf8 import utf8
from curation.score import _classifier_model


class Judge(NamedTuple):
    """A model, its labels in order of their names, and of how many characters of a text it judges."""

    model: _classifier_model.Model
    labels: list[str]
    max_chars: int


@functools.lru_cache(maxsize=4)
def judge(folder: str) -> Judge:
    """The model in a folder. CurateError where there is none that `fit: fasttext` wrote."""
    try:
        model = _classifier_model.load(Path(folder) / "model.bin")
        settings = json.loads((Path(folder) / "settings.json").read_text("utf-8"))
        max_chars = settings.get("max_chars") if isinstance(settings, dict) else None
        if not isinstance(max_chars, int) or max_chars < 1:
            raise ValueError("settings.json does not say max_chars, of how many characters of a text it judges")
    except (OSError, ValueError, RecursionError, CurateError) as error:
        raise CurateError(f"{folder}: no classifier that `fit: fasttext` wrote: {error}") from None
    return Judge(model, sorted(model.labels), max_chars)


def probabilities(found: Judge, texts: pl.Series) -> npt.NDArray[np.float64]:
    """P of each label for each text, (N, labels); rows sum to one, or are zero where there is nothing to judge by.

    Texts are normalised as they were for learning.
    """
    order = [found.model.labels.index(label) for label in found.labels]
    return _classifier_model.chances(found.model, *utf8(texts))[:, order]
