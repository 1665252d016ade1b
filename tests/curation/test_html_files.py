"""Folders of HTML files."""

import gzip
import os
import time
from pathlib import Path

import polars as pl
import pytest

from curate import together
from curate.sources import Source
from curation.read.html import SCHEMA, address, html
from tests.curate.corpus import objects, open_small

RECIPE = """recipe: small
corpora:
  web:
    read: html
    files: pages/**/*.htm*
"""


def rows(folder: Path, **params: int) -> pl.DataFrame:
    files = [(p.relative_to(folder).as_posix(), str(p)) for p in sorted(folder.rglob("*.htm*"))]
    return pl.concat(list(html(files, **params)))


def test_each_file_is_a_page_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "algebra").mkdir()
    (tmp_path / "algebra/groups.html").write_bytes('<meta charset="windows-1251">Привет'.encode("cp1251"))
    (tmp_path / "index.htm").write_text("<p>Größe</p>", "utf-8")
    (tmp_path / "packed.html.gz").write_bytes(gzip.compress(b"<p>packed</p>"))
    (tmp_path / "bomb.html.gz").write_bytes(gzip.compress(b"a" * 3_000_000))
    (tmp_path / "large.html").write_bytes(b"a" * 1_000_001)
    found = rows(tmp_path, max_bytes=1_000_000)
    assert found.schema == SCHEMA
    by_name = {row["path"]: row for row in found.rows(named=True)}
    assert by_name["algebra/groups.html"]["text"].endswith("Привет")
    assert by_name["index.htm"]["text"] == "<p>Größe</p>" and by_name["index.htm"]["url"] == "index.htm"
    assert by_name["packed.html.gz"]["payload"] == b"<p>packed</p>"
    assert found["error"].drop_nulls().str.contains("limit of 1,000,000").to_list() == [True, True]


@pytest.mark.parametrize(
    ("page", "url"),
    [
        ('<link rel="canonical" href="https://example.org/a?b=1&amp;c=2">', "https://example.org/a?b=1&c=2"),
        ("<LINK href='http://example.org/a' rel=canonical />", "http://example.org/a"),
        ("<link rel=stylesheet href=https://example.org/style.css>", None),
        ('<link rel="canonical" href="/a">', None),
        ('<link rel="canonical" href="javascript:x">', None),
        ('<meta property="og:url" content="https://example.org/og">', "https://example.org/og"),
        (
            '<meta property="og:url" content="https://example.org/og"><link rel=canonical href=https://example.org/c>',
            "https://example.org/c",
        ),
        ("<!-- saved from url=(0021)https://example.org/s -->\n<html>", "https://example.org/s"),
        (
            "<!--\n Page saved with SingleFile \n url: https://example.org/f \n saved date: x\n-->",
            "https://example.org/f",
        ),
        ("<!-- Mirrored from example.org/m.html by HTTrack Website Copier/3.x -->", "http://example.org/m.html"),
        ("<p>https://example.org/ is named</p>", None),
    ],
)
def test_a_page_says_its_address(page: str, url: str | None) -> None:
    assert address(page) == url


@pytest.mark.parametrize(
    "part", ["<link ", "<link rel=", "<!--", "<!-- saved from url=(1)http://", "<meta a='", "=" * 9]
)
def test_no_page_takes_long_to_say_its_address(part: str) -> None:
    started = time.perf_counter()
    address(part * (4_000_000 // len(part)))
    assert time.perf_counter() - started < 2


def project(folder: Path, count: int) -> Path:
    (folder / "recipes").mkdir(parents=True)
    (folder / "recipes/small.yaml").write_text(RECIPE)
    for i in range(count):
        path = folder / f"pages/{i % 3}/{i}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"<p>page {i}</p>")
    return folder


def test_many_files_are_few_inputs_and_a_new_file_changes_one_of_them(tmp_path: Path) -> None:
    folder = project(tmp_path / "p", 900)
    first = open_small(folder)
    first.build()
    groups = first.planned["web/html"].sources
    assert groups and len(groups.files) == 4 and sum(len(group.members) for group in groups.files) == 900
    assert first.sql("select count(*) n, min(url) url from documents").rows() == [(900, "0/0.html")]
    (folder / "pages/0/new.html").write_text("<p>new</p>")
    second = open_small(folder)
    second.build()
    now = second.planned["web/html"].sources
    assert now and len({*now.digests} - {*groups.digests}) == 1
    assert second.sql("select count(*) n from documents").item() == 901


def test_where_a_folder_of_pages_lies_changes_nothing(tmp_path: Path) -> None:
    made = []
    for place in ("a", "b/c", "[d]*"):
        folder = project(tmp_path / place, 20)
        open_small(folder).build()
        made.append(objects(folder / ".curate"))
    assert made[0] == made[1] == made[2]


def test_a_damaged_gzip_file_is_an_error_and_one_of_two_members_a_page(tmp_path: Path) -> None:
    packed = gzip.compress(b"<p>a page of mathematics</p>" * 100, mtime=0)
    (tmp_path / "a.html.gz").write_bytes(packed + packed)
    for i, data in enumerate(
        (packed[:-20], packed[:-8] + b"\0" * 8, b"\x1f\x8b\x08 none", packed[:30] + b"\xff" + packed[31:])
    ):
        (tmp_path / f"b{i}.html.gz").write_bytes(data)
    found = rows(tmp_path)
    assert found["text"].str.len_chars().to_list() == [28 * 200, None, None, None, None]
    assert found["error"].is_null().to_list() == [True, False, False, False, False]


def test_names_of_files_may_be_any_bytes(tmp_path: Path) -> None:
    folder = project(tmp_path, 1)
    names = [b"caf\xe9.html", b"new\nline.html", b"<b>&'\".html"]
    for name in names:
        Path(os.fsdecode(os.fsencode(folder / "pages/0") + b"/" + name)).write_bytes(b"<p>" + name)
    for _ in range(2):
        open_small(folder).build()
    urls = open_small(folder).sql("select url from documents where fate = 'kept'")["url"]
    assert {*urls} == {"0/0.html", "0/caf\ufffd.html", "0/new\nline.html", "0/<b>&'\".html"}


def test_a_sample_takes_some_of_the_pages(tmp_path: Path) -> None:
    folder = project(tmp_path, 600)
    sample = open_small(folder).sampled("10%")
    sample.build()
    assert 300 < sample.projection()["documents"]["web/html"]["estimate"] < 1200
    assert 20 < sample.sql("select count(*) n from documents").item() < 120


def test_groups_are_made_of_digests_alone() -> None:
    files = [Source(f"/x/{i}", f"{i:064x}", 10, name=f"{i}") for i in range(1000)]
    made = together.groups(files, 100)
    assert [g.sha256 for g in made] == [g.sha256 for g in together.groups(files[::-1], 100)]
    assert sorted(m.name for g in made for m in g.members) == sorted(f.name for f in files)
    assert max(len(group.members) for group in made) < 200
    assert together.groups([], 100) == []


@pytest.mark.parametrize(
    ("pattern", "path", "name"),
    [
        ("/p/pages/**/*.html", "/p/pages/a/b.html", "a/b.html"),
        ("/p/pages/a.html", "/p/pages/a.html", "a.html"),
        ("s3://bucket/x/*.html", "s3://bucket/x/a.html", "a.html"),
    ],
)
def test_a_name_begins_below_the_folder_in_which_a_pattern_looks(pattern: str, path: str, name: str) -> None:
    assert together.name_below(pattern, path) == name
