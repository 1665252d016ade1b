"""Written equations: what holds, what does not, and above all what is not ours to judge."""

import random
import time
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.verify.arithmetic import arithmetic

HOLD = [
    "So 3 + 4 = 7.",
    "2+3 = 5 = 10/2",
    "$3 \\times 4 = 12$",
    "\\(\\frac{1}{2} + \\frac13 = \\dfrac{5}{6}\\)",
    "\\[ 2^{10} = 1{,}024 \\]",
    "1,234 + 1 = 1,235",
    "$5 * 3 = $15",
    "\\$5 \\cdot 3 = \\$15",
    "5 apples + 3 apples = 8 apples",
    "20% of 50 = 10",
    "48/2 = <<48/2=24>>24",
    "10 ÷ 4 = 2.5",
    "7 − 9 = −2",
    "2(3 + 4) = 14",
    "5² = 25",
    "1/3 = 0.33",
    "2/3 = 0.66",
    "2/3 = 0.67",
    "22/7 ≈ 3.14",
    "100 \\cdot 99 \\approx 10000",
    "10/50 * 100 = 20%",
    "10 / 50 = 20%",
    "x &= 3 + 4 \\\\\n&= 7",
    "3 hours * 60 minutes = 180 minutes",
    "5 x 3 = 15",
    "2^{-1} = 1/2",
    "She paid 3 * $2.50 = $7.50 in all",
    "\\boxed{3 + 4 = 7}",
    "[(1 + 2) * 3] = 9",
    "3 + 4\n= 7",
]
WRONG = [
    "So 3 + 4 = 8.",
    "2+3 = 5 = 10/5",
    "$3 \\times 4 = 13$",
    "\\(\\frac{1}{2} + \\frac13 = \\frac{4}{6}\\)",
    "1,234 + 1 = 1,335",
    "$5 * 3 = $16",
    "5 apples + 3 apples = 9 apples",
    "20% of 50 = 11",
    "48/2 = <<48/2=25>>24",
    "Wait, 7*8 = 54, no, 56",
    "1/3 = 0.36",
    "22/7 ≈ 4.14",
    "x &= 3 + 4 \\\\\n&= 8",
    "2(3 + 4) = 10",
    "x = 3 + 4 = 8",
    "10 - 4 = -6",
    "If each costs $2, then 3 * 2 = 7.",
]
SKIPPED = [
    "5x + 3 = 18",
    "f(3) = 7",
    "x_1 = 3 + 1",
    "\\log 100 = 2 + 1",
    "1 m = 100 cm",
    "1 m * 2 = 200 cm",
    "101_2 + 1 = 5",
    "5! = 120 + 1",
    "8 = 1 \\pmod 7",
    "3 * 5 = 1 \\pmod 6",
    "2^{-1} = 2 * 2 mod 7",
    "C(5,2) = 10 + 1",
    "(1,2) = 3 + 4",
    "3:15 + 1 = 5",
    "3:15 = 9 - 1",
    "10 = 5 R 0",
    "11/2 = 5 R 1",
    "2 3/4 = 11/5",
    "2\\frac{3}{4} = 6/5",
    "we cannot have 2+2=5",
    "if 0 = 1",
    "if 2 + 2 = 5 then",
    "check: 3+4 = 8? No",
    "suppose 3 + 4 = 8",
    "3 + 4 \\ne 8 = 2 * 5",
    "this contradicts 3 + 4 = 8",
    "half of 20 + 2 = 11",
    "twice 5 + 1 = 12",
    "3 + 4 = 8x",
    "x + 3 + 4 = 5",
    "\\sqrt{16} = 4 + 1",
    "|3 - 5| = 4 - 1",
    "2 hours = 60 * 3 minutes",
    "1 + 2 + ... + 10 = 56",
    "1+2+\\dots+10 = 56",
    "3 + 4 = 8 \\cdot k",
    "3 + 4 = 8 million",
    "-2^2 = 4 * 2",
    "60 / 3/4 = 80",
    "12/ 1/4 = 48",
    "25 / 4 = 6",
    "10/3 = 3.3",
    "33.33 * 3 = 100",
    "1/3 = 0.34",
    "2 + 3 = 5 * 4 = 20",
    "3 * 11 * 130 = 3 * 11 = 33",
    "weeks 1-2 = 96 - 70",
    "15 + 103 = 118,103 is prime",
    "in base 8, 7 + 1 = 10",
    "8 + 7 = 3 pm",
    "2 * 3 = 2^3 + 3^2",
    "\\frac 26, \\frac 28 = \\frac 13, \\frac 14",
    "5 = 7",
    "12/25/2020 = 3 x",
    "3 = \\dfrac{1}{3}BP",
    "\\frac{49}{21}=\\frac{58}{3\\,EF}",
    "48 = 100% + 20% of it",
    "3 / 21 * 100% = 14.28",
    "[(8 miles) / (1 hour)] = 1",
    "0900-0130 = 0730",
    "1 hour + 30 minutes = 90 minutes",
    "3 dozen + 1 = 37",
    "let 2 + 2 = 5",
    "3 + 4 == 8",
    "3 + 4 <= 8",
    "3 + 4 => 8",
    "sin 30 + 1 = 2",
    "14, 400 / 80 = 180",
    "1,5 + 1 = 3",
    "10 +\n3 + 4 = 17",
    "3 + 4 = 8\n\\times 2",
    "x = 3 and y = 4",
    "The ratio 3 : 4 = 6 / 7",
    "0.\\overline{3} * 3 = 2",
    "3^{2000} = 5 + 1",
    "2^2^3 = 5 + 1",
    "5 / 0 = 3 + 1",
    "2 ◦ 3 = 4 + 4",
    "٣ + ٤ = ٨ - 0",
]


