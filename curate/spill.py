"""Order more rows than fit into memory, and keep parts of frames in one file.

An external merge sort: runs that fit into memory are sorted by polars and written in small blocks, whose first rows are kept; blocks are
then taken in the order of their first rows, as many at a time as fit, and what is sure to come before all others goes out. Each block is
read once. What is small is sorted where it is, without a file: the result is the same. The order of texts is that of their bytes.

DuckDB sorts outside memory too, and was tried: it gives up ("failed to pin block") where its limit is some tens of MB, and takes more than
its limit where it is not. Left out: a stable sort. Columns that are sorted by must tell any two rows apart, or rows that are alike in them
must be alike in all.
"""

from __future__ import annotations

import io
import itertools
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import polars as pl

HELD = 32
"""The part of memory that rows may take as they come, and again as they are merged: sorting by texts takes several times as much."""
BLOCKS = 256
"""Blocks of a run that is as large as memory lets it be, and runs that are merged at a time: so one block of each takes no more."""
MOST_ROWS = 1 << 16
"""Rows of a frame that comes out."""
_END = "__end of what is sure"


class Parts(NamedTuple):
    """Frames behind one another in one file, each as an Arrow stream: their offsets, with the end of the file as the last."""

    path: Path
    offsets: tuple[int, ...]

    def read(self, number: int) -> pl.DataFrame:
        """One of the frames."""
        with self.path.open("rb") as file:
            file.seek(self.offsets[number])
            return pl.read_ipc_stream(io.BytesIO(file.read(self.offsets[number + 1] - self.offsets[number])))


