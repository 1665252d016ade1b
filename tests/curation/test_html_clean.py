"""The clean stage keeps the main text of a page, and every formula, table and block of code in it."""

import re
import time

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.extract._marks import CLOSE, CODE, END, OPEN
from curation.extract._tokens import Tokens
from curation.extract.html_clean import _best, html_clean

PROSE = "<p>A group is a set with an operation that is associative, has a neutral element and inverses. So much for words.</p>"
MENU = '<nav><ul><li><a href="/">Home</a></li><li><a href="/news">All the news</a></li></ul></nav>'
FOOTER = "<footer><p>Copyright and imprint of the site</p></footer>"


def page(body: str, title: str = "Groups") -> str:
    return f"<html><head><title>{title}</title></head><body>{MENU}<article>{body}</article>{FOOTER}</body></html>"


def clean(html: str, **params: object) -> dict[str, object]:
    docs = pl.DataFrame({"id": ["a"], "text": ["what an earlier step made"], "as_read": [html]})
    return html_clean(docs, **params).row(0, named=True)  # type: ignore[arg-type]


def tex(formula: str, display: bool = False) -> str:
    return f'<script type="math/tex{"; mode=display" if display else ""}">{formula}</script>'


def test_menus_go_and_formulas_stay_as_they_were_written() -> None:
    found = clean(page(f"{PROSE * 3}<p>Let {tex('a<b')} and {tex('x_1^2', True)} and $y$ follow.</p>{PROSE}"))
    text = str(found["text"])
    assert "Home" not in text and "Copyright" not in text
    assert "Let $a<b$ and\n$$x_1^2$$\nand $y$ follow." in re.sub(r" *\n+ *", "\n", text)
    assert (found["clean_formulas_found"], found["clean_formulas_kept"]) == (3, 3)


def test_tables_and_code_keep_their_lines() -> None:
    table = "<table><tr><th>n</th><th>n!</th></tr><tr><td>3</td><td>6</td></tr><tr><td>4</td><td>$24$</td></tr></table>"
    code = '<pre><code class="language-python">def f(x):\n    return x &lt; 2\n\n\n\nf(1)</code></pre>'
    text = str(clean(page(PROSE * 3 + table + PROSE + code + PROSE))["text"])
    assert "| n | n! |\n| --- | --- |\n| 3 | 6 |\n| 4 | $24$ |\n" in text
    assert "```python\ndef f(x):\n    return x < 2\n" in text


@pytest.mark.parametrize(
    "body",
    [
        f"{PROSE * 3}<aside>A note on {tex('a+b')}.</aside>",
        f"{PROSE * 3}<figure><figcaption>Figure with {tex('a+b')}</figcaption></figure>",
        f'{PROSE * 3}<div style="display:none">Solution: {tex("a+b")}</div>',
        f'{PROSE * 3}<section id="related-functions"><h2>Functions</h2><p>Here {tex("a+b")}.</p></section>',
        f"{PROSE * 3}<h4>Theorem</h4>Bare text with {tex('a+b')} <i>in it</i>.<br><br>{PROSE}",
        f"<h4>Theorem</h4>Bare text with {tex('a+b')} <i>in it</i>, and nothing else.<br>",
        f"{PROSE * 3}<table><tr><td><ul><li>laid out {tex('a+b')}</li></ul></td></tr></table>",
    ],
)
def test_a_formula_is_kept_wherever_it_stands_in_the_text(body: str) -> None:
    found = clean(page(body))
    assert str(found["text"]).count("$a+b$") == 1 and found["clean_formulas_kept"] == 1


def test_answers_are_kept_with_their_question() -> None:
    post = '<div class="post-layout"><div class="postcell"><div class="s-prose post-body">{}</div></div></div>'
    posts = "".join(
        post.format(f"<p>Post number {n} about {tex(f'x^{n}')} in some words of a text.</p>") for n in range(4)
    )
    found = clean(f'<html><body>{MENU}<div id="mainbar">{posts}</div>{FOOTER}</body></html>')
    assert found["clean_formulas_kept"] == 4 and all(
        f"number {n} about $x^{n}$" in str(found["text"]) for n in range(4)
    )


VOTES = '<a class="up">up</a><span>3</span><a class="down">down</a>'
SIGNED = '<div class="user-info">posted by <a href="/u/1">somebody</a></div>'


@pytest.mark.parametrize("name", ["text", "post-text"])
def test_a_thread_is_read_whole_with_its_heading_and_without_votes_and_names(name: str) -> None:
    asked = "Is every group with four elements abelian? I tried all tables that I could think of, and found no other."
    said = [
        asked,
        "It is.",
        "It is of order 4 and each element has an order that divides it. " * 3 + "So they commute.",
        "Thanks!",
    ]
    posts = "".join(
        f'<li><div class="post"><div>{VOTES}</div><div class="{name}"><p>{text}</p></div>{SIGNED}</div>'
        for text in said
    )
    html = f"<html><body>{MENU}<div id=content><h1>Small groups</h1><ul>{posts}</ul></div>{FOOTER}</body></html>"
    assert str(clean(html, keep_title=True)["text"]).split("\n\n") == ["Small groups", *said]


