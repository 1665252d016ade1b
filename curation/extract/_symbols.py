r"""Unicode characters as LaTeX commands, and the mathematics that pages write in Unicode alone.

`LATEX` is the one table that MathML, AsciiMath and rendered formulas share. Of the commands that print a character it has the one
that people write most (`\leq`, not `\le`), and only commands that MathJax and KaTeX know too. A character without an entry is itself.
"""

from __future__ import annotations

import re
import unicodedata

GREEK = """
Γ Gamma  Δ Delta  Θ Theta  Λ Lambda  Ξ Xi  Π Pi  Σ Sigma  Υ Upsilon  ϒ Upsilon  Φ Phi  Ψ Psi  Ω Omega  Ω Omega  ∆ Delta
α alpha  β beta  γ gamma  δ delta  ε varepsilon  ζ zeta  η eta  θ theta  ι iota  κ kappa  λ lambda  μ mu  µ mu  ν nu  ξ xi
ο omicron  π pi  ρ rho  ς varsigma  σ sigma  τ tau  υ upsilon  φ varphi  χ chi  ψ psi  ω omega  ϑ vartheta  ϕ phi  ϖ varpi
ϝ digamma  ϰ varkappa  ϱ varrho  ϵ epsilon
"""
OPERATORS = """
∀ forall  ∁ complement  ∂ partial  ∃ exists  ∄ nexists  ∅ emptyset  ⌀ varnothing  ∇ nabla  ∈ in  ∊ in  ∉ notin  ∋ ni
∍ backepsilon  ϶ backepsilon
∏ prod  ∐ coprod  ∑ sum  ∓ mp  ∔ dotplus  ∖ setminus  ⧵ setminus  ∗ ast  ∘ circ  ∙ bullet  • bullet  √ surd  ∝ propto  ∞ infty
∠ angle  ∡ measuredangle  ∢ sphericalangle  ∣ mid  ∤ nmid  ∥ parallel  ∦ nparallel  ∧ wedge  ∨ vee  ∩ cap  ∪ cup
∫ int  ∬ iint  ∭ iiint  ⨌ iiiint  ∮ oint  ∯ oiint  ∰ oiiint  ∴ therefore  ∵ because  ∼ sim  ∽ backsim  ≀ wr  ≁ nsim
≂ eqsim  ≃ simeq  ≅ cong  ≇ ncong  ≈ approx  ≊ approxeq  ≍ asymp  ≎ Bumpeq  ≏ bumpeq  ≐ doteq  ≑ doteqdot  ≒ fallingdotseq
≓ risingdotseq  ≖ eqcirc  ≗ circeq  ≜ triangleq  ≠ neq  ≡ equiv  ≤ leq  ≥ geq  ≦ leqq  ≧ geqq  ≨ lneqq  ≩ gneqq  ≪ ll  ≫ gg
≬ between  ≮ nless  ≯ ngtr  ≰ nleq  ≱ ngeq  ≲ lesssim  ≳ gtrsim  ≶ lessgtr  ≷ gtrless  ≺ prec  ≻ succ
≼ preccurlyeq  ≽ succcurlyeq  ≾ precsim  ≿ succsim  ⊀ nprec  ⊁ nsucc  ⊂ subset  ⊃ supset  ⊆ subseteq  ⊇ supseteq
⊈ nsubseteq  ⊉ nsupseteq  ⊊ subsetneq  ⊋ supsetneq  ⊎ uplus  ⊏ sqsubset  ⊐ sqsupset  ⊑ sqsubseteq  ⊒ sqsupseteq
⊓ sqcap  ⊔ sqcup  ⊕ oplus  ⊖ ominus  ⊗ otimes  ⊘ oslash  ⊙ odot  ⊚ circledcirc  ⊛ circledast  ⊝ circleddash
⊞ boxplus  ⊟ boxminus  ⊠ boxtimes  ⊡ boxdot  ⊢ vdash  ⊣ dashv  ⊤ top  ⊥ perp  ⟂ perp  ⊨ models  ⊧ models  ⊩ Vdash  ⊪ Vvdash
⊬ nvdash  ⊭ nvDash  ⊮ nVdash  ⊯ nVDash  ⊲ triangleleft  ⊳ triangleright  ⊴ trianglelefteq  ⊵ trianglerighteq
⊸ multimap  ⊺ intercal  ⊻ veebar  ⊼ barwedge  ⋀ bigwedge  ⋁ bigvee  ⋂ bigcap  ⋃ bigcup  ⋄ diamond  ⋅ cdot  · cdot
⬝ cdot  ⋆ star  ⋇ divideontimes  ⋈ bowtie  ⋉ ltimes  ⋊ rtimes  ⋋ leftthreetimes  ⋌ rightthreetimes  ⋍ backsimeq
⋎ curlyvee  ⋏ curlywedge  ⋐ Subset  ⋑ Supset  ⋒ Cap  ⋓ Cup  ⋔ pitchfork  ⋖ lessdot  ⋗ gtrdot  ⋘ lll  ⋙ ggg
⋚ lesseqgtr  ⋛ gtreqless  ⋞ curlyeqprec  ⋟ curlyeqsucc  ⋠ npreceq  ⋡ nsucceq  ⋦ lnsim  ⋧ gnsim  ⋨ precnsim
⋩ succnsim  ⋪ ntriangleleft  ⋫ ntriangleright  ⋬ ntrianglelefteq  ⋭ ntrianglerighteq  ⋮ vdots  ⋯ cdots  ⋱ ddots  ⋰ iddots
⨀ bigodot  ⨁ bigoplus  ⨂ bigotimes  ⨄ biguplus  ⨆ bigsqcup  ⨿ amalg  ⩞ doublebarwedge  ⩽ leqslant  ⨯ times
⩾ geqslant  ⪅ lessapprox  ⪆ gtrapprox  ⪇ lneq  ⪈ gneq  ⪉ lnapprox  ⪊ gnapprox  ⪋ lesseqqgtr  ⪌ gtreqqless
⪕ eqslantless  ⪖ eqslantgtr  ⪯ preceq  ⪰ succeq  ⪵ precneqq  ⪶ succneqq  ⪷ precapprox  ⪸ succapprox
⪹ precnapprox  ⪺ succnapprox  ⫅ subseteqq  ⫆ supseteqq  ⫋ subsetneqq  ⫌ supsetneqq
≔ coloneqq  ≕ eqqcolon  ∷ dblcolon
"""
NEGATED = "⊄ subset  ⊅ supset  ∌ ni  ≄ simeq  ≉ approx  ≢ equiv  ≭ asymp  ⋢ sqsubseteq  ⋣ sqsupseteq  ≴ lesssim  ≵ gtrsim  ≸ lessgtr"
ARROWS = """
← leftarrow  ↑ uparrow  → to  ↓ downarrow  ↔ leftrightarrow  ↕ updownarrow  ↖ nwarrow  ↗ nearrow  ↘ searrow
↙ swarrow  ↚ nleftarrow  ↛ nrightarrow  ↞ twoheadleftarrow  ↠ twoheadrightarrow  ↢ leftarrowtail
↣ rightarrowtail  ↦ mapsto  ↩ hookleftarrow  ↪ hookrightarrow  ↫ looparrowleft  ↬ looparrowright
↭ leftrightsquigarrow  ↮ nleftrightarrow  ↰ Lsh  ↱ Rsh  ↶ curvearrowleft  ↷ curvearrowright  ↺ circlearrowleft
↻ circlearrowright  ↼ leftharpoonup  ↽ leftharpoondown  ↾ upharpoonright  ↿ upharpoonleft  ⇀ rightharpoonup
⇁ rightharpoondown  ⇂ downharpoonright  ⇃ downharpoonleft  ⇄ rightleftarrows  ⇆ leftrightarrows
⇇ leftleftarrows  ⇈ upuparrows  ⇉ rightrightarrows  ⇊ downdownarrows  ⇋ leftrightharpoons  ⇌ rightleftharpoons
⇍ nLeftarrow  ⇎ nLeftrightarrow  ⇏ nRightarrow  ⇐ Leftarrow  ⇑ Uparrow  ⇒ Rightarrow  ⇓ Downarrow
⇔ Leftrightarrow  ⇕ Updownarrow  ⇚ Lleftarrow  ⇛ Rrightarrow  ⇝ rightsquigarrow  ⇠ dashleftarrow
⇢ dashrightarrow  ⟵ longleftarrow  ⟶ longrightarrow  ⟷ longleftrightarrow  ⟸ Longleftarrow  ⟹ Longrightarrow
⟺ Longleftrightarrow  ⟼ longmapsto  ↝ leadsto  ⤳ leadsto  ⤏ dashrightarrow  ￩ leftarrow  ￫ to
"""
OTHER = """
⌈ lceil  ⌉ rceil  ⌊ lfloor  ⌋ rfloor  ⌜ ulcorner  ⌝ urcorner  ⌞ llcorner  ⌟ lrcorner  ⎰ lmoustache  ⎱ rmoustache
⟨ langle  ⟩ rangle  〈 langle  〉 rangle  〈 langle  〉 rangle  ⟮ lgroup  ⟯ rgroup  ‖ |  ∥ parallel
¥ yen  £ pounds  § S  ¶ P  © copyright  ¬ neg  ® circledR  ± pm  × times  ð eth  ÷ div  ı imath  𝚤 imath  ȷ jmath  𝚥 jmath
† dagger  ‡ ddagger  … ldots  ℏ hbar  ℓ ell  ℘ wp  ℧ mho  Ⅎ Finv  ℵ aleph  ℶ beth  ℷ gimel  ℸ daleth  ⅁ Game
⌢ frown  ⌣ smile  Ⓢ circledS  ╱ diagup  ╲ diagdown  △ triangle  ▵ triangle  ▴ blacktriangle  ▸ blacktriangleright
▹ triangleright  ▷ triangleright  ▽ bigtriangledown  ▿ triangledown  ▾ blacktriangledown  ◂ blacktriangleleft
◃ triangleleft  ◁ triangleleft  ◊ lozenge  ◯ bigcirc  ○ bigcirc  ◻ square  □ square  ◼ blacksquare  ■ blacksquare  ∎ blacksquare
★ bigstar  ♠ spadesuit  ♡ heartsuit  ♢ diamondsuit  ♣ clubsuit  ♭ flat  ♮ natural  ♯ sharp  ✓ checkmark  ✠ maltese  ⧫ blacklozenge
"""
PLAIN = {
    "−": "-", "‐": "-", "‑": "-", "–": "-", "⁄": "/", "∕": "/", "∶": ":", "’": "'", "﹣": "-", "＋": "+", "＝": "=",
    "#": r"\#", "$": r"\$", "%": r"\%", "&": r"\&", "_": r"\_", "{": r"\{", "}": r"\}", "\\": r"\backslash", "~": r"\sim",
    "ℜ": r"\Re", "ℑ": r"\Im", "ⅆ": "d", "ⅇ": "e", "ⅈ": "i", "ⅉ": "j", "ⅅ": "D", "ℎ": "h", "Å": r"\mathring{A}",
    "≝": r"\overset{\text{def}}{=}", "≟": r"\overset{?}{=}", "≞": r"\overset{m}{=}", "∸": r"\dot{-}", "⫫": r"\perp\!\!\!\perp",
    "‴": r"\prime\prime\prime", "″": r"\prime\prime", "⁗": r"\prime\prime\prime\prime", "′": r"\prime", "‵": r"\backprime",
    "°": r"{}^{\circ}", "℃": r"{}^{\circ}\mathrm{C}", "℉": r"{}^{\circ}\mathrm{F}", "⧸": r"\not", "⏐": "|", "⎪": "|",
    "∛": r"\sqrt[3]{}", "∜": r"\sqrt[4]{}", "‰": r"\text{‰}", "€": r"\text{€}", "¢": r"\text{¢}",
}  # fmt: skip
SPACES = {
    " ": r"\ ", "\u00a0": r"\ ", "\u2003": r"\quad", "\u2002": r"\enspace", "\u2001": r"\quad", "\u2004": r"\;", "\u2005": r"\:",
    "\u2009": r"\,", "\u200a": r"\,", "\u205f": r"\:", "\u202f": r"\,", "\u2007": r"\ ", "\u2008": r"\,",
}  # fmt: skip
PRIVATE = {
    "\ue428": r"\leftarrow", "\ue429": r"\to", "\ue42a": r"\leftrightarrow", "\ue42b": r"\rightleftarrows", "\ue42e": r"\leftrightarrow",
    "\uf74c": "d", "\uf74d": "e", "\uf74e": "i", "\uf74f": "j", "\uf431": "=", "\uf7d9": "=", "\uf522": r"\to", "\uf765": "",
    "\ue408": r"\rightleftharpoons", "\ue409": r"\rightleftharpoons", "\ue40a": r"\rightleftharpoons",
}  # fmt: skip
"""Private use: arrows of chemistry in MathJax 4, letters and signs of Mathematica."""
INVISIBLE = "\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff\u00ad\ufe00\ufe0e\ufe0f"
FONTS = {
    "BOLD": r"\mathbf", "ITALIC": "", "BOLD ITALIC": r"\boldsymbol", "SCRIPT": r"\mathcal", "FRAKTUR": r"\mathfrak",
    "DOUBLE-STRUCK": r"\mathbb", "SANS-SERIF": r"\mathsf", "MONOSPACE": r"\mathtt", "SANS-SERIF BOLD": r"\boldsymbol\mathsf",
    "SANS-SERIF ITALIC": r"\mathsf", "SANS-SERIF BOLD ITALIC": r"\boldsymbol\mathsf", "BOLD SCRIPT": r"\boldsymbol\mathcal",
    "BOLD FRAKTUR": r"\boldsymbol\mathfrak", "BLACK-LETTER": r"\mathfrak",
}  # fmt: skip
"""Style in a character's Unicode name to the font command; two commands stand for one within the other."""
COMBINING = {
    "\u0300": "grave", "\u0301": "acute", "\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "overline", "\u0306": "breve",
    "\u0307": "dot", "\u0308": "ddot", "\u030a": "mathring", "\u030c": "check", "\u0332": "underline", "\u20d7": "vec", "\u20db": "dddot",
}  # fmt: skip
"""Marks over or under the character before them."""
STYLE = re.compile(
    r"(?:MATHEMATICAL )?(BOLD ITALIC|BOLD SCRIPT|BOLD FRAKTUR|SANS-SERIF BOLD ITALIC|SANS-SERIF BOLD|SANS-SERIF ITALIC|BOLD|ITALIC"
    r"|SCRIPT|FRAKTUR|BLACK-LETTER|DOUBLE-STRUCK|SANS-SERIF|MONOSPACE)"
    r" (?:CAPITAL|SMALL|DIGIT|NABLA|PARTIAL|THETA|EPSILON|KAPPA|PHI|RHO|PI)\b"
)


