"""Train a fastText classifier that tells the documents of some corpora from those of others.

The same number of documents from either side, chosen by the hash of their ids and learnt from in the order of that hash, so that the same
documents give the same bytes however they are split into shards. The defaults suit some thousands of documents; for a million,
DeepSeekMath and MegaMath take dim 256, lr 0.1, 3-grams and 3 epochs.

Left out: labels that are degrees, a vocabulary shared between models, and quantisation.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import polars as pl
from pydantic import Field

from curate.errors import CurateError
from curate.step import Corpora, Corpus, fit
from curation.fit._train import train
from curation.score._classifier_text import classifier_text

FILE = "model.bin"


@fit(uses=["fasttext-numpy2-wheel", "xxhash"])
def fasttext(
    corpora: dict[str, Corpus],
    out: Path,
    *,
    positive: Corpora,
    negative: Corpora,
    documents: Annotated[int, Field(ge=1)] = 200_000,
    max_chars: Annotated[int, Field(ge=1)] = 10_000,
    dim: Annotated[int, Field(ge=1, le=1024)] = 16,
    lr: Annotated[float, Field(gt=0, le=10)] = 0.3,
    epoch: Annotated[int, Field(ge=1, le=1000)] = 5,
    word_ngrams: Annotated[int, Field(ge=1, le=10)] = 2,
    min_count: Annotated[int, Field(ge=1)] = 3,
    bucket: Annotated[int, Field(ge=1, le=100_000_000)] = 100_000,
    seed: int = 0,
) -> dict[str, Any]:
    """Write `model.bin` with the labels `positive` and `negative`, and `settings.json`; about 4 * dim * (bucket + words) bytes.

    documents: at most so many from either side. max_chars: of each document, here and when it judges. The others are fastText's own.
    Raises CurateError where a side has no text, a corpus is on both sides, or fastText cannot learn with these numbers.
    """
    if both := sorted({*positive} & {*negative}):
        raise CurateError(f"{both[0]!r} is among the positive and the negative corpora; it can be in one of them")
    sides = {
        label: sample({name: corpora[name] for name in names}, documents, max_chars, seed)
        for label, names in (("positive", positive), ("negative", negative))
    }
    count = min(side.height for side in sides.values())
    if not count:
        empty = next(label for label, side in sides.items() if not side.height)
        raise CurateError(f"no text to learn from among the {empty} corpora")
    every = pl.concat([side.head(count).with_columns(label=pl.lit(label)) for label, side in sides.items()])
    settings = {
        "dim": dim,
        "lr": lr,
        "epoch": epoch,
        "wordNgrams": word_ngrams,
        "minCount": min_count,
        "bucket": bucket,
    }
    train(every.sort("hash", "id")["label", "text"], {**settings, "seed": seed}, out / FILE)
    (out / "settings.json").write_text(json.dumps({"max_chars": max_chars}) + "\n", "utf-8")
    return {"documents": 2 * count, "positive": sides["positive"].height, "negative": sides["negative"].height}


def sample(corpora: dict[str, Corpus], documents: int, max_chars: int, seed: int) -> pl.DataFrame:
    """`hash`, `id` and normalised `text` of the documents with the smallest hashes that have any text, in that order."""
    held = pl.DataFrame(schema={"hash": pl.UInt64, "id": pl.String, "text": pl.String})
    for name in sorted(corpora):
        for shard in corpora[name].shards("id", "text"):
            new = shard.select(
                pl.Series("hash", _hashes(shard["id"], f"{seed}/{name}/")),
                "id",
                classifier_text(pl.col("text"), max_chars).alias("text"),
            ).filter(pl.col("text") != "")
            held = pl.concat([held, new]).sort("hash", "id").head(documents)
    return held


def _hashes(ids: pl.Series, salt: str) -> np.ndarray:
    from xxhash import xxh3_64_intdigest

    return np.fromiter((xxh3_64_intdigest(salt + id) for id in ids), np.uint64, len(ids))
