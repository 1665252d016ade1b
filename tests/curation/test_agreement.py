"""The majority of the samples of a problem: one verdict a row, whatever the order of rows and shards; null where there is no majority."""

from collections.abc import Iterator

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import step
from curation.verify.agreement import MAX_FORMS, agreement, answers

SCHEMA = {"id": pl.String, "text": pl.String, "parent_id": pl.String}


class Shards:
    """A corpus as the kernel hands it to a step with `prepare`: the prepared frames."""

    name = "test"

    def __init__(self, *frames: pl.DataFrame) -> None:
        self.frames = [answers(frame, by="parent_id") for frame in frames]

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        return (frame.select(columns) for frame in self.frames)


def docs(*rows: tuple[str, str, str | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def of(*replies: str, **params: object) -> pl.DataFrame:
    """Verdicts over the samples of one problem; a reply is the content of its box, an empty one says nothing."""
    texts = [f"Thus \\boxed{{{reply}}}." if reply else "" for reply in replies]
    return agreement(Shards(docs(*[(f"{i:02d}", text, "p") for i, text in enumerate(texts)])), **params)  # type: ignore[arg-type]


def test_the_majority_is_right_and_the_others_are_not() -> None:
    found = of("7", "7", "8", "7")
    assert found["agreement"].to_list() == [True, True, False, True]
    assert found["agreement_share"].to_list() == [0.75] * 4
    assert found["agreement_answer"].to_list() == ["7"] * 4
    assert found["agreement_reason"].null_count() == 0


def test_spellings_of_one_number_are_one_answer_named_by_the_most_frequent_spelling() -> None:
    found = of("\\frac12", "0.5", "\\dfrac{1}{2}", "0.5", "2")
    assert found["agreement"].to_list() == [True, True, True, True, False]
    assert set(found["agreement_answer"]) == {"0.5"}


def test_a_sample_without_an_answer_counts_against_the_share() -> None:
    found = of("7", "7", "", "", "")
    assert found["agreement"].to_list() == [None] * 5
    assert set(found["agreement_share"]) == {0.4}
    assert of("7", "7", "")["agreement"].to_list() == [True, True, False]


@pytest.mark.parametrize(
    "replies", [("1", "1", "2", "2"), ("1", "2"), ("7",), ("", ""), ("7", ""), ("1", "1", "2", "3")]
)
def test_ties_few_samples_and_small_shares_are_not_judged(replies: tuple[str, ...]) -> None:
    assert of(*replies)["agreement"].null_count() == len(replies)


def test_the_share_that_is_needed_is_a_parameter() -> None:
    assert of("1", "1", "2", "3", at_least=0.0)["agreement"].to_list() == [True, True, False, False]
    assert of("1", "1", "1", "3", at_least=0.75)["agreement"].null_count() == 4
    assert of("7", samples=1)["agreement"].to_list() == [True]


def test_a_tie_is_none_even_where_any_share_would_do() -> None:
    assert of("1", "1", "2", "2", at_least=0.0)["agreement"].null_count() == 4


def test_a_row_of_no_problem_is_not_judged() -> None:
    found = agreement(Shards(docs(("a", "\\boxed{1}", None), ("b", "\\boxed{1}", None))))
    assert found["agreement"].null_count() == 2
    assert set(found["agreement_reason"]) == {"no parent_id"}


def test_an_empty_corpus_has_no_verdicts() -> None:
    assert agreement(Shards()).schema == agreement(Shards(docs())).schema == of("1").schema


def test_the_number_of_comparisons_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, str]] = []
    compare = agreement.__globals__["compare"]
    monkeypatch.setitem(agreement.__globals__, "compare", lambda a, b: calls.append((a, b)) or compare(a, b))
    found = of(*[str(n) for n in range(60)])
    assert found["agreement"].null_count() == 60
    assert 0 < len(calls) <= MAX_FORMS * MAX_FORMS / 2


def test_the_column_that_joins_samples_is_a_parameter() -> None:
    found = step.find("verify", "agreement")
    assert found.reads_with({"by": "question"}) == ("id", "text", "question")
    assert found.reads_with({"by": "parent_id"}) == ("id", "text", "parent_id")


ROWS = st.lists(
    st.tuples(st.sampled_from(["", "1", "2", "1.0", "\\frac{2}{1}", "x", "x+1", "1+x"]), st.sampled_from("pq")),
    max_size=10,
)


@given(ROWS, st.randoms(use_true_random=False))
def test_each_row_has_one_verdict_however_the_corpus_is_cut(replies: list[tuple[str, str]], rng: object) -> None:
    rows = [(f"{i:02d}", f"\\boxed{{{reply}}}" if reply else "", of) for i, (reply, of) in enumerate(replies)]
    whole = agreement(Shards(docs(*rows)))
    assert whole["id"].to_list() == [id for id, _, _ in rows]
    rng.shuffle(rows)  # type: ignore[attr-defined]
    assert whole.equals(agreement(Shards(docs(*rows[:3]), docs(*rows[3:4]), docs(*rows[4:]))))
    problem = dict(zip([id for id, _, _ in rows], [of for _, _, of in rows], strict=True))
    for name in "pq":
        mine = whole.filter(pl.col("id").is_in([id for id in problem if problem[id] == name]))
        assert mine["agreement"].null_count() == mine.height or mine["agreement"].sum() * 2 > mine.height
