"""Verdicts of replies, and what rows of them say: a synthetic file with every kind of failure, and sums by hand."""

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.models.base import Finish, Reply
from eval import report
from eval.grading import Grader
from eval.intervals import of_shares
from eval.judging import SCHEMA, VERDICTS, Draw, code, judge
from eval.prompting import Mode
from eval.specs import spec

GSM8K = spec("gsm8k")
PUBLISHED: list[tuple[Mode, Finish]] = [("few-shot", "length"), ("chat", "stop")]
"""Where the last number of a reply counts."""


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with Grader(workers=1) as made:
        yield made


def draw(text: str, finish: Finish = "stop", gold: str = "18", error: str = "") -> Draw:
    item = {"id": "1", "problem": "How many?", "gold": [gold], "options": [], "kind": "math"}
    return Draw(item, "Q: How many?\nA:", 0, Reply(text, finish, 5, 9, error))


@pytest.mark.parametrize(
    ("made", "verdict", "answer"),
    [
        (draw(" 9 * 2 = 18. The answer is 18."), "right", "18"),
        (draw(" The answer is 17."), "wrong", "17"),
        (draw(" The answer is 18.\nQ: What else?\nA: The answer is 3."), "right", "18"),
        (draw(" I do not know."), "no answer", None),
        (draw(""), "no answer", None),
        (draw(" The answer is 18. But wait", "length"), "right", "18"),
        (draw(" So far it is 17", "length"), "truncated", "17"),
        (draw(" I do not know how to begin, but", "length"), "truncated", None),
        (draw("", "abstain"), "no answer", None),
        (draw("", "refused", error="400: too long"), "failed", None),
        (draw(" The answer is 18.", "filtered"), "failed", None),
        (draw(" The answer is 18.", gold=""), "undecided", None),
    ],
)
def test_the_verdict_of_a_reply(grader: Grader, made: Draw, verdict: str, answer: str | None) -> None:
    (row,) = judge(GSM8K, "few-shot", [made], grader).to_dicts()
    assert (row["verdict"], row["answer"]) == (verdict, answer) and row["reason"]
    assert (row["benchmark"], row["finish"], row["completion_tokens"]) == ("gsm8k", made.reply.finish, 9)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"So \boxed{18}. But wait, is it 4", True),
        (r"<think>9 times 2 is 18.</think> It is $\boxed{18}$", True),
        ("The answer is 18. But wait", True),
        ("#### 18\nThat is 18", True),
        ("So far it is 18", False),
        ("9 * 2 = 18", False),
        ("The total is $18$, and the answer is", False),
        ("18", False),
        ("If the answer is 4, then it is 18", False),
    ],
)
def test_a_reply_that_was_cut_off_before_its_answer_is_right_few_shot_only(
    grader: Grader, text: str, said: bool
) -> None:
    for mode in ("simple", "complex", "chat"):
        (row,) = judge(GSM8K, mode, [draw(text, "length")], grader).to_dicts()  # type: ignore[arg-type]
        assert row["verdict"] == ("right" if said else "truncated"), mode
    if not said:
        few_shot, ended = (judge(GSM8K, m, [draw(text, f)], grader)["verdict"] for m, f in PUBLISHED)
        assert [*few_shot, *ended] == ["right", "right"]


def test_rows_come_in_the_order_of_the_draws(grader: Grader) -> None:
    draws = [draw(f" The answer is {n}.", finish) for n in range(4) for finish in ("stop", "refused")]  # type: ignore[arg-type]
    rows = judge(GSM8K, "few-shot", draws, grader)
    assert rows["reply"].to_list() == [one.reply.text for one in draws]
    assert dict(rows.schema) == SCHEMA and judge(GSM8K, "few-shot", [], grader).height == 0


def test_the_code_of_a_result_is_the_graders_and_names_its_libraries() -> None:
    found = code()
    assert {"eval.judging", "eval.grading", "eval._judge", "eval.prompting", "eval._read"} <= {*found["modules"]}
    assert not {"eval.report", "eval.intervals", "eval.pass_at_k", "eval.run"} & {*found["modules"]}
    assert {*found["uses"]} >= {"math-verify", "sympy"} and all(found["uses"].values())


