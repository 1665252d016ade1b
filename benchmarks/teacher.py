"""How fast the symbolic teacher is: solutions per second of one core, short and long, and pages per second of question extraction.

    python -m benchmarks.teacher --problems 4000 --pages 400

Everything goes through `Symbolic.answers`, as in a recipe: the prompt is read, the problem parsed and solved, the reply written. Problems
come from all families and levels in equal parts; long solutions are sampled with the teacher's usual slips, and each problem is asked
once, so no cache of replies helps. Pages are the truth texts of the embedded crawl in English; those on which the teacher finds questions
and those on which it finds none stand apart. `--families` adds a line for each family.

CPU time of one process that does nothing else; best of `--repeat` rounds, with the imports and the first round (which fills caches) left
out. Two cores give twice as much: the work shares nothing. Replies are checked while they are counted: one that abstains on a problem,
or a greedy one that is wrong, ends the benchmark. There is no peer here: nothing else answers from these phrasings.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from curate.models.base import Reply, Request
from curate.profile import ModelSettings
from curation._reply import NO_QA, last_boxed
from curation.synth import symbolic
from curation.synth.families._family import LEVELS, Problem, families
from curation.synth.families._rng import Rng

PROMPTS = Path(symbolic.__file__).with_name("prompts")
SAMPLED = {"temperature": 0.6}


def prompt(task: str, text: str) -> str:
    return (PROMPTS / f"{task}.txt").read_text("utf-8").replace("{{text}}", text)


def problems(count: int) -> dict[str, list[Problem]]:
    """Problems of each family, `count` in all, levels in turn."""
    each = -(-count // len(families()))
    return {
        name: [family.make(Rng("teacher", name, i), LEVELS[i % len(LEVELS)]) for i in range(each)]
        for name, family in families().items()
    }


def pages(count: int) -> list[str]:
    """English pages of the embedded crawl, as text."""
    import polars as pl

    from curation.embedded.crawl import crawl

    with tempfile.TemporaryDirectory() as folder:
        crawl(Path(folder), pages=count)
        truth = pl.read_parquet(Path(folder) / "truth.parquet", columns=["text", "language"])
    return truth.filter(pl.col("language") == "en", pl.col("text").is_not_null())["text"].to_list()


def seconds(work: Callable[[], Any], repeat: int) -> float:
    """CPU seconds of the fastest of some rounds, after one that doesn't count."""
    work()
    best = float("inf")
    for _ in range(repeat):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best


def told(model: symbolic.Symbolic, prompts: Sequence[str]) -> list[Reply]:
    """One reply for each prompt."""
    return [reply for _, reply in model.answers(Request(prompt) for prompt in prompts)]


def solved(model: symbolic.Symbolic, prompts: Sequence[str], answers: Sequence[str] | None) -> list[Reply]:
    """One reply for each prompt. SystemExit if one is missing, or not the answer that is told."""
    replies = told(model, prompts)
    for i, reply in enumerate(replies):
        if reply.finish != "stop" or (answers and last_boxed(reply.text) != answers[i]):
            sys.exit(f"no right solution of {prompts[i]!r}: {reply.finish} {reply.text!r}")
    return replies


def measure(asked: Sequence[Problem], repeat: int) -> list[dict[str, Any]]:
    """Rows for short and long solutions of some problems."""
    here = ModelSettings()
    greedy, sampled = symbolic.connect({}, here), symbolic.connect({"sampling": SAMPLED}, here)
    answers = [problem.answer for problem in asked]
    rows = []
    for task, model, known in (
        ("short_cot", greedy, answers),
        ("long_cot", greedy, answers),
        ("long_cot", sampled, None),
    ):
        prompts = [prompt(task, problem.text) for problem in asked]
        replies = solved(model, prompts, known)
        used = seconds(lambda m=model, p=prompts: told(m, p), repeat)  # type: ignore[misc]
        words = sum(len(reply.text.split()) for reply in replies) / len(replies)
        name = f"{task}{'' if known else ', sampled'}"
        rows.append(
            {
                "name": name,
                "count": len(asked),
                "per_second": len(asked) / used,
                "us": 1e6 * used / len(asked),
                "words": words,
            }
        )
    return rows


def extraction(texts: Sequence[str], repeat: int) -> list[dict[str, Any]]:
    """Rows for pages on which the teacher finds questions, and for those on which it finds none."""
    model = symbolic.connect({}, ModelSettings())
    prompts = [prompt("qa_pairs", text) for text in texts]
    found = [reply.text != NO_QA for reply in told(model, prompts)]
    rows = []
    for name, wanted in (("pages with questions", True), ("pages without", False)):
        some = [p for p, has in zip(prompts, found, strict=True) if has == wanted]
        if some:
            used = seconds(lambda p=some: told(model, p), repeat)  # type: ignore[misc]
            words = sum(len(p.split()) for p in some) / len(some)
            rows.append(
                {
                    "name": name,
                    "count": len(some),
                    "per_second": len(some) / used,
                    "us": 1e6 * used / len(some),
                    "words": words,
                }
            )
    return rows


def show(rows: list[dict[str, Any]]) -> None:
    columns = ("name", "count", "per_second", "us", "words")
    for line in [{c: c for c in columns}, *rows]:
        cells = [f"{v:,.0f}" if isinstance(v, float) else str(v) for v in (line[c] for c in columns)]
        print(f"{cells[0]:<24}" + "".join(f"{cell:>12}" for cell in cells[1:]))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--problems", type=int, default=4000)
    parser.add_argument("--pages", type=int, default=400, help="pages of the embedded crawl; 0: none")
    parser.add_argument("--repeat", type=int, default=3, help="rounds; the fastest counts")
    parser.add_argument("--families", action="store_true", help="long solutions of each family, too")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    made = problems(asked.problems)
    rows = measure([problem for some in made.values() for problem in some], asked.repeat)
    rows += extraction(pages(asked.pages), asked.repeat) if asked.pages else []
    if asked.families:
        rows += [{**measure(some, asked.repeat)[1], "name": name} for name, some in made.items()]
    if asked.json:
        print(json.dumps({"families": len(made), "rows": rows}))
    else:
        print(f"{len(made)} families, CPU time of one core")
        show(rows)


if __name__ == "__main__":
    main()
