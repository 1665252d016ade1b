"""Tables of records: JSON Lines and Parquet, as they are published."""

import gzip
import json
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import CurateError
from curation.read import _lines
from curation.read.jsonl import jsonl
from curation.read.parquet import parquet


def rows(path: Path, **params: int) -> pl.DataFrame:
    return pl.concat(list(jsonl(str(path), **params)))


def lines(folder: Path, *items: object, name: str = "a.jsonl") -> Path:
    path = folder / name
    path.write_bytes(b"".join((i if isinstance(i, bytes) else json.dumps(i).encode()) + b"\n" for i in items))
    return path


@pytest.mark.parametrize("codec", [None, "gzip", "zstd"])
def test_records_are_the_same_in_any_compression(tmp_path: Path, codec: str | None) -> None:
    path = lines(
        tmp_path, {"text": "a", "meta": {"url": "u", "n": [1, 2]}}, {"text": "b", "meta": {"url": None, "n": []}}
    )
    data = path.read_bytes()
    path.write_bytes(
        data if codec is None else gzip.compress(data) if codec == "gzip" else pa.compress(data, codec, asbytes=True)
    )
    assert rows(path).drop("error").to_dicts() == [
        {"text": "a", "meta": {"url": "u", "n": [1, 2]}, "url": "u"},
        {"text": "b", "meta": {"url": None, "n": []}, "url": None},
    ]


def test_lines_that_are_no_records_become_errors_that_name_them(tmp_path: Path) -> None:
    path = lines(tmp_path, {"text": "a"}, b"{bad", b"", b"3", b'{"text": "\xff"}', b'{"text": 1e999}', {"text": "b"})
    found = rows(path)
    assert found["text"].drop_nulls().to_list() == ["a", "b"]
    assert [error.split(":")[0] for error in found["error"].drop_nulls()] == ["line 2", "line 4", "line 5", "line 6"]


def test_a_long_line_is_an_error_and_never_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_lines, "CHUNK", 100_000)
    path = lines(
        tmp_path,
        {"text": "a"},
        {"text": "x" * 3_000_000},
        {"text": "b"},
        {"text": "y" * 60_000},
        b"{bad",
        {"text": "c"},
    )
    found = rows(path, max_bytes=50_000)
    assert found["text"].drop_nulls().to_list() == ["a", "b", "c"]
    assert sorted(error.split(":")[0] for error in found["error"].drop_nulls()) == ["line 2", "line 4", "line 5"]


def test_a_field_that_changes_its_type_becomes_json_text(tmp_path: Path) -> None:
    found = rows(lines(tmp_path, {"a": 1, "b": 1}, {"a": "x", "b": 2.5}, {"a": {"c": [True]}}, {"a": None, "b": 2**70}))
    assert found["a"].to_list() == ["1", "x", '{"c": [true]}', None]
    assert found.schema["b"] == pl.Float64


def test_frames_of_a_file_share_one_schema_though_fields_come_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_lines, "CHUNK", 1000)
    monkeypatch.setattr(_lines, "BLOCK", 300)
    path = lines(tmp_path, *[{"text": f"{i}" * 20} for i in range(200)], {"text": "z", "late": {"url": "u"}})
    frames = list(jsonl(str(path)))
    assert len(frames) > 2 and len({str(frame.schema) for frame in frames}) == 1
    assert pl.concat(frames)["late"].struct.field("url").drop_nulls().to_list() == ["u"]


def test_objects_used_as_dictionaries_and_deep_nests_stay_text(tmp_path: Path) -> None:
    deep = b'{"a":' * 900 + b"1" + b"}" * 900
    found = rows(lines(tmp_path, *[{"scores": {f"k{i}": i}} for i in range(400)], b'{"deep": ' + deep + b"}"))
    assert found.schema["scores"] == pl.String and found["scores"][7] == '{"k7": 7}'
    assert found.height == 401 and found["error"].null_count() == 401


def test_a_field_called_error_is_kept_under_another_name(tmp_path: Path) -> None:
    found = rows(lines(tmp_path, {"text": "a", "error": "e"}))
    assert found.to_dicts() == [{"text": "a", "error_": "e", "error": None}]