def rows(*items: str, benchmark: str = "b") -> pl.DataFrame:
    """Rows of items by letters, a draw each: r(ight), w(rong), n(o answer), t(runcated), T (right though cut off), u, f."""
    told = {
        "r": "right",
        "w": "wrong",
        "n": "no answer",
        "t": "truncated",
        "T": "right",
        "u": "undecided",
        "f": "failed",
    }
    return pl.DataFrame(
        [
            {
                "benchmark": benchmark, "id": str(place), "sample": sample, "finish": "length" if letter in "tT" else "stop",
                "completion_tokens": 10 * (1 + place), "answer": {"r": "4", "T": "4", "w": "5"}.get(letter), "verdict": told[letter],
            }
            for place, letters in enumerate(items)
            for sample, letter in enumerate(letters)
        ],
        schema={c: SCHEMA[c] for c in report.COLUMNS},
    )  # fmt: skip


def test_failures_truncations_and_silence_stay_in_the_denominator() -> None:
    found = report.summary(rows(*"rwntTuf", "r"))
    assert found["items"] == 8 and found["accuracy"] == 3 / 8
    assert found["verdicts"] == {"right": 3, "wrong": 1, "undecided": 1, "no answer": 1, "truncated": 1, "failed": 1}
    assert sum(found["verdicts"].values()) == 8 and {*found["verdicts"]} == {*VERDICTS}
    assert (found["cut_off"], found["right_though_cut_off"]) == (2, 1)
    assert found["tokens"] == {"right": (10 + 50 + 80) / 3, "not_right": (20 + 30 + 40 + 60 + 70) / 5, "total": 360}
    assert found["interval"] == pytest.approx((0.1368, 0.6943), abs=1e-4)  # Wilson, 3 of 8
    assert found["pass_at"] == {"1": 3 / 8} and found["majority"] is None


def test_the_tokens_of_many_long_replies_are_counted_whole() -> None:
    long = rows(*"rrrw").with_columns(completion_tokens=pl.lit(3_000_000_000, pl.UInt32))
    assert report.summary(long)["tokens"] == {"right": 3e9, "not_right": 3e9, "total": 12_000_000_000}


def test_draws_are_averaged_by_item_and_then_over_items() -> None:
    found = report.summary(rows("rrww", "wwww", "rrrr", "wrww"))
    assert found["accuracy"] == pytest.approx((0.5 + 0 + 1 + 0.25) / 4)
    assert found["pass_at"]["2"] == pytest.approx((5 / 6 + 0 + 1 + 1 / 2) / 4) and found["pass_at"]["4"] == 0.75
    assert found["majority"] == pytest.approx((0.5 + 0 + 1 + 0) / 4)
    assert found["samples"] == 4 and found["interval"][0] < found["accuracy"] < found["interval"][1]


def test_what_all_items_have_is_told_where_draws_are_lacking() -> None:
    found = report.summary(rows("rw", "r", "ww"))
    assert (found["samples"], found["items"], {*found["pass_at"]}) == (1, 3, {"1"})
    assert found["accuracy"] == found["pass_at"]["1"] == pytest.approx((0.5 + 1 + 0) / 3)
    assert found["interval"] == of_shares([0.5, 1.0, 0.0])


def test_spellings_of_one_answer_are_one_vote() -> None:
    made = rows("rrw").with_columns(answer=pl.Series(["\\frac12", "\\frac{1}{2}", "7"]))
    assert report.summary(made)["majority"] == 1.0


@given(st.lists(st.text("rwntuf", min_size=3, max_size=3), min_size=1, max_size=12), st.randoms())
def test_the_order_of_rows_changes_nothing(items: list[str], rng: Any) -> None:
    made = rows(*items)
    order = rng.sample(range(made.height), made.height)
    assert report.summary(made[order]) == report.summary(made)


def test_an_average_is_over_whole_groups_only() -> None:
    made = {name: rows(*letters, benchmark=name) for name, letters in (("a", "rrrw"), ("b", "rw"))}
    found = {name: report.summary(one) for name, one in made.items()}
    items = {name: report.shares(one) for name, one in made.items()}
    told = report.average(["a", "b"], found, items)
    assert told["accuracy"] == pytest.approx(0.625) and told["lacking"] == []
    errors = [found[name]["error"] for name in "ab"]
    assert told["error"] == pytest.approx((errors[0] ** 2 + errors[1] ** 2) ** 0.5 / 2)
    lacking = report.average(["a", "b", "c"], found, items)
    assert lacking["accuracy"] is None and lacking["interval"] is None and lacking["lacking"] == ["c"]


