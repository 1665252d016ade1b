"""The language of `keep:` clauses: `language = 'en' and math_score >= 0.5`, with the same answer in polars and in DuckDB.

A small Pratt parser of our own; nothing is ever evaluated as Python or pasted as SQL. A clause is true, false or NULL (undecided) for
each document; what its parts mean stands in `curate/clause_values.py` and `curate/clause_conditions.py`. Length and depth are limited, so a
hostile clause costs no more than an honest one.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

import polars as pl

from curate.clause_conditions import COMPARE, Between, Comparison, In, IsNull, Like, Logic, Not
from curate.clause_tokens import Token, tokens_of
from curate.clause_values import (
    AND,
    COMPARISON,
    FUNCTIONS,
    NOT,
    OR,
    PRODUCT,
    SIGN,
    SUM,
    Arithmetic,
    Coalesce,
    Column,
    Length,
    Node,
    Schema,
    Value,
)
from curate.errors import CurateError, did_you_mean

MAX_LENGTH = 4000
MAX_DEPTH = 40
MAX_DIVISORS = 4
_INFIX = {"or": OR, "and": AND, "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT}
_INFIX |= dict.fromkeys((*COMPARE, "in", "between", "like", "is", "not"), COMPARISON)


@dataclass(frozen=True)
class Clause:
    """A parsed clause. Equal clauses have equal canonical text."""

    text: str
    node: Node

    @cached_property
    def columns(self) -> frozenset[str]:
        """Names of the columns it reads."""
        return frozenset(node.name for node in self.node.walk() if isinstance(node, Column))

    @cached_property
    def canonical(self) -> str:
        """The clause with one spelling: spaces, redundant parentheses, case of keywords and forms of numbers leave no trace."""
        return self.node.canonical()

    def polars(self) -> pl.Expr:
        """A Boolean expression, one answer per row; null where the clause is undecided."""
        some = pl.col(min(self.columns))
        # Never true. It keeps polars (2.1) from answering `coalesce('', text) = ''` with one row for all.
        return self.node.polars() | (some.is_null() & some.is_not_null())

    def sql(self) -> str:
        """A BOOLEAN expression of DuckDB, with the same answer for every row."""
        return self.node.sql()

    def check(self, schema: Schema) -> None:
        """CurateError for an unknown column, an ill-typed comparison or a clause that is not true or false.

        Only for a clause that passed with the schema of the data do polars and DuckDB give the same answers.
        """
        kind = self.node.kind(schema)
        if kind not in ("boolean", "unknown"):
            raise CurateError(f"{self.canonical} is not true or false; compare it, e.g. {self.canonical} > 0")


@lru_cache(maxsize=1024)
def parse(text: str) -> Clause:
    """A clause from its text. CurateError says at which character it stops making sense."""
    if len(text) > MAX_LENGTH:
        raise CurateError(
            f"is {len(text):,} characters long; the limit is {MAX_LENGTH:,}, split it into several clauses"
        )
    if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in text):
        raise CurateError("holds a NUL or half a surrogate pair; delete it")
    clause = Clause(text, _Parser(tokens_of(text)).clause())
    _limit(clause.node, 1)
    if not clause.columns:
        raise CurateError("names no column, so it says the same of every document; name one or leave it out")
    clause.check(None)
    return clause


def _limit(node: Node, depth: int, divisors: int = 0) -> None:
    if depth > MAX_DEPTH:
        raise CurateError(f"is nested deeper than {MAX_DEPTH} levels; split it into several clauses")
    if divisors > MAX_DIVISORS:  # DuckDB's nullif doubles a divisor each time
        raise CurateError(f"divides by a quotient more than {MAX_DIVISORS} times over; multiply instead")
    for place, part in enumerate(node.parts):
        _limit(part, depth + 1, divisors + (isinstance(node, Arithmetic) and node.operator == "/" and place == 1))


class _Parser:
    """Pratt: `expression(binds)` reads everything that binds at least this tightly."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens, self.depth = tokens[::-1], 0

    def next(self) -> Token:
        return self.tokens.pop() if len(self.tokens) > 1 else self.tokens[0]

    def follows(self, *signs: str) -> bool:
        """Take the next token if it is one of these signs or keywords."""
        if self.tokens[-1].sort == "sign" and self.tokens[-1].text in signs:
            self.next()
            return True
        return False

    def expect(self, sign: str, hint: str) -> None:
        if not self.follows(sign):
            raise self.stuck(self.tokens[-1], f"{sign!r} {hint}")

    def stuck(self, token: Token, wanted: str) -> CurateError:
        found = "the end" if token.sort == "end" else f"{token.text[:40]!r} at character {token.place}"
        return CurateError(f"{wanted} is wanted before {found}")

    def clause(self) -> Node:
        node = self.expression(OR)
        if self.tokens[-1].sort != "end":
            raise self.stuck(self.tokens[-1], "an operator such as `and` or =")
        return node

    def expression(self, binds: int) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise CurateError(f"is nested deeper than {MAX_DEPTH} levels; split it into several clauses")
        node = self.prefix(binds)
        while self.tokens[-1].sort == "sign" and _INFIX.get(self.tokens[-1].text, 0) >= binds:
            token = self.next()
            node = self.infix(node, token)
            if _INFIX[token.text] == COMPARISON and _INFIX.get(self.tokens[-1].text) == COMPARISON:
                raise CurateError(
                    f"two comparisons in a row at character {self.tokens[-1].place}; join them with `and`"
                )
        self.depth -= 1
        return node

    def prefix(self, binds: int) -> Node:
        token = self.next()
        if token.sort == "number":
            return self.number(token)
        if token.sort == "text":
            return Value(token.text[1:-1].replace("''", "'"))
        if token.sort == "column":
            return self.column(token.text[1:-1].replace('""', '"'), token)
        if token.sort == "word":
            return self.call(token) if self.follows("(") else self.column(token.text, token)
        if token.sort == "sign":
            return self.sign(token, binds)
        raise self.stuck(token, "a column or a value")

    def sign(self, token: Token, binds: int) -> Node:
        if token.text in ("true", "false"):
            return Value(token.text == "true")
        if token.text == "(":
            node = self.expression(OR)
            self.expect(")", "that closes a parenthesis")
            return node
        if token.text == "-":
            node = self.expression(SIGN)
            number = isinstance(node, Value) and not isinstance(node.value, bool | str)
            return Value(0 - node.value) if number else Arithmetic("-", (node,))  # type: ignore[attr-defined]
        if token.text == "not" and binds <= NOT:
            return Not(self.expression(NOT))
        if token.text == "null":
            raise CurateError(f"`null` at character {token.place} is no value; write `is null` or `is not null`")
        raise self.stuck(token, "a column or a value")

    def number(self, token: Token) -> Value:
        text = token.text
        if re.fullmatch(r"[0-9]+(_[0-9]+)*", text):
            if len(text) < 40 and int(text) < 2**63:
                return Value(int(text))
        elif re.fullmatch(r"([0-9]+(_[0-9]+)*)?\.?[0-9]*([eE][+-]?[0-9]+)?", text) and math.isfinite(float(text)):
            return Value(float(text))
        raise CurateError(f"{text[:40]!r} at character {token.place} is no number of 64 bits; write another")

    def column(self, name: str, token: Token) -> Column:
        if not name or name == "*" or (name.startswith("^") and name.endswith("$")):  # polars takes these for patterns
            raise CurateError(f"{name!r} at character {token.place} cannot name a column; rename it with `columns:`")
        return Column(name)

    def call(self, token: Token) -> Node:
        name = token.text.lower()
        if name not in FUNCTIONS:
            raise CurateError(f"no function {token.text!r} at character {token.place}{did_you_mean(name, FUNCTIONS)}")
        operands = [self.expression(OR)]
        while self.follows(","):
            operands.append(self.expression(OR))
        self.expect(")", f"that closes {name}(")
        if name == "coalesce":
            return Coalesce(tuple(operands))
        if len(operands) > 1:
            raise CurateError(f"{name} at character {token.place} takes one operand; write {name}(...) for each")
        return Length(operands[0]) if name == "length" else Arithmetic("abs", (operands[0],))

    def infix(self, left: Node, token: Token) -> Node:
        operator = token.text
        if operator in ("and", "or"):
            right = self.expression(_INFIX[operator] + 1)
            items = left.operands if isinstance(left, Logic) and left.operator == operator else (left,)
            more = right.operands if isinstance(right, Logic) and right.operator == operator else (right,)
            return Logic("and" if operator == "and" else "or", (*items, *more))
        if operator in COMPARE:
            return Comparison(operator, left, self.expression(SUM))
        if operator in ("in", "between", "like"):
            return self.membership(left, operator)
        if operator == "is":
            negative = self.follows("not")
            self.expect("null", "after `is`")
            return Not(IsNull(left)) if negative else IsNull(left)
        if operator == "not":
            for known in ("in", "between", "like"):
                if self.follows(known):
                    return Not(self.membership(left, known))
            raise self.stuck(self.tokens[-1], "`in`, `between` or `like` after `not`")
        return Arithmetic(operator, (left, self.expression(_INFIX[operator] + 1)))

    def membership(self, left: Node, operator: str) -> Node:
        if operator == "between":
            low = self.expression(SUM)
            self.expect("and", "between the two ends of `between`")
            return Between(left, low, self.expression(SUM))
        if operator == "like":
            pattern = self.expression(SUM)
            if not isinstance(pattern, Value) or not isinstance(pattern.value, str):
                raise CurateError("`like` takes a pattern in single quotes, e.g. like '%text%'")
            return Like(left, pattern.value)
        self.expect("(", "after `in`")
        choices = [self.choice()]
        while self.follows(","):
            choices.append(self.choice())
        self.expect(")", "that closes the list of `in`")
        return In(left, tuple(choices))

    def choice(self) -> Value:
        node = self.expression(SUM)
        if not isinstance(node, Value):
            raise CurateError(f"`in` lists values, and {node.canonical()} is none; text stands in 'single quotes'")
        return node
