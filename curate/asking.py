"""The two halves of a step that asks a language model: requests out of documents, and replies back beside them.

The kernel plans such a step as two nodes. `STEP-ask` makes the prompts, asks, and stores what came back beside each document: it is pinned,
and complete or not there at all. `STEP` reads these replies and is computed like any other step, as often as its code changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.errors import CurateError, failing
from curate.models.base import Model, Reply, Request
from curate.plan import Node
from curate.schema import Schema, accepted
from curate.step import Lists, Step, code_of

if TYPE_CHECKING:
    from curate.lists import Listed
    from curate.parts import StepEntry
    from curate.planner import Planner

Again = Callable[[pl.DataFrame], list[bool]]
REPLIES = "replies"
"""The column in which a step sees what came back."""
FINISHES = "finishes"
"""Beside it: how each reply ended."""
SUFFIX = "-ask"
"""Ends the name of the node that asks for a step."""
GIVES: Schema = {
    "reply": pl.List(pl.String()),
    "finish": pl.List(pl.String()),
    "prompt_tokens": pl.List(pl.UInt32()),
    "completion_tokens": pl.List(pl.UInt32()),
    "refusal": pl.String(),
}
"""What a node that asks stores beside a document: an entry for each draw, prompt by prompt, those of retries last; null if not asked.

