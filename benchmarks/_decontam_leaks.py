r"""Leaks that `benchmarks.decontamination` plants: an item of a benchmark in some disguise, inside a real page that has none.

Each kind is a function of an item: the text that leaks, or None where the kind does not fit the item (no solution, no TeX, no number). What
is planted follows from the item alone, by digests, so that every method and every run meets the same texts.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
NUMBER = re.compile(r"(?<![\w.,^])(?<![\^_]\{)\d+(?:\.\d+)?(?![\w]|[.,]\d)")
"""No exponent, no index, no part of a word or of a number with commas."""
TEX = re.compile(r"\\[a-zA-Z]|\$[^$\d\s][^$]*\$|\$[^$]*[\^_=][^$]*\$")
"""A command or a formula between dollars; `$5 and $6` is money."""
RUN = 13
"""Words of the runs that most rules look for: an item with fewer has none."""
EVERY = 12
"""Of so many words in a row, the last is left out in the kind `words left out`."""
COLUMNS = 40
BANDS = {"8 to 12 words": range(8, 13), "5 to 7 words": range(5, 8), "1 to 4 words": range(1, 5)}
"""Items too short for a run, by their words between blanks."""


class Item(NamedTuple):
    """An item of a benchmark. answer, solution: empty where there is none."""

    benchmark: str
    id: str
    problem: str
    answer: str
    solution: str

    @property
    def words(self) -> int:
        return len(self.problem.split())


def digest(*parts: str) -> int:
    return int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest()[:8], "big")


# ---- kinds ------------------------------------------------------------------------------------------------------------------


def verbatim(item: Item) -> str | None:
    return item.problem


def with_answer(item: Item) -> str | None:
    return f"{item.problem}\n\nAnswer: {item.answer}" if item.answer else None


def with_solution(item: Item) -> str | None:
    return f"{item.problem}\n\n{item.solution}" if len(item.solution.split()) >= RUN else None


def solution_alone(item: Item) -> str | None:
    return item.solution if len(item.solution.split()) >= RUN else None


def layout(item: Item) -> str | None:
    r"""Other delimiters, `\dfrac` for `\frac` and back, `\left(` for `(`, blanks around operators, `\leq` for `\le`; no word is changed."""
    if not re.search(r"\$[^$]*[\\=+^_<>()-][^$]*\$", item.problem):
        return None
    return re.sub(r"\$\$(.+?)\$\$|\$(.+?)\$", _formula, item.problem, flags=re.DOTALL)


def _formula(found: re.Match[str]) -> str:
    display, inside = found[1] is not None, found[1] or found[2]
    inside = re.sub(r"\\([dt]?)frac(?![a-zA-Z])", lambda m: r"\frac" if m[1] else r"\dfrac", inside)
    inside = re.sub(r"(?<!\\left)(?<!\\)\(", r"\\left(", inside)
    inside = re.sub(r"(?<!\\right)(?<!\\)\)", r"\\right)", inside)
    if inside.count(r"\left") != inside.count(r"\right"):
        inside = re.sub(r"\\left\(", "(", re.sub(r"\\right\)", ")", inside))
    inside = re.sub(r"\\(le|ge|ne)(?![a-zA-Z])", r"\\\1q", inside)
    inside = re.sub(r"\s*(?<![\\^_{(])([=+<>])\s*", r" \1 ", inside)
    return rf"\[ {inside.strip()} \]" if display else rf"\( {inside.strip()} \)"


def case_and_space(item: Item) -> str | None:
    """Upper case outside of formulas, lines of 40 characters, two blanks for one."""
    parts = re.split(r"(\$[^$]*\$|\\[a-zA-Z]+)", item.problem)
    raised = "".join(part if n % 2 else part.upper() for n, part in enumerate(parts))
    lines, line = [], ""
    for word in raised.split():
        if line and len(line) + len(word) > COLUMNS:
            lines.append(line)
            line = ""
        line = f"{line}  {word}" if line else word
    return "\n".join([*lines, line])


def _truncated(share: float) -> Callable[[Item], str | None]:
    def first(item: Item) -> str | None:
        words = [*re.finditer(r"\S+", item.problem)]
        return item.problem[: words[max(1, round(share * len(words))) - 1].end()] if len(words) >= 2 * RUN else None

    return first


def _numbers(prose: bool) -> Callable[[Item], str | None]:
    """Each number that is no exponent, index or part of a word is another with as many digits; an item with fewer than two is passed over.

    prose: of items without TeX; else of items with it.
    """

    def swapped(item: Item) -> str | None:
        if len(NUMBER.findall(item.problem)) < 2 or prose == bool(TEX.search(item.problem)):
            return None
        return NUMBER.sub(lambda found: _other(found[0], f"{item.id}/{found.start()}"), item.problem)

    return swapped


def _other(number: str, salt: str) -> str:
    """A number with as many digits; none of its digits is the same, and a digit alone is neither 0 nor 1."""
    digits = list(number)
    places = [n for n, digit in enumerate(digits) if digit.isdigit()]
    for n in places:
        least = (2 if len(places) == 1 else 1) if n == 0 else 0
        choices = [str(d) for d in range(least, 10) if str(d) != digits[n]]
        digits[n] = choices[digest(salt, str(n)) % len(choices)]
    return "".join(digits)


def entities(item: Item) -> str | None:
    """As HTML that was escaped once too often: `&lt;`, `&quot;`, `&#x27;`, and `&nbsp;` for every third blank."""
    escaped, count = html.escape(item.problem), iter(range(len(item.problem)))
    spaced = re.sub(" ", lambda _: "&nbsp;" if next(count) % 3 == 2 else " ", escaped)
    return spaced if spaced != item.problem else None


def words_left_out(item: Item) -> str | None:
    """Without every twelfth word."""
    words = item.problem.split(" ")
    return " ".join(word for n, word in enumerate(words, 1) if n % EVERY) if len(words) >= 2 * EVERY else None


KINDS: Mapping[str, Callable[[Item], str | None]] = {
    "question": verbatim,
    "question and answer": with_answer,
    "question and solution": with_solution,
    "solution alone": solution_alone,
    "LaTeX laid out otherwise": layout,
    "case and white space": case_and_space,
    "HTML entities": entities,
    "first 75 %": _truncated(0.75),
    "first 50 %": _truncated(0.5),
    "numbers swapped, prose": _numbers(prose=True),
    "numbers swapped, formulas": _numbers(prose=False),
    "every 12th word left out": words_left_out,
}
"""For items of 13 words and more; `short` has its own."""


# ---- which items, and where --------------------------------------------------------------------------------------------------


class Leak(NamedTuple):
    kind: str
    item: Item
    text: str
    """The page with the leak inside."""


def leaks(items: Sequence[Item], pages: Sequence[str], count: int) -> list[Leak]:
    """At most `count` leaks of each kind, items chosen by digest."""
    western = [item for item in items if not CJK.search(item.problem)]
    long = [item for item in western if item.words >= RUN]
    made = [leak for kind, make in KINDS.items() for leak in _planted(kind, make, long, pages, count)]
    for band, words in BANDS.items():
        short = [item for item in western if item.words in words]
        made += _planted(f"short, {band}: question", verbatim, short, pages, count)
        made += _planted(f"short, {band}: with answer", with_answer, short, pages, count)
    chinese = [item for item in items if len(CJK.findall(item.problem)) >= RUN]
    return [*made, *_planted("Chinese question", verbatim, chinese, pages, count)]


def _planted(
    kind: str, make: Callable[[Item], str | None], items: Iterable[Item], pages: Sequence[str], count: int
) -> list[Leak]:
    made: list[Leak] = []
    for item in sorted(items, key=lambda item: digest(kind, item.benchmark, item.id)):
        if len(made) == count:
            break
        if (text := make(item)) is not None:
            page = pages[digest("page", kind, item.benchmark, item.id) % len(pages)]
            made.append(Leak(kind, item, inserted(page, text)))
    return made


def inserted(page: str, text: str) -> str:
    """A page with a paragraph more, after the line that ends nearest to its middle."""
    ends = [found.start() for found in re.finditer("\n", page)]
    at = min(ends, key=lambda end: abs(end - len(page) // 2), default=len(page))
    return f"{page[:at]}\n\n{text}\n\n{page[at:].lstrip(chr(10))}"
