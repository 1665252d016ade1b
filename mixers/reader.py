"""Read a mixture for training: numpy only, memory-mapped, any place at once.

`Mixture(path)` is a map-style dataset (`len`, `[n]`) that a torch `DataLoader` takes as it is. What stands at place `n` is a pure
function of the mixture and `n`, for any number of ranks, workers and resumes: epoch 0 is the order of the files, and epoch e visits the
same sequence of sources with the windows of each group (one source in one stage) permuted by (seed, e, group). Its state is one number,
the windows consumed by all ranks together, so a run may resume with another batch size or world size.

    mix = Mixture(path)
    for batch in mix.batches(64, rank, world): ...                      # numpy arrays; moves mix.consumed
    DataLoader(mix, batch_sampler=mix.sampler(64, rank, world))         # torch; you move mix.consumed, because workers read ahead

Left out: shuffling (the mixture is shuffled), prefetching (the page cache does it), and shifting labels: token i is the label of
place i - 1, and `loss_mask[i]` says whether it counts.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from curate.errors import CurateError
from curate.identity import canonical, file_sha256
from mixers.order import Groups, key, permuted
from mixers.sampler import Sampler, refuse_unequal

if TYPE_CHECKING:
    import polars as pl

Window = dict[str, NDArray[Any]]
FORMAT = 2


def places(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of each token of some pieces that stand end to end, its place in its piece. lengths: (pieces,) tokens of each."""
    ends = lengths.cumsum()
    found: NDArray[np.int64] = np.arange(ends[-1] if len(ends) else 0) - (ends - lengths).repeat(lengths)
    return found


