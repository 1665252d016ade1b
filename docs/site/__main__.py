"""`python -m docs.site`: write the pages that follow from the code, check that they are fresh, or build the site."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from benchmarks import _bench_page
from docs.site import commands, recipes, steps
from docs.site.build import ROOT, Broken, build

PAGES = {
    "commands": commands.page,
    "steps": steps.page,
    "recipes": recipes.page,
    "speed": lambda: _bench_page.page(_bench_page.kept(ROOT)),
}
"""Pages of `docs/` that are generated."""


def stale() -> list[str]:
    """Names of generated pages that are not what would be written."""
    return [name for name, page in PAGES.items() if _path(name).read_text("utf-8") != page()]


def _path(name: str) -> Path:
    return ROOT / "docs" / f"{name}.md"


@click.group()
def main() -> None:
    """Pages of the documentation that follow from the code, and the site of all pages."""


@main.command()
def write() -> None:
    """Write docs/commands.md, docs/steps.md, docs/recipes.md and docs/speed.md."""
    for name, page in PAGES.items():
        _path(name).write_text(page(), "utf-8")


@main.command()
def check() -> None:
    """Exit code 1 if a generated page is not fresh."""
    if old := stale():
        click.echo(f"not fresh: docs/{', docs/'.join(old)}.md; python -m docs.site write", err=True)
        sys.exit(1)


@main.command("build")
@click.argument("out", type=click.Path(path_type=Path), default=ROOT / "build/site")
def build_(out: Path) -> None:
    """Build the site into a folder; a link or anchor that leads nowhere is an error."""
    try:
        click.echo(f"{build(out)}/index.html")
    except Broken as error:
        click.echo(str(error), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
