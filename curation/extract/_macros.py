r"""Definitions of TeX macros that a page hides from its readers: `\newcommand` blocks for MathJax are no text.

Only what holds definitions and nothing else goes: a formula between delimiters or marks, where MathJax shows nothing (`defines`), and an
element that is hidden. A lesson about macros has words around them, or shows them as code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curation.extract._dom import select
from curation.extract._marks import CLOSE, OPEN
from curation.extract._tex import clean, closing

if TYPE_CHECKING:
    from resiliparse.parse.html.node import ElementNode

MACRO = re.compile(
    r"\\(?:(?:re)?new(?:command|environment)|providecommand|[gex]?def|let|DeclareMathOperator|require)(?![A-Za-z])"
)
NAME = r"\\(?:[A-Za-z@]+|[^A-Za-z\s])"
DEFINITION = re.compile(
    rf"\\(?:(?:re)?newcommand|providecommand|DeclareMathOperator)\*?\s*\{{?\s*{NAME}\s*\}}?\s*(?:\[[^\]]*\]\s*)*"
    rf"|\\(?:re)?newenvironment\s*\{{[^{{}}]*\}}\s*(?:\[[^\]]*\]\s*)*\{{[^{{}}]*\}}\s*"
    rf"|\\[gex]?def\s*{NAME}[^{{}}\\$]{{0,40}}|\\let\s*{NAME}\s*=?\s*{NAME}|\\require\s*(?=\{{)"
)
HIDDEN = (
    '[style*="display:none"], [style*="display: none"], [hidden], .hidden, .tex2jax_process, .mathjax_process, .macros'
)
BETWEEN = re.compile(rf"(?:[\s${OPEN}{CLOSE}]|\\[()\[\]]|%[^\n]*(?:\n|$))*")


def drop_macros(body: ElementNode) -> None:
    """Remove hidden elements that hold definitions of TeX macros and nothing else."""
    for node in select(body, HIDDEN):
        if node.parent is not None and only_macros(node.text or ""):
            node.decompose()


def only_macros(text: str) -> bool:
    """Definitions with delimiters and blanks between them, from beginning to end."""
    at, found = _skip(text, 0), False
    while match := DEFINITION.match(text, at):
        found, at = True, match.end()
        if text[at : at + 1] == "{":
            end = closing(text, at)
            if end < 0:
                return False
            at = end + 1
        at = _skip(text, at)
    return found and at >= len(text)


def defines(marked: str) -> bool:
    """Whether a formula defines macros and says nothing."""
    return MACRO.search(marked) is not None and only_macros(clean(marked)[0])


def _skip(text: str, at: int) -> int:
    match = BETWEEN.match(text, at)
    return match.end() if match else at
