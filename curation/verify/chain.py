r"""What a chain of thought looks like from outside: how it ends, how it repeats itself, how long it is, how often it turns back.

A chain that ends at the right answer may still be one to learn nothing good from: cut off, caught in a loop, half in another language, its
answer said before any reason. OctoThinker found RL on long chains to collapse into endless ones and gives the texts as a cause; each
column here measures one such thing, and `keep` clauses decide (`docs/verify.md` has those of our recipes, and why).

    column                   what it says
    chain_words, chain_chars its length; words are what stands between blanks
    chain_boxes              boxes that are closed and not empty
    chain_answers            different answers in them, as `eval.grading.normalise` spells them, up to 9
    chain_before_box         words before the first box; few where the answer comes before the reasons. Null without a box
    chain_after_box          words after the last box
    chain_ending             box, stop (of a sentence), answer (the last line says it), formula, open formula, open code, cut, empty
    chain_loop               characters at the end that are one piece, three times or more
    chain_repeated           share of the words in runs of 10 words that stood there before
    chain_tail               share of the last 200 words in runs of 8 that stood there before, all numbers taken alike
    chain_letters            letters outside formulas and code, without those that name quantities (`x`, `sinθ`)
    chain_foreign            of these, the ones of another script than most
    chain_other_language     different words, outside formulas, that are common in another language (`phrases/common_words.txt`)
    chain_reflections        phrases of `phrases/reflection.txt`; a word is of one only
    chain_reflection_rate    the same for each thousand words

A formula counts as what it is: two formulas that differ in a sign repeat nothing but what they share. A sentence of another language has
some four to eight of its common words, a name one or two (`de Moivre`). Left out: languages that are not in the list, the sense of what is
said, and scripts without blanks, in which a line is a word.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import polars as pl
from pydantic import Field

from curate.errors import CurateError
from curate.step import score
from eval.grading import normalise

if TYPE_CHECKING:
    from curation.score._lines import Known
    from curation.score._phrases import Phrases

PHRASES = Path(__file__).with_name("phrases") / "reflection.txt"
COMMON = PHRASES.with_name("common_words.txt")
MAX_ANSWER = 300
"""Characters of an answer that is brought to its normal form; longer ones are compared as they are."""
SAID = r"(?i)^[\s*#>]*(?:####|A:|(?:the |final |so |thus |therefore |hence |,)*(?:final )?answer\b)[^\n]*[0-9A-Za-z}$%)*]\s*$"
"""A last line that says the answer."""
Words = Annotated[int, Field(ge=1)]
COUNTS = {
    "words": "chain_words", "boxes": "chain_boxes", "answers": "chain_answers", "loop": "chain_loop", "letters": "chain_letters",
    "foreign": "chain_foreign", "other_language": "chain_other_language", "reflections": "chain_reflections",
}  # fmt: skip


@score(
    reads=["$question"],
    uses=["numba", "polars"],
    files=["phrases/reflection.txt", "phrases/common_words.txt"],
    counts=["chain_ending"],
)
def chain(
    docs: pl.DataFrame,
    *,
    question: str | None = None,
    span: Words = 10,
    tail: Words = 200,
    tail_span: Words = 8,
    language: str = "en",
) -> pl.DataFrame:
    """Columns `chain_words` to `chain_reflection_rate`, as above: counts are UInt32, shares and the rate Float64.

    question: a column whose text, where the document holds it before the chain, is not looked at. span: words of a run that may be
    repeated. tail: words at the end that are looked at apart. tail_span: words of a run there. language: of the chains, one
    of `phrases/common_words.txt`; CurateError for another.
    """
    from curation._utf8 import utf8
    from curation._words import classes_of, tables
    from curation.score._marks import marked
    from curation.verify import _chain as counted

    text = _without(docs, question)
    data, bounds = utf8(text)
    found = np.zeros((docs.height, len(counted.NAMES)), np.int64)
    spans = np.zeros((docs.height, counted.DIFFERENT, 2), np.int64)
    shares = (span, tail, tail_span)
    words = (_known(), _others(language))
    counted.measure(data, bounds, *marked(text), tables(), classes_of(counted.SCRIPTS), words, *shares, found, spans)
    of = dict(zip(counted.NAMES, found.T, strict=True))
    for row in np.flatnonzero((of["answers"] > 1) & (of["answers"] <= counted.DIFFERENT)).tolist():
        of["answers"][row] = _different(data[bounds[row] : bounds[row + 1]], spans[row, : of["answers"][row]])
    return _columns(text, of)


def _columns(text: pl.Series, of: dict[str, np.ndarray]) -> pl.DataFrame:
    """The columns of chains from what was counted in each, (N,) by name."""
    from curation.verify import _chain as counted
    from curation.verify._repeats import MILLION

    boxed = pl.Series(of["boxes"] > 0)
    ending = pl.Series(np.array(counted.ENDINGS)[of["ending"]].tolist(), dtype=pl.String)
    last = text.str.strip_chars_end().str.tail(200).str.extract(r"([^\n]*)$")
    said = pl.Series(of["ending"] == counted.CUT) & last.str.contains(SAID).fill_null(False)
    made = {column: pl.Series(of[name], dtype=pl.UInt32) for name, column in COUNTS.items()}
    return pl.DataFrame(made).select(
        "chain_words",
        text.str.len_chars().cast(pl.UInt32).alias("chain_chars"),
        "chain_boxes",
        "chain_answers",
        pl.when(boxed).then(pl.Series(of["before"], dtype=pl.UInt32)).alias("chain_before_box"),
        pl.when(boxed).then(pl.Series(of["after"], dtype=pl.UInt32)).alias("chain_after_box"),
        pl.when(said).then(pl.lit("answer")).otherwise(ending).alias("chain_ending"),
        "chain_loop",
        pl.Series("chain_repeated", of["repeated"] / MILLION, pl.Float64),
        pl.Series("chain_tail", of["tail"] / MILLION, pl.Float64),
        "chain_letters",
        "chain_foreign",
        "chain_other_language",
        "chain_reflections",
        pl.Series("chain_reflection_rate", 1000 * of["reflections"] / of["words"].clip(1), pl.Float64),
    )


def _without(docs: pl.DataFrame, question: str | None) -> pl.Series:
    """The chains: texts without the question, and what a short solution writes before it, where they begin with it."""
    texts = docs["text"].fill_null("").rename("text")
    if question is None:
        return texts
    asked = docs[question].cast(pl.String).fill_null("")
    for before in ("", "Question: "):
        known = pl.DataFrame({"text": texts, "asked": before + asked})
        after = pl.col("text").str.strip_prefix(pl.col("asked"))
        texts = known.select(pl.when(asked != "").then(after).otherwise("text").alias("text"))["text"]
    return texts.str.strip_prefix("\nAnswer: ")


def _different(chain: np.ndarray, spans: np.ndarray) -> int:
    """Answers whose normal forms differ."""
    contents = [bytes(chain[start:end]).decode() for start, end in spans.tolist()]
    return len({normalise(one) if len(one) <= MAX_ANSWER else one for one in contents})


@functools.cache
def _known() -> Known:
    from curation.score._lines import known_phrases

    return known_phrases([_lines(PHRASES)])


@functools.cache
def _others(language: str) -> Phrases:
    """The words of the languages but this one, without its own."""
    from curation.score._phrases import phrases

    words = {line.partition(":")[0]: line.partition(":")[2].split() for line in _lines(COMMON)}
    if language not in words:
        raise CurateError(f"language: {language!r} is none of {', '.join(words)}")
    return phrases({word for name in words if name != language for word in words[name]} - {*words[language]}, 1)


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
