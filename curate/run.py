"""A run of a trainer: one entry under `train:` of a recipe, and its identity.

A run's *key* is the digest of what is trained: the command as the recipe says it, its parameters (of a template its text), the seed, the
content of the mixture and of the tokenizer or of the prompts, and what it starts from (the key of another run, a model of the hub at its
revision, or the files of a folder). What only decides how the work is laid out on a machine (`MACHINE`) is not in it, and may also stand
in a profile. Nor is the trainer's code: it is recorded with the run, and a changed tree is told as drift, because a typo must not make
weeks of training stale.

A run lives in `training/<key>/` of the store. `training/names/` lists, for each name of a run in a project, the keys that were started
under it, so that a run can be told stale and what changed since.
"""

from __future__ import annotations

import contextlib
import functools
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.code import FIRST_PARTY, PACKAGE, code_digest
from curate.errors import CurateError, did_you_mean
from curate.hub import MODEL, UNPINNED
from curate.identity import digest, file_sha256
from curate.lock import ref_name
from curate.parts import MODULE, TrainEntry
from curate.profile import MIDTRAINING, ROLLOUTS, Settings
from curate.prompts import FILE
from curate.run_folder import RunFolder
from curate.run_prompts import prompt_nodes, refuse_prompts, stored_nodes, template, trainers
from curate.scalars import count
from curate.state import parts

if TYPE_CHECKING:
    from curate.api import Curated

FORMAT = 1
"""Raised by hand when the same payload comes to mean another training."""
MACHINE = tuple(Settings.model_fields)
"""Parameters that say how a run is laid out on a machine and not what it trains. No key sees them."""
OURS = ("out", "name", "lock", "mixture", "tokenizer", "model", "parent", "prompts")
"""Keys of run.json that no parameter may have."""
COUNTED = re.compile(r"(.*_)?(steps|tokens|size)")
"""Parameters whose values may be written 2M or 5k."""
WEIGHTS = ("*.json", "*.safetensors")
"""Files of a model's folder that are its identity."""


