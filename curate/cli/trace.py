"""How lives are printed: one line for each node, top to bottom, with the evidence below the node it belongs to.

Everything a document or a model wrote passes `plain`: one line, no control characters, cut.
"""

from __future__ import annotations

from typing import Any

import click

from curate.cli.common import number, table
from curate.words import printable

WIDTH = 26
"""Columns for the names of nodes; a longer name gets a line of its own."""
SHOWN = 12
"""Places in the mixture, children or lives that are listed."""


def show_trace(found: dict[str, Any]) -> None:
    """The answer to a trace."""
    if "windows" in found:
        return _step(found["windows"])
    if "pieces" in found:
        _window(found)
    if "leaks" in found:
        _leaks(found)
    detailed = [life for life in found["lives"] if "mixture" in life]
    if not detailed:
        return _lives(found["lives"])
    for life in detailed:
        _life(life)


def plain(value: Any, most: int = 100) -> str:
    """Foreign text on one line."""
    text = printable(" ".join(str(value).split()))
    return text if len(text) <= most else text[: most - 4] + " ..."


def values(columns: dict[str, Any]) -> str:
    """`name=value` of each column that has one."""
    told = {
        name: f"{value:.4g}" if isinstance(value, float) else plain(value, 60)
        for name, value in columns.items()
        if value is not None
    }
    return "  ".join(f"{name}={value}" for name, value in told.items())


def fate_of(life: dict[str, Any]) -> str:
    """`kept`, or what it met and where."""
    fate, node = life["fate"], life["fate_node"]
    if fate == "kept":
        return "kept"
    if fate == "not built":
        return f"on its way; {node} is not built"
    if fate in ("repeat", "undecided", "quarantined", "killed", "no rows", "expanded"):
        return f"{'went on' if fate == 'expanded' else fate} at {node}"
    return f"dropped by {fate} ({node})"


# many


def _window(found: dict[str, Any]) -> None:
    pieces = found["pieces"]
    click.secho(f"window {number(pieces[0]['window'])}", bold=True)
    body = [
        [number(p["offset"]), number(p["length"]), p["source"], p["id"], number(p["start"]), p["stage"], p["epoch"]]
        for p in pieces
    ]
    headers = ["offset", "tokens", "corpus", "id", "from token", "stage", "epoch"]
    table(headers, [[plain(cell, 80) for cell in row] for row in body], right=(0, 1, 4))
    click.echo()


def _step(windows: list[dict[str, Any]]) -> None:
    """A line for each window, and below it one for each piece of a document."""
    for window in windows:
        again = f", read {window['pass']} times before" if window["pass"] else ""
        head = f"place {number(window['place'])}: window {number(window['window'])}, {window['source']}, stage {window['stage']}"
        click.secho(head + again, bold=True)
        for one in window["documents"]:
            piece = f"from {number(one['start'])}" if one["start"] else ""
            epoch = f"epoch {one['epoch']}" if one["epoch"] else ""
            line = (f"{number(one['length']):>7}", plain(one["id"], 80), plain(one["url"] or ""), piece, epoch)
            click.echo("  ".join(part for part in line if part))


def _leaks(found: dict[str, Any]) -> None:
    count = len(found["leaks"])
    where = "one document" if count == 1 else f"{count:,} documents"
    click.secho(f"{plain(found['asked']['item'])} stands in {where}", bold=True)
    fates = {(life["corpus"], life["id"]): fate_of(life) for life in found["lives"]}
    for leak in found["leaks"]:
        fate = fates.get((leak["corpus"], leak["id"]), "")
        overlap = f"  overlap {leak['overlap']:.2f}" if leak.get("overlap") is not None else ""
        click.echo(f"\n{plain(leak['id'])}  {leak['node']}{overlap}  {fate}  {plain(leak['url'] or '')}")
        if leak.get("span"):
            click.echo(f'  "{plain(leak["span"], 300)}"')
    click.echo()


def _lives(lives: list[dict[str, Any]]) -> None:
    body = [[life["corpus"], plain(life["id"], 60), fate_of(life), plain(life.get("url") or "", 70)] for life in lives]
    table(["corpus", "id", "fate", "url"], body)
    click.echo("\ntell one: curate trace RECIPE ID")


# one


def _life(life: dict[str, Any]) -> None:
    click.secho(f"{life['corpus']}  {plain(life['id'])}  {fate_of(life)}", bold=True)
    facts = {c: life.get(c) for c in ("url", "date", "dump", "license") if life.get(c)}
    if facts:
        click.echo("  " + "  ".join(plain(value, 120) for value in facts.values()))
    if life.get("source"):
        click.echo(f"  from {_source(life['source'])}")
    if life.get("parent"):
        others = ", ".join(f"{one['corpus']}: {fate_of(one)}" for one in life["parent"]["lives"])
        click.echo(f"  made of {plain(life['parent']['id'])} ({others})")
    click.echo()
    for event in life["events"]:
        _event(event, life)
    for title, draw in ((f"reply of {r.get('model', 'a model')}", r) for r in life.get("replies") or ()):
        _reply(title, draw)
    _family(life)
    _places(life)
    if life.get("text"):
        click.echo(f"  text: {plain(life['text'], 400)}")
    click.echo()


