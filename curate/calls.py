"""What a build would ask language models, and at what price, told before anybody is asked.

Where the documents before a step are built, its prompts are made and looked up in the reply store, shard by shard: how many requests there
are, and how many lack a reply, is then exact (of more than `MOST` documents some shards are taken, and numbers begin with `about`). Before
that, the documents that are foreseen (`curate/forecast.py`) bound it, where a step makes one prompt of a document; of a published corpus
whose card tells documents and tokens, a document of the mean length says how many prompts the step makes, and how long ones.

How many tokens a reply will have nobody knows. Of a step some of whose replies are stored, their mean says, else the profile's
`reply_tokens`; otherwise only bounds are told: nothing at the least, `max_tokens` at the most. Draws of `retries` are not
expected; the most that it can cost has them. Nothing is asked or connected to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.asking import Again, again_of, ask, prompts_of
from curate.budget import price_of
from curate.errors import CurateError, failing
from curate.ledger import Ledger
from curate.models.base import Reply, Request, Sampling, open_model
from curate.models.meter import TEMPLATE
from curate.models.replies import MissingReplies, Recorded
from curate.plan import Node
from curate.profile import ModelSettings, TokenPrices

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.build import Build
    from curate.forecast import Outlook

MOST = 200_000
"""Documents whose prompts are made; of more a share of the shards is taken."""
SLICE = 1024
"""Prompts that are looked up at a time."""
BYTES_PER_TOKEN = 4.0
"""Of a prompt, where no stored reply tells: English text under the tokenizers of today's models."""


@dataclass
class Counted:
    """Requests of a node and what is known of their replies. Different documents with one prompt make one request."""

    requests: int = 0
    stored: int = 0
    lacking_bytes: int = 0
    """UTF-8 bytes of the prompts of requests that lack a reply."""
    stored_bytes: int = 0
    prompt_tokens: int = 0
    """Of stored replies, as `completion_tokens`."""
    completion_tokens: int = 0

    def add(self, request: Request, reply: Reply | None) -> None:
        """A request that was not counted yet, and its stored reply."""
        size = len(request.prompt.encode("utf-8", "surrogatepass"))
        self.requests += 1
        if reply is None:
            self.lacking_bytes += size
            return
        self.stored += 1
        self.stored_bytes += size
        self.prompt_tokens += reply.prompt_tokens
        self.completion_tokens += reply.completion_tokens

    @property
    def lacking(self) -> int:
        return self.requests - self.stored

    def scaled(self, by: float) -> Counted:
        return Counted(**{name: round(value * by) for name, value in vars(self).items()})


def outlook(curated: Curated, foreseen: dict[str, Outlook]) -> list[dict[str, Any]]:
    """A row for each node that asks and is to be built: requests, stored, lacking, tokens, price; None for what is not known.

    `requests` are those that the step makes, `lacking` those without a stored reply, and `exact` says whether both are. Of what is lacking,
    `prompt_tokens` and `completion_tokens` are expected, and `price` is what they cost; `low` and `high` bound the price.
    """
    return [_row(curated, node, foreseen.get(node.plan_key)) for node in curated.todo() if node.kind == "ask"]


def _row(curated: Curated, node: Node, coming: Outlook | None) -> dict[str, Any]:
    name = str(node.params["model"])
    settings = curated.profile.models.get(name, ModelSettings())
    price, expected = price_of(node.models["model"], settings), settings.reply_tokens
    retries = int(node.params.get("retries", 0))
    told = {"node": node.name, "model": name, "currency": curated.profile.price.currency, "retries": retries}
    known: tuple[float, float | None] | None = Ledger(curated).means(node)
    sampling = Sampling.of(node.own["models"]["model"]["sampling"])
    assert node.chain
    if node.chain.plan_key in curated.built.done and not node.missing:
        counted, exact = count(curated, node)
        return told | {"requests": counted.requests, "stored": counted.stored, "lacking": counted.lacking, "exact": exact} | cost(
            counted, sampling, price, known or (0, expected), 1 + retries
        )  # fmt: skip
    one, requests = _makes_one(node), None
    typical = None if one and known else _typical(node)
    each = 1.0 if one else typical.requests if typical else None
    if coming and coming.documents is not None and each is not None:
        requests = round(coming.documents * each) * int(node.params["samples"])
    means = known or ((typical.prompt_tokens, expected) if typical else None)
    return told | {"requests": requests, "stored": None, "lacking": None, "exact": False} | _guess(
        requests, sampling, price, means, 1 + retries
    )  # fmt: skip


