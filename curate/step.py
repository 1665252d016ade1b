"""What a step is: one file, one function, one decorator that says the shape of the work.

    @score     documents -> columns          one row in, one row out; a Series is named like the step, a DataFrame names its own
    @rewrite   documents -> text             one row in, one row out; a null text sends the document to quarantine
    @expand    documents -> documents        a DataFrame with `parent` (row number in the input) and `text`, any number of rows
    @across    corpus -> columns by `id`     needs the whole corpus (`Whole`); may have a `prepare` that first shrinks each shard by itself
    @fit       corpora -> files              a trained tokenizer or classifier, a packed mixture
    @generate  nothing -> files              a seeded corpus
    @read      a file -> batches of records  where documents come from

A score, rewrite or expand step that asks a language model has two halves: `asks=` makes the prompts of each document, and the function
itself reads the `replies`, and is as pure as any other. In between the kernel asks, stores and pins.

Keyword-only arguments are the parameters, validated by pydantic from the signature. A decorated function stays a plain function. There
is no registry: `find` looks for `steps/<verb>/<name>.py` in the user's project and then for `curation/<verb>/<name>.py`, and takes the
one decorated function in that file that is named like the file.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import inspect
import itertools
import sys
import typing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from curate.code import PACKAGE, code_digest
from curate.errors import CurateError, did_you_mean
from curate.truth import Claim

Kind = Literal["read", "score", "rewrite", "expand", "across", "fit", "generate"]
DOCUMENT = ("id", "text")
"""Columns every step sees. All others must be named in `reads=`."""


class Missed(CurateError):
    """A reader that was to stop where a record begins came past that place without meeting it (`curate/large_files.py`)."""


class Corpus(Protocol):
    """A finished corpus as an `@across` or `@fit` step sees it: shard after shard, so memory is bounded by a shard."""

    @property
    def name(self) -> str:
        """Its name in the recipe."""
        ...

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        """Live documents, one frame per shard, with the named columns."""
        ...


class Whole(Corpus, Protocol):
    """A corpus as an `@across` step sees it: one that may be larger than memory, and a place to work on it in phases.

    What does not fit into `memory` goes to files in `scratch`, which is empty when the step begins and gone when it ends. A phase is
    `each(work, count)`: `work(rank)` for each rank, by the executor of the build, so `work` is picklable (a module's function, a frozen
    dataclass), may hold the corpus, and is idempotent. Neither `memory` nor who works may change the result.
    """

    @property
    def scratch(self) -> Path:
        """A folder for the step's own files, on the disk of the store."""
        ...

    @property
    def memory(self) -> int:
        """Bytes that the step, and each of its workers, may take for what grows with the corpus; 0 where planning asks for the columns."""
        ...

    @property
    def count(self) -> int:
        """Number of shards."""
        ...

    def shard(self, rank: int, *columns: str) -> pl.DataFrame:
        """One shard, sorted by id: columns that `prepare` gave, and columns of the documents as they came to it (`text`)."""
        ...

    def each(self, work: Callable[[int], Any], count: int, name: str = "") -> None:
        """A phase; its progress is shown under this name. In workers there is no such thing: only the step itself begins one."""
        ...

    def tell(self, **facts: Any) -> None:
        """Plain JSON values for the manifest, such as what was measured; functions of documents and parameters alone. The step itself."""
        ...


class Artifact(str):
    """Path of the folder that a `@fit` node wrote. As a parameter's annotation: the recipe names the node, the step gets the folder.

    `Artifact | None = None` is one that a recipe may leave out.
    """

    __slots__ = ()


class Corpora(list[str]):
    """Names of corpora. As the annotation of a `@fit` step's parameter: the recipe lists them, the step finds them in its `corpora`."""


class Benchmarks(list[str]):
    """Names of data cards. As a parameter's annotation: the recipe lists them, the step gets a `curate.datacard.Benchmark` for each."""


