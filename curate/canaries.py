"""What steps measured of themselves: canaries, which they plant and look for, and what they could not look at.

A step tells both among its facts (`tell` of `curate.step.Whole`, `facts=` of a score), as lists of rows:

    canaries    kind (what was planted), planted and found (counts), wrong (true where each one that is found is an error)
    unchecked   benchmark, what (how they are looked for, such as "with other numbers"), items (of it), checked (of these, in this
                way), why (not the others)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from curate.state import State

Row = dict[str, Any]
CANARY = ("kind", "planted", "found", "wrong")
UNCHECKED = ("benchmark", "what", "items", "checked", "why")


def told(state: State, fact: str) -> Iterator[Row]:
    """The rows that built steps told under this name, each with its `corpus` and `node`."""
    from curate.figures import built_nodes

    names = {"canaries": CANARY, "unchecked": UNCHECKED}[fact]
    for _, node, manifest in built_nodes(state):
        for row in manifest.facts.get(fact, ()):
            filled = {"wrong": False, **row}
            yield {"corpus": node.corpus, "node": node.name, **{name: filled.get(name) for name in names}}


def rates(rows: list[Row]) -> dict[str, float]:
    """Recall: found of planted, of what is to be found. Precision: right of found, of all. To 4 digits; left out where there is nothing."""
    planted = sum(row["planted"] for row in rows if not row.get("wrong"))
    right = sum(row["found"] for row in rows if not row.get("wrong"))
    found = sum(row["found"] for row in rows)
    parts = {"recall": (right, planted), "precision": (right, found)}
    return {name: round(part / whole, 4) for name, (part, whole) in parts.items() if whole}


def in_words(node: str, rows: list[Row]) -> list[str]:
    """Lines about the canaries of one step: what was found of each kind, and recall and precision over all."""
    lines = []
    for row in rows:
        wrong = ", which is wrong" if row["wrong"] and row["found"] else ""
        lines.append(f"  {row['kind']}: {row['found']:,} of {row['planted']:,} found{wrong}")
    said = ", ".join(f"{name} {value:.4f}" for name, value in rates(rows).items())
    return [f"canaries of {node}: {said or 'none were planted'}", *lines]


def unchecked_in_words(row: Row) -> str:
    """One line about a benchmark of which some was not looked for."""
    looked = f"{row['checked']:,} of {row['items']:,} items of {row['benchmark']} were looked for {row['what'] or ''}".rstrip()
    return f"{row['node']}: {looked}; {row['why']}"
