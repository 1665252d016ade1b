"""Formulas and answers as SymPy understands them, by a few rules of its own: nothing here is shared with the families."""

import re
from collections.abc import Sequence

import sympy
from sympy.parsing.sympy_parser import implicit_multiplication, parse_expr, rationalize, standard_transformations

READING = (*standard_transformations, implicit_multiplication, rationalize)
NAMES = frozenset(("pi", "oo", "sqrt", "log", "binomial", "exp", "sin", "cos"))
_TEX = [
    (re.compile(pattern), new)
    for pattern, new in (
        (r"\\(?:left|right)(?![a-z])", ""),
        (r"\\cdot|\\times|·|×", "*"),
        (r"\\div|÷", "/"),
        (r"\\infty", "oo"),
        (r"\\pi|π", "pi"),
        (r"\\ln(?![a-z])", "log"),
        (r"√(\d+|[a-z]\b)", r"sqrt(\1)"),
        ("√", "sqrt"),
    )
]
_NESTED = [
    (re.compile(pattern), new)
    for pattern, new in (
        (r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))"),
        (r"\\binom\{([^{}]*)\}\{([^{}]*)\}", r"binomial(\1, \2)"),
        (r"\\log_\{([^{}]*)\}\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)", r"log((\2), (\1))"),
        (r"\\sqrt\[(\d+)\]\{([^{}]*)\}", r"((\2)**(1/\1))"),
        (r"\\sqrt\{([^{}]*)\}", r"sqrt(\1)"),
        (r"\^\{([^{}]*)\}", r"**(\1)"),
    )
]


def formula(text: str) -> sympy.Expr:
    """A formula in TeX or in the plain spelling of `clean`, its letters as symbols."""
    for pattern, new in _TEX:
        text = pattern.sub(new, text)
    before = ""
    while before != text:
        before = text
        for pattern, new in _NESTED:
            text = pattern.sub(new, text)
    words = re.findall("[a-z]+", text)
    text = re.sub("[a-z]+", lambda m: m[0] if m[0] in NAMES else " ".join(m[0]), text)
    symbols = {letter: sympy.Symbol(letter) for word in words if word not in NAMES for letter in word}
    return parse_expr(text.replace("^", "**"), local_dict=symbols, transformations=READING)


def equation(text: str) -> sympy.Eq:
    """`left = right`."""
    left, right = map(formula, text.split("="))
    return sympy.Eq(left, right)


def region(text: str) -> sympy.Set:
    r"""Intervals, finite sets and unions of them: `(-\infty, 2] \cup (3, 5)`, `\{1, 2\}`, `\emptyset`."""
    whole = sympy.S.EmptySet
    for part in text.split(" \\cup "):
        if part.startswith("\\{"):
            whole |= sympy.FiniteSet(*map(formula, part[2:-2].split(", ")))
        elif part != "\\emptyset":
            low, high = part[1:-1].split(", ")
            whole |= sympy.Interval(formula(low), formula(high), part[0] == "(", part[-1] == ")")
    return whole


def values(answer: str, wanted: Sequence[sympy.Basic]) -> list[sympy.Basic]:
    """The parts of an answer: a set if one is wanted, else what stands between the commas."""
    if wanted and isinstance(wanted[0], sympy.Set):
        return [region(answer)]
    tuples = len(wanted) > 1 and answer.startswith("(") and answer.endswith(")")
    return [formula(part) for part in (answer[1:-1] if tuples else answer).split(", ")]


def same(x: sympy.Basic, y: sympy.Basic) -> bool:
    """Whether two expressions or two sets are equal."""
    if isinstance(x, sympy.Set) or isinstance(y, sympy.Set):
        return bool(x == y)
    return bool(sympy.simplify(x - y) == 0)


_NO_EQUATION = re.compile(
    r"\\(?:pm|dots|ldots|le|ge|ne|lt|gt|text|cup|cap|mid|pmod|equiv|int|lfloor|lceil|in|to|infty|approx)(?![a-z])|[<>]"
)
_PLAIN = re.compile(r"(?<![\w^.,({])(-?\d[\d×÷·+*/(). -]*) = (-?\d+(?:\.\d+)?)(?![\w/]|\.\d| [-+×÷·*/])")


def false_claims(text: str) -> list[str]:
    """Equations between numbers in a text, in TeX or in plain signs, that SymPy finds untrue."""
    found = [
        part.split("=") for part in re.findall(r"\$([^$]+)\$", text) if "=" in part and not _NO_EQUATION.search(part)
    ]
    found += [
        list(pair)
        for pair in _PLAIN.findall(re.sub(r"\$[^$]*\$", ";", text))
        if pair[0].count("(") == pair[0].count(")")
    ]
    claims = [
        sides for sides in found if not any(re.search("[A-Za-z]", re.sub(r"\\[a-z]+", "", side)) for side in sides)
    ]
    return [
        " = ".join(sides) for sides in claims if any(not same(formula(sides[0]), formula(side)) for side in sides[1:])
    ]
