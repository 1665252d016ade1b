"""What a query may be: one statement that only reads, told by its syntax tree and not by its first word.

DuckDB lets a `with` hold `copy ... to` and `insert`, has functions that run SQL given as text, and some that take the address of memory.
So every node of the tree is looked at. What is refused here would be refused later by a locked connection without access to files, but
for what the store's own folder allows, which is why this check comes first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curate.errors import CurateError, did_you_mean
from curate.sql import folded

if TYPE_CHECKING:
    import duckdb

NODES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
FUNCTIONS = {"unnest", "range", "generate_series", "repeat", "json_each", "json_tree", "histogram", "histogram_values"}
FUNCTIONS |= {"duckdb_columns", "duckdb_views", "duckdb_tables", "duckdb_functions", "duckdb_types", "duckdb_settings"}
"""Table functions that neither read a file nor run SQL given as text."""
ONLY_READS = "a query only reads: one select, with, from, describe or explain (without analyze)"
TOO_DEEP = "the query is nested too deeply"
EXPLAIN = re.compile(r"\s*explain\b\s*(\(\s*format\s+\w+\s*\)\s*)?", re.IGNORECASE)

NESTED = 200
"""Parentheses in each other at most: what DuckDB 2.0 takes to say that one is not closed grows with the square of their number."""
PLACE = re.compile(r'"query_location(_length)?": \d+')


@dataclass(frozen=True)
class Question:
    """A query that was looked at: its text, what it selects, and the tables it names."""

    text: str
    tree: dict[str, Any]
    tables: frozenset[str]


def ask(connection: duckdb.DuckDBPyConnection, text: str) -> Question:
    """A query from its text. CurateError unless it is one statement that only reads."""
    tree = _tree(connection, text)
    tables = set()
    for part in _parts(tree):
        kind = str(part.get("type", ""))
        if kind.endswith("_NODE") and kind not in NODES:
            raise CurateError(ONLY_READS)
        if kind == "TABLE_FUNCTION":
            name = folded(part["function"]["function_name"])
            if name not in FUNCTIONS:
                hint = did_you_mean(name, FUNCTIONS) if name[:5] not in ("read_", "query") else ""
                raise CurateError(
                    f"{name}() is not allowed in a query, which only reads the views{hint.partition('; known')[0]}"
                )
        if isinstance(part.get("table_name"), str):
            tables.add(folded(part["table_name"]).strip('"'))
    return Question(text, tree, frozenset(tables))


def _tree(connection: duckdb.DuckDBPyConnection, text: str) -> dict[str, Any]:
    """The syntax tree of one select; of `explain`, that of what is explained."""
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise CurateError("the query holds half a surrogate pair; delete it")
    if _depth(text) > NESTED:
        raise CurateError(TOO_DEEP)
    statements = connection.extract_statements(text)
    if len(statements) != 1:
        raise CurateError(f"a query is one statement, and this is {len(statements)}")
    selected = statements[0].query
    if statements[0].type.name == "EXPLAIN":
        match = EXPLAIN.match(re.sub(r"\s*(--[^\n]*\n|/\*.*?\*/)\s*", " ", selected, flags=re.DOTALL))
        selected = match.string[match.end() :] if match else selected
    ((serialized,),) = connection.execute("select json_serialize_sql(?::varchar)", [selected]).fetchall()
    try:
        told = json.loads(serialized)
    except RecursionError:
        raise CurateError(TOO_DEEP) from None
    if told["error"] or len(told["statements"]) != 1:
        raise CurateError(ONLY_READS)
    tree: dict[str, Any] = told["statements"][0]
    return tree


def _depth(text: str) -> int:
    """How many parentheses are open at a time, at most; those in strings, names and comments are text."""
    import duckdb

    source, depth, deepest = text.encode(), 0, 0
    for place, _ in duckdb.tokenize(text):
        if source[place : place + 1] == b"(":
            depth += 1
            deepest = max(deepest, depth)
        elif source[place : place + 1] == b")":
            depth = max(depth - 1, 0)
    return deepest


def _parts(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object in a tree."""
    todo = [tree]
    while todo:
        part = todo.pop()
        if isinstance(part, dict):
            yield part
            todo.extend(part.values())
        elif isinstance(part, list):
            todo.extend(part)


def compared(connection: duckdb.DuckDBPyConnection, question: Question) -> str:
    """For `select a < b and c > d from t`: the select of the compared values, `select a, b, c, d from t`; empty if nothing is compared."""
    chosen = question.tree["node"].get("select_list") or []
    todo, sides = list(chosen), []
    while todo:
        part = todo.pop(0)
        if part.get("class") == "CONJUNCTION":
            todo = [*part["children"], *todo]
        elif part.get("class") == "COMPARISON":
            sides += [side for side in (part["left"], part["right"]) if side.get("class") != "CONSTANT"]
    sides = list({PLACE.sub("", json.dumps(side)): side for side in sides}.values())
    if not sides or question.tree["node"]["type"] != "SELECT_NODE":
        return ""
    tree = {**question.tree, "node": {**question.tree["node"], "select_list": sides}}
    whole = json.dumps({"error": False, "statements": [tree]})
    ((sql,),) = connection.execute("select json_deserialize_sql(?::json)", [whole]).fetchall()
    return str(sql)
