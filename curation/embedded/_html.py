"""What sites make of pages: markup, navigation, banners, comments, charset. And, in the same pass, the truth about the main text.

A site is a pure function of (seed, number): its name, layout, way of writing formulas, charset and habits stay the same on all its pages.
What stands around the text is `_chrome.py`'s.
"""

from __future__ import annotations

import functools
import html
import re
from dataclasses import dataclass, field

from curation.embedded._chrome import Chrome, layouts
from curation.embedded._math import ENCODINGS, HEADS, formula
from curation.embedded._page import Block, Page
from curation.synth.families._rng import Rng

CHARSETS = {
    "en": ("utf-8", "utf-8", "utf-8", "utf-8", "iso-8859-1", "windows-1252", "windows-1252"),
    "de": ("utf-8", "utf-8", "iso-8859-1", "windows-1252"), "fr": ("utf-8", "utf-8", "iso-8859-1", "windows-1252"),
    "es": ("utf-8", "utf-8", "iso-8859-1", "windows-1252"), "it": ("utf-8", "utf-8", "iso-8859-1", "windows-1252"),
    "pt": ("utf-8", "utf-8", "iso-8859-1", "windows-1252"), "pl": ("utf-8", "utf-8", "iso-8859-2", "windows-1250"),
    "ru": ("utf-8", "utf-8", "windows-1251", "windows-1251", "koi8-r"),
    "ja": ("utf-8", "utf-8", "shift_jis", "euc-jp"), "zh": ("utf-8", "utf-8", "gb18030", "big5"),
}  # fmt: skip
NAMES = (
    "algebra alpine atlas birch blue bright campus cedar chalk circle city clear copper corner daily delta east ember fern field "
    "first fox garden gold green harbor hill home ivory jade lake lamp leaf linden little maple meadow mill moon north oak open "
    "orchard paper pebble pine plain quiet rain red river road rook silver sky small south spring star stone sun table three tide "
    "town valley violet west white wild winter wood essex middlesex sussex cockburn analytics"
).split()
"""Words of host names; the last few hold what careless lists of bad words look for."""
ENDINGS = "notes press times forum hub lab school online world pages net wiki post club docs answers".split()
SERVERS = (
    "nginx", "Apache", "Apache/2.4.41 (Ubuntu)", "nginx/1.18.0", "cloudflare", "Microsoft-IIS/10.0", "LiteSpeed", "GitHub.com",
)  # fmt: skip


@dataclass(frozen=True)
class Site:
    """How one site looks."""

    host: str
    name: str
    layout: str
    encoding: str
    charset: str
    curly: bool
    """Typographic quotation marks."""
    cookies: bool
    ads: bool
    comments: bool
    macros: int
    """Which block of hidden TeX macros stands on each page with formulas; 0 for none."""
    declares: str
    """Where the charset is said: header, meta, both, or nowhere."""
    server: str
    address: str


@functools.lru_cache(maxsize=4096)
def site(seed: int, language: str, number: int) -> Site:
    """The site of a number; each language has its own."""
    rng = Rng(seed, "site", language, number)
    first, second, ending = rng.choice(NAMES), rng.choice(NAMES), rng.choice(ENDINGS)
    dash = rng.choice(("", "", "-"))
    middle = second if rng.chance(0.4) else ""
    start, end = rng.choice(("", "www.", "www.")), "example" if language == "en" else f"{language}.example"
    host = f"{start}{first}{dash}{middle}{ending}{number if number > 40 else ''}.{end}"
    charset = rng.choice(CHARSETS[language])
    return Site(
        host, f"{first.capitalize()} {ending.capitalize()}", rng.choice(sorted(layouts())),
        ENCODINGS[(number + rng.randint(0, 1)) % len(ENCODINGS)], charset,
        charset == "windows-1252" or rng.chance(0.15), rng.chance(0.35), rng.chance(0.3), rng.chance(0.4),
        rng.randint(0, 4),
        rng.choice(("header", "meta", "both", "both", "both", "nowhere" if charset == "utf-8" else "meta")),
        rng.choice(SERVERS), f"192.0.2.{rng.randint(1, 254)}",
    )  # fmt: skip


@dataclass
class Shown:
    """A page as a site shows it."""

    html: str
    text: list[str] = field(default_factory=list)
    """Main text, block by block, formulas between dollar signs."""
    formulas: list[tuple[str, bool]] = field(default_factory=list)
    """TeX and whether it is displayed, in order."""


