"""Values inside a clause: each knows its kind, its canonical text, its polars expression and its DuckDB SQL.

The four stand side by side because they must say the same thing. The meaning is that of SQL with three values, and:

    numbers   + - * / and abs compute in 64-bit floats, so nothing overflows; x / 0 is NULL; integers that are only compared are
              compared exactly
    floats    -0 = 0, NaN = NaN, and NaN is the largest number (here polars and DuckDB agree by themselves)
    text      is compared by code point; `length` counts code points

The engines differ on two things only: 32-bit floats beside large integers, and a `coalesce` of UInt64 with signed integers. `agree` refuses
them and says what to write. Left out: dates, lists, NULL as a literal, and every function but abs, coalesce and length.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from curate.errors import CurateError, did_you_mean

Schema = Mapping[str, pl.DataType] | None
Kind = Literal["unknown", "boolean", "text", "small integer", "integer", "unsigned integer", "float32", "float"]
NUMBERS: tuple[Kind, ...] = ("small integer", "integer", "unsigned integer", "float32", "float")
LARGE = NUMBERS[1:3]
DTYPES: dict[type[pl.DataType], Kind] = {
    **dict.fromkeys((pl.Int8, pl.Int16, pl.UInt8, pl.UInt16), "small integer"),
    **dict.fromkeys((pl.Int32, pl.UInt32, pl.Int64), "integer"),
    pl.UInt64: "unsigned integer",
    pl.Float32: "float32",
    pl.Float64: "float",
    pl.String: "text",
    pl.Boolean: "boolean",
}
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
KEYWORDS = frozenset({"and", "or", "not", "in", "between", "like", "is", "null", "true", "false"})
FUNCTIONS = ("abs", "coalesce", "length")
OR, AND, NOT, COMPARISON, SUM, PRODUCT, SIGN, ATOM = range(1, 9)
"""How tightly a construct binds. Canonical text has parentheses only where this asks for them."""


@dataclass(frozen=True)
class Node:
    """Any part of a clause."""

    @property
    def parts(self) -> tuple[Node, ...]:
        return ()

    @property
    def binds(self) -> int:
        return ATOM

    def walk(self) -> Iterator[Node]:
        yield self
        for part in self.parts:
            yield from part.walk()

    def inside(self, binds: int) -> str:
        """Canonical text as an operand of something that binds this tightly."""
        return self.canonical() if self.binds >= binds else f"({self.canonical()})"

    def kind(self, schema: Schema) -> Kind:
        """What it is, `unknown` where that hangs on a column and there is no schema. CurateError if it is ill-typed."""
        raise NotImplementedError

    def canonical(self) -> str:
        raise NotImplementedError

    def polars(self) -> pl.Expr:
        raise NotImplementedError

    def sql(self) -> str:
        raise NotImplementedError


def spoken(kind: Kind) -> str:
    """A kind as errors call it: all numbers are one to a person."""
    return "a number" if kind in NUMBERS else "true or false" if kind == "boolean" else kind


def agree(left: tuple[Node, Kind], right: tuple[Node, Kind], *, signs: bool = True) -> None:
    """CurateError if two values cannot stand side by side, or if the engines would take them differently there."""
    kinds = {left[1], right[1]}
    if len(kinds) == 1 or "unknown" in kinds:
        return
    one, other = (node.canonical() for node, _ in (left, right))
    if spoken(left[1]) != spoken(right[1]):
        sides = f"{one} is {spoken(left[1])} and {other} is {spoken(right[1])}"
        raise CurateError(f"{sides}; compare like with like (text stands in 'single quotes')")
    if ("float32" in kinds and kinds & set(LARGE)) or (not signs and kinds == set(LARGE)):
        value = one if left[1] in ("float32", "unsigned integer") else other
        raise CurateError(f"{one} and {other} are numbers of types that do not mix exactly; write {value} + 0")


def want(node: Node, schema: Schema, wanted: str, by: str) -> None:
    """CurateError unless the operand is (or may be) what an operator takes."""
    kind = node.kind(schema)
    if kind != "unknown" and spoken(kind) != wanted:
        raise CurateError(f"{by} takes {wanted}, and {node.canonical()} is {spoken(kind)}; compare or convert it first")


@dataclass(frozen=True)
class Column(Node):
    """A column by its exact name."""

    name: str

    def kind(self, schema: Schema) -> Kind:
        if schema is None:
            return "unknown"
        if self.name not in schema:
            raise CurateError(f"no column {self.name!r}{did_you_mean(self.name, schema) or '; score it first'}")
        twins = [name for name in schema if name != self.name and name.casefold() == self.name.casefold()]
        if twins:  # SQL does not tell them apart
            raise CurateError(f"columns {self.name!r} and {twins[0]!r} differ only in case; rename one with `columns:`")
        dtype = schema[self.name]
        kind = DTYPES.get(dtype.base_type())
        if kind is None:
            raise CurateError(f"column {self.name!r} is a {dtype}; a clause takes numbers, text and true or false")
        return kind

    def canonical(self) -> str:
        return self.name if WORD.fullmatch(self.name) and self.name.lower() not in KEYWORDS else self.sql()

    def polars(self) -> pl.Expr:
        return pl.col(self.name)

    def sql(self) -> str:
        return '"' + self.name.replace('"', '""') + '"'


@dataclass(frozen=True)
class Value(Node):
    """A literal."""

    value: bool | int | float | str

    def kind(self, schema: Schema) -> Kind:
        if isinstance(self.value, bool | str):
            return "text" if isinstance(self.value, str) else "boolean"
        if isinstance(self.value, float):
            return "float"
        return "small integer" if abs(self.value) <= 2**24 else "integer"  # exact as a 32-bit float or not

    def canonical(self) -> str:
        if isinstance(self.value, str):
            return "'" + self.value.replace("'", "''") + "'"
        return str(self.value).lower() if isinstance(self.value, bool) else repr(self.value)

    def polars(self) -> pl.Expr:
        if isinstance(self.value, bool | str):
            return pl.lit(self.value)
        return pl.lit(self.value, dtype=pl.Float64 if isinstance(self.value, float) else pl.Int64)

    def sql(self) -> str:
        text = self.canonical()
        if isinstance(self.value, float) and "e" not in text:
            text += "e0"  # 0.65 alone is a DECIMAL to DuckDB
        return text if isinstance(self.value, str) or text[0] != "-" else f"({text})"


@dataclass(frozen=True)
class Arithmetic(Node):
    """`a + b`; with one operand `-a` or `abs(a)`. Always a 64-bit float."""

    operator: str
    operands: tuple[Node, ...]

    @property
    def parts(self) -> tuple[Node, ...]:
        return self.operands

    @property
    def binds(self) -> int:
        if len(self.operands) == 1:
            return ATOM if self.operator == "abs" else SIGN
        return SUM if self.operator in "+-" else PRODUCT

    def kind(self, schema: Schema) -> Kind:
        for operand in self.operands:
            want(operand, schema, "a number", self.operator)
        return "float"

    def canonical(self) -> str:
        if self.operator == "abs":
            return f"abs({self.operands[0].canonical()})"
        if len(self.operands) == 1:
            text = self.operands[0].inside(SIGN)
            return f"-({text})" if text.startswith("-") else f"-{text}"
        left, right = self.operands
        return f"{left.inside(self.binds)} {self.operator} {right.inside(self.binds + 1)}"

    def polars(self) -> pl.Expr:
        a, *rest = [
            operand.polars().cast(pl.Float64) for operand in self.operands
        ]  # each once, or depth would double it
        if not rest:
            return a.abs() if self.operator == "abs" else -a
        (b,) = rest
        if self.operator == "/":
            return a / b.replace(0.0, None)
        return a + b if self.operator == "+" else a - b if self.operator == "-" else a * b

    def sql(self) -> str:
        a, *rest = [f"CAST({operand.sql()} AS DOUBLE)" for operand in self.operands]
        if not rest:
            return f"abs({a})" if self.operator == "abs" else f"(-{a})"
        return f"({a} / nullif({rest[0]}, 0e0))" if self.operator == "/" else f"({a} {self.operator} {rest[0]})"


@dataclass(frozen=True)
class Length(Node):
    """Number of code points of a text."""

    operand: Node

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.operand,)

    def kind(self, schema: Schema) -> Kind:
        want(self.operand, schema, "text", "length")
        return "integer"

    def canonical(self) -> str:
        return f"length({self.operand.canonical()})"

    def polars(self) -> pl.Expr:
        return self.operand.polars().str.len_chars().cast(pl.Int64)

    def sql(self) -> str:
        return f"length({self.operand.sql()})"


@dataclass(frozen=True)
class Coalesce(Node):
    """The first operand that is not NULL."""

    operands: tuple[Node, ...]

    @property
    def parts(self) -> tuple[Node, ...]:
        return self.operands

    def kind(self, schema: Schema) -> Kind:
        known = [(operand, operand.kind(schema)) for operand in self.operands]
        for left, right in itertools.combinations(known, 2):
            agree(left, right, signs=False)
        kinds = [kind for _, kind in known if kind != "unknown"]
        return max(kinds, key=NUMBERS.index) if set(kinds) & set(NUMBERS) else kinds[0] if kinds else "unknown"

    def canonical(self) -> str:
        return f"coalesce({', '.join(operand.canonical() for operand in self.operands)})"

    def polars(self) -> pl.Expr:
        first, *rest = [operand.polars() for operand in self.operands]
        for value in rest:  # pl.coalesce (2.1) may answer with one row where a whole column is null
            first = first.fill_null(value)
        return first

    def sql(self) -> str:
        return f"coalesce({', '.join(operand.sql() for operand in self.operands)})"
