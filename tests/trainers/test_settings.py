import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from curate.errors import CurateError
from curate.names import PUBLISHED
from curate.profile import MIDTRAINING, ROLLOUTS
from curate.recipe import TrainEntry, load
from curate.run import MACHINE
from trainers._elsewhere import HERE, NONE, VALUES
from trainers._settings import made
from trainers.checks import CHECKS, ON_PROMPTS
from trainers.rl_settings import GRPO, PPO, checked_grpo
from trainers.rl_settings import RULES as RL_RULES
from trainers.settings import RULES, Run, checked, read

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted(path for path in (ROOT / "recipes").rglob("*.yaml") if path.name != PUBLISHED)
PLACES = {"out": "/runs/one", "mixture": "/store/mixture", "tokenizer": "/store/tokenizer"}
SAID = {**PLACES, "model": "org/model", "lr": 2e-5, "max_steps": 10, "batch_size": 8}


def given(entry: TrainEntry) -> dict[str, Any]:
    """What a trainer is given for a recipe's entry: places for what the entry names, and the rest as it stands."""
    weights = (
        {} if entry.from_ is None else {"parent" if "/" not in entry.from_ or ":" in entry.from_ else "model": "/x"}
    )
    return {**PLACES, "name": "recipe/run", "lock": None, "seed": 0, **weights, **entry.params}


def test_settings_need_no_torch() -> None:
    code = "import sys, trainers.settings; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize("path", RECIPES, ids=[str(path.relative_to(ROOT / "recipes")) for path in RECIPES])
def test_every_entry_of_a_recipe_for_this_trainer_is_accepted(path: Path) -> None:
    recipe = load(path)
    for name, entry in recipe.train.items():
        if entry.run == "trainers.midtrain":
            run = checked(given(entry), f"{path.name}: {name}")
            assert run.lr == entry.params["lr"] and run.max_steps == entry.params["max_steps"]


@pytest.mark.parametrize("path", RECIPES, ids=[str(path.relative_to(ROOT / "recipes")) for path in RECIPES])
def test_every_entry_and_every_probe_of_a_recipe_on_prompts_is_accepted(path: Path) -> None:
    recipe = load(path)
    for entry in [*recipe.train.values(), *([recipe.probe] if recipe.probe else [])]:
        if entry.run in ON_PROMPTS:
            assert entry.prompts and not entry.data, path.name
            places = {name: place for name, place in given(entry).items() if name != "mixture"}
            run = CHECKS[entry.run]({**places, "prompts": "/store/prompts.parquet"}, path.name)
            assert run.max_steps == entry.params["max_steps"]


def test_there_are_such_entries_with_models_and_with_parents() -> None:
    entries = [entry for path in RECIPES for entry in load(path).train.values() if entry.run == "trainers.midtrain"]
    kinds = [set(given(entry)) & {"model", "parent"} for entry in entries]
    assert {"model"} in kinds and {"parent"} in kinds
    pilots = [checked(given(entry), "") for entry in entries if "from_tokens" in entry.params]
    assert len(pilots) > 5 and {run.from_tokens for run in pilots} == {130_000_000_000}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"lrr": 1}, r"no setting 'lrr'; did you mean 'lr'\?"),
        ({"lr": "2e-5"}, "lr is '2e-5', and must be float"),
        ({"lr": None}, "lr is None, and must be float"),
        ({"lr": float("nan")}, "lr is nan, and must be float"),
        ({"max_steps": True}, "max_steps is True, and must be int"),
        ({"eval_steps": 0}, "eval_steps is 0, and must be more than 0"),
        ({"keep_steps": -1}, "keep_steps is -1, and must be more"),
        ({"beta2": 1}, "beta2 is 1, and must be below 1"),
        ({"optimizer": "sgd"}, "optimizer is 'sgd', and must be one of adamw"),
        ({"report_to": "wandb"}, "report_to is 'wandb', and must be list"),
        ({"report_to": ["tensorbord"]}, "report_to is 'tensorbord', and must be one of tensorboard, wandb"),
        ({"report_to": [1]}, "report_to is 1, and must be one of"),
        ({"config": "llama", "model": None}, "config is 'llama', and must be dict or null"),
        ({"config": {"model_type": "gpt2"}, "model": None}, "models of type gpt2 were not tried; these were: llama"),
        ({"config": {"hidden_size": 8}, "model": None}, "models of type None were not tried"),
        ({"config": {"model_type": "llama"}}, "config is of a new model, and model names one; keep one of them"),
        ({"config": {"model_type": "llama"}, "model": None, "parent": "/x"}, "and parent names one"),
        ({"model": None}, "model is missing; name a model, the parent of a branch, or the config of a new model"),
        ({"model": None, "parent": "/x", "tokenizer": None}, "tokenizer is missing; name the folder"),
        ({"from_tokens": "130B"}, "from_tokens is a place in the parent's run; name the parent"),
        ({"parent": "/x", "from_tokens": "13 apples"}, "from_tokens is '13 apples', and must be a number of tokens such as 2M"),
        ({"warmup_tokens": "0.5"}, "warmup_tokens is '0.5', which is no whole number of tokens"),
        ({"warmup_steps": 1, "warmup_tokens": 10}, "say the same thing; keep one"),
        ({"lr": 10**400}, r"lr is more than 2\^63, and must be less"),
        ({"eps": 1e300}, r"eps is more than 2\^63, and must be less"),
        ({"beta1": 1}, "beta1 is 1, and must be below 1"),
        ({"beta2": 1.5}, "beta2 is 1.5, and must be below 1"),
        ({"warmup_tokens": "9" * 5000}, "and must be a number of tokens"),
        ({"batch_size": 4_194_304}, "batch_size 4,194,304 counts windows, not tokens"),
        ({"out": ""}, "out is '', which no file can be called"),
        ({"mixture": "a\0b"}, "which no file can be called"),
        ({"tokenizer": "\ud800"}, "which no file can be called"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused_in_one_line(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(CurateError, match=said) as caught:
        checked(SAID | changed, "recipes/a.yaml:7")
    assert str(caught.value).startswith("recipes/a.yaml:7: ") and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "theirs", "said"),
    [
        (GRPO, "clip_ratio", "here that is 'epsilon'"),
        (GRPO, "kl_coef", "here that is 'beta'"),
        (GRPO, "num_iterations", "here that is 'passes'"),
        (GRPO, "max_response_length", "here that is 'max_completion_length'"),
        (GRPO, "rollout.n", "here that is 'num_generations'"),
        (GRPO, "data.max_prompt_length", "here that is 'max_prompt_length'"),
        (GRPO, "train_batch_size", "here that is 'prompts_per_step'"),
        (Run, "train_batch_size", "here that is 'batch_size'"),
        (Run, "learning_rate", "here that is 'lr'"),
        (PPO, "cliprange_value", "here that is 'value_clip'"),
        (GRPO, "top_p", "there is none: the sampler draws from the whole distribution"),
        (GRPO, "num_generation", "did you mean 'num_generations'?"),
        (GRPO, "zzz", "docs/names.md"),
    ],
)  # fmt: skip
def test_a_name_of_another_program_is_refused_with_ours(kind: type[Any], theirs: str, said: str) -> None:
    with pytest.raises(CurateError, match=re.escape(f"no setting '{theirs}'; {said}")):
        made(kind, {theirs: 1}, "", RULES)


