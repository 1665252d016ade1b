"""The symbolic teacher on questions: it finds those of its families on a page, copies what the page answers, and refines a pair.

What it copies stands there, word for word. Answers are looked for where sheets, books and lecture notes have them: in a paragraph of
their own that begins with `Solution.` or `Answer.`, behind the same number in a list of answers, and below a worked example. What it
refines is solved, not believed. When sampled it slips: it copies a number wrongly, looks up the answer to the question before, or misreads
a number and solves another problem.

Left out: answers in free words, such as those of a forum, and the text of any solution but its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from curation._reply import NO_ANSWER, NO_QA
from curation.synth.families._family import LONGEST, Parsed, index, read, short_cot, solved
from curation.synth.families._index import Endings
from curation.synth.families._rng import Rng
from curation.synth.families._spelling import clean_all

MAX_PAIRS = 32
"""No text gives more pairs than this."""
LONGEST_ANSWER = 4_000


class Found(NamedTuple):
    """A problem on a page: its text as it stands there, the family that reads it, what it read, and where it begins and ends."""

    text: str
    family: str
    parsed: Parsed
    start: int
    end: int


def extract(prompt: str, rng: Rng, slip: float) -> str | None:
    """Every problem on the page of a prompt, with what the page answers."""
    page = _page(prompt.partition("\nPage:\n")[2])
    key, blocks, before = _key(page), [], NO_ANSWER
    for found in problems(page):
        question, answer = found.text, _answer(page, found, key) or NO_ANSWER
        if rng.chance(slip):
            question, shown = (_miscopied(question, rng), answer) if rng.chance(0.5) else (question, before)
        else:
            shown = answer
        before = answer
        blocks.append(f"Question: {question}\nAnswer: {shown}")
        if len(blocks) == MAX_PAIRS:
            break
    return "\n\n".join(blocks) or NO_QA


def refine_pair(prompt: str, rng: Rng, slip: float) -> str | None:
    """The question of a prompt with its own worked answer, or None where it cannot read the question."""
    pair = prompt.partition("\nPair:\nQuestion: ")[2]
    question = pair.partition("\nAnswer: ")[0].strip()
    answer = solved(question, rng, slip, short_cot)
    return None if answer is None else f"Question: {question}\nAnswer: {answer}"


def _miscopied(question: str, rng: Rng) -> str:
    """With one number larger by one."""
    numbers = list(re.finditer(r"\d{1,9}", question))
    if not numbers:
        return question
    slip = rng.choice(numbers)
    return f"{question[: slip.start()]}{int(slip[0]) + 1}{question[slip.end() :]}"


# ---- finding answers on a page ----------------------------------------------------------------------------------------------

_OWN = re.compile(r"(?:Worked solution|Solution|Answer)[.:][ \t]+")
_HEADING = re.compile(
    r"^#{0,6}[ ]?(?:Answers|Answer key|Check your answers|Solutions in brief|Solutions):?$", re.MULTILINE
)
_ENTRY = re.compile(r"(\d{1,3})[.)][ \t]+(\S.*)")
_OTHER = re.compile(r"#|[|\d(*-]|(?:Example|Exercise|Problem|Task|Theorem|Proof|Remark|Definition|Question)\b")
"""How a paragraph begins that does not solve the example above it."""


def _key(page: str) -> dict[str, str]:
    """The entries of the last list of answers, by their number."""
    headings = list(_HEADING.finditer(page))
    entries: dict[str, str] = {}
    for line in page[headings[-1].end() :].split("\n") if headings else ():
        entry = _ENTRY.fullmatch(line.strip())
        if entry:
            entries.setdefault(entry[1], entry[2])
        elif line.strip():
            break
    return entries


def _answer(page: str, found: Found, key: dict[str, str]) -> str | None:
    """What the page answers to a problem."""
    begin = page.rfind("\n", 0, found.start) + 1
    label = page[begin : found.start].strip()
    rest = page[found.end : found.end + LONGEST_ANSWER]
    following = rest[len(rest) - len(rest.lstrip()) :].partition("\n\n")[0].strip() if rest[:1] in ("", "\n") else ""
    own = _OWN.match(following)
    if own:
        return following[own.end() :].strip() or None
    if label.startswith("Example") and following[-1:] == "." and not _OTHER.match(following):
        return following
    return key.get(label.rstrip(".)"))


def _page(text: str) -> str:
    return text.replace("\x01", "")


# ---- finding problems on a page ---------------------------------------------------------------------------------------------

_SENTENCE = re.compile(r"(?<=[.?!])\s+|\n+")
_LABEL = re.compile(
    r"^(?:\s*[-•*+]\s+)?"
    r"(?:[\W_]*(?:(?:Problem|Exercise|Question|Example|Task|Q)\s{0,4}\d{0,4}\s{0,4}[.:)]|\(?(?:\d{1,3}|[a-z])[.)](?=\s))\s*)?",
    re.IGNORECASE,
)
"""What a list or a sheet writes before a problem."""
_WINDOW = 6
"""No phrasing has more sentences, a line break inside one included."""


def problems(page: str) -> Iterator[Found]:
    """Every problem in a text, in order, each once. Its words and numbers must stand exactly as a family phrases them."""
    page = _page(page)
    places = _places(page)
    pieces = [page[start:end] for start, end in places]
    cleaned = zip(pieces, clean_all(pieces), places, strict=True)
    both = [(piece, text, place) for piece, text, place in cleaned if text]
    joined, ends = " ".join([text for _, text, _ in both]), list(accumulate(len(text) + 1 for _, text, _ in both))
    phrasings = index().on(joined)
    seen: set[str] = set()
    i = 0
    while phrasings and i < len(both):
        count = _length(phrasings, joined, ends, i)
        text = " ".join([piece for piece, *_ in both[i : i + count]])
        found = read(text) if count else None
        if found is not None and text not in seen:
            seen.add(text)
            yield Found(text, *found, both[i][2][0], both[i + count - 1][2][1])
        i += max(count, 1)


def _places(page: str) -> list[tuple[int, int]]:
    """Where each sentence begins, behind its label, and ends."""
    bounds = [0, *(at for gap in _SENTENCE.finditer(page) for at in gap.span()), len(page)]
    places = []
    for start, end in zip(bounds[::2], bounds[1::2], strict=True):
        piece = page[start:end]
        bare = _LABEL.sub("", piece)
        begin = end - len(bare.lstrip())
        places.append((begin, begin + len(bare.strip())))
    return places


def _length(phrasings: Endings, joined: str, ends: list[int], start: int) -> int:
    """How many pieces from one on make up a phrasing, 0 if none do. Piece i stands in `joined` up to `ends[i] - 1`."""
    begin = ends[start - 1] if start else 0
    for end in (end - 1 for end in ends[start : start + _WINDOW]):
        if end - begin > LONGEST:
            return 0
        if joined[end - 1] in ".?!":
            text = ""
            for _, template in phrasings.at(joined, end):
                text = text or joined[begin:end]
                if template.match(text) is not None:
                    return ends.index(end + 1, start) - start + 1
    return 0
