r"""The final answer of a reply: where it is said, and where it is hedged.

Found are, in this order, the last `\boxed{...}` (unless a "final answer is" follows it), what follows the last "answer is" or `####`, a
text that is nothing but an answer, the last formula or number. Only what stands after the last `</think>` counts. A pattern here must take
linear time on any text: no two neighbouring parts of it may match the same characters without bounds.
"""

from __future__ import annotations

import re
from typing import NamedTuple

TAIL = 100_000
"""Characters at the end of a reply that are searched for an answer."""
MAX_BOXES = 64
"""Boxes that are looked at, from the end: each is searched for its closing brace."""
THINK, THOUGHT = "<think>", "</think>"
_BOX = re.compile(r"\\(?:boxed|fbox)\s{0,4}(?:(\{)|([0-9])(?![0-9]))")
_BRACE = re.compile(r"\\.|[{}]", re.S)
_SAID = re.compile(
    r"####|^[ \t]{0,20}A:|\b(?:final\s{1,4})?ans(?:wer)?s?"
    r"(?:\s{1,4}(?:is|are|would be|should be|must be)\b|[ \t]{0,4}[:=]|\*\*[ \t]{0,4}:?|[ \t]{1,4}(?=\\[\[(]|\$))",
    re.I | re.M,
)
_FINAL = re.compile(r"\bfinal answer is\b", re.I)
_SUPPOSED = re.compile(
    r"\b(?:if|suppose|assume|assuming|whether|unless)\s{1,3}(?:that\s{1,3})?(?:the\s{1,3}|my\s{1,3}|our\s{1,3})?$", re.I
)
_FORMULA = re.compile(
    r"\$\$([^$]{1,1000})\$\$|\$([^\s$](?:[^$\n]{0,500}[^\s$])?|[^$\n]{0,500}\\[A-Za-z][^$\n]{0,500})\$(?!\d)|\\\(([^\n]{1,300}?)\\\)|\\\[(.{1,500}?)\\\]",
    re.S,
)
_NUMBER = re.compile(
    r"(?<![\w^_\\.{])-?(?:(?<![0-9/])[0-9]{1,9} ?)?\\[dt]?frac\{-?[0-9]+\}\{[0-9]+\}"
    r"|(?<![\w^_\\.{])-?[0-9]{1,9} (?:and )?[0-9]{1,9}/[0-9]+|(?<![\w^_\\.{])-?(?:[0-9]{1,9}(?: and)? ?)?[¼½¾⅐-⅞]"
    r"|(?<![\w^_\\.{])-?\$?(?:(?<![0-9][ \u00a0\u2009\u202f])[1-9][0-9]{0,2}(?:[ \u00a0\u2009\u202f][0-9]{3})+"
    r"(?![ \u00a0\u2009\u202f]?[0-9])"
    r"|[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?![0-9])(?:\.[0-9]+)?(?: ?/ ?[0-9]+)?(?: ?\\?%)?"
    r"|(?<![\w.])-?\.[0-9]+"
)
"""A number in a sentence; mixed numbers and thousands behind spaces are one number each."""
_PROSE = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}")
_FILLER = re.compile(r"[a-zA-Z](?:_[0-9])?\s?=|\\(?:q?quad|text|[()\[\] ,;])|[{}\s$.*]")
_UNIT_WORDS = re.compile(r"[ \t]{0,3}\\?([A-Za-z]+)")
SCALES = frozenset(
    (
        "million billion trillion thousand hundred hundreds thousands millions dozen dozens squared cubed "
        "factorial plus minus times over less more than not is isn or and wrong off if to from when mod half "
        "halves third thirds quarter quarters root no nor but maybe per percent percentage mille score gross "
        "pi squares cubes divided multiplied th st nd rd billions trillions quadrillion quadrillions k mn bn "
        "lakh crore grand tenths hundredths thousandths fourths fifths sixths sevenths eighths ninths tenth "
        "hundredth remainder choose point base negative positive below above zero incorrect false at most "
        "least excluded except one two three four five six seven eight nine ten eleven twelve twenty am pm "
        "unless otherwise exclusive inclusive ish "
    ).split()
)
"""Words after a number that make another number of it, or take it back: never units."""
_SHIFTED = frozenset(
    "than to from not least most about root up between under over below above isn squared minus negative plus times never cannot".split()
)


_OPERATION = re.compile(
    r"\b(?:root|sum|square|cube|power|product|half|third|multiple|difference|reciprocal|logarithm)s? of (?:the )?$"
)


_DENIED = re.compile(r"\b(?:not|n't)\s{1,3}\$?$")


class Found(NamedTuple):
    """An answer, or None and why there is none."""

    answer: str | None
    reason: str = "no answer in the reply"


def extract(text: str, *, strict: bool = False) -> str | None:
    r"""The final answer of a reply: the last `\boxed{...}`, else what follows the last "answer is" or `####`, else a text that is
    nothing but an answer, else the last formula or number. None if there is none. `strict` takes a box and nothing else."""
    return find(text, strict=strict).answer


