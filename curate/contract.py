"""The contract that every step keeps, whoever wrote it: `curate steps check`, and `tests/test_contract.py` over every step on disk.

A `Case` is a step with all that is needed to call it. Each check says what is wrong in plain English, or None; what only a recipe could
say (a required parameter, a column of the user's own files) raises `Skip`. Results must not depend on how documents are cut into batches
or a corpus into shards: that makes them the same for any number of workers. Left out: what a score means, Python's hash seed, and running
@read, @fit and @generate steps.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import inspect
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import TypeAdapter

from curate import step
from curate.across import prepared
from curate.artifact import AS_READ
from curate.asking import answered
from curate.code import PACKAGE
from curate.contract_samples import BENCHMARK, DOCUMENTS, Cut, documents
from curate.errors import CurateError
from curate.identity import file_sha256
from curate.models.fake import Parrot
from curate.schema import Schema, accepted, dtype_of, run_empty, schema_text
from curate.sources import Source
from curate.step import DOCUMENT, Artifact, Benchmarks, Kind, Step

READERS: Schema = {
    c: pl.String() for c in (*DOCUMENT, AS_READ, "source", "url", "license", "date", "dump", "extra", "parent_id")
}
"""Columns that no step need give. Those of a user's own files have no known type; steps that read such ones are skipped."""
TRAINED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "tokenizer": ("fit", "bpe", {"vocab": 300}),
    "model": ("fit", "fasttext", {"positive": ["odd"], "negative": ["even"], "min_count": 1, "bucket": 1000}),
    "score.usefulness.model": (
        "fit",
        "fasttext",
        {"graded": ["odd"], "grade": "grade", "min_count": 1, "bucket": 1000},
    ),
    "score.finemath.model": ("fit", "pretrained", {}),
    "score.hf_classifier.model": ("fit", "pretrained", {}),
}
"""Artifact parameters that can be filled here, by name or by step and name, and the step that makes a small one; {}: one that cannot be
made here."""
HEAVY = (
    "datasets", "datasketch", "datatrove", "fasttext", "httpx2", "huggingface_hub", "math_verify", "numba", "obstore", "ray", "scipy",
    "sympy", "tokenizers", "torch", "trafilatura", "transformers", "vllm",
)  # fmt: skip
"""Libraries that no step may load when it is imported: together they cost seconds, and planning must stay under one."""


class Skip(Exception):
    """A check that cannot be made, and why."""


def files(project: Path | None = None) -> dict[tuple[str, str], Path]:
    """Every step that the contract is for: those that recipes name, and the two that every mixture brings."""
    return step.found(project) | {
        ("mixers", name): PACKAGE / "mixers" / f"{name}.py" for name in ("mixture", "tokenize")
    }


def load(verb: str, name: str, project: Path | None = None) -> Step:
    """The step of one entry of `files`. CurateError if it cannot be imported."""
    return step.load(files()[verb, name], verb) if verb == "mixers" else step.find(verb, name, project)