@dataclass(frozen=True, eq=False)
class Run:
    """One entry under `train:` of one recipe."""

    owner: Curated
    name: str
    entry: TrainEntry
    data: Curated | None
    """The recipe whose mixture it reads."""
    parent: Run | None = None
    """The run it goes on from."""
    launch: tuple[tuple[str, Any], ...] = ()
    """What the profile says of `MACHINE`."""
    number: int | None = None
    """Which seed of its entry it has, from 0; None where the entry says no `seeds:`."""
    place: tuple[str, ...] = ()
    """Keys that lead to its entry, where that is not `train:` and its name."""

    @property
    def title(self) -> str:
        """`long-cot/midtrain`."""
        return f"{self.owner.title}/{self.name}"

    @property
    def entry_name(self) -> str:
        """What its entry is called: `midtrain` of the run `midtrain-1`."""
        return self.name if self.number is None else self.name.removesuffix(f"-{self.number}")

    @property
    def command(self) -> str:
        """What of ours starts it, and lets it go on."""
        return "curate compare --probe" if self.place else "curate train"

    @property
    def words(self) -> list[str]:
        """Its command, without a shell."""
        return shlex.split(self.entry.run)

    @property
    def module(self) -> str:
        """The dotted name of the trainer; empty where it is a command line."""
        return self.words[0] if len(self.words) == 1 and MODULE.fullmatch(self.words[0]) else ""

    @property
    def where(self) -> str:
        """`file:line` of its entry."""
        return self.owner.recipe.location(*self._said_at)

    @property
    def _said_at(self) -> tuple[str, ...]:
        return self.place or ("train", self.entry_name)

    @property
    def machine(self) -> tuple[str, ...]:
        """Which of `MACHINE` are settings of such a run: the others are parameters like any."""
        return tuple(name for name in MACHINE if name not in (MIDTRAINING if self.on_prompts else ROLLOUTS))

    @property
    def on_prompts(self) -> bool:
        """Whether it is reinforcement learning, which reads prompts and no mixture."""
        return bool(self.entry.prompts) or self.module in trainers().ON_PROMPTS

    @functools.cached_property
    def params(self) -> dict[str, Any]:
        """The trainer's parameters, numbers as numbers; a template as its text, with what ends a reply to it."""
        said = {name: _number(name, value) for name, value in self.entry.params.items()}
        return {**said, **template(self, said)}

    @property
    def job(self) -> dict[str, Any]:
        """What is done, apart from where weights and prompts come from, the seed, and how the work is laid out."""
        left_out = (*self.machine, "seed", "from_tokens")
        return {"run": " ".join(self.words), **{k: v for k, v in self.params.items() if k not in left_out}}

    @property
    def seed(self) -> Any:
        """That of the entry, else the recipe's."""
        return self.params.get("seed", self.owner.recipe.seed)

    @property
    def missing(self) -> str:
        """What has to be built before it is known what this run is; empty if nothing."""
        if self.parent and self.parent.missing:
            return f"{self.parent.title}: {self.parent.missing}"
        if self.data and not self.objects:
            return f"the mixture of {self.data.title} is to be built"
        if self.entry.prompts and not self.objects:
            return f"the prompts of {self.entry.prompts} are to be built"
        return ""

    @functools.cached_property
    def objects(self) -> dict[str, str]:
        """Keys of the mixture or the prompts, and of the tokenizer, in the store; empty if they are not built."""
        found = self.nodes()
        return {name: manifest.key for name, (_, manifest) in found.items()} if found else {}

    def nodes(self) -> dict[str, Any]:
        """What it reads: name -> node and manifest; nothing if something of it is not built."""
        if self.entry.prompts:
            return prompt_nodes(self)
        if self.data is None:
            return {}
        mixture = self.data.planned.nodes["mixture"]
        return stored_nodes({"mixture": mixture, "tokenizer": dict(mixture.others)["tokenizer"]}, self.data)

    @functools.cached_property
    def sources(self) -> dict[str, str]:
        """Corpus -> digest of what the mixture took it from, to tell which one changed."""
        if self.entry.prompts and self.objects:
            return {self.entry.prompts: self.objects["prompts"]}
        if not self.objects or self.data is None:
            return {}
        done, mixture = self.data.built.done, self.data.planned.nodes["mixture"]
        corpora = {name: node for name, node in mixture.others if name != "tokenizer"}
        known = {
            name: [done[p.plan_key].content for p in parts(node) if p.plan_key in done]
            for name, node in corpora.items()
        }
        return {name: digest(contents) for name, contents in known.items()}

    @functools.cached_property
    def identity(self) -> dict[str, Any]:
        """What the key hashes. CurateError if that is not known yet, or a parameter is nothing that JSON can say."""
        self.refuse()
        if self.missing:
            raise CurateError(self.missing)
        contents = {name: manifest.content for name, (_, manifest) in self.nodes().items()}
        kept = {name: _same(value) for name, value in self.params.items() if name not in (*self.machine, "seed")}
        return {
            **({"prompts": contents.get("prompts")} if self.entry.prompts else {}),
            "format": FORMAT,
            "run": self.words,
            "params": kept,
            "seed": self.seed,
            "mixture": contents.get("mixture"),
            "tokenizer": contents.get("tokenizer"),
            "from": self.origin,
        }

    @property
    def origin(self) -> dict[str, Any] | None:
        """What it starts from, as identity: a run's key, a hub id at its revision, a folder's files, or nothing."""
        if self.parent:
            return {"run": self.parent.key}
        if folder := self.model_folder:
            files = sorted(path for pattern in WEIGHTS for path in folder.glob(pattern))
            return {"files": {path.name: self.owner.store.digest_of(path)[0] for path in files}}
        return {"hub": self.entry.from_} if self.entry.from_ else None

    def refuse(self) -> None:
        """CurateError for what no build would put right: no revision, no model, two things to start from, a key that is ours."""
        said = self.entry.from_ or ""
        refuse_prompts(self)
        if said and self.params.get("config") is not None:
            raise self.wrong("has both `from:` and `config:`; remove one (config: null, if it is inherited)")
        if taken := [name for name in self.params if name in OURS]:
            raise self.wrong(f"{taken[0]!r} is given by curate; take it out (use data: and from:)")
        found = MODEL.fullmatch(said)
        if found and found[2] == UNPINNED:
            raise self.wrong(f"{found[1]} has no revision yet; run curate fetch {self.owner.name}, or write it in")
        if said and not (found or self.parent or self.model_folder):
            raise self.wrong(f"no model {said[:80]!r}; write ORG/NAME@COMMIT, or a folder that has a config.json")
        self._refuse_settings()

    def _refuse_settings(self) -> None:
        """CurateError for parameters that a trainer of ours would refuse, said before hours of building and waiting."""
        check = trainers().CHECKS.get(self.module)
        if check is None:
            return
        start = "parent" if self.parent else "model" if self.entry.from_ else None
        reads = ("prompts",) if self.entry.prompts else ("mixture",)
        given = {name: "-" for name in ("out", *reads, "tokenizer", start) if name}
        try:
            check({**given, **self.params, **dict(self.launch)}, self.where)
        except CurateError as error:
            raise self.wrong(error.message) from None

    @property
    def model_folder(self) -> Path | None:
        """The folder of the model that it starts from, if the recipe names one."""
        said = self.entry.from_
        if self.parent or not said or "/" not in said:
            return None
        path = self.owner.project / Path(said).expanduser()
        return path.resolve() if (path / "config.json").is_file() else None

    def wrong(self, message: str) -> CurateError:
        """The error to raise about its entry."""
        return CurateError(f"{'.'.join(self._said_at)}: {message}", where=self.where)

    @functools.cached_property
    def key(self) -> str:
        """Name of its folder. CurateError as `identity`."""
        try:
            return digest(self.identity)
        except (TypeError, ValueError) as error:
            raise self.wrong(f"a parameter cannot be said in JSON ({error}); quote it or change it") from None

    @property
    def folder(self) -> RunFolder:
        """Where it lives. CurateError as `identity`."""
        return RunFolder(self.owner.store.root / "training" / self.key)

    def given(self) -> dict[str, Any]:
        """The content of its run.json; brings the mixture's files here. Of the mixture nothing is copied."""
        store, lock = self.owner.store, self.owner.lock_path
        places = {name: str(store.ensure(key)) for name, key in self.objects.items()}
        if "prompts" in places:
            places["prompts"] = str(Path(places["prompts"]) / FILE)
        own = {"out": str(self.folder.path), "name": self.title, "seed": self.seed}
        own |= {"lock": file_sha256(lock) if lock.is_file() else None, **places}
        return {**own, **self._start(), **self.params, **dict(self.launch)}

    def _start(self) -> dict[str, str]:
        if self.parent:
            return {"parent": str(self.parent.folder.path)}
        return {"model": str(self.model_folder or self.entry.from_)} if self.entry.from_ else {}

    def code(self) -> dict[str, str]:
        """Digest of each file of the trainer that we can tell: its modules, or files of the project that its command names."""
        if path := self.module_file:
            modules: dict[str, str] = code_digest(path, self.module, project=self.owner.project)["modules"]
            return modules
        named = {word: self.owner.project / word for word in self.words if not word.startswith("-")}
        return {word: file_sha256(path) for word, path in named.items() if path.is_file()}

    @property
    def module_file(self) -> Path | None:
        """The file of its module: ours, or the project's. CurateError for one of ours that is not there."""
        if not self.module:
            return None
        ours = self.module.partition(".")[0] in FIRST_PARTY
        path = (PACKAGE if ours else self.owner.project).joinpath(*self.module.split(".")).with_suffix(".py")
        if ours and not path.is_file():
            known = [f"trainers.{p.stem}" for p in (PACKAGE / "trainers").glob("*.py") if not p.stem.startswith("_")]
            raise self.wrong(f"there is no trainer {self.module!r}{did_you_mean(self.module, known)}")
        return path if path.is_file() else None

    # what the name meant before

    @property
    def names(self) -> Path:
        """The file with the keys that were started under this name in this project, newest last."""
        mark = ref_name(self.owner.title, self.owner.lock_path)
        return self.owner.store.root / "training" / "names" / f"{mark}.{self.name}"

    def note_name(self) -> None:
        """Add its key to those of its name."""
        if self.earlier()[-1:] != [self.key]:
            self.names.parent.mkdir(parents=True, exist_ok=True)
            with self.names.open("a") as file:
                file.write(f"{self.key}\n")

    def earlier(self) -> list[str]:
        """Keys that were started under its name, newest last."""
        with contextlib.suppress(OSError):
            return [
                key
                for key in self.names.read_text("ascii", "replace").split("\n")
                if re.fullmatch(r"[0-9a-f]{32}", key)
            ]
        return []

    def before(self) -> list[RunFolder]:
        """Folders of what its name meant, newest first."""
        return [RunFolder(self.owner.store.root / "training" / key) for key in reversed(self.earlier())]


def _number(name: str, value: Any) -> Any:
    """`5k` and `2M` as numbers where the parameter counts something."""
    if isinstance(value, str) and COUNTED.fullmatch(name):
        with contextlib.suppress(ValueError):
            return count(value)
    return value


def _same(value: Any) -> Any:
    """A parameter so that `0` and `0.0`, which train the same, are one."""
    if isinstance(value, dict):
        return {name: _same(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_same(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
