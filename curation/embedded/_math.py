"""The ways in which formulas stand in web pages, as people and tools write them. A site uses one of them throughout.

Pages hold millions of formulas but only thousands of forms: `3x + 5 = 20` and `7y + 2 = 9` are of one. So a formula is written
by form, with a private character in the place of each number and letter, and these are put in afterwards.
"""

from __future__ import annotations

import functools
import hashlib
import html
import re
from urllib.parse import quote

from curation.embedded._tex import LETTERS, NUMBERS, Node, mathml, parse, plain, supsub

ENCODINGS = (
    "dollar", "paren", "mathjax2", "mathjax2-saved", "mathjax3", "katex", "mathml-annotation", "mathml-alttext", "mathml-bare",
    "mediawiki", "image-alt", "latex2html", "codecogs", "supsub", "unicode",
)  # fmt: skip
"""dollar and paren: TeX delimiters. mathjax2: script elements; -saved: with the rendered spans before them. mathjax3: containers with
assistive MathML. katex: MathML with annotation, and spans. mathml-*: with TeX annotation, with alttext, bare. mediawiki: hidden MathML
and an image. image-alt: TeX in alt text. latex2html: numbered images, alt text with dollar signs. codecogs: TeX in the image's address.
supsub and unicode: no TeX at all; formulas too rich for them are images with alt text."""
NAMESPACE = 'xmlns="http://www.w3.org/1998/Math/MathML"'
HEADS = {
    "dollar": '<script type="text/x-mathjax-config">MathJax.Hub.Config({tex2jax: {inlineMath: '
'[["$","$"]]}});</script>\n<script '
'src="https://cdn.example/mathjax/2.7.5/MathJax.js?config=TeX-MML-AM_CHTML"></script>',
    "paren": '<script src="https://cdn.example/mathjax/3/es5/tex-chtml.js" async></script>',
    "mathjax2": '<script src="/static/MathJax/MathJax.js?config=TeX-AMS_HTML"></script>',
    "mathjax2-saved": '<style>.MathJax_Display {text-align: center; margin: 1em 0em}\n.MathJax {display: inline; '
'line-height: normal}</style>',
    "mathjax3": '<style>mjx-container[jax="CHTML"] {line-height: 0;}\nmjx-assistive-mml {position: absolute '
'!important; clip: rect(1px, 1px, 1px, 1px);}</style>',
    "katex": '<link rel="stylesheet" href="https://cdn.example/katex@0.16.9/katex.min.css">',
}  # fmt: skip
"""What such a page has in its head."""


_VARYING = re.compile(
    r"([\^_]\s*(?:\{(?:[^{}]|\{[^{}]*\})*\}|\\[A-Za-z]+|\\.|\S)"
    r"|\\(?:text|mathrm|operatorname|mathbb|mathcal|mathbf|begin|end)\s*\{[^{}]*\}|\\[A-Za-z]+|\\.)"
    r"|(\d+(?:\.\d+)?)|[A-Za-z]"
)
"""A script or a command, which are left alone, or a number, or a letter."""
_PLACE = re.compile(
    '<mjx-mi class="mjx-i"><mjx-c class="mjx-c(E[01][0-9A-F]{2}) TEX-I"></mjx-c></mjx-mi>'
    "|([\ue000-\ue1ff])|%EE%8([0-7])%([89AB][0-9A-F])"
)


def formula(tex: str, display: bool, encoding: str) -> str:
    """One formula as HTML."""
    if encoding in _DIRECT:
        return _ENCODERS[encoding](tex, display)
    told: list[str] = []

    def place(found: re.Match[str]) -> str:
        if found[1] or len(told) > 255:
            return found[0]
        told.append(found[0])
        return chr((NUMBERS if found[2] else LETTERS) - 1 + len(told))

    pieces = _form(_VARYING.sub(place, tex), display, encoding)
    return "".join([p if p.__class__ is str else told[p] if p >= 0 else _glyphs(told[-1 - p]) for p in pieces])  # type: ignore[operator,index]


@functools.lru_cache(maxsize=20_000)
def _form(tex: str, display: bool, encoding: str) -> list[str | int]:
    """The HTML of a form, cut at its numbers and letters: n stands for the nth of them, -1 - n for its glyphs."""
    shown, pieces, at = _written(tex, display, encoding), list[str | int](), 0
    for found in _PLACE.finditer(shown):
        if found[1]:
            number = -1 - (int(found[1], 16) - NUMBERS) % 256
        elif found[2]:
            number = (ord(found[2]) - NUMBERS) % 256
        else:
            number = (int(found[3]) * 64 + int(found[4], 16) - 0x80) % 256
        pieces += [shown[at : found.start()], number]
        at = found.end()
    return [*pieces, shown[at:]]


