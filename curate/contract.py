"""The contract that every step keeps, whoever wrote it: `curate steps check`, and `tests/test_contract.py` over every step on disk.

A check takes a `Case`, a step with all that is needed to call it, and gives what is wrong in plain English, or None. What only a recipe
could say (a required parameter, a column of the user's own files) raises `Skip`. Results must not depend on how documents are cut into
batches or a corpus into shards: that makes them the same for any number of workers. Left out: what a score means, Python's hash seed, and
running @read, @fit and @generate steps.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import polars as pl
from pydantic import TypeAdapter

from curate import step
from curate.errors import CurateError
from curate.models.base import Model, Reply, Sampling
from curate.schema import Discovery, Schema, accepted, dtype_of, schema_text
from curate.step import DOCUMENT, PACKAGE, Artifact, Kind, Step

PLAIN = "A plain sentence about nothing in particular, written in English so that a language identifier can hold on."
DOCUMENTS = [
    "", " \n\t ", PLAIN, "spam spam spam spam spam spam spam spam spam spam\n" * 20, "直角三角形的斜边的平方等于两条直角边的平方和。",
    "Let $x^2 - 5x + 6 = 0$. Then $(x-2)(x-3) = 0$, so \\[ x \\in \\{2, 3\\}. \\] The answer is $\\boxed{3}$.", PLAIN,
    "<html><head><title>Roots</title></head><body><p>Solve <math><mi>x</mi><mo>=</mo><mn>2</mn></math> for \\(x\\).</p></body></html>",
    "<p>unclosed <b>markup <script>var secret = 1;</script> & an &unknown; entity", "$" * 300 + "{" * 300, "12 34 56\n12 34 56\n12 34 56",
    "Le carré de l'hypoténuse est égal à la somme des carrés des deux autres côtés.", PLAIN + "!", "word " * 400,
    "Question: What is 17 + 25?\n\nAnswer: 17 + 25 = 42, so the answer is 42.", PLAIN,
    "zero\u0000byte, a lone combining \u0301, a bidi \u202e mark, 👩‍👩‍👧 and \ufffd\ufffd, \U0001d465 and \x07",
    "\\frac{1}{2} + \\frac{1}{3} = \\frac{5}{6} and 1/2 + 1/3 = 5/6, as well as 0.5 + 0.333 < 0.834. " * 12,
]  # fmt: skip
READERS = dict.fromkeys((*DOCUMENT, "source", "url", "license", "date", "dump", "extra", "parent_id"), pl.String())
"""Columns that no step need give. Those of a user's own files have no known type; steps that read such ones are skipped."""
TRAINED: dict[str, tuple[str, str, dict[str, Any]]] = {"tokenizer": ("fit", "bpe", {"vocab": 300})}
"""Artifact parameters that can be filled here, and the step that trains a small one."""
HEAVY = (
    "datasets", "datasketch", "datatrove", "fasttext", "math_verify", "numba", "ray", "scipy", "sympy", "tokenizers", "torch",
    "trafilatura", "transformers", "vllm",
)  # fmt: skip
"""Libraries that no step may load when it is imported: together they cost seconds, and planning must stay under one."""


class Skip(Exception):
    """A check that cannot be made, and why."""


