r"""Where a few-shot reply says its final answer. Linear in the length of the reply, as everything that reads what a model wrote.

What is found is put into a box, so that `eval.grading` compares that and nothing else; where nothing is found, or the answer has a box of
its own, the reply goes there whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from eval._extract import TAIL, has_box

MAX = 1000
"""Characters of an answer."""
MAX_WORDS = 5
"""Words of an answer that is a name."""
_SENTENCE, _HOPE = re.compile(r"final answer is", re.I), re.compile(r"\.?\s{0,4}I hope", re.I)
_LETTER = re.compile(r"[Ff]inal [Aa]nswer is:?\s{0,4}[$*]{0,3}(?:\(([A-Ja-j])\)|([A-J])(?![\w']))")
_SAID = re.compile(
    r"(?<![Ii]f the )\b[Aa]nswer(?: is|:)\s{0,4}[$*]{0,3}(?:\(([A-Ja-j])\)|([B-HJ])(?![\w'])|([AI])(?![\w']| [a-z]))"
)
_OTHER = re.compile(
    r"[$*]{0,3}\s{0,4}(?:,\s{0,4}(?:(?:or|and)\s)?|(?:or|and)\s)\s{0,4}[$*]{0,3}(?:\([A-Ja-j]\)|[A-H](?![\w']))"
)
"""A second letter after the first."""
_BRACKETED = re.compile(r"\(([A-J])\)")
_ANSWER, _UNLIKE_WORDS = re.compile(r"\banswer is\b"), re.compile(r"[0-9\\${}]")
_NUMBER = re.compile(
    r"(?:(?<![\w)}])-)?(?:(?<![\w^./])(?<![\^_]\{)[0-9]{1,9} ?)?\\[dt]?frac\{-?[0-9]+\}\{[0-9]+\}"
    r"|(?:(?<![\w)}])-)?\\?\$?(?<![\w^.])(?<![\^_]\{)(?!(?<=[0-9],)[0-9]{3}(?![0-9]))"
    r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+ (?:and )?[0-9]+/[0-9]+|[0-9]+)(?:\.[0-9]+)?(?: ?/ ?[0-9]+|:[0-9]+)?"
    r"|(?:(?<![\w)}])-)?(?<![\w.])\.[0-9]+"
)
"""A number wherever it stands, but for exponents and indices; a part behind a comma belongs to the number before it. Mixed numbers, ratios
and times are one number each."""
_SEPARATOR = re.compile(r"(?<=[0-9])(?:\{,\}|\\[,!]|[\u00a0\u2009\u202f])(?=[0-9]{3}(?![0-9]))")
"""What stands between thousands, but for a comma."""
_SPACED = re.compile(r"(?<![\w.,:/^{-])(?<![0-9] )[1-9][0-9]{0,2}(?: [0-9]{3})+(?![\w/:]|,[0-9]| [0-9])")
"""Thousands with plain spaces between them, and no other number beside them."""
_VULGAR = re.compile(r"(?:([0-9]) ?)?([¼½¾⅐-⅞])")
_SCALE = re.compile(r" ?(thousand|million|billion|trillion)\b")
"""What makes another number of the one before it."""
_MINUS = str.maketrans("\u2212\u2013", "--")
_ESCAPED_OR_BRACE = re.compile(r"\\.|[{}]", re.S)


def read(text: str, how: str, options: Sequence[str] = ()) -> str:
    """The final answer of a reply in a box, or the reply.

    Args:
        how: `said`, `number`, `sentence` or `letter` (`eval.specs.Spec.read`).
        options: of a question that is answered by the text of one of them.
    """
    tail = text[-TAIL:]
    found = (
        _words(tail, options)
        if how == "said"
        else {"number": _number, "sentence": _sentence, "letter": _letter}[how](tail)
    )
    return rf"\boxed{{{found}}}" if found and not has_box(found) else text


def _sentence(text: str) -> str:
    """What stands between "final answer is" and the first "I hope" after it, without its dollar signs. Of sentences that were begun and not
    ended so, the last counts: `The final answer is correct. The final answer is $19$. I hope it is correct.`"""
    first = _SENTENCE.search(text)
    end = _HOPE.search(text, first.end()) if first else None
    if first is None or end is None:
        return ""
    *_, start = _SENTENCE.finditer(text, first.start(), end.start())
    said = text[start.end() : end.start()].strip().lstrip(":").strip()
    if said.startswith("$") and said.endswith("$") and said.count("$") == 2:
        said = said[1:-1].strip()
    return said if 0 < len(said) <= MAX and _balanced(said) else ""


def _letter(text: str) -> str:
    """The first letter after "final answer is"; without one, and where there is no box, the last after "answer is", else in brackets.
    Where several stand there, the grader says so."""
    if said := _LETTER.search(text):
        return _alone(said)
    if has_box(text):
        return ""
    if sayings := [*_SAID.finditer(text)]:
        return _alone(sayings[-1])
    letters = _BRACKETED.findall(text)
    return letters[-1] if letters else ""


def _alone(said: re.Match[str]) -> str:
    """The letter that was said, if no other stands beside it."""
    return "" if _OTHER.match(said.string, said.end()) else next(filter(None, said.groups())).upper()


def _number(text: str) -> str:
    """The last number, without the signs of money and percent beside it."""
    number = None
    plain = _VULGAR.sub(_over, _SEPARATOR.sub(",", text.translate(_MINUS)))
    plain = _SPACED.sub(lambda spaced: spaced[0].replace(" ", ","), plain)
    for number in _NUMBER.finditer(plain):  # noqa: B007 (the last one is wanted)
        pass
    if not number:
        return ""
    scale = _SCALE.match(plain, number.end())
    return number.group().replace("\\$", "").replace("$", "") + (f" {scale[1]}" if scale else "")


def _over(vulgar: re.Match[str]) -> str:
    """`1½` as `1 1/2`."""
    up, down = unicodedata.normalize("NFKC", vulgar[2]).split("\u2044")
    return f"{vulgar[1]} {up}/{down}" if vulgar[1] else f"{up}/{down}"


def _words(text: str, options: Sequence[str]) -> str:
    """Without an "answer is": the option that the last line names, or the last number. After one the grader reads, but for names such as
    "Mrs. Hilt", in which it would take a point for the end of the sentence."""
    sayings = [*_ANSWER.finditer(text)]
    if not sayings:
        return _named(text, options) if options else _number(text)
    said = text[sayings[-1].end() :][:200].partition("\n")[0].strip().removesuffix(".").strip()
    return said if ". " in said and len(said.split()) <= MAX_WORDS and not _UNLIKE_WORDS.search(said) else ""


def _named(text: str, options: Sequence[str]) -> str:
    line = text.rstrip()[-MAX:].rpartition("\n")[2].casefold()
    named = [one for one in options if re.search(rf"(?<!\w){re.escape(one.casefold())}(?!\w)", line)]
    return named[0] if len(named) == 1 else ""


def _balanced(text: str) -> bool:
    """Whether braces close in order, so that a box around the text holds all of it."""
    depth = 0
    for mark in _ESCAPED_OR_BRACE.finditer(text):
        depth += {"{": 1, "}": -1}.get(mark.group(), 0)
        if depth < 0:
            return False
    return depth == 0
