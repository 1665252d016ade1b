"""The benchmarks that `python -m benchmarks` runs: their commands, what they need, and which of their figures are kept.

A job's arguments are those of a full run and of a quick one; `{out}` stands for a file of JSON that it writes (else JSON is on its
standard output), `{dir}` for a folder, `{peers}`, `{datatrove}` and `{decon}` for interpreters that have peers, `{node}` for a folder
of Node's packages; `make peers` installs all of them. `figures` reads that JSON and gives every figure that README and docs may quote,
`ratios` those against peers of the same run: how many times better ours is.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks._decontam_sets import per_10_000
from benchmarks._extraction_sets import pooled
from benchmarks._extractors import OURS
from benchmarks._sets import DATA

ROOT = Path(__file__).resolve().parent.parent
Figures = dict[str, float]
PYTHONS = {
    "peers": ".venv-dedup/bin/python",
    "datatrove": ".venv-datatrove/bin/python",
    "decon": ".venv-decon/bin/python",
}
NODE = ".node-peers"


@dataclass(frozen=True)
class Job:
    """A benchmark of this folder, as one command."""

    name: str
    full: str
    quick: str
    figures: Callable[[Any], Figures]
    ratios: Callable[[Any], Figures] = lambda _: {}
    needs: tuple[str, ...] = ()
    """Names of `LACKS`, without which it is skipped."""
    module: str = ""

    def command(self, folder: Path, *, quick: bool) -> list[str]:
        """What is run, in the root of the repository."""
        places = {"out": str(folder / f"{self.name}.json"), "dir": str(folder), "node": str(ROOT / NODE)}
        places |= {name: python(name) for name in PYTHONS}
        arguments = (self.quick if quick else self.full).format(**places).split()
        return [sys.executable, "-m", f"benchmarks.{self.module or self.name}", *arguments]

    def shown(self, *, quick: bool) -> str:
        """The command as a person would type it."""
        places = {"out": "OUT", "dir": "DIR", "node": NODE} | PYTHONS
        arguments = (self.quick if quick else self.full).format(**places)
        return f"python -m benchmarks.{self.module or self.name} {arguments}".strip()

    def lacks(self) -> str:
        """Why it cannot run here, in plain words; nothing if it can."""
        return next((why for need in self.needs if (why := LACKS[need]())), "")


# ---- what may be absent -----------------------------------------------------------------------------------------------------


def python(name: str) -> str:
    """An interpreter of peers, or this one where there is none of its own."""
    path = ROOT / PYTHONS[name]
    return str(path) if path.exists() else sys.executable


def _real_data() -> str:
    return "" if DATA.is_dir() else f"needs the real data, and there is none at {DATA}"


def _imports(name: str, needed: str) -> str:
    modules = ", ".join(needed.split())
    code = f"import {modules}"
    done = subprocess.run([python(name), "-c", code], capture_output=True, text=True, check=False, cwd="/")
    return "" if not done.returncode else f"needs {modules} in {PYTHONS[name]}"


@cache
def _datatrove() -> str:
    return _imports("datatrove", "datatrove spacy warcio trafilatura") and "needs datatrove beside us: make datatrove"


@cache
def _gpu() -> str:
    return "" if shutil.which("nvidia-smi") else "needs one NVIDIA GPU"


LACKS: dict[str, Callable[[], str]] = {
    "data": _real_data, "datatrove": _datatrove, "gpu": _gpu,
}  # fmt: skip


# ---- what is kept of each ---------------------------------------------------------------------------------------------------


def flat(found: Any, *path: str) -> Iterator[tuple[str, float]]:
    """Every number in nested tables and lists of rows, by the names on the way; a row is called by its name."""
    if isinstance(found, dict):
        for name, value in found.items():
            yield from flat(value, *path, str(name))
    elif isinstance(found, list):
        for n, value in enumerate(found):
            named = value if isinstance(value, dict) else {}
            own = next(
                (
                    str(named[key])
                    for key in ("name", "reader", "grader", "documents", "way", "damage", "done")
                    if key in named
                ),
                str(n),
            )
            yield from flat(value, *path, own)
    elif isinstance(found, int | float) and not isinstance(found, bool):
        yield " / ".join(path), float(found)


def all_of(found: Any) -> Figures:
    """Every number of a report that is small."""
    return dict(flat(found))


def _without(found: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: part for name, part in found.items() if name not in names}


def _per_case(found: Any, counted: str, called: str) -> Figures:
    """Every number, and of each that has cases the share of them that is counted."""
    figures = all_of(found)
    cases = {name.removesuffix(" / cases"): n for name, n in figures.items() if name.endswith(" / cases")}
    return figures | {f"{name} / {called}": figures[f"{name} / {counted}"] / n for name, n in cases.items() if n}


def _qa_guards_figures(found: Any) -> Figures:
    return _per_case(found, "right", "caught")


def _gates_figures(found: Any) -> Figures:
    return _per_case(found, "caught", "share")


def _graders_figures(found: Any) -> Figures:
    return all_of(_without(found, "sets"))  # 2,950 figures


UNSEEN_SEEDS = (2, 4)
"""Of the classifier's: no setting was chosen by them."""


