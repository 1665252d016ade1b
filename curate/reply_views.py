"""The views of the reply store: `replies`, one row per stored reply, and `ledger`, what was asked for whom.

They read the segments of every model that the store knows, by the recipe or not. What a process has received and not yet made into a
segment is not in them. A key that stands in two segments is one reply, by the rule of `curate/models/segments.py`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from curate.models.shelf import FOLDER
from curate.sql import Column, exact_path, literal, table

if TYPE_CHECKING:
    from curate.state import State

WHOSE = (
    Column("model", "VARCHAR", "Its id, or the name of its backend."),
    Column("model_digest", "VARCHAR", "Digest of its identity: the name of its folder in the store."),
)
REPLIES = (
    *WHOSE,
    Column("prompt_sha256", "VARCHAR", "SHA-256 of the prompt, in hexadecimal."),
    Column("sample", "UINTEGER", "Which draw of the prompt it is, from 0."),
    Column("sampling", "VARCHAR", "How it was sampled, as JSON."),
    Column("text", "VARCHAR", "What the model wrote."),
    Column("finish", "VARCHAR", "Why it ended: stop, length, filtered or abstain."),
    Column("prompt_tokens", "UINTEGER", "Tokens of the prompt, as the server counts."),
    Column("completion_tokens", "UINTEGER", "Tokens of the reply, as the server counts."),
    Column("asked_by", "VARCHAR", "Who asked first: recipe, corpus and step."),
    Column("asked_at", "TIMESTAMP", "When it came, in UTC."),
)
LEDGER = (
    *WHOSE,
    Column("asked_by", "VARCHAR", "Who asked: recipe, corpus and step."),
    Column(
        "replies", "BIGINT", "Replies that were asked for it; those found in the store are with whoever asked first."
    ),
    Column("prompt_tokens", "BIGINT", "Tokens of their prompts."),
    Column("completion_tokens", "BIGINT", "Tokens of the replies."),
    Column("first_asked_at", "TIMESTAMP", "When the first of them came, in UTC."),
    Column("last_asked_at", "TIMESTAMP", "When the last of them came."),
)
FROM_REPLIES = {
    "replies": "One row per reply in the store.",
    "ledger": "One row per model and step that asked it: replies and tokens that were paid for.",
}
"""Name -> about, of the views that read the reply store."""
COLUMNS = {"replies": REPLIES, "ledger": LEDGER}
_FILES = "?" * 32 + ".parquet"


def select_of(state: State, view: str) -> str:
    """The SQL of a view. Files are named by a pattern, as segments are merged while a view is there."""
    folders = [folder for folder in sorted((state.store.root / "replies").glob("*")) if _has_segments(folder)]
    stored = " union all by name ".join(_stored(folder) for folder in folders)
    if not stored:
        return table(COLUMNS[view])
    names = ", ".join(f"{column.name}::{column.type} as {column.name}" for column in COLUMNS[view])
    if view == "replies":
        return f"select {names} from ({stored})"
    return (
        f"select {names} from (select model, model_digest, asked_by, count(*) as replies, sum(prompt_tokens) as prompt_tokens,"
        " sum(completion_tokens) as completion_tokens, min(asked_at) as first_asked_at, max(asked_at) as last_asked_at"
        f" from ({stored}) group by model, model_digest, asked_by)"
    )


def _has_segments(folder: Path) -> bool:
    return FOLDER.fullmatch(folder.name) is not None and next(folder.glob(_FILES), None) is not None


def _stored(folder: Path) -> str:
    """The replies of one model, each key once."""
    from curate.models.segments import ORDER

    files = literal(f"{exact_path(folder)}/{_FILES}")
    return (
        "select * replace (lower(hex(prompt_sha256)) as prompt_sha256, make_timestamp(asked_at * 1000000) as asked_at),"
        f" {literal(_name(folder))} as model, {literal(folder.name)} as model_digest"
        f" from read_parquet({files}, hive_partitioning=false, union_by_name=true)"
        f" qualify row_number() over (partition by key order by {', '.join(ORDER)}) = 1"
    )


def _name(folder: Path) -> str | None:
    try:
        identity = json.loads((folder / "model.json").read_text("utf-8"))
        return str(identity.get("id") or identity.get("backend"))
    except (OSError, ValueError, AttributeError):
        return None
