"""A DuckDB database file over a recipe, which plain `duckdb` and notebooks open without Octocurate.

Figures are small tables in it; `documents` and `mixture` are views of the store's files by their absolute paths, so the file is small, and
ends with the store. Everything in it follows from the recipe and the objects: no date, no host. The bytes are DuckDB's own affair.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate import __version__
from curate.errors import CurateError
from curate.figures import FIGURES
from curate.identity import digest
from curate.lock import lock_of
from curate.sql import Column, literal, quoted, table
from curate.views import VIEWS, columns, refuse_nothing, select

if TYPE_CHECKING:
    import duckdb

    from curate.state import State

MADE_BY = "octocurate"
ABOUT = (
    Column("made_by", "VARCHAR", "Always octocurate: only a file that says so is written over."),
    Column("version", "VARCHAR", "Version of Octocurate."),
    Column("recipe", "VARCHAR", "Name of the recipe."),
    Column("about", "VARCHAR", "What the recipe says of itself."),
    Column("lock", "VARCHAR", "Digest of the lock of what was built when this was written."),
    Column("store", "VARCHAR", "The store whose files the views read."),
)


def write(state: State, out: Path, title: str) -> dict[str, Any]:
    """Write the catalog; its path and the views in it. CurateError if a file is there that is no catalog, or nothing is built."""
    import duckdb

    refuse_nothing(state)
    out = out.absolute()
    if "?" in str(out):  # it ends a path for DuckDB
        raise CurateError("cannot be written: DuckDB takes no path with a question mark", where=str(out))
    refuse_other(out)
    temporary = out.with_name(f".{out.name[:100]}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        with duckdb.connect(temporary, config={"default_block_size": 16384}) as connection:
            fill(connection, state, title)
        temporary.replace(out)
    except (OSError, duckdb.Error) as error:
        why = error.strerror if isinstance(error, OSError) else str(error).partition("\n")[0]
        raise CurateError(f"cannot be written: {why}", where=str(out)) from None
    finally:
        for left in (temporary, temporary.with_name(temporary.name + ".wal")):
            left.unlink(missing_ok=True)
    return {"db": str(out), "recipe": title, "views": {name: [c.name for c in columns(state, name)] for name in VIEWS}}


def refuse_other(out: Path) -> None:
    """CurateError if something is there that is not a catalog of ours."""
    import duckdb

    if not os.path.lexists(out):
        return
    made_by: Any = None
    if out.is_file():
        try:
            with duckdb.connect(out, read_only=True) as connection:
                made_by = connection.execute("select made_by from about").fetchall()
        except duckdb.Error as error:
            if "lock" in str(error).lower():
                raise CurateError("is open in another program; close it there first", where=str(out)) from None
    if made_by != [(MADE_BY,)]:
        raise CurateError("is there already and is no catalog of ours; choose another name", where=str(out))


def fill(connection: duckdb.DuckDBPyConnection, state: State, title: str) -> None:
    """Put tables, views and comments into an empty database."""
    recipe = state.plan.recipe
    lock = digest(lock_of(state.plan, state.done).dump())
    row = [MADE_BY, __version__, title, recipe.about, lock, str(state.store.root)]
    connection.execute(f"create table about as {table(ABOUT, [row])}")
    comment(connection, "table", "about", "What this file is a catalog of.", ABOUT)
    for name, what in VIEWS.items():
        kind = "table" if name in FIGURES else "view"
        connection.execute(f"create {kind} {quoted(name)} as {select(state, name)}")
        comment(connection, kind, name, what, columns(state, name))


def comment(
    connection: duckdb.DuckDBPyConnection, kind: str, name: str, what: str, described: tuple[Column, ...]
) -> None:
    """Say what a table or view is, and what each of its columns means."""
    connection.execute(f"comment on {kind} {quoted(name)} is {literal(what)}")
    for column in described:
        connection.execute(f"comment on column {quoted(name)}.{quoted(column.name)} is {literal(column.meaning)}")
