"""Files as datatrove, Dolma, MegaMath and C4 write them, read without a word in the recipe."""

import datetime
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curation.read.jsonl import jsonl
from curation.read.parquet import parquet
from tests.curate.corpus import open_small

PAGES = [
    {"text": f"page {i}", "id": f"id-{i}", "metadata": {"url": f"https://e.org/{i}", "date": "2019-04-01T00:00:00Z"}}
    for i in range(5)
]


def written_by_datatrove(folder: Path, kind: str) -> Path:
    """One file of its writer, `metadata` as it puts it."""
    from datatrove.data import Document
    from datatrove.pipeline.writers import JsonlWriter, ParquetWriter

    docs = [Document(text=p["text"], id=p["id"], metadata=dict(p["metadata"], dump="CC-MAIN-2019-18")) for p in PAGES]
    compression: Any = {"jsonl": None, "jsonl.gz": "gzip", "jsonl.zst": "zstd", "parquet": "snappy"}[kind]
    writer: Any = ParquetWriter if kind == "parquet" else JsonlWriter
    for _ in writer(str(folder), output_filename=f"${{rank}}.{kind}", compression=compression).run(iter(docs)):
        pass
    return next(folder.glob("*"))


@pytest.mark.parametrize("kind", ["jsonl", "jsonl.gz", "jsonl.zst", "parquet"])
def test_files_of_datatrove_are_read_without_a_mapping(tmp_path: Path, kind: str) -> None:
    path = written_by_datatrove(tmp_path, kind)
    found = pl.concat(list((parquet if kind == "parquet" else jsonl)(str(path))))
    assert found.select("text", "id", "url", "date", "dump", "error").rows() == [
        (p["text"], p["id"], p["metadata"]["url"], p["metadata"]["date"], "CC-MAIN-2019-18", None)  # type: ignore[index]
        for p in PAGES
    ]


DOLMA = {
    "id": "1",
    "text": "t",
    "source": "s",
    "added": "2023-04-11T09:57:03.044571+00:00",
    "created": "2020-01-17T12:48:45Z",
}


@pytest.mark.parametrize(
    ("item", "wanted"),
    [
        (DOLMA | {"metadata": {"url": "u", "license": "by"}}, {"url": "u", "date": DOLMA["created"], "license": "by"}),
        ({"text": "t", "meta": {"url": "u", "timestamp": "2019"}}, {"url": "u", "date": "2019"}),
        ({"text": "t", "timestamp": "2019", "url": "u"}, {"url": "u", "date": "2019"}),
        ({"text": "t", "url": "own", "metadata": {"url": "other"}}, {"url": "own"}),
        ({"text": "t", "created": 1_600_000_000, "metadata": {"url": ["u"]}}, {}),
        ({"text": "t", "metadata": "text"}, {}),
    ],
)
def test_columns_of_ours_are_found_where_files_hold_them(tmp_path: Path, item: Any, wanted: dict[str, str]) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(item) + "\n")
    (row,) = pl.concat(list(jsonl(str(path)))).rows(named=True)
    assert {k: row[k] for k in ("url", "date", "dump", "license") if k in row} == wanted


def test_what_becomes_of_a_record_does_not_depend_on_those_beside_it(tmp_path: Path) -> None:
    items: list[Any] = [
        {"text": "a", "url": "a", "metadata": {"url": "not this", "date": "2001"}},
        {"text": "b", "metadata": {"url": "b", "date": "2002"}, "created": None},
        {"text": "c", "meta": {"url": "c"}, "created": "2003", "timestamp": "not this"},
        {"text": "d", "metadata": {"WARC-Target-URI": "d", "timestamp": "2004"}, "url": None},
    ]
    alone = []
    for i, item in enumerate(items):
        (tmp_path / f"{i}.jsonl").write_text(json.dumps(item) + "\n")
        alone += pl.concat(list(jsonl(str(tmp_path / f"{i}.jsonl")))).select("url", "date").rows()
    (tmp_path / "all.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    assert alone == pl.concat(list(jsonl(str(tmp_path / "all.jsonl")))).select("url", "date").rows()
    assert alone == [("a", "2001"), ("b", "2002"), ("c", "2003"), ("d", "2004")]


def test_times_of_a_table_become_text(tmp_path: Path) -> None:
    when = datetime.datetime(2019, 4, 1, 2, 3, 4)
    pl.DataFrame({"text": ["a"], "metadata": [{"url": "u", "date": when}]}).write_parquet(tmp_path / "a.parquet")
    found = pl.concat(list(parquet(str(tmp_path / "a.parquet"))))
    assert found["date"].to_list() == ["2019-04-01T02:03:04.000000"]


def test_a_recipe_reads_them_and_its_columns_come_first(tmp_path: Path) -> None:
    (tmp_path / "recipes").mkdir()
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "t", "metadata": {"url": "u", "other": "o"}}) + "\n")
    for columns, url in (("", "u"), ("\n    columns: {url: metadata.other}", "o")):
        recipe = f"recipe: small\ncorpora:\n  web:\n    read: jsonl\n    files: a.jsonl{columns}\n"
        (tmp_path / "recipes/small.yaml").write_text(recipe)
        open_small(tmp_path).build()
        assert open_small(tmp_path).sql("select url from documents").item() == url
