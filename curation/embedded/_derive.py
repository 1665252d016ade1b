"""What worked computations share: how their numbers, polynomials and matrices are written, and the words between the steps.

A derivation draws its numbers first, computes with integers and fractions, and only then writes. So each equality that it prints is true
by construction, and `tests/curation/test_derivations.py` reads them back and checks them again. Decimals that stand for other numbers come
from `math.sqrt` and `_derive_decimals.py` by IEEE arithmetic, no other function of the C library: they are rounded alike on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from curation.embedded._page import Block
from curation.synth.families._algebra import terms
from curation.synth.families._family import tex
from curation.synth.families._rng import Rng

Derivation = Callable[[Rng], list[Block]]
Number = int | Fraction


def p(rng: Rng, *wordings: str) -> Block:
    """A paragraph in one of several wordings, some of its words exchanged for their like."""
    words = rng.choice(wordings).split(" ")
    for i, word in enumerate(words):
        if word in LIKE:
            words[i] = rng.choice(LIKE[word])
    return ("p", " ".join(words))


LIKE = {
    words.split()[0].replace("_", " "): tuple(word.replace("_", " ") for word in words.split())
    for words in (
        "gives yields produces leads_to", "find determine work_out", "largest greatest biggest", "smallest least", "corners vertices",
        "Since Because As", "since because as", "because since as",
        "computed calculated worked_out evaluated", "compute calculate work_out",
        "computes calculates works_out", "needed required called_for", "enough sufficient", "result outcome answer", "exactly precisely",
        "deviation discrepancy", "steps rounds stages", "quickly rapidly fast", "begins starts", "begin start",
        "Begin Start", "possibilities ways choices", "different distinct", "chosen picked selected", "shows reveals indicates",
        "reached attained", "last final", "Now Next Then", "wanted sought desired", "Together Altogether Taken_together",
        "easy simple straightforward", "Take Consider Let_us_take", "Consider Take Look_at", "Insert Substitute Put", "halfway midway",
        "Likewise Similarly In_the_same_way", "likewise similarly", "Each Every", "Both The_two", "Which What", "adds sums",
        "lies is", "lie are", "meets hits cuts", "vanishes is_zero", "vanish are_zero", "almost nearly",
        "entries numbers", "entry number", "remove eliminate get_rid_of", "determine fix specify",
        "describes represents", "Multiplying On_multiplying", "Subtracting On_subtracting", "keep retain",
        "arises comes_about", "alone by_themselves", "obtain get find", "become turn_into",
        "becomes turns_into", "touches meets", "decide settle", "always invariably", "directions vectors", "separately one_by_one",
        "indeed in_fact", "Indeed In_fact", "Further Moreover Besides",
        "formula rule", "method procedure", "Draw Sketch", "rounded to_the_digits_shown approximately",
        "Recall: Remember:", "easily readily", "tried tested", "try test",
    )
}  # fmt: skip
"""Words that may stand for each other in these paragraphs. None of them occurs in a formula."""


def show(formula: str) -> Block:
    """A displayed formula."""
    return ("p", f"$${formula}$$")


def nonzero(rng: Rng, low: int, high: int) -> int:
    """An integer in [low, high] other than 0."""
    value = rng.randint(low, high - 1)
    return value if value < 0 else value + 1


def power(x: str, exponent: int) -> str:
    """`x^3`, with no exponent 1 and nothing for 0."""
    return (
        "" if exponent == 0 else x if exponent == 1 else f"{x}^{exponent}" if exponent < 10 else f"{x}^{{{exponent}}}"
    )


def poly(values: Sequence[Number], x: str) -> str:
    """A polynomial from the coefficient of the highest power down."""
    degree = len(values) - 1
    return terms(*[(value, power(x, degree - i)) for i, value in enumerate(values)])


def at(values: Sequence[Number], x: Number) -> Number:
    """The value of such a polynomial."""
    total: Number = 0
    for value in values:
        total = total * x + value
    return total


def times(left: Sequence[Number], right: Sequence[Number]) -> list[Number]:
    """The product of two such polynomials."""
    product: list[Number] = [0] * (len(left) + len(right) - 1)
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            product[i + j] += a * b
    return product


def slope(values: Sequence[int]) -> list[int]:
    """The derivative of such a polynomial."""
    degree = len(values) - 1
    return [value * (degree - i) for i, value in enumerate(values[:-1])] or [0]


def minus(x: str, root: Number) -> str:
    """`x - 3`, `x + 3` or `x`."""
    return terms((1, x), (-root, ""))


def factor(x: str, root: Number) -> str:
    """`(x - 3)`, or `x` for the root 0."""
    return f"({minus(x, root)})" if root else x


def signed(value: Number) -> str:
    """A number that follows a sign or a dot: negative ones in brackets."""
    return f"({tex(value)})" if value < 0 else tex(value)


def plus(value: Number) -> str:
    """` + 3`, ` - 3`, or nothing for 0: the rest of a sum."""
    return "" if not value else f" - {tex(-value)}" if value < 0 else f" + {tex(value)}"


def products(left: Sequence[Number], right: Sequence[Number]) -> str:
    """`2 \\cdot 3 + 4 \\cdot (-5)`: the terms of a dot product."""
    return " + ".join(f"{signed(a)} \\cdot {signed(b)}" for a, b in zip(left, right, strict=True))


def matrix(rows: Sequence[Sequence[Number]]) -> str:
    """A matrix in round brackets."""
    inner = " \\\\ ".join(" & ".join(map(tex, row)) for row in rows)
    return f"\\begin{{pmatrix}} {inner} \\end{{pmatrix}}"


def point(*values: Number) -> str:
    """Coordinates in brackets."""
    inner = ", ".join(map(tex, values))
    return f"\\left( {inner} \\right)" if "frac" in inner else f"({inner})"


def table(*rows: Sequence[Number | str]) -> Block:
    """A table; numbers stand between dollar signs, text stays as it is."""
    return ("table", [[cell if isinstance(cell, str) else f"${tex(cell)}$" for cell in row] for row in rows])


def variable(rng: Rng) -> str:
    """The name of an unknown."""
    return rng.choice("xxxtuyzs")


def so(rng: Rng) -> str:
    """A word that draws a conclusion, in lower case."""
    return rng.choice("so, hence, therefore, thus, and so, consequently, it follows that".split(", "))


def So(rng: Rng) -> str:
    """The same at the beginning of a sentence."""
    return so(rng).capitalize()


def get(rng: Rng) -> str:
    """The verb before a result."""
    return rng.choice(
        "we get, we obtain, this gives, we find, this becomes, one obtains, the result is, we arrive at".split(", ")
    )


def check(rng: Rng) -> str:
    """Before a check."""
    return rng.choice(
        (
            "As a check,", "To check,", "Check:", "A quick test:", "It never hurts to check:", "For safety,", "Let us make sure:",
            "To be on the safe side,", "A glance back:",
        )
    )  # fmt: skip


def task(rng: Rng, *verbs: str) -> str:
    """The sentence that sets the task begins like this."""
    verb = rng.choice(verbs)
    return (
        rng.choice(
            "Let us, We want to, The task is to, Our aim is to, In this example we, We now, We have to".split(", ")
        )
        + f" {verb}"
    )
