# ruff: noqa: E501
r"""A text as the guards compare it: units (sentences and lines), words and numbers in order, formulas, and mathematics sign by sign.

Two streams are made of each text. `words` holds words (their first letters, which is a stem of sorts), numbers and the signs of
formulas, with what each unit is: it is what places are compared by. `signs` holds the mathematics of the whole text, prose included,
letter by letter, with numbers whole: a formula is kept if its signs stand there in a row, however it is delimited. TeX is brought to one
form first (`tidy`): `\dfrac12` and ½ are `1/2`, `x^{2}` is `x^2`, `\le` is `≤`, and what only spaces or sizes is dropped.

Left out: reading TeX as a language (braces are dropped once fractions are resolved, so `x^{n+1}` and `x^n+1` are one), macros of a page.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from curation._delimited import formulas_in

STEM = 5
"""Letters of a word that are compared: `divided` and `dividing` are one."""
STOPS = frozenset(
    "a an the of to in on at by for with from and or but as is are was were be been being it its this that these those there here then than "
    "so if we you i he she they them our your his her their us me my not no can may will would could should shall must do does did has have "
    "had which who whom whose what when where how why also such any all each some more most other into over out up about between only very "
    "just now let thus hence therefore since because while both either one ones".split()
)
NUMBER_WORDS = {
    **{w: str(n) for n, w in enumerate("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split())},
    **{w: str(n) for n, w in zip(range(20, 100, 10), "twenty thirty forty fifty sixty seventy eighty ninety".split(), strict=True)},
}  # fmt: skip

_SUPERS, _SUBS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ", "₀₁₂₃₄₅₆₇₈₉₊₋ₙᵢ"
_PLAIN_SCRIPTS = str.maketrans(_SUPERS + _SUBS, "0123456789+-ni" * 2)
_SUPER_RUN, _SUB_RUN = re.compile(f"[{_SUPERS}]+"), re.compile(f"[{_SUBS}]+")
_GREEK = {
    **dict(zip("αβγδεζηθικλμνξπρστυφχψω", "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega".split(), strict=True)),
    **dict(zip("ΓΔΘΛΞΠΣΦΨΩ", "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega".split(), strict=True)),
    "ϵ": "epsilon", "ϕ": "phi", "ϑ": "theta",
}  # fmt: skip
_SIGNS = {
    "−": "-", "–": "-", "—": "-", "‑": "-", "×": "*", "·": "*", "⋅": "*", "∗": "*", "÷": "/", "≤": r"\leq ", "⩽": r"\leq ", "≥": r"\geq ", "⩾": r"\geq ", "≠": r"\neq ",
    "≈": r"\approx ", "≡": r"\equiv ", "±": r"\pm ", "∓": r"\mp ", "∞": r"\infty ", "√": r"\sqrt ", "∑": r"\sum ", "∏": r"\prod ",
    "∫": r"\int ", "∂": r"\partial ", "∇": r"\nabla ", "∈": r"\in ", "∉": r"\notin ", "⊂": r"\subset ", "⊆": r"\subseteq ", "∪": r"\cup ",
    "∩": r"\cap ", "∅": r"\emptyset ", "→": r"\rightarrow ", "⇒": r"\Rightarrow ", "⇔": r"\Leftrightarrow ", "↔": r"\leftrightarrow ",
    "∀": r"\forall ", "∃": r"\exists ", "…": "...", "⋯": "...", "′": "'", "’": "'", "‘": "'", "“": '"', "”": '"', "°": r"^\circ ",
    "½": " 1/2 ", "¼": " 1/4 ", "¾": " 3/4 ", "⅓": " 1/3 ", "⅔": " 2/3 ", "⅛": " 1/8 ", "ℝ": "R", "ℤ": "Z", "ℕ": "N", "ℚ": "Q", "ℂ": "C", "∣": "|", "∥": "||",
    "⟨": r"\langle ", "⟩": r"\rangle ", "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil ", "∘": r"\circ ", "⊥": r"\perp ", "∠": r"\angle ",
    "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2061": "", "\u2062": "", "\u200b": "", "\ufeff": "",
}  # fmt: skip
_TABLE = str.maketrans({**_SIGNS, **{sign: f"\\{name} " for sign, name in _GREEK.items()}})
_COMMANDS = {
    "dfrac": r"\frac", "tfrac": r"\frac", "cfrac": r"\frac", "le": r"\leq ", "leqslant": r"\leq ", "leqq": r"\leq ", "geqq": r"\geq ", "bmod": " mod ", "pmod": " mod ", "mod": " mod ", "ge": r"\geq ", "geqslant": r"\geq ",
    "ne": r"\neq ", "to": r"\rightarrow ", "longrightarrow": r"\rightarrow ", "implies": r"\Rightarrow ", "Longrightarrow": r"\Rightarrow ",
    "iff": r"\Leftrightarrow ", "cdot": "*", "times": "*", "ast": "*", "div": "/", "lt": "<", "gt": ">", "mid": "|", "vert": "|", "lvert": "|",
    "rvert": "|", "ldots": "...", "dots": "...", "cdots": "...", "dotsc": "...", "dotsb": "...", "varepsilon": r"\epsilon ", "varphi": r"\phi ",
    "vartheta": r"\theta ", "lbrace": "", "rbrace": "", "prime": "'", "degree": r"^\circ ", "colon": ":", "land": r"\wedge ", "lor": r"\vee ",
    "emptyset": r"\emptyset ", "varnothing": r"\emptyset ", "middle": "", "lbrack": "[", "rbrack": "]", "Vert": "||", "lVert": "||", "rVert": "||",
    "hat": r"\hat ", "widehat": r"\hat ", "tilde": r"\tilde ", "widetilde": r"\tilde ", "overline": r"\bar ", "bar": r"\bar ",
}  # fmt: skip
_DROPPED = frozenset(
    "left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm displaystyle textstyle scriptstyle limits nolimits quad qquad text textbf textit "
    "textrm texttt textsf mathrm mathbf mathbb mathit mathsf mathcal mathfrak mathscr mathtt operatorname boldsymbol bm rm bf it em emph hfill hspace vspace phantom mbox hbox "
    "hline nonumber notag label tag boxed fbox par noindent strut mathop mathrel mathbin mathord centering small large".split()
)
_NAMED = frozenset(
    "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln exp lim max min sup inf det dim ker deg gcd lcm arg Pr".split()
)
_COMMAND = re.compile(
    r"\\(?:begin|end)\{[A-Za-z]{1,20}\*?\}(?:\{[lcr|@ ]{1,40}\})?|\\([A-Za-z]+)|\\([,;:!> \\()\[\]{}%$&#_|])|(?<![\d}])%(?=\n)|[~&{}$]"
)
_FRACTION = re.compile(r"\\[dtc]?frac\s*\{([^{}]{0,300})\}\s*\{([^{}]{0,300})\}")
_SHORT_FRACTION = re.compile(r"\\[dtc]?frac\s*(?:\{(\w)\}|(\w))\s*(?:\{(\w)\}|(\w))(?!\w*\})")
_GROUPED = re.compile(r"(?<![\d.])(\d{1,3})((?:(?:,|\{,\}|\\,)\d{3})+)(?!\d)")
_SCRIPT = re.compile(r"([_^])\s?\{\s?(\w|\d{1,9}|\\[A-Za-z]{1,20})\s?\}")
_PRIMED = re.compile(r"\^\s{0,3}'")
_ATOM = re.compile(r"\s*(?:\\[A-Za-z]+|\w+)\s*")


def tidy(text: str) -> str:
    """The text with its mathematics in one form; blanks and line breaks of prose stay."""
    text = text.translate(_TABLE)
    if not text.isascii():
        text = _SUPER_RUN.sub(lambda m: "^" + m[0].translate(_PLAIN_SCRIPTS), text)
        text = _SUB_RUN.sub(lambda m: "_" + m[0].translate(_PLAIN_SCRIPTS), text)
    text = _GROUPED.sub(_joined, text)
    if "\\" in text:
        if "{" in text:
            text = _SCRIPT.sub(r"\1\2 ", text)
        if "frac" in text:
            text = _SHORT_FRACTION.sub(_slash, text)
            for _ in range(4):
                text, count = _FRACTION.subn(_slash, text)
                if not count:
                    break
    return _PRIMED.sub("'", _COMMAND.sub(_plain, text))


def _joined(found: re.Match[str]) -> str:
    return found[1] + re.sub(r"\D", "", found[2])


def _slash(found: re.Match[str]) -> str:
    parts = [part for part in found.groups() if part is not None]
    top, bottom = (part if _ATOM.fullmatch(part) else f"({part})" for part in parts)
    return f" {top}/{bottom} "


def _plain(found: re.Match[str]) -> str:
    name = found[1]
    if name is None:
        sign = found[2]
        return "%" if sign == "%" else "||" if sign == "|" else " " if sign or found[0] != "_" else found[0]
    if name in _DROPPED:
        return " "
    if name in _NAMED:
        return f" {name} "
    return _COMMANDS.get(name, f"\\{name} ")


# ---- streams ------------------------------------------------------------------------------------------------------------------

OPEN, CLOSE, SOFT, PLAIN = "\x03", "\x04", "\x02", "\x05"
"""Around a formula, before a number that a rewrite may drop, and in a formula that nothing delimits."""
REMEMBERED = 200_000
"""Tokens whose form is remembered."""
SIGN, WORD, NUMBER, SPELLED, DROPPABLE = 0, 1, 2, 3, 4
"""Kinds of tokens: signs and words that say little, other words, numbers in digits, numbers in words, numbers of dates and counters."""
_MARKER = re.compile(
    r"^[ \t]*(?:(?:[-*•+>]|#{1,6})[ \t]+)*\**(?:(?:step|part)[ \t]+)?(?:\(?\d{1,3}(?:\.\d{1,3})*[.):]+\**(?=\s|$)|\d{1,3}(?:\.\d{1,3})+\**(?=\s+[A-Z])"
    r"|\d{1,2}(?=[ \t]+(?-i:[A-Z]|\x03))|\d{1,2}(?=[ \t]*$))|(?<![\w\])])\[\d{1,3}\]|\bstep[ \t]+\d{1,2}\b",
    re.MULTILINE | re.IGNORECASE,
)
"""Numbers of items, headings, steps and references."""
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]{0,6}\.?"
_SOFT = re.compile(
    r"\b\d{4}-\d\d?-\d\d?\b|\b\d{1,2}:\d\d(?::\d\d)?\b(?:[ \t]*[ap]\.?m\b)?|\b\d{1,2}/\d{1,2}/\d{2,4}\b|(?:©|\(c\)|copyright)[^\n]{0,40}"
    rf"|\b{_MONTH}[ \t]+\d{{1,2}}(?:st|nd|rd|th)?(?:,?[ \t]+\d{{4}})?\b|\b\d{{1,2}}(?:st|nd|rd|th)?[ \t]+{_MONTH}(?:,?[ \t]+\d{{4}})?\b|\b{_MONTH}[ \t]+\d{{4}}\b"
    r"|\b\d[\d.]{0,12}[km]?[ \t]{1,8}(?:comments?|repl(?:y|ies)|views?|votes?|answers?|likes?|shares?|followers?|posts?|points?|reviews?|downloads?|ratings?|stars?|badges?)\b"
    r"|\b\d+[ \t]+(?:seconds?|mins?|minutes?|hours?|days?|weeks?|months?|years?)[ \t]+ago\b|\bpages?[ \t]+\d+(?:[ \t]+of[ \t]+\d+)?\b"
    r"|\b(?:viewed|joined|posted|asked|answered|edited|modified|updated|views|votes|comments|replies|likes|tel|phone|fax|isbn|doi)\b(?:[^\n.]|\.(?=\d)){0,30}(?![\d.]\d)",
    re.IGNORECASE,
)
_OPERAND = r"[(\[|]{0,4}-?(?:\d+(?:\.\d+)?(?:[A-Za-z](?![A-Za-z]))?|\\[A-Za-z]+|(?<![A-Za-z\\])[A-Za-z](?![A-Za-z']))[)\]|]{0,4}"
_OPERATOR = r"(?:[=<>+*/^_-]|\\(?:leq|geq|neq|approx|pm)\b)"
_PLAIN = re.compile(
    rf"{OPEN}[^{CLOSE}]*{CLOSE}|{SOFT}[^\n]|(?P<mark>(?<![\w.\\-])\(?[A-H][).][ \t]+)|(?<![\w.-])(?<![_^] ){_OPERAND}(?:[^\S\n]{{0,2}}{_OPERATOR}[^\S\n]{{0,2}}{_OPERAND}){{1,24}}(?![\w-])|(?<![\w)\].{SOFT}-])-\d+(?:\.\d+)?"
)
_COMMENT = re.compile(r"(?<!\\)%(?=\s)")
_BULLET = re.compile(r"^[ \t]{0,20}(?:(?:[-*•+>]|#{1,6})[ \t]{1,20}){1,3}", re.MULTILINE)
_BOLD = re.compile(
    rf"{OPEN}[^{CLOSE}]*{CLOSE}|(?<![\w*])\*{{1,3}}(?=[\w\\({OPEN}])|(?<=[\w.:)!?,;\\{CLOSE}])\*{{1,3}}(?![\w*])|(?<!\w)__(?=\w)|(?<=[\w.:)])__(?!\w)"
)
"""What Markdown puts before a line and around words."""
_BETWEEN = re.compile(f"{OPEN}[^{CLOSE}]*{CLOSE}")
_DIGITS = re.compile(r"\d+(?:\.\d+)*")
_TOKEN = re.compile(
    rf"[\n{OPEN}{CLOSE}]|{SOFT}\d+(?:\.\d+)?|\\[A-Za-z]+|\d*\.?\d+|[^\W\d_]+(?:'[^\W\d_]+)*|[.!?](?=[\"')]*\s+[\"'(]*(?:[A-Z{OPEN}]|\d))|[^\s.,;:!?\"'`()\[\]]"
)
_SIGN = re.compile(rf"\\[A-Za-z]+|\d*\.?\d+|[^\s.,;:!?\"`\x05{SOFT}]")


class Text(NamedTuple):
    """Streams of one text; ids are those of a dictionary that both texts of a pair share."""

    words: list[int]
    kinds: list[int]
    units: list[int]
    """Of each word the number of its sentence or line."""
    signs: list[int]
    formulas: list[tuple[int, int, int, int]]
    """Where each formula stands: in `words` from, to; in `signs` from, to."""
    plain: list[bool]
    """Of each formula whether nothing delimits it."""
    lines: list[str]
    """Of each unit the text, tidied."""
    free: frozenset[str]
    """Numbers of items, headings and references."""


def read(text: str, ids: dict[str, int]) -> Text:
    """The streams of a text. New tokens enter `ids`."""
    text = text.replace(OPEN, " ").replace(CLOSE, " ").replace(SOFT, " ").replace(PLAIN, " ").replace("\r", "\n")
    parts, at = [], 0
    for span in formulas_in(text):
        parts += [
            text[at : span.start],
            OPEN,
            _COMMENT.sub(" ", text[span.inner : span.last]).replace("\n", " "),
            CLOSE,
        ]
        at = span.end
    plain = _BOLD.sub(lambda m: m[0] if m[0][0] == OPEN else "", "".join([*parts, text[at:]]))
    tidied = tidy(plain)
    free = {number for marker in _MARKER.findall(tidied) for number in _DIGITS.findall(marker)}
    tidied = _MARKER.sub(" ", tidied)
    tidied = _BULLET.sub("", tidied)
    tidied = _SOFT.sub(lambda m: _DIGITS.sub(lambda n: SOFT + n[0], m[0]) if OPEN not in m[0] else m[0], tidied)
    tidied = _PLAIN.sub(
        lambda m: m[0] if m[0][0] in (OPEN, SOFT) or m["mark"] else f"{OPEN}{PLAIN}{m[0]}{CLOSE}", tidied
    )
    return _streams(tidied, ids, frozenset(free))


def _streams(tidied: str, ids: dict[str, int], free: frozenset[str]) -> Text:
    words: list[int] = []
    kinds: list[int] = []
    units: list[int] = []
    lines: list[str] = []
    spans: list[tuple[int, int]] = []
    begin = start = opened = 0
    for found in _TOKEN.finditer(tidied):
        token = found[0]
        first = token[0]
        if first in "\n.!?" and len(token) == 1:
            if len(words) > start:
                units += [len(lines)] * (len(words) - start)
                lines.append(tidied[begin : found.end()])
                begin, start = found.end(), len(words)
        elif first == OPEN:
            opened = len(words)
        elif first == CLOSE:
            spans.append((opened, len(words)))
        else:
            token, kind = _KNOWN.get(token) or _known(token)
            words.append(ids.setdefault(token, len(ids)))
            kinds.append(kind)
    units += [len(lines)] * (len(words) - start)
    lines.append(tidied[begin:])
    signs: list[int] = []
    bounds: list[tuple[int, int]] = []
    plain: list[bool] = []
    at = 0
    for found in _BETWEEN.finditer(tidied):
        signs += _signs(tidied, at, found.start(), ids)
        inside = _signs(tidied, found.start() + 1, found.end() - 1, ids)
        bounds.append((len(signs), len(signs) + len(inside)))
        plain.append(tidied[found.start() + 1] == PLAIN)
        signs += inside
        at = found.end()
    signs += _signs(tidied, at, len(tidied), ids)
    formulas = [(*span, *bound) for span, bound in zip(spans, bounds, strict=True)]
    return Text(words, kinds, units, signs, formulas, plain, lines, free)


def _signs(tidied: str, start: int, end: int, ids: dict[str, int]) -> list[int]:
    found = [sign if len(sign) == 1 else number(sign) for sign in _SIGN.findall(tidied, start, end)]
    return [ids.setdefault(sign, len(ids)) for sign in found]


def number(token: str) -> str:
    """`.5` as `0.5`; what is no number stays."""
    return f"0{token}" if token[0] == "." else token


_KNOWN: dict[str, tuple[str, int]] = {}


def _known(token: str) -> tuple[str, int]:
    """The form in which a token is compared, and its kind; remembered, as far as memory is bounded."""
    first, lower = token[0], token.lower()
    if first == "\\" or (len(token) == 1 and not first.isdigit()):
        made = (token, SIGN)
    elif first == SOFT:
        made = (token[1:], DROPPABLE)
    elif first.isdigit() or first == ".":
        made = (number(token), NUMBER)
    elif lower in NUMBER_WORDS:
        made = (NUMBER_WORDS[lower], SPELLED)
    else:
        made = (lower[:STEM] if lower not in STOPS else lower, SIGN if lower in STOPS else WORD)
    if len(_KNOWN) < REMEMBERED and len(token) < 40:
        _KNOWN[token] = made
    return made
