"""Prompts of reinforcement learning are a corpus: built for the run, part of what the run is, and refused where they cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import curate
from curate.api import Curated
from curate.errors import CurateError
from curate.gc import _rooted
from curate.recipe import load
from curate.training import Training
from tests.curate import rl
from tests.curate.runs import change, opened, states
from trainers.rl_settings import STOPS, TEMPLATES


@pytest.fixture
def trained(rl_project: Path) -> Path:
    """The project, everything trained."""
    opened(rl_project, "reward").train()
    return rl_project


def given(curated: Curated, name: str = "grpo") -> dict[str, Any]:
    return Training(curated)[name].given()


def grpo(folder: Path) -> dict[str, Any]:
    return opened(folder, "reward").runs()[-1]


def test_train_builds_the_corpus_that_is_in_no_mixture_and_gives_its_prompts(trained: Path) -> None:
    recipe = opened(trained, "reward")
    said = given(recipe)
    assert said.keys() == {
        "out",
        "name",
        "seed",
        "lock",
        "prompts",
        "tokenizer",
        "parent",
        "template",
        "stop",
        "max_steps",
    }
    prompts = pl.read_parquet(said["prompts"])
    assert prompts.columns == ["id", "problem", "answer"]
    assert prompts["id"].is_sorted()
    assert {"s0", "s29"} <= {*prompts["id"]}
    assert (Path(said["tokenizer"]) / "tokenizer.json").is_file()
    assert (Path(said["parent"]) / "manifest.json").is_file()


def test_what_makes_no_prompt_is_left_out_and_counted(rl_project: Path) -> None:
    recipe = opened(rl_project, "reward")
    facts = recipe.built.done[recipe.planned["sums/prompts"].plan_key].facts
    assert facts == {"prompts": 31, "without_answer": 1, "repeated": 1, "answer_not_accepted": 0}


def test_the_place_of_prompts_is_a_function_of_their_content_and_not_of_how_files_are_cut(trained: Path) -> None:
    (trained / "data/more.jsonl").write_text((trained / "data/sums.jsonl").read_text())
    lines = (trained / "data/sums.jsonl").read_text().splitlines(keepends=True)
    (trained / "data/sums.jsonl").write_text("".join(lines[:9]))
    (trained / "data/more.jsonl").write_text("".join(lines[9:]))
    change(trained, "reward", "files: data/sums.jsonl", "files: [data/sums.jsonl, data/more.jsonl]")
    before = grpo(trained)["state"]
    recipe = opened(trained, "reward")
    recipe.build()
    assert (before, grpo(trained)["state"]) == ("waiting", "current")


def test_an_edited_corpus_makes_the_run_stale_and_why_names_it(trained: Path) -> None:
    rl.write_rows(trained / "data/sums.jsonl", rl.rows(count=20))
    assert grpo(trained)["state"] == "waiting"
    assert grpo(trained)["why"] == "the prompts of sums are to be built"
    opened(trained, "reward").build()
    assert (grpo(trained)["state"], grpo(trained)["why"]) == ("stale", "its prompts changed: sums")


def test_an_edited_template_makes_the_run_stale_and_its_name_is_no_matter(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(
        trained,
        "reward",
        "template: simple",
        json.dumps({"template": TEMPLATES["simple"], "stop": STOPS["simple"]})[1:-1],
    )
    assert grpo(trained)["state"] == "current"
    monkeypatch.setitem(TEMPLATES, "simple", "Q: {problem}\nA:")
    assert grpo(trained)["state"] == "current"
    change(trained, "reward", json.dumps({"template": "Question:{problem}\nAnswer:"})[1:-1], "template: simple")
    assert grpo(trained)["state"] == "stale"
    assert grpo(trained)["why"].startswith("parameter template: Question:{problem} Answer: -> Q: {problem}")


def test_another_corpus_in_place_of_it_is_told(trained: Path) -> None:
    text = (trained / "recipes/reward.yaml").read_text().replace("prompts: sums, template", "prompts: other, template")
    text = text.replace("  sums:", "  other: {read: jsonl, files: data/other.jsonl, columns: {text: problem}}\n  sums:")
    (trained / "recipes/reward.yaml").write_text(text)
    rl.write_rows(trained / "data/other.jsonl", rl.rows(50))
    opened(trained, "reward").build()
    assert grpo(trained)["why"] == "its prompts changed: other in place of sums"


def test_prompts_of_another_recipe_are_the_same_prompts_and_its_mixture_is_not_asked_for(trained: Path) -> None:
    text = 'recipe: child\ntrain:\n  grpo: {run: python learn.py, from: "reward:midtrain", prompts: "reward:sums", max_steps: 2}\n'
    (trained / "recipes/child.yaml").write_text(text)
    recipe = opened(trained, "child")
    recipe.train()
    assert states(opened(trained, "child")) == {"reward/midtrain": "current", "child/grpo": "current"}
    assert given(opened(trained, "child"))["prompts"] == given(opened(trained, "reward"))["prompts"]


def test_prompts_and_tokenizer_of_a_run_are_kept_by_gc(trained: Path) -> None:
    recipe = opened(trained, "reward")
    for path in (recipe.store.root / "refs").glob("*.json"):
        path.unlink()
    assert {*Training(recipe)["grpo"].objects.values()} <= _rooted(recipe.store)


def test_settings_of_sampling_go_to_runs_on_prompts_alone_and_are_in_no_key(rl_project: Path) -> None:
    (rl_project / "profiles").mkdir()
    (rl_project / "profiles/gpu.toml").write_text(
        '[launch.settings]\nengine = "vllm"\nmicro_batch = 8\nreduce_each = true\n'
    )
    midtrain, run = (Training(opened(rl_project, "reward", profile="gpu"))[name] for name in ("midtrain", "grpo"))
    assert dict(midtrain.launch) == {"micro_batch": 8, "reduce_each": True}
    assert dict(run.launch) == {"micro_batch": 8, "engine": "vllm"}
    assert run.key == Training(opened(rl_project, "reward"))["grpo"].key
    change(rl_project, "reward", "template: simple", "template: simple, engine: vllm")
    assert Training(opened(rl_project, "reward"))["grpo"].key == run.key


def recipe_of(folder: Path, train: str, more: str = "") -> Curated:
    (folder / "recipes/own.yaml").write_text(f"recipe: own\nextends: stable\n{rl.SUMS}{more}train:\n{train}\n")
    return opened(folder, "own")


GRPO = "lr: 1e-6, max_steps: 2, max_completion_length: 64"


@pytest.mark.parametrize(
    ("train", "said"),
    [
        (f"  a: {{run: trainers.grpo, from: midtrain, {GRPO}}}", "train.a: trainers.grpo trains on prompts; write prompts: CORPUS"),
        (f"  a: {{run: trainers.ppo, from: midtrain, prompts: sums, data: mixture, {GRPO}}}", "has both `data:` and `prompts:`"),
        ("  a: {run: python learn.py, prompts: sums, data: mixture}", "has both `data:` and `prompts:`"),
        ("  a: {run: trainers.midtrain, from: midtrain, prompts: sums, lr: 1}", "trainers.midtrain reads no prompts"),
        (f"  a: {{run: trainers.grpo, from: midtrain, prompts: sums, mini_batch: 5, {GRPO}}}", "train.a: mini_batch 5 does not divide"),
        (f"  a: {{run: trainers.grpo, from: midtrain, prompts: sums, templat: simple, {GRPO}}}", "did you mean 'template'"),
    ],
)  # fmt: skip
def test_a_run_that_cannot_be_is_refused_before_anything_is_built(rl_project: Path, train: str, said: str) -> None:
    stored = {*(rl_project / ".curate/objects").iterdir()}
    rl.write_rows(rl_project / "data/sums.jsonl", rl.rows(count=2))
    with pytest.raises(CurateError) as caught:
        recipe_of(rl_project, train).train("a")
    assert said in str(caught.value)
    assert str(caught.value).startswith("recipes/own.yaml:5: ")
    assert {*(rl_project / ".curate/objects").iterdir()} == stored


@pytest.mark.parametrize(
    ("prompts", "said"),
    [
        ("summs", "there is no corpus 'summs'; did you mean 'sums'?"),
        ('"reward:summs"', "there is no corpus 'reward:summs'; did you mean 'reward:sums'?"),
        ("ORG/PROMPTS@unpinned/part", "'ORG/PROMPTS@unpinned/part' is no corpus; if it lies on the hub, write it as a corpus"),
        ('"nowhere:sums"', "there is no recipe 'nowhere'"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("probe", [False, True])
def test_prompts_are_a_corpus_and_a_hub_id_is_told_how_to_become_one(
    rl_project: Path, prompts: str, said: str, probe: bool
) -> None:
    entry = f"{{run: python learn.py, from: midtrain, prompts: {prompts}}}"
    with pytest.raises(CurateError) as caught:
        recipe_of(rl_project, "  {}" if probe else f"  a: {entry}", f"probe: {entry}\n" if probe else "")
    assert said in str(caught.value)


def test_a_corpus_without_answers_is_refused_with_what_to_write(rl_project: Path) -> None:
    recipe = recipe_of(rl_project, "  a: {run: python learn.py, from: midtrain, prompts: web, max_steps: 1}")
    with pytest.raises(CurateError, match=r"web has no answer: looked for answer, .* columns: \{answer: THEIR_NAME\}"):
        recipe.train()


def test_a_prompt_whose_own_answer_earns_nothing_is_left_out_and_counted(rl_project: Path) -> None:
    rl.write_rows(
        rl_project / "data/sums.jsonl", [*rl.rows(count=2), {"id": "b", "problem": "Is it?", "answer": "and " * 200}]
    )
    recipe = opened(rl_project, "reward")
    recipe.build()
    facts = recipe.built.done[recipe.planned["sums/prompts"].plan_key].facts
    assert facts == {"prompts": 2, "without_answer": 0, "repeated": 0, "answer_not_accepted": 1}


def test_references_to_prompts_of_other_recipes_keep_their_meaning_in_a_child(rl_project: Path) -> None:
    (rl_project / "recipes/deep").mkdir()
    (rl_project / "recipes/deep/base.yaml").write_text(
        'recipe: base\ntrain: {a: {run: python x.py, prompts: "reward:sums"}}\n'
    )
    (rl_project / "recipes/deep/reward.yaml").write_text("recipe: reward\nextends: reward\n")
    (rl_project / "recipes/child.yaml").write_text("recipe: child\nextends: deep/base\n")
    assert load("child", project=rl_project).train["a"].prompts == "deep/reward:sums"


def test_a_run_from_a_folder_has_no_tokenizer_of_a_mixture(rl_project: Path) -> None:
    recipe = recipe_of(rl_project, "  a: {run: python learn.py, from: ./model, prompts: sums, max_steps: 1}")
    (rl_project / "model").mkdir()
    (rl_project / "model/config.json").write_text("{}")
    recipe.build(through="sums/prompts")
    said = Training(curate.open("own", project=rl_project))["a"].given()
    assert "tokenizer" not in said
    assert Path(said["model"]) == rl_project / "model"
