"""WARC 1.0 records as bytes: warcinfo, request, response, metadata, one gzip member each.

Everything that a crawler would take from its surroundings (clock, host, random ids) is given by the caller or derived from what is given.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from curation.gzip import member

AGENT = "octocurate-embedded/1 (seeded miniature crawl; every site in it is made up)"


@dataclass(frozen=True)
class Capture:
    """One fetch of one page."""

    url: str
    date: str
    """ISO 8601, seconds, UTC."""
    http_date: str
    address: str
    headers: str
    """Response header lines after the status line, each ended by CRLF; content type and length included."""
    body: bytes
    metadata: str
    """Lines of the metadata record, each ended by CRLF."""


def record_id(*key: int | str) -> str:
    """A stable UUID for a record."""
    digits = hashlib.blake2b(repr(key).encode(), digest_size=16).hexdigest()
    return f"<urn:uuid:{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}>"


_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]


def sha1(data: bytes) -> str:
    """`sha1:` and the digest in base 32, two digits at a time: `base64.b32encode` is slow enough to show."""
    number = int.from_bytes(hashlib.sha1(data, usedforsecurity=False).digest())
    return "sha1:" + "".join([_PAIRS[number >> shift & 1023] for shift in range(150, -1, -10)])


def _record(headers: str, block: bytes) -> bytes:
    head = f"WARC/1.0\r\n{headers}Content-Length: {len(block)}\r\n\r\n".encode()
    return member(b"%b%b\r\n\r\n" % (head, block))


def warcinfo(filename: str, date: str, dump: str) -> tuple[bytes, str]:
    """The record that opens a file, and its id."""
    name = record_id("warcinfo", filename)
    block = (
        f"isPartOf: {dump}\r\npublisher: Octocurate\r\nsoftware: {AGENT}\r\nformat: WARC File Format 1.0\r\n"
        "description: A seeded miniature crawl of made-up sites, for tests and for trying recipes without a network\r\n"
    ).encode()
    headers = (
        f"WARC-Type: warcinfo\r\nWARC-Date: {date}\r\nWARC-Record-ID: {name}\r\nContent-Type: "
        f"application/warc-fields\r\nWARC-Filename: {filename}\r\n"
    )
    return _record(headers, block), name


def exchange(capture: Capture, info: str, *key: int | str) -> bytes:
    """The request, response and metadata records of one capture."""
    host, _, path = capture.url.partition("://")[2].partition("/")
    ids = [record_id(*key, kind) for kind in ("request", "response", "metadata")]
    shared = f"WARC-Date: {capture.date}\r\nWARC-Warcinfo-ID: {info}\r\nWARC-Target-URI: {capture.url}\r\n"
    asked = (
        f"GET /{path} HTTP/1.1\r\nUser-Agent: {AGENT}\r\nAccept: "
        f"text/html,application/xhtml+xml;q=0.9,*/*;q=0.5\r\nHost: {host}\r\nConnection: Keep-Alive\r\n\r\n"
    ).encode()
    answered = f"HTTP/1.1 200 OK\r\nDate: {capture.http_date}\r\n{capture.headers}\r\n".encode() + capture.body
    request = (
        f"WARC-Type: request\r\nWARC-Record-ID: {ids[0]}\r\n{shared}WARC-Concurrent-To: "
        f"{ids[1]}\r\nWARC-IP-Address: {capture.address}\r\n"
        f"Content-Type: application/http; msgtype=request\r\n"
    )
    response = (
        f"WARC-Type: response\r\nWARC-Record-ID: {ids[1]}\r\n{shared}WARC-Concurrent-To: "
        f"{ids[0]}\r\nWARC-IP-Address: {capture.address}\r\n"
        f"WARC-Payload-Digest: {sha1(capture.body)}\r\nWARC-Block-Digest: "
        f"{sha1(answered)}\r\nWARC-Identified-Payload-Type: text/html\r\n"
        f"Content-Type: application/http; msgtype=response\r\n"
    )
    metadata = (
        f"WARC-Type: metadata\r\nWARC-Record-ID: {ids[2]}\r\n{shared}WARC-Refers-To: "
        f"{ids[1]}\r\nContent-Type: application/warc-fields\r\n"
    )
    return _record(request, asked) + _record(response, answered) + _record(metadata, capture.metadata.encode())
