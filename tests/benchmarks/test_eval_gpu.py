"""The tables of public checkpoints: figures that were published add up, measured ones stand in their cells, all others stay empty."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import eval_gpu
from benchmarks.eval_gpu import BASE, MARKS, THIRTEEN, line, published, tables, written
from eval import specs

ROOT = Path(__file__).resolve().parents[2]
ROW = {"model": "Qwen/Qwen2.5-3B", "by": "ours", "benchmark": "gsm8k", "limit": None, "items": 1319, "accuracy": 0.75}


def test_the_thirteen_are_those_of_our_specs_and_published_figures_have_their_published_means() -> None:
    assert sorted(THIRTEEN) == specs.group("13")
    means = {name.rpartition("/OctoThinker-")[2]: round(sum(told) / 13, 1) for name, told in BASE.items()}
    assert means == {
        "1B-Long-Base": 34.8, "1B-Hybrid-Base": 40.7, "1B-Short-Base": 40.0,
        "3B-Long-Base": 45.5, "3B-Hybrid-Base": 47.6, "3B-Short-Base": 46.8,
    }  # fmt: skip
    sizes = {name: specs.spec(name).items for name in THIRTEEN}
    for name, told in published().items():
        for on, percent in told.items():
            if name in BASE:  # a share of its items, to the digits that were published
                assert min(abs(percent - 100 * n / sizes[on]) for n in range(sizes[on] + 1)) <= 0.05, (name, on)


def test_the_page_has_the_tables_that_the_script_writes() -> None:
    page = (ROOT / "docs/eval.md").read_text("utf-8")
    assert page.count(MARKS[0]) == page.count(MARKS[1]) == 1
    assert written(page, []) == page  # nothing has been measured yet


def test_a_measured_cell_is_filled_a_part_of_a_benchmark_or_an_error_is_not() -> None:
    cells = [row for row in tables([ROW]).splitlines() if row.startswith("|  | ours | 75.00 |  |")]
    assert len(cells) == 1
    for other in ({**ROW, "limit": 50}, {**ROW, "error": "no items"}):
        assert tables([other]) == tables([])
    assert line(ROW) == "Qwen/Qwen2.5-3B, gsm8k, ours: 75.00, published 75.36: -0.2 standard errors"


@pytest.mark.slow
def test_a_folder_is_measured_on_a_cpu_and_what_is_lacking_is_named(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch", reason="needs the extra `train`")
    pytest.importorskip("transformers", reason="needs the extra `train`")
    from benchmarks._tiny_model import learned

    learned(project / "tiny", [("Q: 1 + 1\nA:", " 2\nQ:")], steps=1)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("HF_HOME", str(project / "hub"))
    words = ["--model", str(project / "tiny"), "--model", "ORG/NAME", "--on", "embedded-bench", "gsm8k", "--limit", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.eval_gpu", *words, "--backend", "hf", "--json", "out.json"],
        cwd=project, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = json.loads((project / "out.json").read_text("utf-8"))
    assert [row.get("items") for row in rows] == [2, None, None] and "benchmarks/gsm8k.jsonl" in rows[1]["error"]
    assert rows[2]["error"] == "not in the hub's cache: hf download ORG/NAME"
    assert eval_gpu.tables(rows) == eval_gpu.tables([])
