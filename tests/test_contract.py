"""What every step promises, checked for every step found on disk: a new step brings no test file and needs no entry here.

Row-wise steps must not care how documents are cut into batches, and whole-corpus steps must not care how they are cut into shards: that
is what makes results the same for any number of workers. Columns that a step reads take their type from the step that gives them.
"""

import contextlib
import functools
import inspect
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from curate import step
from curate.errors import CurateError
from curate.models.base import Model, Reply, Sampling
from curate.step import Artifact, Step

ROOT = Path(__file__).resolve().parent.parent
STEPS = sorted(step.found())
PER_DOCUMENT = ("score", "rewrite", "expand")

DOCUMENTS = [
    "",
    " \n\t ",
    "A plain sentence about nothing in particular, written in English so that a language identifier has something to hold.",
    "Let $x^2 - 5x + 6 = 0$. Then $(x-2)(x-3) = 0$, so \\[ x \\in \\{2, 3\\}. \\] The answer is $\\boxed{3}$.",
    "<html><head><title>Roots</title></head><body><p>Solve <math><mi>x</mi><mo>=</mo><mn>2</mn></math> for \\(x\\).</p></body></html>",
    "<p>unclosed <b>markup <script>var secret = 1;</script> & an &unknown; entity",
    "Le carré de l'hypoténuse est égal à la somme des carrés des deux autres côtés.",
    "直角三角形的斜边的平方等于两条直角边的平方和。",
    "spam spam spam spam spam spam spam spam spam spam\n" * 20,
    "Question: What is 17 + 25?\n\nAnswer: 17 + 25 = 42, so the answer is 42.",
    "zero\u0000byte, a lone combining \u0301, a bidi \u202e mark, 👩‍👩‍👧 and \ufffd\ufffd",
    "$" * 300 + "{" * 300,
    "\\frac{1}{2} + \\frac{1}{3} = \\frac{5}{6} and 1/2 + 1/3 = 5/6, as well as 0.5 + 0.333 < 0.834. " * 12,
    "A plain sentence about nothing in particular, written in English so that a language identifier has something to hold!",
]
GIVEN_BY_READERS = dict.fromkeys(("source", "url", "license", "date", "dump", "extra", "parent_id"), pl.String())
"""Columns that no step gives. Columns of a recipe's own files have no known type; steps that read such ones are skipped."""


def loaded() -> list[Step]:
    """Steps that can be loaded at all; `test_is_found_by_its_name` fails for the others, and for them alone."""
    steps = []
    for key in STEPS:
        with contextlib.suppress(Exception):
            steps.append(step.find(*key))
    return steps


LOADED = loaded()