def cost(
    counted: Counted, sampling: Sampling, price: TokenPrices | None, means: tuple[float, float | None], draws: int = 1
) -> dict[str, Any]:
    """Tokens and price of what is lacking, by stored replies of this step, else by what is expected, else in bounds.

    means: tokens expected of a prompt and of a reply. draws: how often a prompt may be asked at most.
    """
    if counted.lacking == 0:
        return {"prompt_tokens": 0, "completion_tokens": 0, "price": 0.0, "low": 0.0, "high": 0.0}
    each = (
        counted.prompt_tokens / counted.stored_bytes
        if counted.prompt_tokens and counted.stored_bytes
        else 1 / BYTES_PER_TOKEN
    )
    prompt = round(counted.lacking_bytes * each)
    mean = counted.completion_tokens / counted.stored if counted.stored else means[1]
    completion = None if mean is None else round(counted.lacking * mean)
    most = (draws * (counted.lacking_bytes + TEMPLATE * counted.lacking), draws * counted.lacking * sampling.max_tokens)
    return _priced(prompt, completion, (prompt, 0), most, price)


def _guess(
    requests: int | None,
    sampling: Sampling,
    price: TokenPrices | None,
    means: tuple[float, float | None] | None,
    draws: int,
) -> dict[str, Any]:
    """The same where the documents are still to be made: by the mean prompt and reply."""
    if requests is None or means is None:
        free = price is not None and not price.prompt and not price.completion
        cost = 0.0 if free else None
        return {"prompt_tokens": None, "completion_tokens": None, "price": cost, "low": cost, "high": cost}
    prompt, completion = (None if mean is None else round(requests * mean) for mean in means)
    most = (draws * (prompt or 0), draws * requests * sampling.max_tokens)
    return _priced(prompt or 0, completion, (0, 0), most, price)


def _priced(
    prompt: int, completion: int | None, low: tuple[int, int], high: tuple[int, int], price: TokenPrices | None
) -> dict[str, Any]:
    def cost(tokens: tuple[int, int | None]) -> float | None:
        if price is None or (tokens[1] is None and price.completion):
            return None
        return (tokens[0] * price.prompt + (tokens[1] or 0) * price.completion) / 1e6

    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "price": cost((prompt, completion)),
        "low": cost(low),
        "high": cost(high),
    }


def _makes_one(node: Node) -> bool:
    """Whether a step makes at most one prompt of a document: then it gives texts, not lists of texts."""
    from curate.schema import accepted

    assert node.step and node.step.spec.asks and node.chain
    empty = pl.DataFrame(schema={c: node.chain.schema[c] for c in node.reads})
    try:
        with failing(node.name, "cannot make prompts"):
            return node.step.spec.asks(empty, **accepted(node.step.spec.asks, _without_lists(node))).dtype == pl.String
    except CurateError:
        return False


def _without_lists(node: Node) -> dict[str, Any]:
    """The parameters of a step, its lists empty: what they hold is not read to plan."""
    return {**node.params, **dict.fromkeys(node.lists, ())}


@dataclass(frozen=True)
class Typical:
    """What a step makes of one document of the mean length: requests, and the tokens of each prompt."""

    requests: float
    prompt_tokens: float


