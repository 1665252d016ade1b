"""Files that lie elsewhere: a bucket that speaks the S3 protocol, or a web server. The one seam to `obstore`.

Where a bucket is and who may use it say the usual variables: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL. Plain
http is for this machine alone (AWS_ALLOW_HTTP=true for others). Everything that goes wrong on the way is one line. Memory is bounded:
files go and come in parts. Left out: other protocols, and versions of one object (its ETag says that it changed).
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from curate.errors import CurateError
from curate.waiting import result, settle

if TYPE_CHECKING:
    from collections.abc import Sequence

PART = 8 << 20
"""Bytes sent or taken at a time."""
LONGEST_FOOTER = 64 << 20
"""Bytes of a Parquet file's footer; one of a thousand row groups of a hundred columns has about 10 MB."""
PARTS = 2
"""Parts of one file under way at once."""
WAITS = (1.0, 4.0, 15.0, 60.0)
"""Seconds before each further try, after those that obstore makes by itself within a few seconds."""
PASSING = re.compile(r"Error performing|retries|reset|timed out|body|connection|Range request", re.IGNORECASE)
"""What obstore says of errors that may pass."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Away(CurateError):
    """A place that cannot be reached, or that refuses us."""


class Passing(Away):
    """The same, for a reason that may pass."""


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

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        """headers: sent along to a web server. CurateError for a place that is none."""
        self.url = url.rstrip("/")
        try:
            parts = urlsplit(self.url)
        except ValueError as error:
            raise CurateError(f"{nameless(url)!r} is no place for files: {error}") from None
        if "@" in parts.netloc:
            raise CurateError(f"{nameless(url)!r} holds a user name; say who you are by AWS_ACCESS_KEY_ID and the like")
        if parts.scheme not in ("s3", "https", "http") or not parts.netloc or parts.query or parts.fragment:
            raise CurateError(f"{url!r} is no place for files; write s3://bucket/prefix")
        with self._told():
            self._store = _connected(parts.scheme, parts.netloc, unquote(parts.path).strip("/"), headers or {})

    def read(self, name: str, most: int) -> bytes | None:
        """The bytes of a small file; None if there is none. Changed if it has more than `most`."""
        import obstore

        with self._told():
            try:
                found = waited(obstore.get, self._store, name)
            except FileNotFoundError as error:
                self._is_there(error)
                return None
            if found.meta["size"] > most:
                raise Changed(f"has {found.meta['size']:,} bytes, which is too much", where=f"{self.url}/{name}")
            return bytes(waited(found.bytes))

    def create(self, name: str, data: bytes) -> bool:
        """Write a small file unless there is one of this name; whether it was written. One of any number of writers wins."""
        import obstore

        with self._told():
            try:
                waited(obstore.put, self._store, name, data, mode="create")
            except obstore.exceptions.AlreadyExistsError:
                return False
        return True

    def send(self, name: str, path: Path) -> None:
        """Write a file of any size: whole or not at all."""
        import obstore

        with self._told():
            waited(obstore.put, self._store, name, path, chunk_size=PART, max_concurrency=PARTS)

    def delete(self, name: str) -> None:
        """Delete a file; no error if there is none."""
        import obstore

        with self._told(), contextlib.suppress(FileNotFoundError):
            waited(obstore.delete, self._store, name)

    def fetch(
        self,
        name: str,
        path: Path,
        *,
        bytes: int | None = None,
        etag: str = "",
        waits: Sequence[float] = (),
        lasting: bool = False,
    ) -> str:
        """Copy a file to a path and fsync it; its SHA-256. Changed if its size or ETag is not this one, where they are given.

        waits: what may pass (resets, short bodies, 429, 503 SlowDown and their like) is tried again after each of these seconds, and from
        the first of them once bytes came. Away if it stays. lasting: what was copied before, by a process that is gone, is not fetched
        again; a note beside the file says what that was.
        """
        from curate.transfer import Copy

        copy = Copy(path, etag, bytes, lasting)
        left = list(waits)
        with path.open("a+b") as file:
            while not copy.complete:
                before = copy.size
                try:
                    with self._told(), self._found(name):
                        copy.go_on(self._store, name, file)
                except Changed as error:
                    raise Changed(error.message, where=f"{self.url}/{name}") from None
                except Passing as error:
                    left = list(waits) if copy.size > before else left
                    if not left:
                        raise Away(error.message) from None
                    time.sleep(left.pop(0))
            os.fsync(file.fileno())
        return copy.digest.hexdigest()

    def footer(self, name: str, path: Path, etag: str = "") -> bool:
        """Write a file of the same size, in which a Parquet file's footer alone is there.

        Whether it is such a file, comes in parts, and has this ETag.
        """
        import obstore

        for length in (1 << 16, LONGEST_FOOTER):
            with self._told():
                try:
                    found = waited(obstore.get, self._store, name, options={"range": {"suffix": length}})
                    data = bytes(waited(found.bytes))
                except (obstore.exceptions.NotSupportedError, FileNotFoundError):
                    return False
            needed = int.from_bytes(data[-8:-4], "little") + 8
            if data[-4:] != b"PAR1" or etag not in ("", found.meta["e_tag"]):
                return False
            if needed <= len(data):
                with path.open("wb") as file:
                    file.write(b"PAR1")
                    file.seek(found.meta["size"] - len(data))
                    file.write(data)
                return True
        return False

    def look(self, name: str) -> Listed | None:
        """Size and ETag of one file; None if there is none."""
        import obstore

        with self._told():
            try:
                meta = waited(obstore.head, self._store, name)
            except FileNotFoundError as error:
                self._is_there(error)
                return None
        return Listed(name, meta["size"], meta["e_tag"] or "")

    def list(self, folder: str) -> Iterator[Listed]:
        """Every file below a folder."""
        import obstore

        with self._told():
            for some in pieces(obstore.list(self._store, folder or None, chunk_size=1000)):
                yield from (Listed(meta["path"], meta["size"], meta["e_tag"] or "") for meta in some)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Away, in one line, for whatever the network, the server or the credentials do."""
        import obstore

        try:
            yield
        except obstore.exceptions.BaseError as error:
            raise _kind(error)(f"{self.url}: {_line(error)}") from None
        except ValueError as error:
            raise Away(f"{self.url}: {_line(error)}") from None
        except BaseException as error:
            if type(error).__name__ != "PanicException":
                raise
            raise Away(f"{self.url}: {_line(error)}; look at the AWS_ variables") from None

    @contextlib.contextmanager
    def _found(self, name: str) -> Iterator[None]:
        """Changed for a file that is not there."""
        try:
            yield
        except FileNotFoundError as error:
            self._is_there(error)
            raise Changed("is gone") from None

    def _is_there(self, error: Exception) -> None:
        if "NoSuchBucket" in str(error):
            raise Away(f"{self.url}: there is no such bucket") from None


