# ruff: noqa: E501
"""Long texts in pieces: together the text, none too long, and nothing torn apart."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation._delimited import formulas_in
from curation._pieces import pieces

PARTS = st.sampled_from(
    ["A sentence about primes. ", "word ", "\n", "\n\n", "$x^2 + y$", "$$a\n= b$$", "\\(z\\)", "\\[q \\le 3\\]", "\\begin{align}a &= b\\\\\nc\\end{align}",
     "- item one\n", "| a | b |\n", "```\ncode here\n```\n", "é", "e\u0301", "👩\u200d👩\u200d👧", "🇩🇪", "数学", "\r\n", "$5 and ", "\\[", "$$"]
)  # fmt: skip
TEXTS = st.lists(PARTS, max_size=120).map("".join)


@given(TEXTS, st.integers(20, 300))
def test_pieces_join_to_the_text_and_cut_no_formula(text: str, limit: int) -> None:
    parts = pieces(text, limit)
    assert "".join(parts) == text
    spans, ends, at = formulas_in(text), [], 0
    for part in parts[:-1]:
        at += len(part)
        ends.append(at)
    assert not [(span, end) for span in spans for end in ends if span.start < end < span.end]
    longest = max((len(text[s.start : s.end].encode()) for s in spans), default=0)
    assert all(len(part.encode()) <= max(limit, longest + 60) for part in parts)


@given(TEXTS, st.integers(20, 300))
def test_no_character_is_torn(text: str, limit: int) -> None:
    for part in pieces(text, limit)[1:]:
        assert part[0] not in "\u0301\u200d" and not part.startswith("👧")
        assert part[0] != "\n" or not text[: text.index(part)].endswith("\r") or text.count(part) > 1


def test_a_blank_line_is_the_best_place_and_a_list_item_stays_whole() -> None:
    text = "First paragraph has some words. It goes on.\n\nSecond paragraph has words as well. It goes on, too."
    assert pieces(text, 60)[0] == "First paragraph has some words. It goes on.\n\n"
    items = "".join(f"- item {n} with a sentence. And another one here.\n" for n in range(6))
    assert all(part.startswith("- item") for part in pieces(items, 120))


@pytest.mark.parametrize(
    "bomb", ["\\[", "$", "\\begin{align}", "```\n", "| a\n", "- a\n", "1", "\n\n", " ", "é", "\u0301"]
)
def test_a_megabyte_of_anything_takes_linear_time(bomb: str) -> None:
    text = bomb * (1_000_000 // len(bomb))
    before = time.process_time()
    assert "".join(pieces(text, 8_000)) == text
    assert time.process_time() - before < 5
