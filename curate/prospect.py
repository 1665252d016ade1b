"""What a recipe's mixture and its training runs will take, told before anything runs: tokens, epochs, disk, GPU-hours, memory, price.

Everything is arithmetic on the recipe, the cards of what it reads and starts from (`curate/published.py`, `curate/compute.py`), the facts
of the mixture where it is built, and the prices of the profile. Each figure has its source, and what nobody says is None, printed as
unknown. What filters and deduplication will take away is not foreseen, and published tokens are counted by whatever tokenizer their
authors had: epochs by them are not exact, mostly too low.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from curate.compute import GPUS, flops_per_token, on_gpu
from curate.gather import Reached, holds
from curate.names import reference
from curate.parts import Mixture, TrainEntry
from curate.plan import Node, Plan
from curate.profile import Prices
from curate.published import ModelCard, Shape, model_card
from curate.recipe import Recipe
from curate.scalars import count
from curate.state import State

FILL = 0.98
"""Share of places that hold a token, a little less than the 0.987 of the real mixture in docs/mixture.md (windows of 4,096)."""

ID_BYTES = 4


def prospect(state: State, project: Path, facts: Mapping[str, Any], prices: Prices) -> dict[str, Any]:
    """`sources`, `disk` and `runs` of a recipe with a mixture; empty lists where it has none. facts: of the built mixture, or empty."""
    plan = state.plan
    recipe, held = plan.recipe, {} if facts else counted(state)
    return {
        "sources": sources(plan, facts, held),
        "disk": disk(plan, project, facts),
        "runs": [run(recipe, name, entry, project, facts, prices) for name, entry in recipe.runs.items()],
    }


def counted(state: State) -> dict[str, int]:
    """Tokens of each corpus that is tokenised already."""
    found = {}
    for node in state.plan.nodes.values():
        if node.step and node.step.title == "mixers.tokenize" and node.plan_key in state.done:
            view = state.reading(state.view(node), ["n_tokens"])
            last = Reached(view.pieces[-1], view)
            found[node.corpus] = int(last.load(["n_tokens"]).filter(holds(last.piece, last.places))["n_tokens"].sum())
    return found


def sources(plan: Plan, facts: Mapping[str, Any], held: Mapping[str, int]) -> list[dict[str, Any]]:
    """What each corpus owes the mixture: `source, weight, tokens`, what there is of it, and how often that makes it seen."""
    mix = plan.recipe.mixture
    if mix is None:
        return []
    rows, total = [], _tokens(plan)
    for name, weight in weights(plan.recipe).items():
        tokens = round(weight * total)
        there, said, exact = available(plan, name, facts, held)
        rows.append(
            {
                "source": name,
                "weight": float(weight),
                "tokens": tokens,
                "available": there,
                "available_source": said,
                "epochs": tokens / there if there else None,
                "exact": exact,
                "max_epochs": mix.max_epochs.get(name),
            }
        )
    return rows


def _tokens(plan: Plan) -> int:
    """Tokens of the mixture; of a sample a share of the recipe's."""
    return int(plan.nodes["mixture"].params["tokens"])


def weights(recipe: Recipe) -> dict[str, Fraction]:
    """Each corpus's share of the whole mixture, over all stages, in the order in which the recipe names them."""
    shares: dict[str, Fraction] = {}
    done = Fraction(0)
    for stage in recipe.mixture.stages if recipe.mixture else ():
        until = Fraction(repr(stage.until))
        for name, weight in stage.weights.items():
            shares[name] = shares.get(name, Fraction(0)) + (until - done) * Fraction(repr(weight))
        done = until
    return shares


def available(
    plan: Plan, corpus: str, facts: Mapping[str, Any], held: Mapping[str, int]
) -> tuple[int | None, str, bool]:
    """Tokens that there are of a corpus, who counted them, and whether by the recipe's tokenizer after all steps."""
    built = facts.get("sources", {}).get(corpus)
    if built:
        return built["available"]["tokens"], "counted in the built mixture", True
    if corpus in held:
        return held[corpus], "counted: it is tokenised", True
    card = reader(plan, corpus).card
    if card and card.tokens:
        share = reader(plan, corpus).sample or 1
        by = f"; counted by {card.tokens.tokenizer}, before any step" if card.tokens.tokenizer else ""
        return round(card.tokens.count * share), f"{card.tokens.source}{by}", False
    return None, "unknown", False


