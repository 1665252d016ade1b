"""Which character set a page is written in, whatever its header and its `<meta>` say.

Declared sets are wrong often enough that bytes must agree with them: UTF-8 is tried before anything is believed (`_http.py`); then a
declared set must decode what is there. A declared Latin-1 is believed only of text that is mostly ASCII, as Western text is: servers
send that header for anything. For sets of several bytes per character the decoded text is asked whether it consists of the commonest
characters of its language; for Cyrillic whether it is in lower case. Only what is left is guessed by resiliparse's detector, which takes
Korean for UTF-8.

Left out: UTF-7, EBCDIC, and languages written in another's set on purpose.
"""

from __future__ import annotations

import codecs
import re

BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
ISO_2022 = re.compile(rb"\x1b(?:\$[@B]|\$\([DOQ]|\([BIJ])")
WIDER = {
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "big5": "big5hkscs", "ascii": "cp1252",
    "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874", "iso2022_jp": "iso2022_jp_2",
}  # fmt: skip
"""What pages mean by a name, which is a superset of what it says (WHATWG Encoding)."""
WINDOWS = {
    "iso8859-2": "cp1250",
    "iso8859-7": "cp1253",
    "iso8859-8": "cp1255",
    "iso8859-13": "cp1257",
    "iso8859-15": "cp1252",
}
"""The sets that have printing characters where ISO's have controls."""
COMMON = {
    "gb18030": "的一是不了在人有我他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可定两的方，。、",
    "big5hkscs": "的一是不了在人有我他這中大來上個國到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可定兩方，。、",
    "cp949": "이다의는에을를고가한지하은로도사자기리시대으인서라아해어수나있정일과그보것전제상들부장성",
    "euc_jp": "のにはをたがでとしれさあいるなもかられってこすりまきく、。ルントスーイアラリ",
    "cp932": "のにはをたがでとしれさあいるなもかられってこすりまきく、。ルントスーイアラリ",
}
"""Commonest characters of what each set is for: a quarter or more of any text of the language, and next to none of another's bytes."""
CYRILLIC = ("cp1251", "koi8_r", "iso8859-5", "cp866", "mac_cyrillic")
LOWER = re.compile("[а-яіїєґў]")
HIGH = re.compile(rb"[\x80-\xff][\x40-\xff]*")
ASCII = bytes(range(0x80))
NO_LETTER = bytes(code for code in ASCII if not chr(code).isalpha())
TAG = re.compile(rb"<[^>]{0,2000}>")
SAMPLE, FOREIGN, LIKELY = 20_000, 0.3, 0.12


def by_marks(body: bytes) -> str | None:
    """The set that a byte order mark, zeros between the letters or shifts between sets give away."""
    for mark, name in BOMS:
        if body.startswith(mark):
            return name
    head = body[:1000]
    if 0 in head:
        even, odd = head[::2].count(0), head[1::2].count(0)
        if even + odd > len(head) // 20 and max(even, odd) > 8 * min(even, odd):
            return "utf-16-le" if odd > even else "utf-16-be"
    return "iso2022_jp_2" if b"\x1b" in body and ISO_2022.search(body) else None


def of(body: bytes, declared: list[str]) -> str:
    """The set of a body that is not UTF-8. `declared` are the names in its header and its markup, the likelier first."""
    for name in map(_known, declared):
        if name is None or name.startswith("utf"):
            continue
        if name in CYRILLIC:
            return _lowest(_sample(body))
        if name in COMMON:
            if _share(_sample(body), name) > 0 or not is_foreign(body):
                return name
        elif name != "cp1252" or not is_foreign(body):
            return _windows(name, body)
    return _guessed(body, _sample(body))


def high_bytes(body: bytes) -> int:
    """How many bytes are no ASCII."""
    return len(body.translate(None, ASCII))


def is_foreign(body: bytes) -> bool:
    """Whether much of what may be letters outside tags is no ASCII, which no Western text is."""
    view = TAG.sub(b" ", body[:SAMPLE])
    return high_bytes(view) > FOREIGN * len(view.translate(None, NO_LETTER))


def _sample(body: bytes) -> bytes:
    """Characters outside tags that are no ASCII, and what may belong to them."""
    return b"".join(HIGH.findall(TAG.sub(b" ", body[: 20 * SAMPLE])))[:SAMPLE]


def _known(name: str) -> str | None:
    """Python's name of a set that browsers know, None of any other."""
    from resiliparse.parse.encoding import map_encoding_to_html5

    try:
        found = codecs.lookup(map_encoding_to_html5(name, fallback_utf8=False) or "").name
    except LookupError:
        return None
    return WIDER.get(found, found)


def _share(sample: bytes, name: str) -> float:
    """How much of the text in this set is the commonest characters of its language; 0 if much cannot be decoded."""
    text = sample.decode(name, "replace")
    high = [character for character in text if character > "\x7f"]
    if not high or text.count("\ufffd") * 50 > len(high):
        return 0.0
    common = frozenset(COMMON[name])
    return sum(character in common for character in high) / len(high)


def _lowest(sample: bytes) -> str:
    return max(CYRILLIC, key=lambda name: len(LOWER.findall(sample.decode(name, "replace"))))


def _windows(name: str, body: bytes) -> str:
    return WINDOWS.get(name, name) if re.search(rb"[\x80-\x9f]", body) else name


def _guessed(body: bytes, sample: bytes) -> str:
    from resiliparse.parse.encoding import detect_encoding

    best = max(COMMON, key=lambda name: _share(sample, name))
    if _share(sample, best) > LIKELY:
        return best
    found = _known(detect_encoding(body, from_html_meta=False) or "") or "cp1252"
    if found in CYRILLIC:
        return _lowest(sample)
    return "cp1252" if found.startswith("utf") else _windows(found, body)
