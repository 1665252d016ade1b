"""Snapshots of Common Crawl, from a server on loopback, from a bucket, and from a folder that has the same files."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from curate import crawls, objectstore, sources
from curate.errors import CurateError
from curate.store import Store
from tests.curate import bucket
from tests.curate.corpus import objects, open_small
from tests.curate.flaky import Flaky, server
from tests.curation.test_warc import record

NAME = "CC-MAIN-2024-46"
INFO = b"isPartOf: CC-MAIN-2024-46\r\npublisher: somebody\r\n"
RECIPE = "recipe: small\ncorpora:\n  web:\n    read: common_crawl\n    files: {files}\n"


def warcinfo() -> bytes:
    head = f"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Type: application/warc-fields\r\nContent-Length: {len(INFO)}\r\n\r\n"
    return head.encode() + INFO + b"\r\n\r\n"


def make_archive(folder: Path, files: int = 12) -> list[str]:
    """A folder as Common Crawl has it, with `files` WARC files of three pages in two segments; their paths."""
    paths = []
    for i in range(files):
        path = f"crawl-data/{NAME}/segments/17304770{i % 2}.0/warc/CC-MAIN-20241101184224-{i:05d}.warc.gz"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        pages = [
            record(f"<p>page {i} {j}</p>".encode() * (i + 1), url=f"https://example.org/{i}/{j}") for j in range(3)
        ]
        (folder / path).write_bytes(b"".join(gzip.compress(r, mtime=0) for r in (warcinfo(), *pages)))
        paths.append(path)
    (folder / f"crawl-data/{NAME}/warc.paths.gz").write_bytes(gzip.compress("\n".join(paths).encode()))
    (folder / "collinfo.json").write_text(json.dumps([{"id": NAME}, {"id": "CC-MAIN-2013-20"}]))
    return paths


@pytest.fixture
def crawl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flaky]:
    monkeypatch.setattr(objectstore, "WAITS", (0.0,))
    (tmp_path / "crawl").mkdir()
    make_archive(tmp_path / "crawl")
    with server(tmp_path / "crawl") as running:
        monkeypatch.setenv("CURATE_COMMON_CRAWL", running.url)
        yield running


def project(folder: Path, files: str = NAME) -> Path:
    (folder / "recipes").mkdir(parents=True)
    (folder / "recipes/small.yaml").write_text(RECIPE.format(files=files))
    return folder


def test_a_snapshot_is_listed_and_read_with_its_name_as_dump(crawl: Flaky, tmp_path: Path) -> None:
    folder = project(tmp_path / "p")
    with pytest.raises(CurateError, match=rf"{NAME} is not listed yet; run curate fetch"):
        open_small(folder).build()
    (found,) = open_small(folder).fetch()["listings"]
    assert (found["files"], found["new"]) == (12, 12)
    assert open_small(folder).planned and not [a for a in crawl.asked if a[0].endswith(".warc.gz")], "no file is read"
    row = open_small(folder).plan()[0]
    assert (row["files"], row["file_bytes"], row["documents"]) == (12, found["bytes"], None)
    open_small(folder).build()
    rows = open_small(folder).sql("select url, date, dump from documents order by url")
    assert rows.height == 36 and rows["dump"].unique().to_list() == [NAME]
    assert rows.row(0) == ("https://example.org/0/0", "2019-04-01T00:00:00Z", NAME)


def test_a_plan_does_not_wait_for_the_listing(crawl: Flaky, tmp_path: Path) -> None:
    folder = project(tmp_path / "p", f"[{NAME}, CC-MAIN-2013-20]")
    row = open_small(folder).plan()[0]
    assert row["missing"] == f"web: {NAME} and 1 more are not listed yet; run curate fetch on this recipe"
    assert row["documents"] is None
    assert not crawl.asked
    before = open_small(folder).planned
    (folder / "recipes/small.yaml").write_text(RECIPE.format(files=NAME))
    open_small(folder).fetch()
    after = open_small(folder).planned
    assert [*before.nodes] == [*after.nodes]
    assert before["web"].plan_key != after["web"].plan_key, "now the files are the identity"


def test_a_part_that_can_be_no_address_is_refused_before_it_is_listed(tmp_path: Path) -> None:
    with pytest.raises(CurateError, match=r"small.yaml:\d+: .*files come by path, s3://"):
        assert open_small(project(tmp_path / "p", "ftp://host/pages.warc.gz")).planned


def test_where_the_archive_is_changes_nothing(
    crawl: Flaky, tmp_path: Path, s3: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3.items():
        monkeypatch.setenv(name, value)
    url = bucket.new_bucket().removesuffix("/team/store")
    for path in (tmp_path / "crawl").rglob("*"):
        if path.is_file():
            bucket.change(url, path.relative_to(tmp_path / "crawl").as_posix(), path.read_bytes())
    made = []
    for place in (crawl.url, url, str(tmp_path / "crawl")):
        monkeypatch.setenv("CURATE_COMMON_CRAWL", place)
        folder = project(tmp_path / f"p{len(made)}")
        open_small(folder).fetch()
        open_small(folder).build()
        made.append((objects(folder / ".curate"), (folder / "recipes/small.lock").read_bytes()))
    assert made[0] == made[1] == made[2]


def test_the_lock_holds_where_only_a_part_of_the_archive_is(
    crawl: Flaky, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(tmp_path / "p")
    open_small(folder).fetch()
    open_small(folder).build()
    next((tmp_path / "crawl/crawl-data").rglob("*-00011.warc.gz")).unlink()
    monkeypatch.setenv("CURATE_COMMON_CRAWL", str(tmp_path / "crawl"))
    open_small(folder).fetch()
    assert open_small(folder).build(locked=True)["ran"] == []


def test_a_part_of_a_snapshot_is_named_by_a_pattern(crawl: Flaky, tmp_path: Path) -> None:
    for files, count in (("segments/173047700.0/**/*", 6), ("**/*-0000[0-2].warc.gz", 3), ("**/*", 12)):
        folder = project(tmp_path / str(count), f'"{NAME}/{files}"')
        assert open_small(folder).fetch()["listings"][0]["files"] == count


def test_a_sample_of_a_snapshot_fetches_only_its_files(crawl: Flaky, tmp_path: Path) -> None:
    folder = project(tmp_path / "p")
    open_small(folder).fetch()
    crawl.asked.clear()
    sample = open_small(folder).sampled("10%")
    sample.build()
    fetched = {name for name, _ in crawl.asked}
    assert len(fetched) == 10
    assert 0 < sample.sql("select count(*) n from documents").item() < 30


def test_the_size_of_a_snapshot_is_asked_of_ten_files_at_most(crawl: Flaky, tmp_path: Path) -> None:
    paths = sorted((tmp_path / "crawl/crawl-data").rglob("*.warc.gz"))
    found = crawls.find(crawls.SCHEME + NAME)
    assert len({file.bytes for file in found}) == 1
    sizes = [path.stat().st_size for path in paths]
    assert min(sizes) < found[0].bytes < max(sizes)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ("CC-MAIN-2024-64", "has no list of the files of CC-MAIN-2024-64; did you mean 'CC-MAIN-2024-46'"),
        (f"{NAME}/nothing/*", "no file matches"),
    ],
)
def test_what_is_no_snapshot_is_one_line(crawl: Flaky, tmp_path: Path, files: str, said: str) -> None:
    with pytest.raises(CurateError, match=said) as error:
        open_small(project(tmp_path / "p", files)).fetch()
    assert "\n" not in str(error.value)


HOSTILE = [
    b"../../etc/passwd",
    b"/etc/passwd",
    b"a/../b",
    b"a//b",
    b"./a",
    b"https://example.org/a",
    b"a\0b",
    b"a\x1b[2J",
]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no gzip",
        gzip.compress(b"a b", mtime=0)[:-9],
        *(gzip.compress(b"good " + path, mtime=0) for path in HOSTILE),
    ],
)
def test_a_list_that_is_none_is_refused(crawl: Flaky, tmp_path: Path, data: bytes) -> None:
    (tmp_path / f"crawl/crawl-data/{NAME}/warc.paths.gz").write_bytes(data)
    with pytest.raises(CurateError, match="is no list of paths"):
        crawls.find(crawls.SCHEME + NAME)


def test_a_list_of_several_gzip_members_is_read_to_its_end(crawl: Flaky, tmp_path: Path) -> None:
    listing = tmp_path / f"crawl/crawl-data/{NAME}/warc.paths.gz"
    lines = gzip.decompress(listing.read_bytes()).splitlines(keepends=True)
    listing.write_bytes(gzip.compress(b"".join(lines[:5])) + gzip.compress(b"".join(lines[5:])))
    assert len(crawls.find(crawls.SCHEME + NAME)) == 12


def test_bytes_that_change_after_they_were_read_are_refused(crawl: Flaky, tmp_path: Path) -> None:
    folder = project(tmp_path / "p")
    open_small(folder).fetch()
    open_small(folder).build()
    path = next((tmp_path / "crawl/crawl-data").rglob("*.warc.gz"))
    path.write_bytes(path.read_bytes() + gzip.compress(b"", mtime=0))
    recipe = folder / "recipes/small.yaml"
    recipe.write_text(recipe.read_text() + "    max_bytes: 1000000\n")
    with pytest.raises(CurateError, match="its bytes are not those of before"):
        open_small(folder).build()


def test_a_copy_of_the_archive_that_changes_while_it_is_read_is_refused(
    crawl: Flaky, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURATE_COMMON_CRAWL", str(tmp_path / "crawl"))
    path = next((tmp_path / "crawl/crawl-data").rglob("*-00007.warc.gz"))
    whole, real = path.read_bytes(), sources._same_bytes

    def swap(file: sources.Source, sha256: str, store: Store) -> None:
        real(file, sha256, store)
        path.write_bytes(gzip.compress(record(b"another", url="https://example.org/other"), mtime=0))

    open_small(project(tmp_path / "p")).fetch()
    monkeypatch.setattr(sources, "_same_bytes", swap)
    with pytest.raises(CurateError, match=r"-00007\.warc\.gz: changed while it was read"):
        open_small(tmp_path / "p").build()
    monkeypatch.setattr(sources, "_same_bytes", real)
    path.write_bytes(whole)
    open_small(tmp_path / "p").build()
    assert not open_small(tmp_path / "p").sql("select * from documents where url like '%other'").height


def test_snapshots_before_2013_are_arc_files(crawl: Flaky, tmp_path: Path) -> None:
    from tests.curation.test_arc import arc

    place = tmp_path / "crawl/parse-output/segment/1341690147253"
    place.mkdir(parents=True)
    (place / "1341690147253_0.arc.gz").write_bytes(arc(3))
    listing = tmp_path / "crawl/crawl-data/CC-MAIN-2012/arc.paths.gz"
    listing.parent.mkdir()
    listing.write_bytes(gzip.compress(b"parse-output/segment/1341690147253/1341690147253_0.arc.gz\n"))
    folder = project(tmp_path / "p", "CC-MAIN-2012\n    dump: CC-MAIN-2012")
    open_small(folder).fetch()
    open_small(folder).build()
    rows = open_small(folder).sql("select url, date, dump from documents order by url").rows()
    assert rows[0] == ("http://example.org/0 of 3", "2012-05-17T23:31:22Z", "CC-MAIN-2012") and len(rows) == 3