def test_an_interval_of_an_average_ends_at_none_and_at_all() -> None:
    for letters, ends in (("r" * 20 + "w", (0.86, 1.0)), ("w" * 20 + "r", (0.0, 0.14))):
        made = rows(*letters)
        told = report.average(["b"], {"b": report.summary(made)}, {"b": report.shares(made)})
        assert (
            told["interval"] == pytest.approx(ends, abs=0.005)
            and 0 <= min(told["interval"]) < max(told["interval"]) <= 1
        )


def test_one_item_says_nothing_of_how_sure_an_average_is() -> None:
    models = {name: {"x": rows(letter), "y": rows(*letter * 9)} for name, letter in (("p", "r"), ("q", "w"))}
    found = {name: report.summary(one) for name, one in models["p"].items()}
    told = report.average(["x", "y"], found, {name: report.shares(one) for name, one in models["p"].items()})
    assert (told["accuracy"], told["error"], told["interval"]) == (1.0, None, None)
    whole = report.compare(models, {"core": ["x", "y"]})[-1]
    assert (whole["difference"], whole["error"], whole["interval"], whole["p"]) == (1.0, None, None, 1.0)
    assert whole["better"] is None


def test_no_average_is_better_within_two_standard_errors() -> None:
    """10 items to 3 of 100: 1.97 standard errors, and p of the normal distribution is below 0.05."""
    a, b = rows(*"r" * 10, *"w" * 3, *"r" * 87), rows(*"w" * 10, *"r" * 90)
    (_, whole) = report.compare({"a": {"x": a}, "b": {"x": b}}, {"core": ["x"]})
    apart = whole["difference"] / whole["error"]
    assert whole["on"] == "core" and whole["tests"] == 1 and 1.96 < apart < 2
    assert whole["p"] == whole["holm_p"] == pytest.approx(math.erfc(apart / 2**0.5)) and whole["p"] < 0.05
    assert whole["better"] is None


def test_of_many_models_one_alone_has_to_be_further_apart() -> None:
    """5 of 30 items: 2.41 standard errors, where three pairs of models ask for 2.44 and have intervals of 2.39 to each side."""
    more, fewer = rows(*"r" * 30), rows(*"w" * 5, *"r" * 25)
    told = report.compare({"a": {"x": more}, "b": {"x": fewer}, "c": {"x": more}}, {"core": ["x"]})
    whole = next(one for one in told if one["on"] == "core")
    assert 2.40 < whole["difference"] / whole["error"] < 2.42
    assert whole["better"] is None and whole["holm_p"] == pytest.approx(3 * whole["p"]) and whole["holm_p"] < 0.05
    assert (whole["interval"][1] - whole["difference"]) / whole["error"] == pytest.approx(2.394, abs=0.001)
    (_, alone) = report.compare({"a": {"x": more}, "b": {"x": fewer}}, {"core": ["x"]})
    assert alone["better"] == "a" and alone["interval"][0] > whole["interval"][0]


def test_two_models_are_compared_on_the_same_items() -> None:
    good, bad = rows(*"r" * 40), rows(*"w" * 30, *"r" * 10)
    told = report.compare({"good": {"b": good}, "bad": {"b": bad}, "also good": {"b": good}}, {})
    assert [(one["a"], one["b"], one["better"]) for one in told] == [
        ("good", "bad", "good"),
        ("good", "also good", None),
        ("bad", "also good", "also good"),
    ]
    assert told[0]["difference"] == 0.75 and told[1]["difference"] == 0.0
    assert told[1]["interval"] is None and told[0]["interval"][0] < 0.75 < told[0]["interval"][1]
    grouped = report.compare({"good": {"b": good}, "bad": {"b": bad}, "also good": {"b": good}}, {"core": ["b"]})
    assert [(one["a"], one["b"], one["on"]) for one in grouped] == [
        (one["a"], one["b"], on) for one in told for on in ("b", "core")
    ]
    assert grouped[3]["interval"] is None and grouped[3]["p"] == 1.0
    shuffled = report.compare({"good": {"b": good}, "bad": {"b": bad[::-1]}}, {})
    assert shuffled[0]["difference"] == 0.75
    with pytest.raises(ValueError, match="b: the models were asked other items"):
        report.compare({"good": {"b": good}, "bad": {"b": bad.head(39)}}, {})


