"""Files of a few kilobytes that say that they hold gigabytes are refused before any of it is made."""

import gzip
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import bounded
from curate.datacard import Benchmark
from curate.errors import CurateError
from curate.identity import file_sha256
from curate.sources import Source


def parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue().to_pybytes()


def named_often(value: str, rows: int) -> pa.Array:
    """A column of one value, which a file has once."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([value]))


@given(st.binary(max_size=2000), st.integers(0, 2000))
def test_what_fits_is_inflated_and_what_does_not_is_refused(data: bytes, most: int) -> None:
    packed = gzip.compress(data)
    if len(data) <= most:
        assert bounded.inflated(packed, most) == data
        return
    with pytest.raises(ValueError, match="beyond the limit"):
        bounded.inflated(packed, most)


def test_a_bomb_of_many_members_is_one_bomb() -> None:
    with pytest.raises(ValueError, match="beyond the limit"):
        bounded.inflated(gzip.compress(b"\0" * 1000) * 50, 40_000)


@pytest.mark.parametrize("wrap", ["plain", "list", "struct", "map"])
def test_a_value_that_rows_name_counts_as_often_as_they_do(wrap: str) -> None:
    rows = 5000
    column: pa.Array = named_often("x" * 1000, rows).dictionary_decode()
    if wrap == "list":
        column = pa.ListArray.from_arrays(pa.array(range(rows + 1), pa.int32()), column)
    if wrap == "struct":
        column = pa.StructArray.from_arrays([column], ["inner"])
    if wrap == "map":
        column = pa.MapArray.from_arrays(pa.array(range(rows + 1), pa.int32()), pa.array(["k"] * rows), column)
    data = parquet(pa.table({"text": column}))
    assert len(data) < 20_000
    bounded.refuse_vast(data, most=6_000_000)
    with pytest.raises(ValueError, match="more than the limit of 4,000,000 bytes"):
        bounded.refuse_vast(data, most=4_000_000)


def test_values_that_take_no_room_are_counted_too() -> None:
    data = parquet(pa.table({"text": pa.nulls(100_000, pa.string()), "n": pa.nulls(100_000, pa.int64())}))
    assert len(data) < 10_000
    bounded.refuse_vast(data, cells=200_000)
    with pytest.raises(ValueError, match="more than 199,999 values"):
        bounded.refuse_vast(data, cells=199_999)


@given(st.binary(max_size=300))
def test_what_is_no_table_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        bounded.refuse_vast(data)


@pytest.mark.parametrize("kind", ["jsonl.gz", "parquet"])
def test_a_bomb_among_the_files_of_a_benchmark_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = tmp_path / f"items.{kind}"
    rows = 400
    items = {"id": [str(n) for n in range(rows)], "problem": ["x" * 1000] * rows}
    if kind == "parquet":
        path.write_bytes(parquet(pa.table(items)))
    else:
        path.write_bytes(gzip.compress(pl.DataFrame(items).write_ndjson().encode()))
    benchmark = Benchmark("b", (), (Source(str(path), file_sha256(path), path.stat().st_size),))
    assert benchmark.items().height == len(benchmark.records()) == rows
    monkeypatch.setattr(bounded, "MOST", 300_000)
    monkeypatch.setattr(bounded.inflated, "__defaults__", (300_000,))
    monkeypatch.setattr(bounded.refuse_vast, "__defaults__", (300_000, bounded.CELLS))
    for ask in (benchmark.items, benchmark.records):
        with pytest.raises(
            CurateError, match=rf"^items.{kind}: is no file of the benchmark 'b': ValueError"
        ) as refused:
            ask()
        assert "\n" not in str(refused.value)
