r"""The symbolic teacher as an editor of pages: it drops notices and doubled lines, tidies lists, and keeps all else word for word.

When sampled, the bullets of its lists vary, and with probability `slip` it does to the page one of the things that language models do:
it loses a formula or a paragraph, misreads a number, talks about its work, repeats itself, makes up an answer, or refuses. Greedy replies
never do. A line that stands there again farther down stays: it is a step of another proof, or the head of another table. In a formula of
several lines `+` is no bullet. Left out: rewording and reordering.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from curation._delimited import formulas_in
from curation.synth.families._rng import Rng

NO_CONTENT = "[NO CONTENT]"
_MARKER = re.compile(r"^=====\[ [0-9a-f]{16} \]=====$", re.MULTILINE)
_FENCE = re.compile(r"[ ]{0,3}(?:`{3}|~{3})")
_BULLET = re.compile(r"^([ \t]*)[*•+-][ \t]+(?=\S)")
_FORMULA = re.compile(
    r"\$\$[^$]{4,400}\$\$|(?<!\$)\$[^\s$][^$\n]{3,200}[^\s$]\$(?!\$)|\\\[[^\[\]]{4,400}\\\]|\\\([^()\n]{4,200}\\\)"
)
_NUMBER = re.compile(r"(?<![\w.,\\{/:-])[1-9]\d{0,3}(?![\w,/:-]|\.\d)")
_WORD = re.compile(r"[^\W\d_]+")
PHRASES = 8
"""Words that a notice may have besides its phrase."""
REPEATED = 30
"""Characters from which on a line of prose that stands there twice in a row is dropped once."""
PARAGRAPH = 25
"""Words of a paragraph whose loss is a slip."""


def refine(prompt: str, rng: Rng, slip: float) -> str | None:
    """The page of a prompt, refined; None where there is no page in it."""
    page = _page(prompt)
    if page is None:
        return None
    slips = rng.chance(slip)
    bullet = "-" if slip == 0 else rng.choice("-*")
    kept = tidied(page, bullet)
    if not kept:
        return NO_CONTENT
    return _slipped(kept, rng) if slips else kept


def tidied(page: str, bullet: str = "-") -> str:
    """The page without notices, lines said twice in a row, trailing blanks and more than one blank line; its lists have one bullet."""
    kept: list[str] = []
    inside = _inside_formulas(page)
    before = ""
    fenced = False
    for number, line in enumerate(page.split("\n")):
        line = line.rstrip()
        plain = line.strip()
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and number not in inside:
            if _notice(plain) or (plain == before and _doubled(plain)):
                continue
            line = _BULLET.sub(rf"\g<1>{bullet} ", line)
        before = plain or before
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip()


def _doubled(line: str) -> bool:
    """Whether a line that is said again at once says nothing new: formulas and rows of tables may be equal by their content."""
    return len(line) >= REPEATED and "$" not in line and "\\" not in line and not line.startswith("|")


def _inside_formulas(page: str) -> set[int]:
    """The numbers of the lines that begin inside a formula."""
    inside = set[int]()
    line, at = 0, 0
    for span in formulas_in(page):
        line += page.count("\n", at, span.start)
        within = page.count("\n", span.start, span.end)
        inside.update(range(line + 1, line + within + 1))
        line, at = line + within, span.end
    return inside


def _notice(line: str) -> bool:
    """Whether a line says little but one of the phrases that pages have around their content."""
    if len(line) > 300 or "$" in line or "\\" in line:
        return False
    words = _WORD.findall(line.lower())
    joined = f" {' '.join(words)} "
    return any(
        len(words) <= len(phrase.split()) + PHRASES and f" {phrase} " in joined for phrase in _known(tuple(words[:40]))
    )


def _known(words: tuple[str, ...]) -> list[str]:
    """Phrases of notices that begin with one of the words."""
    index = _phrases()
    return [phrase for word in dict.fromkeys(words) for phrase in index.get(word, ())]


@functools.cache
def _phrases() -> dict[str, list[str]]:
    from curate.lists import beside
    from curation.score.lines import OURS

    index: dict[str, list[str]] = {}
    for phrase in beside(OURS / "boilerplate.txt").lines():
        index.setdefault(phrase.split()[0].lower(), []).append(phrase.lower())
    return index


def _page(prompt: str) -> str | None:
    """What stands between the first line that is a marker and the next one that is the same."""
    begin = _MARKER.search(prompt)
    if begin is None:
        return None
    end = prompt.find(f"\n{begin[0]}\n", begin.end())
    return prompt[begin.end() + 1 : end] if end > begin.end() else None


# ---- slips ---------------------------------------------------------------------------------------------------------------------


def _slipped(text: str, rng: Rng) -> str:
    """The text with one thing done to it that a model does; which one is drawn, and the next one is taken where it finds nothing."""
    for slip in rng.shuffled(SLIPS):
        made = slip(text, rng)
        if made is not None:
            return made
    return introduced(text, rng)


def formula_lost(text: str, rng: Rng) -> str | None:
    """Without a formula that stands there once."""
    found = [m for m in _FORMULA.finditer(text) if text.count(m[0][1:-1]) == 1]
    if not found:
        return None
    one = rng.choice(found)
    return text[: one.start()] + text[one.end() :].lstrip(" ")


def number_misread(text: str, rng: Rng) -> str | None:
    """With a number that stands nowhere in the text in place of one."""
    found = [m for m in _NUMBER.finditer(text) if _counts(text, m)]
    if not found:
        return None
    one = rng.choice(found)
    there = set(re.findall(r"\d+", text))
    other = int(one[0]) + rng.randint(1, 5)
    while str(other) in there:
        other += 1
    return text[: one.start()] + str(other) + text[one.end() :]


def _counts(text: str, number: re.Match[str]) -> bool:
    """Whether a number stands inside a line, and is no number of an item or a heading."""
    before = text[text.rfind("\n", 0, number.start()) + 1 : number.start()]
    return len(_WORD.findall(before)) >= 2


def paragraph_lost(text: str, rng: Rng) -> str | None:
    """Without a paragraph of some length."""
    parts = text.split("\n\n")
    long = [i for i, part in enumerate(parts) if len(_WORD.findall(part)) >= PARAGRAPH and len(parts) > 1]
    if not long:
        return None
    gone = rng.choice(long)
    return "\n\n".join(part for i, part in enumerate(parts) if i != gone)


def introduced(text: str, rng: Rng) -> str:
    """With a line that speaks of the text."""
    lines = (
        "Here is the refined text:",
        "Sure! Here is the reorganized version of the page:",
        "Below is the refined text.",
    )
    return f"{rng.choice(lines)}\n\n{text}"


def commented(text: str, rng: Rng) -> str:
    """With a remark after the text."""
    lines = ("Note: I removed the navigation and the advertisements.", "Let me know if you would like any changes.")
    return f"{text}\n\n{rng.choice(lines)}"


def looped(text: str, rng: Rng) -> str | None:
    """With its last words again and again."""
    words = text.split(" ")
    tail = " ".join(words[-rng.randint(8, 16) :]) if len(words) >= 16 else None
    return tail and f"{text} {' '.join([tail] * rng.randint(3, 12))}"


def answer_made_up(text: str, rng: Rng) -> str | None:
    """With an answer that nobody gave."""
    said = rng.choice((r"Therefore, the answer is $\boxed{{{}}}$.", "Final answer: {}", "The correct answer is {}."))
    answer = said.format(rng.randint(2, 9) * 1000 + rng.randint(1, 999))
    return f"{text}\n\n{answer}"


def refused(text: str, rng: Rng) -> str:
    """Nothing but an apology."""
    return rng.choice(
        ("I'm sorry, but I cannot help with that.", "As an AI language model, I am unable to refine this text.")
    )


SLIPS: tuple[Callable[[str, Rng], str | None], ...] = (
    formula_lost, number_misread, paragraph_lost, introduced, commented, looped, answer_made_up, refused,
)  # fmt: skip
