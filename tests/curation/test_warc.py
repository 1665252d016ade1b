"""Archives as crawlers write them, and as disks and strangers leave them."""

import gzip
import io
import itertools
import random
import re
import zlib
from pathlib import Path

import polars as pl
import pytest

from curate.errors import CurateError
from curation.read._http import decode_body, decode_text
from curation.read.warc import SCHEMA, warc

PAGE = "<html><title>Größe</title><p>Let $x &lt; 2$.</p></html>"


def record(
    body: bytes = PAGE.encode(),
    *,
    url: str = "https://example.org/a",
    http: str = "Content-Type: text/html",
    length: int = 0,
) -> bytes:
    """One response as a crawler stores it."""
    block = f"HTTP/1.1 200 OK\r\n{http}\r\n\r\n".encode() + body
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: 2019-04-01T00:00:00Z\r\n"
        f"WARC-Target-URI: {url}\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: {length or len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def archive(folder: Path, *records: bytes, compress: bool = True) -> Path:
    """Records as members of one gzip file, or plain."""
    path = folder / "pages.warc.gz"
    path.write_bytes(b"".join(gzip.compress(r, mtime=0) if compress else r for r in records))
    return path


def rows(path: Path, **params: object) -> pl.DataFrame:
    return pl.concat(list(warc(str(path), **params)))  # type: ignore[arg-type]


def pages(count: int) -> list[bytes]:
    return [record(f"<p>page {i}</p>".encode(), url=f"https://example.org/{i}") for i in range(count)]


@pytest.mark.parametrize("compress", [True, False])
def test_a_page_lies_where_its_provenance_says(tmp_path: Path, compress: bool) -> None:
    stored = pages(5)
    path = archive(tmp_path, *stored, compress=compress)
    found = rows(path)
    assert found.schema == SCHEMA
    assert found["text"].to_list() == [f"<p>page {i}</p>" for i in range(5)]
    data = path.read_bytes()
    for place, expected in zip(found["provenance"], stored, strict=True):
        part = data[place["offset"] : place["offset"] + place["length"]]
        assert (gzip.decompress(part) if compress else part) == expected


def test_columns_hold_what_the_crawler_wrote(tmp_path: Path) -> None:
    row = rows(archive(tmp_path, record(url="<https://example.org/b>")), dump="CC-2019-18").row(0, named=True)
    assert row["text"] == PAGE and row["payload"] == PAGE.encode()
    assert (row["url"], row["date"], row["dump"]) == ("https://example.org/b", "2019-04-01T00:00:00Z", "CC-2019-18")
    assert (row["mime"], row["error"]) == ("text/html", None)


def test_other_types_and_states_are_passed_over_unless_asked_for(tmp_path: Path) -> None:
    plain = record(b"plain", http="Content-Type: text/plain; charset=utf-8")
    moved = record().replace(b"200 OK", b"302 No")
    path = archive(tmp_path, plain, moved, record())
    assert rows(path).height == 1
    assert rows(path, mime=["text/plain"])["text"].to_list() == ["plain"]
    assert rows(path, status=[200, 302]).height == 2


def test_a_page_without_a_type_is_judged_by_its_first_bytes(tmp_path: Path) -> None:
    path = archive(
        tmp_path, record(b"<!doctype html><p>x</p>", http="Server: a"), record(b"\x89PNG\r\n\x1a\n", http="Server: a")
    )
    assert rows(path)["mime"].to_list() == ["text/html"]


def test_one_damaged_member_costs_one_record(tmp_path: Path) -> None:
    members = [gzip.compress(r, mtime=0) for r in pages(5)]
    bad = bytearray(members[2])
    bad[20] ^= 0xFF
    path = tmp_path / "bad.warc.gz"
    path.write_bytes(members[0] + members[1] + bytes(bad) + members[3] + members[4])
    found = rows(path)
    assert found["url"].drop_nulls().str.slice(-1).to_list() == ["0", "1", "3", "4"]
    (lost,) = found.filter(pl.col("text").is_null()).rows(named=True)
    assert lost["error"] and lost["provenance"]["offset"] == len(members[0] + members[1])
    assert lost["provenance"]["length"] == len(bad)


