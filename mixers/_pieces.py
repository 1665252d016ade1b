"""A mixture as exports read it: block after block, in the order of its first epoch, never the whole at once.

Files are checked against the digests in `mixture.json` before a byte of them is used, for an export goes where nobody can check it
again. A *piece* is a document, or the part of one that stands in one window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mixers.reader import Mixture, places

BLOCK_TOKENS = 1 << 22
"""Tokens that are held at a time."""


@dataclass(frozen=True)
class Block:
    """Some windows of a mixture, one after another."""

    first_window: int
    windows: NDArray[Any]
    """(windows, seq_len) token ids, padding included."""
    counts: NDArray[np.int64]
    """(windows,) pieces in each."""
    first_piece: int
    lengths: NDArray[np.int64]
    """(pieces,) tokens of each."""
    masked: NDArray[np.int64] | None
    """(pieces,) leading tokens of each without loss."""

    def run(self) -> Run:
        """Its pieces end to end, without padding."""
        edges = np.cumsum(self.counts) - self.counts
        used = np.add.reduceat(self.lengths, edges)
        inside = np.arange(self.windows.shape[1]) < used[:, None]
        return Run(self.first_piece, self.windows[inside], self.lengths, self.masked)


@dataclass(frozen=True)
class Run:
    """Some pieces of a mixture, one after another."""

    first: int
    """Number of the first piece in the mixture."""
    tokens: NDArray[Any]
    """Token ids of all pieces end to end, padding left out."""
    lengths: NDArray[np.int64]
    """(pieces,) tokens of each."""
    masked: NDArray[np.int64] | None

    def ends(self) -> NDArray[np.int64]:
        """(pieces,) where each ends in `tokens`."""
        return np.cumsum(self.lengths)

    def with_loss(self) -> NDArray[np.bool_] | None:
        """For each token whether the recipe leaves it in the loss; None where it masks none.

        The first token of a piece is, as in files that dolma, OLMo-core and datatrove write themselves: they shift labels on their own, and
        mask or cross the bounds of documents as their trainers are told.
        """
        return None if self.masked is None else places(self.lengths) >= self.masked.repeat(self.lengths)

    def split(self, pieces: int) -> tuple[Run, Run]:
        """The first pieces, and the others."""
        at = int(self.lengths[:pieces].sum())
        masked = (None, None) if self.masked is None else (self.masked[:pieces], self.masked[pieces:])
        return (
            Run(self.first, self.tokens[:at], self.lengths[:pieces], masked[0]),
            Run(self.first + pieces, self.tokens[at:], self.lengths[pieces:], masked[1]),
        )


class Pieces:
    """The windows of a mixture and the pieces in them. CurateError if a file is not what mixture.json says."""

    def __init__(self, mixture: Mixture, *, drop_mask: bool = False, block: int = BLOCK_TOKENS) -> None:
        mixture.verify()
        self.mixture, self.facts, self.digest, self.dtype = mixture, mixture.facts, mixture.digest, mixture.dtype
        self._step = max(1, block // mixture.seq_len)
        self._masked = None if drop_mask else mixture.masked
        self.mask_is = "none" if mixture.masked is None else "left out" if drop_mask else "written"
        """What becomes of the loss mask."""
        self.lengths, self.count = mixture.segments, len(mixture.segments)
        self.tick: Callable[[], None] = lambda: None
        """Called after each block."""

    @property
    def index(self) -> Path:
        """index.parquet: row n is piece n."""
        return self.mixture.path / "index.parquet"

    def index_rows(self, *columns: str) -> Iterator[pl.DataFrame]:
        """Columns of the index, some rows at a time."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.index) as file:
            for batch in file.iter_batches(columns=list(columns)):
                rows = pl.from_arrow(batch)
                assert isinstance(rows, pl.DataFrame)
                yield rows

    @property
    def has_mask(self) -> bool:
        """Whether some tokens count in no loss."""
        return self._masked is not None

    def blocks(self) -> Iterator[Block]:
        """All windows, some at a time."""
        per_shard = self.facts["windows_per_shard"]
        for number in range(len(self.facts["shards"])):
            shard = self.mixture.shard(number)
            for start in range(0, len(shard), self._step):
                yield self._block_of(number * per_shard + start, shard[start : start + self._step])
                self.tick()

    @property
    def block_count(self) -> int:
        """How many blocks there are."""
        windows, per_shard = self.facts["windows"], self.facts["windows_per_shard"]
        sizes = (min(per_shard, windows - start) for start in range(0, windows, per_shard))
        return sum(-(-size // self._step) for size in sizes)

    def _block_of(self, first: int, windows: NDArray[Any]) -> Block:
        edges = self.mixture.edges[first : first + len(windows) + 1]
        some = slice(int(edges[0]), int(edges[-1]))
        masked = None if self._masked is None else self._masked[some].astype(np.int64)
        return Block(first, windows, np.diff(edges), some.start, self.lengths[some].astype(np.int64), masked)

    def runs(self) -> Iterator[Run]:
        """All pieces, some at a time."""
        return (block.run() for block in self.blocks())

    def files(self, most: int) -> Iterator[tuple[int, Run]]:
        """All pieces with the number of the file that each run belongs to, no file of more than `most` tokens unless a piece is longer."""
        number, held = 0, 0
        for run in self.runs():
            while len(run.lengths):
                fitting = int(np.searchsorted(run.ends(), most - held, "right"))
                if not fitting and held:
                    number, held = number + 1, 0
                    continue
                part, run = run.split(max(1, fitting))
                held += len(part.tokens)
                yield number, part

    def documents(self, run: Run) -> pl.DataFrame:
        """Rows of the index of a run's pieces: source, id, start, epoch, stage."""
        rows = pl.scan_parquet(self.index, glob=False, hive_partitioning=False).slice(run.first, len(run.lengths))
        return rows.select("source", "id", "start", "epoch", "stage").collect()

    def sources(self, block: Block) -> list[str]:
        """The source of each window."""
        names = [group["source"] for group in self.facts["groups"]]
        return [names[g] for g in self.mixture.groups[block.first_window : block.first_window + len(block.windows)]]
