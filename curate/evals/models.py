"""Which model is evaluated: one under a recipe's `models:`, the weights of a run, a folder, a model of the hub, or one behind a server.

Who it is decides which replies are its own. A published model is its id and revision, whoever serves it. A folder and the weights of a run
are the digests of their files, so a path, a copy or another name of a run ask nothing anew. A server is believed as to which model it
serves, and where no revision is said, that is its name alone. Left out: checkpoints half-way through a run, which are no folders of
weights before `trainers` export them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import CurateError, did_you_mean
from curate.hub import COMMIT
from curate.identity import digest
from curate.models.base import FOLDER, Model, backend, identity_of, named, unasked
from curate.models.replies import Asker, Recorded
from curate.names import reference
from curate.profile import ModelSettings, Profile

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.recipe import Recipe
    from curate.run import Run
    from curate.store import Store

WEIGHTS = ("*.json", "*.safetensors", "*.jinja", "*.model", "merges.txt", "vocab.txt", "*.tiktoken")
"""Files of a folder that decide what its model says."""


@dataclass(frozen=True)
class Subject:
    """One model that is evaluated."""

    name: str
    """What it is called in tables: a name of the recipe, an id, a path."""
    entry: dict[str, Any]
    """As under a recipe's `models:`, without sampling and chat, which the benchmark decides."""
    settings: ModelSettings = field(default_factory=ModelSettings)
    weights: str = ""
    """Digest of the files, of a folder."""
    origin: dict[str, Any] = field(default_factory=dict)
    """Of a run: its title and key."""

    @property
    def loads(self) -> bool:
        """Whether it is loaded into this process."""
        return backend(str(self.entry["backend"])).loads

    def asked(self, chat: bool, sampling: Mapping[str, Any], system: str | None = None) -> dict[str, Any]:
        """The entry with how it is asked: of its own `sampling:` only `extra` stays, and `system` comes before its own.

        `system` and `chat_template_kwargs` are for chats alone, and backends of our own are told neither.
        """
        extra = dict((self.entry.get("sampling") or {}).get("extra") or {})
        if not chat:
            extra.pop("chat_template_kwargs", None)
        made = {**self.entry, "sampling": {**sampling, **({"extra": extra} if extra else {})}}
        if self.entry.get("id"):
            made["chat"] = chat
            if not chat:
                made.pop("system", None)
            elif system is not None:
                made["system"] = system
        return made

    def identity(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Which model answers, without how it samples: what its replies are kept by."""
        known = {key: value for key, value in identity_of(entry).items() if key != "sampling"}
        if not self.weights:
            return known
        return {"weights": self.weights, **{k: v for k, v in known.items() if k not in ("id", "revision")}}

    def opened(
        self, entry: Mapping[str, Any], replies: Path, settings: ModelSettings | None = None, asker: Asker | None = None
    ) -> Recorded:
        """The model as it is asked, remembering its replies. settings: where it is, if not as the profile says."""
        found = backend(str(entry["backend"]))
        model: Model = found.connect(entry, settings or self.settings)
        return Recorded(model, replies, identity=self.identity(entry), asker=asker)


def of_recipe(curated: Curated, name: str, backend_name: str = "") -> Subject:
    """The model that a recipe calls `name`: of its `models:`, or a run of its own or, as RECIPE:RUN, of another one.

    backend_name: what loads the weights of a run, `hf` if not said, or `vllm`; an entry of `models:` has its own. CurateError for a run
    that is not finished, and for a model that cannot be asked.
    """
    recipe = curated.recipe
    entry = recipe.models.get(name)
    if entry is None:
        return _of_run(curated, name, backend_name or "hf")
    if entry.fit:
        raise recipe.fail("is no language model; name one with `backend:`", "models", name)
    said = entry.model_dump(mode="json", exclude_none=True)
    if why := unasked(said):
        raise recipe.fail(why, "models", name)
    settings = curated.profile.models.get(name, ModelSettings())
    if folder := _folder(str(said.get("id") or ""), curated.project):
        return _of_folder(name, folder, said, settings, curated.store)
    return Subject(name, said, settings)


def knows(curated: Curated, name: str) -> bool:
    """Whether a recipe has a language model or a run of this name, or it is that of another recipe's run."""
    found = curated.recipe.models.get(name)
    return bool(found and not found.fit) or bool(curated.recipe.runs_of(name)) or reference(name) is not None


def all_seeds(curated: Curated, name: str) -> tuple[str, ...]:
    """What a model's name stands for: itself, or the runs of an entry with seeds, `stable:midtrain-0`, ..., as many as are asked for."""
    if name in curated.recipe.models:
        return (name,)
    other = reference(name)
    recipe, wanted = (_recipe(curated, other[0]), other[1]) if other else (curated.recipe, name)
    prefix = f"{other[0]}:" if other else ""
    return tuple(prefix + run for run in recipe.runs_of(wanted, curated.seeds)) or (name,)


def _recipe(curated: Curated, name: str) -> Recipe:
    """Another recipe, whether this one refers to it or not."""
    from curate.recipe import load

    return curated.recipe.others.get(name) or load(name, project=curated.project, beside=curated.recipe.path)


def _of_run(curated: Curated, name: str, backend_name: str) -> Subject:
    from curate.training import Training

    other = reference(name)
    owner, wanted = (replace(curated, recipe=_recipe(curated, other[0])), other[1]) if other else (curated, name)
    return of_run(curated, name, Training(owner)[wanted], backend_name)


def of_run(curated: Curated, name: str, run: Run, backend_name: str) -> Subject:
    """The model of a run that a recipe calls `name`. CurateError if it is not finished."""
    from curate.run_state import state_of

    state, why = state_of(run)
    if state != "current":
        raise CurateError(
            f"{run.title} is {state}{f': {why}' if why else ''}; run {run.command} {run.owner.title} first"
        )
    folder = run.folder.file("model")
    if not (folder / "config.json").is_file():
        raise CurateError(f"{run.title} left no model/ with a config.json, so there is nothing to evaluate")
    settings = curated.profile.models.get(name, ModelSettings())
    made = _of_folder(name, folder, {"backend": backend_name}, settings, curated.store)
    return Subject(made.name, made.entry, settings, made.weights, {"run": run.title, "key": run.key})


def of_text(
    text: str, *, endpoint: str = "", backend_name: str = "", profile: Profile, project: Path, store: Store
) -> Subject:
    """A model that stands in no recipe: ORG/NAME@COMMIT, a folder, the name of a backend of ours, or what a server calls it.

    endpoint: base address of a server that speaks OpenAI's protocol. backend_name: `hf` if not said, or `vllm`. CurateError for what is
    none of these.
    """
    if endpoint and backend_name:
        raise CurateError(
            f"--backend {backend_name} loads a model here, and --endpoint has one already; say one of them"
        )
    if not text.isprintable():
        raise CurateError(f"{text[:80]!r} is no name of a model: it has control characters")
    folder = _folder(text, project)
    text = text or served(endpoint)
    settings = profile.models.get(text, ModelSettings())
    if endpoint:
        settings = settings.model_copy(update={"endpoints": (endpoint,), "launch": ""})
        entry: dict[str, Any] = {"backend": "openai", "id": text}
        if folder:
            return Subject(text, {**entry, "revision": "-"}, settings, weights_of(folder, store))
        return Subject(text, entry, settings)
    entry = {"backend": backend_name or "hf"}
    if folder:
        return _of_folder(text, folder, entry, settings, store)
    if "/" in text or "@" in text:
        said = {**entry, "id": text}
        name, revision = named(said)
        if not revision:
            raise CurateError(f"{text} has no revision; write {text}@COMMIT, all 40 digits of it")
        if not COMMIT.fullmatch(revision):
            raise CurateError(f"{text}: {revision[:80]!r} is no commit; write {name}@COMMIT, all 40 digits of it")
        identity_of(said)
        return Subject(text, said, settings)
    if backend_name:
        raise CurateError(f"--backend {backend_name} loads ORG/NAME@COMMIT or a folder, not {text[:80]!r}")
    try:
        backend(text)
    except CurateError:
        known = "ORG/NAME@COMMIT, a folder with a config.json, or a backend of ours such as pupil"
        raise CurateError(f"no model {text[:80]!r}; name {known}") from None
    return Subject(text, {"backend": text}, settings)


def _of_folder(name: str, folder: Path, entry: dict[str, Any], settings: ModelSettings, store: Store) -> Subject:
    digested = weights_of(folder, store)
    return Subject(name, {**entry, "id": str(folder), "revision": digested}, settings, digested)


def _folder(text: str, project: Path) -> Path | None:
    """The folder of weights that a text names; that of a run stands for the weights in it. CurateError for a path to anything else."""
    if not text or "\0" in text:
        return None
    path = Path(text).expanduser()
    path = path if path.is_absolute() else project / path
    for one in (path, path / "model"):
        if (one / "config.json").is_file():
            return one.resolve()
    if FOLDER.match(text):
        raise CurateError(f"{text} is no folder with a config.json")
    return None


def weights_of(folder: Path, store: Store) -> str:
    """Digest of the files that decide what the model in a folder says. CurateError for a folder without weights."""
    files = sorted(path for pattern in WEIGHTS for path in folder.glob(pattern) if path.is_file())
    if not any(path.suffix == ".safetensors" for path in files):
        raise CurateError(f"{folder} has no *.safetensors")
    return digest({path.name: store.digest_of(path)[0] for path in files})


def served(endpoint: str) -> str:
    """The one model that a server says it serves. CurateError if it says none or several, or cannot be reached."""
    import http.client
    import json
    import urllib.error
    import urllib.request

    from curate.budget import is_own
    from curate.models._endpoints import shown
    from curate.models.launch import Stays

    address = endpoint.rstrip("/") + "/models"
    if not address.startswith(("http://", "https://")):
        raise CurateError(f"--endpoint {shown(endpoint)!r}: write e.g. http://127.0.0.1:8000/v1")
    try:
        proxies = urllib.request.ProxyHandler({} if is_own(endpoint) else None)  # no proxy leads to this machine
        with urllib.request.build_opener(proxies, Stays).open(address, timeout=10) as answer:
            told = json.loads(answer.read(1 << 20))
        names = [str(one["id"]) for one in told["data"]]
        if not all(name.isprintable() for name in names):
            raise ValueError("names with control characters in them")
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        said, what = str(getattr(error, "reason", None) or error)[:100], _advice(error, shown(endpoint))
        raise CurateError(f"{shown(endpoint)} does not say what it serves ({said}); {what}") from None
    if len(names) != 1:
        raise CurateError(
            f"{shown(endpoint)} serves {len(names):,} models; name one: --model NAME{did_you_mean('', names)}"
        )
    return names[0]


def _advice(error: Exception, endpoint: str) -> str:
    """What to do about a server that does not say what it serves."""
    status, reason = getattr(error, "code", 0), getattr(error, "reason", None)
    if status == 404 and not endpoint.rstrip("/").endswith("/v1"):
        return f"does its address end in /v1? Say --endpoint {endpoint.rstrip('/')}/v1"
    if status in (401, 403):
        return (
            "it wants a key: name the model, --model NAME, put the key into an environment variable, and write in the profile, "
            'profiles/local.toml: [models."NAME"] api_key_env = "VARIABLE"'
        )
    if isinstance(reason, ConnectionRefusedError):
        return "start it, or name the model, --model NAME, and it is waited for"
    return "name it: --model NAME"
