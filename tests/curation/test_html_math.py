"""Formulas come through extraction, once each, whatever they were written in."""

import gzip
import json
import time
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.extract._marks import CLOSE, OPEN
from curation.extract._repair import repair
from curation.extract._tex import clean
from curation.extract.html_math import html_math
from curation.read.warc import warc


def extract(html: str, **params: object) -> dict[str, object]:
    docs = pl.DataFrame({"id": ["a"], "text": [html]})
    return html_math(docs, **params).row(0, named=True)  # type: ignore[arg-type]


KATEX = (
    '<span class="katex"><span class="katex-mathml"><math><semantics><mrow><mi>ε</mi></mrow>'
    '<annotation encoding="application/x-tex">\\epsilon_5</annotation></semantics></math></span>'
    '<span class="katex-html" aria-hidden="true"><span class="mord">ε5</span></span></span>'
)
WIKI = (
    '<span class="mwe-math-element"><span style="display: none;"><math alttext="x^2"><mi>x</mi></math></span>'
    '<img class="mwe-math-fallback-image-inline" alt="x^2" src="/media/math/render/svg/1"></span>'
)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<script type="math/tex">a<b</script>', "$a<b$"),
        ('<script type="math/tex; mode=display">\\frac{a}{b}</script>', "\n$$\\frac{a}{b}$$\n"),
        (
            '<span class="MathJax_Preview">ab</span><span class="MathJax">ab</span><script type="math/tex">ab</script>',
            "$ab$",
        ),
        (KATEX, "$\\epsilon_5$"),
        (f'<span class="katex-display">{KATEX}</span>', "\n$$\\epsilon_5$$\n"),
        (WIKI, "$x^2$"),
        ('<math alttext="\\sqrt{2}"><msqrt><mn>2</mn></msqrt></math>', "$\\sqrt{2}$"),
        ('<math alttext="\\sqrt{2}" display="block"><msqrt><mn>2</mn></msqrt></math>', "\n$$\\sqrt{2}$$\n"),
        (
            '<math alttext="y"><semantics><annotation encoding="application/x-tex">x</annotation></semantics></math>',
            "$x$",
        ),
        ('<img class="formulaInl" alt="$S \\Delta$" src="a.png">', "$S \\Delta$"),
        ('<img class="formulaDsp" alt="\\[ S \\]" src="a.png">', "\n\\[S\\]\n"),
        ('<img class="math" alt="f(x)" src="a.png">', "$f(x)$"),
        ('<img alt="e^x" src="https://s0.wp.com/latex.php?latex=e%5Ex">', "$e^x$"),
        ('<img alt="a cat" src="cat.png">', ""),
        ("x<sup>2</sup> and a<sub>i<sub>j</sub></sub>", "x^{2} and a_{i_{j}}"),
        ("the 4<sup>th</sup>", "the 4th"),
        ('word<sup><a href="#n1">[1]</a></sup>', "word"),
        ("$x$ and \\(y\\) and \\[z\\]", "$x$ and \\(y\\) and \\[z\\]"),
        ('<script type="math/tex">a % why\n+ b</script>', "\\(a % why + b\\)"),
        ('<script type="math/tex">x \\text{ if $y$}</script>', "\\(x \\text{ if $y$}\\)"),
        ('<script type="math/tex"> </script>', ""),
    ],
)
def test_each_way_of_writing_a_formula_gives_its_tex_once(html: str, text: str) -> None:
    found = extract(f"<html><body><p>left {html} right</p></body></html>")["text"]
    assert isinstance(found, str)
    assert " ".join(found.split()) == " ".join(f"left {text} right".split())
    assert not text.startswith("\n") or f"\n{text.strip()}\n" in found


@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1))
def test_formula_text_is_never_parsed_as_html(tex: str) -> None:
    page = extract(f'<p><math alttext="{tex.replace("&", "&amp;").replace(chr(34), "&quot;")}"><mi>q</mi></math></p>')
    expected, _ = clean(tex)
    assert page["formulas_found"] == page["formulas_kept"] == (1 if expected else 0)
    if expected and repair(f"{OPEN}{expected}{CLOSE}") == f"{OPEN}{expected}{CLOSE}":
        assert expected in str(page["text"])


def test_title_and_number_of_formulas_are_columns() -> None:
    page = extract(f"<title> Roots\n of </title><body>{KATEX}{WIKI}<script type='math/tex'>x</script> $y$</body>")
    assert (page["title"], page["formulas_found"], page["formulas_kept"]) == ("Roots of", 4, 4)
    for code in ("$('#a_b').add($('.c'))", "$(OUT)/$(NAME)", "${first_one} ${x}${y}", "原价$100，现价$（约）"):
        assert extract(f"<p>Write {code} here</p>")["formulas_found"] == 0, code
    assert extract("<p>for ${a}$ and $(a,b)$ only</p>")["formulas_found"] == 2
    assert extract("<p>plain</p>") == {"text": "plain", "title": None, "formulas_found": 0, "formulas_kept": 0}


