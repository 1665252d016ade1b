r"""The one text profile that is safe for mathematics: what counts as maths, and what counts as a word.

Heuristics made for prose misread formulas: they take `\frac` for a bad word, a formula for a foreign language, and `x^2` and
`x^3` for the same text. Steps that look at language leave out what `MATH` matches; steps that compare texts use `words`, where
commands, numbers and operators count.

Both come in two forms that agree exactly. `without_math` and `words`, in polars, say what they are. `without_formulas`, `word_hashes`,
`word_spans` and `normalised` are native loops over UTF-8 (`curation/_formulas.py`, `curation/_words.py`), five and twenty times as
fast, for what runs over every page. Left out: stemming, and words of scripts that write no blanks, where a run of letters is one word.

All patterns are in the syntax of polars (Rust regex: no lookaround, linear time).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

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


def without_formulas(texts: pl.Series) -> pl.Series:
    """The same as `without_math`, in a native loop that takes linear time whatever the text; null stays null."""
    from curation import _formulas
    from curation._utf8 import series, utf8

    return series(texts, *_formulas.without(*utf8(texts), _formulas.kinds()))


def prose(texts: pl.Series) -> pl.Series:
    """Words of the sentences of each text, a blank between two, without formulas, code and addresses: what language should be judged by.

    Left out are formulas (`without_formulas`); of the rest what has anything but letters, apostrophes and hyphens inside, or a capital
    after its first letter (`scipy.stats.norm`, `x_1`, `https://...`, `numFields`), since it is a name in no language; single letters; and
    lines that hold more of such things than words. null stays null.
    """
    from curation import _prose, _words
    from curation._utf8 import series, utf8

    return series(texts, *_prose.prose(*utf8(without_formulas(texts)), _words.tables()))


def words(text: pl.Expr) -> pl.Expr:
    """Words of each text as a list of strings, in lower case except TeX commands, whose case means something (`\\Delta`, `\\delta`).

    Lower case is that of single characters, and each stays one: a final `Σ` is `σ`, `İ` stays.
    """
    word, letters = pl.element(), pl.element().str.replace_all("Σ", "σ", literal=True).str.split("İ")
    lower = letters.list.eval(pl.element().str.to_lowercase()).list.join("İ")
    return text.str.extract_all(WORD).list.eval(pl.when(word.str.starts_with("\\")).then(word).otherwise(lower))


class Hashes(NamedTuple):
    """Words of a column of texts as 64-bit hashes, equal for equal words; text `n` has those from `firsts[n]` up to `firsts[n + 1]`."""

    hashes: npt.NDArray[np.uint64]
    firsts: npt.NDArray[np.int64]


class Spans(NamedTuple):
    """Bytes of a text's UTF-8 where each of its words starts, and after it; text `n` has those from `firsts[n]` up to `firsts[n + 1]`."""

    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    firsts: npt.NDArray[np.int64]


def word_hashes(texts: pl.Series) -> Hashes:
    """Hashes of the words of each text, in order; a null text has none."""
    from curation import _words
    from curation._utf8 import utf8

    return Hashes(*_words.hashed(*utf8(texts), _words.tables()))


def word_spans(texts: pl.Series) -> Spans:
    """Where the words of each text are, in order; a null text has none."""
    from curation import _words
    from curation._utf8 import utf8

    return Spans(*_words.placed(*utf8(texts), _words.tables()))


def normalised(texts: pl.Series) -> pl.Series:
    """The words of each text as one text with a blank between two; null stays null. What is normalised stays as it is.

    Texts that become equal have the same words: they differ in blanks and letter case at most.
    """
    from curation import _words
    from curation._utf8 import series, utf8

    return series(texts, *_words.normalised(*utf8(texts), _words.tables()))