def reader(plan: Plan, corpus: str) -> Node:
    """The node that the documents of a corpus were read by."""
    nodes = [*plan.ends[corpus].upstream()]
    return next((node for node in nodes if node.kind == "read"), nodes[-1])


def disk(plan: Plan, project: Path, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Bytes to fetch and to write: `what, bytes, source`."""
    mix = plan.recipe.mixture
    readers = {node.name: node for node in plan.nodes.values() if node.kind == "read" and node.card}
    rows = [
        {
            "what": f"files of {node.corpus}",
            "bytes": node.card.bytes.count if node.card.bytes else None,
            "source": node.card.bytes.source if node.card.bytes else "unknown",
        }
        for node in readers.values()
        if node.card
    ]
    if mix is None:
        return rows
    windows = _windows(plan, project, facts)
    if facts:
        return [*rows, windows]
    aside = {**windows, "what": "the same again, while they are built"}
    return [*rows, {"what": "texts in the store", "bytes": None, "source": "unknown"}, _token_ids(plan), windows, aside]


def _token_ids(plan: Plan) -> dict[str, Any]:
    """All documents are tokenised, also those that the mixture will not take."""
    held = {name: available(plan, name, {}, {})[0] for name in weights(plan.recipe)}
    lacking = [name for name, tokens in held.items() if tokens is None]
    without = f", without {', '.join(lacking)}" if lacking else ""
    size = ID_BYTES * sum(tokens or 0 for tokens in held.values())
    source = f"{ID_BYTES} bytes for each token there is, before compression{without}"
    return {"what": "token ids in the store", "bytes": size or None, "source": source if size else "unknown"}


def _windows(plan: Plan, project: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    if facts:
        size = sum(file["bytes"] for name, file in facts["files"].items() if name.startswith("windows-"))
        return {"what": "windows", "bytes": size, "source": "built"}
    vocab, said = vocabulary(plan.recipe, project)
    if vocab is None:
        return {"what": "windows", "bytes": None, "source": f"unknown: {said}"}
    width = 2 if vocab <= 1 << 16 else 4
    size = round(_tokens(plan) / FILL * width)
    return {"what": "windows", "bytes": size, "source": f"{width} bytes for each place at a fill of {FILL} ({said})"}


def vocabulary(recipe: Recipe, project: Path) -> tuple[int | None, str]:
    """Entries of the recipe's tokenizer, and who says so."""
    entry = recipe.tokenizer
    found = reference(entry.name) if entry else None
    if found:
        return vocabulary(recipe.others[found[0]], project)
    if entry and entry.vocab:
        return entry.vocab, f"a vocabulary of {entry.vocab:,}, by the recipe"
    card = model_card(str(entry.name), project) if entry else None
    if card:
        return card.model.vocab, f"a vocabulary of {card.model.vocab:,}, by {card.model.source}"
    return None, "the tokenizer's vocabulary is not known"


def run(
    recipe: Recipe, name: str, entry: TrainEntry, project: Path, facts: Mapping[str, Any], prices: Prices
) -> dict[str, Any]:
    """One training run: `run, model, parameters, places, passes, flops` and, for each GPU, hours, memory and price, with their sources."""
    hub = start(recipe, name)
    card = model_card(hub, project) if hub else from_scratch(recipe, name, project)
    told: dict[str, Any] = {"run": name, "model": hub or ("a new model" if card else ""), "trainer": entry.run}
    mixed, facts = _mixture_of(recipe, entry, facts)
    if mixed is None:
        return told | {"known": False, "why": "unknown: what it takes depends on what the model will write"}
    places, how = places_of(mixed, entry, facts)
    told |= {"places": places, "places_source": how, "passes": places / places_of_one_pass(mixed, facts)[0]}
    if card is None:
        why = f"no card in datacards/ has the hub id of {hub}" if hub else "the recipe tells no shape of its model"
        return told | {"known": False, "why": f"unknown: {why}"}
    return told | {"known": True, **_cost(card, places, mixed.seq_len, prices)}


def _mixture_of(
    recipe: Recipe, entry: TrainEntry, facts: Mapping[str, Any]
) -> tuple[Mixture | None, Mapping[str, Any]]:
    """The mixture that a run reads, its own recipe's or another's, and what is known of it as built."""
    found = reference(entry.data)
    if found:
        return recipe.others[found[0]].mixture, {}
    return (recipe.mixture, facts) if entry.data == "mixture" else (None, {})


def _cost(card: ModelCard, places: int, seq_len: int, prices: Prices) -> dict[str, Any]:
    shape = card.model
    rows = [on_gpu(card, gpu, places, seq_len) for gpu in GPUS]
    for row in rows:
        hours, each = row["gpu_hours"], prices.gpu_hour
        row["price"] = None if hours is None or each is None else round(hours * each, 2)
    return {
        "parameters": shape.parameters,
        "parameters_source": shape.source,
        "flops": places * flops_per_token(shape, seq_len),
        "flops_source": "(6N + 12 x layers x heads x head size x length) per token; PaLM, appendix B",
        "currency": prices.currency,
        "gpus": rows,
    }


def places_of(mix: Mixture, entry: TrainEntry, facts: Mapping[str, Any]) -> tuple[int, str]:
    """Places of windows that a run computes, padding included, and how that was counted."""
    steps, batch = (_number(entry.params.get(key)) for key in ("max_steps", "batch_size"))
    if steps and batch:
        return steps * batch * mix.seq_len, f"{steps:,} steps of {batch:,} windows of {mix.seq_len:,}"
    return places_of_one_pass(mix, facts)


def _number(said: object) -> int | None:
    """A whole number as recipes write it; None for anything else, which the trainer will refuse."""
    try:
        return count(said)
    except ValueError:
        return None


def places_of_one_pass(mix: Mixture, facts: Mapping[str, Any]) -> tuple[int, str]:
    """Places of all windows of a mixture, and how that was counted."""
    if facts:
        return int(facts["windows"]) * mix.seq_len, f"{facts['windows']:,} windows of {mix.seq_len:,}"
    return round(mix.tokens / FILL), f"{mix.tokens:,} tokens at a fill of {FILL}"


def start(recipe: Recipe, name: str) -> str:
    """Hub id of the model that a run goes back to; empty where the recipe does not say."""
    owner, first = origin(recipe, name)
    return (owner.runs[first].from_ or "").partition("@")[0]


def origin(recipe: Recipe, name: str) -> tuple[Recipe, str]:
    """The first of the runs that a run goes on from, and the recipe that it is in; the run itself if it goes on from none."""
    above = recipe.runs[name].from_
    if found := reference(above):
        return origin(recipe.others[found[0]], found[1])
    return origin(recipe, above) if above in recipe.runs else (recipe, name)


def from_scratch(recipe: Recipe, name: str, project: Path) -> ModelCard | None:
    """What is known of a new model by the `config:` of the run that begins it; None where that does not tell its shape.

    Counted as a Llama: two matrices of attention by heads and two by key-value heads, three of the feed-forward part, norms.
    """
    owner, first = origin(recipe, name)
    config = owner.runs[first].params.get("config")
    vocab, said = vocabulary(owner, project)
    keys = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads")
    if not isinstance(config, dict) or vocab is None:
        return None
    sizes = [_number(config.get(key)) for key in keys]
    hidden, inner, layers, heads = (size or 0 for size in sizes)
    if not all(sizes):
        return None
    kv_heads = _number(config.get("num_key_value_heads")) or heads
    head_dim = _number(config.get("head_dim")) or hidden // heads
    tied = config.get("tie_word_embeddings") is True
    layer = hidden * (2 * heads + 2 * kv_heads) * head_dim + 3 * hidden * inner + 2 * hidden
    shape = Shape.model_construct(
        hub="", parameters=vocab * hidden * (2 - tied) + layers * layer + hidden, layers=layers, hidden=hidden, intermediate=inner,
        heads=heads, kv_heads=kv_heads, head_dim=head_dim, vocab=vocab, tied=tied, source=f"counted from the recipe's config, {said}",
    )  # fmt: skip
    return ModelCard.model_construct(license="", model=shape)
