"""The views that need data files: `documents`, one row per document and corpus, and `mixture`, one row per piece of a document in it.

Pieces join by (shard, row). A corpus is the union of its segments, each from one base (read, expand, across) to the next; a document that
goes on to the next segment stands only there. The columns are those of the plan, in their order and types, whatever is built: what is not
there yet is NULL. Names come from validated recipes and are quoted all the same.

`state.piece(node)` is called here and nowhere else of the views, once for each node whose files a view needs: the place to bring them near.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from curate.artifact import AS_READ, Piece, errors_name
from curate.sql import NUMBER, Column, exact_path, folded, literal, quoted, sql_type, table

if TYPE_CHECKING:
    from curate.plan import Node
    from curate.state import State

FIRST = (
    Column("corpus", "VARCHAR", "The corpus that it belongs to."),
    Column(
        "id",
        "VARCHAR",
        "Its id: first 128 bits of sha256(corpus, url, payload), or the user's own; NULL for a parent without children.",
    ),
    Column("fate", "VARCHAR", "kept, the first clause failed, undecided, repeat, quarantined, killed or no rows."),
    Column("fate_node", "VARCHAR", "The step where that happened; NULL if kept."),
    Column("failed", "VARCHAR[]", "All clauses that it failed at that step; NULL if none."),
    Column("error", "VARCHAR", "What went wrong, of a document that is quarantined or killed."),
    Column("url", "VARCHAR", "Where it was found."),
    Column("source", "VARCHAR", "The corpus that it was read for."),
    Column("license", "VARCHAR", "Its license, from the input or the recipe."),
    Column("date", "VARCHAR", "When it was fetched, as text in the order of time."),
    Column("dump", "VARCHAR", "The crawl that it is from."),
    Column("parent_id", "VARCHAR", "Of a child (`synth`): the id of the document that it was made from."),
)
LAST = (
    Column("text", "VARCHAR", "Its text, as the last step left it."),
    Column("extra", "VARCHAR", "Other fields of the input record, as JSON."),
)
MIXTURE = (
    Column("window", "UINTEGER", "The window that it stands in, from 0."),
    Column("shard", "UINTEGER", "The file `windows-<shard>.bin`."),
    Column("offset", "UBIGINT", "Where it starts in that file, in tokens."),
    Column("length", "UINTEGER", "Its tokens."),
    Column("source", "VARCHAR", "The corpus that it is from."),
    Column("id", "VARCHAR", "The document that it is a piece of."),
    Column("start", "UINTEGER", "Where it starts in that document, in tokens."),
    Column("epoch", "UINTEGER", "How many times the document was there before."),
    Column("stage", "UINTEGER", "The stage of the mixture, from 0."),
)
FROM_DATA = {
    "documents": "One row per document and corpus, with its fate.",
    "mixture": "One row per piece of a document in the mixture.",
}
"""Name -> about, of the views that read the store's files."""


def columns_of(state: State, view: str) -> tuple[Column, ...]:
    """The columns of a view that needs files."""
    if view == "mixture":
        return MIXTURE
    known = {c.name for c in (*FIRST, *LAST)}
    given = [(name, dtypes, step) for name, dtypes, step in _dtypes(state).values() if name not in known]
    found = [Column(name, sql_type(dtypes), f"Given by {step}.") for name, dtypes, step in given]
    return (*FIRST, *found, *LAST)


def select_of(state: State, view: str) -> str:
    """The SQL of a view that needs files."""
    columns = columns_of(state, view)
    if view == "documents":
        odd = {key for key, (_, dtypes, _) in _dtypes(state).items() if _is_odd(dtypes)}
        parts = [sql for name, node in state.plan.ends.items() for sql in corpus_sql(state, name, node, odd)]
        return " union all by name ".join([f"({table(columns)})", *parts])
    node = state.plan.nodes.get("mixture")
    if node is None or node.plan_key not in state.done:
        return table(columns)
    index = exact_path(state.piece(node).folder / "index.parquet")
    names = ", ".join(quoted(c.name) for c in columns)
    return f"select {names} from read_parquet({literal(index)}, hive_partitioning=false)"


def _dtypes(state: State) -> dict[str, tuple[str, set[str], str]]:
    """Name as DuckDB compares it -> (name, types in the corpora, first step) of every column that a corpus has or will have."""
    found: dict[str, tuple[str, set[str], str]] = {}
    for end in state.plan.ends.values():
        for node in list(end.upstream())[::-1]:
            for column, dtype in node.adds.items():
                found.setdefault(folded(column), (column, set(), node.own["step"]))[1].add(str(dtype))
    return found


