"""What a step of RL takes by its number: prompts, seeds, the longest reply, and the learning rates of its updates."""

import itertools
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from tests.trainers import rl_runs  # noqa: E402
from tests.trainers.rl_runs import lines, train, write  # noqa: E402
from trainers import learner  # noqa: E402
from trainers._rollout_hf import HFEngine  # noqa: E402
from trainers.learner import Learner  # noqa: E402


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rl_runs.base(tmp_path_factory.mktemp("rl") / "base")


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rl_runs.prompts(tmp_path_factory.mktemp("rl") / "prompts.parquet")


def test_a_step_has_prompts_and_seeds_of_its_own_and_each_reply_another_seed(
    base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, asked = HFEngine.generate, []

    def watched(self: HFEngine, prompts: Any, seeds: Any, *args: Any) -> Any:
        asked.append((tuple(map(tuple, prompts)), tuple(seeds)))
        return plain(self, prompts, seeds, *args)

    monkeypatch.setattr(HFEngine, "generate", watched)
    for n, seed in enumerate((0, 0, 1)):
        train(write(tmp_path / f"run-{n}", base, prompts, max_steps=4, seed=seed, lr=1e-30))
    first, again, other = asked[:4], asked[4:8], asked[8:]
    assert first == again
    seeds = [seed for _, some in first + other for seed in some]
    assert len(set(seeds)) == len(seeds) == 2 * 4 * 24
    of_steps = [frozenset(one) for one, _ in first[:3]]
    assert [len(one) for one in of_steps] == [4, 4, 4] and len(frozenset().union(*of_steps)) == 12  # an epoch


def test_a_longer_stage_begins_with_its_step_and_leaves_the_scale_of_the_loss_as_it_was(
    base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, seen = learner.aggregate, set()

    def watched(*args: Any) -> Any:
        seen.add(args[3:4] + args[5:])
        return plain(*args)

    monkeypatch.setattr(learner, "aggregate", watched)
    more = {"max_completion_length": {"0": 3, "2": 8}, "loss_type": "constant", "scale_rewards": False}
    (out,) = train(write(tmp_path / "run", base, prompts, **more))
    assert [line["max_completion_length"] for line in lines(out)] == [3, 3, 8, 8]
    assert [max(row["tokens"] for row in rl_runs.rollouts(out, step)) for step in (2, 4)] == [3, 8]
    assert seen == {("constant", 8)}


def test_the_learning_rate_is_one_of_updates_and_not_of_steps(
    base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, rates = Learner.update, []

    def watched(self: Learner, *args: Any) -> Any:
        rates.append(args[-1])
        return plain(self, *args)

    monkeypatch.setattr(Learner, "update", watched)
    more = {"max_steps": 2, "lr": 0.4, "lr_scheduler": "linear", "min_lr_ratio": 0.5, "beta": 1e-9}
    train(write(tmp_path / "run", base, prompts, **more))
    assert len(rates) == 4 and rates[0] <= 0.4
    steps = [before - after for before, after in itertools.pairwise(rates)]
    assert min(steps) > 0 and steps == pytest.approx([steps[0]] * 3)
