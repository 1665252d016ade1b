"""Names, values, paths and types as DuckDB's SQL writes them. Whatever comes from a recipe or a file is written by one of these."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

PLAIN = {
    "String": "VARCHAR",
    "Boolean": "BOOLEAN",
    "Binary": "BLOB",
    "Date": "DATE",
    "Float32": "FLOAT",
    "Float64": "DOUBLE",
}
PLAIN |= {"Int8": "TINYINT", "Int16": "SMALLINT", "Int32": "INTEGER", "Int64": "BIGINT"}
PLAIN |= {f"U{name}": f"U{sql}" for name, sql in PLAIN.items() if name.startswith("Int")}
NUMBER = re.compile(r"U?Int\d+|Float\d+")


class Column(NamedTuple):
    """A column of a view: its name, its type in DuckDB, and what it means."""

    name: str
    type: str
    meaning: str


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: Any) -> str:
    """A value as an SQL literal. A file name that is not UTF-8 is shown with backslashes."""
    if value is None:
        return "null"
    if isinstance(value, bool | int | float):
        return repr(value).lower()
    return "'" + str(value).encode("utf-8", "backslashreplace").decode().replace("'", "''") + "'"


def folded(name: str) -> str:
    """A name as DuckDB compares it: A to Z are a to z, other letters are themselves."""
    return name.encode("utf-8", "backslashreplace").lower().decode()


def exact_path(path: Path) -> str:
    """A path that DuckDB does not take for a pattern."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def sql_type(dtypes: Iterable[str]) -> str:
    """The DuckDB type that holds columns of these polars types; JSON text where they have nothing in common."""
    found = set(dtypes)
    if len(found) == 1:
        (one,) = found
        if one.startswith("List(") and one.endswith(")"):
            return sql_type([one[5:-1]]) + "[]"
        return PLAIN.get(one, "VARCHAR")
    if not all(NUMBER.fullmatch(dtype) for dtype in found):
        return "VARCHAR"
    if any(dtype.startswith("Float") for dtype in found):
        return "DOUBLE"
    return "HUGEINT" if "UInt64" in found else "BIGINT"


def table(columns: Sequence[Column], rows: Sequence[Sequence[Any]] = ()) -> str:
    """A select that gives these rows, in the columns' types also where there is no row."""
    casts = ", ".join(f"c{i}::{c.type} as {quoted(c.name)}" for i, c in enumerate(columns))
    names = ", ".join(f"c{i}" for i in range(len(columns)))
    body = ", ".join("(" + ", ".join(map(literal, row)) + ")" for row in rows)
    empty = "(" + ", ".join(["null"] * len(columns)) + ")"
    return f"select {casts} from (values {body or empty}) t({names}){'' if rows else ' where false'}"
