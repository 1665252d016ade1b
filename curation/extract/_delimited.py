r"""TeX between delimiters in a page's source, marked before the page is parsed.

In the source a formula stands in one piece. There `\(a<b\)`, of which a parser would make a tag, can still be told from markup, `<br>`
and `<p>` of a blog's editor inside an environment can go, and `<em>` that Markdown made of underscores can be undone. Nothing is
marked inside a tag, a script, or code, but for code that is one formula from end to end. `math` elements and images are found in the same
pass (`_leaves.py`).

A `$` opens and closes as in Pandoc: no blank inside of it, no digit or letter after the closing one, so that prices are no formulas;
with blanks inside only where there is a command or script between them. Lengths are bounded and each kind of opening ends the search of
an earlier one of its kind, so that time is linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from itertools import islice

from curation.extract._convert import ascii_latex
from curation.extract._leaves import leaf, starts
from curation.extract._marks import BREAK, CLOSE, OPEN
from curation.extract._tex import KNOWN, WORDS

INLINE = r"em|i|b|strong|br|wbr|span|sub|sup|u|font|mark|nobr|tt|small|big|a|var"
BLOCKS = (
    r"div|td|th|tr|table|tbody|thead|li|ul|ol|dl|dt|dd|h[1-6]|pre|code|script|style|textarea|body|html|head|title|blockquote|section|"
    r"article|option|select|button|form|img|math|svg|iframe|label|input|figure|hr|main|nav|footer|header|aside|noscript|meta|link"
)
STOP = rf"<(?!!|\?|(?i:/?(?:{BLOCKS}|p))[\s/>])"
STOP_DISPLAY = rf"<(?!!|\?|(?i:/?(?:{BLOCKS}))[\s/>])"
TEXT = r"\\(?:text(?:rm|bf|it|tt|sf)?|mbox|hbox)\s?\{[^{}<]*\}"
ENVIRONMENT = r"equation|align(?:at)?|gather|multline|eqnarray|flalign|displaymath|math|dmath|subequations"
SHORT = r"latex|tex|math|katex|itex|equation"
LETTER = r"[^\W\u2e80-\ud7ff\uf900-\ufaff\uff66-\uffef]"
"""What makes a dollar beside it a price or a name. Chinese, Japanese and Korean are written without a blank before a formula."""
HAN = re.compile(r"[\u3000-\u9fff\uac00-\ud7ff\uff0c]")

KINDS = {
    "\\(": re.compile(rf"((?:[^\\<]++|\\[^()]|{STOP})*+)\\\)"),
    "\\[": re.compile(rf"((?:[^\\<]++|\\[^\[\]]|{STOP_DISPLAY})*+)\\\]"),
    "$$": re.compile(rf"((?:[^\\$<]++|{TEXT}|\\.|\$(?!\$)|{STOP_DISPLAY})*+)\$\$", re.S),
    "$": re.compile(rf"((?:[^\\$<]++|{TEXT}|\\[^\n]|{STOP})*+)\$(?![$]|{LETTER})"),
}
OPENINGS = (
    re.compile(rf"\\(?:(?P<paren>[(\[])|begin\{{(?P<env>(?:{ENVIRONMENT})\*?)\}})"),
    re.compile(r"\$(?:(?P<latex>latex\s)|(?P<tick>`)|(?P<two>\$)(?!\$)|(?P<one>(?!\$)))"),
    re.compile(rf"\[(?P<short>{SHORT})(?:\s[^\[\]<>]{{0,60}})?\]"),
)
"""One for each first character: the search for a single one is ten times as fast as that for several."""
VERBATIM = re.compile(
    r"<([sStTpPcCkKxX](?:cript|tyle|amp|extarea|emplate|t|re|ode|bd|mp|CRIPT|TYLE|EXTAREA|RE|ODE)(?=[\s>])|!--)"
)
"""Where text is not the page's: `script`, `style`, `samp`, `textarea`, `template`, `tt`, `pre`, `code`, `kbd`, `xmp`, comments."""
BEFORE = re.compile(rf"[\\$]|{LETTER}")
BLOCK = re.compile(rf"</?(?:{BLOCKS})[\s/>]", re.I)
MAX_INLINE, MAX_DISPLAY, MANY = 2_000, 20_000, 100_000
TAG = re.compile(rf"</?(?:{INLINE}|p)(?:\s[^<>]*)?/?>", re.I)
SCRIPT = re.compile(r"<(/?)su([bp])>", re.I)
EM = re.compile(r"(?<=[\w})])<em>(?=[\w{\\])|(?<=[\w})])</em>(?=[\w{\\])", re.I)
BREAKING = re.compile(r"<(?:br|/?p)(?:\s[^<>]*)?/?>", re.I)
COMMENT = re.compile(r"((?<!\\)%[^\n]*)\n")
ASCIIMATH = re.compile(
    r"asciimath2jax|input/asciimath|asciimath(?:ml)?[\w.-]*\.js|-AM_|AM_(?:CHTML|HTMLorMML|SVG)", re.I
)
NAMES = ("asciimath", "AsciiMath", "ASCIIMath", "AM_")
BACKTICKS = re.compile(r"`([^`<\n]{1,400})`|\bamath\b([^`<]{1,400})\bendamath\b")
"""What marks AsciiMath in text: MathJax's and ASCIIMathML's default, and the older words."""


