r"""Names that `tex_equal.py` knows: synonyms, commands by the number of their arguments, what only sizes or spaces a formula."""

from __future__ import annotations


def _groups(table: str) -> dict[str, str]:
    """Each name of a line to the first one."""
    lines = [line.split() for line in table.strip().splitlines()]
    return {name: line[0] for line in lines for name in line[1:]}


SYNONYMS = _groups(r"""
\leq \le ≤
\geq \ge ≥
\neq \ne ≠
\to \rightarrow → \longrightarrow
\leftarrow \gets ← \longleftarrow
\leftrightarrow ↔ \longleftrightarrow
\Rightarrow \implies \Longrightarrow ⇒
\Leftarrow \impliedby \Longleftarrow
\Leftrightarrow \iff \Longleftrightarrow ⇔
\mapsto \longmapsto
\uparrow \uArr
\{ \lbrace
\} \rbrace
[ \lbrack
] \rbrack
| \vert \lvert \rvert \mid \shortmid \divides ∣
\langle ⟨ \lang
\rangle ⟩ \rang
\wedge \land ∧
\vee \lor ∨
\neg \lnot ¬
\ni \owns
\emptyset \varnothing ∅
\setminus \smallsetminus \backslash ∖
\ldots \dots \dotsc \dotso … \mathellipsis \textellipsis
\cdots \dotsb \dotsm \dotsi ⋯
\cdot \cdotp \centerdot ⋅ · \textperiodcentered
: \colon
. \ldotp
, \comma
* \ast ∗
< \lt
> \gt
/ \slash
- − \textminus
\sim \thicksim ∼
\approx \thickapprox ≈
\perp \bot ⊥
\models \vDash ⊨
\propto \varpropto ∝
\hbar \hslash ℏ
\triangleleft \lhd \vartriangleleft
\triangleright \rhd \vartriangleright
\trianglelefteq \unlhd
\trianglerighteq \unrhd
\triangle \vartriangle \bigtriangleup △
\bigtriangledown \triangledown
\lozenge \Diamond ◊
\square \Box □ ◻
\leadsto \rightsquigarrow
\upharpoonright \restriction
\bowtie \Join
\Cap \doublecap
\Cup \doublecup
\lll \llless
\ggg \gggtr
\doteqdot \Doteq
\lneqq \lvertneqq
\gneqq \gvertneqq
\subsetneq \varsubsetneq
\supsetneq \varsupsetneq
\subsetneqq \varsubsetneqq
\supsetneqq \varsupsetneqq
\frown \smallfrown
\smile \smallsmile
\nmid \nshortmid
\nparallel \nshortparallel
\bullet ∙ •
\dagger \dag
\ddagger \ddag
\int \intop \smallint ∫
\sum ∑
\prod ∏
\infty ∞
\times ×
\pm ±
\in ∈
\Gamma \varGamma Γ
\Delta \varDelta Δ ∆
\Theta \varTheta Θ
\Lambda \varLambda Λ
\Xi \varXi Ξ
\Pi \varPi Π
\Sigma \varSigma Σ
\Upsilon \varUpsilon Υ
\Phi \varPhi Φ
\Psi \varPsi Ψ
\Omega \varOmega Ω
\alpha α
\beta β
\gamma γ
\delta δ
\varepsilon ε
\epsilon ϵ
\theta θ
\lambda λ
\mu μ µ
\pi π
\rho ρ
\sigma σ
\tau τ
\varphi φ
\phi ϕ
\chi χ
\psi ψ
\omega ω
\prime ′ \textquotesingle
\circ ∘
\frac \dfrac \tfrac \cfrac \nicefrac \sfrac
\binom \dbinom \tbinom
\overset \stackrel \stackbin
\hat \widehat
\tilde \widetilde
\bar \overline \widebar
\vec \overrightarrow
\check \widecheck
\boldsymbol \bm \pmb
\operatorname \operatorname*
\% %
\, \thinspace
\; \thickspace
\: \medspace \>
\! \negthinspace
""") | {
    r"\|": "| |", r"\Vert": "| |", r"\lVert": "| |", r"\rVert": "| |", r"\parallel": "| |", r"\shortparallel": "| |", "‖": "| |",
    "∥": "| |", r"\Arrowvert": "| |", "||": "| |", "...": r"\ldots", r"\idotsint": r"\int \cdots \int", r"\AA": "Å", r"\And": r"\&",
    r"\dblcolon": ": :", r"\coloneqq": ": =", r"\eqqcolon": "= :",
    r"\coloneq": ": -", r"\Coloneqq": ": : =", "″": r"\prime \prime",
}  # fmt: skip
UPRIGHT = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi omicron pi varpi"
    " rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
).split()
SYNONYMS |= {rf"\up{name}": rf"\{name}" for name in UPRIGHT if name[0].islower()}
SYNONYMS |= {rf"\Up{name.lower()}": rf"\{name}" for name in UPRIGHT if name[0].isupper()}
"""MathML has no upright Greek letters of its own."""