class Lists(list[str]):
    """Paths of lists. As a parameter's annotation: the recipe names files, the step gets a `curate.lists.Listed` for each."""


class Files(list[Any]):
    """Paths of files, or names in a repository of the hub. As the annotation of a `@fit` step's parameter: the recipe lists them, the step
    gets a `curate.sources.Source` for each."""


@dataclass(frozen=True)
class Spec:
    """What the decorator was told."""

    kind: Kind
    reads: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    version: str | None = None
    each: bool = False
    keep: dict[str, str] = field(default_factory=dict)
    prepare: Callable[..., pl.DataFrame] | None = None
    derives: dict[str, str] = field(default_factory=dict)
    facts: Callable[..., dict[str, Any]] | None = None
    asks: Callable[..., pl.Series] | None = None
    again: Callable[..., pl.Series] | None = None
    samples: int = 1
    counts: tuple[str, ...] = ()


def _decorator(kind: Kind) -> Callable[..., Any]:
    def decorate(
        function: Callable[..., Any] | None = None,
        *,
        reads: Sequence[str] = (),
        uses: Sequence[str] = (),
        files: Sequence[str] = (),
        version: str | None = None,
        each: bool = False,
        keep: dict[str, str] | None = None,
        prepare: Callable[..., pl.DataFrame] | None = None,
        derives: dict[str, str] | None = None,
        facts: Callable[..., dict[str, Any]] | None = None,
        asks: Callable[..., pl.Series] | None = None,
        again: Callable[..., pl.Series] | None = None,
        samples: int = 1,
        counts: Sequence[str] = (),
    ) -> Any:
        clauses, made_from = dict(keep or {}), dict(derives or {})
        spec = Spec(
            kind, tuple(reads), tuple(uses), tuple(files), version, each, clauses, prepare, made_from, facts, asks, again, samples,
            tuple(counts),
        )  # fmt: skip

        def mark(f: Callable[..., Any]) -> Callable[..., Any]:
            f.__step__ = spec  # type: ignore[attr-defined]
            return f

        return mark(function) if function is not None else mark

    decorate.__name__ = kind
    decorate.__doc__ = f"""Mark a function as a `{kind}` step.

    reads: columns it needs besides `id` and `text`; `as_read` is the text as the reader gave it (the HTML of a page). uses:
    distributions whose version can change its output. files: data files, relative to its module, whose bytes are part of its identity
    (globs allowed). version: replaces the digest of its code, for costly steps. each: the function takes and gives one document.
    keep: default clauses for what the step found (`@across`).
    prepare: what an `@across` step needs of each shard, computed shard by shard in parallel. derives: names that a parameter in `reads`
    may give besides columns, with the column that the step makes each from (`year` from `date`). facts: a function that a `@score` step's
    build calls once when all is scored, with a sample of the documents and the parameters it takes; what it gives stands in the manifest.
    asks: of a step that asks a language model, the prompts: a function of documents and the parameters it takes that gives a Series of
    texts, or of lists of texts for several prompts, null for a document about which nothing is asked. The step then has the parameters
    `model` (a name under `models:`) and `samples` (draws of each prompt; by default those that the decorator says), and sees the column
    `replies`: a list of texts, prompt by prompt and draw by draw, with null for a reply that did not end by itself, and null in place of
    the list where nothing was asked. The column `finishes` says of each how it ended: stop, length, filtered, abstain or refused.
    again: a function of documents with `replies` and the parameters it takes that says, true or false, for which documents a further draw
    is wanted; the step then has the parameter `retries`, and draws that often at most. counts: of the columns that a score, rewrite or
    expand gives, those whose values are counted: the manifest, `curate show` and the card then say how many documents have each.
    """
    return decorate


read = _decorator("read")
score = _decorator("score")
rewrite = _decorator("rewrite")
expand = _decorator("expand")
across = _decorator("across")
fit = _decorator("fit")
generate = _decorator("generate")


