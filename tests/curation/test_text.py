"""The one text profile: its native forms are those of polars, and what differs in a number or an operator stays apart."""

import itertools
import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from benchmarks import text_profile
from curation._utf8 import utf8
from curation._words import hash_of
from curation.text import normalised, prose, without_formulas, without_math, word_hashes, word_spans, words

ODD = st.text(alphabet=st.sampled_from("ab \\AÀéΔΣİȺ٣²½Ⓐ\n1.+{}−中K\u0301\u00a0𝑥𐐀🙂$"), max_size=40)
TEXTS = st.lists(st.one_of(ODD, st.text(st.characters(codec="utf-8"), max_size=40), st.none()), max_size=6)


def reference(texts: pl.Series) -> pl.Series:
    return texts.fill_null("").to_frame("t").select(words(pl.col("t")))["t"]


def column(*texts: str | None) -> pl.Series:
    return pl.Series("t", texts, dtype=pl.String)


@given(TEXTS)
@example(["\\alpha\\alphaé\\\\a \\1 x²y 𝑥𝑦🙂🙂 Ⅷ\u2028中\U00031350", None, "", "ΟΔΟΣ İİ \\Σ", "\\"])
def test_native_words_are_those_of_polars(texts: list[str | None]) -> None:
    series = column(*texts)
    for some in (series, series[1:], series[:0]):
        wanted = reference(some)
        hashes, firsts = word_hashes(some)
        starts, ends, same = word_spans(some)
        assert firsts.tolist() == same.tolist() == [0, *wanted.list.len().cum_sum()]
        assert hashes.tolist() == [hash_of(word) for word in wanted.explode().drop_nulls()]
        bytes_of = [(text or "").encode() for text, n in zip(some, wanted.list.len(), strict=True) for _ in range(n)]
        found = [text[start:end].decode() for text, start, end in zip(bytes_of, starts, ends, strict=True)]
        assert reference(column(*found)).to_list() == [[word] for word in wanted.explode().drop_nulls()]
        assert all(starts[1:][i] >= ends[i] for i in range(len(ends) - 1) if i + 1 not in firsts)
        assert normalised(some).equals(
            pl.select(pl.when(some.is_not_null()).then(wanted.list.join(" "))).to_series().alias("t")
        )


PIECES = [
    "$",
    "$$",
    "\\(",
    "\\)",
    "\\[",
    "\\]",
    "\\begin{",
    "\\end{",
    "align*",
    "}",
    "pmatrix",
    "{",
    "x",
    "é",
    "\n",
    " ",
    "\u00a0",
    "\\text",
    "\\emph",
    "\\subsection",
    "\\label",
    "\\frac",
    "Ⓐ",
    "_",
    "1",
    "\\",
    "a" * 299,
    "b" * 80,
    "é" * 81,
    "c" * 699,
    "\\begin{cases}",
    "\\end{array}",
    "中" * 298,
]


@given(st.lists(st.one_of(st.none(), ODD, st.lists(st.sampled_from(PIECES), max_size=25).map("".join)), max_size=20))
@example(["$$x$$ $5$ \\begin{align*}a\\end{cases} \\emph{a} \\textbfX{a}{b} \\(\\)\\)", None])
def test_formulas_are_those_of_the_pattern(texts: list[str | None]) -> None:
    for some in (column(*texts), column("before", *texts)[1:]):
        assert without_formulas(some).equals(some.to_frame().select(without_math(pl.col("t")))["t"])


@given(TEXTS)
def test_a_normalised_text_stays_as_it_is_and_has_the_same_words(texts: list[str | None]) -> None:
    once = normalised(column(*texts))
    assert normalised(once).equals(once)
    assert word_hashes(once).hashes.tolist() == word_hashes(column(*texts)).hashes.tolist()


def test_digits_operators_braces_and_commands_are_words_of_their_own() -> None:
    found = normalised(column("Let \\Delta x^{10}\\!-\\frac12 <3,  ÄB\\\\n\n", None, ""))
    assert found.to_list() == ["let \\Delta x ^ { 10 } \\ ! - \\frac 12 < 3 , äb \\ \\n", None, ""]


def test_hashes_are_the_same_in_every_version() -> None:
    known = {
        "x": 2831760919664375579,
        "\\Delta": 15337060383133502848,
        "120": 2209172174659021409,
        "+": 7931642391013550527,
    }
    assert {word: hash_of(word) for word in known} == known


def test_words_that_differ_have_different_hashes() -> None:
    some = ["a", "1", "+", "-", "ab", "ba", "\\a", "\\Delta", "\\delta", "delta", "2", "12", "²", "−", "𝑥", "x", "中"]
    assert len({hash_of(word) for word in some}) == len(some)
    assert hash_of("DELTA") == hash_of("delta")
    with pytest.raises(ValueError, match="is not one word"):
        hash_of("a b")


HOSTILE = ("\\", "\\begin{", "\\begin{align}", "\\[ $ ", "\\(x", "$$x", "\\a{", "a", "\u0301x", "1+", "{", "a\n", "aé ")


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_text_takes_linear_time(piece: str) -> None:
    native = (word_hashes, word_spans, normalised, prose)
    for function in native:
        function(column("compiled"))
    text = column(piece * (4_000_000 // len(piece.encode())))
    started = time.process_time()
    for function in native:
        function(text)
    assert time.process_time() - started < 3


@pytest.mark.parametrize("name", text_profile.SETS)
def test_problems_that_differ_in_more_than_blanks_and_letter_case_stay_distinct(shared: Path, name: str) -> None:
    some = pl.Series(text_profile.problems(shared, name))
    hashes, firsts = word_hashes(some)
    sequences = {hashes[start:end].tobytes() for start, end in itertools.pairwise(firsts)}
    assert len(sequences) == normalised(some).n_unique() == len(some) > 900


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2 + 3", "2 - 3"),
        ("x^{12}", "x^{1}2"),
        ("\\Delta", "\\delta"),
        ("12 5", "1 25"),
        ("f'(x)", "f(x)"),
        ("1.5", "15"),
        ("x_1", "x 1"),
    ],
)
def test_what_differs_in_a_number_or_an_operator_stays_apart(one: str, other: str) -> None:
    assert normalised(column(one))[0] != normalised(column(other))[0]


@pytest.mark.parametrize("texts", [[], [""], [None], ["a"], ["a", None, "a text of more than twelve bytes"]])
def test_bytes_of_a_column_are_read_only_so_that_loops_are_compiled_once(texts: list[str | None]) -> None:
    data, bounds = utf8(pl.Series(texts, dtype=pl.String))
    assert not data.flags.writeable and not bounds.flags.writeable
    assert data.tobytes().decode() == "".join(text or "" for text in texts) and bounds[-1] == len(data)
