"""Reinforcement learning raises what a tiny model gets right from a third to more than 0.7, and resumed is undisturbed.

The model (`tests/trainers/warm/`, 126,912 weights in bf16) is `drill/midtrain` of `recipes/drill.yaml`, and its prompts are those of the
same recipe: conversions of units, none of which it has read. It is stored and not made here, because to make it takes a minute, and
because another version of torch would make another. `tests.trainers.make_warm` makes it anew. That it begins at a third and not at
nothing is asserted: with a start of 0.05 reinforcement learning of any kind goes nowhere. Accuracy is that of replies that are sampled at
temperature 1 to all prompts, with seeds of their own; the `reward` of a step says more, because groups that are all right give their place
to others.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
transformers = pytest.importorskip("transformers", reason="needs the extra `train`")

from tests.trainers import rl_runs  # noqa: E402
from tests.trainers.rl_runs import lines  # noqa: E402
from trainers.prompts import Prompts  # noqa: E402
from trainers.rewards import Rewards  # noqa: E402
from trainers.rl_settings import GRPO  # noqa: E402
from trainers.rollout import engine_of, seed_of_reply  # noqa: E402

ALL = bool(os.environ.get("CURATE_TEST_ALL"))
WARM = Path(__file__).parent / "warm"
LONGEST, STEPS = 16, 40 if ALL else 25
SETTINGS: dict[str, Any] = {
    "lr": 1e-3, "max_steps": STEPS, "prompts_per_step": 16, "mini_batch": 8, "num_generations": 16, "max_completion_length": LONGEST,
    "template": "simple", "stop": None, "epsilon_high": 0.28, "zero_variance": "resample", "max_grad_norm": 1.0, "save_steps": 20,
}  # fmt: skip
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "grpo": ("grpo", {}),
    "dr_grpo": ("grpo", {"scale_rewards": False, "loss_type": "constant"}),
    "ppo": ("ppo", {"critic_lr": 2e-3}),
}


def accuracy(folder: Path, replies: int = 8) -> float:
    """The share of right ones among some replies to each prompt, sampled at temperature 1."""
    run = GRPO("", str(WARM / "prompts.parquet"), 1.0, 1, LONGEST, dtype="float32", generation_batch=1024)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    prompts = Prompts(run.prompts, folder, run.template_text)
    engine = engine_of(run, model.config, str(folder), folder, torch.device("cpu"))
    engine.sync(((name, one.detach()) for name, one in model.named_parameters()), 0)
    of = np.repeat(np.arange(len(prompts)), replies)
    seeds = [seed_of_reply(7, 0, prompts.ids[i], n) for n, i in enumerate(of)]
    found = engine.generate([prompts.tokens(i) for i in of], seeds, LONGEST, 0)
    texts = [engine.endings.text(found.reply(i).tolist()) for i in range(len(of))]
    with Rewards() as rewards:
        judged = rewards.judge(texts, [prompts.answers[i] for i in of], found.stopped)
    return float(judged.rewards.mean())


def trained(out: Path, kind: str, seed: int, **more: Any) -> Path:
    trainer, settings = KINDS[kind]
    asked = SETTINGS | settings | {"seed": seed} | more
    (run,) = rl_runs.train(rl_runs.write(out, WARM, WARM / "prompts.parquet", **asked), kind=trainer)
    return run


def test_the_warm_start_is_right_about_a_third_of_the_time_by_many_and_by_few_replies() -> None:
    many, few = accuracy(WARM), accuracy(WARM, 2)
    assert 0.25 < many < 0.45 and abs(many - few) < 0.1


@pytest.mark.parametrize("seed", range(3) if ALL else [0])
@pytest.mark.parametrize("kind", KINDS if ALL else ["grpo"])
def test_reinforcement_learning_raises_accuracy_from_a_third_to_more_than_seven_tenths(
    kind: str, seed: int, tmp_path: Path
) -> None:
    run = trained(tmp_path / "run", kind, seed)
    assert accuracy(run / "model") > 0.7
    assert max(line["mismatch_kl"] for line in lines(run)) < 1e-9  # one policy is sampled and trained
    assert max(line["mismatch"]["max"] for line in lines(run)) < 1e-4
    assert not any(line.get("collapse") for line in lines(run))


@pytest.mark.skipif(not ALL, reason="what is tiny is resumed in test_rl.py")
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_learns_and_was_resumed_is_the_undisturbed_one(kind: str, tmp_path: Path) -> None:
    straight = trained(tmp_path / "straight", kind, 0)
    cut = rl_runs.cut(straight, tmp_path / "cut", 20)
    assert trained(cut, kind, 0) == cut
    assert rl_runs.curve(cut) == rl_runs.curve(straight)
    assert rl_runs.weights(cut) == rl_runs.weights(straight)
