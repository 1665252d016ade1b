"""publish: what is built, put where others look for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from curate.cli.common import amount, emit, recipe_command, several
from curate.errors import CurateError
from curate.words import printable

if TYPE_CHECKING:
    from curate.api import Curated


@recipe_command(short_help="Put what is built on the hub, in a bucket or a folder, for load_dataset.")
@click.option(
    "--to", required=True, metavar="PLACE", help="hf://datasets/ORG/NAME, s3://bucket/prefix, a folder, an fsspec URL."
)
@click.option(
    "--only",
    multiple=True,
    metavar="CORPUS",
    help="These corpora, or mixture: --only web,qa. What is there of others is deleted.",
)
@click.option("--public", is_flag=True, help="On the hub: everybody may read it. Without, it is private.")
@click.option("--dry-run", is_flag=True, help="Say what would be sent; send nothing.")
def publish(curated: Curated, *, as_json: bool, to: str, only: tuple[str, ...], public: bool, dry_run: bool) -> None:
    """Put what is built where others can load it: Parquet, one config for each corpus and one for the mixture, with card, recipe and lock.

    The recipe must be built and be what its lock says. What is there already is not sent again, so a publish that was stopped goes on.
    """
    from curate.report import Report, for_terminal

    report, chosen = Report() if as_json else for_terminal(), several(only)
    if only and not chosen:
        raise CurateError("--only names no corpus; leave it out to publish all")
    found = curated.publish(to, only=chosen, public=public, dry_run=dry_run, report=report)
    if as_json:
        return emit(found)
    for line in lines(found):
        click.echo(printable(line))


def lines(found: dict[str, Any]) -> list[str]:
    """What a publish did, for people."""
    told = [
        f"{n}: {amount(c['documents'], 'document')}, {amount(c['files'], 'file')}" for n, c in found["configs"].items()
    ]
    size = _size(found["bytes"])
    if found["dry_run"]:
        told += [f"  {'to send':>9} {_size(file['bytes']):>10}  {file['name']}" for file in found["sent"]]
        told += [f"  {'to delete':>9} {'':>10}  {name}" for name in found["deleted"]]
    there = found["files"] - len(found["sent"])
    if not found["sent"] and not found["deleted"]:
        return [
            *told,
            f"{found['to']}: all {amount(found['files'], 'file')} ({size}) are there already; nothing to do",
        ]
    sent = f"{amount(len(found['sent']), 'file')} ({_size(sum(file['bytes'] for file in found['sent']))})"
    verb = ("would be sent", "would be deleted") if found["dry_run"] else ("sent", "deleted")
    gone = f", {len(found['deleted']):,} {verb[1]}" if found["deleted"] else ""
    return [*told, f"{found['at'] or found['to']}: {sent} {verb[0]}, {there:,} there already{gone}; {size} in all"]


def _size(count: int) -> str:
    for unit, limit in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= limit:
            return f"{count / limit:.1f} {unit}"
    return f"{count} B"