@functools.lru_cache(maxsize=50_000)
def _content(tex: str) -> str:
    return mathml(parse(tex))


@functools.lru_cache(maxsize=20_000)
def _line(tex: str) -> str | None:
    return plain(parse(tex))


def _written(tex: str, display: bool, encoding: str) -> str:
    if encoding in ("supsub", "unicode"):
        text = (supsub(parse(tex)) if encoding == "supsub" else _line(tex)) if _simple(tex) else None
        if text is None:
            return _wrapped(_image(tex), display)
        text = text if encoding == "supsub" else html.escape(text, quote=False)
        return f'<div class="formula">{text}</div>' if display else text
    return _ENCODERS[encoding](tex, display)


def _simple(tex: str) -> bool:
    return not any(command in tex for command in ("\\int", "\\sum", "\\lim", "\\begin", "\\binom", "\\left"))


def _wrapped(text: str, display: bool) -> str:
    return f'<p style="text-align:center">{text}</p>' if display else text


def _delimited(opening: str, closing: str, tex: str) -> str:
    return f"{opening}{html.escape(tex, quote=False)}{closing}"


def _dollar(tex: str, display: bool) -> str:
    return f"<p>{_delimited('$$', '$$', tex)}</p>" if display else _delimited("$", "$", tex)


def _paren(tex: str, display: bool) -> str:
    return "<p>" + _delimited("\\[", "\\]", tex) + "</p>" if display else _delimited("\\(", "\\)", tex)


def _script(tex: str, display: bool) -> str:
    return f'<script type="math/tex{"; mode=display" if display else ""}">{tex}</script>'


def _saved(tex: str, display: bool) -> str:
    """What a browser's "save as" leaves of MathJax 2: preview, rendered spans, assistive MathML, script."""
    content = _content(tex)
    shown = html.escape(_line(tex) or "", quote=False)
    frame = (
        '<span class="MathJax_Preview" style="color: inherit;"></span><span class="MathJax" tabindex="0" '
        'role="presentation">'
        '<nobr aria-hidden="true"><span class="math" style="width: 4.2em; display: inline-block;"><span '
        f'class="mrow"><span class="mtext">{shown}</span></span></span></nobr>'
        f'<span class="MJX_Assistive_MathML" role="presentation"><math {NAMESPACE}>{content}</math></span></span>'
    )
    return (f'<div class="MathJax_Display" style="text-align: center;">{frame}</div>' if display else frame) + _script(
        tex, display
    )


def _glyphs(text: str) -> str:
    return "".join(
        [f'<mjx-mi class="mjx-i"><mjx-c class="mjx-c{ord(ch):X} TEX-I"></mjx-c></mjx-mi>' for ch in text if ch != " "]
    )


def _mathjax3(tex: str, display: bool) -> str:
    shown = _line(tex) or tex
    kind, block = (' display="true"', "block") if display else ("", "inline")
    return (
        f'<mjx-container class="MathJax" jax="CHTML"{kind} style="position: relative;">'
        f'<mjx-math class="MJX-TEX" aria-hidden="true">{_glyphs(shown)}</mjx-math>'
        f'<mjx-assistive-mml unselectable="on" display="{block}">{_bare(tex, display)}</mjx-assistive-mml></mjx-container>'
    )


def _katex(tex: str, display: bool) -> str:
    inner = (
        f'<span class="katex"><span class="katex-mathml">{_annotated(tex, display)}</span><span '
        'class="katex-html" aria-hidden="true"><span class="base"><span class="strut" '
        f'style="height:0.8389em;"></span>{_spans(parse(tex))}</span></span></span>'
    )
    return f'<span class="katex-display">{inner}</span>' if display else inner


_CLASSES = {"i": "mord mathnormal", "n": "mord", "o": "mbin", "text": "mord text", "space": "mspace"}


