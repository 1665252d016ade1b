"""Numbers partly in words, thousands behind spaces, mixed numbers, reasons behind an answer: read as what they say, and as no more."""

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval._units import spelled_out
from eval.grading import extract, grade
from eval.prompting import to_grade
from eval.specs import spec

POWERS = {"dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
RIGHT = [
    # what is said, the number that it is
    ("2 million", "2000000"),
    ("3.5 billion", "3,500,000,000"),
    ("2 thousand", "2000"),
    ("1.5 hundred", "150"),
    ("2-million", "2000000"),
    ("$2 million", "2000000"),
    ("2 million dollars", "2000000"),
    ("1.5 million people", "1500000"),
    ("-3 thousand", "-3000"),
    ("70 000", "70000"),
    ("70\u202f000", "70000"),
    ("70\u2009000 dollars", "70000"),
    ("1 234 567", "1234567"),
    ("3 000 km", "3000"),
    ("1½", "3/2"),
    ("2 ½", "2.5"),
    ("2½ hours", "5/2"),
    ("2 1/2", "5/2"),
    ("2 1/2 hours", "2.5"),
    ("2 and 1/2", "5/2"),
    ("2 and a half", "2.5"),
    ("2 and one half", "2.5"),
    ("3 and three-quarters", "3.75"),
    ("2 and ½ cups", "5/2"),
    ("5 m/s", "5"),
    ("5 cm^2", "5"),
    ("12 cm²", "12 square centimeters"),
]
WRONG = [
    ("2 million", "2"),
    ("2 million", "2000"),
    ("2 million", "200000"),
    ("2 thousand dollars", "2"),
    ("2 millionths", "2000000"),
    ("2 thousandths", "2000"),
    ("2 million less than 5", "2000000"),
    ("2 million times 3", "2000000"),
    ("2 million or 3 million", "2000000"),
    ("2 million, 3", "2000000"),
    ("2 million 300 thousand", "2000000"),
    ("not 2 million", "2000000"),
    ("12 13", "1213"),
    ("12 13", "12"),
    ("12 13", "13"),
    ("3 00", "300"),
    ("3 0000", "30000"),
    ("1 234 56", "123456"),
    ("70 000", "70"),
    ("70 000", "0"),
    ("1½", "11/2"),
    ("1½", "1/2"),
    ("1½", "1"),
    ("2 and 1/2", "2"),
    ("2 and 1/2", "1/2"),
    ("2 and 3/2", "7/2"),
    ("2 and 1/0", "2"),
    ("2 and a half", "2"),
    ("2 and a half less", "5/2"),
    ("2 or a half", "5/2"),
    ("5 cm^2", "25"),
    ("5 cm^2", "5 cm^3"),
    ("5 m/s", "5 km/h"),
]


def said(text: str, gold: str, **how: object) -> bool | None:
    """The verdict on a text behind "The answer is", which is the same in a box."""
    told = [grade(form.format(text), gold, **how).value for form in ("The answer is {}.", "So \\boxed{{{}}}")]  # type: ignore[arg-type]
    assert (told[0] is True) == (told[1] is True)
    return told[0]


@pytest.mark.parametrize(("text", "number"), RIGHT)
def test_a_number_is_what_its_words_say(text: str, number: str) -> None:
    assert said(text, number) is True
    assert grade(f"\\boxed{{{number}}}", text).value is True, "a gold answer is read alike"


@pytest.mark.parametrize(("text", "number"), WRONG)
def test_a_number_is_no_other_than_its_words_say(text: str, number: str) -> None:
    assert said(text, number) is not True


@pytest.mark.parametrize(("text", "gold"), [("2 and 1/2", "2, 1/2"), ("2 and 1/2", "\\frac12, 2"), ("2 and 3", "2, 3")])
def test_two_answers_with_an_and_stay_two(text: str, gold: str) -> None:
    assert said(text, gold) is True


@pytest.mark.parametrize("text", ["2 million", "2 and 1/2", "2\\text{ thousand}"])
def test_a_reward_wants_the_number_itself(text: str) -> None:
    for gold in ("2000000", "5/2", "2000", "2"):
        assert grade(f"\\boxed{{{text}}}", gold, strict=True).value is not True


@given(st.fractions(-10_000, 10_000, max_denominator=1), st.integers(0, 999), st.sampled_from([*POWERS]))
def test_a_word_for_a_power_of_ten_multiplies_exactly(whole: Fraction, part: int, word: str) -> None:
    value = Fraction(f"{whole}.{part:03}") * POWERS[word]
    assert said(f"{whole}.{part:03} {word}", str(value)) is True
    assert said(f"{whole}.{part:03} {word}", str(value + 1)) is not True
    if value:
        assert said(f"{whole}.{part:03} {word}", f"{whole}.{part:03}") is not True


@given(st.text(st.sampled_from("0123456789 ,./-$andhlfmionts½\\{}"), max_size=60))
def test_what_is_no_such_number_stays_as_it_is(text: str) -> None:
    assert spelled_out(text) == text or any(word in text for word in (*POWERS, "and"))


@pytest.mark.parametrize(
    ("phrase", "answer"),
    [
        ("5, as 2+3=5", "5"),
        ("5 because 2 + 3 = 5", "5"),
        ("5, since 10/2 = 5", "5"),
        ("**5** because 2+3=5", "5"),
        ("$1,234 since each pays the same", "$1,234"),
        ("12 apples, because 3 * 4 = 12", "12 apples"),
        ("12. (Checked with 3 examples)", "12"),
        ("12 (checked with 3 examples)", "12"),
        ("12.5, as there are 25 halves", "12.5"),
        ("70 000, as 7 * 10 000 = 70 000", "70 000"),
        ("1/2, as 2 of 4 are red", "1/2"),
    ],
)
def test_a_reason_is_none_of_the_answer(phrase: str, answer: str) -> None:
    assert extract(f"The answer is {phrase}.") == answer
    item = {"gold": [answer.strip("$")], "options": [], "kind": "math"}
    assert grade(**to_grade(spec("asdiv"), "few-shot", item, f" The answer is {phrase}.")).value is True


@pytest.mark.parametrize(
    "phrase",
    [
        "5, as 2+3=5, or 6",
        "5, since it could be 6",
        "5 if 2+3=5",
        "5, as long as x is 6",
        "5 as a percentage of 6",
        "5 as well as 6",
        "5, because 6 was wrong",
        "5 since otherwise it is 6",
        "5, as 2+3=6? No, 6",
        "5 times 6 because of that",
        "5 plus 6, as 2+3=5",
        "less than 5, as 2+3=5",
        "5 (mod 7)",
        "5 (or 6)",
        "5 (from 6, but who knows)",
        "5 (2+3)",
        "5 - 1, as 6 is too much",
        "either 5 or 6, because 2+3=5",
    ],
)
def test_a_reason_that_may_say_another_answer_leaves_the_reply_as_it_was(phrase: str) -> None:
    for mode in ("few-shot", "chat"):
        item = {"gold": ["5"], "options": [], "kind": "math"}
        told = grade(**to_grade(spec("asdiv"), mode, item, f" The answer is {phrase}."))  # type: ignore[arg-type]
        assert told.value is not True, told


LAST = {
    "So it is 70 000.": "70,000",
    "It costs $70 000 in all": "70,000",
    "That makes 1 234 567 steps": "1,234,567",
    "They are 12 13": "13",
    "They are 100 200 300 40": "40",
    "In 7 000 12": "12",
    "It is 3, 000": "000",
    "It takes 1½ hours": "1 1/2",
    "It takes 2 ½ hours": "2 1/2",
    "It takes ½ of it": "1/2",
    "So 2 and 1/2": "2 and 1/2",
    "Of 2 and 3": "3",
    "So \\boxed{1 \\frac{1}{4}}": "1 \\frac{1}{4}",
    "x^2 \\frac{1}{4}": "\\frac{1}{4}",
    "It is 3.5 million": "3.5 million",
    "It is $2 thousand a year": "2 thousand",
    "It is 2 thousandths": "2",
    "The answer is 12. (Checked with 3 examples)": "3",
    "The answer is 5, as 2+3=5": "5",
}
"""A reply, and its last number: the published protocol of word problems, whatever the reply says before."""


@pytest.mark.parametrize("reply", LAST)
def test_the_last_number_is_read_whole(reply: str) -> None:
    item = {"gold": ["5"], "options": [], "kind": "math"}
    assert to_grade(spec("gsm8k"), "few-shot", item, reply)["text"] == rf"\boxed{{{LAST[reply]}}}"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("So we need 70 000 of them", "70 000"),
        ("It makes 12 13", "13"),
        ("So we need 2 1/2 cups", "2 1/2"),
        ("So we need 1½ cups", "1½"),
        ("So we need 2 and 1/2 cups", "2 and 1/2"),
        ("So we need $1 \\frac{1}{4}$ cups", "1 \\frac{1}{4}"),
    ],
)
def test_the_last_number_of_any_reply_is_read_whole(text: str, answer: str) -> None:
    assert extract(f"Some words come first here. {text}") == answer


@pytest.mark.parametrize(
    "unit", ["5 000 ", "1½", "1 and ", "2 and 1/", "as 5 ", "5, as ", "5 because ", "(as 5)", "5 million "]
)
def test_long_replies_of_such_numbers_take_linear_time(unit: str) -> None:
    begun = time.process_time()
    for head in ("", "The answer is ", "\\boxed{"):
        text = head + unit * (100_000 // len(unit))
        extract(text)
        to_grade(spec("gsm8k"), "few-shot", {"gold": ["5"], "options": [], "kind": "math"}, text)
    assert time.process_time() - begun < 2.0