class Case:
    """A step with everything that is needed to call it, and the checks."""

    def __init__(self, found: Step, project: Path | None = None) -> None:
        self.found, self.project = found, project

    @cached_property
    def given(self) -> dict[str, Any]:
        """The step's defaults, a small artifact; Skip where a recipe must say more."""
        fields = self.found.params.model_fields
        artifacts = [name for name in self.found.parameters_of(Artifact) if fields[name].is_required()]
        measured = self.found.parameters_of(Benchmarks)
        filled: dict[str, Any] = {"seed": 0} if "seed" in fields else {}
        filled |= {**dict.fromkeys((*self.found.models, *artifacts), "x"), **{name: ["sample"] for name in measured}}
        if needed := [name for name, field in fields.items() if field.is_required() and name not in filled]:
            raise Skip(f"needs {', '.join(needed)} from a recipe")
        made: dict[str, Any] = {name: trained(self.found.title, name) for name in artifacts}
        made |= {name: (benchmark(),) for name in measured}
        return {**self.found.validated(filled), **made}

    @property
    def docs(self) -> pl.DataFrame:
        reads = self.found.reads_with(self.given)
        known = READERS if {*reads} <= {*READERS} else known_columns(self.project)
        if unknown := [c for c in reads if c not in known]:
            raise Skip(f"reads {', '.join(unknown)}, which no step gives")
        return documents({c: known[c] for c in reads})

    @cached_property
    def whole(self) -> pl.DataFrame:
        return self.run(self.docs)

    def run(self, docs: pl.DataFrame, shards: int = 1) -> pl.DataFrame:
        """What the step gives, as a frame: by id if it is an across step; an expanded row names its parent by id."""
        found = self.found
        if found.kind == "across":
            with tempfile.TemporaryDirectory(prefix="curate-") as folder:
                corpus = prepared(Cut(docs, shards).parts, Path(folder), found, self.given)
                made = found.call(corpus, **self.given)
                made = pl.concat(list(made)) if isinstance(made, Iterator) else made
                made = made.collect() if isinstance(made, pl.LazyFrame) else made
        else:
            made = answered(found, docs, Parrot(), **self.given) if found.spec.asks else found.call(docs, **self.given)
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

    def planned(self, reads: Schema) -> dict[str, str]:
        """New columns as planning finds them, on an empty frame. CurateError for a type that cannot be stored."""
        gives = run_empty(self.found, self.given, reads)
        return {c: str(dtype_of(t)) for c, t in schema_text(gives).items()}

    def verdict(self, check: Callable[[Case], str | None]) -> str | None:
        """What one check finds wrong, on one line, or None. Raises Skip."""
        try:
            said = check(self)
        except Skip:
            raise
        except CurateError as error:
            said = error.message.removeprefix(f"{self.found.title} ")
        except Exception as error:
            said = f"fails on the sample documents: {type(error).__name__}: {error}"
        return one_line(said) if said else None

    # checks

    def has_a_docstring(self) -> str | None:
        return None if inspect.getdoc(self.found.function) else "has no docstring"

    def loads_no_heavy_library_at_import(self) -> str | None:
        return heavy_imports(self.project).get(str(self.found.path))

    def has_defaults_of_plain_json(self) -> str | None:
        for name, field in self.found.params.model_fields.items():
            try:
                default = None if field.is_required() else field.get_default(call_default_factory=True)
                kind: TypeAdapter[Any] = TypeAdapter(field.annotation if default is not None else Any)  # type: ignore[arg-type]
                json.dumps(kind.dump_python(default, mode="json", warnings="error"), allow_nan=False)
            except ValueError:  # pydantic's errors are ValueErrors too
                return f"the default of {name!r} is not plain JSON of its type"
        return None

    def refuses_an_unknown_parameter(self) -> str | None:
        try:
            self.found.validated({"no_such_thing": 1})
        except CurateError as error:
            return None if "'no_such_thing'" in error.message else "does not name the parameter that it refuses"
        return "takes a parameter that it does not have"

    def gives_the_same_columns_for_no_documents(self) -> str | None:
        planned, full = self.planned(dict(self.docs.schema)), schema_text(dict(self.whole.schema))
        full.pop({"score": "text", "across": "id", "expand": "parent"}.get(self.found.kind, ""), None)
        return None if full == planned else f"gives {full}, but {planned} on an empty frame"

    def gives_one_row_per_document_and_no_nan(self) -> str | None:
        for column in self.whole:
            flat = column.explode() if isinstance(column.dtype, pl.List) else column
            if flat.dtype.is_float() and flat.is_nan().any():
                return f"gives NaN in {column.name!r}; what is not known is null"
        rows = self.whole.height
        return None if rows == len(DOCUMENTS) else f"gives {rows} rows for {len(DOCUMENTS)} documents"

    def gives_the_same_twice_and_leaves_its_input_alone(self) -> str | None:
        docs = self.docs
        again = unlike(self.whole, self.run(docs), "the second time")
        return again if docs.equals(self.docs) else "changes the frame that it is given"

    def gives_facts_of_plain_json_and_the_same_twice(self) -> str | None:
        function = self.found.spec.facts
        if function is None:
            return None
        first, second = (function(self.docs, **accepted(function, self.given)) for _ in range(2))
        try:
            plain = json.loads(json.dumps(dict(first), allow_nan=False)) == first
        except (TypeError, ValueError):
            plain = False
        if not plain:
            return "gives facts that are not a dict of plain JSON values"
        return None if first == second else "gives other facts the second time"

    def counts_columns_that_it_gives(self) -> str | None:
        odd = [column for column in self.found.spec.counts if column not in self.whole.columns]
        return f"counts the column {odd[0]!r}, which it does not give" if odd else None

    def gives_the_same_in_one_batch_or_seven(self) -> str | None:
        made = [self.run(part) for part in Cut(self.docs, 7).parts]
        odd = next((part for part in made if part.schema != self.whole.schema), None)
        return unlike(self.whole, pl.concat(made) if odd is None else odd, "in seven batches than in one")

    def gives_the_same_for_one_shard_or_seven_in_any_order(self) -> str | None:
        docs, ids = self.docs, self.whole["id"]
        if not ids.is_unique().all() or not ids.is_in(docs["id"].implode()).all():
            return "gives two rows for one id, or an id that is not in the corpus"
        orders = (docs, docs.reverse(), pl.concat([docs[1::2], docs[::2]]))
        said = (unlike(self.whole, self.run(order, 7), "in seven shards than in one") for order in orders)
        return next(filter(None, said), None)


PER_DOCUMENT: tuple[Kind, ...] = ("score", "rewrite", "expand")
MAKING: tuple[Kind, ...] = (*PER_DOCUMENT, "across")
ALL: tuple[Kind, ...] = (*MAKING, "read", "fit", "generate")
CHECKS: dict[Callable[[Case], str | None], tuple[Kind, ...]] = {
    Case.has_a_docstring: ALL,
    Case.loads_no_heavy_library_at_import: ALL,
    Case.has_defaults_of_plain_json: ALL,
    Case.refuses_an_unknown_parameter: ALL,
    Case.gives_the_same_columns_for_no_documents: MAKING,
    Case.gives_one_row_per_document_and_no_nan: ("score", "rewrite"),
    Case.gives_the_same_twice_and_leaves_its_input_alone: MAKING,
    Case.gives_facts_of_plain_json_and_the_same_twice: ("score",),
    Case.counts_columns_that_it_gives: PER_DOCUMENT,
    Case.gives_the_same_in_one_batch_or_seven: PER_DOCUMENT,
    Case.gives_the_same_for_one_shard_or_seven_in_any_order: ("across",),
}
"""Each check with the kinds of step that it is for."""


