"""The GPU benchmark's path, in small on a CPU: every engine that is installed trains the same windows."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from benchmarks.midtrain_gpu import ENTRIES, SHAPE, STEPS, TINY, parameters, told

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_engines_train_the_same_windows_and_one_that_fails_does_not_end_the_run(tmp_path: Path) -> None:
    wanted = {"ours varlen recompute": True, "ours flex_attention recompute": False}  # no backward pass on a CPU
    wanted["transformers sdpa recompute"] = importlib.util.find_spec("accelerate") is not None
    wanted["olmo-core recompute"] = importlib.util.find_spec("olmo_core") is not None
    place = {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]), "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.midtrain_gpu", "--tiny", "--make", tmp_path / "data", "--data", tmp_path / "data",
         "--json", tmp_path / "out.json", "--only", *wanted],
        env=os.environ | {"OMP_NUM_THREADS": "1"} | place, capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "out.json").read_text())
    assert found["device"] == "CPU" and [one["entry"] for one in found["entries"]] == [*wanted]
    whole = [one for one in found["entries"] if wanted[one["entry"]]]
    for one in whole:
        assert len(one["losses"]) == STEPS and one["tokens_per_second"] > 0, one
        assert one["losses"] == pytest.approx(whole[0]["losses"], rel=2e-4)  # transformers logs four digits
    for one in found["entries"]:
        if not wanted[one["entry"]]:
            assert "Traceback" in one["error"] and "Error" in one["error"].strip().splitlines()[-1]
    assert f"{whole[0]['tokens_per_second']:,.0f} tokens/s" in done.stdout


def test_an_entry_for_which_no_time_is_left_is_named(tmp_path: Path) -> None:
    from benchmarks.midtrain_gpu import run_all

    found = run_all(tmp_path, tiny=True, names=["ours varlen"], budget=0, limit=1)["entries"]
    assert found == [{"entry": "ours varlen", "error": "not run: no time was left"}]
    assert told(found[0]).endswith("no time was left")


def test_parameters_are_those_that_the_model_has() -> None:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    for shape in (TINY, SHAPE):
        with torch.device("meta"):
            model = LlamaForCausalLM(LlamaConfig(**shape))
        assert parameters(model.config) == sum(p.numel() for p in model.parameters())
    assert parameters(LlamaConfig(**SHAPE)) == 1_235_814_400  # Llama-3.2-1B


def test_settings_of_our_entries_are_settings_of_the_trainer() -> None:
    import dataclasses

    from trainers import midtrain

    known = {field.name for field in dataclasses.fields(midtrain.Run)} | {"engine"}
    assert all(said.keys() <= known for said in ENTRIES.values())
