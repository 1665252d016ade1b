"""`curate lock --check`: whether a lock is that of the recipe and code as they are, told without a store."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from curate.lock import Lock
from curate.lock_check import stale
from tests.curate.corpus import edit, make_project, open_small, with_mixture


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_project(tmp_path_factory.mktemp("built"), recipe=with_mixture())
    open_small(folder).build()
    shutil.rmtree(folder / ".curate")
    return folder


@pytest.fixture
def built(once: Path, tmp_path: Path) -> Path:
    """A project with a lock, whose store is elsewhere."""
    shutil.copytree(once, tmp_path / "project")
    return tmp_path / "project"


def said(folder: Path) -> list[str]:
    recipe = open_small(folder)
    found = stale(recipe.planned, Lock.read(recipe.lock_path))
    assert not list((folder / ".curate").glob("objects/*"))
    return found


def names(folder: Path) -> list[str]:
    return [line.partition(":")[0] for line in said(folder)]


def test_what_nothing_was_done_to_is_fresh_without_a_store(built: Path) -> None:
    assert said(built) == []
    edit(built / "steps/score/letters.py", "import polars", "# a comment changes nothing\nimport polars")
    edit(built / "recipes/small.yaml", "letters > 20", "letters  >  20")
    assert said(built) == []


def test_a_changed_step_is_named_alone_and_not_what_comes_after_it(built: Path) -> None:
    edit(built / "steps/rewrite/upper.py", ".str.to_uppercase()", ".str.to_lowercase()")
    assert names(built) == ["web/upper"]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("letters > 20", "letters > 21", ["web/long+few_digits"]),
        ("        as: part_letters\n", "        as: part_letters\n      - score: digits\n", ["parts/digits"]),
        ("      - score: letters\n        as: part_letters\n", "", ["parts/part_letters"]),
        ("seq_len: 128", "seq_len: 64", ["mixture"]),
        ("vocab: 300", "vocab: 301", ["tokenizer"]),
    ],
)
def test_an_edited_recipe_names_what_differs(built: Path, before: str, after: str, found: list[str]) -> None:
    edit(built / "recipes/small.yaml", before, after)
    lines = said(built)
    assert set(found) <= {line.partition(":")[0] for line in lines}, lines
    assert not any(line.startswith(("web/parquet", "web/upper")) for line in lines), lines


def test_other_files_are_told_as_input_and_by_their_reader(built: Path) -> None:
    file = built / "data/0.parquet"
    pl.read_parquet(file).head(5).write_parquet(file)
    assert said(built) == [
        "web/parquet: its step, its code, its parameters or its files are no longer those of the lock",
        "web/parquet: the input is not what the lock says",
    ]


def test_a_lock_that_was_edited_is_told(built: Path) -> None:
    path = built / "recipes/small.lock"
    lock = Lock.read(path)
    edit(path, lock.nodes["web/upper"]["content"], "0" * 32)
    found = names(built)
    assert "web/copies" in found and "web/long+few_digits" not in found, found


def test_the_command_says_it_to_people_and_to_programs(built: Path) -> None:
    def run(*more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "curate", "lock", "small", "--check", *more]
        return subprocess.run(command, cwd=built, capture_output=True, text=True, check=False)

    fresh = run()
    assert (fresh.returncode, fresh.stderr) == (0, "")
    assert fresh.stdout.startswith("small.lock: fresh; all ")
    edit(built / "recipes/small.yaml", "letters > 20", "letters > 21")
    stale = run()
    assert stale.returncode == 1 and stale.stdout.startswith("web/long+few_digits: its step, its code, its parameters")
    assert stale.stdout.endswith("to write a new lock: curate build small\n")
    assert json.loads(run("--json").stdout)["problems"] == stale.stdout.splitlines()[:-1]
    (built / "recipes/small.lock").unlink()
    gone = run()
    assert gone.returncode == 2 and "there is no lock yet" in gone.stderr
