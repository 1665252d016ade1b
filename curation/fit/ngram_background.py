"""Count in how many documents each run of words of a benchmark's items stands, so that `decontaminate: ngram` knows phrases and identities.

`find the sum of all real numbers x such that`, a trigonometric identity, the wording of a template that many exercises use with numbers of
their own: such grams stand in documents that have nothing to do with the item, and weigh 1 / (problems + documents that have them). The
counts are sums over documents, so that the same documents give the same file however they are split. They are a file that recipes pin, not
counts of the corpus that is being cleaned, because then each new document would change the verdict of every other.

A document that has 70 % of what an item is found by, numbers and all, looks like a copy of it and is not counted for that item's grams: a
leak that was copied a thousand times does not hide itself. The same wording with other numbers is counted, in the masked view: that is
how templates are known. Left out: weights by the size of the background. Take one of some thousands of documents, of the kind that is to
be cleaned, without what is suspected of leaks.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import polars as pl
from pydantic import Field

from curate.step import Benchmarks, Corpora, Corpus, fit
from curation.decontaminate._items import FILE, SETTINGS, built, folds


@fit(uses=["numba", "polars"])
def ngram_background(
    corpora: dict[str, Corpus],
    out: Path,
    *,
    of: Corpora,
    against: Benchmarks,
    n: Annotated[int, Field(ge=1, le=100)] = 13,
) -> dict[str, Any]:
    """Write `grams.parquet`, columns `gram` (hash) and `documents` (in how many it stands, at least one), and `settings.json`.

    of: corpora. against: names of data cards, which the step that uses it names too. n: as there.
    """
    from curation._utf8 import utf8
    from curation._words import tables
    from curation.decontaminate import _ngram

    benchmarks: tuple[Any, ...] = tuple(against)
    items = built(benchmarks, n)
    counts, documents = np.zeros(len(items.grams), np.int64), 0
    for name in sorted(of):
        for shard in corpora[name].shards("text"):
            data, bounds = utf8(shard["text"])
            _ngram.search(data, bounds, tables(), folds(), items.index, 0.1, counts)
            documents += shard.height
    stand = counts > 0
    grams = pl.DataFrame({"gram": items.grams[stand], "documents": counts[stand].astype(np.uint32)})
    grams.write_parquet(out / FILE, statistics=False)
    settings = {"n": n, "documents": documents, "benchmarks": [one.identity for one in benchmarks]}
    (out / SETTINGS).write_text(json.dumps(settings, sort_keys=True) + "\n", "utf-8")
    return {"documents": documents, "grams": grams.height}
