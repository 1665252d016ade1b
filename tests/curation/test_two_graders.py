"""Every chain that the recipe `long-cot` keeps is right for two graders, and leaves no wrong equation standing."""

import re
from pathlib import Path

import polars as pl
import pytest

import curate
from benchmarks._labelled import Case
from benchmarks._trial import judge
from benchmarks.gates import clauses
from curate.asking import answered
from curate.clauses import parse
from curate.profile import ModelSettings
from curate.step import find
from curation.synth.families import _calculation as calculation
from curation.synth.families._family import families
from curation.synth.families._rng import Rng
from curation.synth.symbolic import connect
from curation.verify.arithmetic import arithmetic
from curation.verify.chain import chain
from curation.verify.math_answer import math_answer
from eval.grading import Grader
from tests.curation.test_chains import equalities, value

SECONDS = 20.0
"""For a chain, in a process of its own."""


def wrong_for_the_library(kept: pl.DataFrame) -> list[str]:
    """Whole chains that math-verify, which looks for the answer by itself, does not call right."""
    cases = [Case("kept", "kept", "", text, gold, True) for text, gold in kept.select("text", "gold").iter_rows()]
    verdicts = judge("math-verify", cases, SECONDS)
    return [case.text for case, verdict in zip(cases, verdicts, strict=True) if verdict.value is not True]


def wrong_for_ours(kept: pl.DataFrame) -> list[str]:
    with Grader(workers=1) as grader:
        verdicts = [*grader.map(kept.select("text", "gold").iter_rows())]
    return [text for text, verdict in zip(kept["text"], verdicts, strict=True) if verdict.value is not True]


def left_standing(text: str) -> list[str]:
    """Equations that are wrong by the reckoning of `test_chains`, after which the right value does not stand in their paragraph."""
    found = []
    for paragraph in text.split("\n\n"):
        for left, *rest in equalities(paragraph):
            if any(value(side) != value(left) for side in rest):
                after = paragraph.partition(f"{left} = {rest[-1]}")[2]
                right = re.escape(calculation.exact(value(left)))
                found += [] if re.search(rf"(?<![\d.]){right}(?!\d)", after) else [f"{left} = {rest}: {paragraph}"]
    return found


def check(kept: pl.DataFrame) -> None:
    assert not wrong_for_ours(kept)
    assert not wrong_for_the_library(kept)
    assert arithmetic(kept)["arithmetic_standing"].sum() == 0
    assert not [one for text in kept["text"] for one in left_standing(text)]


def asked(names: list[str], level: int) -> pl.DataFrame:
    problems = [families()[name].make(Rng("two graders", name, level), level) for name in names]
    golds = [
        families()[name].solve(families()[name].parse(one.text)) for name, one in zip(names, problems, strict=True)
    ]
    return pl.DataFrame(
        {"id": names, "text": "", "question": [one.text for one in problems], "gold": golds},
    )


def test_kept_chains_of_some_families_are_right_for_two_graders() -> None:
    solver = connect({"backend": "symbolic", "sampling": {"temperature": 0.6}, "slip": 0.5}, ModelSettings())
    docs = answered(find("synth", "long_cot"), asked(sorted(families())[::2], 3), solver, samples=3)
    docs = docs.hstack(math_answer(docs)).hstack(arithmetic(docs)).hstack(chain(docs, question="question"))
    keep = [parse(text).polars().fill_null(False) for text in clauses("long").values()]
    kept = docs.filter(*keep)
    assert 0.3 * docs.height < kept.height < 0.8 * docs.height
    check(kept)
    assert wrong_for_ours(docs) and wrong_for_the_library(docs), "a grader that calls all right sees nothing"


def test_a_wrong_equation_that_is_not_put_right_is_seen() -> None:
    assert not left_standing("So $3 + 4 = 8$. Wait, no: $3 + 4 = 7$.\n\nThen $7 \\times 2 = 14$.")
    assert left_standing("So $3 + 4 = 8$.\n\nWait, it is 7.")


@pytest.mark.slow
def test_every_chain_that_the_embedded_long_cot_keeps_is_right_for_two_graders(tmp_path: Path) -> None:
    recipe = curate.open("long-cot@10%", project=tmp_path, store=str(tmp_path / "store"), executor="inline")
    recipe.build(only="cot")
    docs = recipe.sql("select text, gold, fate from documents where corpus = 'cot' and parent_id is not null")
    kept = docs.filter(pl.col("fate") == "kept")
    assert docs.height > 500
    assert 0.5 * docs.height < kept.height < docs.height
    check(kept)
