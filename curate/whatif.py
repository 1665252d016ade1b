"""What another clause would keep, from what is stored: nothing is built, and no text is read but that of the examples.

The keep node stays where it stands. Its verdicts say which documents reached it and which of its clauses each failed, so the other clauses
need no second look; the new clause is judged on the stored columns by the expression that a build uses. Behind the keep, documents that
are newly let in have no scores yet. They are followed as far as columns from before it decide, up to the first node that needs the whole
corpus. Left out: which of them an earlier build scored already (`curate plan` says that of an edited recipe), and how a mixture changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from curate import gather
from curate.artifact import AS_READ
from curate.clause_conditions import Between, Comparison
from curate.clause_values import Value
from curate.clauses import Clause, parse
from curate.errors import CurateError, did_you_mean
from curate.gather import Places, Reached
from curate.whatif_after import followed
from curate.whatif_tokens import COUNT, LENGTH, Tokens, tokens

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.plan import Node

NAMED = re.compile(r"\s*([A-Za-z_]\w*)\s*(:|=(?!=))\s*(.*)", re.DOTALL)
CHARACTERS = 200
"""Text of an example."""


@dataclass(frozen=True)
class Question:
    """One clause of one keep node, and what is to stand in its place; None for nothing."""

    node: Node
    name: str
    old: Clause
    new: Clause | None


def whatif(curated: Curated, corpus: str, asked: str, n: int) -> dict[str, Any]:
    """See `Curated.whatif`."""
    question = understood(curated, corpus, asked)
    node, state = question.node, curated.built
    if node.plan_key not in state.done:
        raise CurateError(
            f"{node.name} is not built as it stands now; run curate build {curated.title} --only {corpus}"
        )
    assert node.chain
    read = (node.chain.schema.keys() - {"text", AS_READ}) | (question.new.columns if question.new else set())
    reached = Reached(state.piece(node), state.reading(state.view(node.chain), read))
    gained, lost, counts = compared(question, reached)
    if n and gained.len() + lost.len():
        state.reading(reached.before, ["text"])  # of the examples
    facts = described(reached, pl.concat([gained, lost]))
    facts = facts.with_columns(gained=pl.int_range(pl.len()) < gained.len())
    estimate = tokens(curated, node, reached, facts, lost)
    facts = facts.with_columns(tokens=estimate.each)
    return {
        "recipe": curated.name,
        "corpus": corpus,
        "node": node.name,
        "clause": question.name,
        "was": question.old.canonical,
        "then": question.new.canonical if question.new else None,
        "documents": counts,
        "tokens": _summed_tokens(facts, estimate),
        "by_source": _by(facts, "source"),
        "by_year": _by(facts, "year"),
        "after": followed(curated, corpus, node, reached, gained, lost),
        "made_from_it": [
            name for name, end in curated.planned.ends.items() if name != corpus and node in end.upstream()
        ],
        "examples": _examples(question, reached, gained, lost, n),
    }


# the question


def understood(curated: Curated, corpus: str, asked: str) -> Question:
    """Which clause is meant. CurateError lists the clauses where that is not clear."""
    if corpus not in curated.planned.ends:
        raise CurateError(f"{curated.title} has no corpus {corpus!r}{did_you_mean(corpus, curated.planned.ends)}")
    nodes = [n for n in curated.planned.ends[corpus].upstream() if n.corpus == corpus and n.kind == "keep"][::-1]
    known = [(node, name, parse(text)) for node in nodes for name, text in node.clauses]
    found = NAMED.fullmatch(asked)
    if found and (
        found[2] == ":" or (any(name == found[1] for _, name, _ in known) and found[1] not in _columns(nodes))
    ):
        chosen = [one for one in known if one[1] == found[1]]
        if not chosen:
            raise CurateError(f"{corpus} has no clause {found[1]!r}; {_told(corpus, known)}")
        new = None if found[3].strip().lower() in ("null", "none") else _parsed(found[3])
    else:
        new = _parsed(asked)
        chosen = [one for one in known if one[2].columns == new.columns]
        if len(chosen) != 1:
            which = f"{len(chosen)} clauses of {corpus} read" if chosen else f"no clause of {corpus} reads"
            raise CurateError(f"{which} {' and '.join(sorted(new.columns))} alone; {_told(corpus, known, new.columns)}")
    if len(chosen) > 1:
        raise CurateError(
            f"{corpus} has {len(chosen)} clauses {found[1] if found else asked!r}; give them different names"
        )
    node, name, old = chosen[0]
    if new:
        try:
            new.check({c: t for c, t in node.schema.items() if c != AS_READ})
        except CurateError as error:
            raise CurateError(f"clause {name} of {node.name}: {error.message}") from None
    return Question(node, name, old, new)


def _parsed(text: str) -> Clause:
    try:
        return parse(text)
    except CurateError as error:
        raise CurateError(f"the clause {error.message}") from None


def _columns(nodes: list[Node]) -> set[str]:
    return {column for node in nodes for column in node.schema}


def _told(corpus: str, known: list[tuple[Node, str, Clause]], columns: Iterable[str] = ()) -> str:
    """What the clauses are, and how to name one, if possible one that reads some of the columns."""
    if not known:
        return "it has no clause at all"
    clauses = ", ".join(f"{name}: {clause.canonical}" for _, name, clause in known)
    _, name, clause = next((one for one in known if not one[2].columns.isdisjoint(columns)), known[0])
    return f"say which one to replace, as in '{name}: {clause.canonical}'. The clauses of {corpus}: {clauses}"


# the answer


def compared(question: Question, reached: Reached) -> tuple[Places, Places, dict[str, int]]:
    """Places of the documents gained and of those lost, and how many documents there are."""
    failed = gather.whole(reached.piece, ["failed"])["failed"]
    number = failed.list.len()
    kept, alone = number == 0, (number == 1) & (failed.list.first() == question.name)
    every = reached.places
    if question.new:
        docs = reached.load(sorted(question.new.columns))
        answer = docs.select(question.new.polars().alias("answer")).to_series()
    else:
        answer = pl.repeat(True, every.len(), dtype=pl.Boolean, eager=True)
    yes = answer.fill_null(False)
    gained, lost = (every.filter(mask) for mask in (alone & yes, kept & ~yes))
    now = int(kept.sum())
    return gained, lost, {
        "reached": every.len(),
        "now": now,
        "then": now + gained.len() - lost.len(),
        "gained": gained.len(),
        "lost": lost.len(),
        "undecided": int(((kept | alone) & answer.is_null()).sum()),
    }  # fmt: skip


def described(reached: Reached, changed: Places) -> pl.DataFrame:
    """`source`, `year` and, where they are scored, length and token count of the documents that change sides."""
    owners = reached.before.owners()
    facts = reached.load([c for c in ("source", "date", LENGTH, COUNT) if c in owners], changed)
    year = pl.col("date").cast(pl.String).str.extract(r"^(\d{4})").fill_null("unknown")
    return facts.with_columns(year=year, source=pl.col("source").cast(pl.String).fill_null("unknown")).drop("date")


def _summed_tokens(facts: pl.DataFrame, estimate: Tokens) -> dict[str, Any]:
    known = bool(facts["tokens"].is_not_null().any()) or not facts.height
    sums = {side: round(facts.filter(gained=side == "gained")["tokens"].sum()) for side in ("gained", "lost")}
    return {
        **{side: value if known else None for side, value in sums.items()},
        "exact": estimate.exact,
        "how": estimate.how,
    }


def _by(facts: pl.DataFrame, column: str) -> list[dict[str, Any]]:
    """Documents and tokens gained and lost by the values of a column."""
    gained = pl.col("gained")
    made = facts.group_by(column).agg(
        gained.sum().cast(pl.Int64),
        (~gained).sum().cast(pl.Int64).alias("lost"),
        *[
            pl.when(pl.col("tokens").is_not_null().any())
            .then(pl.col("tokens").filter(side).sum().round().cast(pl.Int64))
            .alias(name)
            for name, side in (("tokens_gained", gained), ("tokens_lost", ~gained))
        ],
    )
    return made.sort(column).to_dicts()


# examples


def _examples(question: Question, reached: Reached, gained: Places, lost: Places, n: int) -> dict[str, Any]:
    """Documents on the line, closest first: half of them gained and half lost, or more of one where the other has fewer."""
    sides = {"gained": _near(question, reached, gained), "lost": _near(question, reached, lost)}
    most = {
        "gained": max(n - min(len(sides["lost"]), n // 2), 0),
        "lost": max(n - min(len(sides["gained"]), n - n // 2), 0),
    }
    return {side: _read(question, reached, found[: most[side]]) for side, found in sides.items()}


def _near(question: Question, reached: Reached, found: Places) -> Places:
    distance = _distance(question.new) if question.new else None
    distance = distance if distance is not None else _distance(question.old)
    if distance is None or not found.len():
        return found
    docs = reached.load(sorted(set(distance.meta.root_names())), found)
    return found.gather(docs.select(distance.alias("distance")).to_series().arg_sort(nulls_last=True))


def _distance(clause: Clause) -> pl.Expr | None:
    """How far a document is from the nearest number that the clause compares something with; None if there is no such number."""
    ends = []
    for node in clause.node.walk():
        if isinstance(node, Comparison):
            pairs = [(node.left, node.right), (node.right, node.left)]
        else:
            pairs = [(node.operand, node.low), (node.operand, node.high)] if isinstance(node, Between) else []
        for measured, end in pairs:
            if isinstance(end, Value) and type(end.value) in (int, float) and not isinstance(measured, Value):
                ends.append((measured.polars().cast(pl.Float64) - float(end.value)).abs())
    return pl.min_horizontal(ends) if ends else None


def _read(question: Question, reached: Reached, found: Places) -> list[dict[str, Any]]:
    """Id, url, date, the values that decide and the beginning of the text."""
    columns = sorted(question.old.columns | (question.new.columns if question.new else set()))
    shown = [c for c in dict.fromkeys(["id", "url", "date", *columns]) if c in reached.before.owners() and c != "text"]
    rows = gather.joined(reached.before, gather.named(found, list(reached.piece.shards)), [*shown, "text"])
    rows = rows.with_columns(pl.col("text").str.slice(0, CHARACTERS))
    values = [c for c in columns if c not in ("id", "url", "date", "text")]
    return [
        {**{c: row.get(c) for c in ("id", "url", "date")}, "values": {c: row[c] for c in values}, "text": row["text"]}
        for row in rows.to_dicts()
    ]