@dataclass(frozen=True)
class Step:
    """One step as found on disk: what it is called, where it lives, what it takes."""

    name: str
    verb: str
    function: Callable[..., Any]
    spec: Spec
    path: Path
    module: str
    params: type[BaseModel]

    @property
    def kind(self) -> Kind:
        return self.spec.kind

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the parameters that take a language model."""
        return ("model",) if self.spec.asks else ()

    def reads_with(self, params: dict[str, Any]) -> tuple[str, ...]:
        """Columns the step sees; an entry `$name` of `reads=` stands for the column or columns that the parameter `name` names."""
        given = [params.get(c[1:]) or () if c.startswith("$") else c for c in self.spec.reads]
        named = [(columns,) if isinstance(columns, str) else columns for columns in given]
        columns = [self.spec.derives.get(c, c) for c in itertools.chain.from_iterable(named)]
        return tuple(dict.fromkeys((*DOCUMENT, *columns)))

    @property
    def title(self) -> str:
        return f"{self.verb}.{self.name}"

    @property
    def goes_on(self) -> bool:
        """Whether a reader can begin inside a file: it takes `start`, an offset that its column `provenance` gave before."""
        start = inspect.signature(self.function).parameters.get("start")
        return self.kind == "read" and start is not None and start.kind is start.POSITIONAL_OR_KEYWORD

    @property
    def measure(self) -> Callable[..., list[Claim]] | None:
        """Of a generator that knows the truth about what it made: `measure` of the file that `MEASURE` names beside its own.

        CurateError if there is no such function. Why it is a name: `curate/truth.py`.
        """
        found = self._beside("MEASURE", "measure")
        measure: Callable[..., list[Claim]] | None = found and found.measure
        return measure

    @property
    def assess(self) -> Any:
        """Of a fit whose models can be judged: the file that `ASSESS` names beside its own; what it has says `curate/assess.py`."""
        return self._beside("ASSESS", "label", "judge")

    def _beside(self, constant: str, *wanted: str) -> Any:
        name = getattr(sys.modules[self.module], constant, None)
        if name is None:
            return None
        path = self.path.with_name(f"{name}.py")
        found = imported(path) if path.is_file() else None
        for one in wanted:
            if not hasattr(found, one):
                said = f"{constant} names {name!r}, but {path.name} beside it has no function `{one}`"
                raise CurateError(said, where=str(self.path))
        return found

    @property
    def about(self) -> str:
        """First line of the function's docstring, else of the module's."""
        text = inspect.getdoc(self.function) or inspect.getdoc(sys.modules.get(self.module)) or ""
        return text.strip().split("\n")[0]

    def parameters_of(self, annotation: type) -> tuple[str, ...]:
        """Names of the parameters with an annotation that tells the kernel something: `Model`, `Artifact`, `Lists`, ..."""
        wanted = (annotation, annotation | None)
        return tuple(name for name, (said, _) in _parameters(self.function, self.spec).items() if said in wanted)

    def validated(self, given: dict[str, Any], *, where: str = "") -> dict[str, Any]:
        """All parameters, defaults filled in, as plain JSON values. CurateError names an unknown or ill-typed one."""
        for name in given:
            if name not in self.params.model_fields:
                hint = did_you_mean(name, self.params.model_fields)
                raise CurateError(f"{self.title} has no parameter {name!r}{hint}", where=where)
        try:
            return self.params(**given).model_dump(mode="json")
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0]) if first["loc"] else "parameters"
            if first["type"] == "missing":
                raise CurateError(f"{self.title} needs the parameter {name!r}", where=where) from None
            raise CurateError(
                f"{self.title}: {name}: {first['msg'].lower()}, not {first['input']!r}", where=where
            ) from None

    def call(self, *args: Any, **params: Any) -> Any:
        """Run the function, lifting an `each=True` function from one document to a frame."""
        if not self.spec.each:
            return self.function(*args, **params)
        docs: pl.DataFrame = args[0]
        columns = [docs[c].to_list() for c in ("text", *self.spec.reads)]
        values = [self.function(*row, **params) for row in zip(*columns, strict=True)]
        returns = typing.get_type_hints(self.function).get("return")
        dtype = {float: pl.Float64, int: pl.Int64, bool: pl.Boolean, str: pl.String}.get(returns)  # type: ignore[arg-type]
        return pl.Series(self.name, values, dtype=dtype)


def _keywords(function: Callable[..., Any]) -> dict[str, tuple[Any, Any]]:
    """Keyword-only parameters: name -> (annotation, default or ...)."""
    hints = typing.get_type_hints(function, include_extras=True)
    return {
        p.name: (hints.get(p.name, Any), ... if p.default is p.empty else p.default)
        for p in inspect.signature(function).parameters.values()
        if p.kind is p.KEYWORD_ONLY
    }


def _parameters(function: Callable[..., Any], spec: Spec) -> dict[str, tuple[Any, Any]]:
    """Parameters of a step; of one that asks a model also those of its other halves, and those that the kernel gives it."""
    own = _keywords(function)
    if spec.asks is None:
        return own
    asking = {"model": (str, ...), "samples": (Annotated[int, Field(ge=1, le=1024)], spec.samples)}
    retrying = {"retries": (Annotated[int, Field(ge=0, le=16)], 0), **_keywords(spec.again)} if spec.again else {}
    return {**asking, **retrying, **_keywords(spec.asks), **own}


def _params_model(title: str, function: Callable[..., Any], spec: Spec) -> type[BaseModel]:
    written: dict[Any, Any] = {Artifact: str, Artifact | None: str | None}
    written |= dict.fromkeys((Corpora, Benchmarks, Lists, Files), list[str])
    fields = {
        name: (written.get(wanted, wanted), [*default] if isinstance(default, list) else default)
        for name, (wanted, default) in _parameters(function, spec).items()
    }
    return create_model(title, __config__=ConfigDict(extra="forbid", strict=False), **fields)  # type: ignore[call-overload,no-any-return]


def folders(project: Path | None) -> list[Path]:
    """Where steps are looked for, in order: the user's project, then the package."""
    own = [project / "steps"] if project and (project / "steps").is_dir() else []
    return [*own, PACKAGE / "curation"]