def mark(html: str) -> str:
    """The page's source with marks around each formula that stands in one piece: in its text, or as a `math` element or an image."""
    html = _mark(html)
    if "`" in html and any(name in html for name in NAMES) and _loads_asciimath(html):
        html = BACKTICKS.sub(_ascii, html)
    return html


def _mark(html: str) -> str:
    found = [opening for pattern in OPENINGS for opening in islice(pattern.finditer(html), MANY)] + starts(html)[:MANY]
    if not found:
        return html
    pieces, done, spans, span = [], 0, _verbatim(html), (-1, -1)
    ends: dict[str, tuple[int, int]] = {}
    for opening in sorted(found, key=re.Match.start):
        at = opening.start()
        if at < done:
            continue
        replaced = leaf(html, opening, ends) if opening.lastgroup == "leaf" else _text(html, opening)
        if replaced is None:
            continue
        while span[1] <= at:
            span = next(spans, (len(html), len(html) + 1))
        if span[0] > at or (opening.lastgroup != "leaf" and _whole(html, span, at, replaced)):
            pieces += [html[done:at], replaced[1]]
            done = replaced[0]
    return "".join([*pieces, html[done:]]) if pieces else html


def _text(html: str, opening: re.Match[str]) -> tuple[int, str] | None:
    """Where a formula in the text ends, and it with marks; None for what is none, or stands in a tag."""
    at = opening.start()
    before = html[at - 1 : at]
    if before == "\\" or (opening[0][0] == "$" and BEFORE.match(before)):
        return None
    found = _formula(html, opening)
    if found is None or _in_tag(html, at):
        return None
    return found[0], f"{OPEN}{found[1]}{CLOSE}"


def _verbatim(html: str) -> Iterator[tuple[int, int]]:
    """Where scripts, comments, fields and code begin and end, outermost, in order."""
    at, unclosed = 0, set()
    for begin in VERBATIM.finditer(html):
        start, name = begin.start(), begin[1]
        if start < at or name in unclosed:
            continue
        end = html.find("-->" if name == "!--" else f"</{name}", start)
        if end < 0:
            unclosed.add(name)
            continue
        at = html.find(">", end) + 1 or len(html)
        yield start, at


def _whole(html: str, span: tuple[int, int], at: int, found: tuple[int, str]) -> bool:
    """Whether a formula of well-known commands is all that stands in an element `code`."""
    return (
        html.startswith("<code", span[0])
        and html[html.find(">", span[0]) + 1 : at].isspace() | (html.find(">", span[0]) + 1 == at)
        and html[found[0] : span[1]].strip().lower() == "</code>"
        and KNOWN.search(found[1]) is not None
    )


