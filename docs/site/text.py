"""Small pieces of Markdown that read the same on a site and in a repository's viewer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

GENERATED = "<!-- Written by `python -m docs.site write`. Edit what it reads, not this page. -->\n"
CODE = re.compile(r"(`+)(?:.(?!\1))*.\1|``", re.DOTALL)
"""A span of code, whatever number of backticks it stands between."""


def plain(text: str) -> str:
    """Prose of a docstring as Markdown: what would be markup outside spans of code is escaped."""
    out, at = [], 0
    for span in CODE.finditer(text):
        out += [_escaped(text[at : span.start()]), span[0]]
        at = span.end()
    return "".join([*out, _escaped(text[at:])])


def _escaped(text: str) -> str:
    text = re.sub(r"([\\*_\[\]#])", r"\\\1", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("$", r"\$")


def prose(docstring: str) -> str:
    """A docstring as Markdown: paragraphs as they are, indented blocks as blocks of code."""
    parts = []
    for paragraph in re.split(r"\n\s*\n", docstring.strip("\n")):
        lines = paragraph.splitlines()
        first = next((i for i, line in enumerate(lines) if line.startswith("    ")), len(lines))
        if first:
            parts.append(plain("\n".join(lines[:first])))
        if lines[first:]:
            parts.append("```text\n" + "\n".join(line.removeprefix("    ") for line in lines[first:]) + "\n```")
    return "\n\n".join(parts)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are Markdown, on one line."""
    body = [[re.sub(r"\s*\n\s*", " ", cell).replace("|", r"\|") for cell in row] for row in rows]
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def code(text: str) -> str:
    """A span of code, or nothing for nothing."""
    return f"`{text}`" if text and "`" not in text else text and f"`` {text} ``"
