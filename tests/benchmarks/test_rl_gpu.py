"""The GPU benchmark of RL, in small on a CPU: ours and, where it is installed, TRL's sample and train on the same prompts."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from benchmarks.rl_gpu import ENTRIES, GROUP, run_all, settings, sizes, told
from trainers.rl_settings import checked_grpo

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_ours_and_trl_make_the_same_tokens_and_our_sampler_is_the_policy(tmp_path: Path) -> None:
    wanted = ["ours hf", "checks hf"] + (["trl hf"] if importlib.util.find_spec("trl") else [])
    place = {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]), "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.rl_gpu", "--tiny", "--make", tmp_path / "data", "--data", tmp_path / "data",
         "--json", tmp_path / "out.json", "--only", *wanted],
        env=os.environ | {"OMP_NUM_THREADS": "1"} | place, capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = {one["entry"]: one for one in json.loads((tmp_path / "out.json").read_text())["entries"]}
    assert [*found] == wanted
    size = sizes(tiny=True)
    for name in set(wanted) - {"checks hf"}:
        assert 0.9 * size["reply"] <= found[name]["tokens"] / size["prompts"] / GROUP <= size["reply"], found[name]
        assert min(found[name][f"{what}_tokens_per_second"] for what in ("rollout", "train")) > 0
        assert f"rollout {found[name]['rollout_tokens_per_second']:,.0f} tokens/s" in done.stdout
    checks = found["checks hf"]
    assert checks["other_weights_other_replies"] and checks["stale_refused"]
    first, second = (checks[f"version {n}"] for n in (0, 1))
    assert first["sent_sha256"] != second["sent_sha256"]
    assert max(first["kl"], second["kl"]) < 1e-9 and max(first["max"], second["max"]) < 1e-4


def test_an_entry_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    (found,) = run_all(tmp_path, tiny=True, names=["ours hf"], budget=0, limit=1)["entries"]
    assert found == {"entry": "ours hf", "error": "not run: no time was left"}
    assert told(found).endswith("no time was left")


def test_settings_of_our_entries_are_settings_of_the_trainer(tmp_path: Path) -> None:
    for tiny in (True, False):
        for said in ENTRIES.values():
            engine = said.get("engine") or said.get("checks", "hf")
            run = checked_grpo(settings(tmp_path, tmp_path / "out", tiny, engine=engine), "here")
            assert run.updates == 2 and run.prompts_per_step == sizes(tiny)["prompts"]