`refusal` says why the first refused request of a document was refused.
"""
REFUSED = 20
"""Where more than so many requests, and more than half of those that were answered, are refused, it is no matter of single documents."""


# planning


def columns_of_asking(name: str) -> dict[str, str]:
    """The names of `GIVES` as columns of the corpus, by the name of the step in the recipe."""
    prefix = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return {column: f"{prefix}_{column}" for column in GIVES}


def came_back(name: str) -> tuple[str, str]:
    """The columns that the second half of a step reads: replies and how they ended."""
    columns = columns_of_asking(name)
    return columns["reply"], columns["finish"]


def answering(found: Step, params: dict[str, Any]) -> dict[str, Any]:
    """The parameters of the second half."""
    return accepted(found.function, params)


def asking(
    planner: Planner,
    corpus: str,
    item: StepEntry,
    found: Step,
    params: dict[str, Any],
    given: Mapping[str, tuple[Listed, ...]],
    chain: Node,
    where: str,
) -> Node:
    """The node that asks for a step. CurateError for a model that is not there, or prompts that cannot be made.

    given: the lists that the step's parameters name.
    """
    from curate import lists
    from curate.models.base import unasked

    assert found.spec.asks
    taken = {**accepted(found.spec.asks, params), **(accepted(found.spec.again, params) if found.spec.again else {})}
    mine: dict[str, Any] = {name: params[name] for name in ("model", "samples", "retries") if name in params} | taken
    brought = {p: some for p, some in given.items() if p in mine}
    model = planner.model(str(params["model"]), where)
    entry = planner.recipe.models[params["model"]].model_dump(mode="json", exclude_none=True)
    shown = {name: value for name, value in mine.items() if name not in brought}
    more = {"lists": known} if (known := lists.identity(brought)) else {}
    reads = found.reads_with(params)
    with failing(f"{corpus}: {found.title}", "fails on an empty frame", where):
        lists_of_it = {**dict.fromkeys(found.parameters_of(Lists), ()), **brought}
        prompts_of(found, pl.DataFrame(schema={c: chain.schema[c] for c in reads}), {**mine, **lists_of_it})
    adds = {name: GIVES[column] for column, name in columns_of_asking(item.name).items()}
    if taken_already := [column for column in adds if column in chain.schema]:
        said = f"{corpus}: {found.title} gives the column {taken_already[0]!r}, which is there already; add `as:`"
        raise CurateError(said, where=where)
    why = unasked(entry)
    code = code_of(found, planner.project)
    own = {"step": found.title, "half": "ask", "code": code, "params": shown, "models": {"model": model}, **more}
    return planner.add(
        Node(
            f"{corpus}/{item.name}{SUFFIX}",
            corpus,
            "ask",
            own,
            mine,
            found,
            chain,
            reads=reads,
            adds=adds,
            schema={**chain.schema, **adds},
            where=where,
            models={"model": entry},
            lists=brought,
            missing=why and f"models.{params['model']}: {why}",
        )
    )


# asking


def prompts_of(found: Step, docs: pl.DataFrame, params: dict[str, Any]) -> pl.Series:
    """A list of prompts for each document, null for one about which nothing is asked. CurateError for a step that gives anything else."""
    assert found.spec.asks
    made = found.spec.asks(docs, **accepted(found.spec.asks, params))
    what = str(getattr(made, "dtype", type(made).__name__))
    if what not in ("String", "List(String)", "Null", "List(Null)"):
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


def ask(
    found: Step, prompts: pl.Series, model: Model, params: dict[str, Any], again: Again | None = None
) -> pl.DataFrame:
    """The columns of `GIVES` for documents by their prompts; as far as replies are stored, nobody is asked.

    again: says, given what has come so far, for which documents a further draw is wanted (see `again_of`).

    Raises:
        Unanswered: some requests got no answer; all others are stored.
        CurateError: asking is pointless, forbidden, or costs more than it may.
    """
    wanted: list[list[str] | None] = prompts.to_list()
    got: list[list[Reply] | None] = [None if row is None else [] for row in wanted]
    numbers = range(int(params["samples"]))
    for attempt in range(1 + int(params.get("retries", 0))):
        if attempt:
            assert again
            numbers = range(numbers.stop, numbers.stop + 1)
            wanted = [row if more else None for row, more in zip(wanted, again(_frame(got)), strict=True)]
        if not any(wanted):
            break
        for place, replies in _draws(found, wanted, numbers, model):
            row = got[place] or []
            got[place] = [*row, *replies]
    return _frame(got)


def _draws(
    found: Step, wanted: list[list[str] | None], numbers: range, model: Model
) -> Iterator[tuple[int, list[Reply]]]:
    """The replies of each document, in the order of its prompts and their draws."""
    sizes = [len(prompts or ()) * len(numbers) for prompts in wanted]
    requests = (Request(prompt, number) for prompts in wanted for prompt in prompts or () for number in numbers)
    came: list[Reply | None] = [None] * sum(sizes)
    answered = refused = 0
    for place, reply in model.answers(requests):
        came[place] = reply
        answered, refused = answered + 1, refused + (reply.finish == "refused")
        if refused > max(REFUSED, answered // 2):
            raise CurateError(f"{found.title}: the model refused {refused:,} of {answered:,} requests: {reply.error}")
    start = 0
    for row, size in enumerate(sizes):
        replies = [reply for reply in came[start : start + size] if reply is not None]
        if len(replies) < size:
            raise CurateError(f"{found.title}: a model gave {len(replies)} of {size} replies and no error")
        if size:
            yield row, replies
        start += size


def again_of(found: Step, docs: pl.DataFrame, came: pl.DataFrame, params: dict[str, Any]) -> list[bool]:
    """For which documents the step wants a further draw, given the columns of `GIVES` so far."""
    assert found.spec.again
    seen = with_replies(docs, came["reply"], came["finish"])
    made = found.spec.again(seen, **accepted(found.spec.again, params))
    if made.len() != docs.height:
        raise CurateError(f"{found.title} does not say for each document whether to ask again")
    return [bool(more) for more in made.to_list()]


def _frame(got: list[list[Reply] | None]) -> pl.DataFrame:
    def each(field: str) -> list[list[Any] | None]:
        return [None if row is None else [getattr(reply, field) for reply in row] for row in got]

    refusals = [next((one.error for one in row or () if one.finish == "refused"), None) for row in got]
    lists = ("prompt_tokens", "completion_tokens")
    return pl.DataFrame(
        {"reply": each("text"), "finish": each("finish"), **{name: each(name) for name in lists}, "refusal": refusals},
        schema=GIVES,
    )


def with_replies(docs: pl.DataFrame, reply: pl.Series, finish: pl.Series) -> pl.DataFrame:
    """Documents as the second half of a step sees them: `replies` is null where one did not end by itself, `finishes` says how each did."""
    pairs = pl.DataFrame({"reply": reply, "finish": finish}).with_row_index("at")
    each = pairs.explode("reply", "finish", empty_as_null=True).with_columns(
        pl.when(pl.col("finish") == "stop").then("reply").alias(REPLIES)
    )
    lists = each.group_by("at", maintain_order=True).agg(REPLIES)[REPLIES].cast(pl.List(pl.String))
    asked = pl.DataFrame({REPLIES: lists, "reply": reply})
    came = asked.select(pl.when(pl.col("reply").is_not_null()).then(REPLIES))[REPLIES]
    return docs.with_columns(came, finish.cast(pl.List(pl.String)).alias(FINISHES))


def answered(found: Step, docs: pl.DataFrame, model: Model, /, **params: Any) -> pl.DataFrame | pl.Series:
    """Both halves of a step at once, with no store, for tests, notebooks and benchmarks; params as a recipe or a build gives them."""
    plain = {name: value for name, value in params.items() if isinstance(value, str | int | float)}
    given = {**found.validated({"model": "model", **plain}), **params}
    came = ask(found, prompts_of(found, docs, given), model, given, lambda came: again_of(found, docs, came, given))
    seen = with_replies(docs, came["reply"], came["finish"])
    made: pl.DataFrame | pl.Series = found.call(seen, **answering(found, given))
    return made
