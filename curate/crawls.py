"""Snapshots of Common Crawl as inputs: `files: CC-MAIN-2024-46`, or a part of one, `files: CC-MAIN-2024-46/segments/17304770275*/warc/*`.

`curate fetch` downloads the snapshot's list of WARC files (`crawl-data/NAME/warc.paths.gz`) and pins it. Where Common Crawl is to be
had is a matter of the machine: CURATE_COMMON_CRAWL, which is https://data.commoncrawl.org if not set, `s3://commoncrawl`, another server
with the same files, or a folder. So no key sees it: what stands for the digest of a file is its path in the archive, which is published
once and not changed. Nobody asks for 90,000 ETags; the SHA-256 of what was first read is kept with the corpus, and other bytes are refused
later. Sizes are asked of ten files, the same on each machine, and their mean stands for all. Snapshots before 2013 are ARC files, which
`common_crawl` reads. Left out: CC-NEWS and other collections, whose files can be named as s3:// or https://.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from pathlib import Path

from curate.bounded import inflated
from curate.errors import CurateError, did_you_mean
from curate.fraction import take
from curate.objectstore import Bucket, Listed

SCHEME = "commoncrawl://"
SNAPSHOT = re.compile(r"(?P<name>CC-MAIN-\d{4}(-\d{4}|-\d{2})?)(/(?P<part>.+))?")
"""Weeks since 2013 (CC-MAIN-2013-20), and the three before: CC-MAIN-2008-2009, CC-MAIN-2009-2010, CC-MAIN-2012."""
HOME = "https://data.commoncrawl.org"
LISTS = ("warc.paths.gz", "arc.paths.gz")
LONGEST = 256 << 20
"""Bytes of a list, inflated; one of 100,000 paths has 14 MB."""


def base() -> str:
    """Where Common Crawl is to be had from this machine: a URL or a folder."""
    return (os.environ.get("CURATE_COMMON_CRAWL") or HOME).rstrip("/")


def mirror(path: str) -> Path | None:
    """The file of the archive in this machine's copy; None where the archive is elsewhere."""
    return None if "://" in base() else Path(base()).expanduser() / path


def find(pattern: str) -> list[Listed]:
    """Files of `commoncrawl://NAME[/PART]`, each with a nominal size and no ETag. CurateError for a snapshot that there is none of."""
    from curate.listings import matches

    match = SNAPSHOT.fullmatch(pattern.removeprefix(SCHEME))
    if match is None:
        raise CurateError(f"{pattern!r} is no snapshot of Common Crawl; write e.g. CC-MAIN-2024-46")
    name, wanted = match["name"], (match["part"] or "**/*").split("/")
    above = f"crawl-data/{name}/"
    paths = [p for p in _paths(name) if matches(p.removeprefix(above).split("/"), wanted)]
    size = _size(paths)
    return [Listed(SCHEME + path, size, "") for path in paths]


def _paths(name: str) -> list[str]:
    for listing in LISTS:
        data = _read(f"crawl-data/{name}/{listing}")
        if data is not None:
            try:
                paths = inflated(data, LONGEST).decode().split()
            except (OSError, EOFError, ValueError, zlib.error):
                paths = []
            if not paths or not all(map(_is_below, paths)):
                raise CurateError(f"{base()}/crawl-data/{name}/{listing} is no list of paths; fetch again")
            return paths
    raise CurateError(f"{base()} has no list of the files of {name}{did_you_mean(name, _known())}")


def _is_below(path: str) -> bool:
    """Whether a path leads to a file below the archive's root."""
    return path.isascii() and path.isprintable() and all(part.strip(".") for part in path.split("/"))


def _known() -> list[str]:
    """Names of all snapshots, where their list is at hand."""
    try:
        return [str(one["id"]) for one in json.loads(_read("collinfo.json") or b"[]")]
    except (ValueError, KeyError, TypeError, CurateError):
        return []


def _read(path: str) -> bytes | None:
    """A small file of the archive; None if there is none."""
    copy = mirror(path)
    if copy is None:
        return Bucket(base()).read(path, LONGEST)
    return copy.read_bytes() if copy.is_file() else None


def _size(paths: list[str]) -> int:
    """Mean size of the ten files that the smallest sample takes; 0 where none of them tells."""
    sizes = []
    for place in take(paths, 1e-9)[0] if paths else ():
        copy = mirror(paths[place])
        if copy is None:
            found = Bucket(base()).look(paths[place])
            sizes += [found.bytes] if found else []
        else:
            sizes += [copy.stat().st_size] if copy.is_file() else []
    return sum(sizes) // max(1, len(sizes))
