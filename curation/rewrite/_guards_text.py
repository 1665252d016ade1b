# ruff: noqa: E501
r"""TeX and Unicode of a text in one form, by which formulas can be compared however they are spelled.

`\dfrac12`, `{1 \over 2}` and ½ are `1/2`, `x^{2}` is `x^2` and `x^{n+1}` is `x^(n+1)`, scripts stand below first, `\le` is `≤`, and
what only spaces, sizes, names or breaks is dropped; a line break of a display is a `;`.

Left out: reading TeX as a language (braces are resolved from within, at most `NESTED` times), macros of a page.
"""

from __future__ import annotations

import re
import unicodedata

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
    "⊃": r"\supset ", "⊇": r"\supseteq ", "⊄": r"\not\subset ", "∖": r"\setminus ", "∧": r"\wedge ", "∨": r"\vee ", "¬": r"\neg ",
    "ℓ": r"\ell ", "⊕": r"\oplus ", "⊗": r"\otimes ", "≅": r"\cong ", "∼": r"\sim ", "≃": r"\simeq ", "∝": r"\propto ",
    "△": r"\triangle ", "∤": r"\nmid ", "↦": r"\mapsto ", "←": r"\leftarrow ", "⟶": r"\rightarrow ", "⟹": r"\Rightarrow ",
    "⟺": r"\Leftrightarrow ", "⟵": r"\leftarrow ", "↪": r"\hookrightarrow ", "≪": r"\ll ", "≫": r"\gg ", "⊢": r"\vdash ",
    "⊨": r"\models ", "†": r"\dagger ", "⋆": r"\star ", "″": "''", "ℏ": r"\hbar ", "∮": r"\oint ", "∬": r"\iint ", "≺": r"\prec ",
    "≻": r"\succ ", "‖": "||", "≔": ":=", "⊤": r"\top ", "ℑ": r"\Im ", "ℜ": r"\Re ", "ℵ": r"\aleph ", "⋮": r"\vdots ", "⋱": r"\ddots ",
    "⁄": "/", "∕": "/",
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
    "gets": r"\leftarrow ", "longleftarrow": r"\leftarrow ", "longmapsto": r"\mapsto ", "Longleftrightarrow": r"\Leftrightarrow ", "lnot": r"\neg ", "backslash": r"\setminus ",
    "coloneqq": ":=", "coloneq": ":=", "bot": r"\perp ", "nsubset": r"\not\subset ", "notin": r"\notin ", "owns": r"\ni ", "dotsm": "...", "dotsi": "...", "dotso": "...", "hdots": "...",
    "R": "R", "N": "N", "Z": "Z", "Q": "Q", "C": "C", "nicefrac": r"\frac", "sfrac": r"\frac", "newline": " ; ", "cr": " ; ", "quad": " ; ", "qquad": " ; ",
    "hat": r"\hat ", "widehat": r"\hat ", "tilde": r"\tilde ", "widetilde": r"\tilde ", "overline": r"\bar ", "bar": r"\bar ",
}  # fmt: skip
_DROPPED = frozenset(
    "left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm displaystyle textstyle scriptstyle limits nolimits text textbf textit "
    "textrm texttt textsf mathrm mathbf mathbb mathit mathsf mathcal mathfrak mathscr mathtt operatorname boldsymbol bm rm bf it em emph hfill phantom hphantom vphantom mbox hbox "
    "hline notag boxed fbox par noindent strut mathop mathrel mathbin mathord centering small large textnormal textsc textsl textup mathnormal mathbbm pmb Bbb cal frak scr sf tt sc sl mit ensuremath smash allowbreak nobreak break thinspace medspace thickspace enspace negthinspace negmedspace mathopen mathclose mathpunct mathinner boldmath unboldmath normalfont scriptscriptstyle nolinebreak nonumber protect relax null".split()
)
_NAMED = frozenset(
    "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln exp lim max min sup inf det dim ker deg gcd lcm arg Pr".split()
)
_COMMAND = re.compile(
    r"\\(?:begin|end)\{[A-Za-z]{1,20}\*?\}(?:\[[^\]\n]{0,9}\])?(?:\{[lcr|@ ]{1,40}\})?|\\(?:label|tag|hspace|vspace|mspace|color|phantom|hphantom|vphantom|vskip|hskip|kern|mkern)(?![A-Za-z])\*?\s?"
    r"(?:\{[^{}\n\x03\x04]{0,80}\}|-?[\d.]{1,9}\s?(?:em|ex|pt|cm|mm|mu)\b)|\\not\s?(=|\\in(?![A-Za-z])|\\equiv(?![A-Za-z]))|\\([A-Za-z]+)|\\([,;:!>/ \\()\[\]{}%$&#_|-])|(?<![\d}])%(?=\n)|[~&$]|(?<![-<])->|<=(?![=>])|>=(?!=)|!=(?!=)"
)
_NEGATED = {"=": r"\neq ", r"\in": r"\notin ", r"\equiv": r"\not\equiv "}
_ASCII = {"->": r"\rightarrow ", "<=": r"\leq ", ">=": r"\geq ", "!=": r"\neq "}
_GROUP = re.compile(
    r"\\frac\s?\{([^{}]*)\}\s?\{([^{}]*)\}|(\\frac\s?\{[^{}]*\}\s?(?=\{))|([_^]|\\(?:sqrt|bar|hat|tilde|vec|underline)\s?(?:\[[^\]{}]{0,20}\])?)\s{0,2}\{([^{}]*)\}"
    r"|(?<!\})(?<!\} )\{([^{}]*)\}"
)
"""What braces hold: a fraction, the first half of one, a script or what stands under a sign, anything else."""
NESTED = 8
"""Braces within each other that are resolved."""
_SHORT = r"(?:\{(\w|\\[A-Za-z]{1,20}) ?\}|([^\W_])|(\\[A-Za-z]{1,20}(?![A-Za-z])) ?)"
_SHORT_FRACTION = re.compile(rf"\\frac\s?{_SHORT}\s?{_SHORT}(?!\w*\}})")
_OVER = re.compile(r"^(.*)\\(over|choose|atop) (.*)$", re.DOTALL)
_GROUPED = re.compile(r"(?<![\d.])(\d{1,3})((?:(?:,|\{,\}|\\,|[\u2009\u202f])\d{3})+)(?!\d)")
_ALPHABETS = re.compile("[\U0001d400-\U0001d7ff]+")
_MOD = re.compile(r"\(\s*mod\s+([^()\n]{1,40})\)")
_PRIMED = re.compile(r"\^ {0,3}(?:\( ?('[' ]{0,8}) ?\)|('(?:[' ]{0,8}')?))")
_ATOM = re.compile(r"\s*(?:\\[A-Za-z]+|\w+)\s*")
_ALONE = re.compile(r"\s*(?:[+-]?\s?(?:\w|\d+(?:\.\d+)?|\\[A-Za-z]+)|'[' ]*)\s*")
"""What needs no brackets as a script: one sign, perhaps with a sign before it."""
_BRACKETS = re.compile(r"\([^()]*\)")
_TERM = re.compile(r"\s*-?[^+<>=-]*")
_FACTOR = re.compile(
    r"\s*(?:\w|\d+(?:\.\d+)?|\\[A-Za-z]+)\s?(?:[_^](?:[+-]?\d+|\w|\\[A-Za-z]+|\([^()]*\))\s?){0,2}!?\s*|\s*\([^()]*\)\s*"
)
_SCRIPTED = r"(?:\((?:[^()\n]{1,60})\)|[+-]?(?:\d+|\w|\*|\\[A-Za-z]+))"
_SCRIPTS = re.compile(rf"(\^ ?{_SCRIPTED}|'[' ]{{0,4}}) ?(_ ?{_SCRIPTED})(?![\w])")