def _typical(node: Node) -> Typical | None:
    """By the card of the published corpus that a node's documents come from; None without one, or where a step makes other documents."""
    card = None
    for before in node.upstream():
        if before.kind == "expand":
            return None
        card = before.card or card
    if card is None or card.documents is None or card.tokens is None or not card.documents.count:
        return None
    tokens = card.tokens.count / card.documents.count
    assert node.step and node.chain
    paragraph, size = "word " * 150 + "\n\n", round(tokens * BYTES_PER_TOKEN)
    text = (paragraph * (1 + size // len(paragraph)))[:size]
    docs = pl.DataFrame([{"id": "0", "text": text}], schema={c: node.chain.schema[c] for c in node.reads})
    try:
        with failing(node.name, "cannot make prompts"):
            prompts = prompts_of(node.step, docs, _without_lists(node))[0]
    except CurateError:
        return None
    if prompts is None or not len(prompts):
        return None
    asked = sum(len(prompt.encode()) for prompt in prompts)
    return Typical(len(prompts), asked / BYTES_PER_TOKEN / len(prompts))


# exactly, shard by shard


def count(curated: Curated, node: Node) -> tuple[Counted, bool]:
    """Requests of a node whose documents are built, and whether that is exact. Remembered until the replies or documents change."""
    from curate.replied import build_of

    model = open_model(node.models["model"], curated.store.root / "replies")
    memory = hashlib.sha256(
        f"{node.plan_key} {curated.built.view(_chain(node)).content} {_state(model)}".encode()
    ).hexdigest()[:32]
    known = curated.store.remembered("asked", memory)
    if isinstance(known, list) and len(known) == 2:
        return Counted(**known[0]), bool(known[1])
    build = build_of(curated)
    view = build.view(_chain(node))
    shards = _some(view.shards, view.rows)
    counted, share = _count(build, node, model, shards)
    counted = counted.scaled(1 / share) if share else counted
    curated.store.remember("asked", memory, [vars(counted), len(shards) == len(view.shards)])
    return counted, len(shards) == len(view.shards)


def _chain(node: Node) -> Node:
    assert node.chain
    return node.chain


def _some(shards: list[str], rows: int) -> list[str]:
    """All shards, or so many, spread evenly, that they hold about `MOST` documents."""
    if rows <= MOST:
        return shards
    wanted = max(1, len(shards) * MOST // rows)
    return [shards[at * len(shards) // wanted] for at in range(wanted)]


def _count(build: Build, node: Node, model: Recorded, shards: list[str]) -> tuple[Counted, float]:
    """What some shards ask for, and their share of the documents."""
    counted, seen, rows = Counted(), set[bytes](), 0
    for _, docs, prompts in _prompts(build, node, shards):
        rows += docs.height
        asked: list[Request] = []
        for row in prompts.to_list():
            for request in (Request(prompt, n) for prompt in row or () for n in range(int(node.params["samples"]))):
                if (key := model.key(request)[:16]) not in seen:
                    seen.add(key)
                    asked.append(request)
        for start in range(0, len(asked), SLICE):
            some = asked[start : start + SLICE]
            for request, reply in zip(some, model.remembered(some), strict=True):
                counted.add(request, reply)
    return counted, rows / max(1, build.view(_chain(node)).rows)


def _prompts(build: Build, node: Node, shards: list[str]) -> Iterator[tuple[str, pl.DataFrame, pl.Series]]:
    """Of each shard that goes into a node, the documents as the step sees them and their prompts."""
    assert node.step
    params = build.work(node).params
    view = build.reading(build.view(_chain(node)), node.reads)
    for shard in shards:
        docs = view.load(shard, list(node.reads)).select(node.reads)
        with failing(node.name, "cannot make prompts", node.where):
            yield shard, docs, prompts_of(node.step, docs, params)


def _state(model: Recorded) -> str:
    """What the folder of a model's replies holds, by names and sizes; segments are never written twice under one name."""
    files = sorted(model.folder.rglob("*")) if model.folder.is_dir() else []
    return str([(path.name, path.stat().st_size) for path in files if path.is_file() and not path.name.startswith(".")])


def lacks(build: Build, node: Node) -> bool:
    """Whether any reply that a node needs is not stored, those of retries included: else no server has to be started for it."""
    assert node.step
    model = open_model(node.models["model"], build.store.root / "replies")
    params = build.work(node).params
    try:
        for _, docs, prompts in _prompts(build, node, build.view(_chain(node)).shards):
            ask(node.step, prompts, model, params, _more(node, docs, params))
    except MissingReplies:
        return True
    return False


def _more(node: Node, docs: pl.DataFrame, params: dict[str, Any]) -> Again:
    found = node.step
    assert found
    return lambda came: again_of(found, docs, came, params)