def test_a_group_is_compared_where_both_have_all_of_it() -> None:
    models = {
        name: {b: rows(*letters, benchmark=b) for b in "xy"} for name, letters in (("p", "rrrw" * 9), ("q", "rwww" * 9))
    }
    told = report.compare(models, {"core": ["x", "y"], "13": ["x", "y", "z"]})
    assert [one["on"] for one in told] == ["x", "y", "core"]
    whole = told[2]
    assert whole["difference"] == pytest.approx(0.5) and whole["better"] == "p" and whole["items"] == 72
    assert whole["error"] == pytest.approx(told[0]["error"] / 2**0.5)


def overlapping(rng: np.random.Generator) -> tuple[dict[str, pl.DataFrame], dict[str, dict[str, str]]]:
    """Rows of a set of 400 items, of a part of it of 100 in another order, and of 200 others; and their problems."""
    right = rng.random(600) < 0.6
    sets = {"whole": range(400), "part": [*range(0, 400, 4)][::-1], "other": range(400, 600)}
    made = {name: rows(*("r" if right[n] else "w" for n in places), benchmark=name) for name, places in sets.items()}
    problems = {
        name: {str(at): f"What is{'  ' if name == 'part' else ' '}{n}?" for at, n in enumerate(places)}
        for name, places in sets.items()
    }
    return made, problems


def resampled(of: dict[str, list[tuple[str, float]]], rng: np.random.Generator) -> float:
    """Standard deviation of the mean over benchmarks where distinct items are drawn again, wherever they stand."""
    names = sorted({item for items in of.values() for item, _ in items})
    place = {item: n for n, item in enumerate(names)}
    often = rng.multinomial(len(names), [1 / len(names)] * len(names), size=4000)
    means = []
    for items in of.values():
        weights = often[:, [place[item] for item, _ in items]]
        means.append(weights @ np.array([value for _, value in items]) / weights.sum(axis=1))
    return float(np.mean(means, axis=0).std())


def test_items_that_stand_in_several_benchmarks_count_once_in_the_error_of_an_average() -> None:
    rng = np.random.default_rng(7)
    made, problems = overlapping(rng)
    found = {name: report.summary(one) for name, one in made.items()}
    items = {name: report.shares(one, problems[name]) for name, one in made.items()}
    told = report.average(["whole", "part", "other"], found, items)
    alone = report.average(["whole", "part", "other"], found, {name: report.shares(one) for name, one in made.items()})
    assert told["accuracy"] == alone["accuracy"]
    assert told["error"] == pytest.approx(resampled(items, rng), rel=0.04)
    assert told["error"] > 1.1 * alone["error"]
    assert alone["error"] == pytest.approx(sum(found[name]["error"] ** 2 for name in made) ** 0.5 / 3)
    twice = report.average(["whole", "again"], {**found, "again": found["whole"]}, {**items, "again": items["whole"]})
    assert twice["error"] == pytest.approx(found["whole"]["error"])


def test_two_models_are_compared_over_distinct_items_of_a_group() -> None:
    rng = np.random.default_rng(8)
    (a, problems), (b, _) = overlapping(rng), overlapping(rng)
    group = {"13": [*a]}
    told = next(one for one in report.compare({"a": a, "b": b}, group, problems) if one["on"] == "13")
    assert told["items"] == 600
    shares = {name: [report.shares(rows[name], problems[name]) for rows in (a, b)] for name in a}
    apart = {name: [(i, x - y) for (i, x), (_, y) in zip(*both, strict=True)] for name, both in shares.items()}
    assert told["error"] == pytest.approx(resampled(apart, rng), rel=0.04)
    alone = report.compare({"a": a, "b": b}, group)[-1]
    assert alone["items"] == 700 and told["error"] > 1.1 * alone["error"]


def copied(right: str, copies: int) -> pl.DataFrame:
    """Rows of single draws by letters, each item of which stands there so many times with one prompt."""
    made = rows(*(letter for letter in right for _ in range(copies)))
    return made.with_columns(prompt_sha256=pl.Series([f"{at:064}" for at in range(len(right)) for _ in range(copies)]))


