"""A sequence classifier with one output, run over many texts: a Hugging Face folder in, one number for each text out.

What a text gets must not depend on the texts beside it. Matrix products round differently for other shapes, so shapes are fixed: a text is
padded to the next multiple of `STEP` tokens, whatever else is in the frame, and a batch has always the same number of rows, the last ones
repeated. Tokens are those of `tokenizer.json` as it stands: `AutoTokenizer` of transformers 5 rebuilds the XLM-R tokenizer without its
normaliser, and then FineMath's model sees other tokens than it learnt from (`ﬁ` is unknown, not `fi`).

Left out: models that bring code of their own, weights that are pickled, tokenizers in other files, and several devices.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import transformers
from tokenizers import Tokenizer

from curate.errors import CurateError

STEP = 64
"""Tokens: lengths are multiples of this."""
MOST_TOKENS = 512
ROWS = {"cpu": 8, "cuda": 128}
"""Texts in a batch."""
NEEDED = ("config.json", "model.safetensors", "tokenizer.json")


class Regressor(NamedTuple):
    """A model, its tokenizer, and how many tokens of a text it sees."""

    model: Any
    tokenizer: Tokenizer
    most: int
    device: str


@functools.lru_cache(maxsize=1)
def regressor(folder: str, dtype: str) -> Regressor:
    """The model in a folder, on the GPU if there is one. CurateError where it cannot be read, has other outputs, or lacks weights."""
    if lacks := [name for name in NEEDED if not (Path(folder) / name).is_file()]:
        raise CurateError(f"model: has no {lacks[0]}; name it under files: of `fit: pretrained`")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
        model, missing = _weights(folder, dtype)
        most = _most_tokens(Path(folder), model.config)
    except Exception as error:  # the libraries raise what they like for files that are not their own
        said = " ".join(str(error).split())[:200]
        raise CurateError(f"model: transformers cannot load it: {type(error).__name__}: {said}") from None
    if model.config.num_labels != 1 or missing:
        what = f"no weights for {min(missing)}" if missing else f"{model.config.num_labels} outputs"
        raise CurateError(
            f"model: has {what}; a classifier with one output is wanted, such as HuggingFaceTB/finemath-classifier"
        )
    if max(tokenizer.get_vocab(with_added_tokens=True).values(), default=0) >= model.config.vocab_size:
        raise CurateError("model: its tokenizer has more tokens than the model; name the files of one revision")
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=most)
    return Regressor(model.eval().to(device), tokenizer, most, device)


def _weights(folder: str, dtype: str) -> tuple[Any, set[str]]:
    """The model from files of this folder alone, and which of its weights they lack."""
    transformers.utils.logging.disable_progress_bar()
    kind = transformers.AutoModelForSequenceClassification
    given = {"local_files_only": True, "trust_remote_code": False, "use_safetensors": True, "output_loading_info": True}
    model, told = kind.from_pretrained(folder, dtype=getattr(torch, dtype), **given)
    return model, set(told["missing_keys"])


def _most_tokens(folder: Path, config: Any) -> int:
    """How many tokens the model takes; a RoBERTa has two positions more than that, which its tokenizer's settings know."""
    settings = folder / "tokenizer_config.json"
    said = json.loads(settings.read_text("utf-8")).get("model_max_length") if settings.is_file() else None
    return min(MOST_TOKENS, int(said or MOST_TOKENS), getattr(config, "max_position_embeddings", MOST_TOKENS))


def outputs(found: Regressor, texts: list[str]) -> npt.NDArray[np.float64]:
    """The model's output for each text, (N,)."""
    tokens = [encoded.ids for encoded in found.tokenizer.encode_batch(texts)]
    lengths = np.array([min(found.most, max(1, -(-len(ids) // STEP)) * STEP) for ids in tokens], np.int64)
    made, rows = np.zeros(len(texts)), ROWS[found.device]
    for length in np.unique(lengths).tolist():
        places = np.flatnonzero(lengths == length)
        for start in range(0, len(places), rows):
            batch = places[start : start + rows]
            padded = [tokens[i] for i in np.resize(batch, rows)]
            made[batch] = _batch(found, padded, length)[: len(batch)]
    return made


def _batch(found: Regressor, tokens: list[list[int]], length: int) -> npt.NDArray[np.float64]:
    ids = torch.full((len(tokens), length), found.model.config.pad_token_id or 0)  # (B, T)
    mask = torch.zeros_like(ids)
    for row, some in enumerate(tokens):
        ids[row, : len(some)] = torch.tensor(some)
        mask[row, : len(some)] = 1
    with torch.inference_mode():
        logits = found.model(input_ids=ids.to(found.device), attention_mask=mask.to(found.device)).logits  # (B, 1)
    return logits[:, 0].double().cpu().numpy()
