"""Where a corpus is cut anew: shards of bounded text, sorted by id over the whole of it, and ranges of them that fit into memory.

Where shards begin follows from the ids and the lengths of the texts alone; ranges and groups follow from the memory too, and decide no
byte. Nothing is held that grows with the corpus but one id for each new shard.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from curate.artifact import SHARD_BYTES, SHARD_ROWS, View, replace_file
from curate.spill import ordered
from curate.work import Work

RANGE = 8
"""The part of memory that the text of a range, or of what is scattered at a time, may take; it is held some three times."""


@dataclass(frozen=True)
class Layout:
    """Where the corpus is cut. New shards begin at these ids; ranges are runs of new shards, groups runs of shards as they came."""

    firsts: tuple[str, ...]
    """First id of each new shard."""
    ranges: tuple[int, ...]
    """First new shard of each range, and the number of new shards."""
    groups: tuple[int, ...]
    """First shard of each group, and the number of shards."""

    def by_range(self, rows: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Rows in the order of ids as one frame for each range."""
        edges = [self.firsts[shard] for shard in self.ranges[1:-1]]
        held: list[pl.DataFrame] = []
        for frame in rows:
            left = frame
            held.append(frame.clear())
            while edges and left.height and left["id"][-1] >= edges[0]:
                place = int(left["id"].search_sorted(edges[0]))
                yield pl.concat([*held, left[:place]])
                held, left = [frame.clear()], left[place:]
                edges.pop(0)
            held.append(left)
        whole = pl.concat(held)
        yield whole
        yield from (whole.clear() for _ in edges)


def lay_out(node: Work, view: View, memory: int, workers: int) -> Layout:
    """How to cut, from the sizes that phase 1 wrote; the same again for a build that goes on with as much memory."""
    work = node.draft / "work"
    note = work / "layout.json"
    with contextlib.suppress(FileNotFoundError, ValueError, TypeError):
        told = json.loads(note.read_text("utf-8"))
        if told.pop("memory") == memory:
            return Layout(**{name: tuple(value) for name, value in told.items()})
    for path in (note, work / "columns.json"):
        path.unlink(missing_ok=True)
    shutil.rmtree(work / "scatter", ignore_errors=True)
    given: list[int] = []

    def sizes() -> Iterator[pl.DataFrame]:
        for name in view.shards:
            frame = pl.read_parquet(work / "sizes" / name, glob=False)
            given.append(int(frame["bytes"].sum()))
            yield frame

    with empty_folder(work / "order") as order:
        firsts, texts = cuts(ordered(sizes(), ["id"], folder=order, memory=memory))
    for_all = max(SHARD_BYTES, sum(given) // (4 * workers))  # so that no worker is idle for long
    most = min(memory // RANGE, for_all)
    layout = Layout(firsts, _runs(texts, most), _runs(given, most))
    replace_file(note, json.dumps({**layout.__dict__, "memory": memory}).encode())
    return layout


@contextlib.contextmanager
def empty_folder(path: Path) -> Iterator[Path]:
    """An empty folder that is gone afterwards, also what a build that was killed left in it."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    yield path
    shutil.rmtree(path)


def _runs(sizes: list[int], most: int) -> tuple[int, ...]:
    """Where to cut a list of sizes into runs of at most so much, or of one; the length of the list is the last."""
    found, held = [0], 0
    for number, size in enumerate(sizes):
        if held and held + size > most:
            found.append(number)
            held = 0
        held += size
    return (*found, len(sizes)) if sizes else (0,)


def cuts(sizes: Iterator[pl.DataFrame]) -> tuple[tuple[str, ...], list[int]]:
    """First id of each new shard, and its bytes of text: as many documents as fit into SHARD_BYTES of text and SHARD_ROWS rows.

    sizes: `id` and `bytes` of all documents in the order of ids.
    """
    firsts: list[str] = []
    texts: list[int] = []
    rows = SHARD_ROWS
    for frame in sizes:
        ends = frame["bytes"].to_numpy().cumsum(dtype=np.int64)
        place = 0
        while place < frame.height:
            before = int(ends[place - 1]) if place else 0
            fits = int(np.searchsorted(ends, before + SHARD_BYTES - (texts[-1] if texts else 0), "right")) - place
            take = max(0, min(fits, SHARD_ROWS - rows))
            if not take:  # the document does not fit: it is the first of a new shard, whatever its size
                firsts.append(frame["id"][place])
                texts.append(0)
                rows, take = 0, 1
            place += take
            rows += take
            texts[-1] += int(ends[place - 1]) - before
    return (tuple(firsts), texts) if firsts else (("",), [0])
