"""A diff as Markdown for a pull request, and the cells that its tables share with the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from curate.diff import Diff, Pair, StepChange
from curate.words import Said, Sentence, code, markdown, plain, table

STEP_HEAD = ("step", "in", "out", "change", "ended here")
SOURCE_HEAD = ("source", "tokens", "share", "epochs")


def summary(diff: Diff) -> Sentence:
    """What it comes to: documents that each corpus keeps, and tokens of the mixture."""
    parts: list[Sentence] = [_kept(name, pair) for name, pair in diff.kept.items()]
    tokens = tuple(side.lock.mixture.get("tokens") for side in (diff.before, diff.after))
    if tokens[0] != tokens[1] and diff.mixture:
        parts.append(("the mixture holds ", *_instead((tokens[0], tokens[1]), "tokens")))
    if not parts and diff and not diff.is_partial:
        parts.append(("no corpus keeps more or fewer documents",))
    if diff.is_partial:
        parts.append(("documents of what is not built, or has no lock, are not compared",))
    joined = [word for part in parts for word in (*part, "; ")][:-1]
    return (*joined, ".") if joined else ("Nothing differs.",)


def _kept(name: str, pair: Pair) -> Sentence:
    if pair[1] is None:
        return (Said(name), f", which kept {pair[0]:,} documents, is gone")
    return (Said(name), " keeps ", *_instead(pair, "documents"))


def _instead(pair: Pair, unit: str) -> Sentence:
    was, now = pair
    if was is None:
        return (f"{now:,} {unit} (new)",)
    if now is None:
        return (f"no {unit} any more",)
    unit = unit.removesuffix("s") if now == 1 else unit
    percent = f" ({(now - was) / was:+.1%})".replace("%", " %") if was else ""
    return (f"{now:,} {unit} instead of {was:,}{percent}",)


def step_cells(step: StepChange) -> list[Sentence]:
    """One row of the table of steps."""
    fates: list[str] = []
    for fate, (was, now) in step.fates.items():
        fates += [", " if fates else "", Said(fate), f" {_arrow((was, now))}"]
    note = "" if step.state == "changed" else f" ({step.state})"
    change = f"{step.change:+,}" if step.rows_out != (None, None) and step.is_built else ""
    return [(Said(step.node), note), (_arrow(step.rows_in),), (_arrow(step.rows_out),), (change,), tuple(fates)]


def _arrow(pair: Pair) -> str:
    was, now = ("" if side is None else f"{side:,}" for side in pair)
    return was if was == now else f"{was} -> {now}" if was and now else now or was


def source_rows(diff: Diff) -> Iterator[list[Sentence]]:
    """Rows of the table of the mixture: tokens, share and epochs of each source, then all of them."""
    totals = tuple(sum(line.get("tokens", 0) for line in side) for side in zip(*diff.mixture.values(), strict=True))
    for name, sides in diff.mixture.items():
        share, epochs = [], []
        for line, total in zip(sides, totals, strict=True):
            share.append(f"{line['tokens'] / max(1, total):.4f}" if line else "")
            epochs.append(f"{line['epochs']:.3f}" if line else "")
        cells = [_texts(share), _texts(epochs)]
        yield [(Said(name),), (_arrow((sides[0].get("tokens"), sides[1].get("tokens"))),), *cells]
    if diff.mixture:
        yield [("all",), (_arrow((totals[0] or None, totals[1] or None)),), ("",), ("",)]


def _texts(sides: Sequence[str]) -> Sentence:
    was, now = sides
    return (was if was == now else f"{was} -> {now}" if was and now else now or was,)


def markdown_text(diff: Diff) -> str:
    """Heading, one sentence, what changed in the recipe, a table of the steps, a table of the mixture."""
    return "\n\n".join(block for block in _blocks(diff) if block) + "\n"


def _blocks(diff: Diff) -> Iterator[str]:
    yield f"### {code(diff.recipe)}: {code(diff.before.title)} to {code(diff.after.title)}"
    yield markdown(summary(diff))
    yield "\n".join(f"> {markdown(note)}" for note in diff.notes)
    if diff.config:
        yield "**What changed in the recipe**"
        yield "\n".join(f"- {markdown(sentence)}" for sentence in diff.config)
    if diff.inputs:
        yield "**Inputs**: " + ", ".join(f"{code(name)} ({state})" for name, state in diff.inputs.items())
    told = [step for step in diff.steps if not step.passes_on]
    if told:
        yield "**Documents, step by step**"
        yield table(STEP_HEAD, _cells(map(step_cells, told)), left=(0, 4))
    rest = [step for step in diff.steps if step not in told and step.node != "mixture"]
    for said, some in (
        ("These only pass on what they get", [step.node for step in rest if step.rows_out != (None, None)]),
        ("Made anew", [step.node for step in rest if step.rows_out == (None, None)]),
    ):
        if some:
            yield f"{said}: {', '.join(map(code, some))}"
    if diff.mixture:
        yield "**Mixture**"
        yield table(SOURCE_HEAD, _cells(source_rows(diff)))


def _cells(rows: Iterable[Sequence[Sentence]]) -> list[list[str]]:
    return [[markdown(cell, cell=True) for cell in row] for row in rows]


def text_cells(rows: Sequence[Sequence[Sentence]]) -> list[list[str]]:
    """The same rows for a terminal."""
    return [[plain(cell) for cell in row] for row in rows]
