"""The views of evaluations: `eval_results`, a row for each model at each benchmark, and `eval_items`, a row for each draw of each item.

They show all results that the store has, of this recipe or not, as `replies` shows all replies; one that is lost or damaged is left out
until it is evaluated again. The numbers of `eval_results` are made of the rows when a query names it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from curate.evals.benchmarks import of_eval
from curate.evals.results import Result, asked_by, every
from curate.identity import digest
from curate.sql import Column, exact_path, literal, quoted, table

if TYPE_CHECKING:
    from curate.state import State
    from curate.store import Store

WHOSE = (
    Column("result", "VARCHAR", "Key of the result: its object in the store."),
    Column("model", "VARCHAR", "What the model was last called: a name of a recipe, an id or a folder."),
    Column("benchmark", "VARCHAR", "Name of the benchmark."),
    Column("mode", "VARCHAR", "How problems were put to it: few-shot, simple, complex or chat."),
)
RESULTS = (
    *WHOSE,
    Column("recipe", "VARCHAR", "The recipe that asked last; null if none has."),
    Column("eval", "VARCHAR", "Its entry under `eval:`."),
    Column("run", "VARCHAR", "Of the weights of a training run: its recipe and name."),
    Column("items", "BIGINT", "Items that were asked."),
    Column("limited", "BOOLEAN", "Whether they are a part of the benchmark."),
    Column("num_fewshot", "BIGINT", "Examples before each problem."),
    Column("samples", "BIGINT", "Draws of each item."),
    Column("temperature", "DOUBLE", "Of the sampling; 0 is greedy."),
    Column("accuracy", "DOUBLE", "Mean over items of the share of draws that are right."),
    Column("error", "DOUBLE", "Its standard error over items."),
    Column("low", "DOUBLE", "Where the 95% interval begins."),
    Column("high", "DOUBLE", "Where it ends."),
    Column("pass_at", "VARCHAR", "pass@k by k, as JSON."),
    Column("right", "BIGINT", "Draws with the right answer."),
    Column("wrong", "BIGINT", "Draws with another one."),
    Column("no_answer", "BIGINT", "Draws in which no answer was found."),
    Column("truncated", "BIGINT", "Draws that were cut off and are not right."),
    Column("undecided", "BIGINT", "Draws that the grader could not judge."),
    Column("failed", "BIGINT", "Draws that a server refused or filtered."),
    Column("tokens_right", "DOUBLE", "Mean length of replies that are right."),
    Column("tokens_not_right", "DOUBLE", "Mean length of the others."),
    Column(
        "code",
        "VARCHAR",
        "Digest of the code and the libraries that judged; the same replies may be judged again by others.",
    ),
    Column("evaluated_at", "TIMESTAMP", "When it was first there, in UTC."),
)
ITEMS = (
    *WHOSE,
    Column("id", "VARCHAR", "Id of the item."),
    Column("sample", "UINTEGER", "Which draw it is, from 0."),
    Column("prompt_sha256", "VARCHAR", "SHA-256 of the prompt, by which `replies` knows it."),
    Column("problem", "VARCHAR", "The problem as it was asked, without the examples before it."),
    Column("gold", "VARCHAR[]", "Answers of which any is right."),
    Column("reply", "VARCHAR", "What the model wrote."),
    Column("finish", "VARCHAR", "Why it ended: stop, length, filtered, abstain or refused."),
    Column("prompt_tokens", "UINTEGER", "Tokens of the prompt, as the server counts."),
    Column("completion_tokens", "UINTEGER", "Tokens of the reply."),
    Column("answer", "VARCHAR", "The final answer that was found in it."),
    Column("verdict", "VARCHAR", "right, wrong, undecided, no answer, truncated or failed."),
    Column("reason", "VARCHAR", "By what the verdict came about."),
)
FROM_RESULTS = {
    "eval_results": "One row per model and benchmark that was evaluated, with interval and counts.",
    "eval_items": "One row per draw of an item that a model was asked in an evaluation.",
}
"""Name -> about, of the views that read results."""
COLUMNS = {"eval_results": RESULTS, "eval_items": ITEMS}


def select_of(state: State, view: str) -> str:
    """The SQL of a view."""
    found = every(state.store)
    if view == "eval_results":
        return table(RESULTS, [_row(result) for result in found])
    parts = [_items(result) for result in found]
    return " union all ".join(parts) if parts else table(ITEMS)


def told(store: Store, recipe: str) -> list[dict[str, Any]]:
    """Rows of `eval_results`, of what a recipe asked for, with its own entry as `eval`."""
    entries, names = asked_by(store, recipe), [column.name for column in RESULTS]
    rows = [dict(zip(names, _row(one), strict=True)) for one in every(store) if one.key in entries]
    return [{**row, "recipe": recipe, "eval": entries[row["result"]]} for row in rows]


def _items(result: Result) -> str:
    folder = result.store.ensure(result.key)
    files = ", ".join(literal(exact_path(folder / shard.name)) for shard in result.manifest.shards)
    said = dict(zip([c.name for c in WHOSE], _whose(result), strict=True))
    names = [
        f"{literal(said[c.name]) if c.name in said else quoted(c.name)}::{c.type} as {quoted(c.name)}" for c in ITEMS
    ]
    return f"select {', '.join(names)} from read_parquet([{files}], hive_partitioning=false)"


def _whose(result: Result) -> tuple[Any, ...]:
    task = result.manifest.identity["task"]
    return result.key, result.note.get("model"), task["benchmark"], task["mode"]


def _row(result: Result) -> tuple[Any, ...]:
    report, identity, note = of_eval("report"), result.manifest.identity, result.note
    found = report.summary(result.rows(list(report.COLUMNS)))
    low, high = found["interval"] or (None, None)
    counts = found["verdicts"]
    at = note.get("evaluated_at")
    return (
        *_whose(result),
        note.get("recipe"),
        note.get("eval"),
        note.get("run"),
        found["items"],
        note.get("limit") is not None,
        identity["task"].get("num_fewshot"),
        found["samples"],
        identity["sampling"]["temperature"],
        found["accuracy"],
        found["error"],
        low,
        high,
        json.dumps(found["pass_at"]),
        *(counts[name] for name in ("right", "wrong", "no answer", "truncated", "undecided", "failed")),
        found["tokens"]["right"],
        found["tokens"]["not_right"],
        digest(identity["code"]),
        None if at is None else _time(int(at)),
    )


def _time(seconds: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
