"""What `curate eval` prints of pairs of models, from the better one's side, and what it logs."""

import json
from pathlib import Path
from typing import Any

import curate
from curate.cli.evaluate import _failed, sentences
from tests.curate import evaluating
from tests.curate.models.server import serving


def pair(better: str | None, difference: float, interval: tuple[float, float] | None, **more: Any) -> dict[str, Any]:
    said = {"on": "toy", "a": "one", "b": "two", "p": 0.004, "holm_p": 0.004, "tests": 1}
    return {**said, "better": better, "difference": difference, "interval": interval, **more}


def test_the_better_model_comes_first_with_its_sign_turned() -> None:
    told = [
        pair("one", 0.21, (0.18, 0.25)),
        pair("two", -0.21, (-0.25, -0.18)),
        pair(None, -0.01, (-0.03, 0.01), holm_p=0.008, tests=2),
        pair(None, 0.0, None, p=1.0, holm_p=1.0),
    ]
    assert [*sentences(told)] == [
        "toy: one is better than two: +21.0 points (+18.0 to +25.0), p = 0.004",
        "toy: two is better than one: +21.0 points (+18.0 to +25.0), p = 0.004",
        "toy: one and two cannot be told apart: -1.0 points (-3.0 to +1.0), p = 0.004, holm p = 0.008 of 2 tests",
        "toy: one and two cannot be told apart: +0.0 points, p = 1",
    ]


def test_reasons_of_failures_that_are_not_told_are_counted() -> None:
    one = {"verdicts": {"failed": 7}, "failures": {"400: too long": 4, "b": 1}}
    told = {"models": [{"model": "m", "benchmarks": {"toy": one, "none": {"verdicts": {"failed": 0}, "failures": {}}}}]}
    assert [*_failed(told)] == ["m, toy: 7 failed: 4 × 400: too long; 1 × b; 2 × something else"]


def test_what_was_stored_is_not_logged_again(project: Path) -> None:
    evaluating.benchmark(project)
    for _ in range(2):
        curate.evaluate("pupil", "toy")
        (log,) = (project / ".curate/runs").glob("*.json")
    assert {*next(iter(json.loads(log.read_text())["evals"].values()))} == {"asking", "grading"}


def test_no_server_is_started_nor_paid_for_where_all_replies_are_stored(project: Path) -> None:
    evaluating.benchmark(project)
    for folder in ("recipes", "profiles"):
        (project / folder).mkdir()
    model = f"m: {{backend: openai, id: {evaluating.ID}, revision: {'0' * 40}}}"
    (project / "recipes/one.yaml").write_text(
        f"recipe: one\nmodels: {{{model}}}\neval: {{sums: {{models: [m], benchmarks: [toy]}}}}\n"
    )
    settings = project / "profiles/local.toml"
    with serving(evaluating.server_of(project)) as server:
        settings.write_text(f'[models.m]\nendpoints = ["{server.url}"]\n')
        told = curate.open("one").eval()["evals"][0]["models"][0]["benchmarks"]["toy"]
    Path(told["rows"][0]).write_bytes(b"")
    settings.write_text('[models.m]\nlaunch = "false"\ngpus = 4\n[price]\ngpu_hour = 1000.0\n')
    again = curate.open("one").eval()
    assert again["evals"][0]["models"][0]["benchmarks"]["toy"]["accuracy"] == told["accuracy"]
    assert [(row["answered"], row["gpu_hours"], row["cost"]) for row in again["spent"]] == [(0, 0.0, 0.0)]


def test_files_in_the_form_of_lm_eval_average_draws_and_say_what_is_a_part(project: Path) -> None:
    rows = evaluating.benchmark(project)
    said = {
        prompt: [f"text={evaluating.said(row['answer'])}", f"text={evaluating.said('1')}"] * 2
        for prompt, row in zip(evaluating.prompts(project), rows, strict=True)
    }
    with serving(evaluating.server_of(project, **said)) as server:
        how: dict[str, Any] = {"endpoint": server.url, "samples": 2, "temperature": 0.7}
        paths = curate.evaluate(evaluating.ID, "toy", limit=5, out=project / "five", **how)["files"]
        (one, _) = curate.evaluate(evaluating.ID, "toy", limit=1, out=project / "one", **how)["files"]
    results, samples = (Path(path).read_text() for path in paths)
    assert [json.loads(line)["exact_match"] for line in samples.splitlines()] == [0.5] * 5
    told = json.loads(results)
    assert told["n-samples"]["toy"] == {"original": 12, "effective": 5}
    assert told["results"]["toy"]["exact_match_stderr,none"] == 0.0
    assert json.loads(Path(one).read_text())["results"]["toy"]["exact_match_stderr,none"] == "N/A"
