"""A sequence classifier with one output, run over many texts: a Hugging Face folder in, one number for each text out.

What a text gets must not depend on the texts beside it. Matrix products round differently for other shapes, so shapes are fixed: a text is
padded to the next multiple of `STEP` tokens, whatever else is in the frame, and a batch has always the same number of rows, the last ones
repeated. Left out: models that bring code of their own, weights that are pickled, and several devices.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import transformers

from curate.errors import CurateError

STEP = 64
"""Tokens: lengths are multiples of this."""
MOST_TOKENS = 512
ROWS = {"cpu": 8, "cuda": 128}
"""Texts in a batch."""


class Regressor(NamedTuple):
    """A model, its tokenizer, and how many tokens of a text it sees."""

    model: Any
    tokenizer: Any
    most: int
    device: str


@functools.lru_cache(maxsize=1)
def regressor(folder: str, dtype: str) -> Regressor:
    """The model in a folder, on the GPU if there is one. CurateError where it cannot be read, has other outputs, or lacks weights."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    transformers.utils.logging.disable_progress_bar()
    given = {"local_files_only": True, "trust_remote_code": False}
    if lacks := [name for name in ("config.json", "model.safetensors") if not (Path(folder) / name).is_file()]:
        raise CurateError(f"model: has no {lacks[0]}; name it under files: of `fit: pretrained`")
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **given)
        model, told = transformers.AutoModelForSequenceClassification.from_pretrained(
            folder, use_safetensors=True, dtype=getattr(torch, dtype), output_loading_info=True, **given
        )
    except Exception as error:  # the library raises what it likes for files that are not its own
        said = " ".join(str(error).split())[:200]
        raise CurateError(f"model: transformers cannot load it: {type(error).__name__}: {said}") from None
    if model.config.num_labels != 1 or told["missing_keys"]:
        what = (
            f"no weights for {min(told['missing_keys'])}"
            if told["missing_keys"]
            else f"{model.config.num_labels} outputs"
        )
        raise CurateError(
            f"model: has {what}; a classifier with one output is wanted, such as HuggingFaceTB/finemath-classifier"
        )
    if max(tokenizer.get_vocab().values(), default=0) >= model.config.vocab_size:
        raise CurateError("model: its tokenizer has more tokens than the model; name the files of one revision")
    most = min(MOST_TOKENS, tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", MOST_TOKENS))
    return Regressor(model.eval().to(device), tokenizer, most, device)


def outputs(found: Regressor, texts: list[str]) -> npt.NDArray[np.float64]:
    """The model's output for each text, (N,)."""
    tokens = found.tokenizer(texts, truncation=True, max_length=found.most)["input_ids"] if texts else []
    lengths = np.array([min(found.most, -(-len(ids) // STEP) * STEP) for ids in tokens], np.int64)
    made, rows = np.zeros(len(texts)), ROWS[found.device]
    for length in np.unique(lengths).tolist():
        places = np.flatnonzero(lengths == length)
        for start in range(0, len(places), rows):
            batch = places[start : start + rows]
            padded = np.resize(batch, rows)
            made[batch] = _batch(found, [tokens[i] for i in padded], length)[: len(batch)]
    return made


def _batch(found: Regressor, tokens: list[list[int]], length: int) -> npt.NDArray[np.float64]:
    inputs = found.tokenizer.pad({"input_ids": tokens}, padding="max_length", max_length=length, return_tensors="pt")
    with torch.inference_mode():
        logits = found.model(**inputs.to(found.device)).logits  # (B, 1)
    return logits[:, 0].double().cpu().numpy()