def test_a_page_without_named_parts_keeps_its_headings_and_lists_and_loses_its_signature() -> None:
    body = f"<h1>Groups</h1><hr>{PROSE * 3}<h2>Exercises</h2><ol><li>Find all groups of order four.</li></ol>{PROSE}"
    text = str(clean(f"<html><body>{body}<hr><address>A. Nonymous, 1999</address></body></html>")["text"])
    assert "Exercises" in text and "Find all groups of order four." in text and "Nonymous" not in text


def test_pages_that_write_div_for_p_are_read_like_others() -> None:
    prose = PROSE.replace("<p>", '<div class="para">').replace("</p>", "</div>")
    box = f'<div class="sidebar">{prose}<div class="para">A box, named as what stands beside a page, and yet text of it.</div></div>'
    opened = f'<div class="para">{PROSE[3:-4]} One more.<div>See there</div></div>'
    html = f'<html><body>{MENU}<div class="section"><h2>Rings</h2>{prose * 3}{opened}{box}{prose}</div>{FOOTER}</body></html>'
    text = str(clean(html)["text"])
    assert text.startswith("Rings") and "One more." in text and "A box," in text and "Copyright" not in text


@pytest.mark.parametrize(
    "body",
    [
        '<div class="example"><b>Example 1.</b> We solve a triangle, and <div>c<sup>2</sup> = 31</div> is what we find.</div>',
        '<div class="par"><b>Example 1.</b> We solve a triangle, and <div>7 sin 90° = 7</div> is what we find.</div>',
        f'<div class="par"><b>Example 1.</b> We solve a triangle, and <p>{tex("c^2 = 31", True)}</p> is what we find.</div>',
    ],
)
def test_text_that_a_displayed_formula_interrupts_is_kept(body: str) -> None:
    text = str(clean(page(f"{PROSE * 8}{body}{PROSE}"))["text"])
    assert "We solve a triangle, and" in text and "is what we find." in text and (" = 31" in text or " = 7" in text)


def test_a_heading_that_repeats_the_title_goes_unless_it_is_asked_for() -> None:
    html = page(f"<h1>Groups</h1>{PROSE * 3}<h2>Rings</h2>{PROSE}", "Groups - Algebra notes")
    assert not str(clean(html)["text"]).startswith("Groups") and "Rings" in str(clean(html)["text"])
    assert str(clean(html, keep_title=True)["text"]).startswith("Groups")


def test_invitations_after_the_end_go() -> None:
    prose = "".join(PROSE.replace("group", f"group of {n}") for n in range(5))
    text = str(clean(page(f"{prose}<p>Subscribe to our newsletter today.</p>"))["text"])
    assert text.endswith("So much for words.")


def test_pages_over_a_limit_get_no_text_and_empty_ones_an_empty_text() -> None:
    assert clean("<p>" * 100, max_nodes=50)["text"] is None
    assert clean("<p>é" * 100, max_bytes=450)["text"] is None
    assert clean("<div>" * 3000 + "x")["text"] is None
    assert clean("<div>" * 240 + "<p>x</p>" * 20_000)["text"] is None
    for html in ("", "<body></body>", "<frameset><frame></frameset>", "<!-- $x$ -->", "\ue0f0x\ue0f1"):
        assert clean(html)["text"] in ("", "x")
    docs = pl.DataFrame({"id": ["a"], "text": [""], "as_read": pl.Series([None], dtype=pl.String)})
    assert html_clean(docs)["text"].to_list() == [None]
    assert html_clean(docs.clear()).schema == html_clean(docs).schema


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Co"), exclude_characters="<&"), min_size=1),
    st.text(),
)
def test_pieces_come_back_as_they_were_and_none_can_be_forged(piece: str, around: str) -> None:
    around = around.replace("<", "").replace("&", "").translate(dict.fromkeys(range(0xE0F0, 0xE0F5)))
    tokens = Tokens(f"{around}{OPEN}${piece}${CLOSE}{around}{CODE}{piece}{END}")
    assert OPEN not in tokens.html and tokens.formulas == 1
    assert tokens.put_back(tokens.html) == f"{around}{OPEN}${piece}${CLOSE}{around}\n{CODE}{piece}{END}\n"
    assert tokens.prefix not in around
    assert tokens.put_back(tokens.html + tokens.html).count(f"${piece}$") >= 1


def test_hostile_pages_take_seconds() -> None:
    pages = {
        "cells": "<table><tr>" + "<td>a" * 9_000,
        "links": "<p>" + "<a href=x>l</a> w " * 9_000,
        "nested": ("<div>" * 100 + "text" + "</div>" * 100) * 30,
        "breaks": "<div><p>x</p>" + "text<br><br>" * 4_000,
        "posts": "<div class=post><a>x</a><p>x</p></div>" * 3_000,
        "post within post": ("<div class=post><a>link link</a>" * 99 + "</div>" * 99) * 20,
        "a post of links": "<div class=post><p>text " + "<a>b</a> c" * 20_000,
        "scripts": "<div>" + "a<sup>2</sup>" * 20_000,
        "signs": "<div>" + "a = b <div>c = d</div>" * 3_000,
        "marks": "<p>$" + "x" * 1_000_000,
    }
    for name, html in pages.items():
        started = time.process_time()
        clean(f"<html><body>{html}")
        assert time.process_time() - started < 10, name


