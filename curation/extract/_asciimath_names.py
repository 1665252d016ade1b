r"""The names of AsciiMath (version 2.3, with the TeX names it also knows): what each is in the grammar, and its LaTeX.

In the tables a name is followed by its LaTeX; where these are the same but for a backslash, only the name stands.
"""

from __future__ import annotations

import re

SAME = """alpha beta chi delta Delta epsilon varepsilon eta gamma Gamma iota kappa lambda Lambda mu nu omega Omega phi varphi Phi pi Pi
psi Psi rho sigma Sigma tau theta vartheta Theta upsilon xi Xi zeta cdot ast star backslash setminus times ltimes rtimes bowtie div circ
oplus ominus otimes odot wedge vee cap cup dagger ddagger ne le leq ge geq ll gg prec succ preceq succeq in notin subset supset subseteq
supseteq equiv cong approx sim propto neg forall exists bot top vdash models int oint partial nabla pm mp emptyset infty aleph ldots
therefore because angle triangle frown quad qquad cdots vdots ddots diamond square lfloor rfloor hbar dim uparrow downarrow rightarrow to
rightarrowtail twoheadrightarrow twoheadrightarrowtail mapsto leftarrow leftrightarrow Rightarrow Leftarrow Downarrow Leftrightarrow
rightleftharpoons enspace"""
RENAMED = r"""
epsi \epsilon lamda \lambda Lamda \Lambda * \cdot ** \ast *** \star // / \\ \backslash xx \times |>< \ltimes ><| \rtimes |><| \bowtie
-: \div divide \div @ \circ o+ \oplus o- \ominus ox \otimes o. \odot ^^ \wedge vv \vee nn \cap uu \cup dag \dagger ddag \ddagger
!= \ne := := lt < <= \le lt= \le gt > mlt \ll >= \ge gt= \ge mgt \gg -< \prec -lt \prec >- \succ -<= \preceq >-= \succeq !in \notin
sub \subset !sub \not\subset notsubset \not\subset not\subset \not\subset sup \supset !sup \not\supset notsupset \not\supset
not\supset \not\supset sube \subseteq !sube \nsubseteq notsubseteq \nsubseteq not\subseteq \nsubseteq
supe \supseteq !supe \nsupseteq notsupseteq \nsupseteq not\supseteq \nsupseteq
-= \equiv !-= \not\equiv notequiv \not\equiv not\equiv \not\equiv ~= \cong ~~ \approx ~ \sim prop \propto
not \neg => \Rightarrow implies \Rightarrow <=> \Leftrightarrow iff \Leftrightarrow AA \forall EE \exists _|_ \perp TT \top
|-- \vdash |== \models :|: | del \partial grad \nabla +- \pm -+ \mp O/ \emptyset oo \infty ... \ldots :. \therefore :' \because
/_ \angle /_\ \triangle ' ' prime ' thinspace \, |__ \lfloor __| \rfloor |~ \lceil ~| \rceil lceiling \lceil rceiling \rceil
CC \mathbb{C} NN \mathbb{N} QQ \mathbb{Q} RR \mathbb{R} ZZ \mathbb{Z} mod \bmod lub \operatorname{lub} glb \operatorname{glb}
uarr \uparrow darr \downarrow rarr \rightarrow -> \to >-> \rightarrowtail ->> \twoheadrightarrow >->> \twoheadrightarrowtail |-> \mapsto
larr \leftarrow harr \leftrightarrow rArr \Rightarrow lArr \Leftarrow dArr \Downarrow hArr \Leftrightarrow dx dx dy dy dz dz dt dt"""
LARGE = r"""sum \sum prod \prod ^^^ \bigwedge bigwedge \bigwedge vvv \bigvee bigvee \bigvee nnn \bigcap bigcap \bigcap uuu \bigcup
bigcup \bigcup lim \lim Lim \operatorname*{Lim} min \min max \max"""
NAMED = "sin cos tan sinh cosh tanh cot sec csc arcsin arccos arctan coth exp log ln det gcd"
UNNAMED = """arcsec arccsc arccot sech csch lcm Sin Cos Tan Arcsin Arccos Arctan Sinh Cosh Tanh Cot Sec Csc Log Ln"""
LEFT = r"( ( left( ( [ [ left[ [ { \{ |: | (: \langle langle \langle << \langle {: ."
RIGHT = r") ) right) ) ] ] right] ] } \} :| | :) \rangle rangle \rangle >> \rangle :} ."
ACCENTS = r"""hat \hat bar \bar overline \overline vec \vec dot \dot ddot \ddot tilde \tilde ul \underline underline \underline
overarc \overset{\frown} overparen \overset{\frown} cancel \cancel sqrt \sqrt"""
BRACES = r"ubrace \underbrace underbrace \underbrace obrace \overbrace overbrace \overbrace"
WIDE = {r"\hat": r"\widehat", r"\bar": r"\overline", r"\vec": r"\overrightarrow", r"\tilde": r"\widetilde"}
FONTS = r"""bb \mathbf mathbf \mathbf bold \mathbf sf \mathsf mathsf \mathsf sfit \mathsfit bbsf \mathbf\mathsf bbb \mathbb mathbb \mathbb
cc \mathcal mathcal \mathcal bbcc \mathbf\mathcal tt \mathtt mathtt \mathtt fr \mathfrak mathfrak \mathfrak bbfr \mathbf\mathfrak
bbit \boldsymbol bbsfit \mathbf\mathsfit"""
FENCES = {
    "abs": "||",
    "Abs": "||",
    "norm": (r"\|", r"\|"),
    "floor": (r"\lfloor", r"\rfloor"),
    "ceil": (r"\lceil", r"\rceil"),
}
BINARY = ("root", "frac", "stackrel", "overset", "underset", "color", "id", "class")

