"""GRPO and what is made of it by settings, against a plain loop; and what must not move or must be exactly so."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from tests.trainers import rl_plain, rl_runs  # noqa: E402
from tests.trainers.rl_runs import lines, train, write  # noqa: E402
from trainers import origin  # noqa: E402
from trainers.experience import Sampling  # noqa: E402
from trainers.grpo import Group  # noqa: E402
from trainers.learner import Learner  # noqa: E402

KINDS: dict[str, dict[str, Any]] = {
    "grpo": {"loss_type": "sequence"},
    "dr_grpo": {"scale_rewards": False, "loss_type": "constant"},
    "dapo": {"epsilon_high": 0.28, "overlong_buffer": 4, "passes": 2},
    "much of it": {
        "beta": 0.3, "kl": "k2", "entropy_bonus": 0.1, "dual_clip": 1.1, "temperature": 0.7, "mask_truncated": True, "epsilon": 0.1,
    },
    "with k3": {"beta": 0.3, "passes": 2},
}  # fmt: skip


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
    path = write(tmp_path / "run", base, prompts, max_steps=3, micro_batch=2, **KINDS[kind])
    steps = rl_plain.recorded(train, path, monkeypatch)
    plain = rl_plain.Plain(base, rl_plain.said_in(path))
    for rows, line in zip(steps, lines(tmp_path / "run"), strict=True):
        told = plain.take(rows)
        for name in ("loss", "grad_norm"):
            assert line[name] == pytest.approx(told[name], rel=2e-4, abs=1e-6), (name, line["step"])
    assert all(line["grad_norm"] > 2 * rl_runs.SETTINGS["max_grad_norm"] for line in lines(tmp_path / "run"))
    assert rl_plain.apart(plain.policy, tmp_path / "run") < 2e-5
    assert rl_plain.apart(plain.reference, tmp_path / "run") > 1e-2


def test_old_probabilities_stay_for_all_updates_and_in_the_first_one_the_ratio_is_exactly_1(
    base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """128 prompts of 16 in mini-batches of 64 are two updates of 1,024 sequences; here 4 of 6 in mini-batches of 2, gone through twice."""
    plain, seen = Learner.update, []

    def watched(self: Learner, batch: Any, mini: Any, *args: Any) -> dict[str, float]:
        old = batch.known["old"].clone()
        told = plain(self, batch, mini, *args)
        assert torch.equal(batch.known["old"], old)
        seen.append(
            (mini.totals.sequences, mini.totals.tokens, told["log_ratio"], told["clip_low"] + told["clip_high"])
        )
        return told

    monkeypatch.setattr(Learner, "update", watched)
    more = {"max_steps": 2, "passes": 2, "beta": 1e-3, "save_steps": 5}
    for n, way in enumerate(
        ({"micro_batch": 1}, {"micro_batch": 64, "parallel": "ddp"}, {"activation_checkpointing": True})
    ):
        seen.clear()
        train(write(tmp_path / f"run-{n}", base, prompts, **more | way))
        for first, *later in (seen[:4], seen[4:]):
            assert first[2:] == (0.0, 0.0)
            assert all(log_ratio > 1e-3 for _, _, log_ratio, _ in later)
        assert [sequences for sequences, *_ in seen] == [12] * 8
        assert [tokens for _, tokens, *_ in seen[:2]] == [tokens for _, tokens, *_ in seen[2:4]]
        every = lines(tmp_path / f"run-{n}")
        assert [line["updates"] for line in every] == [4, 4]
        assert [line["tokens"] for line in every] == [
            sum(seen[at][1] for at in part) for part in ((0, 1), (0, 1, 4, 5))
        ]


def test_groups_that_are_all_alike_move_nothing_not_even_by_what_the_optimizer_remembers(
    base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (short,) = train(write(tmp_path / "short", base, prompts, max_steps=2, weight_decay=0.1))
    plain = Sampling.step

    def dead(self: Sampling, turn: int, *args: Any) -> Any:
        found = plain(self, turn, *args)
        if turn >= 2:
            found.rewards[:] = np.float32(turn == 3)
        return found

    monkeypatch.setattr(Sampling, "step", dead)
    (long,) = train(write(tmp_path / "long", base, prompts, max_steps=4, weight_decay=0.1))
    assert rl_runs.weights(long) == rl_runs.weights(short) != rl_runs.weights_of(base)
    assert [line["zero_advantage"] for line in lines(long)[2:]] == [1.0, 1.0]
    assert [line["dead"] - lines(long)[1]["dead"] for line in lines(long)[2:]] == [2, 4]
    assert [line["loss"] for line in lines(long)[2:]] == [None, None]


def test_dead_groups_count_in_what_is_divided_by_whether_they_are_computed_or_not(
    base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = {"max_steps": 3, "mini_batch": 4, "micro_batch": 2}
    (skipped,) = train(write(tmp_path / "skipped", base, prompts, **more))
    assert any(0 < line["zero_advantage"] < 1 for line in lines(skipped))
    monkeypatch.setattr(Group, "bearing", lambda self, found, trained: trained)
    (computed,) = train(write(tmp_path / "computed", base, prompts, **more))
    for ours, theirs in zip(lines(skipped), lines(computed), strict=True):
        assert ours["loss"] == pytest.approx(theirs["loss"], abs=1e-6)
        assert ours["grad_norm"] == pytest.approx(theirs["grad_norm"], rel=1e-5)


@pytest.mark.parametrize("beta", [0.0, 0.1])
def test_a_reference_is_loaded_only_for_a_beta_above_0(
    beta: float, base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, loaded = origin.loaded, []
    monkeypatch.setattr(origin, "loaded", lambda *args: loaded.append(args) or plain(*args))
    (out,) = train(write(tmp_path / "run", base, prompts, max_steps=2, beta=beta))
    assert len(loaded) == (2 if beta else 1)
    assert ("kl" in lines(out)[0]) == bool(beta)
    if beta:
        assert lines(out)[0]["kl"] == 0.0 < lines(out)[1]["kl"]


def test_groups_without_a_signal_give_their_place_to_other_prompts_as_often_as_is_said(
    base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, asked, found = Sampling.replies, [], []

    def watched(self: Sampling, numbers: Any, *args: Any) -> Any:
        asked.append(numbers.tolist())
        found.append(plain(self, numbers, *args))
        return found[-1]

    monkeypatch.setattr(Sampling, "replies", watched)
    more = {"max_steps": 1, "num_generations": 2, "zero_variance": "resample", "max_resamples": 2}
    (out,) = train(write(tmp_path / "run", base, prompts, **more))
    first = found[0]
    assert first.alike.any() and len(asked) == 3
    assert len(asked[1]) == first.alike.sum()
    assert len({*asked[0], *asked[1], *asked[2]}) == sum(map(len, asked))  # no prompt twice
    better = sum(int((~one.alike).sum()) for one in found[1:])
    (line,) = lines(out)
    assert line["resampled"] == better > 0
    assert line["zero_advantage"] == pytest.approx((first.alike.sum() - better) / 4)
    assert sum(line["kinds"].values()) == 8
