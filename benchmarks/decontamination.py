"""Leaks of benchmarks: what is found, in which disguise, and what is taken for one and is none; ours beside others.

    python -m benchmarks.decontamination [--out DIR] [--decon PYTHON] [--json]

All methods are built from the same items, all those of `../shared/data/benchmarks`, and read the same texts: pairs of an item and what was
made of it; the problems of an RL set, of which 2,936 are items of `math_test` letter for letter (there the index is that benchmark alone);
problems of another split; leaks planted in real pages (`_decontam_leaks`); pages of identities and stock phrases; and 14,444 pieces of real
pages. A hit there counts as false unless it stands in `QUOTED`: we read that page, and it does quote the item. Every hit is in the JSON,
with what gave it away.

Recall has Wilson's 95 % interval. Speed is per CPU second of one thread in a process of its own, best of `--repeat`, on the same pages and
the same index; memory of the index is by how much that process grew while it was built (of decon the most that it took). A method that is
not installed is named as absent: datatrove and MegaMath need `datatrove`, datatrove also `spacy`, and decon an interpreter of Python 3.12
or later with `decontaminate`. `make peers` installs all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks import _decontam_methods as methods
from benchmarks import _decontam_sets as sets
from benchmarks._decontam_leaks import Item, Leak, leaks
from benchmarks._decontam_methods import Found, Method
from benchmarks._decontam_sets import Page
from benchmarks._sets import DATA
from curate.errors import CurateError
from curate.judged import wilson

RL, OF = "math8k_limr", "math_test"
NEIGHBOURS = "gsm8k_train"
SPEED_MB = 8
SHOWN = 300
"""Characters of a span in the JSON."""
QUOTED: dict[str, str] = {}
"""Pieces of real pages that do hold an item, read by eye, and what they hold."""


def cell(found: Sequence[Found | None]) -> dict[str, Any]:
    """How many of some texts were found, and the interval of that share."""
    count = sum(one is not None for one in found)
    return {"found": count, "of": len(found), "interval": wilson(count, len(found))}


def hits(pages: Sequence[Page], found: Sequence[Found | None]) -> list[dict[str, Any]]:
    """What was found in which text, and by what."""
    return [
        {"id": page.id, "item": one.item, "share": one.share, "span": " ".join(one.span.split())[:SHOWN]}
        for page, one in zip(pages, found, strict=True)
        if one is not None
    ]


# ---- the parts --------------------------------------------------------------------------------------------------------------


def pairs(method: Method, given: dict[str, list[Page]]) -> dict[str, Any]:
    """By type and by group of types."""
    found = iter(method.judge([page.text for some in given.values() for page in some]))
    by_type = {kind: [*islice(found, len(some))] for kind, some in given.items()}
    groups = {group: [one for kind in kinds for one in by_type[kind]] for group, kinds in sets.GROUPS.items()}
    clean = "clean neighbour"
    wrong = [hit for kind in sets.GROUPS[clean] for hit in hits(given[kind], by_type[kind])]
    return {
        "types": {kind: cell(found) for kind, found in by_type.items()},
        "groups": {group: cell(found) for group, found in groups.items()},
        "hits": wrong,
    }


def equal(problems: Sequence[Page], items: Sequence[Item]) -> list[bool]:
    """Which problems are an item, letter for letter."""
    known = {item.problem for item in items}
    return [problem.text in known for problem in problems]


def prompts(method: Method, problems: Sequence[Page], same: Sequence[bool]) -> dict[str, Any]:
    """Problems that are items, and what is found of the others."""
    found = method.judge(sets.texts(problems))
    ways = {True: ([], []), False: ([], [])}  # type: dict[bool, tuple[list[Page], list[Found | None]]]
    for problem, one, is_item in zip(problems, found, same, strict=True):
        ways[is_item][0].append(problem)
        ways[is_item][1].append(one)
    return {
        "items": cell(ways[True][1]),
        "missed": [page.id for page, one in zip(*ways[True], strict=True) if one is None],
        "others": cell(ways[False][1]),
        "hits": hits(*ways[False]),
    }


def clean(method: Method, pages: Sequence[Page]) -> dict[str, Any]:
    """Hits on pages without items; those that do quote one are counted apart."""
    found = hits(pages, method.judge(sets.texts(pages)))
    for hit in found:
        hit["quoted"] = QUOTED.get(hit["id"])
    wrong = sum(hit["quoted"] is None for hit in found)
    return {
        "documents": len(pages),
        "hits": found,
        "false": wrong,
        "quoted": len(found) - wrong,
        "interval": wilson(wrong, len(pages)),
    }


def planted(method: Method, made: Sequence[Leak]) -> dict[str, Any]:
    """By kind. It counts that the page was found, not which item was named."""
    found = method.judge([leak.text for leak in made])
    kinds = dict.fromkeys(leak.kind for leak in made)
    return {kind: cell([one for leak, one in zip(made, found, strict=True) if leak.kind == kind]) for kind in kinds}


# ---- speed ------------------------------------------------------------------------------------------------------------------


def speed(name: str, asked: argparse.Namespace) -> dict[str, Any]:
    """Figures of one method from a process of its own with one thread."""
    one = dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
    command = [
        sys.executable,
        "-m",
        "benchmarks.decontamination",
        "--data",
        str(asked.data),
        "--repeat",
        str(asked.repeat),
    ]
    command += ["--speed-of", name, *(["--decon", asked.decon] if asked.decon else [])]
    ran = subprocess.run(command, env=os.environ | one, capture_output=True, text=True)
    if ran.returncode:
        raise RuntimeError(f"{name}: {ran.stderr.strip()[-500:]}")
    result: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return result


def measured(name: str, asked: argparse.Namespace) -> dict[str, Any]:
    """Megabytes per CPU second, CPU seconds to build and megabytes that the process grew by, of this process."""
    files = sets.benchmarks(asked.data)
    text = [row["text"] for row in sets.lines(asked.data / "text" / "dev_train.jsonl.gz")]
    some, size = [], 0
    for one in text:
        some.append(one)
        size += len(one.encode())
        if size >= 1_000_000 * SPEED_MB:
            break
    methods.made(name, asked.decon).build(files[:1])  # imports and compiled loops are no part of the index
    before, start = _resident(), methods.cpu_seconds()
    method = methods.made(name, asked.decon)
    method.build(files)
    built = methods.cpu_seconds() - start
    grown = _resident() - before
    seconds = methods.timed(method, some, asked.repeat)
    peak = method.peak_mb if isinstance(method, methods.Decon) else None
    return {"mb_per_second": size / 1e6 / seconds, "build_seconds": built, "index_mb": peak or grown, "mb": size / 1e6}


def _resident() -> float:
    """Megabytes of this process."""
    import gc

    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


# ---- report -----------------------------------------------------------------------------------------------------------------


def share(row: dict[str, Any]) -> str:
    if not row["of"]:
        return "-"
    low, high = row["interval"]
    return f"{100 * row['found'] / row['of']:.1f} ({100 * low:.0f} to {100 * high:.0f})"


def table(result: dict[str, Any]) -> str:
    """The report in Markdown."""
    found = result["methods"]
    names = [*found]
    head = [f"| | n | {' | '.join(names)} |", f"| --- | ---: |{' ---: |' * len(names)}"]

    def row(title: str, *path: str) -> str:
        cells = []
        for name in names:
            one = found[name]
            for key in path:
                one = one[key]
            cells.append(one)
        return f"| {title} | {cells[0]['of']:,} | {' | '.join(map(share, cells))} |"

    out = [
        "Found of pairs of an item and what was made of it, % (95 % interval); of clean neighbours each is wrong",
        "",
        *head,
    ]
    out += [row(group, "pairs", "groups", group) for group in sets.GROUPS]
    out += [
        "",
        "By type",
        "",
        *head,
        *(row(kind, "pairs", "types", kind) for kind in found[names[0]]["pairs"]["types"]),
    ]
    out += ["", "Found of leaks planted in real pages, %", "", *head]
    out += [row(kind, "planted", kind) for kind in found[names[0]]["planted"]]
    out += ["", f"Problems of `{RL}` against `{OF}`, %", "", *head]
    out += [row("equal to an item", "rl", "items"), row("others", "rl", "others")]
    out += ["", f"Problems of `{NEIGHBOURS}`, another split, against all benchmarks: found, %", "", *head]
    out += [row("problems", "neighbours", "all"), "", *wrong(found), "", *speeds(found)]
    out += ["", *(f"- {name}: {methods.ABOUT[name]}" for name in names)]
    return "\n".join([*out, *(f"- {name} is absent: {why}" for name, why in result["absent"].items())])


def wrong(found: dict[str, Any]) -> Iterator[str]:
    """The table of what is taken for a leak and is none."""
    yield "| | real pages | false | at most (95 %) | quote an item | identities and phrases | false of these |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for name, row in found.items():
        page, stock = row["clean"], row["stock"]
        cells = [f"{page['documents']:,}", f"{page['false']:,}", f"{page['interval'][1]:.3%}", f"{page['quoted']:,}"]
        yield f"| {name} | {' | '.join(cells)} | {stock['documents']} | {stock['false']} |"


def speeds(found: dict[str, Any]) -> Iterator[str]:
    """The table of speed, of the methods where it was measured."""
    yield "| one thread | MB/s | index, s | index, MB |"
    yield "| --- | ---: | ---: | ---: |"
    for name, row in found.items():
        if one := row.get("speed"):
            yield f"| {name} | {one['mb_per_second']:.2f} | {one['build_seconds']:.1f} | {one['index_mb']:,.0f} |"


# ---- all --------------------------------------------------------------------------------------------------------------------


def measure(asked: argparse.Namespace) -> dict[str, Any]:
    files, named = sets.benchmarks(asked.data), {name: methods.absent(name, asked.decon) for name in asked.methods}
    result: dict[str, Any] = {"absent": {name: why for name, why in named.items() if why}, "methods": {}}
    items, of_one = sets.items(files), [path for path in files if sets.name(path) == OF]
    given, problems, others = sets.pairs(asked.data), sets.prompts(asked.data, RL), sets.prompts(asked.data, NEIGHBOURS)
    same = equal(problems, sets.items(of_one))
    pages = sets.pages(asked.data)[:: asked.every]
    stock = sets.stock()
    made = leaks(items, sets.texts([page for page in pages if page.id.startswith("text/")]), asked.count)
    result |= {"items": len(items), "benchmarks": len(files), "pages": len(pages), "count": asked.count}
    result["pages_mb"] = sum(len(page.text.encode()) for page in pages) / 1e6
    earlier = json.loads(asked.earlier.read_text("utf-8")) if asked.earlier else {"methods": {}}
    if asked.earlier and any(earlier[key] != result[key] for key in ("items", "pages", "count")):
        raise CurateError("was measured on other texts", where=str(asked.earlier))
    for name, why in named.items():
        if why:
            continue
        if name in earlier["methods"] and name != methods.OURS:
            result["methods"][name] = earlier["methods"][name] | ({"speed": speed(name, asked)} if asked.repeat else {})
            continue
        start = time.perf_counter()
        method = methods.made(name, asked.decon)
        method.build(of_one)
        row = {"rl": prompts(method, problems, same)}
        method = methods.made(name, asked.decon)
        method.build(files)
        row |= {"pairs": pairs(method, given), "stock": clean(method, stock), "planted": planted(method, made)}
        found = method.judge(sets.texts(others))
        row |= {
            "neighbours": {"all": cell(found), "hits": hits(others, found)},
            "clean": clean(method, pages[:: 1 if name in methods.FAST else asked.slow]),
        }
        if asked.repeat:
            row["speed"] = speed(name, asked)
        result["methods"][name] = row
        print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="default: %(default)s")
    parser.add_argument("--methods", nargs="+", choices=methods.METHODS, default=[*methods.METHODS])
    parser.add_argument("--decon", help="an interpreter of Python 3.12 or later that has the package decontaminate")
    parser.add_argument("--count", type=int, default=100, help="leaks of each kind (default: %(default)s)")
    parser.add_argument("--every", type=int, default=1, help="of so many real pages, one (default: all)")
    parser.add_argument(
        "--slow", type=int, default=1, help="of those, the one of so many that all but ours, MegaMath and 13 words read"
    )
    parser.add_argument("--repeat", type=int, default=3, help="rounds of the measurement of speed; 0: none")
    parser.add_argument("--out", type=Path, help="folder for decontamination.json, decontamination.md and the figure")
    parser.add_argument(
        "--earlier",
        type=Path,
        help="JSON of a run on the same texts, whose figures of the others are taken over, but for speed",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, not the tables")
    parser.add_argument("--speed-of", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if not (asked.data / "benchmarks").is_dir():
        print(f"no real data at {asked.data}; see benchmarks/README.md", file=sys.stderr)
        sys.exit(2)
    if asked.speed_of:
        print(json.dumps(measured(asked.speed_of, asked)))
        return
    if asked.out:
        from benchmarks import _plots

        _plots.require()
    try:
        result = measure(asked)
    except CurateError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    if asked.out:
        from benchmarks._decontam_plot import decontamination

        asked.out.mkdir(parents=True, exist_ok=True)
        (asked.out / "decontamination.json").write_text(
            json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8"
        )
        (asked.out / "decontamination.md").write_text(table(result) + "\n", "utf-8")
        decontamination(result, asked.out / "decontamination.png")
    print(json.dumps(result, ensure_ascii=False) if asked.json else table(result))


if __name__ == "__main__":
    main()