def test_copies_of_a_problem_are_one_item_in_errors_and_tests() -> None:
    letters, other = "rrwrwwrrrr" * 3, "rrwrwwrwrw" * 3
    once, often = report.summary(copied(letters, 1)), report.summary(copied(letters, 4))
    assert often["items"] == 120 and once["items"] == 30 and often["accuracy"] == once["accuracy"]
    assert often["error"] == pytest.approx(once["error"]) and often["interval"] == pytest.approx(once["interval"])
    problems = {str(at): f"problem {at // 4}" for at in range(120)}
    told = report.compare({"a": {"b": copied(letters, 4)}, "b": {"b": copied(other, 4)}}, {}, {"b": problems})
    (alone,) = report.compare({"a": {"b": copied(letters, 1)}, "b": {"b": copied(other, 1)}}, {})
    assert told[0]["items"] == 30 and told == [alone]


@pytest.mark.parametrize("letters", ["r", "rr", "rw", "w"])
def test_one_problem_copied_makes_no_winner(letters: str) -> None:
    good, bad = rows(*[letters] * 50), rows(*["w" * len(letters)] * 50)
    problems = {str(at): "the same" for at in range(50)}
    (told,) = report.compare({"good": {"b": good}, "bad": {"b": bad}}, {}, {"b": problems})
    assert told["better"] is None and told["items"] == 1 and told["error"] is None
    found = report.summary(good.with_columns(prompt_sha256=pl.lit("0" * 64)))
    low, high = found["interval"]
    assert found["error"] is None and 0 <= low <= found["accuracy"] <= high <= 1 and high - low > 0.7


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3)), min_size=1, max_size=30))
def test_the_interval_holds_the_accuracy_whatever_is_copied(items: list[tuple[int, int]]) -> None:
    made = rows(*("r" * right + "w" * (3 - right) for _, right in items))
    made = made.with_columns(prompt_sha256=pl.Series([f"{prompt:064}" for prompt, _ in items for _ in range(3)]))
    found = report.summary(made)
    low, high = found["interval"]
    assert 0 <= low <= found["accuracy"] <= high <= 1


def test_of_many_benchmarks_one_alone_has_to_say_more() -> None:
    same, better = rows(*"rw" * 30), rows(*"rr" * 6, *"rw" * 24)
    (alone,) = report.compare({"a": {"x": better}, "b": {"x": same}}, {})
    assert alone["better"] == "a" and alone["p"] == alone["holm_p"] == 0.03125 and alone["tests"] == 1
    many = {name: {"x": one, **{f"e{n}": same for n in range(12)}} for name, one in (("a", better), ("b", same))}
    told = report.compare(many, {})
    assert [one["better"] for one in told] == [None] * 13 and {one["tests"] for one in told} == {13}
    assert told[0]["p"] == 0.03125 and told[0]["holm_p"] == pytest.approx(13 * 0.03125)
    clear = rows(*"rr" * 12, *"rw" * 18)
    many["a"]["x"] = clear
    assert [one["better"] for one in report.compare(many, {})] == ["a", *[None] * 12]


def test_averages_are_corrected_among_themselves() -> None:
    models = {
        name: {b: rows(*letters, benchmark=b) for b in "xy"} for name, letters in (("p", "rrrw" * 9), ("q", "rwww" * 9))
    }
    told = report.compare(models, {"core": ["x", "y"], "13": ["x"]})
    assert [(one["on"], one["tests"]) for one in told] == [("x", 2), ("y", 2), ("core", 2), ("13", 2)]


def test_the_most_frequent_reasons_of_failures_are_told_cut_and_on_one_line() -> None:
    said = ["400: too\nlong"] * 3 + ["x" * 500] * 2 + ["b", "a", None, "never"]
    made = rows(*"ffffffffr").with_columns(reason=pl.Series(said))
    assert report.summary(made)["failures"] == {"400: too long": 3, "x" * 200: 2, "a": 1}
    assert report.summary(rows(*"rw"))["failures"] == {}


def test_a_row_holds_nothing_that_depends_on_when_it_was_made(grader: Grader) -> None:
    some = [draw(" The answer is 18."), draw("", "refused", error="no")]
    first = judge(GSM8K, "few-shot", some, grader)
    again = judge(GSM8K, "few-shot", [dataclasses.replace(one) for one in some], grader)
    assert first.equals(again)
