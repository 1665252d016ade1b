"""What a node stored, and how to read it back.

A node stores only what it adds. A *base* piece (read, expand, across) has all columns of its rows; a *columns* piece (score, rewrite) has
the new ones; a *verdict* piece (keep, repeat) says which rows go on. Every piece carries `row`, the number of the row in its base shard,
so that pieces join by (shard, row), in polars here and in plain DuckDB elsewhere. Rows that leave a node with an error stand in
`<shard>.errors.parquet` beside its piece. A *files* piece is a folder: a tokenizer, a seeded corpus, a mixture.

A `View` is a base and the pieces after it, seen as one table. Each file's SHA-256 is checked when it is first read as input.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import polars as pl

from curate.errors import CurateError
from curate.identity import digest

PieceKind = Literal["base", "columns", "verdict", "files"]
ROW = "row"
SEAL = "digest"
"""What a manifest calls the digest of everything else in it."""
AS_READ = "as_read"
"""What `reads=` calls the text as the reader gave it (`curate/as_read.py`): an HTML page after its text was taken out of it."""
SHARD_BYTES = 32 << 20
"""Text per shard. A shard is the unit of work and of memory: a worker holds one at a time."""
SHARD_ROWS = 16_384


class Damaged(Exception):
    """A stored file is missing, torn or altered. The build sets its object aside and makes it again."""

    def __init__(self, key: str, file: str, why: str) -> None:
        super().__init__(key, file, why)
        self.key, self.file, self.why = key, file, why

    def __str__(self) -> str:
        return f"objects/{self.key}/{self.file}: {self.why}"


class Torn(Exception):
    """A shard of a draft is not what its record says. The build does it again."""


@contextlib.contextmanager
def readable(recipe: str) -> Iterator[None]:
    """One line for an object that cannot be read, where nothing is built: CurateError."""
    try:
        yield
    except Damaged as damage:
        raise CurateError(f"{damage}; curate build {recipe} makes it again") from None


@dataclass(frozen=True)
class Stored:
    """One file of a piece. `live` counts the rows that go on to the next node; `fates` what became of the others."""

    name: str
    rows: int
    live: int
    bytes: int
    sha256: str
    fates: dict[str, int] = field(default_factory=dict)
    errors: tuple[int, str] | None = None
    """(bytes, sha256) of `<name>.errors.parquet`."""

    def payload(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if v not in (None, {})}

    @classmethod
    def of(cls, payload: dict[str, Any]) -> Stored:
        errors = payload.get("errors")
        return cls(**{**payload, "errors": tuple(errors) if errors else None})

    def record(self) -> str:
        """What a draft keeps of it, with a digest: counts and fates stand in no other one."""
        payload = self.payload()
        return json.dumps({**payload, SEAL: seal_of(payload)})

    @classmethod
    def recorded(cls, path: Path) -> Stored:
        """What a draft kept. OSError, ValueError or TypeError if it cannot be had or was altered."""
        return cls.of(unsealed(json.loads(path.read_text("utf-8"))))

    def files(self) -> Iterator[tuple[str, int, str]]:
        """(file name, bytes, sha256) of each file this entry stands for."""
        yield self.name, self.bytes, self.sha256
        if self.errors:
            yield errors_name(self.name), *self.errors


def errors_name(name: str) -> str:
    """Name of the file beside a shard that holds the rows that left with an error."""
    return name.removesuffix(".parquet") + ".errors.parquet"


@dataclass(frozen=True)
class Manifest:
    """The record beside an object: what was hashed, and what is there. No seconds, hosts or paths."""

    key: str
    name: str
    kind: PieceKind
    identity: dict[str, Any]
    content: str
    shards: tuple[Stored, ...]
    schema: dict[str, str]
    rows_in: int
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Documents that go on from here."""
        return sum(s.live for s in self.shards)

    @property
    def fates(self) -> dict[str, int]:
        """Documents that ended here, by clause or by `repeat`, `undecided`, `quarantined`, `killed`."""
        total: dict[str, int] = {}
        for shard in self.shards:
            for fate, count in shard.fates.items():
                total[fate] = total.get(fate, 0) + count
        return total

    @property
    def bytes(self) -> int:
        return sum(size for shard in self.shards for _, size, _ in shard.files())

    def dump(self) -> str:
        """Its text, with a digest of all that it says: counts, fates and facts stand in no other digest."""
        payload = {**self.__dict__, "shards": [s.payload() for s in self.shards]}
        return json.dumps({**payload, SEAL: seal_of(payload)}, indent=1, allow_nan=False)

    @classmethod
    def parse(cls, text: str) -> Manifest:
        """The manifest of such a text; ValueError, TypeError or KeyError for one that is torn or altered."""
        payload = unsealed(json.loads(text))
        return cls(**{**payload, "shards": tuple(Stored.of(s) for s in payload["shards"])})


def seal_of(payload: dict[str, Any]) -> str:
    """Digest of what a manifest says, whatever characters it is made of."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()


def unsealed(payload: dict[str, Any]) -> dict[str, Any]:
    """The same without its digest, which older ones do not have. ValueError if it is not that of the rest."""
    seal = payload.pop(SEAL, None)
    if seal is not None and seal != seal_of(payload):
        raise ValueError("it was altered")
    return payload


def content_of(shards: Sequence[Stored]) -> str:
    """Digest of what a piece holds: names, rows and bytes of its files, in order."""
    return digest([[s.name, s.rows, s.sha256, s.errors[1] if s.errors else None] for s in shards])


def replace_file(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write through a temporary name, fsync, rename: a reader sees the old file or the whole new one.

    durable=False leaves out the fsync, for what is noticed and made again if a power loss tears it.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def sync_folder(path: Path) -> None:
    """Put a folder's list of names on disk: without that a power loss may undo a rename."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def compacted(few: pl.DataFrame) -> pl.DataFrame:
    """The same rows in memory of their own: rows that polars filters out of a frame hold on to the texts of all its rows."""
    return pl.DataFrame(few.to_arrow(compat_level=pl.CompatLevel.oldest()), schema=few.schema)


