"""The texts of `benchmarks.decontamination`: items of benchmarks, pairs, problems for RL, real pages, and pages of stock."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from benchmarks._decontam_leaks import Item

WORDS = 600
"""Longest piece of a page, in words; a page is cut at the end of a line."""
SHORTEST = 30
GROUPS = {
    "exact": ("exact_subset_math500",),
    "numbers swapped": (
        "gsm_hard_numeric", "gsmplus:numerical substitution", "gsmplus:digit expansion",
        "gsmplus:integer-decimal-fraction conversion",
    ),
    "question changed": (
        "gsmplus:adding operation", "gsmplus:reversing operation", "gsmplus:distraction insertion",
        "gsmplus:critical thinking",
    ),
    "rephrased": ("gsmplus:problem understanding", "llm_rephrase"),
    "clean neighbour": ("clean_gsm8k_train_nearest",),
}  # fmt: skip
"""Types of pairs, by what was done to the item."""


class Page(NamedTuple):
    id: str
    text: str


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def benchmarks(data: Path) -> list[Path]:
    return sorted((data / "benchmarks").glob("*.jsonl.gz"))


def name(path: Path) -> str:
    return path.name.removesuffix(".jsonl.gz")


def items(paths: Iterable[Path]) -> list[Item]:
    """All items that have a problem."""
    found = []
    for path in paths:
        for row in lines(path):
            if row.get("problem"):
                given = [_text(row.get(column)) for column in ("problem", "answer", "solution")]
                found.append(Item(name(path), str(row["id"]), *given))
    return found


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)


def pairs(data: Path) -> dict[str, list[Page]]:
    """Candidates by type."""
    found: dict[str, list[Page]] = {kind: [] for kinds in GROUPS.values() for kind in kinds}
    for row in lines(data / "dedup" / "decontam_pairs.jsonl.gz"):
        found[row["type"]].append(Page(row["benchmark_id"], row["candidate_text"]))
    return found


def prompts(data: Path, of: str) -> list[Page]:
    return [Page(str(row["id"]), row["problem"]) for row in lines(data / "rl" / f"{of}.jsonl.gz")]


# ---- real pages -------------------------------------------------------------------------------------------------------------


def pages(data: Path) -> list[Page]:
    """Real pages in pieces of at most 600 words and at least 30, each text once.

    One source has problems, of the training split of GSM8K; the others are manuals, textbooks, encyclopedias, news and pages of every kind.
    """
    seen: set[bytes] = set()
    found = []
    for page in _whole(data):
        for n, piece in enumerate(pieces(page.text)):
            key = hashlib.sha256(" ".join(piece.split()).encode()).digest()
            if len(piece.split()) >= SHORTEST and key not in seen:
                seen.add(key)
                found.append(Page(f"{page.id}#{n}", piece))
    return found


def pieces(text: str) -> Iterator[str]:
    """A text cut at ends of lines into pieces of at most 600 words; a line of more words is cut inside."""
    taken: list[str] = []
    count = 0
    for line in text.splitlines():
        for part in _parts(line):
            words = len(part.split())
            if taken and count + words > WORDS:
                yield "\n".join(taken)
                taken, count = [], 0
            taken.append(part)
            count += words
    if taken:
        yield "\n".join(taken)


def _parts(line: str) -> Iterator[str]:
    ends = [found.end() for found in re.finditer(r"\S+", line)][WORDS - 1 :: WORDS]
    start = 0
    for end in ends if ends and ends[-1] == len(line) else [*ends, len(line)]:
        yield line[start:end]
        start = end


def _whole(data: Path) -> Iterator[Page]:
    for file in ("dev_train", "dev_valid", "udhr_langid"):
        for row in lines(data / "text" / f"{file}.jsonl.gz"):
            yield Page(f"text/{row['id']}", row["text"])
    for row in lines(data / "peercases" / "datatrove_ref_on_real_docs.jsonl.gz"):
        yield Page(f"peercases/{row['id']}", row["text"])
    for n, row in enumerate(lines(data / "peercases" / "defuddle_pages.jsonl.gz")):
        yield Page(f"defuddle/{n}", row["expected_md"])
    for row in lines(data / "dedup" / "boost_docs.jsonl.gz"):
        yield Page(f"boost/{row['id']}", row["text"])
    for path in (data / "warc" / "math_web_dev.warc.gz", *sorted((data / "warc" / "edge").glob("aut_example.warc.gz"))):
        yield from _extracted(path)


def _extracted(path: Path) -> Iterator[Page]:
    """Text of the pages of an archive, as the recipe `web` makes it."""
    from curation.extract.html_clean import html_clean
    from curation.extract.html_math import html_math
    from curation.read.warc import warc

    for frame in warc(str(path)):
        read = frame.with_row_index("n").filter(pl.col("text").is_not_null())
        read = read.with_columns(id=pl.col("n").cast(pl.String), as_read=pl.col("text"))
        seen = read.hstack(html_math(read).drop("text", "title"))
        for url, text in zip(read["url"], html_clean(seen, keep_title=True)["text"], strict=True):
            if text:
                yield Page(f"warc/{url}", text)


# ---- stock ------------------------------------------------------------------------------------------------------------------

FORMULAS = {
    "trigonometry": (
        r"\sin^2 x + \cos^2 x = 1", r"1 + \tan^2 x = \sec^2 x", r"\sin(a + b) = \sin a \cos b + \cos a \sin b",
        r"\cos(a + b) = \cos a \cos b - \sin a \sin b", r"\sin 2x = 2 \sin x \cos x", r"\cos 2x = \cos^2 x - \sin^2 x",
        r"\cos 2x = 2\cos^2 x - 1 = 1 - 2\sin^2 x", r"\tan(a + b) = \frac{\tan a + \tan b}{1 - \tan a \tan b}",
        r"\sin a + \sin b = 2 \sin\frac{a + b}{2} \cos\frac{a - b}{2}", r"\sin 3x = 3\sin x - 4\sin^3 x",
        r"\frac{a}{\sin A} = \frac{b}{\sin B} = \frac{c}{\sin C} = 2R", r"c^2 = a^2 + b^2 - 2ab\cos C",
    ),
    "quadratics": (
        r"ax^2 + bx + c = 0", r"x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}", r"\Delta = b^2 - 4ac",
        r"x_1 + x_2 = -\frac{b}{a}", r"x_1 x_2 = \frac{c}{a}", r"y = a(x - h)^2 + k", r"(x - h)^2 + (y - k)^2 = r^2",
        r"\frac{x^2}{a^2} + \frac{y^2}{b^2} = 1", r"\frac{x^2}{a^2} - \frac{y^2}{b^2} = 1", r"f(x) = ax^2 + bx + c",
    ),
    "products": (
        r"(a + b)^2 = a^2 + 2ab + b^2", r"(a - b)^2 = a^2 - 2ab + b^2", r"a^2 - b^2 = (a - b)(a + b)",
        r"a^3 + b^3 = (a + b)(a^2 - ab + b^2)", r"a^3 - b^3 = (a - b)(a^2 + ab + b^2)",
        r"(a + b + c)^2 = a^2 + b^2 + c^2 + 2ab + 2bc + 2ca", r"(x + y)^n = \sum_{k=0}^{n} \binom{n}{k} x^k y^{n-k}",
        r"a^3 + b^3 + c^3 - 3abc = (a + b + c)(a^2 + b^2 + c^2 - ab - bc - ca)", r"\frac{a + b}{2} \ge \sqrt{ab}",
    ),
    "sums": (
        r"1 + 2 + 3 + \cdots + n = \frac{n(n+1)}{2}", r"1^2 + 2^2 + 3^2 + \cdots + n^2 = \frac{n(n+1)(2n+1)}{6}",
        r"1^3 + 2^3 + \cdots + n^3 = \left(\frac{n(n+1)}{2}\right)^2", r"\sum_{k=0}^{\infty} r^k = \frac{1}{1 - r}",
        r"\binom{n}{k} = \frac{n!}{k!(n-k)!}", r"\sum_{n=1}^{\infty} \frac{1}{n^2} = \frac{\pi^2}{6}",
        r"e^x = \sum_{n=0}^{\infty} \frac{x^n}{n!}", r"F_{n+2} = F_{n+1} + F_n", r"a_n = a_1 + (n - 1)d",
    ),
    "calculus": (
        r"\frac{d}{dx} x^n = n x^{n-1}", r"\frac{d}{dx} \sin x = \cos x", r"\int x^n \, dx = \frac{x^{n+1}}{n+1} + C",
        r"(fg)' = f'g + fg'", r"\lim_{x \to 0} \frac{\sin x}{x} = 1", r"\int_a^b f(x) \, dx = F(b) - F(a)",
        r"\int u \, dv = uv - \int v \, du", r"f(x) = f(a) + f'(a)(x - a) + \frac{f''(a)}{2!}(x - a)^2 + \cdots",
        r"\int_{-\infty}^{\infty} e^{-x^2} \, dx = \sqrt{\pi}", r"e^{i\pi} + 1 = 0",
    ),
    "logarithms": (
        r"\log_a(xy) = \log_a x + \log_a y", r"\log_a x^n = n \log_a x", r"\log_a b = \frac{\log_c b}{\log_c a}",
        r"a^m \cdot a^n = a^{m+n}", r"(a^m)^n = a^{mn}", r"a^{-n} = \frac{1}{a^n}", r"e^{\ln x} = x",
    ),
}  # fmt: skip
FACTS = (
    "A right triangle has legs a and b and hypotenuse c.",
    "Let ABC be a triangle with sides a, b and c.",
    "The sum of the angles of a triangle is 180 degrees.",
    "The area of a circle of radius r is pi r squared.",
    "Let $a$, $b$ and $c$ be positive real numbers such that $a + b + c = 1$.",
    "Let $f(x) = x^2$ for all real numbers $x$.",
    "A prime number is a natural number greater than 1 that is not a product of two smaller natural numbers.",
    "Let n be a positive integer.",
    "The distance is the product of the speed and the time.",
    "A fair coin is tossed three times.",
    "Two dice are rolled.",
    "Let $x$ and $y$ be real numbers.",
    "Three consecutive integers can be written as n, n + 1 and n + 2.",
)
PHRASES = (
    "Express your answer as a common fraction.", "Express your answer in simplest radical form.", "What is the value of x?",
    "Round your answer to the nearest hundredth.", "How many are there in all?", "How much money does he have left?",
    "Choose the correct answer from the options below.", "Find the value of the expression.", "Solve for x.",
    "Give your answer to three significant figures.", "How many of them are there altogether?", "Show your work.",
    "Which of the following is true?", "None of the above.", "Simplify.", "Find the sum of all possible values.",
    "Determine whether the series converges or diverges.", "What is the probability that both are red?",
    "Enter your answer in interval notation.", "Prove that this is true for every natural number n.",
    "How many more does she have than he does?", "If so, find its limit.", "What is the area of the shaded region?",
    "Find the equation of the line.", "Use the information given to answer the question.", "Explain your reasoning.",
    "Find the greatest common divisor of the two numbers.", "Let the answer be m over n in lowest terms. Find m + n.",
)  # fmt: skip


def stock() -> list[Page]:
    """Pages of identities in three layouts each, and of facts and phrases that a hundred problems share. None holds an item."""
    made = []
    for title, formulas in FORMULAS.items():
        for layout, (start, end) in {
            "dollars": ("$", "$"),
            "display": ("\\[\n", "\n\\]"),
            "brackets": (r"\(", r"\)"),
        }.items():
            body = "\n\n".join(f"Remember that {start}{formula}{end}." for formula in formulas)
            made.append(Page(f"identities/{title}/{layout}", f"Formulas to know: {title}\n\n{body}"))
        bare = "\n".join(f"* {formula}" for formula in formulas)
        made.append(Page(f"identities/{title}/bare", f"Formulas to know: {title}\n\n{bare}"))
    every = [formula for formulas in FORMULAS.values() for formula in formulas]
    made.append(Page("identities/all", "A sheet of formulas\n\n" + "\n".join(f"${formula}$" for formula in every)))
    made.append(Page("phrases/questions", "Phrases of problems, and how to read them\n\n" + "\n".join(PHRASES)))
    made.append(Page("phrases/facts", "What a problem may begin with\n\n" + "\n".join(FACTS)))
    made += [
        Page(f"phrases/{n}", f"{fact} {phrase}")
        for n, (fact, phrase) in enumerate((fact, phrase) for fact in FACTS for phrase in PHRASES)
    ]
    return made


def texts(some: Sequence[Page]) -> list[str]:
    return [page.text for page in some]


def per_10_000(row: dict[str, Any]) -> float:
    """Wrongly found of real pages and pages of stock together; a method may have read fewer real pages than another."""
    parts = (row["clean"], row["stock"])
    return 10_000 * sum(part["false"] for part in parts) / sum(part["documents"] for part in parts)
