"""The figures that say how text behaves, on texts small enough to count by hand."""

import numpy as np
import polars as pl
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from benchmarks import _near_duplicates, _text_statistics
from benchmarks._text_statistics import Words


def numbered(*types: int, pages: tuple[int, ...] = ()) -> Words:
    return Words(np.array(types, np.int64), np.array(pages or [0] * len(types), np.uint32))


# ---- words ------------------------------------------------------------------------------------------------------------------


def test_words_are_lower_cased_letters_outside_formulas_with_the_page_they_stand_on() -> None:
    words = _text_statistics.encode(["The cat, the $x^{cat}$ cat's 42", "", r"cat \(cat\)"])
    assert len(words.types) == 5
    assert words.types[0] == words.types[2] != words.types[1] == words.types[4] != words.types[3]
    assert words.pages.tolist() == [0, 0, 0, 0, 2]


def test_formulas_count_as_words_where_they_are_asked_for() -> None:
    words = _text_statistics.encode(["so $x$ is $x$"], r"\S+", formulas=True)
    assert len(words.types) == 4
    assert words.types[1] == words.types[3]


def test_nothing_has_no_words_and_no_figures() -> None:
    words = _text_statistics.encode([""])
    assert len(words.types) == 0
    assert _text_statistics.hapax(words) is None
    assert _text_statistics.repeated(words, 3) == (None, None)
    assert _text_statistics.growth(words, [10]) == [0]


# ---- growth and frequency ---------------------------------------------------------------------------------------------------


def test_growth_counts_the_types_among_the_first_words() -> None:
    assert _text_statistics.growth(numbered(7, 7, 3, 7, 5, 3), [1, 2, 3, 5, 6]) == [1, 1, 2, 3, 3]


def test_the_heaps_exponent_is_that_of_the_law_that_made_the_words() -> None:
    types = np.floor(np.arange(1, 40_001) ** 0.6)  # a new type whenever this grows
    assert _text_statistics.heaps(numbered(*types.tolist())) == pytest.approx(0.6, abs=0.01)


def test_the_heaps_exponent_of_words_that_never_recur_is_one_and_of_few_words_unknown() -> None:
    assert _text_statistics.heaps(numbered(*range(5000))) == pytest.approx(1)
    assert _text_statistics.heaps(numbered(*range(3999))) is None


def test_hapax_is_the_share_of_types_that_occur_once() -> None:
    assert _text_statistics.hapax(numbered(1, 2, 2, 3, 3, 3, 4)) == pytest.approx(2 / 4)


def test_the_zipf_slope_is_that_of_the_frequencies() -> None:
    counts = [round(10_000 / rank) for rank in range(1, 101)]
    words = numbered(*np.repeat(np.arange(100), counts).tolist())
    assert _text_statistics.zipf(words, 1, 100) == pytest.approx(-1, abs=0.01)
    assert _text_statistics.zipf(words, 10, 101) is None


# ---- repetition -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 13])
def test_repeated_n_grams_are_those_that_counting_finds(n: int) -> None:
    types = [i * i % 7 for i in range(60)] + [i * 3 % 11 for i in range(60)]
    pages = [0] * 25 + [1] * 35 + [2] * 60
    grams = [(pages[i], tuple(types[i : i + n])) for i in range(len(types) - n + 1) if pages[i] == pages[i + n - 1]]
    again = [sum(gram == other for _, other in grams) > 1 for _, gram in grams]
    elsewhere = [any(gram == other and page != at for at, other in grams) for page, gram in grams]
    found = _text_statistics.repeated(numbered(*types, pages=tuple(pages)), n)
    assert found == pytest.approx((np.mean(again), np.mean(elsewhere)))


def test_an_n_gram_does_not_reach_over_two_pages() -> None:
    assert _text_statistics.repeated(numbered(1, 2, 3, 4, pages=(0, 0, 1, 1)), 3) == (None, None)


def test_repetition_on_one_page_is_none_on_another() -> None:
    assert _text_statistics.repeated(numbered(1, 2, 1, 2, pages=(0, 0, 0, 0)), 2) == (pytest.approx(2 / 3), 0)


def test_figures_that_need_more_text_than_there_is_are_unknown() -> None:
    few = _text_statistics.encode(["one two three four " * 1000])
    found = _text_statistics.sized(few, few, [3_000, 10_000])
    assert found["types, 3k words"] == 4
    assert found["types, 10k words"] is None
    assert found["repeated 3-grams, 10k words"] is None