def find(text: str, *, strict: bool = False) -> Found:
    """As `extract`, with the reason where nothing is found. Strict also refuses boxes that differ."""
    told = after_thinking(text)
    if told is None:
        return Found(None, "the thinking never ended")
    told = told[-TAIL:].replace("−", "-")
    boxes = _boxes(told)
    if strict:
        return _only(boxes, told)
    boxes = [box for box in boxes if box.content and not _DENIED.search(told, max(0, box.start - 20), box.start)]
    if boxes and not _FINAL.search(told, boxes[-1].end):
        return Found(_joined(boxes, told))
    if answer := _last_said(told):
        return Found(answer)
    if boxes:
        return Found(_joined(boxes, told))
    if _BOX.search(told):
        return Found(None, "the box was never closed")
    bare = " ".join(told[:400].split()) if len(told) < 2000 else ""
    if bare and len(bare) <= 300 and len(_PROSE.findall(bare)) < 3 and bare.count("$") < 3 and not _shown(bare):
        return Found(bare)
    return Found(_last(told))


def _shown(bare: str) -> bool:
    """Whether words stand beside a formula in a short text."""
    formula = _FORMULA.search(bare)
    return bool(formula and _PROSE.search(bare[: formula.start()] + bare[formula.end() :]))


def after_thinking(text: str) -> str | None:
    """What follows the thoughts; None if they never ended."""
    start = text.rfind(THOUGHT)
    told = text[start + len(THOUGHT) :] if start >= 0 else text
    return None if THINK in told else told


def has_box(text: str) -> bool:
    """Whether there is a box, closed or not."""
    return bool(_BOX.search(text))


def marked(text: str) -> bool:
    """Whether a text says where its answer is."""
    return bool(_BOX.search(text) or _SAID.search(text))


def stated(text: str) -> bool:
    """Whether a reply says what its final answer is: in a box, or behind "answer is" or `####`. Its last number may be any."""
    told = (after_thinking(text) or "")[-TAIL:]
    return any(box.content for box in _boxes(told)) or bool(_last_said(told))


class _Box(NamedTuple):
    start: int
    end: int
    content: str


def _boxes(text: str) -> list[_Box]:
    """Boxes that are closed, without those inside others."""
    found: list[_Box] = []
    for match in list(_BOX.finditer(text))[-MAX_BOXES:]:
        if found and match.start() < found[-1].end:
            continue
        if match[2]:
            found.append(_Box(match.start(), match.end(), match[2]))
            continue
        end = closing(text, match.end() - 1)
        content = text[match.end() : end].strip()
        if end >= 0:
            found.append(_Box(match.start(), end + 1, content))
    return found


def _only(boxes: list[_Box], text: str) -> Found:
    """The answer of a reply whose boxes all say the same."""
    if not boxes:
        return Found(None, "no box in the reply")
    joined = _joined(boxes, text)
    rest = {"".join(box.content.split()) for box in boxes}
    if "" in rest or (len(rest) > 1 and joined.count(",") < len(boxes) - 1):
        return Found(None, "several boxes")
    return Found(_joined(boxes[-1:], text) if len(rest) == 1 else joined)


def _joined(boxes: list[_Box], text: str) -> str:
    """Content of the last box, with the boxes joined to it by a comma or an "and"."""
    answers = [boxes[-1].content]
    for before, after in zip(reversed(boxes[:-1]), reversed(boxes[1:]), strict=True):
        if after.start == before.end:
            answers.insert(0, before.content)
            continue
        if after.start - before.end > 60 or not _joins(text[before.end : after.start]):
            break
        answers.insert(0, before.content)
    minus = "-" if text[: boxes[-1].start].rstrip(" $").endswith("-") and len(answers) == 1 else ""
    return _scaled(minus + ", ".join(answers), text[boxes[-1].end : boxes[-1].end + 30])


def _joins(between: str) -> bool:
    """Whether what stands between two answers makes a list of them."""
    return _FILLER.sub("", between) in ("and", "or", ",", ",and", ",or")


_SCALED = re.compile(
    r"[\s$}]{0,3}(?:\\text\{\s?)?(million|billion|trillion|thousand|hundred|dozen|squared|cubed|factorial)s?\b"
)


def _scaled(answer: str, tail: str) -> str:
    """With the word after it that makes another number of it."""
    scale = _SCALED.match(tail)
    return f"{answer} {scale[1]}" if scale else answer


def closing(text: str, start: int) -> int:
    """Position of the brace that closes the one at `start`, -1 if none does."""
    depth = 0
    for mark in _BRACE.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(mark.group(), 0)
        if depth == 0:
            return mark.start()
    return -1


def _last_said(text: str) -> str:
    """What the last saying that has an answer says. Only the last few are looked at."""
    sayings = [s for s in _SAID.finditer(text) if not _SUPPOSED.search(text, max(0, s.start() - 40), s.start())][-8:]
    ends = [len(text), *(saying.start() for saying in reversed(sayings[1:]))]
    for saying, end in zip(reversed(sayings), ends, strict=False):
        line = text[saying.end() : min(end, saying.end() + 2000)].lstrip(" \t\r\n:*_=")
        if (shown := _FORMULA.match(line)) and line.startswith(("\\[", "$$")):
            return _content(shown)
        if answer := _said(line.partition("\n")[0]):
            return answer
    return ""


