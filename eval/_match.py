r"""Whether two shapes are equal, part by part; what is left to expressions is for numbers, words and algebra.

The answers are True, False and None (cannot be told), joined as in Kleene's logic: one wrong part makes the whole wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from eval._normal import Number, number
from eval._shape import Shape, shape

Told = tuple[bool | None, str]


class Algebra(NamedTuple):
    """What decides about expressions: `equal(answer, gold, tolerance, relative)`, and `proportional(answer, gold, sign)` about two
    sides that stand against zero."""

    equal: Callable[[str, str, float, float], Told]
    proportional: Callable[[str, str, str], Told]


DIFFERENT = (False, "different shapes")
_SUBSCRIPT = re.compile(
    r"_(?:\{[^{}]*\}|[0-9A-Za-z])|'|\^\{-1\}|\\(?:angle|triangle|overline|overrightarrow|vec|hat|mathrm|cdot)|(?<=[A-Za-z])\([^()]*\)"
)
_COMMAND = re.compile(r"\\[A-Za-z]+")
_PERHAPS_UNIT = re.compile(r"-?[0-9.]+(?:\\cdot ?10\^\{-?[0-9]+\})?(?:[mgsKNJWVALChTFHk]|\\Omega|\\mu ?[A-Za-z]?)")
_ARTICLE = re.compile(r"^(?:an?|the) ")
_SAME_WORDS = {"no solutions": "no solution", "dne": "does not exist", "no real solutions": "no real solution"}
_FLIPPED = {"<": ">", ">": "<", "\\le": "\\ge", "\\ge": "\\le"}
_NUMBER_WORDS = frozenset(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred "
    "thousand million billion none half third quarter both all infinite infinity ".split()
)


@dataclass(frozen=True)
class Matcher:
    """Compares an answer with a gold one; `algebra` decides about expressions, `strict` refuses what only a lenient reader would allow."""

    algebra: Algebra
    tolerance: float = 0.0
    relative: float = 0.0
    strict: bool = False

    def match(self, answer: Shape, gold: Shape) -> Told:
        """Whether the answer is equal to the gold one, and by what."""
        if answer.text == gold.text:
            return True, "same answer"
        if answer.kind == "relation" or gold.kind == "relation":
            return self._relations(answer, gold)
        if answer.kind == gold.kind == "expression":
            return self._expressions(answer.text, gold.text)
        answer, gold = _whole_line(answer), _whole_line(gold)
        kinds = {answer.kind, gold.kind}
        if kinds <= {"list", "set"}:
            return self._any_order(answer, gold)
        if answer.kind == "list" and gold.kind == "expression" and not self.strict:
            told = _all(self.match(part, gold) for part in answer.parts)  # one answer in two spellings
            return told if told[0] else DIFFERENT
        if "union" in kinds:
            return self._any_order(_as_union(answer), _as_union(gold))
        if (kinds <= {"list", "tuple", "row"} and not any("[" in s.mark for s in (answer, gold))) or kinds == {"tuple"}:
            return self._in_order(answer, gold) if answer.mark == gold.mark else DIFFERENT
        if kinds == {"tuple", "matrix"} and not self.strict and all("[" not in s.mark for s in (answer, gold)):
            flat = next(s for s in (answer, gold) if s.kind == "matrix").mark[0] in ("1", str(len(gold.parts)))
            return self._in_order(answer, gold) if flat else DIFFERENT  # a vector, written as a point
        if answer.kind == gold.kind and answer.mark == gold.mark:
            return self._in_order(answer, gold)
        if "expression" in kinds and not (number(answer.text) or number(gold.text)):
            return None, "cannot be compared"
        return DIFFERENT

    def member(self, whole: Shape) -> Shape:
        """The one element of a set: `{5}` says 5."""
        single = (
            whole.kind == "set" and len(whole.parts) == 1 and whole.parts[0].kind == "expression" and not self.strict
        )
        return whole.parts[0] if single and whole.parts[0].text != "\\emptyset" else whole

    def _in_order(self, answer: Shape, gold: Shape) -> Told:
        if len(answer.parts) != len(gold.parts):
            return False, "another number of parts"
        if _shuffled(answer.parts) and not any(map(_name, gold.parts)):
            return None, "names in another order"
        return _all(self.match(a, g) for a, g in zip(answer.parts, gold.parts, strict=True))

    def _any_order(self, answer: Shape, gold: Shape) -> Told:
        """Every part has a partner of its own. Parts with names of several unknowns, and parts without, keep their order."""
        mine, theirs = _parts(answer), _parts(gold)
        if len(mine) != len(theirs):
            return False, "another number of parts"
        named = [len({_name(part).partition("_")[0] for part in parts if _name(part)}) for parts in (mine, theirs)]
        if max(named) > 1 and min(named) == 0:
            if not named[1] and _shuffled(mine):
                return None, "names in another order"
            return _all(self.match(a, g) for a, g in zip(mine, theirs, strict=True))
        if max(named) == 1:
            mine, theirs = _without_name(mine), _without_name(theirs)
        unknown = False
        left = list(mine)
        for part in theirs:
            hits = [i for i, a in enumerate(left) if a.text == part.text]
            told = [] if hits else [self.match(a, part) for a in left]
            hits = hits or [i for i, (value, _) in enumerate(told) if value]
            if hits:
                left.pop(hits[0])
            else:
                unknown = unknown or any(value is None for value, _ in told)
                if not unknown:
                    return False, "different parts"
        return (True, "same parts") if not left else (None, "cannot be compared")

    def _relations(self, answer: Shape, gold: Shape) -> Told:
        a_range, g_range = _range(answer), _range(gold)
        if a_range and g_range and (a_range[0] == g_range[0] or not (a_range[0] and g_range[0])):
            return self.match(a_range[1], g_range[1])
        a_name, g_name = _name(answer), _name(gold)
        if answer.kind != "relation":
            return self.match(answer, gold.parts[-1]) if g_name else (False, "a value against an equation")
        if gold.kind != "relation":
            return self._chain(answer, gold, a_name)
        if a_name and g_name:
            if a_name == g_name or _same_function(a_name, g_name):
                return self.match(answer.parts[-1], gold.parts[-1])
            if (spread := _spread(answer)) and (other := _spread(gold)):
                return self._any_order(spread, other)
        return self._equations(answer, gold)

    def _chain(self, answer: Shape, gold: Shape, name: str) -> Told:
        """`x = 2+3 = 5` for 5: every side but a name must be equal to the gold answer."""
        if set(answer.mark) - {"=", "\\in", ":=", "\\approx"}:
            return (
                (False, "different shapes")
                if gold.kind == "expression" and number(gold.text)
                else (None, "cannot be compared")
            )
        if (spread := _spread(answer)) and gold.kind in ("list", "tuple"):
            return self.match(spread, gold)
        sides = answer.parts[1:] if name else answer.parts
        if not name and all(number(side.text) for side in sides):
            return (None, "an equation against a value")
        if self.strict and (len(sides) > 1 or not _is_plain_name(name)):
            return False, "the answer is not worked out"
        told = [self.match(self.member(side), gold) for side in sides]
        if told[-1][0] and not name and any(re.search("[A-Za-z]", _COMMAND.sub("", side.text)) for side in sides):
            return None, "an equation against a value"
        return next((one for one in told if one[0] is False), told[-1])

    def _equations(self, answer: Shape, gold: Shape) -> Told:
        if len(answer.parts) != 2 or len(gold.parts) != 2:
            return self._in_order(answer, gold) if answer.mark == gold.mark else (None, "cannot be compared")
        if {*answer.mark, *gold.mark} - {"=", "<", ">", "\\le", "\\ge", "\\ne"}:
            return self._in_order(answer, gold) if answer.mark == gold.mark else (None, "cannot be compared")
        (mine, a_sign), (theirs, g_sign) = _difference(answer), _difference(gold)
        if a_sign != g_sign:
            return False, "different relations"
        if not mine or not theirs:
            return None, "cannot be compared"
        return self.algebra.proportional(mine, theirs, a_sign)

    def _expressions(self, answer: str, gold: str) -> Told:
        mine, theirs = number(answer), number(gold)
        if mine and theirs:
            return same_number(mine, theirs, self.tolerance, self.relative, self.strict)
        a_word, g_word = _word(answer), _word(gold)
        if a_word and g_word:
            if a_word == g_word:
                return True, "same words"
            return (None, "cannot be compared") if sorted(a_word) == sorted(g_word) else (False, "different words")
        if (a_word and theirs) or (g_word and mine):
            return (None, "cannot be compared") if {a_word, g_word} & _NUMBER_WORDS else (False, "a word and a number")
        if theirs and _PERHAPS_UNIT.fullmatch(answer):
            return None, "perhaps a unit"
        if "_" in answer + gold and (_base(answer) or _base(gold)) and _base(answer) != _base(gold):
            return None, "another base"
        return self.algebra.equal(answer, gold, self.tolerance, self.relative)


def same_number(answer: Number, gold: Number, tolerance: float, relative: float, strict: bool) -> Told:
    """Two numbers. A percent sign may be missing where the value leaves no doubt; a decimal of six places or more, correctly rounded
    or cut, stands for a fraction that no decimal writes."""
    a, g = answer.value, gold.value
    if answer.percent != gold.percent:
        share, other = (a, g) if answer.percent else (g, a)
        if share == other:
            return (True, "same number") if abs(other) >= 1 or not other else (None, "percent or not")
        if share / 100 == other:
            return (None, "percent or not") if strict else (True, "same number")
        return False, "different numbers"
    if a == g:
        return True, "same number"
    if (tolerance or relative) and abs(a - g) <= Fraction(str(tolerance)) + Fraction(str(relative)) * abs(g):
        return True, "within the tolerance"
    for written, exact in ((answer, gold), (gold, answer)):
        if written.places and written.places >= 6 and exact.places is None and not _ends(exact.value):
            return (True, "same number, rounded") if _rounds(written, exact.value) else (False, "different numbers")
    return False, "different numbers"


def _rounds(written: Number, exact: Fraction) -> bool:
    """Whether a decimal is a fraction rounded or cut, to six digits that mean something or more."""
    unit = Fraction(1, 10 ** (written.places or 0))
    gap = abs(written.value - exact)
    cut = abs(written.value) <= abs(exact) and gap < unit
    return abs(written.value) >= 10**5 * unit and (gap * 2 <= unit or cut)


def _ends(value: Fraction) -> bool:
    """Whether a fraction has a finite decimal."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def _all(told: Iterable[Told]) -> Told:
    unknown: Told | None = None
    for value, reason in told:
        if value is False:
            return value, reason
        if value is None:
            unknown = unknown or (value, reason)
    return unknown or (True, "same parts")


