r"""Text as its author meant it: what wrong decoding, double escaping and invisible characters have done to it, undone.

What goes: controls, soft hyphens, spaces without width, direction characters, tags nobody sees. What is replaced: fancy blanks by a
blank, odd line ends by line ends, the ligatures of fonts (`ﬁ`) by their letters, so that words are the words they are.

What stays: joiners between letters that they shape (Persian, Devanagari, emoji), ideographic spaces, full-width letters, variation
selectors, and characters with canonical twins: NFC would make CJK brackets of the angles U+2329. Code (between its marks)
keeps its ligatures and entities. Entities left over in prose stay where the text speaks of them; in formulas, where `&lt;` is no
TeX, they always go.

Mojibake is UTF-8 that was read as windows-1252, the one kind that is both frequent and certain. Not ftfy (6.3), which undoes more kinds:
on 6,632 texts it took six times as long, and beyond these repairs it read mathematics' Greek (`β` before a control) half right and
Korean wrong. Other kinds are not repaired here but avoided where bytes are read (`curation/read/_charset.py`).
"""

from __future__ import annotations

import re
from functools import partial
from html import unescape

from curation.extract._marks import CLOSE, CODE, END, OPEN

PIECES = re.compile(f"({CODE}[^{END}]*{END}|{OPEN}[^{CLOSE}]*{CLOSE})")
LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
BLANKS = (0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F)
LINE_ENDS = (0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029)
UNSEEN = (
    0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x2070), 0xFEFF,
    *range(0xFFF9, 0xFFFD), *range(0xE0020, 0xE0080),
)  # fmt: skip
"""Soft hyphens, spaces without width, directions, invisible operators, anchors, tags."""
CONTROLS = (*range(9), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0))
IN_CODE = {
    **dict.fromkeys(map(chr, CONTROLS), ""), **dict.fromkeys(map(chr, LINE_ENDS), "\n"), **dict.fromkeys(map(chr, UNSEEN), ""),
    **dict.fromkeys(map(chr, BLANKS), " "),
}  # fmt: skip
IN_PROSE = {**IN_CODE, **LIGATURES}
USUAL = bytes((0x09, 0x0A, *range(0x20, 0x7F)))
JOINER = re.compile("(?<![^\u0000-\u02ff\u2010-\u22ff])[\u200c\u200d]|[\u200c\u200d](?![^\u0000-\u02ff\u2010-\u22ff])")
"""A joiner beside a Latin letter, a digit, a sign or nothing: there it shapes nothing."""
ENTITY = re.compile(
    r"&(?:amp;)?(nbsp|[lr][sd]quo|[nm]dash|hellip|quot|apos|#0?39|#x27|#82(?:1[1-9]|2[0-9]|30)|#160|deg|times|laquo|raquo|bull|middot"
    r"|[AEIOUaeiou](?:acute|grave|circ|uml|tilde)|[nN]tilde|[cC]cedil|szlig|amp|lt|gt|le|ge|ne);"
)
ANY_ENTITY = re.compile(r"&[#A-Za-z][0-9A-Za-z]{1,7};")
ENTITY_IN_TEX = re.compile(r"&(?:amp;)*(lt|gt|amp|quot|apos|nbsp|#0?39|#x27|#60|#62|#38|le|ge|ne|minus|times|thinsp);")
ABOUT = re.compile(r"\b(?:x?html|xml|entit(?:y|ies)|(?:un)?escap(?:e|ed|ing)|markup)\b", re.I)
"""Texts that may show entities for their own sake."""


def unusual(text: str) -> set[str]:
    """The characters of a text that are not printable ASCII: one pass over its bytes takes a fifth of the time of a regex."""
    return set(text.encode("utf-8", "surrogatepass").translate(None, USUAL).decode("utf-8", "surrogatepass"))


