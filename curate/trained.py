"""Models that a recipe trains itself: `{fit: fasttext, positive: [web], negative: [general]}` under `models:`.

Each is a node `models/NAME` that writes a folder. A fit's parameters of type `Corpora` name the documents it learns from, those of type
`Benchmarks` the data cards whose items it looks for; a parameter of type `Artifact`, of a step or of a fit, names the model and gets its
folder. An inherited entry is the same node as long as its corpora are the same.
Models that exist already (`{fit: pretrained, files: [...]}`) are planned by `curate/pretrained.py`. A sample of a recipe trains a model on
all of its examples as long as these are small: a classifier that saw a thousandth of them would say nothing about the whole, and its
scores could not be used again.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from curate.datacard import made_by, resolve
from curate.errors import CurateError, did_you_mean
from curate.listings import address, unlisted
from curate.plan import Node, Plan
from curate.pretrained import add_files
from curate.sources import listed
from curate.step import Artifact, Corpora, Files, Step

if TYPE_CHECKING:
    from curate.planner import Planner


WHOLE_BYTES = 1 << 30
"""A sample trains a model on all of its corpora if their files are no larger than this."""


def artifact(planner: Planner, name: str, where: str) -> Node:
    """The node whose folder a parameter of type `Artifact` gets: a model trained here, or what another recipe trained."""
    models = planner.recipe.models
    if name in models and models[name].fit:
        return add_trained(planner, name)
    if ":" not in name:
        known = [known for known, entry in models.items() if entry.fit]
        what = f"{name!r} is a language model" if name in models else f"there is no model {name!r}"
        hint = did_you_mean(name, known) or "; declare it under `models:` with `fit:`"
        raise CurateError(f"{what}; a trained one is wanted{hint}", where=where)
    node = planner.reference(name, where)
    if not node.makes_files:
        raise CurateError(f"{name!r} is a corpus; a trained model is wanted, e.g. stable:models/NAME", where=where)
    return node


def add_trained(planner: Planner, name: str) -> Node:
    """The node of an entry under `models:` that says `fit:`, planned at first use."""
    title, where = f"models/{name}", planner.recipe.location("models", name)
    if title in planner.nodes:
        return planner.nodes[title]
    entry = planner.recipe.models[name]
    found = planner.found("fit", str(entry.fit), where)
    if found.parameters_of(Files):
        return add_files(planner, name, found)
    if planner.fraction and _input_bytes(planner, found, entry.params) <= WHOLE_BYTES:
        whole = planner.whole
        node = add_trained(whole, name)
        return planner.adopt(planner.recipe.recipe, node.name, Plan(whole.recipe, whole.nodes, whole.ends))
    lists = found.parameters_of(Corpora)
    if not lists:
        raise planner.recipe.fail(
            f"{found.title} does not say which corpora it learns from; it is no model", "models", name
        )
    params = planner.filled(found, dict(entry.params), where)
    if title in planner.under_way:
        raise planner.recipe.fail(f"models depend on each other in a circle: {title}", "models", name)
    planner.under_way.append(title)
    corpora = _corpora(planner, name, found, {key: params[key] for key in lists})
    named = {p: params[p] for p in found.parameters_of(Artifact) if params[p] is not None}
    folders = tuple((p, artifact(planner, str(other), where)) for p, other in named.items())
    planner.under_way.pop()
    benchmarks = resolve(planner, found, params, where)
    more = {"benchmarks": {b.name: b.identity for some in benchmarks.values() for b in some}} if benchmarks else {}
    shown = {key: value for key, value in params.items() if key not in named}
    own = planner.own(found, shown, corpora=[corpus for corpus, _ in corpora], **more)
    others = (*corpora, *folders, *made_by(planner, benchmarks))
    reads = found.reads_with(params)
    known = {column for _, node in corpora for column in node.schema}
    for column in reads:
        if column not in known:
            what = f"{found.title} reads the column {column!r}, which none of its corpora has"
            raise planner.recipe.fail(f"{what}{did_you_mean(column, known)}", "models", name)
    node = Node(title, "", "fit", own, params, found, None, others, None, (), reads, where=where)
    return planner.add(replace(node, benchmarks=benchmarks, missing=planner.missing(benchmarks)))


def read_of(planner: Planner, corpora: set[str]) -> set[str]:
    """Columns that models of this recipe read of these corpora, which so must be columns."""
    named: set[str] = set()
    for name, entry in planner.recipe.models.items():
        if not entry.fit:
            continue
        where = planner.recipe.location("models", name)
        found = planner.found("fit", str(entry.fit), where)
        params = planner.filled(found, dict(entry.params), where)
        if corpora & {one.partition("/")[0] for key in found.parameters_of(Corpora) for one in params[key]}:
            named |= set(found.reads_with(params))
    return named


def _input_bytes(planner: Planner, found: Step, params: dict[str, Any]) -> float:
    """Bytes of the files that a fit learns from; generated ones are none.

    Of another recipe, by a card, or not listed yet: more than can be told.
    """
    from curate.published import names_card

    total = 0.0
    for corpus in {str(c) for key in found.parameters_of(Corpora) for c in params.get(key) or ()}:
        entry = planner.recipe.corpora.get(corpus.partition("/")[0])
        while entry is not None and entry.from_:
            entry = planner.recipe.corpora.get(entry.from_.partition("/")[0])
        if entry is None:
            return math.inf
        files = [address(file, entry.revision) for file in entry.files if not file.startswith("embedded:")]
        if names_card(entry.files) or unlisted(files, planner.store)[0]:
            return math.inf
        total += sum(file.bytes for file in listed(files, planner.project, planner.store))
    return total


def _corpora(planner: Planner, name: str, found: Step, lists: dict[str, Any]) -> tuple[tuple[str, Node], ...]:
    """Each corpus that the parameters list, once."""
    nodes: dict[str, Node] = {}
    for key, named in lists.items():
        if not named and found.params.model_fields[key].is_required():
            raise planner.recipe.fail(f"{key}: names no corpus; write e.g. {key}: [web]", "models", name, key)
        for at, corpus in enumerate(named):
            here = ("models", name, key, at)
            if corpus in nodes:
                raise planner.recipe.fail(f"{key}: {corpus!r} is named twice; delete one", *here)
            nodes[corpus] = planner.reference(corpus, planner.recipe.where(*here))
            if nodes[corpus].makes_files:
                raise planner.recipe.fail(
                    f"{key}: {corpus!r} is not a corpus; {found.title} learns from documents", *here
                )
    return tuple(nodes.items())
