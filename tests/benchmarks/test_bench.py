"""`python -m benchmarks`: one command for all, what is skipped says why, results are small, the page follows from them."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import benchmarks.__main__ as bench
from benchmarks import _bench_jobs, _bench_page, _bench_quotes, projection
from benchmarks._bench_jobs import JOBS, Job, all_of, over
from benchmarks._trial import GRADERS

ROOT = Path(__file__).resolve().parents[2]
MADE = {"warc_mb": 12.0, "written_mb": 6.0, "kept": 700.0, "maths_kept": 0.5}
FIGURES = {
    f"{way} / {name}": value
    for way, seconds in (("main", 10.0), ("datatrove", 100.0))
    for name, value in {"documents_per_core_second": 1000 / seconds, "cpu_seconds": seconds, **MADE}.items()
}


def result(**changed: Any) -> dict[str, Any]:
    job = {"command": "python -m benchmarks.whole_job", "seconds": 1.0, "load": 0.1, "figures": FIGURES}
    machine = {"cpu": "a CPU", "cores": 2, "memory_gb": 8.0, "system": "", "python": "3.11.0", "load": 0.0}
    return {
        "date": "2026-01-01", "commit": "abc", "quick": False, "machine": machine, "versions": {},
        "ratios": {"whole_job": {"datatrove, main": 10.0}}, "benchmarks": {"whole_job": job}, "skipped": {"eval": "needs one GPU"},
    } | changed  # fmt: skip


def test_every_job_is_a_benchmark_that_takes_its_arguments() -> None:
    for job in JOBS:
        module = ROOT / "benchmarks" / f"{job.module or job.name}.py"
        text = module.read_text("utf-8")
        for option in {*re.findall(r"--[a-z-]+", f"{job.full} {job.quick}")}:
            assert f'"{option}"' in text, f"{module.name} has no {option}"
        assert job.needs == () or {*job.needs} <= {*_bench_jobs.LACKS}


def test_every_benchmark_is_run_or_named_as_left_out() -> None:
    text = Path(_bench_jobs.__file__).read_text("utf-8")
    others = {"page_pictures", "projection", "__main__"}  # these draw and multiply
    for file in (ROOT / "benchmarks").glob("[!_]*.py"):
        assert any(job.name == file.stem for job in JOBS) or file.stem in others or f"`{file.stem}`" in text, file.name


def test_what_cannot_run_is_skipped_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_bench_jobs.LACKS, "gpu", lambda: "needs one NVIDIA GPU")
    found = bench.measured([Job("training_step", "", "", all_of, needs=("gpu",))], tmp_path, quick=True)
    assert found["skipped"] == {"training_step": "needs one NVIDIA GPU"}
    assert found["benchmarks"] == {}


def test_one_that_fails_is_skipped_without_naming_a_folder_of_this_machine(tmp_path: Path) -> None:
    found = bench.run(Job("growth", "--no-such", "", all_of), tmp_path, quick=False)
    assert found["skipped"].startswith("ended with 2: ")
    assert bench.without_paths("no file /home/somebody/x/y.json here") == "no file y.json here"


def test_what_an_earlier_run_left_does_not_stand_for_a_new_one(tmp_path: Path) -> None:
    class Printing(Job):
        def command(self, folder: Path, *, quick: bool) -> list[str]:
            return [sys.executable, "-c", """print('{"new": 2}')"""]

    (tmp_path / "urls.json").write_text('{"old": 1}')
    assert bench.run(Printing("urls", "", "", all_of), tmp_path, quick=False)["figures"] == {"new": 2}
    assert json.loads((tmp_path / "urls.json").read_text()) == {"new": 2}


def test_what_is_done_for_a_commit_is_not_run_again(tmp_path: Path) -> None:
    (tmp_path / "warc.done.json").write_text(
        json.dumps({"command": "x", "seconds": 1.0, "ratios": {"a": 2.0}, "figures": {}})
    )
    found = bench.measured([Job("warc", "--no-such", "--no-such", all_of)], tmp_path, quick=True)
    assert found["ratios"] == {"warc": {"a": 2.0}}
    assert "ratios" not in found["benchmarks"]["warc"]


def test_a_run_of_some_adds_to_the_earlier_one_of_that_commit() -> None:
    before = result(
        ratios={"warc": {"a": 1.0}}, benchmarks={"warc": {}, "urls": {}}, skipped={"dedup": "needs x", "gates": "y"}
    )
    found = bench.together(
        before, result(ratios={"warc": {"a": 2.0}}, benchmarks={"warc": {}, "dedup": {}}, skipped={})
    )
    assert found["ratios"] == {"warc": {"a": 2.0}}
    assert {*found["benchmarks"]} == {"warc", "urls", "dedup"}
    assert found["skipped"] == {"gates": "y"}
    assert bench.together({}, result()) == result()


def test_figures_are_named_by_their_rows_and_rounded() -> None:
    report = {"rows": [{"name": "ours", "rate": 1.23456, "good": True}, {"reader": "theirs", "rate": 2}], "n": 7}
    assert bench.rounded(all_of(report)) == {"rows / ours / rate": 1.235, "rows / theirs / rate": 2, "n": 7}
    assert over({"ours": 10.0, "slow": 2.0, "none": 0.0}, "ours") == {"slow": 5.0}


def test_the_page_has_ratios_first_then_the_whole_job_and_its_projection() -> None:
    text = _bench_page.page([result()])
    assert "| whole_job | datatrove, main | 10 | `python -m benchmarks.whole_job` |" in text
    assert "| English mathematics kept | 50.0% | 50.0% |" in text
    assert text.index("## Beside others") < text.index("## The whole job") < text.index("## One snapshot")
    assert "- `eval`: needs one GPU" in text
    assert "make bench" in _bench_page.page([])


def test_the_page_has_a_line_for_each_size_of_the_crawl() -> None:
    columns = ("seconds", "cpu_seconds", "peak_mb", "store_mb", "bytes_per_page", "times_linear")
    figures = {f"rows / {size} / {name}": float(size) for size in (3000, 300) for name in columns}
    figures |= {"rows / 3000 / phases / web/warc": 3.0, "rows / 3000 / phases / web/minhash": 1.0}
    text = _bench_page.page([result(benchmarks={"web_growth": {"command": "grow", "figures": figures}}, ratios={})])
    assert text.index("| 300 | 300 | 300 |") < text.index("| 3,000 | 3,000 | 3,000 |")
    assert "Where the time of 3,000 pages goes: web/warc 75%, web/minhash 25%." in text


def test_a_full_run_counts_before_a_later_quick_one() -> None:
    quick = result(date="2026-02-01", quick=True, ratios={"whole_job": {"datatrove, main": 3.0}})
    assert "| datatrove, main | 10 |" in _bench_page.page([result(), quick])


def test_a_quote_agrees_in_the_digits_that_it_shows() -> None:
    assert _bench_quotes.agrees("0.9994", 0.99943)
    assert _bench_quotes.agrees("16.3", 0.1629)
    assert not _bench_quotes.agrees("0.9994", 0.9991)
    assert not _bench_quotes.agrees("16.3", 0.17)


def test_a_page_that_says_another_figure_than_was_measured_is_named() -> None:
    quote = _bench_quotes.Quote("page.md", r"^fill ([\d.]+)$", "tokens", ("fill",))
    known = result(benchmarks={"tokens": {"figures": {"fill": 0.95}}})
    assert list(_bench_quotes.wrong(quote, "fill 0.95\n", [known])) == []
    assert list(_bench_quotes.wrong(quote, "fill 0.97\n", [known])) == ["page.md: fill is 0.95, not 0.97"]
    with pytest.raises(ValueError, match="0 lines"):
        list(_bench_quotes.wrong(quote, "", [known]))


def test_a_table_is_compared_cell_by_cell() -> None:
    columns = {"n": ("{row} / n",), "*": ("{row} / {column} / all", "{row} / {column} / right")}
    table = _bench_quotes.Table("page.md", "Chains:", "gates", columns, {"MATH": "math"})
    text = "Chains:\n\n| | n | whole |\n| --- | ---: | ---: |\n| MATH (9) | 45,674 | 10 (7) |\n\n| | n |\n"
    cells = [*table.cells(text)]
    assert cells == [("45,674", "math / n"), ("10", "math / whole / all"), ("7", "math / whole / right")]
    known = result(benchmarks={"gates": {"figures": {"math / n": 45674, "math / whole / right": 8}}})
    assert [*_bench_quotes._disagreeing(table, cells, [known])] == [
        "page.md: gates measures no math / whole / all", "page.md: math / whole / right is 8, not 7",
    ]  # fmt: skip
    assert [*_bench_quotes._disagreeing(table, cells, [])] == []
    with pytest.raises(ValueError, match="no table"):
        list(table.cells("Chains:\n"))


def test_a_row_may_be_a_list_of_names_with_a_number_for_each_or_one_for_all() -> None:
    table = _bench_quotes.Table("page.md", "Planted:", "guards", {"caught": ("{row} / caught",)}, listed=True)
    text = "Planted:\n\n| damage | cases | caught |\n| --- | ---: | ---: |\n| {} |\n"
    row = "numbers: digit changed; sign | 7; 9 | 99.0; 98.2 %"
    assert [*table.cells(text.format(row))] == [("99.0", "digit changed / caught"), ("98.2", "sign / caught")]
    row = "loops: of a phrase; of lines | 7; 9 | 100 %"
    assert [*table.cells(text.format(row))] == [("100", "of a phrase / caught"), ("100", "of lines / caught")]
    with pytest.raises(ValueError, match="2 numbers for 3 figures"):
        list(table.cells(text.format("loops: a; b; c | 1 | 100; 99 %")))


def test_every_table_of_the_list_has_figures() -> None:
    for table in _bench_quotes.TABLES:
        assert len([*table.cells((ROOT / table.file).read_text("utf-8"))]) > 5, table.title


def test_graders_are_called_as_on_the_page() -> None:
    table = next(one for one in _bench_quotes.TABLES if one.benchmark == "graders")
    names = [name.split(" / ") for _, name in table.cells((ROOT / table.file).read_text("utf-8"))]
    assert {name[2] for name in names if name[0] == "groups"} == {*GRADERS} - {"math-verify"}  # it has a clock


def test_every_quoted_benchmark_has_a_full_result() -> None:
    full = {name for result in _bench_page.kept(ROOT) if not result["quick"] for name in result["benchmarks"]}
    assert {one.benchmark for one in (*_bench_quotes.TABLES, *_bench_quotes.QUOTES)} <= full


def test_counts_of_leaks_are_kept_as_shares_and_no_text_that_was_found() -> None:
    cell = {"found": 3, "of": 4, "interval": [0.3, 0.95]}
    clean = {"documents": 20, "false": 1, "hits": [{"id": "a page", "share": 0.7}], "interval": [0.01, 0.2]}
    stock = {"documents": 20, "false": 3}
    ours = {"rl": {"items": cell, "missed": ["x"]}, "clean": clean, "stock": stock}
    report = {"methods": {"ours": ours}, "absent": {"decon": "why"}, "items": 9}
    assert _bench_jobs._decontamination_figures(report) == {
        "items": 9, "methods / ours / rl / items / found": 3, "methods / ours / rl / items / of": 4,
        "methods / ours / rl / items / low": 0.3, "methods / ours / rl / items / high": 0.95,
        "methods / ours / rl / items / share": 0.75, "methods / ours / clean / documents": 20, "methods / ours / clean / false": 1,
        "methods / ours / clean / low": 0.01, "methods / ours / clean / high": 0.2, "methods / ours / stock / documents": 20,
        "methods / ours / stock / false": 3, "methods / ours / false_per_10000": 1000.0,
    }  # fmt: skip


def test_formulas_are_pooled_over_the_encodings_of_a_group() -> None:
    formulas = {
        "web: mathjax": {"formulas": 30, "exact": 1.0, "garbled": 0.0},
        "web: img": {"formulas": 10, "exact": 0.2, "garbled": 0.5},
        "crawl: katex": {"formulas": 5, "exact": 0.0, "garbled": 0.0},
    }
    figures = _bench_jobs._extraction_figures({"extractors": {"ours": {"formulas": formulas}}})
    assert figures["pooled / ours / web / exact"] == pytest.approx(0.8)
    assert figures["pooled / ours / web / garbled"] == pytest.approx(0.125)
    assert figures["pooled / ours / crawl / exact"] == 0
    assert figures["extractors / ours / formulas / web: img / exact"] == 0.2
    assert figures["formulas / web: img"] == 10


def test_classifiers_are_kept_as_means_over_folds() -> None:
    folds = [
        {"of": "ours", "seed": seed, "fold": fold, "all": {"f1": f1}, "english": {"f1": 1.0}, "wrong": {"a site": 3}}
        for seed, fold, f1 in ((0, 0, 0.1), (2, 0, 0.8), (2, 1, 0.9), (4, 0, 0.7))
    ]
    figures = _bench_jobs._classifier_figures({"folds": folds, "means": {"ours, all": 0.6}})
    assert figures["seeds / ours / 2 / all"] == pytest.approx(0.85)
    assert figures["seeds / ours / 2 and 4 / all"] == pytest.approx(0.8)
    assert figures["seeds / ours / 0 / english"] == 1
    assert figures["means / ours, all"] == 0.6
    assert not [name for name in figures if name.startswith("folds")]


def test_rows_that_grow_are_told_apart_by_all_that_tells_them_apart() -> None:
    rows = [
        {"step": step, "how": how, "documents": 10, "cpu": cpu}
        for step, how, cpu in (("exact", "alone", 1), ("exact", "build", 2))
    ]
    figures = _bench_jobs._dedup_growth_figures(rows)
    assert (figures["exact / alone / 10 / cpu"], figures["exact / build / 10 / cpu"]) == (1, 2)
    assert _bench_jobs._growth_figures({"crawl": [{"pages": 300, "mb": 1.4}], "build": []})["crawl / 300 / mb"] == 1.4


def test_counts_are_kept_whole() -> None:
    assert bench.rounded({"golds": 45674.0, "rate": 45674.5}) == {"golds": 45674, "rate": 45670}


def test_pages_quote_what_was_measured_last() -> None:
    assert _bench_quotes.all_wrong(ROOT, _bench_page.kept(ROOT)) == []


def test_kept_results_are_small_and_name_no_folder() -> None:
    for file in (ROOT / "benchmarks" / "results").glob("*.json"):
        text = file.read_text("utf-8")
        assert len(text) < 200_000
        assert not re.search(r"/(?:home|tmp|work|root)/", text), file.name
        assert {"date", "commit", "machine", "versions", "ratios", "benchmarks", "skipped"} <= {*json.loads(text)}


def test_projection_without_a_result_says_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.projection", "--result", str(tmp_path / "none.json")]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


# ---- the arithmetic of the projection -----------------------------------------------------------------------------------------


def test_core_hours_are_pages_over_rate_and_bytes_over_rate() -> None:
    one = projection.measured(result(), "main")
    assert one == projection.Measured(pages_per_second=100.0, mb_per_second=1.2, written_per_mb=0.5)
    given = projection.Assumptions(pages=3.6e8, uncompressed_tb=4.32, snapshots=2)
    assert projection.core_hours(one, given, 1) == pytest.approx((1000.0, 1000.0))
    assert projection.core_hours(one, given, 2) == pytest.approx((2000.0, 2000.0))


def test_money_disk_and_gpu_hours_are_products() -> None:
    given = projection.Assumptions(
        pages=3.6e8, uncompressed_tb=4.32, snapshots=2, core_hour_usd=0.5, storage_tb_month_usd=100, refined_tokens=7.2e6,
        gpu_tokens_per_second=100, gpu_hour_usd=3,
    )  # fmt: skip
    cells = dict(projection.rows({"ours": projection.measured(result(), "main")}, given))
    assert projection.gpu_hours(given, 1) == pytest.approx(20.0)
    assert cells["dollars for them, ours"] == ["500 to 500", "1,000 to 1,000"]
    assert cells["our store, every document with its fate"] == ["2.16 TB", "4.32 TB"]
    assert cells["dollars a month for it"] == ["216", "432"]
    assert cells["GPU-hours for them"] == ["20", "40"]
    assert cells["dollars for them"] == ["60", "120"]


def test_every_assumption_has_a_source_and_can_be_set() -> None:
    assert {*projection.SOURCES} == {*vars(projection.Assumptions())}
    assert projection.settled(["core_hour_usd=0.03", "pages=1_000"]).pages == 1000
    for wrong in ("core_hour_usd=x", "speed=1", "pages=0", "pages=inf", "pages=nan"):
        with pytest.raises(SystemExit, match=re.escape(wrong)):
            projection.settled([wrong])


def test_the_newest_full_result_is_taken(tmp_path: Path) -> None:
    for name, date, quick in (("a", "2026-01-01", False), ("b", "2026-02-01", True), ("c", "2025-01-01", False)):
        (tmp_path / f"{name}.json").write_text(json.dumps(result(date=date, quick=quick)))
    (tmp_path / "d.json").write_text(json.dumps(result(date="2027-01-01", benchmarks={})))
    assert projection.newest(tmp_path) == tmp_path / "a.json"
    assert projection.newest(tmp_path / "none") is None
