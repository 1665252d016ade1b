"""PPO and its critic, against a plain loop; and its warm-up."""

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from tests.trainers import rl_plain, rl_runs  # noqa: E402
from tests.trainers.rl_runs import lines, train, write  # noqa: E402
from trainers.experience import Sampling  # noqa: E402
from trainers.ppo import ActorCritic  # noqa: E402

PPO: dict[str, Any] = {"critic_lr": 3e-2, "max_steps": 3}
KINDS: dict[str, dict[str, Any]] = {
    "as Open-Reasoner-Zero": {"num_generations": 1, "prompts_per_step": 10, "mini_batch": 5},
    "with a discount": {
        "gamma": 0.9,
        "lam": 0.8,
        "value_clip": 0.05,
        "whiten": False,
        "passes": 2,
        "critic_warmup_steps": 1,
    },
    "with masked replies": {"mask_truncated": True, "lam": 0.95, "beta": 0.1, "loss_type": "constant"},
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rl_runs.base(tmp_path_factory.mktemp("rl") / "base")


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rl_runs.prompts(tmp_path_factory.mktemp("rl") / "prompts.parquet")


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_is_that_of_a_plain_loop_over_separate_sequences(
    kind: str, base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "run", base, prompts, micro_batch=2, **PPO | KINDS[kind])
    heads: list[Any] = []
    make = ActorCritic.make

    def watched(self: ActorCritic) -> None:
        make(self)
        heads.append(whole(self.critic.model.lm_head.weight).clone())

    monkeypatch.setattr(ActorCritic, "make", watched)
    steps = rl_plain.recorded(lambda path: train(path, kind="ppo"), path, monkeypatch)
    plain = rl_plain.Plain(base, rl_plain.said_in(path), heads[0])
    for rows, line in zip(steps, lines(tmp_path / "run"), strict=True):
        told = plain.take(rows)
        assert ("loss" in told) == (line["loss"] is not None) == (line["step"] > plain.said["critic_warmup_steps"])
        for name, value in told.items():
            assert line[name] == pytest.approx(value, rel=5e-4, abs=1e-6), (name, line["step"])
    assert rl_plain.apart(plain.policy, tmp_path / "run") < 5e-5
    assert rl_plain.apart(plain.reference, tmp_path / "run") > 1e-2


def whole(parameter: Any) -> Any:
    return (parameter.full_tensor() if hasattr(parameter, "full_tensor") else parameter).detach()


def test_in_its_warm_up_the_critic_moves_and_the_policy_does_not(base: Path, prompts: Path, tmp_path: Path) -> None:
    more = PPO | {"critic_warmup_steps": 3, "weight_decay": 0.1}
    (out,) = train(write(tmp_path / "run", base, prompts, **more), kind="ppo")
    assert rl_runs.weights(out) == rl_runs.weights_of(base)
    every = lines(out)
    assert [line["loss"] for line in every] == [line["grad_norm"] for line in every] == [None] * 3
    assert every[-1]["value_loss"] < every[0]["value_loss"]
    assert len({line["value_loss"] for line in every}) == 3 and all(line["critic_grad_norm"] > 0 for line in every)
    more |= {"max_steps": 5, "save_steps": 2}
    (long,) = train(write(tmp_path / "long", base, prompts, **more), kind="ppo")
    assert [line["loss"] is None for line in lines(long)] == [True, True, True, False, False]
    again = rl_runs.cut(long, tmp_path / "again", 2)  # in the warm-up, when the policy has no moments yet
    train(write(again, base, prompts, **more), kind="ppo")
    assert rl_runs.curve(again) == rl_runs.curve(long) and rl_runs.weights(again) == rl_runs.weights(long)


def test_a_critic_learns_a_constant_reward(
    base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All replies earn 1, so with gamma and lambda 1 each value is to be 1."""
    plain = Sampling.step

    def paid(self: Sampling, *args: Any) -> Any:
        found = plain(self, *args)
        found.rewards[:] = 1
        return found

    monkeypatch.setattr(Sampling, "step", paid)
    more = {
        "critic_lr": 3e-2,
        "max_steps": 12,
        "critic_warmup_steps": 12,
        "max_grad_norm": None,
        "value_clip": None,
        "save_steps": 50,
    }
    (out,) = train(write(tmp_path / "run", base, prompts, **more), kind="ppo")
    losses = [line["value_loss"] for line in lines(out)]
    assert losses[0] > 0.2 and losses[-1] < 0.01