def test_garbage_between_members_loses_no_record(tmp_path: Path) -> None:
    members = [gzip.compress(r, mtime=0) for r in pages(4)]
    path = tmp_path / "bad.warc.gz"
    path.write_bytes(members[0] + b"garbage" * 100 + members[1] + members[2] + b"\0" * 999 + members[3])
    found = rows(path)
    assert found["text"].drop_nulls().len() == 4
    assert found["error"].drop_nulls().len() >= 1


def test_a_cut_archive_gives_what_it_has_and_an_error(tmp_path: Path) -> None:
    noise = random.Random(0).randbytes(50_000)
    data = b"".join(gzip.compress(r, mtime=0) for r in [*pages(3), record(b"<p>" + noise)])
    path = tmp_path / "cut.warc.gz"
    path.write_bytes(data[:-20_000])
    found = rows(path)
    assert found["text"].drop_nulls().len() == 3
    assert "cut short" in found["error"].drop_nulls().item()


@pytest.mark.parametrize("compress", [True, False])
def test_an_archive_that_is_cut_anywhere_but_between_records_says_so(tmp_path: Path, compress: bool) -> None:
    stored = [gzip.compress(r, mtime=0) if compress else r for r in pages(3)]
    data, ends = b"".join(stored), {*itertools.accumulate(map(len, stored))}
    blank = 0 if compress else 4  # the blank lines behind a plain record, none of which it needs
    path = tmp_path / "cut.warc.gz"
    for size in range(1, len(data) + 1):
        path.write_bytes(data[:size])
        whole = sum(size >= end - blank for end in sorted(ends))
        between = any(end - blank <= size <= end for end in ends)
        if size < (3 if compress else 5) or (not whole and not between):
            continue  # nothing of a record is there, which is refused or told elsewhere
        found = rows(path)
        assert found["text"].drop_nulls().len() >= whole - 1, size
        assert (found["error"].drop_nulls().len() > 0) == (not between), size


def test_a_record_without_a_length_is_no_healthy_one(tmp_path: Path) -> None:
    first, second, third = pages(3)
    for left in (b"", b"Content-Length:\r\n", b"Content-Length: many\r\n"):
        cut = re.sub(rb"Content-Length: \d+\r\n", left, second)
        found = rows(archive(tmp_path, first, cut, third))
        assert found["text"].drop_nulls().to_list() == ["<p>page 0</p>", "<p>page 2</p>"]
        assert "no Content-Length" in found["error"].drop_nulls()[0]


def test_zeros_behind_an_archive_are_none_of_it(tmp_path: Path) -> None:
    path = archive(tmp_path, *pages(2))
    path.write_bytes(path.read_bytes() + bytes(700))
    assert rows(path)["error"].null_count() == 2


def test_a_record_that_claims_to_be_longer_than_it_is_does_not_swallow_the_next(tmp_path: Path) -> None:
    path = archive(tmp_path, record(length=10**7), *pages(2), compress=False)
    found = rows(path)
    assert found["text"].drop_nulls().to_list() == ["<p>page 0</p>", "<p>page 1</p>"]
    assert "cut short" in found["error"].drop_nulls().item()


def test_one_compressed_stream_is_read_and_claims_no_offsets(tmp_path: Path) -> None:
    path = tmp_path / "single.warc.gz"
    path.write_bytes(gzip.compress(b"".join(pages(50)), mtime=0))
    found = rows(path)
    assert found["text"].null_count() == 0 and found.height == 50
    assert found["provenance"].struct.field("offset").drop_nulls().len() <= 1


def test_large_records_and_bombs_become_errors(tmp_path: Path) -> None:
    bomb = record(gzip.compress(b"a" * 3_000_000), http="Content-Type: text/html\r\nContent-Encoding: gzip")
    path = archive(tmp_path, record(b"b" * 2_000_000), bomb, *pages(1))
    found = rows(path, max_bytes=1_000_000)
    assert found["text"].drop_nulls().to_list() == ["<p>page 0</p>"]
    assert found["error"].drop_nulls().str.contains("limit of 1,000,000").to_list() == [True, True]