def last_line(text: str) -> str:
    """The line after the last "answer is", or the last box."""
    if boxes := [box for box in _boxes(text[-TAIL:]) if box.content]:
        return boxes[-1].content
    sayings = list(_SAID.finditer(text[-TAIL:]))
    return text[-TAIL:][sayings[-1].end() :][:300].strip(" :*\n").partition("\n")[0] if sayings else text[:300]


_REASON = re.compile(
    r"\*{0,2}(-?\$?(?:[0-9]{1,3}(?:[, ][0-9]{3})+|[0-9]{1,15})(?:\.[0-9]{1,15})?(?:/[0-9]{1,9})?%?(?:\s[A-Za-z]{2,20}){0,2}?)\*{0,2}"
    r"(?:,?\s{1,3}(?:because|since|as(?=\s[-0-9$(]|\s(?:we|there|it|he|she|they|each|both|all|you|I)\b))\s(.{1,300})"
    r"|\s{1,3}\((?:checked|verified|because|since|as|from|using|see)\s([^()]{1,300})\))"
)
"""A number, and why it is the answer."""
_TAKEN_BACK = re.compile(
    r"\b(?:or|nor|not?|unless|but|wrong|incorrect|if|whether|maybe|perhaps|except|otherwise|instead|rather|however|actually|wait|should"
    r"|would|could|might|answer|correction|hmm|oops|sorry|mistake|false|never|without|though|although)\b|n't\b|\?",
    re.I,
)
"""Words in a reason that may say another answer, or none."""


_NO_UNITS = (SCALES | _SHIFTED | {"as", "well"}) - {"thousand", "million", "billion", "trillion"}


def _without_reason(phrase: str) -> str:
    """`5` of `5, as 2+3=5`, unless the reason may take it back."""
    reason = _REASON.fullmatch(phrase)
    if not reason or _TAKEN_BACK.search(reason[2] or reason[3]) or _NO_UNITS & {*reason[1].lower().split()}:
        return phrase
    return reason[1]


def _said(line: str) -> str:
    """The answer in what follows "the answer is": the formulas it starts with, a short phrase, or the only number of a long one."""
    formulas = list(_FORMULA.finditer(line))
    if formulas:
        before = _PROSE.findall(line[: formulas[0].start()])
        if "not" in map(str.lower, before):
            return ""
        return _formulas(formulas, line, first=len(before) <= 3)
    phrase = _without_reason(re.split(r"\.(?:\s|$)|[;\n]", line)[0].strip(" *`.,:_"))
    if phrase[:4].lower() == "not ":
        return ""
    if len(_PROSE.findall(phrase)) <= 3:
        return phrase
    numbers = list(_NUMBER.finditer(phrase))
    if not numbers and len(phrase.split()) <= 8:
        return phrase
    return _in_prose(numbers[0], phrase) if len(numbers) == 1 else ""


def _content(formula: re.Match[str]) -> str:
    """A formula without its delimiters."""
    return next(group for group in formula.groups() if group).strip()


def _formulas(formulas: list[re.Match[str]], line: str, first: bool) -> str:
    """The first formula and those joined to it, or the last one of a longer sentence."""
    contents = [_content(m) for m in formulas]
    if not first:
        return contents[-1]
    answers = contents[:1]
    for before, after, content in zip(formulas, formulas[1:], contents[1:], strict=False):
        if not _joins(line[before.end() : after.start()]):
            break
        answers.append(content)
    tail = line[formulas[len(answers) - 1].end() :]
    return _scaled(", ".join(answers) + ("%" if re.match(r"\s?\\?%", tail) else ""), tail[:30])


def _last(text: str) -> str | None:
    """Last formula, or the number after it if there is one."""
    formula = None
    for formula in _FORMULA.finditer(text):  # noqa: B007 (the last one is wanted)
        pass
    number = None
    for number in _NUMBER.finditer(text, formula.end() if formula else 0):  # noqa: B007
        pass
    if number:
        return _in_prose(number, text) or None
    return _content(formula) if formula else None


def _in_prose(number: re.Match[str], text: str) -> str:
    """A number in a sentence, unless the words beside it make another one of it."""
    ahead = text[max(0, number.start() - 30) : number.start()]
    before = re.findall(r"[A-Za-z]+", ahead)[-1:]
    if ahead.rstrip(" $").endswith(("+", "*", "/", "- ", "×", "-")) or re.search(
        r"(?:n't|\bnot|\bcannot|never)(?: be)? ?$", ahead
    ):
        return ""
    after = _UNIT_WORDS.match(text, number.end())
    if (
        (before and before[0].lower() in _SHIFTED)
        or _OPERATION.search(text, max(0, number.start() - 30), number.start())
        or text[number.end() : number.end() + 1] == "^"
    ):
        return ""
    word = after[1].lower() if after else ""
    return number.group().strip() + (
        f" {word}" if word in SCALES and word not in ("or", "and", "is", "than", "to", "if", "per") else ""
    )
