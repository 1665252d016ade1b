"""Identity is content: canonical JSON and digests.

Nothing that fingerprints may be unstable: NaN, infinities, sets, and objects that JSON does not know are refused instead of being turned
into strings. The kernel itself (`curate/`) is not digested: it has one number, `FORMAT`, raised by hand when it changes what a build gives.
What a step's code is, `curate/code.py` says.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

FORMAT = 1
"""Raised by hand whenever the kernel changes the bytes or the meaning of an artifact."""
KEY_HEX = 32
"""Hexadecimal digits of a key: 128 bits of SHA-256."""


def canonical(value: Any) -> bytes:
    """The one JSON text of a value: sorted keys, no white space, UTF-8. TypeError or ValueError for what JSON cannot say exactly."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(value: Any) -> str:
    """128 bits of the SHA-256 of the canonical JSON, in hexadecimal."""
    return canonical_sha256(value)[:KEY_HEX]


def canonical_sha256(value: Any) -> str:
    """The SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