SIZES = frozenset(
    rf"\{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r", "m")
) | {r"\left", r"\right", r"\middle"}  # fmt: skip
DROPPED = frozenset(
    r"""\displaystyle \textstyle \scriptstyle \scriptscriptstyle \mathstrut \strut \! \, \: \; \> \  \quad \qquad \enspace \nobreak
    \allowbreak \null \hfill \hfil \nonumber \notag \shoveleft \shoveright \hline \hdashline \relax
    \enskip \/ \( \) \negmedspace \negthickspace \nobreakspace
    \normalsize \small \large \Large \tiny \footnotesize \limits \nolimits \displaylimits \indent \noindent \nolinebreak \goodbreak
    \space \tiny \Tiny \scriptsize \LARGE \huge \Huge \break \nonscript \hfilneq \thinspace""".split()
) | {"\\ ", "\\\n", "\\\t", "\\\u00a0"}  # fmt: skip
DROPPED_WITH_ARGUMENT = {
    r"\label": 1, r"\tag": 1, r"\tag*": 1, r"\hspace": 1, r"\hspace*": 1, r"\mspace": 1, r"\vspace": 1, r"\color": 1, r"\require": 1,
    r"\phantom": 1, r"\hphantom": 1, r"\vphantom": 1, r"\rule": 2, r"\cline": 1, r"\vspace*": 1, r"\mathtip": 0, r"\Space": 3,
}  # fmt: skip
UNWRAPPED = {
    r"\mathord": 0, r"\mathbin": 0, r"\mathrel": 0, r"\mathopen": 0, r"\mathclose": 0, r"\mathpunct": 0, r"\mathinner": 0,
    r"\smash": 0, r"\rlap": 0, r"\llap": 0, r"\mathrlap": 0, r"\mathllap": 0, r"\mathclap": 0, r"\clap": 0, r"\ensuremath": 0,
    r"\textcolor": 1, r"\colorbox": 1, r"\href": 1, r"\class": 1, r"\cssId": 1, r"\style": 1,
    r"\displayindent": 0, r"\raisebox": 1, r"\vcenter": 0, r"\bbox": 0, r"\crampedsubstack": 0, r"\uppercase": 0,
    r"\cramped": 0, r"\hsmash": 0, r"\mathmakebox": 0, r"\adjustlimits": 0, r"\data": 1,
}  # fmt: skip
"""Commands that print their last argument, to the number of those before it."""
FONTS = {
    r"\mathrm": "rm", r"\mathup": "rm", r"\operatorname": "rm", r"\mathbf": "bf", r"\bold": "bf", r"\mathit": "it", r"\mathnormal": "it",
    r"\boldsymbol": "bs", r"\mathcal": "cal", r"\mathscr": "cal", r"\mathbfscr": "bf cal", r"\mathbfsf": "bf sf",
    r"\mathbfsfup": "bf sf", r"\mathbffrak": "bf frak",
    r"\mathfrak": "frak", r"\frak": "frak", r"\mathbb": "bb", r"\Bbb": "bb",
    r"\mathds": "bb", r"\mathbbm": "bb", r"\mathsf": "sf", r"\mathtt": "tt", r"\symbf": "bf", r"\symrm": "rm", r"\symup": "rm",
    r"\mathbbmss": "bb", r"\symbb": "bb", r"\symcal": "cal", r"\symscr": "cal", r"\symfrak": "frak", r"\symsf": "sf", r"\symtt": "tt",
    r"\symit": "it", r"\symnormal": "it", r"\symbfup": "bf", r"\mathbbmtt": "bb", r"\operatornamewithlimits": "rm", r"\symsfup": "sf",
    r"\mathbfcal": "cal", r"\mathbfit": "bs", r"\symbfit": "bs", r"\mathsfup": "sf", r"\mathsfit": "sf",
}  # fmt: skip
SWITCHES = {
    r"\rm": "rm", r"\bf": "bf", r"\it": "it", r"\mit": "it", r"\cal": "cal", r"\scr": "cal", r"\sf": "sf", r"\tt": "tt", r"\oldstyle": "",
    r"\rmfamily": "rm", r"\bfseries": "bf", r"\itshape": "it", r"\em": "it",
}  # fmt: skip
TEXT = {
    r"\text": "rm", r"\textrm": "rm", r"\textnormal": "rm", r"\mbox": "rm", r"\hbox": "rm", r"\textup": "rm", r"\textsc": "rm",
    r"\textbf": "bf", r"\textit": "it", r"\emph": "it", r"\textsl": "it", r"\texttt": "tt", r"\textsf": "sf", r"\intertext": "rm",
    r"\shortintertext": "rm", r"\textmd": "rm", r"\makebox": "rm",
}  # fmt: skip
FUNCTIONS = {
    "\\" + name: name
    for name in (
        "arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim liminf limsup ln log max min Pr sec sin sinh"
        " sup tan tanh injlim projlim tg ctg cotg arctg arcctg sh ch th cth cosec"
    ).split()
} | {r"\bmod": "mod", r"\mod": "mod"}
ACCENTS = {
    "\\" + name: name
    for name in (
        "hat bar tilde vec dot ddot dddot ddddot check breve acute grave mathring underline overleftarrow"
        " overleftrightarrow underrightarrow"
        " underleftarrow overbrace underbrace overparen underparen overbracket underbracket boxed cancel bcancel xcancel utilde"
        " underleftrightarrow overrightharpoon overleftharpoon"
    ).split()
}
ARGUMENTS = {
    r"\frac": 2, r"\binom": 2, r"\enclose": 2, r"\cancelto": 2, r"\genfrac": 6, r"\sideset": 3, r"\mathchoice": 4,
}  # fmt: skip
FENCED = {
    r"\matrix": ("", True, ""), r"\pmatrix": ("(", True, ")"), r"\cases": (r"\{", True, ""), r"\eqalign": ("", True, ""),
    r"\displaylines": ("", True, ""), r"\eqalignno": ("", True, ""), r"\leqalignno": ("", True, ""),
    r"\abs": ("|", False, "|"), r"\norm": ("||", False, "||"), r"\bra": (r"\langle", False, "|"), r"\ket": ("|", False, r"\rangle"),
    r"\braket": (r"\langle", False, r"\rangle"), r"\Bra": (r"\langle", False, "|"), r"\Ket": ("|", False, r"\rangle"),
    r"\Braket": (r"\langle", False, r"\rangle"), r"\array": ("", True, ""), r"\Set": (r"\{", False, r"\}"),
    r"\set": (r"\{", False, r"\}"), r"\pod": ("(", False, ")"),
}  # fmt: skip
ENVIRONMENTS = {
    "array": 1,
    "alignat": 1,
    "alignedat": 1,
    "xalignat": 1,
    "xxalignat": 1,
    "darray": 1,
    "subarray": 1,
    "tabular": 1,
}
"""Arguments of environments."""
BIG = frozenset(
    r"""\sum \prod \coprod \bigcup \bigcap \bigoplus \bigotimes \bigodot \bigvee \bigwedge \biguplus \bigsqcup \int \iint \iiint
    \iiiint \oint \oiint \oiiint""".split()
)
