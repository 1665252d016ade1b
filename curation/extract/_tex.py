r"""TeX as pages hold it: its delimiters, its comments, and whether a string is TeX at all."""

from __future__ import annotations

import re

from curation.extract._marks import BREAK, unmarked

DELIMITERS = (
    ("$$", "$$", True), ("\\[", "\\]", True), ("\\begin{displaymath}", "\\end{displaymath}", True),
    ("\\begin{math}", "\\end{math}", False), ("$", "$", False), ("\\(", "\\)", False),
)  # fmt: skip
COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%([^\n]*)(\n|$)")
STYLE = re.compile(r"\{\\(?:display|text)style\b\s*")
COMMAND = re.compile(r"\\[A-Za-z]{2,}")
KNOWN = re.compile(
    r"\\(?:[dt]?frac|sqrt|sum|prod|int|oint|lim|left|right|begin|end|math(?:bb|bf|rm|cal|frak|sf|it)|text|operatorname|over(?:line|set)"
    r"|under(?:line|brace)|partial|nabla|infty|in|to|le|ge|leq|geq|neq|times|cdot|cdots|ldots|dots|pm|alpha|beta|gamma|delta|epsilon|theta"
    r"|lambda|mu|nu|pi|rho|sigma|tau|phi|psi|omega|Gamma|Delta|Theta|Lambda|Sigma|Phi|Psi|Omega|vec|hat|bar|sin|cos|tan|log|ln|exp|binom"
    r"|displaystyle|equiv|approx|sim|subset|cup|cap|forall|exists|rightarrow|Rightarrow|mapsto|quad)(?![A-Za-z])"
)
WORDS = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{3,}(?:[ ,]+[A-Za-z]{2,}){2,}")
DELIMITED = re.compile(r"\$[^$]+\$|\$\$[^$]+\$\$|\\\(.*\\\)|\\\[.*\\\]|\\begin\{(\w+\*?)\}.*\\end\{\1\}", re.S)


def clean(tex: str) -> tuple[str, bool]:
    """TeX on one line without its delimiters, else as the page has it; and whether its delimiters said display.

    A comment ends with its line, so its line break stays (as `BREAK`); LaTeXML breaks long formulas that way.
    """
    tex = unmarked(tex).strip()
    display = False
    for left, right, block in DELIMITERS if tex[:1] in ("$", "\\") else ():
        if tex.startswith(left) and tex.endswith(right) and len(tex) >= len(left + right):
            tex, display = tex[len(left) : -len(right)], block
            break
    if tex[:2] == "{\\" and (style := STYLE.match(tex)) and closing(tex, 0) == len(tex) - 1:
        tex = tex[style.end() : -1]
    if "%" in tex:
        tex = COMMENT.sub(lambda m: f"{m[1]}%{m[2]}{BREAK}" if m[3] else m[1], tex.strip())
    return " ".join(tex.split()), display


def closing(tex: str, start: int) -> int:
    """Position of the brace that closes the one at `start`, -1 if none does."""
    depth = 0
    for mark in re.finditer(r"\\.|[{}]", tex[start:], re.S):
        depth += {"{": 1, "}": -1}.get(mark.group(), 0)
        if depth == 0 and mark.group() == "}":
            return start + mark.start()
    return -1


def plainly_tex(text: str) -> bool:
    """Whether a text that nothing else says is TeX can be nothing else: delimited, or with several or well-known commands."""
    if "\\" not in text and "$" not in text:
        return False
    if DELIMITED.fullmatch(text.strip()):
        return not WORDS.search(text) or "\\" in text
    return bool(KNOWN.search(text)) and not WORDS.search(text.replace("\\text", ""))


def prose(text: str) -> bool:
    """Whether a text that something says is TeX reads like words: `Mathematics logo`, `x squared plus y`."""
    if re.search(r"[\\^_{}=$<>+]", text):
        return False
    return bool(re.search(r"[^\W\d_]{3,}[\s,:]+[^\W\d_]{2,}", text)) or text.strip().lower() in EMPTY


EMPTY = frozenset(
    "true false yes no math formula equation image latex tex inline display block katex mathjax mathml".split()
)
"""Values of attributes that say what something is, not what it says."""
