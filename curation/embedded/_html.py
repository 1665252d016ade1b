"""What sites make of pages: markup, navigation, banners, comments, charset. And, in the same pass, the truth about the main text.

A site is a pure function of (seed, number): its name, layout, way of writing formulas, charset and habits stay the same on all its pages.
"""

from __future__ import annotations

import functools
import html
import re
from dataclasses import dataclass, field

from curation.embedded._grammar import bank
from curation.embedded._math import ENCODINGS, HEADS, formula
from curation.embedded._page import Block, Page
from curation.synth.families._rng import Rng

CHARSETS = {
    "en": ("utf-8", "utf-8", "utf-8", "utf-8", "iso-8859-1", "windows-1252", "windows-1252"),
    "de": ("utf-8", "utf-8", "iso-8859-1", "windows-1252"),
    "fr": ("utf-8", "utf-8", "iso-8859-1", "windows-1252"), "es": ("utf-8", "utf-8", "iso-8859-1", "windows-1252"),
    "ru": ("utf-8", "utf-8", "windows-1251", "windows-1251", "koi8-r"),
    "ja": ("utf-8", "utf-8", "shift_jis", "euc-jp"),
}  # fmt: skip
NAMES = (
    "algebra alpine atlas birch blue bright campus cedar chalk circle city clear copper corner daily "
    "delta east ember fern field first fox garden gold "
    "green harbor hill home ivory jade lake lamp leaf linden little maple meadow mill moon north oak "
    "open orchard paper pebble pine plain quiet rain "
    "red river road rook silver sky small south spring star stone sun table three tide town valley "
    "violet west white wild winter wood"
).split()
ENDINGS = (
    "notes",
    "press",
    "times",
    "forum",
    "hub",
    "lab",
    "school",
    "online",
    "world",
    "pages",
    "net",
    "wiki",
    "post",
    "club",
    "docs",
    "answers",
)
LAYOUTS = ("blog", "plain", "docs", "wiki", "news")
SERVERS = (
    "nginx",
    "Apache",
    "Apache/2.4.41 (Ubuntu)",
    "nginx/1.18.0",
    "cloudflare",
    "Microsoft-IIS/10.0",
    "LiteSpeed",
    "GitHub.com",
)


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
        host, f"{first.capitalize()} {ending.capitalize()}", rng.choice(LAYOUTS),
        ENCODINGS[(number + rng.randint(0, 1)) % len(ENCODINGS)], charset,
        charset == "windows-1252" or rng.chance(0.15), rng.chance(0.35), rng.chance(0.3), rng.chance(0.4),
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

    def __init__(self, where: Site, language: str) -> None:
        self.site = where
        self.curly = where.curly and language == "en"
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
        if "$" not in text:
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
        self.shown.text += [" | ".join(row) for row in rows]
        head, *body = [[html.escape(cell, quote=False) for cell in row] for row in rows]
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


def render(page: Page, where: Site, rng: Rng, date: str) -> Shown:
    """A page in a site's clothes."""
    writer = Writer(where, page.language)
    title = writer.title(page.title)
    body = writer.blocks(page.blocks)
    chrome = _Chrome(where, page, rng)
    extra = chrome.comments() if page.comments and where.comments else ""
    content = _LAYOUTS[where.layout](title, body, date, chrome, extra)
    head = HEADS.get(where.encoding, "") if page.math else ""
    meta = f'<meta charset="{where.charset}">\n' if where.declares in ("meta", "both") else ""
    if where.layout == "plain" and meta:
        meta = f'<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset={where.charset}">\n'
    doctype = (
        "<!DOCTYPE html>"
        if where.layout != "plain"
        else '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">'
    )
    writer.shown.html = (
        f'{doctype}\n<html lang="{page.language}">\n<head>\n{meta}<title>{html.escape(page.title.replace("$", ""), quote=False)} '
        f"- {where.name}</title>\n"
        f'{head}\n<link rel="stylesheet" href="/static/style.css?v={rng.randint(1, 9)}">\n</head>\n<body '
        f'class="{where.layout}">\n{content}\n</body>\n</html>\n'
    )
    return writer.shown


@functools.lru_cache(maxsize=4096)
def _nav(host: str, language: str) -> str:
    lines = bank("web" if language == "en" else language).sections["nav"]
    items = Rng(host, "nav").some([line.source for line in lines], 6)
    return "".join([f'<li><a href="/{i}">{item}</a></li>' for i, item in enumerate(items)])


