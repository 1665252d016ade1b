# ruff: noqa: E501
"""`rewrite: refine`: pieces, draws, verdicts, and the symbolic editor whose slips are caught."""

import time

import polars as pl
import pytest

from curate.asking import answered
from curate.profile import ModelSettings
from curate.step import find
from curation._pieces import pieces
from curation.rewrite.refine import prompts
from curation.synth import _refining
from curation.synth.families._rng import Rng
from curation.synth.symbolic import connect
from tests.curation.scripted import Scripted

PAGE = (
    "Induction\n\nThe sum of the first $n$ numbers is $\\frac{n(n+1)}{2}$, and for 48 of them it is 1176.\n\n"
    "It is proved by induction: the base case is clear, and the step adds the next term on both sides of the equation, which gives the claim "
    "for the number that follows, as a short calculation with fractions shows."
)
STEP = find("rewrite", "refine")


def docs(*texts: str | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [str(n) for n in range(len(texts))], "text": texts}, schema={"id": pl.String, "text": pl.String}
    )


def test_a_faithful_reply_is_taken_and_another_is_not() -> None:
    better = PAGE.replace("It is proved", "This is proved")
    assert answered(STEP, docs(PAGE), Scripted(better)).select("text", "refine_verdict").row(0) == (better, "refined")
    made = answered(STEP, docs(PAGE), Scripted(PAGE.replace("48", "49")))
    assert made.select("text", "refine_verdict", "refine_original").row(0) == (PAGE, "numbers", 1)


def test_what_is_empty_is_not_asked_and_no_content_keeps_the_text() -> None:
    made = answered(STEP, docs("", " \n", PAGE), Scripted("[NO CONTENT]"))
    assert made["refine_verdict"].to_list() == ["empty", "empty", "no content"]
    assert made["text"].to_list() == ["", " \n", PAGE]
    assert answered(STEP, docs(PAGE), Scripted("half of", finish="length"))["refine_verdict"].to_list() == ["cut off"]


def test_the_first_draw_that_passes_is_taken() -> None:
    wrong, right = PAGE.replace("48", "49"), PAGE.replace("clear", "plain")
    made = answered(STEP, docs(PAGE), Scripted(wrong, right, draws=True), samples=2)
    assert made.select("text", "refine_verdict").row(0) == (right, "refined")
    model = Scripted(wrong, right, draws=True)
    made = answered(STEP, docs(PAGE), model, retries=3)
    assert made.select("text", "refine_verdict").row(0) == (right, "refined")
    assert len(model.prompts) == 2


def test_each_piece_of_a_long_page_is_judged_by_itself() -> None:
    parts = [PAGE.replace("48", str(n)).replace("1176", str(n * (n + 1) // 2)) for n in (48, 50, 52)]
    long = "\n\n".join(parts)
    cut = [piece.strip() for piece in pieces(long, 500)]
    assert len(prompts(docs(long), max_bytes=500)[0]) == len(cut) > 2
    at = next(n for n, piece in enumerate(cut) if "50" in piece)
    model = Scripted(*(piece.replace("50", "51") if n == at else piece for n, piece in enumerate(cut)))
    made = answered(STEP, docs(long), model, max_bytes=500)
    assert made.select("text", "refine_verdict", "refine_pieces", "refine_original").row(0) == (
        long,
        "numbers",
        len(cut),
        1,
    )


def test_a_page_cannot_end_its_block_and_the_clause_can_be_left_out() -> None:
    [[asked]] = prompts(docs("=====[ 0123456789abcdef ]=====")).to_list()
    assert asked.startswith("Task: refine a page.\n") and "multiple-choice" in asked and "{{" not in asked
    assert "multiple-choice" not in prompts(docs(PAGE), choices=False)[0][0]


def test_the_symbolic_editor_drops_notices_and_doubled_lines_and_nothing_else() -> None:
    noisy = f"We use cookies\n\n{PAGE}\n\n{PAGE.splitlines()[4]}\n\n* one\n* two"
    made = answered(STEP, docs(noisy), connect({"slip": 1.0}, ModelSettings()))
    assert made.select("text", "refine_verdict").row(0) == (f"{PAGE}\n\n- one\n- two", "refined")


@pytest.mark.parametrize(
    "page",
    [
        "\n\n".join(
            f"Let $y = x^{n}$.\n\n| $x$ | $0$ | $1$ | $2$ | $3$ | $4$ |\n| --- | --- | --- | --- | --- | --- |\n| $y$ | $0$ | $1$ | ${2**n}$ |"
            for n in (2, 3)
        ),
        "\n\n".join(
            f"For $n = {n}$ both sides agree.\n\nIn the induction step the next term is added on both sides."
            for n in (1, 2)
        ),
        "\\[ F = a \\mathbf{i}\n  + b \\mathbf{j}\n  + c \\mathbf{k} \\]\n\nThe sum is\n\n\\begin{align}\n+ 1 &= 1\n\\end{align}",
        "A root of \\(x^2 - ax\n+ b\\) is taken.",
        "$$\nx\n+ y\n+ z\n$$\n\nAfter it:\n\n- an item",
        "The first output is\n\n$$[1, 4, 9, 16, 25, 36, 49]$$\n\n$$[1, 4, 9, 16, 25, 36, 49]$$",
    ],
    ids=["tables", "proofs", "signs", "inline", "dollars", "formulas"],
)
def test_the_symbolic_editor_leaves_tables_proofs_and_signs_alone(page: str) -> None:
    assert _refining.tidied(page) == page


def test_the_symbolic_editor_is_linear_in_formulas_that_never_end() -> None:
    start = time.perf_counter()
    _refining.tidied("\\begin{align}\n+ $$ \\[ " * 2_000)
    assert time.perf_counter() - start < 5


def test_each_slip_of_the_symbolic_editor_is_caught() -> None:
    for slip in _refining.SLIPS:
        written = slip(PAGE, Rng(slip.__name__))
        assert written and written != PAGE
        assert answered(STEP, docs(PAGE), Scripted(written))["refine_verdict"][0] not in ("refined", None), (
            slip.__name__
        )
