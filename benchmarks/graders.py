"""Which grader is right how often: ours beside math-verify and three written after Qwen2.5-Math, PRM800K and OctoThinker.

    python -m benchmarks.graders --out DIR

Every grader judges the same replies, whose labels are known without any of them: published labels, cases of other projects, golds against
themselves, golds respelled (right) and golds made wrong (see `benchmarks._labelled`). A false positive is a wrong reply called right, a
false negative a right one called wrong, an abstention neither. A grader without abstentions calls wrong what it cannot read. OctoThinker's
has a reader for each set, made for the prompt of that set: forms of reply that it was not made for are a loss that its authors would not
have. The graders written after others are for this report only.

All golds are tried in one form; the other forms, respelled and perturbed golds on `--golds` rows of each set, chosen by hash (0: all).
Each grading has `--seconds`, after which it counts as an abstention and is counted apart. `--out` gets `graders.json`, with each
disagreement of ours and its reason, `graders.md`, which is the table on stdout, and `graders.png`. Texts of problems and replies are
printed nowhere: ids, golds and short answers only.

Speed is measured on the two labelled sets, in processes that have imported everything and graded twenty cases (so without the cold start):
ours and the others on all cores, math-verify also on one. Best of `--repeat` rounds.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import _plots as plots
from benchmarks._labelled import GOLDS, GROUPS, Case, cases, math_verify_tests
from benchmarks._sets import DATA
from benchmarks._trial import GRADERS, Judged, cores, judge, rate

SHORT = 60
"""Characters of an answer that is printed."""


def counts(judged: Iterable[tuple[Case, Judged]]) -> dict[str, Any]:
    """False positives and negatives, abstentions and agreement of one grader on some cases."""
    found = Counter((case.right, verdict.value) for case, verdict in judged)
    total = sum(found.values())
    right = found[True, True] + found[False, False]
    return {
        "cases": total,
        "false_positives": found[False, True],
        "false_negatives": found[True, False],
        "undecided": found[True, None] + found[False, None],
        "agreement": round(100 * right / total, 3) if total else None,
    }


def results(tried: Sequence[Case], by_grader: dict[str, list[Judged]]) -> dict[str, Any]:
    """Counts by group, and by set within the groups of golds."""
    groups = [group for group in GROUPS if any(case.group == group for case in tried)]
    found: dict[str, Any] = {"groups": {}, "sets": {}}
    for name, judged in by_grader.items():
        pairs = [*zip(tried, judged, strict=True)]
        for group in groups:
            some = [pair for pair in pairs if pair[0].group == group]
            found["groups"].setdefault(group, {})[name] = counts(some)
            for label in sorted({case.set for case, _ in some}) if group in GOLDS else ():
                row = counts(pair for pair in some if pair[0].set == label)
                found["sets"].setdefault(group, {}).setdefault(label, {})[name] = row
    return found


def disagreements(tried: Sequence[Case], judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """Where a grader does not say what the label says: false positives first."""
    found = [
        {
            "group": case.group, "id": case.id, "how": case.how, "right": case.right, "verdict": verdict.value,
            "reason": verdict.reason, "gold": short(case.gold), "answer": short(verdict.answer or case.answer),
        }
        for case, verdict in zip(tried, judged, strict=True)
        if verdict.value is not case.right
    ]  # fmt: skip
    return sorted(found, key=lambda row: (not row["verdict"], GROUPS.index(row["group"])))


def short(text: str) -> str:
    """At most so many characters on one line; a whole solution is no answer and is not shown."""
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"({len(line)} characters)"


def table(result: dict[str, Any]) -> str:
    """The report in Markdown: counts by group, then speed."""
    names = [*result["graders"]]
    lines = [
        "false positives / false negatives / undecided, agreement in %",
        "",
        f"| cases | right | {' | '.join(names)} |",
        f"| --- | ---: |{' ---: |' * len(names)}",
    ]
    for group, row in result["groups"].items():
        cells = [cell(row[name]) for name in names]
        lines.append(f"| {group} ({row[names[0]]['cases']:,}) | {result['right'][group]:,} | {' | '.join(cells)} |")
    if result["speed"]:
        lines += ["", "| gradings per second | processes | |", "| --- | ---: | ---: |"]
        lines += [f"| {row['grader']} | {row['processes']} | {row['per_second']:,.0f} |" for row in result["speed"]]
    return "\n".join(lines)


def cell(row: dict[str, Any]) -> str:
    left = f"{row['false_positives']:,} / {row['false_negatives']:,} / {row['undecided']:,}"
    return f"{left}, {row['agreement']:.2f}"


def measure(asked: argparse.Namespace) -> dict[str, Any]:
    started = time.perf_counter()
    tried = list(cases(asked.data, asked.golds, tuple(asked.groups)))
    print(f"{len(tried):,} cases made in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    by_grader = {}
    for name in asked.graders:
        started = time.perf_counter()
        by_grader[name] = judge(name, tried, asked.seconds)
        print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr)
    out = results(tried, by_grader)
    out["graders"] = [*by_grader]
    out["golds"] = asked.golds
    out["right"] = {group: sum(c.right for c in tried if c.group == group) for group in out["groups"]}
    out["out_of_time"] = {name: sum(j.reason == "out of time" for j in judged) for name, judged in by_grader.items()}
    out["disagreements"] = {name: disagreements(tried, judged) for name, judged in by_grader.items() if name == "ours"}
    if "math_verify_tests" in asked.groups:
        left = math_verify_tests(asked.data)[1]
        out["other_configuration"] = [{"id": id, "reason": why} for id, why in left]
    labelled = [case for case in tried if case.group in GROUPS[:2]]
    out["speed"] = speed(asked, labelled) if asked.repeat and labelled else []
    return out


def speed(asked: argparse.Namespace, tried: list[Case]) -> list[dict[str, Any]]:
    runs = [(name, cores()) for name in asked.graders]
    runs += [("math-verify", 1)] if "math-verify" in asked.graders and cores() > 1 else []
    return [
        {"grader": name, "processes": count, "per_second": rate(name, tried, count, asked.seconds, asked.repeat)}
        for name, count in runs
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="default: %(default)s")
    parser.add_argument(
        "--golds", type=int, default=100, help="rows of each set that are varied; 0: all (default: %(default)s)"
    )
    parser.add_argument("--graders", nargs="+", choices=[*GRADERS], default=[*GRADERS])
    parser.add_argument("--groups", nargs="+", choices=GROUPS, default=GROUPS)
    parser.add_argument("--seconds", type=float, default=5.0, help="for one grading (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=3, help="rounds of the measurement of speed; 0: none")
    parser.add_argument("--out", type=Path, help="folder for graders.json, graders.md and the figure")
    parser.add_argument("--json", action="store_true", help="print JSON, not the table")
    asked = parser.parse_args()
    if not (asked.data / "benchmarks").is_dir():
        print(f"no real data at {asked.data}; see benchmarks/README.md", file=sys.stderr)
        sys.exit(2)
    if asked.out:
        plots.require()
    result = measure(asked)
    if asked.out:
        asked.out.mkdir(parents=True, exist_ok=True)
        (asked.out / "graders.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
        (asked.out / "graders.md").write_text(table(result) + "\n", "utf-8")
        plots.graders(result, asked.out / "graders.png")
    print(json.dumps(result, ensure_ascii=False) if asked.json else table(result))


if __name__ == "__main__":
    main()
