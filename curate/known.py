"""Values that an earlier build already gave to these documents.

Objects are registered under their value key (`curate.plan`). A document's value is taken from one of them in two ways. Where a shard of
the base is byte for byte one of an earlier base (another clause, the same file in a new snapshot, a sample of whole files), by row.
Elsewhere by id: one join per pair of bases says which row was which. An id stands for what was read, so of the other columns only those
are compared that the value depends on; an id that the user gave may stand for anything, so there every column is.

So a loosened clause, a new snapshot, or the whole after its sample computes only the documents that are new.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from curate.artifact import ROW, Damaged, Piece, parquet_bytes, replace_file
from curate.identity import digest
from curate.store import Store

if TYPE_CHECKING:
    from curate.plan import Node

MOST = 4
"""Earlier objects that are looked at for one node."""
OWN = ("source", "id", "url", "text")
"""Columns that an id given by us stands for (`curate.records.record_ids`)."""


@dataclass(frozen=True)
class Earlier:
    """An earlier piece of values, its base, and whether ids there are the user's."""

    base: Piece
    piece: Piece
    given: bool
    matches: Path | None = None
    """A folder with, for each shard of the new base, `row`, `shard` and `their_row` of documents found by id."""


@dataclass(frozen=True)
class Known:
    """Earlier values of one value key, newest first."""

    earlier: tuple[Earlier, ...]

    @cached_property
    def shards(self) -> dict[str, list[tuple[Piece, str]]]:
        """SHA-256 of a base's shard -> pieces with values for it, and what it is called there."""
        found: dict[str, list[tuple[Piece, str]]] = {}
        for one in self.earlier:
            for name, stored in one.base.shards.items():
                if name in one.piece.shards:
                    found.setdefault(stored.sha256, []).append((one.piece, name))
        return found

    def look_up(self, shard: str, sha256: str, docs: pl.DataFrame, columns: list[str]) -> pl.DataFrame | None:
        """`row` and the columns, for the documents of a shard that are known; None if none is. sha256: of the shard of the base."""
        rows, found = docs.select(ROW), []
        for part in self._parts(shard, sha256, columns):
            hits = rows.join(part, on=ROW, maintain_order="left")
            if hits.height:
                found.append(hits)
                rows = rows.join(hits.select(ROW), on=ROW, how="anti")
            if not rows.height:
                break
        return pl.concat(found) if found else None

    def _parts(self, shard: str, sha256: str, columns: list[str]) -> Iterator[pl.DataFrame]:
        for piece, name in self.shards.get(sha256, ()):
            yield piece.read(name, [ROW, *columns])
        for one in self.earlier:
            if one.matches and (one.matches / shard).is_file():
                told = pl.read_parquet(one.matches / shard, glob=False)
                for (name,), rows in told.group_by("shard", maintain_order=True):
                    theirs = one.piece.read(str(name), [ROW, *columns]).rename({ROW: "their_row"})
                    yield rows.select(ROW, "their_row").join(theirs, on="their_row").drop("their_row")

    def matched(self, store: Store, base: Piece, given: bool, depends: frozenset[str]) -> Known:
        """The same, with documents of `base` found by id where their shard is not known as a whole. depends: see `depends_on`."""
        new = [name for name, stored in base.shards.items() if stored.sha256 not in self.shards]
        if not new:
            return self
        ours = {stored.sha256 for stored in base.shards.values()}
        found = []
        for one in self.earlier:
            old = [
                name
                for name, stored in one.base.shards.items()
                if stored.sha256 not in ours and name in one.piece.shards
            ]
            every = given or one.given
            compared = sorted(set(base.columns) - {"id"} if every else depends - set(OWN))
            fits = set(compared) <= set(base.columns) & set(one.base.columns)
            if old and fits and one.base.folder != base.folder:
                store.ensure(one.base.folder.name)
                one = replace(one, matches=_matches(store, (base, new), (one.base, old), compared))
            found.append(one)
        return Known(tuple(found))


