"""Copies of files that lie elsewhere: broken connections, short bodies, tired servers, and a build that goes on where one was killed."""

import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from curate import objectstore
from curate.cli import cli, main
from curate.errors import CurateError, Incomplete
from curate.objectstore import Away, Bucket, Changed
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


def fetched(flaky: Flaky, path: Path, **settings: object) -> str:
    return Bucket(flaky.url).fetch("a.bin", path, bytes=len(DATA), waits=objectstore.WAITS, **settings)  # type: ignore[arg-type]


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


def test_a_copy_that_was_broken_off_is_not_fetched_again(flaky: Flaky, tmp_path: Path) -> None:
    flaky.faults["a.bin"] = ["cut", *["403"] * 9]
    with pytest.raises(Away):
        fetched(flaky, tmp_path / "copy")
    had = (tmp_path / "copy").stat().st_size
    assert 0 < had < len(DATA)
    flaky.faults.clear()
    flaky.asked.clear()
    assert fetched(flaky, tmp_path / "copy") == SHA
    assert flaky.ranges("a.bin") == [f"bytes={had}-"]


def test_a_copy_of_what_is_another_file_by_now_is_refused(flaky: Flaky, tmp_path: Path) -> None:
    flaky.faults["a.bin"] = ["cut", *["403"] * 9]
    with pytest.raises(Away):
        fetched(flaky, tmp_path / "copy")
    flaky.faults.clear()
    (tmp_path / "web/a.bin").write_bytes(DATA[::-1])
    with pytest.raises(Changed, match=r"a.bin: is not the file that was listed"):
        fetched(flaky, tmp_path / "copy")


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
    assert whole.planned  # one of the files was copied to see its columns
    flaky.asked.clear()
    flaky.faults["1.parquet"] = ["503"] * 99
    with pytest.raises(Incomplete, match=r"1 of 3 files could not be read: .*1.parquet: .*503.*tries only") as error:
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
