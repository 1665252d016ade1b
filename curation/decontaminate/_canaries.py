r"""What a build tells of `ngram`: by which way each item can be found, what cannot be, and how many of the leaks that it planted it found.

Leaks are planted into copies of documents that have none, and looked for by the index, the search and the default clause of the step
itself (a recipe's own clause is not known here). Some must be found: items as they stand, set differently, cut off, with other
numbers, their solutions alone. Some must not: items that were left out of the index for it, and other numbers in a wording that many
problems share. Which items and which documents is decided by hashes of their names. Left out: rephrased items, which the step does
not find.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from curation.decontaminate import _items
from curation.decontaminate._items import ALONE, SOLUTION, SOLVED, TINY, WITH_ANSWER, Items

HOST_CHARS = 20_000
"""Characters of a document that a leak is planted into."""
LEFT_OUT = 20
"""One item of so many is left out of the index, to be planted as what must not be found, but no more than are planted."""
AS_IT_STANDS = (
    "as they stand",
    f"the others have fewer than {_items.SHORTEST} words with the answer, and are found only where they are all of a document",
)
OTHER_NUMBERS = (
    "with other numbers",
    "the others have no number, too few words, or a wording that other problems or documents have",
)
SOLVED_ALONE = "by their worked solution alone", "the others have none, or one that is too short"
"""What is looked for of the items, and why not of all."""
Leaks = Callable[[pl.Series, Items], pl.DataFrame]


def told(
    docs: pl.DataFrame,
    against: tuple[Any, ...],
    n: int,
    background: str | None,
    planted: int,
    leaks: Leaks,
    least: float,
) -> dict[str, Any]:
    """Facts `benchmarks`, `unchecked` and, if any are planted, `canaries`.

    leaks: column `leak` of texts, by the step's search and its default clause. least: the share in the masked view that it asks for.
    """
    items = _items.built(against, n, background)
    facts = ways(items, least)
    if planted:
        rows = _items.items_of(against)
        counted = None if background is None else _items.counts(Path(background), against, n)
        facts["canaries"] = _measured(docs["text"].drop_nulls(), rows, n, counted, planted, leaks, least)
    return facts


def ways(items: Items, least: float) -> dict[str, Any]:
    """Of each benchmark the number of items, in how many ways they can be found, and what is not checked of them."""
    units = items.paths.join(items.names.with_row_index("item").cast({"item": pl.Int64}), on="item")
    sizes = items.names.group_by("leak_benchmark", maintain_order=True).len()

    def having(which: pl.Expr) -> dict[str, int]:
        return dict(units.filter(which).group_by("leak_benchmark").agg(pl.col("item").n_unique()).iter_rows())

    exact = ~pl.col("masked")
    alone = having(exact & (pl.col("path") == ALONE))
    with_answer = having(exact & (pl.col("path") == WITH_ANSWER))
    found = having(exact & (pl.col("path") != TINY))
    solutions = having(exact & pl.col("path").is_in([SOLUTION, SOLVED]))
    masked = having(pl.col("masked") & (pl.col("reach") >= least))
    benchmarks, unchecked = [], []
    for name, count in sizes.iter_rows():
        one = {"benchmark": name, "items": count, "alone": alone.get(name, 0), "with_answer": with_answer.get(name, 0)}
        benchmarks.append({**one, "solution": solutions.get(name, 0), "other_numbers": masked.get(name, 0)})
        for checked, (what, why) in ((found, AS_IT_STANDS), (masked, OTHER_NUMBERS), (solutions, SOLVED_ALONE)):
            if (some := checked.get(name, 0)) < count:
                unchecked.append({"benchmark": name, "what": what, "items": count, "checked": some, "why": why})
    return {"benchmarks": benchmarks, "unchecked": unchecked}


def _measured(
    texts: pl.Series, rows: pl.DataFrame, n: int, counted: pl.DataFrame | None, planted: int, leaks: Leaks, least: float
) -> list[dict[str, Any]]:
    """Rows of kind, planted, found and wrong."""
    rows = rows.with_columns(
        order=pl.concat_str("leak_benchmark", pl.lit("/"), "id").map_elements(_hash, return_dtype=pl.UInt64)
    ).sort("order", "leak_benchmark", "id")
    only = pl.col("problem").str.to_lowercase().str.replace_all(r"\s+", " ")
    rows = rows.with_columns(once=only.is_unique())
    left_out = rows.filter("once").head(min(planted, rows.height // LEFT_OUT))
    rows = rows.join(
        left_out.select("leak_benchmark", "id"), on=["leak_benchmark", "id"], how="anti", maintain_order="left"
    )
    items = _items.index_of(rows, n, counted)
    hosts = _hosts(texts, items, leaks, planted)
    made = []
    for kind, canaries, wrong in _kinds(rows, items, left_out["problem"], least):
        some = canaries.head(planted)
        if some.len():
            found = leaks(pl.Series([_within(hosts, i, text) for i, text in enumerate(some)]), items)["leak"].sum()
            made.append({"kind": kind, "planted": some.len(), "found": int(found), "wrong": wrong})
    return made


def _kinds(rows: pl.DataFrame, items: Items, left_out: pl.Series, least: float) -> list[tuple[str, pl.Series, bool]]:
    """What is planted, in order, and whether it is wrong to find it."""

    def of(which: pl.Expr) -> pl.DataFrame:
        chosen = items.paths.filter(which)["item"].unique().sort()
        return rows[chosen.to_numpy()]

    exact, masked = ~pl.col("masked"), pl.col("masked")
    alone, answered = of(exact & (pl.col("path") == ALONE)), of(exact & (pl.col("path") == WITH_ANSWER))
    own, shared = of(masked & (pl.col("reach") >= least)), of(masked & (pl.col("reach") < least))
    solved = of(exact & (pl.col("path") == SOLUTION))

    def changed(texts: pl.Series, change: Callable[[str], str]) -> pl.Series:
        made = pl.Series([change(text) for text in texts], dtype=pl.String)
        return made.filter(made != texts)

    return [
        ("an item as it stands", alone["problem"], False),
        ("an item in another layout", changed(alone["problem"], _reset), False),
        ("an item without its last tenth", changed(alone["problem"], _cut), False),
        ("a short item with its answer", answered["problem"] + " " + answered["answer"].fill_null(""), False),
        ("the worked solution alone", solved["solution"], False),
        ("an item with other numbers", changed(own["problem"], _swapped), False),
        ("an item that is not listed", left_out, True),
        ("other numbers in a wording that problems share", changed(shared["problem"], _swapped), True),
    ]


def _hosts(texts: pl.Series, items: Items, leaks: Leaks, planted: int) -> list[str]:
    """Texts without leaks to plant into, in the order of their hashes; an empty one if there are none."""
    order = pl.DataFrame({"text": texts.str.head(HOST_CHARS).unique(maintain_order=True)}, schema={"text": pl.String})
    order = order.with_columns(hash=pl.col("text").map_elements(_hash, return_dtype=pl.UInt64)).sort("hash", "text")
    some = order["text"].head(4 * planted)
    clean = some.filter(~leaks(some, items)["leak"]) if some.len() else some
    return clean.to_list() or [""]


def _within(hosts: list[str], i: int, canary: str) -> str:
    """A leak in the middle of a document, between two of its words."""
    host = hosts[i % len(hosts)]
    middle = host.find(" ", len(host) // 2)
    middle = middle if middle >= 0 else len(host)
    return f"{host[:middle]}\n\n{canary}\n\n{host[middle:]}"


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _reset(text: str) -> str:
    """The same problem without dollar signs, with fractions on one line, other names of commands, and a line for each sentence."""
    text = re.sub(r"\\[dt]?frac\{(\w+)\}\{(\w+)\}", r"\1/\2", text.replace("$", ""))
    for command, other in ((r"\cdot ", r"\times "), (r"\le ", r"\leq "), (r"\left", ""), (r"\right", "")):
        text = re.sub(rf"{re.escape(command)}(?![A-Za-z])", other.replace("\\", r"\\"), text)
    return re.sub(r"(?<=[.?!]) +", "\n", text)


def _cut(text: str) -> str:
    words = text.split(" ")
    return " ".join(words[: max(1, len(words) * 9 // 10)])


def _swapped(text: str) -> str:
    """Another number of as many digits in the place of each."""

    def other(match: re.Match[str]) -> str:
        digits = match[0]
        low = 10 ** (len(digits) - 1) if len(digits) > 1 else 2
        span = 10 ** len(digits) - low
        return str(low + (int(digits) - low + 1 + _hash(f"{match.start()} {text}") % max(1, span - 1)) % span)

    return re.sub(r"[0-9]{1,15}", other, text)
