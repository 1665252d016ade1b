import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import CurateError
from mixers.budget import Stage, budgets, epoch_caps, exact, largest_remainder, refuse_infeasible, stages_of

OCTOTHINKER = {"web-pro-max": 0.725, "dclm": 0.10, "text-code": 0.10, "qa": 0.05, "code": 0.0125, "trans-code": 0.0125}


@given(total=st.integers(0, 10**12), weights=st.lists(st.integers(1, 10**6), min_size=1, max_size=12))
def test_budgets_add_up_to_the_token_and_miss_no_share_by_one(total: int, weights: list[int]) -> None:
    shares = [Fraction(w, sum(weights)) for w in weights]
    parts = largest_remainder(total, shares)
    assert sum(parts) == total
    assert all(abs(part - total * share) < 1 for part, share in zip(parts, shares, strict=True))


def test_the_stable_stage_of_octothinker_is_divided_exactly() -> None:
    plan = stages_of([{"until": "100%", "weights": OCTOTHINKER}], OCTOTHINKER)
    owed = budgets(209_715_200_000, plan)
    assert owed == {name: [int(209_715_200_000 * Fraction(str(w)))] for name, w in sorted(OCTOTHINKER.items())}


def test_stages_share_the_tokens_and_a_source_may_be_in_some() -> None:
    plan = stages_of(
        [{"until": 0.9, "weights": {"web": 1}}, {"until": 1, "weights": {"web": "50%", "cot": 0.5}}], ["web", "cot"]
    )
    assert budgets(1001, plan) == {"cot": [0, 50], "web": [901, 50]}


def test_the_order_in_which_weights_are_written_does_not_matter() -> None:
    a, b = {"x": 0.333, "y": 0.333, "z": 0.334}, {"z": 0.334, "y": 0.333, "x": 0.333}
    assert budgets(100, stages_of([{"weights": a}], a)) == budgets(100, stages_of([{"weights": b}], b))


def test_rounded_thirds_are_taken_for_thirds() -> None:
    assert budgets(300, stages_of([{"weights": dict.fromkeys("xyz", 0.333)}], "xyz")) == {
        "x": [100],
        "y": [100],
        "z": [100],
    }


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        (
            [{"weights": {"web": 0.9, "qa": 0.05}}],
            "weights are shares of its tokens and must sum to 1: qa 0.05 + web 0.9 = 0.95",
        ),
        ([{"weights": {"wbe": 1}}], "no corpus 'wbe'; did you mean 'web'?"),
        ([{"until": 0.5, "weights": {"web": 1}}], "the last stage ends at 0.5, not at 100%"),
        (
            [{"until": 0.5, "weights": {"web": 1}}, {"until": "40%", "weights": {"web": 1}}],
            "stage 1: until 0.4 must be above 0.5",
        ),
        ([{"weights": {"web": True}}], "True is not a share"),
        ([{"weights": {"web": -1, "qa": 2}}], "-1 is a negative share"),
        ([{"until": 1}], "needs until and weights"),
        ([{"until": float("nan"), "weights": {"web": 1}}], "nan is not a share"),
        ([], "the last stage ends at 0"),
    ],
)
def test_a_bad_stage_is_refused_in_one_line(stages: list[dict[str, object]], message: str) -> None:
    with pytest.raises(CurateError, match=re.escape(message)):
        stages_of(stages, ["web", "qa"])


def test_shares_are_read_as_exact_decimals() -> None:
    assert exact(0.1, "") + exact("20%", "") == exact("0.3", "")


def test_an_infeasible_mix_is_refused_with_the_arithmetic() -> None:
    plan = stages_of([{"weights": {"web": 0.6, "qa": 0.4}}], ["web", "qa"])
    asked = budgets(2_000_000, plan)
    with pytest.raises(CurateError) as error:
        refuse_infeasible(
            2_000_000, plan, asked, {"web": 400_000, "qa": 800_000}, epoch_caps({"web": 2}, ["web", "qa"])
        )
    assert str(error.value) == (
        "mixture: web: 1,200,000 tokens asked of 400,000 x max_epochs 2 = 800,000; lower its weight to 0.4 or raise its max_epochs to 3; "
        "with these weights the mixture can have 1,333,333 tokens, not 2,000,000"
    )


def test_no_size_is_named_where_a_source_is_empty() -> None:
    plan = stages_of([{"weights": {"web": 0.6, "cot": 0.4}}], ["web", "cot"])
    tokens = 200_000_000_000
    with pytest.raises(CurateError) as error:
        refuse_infeasible(
            tokens,
            plan,
            budgets(tokens, plan),
            {"web": 100, "cot": 0},
            epoch_caps({"web": 1, "cot": 1}, ["web", "cot"]),
        )
    assert "cot: 80,000,000,000 tokens asked, but no document of it is left" in str(error.value)
    assert "can have" not in str(error.value)


@given(
    tokens=st.integers(100, 10**6),
    weights=st.lists(st.integers(1, 50), min_size=2, max_size=5),
    held=st.integers(1, 10**4),
    until=st.integers(1, 99),
)
def test_the_size_that_a_refusal_names_is_allowed(tokens: int, weights: list[int], held: int, until: int) -> None:
    names = [f"c{n}" for n in range(len(weights))]
    first, second = (
        {n: Fraction(w, sum(ws)) for n, w in zip(names, ws, strict=True)} for ws in (weights, weights[::-1])
    )
    plan = [Stage(Fraction(until, 100), first), Stage(1 - Fraction(until, 100), second)]
    have, caps = dict.fromkeys(names, held), epoch_caps(1, names)
    try:
        refuse_infeasible(tokens, plan, budgets(tokens, plan), have, caps)
    except CurateError as error:
        said = re.search(r"can have ([\d,]+) tokens", str(error))
        assert said
        smaller = int(said[1].replace(",", ""))
        assert smaller < tokens
        refuse_infeasible(smaller, plan, budgets(smaller, plan), have, caps)


def test_a_source_that_is_alone_in_its_stage_is_not_told_to_lower_its_weight() -> None:
    plan = stages_of([{"weights": {"web": 1}}], ["web"])
    with pytest.raises(CurateError, match=r"= 400; raise its max_epochs to 2;"):
        refuse_infeasible(800, plan, {"web": [800]}, {"web": 400}, epoch_caps(1, ["web"]))


def test_a_mix_at_its_caps_and_one_without_caps_are_allowed() -> None:
    plan = stages_of([{"weights": {"web": 1}}], ["web"])
    refuse_infeasible(800, plan, {"web": [800]}, {"web": 400}, epoch_caps(2, ["web"]))
    refuse_infeasible(10**9, plan, {"web": [10**9]}, {"web": 1}, epoch_caps(None, ["web"]))


def test_an_empty_corpus_is_refused_even_without_a_cap() -> None:
    plan = stages_of([{"weights": {"web": 1}}], ["web"])
    with pytest.raises(CurateError, match="web: 5 tokens asked, but no document of it is left"):
        refuse_infeasible(5, plan, {"web": [5]}, {"web": 0}, {})
