"""A training run for OLMo-core: its windows in the order in which our trainer reads them, and the settings of the run.

    token_ids_part_00000.npy     ids without a header, windows end to end with their padding, uint16 or uint32
    labels_mask_part_00000.npy   a byte per token, 1 where it is a target: what our reader calls `loss_mask`
    document_lengths.npy         tokens of each document of each window, padding as one more; a real .npy
    document_edges.npy           (windows + 1,) where the documents of each window begin in it
    run.json                     the run's settings, for `python -m trainers.olmo_core`

Unlike `npy`, which hands over documents, this hands over a run: step n reads windows n B to (n + 1) B of the files, in as many passes over
the mixture as the run makes, so that nothing is left to another loader's order. Left out: what the run does not read.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from curate.errors import CurateError, did_you_mean
from mixers._output import Output
from mixers.reader import Mixture

if TYPE_CHECKING:
    from curate.recipe import Recipe

FILE_TOKENS = 1 << 29
"""Tokens of a file, in whole windows."""
BLOCK = 64
"""Windows that are held at a time."""


def settings(recipe: Recipe, name: str, model: str) -> dict[str, Any]:
    """What run.json says of an entry of the recipe's `train:`. CurateError for one that another engine cannot run from this export.

    model: folder or hub id; else the published model that `from:` names.
    """
    if name not in recipe.train:
        hint = did_you_mean(name, recipe.train)
        raise CurateError(f"{recipe.recipe} has no run {name!r} under train:{hint}; say which with --train NAME")
    entry = recipe.train[name]
    if entry.run != "trainers.midtrain" or entry.data != "mixture":
        raise CurateError(f"{name} is no run of trainers.midtrain on this recipe's mixture, so it is not handed over")
    for key in ("max_steps", "batch_size"):
        if type(entry.params.get(key)) is not int or entry.params[key] < 1:
            raise CurateError(f"{name} says no {key}, so nobody knows which windows it reads; write it in the recipe")
    if odd := [key for key in ("parent", "config", "from_tokens", "optimizer") if key in entry.params]:
        raise CurateError(f"{odd[0]}: of {name} is not handed over; leave it out, or train it here")
    published = recipe.models.get(entry.from_ or "")
    if published and published.id:
        model = model or "@".join(part for part in (published.id, published.revision) if part)
    if not model:
        raise CurateError(f"which weights does {name} begin with? Add --model DIR, a folder in transformers' format")
    return {"out": "out", "mixture": ".", "seed": recipe.seed, **entry.params, "model": model}


def write(
    mixture: Mixture, out: Output, windows: int, tick: Callable[[], None], file_tokens: int = FILE_TOKENS
) -> None:
    """Write the first `windows` of the mixture's endless stream. tick: called after each block of them."""
    per_file = max(file_tokens // mixture.seq_len, 1)
    lengths: list[NDArray[np.int32]] = []
    counts = [0]
    for number, start in enumerate(range(0, windows, per_file)):
        with (
            out.file(f"token_ids_part_{number:05}.npy") as tokens,
            out.file(f"labels_mask_part_{number:05}.npy") as labels,
        ):
            end = min(start + per_file, windows)
            for first in range(start, end, BLOCK):
                numbers = [mixture.number(n) for n in range(first, min(first + BLOCK, end))]
                rows = mixture.windows(numbers)
                tokens.write(rows["tokens"].astype(mixture.dtype))
                labels.write(rows["loss_mask"])
                for window in numbers:
                    lengths.append(_lengths(mixture, window))
                    counts.append(len(lengths[-1]))
                tick()
    _save(out, "document_lengths.npy", np.concatenate(lengths))
    _save(out, "document_edges.npy", np.cumsum(counts))


def _lengths(mixture: Mixture, window: int) -> NDArray[np.int32]:
    """Tokens of each document of a window, which fill it."""
    held = mixture.segments[mixture.edges[window] : mixture.edges[window + 1]].astype(np.int32)
    padding = mixture.seq_len - int(held.sum())
    return np.append(held, np.int32(padding)) if padding else held


def _save(out: Output, name: str, array: NDArray[np.generic]) -> None:
    whole = io.BytesIO()
    np.save(whole, array)
    out.write(name, whole.getvalue())
