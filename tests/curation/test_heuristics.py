"""Scores of prose, lines and repetition judge sentences, and let formulas and code be."""

import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import CurateError
from curate.lists import beside
from curate.step import find
from curation._formulas import kinds, marked
from curation._utf8 import series, utf8
from curation.score.lines import lines
from curation.score.prose import STOP_WORDS, prose
from curation.score.repetition import repetition
from curation.text import ENVIRONMENT, MATH, without_math, words

SCORES = (prose, lines, repetition)
PER_WORD = ("word_length", "hashes", "ellipses")
PIECES = st.sampled_from([
    "$", "$$", "\\(", "\\)", "\\[", "\\]", "\\begin{align}", "\\end{align*}", "\\end{pmatrix}", "\\begin{xmatrix}", "\\begin{box}",
    "a", " ", "\n", "é", "中", "\\frac{1}{2}", "\\text", "\\textA", "\\subsection", "{x}", "{", "}", "\\label{a b}", "_", "2", "x" * 150,
    "é" * 300, "\u00a0", "\\", "\\emph{hi}", "\\emph2", "\\end", "*", "word ", "-", "#", "...", "…", "```\n", ">>> ", "Log in to ", "\x01",
    "\x02", "\0",
])  # fmt: skip
TEXTS = st.lists(st.lists(PIECES, max_size=14).map("".join), max_size=6)


def docs(*texts: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [str(i) for i in range(len(texts))], "text": texts}, schema={"id": pl.String, "text": pl.String}
    )


def one(score: object, text: str, **given: object) -> dict[str, float]:
    return score(docs(text), **given).row(0, named=True)  # type: ignore[operator]


# ---- formulas and code


def shown(*texts: str) -> list[str]:
    column = pl.Series(texts, dtype=pl.String)
    return series(column, *marked(*utf8(column), kinds())).str.replace_many(["\x01", "\x02"], ["<", ">"]).to_list()


WHOLE = rf"\\begin\{{{ENVIRONMENT}\*?\}}(?s:.{{1,1000}}?)\\end\{{{ENVIRONMENT}\*?\}}"
FORMULA = rf"{WHOLE}|\\(?:begin|end|label)\{{[^{{}}\n]{{0,80}}\}}|{MATH}"


@given(TEXTS)
def test_the_native_loop_finds_what_the_pattern_of_mathematics_finds(texts: list[str]) -> None:
    plain = pl.Series(texts, dtype=pl.String).str.replace_all("[\x01-\x06]|```|>>>|\\.\\.\\.", "")
    assert shown(*plain) == plain.str.replace_all(FORMULA, "<${0}>").to_list()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("so $x$ and $5 to $10", "so <$x$> and $5 to $10"),
        ("\\begin{theorem} \\emph{all} \\end{theorem}", "<\\begin{theorem}> <\\emph>{all} <\\end{theorem}>"),
        ("a\n>>> f(x)\n1", "a\n\x03>>> f(x)\x04\n1"),
        ("In [3]: f\nsage: g\ngap> h\n> quoted", "\x03In [3]: f\x04\n\x03sage: g\x04\n\x03gap> h\x04\n> quoted"),
        ("see\n```py\n$x$\n```\nit", "see\n\x05```py\n$x$\n```\x06\nit"),
        ("```\nnever closed $x$", "```\nnever closed <$x$>"),
        (">>> f(\n... x)\n... and so", "\x03>>> f(\x04\n\x03... x)\x04\n\x03... and so\x04"),
        ("... and so", "... and so"),
        ("a \x01 b \x06", "a   b  "),
    ],
)
def test_formulas_and_code_stand_between_marks(text: str, wanted: str) -> None:
    assert shown(text) == [wanted]


# ---- what each column says


def test_words_are_counted_outside_formulas_and_code() -> None:
    found = one(prose, "Let $f(x) = ax$ be the map.\n>>> the(the)\nThen 中文 \\alpha holds")
    assert (found["prose_words"], found["formulas"], found["stop_words"]) == (8, 2, 4)
    assert found["stop_word_share"] == 4 / 8 and found["word_length"] == (3 + 2 + 3 + 3 + 4 + 5) / 6


