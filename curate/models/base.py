"""One seam to every language model: what is asked, what comes back, and how a backend is found by name.

A step says which prompts it makes of a document (`asks=` in `curate/step.py`), the recipe's `models:` which model answers them, and the
profile where that model is (`[models.NAME]`). Requests go in and replies come out as streams, so nobody holds all of them. Every reply is
stored once under (model, prompt bytes, sampling, sample index) before anybody sees it (`curate/models/replies.py`).

A backend is one module with `connect(entry, settings) -> Model`. It is looked for by name in `curate.models` (servers and libraries) and
then in `curation.synth` (teachers of our own, such as `symbolic`); nothing is registered, and nothing first-party is imported here.
Connecting costs nothing and reaches nobody: planning connects to every model to learn its identity.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, cast, runtime_checkable

from curate.code import code_digest
from curate.errors import CurateError, Halted, did_you_mean
from curate.hub import UNPINNED
from curate.profile import ModelSettings

if TYPE_CHECKING:
    from curate.models.replies import Asker, Recorded

Finish = Literal["stop", "length", "filtered", "abstain", "refused"]
"""Why a reply ended: by itself, at `max_tokens`, by a content filter, because the model had nothing to say, or before it began, because
the server will not answer this request (its prompt is longer than the context, say). Each is final: asking again would not help."""
MOST_TOKENS = 2**32 - 1
"""What the reply store can hold as a count; a larger one is taken for this."""
FOLDER = re.compile(r"\.{1,2}/|[/~]")
"""How the id of a model in a folder begins: ./NAME, /PATH or ~/PATH."""
PLACES = ("curate.models", "curation.synth")
"""Packages in which a backend is looked for, in order."""


@dataclass(frozen=True)
class Sampling:
    """How to sample. Every field is part of a reply's key."""

    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 4096
    stop: tuple[str, ...] = ()
    seed: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    def payload(self) -> dict[str, Any]:
        """The fields as strict JSON: numbers that YAML may write as `1` or `1.0` are the same number here."""
        return asdict(self) | {"stop": list(self.stop)}

    def seed_of(self, sample: int) -> int:
        """The seed that a backend gives its engine for a draw: 31 bits, which every engine takes, the same for each prompt."""
        return int.from_bytes(hashlib.sha256(f"{self.seed}/{sample}".encode()).digest()[:4], "big") >> 1

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Sampling:
        """Sampling from a recipe's map.

        Raises:
            CurateError: an unknown field or a value of the wrong kind or out of range.
        """
        known = {f.name for f in fields(cls)}
        for name in entry:
            if name not in known:
                raise CurateError(f"sampling has no field {name!r}{did_you_mean(str(name), known)}")
        stop = entry.get("stop", ())
        made = cls(
            temperature=_number(entry, "temperature", 0.0, low=0.0),
            top_p=_number(entry, "top_p", 1.0, low=0.0),
            max_tokens=int(_number(entry, "max_tokens", 4096, low=1)),
            stop=(stop,) if isinstance(stop, str) else tuple(stop),
            seed=int(_number(entry, "seed", 0, low=0)),
            extra=dict(entry.get("extra") or {}),
        )
        if not all(isinstance(word, str) for word in made.stop):
            raise CurateError(f"sampling.stop: texts, not {stop!r}")
        return made


def _number(entry: Mapping[str, Any], name: str, default: float, *, low: float) -> float:
    value = entry.get(name, default)
    whole = isinstance(default, int)
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not low <= value < float("inf")
        or (whole and value != int(value))
    ):
        raise CurateError(
            f"sampling.{name}: {'a whole number' if whole else 'a number'} of at least {low:g}, not {value!r}"
        )
    return float(value)


def named(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Id and revision of a recipe's entry, which may stand together, as ORG/NAME@COMMIT; empty where they are not said."""
    id, revision = str(entry.get("id") or ""), str(entry.get("revision") or "")
    if FOLDER.match(id):  # its name may hold an @
        return id, revision
    name, _, commit = id.partition("@")
    return name, commit or revision


def messages(prompt: str, system: str) -> list[dict[str, str]]:
    """What a chat model is told."""
    said = [{"role": "system", "content": system}] if system else []
    return [*said, {"role": "user", "content": prompt}]


def cut(text: str, stops: Iterable[str]) -> str:
    """The text before the first place where a stop text begins, in whatever order the stop texts are given."""
    return text[: min((place for stop in stops if stop and (place := text.find(stop)) >= 0), default=len(text))]


class Request(NamedTuple):
    """One draw of one prompt."""

    prompt: str
    sample: int = 0
    """Draws of one prompt with different numbers are different draws, unless the model is greedy."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply: its text, why it ended, and what it cost in tokens. An `abstain` or `refused` reply has an empty text."""

    text: str
    finish: Finish
    prompt_tokens: int
    completion_tokens: int
    error: str = ""
    """Of a `refused` reply: what the server said, on one line."""

    def until(self, stops: Iterable[str]) -> Reply:
        """The reply ended at its first stop text. Some servers send that along, some look for one stop text after the other, and some for
        none; the tokens were generated all the same, so their counts stay."""
        text = cut(self.text, stops)
        return self if len(text) == len(self.text) else replace(self, text=text, finish="stop")


class Unanswered(Halted):
    """Requests that got no answer, however often they were tried: the build stops, and the next one asks them again."""


@runtime_checkable
class Model(Protocol):
    """Anything that completes prompts."""

    identity: dict[str, Any]
    """What says which model this is: strict JSON; never an endpoint, host or key."""
    sampling: Sampling

    def answers(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply]]:
        """The place of each request (0, 1, ...) and its reply, in whatever order they come.

        Requests are taken one by one as there is room for them, in the thread that iterates, so that millions of them need no memory.
        What comes out is final. Where a request gets no answer, all others are answered first, and then it raises.

        Raises:
            Unanswered: some requests got no answer.
            CurateError: asking on is pointless: a wrong key, another model than the one asked for.
        """
        ...


