"""The reply store: what a model wrote is kept once and never paid for twice.

A reply's key is the SHA-256 of (model identity, prompt bytes, sampling, sample index), so two recipes, two steps or two builds that ask
the same thing share it. Replies lie in immutable Parquet segments, `replies/<model digest>/<segment digest>.parquet`; a segment's name is
the digest of its bytes, so a damaged one is noticed before it is read. Writers hold a lock and look again before they write, so two
processes that asked the same question at once both go on with the one reply that was stored first. A segment is written to a temporary
name, fsynced and renamed: kill -9 loses at most the batch that was being asked.

Replies that say `error` are not stored: the next build asks again. Left out: merging small segments, and any expiry.
"""

from __future__ import annotations

import functools
import hashlib
import io
import itertools
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import CurateError
from curate.identity import canonical
from curate.models.base import Model, Reply, Request
from curate.models.meter import Meter

SCHEMA = {
    "key": pl.Binary,
    "text": pl.String,
    "finish": pl.String,
    "prompt_tokens": pl.UInt32,
    "completion_tokens": pl.UInt32,
    "prompt_sha256": pl.Binary,
    "sample": pl.UInt32,
    "sampling": pl.String,
}
"""Columns of a segment. The last three say, to people, what was asked; the key says it to the machine."""
BATCH = 256
"""Prompts asked and stored at a time."""
_SEGMENT = re.compile(r"[0-9a-f]{32}\.parquet")


class MissingReplies(CurateError):
    """A reply is not stored, and asking was forbidden."""


@dataclass(frozen=True)
class Asker:
    """Who asks, for the ledger: `recipe:corpus/step`, and the meter that counts what it costs."""

    name: str
    meter: Meter | None = None


class Recorded:
    """A model that remembers: asks only for replies that the folder does not hold.

    `identity` replaces the model's own where the kernel knows more, such as the digest of its code. Without an asker nothing is asked.
    """

    def __init__(
        self,
        model: Model,
        folder: Path,
        *,
        identity: Mapping[str, Any] | None = None,
        asker: Asker | None = None,
        batch: int = BATCH,
    ) -> None:
        self.model = model
        self.identity: dict[str, Any] = dict(model.identity if identity is None else identity)
        self.sampling = model.sampling
        self.folder = folder / hashlib.sha256(canonical(self.identity)).hexdigest()[:32]
        self.batch = batch
        self.asker = asker

    def answers(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply]]:
        """Replies from the store, and from the model where the store has none; see `Model.answers`."""
        places = enumerate(requests)
        while batch := list(itertools.islice(places, self.batch)):
            known = self._stored({self.key(request) for _, request in batch})
            lacking = {self.key(request): request for _, request in batch if self.key(request) not in known}
            known |= self._ask(lacking) if lacking else {}
            for place, request in batch:
                yield place, known[self.key(request)]

    def remembered(self, requests: Sequence[Request]) -> list[Reply | None]:
        """What the store holds of these replies, in order; None where it holds none. The model is not asked."""
        known = self._stored({self.key(request) for request in requests})
        return [known.get(self.key(request)) for request in requests]

    def _ask(self, lacking: dict[bytes, Request]) -> dict[bytes, Reply]:
        """Ask for what is lacking, and store the replies; those that were stored meanwhile win."""
        if self.asker is None:
            raise MissingReplies(f"{len(lacking):,} requests or more have no stored reply")
        keys = list(lacking)
        fresh = {keys[place]: (lacking[keys[place]], reply) for place, reply in self.model.answers(lacking.values())}
        return {key: reply for key, (_, reply) in fresh.items()} | self._store(fresh)

    def key(self, request: Request) -> bytes:
        """SHA-256 of the canonical JSON of what is asked."""
        asked = {
            "identity": self.identity,
            "prompt": hashlib.sha256(request.prompt.encode()).hexdigest(),
            "sampling": self.sampling.payload(),
            "sample": request.sample,
        }
        return hashlib.sha256(canonical(asked)).digest()

    def _stored(self, keys: set[bytes]) -> dict[bytes, Reply]:
        """Every wanted reply that a segment holds; of several for one key, that of the smallest segment name."""
        wanted = pl.DataFrame({"key": sorted(keys)}, schema={"key": pl.Binary})
        found: dict[bytes, Reply] = {}
        if not wanted.is_empty():
            for name in _index(self.folder).join(wanted, on="key")["segment"].unique().sort():
                matched = _checked(self.folder / name).join(wanted, on="key")
                for key, *reply in matched.select(list(SCHEMA)[:5]).iter_rows():
                    found.setdefault(key, Reply(*reply))
        return found

    def _store(self, fresh: dict[bytes, tuple[Request, Reply]]) -> dict[bytes, Reply]:
        """Write what is new under the lock; returns the replies that another process stored first."""
        good = {key: value for key, value in fresh.items() if value[1].finish != "refused"}
        if not good:
            return {}
        import fasteners

        _prepare(self.folder, self.identity)
        with fasteners.InterProcessLock(str(self.folder / "lock")):
            for stale in self.folder.glob(
                ".tmp-*"
            ):  # only the holder of the lock writes: these were left by a killed process
                stale.unlink(missing_ok=True)
            theirs = self._stored(set(good))
            rows = [self._row(key, *good[key]) for key in sorted(good) if key not in theirs]
            if rows:
                _write(pl.DataFrame(rows, schema=SCHEMA, orient="row"), self.folder)
        return theirs

    def _row(self, key: bytes, request: Request, reply: Reply) -> tuple[Any, ...]:
        tokens = (reply.prompt_tokens, reply.completion_tokens)
        sampling = canonical(self.sampling.payload()).decode()
        return (
            key,
            reply.text,
            reply.finish,
            *tokens,
            hashlib.sha256(request.prompt.encode()).digest(),
            request.sample,
            sampling,
        )


