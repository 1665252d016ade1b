"""DuckDB over a recipe: five views whose SQL is made from manifests; nothing is copied.

    documents  one row per document and corpus: id, text, all columns, `fate`, `fate_node`, `failed`, `error`
    funnel     one row per corpus and step: documents in and out
    fates      one row per corpus, step and fate: how many documents
    mixture    one row per piece of a document in the mixture: window, offset, length, source, id, stage, epoch
    sources    one row per source of the mixture: tokens asked and achieved, share of all, documents, epochs

Pieces join by (shard, row). A corpus is the union of its segments, each from one base (read, expand, across) to the next; a document that
goes on to the next segment stands only there. Names come from validated recipes and are quoted all the same.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.artifact import Piece, errors_name, readable
from curate.errors import CurateError

if TYPE_CHECKING:
    import duckdb

    from curate.plan import Node
    from curate.state import State


def connect(state: State, wanted: Collection[str] | None = None) -> duckdb.DuckDBPyConnection:
    """A connection with the five views over what is built. External access ends with the store: no other file can be read or written.

    wanted: the views that will be asked. Others are left out where their files would have to be brought from the remote first.
    """
    import duckdb

    if not state.done:
        name = state.plan.recipe.recipe
        raise CurateError(
            f"nothing of {name} is built as it stands now; run curate build {name} (curate why {name} says what changed)"
        )
    connection = duckdb.connect(config={"python_enable_replacements": False})
    folder = str(state.store.root / "objects")
    for name, sql in statements(state, wanted):
        connection.execute(f"create view {quoted(name)} as {sql}")
    connection.execute(f"set allowed_directories=[{literal(folder + '/')}, {literal(exact_path(Path(folder)) + '/')}]")
    connection.execute("set enable_external_access=false")
    connection.execute("set lock_configuration=true")
    return connection


def statements(state: State, wanted: Collection[str] | None = None) -> Iterator[tuple[str, str]]:
    """(view name, SQL) of the five views. CurateError where files that they need cannot be had."""
    with readable(state.plan.recipe.recipe):
        yield from _statements(state, wanted)


def _statements(state: State, wanted: Collection[str] | None) -> Iterator[tuple[str, str]]:
    odd = conflicting(state)
    scanned = [node for end in state.plan.ends.values() for node in end.upstream()]
    if wanted is None or "documents" in wanted or _are_here(state, scanned):
        parts = [sql for name, node in state.plan.ends.items() for sql in corpus_sql(state, name, node, odd)]
        yield "documents", " union all by name ".join(parts) or _values(["corpus", "id", "text", "fate"], [])
    yield "funnel", _values(["corpus", "position", "node", "documents_in", "documents_out"], _funnel_rows(state))
    yield "fates", _values(["corpus", "node", "fate", "documents"], _fate_rows(state))
    mixture = state.done.get(state.plan.nodes["mixture"].plan_key) if "mixture" in state.plan.nodes else None
    if mixture and (wanted is None or "mixture" in wanted or state.store.here(mixture.key)):
        index = state.store.ensure(mixture.key) / "index.parquet"
        yield "mixture", f"select * from read_parquet({literal(exact_path(index))}, hive_partitioning=false)"
    yield (
        "sources",
        _values(
            list(SOURCE_COLUMNS),
            [[row[c] for c in SOURCE_COLUMNS] for row in source_rows(mixture.facts if mixture else {})],
        ),
    )


def _are_here(state: State, nodes: Sequence[Node]) -> bool:
    """Whether the files of those that are built are all here."""
    built = (state.done[node.plan_key].key for node in nodes if node.plan_key in state.done)
    return all(map(state.store.here, built))


NUMBER = re.compile(r"U?Int\d+|Float\d+")
SOURCE_COLUMNS = ("source", "asked", "achieved", "share", "documents", "epochs", "available")


def source_rows(facts: dict[str, Any], stage: int | None = None) -> list[dict[str, Any]]:
    """What each source gives to the mixture, or to one stage of it: tokens asked, achieved and available, share, documents, epochs."""
    if not facts:
        return []
    lines = facts["sources"] if stage is None else facts["stages"][stage]["sources"]
    total = max(1, sum(line["tokens"] for line in lines.values()))
    return [
        {
            "source": name,
            "asked": line["asked"],
            "achieved": line["tokens"],
            "share": line["tokens"] / total,
            "documents": line["documents"],
            "epochs": line["tokens"] / max(1, facts["sources"][name]["available"]["tokens"]),
            "available": facts["sources"][name]["available"]["tokens"],
        }
        for name, line in lines.items()
    ]


def conflicting(state: State) -> set[str]:
    """Columns that hold numbers in one corpus and something else in another; the view shows them as JSON text."""
    kinds: dict[str, set[str]] = {}
    for end in state.plan.ends.values():
        for node in end.upstream():
            manifest = state.done.get(node.plan_key)
            for column, dtype in (manifest.schema if manifest and manifest.kind != "verdict" else {}).items():
                kinds.setdefault(column, set()).add("number" if NUMBER.fullmatch(dtype) else dtype)
    return {column for column, found in kinds.items() if len(found) > 1}


@dataclass(frozen=True)
class Segment:
    """The nodes from one base to the next. `last` says whether the corpus ends here."""

    nodes: tuple[Node, ...]
    last: bool
    outside: int
    """How many of the first nodes belong to the corpus that this one is made from."""


def segments(corpus: str, end: Node) -> list[Segment]:
    """A corpus's nodes, cut before each base, first segment first."""
    chain = list(end.upstream())[::-1]
    cuts = [i for i, n in enumerate(chain) if n.is_base] + [len(chain)]
    found = []
    for start, stop in itertools.pairwise(cuts):
        nodes = chain[start:stop]
        own = [n for n in nodes if n.corpus == corpus]
        if own:
            found.append(Segment(tuple(nodes), stop == len(chain), len(nodes) - len(own)))
    if not found and chain:  # a corpus that adds nothing to the one it is made from
        nodes = chain[cuts[-2] :]
        found.append(Segment(tuple(nodes), True, len(nodes)))
    return found


