"""A poison document is found, named and left behind; the rest of the batch survives."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import curate
from curate.errors import CurateError, Incomplete
from curate.guard import STARVED, Guard, SomeLost, TooMany, _slices, died_of, killed_for_memory
from tests.curate.corpus import one, open_small, texts, tiny


def docs(n: int) -> pl.DataFrame:
    return pl.DataFrame(
        {"row": pl.Series(range(n), dtype=pl.UInt32), "text": [f"text {i}" for i in range(n)]},
        schema_overrides={"text": pl.String},
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1), max_size=15))))
def test_just_the_documents_that_raise_are_lost(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[int, set[int]]
) -> None:
    height, poison = case

    def call(batch: pl.DataFrame) -> pl.DataFrame:
        if poison & set(batch["row"].to_list()):
            raise ValueError("poison")
        return batch

    guard = Guard(tmp_path_factory.mktemp("guard") / "journal")
    outcome = guard.run("step", call, docs(height))
    assert {row for row, _, _ in outcome.lost} == poison
    kept = pl.concat([docs(0), *outcome.frames])["row"].to_list()
    assert kept == [i for i in range(height) if i not in poison]


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 120).flatmap(
        lambda n: st.tuples(
            st.just(n), st.sets(st.integers(0, n - 1), max_size=8), st.sets(st.integers(0, n - 1), max_size=8)
        )
    )
)
def test_documents_that_are_known_to_have_failed_cost_no_second_try(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[int, set[int], set[int]]
) -> None:
    height, raising, empty = case
    empty = empty - raising
    calls: list[int] = []

    def call(batch: pl.DataFrame) -> pl.DataFrame:
        rows = batch["row"].to_list()
        calls.append(len(rows))
        if raising & set(rows):
            raise ValueError("poison")
        if empty & set(rows):
            without = batch.filter(~pl.col("row").is_in(sorted(empty)))
            raise SomeLost("nothing came out", without, [i for i, row in enumerate(rows) if row in empty])
        return batch

    outcome = Guard(tmp_path_factory.mktemp("guard") / "journal").run("step", call, docs(height))
    said = {row: (fate, why) for row, fate, why in outcome.lost}
    assert said == dict.fromkeys(raising, ("quarantined", "ValueError: poison")) | dict.fromkeys(
        empty, ("quarantined", "ValueError: nothing came out")
    )
    assert [row for row, _, _ in outcome.lost] == sorted(said)
    kept = pl.concat([docs(0), *outcome.frames])["row"].to_list()
    assert kept == [i for i in range(height) if i not in said]
    assert raising or calls == [height]


def test_too_many_that_are_known_to_have_failed_stop_the_build(tmp_path: Path) -> None:
    def call(batch: pl.DataFrame) -> pl.DataFrame:
        raise SomeLost("nothing came out", batch.clear(), list(range(batch.height)))

    with pytest.raises(TooMany, match="more than 500 documents failed; the last: ValueError: nothing came out"):
        Guard(tmp_path / "journal").run("step", call, docs(1000))


def test_a_step_that_always_raises_stops_the_build_with_its_error(tmp_path: Path) -> None:
    def call(batch: pl.DataFrame) -> pl.DataFrame:
        raise RuntimeError("always")

    with pytest.raises(CurateError, match="always"):
        Guard(tmp_path / "journal").run("step", call, docs(1000))


@given(st.integers(0, 300), st.lists(st.tuples(st.integers(0, 300), st.integers(1, 300)), max_size=6))
def test_slices_cover_every_row_once(height: int, seen: list[tuple[int, int]]) -> None:
    cut = _slices(height, [[low, min(low + size, height)] for low, size in seen if low < height])
    assert [i for low, high in cut for i in range(low, high)] == list(range(height))


PROGRAM = """
import os, sys, time
from pathlib import Path
import polars as pl
from curate.guard import Guard

def call(batch):
    if 37 in batch["row"].to_list():
        {how}
    return batch

