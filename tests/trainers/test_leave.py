"""A trainer's command ends its process at once, whatever else would still be done at the interpreter's exit."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

ROOT = Path(__file__).resolve().parents[2]
CODE = """
import atexit, os, runpy, sys
atexit.register(lambda: os._exit(9))  # what goes wrong late
sys.argv = ["trainers"]
runpy.run_module(sys.stdin.read(), run_name="__main__")
"""


@pytest.mark.parametrize("module", ["midtrain", "grpo", "ppo"])
def test_nothing_that_happens_at_exit_changes_what_a_run_came_to(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=ROOT, input=f"trainers.{module}", capture_output=True, text=True
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr == f"error: one file of settings: python -m trainers.{module} run.json\n"
