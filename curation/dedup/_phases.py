"""The phases of `minhash`: an order, buckets by band, sets of shingles by shard, verdicts by rank, and the rows that come of them.

What grows with the corpus stands in files of `Layout`. A phase keeps to `corpus.memory`: keys are sorted by ranges that fit, texts are
taken by slices, and what a phase has touched of mapped files is let go where these are larger than their share.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.spill import ordered
from curation.dedup._layout import Layout, slices

Numbers = npt.NDArray[np.int64]
BY_KEY = 64
"""Bytes that finding the buckets takes for each document of a range of keys."""
BY_BYTE = 16
"""Bytes that making sets takes for each byte of text, at most: a word of one letter, its blank, and copies of its 8 bytes."""
ROWS = 1 << 16
"""Rows of one frame of the result."""


# the order of preference


@dataclass(frozen=True)
class Order:
    """columns: larger is better; snapshot: a column of which the smallest comes before all else; preferred: values, the best first."""

    columns: tuple[str, ...]
    snapshot: str | None
    preferred: dict[str, list[str]]

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

    def ordered(self, frames: Iterator[pl.DataFrame], folder: Path, memory: int) -> Iterator[pl.DataFrame]:
        """Frames of `id`, `position` and what is read, in order: the best first, of equal ones the smallest id; no value is worst."""
        keys, down = self.keys()
        by = [*[f"key_{i}" for i in range(len(keys))], "id", "position"]
        keyed = (frame.select(*keys, "id", "position") for frame in frames)
        folder.mkdir(parents=True, exist_ok=True)
        yield from ordered(keyed, by, descending=[*down, False, False], folder=folder, memory=memory)


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
    for frame in order.ordered(_with_ids(layout, order), layout.path("order"), layout.corpus.memory):
        found = frame["position"].to_numpy()
        at.array[reach : reach + len(found)] = found
        ranks.array[found] = np.arange(reach, reach + len(found))
        reach += len(found)
        ranks.let_go()
        at.let_go()


def _with_ids(layout: Layout, order: Order) -> Iterator[pl.DataFrame]:
    """Frames of the corpus for the order. On the way, the ids of all go to files."""
    from curation._utf8 import utf8

    with layout.path("ids").open("wb") as ids, layout.path("bounds").open("wb") as ends:
        for part in range(layout.parts):
            own = part < layout.corpus.count
            frame = layout.columns(part, *(dict.fromkeys(["id", *order.reads]) if own else ["id"]))
            data, bounds = utf8(frame["id"])
            (bounds[:-1] - bounds[:1] + ids.tell()).tofile(ends)
            data[bounds[0] : bounds[-1]].tofile(ids)
            if own:
                place = layout.positions(part)
                yield frame.with_columns(position=pl.int_range(place.start, place.stop, dtype=pl.Int64))
        np.array([ids.tell()], np.int64).tofile(ends)
        ids.write(b"\0")  # an empty file cannot be mapped


# buckets


@dataclass(frozen=True)
class Buckets:
    """One band: a bucket of each key that several documents have, one of them not of the index."""

    layout: Layout

    def __call__(self, band: int) -> None:
        from curation.dedup import _minhash

        layout, end = self.layout, 1
        member, real, ranks = (layout.open(name) for name in ("member", "real", "ranks"))
        mine = member.array.reshape(-1, layout.count)[band]
        first, last = layout.old
        for keys, positions in self._ranges(band):
            older = (positions >= first) & (positions < last)
            places, end = _minhash.buckets(keys, np.argsort(keys, kind="stable"), older, end)
            some = np.flatnonzero(places)
            for slot in self._steps(len(some)):
                real.array[positions[some[slot]]] = True
                real.let_go()
            found = np.empty(len(some), np.int64)
            for slot in self._steps(len(some)):
                found[slot] = ranks.array[positions[some[slot]]]
                ranks.let_go()
            by_rank = np.argsort(found)
            for slot in self._steps(len(some)):
                mine[found[by_rank[slot]]] = places[some[by_rank[slot]]]
                member.let_go()
        np.array([end], np.int64).tofile(layout.path(f"end-{band}"))

    def _steps(self, count: int) -> Iterator[slice]:
        """So few documents that what they touch of one file, in ascending order, is an eighth of the memory at most."""
        layout = self.layout
        share = layout.corpus.memory // 8
        step = count if layout.count * 8 <= share else max(1, share >> 16)
        return (slice(start, start + step) for start in range(0, count, max(1, step)))

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
                pairs[by[cuts[n] : cuts[n + 1]]].tofile(file)
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
    layout.corpus.each(Buckets(layout), bands)
    ends = [np.fromfile(layout.path(f"end-{band}"), np.int64)[0] for band in range(bands)]
    return np.concatenate([[0], np.cumsum(ends)])


# sets of shingles


@dataclass(frozen=True)
class Sets:
    """One part: the shingles of its documents that have a bucket, from `places[part]` on in the file."""

    layout: Layout
    ngram: int
    places: tuple[int, ...]

    def __call__(self, part: int) -> None:
        layout, at, place = self.layout, self.places[part], self.layout.positions(part)
        rows = np.flatnonzero(layout.open("real").array[place])
        starts, lengths = np.zeros(place.stop - place.start, np.int64), np.zeros(place.stop - place.start, np.int32)
        with layout.path("sets").open("r+b") as file:
            file.seek(at * 8)
            for slot, sets, ends in self._made(part, rows):
                sets.tofile(file)
                starts[rows[slot]] = at + ends[:-1] - ends[0]
                lengths[rows[slot]] = np.diff(ends)
                at += len(sets)
        for name, values in (("starts", starts), ("lengths", lengths)):
            with layout.path(name).open("r+b") as file:
                file.seek(place.start * values.itemsize)
                values.tofile(file)

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
            yield slot, *_minhash.sets(*utf8(texts[slot]), tables(), self.ngram)


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


def make_sets(layout: Layout, ngram: int) -> None:
    """Fill `sets`, `starts` and `lengths`. Room is kept for shingles that a text repeats, too: the file has holes there."""
    real, places = layout.open("real"), [0]
    for part in range(layout.parts):
        most = layout.columns(part, "shingles")["shingles"].to_numpy()[real.array[layout.positions(part)]]
        places.append(places[-1] + int(most.sum(dtype=np.int64)))
    layout.reserve("sets", places[-1])
    layout.reserve("starts", layout.count)
    layout.reserve("lengths", layout.count)
    layout.corpus.each(Sets(layout, ngram, tuple(places)), layout.parts)


# verdicts


def decide(layout: Layout, bases: Numbers, threshold: float) -> int:
    """Fill `of` and `similar`; how many documents of the corpus stayed beside a bucket that did not hold all that stay."""
    from curation.dedup import _minhash

    layout.reserve("held", int(bases[-1]))
    layout.reserve("of", layout.count)
    layout.reserve("similar", layout.count)
    names = ("member", "held", "at", "starts", "lengths", "sets", "of", "similar")
    files = {name: layout.open(name) for name in names}
    share = layout.corpus.memory // 4
    small = sum(file.array.nbytes for name, file in files.items() if name != "sets")
    distant = 0 if small <= share else _minhash.REACH
    budget = share if distant or files["sets"].array.nbytes > share else 1 << 62
    member, held, at, starts, lengths, sets, of, similar = (files[name].array for name in names)
    rank = met = 0
    first, last = layout.old
    older, counted = last - first, last
    while rank < layout.count:
        rank, more = _minhash.decide(
            rank, budget, distant, older, counted, threshold,
            member.reshape(-1, layout.count), bases, held, at, starts, lengths, sets, of, similar,
        )  # fmt: skip
        met += more
        for name, file in files.items():
            if distant or name == "sets":
                file.let_go()
    return met


def copies(layout: Layout) -> Iterator[pl.DataFrame]:
    """Frames of the documents of the corpus that go: `id`, `minhash_duplicate_of`, `minhash_jaccard`."""
    from curation._utf8 import series
    from curation.dedup import _minhash

    files = {name: layout.open(name) for name in ("of", "similar", "at", "ids", "bounds")}
    of, similar, at, ids, bounds = (file.array for file in files.values())
    first, last = layout.old
    for start in range(last - first, last, ROWS):
        gone = start + np.flatnonzero(of[start : min(start + ROWS, last)])
        names = [series(pl.Series(gone), *_minhash.taken(ids, bounds, at[ranks])) for ranks in (gone, of[gone] - 1)]
        yield pl.DataFrame({"id": names[0], "minhash_duplicate_of": names[1], "minhash_jaccard": similar[gone]})
        for file in files.values():
            file.let_go()
