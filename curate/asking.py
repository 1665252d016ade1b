"""The two halves of a step that asks a language model: requests out of documents, and replies back beside them.

The kernel plans such a step as two nodes. `STEP-ask` makes the prompts, asks, and stores what came back beside each document: it is pinned,
and complete or not there at all. `STEP` reads these replies and is computed like any other step, as often as its code changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.errors import CurateError
from curate.models.base import Model, Reply, Request
from curate.schema import Schema, accepted
from curate.step import Step

REPLIES = "replies"
"""The column in which a step sees what came back."""
SUFFIX = "-ask"
"""Ends the name of the node that asks for a step."""
GIVES: Schema = {
    "reply": pl.List(pl.String()),
    "finish": pl.List(pl.String()),
    "prompt_tokens": pl.List(pl.UInt32()),
    "completion_tokens": pl.List(pl.UInt32()),
}
"""What a node that asks stores beside a document: one entry for each draw, prompt by prompt, those of retries last; null if not asked."""


def columns_of_asking(name: str) -> dict[str, str]:
    """The names of `GIVES` as columns of the corpus, by the name of the step in the recipe."""
    prefix = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return {column: f"{prefix}_{column}" for column in GIVES}


def prompts_of(found: Step, docs: pl.DataFrame, params: dict[str, Any]) -> pl.Series:
    """A list of prompts for each document, null for one about which nothing is asked. CurateError for a step that gives anything else."""
    assert found.spec.asks
    made = found.spec.asks(docs, **accepted(found.spec.asks, params))
    if not isinstance(made, pl.Series) or made.dtype not in (pl.String, pl.List(pl.String), pl.Null, pl.List(pl.Null)):
        what = made.dtype if isinstance(made, pl.Series) else type(made).__name__
        raise CurateError(f"{found.title} makes prompts as {what}; it takes a Series of texts or of lists of texts")
    if made.len() != docs.height:
        raise CurateError(f"{found.title} made prompts for {made.len()} of {docs.height} documents; null means none")
    if made.dtype in (pl.String, pl.Null):
        made = (
            made.cast(pl.String)
            .to_frame("one")
            .select(pl.when(pl.col("one").is_not_null()).then(pl.concat_list("one")))["one"]
        )
    made = made.cast(pl.List(pl.String)).alias("prompts")
    if made.list.eval(pl.element().is_null()).list.any().fill_null(False).any():
        raise CurateError(f"{found.title} made a prompt that is null; leave it out of the list")
    return made.to_frame().select(pl.when(pl.col("prompts").list.len() > 0).then("prompts"))["prompts"]


def ask(found: Step, docs: pl.DataFrame, prompts: pl.Series, model: Model, params: dict[str, Any]) -> pl.DataFrame:
    """The columns of `GIVES` for documents with their prompts; as far as replies are stored, nobody is asked.

    Raises:
        Unanswered: some requests got no answer; all others are stored.
        CurateError: asking is pointless, forbidden, or costs more than it may.
    """
    wanted: list[list[str] | None] = prompts.to_list()
    got: list[list[Reply] | None] = [None if row is None else [] for row in wanted]
    numbers = range(int(params["samples"]))
    for attempt in range(1 + int(params.get("retries", 0))):
        if attempt:
            numbers = range(numbers.stop, numbers.stop + 1)
            again = _again(found, docs, got, params)
            wanted = [row if more else None for row, more in zip(wanted, again, strict=True)]
        if not any(wanted):
            break
        for place, replies in _draws(wanted, numbers, model):
            row = got[place]
            assert row is not None
            row.extend(replies)
    return _frame(got)


def _draws(wanted: list[list[str] | None], numbers: range, model: Model) -> Iterator[tuple[int, list[Reply]]]:
    """The replies of each document, in the order of its prompts and their draws."""
    sizes = [len(prompts or ()) * len(numbers) for prompts in wanted]
    requests = (Request(prompt, number) for prompts in wanted for prompt in prompts or () for number in numbers)
    found: list[Reply | None] = [None] * sum(sizes)
    for place, reply in model.answers(requests):
        found[place] = reply
    start = 0
    for row, size in enumerate(sizes):
        replies = [reply for reply in found[start : start + size] if reply is not None]
        if len(replies) < size:
            raise CurateError(f"a model gave {len(replies)} of {size} replies and no error")
        if size:
            yield row, replies
        start += size


def _again(found: Step, docs: pl.DataFrame, got: list[list[Reply] | None], params: dict[str, Any]) -> list[bool]:
    assert found.spec.again
    frame = _frame(got)
    made = found.spec.again(with_replies(docs, frame["reply"], frame["finish"]), **accepted(found.spec.again, params))
    if not isinstance(made, pl.Series) or made.len() != docs.height:
        raise CurateError(f"{found.title} does not say for each document whether to ask again")
    return [bool(more) for more in made.to_list()]


def _frame(got: list[list[Reply] | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "reply": [row and [reply.text for reply in row] for row in got],
            "finish": [row and [reply.finish for reply in row] for row in got],
            "prompt_tokens": [row and [reply.prompt_tokens for reply in row] for row in got],
            "completion_tokens": [row and [reply.completion_tokens for reply in row] for row in got],
        },
        schema=GIVES,
    )


def with_replies(docs: pl.DataFrame, reply: pl.Series, finish: pl.Series) -> pl.DataFrame:
    """Documents as the second half of a step sees them: `replies` holds null where a reply did not end by itself."""
    pairs = pl.DataFrame({"reply": reply, "finish": finish}).with_row_index("at")
    each = pairs.explode("reply", "finish", empty_as_null=True).with_columns(
        pl.when(pl.col("finish") == "stop").then("reply").alias(REPLIES)
    )
    lists = each.group_by("at", maintain_order=True).agg(REPLIES)[REPLIES].cast(pl.List(pl.String))
    asked = pl.DataFrame({REPLIES: lists, "reply": reply})
    return docs.with_columns(asked.select(pl.when(pl.col("reply").is_not_null()).then(REPLIES))[REPLIES])


def answered(found: Step, docs: pl.DataFrame, model: Model, **params: Any) -> pl.DataFrame | pl.Series:
    """Both halves of a step at once, with no store: for tests, notebooks and benchmarks."""
    given = found.validated({"model": "model", **params}) | {
        k: v for k, v in params.items() if k in found.params.model_fields and not isinstance(v, str | int | float)
    }
    came = ask(found, docs, prompts_of(found, docs, given), model, given)
    seen = with_replies(docs, came["reply"], came["finish"])
    made: pl.DataFrame | pl.Series = found.call(seen, **accepted(found.function, given))
    return made
