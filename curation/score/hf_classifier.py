"""How likely a label is by a text classifier of the Hugging Face hub, or the number that a regression model gives.

    models:
      edu:
        {fit: pretrained, id: HuggingFaceFW/fineweb-edu-classifier@COMMIT, files: [config.json, model.safetensors, tokenizer.json]}
    steps:
      - {score: hf_classifier, model: edu, as: edu}
      - keep: {educational: edu >= 3}

What the outputs mean says config.json, as in transformers: where `problem_type` is single_label_classification, or there are several labels
and nothing is said, they are a softmax; multi_label_classification is a sigmoid for each label; regression, or one output, is the number as
it is, which needs no `label`. A score does not depend on the other documents (`curation/_encoder.py`), but from one kind of device, or
release of torch, to another it differs by rounding: about 1e-6 in float32, 1e-2 in bfloat16. No release of torch is part of the step's
identity, so that a plan can be made without it.

Left out: several labels at once (name the step twice, with `as:`), pairs of texts, and what follows `max_tokens`: no window slides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import polars as pl
from pydantic import Field

from curate.errors import CurateError, did_you_mean
from curate.models.hf import needs
from curate.step import Artifact, score

if TYPE_CHECKING:
    from curation._encoder import Encoder

CHARACTERS = 40
"""For each token that the model sees: what follows is cut off before the text is made tokens, which takes time."""


@score(uses=["tokenizers"])
def hf_classifier(
    docs: pl.DataFrame,
    *,
    model: Artifact,
    label: str | int | None = None,
    max_tokens: Annotated[int, Field(ge=8, le=1 << 20)] = 512,
    dtype: Literal["float32", "bfloat16", "float16"] = "float32",
) -> pl.DataFrame:
    """Column `hf_classifier`, Float64: P(label) in [0, 1], or a regression's number as it is; null for a text of blanks.

    model: a folder with config.json, model.safetensors and tokenizer.json, as `fit: pretrained` makes it. label: one of the model's labels,
    by name or by number. max_tokens: of a text that the model sees, and no more than it takes. dtype: of the weights as they are run.
    Runs on the GPU if there is one.
    Raises CurateError without torch and transformers (extra `train`), for a folder that holds no classifier, and for no label of it.
    """
    if not docs.height:
        return pl.DataFrame(schema={"hf_classifier": pl.Float64})
    needs("score.hf_classifier")
    from curation._encoder import chances, classifier, scored

    found = classifier(model, dtype, max_tokens)
    place = _place(found, label)
    texts = docs["text"].str.head(CHARACTERS * max_tokens)
    return pl.DataFrame({"hf_classifier": scored(texts, lambda some: chances(found, some)[:, place])})


def _place(found: Encoder, label: str | int | None) -> int:
    """Which output is meant; a name goes before a number."""
    if label is None and len(found.labels) == 1:
        return 0
    if str(label) in found.labels:
        return found.labels.index(str(label))
    if str(label).isdecimal() and int(str(label)) < len(found.labels):
        return int(str(label))
    said = f"the model has no label {label!r}" if label is not None else "label: the model has several, so say which"
    known = found.labels[:50]
    raise CurateError(f"{said}{did_you_mean(str(label), known) or f'; the first of them are {known}'}")
