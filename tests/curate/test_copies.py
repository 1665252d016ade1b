"""Copies of files that lie elsewhere: broken connections, short bodies, tired servers, and a build that goes on where one was killed."""

import contextlib
import hashlib
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from curate import objectstore, transfer
from curate.cli import cli, main
from curate.errors import CurateError, Incomplete
from curate.objectstore import Away, Bucket, Changed
from curate.sources import Source, at_hand
from curate.store import Store
from tests.curate import bucket
from tests.curate.corpus import make_project, objects, open_small
from tests.curate.flaky import Flaky, server

DATA = random.Random(1).randbytes(3_000_000)
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def flaky(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flaky]:
    monkeypatch.setattr(objectstore, "WAITS", (0.0, 0.0))
    monkeypatch.setattr(objectstore, "PART", 1000)
    (tmp_path / "web").mkdir()
    (tmp_path / "web/a.bin").write_bytes(DATA)
    with server(tmp_path / "web") as running:
        yield running


def fetched(flaky: Flaky, path: Path, **settings: Any) -> str:
    return Bucket(flaky.url).fetch("a.bin", path, **{"bytes": len(DATA), "waits": objectstore.WAITS, **settings})


@pytest.mark.parametrize(
    "faults",
    [
        [],
        ["reset"],
        ["503", "429", "503", "reset", "503"],
        ["cut"],
        ["cut", "503", "cut", "cut", "reset", "cut"],
        ["cut", "cut", "cut", "cut", "cut", "ignore"],
    ],
    ids=" ".join,
)
def test_a_file_comes_whole_whatever_breaks_on_the_way(flaky: Flaky, tmp_path: Path, faults: list[str]) -> None:
    flaky.faults["a.bin"] = faults
    assert fetched(flaky, tmp_path / "copy") == SHA
    assert (tmp_path / "copy").read_bytes() == DATA
    assert sorted(p.name for p in tmp_path.iterdir()) == ["copy", "web"]


@pytest.mark.parametrize("told", [{"bytes": None}, {}], ids=["unlisted", "listed"])
def test_a_copy_that_was_broken_off_is_not_fetched_again(flaky: Flaky, tmp_path: Path, told: dict[str, Any]) -> None:
    flaky.faults["a.bin"] = ["cut", *["403"] * 9]
    with pytest.raises(Away):
        fetched(flaky, tmp_path / "copy", lasting=True, **told)
    had = (tmp_path / "copy").stat().st_size
    assert 0 < had < len(DATA)
    flaky.faults.clear()
    flaky.asked.clear()
    assert fetched(flaky, tmp_path / "copy", lasting=True, **told) == SHA
    assert flaky.ranges("a.bin") == [f"bytes={had}-"]
    assert fetched(flaky, tmp_path / "copy", lasting=True, **told) == SHA
    assert len(flaky.asked) == 1, "what is whole is not fetched at all"


@pytest.mark.parametrize("told", [{"bytes": None}, {}], ids=["unlisted", "listed"])
def test_a_copy_of_what_is_another_file_by_now_is_refused(flaky: Flaky, tmp_path: Path, told: dict[str, Any]) -> None:
    flaky.faults["a.bin"] = ["cut", *["403"] * 9]
    with pytest.raises(Away):
        fetched(flaky, tmp_path / "copy", lasting=True, **told)
    flaky.faults.clear()
    (tmp_path / "web/a.bin").write_bytes(DATA[::-1])
    with pytest.raises(Changed, match=r"a.bin: is not the file that was listed"):
        fetched(flaky, tmp_path / "copy", lasting=True, **told)


