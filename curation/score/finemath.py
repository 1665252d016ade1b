"""How educational a mathematical document is, by a regression model of the Hugging Face hub: FineMath's classifier, or one like it.

    models:
      finemath:
        {fit: pretrained, id: HuggingFaceTB/finemath-classifier@REVISION, files: [config.json, model.safetensors, tokenizer.json]}

MegaMath-Web-Pro keeps what it finds good enough, and asks more of older pages (section 3.8: 3 of recent ones, 4 of older ones). That is a
clause and no parameter, and an undated page counts as an old one:

    keep: {useful: finemath_score >= 4 or (finemath_score >= 3 and coalesce(date, '') >= '2023')}

The score is the model's output as it is, which may be a little below 0 or above 5. It does not depend on the other documents
(`_regressor.py`), but from one kind of device, or release of torch, to another it differs by rounding: about 1e-6 in float32, 1e-2 in
bfloat16. No release of torch is part of the step's identity, so that a plan can be made without it.

Left out: what follows the first 512 tokens, as in FineMath.
"""

from __future__ import annotations

import importlib.util
from typing import Annotated, Literal

import polars as pl
from pydantic import Field

from curate.errors import CurateError
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
    off before the text is made tokens, of which the model sees 512. Runs on the GPU if there is one.
    Raises CurateError without torch and transformers (extra `train`), and for a folder that holds no model with one output.
    """
    if not docs.height:
        return pl.DataFrame(schema={"finemath_score": pl.Float64})
    if lacks := [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]:
        raise CurateError(f"score.finemath needs {' and '.join(lacks)}: pip install 'octocurate[train]'")
    from curation.score._regressor import outputs, regressor

    texts = docs["text"].fill_null("").str.head(max_chars)
    said = texts.str.strip_chars() != ""
    made = outputs(regressor(model, dtype), texts.filter(said).to_list())
    scores = pl.repeat(None, docs.height, dtype=pl.Float64, eager=True).scatter(said.arg_true(), made)
    return pl.DataFrame({"finemath_score": scores})