def tidy(text: str) -> str:
    """The text with its mathematics in one form; blanks and line breaks of prose stay."""
    text = _GROUPED.sub(_joined, text)
    if not text.isascii():
        text = _ALPHABETS.sub(lambda m: unicodedata.normalize("NFKC", m[0]), text).translate(_TABLE)
        text = _SUPER_RUN.sub(lambda m: "^" + _grouped(m[0].translate(_PLAIN_SCRIPTS)), text)
        text = _SUB_RUN.sub(lambda m: "_" + _grouped(m[0].translate(_PLAIN_SCRIPTS)), text)
    text = _COMMAND.sub(_plain, text)
    if "\\frac" in text:
        text = _SHORT_FRACTION.sub(_slash, text)
    if "{" in text:
        text = text.replace("{}", " ")
        for _ in range(NESTED):
            text, count = _GROUP.subn(_resolved, text)
            if not count:
                break
        text = text.replace("{", " ").replace("}", " ")
    if "mod" in text:
        text = _MOD.sub(r" mod \1 ", text)
    return _SCRIPTS.sub(r"\2\1 ", _PRIMED.sub(r"\1\2", text))


def _joined(found: re.Match[str]) -> str:
    return found[1] + re.sub(r"\D", "", found[2])


def _grouped(inner: str) -> str:
    """What stands in a script or under a sign, in brackets if it is more than one sign."""
    return f"{inner.strip()} " if _ALONE.fullmatch(inner) else f"({inner.strip()}) "


def _slash(found: re.Match[str]) -> str:
    top, bottom = (part for part in found.groups() if part is not None)
    return _divided(top, bottom)


def _divided(top: str, bottom: str) -> str:
    flat = _BRACKETS.sub("", _BRACKETS.sub("", top))
    top = top if _TERM.fullmatch(flat) else f"({top})"
    bottom = bottom if _FACTOR.fullmatch(bottom) or _ATOM.fullmatch(bottom) else f"({bottom})"
    return f" {top.strip()}/{bottom.strip()} "


def _resolved(found: re.Match[str]) -> str:
    top, bottom, half, sign, inner, other = found.groups()
    if half is not None:
        return half
    if top is not None:
        return _divided(_over(top), _over(bottom))
    if sign is not None:
        return sign + _grouped(_over(inner))
    return f" {_over(other)} "


def _over(inner: str) -> str:
    """`a \\over b` as a fraction."""
    parts = _OVER.match(inner) if "\\over " in inner or "\\choose " in inner else None
    if parts is None:
        return inner
    return _divided(parts[1], parts[3]) if parts[2] == "over" else rf"\binom {parts[1]} {parts[3]}"


def _plain(found: re.Match[str]) -> str:
    negated, name, sign = found[1], found[2], found[3]
    if negated:
        return _NEGATED[negated]
    if sign:
        return (
            "%"
            if sign == "%"
            else "||"
            if sign == "|"
            else " ; "
            if sign == "\\"
            else _money(found)
            if sign == "$"
            else "_"
            if sign == "_"
            else " "
        )
    if name is None:
        return _money(found) if found[0] == "$" else _ASCII.get(found[0], " ")
    if name in _DROPPED:
        return " "
    if name in _NAMED:
        return f" {name} "
    return _COMMANDS.get(name, f"\\{name} ")


def _money(found: re.Match[str]) -> str:
    """A dollar stays where a number follows."""
    return "$" if found.string[found.end() : found.end() + 1].isdigit() else " "


def number(token: str) -> str:
    """`.5` as `0.5`; what is no number stays."""
    return f"0{token}" if token[0] == "." else token
