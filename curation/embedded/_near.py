"""Near duplicates at a wanted likeness: the same page with words changed, passages dropped or passages added.

Changing a word that stands alone changes five of a text's word 5-grams, dropping a passage of m words takes m + 4 of them away. From that
follows how much to do for a wanted Jaccard similarity J of the 5-gram sets: with a share f of a text's n grams changed, J = (1 - f) /
(1 + f); with a share d dropped, J = 1 - d. The similarity that came of it is then measured, and the truth holds what was measured.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from curation.embedded._page import Block, Page, count_words
from curation.synth.families._rng import Rng

TARGETS = (0.45, 0.99)
"""Wanted similarities are spread evenly between these."""
GRAM = 5


def varied(page: Page, rng: Rng, more: Callable[[int], list[str]]) -> Page:
    """A near duplicate of a page. more: makes so many paragraphs in the page's language that may be added."""
    wanted = TARGETS[0] + rng.random() * (TARGETS[1] - TARGETS[0])
    words = max(count_words(page.blocks), 1)
    blocks = list(page.blocks)
    how = rng.random()
    if how < 0.6:
        share = (1 - wanted) / (1 + wanted)
        asked = {question.text for question in page.questions}
        blocks = _reworded(blocks, max(1, round(share * words / GRAM)), rng, asked)
    elif how < 0.8:
        blocks = _shortened(blocks, (1 - wanted) * words, rng, {question.text for question in page.questions})
    else:
        blocks = _lengthened(blocks, (1 / wanted - 1) * words, rng, more)
    if blocks == page.blocks:
        blocks.append(("p", more(1)[0]))
    return replace(page, blocks=blocks, comments=False)


def _reworded(blocks: list[Block], count: int, rng: Rng, asked: set[str]) -> list[Block]:
    """So many words changed, spread over paragraphs, never in a formula or in a problem that is asked."""
    places = [
        (i, m.start(), m.end())
        for i, block in enumerate(blocks)
        if block[0] in ("p", "label") and "?" not in block[-1] and not any(text in block[-1] for text in asked)
        for m in _WORD.finditer(block[-1])
        if block[-1].count("$", 0, m.start()) % 2 == 0
    ]
    step = max(1, len(places) // max(count, 1))
    first = rng.randint(0, step - 1)
    for i, start, end in reversed(places[first::step][:count]):
        text = blocks[i][-1]
        blocks[i] = (*blocks[i][:-1], text[:start] + _other(text[start:end], rng) + text[end:])
    return blocks


_WORD = re.compile(r"(?<![\\\w$])[^\W\d_]{4,}(?![\w$}])")
_WORDS = {
    "usually": "mostly", "because": "since", "often": "frequently", "also": "too", "begin": "start", "quickly": "fast",
    "however": "though", "shows": "demonstrates", "called": "named", "people": "persons", "several": "some", "small": "little",
    "about": "roughly", "help": "assist", "easy": "simple", "answer": "result", "problem": "task", "with": "using", "that": "which",
    "this": "that", "from": "out of", "have": "possess", "very": "quite", "many": "numerous", "after": "following", "between": "among",
}  # fmt: skip


def _other(word: str, rng: Rng) -> str:
    """Another word in its place: one that means the same, or the word marked or misspelt as copies are."""
    known = _WORDS.get(word.lower())
    if known:
        return known.capitalize() if word[0].isupper() else known
    place = rng.randint(1, len(word) - 2)
    return (
        word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        if word[place] != word[place + 1]
        else f"{word}*"
    )


def _shortened(blocks: list[Block], drop: float, rng: Rng, asked: set[str]) -> list[Block]:
    """Paragraphs taken out from one place on, until so many words are gone; questions stay."""
    free = [
        i
        for i, block in enumerate(blocks)
        if block[0] == "p" and "?" not in block[1] and not any(text in block[1] for text in asked)
    ]
    gone: set[int] = set()
    for i in free[rng.randint(0, max(len(free) - 1, 0)) :] + free:
        size = count_words([blocks[i]])
        if i not in gone and size <= drop * 1.3 and len(gone) < len(blocks) - 1:
            gone.add(i)
            drop -= size
    return [block for i, block in enumerate(blocks) if i not in gone]


def _lengthened(blocks: list[Block], add: float, rng: Rng, more: Callable[[int], list[str]]) -> list[Block]:
    """Paragraphs put in at one place, about so many words."""
    at = rng.randint(0, len(blocks))
    new: list[Block] = []
    for text in more(4 + int(add) // 30):
        if add < 8:
            break
        fits = text.count(" ") < add * 1.3 or "$" in text  # a formula is not to be cut in two
        new.append(("p", text if fits else " ".join(text.split(" ")[: int(add)])))
        add -= count_words([new[-1]])
    return [*blocks[:at], *new, *blocks[at:]]
