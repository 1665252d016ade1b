"""Hashes of ids, by which documents are drawn: the same on every machine, and of no other document's business."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl


def hashes(ids: pl.Series, salt: str) -> npt.NDArray[np.uint64]:
    """xxh3_64 of each id behind the salt."""
    from xxhash import xxh3_64_intdigest

    return np.fromiter((xxh3_64_intdigest(salt + id) for id in ids), np.uint64, len(ids))
