r"""Where a few-shot reply says its final answer. Linear in the length of the reply, as everything that reads what a model wrote.

What is found is put into a box, so that `eval.grading` compares that and nothing else; where nothing is found, the reply goes there whole.
"""

from __future__ import annotations

import re

from eval._extract import TAIL, last_number

_SENTENCE, _HOPE = re.compile(r"final answer is", re.I), re.compile(r"\.?\s{0,4}I hope", re.I)
_SAID_LETTER = re.compile(r"answer is:?\s{0,4}[$*]{0,3}\(?([A-Ja-j])(?![A-Za-z0-9])", re.I)
_BRACKETED = re.compile(r"\(([A-J])\)")
MAX = 1000
"""Characters of an answer."""


def read(text: str, how: str) -> str:
    """The final answer of a reply in a box, or the reply."""
    found = _WAYS[how](text[-TAIL:])
    return rf"\boxed{{{found}}}" if found else text


def _sentence(text: str) -> str:
    start = _SENTENCE.search(text)
    if start is None:
        return ""
    said = text[start.end() : start.end() + 2 * MAX]
    end = _HOPE.search(said)
    said = said[: end.start()] if end else said.lstrip().partition("\n")[0]
    said = said.strip().strip(":").strip().removesuffix(".").strip()
    if said.startswith("$") and said.endswith("$") and said.count("$") == 2:
        said = said[1:-1].strip()
    return said if 0 < len(said) <= MAX and _balanced(said) else ""


def _letter(text: str) -> str:
    said = _SAID_LETTER.search(text)
    if said:
        return said[1].upper()
    return next((mark[1] for mark in reversed([*_BRACKETED.finditer(text)])), "")


def _balanced(text: str) -> bool:
    depth = 0
    for mark in re.finditer(r"\\.|[{}]", text, re.S):
        depth += {"{": 1, "}": -1}.get(mark.group(), 0)
        if depth < 0:
            return False
    return depth == 0


def _number(text: str) -> str:
    return last_number(text) or ""


_WAYS = {"said": lambda text: "", "number": _number, "sentence": _sentence, "letter": _letter}
