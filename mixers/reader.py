"""Read a mixture for training: numpy only, memory-mapped, any place at once.

`Mixture(path)` is a map-style dataset (`len`, `[n]`) that a torch `DataLoader` takes as it is. What stands at place `n` is a pure
function of the mixture and `n`, for any number of ranks, workers and resumes: epoch 0 is the order of the files, and epoch e visits the
same sequence of sources with the windows of each group (one source in one stage) permuted by (seed, e, group). Its state is one number,
the windows consumed by all ranks together, so a run may resume with another batch size or world size. Left out: shuffling (the mixture
is shuffled), prefetching (the page cache does it), and shifting labels: see `loss_mask` and `document_ids`.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from curate.errors import CurateError
from mixers.order import key, permute

if TYPE_CHECKING:
    import polars as pl

Window = dict[str, NDArray[Any]]
FORMAT = 1


class Mixture:
    """The windows of a mixture, in training order. Raises CurateError where a file is missing or not as long as it should be."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            whole = (self.path / "mixture.json").read_bytes()
        except OSError:
            raise CurateError("not a mixture: no mixture.json", where=str(path)) from None
        self.digest = hashlib.sha256(whole).hexdigest()
        self.facts: dict[str, Any] = json.loads(whole)
        if self.facts["format"] != FORMAT:
            raise CurateError(f"format {self.facts['format']}, this program reads {FORMAT}", where=str(path))
        for name, file in self.facts["files"].items():
            held = (self.path / name).stat().st_size if (self.path / name).is_file() else -1
            if held != file["bytes"]:
                raise CurateError(f"{name} has {held:,} bytes, not {file['bytes']:,}; copy it again", where=str(path))
        self.seq_len: int = self.facts["seq_len"]
        self._segments, self._windows, self._groups = (
            np.load(self.path / f"{name}.npy", mmap_mode="r") for name in ("segments", "windows", "groups")
        )
        self._shards: dict[int, NDArray[Any]] = {}
        self._place = 0

    def __len__(self) -> int:
        """Windows in one epoch."""
        return int(self.facts["windows"])

    def __getitem__(self, n: int) -> Window:
        """The window at place `n` of the first epoch. Raises IndexError from the end on, as a sequence does."""
        if not -len(self) <= n < len(self):
            raise IndexError(n)
        return self.window(n % len(self))

    def at(self, n: int) -> Window:
        """The window at place `n` of the endless stream: epoch `n // len`, and so on without end."""
        return self.window(self.number(n))

    def number(self, n: int) -> int:
        """Which window of the files stands at place `n` of the endless stream."""
        epoch, place = divmod(n, len(self))
        if epoch == 0:
            return place
        group = int(self._groups[place])
        members = self._members[group]
        rank = int(np.searchsorted(members, place))
        return int(members[permute(rank, len(members), key(self.facts["seed"], "epoch", epoch, group))[0]])

    @functools.cached_property
    def _members(self) -> dict[int, NDArray[np.int64]]:
        """Windows of each group, ascending; needed from the second epoch on."""
        order = np.argsort(self._groups, kind="stable")
        names, first = np.unique(self._groups[order], return_index=True)
        return dict(zip(names.tolist(), np.split(order, first[1:]), strict=True))

    def window(self, w: int) -> Window:
        """Window `w` of the files, each array of shape (seq_len,).

        tokens int64; position_ids int64, from 0 in each document; document_ids int64, 0, 1, 2 ... in the window and -1 on padding;
        loss_mask bool, False on padding. A target counts where its `document_ids` is that of the token before it.
        """
        shard, row = divmod(w, self.facts["windows_per_shard"])
        lengths = self._segments[self._windows[w] : self._windows[w + 1]].astype(np.int64)
        used = int(lengths.sum())
        document_ids, position_ids = np.full(self.seq_len, -1), np.zeros(self.seq_len, np.int64)
        document_ids[:used] = np.repeat(np.arange(len(lengths)), lengths)
        position_ids[:used] = np.arange(used) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return {
            "tokens": self._shard(shard)[row].astype(np.int64),
            "position_ids": position_ids,
            "document_ids": document_ids,
            "loss_mask": document_ids >= 0,
        }

    def _shard(self, number: int) -> NDArray[Any]:
        if number not in self._shards:
            dtype = np.dtype(self.facts["dtype"]).newbyteorder("<")
            self._shards[number] = np.memmap(self.path / self.facts["shards"][number], dtype, "r").reshape(
                -1, self.seq_len
            )
        return self._shards[number]

    def batch(self, step: int, size: int, rank: int = 0, world: int = 1) -> Window:
        """This rank's part of global batch `step`: every `world`-th of `size` windows, each array (size / world, seq_len)."""
        rows = [self.at(n) for n in self._places(step * size, size, rank, world)]
        return {name: np.stack([row[name] for row in rows]) for name in rows[0]}

    def batches(self, size: int, rank: int = 0, world: int = 1, epochs: int | None = 1) -> Iterator[Window]:
        """Batches from the place of the state on, whole ones only, up to the end of `epochs`; without end if None."""
        while epochs is None or self._place + size <= epochs * len(self):
            rows = [self.at(n) for n in self._places(self._place, size, rank, world)]
            self._place += size
            yield {name: np.stack([row[name] for row in rows]) for name in rows[0]}

    def _places(self, start: int, size: int, rank: int, world: int) -> range:
        if size < 1 or size % world or not 0 <= rank < world:
            raise CurateError(
                f"a batch of {size} windows cannot be shared equally by {world} ranks (this one is {rank})"
            )
        return range(start + rank, start + size, world)

    def state_dict(self) -> dict[str, Any]:
        """Where the stream stands: windows consumed by all ranks together, and the mixture they came from."""
        return {"mixture": self.digest, "windows": self._place}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state. Raises CurateError for the state of another mixture."""
        if state["mixture"] != self.digest:
            raise CurateError(
                f"the state is of mixture {state['mixture'][:12]}, this is {self.digest[:12]}", where=str(self.path)
            )
        self._place = int(state["windows"])

    def documents(self, step: int, size: int) -> pl.DataFrame:
        """The documents of global batch `step`: rows of index.parquet with the `place` of their window, in order of training."""
        import polars as pl

        places = range(step * size, (step + 1) * size)
        numbers = pl.Series("window", map(self.number, places), pl.UInt32)
        index = pl.scan_parquet(self.path / "index.parquet").filter(pl.col("window").is_in(numbers.implode()))
        at = pl.DataFrame({"place": places, "window": numbers})
        return at.lazy().join(index, on="window", maintain_order="left_right").collect()

    def __reduce__(self) -> tuple[Any, ...]:
        """Workers open the files themselves; a pickled map would carry its bytes."""
        return _reopened, (str(self.path), self._place)


def _reopened(path: str, place: int) -> Mixture:
    mixture = Mixture(path)
    mixture._place = place
    return mixture
