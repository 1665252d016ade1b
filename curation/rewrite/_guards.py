"""What a rewrite lost, changed or added, measured on the pair of texts, and the verdict on it by the first guard that fails.

    guard      what it looks at                                                    columns
    refusal    the reply says that it does not do the work                         refusal
    length     words written: too few for those of the source that are no noise,
               or too many for all of them                                         length_ratio
    language   share of letters in sentences that are not English, if the source is  foreign
    loop       runs of words that stand there more often than in the source        loop
    numbers    that are gone, stand nowhere in the source, changed places or unit  numbers_lost, numbers_added
    formulas   the same of formulas                                                formulas_lost, formulas_added
    hole       longest part of the source of which nothing came back; options of
               a question that are gone, or have other numbers                     hole (share), hole_words, options_lost
    answer     statements of an answer that the source does not make               answers_added
    meta       it speaks of itself: `Here is ...`, `Note: I removed ...`, or
               stands in a fence as a whole                                        meta
    invented   longest part of the rewrite that has nothing in the source; links,
               tags, tokens of a chat, orders to a model and sentences with next
               to no word of it                                                    added_words, strange

Numbers and formulas are compared after both texts are brought to one form (`_guards_text.py`, `_guards_streams.py`), and judged where
they stand (`_guards_facts.py`): a number whose neighbours have another number in the source has been changed, though it stands elsewhere
in it. Noise may go, with its numbers (`_guards_noise.py`): lines by what they say (`_guards_phrases.py`), short lines around a date, and
rows of page numbers. A sentence has gone if its words stand nowhere together, or nearly all of them stand there less often than in the
source (`_guards_holes.py`). What a reply says of its own is told by its wording (`_guards_edges.py`).

Left out: facts that are told in words alone (a `not` that is gone), single letters that are exchanged where the other one would fit
as well, and arithmetic.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import polars as pl

from curation.rewrite._guards_edges import said
from curation.rewrite._guards_phrases import answers_added, options_lost
from curation.rewrite._guards_streams import read
from curation.rewrite._guards_text import tidy

FAITHFUL = "faithful"
SCHEMA: dict[str, type[pl.DataType]] = {
    "refusal": pl.Boolean, "meta": pl.Boolean, "length_ratio": pl.Float64, "foreign": pl.Float64, "loop": pl.UInt32,
    "numbers_lost": pl.UInt32, "numbers_added": pl.UInt32, "formulas_lost": pl.UInt32, "formulas_added": pl.UInt32,
    "hole": pl.Float64, "hole_words": pl.UInt32, "options_lost": pl.UInt32, "answers_added": pl.UInt32, "added_words": pl.UInt32,
    "strange": pl.UInt32,
}  # fmt: skip
OUT_OF_PROPORTION = 4
"""A text so many times as long as its source, and `LONG_REPLY` characters more, is not looked at further: it is too long, by characters."""
LONG_REPLY = 20_000


class Limits(NamedTuple):
    """What the guards allow."""

    shortest: float = 0.5
    longest: float = 1.6
    """Words of a rewrite for each of its source: those that are no noise for the one bound, all of them for the other."""
    foreign: float = 0.0
    """Share of the letters that may stand in sentences of another language."""
    loop: int = 10
    """Repetitions too many, from which on it is one."""
    hole_words: int = 10
    added_words: int = 30
    """Words of a part without counterpart, from which on it is missed, or invented; `STOPS` and signs do not count."""


LIMITS = Limits()


def measured(source: pl.Series, written: pl.Series, *, adds: bool = False) -> pl.DataFrame:
    """The measures of the guards, one row for each pair; null where `written` is null. adds: a text may say more than its source."""
    rows = [None if w is None else _measures(s or "", w, adds) for s, w in zip(source, written, strict=True)]
    nothing = dict.fromkeys(SCHEMA)
    return pl.DataFrame([row or nothing for row in rows], schema=SCHEMA, orient="row")


def verdicts(measures: pl.DataFrame, **changed: float) -> pl.Series:
    """`faithful`, or the name of the first guard that failed; null where nothing was written. changed: other limits than `LIMITS`."""
    limits = LIMITS._replace(**changed)  # type: ignore[arg-type]
    fails = {
        "refusal": pl.col("refusal"),
        "length": ~pl.col("length_ratio").is_between(limits.shortest, limits.longest),
        "language": pl.col("foreign") > limits.foreign,
        "loop": pl.col("loop") >= limits.loop,
        "numbers": pl.col("numbers_lost") + pl.col("numbers_added") > 0,
        "formulas": pl.col("formulas_lost") + pl.col("formulas_added") > 0,
        "hole": (pl.col("hole_words") >= limits.hole_words) | (pl.col("options_lost") > 0),
        "answer": pl.col("answers_added") > 0,
        "meta": pl.col("meta"),
        "invented": (pl.col("added_words") >= limits.added_words) | (pl.col("strange") > 0),
    }
    verdict = pl.coalesce(*(pl.when(failed).then(pl.lit(name)) for name, failed in fails.items()), pl.lit(FAITHFUL))
    return measures.select(pl.when(pl.col("refusal").is_not_null()).then(verdict).alias("verdict")).to_series()


def _measures(source: str, written: str, adds: bool) -> dict[str, Any]:
    from curation.rewrite._guards_facts import formulas_of, numbers_of
    from curation.rewrite._guards_holes import kept_of, language_of
    from curation.rewrite._guards_units import signs_changed, units_changed

    row: dict[str, Any] = said(written, source, adds)._asdict()
    if len(written) > OUT_OF_PROPORTION * len(source) + LONG_REPLY:
        return (
            row | {name: 0 for name in SCHEMA if name not in row} | {"length_ratio": len(written) / max(len(source), 1)}
        )
    ids: dict[str, int] = {}
    s, w = read(source, ids), read(written, ids)
    kept = kept_of(s, w, len(ids))
    numbers = numbers_of(s, w, len(ids), kept)
    numbers["numbers_added"] += units_changed(s, w, kept.dropped) + signs_changed(s, w, kept.dropped)
    return (
        row
        | kept.row
        | language_of(s, w, ids)
        | numbers
        | formulas_of(s, w, ids, kept)
        | {
            "answers_added": answers_added(
                *(tidy(text.replace("\\boxed{", " answer: {")) for text in (written, source))
            ),
            "options_lost": options_lost(source, written),
        }
    )


def nothing_but_noise(text: str) -> bool:
    """Whether every line of a text is noise."""
    from curation.rewrite._guards_noise import noise_of

    return bool(noise_of(read(text, {})).all())
