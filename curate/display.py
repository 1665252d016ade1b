"""How a recipe shows itself in a notebook: what it is, and how much of it is stored. Nothing is computed for it and nothing can fail.

Only what was looked at before is told: listing files and planning may take long, and belong to a call that a user makes.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from curate.words import escaped

if TYPE_CHECKING:
    from curate.api import Curated


def facts(curated: Curated) -> list[tuple[str, str]]:
    """(what, value) pairs for people."""
    recipe = curated.recipe
    found = [("recipe", str(curated.title)), ("about", recipe.about), ("corpora", ", ".join(recipe.corpora))]
    built = vars(curated).get("built")
    if built is None:
        return [*found, ("nodes", "not looked at yet; .plan() lists them")]
    stored = sum(node.plan_key in built.done for node in built.plan.nodes.values())
    return [*found, ("nodes", f"{stored:,} stored, {len(built.plan.nodes) - stored:,} to do")]


def text(curated: Curated) -> str:
    """One line: `<Recipe long-cot: 41 stored, 0 to do>`."""
    told = dict(facts(curated))
    return f"<Recipe {told['recipe']}: {told['nodes']}>"


def markdown(curated: Curated) -> str:
    """A table of two columns, everything escaped."""
    rows = [(what, escaped(" ".join(value.split()))) for what, value in facts(curated)]
    return "\n".join([f"| {rows[0][0]} | {rows[0][1]} |", "| --- | --- |", *(f"| {w} | {v} |" for w, v in rows[1:])])


def as_html(curated: Curated) -> str:
    """The same as HTML, everything escaped."""
    cell = '<td style="text-align:left">'
    rows = "".join(
        f'<tr><th style="text-align:left">{what}</th>{cell}{html.escape(value)}</td></tr>'
        for what, value in facts(curated)
    )
    return f"<table>{rows}</table>"