# ---- length and characters --------------------------------------------------------------------------------------------------


def test_a_sentence_ends_at_a_stop_before_a_blank_and_not_at_a_decimal_point() -> None:
    text = "A heading without a stop\n\nThe value is 3.14 at $x. y$ here. It is\nsmall! (Is it so?) Yes."
    found = _text_statistics.lengths([text])
    assert found["sentence words p50"] == 3  # 7, 3 and 3; `Yes.` is too short to be one
    assert found["sentence words mean"] == pytest.approx(13 / 3)
    assert found["page words p50"] == len(text.split())


def test_japanese_is_counted_by_letters() -> None:
    found = _text_statistics.lengths(["数は三。これは偶数です。"], characters=True)
    assert found["page words p50"] == 10
    assert found["sentence words mean"] == 5
    assert found["letters per word"] is None


def test_classes_formulas_and_commands_are_counted() -> None:
    found = _text_statistics.characters([r"ab 12, $\alpha$", "plain words"])
    assert found["digits share"] == pytest.approx(2 / 23)
    assert found["letters share"] == pytest.approx(17 / 23)
    assert found["punctuation share"] == pytest.approx(4 / 23)
    assert found["TeX commands per 100 words"] == pytest.approx(100 / 5)
    assert found["formulas per page"] == 0.5
    assert found["formula characters p50"] is None  # too few to speak of


def test_the_length_of_a_formula_leaves_out_its_delimiters() -> None:
    found = _text_statistics.characters([r"$abc$ and $$abcde$$ " * 60])
    assert (found["formula characters p10"], found["formula characters p90"]) == (3, 5)


# ---- compression ------------------------------------------------------------------------------------------------------------


def test_the_head_has_exactly_the_bytes_asked_for_or_is_unknown() -> None:
    assert _text_statistics.head(["abcd", "efgh", "ijkl"], 7) == ["abcd", "ef"]
    assert _text_statistics.head(["abcd", "efgh"], 12) is None


def test_text_from_a_template_deflates_and_encodes_better_than_text_of_random_letters() -> None:
    letters = np.random.default_rng(0).integers(97, 123, (400, 300), np.uint8)
    wild = ["".join(map(chr, row)) for row in letters]
    tame = [f"The train number {n} leaves the old station at noon and comes back at night. " * 4 for n in range(400)]
    assert _text_statistics.deflated(tame) > 5 * _text_statistics.deflated(wild)
    mild, strict = (_text_statistics.own_bpe(texts, 50_000, vocab=600) for texts in (tame, wild))
    assert mild is not None
    assert strict is not None
    assert mild > 2 * strict
    assert _text_statistics.own_bpe(tame, 49_999) is None


def test_bytes_per_token_counts_bytes_of_utf8() -> None:
    tokenizer = Tokenizer(models.WordLevel({"é": 0, "a": 1}, unk_token="a"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    assert _text_statistics.bytes_per_token(["é é", "a"], tokenizer) == pytest.approx(6 / 3)


# ---- near duplicates --------------------------------------------------------------------------------------------------------


def words(start: int, count: int = 100) -> str:
    return " ".join(f"w{n}" for n in range(start, start + count))


def test_an_equal_text_is_found_once_for_each_that_comes_later() -> None:
    assert _near_duplicates.equal(["a", "b", "a", "a"]).tolist() == [False, False, True, True]


def test_near_duplicates_are_those_of_the_true_jaccard_similarity() -> None:
    texts = [words(0), words(1000), words(5), words(40), words(0), words(0, 3), words(0, 3) + " "]
    # 5 words on: 91 of 101 5-grams in common; 40 words on: 56 of 136; the equal and the short ones are not near
    assert _near_duplicates.near(texts).tolist() == [False, False, True, False, False, False, False]


def test_near_duplicates_without_blanks_are_compared_by_letters() -> None:
    text = "".join(chr(0x4E00 + n) for n in range(100))
    near = _near_duplicates.near([text, text[2:]], letters=[True, True])
    assert near.tolist() == [False, True]
    assert not _near_duplicates.near([text, text[2:]]).any()


def test_near_duplicates_are_found_across_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [words(1000 * n) for n in range(5)] + [words(3)]
    monkeypatch.setattr(_near_duplicates, "BATCH", 2)
    assert pl.Series(_near_duplicates.near(texts)).arg_true().to_list() == [5]
    assert _near_duplicates.near([]).tolist() == []
