"""Mutation tests: a trainer with a bug is caught by a named test, and the same test passes without the bug.

A mutant is planted in a copy of the package, which a process forked from one with torch imports in place of ours; there pytest runs the
test that should fail. By default four mutants of mid-training and two of RL, drawn from the commit that is tested; all with
CURATE_TEST_ALL=1.
"""

import os
import random
import re
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from tests.trainers import mutants, ranks, rl_mutants  # noqa: E402
from tests.trainers.mutants import PACKAGE, Mutant, verdict  # noqa: E402
from tests.trainers.runs import commit  # noqa: E402

ALL = bool(os.environ.get("CURATE_TEST_ALL"))


CRASH = re.compile(r"(Attribute|Import|Index|Key|Name|Type|UnboundLocal)Error\b")
"""What any test would have seen."""
MUTANTS = mutants.MUTANTS + rl_mutants.MUTANTS
CHANCE = random.Random(commit())
DRAWN = MUTANTS if ALL else CHANCE.sample(mutants.MUTANTS, 4) + CHANCE.sample(rl_mutants.MUTANTS, 2)


def outcome(package: Path, folder: Path, tests: list[str]) -> tuple[int, str]:
    (code,) = ranks.run(1, folder / "scratch", verdict, package, folder, tests, seconds=300)
    assert isinstance(code, int), code
    return code, (folder / "log").read_text()[-2000:]


@pytest.mark.parametrize("mutant", DRAWN, ids=lambda mutant: mutant.slug)
def test_a_bug_is_caught_by_the_test_that_is_named_for_it(mutant: Mutant, tmp_path: Path) -> None:
    code, said = outcome(mutant.planted(tmp_path / "package"), tmp_path, [mutant.caught])
    assert code == pytest.ExitCode.TESTS_FAILED, f"{mutant.caught} passes with the bug: {mutant.name}\n{said}"
    assert not CRASH.search(said), f"the mutant is no bug that a trainer could have, it ends at once: {said}"


def test_the_named_tests_pass_without_a_bug_in_the_same_processes(tmp_path: Path) -> None:
    named = sorted({mutant.caught for mutant in (DRAWN if ALL else DRAWN[:1])})
    code, said = outcome(PACKAGE.parent, tmp_path, named)
    assert code == pytest.ExitCode.OK, said


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.slug)
def test_a_mutant_is_one_change_of_the_code_as_it_is_now(mutant: Mutant, tmp_path: Path) -> None:
    planted = mutant.planted(tmp_path) / "trainers"
    changed = [path for path in PACKAGE.rglob("*.py") if path.read_text() != (planted / path.name).read_text()]
    assert len(changed) == 1


def test_there_are_the_bugs_of_the_toys_and_more_each_once() -> None:
    assert len(mutants.OF_THE_TOYS) == 10 and len(mutants.MUTANTS) >= 30
    assert len(rl_mutants.OF_THE_TOYS) == 8 and len(rl_mutants.MUTANTS) >= 30
    assert len({mutant.slug for mutant in MUTANTS}) == len({(m.was, m.now) for m in MUTANTS}) == len(MUTANTS)


def test_a_mutant_whose_place_is_gone_or_no_longer_one_is_an_error(tmp_path: Path) -> None:
    for number, was in enumerate(("no such code anywhere", "import torch")):
        with pytest.raises(
            AssertionError, match=r"of the mutant 'lost' stands \d+ times in trainers/, not once; write"
        ):
            Mutant("lost", was, "", "").planted(tmp_path / str(number))
