"""The data card of a frozen version: front matter for programs, then what it is, for people.

It says only what the lock and the stored documents say; where something is not known, it says so. A later command deepens it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from curate.canaries import rates
from curate.lock import Line, Lock
from curate.sql import literal
from curate.words import code, escaped, table

if TYPE_CHECKING:
    from curate.api import Curated

Row = dict[str, Any]
UNKNOWN = "unknown"


def card_text(recipe: Curated, lock: Lock) -> str:
    """The whole card. Deterministic: no date but the version's, no place, no host."""
    kept = _kept(recipe, lock)
    blocks = [*_front(recipe, lock, kept), *_about(recipe, lock), *_funnel(lock), *_mixture(lock)]
    blocks += [*_counts(recipe), *_canaries(recipe), *_unchecked(recipe)]
    return "\n".join([*blocks, *_licenses(lock, kept), *_origins(lock), *_rebuilding(recipe, lock, kept)]) + "\n"


def _kept(recipe: Curated, lock: Lock) -> list[Row]:
    """Documents of the corpora of the mixture (of all where there is none) by corpus, source and license, with tokens in the mixture."""
    names = [n for n in lock.sources or recipe.planned.ends if n in recipe.planned.ends]
    chosen = ", ".join(map(literal, names)) or "null"
    taken = "select null::varchar as source, null::varchar as id, null::bigint as n where false"
    if lock.sources:
        taken = "select source, id, sum(length)::bigint as n from mixture group by all"
    sql = f"""
        select d.corpus, d.source, d.license, count(*)::bigint as documents, sum(t.n)::bigint as tokens
        from documents d left join ({taken}) t on t.source = d.corpus and t.id = d.id
        where d.fate = 'kept' and d.corpus in ({chosen}) group by all order by all"""
    return recipe.sql(sql).to_dicts()


def _languages(recipe: Curated) -> list[str]:
    """What the scored column `language` says of the kept documents; nothing where no step scores it."""
    columns = recipe.sql("select column_name from (describe documents)")["column_name"].to_list()
    if "language" not in columns:
        return []
    found = recipe.sql(
        "select distinct language::varchar as l from documents where fate = 'kept' and l is not null order by l"
    )
    return found["l"].to_list()


def _front(recipe: Curated, lock: Lock, kept: list[Row]) -> Iterator[str]:
    facts: Row = {"name": recipe.title, "version": lock.version}
    facts["license"] = sorted({row["license"] or UNKNOWN for row in kept})
    facts |= {k: lock.mixture[k] for k in ("tokens", "documents", "seq_len") if k in lock.mixture}
    facts.setdefault("documents", sum(row["documents"] for row in kept))
    tokenizer = next((line["content"] for name, line in lock.nodes.items() if name.split(":")[-1] == "tokenizer"), None)
    facts |= {"tokenizer": tokenizer} if tokenizer else {}
    languages = _languages(recipe)
    facts |= {"languages": languages} if languages else {}
    yield "---"
    yield from (f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in facts.items())
    yield "---\n"


def _about(recipe: Curated, lock: Lock) -> Iterator[str]:
    yield f"# {code(recipe.title)} {lock.version}\n"
    if recipe.recipe.about:
        yield f"{escaped(recipe.recipe.about)}\n"
    if recipe.fraction is not None:
        yield f"**A sample of {recipe.fraction * 100:g} % of the documents, for development. It is not the corpus.**\n"


def _cell(text: str) -> str:
    return code(text).replace("|", "\\|")


def _funnel(lock: Lock) -> Iterator[str]:
    """One table per corpus: documents in and out of each step, and what became of the others."""
    yield "## What became of the documents\n"
    corpora: dict[str, list[tuple[str, Line]]] = {}
    for name, line in lock.nodes.items():
        corpus, _, step = name.rpartition("/")
        if "in" in line and step != "tokenize":
            corpora.setdefault(corpus, []).append((step, line))
    for corpus, steps in corpora.items():
        yield f"### {code(corpus)}\n"
        body = ([_cell(s), f"{line['in']:,}", f"{line['documents']:,}", _fates(line)] for s, line in steps)
        yield table(("step", "in", "out", "ended here"), body, left=(0, 3)) + "\n"


def _fates(line: Line) -> str:
    return ", ".join(f"{_cell(fate)} {count:,}" for fate, count in line.get("fates", {}).items())


def _mixture(lock: Lock) -> Iterator[str]:
    if not lock.mixture:
        return
    facts = lock.mixture
    yield "## Mixture\n"
    yield f"{facts['tokens']:,} tokens in {facts['windows']:,} windows of {facts['seq_len']:,}.\n"
    total = max(1, sum(line["tokens"] for line in lock.sources.values()))
    rows = (
        [
            _cell(n),
            f"{s['tokens']:,}",
            f"{s['tokens'] / total:.4f}",
            f"{s['documents']:,}",
            f"{s['epochs']:.3f}",
            f"{s['available']:,}",
        ]
        for n, s in lock.sources.items()
    )
    yield table(("source", "tokens", "share", "documents", "epochs", "tokens available"), rows) + "\n"


