"""ARC files, healthy and not."""

import gzip
import itertools
import time
from pathlib import Path

import polars as pl
import pytest

from curate.errors import CurateError
from curation.read import _arc, _archive
from curation.read.common_crawl import common_crawl
from curation.read.warc import warc
from tests.curation.test_warc import damage, record

ABOUT = b"1 1 Somebody\nURL IP-address Archive-date Content-type Archive-length\n\n"
HEAD = b"filedesc://a.arc 0.0.0.0 20120517233122 text/plain %d\n%s\n" % (len(ABOUT), ABOUT)


def members(count: int, body: str = "<p>page {}</p>") -> list[bytes]:
    """The file's own record and `count` pages."""
    pages = []
    for i in range(count):
        block = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{body.format(i)}".encode()
        line = f"http://example.org/{i} of {count} 93.184.216.34 20120517233122 text/html {len(block)}\n"
        pages.append(line.encode() + block + b"\n")
    return [HEAD, *pages]


def arc(count: int) -> bytes:
    return b"".join(gzip.compress(m, mtime=0) for m in members(count))


def rows(path: Path, start: int = 0, **params: int) -> pl.DataFrame:
    return pl.concat(list(warc(str(path), start, **params)))  # type: ignore[arg-type]


@pytest.fixture(params=["gzip", "plain"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    place = tmp_path / "a.arc"
    place.write_bytes(arc(5) if request.param == "gzip" else b"".join(members(5)))
    return place


def test_pages_of_an_arc_file_are_read_with_their_places(path: Path) -> None:
    found = rows(path)
    assert found["text"].to_list() == [f"<p>page {i}</p>" for i in range(5)]
    assert found["url"][4] == "http://example.org/4 of 5" and found["date"][0] == "2012-05-17T23:31:22Z"
    data = path.read_bytes()
    for place, expected in zip(found["provenance"], members(5)[1:], strict=True):
        part = data[place["offset"] : place["offset"] + place["length"]]
        assert (gzip.decompress(part) if data[:2] == b"\x1f\x8b" else part) == expected
    assert next(iter(common_crawl(str(path), dump="CC-MAIN-2012")))["dump"].unique().to_list() == ["CC-MAIN-2012"]


@pytest.mark.parametrize("kind", ["arc", "gzip", "plain"])
def test_reading_from_a_record_gives_the_same_however_much_was_damaged_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    for module in (_arc, _archive):
        monkeypatch.setattr(module, "MAX_DAMAGE", 3)
    bad = b"\n\nno record\n\n" if kind == "plain" else b"\x1f\x8b\x08 no member"
    good = [record(b"<p>page</p>", url=f"https://example.org/{i}") for i in range(10)]
    stored = members(10)[1:] if kind == "arc" else good
    stored = stored if kind == "plain" else [gzip.compress(part, mtime=0) for part in stored]
    place = tmp_path / "a"
    place.write_bytes(b"".join(part + bad for part in stored) + stored[0] + bad * 9 + stored[1])
    whole = rows(place)
    assert whole["text"].count() >= 11, "damage between healthy records is no reason to give up"
    for i, at in enumerate(whole["provenance"]):
        if whole["error"][i] is None:
            assert rows(place, at["offset"]).equals(whole[i:])


def test_reading_from_a_record_gives_what_comes_after_it(path: Path) -> None:
    whole = rows(path)
    for i, place in enumerate(whole["provenance"]):
        assert rows(path, place["offset"]).equals(whole[i:])


def test_damage_costs_the_records_that_it_hits(path: Path) -> None:
    data = bytearray(path.read_bytes())
    place = rows(path)["provenance"][2]
    data[place["offset"] + 3 : place["offset"] + 40] = b"\xff" * 37
    path.write_bytes(data)
    found = rows(path)
    assert [u[19] for u in found["url"].drop_nulls()] == ["0", "1", "3", "4"]
    assert found["error"].drop_nulls().len() == 1 and found["text"].null_count() == 1


def test_a_cut_file_gives_what_it_has_and_an_error(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])
    found = rows(path)
    assert found["text"].drop_nulls().len() == 4
    assert "cut short" in found["error"].drop_nulls().item()


def test_a_compressed_file_that_is_cut_anywhere_but_between_records_says_so(tmp_path: Path) -> None:
    stored = [gzip.compress(m, mtime=0) for m in members(3)]
    data, ends = b"".join(stored), [*itertools.accumulate(map(len, stored))]
    place = tmp_path / "a.arc"
    for size in range(ends[0], len(data) + 1):
        place.write_bytes(data[:size])
        found = rows(place)
        assert found["text"].drop_nulls().len() >= sum(size >= end for end in ends) - 1
        assert (found["error"].drop_nulls().len() > 0) == (size not in ends), size


def test_large_records_become_errors(tmp_path: Path) -> None:
    for compress in (True, False):
        stored = [*members(1), *members(1, "x" * 300_000)[1:], *members(2)[1:]]
        (tmp_path / "a.arc").write_bytes(b"".join(gzip.compress(m) if compress else m for m in stored))
        found = rows(tmp_path / "a.arc", max_bytes=100_000)
        assert found["text"].drop_nulls().len() == 3
        assert "over the limit of 100,000" in found["error"].drop_nulls().item()


def test_no_damage_raises(path: Path) -> None:
    damage(path, path.read_bytes(), 150)


def test_every_genuine_archive_gives_rows_or_one_line(shared: Path) -> None:
    read = {}
    for place in sorted((shared / "warc/edge").rglob("*")):
        if place.is_file():
            try:
                found = pl.concat(list(common_crawl(str(place))))
            except CurateError as error:
                assert "\n" not in str(error)
                continue
            assert found["text"].is_null().equals(found["error"].is_not_null())
            read[place.name] = found["text"].drop_nulls().len()
    assert read["example.arc"] == read["example.arc.gz"] == 1
    assert read["bad.arc"] == read["whirlwind.warc.wet.gz"] == read["whirlwind.warc.wat.gz"] == 0
    assert read["aut_example.warc.gz"] == 94


def test_no_arc_file_takes_long(tmp_path: Path) -> None:
    path = tmp_path / "a.arc"
    line = b" 1.1.1.1 20120101000000"
    for part in (line, b"\nhttp://x" + line + b" text/html 5\n", b"\nhttp://x" + line + b" t ", b" ", b"\x1f\x8b\x08"):
        path.write_bytes(HEAD + b"bad\n" + part * (2_000_000 // len(part)))
        started = time.process_time()
        rows(path)
        assert time.process_time() - started < 2
