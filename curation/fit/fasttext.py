"""Train a fastText classifier that tells the documents of some corpora from those of others, or grades from each other.

Which documents are examples, and of what, is `_examples.py`; they are learnt from in the order of their hash, so that the same documents
give the same bytes however they are split into shards. The defaults suit some thousands of documents; for a million, DeepSeekMath and
MegaMath take dim 256, lr 0.1, 3-grams and 3 epochs (MegaMath, section 2.1.3): `{documents: 1_000_000, dim: 256, lr: 0.1, word_ngrams: 3,
min_count: 3, epoch: 3, bucket: 2_000_000, window: 0, min_groups: 1}`.

Left out: a vocabulary shared between models, and quantisation.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from curate.scalars import Count
from curate.step import Corpora, Corpus, fit
from curation.fit._examples import READS, Seeds, examples
from curation.fit._train import Views, train

FILE = "model.bin"
NONE = Corpora()
ASSESS = "_assess"


@fit(reads=[*READS, "$grade", "$group"], uses=["fasttext-numpy2-wheel", "numba", "polars", "xxhash"])
def fasttext(
    corpora: dict[str, Corpus],
    out: Path,
    *,
    positive: Corpora = NONE,
    negative: Corpora = NONE,
    graded: Corpora = NONE,
    grade: str = "",
    positive_from: float | None = None,
    balance: tuple[Literal["dump", "year", "source", "host"], ...] = (),
    group: str = "",
    documents: Annotated[Count, Field(ge=1)] = 200_000,
    max_chars: Annotated[int, Field(ge=1)] = 10_000,
    dim: Annotated[int, Field(ge=1, le=1024)] = 16,
    lr: Annotated[float, Field(gt=0, le=10)] = 0.3,
    epoch: Annotated[int, Field(ge=1, le=1000)] = 10,
    word_ngrams: Annotated[int, Field(ge=1, le=10)] = 2,
    min_count: Annotated[int, Field(ge=1)] = 3,
    bucket: Annotated[Count, Field(ge=1, le=100_000_000)] = 100_000,
    window: Annotated[int, Field(ge=0)] = 60,
    windows: Annotated[int, Field(ge=1)] = 4,
    min_groups: Annotated[int, Field(ge=1)] = 8,
    seed: int = 0,
) -> dict[str, Any]:
    """Write `model.bin` and `settings.json`; about 4 * dim * (bucket + words) bytes.

    positive, negative: corpora; the labels are `positive` and `negative`. graded: corpora whose column `grade` says more. grade: that
    column, 0 to 5; null is not used. positive_from: from this grade on a document is positive, below negative; without it the labels are
    `0` to `5`, the grade rounded. balance: as equally many documents of each dump, year, ... as there are, for each label. group: the
    column with the site or source of a document, else the host of its url. documents: at most so many of each label, and as many of both
    sides. max_chars: of each document, here and when it judges. window, windows: so many words at a time, and so many of these windows of
    each document, but as many of each group; 0: whole documents. min_groups: a word in fewer groups (a quarter of them, if there are few)
    is `<unk>`. dim, lr, epoch, word_ngrams, min_count, bucket, seed: fastText's own; window 0 and min_groups 1 are fastText without
    additions. Raises CurateError where a side has no text, the seeds contradict each other, or fastText cannot learn with these numbers.
    """
    seeds = Seeds(positive, negative, graded, grade, positive_from)
    chosen = examples(corpora, seeds, documents=documents, max_chars=max_chars, balance=balance, group=group, seed=seed)
    settings = {
        "dim": dim,
        "lr": lr,
        "epoch": epoch,
        "wordNgrams": word_ngrams,
        "minCount": min_count,
        "bucket": bucket,
    }
    views = Views(window, windows, min_groups, min_count) if window or min_groups > 1 else None
    train(chosen.sort("hash", "id")["label", "group", "text"], {**settings, "seed": seed}, out / FILE, views)
    (out / "settings.json").write_text(json.dumps({"max_chars": max_chars}) + "\n", "utf-8")
    counts = dict(chosen["label"].value_counts().sort("label").iter_rows())
    return {"documents": chosen.height, **counts}