def corpus_sql(state: State, corpus: str, end: Node, odd: set[str]) -> Iterator[str]:
    """One select per segment of a corpus, as far as it is built."""
    for segment in segments(corpus, end):
        built = list(itertools.takewhile(lambda n: n.plan_key in state.done, segment.nodes))
        if built:
            complete = len(built) == len(segment.nodes)
            yield segment_sql(state, corpus, built, segment.outside, segment.last and complete, odd)


def segment_sql(state: State, corpus: str, nodes: Sequence[Node], outside: int, last: bool, odd: set[str]) -> str:
    """Join of a segment's pieces with the fate of each document; documents that go on to another segment are left out unless `last`."""
    pieces = [state.piece(node) for node in nodes]
    joins: list[str] = []
    failed: list[str] = []
    errors: list[str] = []
    fates: list[tuple[str, str]] = []
    columns: dict[str, list[str]] = {}
    where = [] if last else ["fate <> 'kept'"]
    for position, (node, piece) in enumerate(zip(nodes, pieces, strict=True)):
        alias = f"p{position}"
        if position:
            kind = "join" if position < outside and piece.kind != "verdict" else "left join"
            joins.append(f"{kind} {_scan(piece)} {alias} using (shard, row)")
        if piece.kind == "verdict":
            if position < outside:
                where.append(f"{alias}_fate is null")
            else:
                fates.append((f"{alias}.fate", node.name))
                failed.append(f"nullif({alias}.failed, [])")
        else:
            for column in piece.columns:
                value = f"{alias}.{quoted(column)}"
                columns.setdefault(column, []).insert(0, f"to_json({value})::varchar" if column in odd else value)
        lost = _errors(piece)
        if lost and position >= outside and node.kind not in ("read", "expand"):
            joins.append(f"left join {lost} e{position} using (shard, row)")
            fates.append((f"e{position}.fate", node.name))
            errors.append(f"e{position}.error")
    hidden = [f"p{i}.fate as p{i}_fate" for i in range(min(outside, len(nodes))) if pieces[i].kind == "verdict"]
    fate = f"coalesce({', '.join([f for f, _ in fates] + [literal('kept')])})"
    node_of = " ".join(f"when {f} is not null then {literal(n)}" for f, n in fates)
    select = [
        f"{literal(corpus)} as corpus",
        *[
            f"coalesce({', '.join(c)}) as {quoted(n)}" if len(c) > 1 else f"{c[0]} as {quoted(n)}"
            for n, c in columns.items()
        ],
        f"{fate} as fate",
        f"case {node_of} end as fate_node" if fates else "null::varchar as fate_node",
        f"coalesce({', '.join(failed)}) as failed" if failed else "null::varchar[] as failed",
        f"coalesce({', '.join(errors)}) as error" if errors else "null::varchar as error",
        *hidden,
    ]
    sql = f"select {', '.join(select)} from {_scan(pieces[0])} p0 {' '.join(joins)}"
    outer = (
        f"select * {'exclude (' + ', '.join(h.split(' as ')[1] for h in hidden) + ') ' if hidden else ''}from ({sql})"
    )
    unread = _errors(pieces[0])
    whole = f"{outer}{' where ' + ' and '.join(where) if where else ''}"
    if unread and not outside and nodes[0].kind in ("read", "expand"):
        name = "parent_id" if nodes[0].kind == "expand" else "id"
        whole += (
            f" union all by name select {literal(corpus)} as corpus, id as {name}, url, fate,"
            f" {literal(nodes[0].name)} as fate_node, error from {unread}"
        )
    return f"({whole})"


