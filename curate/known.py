"""Values that an earlier build already gave to these documents.

Objects are registered under their value key (`curate.plan`). A document's value is taken from one of them in two ways. Where a shard of
the base is byte for byte one of an earlier base (another clause, the same file in a new snapshot, a sample of whole files), by row.
Elsewhere by id: one join per pair of bases says which row was which. Those columns of the base are compared that the value comes from,
the text too where the id does not say which it is: an id may be the user's, and of a page a header says how its bytes are read. Where the
two bases hold something else under one name (there is a dedup now, after a rewrite), ids of ours still stand for what was read, and the
reader's columns are compared.
Values that rest on a trained artifact are those of its content: trained again it may have come out differently.

So a loosened clause, a new snapshot, or the whole after its sample computes only the documents that are new.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from curate.artifact import AS_READ, ROW, Damaged, Manifest, Piece, parquet_bytes, replace_file
from curate.identity import digest
from curate.store import Store

if TYPE_CHECKING:
    from curate.plan import Node

MOST = 4
"""Earlier objects that are looked at for one node."""
STANDS_FOR = ("source", "id", "text")
"""Columns that an id given by us stands for (`curate.records.record_ids`)."""


@dataclass(frozen=True)
class Ground:
    """What the values of a node rest on, besides its value key."""

    columns: dict[str, str]
    """Columns of the base that they come from -> value key of the node that wrote each."""
    read: tuple[str, ...] | None
    """The reader's columns that they come from; None where ids do not stand for what was read."""
    artifacts: str | None
    """Digest of the contents of artifacts; None where some are still to be made."""

    def compared(self, other: Ground) -> list[str] | None:
        """Columns in which two documents of one id must agree to have the same value; None if that says nothing here."""
        if self.artifacts != other.artifacts and self.artifacts is not None:
            return None
        if self.columns == other.columns:
            return sorted({*self.columns} - {"id"})
        return None if self.read is None or other.read is None else sorted({*self.read} - {*STANDS_FOR})


@dataclass(frozen=True)
class Earlier:
    """An earlier piece of values and its base. compared: see `Ground`."""

    base: Piece
    piece: Piece
    compared: tuple[str, ...]
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

    def matched(self, store: Store, base: Piece) -> Known:
        """The same, with documents of `base` found by id where their shard is not known as a whole."""
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
            fits = {*one.compared} <= {*base.columns} & {*one.base.columns}
            if old and fits and one.base.folder != base.folder:
                store.ensure(one.base.folder.name)
                one = replace(one, matches=_matches(store, (base, new), (one.base, old), one.compared))
            found.append(one)
        return Known(tuple(found))


def columns_of_base(node: Node) -> dict[str, str]:
    """Columns of its base that a node's values come from, through whatever was computed since -> value key of what wrote each."""
    found: dict[str, str] = {}
    for column in node.reads:
        maker = node.chain.maker(column) if node.chain else node
        since = maker.base is node.base and not maker.is_base
        found |= columns_of_base(maker) if since else {_stored(column, node.base): maker.value_key}
    return found


def _stored(column: str, base: Node) -> str:
    """What a column of a base is called there: the text as it was read is the text of a reader's piece."""
    return "text" if column == AS_READ and base.kind == "read" else column


def columns_of_reader(node: Node) -> set[str]:
    """The reader's columns that a node's values come from, through whatever was computed in between."""
    makers = {column: node.chain.maker(column) for column in node.reads} if node.chain else {}
    parts = [{_stored(c, maker)} if maker.chain is None else columns_of_reader(maker) for c, maker in makers.items()]
    return set().union(*parts)


def artifacts(node: Node) -> set[Node]:
    """What a node's values come from that is not computed document by document: trained artifacts, and steps that see a whole corpus."""
    if node.kind in ("across", "fit", "generate"):
        return {node}
    makers = {node.chain.maker(column) for column in node.reads} if node.chain else set()
    others = {other for _, other in node.others} if node.kind != "read" else set()
    return others.union(*map(artifacts, makers))


def _matches(store: Store, new: tuple[Piece, list[str]], old: tuple[Piece, list[str]], compared: Sequence[str]) -> Path:
    """Join two bases by id and the compared columns; one file for each new shard in which something is found. Remembered in the cache."""
    import duckdb

    from curate.sql import exact_path

    pair = digest([[piece.folder.name, piece.content, names] for piece, names in (new, old)] + [list(compared)])
    folder = store.root / "cache" / "matches" / pair
    if _whole(folder):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    equal = " and ".join(f"{_told(c, 'n')} is not distinct from {_told(c, 'o')}" for c in ("id", *compared))
    table = "read_parquet(?, filename = true, hive_partitioning = false)"
    sql = (
        f"select parse_filename(n.filename) as ours, n.row, parse_filename(o.filename) as shard, o.row as their_row"
        f" from {table} n join {table} o on {equal} order by ours, n.row, shard, their_row"
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
    sizes = {path.name: path.stat().st_size for path in folder.glob("*.parquet")}
    replace_file(folder / "done", json.dumps(sizes).encode(), durable=False)
    return folder


def _told(column: str, side: str) -> str:
    """A column in a join: of long texts the digest."""
    from curate.sql import quoted

    return f"sha256({side}.{column})" if column in ("text", AS_READ) else f"{side}.{quoted(column)}"


def _whole(folder: Path) -> bool:
    """Whether matches were found before and no power loss tore them."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        sizes = json.loads((folder / "done").read_text("utf-8"))
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    return False


def _put(folder: Path, parts: list[pl.DataFrame]) -> None:
    """Write the matches of one shard."""
    if parts:
        whole = pl.concat(parts).unique(ROW, keep="first", maintain_order=True)
        replace_file(folder / whole["ours"][0], parquet_bytes(whole.drop("ours")), durable=False)


def register(store: Store, value_key: str, key: str, base: Manifest, ground: Ground) -> None:
    """Note that an object holds values of this value key, for documents of this base."""
    folder = store.root / "values" / value_key
    folder.mkdir(parents=True, exist_ok=True)
    mark = {"base": base.key, "content": base.content, "ground": asdict(ground)}
    replace_file(folder / f"{key}.json", json.dumps(mark).encode(), durable=False)


def has_known(store: Store, value_key: str) -> bool:
    """Whether some object was registered under a value key; `find_known` looks whether it is still good."""
    with contextlib.suppress(FileNotFoundError):
        return any((store.root / "values" / value_key).iterdir())
    return False


def find_known(store: Store, value_key: str, ground: Ground) -> Known | None:
    """Earlier pieces with these values, newest first; None if there are none."""
    folder = store.root / "values" / value_key
    found: list[Earlier] = []
    with contextlib.suppress(FileNotFoundError):
        for mark in sorted(folder.iterdir(), key=lambda path: (-path.stat().st_mtime_ns, path.name)):
            try:
                told = json.loads(mark.read_text("utf-8"))
                compared = ground.compared(_ground(**told["ground"]))
                if compared is None:
                    continue
                one = Earlier(_piece(store, str(told["base"])), _piece(store, mark.stem), tuple(compared))
                if one.base.content == told["content"]:  # else made again since, and came out differently
                    found.append(one)
            except (Damaged, ValueError, KeyError, TypeError):
                continue
            if len(found) == MOST:
                break
    return Known(tuple(found)) if found else None


def _ground(columns: dict[str, str], read: list[str] | None, artifacts: str | None) -> Ground:
    return Ground(columns, None if read is None else tuple(read), artifacts)


def _piece(store: Store, key: str) -> Piece:
    """A piece by its manifest; its files need not be here."""
    return Piece.of(store.object(key), store.check(key))
