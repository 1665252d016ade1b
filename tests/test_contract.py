"""What every step promises, checked for every step found on disk: a new step brings no test file and needs no entry here.

The checks themselves are `curate/contract.py`, which `curate steps check` runs over a user's own steps.
"""

import contextlib
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from curate import contract, step
from curate.contract import CHECKS, Case, Skip
from curate.step import Artifact

ROOT = Path(__file__).resolve().parent.parent
KEYS = sorted(contract.files())


def cases() -> list[Case]:
    """Steps that can be loaded at all; `test_is_found_by_its_name` fails for the others, and for them alone."""
    made = []
    for key in KEYS:
        with contextlib.suppress(Exception):
            made.append(Case(contract.load(*key)))
    return made


CASES = cases()
PAIRS = [
    pytest.param(case, promise, id=f"{case.found.title}-{promise.__name__}")
    for case in CASES
    for promise, kinds in CHECKS.items()
    if case.found.kind in kinds
]


@pytest.mark.parametrize("key", KEYS, ids=[".".join(key) for key in KEYS])
def test_is_found_by_its_name(key: tuple[str, str]) -> None:
    found = contract.load(*key)
    assert (found.verb, found.name) == (found.path.parent.name, found.path.stem) == key


@pytest.mark.parametrize(("case", "promise"), PAIRS)
def test_keeps_the_contract(case: Case, promise: Callable[[Case], str | None]) -> None:
    try:
        problem = case.verdict(promise)
    except Skip as reason:
        pytest.skip(f"{case.found.title} {reason}")
    assert problem is None, f"{case.found.title} {problem}"


def test_an_artifact_parameter_takes_a_folder() -> None:
    for case in CASES:
        for name in case.found.parameters_of(Artifact):
            assert case.found.params.model_fields[name].annotation in (str, str | None)


def test_the_heavy_libraries_are_those_that_ruff_bans_at_module_level() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    banned = config["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-module-level-imports"]
    assert sorted(contract.HEAVY) == sorted(banned)


@pytest.mark.parametrize(
    "key",
    [
        ("dedup", "exact"),
        ("dedup", "minhash"),
        ("decontaminate", "ngram"),
        ("score", "math_classifier"),
        ("mixers", "tokenize"),
        ("synth", "qa_pairs"),
        ("synth", "long_cot"),
        ("synth", "short_cot"),
        ("extract", "generations"),
    ],
)
def test_the_samples_give_each_shape_of_step_something_to_do(key: tuple[str, str]) -> None:
    assert Case(contract.load(*key)).whole.height > 1


def test_columns_named_by_a_parameter_are_read() -> None:
    exact = step.find("dedup", "exact")
    assert exact.reads_with({"keep_order": ["length", "id"]}) == ("id", "text", "length")
