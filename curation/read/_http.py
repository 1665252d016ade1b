"""From the bytes of an HTTP body to text: transfer and content encodings, then the character set.

Crawls mislabel all three, so nothing declared is trusted: a body that is not what its header says is taken as it is. Python's zlib does
the inflating because it can be stopped at a size and keeps what a damaged stream began with.

The character set: bytes that are valid UTF-8 are UTF-8, whatever a header says (a strict decoder at 2 GB/s, and next to no false
positives). Only others are looked at closely (`_charset.py`).
"""

from __future__ import annotations

import re
import zlib

from curation.read import _charset


def decode_body(body: bytes, transfer: str | None, content: str | None, limit: int) -> bytes:
    """The body without its encodings. ValueError if it grows beyond `limit` bytes."""
    if transfer and "chunked" in transfer.lower():
        body = _unchunk(body)
    for name in reversed((content or "").lower().replace(" ", "").split(",")):
        body = _inflate(body, name, limit)
    return body


def _unchunk(body: bytes) -> bytes:
    """Join the chunks; a body that has none is returned as it is, and a torn last chunk is kept."""
    parts: list[bytes] = []
    at = 0
    while at < len(body):
        end = body.find(b"\r\n", at, at + 1024)
        size = _hex(body[at:end].split(b";")[0]) if end >= 0 else None
        if size is None:
            return body if not parts else b"".join([*parts, body[at:]])
        if size == 0:
            break
        parts.append(body[end + 2 : end + 2 + size])
        at = end + 2 + size + 2
    return b"".join(parts)


def _hex(digits: bytes) -> int | None:
    digits = digits.strip()
    return int(digits, 16) if re.fullmatch(rb"[0-9a-fA-F]{1,8}", digits) else None


def _inflate(body: bytes, name: str, limit: int) -> bytes:
    if name in ("gzip", "x-gzip", "deflate"):
        return _zlib(body, (47,) if body[:2] == b"\x1f\x8b" else (15, -15), limit)
    if name in ("br", "zstd"):
        return _stream(body, name, limit)
    return body


def _zlib(body: bytes, windows: tuple[int, ...], limit: int) -> bytes:
    for bits in windows:
        try:
            out = zlib.decompressobj(bits).decompress(body, limit + 1)
        except zlib.error:
            continue
        return _within(out, limit) or body
    return body


def _stream(body: bytes, name: str, limit: int) -> bytes:
    import io

    from fastwarc.stream_io import BrotliReader, ZstdReader

    reader = (BrotliReader if name == "br" else ZstdReader)(io.BytesIO(body))
    try:
        out = reader.read(limit + 1)
    except (OSError, ValueError):
        return body
    return _within(out, limit) or body


def _within(out: bytes, limit: int) -> bytes:
    if len(out) > limit:
        raise ValueError(f"a body that inflates beyond the limit of {limit:,} bytes")
    return out


def decode_text(body: bytes, charset: str | None) -> str:
    """The body as text. `charset` is what the HTTP header says. Undecodable bytes become U+FFFD."""
    marked = _charset.by_marks(body)
    if marked:
        return body.decode(marked, "replace").removeprefix("\ufeff")
    text = _utf8(body)
    if text is not None:
        return text
    said = META.search(body[:4096].lower())
    return body.decode(
        _charset.of(body, [name for name in (charset, said and said[1].decode("ascii")) if name]), "replace"
    )


META = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([a-z0-9_:.-]+)""")
"""In small letters: ignoring case takes twice as long, lowering included."""


def _utf8(body: bytes) -> str | None:
    """The text of valid UTF-8, or UTF-8 that a crawler cut within a character, or in which nine of ten non-ASCII characters are whole."""
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        text = body.decode("utf-8", "replace")
        if error.reason == "unexpected end of data":
            return text
    ascii_characters = len(body) - _charset.high_bytes(body)  # as many as bytes: none of them is replaced
    return text if text.count("\ufffd") * 10 <= len(text) - ascii_characters else None
