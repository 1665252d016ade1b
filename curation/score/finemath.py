"""How educational a mathematical document is, by a regression model of the Hugging Face hub: FineMath's classifier, or one like it.

    models:
      finemath:
        {fit: pretrained, id: HuggingFaceTB/finemath-classifier@REVISION, files: [config.json, model.safetensors, tokenizer.json]}

MegaMath-Web-Pro keeps what it finds good enough, and asks more of older pages (section 3.8: 3 of recent ones, 4 of older ones). That is a
clause and no parameter, and an undated page counts as an old one:

    keep: {useful: finemath_score >= 4 or (finemath_score >= 3 and coalesce(date, '') >= '2023')}

The score is the model's output as it is, which may be a little below 0 or above 5. It does not depend on the other documents
(`curation/_encoder.py`), but from one kind of device, or release of torch, to another it differs by rounding: about 1e-6 in float32, 1e-2
in bfloat16. No release of torch is part of the step's identity, so that a plan can be made without it.

Left out: what follows the first 512 tokens, as in FineMath.
"""

from __future__ import annotations

from typing import Annotated, Literal

import polars as pl
from pydantic import Field

from curate.errors import CurateError
from curate.models.hf import needs
from curate.step import Artifact, score


@score(uses=["tokenizers"])
def finemath(
    docs: pl.DataFrame,
    *,
    model: Artifact,
    max_chars: Annotated[int, Field(ge=1)] = 20_000,
    dtype: Literal["float32", "bfloat16"] = "float32",
) -> pl.DataFrame:
    """Column `finemath_score`: the model's output, about 0 to 5 where it is FineMath's; null for a text of blanks.

    model: a folder with config.json, model.safetensors and tokenizer.json, as `fit: pretrained` makes it. max_chars: what follows is cut
    off before the text is made tokens, of which the model sees 512. dtype: of the weights as they are run.
    Runs on the GPU if there is one.
    Raises CurateError without torch and transformers (extra `train`), and for a folder that holds no model with one output.
    """
    if not docs.height:
        return pl.DataFrame(schema={"finemath_score": pl.Float64})
    needs("score.finemath")
    from curation._encoder import classifier, outputs, scored

    found = classifier(model, dtype)
    if len(found.labels) != 1:
        said = "a classifier with one output is wanted, such as HuggingFaceTB/finemath-classifier"
        raise CurateError(f"model: has {len(found.labels)} outputs; {said}")
    texts = docs["text"].str.head(max_chars)
    return pl.DataFrame({"finemath_score": scored(texts, lambda some: outputs(found, some)[:, 0])})