_INDEXES: dict[Path, tuple[frozenset[str], pl.DataFrame]] = {}
_NO_INDEX = (frozenset[str](), pl.DataFrame(schema={"key": pl.Binary, "segment": pl.String}))


def _index(folder: Path) -> pl.DataFrame:
    """`key` and `segment` of every reply in a folder. A segment is read when this process first sees it, and dropped when it is gone."""
    seen, index = _INDEXES.get(folder, _NO_INDEX)
    # Files of other names are none of ours.
    there = (
        frozenset(p.name for p in folder.iterdir() if _SEGMENT.fullmatch(p.name)) if folder.is_dir() else frozenset()
    )
    if there != seen:
        if seen - there:
            index = index.filter(pl.col("segment").is_in(sorted(there)))
        new = [_checked(folder / name).select("key", segment=pl.lit(name)) for name in sorted(there - seen)]
        index = pl.concat([index, *new])
        _INDEXES[folder] = (there, index)
    return index


def _checked(path: Path) -> pl.DataFrame:
    """A segment, whose bytes are its name's. CurateError for a torn, altered or foreign one."""
    stat = path.stat()
    return _load(path, stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=64)
def _load(path: Path, size: int, mtime_ns: int) -> pl.DataFrame:
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest()[:32] != path.stem:
        raise CurateError(
            "this reply segment is damaged; delete it, and its replies are asked for again", where=str(path)
        )
    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except Exception as error:
        raise CurateError(f"this reply segment is not Parquet: {error}", where=str(path)) from error
    if dict(frame.schema) != SCHEMA:
        raise CurateError("this file is not a reply segment; move it out of the store", where=str(path))
    return frame


def _prepare(folder: Path, identity: Mapping[str, Any]) -> None:
    """The model's folder, with its identity beside the segments for people to read."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "model.json").exists():
        _replace(canonical(identity), folder / "model.json", folder / f".model-{os.getpid()}")


def _write(frame: pl.DataFrame, folder: Path) -> None:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    data = buffer.getvalue()
    name = hashlib.sha256(data).hexdigest()[:32]
    _replace(data, folder / f"{name}.parquet", folder / f".tmp-{name}")


def _replace(data: bytes, path: Path, temporary: Path) -> None:
    """The whole file or nothing, also after power loss."""
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(handle)
        os.close(handle)