def _classifier_figures(found: Any) -> Figures:
    """Mean F1 over the folds of each seed, and of the two seeds by which nothing was chosen; single folds are left to the report."""
    seeds: dict[str, dict[str, Any]] = {}
    for fold in found["folds"]:
        unseen = (" and ".join(map(str, UNSEEN_SEEDS)),) if fold["seed"] in UNSEEN_SEEDS else ()
        for seed in (str(fold["seed"]), *unseen):
            f1 = seeds.setdefault(fold["of"], {}).setdefault(seed, {"all": [], "english": []})
            for judged, scores in f1.items():
                scores.append(fold[judged]["f1"])
    means = {
        f"seeds / {of} / {seed} / {judged}": statistics.fmean(scores)
        for of, row in seeds.items()
        for seed, f1 in row.items()
        for judged, scores in f1.items()
    }
    return means | all_of(_without(found, "folds"))


def _keyed(rows: list[dict[str, Any]], *keys: str) -> dict[str, dict[str, Any]]:
    return {" / ".join(str(row[key]) for key in keys): row for row in rows}


def _growth_figures(found: Any) -> Figures:
    return all_of({name: _keyed(rows, "pages") for name, rows in found.items()})


def _dedup_growth_figures(found: Any) -> Figures:
    return all_of(_keyed(found, "step", "how", "documents"))


def over(rows: dict[str, float], ours: str) -> Figures:
    """How many times each other one ours is."""
    mine = rows.get(ours)
    return {name: mine / value for name, value in rows.items() if name != ours and value and mine}


def _named(rows: list[dict[str, Any]], name: str, value: str) -> dict[str, float]:
    return {row[name]: row[value] for row in rows if row.get(value)}


def _whole_job(found: Any) -> Figures:
    names = {"": "times", ", beyond start-up": "times_beyond_start"}
    rows = found["compared"].items()
    return {f"datatrove, {way}{more}": row[name] for more, name in names.items() for way, row in rows}


def _whole_job_figures(found: Any) -> Figures:
    return all_of({row["way"]: row for row in found["rows"]})


def _kernel(found: Any) -> Figures:
    speeds = {row["name"]: 1e6 / row["cpu_us"] for row in found["runs"] if row["cpu_us"] > 0}
    return over(speeds, "curate")


def _dedup(found: Any) -> Figures:
    rows = {
        name: row["documents_per_second"]
        for name, row in found["speed"]["rows"].items()
        if "documents_per_second" in row
    }
    return over(rows, "ours")


def _tokens(found: Any) -> Figures:
    return {
        f"{row['name']}, {tokenizer}": 1 / row["of_ours"]
        for tokenizer, rows in found["tokenizers"].items()
        for row in rows
        if row["name"] not in ("ours", "whole_ours")
    }


def _tokens_figures(found: Any) -> Figures:
    return all_of(
        {"tokenizers": found["tokenizers"], "packing": {f"{r['pack']} {r['seq_len']}": r for r in found["packing"]}}
    )


def _extraction(found: Any) -> Figures:
    rates = {name: row["pages_per_second"] for name, row in found["extractors"].items()}
    return {name: times for name, times in over(rates, "html_math").items() if name not in OURS}


def _extraction_figures(found: Any) -> Figures:
    """Shares of a group of encodings beside those of each encoding; how many formulas these have once, as it is the same for all."""
    rows = found["extractors"]
    formulas = {name: row["formulas"] for name, row in rows.items()}
    groups = {encoding.partition(":")[0] for row in formulas.values() for encoding in row}
    pool = {
        name: {group: dict(zip(("exact", "garbled"), pooled(row, group), strict=True)) for group in groups}
        for name, row in formulas.items()
    }
    shares = {
        name: {encoding: _without(cell, "formulas") for encoding, cell in row.items()} for name, row in formulas.items()
    }
    counts = {encoding: cell["formulas"] for row in formulas.values() for encoding, cell in row.items()}
    kept = {name: row | {"formulas": shares[name]} for name, row in rows.items()}
    return all_of(found | {"extractors": kept, "pooled": pool, "formulas": counts})


def _heuristics(found: Any) -> Figures:
    rates = found["megabytes_per_second"]
    return {
        f"datatrove, {name}": rates["ours"] / rates[name]
        for name in rates
        if name.endswith("Filter") or name == "theirs"
    }


def _inference(found: Any) -> Figures:
    rates = {name: row["per_cpu_second"] for name, row in found["clients"].items()}
    first = next(iter(rates))
    return {name: times for name, times in over(rates, first).items() if not name.startswith("ours")}


def _text_profile(found: Any) -> Figures:
    rates = next(iter(found["mb_per_second"].values()))
    return {
        name: rates["word_spans"] / rate for name, rate in rates.items() if "simplify" in name or "datatrove" in name
    }


def _decontamination(found: Any) -> Figures:
    return over({n: row["speed"]["mb_per_second"] for n, row in found["methods"].items() if row.get("speed")}, "ours")