def waited(call: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """What a call to obstore gives, with Ctrl-C heard at once: obstore itself hears nothing until the server answers or its time is up.

    Signals reach the main thread alone, so there the call is made by another one, which Ctrl-C leaves behind: what it was to write may
    still come to be written, as if Ctrl-C had come a little later.
    """
    if threading.current_thread() is not threading.main_thread():
        return call(*args, **options)
    answer: Future[Any] = Future()
    threading.Thread(target=settle, args=(answer, call, *args), kwargs=options, daemon=True).start()
    return result(answer)


def pieces(stream: Iterable[Any]) -> Iterator[Any]:
    """The same for what comes piece by piece."""
    coming, end = iter(stream), object()
    while (piece := waited(next, coming, end)) is not end:
        yield piece


def _kind(error: Exception) -> type[Away]:
    """Passing for what the network or a server does that is overloaded; another try does not change the rest."""
    from obstore.exceptions import GenericError

    passes = isinstance(error, GenericError) and PASSING.search(str(error))
    return Passing if passes else Away


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


def _connected(scheme: str, host: str, prefix: str, headers: dict[str, str]) -> Any:
    from obstore.store import HTTPStore, S3Store

    retry: Any = {"max_retries": 3, "retry_timeout": timedelta(seconds=60)}
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "") if scheme == "s3" else f"{scheme}://{host}"
    options: Any = {"connect_timeout": "5s", "read_timeout": "60s", "timeout": "6h"}
    if headers:
        options["default_headers"] = headers
    if scheme == "http" or (endpoint.startswith("http://") and urlsplit(endpoint).hostname in LOOPBACK):
        options["allow_http"] = True
    if scheme == "s3":
        return S3Store(host, prefix=prefix or None, client_options=options, retry_config=retry)
    return HTTPStore(f"{endpoint}/{prefix}", client_options=options, retry_config=retry)
