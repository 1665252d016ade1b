r"""What a text classifier sees of a text, the same when it learns and when it judges.

After MegaMath (section 2.1.3 of its paper: one normalisation at both ends took F1 on unseen sources from 82 to 99), with two changes for
mathematics. Operators and TeX commands stay, as words of their own, because they are what tells a formula from prose: on the sources of
`../shared/data/text`, each left out in turn, F1 is 0.91 with them and 0.84 with letters and numbers alone. And nothing stands for a line
break, of which MegaMath's code leaves none before it looks for them. Delimiters of formulas are all dollars, since a site's habit says
nothing (of the maths pages of the embedded crawl 97.0 % are told and not 95.1 %), and the frame of a table is none of its text (of 150
pages of PlanetMath, which end with a table about themselves, 148 are told and not 137). Text is one line; nothing in it can be taken for
a label or for the end of a line, since `_` is an operator and `<num>` is only what we write.

Left out: stemming, and splitting scripts that write no blanks.
"""

from __future__ import annotations

import re

import polars as pl

OPERATORS = "=+<>^_{}|/*$~\\-±×÷·¬≤≥≠≈≡∈∑∏∫√∞∂∇∀∃→⇒⇔∪∩⊂⊆∧∨⁄−"
NUMBER = "<num>"
DELIMITERS = {r"\(": "$", r"\)": "$", r"\[": "$$", r"\]": "$$"}
"""Of formulas: the same, however a page writes them."""
TABLE = r"(?m)^\| ---(?: \| ---)* \|$|^\| | \|$"
"""Rules and edges of a Markdown table, which an extractor wrote: no operators."""
LONGEST_WORD = 100
"""Characters; longer words are encoded files and keys."""
_OTHER = r"[^\p{L}\p{M}\p{N}" + re.escape(OPERATORS) + "]+"


def classifier_text(text: pl.Expr, max_chars: int) -> pl.Expr:
    """The first `max_chars` characters of each text as lower-case words, numbers as `<num>`, and operators, with blanks between."""
    padded = [f" {operator}" if operator == "\\" else f" {operator} " for operator in OPERATORS]
    plain = text.fill_null("").str.head(max_chars).str.normalize("NFKC").str.to_lowercase()
    plain = plain.str.replace_many(list(DELIMITERS), list(DELIMITERS.values()))
    plain = plain.str.replace_all(TABLE, " ").str.replace_all(" | ", " ", literal=True)
    spaced = plain.str.replace_all(_OTHER, " ").str.replace_many(list(OPERATORS), padded)
    counted = spaced.str.replace_all(r"\p{N}+", f" {NUMBER} ")
    return counted.str.replace_all(rf"\S{{{LONGEST_WORD + 1},}}", "").str.strip_chars()
