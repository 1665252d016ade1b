"""What a corpus is read from, planned: its files, the columns that it takes from them, and the node that leaves repeats of records out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from curate.artifact import AS_READ
from curate.as_read import last_reader
from curate.clauses import parse
from curate.errors import CurateError
from curate.fraction import percent
from curate.plan import RESERVED, STANDARD, Node
from curate.removals import without_removed
from curate.schema import Schema, flat, schema_text, tell_apart
from curate.sources import Sources, in_order, list_sources
from curate.sql import folded
from curate.step import Step, code_of, columns_of, together

if TYPE_CHECKING:
    from curate.planner import Planner
    from curate.published import Input
    from curate.recipe import Corpus


def read(planner: Planner, corpus: str, entry: Corpus, where: str) -> Node:
    """The first nodes of a corpus: its reader, what leaves repeats out, and what leaves removed documents out; the last one."""
    from curate.published import keyed

    found = planner.found("read", str(entry.read), where)
    params = planner.filled(found, keyed(planner.project, found, entry, where), where)
    files = list(entry.files)
    if not files:
        raise CurateError("says `read:` but names no `files:`", where=where)
    others = [("files", planner.generate(f, where)) for f in files if f.startswith("embedded:")]
    given = _input(planner, found, params, entry, where)
    raw, columns = flat(given.raw), given.columns
    foreign = _foreign(planner, corpus, {**raw, **{c: raw.get(source, pl.String()) for c, source in columns.items()}})
    own = planner.own(found, params, corpus=corpus, columns=columns, promoted=[*foreign], license=given.license)
    if planner.fraction:
        own["sample"] = percent(planner.fraction)
    adds: Schema = {**{c: pl.String() for c in STANDARD}, **foreign}
    schema = {**adds, AS_READ: pl.String()} if last_reader(planner, corpus) >= 0 else adds
    node = Node(
        f"{corpus}/{found.name}",
        corpus,
        "read",
        own,
        params,
        found,
        None,
        tuple(others),
        given.sources,
        adds=adds,
        schema=schema,
        where=where,
        raw=tuple(given.raw),
        sample=planner.fraction,
        missing=given.missing and f"{corpus}: {given.missing}",
        card=given.card,
    )
    planner.add(node)
    repeat = Node(
        f"{corpus}/repeat",
        corpus,
        "repeat",
        {"step": "repeat"},
        {},
        None,
        node,
        reads=("id", "date", "dump"),
        schema=schema,
        where=where,
        clauses=(("repeat", ""),),
    )
    return without_removed(planner, corpus, planner.add(repeat), where)


def _input(planner: Planner, found: Step, params: dict[str, Any], entry: Corpus, where: str) -> Input:
    """What a corpus is read from: files by pattern, or those that the card of a published corpus names."""
    from curate.listings import address, unlisted
    from curate.published import Input, input_of, names_card

    if names_card(entry.files):
        return input_of(planner, found, params, entry, where)
    files = [address(f, entry.revision) for f in entry.files if not f.startswith("embedded:")]
    many = together(found)
    away, missing = unlisted(files, planner.store, where) if columns_of(found) is not None else ([], "")
    if away:  # what the files hold is known without them, so a plan need not wait for `fetch`
        raw = schema_text(dict(columns_of(found) or {}))
        return Input(Sources(in_order(away)), raw, dict(entry.columns), entry.license, missing)
    sources = list_sources(files, planner.project, planner.store, where, planner.fraction, many) if files else None
    raw = planner.discovery.of_reader(found, params, sources, code_of(found, planner.project))
    return Input(sources, raw, dict(entry.columns), entry.license)


def _foreign(planner: Planner, corpus: str, raw: Schema) -> Schema:
    """The file's own columns that later steps or clauses of this corpus, corpora made from it, or models trained on them name."""
    from curate.trained import read_of

    named: set[str] = set(raw) if planner.promote_all else set()
    made_from = {corpus}
    for _ in planner.recipe.corpora:
        made_from |= {n for n, c in planner.recipe.corpora.items() if (c.from_ or "").partition("/")[0] in made_from}
    masks = planner.recipe.mixture.mask if planner.recipe.mixture else {}
    named |= read_of(planner, made_from)
    for name in made_from:
        entry = planner.recipe.corpora[name]
        named |= {masks[name]} if name in masks else set()
        for position, item in enumerate(entry.steps):
            if item.verb == "keep":
                for text in (item.clauses or {}).values():
                    named |= parse(text).columns
            else:
                at = planner.recipe.location("corpora", name, "steps", position)
                found = planner.found(item.verb, str(item.step), at)
                named |= set(found.reads_with({**_defaults(found), **item.params}))
    ours = (*STANDARD, *RESERVED, "payload", "provenance")
    chosen = {c: t for c, t in raw.items() if c in named and folded(c) not in ours}
    if planner.promote_all:  # nobody named them: of those that SQL takes for one, the first is a column
        return {c: chosen[c] for c in {folded(c): c for c in reversed(list(chosen))}.values()}
    tell_apart(chosen, f"{corpus}: ", planner.recipe.location("corpora", corpus))
    return chosen


def _defaults(found: Step) -> dict[str, Any]:
    return {name: f.default for name, f in found.params.model_fields.items() if not f.is_required()}