def _is_odd(dtypes: set[str]) -> bool:
    """Whether a column holds numbers in one corpus and something else in another; the view shows it as JSON text."""
    return len({"number" if NUMBER.fullmatch(dtype) else dtype for dtype in dtypes}) > 1


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
    where: list[str] = []
    for position, (node, piece) in enumerate(zip(nodes, pieces, strict=True)):
        alias = f"p{position}"
        if position:
            kind = "join" if position < outside and piece.kind != "verdict" else "left join"
            joins.append(f"{kind} {_scan(piece, pieces[0])} {alias} using (shard)")
        if piece.kind == "verdict":
            if position < outside:
                where.append(f"{alias}.fate is null")
            else:
                fates.append((f"{alias}.fate", node.name))
                failed.append(f"nullif({alias}.failed, [])")
        else:
            for column in piece.columns.keys() - {AS_READ}:
                value = f"{alias}.{quoted(column)}"
                value = f"to_json({value})::varchar" if folded(column) in odd else value
                columns.setdefault(column, []).insert(0, value)
        lost = _errors(piece, pieces[0])
        if lost and position >= outside and node.kind not in ("read", "expand"):
            joins.append(f"left join {lost} e{position} using (shard)")
            fates.append((f"e{position}.fate", node.name))
            errors.append(f"e{position}.error")
    if not last:
        where.append(f"coalesce({', '.join(f for f, _ in fates)}) is not null" if fates else "false")
    node_of = " ".join(f"when {f} is not null then {literal(n)}" for f, n in fates)
    select = [
        f"{literal(corpus)} as corpus",
        *[f"{_first(values, 'null')} as {quoted(name)}" for name, values in columns.items()],
        f"{_first([*(f for f, _ in fates), literal('kept')], 'null')} as fate",
        f"case {node_of} end as fate_node" if fates else "null::varchar as fate_node",
        f"{_first(failed, 'null::varchar[]')} as failed",
        f"{_first(errors, 'null::varchar')} as error",
    ]
    sql = f"select {', '.join(select)} from {_scan(pieces[0], pieces[0])} p0 {' '.join(joins)}"
    sql += f" where {' and '.join(where)}" if where else ""
    unread = _errors(pieces[0], pieces[0])
    if unread and not outside and nodes[0].kind in ("read", "expand"):
        name = "parent_id" if nodes[0].kind == "expand" else "id"
        sql += (
            f" union all by name select {literal(corpus)} as corpus, id as {name}, url, fate,"
            f" {literal(nodes[0].name)} as fate_node, error from {unread}"
        )
    return f"({sql})"


def _first(values: Sequence[str], none: str) -> str:
    """The first of these expressions that is not NULL."""
    return f"coalesce({', '.join(values)})" if len(values) > 1 else (*values, none)[0]


def _scan(piece: Piece, base: Piece) -> str:
    """A piece's files as a table; `shard` tells each row from all others, by the place of its shard in the base and its number there."""
    if not piece.shards:
        return "(select null::ubigint as shard where false)"
    return f"(select *, {_place(piece, list(piece.shards), base)} as shard from {_parquet(piece, list(piece.shards))})"


def _place(piece: Piece, names: Sequence[str], base: Piece) -> str:
    """One number for (shard, row): joining by it takes half the time that joining by the shard's name and the row takes."""
    order = {name: place for place, name in enumerate(base.shards)}
    places = [order[name] for name in names]
    if any(folded(column) == "file_index" for column in piece.columns):  # hides DuckDB's own
        files = ", ".join(map(literal, names))
        return f"(({places})[list_position([{files}], parse_filename(filename))]::ubigint << 32) | row"
    at = "file_index" if places == list(range(len(places))) else f"({places})[file_index::bigint + 1]"
    return f"({at}::ubigint << 32) | row"


def _parquet(piece: Piece, names: Sequence[str]) -> str:
    """Files by their exact paths: a folder called `id=5` is no partition, one called `a[1]` no pattern."""
    files = ", ".join(literal(exact_path(piece.folder / name)) for name in names)
    return f"read_parquet([{files}], filename=true, hive_partitioning=false)"


def _errors(piece: Piece, base: Piece) -> str:
    """Rows that left a piece's node with an error, or nothing."""
    lost = [s.name for s in piece.shards.values() if s.errors]
    if not lost:
        return ""
    plain = replace(piece, columns={})
    files = _parquet(plain, [errors_name(name) for name in lost])
    return f"(select id, url, fate, error, {_place(plain, lost, base)} as shard from {files})"
