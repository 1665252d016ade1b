"""Conditions inside a clause: what is true, false or NULL. Siblings of `curate/clause_values.py`, with the same four answers each.

`like` knows % and _, no escape, and tells upper from lower case. `in` and `between` are spelled out as comparisons in both engines, because
their own forms first bring all operands to one type.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import polars as pl

from curate.clause_values import AND, COMPARISON, NOT, OR, SUM, Kind, Node, Schema, Value, agree, want
from curate.errors import CurateError

COMPARE: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


@dataclass(frozen=True)
class Condition(Node):
    """Anything that is true, false or NULL."""

    @property
    def binds(self) -> int:
        return COMPARISON

    def kind(self, schema: Schema) -> Kind:
        self.check(schema)
        return "boolean"

    def check(self, schema: Schema) -> None:
        raise NotImplementedError

    def negated(self) -> str:
        """Canonical text of its opposite; `not in` and the like stand inside."""
        return f"not {self.inside(NOT)}"


def _ordered(node: Node, schema: Schema, by: str) -> Kind:
    kind = node.kind(schema)
    if kind == "boolean":
        raise CurateError(
            f"{by} takes numbers or text, and {node.canonical()} is true or false; write = true or = false"
        )
    return kind


@dataclass(frozen=True)
class Comparison(Condition):
    """`a = b` and its five siblings."""

    operator: str
    left: Node
    right: Node

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.left, self.right)

    def check(self, schema: Schema) -> None:
        kinds = [
            node.kind(schema) if self.operator in ("=", "!=") else _ordered(node, schema, self.operator)
            for node in self.parts
        ]
        agree((self.left, kinds[0]), (self.right, kinds[1]))

    def canonical(self) -> str:
        return f"{self.left.inside(SUM)} {self.operator} {self.right.inside(SUM)}"

    def polars(self) -> pl.Expr:
        return COMPARE[self.operator](self.left.polars(), self.right.polars())

    def sql(self) -> str:
        return f"({self.left.sql()} {self.operator} {self.right.sql()})"


@dataclass(frozen=True)
class Logic(Condition):
    """`a and b and c`, or the same with `or`; flat, so that redundant parentheses leave no trace."""

    operator: Literal["and", "or"]
    operands: tuple[Node, ...]

    @property
    def parts(self) -> tuple[Node, ...]:
        return self.operands

    @property
    def binds(self) -> int:
        return AND if self.operator == "and" else OR

    def check(self, schema: Schema) -> None:
        for operand in self.operands:
            want(operand, schema, "true or false", self.operator)

    def canonical(self) -> str:
        return f" {self.operator} ".join(operand.inside(self.binds + 1) for operand in self.operands)

    def polars(self) -> pl.Expr:
        return _folded(self.operator, [operand.polars() for operand in self.operands])

    def sql(self) -> str:
        return "(" + f" {self.operator.upper()} ".join(operand.sql() for operand in self.operands) + ")"


def _folded(operator: str, terms: list[pl.Expr]) -> pl.Expr:
    """A balanced tree, because a long chain would be as deep as it is long."""
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    left, right = _folded(operator, terms[:half]), _folded(operator, terms[half:])
    return left & right if operator == "and" else left | right


@dataclass(frozen=True)
class Not(Condition):
    """`not a`, and `a not in`, `a not like`, `a not between`, `a is not null`."""

    operand: Node

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.operand,)

    @property
    def binds(self) -> int:
        return COMPARISON if isinstance(self.operand, In | Between | Like | IsNull) else NOT

    def check(self, schema: Schema) -> None:
        want(self.operand, schema, "true or false", "not")

    def canonical(self) -> str:
        return self.operand.negated() if isinstance(self.operand, Condition) else f"not {self.operand.inside(NOT)}"

    def polars(self) -> pl.Expr:
        return ~self.operand.polars()

    def sql(self) -> str:
        return f"(NOT {self.operand.sql()})"


@dataclass(frozen=True)
class In(Condition):
    """`a in (1, 2)`: equal to one of some literals."""

    operand: Node
    choices: tuple[Value, ...]

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.operand, *self.choices)

    def check(self, schema: Schema) -> None:
        known = (self.operand, _ordered(self.operand, schema, "in"))
        for choice in self.choices:
            agree(known, (choice, choice.kind(schema)))

    def canonical(self) -> str:
        return f"{self.operand.inside(SUM)} in ({', '.join(choice.canonical() for choice in self.choices)})"

    def negated(self) -> str:
        return f"{self.operand.inside(SUM)} not in ({', '.join(choice.canonical() for choice in self.choices)})"

    def polars(self) -> pl.Expr:
        value = self.operand.polars()
        return _folded("or", [value == choice.polars() for choice in self.choices])

    def sql(self) -> str:
        value = self.operand.sql()
        return "(" + " OR ".join(f"{value} = {choice.sql()}" for choice in self.choices) + ")"


@dataclass(frozen=True)
class Between(Condition):
    """`a between b and c`, both ends included."""

    operand: Node
    low: Node
    high: Node

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.operand, self.low, self.high)

    def check(self, schema: Schema) -> None:
        known = (self.operand, _ordered(self.operand, schema, "between"))
        for end in (self.low, self.high):
            agree(known, (end, _ordered(end, schema, "between")))

    def canonical(self) -> str:
        return f"{self.operand.inside(SUM)} between {self.low.inside(SUM)} and {self.high.inside(SUM)}"

    def negated(self) -> str:
        return f"{self.operand.inside(SUM)} not between {self.low.inside(SUM)} and {self.high.inside(SUM)}"

    def polars(self) -> pl.Expr:
        value = self.operand.polars()
        return (value >= self.low.polars()) & (value <= self.high.polars())

    def sql(self) -> str:
        value = self.operand.sql()
        return f"({value} >= {self.low.sql()} AND {value} <= {self.high.sql()})"


@dataclass(frozen=True)
class Like(Condition):
    """`a like '%text_'`: % is any text, _ any one code point."""

    operand: Node
    pattern: str

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.operand,)

    def check(self, schema: Schema) -> None:
        want(self.operand, schema, "text", "like")

    def canonical(self) -> str:
        return f"{self.operand.inside(SUM)} like {Value(self.pattern).canonical()}"

    def negated(self) -> str:
        return f"{self.operand.inside(SUM)} not like {Value(self.pattern).canonical()}"

    def polars(self) -> pl.Expr:
        return self.operand.polars().str.contains(self.regex())

    def regex(self) -> str:
        """The pattern for the regex engine; without its outer %, which would only make the search slow."""
        inner = self.pattern.strip("%")
        body = "".join(".*" if c == "%" else "." if c == "_" else _literal(c) for c in inner)
        start = "" if self.pattern.startswith("%") else r"\A"
        end = "" if self.pattern.endswith("%") else r"\z"
        return f"(?s){start}{body}{end}"

    def sql(self) -> str:
        return f"({self.operand.sql()} LIKE {Value(self.pattern).sql()})"


def _literal(character: str) -> str:
    return character if character.isalnum() else rf"\x{{{ord(character):x}}}"


@dataclass(frozen=True)
class IsNull(Condition):
    """`a is null`: never NULL itself."""

    operand: Node

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.operand,)

    def check(self, schema: Schema) -> None:
        self.operand.kind(schema)

    def canonical(self) -> str:
        return f"{self.operand.inside(SUM)} is null"

    def negated(self) -> str:
        return f"{self.operand.inside(SUM)} is not null"

    def polars(self) -> pl.Expr:
        return self.operand.polars().is_null()

    def sql(self) -> str:
        return f"({self.operand.sql()} IS NULL)"
