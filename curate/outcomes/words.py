"""What a comparison says in sentences and in tables, the same for the terminal, the page and Markdown.

A cell is text, or text and what stands beside it smaller: the figures of single seeds. Nothing is escaped here: whoever prints it does so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from curate.outcomes.measures import Figure
from curate.outcomes.pairs import Place, asked, names

Cell = str | tuple[str, str]
SEEDS = 12
"""Single seeds that are written out."""
FEW = 3
"""Pairs that cannot be told apart and are named each."""
APART = {
    "gain": "{more} gains more than {less}",
    "last": "{more} ends higher than {less}",
    "after": "{more} is better after it than {less}",
    "first": "{more} begins higher than {less}",
    "length_right": "right replies of {more} are longer than those of {less}",
}
MEASURE = {
    "gain": "the gain",
    "last": "accuracy at the end",
    "after": "accuracy after",
    "first": "accuracy at the start",
    "length_right": "tokens of right replies",
}


@dataclass(frozen=True)
class Table:
    """A table: its caption, heads, and rows of as many cells. right: columns of numbers."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    right: Sequence[int] = field(default=())


def share(value: float | None) -> str:
    """A share or an entropy; nothing for what is not known, as the others."""
    return "" if value is None else f"{value:.3f}"


def tokens(value: float | None) -> str:
    """A length."""
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}"


def signed(value: float | None) -> str:
    """A difference of shares."""
    return "" if value is None else f"{value:+.3f}"


def whole(value: float | None) -> str:
    """A count."""
    return "" if value is None else f"{value:,}"


def _text(figure: Figure, form: Callable[[float | None], str]) -> str:
    middle, ends = figure["mean"], figure["interval"]
    return form(middle) + (f" ({form(ends[0])} to {form(ends[1])})" if ends else "")


def cell(figure: Figure, form: Callable[[float | None], str]) -> Cell:
    """The mean with its interval, and each seed's value beside it where there are several."""
    seeds = figure["by_seed"]
    if len(seeds) < 2 or figure["mean"] is None:
        return _text(figure, form)
    said = [form(value) or "none" for value in seeds[:SEEDS]]
    return _text(figure, form), ", ".join(said) + (f" and {len(seeds) - SEEDS} more" if len(seeds) > SEEDS else "")


def outcome_table(outcomes: Sequence[dict[str, Any]]) -> Table:
    """Start, end and gain on held-out prompts."""
    named, rows = names(outcomes), []
    for one in outcomes:
        figures = one["measures"]
        ends = (cell(figures["first"], share), cell(figures["last"], share), cell(figures["gain"], signed))
        rows.append((named[one["recipe"], one["entry"]], f"{one['finished']} of {one['seeds']}", *ends))
    return Table("Accuracy on held-out prompts", ("recipe", "seeds", "start", "end", "gain"), rows, (1, 2, 3, 4))


def reply_table(outcomes: Sequence[dict[str, Any]]) -> Table:
    """Lengths of replies at the end, what was cut off, entropy and collapses."""
    named, rows = names(outcomes), []
    for one in outcomes:
        figures = one["measures"]
        lengths = (cell(figures["length_right"], tokens), cell(figures["length"], tokens))
        shares = (cell(figures["truncated"], share), cell(figures["entropy"], share))
        rows.append((named[one["recipe"], one["entry"]], *lengths, *shares, flags(one)))
    heads = ("recipe", "tokens, right", "tokens, all", "cut off", "entropy", "collapse")
    return Table("Replies at the end", heads, rows, (1, 2, 3, 4))


def flags(one: dict[str, Any]) -> str:
    """Monitors that were beyond their bounds, with the number of seeds."""
    if not one["finished"]:
        return ""
    said = [f"{name} ({count})" for name, count in one["collapse"].items()]
    said += [f"{one['rollbacks']} rollbacks"] if one["rollbacks"] else []
    return ", ".join(said) or "none"


