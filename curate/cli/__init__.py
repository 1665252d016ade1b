"""The `curate` program. Commands stand in one file per group and are loaded when they are called.

This is the one place where a `CurateError` becomes a line on standard error and exit code 2.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import traceback
from typing import Any

import click

from curate import __version__
from curate.errors import UNWRITABLE, CurateError, did_you_mean
from curate.words import printable

GROUPS = {
    "make": ("init", "new", "fetch", "build", "export"),
    "look": ("plan", "show", "query", "sample", "trace", "whatif", "diff"),
    "trust": ("why", "lock", "verify", "accept", "card", "freeze", "truth", "assess"),
    "publishing": ("publish",),
    "train": ("train", "eval", "status", "logs", "cancel", "compare"),
    "store": ("store",),
    "house": ("run", "try", "steps", "schema", "doctor", "gc"),
}
TITLES = {
    "make": "Make",
    "look": "Look",
    "trust": "Trust",
    "publishing": "Publish",
    "train": "Train",
    "store": "Store",
    "house": "House",
}


class Commands(click.Group):
    """Finds a command's group by its name and imports only that."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for names in GROUPS.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for group, names in GROUPS.items():
            if cmd_name in names:
                module = importlib.import_module(f"curate.cli.{group}")
                found: click.Command = getattr(module, f"{cmd_name}_" if cmd_name in ("eval", "try") else cmd_name)
                return found
        return None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and self.get_command(ctx, args[0]) is None:
            raise CurateError(f"no command {args[0]!r}{did_you_mean(args[0], self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for group, names in GROUPS.items():
            with formatter.section(TITLES[group]):
                commands = [(name, self.get_command(ctx, name)) for name in names]
                formatter.write_dl([(name, c.get_short_help_str(90)) for name, c in commands if c])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="curate")
def cli() -> None:
    """Turn web pages and model replies into versioned data recipes, and recipes into corpora and mixtures."""
    try:
        os.getcwd()
    except OSError as error:
        raise CurateError(f"the current folder cannot be read: {error.strerror}; change to another") from None


def main(args: list[str] | None = None) -> None:
    """Run the program. Exit code 2 and one line for everything a user can put right."""
    try:
        code = cli.main(args=args, standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except CurateError as error:
        click.echo(f"curate: {printable(str(error))}", err=True)
        sys.exit(2)
    except click.exceptions.Exit as exit_:
        sys.exit(exit_.exit_code)
    except click.ClickException as error:
        click.echo(f"curate: {printable(error.format_message())}", err=True)
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort) as stopped:
        what = str(stopped.__cause__ or stopped)  # click puts its own Abort in place of an interrupt
        click.echo(f"curate: {printable(what) or 'stopped'}", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.errno not in UNWRITABLE or not _raised_by_echo(error):
            raise
        _forget_output()
        click.echo(f"curate: the output cannot be written: {error.strerror}", err=True)
        sys.exit(2)


def _raised_by_echo(error: OSError) -> bool:
    """Whether it was printing that failed: an error of a full disk says the same of any file."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_code is click.echo.__code__


def _forget_output() -> None:
    """Let what could not be printed be lost, so that Python does not try once more when it ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError), open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())
