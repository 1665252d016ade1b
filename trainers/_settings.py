"""Settings of a trainer, a frozen dataclass, out of a JSON object that a person has written: refused in one line where they are wrong.

Types are those of the dataclass; the rest of what can be said of one setting alone stands in `Rules`. What settings say together is the
trainer's to check. No torch here.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from curate.errors import CurateError
from trainers._elsewhere import named_here, value_here

MOST = 2**63 - 1
"""No number of a setting is larger: Python has larger ones, torch has not."""
_COUNT = re.compile(r"(\d+(?:_\d+)*)(?:\.(\d+))?([kMBT]?)")

T = TypeVar("T")


@dataclass(frozen=True)
class Rules:
    """What the settings of some names must be beyond their type."""

    choices: dict[str, tuple[str, ...]]
    positive: tuple[str, ...]
    tokens: tuple[str, ...] = ()
    """Settings that recipes write as 2M or 130B."""
    below_one: tuple[str, ...] = ()
    at_most_one: tuple[str, ...] = ()

    def names(self) -> set[str]:
        """All settings that a rule is about."""
        return {*self.choices, *self.positive, *self.tokens, *self.below_one, *self.at_most_one}


def said_in(path: Path) -> dict[str, Any]:
    """The object in a file of settings. CurateError in one line for what is none."""
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise CurateError(f"cannot be read as JSON ({' '.join(str(error).split())})", where=str(path)) from error
    if not isinstance(said, dict):
        raise CurateError("is no object of settings, {...}", where=str(path))
    return said


def made(kind: type[T], said: dict[str, Any], where: str, rules: Rules) -> T:
    """Settings as an object of a dataclass. CurateError in one line for what is unknown, missing, of another type or out of range.

    where: what they stand in, for the message.
    """
    fields = {one.name: one for one in dataclasses.fields(kind)}  # type: ignore[arg-type]
    types = typing.get_type_hints(kind)
    said = {name: _count(name, value, where) if name in rules.tokens else value for name, value in said.items()}
    for name, value in said.items():
        if name not in fields:
            raise CurateError(f"no setting {name!r}{named_here(name, fields)}", where=where)
        _refuse_value(name, value, types[name], where, rules)
    for name, one in fields.items():
        if one.default is one.default_factory is dataclasses.MISSING and name not in said:
            raise CurateError(f"{name} is missing", where=where)
    return kind(**said)


def _count(name: str, value: Any, where: str) -> Any:
    """A number for a text such as 130B."""
    if not isinstance(value, str):
        return value
    if len(value) > 40 or not (found := _COUNT.fullmatch(value)):
        raise CurateError(f"{name} is {value[:40]!r}, and must be a number of tokens such as 2M or 130B", where=where)
    whole, part, unit = found[1].replace("_", ""), found[2] or "", found[3]
    digits = 3 * ("kMBT".index(unit) + 1) if unit else 0
    if len(part.rstrip("0")) > digits:
        raise CurateError(f"{name} is {value!r}, which is no whole number of tokens", where=where)
    return int(whole + part[:digits].ljust(digits, "0"))


def _refuse_value(name: str, value: Any, wanted: Any, where: str, rules: Rules) -> None:
    kinds = [typing.get_origin(kind) or kind for kind in (_options(wanted))]
    fits = type(value) in kinds or (type(value) is int and float in kinds)
    if not fits or (isinstance(value, float) and not math.isfinite(value)):
        names = " or ".join("null" if kind is type(None) else kind.__name__ for kind in kinds)
        raise CurateError(f"{name} is {value!r}, and must be {names}", where=where)
    for one in value if isinstance(value, list) else [value]:
        if name in rules.choices and one not in rules.choices[name] and one is not None:
            allowed = f"must be one of {', '.join(rules.choices[name])}{value_here(name, one)}"
            raise CurateError(f"{name} is {one!r}, and {allowed}", where=where)
    if type(value) in (int, float):
        _refuse_number(name, value, where, rules)
    if isinstance(value, str):
        _refuse_text(name, value, where)


def _refuse_number(name: str, value: float, where: str, rules: Rules) -> None:
    if value < 0 or (name in rules.positive and value == 0):
        least = "more than 0" if name in rules.positive else "0 or more"
        raise CurateError(f"{name} is {value}, and must be {least}", where=where)
    above = (name in rules.below_one and value >= 1) or (name in rules.at_most_one and value > 1)
    if value > MOST or above:
        shown = f"{value}" if value <= MOST else "more than 2^63"
        most = "below 1" if name in rules.below_one else "1 or less" if name in rules.at_most_one else "less"
        raise CurateError(f"{name} is {shown}, and must be {most}", where=where)


def _refuse_text(name: str, value: str, where: str) -> None:
    """CurateError for what no path and no name can be: a zero byte, or half of a character."""
    try:
        fits = b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        fits = False
    if not fits or (name == "out" and not value):
        raise CurateError(f"{name} is {value[:80]!r}, which no file can be called", where=where)


def _options(wanted: Any) -> tuple[Any, ...]:
    """The types of a union, or the one type."""
    plain = typing.get_origin(wanted) in (list, dict)
    return (wanted,) if plain else typing.get_args(wanted) or (wanted,)
