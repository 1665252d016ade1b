r"""A question and the answer of its page, refined for a reader who has not seen the page: the second question that makes MegaMath-QA.

The model is a teacher who explains as to a beginner and leaves nothing out that the answer needs, which is the paper's best variant
(arXiv 2504.02807, section 2.3: 48.8 on the core benchmarks with both, 39.2 with neither): to a bare answer it adds the steps, and only
those; reasoning that is there it puts in order. The wording of the prompt is ours. What it wrote is then held against what it was given.
The question may be completed but not changed, and the answer must come out at the page's own, which `eval.grading` judges. Where a guard
fails, the pair stays as it was extracted, and the column `qa_refine_verdict` names the guard.

Left out: an answer that the page gets wrong is not repaired, because nobody but the model would vouch for it; where the page gives none, an
independent model can (`verify: second_answer`). The column `question` stays as it was extracted, so that two models' refinements
of one question are known as such. Steps are not judged here (`verify: arithmetic`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import polars as pl
from pydantic import Field

from curate.step import rewrite
from curation._grader import grader
from curation._reply import ANSWERED, EMPTY, ENDED, NO_ANSWER, told
from curation.rewrite._guards import measured, verdicts
from curation.rewrite._refined_pair import Change, Refined, change, final_in, read
from eval.grading import extract

PROMPT = Path(__file__).with_name("prompts") / "qa_refine.txt"
LOOP = 40
"""Words of repeated runs: a solution writes its formula again step by step, so more than in a page (`_guards.py`)."""
UNENDED = {*ENDED.values(), EMPTY}
SCHEMA = {
    "text": pl.String, "answer": pl.String, "gold": pl.String, "qa_refine_verdict": pl.String, "qa_refine_agrees": pl.Boolean,
    "qa_refine_kept": pl.Float64, "qa_refine_changed": pl.UInt32, "qa_refine_words": pl.UInt32,
}  # fmt: skip


def prompts(docs: pl.DataFrame, *, max_bytes: Annotated[int, Field(ge=100)] = 8_000) -> pl.Series:
    """One prompt for each pair. max_bytes: of question and answer; longer ones are not asked about."""
    head, _, rest = PROMPT.read_text("utf-8").partition("{{question}}")
    middle, _, tail = rest.partition("{{found}}")
    asked = [
        f"{head}{question}{middle}{found or NO_ANSWER}{tail}"
        if question and len(question.encode()) + len((found or "").encode()) <= max_bytes
        else None
        for question, found in docs.select("question", "found").iter_rows()
    ]
    return pl.Series(asked, dtype=pl.String)


def unrefined(
    docs: pl.DataFrame, *, shortest: Annotated[float, Field(ge=0)] = 0.4, least_words: Annotated[int, Field(ge=0)] = 5,
    max_words: Annotated[int, Field(ge=1)] = 1_500, kept: Annotated[float, Field(ge=0, le=1)] = 0.7,
) -> pl.Series:  # fmt: skip
    """Whether the model has answered about a pair, and no reply so far passes."""
    chosen = _chosen(docs, shortest=shortest, least_words=least_words, max_words=max_words, kept=kept)
    answered = [any(finish in ANSWERED for finish in finishes or ()) for finishes in docs["finishes"].to_list()]
    wanting = [row is not None and row["qa_refine_verdict"] != "refined" for row in chosen]
    return pl.Series(wanting, dtype=pl.Boolean) & pl.Series(answered, dtype=pl.Boolean)


@rewrite(
    asks=prompts,
    again=unrefined,
    reads=["question", "found"],
    files=["prompts/qa_refine.txt"],
    uses=["math-verify", "latex2sympy2-extended", "sympy"],
    counts=["qa_refine_verdict"],
)
def qa_refine(
    docs: pl.DataFrame, *, shortest: Annotated[float, Field(ge=0)] = 0.4, least_words: Annotated[int, Field(ge=0)] = 5,
    max_words: Annotated[int, Field(ge=1)] = 1_500, kept: Annotated[float, Field(ge=0, le=1)] = 0.7,
) -> pl.DataFrame:  # fmt: skip
    """The first reply that passes all guards as the document, else the document as it was.

    shortest: least words of the answer, as a share of those of the page's answer. least_words, max_words: bounds on them. kept: least
    share of the question's tokens that are left in the refined one. Columns: text (`Question: ...\\nAnswer: ...`), answer and gold (what
    the box holds), null where nothing was refined; qa_refine_verdict: `refined`, or of the first reply the first guard that failed, in
    the order `cut off` (or what else kept it from ending by itself: `_reply.py`), `refusal`, `meta`, `form`, `incomplete` (the model says
    so), `boxed` (no box, or boxes that differ), `length`, `language`, `loop`, `strange` (a link, a tag, a token of a chat or an order to a
    model), `question`, `answer`; null where nothing was asked. Of
    the reply that the verdict is on: qa_refine_agrees (whether the final answer is the page's; null where the page gives none, or it
    cannot be told), qa_refine_kept (the share of the question's tokens that are left), qa_refine_changed (numbers, signs and deciding
    words of it that are not, or are new), qa_refine_words. retries: draws at most so often again where no reply passes.
    """
    chosen = _chosen(docs, shortest=shortest, least_words=least_words, max_words=max_words, kept=kept)
    rows = []
    for text, row in zip(docs["text"], chosen, strict=True):
        passed = row is not None and row["qa_refine_verdict"] == "refined"
        untold = {"text": text, "answer": None, "gold": None}
        rows.append({**(row or {}), **({} if passed else untold)})
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _chosen(docs: pl.DataFrame, **limits: Any) -> list[dict[str, Any] | None]:
    """Of each pair the first reply that passes, else the first one; null where nothing was asked."""
    chosen: list[dict[str, Any] | None] = [None] * docs.height
    for place, row in _judged(docs, **limits):
        before = chosen[place]
        if before is None or (before["qa_refine_verdict"] != "refined" and row["qa_refine_verdict"] == "refined"):
            chosen[place] = row
    return chosen


def _judged(
    docs: pl.DataFrame, *, shortest: float, least_words: int, max_words: int, kept: float
) -> list[tuple[int, dict[str, Any]]]:
    """Every reply with the place of its pair, in order."""
    asked = _replies(docs)
    source = pl.Series([f"{question}\n{found or ''}" for _, question, found, *_ in asked], dtype=pl.String)
    written = pl.Series([pair.answer or reply or None for *_, reply, pair in asked], dtype=pl.String)
    # refusal, meta, language, loop and strange hold for an answer, too; the other guards are of texts that must stay what they were
    seen = measured(source, written, adds=True)
    guards = verdicts(seen, shortest=0, longest=float("inf"), loop=LOOP)
    agreeing = _agreeing([(pair, found) for _, _, found, _, pair in asked])
    rows = []
    for (place, question, found, _, pair), guard, meta, strange, agrees in zip(
        asked, guards, seen["meta"], seen["strange"], agreeing, strict=True
    ):
        of = change(question, pair.question) if pair.question else Change(0.0, 0)
        words, least = len(pair.answer.split()), max(least_words, shortest * len((found or "").split()))
        fails = {
            "refusal": guard == "refusal",
            "meta": meta is True,
            pair.form: pair.form != "refined",
            "length": not least <= words <= max_words,
            "language": guard == "language",
            "loop": guard == "loop",
            "strange": bool(strange),
            "question": of.kept < kept or of.changed > 0,
            "answer": agrees is False,
        }
        failed = (name for name, has in fails.items() if has)
        verdict = pair.form if pair.form in UNENDED else next(failed, "refined")
        measures = (verdict, agrees, of.kept, of.changed, words) if pair.question else (verdict, None, None, None, None)
        rows.append(
            (
                place,
                dict(zip(SCHEMA, (told(pair.question, pair.answer), pair.answer, pair.gold, *measures), strict=True)),
            )
        )
    return rows


def _replies(docs: pl.DataFrame) -> list[tuple[int, str, str | None, str | None, Refined]]:
    """(place, question, found, reply, what the reply says) of every reply, in order."""
    columns = docs.select("question", "found", "replies", "finishes")
    return [
        (place, question, found, reply, read(reply) if reply else Refined(ENDED.get(finish, EMPTY)))
        for place, (question, found, replies, finishes) in enumerate(columns.iter_rows())
        for reply, finish in zip(replies or (), finishes or (), strict=True)
        if question
    ]


def _agreeing(pairs: list[tuple[Refined, str | None]]) -> list[bool | None]:
    """Whether each final answer is the page's."""
    agreeing: list[bool | None] = [None] * len(pairs)
    asked = [
        (place, pair, found, final)
        for place, (pair, found) in enumerate(pairs)
        if pair.gold and found and (final := extract(found))
    ]
    verdicts = grader().map([(pair.answer, _golds(final)) for _, pair, _, final in asked]) if asked else []
    for (place, pair, found, final), verdict in zip(asked, verdicts, strict=True):
        agreeing[place] = verdict.value if verdict.value is not False or final_in(found, final, pair.gold) else None
    return agreeing


def _golds(final: str) -> list[str]:
    """An answer as the page writes it, and what stands behind its last sign of equality: `12 - 5 = 7` is 7."""
    return [f"\\boxed{{{one.strip()}}}" for one in dict.fromkeys((final, final.rpartition("=")[2])) if one.strip()]
