"""Which files a remote pattern means, as `curate fetch` found and pinned them: `listings/<digest of the pattern>.json` in the store.

A listing holds where each file is, its size and its ETag. What identity sees of a file is a mark made of size and ETag alone, so that the
same files at another place are the same input; of a file of the hub its SHA-256, which the hub tells (`curate/hub.py`), and of one of
Common Crawl its path there (`curate/crawls.py`). Left out: versions of one object, and servers that send no ETag for a file.
"""

from __future__ import annotations

import contextlib
import fnmatch
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from curate import crawls, hub
from curate.artifact import replace_file
from curate.errors import CurateError
from curate.identity import digest
from curate.objectstore import Bucket, Listed, nameless
from curate.sources import Source

if TYPE_CHECKING:
    from curate.store import Store

KINDS = ("s3", "https", "http")
HUB = "hf://"
WILD = "*?["


def address(pattern: str, revision: str | None = None) -> str:
    """A pattern as listings know it: a snapshot of Common Crawl, and a data set whose revision stands beside it, by their addresses."""
    if crawls.SNAPSHOT.fullmatch(pattern):
        return crawls.SCHEME + pattern
    whole = re.match(rf"{HUB}datasets/{hub.NAME}(?=/)", pattern)
    return f"{whole[0]}@{revision}{pattern[whole.end() :]}" if whole and revision else pattern


def listed(pattern: str, store: Store, where: str = "") -> list[Source]:
    """The pinned files of a remote pattern. CurateError before it was listed."""
    check(pattern, where)
    try:
        files = json.loads(_path(pattern, store).read_text("utf-8"))["files"]
        return [_source(f["uri"], f["bytes"], f["etag"]) for f in files]
    except FileNotFoundError:
        said = pattern.removeprefix(crawls.SCHEME)
        raise CurateError(f"{said} is not listed yet; run curate fetch on this recipe", where=where) from None
    except (ValueError, KeyError, TypeError):
        raise CurateError(
            f"the listing of {pattern} is damaged; run curate fetch on this recipe", where=where
        ) from None


def unlisted(patterns: list[str], store: Store, where: str = "") -> tuple[list[Source], str]:
    """What stands for remote patterns that were not listed yet, and what to do; nothing where all were. CurateError for one of no kind."""
    away = [pattern for pattern in patterns if "://" in pattern and not _path(pattern, store).is_file()]
    for pattern in away:
        check(pattern, where)
    if not away:
        return [], ""
    names = away[0].removeprefix(crawls.SCHEME) + (f" and {len(away) - 1:,} more" if len(away) > 1 else "")
    said = f"{names} {'are' if len(away) > 1 else 'is'} not listed yet; run curate fetch on this recipe"
    return [Source(pattern, f"unlisted-{digest(pattern)}", 0) for pattern in away], said


def _source(uri: str, size: int, etag: str) -> Source:
    """A listed file; its ETag where its server will say the same again."""
    if uri.startswith(crawls.SCHEME):
        return Source(uri, f"listed-{digest(['commoncrawl', uri.removeprefix(crawls.SCHEME)])}", size)
    if uri.startswith(HUB):
        return Source(uri, etag if re.fullmatch("[0-9a-f]{64}", etag) else mark(size, etag), size)
    return Source(uri, mark(size, etag), size, etag)


def mark(size: int, etag: str) -> str:
    """What stands for the digest of a file whose bytes were not read yet."""
    return f"listed-{digest([size, etag])}"


def check(pattern: str, where: str = "") -> None:
    """CurateError for a pattern that is of no known kind."""
    if pattern.startswith(crawls.SCHEME):
        return
    if pattern.startswith(HUB):
        with _at(where):
            hub.parts_of(pattern)
        return
    kind, _, rest = pattern.partition("://")
    host, _, path = rest.partition("/")
    if "@" in host:  # it would stand in listings, locks and data cards
        raise CurateError(
            f"{nameless(pattern)!r} holds a user name; recipes and locks are read by everybody", where=where
        )
    if kind not in KINDS:
        known = "s3://BUCKET/PATH, https://HOST/PATH or hf://datasets/ORG/NAME@COMMIT/PATH"
        raise CurateError(f"{pattern!r}: files come by path, {known}", where=where)
    if not host or not path or path.endswith("/"):
        raise CurateError(f"{pattern!r} names no file; write e.g. s3://bucket/pages/*.warc.gz", where=where)
    if kind != "s3" and any(c in rest for c in (*WILD, "#")):
        raise CurateError(f"{pattern!r}: a web server lists no files; name each of them", where=where)
    if kind == "s3" and any(c in host for c in WILD):
        raise CurateError(f"{pattern!r}: a bucket is named in full", where=where)


