# ruff: noqa: E501
"""The guards on rewrites: what changes nothing passes, and each kind of damage is named."""

import re
import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.rewrite._guards import FAITHFUL, SCHEMA, measured, verdicts

PAGE = r"""Quadratic equations

A quadratic equation has the form $ax^2 + bx + c = 0$ with $a \neq 0$. Its discriminant is $D = b^2 - 4ac$, and it decides how many real roots there are.

For $x^2 - 5x + 6 = 0$ the discriminant is 25 - 24 = 1, so the roots are $x = 2$ and $x = 3$. The train with 48 passengers carries 17 bicycles.

$$\sum_{k=1}^{n} k = \frac{n(n+1)}{2}$$

This identity is proved by induction: the base case is clear, and the step adds the next term on both sides of the equation.

Share this page | Log in | 14 comments"""
USEFUL = PAGE.rpartition("\n\n")[0]


def verdict(written: str, source: str = PAGE) -> str:
    said: str = verdicts(measured(pl.Series([source]), pl.Series([written])))[0]
    return said


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"$ax^2 + bx + c = 0$": r"\(ax^{2}+bx+c=0\)", r"\neq": r"\ne"},
        {r"\frac{n(n+1)}{2}": r"\dfrac{n(n+1)}{2}", "$$": "\n$$\n"},
        {"carries 17": "carries seventeen", "Its discriminant": "The discriminant"},
        {r"\sum_{k=1}^{n} k": r"\sum_{k=1}^n k"},
        {"Quadratic equations\n": "## Quadratic equations\n", "is proved by induction": "can be proved by induction"},
    ],
)
def test_what_changes_nothing_passes(changes: dict[str, str]) -> None:
    text = USEFUL
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    assert verdict(text) == FAITHFUL


@pytest.mark.parametrize(
    ("old", "new", "guard"),
    [
        ("48", "49", "numbers"),
        ("48 passengers carries 17", "17 passengers carries 48", "numbers"),
        ("b^2 - 4ac", "b^2 + 4ac", "formulas"),
        ("x^2 - 5x + 6", "x^3 - 5x + 6", {"numbers", "formulas"}),
        ("$$\\sum_{k=1}^{n} k = \\frac{n(n+1)}{2}$$", "", {"formulas", "numbers"}),
        ("This identity is proved by induction: the base case is clear, and the step adds the next term on both sides of the equation.", "", "hole"),
        ("Quadratic equations\n", "Here is the refined text:\n\nQuadratic equations\n", "meta"),
        ("of the equation.", "of the equation.\n\nNote: I removed the links.", "meta"),
        ("of the equation.", "of the equation.\n\nLet me know if you need more.", "meta"),
        ("of the equation.", "of the equation.\n\nThe correct answer is option B.", "answer"),
        ("of the equation.", "of the equation. In diesem Abschnitt beweisen wir zuerst noch einen wichtigen Satz über Zahlen.", "language"),
        ("of the equation.", "of the equation." + " the step adds the next term on both sides of it" * 4, {"loop", "length"}),
    ],
)  # fmt: skip
def test_damage_is_named(old: str, new: str, guard: str | set[str]) -> None:
    assert old in USEFUL
    assert verdict(USEFUL.replace(old, new)) in ({guard} if isinstance(guard, str) else guard)


@pytest.mark.parametrize(
    "said", ["I'm sorry, but I can't help with that.", "As an AI language model, I cannot refine it."]
)
def test_a_refusal_is_one(said: str) -> None:
    assert verdict(said) == "refusal"
    assert verdict(f"He said: {said}", f"He said: {said}") == FAITHFUL


FAILING = {
    "refusal": True, "length_ratio": 9.0, "foreign": 1.0, "loop": 99, "numbers_lost": 1, "formulas_added": 1, "options_lost": 1,
    "answers_added": 1, "meta": True, "strange": 1,
}  # fmt: skip
"""A measure of each guard that makes it fail, in the order of the guards."""