def parquet_bytes(frame: pl.DataFrame, group_rows: int = SHARD_ROWS) -> bytes:
    """A frame as Parquet, the same bytes for the same rows whatever chunks they came in."""
    import pyarrow.parquet as pq

    table = frame.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest()).combine_chunks()
    sink = io.BytesIO()
    pq.write_table(
        table.replace_schema_metadata(None),
        sink,
        compression="zstd",
        compression_level=1,
        row_group_size=group_rows,
        use_dictionary=[
            n for n, t in frame.schema.items() if n in ("source", "license", "dump") or t == pl.Categorical
        ],
    )
    return sink.getvalue()


def write_parquet(frame: pl.DataFrame, path: Path) -> tuple[int, str]:
    """Write one Parquet file atomically; (bytes, sha256)."""
    data = parquet_bytes(frame)
    replace_file(path, data)
    return len(data), hashlib.sha256(data).hexdigest()


_checked: dict[str, tuple[int, int, int]] = {}


def read_checked(folder: Path, name: str, sha256: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Read one Parquet file of an object. Damaged if its bytes are not the manifest's (checked once per process and change)."""
    path = folder / name
    try:
        stat = path.stat()
        mark = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
        if _checked.get(str(path)) == mark:
            return pl.read_parquet(path, columns=list(columns) if columns is not None else None, glob=False)
        data = path.read_bytes()
    except FileNotFoundError:
        raise Damaged(folder.name, name, "is missing") from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Damaged(folder.name, name, "its bytes are not those of the manifest")
    _checked[str(path)] = mark
    return pl.read_parquet(data, columns=list(columns) if columns is not None else None)


@dataclass(frozen=True)
class Piece:
    """One node's stored part of a corpus."""

    folder: Path
    kind: PieceKind
    columns: dict[str, str]
    shards: dict[str, Stored]
    content: str

    @classmethod
    def of(cls, folder: Path, manifest: Manifest) -> Piece:
        return cls(folder, manifest.kind, manifest.schema, {s.name: s for s in manifest.shards}, manifest.content)

    def read(self, shard: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
        if columns is None or AS_READ not in columns or AS_READ in self.columns:
            return read_checked(self.folder, shard, self.shards[shard].sha256, columns)
        stored = dict.fromkeys("text" if c == AS_READ else c for c in columns)
        return self.read(shard, list(stored)).with_columns(pl.col("text").alias(AS_READ)).select(columns)

    def live(self, shard: str) -> pl.Series:
        """Numbers of the rows that go on from this piece, ascending."""
        if self.kind == "verdict":
            return self.read(shard, [ROW, "fate"]).filter(pl.col("fate").is_null())[ROW]
        return self.read(shard, [ROW])[ROW]


@dataclass(frozen=True)
class View:
    """A base piece and the pieces after it, as one table of live rows."""

    pieces: tuple[Piece, ...]

    @property
    def content(self) -> str:
        return digest([piece.content for piece in self.pieces])

    @property
    def shards(self) -> list[str]:
        return list(self.pieces[-1].shards)

    @property
    def rows(self) -> int:
        return sum(s.live for s in self.pieces[-1].shards.values())

    def owners(self) -> dict[str, Piece]:
        """Which piece holds the current value of each column: the last that has it."""
        held = {column: piece for piece in self.pieces if piece.kind != "verdict" for column in piece.columns}
        held.pop(AS_READ, None)
        return held

    def holders(self) -> dict[str, Piece]:
        """The same, and of `as_read` the base, which has it as its text or carries it."""
        return {**self.owners(), AS_READ: self.pieces[0]}

    def load(self, shard: str, columns: Sequence[str]) -> pl.DataFrame:
        """Live rows of one shard: `row` and the named columns, in row order."""
        holders, rows = self.holders(), self.pieces[-1].live(shard)
        parts = [pl.DataFrame({ROW: rows})]
        wanted: dict[int, list[str]] = {}
        for column in columns:
            wanted.setdefault(id(holders[column]), []).append(column)
        for piece in {id(p): p for p in self.pieces}.values():
            names = wanted.get(id(piece))
            if not names:
                continue
            part = piece.read(shard, [ROW, *names])
            if part.height != rows.len():
                part = parts[0].join(part, on=ROW, how="left", maintain_order="left")
            parts.append(part.drop(ROW))
        return pl.concat(parts, how="horizontal").select(ROW, *columns)


@dataclass(frozen=True)
class StoredCorpus:
    """A finished corpus as `@across` and `@fit` steps see it (`curate.step.Corpus`)."""

    name: str
    view: View
    absent: Mapping[str, pl.DataType] = field(default_factory=dict)
    """Columns that it has not but others beside it have: null."""

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        nothing = [pl.lit(None, self.absent[c]).alias(c) for c in columns if c in self.absent]
        for shard in self.view.shards:
            docs = self.view.load(shard, [c for c in columns if c not in self.absent])
            yield docs.with_columns(nothing).select(columns)
