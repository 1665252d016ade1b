"""No hostile answer is called right that is wrong, none crashes or stops the grader, and none is run: see `hostile.py`."""

from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.eval.hostile import ALLOWED, Case, boxed, families, judge, judged
from tests.eval.hostile_code import TRAP
from tests.eval.hostile_near import TOKENS, spellings
from tests.eval.hostile_sizes import SLOW

GOLD = "\\sqrt{1000003}+e^{\\pi^3}"
"""What no soup of small tokens spells."""


@pytest.fixture(autouse=True)
def _nothing_is_run() -> Iterator[None]:
    TRAP.unlink(missing_ok=True)
    yield
    assert not TRAP.exists(), "an answer was run as code"


def test_there_are_2000_hostile_answers_in_families_that_differ() -> None:
    cases = [c for family, found in families().items() if family not in SLOW for c in found()]
    assert len({(c.text, str(c.gold), c.kind, c.options, c.strict) for c in cases}) >= 2_000
    assert {c.family for c in cases} == set(families()) - set(SLOW)
    assert {c.kind for c in cases} == {"math", "ocw", "choice"}
    assert {c.strict for c in cases} == {True, False}


@pytest.mark.parametrize(
    "family", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in families()]
)
def test_verdicts_on_hostile_answers_are_true_and_come_in_time(family: str) -> None:
    outcomes = list(judged(family))
    misses = [str(o) for o in outcomes if o.missed]
    assert outcomes
    assert not misses, (
        f"{len(misses)} of {len(outcomes)}:\n" + "\n".join(misses).encode("utf-8", "backslashreplace").decode()
    )


def verdict_is(allowed: str, text: str, gold: str, strict: bool) -> None:
    outcome = judge(Case("drawn", text, gold, ALLOWED[allowed], strict=strict))
    assert not outcome.missed, str(outcome)


numbers = st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=1000)


@given(numbers, numbers, st.data(), st.booleans())
def test_a_number_is_right_in_every_spelling_and_no_other_number_is(
    value: Fraction, other: Fraction, data: st.DataObject, strict: bool
) -> None:
    gold = data.draw(st.sampled_from(spellings(value)))
    verdict_is("right", boxed(data.draw(st.sampled_from(spellings(value)))), gold, strict)
    if other != value:
        verdict_is("not right", boxed(data.draw(st.sampled_from(spellings(other)))), gold, strict)


@given(numbers, st.integers(min_value=1, max_value=12), st.booleans())
def test_a_number_that_is_off_in_one_decimal_is_never_right(value: Fraction, place: int, strict: bool) -> None:
    whole = int(value)
    verdict_is("not right", boxed(f"{whole}.{'0' * (place - 1)}1"), str(whole), strict)


@given(st.lists(st.sampled_from(TOKENS), max_size=40), st.sampled_from(["", " "]), st.booleans(), st.booleans())
def test_no_soup_of_tokens_is_right(tokens: list[str], between: str, in_box: bool, strict: bool) -> None:
    text = between.join(tokens)
    verdict_is("not right", boxed(text) if in_box else text, GOLD, strict)


@given(st.text(max_size=200), st.booleans(), st.booleans())
def test_no_text_at_all_is_right_by_chance(text: str, in_box: bool, strict: bool) -> None:
    verdict_is("not right", boxed(text) if in_box else text, GOLD, strict)


@given(st.text(max_size=100), st.text(max_size=60), st.sampled_from(["math", "ocw", "choice"]), st.booleans())
def test_any_text_for_any_gold_of_any_kind_gets_a_verdict(text: str, gold: str, kind: str, strict: bool) -> None:
    outcome = judge(
        Case("drawn", text, gold, ALLOWED["any"], kind, ("1", "x", text[:9]) if kind == "choice" else (), strict)
    )
    assert not outcome.missed, str(outcome)