class _Chrome:
    """What stands around the text."""

    def __init__(self, where: Site, page: Page, rng: Rng) -> None:
        self.where, self.rng = where, rng
        self.words = bank("web")
        self.language = page.language

    def nav(self) -> str:
        return _nav(self.where.host, self.language)

    def line(self, name: str) -> str:
        return html.escape(self.words.line(name, self.rng, {}), quote=False)

    def banner(self) -> str:
        return f'<div id="cookie-banner" role="dialog">{self.line("cookie")}</div>\n' if self.where.cookies else ""

    def ad(self) -> str:
        return f'<div class="ad"><span>{self.line("ad")}</span></div>\n' if self.where.ads else ""

    def related(self) -> str:
        return "".join(
            [f'<li><a href="/r/{self.rng.randint(100, 9999)}">{self.line("related")}</a></li>' for _ in range(3)]
        )

    def comments(self) -> str:
        users = bank("forum")
        rows = [
            f'<div class="comment"><cite>{users.line("user", self.rng, {})}</cite> <p>{self.line("comment")}</p></div>'
            for _ in range(self.rng.randint(1, 5))
        ]
        return f'<section id="comments"><h3>{len(rows)} comments</h3>\n' + "\n".join(rows) + "</section>"


def _blog(title: str, body: str, date: str, c: _Chrome, extra: str) -> str:
    return (
        f'{c.banner()}<header><a class="logo" '
        f'href="/">{c.where.name}</a><nav><ul>{c.nav()}</ul></nav></header>\n<main><article '
        'class="post">\n'
        f'<h1 class="entry-title">{title}</h1>\n<div class="meta">{date[:10]}</div>\n<div '
        f'class="entry-content">\n{body}\n</div>\n<div class="share">{c.line("share")}</div>\n'
        f"</article>\n{extra}</main>\n<aside>{c.ad()}<ul>{c.related()}</ul></aside>\n<footer><p>{c.line('footer')}</p></footer>"
    )


def _plain(title: str, body: str, date: str, c: _Chrome, extra: str) -> str:
    return (
        f"<H1>{title}</H1>\n<HR>\n{body}\n{extra}<HR>\n<ADDRESS>{c.where.name}, {date[:10]}. <A "
        'HREF="index.html">Up</A> <A HREF="next.html">Next</A></ADDRESS>'
    )


def _docs(title: str, body: str, date: str, c: _Chrome, extra: str) -> str:
    return (
        f'<div class="related" role="navigation"><ul>{c.nav()}</ul></div>\n<div class="document"><div '
        'class="documentwrapper"><div class="bodywrapper"><div class="body" role="main">\n'
        f'<section id="s1"><h1>{title}<a class="headerlink" href="#s1" '
        f'title="Permalink">¶</a></h1>\n{body}\n</section>{extra}\n</div></div></div>\n'
        f'<div class="sphinxsidebar"><h3>Contents</h3><ul>{c.nav()}</ul></div></div>\n{c.banner()}<div '
        f'class="footer">{c.line("footer")}</div>'
    )


def _wiki(title: str, body: str, date: str, c: _Chrome, extra: str) -> str:
    return (
        f'<div id="content" class="mw-body"><h1 id="firstHeading">{title}</h1><div id="siteSub">From '
        f'{c.where.name}</div>\n<div id="mw-content-text" class="mw-parser-output">\n{body}\n</div>\n'
        f'{extra}</div>\n<div id="mw-panel"><ul>{c.nav()}</ul></div>\n{c.ad()}<div '
        'id="footer"><ul><li>This page was last edited on '
        f"{date[:10]}.</li><li>{c.line('footer')}</li></ul></div>"
    )


def _news(title: str, body: str, date: str, c: _Chrome, extra: str) -> str:
    return (
        f'{c.banner()}{c.ad()}<div class="topbar"><ul class="menu">{c.nav()}</ul></div>\n<div '
        f'class="breadcrumb"><a href="/">{c.where.name}</a> &raquo; {date[:4]}</div>\n'
        f'<div class="story"><h1>{title}</h1>\n<div class="byline"><time '
        f'datetime="{date}">{date[:10]}</time></div>\n{body}\n</div>\n'
        '<div class="more"><h4>Most '
        f"read</h4><ul>{c.related()}</ul></div>\n{extra}\n<footer>{c.line('footer')} "
        f"{c.line('share')}</footer>"
    )


_LAYOUTS = {"blog": _blog, "plain": _plain, "docs": _docs, "wiki": _wiki, "news": _news}
