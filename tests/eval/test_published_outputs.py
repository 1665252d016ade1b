"""Replies that others published with labels, judged by the harness as it judges a model's: cut, read by the spec, graded, counted."""

from collections import Counter
from pathlib import Path

import pytest

from benchmarks._labelled import model_replies
from benchmarks._sets import rows
from curate.models.base import Reply
from eval.grading import Grader
from eval.judging import Draw, judge
from eval.prompting import Mode
from eval.specs import spec

WITHOUT = {"few-shot": 0, "complex": 2}
"""Replies of GSM8K's models in which no answer is found; few-shot, their last number is read."""


def drawn(id: str, gold: str, text: str) -> Draw:
    item = {"id": id, "problem": "", "gold": [gold], "options": [], "kind": "math"}
    return Draw(item, "", 0, Reply(text, "stop", 1, 1))


@pytest.mark.parametrize("mode", ["few-shot", "complex"])
@pytest.mark.parametrize(
    ("name", "benchmark", "right", "wrong"),
    [("gsm8k_model_solutions", "gsm8k", 982, 1722), ("qwen_math_cot_100", "math500", 301, 11)],
)
def test_the_harness_reproduces_the_labels(
    shared: Path, name: str, benchmark: str, right: int, wrong: int, mode: Mode
) -> None:
    replies = list(model_replies(shared, name, ""))
    with Grader() as grader:
        found = judge(spec(benchmark), mode, [drawn(one.id, one.gold, one.text) for one in replies], grader)
    counts = Counter((one.right, verdict) for one, verdict in zip(replies, found["verdict"], strict=True))
    silent = WITHOUT[mode] if name == "gsm8k_model_solutions" else 0
    assert counts == Counter({(True, "right"): right, (False, "wrong"): wrong - silent, (False, "no answer"): silent})


@pytest.mark.parametrize("mode", ["few-shot", "complex"])
def test_solutions_that_were_published_as_right_are_right(shared: Path, mode: Mode) -> None:
    """OpenMathInstruct-2 keeps only solutions that end in the expected answer."""
    told = list(rows(shared / "cot" / "openmathinstruct2_sample.jsonl.gz"))
    with Grader() as grader:
        found = judge(spec("math"), mode, [drawn(row["id"], row["answer"], row["response"]) for row in told], grader)
    assert Counter(found["verdict"]) == {"right": 100}
