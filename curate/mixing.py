"""The end of a plan: the tokenizer, the token ids of each corpus, and the mixture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curate import step
from curate.code import PACKAGE
from curate.errors import CurateError, did_you_mean
from curate.names import reference
from curate.plan import Node
from curate.pretrained import add_pretrained

if TYPE_CHECKING:
    from curate.planner import Planner


def add_mixture(planner: Planner) -> None:
    """Tokenizer, token ids of each corpus, and the mixture itself."""
    recipe, mix = planner.recipe, planner.recipe.mixture
    assert mix
    where = recipe.location("mixture")
    tokenizer = add_tokenizer(planner)
    corpora = list(dict.fromkeys(c for stage in mix.stages for c in stage.weights))
    tokenize = step.load(PACKAGE / "mixers" / "tokenize.py", "mixers")
    ends = []
    for name in corpora:
        end = planner.corpus(name)
        given = {**mix.tokenize, "tokenizer": tokenizer.name, "mask": mix.mask.get(name, "")}
        params = planner.filled(tokenize, given, where)
        own = planner.own(tokenize, {k: v for k, v in params.items() if k != "tokenizer"})
        reads = tokenize.reads_with(params)
        if params["mask"] and params["mask"] not in end.schema:
            known = {*end.schema, *(column for node in end.upstream() for column in node.raw)}
            hint = did_you_mean(params["mask"], known) or "; name one that a step or a file gives"
            what = f"{name} has no column {params['mask']!r}{hint}"
            raise CurateError(f"mask: {what}", where=recipe.location("mixture", "mask", name))
        adds = planner.discovery.of_step(tokenize, params, {c: end.schema[c] for c in reads}, own)
        ends.append(
            (
                name,
                planner.add(
                    Node(
                        f"{name}/tokenize",
                        name,
                        "score",
                        own,
                        params,
                        tokenize,
                        end,
                        (("tokenizer", tokenizer),),
                        None,
                        (),
                        reads,
                        adds,
                        {**end.schema, **adds},
                        where,
                    )
                ),
            )
        )
    mixer = step.load(PACKAGE / "mixers" / "mixture.py", "mixers")
    asked: dict[str, Any] = {**mix.parameters(), "tokenizer": tokenizer.name}
    asked["max_epochs"] = {name: cap for name, cap in mix.max_epochs.items() if name in corpora}
    asked["masked"] = sorted(name for name, node in ends if "n_masked" in node.adds)
    if planner.fraction:  # of a share of the documents, that share of the tokens
        counts = {key: asked[key] for key in ("tokens", "held_out") if asked.get(key)}
        asked |= {key: max(1, round(count * planner.fraction)) for key, count in counts.items()}
    params = planner.filled(mixer, asked, where)
    own = planner.own(mixer, {k: v for k, v in params.items() if k != "tokenizer"}, corpora=corpora)
    reads = mixer.reads_with(params)
    planner.add(
        Node(
            "mixture",
            "",
            "fit",
            own,
            params,
            mixer,
            None,
            (*ends, ("tokenizer", tokenizer)),
            None,
            (),
            reads,
            where=where,
        )
    )


def add_tokenizer(planner: Planner) -> Node:
    """The node of the tokenizer: trained here, inherited from the recipe that declares it, or taken as it is."""
    entry = planner.recipe.tokenizer
    where = planner.recipe.location("tokenizer")
    if entry is None:
        raise CurateError("a mixture needs a `tokenizer:`", where=planner.recipe.location("mixture"))
    if entry.train is None and reference(entry.name):
        return planner.adopt(planner.recipe.tokenizer_origin, "tokenizer")
    if entry.train is None:
        return add_pretrained(planner, str(entry.name))
    found = planner.found("fit", str(entry.train), where)
    corpora = [(name, planner.corpus(name)) for name in entry.of]
    params = planner.filled(found, entry.parameters(), where)
    own = planner.own(found, params, corpora=[name for name, _ in corpora])
    reads = found.reads_with(params)
    return planner.add(
        Node("tokenizer", "", "fit", own, params, found, None, tuple(corpora), None, (), reads, where=where)
    )