def _counts(recipe: Curated) -> Iterator[str]:
    """What steps found of documents, beyond those that a clause dropped."""
    rows = recipe.counts()
    if not rows:
        return
    yield "## What steps found\n"
    body = [[_cell(r["node"]), escaped(r["counted"]), escaped(r["value"]), f"{r['documents']:,}"] for r in rows]
    yield table(("step", "column", "value", "documents"), body, left=(0, 1, 2)) + "\n"


def _canaries(recipe: Curated) -> Iterator[str]:
    """What steps found of what they planted to measure themselves."""
    rows = recipe.canaries()
    if not rows:
        return
    yield "## Canaries\n"
    yield "Some steps plant what they look for, and what only looks like it, and count what they find of it. It is in no corpus.\n"
    body = []
    for node in dict.fromkeys(row["node"] for row in rows):
        own = [row for row in rows if row["node"] == node]
        wrong = {False: "found", True: "not found"}
        body += [
            [_cell(node), escaped(r["kind"]), wrong[bool(r["wrong"])], f"{r['planted']:,}", f"{r['found']:,}"]
            for r in own
        ]
        yield f"- {code(node)}: " + (", ".join(f"{k} {v:.4f}" for k, v in rates(own).items()) or "none were planted")
    yield ""
    yield table(("step", "what was planted", "is to be", "planted", "found"), body, left=(0, 1, 2)) + "\n"


def _unchecked(recipe: Curated) -> Iterator[str]:
    """Benchmarks that steps could look for in part alone."""
    rows = recipe.unchecked()
    if not rows:
        return
    yield "## What was not checked\n"
    body = (
        [
            _cell(r["node"]),
            _cell(r["benchmark"]),
            escaped(r["what"] or ""),
            f"{r['items']:,}",
            f"{r['checked']:,}",
            escaped(r["why"]),
        ]
        for r in rows
    )
    yield table(("step", "benchmark", "looked for", "items", "of these", "why not all"), body, left=(0, 1, 2, 5)) + "\n"


def _licenses(lock: Lock, kept: list[Row]) -> Iterator[str]:
    yield "## Sources and licenses\n"
    yield "Documents that were kept, by corpus, by the corpus that they were first read as, and by what they say of their license."
    yield "Tokens are those in the mixture.\n" if lock.sources else "How many tokens they are is not known.\n"
    rows = (
        [
            _cell(r["corpus"]),
            _cell(r["source"] or UNKNOWN),
            _cell(r["license"]) if r["license"] else UNKNOWN,
            f"{r['documents']:,}",
            f"{r['tokens'] or 0:,}" if lock.sources else UNKNOWN,
        ]
        for r in kept
    )
    yield table(("corpus", "source", "license", "documents", "tokens"), rows, left=(0, 1, 2)) + "\n"


def _origins(lock: Lock) -> Iterator[str]:
    """Files, models, lists and benchmarks, each by its identity."""
    models = {n: line for n, line in lock.inputs.items() if n.startswith("models/")}
    tests = {n: line for n, line in lock.inputs.items() if n.startswith("benchmarks/")}
    files = {n: line for n, line in lock.inputs.items() if "files" in line}
    lists = {n: line for n, line in lock.inputs.items() if n.startswith("lists/")}
    trained = {n: line for n, line in lock.nodes.items() if "in" not in line and n.startswith("models/")}
    for title, lines in (
        ("Files read", files),
        ("Lists", lists),
        ("Language models", models),
        ("Models trained here", trained),
    ):
        yield from _list(title, lines)
    if tests:
        yield from _list("Benchmarks that it was decontaminated against", tests)
    else:
        yield "## Benchmarks that it was decontaminated against\n\nNone.\n"


def _list(title: str, lines: dict[str, Line]) -> Iterator[str]:
    if not lines:
        return
    yield f"## {title}\n"
    for name, line in lines.items():
        said = ", ".join(f"{key} {code(str(value))}" for key, value in line.items() if key != "key")
        yield f"- {code(name.partition('/')[2] if 'files' not in line else name)}: {said}"
    yield ""


def _rebuilding(recipe: Curated, lock: Lock, kept: list[Row]) -> Iterator[str]:
    frozen = f"{recipe.lock_path.stem}-{lock.version}.lock"
    yield "## How to build it again\n"
    yield f"With {code(frozen)} put in place of {code(recipe.lock_path.name)}, this refuses to give anything else:\n"
    yield f"    curate build {recipe.title} --locked\n"
    yield "## Known limits\n"
    yield "- What language models wrote and what was trained is pinned by the lock, not computed the same everywhere."
    yield "- Documents are free of the items of the benchmarks named above, as far as the step found them, and of no others."
    for fate, what in (
        ("quarantined", "could not be processed and were left out"),
        ("killed", "killed a worker or took too long, and were left out"),
        ("undecided", "were left out because a score was missing"),
    ):
        count = sum(line.get("fates", {}).get(fate, 0) for line in lock.nodes.values())
        if count:
            yield f"- {count:,} documents {what} (`{fate}`)."
    unknown = sum(row["documents"] for row in kept if not row["license"])
    if unknown:
        yield f"- The license of {unknown:,} kept documents is not known."