def examine(found: Step, project: Path | None = None) -> tuple[list[str], list[str]]:
    """What a step breaks of the contract, and why some of it could not be checked; both empty for a step that keeps it."""
    case = Case(found, project)
    problems: list[str] = []
    skipped: list[str] = []
    for promise in (promise for promise, kinds in CHECKS.items() if found.kind in kinds):
        try:
            problems += filter(None, [case.verdict(promise)])
        except Skip as reason:
            skipped.append(str(reason))
    return [*dict.fromkeys(problems)], [*dict.fromkeys(skipped)]


def check(found: Step, project: Path | None = None) -> list[str]:
    """What a step breaks of the contract, in words; empty if nothing."""
    return examine(found, project)[0]


def one_line(text: str) -> str:
    """A message that may quote a document, fit for a terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]


def unlike(whole: pl.DataFrame, other: pl.DataFrame, when: str) -> str | None:
    """How another result differs, if it does."""
    if whole.schema != other.schema:
        return f"gives other columns {when}: {schema_text(dict(other.schema))}"
    odd = [c for c in whole.columns if not whole[c].equals(other[c])]
    return f"gives another {odd[0]!r} {when}" if odd else None


@functools.cache
def trained(title: str, parameter: str) -> str:
    """Folder of a small artifact, trained once and gone with the process."""
    verb, name, given = TRAINED.get(f"{title}.{parameter}", TRAINED.get(parameter, ("", "", {})))
    if not given:
        raise Skip(f"needs the artifact {parameter!r} from a recipe")
    folder = tempfile.mkdtemp(prefix="curate-contract-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    fit = step.find(verb, name)
    docs = documents({c: pl.String() for c in fit.reads_with(given)} | {"grade": pl.Int64()})
    fit.call({"odd": Cut(docs[1::2], 1), "even": Cut(docs[::2], 1)}, Path(folder), **fit.validated(given))
    return folder


@functools.cache
def benchmark() -> Any:
    """A small benchmark whose first item is one of the sample documents."""
    from curate.datacard import ITEM, Benchmark

    folder = tempfile.mkdtemp(prefix="curate-contract-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "sample.jsonl"
    path.write_text("".join(json.dumps({"id": str(i), "problem": text}) + "\n" for i, text in enumerate(BENCHMARK)))
    source = Source(str(path), file_sha256(path), path.stat().st_size)
    return Benchmark("sample", tuple((c, c) for c in ITEM), (source,))


@functools.cache
def known_columns(project: Path | None) -> Schema:
    """Every column that some step gives, with its type: steps are run on an empty frame until no new column turns up."""
    known, waiting = dict(READERS), []
    for key in files(project):
        with contextlib.suppress(Exception):  # what cannot be loaded or called gives no columns
            case = Case(load(*key, project), project)
            waiting += [(case, case.found.reads_with(case.given))] if case.found.kind in MAKING else []
    while ready := [(case, reads) for case, reads in waiting if {*reads} <= {*known}]:
        waiting = [entry for entry in waiting if entry not in ready]
        for case, reads in ready:
            with contextlib.suppress(Exception):
                known = {c: dtype_of(t) for c, t in case.planned({c: known[c] for c in reads}).items()} | known
    return known


@functools.cache
def heavy_imports(project: Path | None) -> dict[str, str]:
    """Files of steps that load heavy libraries, and what to say of them; found in one new process for all."""
    wanted = json.dumps([(verb, str(path)) for (verb, _), path in files(project).items()])
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(place or os.getcwd() for place in sys.path)}
    command = [sys.executable, "-P", "-c", "from curate import contract; contract._watch_imports()"]
    run = subprocess.run(command, input=wanted, capture_output=True, text=True, env=env, check=False)
    if run.returncode:
        raise CurateError(f"steps cannot be imported in a new process: {run.stderr[-200:]}")
    loads: dict[str, list[str]] = json.loads(run.stdout.splitlines()[-1])
    return {p: f"loads {', '.join(names)} when imported; import it inside the function" for p, names in loads.items()}


def _watch_imports() -> None:
    """In that process: stop and note each import of a heavy library, so that it need not be installed, nor waited for."""
    loads: dict[str, list[str]] = {}

    def stop(event: str, args: tuple[Any, ...]) -> None:
        if event == "import" and (name := args[0].partition(".")[0]) in HEAVY:
            loads.setdefault(path, []).append(name)
            raise ImportError(f"{name} is heavy")

    sys.addaudithook(stop)
    for verb, path in json.load(sys.stdin):
        with contextlib.suppress(Exception):  # said by whoever wanted to use the step
            step.load(Path(path), verb)
    print("\n" + json.dumps(loads))
