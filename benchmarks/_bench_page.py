"""`docs/speed.md` and `docs/bench.png`, from the results that are kept in `benchmarks/results`."""

from __future__ import annotations

import importlib.util
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import projection

PAGE, PICTURE = Path("docs/speed.md"), Path("docs/bench.png")
HEAD = """<!-- Written by `python -m benchmarks --write`. Edit benchmarks/_bench_page.py, not this page. -->

# Speed

What `make bench` measured last, on the commit and machine named below, and how the ratios moved from commit to commit. Each ratio is
against a peer in the same run, so that other work on the machine weighs on both; ratios are times ours is faster, or as good. Rates are
of that machine.
"""
WHOLE = """
## The whole job

WARC files -> text -> English -> filters of quality -> near duplicates -> token ids: `curate build` of a recipe from the command line in
an empty store, beside datatrove's example for FineWeb on the same embedded crawl with the same tokenizer, bands and model for languages,
as many workers, in the same run; then both are judged by the crawl's truth. `main` takes the main text, as datatrove's Trafilatura does,
and is the row that counts; `clean` takes our slow extractor, `whole` the whole page. What each figure means:
`benchmarks/_whole_job_truth.py`.

"""
PROJECTED = """
## One snapshot, and all of them

Multiplied out from the whole job and the assumptions below (`python -m benchmarks.projection --set NAME=VALUE`); nobody ran it. The lower
figure takes pages of the web for as small as those of the embedded crawl, the higher one lets all work grow with their bytes. TxT360 says
of its own pipeline that the extraction of text alone took 50 to 80 thousand core-hours for a snapshot.

"""
GROWTH = """
## As the crawl grows

The corpus `web` of the shipped recipe, from nothing, crawl included, by `curate build web --only web`; start-up and the training of its
classifier and its background of phrases are a fixed part, and the smallest size, which comes first, may find nothing compiled yet. Sizes
that are not in the table were not run on this machine.

"""
TIME = """
## From commit to commit

![How many times faster than its peers each part is, one point for each kept run](bench.png)

One point for each file of `benchmarks/results` with a peer in it; open points are of quick runs.
"""
QUALITY = (
    ("documents per core and second", "documents_per_core_second", "{:,.0f}"),
    ("the same beyond start-up", "beyond_start", "{:,.0f}"),
    ("processor seconds of start-up", "start_cpu_seconds", "{:.1f}"),
    ("documents per core and second by the clock", "by_clock", "{:,.0f}"),
    ("greatest memory, MB", "peak_mb", "{:,.0f}"),
    ("left on disk, MB", "written_mb", "{:,.0f}"),
    ("pages kept", "kept", "{:,.0f}"),
    ("English mathematics kept", "maths_kept", "{:.1%}"),
    ("other English worth reading kept", "other_kept", "{:.1%}"),
    ("garbage kept", "garbage_kept", "{:.1%}"),
    ("other languages kept", "foreign_kept", "{:.1%}"),
    ("duplicates left", "duplicates_left", "{:.2%}"),
    ("formulas exact, of pages kept", "formulas_exact", "{:.1%}"),
    ("formulas exact, of all", "formulas_yield", "{:.1%}"),
    ("words of the main text, F1", "words_f1", "{:.3f}"),
)


def kept(root: Path) -> list[dict[str, Any]]:
    """Every kept result, oldest first."""
    files = sorted((root / "benchmarks" / "results").glob("*.json"))
    return sorted((json.loads(file.read_text("utf-8")) for file in files), key=began)


def began(result: dict[str, Any]) -> tuple[str, str]:
    """When a run began."""
    return result["date"], result.get("time", "")


def counts(result: dict[str, Any]) -> tuple[bool, tuple[str, str]]:
    """What comes last by this is the result that counts: a full run before a quick one, then the newest."""
    return not result["quick"], began(result)


def page(results: list[dict[str, Any]]) -> str:
    """The page, from results, oldest first."""
    if not results:
        return HEAD + "\nNo result is kept yet: `make bench`.\n"
    parts = [HEAD, *_latest(results)]
    jobs = [result for result in results if "whole_job" in result["benchmarks"]]
    if jobs:
        best = max(jobs, key=counts)
        parts += [
            WHOLE,
            _whole(best),
            PROJECTED,
            projection.table(projection.ways_of(best), projection.Assumptions()),
            "\n",
        ]
    grown = [result for result in results if "web_growth" in result["benchmarks"]]
    if grown:
        parts += [GROWTH, _growth(max(grown, key=counts))]
    return "".join([*parts, TIME, _skipped(results[-1])])


def _said(result: dict[str, Any]) -> str:
    here = result["machine"]
    quick = ", small inputs (`--quick`)" if result["quick"] else ""
    return (
        f"{result['date']}, commit `{result['commit']}`{quick}: {here['cpu']}, {here['cores']} cores, {here['memory_gb']:g} GB, "
        f"Python {here['python']}, load {here['load']:g} when it began."
    )


def _latest(results: list[dict[str, Any]]) -> list[str]:
    """The newest ratios of each benchmark, a full run before a quick one, and the commands that give them."""
    newest: dict[str, dict[str, Any]] = {}
    for result in sorted(results, key=counts):
        newest |= dict.fromkeys(result["benchmarks"], result)
    lines = ["\n## Beside others\n"]
    lines += [f"\n{_said(result)}\n" for result in {id(one): one for one in newest.values()}.values()]
    lines += ["\n| benchmark | beside | times | command |\n| --- | --- | ---: | --- |\n"]
    for name, result in newest.items():
        ratios = result["ratios"].get(name, {})
        command = f"`{result['benchmarks'][name]['command']}`"
        for n, (peer, times) in enumerate(ratios.items()):
            lines.append(f"| {name if not n else ''} | {peer} | {times:.3g} | {command if not n else ''} |\n")
    quiet = [name for name, result in newest.items() if not result["ratios"].get(name)]
    if quiet:
        lines.append(f"\nMeasured with no peer, figures in `benchmarks/results`: {', '.join(quiet)}.\n")
    return lines


