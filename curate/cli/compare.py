"""compare: recipes by what reinforcement learning makes of their models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli.common import emit, recipe_command, table
from curate.words import printable

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.outcomes.words import Table


@recipe_command(short_help="Which recipe reinforcement learning makes more of.")
@click.argument("rest", nargs=-1, metavar="[OTHER]...")
@click.option("--build", is_flag=True, help="Build, train and evaluate what is missing first; else only read.")
@click.option("--seeds", type=click.IntRange(1), metavar="N", help="Only the first N seeds of each entry.")
@click.option("--probe", is_flag=True, help="Run what is missing of the probes, with what it needs; else only read.")
@click.option("--html", type=click.Path(), metavar="FILE", help="Write the result as one page, which needs no network.")
@click.option("--markdown", type=click.Path(), metavar="FILE", help="Write the result as Markdown.")
@click.option(
    "--beside",
    metavar="FILE",
    help="Published figures to show in tables of their own, such as recipes/paper/results.yaml.",
)
@click.option("--plot", type=click.Path(), metavar="FILE", help="Draw the probes' curves too: .png, .svg or .pdf.")
@click.option("--dev", is_flag=True, help="Allow samples of recipes.")
def compare(curated: Curated, *, as_json: bool, rest: tuple[str, ...], seeds: int | None, **options: Any) -> None:
    """Compare recipes by what reinforcement learning makes of their models: curate compare stable long-cot short-cot --build.

    Of each entry under `train:` that learns on prompts it tells accuracy on held-out prompts before and after, lengths and collapses, and
    of `eval:` what benchmarks say before and after; with intervals over seeds, and which two recipes these tell apart. A recipe's probe
    (`probe:`), one fixed, short run, is told beside that. What was run before is not run again.
    """
    from curate.report import Report, for_terminal

    report = Report() if as_json else for_terminal()
    found = curated.first_seeds(seeds).compare(*rest, report=report, **options)
    if as_json:
        return emit(found)
    _show(found)
    for name in ("html", "markdown", "plot"):
        if options[name]:
            click.echo(f"wrote {printable(str(Path(options[name])))}")


def _show(found: dict[str, Any]) -> None:
    from curate import probe as probes
    from curate.outcomes import words

    outcomes, scores = found["outcomes"], found["probes"]
    if outcomes:
        click.echo(printable(words.summary(found)))
        _table(words.outcome_table(outcomes))
        click.echo("")
        _table(words.reply_table(outcomes))
        for one in (*words.benchmark_tables(outcomes), *words.pass_tables(outcomes)):
            click.echo(f"\n{printable(one.caption)}")
            _table(one)
        click.echo("")
        for said in words.in_short(row for row in found["pairs"] if row["measure"] in ("gain", "last", "after")):
            click.echo(printable(said))
        for said in words.pending(outcomes):
            click.echo(printable(said))
    if scores is not None and (not outcomes or words.probed(found)):
        if outcomes:
            click.echo("\nProbes")
        _table(words.probe_table(scores))
        for said in (*probes.sentences(scores), *(words.agreement(row) for row in scores["agreement"])):
            click.echo(printable(said))
        for row in (row for one in scores["recipes"] for row in one["by_seed"] if row["state"] != "current"):
            click.echo(f"{row['recipe']}/{row['run']} is {row['state']}: {printable(row['why'] or '')}")
    for note in found["notes"]:
        click.echo(printable(note))


def _table(one: Table) -> None:
    body = [[printable(cell if isinstance(cell, str) else cell[0]) for cell in row] for row in one.rows]
    table(one.heads, body, right=one.right)