def test_frames_are_bounded(tmp_path: Path) -> None:
    path = archive(tmp_path, *[record(b"x" * 9_000_000) for _ in range(5)])
    sizes = [int(frame["text"].str.len_bytes().sum() + frame["payload"].bin.size().sum()) for frame in warc(str(path))]
    assert len(sizes) > 1 and max(sizes) <= 32_000_000


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"http://example.org/ is no line of an ARC file\n",
        gzip.compress(b'{"text": "a"}\n', mtime=0),
    ],
)
def test_a_file_that_is_no_archive_is_an_error_of_the_user(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.warc.gz"
    path.write_bytes(content)
    with pytest.raises(CurateError, match=r"WARC|empty"):
        rows(path)
    with pytest.raises(CurateError, match="no such file"):
        rows(tmp_path / "absent.warc.gz")


def damage(path: Path, sound: bytes, times: int) -> None:
    """Change some bytes of an archive, time after time: reading it raises nothing but CurateError, and says what it lost."""
    rng = random.Random(7)
    for _ in range(times):
        data = bytearray(sound)
        for _ in range(rng.randint(1, 5)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(data)
        try:
            found = rows(path)
        except CurateError:
            continue
        assert found["text"].is_null().equals(found["error"].is_not_null())


def test_no_damage_raises(tmp_path: Path) -> None:
    damage(tmp_path / "x.warc.gz", b"".join(gzip.compress(r, mtime=0) for r in pages(6)), 200)


CHUNKED = b"5\r\nhello\r\n6;x=1\r\n world\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("body", "transfer", "content"),
    [
        (CHUNKED, "chunked", None),
        (b"hello world", "chunked", None),  # says so and is not
        (gzip.compress(b"hello world", mtime=0), None, "gzip"),
        (b"hello world", None, "gzip"),  # says so and is not
        (zlib.compress(b"hello world"), None, "deflate"),
        (zlib.compress(b"hello world")[2:-4], None, "deflate"),  # as old servers send it
        (gzip.compress(b"hello world", mtime=0)[:-6], None, "x-gzip"),  # cut within the check sum
    ],
)
def test_bodies_come_out_of_their_encodings(body: bytes, transfer: str | None, content: str | None) -> None:
    assert decode_body(body, transfer, content, 1000) == b"hello world"


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("é∑".encode(), "iso-8859-1", "é∑"),  # valid UTF-8 is UTF-8, whatever the server says
        ("Größe".encode("latin-1"), "iso-8859-1", "Größe"),
        ("Größe".encode("latin-1"), "utf-8", "Größe"),
        ('<meta charset="windows-1251">Привет'.encode("cp1251"), None, '<meta charset="windows-1251">Привет'),
        ("\ufeffa".encode(), None, "a"),
        ("Größe ∑ ∞".encode()[:-1], None, "Größe ∑ \ufffd"),  # cut by the crawler
        (b"", None, ""),
    ],
)
def test_text_comes_out_of_its_character_set(body: bytes, charset: str | None, text: str) -> None:
    assert decode_text(body, charset) == text


def test_any_bytes_decode_to_text_that_can_be_stored() -> None:
    rng = random.Random(1)
    for size in range(200):
        decode_text(rng.randbytes(size), rng.choice([None, "utf-8", "shift_jis", "utf-16", "nonsense"])).encode()


def test_genuine_awkward_archives_are_read(shared: Path) -> None:
    edge = shared / "warc" / "edge"
    readable = {
        "aut_example.warc.gz": 94,
        "resiliparse/warcfile.warc.gz": 16,
        "resiliparse/warcfile.warc.lz4": 16,
        "warcio/example-iana.org-chunked.warc": 1,
        "warcio/example-wrong-chunks.warc.gz": 1,
        "warcio/example-bad-non-chunked.warc.gz": 1,
        "warcio/example-trunc.warc": 1,
        "whirlwind.warc.gz": 1,
    }
    found = {name: rows(edge / name)["text"].drop_nulls().len() for name in readable}
    assert found == readable
    gz, lz4 = (rows(edge / "resiliparse" / f"warcfile.warc.{end}").drop("provenance") for end in ("gz", "lz4"))
    assert gz.equals(lz4)
    assert rows(edge / "resiliparse" / "clipped.warc.gz")["error"].to_list() == ["cut short: 74,970 of 88,038 bytes"]


def test_a_real_crawl_is_read_whole(shared: Path) -> None:
    path = shared / "warc" / "math_web_dev.warc.gz"
    found = rows(path)
    assert found.height == 583 and found["text"].null_count() == 0
    place = found["provenance"][100]
    member = io.BytesIO(path.read_bytes()[place["offset"] : place["offset"] + place["length"]])
    assert found["url"][100].encode() in gzip.GzipFile(fileobj=member).read(4000)
