"""eval: models at benchmarks, as a table with intervals, and what can be told apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from curate.cli.common import emit, limits, number, several, table
from curate.cli.money import asks_text
from curate.errors import CurateError
from curate.words import printable

MODES = ("few-shot", "simple", "complex", "chat")


@click.command(name="eval", short_help="Evaluate models at benchmarks.")
@click.argument("recipe", required=False)
@click.argument("entries", nargs=-1, metavar="[ENTRY]...")
@click.option("--recipe", "recipe_option", metavar="NAME", help="The recipe, instead of as first argument.")
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="MODEL",
    help="ORG/NAME@COMMIT, a folder, a run, pupil; may be said often.",
)
@click.option("--on", multiple=True, metavar="NAME,...", help="Benchmarks, or groups: 13, core, extended, general.")
@click.option(
    "--endpoint", multiple=True, metavar="URL", help="A server that speaks OpenAI's protocol and has the model."
)
@click.option("--backend", type=click.Choice(["hf", "vllm"]), help="What loads a model here; hf if not said.")
@click.option("--mode", type=click.Choice(MODES), help="How problems are put to it; few-shot if not said.")
@click.option("--num-fewshot", type=click.IntRange(0, 1000), metavar="N", help="Examples before a problem, if not all.")
@click.option("--system", metavar="TEXT", help="System message of a chat (--mode chat).")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="So many items of each benchmark, chosen by hash.")
@click.option("--samples", type=click.IntRange(1, 4096), metavar="K", help="Draws of each item; 1 if not said.")
@click.option("--temperature", type=click.FloatRange(0), metavar="T", help="Greedy (0) if not said.")
@click.option(
    "--top-p",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="P",
    help="Nucleus sampling, if not that of the mode.",
)
@click.option("--max-tokens", type=click.IntRange(1), metavar="N", help="Tokens of a reply, if not those of the mode.")
@click.option(
    "--seeds", type=click.IntRange(1, 100), metavar="N", help="Only the first N seeds of each run that has several."
)
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Of the draws.")
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="Also write files in the form of lm-eval.")
@click.option("--dry-run", is_flag=True, help="Say what would be asked, and at what price; ask nobody.")
@click.option("--list", "listing", is_flag=True, help="List the benchmarks, and which of them are on this machine.")
@click.option("--store", metavar="DIR", help="Where objects are kept, instead of the profile's place.")
@click.option("--profile", default="local", show_default=True, help="Run settings: profiles/NAME.toml.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@limits
def eval_(
    recipe: str | None, entries: tuple[str, ...], recipe_option: str | None, listing: bool, as_json: bool, **given: Any
) -> None:
    """Evaluate models at benchmarks: those of a recipe's `eval:`, all entries or the named ones, or those that are given.

    \b
    curate eval long-cot                                     the entries under `eval:` of a recipe
    curate eval --model ORG/NAME@COMMIT --on gsm8k,math500   a model of the hub, or a folder with a config.json
    curate eval --endpoint http://127.0.0.1:8000/v1 --on 13  what a server serves
    curate eval long-cot --model midtrain --on embedded-bench --limit 50
    curate eval --list                                       the benchmarks

    Replies are kept, so nothing is asked twice, and an evaluation that was stopped goes on. Of several models, one is
    called better only where it is so by more than two standard errors, and a paired test at 5 % says so, too, corrected
    for all tests that are made (Holm).
    """
    if listing:
        from curate.evals import ask

        return _list(ask.benchmarks(profile=given["profile"], store=given["store"]), as_json)
    entries = (recipe, *entries) if recipe_option and recipe else entries
    try:
        found = _found(recipe_option or recipe, entries, as_json, **given)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("stopped; what was answered is stored, and the same command goes on") from None
    if as_json:
        return emit(found)
    if given["dry_run"]:
        return _asks(found["asks"])
    _show(found)


def _found(
    recipe: str | None,
    entries: tuple[str, ...],
    as_json: bool,
    *,
    models: tuple[str, ...],
    on: tuple[str, ...],
    endpoint: tuple[str, ...],
    backend: str | None,
    profile: str,
    store: str | None,
    seeds: int | None,
    **given: Any,
) -> dict[str, Any]:
    from curate import api
    from curate.evals import ask
    from curate.report import Report, for_terminal

    if len(endpoint) > 1:
        raise CurateError("--endpoint is said once; several servers are models of a recipe (docs/eval.md)")
    given |= {
        "report": Report() if as_json else for_terminal(),
        "backend": backend or "",
        "endpoint": "".join(endpoint),
    }
    benchmarks = several(on)
    if recipe:
        return api.open(recipe, profile=profile, store=store, seeds=seeds).eval(
            *entries, models=models, on=benchmarks, **given
        )
    if seeds:
        raise CurateError("--seeds is for runs of a recipe; name one")
    if not benchmarks or not (models or given["endpoint"]):
        raise CurateError("which models and benchmarks? Name a recipe, or --model NAME and --on gsm8k,math500")
    return ask.evaluate(models, benchmarks, profile=profile, store=store, **given)


def _list(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        return emit(rows)
    body = [
        [
            row["benchmark"],
            number(row["items"]),
            ", ".join(row["averages"]),
            "no" if row["missing"] else "yes",
            printable(row["about"]),
        ]
        for row in rows
    ]
    table(["benchmark", "items", "averages", "here", "about"], body, right=[1])
    if any(row["missing"] for row in rows):
        click.echo("\ndatacards/NAME.md says how to get what is not here")


def _asks(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        name = f"{printable(row['model'])}, {row['benchmark']} ({row['mode']}, {number(row['items'])} items)"
        told = "is stored" if row["state"] == "stored" else asks_text({**row, "model": "it"})
        click.echo(f"{name}: {told}")


def _show(found: dict[str, Any]) -> None:
    for told in found["evals"]:
        part = _part(told)
        draws = f", {number(told['samples'])} draws of each item" if told["samples"] > 1 else ""
        shown = "" if told["num_fewshot"] is None else f", num_fewshot {number(told['num_fewshot'])}"
        click.echo(f"{told['eval']}: accuracy in percent, {told['mode']}{shown}{draws}{part} (95% interval)")
        _accuracies(told)
        click.echo()
        _details(told)
        lines = [*_failed(told), *_silent(told), *_votes(told), *_averages(told), *sentences(told["pairs"])]
        click.echo("\n".join(["", *lines]) if lines else "", nl=bool(lines))
    for row in found["spent"]:
        if row["cost"] or row["gpu_hours"]:
            click.echo(
                f"{row['model']}: {number(row['answered'])} replies, {row['gpu_hours']:,.3g} GPU-hours,"
                f" {row['cost']:,.4f} {row['currency']}"
            )
    for path in found.get("files", ()):
        click.echo(f"wrote {path}")


def _accuracies(told: dict[str, Any]) -> None:
    models = told["models"]
    names = list(dict.fromkeys(name for model in models for name in model["benchmarks"]))
    items = {name: model["benchmarks"][name]["items"] for model in models for name in model["benchmarks"]}
    body = [
        [name, number(items[name]), *[_accuracy(model["benchmarks"].get(name)) for model in models]] for name in names
    ]
    groups = list(models[0]["averages"])
    body += [[f"average {group}", "", *[_accuracy(model["averages"][group]) for model in models]] for group in groups]
    table(
        ["benchmark", "items", *[printable(model["model"]) for model in models]], body, right=range(1, 2 + len(models))
    )


def _accuracy(one: dict[str, Any] | None) -> str:
    """`76.3 (73.9 to 78.5)`."""
    if one is None or one["accuracy"] is None:
        return ""
    ends = one["interval"]
    return f"{100 * one['accuracy']:.1f}" + (f" ({100 * ends[0]:.1f} to {100 * ends[1]:.1f})" if ends else "")


def results_table(rows: list[dict[str, Any]]) -> None:
    """What is stored of evaluations, a line for each model at each benchmark."""
    body = []
    for row in rows:
        one = {"accuracy": row["accuracy"], "interval": None if row["low"] is None else (row["low"], row["high"])}
        items = number(row["items"]) + (" (a part)" if row["limited"] else "")
        draws = number(row["samples"])
        body.append(
            [
                printable(row["eval"]),
                printable(row["model"]),
                row["benchmark"],
                row["mode"],
                items,
                draws,
                _accuracy(one),
            ]
        )
    table(["eval", "model", "benchmark", "mode", "items", "draws", "accuracy"], body, right=(4, 5, 6))


def _details(told: dict[str, Any]) -> None:
    """What became of the draws, and how long replies are."""
    shown = ("right", "wrong", "no answer", "truncated", "undecided", "failed")
    body = []
    for model in told["models"]:
        for name, one in model["benchmarks"].items():
            lengths = [one["tokens"]["right"], one["tokens"]["not_right"]]
            most = max(map(int, one["pass_at"]), default=1)
            pass_at = "" if most == 1 else f"{100 * one['pass_at'][str(most)]:.1f} (k = {most})"
            vote = "" if one["majority"] is None else f"{100 * one['majority']:.1f}"
            body.append(
                [
                    printable(model["model"]),
                    name,
                    *[number(one["verdicts"][verdict]) for verdict in shown],
                    number(one["right_though_cut_off"]),
                    *["" if length is None else f"{length:,.0f}" for length in lengths],
                    pass_at,
                    vote,
                ]
            )
    heads = ["model", "benchmark", *shown, "right, cut off", "tokens, right", "tokens, not right", "pass@k", "majority"]
    kept = [i for i in range(len(heads)) if i < 4 or any(row[i] not in ("", "0") for row in body)]
    right = [place for place, i in enumerate(kept) if i >= 2]
    table([heads[i] for i in kept], [[row[i] for i in kept] for row in body], right=right)


def _part(told: dict[str, Any]) -> str:
    """`, 100 items of each`, of those benchmarks that have more."""
    names = dict.fromkeys(name for model in told["models"] for name in model["benchmarks"])
    parts = [name for name in names if name not in told["whole"]]
    return (
        f", {number(told['limit'])} items of {'each' if len(parts) == len(names) else ', '.join(parts)}"
        if parts
        else ""
    )


def _failed(told: dict[str, Any]) -> Iterator[str]:
    """Why draws failed: the most frequent reasons."""
    for model in told["models"]:
        for name, one in model["benchmarks"].items():
            if one["failures"]:
                rest = one["verdicts"]["failed"] - sum(one["failures"].values())
                reasons = [f"{number(count)} × {printable(reason)}" for reason, count in one["failures"].items()]
                more = [f"{number(rest)} × something else"] if rest else []
                count = number(one["verdicts"]["failed"])
                yield f"{printable(model['model'])}, {name}: {count} failed: {'; '.join([*reasons, *more])}"


def _votes(told: dict[str, Any]) -> Iterator[str]:
    """Why there is no majority."""
    if told["samples"] == 2:
        yield "of 2 draws no majority is told: it takes 3"


def _silent(told: dict[str, Any]) -> Iterator[str]:
    """Which models gave no answer at all: more often a matter of prompts than of what they can do."""
    for model in told["models"]:
        for name, one in model["benchmarks"].items():
            if one["verdicts"]["no answer"] == sum(one["verdicts"].values()):
                form = "is it asked in a form that it knows (--mode)?"
                pupil = "" if one["tokens"]["total"] else " pupil knows the problems of embedded-bench alone"
                yield f"{printable(model['model'])} gave no answer to any item of {name}; {form}{pupil}"


def _averages(told: dict[str, Any]) -> Iterator[str]:
    """Why there is no average."""
    for group in told["models"][0]["averages"]:
        for model in told["models"]:
            one = model["averages"][group]
            if one["accuracy"] is None and one["lacking"]:
                yield f"{printable(model['model'])} has no average over {group}: {_lacking(one['lacking'], model, told)}"


def _lacking(names: list[str], model: dict[str, Any], told: dict[str, Any]) -> str:
    if other := [name for name in names if name in told["whole"]]:
        return f"this project's {', '.join(other)} has other items than the published one"
    if any(name in model["benchmarks"] for name in names):
        return "not all published items were asked"
    return f"without {', '.join(names)}"


def sentences(pairs: list[dict[str, Any]]) -> Iterator[str]:
    """What can be told of each two models."""
    for one in pairs:
        a, b = printable(one["a"]), printable(one["b"])
        if one["better"] is None:
            yield f"{one['on']}: {a} and {b} cannot be told apart: {_points(one, 1)}"
            continue
        better, other, sign = (a, b, 1) if one["better"] == one["a"] else (b, a, -1)
        yield f"{one['on']}: {better} is better than {other}: {_points(one, sign)}"


def _points(one: dict[str, Any], sign: int) -> str:
    ends = sorted(sign * 100 * end for end in one["interval"] or ())
    apart = f" ({ends[0]:+.1f} to {ends[1]:+.1f})" if ends else ""
    holm = f", holm p = {one['holm_p']:.2g} of {number(one['tests'])} tests" if one["tests"] > 1 else ""
    return f"{sign * 100 * one['difference']:+.1f} points{apart}, p = {one['p']:.2g}{holm}"
