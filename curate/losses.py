"""What a step found in documents and what of it is in the text that it gave: columns `X_found` and `X_kept` of one step.

That is how an extraction says how many formulas of a page it lost. Any step may say so of anything, under any name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from curate.figures import built_nodes
from curate.gather import whole

if TYPE_CHECKING:
    from curate.state import State

FOUND, KEPT = "_found", "_kept"


def losses(state: State) -> list[dict[str, Any]]:
    """One row per built step and thing that is counted: corpus, node, what, found, kept, and how many documents lost some."""
    told = []
    for _, node, _ in built_nodes(state):
        for what in (column.removesuffix(FOUND) for column in node.adds if column.endswith(FOUND)):
            if not all(node.adds.get(what + end, pl.String()).is_numeric() for end in (FOUND, KEPT)):
                continue
            state.reading(state.view(node), [what + FOUND])
            counts = whole(state.piece(node), [what + FOUND, what + KEPT])
            found, kept = pl.col(what + FOUND), pl.col(what + KEPT)
            sums = counts.select(found=found.sum(), kept=kept.sum(), documents=(kept < found).sum()).row(0, named=True)
            told.append({"corpus": node.corpus, "node": node.name, "what": what, **sums})
    return told
