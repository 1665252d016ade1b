"""How often a problem is solved, and the place of a sample among those of its problem: whatever the order of rows and shards."""

from collections.abc import Callable, Iterator
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import CurateError
from curation.verify.pass_rate import pass_rate, verdicts
from curation.verify.rank import rank, ranked

SCHEMA = {
    "id": pl.String, "text": pl.String, "parent_id": pl.String, "math_answer": pl.Boolean, "agreement": pl.Boolean,
    "arithmetic_wrong": pl.UInt32, "chain_words": pl.UInt32,
}  # fmt: skip
Row = tuple[str, bool | None, bool | None, int | None, int | None]


class Shards:
    """A corpus as the kernel hands it to a step with `prepare`: the prepared frames."""

    name = "test"

    def __init__(self, prepare: Callable[..., pl.DataFrame], frames: list[pl.DataFrame], **params: object) -> None:
        self.frames = [prepare(frame, **params) for frame in frames]

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        return (frame.select(columns) for frame in self.frames)


def docs(*rows: Row) -> pl.DataFrame:
    return pl.DataFrame([(f"{i:02d}", "", *row) for i, row in enumerate(rows)], schema=SCHEMA, orient="row")


def rates(*frames: pl.DataFrame, **params: Any) -> pl.DataFrame:
    given = {"by": "parent_id", "right": ["math_answer"], **params}
    return pass_rate(Shards(verdicts, [*frames], **given), **given)


def ranks(*frames: pl.DataFrame, **params: Any) -> pl.DataFrame:
    given = {"by": "parent_id", "fewest": ["arithmetic_wrong", "chain_words"], "among": None, **params}
    return rank(Shards(ranked, [*frames], **given), **given)


def of(
    problem: str | None, right: bool | None, agrees: bool | None = None, wrong: int | None = 0, words: int | None = 0
) -> Row:
    return (problem, right, agrees, wrong, words)  # type: ignore[return-value]


def test_a_rate_counts_every_sample_of_the_problem() -> None:
    found = rates(docs(of("p", True), of("p", False), of("q", True), of("p", None), of("p", True), of(None, True)))
    assert found["pass_rate"].to_list() == [0.5, 0.5, 1.0, 0.5, 0.5, None]
    assert found["pass_right"].to_list() == [2, 2, 1, 2, 2, None]
    assert found["pass_samples"].to_list() == [4, 4, 1, 4, 4, None]


def test_a_problem_that_nobody_can_judge_has_no_rate() -> None:
    found = rates(docs(of("p", None), of("p", None), of("q", False)))
    assert found["pass_rate"].to_list() == [None, None, 0.0]
    assert found["pass_samples"].to_list() == [2, 2, 1]


def test_the_vote_stands_in_where_there_is_no_verdict() -> None:
    frame = docs(of("p", None, True), of("p", None, False), of("q", False, True), of("q", None, True))
    assert rates(frame)["pass_rate"].to_list() == [None, None, 0.0, 0.0]
    assert rates(frame, right=["math_answer", "agreement"])["pass_rate"].to_list() == [0.5, 0.5, 0.5, 0.5]
    assert rates(frame, right=["agreement", "math_answer"])["pass_rate"].to_list() == [0.5, 0.5, 1.0, 1.0]


def test_the_fewest_wrong_equations_come_first_then_the_fewest_words_then_the_id() -> None:
    frame = docs(
        of("p", True, None, 1, 5),
        of("p", True, None, 0, 9),
        of("p", True, None, 0, 7),
        of("p", True, None, 0, 7),
        of("q", True, None, 3, 3),
    )
    assert ranks(frame)["rank"].to_list() == [4, 3, 1, 2, 1]
    assert ranks(frame)["rank_of"].to_list() == [4, 4, 4, 4, 1]


def test_what_is_not_known_comes_last_and_only_the_right_ones_are_ranked_when_asked() -> None:
    frame = docs(
        of("p", True, None, None, 1),
        of("p", False, None, 0, 1),
        of("p", None, None, 0, 1),
        of("p", True, None, 2, 9),
        of(None, True),
    )
    assert ranks(frame)["rank"].to_list() == [4, 1, 2, 3, None]
    assert ranks(frame, among="math_answer")["rank"].to_list() == [2, None, None, 1, None]
    assert ranks(frame, among="math_answer")["rank_of"].to_list() == [2, None, None, 2, None]


def test_a_column_of_another_type_is_refused() -> None:
    with pytest.raises(CurateError, match="'text' holds String"):
        rates(docs(), right=["text"])
    with pytest.raises(CurateError, match="'text' holds String"):
        ranks(docs(), fewest=["text"])
    with pytest.raises(CurateError, match="'chain_words' holds UInt32"):
        ranks(docs(), among="chain_words")


VERDICT = st.sampled_from([True, False, None])
ROWS = st.lists(
    st.tuples(st.sampled_from(["p", "q", None]), VERDICT, VERDICT, st.sampled_from([0, 1, None]), st.integers(0, 3)),
    min_size=1,
    max_size=20,
)


@given(ROWS, st.randoms(), st.integers(1, 5))
def test_neither_order_nor_shards_change_anything(rows: list[Row], random: Any, parts: int) -> None:
    whole = docs(*rows)
    mixed = whole.select(pl.all().gather(random.sample(range(len(rows)), len(rows))))
    shards = [mixed[i::parts] for i in range(parts)]
    assert rates(*shards).equals(rates(whole))
    assert ranks(*shards, among="agreement").equals(ranks(whole, among="agreement"))
    counted = ranks(whole).drop_nulls("rank").join(whole.select("id", "parent_id"), on="id")
    for _, group in counted.group_by("parent_id"):
        assert sorted(group["rank"]) == [*range(1, group.height + 1)] == [*range(1, group["rank_of"][0] + 1)]
