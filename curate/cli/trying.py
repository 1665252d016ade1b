"""How `curate try` prints what a step did to a document: prompt, reply, what was made of it, and the words that changed."""

from __future__ import annotations

from typing import Any

import click

from curate.cli.common import number
from curate.words import printable

CONTEXT = 60
"""Characters that are shown of a run of words that stayed, on either side of a change."""


SHOWN = 3
"""Documents made of one that are shown."""


def show_trial(one: dict[str, Any], chars: int) -> None:
    """One document. chars: of each text; 0 for all."""
    click.secho(f"=== {printable(one['id'])}", bold=True)
    _text("text", one["text"], chars)
    for prompt in one.get("prompts", ()):
        _text("prompt", prompt, chars)
    for place, reply in enumerate(one.get("replies", ())):
        tokens = f"{number(reply['prompt_tokens'])} tokens in, {number(reply['completion_tokens'])} out"
        _text(f"reply {place}, {reply['finish']}, {tokens}", reply["text"], chars)
    if "refusal" in one:
        click.secho(f"    refused: {printable(one['refusal'])}", fg="red")
    if "prompts" in one and not one["prompts"]:
        click.secho("    nothing is asked about it", dim=True)
    gives = one.get("gives", [])
    for place, made in enumerate(gives[:SHOWN]):
        _text(f"document {place} made of it", made["text"], chars)
        _facts(made, chars)
    if len(gives) > SHOWN or ("replies" in one and not gives and "columns" not in one):
        click.secho(
            f"    {f'and {len(gives) - SHOWN:,} more documents' if gives else 'nothing is made of it'}", dim=True
        )
    if "words" in one:
        _words(one["words"], chars)
    _facts(one, chars)
    click.echo()


def _facts(one: dict[str, Any], chars: int) -> None:
    for name, value in one.get("columns", {}).items():
        if value is not None:
            click.echo(f"    {name} = {printable(_short(value, min(chars, 200) if chars else 0))}")
    if "verdict" in one:
        failed, kept = ", ".join(one["verdict"]["failed"]), one["verdict"]["fate"] == "kept"
        click.secho(f"    {'kept' if kept else f'dropped by {failed}'}", fg="green" if kept else "red")


def _text(title: str, text: str | None, chars: int) -> None:
    click.secho(f"--- {title}", dim=True)
    click.echo(printable(_short(text or "", chars)))


def _words(runs: list[tuple[str, str]], chars: int) -> None:
    """The changed words in their places, long runs that stayed cut in the middle."""
    click.secho("--- words taken out [-like this-] and put in {+like this+}", dim=True)
    shown, parts = 0, []
    for sign, text in runs:
        if sign == " ":
            cut = f"{text[:CONTEXT]} [...] {text[-CONTEXT:]}" if len(text) > 2 * CONTEXT + 20 else text
            parts.append(printable(cut))
        else:
            frame = f"[-{printable(text)}-]" if sign == "-" else f"{{+{printable(text)}+}}"
            parts.append(click.style(frame, fg="red" if sign == "-" else "green"))
        shown += len(text)
        if chars and shown > 4 * chars:
            parts.append(" [...]")
            break
    click.echo("".join(parts) if any(sign != " " for sign, _ in runs) else "no word changed")


def _short(value: Any, chars: int) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if chars == 0 or len(text) <= chars else f"{text[:chars]} [... {len(text) - chars:,} more characters]"
