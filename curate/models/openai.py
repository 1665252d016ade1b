"""A model behind servers that speak OpenAI's protocol: vLLM, SGLang, llama.cpp, `transformers serve`, or somebody's service.

    models:
      writer: {backend: openai, id: ORG/NAME, revision: COMMIT, chat: true, sampling: {temperature: 0.6}}

The recipe says which model it is, the profile (`[models.writer]`) where it is served and how many requests are under way; docs/models.md
tells the rest. A reply belongs to the model, so the same id and revision share their replies however they are served; a server that says
that it is another model ends the build. The key is read from the environment at the first request and kept out of every message.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from curate.errors import CurateError, did_you_mean
from curate.models._completions import FORBIDDEN, Form
from curate.models._published import Published, spoken
from curate.models.base import FOLDER, Reply, Request, Sampling, named
from curate.profile import ModelSettings

KEYS = ("backend", "id", "revision", "chat", "system", "sampling")


def connect(entry: Mapping[str, Any], settings: ModelSettings) -> Served:
    """The model of an entry under a recipe's `models:`; nobody is asked. CurateError says what is wrong with it."""
    for key in entry:
        if key not in KEYS:
            raise CurateError(f"a model of `backend: openai` takes no {key!r}{did_you_mean(str(key), KEYS)}")
    hub, revision = named(entry)
    if not hub:
        raise CurateError(
            "a model of `backend: openai` needs an id; write id: ORG/NAME@COMMIT, or what the servers call it"
        )
    sampling = Sampling.of(entry.get("sampling") or {})
    for key in sampling.extra:
        if key in FORBIDDEN:
            raise CurateError(f"sampling.extra cannot say {key!r}; delete it")
    return Served(Published(hub, revision, *spoken(entry), {}, sampling), settings)


class Served:
    """A model that servers of the profile answer for. Holds no connection and no key, so it goes to workers as it is."""

    def __init__(self, model: Published, settings: ModelSettings) -> None:
        self.identity, self.sampling, self.settings = model.identity, model.sampling, settings
        self.form = Form(settings.served_as or model.id, model.chat, model.system, model.sampling, settings.stream)
        self.on_trouble: Callable[[str], None] | None = None
        """Takes why nothing is answered for the moment, and an empty text once something is."""

    def answers(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply]]:
        """Replies in the order in which they come; see `Model.answers`."""
        from curate.models._dispatch import Dispatch

        endpoints, settings = self._endpoints(), self.settings
        with Dispatch(
            self.form,
            endpoints,
            concurrency=settings.concurrency,
            patience=settings.patience,
            check=self._check,
            tell=self.on_trouble,
        ) as dispatch:
            yield from dispatch.replies(requests)

    def _endpoints(self) -> list[Any]:
        import resource

        from curate.models._endpoints import Endpoint

        settings = self.settings
        if not settings.endpoints:
            raise CurateError(
                f"nothing says where {self.identity['id']} is served; write in the profile, under [models.NAME]: "
                'endpoints = ["http://127.0.0.1:8000/v1"]'
            )
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        if settings.concurrency > most - 100 and most != resource.RLIM_INFINITY:
            raise CurateError(
                f"concurrency = {settings.concurrency} takes as many open files, and a process may have {most} here; "
                f"raise that (ulimit -n) or write at most {most - 100}"
            )
        key = key_of(settings, self.identity["id"])
        return [Endpoint(address, key, settings.timeout) for address in dict.fromkeys(settings.endpoints)]

    def _check(self, endpoint: Any, model: str) -> None:
        """What a server calls its model: as asked for, its id, the last part of its id, or its id with its revision.

        Of a folder, whose revision is the user's own word, `transformers serve` says the revision `main`.
        """
        hub, revision = self.identity["id"], self.identity["revision"]
        known = {self.settings.served_as, hub, hub.rpartition("/")[2], f"{hub}@{revision}"}
        if FOLDER.match(hub):
            known.add(f"{self.settings.served_as or hub}@main")
        if model not in known - {""}:
            wanted = self.settings.served_as or hub + (f"@{revision}" if revision else "")
            told = endpoint.cleaned(model)[:200]
            raise CurateError(
                f"{endpoint.name} answers as the model {told!r}, not {wanted!r}; serve that one, or, if it is the same, "
                f"write in the profile, under [models.NAME]: served_as = {told!r}"
            )


def key_of(settings: ModelSettings, model: str) -> str:
    """The key of a model's servers, which the environment holds; empty where they want none. CurateError for one that cannot be."""
    name = settings.api_key_env
    if not name:
        return ""
    key = os.environ.get(name, "").strip()
    if not key:
        raise CurateError(f"the environment variable {name} is not set; it must hold the key of {model}")
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        raise CurateError(f"the environment variable {name} holds characters that no key has")
    return key
