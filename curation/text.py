r"""The one text profile that is safe for mathematics: what counts as maths, and what counts as a word.

Heuristics made for prose misread formulas: they take `\frac` for a bad word, a formula for a foreign language, and `x^2` and
`x^3` for the same text. Steps that look at language leave out what `MATH` matches; steps that compare texts use `words`, where
commands, numbers and operators count.

All patterns are in the syntax of polars (Rust regex: no lookaround, linear time).
"""

from __future__ import annotations

import polars as pl

ENVIRONMENT = r"(?:math|displaymath|equation|align|alignat|aligned|gather|multline|eqnarray|split|cases|array|[a-zA-Z]?matrix|tikzcd)"
MATH = (
    r"\$\$[^$]{1,1000}\$\$"
    r"|\$[^\s$](?:[^$\n]{0,300}[^\s$])?\$"
    r"|\\\((?s:.{1,300}?)\\\)"
    r"|\\\[(?s:.{1,1000}?)\\\]"
    rf"|\\begin\{{{ENVIRONMENT}\*?\}}(?s:.{{1,1000}}?)\\end\{{{ENVIRONMENT}\*?\}}"
    r"|\\(?:text[a-z]*|emph|[a-z]*section|chapter|title|caption|item|footnote|begin|end|label)\b"
    r"|\\[A-Za-z]+(?:\{[^{}\n]{0,80}\})*"
)
r"""A formula between delimiters, a maths environment, or a lone command with its simple arguments (not those that are prose: `\emph{...}`).

`$` opens before and closes after a character that is no blank, so that prices in a sentence are no formula. Lengths are bounded because
an unbounded `\[` without its end would be searched for again at every later match; of a longer formula the commands still match.
"""

WORD = r"\\[A-Za-z]+|[\p{L}\p{M}]+|\p{N}+|[^\s\p{L}\p{M}\p{N}]"
"""A TeX command, a run of letters, a number, or one other character."""


def without_math(text: pl.Expr) -> pl.Expr:
    """The text with a blank for each formula: what language identification should see."""
    return text.str.replace_all(MATH, " ")


def words(text: pl.Expr) -> pl.Expr:
    """Words of each text as a list of strings, in lower case except TeX commands, whose case means something (`\\Delta`, `\\delta`)."""
    return text.str.extract_all(WORD).list.eval(
        pl.when(pl.element().str.starts_with("\\")).then(pl.element()).otherwise(pl.element().str.to_lowercase())
    )
