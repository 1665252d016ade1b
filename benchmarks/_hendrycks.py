r"""Spelling rules that the graders of Qwen, PRM800K and OctoThinker all inherit from the release of MATH, written anew.

Each rewrites a string and knows nothing of its meaning: `\frac12` is braced, `a/b` becomes a fraction, layout commands go.
"""

from __future__ import annotations

import re
from typing import Any


def fractions(text: str) -> str:
    r"""`\frac12` and `\frac1{72}` with braces; `\frac{72}1` stays, as in the originals."""

    def braced(found: re.Match[str]) -> str:
        lower = found[2] if found[2] == "{" else f"{{{found[2]}}}"
        return rf"\frac{{{found[1]}}}{lower}"

    return re.sub(r"\\frac([^{])(.)", braced, text)


def slash(text: str) -> str:
    r"""`3/4` as `\frac{3}{4}`, integers only."""
    return re.sub(r"^(-?(?:0|[1-9]\d*))/(-?(?:0|[1-9]\d*))$", r"\\frac{\1}{\2}", text)


def layout(text: str) -> str:
    text = text.replace("\n", "").replace("\\!", "")
    text = re.sub(r"\\[dt]frac", r"\\frac", text)
    text = text.replace("\\left", "").replace("\\right", "")
    return re.sub(r"\^\{?\\circ\}?", "", text).replace("\\$", "")


def leading_zeros(text: str) -> str:
    """`.5` as `0.5`, also after a blank or a brace."""
    text = text.replace(" .", " 0.").replace("{.", "{0.")
    return f"0{text}" if text.startswith(".") else text


def last_number(text: str) -> str:
    found = re.findall(r"-?\d*\.?\d+", text.replace(",", ""))
    return str(found[-1]) if found else ""


def float_of(text: str) -> float | None:
    """The number that a text is, separators of thousands left out, a percentage as its hundredth."""
    plain = text.replace(",", "")
    for number, scale in ((plain, 1.0), (re.sub(r"\\?%$", "", plain), 100.0)):
        try:
            return float(number) / scale
        except ValueError:
            continue
    return None


def equal_lines(left: str, right: str, equal: Any) -> bool | None:
    """Two pmatrix texts cell by cell; None unless both are."""
    pattern = re.compile(r"\\begin\{[pb]matrix\}(.*)\\end\{[pb]matrix\}", re.S)
    if not (a := pattern.fullmatch(left)) or not (b := pattern.fullmatch(right)):
        return None
    rows = [[line.split("&") for line in m[1].split("\\\\") if line.strip()] for m in (a, b)]
    if [*map(len, rows[0])] != [*map(len, rows[1])]:
        return False
    return all(equal(x, y) for one, other in zip(*rows, strict=True) for x, y in zip(one, other, strict=True))


def difference_is_zero(left: Any, right: Any) -> bool:
    """What SymPy makes of `left - right`; False where it cannot say."""
    import sympy

    try:
        return bool(sympy.simplify(left - right) == 0)
    except Exception:
        return False