def load(path: Path, verb: str) -> Step:
    """The step in one file. CurateError if the file does not hold exactly one decorated function named like it."""
    name = path.stem
    module = imported(path)
    function = getattr(module, name, None)
    spec = getattr(function, "__step__", None)
    if function is None or not isinstance(spec, Spec):
        raise CurateError(f"no decorated function {name!r} (a step is a function named like its file)", where=str(path))
    if wrong := _misused(function, spec):
        raise CurateError(f"{verb}.{name}: {wrong}", where=str(path))
    return Step(name, verb, function, spec, path, module.__name__, _params_model(f"{verb}.{name}", function, spec))


def _misused(function: Callable[..., Any], spec: Spec) -> str:
    """What is wrong with how a step asks models; empty if nothing is."""
    from curate.models.base import Model

    if any(said is Model for said, _ in _keywords(function).values()):
        return "a step does not get a model; `asks=` makes its prompts, and it reads the column `replies`"
    if spec.asks and spec.kind not in ("score", "rewrite", "expand"):
        return f"a `{spec.kind}` cannot ask a model; a score, a rewrite or an expand can"
    if not spec.asks and (spec.again or spec.samples != 1):
        return "`again=` and `samples=` are for steps that ask; add `asks=`"
    if spec.asks and spec.each:
        return "a step that asks sees whole frames; take `each=True` away"
    places = {"start", "stop"} - inspect.signature(function).parameters.keys()
    if spec.kind == "read" and places and hasattr(sys.modules[function.__module__], "begins"):
        return f"its module has `begins`, so that it can read a part of a file; it must take {' and '.join(sorted(places))}"
    return ""


