"""The report of an assessment as a folder: `assess.json`, four pictures, and `assess.html`, a page with all of it and no other file."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from curate.artifact import replace_file
from curate.assess_plots import draw
from curate.assess_text import fold_table, group_table, sentences, sweep_table, wrong_table
from curate.errors import CurateError

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; font-size: 13px; } th, td { padding: .2rem .7rem .2rem 0; text-align: left; vertical-align: top; }
th { border-bottom: 1px solid #999; font-weight: 600; } td { border-bottom: 1px solid #eee; overflow-wrap: anywhere; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } tr.chosen td { background: #fdecea; }
img { max-width: 100%; height: auto; }
"""


def write(found: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write the folder; the paths of its files. CurateError without matplotlib, or where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(folder / "assess.json", (json.dumps(found, indent=1, ensure_ascii=False) + "\n").encode())
        pictures = draw(found, folder)
        replace_file(folder / "assess.html", page(found, folder, pictures).encode("utf-8", "replace"))
    except OSError as error:
        raise CurateError(f"cannot be written: {error.strerror}", where=str(folder)) from None
    return [folder / name for name in ("assess.json", *pictures, "assess.html")]


def page(found: Mapping[str, Any], folder: Path, pictures: Mapping[str, str]) -> str:
    """The whole page; everything that came from a document is escaped."""
    title = f"{found['model']} of {found['recipe']}"
    parts = [f"<h1>{escape(title)}</h1><p>{escape(' '.join(sentences(found)))}</p>"]
    if "by_fold" in found:
        parts.append("<h2>Folds</h2>" + _table(*fold_table(found)))
    for name, about in pictures.items():
        data = base64.b64encode((folder / name).read_bytes()).decode()
        parts.append(f'<p><img alt="{escape(about)}" src="data:image/png;base64,{data}"></p>')
    parts.append("<h2>Groups</h2>" + _table(*group_table(found)))
    parts.append("<h2>Some wrong documents</h2>" + _table(*wrong_table(found)))
    headers, rows = sweep_table(found)
    chosen = [row["threshold"] == found["threshold"] for row in found["sweep"]]
    parts.append("<h2>Thresholds</h2>" + _table(headers, rows, chosen))
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    return (
        f"<!doctype html><html lang=en><head>{head}<style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]], chosen: Sequence[bool] = ()) -> str:
    marks = [*chosen, *[False] * (len(rows) - len(chosen))]
    right = [bool(rows) and all(_is_number(row[n]) for row in rows) for n in range(len(headers))]

    def cells(tag: str, row: Sequence[str]) -> str:
        said = zip(row, right, strict=True)
        return "".join(f"<{tag}{' class=n' if number else ''}>{escape(text)}</{tag}>" for text, number in said)

    body = "".join(
        f"<tr{' class=chosen' if mark else ''}>{cells('td', row)}</tr>" for row, mark in zip(rows, marks, strict=True)
    )
    return f"<table><tr>{cells('th', headers)}</tr>{body}</table>"


def _is_number(text: str) -> bool:
    return not text or text.replace(",", "").replace(".", "").replace(" to ", "").replace("-", "").isdigit()
