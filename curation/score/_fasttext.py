"""Asking a fastText model that `fit: fasttext` wrote: which labels it knows, and how likely each is of each text."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any, NamedTuple

import fasttext
import numpy as np
import numpy.typing as npt
import polars as pl

from curate.errors import CurateError

BATCH = 1_000
PREFIX = "__label__"


class Judge(NamedTuple):
    """A model, its labels in order of their names, and of how many characters of a text it judges."""

    model: Any
    labels: list[str]
    max_chars: int


@functools.lru_cache(maxsize=4)
def judge(folder: str) -> Judge:
    """The model in a folder. CurateError where there is none that `fit: fasttext` wrote."""
    try:
        settings = json.loads((Path(folder) / "settings.json").read_text("utf-8"))
        model = fasttext.load_model(str(Path(folder) / "model.bin"))
        labels = sorted(label.removeprefix(PREFIX) for label in model.get_labels())
        return Judge(model, labels, int(settings["max_chars"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CurateError(f"{folder}: no classifier that `fit: fasttext` wrote: {error}") from None


def probabilities(found: Judge, texts: pl.Series) -> npt.NDArray[np.float64]:
    """P of each label for each text, (N, labels); rows sum to one, or are zero where there is nothing to judge by.

    Texts are normalised as they were for learning.
    """
    made = np.zeros((len(texts), len(found.labels)))
    place = {PREFIX + label: i for i, label in enumerate(found.labels)}
    for start in range(0, len(texts), BATCH):
        labels, chances = found.model.predict(texts[start : start + BATCH].to_list(), k=-1)
        for row, (some, numbers) in enumerate(zip(labels, chances, strict=True), start):
            made[row, [place[label] for label in some]] = numbers
    total = made.sum(axis=1, keepdims=True)
    return np.divide(made, total, out=made, where=total > 0)
