"""Dialogues as plain text: `User:{}` and `Assistant:{}`, one turn after the other, as OctoThinker flattens its instruction data.

The text is a JSON list of messages, as `read: hub` gives it: `{"role": "user", "content": "..."}`, or the ShareGPT form with `from` and
`value`; whatever else a message has is not looked at. A dialogue ends before its first turn in which nothing was said (WildChat has
replies that never came), and with a reply: what the user said last, unanswered, is left out. What is no such dialogue (broken JSON, a
message without a role, with a content that is no text, or in a role that is not known; no question or no reply) is quarantined. A Python
loop, because the messages of one document say nothing about the next.

Left out: contents in parts (text and images), calls of tools, and the replies of a dialogue that branches.
"""

from __future__ import annotations

import itertools

import orjson
import polars as pl

from curate.step import rewrite

ROLES = {"human": "user", "gpt": "assistant"}
"""ShareGPT's names."""


@rewrite(uses=["orjson"])
def chat(
    docs: pl.DataFrame,
    *,
    user: str = "User:{}",
    assistant: str = "Assistant:{}",
    system: str = "",
    separator: str = "\n",
) -> pl.Series:
    """Messages as text, each in its role's template ({} is what was said); an empty template leaves the role out.

    user, assistant, system: templates of the roles. separator: stands between messages.
    """
    templates = {"user": user, "assistant": assistant, "system": system}
    return pl.Series("text", [_flat(text, templates, separator) for text in docs["text"]], dtype=pl.String)


def _flat(text: str, templates: dict[str, str], separator: str) -> str | None:
    """The dialogue of one document; None if it is none."""
    try:
        messages = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    turns: list[tuple[str, str]] = []
    for message in messages if isinstance(messages, list) else [None]:
        given = message if isinstance(message, dict) else {}
        role, content = given.get("role", given.get("from")), given.get("content", given.get("value"))
        if not isinstance(role, str) or not isinstance(content, str | None):
            return None
        turns.append((ROLES.get(role, role), content or ""))
    if not {role for role, _ in turns} <= {*templates}:
        return None
    said = _whole([(role, content) for role, content in turns if templates[role]])
    return separator.join(templates[role].replace("{}", content) for role, content in said) if said else None


def _whole(turns: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The turns up to the last reply before the first turn that is blank; none if no reply or no question is among them."""
    said = [*itertools.takewhile(lambda turn: turn[1].strip(), turns)]
    while said and said[-1][0] != "assistant":
        said.pop()
    return said if "user" in dict(said) else []