def repair(text: str) -> str:
    """The text without mojibake, leftover entities and invisible characters. Formulas and code may stand between marks."""
    seen = unusual(text)
    if not seen.isdisjoint(LEADS):
        text = undo_mojibake(text)
        seen = unusual(text)
    if "\r" in seen:
        text = text.replace("\r\n", "\n")
    odd = sorted(seen & IN_PROSE.keys())
    entities = "&" in text and ANY_ENTITY.search(text) is not None
    if not entities and (CODE not in text or LIGATURES.keys().isdisjoint(odd)):
        return _regular(text, odd)
    about = ABOUT.search(text) is not None
    return "".join(_part(part, odd, about) for part in PIECES.split(text))


def _part(part: str, odd: list[str], about: bool) -> str:
    if part.startswith(CODE):
        return _regular(part, [c for c in odd if c in IN_CODE])
    if "&" in part and part.startswith(OPEN):
        part = ENTITY_IN_TEX.sub(lambda entity: unescape(f"&{entity[1]};"), part)
    elif "&" in part and not about:
        part = ENTITY.sub(lambda entity: unescape(f"&{entity[1]};"), part).replace("\xa0", " ")
    return _regular(part, odd)


def _regular(text: str, odd: list[str]) -> str:
    for character in odd:
        text = text.replace(character, IN_PROSE[character])
    return JOINER.sub("", text) if "\u200c" in text or "\u200d" in text else text


CP1252 = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0x100)}
"""Character of each high byte; the five that cp1252 leaves open are what browsers make of them."""
BYTES = {chr(byte): byte for byte in range(0x80, 0xA0)} | {character: byte for byte, character in CP1252.items()}
TAIL = "".join(sorted({re.escape(character) for character, byte in BYTES.items() if byte < 0xC0}))
LEADS = "ÂÃÄÅÆËÌÎÏÐÑ×ØÙÚÛàáâãäåæçèéêëìíîïðñ"
"""First characters of Latin, Greek, Cyrillic, Hebrew and Arabic letters, punctuation, CJK, and what lies beyond 65,535."""
PAIR = re.compile(f"[{LEADS}][{TAIL}]")
SEQUENCE = re.compile(f"(?:[Â-Û][{TAIL}]|[à-ï][{TAIL}]{{2}}|ð[{TAIL}]{{3}})+")
"""UTF-8 read as windows-1252 (or Latin-1): letters with accents, each followed by as many high characters as its byte asks for."""
CERTAIN = re.compile("â[€\x80]|Ã[¡-¬®-¿\x80-\x9fƒ‚]|Â[\xa0-¿]")
SPACED = re.compile("(?:[Â-Û][\xa0\xad«»‹›‘’“”„…–—·•]|[à-ï][\xa0\xad«»…–—]{2})+")
"""Letters followed by what may follow a letter in a text that is right: `posé »`, `Fluß-ufer` with a soft hyphen."""
QUOTING = "«»‹›‘’“”„…–—·•"
"""No letter follows a letter and one of these at once."""
ACCENTED = re.compile("[À-ÿ]")


def undo_mojibake(text: str) -> str:
    """The text with UTF-8 that was read as windows-1252 read right, and again if it was read so twice or three times."""
    for _ in range(3):
        if text.isascii() or PAIR.search(text) is None:
            break
        right = len(ACCENTED.findall(SEQUENCE.sub("", text)))
        repaired = SEQUENCE.sub(partial(_read_right, right), text)
        if repaired == text:
            break
        text = repaired
    return text


def _read_right(right: int, found: re.Match[str]) -> str:
    """The run read as UTF-8, if it cannot be meant: the more accents are `right` in the text, the surer it must be."""
    run, after = found[0], found.string[found.end() : found.end() + 1]
    if not run.startswith(("â€", "â\x80")):
        if (
            (right or run[0] != "Ã")
            and run[0] != "Â"
            and SPACED.fullmatch(run)
            and not (after.isalpha() and run[-1] in QUOTING)
        ):
            return run
        if right > 50 or (right > 10 and CERTAIN.match(run) is None):
            return run
    try:
        return bytes(BYTES[character] for character in run).decode()
    except UnicodeDecodeError:
        return run
