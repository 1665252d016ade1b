r"""The judgement itself, as a pure function of a question: which answer, in which shape, and whether it is the gold one.

Runs in the caller as far as no algebra is needed (`quick`), and in a process that may be killed for the rest (`judge_json`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from eval import _extract
from eval._extract import find, last_line, marked
from eval._match import Algebra, Matcher, Told
from eval._normal import normalise, number
from eval._shape import shape
from eval._units import spelled_out, unit

Kind = Literal["math", "choice", "ocw"]
KINDS = ("math", "choice", "ocw")
MAX_ANSWER = 1000
"""Characters of an answer that is compared."""
MAX_STRICT = 400
"""Characters of an answer in strict mode."""
OCW_RELATIVE = 0.01
"""Numbers of OCW problems may be off by this share (Minerva, arXiv 2206.14858, appendix G: within 1 %)."""
LETTERS = "ABCDEFGHIJ"
_WORK = re.compile(
    r"\\(?:sum|prod|i?int|iint|oint|lim|[dt]?binom|gcd|lcm|max|min|det|log|ln|lg|exp|[lr]?floor|lceil|[pb]?mod|operatorname)(?![A-Za-z])"
    r"|\\(?:arc)?(?:sin|cos|tan|cot|sec|csc)(?![A-Za-z])|\\lfloor|\\begin\{v|[0-9)}a-z]!|\\frac\{d"
)
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})([ap])m")
_WHERE = re.compile(r"[,\s]*\\text\{[,\s]*(?:for (?:all|any|every|some|each)|where)\b.*$", re.S)
_CHOICE = re.compile(r"\(?([A-J])\)?[).:]\s*\S.*|\(([A-J])\)\s*\S.*", re.S)


class NeedsAlgebra(Exception):
    """The question cannot be answered without SymPy."""


@dataclass(frozen=True)
class Question:
    """All that a verdict depends on; see `eval.grading.grade`."""

    text: str
    gold: list[str]
    kind: Kind = "math"
    options: tuple[str, ...] = ()
    tolerance: float = 0.0
    relative: float = 0.0
    strict: bool = False


@dataclass(frozen=True)
class Verdict:
    """`value` is True (right), False (wrong) or None (cannot be told); `reason` says by what, `answer` is what was found in the reply."""

    value: bool | None
    reason: str
    answer: str | None = None


def quick(question: Question) -> Verdict | None:
    """The verdict as far as no algebra is needed, else None."""
    try:
        return _judge(question, Algebra(_hard, _hard))
    except NeedsAlgebra:
        return None


def judge(question: Question) -> Verdict:
    """The verdict, by algebra where it must be. May take long or run out of memory: call it where it may be killed."""
    from eval import _algebra

    return _judge(question, Algebra(_algebra.equal, _algebra.proportional))


def judge_json(payload: dict[str, Any]) -> dict[str, Any]:
    """`judge` for another process."""
    payload["options"] = tuple(payload["options"])
    return asdict(judge(Question(**payload)))


def warm() -> None:
    """Load SymPy and the grammar."""
    from eval import _algebra

    _algebra.warm()


def compare(answer: str, gold: str, algebra: Algebra, question: Question) -> Told:
    """Judge one bare answer against another. `2 million` and `2 and 1/2` are also read as one number, but not in strict mode."""
    if not question.strict:
        numbers = spelled_out(answer), spelled_out(gold)
        if numbers != (answer, gold) and (told := _compared(*numbers, algebra, question))[0]:
            return told
    return _compared(answer, gold, algebra, question)


def _compared(answer: str, gold: str, algebra: Algebra, question: Question) -> Told:
    if len(answer) > MAX_ANSWER and not answer.strip("-0123456789.,") and answer[-1] != "0" and number(normalise(gold)):
        return False, "different numbers"
    if len(answer) > MAX_ANSWER or len(gold) > MAX_ANSWER:
        return None, f"an answer longer than {MAX_ANSWER} characters"
    if not question.strict:
        answer, gold = _WHERE.sub("", answer), _WHERE.sub("", gold)
    a, g = normalise(answer), normalise(gold)
    if a == g != "":
        return True, "same answer"
    if question.strict and (refused := _refused(answer, a, g)):
        return refused
    (mine, a_unit), (theirs, g_unit) = unit(answer), unit(gold)
    if mine and theirs:
        a, g = normalise(mine), normalise(theirs)
    if not a or not g:
        return None, "an empty answer"
    told: Told
    if a == g or ((time := _time(answer)) and time == _time(gold)):
        told = (True, "same answer")
    elif decimal := _decimal_comma(a, g, question.strict):
        told = decimal
    else:
        if re.fullmatch("[A-J]", g) and (letter := _chosen(_detexed(answer))):
            a = letter
        matcher = Matcher(algebra, question.tolerance, question.relative, question.strict)
        told = matcher.match(matcher.member(shape(a)), matcher.member(shape(g)))
    units_differ = a_unit != g_unit and (bool(a_unit and g_unit) or "%" in a + g)
    return (None, "another unit") if units_differ else told


def _judge(question: Question, algebra: Algebra) -> Verdict:
    golds = [gold for gold in question.gold if gold.strip()]
    if not golds:
        return Verdict(None, "no gold answer")
    if question.kind == "choice":
        return _choice(question, golds, algebra)
    if _is_gold(question, golds):
        return Verdict(True, "same text", question.text.strip())
    found = find(question.text, strict=question.strict)
    if found.answer is None:
        return Verdict(False, found.reason)
    if question.strict and len(found.answer) > MAX_STRICT:
        return Verdict(False, f"an answer longer than {MAX_STRICT} characters", found.answer[:MAX_STRICT])
    best: Told = (False, "")
    for gold in golds:
        told = _one(found.answer, gold, algebra, question)
        if told[0] or best == (False, "") or (told[0] is None and best[0] is False):
            best = told
    return Verdict(*best, answer=found.answer[:MAX_ANSWER])


def _is_gold(question: Question, golds: Sequence[str]) -> bool:
    """Whether the whole reply is nothing but a gold text."""
    if question.strict or len(question.text) > MAX_ANSWER or _extract.THINK in question.text:
        return False
    plain = " ".join(question.text.split())
    return bool(plain) and any(plain == " ".join(gold.split()) for gold in golds if len(gold) <= 2 * MAX_ANSWER)


def _one(answer: str, gold: str, algebra: Algebra, question: Question) -> Told:
    right = find(gold).answer if marked(gold) else gold.strip()
    if not right:
        return None, "no answer in the gold text"
    if len(right) > MAX_ANSWER:
        return (
            (True, "same text")
            if " ".join(answer.split()) == " ".join(right.split())
            else (None, "the gold answer is too long")
        )
    if question.kind == "ocw" and not question.relative:
        question = replace(question, relative=OCW_RELATIVE)
    return compare(answer, right, algebra, question)


def _refused(answer: str, a: str, g: str) -> Told | None:
    """What strict mode does not take: work that is left to the grader."""
    told = (False, "the answer is not worked out")
    if set(_WORK.findall(a)) - set(_WORK.findall(g)):
        return told
    right = number(g)
    if right and right.places is None and not number(_after_name(a)) and not unit(answer)[1]:
        return told
    if right and right.places is not None:
        mine = number(_after_name(a)) or number(normalise(unit(answer)[0]))
        if mine is None or (mine.places is None and right.value.denominator == 1):
            return told if mine is None or _is_arithmetic(a) else None
    return None


def _is_arithmetic(text: str) -> bool:
    """Whether a text has operators between its parts, and so is work to be done."""
    return bool(re.search(r"[-+/^*]|\\cdot|\\frac|\\sqrt|\\over|%", text.lstrip("-")))


def _after_name(text: str) -> str:
    return re.sub(r"^\\?[A-Za-z](?:_\{?[0-9A-Za-z]\}?)?(?:\([a-z]\))?=", "", text)


def _time(text: str) -> str:
    """`2:15pm` of a time of day, however it is written."""
    plain = re.sub(r"\\text|[\s{}.$\\,]", "", text[:40]).lower()
    return plain if _TIME.fullmatch(plain) else ""


def _decimal_comma(a: str, g: str, strict: bool) -> Told | None:
    """`1000,99` for 1000.99: a comma where half of the world writes one."""
    right = number(g)
    if strict or not right or not right.places or not re.fullmatch(r"-?[0-9]+,[0-9]+", a):
        return None
    mine = number(a.replace(",", "."))
    return (True, "same number") if mine and mine.value == right.value else None


def _choice(question: Question, golds: Sequence[str], algebra: Algebra) -> Verdict:
    several = [set(gold.strip()) for gold in golds if _SEVERAL.fullmatch(gold.strip()) and gold not in question.options]
    if several:
        found = find(question.text, strict=question.strict)
        named = re.sub(r"\\text|and|[^A-Za-z]", "", found.answer or "")
        if not re.fullmatch("[A-J]+", named):
            return Verdict(False, found.reason if found.answer is None else "none of the options", found.answer)
        return Verdict(
            set(named) in several, "same choices" if set(named) in several else "other choices", found.answer
        )
    right = {one for gold in golds if (one := _gold_letter(gold, question.options))}
    if not right:
        return Verdict(None, "the gold answer is none of the options")
    letter, answer, reason = _letter_of(question, algebra)
    if letter is None:
        return Verdict(None if answer else False, reason, answer)
    return Verdict(letter in right, "same choice" if letter in right else "another choice", letter)


def _gold_letter(gold: str, options: Sequence[str]) -> str:
    plain = gold.strip().strip("().").strip()
    if len(plain) == 1 and plain.upper() in LETTERS:
        return plain.upper()
    same = [i for i, option in enumerate(options) if option.strip() == gold.strip()]
    same = same or [i for i, option in enumerate(options) if normalise(option) == normalise(gold)]
    return LETTERS[same[0]] if len(same) == 1 and same[0] < len(LETTERS) else ""


_SEVERAL = re.compile("[A-J]{2,6}")
_ALONE = re.compile(r"(?<![A-Za-z\\=<>+*/^_-])(?<![=<>+*/^-] )(?:\(([A-Ja-j])\)|([A-HJ]))(?![A-Za-z'_^]|\s?[=<>+*/^-])")
_ARTICLE = re.compile(r"(?<![A-Za-z])A(?=\s+(?!or\b|and\b|but\b|nor\b|is\b|because\b|since\b|as\b)[a-z])")
_AT_THE_END = re.compile(
    r"(?<![A-Za-z\\=<>+*/^_-])(?<![=<>+*/^-] )(?:\(([A-J])\)|(?:[Oo]ption|[Cc]hoice|is|so|Therefore,) ([A-J]))[\s.*$)]{0,6}$"
)
_SAID_LETTER = re.compile(
    r"\b(?:answer|choice|option)\b(?:\s+is\b|\s*:)?\s{0,3}[*$\\]{0,4}(?:text(?:bf)?\{|mathrm\{)?(?:\(([A-J])\)|([A-HJ])(?![A-Za-z]))"
)
_NEGATED = re.compile(
    r"\b(?:not?|incorrect|wrong|false|eliminate|unless|if|unclear|instead|rule out|says?)\b|n't\b|\?", re.I
)
_NOT_BUT = re.compile(r"\bnot\s+\(?[A-J]\)?,?\s+but\s+\(?([A-J])(?![A-Za-z])")
_LINE_LETTER = re.compile(r"^[\s*$(]{0,6}([A-J])[\s*$).:]{0,6}$", re.M)


def _letter_of(question: Question, algebra: Algebra) -> tuple[str | None, str | None, str]:
    """Letter that a reply chooses, else what was found and why it is no choice."""
    told = _extract.after_thinking(question.text)
    if told is None:
        return None, None, "the thinking never ended"
    found = find(told, strict=question.strict)
    if (option := _as_option(found.answer if question.strict else last_line(told), question.options)) is not None:
        return LETTERS[option], LETTERS[option], ""
    if not question.strict and not _extract.has_box(told) and (said := _said_letter(told)):
        return said
    if found.answer is None:
        corrected = None if question.strict else _NOT_BUT.search(told)
        return (corrected[1], corrected[1], "") if corrected else (None, None, found.reason)
    letters = _letters(found.answer, question.options)
    if not letters and not question.strict and not marked(told):
        letters = {m.upper() for m in _LINE_LETTER.findall(told)[-1:]} or {
            m[1] or m[2] for m in _AT_THE_END.finditer(told[-100:])
        }
    if len(letters) == 1:
        letter = letters.pop()
        known = not question.options or LETTERS.index(letter) < len(question.options)
        return (letter, letter, "") if known else (None, letter, "no such option")
    if letters:
        return None, found.answer, "several choices"
    if not marked(told) and found.answer != " ".join(told.split()):
        return None, None, "no choice in the reply"
    told_each = [_is_option(found.answer, option, algebra, question) for option in question.options[: len(LETTERS)]]
    if told_each.count(True) == 1:
        return LETTERS[told_each.index(True)], found.answer, ""
    return None, None if all(value is False for value in told_each) else found.answer, "none of the options"


def _said_letter(told: str) -> tuple[str | None, str | None, str] | None:
    """Letter after the last "answer is", unless something around it takes it back or another letter follows."""
    said = list(_SAID_LETTER.finditer(told))
    if not said:
        return None
    last, letter = said[-1], said[-1][1] or said[-1][2]
    around = told[max(0, last.start() - 30) : last.start()] + told[last.end() : last.end() + 25]
    others = {m[0] or m[1] for m in _ALONE.findall(_ARTICLE.sub("", told[last.end() :]))} - {letter}
    return (None, last.group(), "several choices") if others or _NEGATED.search(around) else (letter, letter, "")


def _as_option(answer: str | None, options: Sequence[str]) -> int | None:
    """The option whose text is given word by word."""
    texts = [_words(option) for option in options[: len(LETTERS)]]
    said = _words(answer or "")
    return texts.index(said) if len(said) > 1 and texts.count(said) == 1 else None


def _words(text: str) -> str:
    return " ".join(re.sub(r"\\text\{([^{}]*)\}", r"\1", text).strip(" $*.:\n").casefold().split())


def _letters(answer: str, options: Sequence[str]) -> set[str]:
    """Letters that an answer names: alone, in brackets, or before the text of the option."""
    plain = _detexed(answer)
    if re.fullmatch(r"\(?[A-Ja-j]\)?[.):]?", plain) and not any(option.strip() == plain for option in options):
        return {plain.strip("().:").upper()}
    if (letter := _chosen(plain)) and not _of_another(plain, letter, options):
        return {letter}
    if _NEGATED.search(plain) or re.search(r"\b(?:but|exclud|except)", plain):
        return set()
    return {(m[0] or m[1]).upper() for m in _ALONE.findall(_ARTICLE.sub("", plain))}


def _detexed(answer: str) -> str:
    return re.sub(r"\\(?:text|textbf|mathrm|mathbf|boxed)\s*\{([^{}]*)\}|\\[ ,]", r"\1 ", answer).strip(" $*.\\\n")


def _chosen(plain: str) -> str:
    """The letter of `(B) 42`, empty where other letters stand beside it."""
    match = _CHOICE.fullmatch(plain)
    others = {m[0] or m[1] for m in _ALONE.findall(_ARTICLE.sub("", plain))}
    return (match[1] or match[2]) if match and len(others) <= 1 else ""


def _of_another(plain: str, letter: str, options: Sequence[str]) -> bool:
    """Whether the text beside a letter is that of another option."""
    rest = normalise(re.sub(r"^\(?[A-J]\)?[).:]?\s*", "", plain))
    return any(normalise(option) == rest for i, option in enumerate(options[: len(LETTERS)]) if LETTERS[i] != letter)


def _is_option(answer: str, option: str, algebra: Algebra, question: Question) -> bool | None:
    if answer.strip().casefold() == option.strip().casefold():
        return True
    return compare(answer, option, algebra, Question(question.text, [option], strict=question.strict))[0]


def _hard(*_: Any) -> Told:
    raise NeedsAlgebra
