"""One mixture under way, from documents and budgets to its files: which documents, in which windows, where these stand.

A build makes one of what is trained on and, where documents are held out, a second one of those; both are filled in one pass over
each corpus. Left out: which documents a mixture may use (`mixers.held_out`), and what is asked of them (`mixers.budget`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import floor
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.errors import CurateError
from curate.step import Corpus
from mixers.budget import Stage
from mixers.order import key
from mixers.pack import pack
from mixers.report import Found, report
from mixers.select import Source, choose
from mixers.tokenize import Vocabulary
from mixers.write import Filling, Shards, write_facts

FORMAT = 2


class Draft:
    """A mixture in the folder `out`, as a context: `begin` and `end` each source around one pass over its corpus, then `finish`.

    asked: source -> tokens that it owes in each stage. caps: see `mixers.budget.epoch_caps`. order: from windows of each source in a stage
    to the source of each window. masked: whether any corpus of the recipe has tokens without loss.
    """

    def __init__(
        self,
        out: Path,
        sources: Mapping[str, Source],
        asked: Mapping[str, Sequence[int]],
        caps: Mapping[str, Fraction],
        seq_len: int,
        known: Vocabulary,
        order: Callable[[Sequence[int]], NDArray[np.uint16]],
        *,
        masked: bool,
    ) -> None:
        self.out, self.sources, self.asked, self.seq_len, self.known = out, sources, asked, seq_len, known
        self.names, self.masked = list(asked), masked
        packed = {name: _packed(sources[name], asked[name], seq_len, caps.get(name)) for name in asked}
        self.segments = {name: segments for name, (segments, _) in packed.items()}
        self.counts = [list(row) for row in zip(*(windows for _, windows in packed.values()), strict=True)]
        every = [order(row) + np.uint16(s * len(asked)) for s, row in enumerate(self.counts)]
        self.groups = np.concatenate(every)
        self.shards = Shards(out, len(self.groups), seq_len, known.size, known.eos, self.names, masked=masked)
        self.found: dict[str, Found] = {}

    def __enter__(self) -> Draft:
        self.shards.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.shards.__exit__(kind, error, at)

    def begin(self, name: str) -> Filling:
        """A source's segments at their places, to be filled from its corpus."""
        number = self.names.index(name)
        segments = _placed(self.segments.pop(name), number, len(self.names), self.groups, self.seq_len)
        return self.shards.filling(self.sources[name], number, segments)

    def end(self, filling: Filling, masked: bool) -> Found:
        """What is there of a source once its corpus was read. masked: whether the recipe masks this one."""
        loss = filling.end(masked)
        found = Found(filling.segments, self.seq_len, loss if self.masked else {})
        self.found[filling.source.name] = found
        return found

    def finish(self, plan: Sequence[Stage], said: dict[str, Any]) -> dict[str, Any]:
        """Write its files; what its mixture.json says. said: what the caller knows of it."""
        names = self.shards.finish(self.groups)
        facts = {
            "format": FORMAT,
            "seq_len": self.seq_len,
            "dtype": self.shards.dtype.name,
            "shards": self.shards.names,
            "windows_per_shard": self.shards.per_shard,
            "windows": len(self.groups),
            "groups": [{"stage": stage, "source": name} for stage in range(len(plan)) for name in self.names],
            "order": "place n of epoch 0 is window n; later epochs permute the windows of each group (mixers/reader.py)",
            "vocab": self.known.size,
            "pad_id": self.known.eos,
            "eos_id": self.known.eos,
            "tokenizer_sha256": self.known.sha256,
            **report(plan, self.asked, self.sources, self.found, self.counts, self.seq_len),
        }
        return write_facts(self.out, facts | said, names)


def fill(drafts: Sequence[Draft], name: str, corpus: Corpus, masked: bool) -> list[Found]:
    """Read a corpus once for several drafts; what each of them has of it."""
    fillings = [draft.begin(name) for draft in drafts]
    for shard in corpus.shards("id", "tokens", *(("n_masked",) if masked else ())):
        for one in fillings:
            one.take(shard)
    return [draft.end(one, masked) for draft, one in zip(drafts, fillings, strict=True)]


def _packed(source: Source, asked: Sequence[int], seq_len: int, cap: Fraction | None) -> tuple[pl.DataFrame, list[int]]:
    """Segments of one source (doc, epoch, stage, start, length, window within its stage, offset) and windows by stage."""
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
