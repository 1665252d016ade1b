"""The documents that a page shows: which ones, chosen by a digest of their id, and the beginnings of their texts.

Everything is asked of DuckDB once for each corpus: a temporary table of scores and fates without texts, from which documents are chosen
and counted, and then the beginnings of the texts of those that were chosen. The page holds some hundred documents whatever the corpus.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.cards.evidence import REMOVAL
from curate.page.text import SHOWN, Formulas, cut, rounded, short
from curate.sql import folded, literal, quoted
from curate.views import columns, frame

if TYPE_CHECKING:
    import duckdb

    from curate.api import Curated

MOST = 420
"""Documents of all corpora that are chosen to be read; those on the line of a threshold and partners come on top."""
FEWEST = 4
MOST_TEXT = 1_200_000
"""Characters of all texts."""
MOST_ERROR = 300
"""Characters of what went wrong with a document; a step may say the document in it."""
VALUES = 20
"""Columns whose values are shown with a document."""
NUMBERS = ("INTEGER", "BIGINT", "DOUBLE", "FLOAT", "SMALLINT", "TINYINT")
TAKEN = ("id", "fate", "fate_node", "error", "url", "characters", "repeats")
"""Names that the table of a corpus has of its own."""
PARTNER = "_duplicate_of"
Key = tuple[str, str, bool]
"""Corpus, id, and whether it is the record that repeats another one."""


@dataclass(frozen=True)
class Facts:
    """A corpus without its texts, as a temporary table `name`."""

    corpus: str
    name: str
    numbers: tuple[str, ...]
    """Its columns of numbers, those that clauses read first."""
    words: tuple[str, ...]
    """Other columns that are shown."""
    partners: tuple[str, ...]
    """Those of the words that may name another document."""
    removals: tuple[str, ...] = ()
    """Nodes of `removals:`. What they took out is counted and never shown, since a page may be passed on."""


@dataclass
class Shelf:
    """Documents of a page, each once; what shows one names it by its number."""

    formulas: Formulas
    numbers: dict[Key, int] = field(default_factory=dict)

    def number(self, corpus: str, id_: str, repeats: bool = False) -> int:
        return self.numbers.setdefault((corpus, id_, repeats), len(self.numbers))


def facts_of(curated: Curated, connection: duckdb.DuckDBPyConnection, place: int, corpus: str) -> Facts:
    """Make the table of a corpus."""
    end, built = curated.planned.ends[corpus], curated.built
    nodes = [node for node in end.upstream() if node.plan_key in built.done]
    own = {c for node in nodes for c in node.adds if node.kind != "ask" and folded(c) not in TAKEN}
    types = {c.name: c.type for c in columns(built, "documents")}
    read = " ".join(text for node in nodes for _, text in node.clauses)
    given = [c for c in types if c in own and types[c].removeprefix("U") in NUMBERS]
    numbers = sorted(given, key=lambda c: c not in read)
    found = {c for node in nodes if node.kind == "across" for c in node.adds if "leak_" not in c}
    partners = tuple(c for c in types if c in found and types[c] == "VARCHAR")
    leaks = [c for c in types if c in own and "leak_" in c and types[c] == "VARCHAR"]
    words = (*partners, *leaks, *(c for c in ("language", "source", "date", "license") if c in types and c in own))
    name = f"page_{place}"
    taken = ", ".join(map(quoted, dict.fromkeys((*numbers, *words))))
    connection.execute(
        f"create temp table {name} as select id, fate, fate_node, left(error, {MOST_ERROR + 1}) as error, url, length(text) as characters"
        f"{', ' + taken if taken else ''} from documents where corpus = {literal(corpus)} and id is not null"
    )
    removals = tuple(n.name for n in nodes if n.kind == "keep" and n.chain and n.chain.own["step"] == REMOVAL)
    return Facts(corpus, name, tuple(numbers), words, partners, removals)


def choose(connection: duckdb.DuckDBPyConnection, facts: Facts, shelf: Shelf, share: int) -> None:
    """Documents of each fate: most of those that are kept, some of each kind that is not."""
    of_each = max(FEWEST, share // 6)
    hidden = ", ".join(map(literal, ("", *facts.removals)))
    rows = connection.execute(
        "select id, fate from (select id, fate, row_number() over (partition by fate order by sha256(id), id) as place"
        f" from {facts.name} where id not in (select id from {facts.name} where fate_node in ({hidden})))"
        f" where place <= case fate when 'kept' then {share} else {of_each} end"
        " order by fate <> 'kept', fate, place"
    ).fetchall()
    for id_, fate in rows[: 3 * share]:
        shelf.number(facts.corpus, id_, fate == "repeat")


def told(connection: duckdb.DuckDBPyConnection, facts: Facts, shelf: Shelf) -> Iterable[tuple[int, dict[str, Any]]]:
    """(number, document) for every chosen document of a corpus, with the beginning of its text."""
    wanted = {(id_, repeats): n for (corpus, id_, repeats), n in shelf.numbers.items() if corpus == facts.corpus}
    if not wanted:
        return
    most = max(200, min(SHOWN, MOST_TEXT // len(shelf.numbers)))
    ids = ", ".join(literal(one) for one in sorted({id_ for id_, _ in wanted}))
    texts = frame(
        connection,
        f"select id, fate = 'repeat' as repeats, min(left(text, {most})) as text from documents"
        f" where corpus = {literal(facts.corpus)} and id in ({ids}) group by all order by all",
    )
    rows = frame(connection, f"select * from {facts.name} where id in ({ids}) order by all")
    text_of = {(row["id"], row["repeats"]): row["text"] for row in texts.to_dicts()}
    for row in rows.unique(["id", "fate"], keep="first", maintain_order=True).to_dicts():
        key = (row["id"], row["fate"] == "repeat")
        if (number := wanted.pop(key, None)) is not None:
            yield number, _document(facts, row, text_of.get(key) or "", shelf)


def _document(facts: Facts, row: dict[str, Any], text: str, shelf: Shelf) -> dict[str, Any]:
    values = {c: _value(row[c]) for c in (*facts.words, *facts.numbers) if row[c] is not None}
    length = row["characters"] or 0
    return {
        "corpus": facts.corpus,
        "id": cut(row["id"], 200),
        "fate": cut(row["fate"], 200),
        "node": row["fate_node"],
        "url": cut(row["url"] or "", 300),
        "error": short(row["error"] or "", MOST_ERROR),
        "values": dict(list(values.items())[:VALUES]),
        "characters": length,
        "cut": length - len(text),
        "text": shelf.formulas.pieces(cut(text)),
    }


def _value(value: Any) -> Any:
    """A number as short as it is shown, or the beginning of a text; infinity, which JSON has not, as text."""
    if isinstance(value, float):
        return rounded(value, 4) if math.isfinite(value) else str(value)
    return cut(value, 80) if isinstance(value, str) else value


def pairs(connection: duckdb.DuckDBPyConnection, facts: Facts, shelf: Shelf, most: int) -> list[dict[str, Any]]:
    """Documents that a step of the whole corpus found to be like another one, by the column that names it, and how alike."""
    found = []
    for column in facts.partners:
        alike = column.removesuffix(PARTNER) + "_jaccard"
        share = quoted(alike) if alike in facts.numbers else "null::double"
        rows = frame(
            connection,
            f"select id, {quoted(column)} as partner, {share} as alike, count(*) over () as all from {facts.name}"
            f" where {quoted(column)} in (select id from {facts.name}) order by sha256(id), id limit {most}",
        )
        for row in rows.to_dicts():
            found.append(
                {
                    "corpus": facts.corpus,
                    "column": column,
                    "of": row["all"],
                    "alike": _value(row["alike"]),
                    "document": shelf.number(facts.corpus, row["id"]),
                    "partner": shelf.number(facts.corpus, row["partner"]),
                }
            )
    return found


def leaks(curated: Curated, connection: duckdb.DuckDBPyConnection, facts: Facts, shelf: Shelf, most: int) -> list[Any]:
    """Documents in which a step found an item of a benchmark, with the item."""
    from curate.evidence import item

    found = []
    for prefix in [c.removesuffix("item") for c in facts.words if c.endswith("leak_item")]:
        node = next(n for n in curated.planned.ends[facts.corpus].upstream() if f"{prefix}item" in n.adds)
        names = {part: quoted(prefix + part) for part in ("benchmark", "item", "overlap", "masked", "span")}
        have = {part: name for part, name in names.items() if prefix + part in (*facts.words, *facts.numbers)}
        rows = frame(
            connection,
            f"select id, fate, count(*) over () as all, {', '.join(f'{name} as {part}' for part, name in have.items())}"
            f" from {facts.name} where {names['item']} is not null order by fate = 'kept', sha256(id), id limit {most}",
        )
        for row in rows.to_dicts():
            asked = item(curated, node, str(row.get("benchmark")), str(row["item"]))
            found.append(
                {
                    "corpus": facts.corpus,
                    "node": node.name,
                    "of": row["all"],
                    "document": shelf.number(facts.corpus, row["id"]),
                    "benchmark": cut(row.get("benchmark") or "", 100),
                    "item": cut(row["item"], 100),
                    "overlap": _value(row.get("overlap")),
                    "masked": _value(row.get("masked")),
                    "span": shelf.formulas.pieces(cut(row.get("span") or "", 600)),
                    "problem": shelf.formulas.pieces(cut(str(asked.get("problem") or ""), 1_200)),
                    "answer": cut(str(asked.get("answer") or ""), 200),
                }
            )
    return found


def counted(connection: duckdb.DuckDBPyConnection, facts: Facts) -> pl.DataFrame:
    """Documents and characters that ended at each node; `fate_node` is null for those that were kept."""
    return frame(
        connection,
        f"select fate_node, count(*) as documents, coalesce(sum(characters), 0)::bigint as characters"
        f" from {facts.name} group by all order by all",
    )