def _word(text: str) -> str:
    """A word answer (`Evelyn`, `no solution`) in lower case, empty if the answer is none."""
    letters = text.replace(" ", "")
    if not (letters.isalpha() and len(letters) > 2 and letters.isascii()):
        return ""
    return _SAME_WORDS.get(word := _ARTICLE.sub("", text.lower()), word)


def _base(text: str) -> str:
    found = re.fullmatch(r"[0-9A-Fa-f.]*_(?:\{([0-9]+)\}|([0-9]))", text)
    return (found[1] or found[2]) if found else ""


def _name(part: Shape) -> str:
    """What a relation gives a value to: an unknown, a function, a quantity that is asked for; empty if its left side is work of its own."""
    if part.kind != "relation" or part.mark[0] not in ("=", "\\in", ":=", "\\approx"):
        return ""
    text = part.parts[0].text
    rest = _SUBSCRIPT.sub("", text)
    return text if re.search("[A-Za-z]", rest) and not re.search(r"[0-9]", rest) else ""


def _is_plain_name(name: str) -> bool:
    return bool(name) and not re.search(r"[-+/]|\\cdot|\\frac|\\sqrt|\^", _SUBSCRIPT.sub("", name))


def _same_function(one: str, other: str) -> bool:
    """`y` and `f(x)`, or functions of the same argument: the question gave the name."""
    found = [re.fullmatch(r"y|[a-zA-Z]\(([a-z])\)", name) for name in (one, other)]
    arguments = {match[1] for match in found if match and match[1]}
    return all(found) and len(arguments) == 1