def verdicts(*texts: str | None) -> pl.DataFrame:
    return arithmetic(
        pl.DataFrame(
            {"id": [str(i) for i in range(len(texts))], "text": texts}, schema={"id": pl.String, "text": pl.String}
        )
    )


@pytest.mark.parametrize("text", HOLD)
def test_what_holds_is_said_to_hold(text: str) -> None:
    assert verdicts(text).row(0)[0] is True


@pytest.mark.parametrize("text", WRONG)
def test_what_does_not_hold_is_said_to_be_wrong(text: str) -> None:
    assert verdicts(text).row(0)[0] is False


@pytest.mark.parametrize("text", SKIPPED)
def test_what_may_mean_something_else_is_never_called_wrong(text: str) -> None:
    assert verdicts(text).row(0)[0] is not False


def test_the_columns_say_how_many_and_which() -> None:
    found = verdicts("1 + 1 = 2. Then 2 + 2 = 5 and 3 + 3 = 7.", "1 + 1 = 2", "nothing", None)
    assert found.rows() == [
        (False, 3, 2, 2, "2 + 2 = 5"), (True, 1, 0, 0, "all hold"), (None, 0, 0, 0, "no equation to check"),
        (None, 0, 0, 0, "no equation to check"),
    ]  # fmt: skip
    assert found.dtypes == [pl.Boolean, pl.UInt32, pl.UInt32, pl.UInt32, pl.String]


@pytest.mark.parametrize(
    ("text", "standing"),
    [
        ("7 * 8 = 54. Wait, 7 * 8 is 56.", 0),
        ("7 * 8 = 54.\n\nHmm, that is wrong: it must be 56.", 0),
        ("10 / 3 = 5. No, that is a mistake.", 0),
        ("7 * 8 = 54. Wait, is there another way to see it?", 1),
        ("7 * 8 = 54. So there are 54 of them.", 1),
        ("7 * 8 = 54. So 56 - 2 are left.", 1),
        ("7 * 8 = 54. " + "We go on with something else. " * 20 + "Wait, it is 56.", 1),
        ("7 * 8 = 54. Wait, it is 56. And 2 + 2 = 5.", 1),
    ],
)
def test_a_wrong_equation_that_is_put_right_does_not_stand(text: str, standing: int) -> None:
    found = verdicts(text)
    assert found["arithmetic_standing"].to_list() == [standing]
    assert found["arithmetic_wrong"][0] >= 1
    assert found["arithmetic"][0] is False


