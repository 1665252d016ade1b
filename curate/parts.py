"""The parts of a recipe's file: what each may say, as pydantic models.

Keys that belong to a reader, a step, a trainer or a benchmark are kept as given in `params`: their owner checks them later. Only the
shape is checked here; what refers to what is checked in `curate/checks.py`. Left out on purpose: workers, endpoints, budgets; those are
run settings (`profiles/`), which no recipe can say.
"""

from __future__ import annotations

import re
import shlex
import typing
from dataclasses import MISSING, fields
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StrictBool,
    WithJsonSchema,
    create_model,
    model_serializer,
    model_validator,
)

from curate import names
from curate.clauses import parse
from curate.errors import CurateError
from curate.identity import canonical
from curate.models.base import Sampling
from curate.scalars import Count, Share

VERB = r"^[a-z][a-z0-9_]{0,63}$"
MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
"""A Python module by its dotted name."""


def _clause(text: Any) -> str:
    if not isinstance(text, str):
        raise ValueError(f"must be a clause such as score >= 0.5, not {text!r:.40}")
    try:
        parse(text)
    except CurateError as error:
        raise ValueError(str(error)) from None
    return text


def _command(text: str) -> str:
    """What starts a trainer, in words of a shell but without one."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ValueError(f"must be a command ({str(error).lower()}), not {text!r:.40}") from None
    if not words or (len(words) == 1 and not MODULE.fullmatch(words[0]) and not _is_program(words[0])):
        raise ValueError(
            f'must be a module (trainers.midtrain) or a command ("python my_trainer.py"), not {text!r:.40}'
        )
    return text


def _is_program(word: str) -> bool:
    return "/" in word and not word.endswith(".py")


Name = Annotated[str, AfterValidator(names.name)]
RecipeName = Annotated[str, AfterValidator(names.recipe_name)]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Identifier = Annotated[str, Field(pattern=VERB)]
ColumnName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
Clauses = dict[Name, Annotated[str, BeforeValidator(_clause)]]
Files = Annotated[
    tuple[Text, ...],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Whole = Annotated[int, Field(strict=True, ge=0, lt=2**63)]
Seeds = Annotated[int, Field(strict=True, ge=1, le=100)]
Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]


class Part(BaseModel):
    """A map of the recipe whose keys are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    @model_serializer(mode="wrap")
    def _written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        params: dict[str, Any] = data.pop("params", {})
        return {key: value for key, value in data.items() if value not in (None, "", {}, [], ())} | params


class Open(Part):
    """A map whose other keys are somebody's parameters."""

    params: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        known = {field.alias or key for key, field in cls.model_fields.items()} - {"params"}
        own = {key: value for key, value in given.items() if key in known}
        return own | {"params": {key: value for key, value in given.items() if key not in known}}


class StepEntry(Part):
    """One step: its first key is the verb. A `keep` has clauses in place of a step; on another verb `keep:` replaces the step's own."""

    verb: Identifier
    step: Identifier | None = None
    clauses: Clauses | None = Field(default=None, alias="keep")
    as_: Name | None = Field(default=None, alias="as")
    params: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not given:
            raise ValueError("a step is a map that begins with its verb; write e.g. {score: length}")
        (verb, head), *rest = given.items()
        others = dict(rest)
        if verb in ("as", "read", "from"):
            what = (
                "the first key of a step is its verb"
                if verb == "as"
                else f"`{verb}:` stands beside `steps:`, not in it"
            )
            raise ValueError(f"{what}; write e.g. {{score: length}}")
        entry = {"verb": verb, "as": others.pop("as", None)}
        if verb == "keep":
            if not isinstance(head, dict) or not head:
                raise ValueError("keep wants named clauses; write e.g. keep: {english: language = 'en'}")
            if others:
                raise ValueError(
                    f"keep takes only clauses and `as:`, not {next(iter(others))!r}; begin that step with its verb"
                )
            return entry | {"keep": head}
        if not isinstance(head, str):
            raise ValueError(
                f"{verb} wants the name of a step, not {head!r:.40}; write e.g. {{{verb}: NAME, parameter: 1}}"
            )
        return entry | {"step": head, "keep": others.pop("keep", None), "params": others}

    @model_serializer(mode="wrap")
    def _written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        params: dict[str, Any] = data["params"]
        head = {self.verb: self.step} if self.step else {}
        tail = {key: data[key] for key in ("keep", "as") if data[key] is not None}
        return head | tail | params

    @property
    def name(self) -> str:
        return names.step_name(self.model_dump(mode="json"))


class Corpus(Open):
    """Documents: read from files, or made from another corpus; then steps. `params` are the reader's."""

    about: str = ""
    read: Identifier | None = None
    from_: Text | None = Field(default=None, alias="from")
    files: Files = ()
    columns: dict[ColumnName, Text] = Field(default_factory=dict)
    license: Text | None = None
    revision: Text | None = None
    steps: tuple[StepEntry, ...] = ()


