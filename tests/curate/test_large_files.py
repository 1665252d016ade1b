"""Large files read in parts: the same documents as in one go, the same bytes whoever reads them, and no part that is none."""

import gzip
import io
import random
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import large_files, read_files
from curate.errors import CurateError
from curate.passes import Pass
from curate.step import Missed, Step, find
from curation.read import parquet, warc
from tests.curate.corpus import make_project, objects, one, open_small, tiny
from tests.curate.test_going_on import packed, project
from tests.curation.test_warc import record

SPAN = 4_000


@pytest.fixture
def small_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_files, "SPAN", SPAN)


def pages(count: int, seed: int = 0) -> list[bytes]:
    rng = random.Random(seed)
    return [
        record(rng.randbytes(rng.randint(1, 900)).hex().encode(), url=f"https://example.org/{i}") for i in range(count)
    ]


def bounds(path: Path, reader: Step, span: int = SPAN) -> list[dict[str, int]]:
    """Where the parts of a file begin and end, those in which nothing begins left out."""
    parts = range(large_files.parts_of(path.stat().st_size, span))
    found = (large_files.bounds(reader, str(path), part, span) for part in parts)
    return [within for within in found if within is not None]


def rows(path: Path, reader: Step, span: int = SPAN) -> list[tuple[object, ...]]:
    """What a reader gives for a file in parts, part after part."""
    frames = (frame for within in bounds(path, reader, span) for frame in reader.call(str(path), **within))
    return [row for frame in frames for row in frame.drop("provenance", strict=False).rows()]


def whole(path: Path, reader: Step) -> list[tuple[object, ...]]:
    return [row for frame in reader.call(str(path)) for row in frame.drop("provenance", strict=False).rows()]


