"""The whole job: what is left is judged rightly, the recipe is one, and figures of two sides are compared."""

import gzip
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchmarks import _processes, whole_job
from benchmarks._whole_job_truth import better, quality
from curate.recipe import load


def capture(page: int, **more: Any) -> dict[str, Any]:
    return {
        "page": page, "url": f"https://a.example/{page}", "date": f"2024-01-0{page + 1}T00:00:00Z", "language": "en", "math": True,
        "quality": 4, "text": "the sum is $a+b=c$ here", "formulas": [{"tex": "a+b=c", "display": False}], "encoding": "dollar",
        "hostile": None, "group": page, "jaccard": 1.0,
    } | more  # fmt: skip


TRUTH = pl.DataFrame(
    [
        capture(0),
        capture(1, group=0),
        capture(2),
        capture(3, math=False, formulas=[], text="plain words"),
        capture(4, math=False, quality=0, formulas=[]),
        capture(5, language="fr"),
    ],
    schema_overrides={"hostile": pl.String},
)


def kept(**texts: str) -> pl.DataFrame:
    rows = [
        (f"https://a.example/{name[1:]}", f"2024-01-0{int(name[1:]) + 1}T00:00:00Z", text)
        for name, text in texts.items()
    ]
    return pl.DataFrame(rows, schema=["url", "date", "text"], orient="row")


def test_a_job_that_keeps_what_it_should_is_perfect() -> None:
    right = "the sum is $a+b=c$ here"
    found = quality(kept(p0=right, p2=right, p3="plain words"), TRUTH)
    assert [found[name] for name in ("maths_kept", "other_kept", "formulas_exact", "formulas_yield", "words_f1")] == [
        1
    ] * 5
    assert [found[name] for name in ("garbage_kept", "foreign_kept", "duplicates_left", "unknown")] == [0] * 4


def test_what_a_job_does_wrong_is_counted() -> None:
    right, lost = "the sum is $a+b=c$ here", "the sum is here"
    found = quality(kept(p0=right, p1=lost, p4="spam", p5="mots"), TRUTH)
    assert found["maths_kept"] == 0.5
    assert found["other_kept"] == 0
    assert (found["garbage_kept"], found["foreign_kept"]) == (1, 1)
    assert found["duplicates_left"] == 0.25
    assert found["formulas_exact"] == 0.5
    assert found["formulas_yield"] == pytest.approx(0.5)
    assert found["words_recall"] < 1
    assert quality(kept(p9="from nowhere"), TRUTH)["unknown"] == 1


def test_a_date_is_the_same_whatever_its_fraction_of_a_second() -> None:
    texts = kept(p0="x").with_columns(date=pl.lit("2024-01-01T00:00:00.000000"))
    assert quality(texts, TRUTH)["kept"] == 1


def test_better_knows_which_way_each_figure_counts() -> None:
    ours = dict.fromkeys(("maths_kept", "other_kept", "formulas_exact", "words_f1"), 0.9)
    ours |= dict.fromkeys(("garbage_kept", "foreign_kept", "duplicates_left"), 0.1)
    assert all(better(ours, ours).values())
    assert not better(ours, ours | {"words_f1": 0.95})["words_f1"]
    assert not better(ours, ours | {"garbage_kept": 0.0})["garbage_kept"]


@pytest.mark.parametrize("way", whole_job.WAYS)
@pytest.mark.parametrize("lid", [False, True])
def test_every_way_is_a_recipe(way: str, lid: bool, tmp_path: Path) -> None:
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "job.yaml").write_text(whole_job.recipe(way, 300, lid=lid), "utf-8")
    found = load("job", project=tmp_path)
    assert found.mixture is not None
    assert found.mixture.tokens == whole_job.TOKENS * 300
    assert ("lid" in found.models) == lid


def test_costs_are_per_page_and_core(tmp_path: Path) -> None:
    (tmp_path / "crawl").mkdir()
    (tmp_path / "crawl" / "a.warc.gz").write_bytes(gzip.compress(b"x" * 2_000_000))
    (tmp_path / "left").mkdir()
    (tmp_path / "left" / "a").write_bytes(b"x" * 500_000)
    run = _processes.Run("", seconds=10.0, peak_bytes=3_000_000, cpu_seconds=4.0)
    found = whole_job.cost(run, 100, 2, tmp_path, tmp_path / "left")
    assert (found["documents_per_core_second"], found["by_clock"]) == (25, 5)
    assert (found["peak_mb"], found["written_mb"], found["warc_mb"]) == (3, 0.5, 2)


def test_sides_are_compared_with_datatrove_where_it_ran() -> None:
    figures = dict.fromkeys(
        ("maths_kept", "other_kept", "formulas_exact", "words_f1", "garbage_kept", "foreign_kept", "duplicates_left"),
        0.5,
    )
    costs = dict.fromkeys(("by_clock", "peak_mb", "written_mb", "beyond_start"), 2.0)
    mine = {"way": "main", "documents_per_core_second": 50.0, **costs, **figures}
    theirs = mine | {"way": "datatrove", "documents_per_core_second": 5.0}
    assert whole_job.compared([mine, theirs])["main"]["times"] == 10
    assert whole_job.compared([mine]) == {}


def test_what_a_further_page_costs_is_told_from_what_starting_does() -> None:
    found = whole_job.beyond({"cpu_seconds": 15.0}, {"cpu_seconds": 6.2}, 1000)
    assert found["beyond_start"] == pytest.approx(100)
    assert found["start_cpu_seconds"] == pytest.approx(5)


def test_cpu_seconds_of_children_count(tmp_path: Path) -> None:
    import sys

    child = "import time\nwhile time.process_time() < 0.4: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    assert 0.4 <= _processes.run([sys.executable, "-c", parent], cwd=tmp_path).cpu_seconds < 5