def _parts(whole: Shape) -> tuple[Shape, ...]:
    return whole.parts if whole.kind in ("list", "set", "union", "row") else (whole,)


def _shuffled(parts: tuple[Shape, ...]) -> bool:
    """Whether parts have names that are not in the order of the alphabet."""
    found = [_name(part) for part in parts if _name(part)]
    return found != sorted(set(found))


def _without_name(parts: tuple[Shape, ...]) -> tuple[Shape, ...]:
    return tuple(part.parts[-1] if _name(part) and len(part.parts) == 2 else part for part in parts)


def _whole_line(part: Shape) -> Shape:
    return (
        Shape("interval", shape("(-\\infty,\\infty)").parts, part.text, ("(", ")"))
        if part.text == "\\mathbb{R}"
        else part
    )


def _as_union(whole: Shape) -> Shape:
    r"""A union of intervals; `x<1 or x>2` is one."""
    if whole.kind == "list" and all(part.kind == "relation" for part in whole.parts):
        ranges = [_range(part) for part in whole.parts]
        if all(ranges) and len({r[0] for r in ranges if r}) == 1:
            return Shape("union", tuple(r[1] for r in ranges if r), whole.text)
    found = None if whole.kind == "list" else _range(whole)
    return found[1] if found else whole


def _range(part: Shape) -> tuple[str, Shape] | None:
    r"""Unknown and interval of `1 < x \le 2`; an interval or union by itself has no unknown."""
    if part.kind in ("interval", "union") or part.text == "\\mathbb{R}":
        return "", _whole_line(part)
    if part.kind == "tuple" and len(part.parts) == 2 and not part.mark:
        return "", part
    if part.kind == "list" and (union := _as_union(part)).kind == "union":
        return "", union
    if part.kind != "relation":
        return None
    texts, signs = [p.text for p in part.parts], list(part.mark)
    if len(texts) == 2 and signs == ["\\in"] and part.parts[1].kind in ("interval", "union", "tuple"):
        return texts[0], part.parts[1]
    if len(texts) == 2 and signs == ["\\ne"] and _is_plain_name(texts[0]):
        return texts[0], shape(f"(-\\infty,{texts[1]})\\cup({texts[1]},\\infty)")
    if not all(sign in _FLIPPED for sign in signs) or len({sign in ("<", "\\le") for sign in signs}) != 1:
        return None
    if signs[0] in (">", "\\ge"):
        texts, signs = texts[::-1], [_FLIPPED[sign] for sign in signs[::-1]]
    return _interval(texts, signs)