@pytest.mark.parametrize(
    "text",
    [
        "=" * 1_000_000,
        "1" * 1_000_000,
        "(" * 1_000_000 + "= 1",
        "1=" * 500_000,
        "(" * 10_000 + "1 + 1" + ")" * 10_000 + " = 2",
        "1+" * 500_000 + "1 = 2",
        "٣=٤ " * 250_000,
        " " * 1_000_000 + "=",
        "\n" * 1_000_000 + "=",
        "\\frac{" * 100_000 + "=",
        "1 + 1 = 3 " * 100_000,
        "$" * 1_000_000 + "=",
        "<<1=" * 250_000,
        "9^" * 300_000 + "9 = 1",
        "9^64 * 9^64 * 9^64 = 1",
        "a b c d " * 100_000 + "= 3",
        "1 + 1 = 3\n" * 100_000,
        "\\\\ " * 300_000 + "=",
        "is " * 300_000 + "1 + 1 = 3",
        "x = 1. " * 140_000,
        "mod 1 = 2\n" * 100_000,
        "1,000" * 200_000 + " = 1",
        "- " * 500_000 + "= 1",
        "'a" * 500_000 + "=",
        "a-" * 500_000 + "= 1 + 1",
    ],
    ids=lambda text: text[:12],
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    start = time.process_time()
    verdicts(text)
    assert time.process_time() - start < 20


@given(st.text(alphabet="0123456789+-*/^=().,{}$%\\ \nxabm<>:≈×²", max_size=80))
def test_no_text_raises(text: str) -> None:
    verdicts(text)


def _expression(rng: random.Random, depth: int) -> tuple[str, Fraction, int]:
    """Spelling, value and binding strength (3 an atom, 2 a product, 1 a sum) of a random calculation."""
    if depth == 0 or rng.random() < 0.2:
        n = rng.randint(1, 1500)
        return (f"{n:,}" if rng.random() < 0.3 else str(n)), Fraction(n), 3
    (a, x, s), (b, y, t) = _expression(rng, depth - 1), _expression(rng, depth - 1)
    kind = rng.choice("+-*/f")
    if kind == "f" and y:
        return "\\" + rng.choice(["", "d", "t"]) + f"frac{{{a}}}{{{b}}}", x / y, 3
    if kind in "+-":
        b = f"({b})" if t == 1 else b
        return (
            f"{a}{rng.choice([' + ', '+']) if kind == '+' else rng.choice([' - ', '-', ' − '])}{b}",
            x + y if kind == "+" else x - y,
            1,
        )
    a, b = (f"({a})" if s < 3 else a), (f"({b})" if t < 3 else b)
    if kind == "/" and y:
        return a + rng.choice([" / ", "/", " ÷ ", " \\div "]) + b, x / y, 2
    return a + rng.choice([" * ", "*", " × ", " \\times ", " \\cdot "]) + b, x * y, 2


@given(st.integers(0, 10**9))
def test_random_calculations_are_right_with_their_value_and_wrong_with_another(seed: int) -> None:
    rng = random.Random(seed)
    text, value, strength = _expression(rng, rng.randint(1, 3))
    if (strength == 3 and "frac" not in text) or value.denominator > 10**9 or abs(value.numerator) > 10**15:
        return
    if strength == 2 and value == 1 and "frac" not in text and len(text) < 4:
        return
    before, after = rng.choice(
        [("So ", "."), ("$", "$"), ("\\[ ", " \\]"), ("\\(", "\\)"), ("", ""), ("We get ", " in all")]
    )
    for shift, holds in ((0, True), (rng.choice([-7, 3, 11, 1234]), False)):
        said = value + shift
        written = str(said) if said.denominator == 1 else f"{said.numerator}/{said.denominator}"
        found = verdicts(f"{before}{text} = {written}{after}").row(0)[0]
        assert found is holds or (found is None and not holds and (said.denominator > 1 or value < 0 < said)), (
            text,
            written,
        )
