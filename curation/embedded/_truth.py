"""How well the steps of a recipe did on the embedded crawl: precision and recall of each against the truth beside the pages.

`measure` is given what was built and gives one row per claim: corpus, step, what was claimed, precision, recall, and of how many.
Precision: of what the step said, how much is true. Recall: of what is true, how much the step said. Only documents that reached a step
count for it, so each step is judged by its own work. Clauses are judged by the columns they name (`PROPOSITIONS`); one that names none of
these is not judged. Memory grows with the crawl, so at most `MOST` pages are looked at, the first ones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from curate.truth import Claim
from curation.embedded._likeness import jaccard
from curation.embedded._prose import SALAD
from curation.embedded._truth_formulas import found

MOST = 20_000
"""Pages that are looked at."""
TRUE_ENGLISH = pl.col("true_language") == "en"
USEFUL = pl.col("math") & (pl.col("quality") >= 3)
"""What a grade of at least 3 claims."""


class Built(Protocol):
    """What is measured: a recipe that is built (`curate.api.Curated`)."""

    planned: Any

    def sql(self, query: str) -> pl.DataFrame:
        """Rows of a query over the recipe's views."""
        ...

    def documents(self, name: str) -> Any:
        """The table of a node: its shards, which can be loaded."""
        ...


def measure(built: Built, folder: Path, node: Any) -> list[Claim]:
    """Every claim of the corpora that are read from the crawl in `folder`, which is the output of `node`, and of those made from them."""
    truth = pl.scan_parquet(folder / "truth.parquet").filter(pl.col("page") < MOST).collect()
    claims: list[Claim] = []
    for corpus, end in built.planned.ends.items():
        chain = list(end.upstream())[::-1]
        if not any(other is node or other.plan_key == node.plan_key for _, other in chain[0].others):
            continue
        own = [n for n in chain if n.corpus == corpus]
        docs = _documents(built, corpus, truth["url"])
        source, expanded = chain[0].corpus, any(n.kind == "expand" for n in chain)
        making = next((i for i, n in enumerate(own) if n.kind == "expand"), len(own))
        if source == corpus:
            pages = docs.filter(pl.col("parent_id").is_null()) if "parent_id" in docs.columns else docs
            claims += _pages(built, corpus, own[:making], pages, truth, alone=len(chain[0].others) == 1)
        elif not expanded:
            steps = _steps(built, corpus, own, _joined(own, docs, truth))
            claims += [claim for claim in steps if not claim.claim.startswith("leaks")]  # those left before it was made
        if expanded:
            kept = _documents(built, source, truth["url"], "url, fate").filter(pl.col("fate") == "kept")["url"]
            claims += _made(corpus, own, docs, truth.filter(pl.col("url").is_in(kept.implode())))
    return claims


def _documents(built: Built, corpus: str, urls: pl.Series, columns: str = "*") -> pl.DataFrame:
    """Documents of a corpus from these addresses."""
    listed = ", ".join(f"'{url}'" for url in urls.unique(maintain_order=True))
    return built.sql(f"select {columns} from documents where corpus = '{corpus}' and url in ({listed or 'null'})")


def _pages(
    built: Built, corpus: str, nodes: list[Any], docs: pl.DataFrame, truth: pl.DataFrame, *, alone: bool
) -> Iterator[Claim]:
    """Claims about pages: each page once, repeats apart. alone: nothing else is read, so that repeats can be counted."""
    if alone:
        yield _repeats(corpus, docs, truth)
    joined = _joined(nodes, docs, truth)
    yield from _steps(built, corpus, nodes, joined)
    kept = joined.filter(pl.col("fate") == "kept")
    wanted = joined.filter(pl.col("math") & TRUE_ENGLISH & (pl.col("quality") > 0))
    good = kept.filter(pl.col("math") & TRUE_ENGLISH)
    groups = wanted["group"].n_unique()
    yield Claim(
        corpus, "all", "kept: English mathematics, one page of each group", _ratio(good["group"].n_unique(), kept.height),
        _ratio(good["group"].n_unique(), groups), groups,
    )  # fmt: skip


