"""The folder that `fit: minhash_index` writes: documents that stay, for later snapshots to be compared with.

`index.json` has the parameters and the number of documents; `part-00000.parquet` and so on hold the documents as they came (`id`,
`shingles`, a key of each band, `set`: their shingles, ascending); `order.npy` has the rank of each of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.errors import CurateError
from curation.dedup._layout import listed, slices

NONE = np.zeros(0, np.int64)
SLICE = 4 << 20
"""Bytes of text whose sets are made at once, and stand in one part."""


@dataclass(frozen=True)
class Index:
    folder: Path
    parts: tuple[Path, ...]
    documents: int

    def order(self) -> npt.NDArray[np.int64]:
        """The rank of each document, in the order in which the parts have them."""
        ranks: npt.NDArray[np.int64] = np.load(self.folder / "order.npy", mmap_mode="r") if self.documents else NONE
        return ranks


def opened(folder: Path, **wanted: int) -> Index:
    """The index in a folder. CurateError if there is none, or if it was made with other parameters."""
    try:
        told = json.loads((folder / "index.json").read_text("utf-8"))
    except FileNotFoundError:
        raise CurateError("what `index` names is no index of `fit: minhash_index`") from None
    others = [f"{name} {told[name]} (here {value})" for name, value in wanted.items() if told[name] != value]
    if others:
        raise CurateError(f"the index was made with {', '.join(others)}; `fit: minhash_index` needs the same values")
    return Index(folder, tuple(sorted(folder.glob("part-*.parquet"))), told["documents"])


def described(docs: pl.DataFrame, *, ngram: int, bands: int, rows: int, exact_numbers: int) -> pl.DataFrame:
    """Documents as an index has them: `id`, `shingles`, keys and `set`. docs: `id` and `text`."""
    from curation._utf8 import utf8
    from curation._words import tables
    from curation.dedup import _minhash
    from curation.dedup.minhash import keyed

    made = keyed(docs.select("id", "text"), ngram=ngram, bands=bands, rows=rows, exact_numbers=exact_numbers)
    return made.with_columns(listed(*_minhash.sets(*utf8(docs["text"]), tables(), ngram, exact_numbers)))


def write(path: Path, docs: pl.DataFrame) -> None:
    docs.write_parquet(path, compression="zstd", compression_level=1, row_group_size=4096, statistics=False)


def pieces(docs: pl.DataFrame) -> list[pl.DataFrame]:
    """A shard in pieces whose sets fit into memory."""
    sizes = docs["text"].str.len_bytes().fill_null(0).to_numpy().astype(np.int64)
    return [docs[slot] for slot in slices(sizes, SLICE)]