class Parrot:
    """A model for tests of form: always says the same thing about the same prompt, abstains on an empty one."""

    def __init__(self) -> None:
        self.identity: dict[str, Any] = {"backend": "parrot"}
        self.sampling = Sampling()

    def complete(self, prompts: Sequence[str], *, samples: int = 1) -> list[list[Reply]]:
        return [[self._reply(p, i) for i in range(samples)] for p in prompts]

    def _reply(self, prompt: str, index: int) -> Reply:
        if not prompt.strip():
            return Reply("", "abstain", 0, 0)
        return Reply(f"{prompt[-200:]}\n\nSo the answer is $\\boxed{{{index}}}$.", "stop", len(prompt) // 4 + 1, 60)


class Cut:
    """A corpus that is one frame cut into so many shards."""

    name = "cut"

    def __init__(self, frame: pl.DataFrame, shards: int) -> None:
        self.parts = parts(frame, shards)

    def shards(self, *columns: str) -> Iterator[pl.DataFrame]:
        for part in self.parts:
            yield part.select(columns)


def parts(frame: pl.DataFrame, count: int) -> list[pl.DataFrame]:
    size = -(-max(frame.height, 1) // count)
    return [frame.slice(start, size) for start in range(0, max(frame.height, 1), size)]


def values(dtype: pl.DataType, count: int) -> pl.Series:
    """Ordinary values of a type with one null among them: a column that a step reads may be unknown for a document."""
    if isinstance(dtype, pl.List):
        return pl.Series([None if i == 3 else list(values(dtype.inner, i % 3)) for i in range(count)], dtype=dtype)
    plain = {pl.String: str, pl.Boolean: lambda i: i % 2 == 0}.get(type(dtype), lambda i: i)
    scale = 1 / 16 if dtype.is_float() else 1
    return pl.Series([None if i == 3 else plain(i * scale if scale != 1 else i) for i in range(count)], dtype=dtype)


def documents(columns: dict[str, pl.DataType], count: int = len(DOCUMENTS)) -> pl.DataFrame:
    text = pl.DataFrame(
        {"id": [f"{i:032x}" for i in range(count)], "text": DOCUMENTS[:count]},
        schema={"id": pl.String, "text": pl.String},
    )
    return text.with_columns(values(t, count).alias(c) for c, t in columns.items() if c not in text.columns)


def inputs(found: Step, columns: dict[str, pl.DataType]) -> dict[str, Any]:
    """Parameters to call a step with; skips when only a recipe could say them."""
    if unknown := [c for c in found.reads if c not in (*step.DOCUMENT, *columns)]:
        pytest.skip(f"{found.title} reads {', '.join(unknown)}, which no step gives")
    return parameters(found)


def parameters(found: Step) -> dict[str, Any]:
    filled: dict[str, Any] = {name: Parrot() for name in found.parameters_of(Model)}
    needed = [n for n, f in found.params.model_fields.items() if f.is_required() and n not in filled]
    if needed:
        pytest.skip(f"{found.title} needs {', '.join(needed)} from a recipe")
    defaults = {
        n: f.get_default(call_default_factory=True) for n, f in found.params.model_fields.items() if not f.is_required()
    }
    return {**defaults, **filled}


def output(found: Step, docs: pl.DataFrame, given: dict[str, Any]) -> pl.DataFrame:
    """What a per-document step gives, as a frame; an expanded row names its parent by id."""
    result = found.call(docs, **given)
    if isinstance(result, pl.Series):
        result = result.alias("text" if found.kind == "rewrite" else found.name).to_frame()
    assert isinstance(result, pl.DataFrame), f"{found.title} returned {type(result).__name__}"
    if found.kind == "expand":
        assert result.schema["parent"] == pl.UInt32, "`parent` is a UInt32 row number"
        return result.with_columns(docs["id"].gather(result["parent"]).alias("parent"))
    return result


def overall(found: Step, docs: pl.DataFrame, shards: int, given: dict[str, Any]) -> pl.DataFrame:
    """What a whole-corpus step gives, by id."""
    corpus = Cut(docs, shards)
    if prepare := found.spec.prepare:
        taken = {k: v for k, v in given.items() if k in inspect.signature(prepare).parameters}
        corpus.parts = [prepare(part, **taken) for part in corpus.parts]
    return found.call(corpus, **given).sort("id")


@functools.cache
def known_columns() -> dict[str, pl.DataType]:
    """Every column that some step gives, with its type: steps are run on an empty frame until no new column turns up."""
    columns: dict[str, pl.DataType] = dict(GIVEN_BY_READERS)
    waiting = [s for s in LOADED if s.kind in (*PER_DOCUMENT, "across")]
    while ready := [s for s in waiting if set(s.reads) <= {*columns, *step.DOCUMENT}]:
        waiting = [s for s in waiting if s not in ready]
        for found in ready:
            columns = {**schema_of(found, columns), **columns}
    return {c: t for c, t in columns.items() if c not in (*step.DOCUMENT, "parent")}


def schema_of(found: Step, columns: dict[str, pl.DataType]) -> dict[str, pl.DataType]:
    try:
        empty, given = documents(columns, 0).select(found.reads), parameters(found)
        return dict((overall(found, empty, 1, given) if found.kind == "across" else output(found, empty, given)).schema)
    except (pytest.skip.Exception, CurateError):
        return {}


def of_kind(*kinds: str) -> pytest.MarkDecorator:
    chosen = [s for s in LOADED if not kinds or s.kind in kinds]
    return pytest.mark.parametrize("found", chosen, ids=[s.title for s in chosen])


@pytest.fixture
def columns() -> dict[str, pl.DataType]:
    return known_columns()


@pytest.mark.parametrize("key", STEPS, ids=[".".join(key) for key in STEPS])
def test_is_found_by_its_name(key: tuple[str, str]) -> None:
    found = step.find(*key)
    assert (found.verb, found.name) == (found.path.parent.name, found.path.stem) == key


@of_kind()
def test_says_what_it_is(found: Step) -> None:
    assert (inspect.getdoc(found.function) or "").strip(), f"{found.path} has no docstring on {found.name}"
    module = sys.modules[found.module]
    assert (module.__doc__ or "").strip(), f"{found.path} has no module docstring"


@of_kind()
def test_its_defaults_are_plain_json(found: Step) -> None:
    needed = {n: "x" for n, f in found.params.model_fields.items() if f.is_required() and f.annotation is str}
    if any(f.is_required() and n not in needed for n, f in found.params.model_fields.items()):
        pytest.skip("needs parameters from a recipe")
    json.dumps(found.validated(needed), allow_nan=False)


@of_kind()
def test_refuses_an_unknown_parameter_by_name(found: Step) -> None:
    with pytest.raises(CurateError, match="has no parameter 'no_such_thing'"):
        found.validated({"no_such_thing": 1})


@of_kind(*PER_DOCUMENT)
def test_gives_the_same_columns_for_no_documents(found: Step, columns: dict[str, pl.DataType]) -> None:
    given = inputs(found, columns)
    docs = documents(columns).select(found.reads)
    assert output(found, docs.clear(), given).schema == output(found, docs, given).schema


@of_kind("score", "rewrite")
def test_gives_one_row_per_document_and_no_nan(found: Step, columns: dict[str, pl.DataType]) -> None:
    given = inputs(found, columns)
    docs = documents(columns).select(found.reads)
    result = output(found, docs, given)
    assert result.height == docs.height
    floats = result.select(pl.selectors.float())
    assert not floats.select(pl.any_horizontal(pl.all().is_nan().any())).to_series().any() if floats.width else True


@of_kind(*PER_DOCUMENT)
def test_gives_the_same_for_one_batch_or_seven(found: Step, columns: dict[str, pl.DataType]) -> None:
    given = inputs(found, columns)
    docs = documents(columns).select(found.reads)
    seven = pl.concat([output(found, part, given) for part in parts(docs, 7)])
    assert_frame_equal(seven, output(found, docs, given), check_exact=True)


@of_kind(*PER_DOCUMENT)
def test_gives_the_same_twice_and_leaves_its_input_alone(found: Step, columns: dict[str, pl.DataType]) -> None:
    given = inputs(found, columns)
    docs = documents(columns).select(found.reads)
    before = docs.clone()
    assert_frame_equal(output(found, docs, given), output(found, docs, given), check_exact=True)
    assert_frame_equal(docs, before, check_exact=True)


@of_kind("across")
def test_gives_the_same_for_one_shard_or_seven_in_any_order(found: Step, columns: dict[str, pl.DataType]) -> None:
    given = inputs(found, columns)
    docs = documents(columns).select(found.reads)
    whole = overall(found, docs, 1, given)
    assert whole["id"].is_unique().all() and whole["id"].is_in(docs["id"].implode()).all()
    assert_frame_equal(overall(found, docs, 7, given), whole, check_exact=True)
    assert_frame_equal(overall(found, docs.reverse(), 7, given), whole, check_exact=True)
    assert overall(found, docs.clear(), 1, given).schema == whole.schema


def test_importing_every_step_loads_no_heavy_library() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    heavy = config["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-module-level-imports"]
    code = (
        "import sys\nfrom curate import step\n"
        "assert all(step.find(*key) for key in step.found())\n"
        f"print(*sorted(set({heavy!r}) & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "", f"loaded at import: {run.stdout}"


def test_an_artifact_parameter_takes_a_folder() -> None:
    for found in LOADED:
        for name in found.parameters_of(Artifact):
            assert found.params.model_fields[name].annotation is str
