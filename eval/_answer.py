r"""The answer in a reply, and its plain form: what two answers are compared by before any algebra.

The normaliser only unifies notation that cannot change a value (`\dfrac`, `\left`, `1,234`), so equal forms mean equal answers, and
different forms mean nothing yet.
"""

from __future__ import annotations

import re

TAIL = 100_000
"""Characters at the end of a reply that are searched for an answer."""
MAX_BOXES = 32
"""Boxes that are looked at, from the end: each is searched for its closing brace."""
_BOX = re.compile(r"\\(?:boxed|fbox)\s*(?:\{|(\d)(?!\d))")
_BRACE = re.compile(r"\\.|[{}]", re.S)
_SAID = re.compile(
    r"(?:####|(?:^|\n)\s*A:|\b(?:final\s+)?answer(?:\s+is\b|\s*:|\s*=|\*\*\s*:?)[:\s]*)[*\s:]*([^\n]+)", re.I
)
_FORMULA = re.compile(
    r"\$\$([^$]{1,1000})\$\$|\$([^\s$](?:[^$\n]{0,500}[^\s$])?|[^$\n]{0,500}\\[A-Za-z][^$\n]{0,500})\$(?!\d)|\\\((.{1,1000}?)\\\)|\\\[(.{1,1000}?)\\\]",
    re.S,
)
_NUMBER = re.compile(
    r"-?\\d?frac\{-?\d+\}\{\d+\}|-?\$?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:\s*/\s*\d+)?(?:\s*\\?%)?|-?\.\d+"
)
_PROSE = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}")
_FILLER = re.compile(r"\\(?:q?quad|text|[()\[\] ,;])|[{}\s$.]")


def extract(text: str) -> str | None:
    r"""The final answer of a reply: the last `\boxed{...}`, else what follows the last "answer is" or `####`, else a text that is
    nothing but an answer, else the last formula or number. None if there is none."""
    text = text[-TAIL:]
    boxes = _boxes(text)
    if boxes:
        return boxes
    said = [m.group(1) for m in _SAID.finditer(text)]
    for line in reversed(said):
        answer = _said(line)
        if answer:
            return answer
    if _BOX.search(text):
        return None  # a box that was never closed: the reply was cut off
    bare = " ".join(text.split())
    if bare and len(bare) <= 300 and len(_PROSE.findall(bare)) < 3 and (bare.count("$") < 3):
        return bare
    return _last(text)


def marked(text: str) -> bool:
    """Whether a text says where its answer is."""
    return bool(_BOX.search(text) or _SAID.search(text))


def _last(text: str) -> str | None:
    """Last formula, or the number after it if there is one."""
    formula = None
    for formula in _FORMULA.finditer(text):  # noqa: B007 (the last one is wanted)
        pass
    numbers = _NUMBER.findall(text, formula.end() if formula else 0)
    if numbers:
        return str(numbers[-1]).strip()
    return next(group for group in formula.groups() if group).strip() if formula else None


def _boxes(text: str) -> str | None:
    """Content of the last box whose braces close, with the boxes joined to it by a comma or an "and"."""
    found: list[tuple[int, int, str]] = []
    for match in list(_BOX.finditer(text))[-MAX_BOXES:]:
        if match.group(1):
            found.append((match.start(), match.end(), match.group(1)))
            continue
        end = closing(text, match.end() - 1)
        content = text[match.end() : end].strip()
        if end >= 0 and content:
            found.append((match.start(), end + 1, content))
    if not found:
        return None
    answers = [found[-1][2]]
    for (_, end, content), (start, _, _) in zip(reversed(found[:-1]), reversed(found[1:]), strict=True):
        if start - end > 60 or _FILLER.sub("", text[end:start]) not in ("and", "or", ",", ",and", ",or"):
            break
        answers.insert(0, content)
    return ",".join(answers)


def closing(text: str, start: int) -> int:
    """Position of the brace that closes the one at `start`, -1 if none does."""
    depth = 0
    for mark in _BRACE.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(mark.group(), 0)
        if depth == 0:
            return mark.start()
    return -1


def _said(line: str) -> str:
    """The answer in what follows "the answer is": the last formula, a short phrase, or the last number of a long one."""
    formulas = [next(group for group in m.groups() if group) for m in _FORMULA.finditer(line[:2000])]
    if formulas:
        return formulas[-1].strip()
    phrase = re.split(r"\.(?:\s|$)|[;\n]", line.strip())[0].strip(" *`.,:")
    numbers = _NUMBER.findall(phrase)
    if len(_PROSE.findall(phrase)) > 3 and numbers:
        return str(numbers[-1]).strip()
    return phrase


_UNICODE = str.maketrans(
    {
        "−": "-",
        "–": "-",
        "×": r"\times ",
        "π": r"\pi ",
        "∞": r"\infty ",
        "·": r"\cdot ",
        "°": "",
        "≤": r"\le ",
        "≥": r"\ge ",
        "\u00a0": " ",
    }
)
_REWRITES = [
    (re.compile(pattern), new)
    for pattern, new in (
        (r"\\(?:left|right|bigl?|bigr|Bigl?|Bigr|displaystyle|textstyle|limits)(?![A-Za-z])", ""),
        (r"\\(?:text|textbf|textit|mathrm|mathbf|mathit|mbox|operatorname)\s*\{([^{}]*)\}", r"\1"),
        (r"\\[dtc]frac(?![A-Za-z])", r"\\frac"),
        (r",\\!\s*", ","),
        (r"(?<!\\)\\[,;:!> ]|\\q?quad(?![A-Za-z])|~", ""),
        (r"\{,\}", ","),
        (r"\\\$|\\?%|\^\s*\{?\s*\\circ\s*\}?|\\degree", lambda m: "%" if "%" in m.group() else ""),
        (r"(?<=\d)\s*(?:percent(?:age)?|pct)\b", "%"),
        (r"\\leq(?![A-Za-z])", r"\\le"),
        (r"\\geq(?![A-Za-z])", r"\\ge"),
        (r"\\neq(?![A-Za-z])", r"\\ne"),
        (r"\\frac\s*(\d)\s*(\d)", r"\\frac{\1}{\2}"),
        (r"\\sqrt\s*(\d)", r"\\sqrt{\1}"),
    )
]


def normalise(answer: str) -> str:
    """One spelling of an answer, without blanks, delimiters, layout commands and separators of thousands."""
    text = answer.translate(_UNICODE).strip()
    for left, right in (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")):
        if text.startswith(left) and text.endswith(right) and len(text) > len(left + right):
            text = text[len(left) : -len(right)].strip()
    for pattern, new in _REWRITES:
        text = pattern.sub(new, text)
    if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?\s*%?", text):
        text = text.replace(",", "")
    text = re.sub(r"(?<=\d),\s+(?=\d{3}(?!\d))", ";", text)  # `32, 349` are two numbers
    text = re.sub(r"\s+", "", text).replace(";", ", ").strip("$").rstrip(".")
    if re.fullmatch(r"-?\d*\.\d+%?", text):
        text = _decimal(text)
    if re.fullmatch(r"\(?[A-Ja-j]\)?\.?", text):
        text = text.strip("().").upper() if len(text) > 1 else text
    return text


def _decimal(text: str) -> str:
    """`.50` and `0.5` alike, `3.0` as `3`."""
    percent = "%" if text.endswith("%") else ""
    whole, _, part = text.rstrip("%").partition(".")
    sign, whole = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    part = part.rstrip("0")
    return sign + (whole or "0") + ("." + part if part else "") + percent
