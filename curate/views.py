"""DuckDB over a recipe: views whose SQL is made from plan and manifests; nothing is copied.

    documents, mixture                               read the store's files (`curate/documents.py`); made only where a query names them
    funnel, fates, clauses, sources, canaries, counts, ...   come from manifests and need no file (`curate/figures.py`)
    replies, ledger                                  read the reply store (`curate/reply_views.py`); made only where a query names them
    eval_results, eval_items                         read the rows of evaluations (`curate/evals/views.py`); made like these two
    runs, probes                                     ask other recipes' mixtures and schedulers; made only where a query names them

`docs/sql.md` says what each column means. A query can do nothing but read: it is one select (`curate/question.py`), on a connection that
is locked and sees no file outside the store's objects and replies.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate import reply_views
from curate.artifact import readable
from curate.documents import FROM_DATA, columns_of, select_of
from curate.errors import CurateError, did_you_mean
from curate.evals import results
from curate.evals import views as result_views
from curate.evals.views import FROM_RESULTS
from curate.figures import FIGURES
from curate.question import Question, ask, compared
from curate.reply_views import FROM_REPLIES
from curate.sql import Column, exact_path, literal, quoted, table
from curate.waiting import result

if TYPE_CHECKING:
    import duckdb

    from curate.state import State

VIEWS = {**FROM_DATA, **{name: figures.about for name, figures in FIGURES.items()}, **FROM_REPLIES, **FROM_RESULTS}
"""Name -> what it is, of every view."""
LATER = (*FROM_DATA, *FROM_REPLIES, *FROM_RESULTS, "runs", "probes")
"""Views that are made once a query is known to name them."""
SETTINGS: dict[str, Any] = {
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


def columns(state: State, view: str) -> tuple[Column, ...]:
    """The columns of a view, which do not depend on what is built."""
    if view in FROM_REPLIES:
        return reply_views.COLUMNS[view]
    if view in FROM_RESULTS:
        return result_views.COLUMNS[view]
    return FIGURES[view].columns if view in FIGURES else columns_of(state, view)


def select(state: State, view: str) -> str:
    """The SQL of a view."""
    if view in FROM_REPLIES:
        return reply_views.select_of(state, view)
    if view in FROM_RESULTS:
        return result_views.select_of(state, view)
    return table(FIGURES[view].columns, FIGURES[view].rows(state)) if view in FIGURES else select_of(state, view)


def connect(state: State, views: Iterable[str] = VIEWS) -> duckdb.DuckDBPyConnection:
    """A connection with these views over what is built. External access ends with the store: no other file can be read or written."""
    import duckdb

    refuse_nothing(state)
    connection = duckdb.connect(config={**SETTINGS, "temp_directory": str(state.store.root / "cache" / "duckdb")})
    folders = [str(state.store.root / name) for name in ("objects", "replies")]
    allowed = [literal(f"{spelt}/") for folder in folders for spelt in (folder, exact_path(Path(folder)))]
    connection.execute(f"set allowed_directories=[{', '.join(allowed)}]")
    connection.execute("set enable_external_access=false")
    connection.execute("set lock_configuration=true")
    add(connection, state, views)
    return connection


def add(connection: duckdb.DuckDBPyConnection, state: State, views: Iterable[str]) -> None:
    """Give a connection these views."""
    with readable(state.plan.recipe.recipe):
        for name in views:
            connection.execute(f"create view {quoted(name)} as {select(state, name)}")


def refuse_nothing(state: State) -> None:
    """CurateError if nothing of the recipe is built, unless there is nothing to build or something was evaluated."""
    if not state.done and state.plan.nodes and not results.keys(state.store):
        name = state.plan.recipe.recipe
        raise CurateError(
            f"nothing of {name} is built as it stands now; run curate build {name} (curate why {name} says what changed)"
        )


def frame(connection: duckdb.DuckDBPyConnection, sql: str) -> pl.DataFrame:
    """Rows of a query as a polars frame; columns of one name are numbered. CurateError for a type that polars has not."""
    arrow = _stoppable(connection, lambda: connection.sql(sql).to_arrow_table())
    try:
        found = pl.from_arrow(arrow.rename_columns(_different(arrow.column_names)))
    except pl.exceptions.PolarsError as error:
        raise CurateError(
            f"a column of the answer has a type that cannot be shown ({str(error)[:60]}); cast it to text"
        ) from None
    assert isinstance(found, pl.DataFrame)
    whole = [c for c, t in found.schema.items() if isinstance(t, pl.Decimal) and t.scale == 0]
    fits = [c for c in whole if found[c].cast(pl.Int64, strict=False).null_count() == found[c].null_count()]
    return found.with_columns(pl.col(fits).cast(pl.Int64))


def _stoppable(connection: duckdb.DuckDBPyConnection, work: Callable[[], Any]) -> Any:
    """What a query gives. Ctrl-C ends it: DuckDB itself does not look for signals while it joins."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(work)
        try:
            return result(running)
        except KeyboardInterrupt:
            connection.interrupt()
            raise


def _different(names: list[str]) -> list[str]:
    """Names with `_1`, `_2` added where one comes again."""
    found: dict[str, None] = {}
    for name in names:
        numbered = (f"{name}_{i}" for i in itertools.count(1))
        found[name if name not in found else next(n for n in numbered if n not in found and n not in names)] = None
    return list(found)


def query(state: State, sql: str) -> pl.DataFrame:
    """Rows of a query as a polars frame. CurateError for SQL that DuckDB refuses or that does anything but read."""
    return _answer(state, sql)[0]


def values_of(state: State, sql: str) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Rows of a query and, where it gives one value that is not true and selects a comparison, the values that it compares."""
    return _answer(state, sql, explain=True)


def _answer(state: State, sql: str, explain: bool = False) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    import duckdb

    with connect(state, [view for view in FIGURES if view not in LATER]) as connection:
        question = None
        try:
            question = ask(connection, sql)
            add(connection, state, [view for view in LATER if view in question.tables])
            found = frame(connection, sql)
        except duckdb.Error as error:
            raise CurateError(_one_line(state, question, str(error))) from None
        failed = explain and found.shape == (1, 1) and found.item() is not True
        sides = compared(connection, question) if failed else ""
        return found, frame(connection, sides) if sides else None


def _one_line(state: State, question: Question | None, said: str) -> str:
    """What DuckDB says, in one line; of a name that is not known, the nearest of ours."""
    line = said.partition("\n")[0]
    if found := re.match(r"Catalog Error: Table with name (.+?) does not exist", said):
        return f"there is no view {found[1]!r}{did_you_mean(found[1], VIEWS)}"
    if question and (found := re.match(r'Binder Error: Referenced column "(.+?)" (was )?not found', said)):
        names = [c.name for view in VIEWS if view in question.tables for c in columns(state, view)]
        return f"there is no column {found[1]!r} in {', '.join(sorted(question.tables))}{did_you_mean(found[1], names)}"
    return line
