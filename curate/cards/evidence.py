"""What a card says, as data: gathered from the lock, the plan, the manifests, and a few counts over the stored documents.

`facts` is what `curate card R --json` prints and what the other forms are made of. It holds no path, host, date or duration, and no key of
a step, so that two stores with the same bytes give the same card, and a refactor that changes no byte changes no card.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from curate.cards import evidence_steps, rights
from curate.cards.evidence_steps import ACCEPTED, is_asked
from curate.cards.licenses import LONGEST
from curate.errors import CurateError
from curate.figures import source_rows
from curate.identity import digest
from curate.lock import COUNTS, Line, Lock
from curate.sql import literal, quoted

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.plan import Node

Row = dict[str, Any]
ENDS = ("_verdict", "_pieces", "_original")
"""How columns of a rewriting step end: its verdict, the pieces of a text, and those of them that stand as they were."""
REMOVAL = "score.removal"
"""The step of `removals:`, whose column says nothing of documents that are kept."""
LANGUAGES = 20
"""Languages that a card names, the most frequent first."""


def facts(recipe: Curated, lock: Lock) -> Row:
    """All that a card says, in the order in which it says it. CurateError if the recipe is not built."""
    if todo := recipe.todo():
        raise CurateError(f"{todo[0].name} is not built; run curate build {recipe.title}", where=recipe.title)
    corpora = covered(recipe, lock)
    kept = _kept(recipe, lock, corpora)
    parts = parts_of(recipe, lock, kept)
    return {
        "name": recipe.title,
        "version": lock.version,
        "about": recipe.recipe.about,
        "use": recipe.recipe.use,
        "sample": recipe.fraction,
        **({"published": list(lock.published)} if lock.published else {}),
        "license": rights.whole(parts),
        "documents": sum(row["documents"] for row in kept),
        "languages": _languages(recipe, lock, corpora),
        "corpora": [_corpus(recipe, lock, name, kept) for name in corpora],
        "kept": kept,
        "inputs": list(_inputs(recipe, lock, corpora)),
        "mixture": _mixture(recipe, lock),
        "models": rights.models(recipe.planned, corpora, recipe.project),
        "written": list(_written(recipe, lock, corpora)),
        "funnel": list(evidence_steps.funnel(lock)),
        "dedup": list(evidence_steps.dedup(recipe)),
        "decontamination": list(evidence_steps.decontamination(recipe)),
        "benchmarks": {n.partition("/")[2]: i["digest"] for n, i in lock.inputs.items() if n.startswith("benchmarks/")},
        "canaries": recipe.canaries(),
        "unchecked": recipe.unchecked(),
        "verdicts": list(evidence_steps.verdicts(recipe)),
        "digests": _digests(recipe, lock),
        "pinned": _pinned(recipe, lock),
    }


def covered(recipe: Curated, lock: Lock) -> list[str]:
    """The corpora whose documents are in the output: all, or those that are published, and those of the mixture if that is."""
    if not lock.published:
        return list(recipe.planned.ends)
    names = {*lock.published, *(lock.sources if "mixture" in lock.published else ())}
    return [name for name in recipe.planned.ends if name in names]


def parts_of(recipe: Curated, lock: Lock, kept: list[Row] | None = None) -> list[rights.Brought]:
    """What brings a license into what is built, by what the kept documents say themselves (`curate.cards.rights.brought`)."""
    corpora = covered(recipe, lock)
    rows = _kept(recipe, lock, corpora) if kept is None else kept
    return rights.brought(recipe.planned, recipe.project, [(row["corpus"], row["license"]) for row in rows], corpora)


def _kept(recipe: Curated, lock: Lock, corpora: list[str]) -> list[Row]:
    """Kept documents by corpus, the corpus that they were read for, and license, with their tokens in the mixture."""
    taken = "select null::varchar as source, null::varchar as id, null::bigint as n where false"
    if lock.sources:
        taken = "select source, id, sum(length)::bigint as n from mixture group by all"
    sql = f"""
        select d.corpus, d.source, left(d.license, {LONGEST + 1}) as license,
          count(*)::bigint as documents, coalesce(sum(t.n), 0)::bigint as tokens
        from documents d left join ({taken}) t on t.source = d.corpus and t.id = d.id
        where d.fate = 'kept' and d.corpus in ({_texts(corpora)}) and {_is_out(lock)} group by all order by all"""
    rows = recipe.sql(sql).to_dicts()
    return [row if lock.sources else {**row, "tokens": None} for row in rows]


def _is_out(lock: Lock) -> str:
    """A condition of documents `d`, true of those in the output: of corpora of which the mixture alone is published, what it uses."""
    if "mixture" not in lock.published:
        return "true"
    return f"(d.corpus in ({_texts(lock.published)}) or (d.corpus, d.id) in (select source, id from mixture))"


def _texts(names: Iterable[str]) -> str:
    return ", ".join(map(literal, names)) or "null"


def _languages(recipe: Curated, lock: Lock, corpora: list[str]) -> list[str]:
    """What the scored column `language` says of the kept documents, most frequent first; nothing where no step scores it."""
    if "language" not in {name for corpus in corpora for name in recipe.planned.ends[corpus].schema}:
        return []
    sql = f"""select d.language::varchar as said from documents d
        where d.fate = 'kept' and d.language is not null and d.corpus in ({_texts(corpora)}) and {_is_out(lock)}
        group by said order by count(*) desc, said limit {LANGUAGES}"""
    return recipe.sql(sql)["said"].to_list()


def _corpus(recipe: Curated, lock: Lock, name: str, kept: list[Row]) -> Row:
    """One corpus of the output: its documents, columns and digest."""
    node = recipe.planned.ends[name]
    reads = [reader.corpus for reader in rights.readers(recipe.planned, [name])]
    said = recipe.recipe.corpora.get(name)
    hidden = {column for one in node.upstream() if one.own["step"] == REMOVAL for column in one.adds}
    return {
        "corpus": name,
        "about": said.about if said else "",
        "in_mixture": name in lock.sources,
        "documents": sum(row["documents"] for row in kept if row["corpus"] == name),
        "reads": list(dict.fromkeys(reads)),
        "content": _content(recipe, node),
        "decontaminated": evidence_steps.is_decontaminated(node),
        "columns": {column: str(kind) for column, kind in node.schema.items() if column not in hidden},
    }


def _content(recipe: Curated, node: Node) -> str:
    """Digest of a corpus: of all pieces that its documents are made of."""
    above = [recipe.built.done[one.plan_key].content for one in node.upstream() if one.kind != "ask"]
    return digest(above)


def _inputs(recipe: Curated, lock: Lock, corpora: list[str]) -> Iterator[Row]:
    """What the corpora of the output are read from."""
    names = {node.plan_key: name for name, node in recipe.planned.nodes.items()}
    for node in rights.readers(recipe.planned, corpora):
        name, card = names[node.plan_key], node.card
        entry = recipe.recipe.corpora.get(node.corpus)
        line = lock.inputs.get(name, {})
        made = [(title, other) for title, other in lock.outputs.items() if any(title == n.name for _, n in node.others)]
        yield {
            "corpus": node.corpus,
            "step": node.own["step"],
            "hub": card.hub if card else None,
            "revision": entry.revision if entry else None,
            "license": node.own.get("license"),
            "gated": card.gated if card else False,
            "written_by": dict(card.written_by) if card else {},
            "generated": [title for title, _ in made],
            "files": line.get("files"),
            "bytes": line.get("bytes", sum(other["bytes"] for _, other in made) if made else None),
            "digest": line.get("digest", made[0][1]["content"] if len(made) == 1 else None),
            "documents": recipe.built.done[node.plan_key].rows,
        }


def _mixture(recipe: Curated, lock: Lock) -> Row:
    """Tokens, windows and sources of the mixture, by stage; empty where there is none."""
    if not lock.mixture:
        return {}
    told = recipe.built.done[recipe.planned.nodes["mixture"].plan_key].facts
    stages = range(len(told.get("stages", ())))
    return {
        **{key: lock.mixture[key] for key in COUNTS if key in lock.mixture},
        "content": lock.mixture["content"],
        "sources": source_rows(told),
        "stages": [{"share": told["stages"][stage]["share"], "sources": source_rows(told, stage)} for stage in stages],
        "held_out": told.get("held_out", {}).get("tokens", 0),
    }


def _written(recipe: Curated, lock: Lock, corpora: list[str]) -> Iterator[Row]:
    """By corpus, how many of its kept documents, and of their tokens in the mixture, hold text that a language model wrote."""
    for name in corpora:
        by = [row["model"] for row in rights.models(recipe.planned, [name], recipe.project) if row["writes"]]
        cards = [node.card for node in rights.readers(recipe.planned, [name]) if node.card]
        authors = sorted({author for card in cards for author in card.written_by})
        generated = [
            n.corpus for n in rights.readers(recipe.planned, [name]) if any(o.kind == "generate" for _, o in n.others)
        ]
        row: Row = {"corpus": name, "models": by, "authors": authors, "generated": list(dict.fromkeys(generated))}
        yield row | _share(recipe, lock, name, bool(by), bool(authors))


def _share(recipe: Curated, lock: Lock, name: str, asked: bool, authored: bool) -> Row:
    """Documents and tokens of a corpus, and those of them that are a model's. Where a guard gave a text back, it is not."""
    condition = "false"
    if authored:
        condition = "true"
    elif asked:
        chain = list(recipe.planned.ends[name].upstream())
        expanded = any(node.kind == "expand" and node.chain and node.chain.kind == "ask" for node in chain)
        verdicts = [_verdict(recipe, node) for node in chain if node.kind == "rewrite" and is_asked(node)]
        condition = "true" if expanded or None in verdicts else " or ".join(v for v in verdicts if v)
    taken = "select null::varchar as id, null::bigint as n where false"
    if lock.sources:
        taken = f"select id, sum(length)::bigint as n from mixture where source = {literal(name)} group by id"
    sql = f"""
        select count(*)::bigint as documents, coalesce(sum(t.n), 0)::bigint as tokens,
          count(*) filter ({condition})::bigint as written, coalesce(sum(t.n) filter ({condition}), 0)::bigint as written_tokens
        from documents d left join ({taken}) t on t.id = d.id where d.fate = 'kept' and d.corpus = {literal(name)} and {_is_out(lock)}"""
    row: Row = recipe.sql(sql).row(0, named=True)
    return row if lock.sources else {**row, "tokens": None, "written_tokens": None}