def _scan(piece: Piece) -> str:
    """A piece's files as a table with its shard's name."""
    if not piece.shards:
        return "(select null::varchar as shard, null::uinteger as row where false)"
    return (
        f"(select * exclude (filename), parse_filename(filename) as shard from {_parquet(piece, list(piece.shards))})"
    )


def _parquet(piece: Piece, names: Sequence[str]) -> str:
    """Files by their exact paths: a folder called `id=5` is no partition, one called `a[1]` no pattern."""
    files = ", ".join(literal(exact_path(piece.folder / name)) for name in names)
    return f"read_parquet([{files}], filename=true, hive_partitioning=false)"


def exact_path(path: Path) -> str:
    """A path that DuckDB does not take for a pattern."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def _errors(piece: Piece) -> str:
    """Rows that left a piece's node with an error, or nothing."""
    names = [errors_name(s.name) for s in piece.shards.values() if s.errors]
    if not names:
        return ""
    shard = "replace(parse_filename(filename), '.errors.parquet', '.parquet')"
    return f"(select row, id, url, fate, error, {shard} as shard from {_parquet(piece, names)})"


def _funnel_rows(state: State) -> list[list[Any]]:
    return [
        [node.corpus, position, node.name, manifest.rows_in, manifest.rows]
        for position, node, manifest in built_nodes(state)
    ]


def _fate_rows(state: State) -> list[list[Any]]:
    rows = [
        [n.corpus, n.name, fate, count] for _, n, m in built_nodes(state) for fate, count in sorted(m.fates.items())
    ]
    for name, node in state.plan.ends.items():
        manifest = state.done.get(node.plan_key)
        if manifest:
            rows.append([name, node.name, "kept", manifest.rows])
    return rows


def built_nodes(state: State) -> Iterator[tuple[int, Node, Any]]:
    """Nodes of corpora that are built, with their position and manifest; token ids are the mixture's affair."""
    own = {node.plan_key for end in state.plan.ends.values() for node in end.upstream()}
    for position, node in enumerate(state.plan.nodes.values()):
        manifest = state.done.get(node.plan_key)
        if manifest and node.plan_key in own:
            yield position, node, manifest


def _values(columns: list[str], rows: list[list[Any]]) -> str:
    names = ", ".join(quoted(c) for c in columns)
    if not rows:
        return f"select {', '.join(f'null as {quoted(c)}' for c in columns)} where false"
    body = ", ".join("(" + ", ".join(literal(v) for v in row) + ")" for row in rows)
    return f"select * from (values {body}) t({names})"


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: Any) -> str:
    """A value as an SQL literal."""
    if value is None:
        return "null"
    if isinstance(value, bool | int | float):
        return repr(value).lower()
    return "'" + str(value).replace("'", "''") + "'"


def frame(connection: duckdb.DuckDBPyConnection, sql: str) -> pl.DataFrame:
    """Rows of a query as a polars frame."""
    found = pl.from_arrow(connection.sql(sql).to_arrow_table())
    assert isinstance(found, pl.DataFrame)
    whole = [c for c, t in found.schema.items() if isinstance(t, pl.Decimal) and t.scale == 0]
    return found.with_columns(pl.col(whole).cast(pl.Int64, strict=False))


def query(state: State, sql: str) -> pl.DataFrame:
    """Rows of a query as a polars frame. CurateError for SQL that DuckDB refuses."""
    import duckdb

    with connect(state, _named(sql)) as connection:
        try:
            for statement in connection.extract_statements(sql):
                if statement.type == duckdb.StatementType.EXPLAIN and "analyze" in statement.query.lower():
                    raise CurateError("a query only reads; explain without analyze does not run what it explains")
                if statement.type not in (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN):
                    raise CurateError("a query only reads: select, with, from, describe or explain")
            return frame(connection, sql)
        except duckdb.Error as error:
            raise CurateError(str(error).split("\n")[0]) from None


def _named(sql: str) -> set[str] | None:
    """The views that a query names; None where DuckDB cannot tell."""
    import duckdb

    with duckdb.connect() as connection:
        try:
            return set(connection.get_table_names(sql))
        except duckdb.Error:
            return None
