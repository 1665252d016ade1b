"""Pages without their noise and in better order, by a language model that keeps facts, numbers, formulas and length.

So are MegaMath-Web-Pro (arXiv 2504.02807, section 2.1.5) and OctoThinker's MegaMath-Web-Pro-Max (arXiv 2506.20512) made
from selected pages; the second one's prompt has a clause on multiple-choice questions (`choices`). The wording is ours.
They publish what the model wrote; here it is compared with the page first. A long page is cut at safe places
(`_pieces.py`) and asked about piece by piece, and each reply is judged against its own piece by the guards of
`_guards.py`: the first draw that passes is taken, and a piece for which none does keeps its original text.
`refine_verdict` says what became of a page.

Left out: a second opinion by another model, facts in words alone (see `_guards.py`), and what a page says elsewhere,
which a piece may need.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NamedTuple

import polars as pl
from pydantic import Field

from curate.step import rewrite
from curation._reply import ANSWERED, EMPTY, ENDED
from curation.rewrite._guards import FAITHFUL, LIMITS, measured, nothing_but_noise, verdicts

PROMPT = Path(__file__).with_name("prompts") / "refine.txt"
CHOICES = (
    "6. If the page asks multiple-choice questions, keep of each the question, all options with their letters, and the answer "
    "and explanation that the page gives. Where it gives no answer, give none.\n"
)
NO_CONTENT = "[NO CONTENT]"
REFINED = "refined"
SCHEMA = {"text": pl.String, "refine_verdict": pl.String, "refine_pieces": pl.UInt32, "refine_original": pl.UInt32}
SUMS, GREATEST, LEAST = (
    ("numbers_lost", "numbers_added", "formulas_lost", "formulas_added", "options_lost", "answers_added", "strange"),
    ("foreign", "loop", "hole", "hole_words", "added_words", "refusal", "meta"),
    ("length_ratio",),
)
"""Measures of which a page has the sum, the greatest and the least of its pieces."""


class Piece(NamedTuple):
    """A piece of a page with the replies about it, in the order of their draws, and how each ended."""

    text: str
    replies: list[str | None]
    finishes: list[str]

    @property
    def verdict(self) -> str:
        """Why no reply can be judged."""
        if NO_CONTENT in (reply and reply.strip() for reply in self.replies):
            return "no content"
        return ENDED.get(self.finishes[0], EMPTY) if self.finishes else "not asked"


def prompts(docs: pl.DataFrame, *, max_bytes: Annotated[int, Field(ge=500)] = 8_000, choices: bool = True) -> pl.Series:
    """A prompt for each piece of each page; none for a page that is empty.

    max_bytes: of a piece. choices: whether the prompt says what to do with multiple-choice questions, as Web-Pro-Max's does.
    """
    from curation.score._grade import marker

    template = PROMPT.read_text("utf-8").rstrip("\n").replace("{{choices}}\n", CHOICES + "\n" if choices else "\n")
    head, _, tail = template.partition("{{page}}")
    made = []
    for text in docs["text"]:
        asked = [part.strip() for part in _cut(text, max_bytes) if part.strip()]
        lines = [(marker(part), part) for part in asked]
        made.append([head.replace("{{marker}}", m) + p + tail.replace("{{marker}}", m) for m, p in lines] or None)
    return pl.Series(made, dtype=pl.List(pl.String))


def unfaithful(
    docs: pl.DataFrame,
    *,
    max_bytes: int = 8_000,
    shortest: float = LIMITS.shortest,
    longest: float = LIMITS.longest,
    hole_words: int = LIMITS.hole_words,
    samples: int = 1,
) -> pl.Series:
    """Whether a piece of a page has no draw that passes, though the model has answered."""
    of, pieces = _pieces(docs, max_bytes, samples)
    passed, _ = _judged(pieces, shortest, longest, hole_words)
    again = [False] * docs.height
    for at, piece, draw in zip(of, pieces, passed, strict=True):
        again[at] |= draw < 0 and piece.verdict != "no content" and any(finish in ANSWERED for finish in piece.finishes)
    return pl.Series(again, dtype=pl.Boolean)


@rewrite(
    asks=prompts, again=unfaithful, files=["prompts/refine.txt"], uses=["numba", "polars"], counts=["refine_verdict"]
)
def refine(
    docs: pl.DataFrame,
    *,
    max_bytes: Annotated[int, Field(ge=500)] = 8_000,
    shortest: Annotated[float, Field(ge=0)] = LIMITS.shortest,
    longest: Annotated[float, Field(ge=1)] = LIMITS.longest,
    hole_words: Annotated[int, Field(ge=1)] = LIMITS.hole_words,
    samples: Annotated[int, Field(ge=1, le=1024)] = 1,
) -> pl.DataFrame:
    """The refined text, or the original one where it is not faithful, with `refine_verdict` and what the guards measured (`refine_*`).

    max_bytes: of a piece. shortest: least words of a rewrite for each of its piece that is no noise; longest: most words
    of it for each of all. hole_words: words of the longest part of a piece without counterpart from which on it is
    refused, those that say little not counted. retries: draw so often again, for all pieces of a page, where one has no
    draw that passes; at temperature 0 that says the same once more.

    `refine_verdict` is `refined` if every piece is; else what first stood against one: a guard (`refusal`, `length`,
    `language`, `loop`, `numbers`, `formulas`, `hole`, `answer`, `meta`, `invented`), `no content` (the model says there
    is none, and the piece is not all noise, or no piece is anything else), `cut off`, `filtered`, `abstained`, `not
    answered`, `empty reply`, `not asked` (no reply came to be); or `empty`, a page that is blank. `refine_pieces` counts
    pieces, `refine_original` those that kept their text. Measures (`_guards.py`; `refine_refuses` is that of refusals)
    are those of the draw that is taken, or of the first one that can be judged: sums of the pieces (numbers, formulas,
    options, answers, strange things), the least `refine_length_ratio`, and the greatest value of the others; null if
    there is none.
    """
    of, pieces = _pieces(docs, max_bytes, samples)
    passed, measures = _judged(pieces, shortest, longest, hole_words)
    texts: list[list[str]] = [[] for _ in range(docs.height)]
    failed: list[str | None] = [None] * docs.height
    asked, kept = [0] * docs.height, [0] * docs.height
    for at, piece, draw, said in zip(of, pieces, passed, measures["verdict"], strict=True):
        body = piece.text.strip()
        if not body:
            texts[at].append(piece.text)
            continue
        asked[at] += 1
        if draw >= 0 or said == REFINED:
            wrote = (piece.replies[draw] or "").strip() if draw >= 0 else ""
            start = piece.text.index(body)
            texts[at].append(piece.text[:start] + wrote + piece.text[start + len(body) :])
        else:
            texts[at].append(piece.text)
            kept[at] += 1
            failed[at] = failed[at] or said
    whole = ["".join(parts) if text is not None else None for parts, text in zip(texts, docs["text"], strict=True)]
    became = [one or (REFINED if n else "empty") for one, n in zip(failed, asked, strict=True)]
    for at, text in enumerate(whole):
        if became[at] == REFINED and not (text or "").strip():
            whole[at], became[at], kept[at] = docs["text"][at], "no content", asked[at]
    columns = (whole, became, asked, kept)
    frame = pl.DataFrame(dict(zip(SCHEMA, columns, strict=True)), schema=SCHEMA)
    return pl.concat([frame, _of_pages(of, measures, docs.height)], how="horizontal")


def _cut(text: str | None, max_bytes: int) -> list[str]:
    from curation._pieces import pieces

    return pieces(text, max_bytes) if text else []


def _pieces(docs: pl.DataFrame, max_bytes: int, samples: int) -> tuple[list[int], list[Piece]]:
    """All pieces with their replies, and the document that each is of."""
    of, found = [], []
    if "finishes" not in docs.columns:  # where planning asks for the columns
        docs = docs.with_columns(finishes=pl.lit(None, pl.List(pl.String)))
    for at, (text, replies, finishes) in enumerate(docs.select("text", "replies", "finishes").iter_rows()):
        parts = _cut(text, max_bytes)
        asked = [part for part in parts if part.strip()]
        n = 0
        for part in parts:
            draws: list[int] = []
            if part.strip() and replies:
                first, once = n * samples, len(asked) * samples
                draws = [*range(first, first + samples), *range(once + n, len(replies), len(asked))]
                n += 1
            of.append(at)
            found.append(Piece(part, [replies[d] for d in draws], [finishes[d] for d in draws]))
    return of, found


def _judged(pieces: list[Piece], shortest: float, longest: float, hole_words: int) -> tuple[list[int], pl.DataFrame]:
    """Of each piece the draw that is taken (-1: none), and what was measured of it or of the first that can be judged, with `verdict`."""
    pairs = [
        (at, draw, piece.text.strip(), reply.strip())
        for at, piece in enumerate(pieces)
        for draw, reply in enumerate(piece.replies)
        if reply and reply.strip() and reply.strip() != NO_CONTENT
    ]
    source, written = (pl.Series([pair[k] for pair in pairs], dtype=pl.String) for k in (2, 3))
    measures = measured(source, written)
    said = verdicts(measures, shortest=shortest, longest=longest, hole_words=hole_words).to_list()
    taken, shown = [-1] * len(pieces), [len(pairs)] * len(pieces)
    for row, ((at, draw, _, _), verdict) in enumerate(zip(pairs, said, strict=True)):
        if taken[at] < 0 and verdict == FAITHFUL:
            taken[at], shown[at] = draw, row
        elif shown[at] == len(pairs):
            shown[at] = row
    became = []
    for at, piece in enumerate(pieces):
        judged = said[shown[at]] if shown[at] < len(pairs) else piece.verdict
        dropped = judged == "no content" and nothing_but_noise(piece.text)
        became.append(REFINED if taken[at] >= 0 or dropped else judged)
    rows = pl.concat([measures, measures.clear(1)])[shown]
    return taken, rows.with_columns(pl.Series("verdict", became, dtype=pl.String))


def _of_pages(of: list[int], measures: pl.DataFrame, count: int) -> pl.DataFrame:
    """The measures of pages from those of their pieces."""
    names: dict[str, Any] = {name: pl.col(name).sum() for name in SUMS} | {
        name: pl.col(name).max() for name in GREATEST
    }
    names |= {name: pl.col(name).min() for name in LEAST}
    judged = measures.with_columns(pl.Series("of", of, dtype=pl.Int64)).filter(pl.col("refusal").is_not_null())
    grouped = judged.group_by("of", maintain_order=True).agg(**names)
    every = pl.DataFrame({"of": range(count)}, schema={"of": pl.Int64})
    joined = every.join(grouped, on="of", how="left", maintain_order="left")
    order = [name for name in measures.columns if name != "verdict"]
    # `refine_refusal` is what the kernel calls the words of a server that refuses
    return joined.select(pl.col(name).alias(f"refine_{'refuses' if name == 'refusal' else name}") for name in order)
