"""The phases of `minhash`: an order, buckets by band, sets of shingles by shard, verdicts by rank, and the rows that come of them.

What grows with the corpus stands in files of `Layout`. A phase keeps to `corpus.memory`: keys are sorted by ranges that fit, texts are
taken by slices, and what a phase has touched of mapped files is let go where these are larger than their share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.errors import CurateError
from curate.spill import ordered
from curation.dedup._files import append
from curation.dedup._layout import Layout, slices

Numbers = npt.NDArray[np.int64]
BY_KEY = 80
"""Bytes that finding the buckets takes for each document of a range of keys."""
BY_BYTE = 16
"""Bytes that making sets takes for each byte of text, at most: a word of one letter, its blank, and copies of its 8 bytes."""
BY_PLACE = 400
"""Bytes that a block of verdicts takes for each document and band, at most, beside what is bounded by itself."""
ROWS = 1 << 16
"""Rows of one frame of the result."""


# the order of preference


@dataclass(frozen=True)
class Order:
    """columns: larger is better; snapshot: a column of which the smallest comes before all else; preferred: values, the best first."""

    columns: tuple[str, ...]
    snapshot: str | None
    preferred: dict[str, list[str]]

    def check(self, schema: Mapping[str, pl.DataType]) -> None:
        """CurateError for preferred values that nothing can have, or that are not in one order. schema: of what is read."""
        for name, values in self.preferred.items():
            if name not in self.columns:
                raise CurateError(f"preferred has {name!r}, which is no column of keep_order")
            if schema[name].is_nested():
                raise CurateError(
                    f"preferred has {name!r}, a column of {schema[name]}; only single values can be preferred"
                )
            if twice := [value for number, value in enumerate(values) if value in values[:number]]:
                raise CurateError(f"preferred has {twice[0]!r} of {name!r} twice; delete one")

    @property
    def reads(self) -> list[str]:
        return list(dict.fromkeys(([self.snapshot] if self.snapshot else []) + list(self.columns)))

    def keys(self) -> tuple[list[pl.Expr], list[bool]]:
        """What to sort by, named `key_0` and so on, and whether it descends."""
        made, down = [], []
        for i, name in enumerate(self.reads):
            key, best = pl.col(name), self.preferred.get(name)
            if best is not None:
                key = key.cast(pl.String).replace_strict(best, range(len(best)), default=None, return_dtype=pl.Int64)
            made.append(key.alias(f"key_{i}"))
            down.append(best is None and name != self.snapshot)
        return made, down

    def ordered(
        self, frames: Iterator[tuple[pl.DataFrame, int]], folder: Path, memory: int
    ) -> Iterator[npt.NDArray[np.int64]]:
        """Positions in order: the best first, of equal ones the smallest id; no value is worst.

        frames: of `id` and what is read, each with the position of its first document.
        """
        keys, down = self.keys()
        by = [*[f"key_{i}" for i in range(len(keys))], "id", "position"]
        keyed = (
            frame.select(*keys, "id", position=pl.int_range(start, start + frame.height, dtype=pl.Int64))
            for frame, start in frames
        )
        folder.mkdir(parents=True, exist_ok=True)
        for found in ordered(keyed, by, descending=[*down, False, False], folder=folder, memory=memory):
            yield found["position"].to_numpy()


def rank(layout: Layout, order: Order, older: Numbers) -> None:
    """Fill `ranks` and `at`: the index in its own order (`older`), then the corpus, then what is planted. The ids are kept, too."""
    first, last = layout.old
    for name in ("ranks", "at"):
        layout.reserve(name, layout.count)
    ranks, at = layout.open("ranks"), layout.open("at")
    ranks.array[first:last] = older
    at.array[older] = np.arange(first, last)
    ranks.array[last:] = at.array[last:] = np.arange(last, layout.count)
    reach = last - first
    for found in order.ordered(_with_ids(layout, order), layout.path("order"), layout.corpus.memory):
        at.array[reach : reach + len(found)] = found
        ranks.array[found] = np.arange(reach, reach + len(found))
        reach += len(found)
        ranks.let_go()
        at.let_go()


def _with_ids(layout: Layout, order: Order) -> Iterator[tuple[pl.DataFrame, int]]:
    """Frames of the corpus for the order, with the position where each begins. On the way, the ids of all go to files."""
    from curation._utf8 import utf8

    with layout.path("ids").open("wb") as ids, layout.path("bounds").open("wb") as ends:
        for part in range(layout.parts):
            own = part < layout.corpus.count
            frame = layout.columns(part, *(dict.fromkeys(["id", *order.reads]) if own else ["id"]))
            data, bounds = utf8(frame["id"])
            append(ends, bounds[:-1] - bounds[:1] + ids.tell())
            append(ids, data[bounds[0] : bounds[-1]])
            if own:
                yield frame, layout.starts[part]
        append(ends, np.array([ids.tell()], np.int64))


# buckets


@dataclass(frozen=True)
class Buckets:
    """One band: a bucket of each key that several documents have, one of them not of the index."""

    layout: Layout

    def __call__(self, band: int) -> None:
        from curation.dedup import _minhash

        layout, end = self.layout, 1
        member, real = layout.open("member"), layout.open("real")
        mine = member.array.reshape(-1, layout.count)[band]
        first, last = layout.old
        for keys, positions in self._ranges(band):
            older = (positions >= first) & (positions < last)
            places, end = _minhash.buckets(keys, np.argsort(keys, kind="stable"), older, end)
            some = np.flatnonzero(places)
            for slot in real.steps(len(some), layout.corpus.memory // 8):
                real.array[positions[some[slot]]] = True
            ranks = layout.lift("ranks", positions[some])
            by_rank = np.argsort(ranks)
            for slot in member.steps(len(some), layout.corpus.memory // 8):
                mine[ranks[by_rank[slot]]] = places[some[by_rank[slot]]]
        layout.path(f"end-{band}").write_bytes(np.int64(end).tobytes())

    def _ranges(self, band: int) -> Iterator[tuple[npt.NDArray[np.uint64], Numbers]]:
        """Keys and positions, ascending by position, of ranges of keys that fit into half of the memory."""
        bits = 0
        while bits < 10 and self.layout.count * BY_KEY >> bits > self.layout.corpus.memory // 2:
            bits += 1
        pieces = (self._part(band, part) for part in range(self.layout.parts))
        if not bits:
            both = list(pieces)
            yield np.concatenate([k for k, _ in both]), np.concatenate([p for _, p in both])
            return
        folder = self.layout.path(f"keys-{band}")
        folder.mkdir(exist_ok=True)
        paths = [folder / f"{number}" for number in range(1 << bits)]
        files = [path.open("wb") for path in paths]
        for keys, positions in pieces:
            pairs = np.stack([keys, positions.view(np.uint64)], axis=1)
            number = (keys >> np.uint64(64 - bits)).astype(np.int64)
            by = np.argsort(number, kind="stable")
            cuts = np.searchsorted(number[by], np.arange((1 << bits) + 1))
            for n, file in enumerate(files):
                append(file, pairs[by[cuts[n] : cuts[n + 1]]])
        for file in files:
            file.close()
        for path in paths:
            pairs = np.fromfile(path, np.uint64).reshape(-1, 2)
            path.unlink()
            yield pairs[:, 0].copy(), pairs[:, 1].astype(np.int64)

    def _part(self, band: int, part: int) -> tuple[npt.NDArray[np.uint64], Numbers]:
        frame = self.layout.columns(part, "shingles", f"band_{band}")
        some = np.flatnonzero(frame["shingles"].to_numpy())  # texts without words resemble nothing
        return frame[f"band_{band}"].to_numpy()[some], self.layout.starts[part] + some


def find_buckets(layout: Layout, bands: int) -> Numbers:
    """Fill `member` and `real`; where the places of each band begin (bands + 1)."""
    layout.reserve("member", bands * layout.count)
    layout.reserve("real", layout.count)
    layout.corpus.each(Buckets(layout), bands, "buckets")
    ends = [np.fromfile(layout.path(f"end-{band}"), np.int64)[0] for band in range(bands)]
    return np.concatenate([[0], np.cumsum(ends)])


# sets of shingles


@dataclass(frozen=True)
class Sets:
    """One part: the shingles of its documents that have a bucket, from `places[part]` on in the file."""

    layout: Layout
    ngram: int
    exact_numbers: int
    places: tuple[int, ...]

    def __call__(self, part: int) -> None:
        layout, at, place = self.layout, self.places[part], self.layout.positions(part)
        rows = np.flatnonzero(layout.read("real", place.start, place.stop))
        starts, lengths = np.zeros(place.stop - place.start, np.int64), np.zeros(place.stop - place.start, np.int32)
        with layout.path("sets").open("r+b") as file:
            file.seek(at * 8)
            for slot, sets, ends in self._made(part, rows):
                append(file, sets)
                starts[rows[slot]] = at + ends[:-1] - ends[0]
                lengths[rows[slot]] = np.diff(ends)
                at += len(sets)
        for name, values in (("starts", starts), ("lengths", lengths)):
            with layout.path(name).open("r+b") as file:
                file.seek(place.start * values.itemsize)
                append(file, values)

    def _made(self, part: int, rows: Numbers) -> Iterator[tuple[slice, npt.NDArray[np.uint64], Numbers]]:
        """Slices of the rows, their shingles one after another, and where each row's begin, and the end."""
        from curation._utf8 import utf8
        from curation._words import tables
        from curation.dedup import _minhash

        if not len(rows):
            return
        file, memory = self.layout.file(part), self.layout.corpus.memory
        if file:
            yield from _stored(file, rows)
            return
        texts = self.layout.corpus.shard(part, "text")["text"][rows]
        sizes = texts.str.len_bytes().fill_null(0).to_numpy().astype(np.int64)
        for slot in slices(sizes, memory // (2 * BY_BYTE)):
            yield slot, *_minhash.sets(*utf8(texts[slot]), tables(), self.ngram, self.exact_numbers)


def _stored(file: Path, rows: Numbers) -> Iterator[tuple[slice, npt.NDArray[np.uint64], Numbers]]:
    """The same of a file that holds the sets, by groups of its rows."""
    import pyarrow.parquet as pq

    first = taken = 0
    for batch in pq.ParquetFile(file).iter_batches(1024, columns=["set"]):
        here = rows[(rows >= first) & (rows < first + len(batch))] - first
        column = pl.Series(batch.column(0))[here]
        sets = column.explode(empty_as_null=False) if len(here) else pl.Series([], dtype=pl.UInt64)
        yield (
            slice(taken, taken + len(here)),
            sets.to_numpy(),
            np.concatenate([[0], np.cumsum(column.list.len().to_numpy(), dtype=np.int64)]),
        )
        first, taken = first + len(batch), taken + len(here)


def make_sets(layout: Layout, ngram: int, exact_numbers: int) -> None:
    """Fill `sets`, `starts` and `lengths`. Room is kept for shingles that a text repeats, too: the file has holes there."""
    places = [0]
    for part in range(layout.parts):
        place = layout.positions(part)
        most = layout.columns(part, "shingles")["shingles"].to_numpy()[layout.read("real", place.start, place.stop)]
        places.append(places[-1] + int(most.sum(dtype=np.int64)))
    layout.reserve("sets", places[-1], holes=True)
    layout.reserve("starts", layout.count)
    layout.reserve("lengths", layout.count)
    layout.corpus.each(Sets(layout, ngram, exact_numbers, tuple(places)), layout.parts, "shingles")


# verdicts


def decide(layout: Layout, bases: Numbers, threshold: float) -> int:
    """Fill `of` and `similar`; how many documents of the corpus stayed beside a bucket that did not hold all that stay."""
    layout.reserve("held", int(bases[-1]))
    layout.reserve("of", layout.count)
    layout.reserve("similar", layout.count)
    most = max(1, layout.corpus.memory // (len(bases) * BY_PLACE))
    rank, step, beside = 0, most, 0
    while rank < layout.count:
        ranks = range(rank, min(rank + step, layout.count))
        block = _block(layout, bases, ranks)
        if block is None:
            step = max(1, len(ranks) // 2)
            continue
        beside += block.decide(layout, threshold)
        rank, step = ranks.stop, min(most, 2 * step if 4 * block.sets.nbytes < layout.corpus.memory // 4 else step)
    return beside


@dataclass(frozen=True)
class Block:
    """Documents of successive ranks that have buckets, what these buckets hold, and the sets of all of them.

    ranks: first of what is held, then of the documents (from number `first` on). there, places: where each bucket stands in the file and in
    `lists`; counts: how many it held.
    """

    ranks: Numbers
    first: int
    member: Numbers
    there: Numbers
    places: Numbers
    counts: Numbers
    lists: Numbers
    sets: npt.NDArray[np.uint64]
    ends: Numbers

    def decide(self, layout: Layout, threshold: float) -> int:
        """Write the verdicts and what the buckets hold; how many documents of the corpus stayed beside a full bucket."""
        from curation.dedup import _minhash

        if not len(self.there):
            return 0
        mine, (first, last) = self.ranks[self.first :], layout.old
        older = int(np.searchsorted(mine, last - first))
        of, similar, beside = _minhash.decide(
            self.first, older, threshold, self.member, self.lists, self.sets, self.ends
        )
        gone = np.flatnonzero(of)
        for name, values in (("of", self.ranks[of[gone] - 1] + 1), ("similar", similar[gone])):
            file = layout.open(name)
            file.array[mine[gone]] = values
            file.let_go()
        held = layout.open("held")
        for slot in held.steps(len(self.there), layout.corpus.memory // 16):
            _minhash.keep(held.array, self.there[slot], self.lists, self.places[slot], self.counts[slot], self.ranks)
        return int(beside[(mine >= last - first) & (mine < last)].sum())


def _block(layout: Layout, bases: Numbers, ranks: range) -> Block | None:
    """None if it is more than one document, and too large for the memory."""
    from curation.dedup import _minhash

    count, few = layout.count, len(ranks) == 1
    rows = [
        layout.read("member", band * count + ranks.start, band * count + ranks.stop) for band in range(len(bases) - 1)
    ]
    member = np.stack([np.where(row > 0, row + base, 0) for row, base in zip(rows, bases, strict=False)])
    some = np.flatnonzero(member.any(axis=0))
    member = member[:, some]
    there, number = np.unique(member, return_inverse=True)
    number = number.reshape(member.shape)
    none = int(len(there) > 0 and there[0] == 0)
    there, number = there[none:], number - none
    counts = layout.lift("held", there)
    more = np.bincount(number[number >= 0], minlength=len(there))
    held = np.minimum(counts, _minhash.LEADERS)
    places = np.concatenate([[1], 1 + np.cumsum(np.minimum(held + more, _minhash.LEADERS) + 1)])
    if places[-1] * 8 > layout.corpus.memory // 8 and not few:
        return None
    entries = layout.lift("held", there + 1, held)
    earlier = np.unique(entries)
    every = np.concatenate([earlier, ranks.start + some])
    at = layout.lift("at", every)
    lengths = layout.lift("lengths", at).astype(np.int64)
    if lengths.sum() * 8 > layout.corpus.memory // 4 and not few:
        return None
    lists = np.zeros(places[-1], np.int64)
    _minhash.hold(lists, places[:-1], counts, entries, earlier)
    sets = layout.lift("sets", layout.lift("starts", at), lengths)
    local = np.where(number >= 0, places[number], 0)
    return Block(
        every, len(earlier), local, there, places[:-1], counts, lists, sets, np.concatenate([[0], np.cumsum(lengths)])
    )


def copies(layout: Layout) -> Iterator[pl.DataFrame]:
    """Frames of the documents of the corpus that go: `id`, `minhash_duplicate_of`, `minhash_jaccard`."""
    first, last = layout.old
    for start in range(last - first, last, ROWS):
        of = layout.read("of", start, min(start + ROWS, last))
        gone = np.flatnonzero(of)
        similar = layout.read("similar", start, min(start + ROWS, last))
        ids, others = _ids(layout, start + gone), _ids(layout, of[gone] - 1)
        yield pl.DataFrame({"id": ids, "minhash_duplicate_of": others, "minhash_jaccard": similar[gone]})


def _ids(layout: Layout, ranks: Numbers) -> pl.Series:
    from curation._utf8 import series

    bounds = layout.lift("bounds", layout.lift("at", ranks), 2).reshape(-1, 2)
    lengths = bounds[:, 1] - bounds[:, 0]
    ids = layout.lift("ids", bounds[:, 0], lengths)
    return series(pl.Series(ranks), ids, np.concatenate([[0], np.cumsum(lengths)]))
