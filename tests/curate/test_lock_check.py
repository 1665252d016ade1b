"""`curate lock --check`: whether a lock is that of the recipe and code as they are, told without a store."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

import curate
from curate.errors import CurateError
from curate.lock import Lock
from curate.lock_check import DIFFERS, stale
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
    return open_small(folder).check_lock()


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
        ("- synth: halves\n", "- synth: halves\n        least: 41\n", ["parts/halves"]),
        ("seq_len: 128", "seq_len: 64", ["mixture"]),
        ("vocab: 300", "vocab: 301", ["tokenizer"]),
        # a step that is new or gone also changes what goes into others
        (
            "        as: part_letters\n",
            "        as: part_letters\n      - score: digits\n",
            ["parts/digits", "tokenizer", "parts/tokenize", "mixture"],
        ),
        (
            "      - score: letters\n        as: part_letters\n",
            "",
            ["tokenizer", "parts/tokenize", "mixture", "parts/part_letters"],
        ),
    ],
)
def test_an_edited_recipe_names_what_differs(built: Path, before: str, after: str, found: list[str]) -> None:
    edit(built / "recipes/small.yaml", before, after)
    assert sorted(names(built)) == sorted(found)


def test_words_that_no_step_sees_are_told_too(built: Path) -> None:
    edit(built / "recipes/small.yaml", "recipe: small", "recipe: small\nseed: 7")
    assert said(built)
    edit(built / "recipes/small.yaml", "\nseed: 7", "")
    edit(built / "recipes/small.lock", "recipe: small", "recipe: other")
    assert said(built) == ["the recipe says something else than when the lock was written, though no step differs"]


def test_lines_in_another_order_and_in_another_form_are_told(built: Path) -> None:
    path = built / "recipes/small.lock"
    lock = Lock.read(path)
    turned = replace(lock, outputs=dict(reversed(lock.outputs.items())))
    path.write_text(turned.dump())
    assert said(built) == ["its lines stand in another order than the recipe's steps"]
    path.write_text(lock.dump() + "# a word of mine\n")
    assert said(built) == ["is not as `curate build` writes it"]


def test_a_line_without_content_is_no_lock(built: Path) -> None:
    path = built / "recipes/small.lock"
    content = Lock.read(path).nodes["web/upper"]["content"]
    edit(path, f', content: "{content}"', "")
    with pytest.raises(CurateError, match="is not a lock"):
        said(built)


def test_where_files_are_not_here_nothing_is_said_of_the_lock(built: Path) -> None:
    recipe = open_small(built)
    lock = Lock.read(recipe.lock_path)
    nodes = {n: replace(node, missing="its files are elsewhere") for n, node in recipe.planned.nodes.items()}
    with pytest.raises(CurateError, match="cannot be checked here: its files are elsewhere"):
        stale(replace(recipe.planned, nodes=nodes), lock)


def test_a_sample_has_no_lock_to_commit(built: Path) -> None:
    with pytest.raises(CurateError, match="sample"):
        curate.open("small@10%", project=built).check_lock()


def test_other_files_are_told_as_input_and_by_their_reader(built: Path) -> None:
    file = built / "data/0.parquet"
    pl.read_parquet(file).head(5).write_parquet(file)
    assert said(built) == [f"web/parquet: {DIFFERS}", "web/parquet: the input is not what the lock says"]


def test_a_lock_that_was_edited_is_told(built: Path) -> None:
    path = built / "recipes/small.lock"
    lock = Lock.read(path)
    edit(path, lock.nodes["web/upper"]["content"], "0" * 32)
    found = names(built)
    assert "web/copies" in found and "web/long+few_digits" not in found, found


def test_the_command_says_it_to_people_and_to_programs(built: Path) -> None:
    def run(*more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "curate", "lock", *([] if "--all" in more else ["small"]), "--check", *more]
        return subprocess.run(command, cwd=built, capture_output=True, text=True, check=False)

    fresh = run()
    assert (fresh.returncode, fresh.stdout, fresh.stderr) == (0, "small.lock: fresh\n", "")
    edit(built / "recipes/small.yaml", "letters > 20", "letters > 21")
    problem = f"web/long+few_digits: {DIFFERS}"
    for more in ((), ("--all",)):
        changed = run(*more)
        assert changed.returncode == 1
        assert changed.stdout == f"small.lock: {problem}\nto write a new lock: curate build small\n"
    assert json.loads(run("--json").stdout) == {"locks": [{"recipe": "small", "problems": [problem]}]}
    (built / "recipes/small.lock").unlink()
    gone = run()
    assert gone.returncode == 2 and "there is no lock yet" in gone.stderr
