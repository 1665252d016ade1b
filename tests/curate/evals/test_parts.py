"""An evaluation in one part or many gives the same rows, and one that is mostly refused is given up."""

from pathlib import Path

import polars as pl
import pytest

from curate.errors import CurateError
from curate.evals.benchmarks import of_eval
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
