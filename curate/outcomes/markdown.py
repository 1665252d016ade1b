"""The result of a comparison in Markdown: what the page says, without its figures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from curate import probe as probes
from curate.outcomes import words
from curate.outcomes.words import Cell, Table
from curate.page.text import visible

_MARKS = re.compile(r"([\\`*_{}\[\]<>|~#&!])")


def text(found: dict[str, Any]) -> str:
    """The whole file. The same contents give the same text."""
    return "\n".join(_lines(found)) + "\n"


def plain(said: str) -> str:
    """Foreign text in one line, so that none of it is taken for Markdown or HTML."""
    return _MARKS.sub(r"\\\1", " ".join(visible(said).split()))


def _lines(found: dict[str, Any]) -> Iterator[str]:
    outcomes, scores = found["outcomes"], found["probes"]
    recipes = list(dict.fromkeys(one["recipe"] for one in outcomes)) or [one["recipe"] for one in scores["recipes"]]
    yield f"# {plain(words.heading(recipes))}"
    if outcomes:
        yield from ("", plain(words.summary(found)), "", "## Before and after", "")
        yield from _table(words.outcome_table(outcomes))
        yield from ("", "**Replies at the end**", "")
        yield from _table(words.reply_table(outcomes))
        yield from _told(words.pending(outcomes))
        yield from _section("What can be told apart", [*words.in_short(found["pairs"])])
        yield from _tables("Benchmarks", [*words.benchmark_tables(outcomes), *words.pass_tables(outcomes)])
    if words.probed(found) or (scores and not outcomes):
        yield from _tables("Probes", [words.probe_table(scores)])
        yield from _told([*probes.sentences(scores), *(words.agreement(row) for row in scores["agreement"])])
    if outcomes:
        shown = [words.setting_table(outcomes), words.mixture_table(outcomes), words.param_table(outcomes)]
        yield from _tables("Settings", shown)
        yield from _tables("Where each number comes from", [words.origin_table(outcomes)])
        yield from _told([f"{what}: {said}" for what, said in words.commands(outcomes)])
    if theirs := found["published"]:
        of = theirs["of"]
        yield from _tables(f"Published figures, not ours: {of}", [words.published_table(one, of) for one in theirs["tables"]])  # fmt: skip
        yield from _told([f"{tag}: {about}" for tag, about in theirs.get("sources", {}).items()])
    yield from _section("To bear in mind", found["notes"])


def _section(title: str, told: Sequence[str]) -> Iterator[str]:
    if told:
        yield from ("", f"## {plain(title)}")
        yield from _told(told)


def _told(told: Sequence[str]) -> Iterator[str]:
    if told:
        yield from ("", *(f"- {plain(said)}" for said in told))


def _tables(title: str, tables: Sequence[Table]) -> Iterator[str]:
    if tables:
        yield from ("", f"## {plain(title)}")
    for one in tables:
        yield from ("", f"**{plain(one.caption)}**", "")
        yield from _table(one)


def _table(one: Table) -> Iterator[str]:
    yield f"| {' | '.join(map(plain, one.heads))} |"
    yield f"| {' | '.join('---:' if n in one.right else '---' for n in range(len(one.heads)))} |"
    for row in one.rows:
        yield f"| {' | '.join(map(_cell, row))} |"


def _cell(cell: Cell) -> str:
    return plain(cell) if isinstance(cell, str) else f"{plain(cell[0])} \\[{plain(cell[1])}\\]"
