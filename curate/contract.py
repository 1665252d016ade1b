"""The contract that every step keeps, whoever wrote it: `curate steps check`, and our own tests over every step on disk.

A step has a docstring; accepts an empty frame; keeps rows and order (score, rewrite); gives the same result twice, and the same in one
batch or in seven; gives no NaN; does not import torch.
"""

from __future__ import annotations

import sys
from typing import Any

import polars as pl

from curate.schema import Discovery, NoModel, schema_text
from curate.step import ROWWISE, Artifact, Step

TEXTS = [
    "The derivative of $x^2$ is $2x$, because the limit of the quotient exists.",
    "",
    "Question: What is 3 + 4?\nAnswer: \\boxed{7}",
    "<html><body><p>A page with <b>markup</b> and <i>x</i><sup>2</sup>.</p></body></html>",
    "Ein Text in einer anderen Sprache, der mit Mathematik nichts zu tun hat.",
    "word " * 400,
    "\\frac{1}{2} + \\sqrt{2} = \u221a2 \U0001d465 \u202e \x07",
    "12 34 56\n12 34 56\n12 34 56",
]
SAMPLES: dict[type, list[Any]] = {
    str: [*TEXTS],
    float: [0.0, 1.5, None],
    int: [0, 1, 2**40, None],
    bool: [True, False, None],
}


def sample_frame(step: Step, types: dict[str, pl.DataType] | None = None) -> pl.DataFrame:
    """Documents with odd texts and every column that the step reads."""
    n = len(TEXTS) * 3
    columns: dict[str, Any] = {"id": [f"{i:032x}" for i in range(n)], "text": [TEXTS[i % len(TEXTS)] for i in range(n)]}
    for name in step.reads[2:]:
        dtype = (types or {}).get(name, pl.String())
        values = SAMPLES.get(dtype.to_python(), TEXTS)
        columns[name] = pl.Series([values[i % len(values)] for i in range(n)], dtype=dtype)
    return pl.DataFrame(columns)


def check(step: Step, params: dict[str, Any] | None = None, types: dict[str, pl.DataType] | None = None) -> list[str]:
    """What a step breaks of the contract, in words; empty if nothing. Steps that need an artifact or files are checked only in part."""
    problems = [] if step.about else ["has no docstring"]
    if step.kind not in ROWWISE:
        return problems
    given = dict(params or {})
    if any(
        f.is_required() and n not in given
        for n, f in step.params.model_fields.items()
        if n not in step.parameters_of(Artifact)
    ):
        return problems
    if step.parameters_of(Artifact) and not given:
        return problems
    given = {**step.validated(given), **{p: NoModel() for p in _models(step)}}
    docs = sample_frame(step, types)
    try:
        planned = schema_text(Discovery.run_empty(_NOTHING, step, given, dict(docs.schema)))
        whole = _frame(step, docs, given)
        problems += (
            []
            if schema_text(dict(whole.schema)) == planned
            else [f"gives {schema_text(dict(whole.schema))}, but {planned} on an empty frame"]
        )
        problems += [] if whole.height == docs.height else [f"gives {whole.height} rows for {docs.height} documents"]
        problems += [] if whole.equals(_frame(step, docs, given)) else ["gives another result the second time"]
        parts = [_frame(step, docs.slice(i, n), given) for i, n in _sevenths(docs.height)]
        problems += [] if whole.equals(pl.concat(parts)) else ["gives another result in seven batches than in one"]
        nan = [c for c, t in whole.schema.items() if t.is_float() and whole[c].is_nan().any()]
        problems += [f"gives NaN in {nan[0]!r}"] if nan else []
    except Exception as error:
        problems.append(f"fails: {type(error).__name__}: {error}")
    if "torch" in sys.modules and step.module in sys.modules and hasattr(sys.modules[step.module], "torch"):
        problems.append("imports torch")
    return problems


_NOTHING: Any = None


def _models(step: Step) -> tuple[str, ...]:
    from curate.models.base import Model

    return step.parameters_of(Model)


def _frame(step: Step, docs: pl.DataFrame, params: dict[str, Any]) -> pl.DataFrame:
    made = step.call(docs.select(step.reads), **params)
    return pl.DataFrame({step.name if step.kind == "score" else "text": made}) if isinstance(made, pl.Series) else made


def _sevenths(height: int) -> list[tuple[int, int]]:
    size = -(-height // 7)
    return [(start, size) for start in range(0, height, size)]
