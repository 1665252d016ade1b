"""What later snapshots are compared with: signatures and shingles of documents that stayed, in their order of preference.

`dedup: minhash` with this index gives the same as one build over all snapshots, if the corpora hold what stayed of the earlier ones (such
as `web/minhash.near_unique`), and both name the column of the snapshot: the earlier ones come first in the order. Shingles are hashes,
about 8 bytes a word; no text is kept. A document that comes again under the same id is a copy of itself, and goes. Of equals the smallest
id is best, and an id that we give holds the corpus's name: builds that should agree to the byte call their corpus the same.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import polars as pl
from pydantic import Field

from curate.step import Artifact, Corpora, Corpus, fit
from curation.dedup.minhash import EXACT_NUMBERS, shape_of

MEMORY = 256 << 20
"""Bytes that sorting may take."""


@fit(reads=["$keep_order", "$snapshot"], uses=["numba"])
def minhash_index(
    corpora: dict[str, Corpus],
    out: Path,
    *,
    of: Corpora,
    threshold: Annotated[float, Field(gt=0, le=1)] = 0.75,
    ngram: Annotated[int, Field(ge=1, le=50)] = 5,
    bands: Annotated[int, Field(ge=1, le=500)] = 11,
    rows: Annotated[int, Field(ge=1, le=100)] = 10,
    hashes: Annotated[int, Field(ge=1, le=1024)] | None = None,
    exact_numbers: Annotated[int, Field(ge=0)] = EXACT_NUMBERS,
    keep_order: list[str] = ["length"],  # noqa: B006 (pydantic copies it)
    preferred: dict[str, list[str]] = {},  # noqa: B006
    snapshot: str | None = None,
    index: Artifact | None = None,
) -> dict[str, Any]:
    """Write the index of all documents of the corpora `of`, behind those of an earlier `index`, if there is one.

    of: corpora. index: an earlier one, whose documents come first. threshold, ngram, bands, rows, hashes, exact_numbers, keep_order,
    preferred, snapshot: as `dedup: minhash` has them, and the same as there; `threshold` says something only with `hashes`.
    CurateError for an earlier index of other parameters.
    """
    from curation.dedup import _index
    from curation.dedup._phases import Order

    bands, rows = shape_of(threshold, hashes, bands, rows)
    shape = {"ngram": ngram, "bands": bands, "rows": rows, "exact_numbers": exact_numbers}
    order = Order((*keep_order,), snapshot, preferred)
    old = _index.opened(Path(index), **shape) if index else _index.Index(out, (), 0)
    for path in old.parts:
        shutil.copyfile(path, out / path.name)

    def frames() -> Iterator[tuple[pl.DataFrame, int]]:
        number, position = len(old.parts), 0
        for name in sorted(of):
            for shard in corpora[name].shards(*dict.fromkeys(["id", "text", *order.reads])):
                order.check(shard.schema)
                for docs in _index.pieces(shard):
                    _index.write(out / f"part-{number:06d}.parquet", _index.described(docs, **shape))
                    yield docs.drop("text"), position
                    number, position = number + 1, position + docs.height

    work = out / "order"
    at = list(order.ordered(frames(), work, MEMORY))
    shutil.rmtree(work, ignore_errors=True)
    places = np.concatenate([_index.NONE, *at])
    ranks = np.empty(len(places), np.int64)
    ranks[places] = np.arange(old.documents, old.documents + len(places))
    np.save(out / "order.npy", np.concatenate([old.order(), ranks]))
    told = {**shape, "documents": old.documents + len(places)}
    (out / "index.json").write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    return {"documents": told["documents"], "earlier": old.documents}
