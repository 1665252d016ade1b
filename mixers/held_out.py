"""Which documents of a mixture's sources are kept out of training, to evaluate a model on.

Of each source the first documents in the order of its first epoch, which hashes of ids and the seed decide, up to the nearest document
to a budget of tokens. So recipes with the same corpora, seed and budget hold out the same documents, whatever their weights, stages and
sizes, and a larger budget holds out a superset. What is held out is a mixture of its own, in the folder `held_out` of the mixture: one
stage, each document once, windows grouped by source. Left out: likeness of texts (documents are told apart by their ids; `dedup` drops
copies), and documents that were made from a held-out one, which are other documents of another source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.errors import CurateError
from curate.identity import file_sha256
from mixers.budget import Stage
from mixers.select import Source, first_epoch

FOLDER = "held_out"
MOST = 10
"""A source gives at most one part in so many of its tokens, unless its first document alone has more."""


def apart(sources: Mapping[str, Source], budget: int) -> tuple[dict[str, Source], dict[str, Source]]:
    """Each source without what is held out of it, and what is held out of each: nothing for a budget of 0.

    CurateError where no source has two documents, so that none can be spared.
    """
    inside = {name: _held(source, budget) for name, source in sources.items()}
    if budget and not any(some.any() for some in inside.values()):
        raise CurateError("held_out: no source has two documents; leave it out", where="mixture")
    rest = {name: source.some(~inside[name]) for name, source in sources.items()}
    return rest, {name: source.some(inside[name]) for name, source in sources.items()}


def _held(source: Source, budget: int) -> NDArray[np.bool_]:
    """(documents,) whether each is held out: at least one is, and at least one is not."""
    inside = np.zeros(len(source.lengths), bool)
    if budget and len(inside) > 1:
        order = first_epoch(source, budget, source.tokens // MOST)
        inside[order[: len(inside) - 1]] = True
    return inside


def grouped(counts: Sequence[int]) -> NDArray[np.uint16]:
    """Which source stands at each window, where all of one source come before all of the next."""
    return np.repeat(np.arange(len(counts), dtype=np.uint16), counts)


def one_stage() -> list[Stage]:
    """One stage, of all that there is."""
    return [Stage(Fraction(1), {})]


def said_of(folder: Path, budget: int, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the other mixture says of this one: its digest, what was asked for, and what was held out of each source."""
    sources = {name: {key: line[key] for key in ("documents", "tokens")} for name, line in facts["sources"].items()}
    said = {key: facts[key] for key in ("tokens", "windows", "documents")}
    digest = file_sha256(folder / "mixture.json")
    return {"sha256": digest, "asked": budget, **said, "sources": sources}
