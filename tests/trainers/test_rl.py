"""The step that GRPO and PPO share: what a run is a function of, how it goes on, how it ends."""

import dataclasses
import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from curate.errors import CurateError  # noqa: E402
from tests.trainers import ranks, rl_runs  # noqa: E402
from tests.trainers.rl_runs import curve, lines, printed, train, weights, write  # noqa: E402
from trainers import checkpoint, collapse, learner, rl  # noqa: E402
from trainers.experience import Sampling  # noqa: E402
from trainers.learner import Learner  # noqa: E402
from trainers.monitors import Monitors  # noqa: E402

ALL = bool(os.environ.get("CURATE_TEST_ALL"))
STAGES: dict[str, Any] = {"max_completion_length": {"0": 5, "3": 10}, "max_steps": 5, "held_out": 2, "warmup_steps": 2, "save_steps": 1}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rl_runs.base(tmp_path_factory.mktemp("rl") / "base")


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rl_runs.prompts(tmp_path_factory.mktemp("rl") / "prompts.parquet")


@pytest.fixture(scope="module", params=["grpo", "ppo"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, base: Path, prompts: Path) -> tuple[str, Path]:
    """A run of each kind that nobody stops, into the second stage of lengths."""
    (out,) = train(write(tmp_path_factory.mktemp("whole") / "run", base, prompts, **STAGES), kind=request.param)
    return request.param, out


def test_a_run_that_died_goes_on_bit_for_bit_into_the_next_length(
    whole: tuple[str, Path], base: Path, prompts: Path, tmp_path: Path
) -> None:
    kind, straight = whole
    for step in (2, 4):  # before the longer stage, and in the middle of it
        out = rl_runs.cut(straight, tmp_path / f"from-{step}", step)
        train(write(out, base, prompts, **STAGES), kind=kind)
        assert curve(out) == curve(straight)
        assert weights(out) == weights(straight)
    assert [line["max_completion_length"] for line in lines(straight)] == [5, 5, 5, 10, 10]
    facts = checkpoint.read(straight / "checkpoints/step-0000003")["facts"]
    assert facts["max_completion_length"] == 10
    longest = {step: max(row["tokens"] for row in rl_runs.rollouts(straight, step)) for step in (2, 4)}
    assert longest[2] == 5 < longest[4]


WAYS: list[dict[str, Any]] = [{"micro_batch": 1}, {"micro_batch": 2, "parallel": "ddp"}, {"micro_batch": 3}]


def test_the_same_comes_out_for_any_ranks_micro_batches_and_parallelism(
    whole: tuple[str, Path], base: Path, prompts: Path, tmp_path: Path
) -> None:
    kind, straight = whole
    paths = [write(tmp_path / f"two-{n}", base, prompts, **STAGES | way) for n, way in enumerate(WAYS)]
    alone = [write(tmp_path / f"one-{n}", base, prompts, **STAGES | way) for n, way in enumerate(WAYS[1:])]
    for out in (*train(*paths, kind=kind, world=2), *train(*alone, kind=kind)):
        close(out, straight)


def close(out: Path, other: Path) -> None:
    """Equal but for rounding."""
    ours, theirs = curve(out), curve(other)
    assert len(ours) == len(theirs)
    for mine, wanted in zip(ours, theirs, strict=True):
        assert mine.keys() == wanted.keys()
        for name, value in mine.items():
            if isinstance(value, float):
                assert value == pytest.approx(wanted[name], rel=1e-5, abs=2e-6), (name, mine["step"])
            elif name != "mismatch":
                assert value == wanted[name], (name, mine["step"])
    loaded = [rl_runs.tensors(one) for one in (out, other)]
    assert all(torch.allclose(loaded[0][name], loaded[1][name], rtol=0, atol=2e-5) for name in loaded[1])
