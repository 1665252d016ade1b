"""What evaluations say, as plain JSON: tables of models by benchmarks, averages, and which models can be told apart.

Numbers are those of `eval/report.py`, of the rows as they are stored:

    evals     one for each entry under `eval:`: `eval`, `mode`, `num_fewshot`, `system`, `samples`, `limit`, `whole` (benchmarks of all
              items), `models`, `pairs`
    models    `model`, `origin`, `benchmarks` (name -> summary, `key`, `rows`: files, `stored`, `seconds`), `averages`
    pairs     rows of `eval.report.compare`, models by name
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from curate.errors import CurateError
from curate.evals.benchmarks import of_eval
from curate.evals.results import Result, environment
from curate.evals.run import Evaluation, Measured


def told(evaluation: Evaluation, found: Sequence[tuple[Measured, Result]]) -> dict[str, Any]:
    """`evals`, `spent` (`curate.budget.Paid`) and `environment`."""
    questions = dict.fromkeys(one.question.name for one, _ in found)
    evals = [_eval([pair for pair in found if pair[0].question.name == name], evaluation) for name in questions]
    return {"evals": evals, "spent": evaluation.spending.rows(), "environment": environment()}


def _eval(found: Sequence[tuple[Measured, Result]], evaluation: Evaluation) -> dict[str, Any]:
    report, entry = of_eval("report"), found[0][0].question.entry
    asked = {one.benchmark for one, _ in found}
    rows: dict[str, dict[str, Any]] = {}
    models: dict[str, dict[str, Any]] = {}
    for one, result in found:
        name = one.subject.name
        read = result.rows(list(report.COLUMNS))
        rows.setdefault(name, {})[one.benchmark] = read
        told = models.setdefault(name, {"model": name, "origin": one.subject.origin, "benchmarks": {}})
        told["benchmarks"][one.benchmark] = report.summary(read) | {
            "key": result.key,
            "rows": [str(evaluation.store.object(result.key) / shard.name) for shard in result.manifest.shards],
            "stored": result.key not in evaluation.seconds,
            "seconds": evaluation.seconds.get(result.key),
        }
    wanted = {group for group, names in _groups().items() if group in entry.benchmarks or (names and asked >= {*names})}
    groups = {group: names for group, names in _groups().items() if group in wanted}
    whole = {one.benchmark for one, _ in found if one.is_whole}
    counted = whole & {one.benchmark for one, _ in found if _is_published(one)}
    problems = {one.benchmark: dict(one.task.items.select("id", "problem").rows()) for one, _ in found}
    for name, told in models.items():
        known = {one: summary for one, summary in told["benchmarks"].items() if one in counted}
        items = {one: report.shares(rows[name][one], problems[one]) for one in (known if groups else ())}
        told["averages"] = {group: report.average(names, known, items) for group, names in groups.items()}
    return {
        "eval": found[0][0].question.name,
        "mode": entry.mode,
        "num_fewshot": entry.num_fewshot,
        "system": entry.system,
        "samples": entry.samples,
        "limit": entry.limit,
        "whole": sorted(whole),
        "models": list(models.values()),
        "pairs": report.compare(
            rows, {group: names for group, names in groups.items() if counted >= {*names}}, problems
        ),
    }


def _is_published(one: Measured) -> bool:
    """Whether its items are those that averages are over, which a project's own benchmark of the same name need not have."""
    specs, spec = of_eval("specs"), one.task.spec
    return spec.name not in specs.names() or spec.digest_of_items == specs.spec(spec.name).digest_of_items


def _groups() -> dict[str, list[str]]:
    specs = of_eval("specs")
    return {name: specs.group(name) for name in specs.GROUPS}


def write(found: Sequence[tuple[Measured, Result]], told: dict[str, Any], out: Path) -> list[str]:
    """Write results in the form of lm-eval, a folder for each entry and model; paths of the files. CurateError if that cannot be done."""
    form, files = of_eval("lm_eval_form"), []
    date = max((int(result.note.get("evaluated_at", 0)) for _, result in found), default=0)
    stamp = datetime.fromtimestamp(date, UTC).strftime("%Y-%m-%dT%H-%M-%S.%f")
    try:
        for entry in told["evals"]:
            for model in entry["models"]:
                mine = [
                    (one, result)
                    for one, result in found
                    if (one.question.name, one.subject.name) == (entry["eval"], model["model"])
                ]
                parts = [
                    form.Told(
                        one.task,
                        result.rows,
                        _numbers(model["benchmarks"][one.benchmark]),
                        one.identity["sampling"],
                        one.identity["code"],
                    )
                    for one, result in mine
                ]
                who = {"name": model["model"], "entry": _entry(mine[0][0]), "averages": model["averages"]}
                made_with = {one.benchmark: result.note.get("environment") for one, result in mine}
                made = form.results(who, parts, made_with, float(date))
                files += [str(path) for path in form.write(out / entry["eval"], made, parts, stamp)]
    except OSError as error:
        raise CurateError(f"{out} cannot be written: {error.strerror}") from None
    return files


def _entry(one: Measured) -> dict[str, Any]:
    """The model as it was asked, without where it lies on this machine."""
    entry = {key: value for key, value in one.model.items() if key != "sampling"}
    if not one.subject.weights:
        return entry
    return {"weights": one.subject.weights, **{k: v for k, v in entry.items() if k not in ("id", "revision")}}


def _numbers(summary: dict[str, Any]) -> dict[str, Any]:
    """A summary without what is of this machine and of this time."""
    return {key: value for key, value in summary.items() if key not in ("rows", "stored", "seconds")}