class Parrot:
    """A model for tests of form: the same reply to the same prompt, in the form asked for; abstains on an empty prompt."""

    def __init__(self) -> None:
        self.identity: dict[str, Any] = {"backend": "parrot"}
        self.sampling = Sampling()

    def complete(self, prompts: Sequence[str], *, samples: int = 1, first: int = 0) -> list[list[Reply]]:
        return [[self._reply(p, i) for i in range(first, first + samples)] for p in prompts]

    def _reply(self, prompt: str, index: int) -> Reply:
        if not prompt.strip():
            return Reply("", "abstain", 0, 0)
        said = f"There are {len(prompt)} characters, so it is $\\boxed{{{len(prompt) + index}}}$."
        form = f"<think>{said}</think>\n{said}" if "<think>" in prompt else f"Question: How many?\nAnswer: {said}"
        return Reply(form, "stop", len(prompt) // 4 + 1, 60)


class Cut:
    """A corpus that is one frame cut into so many shards."""

    name = "cut"

    def __init__(self, frame: pl.DataFrame, shards: int) -> None:
        self.parts = parts(frame, shards)

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        for part in self.parts:
            yield part.select(columns)


def parts(frame: pl.DataFrame, count: int) -> list[pl.DataFrame]:
    """A frame cut into so many nearly equal parts."""
    ends = [frame.height * i // count for i in range(count + 1)]
    return [frame[a:b] for a, b in zip(ends, ends[1:], strict=False)]


def values(dtype: pl.DataType, count: int) -> pl.Series:
    """Ordinary values of a type with one null among them: a column that a step reads may be unknown for a document."""
    if isinstance(dtype, pl.List):
        return pl.Series([None if i == 3 else list(values(dtype.inner, i % 3)) for i in range(count)], dtype=dtype)
    kinds: dict[type, Callable[[int], Any]] = {pl.String: str, pl.Boolean: lambda i: i % 2 == 0}
    plain = kinds.get(type(dtype), lambda i: i / 16 if dtype.is_float() else i)
    return pl.Series([None if i == 3 else plain(i) for i in range(count)], dtype=dtype)


def texts() -> pl.DataFrame:
    return pl.DataFrame({"id": [f"{i:032x}" for i in range(len(DOCUMENTS))], "text": DOCUMENTS})


def files(project: Path | None = None) -> dict[tuple[str, str], Path]:
    """Every step that the contract is for: those that recipes name, and the two that every mixture brings."""
    return step.found(project) | {
        ("mixers", name): PACKAGE / "mixers" / f"{name}.py" for name in ("mixture", "tokenize")
    }


def load(verb: str, name: str, project: Path | None = None) -> Step:
    """The step of one entry of `files`. CurateError if it cannot be imported."""
    return step.load(files()[verb, name], verb) if verb == "mixers" else step.find(verb, name, project)


@dataclass
class Case:
    """A step with everything that is needed to call it."""

    found: Step
    project: Path | None = None

    @cached_property
    def given(self) -> dict[str, Any]:
        """Its defaults, a parrot for a model, a small artifact; Skip where a recipe must say more."""
        models, artifacts = self.found.parameters_of(Model), self.found.parameters_of(Artifact)
        filled: dict[str, Any] = {"seed": 0} if "seed" in self.found.params.model_fields else {}
        filled |= dict.fromkeys((*models, *artifacts), "x")
        needed = [n for n, f in self.found.params.model_fields.items() if f.is_required() and n not in filled]
        if needed:
            raise Skip(f"needs {', '.join(needed)} from a recipe")
        made = {name: trained(name) for name in artifacts}
        return {**self.found.validated(filled), **{name: Parrot() for name in models}, **made}

    @cached_property
    def reads(self) -> tuple[str, ...]:
        return self.found.reads_with(self.given)

    @property
    def docs(self) -> pl.DataFrame:
        """Odd documents, some of them equal, with the columns that the step reads; a new frame each time."""
        known = READERS if {*self.reads} <= {*READERS} else known_columns(self.project)
        if unknown := [c for c in self.reads if c not in known]:
            raise Skip(f"reads {', '.join(unknown)}, which no step gives")
        return texts().with_columns(values(known[c], len(DOCUMENTS)).alias(c) for c in self.reads if c not in DOCUMENT)

    @cached_property
    def whole(self) -> pl.DataFrame:
        return self.run(self.docs)

    def run(self, docs: pl.DataFrame, shards: int = 1) -> pl.DataFrame:
        """What the step gives, as a frame: by id if it is an across step; an expanded row names its parent by id."""
        found, corpus = self.found, Cut(docs, shards)
        if found.kind == "across" and (prepare := found.spec.prepare):
            corpus.parts = [prepare(part, **accepted(prepare, self.given)) for part in corpus.parts]
        made = found.call(corpus if found.kind == "across" else docs, **self.given)
        made = made.collect() if isinstance(made, pl.LazyFrame) else made
        if isinstance(made, pl.Series):
            made = made.alias("text" if found.kind == "rewrite" else found.name).to_frame()
        if not isinstance(made, pl.DataFrame):
            raise CurateError(f"returned {type(made).__name__}; a step returns a polars Series or DataFrame")
        if lacks := [c for c in {"expand": ("parent", "text"), "across": ("id",)}.get(found.kind, ()) if c not in made]:
            raise CurateError(f"gives no column {lacks[0]!r}")
        if found.kind == "expand":
            made = made.with_columns(docs["id"].gather(made["parent"]).alias("parent"))
        return made.sort("id") if found.kind == "across" else made

    def planned(self, reads: Schema) -> Schema:
        """New columns as planning finds them, on an empty frame."""
        gives = Discovery(cast(Any, None)).run_empty(self.found, self.given, reads)
        return {c: dtype_of(t) for c, t in schema_text(gives).items()}


@functools.cache
def trained(parameter: str) -> str:
    """Folder of a small artifact, trained once and gone with the process."""
    if parameter not in TRAINED:
        raise Skip(f"needs the artifact {parameter!r} from a recipe")
    verb, name, given = TRAINED[parameter]
    folder = tempfile.mkdtemp(prefix="curate-contract-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    fit = step.find(verb, name)
    fit.call({"web": Cut(texts(), 1)}, Path(folder), **fit.validated(given))
    return folder


@functools.cache
def known_columns(project: Path | None) -> Schema:
    """Every column that some step gives, with its type: steps are run on an empty frame until no new column turns up."""
    known: Schema = dict(READERS)
    waiting: list[Case] = []
    for key in files(project):
        with contextlib.suppress(Exception):  # what cannot be loaded or called gives no columns
            case = Case(load(*key, project), project)
            waiting += [case] if case.found.kind in MAKING and case.reads else []
    while ready := [case for case in waiting if {*case.reads} <= {*known}]:
        waiting = [case for case in waiting if case not in ready]
        for case in ready:
            with contextlib.suppress(Exception):
                known = {**case.planned({c: known[c] for c in case.reads}), **known}
    return known


class _Watch(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Stops each import of a heavy library and remembers it."""

    def __init__(self) -> None:
        self.stopped: list[str] = []

    def find_spec(self, name: str, *_: Any) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(name, self) if name in HEAVY else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        self.stopped.append(spec.name)
        raise ImportError(f"{spec.name} is heavy")


def _watch_imports() -> None:
    """In a process of its own: import the steps whose verbs and paths stand on standard input; print what each one loads."""
    watch, loads = _Watch(), {}
    sys.meta_path.insert(0, watch)
    for verb, path in json.load(sys.stdin):
        watch.stopped = []
        with contextlib.suppress(Exception):  # said by whoever wanted to use the step
            step.load(Path(path), verb)
        loads[path] = watch.stopped
    print("\n" + json.dumps(loads))


@functools.cache
def heavy_imports(project: Path | None = None) -> dict[str, list[str]]:
    """Heavy libraries that each step's file loads when it is imported, as file -> libraries. One process for all steps."""
    wanted = json.dumps([(verb, str(path)) for (verb, _), path in files(project).items()])
    places = os.pathsep.join(place or os.getcwd() for place in sys.path)
    command = [sys.executable, "-P", "-c", "from curate.contract import _watch_imports; _watch_imports()"]
    run = subprocess.run(
        command, input=wanted, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": places}
    )
    if run.returncode:
        raise CurateError(
            f"steps cannot be imported in a new process: {(run.stderr.splitlines() or ['no reason given'])[-1]}"
        )
    return cast(dict[str, list[str]], json.loads(run.stdout.splitlines()[-1]))


def has_a_docstring(case: Case) -> str | None:
    return None if inspect.getdoc(case.found.function) else "has no docstring"


def loads_no_heavy_library_at_import(case: Case) -> str | None:
    return _too_heavy(case.found.path, case.project)


def _too_heavy(path: Path, project: Path | None) -> str | None:
    heavy = heavy_imports(project)[str(path)]
    return f"loads {', '.join(heavy)} when it is imported; import it inside the function" if heavy else None


def has_defaults_of_plain_json(case: Case) -> str | None:
    for name, field in case.found.params.model_fields.items():
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        try:
            json.dumps(
                default
                if default is None
                else TypeAdapter(field.annotation).dump_python(default, mode="json", warnings="error"),
                allow_nan=False,
            )
        except ValueError:  # pydantic's errors are ValueErrors too
            return f"the default of {name!r} is not plain JSON of its type"
    return None


def refuses_an_unknown_parameter(case: Case) -> str | None:
    try:
        case.found.validated({"no_such_thing": 1})
    except CurateError as error:
        return (
            None if "no parameter 'no_such_thing'" in error.message else "does not name the parameter that it refuses"
        )
    return "takes a parameter that it does not have"


def gives_the_same_columns_for_no_documents(case: Case) -> str | None:
    planned = schema_text(case.planned(dict(case.docs.schema)))
    own = {"score": "text", "across": "id", "expand": "parent"}.get(case.found.kind)
    full = {c: t for c, t in schema_text(dict(case.whole.schema)).items() if c != own}
    return None if full == planned else f"gives {full}, but {planned} on an empty frame"


def gives_one_row_per_document(case: Case) -> str | None:
    rows, documents = case.whole.height, len(DOCUMENTS)
    return None if rows == documents else f"gives {rows} rows for {documents} documents"


def gives_no_nan(case: Case) -> str | None:
    for column in case.whole:
        flat = column.explode() if isinstance(column.dtype, pl.List) else column
        if flat.dtype.is_float() and flat.is_nan().any():
            return f"gives NaN in {column.name!r}; what is not known is null"
    return None


def gives_the_same_twice_and_leaves_its_input_alone(case: Case) -> str | None:
    docs = case.docs
    again = case.run(docs)
    return (
        _unlike(case.whole, again, "the second time")
        if docs.equals(case.docs)
        else "changes the frame that it is given"
    )


def gives_the_same_in_one_batch_or_seven(case: Case) -> str | None:
    made = [case.run(part) for part in parts(case.docs, 7)]
    odd = next((part for part in made if part.schema != case.whole.schema), None)
    return _unlike(case.whole, pl.concat(made) if odd is None else odd, "in seven batches than in one")


def gives_the_same_for_one_shard_or_seven_in_any_order(case: Case) -> str | None:
    docs, ids = case.docs, case.whole["id"]
    if not ids.is_unique().all() or not ids.is_in(docs["id"].implode()).all():
        return "gives two rows for one id, or an id that is not in the corpus"
    orders = [docs, docs.reverse(), pl.concat([docs[1::2], docs[::2]])]
    found = (_unlike(case.whole, case.run(order, 7), "for seven shards in some order than for one") for order in orders)
    return next((said for said in found if said), None)


def _unlike(whole: pl.DataFrame, other: pl.DataFrame, when: str) -> str | None:
    if whole.schema != other.schema:
        return f"gives {schema_text(dict(other.schema))}, not {schema_text(dict(whole.schema))}, {when}"
    odd = [c for c in whole.columns if not whole[c].equals(other[c])]
    return f"gives another {odd[0]!r} {when}" if odd else None


PER_DOCUMENT: tuple[Kind, ...] = ("score", "rewrite", "expand")
MAKING: tuple[Kind, ...] = (*PER_DOCUMENT, "across")
ALL: tuple[Kind, ...] = (*MAKING, "read", "fit", "generate")
CHECKS: dict[Callable[[Case], str | None], tuple[Kind, ...]] = {
    has_a_docstring: ALL,
    loads_no_heavy_library_at_import: ALL,
    has_defaults_of_plain_json: ALL,
    refuses_an_unknown_parameter: ALL,
    gives_the_same_columns_for_no_documents: MAKING,
    gives_one_row_per_document: ("score", "rewrite"),
    gives_no_nan: MAKING,
    gives_the_same_twice_and_leaves_its_input_alone: MAKING,
    gives_the_same_in_one_batch_or_seven: PER_DOCUMENT,
    gives_the_same_for_one_shard_or_seven_in_any_order: ("across",),
}
"""Each check with the kinds of step that it is for."""


def verdict(promise: Callable[[Case], str | None], case: Case) -> str | None:
    """What one check finds wrong, on one line, or None. Raises Skip."""
    try:
        said = promise(case)
    except CurateError as error:
        said = error.message.removeprefix(f"{case.found.title} ")
    except Exception as error:
        if isinstance(error, Skip):
            raise
        said = f"fails on odd documents: {type(error).__name__}: {error}"
    return one_line(said) if said else None


def one_line(text: str) -> str:
    """A message that may quote a document, for a terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]


def examine(found: Step, project: Path | None = None) -> tuple[list[str], list[str]]:
    """What a step breaks of the contract, and why some of it could not be checked; both empty for a step that keeps it."""
    case, problems, skipped = Case(found, project), [], []
    for promise, kinds in CHECKS.items():
        try:
            problems += [verdict(promise, case)] if found.kind in kinds else []
        except Skip as reason:
            skipped.append(str(reason))
    return [*dict.fromkeys(p for p in problems if p)], [*dict.fromkeys(skipped)]


def check(found: Step, project: Path | None = None) -> list[str]:
    """What a step breaks of the contract, in words; empty if nothing."""
    return examine(found, project)[0]
