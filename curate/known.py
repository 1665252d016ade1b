"""Values that an earlier build already gave to these documents.

Objects are registered under their value key (`curate.plan`). A document's value is taken from one of them when the base is the same (then
by row) or when a base has a document of the same id, so a loosened clause costs only the documents that it lets in.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from curate.artifact import ROW, Damaged, Piece, replace_file
from curate.store import Store

MOST = 4
"""Earlier objects that are looked at for one node."""


@dataclass(frozen=True)
class Known:
    """Earlier pieces of one value key. `same` have this base and are joined by row; `others` have another and are joined by id."""

    same: tuple[Piece, ...] = ()
    others: tuple[tuple[Piece, Piece], ...] = ()
    """(base, piece)"""

    def look_up(self, shard: str, docs: pl.DataFrame, columns: list[str]) -> pl.DataFrame | None:
        """`row` and the columns, for the documents that are known; None if none is."""
        rows = docs.select(ROW, "id")
        found = []
        for piece in self.same:
            if shard in piece.shards:
                part = rows.select(ROW).join(piece.read(shard, [ROW, *columns]), on=ROW, maintain_order="left")
                found.append(part)
                rows = rows.join(part.select(ROW), on=ROW, how="anti")
        for base, piece in self.others:
            if not rows.height:
                break
            part = self._by_id(rows, base, piece, columns)
            found.append(part)
            rows = rows.join(part.select(ROW), on=ROW, how="anti")
        parts = [part for part in found if part.height]
        return pl.concat(parts) if parts else None

    @staticmethod
    def _by_id(rows: pl.DataFrame, base: Piece, piece: Piece, columns: list[str]) -> pl.DataFrame:
        low, high = rows["id"].min(), rows["id"].max()
        parts = []
        for shard in piece.shards:
            where: Path = base.folder / shard
            ids = (
                pl.scan_parquet(where, glob=False)
                .filter(pl.col("id").is_between(pl.lit(low), pl.lit(high)))
                .select("id", pl.col(ROW).alias("_row"))
                .collect()
            )
            hits = rows.join(ids, on="id")
            if hits.height:
                values = piece.read(shard, [ROW, *columns]).rename({ROW: "_row"})
                parts.append(hits.join(values, on="_row").select(ROW, *columns))
        return (
            pl.concat(parts).unique(ROW, keep="first").sort(ROW)
            if parts
            else rows.select(ROW).clear().with_columns([pl.lit(None).alias(c) for c in columns])
        )


def register(store: Store, value_key: str, key: str, base: str, content: str) -> None:
    """Note that an object holds values of this value key, for documents of this base."""
    folder = store.root / "values" / value_key
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / f"{key}.json", json.dumps({"base": base, "content": content}).encode(), durable=False)


def find_known(store: Store, value_key: str, base: str | None) -> Known | None:
    """Earlier pieces with these values, newest first; None if there are none."""
    folder = store.root / "values" / value_key
    same, others = [], []
    with contextlib.suppress(FileNotFoundError):
        for mark in sorted(folder.iterdir(), key=lambda path: (-path.stat().st_mtime_ns, path.name))[:MOST]:
            try:
                told = json.loads(mark.read_text("utf-8"))
                piece, theirs = _piece(store, mark.stem), _piece(store, str(told["base"]))
                if theirs.content != told["content"]:  # made again since, and came out differently
                    continue
            except (Damaged, ValueError, KeyError):
                continue
            if theirs.folder.name == base:
                same.append(piece)
            else:
                others.append((theirs, piece))
    return Known(tuple(same), tuple(others)) if same or others else None


def _piece(store: Store, key: str) -> Piece:
    return Piece.of(store.ensure(key), store.check(key))
