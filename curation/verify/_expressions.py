r"""Reading a written calculation as an exact number: a parser by precedence, and fractions. Nothing is evaluated as code.

What is read: `+ - * / ^ ( )`, their TeX and Unicode spellings, `\frac`, `2(3 + 4)`, `20% of 50`, `$1,234.50`, and words beside
numbers (`5 apples`). All else is `Unreadable`, above all what has more than one meaning: `2 3/4`, `-2^2`, `1,5`, `5x`, `3!`, `12 / 1/4`.
A decimal of two or more places may be a rounded number, so each value carries the bounds between which it lies if it is. Tokens, depth,
exponents and sizes of numbers are bounded, so hostile text costs linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from curation.verify._tokens import Token
from curation.verify._words import NOT_COUNTED, unit

MAX_TOKENS = 120
MAX_DEPTH = 16
MAX_DIGITS = 24
MAX_BITS = 512
MAX_EXPONENT = 64

_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_CLOSER = {"(": ")", "[": "]", "{": "}"}


class Unreadable(Exception):
    """What is written is no plain calculation, or might mean something else."""


class Value(NamedTuple):
    """An exact number, and the bounds of what it may stand for if its decimals are rounded ones."""

    exact: Fraction
    low: Fraction
    high: Fraction


@dataclass
class Side:
    """One side of an equation. `places` are the decimal places of a side that is a bare number, None for one with operators."""

    value: Value
    heads: tuple[Fraction, ...]
    tail: Fraction | None
    operators: int
    places: int | None
    digits: str
    percent: bool
    percents: bool
    words: bool
    divided: bool
    unclear: bool
    others: tuple[Fraction, ...]
    ends_in_words: bool
    stars: bool
    times: bool
    units: frozenset[tuple[str, str]]
    span: tuple[int, int] = (0, 0)
    loose: bool = False
    listed: bool = False


def side(marks: list[Token]) -> Side:
    """The calculation that these marks write, all of them. Unreadable if they write none, or one that may mean something else."""
    if not marks or len(marks) > MAX_TOKENS:
        raise Unreadable
    return _Parser(marks).side()


@dataclass
class _Parser:
    marks: list[Token]
    at: int = 0
    depth: int = 0
    operators: int = 0
    numbers: list[Token] = field(default_factory=list)
    units: set[tuple[str, str]] = field(default_factory=set)
    words: bool = False
    divided: bool = False
    added: bool = False
    unclear: bool = False
    split: tuple[Fraction, Fraction] | None = None
    others: list[Fraction] = field(default_factory=list)
    percents: int = 0
    head: tuple[Fraction, ...] = ()
    tail: Fraction | None = None

    def side(self) -> Side:
        value, percent = self.sum()
        if self.at < len(self.marks):
            raise Unreadable
        dimensions = [dimension for _, dimension in self.units]
        if self.added and len({*dimensions}) < len(dimensions):
            raise Unreadable  # 2 hours + 30 minutes
        bare = self.operators == 0
        digits = self.numbers[0].text
        heads = (_number(digits).exact, *self.head)
        return Side(
            value=value,
            heads=heads,
            tail=self.tail,
            operators=self.operators,
            places=_places(digits) if bare else None,
            digits=digits,
            percent=percent and bare,
            percents=self.percents > 0,
            words=self.words,
            divided=self.divided,
            unclear=self.unclear,
            others=tuple(self.others),
            ends_in_words=self.marks[-1].kind == "word",
            stars=any(m.literal for m in self.marks),
            times=any(m.kind == "times" for m in self.marks),
            units=frozenset(self.units),
            span=(self.marks[0].start, self.marks[-1].end),
        )

    def peek(self, *kinds: str, text: str = "") -> Token | None:
        mark = self.marks[self.at] if self.at < len(self.marks) else None
        return mark if mark and mark.kind in kinds and (not text or mark.text in text) else None

    def take(self, *kinds: str, text: str = "") -> Token | None:
        if mark := self.peek(*kinds, text=text):
            self.at += 1
        return mark

    def sum(self) -> tuple[Value, bool]:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable
        value, percent = self.product()
        first = self.split
        other, terms, signed = value, [(value, percent)], 1
        if self.depth == 1:
            self.head = (value.exact,)
        while mark := self.take("op", text="+-"):
            other, percent = self.product()
            self.operators += 1
            self.added = True
            signed = 1 if mark.text == "+" else -1
            terms.append((other, percent))
            value = _plus(value, other if signed > 0 else _minus(other))
        self.tail = other.exact if len(terms) > 1 else None
        if len(terms) > 1:
            self.unbracketed(value.exact, terms[0][0].exact, first, signed)
        kinds = {percent for term, percent in terms if term.exact != 1}
        if len(kinds) > 1:
            raise Unreadable  # 100 + 5%
        self.depth -= 1
        return value, kinds == {True}

    def unbracketed(
        self, total: Fraction, head: Fraction, first: tuple[Fraction, Fraction] | None, signed: int
    ) -> None:
        """What a sum may mean for people who leave out brackets: `50/12 + 13` as 50/(12 + 13), `10 + 20 / 2` as (10 + 20)/2."""
        if first and first[1] + total - head:
            self.others.append(first[0] / (first[1] + total - head))
        if self.split:
            above, below = self.split
            self.others.append((total - signed * (above / below - above)) / below)

    def product(self) -> tuple[Value, bool]:
        value, percent = self.power()
        divided: tuple[bool, bool] | None = None
        self.split = None
        while True:
            if mark := self.take("op", text="*/"):
                operator = mark.text
                self.unclear = self.unclear or (operator == "*" and divided is not None)  # 50 / 12 * 5
                if operator == "/":
                    if divided and divided != self.spacing(mark):
                        raise Unreadable  # 3 / 1/4
                    divided = self.spacing(mark)
            elif self.peek("times"):
                operator = self.times()
            elif (mark := self.peek("word")) and mark.text == "of" and (percent or self.operators):
                self.at += 1
                operator = "*"
            elif (mark := self.peek("open", text="([")) and not mark.gap and not divided:
                operator = "*"  # 2(3 + 4)
            else:
                return value, percent
            other, also = self.power()
            if operator == "/" and also and not percent:
                raise Unreadable  # 3 / 10 %
            self.operators += 1
            self.divided = self.divided or operator == "/"
            percent = False
            before = value.exact
            value = _times(value, other) if operator == "*" else _over(value, other)
            self.split = (before, other.exact) if operator == "/" else None

    def spacing(self, mark: Token) -> tuple[bool, bool]:
        """Whether there are blanks before and after an operator that was just taken."""
        return mark.gap, self.at < len(self.marks) and self.marks[self.at].gap

    def times(self) -> str:
        """The letter x between two numbers, both with a blank or both without."""
        mark, before = self.marks[self.at], self.marks[self.at - 1]
        after = self.marks[self.at + 1] if self.at + 1 < len(self.marks) else mark
        if (
            before.kind not in ("num", "word", "close")
            or after.kind not in ("num", "money", "open")
            or after.gap != mark.gap
        ):
            raise Unreadable
        self.at += 1
        return "*"

    def power(self) -> tuple[Value, bool]:
        mark = self.take("op", text="-")
        if mark and self.at < len(self.marks) and self.marks[self.at].gap:
            raise Unreadable
        value, percent = self.atom()
        if self.peek("pow", "sup"):
            if mark or percent or self.words:
                raise Unreadable  # -2^2 is 4 for some
            value = _raised(value, self.exponent())
            self.operators += 1
            if self.peek("pow", "sup"):
                raise Unreadable
        return (_minus(value) if mark else value), percent

    def exponent(self) -> Fraction:
        if mark := self.take("sup"):
            return Fraction(int(mark.text.translate(_SUPERSCRIPT)[:9]))
        self.take("pow")
        if self.peek("open", text="{("):
            return self.group()[0].exact
        mark = self.take("num")
        if not mark:
            raise Unreadable
        return _number(mark.text).exact

    def group(self) -> tuple[Value, bool]:
        """What stands in brackets."""
        mark = self.take("open")
        if not mark:
            raise Unreadable
        found = self.sum()
        if not self.take("close", text=_CLOSER[mark.text]):
            raise Unreadable
        return found

    def atom(self) -> tuple[Value, bool]:
        money = self.take("money")
        if money:
            self.units.add(("dollar" if "$" in money.text else money.text, "money"))
        if not money and (mark := self.take("frac2")):
            a, b = [*re.sub(r"[^0-9]", "", mark.text)]
            self.operators += 1
            self.divided = True
            self.numbers.append(mark._replace(text=a))
            return _over(_number(a), _number(b)), False
        if not money and self.take("frac"):
            if not (mark := self.peek("open", text="{")):
                raise Unreadable
            above, below = self.group()[0], self.group()[0]
            self.operators += 1
            self.divided = True
            return _over(above, below), False
        if self.peek("open"):
            value, percent = self.group()
            if self.peek("num") or (percent and self.peek("percent")):
                raise Unreadable
        elif mark := self.take("num"):
            self.numbers.append(mark)
            value, percent = _number(mark.text), False
        else:
            raise Unreadable
        if self.take("percent"):
            percent = True
            self.percents += 1
            hundred = Value(Fraction(100), Fraction(100), Fraction(100))
            value = _over(value, hundred)
        self.beside()
        return value, percent

    def beside(self) -> None:
        """Words after a number, up to three: what it counts. `5 dollars per hour`, `60 minutes/hour`."""
        for _ in range(4):
            mark = self.peek("word")
            if not mark or mark.text == "of":
                break
            if (
                not mark.gap
                and unit(mark.text) is None
                and "\\" not in mark.text
                and self.marks[self.at - 1].kind == "num"
            ):
                raise Unreadable  # 5ab
            self.count(mark.text)
            self.at += 1
        following = self.marks[self.at + 1 : self.at + 2]
        if self.words and self.peek("op", text="/") and following and following[0].kind == "word":
            self.at += 2

    def count(self, text: str) -> None:
        for word in text.split():
            segment = word.isupper() and len(word) < 4  # AB
            if segment or word.lower() in NOT_COUNTED or word.lower().startswith(("sin", "cos", "tan", "log")):
                raise Unreadable
            if known := unit(word):
                self.units.add(known)
        self.words = True


def _number(digits: str) -> Value:
    plain = re.sub(r"[^0-9.]", "", digits)
    if len(plain) > MAX_DIGITS or (plain[0] == "0" and plain[1:2].isdigit()):
        raise Unreadable  # 0730 is no number
    places = _places(plain)
    exact = Fraction(plain) if places else Fraction(int(plain))
    if places < 2:
        return Value(exact, exact, exact)
    slack = Fraction(1, 10**places)
    return Value(exact, exact - slack, exact + slack)


def _places(digits: str) -> int:
    return len(digits.partition(".")[2])


def _sized(value: Value) -> Value:
    if value.exact.numerator.bit_length() + value.exact.denominator.bit_length() > MAX_BITS:
        raise Unreadable
    return value


def _bounded(exact: Fraction, corners: Iterable[Fraction]) -> Value:
    ends = [*corners]
    return _sized(Value(exact, min(ends), max(ends)))


def _plus(a: Value, b: Value) -> Value:
    exact = a.exact + b.exact
    if a.low == a.high and b.low == b.high:
        return _sized(Value(exact, exact, exact))
    return _sized(Value(exact, a.low + b.low, a.high + b.high))


def _minus(a: Value) -> Value:
    return Value(-a.exact, -a.high, -a.low)


def _times(a: Value, b: Value) -> Value:
    exact = a.exact * b.exact
    if a.low == a.high and b.low == b.high:
        return _sized(Value(exact, exact, exact))
    return _bounded(exact, [x * y for x in a[1:] for y in b[1:]])


def _over(a: Value, b: Value) -> Value:
    if b.low <= 0 <= b.high:
        raise Unreadable
    exact = a.exact / b.exact
    if a.low == a.high and b.low == b.high:
        return _sized(Value(exact, exact, exact))
    return _bounded(exact, [x / y for x in a[1:] for y in b[1:]])


def _raised(a: Value, exponent: Fraction) -> Value:
    n = exponent.numerator
    size = max(a.exact.numerator.bit_length(), a.exact.denominator.bit_length())
    if (
        exponent.denominator != 1
        or abs(n) > MAX_EXPONENT
        or size * abs(n) > MAX_BITS
        or (n <= 0 and a.low <= 0 <= a.high)
    ):
        raise Unreadable
    return _bounded(a.exact**n, [a.low**n, a.high**n, *([Fraction(0)] if a.low < 0 < a.high else [])])
