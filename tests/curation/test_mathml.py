"""MathML becomes the LaTeX that people write, and no markup, however broken, loses a character or takes long."""

import gzip
import json
import re
import time
from collections import Counter
from html import escape, unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.extract._mathml import to_latex
from curation.extract._symbols import LATEX, unicode_math
from curation.read.warc import warc
from tests.curation.tex_equal import equal


def mi(text: str) -> str:
    return f"<mi>{text}</mi>"


X, Y, A, B, N = map(mi, "xyabn")
ONE, TWO = "<mn>1</mn>", "<mn>2</mn>"
FRACTION = f"<mfrac>{A}{B}</mfrac>"
TABLE = f"<mtable><mtr><mtd>{A}</mtd><mtd>{B}</mtd></mtr><mtr><mtd>{X}</mtd><mtd>{Y}</mtd></mtr></mtable>"


def mo(text: str, attributes: str = "") -> str:
    return f"<mo {attributes}>{escape(text)}</mo>"


CASES = [
    # tokens
    (X, "x"),
    ("<mi>α</mi><mi>x</mi>", r"\alpha x"),
    ("<mi>sin</mi><mo>&#x2061;</mo><mi>x</mi>", r"\sin x"),
    ("<mi>rank</mi><mo>&ApplyFunction;</mo><mi>A</mi>", r"\operatorname{rank}A"),
    ("<mi>foo</mi><mo>&#x2061;</mo><mi>A</mi>", r"\operatorname{foo}A"),
    ("<mi>kg</mi>", r"\mathrm{kg}"),
    ('<mi mathvariant="normal">d</mi><mi>x</mi>', r"\mathrm{d}x"),
    ('<mi mathvariant="normal">Γ</mi>', r"\Gamma"),
    ('<mi mathvariant="bold">v</mi>', r"\mathbf{v}"),
    ('<mi mathvariant="bold">α</mi>', r"\boldsymbol{\alpha}"),
    ('<mi mathvariant="double-struck">R</mi>', r"\mathbb{R}"),
    ('<mi mathvariant="script">L</mi><mi mathvariant="fraktur">g</mi>', r"\mathcal{L}\mathfrak{g}"),
    ("<mi>ℝ</mi><mi>𝐱</mi><mi>𝑦</mi><mi>𝔤</mi>", r"\mathbb{R}\mathbf{x}y\mathfrak{g}"),
    ('<mstyle mathvariant="bold"><mi>a</mi><mn>1</mn></mstyle>', r"\mathbf{a}\mathbf{1}"),
    ("<mn>3.14</mn><mo>≤</mo><mi>π</mi>", r"3.14\leq \pi".replace(" ", "")),
    ("<mo>−</mo><mn>1</mn><mo>&lt;</mo><mn>2</mn>", "-1<2"),
    ("<mtext>if&nbsp;x_1 &gt; 50%</mtext>", r"\text{if x\_1 > 50\%}"),
    ("<mtext>a</mtext><mspace width='1em'/><mtext> </mtext>", r"\text{a}\quad\ ".strip()),
    ("<ms>hi</ms>", r"\text{\"hi\"}".replace(r"\"", '"')),
    ("<mo>lim</mo><mo>:=</mo>", r"\lim:="),
    ("<mn>90</mn><mo>°</mo>", r"90^{\circ}"),
    ("<mi>x̄</mi><mo>⊧̸</mo><mi>ẋ</mi>", r"\bar{x}\not\models\dot{x}"),
    ("<mi>x</mi><mo>&InvisibleTimes;</mo><mi>y</mi><mo>&it;</mo><mn>2</mn>", "xy2"),
    # scripts
    (f"<msup>{X}{TWO}</msup>", "x^{2}"),
    (f"<msubsup>{X}{ONE}{TWO}</msubsup>", "x_{1}^{2}"),
    (f"<msup><mrow>{A}{mo('+')}{B}</mrow>{TWO}</msup>", "{a+b}^{2}"),
    (f"<msup><mrow>{mo('(')}{A}{mo('+')}{B}{mo(')')}</mrow>{TWO}</msup>", "(a+b)^{2}"),
    (f"<msup><msup>{X}{A}</msup>{B}</msup>", "{x^{a}}^{b}"),
    (f"<msup>{X}{mo('′')}</msup>{mo('(')}{Y}{mo(')')}", "x'(y)"),
    (f"<msup>{X}<mrow>{mo('′')}{TWO}</mrow></msup>", "x'^{2}"),
    (f"<msubsup>{X}{ONE}{mo('′')}</msubsup>", "x_{1}'"),
    (f"{X}{mo('′')}", "x'"),
    (f"<mmultiscripts>{X}{A}{B}<mprescripts/>{ONE}<none/></mmultiscripts>", "{}_{1}x_{a}^{b}"),
    (f"<mmultiscripts>{X}{A}<none/><none/>{B}</mmultiscripts>", "x_{a}{}^{b}"),
    # limits, accents
    (f"<munderover>{mo('∑')}<mrow>{N}{mo('=')}{ONE}</mrow>{mi('∞')}</munderover>{A}", r"\sum_{n=1}^{\infty}a"),
    (f"<munder><mi>lim</mi><mrow>{X}{mo('→')}<mn>0</mn></mrow></munder>{X}", r"\lim_{x\to 0}x"),
    (f"<munder>{mo('max')}{X}</munder>", r"\max_{x}"),
    (f"<munder><mi>argmax</mi>{X}</munder>", r"\operatorname*{argmax}_{x}"),
    (f"<munder>{mo('∫')}{A}</munder>", r"\int\limits_{a}"),
    (f"<mover accent='true'>{X}{mo('^')}</mover>", r"\hat{x}"),
    (f"<mover>{X}{mo('¯')}</mover><mover>{X}{mo('~')}</mover><mover>{X}{mo('˙')}</mover>", r"\bar{x}\tilde{x}\dot{x}"),
    (f"<mover><mrow>{A}{B}</mrow>{mo('¯')}</mover>", r"\overline{ab}"),
    (f"<mover>{X}{mo('→')}</mover><mover><mrow>{A}{B}</mrow>{mo('→')}</mover>", r"\vec{x}\overrightarrow{ab}"),
    (f"<mover><mover><mrow>{A}{B}</mrow>{mo('⏞')}</mover>{N}</mover>", r"\overbrace{ab}^{n}"),
    (f"<munder><munder><mrow>{A}{B}</mrow>{mo('⏟')}</munder>{N}</munder>", r"\underbrace{ab}_{n}"),
    (f"<munder>{X}{mo('_')}</munder>", r"\underline{x}"),
    (f"<mover>{mo('=')}<mtext>def</mtext></mover>", r"\overset{\text{def}}{=}"),
    (f"<munder>{X}{Y}</munder>", r"\underset{y}{x}"),
    (f"<mover>{mo('→')}<mrow>{A}{B}</mrow></mover>", r"\xrightarrow{ab}"),
    # fractions, roots
    (FRACTION, r"\frac{a}{b}"),
    (f"{mo('(')}<mfrac linethickness='0'>{N}{A}</mfrac>{mo(')')}", r"\binom{n}{a}"),
    (f"<mfrac linethickness='0'>{N}{A}</mfrac>", r"{n \atop a}"),
    (f"<mfrac bevelled='true'>{A}{B}</mfrac>", "a/b"),
    (f"<msqrt>{X}{mo('+')}{ONE}</msqrt>", r"\sqrt{x+1}"),
    (f"<mroot>{X}<mn>3</mn></mroot>", r"\sqrt[3]{x}"),
    # fences
    (f"{mo('(')}{FRACTION}{mo(')')}", r"\left(\frac{a}{b}\right)"),
    (f"{mo('(')}{A}{mo(')')}{mo('(')}{FRACTION}{mo(')')}", r"(a)\left(\frac{a}{b}\right)"),
    (f"{mo('(', 'stretchy=false')}{FRACTION}{mo(')', 'stretchy=false')}", r"(\frac{a}{b})"),
    (f"{mo('|')}{FRACTION}{mo('|')}", r"\left|\frac{a}{b}\right|"),
    (f"<mfenced>{A}{B}</mfenced>", "(a,b)"),
    (f"<mfenced open='[' close=')' separators=';,'>{A}{B}{N}</mfenced>", "[a;b,n)"),
    (f"<mfenced open='{{' close='' separators=''>{A}</mfenced>", r"\{a"),
    # tables
    (TABLE, r"\begin{matrix}a & b \\ x & y\end{matrix}"),
    (f"{mo('(')}{TABLE}{mo(')')}", r"\begin{pmatrix}a & b \\ x & y\end{pmatrix}"),
    (f"{A}{mo('=')}{mo('[')}{TABLE}{mo(']')}", r"a=\begin{bmatrix}a & b \\ x & y\end{bmatrix}"),
    (f"<mfenced open='|' close='|'>{TABLE}</mfenced>", r"\begin{vmatrix}a & b \\ x & y\end{vmatrix}"),
    (f"{mo('(')}{TABLE}<msup>{mo(')')}{mi('T')}</msup>", r"\begin{pmatrix}a & b \\ x & y\end{pmatrix}^{T}"),
    (f"{mo('{')}{TABLE}", r"\begin{cases}a & b \\ x & y\end{cases}"),
    (f"{mo('{')}{TABLE}{mo(']')}", r"\left\{\begin{matrix}a & b \\ x & y\end{matrix}\right]"),
    (TABLE.replace("<mtable>", "<mtable columnalign='right left'>"), r"\begin{aligned}a & b \\ x & y\end{aligned}"),
    (TABLE.replace("<mtable>", "<mtable columnalign='left'>"), r"\begin{array}{ll}a & b \\ x & y\end{array}"),
    (TABLE.replace("<mtable>", "<mtable columnlines='solid'>"), r"\begin{array}{c|c}a & b \\ x & y\end{array}"),
    (TABLE.replace("<mtable>", "<mtable rowlines='solid'>"), r"\begin{array}{cc}a & b \\ \hline x & y\end{array}"),
    (f"<mtable><mlabeledtr><mtd><mtext>(3)</mtext></mtd><mtd>{X}</mtd></mlabeledtr></mtable>", r"x\tag{3}"),
    ("<mtable><mtr><mtd><mi>x</mi></mtd></mtr><mtr><mtd><mo>[</mo></mtd></mtr></mtable>", r"\begin{matrix}x \\ {}[\end{matrix}"),
    # the rest
    (f"<menclose notation='box'>{X}</menclose><menclose notation='updiagonalstrike'>{X}</menclose>", r"\boxed{x}\cancel{x}"),
    (f"<mphantom>{X}</mphantom>{Y}", r"\phantom{x}y"),
    (f"<maction selection='2'>{X}{Y}</maction>", "y"),
    (f"<merror>{X}</merror><mpadded width='2em'>{Y}</mpadded>", "xy"),
    (f"<semantics>{X}<annotation encoding='application/x-tex'>y</annotation><annotation-xml>{N}</annotation-xml></semantics>", "x"),
    (f"<semantics><ci>q</ci><annotation-xml encoding='MathML-Presentation'>{X}</annotation-xml></semantics>", "x"),
    # markup as pages have it
    ("<m:math><m:mi>x</m:mi></m:math><mml:mi>y</mml:mi>", "xy"),
    ("<MATH><MI>x</MI></MATH>", "x"),
    ("<mrow><mi>x<mi>y</mi>", "xy"),
    ("<mo><</mo><mi>x</mi>", "<x"),
    ("<mi title='a>b'>x</mi><!-- <mi>y</mi> --><?pi?>", "x"),
    ("<mi title=\"it's>x</mi><mi>y</mi>", "xy"),
    ("<mfrac><mi>a</mi></mfrac><msup><mi>b</mi></msup>", r"\frac{a}{}b"),
    ("<mfrac><mi>a</mi><mi>b</mi><mi>c</mi></mfrac>", r"\frac{a}{b}c"),
    ("<msup><mi>x</mi><mn>2</mn></mrow></msup>", "x^{2}"),
    ("<mtable><mtr><mtd>1<mtd>2<mtr><mtd>3<mtd>4</mtable>", r"\begin{matrix}1 & 2 \\ 3 & 4\end{matrix}"),
    ("<math>y = sin x</math>", r"y=\sin x"),
    ("<mi><![CDATA[x]]></mi>", "x"),
    ("<mtext>a <b>bold</b> word</mtext>", r"\text{a word}\text{bold}"),
    ("<math></math>", None),
    ("x+1", None),
    ("", None),
    # content
    ("<apply><plus/><ci>a</ci><apply><times/><cn>2</cn><ci>b</ci></apply></apply>", "a+2b"),
    ("<apply><times/><apply><plus/><ci>a</ci><ci>b</ci></apply><ci>c</ci></apply>", "(a+b)c"),
    ("<apply><minus/><ci>a</ci><apply><minus/><ci>b</ci><ci>c</ci></apply></apply>", "a-(b-c)"),
    ("<apply><power/><apply><sin/><ci>x</ci></apply><cn>2</cn></apply>", r"(\sin x)^{2}"),
    ("<apply><eq/><ci>x</ci><cn type='rational'>1<sep/>2</cn></apply>", r"x=\frac{1}{2}"),
    ("<apply><root/><degree><cn>3</cn></degree><ci>x</ci></apply>", r"\sqrt[3]{x}"),
    ("<apply><sum/><bvar><ci>i</ci></bvar><lowlimit><cn>1</cn></lowlimit><uplimit><ci>n</ci></uplimit><ci>i</ci></apply>",
     r"\sum_{i=1}^{n}i"),
    ("<apply><int/><bvar><ci>x</ci></bvar><apply><ci>f</ci><ci>x</ci></apply></apply>", r"\int f(x)\,dx"),
    ("<apply><partialdiff/><bvar><ci>x</ci></bvar><ci>u</ci></apply>", r"\frac{\partial}{\partial x}u"),
    ("<apply><limit/><bvar><ci>x</ci></bvar><lowlimit><cn>0</cn></lowlimit><ci>x</ci></apply>", r"\lim_{x\to 0}x"),
    ("<apply><forall/><bvar><ci>x</ci></bvar><apply><in/><ci>x</ci><reals/></apply></apply>", r"\forall x:x\in\mathbb{R}"),
    ("<interval closure='open'><ci>a</ci><infinity/></interval>", r"(a,\infty)"),
    ("<matrix><matrixrow><cn>1</cn><cn>0</cn></matrixrow></matrix>", r"\begin{pmatrix}1 & 0\end{pmatrix}"),
]  # fmt: skip


