"""An evaluation in one part or many gives the same rows, and one that is mostly refused is given up."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import curate
from curate.errors import CurateError
from curate.evals import run
from curate.evals.benchmarks import of_eval
from curate.report import Report
from tests.curate import evaluating
from tests.curate.evaluating import asked, evaluate
from tests.curate.models.server import serving


def test_rows_are_the_same_in_one_part_and_in_many(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluating.benchmark(project)
    refused = {prompt: ["refused-200"] * 8 for prompt in evaluating.prompts(project)[6:8]}
    with serving(evaluating.server_of(project, wrong=3, **refused)) as server:
        whole = evaluate(server, samples=3, temperature=0.7)
        monkeypatch.setattr(of_eval("run"), "ROWS", 8)
        parts = evaluate(server, samples=3, temperature=0.7, store="other")
    one, many = ([pl.read_parquet(path, glob=False) for path in told["rows"]] for told in (whole, parts))
    assert [frame.height for frame in one] == [36] and [frame.height for frame in many] == [6] * 6
    assert pl.concat(many).equals(one[0]) and parts["key"] == whole["key"]
    assert one[0]["id"].to_list() == [f"toy-{n}" for n in range(12) for _ in range(3)]
    assert one[0].filter(finish="refused")["id"].to_list() == ["toy-6"] * 3 + ["toy-7"] * 3


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [(10, 60, "toy: the model refused 21 of 31 requests: 400: too long"), (30, 55, ""), (0, 20, "")],
)
def test_an_evaluation_is_given_up_where_most_of_many_requests_are_refused(
    project: Path, start: int, end: int, said: str
) -> None:
    evaluating.benchmark(project, count=60)
    (project / "profiles").mkdir()
    (project / "profiles/local.toml").write_text(f'[models."{evaluating.ID}"]\nconcurrency = 1\n')
    refused = {prompt: ["refused-200"] for prompt in evaluating.prompts(project)[start:end]}
    with serving(evaluating.server_of(project, **refused)) as server:
        if said:
            with pytest.raises(CurateError, match=said):
                evaluate(server)
            assert asked(server) < 40
        else:
            told = evaluate(server)
            assert told["verdicts"]["failed"] == end - start and told["verdicts"]["right"] == 60 - (end - start)


def test_a_dry_run_counts_a_problem_that_stands_twice_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = evaluating.benchmark(project, count=5)
    rows[4]["problem"] = rows[0]["problem"]
    (project / "benchmarks/toy.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for some in (100, 2):
        monkeypatch.setattr(run, "SLICE", some)
        (told,) = curate.evaluate("pupil", "toy", dry_run=True)["asks"]
        assert (told["items"], told["requests"], told["lacking"], told["stored"]) == (5, 4, 4, 0)


class Counted(Report):
    """Counts how often a pass got on."""

    passes: dict[str, list[int]]

    @contextlib.contextmanager
    def progress(self, name: str, total: int, *args: Any, **kwargs: Any) -> Iterator[Callable[[int, Any], None]]:
        self.passes = {**getattr(self, "passes", {}), name: [0, total]}

        def advance(rank: int, result: Any) -> None:
            self.passes[name][0] += 1

        yield advance


def test_every_reply_is_progress(project: Path) -> None:
    evaluating.benchmark(project)
    report = Counted()
    curate.evaluate(["pupil", "fake"], "toy", limit=7, report=report)
    assert report.passes == {"pupil, toy": [7, 7], "fake, toy": [7, 7]}