def _joined(nodes: list[Any], docs: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """Each page once, with its truth and the place of the node where it ended."""
    order = {node.name: i for i, node in enumerate(nodes)}
    pages = truth.filter(pl.col("relation") != "repeat")
    true = pages.rename({c: f"true_{c}" for c in ("text", "formulas", "language", "title", "date", "dump")})
    joined = docs.filter(pl.col("fate") != "repeat").join(true, on="url")
    return joined.sort("group", pl.col("page") != pl.col("group"), "page").with_columns(
        ended=pl.col("fate_node").replace_strict(order, default=len(order), return_dtype=pl.Int64)
    )


def _steps(built: Built, corpus: str, nodes: list[Any], joined: pl.DataFrame) -> Iterator[Claim]:
    """Claims about each step, from the pages that reached it."""
    for i, node in enumerate(nodes):
        reached = joined.filter(pl.col("ended") >= i)
        step = str(node.own["step"])
        if node.kind == "rewrite":
            reached = _as_it_left(built, node, reached)
        judge = {"extract.html_math": _extraction, "extract.html_clean": _extraction, "keep": _clauses}.get(step)
        for claim in judge(node, reached) if judge else ():
            yield claim._replace(corpus=corpus)


def _as_it_left(built: Built, node: Any, reached: pl.DataFrame) -> pl.DataFrame:
    """The documents with the text that this node gave them, whatever came after."""
    view, urls = built.documents(node.name), reached["url"].implode()
    parts = [view.load(shard, ["url", "text"]).filter(pl.col("url").is_in(urls)) for shard in view.shards]
    texts = pl.concat([p.select("url", "text") for p in parts]).unique("url", keep="first", maintain_order=True)
    return reached.drop("text").join(texts, on="url", how="left", maintain_order="left")


def _ratio(part: int | float, whole: int | float) -> float | None:
    return float(part / whole) if whole else None


def _said(step: str, claim: str, frame: pl.DataFrame, said: pl.Expr, true: pl.Expr) -> Claim:
    """Precision and recall of a claim about documents."""
    made = frame.select(said=said.fill_null(value=False), true=true.fill_null(value=False))
    both = made.filter("said", "true").height
    said_, true_ = made.filter("said").height, made.filter("true").height
    return Claim("", step, claim, _ratio(both, said_), _ratio(both, true_), true_)


def _repeats(corpus: str, docs: pl.DataFrame, truth: pl.DataFrame) -> Claim:
    struck = docs.filter(pl.col("fate") == "repeat").group_by("url").len("struck")
    more = truth.group_by("url").agg((pl.col("relation") == "repeat").sum().alias("more"))
    both = more.join(struck, on="url", how="left").with_columns(pl.col("struck").fill_null(0))
    right = int(both.select(pl.min_horizontal("struck", "more").sum()).item())
    said, true = int(both["struck"].sum()), int(both["more"].sum())
    return Claim(corpus, "repeat", "captured once more", _ratio(right, said), _ratio(right, true), true)


# ---- extraction -------------------------------------------------------------------------------------------------------------

_WORD = re.compile(r"\w+")


def _extraction(node: Any, reached: pl.DataFrame) -> Iterator[Claim]:
    step = str(node.own["step"])
    texts = reached.filter(pl.col("text").is_not_null() & pl.col("true_text").is_not_null())
    right: Counter[str] = Counter()
    true: Counter[str] = Counter()
    words = [0, 0, 0]
    for text, told, formulas, encoding in texts.select("text", "true_text", "true_formulas", "encoding").iter_rows():
        have, want = Counter(_WORD.findall(text)), Counter(_WORD.findall(told))
        words = [words[0] + (have & want).total(), words[1] + have.total(), words[2] + want.total()]
        kept, there = found(text, [f["tex"] for f in formulas], encoding)
        if there:
            right[encoding], true[encoding] = right[encoding] + kept, true[encoding] + there
    yield Claim("", step, "words of the main text", _ratio(words[0], words[1]), _ratio(words[0], words[2]), words[2])
    yield Claim("", step, "formulas", None, _ratio(right.total(), true.total()), true.total())
    for encoding in sorted(true):
        yield Claim("", step, f"formulas as {encoding}", None, _ratio(right[encoding], true[encoding]), true[encoding])


# ---- scores and clauses -----------------------------------------------------------------------------------------------------

PROSE = set(
    "prose_words formulas stop_words stop_word_share unended_lines word_length letter_words hashes ellipses bullet_lines ellipsis_lines "
    "short_lines line_breaks".split()
)
"""Columns of `prose` and `lines` that say whether people wrote the sentences."""
PROPOSITIONS: tuple[tuple[set[str], str, pl.Expr, pl.Expr], ...] = (
    ({"language", "language_score"}, "in English", TRUE_ENGLISH, pl.lit(value=True)),
    (
        {"math_score", "page_math_score", "latex_density", "finemath_score"},
        "mathematics, of English pages",
        pl.col("math"),
        TRUE_ENGLISH,
    ),
    (
        {"usefulness", "date", "recall_math_score"},
        "useful for learning mathematics, of English pages",
        USEFUL,
        TRUE_ENGLISH,
    ),
    (PROSE, "worth reading, of English pages", pl.col("quality") > 0, TRUE_ENGLISH),
    (
        {"phrases", "boilerplate_lines", "pitch_lines"},
        "no spam or boilerplate, of English pages",
        pl.col("quality") > 0,
        TRUE_ENGLISH,
    ),
    ({"repeated_lines", "repeated_ngrams"}, "no keyword spam", ~pl.col("topic").is_in(list(SALAD)), pl.lit(value=True)),
)
"""Columns that a clause may name, what it then claims of the documents it keeps, when that is true, and of which documents it is asked."""


def _clauses(node: Any, reached: pl.DataFrame) -> Iterator[Claim]:
    from curate.clauses import parse

    for clause, text in node.clauses:
        named = parse(text).columns
        for columns, what, true, asked in PROPOSITIONS:
            if named and named <= columns:
                here = reached.filter(asked)
                yield _said(f"keep {clause}", what, here, ~_failed(clause), true)
    yield from _duplicates(node, reached)
    yield from _leaks(node, reached)


def _failed(clause: str) -> pl.Expr:
    """Whether a clause turned the document away."""
    return pl.col("failed").list.contains(clause).fill_null(value=False)


def _duplicates(node: Any, reached: pl.DataFrame) -> Iterator[Claim]:
    """A clause over `..._duplicate_of`: whether what it dropped is a copy, or near, of what stayed.

    Near copies are counted twice: by what the pages say, and by what came out of extraction, menus and comments included, which is what the
    step saw.
    """
    here = reached.filter(pl.col("hostile").is_null())
    for clause, text in node.clauses:
        found = re.fullmatch(r"(\w+)_duplicate_of is null", text.strip())
        if found is None:
            continue
        dropped = _failed(clause)
        if node.chain.own["step"] == "dedup.exact":
            copies = here.filter(pl.col("relation").is_in(["original", "copy"]))
            yield _copies(f"keep {clause}", "exact copies", copies.with_columns(close=pl.lit(value=True)), dropped)
            continue
        told = f"Jaccard >= {NEAR}"
        yield _copies(
            f"keep {clause}", f"near copies, {told}", here.with_columns(close=pl.col("jaccard") >= NEAR), dropped
        )
        yield _copies(
            f"keep {clause}", f"near copies as extracted, {told}", here.with_columns(close=_close(here)), dropped
        )


NEAR = 0.75


def _copies(step: str, claim: str, frame: pl.DataFrame, dropped: pl.Expr) -> Claim:
    """Of each group, all but one of those that are close to its original should be dropped."""
    sizes = frame.group_by("group").agg(
        more=(pl.col("close").sum().cast(pl.Int64) - 1).clip(0), dropped=dropped.sum().cast(pl.Int64)
    )
    said, true = int(sizes["dropped"].sum()), int(sizes["more"].sum())
    right = int(sizes.select(pl.min_horizontal("dropped", "more").sum()).item() or 0)
    return Claim("", step, claim, _ratio(right, said), _ratio(right, true), true)


def _close(frame: pl.DataFrame) -> pl.Series:
    """Whether a page's text is near that of the first of its group that is here, by lower-cased word 5-grams."""
    firsts: dict[int, str] = {}
    sizes = frame.select(pl.len().over("group")).to_series()
    close = []
    for (group, text, language), size in zip(
        frame.select("group", "text", "true_language").iter_rows(), sizes, strict=True
    ):
        first = firsts.setdefault(group, text or "")
        close.append(size == 1 or jaccard(text or "", first, language) >= NEAR)
    return pl.Series("close", close, pl.Boolean)


def _leaks(node: Any, reached: pl.DataFrame) -> Iterator[Claim]:
    """A clause over `leak_overlap`: whether what it dropped has items of the benchmark on it, by how they were disguised.

    Precision is over all that it dropped; items with swapped numbers are no leaks of the item, and are told apart.
    """
    from curate.clauses import parse

    kinds = pl.col("leaks").list.eval(pl.element().struct.field("kind"))
    real = kinds.list.set_intersection(pl.lit(["verbatim", "reformatted", "short"])).list.len() > 0
    for clause, text in node.clauses:
        if not any(column.endswith("leak_overlap") for column in parse(text).columns):
            continue
        dropped = _failed(clause)
        yield _said(f"keep {clause}", "leaks of the benchmark", reached, dropped, real)
        for kind in ("verbatim", "reformatted", "short", "swapped"):
            yield _said(f"keep {clause}", f"leaks, {kind}", reached, dropped, kinds.list.contains(kind))._replace(
                precision=None
            )


# ---- what was made from pages -----------------------------------------------------------------------------------------------


def _made(corpus: str, nodes: list[Any], docs: pl.DataFrame, truth: pl.DataFrame) -> Iterator[Claim]:
    """Claims about questions and chains: whether answers are right, and which questions of the pages that stayed were found."""
    if not {"question", "gold"} <= set(docs.columns):
        return
    known = _answers(truth)
    rows = docs.filter(pl.col("question").is_not_null()).with_columns(
        true=pl.col("question").map_elements(lambda q: known.get(_plain(q)), return_dtype=pl.String)
    )
    judged = rows.filter(pl.col("true").is_not_null())
    for node in nodes:
        step = str(node.own["step"]) if node.kind != "ask" else ""  # the other half of the same step
        if step == "rewrite.qa_refine":
            answered = judged.drop_nulls("gold")
            right = answered.filter(pl.col("gold") == pl.col("true"))
            yield Claim(corpus, step, "answers", _ratio(right.height, answered.height), None, answered.height)
            stay = pl.col("fate") == "kept"
            kept, good = answered.filter(stay).height, right.filter(stay).height
            yield Claim(
                corpus, "all", "answers that are kept", _ratio(good, kept), _ratio(good, right.height), right.height
            )
        if step == "synth.qa_pairs":
            found = {_plain(q) for q in judged["question"]}
            yield Claim(corpus, step, "questions on kept pages", None, _ratio(len(found), len(known)), len(known))
        if step == "verify.math_answer":
            judged = judged.with_columns(
                right=pl.struct("text", "true").map_elements(
                    lambda r: _boxed(r["text"]) == r["true"], return_dtype=pl.Boolean
                )
            )
            claim = _said(step, "chains that end right", judged, pl.col("math_answer"), pl.col("right"))
            yield claim._replace(corpus=corpus)


def _answers(truth: pl.DataFrame) -> dict[str, str]:
    asked = truth["questions"].explode(empty_as_null=True).drop_nulls()
    return {_plain(row["question"]): row["answer"] for row in asked}


def _plain(question: str) -> str:
    from curation.synth.families._spelling import clean

    return clean(question)


def _boxed(text: str) -> str | None:
    from curation._reply import last_boxed

    return last_boxed(text)
