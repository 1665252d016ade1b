"""docs/commands.md: every command of the program, from its own help."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click

from curate.cli import GROUPS, TITLES, cli
from docs.site.text import GENERATED, code, plain, table

DOCS = Path(__file__).resolve().parent.parent
ABOUT = """
What `curate COMMAND --help` says, in one place. A recipe is the first argument, or `--recipe NAME`: a name in `recipes/`, yours before
ours, or a path that ends in `.yaml`. Where a project has one recipe, it need not be said. What is wrong with the input is one line on
standard error and exit code 2; commands with `--json` print JSON for programs.
"""
AS_IT_IS = "\b"
"""Before a paragraph of a help text whose lines are kept (click)."""
EXAMPLE = re.compile(r": (curate [^\n]*?)\.(?=\s|$)")


def page() -> str:
    """The page."""
    parts = [GENERATED, "# Commands", ABOUT.strip(), _contents()]
    for group, names in GROUPS.items():
        parts.append(f"## {TITLES[group]}")
        for name in names:
            command, context = _found(name)
            parts += _sections(f"curate {name}", command, context)
    return "\n\n".join(parts) + "\n"


def _found(name: str) -> tuple[click.Command, click.Context]:
    context = click.Context(cli, info_name="curate")
    command = cli.get_command(context, name)
    assert command
    return command, context


def _contents() -> str:
    rows = []
    for group, names in GROUPS.items():
        for name in names:
            command, _ = _found(name)
            link = f"[`{name}`](#curate-{name})"
            rows.append([f"{TITLES[group]}", link, plain(command.get_short_help_str(200))])
    return table(["", "command", "what it does"], rows)


def _sections(title: str, command: click.Command, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=title.rpartition(" ")[2], parent=parent)
    yield f"### {title}"
    help_text = " ".join((command.help or "").split("\n\n")[0].split())
    example = EXAMPLE.search(help_text)
    yield plain(help_text[: example.start()] + help_text[example.end(1) :] if example else help_text)
    yield "```text\n" + " ".join([context.command_path, *command.collect_usage_pieces(context)]) + "\n```"
    if example:
        yield f"Example: {code(example[1])}."
    for more in inspect.cleandoc(command.help or "").split("\n\n")[1:]:
        as_it_is = more.startswith(AS_IT_IS)
        yield f"```text\n{more.removeprefix(AS_IT_IS).strip()}\n```" if as_it_is else plain(" ".join(more.split()))
    yield _options(command, context)
    if pages := _pages(title):
        yield "On the pages: " + ", ".join(f"[{page}]({page}.md)" for page in pages) + "."
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below
            yield from _sections(f"{title} {name}", below, context)


def _options(command: click.Command, context: click.Context) -> str:
    records = [p.get_help_record(context) for p in command.params if isinstance(p, click.Option) and not p.hidden]
    rows = [[code(r[0]), plain(" ".join(r[1].split()))] for r in records if r]
    return table(["option", "meaning"], rows) if rows else "No options."


def _pages(title: str) -> list[str]:
    """Pages written by hand on which the command is run."""
    shown = re.compile(rf"^\$ {re.escape(title)}(?![\w-])", re.MULTILINE)
    return [p.stem for p in sorted(DOCS.glob("*.md")) if p.stem != "log" and shown.search(p.read_text("utf-8"))]