@pytest.mark.parametrize(("mathml", "tex"), CASES)
def test_each_element_becomes_the_latex_that_people_write(mathml: str, tex: str | None) -> None:
    assert to_latex(mathml) == tex
    if tex is not None:
        assert to_latex(f"<math display='block'><mrow>{mathml}</mrow></math>") == tex


def unbalanced(tex: str) -> int:
    depth = 0
    for mark in re.findall(r"\\.|[{}]", tex, re.S):
        depth += {"{": 1, "}": -1}.get(mark, 0)
        assert depth >= 0, tex
    return depth


def plain(text: str) -> Counter[str]:
    return Counter(char for char in text if char.isascii() and char.isalnum())


TOKENS = st.builds(
    lambda tag, text: f"<{tag}>{escape(text)}</{tag}>",
    st.sampled_from(["mi", "mn", "mo", "mtext", "ms", "mspace", "none", "mprescripts", "ci", "cn"]),
    st.text(st.sampled_from("abxyzR019+-=()[]{}|\\^_~&#%$<>'\" αβ∑∫→√′¯⏞⏟²₁ℝ𝐱\u2061\u2062\u00a0\u0338°"), max_size=4),
)
ELEMENTS = [
    "mrow", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mtable", "mtr", "mtd",
    "mlabeledtr", "mfenced", "menclose", "mphantom", "mpadded", "mstyle", "merror", "semantics", "apply", "set", "matrix", "lambda", "b",
    "plus", "minus", "divide", "power", "sum", "abs", "factorial", "sin", "math", "mi", "mo", "mtext",
]  # fmt: skip
ATTRIBUTES = st.sampled_from([
    "", "", "", " linethickness='0'", " bevelled='true'", " stretchy='false'", " open='{' close=''", " notation='box'",
    " columnalign='right left'",
    " mathvariant='bold'", " accent='true'", " rowlines='solid'", " columnlines='solid'", " data-mjx-texclass='OPEN'", " form='postfix'",
])  # fmt: skip
TREES = st.recursive(
    TOKENS | st.sampled_from(["x", " 12 "]),
    lambda kids: st.builds(
        lambda tag, attributes, inner: f"<{tag}{attributes}>{''.join(inner)}</{tag}>",
        st.sampled_from(ELEMENTS),
        ATTRIBUTES,
        st.lists(kids, max_size=4),
    ),
    max_leaves=15,
)


