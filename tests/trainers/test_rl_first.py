"""The checkpoint before the first step, to which a run that is to roll back may go back."""

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from tests.trainers import rl_runs  # noqa: E402
from tests.trainers.rl_runs import curve, lines, train, weights, write  # noqa: E402
from tests.trainers.test_rl import PATIENT, Died, dying, planted  # noqa: E402
from trainers import collapse, rl  # noqa: E402

BACK: dict[str, Any] = PATIENT | {"on_collapse": "rollback", "save_steps": 100}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rl_runs.base(tmp_path_factory.mktemp("rl") / "base")


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rl_runs.prompts(tmp_path_factory.mktemp("rl") / "prompts.parquet")


def test_a_collapse_before_the_first_save_goes_back_to_where_the_run_began(
    base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(monkeypatch, range(2, 9))
    (out,) = train(write(tmp_path / "run", base, prompts, **BACK))
    (record,) = collapse.rollbacks(out)
    assert (record["seen"], record["to"]) == (4, 0)
    assert [line["step"] for line in lines(out)] == list(range(1, 9))
    assert {line["rollbacks"] for line in lines(out)} == {1}
    said = json.loads((out / "manifest.json").read_bytes())
    assert said["status"] == "finished" and said["held_out_reward"]["first"] == curve(out)[0]["held_out_reward"]


def test_a_run_that_died_in_its_first_step_may_go_on_laid_out_otherwise(
    base: Path, prompts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched, pytest.raises(Died):
        patched.setattr(rl.Trainer, "_round", dying)
        train(write(tmp_path / "run", base, prompts, **BACK))
    assert [path.name for path in (tmp_path / "run/checkpoints").glob("step-*")] == ["step-0000000"]
    (out,) = train(write(tmp_path / "run", base, prompts, **BACK | {"lock": "a" * 64, "keep_steps": 7}))
    (whole,) = train(write(tmp_path / "whole", base, prompts, **BACK))
    assert curve(out) == curve(whole) and weights(out) == weights(whole)