def benchmark_tables(outcomes: Sequence[dict[str, Any]]) -> Iterator[Table]:
    """For each entry under `eval:` and benchmark, accuracy before and after."""
    for (entry, benchmark, _), rows in _by_benchmark(outcomes).items():
        first = rows[0][1]
        part = ", a part of it" if first["limited"] else ""
        said = f"{benchmark} ({entry}): {first['items']:,} items{part}, {first['mode']}, {_draws(first['samples'])}"
        body = [
            (
                name, cell(row["before"], share), cell(row["after"], share), cell(row["gain"], signed),
                cell(row["tokens_right"]["before"], tokens), cell(row["tokens_right"]["after"], tokens),
            )
            for name, row in rows
        ]  # fmt: skip
        heads = ("recipe", "before", "after", "gain", "tokens of right replies, before", "after")
        yield Table(said, heads, body, (1, 2, 3, 4, 5))


def _draws(samples: int) -> str:
    return "one draw of each" if samples == 1 else f"{samples} draws of each"


def pass_tables(outcomes: Sequence[dict[str, Any]]) -> Iterator[Table]:
    """pass@k before and after, of benchmarks of which several replies were drawn."""
    for (entry, benchmark, _), rows in _by_benchmark(outcomes).items():
        ks = list(dict.fromkeys(k for _, row in rows for k in row["pass_at"]))
        if len(ks) < 2:
            continue
        body = [
            (name, end, *(cell(row["pass_at"][k][end], share) if k in row["pass_at"] else "" for k in ks))
            for name, row in rows
            for end in ("before", "after")
        ]
        right = tuple(range(2, 2 + len(ks)))
        yield Table(f"pass@k at {benchmark} ({entry})", ("recipe", "", *(f"k = {k}" for k in ks)), body, right)


def _by_benchmark(outcomes: Sequence[dict[str, Any]]) -> dict[Place, list[tuple[str, dict[str, Any]]]]:
    named, found = names(outcomes), {}  # type: ignore[var-annotated]
    for one in outcomes:
        for row in one["benchmarks"]:
            place = found.setdefault(asked(row), [])
            place.append((named[one["recipe"], one["entry"]], row))
    return found


# pairs


def sentences(pairs: Iterable[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], str]]:
    """Each pair and what is said of it."""
    for pair in pairs:
        yield pair, _sentence(pair)


def in_short(pairs: Iterable[dict[str, Any]]) -> Iterator[str]:
    """What can be told apart, each pair; of what cannot, a sentence for each measure where there are more than FEW pairs of it."""
    for key, group in groupby(pairs, lambda row: (row["entry"], row["benchmark"], row["measure"])):
        rows = list(group)
        rest = [row for row in rows if row["more"] is None]
        yield from (_sentence(row) for row in rows if row["more"] is not None or len(rest) <= FEW)
        if len(rest) > FEW:
            at = f"at {key[1]}, " if key[1] else ""
            yield f"{at}{len(rest)} of {len(rows)} pairs of {key[0]} cannot be told apart by {MEASURE[key[2]]}"


def _sentence(pair: dict[str, Any]) -> str:
    a, b, ends, middle = pair["a"], pair["b"], pair["interval"], pair["difference"]
    at = f"at {pair['benchmark']}, " if pair["benchmark"] else ""
    form = (lambda value: f"{value:+,.1f}") if pair["measure"] == "length_right" else signed
    if ends is None:
        return f"{at}{a} and {b} cannot be told apart by {MEASURE[pair['measure']]}: one of them has fewer than two seeds with a figure"
    sign = -1 if pair["more"] == b else 1
    low, high = sorted(sign * end for end in ends)
    apart = f"{form(sign * middle)} ({form(low)} to {form(high)})"
    if pair["more"] is None:
        return f"{at}{a} and {b} cannot be told apart by {MEASURE[pair['measure']]}: {apart}"
    less = b if pair["more"] == a else a
    return f"{at}{APART[pair['measure']].format(more=pair['more'], less=less)}: {apart}"