def _decontamination_figures(found: Any) -> Figures:
    """Counts as shares with their intervals, and what is wrongly found of all texts without items; which texts is left to the report."""
    methods = _shares(found["methods"])
    for row in methods.values():
        row["false_per_10000"] = per_10_000(row)
    return all_of(_without(found, "absent") | {"methods": methods})


def _shares(found: Any) -> Any:
    if not isinstance(found, dict):
        return found
    kept = {name: _shares(part) for name, part in _without(found, "hits", "missed", "interval").items()}
    if "interval" in found:
        kept |= dict(zip(("low", "high"), found["interval"], strict=True))
    if found.get("of"):
        kept["share"] = found["found"] / found["of"]
    return kept


def _realism_figures(found: Any) -> Figures:
    """The crawl, all real text, and the spread of its sources; what each source by itself has is left to the report."""
    kept = ("crawl", "real", "low", "high")
    return {name: value for name, value in all_of(found).items() if name.rpartition(" / ")[2] in kept}


def _graders(found: Any) -> Figures:
    return over(_named(found["speed"], "grader", "per_second"), "ours")


def _urls(found: Any) -> Figures:
    return {"datatrove": found["ours"] / found["datatrove"]} if found.get("datatrove") else {}


def _warc(found: Any) -> Figures:
    rows = _named(found["rows"], "reader", "pages_per_second")
    return over(rows, next(iter(rows)))


def _whatif(found: Any) -> Figures:
    return {name.partition("/")[0]: value for name, value in found["ratios"].items()}


JOBS = (
    Job("whole_job", "--pages 20000 --datatrove {datatrove} --json {out}",
        "--pages 900 --ways main --datatrove {datatrove} --json {out}", _whole_job_figures, _whole_job, ("datatrove",)),
    Job("warc", "--json", "--json --pages 3000 --repeat 1", all_of, _warc),
    Job("kernel", "--docs 200000 --repeat 3 --json", "--docs 20000 --json", all_of, _kernel),
    Job("tokens", "--repeat 2 --json", "--json", _tokens_figures, _tokens),
    Job("dedup", "--peers {peers} --json", "--peers {peers} --only ours datasketch --of speed --repeat 1 --documents 3000 --json",
        all_of, _dedup, ("data",)),
    Job("extraction", "--node {node} --json {out}",
        "--every 20 --crawl 100 --repeat 1 --no-converters --only html_math html_clean trafilatura resiliparse --json {out}",
        _extraction_figures, _extraction, ("data",)),
    Job("heuristics", "--json {out}", "--pages 300 --json {out}", all_of, _heuristics, ("data",)),
    Job("text_profile", "--json {out}", "--repeat 1 --json {out}", all_of, _text_profile, ("data",)),
    Job("language", "--json {out}", "--repeat 1 --json {out}", all_of, needs=("data",)),
    Job("decontamination", "--decon {decon} --json", "--methods ours --every 20 --repeat 1 --json",
        _decontamination_figures, _decontamination, ("data",)),
    Job("graders", "--json", "--graders ours math-verify --golds 5 --repeat 1 --json", _graders_figures, _graders, ("data",)),
    Job("urls", "--json {out}", "--urls 50000 --domains 100000 --datatrove 2000 --json {out}", all_of, _urls),
    Job("inference", "--repeat 3 --json {out}", "--requests 600 --repeat 1 --json {out}", all_of, _inference),
    Job("teacher", "--json", "--problems 400 --pages 60 --repeat 1 --json", all_of),
    Job("whatif", "", "--docs 50000 --repeat 2", all_of, _whatif),
    Job("gates", "--json", "--json", _gates_figures, needs=("data",)),
    Job("verification", "--json {out}", "--json {out}", all_of, needs=("data",)),
    Job("guards", "--held-out --json {out}", "--held-out --pages 40 --json {out}", all_of, needs=("data",)),
    Job("qa_guards", "--json {out}", "--most 40 --json {out}", _qa_guards_figures, needs=("data",)),
    Job("realism", "--pages 3000 --json", "--pages 600 --json", _realism_figures, needs=("data",)),
    Job("growth", "--large --json", "--pages 300 3000 --json", _growth_figures),
    Job("web_growth", "--pages 3000 30000 1000000 --json {out}", "--pages 300 3000 --json {out}", all_of),
    Job("dedup_growth", "--json", "--documents 10000 --json", _dedup_growth_figures),
    Job("classifier", "--seeds 0 1 2 3 4 --json {out}", "--seeds 0 --of ours --json {out}", _classifier_figures, needs=("data",)),
    Job("training_step", "--card llama-3.2-1b --micro-batch 4 --json", "--card llama-3.2-1b --micro-batch 4 --steps 3 --json", all_of,
        needs=("gpu",)),
)  # fmt: skip
"""In the order in which they run. Left out: `evaluation`, `eval_gpu`, `midtrain_gpu`, `rl_gpu`, `length_schedule` and `rebuild`, which have
environments or hours of their own; their pages name the command."""