def imported(path: Path) -> Any:
    """Import a file of the package by its dotted name, and one of a project by its path, so that a project's own `eval/` is never met."""
    if path.is_relative_to(PACKAGE):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        try:
            return importlib.import_module(name)
        except ImportError:
            top = sys.modules.get(name.partition(".")[0])
            if top is None or Path(str(top.__file__)).is_relative_to(PACKAGE):
                raise
            raise CurateError(
                f"your own {top.__name__}/ hides octocurate's; start Python with PYTHONSAFEPATH=1"
            ) from None
    name = f"curate_project.{path.parent.name}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and isinstance(spec.loader, SourceFileLoader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:  # not from `__pycache__`, which takes an edit of the same second and size for no edit
        exec(spec.loader.source_to_code(path.read_bytes(), str(path)), module.__dict__)  # noqa: S102
    except Exception as error:
        raise CurateError(f"cannot be imported: {type(error).__name__}: {error}", where=str(path)) from error
    return module


@functools.cache
def _loaded(path: Path, verb: str, mark: tuple[int, int, int]) -> Step:
    """The step in one file as it stood at this time; whoever edits it in a notebook gets what stands there now."""
    return load(path, verb)


def find(verb: str, name: str, project: Path | None = None) -> Step:
    """The step that a recipe calls `verb: name`. CurateError with a suggestion if there is none."""
    for folder in folders(project):
        path = folder / verb / f"{name}.py"
        if name.isidentifier() and path.is_file():
            stat = path.stat()
            return _loaded(path, verb, (stat.st_mtime_ns, stat.st_size, stat.st_ino))
    known = found(project)
    verbs = {v for v, _ in known}
    if verb not in verbs:
        raise CurateError(f"no such verb {verb!r}{did_you_mean(verb, [*verbs, 'keep'])}")
    names = [n for v, n in known if v == verb]
    raise CurateError(f"no step {name!r} under {verb!r}{did_you_mean(name, names)}")


def suffixes(step: Step) -> tuple[str, ...]:
    """How names of a reader's files end, as its module says (`SUFFIXES`); anything when it does not say."""
    return tuple(getattr(sys.modules[step.module], "SUFFIXES", ("",)))


def together(step: Step) -> int:
    """How many files a reader takes at a time, as its module says (`TOGETHER`); 0 for one that takes a path."""
    return int(getattr(sys.modules[step.module], "TOGETHER", 0))


def columns_of(step: Step) -> pl.Schema | None:
    """Columns that a reader gives for any file, as its module says (`SCHEMA`); None where that depends on the file."""
    return getattr(sys.modules[step.module], "SCHEMA", None)


def code_of(step: Step, project: Path | None) -> dict[str, Any]:
    """Identity of a step's code: see `curate.code.code_digest`."""
    spec = step.spec
    return code_digest(step.path, step.module, project=project, files=spec.files, uses=spec.uses, version=spec.version)


def found(project: Path | None = None) -> dict[tuple[str, str], Path]:
    """Every step on disk, (verb, name) -> file; a project's step hides the package's of the same name."""
    steps: dict[tuple[str, str], Path] = {}
    for folder in reversed(folders(project)):
        for path in sorted(folder.glob("*/*.py")):
            if not path.stem.startswith("_") and is_step_file(path):
                steps[path.parent.name, path.stem] = path
    return dict(sorted(steps.items()))


def scores_of(column: str, project: Path | None = None) -> list[str]:
    """Names of the scores whose docstring names a column in backticks, which may be those that give it."""
    named = []
    for verb, name in found(project):
        if verb == "score":
            with contextlib.suppress(CurateError):
                named += [name] if f"`{column}`" in (find(verb, name, project).function.__doc__ or "") else []
    return named


def is_step_file(path: Path) -> bool:
    """A step file imports its decorator from `curate.step`; helpers beside steps do not."""
    return "from curate.step import" in path.read_text("utf-8")
