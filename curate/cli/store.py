"""store push, pull, du, create: the store and the remote behind it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli.common import emit, number, table

if TYPE_CHECKING:
    from curate.report import Report
    from curate.store import Store

_PLACE = (
    click.option("--store", metavar="DIR", help="Where objects are kept, instead of the profile's place."),
    click.option("--remote", metavar="URL", help="The bucket behind the store, such as s3://bucket/prefix."),
    click.option("--profile", default="local", show_default=True, help="Run settings: profiles/NAME.toml."),
    click.option("--json", "as_json", is_flag=True, help="Print JSON for programs."),
)


def _placed(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_PLACE):
        function = option(function)
    return function


@click.group()
def store() -> None:
    """The store and the remote behind it: push, pull, du, create."""


@store.command()
@click.argument("recipe", required=False)
@_placed
def push(recipe: str | None, store: str | None, remote: str | None, profile: str, *, as_json: bool) -> None:
    """Copy what is stored, all or of one recipe, and what models wrote, to the remote."""
    if recipe:
        from curate import api

        found = api.open(recipe, profile=profile, store=store, remote=remote).push(report=_report(as_json))
    else:
        from curate import objects

        place = _place(store, remote, profile)
        found = objects.push(place, place.keys(), _report(as_json))
    _tell(found, as_json, "pushed")


@store.command()
@click.argument("recipe", required=False)
@_placed
def pull(recipe: str | None, store: str | None, remote: str | None, profile: str, *, as_json: bool) -> None:
    """Copy all objects of the remote, or those of one recipe, and what models wrote, to this store."""
    if recipe:
        from curate import api

        found = api.open(recipe, profile=profile, store=store, remote=remote).pull(report=_report(as_json))
    else:
        from curate import objects

        found = objects.pull(_place(store, remote, profile).create(), None, _report(as_json))
    _tell(found, as_json, "pulled")


@store.command()
@_placed
def du(store: str | None, remote: str | None, profile: str, *, as_json: bool) -> None:
    """Bytes of the store by folder and by recipe, and those that one recipe alone uses."""
    from curate.objects import usage

    found = usage(_place(store, remote, profile))
    if as_json:
        return emit(found)
    table(["folder", "bytes"], [[name, number(size)] for name, size in found["folders"].items()], right=(1,))
    click.echo()
    rows = [
        [r["recipe"], number(r["objects"]), number(r["bytes"]), number(r["own"]), r["lock"]] for r in found["recipes"]
    ]
    table(["recipe", "objects", "bytes", "its own", "lock"], rows, right=(1, 2, 3))
    click.echo(f"\n{number(found['shared'])} bytes are used by several, {number(found['loose'])} by none")


@store.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--group", is_flag=True, help="Everyone in the folder's group may write.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def create(folder: Path, *, group: bool, as_json: bool) -> None:
    """Make a store, such as one that several projects share; --group makes it writable for the folder's group."""
    from curate.store import Store

    made = Store(folder).create(group=group)
    if as_json:
        return emit({"store": str(made.root), "group": group})
    click.echo(f"{made.root} is ready; use it with --store, CURATE_STORE, or store = in a profile")


def _place(store: str | None, remote: str | None, profile: str) -> Store:
    from curate.objects import store_of
    from curate.profile import find_project, load_profile

    project = find_project(Path.cwd())
    said = {"store": store, "remote": remote}
    return store_of(load_profile(profile, project).model_copy(update={k: v for k, v in said.items() if v}), project)


def _report(as_json: bool) -> Report:
    from curate.report import Report, for_terminal

    return Report() if as_json else for_terminal()


def _tell(found: dict[str, Any], as_json: bool, what: str) -> None:
    if as_json:
        return emit(found)
    for key in found["drift"]:
        click.echo(f"objects/{key}: the other side holds another content of it; each keeps its own")
    for key in found.get("missing", ()):
        click.echo(f"objects/{key}: the remote has none")
    click.echo(
        f"{len(found['copied'])} objects {what}, {len(found['there'])} there already, {found['replies']} reply segments {what}"
    )
