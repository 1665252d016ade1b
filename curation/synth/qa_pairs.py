"""Questions and answers that stand on a page, extracted and worked out by a model (MegaMath, section 2.3 and appendix D).

One prompt does what MegaMath does in two: find self-contained questions, and complete the answers for a reader who has not seen the page
(their best variant: plain explanation and completeness of information). A page without questions is answered `[NO QA]`. The reply is
read strictly: one block out of form and the whole reply is dropped, because a model that lost the form has usually lost the thread.
Left out: their ensemble of two models (name the step twice, with `as:`), and a refinement round.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from curate.step import expand
from curation.synth._reply import cut, pairs

PROMPT = Path(__file__).with_name("prompts") / "qa_pairs.txt"
SCHEMA = {"parent": pl.UInt32, "text": pl.String, "question": pl.String, "answer": pl.String, "gold": pl.String}


def prompts(docs: pl.DataFrame, *, max_bytes: int = 12_000) -> pl.Series:
    """One prompt for each page. max_bytes: of its text that the model sees, cut at a line or word; what follows is not looked at."""
    template = PROMPT.read_text("utf-8")
    return pl.Series([template.replace("{{text}}", cut(text, max_bytes)) for text in docs["text"]], dtype=pl.String)


@expand(asks=prompts, files=["prompts/qa_pairs.txt"])
def qa_pairs(docs: pl.DataFrame, *, max_pairs: int = 16) -> pl.DataFrame:
    """Question and answer pairs of each page, in the order of the replies.

    max_pairs: more than that from one reply are dropped. Columns: text (`Question: ...\\nAnswer: ...`), question, answer (worked, ends in
    a box), gold (the final answer). A reply that abstains, fails, runs into its length or is not of the wanted form gives no rows.
    """
    rows = []
    for parent, replies in enumerate(docs["replies"]):
        for reply in replies if replies is not None else ():
            for question, answer, gold in ((reply and pairs(reply)) or [])[:max_pairs]:
                rows.append((parent, f"Question: {question}\nAnswer: {answer}", question, answer, gold))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
