"""Every example runs: the Python ones on the embedded recipe, the crawl on real archives where they are at hand."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"


@pytest.mark.slow
def test_look_into_a_recipe(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "look_into_a_recipe.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "web/html_math" in done.stdout
    assert (project / "recipes/long-cot.lock").is_file()


def test_own_crawl_is_long_cot_with_one_line_changed() -> None:
    lines = (EXAMPLES / "own-crawl.yaml").read_text("utf-8").splitlines()
    changed = [line.strip() for line in lines if not line.startswith(("recipe:", "about:", "extends:", "corpora:"))]
    assert [line.partition(" {")[0] for line in changed] == ["web:"]
    assert changed[0].startswith("web: {files:")


@pytest.mark.slow
def test_own_crawl_keeps_mathematics_from_real_pages(project: Path, shared: Path) -> None:
    recipe = (EXAMPLES / "own-crawl.yaml").read_text("utf-8").replace("data/*", f"{shared}/warc/*")
    (project / "own-crawl.yaml").write_text(recipe, "utf-8")
    import curate

    own = curate.open("own-crawl.yaml", project=project)
    own.build()
    kept = own.sql("select split_part(url, '/', 3) as site, fate from documents where corpus = 'web'")
    fates = dict(kept.filter(site="planetmath.org")["fate"].value_counts().iter_rows())
    assert fates["kept"] > 0.9 * sum(fates.values())
    manual = kept.filter(site="www.postgresql.org")
    assert manual.filter(fate="kept").height < 0.25 * manual.height
    assert own.mixture()["tokens"] >= 100_000


NOTEBOOK = EXAMPLES / "notebook.py"


def cells() -> list[str]:
    return NOTEBOOK.read_text("utf-8").split("# %%")[1:]


@pytest.mark.parametrize("plots", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_the_notebook_runs_with_and_without_the_extra_for_plots(project: Path, plots: bool) -> None:
    hide = "" if plots else "import sys; sys.modules['matplotlib'] = None; "
    code = f"{hide}import runpy; runpy.run_path({str(NOTEBOOK)!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for line in (
        "web/html_math",
        "at 100%",
        "| recipe | tour |",
        "mathematical",
        "math_score >= 0.5 -> math_score >= 0.4: {'reached': ",
        "passed     length >= 200 ",
        "windows of 512 tokens",
        "nodes to do after that: 0",
    ):
        assert line in done.stdout, line
    assert (project / "fates.png").is_file() == (plots and importlib.util.find_spec("matplotlib") is not None)
    assert ("pip install octocurate[plots]" in done.stdout) != (project / "fates.png").is_file()
    assert (project / "tour.duckdb").is_file()


def test_the_notebook_s_cells_are_short_and_each_says_what_it_does() -> None:
    found = cells()
    assert all(len(cell.strip().splitlines()) <= 20 for cell in found)
    kinds = ["text" if cell.startswith(" [markdown]") else "code" for cell in found]
    assert kinds == ["text", "code"] * (len(kinds) // 2)


@pytest.mark.parametrize("path", sorted(set(EXAMPLES.glob("*.py")) - {NOTEBOOK}), ids=lambda path: path.stem)
def test_an_example_is_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 30


def test_a_trainer_of_one_s_own_keeps_the_contract(project: Path) -> None:
    from tests.curate import runs

    runs.make(project)
    own = (EXAMPLES / "my_trainer.py").read_text("utf-8")
    (project / "my_trainer.py").write_text(own, "utf-8")
    assert len(own.split('"""\n', 1)[1].strip().splitlines()) <= 26
    train = "counts: {run: python my_trainer.py, data: mixture, max_steps: 30}"
    text = f"recipe: own\nextends: stable\ntrain:\n  midtrain: null\n  {train}\n"
    (project / "recipes/own.yaml").write_text(text, "utf-8")
    (row,) = runs.opened(project, "own").train()
    assert (row["state"], row["step"], row["tokens"]) == ("current", 30, 30 * 32)
    counts = json.loads(Path(row["folder"], "counts.json").read_text())["counts"]
    assert sum(counts.values()) == 30 * 32