docs = pl.DataFrame({{"row": pl.Series(range(100), dtype=pl.UInt32)}})
outcome = Guard(Path(sys.argv[1]), seconds=0.3, seconds_per_row=0.0).run("step", call, docs)
print([row for row, _, _ in outcome.lost], [fate for _, fate, _ in outcome.lost], sum(f.height for f in outcome.frames))
"""


@pytest.mark.parametrize("how", ["os.kill(os.getpid(), 9)", "time.sleep(60)", "os.abort()"])
def test_a_document_that_kills_its_worker_is_found_by_the_attempts_that_follow(tmp_path: Path, how: str) -> None:
    for _attempt in range(8):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(how=how), str(tmp_path / "journal")],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            break
    assert done.stdout.strip() == "[37] ['killed'] 99"


def test_a_hang_in_this_process_becomes_a_fate(tmp_path: Path) -> None:
    def call(batch: pl.DataFrame) -> pl.DataFrame:
        if 5 in batch["row"].to_list():
            time.sleep(30)
        return batch

    guard = Guard(tmp_path / "journal", seconds=0.4, seconds_per_row=0.0, may_die=False)
    started = time.monotonic()
    outcome = guard.run("step", call, docs(8))
    assert [(row, fate) for row, fate, _ in outcome.lost] == [(5, "killed")]
    assert time.monotonic() - started < 10
    assert os.getpid()


GREEDY = {
    "bytes": "bytearray(50 << 30)",
    "array": "np.ones(50 << 27)",
    "list": "[bytearray(1 << 24) for _ in range(3200)]",
}


@pytest.mark.parametrize("how", list(GREEDY))
def test_a_document_that_wants_all_memory_is_killed_alone_and_the_process_lives(tmp_path: Path, how: str) -> None:
    def call(batch: pl.DataFrame) -> pl.DataFrame:
        if 5 in batch["row"].to_list():
            eval(GREEDY[how], {"np": np})
        return batch

    before = resource.getrlimit(resource.RLIMIT_DATA)
    outcome = Guard(tmp_path / "journal", memory=400_000_000, may_die=False).run("step", call, docs(8))
    assert [(row, fate) for row, fate, _ in outcome.lost] == [(5, "killed")]
    assert outcome.lost[0][2].startswith("MemoryError: wanted more memory than a worker may take")
    assert sum(frame.height for frame in outcome.frames) == 7
    other = Guard(tmp_path / "other", memory=300_000_000, may_die=False).run("step", call, docs(8))
    assert other.lost == outcome.lost, "what is said does not depend on the machine"
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_a_lower_limit_of_memory_that_somebody_else_set_stays(tmp_path: Path) -> None:
    program = """
        import resource, sys
        from pathlib import Path
        import polars as pl
        from curate.guard import Guard
        docs = pl.DataFrame({"row": [0]})
        resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30))
        seen = []
        def call(batch):
            seen.append(resource.getrlimit(resource.RLIMIT_DATA))
            return batch
        Guard(Path(sys.argv[1]), memory=1 << 40).run("step", call, docs)
        print(seen == [(1 << 30, 1 << 30)])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "journal")], capture_output=True, text=True
    )
    assert done.stdout.strip() == "True", done.stderr


# what a death says, and what it does not


def journal(folder: Path, attempt: str) -> Path:
    """What a pass leaves that was killed while it was on document 3."""
    path = folder / "journal"
    history = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**history, "running": [attempt, "step", 3, 4]}))
    return path


def test_a_build_that_is_killed_says_nothing_against_the_document_it_was_on(tmp_path: Path) -> None:
    for attempt in ("first", "second", "third"):
        guard = Guard(journal(tmp_path, attempt), attempt="this")
        assert guard.run("step", lambda batch: batch, docs(8)).lost == []


def test_a_task_that_a_cluster_started_twice_says_nothing_against_the_document_the_other_one_is_on(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal"
    for _ in range(3):
        history = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps({**history, "running": ["this", "step", 3, 4, socket.gethostname(), os.getppid()]}))
        guard = Guard(path, attempt="this")
    assert guard.history == {}
    assert guard.run("step", lambda batch: batch, docs(8)).lost == []


