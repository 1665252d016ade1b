"""The lines of metrics.jsonl: what docs/rl.md says of a step stands there of a step without an update too."""

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from tests.trainers import rl_runs  # noqa: E402
from tests.trainers.rl_runs import lines, train, write  # noqa: E402
from trainers.experience import Sampling  # noqa: E402


def test_a_step_that_is_not_trained_on_and_one_without_a_signal_say_that_nothing_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Sampling.step

    def other(self: Sampling, turn: int, *args: Any) -> Any:
        found = plain(self, turn, *args)
        found.rollouts.log_probs[:] += 0.1 * (turn == 1)
        found.rewards[:] *= turn != 2
        return found

    monkeypatch.setattr(Sampling, "step", other)
    base, prompts = rl_runs.base(tmp_path / "base"), rl_runs.prompts(tmp_path / "prompts.parquet")
    (out,) = train(write(tmp_path / "run", base, prompts, max_steps=3))
    made, behind, dead = lines(out)
    assert made["updates"] > 0 and made["grad_norm"] > 0 and made["log_ratio"] >= 0
    assert made.keys() == dead.keys() == {*behind, "lr"}
    for line in (behind, dead):
        assert line["updates"] == 0 and line["loss"] is line["grad_norm"] is line["log_ratio"] is None
