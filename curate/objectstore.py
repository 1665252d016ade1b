"""Files that lie elsewhere: a bucket that speaks the S3 protocol, or a web server. The one seam to `obstore`.

Where a bucket is and who may use it say the usual variables: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL. Plain
http is for this machine alone (AWS_ALLOW_HTTP=true for others). Everything that goes wrong on the way is one line. Memory is bounded:
files go and come in parts. Left out: other protocols, and versions of one object (its ETag says that it changed).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from curate.errors import CurateError

PART = 8 << 20
"""Bytes sent or taken at a time."""
PARTS = 2
"""Parts of one file under way at once."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Away(CurateError):
    """A place that cannot be reached, or that refuses us."""


class Changed(CurateError):
    """A remote file is not the one that was listed."""


@dataclass(frozen=True)
class Listed:
    """One remote file as a listing has it."""

    name: str
    bytes: int
    etag: str


class Bucket:
    """Files under one place such as `s3://bucket/prefix` or `https://host/folder`."""

    def __init__(self, url: str) -> None:
        """CurateError for a place that is none."""
        self.url = url.rstrip("/")
        parts = urlsplit(self.url)
        if "@" in parts.netloc:
            raise CurateError(f"{nameless(url)!r} holds a user name; say who you are by AWS_ACCESS_KEY_ID and the like")
        if parts.scheme not in ("s3", "https", "http") or not parts.netloc or parts.query or parts.fragment:
            raise CurateError(f"{url!r} is no place for files; write s3://bucket/prefix")
        with self._told():
            self._store = _connected(parts.scheme, parts.netloc, unquote(parts.path).strip("/"))

    def read(self, name: str, most: int) -> bytes | None:
        """The bytes of a small file; None if there is none. Changed if it has more than `most`."""
        import obstore

        with self._told():
            try:
                found = obstore.get(self._store, name)
            except FileNotFoundError as error:
                self._is_there(error)
                return None
            if found.meta["size"] > most:
                raise Changed(f"has {found.meta['size']:,} bytes, which is too much", where=f"{self.url}/{name}")
            return bytes(found.bytes())

    def create(self, name: str, data: bytes) -> bool:
        """Write a small file unless there is one of this name; whether it was written. One of any number of writers wins."""
        import obstore

        with self._told():
            try:
                obstore.put(self._store, name, data, mode="create")
            except obstore.exceptions.AlreadyExistsError:
                return False
        return True

    def send(self, name: str, path: Path) -> None:
        """Write a file of any size: whole or not at all."""
        import obstore

        with self._told():
            obstore.put(self._store, name, path, chunk_size=PART, max_concurrency=PARTS)

    def fetch(self, name: str, path: Path, *, bytes: int, etag: str = "") -> str:
        """Copy a file to a path and fsync it; its SHA-256. Changed if its size or ETag is not this one."""
        import obstore

        digest, size = hashlib.sha256(), 0
        with self._told(), path.open("wb") as file:
            try:
                found = obstore.get(self._store, name)
            except FileNotFoundError as error:
                self._is_there(error)
                raise Changed("is gone", where=f"{self.url}/{name}") from None
            meta = found.meta
            if etag and meta["e_tag"] != etag:
                raise Changed("is not the file that was listed", where=f"{self.url}/{name}")
            if meta["size"] != bytes:
                raise Changed(f"has {meta['size']:,} bytes, not {bytes:,}", where=f"{self.url}/{name}")
            for part in found.stream(PART):
                file.write(part)
                digest.update(part)
                size += len(part)
            file.flush()
            os.fsync(file.fileno())
        if size != bytes:
            raise Changed(f"ended after {size:,} of {bytes:,} bytes", where=f"{self.url}/{name}")
        return digest.hexdigest()

    def look(self, name: str) -> Listed | None:
        """Size and ETag of one file; None if there is none."""
        import obstore

        with self._told():
            try:
                meta = obstore.head(self._store, name)
            except FileNotFoundError as error:
                self._is_there(error)
                return None
        return Listed(name, meta["size"], meta["e_tag"] or "")

    def list(self, folder: str) -> Iterator[Listed]:
        """Every file below a folder."""
        import obstore

        with self._told():
            for some in obstore.list(self._store, folder or None, chunk_size=1000):
                yield from (Listed(meta["path"], meta["size"], meta["e_tag"] or "") for meta in some)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Away, in one line, for whatever the network, the server or the credentials do."""
        import obstore

        try:
            yield
        except obstore.exceptions.BaseError as error:
            raise Away(f"{self.url}: {_line(error)}") from None
        except BaseException as error:
            if type(error).__name__ != "PanicException":
                raise
            raise Away(f"{self.url}: {_line(error)}; look at the AWS_ variables") from None

    def _is_there(self, error: Exception) -> None:
        if "NoSuchBucket" in str(error):
            raise Away(f"{self.url}: there is no such bucket") from None


def nameless(text: str) -> str:
    """Text without the user names and passwords of the addresses in it."""
    return re.sub(r"(\w://)[^/\s]*@", r"\1...@", text)


def _line(error: BaseException) -> str:
    """What obstore says, without what it says for its own developers, and without passwords."""
    said = nameless(str(error)).partition("\n\nDebug source:")[0]
    if "<Code>" in said:
        code = said.partition("<Code>")[2].partition("</Code>")[0]
        return "there is no such bucket" if code == "NoSuchBucket" else code
    return " ".join(said.split())[:300]


def _connected(scheme: str, host: str, prefix: str) -> Any:
    from obstore.store import HTTPStore, S3Store

    retry: Any = {"max_retries": 3, "retry_timeout": timedelta(seconds=60)}
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "") if scheme == "s3" else f"{scheme}://{host}"
    options: Any = {"connect_timeout": "5s", "read_timeout": "60s", "timeout": "6h"}
    if scheme == "http" or (endpoint.startswith("http://") and urlsplit(endpoint).hostname in LOOPBACK):
        options["allow_http"] = True
    if scheme == "s3":
        return S3Store(host, prefix=prefix or None, client_options=options, retry_config=retry)
    return HTTPStore(f"{endpoint}/{prefix}", client_options=options, retry_config=retry)
