"""Figures that README and docs quote and that any machine must find again: where they stand, and which figure of which benchmark they are.

Rates are not among them: a page quotes those of one quiet run on one machine, and says so; `docs/speed.md` has them as they were measured
last. A quote is checked against the newest kept result that has its figure, whatever its size, unless the figure depends on that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FILLS = r"^\| {size} \| ([\d.]+) \| ([\d.]+) % \| [\d,]+ \| ([\d.]+) \| ([\d.]+) % \| [\d,]+ \|$"
_PACKED = ("best_fit {n} / fill", "best_fit {n} / cut", "concat_and_chunk {n} / fill", "concat_and_chunk {n} / cut")
_SIZES = {"2,048": 2048, "4,096": 4096, "8,192": 8192}
UNCHECKED = (
    "README.md: near duplicates, leaks, extractors, gates, guards",
    "docs/dedup.md, docs/decontamination.md, docs/extraction.md, docs/grading.md, docs/selection.md, docs/verify.md, docs/synthesis.md",
    "docs/tokens.md, docs/models.md, docs/mixture.md: rates",
    "docs/embedded.md: how the crawl grows, is it like real text",
)
"""What is quoted and not yet checked."""


@dataclass(frozen=True)
class Quote:
    """A line of a page: what its groups are, as figures of a benchmark; a figure that is a share is quoted in per cent."""

    file: str
    pattern: str
    benchmark: str
    figures: tuple[str, ...]
    full: bool = False
    """Only a full run has the same figure."""


QUOTES = tuple(
    Quote(
        "docs/mixture.md",
        _FILLS.format(size=shown),
        "tokens",
        tuple(f"packing / {name.format(n=n)}" for name in _PACKED),
    )
    for shown, n in _SIZES.items()
)


def wrong(quote: Quote, text: str, results: list[dict[str, Any]]) -> Iterator[str]:
    """What a page says otherwise than the newest result that knows. ValueError where the page no longer has the line."""
    found = [match.groups() for match in re.finditer(quote.pattern, text, re.MULTILINE)]
    if len(found) != 1:
        raise ValueError(f"{quote.file}: {len(found)} lines are {quote.pattern}")
    for said, name in zip(found[0], quote.figures, strict=True):
        known = [r["benchmarks"][quote.benchmark]["figures"].get(name) for r in results if _knows(r, quote)]
        if known and known[-1] is not None and not agrees(said, known[-1]):
            yield f"{quote.file}: {name} is {known[-1]:g}, not {said}"


def _knows(result: dict[str, Any], quote: Quote) -> bool:
    return quote.benchmark in result["benchmarks"] and not (quote.full and result["quick"])


def agrees(said: str, value: float) -> bool:
    """Whether a number as a page writes it is this value in the digits that it shows, or this share in per cent."""
    digits = len(said.partition(".")[2])
    half = 0.5 * 10.0**-digits * (1 + 1e-6)
    number = float(said.replace(",", ""))
    return abs(number - value) <= half or abs(number - 100 * value) <= half


def all_wrong(root: Path, results: list[dict[str, Any]]) -> list[str]:
    """Every disagreement."""
    return [one for quote in QUOTES for one in wrong(quote, (root / quote.file).read_text("utf-8"), results)]
