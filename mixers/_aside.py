"""Tokens and what is said of them, set aside by the shard of windows that they belong to.

Corpus shards come in any order, and each has a little for every shard of windows: to append it at once would be millions of tiny writes
in a mixture of 100 billion tokens. So what comes is held in memory, at most `HELD` bytes (256 MB) over all shards of windows, half of
them tokens and half what is said of them, and appended when either half is full. How much is held cannot show in a byte: the tokens of
a shard may lie in any order here, because each row says where its own belong. Left out: compression.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from mixers.native import OLDEST, native

HELD = 1 << 28
"""Bytes in memory before they are written."""
ROW = ("place", "length", "start", "epoch", "stage", "id", "source", "masked")


@native
def copy(target: np.ndarray, places: np.ndarray, values: np.ndarray, first: np.ndarray, length: np.ndarray) -> None:
    """Runs of `length` from `first` of the values to `places` of the target."""
    for s in range(len(first)):
        for i in range(length[s]):
            target[places[s] + i] = values[first[s] + i]


def starts_of(lengths: NDArray[Any]) -> NDArray[np.int64]:
    """Where each of some runs begins if they stand end to end."""
    starts: NDArray[np.int64] = np.cumsum(lengths, dtype=np.int64) - lengths
    return starts


class Aside:
    """A folder of two files for each shard of windows, `put` to piece by piece, and read once by `take`.

    places: of tokens, in a shard of windows. longest: tokens that one piece may have.
    """

    def __init__(self, out: Path, dtype: np.dtype[Any], shards: int, places: int, longest: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix=".aside-", dir=out)
        self.edges = np.arange(shards + 1) * places
        self.tokens = np.empty(max(HELD // 2 // dtype.itemsize, longest), dtype)
        self.rows: list[pl.DataFrame] = []
        self.filled = self.row_bytes = 0

    def close(self) -> None:
        """End with all that was set aside."""
        self._folder.cleanup()

    def put(self, values: NDArray[np.uint32], pieces: pl.DataFrame) -> None:
        """Set pieces aside. pieces: the columns of `ROW`, and `first`: where its tokens begin in `values`."""
        while pieces.height:
            ends = np.cumsum(pieces["length"].to_numpy(), dtype=np.int64)
            fitting = int(np.searchsorted(ends, len(self.tokens) - self.filled, "right"))
            if fitting:
                self._hold(values, pieces[:fitting])
            if self.rows and (fitting < pieces.height or self.row_bytes >= HELD // 2):
                self.flush()
            pieces = pieces[fitting:]

    def _hold(self, values: NDArray[np.uint32], pieces: pl.DataFrame) -> None:
        first, length = pieces["first"].to_numpy(), pieces["length"].to_numpy()
        places = self.filled + starts_of(length)
        copy(self.tokens, places, values, first, length)
        rows = pieces.select(*ROW, at=pl.Series(places))
        self.rows.append(rows)
        self.filled += int(length.sum(dtype=np.int64))
        self.row_bytes += int(rows.estimated_size())

    def flush(self) -> None:
        """Append what is held to the files of its shards."""
        rows = pl.concat(self.rows).sort("place")
        cuts = np.searchsorted(rows["place"].to_numpy(), self.edges)
        for n in np.flatnonzero(np.diff(cuts)):
            self._append(int(n), rows[int(cuts[n]) : int(cuts[n + 1])])
        self.rows, self.filled, self.row_bytes = [], 0, 0

    def seal(self) -> None:
        """Write what is still held and give its memory back: nothing more is put aside."""
        if self.rows:
            self.flush()
        self.tokens = self.tokens[:0].copy()

    def _append(self, n: int, rows: pl.DataFrame) -> None:
        length = rows["length"].to_numpy()
        tokens = np.empty(int(length.sum(dtype=np.int64)), self.tokens.dtype)
        copy(tokens, starts_of(length), self.tokens, rows["at"].to_numpy(), length)
        with self._path(n, "tokens").open("ab") as file:
            file.write(tokens.data)
        with self._path(n, "rows").open("ab") as file:
            rows.select(ROW).write_ipc_stream(file, compat_level=OLDEST)

    def take(self, n: int) -> tuple[NDArray[Any], pl.DataFrame]:
        """Tokens of a shard of windows, piece after piece, and the rows of these pieces, once `seal` was called; the files are gone."""
        tokens, parts = np.fromfile(self._path(n, "tokens"), self.tokens.dtype), []
        with self._path(n, "rows").open("rb") as file:
            while file.peek(1):
                parts.append(pl.DataFrame(pa.ipc.open_stream(file).read_all()))
        for kind in ("tokens", "rows"):
            self._path(n, kind).unlink()
        return tokens, pl.concat(parts, rechunk=True)

    def _path(self, n: int, kind: str) -> Path:
        return Path(self._folder.name) / f"{n}.{kind}"
