"""Prompts of items in each mode, how they are sampled, and what of a reply is graded.

`few-shot` shows worked examples to a base model in the form that the benchmark's spec names. `simple` and `complex` are the templates of
our reinforcement learning without examples, and `chat` asks a chat model; these three want a box. A text that is not a chat is completed
as it is: it never ends in a space, and the first token (BOS) is the tokenizer's to add.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import polars as pl

from curate.errors import CurateError, did_you_mean
from curate.models.base import cut
from eval import _read
from eval.specs import Form, Spec, form

Mode = Literal["few-shot", "simple", "complex", "chat"]
MODES: tuple[str, ...] = get_args(Mode)


def prompts(spec: Spec, items: pl.DataFrame, mode: Mode) -> pl.Series:
    """The prompt of each item (String), in their order."""
    used = form_of(spec, mode)
    before, (ahead, behind) = used.before, used.asked.split("{problem}")
    return pl.Series("prompt", [f"{before}{ahead}{problem}{behind}" for problem in items["problem"]], dtype=pl.String)


def settings(spec: Spec, mode: Mode) -> dict[str, Any]:
    """How a reply is sampled: `max_tokens`, `stop` (a list of texts), and `chat`, whether the prompt is a message."""
    used = form_of(spec, mode)
    return {"max_tokens": used.max_tokens, "stop": [*used.stop], "chat": used.chat}


def answer_of(spec: Spec, mode: Mode, text: str, options: Sequence[str] = ()) -> str:
    """What of a reply is graded: what stands before the first stop text, and of that, few-shot, the final answer in a box if it is found
    where the spec looks for it. `options` are those of an item that is answered by the text of one."""
    said = cut(text, form_of(spec, mode).stop)
    return _read.read(said, spec.read, options) if mode == "few-shot" else said


def to_grade(spec: Spec, mode: Mode, item: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The arguments of `eval.grading.grade` for a reply to an item (a row of `eval.items.items`)."""
    return {
        "text": answer_of(spec, mode, text, item["options"]),
        "gold": [*item["gold"]],
        "kind": item["kind"],
        "options": [*item["options"]],
        "tolerance": spec.tolerance,
        "relative": spec.relative,
    }


def form_of(spec: Spec, mode: Mode) -> Form:
    """The form of a mode's prompts. CurateError for a mode that is none."""
    if mode not in MODES:
        raise CurateError(f"there is no mode {str(mode)[:40]!r}{did_you_mean(str(mode), MODES)}")
    return spec.few_shot if mode == "few-shot" else form(mode)