@given(TREES)
def test_no_tree_of_elements_loses_a_letter_or_digit(mathml: str) -> None:
    tex = to_latex(f"<math>{mathml}</math>")
    texts = unescape(re.sub(r"<(?:mspace|none|mprescripts)>[^<]*|<[^>]*>", "", mathml))
    if tex is None:
        assert not plain(texts)
        return
    assert unbalanced(tex) == 0
    assert not plain(texts) - plain(tex), tex


PIECES = st.lists(
    st.sampled_from([*(f"<{tag}>" for tag in ELEMENTS), *(f"</{tag}>" for tag in ELEMENTS), "<mi/>", "<", ">", '"', "'",
    "<!--", "-->", "a", "1",
                     "&", "&lt;", "&#x2061;", "&bogus;", "{", "}", "\\", "<mo", "='", "<![CDATA[", "<annotation>", "</annotation-xml>"]),
    max_size=30,
)  # fmt: skip


@given(st.text() | PIECES.map("".join))
def test_any_text_gives_balanced_latex_or_none(text: str) -> None:
    tex = to_latex(text)
    assert tex is None or unbalanced(tex) == 0


@pytest.mark.parametrize(
    "mathml",
    [
        "<mrow>" * 10_000 + "<mi>x</mi>",
        "<msup><mi>x</mi>" * 10_000,
        "<mrow><mi>x</mi><mo>(</mo>" * 40_000,
        "<mi>x</mi>" * 100_000,
        "<mo>(</mo><mfrac><mi>x</mi><mi>y</mi></mfrac>" * 20_000,
        "<mo>|</mo>" * 100_000,
        '<a "' * 250_000,
        '<a "\'' * 200_000,
        "<!--" * 250_000,
        "<" * 1_000_000,
        "&" * 1_000_000,
        "<annotation>" * 80_000,
        "</mrow>" * 140_000,
        "<mtr><mtd>" * 100_000,
        "<mtext>" + "x̸" * 400_000,
        "<mi>" + "\\" * 500_000,
        "<mover><mi>x</mi><mo>^</mo></mover>" * 28_000,
        ("<mrow>" * 200 + "x" * 3000 + "</mrow>" * 200) * 150,
    ],
)  # fmt: skip
def test_large_and_deep_input_takes_linear_time(mathml: str) -> None:
    started = time.process_time()
    tex = to_latex(mathml)
    assert time.process_time() - started < 3
    assert tex is None or unbalanced(tex) == 0