def depends_on(node: Node) -> frozenset[str]:
    """Columns of the reader that a node's values come from, through whatever was computed in between."""
    assert node.chain
    found: set[str] = set()
    for column in node.reads:
        maker = node.chain.maker(column)
        found |= {column} if maker.chain is None else depends_on(maker)
    return frozenset(found)


def _matches(store: Store, new: tuple[Piece, list[str]], old: tuple[Piece, list[str]], compared: Sequence[str]) -> Path:
    """Join two bases by id and the compared columns; one file for each new shard in which something is found. Remembered in the cache."""
    import duckdb

    from curate.views import exact_path, quoted

    pair = digest([[piece.folder.name, piece.content, names] for piece, names in (new, old)] + [list(compared)])
    folder = store.root / "cache" / "matches" / pair
    if (folder / "done").is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    equal = " and ".join(f"n.{quoted(c)} is not distinct from o.{quoted(c)}" for c in ("id", *compared))
    table = "read_parquet(?, filename = true, hive_partitioning = false)"
    sql = (
        f"select parse_filename(n.filename) as ours, n.row, parse_filename(o.filename) as shard, o.row as their_row"
        f" from {table} n join {table} o on {equal} order by ours, n.row"
    )
    files = [[exact_path(piece.folder / name) for name in names] for piece, names in (new, old)]
    with contextlib.closing(
        duckdb.connect(config={"temp_directory": str(store.root / "cache" / "duckdb")})
    ) as connection:
        held: list[pl.DataFrame] = []
        for batch in connection.sql(sql, params=files).to_arrow_reader(1 << 18):
            frame = pl.DataFrame(pl.from_arrow(batch))
            for part in frame.partition_by("ours", maintain_order=True):
                if held and held[0]["ours"][0] != part["ours"][0]:
                    _put(folder, held)
                    held = []
                held.append(part)
        _put(folder, held)
    replace_file(folder / "done", b"", durable=False)
    return folder


def _put(folder: Path, parts: list[pl.DataFrame]) -> None:
    """Write the matches of one shard."""
    if parts:
        whole = pl.concat(parts).unique(ROW, keep="first", maintain_order=True)
        replace_file(folder / whole["ours"][0], parquet_bytes(whole.drop("ours")), durable=False)


def register(store: Store, value_key: str, key: str, base: str, content: str, given: bool) -> None:
    """Note that an object holds values of this value key, for documents of this base. given: ids there are the user's own."""
    folder = store.root / "values" / value_key
    folder.mkdir(parents=True, exist_ok=True)
    mark = {"base": base, "content": content, "given": given}
    replace_file(folder / f"{key}.json", json.dumps(mark).encode(), durable=False)


def has_known(store: Store, value_key: str) -> bool:
    """Whether some object was registered under a value key; `find_known` looks whether it is still good."""
    with contextlib.suppress(FileNotFoundError):
        return any((store.root / "values" / value_key).iterdir())
    return False


def find_known(store: Store, value_key: str) -> Known | None:
    """Earlier pieces with these values, newest first; None if there are none."""
    folder = store.root / "values" / value_key
    found: list[Earlier] = []
    with contextlib.suppress(FileNotFoundError):
        for mark in sorted(folder.iterdir(), key=lambda path: (-path.stat().st_mtime_ns, path.name)):
            try:
                told = json.loads(mark.read_text("utf-8"))
                one = Earlier(_piece(store, str(told["base"])), _piece(store, mark.stem), bool(told["given"]))
                if one.base.content == told["content"]:  # else made again since, and came out differently
                    found.append(one)
            except (Damaged, ValueError, KeyError):
                continue
            if len(found) == MOST:
                break
    return Known(tuple(found)) if found else None


def _piece(store: Store, key: str) -> Piece:
    """A piece by its manifest; its files need not be here."""
    return Piece.of(store.object(key), store.check(key))