def _pairs(table: str, prefix: str = "\\") -> dict[str, str]:
    words = table.split()
    return {char: prefix + name for char, name in zip(words[::2], words[1::2], strict=True)}


def in_font(font: str, tex: str) -> str:
    """LaTeX in a font of `FONTS`: Greek and symbols, for which `\\mathbf` has no bold, in `\\boldsymbol`."""
    if not font:
        return tex
    for command in reversed(font.split("\\")[1:]):
        if tex.startswith("\\") and command in ("mathbf", "mathsf", "mathtt", "mathcal", "mathbb", "mathfrak"):
            if command != "mathbf":
                continue
            command = "boldsymbol"
        tex = f"\\{command}{{{tex}}}"
    return tex


def _alphabets(known: dict[str, str]) -> dict[str, str]:
    """Mathematical Alphanumeric Symbols, and the letterlike symbols that fill their holes."""
    table = {}
    for char in map(chr, [*range(0x2102, 0x2140), *range(0x1D400, 0x1D800)]):
        if char not in known and (style := STYLE.match(unicodedata.name(char, ""))):
            plain = chr(
                int(unicodedata.decomposition(char).split()[-1], 16)
            )  # not NFKC, to which the forms of phi are one
            table[char] = in_font(FONTS[style[1]], known.get(plain, plain))
    return table