def test_deep_nesting_is_refused_and_what_real_formulas_need_is_not() -> None:
    assert to_latex("<mrow>" * 1000 + "<mi>x</mi>") is None
    assert to_latex("<msqrt>" * 100 + "<mi>x</mi>") == r"\sqrt{" * 100 + "x" + "}" * 100


def of_cases(shared: Path, name: str) -> list[dict[str, str]]:
    with gzip.open(shared / "peercases" / f"{name}.jsonl.gz", "rt") as lines:
        return list(map(json.loads, lines))


FAIR = "Ams Base Boldsymbol Braket Cancel Upgreek"
"""Suites of MathJax whose TeX is what its MathML shows: no macros of packages, options, references, colours, links or chemistry."""
MADE_UP = re.compile(
    r"\\(?:newcolumntype|hsize|breakAlign|U\{|badbreak|RR|Rule|mmlToken|ref|moveleft|moveright|notChar|AA\b|\*)"
    r"|\\begin\{(?:user|mmtool|indentalign|crampedsubarray)|\{[^}]*[@!<>*]\{[^}]*\}|[cw]W?\{"
)
"""TeX of this file that defines columns, macros or environments, or that only MathJax 4 reads."""


def share(pairs: list[tuple[str, str]]) -> float:
    """Formulas that come out equal to their known TeX."""
    return sum(
        tex is not None and equal(tex, known) for known, tex in ((known, to_latex(mathml)) for known, mathml in pairs)
    ) / len(pairs)


