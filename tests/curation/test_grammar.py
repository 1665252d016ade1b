"""The grammar of the banks and its native writer."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.embedded._grammar import LONGEST, Bank, Voice
from curation.embedded._inflect import inflected
from curation.synth.families._rng import Rng


def said(text: str, section: str = "s", key: int = 0, theme: str | None = None) -> str:
    return Voice(Bank(text), Rng("test", key), theme).say(section)


def many(text: str, count: int = 200, theme: str | None = None) -> set[str]:
    words = Bank(text)
    return {Voice(words, Rng("test", key), theme).say("s") for key in range(count)}


def test_a_slot_takes_each_line_of_its_section():
    assert many("= s\n<a> <b|c>\n= a\nx\ny") == {"x b", "x c", "y b", "y c"}


def test_a_range_gives_all_its_numbers_and_no_other():
    assert many("= s\n<-1-3>") == {"-1", "0", "1", "2", "3"}
    skewed = [int(said("= s\n<1~1000>", key=key)) for key in range(400)]
    assert min(skewed) >= 1 and max(skewed) <= 1000 and sum(n <= 100 for n in skewed) > 150


def test_commas_stand_between_thousands():
    assert all(re.fullmatch(r"\d{1,3}(,\d{3})+", text) for text in many("= s\n<1,000~9,000,000>"))


@pytest.mark.parametrize(
    ("word", "article"),
    [("apple", "an"), ("boat", "a"), ("hour", "an"), ("house", "a"), ("university", "a"), ("uncle", "an"), ("8-bit word", "an"),
     ("one-way street", "a"), ("European", "a"), ("honest man", "an"), ("user", "a"), ("11 year old", "an"), ("18", "an"), ("180", "a"),
     ("uninhabited island", "an"), ("onerous task", "an"), ("honey jar", "a"), ("ukulele", "a"), ("utility", "a")],
)  # fmt: skip
def test_the_article_goes_with_what_follows(word, article):
    assert said(f"= s\nfind <an> <w>\n= w\n{word}") == f"find {article} {word}"


def test_the_article_goes_with_a_fixed_word_too():
    assert said("= s\n<an> evening and <an> boat") == "an evening and a boat"


def test_what_is_left_out_leaves_no_trace():
    assert many("= s\nthe <?adj> cat <?adj>, and more\n= adj\nold") == {
        "the cat, and more", "the old cat, and more", "the cat old, and more", "the old cat old, and more"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("word", "capital"),
    [
        ("éclair", "Éclair"), ("über", "Über"), ("слово", "Слово"), ("яма", "Яма"), ("ёж", "Ёж"), ("łoś", "Łoś"), ("śnieg", "Śnieg"),
        ("żaba", "Żaba"), ("ćma", "Ćma"), ("“go", "“Go"),
    ],
)  # fmt: skip
def test_capitals_are_those_of_the_alphabet(word, capital):
    assert said(f"= s\n<^w>\n= w\n{word}") == capital


def test_a_name_stays_the_same_and_differs_from_the_others():
    words = Bank("= s\n<@who> met <@who2>; <@who> left\n= who\n" + "\n".join(f"name{i}" for i in range(9)))
    for key in range(50):
        first, second, again = re.findall(r"name\d", Voice(words, Rng(key)).say("s"))
        assert first == again != second


def test_a_name_can_be_given():
    words = Bank("= s\nby <@author>\n= author\nnobody")
    voice = Voice(words, Rng(0))
    voice.keep("author", "Ann")
    assert voice.say("s") == "by Ann" and voice.kept("author") == "Ann"


def test_a_theme_colours_what_is_said_and_nothing_else():
    text = "= s\n<~thing> <adj>\n= thing\ncup\n= thing/sea\nboat\n= adj\nred"
    assert many(text, theme="sea") == {"boat red", "cup red"} and many(text) == {"cup red"}


def test_first_lines_of_a_skewed_section_are_frequent():
    words = Bank("= s ~\n" + "\n".join(str(i) for i in range(100)))
    drawn = [int(Voice(words, Rng(key)).say("s")) for key in range(1000)]
    assert sum(n < 10 for n in drawn) > 350 and max(drawn) > 80


def test_recursion_without_end_ends():
    assert len(said("= s\nall the <s>\nmore <s> and <s>\n")) < 2_000_000


def test_a_long_name_is_cut_and_nothing_breaks():
    assert len(said("= s\n<@long>\n= long\n" + "x" * 1000)) == 1000
    words = Bank("= s\n<@long> <@long>\n= long\n" + "x" * 1000)
    assert len(Voice(words, Rng(0)).say("s")) == 1000 + 1 + LONGEST


def test_the_same_key_gives_the_same_text():
    text = "= s\n<a> <1-1000000>\n= a\nx\ny"
    assert said(text, key=5) == said(text, key=5)
    assert len({said(text, key=key) for key in range(100)}) > 90


@pytest.mark.parametrize(
    ("line", "kind", "forms"),
    [
        ("box", "noun", "box boxes"), ("city", "noun", "city cities"), ("day", "noun", "day days"),
        ("child/children", "noun", "child children"),
        ("stop", "verb", "stop stops stopped stopped stopping"), ("wait", "verb", "wait waits waited waited waiting"),
        ("carry", "verb", "carry carries carried carried carrying"), ("make//made", "verb", "make makes made made making"),
        ("see//saw/seen/seeing", "verb", "see sees saw seen seeing"), ("lie", "verb", "lie lies lied lied lying"),
        ("agree", "verb", "agree agrees agreed agreed agreeing"), ("happy", "adjective", "happy happily"),
        ("basic", "adjective", "basic basically"), ("gentle", "adjective", "gentle gently"), ("quick", "adjective", "quick quickly"),
    ],
)  # fmt: skip
def test_words_bend_as_in_english(line, kind, forms):
    assert " ".join(inflected(line, kind).values()) == forms


def test_a_phrase_bends_its_verb():
    assert inflected("pick up", "verb")[".ing"] == "picking up"


@given(
    st.text(
        st.characters(exclude_characters="<>|\0", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")),
        min_size=1,
        max_size=300,
    )
)
def test_plain_text_comes_out_as_it_stands(text):
    line = text.lstrip("=#?").strip()
    if line and not re.match(r"\d+\*", line):
        assert said(f"= s\n{line}") == line


def test_an_unknown_section_is_an_error_when_the_bank_is_read():
    with pytest.raises(KeyError, match="nowhere"):
        Bank("= s\n<nowhere>")
