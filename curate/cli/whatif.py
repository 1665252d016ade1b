"""How the answer of `curate whatif` is printed."""

from __future__ import annotations

from typing import Any

import click

from curate.cli.common import number, table
from curate.words import printable

MOST = 20


def show_whatif(found: dict[str, Any]) -> None:
    """The counts first, then where they come from, what comes after, and documents on the line."""
    counts, tokens = found["documents"], found["tokens"]
    click.secho(f"{found['node']}: {found['clause']}", bold=True)
    click.echo(printable(f"  {found['was']}  ->  {found['then'] or 'no clause'}\n"))
    rows = [["documents", *[number(counts[k]) for k in ("now", "then", "gained", "lost")]]]
    if tokens["gained"] is not None:
        mark = "" if tokens["exact"] else "~"
        rows.append(["tokens", "", "", *[f"{mark}{number(tokens[k])}" for k in ("gained", "lost")]])
    table(["", "now", "then", "gained", "lost"], rows, right=(1, 2, 3, 4))
    click.echo(f"\n{number(counts['reached'])} documents come to this keep; tokens {tokens['how']}")
    if counts["undecided"]:
        click.echo(f"{number(counts['undecided'])} have no value for the new clause; it leaves them undecided, and out")
    if counts["gained"] or counts["lost"]:
        _groups(found)
    _after(found)
    for side in ("gained", "lost"):
        for document in found["examples"][side]:
            _example(side, document)


def _groups(found: dict[str, Any]) -> None:
    """By source, where there is more than one, and by year; the last twenty of each."""
    known = ["gained", "lost", *(["tokens_gained", "tokens_lost"] if found["tokens"]["gained"] is not None else [])]
    for rows, title in ((found["by_source"], "source"), (found["by_year"], "year")):
        if len(rows) > (title == "source"):
            click.echo()
            body = [[printable(str(row[title]))[:40], *[number(row[c]) for c in known]] for row in rows[-MOST:]]
            table([title, *[c.replace("_", " ") for c in known]], body, right=(1, 2, 3, 4))


def _after(found: dict[str, Any]) -> None:
    """One line per later node."""
    if not (found["documents"]["gained"] or found["documents"]["lost"]):
        return
    click.echo()
    for entry in found["after"]:
        more = ("" if entry["exactly"] else "at most ") + number(entry["more"])
        if entry["does"] == "scores":
            click.echo(f"then to be scored: {entry['node']}: {more} documents")
        elif entry["does"] == "keeps":
            click.echo(f"then to be judged: {entry['node']}: {more} more go in, {number(entry['fewer'])} fewer")
        else:
            click.echo(
                f"then {entry['node']} {entry['does']}: {more} more go in, {number(entry['fewer'])} fewer;"
                " what comes out is not known without a build"
            )
    if found["made_from_it"]:
        click.echo(f"made from it, and changed too: {', '.join(found['made_from_it'])}")


def _example(side: str, document: dict[str, Any]) -> None:
    values = "  ".join(f"{k}={number(v) if isinstance(v, float) else v}" for k, v in document["values"].items())
    url = printable(str(document["url"] or ""))[:120]
    click.secho(f"\n{side}  {printable(values)[:200]}  {printable(str(document['id']))[:80]}  {url}", bold=True)
    click.echo("  " + printable(" ".join(str(document["text"] or "").split())))