def test_the_docs_name_the_guards_in_the_order_in_which_they_judge() -> None:
    page = (Path(__file__).parents[2] / "docs" / "synthesis.md").read_text("utf-8")
    told = re.findall(
        r"^\| `(\w+)` \|", page.partition("| verdict | what failed |")[2].partition("\n\n")[0], re.MULTILINE
    )
    good = measured(pl.Series([USEFUL]), pl.Series([USEFUL]))
    rows = [good.with_columns(pl.lit(FAILING[n]).cast(SCHEMA[n]).alias(n) for n in [*FAILING][at:]) for at in range(10)]
    assert verdicts(pl.concat(rows)).to_list() == [*told][:10] and told[10:] == ["empty"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([*PAGE.split(" "), "\n\n", "$", "\\(", "A) 3", "12,500", "²", "数"]), max_size=80).map(
        " ".join
    )
)
def test_a_text_is_faithful_to_itself(text: str) -> None:
    assert verdict(text, text) in ({FAITHFUL} if text.strip() else {FAITHFUL, "length"})


@pytest.mark.parametrize("text", ["In step ① we add 3 and 4.", "① ⑵ ❸", "$$ $$", "$($", "$$ $$ ① $$ $$", r"\( \)"])
def test_numbers_in_circles_and_formulas_without_a_word_are_read(text: str) -> None:
    assert verdict(text, text) != "refusal"
    assert verdict(PAGE, text) != FAITHFUL
    assert verdict(text, PAGE) != FAITHFUL


def test_verdicts_are_the_same_in_any_batch_and_null_stays_null() -> None:
    source, written = pl.Series([PAGE, PAGE, None, "x"]), pl.Series([USEFUL, None, "a b", USEFUL.replace("48", "49")])
    whole = measured(source, written)
    assert whole.equals(pl.concat([measured(source[n : n + 1], written[n : n + 1]) for n in range(4)]))
    assert verdicts(whole)[1] is None
    assert measured(source[:0], written[:0]).schema == pl.Schema(SCHEMA)