def fetch(pattern: str, store: Store, where: str = "") -> dict[str, Any]:
    """List a pattern anew and pin what is there: files, bytes, and how many files are `new`, `gone` or `changed` since it was last listed.

    CurateError if it matches nothing, or a file has no ETag.
    """
    check(pattern, where)
    with _at(where):
        found = sorted(_find(pattern), key=lambda file: file.name)
    if not found:
        raise CurateError(f"no file matches {pattern.removeprefix(crawls.SCHEME)!r}", where=where)
    for file in found:
        if not file.etag and not file.name.startswith(crawls.SCHEME):
            raise CurateError(
                f"{file.name}: the server sends no ETag, so a change would go unseen; copy the file", where=where
            )
    before = {f["uri"]: f for f in _before(pattern, store)}
    files = [{"uri": file.name, "bytes": file.bytes, "etag": file.etag} for file in found]
    now = {str(f["uri"]): f for f in files}
    if before != now:
        path = _path(pattern, store)
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, json.dumps({"pattern": pattern, "files": files}, indent=1).encode())
    return {
        "pattern": pattern.removeprefix(crawls.SCHEME),
        "files": len(files),
        "bytes": sum(file.bytes for file in found),
        "new": len(now.keys() - before.keys()),
        "gone": len(before.keys() - now.keys()),
        "changed": sum(before[uri] != now[uri] for uri in before.keys() & now.keys()),
    }


@contextlib.contextmanager
def _at(where: str) -> Iterator[None]:
    """Say where a pattern stands of which something is said."""
    try:
        yield
    except CurateError as error:
        raise type(error)(error.message, where=error.where or where) from None


def here(uri: str) -> Path | None:
    """The path of a file of an archive that this machine has a copy of; None for what has to be fetched."""
    return crawls.mirror(uri.removeprefix(crawls.SCHEME)) if uri.startswith(crawls.SCHEME) else None


def place_of(uri: str) -> tuple[Bucket, str]:
    """The bucket or server of a file, and its name there."""
    if uri.startswith(HUB):
        return hub.place_of(uri)
    if uri.startswith(crawls.SCHEME):
        return Bucket(crawls.base()), uri.removeprefix(crawls.SCHEME)
    kind, _, rest = uri.partition("://")
    host, _, path = rest.partition("/")
    return Bucket(f"{kind}://{host}"), path if kind == "s3" else unquote(path)


def _find(pattern: str) -> list[Listed]:
    """Files of a pattern, each named by where it is."""
    if pattern.startswith(HUB):
        return hub.find(pattern)
    if pattern.startswith(crawls.SCHEME):
        return crawls.find(pattern)
    bucket, path = place_of(pattern)
    parts = path.split("/")
    fixed = next((i for i, part in enumerate(parts) if any(c in part for c in WILD)), None)
    if fixed is None or not pattern.startswith("s3:"):
        one = bucket.look(path)
        return [Listed(pattern, one.bytes, one.etag)] if one else []
    matching = (file for file in bucket.list("/".join(parts[:fixed])) if matches(file.name.split("/"), parts))
    return [Listed(f"{bucket.url}/{file.name}", file.bytes, file.etag) for file in matching]


def matches(name: list[str], pattern: list[str]) -> bool:
    """Part by part, so that * does not go into folders; ** stands for any number of them. Takes parts of one times parts of the other."""
    reached = {0}
    """How many parts of the name the pattern so far can be of."""
    for wanted in pattern:
        if wanted == "**":
            reached = {*range(min(reached), len(name))} if reached else reached
        else:
            reached = {at + 1 for at in reached if at < len(name) and fnmatch.fnmatchcase(name[at], wanted)}
    return len(name) in reached


def _before(pattern: str, store: Store) -> list[dict[str, Any]]:
    try:
        return list(json.loads(_path(pattern, store).read_text("utf-8"))["files"])
    except (OSError, ValueError, KeyError):
        return []


def _path(pattern: str, store: Store) -> Path:
    return store.root / "listings" / f"{digest(pattern)}.json"