def test_blocks_have_an_empty_line_between_them_and_lines_of_one_block_do_not() -> None:
    said = re.sub("<.*?>", "", PROSE)
    middle = "<h2>Second</h2><p>one<br>two</p><ul><li>first item here</li><li>second item</li></ul>"
    text = str(clean(page(PROSE + middle + PROSE))["text"])
    assert text == f"{said}\n\nSecond\n\none\ntwo\n\n- first item here\n- second item\n\n{said}"


def test_numbered_lists_keep_their_numbers_and_paragraphs_lose_the_line_breaks_of_the_source() -> None:
    items = "<ol start=3><li>Find the sum.</li><li><p>Find the\n  product $x$.</p></li><li value=9>Nine<ol><li>inner</li></ol></li></ol>"
    text = str(clean(page(PROSE + items + PROSE))["text"])
    assert "3. Find the sum.\n4. Find the product $x$.\n9. Nine\n  1. inner\n" in text


def test_no_dash_is_left_of_an_item_that_is_a_table() -> None:
    table = "<dl><dt>Term</dt><dd><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table></dd></dl>"
    text = str(clean(page(PROSE + table + PROSE))["text"])
    assert "| 1 | 2 |" in text and not re.search(r"(?m)^\s*-\s*$", text)


def test_a_reference_in_a_reference_forges_no_mark() -> None:
    forged = "&#57&#57584;584;x&#57&#57584;585; " * 20
    found = clean(page(PROSE + f"<p>{forged}</p><p>&amp;#57584;y&amp;#57585;</p>" + PROSE))
    assert not re.search(f"[{OPEN}{CLOSE}{CODE}{END}]", str(found["text"])) and found["clean_formulas_kept"] == 0


@pytest.mark.parametrize("blank", [" ", "\n"])
def test_a_formula_in_a_broken_tag_is_none_of_the_text(blank: str) -> None:
    formula = '<math display="block"><mfrac><mn>11</mn><mn>2</mn></mfrac></math>'
    found = clean(page(PROSE + f"<div><td\x1e{blank}{formula}</td> words</div><p>$y$</p>" + PROSE))
    assert found["clean_formulas_kept"] <= found["clean_formulas_found"]


def test_a_formula_in_the_name_of_an_element_is_none_of_the_text() -> None:
    """An element of an unknown name has a closing tag, which says the name once more."""
    formula = '<math display="block"><mn>11</mn></math>'
    found = clean(page(PROSE + f"<picture{formula}<p>Its value is $y$.</p>" + PROSE))
    assert (found["clean_formulas_found"], found["clean_formulas_kept"]) == (1, 1)
    assert "11" not in str(found["text"])


def test_paragraphs_among_thousands_of_line_breaks_take_linear_time() -> None:
    from lxml.html import fromstring

    from curation.extract._blocks import paragraphs

    tree = fromstring("<div><p>x</p>word " + "<b>a</b>" * 20_000 + "<br>a" * 20_000 + "</div>")
    started = time.process_time()
    paragraphs(tree)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<html></html>",
        "<head><title>Groups</title></head>",
        "<frameset cols=1><frame src=a><frame src=b></frameset>",
        "<html><head><title>Groups</title></head><frameset><noframes>Your browser shows no frames.</noframes></frameset></html>",
        "<!doctype html>",
        '<body style="visibility:hidden"></body>',
    ],
)
def test_a_page_with_no_body_has_an_empty_text(html: str) -> None:
    assert clean(html) == {"text": "", "clean_formulas_found": 0, "clean_formulas_kept": 0}


@pytest.mark.parametrize("source", ["<html></html>", "<frameset><frame></frameset>", "<html><head></head></html>"])
def test_a_tree_with_no_body_has_the_text_of_its_root(source: str) -> None:
    from lxml.html import document_fromstring

    tree = document_fromstring(source)
    assert tree.body is None and _best(tree, Tokens(source)) == ""
    tree.text = " Text that \n stands bare. "
    assert _best(tree, Tokens(source)) == "Text that stands bare."


def test_a_body_that_a_script_makes_visible_is_read_and_what_stays_hidden_in_it_is_not() -> None:
    hidden = '<div style="visibility:hidden">Nobody reads this sentence.</div>'
    body = f'<body style="visibility: hidden">{PROSE}<p>Let {tex("a+b")} be.</p>{hidden}</body>'
    found = clean(body)
    assert "A group is a set" in str(found["text"]) and "$a+b$" in str(found["text"])
    assert "Nobody" not in str(found["text"]) and found["clean_formulas_kept"] == 1
