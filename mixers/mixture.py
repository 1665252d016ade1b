"""Artifacts to one tokenised, ordered mixture: budgets, selection, packing, interleaving, writing.

A recipe's weights are shares of the mixture's tokens. Each stage owes each source an exact number of them (`mixers.budget`);
documents are taken in an order that hashes of their ids decide (`mixers.select`), packed into windows of one source each
(`mixers.pack`), and the windows of a stage are interleaved so that every prefix has the sources in proportion (`mixers.order`). Each
corpus is read twice, a shard at a time: lengths first, then tokens straight to their places (`mixers.write`). How inputs are split or
ordered cannot show in a single byte. Left out: cutting a document to meet a budget (it is met to within one document), and shuffling
across stages or across epochs of a source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.errors import CurateError
from curate.step import Artifact, Corpus, fit
from mixers.budget import Stage, budgets, epoch_caps, refuse_infeasible, stages_of
from mixers.order import interleave, key

if TYPE_CHECKING:
    from mixers.select import Source

FORMAT = 1


@fit(reads=["tokens", "n_tokens"], uses=["polars"])  # type: ignore[untyped-decorator]
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
    seed: int = 0,
) -> dict[str, Any]:
    """Write a mixture of `tokens` non-padding tokens in windows of `seq_len`; return what its mixture.json says.

    stages: `{until: share of tokens done, weights: {corpus: share}}`, ascending, the last until 1. max_epochs: for all, or by corpus;
    a corpus that is not named has no cap. Raises CurateError, with the arithmetic, where a source cannot give what is asked.
    """
    from mixers.select import scan
    from mixers.tokenize import vocabulary
    from mixers.write import Shards, write_facts, write_index

    if tokens < 1 or seq_len < 2:
        raise CurateError(f"tokens must be at least 1, not {tokens:,}, and seq_len 2, not {seq_len:,}", where="mixture")
    plan, known = stages_of(stages, corpora), vocabulary(tokenizer)
    asked = budgets(tokens, plan)
    sources = {name: scan(name, corpora[name], seed) for name in asked}
    held = {name: source.tokens for name, source in sources.items()}
    refuse_infeasible(tokens, plan, asked, held, epoch_caps(max_epochs, corpora))

    packed = {name: _packed(sources[name], asked[name], seq_len) for name in asked}
    counts = [[packed[name][1][stage] for name in asked] for stage in range(len(plan))]
    groups = np.concatenate([stage * len(asked) + interleave(row) for stage, row in enumerate(counts)])
    shards = Shards(out, len(groups), seq_len, known.size, known.eos)
    placed = [
        shards.put(corpora[name], sources[name], _placed(packed[name][0], number, len(asked), groups, seq_len))
        for number, name in enumerate(asked)
    ]
    index = shards.index(pl.concat(placed))
    write_index(out, index, groups)
    facts = {
        "format": FORMAT,
        "seed": seed,
        "pack": pack,
        "seq_len": seq_len,
        "dtype": shards.dtype.name,
        "shards": [path.name for path in shards.paths],
        "windows_per_shard": shards.per_shard,
        "windows": len(groups),
        "groups": [{"stage": stage, "source": name} for stage in range(len(plan)) for name in asked],
        "order": "place n of epoch 0 is window n; later epochs permute the windows of each group (mixers/reader.py)",
        "vocab": known.size,
        "pad_id": known.eos,
        "eos_id": known.eos,
        "tokenizer_sha256": known.sha256,
        **report(index, plan, asked, sources, counts, seq_len),
    }
    return write_facts(out, facts, [*facts["shards"], "index.parquet", "segments.npy", "windows.npy", "groups.npy"])


def _packed(source: Source, asked: Sequence[int], seq_len: int) -> tuple[pl.DataFrame, list[int]]:
    """Segments of one source (doc, source, epoch, stage, start, length, window within its stage, offset) and windows by stage."""
    from mixers.pack import pack
    from mixers.select import choose

    uses = choose(source, asked)
    parts: list[pl.DataFrame] = []
    windows: list[int] = []
    for stage in range(len(asked)):
        some = uses.filter(pl.col("stage") == stage)
        lengths, epochs = some["length"].to_numpy(), some["epoch"].to_numpy()
        segments, count = pack(lengths, epochs, seq_len, key(source.seed, source.name, "stage", stage))
        whose = some[segments["use"]].select("doc", "epoch", "stage", source=pl.lit(source.name))
        parts.append(whose.hstack(segments.drop("use")))
        windows.append(count)
    return pl.concat(parts), windows


def _placed(segments: pl.DataFrame, number: int, sources: int, groups: NDArray[np.int64], seq_len: int) -> pl.DataFrame:
    """Give each segment its `place`: where its first token stands among all places of all windows."""
    window, stage = segments["window"].to_numpy(), segments["stage"].to_numpy()
    whole = np.empty(len(window), np.int64)
    for s in range(int(groups.max()) // sources + 1):
        whole[stage == s] = np.flatnonzero(groups == s * sources + number)[window[stage == s]]
    return segments.drop("window", "offset").with_columns(place=pl.Series(whole * seq_len) + segments["offset"])


def report(
    index: pl.DataFrame,
    plan: Sequence[Stage],
    asked: Mapping[str, Sequence[int]],
    sources: Mapping[str, Source],
    counts: Sequence[Sequence[int]],
    seq_len: int,
) -> dict[str, Any]:
    """Asked against achieved, by stage and source; epochs, documents cut at window ends, and fill (tokens over places)."""
    summed = index.group_by("stage", "source").agg(
        tokens=pl.col("length").cast(pl.Int64).sum(),
        documents=(pl.col("start") == 0).sum(),
        cut=(pl.col("start") == seq_len).sum(),  # a document that is cut has exactly one piece that starts there
    )
    found = {(stage, source): row for stage, source, *row in summed.iter_rows()}
    stages, totals = [], {name: np.zeros(4, np.int64) for name in asked}
    for s, row in enumerate(counts):
        table = {}
        for name, windows in zip(asked, row, strict=True):
            got = [*found.get((s, name), (0, 0, 0)), windows]
            totals[name] += got
            table[name] = {"asked": asked[name][s], **_line(got, seq_len)}
        stages.append({"share": round(float(plan[s].share), 6), "sources": table})
    lines = {
        name: {
            "asked": sum(asked[name]),
            **_line(totals[name].tolist(), seq_len),
            "available": {"documents": len(sources[name].lengths), "tokens": sources[name].tokens},
            "epochs": round(int(totals[name][0]) / max(1, sources[name].tokens), 6),
        }
        for name in asked
    }
    total = sum(totals.values(), np.zeros(4, np.int64)).tolist()
    return {"asked": sum(map(sum, asked.values())), **_line(total, seq_len), "sources": lines, "stages": stages}


def _line(got: Sequence[int], seq_len: int) -> dict[str, Any]:
    tokens, documents, cut, windows = got
    fill = round(tokens / max(1, windows * seq_len), 6)
    return {"tokens": tokens, "documents": documents, "cut": cut, "windows": windows, "fill": fill}
