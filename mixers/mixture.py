"""Artifacts to one tokenised, ordered mixture: budgets, selection, packing, interleaving, writing.

A recipe's weights are shares of the mixture's tokens. Each stage owes each source an exact number of them (`mixers.budget`);
documents are taken in an order that hashes of their ids decide (`mixers.select`), packed into windows of one source each
(`mixers.pack`), and the windows of a stage are interleaved so that every prefix has the sources in proportion (`mixers.interleave`).
Each corpus is read twice, a shard at a time: lengths first, then tokens on their way to their places (`mixers.write`). How inputs are
split or ordered cannot show in a single byte.

Memory: 12 bytes for each document, 36 for each piece in the mixture, as much again for a while where the largest corpus is sorted and
packed, and 0.85 GB for everything else, the shard being written included; no text, token or id is held for longer than its shard. As
measured, 72 bytes a document (docs/mixture.md). Left out: cutting a document to meet a budget (it is met to within half a document), and
shuffling across stages or across epochs of a source.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.errors import CurateError
from curate.step import Artifact, Corpus, fit
from mixers.budget import budgets, epoch_caps, refuse_infeasible, stages_of
from mixers.order import key
from mixers.report import Found, refuse_whole_mask, report

if TYPE_CHECKING:
    from mixers.select import Source

FORMAT = 2

LONGEST = 1 << 24
"""Places of a window."""
MOST_GROUPS = 1 << 16
"""Sources times stages, for a group's number has two bytes."""


@fit(reads=["tokens", "n_tokens"], uses=["pyarrow"])  # type: ignore[untyped-decorator]
def mixture(
    corpora: dict[str, Corpus],
    out: Path,
    *,
    tokens: int,
    seq_len: int,
    stages: list[dict[str, Any]],
    tokenizer: Artifact,
    max_epochs: dict[str, float] | float | None = None,
    pack: Literal["best_fit"] = "best_fit",
    masked: tuple[str, ...] = (),
    seed: int = 0,
) -> dict[str, Any]:
    """Write a mixture of `tokens` non-padding tokens in windows of `seq_len`; return what its mixture.json says.

    stages: `{until: share of tokens done, weights: {corpus: share}}`, ascending, the last until 1. max_epochs: for all, or by corpus;
    a corpus that is not named has no cap. masked: the corpora whose column `n_masked` says how many leading tokens of a document bear
    no loss (what is masked is the affair of `tokenize`). Raises CurateError, with the arithmetic, where a source cannot give what is asked.
    """
    from mixers.interleave import interleave
    from mixers.select import scan
    from mixers.tokenize import vocabulary
    from mixers.write import Shards, write_facts

    if tokens < 1 or not 2 <= seq_len <= LONGEST:
        raise CurateError(
            f"has {tokens:,} tokens, at least 1, in windows of {seq_len:,}, 2 to {LONGEST:,}", where="mixture"
        )
    plan, known = stages_of(stages, corpora), vocabulary(tokenizer)
    asked = budgets(tokens, plan)
    if len(plan) * len(asked) > MOST_GROUPS:
        raise CurateError(f"{len(plan)} stages of {len(asked)} sources are more than {MOST_GROUPS:,}", where="mixture")
    sources = {name: scan(name, corpora[name], seed) for name in asked}
    held = {name: source.tokens for name, source in sources.items()}
    caps = epoch_caps(max_epochs, corpora)
    refuse_infeasible(tokens, plan, asked, held, caps)

    packed = {name: _packed(sources[name], asked[name], seq_len, caps.get(name)) for name in asked}
    counts = [[packed[name][1][stage] for name in asked] for stage in range(len(plan))]
    groups = np.concatenate([interleave(row) + np.uint16(s * len(asked)) for s, row in enumerate(counts)])
    found = {}
    with Shards(out, len(groups), seq_len, known.size, known.eos, list(asked), masked=bool(masked)) as shards:
        for number, name in enumerate(asked):
            segments = _placed(packed.pop(name)[0], number, len(asked), groups, seq_len)
            loss = shards.put(corpora[name], sources[name], number, segments, masked=name in masked)
            found[name] = Found(segments, seq_len, loss if masked else {})
            refuse_whole_mask(name, found[name])
        names = shards.finish(groups)
    facts = {
        "format": FORMAT,
        "seed": seed,
        "pack": pack,
        "seq_len": seq_len,
        "dtype": shards.dtype.name,
        "shards": shards.names,
        "windows_per_shard": shards.per_shard,
        "windows": len(groups),
        "groups": [{"stage": stage, "source": name} for stage in range(len(plan)) for name in asked],
        "order": "place n of epoch 0 is window n; later epochs permute the windows of each group (mixers/reader.py)",
        "vocab": known.size,
        "pad_id": known.eos,
        "eos_id": known.eos,
        "tokenizer_sha256": known.sha256,
        **report(plan, asked, sources, found, counts, seq_len),
    }
    return write_facts(out, facts, names)


def _packed(source: Source, asked: Sequence[int], seq_len: int, cap: Fraction | None) -> tuple[pl.DataFrame, list[int]]:
    """Segments of one source (doc, epoch, stage, start, length, window within its stage, offset) and windows by stage."""
    from mixers.pack import pack
    from mixers.select import choose

    most = None if cap is None else floor(source.tokens * cap)
    uses = choose(source, asked, most)
    if sum(asked) and not uses.height:
        raise CurateError(
            f"{source.name}: max_epochs {float(cap or 0):g} allows {most:,} tokens, less than its first document has",
            where="mixture",
        )
    parts: list[pl.DataFrame] = []
    windows: list[int] = []
    for stage in range(len(asked)):
        some = uses.filter(pl.col("stage") == stage)
        lengths, epochs = some["length"].to_numpy(), some["epoch"].to_numpy()
        segments, count = pack(lengths, epochs, seq_len, key(source.seed, source.name, "stage", stage))
        parts.append(some[segments["use"]].select("doc", "epoch", "stage").hstack(segments.drop("use")))
        windows.append(count)
    return pl.concat(parts), windows


def _placed(
    segments: pl.DataFrame, number: int, sources: int, groups: NDArray[np.uint16], seq_len: int
) -> pl.DataFrame:
    """Give each segment its `place`: where its first token stands among all places of all windows."""
    window, stage = segments["window"].to_numpy(), segments["stage"].to_numpy()
    whole = np.empty(len(window), np.int64)
    for s in range(int(groups.max()) // sources + 1):
        whole[stage == s] = np.flatnonzero(groups == s * sources + number)[window[stage == s]]
    return segments.drop("window", "offset").with_columns(place=pl.Series(whole * seq_len) + segments["offset"])
