"""All sorts of pages by name, and near duplicates of them.

Each sort is one function of a generator (`_maths.py`, `_prose.py`); a page is the same wherever and however it is later shown.
"""

from __future__ import annotations

from collections.abc import Callable

from curation.embedded._maths import forum, lecture, sheet
from curation.embedded._page import Page
from curation.embedded._prose import code, foreign, prose, spam
from curation.synth.families._rng import Rng

MAKERS: dict[str, Callable[[Rng], Page]] = {
    "lecture": lecture, "sheet": sheet, "forum": forum, "prose": prose, "spam": spam, "code": code,
    "foreign": foreign,
}  # fmt: skip


def varied(page: Page, rng: Rng) -> Page:
    """A near duplicate: the same page with a sentence or two dropped, some words replaced, something added at the end."""
    blocks = list(page.blocks)
    plain = [i for i, block in enumerate(blocks) if block[0] == "p" and "$" not in block[1] and len(block[1]) > 60]
    if plain and len(blocks) > 5 and rng.chance(0.5):
        blocks.pop(plain.pop(rng.randint(0, len(plain) - 1)))
    for i in rng.sample([i for i, b in enumerate(blocks) if b[0] in ("p", "label")], 3):
        blocks[i] = (*blocks[i][:-1], _reworded(blocks[i][-1], rng))
    if blocks == page.blocks or rng.chance(0.6):
        blocks.append(("p", rng.choice(_TAILS[page.language])))
    return Page(
        page.kind, page.topic, page.title, blocks, page.language, page.quality, page.math, page.questions, page.comments
    )


_TAILS = {
    "en": ("Reposted with permission.", "This article first appeared elsewhere.", "Last checked in spring.", "Edited for length."),
    "de": ("Alle Angaben ohne Gewähr.", "Zuletzt geändert im Herbst."),
    "fr": ("Article mis à jour.", "Reproduction autorisée."),
    "es": ("Artículo actualizado.", "Texto reproducido con permiso."),
    "ru": ("Материал обновлён.", "Перепечатка с разрешения."), "ja": ("内容は予告なく変更されることがあります。", "最終更新は春です。"),
}  # fmt: skip
_WORDS = {
    "usually": "mostly", "because": "since", "often": "frequently", "also": "too", "begin": "start", "big": "large",
    "quickly": "fast", "must": "has to",
    "however": "though", "shows": "demonstrates", "called": "named", "people": "persons", "several": "some",
    "small": "little", "about": "roughly",
    "help": "assist", "easy": "simple", "answer": "result", "problem": "task", "way": "manner",
}  # fmt: skip


def _reworded(text: str, rng: Rng) -> str:
    """A word or two replaced outside formulas and problems; the meaning stays nearly the same."""
    if "?" in text or any(ch.isdigit() for ch in text):
        return text
    parts = text.split("$")
    words = parts[0].split(" ")
    for i, word in enumerate(words):
        if word in _WORDS and rng.chance(0.7):
            words[i] = _WORDS[word]
    return "$".join([" ".join(words), *parts[1:]])
