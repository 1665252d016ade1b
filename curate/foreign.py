"""What came from another machine is checked before it is believed: manifests, and the names of files.

A manifest must be that of its key and agree with itself, and may only name files of its own folder. What no digest covers (how many rows
live on, fates, facts) is held to the lock, by a build with `--locked`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

from curate.artifact import Damaged, Manifest, PieceKind, content_of
from curate.errors import CurateError
from curate.identity import digest
from curate.schema import dtype_of

HEX = re.compile(r"[0-9a-f]{64}")
SIDE = ".provenance.parquet"
"""Ending of files beside an object's own that no manifest names."""


class Refused(Damaged):
    """An object of the remote that is missing, torn or altered, or cannot be had now."""

    def __str__(self) -> str:
        return f"remote objects/{self.key}/{self.file}: {self.why}"


def files(manifest: Manifest) -> Iterator[tuple[str, int, str]]:
    """(name, bytes, sha256) of each file of an object."""
    return (file for shard in manifest.shards for file in shard.files())


def parsed(key: str, data: bytes) -> Manifest:
    """A manifest from elsewhere. Refused unless it is that of the key, agrees with itself, and names only files of its own folder."""
    try:
        manifest = Manifest.parse(data.decode())
        if manifest.key != key or digest(manifest.identity) != key:
            raise ValueError("it is that of another key")
        if content_of(manifest.shards) != manifest.content:
            raise ValueError("its files are not those of its content")
        named = [*files(manifest)]
        if len({name for name, _, _ in named}) < len(named):
            raise ValueError("a file stands in it twice")
        for name, size, sha256 in named:
            if not safe(name) or not _is_count(size) or not HEX.fullmatch(sha256):
                raise ValueError(f"the file {name[:80]!r} cannot be")
        counts = [n for shard in manifest.shards for n in (shard.rows, shard.live, *shard.fates.values())]
        if manifest.kind not in get_args(PieceKind) or not all(map(_is_count, [manifest.rows_in, *counts])):
            raise ValueError("its counts are none")
        name_and_facts: tuple[Any, Any] = (manifest.name, manifest.facts)
        if list(map(type, name_and_facts)) != [str, dict]:
            raise ValueError("its fields are of other types")
        for dtype in manifest.schema.values():
            dtype_of(dtype)
        manifest.dump()  # not with a number that is none
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, CurateError) as error:
        raise Refused(key, "manifest.json", f"cannot be used: {' '.join(str(error).split())[:200]}") from None
    return manifest


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def safe(name: str) -> bool:
    """Whether a file's name stays inside its folder and means the same on every machine."""
    parts = name.split("/")
    return name.isprintable() and "\\" not in name and name != "manifest.json" and not {"", ".", ".."} & {*parts}


def sides(manifest: Manifest, data: bytes) -> list[tuple[str, int, str]]:
    """(name, bytes, sha256) of each side file, from the list of them that came along. Refused unless they are no more than that."""
    try:
        listed = [(name, size, sha256) for name, (size, sha256) in json.loads(data).items()]
        own = {name for name, _, _ in files(manifest)}
        for name, size, sha256 in listed:
            if (
                name in own
                or not name.endswith(SIDE)
                or not safe(name)
                or not _is_count(size)
                or not HEX.fullmatch(sha256)
            ):
                raise ValueError(f"the file {name[:80]!r} cannot be")
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(manifest.key, "sides.json", f"cannot be used: {' '.join(str(error).split())[:200]}") from None
    return listed