@dataclass(frozen=True)
class Backend:
    """A module that makes models, and what of it belongs to a model's identity."""

    name: str
    module: str
    path: Path
    files: tuple[str, ...]
    """Files beside the module, as globs, that decide replies and that no import names (`FILES`)."""
    uses: tuple[str, ...]
    """Distributions whose version can change replies (`USES`)."""
    loads: bool
    """Whether it loads the model into the process that asks (`LOADS`), which then is one."""

    def connect(self, entry: Mapping[str, Any], settings: ModelSettings) -> Model:
        return cast(Model, importlib.import_module(self.module).connect(entry, settings))


def backend(name: str) -> Backend:
    """The backend that a recipe calls `name`. CurateError with a suggestion if there is none."""
    for place in PLACES:
        dotted = f"{place}.{name}"
        spec = importlib.util.find_spec(dotted) if name.isidentifier() and not name.startswith("_") else None
        if spec is not None and spec.origin is not None and _connects(Path(spec.origin)):
            module = importlib.import_module(dotted)
            path = Path(spec.origin)
            files, uses = (tuple(getattr(module, said, ())) for said in ("FILES", "USES"))
            return Backend(name, dotted, path, files, uses, bool(getattr(module, "LOADS", False)))
    raise CurateError(f"no model backend {name!r}{did_you_mean(name, _backends())}")


def open_model(
    entry: Mapping[str, Any], replies: Path, settings: ModelSettings | None = None, asker: Asker | None = None
) -> Recorded:
    """The model of one entry under a recipe's `models:`, remembering its replies in a folder. CurateError names what is wrong.

    asker: who asks and what it may cost; without one, a reply that is not stored is not asked for.
    """
    from curate.models.replies import Recorded

    found, model = _opened(entry, settings or ModelSettings())
    return Recorded(model, replies, identity=_identity(found, model), asker=asker)


def identity_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What of a model belongs to the identity of a step that asks it: which model, its code if it is our own, and how it samples."""
    if not entry.get("backend") and entry.get("id"):
        named = {key: entry[key] for key in ("id", "revision") if entry.get(key)}
        return {**named, "sampling": Sampling.of(entry.get("sampling") or {}).payload()}
    found, model = _opened(entry, ModelSettings())
    return {**_identity(found, model), "sampling": model.sampling.payload()}


def unasked(entry: Mapping[str, Any]) -> str:
    """Why a published model can be planned with but not asked; empty for one that can."""
    hub, revision = named(entry)
    if not hub:
        return ""
    if not entry.get("backend"):
        return f"nothing says how to ask {entry['id']}; add `backend:`{did_you_mean('', _backends())}"
    return f"{hub} has no revision yet; run curate fetch, or write it in" if revision == UNPINNED else ""


def _opened(entry: Mapping[str, Any], settings: ModelSettings) -> tuple[Backend, Model]:
    name = entry.get("backend")
    if not isinstance(name, str):
        raise CurateError(f"a model needs `backend:`{did_you_mean('', _backends())}")
    found = backend(name)
    return found, found.connect(entry, settings)


def _identity(found: Backend, model: Model) -> dict[str, Any]:
    """A teacher of our own is its code; a server or library only carries the replies of what its identity names."""
    if not found.module.startswith("curation."):
        return dict(model.identity)
    return {**model.identity, "code": code_digest(found.path, found.module, files=found.files, uses=found.uses)}


def _backends() -> list[str]:
    """Names of all backends on disk."""
    names = []
    for place in PLACES:
        spec = importlib.util.find_spec(place)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            names += [p.stem for p in sorted(Path(folder).glob("[!_]*.py")) if _connects(p)]
    return names


def _connects(path: Path) -> bool:
    """A backend is told by its text, so that looking for one imports none of the others."""
    return path.suffix == ".py" and "\ndef connect(" in path.read_text("utf-8")
