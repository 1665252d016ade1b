"""Scores mean what they say, on texts with and without mathematics."""

import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.read.jsonl import jsonl
from curation.score.language import language
from curation.score.latex_density import latex_density
from curation.score.length import length
from curation.score.prompt import prompt
from curation.score.repetition import repetition
from curation.text import MATH, without_math, words


def docs(*texts: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [str(i) for i in range(len(texts))], "text": list(texts)}, schema={"id": pl.String, "text": pl.String}
    )


def prose(text: str) -> str:
    return str(docs(text).select(without_math(pl.col("text"))).item())


@pytest.mark.parametrize(
    "formula",
    [
        "$x^2$",
        "$$\\int f$$",
        "\\(a<b\\)",
        "\\[ a \\]",
        "\\begin{align*} a &= b \\end{align*}",
        "\\frac{1}{2}",
        "\\alpha",
        "$5$",
    ],
)
def test_a_formula_is_mathematics(formula: str) -> None:
    assert prose(f"so {formula} holds").split() == ["so", "holds"]


@pytest.mark.parametrize("text", ["from $5 to $10 a day", "a \\\\ b", "50 % of 3 < 4", "C:\\", "$ 5 and $ 6"])
def test_prices_and_stray_signs_are_not(text: str) -> None:
    assert prose(text) == text


def test_prose_inside_commands_is_left_to_read() -> None:
    assert "a closed set" in prose("\\begin{theorem} Let it be \\emph{a closed set}. \\end{theorem}")


def test_words_keep_what_tells_formulas_apart() -> None:
    found = docs("Let \\Delta x^{10} ÄB").select(words(pl.col("text"))).item().to_list()
    assert found == ["let", "\\Delta", "x", "^", "{", "10", "}", "äb"]
    assert docs("").select(words(pl.col("text"))).item().to_list() == []


def test_density_is_a_share_of_characters() -> None:
    assert latex_density(docs("ab$x$cd", "", "plain", "$xyz$")).to_list() == [3 / 7, 0.0, 0.0, 1.0]


MARKUP = st.sampled_from(
    ["$", "$$", "\\(", "\\)", "\\[", "\\]", "\\begin{align}", "\\end{cases}", "\\emph", "\\a{b}", "é", " ", "中" * 300]
)


@given(st.lists(st.lists(MARKUP, max_size=20).map("".join), max_size=5))
def test_density_is_that_of_the_pattern_of_mathematics(texts: list[str]) -> None:
    frame = docs("before", *texts)[1:]
    inside = frame["text"].str.extract_all(MATH).list.join("").str.len_chars()
    assert latex_density(frame).to_list() == (inside / frame["text"].str.len_chars().clip(1)).to_list()


@pytest.mark.parametrize("piece", ["\\[ ", "$x$ ", "\\( \\begin{align} ", "$$", "\\(é", "\\[" * 2999 + "\\]"])
def test_hostile_markup_takes_linear_time(piece: str) -> None:
    text = docs(piece * (4_000_000 // len(piece.encode())))
    latex_density(docs("compiled"))
    started = time.process_time()
    assert 0 <= latex_density(text)[0] <= 1
    assert time.process_time() - started < 1


def test_a_prompt_is_how_a_text_begins_up_to_the_first_mark() -> None:
    texts = docs("Q:1\nAnswer: 2\nAnswer: 3", "no mark", "", "\nAnswer:")
    assert prompt(texts)["prompt"].to_list() == ["Q:1\nAnswer:", None, None, "\nAnswer:"]
    assert prompt(docs("a.b.c"), until=".")["prompt"].to_list() == ["a."]


def test_length_counts_characters_and_words() -> None:
    assert length(docs("ab  é\n", "")).rows() == [(6, 2), (0, 0)]


ENGLISH = "Let $f(x) = \\sum_{n} a_n x^n$ be a power series. Then the radius of convergence is given by the formula of Hadamard."
GERMAN = (
    "Es sei $f(x) = \\sum_{n} a_n x^n$ eine Potenzreihe, deren Koeffizienten reelle Zahlen sind. Dann ist der Radius des "
    "Kreises, in dem sie konvergiert, durch die Formel von Cauchy und Hadamard gegeben, was wir nun zeigen werden."
)


def test_language_is_judged_by_the_prose_around_formulas() -> None:
    found = language(docs(ENGLISH * 3, GERMAN * 3, "$x^2 + y^2$", ""))
    assert found["language"].to_list() == ["en", "de", None, None]
    assert found["language_score"].is_between(0, 1).all()
    assert (found["language_score"][:2] >= 0.65).all()


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=60), max_size=5))
def test_scores_are_shares_on_any_text(texts: list[str]) -> None:
    frame = docs(*texts)
    assert latex_density(frame).is_between(0, 1).all()
    assert language(frame)["language_score"].is_between(0, 1).all()
    assert all(column.is_between(0, 1).all() for column in repetition(frame))


def test_repetition_is_measured_in_lines_words_and_runs() -> None:
    found = repetition(
        docs(
            "a b c\nd e f\na  b c \n",
            "x y z " * 20,
            "one two three four five six seven eight nine ten " * 2,
            "all different",
        )
    )
    assert found["repeated_lines"].to_list() == [pytest.approx(1 / 3), 0, 0, 0]
    assert found["top_ngram"].to_list() == [pytest.approx(6 / 9), 1, pytest.approx(28 / 78), 0]
    assert found["repeated_ngrams"].to_list() == [0, pytest.approx(57 / 60), 0.5, 0]


def test_repetition_of_a_slice_is_that_of_its_texts() -> None:
    frame = docs("a a a a", "b c", "x y z x y z x y z", "")
    assert repetition(frame[1:3]).equals(repetition(frame)[1:3])


def test_english_mathematics_survives_the_language_clause(shared: Path) -> None:
    texts = pl.concat(list(jsonl(str(shared / "text" / "dev_valid.jsonl.gz"))))
    found = texts.with_columns(language(texts)).with_columns(
        kept=(pl.col("language") == "en") & (pl.col("language_score") >= 0.65),
        english=pl.col("lid176").list.get(0) == "en",
        sure=pl.col("lid176").list.get(1).cast(pl.Float64) >= 0.65,
    )
    share = {
        key: group["kept"].fill_null(False).mean() for key, group in found.filter("sure").group_by("label", "english")
    }
    assert share["math", True] >= 0.97 and share["other", True] >= 0.97 and share["other", False] <= 0.02


def test_other_languages_are_dropped(shared: Path) -> None:
    texts = pl.concat(list(jsonl(str(shared / "text" / "udhr_langid.jsonl.gz"))))
    found = texts.with_columns(language(texts)).filter(pl.col("language") == "en", pl.col("language_score") >= 0.65)
    assert set(found["iso639_3"]) <= {"eng", "sco", "njo"} and "eng" in set(found["iso639_3"])


def test_the_pattern_of_mathematics_compiles_in_both_engines() -> None:
    import duckdb

    assert duckdb.execute("select regexp_matches('so $x^2$ holds', ?)", [MATH]).fetchone() == (True,)