def test_a_journal_that_cannot_be_written_is_no_fault_of_the_documents(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Guard(tmp_path / "committed" / "journal").run("step", lambda batch: batch, docs(8))


@pytest.mark.parametrize(
    ("exitcode", "said"),
    [
        (-signal.SIGABRT, "it aborted, as native code does that gets no more memory"),
        (-signal.SIGALRM, "it did not come back in time"),
        (-signal.SIGKILL, "it was killed from outside, as by a system that is out of memory"),
        (-signal.SIGSEGV, "it crashed"),
        (3, "it crashed, took too much memory or did not come back in time"),
    ],
)
def test_the_error_of_a_killed_document_says_what_its_worker_died_of(tmp_path: Path, exitcode: int, said: str) -> None:
    died_of(exitcode)
    for _ in range(2):
        guard = Guard(journal(tmp_path, "this"), attempt="this")
    died_of(0)
    assert guard.run("step", lambda batch: batch, docs(8)).lost == [(3, "killed", f"killed its worker 2 times: {said}")]


def test_a_system_without_memory_says_nothing_against_a_document_but_batches_get_smaller(tmp_path: Path) -> None:
    died_of(STARVED)
    for _ in range(5):
        guard = Guard(journal(tmp_path, "this"), attempt="this")
    died_of(0)
    assert guard.history["step"]["slices"]
    assert guard.run("step", lambda batch: batch, docs(8)).lost == []


def test_kills_for_memory_are_counted_where_the_system_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.guard.VMSTAT", tmp_path / "vmstat")
    assert killed_for_memory() == 0
    (tmp_path / "vmstat").write_text("pgfault 9\noom_kill 41\noom_kill_other 7\n")
    assert (killed_for_memory(), killed_for_memory(40)) == (41, 1)


def test_a_worker_that_dies_twice_within_one_build_does(tmp_path: Path) -> None:
    Guard(journal(tmp_path, "this"), attempt="this")
    guard = Guard(journal(tmp_path, "this"), attempt="this")
    assert [(row, fate) for row, fate, _ in guard.run("step", lambda batch: batch, docs(8)).lost] == [(3, "killed")]


def test_a_build_stopped_twice_on_a_healthy_document_keeps_it(tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    stops = f"""
        import os
        @score
        def stops(docs: pl.DataFrame) -> pl.Series:
            if docs.height and os.path.exists({str(stop)!r}):
                raise KeyboardInterrupt
            return docs["text"].str.len_chars()
    """
    tiny(tmp_path, one("{score: stops}"), texts(1), steps={"score/stops.py": stops})
    stop.touch()
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            open_small(tmp_path).build()
    stop.unlink()
    recipe = open_small(tmp_path)
    recipe.build()
    assert recipe.sql("select fate, error from documents").rows() == [("kept", None)]


def test_a_document_that_kills_its_worker_is_found_beside_one_that_raises(tmp_path: Path) -> None:
    program = PROGRAM.replace(
        "def call(batch):", "def call(batch):\n    if 36 in batch['row'].to_list(): raise ValueError('odd')"
    )
    for _attempt in range(8):
        done = subprocess.run(
            [sys.executable, "-c", program.format(how="os.abort()"), str(tmp_path / "journal")],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            break
    assert done.stdout.strip() == "[36, 37] ['quarantined', 'killed'] 98"


# how much may be lost


def outcome(folder: Path, *frames: pl.DataFrame) -> str:
    """What a build over these files ends with: its error, or how many documents it keeps."""
    folder.mkdir()
    tiny(folder, one("{score: digits}"), *frames)
    recipe = open_small(folder)
    try:
        recipe.build()
    except CurateError as error:
        return str(error).replace("\n", "BROKEN LINE")
    return str(recipe.documents("web").rows)


def poisoned(count: int) -> pl.DataFrame:
    return pl.DataFrame({"text": [f"a POISON text {i}" for i in range(count)]})


@pytest.mark.parametrize(("bad", "good"), [(25, 900), (25, 60), (3, 3), (3, 0)])
def test_how_much_may_be_lost_does_not_depend_on_how_records_are_split(tmp_path: Path, bad: int, good: int) -> None:
    poison, rest = poisoned(bad), texts(good).select("text")
    whole = outcome(tmp_path / "one", pl.concat([poison, rest]))
    apart = outcome(tmp_path / "two", *[f for f in (poison, rest) if f.height])
    spread = outcome(tmp_path / "three", *[pl.concat([poison[i::3], rest[i::3]]) for i in range(3)])
    lost = bad == bad + good or (bad > 20 and bad > 0.05 * (bad + good))
    for found in (whole, apart, spread):
        assert "documents failed" in found if lost else found == str(good), found


# steps that do odd things

ODD = {
    "sys.exit": "import sys; sys.exit(0)",
    "panic": "raise pl.exceptions.PanicException('boom')",
    "exit": "raise SystemExit('bye')",
    "lines": "raise ValueError('a\\nb\\x1b[31m')",
}


@pytest.mark.parametrize("how", list(ODD))
def test_a_document_that_makes_a_step_exit_or_panic_is_quarantined(tmp_path: Path, how: str) -> None:
    odd = f"""
        @score
        def odd(docs: pl.DataFrame) -> pl.Series:
            if docs["text"].str.contains("number 3 ").any():
                {ODD[how]}
            return docs["text"].str.len_chars()
    """
    tiny(tmp_path, one("{score: odd}"), texts(6), steps={"score/odd.py": odd})
    recipe = open_small(tmp_path)
    recipe.build()
    lost = recipe.sql("select url, error from documents where fate = 'quarantined'")
    assert lost["url"].to_list() == ["u3"]
    assert "\n" not in lost["error"][0]
    assert recipe.documents("web").rows == 5


@pytest.mark.parametrize("how", list(ODD))
def test_an_across_step_that_raises_exits_or_panics_is_one_line(tmp_path: Path, how: str) -> None:
    bad = f"""
        @across
        def bad(corpus) -> pl.DataFrame:
            docs = pl.concat(list(corpus.shards("id", "text")))
            if docs.height:
                {ODD[how]}
            return docs.select("id", x=pl.lit(1.0))
    """
    tiny(tmp_path, one("{dedup: bad}"), texts(6), steps={"dedup/bad.py": bad})
    with pytest.raises(CurateError, match=r"dedup\.bad failed") as error:
        open_small(tmp_path).build()
    assert "\n" not in str(error.value)


def test_nan_is_refused_from_an_across_step_and_quarantined_from_a_score(tmp_path: Path) -> None:
    nan = """
        @across
        def nan(corpus) -> pl.DataFrame:
            docs = pl.concat(list(corpus.shards("id", "text")))
            return docs.select("id", x=pl.lit(float("nan")))
    """
    share = """
        @score
        def share(docs: pl.DataFrame) -> pl.Series:
            return (docs["text"].str.len_chars() - 18) / (docs["text"].str.len_chars() - 18)
    """
    tiny(tmp_path, one("{score: share}, {dedup: nan}"), texts(6), steps={"dedup/nan.py": nan, "score/share.py": share})
    with pytest.raises(CurateError, match=r"dedup\.nan gave NaN in 'x'"):
        open_small(tmp_path).build()
    recipe = open_small(tmp_path)
    recipe.build(only="web/share")
    assert recipe.sql("select url, error from documents where fate = 'quarantined'").rows() == [
        ("u0", "ValueError: share is NaN")
    ]


DEADLY = '''
"""A reader that a file takes along."""
import os
import polars as pl
from curate.step import read

SUFFIXES = (".txt",)

@read
def deadly(path: str):
    """A row for each file."""
    yield pl.DataFrame(schema={"text": pl.String})
    if "bad" in path:
        os.abort()
    yield pl.DataFrame({"text": [path[-5:]]})
'''


def test_a_file_that_takes_its_reader_along_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    tiny(tmp_path, one("{score: letters}", read="deadly"), texts(1))
    (tmp_path / "steps" / "read").mkdir()
    (tmp_path / "steps" / "read" / "deadly.py").write_text(DEADLY.lstrip(), "utf-8")
    (tmp_path / "data" / "0.parquet").unlink()
    for name in ("a", "bad", "c"):
        (tmp_path / "data" / f"{name}.txt").write_text(name, "utf-8")
    with pytest.raises(Incomplete) as told:
        curate.open("small", project=tmp_path, executor="local", workers=1).build()
    ((file, why),) = told.value.failed
    assert file.endswith("bad.txt")
    assert why == "killed its reader's worker 2 times: it aborted, as native code does that gets no more memory"
    (tmp_path / "data" / "bad.txt").unlink()
    assert curate.open("small", project=tmp_path, executor="local", workers=1).build()["ran"]
