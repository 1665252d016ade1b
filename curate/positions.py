"""Where documents stand in a mixture: a mixture's `index.parquet` has a row for each piece of a document, in training order of epoch 0.

The kernel imports no mixer: it reads the index as Parquet, and of `mixture.json` what the manifest repeats of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.errors import CurateError

if TYPE_CHECKING:
    from curate.artifact import Manifest
    from curate.state import State

SHOWN = ["window", "offset", "length", "source", "id", "start", "epoch", "stage"]


def mixture_of(state: State) -> tuple[Path, Manifest] | None:
    """The folder of the built mixture and its manifest; None before it is built."""
    node = state.plan.nodes.get("mixture")
    manifest = state.done.get(node.plan_key) if node else None
    return (state.store.ensure(manifest.key), manifest) if manifest else None


def positions(state: State, ids: Sequence[str]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """(corpus, id) -> every piece of it in the mixture: window, offset in the window, length, start in the document, epoch, stage."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    wanted = pl.Series(sorted(set(ids)), dtype=pl.String)
    for row in _index(state, pl.col("id").is_in(wanted.implode())).to_dicts():
        found.setdefault((row.pop("source"), row.pop("id")), []).append(row)
    return found


def held_out(state: State, ids: Sequence[str]) -> set[tuple[str, str]]:
    """Those (corpus, id) that the mixture keeps out of training."""
    there = mixture_of(state)
    if there is None or "held_out" not in there[1].facts:
        return set()
    wanted = pl.Series(sorted(set(ids)), dtype=pl.String)
    scan = pl.scan_parquet(there[0] / "held_out" / "index.parquet", glob=False)
    return set(scan.filter(pl.col("id").is_in(wanted.implode())).select("source", "id").unique().collect().iter_rows())


def in_window(state: State, window: int, offset: int | None) -> list[dict[str, Any]]:
    """The documents of a window in order, or the one at a token of it. CurateError where there is none."""
    there = mixture_of(state)
    if there is None:
        raise CurateError(f"there is no mixture yet; run curate build {state.plan.recipe.recipe}")
    count, length = there[1].facts["windows"], there[1].facts["seq_len"]
    if not 0 <= window < count:
        raise CurateError(f"no window {window:,}; the mixture has {count:,}, numbered from 0")
    if offset is not None and not 0 <= offset < length:
        raise CurateError(f"no token {offset:,} in a window; it has {length:,}, numbered from 0")
    rows = _index(state, pl.col("window") == window)
    if offset is not None:
        end = pl.col("offset") + pl.col("length")
        rows = rows.filter((pl.col("offset") <= offset) & (offset < end))
    if not rows.height:
        where = f"token {offset:,} of window {window:,}" if offset is not None else f"window {window:,}"
        raise CurateError(f"{where} is padding; ask for a smaller offset")
    return rows.to_dicts()


def _index(state: State, test: pl.Expr) -> pl.DataFrame:
    """Rows of the index, with `offset` counted from the start of the window."""
    there = mixture_of(state)
    if there is None:
        return pl.DataFrame(schema=dict.fromkeys(SHOWN, pl.String))
    folder, manifest = there
    inside = (pl.col("offset") % manifest.facts["seq_len"]).cast(pl.UInt32)
    scan = pl.scan_parquet(folder / "index.parquet", glob=False).filter(test)
    return scan.with_columns(offset=inside).select(SHOWN).sort("window", "offset").collect()


def spelled(state: State, row: dict[str, Any]) -> str:
    """The text that a piece's token ids spell in the mixture."""
    from tokenizers import Tokenizer

    there = mixture_of(state)
    assert there
    folder, facts = there[0], there[1].facts
    width, seq_len, per_shard = {"uint16": 2, "uint32": 4}[facts["dtype"]], facts["seq_len"], facts["windows_per_shard"]
    shard, place = divmod(row["window"], per_shard)
    with (folder / facts["shards"][shard]).open("rb") as file:
        file.seek((place * seq_len + row["offset"]) * width)
        data = file.read(row["length"] * width)
    ids = [int.from_bytes(data[i : i + width], "little") for i in range(0, len(data), width)]
    node = dict(state.plan.nodes["mixture"].others)["tokenizer"]
    tokenizer = state.store.ensure(state.done[node.plan_key].key) / "tokenizer.json"
    return str(Tokenizer.from_file(str(tokenizer)).decode(ids, skip_special_tokens=False))
