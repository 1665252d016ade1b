"""Pages that are not mathematics, or not in English: prose, spam and boilerplate, code documentation, five other languages."""

from __future__ import annotations

from curation.embedded._grammar import Bank, Context, bank
from curation.embedded._page import Block, Page
from curation.synth.families._rng import Rng

LANGUAGES = ("de", "fr", "es", "ru", "ja")


def prose(rng: Rng) -> Page:
    """News, a recipe, a travel report, a review, minutes of a club: no mathematics."""
    words = bank("prose")
    name = rng.choice(list(words.outlines))
    page = _outline(words, name, rng, "en", quality=rng.randint(2, 4))
    _filled(
        page.blocks,
        words.lines(f"{page.topic if page.topic == 'football' else page.kind}.more", rng.randint(3, 7), rng, {}),
        rng,
    )
    return page


def _filled(blocks: list[Block], sentences: list[str], rng: Rng) -> None:
    """Add sentences to the end of paragraphs, or as paragraphs of their own, anywhere but at the very beginning and end."""
    for sentence in rng.shuffled(sentences):
        i = rng.randint(0, len(blocks) - 2)
        if rng.chance(0.5) and blocks[i][0] == "p":
            gap = "" if sentence[-1] == "。" else " "
            blocks[i] = ("p", f"{blocks[i][1]}{gap}{sentence}")
        else:
            blocks.insert(i + 1, ("p", sentence))


def _outline(words: Bank, name: str, rng: Rng, language: str, quality: int) -> Page:
    context: Context = {}
    title, *paragraphs = words.outline(name, rng, context)
    kind, _, topic = name.partition("/")
    return Page(kind, topic, title, [("p", text) for text in paragraphs], language=language, quality=quality)


def spam(rng: Rng) -> Page:
    """Spam and pages that are nothing but boilerplate."""
    words = bank("web")
    page = _outline(words, rng.choice(words.names("spam/")), rng, "en", quality=0)
    page.kind, page.comments = "boilerplate", False
    if page.topic in ("casino", "pills", "essay"):
        page.kind = "spam"
        pool = [line.source for line in words.sections["mathword" if page.topic == "essay" else "word"]]
        page.blocks = [rng.choice((block, ("p", _salad(pool, rng)))) for block in page.blocks]
        page.blocks.append(("p", _salad(pool, rng)))
        page.blocks *= rng.randint(1, 2)
    return page


def _salad(pool: list[str], rng: Rng) -> str:
    """Keywords thrown together."""
    gap = rng.choice((" ", ", ", " - "))
    return gap.join([" ".join([rng.choice(pool) for _ in range(rng.randint(1, 4))]) for _ in range(rng.randint(6, 24))])


def code(rng: Rng) -> Page:
    """Reference pages of a made-up library: signatures, parameters, examples."""
    words = bank("code")
    context: Context = {}
    blocks: list[Block] = [("p", words.line("opening", rng, context))]
    library = context.setdefault("library", words.line("library", rng, context))
    if rng.chance(0.5):
        blocks += [("h", "Installation"), ("code", words.line("install", rng, context))]
    for _ in range(rng.randint(2, 5)):
        blocks += _function(words, library, rng, context)
    return Page("code", "reference", f"{library}: API reference", blocks, quality=3)


def _function(words: Bank, library: str, rng: Rng, context: Context) -> list[Block]:
    verb, noun = words.line("verb", rng, context), words.line("noun", rng, context)
    rows = [line.split(": ", 2) for line in words.lines("param", rng.randint(1, 4), rng, context)]
    signature = ", ".join([noun, *(f"{name}: {kind}" for name, kind, _ in rows)])
    says = f"{words.line('remark', rng, context)} Returns {words.line('result', rng, context)}."
    call = (
        f">>> import {library}\n>>> {library}.{verb}_{noun}({noun}, "
        f"{rows[0][0]}={rng.choice(_VALUES.get(rows[0][1], ('None',)))})"
    )
    return [
        ("h", f"{verb}_{noun}({signature})"),
        ("p", says),
        ("table", [["Parameter", "Type", "Meaning"], *rows]),
        ("code", call),
    ]


_VALUES = {
    "int": ("3", "8", "1024"),
    "float": ("0.5", "30.0"),
    "bool": ("True", "False"),
    "str": ('"utf-8"', '"a"', '"read"'),
    "Path": ('Path(".")',),
}


def foreign(rng: Rng) -> Page:
    """A page in German, French, Spanish, Russian or Japanese; about a third are mathematics."""
    language = rng.choice(LANGUAGES)
    words = bank(language)
    math = rng.chance(0.35)
    names = rng.sample(words.names("maths/" if math else "prose/"), rng.randint(1, 2))
    pages = [_outline(words, name, rng, language, quality=rng.randint(3, 4)) for name in names]
    blocks = [block for i, page in enumerate(pages) for block in ([("h", page.title)] if i else []) + page.blocks]
    _filled(blocks, words.lines("more.maths" if math else "more.prose", rng.randint(3, 8), rng, {}), rng)
    return Page("maths" if math else "prose", pages[0].topic, pages[0].title, blocks, language, pages[0].quality, math)
