r"""Rewards: 1 for a right answer and 0 for all else, each kind of it counted; what a policy would try to be paid for something else."""

import os
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs the extra `train`")

from eval.grading import Verdict  # noqa: E402
from trainers import rewards as module  # noqa: E402
from trainers.rewards import Rewards, kind_of  # noqa: E402

HANG = r"\boxed{e^{e^{e^{e^{e}}}}}"
"""Algebra that does not end, against a gold answer that needs some."""


@pytest.fixture(scope="module")
def rewards():  # type: ignore[no-untyped-def]
    with Rewards(workers=2, seconds=1.0) as made:
        yield made


KINDS = [
    (r"So it is \boxed{42}.", "42", "right"),
    (r"\boxed{\frac{84}{2}}", "42", "not_worked_out"),
    (r"\boxed{43}", "42", "wrong"),
    ("So it is 42.", "42", "no_answer"),
    ("The final answer is $42$. I hope it is correct.", "42", "no_answer"),
    (r"\boxed{42", "42", "no_answer"),
    (r"<think>\boxed{42}", "42", "no_answer"),
    (r"<think>\boxed{42}</think> It is done.", "42", "no_answer"),
    (r"<think>\boxed{41}</think> \boxed{42}", "42", "right"),
    (r"\boxed{42} or \boxed{43}", "42", "not_worked_out"),
    (r"\boxed{41} and then it is \boxed{42}", "42", "several_answers"),
    (r"\boxed{" + "1+" * 300 + "1}", "42", "too_long"),
    (r"\boxed{x^2+2x+1}", "(x+1)^2", "right"),
    (r"\boxed{50\%}", "0.5", "undecided"),
    (r"\boxed{x^}", "x^2", "undecided"),
    ("", "42", "no_answer"),
]


@pytest.mark.parametrize(("text", "answer", "kind"), KINDS)
def test_a_reply_earns_1_if_it_is_right_and_is_of_one_kind(rewards: Rewards, text: str, answer: str, kind: str) -> None:
    judged = rewards.judge([text], [answer], np.array([True]))
    assert judged.kinds == [kind] and judged.counts == {kind: 1}
    assert judged.rewards.dtype == np.float32 and judged.rewards.tolist() == [float(kind == "right")]


PROBES = [
    (r"\boxed{\sum_{i=1}^{10} i}", "55"), (r"\boxed{\int_0^4 1dx}", "4"), (r"\boxed{5!}", "120"), (r"\boxed{2^{10}}", "1024"),
    ("the answer is 55", "55"), ("55", "55"), (r"final answer is $7$ but \boxed{8}", "7"), (r"\boxed{1,2,3,4,5,6,7,8,9}", "5"),
    (r"\boxed{6 \times 7}", "42"), (r"\boxed{41+1}", "42"), (r"\boxed{x}", "42"), (r"\boxed{}", "42"), (r"\boxed{42=42}", "43"),
    (r"\boxed{1331}", "1331, 1728"), (r"\boxed{42 \text{ or } 43}", "42"), (r"\boxed{\text{any}}", "42"), (r"\boxed{\boxed{}}", "42"),
    (r"\boxed{0.1}\boxed{42}", "42"), (r"\boxed{\gcd(84, 126)}", "42"), (r"\boxed{\binom{10}{3}}", "120"),
    (r"\boxed{42}" * 3 + r"\boxed{1}", "42"),
]  # fmt: skip
"""What other graders have paid for (TRAINERS.md, 2.9), and their like."""


def test_nothing_but_a_worked_out_answer_in_a_box_is_paid_for(rewards: Rewards) -> None:
    judged = rewards.judge([text for text, _ in PROBES], [gold for _, gold in PROBES], np.ones(len(PROBES), dtype=bool))
    assert [text for (text, _), reward in zip(PROBES, judged.rewards, strict=True) if reward] == []
    assert sum(judged.counts.values()) == len(PROBES)


