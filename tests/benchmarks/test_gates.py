"""The report on gates: its planted chains are wrong in the way that they say, and the clauses of the recipes see them."""

import pytest

from benchmarks import _gate_sets, gates
from benchmarks._gate_sets import Chain, taught
from benchmarks._planted import KINDS
from eval.grading import Grader

STEPS = (
    "We want the number of apples in all the baskets. Each of the seven baskets on the table holds twelve of them, so these are "
    "$7 \\times 12 = 84$ apples.\nThe three baskets on the floor hold twenty apples each, which makes $3 \\times 20 = 60$ more.\nWith both "
    "parts known, nothing is left but to add them, and that gives $84 + 60 = 144$ for the whole room.\nTaking sixty away from this leaves "
    "eighty-four, the part on the table, because no basket was counted twice.\n"
)
GOOD = STEPS + "So the number of apples is $\\boxed{144}$."


@pytest.fixture(scope="module")
def grader():
    with Grader(workers=1) as one:
        yield one


def chain(form: str, text: str = GOOD) -> Chain:
    return Chain("made", form, "a", "How many apples are there?", text, "144")


@pytest.mark.parametrize("form", gates.FORMS)
def test_a_good_chain_passes_and_each_planted_one_is_refused(form: str, grader: Grader) -> None:
    assert gates.passes(gates.judged([chain(form)], form, grader)).all()
    changed = {kind: change(GOOD, "a") for kind, change in KINDS.items()}
    assert all(text and text != GOOD for text in changed.values())
    verdicts = gates.judged([chain(form, text) for text in changed.values() if text], form, grader)
    missed = [kind for kind, kept in zip(changed, gates.passes(verdicts), strict=True) if kept]
    assert not missed


def test_the_teachers_chains_are_fresh_and_have_known_answers(monkeypatch: pytest.MonkeyPatch, grader: Grader) -> None:
    monkeypatch.setattr(_gate_sets, "SEEDS", 1)
    monkeypatch.setattr(_gate_sets, "LEVELS", (2,))
    made = [*taught()]
    assert made and all(one.fresh and one.gold and one.question not in one.text for one in made)
    verdicts = gates.judged(made, "long", grader)
    assert 0 < verdicts["right"].sum() < len(made)


def test_the_tables_say_what_was_counted(grader: Grader) -> None:
    verdicts = gates.judged([chain("short"), chain("short", STEPS)], "short", grader)
    counts = gates.refused(verdicts)
    assert counts["all"] == 1 == counts["reasoned"]
    row = {
        "form": "short", "fresh": True, "documents": 2, "right": 1, "refused": counts, "right_refused": {"all": 0},
        "right_by_half": [1, 0], "right_refused_by_half": [0, 0], "undecided": 0, "wrong_kept": 0,
    }  # fmt: skip
    planted = gates.planted([chain("short")], "short", grader)
    result = {
        "clauses": {"short": gates.clauses("short")}, "sets": {"made": row}, "planted": {},
        "planted, fresh": {kind: {"long": found, "short": found} for kind, found in planted.items()},
    }  # fmt: skip
    said = gates.table(result)
    assert "| made | 2 | 1 |" in said and "0 of 1, 0 of 0" in said
    assert f"{2 * len(KINDS)} of {2 * len(KINDS)} are caught." in said