def test_blocks_of_macro_definitions_go_and_lessons_about_them_stay() -> None:
    page = extract(
        "<div>\\(\\newcommand{\\RR}{\\mathbf{R}}\\) \\(\\def\\<#1>{\\left<#1\\right>}\\)</div><p>Use \\newcommand{\\a}{b} like this.</p>"
    )
    assert page["text"] == "Use \\newcommand{\\a}{b} like this."


def test_captions_and_choices_are_kept() -> None:
    found = extract("<figure><figcaption>Figure 1: $x$</figcaption></figure><label><input type=radio>choice A</label>")[
        "text"
    ]
    assert "Figure 1: $x$" in str(found) and "choice A" in str(found)


def test_xhtml_with_an_empty_script_and_a_dtd_is_not_swallowed() -> None:
    page = (
        '<?xml version="1.0"?><!DOCTYPE html [<!ENTITY m "n">]><html><head><script src="a.js"/></head>'
        '<body><a id="x"/>kept<br/></body></html>'
    )
    assert extract(page)["text"] == "kept"


def test_pages_over_a_limit_get_no_text() -> None:
    assert extract("<p>" * 100, max_nodes=50)["text"] is None
    assert extract("<p>é" * 100, max_bytes=450)["text"] is None
    assert extract("<p>é" * 100, max_bytes=500)["text"] is not None


def test_what_stands_in_itself_hundreds_deep_is_text_and_thousands_deep_is_none() -> None:
    for tag in (
        "sup",
        "table",
        "math",
        "label",
        "figure",
        "svg",
        "mjx-container",
        "span class=katex",
        "span class=frac",
    ):
        page = extract(f"<{tag}>" * 200 + "words")
        assert (page["text"], page["formulas_found"]) in (("words", 0), ("", 0)), tag
    for tag in ("sup", "div", "ul", "math", "figure"):
        assert extract(f"<{tag}>" * 3000 + "words") == {
            "text": None,
            "title": None,
            "formulas_found": None,
            "formulas_kept": None,
        }, tag


def test_what_a_template_holds_is_no_part_of_the_page() -> None:
    page = extract("<p>a</p><TEMPLATE><p>b <math><mi>x</mi></math><template>c</template></p></TEMPLATE><p>$y$</p>")
    assert (page["text"], page["formulas_found"], page["formulas_kept"]) == ("a\n\n$y$", 1, 1)


def test_marks_cannot_be_forged_by_references_in_references() -> None:
    page = extract("<p>a &#57&#57584;584;x&#57&#57585;585; b</p>")
    assert (page["formulas_found"], page["formulas_kept"]) == (0, 0)


def test_a_block_of_code_that_is_a_formula_is_found() -> None:
    page = extract("<p>a</p><pre class=math>0</pre>")
    assert (page["text"], page["formulas_found"], page["formulas_kept"]) == ("a\n\n$$0$$", 1, 1)


def test_math_elements_in_each_other_do_not_lose_those_after_them() -> None:
    page = extract("<p>" + "<math>" * 20 + "</math>" + "</math>" * 19 + "<p>and <math><mi>x</mi></math></p>")
    assert (page["text"], page["formulas_found"]) == ("and $x$", 1)


def test_fractions_whose_parts_lie_in_each_other_do_not_double() -> None:
    html = '<span class="intbl"><em>1<strong>' * 40 + "2" + "</strong></em></span>" * 40
    assert len(extract(f"<p>{html}</p>")["text"]) < 5_000


def test_elements_named_almost_like_known_ones_are_no_error() -> None:
    assert extract("<p><math><mi>x</mi><annotationex>y</annotationex></math></p>")["text"] is not None


def test_invisible_characters_go() -> None:
    assert extract("<p>a\u200bb\u00adc\u2061d\u00a0e \n\n\n\n</p><p>f</p>")["text"] == "abcd e\n\nf"


def test_of_real_formulas_98_in_100_of_each_kind_are_in_the_text_as_often_as_in_the_page(shared: Path) -> None:
    pages = pl.concat(list(warc(str(shared / "warc" / "math_web_dev.warc.gz")))).select(id="url", text="text")
    out = html_math(pages)
    assert out["formulas_found"].to_list() == out["formulas_kept"].to_list()
    texts = dict(zip(pages["id"], out["text"].str.replace_all(r"\s", ""), strict=True))
    wanted, kept = Counter[str](), Counter[str]()
    with gzip.open(shared / "warc" / "math_web_dev.truth.jsonl.gz", "rt") as lines:
        for page in map(json.loads, lines):
            formulas = Counter((formula["kind"], "".join(formula["tex"].split())) for formula in page["formulas"] or [])
            for (kind, tex), times in formulas.items():
                wanted[kind] += times
                kept[kind] += min(times, texts[page["url"]].count(tex))
    assert len(wanted) == 3
    assert all(kept[kind] >= 0.98 * wanted[kind] for kind in wanted), (wanted, kept)
    assert not any("\\newcommand{\\dealcoloneq}" in text for text in texts.values())


def test_a_class_of_thousands_of_names_takes_no_quadratic_time() -> None:
    start = time.process_time()
    extract(f'<p><span class="{"math " * 10_000}">$a$</span></p>')
    assert time.process_time() - start < 1