def test_numbers_are_the_words_without_a_letter_and_signs_are_none() -> None:
    assert one(prose, "a = 3 + 4 | x3 $5$ (7)")["letter_words"] == 2 / 5
    assert one(prose, "= - + | $x$")["letter_words"] == 1


def test_hashes_and_ellipses_count_where_prose_has_them() -> None:
    found = one(prose, "# A heading\nwait... or not… a #tag 1 + 2 + ... + n\n... cut")
    words_there = 9
    assert (found["hashes"], found["ellipses"]) == (1 / words_there, 2 / words_there)


def test_digits_and_signs_are_shares_of_characters() -> None:
    found = one(prose, "ab 12!  $9999$")
    assert (found["digit_share"], found["sign_share"]) == (2 / 4, 1 / 5)


def test_text_without_prose_is_not_judged_by_it() -> None:
    for text in ("", " \n", "$x^2$", "\\[ a \\]\n\n```\ncode();\n```"):
        found = one(prose, text)
        assert found["word_length"] is None and found["letter_words"] == 1 and found["prose_words"] == 0
        assert not any(one(lines, text).values()), text


@given(TEXTS)
def test_words_of_letters_are_those_of_the_one_profile(texts: list[str]) -> None:
    plain = docs(
        *[t.replace("\x01", "").replace("\x02", "").replace("`", "").replace(">", "").replace("...", "") for t in texts]
    )
    # what `\begin{box}` and `\label{a b}` are called is no prose for the scores, and is for the profile
    plain = plain.with_columns(
        pl.col("text").str.replace_all(rf"{WHOLE}|\\(?:begin|end|label)\{{[^{{}}\n]{{0,80}}\}}", "$x$")
    )
    found = plain.select(
        words(without_math(pl.col("text"))).list.eval(pl.element().str.contains(r"^[\p{L}\p{M}]")).list.sum()
    ).to_series()
    han = plain["text"].str.count_matches("中中") + plain["text"].str.count_matches("中[a-zé]|[a-zé]中")
    assert [n for n, h in zip(found, han, strict=True) if not h] == [
        n for n, h in zip(prose(plain)["prose_words"], han, strict=True) if not h
    ]


@pytest.mark.parametrize(
    ("column", "meant", "others", "not_asked"),
    [
        ("bullet_lines", ["- some item", "• another"], ["- $x$ is an item", "no item"], []),
        ("ellipsis_lines", ["it goes on..."], ["terms 2, 3, 5, ...", "this is it", "and $\\ldots$"], ["1, 2, ..."]),
        (
            "unended_lines",
            ["so it goes on", "Home | About"],
            ["This is so.", "let us see $x$", "for all:"],
            ["# A heading"],
        ),
        (
            "short_lines",
            ["Menu"],
            ["This line is short.", "let $x$ be", "an unusually verbose line without any ending"],
            [],
        ),
        ("brace_lines", ["the set {of all"], ["\\frac{1}{2} was all"], ["void main() {"]),
        ("boilerplate_lines", ["Please Log-In to read"], ["The catalog in to town."], ["    log in to it"]),
        ("pitch_lines", ["Now! buy-now Buy; now"], ["Buy it", "Now we hurry."], []),
    ],
)
def test_lines_of_prose_are_judged_by_their_characters(
    column: str, meant: list[str], others: list[str], not_asked: list[str]
) -> None:
    size = len("".join("".join(meant).split()))
    share = size / (size + len("".join("".join(others).split())))
    assert one(lines, "\n".join([*not_asked, *meant, "", *others]))[column] == pytest.approx(share)


def test_headings_tables_and_code_are_no_lines_of_prose() -> None:
    text = "# Heading of it\n| some | table |\n    indented code\nfunction f() {\n}\n\ttabbed\n1 + 2 = 3\nx = y z\n"
    text += "```\nfenced {\n```\n>>> prompt\n"
    assert not any(one(lines, text).values())
    assert one(lines, text + "One line here.")["line_breaks"] == 1 / 3


