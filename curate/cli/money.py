"""What asking models has cost, and what it would cost, in words."""

from __future__ import annotations

from typing import Any

import click

from curate.cli.common import number, table


def asks_text(asks: dict[str, Any]) -> str:
    """What a step to be built would ask, in one line: requests, stored and lacking replies, tokens, price."""
    about = "" if asks["exact"] else "about "
    if asks["requests"] is None:
        return f"asks {asks['model']}: how often is not known before its documents are built"
    if asks["lacking"] is None:
        said = f"asks {asks['model']} at most about {number(asks['requests'])} times"
    else:
        stored = f"{number(asks['stored'])} replies stored, {number(asks['lacking'])} lacking"
        said = f"asks {asks['model']} {about}{number(asks['requests'])} times: {stored}"
    if asks["retries"]:
        said += f", and again where a reply fails (retries: {asks['retries']})"
    if asks["lacking"] == 0:
        return f"{said}; that may cost something" if asks["retries"] else f"{said}, so it costs nothing"
    return f"{said}; {_tokens(asks)}, {_price(asks)}"


def _tokens(asks: dict[str, Any]) -> str:
    prompt, completion = (asks[f"{what}_tokens"] for what in ("prompt", "completion"))
    if prompt is None:
        return "tokens unknown"
    written = "an unknown number" if completion is None else f"about {number(completion)}"
    return f"about {number(prompt)} tokens to read and {written} to write"


def _price(asks: dict[str, Any]) -> str:
    currency = asks["currency"]
    if asks["price"] == 0 and asks["high"] == 0:
        return "free"
    most = "" if asks["high"] is None else f"at most {_money(asks['high'])} {currency}"
    if asks["price"] is not None:
        return f"about {_money(asks['price'])} {currency}" + (f" ({most})" if most else "")
    if asks["high"] is None:
        return "price unknown"
    return f"at least {_money(asks['low'])} and {most}"


def _money(value: float) -> str:
    return f"{value:,.2f}" if value >= 0.1 else f"{value:,.4f}"


def ledger_table(rows: list[dict[str, Any]]) -> None:
    """What each step asked which model; nothing where none did."""
    if not rows:
        return
    body = [
        [
            row["node"],
            row["model"],
            number(row["replies"]),
            number(row["asked"]),
            number(row["last"]["asked"] if row["last"] else 0),
            number(row["prompt_tokens"]),
            number(row["completion_tokens"]),
            _cost(row["price"], row["currency"]),
            _cost(row["spent"], row["currency"]),
        ]
        for row in rows
    ]
    heads = [
        "asks",
        "model",
        "replies",
        "asked",
        "last build",
        "prompt tokens",
        "completion tokens",
        "price",
        "paid here",
    ]
    click.echo()
    table(heads, body, right=range(2, 9))


def _cost(value: float | None, currency: str) -> str:
    return "unknown" if value is None else "free" if value == 0 else f"{value:,.4f} {currency}"