ESCAPED = {"#": r"\#", "%": r"\%", "&": r"\&", "$": r"\$", "\\": r"\backslash", "_": r"\_", "^": r"\hat{\ }"}
ESCAPED["\u00a0"] = r"\ "


def _pairs(table: str) -> dict[str, str]:
    words = table.split()
    return dict(zip(words[::2], words[1::2], strict=True))


def _symbols() -> dict[str, tuple[str, str]]:
    found = {name: ("constant", "\\" + name) for name in SAME.split()} | {"\\ ": ("constant", r"\ ")}
    found |= {name: ("function", "\\" + name) for name in NAMED.split()}
    found |= {name: ("function", rf"\operatorname{{{name}}}") for name in UNNAMED.split()}
    found |= {name: ("letter", name) for name in "fg"} | {name: ("infix", name) for name in "_^/"}
    found |= {name: ("constant", rf"\text{{ {name} }}") for name in ("and", "or", "if")}
    found |= {name: ("fence", name) for name in FENCES} | {name: ("binary", name) for name in BINARY}
    found |= {"|": ("bar", "|")} | {name: ("text", name) for name in ("text", "mbox", "mspace", '"')}
    tables = {"constant": RENAMED, "large": LARGE, "left": LEFT, "right": RIGHT, "accent": ACCENTS, "brace": BRACES}
    for kind, table in (tables | {"font": FONTS}).items():
        found |= {name: (kind, tex) for name, tex in _pairs(table).items()}
    return found


SYMBOLS = _symbols()
NAMES = "|".join(map(re.escape, sorted(SYMBOLS, key=lambda name: (-len(name), name))))
TOKEN = re.compile(rf"(\\\\|\\ )|\\?(?:({NAMES})|([0-9]+(?:\.[0-9]+)?|\.[0-9]+|[^\\]))|\\", re.S)
"""A name of backslashes; a name, or else a number or any character, after a backslash or not; a last backslash."""