def _verdict(recipe: Curated, node: Node) -> str | None:
    """A condition that is true of documents of which a rewriting model wrote something; None if its verdicts are not known."""
    counted: dict[str, Any] = recipe.built.done[node.plan_key].facts.get("counts", {})
    verdict, pieces, original = (
        _ending(columns, end) for columns, end in zip((counted, node.adds, node.adds), ENDS, strict=True)
    )
    if verdict is None:
        return None
    accepted = f"{quoted(verdict)} = {literal(ACCEPTED)}"
    return f"{accepted} or {quoted(pieces)} > {quoted(original)}" if pieces and original else accepted


def _ending(columns: Iterable[str], end: str) -> str | None:
    return next((column for column in columns if column.endswith(end)), None)


def _digests(recipe: Curated, lock: Lock) -> Row:
    """What tells whether two builds are the same."""
    tokenizer = next((line["content"] for name, line in lock.nodes.items() if name.split(":")[-1] == "tokenizer"), None)
    mixture = recipe.planned.nodes.get("mixture")
    files = recipe.built.done[mixture.plan_key].shards if mixture else ()
    return {
        "recipe": lock.resolved,
        "lock": lock_digest(lock),
        "mixture": lock.mixture.get("content"),
        "tokenizer": tokenizer,
        "files": {file.name: {"bytes": file.bytes, "sha256": file.sha256} for file in files},
    }


def lock_digest(lock: Lock) -> str:
    """Digest of all that a lock says but the keys of steps, by which a card can be held to its lock without a store."""
    return digest(
        [lock.inputs, {name: {k: v for k, v in line.items() if k != "key"} for name, line in lock.outputs.items()}]
    )


def _pinned(recipe: Curated, lock: Lock) -> Row:
    """What a build takes from the lock because another machine need not compute the same."""
    trained = {
        name: {key: line[key] for key in ("content", "bytes")}
        for name, line in lock.nodes.items()
        if "in" not in line and (name.startswith("models/") or name.split(":")[-1] == "tokenizer")
    }
    asked: dict[str, Line] = {
        name.partition("/")[2]: line for name, line in lock.inputs.items() if name.startswith("models/")
    }
    return {"trained": trained, "models": asked, "lists": [n for n in lock.inputs if n.startswith("lists/")]}
