"""What stands around the text of a page: navigation, banners, advertisements, comments, footers, in five layouts."""

from __future__ import annotations

import functools
import html
from collections.abc import Callable

from curation.embedded._grammar import Bank, Voice, bank
from curation.embedded._prose import foreign_bank
from curation.synth.families._rng import Rng


def web_bank() -> Bank:
    """The bank of what stands around texts."""
    return bank("words", "web")


@functools.lru_cache(maxsize=4096)
def _nav(host: str, language: str) -> str:
    """The navigation of a site, the same on all its pages."""
    items = Rng(host, "nav").some((web_bank() if language == "en" else foreign_bank(language)).sources["nav"], 6)
    return "".join([f'<li><a href="/{i}">{html.escape(item, quote=False)}</a></li>' for i, item in enumerate(items)])


class Chrome:
    """The surroundings of one page."""

    def __init__(self, host: str, name: str, language: str, rng: Rng, *, cookies: bool, ads: bool) -> None:
        self.name, self.rng, self.cookies, self.ads = name, rng, cookies, ads
        self.voice = Voice(web_bank(), rng)
        self.nav = _nav(host, language)

    def lines(self, *names: str) -> list[str]:
        """A line of each of these sections, fit for HTML."""
        return [html.escape(line, quote=False) for line in self.voice.all(names)]

    def banner(self) -> str:
        return f'<div id="cookie-banner" role="dialog">{self.lines("cookie")[0]}</div>\n' if self.cookies else ""

    def ad(self) -> str:
        return f'<div class="ad"><span>{self.lines("ad")[0]}</span></div>\n' if self.ads else ""

    def related(self) -> str:
        lines = self.lines("related", "related", "related")
        return "".join([f'<li><a href="/r/{self.rng.randint(100, 9999)}">{line}</a></li>' for line in lines])

    def comments(self) -> str:
        count = 1 + self.rng.few(9, 3)
        users = Voice(bank("words", "forum"), self.rng).all(["user"] * count)
        rows = [
            f'<div class="comment"><cite>{user}</cite> <p>{line}</p></div>'
            for user, line in zip(users, self.lines(*["comment"] * count), strict=True)
        ]
        return f'<section id="comments"><h3>{count} comments</h3>\n' + "\n".join(rows) + "</section>"


Layout = Callable[[str, str, str, Chrome, str], str]
"""Title, body, date, surroundings and comments, all as HTML, to the content of <body>."""


def _blog(title: str, body: str, date: str, c: Chrome, extra: str) -> str:
    share, footer = c.lines("share", "footer")
    return (
        f'{c.banner()}<header><a class="logo" href="/">{c.name}</a><nav><ul>{c.nav}</ul></nav></header>\n<main><article class="post">\n'
        f'<h1 class="entry-title">{title}</h1>\n<div class="meta">{date}</div>\n<div class="entry-content">\n{body}\n</div>\n'
        f'<div class="share">{share}</div>\n</article>\n{extra}</main>\n<aside>{c.ad()}<ul>{c.related()}</ul></aside>\n'
        f"<footer><p>{footer}</p></footer>"
    )


def _plain(title: str, body: str, date: str, c: Chrome, extra: str) -> str:
    return (
        f'<H1>{title}</H1>\n<HR>\n{body}\n{extra}<HR>\n<ADDRESS>{c.name}, {date}. <A HREF="index.html">Up</A> '
        '<A HREF="next.html">Next</A></ADDRESS>'
    )


def _docs(title: str, body: str, date: str, c: Chrome, extra: str) -> str:
    return (
        f'<div class="related" role="navigation"><ul>{c.nav}</ul></div>\n<div class="document"><div class="documentwrapper">'
        f'<div class="bodywrapper"><div class="body" role="main">\n<section id="s1"><h1>{title}<a class="headerlink" href="#s1" '
        f'title="Permalink">¶</a></h1>\n{body}\n</section>{extra}\n</div></div></div>\n<div class="sphinxsidebar"><h3>Contents</h3>'
        f'<ul>{c.nav}</ul></div></div>\n{c.banner()}<div class="footer">{c.lines("footer")[0]}</div>'
    )


def _wiki(title: str, body: str, date: str, c: Chrome, extra: str) -> str:
    return (
        f'<div id="content" class="mw-body"><h1 id="firstHeading">{title}</h1><div id="siteSub">From {c.name}</div>\n'
        f'<div id="mw-content-text" class="mw-parser-output">\n{body}\n</div>\n{extra}</div>\n<div id="mw-panel"><ul>{c.nav}</ul></div>\n'
        f'{c.ad()}<div id="footer"><ul><li>This page was last edited on {date}.</li><li>{c.lines("footer")[0]}</li></ul></div>'
    )


def _news(title: str, body: str, date: str, c: Chrome, extra: str) -> str:
    footer, share = c.lines("footer", "share")
    return (
        f'{c.banner()}{c.ad()}<div class="topbar"><ul class="menu">{c.nav}</ul></div>\n<div class="breadcrumb"><a href="/">{c.name}</a> '
        f'&raquo; {date[:4]}</div>\n<div class="story"><h1>{title}</h1>\n<div class="byline"><time datetime="{date}">{date}</time></div>\n'
        f'{body}\n</div>\n<div class="more"><h4>Most read</h4><ul>{c.related()}</ul></div>\n{extra}\n<footer>{footer} {share}</footer>'
    )


def layouts() -> dict[str, Layout]:
    """Every layout by name."""
    return {"blog": _blog, "docs": _docs, "news": _news, "plain": _plain, "wiki": _wiki}