def test_what_mathjax_wrote_as_mathml_becomes_its_tex(shared: Path) -> None:
    pairs = [
        (
            row["tex"],
            re.sub(r'\sdata-latex(?:-item)?="[^"]*"', "", row["mathml"]).replace("\\`", "`").replace("\\\\", "\\"),
        )
        for row in of_cases(shared, "mathjax_tex_mml")
        if row["file"].rsplit("/", 1)[-1].split(".")[0] in FAIR.split() and not MADE_UP.search(row["tex"])
    ]
    assert len(pairs) > 450
    assert share(pairs) >= 0.93


def test_what_other_converters_wrote_becomes_its_tex(shared: Path) -> None:
    pairs = [(row["tex"], row["mathml"]) for row in of_cases(shared, "latex2mathml_pairs")]
    assert share(pairs) >= 0.78


def test_of_real_formulas_without_their_tex_99_in_100_are_equal_to_it(shared: Path) -> None:
    pairs = set()
    for frame in warc(str(shared / "warc" / "math_web_dev.warc.gz")):
        for html in frame["text"]:
            for math in re.findall(r"<math\b.*?</math>", html, re.S):
                if known := re.search(r'\salttext="([^"]*)"', math):
                    pairs.add((unescape(known[1]), math.replace(known[0], "", 1)))
    assert len(pairs) > 4000
    assert share(sorted(pairs)) >= 0.985


def test_tables_of_symbols_name_characters_by_commands() -> None:
    assert (LATEX["≤"], LATEX["α"], LATEX["𝔄"], LATEX["½"], LATEX["\u2062"]) == (
        r"\leq",
        r"\alpha",
        r"\mathfrak{A}",
        r"\frac{1}{2}",
        "",
    )
    assert all(unbalanced(tex) == 0 for tex in LATEX.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x² and 10⁻³", "x^{2} and 10^{-3}"),
        ("aₙ₊₁², (x+y)²", "a_{n+1}^{2}, (x+y)^{2}"),
        ("5 km², note¹, CO₂", "5 km², note¹, CO₂"),
        ("𝑓(𝑥) = 𝟐𝑥, ℎ", "f(x) = 2x, h"),
        ("ℝ ≤ α", "ℝ ≤ α"),
        ("² alone", "² alone"),
        ("π²", "π^{2}"),
    ],
)
def test_unicode_mathematics_in_text_becomes_plain(text: str, expected: str) -> None:
    assert unicode_math(text) == expected
