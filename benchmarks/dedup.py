"""`dedup: minhash` beside datatrove, datasketch, rensa, FastSketchLSH, gaoya and text-dedup: the same documents, one thread each, one run.

    python -m benchmarks.dedup --peers .venv-dedup/bin/python --out docs

- Speed: documents of 460 words (the first ones of real web pages): documents and megabytes per second to signatures, the best of
  `--repeat`; seconds from texts to verdicts; greatest memory of the process, interpreter, libraries and texts included. Seconds are the
  processor's, so that other work on the machine does not count; `dedup.json` has those of the clock, too.
- Right: pairs with a true Jaccard similarity of 5-grams of at least 0.75, from an exact join of all pairs, on a manual in two versions,
  web pages, a crawl after our extraction, and model solutions. Recall: share of such pairs of which at least one document is gone.
  Precision: share of the documents gone that are so similar to one that stays. Beside it the recall that theory gives,
  1 - (1 - s**rows)**bands on average over the pairs. Similarity is that of words as each contestant sees them (nearest of three: what
  blanks part, runs of letters and digits, our text profile); `dedup.json` has all by all three. Of the manual, the similarities that
  were published are met first.
- Problems: MathQA, MAWPS, ASDiv, SVAMP and GSM8K problems that differ in more than blanks and letter case. What goes is distinct if no
  near problem that stays (Jaccard 0.5 by our words) has the same answer: that should never be; the rest is one problem told twice.
- Judged: pairs of web pages that people called duplicates, of CopyCat, by label: how many lose a document.

Contestants get shingles of 5 words, 11 bands of 10 and threshold 0.75 where they let themselves be told; rows named after defaults or a
README do what that says. Where a contestant has no words of its own, it gets what blanks part, in lower case, and its time includes
this splitting, as it would for its users. FastSketchLSH has 16 bands of 8. rensa's rho says which documents have a duplicate, not which
should stay. datatrove's, text-dedup's and ours write to disk within the whole, the others hold all in memory.

A contestant whose package `--peers` does not find is a row that says so. Left out: NeMo Curator, which needs GPUs, and duplodocus, which
comes as Rust source alone. Needs the real data; exits with 2 where that is absent.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import _dedup_sets as real
from benchmarks import _plots as plots
from benchmarks._dedup_adapter import THRESHOLD
from benchmarks._dedup_peers import CONTESTANTS, Contestant, run, there
from benchmarks._dedup_scores import scores, theory
from benchmarks._exact_pairs import Pairs, pairs, sets, words
from benchmarks._sets import DATA

NEAR = 0.5
"""Jaccard similarity of two problems that may be one problem in other words."""
KINDS = ("blanks", "alphanumeric", "profile")


def speed(one: Contestant, texts: Sequence[str], peers: str, repeat: int) -> dict[str, Any]:
    found = run(one, texts, peers, repeat)
    size = sum(len(text.encode()) for text in texts)
    taken = found["signature_seconds"]
    return {
        "version": found["version"],
        "documents_per_second": len(texts) / taken,
        "mb_per_second": size / 1e6 / taken,
        "whole_seconds": found["seconds"],
        "whole_wall_seconds": found["wall_seconds"],
        "whole_documents_per_second": len(texts) / found["seconds"],
        "peak_mb": found["peak_mb"],
    }


def truth(texts: Sequence[str]) -> dict[str, Pairs]:
    """All pairs at or above the threshold, by each notion of a word."""
    return {kind: pairs(sets(words(texts, kind)), THRESHOLD) for kind in KINDS}


def quality(one: Contestant, texts: Sequence[str], true: dict[str, Pairs], peers: str) -> dict[str, Any]:
    found = run(one, texts, peers, 0)
    by_kind = {kind: scores(true[kind], found["gone"], len(texts), flags=one.flags) for kind in KINDS}
    said = theory(true[one.words].jaccard, *one.bands) if one.bands else None
    return {**by_kind[one.words], "theory": said, "seconds": found["seconds"], "by_words": by_kind}


def removed_problems(one: Contestant, some: Sequence[real.Problem], near: Pairs, peers: str) -> dict[str, Any]:
    """Counts by set, how many have another answer than all that stay and are near, and of ours what goes and why."""
    gone = run(one, [problem.text for problem in some], peers, 0)["gone"]
    lost = distinct([problem.answer for problem in some], near, gone)
    return {
        "gone": len(gone),
        "distinct": len(lost),
        **{name: sum(some[i].set == name for i in lost) for name in real.PROBLEMS},
        "places": gone if one.own else [],
    }


def distinct(answers: Sequence[str], near: Pairs, gone: Sequence[int]) -> list[int]:
    """Of the places that go, those that have no near neighbour (Jaccard of 0.5 and more, our words) with the same answer that stays."""
    out, told = set(gone), set()
    for left, right in zip(near.left.tolist(), near.right.tolist(), strict=True):
        if answers[left] == answers[right]:
            told |= {left} if right not in out else {right} if left not in out else set()
    return sorted(out - told)


def judged(one: Contestant, texts: list[str], labels: list[str], peers: str) -> dict[str, Any]:
    gone = set(run(one, texts, peers, 0)["gone"])
    hit = [2 * i in gone or 2 * i + 1 in gone for i in range(len(labels))]
    return {
        label: [sum(h for h, said in zip(hit, labels, strict=True) if said == label), labels.count(label)]
        for label in sorted(set(labels), reverse=True)
    }


def measure(asked: argparse.Namespace) -> dict[str, Any]:
    wanted = [one for one in CONTESTANTS if not asked.only or one.name in asked.only]
    absent = [one.name for one in wanted if not one.own and not there(asked.peers, one.package)]
    taking = [one for one in wanted if one.name not in absent]
    result: dict[str, Any] = {"absent": absent, "load": os.getloadavg()[0], "names": [one.name for one in taking]}
    if "speed" in asked.of:
        texts = real.speed(asked.data)[: asked.documents]
        result["speed"] = {
            "documents": len(texts),
            "mb": sum(len(text.encode()) for text in texts) / 1e6,
            "rows": {one.name: _said(one, speed(one, texts, asked.peers, asked.repeat)) for one in taking},
        }
    if "right" in asked.of:
        result["published"] = _published(asked.data)
        result["right"] = {}
        for name, texts in real.corpora(asked.data).items():
            true = truth(texts)
            result["right"][name] = {
                "documents": len(texts),
                "pairs": {kind: len(found.left) for kind, found in true.items()},
                "rows": {one.name: _said(one, quality(one, texts, true, asked.peers)) for one in taking},
            }
    if "problems" in asked.of:
        some = real.distinct_problems(asked.data)
        near = pairs(sets(words([problem.text for problem in some], "profile")), NEAR)
        result["problems"] = {
            "documents": {name: sum(problem.set == name for problem in some) for name in real.PROBLEMS},
            "rows": {one.name: _said(one, removed_problems(one, some, near, asked.peers)) for one in taking},
        }
    if "judged" in asked.of:
        texts, labels = real.copycat(asked.data)
        result["judged"] = {one.name: _said(one, judged(one, texts, labels, asked.peers)) for one in taking}
    return result


def _said(one: Contestant, found: dict[str, Any]) -> dict[str, Any]:
    print(
        f"{one.name}: {json.dumps({k: v for k, v in found.items() if k not in ('texts', 'by_words')})}", file=sys.stderr
    )
    return found


def _published(data: Path) -> dict[str, Any]:
    """Whether our exact join gives the similarities that were published for the manual."""
    said = real.published(data)
    texts = real.manual(data)
    found = pairs(sets(words(texts, "alphanumeric")), 0.3)
    ours = dict(zip(zip(found.left.tolist(), found.right.tolist(), strict=True), found.jaccard.tolist(), strict=True))
    worst = max((abs(ours[pair] - value) for pair, value in said.items() if pair in ours), default=0.0)
    return {
        "pairs": len(said),
        "ours": len(ours),
        "missing": len(said.keys() - ours.keys()),
        "largest_difference": worst,
    }


# ---- output -----------------------------------------------------------------------------------------------------------------


def table(result: dict[str, Any]) -> str:
    """Everything in Markdown."""
    parts = []
    if "speed" in result:
        some = result["speed"]
        first = next(iter(some["rows"].values()))["documents_per_second"]
        parts.append(f"{some['documents']:,} documents of {real.WORDS} words, {some['mb']:.1f} MB, one thread\n")
        parts.append(
            "| | documents/s to signatures | MB/s | ours is faster by | whole, s | whole, documents/s | peak MB |"
        )
        parts.append("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
        for name, row in some["rows"].items():
            parts.append(
                f"| {name} {row['version']} | {row['documents_per_second']:,.0f} | {row['mb_per_second']:,.1f} "
                f"| {first / row['documents_per_second']:,.1f} | {row['whole_seconds']:.2f} "
                f"| {row['whole_documents_per_second']:,.0f} | {row['peak_mb']:,.0f} |"
            )
    for corpus, some in result.get("right", {}).items():
        counts = ", ".join(f"{count:,} by {kind}" for kind, count in some["pairs"].items())
        parts.append(f"\n{corpus}: {some['documents']:,} documents; pairs at {THRESHOLD} and more: {counts}\n")
        parts.append("| | words | gone | recall | of theory | precision | recall, our words | precision, our words |")
        parts.append("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
        kinds = {one.name: one.words for one in CONTESTANTS}
        for name, row in some["rows"].items():
            ours = row["by_words"]["profile"]
            cells = [row["recall"], row["theory"], row["precision"], ours["recall"], ours["precision"]]
            parts.append(f"| {name} | {kinds[name]} | {row['gone']:,} | {' | '.join(map(_share, cells))} |")
    if "problems" in result:
        some = result["problems"]
        heads = [f"{name} ({count:,})" for name, count in some["documents"].items()]
        parts += [
            "\nProblems removed, and those that are distinct by their answers\n",
            f"| | removed | distinct | {' | '.join(heads)} |",
        ]
        parts.append(f"| --- | ---: | ---: |{' ---: |' * len(heads)}")
        for name, row in some["rows"].items():
            cells = [row["gone"], row["distinct"], *(row[s] for s in some["documents"])]
            parts.append(f"| {name} | {' | '.join(f'{cell:,}' for cell in cells)} |")
    if "judged" in result:
        labels = [*next(iter(result["judged"].values()))]
        parts += [
            "\nCopyCat pairs that lose a document, by label (3: the same; 0.5: hardly)\n",
            f"| | {' | '.join(labels)} |",
        ]
        parts.append(f"| --- |{' ---: |' * len(labels)}")
        for name, row in result["judged"].items():
            parts.append(f"| {name} | {' | '.join(f'{row[k][0]} of {row[k][1]}' for k in labels)} |")
    if result["absent"]:
        parts.append(f"\nAbsent, since `--peers` does not find them: {', '.join(result['absent'])}")
    return "\n".join(parts)


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="default: %(default)s")
    parser.add_argument("--peers", default=sys.executable, help="Python of the peers' virtual environment")
    parser.add_argument("--only", nargs="+", choices=[one.name for one in CONTESTANTS], help="these contestants")
    parts = ("speed", "right", "problems", "judged")
    parser.add_argument("--of", nargs="+", choices=parts, default=parts, help="these measurements")
    parser.add_argument("--repeat", type=int, default=5, help="rounds of signatures, while they take less than 2 s")
    parser.add_argument("--documents", type=int, help="of those whose speed is measured; default: all")
    parser.add_argument("--out", type=Path, help="folder for dedup.json, dedup.md and dedup.png")
    parser.add_argument("--json", action="store_true", help="print JSON, not tables")
    asked = parser.parse_args()
    if not (asked.data / "dedup").is_dir():
        print(f"no real data at {asked.data}; see benchmarks/README.md", file=sys.stderr)
        sys.exit(2)
    if asked.out:
        plots.require()
    result = measure(asked)
    if asked.out:
        from benchmarks import _dedup_plot

        asked.out.mkdir(parents=True, exist_ok=True)
        (asked.out / "dedup.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
        (asked.out / "dedup.md").write_text(table(result) + "\n", "utf-8")
        _dedup_plot.comparison(result, asked.out / "dedup.png")
    print(json.dumps(result, ensure_ascii=False) if asked.json else table(result))


if __name__ == "__main__":
    main()
