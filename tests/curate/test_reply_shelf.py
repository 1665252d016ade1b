"""What the reply store keeps where: journals, segments, their damage, a full disk, and merging, which changes nothing that is read."""

import errno
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import CurateError
from curate.models import journal as journals_module
from curate.models import merging
from curate.models import segments as parts
from curate.models.base import Reply
from curate.models.journal import is_whole, line_of, row_of
from curate.models.merging import merge, to_merge
from curate.models.segments import ORDER, SCHEMA, Row, Segment, candidate, write_rows
from curate.models.shelf import Shelf, shelf_of
from tests.curate.replying import Counting, journals, recorded, said, segments


def row(number: int, text: str = "said", at: int = 0, by: str = "me") -> Row:
    key = hashlib.sha256(b"%d" % number).digest()
    return Row(key, text, "stop", 1, 2, key, 0, "{}", by, at)


rows = st.builds(
    row, st.integers(0, 9), st.sampled_from(["a", "b", "\n\x00é\u2028"]), st.integers(0, 2), st.sampled_from("xy")
)


@given(rows)
def test_a_line_of_a_journal_says_what_was_stored_and_any_change_is_noticed(one: Row) -> None:
    line = line_of(one)
    assert line.count(b"\n") == 1 and row_of(line[:-1]) == one
    assert is_whole(line[:-1])
    for at in range(0, len(line) - 1, 7):
        assert not is_whole(line[:at])
        assert not is_whole(line[:at] + bytes([line[at] ^ 1]) + line[at + 1 : -1])


def orphaned(folder: Path, given: list[Row]) -> Path:
    """A journal of a process that died."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"journal-1-{len([*folder.iterdir()]):08x}"
    path.write_bytes(b"".join(line_of(one) for one in given))
    return path


def test_replies_of_a_dead_process_are_read_and_become_a_segment_once(tmp_path: Path) -> None:
    orphaned(tmp_path, [row(1), row(2, "x"), row(1, "again")])
    shelf = Shelf(tmp_path)
    wanted = {row(1).key: "said", row(2).key: "x"}
    assert {key: reply.text for key, reply in shelf.find([*wanted, row(3).key]).items()} == wanted
    for _ in range(2):
        shelf.tidy()
        assert [*tmp_path.glob("journal-*")] == []
        (path,) = tmp_path.glob("*.parquet")
        assert pl.read_parquet(path)["text"].to_list() == ["said", "x"]
    assert {key: reply.text for key, reply in shelf.find([*wanted]).items()} == wanted


def test_what_a_model_was_asked_before_a_kill_is_not_asked_again(tmp_path: Path) -> None:
    model = recorded(Counting(), tmp_path)
    key = [model.key(r) for r in (parts_of("a"), parts_of("b"))]
    model.folder.mkdir()
    orphaned(model.folder, [row(0)._replace(key=key[0], text="A"), row(0)._replace(key=key[1], text="B")])
    assert [reply.text for reply in said(model, "abc")] == ["A", "B", "c/0/0"]
    assert model.model.asked == [("c", 0)]  # type: ignore[attr-defined]
    assert journals(tmp_path) == [] and len(segments(tmp_path)) == 2


def parts_of(prompt: str) -> Any:
    from curate.models.base import Request

    return Request(prompt)


@pytest.mark.parametrize("tail", [0, 1, 40, 200])
def test_a_torn_tail_is_passed_over(tmp_path: Path, tail: int) -> None:
    path = orphaned(tmp_path, [row(1), row(2, "x" * 300)])
    path.write_bytes(path.read_bytes()[: -1 - tail])
    shelf = Shelf(tmp_path)
    assert [*shelf.find([row(1).key, row(2).key])] == [row(1).key]
    shelf.tidy()
    assert [*shelf.find([row(1).key, row(2).key])] == [row(1).key]
    assert [*tmp_path.glob("*journal-*")] == []


def test_a_damaged_line_is_passed_over_and_its_journal_set_aside(tmp_path: Path) -> None:
    path = orphaned(tmp_path, [row(1), row(2), row(3)])
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1].replace(b"said", b"sad!") + lines[2])
    shelf = Shelf(tmp_path)
    keys = [row(number).key for number in (1, 2, 3)]
    assert [*shelf.find(keys)] == [keys[0], keys[2]]
    shelf.tidy()
    assert sorted(shelf.find(keys)) == sorted([keys[0], keys[2]])
    assert [p.name for p in tmp_path.glob("*journal-*")] == [f"damaged-{path.name}"]


def test_a_living_process_keeps_its_journal_and_others_read_it(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = """
import sys
from pathlib import Path
from curate.models.shelf import shelf_of
from tests.curate.test_reply_shelf import row
shelf = shelf_of(Path(sys.argv[1]))
for line in sys.stdin:
    shelf.append(row(int(line)))
    print(line, end="", flush=True)
