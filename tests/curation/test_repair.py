"""What encodings and invisible characters have done to a text is undone, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.extract._marks import CLOSE, CODE, END, OPEN
from curation.extract._repair import IN_PROSE, repair, undo_mojibake, unusual

CLEAN = (
    "The sum of “three” angles is 180° — always; cf. §3.1, Erdős & Rényi, 5 × 3 ≤ 16 €",
    "Größe „außen“ und Straße, Übung … Maß",
    "Où l’on a posé « f » à côté, déjà – ÇA, ŒUVRE, Noël",
    "Теорема Пифагора: «квадрат» — это № 5",
    "Το θεώρημα του Πυθαγόρα, αυτό έχει ήδη",
    "勾股定理：在直角三角形中，斜边的平方　等于两直角边的平方和。",
    "三平方の定理（ピタゴラス）ｆ（ｘ）＝０、①②",
    "피타고라스 정리는 직각 삼각형의",
    "مبرهنة فيثاغورس، في الهندسة ١٢٣",
    "قضیهٔ فیثاغورس می\u200cگوید",
    "पाइथागोरस प्रमेय क्\u200dष",
    "משפט פיתגורס, „שלום“",
    "ÁÉÍÓÚ ÂÊÔ ÃÕ Ç: AÇÃO, NÃO, MANHÃ; Ð Þ ß ð þ, ÆØÅ, Łódź, Škoda, çé",
    "👩\u200d🔬 and 🏳️\u200d🌈",
)


@pytest.mark.parametrize("text", CLEAN)
def test_clean_text_of_any_language_stays_as_it_is(text: str) -> None:
    assert repair(text) == text
    assert repair("\n".join(CLEAN)) == "\n".join(CLEAN)


@pytest.mark.parametrize("text", CLEAN[:12])
def test_text_read_as_windows_1252_is_read_right_again(text: str) -> None:
    wrong = text
    for _ in range(2):
        wrong = "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in wrong.encode())
        assert undo_mojibake(wrong) == text


def test_a_single_wrong_quote_among_right_accents_is_mended_and_french_spacing_is_not_touched() -> None:
    right = "Il a posé\xa0», été à côté, déjà né, où ça, créé, " * 20
    assert undo_mojibake(right + "Euclidâ€™s") == right + "Euclid’s"


@given(
    st.lists(
        st.sampled_from(
            [
                *r"\frac \alpha \{ \} { } ^ _ & \\ \& ' \, \; \! ~ \text{if } \left( \right) < > | \| x y 1 2".split(),
                " ",
                "π",
                "ℝ",
            ]
        )
    ).map("".join)
)
def test_tex_stays_as_it_is(tex: str) -> None:
    assert repair(tex) == tex
    assert repair(f"see {OPEN}${tex}${CLOSE} and {tex}") == f"see {OPEN}${tex}${CLOSE} and {tex}"


@given(st.text())
def test_repair_never_fails_and_a_second_one_changes_nothing(text: str) -> None:
    once = undo_mojibake(text)
    assert undo_mojibake(once) == once or len(once) < len(text)
    assert repair(repair(text)) == repair(text) or "&" in text or not text.isascii()


def test_all_characters_that_are_replaced_are_looked_for() -> None:
    assert unusual("".join(map(chr, range(0x110000)))) >= IN_PROSE.keys()
    assert unusual("".join(map(chr, range(0x20, 0x7F))) + "\t\n") == set()


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("a\u200bb\u00adc\ufeffd\u2060e\x00f\x7fg", "abcdefg"),
        ("a\u202eb\u2066c\u200ed", "abcd"),
        ("a\u00a0b\u2009c\u202fd", "a b c d"),
        ("a\u2028b\u2029c\r\nd\re\x85f", "a\nb\nc\nd\ne\nf"),
        ("ﬁnite ﬂow, eﬃcient", "finite flow, efficient"),
        ("x\u200dy, a\u200c b", "xy, a b"),
        ("x\U000e0041\U000e0042y", "xy"),
        ("Schur-Pad&eacute;, &amp;quot;yes&amp;quot;, 5&nbsp;m, it&rsquo;s", 'Schur-Padé, "yes", 5 m, it’s'),
        ("In HTML write &lt; for <", "In HTML write &lt; for <"),
        (f"In HTML {OPEN}$a &lt; b &amp;amp; c$ {CLOSE}", f"In HTML {OPEN}$a < b & c$ {CLOSE}"),
        (f"{CODE}x = '&lt;\u00a0ﬁ'\x00{END} &lt;", f"{CODE}x = '&lt; ﬁ'{END} <"),
        ("82.0Â° F and JosÃ© and â€œyesâ€\x9d", "82.0° F and José and “yes”"),
    ],
)
def test_what_is_broken_is_made_whole(broken: str, whole: str) -> None:
    assert repair(broken) == whole