def _formula(html: str, opening: re.Match[str]) -> tuple[int, str] | None:
    """Where a formula ends, and its source with the delimiters that it shall have; None if this opens none."""
    kind, start = opening.lastgroup, opening.end()
    if kind == "env":
        return _until(html, opening, f"\\end{{{opening['env']}}}", keep=True)
    if kind == "latex":
        return _until(html, opening, "$", keep=False)
    if kind == "tick":
        return _until(html, opening, "`$", keep=False)
    if kind == "short":
        return _until(html, opening, f"[/{opening['short']}]", keep=False)
    left = opening[0]
    found = KINDS[left].match(html, start)
    if found is None or not found[1].strip() or len(found[1]) > (MAX_INLINE if left in ("$", "\\(") else MAX_DISPLAY):
        return None
    if left in ("$", "$$") and not _plausible(found[1], left):
        return None
    if left == "$" and found[1][0] in "({" and html.startswith(found[1][0], found.end()):
        return None  # `$(A)/$(B)` of a Makefile or jQuery, `${a}/${b}` of a shell
    right = {"\\(": "\\)", "\\[": "\\]"}.get(left, left)
    return found.end(), left + _body(found[1]) + right


def _until(html: str, opening: re.Match[str], close: str, keep: bool) -> tuple[int, str] | None:
    """A formula up to the nearest `close`, unless another of its kind opens before; `keep`: its delimiters stay, else `$`."""
    start = opening.end()
    again = html.find(opening[0][:6] if opening.lastgroup == "short" else opening[0], start, start + MAX_DISPLAY)
    end = html.find(close, start, again if again >= 0 else start + MAX_DISPLAY)
    body = html[start : max(start, end)]
    if not body.strip() or BLOCK.search(body):
        return None
    text = opening[0] + _body(body) + close if keep else f"${_body(body).strip()}$"
    return end + len(close), text


def _plausible(body: str, left: str) -> bool:
    """Whether what stands between dollars is a formula: not prices, not variables of a shell, not prose."""
    if left == "$" and (body[0].isspace() or body[-1].isspace()) and not re.search(r"[\\^_=]", body):
        return len(body.split()) == 1 and len(body) <= 5 and not body.strip().isdigit()
    if left == "$" and "\n\n" in body:
        return False
    return bool(re.search(r"[\\^_]", body)) or not (
        (left == "$" and "=" not in body and HAN.search(body))
        or WORDS.search(body)
        or re.match(r"\s*[\d.,]+\s+\W?[A-Za-z]{2,}", body)
    )


def _body(body: str) -> str:
    """A formula's source without tags; what is left of `<` is text."""
    if "%" in body and "\n" in body:
        body = COMMENT.sub(rf"\1{BREAK}", body)
    if "<" not in body:
        return body
    body = SCRIPT.sub(lambda m: "}" if m[1] else "_{" if m[2] in "bB" else "^{", EM.sub("_", body))
    return TAG.sub("", BREAKING.sub("\n", body)).replace("<", "&lt;")


def _in_tag(html: str, at: int) -> bool:
    """Whether a position is inside a tag, looking back a bounded way."""
    left = html.rfind("<", max(0, at - 4000), at)
    return (
        left >= 0
        and html.find(">", left, at) < 0
        and (html[left + 1 : left + 2].isalpha() or html[left + 1 : left + 2] == "/")
    )


def _loads_asciimath(html: str) -> bool:
    """Whether a script is, or sets up, something that reads AsciiMath; a page about it may name it, too."""
    at = [found.start() for found in ASCIIMATH.finditer(html)][:20]
    return any(html.rfind("<script", 0, place) > html.rfind("</script", 0, place) for place in at)


def _ascii(found: re.Match[str]) -> str:
    tex = None if _in_tag(found.string, found.start()) else ascii_latex(unescape(found[1] or found[2]))
    return f"{OPEN}${escape(tex, quote=False)}${CLOSE}" if tex else found[0]
