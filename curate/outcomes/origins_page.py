"""The part of the page that follows each number back: runs, recipe files, locks, mixtures, checkpoints and documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curate.outcomes import words
from curate.outcomes.pairs import names
from curate.outcomes.svg import text


def origins(outcomes: Sequence[dict[str, Any]]) -> str:
    """For each outcome the runs that it is made of, oldest first, and the commands that show more of them."""
    if not outcomes:
        return ""
    named, parts = names(outcomes), []
    for one in outcomes:
        runs = {up["run"]: up for row in one["by_seed"] for up in row["origins"]}
        shown = "".join(_run(up) for up in runs.values())
        title = f"{named[one['recipe'], one['entry']]}: {len(runs)} runs, of {one['seeds']} {'seed' if one['seeds'] == 1 else 'seeds'}"
        results = {title: key for row in one["benchmarks"] for title, key in _results(row)}
        told = _list(results) if results else ""
        parts.append(f"<details><summary>{text(title)}</summary>{shown}{told}</details>")
    about = (
        "A number is a mean over runs; each run is known by its key, the digest of its parameters, its seed, the content of its mixture "
        "and of what it goes on from. Its checkpoint lies in training/KEY/ of the store, the mixture in objects/."
    )
    commands = "".join(
        f'<p>{text(what)}</p><pre class="one">{text(said)}</pre>' for what, said in words.commands(outcomes)
    )
    return (
        f"<p>{text(about)}</p>{''.join(parts)}<details><summary>Commands that show more</summary>{commands}</details>"
    )


def _results(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [(f"{title} at {row['benchmark']} ({row['eval']})", key) for title, key in row["results"].items()]


def _list(results: dict[str, str]) -> str:
    rows = "".join(f"<dt>{text(title)}</dt><dd><code>{text(key)}</code></dd>" for title, key in results.items())
    return f'<article><h4>Results of evaluations</h4><dl class="from">{rows}</dl></article>'


def _run(one: dict[str, Any]) -> str:
    documents = ", ".join(f"{name} {count:,}" for name, count in one["documents"].items())
    told = {
        "seed": str(one["seed"]),
        "started from": one["started_from"],
        "recipe file": one["file"],
        "lock, SHA-256": one["lock"],
        f"mixture of {one['mixture_of']}": one["mixture"],
        f"prompts of {one['prompts_of']}": one["prompts"],
        "run key": one["key"],
        "folder": one["folder"],
        "checkpoint": one["checkpoint"],
        "documents": documents,
    }
    code = ("recipe file", "lock, SHA-256", "run key", "folder", "checkpoint")
    rows = "".join(
        f"<dt>{text(name)}</dt><dd>{f'<code>{text(value)}</code>' if name in code or 'of ' in name else text(value)}</dd>"
        for name, value in told.items()
        if value
    )
    return f'<article><h4>{text(one["run"])}</h4><dl class="from">{rows}</dl></article>'