def _line(name: str, text: str) -> None:
    if len(name) > WIDTH:
        click.echo(f"  {name}")
        name = ""
    click.echo(f"  {name:{WIDTH}}  {text}".rstrip())


def _source(source: dict[str, Any]) -> str:
    if "offset" in source:
        where = "" if source["offset"] is None else f", {number(source['length'])} bytes at {number(source['offset'])}"
        return f"{plain(source['file'])}{where}"
    return f"{plain(source['file'] or 'a file that is not there any more')}, record {number(source['record'])} of part {source['part']}"


def _event(event: dict[str, Any], life: dict[str, Any]) -> None:
    name = event["node"]
    if event.get("error") or (event.get("fate") and "clauses" not in event and event["kind"] != "repeat"):
        return _line(
            name, click.style(f"{event['fate']}: {plain(event.get('error') or 'it gave none', 200)}", fg="red")
        )
    if event["kind"] == "repeat":
        return _repeat(event, life)
    if "clauses" in event:
        for clause in event["clauses"]:
            _clause(name, clause)
            name = ""
        return None
    parts = [f"{number(event['characters'])} characters"] if event.get("characters") is not None else []
    if event.get("characters_before") is not None and parts:
        parts = [f"{number(event['characters_before'])} -> {parts[0]}"]
    shown = {c: v for c, v in event.get("columns", {}).items() if not (event.get("leak") and c.endswith("leak_span"))}
    _line(name, "  ".join([*parts, values(shown)]) or "found nothing")
    if event.get("partner"):
        _partner(event["partner"])
    if event.get("leak"):
        leak = event["leak"]
        _line("", f'the item: "{plain(leak.get("problem") or "its file is not here", 240)}"')
        _line("", f'the text: "{plain(leak["span"], 240)}"')


def _repeat(event: dict[str, Any], life: dict[str, Any]) -> None:
    for other in [*life.get("stays", ()), *life.get("repeats", ())]:
        what = "repeats a record that stays:" if event["fate"] else "stays; was read again:"
        _line(event["node"], f"{what} {_source(other['source'])}  {plain(other['date'] or 'no date')}")
    if not life.get("stays") and not life.get("repeats"):
        _line(event["node"], "repeat" if event["fate"] else "no other record like it")


def _clause(name: str, clause: dict[str, Any]) -> None:
    verdict = {"passed": "passed   ", "failed": "FAILED   ", "undecided": "UNDECIDED"}[clause["verdict"]]
    seen = "  ".join(
        f"{c}={'nothing' if v is None else values({c: v}).partition('=')[2]}" for c, v in clause["values"].items()
    )
    end = "  <- decides" if clause["deciding"] else ""
    _line(name, f"{verdict} {clause['clause']}: {plain(clause['text'], 80)}   ({seen}){end}")


def _partner(partner: dict[str, Any]) -> None:
    shared = partner["shared"]
    _line(
        "",
        f"like {plain(partner['id'])}  {plain(partner['url'] or '')}  ({fate_of(partner) if 'fate' in partner else 'not followed'})",
    )
    _line("", f'{number(shared["words"])} of {number(shared["of"])} words in one run: "{plain(shared["text"], 240)}"')


def _reply(title: str, reply: dict[str, Any]) -> None:
    tokens = (
        f", {number(reply['prompt_tokens'])} tokens in, {number(reply['completion_tokens'])} out"
        if "prompt_tokens" in reply
        else ""
    )
    sample = f", draw {reply['sample']}" if "sample" in reply else ""
    click.echo(f"\n  {plain(title)}{sample}: {plain(reply['finish'])}{tokens}")
    if reply.get("text"):
        click.echo(f"    {plain(reply['text'], 400)}")
    if reply.get("span") and reply["text"].find(reply["span"]) > 300:
        click.echo(f'    of which it is made: "{plain(reply["span"], 400)}"')


def _family(life: dict[str, Any]) -> None:
    children = life.get("children") or []
    if children:
        click.echo(f"\n  {len(children):,} documents were made of it:")
    for child in children[:SHOWN]:
        click.echo(f"    {child['corpus']}  {plain(child['id'])}  {fate_of(child)}")
    if len(children) > SHOWN:
        click.echo(f"    and {len(children) - SHOWN:,} more")


def _places(life: dict[str, Any]) -> None:
    if life["fate"] != "kept":
        return click.echo()
    places = life["mixture"]
    nowhere = "held out of the mixture, to evaluate on" if life["held_out"] else "nowhere in the mixture"
    click.echo("\n  in the mixture:" if places else f"\n  {nowhere}")
    for place in places[:SHOWN]:
        start = f", from its token {number(place['start'])}" if place["start"] else ""
        click.echo(
            f"    window {number(place['window'])}, tokens {number(place['offset'])} to {number(place['offset'] + place['length'])}{start},"
            f" stage {place['stage']}, epoch {place['epoch']}"
        )
        if place.get("text"):
            click.echo(f"      {plain(place['text'], 400)}")
    if len(places) > SHOWN:
        click.echo(f"    and {len(places) - SHOWN:,} more")
    click.echo()
