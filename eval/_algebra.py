r"""Whether two expressions are equal: by their values, then by math-verify.

Both are parsed by the TeX grammar that math-verify uses, never evaluated as code. Unequal values at one of a few fixed points show that
two expressions differ, which takes milliseconds where `simplify` may take forever. Where all points agree, that is as good as proof for
what models write (Schwartz 1980, doi 10.1145/322217.322225, for polynomials); where no point can be worked out, math-verify is asked.
The case of a letter counts, `\log` and `\ln` differ by their base, decimals are exact fractions.

Replies are hostile input: what would be too large to write out is refused here, by length, nesting and exponents. Whoever calls this
must also be able to kill it (`eval/_pool.py`).
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

Told = tuple[bool | None, str]
Pair = tuple[Any, Any]

MAX_NESTING = 12
POINTS = 7
"""Points at which expressions with symbols are worked out."""
DIGITS = 60
RANGES = (
    (0.2, 0.9),
    (1.1, 3.0),
    (-2.0, -0.3),
    (4.0, 8.0),
    (-0.9, -0.1),
    (35.0, 60.0),
    (-60.0, -35.0),
    (900.0, 1100.0),
    (-1100.0, -900.0),
)
"""Where the points lie; the last two are for functions with corners."""
SPARE = 15
"""Digits by which two values may differ from each other, of those that were worked out."""
MAX_EXPRESSION = 500
"""Characters of one expression."""
_HUGE = re.compile(
    r"\^\s*\{?\s*\(?\s*-?\s*\{?\s*[0-9]+\s*\}?\s*\^"  # a power in the exponent of a number
    r"|\^\s*\{?\s*\(?\s*-?\s*(?:[0-9]\s*){5,}"  # an exponent of five digits
    r"|(?:[0-9]\s*){4,}!|![)}\]]*!|\}!"  # the factorial of a large number or of another one
    r"|\\binom\s*\{\s*[0-9]{5,}|[0-9]{200,}"
)
_TRIGONOMETRIC = re.compile(r"\\(?:sin|cos|tan|cot|sec|csc)(?![A-Za-z])")
_TINY = re.compile(r"\^\{?\(?-?(?:[0-9]{3,}|[3-9][0-9])|\.0{20,}|[0-9]{40,}")
_MEANINGLESS = re.compile(
    r"\\(?:[hv]?phantom|def|newcommand|input|include\w*|write\w*|let|rule|not|land|times)(?![A-Za-z])|\\#|:|[0-9]'|\\[pb]?mod(?![A-Za-z])|\\circ|(?:gcd|lcm)\s*\}?\s*\(?[^()]*(?<![A-Za-z\\])[A-Za-z]|[0-9]e[-+0-9]|[0-9]E[-+]?[0-9]{4}|\.\.\."
)
_NESTED = re.compile(r"\\(?:lfloor|lceil|sum|prod|int|log|ln|Gamma|sin|cos|tan|exp)(?![A-Za-z])")
_EXPONENT = re.compile(r"\^\{?\(?-?([0-9]{1,4})")
_IMAGINARY = re.compile(r"(?<![A-Za-z\\_])(?<!_\{)i(?![A-Za-z])|\\(?:Re|Im|imath)(?![A-Za-z])|\\overline\{z\}")
_DECIMAL = re.compile(r"([0-9]*)\.([0-9]+)")
_GREEK = re.compile(r"\\(gamma|Gamma)(?![A-Za-z(])")
_PRIME = re.compile(r"([A-Za-z])('+)")
_EXPONENTIAL = re.compile(r"([0-9}])E([+-]?[0-9]{1,3})(?![0-9])")
_CONSTANT = re.compile(r"(?<![A-Za-z\\])C_(?=\{?[0-9])")
_PRODUCT = re.compile(r"(?<=[0-9)])\(")
_CAPITAL = re.compile(r"(?<![A-Za-z\\{])[EI](?![A-Za-z(])")
_BEFORE_LETTERS = re.compile(r"(\\[A-Za-z]+)(?=[0-9])")


def too_large(text: str) -> bool:
    """Whether an expression might be too large to be worked out."""
    depth = deepest = 0
    for mark in text:
        depth += (mark in "({[") - (mark in ")}]")
        deepest = max(deepest, depth)
    return deepest > MAX_NESTING or bool(_HUGE.search(text))


def equal(answer: str, gold: str, tolerance: float = 0.0, relative: float = 0.0) -> Told:
    """Compare two normalised expressions.

    Args:
        tolerance, relative: how far two constants may lie from each other, absolute and as a share of `gold`.
    """
    if refused := _refused(answer, gold):
        return refused
    left, right, reason = _both(answer, gold)
    if reason:
        return None, reason
    digits = DIGITS + min(4000, 2 * sum(int(found) for found in _EXPONENT.findall(answer + gold)))
    return _compared(left, right, (tolerance, relative), digits)


def proportional(answer: str, gold: str, sign: str) -> Told:
    """Compare `answer sign 0` with `gold sign 0`: one left side must be the other times a constant, positive but for = and \\ne.

    Not by solving: two equations without solutions are not the same equation.
    """
    if refused := _refused(answer, gold):
        return refused
    left, right, reason = _both(answer, gold)
    if reason:
        return None, reason
    values = list(_values(left, right, DIGITS))
    if len(values) < 3 or not (left.free_symbols and right.free_symbols):
        return None, "cannot be compared"
    if any(not any(value) for pair in values for value in pair):
        return None, "cannot be compared"
    ratios = [_complex(a) / _complex(g) for a, g in values]
    same = all(abs(ratio - ratios[0]) <= 1e-15 * abs(ratios[0]) for ratio in ratios)
    if same and sign in ("<", "\\le") and ratios[0].real < 0:
        same = False
    return (True, "same relation") if same else (False, "different relations")


def _refused(answer: str, gold: str) -> Told | None:
    for side, text in (("answer", answer), ("gold", gold)):
        if too_large(text) or len(text) > MAX_EXPRESSION or len(_NESTED.findall(text)) > 12:
            return None, f"the {side} is too large to be worked out"
        if _MEANINGLESS.search(text):
            return None, f"the {side} cannot be parsed"
    if _TINY.search(answer) and not _TINY.search(gold):
        return None, "the answer is too large to be worked out"
    return None


def _both(answer: str, gold: str) -> tuple[Any, Any, str]:
    parsed, imaginary = [], bool(_IMAGINARY.search(answer) or _IMAGINARY.search(gold))
    for side, text in (("gold", gold), ("answer", answer)):
        try:
            parsed.append(_parsed(text, imaginary))
        except (Exception, RecursionError):
            return None, None, f"the {side} cannot be parsed"
    return parsed[1], parsed[0], ""


@lru_cache(maxsize=256)
def _parsed(text: str, imaginary: bool) -> Any:
    from latex2sympy2_extended.latex2sympy2 import ConversionConfig, latex2sympy
    from sympy import Basic, I, Symbol

    degree = r"\frac{\pi}{180}" if _TRIGONOMETRIC.search(text) else ""
    text = text.replace("{@}", degree).replace("@", degree)
    text = _DECIMAL.sub(lambda m: rf"\frac{{{int(m[1] + m[2])}}}{{{10 ** len(m[2])}}}", text)
    text = _EXPONENTIAL.sub(r"\1\\cdot 10^{\2}", text)
    text = _CONSTANT.sub("c_", text)
    text = _PRODUCT.sub(r"\\cdot (", text)
    text = _CAPITAL.sub(lambda m: rf"\mathcal{{{'U' if m[0] == 'E' else 'V'}}}", text)
    text = _GREEK.sub(lambda m: r"\mathcal{Y}" if m[1] == "gamma" else r"\mathcal{Z}", text)
    text = _PRIME.sub(lambda m: f"{m[1]}_{{pr{'p' * len(m[2])}}}", text)
    text = _BEFORE_LETTERS.sub(r"\1 ", text)
    config = ConversionConfig(lowercase_symbols=False)
    found = latex2sympy(text, is_real=None, convert_degrees=False, normalization_config=None, conversion_config=config)
    return found.xreplace({Symbol("i"): I}) if imaginary and isinstance(found, Basic) else found


def _compared(answer: Any, gold: Any, allowed: tuple[float, float], digits: int) -> Told:
    from sympy import Derivative, Expr

    if not isinstance(answer, Expr) or not isinstance(gold, Expr):
        return _by_math_verify(answer, gold)
    if any(not d.expr.has(*d.variables) for side in (answer, gold) for d in side.atoms(Derivative)):
        return None, "cannot be compared"
    answer = _same_constant(answer, gold)
    constant = not (answer.free_symbols | gold.free_symbols)
    found = [
        _near(left, right, allowed if constant else (0.0, 0.0), digits) for left, right in _values(answer, gold, digits)
    ]
    if not found:
        return _by_math_verify(answer, gold)
    if all(found):
        return (True, "same value") if constant or len(found) >= 3 else _by_math_verify(answer, gold)
    return (None, "equal for some values only") if any(found) else (False, "different values")


def _values(left: Any, right: Any, digits: int) -> Iterator[tuple[Pair, Pair]]:
    """Values of both at each point where both have one; of constants once."""
    from sympy import Abs, Max, Min, ceiling, floor, sign

    names = sorted({s.name for s in left.free_symbols | right.free_symbols})
    corners = any(side.has(Abs, Max, Min, floor, ceiling, sign) for side in (left, right))
    for point in range((len(RANGES) if corners else POINTS) if names else 1):
        at = {name: _coordinate(name, point) for name in names}
        pair = [_value(side, at, digits) for side in (left, right)]
        if pair[0] is not None and pair[1] is not None:
            yield pair[0], pair[1]


def _same_constant(answer: Any, gold: Any) -> Any:
    """`x + K` for `x + C`: a constant of integration may have any of its usual names."""
    constants = {"C", "c", "K", "k", "C_1", "c_1", "C_{1}", "c_{1}", "C_0"}
    mine, theirs = answer.free_symbols - gold.free_symbols, gold.free_symbols - answer.free_symbols
    if len(mine) == len(theirs) == 1 and len(gold.free_symbols) > 1:
        (a,), (g,) = mine, theirs
        if a.name in constants and g.name in constants and gold.diff(g) == 1:
            return answer.xreplace({a: g})
    return answer


def _coordinate(name: str, point: int) -> Any:
    """A value for a symbol, the same ever after: small, larger and negative ones by turns, whole ones for names of integers."""
    from sympy import Integer, Rational

    if name in ("n", "m", "k", "N", "M") and point in (1, 3):
        return Integer(2 + point + "nmkNM".index(name))
    low, high = RANGES[point]
    share = int.from_bytes(hashlib.sha256(f"{name}/{point}".encode()).digest()[:4], "big") / 2**32
    return Rational(int((low + share * (high - low)) * 10**6), 10**6)


def _value(expression: Any, at: dict[str, Any], digits: int) -> Pair | None:
    """Real and imaginary part of the value at a point, None where there is none."""
    from sympy import zoo

    where = {s: at[s.name] for s in expression.free_symbols}
    try:
        value = (
            expression.evalf(digits, subs=where, maxn=2 * digits)
            if where
            else expression.evalf(digits, maxn=2 * digits)
        )
        if value.has(zoo) or not value.is_number or not value.is_finite:
            return None
        real, imag = value.as_real_imag()
        return (real, imag) if real.is_Float or real.is_Rational else None
    except (Exception, RecursionError):
        return None


def _complex(value: Pair) -> complex:
    return complex(float(value[0]), float(value[1]))


def _near(left: Pair, right: Pair, allowed: tuple[float, float], digits: int) -> bool:
    from sympy import Integer

    gap = max(abs(left[0] - right[0]), abs(left[1] - right[1]))
    if any(allowed):
        return bool(gap <= allowed[0] + allowed[1] * max(map(abs, right)))
    size = max(map(abs, (*left, *right)))
    zero = not any(left) or not any(right)
    return bool(gap <= Integer(10) ** (SPARE - digits) * (max(size, 1) if zero else size))


def _by_math_verify(answer: Any, gold: Any) -> tuple[bool | None, str]:
    try:
        same = _library().verify(gold, answer, timeout_seconds=None, raise_on_error=True)
    except (Exception, RecursionError):
        return None, "cannot be compared"
    return (True, "equal by math-verify") if same else (False, "unequal by math-verify")


@lru_cache(maxsize=1)
def _library() -> Any:
    logging.getLogger("math_verify").setLevel(logging.ERROR)  # it warns that it has no timeout
    import math_verify

    return math_verify


def warm() -> None:
    """Load what comparing needs, so that the first answer does not pay for it."""
    equal("x+1", "1+x")
    _library()