def summary(found: dict[str, Any]) -> str:
    """What was compared and how much of it can be told apart, in one paragraph."""
    outcomes = found["outcomes"]
    recipes = list(dict.fromkeys(one["recipe"] for one in outcomes))
    entries = list(dict.fromkeys(one["entry"] for one in outcomes))
    seeds = sorted({one["seeds"] for one in outcomes})
    finished, wanted = sum(one["finished"] for one in outcomes), sum(one["seeds"] for one in outcomes)
    several = f"{seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f"{seeds[0]}"
    said = [
        f"{_amount(len(recipes), 'recipe')}, by what reinforcement learning ({', '.join(entries)}) makes of their models; "
        f"{several} {'seed' if seeds == [1] else 'seeds'} each, {finished} of {wanted} runs finished."
    ]
    for measure in ("gain", "last"):
        rows = [row for row in found["pairs"] if row["measure"] == measure and row["benchmark"] is None]
        clear = sum(row["more"] is not None for row in rows)
        if rows:
            said.append(f"{clear} of {_amount(len(rows), 'pair')} can be told apart by {MEASURE[measure]}.")
    if few := [one["recipe"] for one in outcomes if sum(v is not None for v in one["measures"]["gain"]["by_seed"]) < 2]:
        which = "" if {*few} == {*recipes} else f": {', '.join(dict.fromkeys(few))}"
        said.append(f"There is no interval of fewer than two seeds{which}.")
    return " ".join(said)


def heading(recipes: Sequence[str]) -> str:
    """The names of recipes in a row; a folder that all are in stands once, before them."""
    folders = {name.rpartition("/")[0] for name in recipes}
    folder = folders.pop() if len(folders) == 1 and len(recipes) > 1 else ""
    short = ", ".join(name.removeprefix(f"{folder}/") for name in recipes)
    return f"{folder}: {short}" if folder else ", ".join(recipes)


def _amount(n: int, what: str) -> str:
    return f"{n:,} {what if n == 1 else what + 's'}"


# probes


def probed(found: dict[str, Any]) -> bool:
    """Whether there is anything to tell of probes."""
    return bool(found["probes"]) and any(one["finished"] for one in found["probes"]["recipes"])


def probe_table(probes: dict[str, Any]) -> Table:
    """The probes' scores, best gain first."""
    rows = [
        (
            one["recipe"], rank(one), f"{one['finished']} of {one['seeds']}", share(one["first"]), share(one["last"]),
            _text({"mean": one["gain"], "interval": one["gain_interval"]}, signed), tokens(one["length_right"]),
            share(one["truncated"]), ", ".join(f"{name} ({count})" for name, count in one["collapse"].items()),
        )
        for one in probes["recipes"]
    ]  # fmt: skip
    heads = ("recipe", "rank", "seeds", "start", "end", "gain (95%)", "length, right", "cut off", "collapse")
    return Table("Probes", heads, rows, tuple(range(1, 8)))


def rank(one: dict[str, Any]) -> str:
    """The best and the worst place that a recipe may have."""
    low, high = one["rank"]
    return "" if one["gain"] is None else f"{low}" if low == high else f"{low} to {high}"


def agreement(row: dict[str, Any]) -> str:
    """Whether the probes rank as the runs of one entry do."""
    if row["tau"] is None:
        return f"{row['entry']}: fewer than two recipes have a gain of both the probe and the run, so no ranking can be compared"
    over = _amount(row["recipes"], "recipe")
    return (
        f"{row['entry']}: Kendall's tau between the gains of probes and of runs is {row['tau']:+.2f} over {over}; "
        f"of {_amount(row['pairs'], 'pair')} both can tell {row['both']} apart, and agree on {row['agree']}"
    )


# settings and origins


def setting_table(outcomes: Sequence[dict[str, Any]]) -> Table:
    """Trainer, steps, seeds and size of each outcome, and what it goes on from."""
    named = names(outcomes)
    rows = [
        (
            named[one["recipe"], one["entry"]], one["entry"], one["before"] or "nothing", one["settings"]["trainer"],
            whole(_count(one["settings"]["steps"])), ", ".join(str(row["seed"]) for row in one["by_seed"]),
            whole(one["settings"]["parameters"]),
        )
        for one in outcomes
    ]  # fmt: skip
    return Table("What was run", ("recipe", "entry", "goes on from", "trainer", "steps", "seeds", "parameters"), rows, (4, 6))  # fmt: skip


def _count(value: Any) -> int | None:
    return value if type(value) is int else None


