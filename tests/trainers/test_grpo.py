"""GRPO and what is made of it by settings, against a plain loop; and what must not move or must be exactly so."""

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from tests.trainers import rl_plain, rl_runs  # noqa: E402
from tests.trainers.rl_runs import lines, train, write  # noqa: E402
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
