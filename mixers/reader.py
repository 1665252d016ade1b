"""Read a mixture for training: numpy only, memory-mapped, any place at once.

`Mixture(path)` is a map-style dataset (`len`, `[n]`) that a torch `DataLoader` takes as it is. What stands at place `n` is a pure
function of the mixture and `n`, for any number of ranks, workers and resumes: epoch 0 is the order of the files, and epoch e visits the
same sequence of sources with the windows of each group (one source in one stage) permuted by (seed, e, group). Its state is one number,
the windows consumed by all ranks together, so a run may resume with another batch size or world size.

    mix = Mixture(path)
    for batch in mix.batches(64, rank, world): ...                      # numpy arrays; moves mix.consumed
    DataLoader(mix, batch_sampler=mix.sampler(64, rank, world))         # torch; you move mix.consumed, because workers read ahead

Left out: shuffling (the mixture is shuffled), prefetching (the page cache does it), and shifting labels: see `loss_mask` and
`document_ids`.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from curate.errors import CurateError
from mixers.order import Groups, key, permuted

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
        self._segments, self._windows, self._groups = map(self._array, ("segments", "windows", "groups"))
        self._masked = self._array("masked") if "masked.npy" in self.facts["files"] else None
        self._count = np.arange(self.seq_len)
        self._shards: dict[int, NDArray[Any]] = {}
        self.consumed = 0
        """Windows consumed by all ranks together: the place where `batches` and `sampler` begin."""

    def _array(self, name: str) -> NDArray[Any]:
        mapped = np.load(self.path / f"{name}.npy", mmap_mode="r")
        return np.asarray(mapped)  # the same map, without the cost of a memmap at each access

    def __len__(self) -> int:
        """Windows in one epoch."""
        return int(self.facts["windows"])

    def __getitem__(self, n: int) -> Window:
        """The window at place `n` of the first epoch. Raises IndexError from the end on, as a sequence does."""
        if not -len(self) <= n < len(self):
            raise IndexError(n)
        return self.window(n % len(self))

    def __getitems__(self, numbers: Sequence[int]) -> list[Window]:
        """Many windows at once, which is what torch's DataLoader asks for."""
        rows = self.windows(numbers)
        return [{name: values[i] for name, values in rows.items()} for i in range(len(numbers))]

    def at(self, n: int) -> Window:
        """The window at place `n` of the endless stream: epoch `n // len`, and so on without end."""
        return self.window(self.number(n))

    def number(self, n: int) -> int:
        """Which window of the files stands at place `n` of the endless stream."""
        epoch, place = divmod(n, len(self))
        if epoch == 0:
            return place
        group = int(self._groups[place])
        seed = key(self.facts["seed"], "epoch", epoch, group)
        return self._ranks.select(group, permuted(self._ranks.rank(place), self._ranks.size(group), seed))

    @functools.cached_property
    def _ranks(self) -> Groups:
        """Needed from the second epoch on."""
        return Groups(self._groups, len(self.facts["groups"]))

    def window(self, w: int) -> Window:
        """Window `w` of the files, each array of shape (seq_len,): see `windows`."""
        return {name: values[0] for name, values in self.windows([w]).items()}

    def windows(self, numbers: Sequence[int]) -> Window:
        """Some windows of the files, each array of shape (windows, seq_len).

        tokens int64; position_ids int64, from 0 in each document; document_ids int64, 0, 1, 2 ... in the window and -1 on padding;
        loss_mask bool, False on padding and on what the recipe masks. A target counts where its `loss_mask` is True and its
        `document_ids` is that of the token before it.
        """
        shape = (len(numbers), self.seq_len)
        out: Window = {name: np.empty(shape, np.int64) for name in ("tokens", "position_ids", "document_ids")}
        out["loss_mask"] = np.zeros(shape, bool)
        for row, number in enumerate(numbers):
            self._read(int(number), *(values[row] for values in out.values()))
        return out

    def _read(
        self,
        number: int,
        tokens: NDArray[Any],
        position_ids: NDArray[Any],
        document_ids: NDArray[Any],
        loss_mask: NDArray[Any],
    ) -> None:
        """One window into rows of `windows`: faster than many at once, because a window stays in the processor's cache."""
        shard, row = divmod(number, self.facts["windows_per_shard"])
        tokens[:] = self._shard(shard)[row]
        piece = slice(self._windows[number], self._windows[number + 1])
        lengths = self._segments[piece].astype(np.int64)
        ends = lengths.cumsum()
        used = ends[-1]
        document_ids[:used] = np.arange(len(lengths)).repeat(lengths)
        document_ids[used:] = -1
        np.subtract(self._count[:used], (ends - lengths).repeat(lengths), out=position_ids[:used])
        position_ids[used:] = 0
        if self._masked is None:
            loss_mask[:used] = True
        else:
            loss_mask[:used] = position_ids[:used] >= self._masked[piece].repeat(lengths)

    def _shard(self, number: int) -> NDArray[Any]:
        if number not in self._shards:
            dtype = np.dtype(self.facts["dtype"]).newbyteorder("<")
            mapped = np.memmap(self.path / self.facts["shards"][number], dtype, "r")
            self._shards[number] = np.asarray(mapped).reshape(-1, self.seq_len)
        return self._shards[number]

    def batch(self, step: int, size: int, rank: int = 0, world: int = 1) -> Window:
        """This rank's part of global batch `step`: every `world`-th of `size` windows, each array (size / world, seq_len)."""
        return self.windows(self._numbers(step * size, size, rank, world))

    def batches(self, size: int, rank: int = 0, world: int = 1, epochs: int | None = 1) -> Iterator[Window]:
        """Batches from `consumed` on, which moves with them; whole ones only, up to the end of `epochs`; without end if None."""
        for numbers in self.sampler(size, rank, world, epochs):
            self.consumed += size
            yield self.windows(numbers)

    def sampler(self, size: int, rank: int = 0, world: int = 1, epochs: int | None = 1) -> Iterator[list[int]]:
        """The numbers of the windows of each such batch, for a DataLoader's `batch_sampler`.

        It does not move `consumed`, because a DataLoader asks for batches before they are used: add `size` after each step.
        """
        start = self.consumed
        while epochs is None or start + size <= epochs * len(self):
            yield self._numbers(start, size, rank, world)
            start += size

    def _numbers(self, start: int, size: int, rank: int, world: int) -> list[int]:
        if size < 1 or size % world or not 0 <= rank < world:
            raise CurateError(
                f"a batch of {size} windows cannot be shared equally by {world} ranks (this one is {rank})"
            )
        return [self.number(n) for n in range(start + rank, start + size, world)]

    def state_dict(self) -> dict[str, Any]:
        """Where the stream stands: windows consumed by all ranks together, and the mixture they came from."""
        return {"mixture": self.digest, "windows": self.consumed}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state. Raises CurateError for the state of another mixture."""
        if state["mixture"] != self.digest:
            raise CurateError(
                f"the state is of mixture {state['mixture'][:12]}, this is {self.digest[:12]}", where=str(self.path)
            )
        self.consumed = int(state["windows"])

    def documents(self, step: int, size: int) -> pl.DataFrame:
        """The documents of global batch `step`: rows of index.parquet with the `place` of their window, in order of training.

        Only the row groups that hold them are read: row r of the index is segment r.
        """
        import polars as pl
        from pyarrow import parquet

        numbers = np.array(self._numbers(step * size, size, 0, 1))
        first, counts = self._windows[numbers], self._windows[numbers + 1] - self._windows[numbers]
        rows = np.repeat(first - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
        with parquet.ParquetFile(self.path / "index.parquet") as file:
            heights = np.array([file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)])
            ends = np.cumsum(heights)
            wanted, group = np.unique(np.searchsorted(ends, rows, "right"), return_inverse=True)
            held = pl.DataFrame(pl.from_arrow(file.read_row_groups(wanted.tolist())))
        skipped = (ends - heights)[wanted] - (np.cumsum(heights[wanted]) - heights[wanted])
        places = pl.Series("place", np.repeat(np.arange(step * size, (step + 1) * size), counts))
        return pl.DataFrame([places, *held[rows - skipped[group]]])

    def __reduce__(self) -> tuple[Any, ...]:
        """Workers open the files themselves; a pickled map would carry its bytes."""
        return _reopened, (str(self.path), self.consumed)


def _reopened(path: str, consumed: int) -> Mixture:
    mixture = Mixture(path)
    mixture.consumed = consumed
    return mixture
