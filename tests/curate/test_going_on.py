"""A build that was killed inside a file goes on at a record: no byte of the shards that are done is parsed again."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import curate
from curate import records
from curate.errors import Incomplete
from curate.passes import Pass
from curation.read import _archive, warc
from tests.curate.corpus import objects, open_small
from tests.curation.test_arc import members
from tests.curation.test_warc import record

RECIPE = """recipe: small
corpora:
  web:
    read: warc
    files: pages.warc.gz
    steps: [{score: letters}, {keep: {long: letters > 3}}]
"""
STEP = """import polars as pl
from curate.step import score
@score
def letters(docs: pl.DataFrame) -> pl.Series:
    return docs["text"].str.len_chars()
"""


def project(folder: Path, data: bytes) -> Path:
    for name, text in (("recipes/small.yaml", RECIPE), ("steps/score/letters.py", STEP)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "pages.warc.gz").write_bytes(data)
    return folder


def packed(count: int, kind: str) -> bytes:
    """`count` pages with a bad member in the middle."""
    if kind == "arc":
        stored = members(count, "<p>page {}</p>" + "x" * 500)
    else:
        stored = [record(b"<p>page %d</p>" % i + b"x" * 500, url=f"https://example.org/{i}") for i in range(count)]
    parts = [part if kind == "plain" else gzip.compress(part, mtime=0) for part in stored]
    parts.insert(count // 2, b"\n\nno record\n\n" if kind == "plain" else b"\x1f\x8b\x08 no member")
    return b"".join(parts)


class Stop(BaseException):
    """What a kill is to a test."""


@pytest.mark.parametrize("kind", ["gzip", "plain", "arc"])
@pytest.mark.parametrize("after", [0, 1, 6])
def test_a_reader_begins_at_the_first_shard_that_is_not_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, after: int
) -> None:
    monkeypatch.setattr(records, "SHARD_BYTES", 6_000)
    monkeypatch.setattr(warc, "FRAME_BYTES", 4_000)
    folder = project(tmp_path, packed(100, kind))
    whole = open_small(folder, store=str(tmp_path / "whole"))
    whole.build()
    started: list[int] = []
    for module, name in ((warc, "walk"), (warc, "walk_arc")):
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, real=real: [started.append(a[2]), real(*a)][1])
    shard, left = Pass.shard, [after]

    def shard_until(self: Pass, *args: object, **more: object) -> None:
        if left[0] == 0:
            raise Stop
        left[0] -= 1
        shard(self, *args, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Pass, "shard", shard_until)
        with pytest.raises(Stop):
            open_small(folder).build()
    again = open_small(folder)
    done: list[str] = []
    monkeypatch.setattr(Pass, "shard", lambda self, name, *a, **m: [done.append(name), shard(self, name, *a, **m)][1])
    again.build()
    assert objects(folder / ".curate") == objects(tmp_path / "whole")
    assert started[0] == 0 and (started[1] > 500) == (after > 0)
    assert min(done) == f"00000-{after:04d}.parquet" and len(done) == len(set(done))


def test_one_compressed_stream_is_read_from_its_beginning_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "SHARD_BYTES", 6_000)
    monkeypatch.setattr(warc, "FRAME_BYTES", 4_000)
    folder = project(tmp_path, gzip.compress(packed(60, "plain"), mtime=0))
    open_small(folder).build()
    assert not [*(folder / ".curate").rglob("*.begun")]


@pytest.mark.parametrize("kind", ["gzip", "plain"])
def test_a_walk_from_any_record_is_the_rest_of_the_walk(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(packed(40, kind))

    def walked(begin: int) -> list[tuple[object, ...]]:
        with path.open("rb") as file:
            return [(p.offset, p.end, p.block, p.error) for p in _archive.walk(file, 10**6, begin)]

    whole = walked(0)
    assert any(error for *_, error in whole)
    for i, (offset, _, _, error) in enumerate(whole):
        if not error:
            assert walked(offset) == whole[i:]  # type: ignore[arg-type]


@pytest.mark.kill
def test_a_build_killed_inside_a_large_file_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    page = "".join(f"<p>line {i} of a page</p>" for i in range(1500))
    data = b"".join(
        gzip.compress(record(f"{i} {page}".encode(), url=f"https://example.org/{i}"), 1, mtime=0) for i in range(8000)
    )
    folder = project(tmp_path, data)
    whole = open_small(folder, store=str(tmp_path / "whole"))
    whole.build()
    command = [sys.executable, "-m", "curate", "build", "small", "--workers", "1", "--json"]
    run = {"cwd": folder, "stdout": subprocess.PIPE, "text": True, "start_new_session": True, "env": os.environ}
    process = subprocess.Popen(command, **run)  # type: ignore[call-overload]
    notes = folder / ".curate/drafts"
    while process.poll() is None and not any(len(json.loads(n.read_text())[0]) > 4 for n in notes.rglob("*.begun")):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    kept = {path: path.stat().st_ino for path in notes.rglob("work/*.parquet.json")}
    assert kept, "the build was over before it was killed"
    assert subprocess.run(command, cwd=folder, capture_output=True).returncode == 0
    assert objects(folder / ".curate") == objects(tmp_path / "whole")


def test_a_file_that_is_no_archive_does_not_stop_the_others(project: Path) -> None:
    (project / "recipes").mkdir()
    (project / "recipes/r.yaml").write_text("recipe: r\ncorpora:\n  a: {read: warc, files: '*.warc'}\n")
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>a</p>"
    head = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a/\r\nContent-Type: application/http; msgtype=response\r\n"
    whole = head + b"Content-Length: %d\r\n\r\n%b\r\n\r\n" % (len(page), page)
    for name, data in {"bad.warc": b"no archive at all", "empty.warc": b"", "good.warc": whole}.items():
        (project / name).write_bytes(data)
    with pytest.raises(Incomplete, match="2 of 3 files could not be read") as error:
        curate.open("r", project=project).build()
    assert [why for _, why in error.value.failed] == ["neither a WARC nor an ARC file", "the file is empty"]
    for name in ("bad.warc", "empty.warc"):
        (project / name).unlink()
    recipe = curate.open("r", project=project)
    recipe.build()
    assert recipe.sql("select text from documents")["text"].to_list() == ["<p>a</p>"]
