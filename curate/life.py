"""The lives of documents: what each node of a corpus said of them, from the record they were read as to the fate they met.

Many lives are told at once, node by node, from the pieces that a build stored: of every piece only the rows in question are read, and of
texts only their lengths. A document that a corpus takes over from another one (`from: web`) has its own life there, which begins where
the other's ends. Evidence that is looked up or worked out for few documents stands in `curate/evidence.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from curate import gather
from curate.artifact import AS_READ, ROW
from curate.clauses import parse
from curate.gather import SHARD
from curate.plan import INHERITED

if TYPE_CHECKING:
    from curate.plan import Node
    from curate.state import State

LENGTH = pl.col("text").str.len_chars().alias("characters")
KEPT = "kept"
UNKNOWN = "not built"


@dataclass(eq=False)
class Life:
    """One document in one corpus. `values` are its columns without the text, as they stand when it leaves."""

    corpus: str
    id: str | None
    shard: str
    row: int
    base: Node
    """The node whose rows `shard` and `row` number."""
    values: dict[str, Any] = field(default_factory=dict)
    characters: int | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    bases: list[tuple[Node, str, int]] = field(default_factory=list)
    """Every base it lay in, with its place there."""
    fate: str | None = None
    fate_node: str | None = None
    failed: list[str] | None = None
    error: str | None = None
    nodes: list[Node] = field(default_factory=list)
    """The node of each event."""
    evidence: dict[str, Any] = field(default_factory=dict)
    is_parent: bool = False
    """It is no document of the corpus, but one that an expand step made none of."""

    def tell(self, node: Node, **facts: Any) -> None:
        """Add what a node did with it."""
        self.events.append({"node": node.name, "step": node.own["step"], "kind": node.kind, **facts})
        self.nodes.append(node)

    def end(self, fate: str, node: Node | None = None, error: str | None = None) -> None:
        self.fate, self.fate_node, self.error = fate, node.name if node else None, error

    def payload(self) -> dict[str, Any]:
        """As JSON."""
        head = {c: self.values.get(c) for c in ("parent_id", *INHERITED) if c in self.values}
        fate = {"fate": self.fate, "fate_node": self.fate_node, "failed": self.failed, "error": self.error}
        return {"corpus": self.corpus, "id": self.id, **head, **fate, "events": self.events, **self.evidence}

    def short(self) -> dict[str, Any]:
        """Who it is and what became of it."""
        return {
            "corpus": self.corpus,
            "id": self.id,
            "url": self.values.get("url"),
            "fate": self.fate,
            "fate_node": self.fate_node,
        }


def lives(state: State, ids: Iterable[str]) -> list[Life]:
    """Every life of these documents, corpus after corpus, as far as each is built."""
    wanted = sorted(set(ids))
    return [life for corpus in state.plan.ends for life in in_corpus(state, corpus, wanted)]


def in_corpus(state: State, corpus: str, ids: Sequence[str]) -> list[Life]:
    """The lives of these documents in one corpus."""
    chain = list(state.plan.ends[corpus].upstream())[::-1]
    first = next((i for i, node in enumerate(chain) if node.corpus == corpus), len(chain))
    found: list[Life] = []
    if first == len(chain) or chain[first].kind not in ("read", "expand"):
        found += _taken_over(state, corpus, chain[first - 1], ids)
    alive = list(found)
    for place, node in enumerate(chain[first:], first):
        if node.plan_key not in state.done:
            _end_all(alive, UNKNOWN, node)
            return found
        if node.kind == "expand" and all(other.kind == "ask" for other in chain[first:place]):
            found = [life for life in found if life.fate is not None]  # what was only asked about has no life here
            alive = []
        if node.kind in ("read", "expand"):
            _end_all(alive, "expanded", node)
            begun = [*_born(state, corpus, node, ids), *_stillborn(state, corpus, node, ids)]
            found += begun
            alive = [life for life in begun if life.fate is None]
        else:
            _pass(state, node, alive)
            alive = [life for life in alive if life.fate is None]
    _end_all(alive, KEPT)
    return found


def _end_all(lives_: Iterable[Life], fate: str, node: Node | None = None) -> None:
    for life in lives_:
        life.end(fate, node)


# beginnings


def _born(state: State, corpus: str, node: Node, ids: Sequence[str]) -> Iterator[Life]:
    """Documents that a reader read or an expand step made."""
    piece = state.piece(node)
    columns = [c for c in piece.columns if c != "text"]
    rows = gather.search(piece, pl.col("id").is_in(pl.Series(ids, dtype=pl.String).implode()), ["id"])
    for row in gather.some(piece, rows, [*columns, LENGTH]).to_dicts():
        shard, number, characters = row.pop(SHARD), row.pop(ROW), row.pop("characters")
        life = Life(corpus, row["id"], shard, number, node, row, characters, bases=[(node, shard, number)])
        own = {c: row[c] for c in node.adds if c in row and c not in ("id", "parent_id", *INHERITED)}
        life.tell(node, characters=characters, columns=own)
        yield life


def _stillborn(state: State, corpus: str, node: Node, ids: Sequence[str]) -> Iterator[Life]:
    """Records that could not be read, and documents that an expand step made none of."""
    for row in gather.lost(state.piece(node), pl.col("id").is_in(pl.Series(ids, dtype=pl.String).implode())).to_dicts():
        life = Life(corpus, row["id"], row[SHARD], row[ROW], node, {"url": row["url"]})
        life.is_parent = node.kind == "expand"
        life.tell(node, fate=row["fate"], error=row["error"])
        life.end(row["fate"], node, row["error"])
        yield life


def _taken_over(state: State, corpus: str, last: Node, ids: Sequence[str]) -> list[Life]:
    """Documents that the corpus takes from the end of another one, with the columns they have there."""
    if last.plan_key not in state.done or last.base.plan_key not in state.done:
        return []
    view = state.reading(state.view(last))
    rows = gather.search(view.pieces[0], pl.col("id").is_in(pl.Series(ids, dtype=pl.String).implode()), ["id"])
    rows = rows.join(live(state, last, rows), on=[SHARD, ROW], how="semi", maintain_order="left")
    whole = gather.joined(view, rows.drop("id"), [c for c in last.schema if c not in ("text", AS_READ)])
    whole = whole.join(
        gather.some(view.owners()["text"], rows, [LENGTH]), on=[SHARD, ROW], how="left", maintain_order="left"
    )
    found = []
    for row in whole.to_dicts():
        place = row.pop(SHARD), row.pop(ROW)
        characters = row.pop("characters")
        found.append(Life(corpus, row["id"], *place, last.base, row, characters, bases=[(last.base, *place)]))
    return found


def live(state: State, node: Node, rows: pl.DataFrame) -> pl.DataFrame:
    """Those rows that go on from a node."""
    piece = state.piece(node)
    if piece.kind == "verdict":
        return gather.some(piece, rows, ["fate"]).filter(pl.col("fate").is_null())
    return gather.some(piece, rows, [])


# nodes


def _pass(state: State, node: Node, alive: Sequence[Life]) -> None:
    """Tell one node of the documents that come to it."""
    if not alive:
        return
    if node.kind == "across":
        _laid_anew(state, node, alive)
    elif node.kind in ("keep", "repeat"):
        _judged(state, node, alive)
    else:
        _given_columns(state, node, alive)


def _rows(alive: Sequence[Life]) -> pl.DataFrame:
    return pl.DataFrame(
        {SHARD: [life.shard for life in alive], ROW: [life.row for life in alive]},
        schema={SHARD: pl.String, ROW: pl.UInt32},
    )


def _by_row(found: pl.DataFrame) -> dict[tuple[str, int], dict[str, Any]]:
    return {(row.pop(SHARD), row.pop(ROW)): row for row in found.to_dicts()}


def _given_columns(state: State, node: Node, alive: Sequence[Life]) -> None:
    piece, rows = state.piece(node), _rows(alive)
    columns = [c for c in node.adds if c != "text"]
    found = _by_row(gather.some(piece, rows, [*columns, *([LENGTH] if "text" in node.adds else [])]))
    lost = {}
    if len(found) < len(alive):
        lost = _by_row(gather.lost(piece, pl.col(ROW).is_in(rows[ROW].unique().implode())))
    for life in alive:
        row, gone = found.get((life.shard, life.row)), lost.get((life.shard, life.row))
        if row is not None:
            lengths = {}
            if "text" in node.adds:
                lengths = {"characters_before": life.characters, "characters": row.pop("characters")}
                life.characters = lengths["characters"]
            life.values |= row
            life.tell(node, **lengths, columns=row)
        elif gone is not None:
            life.tell(node, fate=gone["fate"], error=gone["error"])
            life.end(gone["fate"], node, gone["error"])


def _laid_anew(state: State, node: Node, alive: Sequence[Life]) -> None:
    """An across step stores its rows anew, sorted by id."""
    piece = state.piece(node)
    ids = pl.Series([life.id for life in alive], dtype=pl.String).unique().sort()
    found = gather.search(piece, pl.col("id").is_in(ids.implode()), ["id", *node.adds])
    rows = {row["id"]: row for row in found.to_dicts()}
    for life in alive:
        row = rows[str(life.id)]
        life.shard, life.row, life.base = row[SHARD], row[ROW], node
        life.bases.append((node, life.shard, life.row))
        given = {c: row[c] for c in node.adds}
        life.values |= given
        life.tell(node, columns=given)


def _judged(state: State, node: Node, alive: Sequence[Life]) -> None:
    found = _by_row(gather.some(state.piece(node), _rows(alive), ["fate", "failed"]))
    answers = _answers(node, alive) if node.kind == "keep" else []
    for position, life in enumerate(alive):
        verdict = found[life.shard, life.row]
        told = [
            _clause(*clause, life, verdict, answers[i][position]) for i, clause in enumerate(node.clauses) if answers
        ]
        life.tell(node, fate=verdict["fate"], **({"clauses": told} if answers else {}))
        if verdict["fate"] is not None:
            life.failed = verdict["failed"]
            life.end(verdict["fate"], node)


def _answers(node: Node, alive: Sequence[Life]) -> list[list[bool | None]]:
    """What each clause says of each document; None also where it reads the text, which is not loaded here."""
    columns = {c: node.schema[c] for c in node.reads if c != "text"}
    docs = pl.DataFrame([{c: life.values.get(c) for c in columns} for life in alive], schema=columns)
    told: list[list[bool | None]] = []
    for _, text in node.clauses:
        clause = parse(text)
        readable = "text" not in clause.columns
        told.append(docs.select(clause.polars()).to_series().to_list() if readable else [None] * len(alive))
    return told


def _clause(name: str, text: str, life: Life, verdict: dict[str, Any], answer: bool | None) -> dict[str, Any]:
    """The verdict is what was stored; the answer only tells a failed clause from an undecided one."""
    failed = name in (verdict["failed"] or [])
    deciding = failed and verdict["failed"][0] == name
    undecided = verdict["fate"] == "undecided" if deciding else answer is None
    return {
        "clause": name,
        "text": text,
        "values": {c: life.values.get(c) for c in sorted(parse(text).columns) if c != "text"},
        "verdict": "passed" if not failed else "undecided" if undecided else "failed",
        "deciding": deciding,
    }
