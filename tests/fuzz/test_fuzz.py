"""Every parser takes some inputs of strangers in the fast set, always the same ones; `python -m tests.fuzz` looks for more.

CURATE_TEST_ALL=1 tries twenty times as many.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fuzz import engine
from tests.fuzz.__main__ import ROOT
from tests.fuzz.engine import Stock, Target, judged, mutated, shrunk
from tests.fuzz.targets import TARGETS

ALL = bool(os.environ.get("CURATE_TEST_ALL"))


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_breaks_a_parser(name: str) -> None:
    target = TARGETS[name]
    target.warm()
    times = 20 if ALL else 1
    inputs = (mutated(target, number) for number in range(times * target.examples))
    assert [(wrong, data) for data in inputs if (wrong := judged(target, data))] == []


def odd(data: bytes) -> None:
    """A parser with faults."""
    if b"<<" in data:
        raise KeyError("<<")
    assert data.count(b"\xff") < 3, "too many"
    if b"slow" in data:
        until = time.process_time() + 0.2
        while time.process_time() < until:
            pass


ODD = Target("odd", odd, lambda: [b"key: value\n"], (b"<<", b"slow"), seconds=0.01)


@pytest.mark.parametrize(
    ("data", "wrong"),
    [(b"fine", ""), (b"a<<b", "KeyError"), (b"\xff" * 3, "AssertionError: too many"), (b"slow", "slow: ")],
)
def test_what_is_wrong_is_told(data: bytes, wrong: str) -> None:
    assert judged(ODD, data).startswith(wrong) and bool(judged(ODD, data)) == bool(wrong)


def test_faults_are_found_and_made_small() -> None:
    found = next(
        data for number in range(2000) if engine.kind_of(judged(ODD, data := mutated(ODD, number))) == "KeyError"
    )
    assert shrunk(found, lambda one: judged(ODD, one).startswith("KeyError")) == b"<<"


def test_an_input_is_made_again_from_its_number_and_no_two_are_alike() -> None:
    target = TARGETS["clause"]
    made = [mutated(target, number, "a") for number in range(50)]
    assert made == [mutated(target, number, "a") for number in range(50)]
    assert len({*made, *(mutated(target, number, "b") for number in range(50))}) > 60
    assert all(len(one) <= engine.LONGEST for one in made)


def test_every_mutator_changes_something() -> None:
    import random

    stock = Stock([b"key: 12345 value\n" * 9], (b"word",))
    for mutator in engine.MUTATORS:
        changed = [mutator(random.Random(number), stock.seeds[0], stock) for number in range(20)]
        assert len({*changed}) > 3, mutator


def test_the_program_tells_what_broke_and_repeats_it(tmp_path: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "tests.fuzz", *words]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    done = run("manifest", "--seconds", "1", "--engine", "mutations", "--keep", str(tmp_path))
    assert done.returncode == 0 and re.match(
        r"manifest: \d[\d,]* inputs in \d+ s, 0 kinds of failure\n$", done.stdout
    ), done
    (tmp_path / "input").write_bytes(b"{}")
    assert run("manifest", "--repeat", str(tmp_path / "input")).stdout == "nothing is wrong\n"
    assert run("nothing").returncode == 2