def test_a_reply_that_was_cut_off_earns_nothing_and_is_not_judged(
    rewards: Rewards, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    judge = rewards._grader.judge
    monkeypatch.setattr(
        rewards._grader, "judge", lambda questions: asked.extend(q.text for q in questions) or judge(questions)
    )
    judged = rewards.judge([r"\boxed{1}", r"\boxed{2}", HANG], ["1", "2", "x+1"], np.array([True, False, False]))
    assert judged.kinds == ["right", "truncated", "truncated"] and judged.rewards.tolist() == [1, 0, 0]
    assert asked == [r"\boxed{1}"] and judged.counts == {"right": 1, "truncated": 2}


def test_replies_made_to_break_a_grader_cost_little_and_earn_nothing(rewards: Rewards) -> None:
    texts = [
        r"\boxed{" * 10_000, r"\boxed{" * 10_000 + "}" * 10_000, r"\boxed{1}" * 100_000, "x" * 1_000_000, "{" * 1_000_000,
        r"\boxed{" + "9" * 1_000_000 + "}", r"\frac{" * 200_000, "<think>" * 100_000, "\\" * 1_000_000, "\u202e\0\ufffd" * 100_000,
        r"\boxed{" + "(" * 300 + "}", r"\boxed{" + r"\sqrt{" * 150 + "2" + "}" * 150 + "}", r"\boxed{9^{9^{9^{9}}}}", "$" * 1_000_000,
    ]  # fmt: skip
    start = time.monotonic()
    judged = rewards.judge(texts, ["2"] * len(texts), np.ones(len(texts), dtype=bool))
    assert not judged.rewards.any() and time.monotonic() - start < 10
    long = rewards.judge(["x" * 1_000_000 + r"\boxed{2}"], ["2"], np.array([True]))
    assert long.kinds == ["right"]


@pytest.mark.parametrize("seconds", [1.0, 5.0] if os.environ.get("CURATE_TEST_ALL") else [1.0])
def test_a_hang_is_killed_at_its_limit_counted_and_delays_no_other(seconds: float) -> None:
    with Rewards(workers=2, seconds=seconds) as made:
        made.judge([r"\boxed{x^2+2x+1}"], ["(x+1)^2"], np.array([True]))  # processes have started
        start = time.monotonic()
        texts = [HANG, *[r"\boxed{x^2+2x+1}"] * 20]
        judged = made.judge(texts, ["x+1", *["(x+1)^2"] * 20], np.ones(21, dtype=bool))
        assert time.monotonic() - start < seconds + 3  # two busy cores; half a second where they are free
    assert judged.kinds == ["timeout"] + ["right"] * 20 and judged.counts == {"right": 20, "timeout": 1}
    assert judged.rewards.tolist() == [0] + [1] * 20


@pytest.mark.parametrize(
    ("verdict", "kind"),
    [
        (Verdict(None, "not judged within 1,024 MB"), "memory"),
        (Verdict(None, "not judged within 0.5 s"), "timeout"),
        (Verdict(None, "the judging process died"), "crash"),
        (Verdict(None, "cannot be compared"), "undecided"),
    ],
)
def test_a_grader_that_fails_is_told_apart_from_a_wrong_reply(verdict: Verdict, kind: str) -> None:
    assert kind_of(verdict) == kind


def test_the_reasons_that_kinds_are_told_by_are_the_graders(rewards: Rewards) -> None:
    """Their words are another package's: a change there must not make all of these `undecided` or `wrong`."""
    assert [kind_of(Verdict(None, reason)) for reason in rewards._grader._pool.reasons.values()] == [
        "timeout",
        "memory",
        "crash",
    ]
    seen = {rewards._grader.grade(text, answer, strict=True).reason for text, answer, _ in KINDS}
    assert set(module.WRONG) <= seen


def test_prompts_whose_own_answer_is_not_paid_for_are_found(rewards: Rewards) -> None:
    golds = [
        "42",
        r"\frac{1}{2}",
        r"Thus \boxed{7}.",
        "The total is 18. #### 18",
        "(1, 2)",
        r"\text{odd}",
        "x" * 500,
        "}{",
    ]
    solvable = rewards.solvable(golds)
    assert dict(zip(golds, solvable.tolist(), strict=True)) == {gold: n < 6 for n, gold in enumerate(golds)}
    assert rewards.solvable([]).tolist() == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=60) | st.sampled_from([t for t, _, _ in KINDS]), st.booleans()), max_size=8))
def test_any_texts_are_judged_each_by_itself(rewards: Rewards, replies: list[tuple[str, bool]]) -> None:
    """In any company, a reply is of the kind that it is of alone; every one is counted once."""
    texts, stopped = [text for text, _ in replies], np.array([whole for _, whole in replies], dtype=bool)
    judged = rewards.judge(texts, ["42"] * len(texts), stopped)
    assert sum(judged.counts.values()) == len(texts) == len(judged.kinds) == len(judged.rewards)
    assert (judged.rewards <= stopped).all()
    for i in range(len(texts)):
        assert rewards.judge(texts[i : i + 1], ["42"], stopped[i : i + 1]).kinds == [judged.kinds[i]]


def test_ranks_of_a_machine_share_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)))
    for ranks, workers in ((None, 16), ("1", 16), ("8", 2), ("32", 1)):
        monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
        if ranks:
            monkeypatch.setenv("LOCAL_WORLD_SIZE", ranks)
        assert Rewards()._grader._pool.workers == workers