def _table() -> dict[str, str]:
    known = (
        _pairs(GREEK)
        | _pairs(OPERATORS)
        | _pairs(ARROWS)
        | _pairs(OTHER)
        | _pairs(NEGATED, "\\not\\")
        | {"\u2329": r"\langle", "\u232a": r"\rangle", "\u025b": r"\varepsilon"}
        | PLAIN
        | PRIVATE
        | SPACES
    )
    fractions = {c: unicodedata.normalize("NFKC", c) for c in map(chr, [*range(0xBC, 0xBF), *range(0x2150, 0x215F)])}
    parts = {c: text.split("⁄") for c, text in fractions.items()}
    known |= {c: rf"\frac{{{over}}}{{{under}}}" for c, (over, under) in parts.items()}
    return known | _alphabets(known) | dict.fromkeys(INVISIBLE, "")


LATEX: dict[str, str] = _table()
"""Character to LaTeX in math mode. Empty for invisible characters."""

SUPERSCRIPT = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ", "0123456789+-=()ni", strict=True))
SUBSCRIPT = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₔₕₖₗₘₙₚₛₜᵢᵣᵤᵥⱼ", "0123456789+-=()aeoxəhklmnpstiruvj", strict=True))
SCRIPTS = str.maketrans(SUPERSCRIPT | SUBSCRIPT)
SUPER, SUB = "".join(SUPERSCRIPT), "".join(SUBSCRIPT)
ALPHANUMERIC = re.compile("[\U0001d400-\U0001d7ff\u210e]+")
SCRIPTED = re.compile(rf"(?:(?<![^\W\d_][^\W\d_])(?<=[^\W\d_])|(?<=[0-9)\]}}|]))(?:[{SUPER}]+|[{SUB}]+)+")
UNICODE_MATH = frozenset((*map(chr, range(0x1D400, 0x1D800)), "\u210e", *SUPER, *SUB))
"""What `unicode_math` may change."""
RUN = re.compile(f"[{SUPER}]+|[{SUB}]+")


def unicode_math(text: str) -> str:
    """Text outside formulas with styled letters as plain ones and `x²`, `10⁻³`, `a₁` as `x^{2}`, `10^{-3}`, `a_{1}`.

    After a longer word (`km²`, `note¹`) raised and lowered characters stay as they are: they may be units or references.
    """
    text = ALPHANUMERIC.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    return SCRIPTED.sub(lambda match: scripts(match[0]), text)


def scripts(text: str) -> str:
    """Superscript and subscript characters as `^{...}` and `_{...}`, other characters as they are."""
    return RUN.sub(lambda run: ("^" if run[0][0] in SUPERSCRIPT else "_") + "{" + run[0].translate(SCRIPTS) + "}", text)
