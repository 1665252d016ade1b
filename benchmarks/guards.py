# ruff: noqa: E501
r"""The guards on rewrites before damage planted in faithful rewrites of real pages: what they catch by kind, and which faithful ones they refuse.

    python -m benchmarks.guards [--pages 240] [--rewrites 3] [--held-out] [--examples K] [--json OUT]

Texts: pages of the archive of `../shared/data` through `html_math` and `html_clean`, as the recipe `web` does; documents labelled
`math`, as many of each source as there are of any; and sheets of multiple-choice questions put together from the benchmark files. Pages and documents
must pass what the recipe keeps as `readable`, have `FORMULAS` formulas (word problems: none) and at most `CODE_LINES` of their lines may be code, output
or synopsis: what a page holds that is no prose is no test of a refiner. What is set aside is counted. A text is made noisy and rewritten as a careful
model might (`tests/curation/faithful.py`), and on top of the rewrite is damaged in each way that finds something to damage
(`tests/curation/damage.py`). The guards see the noisy page and the rewrite, nothing else. With `--held-out` texts and wordings are others.

`any` is the share caught by any guard. `alone` are the cases whose rewrite passes all guards without the damage, so that nothing but the damage
can be what is caught: `caught` of them is the figure that counts, and `named` the share caught by a guard that is named for the kind. `aside`
are cases that no reader of the two texts could tell from a faithful rewrite, by the rules of `damage`; they do not count. By what was
done, `refused` is the share of faithful rewrites with it that some guard refused. Left out: rewrites by a real model, and damage of which a
guard would have to know mathematics.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import yaml

from benchmarks._archive import english
from benchmarks._sets import DATA
from curation.rewrite._guards import FAITHFUL, measured, verdicts
from curation.score.lines import lines
from curation.score.prose import prose
from curation.score.repetition import repetition

SHORTEST, LONGEST = 250, 16_000
FORMULAS, CODE_LINES = 3, 0.25
MANUAL = re.compile(
    r"(?m)^\W*(?:(?:Template )?Parameters|Returns?|Return type|Examples?:|EXAMPLES|INPUT|Bases:|Definition at line|class \w+\.\w+|static)\b"
    r"|‣|\[source\]|Doxygen|Member Function|\}\);"
)
"""Marks of a manual that lists functions."""
EMPTY = re.compile(r"(?m)^\s*(?:[-*•]|(\d+)\. +\1\.)\s*$")
PROBLEMS = ("gsm8k-train-qa", "sheets")
"""Sources of word problems, whose mathematics is numbers."""
STRENGTHS = (0.15, 0.4, 0.7, 1.0)
"""How much faithful rewrites change, from 0 to 1 (`tests/curation/faithful.py`)."""


@dataclass(frozen=True)
class Pair:
    """A noisy page and a rewrite of it, `kind` None where it is faithful."""

    group: str
    source: str
    written: str
    kind: str | None
    done: tuple[str, ...]
    base: int
    was: str = ""
    became: str = ""


def documents(data: Path, part: str) -> Iterator[tuple[str, str]]:
    with gzip.open(data / "text" / f"dev_{part}.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    yield from ((row["source"], row["text"]) for row in rows if row["label"] == "math" and row["lid176"][0] == "en")


def sheets(data: Path, random: Random) -> Iterator[str]:
    """Four questions with their choices to a sheet, in one of three forms."""
    from benchmarks._sets import options, rows

    for name in ("aqua", "mathqa_test", "mmlu_stem"):
        some = []
        for row in rows(data / "benchmarks" / f"{name}.jsonl.gz"):
            extra = row.get("extra") or {}
            choices = options(extra.get("options") or extra.get("choices"))
            if len(choices) >= 4:
                some.append((row["problem"], choices))
        random.shuffle(some)
        for n in range(0, min(len(some) - 4, 120), 4):
            form = random.choice(["{}. {}", "Question {}: {}", "**Problem {}.** {}"])
            mark = random.choice(["({}) {}", "{}. {}", "{}) {}"])
            yield "\n\n".join(
                form.format(i, problem.strip())
                + "\n"
                + "\n".join(mark.format(*one) for one in zip("ABCDE", choices, strict=False))
                for i, (problem, choices) in enumerate(some[n : n + 4], 1)
            )


def texts(data: Path, number: int, held_out: bool) -> tuple[list[tuple[str, str]], Counter[str]]:
    """Texts with their groups, and how many were set aside: two fifths web pages (none held out), two fifths documents, a fifth sheets."""
    random = Random(f"texts {held_out}")
    found = [] if held_out else [("web", text) for text in english(data, 0.65)]
    kept, aside = chosen(found + list(documents(data, "valid" if held_out else "train")))
    by_source: dict[str, list[str]] = defaultdict(list)
    for source, text in kept:
        by_source[source].append(text)
    for pool in by_source.values():
        random.shuffle(pool)
    some = [("web", text) for text in by_source.pop("web", [])[: 2 * number // 5]]
    some += [("sheets", text) for text in [*sheets(data, random)][int(held_out) :: 2]][: number // 5]
    while len(some) < number and any(by_source.values()):
        some += [(source, pool.pop()) for source, pool in by_source.items() if pool]
    return some[:number], aside


def chosen(found: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], Counter[str]]:
    """Texts that the recipe `web` would refine, and how many others there are by what they fail first."""
    from tests.curation.faithful import CODE, PROMPT

    aside = Counter[str]()
    kept = []
    for source, text in found:
        lines_ = [line for line in text.split("\n") if line.strip() and line.lstrip()[0] not in "\\|"]
        code = sum(bool(PROMPT.match(line) or CODE.match(line)) for line in lines_) / max(len(lines_), 1)
        if not SHORTEST <= len(text) <= LONGEST:
            aside["too short or long"] += 1
        elif code > CODE_LINES or len(MANUAL.findall(text)) > 1:
            aside["code, output or a manual's synopsis"] += 1
        elif len(EMPTY.findall(text)) > 1:
            aside["items that extraction left empty"] += 1
        else:
            kept.append((source, text))
    docs = pl.DataFrame(kept, schema=["source", "text"], orient="row").with_row_index("id").cast({"id": pl.String})
    for step in (prose, lines, repetition):
        docs = docs.hstack(step(docs))
    recipe = yaml.safe_load((Path(__file__).resolve().parents[1] / "recipes" / "web.yaml").read_text("utf-8"))
    (readable,) = (step["keep"] for step in recipe["corpora"]["web"]["steps"] if step.get("as") == "readable")
    problems = ", ".join(f"'{name}'" for name in PROBLEMS)
    rules = readable | {"few formulas": f"formulas >= {FORMULAS} or source in ({problems})"}
    passed = docs.with_columns(pl.sql_expr(rule).fill_null(False).alias(f"rule {name}") for name, rule in rules.items())
    good = []
    for row in passed.iter_rows(named=True):
        failed = next((name for name in rules if not row[f"rule {name}"]), None)
        if failed:
            aside[failed.replace("_", " ")] += 1
        else:
            good.append((row["source"], row["text"]))
    return good, aside


def pairs(found: list[tuple[str, str]], rewrites: int, half: str) -> tuple[list[Pair], Counter[tuple[str, str]]]:
    """Faithful and damaged rewrites, and how many cases were set aside, by kind and rule. Each text is damaged once in each way."""
    from tests.curation.damage import KINDS, damaged
    from tests.curation.faithful import faithful

    made, aside = [], Counter[tuple[str, str]]()
    for n, (group, text) in enumerate(found):
        for k in range(rewrites):
            one = faithful(text, f"{n} {k}", STRENGTHS[(n + k) % len(STRENGTHS)], half)
            made.append(Pair(group, one.source, one.text, None, one.done, len(made)))
        base = len(made) - 1
        for kind in KINDS:
            wrong = damaged(kind, one.source, one.text, n, found[(n + 7) % len(found)][1], half)
            if wrong and wrong.aside:
                aside[kind, wrong.aside] += 1
            elif wrong:
                made.append(Pair(group, one.source, wrong.text, kind, one.done, base, wrong.was, wrong.is_))
    return made, aside


def judged(made: list[Pair]) -> pl.DataFrame:
    """The pairs with their verdict, their measures, and `passes`: whether a damaged rewrite passes without the damage."""
    source, written = (
        pl.Series([getattr(one, name) for one in made], dtype=pl.String) for name in ("source", "written")
    )
    measures = measured(source, written)
    frame = pl.DataFrame({
        "row": range(len(made)), "group": [one.group for one in made], "kind": [one.kind for one in made], "verdict": verdicts(measures),
    }, schema_overrides={"kind": pl.String})  # fmt: skip
    passes = (frame["verdict"] == FAITHFUL).gather([one.base for one in made]).alias("passes")
    return frame.hstack([passes]).hstack(measures.rename({name: f"measure_{name}" for name in measures.columns}))


def caught(frame: pl.DataFrame, aside: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    from tests.curation.damage import KINDS

    wrong = frame.filter(pl.col("kind").is_not_null())
    rows = []
    for kind, what in [*KINDS.items(), ("all", None)]:
        some = wrong.filter(pl.lit(what is None) | (pl.col("kind") == kind))
        alone = some.filter("passes")["verdict"]
        named = sum(one in what.guards for one in alone) if what else 0
        rules = Counter[str]()
        for (of, rule), n in aside.items():
            rules[rule] += n if what is None or of == kind else 0
        rows.append({
            "damage": kind, "cases": some.height, "any": share((some["verdict"] != FAITHFUL).sum(), some.height), "alone": len(alone),
            "caught": share((alone != FAITHFUL).sum(), len(alone)), "named": share(named, len(alone)) if what else None,
            "by": ", ".join(f"{guard} {n}" for guard, n in Counter(alone).most_common(4)),
            "aside": ", ".join(f"{rule} {n}" for rule, n in sorted(rules.items()) if n),
        })  # fmt: skip
    return rows


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def refused(frame: pl.DataFrame, made: list[Pair]) -> list[dict[str, Any]]:
    good = frame.filter(pl.col("kind").is_null())
    done: dict[str, Counter[str]] = defaultdict(Counter)
    for row, group, verdict in good.select("row", "group", "verdict").iter_rows():
        for name in ("all", f"of {group}", *made[row].done):
            done[name][verdict] += 1
    rows = []
    for name, seen in sorted(done.items(), key=lambda one: (one[0] != "all", not one[0].startswith("of "), one[0])):
        n, bad = seen.total(), seen.total() - seen[FAITHFUL]
        by = ", ".join(f"{guard} {count}" for guard, count in seen.most_common() if guard != FAITHFUL)
        rows.append({"done": name, "rewrites": n, "refused": share(bad, n), "by": by})
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    columns = list(rows[0])
    shown = [
        [
            ("" if one[c] is None else f"{100 * one[c]:.1f}" if isinstance(one[c], float) else str(one[c]))
            for c in columns
        ]
        for one in rows
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [columns, ["---"] * len(columns), *shown])


def examples(frame: pl.DataFrame, made: list[Pair], most: int) -> Iterator[str]:
    """Damage that no guard caught, by kind, and faithful rewrites that one refused, by guard: at most so many of each."""
    import difflib

    seen: Counter[str] = Counter()
    for row in frame.iter_rows(named=True):
        one, verdict = made[row["row"]], row["verdict"]
        name = f"missed: {one.kind}" if one.kind else f"refused: {verdict}"
        if (verdict == FAITHFUL) != bool(one.kind) or seen[name] >= most:
            continue
        seen[name] += 1
        if one.kind:
            yield f"## {name} ({one.group}, {row['row']})\n- {one.was!r}\n+ {one.became!r}"
            continue
        measures = {k.removeprefix("measure_"): v for k, v in row.items() if k.startswith("measure_") and v}
        before, after = ([line for line in text.split("\n") if line.strip()] for text in (one.source, one.written))
        changed = [
            line[:300]
            for line in difflib.unified_diff(before, after, n=0, lineterm="")
            if not line.startswith(("@@", "---", "+++"))
        ]
        yield f"## {name} ({one.group}, {row['row']}) {', '.join(one.done)}\n{measures}\n" + "\n".join(changed)[:1500]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="default: %(default)s")
    parser.add_argument("--pages", type=int, default=240, help="texts (default: %(default)s)")
    parser.add_argument("--rewrites", type=int, default=3, help="faithful ones of each text (default: %(default)s)")
    parser.add_argument(
        "--held-out",
        action="store_true",
        help="documents of dev_valid, other sheets, other wordings of noise and damage",
    )
    parser.add_argument(
        "--examples", type=int, default=0, help="show so many misses of each kind and wrong refusals of each guard"
    )
    parser.add_argument("--json", type=Path, help="file for the figures")
    asked = parser.parse_args()
    if not (asked.data / "text").is_dir():
        print(f"no real data at {asked.data}; see benchmarks/README.md", file=sys.stderr)
        sys.exit(2)
    found_texts, left = texts(asked.data, asked.pages, asked.held_out)
    made, aside = pairs(found_texts, asked.rewrites, "held" if asked.held_out else "dev")
    measured(pl.Series(["a"]), pl.Series(["a"]))  # compiled
    started = time.process_time()
    frame = judged(made)
    seconds = time.process_time() - started
    size = sum(len(one.source) + len(one.written) for one in made) / 1e6
    found, wrongly = caught(frame, aside), refused(frame, made)
    print(
        f"{table(found)}\n\n{table(wrongly)}\n\n{len(made)} pairs of {len(found_texts)} texts, "
        f"{size / seconds:.3g} million characters per CPU second; texts set aside: "
        + ", ".join(f"{name} {n}" for name, n in left.most_common())
        + "\n"
    )
    for shown in examples(frame, made, asked.examples):
        print(shown, end="\n\n")
    if asked.json:
        asked.json.write_text(
            json.dumps({"damage": found, "faithful": wrongly, "pairs": len(made)}, indent=1) + "\n", "utf-8"
        )


if __name__ == "__main__":
    main()
