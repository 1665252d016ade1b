"""Ordering outside memory gives what polars gives inside it."""

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import spill
from curate.spill import ordered, write_parts

SCHEMA = {"text": pl.String, "real": pl.Float64, "whole": pl.Int32, "riding": pl.List(pl.UInt32)}
ROWS = st.lists(
    st.tuples(
        st.none() | st.text(max_size=3),
        st.none() | st.floats(allow_nan=False).map(lambda x: x + 0.0),
        st.none() | st.integers(-5, 5),
        st.none() | st.lists(st.none() | st.integers(0, 9), max_size=3),
    ),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(
    rows=ROWS,
    cuts=st.lists(st.integers(0, 60), max_size=5),
    descending=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    memory=st.sampled_from([1, 800, 8_000, 1 << 30]),
)
def test_rows_come_back_in_the_order_of_polars_whatever_the_memory(
    rows: list[tuple[object, ...]], cuts: list[int], descending: tuple[bool, ...], memory: int
) -> None:
    whole = pl.DataFrame(rows, schema=SCHEMA, orient="row").with_row_index("number")
    places = sorted({0, whole.height, *(c for c in cuts if c < whole.height)})
    frames = [whole[a:b] for a, b in zip(places, [*places[1:], whole.height], strict=True)]
    by = ["text", "real", "whole", "number"]
    with TemporaryDirectory() as folder:
        found = list(ordered(frames, by, descending=[*descending, False], folder=Path(folder), memory=memory))
        assert not list(Path(folder).iterdir())
    assert pl.concat(found).equals(whole.sort(by, descending=[*descending, False], nulls_last=True))


def test_more_runs_than_are_merged_at_a_time_are_merged_in_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spill, "BLOCKS", 3)
    whole = pl.DataFrame({"id": [f"{n * 7919 % 1000:04d}" for n in range(1000)]})
    found = list(ordered(whole.iter_slices(50), ["id"], folder=tmp_path, memory=800))
    assert pl.concat(found).equals(whole.sort("id"))
    assert len(found) > 3


def test_an_iterator_that_is_closed_leaves_no_file(tmp_path: Path) -> None:
    frames = (pl.DataFrame({"id": [f"{n}-{i}" for i in range(100)]}) for n in range(9))
    found = ordered(frames, ["id"], folder=tmp_path, memory=10_000)
    assert next(found).height  # type: ignore[arg-type]
    assert list(tmp_path.iterdir())
    found.close()  # type: ignore[attr-defined]
    assert not list(tmp_path.iterdir())


def test_no_frames_give_none_and_frames_without_rows_give_one(tmp_path: Path) -> None:
    assert list(ordered([], ["id"], folder=tmp_path, memory=1)) == []
    empty = pl.DataFrame(schema={"id": pl.String})
    for memory in (1, 1 << 20):
        assert pl.concat(list(ordered([empty, empty], ["id"], folder=tmp_path, memory=memory))).equals(empty)


def test_parts_of_one_file_are_read_alone(tmp_path: Path) -> None:
    frames = [
        pl.DataFrame({"id": [str(n)] * n, "tags": [["a"]] * n}, {"id": pl.String, "tags": pl.List(pl.String)})
        for n in range(3)
    ]
    parts = write_parts(frames, tmp_path / "parts")
    assert all(parts.read(n).equals(frame) for n, frame in enumerate(frames))