def mixture_table(outcomes: Sequence[dict[str, Any]]) -> Table:
    """Tokens of each mixture by source; a mixture that several outcomes grew from stands once."""
    known = {mixture["mixture_of"]: mixture for one in outcomes for mixture in one["settings"]["mixtures"]}
    rows = [
        (
            name, one["source"], whole(one["achieved"]), f"{one['share']:.1%}", whole(one["documents"]), f"{one['epochs']:.2f}"
        )
        for name, mixture in known.items()
        for one in mixture["sources"]
    ]  # fmt: skip
    heads = ("recipe", "corpus", "tokens", "share", "documents", "epochs")
    return Table("Tokens of each mixture by source", heads, rows, (2, 3, 4, 5))


def param_table(outcomes: Sequence[dict[str, Any]]) -> Table:
    """Parameters of the trainers of reinforcement learning, with the recipes that say so where they differ."""
    named = names(outcomes)
    told: dict[tuple[str, str], list[str]] = {}
    for key in dict.fromkeys(key for one in outcomes for key in one["settings"]["params"] if key != "seed"):
        for one in outcomes:
            value = _plain(one["settings"]["params"][key]) if key in one["settings"]["params"] else "not said"
            told.setdefault((key, value), []).append(named[one["recipe"], one["entry"]])
    rows = [
        (key, value, "all" if len(those) == len(outcomes) else ", ".join(those)) for (key, value), those in told.items()
    ]
    return Table("Parameters of the runs on prompts", ("parameter", "value", "recipes"), rows)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def origin_table(outcomes: Sequence[dict[str, Any]]) -> Table:
    """Of each run that a number is made of, and those that it grew from: where it came from."""
    known = {one["run"]: one for outcome in outcomes for row in outcome["by_seed"] for one in row["origins"]}
    rows = [
        (
            one["run"], str(one["seed"]), one["file"], one["lock"] or "", one["mixture"] or one["prompts"] or "", one["key"] or "",
            one["checkpoint"] or one["folder"] or "", ", ".join(f"{name} {n:,}" for name, n in one["documents"].items()),
        )
        for one in known.values()
    ]  # fmt: skip
    heads = (
        "run",
        "seed",
        "recipe file",
        "lock (SHA-256)",
        "mixture or prompts",
        "run key",
        "checkpoint",
        "documents by corpus",
    )
    return Table("Runs, oldest first", heads, rows)


def commands(outcomes: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """What each recipe's numbers are followed back with: what a command tells, and the command."""
    found = []
    for name in dict.fromkeys(one["recipe"] for one in outcomes):
        found += [
            (f"the runs of {name}, their keys and folders", f"curate status {name}"),
            (f"the corpora and the mixture of {name}", f"curate show {name}"),
            (f"where one document of {name} came from, and what became of it", f"curate trace {name} ID"),
            ("what is in a window that the model saw", f"curate trace {name} --window 0"),
            ("whether what is stored is what its lock says", f"curate verify {name}"),
        ]
    return found


def pending(outcomes: Sequence[dict[str, Any]]) -> list[str]:
    """A sentence for each run that is not finished."""
    return [
        f"{one['recipe']}/{row['run']} is {row['state']}{': ' + row['why'] if row['why'] else ''}"
        for one in outcomes
        for row in one["by_seed"]
        if row["state"] != "current"
    ]


def published_table(one: dict[str, Any], of: str) -> Table:
    """A table of published figures, each row with how it is known."""
    columns = list(zip(*(row["values"] for row in one["rows"]), strict=True))
    digits = [_digits(column) for column in columns]
    rows = [
        (row["name"], *(_published(value, n) for value, n in zip(row["values"], digits, strict=True)), row["source"])
        for row in one["rows"]
    ]
    caption = f"{one['title']}; as published, {of}; {one['unit']}"
    return Table(caption, ("model", *one["columns"], "source"), rows, tuple(range(1, 1 + len(one["columns"]))))


def _digits(column: Sequence[Any]) -> int | None:
    """How many digits shares of a column have at most; None of a column of anything else, which is shown as it was written."""
    known = [value for value in column if isinstance(value, float)]
    if not known or not all(0 <= value <= 1 and "e" not in repr(value) for value in known):
        return None
    return max(len(repr(value).partition(".")[2]) for value in known)


def _published(value: Any, digits: int | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:.{digits}f}" if digits and isinstance(value, float) else f"{value:,}"
