"""Mutation tests of RL: a trainer with a bug is caught by a named test, and the same test passes without the bug.

As in `test_mutants.py`. Two mutants by default, drawn from the commit that is tested, all with CURATE_TEST_ALL=1.
"""

import random
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from tests.trainers.mutants import PACKAGE, Mutant  # noqa: E402
from tests.trainers.rl_mutants import MUTANTS, OF_THE_TOYS  # noqa: E402
from tests.trainers.runs import commit  # noqa: E402
from tests.trainers.test_mutants import ALL, CRASH, outcome  # noqa: E402

DRAWN = MUTANTS if ALL else random.Random(commit()).sample(MUTANTS, 2)


@pytest.mark.parametrize("mutant", DRAWN, ids=lambda mutant: mutant.slug)
def test_a_bug_is_caught_by_the_test_that_is_named_for_it(mutant: Mutant, tmp_path: Path) -> None:
    code, said = outcome(mutant.planted(tmp_path / "package"), tmp_path, [mutant.caught])
    assert code == pytest.ExitCode.TESTS_FAILED, f"{mutant.caught} passes with the bug: {mutant.name}\n{said}"
    assert not CRASH.search(said), f"the mutant is no bug that a trainer could have, it ends at once: {said}"


@pytest.mark.skipif(not ALL, reason="all of them are run by the suite anyway")
def test_the_named_tests_pass_without_a_bug_in_the_same_processes(tmp_path: Path) -> None:
    code, said = outcome(PACKAGE.parent, tmp_path, sorted({mutant.caught for mutant in MUTANTS}))
    assert code == pytest.ExitCode.OK, said


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.slug)
def test_a_mutant_is_one_change_of_the_code_as_it_is_now(mutant: Mutant, tmp_path: Path) -> None:
    planted = mutant.planted(tmp_path) / "trainers"
    changed = [path for path in PACKAGE.rglob("*.py") if path.read_text() != (planted / path.name).read_text()]
    assert len(changed) == 1


def test_there_are_the_eight_bugs_of_the_toys_and_many_more_each_once() -> None:
    assert len(OF_THE_TOYS) == 8 and len(MUTANTS) >= 30
    assert len({mutant.slug for mutant in MUTANTS}) == len({(m.was, m.now) for m in MUTANTS}) == len(MUTANTS)
