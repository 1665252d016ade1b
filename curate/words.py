"""Sentences made of our words and of names that somebody else chose, for a terminal, for JSON, or for a pull request.

A name, a clause or a value stands in a `Said`. As Markdown it becomes a code span, in which nothing is a link, a mention, a table cell or
HTML whatever it spells; as plain text it only loses what could steer a terminal.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from typing import Any

PUNCTUATION = frozenset("\\`*_{}[]<>()#+!|~$&")
LONGEST = 400
"""Characters of a value that are shown."""


class Said(str):
    """Text that is not ours."""

    __slots__ = ()


Sentence = tuple[str, ...]
"""Plain strings are ours, `Said` ones are not."""


def value(given: Any) -> Said:
    """A value of a recipe as it is shown: text as it stands, numbers with thousands, anything else as JSON."""
    if isinstance(given, bool) or given is None:
        return Said(json.dumps(given))
    if isinstance(given, int):
        return Said(f"{given:,}")
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    return Said(text if len(text) <= LONGEST else text[: LONGEST - 3] + "...")


def plain(sentence: Sentence) -> str:
    """One line for people and programs."""
    return "".join(_printable(part) for part in sentence)


def markdown(sentence: Sentence, *, cell: bool = False) -> str:
    """One line of Markdown; `cell`: inside a table."""
    text = "".join(code(part) if isinstance(part, Said) else part for part in sentence)
    return text.replace("|", "\\|") if cell else text


def table(head: Sequence[str], rows: Iterable[Sequence[str]], left: Sequence[int] = (0,)) -> str:
    """A Markdown table of cells that are Markdown already; `left`: columns that hold no figures."""
    rule = ["---" if place in left else "---:" for place in range(len(head))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def code(text: str) -> str:
    """A code span that shows this text, whatever is in it."""
    shown = _printable(text).strip() or " "
    longest = max((len(list(run)) for tick, run in itertools.groupby(shown) if tick == "`"), default=0)
    fence = "`" * (longest + 1)
    edge = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return f"{fence}{edge}{shown}{edge}{fence}"


def escaped(text: str) -> str:
    """Prose that is not ours as Markdown that shows it, and nothing else."""
    return "".join(f"\\{c}" if c in PUNCTUATION else c for c in _printable(text)).replace("@", "&#64;")


def printable(text: str) -> str:
    """Text of a page, a model or a server without what could steer a terminal; its lines and tabs stay."""
    return "".join(c if c in "\n\t" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _printable(text: str) -> str:
    """On one line, with nothing that is not shown."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in text)
