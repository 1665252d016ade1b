"""Formulas of a page: only known elements and attributes come out, whatever goes in; what cannot be drawn is shown as it is written."""

import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.page import contents, tex
from curate.page.text import Formulas

pytest.importorskip("latex2mathml", reason="needs the extra `page`")
PARTS = [
    r"\frac", r"\sqrt", "{", "}", "x", "1", "_", "^", "&", r"\\", r"\left(", r"\right)", r"\begin{matrix}", r"\end{matrix}",
    r"\text{<script>}", r"\href{javascript:a}{b}", r"\color{red}", r"\hspace{9999em}", r"\def\a{\a\a}", r"\boxed", "<img src=x>",
    "\u202e", r"\mathbb{R}", r"\unknown",
]  # fmt: skip


def elements(tree: Any) -> Iterator[list[Any]]:
    yield tree
    for child in tree[2:]:
        if isinstance(child, list):
            yield from elements(child)


@given(st.lists(st.sampled_from(PARTS), max_size=25).map("".join), st.booleans())
def test_only_what_is_listed_comes_out(source: str, block: bool) -> None:
    made = tex.tree(source, block)
    for name, attributes, *children in elements(made) if made else ():
        assert name in tex.NAMES
        assert all(isinstance(child, str) == (name in tex.TOKENS) for child in children)
        for key, value in (attributes or {}).items():
            known = {"class": "box", "display": "block"}.get(key)
            assert value == known if known else tex.ATTRIBUTES[key].fullmatch(value)


@pytest.mark.parametrize(
    "source",
    [
        r"\def\a{\a\a}\a", r"\newcommand{\a}{\a\a}\a", r"\href{javascript:alert(1)}{x}", r"x + \unknown", "{" * 300,
        r"\sqrt{" * 80 + "}" * 80,
        "x" * 601, r"x_1_2", r"\frac{1",
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_left_as_it_is_written(source: str) -> None:
    made = tex.tree(source, False)
    assert made is None or source == r"\frac{1"  # the library closes what is open


def test_common_notation_is_drawn() -> None:
    for source in (
        r"\frac{a}{b}",
        r"\sum_{i=1}^n i^2",
        r"\begin{aligned}a&=b\\c&=d\end{aligned}",
        r"\boxed{42}",
        r"\mathbb{R}^n",
    ):
        assert tex.tree(source, True), source
    assert ["mrow", {"class": "box"}, ["mrow", 0, ["mn", 0, "42"]]] in list(elements(tex.tree(r"\boxed{42}", False)))


def test_one_formula_that_takes_its_process_along_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tex, "SECONDS", 0.0)
    assert tex.converted([("x", False), ("y", False)]) == [None, None]
    monkeypatch.undo()
    assert tex.converted([("x", False), (r"\unknown", False)]) == [["math", 0, ["mrow", 0, ["mi", 0, "x"]]], None]


def test_without_the_extra_formulas_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tex, "is_there", lambda: False)
    assert tex.converted([("x", False)]) == [None]


def test_what_a_library_gives_is_held_to_the_list_and_to_a_size() -> None:
    def cleaned(inside: str) -> tex.Tree | None:
        return tex._cleaned(ElementTree.fromstring(f"<math>{inside}</math>"))

    assert cleaned("<mi>x</mi>") == ["math", 0, ["mi", 0, "x"]]
    for odd in (
        "<script/>",
        "<maction/>",
        "<annotation-xml/>",
        "<svg/>",
        '<h:a xmlns:h="http://www.w3.org/1999/xhtml"/>',
    ):
        assert cleaned(f"<mrow>{odd}</mrow>") is None
    assert cleaned("<mi>x</mi>" * (tex.MOST_ELEMENTS - 1)) and cleaned("<mi>x</mi>" * tex.MOST_ELEMENTS) is None
    assert cleaned("<mrow>" * 3 * tex.DEEPEST + "</mrow>" * 3 * tex.DEEPEST) is not None
    assert cleaned("<mrow>" * (3 * tex.DEEPEST + 1) + "</mrow>" * (3 * tex.DEEPEST + 1)) is None


def test_formulas_are_drawn_as_long_as_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    formulas = Formulas()
    formulas.pieces(" ".join(f"${name}$" for name in "abcdef"))
    size = len(json.dumps(tex.tree("a", False)))
    monkeypatch.setattr(contents, "MOST_MATH", 4 * size + 1)
    assert [bool(drawn) for _, _, drawn in contents._formulas(formulas)["formulas"]] == [True] * 4 + [False] * 2