"""
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )  # fmt: skip
    assert child.stdin and child.stdout
    shelf = shelf_of(tmp_path)
    for number in range(3):
        child.stdin.write(f"{number}\n")
        child.stdin.flush()
        assert child.stdout.readline() == f"{number}\n"
        shelf.tidy()
        assert len(shelf.find([row(n).key for n in range(5)])) == number + 1
    assert [*tmp_path.glob("*.parquet")] == []
    child.kill()
    child.wait()
    child.stdin.close()
    child.stdout.close()
    shelf.tidy()
    assert len([*tmp_path.glob("*.parquet")]) == 1 and not [*tmp_path.glob("journal*")]
    assert len(shelf.find([row(n).key for n in range(5)])) == 3


# damage


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-7], lambda data: data[:20] + b"?" + data[21:], lambda data: b""]
)
def test_a_damaged_segment_is_refused_by_name(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    said(recorded(Counting(), tmp_path), ["a"])
    (path,) = segments(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(CurateError, match=f"{path.name}.*damaged"):
        said(recorded(Counting(), tmp_path), ["a"])


def test_a_segment_that_is_damaged_while_it_is_in_use_is_refused(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for number in range(50):
        shelf.append(row(number, os.urandom(500).hex()))
    shelf.seal()
    keys = [row(number).key for number in range(50)]
    parts._CACHE.tables.clear()
    (path,) = tmp_path.glob("*.parquet")
    assert shelf.find([row(99).key]) == {}  # its keys are known now
    data = bytearray(path.read_bytes())
    chunk = pq.read_metadata(path).row_group(0).column(1)
    data[chunk.data_page_offset + chunk.total_compressed_size // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(CurateError, match=f"{path.name}.*damaged"):
        shelf.find(keys)


def test_a_foreign_table_under_a_segments_name_is_refused(tmp_path: Path) -> None:
    model = recorded(Counting(), tmp_path)
    said(model, ["a"])
    pl.DataFrame({"x": [1]}).write_parquet(model.folder / "x.parquet")
    data = (model.folder / "x.parquet").read_bytes()
    (model.folder / "x.parquet").rename(model.folder / f"{hashlib.sha256(data).hexdigest()[:32]}.parquet")
    with pytest.raises(CurateError, match="not a reply segment"):
        said(recorded(Counting(), tmp_path), ["b"])


def test_files_of_other_names_are_none_of_ours(tmp_path: Path) -> None:
    model = recorded(Counting(), tmp_path)
    said(model, ["a"])
    names = ("notes.txt", "x.parquet", ".DS_Store", ".tmp-1-new", ".tmp-1-old")
    for name in names:
        (model.folder / name).write_bytes(b"garbage")
    os.utime(model.folder / ".tmp-1-old", (0, 0))
    again = Counting()
    assert said(recorded(again, tmp_path), ["a", "b"])[0].text == "a/0/0"
    assert again.asked == [("b", 0)]
    assert [name for name in names if not (model.folder / name).exists()] == [".tmp-1-old"]


# a full disk


def test_a_full_disk_stops_with_one_line_and_what_was_stored_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, whole = [0], os.pwrite

    def full(handle: int, data: bytes, offset: int) -> int:
        written[0] += 1
        if written[0] >= 3:
            whole(handle, data[:10], offset)
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(handle, data, offset)

    with monkeypatch.context() as patch:
        patch.setattr(journals_module.os, "pwrite", full)
        with pytest.raises(CurateError, match="the reply store cannot be written: No space left on device"):
            said(recorded(Counting(), tmp_path), "abcdef")
    again = Counting()
    assert [reply.text for reply in said(recorded(again, tmp_path), "abcdef")] == [f"{p}/0/0" for p in "abcdef"]
    assert [prompt for prompt, _ in again.asked] == list("cdef")


def test_a_disk_that_is_full_when_a_segment_is_written_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(parts.os, "fsync", full)
        patch.setattr("curate.models.shelf.replace_file", lambda *_: None)
        with pytest.raises(CurateError, match="cannot be written: No space left"):
            said(recorded(Counting(), tmp_path), "ab")
    assert segments(tmp_path) == [] and len(journals(tmp_path)) == 1
    assert not [*tmp_path.glob("*/.tmp*")]
    again = Counting()
    said(recorded(again, tmp_path), "abc")
    assert again.asked == [("c", 0)]
    assert len(segments(tmp_path)) >= 1 and journals(tmp_path) == []


# merging


def contents(folder: Path) -> dict[bytes, Row]:
    """The row of each key, by a straight reading of all segments."""
    found: dict[bytes, Row] = {}
    for path in sorted(folder.glob("*.parquet")):
        for *values, _ in pl.read_parquet(path).iter_rows():
            one = Row(*values)
            if one.key not in found or candidate(one).order < candidate(found[one.key]).order:
                found[one.key] = one
    return found


def seen(one: Row) -> Reply:
    return candidate(one).reply


@given(st.lists(st.lists(rows, min_size=1, max_size=6), min_size=1, max_size=9), st.integers(1, 4))
def test_merging_changes_nothing_that_anybody_reads(batches: list[list[Row]], group: int) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "GROUP_ROWS", group)
        patch.setattr(merging, "GROUP_ROWS", group + 1)
        patch.setattr(merging, "FANOUT", 2)
        folder = Path(name)
        names = {write_rows(batch, folder) for batch in batches}
        before, keys = contents(folder), [row(number).key for number in range(10)]
        reader, fresh = Shelf(folder), Shelf(folder)
        assert reader.find(keys) == {key: seen(one) for key, one in before.items()}
        fresh.tidy()
        assert contents(folder) == before
        assert reader.find(keys) == Shelf(folder).find(keys) == {key: seen(one) for key, one in before.items()}
        (path,) = folder.glob("*.parquet")
        if len(names) > 1:
            assert pl.read_parquet(path)["key"].n_unique() == pl.read_parquet(path).height == len(before)
            assert names <= {*Segment(path).replaces}
        if batches:  # read again by the columns that the views use
            frame = pl.read_parquet(path)
            assert frame.sort(ORDER).unique("key", keep="first").height == len(before)


def test_the_same_replies_make_the_same_segment_and_its_columns_are_these(tmp_path: Path) -> None:
    names = [write_rows([row(1), row(2)], tmp_path) for _ in range(2)]
    assert names[0] == names[1]
    assert pq.read_schema(tmp_path / names[0]).equals(SCHEMA)
    assert write_rows([], tmp_path) == "" and len([*tmp_path.iterdir()]) == 1


def test_many_small_segments_become_few_and_each_reply_is_written_a_few_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = []

    def counted(segments: list[Segment], folder: Path) -> str:
        copied.append(sum(segment.rows.size for segment in segments))
        return merge(segments, folder)

    monkeypatch.setattr("curate.models.shelf.merge", counted)
    monkeypatch.setattr(merging, "SMALLEST", 20_000)
    shelf = Shelf(tmp_path)
    for number in range(400):
        shelf.append(row(number, os.urandom(300).hex()))
        shelf.seal()
        shelf.tidy()
        assert len([*tmp_path.glob("*.parquet")]) < 3 * merging.FANOUT
    assert len(shelf.find([row(number).key for number in range(400)])) == 400
    assert sum(copied) < 400 * 12


@given(st.lists(st.integers(1, 2 * merging.LARGEST), max_size=40))
def test_only_segments_of_one_size_are_merged_and_no_large_ones(sizes: list[int]) -> None:
    names = {f"{number:032x}.parquet": size for number, size in enumerate(sizes)}
    chosen = [names[name] for name in to_merge([*names.items()])]
    assert not chosen or len(chosen) >= merging.FANOUT
    assert all(size < merging.LARGEST for size in chosen)
    assert len({merging._class(size) for size in chosen}) <= 1
    small = [size for size in sizes if size < merging.LARGEST]
    assert chosen or all(sum(merging._class(size) == kind for size in small) < merging.FANOUT for kind in range(5))


def test_a_reader_goes_on_while_another_merges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "FANOUT", 2)
    for number in range(4):
        write_rows([row(number)], tmp_path)
    reader, keys = Shelf(tmp_path), [row(number).key for number in range(4)]
    reader._look()
    whole = reader._find
    first = [True]

    def meanwhile(keys: Any) -> Any:
        if first:
            first.clear()
            Shelf(tmp_path).tidy()
            with pytest.raises(FileNotFoundError):
                whole(keys)
        parts._CACHE.tables.clear()
        return whole(keys)

    monkeypatch.setattr(reader, "_find", meanwhile)
    assert len(reader.find(keys)) == 4


def test_a_kill_between_merging_and_deleting_leaves_one_reply_each(tmp_path: Path) -> None:
    for number in range(merging.FANOUT):
        write_rows([row(number % 5, f"said {number}", at=number)], tmp_path)
    before = contents(tmp_path)
    merge([Segment(path) for path in sorted(tmp_path.glob("*.parquet"))], tmp_path)
    keys = [*before]
    assert Shelf(tmp_path).find(keys) == {key: seen(one) for key, one in before.items()}
    Shelf(tmp_path).tidy()
    assert contents(tmp_path) == before
    assert len([*tmp_path.glob("*.parquet")]) == 1


def test_stores_that_are_joined_agree_on_the_earliest_reply(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        folder.mkdir()
    write_rows([row(1, "early", at=5)], first)
    write_rows([row(1, "late", at=6)], second)
    for here, there in ((first, second), (second, first)):
        for path in there.glob("*.parquet"):
            shutil.copy(path, here / path.name)
    for folder in (first, second):
        assert Shelf(folder).find([row(1).key]) == {row(1).key: Reply("early", "stop", 1, 2)}


def test_one_process_at_a_time_tidies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    monkeypatch.setattr(merging, "FANOUT", 2)
    for number in range(4):
        write_rows([row(number)], tmp_path)
    with (tmp_path / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        Shelf(tmp_path).tidy()
        assert len([*tmp_path.glob("*.parquet")]) == 4
    Shelf(tmp_path).tidy()
    assert len([*tmp_path.glob("*.parquet")]) == 1


def test_without_locks_everything_works_but_claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "lockf", none)
    assert len(said(recorded(Counting(), tmp_path), "ab")) == 2
    again = Counting()
    said(recorded(again, tmp_path), "abc")
    assert again.asked == [("c", 0)]


@pytest.mark.slow
def test_a_million_replies_are_looked_up_in_little_memory(tmp_path: Path) -> None:
    import resource

    count, names = 1_000_000, []
    for start in range(0, count, 50_000):
        names.append(
            write_rows(
                (row(number, f"{number} is what it is. " * 10) for number in range(start, start + 50_000)), tmp_path
            )
        )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    shelf = Shelf(tmp_path)
    begun = time.perf_counter()
    shelf.find([row(-1).key])
    opened = time.perf_counter() - begun
    begun = time.perf_counter()
    found = 0
    for start in range(0, 100_000, 512):
        found += len(shelf.find([row(number).key for number in range(start, start + 512)]))
    looked = time.perf_counter() - begun
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    print(f"opened in {opened:.1f} s, {found / looked:,.0f} hits/s, {memory} MB more")
    assert found == 100_352 and memory < 200