class Tokenizer(Open):
    """`{train: bpe, vocab: 8192, of: [web]}`; or, as `name`, a path, `ORG/NAME@REVISION`, or `recipe:tokenizer`."""

    name: Text | None = None
    train: Identifier | None = None
    vocab: Count | None = None
    of: tuple[Name, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, given: Any) -> Any:
        if isinstance(given, str):
            return {"name": given}
        if not isinstance(given, dict):
            raise ValueError("must be {train: bpe, vocab: 8192, of: [corpus]}, a path or a hub id")
        for key in ("train", "vocab", "of"):
            if given.get(key) is None:
                raise ValueError(f"needs {key!r}; write e.g. {{train: bpe, vocab: 8192, of: [web]}}")
        known = {key: given[key] for key in ("train", "vocab", "of")}
        return known | {"params": {key: value for key, value in given.items() if key not in known}}

    @model_serializer(mode="wrap")
    def _written(self, handler: SerializerFunctionWrapHandler) -> Any:
        return self.name or {"train": self.train, "vocab": self.vocab, "of": list(self.of), **handler(self)["params"]}

    def parameters(self) -> dict[str, Any]:
        """Parameters of the fit that trains it."""
        return {"vocab": self.vocab, **self.params}


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    try:
        canonical(value)
    except (TypeError, ValueError):
        raise ValueError(
            "must hold what JSON can say: texts, finite numbers, true, false, null, lists and maps"
        ) from None
    return value


def _sampling() -> type[Part]:
    hints = typing.get_type_hints(Sampling) | {"extra": Annotated[dict[str, Any], AfterValidator(_plain)]}
    factories = {f.name: f.default_factory for f in fields(Sampling) if f.default_factory is not MISSING}
    defaults = {
        f.name: Field(default_factory=factories[f.name]) if f.name in factories else f.default for f in fields(Sampling)
    }
    return create_model("SamplingEntry", __base__=Part, **{key: (hints[key], defaults[key]) for key in defaults})  # type: ignore[call-overload,no-any-return]


SamplingEntry = _sampling()
"""`curate.models.base.Sampling`, with unknown keys refused."""


class ModelEntry(Open):
    """A language model, of a backend of ours or published with its revision; or files that a fit makes or takes, with its parameters."""

    backend: Identifier | None = None
    fit: Identifier | None = None
    id: Text | None = None
    revision: Text | None = None
    sampling: SamplingEntry | None = None  # type: ignore[valid-type]


class Stage(Part):
    """Shares of the corpora until a part of the mixture is done."""

    until: Share
    weights: dict[Name, Share]


class Mixture(Part):
    """What is mixed, how much of it, and in which windows."""

    tokens: Annotated[Count, Field(gt=0)]
    seq_len: Annotated[Count, Field(gt=1)] = 2048
    pack: Literal["best_fit"] = "best_fit"
    bos: StrictBool = False
    eos: StrictBool = True
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]
    max_epochs: dict[Name, Positive] = Field(default_factory=dict)
    mask: dict[Name, ColumnName] = Field(default_factory=dict)
    """Corpus -> the column that holds how its texts begin; that beginning gets no loss."""
    held_out: Count | None = None
    """Tokens of each corpus that are kept out of training, to evaluate on."""

    @property
    def tokenize(self) -> dict[str, bool]:
        """Parameters of tokenisation."""
        return {"bos": self.bos, "eos": self.eos}

    def parameters(self) -> dict[str, Any]:
        """Parameters of the mixer."""
        data = self.model_dump(mode="json")
        return {key: value for key, value in data.items() if key not in ("bos", "eos", "mask")}


class TrainEntry(Open):
    """One run of a trainer. Only the shape is checked here; `params` are the trainer's."""

    run: Annotated[str, AfterValidator(_command)]
    """A module such as `trainers.midtrain`, or a command line; either gets the path of its run.json (`docs/trainers.md`)."""
    from_: Text | None = Field(default=None, alias="from")
    data: Text | None = None
    prompts: Text | None = None
    """A corpus with problems and answers, for reinforcement learning."""
    seeds: Seeds | None = None
    """How often it is run, with a seed of its own each time: `midtrain-0`, `midtrain-1`, ... (`curate/seeds.py`)."""


class ProbeEntry(TrainEntry):
    """The fixed, short run of reinforcement learning whose outcome is the score of a recipe (`curate compare --probe`)."""

    seeds: Seeds = 3
    """How often it is run, with a seed of its own each time."""


class EvalEntry(Part):
    """Models, the benchmarks that they are measured on, and how they are asked (docs/eval.md).

    How a model samples is said here; of its own `sampling:` only `extra` counts.
    """

    models: tuple[Text, ...] = ()
    """Names of `models:` or of runs."""
    benchmarks: tuple[Text, ...] = ()
    """Names of benchmarks, or of groups of them: `13`, `core`, `extended`, `general`."""
    mode: Literal["few-shot", "simple", "complex", "chat"] = "few-shot"
    """Worked examples for a base model; a template of reinforcement learning; or a message to a chat model."""
    num_fewshot: Annotated[int, Field(strict=True, ge=0, le=1000)] | None = None
    """Examples of a few-shot prompt, the first ones of its form; all if not said."""
    system: Annotated[str, Field(max_length=20_000)] | None = None
    """System message of a chat, instead of the model's own; empty for none."""
    samples: Annotated[int, Field(strict=True, ge=1, le=4096)] = 1
    """Draws of each item."""
    temperature: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """Greedy if not said; needed for several draws."""
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    max_tokens: Annotated[Count, Field(ge=1)] | None = None
    """Tokens of a reply, if not those of the mode."""
    seed: Whole = 0
    limit: Annotated[Count, Field(ge=1)] | None = None
    """Items of each benchmark, chosen by hash: for a first look, since no average is told of it."""

    @model_validator(mode="after")
    def _drawn(self) -> EvalEntry:
        if self.samples > 1 and not self.temperature:
            raise ValueError(f"{self.samples} draws of a greedy model are all the same; say a temperature, such as 0.6")
        if self.num_fewshot is not None and self.mode != "few-shot":
            raise ValueError(f"num_fewshot: mode {self.mode} shows no examples")
        if self.system is not None and self.mode != "chat":
            raise ValueError(f"system: mode {self.mode} has no system message; say mode: chat")
        return self