class Writer:
    """Turns blocks into a site's HTML and notes the truth on the way."""

    def __init__(self, where: Site, page: Page) -> None:
        self.site, self.math = where, page.math
        self.curly = where.curly and page.language == "en"
        self.shown = Shown("")

    def title(self, text: str) -> str:
        """A title line: kept in the truth, formulas included."""
        return self._said(text)

    def blocks(self, blocks: list[Block]) -> str:
        return "\n".join([getattr(self, f"_{block[0]}")(*block[1:]) for block in blocks])

    def _said(self, text: str) -> str:
        if self.curly:
            text = _curly(text)
        self.shown.text.append(text)
        return self._inline(text)

    def _inline(self, text: str) -> str:
        if "$" not in text or not self.math:  # elsewhere dollars are money
            return _escape(text)
        out = []
        for i, outer in enumerate(text.split("$$")):
            if i % 2:
                self.shown.formulas.append((outer, True))
                out.append(formula(outer, True, self.site.encoding))
                continue
            for j, piece in enumerate(outer.split("$")):
                if j % 2:
                    self.shown.formulas.append((piece, False))
                    out.append(formula(piece, False, self.site.encoding))
                else:
                    out.append(_escape(piece))
        return "".join(out)

    def _p(self, text: str) -> str:
        inner = self._said(text)
        return f'<div class="par">{inner}</div>' if "$$" in text else f"<p>{inner}</p>"

    def _label(self, label: str, text: str) -> str:
        inner = self._said(f"{label} {text}")
        tag = "div" if "$$" in text else "p"
        name = label.split(" ", maxsplit=1)[0].rstrip(".").lower()
        return f'<{tag} class="{name}"><b>{inner[: len(label)]}</b>{inner[len(label) :]}</{tag}>'

    def _h(self, text: str) -> str:
        return f"<h2>{self._said(text)}</h2>"

    def _list(self, items: list[str]) -> str:
        return "<ul>\n" + "\n".join([f"<li>{self._said(item)}</li>" for item in items]) + "\n</ul>"

    def _numbered(self, items: list[str]) -> str:
        return "<ol>\n" + "\n".join([f"<li>{self._said(item)}</li>" for item in items]) + "\n</ol>"

    def _code(self, text: str) -> str:
        self.shown.text.append(text)
        return f'<div class="highlight"><pre>{html.escape(text)}</pre></div>'

    def _table(self, rows: list[list[str]]) -> str:
        rows = [[_curly(cell) for cell in row] for row in rows] if self.curly else rows
        self.shown.text += [" | ".join(row) for row in rows]
        head, *body = [[self._inline(cell) for cell in row] for row in rows]
        lines = "".join([f"<tr>{''.join([f'<td>{cell}</td>' for cell in row])}</tr>\n" for row in body])
        top = "".join([f"<th>{cell}</th>" for cell in head])
        return f'<table class="params">\n<thead><tr>{top}</tr></thead>\n<tbody>{lines}</tbody></table>'

    def _post(self, user: str, date: str, votes: int, blocks: list[Block]) -> str:
        inner = self.blocks(blocks)
        return (
            '<div class="post"><div class="votecell"><a class="vote-up">up</a><span '
            f'class="count">{votes}</span><a class="vote-down">down</a></div>'
            f'<div class="post-text">\n{inner}\n</div><div class="user-info">posted <time>{date}</time> '
            f'by <a href="/users/{user}">{user}</a></div></div>'
        )


def _escape(text: str) -> str:
    return html.escape(text, quote=False) if "<" in text or "&" in text or ">" in text else text


def _curly(text: str) -> str:
    """Typographic quotation marks outside formulas."""
    parts = text.split("$")
    for i in range(0, len(parts), 2):
        if '"' in parts[i] or "'" in parts[i]:
            parts[i] = _CLOSING.sub("”", _OPENING.sub("“", parts[i])).replace("'", "’")
    return "$".join(parts)


_OPENING = re.compile(r'(?:(?<=\s)|^)"(?=\w)')
_CLOSING = re.compile(r'"')


MACROS = (
    "",
    r"$\newcommand{\RR}{\mathbb{R}} \newcommand{\NN}{\mathbb{N}} \newcommand{\eps}{\varepsilon}$",
    r"\(\def\abs#1{\left|#1\right|}\def\norm#1{\left\|#1\right\|}\)",
    r"\[ \newcommand{\dd}[2]{\frac{d #1}{d #2}} \DeclareMathOperator{\tr}{tr} \]",
    r"$$\newcommand{\vect}[1]{\mathbf{#1}} \newcommand{\inner}[2]{\langle #1, #2 \rangle} \let\phi\varphi$$",
)
"""Definitions that a site puts on each page, in an element that is not shown; text extraction must not find them."""
_HOLDING = ("dollar", "paren", "mathjax2", "mathjax2-saved")


def render(page: Page, where: Site, rng: Rng, date: str) -> Shown:
    """A page in a site's clothes."""
    writer = Writer(where, page)
    title = writer.title(page.title)
    body = writer.blocks(page.blocks)
    chrome = Chrome(where.host, where.name, page.language, rng, cookies=where.cookies, ads=where.ads)
    extra = chrome.comments() if page.comments and where.comments else ""
    if page.math and where.macros and where.encoding in _HOLDING and writer.shown.formulas:
        body = f'<div style="display:none">{MACROS[where.macros]}</div>\n{body}'
    content = layouts()[where.layout](title, body, date, chrome, extra)
    writer.shown.html = f"{_head(page, where, rng)}{content}\n</body>\n</html>\n"
    return writer.shown


def _head(page: Page, where: Site, rng: Rng) -> str:
    old = where.layout == "plain"
    meta = f'<meta charset="{where.charset}">\n' if where.declares in ("meta", "both") else ""
    if old and meta:
        meta = f'<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset={where.charset}">\n'
    doctype = '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">' if old else "<!DOCTYPE html>"
    scripts = HEADS.get(where.encoding, "") if page.math else ""
    title = html.escape(page.title.replace("$", "") if page.math else page.title, quote=False)
    return (
        f'{doctype}\n<html lang="{page.language}">\n<head>\n{meta}<title>{title} - {where.name}</title>\n{scripts}\n'
        f'<link rel="stylesheet" href="/static/style.css?v={rng.randint(1, 9)}">\n</head>\n<body class="{where.layout}">\n'
    )