def write_parts(frames: Iterable[pl.DataFrame], path: Path, *, durable: bool = True) -> Parts:
    """Write frames of one schema behind one another; a reader sees no file or the whole of it, durable: also after a power loss."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    offsets = [0]
    with temporary.open("wb") as file:
        for frame in frames:
            file.write(_stream(frame))
            offsets.append(file.tell())
        if durable:
            file.flush()
            os.fsync(file.fileno())
    temporary.replace(path)
    return Parts(path, tuple(offsets))


def _stream(frame: pl.DataFrame, compression: Literal["zstd", "uncompressed"] = "zstd") -> bytes:
    """A frame as an Arrow stream, without the texts of other rows that its slices hold on to."""
    sink = io.BytesIO()
    frame.rechunk().write_ipc_stream(sink, compression=compression, compat_level=pl.CompatLevel.oldest())
    return sink.getvalue()


def alone(frame: pl.DataFrame) -> pl.DataFrame:
    """A copy of a frame that holds on to nothing else: a slice of texts keeps all of those that it was cut from in memory."""
    return pl.read_ipc_stream(io.BytesIO(_stream(frame, "uncompressed")))


def ordered(
    frames: Iterable[pl.DataFrame],
    by: Sequence[str],
    *,
    descending: Sequence[bool] | bool = False,
    folder: Path,
    memory: int,
) -> Iterator[pl.DataFrame]:
    """The rows of all frames in order, nulls last in either direction, as frames of bounded size.

    The frames have the same columns and types, and each is small beside `memory`. by: columns that put the rows into a total order.
    descending: for all of them, or for each. folder: where files lie until the last frame is taken, or the iterator is closed. memory:
    bytes to stay within. Nothing for no frames, one frame without rows for frames that have none.
    """
    order = Order(tuple(by), tuple([descending] * len(by) if isinstance(descending, bool) else descending))
    chunks = _chunks(frames, max(1, memory // HELD))
    first = next(chunks, None)
    second = next(chunks, None)
    if first is None:
        return
    if second is None:
        yield from _sliced(order.sort(first))
        return
    place = Path(tempfile.mkdtemp(prefix="sort-", dir=folder))
    try:
        runs = []
        given = itertools.chain([first, second], chunks)
        del first, second
        for number, chunk in enumerate(given):
            if chunk.height:
                runs.append(_run(_blocks(order.sort(chunk)), place / f"{number}", order))
            schema = chunk.schema
            del chunk
        if not runs:
            yield pl.DataFrame(schema=schema)
            return
        level = itertools.count()
        while len(runs) > BLOCKS:
            groups = [runs[i : i + BLOCKS] for i in range(0, len(runs), BLOCKS)]
            runs = []
            for group in groups:
                runs.append(_run(_merged(group, order, memory), place / f"merged-{next(level)}", order))
                for run in group:
                    run.parts.path.unlink()
        yield from _merged(runs, order, memory)
    finally:
        shutil.rmtree(place, ignore_errors=True)


class Order(NamedTuple):
    """Columns, and which of them go down."""

    by: tuple[str, ...]
    descending: tuple[bool, ...]

    def sort(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame.sort(self.by, descending=self.descending, nulls_last=True)


class Run(NamedTuple):
    """Sorted blocks of rows, with the columns of the order of the first row of each, and its bytes."""

    parts: Parts
    firsts: pl.DataFrame
    sizes: list[int]


def _chunks(frames: Iterable[pl.DataFrame], most: int) -> Iterator[pl.DataFrame]:
    """The frames put together until they are as large as may be."""
    held: list[pl.DataFrame] = []
    size = 0
    for frame in frames:
        held.append(frame)
        size += int(frame.estimated_size())
        if size > most:
            whole, held, size = pl.concat(held), [], 0
            yield whole
            del whole
    if held:
        yield pl.concat(held)


def _sliced(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    yield from frame.iter_slices(MOST_ROWS) if frame.height else [frame]


def _blocks(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    yield from frame.iter_slices(max(1, min(MOST_ROWS, frame.height // BLOCKS)))


def _run(blocks: Iterable[pl.DataFrame], path: Path, order: Order) -> Run:
    firsts, sizes = [], []

    def noted() -> Iterator[pl.DataFrame]:
        for block in blocks:
            firsts.append(alone(block.select(order.by).head(1)))
            sizes.append(int(block.estimated_size()))
            yield block

    parts = write_parts(noted(), path, durable=False)
    return Run(parts, pl.concat(firsts).rechunk(), sizes)


def _merged(runs: list[Run], order: Order, memory: int) -> Iterator[pl.DataFrame]:
    """Rows of sorted runs in order: by each step the blocks that begin before the next step's first, and what was left of earlier ones."""
    index = pl.concat([
        run.firsts.with_columns(
            pl.lit(number, pl.Int64).alias("__run"),
            pl.int_range(pl.len(), dtype=pl.Int64).alias("__block"),
            pl.Series("__size", run.sizes, pl.Int64),
        )
        for number, run in enumerate(runs)
    ])  # fmt: skip
    index = Order((*order.by, "__run", "__block"), (*order.descending, False, False)).sort(index)
    steps = index["__size"].cum_sum() // max(1, memory // HELD)
    left: pl.DataFrame | None = None
    starts = [0, *(steps != steps.shift()).arg_true().to_list()[1:], index.height]
    for start, end in itertools.pairwise(dict.fromkeys(starts)):
        wanted = zip(index["__run"][start:end].to_list(), index["__block"][start:end].to_list(), strict=True)
        loaded = [runs[run].parts.read(block) for run, block in wanted]
        whole = order.sort(pl.concat([*([] if left is None else [left]), *loaded]))
        del loaded
        sure = whole.height if end == index.height else _position(whole, index[end].select(order.by), order)
        yield from whole[:sure].iter_slices(MOST_ROWS)
        left = alone(whole[sure:])
        del whole


def _position(whole: pl.DataFrame, row: pl.DataFrame, order: Order) -> int:
    """How many rows of a sorted frame come before a row; by halves, since sorting it once more would take its memory three times."""
    sort = Order((*order.by, _END), (*order.descending, True))
    low, high = 0, whole.height
    while low < high:
        middle = (low + high) // 2
        two = pl.concat([
            whole[middle].select(*order.by, pl.lit(False).alias(_END)), row.select(*order.by, pl.lit(True).alias(_END))
        ])  # fmt: skip
        if sort.sort(two)[_END][0]:
            high = middle
        else:
            low = middle + 1
    return low
