"""The gate: a recipe that would report a benchmark for a run on prompts that hold its items trains nothing."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate import clean
from curate.api import Curated
from curate.clean import _benchmark, leaks
from curate.errors import CurateError
from tests.curate import rl
from tests.curate.runs import change, opened, states

CARD = "---\nlicense: MIT\nfiles: {}\n---\nA benchmark.\n"


def project_with(folder: Path, items: list[dict[str, Any]], evals: str, **more: str) -> Path:
    """A project whose benchmark `bench` has these items, and whose recipe `reward` has this `eval:`."""
    for name, text in more.items():
        (folder / f"recipes/{name}.yaml").write_text(text)
    (folder / "datacards").mkdir()
    (folder / "datacards/bench.md").write_text(CARD.format("data/bench.jsonl"))
    rl.write_rows(folder / "data/bench.jsonl", items)
    path = folder / "recipes/reward.yaml"
    path.write_text(f"{path.read_text()}eval: {evals}\n")
    return folder


OTHER = [
    {
        "id": f"b{n}",
        "problem": f"Ada has {n + 3} boxes with {2 * n} pencils in each of them; how many are there?",
        "answer": "1",
    }
    for n in range(9)
]
REPORTED = "{one: {models: [grpo], benchmarks: [bench]}}"


def trained_anything(folder: Path) -> bool:
    return any((folder / ".curate/training").glob("*/run.json"))


def test_a_reported_benchmark_with_items_among_the_prompts_fails_before_training_with_count_and_example(
    rl_project: Path,
) -> None:
    project_with(rl_project, [*OTHER, *rl.rows(count=3)], REPORTED)
    with pytest.raises(CurateError) as caught:
        opened(rl_project, "reward").train()
    said = str(caught.value)
    assert (
        "train.grpo: reward reports bench for it, and 3 of its 31 prompts hold its items, such as 's0', which holds 's0'"
        in said
    )
    assert said.startswith("recipes/reward.yaml:8: ")
    assert not trained_anything(rl_project)


def test_clean_prompts_train(rl_project: Path) -> None:
    project_with(rl_project, OTHER, REPORTED)
    assert opened(rl_project, "reward").train()[-1]["state"] == "current"


def test_prompts_that_were_clean_are_looked_at_again_when_the_benchmark_changes(
    rl_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project_with(rl_project, OTHER, REPORTED)
    opened(rl_project, "reward").train()
    looked: list[int] = []
    monkeypatch.setattr(
        clean, "leaks", lambda prompts, benchmark: [looked.append(prompts.height), leaks(prompts, benchmark)][1]
    )
    opened(rl_project, "reward").train()
    assert looked == [], "nothing has changed"
    rl.write_rows(rl_project / "data/bench.jsonl", [*OTHER, *rl.rows(count=3)])
    with pytest.raises(CurateError, match="3 of its 31 prompts hold its items"):
        opened(rl_project, "reward").train()
    with pytest.raises(CurateError, match="3 of its 31 prompts hold its items"):
        opened(rl_project, "reward").train()
    assert looked == [31, 31], "prompts that are not clean are never believed to be"


def test_items_that_are_taken_out_of_the_corpus_are_no_matter_any_more(rl_project: Path) -> None:
    short = {"id": "short", "problem": "Compute $\\sin 5$.", "answer": "x"}
    project_with(rl_project, [*OTHER, *rl.rows(count=3), short], REPORTED)
    rl.write_rows(
        rl_project / "data/sums.jsonl", [*rl.rows(), {**short, "id": "mine", "problem": "Compute  $\\sin 5$."}]
    )
    with pytest.raises(CurateError, match="4 of its 31 prompts hold its items"):
        opened(rl_project, "reward").train()
    steps = "columns: {text: problem}, steps: [{decontaminate: ngram, against: [bench]}]"
    change(rl_project, "reward", "columns: {text: problem}", steps)
    assert opened(rl_project, "reward").train()[-1]["state"] == "current"


@pytest.mark.parametrize(
    ("evals", "refused"),
    [
        ("{one: {models: [midtrain], benchmarks: [bench]}}", False),
        ("{one: {models: [after], benchmarks: [bench]}}", True),
        ("{one: {models: [midtrain, after], benchmarks: [bench]}, two: {models: [grpo]}}", True),
        ("{one: {models: [grpo]}}", False),
    ],
)
def test_what_counts_is_whether_the_model_came_of_the_run(rl_project: Path, evals: str, refused: bool) -> None:
    project_with(rl_project, rl.rows(count=3), evals)
    change(
        rl_project,
        "reward",
        "probe:",
        "  after: {run: python count.py, from: grpo, data: mixture, max_steps: 1}\nprobe:",
    )
    if refused:
        with pytest.raises(CurateError, match="reward reports bench for it, and 3 of its 31 prompts"):
            opened(rl_project, "reward").train()
        assert not trained_anything(rl_project)
    else:
        assert opened(rl_project, "reward").train("grpo")[-1]["state"] == "current"


def test_a_benchmark_that_is_named_after_training_is_refused_too(rl_project: Path) -> None:
    project_with(rl_project, rl.rows(count=3), "{one: {models: [midtrain], benchmarks: [bench]}}")
    opened(rl_project, "reward").train()
    change(rl_project, "reward", "models: [midtrain]", "models: [grpo]")
    assert states(opened(rl_project, "reward"))["reward/grpo"] == "current"
    with pytest.raises(CurateError, match="3 of its 31 prompts hold its items"):
        opened(rl_project, "reward").train()


def test_another_recipe_that_reports_it_is_refused_when_it_trains(rl_project: Path) -> None:
    child = 'recipe: child\ntrain: {after: {run: python count.py, from: "reward:grpo", data: "stable:mixture", max_steps: 1}}\n'
    child += "eval: {one: {models: [after], benchmarks: [bench]}}\n"
    project_with(rl_project, rl.rows(count=3), "{one: {models: [midtrain], benchmarks: [bench]}}", child=child)
    with pytest.raises(CurateError, match=r"train\.grpo: child reports bench for it, and 3 of its 31 prompts"):
        opened(rl_project, "child").train()


def test_a_benchmark_that_nobody_knows_is_refused(rl_project: Path) -> None:
    project_with(rl_project, OTHER, REPORTED)
    (rl_project / "datacards/bench.md").unlink()
    with pytest.raises(CurateError, match=r"reward.yaml:8: there is no benchmark 'bench'"):
        opened(rl_project, "reward").train()
    assert not trained_anything(rl_project)


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ("---\nlicense: MIT\n---\n", "does not say where the items are; add files: to its front matter"),
        (CARD.format("hf://datasets/a/b/c.jsonl"), "is not on this machine; copy the files and name them by path"),
        (CARD.format("data/none-*.jsonl"), "data/none-*.jsonl"),
        (CARD.format("data/empty.jsonl"), "holds no items"),
        (CARD.format("data/broken.jsonl"), "is no file of the benchmark 'bench'"),
    ],
)
def test_a_benchmark_whose_items_are_not_here_is_refused(rl_project: Path, card: str, said: str) -> None:
    project_with(rl_project, OTHER, REPORTED)
    (rl_project / "data/empty.jsonl").write_text("\n")
    (rl_project / "data/broken.jsonl").write_text("{}\n")
    (rl_project / "datacards/bench.md").write_text(card)
    with pytest.raises(CurateError) as caught:
        opened(rl_project, "reward").train()
    assert "whether its prompts are clean of that cannot be told" in str(caught.value)
    assert said in str(caught.value)
    assert not trained_anything(rl_project)


def test_a_generated_benchmark_is_built_and_looked_for(rl_project: Path) -> None:
    project_with(rl_project, OTHER, "{one: {models: [grpo], benchmarks: [embedded-bench]}}")
    recipe = opened(rl_project, "reward")
    recipe.build()
    (node,) = (node for name, node in recipe.planned.nodes.items() if name == "embedded/bench")
    folder = recipe.store.object(recipe.built.done[node.plan_key].key)
    lines = [line for path in sorted(folder.glob("*.jsonl*")) for line in _lines(path)]
    rl.write_rows(rl_project / "data/sums.jsonl", [*rl.rows(count=3), {**lines[0], "id": "leak"}])
    with pytest.raises(CurateError, match="1 of its 4 prompts hold its items, such as 'leak'"):
        opened(rl_project, "reward").train()


def _lines(path: Path) -> list[dict[str, Any]]:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in data.splitlines()]


@pytest.fixture
def math(rl_project: Path, shared: Path) -> Curated:
    """A recipe that trains on MATH8K and reports MATH, as they lie in the data that is not in the repository."""
    project_with(rl_project, OTHER, "{math: {models: [grpo], benchmarks: [math-test]}}")
    (rl_project / "datacards/math-test.md").write_text(CARD.format(shared / "benchmarks/math_test.jsonl.gz"))
    change(rl_project, "reward", "files: data/sums.jsonl", f"files: {shared / 'rl/math8k_limr.jsonl.gz'}")
    return opened(rl_project, "reward")


def test_math8k_may_not_be_trained_on_where_math_is_reported(math: Curated) -> None:
    with pytest.raises(
        CurateError, match=r"reward reports math-test for it, and 2,98\d of its 8,520 prompts hold its items"
    ):
        math.train()
    assert not trained_anything(math.project)


def test_every_prompt_of_math8k_that_is_an_item_of_math_is_found_and_few_others(math: Curated, shared: Path) -> None:
    source = shared / "benchmarks/math_test.jsonl.gz"
    rows = [
        {name: row[name] for name in ("id", "problem", "answer")} for row in _lines(shared / "rl/math8k_limr.jsonl.gz")
    ]
    items = {row["problem"].strip() for row in _lines(source)}
    known = {row["id"] for row in rows if row["problem"].strip() in items}
    found = leaks(pl.DataFrame(rows), _benchmark(math, "math-test", ""))
    assert (len(rows), len(known)) == (8_523, 2_936)
    assert known <= {*found["id"]}
    assert found.height - len(known) < 80, "near copies: other numbers, or another question about the same figure"
