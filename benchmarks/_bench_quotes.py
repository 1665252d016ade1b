"""Figures that README and docs quote and that any machine must find again: where they stand, and which figure of which benchmark they are.

Rates are not among them: a page quotes those of one quiet run on one machine, and says so; `docs/speed.md` has them as they were measured
last. A quote is checked against the newest kept result that has its figure, whatever its size, unless the figure depends on that.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_FILLS = r"^\| {size} \| ([\d.]+) \| ([\d.]+) % \| [\d,]+ \| ([\d.]+) \| ([\d.]+) % \| [\d,]+ \|$"
_PACKED = ("best_fit {n} / fill", "best_fit {n} / cut", "concat_and_chunk {n} / fill", "concat_and_chunk {n} / cut")
_SIZES = {"2,048": 2048, "4,096": 4096, "8,192": 8192}
UNCHECKED = (
    "README.md and docs: rates",
    "docs/synthesis.md: sentences behind the tables; solutions of a teacher",
    "docs/verify.md: what was read by eye, and two graders, which is a slow test",
    "docs/mixture.md: the real mixture, which is a build",
)
"""What is quoted and not yet checked."""


@dataclass(frozen=True)
class Quote:
    """A line of a page: what its groups are, as figures of a benchmark; a figure that is a share is quoted in per cent."""

    file: str
    pattern: str
    benchmark: str
    figures: tuple[str, ...]
    full: bool = False
    """Only a full run has the same figure."""


QUOTES = (
    *(
        Quote(
            "docs/mixture.md",
            _FILLS.format(size=shown),
            "tokens",
            tuple(f"packing / {name.format(n=n)}" for name in _PACKED),
        )
        for shown, n in _SIZES.items()
    ),
    Quote(
        "README.md",
        r"and ([\d.]+) % of the English mathematics is still there, where that keeps ([\d.]+) %",
        "whole_job",
        ("main / maths_kept", "datatrove / maths_kept"),
        full=True,
    ),
    Quote(
        "docs/verify.md",
        r"other benchmarks \(([\d,]+) texts, (\d+) called false\)",
        "verification",
        ("others / rationales of other benchmarks / documents", "others / rationales of other benchmarks / false"),
    ),
    Quote(
        "docs/verify.md",
        r"On ([\d,]+) documents of 25 other\s+sources",
        "verification",
        ("others / pages / documents",),
    ),
    Quote(
        "docs/extraction.md",
        r"Formulas in MathML \(([\d,]+) of pages, ([\d,]+) that latex2mathml made, ([\d,]+) of MathJax's tests",
        "extraction",
        tuple(
            f"converters / {title} to LaTeX / ours / formulas"
            for title in ("MathML of pages", "MathML by latex2mathml", "MathML by MathJax's tests")
        ),
        full=True,
    ),
    Quote(
        "docs/extraction.md",
        r"and AsciiMath \(([\d,]+) of its own cases: ours ([\d.]+) %, py-asciimath ([\d.]+) %\)",
        "extraction",
        tuple(
            f"converters / AsciiMath to LaTeX / {name}"
            for name in ("ours / formulas", "ours / right", "py-asciimath / right")
        ),
        full=True,
    ),
    Quote(
        "docs/verify.md",
        r"\(([\d,]+), labelled\), (\d+) % of all are right; of the (\d+) replies that agree with a majority (\d+) % are, "
        r"of the (\d+) that disagree\s+with one (\d+) %",
        "verification",
        tuple(
            f"agreement / {name}"
            for name in (
                "replies",
                "right",
                "agree / replies",
                "agree / right",
                "disagree / replies",
                "disagree / right",
            )
        ),
    ),
    Quote(
        "docs/verify.md",
        r"more than two in (\d+) %\s+of cases \(French, Spanish, (\d+) % Dutch, (\d+) % German\), runs of 12 words in (\d+) to (\d+) %",
        "verification",
        tuple(
            f"languages / {name} words"
            for name in ("French / 25", "Dutch / 25", "German / 25", "German / 12", "French / 12")
        ),
    ),
    Quote(
        "README.md",
        r"keeps ([\d.]+) % of ([\d,]+) English mathematical texts at 0.65 and not ([\d.]+) %, and none of\s+(\d+) in other",
        "language",
        (
            "kept / maths / fastText / prose",
            "kept / maths / texts",
            "kept / maths / fastText / text",
            "kept / not English / texts",
        ),
    ),
    Quote(
        "README.md",
        r"of (\d+) known-good English texts ([\d.]+) % are dropped, where [^\d]+4 and FineWeb drop (\d+), (\d+)\s+and (\d+) %",
        "heuristics",
        tuple(
            f"shares_dropped / stored, math, English / {name}"
            for name in ("n", "ours", "gopher_quality", "c4_quality", "fineweb_quality")
        ),
    ),
)


@dataclass(frozen=True)
class Table:
    """The first table behind a line that starts with `title`. `columns` names the figures that the numbers of a cell are, in their
    order, with `{row}` and `{column}` for what the page calls them (`called`: what the benchmark does); `*` is all others."""

    file: str
    title: str
    benchmark: str
    columns: dict[str, tuple[str, ...]]
    called: dict[str, str] = field(default_factory=dict)
    full: bool = False
    """Only a full run has the same figures."""
    listed: bool = False
    """A row is called `what: name; name; ...`, and its cells have a number for each name and figure, or one for all."""

    def cells(self, text: str) -> Iterator[tuple[str, str]]:
        """Each number that is a figure, and the name of that figure. ValueError where the page no longer has the table."""
        lines = text.splitlines()
        starts = [n for n, line in enumerate(lines) if line.startswith(self.title)]
        if len(starts) != 1:
            raise ValueError(f"{self.file}: {len(starts)} lines start with {self.title}")
        behind = itertools.dropwhile(lambda line: not line.startswith("|"), lines[starts[0] :])
        table = [_cells(line) for line in itertools.takewhile(lambda line: line.startswith("|"), behind)]
        if len(table) < 3:
            raise ValueError(f"{self.file}: no table behind {self.title}")
        for row in table[2:]:
            names = row[0].partition(": ")[2].split("; ") if self.listed else [row[0]]
            for column, cell in zip(table[0][1:], row[1:], strict=True):
                figures = self.columns.get(column, self.columns.get("*", ()))
                wanted = [
                    figure.format(row=self._name(name), column=self._name(column))
                    for name in names
                    for figure in figures
                ]
                numbers = _NUMBER.findall(cell)
                if self.listed and wanted and len(numbers) == 1:
                    numbers *= len(wanted)
                if self.listed and wanted and len(numbers) != len(wanted):
                    raise ValueError(f"{self.file}: {len(numbers)} numbers for {len(wanted)} figures: {row[0]}")
                yield from zip(numbers, wanted, strict=False)

    def _name(self, said: str) -> str:
        plain = re.sub(r"^`(.*)`$", r"\1", _COUNT.sub("", said))
        return self.called.get(plain, plain)


_NUMBER, _COUNT = re.compile(r"\d[\d,]*(?:\.\d+)?"), re.compile(r" \([\d,]+\)$")


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


_GATES = {
    "documents": ("sets / {row} / documents",),
    "right": ("sets / {row} / right",),
    "kept": (),
    "wrong ones kept": ("sets / {row} / wrong_kept",),
    "right ones refused": ("sets / {row} / right_refused / all",),
    "in each half": (),
    "*": ("sets / {row} / refused / {column}", "sets / {row} / right_refused / {column}"),
}
_RIGHT = {
    "gone": ("gone",),
    "recall": ("recall",),
    "of theory": ("theory",),
    "precision": ("precision",),
    "recall, our words": ("by_words / profile / recall",),
    "precision, our words": ("by_words / profile / precision",),
}
_GRADED = tuple(
    f"groups / {{row}} / {{column}} / {name}"
    for name in ("false_positives", "false_negatives", "undecided", "agreement")
)
_COPIED = {
    "another number in the question": "a number changed",
    "in the answer": "an answer with a number changed",
    "another sign": "a sign changed",
    "another letter": "a letter changed",
    "a number more": "a number added",
    "one of its numbers": "a number left out",
    "one of its signs": "a sign left out",
    "a question": "of another page",
    "an answer": "an answer of another page",
    "that stands nowhere on the page": "a short answer that stands nowhere",
    "from before the question": "a short answer from before it",
    "from far away": "a short answer from far away",
}
_REFINED = {
    "another final answer": "the final answer changed",
    "no box": "no box",
    "two boxes": "two boxes that differ",
    "another number": "question: a number changed",
    "one number more": "question: a number added",
    "another deciding word": "question: a deciding word changed",
    "other letters": "question: a letter changed",
    "other signs": "question: a sign changed",
}
_EXTRACTED = {
    "formulas of real pages, exact": ("pooled / {row} / web / exact",),
    "of the embedded crawl": ("pooled / {row} / crawl / exact",),
    "main text, defuddle pages": ("extractors / {row} / text / defuddle",),
    "main text, trafilatura's set": ("extractors / {row} / text / trafilatura",),
}
_LEAKS = {
    "Found of pairs of an item": "pairs / groups / {row}",
    "By type": "pairs / types / {row}",
    "Found of leaks planted in real pages": "planted / {row}",
    "Problems of `math8k_limr`": "rl / {row}",
    "Problems of `gsm8k_train`": "neighbours / {row}",
}
"""Tables of docs/decontamination.md with a column for each method, and where their rows stand."""
TABLES = (
    Table("docs/verify.md", "is a high rate, and 56 right short", "gates", _GATES),
    Table("docs/verify.md", "Numbers say how many documents a clause refuses", "gates", _GATES),
    *(
        Table(
            "docs/verify.md",
            f"| planted in {sets}",
            "gates",
            {
                "long": (f"{where} / {{row}} / long / cases",),
                "long, caught": (f"{where} / {{row}} / long / share",),
                "short": (f"{where} / {{row}} / short / cases",),
                "short, caught": (f"{where} / {{row}} / short / share",),
            },
        )
        for sets, where in (("sets that were looked at", "planted"), ("fresh sets", "planted, fresh"))
    ),
    Table(
        "docs/verify.md",
        "| corpus | documents | with an equation",
        "verification",
        {
            "documents": ("right / {row} / documents",),
            "with an equation that was checked": ("right / {row} / checked",),
            "called false": ("right / {row} / false",),
        },
    ),
    Table(
        "docs/verify.md",
        "| where | solutions | called false",
        "verification",
        {
            "solutions": ("one digit changed / {row} / solutions",),
            "called false": ("one digit changed / {row} / share",),
        },
    ),
    *(
        Table(
            "docs/dedup.md",
            f"{corpus}: ",
            "dedup",
            {
                column: tuple(f"right / {corpus} / rows / {{row}} / {name}" for name in names)
                for column, names in _RIGHT.items()
            },
            full=True,
        )
        for corpus in ("manual", "web text", "crawl", "solutions")
    ),
    Table(
        "docs/dedup.md",
        "Problems removed, and those",
        "dedup",
        {
            "removed": ("problems / rows / {row} / gone",),
            "distinct": ("problems / rows / {row} / distinct",),
            "*": ("problems / rows / {row} / {column}",),
        },
        full=True,
    ),
    Table(
        "docs/dedup.md",
        "CopyCat pairs that lose",
        "dedup",
        {"*": ("judged / {row} / {column} / 0", "judged / {row} / {column} / 1")},
        full=True,
    ),
    Table(
        "README.md",
        "| near duplicates, one thread",
        "dedup",
        {
            "distinct problems removed, of 14,656": ("problems / rows / {row} / distinct",),
            "precision on web text": ("right / web text / rows / {row} / precision",),
        },
        full=True,
    ),
    Table("README.md", "| extractor |", "extraction", _EXTRACTED, full=True),
    Table("docs/extraction.md", "| extractor |", "extraction", _EXTRACTED, full=True),
    Table(
        "docs/extraction.md",
        "| MathML to LaTeX, right",
        "extraction",
        {
            "of pages": ("converters / MathML of pages to LaTeX / {row} / right",),
            "by latex2mathml": ("converters / MathML by latex2mathml to LaTeX / {row} / right",),
            "MathJax's tests": ("converters / MathML by MathJax's tests to LaTeX / {row} / right",),
        },
        full=True,
    ),
    *(
        Table(
            "docs/decontamination.md",
            title,
            "decontamination",
            {
                "n": (f"methods / ours / {place} / of",),
                "*": tuple(f"methods / {{column}} / {place} / {name}" for name in ("share", "low", "high")),
            },
            {"equal to an item": "items", "problems": "all"},
            full=True,
        )
        for title, place in _LEAKS.items()
    ),
    Table(
        "docs/decontamination.md",
        "| | real pages | false",
        "decontamination",
        {
            "real pages": ("methods / {row} / clean / documents",),
            "false": ("methods / {row} / clean / false",),
            "at most (95 %)": ("methods / {row} / clean / high",),
            "quote an item": ("methods / {row} / clean / quoted",),
            "identities and phrases": ("methods / {row} / stock / documents",),
            "false of these": ("methods / {row} / stock / false",),
        },
        full=True,
    ),
    Table(
        "README.md",
        "| leaks, found in %",
        "decontamination",
        {
            "exact": ("methods / {row} / pairs / groups / exact / share",),
            "other numbers": ("methods / {row} / pairs / groups / numbers swapped / share",),
            "RL set, equal": ("methods / {row} / rl / items / share",),
            "false, of 10,000 pages": ("methods / {row} / false_per_10000",),
        },
        {
            "MegaMath's rule": "MegaMath",
            "decon, answers not asked for": "decon, no answers",
            "datatrove, told to look for questions": "datatrove, questions",
        },
        full=True,
    ),
    Table(
        "docs/grading.md",
        "`python -m benchmarks.graders` (two cores",
        "graders",
        {"right": ("right / {row}",), **dict.fromkeys(("ours", "Qwen", "PRM800K", "OctoThinker"), _GRADED)},
        full=True,
    ),
    Table(
        "docs/selection.md",
        "operators away, and then two problems",
        "text_profile",
        {
            "distinct problems": ("problems / {row} / ours / problems",),
            "made equal by ours": ("problems / {row} / ours / equal",),
            "by datatrove's": ("problems / {row} / datatrove / equal",),
            "by letters alone": ("problems / {row} / letters / equal",),
        },
        {"MathQA": "mathqa_test", "MAWPS": "mawps", "ASDiv": "asdiv", "SVAMP": "svamp"},
    ),
    Table(
        "docs/selection.md",
        "Kept as English at 0.65",
        "language",
        {
            "texts": ("kept / {row} / texts",),
            **{
                said: tuple(f"kept / {{row}} / {judge} / {view}" for view in ("text", "without maths", "prose"))
                for said, judge in (("lid.176", "fastText"), ("resiliparse", "resiliparse"))
            },
        },
        {
            "English mathematics": "maths",
            "of it manuals of scientific Python": "scientific Python",
            "one text in each of 184 languages": "184 languages",
        },
    ),
    Table(
        "docs/selection.md",
        "recipe's. Dropped, in per cent",
        "heuristics",
        {
            said: (f"shares_dropped / {{row}} / {figure}",)
            for said, figure in (
                ("documents", "n"),
                ("ours", "ours"),
                ("Gopher quality", "gopher_quality"),
                ("Gopher repetition", "gopher_repetition"),
                ("C4", "c4_quality"),
                ("FineWeb", "fineweb_quality"),
            )
        },
        {
            "mathematics, English": "stored, math, English",
            "mathematics, all languages": "stored, math",
            "other pages, English": "stored, other, English",
            "spam and boilerplate of the embedded crawl": "crawl, spam and boilerplate",
            "mathematics of the embedded crawl": "crawl, math, English",
        },
        full=True,
    ),
    Table(
        "docs/selection.md",
        "| mean F1 on sources left out",
        "classifier",
        {
            "seed 2": ("seeds / {row} / 2 / all",),
            "seed 4": ("seeds / {row} / 4 / all",),
            "both": ("seeds / {row} / 2 and 4 / all",),
            "English only": ("seeds / {row} / 2 and 4 / english",),
        },
        {
            "plain fastText": "plain",
            "ours, with seeded text and 1,000 problems beside the pages": "ours, seeded corpora and problems",
        },
        full=True,
    ),
    Table(
        "docs/embedded.md",
        "![Vocabulary, repetition, lengths",
        "realism",
        {
            f"{group}: {said}": tuple(f"{group} / figures / {{row}} / {name}" for name in names)
            for group in ("maths", "prose")
            for said, names in (("crawl", ("crawl",)), ("real (sources)", ("real", "low", "high")))
        },
        {
            "different words in 30,000": "types, 30k words",
            "different words in 200,000": "types, 200k words",
            "words met once, of different ones in 30,000": "hapax share, 30k words",
            "5-grams met again in 30,000 words": "repeated 5-grams, 30k words",
            "8-grams met again in 30,000 words": "repeated 8-grams, 30k words",
            "5-grams met again in 200,000 words": "repeated 5-grams, 200k words",
            "words of a page, median": "page words p50",
            "words of a page, 90th percentile": "page words p90",
            "words of a sentence, mean": "sentence words mean",
            "bytes per token of GPT-2": "bytes per gpt2 token, 500 kB",
            "bytes per token of its own 8k BPE": "bytes per token of its own 8k BPE, 300 kB",
            "zlib ratio": "zlib ratio, 500 kB",
            "lid.176, median": "lid.176 p50",
        },
        full=True,
    ),
    Table(
        "docs/embedded.md",
        "`python -m benchmarks.growth --large",
        "growth",
        {
            name: (f"crawl / {{row}} / {name}",)
            for name in (
                "mb",
                "bytes_per_page",
                "files",
                "truth_mb",
                "equal_planted",
                "equal_chance",
                "near_planted",
                "near_chance",
            )
        },
        {said: said.replace(",", "") for said in ("3,000", "30,000", "300,000")},
        full=True,
    ),
    Table(
        "docs/synthesis.md",
        "Planted into faithful rewrites",
        "guards",
        {"cases": ("damage / {row} / alone",), "caught": ("damage / {row} / caught",)},
        full=True,
        listed=True,
    ),
    Table(
        "docs/synthesis.md",
        "Planted in 500 English pages",
        "qa_guards",
        {"cases": ("{row} / cases",), "caught": ("{row} / caught",)},
        {said: f"copies / {name}" for said, name in _COPIED.items()}
        | {said: f"refinements / {name}" for said, name in _REFINED.items()},
        full=True,
        listed=True,
    ),
)


def wrong(quote: Quote, text: str, results: list[dict[str, Any]]) -> Iterator[str]:
    """What a page says otherwise than the newest result that knows. ValueError where the page no longer has the line."""
    found = [match.groups() for match in re.finditer(quote.pattern, text, re.MULTILINE)]
    if len(found) != 1:
        raise ValueError(f"{quote.file}: {len(found)} lines are {quote.pattern}")
    yield from _disagreeing(quote, zip(found[0], quote.figures, strict=True), results)


def _disagreeing(
    quote: Quote | Table, cells: Iterable[tuple[str, str]], results: list[dict[str, Any]]
) -> Iterator[str]:
    """Of numbers and the names of their figures, those that are not what the newest result says that has the figure."""
    knowing = [one["benchmarks"][quote.benchmark]["figures"] for one in results if _knows(one, quote)]
    for said, name in cells:
        known = [figures[name] for figures in knowing if figures.get(name) is not None]
        if knowing and not known:
            yield f"{quote.file}: {quote.benchmark} measures no {name}"
        elif known and not agrees(said, known[-1]):
            yield f"{quote.file}: {name} is {known[-1]:g}, not {said}"


def _knows(result: dict[str, Any], quote: Quote | Table) -> bool:
    return quote.benchmark in result["benchmarks"] and not (quote.full and result["quick"])


def agrees(said: str, value: float) -> bool:
    """Whether a number as a page writes it is this value in the digits that it shows, or this share in per cent."""
    digits = len(said.partition(".")[2])
    half = 0.5 * 10.0**-digits * (1 + 1e-6)
    number = float(said.replace(",", ""))
    return abs(number - value) <= half or abs(number - 100 * value) <= half


def all_wrong(root: Path, results: list[dict[str, Any]]) -> list[str]:
    """Every disagreement."""
    found = [one for quote in QUOTES for one in wrong(quote, (root / quote.file).read_text("utf-8"), results)]
    for table in TABLES:
        found += _disagreeing(table, table.cells((root / table.file).read_text("utf-8")), results)
    return found
