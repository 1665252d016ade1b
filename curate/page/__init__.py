"""`curate show R --html`: a recipe as one page that needs nothing else, no network and no server.

`curate/page/contents.py` gathers what the page holds, in figures and some hundred documents, never all of them; `page.js` draws it and
`page.css` says how. The content security policy of the page allows this script and this style, by their digests, and nothing else. What
comes from documents, recipes and models is JSON in an element that no browser runs, and the script makes text nodes of it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.artifact import replace_file
from curate.errors import CurateError

if TYPE_CHECKING:
    from curate.api import Curated


def write(curated: Curated, path: Path) -> dict[str, Any]:
    """Write the page; its path, bytes and the documents that it shows. CurateError if nothing is built or it cannot be written."""
    from curate.page.contents import contents

    told = contents(curated)
    data = html(told)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)
    except OSError as error:
        raise CurateError(f"cannot be written: {error.strerror}", where=str(path)) from None
    return {"html": str(path), "bytes": len(data), "documents": len(told["documents"]), "mathml": told["mathml"]}


def html(told: dict[str, Any]) -> bytes:
    """The whole page for what `curate.page.contents` told. The same contents give the same bytes."""
    style, script = (files("curate.page").joinpath(name).read_text("utf-8") for name in ("page.css", "page.js"))
    policy = (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; base-uri 'none'; form-action 'none';"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    )
    template = files("curate.page").joinpath("page.html").read_text("utf-8")
    parts = {
        "policy": escape(policy),
        "title": escape(told["title"]),
        "style": style,
        "script": script,
        "data": _data(told),
    }
    before, *rest = template.split("{{")
    whole = before + "".join(parts[name] + after for name, _, after in (part.partition("}}") for part in rest))
    return whole.encode("utf-8", "replace")


def _data(told: dict[str, Any]) -> str:
    """JSON in which nothing can end the element that holds it, or begin a comment."""
    text = json.dumps(told, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text = text.encode("utf-8", "replace").decode()
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