@pytest.mark.parametrize(
    "bomb",
    [
        "\\[",
        "$1$ ",
        "[",
        "(",
        "|",
        "7 ",
        "1.",
        "{",
        "x_{",
        "x^{",
        "\\frac{1}{",
        "\\begin{",
        "a b ",
        "a = 1, ",
        "A) ",
        "the answer is ",
        "½",
        "\n",
        "- a\n",
        "I can't ",
    ],
)
def test_four_times_as_much_of_anything_takes_no_square_of_the_time(bomb: str) -> None:
    verdict("warm $x$ 1", "up $y$ 2")
    times = []
    for size in (20_000, 80_000):
        text = bomb * (size // len(bomb))
        before = time.process_time()
        verdict(text, text)
        times.append(time.process_time() - before)
    assert times[1] < 10 * times[0] + 0.5


SHEET = "Question 1: How many bicycles are there?\nA) 22.5\nB) 84\nC) 21%\nD) -24\n\nQuestion 2: And trains?\nA) 1\nB) 2\nC) 3\nD) 4"


def test_options_keep_their_numbers_however_they_are_marked() -> None:
    marked = (
        SHEET.replace("A) ", "- **A.** ")
        .replace("B) ", "- **B.** ")
        .replace("C) ", "- **C.** ")
        .replace("D) ", "- **D.** ")
    )
    assert verdict(marked, SHEET) == FAITHFUL
    assert verdict(marked.replace("84", "21").replace("21%", "84%"), SHEET) != FAITHFUL
    assert verdict(marked.replace("B.** 84", "B.** "), SHEET) != FAITHFUL


def test_what_a_page_says_of_itself_may_go() -> None:
    dated = (
        USEFUL
        + "\n\n| Title | roots of quadratics |\n| Date of creation | 2013-03-22 15:47:12 |\n| Owner | Ada (2197) |"
    )
    assert verdict(USEFUL, dated) == FAITHFUL
    menu = "Goto Chapter: Top " + " ".join(map(str, range(1, 60))) + " Bib Ind\n\n" + USEFUL
    assert verdict(USEFUL, menu) == FAITHFUL


@pytest.mark.parametrize("line", ["Output:", "Here you go:", "As requested, here is the improved document:"])
def test_a_line_that_announces_the_text_is_a_comment(line: str) -> None:
    assert verdict(f"{line}\n\n{USEFUL}") == "meta"
    assert verdict(f"Roots:\n\n{USEFUL}") == FAITHFUL


FACTS = r"""The factorial $n!$ grows fast. It takes 5 kg of flour, and 25% of the \$5 goes to tax. We use $f: A \to B$ and $g(x, y) = x^{n+1} + y$.

When $p > 3$ the curve is smooth. The group has order 12. Here $\frac{a+b}{2} \geq \sqrt{ab}$ and $a_i^2 = \lvert x \rvert$.

We have $a = b$ and later $b = c$, so that $u = v = w$. Let $x\in\mathbb{R}$ with $f'(x) = \lim_{h \to 0} \frac{f(x+h)-f(x)}{h}$,
and $\{1, 2, 3\}$ a set. Then $a \equiv b \pmod{n}$ and ${n \choose k} = \binom{n}{n-k}$. The speed is 60 km per hour."""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("5 kg", "5 kilograms"), ("25%", "25 percent"), (r"\$5", "$5"), (r"\$5", "5 dollars"), (r"f: A \to", r"f \colon A \rightarrow"),
        ("$p > 3$", "$3 < p$"), ("$p > 3$", "p > 3"), (r"\frac{a+b}{2}", "(a+b)/2"), (r"\frac{a+b}{2}", r"{a+b \over 2}"),
        ("a_i^2", "a^2_i"), (r"\lvert x \rvert", r"\left|x\right|"), ("We have $a = b$ and later $b = c$", "We have $a = b = c$"),
        ("$u = v = w$", "$u = v$ and $v = w$"), ("$u = v = w$", "$$\\begin{aligned} u &= v \\\\ &= w \\end{aligned}$$"), ("$a = b$", "$b = a$"),
        (r"$x\in\mathbb{R}$", "x ∈ ℝ"), ("f'(x)", r"f^{\prime}(x)"), (r"\{1, 2, 3\}", r"\left\{1,2,3\right\}"),
        (r"\pmod{n}", r"\ (\mathrm{mod}\ n)"), (r"{n \choose k}", r"\binom nk"), (r"\geq", r"\geqslant"),
    ],
)  # fmt: skip
def test_a_formula_or_amount_may_be_spelled_otherwise(old: str, new: str) -> None:
    assert old in FACTS
    assert verdict(FACTS.replace(old, new), FACTS) == FAITHFUL


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("$n!$", "$n$"), ("5 kg", "5 km"), ("25%", "25"), (r"\$5", "5"), ("x^{n+1}", "x^n+1"), ("f: A", "f A"), ("g(x, y)", "g(xy)"),
        ("When $p > 3$ the", "The"), ("order 12", "order"), ("p > 3", "p < 3"), (r"\sqrt{ab}", r"\sqrt{a}b"), ("$a = b$ and later", ""),
        ("60 km", "60 m"), ("1, 2, 3", "1, 23"), ("f'(x)", "f(x)"), ("u = v = w", "u = w"), (r"\frac{a+b}{2}", r"a+\frac{b}{2}"),
        ("When $p > 3$ the curve is smooth. ", ""),
    ],
)  # fmt: skip
def test_a_small_change_of_a_formula_or_amount_is_none_of_spelling(old: str, new: str) -> None:
    assert old in FACTS
    assert verdict(FACTS.replace(old, new), FACTS) != FAITHFUL


def test_in_before_a_word_is_no_unit() -> None:
    source = "A box of balls has 31 in the box and 12 outside of it. The ruler is 8 in long, and 5 in. wide."
    assert verdict(source.replace("has 31 in the box", "has 31 balls within"), source) == FAITHFUL
    assert verdict(source.replace("5 in.", "5 ft."), source) == "numbers"


SOLVED = r"""We solve $x^2 + 4x - 12 = 0$ by completing the square, which takes three lines. The solutions are 2 and -6.

Then 8 - 5 is 3, and pages 4-9 say more about it."""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("2 and -6", "2 and 6", "numbers"), ("2 and -6", "-2 and -6", "numbers"), ("is 3, and", "is -3, and", "numbers"),
        ("2 and -6", r"$2$ and $-6$", FAITHFUL), ("8 - 5 is 3", "8-5 is 3", FAITHFUL), ("pages 4-9", "pages 4 - 9", FAITHFUL),
        ("The solutions", "The [solutions](javascript:a)", "invented"), ("say more about it.", "say more about it.<｜end▁of▁sentence｜>", "invented"),
        ("The solutions", "\u202eThe solutions", "invented"),
    ],
)  # fmt: skip
def test_a_sign_before_a_number_of_prose_and_strange_characters(old: str, new: str, said: str) -> None:
    assert old in SOLVED
    assert verdict(SOLVED.replace(old, new), SOLVED) == said
