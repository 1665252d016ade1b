"""The result of a comparison as one HTML page that needs nothing else: no network, no server, no script.

It looks as the page of a recipe does (`curate/page/page.css`). The content security policy of the page allows its style, by its digest,
and nothing else, and all text is escaped, so whatever a trainer, a recipe or a file of published figures says stays text.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING, Any

from curate import __version__
from curate import probe as probes
from curate.outcomes import svg, words
from curate.outcomes.collect import curves
from curate.outcomes.measures import LAST
from curate.outcomes.origins_page import origins
from curate.outcomes.pairs import names
from curate.outcomes.panels import panels, trained
from curate.outcomes.svg import text
from curate.outcomes.words import Cell, Table

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.curves import Curve

Curves = dict[str, dict[str, list["Curve"]]]
"""Recipe -> entry -> the curves of its runs."""


def curves_of(recipes: Sequence[Curated]) -> Curves:
    """What the page draws of some recipes."""
    return {one.title: curves(one) for one in recipes}


def html(found: dict[str, Any], drawn: Curves) -> bytes:
    """The whole page for what `Curated.compare` told. The same contents give the same bytes."""
    parts = [(name, title, body) for name, title, body in _sections(found, drawn) if body]
    style = "".join(files(package).joinpath("page.css").read_text("utf-8") for package in ("curate.page", "curate.outcomes"))  # fmt: skip
    recipes = list(dict.fromkeys(one["recipe"] for one in found["outcomes"])) or [
        one["recipe"] for one in (found["probes"] or {"recipes": []})["recipes"]
    ]
    filled = {
        "policy": escape(f"default-src 'none'; style-src {_digest(style)}; base-uri 'none'; form-action 'none'"),
        "title": text(f"Comparison of {words.heading(recipes)}"),
        "style": style,
        "heading": text(words.heading(recipes)),
        "lead": text(words.summary(found) if found["outcomes"] else "Recipes by their probes."),
        "nav": "".join(f'<li><a href="#{name}">{name[:1].upper()}{name[1:]}</a></li>' for name, _, _ in parts),
        "body": "".join(
            f'<section id="{name}" aria-labelledby="{name}-title"><h2 id="{name}-title">{text(title)}</h2>{body}</section>'
            for name, title, body in parts
        ),
        "foot": text(f"Written by Octocurate {__version__}: curate compare {' '.join(recipes)}"),
    }
    before, *rest = files("curate.outcomes").joinpath("page.html").read_text("utf-8").split("{{")
    whole = before + "".join(filled[name] + after for name, _, after in (part.partition("}}") for part in rest))
    return whole.encode("utf-8", "replace")


def _digest(said: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(said.encode()).digest()).decode()}'"


def _sections(found: dict[str, Any], drawn: Curves) -> list[tuple[str, str, str]]:
    """Name, title and body of each section, empty where there is nothing to tell."""
    outcomes = found["outcomes"]
    return [
        ("gains", "Before and after", _gains(outcomes) if outcomes else ""),
        ("pairs", "What can be told apart", _pairs(found["pairs"])),
        ("benchmarks", "Benchmarks", _benchmarks(outcomes)),
        ("curves", "Curves of reinforcement learning", panels(outcomes, drawn)),
        ("losses", "Loss in training", trained(outcomes, drawn)),
        ("flags", "Collapses", _flags(outcomes) if outcomes else ""),
        (
            "probes",
            "Probes",
            _probes(found["probes"]) if words.probed(found) or (found["probes"] and not outcomes) else "",
        ),
        ("settings", "Settings", _settings(outcomes) if outcomes else ""),
        ("origins", "Where each number comes from", origins(outcomes)),
        ("published", "Published figures", _published(found["published"]) if found["published"] else ""),
        ("notes", "To bear in mind", _notes(found)),
    ]


# tables


def table(one: Table) -> str:
    """A table that scrolls by itself where it is wider than the page."""
    heads = "".join(f'<th scope="col"{_right(one, n)}>{text(head)}</th>' for n, head in enumerate(one.heads))
    rows = "".join(f"<tr>{_cells(one, row)}</tr>" for row in one.rows)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{text(one.caption)}"><table>'
        f"<caption>{text(one.caption)}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cells(one: Table, row: Sequence[Cell]) -> str:
    first, *rest = row
    return f'<th scope="row">{_cell(first)}</th>' + "".join(
        f"<td{_right(one, n)}>{_cell(cell)}</td>" for n, cell in enumerate(rest, 1)
    )


def _right(one: Table, n: int) -> str:
    return ' class="n"' if n in one.right else ""


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return text(cell)
    return f'{text(cell[0])}<span class="beside">{text(cell[1])}</span>'


def _told(sentences: Sequence[str]) -> str:
    return f'<ul class="told">{"".join(f"<li>{text(said)}</li>" for said in sentences)}</ul>' if sentences else ""


# sections


def _gains(outcomes: Sequence[dict[str, Any]]) -> str:
    ends = [(one["measures"]["first"], one["measures"]["last"]) for one in outcomes]
    known = [
        value
        for pair in ends
        for one in pair
        for value in (one["mean"], *(one["interval"] or ()), *one["by_seed"])
        if value is not None
    ]
    most = min(1.0, 1.05 * max(known)) if known and max(known) > 0 else 1.0
    named, rows = names(outcomes), []
    for style, one in enumerate(outcomes):
        first, last = (one["measures"][end] for end in ("first", "last"))
        name = named[one["recipe"], one["entry"]]
        said = f"{words.share(first['mean']) or 'not known'} to {words.share(last['mean']) or 'not known'}"
        bar = svg.before_after(first, last, style, most, f"{name}: accuracy from {said}")
        rows.append(f'<tr><th scope="row">{text(name)}</th><td>{bar}</td><td class="n">{text(said)}</td></tr>')
    rows.append(f'<tr aria-hidden="true"><th></th><td>{svg.scale_below(most)}</td><td class="n"></td></tr>')
    about = (
        "Accuracy on held-out prompts, before reinforcement learning (hollow) and after (filled), means over seeds; bars are intervals "
        "of 95% by Student's t, dots are single seeds."
    )
    hidden = '<caption class="hidden">Accuracy before and after</caption>'
    drawn = f'<p>{about}</p><table class="changes">{hidden}<tbody>{"".join(rows)}</tbody></table>'
    shown = table(words.outcome_table(outcomes)) + table(words.reply_table(outcomes))
    return drawn + shown + _told(words.pending(outcomes))


def _pairs(pairs: Sequence[dict[str, Any]]) -> str:
    if not pairs:
        return ""
    if all(row["interval"] is None for row in pairs):
        return "<p>Nothing: it takes two seeds of each of two recipes.</p>"
    parts = []
    for key, group in groupby(pairs, lambda row: (row["entry"], row["benchmark"], row["eval"], row["measure"])):
        rows = list(words.sentences(group))
        clear = [said for row, said in rows if row["more"] is not None]
        rest = [said for row, said in rows if row["more"] is None]
        title = f"{words.MEASURE[key[3]]}{f' at {key[1]} ({key[2]})' if key[1] else ''}, {key[0]}"
        title = title[:1].upper() + title[1:]
        more = (
            f"<details><summary>{len(rest)} of {len(rows)} pairs cannot be told apart</summary>{_told(rest)}</details>"
        )
        parts.append(f"<h3>{text(title)}</h3>{_told(clear)}{more if rest else ''}")
    about = (
        "The difference of each two means, with Welch's interval over seeds, at a level that makes all sentences under one heading "
        "together right 95 times in a hundred (Bonferroni). Where the interval holds 0, nobody is better."
    )
    return f"<p>{about}</p>{''.join(parts)}"


def _benchmarks(outcomes: Sequence[dict[str, Any]]) -> str:
    return "".join(table(one) for one in (*words.benchmark_tables(outcomes), *words.pass_tables(outcomes)))


def _flags(outcomes: Sequence[dict[str, Any]]) -> str:
    named = names(outcomes)
    rows = [
        (
            named[one["recipe"], one["entry"]], row["run"],
            "" if row["collapse"] is None else ", ".join(row["collapse"]) or "none", words.whole(row["rollbacks"]),
        )
        for one in outcomes
        for row in one["by_seed"]
    ]  # fmt: skip
    flagged = sum(bool(row["collapse"]) for one in outcomes for row in one["by_seed"])
    finished = sum(one["finished"] for one in outcomes)
    said = (
        f"In {flagged} of {finished} finished runs a monitor was beyond its bounds (docs/rl.md says which there are)."
    )
    shown = table(
        Table("Monitors that were beyond their bounds", ("recipe", "run", "monitors", "rollbacks"), rows, (3,))
    )
    return f"<p>{text(said)}</p><details><summary>Each run</summary>{shown}</details>"


def _probes(found: dict[str, Any]) -> str:
    about = "A probe is one fixed, short run of reinforcement learning on a recipe's weights, the same job for all (docs/probe.md)."
    agree = [words.agreement(row) for row in found["agreement"]]
    return f"<p>{text(about)}</p>{table(words.probe_table(found))}{_told([*probes.sentences(found), *agree])}"


def _settings(outcomes: Sequence[dict[str, Any]]) -> str:
    shown = table(words.setting_table(outcomes)) + table(words.mixture_table(outcomes))
    return f"{shown}<details><summary>Parameters</summary>{table(words.param_table(outcomes))}</details>"


def _published(found: dict[str, Any]) -> str:
    parts = [f"<p>Published: {text(found['of'])}. Not ours, and of other models and other tasks.</p>"]
    parts += [f"<p>{text(found['about'])}</p>"] if found.get("about") else []
    for one in found["tables"]:
        parts.append(table(words.published_table(one, found["of"])))
        parts += [f'<p class="soft small">{text(one["about"])}</p>'] if one.get("about") else []
    parts.append(_told([f"{tag}: {about}" for tag, about in found.get("sources", {}).items()]))
    return f'<div class="theirs">{"".join(parts)}</div>'


def _notes(found: dict[str, Any]) -> str:
    said = [
        "Intervals are over seeds, on one set of held-out prompts; they say nothing of other prompts.",
        f"Lengths and entropy are means over the last {LAST} steps, of replies to the prompts that were trained on.",
    ]
    return _told([*found["notes"], *said]) if found["outcomes"] else _told(found["notes"])
