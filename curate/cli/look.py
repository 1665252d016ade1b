"""plan, show, query, sample, trace, whatif, diff: what only reads."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from curate.cli.common import (
    amount,
    bill_text,
    csv_text,
    duration,
    emit,
    frame_text,
    number,
    recipe_command,
    table,
    total_text,
)
from curate.cli.money import asks_text, ledger_table
from curate.cli.prospect import prospect_text
from curate.errors import CurateError
from curate.words import printable

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.diff import Diff


@recipe_command(short_help="What a build would do, and why.")
@click.option("--resolved", is_flag=True, help="Print the whole recipe with everything inherited written out.")
def plan(curated: Curated, *, as_json: bool, resolved: bool) -> None:
    """What a build would do: each node, whether it is stored, and why it is to be built; then the same of training runs, and their cost."""
    if resolved:
        from curate.recipe import dump

        return emit(curated.resolved()) if as_json else click.echo(dump(curated.resolved()), nl=False)
    rows = curated.plan()
    bill, prospect, runs = curated.bill(rows), curated.prospect(), curated.runs()
    if as_json:
        return emit({"recipe": curated.title, "nodes": rows, "bill": bill, **prospect, "training": runs})
    todo = [row for row in rows if row["state"] == "to do"]
    body = [
        [r["node"], r["step"], r["state"], *_counts(r), duration(r.get("seconds")), "; ".join(_reasons(r))]
        for r in rows
    ]
    table(["node", "step", "state", "documents", "known", "to do", "time", "why"], body, right=(3, 4, 5, 6))
    click.echo(f"\n{len(rows) - len(todo)} of {len(rows)} nodes are stored, {len(todo)} to do")
    if todo:
        click.echo(f"the rest takes {bill_text(bill)}")
    for row in todo:
        if row.get("asks"):
            click.echo(f"{row['node']} {asks_text(row['asks'])}")
    for missing in dict.fromkeys(row["missing"] for row in todo if row.get("missing")):
        click.echo(f"missing: {missing}")
    for row in todo:
        if row.get("files"):
            click.echo(f"{row['node']} reads {amount(row['files'], 'file')}, {amount(row['file_bytes'], 'byte')}")
    prospect_text(curated.title, prospect, runs)


def _reasons(row: dict[str, Any]) -> list[str]:
    """Why a node is to be built; what is missing stands below the table."""
    return [why for why in row["why"] if why != row.get("missing")]


def _counts(row: dict[str, Any]) -> list[str]:
    """Documents that stand in a stored node; of one to do those that go in, are known, are to do. `~`: at most, or estimated.

    In parentheses stands what a sample tells: an interval, or bounds.
    """
    about = "" if row.get("exact", True) else "~"
    cells = [about + number(row[c]) if row.get(c) is not None else "" for c in ("documents", "known", "to_do")]
    if row.get("interval"):
        cells[0] += " ({} to {})".format(*map(number, row["interval"]))
    return cells


@recipe_command(
    short_help="The funnel of each corpus, the mixture, the curves of training runs, results, and rollouts."
)
@click.option("--plot", type=click.Path(), metavar="FILE", help="Draw the curves of training runs: .png, .svg or .pdf.")
@click.option(
    "--html", "page", is_flag=False, flag_value="", metavar="[FILE]", help="Write all of it as one page for a browser."
)
@click.option("--rollouts", is_flag=False, flag_value="", metavar="[RUN]", help="Replies of a run on prompts, to read.")
@click.option("--step", type=click.IntRange(0), help="Of rollouts: the step; without it, the last one.")
@click.option(
    "-n", "--prompts", "n", default=3, show_default=True, type=click.IntRange(1, 10_000), help="Of rollouts: prompts."
)
@click.option(
    "--chars",
    default=1500,
    show_default=True,
    type=click.IntRange(0),
    help="Of rollouts: characters of a text; 0 for all.",
)
def show(
    curated: Curated,
    *,
    as_json: bool,
    plot: str | None,
    page: str | None,
    rollouts: str | None,
    step: int | None,
    n: int,
    chars: int,
) -> None:
    """The funnel of each corpus, step by step with what was dropped and why, the mixture, curves of training runs, and results.

    With --rollouts, what a model replied in reinforcement learning: curate show long-cot --rollouts grpo --step 100 -n 2
    """
    from curate.cli.evaluate import results_table
    from curate.cli.learning import show_curve, show_plot, show_rollouts
    from curate.cli.make import mixture_table
    from curate.curves import by_entry
    from curate.prompts import in_words

    if page is not None:
        return _page(curated, Path(page or f"{curated.title}.html"), as_json)
    if plot is not None:
        return show_plot(curated, Path(plot), as_json)
    if rollouts is not None:
        found = curated.rollouts(rollouts or None, step=step, n=n)
        return emit(found) if as_json else show_rollouts(found, chars)
    rows, facts = curated.funnel(), curated.mixture()
    whole = curated.projection() if curated.fraction and rows else None
    if as_json:
        told = {
            "recipe": curated.title,
            "funnel": rows,
            "ledger": curated.ledger(),
            "losses": curated.losses(),
            "canaries": curated.canaries(),
            "counts": curated.counts(),
            "unchecked": curated.unchecked(),
            "mixture": facts,
            "prompts": curated.prompts(),
            "runs": curated.runs(),
            "results": curated.results(),
        }
        return emit({**told, **({"projection": whole} if whole else {})})
    if not rows and (results := curated.results()):
        return results_table(results)
    if not rows:
        verb = "build" if curated.recipe.corpora or not curated.recipe.eval else "eval"
        done = "built" if verb == "build" else "evaluated"
        return click.echo(f"nothing of {curated.title} is {done} yet; run: curate {verb} {curated.title}")
    click.echo(f"{curated.title}: {curated.recipe.about or ''}\n")
    lost = curated.losses()
    for corpus in dict.fromkeys(row["corpus"] for row in rows):
        own = [row for row in rows if row["corpus"] == corpus]
        start = max(1, own[0]["in"])
        body = []
        for row in own:
            fates = ", ".join(f"{fate} {number(count)}" for fate, count in row["fates"].items())
            line = [row["node"], number(row["in"]), number(row["out"]), f"{row['out'] / start:7.1%}"]
            body.append([*line, *([total_text(whole["documents"].get(row["node"]))] if whole else []), fates])
        heads = ["node", "in", "out", "of all", *(["at 100%"] if whole else []), "ended here"]
        table(heads, body, right=(1, 2, 3, 4) if whole else (1, 2, 3))
        for row in (row for row in lost if row["corpus"] == corpus):
            click.echo(_loss_text(row))
        _measured(curated, corpus)
        click.echo()
    if facts:
        click.echo(
            f"mixture: {number(facts.get('tokens'))} tokens in {number(facts.get('windows'))} windows of"
            f" {number(facts.get('seq_len'))}, fill {facts.get('fill', 0):.4f}"
        )
        mixture_table(facts)
    if whole:
        for corpus, tokens in whole["tokens"].items():
            click.echo(f"{corpus} at 100%: {total_text(tokens)} tokens")
        click.echo(f"all of it at 100%: {bill_text(whole['bill'])}")
    ledger_table(curated.ledger())
    for corpus, counted in curated.prompts().items():
        click.echo(printable(in_words(corpus, counted)))
    for curve in by_entry(curated.curves()) if curated.recipe.train else ():
        show_curve(curve)
    if results := curated.results():
        click.echo()
        results_table(results)


def _page(curated: Curated, path: Path, as_json: bool) -> None:
    """Write the page of a recipe and say where it is."""
    found = curated.page(path)
    if as_json:
        return emit(found)
    click.echo(f"wrote {printable(found['html'])}: {found['bytes']:,} bytes, {found['documents']:,} documents")
    if not found["mathml"]:
        click.echo("formulas are shown as TeX; pip install 'octocurate[page]' draws them")


def _measured(curated: Curated, corpus: str) -> None:
    """Lines about what steps of a corpus counted, what they planted and found, and what they did not look for."""
    from curate import counts
    from curate.canaries import in_words, unchecked_in_words

    for line in counts.in_words([row for row in curated.counts() if row["corpus"] == corpus]):
        click.echo(printable(line))
    planted = [row for row in curated.canaries() if row["corpus"] == corpus]
    for node in dict.fromkeys(row["node"] for row in planted):
        for line in in_words(node, [row for row in planted if row["node"] == node]):
            click.echo(printable(line))
    left = [row for row in curated.unchecked() if row["corpus"] == corpus]
    if left:
        click.echo("What was not checked:")
    for row in left:
        click.echo(printable(f"  {unchecked_in_words(row)}"))


def _loss_text(row: dict[str, Any]) -> str:
    """One line about what a step found and what of it is in its texts."""
    lost = row["found"] - row["kept"]
    share = f", {lost / row['found']:.2%} lost, in {number(row['documents'])} documents" if lost else ", none lost"
    what = row["what"].replace("_", " ")
    return printable(f"{row['node']}: {number(row['found'])} {what} found, {number(row['kept'])} kept{share}")


@recipe_command(short_help="SQL over documents, funnel, fates, mixture, sources ...")
@click.argument("rest", nargs=-1)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option("--file", type=click.File(encoding="utf-8"), metavar="FILE", help="Read the question from a file.")
@click.option("--db", type=click.Path(), metavar="OUT", help="Write all views as a DuckDB file that opens anywhere.")
def query(
    curated: Curated, *, as_json: bool, rest: tuple[str, ...], as_csv: bool, file: TextIO | None, db: str | None
) -> None:
    """Ask DuckDB about a recipe: curate query long-cot "select fate, count(*) from documents group by fate".

    Views: documents, mixture, funnel, fates, clauses, sources, canaries, counts, nodes, inputs, runs, probes, replies, ledger,
    eval_results, eval_items; see docs/sql.md. A question that is not an argument comes from --file or, also written as -, from
    standard input.
    """
    sql = _question(rest, file, db is not None)
    made = curated.catalog(db) if db is not None else {}
    if made and not as_json:
        click.echo(f"wrote {printable(made['db'])}: {', '.join(made['views'])}", err=bool(sql))
    if not sql:
        return emit(made) if as_json else None
    frame = curated.sql(sql)
    if as_json:
        emit({**made, "rows": frame.to_dicts()} if made else frame.to_dicts())
    elif as_csv:
        text = csv_text(frame)  # for programs as it is, for people without what could steer their terminal
        click.echo(printable(text) if sys.stdout.isatty() else text, nl=False)
    else:
        frame_text(frame)


def _question(rest: tuple[str, ...], file: TextIO | None, may_lack: bool) -> str:
    """SQL from the arguments, a file or standard input. CurateError if there is none, or too much."""
    if rest and file:
        raise CurateError("the question is given twice, as argument and as --file; leave one out")
    piped = rest == ("-",) or (not rest and not may_lack and not sys.stdin.isatty())
    try:
        sql = (file or sys.stdin).read() if file or piped else " ".join(rest)
    except UnicodeDecodeError:
        raise CurateError("the question is not UTF-8 text") from None
    if not sql.strip() and not may_lack:
        raise CurateError('what is the question? Give it as second argument, such as "select * from funnel"')
    return sql.strip()


@recipe_command(short_help="Documents of a corpus, kept or dropped by a clause; before and after a rewrite.")
@click.argument("target", metavar="CORPUS[/STEP]", required=False)
@click.option(
    "-n", "--documents", "n", default=5, show_default=True, type=click.IntRange(1, 10_000), help="How many documents."
)
@click.option(
    "--dropped-by", metavar="CLAUSE", help="Documents that this clause dropped (or repeat, undecided, quarantined)."
)
@click.option(
    "--near",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="The N documents closest to the clause's threshold, either side.",
)
@click.option("--like", metavar="TEXT|ID", help="The most similar documents to a text (- reads it) or a document.")
@click.option(
    "--ngram",
    default=5,
    show_default=True,
    type=click.IntRange(1, 50),
    help="With --like: words of the runs that are compared.",
)
@click.option("--chars", default=600, show_default=True, help="Characters of text to print of each; 0 for all.")
@click.option("--seed", default=0, show_default=True, help="Other seeds choose other documents.")
@click.option("--diff", "as_diff", is_flag=True, help="Of a rewrite, which lines it took out and put in.")
def sample(
    curated: Curated,
    *,
    as_json: bool,
    target: str | None,
    n: int,
    dropped_by: str | None,
    near: int | None,
    like: str | None,
    ngram: int,
    chars: int,
    seed: int,
    as_diff: bool,
) -> None:
    """Documents of a corpus to read, chosen by hash of their id: curate sample long-cot web --dropped-by english.

    With a step, as they stand after it; of a rewrite, before and after: curate sample long-cot web/html_math --diff.
    With --like, near duplicates of a text or a document: curate sample long-cot web --like "text ...".
    """
    from curate.cli.documents import show_document

    if target is None:
        raise CurateError(f"which corpus? {curated.name} has {', '.join(curated.planned.ends)}")
    like = sys.stdin.read() if like == "-" else like
    frame = curated.sample(
        target, near or n, dropped_by=dropped_by, near=near is not None, seed=seed, like=like, ngram=ngram
    )
    if as_diff and "before" not in frame.columns:
        raise CurateError(f"--diff shows what a rewrite did; {target} is none")
    if as_json:
        return emit(frame.to_dicts())
    for row in frame.to_dicts():
        show_document(row, chars, as_diff)
    if not frame.height:
        others = f"; --dropped-by asks those that {target.partition('/')[0]} dropped" if dropped_by is None else ""
        click.echo("no such document" if like is None else f"no document shares a run of {ngram} words with it{others}")


@recipe_command(short_help="One document's life: scores, clauses, partners, replies, positions.")
@click.argument("target", metavar="ID_OR_URL", required=False)
@click.option("--text", help="Documents whose text holds this, as read or as rewritten; the first ten.")
@click.option(
    "--window", metavar="N[:OFFSET]", help="Documents of a window of the mixture, or the one at a token of it."
)
@click.option("--item", metavar="BENCHMARK/ID", help="Documents in which a benchmark item was found.")
@click.option("--step", type=click.IntRange(0), help="Documents of a training step, numbered from 0.")
@click.option(
    "--batch", type=click.IntRange(1), help="Windows of a step; without it, batch_size of the recipe's training."
)
@click.option("--tokens", is_flag=True, help="Also the text that its token ids spell in the mixture.")
def trace(
    curated: Curated,
    *,
    as_json: bool,
    target: str | None,
    text: str | None,
    window: str | None,
    item: str | None,
    step: int | None,
    batch: int | None,
    tokens: bool,
) -> None:
    """One document's life, top to bottom: curate trace long-cot ID.

    Where its bytes lie, what every step said of it, each clause with the values it saw, the partner of a duplicate, the benchmark item of
    a leak, what a model wrote, and its places in the mixture. With --step, the documents that a training step reads.
    """
    from curate.cli.trace import show_trace

    place, offset = _window(window) if window is not None else (None, None)
    asked: dict[str, Any] = {
        "text": text,
        "window": place,
        "offset": offset,
        "item": item,
        "step": step,
        "batch": batch,
    }
    found = curated.trace(target, **asked, tokens=tokens)
    return emit(found) if as_json else show_trace(found)


def _window(asked: str) -> tuple[int, int | None]:
    window, colon, offset = asked.partition(":")
    numbers = [part.replace(",", "").replace("_", "") for part in ((window, offset) if colon else (window,))]
    if not all(part.isascii() and part.isdigit() and len(part) < 19 for part in numbers):
        raise CurateError(f"--window takes a number, or two as in 12:300, not {asked[:40]!r}")
    return int(numbers[0]), int(numbers[1]) if colon else None


@recipe_command(short_help="What another clause would keep, without a build.")
@click.argument("rest", nargs=-1)
@click.option(
    "-n", "--examples", "n", default=10, show_default=True, type=click.IntRange(0, 1000), help="Documents to print."
)
def whatif(curated: Curated, *, as_json: bool, rest: tuple[str, ...], n: int) -> None:
    """What a corpus would keep with another clause: curate whatif long-cot web "math_score >= 0.4".

    The clause that reads the same columns is replaced, or the one that is named: "mathematical: math_score >= 0.4". With
    "mathematical: null" there is none. Nothing is built.
    """
    from curate.cli.whatif import show_whatif

    if len(rest) != 2:
        raise CurateError(f'give a corpus and a clause, such as: curate whatif {curated.name} web "math_score >= 0.4"')
    found = curated.whatif(*rest, n=n)
    return emit(found) if as_json else show_whatif(found)


@recipe_command(short_help="What differs from another recipe, a lock, or a git revision.", unopened=".lock")
@click.argument("target", metavar="OTHER", required=False)
@click.option("--rev", metavar="A..B", help="Between two git revisions; or one, and the files as they stand.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown for a pull request.")
def diff(curated: Curated | str, *, as_json: bool, target: str | None, rev: str | None, as_markdown: bool) -> None:
    """What differs: configuration in words, documents in and out of each step, tokens of each source.

    \b
    curate diff R               from R's lock to what is stored
    curate diff R OTHER         from recipe R to another, as they are stored
    curate diff R --rev A..B    between two git revisions of R and its lock; no build and no store is needed
    curate diff R 2026.11.28    from a version that `curate freeze` made of R to what is stored
    curate diff R OLD.lock      from any other lock of R to what is stored
    curate diff A.lock B.lock   between two lock files
    """
    found = _lock_files(curated, target, rev) if isinstance(curated, str) else curated.diff(target, rev=rev)
    if as_json:
        emit(found.payload())
    elif as_markdown:
        click.echo(found.markdown(), nl=False)
    else:
        _diff_text(found)


def _lock_files(before: str, after: str | None, rev: str | None) -> Diff:
    from pathlib import Path

    from curate.diff import locks

    if rev is not None or after is None or not after.endswith(".lock"):
        raise CurateError(f"a lock is compared with another lock: curate diff {before} OTHER.lock")
    return locks(Path(before), Path(after))


def _diff_text(found: Diff) -> None:
    from curate.diff_text import SOURCE_HEAD, STEP_HEAD, source_rows, step_cells, summary, text_cells
    from curate.words import plain

    for note in found.notes:
        click.echo(f"note: {plain(note)}")
    if not found and not found.is_partial:
        return click.echo("no difference")
    click.echo(f"{found.before.title} to {found.after.title}: {plain(summary(found))}")
    for sentence in found.config:
        click.echo(f"  {plain(sentence)}")
    for name, state in found.inputs.items():
        click.echo(f"  input {printable(name)}: {state}")
    for head, rows in (
        (STEP_HEAD, [step_cells(step) for step in found.steps]),
        (SOURCE_HEAD, list(source_rows(found)) if found.mixture else []),
    ):
        if rows:
            click.echo()
            table(head, text_cells(rows), right=range(1, 4))
