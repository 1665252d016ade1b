"""Records of a JSON Lines file: plain, gzip, zstd, lz4 or bzip2, by path or URL, whatever it is called.

Two passes: one over every line to find a schema that holds all of them (`_lines.py`), one to read them with polars. So every frame of a
file has the same columns, and none of its fields is lost or retyped by where the file happens to be cut. Addresses and dates stand in
columns of ours also in files of datatrove, Dolma and MegaMath (`_layouts.py`).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO

import polars as pl

from curate.errors import CurateError
from curate.step import read
from curation.read._layouts import with_usual_columns
from curation.read._lines import Chunk, Schema, chunks, objects

MAX_COLUMNS = 4096

SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".ndjson", ".json.gz")
"""How names of its files end: what `curate run` and generated folders go by."""


@read(uses=["orjson", "polars", "pyarrow"])
def jsonl(path: str, *, max_bytes: int = 16_000_000) -> Iterator[pl.DataFrame]:
    """Records of a JSON Lines file, one row each, with the file's own columns (objects as structs) and `error`.

    `url`, `date`, `dump` and `license` are found within `metadata` and `meta` too. max_bytes: of one line; longer ones become error rows.
    A line that is no JSON object becomes a row of nulls with an error that names it. A field of the file called `error` is renamed
    `error_`. An empty file gives no frame. Raises CurateError if no line is a JSON object.
    """
    import fsspec

    try:
        with fsspec.open(path, "rb") as file:
            schema, only = _survey(file, path, max_bytes)
        if only or not schema:
            yield from [_frame(only, schema)] if only and schema else []
            return
        with fsspec.open(path, "rb") as file:  # again, and not seek: Arrow closes what it has read to the end
            for chunk in chunks(file, max_bytes):
                yield _frame(chunk, schema)
    except FileNotFoundError:
        raise CurateError("no such file", where=path) from None


def _survey(file: IO[bytes], path: str, limit: int) -> tuple[dict[str, pl.DataType], Chunk | None]:
    """The schema of all lines, and the file's chunk if it has only one."""
    schema, first, trouble = Schema(), None, ""
    for number, chunk in enumerate(chunks(file, limit)):
        first = chunk if number == 0 else None
        trouble = trouble or "".join(chunk.errors[:1])
        for _, item in objects(chunk):
            if isinstance(item, dict):
                schema.add(item)
            else:
                trouble = trouble or item
        if len(schema.fields) > MAX_COLUMNS:
            raise CurateError(f"the lines have more than {MAX_COLUMNS:,} different fields", where=path)
    if trouble and not schema.fields:
        raise CurateError(f"no JSON lines in it: {trouble}", where=path)
    return schema.polars(), first


def _frame(chunk: Chunk, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    try:
        frame = _parse(chunk.data, schema)
        errors = chunk.errors
    except pl.exceptions.PolarsError:
        frame, bad = _sift(chunk, schema)
        errors = [*chunk.errors, *bad]
    if "error" in frame.columns:
        frame = frame.rename({"error": "error_"})
    frame = with_usual_columns(frame).with_columns(error=pl.lit(None, pl.String))
    return pl.concat([frame, pl.DataFrame({"error": errors}, schema={"error": pl.String})], how="diagonal")


def _parse(data: bytes, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    return (
        pl.read_ndjson(io.BytesIO(data), schema=schema) if data and not data.isspace() else pl.DataFrame(schema=schema)
    )


def _sift(chunk: Chunk, schema: dict[str, pl.DataType]) -> tuple[pl.DataFrame, list[str]]:
    """The good lines of a chunk that has bad ones."""
    lines = chunk.data.split(b"\n")
    good: list[int] = []
    bad: list[str] = []
    for number, item in objects(chunk):
        if isinstance(item, dict):
            good.append(number)
        else:
            bad.append(item)
    frames: list[pl.DataFrame] = [pl.DataFrame(schema=schema)]
    stack = [good]
    while stack:  # halve until the lines that polars refuses, though they are JSON, stand alone
        numbers = stack.pop()
        try:
            frames.append(_parse(b"\n".join(lines[n - chunk.number] for n in numbers), schema))
        except pl.exceptions.PolarsError as error:
            half = len(numbers) // 2
            if half:
                stack += [numbers[half:], numbers[:half]]
            else:
                bad.append(f"line {numbers[0]}: {str(error).splitlines()[0]}")
    return pl.concat(frames), bad