def _interval(texts: list[str], signs: list[str]) -> tuple[str, Shape] | None:
    if len(texts) == 3:
        low, name, high = texts
    elif _letter(texts[0]):
        (name, high), low, signs = texts, "-\\infty", ["<", *signs]
    else:
        (low, name), high, signs = texts, "\\infty", [*signs, "<"]
    if not _letter(name) or any(re.search(rf"(?<![A-Za-z\\]){re.escape(name)}(?![A-Za-z])", t) for t in (low, high)):
        return None
    return name, shape(("(" if signs[0] == "<" else "[") + f"{low},{high}" + (")" if signs[1] == "<" else "]"))


def _letter(text: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z](?:_\{?[0-9A-Za-z]\}?)?|\\[a-z]+|[A-Za-z]\([a-z]\)", text))


def _spread(part: Shape) -> Shape | None:
    """`(x,y) = (1,2)` as `x=1, y=2`."""
    if part.kind != "relation" or part.mark != ("=",):
        return None
    left, right = part.parts
    if left.kind != "tuple" or right.kind != "tuple" or len(left.parts) != len(right.parts):
        return None
    return shape(", ".join(f"{a.text}={b.text}" for a, b in zip(left.parts, right.parts, strict=True)))


def _difference(part: Shape) -> tuple[str, str]:
    """Left minus right of a relation, and its sign, `>` turned to `<`."""
    (left, right), sign = part.parts, part.mark[0]
    if left.kind != "expression" or right.kind != "expression":
        return "", sign
    if sign in (">", "\\ge"):
        left, right, sign = right, left, _FLIPPED[sign]
    return f"({left.text})-({right.text})", sign