def test_what_others_call_a_loss_is_refused_with_what_it_is_called_here() -> None:
    with pytest.raises(CurateError, match="must be one of token, sequence, constant; that is constant"):
        checked_grpo({"loss_type": "dr_grpo"}, "")


def test_names_elsewhere_lead_to_settings_and_to_values_that_there_are() -> None:
    ours = {field.name for kind in (Run, GRPO, PPO) for field in dataclasses.fields(kind)}
    assert {name for names in HERE.values() for name in names} <= ours
    assert not ours & {*HERE, *NONE}
    for name, values in VALUES.items():
        assert {*values.values()} <= {*RL_RULES.choices[name]}


@pytest.mark.parametrize(("written", "tokens"), [("2M", 2_000_000), ("1.5B", 1_500_000_000), ("2_048", 2048), (7, 7)])
def test_tokens_are_counted_as_recipes_write_them(written: Any, tokens: int) -> None:
    assert checked(SAID | {"warmup_tokens": written}, "").warmup_tokens == tokens


def test_settings_come_back_from_their_file_as_they_were(tmp_path: Path) -> None:
    run = checked(SAID | {"report_to": ["wandb"], "eval_steps": 3, "name": "long-cot/midtrain"}, "")
    (tmp_path / "run.json").write_text(json.dumps(dataclasses.asdict(run)))
    assert read(tmp_path / "run.json") == run


@pytest.mark.parametrize(
    ("text", "said"),
    [("{}", "out is missing"), ("[1]", "no object of settings"), ("{", "as JSON"), ("[" * 100_000, "as JSON")],
)
def test_a_file_that_lacks_a_setting_or_is_none_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(CurateError, match=said):
        read(tmp_path / "run.json")


def test_what_is_said_of_settings_is_said_of_settings_that_there_are() -> None:
    names = {field.name for field in dataclasses.fields(Run)}
    assert {*RULES.names(), *Run.FREE} <= names


@pytest.mark.parametrize(("kind", "elsewhere"), [(Run, ROLLOUTS), (GRPO, MIDTRAINING), (PPO, MIDTRAINING)])
def test_what_a_resumed_run_may_change_is_what_no_key_of_a_run_sees(
    kind: type[Run | GRPO | PPO], elsewhere: tuple[str, ...]
) -> None:
    """Else a changed profile would make a run that is the same to `curate` one that the trainer refuses to resume."""
    assert {*kind.FREE} - {"out", "name", "lock", "mixture", "tokenizer", "prompts"} == {*MACHINE} - {*elsewhere}


def test_a_store_that_was_moved_is_no_other_parent_and_another_run_is() -> None:
    pytest.importorskip("torch", reason="needs the extra `train`")
    from trainers.result import refuse_other

    run = Run("/b/x", "m", 1e-3, 1, 1, parent="/b/training/key", tokenizer="t")
    refuse_other(run, dataclasses.asdict(dataclasses.replace(run, parent="/a/training/key")))
    with pytest.raises(CurateError, match="begun with parent '/a/training/other'"):
        refuse_other(run, dataclasses.asdict(dataclasses.replace(run, parent="/a/training/other")))
