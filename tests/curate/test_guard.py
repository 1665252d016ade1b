"""A poison document is found, named and left behind; the rest of the batch survives."""

import os
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import CurateError
from curate.guard import Guard, _slices


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
