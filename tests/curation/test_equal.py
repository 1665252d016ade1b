"""Texts that are a problem of a benchmark, but for white space, case and punctuation at the end."""

from __future__ import annotations

import polars as pl

from curate.contract import benchmark
from curate.contract_samples import BENCHMARK
from curation.decontaminate.equal import SCHEMA, equal


def found(*texts: str) -> list[tuple[str | None, str | None]]:
    docs = pl.DataFrame(
        {"id": [str(i) for i in range(len(texts))], "text": texts}, schema={"id": pl.String, "text": pl.String}
    )
    made = equal(docs, against=[benchmark()])  # type: ignore[arg-type]
    assert made.columns == list(SCHEMA) and made.height == docs.height
    return made.rows()


def test_a_problem_is_found_however_it_is_set_and_nothing_else_is() -> None:
    problem = BENCHMARK[1]
    spaced = f" {problem.replace(' ', chr(10) * 2)}\t"
    alike = [
        problem,
        spaced,
        f"{problem}!",
        problem.lower(),
        problem.upper(),
        f"{problem[:3]}\u200b{problem[3:]}",
        problem.rstrip(".?"),
    ]
    rows = found(*alike, problem * 2, f"not {problem}", problem[:-2], "", " ", "?")
    assert [item is not None for _, item in rows] == [True] * len(alike) + [False] * 6
    assert len(set(rows[: len(alike)])) == 1


def test_no_documents_give_no_rows_of_the_same_columns() -> None:
    assert found() == []
