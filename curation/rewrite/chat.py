"""Dialogues as plain text: `User:{}` and `Assistant:{}`, one turn after the other, as OctoThinker flattens its instruction data.

The text is a JSON list of messages, as `read: hub` gives it: `{"role": "user", "content": "..."}`, or the ShareGPT form with `from` and
`value`. What is no such dialogue (broken JSON, a message without role or content, a role that is not known, no question or no reply) is
quarantined: half a dialogue would teach half a lesson. A Python loop, because the messages of one document say nothing about the next.
"""

from __future__ import annotations

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
    """Messages as text, each in its role's template ({} is what was said); an empty template leaves the role out."""
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
        if not isinstance(role, str) or not isinstance(content, str):
            return None
        turns.append((ROLES.get(role, role), content))
    roles = {role for role, _ in turns}
    if not {"user", "assistant"} <= roles <= {*templates}:
        return None
    return separator.join(templates[role].replace("{}", content) for role, content in turns if templates[role])
