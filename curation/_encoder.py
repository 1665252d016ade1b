"""Models that read a whole text, run over many texts: classifiers and embeddings. A folder in, a row of numbers for each text out.

What a text gets must not depend on the texts beside it. Matrix products round differently for other shapes, so shapes are fixed: a text is
padded to the next multiple of `STEP` tokens, whatever else is in the frame, and a batch has always the same number of rows, the last ones
repeated. Tokens are those of `tokenizer.json` as it stands: `AutoTokenizer` of transformers 5 rebuilds the XLM-R tokenizer without its
normaliser, and then FineMath's model sees other tokens than it learnt from (`ﬁ` is unknown, not `fi`).

It stands here and not among the backends of language models because it decides scores: the digest of a step's code sees what it imports of
`curation`, and nothing of `curate`.

Left out: models that bring code of their own, weights that are pickled, tokenizers in other files, and several devices.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import torch
import transformers
from tokenizers import Tokenizer

from curate.errors import CurateError

STEP = 64
"""Tokens: lengths are multiples of this."""
MOST_TOKENS = 512
ROWS = {"cpu": 8, "cuda": 128}
"""Texts in a batch of up to `MOST_TOKENS` tokens; of longer ones there are fewer."""
AT_ONCE = 4_096
"""Texts whose tokens are held at a time."""
NEEDED = ("config.json", "model.safetensors", "tokenizer.json")
OFFSET = ("roberta", "camembert", "mpnet", "longformer")
"""Kinds of model whose positions begin after that of the padding."""
Matrix = npt.NDArray[np.float64]


class Encoder(NamedTuple):
    """A model, its tokenizer, and how many tokens of a text it sees."""

    model: Any
    tokenizer: Tokenizer
    most: int
    device: str
    labels: list[str]
    """Of a classifier, as its config.json names them; of embeddings none."""

    @property
    def kind(self) -> Literal["regression", "one_of", "any_of"]:
        """What a classifier's outputs mean: numbers as they are, labels of which one holds, or labels each of which may hold."""
        said = self.model.config.problem_type
        if said == "multi_label_classification":
            return "any_of"
        return "regression" if said == "regression" or (said is None and len(self.labels) == 1) else "one_of"


@functools.lru_cache(maxsize=2)
def classifier(folder: str, dtype: str, max_tokens: int = MOST_TOKENS) -> Encoder:
    """The sequence classifier in a folder, on the GPU if there is one. CurateError where it cannot be read or lacks weights."""
    found, missing = _loaded(folder, transformers.AutoModelForSequenceClassification, dtype, max_tokens)
    if missing:
        raise CurateError(f"model: has no weights for {min(missing)}; a classifier of texts is wanted")
    names = found.model.config.id2label
    return found._replace(labels=[str(names[n]) for n in range(found.model.config.num_labels)])


@functools.lru_cache(maxsize=2)
def embedder(folder: str, dtype: str = "float32", max_tokens: int = MOST_TOKENS) -> Encoder:
    """The model in a folder without any head, on the GPU if there is one. CurateError where it cannot be read or lacks weights."""
    found, missing = _loaded(folder, transformers.AutoModel, dtype, max_tokens)
    if missing := {name for name in missing if not name.startswith("pooler.")}:
        raise CurateError(f"model: has no weights for {min(missing)}; a model of texts is wanted")
    return found


def _loaded(folder: str, kind: Any, dtype: str, max_tokens: int) -> tuple[Encoder, set[str]]:
    """A model of a kind, and which of its weights the files lack."""
    if lacks := [name for name in NEEDED if not (Path(folder) / name).is_file()]:
        raise CurateError(f"model: has no {lacks[0]}; name it under files: of `fit: pretrained`")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    transformers.utils.logging.disable_progress_bar()
    given = {"local_files_only": True, "trust_remote_code": False, "use_safetensors": True, "output_loading_info": True}
    try:
        tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
        model, told = kind.from_pretrained(folder, dtype=getattr(torch, dtype), **given)
        most = min(max_tokens, _most_tokens(Path(folder), model.config))
    except Exception as error:  # the libraries raise what they like for files that are not their own
        said = " ".join(str(error).split())[:200]
        raise CurateError(f"model: transformers cannot load it: {type(error).__name__}: {said}") from None
    if max(tokenizer.get_vocab(with_added_tokens=True).values(), default=0) >= model.config.vocab_size:
        raise CurateError("model: its tokenizer has more tokens than the model; name the files of one revision")
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=most)
    return Encoder(model.eval().to(device), tokenizer, most, device, []), set(told["missing_keys"])


