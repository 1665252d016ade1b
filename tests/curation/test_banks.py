"""The text banks: nothing in them is out of reach, said twice or too long, and the formulas of other languages can be read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from curation.embedded import _grammar
from curation.embedded._forum import forum_bank
from curation.embedded._grammar import Bank, Voice, bank
from curation.embedded._inflect import VERB
from curation.embedded._maths import maths_bank, topics
from curation.embedded._prose import LANGUAGES, PARAGRAPHS, SALAD, code_languages, foreign_bank, genres, prose_bank
from curation.embedded._tex import parse
from curation.synth.families._rng import Rng
from tests.curation.formulas import formulas

FOLDER = Path(_grammar.__file__).parent / "banks"
FILES = sorted(path.stem for path in FOLDER.glob("*.txt"))
FORMS = {"": ("",), "noun": ("", ".s"), "verb": VERB, "adjective": ("", ".ly")}
BANKS = {
    "prose": (("words", "themes", "prose"), prose_bank),
    "maths": (("words", "maths", "maths-talk"), maths_bank),
    "forum": (("words", "forum"), forum_bank),
    "web": (("words", "web"), lambda: bank("words", "web")),
    "code": (("words", "code"), lambda: bank("words", "code")),
    "dialogue": (("words", "dialogue"), lambda: bank("words", "dialogue")),
    **{name: (("formulas", name), lambda name=name: foreign_bank(name)) for name in LANGUAGES},
}
"""Each bank that the generators load: its files, and how it is loaded."""


def roots(name: str) -> set[str]:
    """The sections that the generators ask for by name. Outlines are roots too: `Voice.outline` takes any of them."""
    if name == "prose":  # `_prose.prose` and `table` for each genre; `_pages.near` takes `blog.par`
        parts = ("title", "lead", "end", "par", "head", "item", "columns", "row")
        return {f"{genre}.{part}" for genre in genres() for part in parts}
    if name == "maths":  # `_maths._Notes` for each topic, and what it says of mathematics at large
        talk = ("par", "history", "application", "remark", "summary", "admin", "reference", "head")
        return {
            *(f"{topic}.{part}" for topic in topics() for part in ("fact", "title", "intro", "talk")),
            *(f"talk.{part}" for part in talk), "opener", "closer", "examplelead", "exerciselead",
        }  # fmt: skip
    if name == "forum":  # `_forum`: threads about problems, about notions, and about other things
        return {
            "user", "hello", "context", "attempt", "thanks", "answerlead", "answerend", "wronglead", "hint", "reply", "followup",
            "signature", "moderation", "conceptual", "conceptual.pair", "conceptualanswer", "offtopic.pair",
            *(section for section in forum_bank().sources if section.startswith("offtopic.reply/")),
        }  # fmt: skip
    if (
        name == "web"
    ):  # `_chrome.Chrome`, and `_prose.spam`: paragraphs of each kind that has some, words to throw together
        words = bank("words", "web")
        kinds = [outline.partition("/")[2] for outline in words.names("spam/")]
        paragraphs = {f"{PARAGRAPHS.get(kind, kind)}.par" for kind in kinds} & set(words.sources)
        return {"nav", "cookie", "ad", "related", "comment", "share", "footer", *SALAD.values(), *paragraphs}
    if name == "code":  # `_prose.code`
        parts = ("title", "par", "head", "block", "row", "item")
        return {f"code.{part}/{language}" for part in parts for language in code_languages()}
    if name == "dialogue":  # `instruction`
        return {"pair"}
    maths = {f"maths.{part}" for part in ("title", "lead", "par", "item", "head")}
    return {*maths, *(f"prose.{part}" for part in ("title", "lead", "par", "end")), "head", "nav"}  # `foreign`, `_nav`


def slots(line: str) -> Iterator[str]:
    """The sections that a line may use."""
    for slot in re.findall(r"<([^<>]+)>", line):
        name = slot.lstrip("^?")
        if "|" not in name and name not in ("[", "]", "an") and not re.fullmatch(r"-?[\d,]+[-~][\d,]+", name):
            yield name.rstrip("0123456789") if name.startswith("@") else name


def reached(words: Bank, begin: set[str]) -> set[str]:
    """All sections that can be drawn from, the roots among them."""
    lines = [wording for plan in words.plans.values() for _, wordings in plan for wording in wordings]
    todo, found = list(begin), set(begin)
    for section in begin:
        assert section in words.sources, section
    while todo or lines:
        lines += words.sources[todo.pop()] if todo else []
        while lines:
            for slot in slots(lines.pop()):
                base = slot.lstrip("~@")
                names = [base, *(f"{base}/{theme}" for theme in words.themes if slot[0] == "~")]
                new = [name for name in names if name in words.sources and name not in found]
                found.update(new)
                todo += new
    return found


def headings(file: str) -> Iterator[tuple[str, str, list[str]]]:
    """(name, kind of words, lines as they stand) of each opening of a section in a file."""
    opened: tuple[str, str, list[str]] | None = None
    for raw in (FOLDER / f"{file}.txt").read_text("utf-8").splitlines():
        line = raw.strip()
        if line.startswith("==") or (line.startswith("=") and (head := _grammar._HEAD.match(line))):
            if opened:
                yield opened
            opened = None if line.startswith("==") else (head[1], head[3] or "", [])
        elif line and not line.startswith("#") and opened:
            opened[2].append(line)
    if opened:
        yield opened


def forms(name: str, kind: str) -> set[str]:
    """The sections that one heading makes."""
    base, slash, theme = name.partition("/")
    return {base + form + slash + theme for form in FORMS[kind]}


@pytest.mark.parametrize("file", FILES)
def test_every_section_can_be_reached(file):
    found: set[str] = set()
    for name, (files, load) in BANKS.items():
        if file in files:
            found |= reached(load(), roots(name))
    assert found, "no generator loads this file"
    assert [name for name, kind, _ in headings(file) if not forms(name, kind) & found] == []


def test_what_nothing_uses_is_noticed():
    words = Bank("= a\n<b> <?~c> <@d2> <x|y> <3-4>\n= b\nb\n= c\nc\n= c/sea\nwave\n= d\nd\n= e\n<b>\n== o\n<f>\n= f\nf")
    assert reached(words, {"a"}) == {"a", "b", "c", "c/sea", "d", "f"}


@pytest.mark.parametrize("file", FILES)
def test_no_section_is_opened_twice(file):
    assert [name for name, count in Counter(name for name, _, _ in headings(file)).items() if count > 1] == []


@pytest.mark.parametrize("name", BANKS)
def test_no_line_stands_twice_in_a_section(name):
    found = Counter(
        (section, _grammar._WEIGHT.sub("", line))
        for file in BANKS[name][0]
        for section, _, lines in headings(file)
        for line in lines
    )
    assert [pair for pair, count in found.items() if count > 1] == []


@pytest.mark.parametrize("name", BANKS)
def test_no_piece_of_text_is_longer_than_a_thousand_bytes(name):
    words = BANKS[name][1]()
    pieces = [piece for line in words.line_ids for piece in _grammar._SLOT.split(line)[::2]]
    assert max(len(piece.encode()) for piece in pieces) <= 1000


@pytest.mark.parametrize("language", LANGUAGES)
def test_formulas_of_other_languages_are_read(language):
    checked = 0
    words = foreign_bank(language)
    for section in words.sources:
        if section.startswith("maths."):
            for text in Voice(words, Rng("test", section)).all([section] * 40):
                assert text.count("$") % 2 == 0, text
                for formula in formulas(text):
                    parse(formula)
                    checked += 1
    assert checked > 40
