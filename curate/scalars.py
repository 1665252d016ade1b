"""Numbers as recipes write them: `2M`, `70B`, `2_000_000`, `20GB`, `100%`. Types for pydantic fields and step parameters alike.

Suffixes count in powers of 1000; only `KiB MiB GiB TiB` count in powers of 1024. Decimal arithmetic, so `0.1M` is exactly 100,000.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

_NUMBER = re.compile(r"([0-9][0-9_]{0,30}(?:\.[0-9]{1,30})?) ?([A-Za-z]{0,3})")
_COUNTS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
_BYTES = {"": 1, "B": 1} | {
    f"{letter}{ending}": base**power
    for power, letter in enumerate("KMGT", start=1)
    for ending, base in (("B", 1000), ("iB", 1024))
}
_BYTES["kB"] = 1000


def count(value: object) -> int:
    """A whole number from 0 on, also `2M`, `1.5B`, `500_000`. ValueError says what to write."""
    return _whole(value, _COUNTS, "a whole number such as 500_000, 2M or 70B")


def size(value: object) -> int:
    """A number of bytes, also `20GB`, `512MiB`. ValueError says what to write."""
    return _whole(value, _BYTES, "a size such as 20GB or 512MiB")


def share(value: object) -> float:
    """A part of a whole in [0, 1], also `100%`, `0.1%`. ValueError says what to write."""
    text = value.removesuffix("%").rstrip() if isinstance(value, str) else ""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,30}(\.[0-9]{1,30})?", text):
        part = float(Decimal(text) / 100 if value.endswith("%") else Decimal(text))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        part = float(value)
    else:
        raise ValueError(f"must be a share such as 55% or 0.55, not {value!r:.40}")
    if not (math.isfinite(part) and 0 <= part <= 1):
        raise ValueError(f"must be a share between 0% and 100%, not {value!r:.40}")
    return part


def _whole(value: object, units: dict[str, int], wanted: str) -> int:
    wrong = ValueError(f"must be {wanted}, not {value!r:.40}")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise wrong
    if isinstance(value, str):
        parts = _NUMBER.fullmatch(value)
        if parts is None or parts[2] not in units:
            raise wrong
        number = Decimal(parts[1].replace("_", "")) * units[parts[2]]
    else:
        number = Decimal(value)
    if not number.is_finite() or number < 0 or number != number.to_integral_value() or number >= 2**63:
        raise wrong
    return int(number)


def _written(*kinds: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": list(kinds)})


Count = Annotated[
    int,
    BeforeValidator(count),
    _written({"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^[0-9][0-9_.]*[kKMBT]?$"}),
]
"""A whole number from 0 on; takes `2M`."""
Bytes = Annotated[
    int,
    BeforeValidator(size),
    _written({"type": "integer", "minimum": 0}, {"type": "string", "pattern": r"^[0-9][0-9_.]* ?([kKMGT]i?)?B?$"}),
]
"""A number of bytes; takes `20GB`."""
Share = Annotated[
    float,
    BeforeValidator(share),
    _written({"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": r"^[0-9.]+%$"}),
]
"""A part of a whole in [0, 1]; takes `55%`."""
