"""What a mixture holds beside what was asked for, by stage and source: the figures of mixture.json.

asked       tokens by weight, exact                 tokens      tokens that are there, without padding
share       of the stage's, or all, tokens          windows     of this source
documents   different ones                          uses        how often a document was taken, each epoch by itself
cut         uses of documents longer than a window  fill        tokens over the places of the windows
epochs      tokens over those that the source has   masked      tokens that bear no loss (only where a corpus is masked)
unmasked    uses of documents of a masked corpus of which no token is masked, as those whose text does not begin with what it should
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.errors import CurateError

if TYPE_CHECKING:
    from mixers.budget import Stage
    from mixers.select import Source


class Found:
    """What is told of one source once its segments are placed. masked: what is told of its mask; empty where no corpus is masked."""

    def __init__(self, segments: pl.DataFrame, seq_len: int, masked: dict[str, int]) -> None:
        self.segments, self.masked = segments.height, masked
        sums = (
            pl.col("length").cast(pl.Int64).sum().alias("tokens"),
            pl.col("doc").n_unique().alias("documents"),
            (pl.col("start") == 0).sum().alias("uses"),
            # A use that is cut has exactly one piece that starts at the second window.
            (pl.col("start") == seq_len).sum().alias("cut"),
        )
        self.whole: dict[str, int] = segments.select(sums).row(0, named=True)
        by_stage = segments.group_by("stage").agg(sums)
        self.stages: dict[int, dict[str, int]] = {row.pop("stage"): row for row in by_stage.to_dicts()}


def refuse_whole_mask(name: str, found: Found) -> None:
    """CurateError for a masked source of which at most the ends of its documents bear a loss."""
    tokens, uses = found.whole["tokens"], found.whole["uses"]
    if "unmasked" in found.masked and found.masked.get("masked", 0) + uses >= tokens:
        raise CurateError(
            f"mask: {name}: its column holds the whole texts, so nothing of them would be learnt", where="mixture"
        )


NOTHING = {"tokens": 0, "documents": 0, "uses": 0, "cut": 0}


def report(
    plan: Sequence[Stage],
    asked: Mapping[str, Sequence[int]],
    sources: Mapping[str, Source],
    found: Mapping[str, Found],
    counts: Sequence[Sequence[int]],
    seq_len: int,
) -> dict[str, Any]:
    """All lines of the report; the top one is that of the whole mixture. counts: windows by stage and source."""
    stages = []
    for s, row in enumerate(counts):
        parts = {name: found[name].stages.get(s, NOTHING) for name in asked}
        held = sum(part["tokens"] for part in parts.values())
        lines = {
            name: _line(asked[name][s], parts[name], windows, seq_len, held)
            for name, windows in zip(asked, row, strict=True)
        }
        stages.append({"share": round(float(plan[s].share), 6), "sources": lines})
    windows_of = {name: sum(row[i] for row in counts) for i, name in enumerate(asked)}
    total = {key: sum(one.whole[key] for one in found.values()) for key in NOTHING}
    table = {}
    for name in asked:
        has, masked = sources[name], found[name].masked
        table[name] = {
            **_line(sum(asked[name]), found[name].whole, windows_of[name], seq_len, total["tokens"]),
            "available": {"documents": len(has.lengths), "tokens": has.tokens},
            "epochs": round(found[name].whole["tokens"] / max(1, has.tokens), 6),
            **masked,
        }
    whole = _line(sum(map(sum, asked.values())), total, sum(windows_of.values()), seq_len, total["tokens"])
    return {**whole, "sources": table, "stages": stages}


def _line(asked: int, got: Mapping[str, int], windows: int, seq_len: int, held: int) -> dict[str, Any]:
    fill, share = round(got["tokens"] / max(1, windows * seq_len), 6), round(got["tokens"] / max(1, held), 6)
    return {"asked": asked, **got, "windows": windows, "fill": fill, "share": share}