def test_a_damaged_stream_gives_what_it_has(tmp_path: Path) -> None:
    path = lines(tmp_path, *[{"text": f"{i:09d}" * 30} for i in range(20_000)])
    path.write_bytes(gzip.compress(path.read_bytes(), 1)[:-2000])
    found = rows(path)
    assert found["text"].drop_nulls().len() > 10_000
    assert found["error"].drop_nulls().str.contains("damaged").any()


@pytest.mark.parametrize("content", [b"[1, 2]\n", b'{\n "a": 1\n}\n', b"\0\1\2", b"plain text"])
def test_a_file_without_json_lines_is_an_error_of_the_user(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(CurateError, match="JSON"):
        rows(path)


def test_an_empty_file_gives_no_frame(tmp_path: Path) -> None:
    for content in (b"", b"\n\n", b"\xef\xbb\xbf"):
        (tmp_path / "a.jsonl").write_bytes(content)
        assert list(jsonl(str(tmp_path / "a.jsonl"))) == []
    with pytest.raises(CurateError, match="no such file"):
        list(jsonl(str(tmp_path / "absent.jsonl")))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=st.lists(st.dictionaries(st.sampled_from("abc"), VALUES, min_size=1), min_size=1, max_size=6))
def test_every_record_becomes_one_row_without_error(tmp_path: Path, items: list[dict[str, object]]) -> None:
    found = rows(lines(tmp_path, *items))
    assert found.height == len(items) and found["error"].null_count() == len(items)
    strings = [i.get("a") for i in items]
    if found.schema.get("a") == pl.String and all(s is None or isinstance(s, str) for s in strings):
        assert found["a"].to_list() == strings


def test_parquet_rows_come_as_they_are_in_bounded_frames(tmp_path: Path) -> None:
    table = pl.DataFrame({"text": ["x" * 1_000_000] * 90, "n": range(90), "meta": [{"url": "u", "tags": ["a"]}] * 90})
    table.write_parquet(tmp_path / "a.parquet", row_group_size=60)
    frames = list(parquet(str(tmp_path / "a.parquet")))
    assert max(frame["text"].str.len_bytes().sum() for frame in frames) <= 34_000_000
    assert len({str(frame.schema) for frame in frames}) == 1
    assert pl.concat(frames).drop("error", "url").equals(table)


def test_parquet_categories_and_empty_columns_come_as_strings(tmp_path: Path) -> None:
    table = pa.table({"text": pa.array(["a", "b"]).dictionary_encode(), "none": pa.nulls(2), "error": ["e", None]})
    pq.write_table(table, tmp_path / "a.parquet")
    found = pl.concat(list(parquet(str(tmp_path / "a.parquet"))))
    assert found.schema == dict.fromkeys(("text", "none", "error_", "error"), pl.String)


def test_a_damaged_row_group_becomes_an_error_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"text": [f"{i}" * 50 for i in range(3000)]})
    pq.write_table(table, path, row_group_size=1000, compression="zstd")
    start = pq.ParquetFile(path).metadata.row_group(1).column(0)
    data = bytearray(path.read_bytes())
    middle = start.dictionary_page_offset or start.data_page_offset
    data[middle + 40 : middle + 400] = b"\x5a" * 360
    path.write_bytes(data)
    found = pl.concat(list(parquet(str(path))))
    assert found["text"].drop_nulls().len() == 2000
    assert "row group 1" in found["error"].drop_nulls().item()


def test_a_file_that_is_no_parquet_is_an_error_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 not really")
    for name, message in (("a.parquet", "not a Parquet file"), ("absent.parquet", "no such file")):
        with pytest.raises(CurateError, match=message):
            list(parquet(str(tmp_path / name)))


def test_real_tables_are_read_without_errors(shared: Path) -> None:
    for path in sorted((shared / "peercases").glob("*.jsonl.gz")):
        found = rows(path)
        with gzip.open(path) as stored:
            assert found.height == sum(1 for line in stored if line.strip())
        assert found["error"].null_count() == found.height