def _whole(result: dict[str, Any]) -> str:
    figures = result["benchmarks"]["whole_job"]["figures"]
    ways = list(dict.fromkeys(name.partition(" / ")[0] for name in figures))
    lines = [_said(result), "", f"`{result['benchmarks']['whole_job']['command']}`", ""]
    lines += [f"| | {' | '.join(ways)} |", f"| --- |{' ---: |' * len(ways)}"]
    for title, name, form in QUALITY:
        cells = [form.format(figures[f"{way} / {name}"]) if f"{way} / {name}" in figures else "" for way in ways]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    times = ", ".join(f"{value:.1f} ({name})" for name, value in result["ratios"]["whole_job"].items())
    lines += ["", f"Times the documents per core and second: {times}.", "", *_phases(figures, ways)]
    return "\n".join(lines)


def _growth(result: dict[str, Any]) -> str:
    """A line for each size, smallest first, and what the largest spends its time on."""
    figures = result["benchmarks"]["web_growth"]["figures"]
    sizes = sorted({int(name.split(" / ")[1]) for name in figures if name.startswith("rows / ")})
    columns = ("seconds", "cpu_seconds", "peak_mb", "store_mb", "bytes_per_page", "times_linear")
    lines = [_said(result), "", f"`{result['benchmarks']['web_growth']['command']}`", ""]
    lines += ["| pages | seconds | processor seconds | greatest memory, MB | store, MB | bytes a page | times linear |"]
    lines += ["| ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for size in sizes:
        row = {name: figures[f"rows / {size} / {name}"] for name in columns}
        cells = [f"{value:,.3g}" if value < 10 else f"{value:,.0f}" for value in row.values()]
        lines.append(f"| {size:,} | {' | '.join(cells)} |")
    start = f"rows / {sizes[-1]} / phases / "
    spent = {name.removeprefix(start): value for name, value in figures.items() if name.startswith(start)}
    longest = sorted(spent.items(), key=lambda item: -item[1])[:8]
    shares = ", ".join(f"{name} {value / sum(spent.values()):.0%}" for name, value in longest)
    return "\n".join([*lines, "", f"Where the time of {sizes[-1]:,} pages goes: {shares}.", ""])


def _phases(figures: dict[str, float], ways: list[str]) -> Iterator[str]:
    """Where each side's time goes: the phases that take most, as shares of all phases."""
    for way in ways:
        start = f"{way} / phases / "
        spent = {name.removeprefix(start): value for name, value in figures.items() if name.startswith(start)}
        longest = sorted(spent.items(), key=lambda item: -item[1])[:6]
        if longest:
            shares = ", ".join(f"{name} {value / sum(spent.values()):.0%}" for name, value in longest)
            yield f"- Where the time of `{way}` goes: {shares}.\n"


def _skipped(result: dict[str, Any]) -> str:
    rows = [f"- `{name}`: {why}\n" for name, why in result["skipped"].items()]
    return "".join(["\n## Not run\n\n", *rows]) if rows else ""


def picture(results: list[dict[str, Any]], out: Path) -> None:
    """One panel for each benchmark with peers, ratios on a logarithmic axis, one point for each kept run."""
    from matplotlib import colormaps

    from benchmarks import _plots

    results = [result for result in results if any(result["ratios"].values())]
    seen_once = {name for result in results for name in result["ratios"]}
    names = sorted(seen_once, key=lambda name: (name != "whole_job", name))
    columns = 3
    figure, axes = _plots.grid(max(1, -(-len(names) // columns)), columns, "Times faster than each peer, by kept run")
    labels = [f"{result['date'][5:]} {result['commit'][:7]}" for result in results]
    for axis in axes.flat[len(names) :]:
        axis.set_visible(False)
    for axis, name in zip(axes.flat, names, strict=False):
        peers = dict.fromkeys(peer for result in results for peer in result["ratios"].get(name, {}))
        shown: list[float] = []
        for color, peer in zip(itertools.cycle(colormaps["tab20"].colors), peers, strict=False):  # type: ignore[attr-defined]
            seen = [(x, one["ratios"].get(name, {}).get(peer), one["quick"]) for x, one in enumerate(results)]
            points = [point for point in seen if point[1] is not None]
            shown += [times for _, times, _ in points]
            (line,) = axis.plot([x for x, _, _ in points], [y for _, y, _ in points], "-", label=peer, color=color)
            for x, y, quick in points:
                axis.plot(x, y, "o", color=line.get_color(), fillstyle="none" if quick else "full")
        axis.set(title=name, yscale="log", xlim=(-0.5, len(results) - 0.5), ylabel="times")
        axis.set_xticks(range(len(results)), labels, fontsize=7, rotation=40, ha="right")
        axis.yaxis.set_major_formatter("{x:g}")
        axis.yaxis.set_minor_formatter("{x:g}" if max(shown) < 20 * min(shown) else "")
        axis.tick_params(axis="y", which="minor", labelsize=7)
        axis.axhline(1, color="#888888", linewidth=1)
        axis.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1), borderaxespad=0, frameon=False)
    _plots.save(figure, out)


def write(root: Path) -> None:
    """Write the page, and its picture where matplotlib is there."""
    results = kept(root)
    (root / PAGE).write_text(page(results), "utf-8")
    if not importlib.util.find_spec("matplotlib"):
        print(f"{PICTURE} is left as it is: figures need the extra plots")
    elif results:
        picture(results, root / PICTURE)