@pytest.mark.parametrize("kind", ["gzip", "plain", "arc"])
def test_parts_are_the_whole(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(packed(300, kind))
    reader = find("read", "warc")
    assert rows(path, reader) == whole(path, reader)
    assert len(bounds(path, reader)) > 5, "the file really has parts"


@given(seed=st.integers(0, 10**6), span=st.integers(200, 9_000), damages=st.integers(0, 4), packed=st.booleans())
def test_damage_makes_parts_the_whole_or_refused(
    tmp_path_factory: pytest.TempPathFactory, seed: int, span: int, damages: int, packed: bool
) -> None:
    rng = random.Random(seed)
    data = bytearray(b"".join(gzip.compress(page, mtime=0) if packed else page for page in pages(30, seed)))
    for _ in range(damages):
        at = rng.randrange(200, len(data))
        data[at : at + rng.randint(0, 60)] = rng.randbytes(rng.randint(0, 60))
    path = tmp_path_factory.mktemp("parts") / "a"
    path.write_bytes(data)
    reader = find("read", "warc")
    try:
        found = rows(path, reader, span)
    except Missed:
        return
    assert found == whole(path, reader)


def nested(kind: str) -> bytes:
    """An archive of which one page is an archive itself, stored so that its records can be seen from outside."""
    inner = b"".join(gzip.compress(p, mtime=0) if kind == "gzip" else b"\n" + p for p in pages(12, 1))
    outer = [*pages(3), record(inner, url="https://example.org/archive"), *pages(3, 2)]
    level = 0 if kind == "gzip" else None
    return b"".join(page if level is None else gzip.compress(page, level, mtime=0) for page in outer)


@pytest.mark.parametrize("kind", ["gzip", "plain"])
def test_an_archive_within_an_archive_is_read_as_a_whole(
    tmp_path: Path, small_spans: None, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    folder = project(tmp_path / "p", nested(kind))
    with pytest.raises(Missed):
        rows(folder / "pages.warc.gz", find("read", "warc"))
    open_small(folder).build()
    open_small(folder, store=str(tmp_path / "two"), executor="local", workers=2).build()
    monkeypatch.setattr(large_files, "SPAN", 1 << 30)
    open_small(folder, store=str(tmp_path / "one")).build()
    assert objects(folder / ".curate") == objects(tmp_path / "one") == objects(tmp_path / "two")


def groups(rows_: int, size: int) -> bytes:
    frame = pl.DataFrame({"text": [f"document {i} " + random.Random(i).randbytes(40).hex() for i in range(rows_)]})
    file = io.BytesIO()
    pq.write_table(frame.to_arrow(), file, row_group_size=size)
    return file.getvalue()


def test_row_groups_are_parts(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(groups(500, 17))
    reader = find("read", "parquet")
    assert len(bounds(path, reader)) > 5
    assert [row[0] for row in rows(path, reader)] == pl.read_parquet(path)["text"].to_list()


def test_row_groups_out_of_order_are_read_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(groups(90, 30))
    places = iter([0, 900, 100])
    monkeypatch.setattr(parquet, "_place", lambda group: next(places))
    assert parquet.begins(str(path), 50, 200) is None


@pytest.mark.parametrize("name", ["pages.warc.gz", "a.parquet"])
def test_who_reads_a_part_changes_no_byte(
    tmp_path: Path, small_spans: None, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    if name == "a.parquet":
        folder = make_project(tmp_path / "p", count=40) if (tmp_path / "p").mkdir() is None else tmp_path
        for path in (folder / "data").iterdir():
            path.unlink()
        (folder / "data/a.parquet").write_bytes(groups(300, 20))
    else:
        folder = project(tmp_path / "p", b"".join(gzip.compress(p, mtime=0) for p in pages(60)))
    read: list[tuple[int, int | None]] = []
    real = Pass.read_place
    monkeypatch.setattr(
        Pass, "read_place", lambda self, place, tally: [read.append(place), real(self, place, tally)][1]
    )
    open_small(folder).build()
    assert len(read) > 3 and all(part is not None for _, part in read)
    open_small(folder, store=str(tmp_path / "local"), executor="local", workers=2).build()
    read.clear()
    monkeypatch.setattr(large_files, "MANY", 0)
    open_small(folder, store=str(tmp_path / "by-file")).build()
    assert read == [(0, None)], "one worker reads all parts of a file"
    assert objects(folder / ".curate") == objects(tmp_path / "local") == objects(tmp_path / "by-file")


def test_a_build_that_is_stopped_goes_on_at_the_part_that_lacks(
    tmp_path: Path, small_spans: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(tmp_path / "p", b"".join(gzip.compress(p, mtime=0) for p in pages(60)))
    open_small(folder, store=str(tmp_path / "whole")).build()
    shard, left = Pass.shard, [4]

    def until(self: Pass, *args: object, **more: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        shard(self, *args, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Pass, "shard", until)
        with pytest.raises(KeyboardInterrupt):
            open_small(folder).build()
    done: list[str] = []
    monkeypatch.setattr(Pass, "shard", lambda self, name, *a, **m: [done.append(name), shard(self, name, *a, **m)][1])
    open_small(folder).build()
    assert objects(folder / ".curate") == objects(tmp_path / "whole")
    everything = [name for name in objects(folder / ".curate") if "parquet" in name]
    assert done and min(done) > "00000-0002" and len(done) < len(everything)


def test_a_large_file_that_changes_while_a_part_is_read_is_refused(
    tmp_path: Path, small_spans: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(tmp_path / "p", b"".join(gzip.compress(p, mtime=0) for p in pages(60)))
    path, real = folder / "pages.warc.gz", read_files.bounds

    def late(reader: Step, where: str, part: int, span: int) -> object:
        found = real(reader, where, part, span)
        if part == 3:
            path.write_bytes(path.read_bytes() + gzip.compress(b"", mtime=0))
        return found

    monkeypatch.setattr(read_files, "bounds", late)
    with pytest.raises(Exception, match=r"pages\.warc\.gz: changed while it was read"):
        open_small(folder).build()
    monkeypatch.setattr(read_files, "bounds", real)
    open_small(folder).build()
    open_small(folder, store=str(tmp_path / "other")).build()
    assert objects(folder / ".curate") == objects(tmp_path / "other")


@pytest.mark.parametrize("span", [SPAN, 1 << 30])
def test_a_file_that_is_gone_once_it_was_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, span: int
) -> None:
    monkeypatch.setattr(large_files, "SPAN", span)
    folder = project(tmp_path / "p", b"".join(gzip.compress(p, mtime=0) for p in pages(60)))
    path, real = folder / "pages.warc.gz", Pass.refuse_changed
    data = path.read_bytes()

    def gone(self: Pass, *args: object) -> None:
        path.unlink(missing_ok=True)
        real(self, *args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Pass, "refuse_changed", gone)
        with pytest.raises(CurateError, match=r"pages\.warc\.gz: changed while it was read"):
            open_small(folder).build()
    path.write_bytes(data)
    open_small(folder).build()
    open_small(folder, store=str(tmp_path / "other")).build()
    assert objects(folder / ".curate") == objects(tmp_path / "other")


def test_a_reader_of_ones_own_that_begins_must_be_able_to(tmp_path: Path) -> None:
    step = """
        from collections.abc import Iterator
        def begins(path: str, at: int, before: int) -> int | None:
            return None
        @read
        def mine(path: str) -> Iterator[pl.DataFrame]:
            yield pl.DataFrame({"text": ["a"]})
    """
    folder = tiny(tmp_path, one("", read="mine"), pl.DataFrame({"text": ["x"]}), steps={"read/mine.py": step})
    with pytest.raises(Exception, match="it must take start and stop"):
        open_small(folder).build()


def test_a_stream_without_records_of_its_own_is_one_part(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzip.compress(packed(200, "plain"), mtime=0))
    reader: Callable[..., object] = warc.begins
    assert {reader(str(path), at, at + SPAN) for at in range(SPAN, path.stat().st_size, SPAN)} <= {None}
    assert rows(path, find("read", "warc")) == whole(path, find("read", "warc"))
