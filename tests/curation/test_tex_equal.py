"""The normaliser takes ways of writing for the same, and never two formulas for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.curation.tex_equal import equal, normalised

SAME = [
    (r"a \over b", r"\frac{a}{b}"),
    (r"\frac12", r"\dfrac{1}{2}"),
    (r"{n \choose k}", r"\binom{n}{k}"),
    (r"x^2_1", "x_{1}^{2}"),
    (r"f'", r"f^\prime"),
    (r"f'^2", r"f^{\prime 2}"),
    (r"f''_1", r"f_{1}^{\prime\prime}"),
    (r"{\rm d}x", r"\mathrm{d} x"),
    (r"\mathbf{ab}", r"\mathbf{a}\mathbf{b}"),
    (r"\operatorname{sin} x", r"\sin x"),
    (r"\text{if } x", r"\mathrm{if}\, x"),
    (r"\left( \frac{a}{b} \right)", r"\big(\frac ab\big)"),
    (r"\left. x \right|_0", r"x |_{0}"),
    (r"a\le b\ne c\to d", r"a \leq b \neq c \rightarrow d"),
    (r"\lbrace a \rbrace", r"\{a\}"),
    (r"\not= \not\in", r"\neq \notin"),
    (r"{{a}}+{b}", "a+b"),
    (r"{12}^2", "12^{2}"),
    (r"{(a+b)}^2", "(a+b)^2"),
    (r"\begin{pmatrix}a&b\\c&d\end{pmatrix}", r"\left(\begin{array}{c|c}a & b \\ \hline c & d \\ \end{array}\right)"),
    (r"\begin{cases}1&x\\2&y\end{cases}", r"\left\{\begin{matrix}1&x\\2&y\end{matrix}\right."),
    (r"\begin{align*}a&=b\end{align*}", r"\begin{aligned}a & = b\end{aligned}"),
    (r"\sum\limits_{i=1}^n i", r"\sum_{i=1}^{n} i"),
    (r"\underset{x}{\max} f", r"\max_{x} f"),
    (r"\operatorname*{arg\,max}_x", r"\operatorname{argmax}_{x}"),
    (r"\displaystyle x \label{eq} \color{red}", "x"),
    (r"\stackrel{a}{=}", r"\overset{a}{=}"),
    (r"\widehat{x}\overline{y}", r"\hat x \bar y"),
    (r"\|x\|", r"\lVert x \rVert"),
    (r"a % a comment", "a"),
    (r"$x$", r"\[x\]"),
    (r"90^\circ", r"90\degree"),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b"), SAME)
def test_ways_of_writing_are_the_same_formula(a: str, b: str) -> None:
    assert normalised(a) == normalised(b)


DIFFERENT = [
    ("a+b", "a-b"), ("a", "-a"), ("x_1", "x^1"), ("x_1", "x1"), ("x^{12}", "x^12"), ("x^{ab}", "x^a b"), ("{ab}^2", "ab^2"),
    ("{x^a}^b", "x^{a^b}"), ("x_{a_b}", "{x_a}_b"), (r"\frac{a}{b}", r"\frac{b}{a}"), (r"\frac{a}{b}c", r"\frac{a}{bc}"),
    (r"\frac{a}{}", r"\frac{a}{b}"), (r"\frac ab", r"\binom ab"), (r"\sqrt{ab}", r"\sqrt{a}b"), (r"\sqrt[3]{a}", r"\sqrt{a}"),
    (r"\alpha", r"\beta"), (r"\epsilon", r"\varepsilon"), (r"\phi", r"\varphi"), (r"\leq", "<"), (r"\leq", r"\geq"),
    (r"\subset", r"\subseteq"),
    (r"\in", r"\notin"), (r"\not=", "="), ("f'", "f"), ("f'", "f''"), (r"\mathbb{R}", "R"), (r"\mathbf{x}", "x"), (r"\mathrm{d}", "d"),
    (r"\mathbf{a}b", r"\mathbf{ab}"), (r"\mathcal{A}", r"\mathbb{A}"), (r"\boldsymbol{\alpha}", r"\alpha"),
    (r"\boldsymbol{\mathcal{A}}", r"\mathcal{A}"),
    (r"\hat x", r"\bar x"), (r"\hat{x}", "x"), (r"\hat{xy}", r"\hat{x}y"), (r"\sin x", "sinx"), (r"\sin", r"\cos"), (r"(a)", r"[a]"),
    ("(a", "a"), ("|a|", "a"), (r"\begin{matrix}a&b\end{matrix}", r"\begin{matrix}ab\end{matrix}"),
    (r"\begin{matrix}a&b\end{matrix}", r"\begin{matrix}a\\b\end{matrix}"), (r"\begin{pmatrix}a\end{pmatrix}",
    r"\begin{bmatrix}a\end{bmatrix}"),
    (r"\begin{cases}a\end{cases}", r"\begin{matrix}a\end{matrix}"), (r"\overset{a}{b}", r"\underset{a}{b}"), (r"\overset{a}{x}", "x^a"),
    (r"\sum_a^b", r"\sum_b^a"), (r"\int_a", r"\int^a"), (r"\sum", r"\prod"), (r"\text{if }x", "x"), ("1.5", "15"),
    ("1,2", "12"), (r"a\cdot b", "ab"),
    (r"\boxed{a}", "a"), (r"\cancel{a}", "a"), (r"\overbrace{a}^b", r"\underbrace{a}_b"), ("a!", "a"), (r"\to",
    r"\mapsto"), (r"\Rightarrow", r"\to"),
    (r"\pm", "+"), (r"\times", r"\cdot"), (r"\nabla", r"\Delta"), (r"\infty", r"\propto"), ("", "x"), (r"x\bmod y", "xy"),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_a_lost_or_wrong_symbol_makes_another_formula(a: str, b: str) -> None:
    assert not equal(a, b)


TEX = st.recursive(
    st.sampled_from(
        [
            "a",
            "b",
            "1",
            "2",
            "+",
            "-",
            "=",
            r"\alpha ",
            r"\beta ",
            r"\leq ",
            r"\sin ",
            r"\mathbb{R}",
            r"\text{if}",
            "(",
            ")",
            "'",
        ]
    ),
    lambda part: st.one_of(
        st.tuples(part, part).map("".join),
        part.map(lambda a: f"{{{a}}}"),
        part.map(lambda a: rf"\sqrt{{{a}}}"),
        st.tuples(part, part).map(lambda p: rf"\frac{{{p[0]}}}{{{p[1]}}}"),
        st.tuples(part, part).map(lambda p: f"{{{p[0]}}}_{{{p[1]}}}"),
        st.tuples(part, part).map(lambda p: rf"\begin{{matrix}}{p[0]} & {p[1]}\end{{matrix}}"),
    ),
    max_leaves=12,
)


@given(TEX)
def test_every_letter_digit_and_operator_is_in_the_normal_form(tex: str) -> None:
    normal = normalised(tex)
    for symbol in ("1", "2", "+", "-", "=", r"\alpha", r"\beta", r"\leq", "(", ")"):
        assert normal.count(symbol) == tex.count(symbol)
    assert normalised(" " + tex.replace("+", " + ")) == normal


@given(
    st.text()
    | st.lists(
        st.sampled_from(
            ["{", "}", "\\", "^", "_", "&", r"\frac", r"\begin{matrix}", r"\end{matrix}", "a", "$", "[", r"\left"]
        )
    ).map("".join)
)
def test_no_text_breaks_it(tex: str) -> None:
    assert isinstance(normalised(tex), str)
