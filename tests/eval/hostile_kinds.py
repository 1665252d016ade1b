r"""Hostile answers to the other kinds of questions: OCW (numbers within 1 %, units, equations) and multiple choice.

OctoThinker's OCW grader takes equal negatives for wrong, divides by zero, and lets a string decide; graders of choices take the
letter of an article, or the first of several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Row = tuple[str, str, str, dict[str, Any]]

OCW = r"""
right
5 ~~ 5
-5 ~~ -5
-5.0 ~~ -5
-1.5e-3 ~~ -0.0015
0 ~~ 0
0.0 ~~ 0
-0 ~~ 0
0 ~~ 0.0
100.9 ~~ 100
99.1 ~~ 100
100.99 ~~ 100
-100.9 ~~ -100
-99.1 ~~ -100
1.005 ~~ 1
3.14 ~~ 3.14159
3e8 ~~ 2.998e8
3 \times 10^8 ~~ 2.998e8
3\times10^{8} ~~ 2.998e8
3.0 \times 10^{8} ~~ 3e8
3.0\cdot10^8 ~~ 3e8
3.0 \cdot 10^{8} ~~ 300000000
300,000,000 ~~ 3e8
300000000 ~~ 3e8
3E8 ~~ 3e8
3.0e+8 ~~ 3e8
3e+08 ~~ 3e8
0.3e9 ~~ 3e8
30 \times 10^7 ~~ 3e8
6.626e-34 ~~ 6.63e-34
6.626 \times 10^{-34} ~~ 6.63e-34
-6.626 \times 10^{-34} ~~ -6.63e-34
1.6\times 10^{-19} ~~ 1.602e-19
10^{6} ~~ 1000000
10^6 ~~ 1e6
3e8 \text{ m/s} ~~ 3e8
3\times10^8\ \mathrm{m/s} ~~ 3e8
\frac{1}{3} ~~ 0.333
0.333 ~~ \frac{1}{3}
wrong
6 ~~ 5
5 ~~ -5
-5 ~~ 5
101.01 ~~ 100
102 ~~ 100
98.9 ~~ 100
-102 ~~ -100
100 ~~ -100
-100.5 ~~ 100
1 ~~ 0
-1 ~~ 0
0.01 ~~ 0
0 ~~ 1
0 ~~ -1
0 ~~ 0.01
0 ~~ 1e-5
3e8 ~~ 3e9
3e8 ~~ 3e-8
3 ~~ 3e8
8 ~~ 3e8
-3e8 ~~ 3e8
3 \times 10^8 ~~ 3 \times 10^9
3 \times 10^{-8} ~~ 3 \times 10^8
3 \times 10 ~~ 3 \times 10^8
308 ~~ 3 \times 10^8
6.7e-34 ~~ 6.63e-34
6.63e-33 ~~ 6.63e-34
6.63e34 ~~ 6.63e-34
0 ~~ 6.63e-34
500 ~~ 5
0.05 ~~ 5
50 ~~ 5
5.06 ~~ 5
4.94 ~~ 5
not right
1e-300 ~~ 1e-200
-1e-12 ~~ 1e-12
2e-12 ~~ 1e-12
1e308 ~~ 1e400
1e400 ~~ 1e401
inf ~~ 1e308
inf ~~ 5
nan ~~ 5
nan ~~ 0
-\infty ~~ 5
\infty ~~ 1e400
5, 6 ~~ 5
5 \text{ or } 6 ~~ 5
(5,6) ~~ 5
5 \pm 1 ~~ 5
[4.9,5.1] ~~ 5
x ~~ 5
5x ~~ 5
x=6 ~~ 5
5i ~~ 5
\text{five or six} ~~ 5
5\text{ km} ~~ 5\text{ m}
5\text{ m} ~~ 5\text{ km}
5\text{ eV} ~~ 5\text{ J}
5\text{ cm} ~~ 5\text{ cm}^{3}
5 \times 10^3 \text{ g} ~~ 5 \times 10^3 \text{ kg}
y=x+1 ~~ y=x+2
y=x ~~ y=1.005x
x(t)=5t ~~ x(t)=6t
x^2+1=0 ~~ x^2+2=0
3x-y+13=0 ~~ 3x+4y+14=0
0=0 ~~ x=5
\frac{m v^2}{r} ~~ \frac{m v}{r}
m g h ~~ m g
e^{-t} ~~ e^{t}
e^{-t/RC} ~~ e^{-t/LC}
I_1 ~~ I_2
\frac{\pi}{2}+x ~~ \frac{\pi}{2}
10^{10^{10}} ~~ 5
1/0 ~~ 5
1/0 ~~ 0
0/0 ~~ 0
not wrong
x=5 ~~ 5
5 ~~ x=5
5\text{ m} ~~ 5
5 \mathrm{~m} ~~ 5 \mathrm{~m}
5\text{ m} ~~ 5\text{ meters}
5000\text{ m} ~~ 5\text{ km}
0.5\text{ kg} ~~ 500\text{ g}
-5\text{ m} ~~ -5\text{ m}
y=x+1 ~~ y=1+x
y = x+1 ~~ y-x-1=0
m g h ~~ g h m
\frac{1}{2} m v^2 ~~ \frac{m v^{2}}{2}
e^{-t} ~~ \frac{1}{e^{t}}
e^{-t} ~~ e^{-t}
2\pi ~~ 6.283
6.283 ~~ 2\pi
\sqrt{2} ~~ 1.414
any
101 ~~ 100
99 ~~ 100
-101 ~~ -100
1.01 ~~ 1
1e-12 ~~ 0
1e-300 ~~ 0
-1e-12 ~~ 0
0 ~~ 1e-12
0 ~~ 1e-300
5\% ~~ 5
5\% ~~ 0.05
50 \% ~~ 0.5
5\text{ m} ~~ 5\text{ s}
1,5 ~~ 1.5
5 ~~ 5\text{ m}
\text{five} ~~ 5
"""


def ocw() -> Iterator[Row]:
    allowed = ""
    for line in OCW.strip().splitlines():
        if "~~" not in line:
            allowed = line
            continue
        answer, gold = (part.strip() for part in line.split("~~"))
        yield f"So we have $\\boxed{{{answer}}}$.", gold, allowed, {"kind": "ocw"}
        if allowed != "any":
            tells = "any" if allowed in ("right", "not wrong") else allowed
            yield f"Final Answer: The final answer is ${answer}$. I hope it is correct.", gold, tells, {"kind": "ocw"}


NUMBERS = ("10", "12", "14", "16", "18")
WORDS = ("a triangle", "a square", "both a circle and a line", "none of these")
FORMULAS = ("$x^2$", "$2x$", r"$\frac{1}{2}$", "$x$", "$0$")

# text, gold, allowed, options
CHOICES: list[tuple[str, str, str, tuple[str, ...]]] = [
    ("(A)", "A", "right", NUMBERS),
    ("A", "A", "right", NUMBERS),
    ("A.", "A", "right", NUMBERS),
    ("(a)", "A", "not wrong", NUMBERS),
    ("**A**", "A", "right", NUMBERS),
    ("**(A)**", "A", "right", NUMBERS),
    ("Answer: **C**", "C", "right", NUMBERS),
    ("**Answer:** C", "C", "right", NUMBERS),
    ("Answer: C", "A", "wrong", NUMBERS),
    ("The answer is (C).", "C", "right", NUMBERS),
    ("The answer is C.", "C", "right", NUMBERS),
    ("The answer is C) 14", "C", "right", NUMBERS),
    ("The answer is (C) 14.", "C", "right", NUMBERS),
    ("The answer is (C) 14.", "A", "wrong", NUMBERS),
    ("The answer is not B but C.", "C", "not wrong", NUMBERS),
    ("The answer is not B but C.", "B", "not right", NUMBERS),
    ("The answer is C, not B.", "B", "not right", NUMBERS),
    ("The answer is C and not A.", "A", "not right", NUMBERS),
    ("The answer cannot be B.", "B", "not right", NUMBERS),
    ("It is not (B).", "B", "not right", NUMBERS),
    ("A or B", "A", "not right", NUMBERS),
    ("A or B", "B", "not right", NUMBERS),
    ("The answer is A or B.", "A", "not right", NUMBERS),
    ("The answer is A or B.", "B", "not right", NUMBERS),
    ("The answer is (A) or (B).", "B", "not right", NUMBERS),
    ("The answer is either (A) or (B).", "A", "not right", NUMBERS),
    ("(A), (B)", "A", "not right", NUMBERS),
    ("(A) and (B)", "B", "not right", NUMBERS),
    ("A, B, C, D, E", "C", "not right", NUMBERS),
    ("ABCDE", "C", "not right", NUMBERS),
    ("A/B/C/D/E", "E", "not right", NUMBERS),
    ("(A)(B)(C)(D)(E)", "E", "not right", NUMBERS),
    ("A B C D E", "E", "not right", NUMBERS),
    ("\\boxed{A, B, C, D, E}", "E", "not right", NUMBERS),
    ("\\boxed{ABCDE}", "E", "not right", NUMBERS),
    ("\\boxed{A} \\boxed{B}", "A", "not right", NUMBERS),
    ("\\boxed{A}, \\boxed{B}", "B", "not right", NUMBERS),
    ("\\boxed{A}", "A", "right", NUMBERS),
    ("\\boxed{A}", "B", "wrong", NUMBERS),
    ("\\boxed{(A)}", "A", "right", NUMBERS),
    ("\\boxed{\\text{A}}", "A", "right", NUMBERS),
    ("\\boxed{\\text{(A)}}", "A", "right", NUMBERS),
    ("\\boxed{\\textbf{(A)}\\ 10}", "A", "right", NUMBERS),
    ("\\boxed{\\textbf{(A)}\\ 12}", "A", "any", NUMBERS),  # letter and text disagree
    ("\\boxed{\\textbf{(A)}\\ 12}", "C", "not right", NUMBERS),
    ("\\boxed{\\mathrm{A}}", "A", "right", NUMBERS),
    ("\\boxed{a}", "A", "any", NUMBERS),
    ("\\boxed{10}", "A", "right", NUMBERS),
    ("\\boxed{10.0}", "A", "not wrong", NUMBERS),
    ("\\boxed{12}", "A", "wrong", NUMBERS),
    ("\\boxed{14}", "A", "wrong", NUMBERS),
    ("\\boxed{11}", "A", "wrong", NUMBERS),
    ("\\boxed{11}", "E", "not right", NUMBERS),
    ("\\boxed{1}", "A", "not right", NUMBERS),
    ("\\boxed{0}", "A", "not right", NUMBERS),
    ("\\boxed{F}", "A", "not right", NUMBERS),
    ("\\boxed{Z}", "E", "not right", NUMBERS),
    ("\\boxed{F}", "E", "not right", NUMBERS),
    ("\\boxed{\\text{none}}", "E", "not right", NUMBERS),
    ("The answer is 10.", "A", "not wrong", NUMBERS),
    ("The answer is 12.", "A", "not right", NUMBERS),
    ("The answer is 10 or 12.", "A", "not right", NUMBERS),
    ("The answer is 10 or 12.", "B", "not right", NUMBERS),
    ("\\boxed{10\\text{ or }12}", "B", "not right", NUMBERS),
    ("\\boxed{10, 12}", "B", "not right", NUMBERS),
    ("A triangle has three sides. So B.", "A", "not right", WORDS),
    ("A triangle has three sides, therefore the answer is (B).", "B", "right", WORDS),
    ("A triangle has three sides, therefore the answer is (B).", "A", "wrong", WORDS),
    ("A square it is.", "A", "not right", WORDS),
    ("The answer is a square.", "B", "not wrong", WORDS),
    ("The answer is a square.", "A", "not right", WORDS),
    ("The answer is A square.", "A", "not right", WORDS),
    ("\\boxed{\\text{a square}}", "B", "right", WORDS),
    ("\\boxed{\\text{a square}}", "A", "wrong", WORDS),
    ("\\boxed{\\text{A square}}", "B", "not wrong", WORDS),
    ("\\boxed{\\text{A square}}", "A", "not right", WORDS),
    ("\\boxed{\\text{a triangle or a square}}", "A", "not right", WORDS),
    ("\\boxed{\\text{a triangle}}", "a triangle", "right", WORDS),
    ("\\boxed{A}", "a triangle", "right", WORDS),
    ("\\boxed{B}", "a triangle", "wrong", WORDS),
    ("\\boxed{\\text{a circle}}", "C", "not right", WORDS),
    ("\\boxed{\\text{none of these}}", "D", "right", WORDS),
    ("\\boxed{\\text{none}}", "C", "not right", WORDS),
    ("I think a square is not a triangle.", "A", "not right", WORDS),
    ("I think Dora has a pen.", "D", "not right", WORDS),
    ("I", "A", "not right", WORDS),
    ("E = mc^2", "E", "not right", NUMBERS),
    ("Let A be a set and B another.", "B", "not right", NUMBERS),
    ("Point D lies on BC.", "D", "not right", NUMBERS),
    ("Since C > 0, C is fine.", "C", "not right", NUMBERS),
    ("Option A is wrong. Option B is wrong. Option D is wrong.", "D", "not right", NUMBERS),
    ("(A) 10 (B) 12 (C) 14 (D) 16 (E) 18", "E", "not right", NUMBERS),
    ("Choices: (A) 10 (B) 12 (C) 14 (D) 16 (E) 18. I do not know.", "E", "not right", NUMBERS),
    ("\\boxed{x^2}", "A", "right", FORMULAS),
    ("\\boxed{2x}", "B", "right", FORMULAS),
    ("\\boxed{x\\cdot x}", "A", "not wrong", FORMULAS),
    ("\\boxed{0.5}", "C", "not wrong", FORMULAS),
    ("\\boxed{\\frac12}", "C", "right", FORMULAS),
    ("\\boxed{2x}", "A", "wrong", FORMULAS),
    ("\\boxed{x}", "A", "wrong", FORMULAS),
    ("\\boxed{0}", "D", "wrong", FORMULAS),
    ("\\boxed{C}", "C", "right", FORMULAS),
    ("\\boxed{x+C}", "C", "not right", FORMULAS),
    ("\\boxed{C_1}", "C", "not right", FORMULAS),
    ("\\boxed{2}", "C", "not right", FORMULAS),
    ("\\boxed{B}", "A", "not right", ("B", "A", "C")),  # the text of a choice is the letter of another
    ("\\boxed{2}", "B", "any", ("1", "2", "3")),
    ("\\boxed{2}", "C", "not right", ("1", "2", "3")),
    ("\\boxed{1}", "B", "not right", ("2", "3", "1")),  # an index, or the text of C
    ("\\boxed{D}", "A", "not right", ("1", "2", "3")),
    ("\\boxed{C}", "A", "not right", ("1", "2")),
    ("<think>\\boxed{A}</think>\\boxed{B}", "A", "not right", NUMBERS),
    ("<think>(A)</think>\\boxed{B}", "B", "right", NUMBERS),
    ("", "A", "not right", NUMBERS),
    ("(", "A", "not right", NUMBERS),
    ("Ａ", "A", "any", NUMBERS),
    ("А", "A", "not right", NUMBERS),  # Cyrillic
    ("\\boxed{Α}", "A", "not right", NUMBERS),  # Greek
    ("①", "A", "any", NUMBERS),
    ("A" * 10_000, "A", "not right", NUMBERS),
    ("(A) " * 10_000, "A", "any", NUMBERS),
    ("(A) (B) " * 10_000, "B", "any", NUMBERS),
    ("(" * 100_000 + "A", "A", "any", NUMBERS),
    ("The answer is " * 10_000 + "B", "A", "not right", NUMBERS),
]


def choices() -> Iterator[Row]:
    for text, gold, allowed, options in CHOICES:
        yield text, gold, allowed, {"kind": "choice", "options": options}


def choices_strict() -> Iterator[Row]:
    """What is wrong stays wrong in strict mode; what is right needs a box there."""
    for text, gold, allowed, options in CHOICES:
        strict = allowed if allowed in ("wrong", "not right") else "any" if "boxed" in text else "not right"
        if strict == "wrong" and "boxed" not in text:
            strict = "not right"
        yield text, gold, strict, {"kind": "choice", "options": options, "strict": True}


def choices_crossed() -> Iterator[Row]:
    """Every letter for every gold, in several spellings: right on the diagonal only."""
    for n, way in enumerate(
        ("\\boxed{%s}", "\\boxed{(%s)}", "\\boxed{\\textbf{(%s)}}", "The answer is (%s).", "Answer: %s", "(%s)")
    ):
        for letter in "ABCDE":
            for gold in "ABCDE":
                allowed = "right" if letter == gold else "wrong"
                yield way % letter, gold, allowed, {"kind": "choice", "options": NUMBERS if n % 2 else FORMULAS}


def options_crossed() -> Iterator[Row]:
    """The text of every option for every gold."""
    for options in (NUMBERS, FORMULAS, WORDS):
        for option in options:
            for letter, gold in zip("ABCDE", options, strict=False):
                plain = option.strip("$")
                answer = f"\\text{{{plain}}}" if options is WORDS else plain
                allowed = "right" if option == gold else "wrong"
                yield f"\\boxed{{{answer}}}", letter, allowed, {"kind": "choice", "options": options}


FAMILIES: dict[str, Callable[[], Iterator[Row]]] = {
    "OCW": ocw,
    "choices": choices,
    "choices, strict": choices_strict,
    "letters crossed": choices_crossed,
    "options crossed": options_crossed,
}