def test_a_copy_of_which_nothing_is_noted_is_begun_anew(flaky: Flaky, tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes(b"what somebody left")
    assert fetched(flaky, tmp_path / "copy") == SHA
    (tmp_path / "copy").write_bytes(b"what somebody left")
    (tmp_path / "copy.note").write_text("torn")
    assert fetched(flaky, tmp_path / "copy", lasting=True) == SHA


@pytest.mark.parametrize("etag", ["", 'W/"{}"'], ids=["none", "weak"])
def test_a_copy_is_of_one_file_where_no_etag_says_so(flaky: Flaky, tmp_path: Path, etag: str) -> None:
    flaky.etag = etag
    flaky.faults["a.bin"] = ["cut", "reset", "reset", "reset", "reset", "reset"]
    assert fetched(flaky, tmp_path / "first") == SHA
    flaky.faults["a.bin"] = ["cut", *["403"] * 9]
    with pytest.raises(Away):
        fetched(flaky, tmp_path / "copy", lasting=True)
    flaky.faults["a.bin"] = ["cut"]
    (tmp_path / "web/a.bin").write_bytes(DATA[::-1])
    with contextlib.suppress(Changed):
        assert fetched(flaky, tmp_path / "copy", lasting=True) == hashlib.sha256(DATA[::-1]).hexdigest()
    assert fetched(flaky, tmp_path / "copy") == hashlib.sha256(DATA[::-1]).hexdigest()


def test_a_copy_longer_than_its_file_is_begun_anew(flaky: Flaky, tmp_path: Path) -> None:
    flaky.faults["a.bin"] = ["cut", *["403"] * 9]
    with pytest.raises(Away):
        fetched(flaky, tmp_path / "copy", lasting=True)
    flaky.faults.clear()
    (tmp_path / "copy").write_bytes(DATA + b"more")
    assert fetched(flaky, tmp_path / "copy", lasting=True) == SHA


@pytest.mark.parametrize("left", [b"", b"\0" * 1_000_000], ids=["nothing", "zeros"])
def test_a_copy_is_not_gone_on_with_after_the_machine_started_anew(
    flaky: Flaky, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: bytes
) -> None:
    flaky.faults["a.bin"] = ["cut", *["403"] * 9]
    with pytest.raises(Away):
        fetched(flaky, tmp_path / "copy", lasting=True)
    flaky.faults.clear()
    (tmp_path / "copy").write_bytes(left)
    (tmp_path / "boot").write_text("another")
    monkeypatch.setattr(transfer, "STARTED", tmp_path / "boot")
    assert fetched(flaky, tmp_path / "copy", lasting=True) == SHA


def test_an_empty_file_is_a_file(flaky: Flaky, tmp_path: Path) -> None:
    (tmp_path / "web/empty").write_bytes(b"")
    for size in (0, None):
        assert Bucket(flaky.url).fetch("empty", tmp_path / "copy", bytes=size) == hashlib.sha256().hexdigest()
        assert (tmp_path / "copy").read_bytes() == b""


def test_a_bucket_that_asks_to_slow_down_is_waited_for(
    flaky: Flaky, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "web/bucket").mkdir()
    (tmp_path / "web/bucket/a.bin").write_bytes(DATA)
    for name, value in {
        "ACCESS_KEY_ID": "a",
        "SECRET_ACCESS_KEY": "b",
        "REGION": "x",
        "ENDPOINT_URL": flaky.url,
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    flaky.faults["bucket/a.bin"] = ["503", "503", "503", "503", "cut", "reset", "cut"]
    assert Bucket("s3://bucket").fetch("a.bin", tmp_path / "copy", bytes=len(DATA), waits=(0.0, 0.0)) == SHA
    assert any(flaky.ranges("bucket/a.bin"))


def test_a_copy_from_a_bucket_goes_on_where_it_was_broken_off(url: str, tmp_path: Path) -> None:
    bucket.change(url, "a.bin", DATA)
    listed = Bucket(url).look("a.bin")
    assert listed
    (tmp_path / "copy").write_bytes(DATA[:1_000_000] + b"x")  # a byte that only a range request leaves there
    (tmp_path / "copy.note").write_text(json.dumps([listed.etag, len(DATA), transfer._started()]))
    Bucket(url).fetch("a.bin", tmp_path / "copy", bytes=len(DATA), etag=listed.etag, lasting=True)
    assert (tmp_path / "copy").read_bytes() == DATA[:1_000_000] + b"x" + DATA[1_000_001:]


@pytest.mark.parametrize(
    ("fault", "said"), [("swap", "not the file that was listed"), ("short", "bytes, not 3,000,000")]
)
def test_an_answer_that_lies_is_refused(flaky: Flaky, tmp_path: Path, fault: str, said: str) -> None:
    flaky.faults["a.bin"] = [fault] * 20
    etag = f'"{hashlib.md5(DATA).hexdigest()}"'
    with pytest.raises(Changed, match=said):
        fetched(flaky, tmp_path / "copy", etag=etag)


def test_what_does_not_pass_is_tried_once(flaky: Flaky, tmp_path: Path) -> None:
    flaky.faults["a.bin"] = ["403"] * 9
    with pytest.raises(Away):
        fetched(flaky, tmp_path / "copy")
    assert len(flaky.ranges("a.bin")) == 1


@pytest.fixture
def away(flaky: Flaky, tmp_path: Path) -> Path:
    """A project whose three files lie on the server."""
    folder = make_project(tmp_path)
    paths = sorted((folder / "data").glob("*.parquet"))
    for path in paths:
        path.rename(tmp_path / "web" / path.name)
    recipe = folder / "recipes/small.yaml"
    named = ", ".join(f"{flaky.url}/{path.name}" for path in paths)
    recipe.write_text(recipe.read_text().replace("data/*.parquet", f"[{named}]"))
    open_small(folder).fetch()
    return folder


def test_a_file_that_cannot_be_had_is_named_and_the_next_build_tries_only_it(
    flaky: Flaky, away: Path, tmp_path: Path
) -> None:
    whole = open_small(away)
    assert whole.planned
    flaky.asked.clear()
    flaky.faults["1.parquet"] = ["403"] * 99
    with pytest.raises(Incomplete, match=r"1 of 3 files could not be read: .*1.parquet: .*403.*tries only") as error:
        open_small(away).build()
    assert [file for file, _ in error.value.failed] == [f"{flaky.url}/1.parquet"]
    assert {name for name, _ in flaky.asked} == {"0.parquet", "1.parquet", "2.parquet"}
    flaky.faults.clear()
    flaky.asked.clear()
    open_small(away).build()
    assert {name for name, _ in flaky.asked} == {"1.parquet"}
    other = open_small(away, store=str(tmp_path / "other"))
    other.fetch()
    other.build()
    assert objects(tmp_path / "other") == objects(away / ".curate")


def test_planning_reads_the_footer_of_a_table_and_no_more(flaky: Flaky, away: Path, tmp_path: Path) -> None:
    flaky.asked.clear()
    planned = open_small(away).planned
    assert [asked for _, asked in flaky.asked] == ["bytes=-65536"]
    wide = pl.DataFrame({f"column {i}": [0] for i in range(1500)})
    wide.write_parquet(tmp_path / "web/wide.parquet")
    assert Bucket(flaky.url).footer("wide.parquet", tmp_path / "copy")
    assert pl.read_parquet_schema(tmp_path / "copy") == wide.schema
    assert not Bucket(flaky.url).footer("a.bin", tmp_path / "other")
    flaky.faults["0.parquet"] = flaky.faults["1.parquet"] = flaky.faults["2.parquet"] = ["ignore"]
    other = open_small(away, store=str(tmp_path / "other"))
    other.fetch()
    assert other.planned["web/parquet"].raw == planned["web/parquet"].raw, "a server that knows no ranges does too"


def test_planning_refuses_a_table_that_is_not_the_one_that_was_listed(flaky: Flaky, away: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "web").glob("*.parquet"):
        pl.DataFrame({"text": ["a"], "other": [1]}).write_parquet(path)
    with pytest.raises(CurateError, match="not the file that was listed; curate fetch"):
        _ = open_small(away).planned


def test_the_program_says_which_files_failed(
    flaky: Flaky, away: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(away)
    assert open_small(away).planned
    flaky.faults = {name: ["403"] * 99 for name in ("0.parquet", "2.parquet")}
    with pytest.raises(SystemExit) as stopped:
        main(["build", "small", "--executor", "inline"])
    *lines, last = capsys.readouterr().err.splitlines()
    assert stopped.value.code == 2
    assert [line.split(".parquet: ")[0][-1] for line in lines if ".parquet: " in line] == ["0", "2"]
    assert last.startswith("curate: 2 of 3 files could not be read")
    told = CliRunner().invoke(cli, ["build", "small", "--executor", "inline", "--json"])
    assert [one["file"][-9:] for one in json.loads(told.stdout)["failed"]] == ["0.parquet", "2.parquet"]


def test_a_build_whose_network_is_gone_stops_trying(flaky: Flaky, away: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.build.UNREAD", 2)
    assert open_small(away).planned
    flaky.asked.clear()
    flaky.faults = {f"{i}.parquet": ["403"] * 99 for i in range(3)}
    with pytest.raises(Incomplete, match="2 of 3 files"):
        open_small(away).build()
    assert len(flaky.asked) == 2


def test_a_build_goes_on_within_the_file_whose_copy_was_broken_off(flaky: Flaky, away: Path, tmp_path: Path) -> None:
    assert open_small(away).planned
    flaky.faults["1.parquet"] = ["cut", *["403"] * 99]
    with pytest.raises(CurateError, match=r"1.parquet"):
        open_small(away).build()
    (part,) = (away / ".curate/drafts").rglob("1.parquet")
    had = part.stat().st_size
    flaky.faults.clear()
    flaky.asked.clear()
    open_small(away).build()
    assert had and flaky.ranges("1.parquet") == [f"bytes={had}-"]
    assert not [*(away / ".curate").rglob("input-*")]


def test_provenance_of_a_remote_page_names_its_address(flaky: Flaky, tmp_path: Path) -> None:
    from tests.curation.test_warc import archive, pages

    folder = make_project(tmp_path)
    archive(tmp_path / "web", *pages(3))
    recipe = folder / "recipes/small.yaml"
    recipe.write_text(f"recipe: small\ncorpora:\n  web:\n    read: warc\n    files: {flaky.url}/pages.warc.gz\n")
    open_small(folder).fetch()
    flaky.asked.clear()
    assert open_small(folder).planned and flaky.asked == [], "the columns of a WARC file are known without it"
    open_small(folder).build()
    (path,) = (folder / ".curate/objects").rglob("*.provenance.parquet")
    assert pl.read_parquet(path)["path"].to_list() == [f"{flaky.url}/pages.warc.gz"] * 3


def test_a_copy_that_another_process_is_writing_is_left_alone(flaky: Flaky, tmp_path: Path) -> None:
    """Workers of a build that was killed live on until their file is read."""
    file, store = Source(f"{flaky.url}/a.bin", "listed-1", len(DATA)), Store(tmp_path / "store")
    with at_hand(file, store, tmp_path / "work") as theirs:
        with at_hand(file, store, tmp_path / "work") as ours:
            assert ours != theirs and Path(ours).read_bytes() == DATA
        assert Path(theirs).read_bytes() == DATA
    with at_hand(file, store, tmp_path / "work") as later:
        assert later == theirs


@pytest.mark.parametrize("note", ["5", "[]", "\0\0"])
def test_notes_of_a_build_that_broke_off_may_be_lost_or_damaged(
    flaky: Flaky, away: Path, tmp_path: Path, note: str
) -> None:
    open_small(away, store=str(tmp_path / "whole")).fetch()
    open_small(away, store=str(tmp_path / "whole")).build()
    broken = open_small(away)
    assert broken.planned
    flaky.faults["1.parquet"] = ["403"] * 99
    with pytest.raises(Incomplete):
        broken.build()
    flaky.faults.clear()
    shutil.rmtree(away / ".curate/cache/inputs")
    for marker in (away / ".curate/drafts").rglob("file-*.json"):
        marker.write_text(note)
        marker.with_suffix(".begun").write_text(note)
    open_small(away).build()
    assert objects(away / ".curate") == objects(tmp_path / "whole")
