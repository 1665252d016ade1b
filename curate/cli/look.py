"""plan, show, query, sample, diff: what only reads."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

import click

from curate.cli.common import emit, frame_text, number, printable, recipe_command, table
from curate.errors import CurateError

if TYPE_CHECKING:
    from curate.api import Curated


@recipe_command(short_help="What a build would do, and why.")
@click.option("--resolved", is_flag=True, help="Print the whole recipe with everything inherited written out.")
def plan(curated: Curated, *, as_json: bool, resolved: bool) -> None:
    """What a build would do: each node, whether it is stored, and why it is to be built."""
    if resolved:
        from curate.recipe import dump

        return emit(curated.resolved()) if as_json else click.echo(dump(curated.resolved()), nl=False)
    rows = curated.plan()
    if as_json:
        return emit(rows)
    todo = [row for row in rows if row["state"] == "to do"]
    table(
        ["node", "step", "state", "documents", "why"],
        [[r["node"], r["step"], r["state"], number(r["documents"]), "; ".join(r["why"])] for r in rows],
        right=(3,),
    )
    click.echo(f"\n{len(rows) - len(todo)} of {len(rows)} nodes are stored, {len(todo)} to do")


@recipe_command(short_help="The funnel of each corpus and the mixture.")
def show(curated: Curated, *, as_json: bool) -> None:
    """The funnel of each corpus, step by step with what was dropped and why, and the mixture."""
    from curate.cli.make import mixture_table

    rows, facts = curated.funnel(), curated.mixture()
    if as_json:
        return emit({"recipe": curated.name, "funnel": rows, "mixture": facts})
    if not rows:
        return click.echo(f"nothing of {curated.name} is built yet; run: curate build {curated.name}")
    click.echo(f"{curated.name}: {curated.recipe.about or ''}\n")
    for corpus in dict.fromkeys(row["corpus"] for row in rows):
        own = [row for row in rows if row["corpus"] == corpus]
        start = max(1, own[0]["in"])
        body = []
        for row in own:
            fates = ", ".join(f"{fate} {number(count)}" for fate, count in row["fates"].items())
            body.append([row["node"], number(row["in"]), number(row["out"]), f"{row['out'] / start:7.1%}", fates])
        table(["node", "in", "out", "of all", "ended here"], body, right=(1, 2, 3))
        click.echo()
    if facts:
        click.echo(
            f"mixture: {number(facts.get('tokens'))} tokens in {number(facts.get('windows'))} windows of"
            f" {number(facts.get('seq_len'))}, fill {facts.get('fill', 0):.4f}"
        )
        mixture_table(facts)


@recipe_command(short_help="SQL over documents, funnel, fates, mixture, sources ...")
@click.argument("rest", nargs=-1)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option("--file", type=click.File(encoding="utf-8"), metavar="FILE", help="Read the question from a file.")
@click.option("--db", type=click.Path(), metavar="OUT", help="Write all views as a DuckDB file that opens anywhere.")
def query(
    curated: Curated, *, as_json: bool, rest: tuple[str, ...], as_csv: bool, file: TextIO | None, db: str | None
) -> None:
    """Ask DuckDB about a recipe: curate query long-cot "select fate, count(*) from documents group by fate".

    Views: documents, mixture, funnel, fates, clauses, sources, nodes, inputs; docs/sql.md describes their columns. A
    question that is not an argument comes from --file or, also written as -, from standard input.
    """
    sql = _question(rest, file, db is not None)
    made = curated.catalog(db) if db is not None else {}
    if made and not as_json:
        click.echo(f"wrote {made['db']}: {', '.join(made['views'])}", err=bool(sql))
    if not sql:
        return emit(made) if as_json else None
    frame = curated.sql(sql)
    if as_json:
        emit({**made, "rows": frame.to_dicts()} if made else frame.to_dicts())
    elif as_csv:
        click.echo(frame.write_csv(), nl=False)
    else:
        frame_text(frame)


def _question(rest: tuple[str, ...], file: TextIO | None, may_lack: bool) -> str:
    """SQL from the arguments, a file or standard input. CurateError if there is none, or too much."""
    if rest and file:
        raise CurateError("the question is given twice, as argument and as --file; leave one out")
    piped = rest == ("-",) or (not rest and not may_lack and not sys.stdin.isatty())
    try:
        sql = (file or sys.stdin).read() if file or piped else " ".join(rest)
    except UnicodeDecodeError:
        raise CurateError("the question is not UTF-8 text") from None
    if not sql.strip() and not may_lack:
        raise CurateError('what is the question? Give it as second argument, such as "select * from funnel"')
    return sql.strip()


@recipe_command(short_help="Documents of a corpus, kept or dropped by a clause.")
@click.argument("target", metavar="CORPUS", required=False)
@click.option("-n", "--documents", "n", default=5, show_default=True, type=click.IntRange(1, 10_000))
@click.option(
    "--dropped-by", metavar="CLAUSE", help="Documents that this clause dropped (or repeat, undecided, quarantined)."
)
@click.option(
    "--near",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="The N documents closest to the clause's threshold, either side.",
)
@click.option("--chars", default=600, show_default=True, help="Characters of text to print of each; 0 for all.")
@click.option("--seed", default=0, show_default=True)
def sample(
    curated: Curated,
    *,
    as_json: bool,
    target: str | None,
    n: int,
    dropped_by: str | None,
    near: int | None,
    chars: int,
    seed: int,
) -> None:
    """Documents of a corpus to read, chosen by hash of their id: curate sample long-cot web --dropped-by english."""
    if target is None:
        raise CurateError(f"which corpus? {curated.name} has {', '.join(curated.planned.ends)}")
    frame = curated.sample(target, near or n, dropped_by=dropped_by, near=near is not None, seed=seed)
    if as_json:
        return emit(frame.to_dicts())
    for row in frame.to_dicts():
        text = str(row.pop("text") or "")
        facts = {k: v for k, v in row.items() if v is not None and k not in ("corpus", "extra")}
        click.secho(
            printable("  ".join(f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in facts.items()))[
                :800
            ],
            bold=True,
        )
        shown = (
            text if chars == 0 or len(text) <= chars else f"{text[:chars]} [... {len(text) - chars:,} more characters]"
        )
        click.echo(printable(shown) + "\n")
    if not frame.height:
        click.echo("no such document")


@recipe_command(short_help="What differs from another recipe, or from the lock.")
@click.argument("target", metavar="OTHER", required=False)
def diff(curated: Curated, *, as_json: bool, target: str | None) -> None:
    """What differs from another recipe (or a .lock file); without one, from this recipe's own lock."""
    found = curated.diff(target)
    if as_json:
        return emit(found)
    for line in found["config"]:
        click.echo(line)
    for row in found["nodes"]:
        fates = ", ".join(f"{k} {number(was)} -> {number(now)}" for k, (was, now) in row["fates"].items())
        known = [number(row[side]) for side in ("before", "after") if row[side] is not None]
        counts = f"{' -> '.join(known)} documents" if known else ""
        click.echo("  ".join(part for part in (row["node"], row["state"], counts, fates) if part))
    if not found["config"] and not found["nodes"]:
        click.echo("no difference")
