"""What the measuring commands do beside their statistics: grouping, marking, refusing, and weighing processes."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from benchmarks import _processes, growth, realism
from benchmarks._samples import LONGEST, compared, groups, lid, real_rows

ROOT = Path(__file__).resolve().parents[2]
HOLD = "held = bytearray(b'x') * {megabytes}_000_000; import time; time.sleep(0.5); print(len(held))"


def rows(**columns: list[object]) -> pl.DataFrame:
    return pl.DataFrame({"sure": [0.9] * len(columns["text"]), **columns})


def test_manuals_and_maths_and_languages_are_groups_of_their_own() -> None:
    found = groups(
        rows(
            text=["a", "b", "c", "d", "e", "f" * (LONGEST + 1)],
            source=["planetmath", "git-doc", "news", "news", "news", "code"],
            math=[True, False, False, False, True, False],
            language=["en", "en", "en", "fr", "fr", "en"],
        )
    )
    assert {name: frame["text"].str.head(1).to_list() for name, frame in found.items()} == {
        "maths": ["a"],
        "prose": ["c"],
        "code": ["b", "f"],
        "fr": ["d"],
    }
    assert found["code"]["text"].str.len_chars().max() == LONGEST


def test_a_group_is_compared_only_where_both_sides_have_enough_text() -> None:
    long, short = "word " * 12_000, "word " * 100

    def side(english: str, french: str) -> pl.DataFrame:
        cut = [english[i : i + 10_000] for i in range(0, len(english), 10_000)]
        return rows(
            text=[*cut, french], source=["news"] * (len(cut) + 1), math=[False] * (len(cut) + 1),
            language=["en"] * len(cut) + ["fr"],
        )  # fmt: skip

    found = compared(side(long, short), side(long, long), seed=0)
    assert [*found] == ["prose"]
    assert [*found["prose"].sources] == ["news"]


def test_language_is_identified_as_the_real_files_say(shared: Path) -> None:
    found = real_rows(shared / "text" / "dev_train.jsonl.gz").filter(pl.col("language") == "en").head(40)
    assert lid(found["text"].to_list(), "en") == pytest.approx(found["sure"].to_numpy(), abs=1e-3)
    assert not lid(found["text"].to_list(), "fr").any()


@pytest.mark.parametrize(("crawl", "mark"), [(0.5, "below"), (1.5, ""), (3.0, "above"), (None, "")])
def test_a_figure_is_marked_where_it_lies_outside_the_sources(crawl: float | None, mark: str) -> None:
    assert realism.row(crawl, 2.0, [1.0, None, 2.0])["mark"] == mark
    assert realism.row(crawl, 2.0, [1.0, None])["mark"] == ""


def test_without_the_real_data_realism_says_so_in_one_line() -> None:
    command = [sys.executable, "-m", "benchmarks.realism", "--reference", "/nowhere/dev_train.jsonl.gz"]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("no real data at /nowhere/dev_train.jsonl.gz")
    assert done.stderr.count("\n") == 1


def test_the_memory_of_a_tree_counts_the_children(tmp_path: Path) -> None:
    child = HOLD.format(megabytes=60)
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    run = _processes.run([sys.executable, "-c", parent], cwd=tmp_path)
    assert run.output == "60000000\n"
    assert run.seconds > 0.5
    assert 60e6 < run.peak_bytes < 200e6


def test_the_memory_of_a_run_is_not_that_of_who_started_it(tmp_path: Path) -> None:
    held = bytearray(b"x") * 300_000_000
    assert _processes.run([sys.executable, "-c", HOLD.format(megabytes=1)], cwd=tmp_path).peak_bytes < len(held) / 3


def test_a_command_that_fails_ends_the_benchmark_with_its_error(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="ZeroDivisionError"):
        _processes.run([sys.executable, "-c", "1 / 0"], cwd=tmp_path)


def test_planted_duplicates_are_told_from_those_that_happened() -> None:
    page = " ".join(f"w{n}" for n in range(60))
    truth = pl.DataFrame(
        {
            "page": [0, 1, 2, 3, 4, 5, 6, 7],
            "relation": ["original", "original", "original", "copy", "repeat", "near", "near", "original"],
            "language": ["en"] * 8,
            "jaccard": [1.0, 1.0, 1.0, 1.0, 1.0, 0.9, 0.5, 1.0],
            "text": [page, page, page + " end", page, page, page + " more", "another page", None],
        }
    )
    assert growth.duplicates(truth) == {
        "equal_planted": 2 / 8,
        "equal_chance": 1 / 8,
        "near_planted": 1 / 8,
        "near_chance": 1 / 8,
    }
