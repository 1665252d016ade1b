"""Many small files as few inputs: pages of a folder are read some hundreds at a time, because each input costs a shard and a worker's call.

A reader says so by `TOGETHER`, the files of a group, beside its function; it is called with (name, path) of each. A file belongs to the
group that the first bits of its digest say, so a new or changed file changes one group (until there are twice as many files). The names
are those below the folder in which a pattern looks, and part of a group's digest: a reader may give them as addresses.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from curate.identity import canonical_sha256, digest, file_sha256

if TYPE_CHECKING:
    from curate.sources import Source
    from curate.store import Store

WILD = "*?["


def name_below(pattern: str, path: str) -> str:
    """What a file is called below the folder in which an absolute pattern looks; its last name where the pattern is a file."""
    above, _, _ = pattern.partition(next((part for part in pattern.split("/") if any(c in part for c in WILD)), "\0"))
    if above == pattern:
        return path.rpartition("/")[2]
    return path.removeprefix(above)


def digested(files: Sequence[Source], store: Store) -> list[Source]:
    """Local files with their digests, remembered in one note for all of them."""
    note = digest([os.fsencode(file.path).hex() for file in files])  # a name need not be UTF-8
    known = store.remembered("inputs", note)
    found, news = [], {}
    for file in files:
        if "://" in file.path:
            found.append(file)
            continue
        stat = Path(file.path).stat()
        mark = f"{stat.st_size}.{stat.st_mtime_ns}.{stat.st_ino}"
        was = known.get(file.path, ["", ""])
        news[file.path] = [mark, was[1] if was[0] == mark else file_sha256(Path(file.path))]
        found.append(replace(file, sha256=news[file.path][1], bytes=stat.st_size))
    if news != known:
        store.remember("inputs", note, news)
    return found


def groups(files: Iterable[Source], most: int) -> list[Source]:
    """Files in groups of about `most`; none of a group is in another."""
    from curate.sources import Source

    files = sorted(files, key=lambda file: (file.sha256, file.name))
    bits = max(0, (len(files) - 1) // most).bit_length()
    held: dict[int, list[Source]] = {}
    for file in files:
        held.setdefault(int(digest(file.sha256)[:8], 16) >> (32 - bits), []).append(file)
    made = []
    for number, members in sorted(held.items()):
        sha256 = canonical_sha256([[file.name, file.sha256] for file in members])
        more = f" and {len(members) - 1} more" if len(members) > 1 else ""
        size = sum(file.bytes for file in members)
        made.append(Source(f"{members[0].path}{more}", sha256, size, name=f"{number:08x}", members=tuple(members)))
    return made
