"""What a run of RL is told of that is wrong: in the words of what the user has said, or has."""

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from curate.errors import CurateError  # noqa: E402
from tests.trainers.ranks import llama  # noqa: E402
from trainers import collapse  # noqa: E402
from trainers import model as models  # noqa: E402
from trainers.rl_settings import checked_ppo  # noqa: E402

SAID: dict[str, Any] = {"out": "/run", "prompts": "/prompts", "model": "o/m", "lr": 1e-3, "max_steps": 4}


@pytest.mark.parametrize("name", ["warmup_steps", "critic_warmup_steps"])
def test_a_warm_up_is_no_longer_than_the_run(name: str) -> None:
    said = SAID | {"max_completion_length": 8}
    checked_ppo(said | {name: 4}, "run.json")
    with pytest.raises(CurateError, match=f"{name} 5 is more than max_steps 4"):
        checked_ppo(said | {name: 5}, "run.json")


def test_weights_that_are_no_numbers_are_not_taken_for_attention_that_crosses_documents() -> None:
    model = llama(1)
    packed = models.prepare(model, checkpointing=False, compiled=False)
    with torch.no_grad():
        next(model.parameters()).fill_(float("nan"))
    with pytest.raises(CurateError, match="no finite numbers"):
        models.refuse_crossing(packed, 16, torch.device("cpu"))


@pytest.mark.parametrize("said", ["{", "[1]", "null", '[{"seen": 1e999, "to": 0, "names": []}]', "[" * 100_000])
def test_a_record_of_rollbacks_that_is_none_is_told_by_its_name(said: str, tmp_path: Path) -> None:
    (tmp_path / collapse.FILE).write_text(said)
    with pytest.raises(CurateError, match="cannot be read") as told:
        collapse.rollbacks(tmp_path)
    assert collapse.FILE in str(told.value)
    (tmp_path / collapse.FILE).write_text(json.dumps([{"seen": 4, "to": 2, "names": ["truncated"]}]))
    assert collapse.rollbacks(tmp_path)[0]["to"] == 2
