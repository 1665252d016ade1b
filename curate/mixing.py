"""The end of a plan: a trained tokenizer, the token ids of each corpus, and the mixture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curate import step
from curate.code import PACKAGE
from curate.errors import CurateError
from curate.plan import Node

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
        given = {**mix.tokenize, "tokenizer": tokenizer.name}
        params = planner.filled(tokenize, given, where)
        own = planner.own(tokenize, {k: v for k, v in params.items() if k != "tokenizer"})
        reads = tokenize.reads_with(params)
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
    asked["masked"] = sorted(name for name, node in ends if "n_masked" in node.adds)
    if planner.fraction:  # of a share of the documents, that share of the tokens
        asked["tokens"] = max(1, round(asked["tokens"] * planner.fraction))
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
    """The node that trains the tokenizer, in the recipe that declares it."""
    entry = planner.recipe.tokenizer
    where = planner.recipe.location("tokenizer")
    if entry is None:
        raise CurateError("a mixture needs a `tokenizer:`", where=planner.recipe.location("mixture"))
    if entry.train is None and ":" not in str(entry.name):
        raise CurateError(
            f"the tokenizer {entry.name!r} is neither trained here nor inherited; write {{train: bpe, vocab: 8192, of: [web]}}",
            where=where,
        )
    if entry.train is None:
        return planner.adopt(planner.recipe.tokenizer_origin, "tokenizer")
    found = planner.found("fit", str(entry.train), where)
    corpora = [(name, planner.corpus(name)) for name in entry.of]
    params = planner.filled(found, entry.parameters(), where)
    own = planner.own(found, params, corpora=[name for name, _ in corpora])
    reads = found.reads_with(params)
    return planner.add(
        Node("tokenizer", "", "fit", own, params, found, None, tuple(corpora), None, (), reads, where=where)
    )