def test_phrases_are_counted_and_a_recipe_may_bring_its_own(tmp_path: Path) -> None:
    assert one(lines, "Log in to buy now, all rights reserved. Buy now!")["phrases"] == 4
    (tmp_path / "own.txt").write_text("# mine\nkeep out\n")
    mine = (beside(tmp_path / "own.txt"),)
    assert one(lines, "Keep out\nlog in to it", boilerplate=mine, ours=False)["boilerplate_lines"] == 7 / 16
    (tmp_path / "own.txt").write_text("page 404\n")
    with pytest.raises(CurateError, match="'page 404' is no phrase of at most 6 words of letters"):
        one(lines, "x", pitch=(beside(tmp_path / "own.txt"),))


def test_stop_words_are_single_words() -> None:
    assert one(prose, "le la et", stop_words=["Le", "et"])["stop_words"] == 2
    with pytest.raises(CurateError, match="stop_words: "):
        prose(docs("x"), stop_words=["l'on"])
    with pytest.raises(CurateError, match="stop_words: 'of the' is no word of letters"):
        prose(docs("x"), stop_words=["of the"])
    assert len(STOP_WORDS) == len(set(STOP_WORDS)) == 37


def test_a_formula_is_one_word_of_a_run() -> None:
    derivation = "\\[ a + b = c + d \\]\n" * 10
    assert one(repetition, f"{derivation}So it is.")["repeated_lines"] == 0
    assert one(repetition, "so $x + y$ is and $y$ too " * 2)["repeated_ngrams"] == 0
    assert one(repetition, "so it is and it is so or is it not " * 2)["repeated_ngrams"] == 0.5


def test_runs_of_words_have_one_word_and_more() -> None:
    for name in ("top", "span"):
        with pytest.raises(CurateError, match=f"{name}: "):
            find("score", "repetition").validated({name: 0})


# ---- promises


@given(TEXTS, st.integers(1, 3))
def test_scores_are_shares_of_any_text_and_batches_do_not_matter(texts: list[str], size: int) -> None:
    frame = docs(*texts)
    for score in SCORES:
        whole = score(frame)
        assert whole.equals(pl.concat([score(part) for part in frame.iter_slices(size)] or [score(frame)]))
        for column in whole:
            if column.dtype == pl.Float64 and column.name not in PER_WORD:
                assert column.is_between(0, 1).all(), column.name
            assert not (column.dtype.is_float() and column.is_nan().any()), column.name


LINE = st.lists(
    st.sampled_from(["the", "set", "of", "a", "12", "…", "-", "log", "in", "to", "x", "now."]), max_size=8
).map(" ".join)


@given(
    st.lists(LINE, min_size=1, max_size=8),
    st.integers(0, 8),
    st.sampled_from(["$q_1^2$", "\\[ u = v \\]", "\\(w\\)", "\\beta"]),
)
def test_a_formula_on_a_line_of_its_own_changes_no_verdict(text: list[str], at: int, formula: str) -> None:
    before, after = "\n".join(text), "\n".join([*text[:at], formula, *text[at:]])
    assert one(prose, after) | {"formulas": 0} == one(prose, before)
    assert one(lines, after) == one(lines, before)
    old, new = one(repetition, before), one(repetition, after)
    assert all(new[c] <= old[c] + 1e-12 for c in old)


@given(LINE, st.integers(0, 8), st.sampled_from(["$q_1^2$", "\\(w\\)"]))
def test_a_formula_among_words_changes_none_of_their_counts(line: str, at: int, formula: str) -> None:
    there = line.split()
    assert one(prose, " ".join([*there[:at], formula, *there[at:]])) | {"formulas": 0} == one(prose, " ".join(there))


HOSTILE = [
    "\\[",
    "\\(",
    "\\begin{align}",
    "$",
    "$a",
    "\\a{",
    "```\n",
    ">>> a\n",
    "\\(é",
    "log in ",
    "a ",
    "\n",
    "- ",
    "the\n",
    "\x01",
    "é…",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_texts_take_linear_time(piece: str) -> None:
    text = docs(piece * (2_000_000 // len(piece.encode())))
    for score in SCORES:
        score(docs("compiled"))
    started = time.process_time()
    for score in SCORES:
        score(text)
    assert time.process_time() - started < 3
