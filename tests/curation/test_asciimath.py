r"""AsciiMath to LaTeX: the grammar by cases, the project's own unit tests as oracle, hostile input."""

import gzip
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.extract._asciimath import MAX_LENGTH, to_latex, tokens
from curation.extract._asciimath_names import SYMBOLS
from curation.extract._mathml import to_latex as mathml_to_latex
from tests.curation.tex_equal import equal

CASES = r"""
x^2+y_1^2 => x^{2}+y_{1}^{2}
1/2 => \frac{1}{2}
(a+b)/(c+d) => \frac{a+b}{c+d}
a//b => a/b
-2/-3 => -\frac{2}{-3}
sqrt(x+1) => \sqrt{x+1}
sqrtx/4 => \frac{\sqrt{x}}{4}
root(3)(x) => \sqrt[3]{x}
frac(a)(b) => \frac{a}{b}
sum_(i=1)^n i^3=((n(n+1))/2)^2 => \sum_{i=1}^{n}i^{3}=\left(\frac{n(n+1)}{2}\right)^{2}
int_0^1 f(x)dx => \int_{0}^{1}f(x)dx
lim_(x->oo) 1/x => \lim_{x\to\infty}\frac{1}{x}
sin^-1(x)/2 => \frac{\sin^{-1}(x)}{2}
sin(x)/2 => \frac{\sin(x)}{2}
f(x)/g(x) => \frac{f(x)}{g(x)}
f'(x) => f'(x)
log_2 8 => \log_{2}8
arcsec x => \operatorname{arcsec}x
abs(x/2) => \left|\frac{x}{2}\right|
norm(v), floor(x), ceil(x) => \|v\|,\lfloor x\rfloor,\lceil x\rceil
|x| <= |y| => |x|\le|y|
{x in RR | x > 0} => \{x\in\mathbb{R}\mid x>0\}
x^2|_1^3 => x^{2}|_{1}^{3}
[[a,b],[c,d]] => \begin{bmatrix}a & b \\ c & d\end{bmatrix}
((a),(b)) => \begin{pmatrix}a \\ b\end{pmatrix}
|(a,b),(c,d)| => \begin{vmatrix}a & b \\ c & d\end{vmatrix}
{(1, x>0),(0, x<=0):} => \begin{cases}1 & x>0 \\ 0 & x\le 0\end{cases}
[(1,2,|,3),(4,5,|,6)] => \left[\begin{array}{cc|c}1 & 2 & 3 \\ 4 & 5 & 6\end{array}\right]
{:(a,b),(c,d):} => \begin{matrix}a & b \\ c & d\end{matrix}
(1,2,3) => (1,2,3)
(:a,b:) => \langle a,b\rangle
[2/3,4) => \left[\frac{2}{3},4\right)
bb A bbb R cc L fr g sf t tt x => \mathbf{A}\mathbb{R}\mathcal{L}\mathfrak{g}\mathsf{t}\mathtt{x}
bb"R" => \mathbf{R}
bb(alpha) => \boldsymbol{\alpha}
bb(A alpha beta 2) => \mathbf{A}\boldsymbol{\alpha\beta}\mathbf{2}
bb(x/2) => \boldsymbol{\frac{x}{2}}
x^2' => x^{2}{}'
hat x bar x vec x dot x ddot x tilde x ul x => \hat{x}\bar{x}\vec{x}\dot{x}\ddot{x}\tilde{x}\underline{x}
hat(xy) bar(xy) vec(xy) => \widehat{xy}\overline{xy}\overrightarrow{xy}
ubrace(x+1)_n obrace(a)^m => \underbrace{x+1}_{n}\overbrace{a}^{m}
stackrel"def"= overset(k)(->) underset(a)(=) => \overset{\text{def}}{=}\overset{k}{\to}\underset{a}{=}
"speed of light"=c => \text{speed of light}=c
text(50%)_{a} => \text{50\%}_{a}
color(red)(x)+cancel(y) => x+\cancel{y}
x!=y !in Z~~pi => x\ne y\notin Z\approx\pi
a\ \ b quad c => a\ \ b\quad c
if x or y => \text{ if }x\text{ or }y
\frac{a}{b}+\alpha => \frac{a}{b}+\alpha
alphabeta 2pi r => \alpha\beta 2\pi r
1 1.5 => 1 1.5
2^ => 2^{}
(a+b => (a+b
"""


@pytest.mark.parametrize("case", CASES.strip().splitlines())
def test_asciimath_becomes_the_latex_that_people_write(case):
    source, tex = case.split(" => ")
    assert to_latex(source) == tex


def test_backquotes_and_entities_around_a_formula_are_no_part_of_it():
    assert to_latex("` a &lt; b &amp;&amp; c&nbsp;`") == r"a<b\&\&c"


@pytest.mark.parametrize("source", ["", "  ", "``", "x" * (MAX_LENGTH + 1), "(" * 100 + "x", "sqrt" * 100])
def test_nothing_and_too_much_give_none(source):
    assert to_latex(source) is None


def test_the_longest_name_is_taken():
    assert [token.name for token in tokens("sube subset sub e")[:-1]] == ["sube", "subset", "sub", "e"]
    assert [token.name for token in tokens("in int infty")[:-1]] == ["in", "int", "infty"]


@pytest.mark.parametrize(
    "source", ["|" * 3000, "|(" * 1500, "|a(" * 1500 + "|x|)" * 1500, "a_" * 5000, "[(|" * 3000, "x/" * 9000]
)
def test_bars_and_brackets_without_end_take_no_endless_time(source):
    start = time.process_time()
    to_latex(source)
    assert time.process_time() - start < 1


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*sorted(SYMBOLS), " ", "x", "2", ",", "\\", "é", "#", "%"]), max_size=30).map("".join))
def test_every_string_of_names_gives_balanced_latex_or_none(source):
    tex = to_latex(source)
    if tex is not None:
        bare = tex.replace(r"\\", "").replace(r"\{", "").replace(r"\}", "")
        assert bare.count("{") == bare.count("}")
        assert tex.count(r"\left") - tex.count(r"\leftarrow") - tex.count(r"\leftrightarrow") == (
            tex.count(r"\right") - tex.count(r"\rightarrow") - tex.count(r"\rightleftharpoons")
        )  # fmt: skip
        assert tex.count(r"\begin{") == tex.count(r"\end{")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_no_text_raises(source):
    assert to_latex(source) is None or to_latex(source)


def test_nearly_all_unit_tests_of_asciimath_agree_with_the_mathml_of_their_own(shared):
    lines = gzip.decompress((shared / "peercases/asciimath_mathml.jsonl.gz").read_bytes()).splitlines()
    cases = [json.loads(line) for line in lines]
    agree = sum(
        equal(to_latex(case["asciimath"]) or "", mathml_to_latex(f"<math>{case['mathml_inner']}</math>") or "")
        for case in cases
    )
    assert agree >= 0.96 * len(cases)