def _most_tokens(folder: Path, config: Any) -> int:
    """How many tokens the model takes, by its settings and by the settings of its tokenizer."""
    settings = folder / "tokenizer_config.json"
    said = json.loads(settings.read_text("utf-8")).get("model_max_length") if settings.is_file() else None
    positions = getattr(config, "max_position_embeddings", None) or 1 << 30
    if any(name in config.model_type for name in OFFSET):
        positions -= (config.pad_token_id or 0) + 1
    return min(int(said or positions), positions)


def outputs(found: Encoder, texts: list[str]) -> Matrix:
    """A classifier's outputs as they are, (N, labels)."""
    return _over(found, texts, lambda **given: found.model(**given).logits)


def chances(found: Encoder, texts: list[str]) -> Matrix:
    """P of each label, (N, labels): rows sum to one where one label holds. Of a regression the outputs as they are."""
    made = outputs(found, texts)
    if found.kind == "regression":
        return made
    if found.kind == "any_of":
        return np.exp(-np.logaddexp(0, -made))
    powers = np.exp(made - made.max(axis=1, keepdims=True, initial=-np.inf))
    return powers / powers.sum(axis=1, keepdims=True)


def embeddings(found: Encoder, texts: list[str], pooling: Literal["mean", "cls"] = "mean") -> Matrix:
    """A vector of length one for each text, (N, dim): the mean over its tokens, or that of its first; the model's card says which."""

    def pooled(**given: Any) -> Any:
        hidden = found.model(**given).last_hidden_state.double()  # (B, T, D)
        if pooling == "cls":
            return hidden[:, 0]
        seen = given["attention_mask"].double()[:, :, None]
        return (hidden * seen).sum(1) / seen.sum(1).clamp(min=1)

    made = _over(found, texts, pooled)
    return made / np.linalg.norm(made, axis=1, keepdims=True).clip(1e-12)


def scored(texts: pl.Series, ask: Callable[[list[str]], Any]) -> pl.Series:
    """What a model says of each text, Float64; null for one of blanks, about which it is not asked."""
    said = texts.fill_null("").str.contains(r"\S")
    made = ask(texts.filter(said).to_list())
    return pl.repeat(None, len(texts), dtype=pl.Float64, eager=True).scatter(said.arg_true(), made)


def _over(found: Encoder, texts: list[str], run: Callable[..., Any]) -> Matrix:
    """A row of numbers for each text, in batches of fixed shapes."""
    parts = [_rows(found, texts[at : at + AT_ONCE], run) for at in range(0, len(texts), AT_ONCE)]
    return np.concatenate(parts) if parts else np.zeros((0, max(1, len(found.labels))))


def _rows(found: Encoder, texts: list[str], run: Callable[..., Any]) -> Matrix:
    tokens = [encoded.ids for encoded in found.tokenizer.encode_batch(texts)]
    lengths = np.array([min(found.most, max(1, -(-len(ids) // STEP)) * STEP) for ids in tokens], np.int64)
    made: list[Any] = [None] * len(texts)
    for length in np.unique(lengths).tolist():
        places = np.flatnonzero(lengths == length)
        rows = max(1, ROWS[found.device] * MOST_TOKENS // max(length, MOST_TOKENS))
        for start in range(0, len(places), rows):
            batch = places[start : start + rows]
            padded = [tokens[i] for i in np.resize(batch, rows)]
            for place, row in zip(batch, _batch(found, padded, length, run), strict=False):
                made[place] = row
    return np.stack(made)


def _batch(found: Encoder, tokens: list[list[int]], length: int, run: Callable[..., Any]) -> Matrix:
    ids = torch.full((len(tokens), length), found.model.config.pad_token_id or 0)  # (B, T)
    mask = torch.zeros_like(ids)
    for row, some in enumerate(tokens):
        ids[row, : len(some)] = torch.tensor(some, dtype=torch.long)
        mask[row, : len(some)] = 1
    with torch.inference_mode():
        made = run(input_ids=ids.to(found.device), attention_mask=mask.to(found.device))  # (B, labels or dim)
    return made.double().cpu().numpy()
