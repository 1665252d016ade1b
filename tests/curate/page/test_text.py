"""Texts of a page: nothing that steers a display is left in them, and formulas are told from money."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.page.text import Formulas, cut, visible

STEERING = "\x00\x07\x1b\u202e\u2066\u200f\u2028\ufeff\ud800"


@pytest.mark.parametrize("character", STEERING)
def test_what_steers_a_display_is_written_out(character: str) -> None:
    assert visible(f"a{character}b") == f"a[U+{ord(character):04X}]b"


@given(st.text(st.characters(), max_size=80))
def test_a_visible_text_can_be_written_and_stays_as_it_is(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    assert shown.encode("utf-8").decode() == shown
    assert not set(shown) & set(STEERING)


def test_a_text_is_cut_before_it_is_looked_at() -> None:
    assert cut("\x00" + "x" * 1_000_000, 5) == "[U+0000]xxxx"


@pytest.mark.parametrize(
    ("text", "pieces", "known"),
    [
        ("costs $5 and $10.", ["costs $5 and $10."], []),
        ("let $x+1$ be", ["let ", 0, " be"], [("x+1", False)]),
        ("$x$ and $x$", [0, " and ", 0], [("x", False)]),
        ("$$a\n= b$$", [0], [("a\n= b", True)]),
        (r"\(q\) or \[r\]", [0, " or ", 1], [("q", False), ("r", True)]),
        (r"a \$5 note for $y$", [r"a \$5 note for ", 0], [("y", False)]),
        ("$ x $ is none", ["$ x $ is none"], []),
        ("open $x and no end", ["open $x and no end"], []),
    ],
)
def test_formulas_are_told_from_money(text: str, pieces: list[str | int], known: list[tuple[str, bool]]) -> None:
    formulas = Formulas()
    assert formulas.pieces(text) == pieces
    assert list(formulas.known) == known


@given(st.text("$\\()[]a \n", max_size=60))
def test_no_character_is_lost_but_marks_of_formulas(text: str) -> None:
    formulas = Formulas()
    pieces = formulas.pieces(text)
    inside = list(formulas.known)
    spelled = "".join(inside[p][0] if isinstance(p, int) else p for p in pieces)
    assert spelled.replace(" ", "").replace("\n", "").count("a") == text.count("a")


def test_a_text_of_dollars_takes_linear_time() -> None:
    formulas = Formulas()
    assert formulas.pieces("$" * 200_000 + "\\(" * 2_000)  # would not come back