class Mixture:
    """The windows of a mixture, in training order.

    tokenizer_sha256: of the `tokenizer.json` that the model is trained with, if it shall be checked. Raises CurateError where that is not
    the mixture's, where a file is missing or not as long as it should be, and where mixture.json or the arrays that say what stands in
    the windows were altered. The windows themselves and the index are many times as large: `verify` reads them too.
    """

    def __init__(self, path: str | Path, tokenizer_sha256: str | None = None) -> None:
        self.path = Path(path)
        self.facts, self.digest = _facts(self.path)
        for name, file in self.facts["files"].items():
            held = (self.path / name).stat().st_size if (self.path / name).is_file() else -1
            if held != file["bytes"]:
                raise CurateError(f"{name} has {held:,} bytes, not {file['bytes']:,}; copy it again", where=str(path))
        self._check(name for name in self.facts["files"] if name.endswith(".npy"))
        mine = self.facts["tokenizer_sha256"]
        if tokenizer_sha256 not in (None, mine):
            said = f"the mixture's tokens are of the tokenizer {mine[:12]}, not of {str(tokenizer_sha256)[:12]}"
            raise CurateError(f"{said}; train with that one, or build the mixture with yours", where=str(path))
        self._map()

    def _map(self) -> None:
        self.seq_len: int = self.facts["seq_len"]
        self.dtype: np.dtype[Any] = np.dtype(self.facts["dtype"]).newbyteorder("<")
        """Of the token ids in the files."""
        self.segments = self._array("segments")
        """(pieces,) tokens of each. A piece is a document, or the part of one that stands in one window."""
        self.edges = self._array("windows")
        """(windows + 1,) where the pieces of each window begin in `segments`."""
        self.groups = self._array("groups")
        """(windows,) which of the facts' `groups`, a source in a stage, each is of."""
        self.masked = self._array("masked") if "masked.npy" in self.facts["files"] else None
        """(pieces,) leading tokens of each that the recipe masks; None if it masks none."""
        self._shards: dict[int, NDArray[Any]] = {}
        self.consumed = 0
        """Windows consumed by all ranks together: the place where `batches` and `sampler` begin."""

    def _array(self, name: str) -> NDArray[Any]:
        mapped = np.load(self.path / f"{name}.npy", mmap_mode="r")
        return np.asarray(mapped)  # the same map, without the cost of a memmap at each access

    def _check(self, names: Iterable[str]) -> None:
        for name in names:
            if file_sha256(self.path / name) != self.facts["files"][name]["sha256"]:
                raise CurateError(f"{name} is not what mixture.json says; copy or build it again", where=str(self.path))

    def verify(self) -> None:
        """Check every file against its digest in mixture.json, which reads all of it. CurateError that names the first altered one."""
        self._check(self.facts["files"])
        if self.held_out:
            self.held_out.verify()

    @functools.cached_property
    def held_out(self) -> Mixture | None:
        """The windows of documents that are not trained on, to evaluate on; None if the recipe holds none out.

        Raises CurateError where the folder `held_out` is missing, or is another than the one that mixture.json names by its digest.
        """
        if "held_out" not in self.facts:
            return None
        found, named = Mixture(self.path / "held_out"), self.facts["held_out"]["sha256"]
        if found.digest != named:
            raise CurateError(
                f"the digest is {found.digest[:12]}, not {named[:12]}; copy it again", where=str(found.path)
            )
        return found

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
        """Which window of the files stands at place `n` of the endless stream. IndexError before its beginning."""
        if n < 0:
            raise IndexError(n)
        epoch, place = divmod(n, len(self))
        if epoch == 0:
            return place
        group = int(self.groups[place])
        seed = key(self.facts["seed"], "epoch", epoch, group)
        return self._ranks.select(group, permuted(self._ranks.rank(place), self._ranks.size(group), seed))

    @functools.cached_property
    def _ranks(self) -> Groups:
        """Needed from the second epoch on."""
        return Groups(self.groups, len(self.facts["groups"]))

    def window(self, w: int) -> Window:
        """Window `w` of the files, each array of shape (seq_len,): see `windows`."""
        return {name: values[0] for name, values in self.windows([w]).items()}

    def windows(self, numbers: Sequence[int]) -> Window:
        """Some windows of the files, each array of shape (windows, seq_len).

        tokens int64; position_ids int64, from 0 in each document; document_ids int64, 0, 1, 2 ... in the window and -1 on padding;
        loss_mask bool: whether the token is a target. The first of a document, or of a piece of one, is none, for what stands before it
        is of another; nor are padding and what the recipe masks. The end token of a document is one.
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
        tokens[:] = self.shard(shard)[row]
        piece = slice(self.edges[number], self.edges[number + 1])
        lengths = self.segments[piece].astype(np.int64)
        inside = places(lengths)
        used = len(inside)
        document_ids[:used] = np.arange(len(lengths)).repeat(lengths)
        document_ids[used:] = -1
        position_ids[:used] = inside
        position_ids[used:] = 0
        heads = 1 if self.masked is None else np.maximum(self.masked[piece], 1).repeat(lengths)
        loss_mask[:used] = inside >= heads

    def shard(self, number: int) -> NDArray[Any]:
        """The windows of one file, (windows, seq_len), mapped: the `number`-th of the facts' `shards`."""
        if number not in self._shards:
            mapped = np.memmap(self.path / self.facts["shards"][number], self.dtype, "r")
            self._shards[number] = np.asarray(mapped).reshape(-1, self.seq_len)
        return self._shards[number]

    def batch(self, step: int, size: int, rank: int = 0, world: int = 1) -> Window:
        """This rank's part of global batch `step`: every `world`-th of `size` windows, each array (size / world, seq_len)."""
        return self.windows(self.numbers(step * size, size, rank, world))

    def batches(self, size: int, rank: int = 0, world: int = 1, epochs: float | None = None) -> Iterator[Window]:
        """Batches from `consumed` on, which moves with them, up to the end that `sampler` says for `epochs`."""
        for numbers in self.sampler(size, rank, world, epochs):
            self.consumed += size
            yield self.windows(numbers)

    def sampler(self, size: int, rank: int = 0, world: int = 1, epochs: float | None = None) -> Sampler:
        """The numbers of the windows of each such batch, for a DataLoader's `batch_sampler`, as often as it is iterated.

        A pass begins at `consumed` and ends with the last whole batch of the epoch under way, so that a second one is the second epoch;
        the windows that were left over come first in it. `epochs`: then it ends with the last whole batch of so many epochs from the
        beginning of the run, however often that was resumed; `math.inf`: without end. A pass does not move `consumed`, because a
        DataLoader asks for batches before they are used: add `size` after each step, or the second pass is the first again.
        """
        return Sampler(self, size, rank, world, epochs)

    def numbers(self, start: int, size: int, rank: int = 0, world: int = 1) -> list[int]:
        """Which windows of the files this rank reads of the `size` from place `start` of the endless stream on: every `world`-th."""
        refuse_unequal(size, rank, world)
        return [self.number(n) for n in range(start + rank, start + size, world)]

    def state_dict(self) -> dict[str, Any]:
        """Where the stream stands: windows consumed by all ranks together, and the mixture they came from."""
        return {"mixture": self.digest, "windows": self.consumed}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state. Raises CurateError for the state of another mixture, or of something else."""
        whose, windows = state.get("mixture"), state.get("windows")
        if not isinstance(whose, str) or not isinstance(windows, int) or windows < 0:
            raise CurateError("is no state of a mixture, which says mixture: and windows:", where=str(self.path))
        if whose != self.digest:
            raise CurateError(f"the state is of mixture {whose[:12]}, this is {self.digest[:12]}", where=str(self.path))
        self.consumed = windows

    def count(self, places: Iterable[int]) -> int:
        """Tokens that stand at some places of the endless stream, without padding."""
        edges = ((self.edges[w], self.edges[w + 1]) for w in map(self.number, places))
        return sum(int(self.segments[start:end].sum(dtype=np.int64)) for start, end in edges)

    def documents(self, step: int, size: int) -> pl.DataFrame:
        """The documents of global batch `step`: rows of index.parquet with the `place` of their window, in order of training.

        Only the row groups that hold them are read: row r of the index is segment r.
        """
        import polars as pl
        from pyarrow import parquet

        numbers = np.array(self.numbers(step * size, size, 0, 1))
        first, counts = self.edges[numbers], self.edges[numbers + 1] - self.edges[numbers]
        rows = np.repeat(first - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
        with parquet.ParquetFile(self.path / "index.parquet") as file:
            heights = np.array([file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)])
            ends = np.cumsum(heights)
            wanted, group = np.unique(np.searchsorted(ends, rows, "right"), return_inverse=True)
            held = pl.DataFrame(pl.from_arrow(file.read_row_groups(wanted.tolist())))
        skipped = (ends - heights)[wanted] - (np.cumsum(heights[wanted]) - heights[wanted])
        places = pl.Series("place", np.repeat(np.arange(step * size, (step + 1) * size), counts))
        return pl.DataFrame([places, *held[rows - skipped[group]]])

    def __getstate__(self) -> dict[str, Any]:
        """Workers open the files themselves, without another check; a pickled map would carry its bytes."""
        return {"path": str(self.path), "consumed": self.consumed}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.path = Path(state["path"])
        self.facts, self.digest = _facts(self.path)
        self._map()
        self.consumed = state["consumed"]


def _facts(path: Path) -> tuple[dict[str, Any], str]:
    """mixture.json, and its SHA-256. CurateError where it is none, of another format, or altered."""
    try:
        whole = (path / "mixture.json").read_bytes()
    except OSError:
        raise CurateError("not a mixture: no mixture.json", where=str(path)) from None
    try:
        facts: dict[str, Any] = dict(json.loads(whole))
    except (ValueError, TypeError):
        raise CurateError("mixture.json is damaged; copy it again", where=str(path)) from None
    if facts.get("format") != FORMAT:
        said = f"format {facts.get('format')}, this program reads {FORMAT}; build it again"
        raise CurateError(said, where=str(path))
    said = facts.pop("facts_sha256", None)
    if hashlib.sha256(canonical(facts)).hexdigest() != said:
        raise CurateError("mixture.json was altered; copy or build it again", where=str(path))
    return {**facts, "facts_sha256": said}, hashlib.sha256(whole).hexdigest()
