"""A small reader of printed formulas: exact fractions where it can, floats where a root, sine or exponential stands.

For tests only. It knows sums, products (written or implied), powers, fractions, binomials, roots, the usual functions and one-letter
variables. What it does not know is None, so that a test counts what it has really checked.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

Value = Fraction | float
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|[A-Za-z]|\S")
_DROPPED = {"\\left", "\\right", "\\,", "\\;", "\\quad", "\\displaystyle"}
_FUNCTIONS = {"\\sin": math.sin, "\\cos": math.cos, "\\tan": math.tan, "\\ln": math.log, "\\exp": math.exp}


class Unknown(Exception):
    """Something that this reader does not know."""


class _Reader:
    def __init__(self, text: str, names: dict[str, Value]) -> None:
        tokens = [t for t in _TOKEN.findall(text) if t not in _DROPPED]
        self.tokens = [{"\\dfrac": "\\frac", "\\tfrac": "\\frac"}.get(t, t) for t in tokens]
        self.names, self.at = names, 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise Unknown(token)
        self.at += 1
        return token

    def sum(self) -> Value:
        sign = 1
        while self.peek() in ("-", "+"):
            sign *= -1 if self.take() == "-" else 1
        total = sign * self.product()
        while self.peek() in ("+", "-"):
            sign = -1 if self.take() == "-" else 1
            total += sign * self.product()
        return total

    def product(self) -> Value:
        total = self.factor()
        while self.peek() and self.peek() not in ("+", "-", ")", "}", "|", "]", ",", "="):
            if self.peek() == "\\div":
                self.take()
                total /= self.factor()
                continue
            if self.peek() in ("\\cdot", "\\times"):
                self.take()
            total *= self.factor()
        return total

    def factor(self) -> Value:
        base = self.atom()
        while self.peek() in ("^", "!"):
            if self.take() == "!":
                base = Fraction(math.factorial(int(base)))
            elif self.peek() == "\\circ":
                self.take()
                base = math.radians(base)
            else:
                base = _power(base, self.group())
        return base

    def group(self) -> Value:
        """A braced sum, or one token."""
        if self.peek() == "{":
            self.take()
            value = self.sum()
            self.take("}")
            return value
        return self.atom()

    def atom(self) -> Value:
        token = self.take()
        if token[0].isdigit():
            return Fraction(token)
        if token == "(" or token == "{":
            value = self.sum()
            self.take(")" if token == "(" else "}")
            return value
        if token == "|":
            value = self.sum()
            self.take("|")
            return abs(value)
        if token == "\\frac":
            return self.group() / self.group()
        if token == "\\binom":
            return Fraction(math.comb(int(self.group()), int(self.group())))
        if token == "\\sqrt":
            return self.root()
        if token in _FUNCTIONS:
            return self.function(token)
        if token == "\\pi":
            return math.pi
        if token == "e" and self.peek() == "^":
            return math.e
        if token in self.names and self.peek() != "_":
            return self.names[token]
        raise Unknown(token)

    def root(self) -> Value:
        degree = 2
        if self.peek() == "[":
            self.take()
            degree = int(self.take())
            self.take("]")
        return float(self.group()) ** (1 / degree)

    def function(self, token: str) -> Value:
        power: Value = Fraction(1)
        if self.peek() == "^":
            self.take()
            power = self.group()
        argument = self.factor()
        while (
            self.peek() and (self.peek()[0].isalnum() or self.peek() == "\\cdot") and not self.peek().startswith("\\s")
        ):
            if self.peek() == "\\cdot":
                break
            argument *= self.factor()
        return _FUNCTIONS[token](float(argument)) ** float(power)


def _power(base: Value, exponent: Value) -> Value:
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 1:
        if abs(exponent) > 400:
            raise Unknown("a huge power")
        return base**exponent.numerator
    return float(base) ** float(exponent)


def value(text: str, names: dict[str, Value] | None = None) -> Value | None:
    """What a formula comes to, or None."""
    reader = _Reader(text, names or {})
    try:
        result = reader.sum()
    except (Unknown, ValueError, OverflowError, ZeroDivisionError, TypeError):
        return None
    return result if reader.at == len(reader.tokens) and not isinstance(result, complex) else None


def same(a: Value, b: Value) -> bool:
    """Exactly, if both are fractions, else to nine digits."""
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a == b
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


def rounded(exact: Value, shown: str) -> bool:
    """Whether a printed decimal is the exact value, rounded."""
    places = len(shown.partition(".")[2])
    return abs(float(exact) - float(shown)) <= 0.5000001 * 10**-places


def formulas(text: str) -> list[str]:
    """What stands between dollar signs."""
    return [display or inline for display, inline in re.findall(r"\$\$(.*?)\$\$|\$(.*?)\$", text)]


def letters(formula: str) -> set[str]:
    """The variables of a formula."""
    without_words = re.sub(r"\\(?:mathrm|text|operatorname)\{[^{}]*\}", "", formula)
    return {t for t in _TOKEN.findall(without_words) if len(t) == 1 and t.isalpha()} - {"e"}
