"""Pages that are not mathematics, or not in English: prose of many genres, spam and boilerplate, code documentation, other languages."""

from __future__ import annotations

import functools
import re

from curation.embedded._grammar import Bank, Voice, bank
from curation.embedded._loosen import joined
from curation.embedded._page import Block, Page, count_words, wanted_words
from curation.synth.families._rng import Rng

LANGUAGES = ("de", "fr", "es", "ru", "ja", "it", "pt", "pl", "zh")
COUPLE = 60
"""Words that a paragraph has, roughly: how many are written in one go."""


def prose_bank() -> Bank:
    """The bank of English prose."""
    return bank("words", "themes", "prose")


@functools.cache
def genres() -> list[str]:
    """What sorts of prose there are: each has a title, a lead, paragraphs, headings, items and an end."""
    sources = prose_bank().sources
    return sorted(name.removesuffix(".columns") for name in sources if name.endswith(".columns"))


def prose(rng: Rng, genre: str = "") -> Page:
    """News, a recipe, a travel report, a review, minutes of a club and so on: no mathematics."""
    words = prose_bank()
    genre = genre or rng.choice(genres())
    voice = Voice(words, rng, rng.choice(words.themes))
    title, lead, end = voice.all([f"{genre}.{part}" for part in ("title", "lead", "end")])
    blocks: list[Block] = [("p", lead)]
    _fill(blocks, voice, f"{genre}.par", wanted_words(rng, "prose"))
    if len(blocks) > 7 and rng.chance(0.5):
        for at in range(len(blocks) - 2, 2, -rng.randint(3, 6)):
            blocks.insert(at, ("h", voice.say(f"{genre}.head")))
    if rng.chance(0.25):
        blocks.insert(rng.randint(1, len(blocks)), ("list", voice.all([f"{genre}.item"] * rng.randint(3, 8))))
    if rng.chance(0.12):
        blocks.append(("table", table(voice, genre, rng)))
    if rng.chance(0.6):
        blocks.append(("p", end))
    return Page(genre, words.themes[voice.theme], title, blocks, quality=rng.randint(2, 4))


def table(voice: Voice, genre: str, rng: Rng) -> list[list[str]]:
    """Headings and some rows."""
    lines = voice.all([f"{genre}.columns", *[f"{genre}.row"] * rng.randint(3, 9)])
    return [[cell.strip() for cell in line.split(" | ")] for line in lines]


def _fill(blocks: list[Block], voice: Voice, section: str, target: int, *, english: bool = True) -> None:
    """Paragraphs until there are about so many words."""
    have = count_words(blocks)
    while have < target:
        texts = voice.all([section] * max(1, (target - have) // COUPLE))
        new: list[Block] = [("p", joined(text, voice.rng) if english else text) for text in texts]
        blocks += new
        have += count_words(new)


def spam(rng: Rng) -> Page:
    """Spam and pages that are nothing but boilerplate."""
    words = bank("words", "web")
    voice = Voice(words, rng)
    name = rng.choice(words.names("spam/"))
    kind = name.partition("/")[2]
    title, *paragraphs = voice.outline(name)
    blocks: list[Block] = [("p", text) for text in paragraphs]
    section = f"{PARAGRAPHS.get(kind, kind)}.par"
    lines = voice.some(section, max(1, wanted_words(rng, "short") // COUPLE)) if section in words.sources else []
    blocks += [("p", text) for text in lines]
    if kind in SALAD:
        blocks += [("p", _salad(words.sources[SALAD[kind]], rng)) for _ in range(rng.randint(1, 3))]
        blocks *= rng.randint(1, 2)
    page = Page("boilerplate" if kind in BOILERPLATE else "spam", kind, title, blocks, quality=0)
    page.comments = False
    return page


BOILERPLATE = ("parked", "login", "error", "policy", "results", "tags", "products")
PARAGRAPHS = {"loans": "loan", "links": "farm", "products": "grid"}
"""Kinds of spam whose paragraphs stand under another name."""
SALAD = {"casino": "word", "pills": "word", "essay": "mathword"}
"""Spam that throws keywords together, and the section they come from."""


def _salad(pool: list[str], rng: Rng) -> str:
    gap = rng.choice((" ", ", ", " - "))
    return gap.join([" ".join([rng.choice(pool) for _ in range(rng.randint(1, 4))]) for _ in range(rng.randint(6, 24))])


def code(rng: Rng) -> Page:
    """Reference pages of made-up libraries: signatures, parameters, examples."""
    words = bank("words", "code")
    voice = Voice(words, rng)
    language = rng.choice(code_languages())
    title, opening = voice.all([f"code.title/{language}", f"code.par/{language}"])
    blocks: list[Block] = [("p", opening)]
    names = [f"code.{part}/{language}" for part in ("head", "par", "par", "block")]
    target, have = wanted_words(rng, "prose") // 2, 0
    while have < target:
        head, first, second, listing = voice.all(names)
        part: list[Block] = [("h", head), ("p", first)]
        if rng.chance(0.5):
            rows = voice.all([f"code.row/{language}"] * rng.randint(2, 6))
            part.append(
                ("table", [["Name", "Type", "Meaning"], *([c.strip() for c in row.split(" | ")] for row in rows)])
            )
        part += [("p", second)] if rng.chance(0.5) else []
        part += [("code", _lines(listing).rstrip())] if rng.chance(0.8) else []
        part += [("list", voice.all([f"code.item/{language}"] * rng.randint(2, 5)))] if rng.chance(0.2) else []
        blocks += part
        have += count_words(part)
    return Page("code", "reference", title, blocks, quality=3)


@functools.cache
def code_languages() -> list[str]:
    """Programming languages that there is documentation of."""
    return sorted(name.partition("/")[2] for name in bank("words", "code").sources if name.startswith("code.block/"))


def _lines(listing: str) -> str:
    """A listing with its line breaks, which the bank writes as `\\n`; those inside strings stay as they are."""
    return re.sub(r"(\"[^\"\\]*)\\n\"", '\\1\x01"', listing).replace("\\n", "\n").replace("\x01", "\\n")


def foreign_bank(language: str) -> Bank:
    """The bank of another language."""
    return bank("formulas", language)


def foreign(rng: Rng) -> Page:
    """A page in another language; about a third are mathematics."""
    language = rng.choice(LANGUAGES)
    math = rng.chance(0.35)
    sort = "maths" if math else "prose"
    words = foreign_bank(language)
    voice = Voice(words, rng, None if math else rng.choice(words.themes))
    title, lead = voice.all([f"{sort}.title", f"{sort}.lead"])
    blocks: list[Block] = [("p", lead)]
    target = wanted_words(rng, "maths" if math else "prose")
    if language in ("ja", "zh"):
        _characters(blocks, voice, f"{sort}.par", target)
    else:
        _fill(blocks, voice, f"{sort}.par", target, english=False)
    if math and rng.chance(0.4):
        blocks.append(("numbered", voice.all(["maths.item"] * rng.randint(3, 8))))
    if not math and rng.chance(0.6):
        blocks.append(("p", voice.say("prose.end")))
    if len(blocks) > 6:
        blocks.insert(len(blocks) // 2, ("h", voice.say("maths.head" if math else "head")))
    return Page(sort, sort, title, blocks, language, rng.randint(3, 4), math)


def _characters(blocks: list[Block], voice: Voice, section: str, target: int) -> None:
    """Paragraphs in a script without blanks: two characters are taken for a word."""
    have = sum(len(block[1]) for block in blocks) // 2
    while have < target:
        blocks.append(("p", voice.say(section)))
        have += len(blocks[-1][1]) // 2