def _spans(node: Node) -> str:
    """KaTeX's visible spans, in outline."""
    kind, text, parts = node
    if kind in _CLASSES:
        return f'<span class="{_CLASSES[kind]}">{html.escape(text, quote=False)}</span>'
    inner = [_spans(part) for part in parts]
    if kind in ("sup", "sub", "subsup"):
        lists = "".join(
            '<span style="top:-3.063em;margin-right:0.05em;"><span class="pstrut" '
            f'style="height:2.7em;"></span><span class="sizing reset-size6 size3 mtight">{x}</span></span>'
            for x in inner[1:]
        )
        return (
            f'<span class="mord">{inner[0]}<span class="msupsub"><span class="vlist-t"><span '
            'class="vlist-r"><span class="vlist" '
            f'style="height:0.8141em;">{lists}</span></span></span></span></span>'
        )
    if kind == "frac":
        return (
            '<span class="mord"><span class="mfrac"><span class="vlist-t"><span '
            f'class="vlist">{inner[1]}<span class="frac-line"></span>{inner[0]}</span></span></span></span>'
        )
    return f'<span class="minner">{"".join(inner)}</span>'


def _math(content: str, display: bool, more: str = "") -> str:
    return f"<math {NAMESPACE}{more}{_BLOCK if display else ''}>{content}</math>"


_BLOCK = ' display="block"'


def _annotated(tex: str, display: bool) -> str:
    content = _content(tex)
    return _math(
        f"<semantics><mrow>{content}</mrow><annotation "
        f'encoding="application/x-tex">{html.escape(tex, quote=False)}</annotation></semantics>',
        display,
    )


def _alttext(tex: str, display: bool) -> str:
    return _math(_content(tex), display, f' alttext="{html.escape(tex)}" class="ltx_Math"')


def _bare(tex: str, display: bool) -> str:
    return _math(_content(tex), display)


def _image(tex: str) -> str:
    return (
        f'<img src="https://s0.img.example/latex.php?latex={quote(tex, safe="")}&amp;bg=ffffff&amp;fg=000000" '
        f'alt="{html.escape(tex)}" class="latex" />'
    )


def _mediawiki(tex: str, display: bool) -> str:
    """What MediaWiki serves: MathML that is hidden by style, and an image for everybody else, both with the TeX in \\displaystyle."""
    styled, kind = html.escape(f"{{\\displaystyle {tex}}}"), "display" if display else "inline"
    content = f'<mstyle displaystyle="true" scriptlevel="0">{_content(tex)}</mstyle>'
    return (
        f'<span class="mwe-math-element"><span class="mwe-math-mathml-{kind} mwe-math-mathml-a11y" style="display: none;">'
        f'<math {NAMESPACE}{_BLOCK if display else ""} alttext="{styled}"><semantics><mrow>{content}</mrow>'
        f'<annotation encoding="application/x-tex">{styled}</annotation></semantics></math></span>'
        f'<img src="https://wiki.example/api/rest_v1/media/math/render/svg/{_number(tex):040x}" class="mwe-math-fallback-image-{kind}" '
        f'aria-hidden="true" style="vertical-align: -0.671ex;" alt="{styled}"></span>'
    )


def _number(tex: str) -> int:
    """Some number that goes with the form of a formula, as the name of its picture."""
    return int.from_bytes(hashlib.blake2b(tex.encode(), digest_size=16).digest())


def _latex2html(tex: str, display: bool) -> str:
    alt = html.escape(f"\\begin{{displaymath}}{tex}\\end{{displaymath}}" if display else f"${tex}$")
    size, name = 12 * len(tex) % 400 + 20, _number(tex) % 900
    image = f'<IMG WIDTH="{size}" HEIGHT="32" ALIGN="MIDDLE" BORDER="0" SRC="img{name}.png" ALT="{alt}">'
    return f'<DIV ALIGN="CENTER">{image}</DIV>' if display else image


def _codecogs(tex: str, display: bool) -> str:
    return _wrapped(f'<img src="https://latex.codecogs.com/svg.image?{quote(tex, safe="")}" border="0" />', display)


_ENCODERS = {
    "dollar": _dollar, "paren": _paren, "mathjax2": _script, "mathjax2-saved": _saved, "mathjax3": _mathjax3,
    "katex": _katex,
    "mathml-annotation": _annotated, "mathml-alttext": _alttext, "mathml-bare": _bare,
    "mediawiki": _mediawiki, "latex2html": _latex2html,
    "image-alt": lambda tex, display: _wrapped(_image(tex), display), "codecogs": _codecogs,
}  # fmt: skip
_DIRECT = ("dollar", "paren", "mathjax2", "image-alt", "latex2html", "codecogs")
"""Ways that need no look into the formula."""
