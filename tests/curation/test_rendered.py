"""Formulas of which only the drawing is left: by KaTeX and MathJax, as `rendered/make.mjs` has them drawn."""

import gzip
import json
import random
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.extract._katex import katex_to_latex
from curation.extract._mathjax import mathjax_to_latex
from tests.curation.tex_equal import equal

FOLDER = Path(__file__).with_name("rendered")
CASES = [
    pytest.param(path.name.startswith("k"), case["html"], case["tex"], id=f"{path.name.split('.')[0]}-{at}")
    for path in sorted(FOLDER.glob("*.json.gz"))
    for at, case in enumerate(json.loads(gzip.decompress(path.read_bytes())))
]
READERS = (katex_to_latex, mathjax_to_latex)


def read(katex: bool, html: str) -> str | None:
    return (katex_to_latex if katex else mathjax_to_latex)(html)


@pytest.mark.parametrize(("katex", "html", "tex"), CASES)
def test_a_drawn_formula_is_read_back(katex, html, tex):
    got = read(katex, html)
    assert got is not None
    assert equal(got, tex), got


def test_each_version_and_output_has_a_fixture():
    assert len({case.id.rpartition("-")[0] for case in CASES}) == 10


@pytest.mark.parametrize(("katex", "html", "tex"), CASES[::3])
def test_a_formula_is_whole_or_none_however_its_markup_is_cut(katex, html, tex):
    assert all(read(katex, html[:end]) is None for end in range(0, len(html) - 7, 97))


@pytest.mark.parametrize(("katex", "html", "tex"), CASES[::7])
def test_what_a_lexbor_document_writes_out_is_read_the_same(katex, html, tex):
    from resiliparse.parse.html import HTMLTree

    body = HTMLTree.parse(f"<body>{html}</body>").body
    assert equal(read(katex, body.first_element_child.html), tex)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "html",
    ["", "x", "<span>", "</span>", '<span class="katex">', '<a b="', "<!--", "<", "<x <y>", "<mjx-math></mjx-math>"],
)
def test_markup_without_a_formula_gives_none(reader, html):
    assert reader(html) is None


KATEX = '<span class="katex"><span class="katex-html">{}</span></span>'


@pytest.mark.parametrize(
    "part",
    [
        '<span class="mfrac"></span>', '<span class="mord sqrt"></span>', '<span class="msupsub"><span></span></span>',
        '<span class="mtable"></span>', '<span class="vlist-t"><span class="vlist-r"></span></span>',
        '<span class="katex-error">\\oops</span>', '<span class="mord">\ue0aa</span>', "<svg></svg>",
    ],
)  # fmt: skip
def test_a_part_that_katex_does_not_draw_gives_up_the_formula(part):
    assert katex_to_latex(KATEX.format('<span class="mord mathnormal">x</span>')) == "x"
    assert katex_to_latex(KATEX.format('<span class="mord mathnormal">x</span>' + part)) is None


@pytest.mark.parametrize(
    "part", ["<mjx-mfrac></mjx-mfrac>", "<mjx-merror></mjx-merror>", "<mjx-new></mjx-new>", "<mjx-msqrt></mjx-msqrt>"]
)
def test_a_part_that_mathjax_does_not_draw_gives_up_the_formula(part):
    math = '<mjx-math><mjx-mi><mjx-c class="mjx-c1D465 TEX-I"></mjx-c></mjx-mi>{}</mjx-math>'
    assert mathjax_to_latex(math.format("")) == "x"
    assert mathjax_to_latex(math.format(part)) is None


def test_mathml_inside_a_katex_element_is_not_read_twice():
    mathml = '<span class="katex-mathml"><math><mi>x</mi></math></span>'
    assert (
        katex_to_latex(
            f'<span class="katex">{mathml}<span class="katex-html"><span class="mord mathnormal">x</span></span></span>'
        )
        == "x"
    )


def test_a_svg_of_mathjax_without_codes_is_read_by_the_names_of_its_glyphs():
    group = '<g data-mml-node="{}"><use xlink:href="#MJX-1-TEX-{}"></use></g>'
    svg = f'<svg><g data-mml-node="math">{group.format("mi", "I-1D465")}{group.format("mi", "C-41")}</g></svg>'
    assert mathjax_to_latex(svg) == r"x\mathcal{A}"


def test_pieces_of_svg_between_which_lines_may_break_are_one_formula_and_two_containers_none():
    piece = '<svg><g data-mml-node="math"><g data-mml-node="mi"><use data-c="{}"></use></g></g></svg>'
    pieces = piece.format("1D465") + "<mjx-break></mjx-break>" + piece.format("1D466")
    assert mathjax_to_latex(f"<mjx-container>{pieces}</mjx-container>") == "xy"
    assert mathjax_to_latex(f"<mjx-container>{piece.format('1D465')}</mjx-container>" * 2) is None


@pytest.mark.parametrize("reader", READERS)
def test_endless_markup_takes_no_endless_time(reader):
    start = time.process_time()
    for html in (
        "<span>" * 60_000, "a" * 399_000 + "<", "<a " * 130_000, '"' * 399_000, "<a x='" + "b" * 390_000, '<a b="' * 66_000,
        "<!--" * 99_000, '<span class="base">' * 5_000 + "</span>" * 5_000,
        KATEX.format('<span class="mop">' * 70 + '<span class="mord">x</span>' * 13_000 + "</span>" * 70),
        "<mjx-math>" + "<mjx-mrow>" * 120 + "</mjx-mrow>" * 120 + "</mjx-math>",
    ):  # fmt: skip
        reader(html)
    assert time.process_time() - start < 5


PIECES = st.sampled_from(
    """<span> </span> <span·class="mord"> <span·class="msupsub"> <span·class="vlist-t"> <span·class="mfrac"> x 2
    <mjx-math> </mjx-math> <mjx-msup> </mjx-msup> <mjx-mi> </mjx-mi> <mjx-c·class="mjx-cFFFFFF"> </mjx-c> <svg> </svg> <g> </g>
    <g·data-mml-node="math"> <g·data-mml-node="msup"> <use·data-c="ZZ"/> <span·class="math"·id="MathJax-Span-1">
    <span·class="mrow"> <span·class="msubsup"> <span·style="position:·absolute;·top:·-1em"> &amp; & < >""".split()
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=25).map(lambda parts: "".join(parts).replace("·", " ")))
def test_no_markup_raises(html):
    for reader in READERS:
        assert reader(html) is None or reader(html)


PART = re.compile(r"<[^>]*>|[^<]+")


def test_mutated_markup_gives_a_formula_or_none():
    """Parts of drawn formulas lost, doubled, exchanged, with other numbers: 1,000 pages' worth of broken drawings."""
    chance = random.Random(9)
    parts = [(case.values[0], PART.findall(case.values[1])) for case in CASES]
    for _ in range(1000):
        katex, drawn = chance.choice(parts)
        drawn = list(drawn)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(drawn))
            drawn[at] = chance.choice(
                [
                    "", drawn[at] * 2, chance.choice(chance.choice(parts)[1]), drawn[at] + "<span></span>",
                    re.sub(r"\d", lambda _: chance.choice("0.-9"), drawn[at]), re.sub(r'"[^"]*"', '""', drawn[at]),
                ]
            )  # fmt: skip
        got = read(katex, "".join(drawn))
        assert got is None or got.strip()
