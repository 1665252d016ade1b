r"""Patterns of e-mail addresses, telephone numbers and IP addresses, in the syntax of polars (Rust regex: no lookaround, linear time).

Digits and borders of words are those of ASCII: with Unicode's, the search is fifty times as slow.

What may not be touched is matched first and set aside: formulas, version and section numbers, and addresses that belong to nobody.
A pattern names what stands before a match as its first group, since there is no looking behind; so two matches that share a blank need
two rounds.
"""

from __future__ import annotations

from typing import NamedTuple

HOLE, MASKED = "\x00", "\x07"
"""Stand for what is set aside, as those that a text has of its own are, and for what is masked."""
MARKS = "[\x01-\x06]"
_FORMULA = "\x01[^\x02]*\x02"
_DELIMITED = "\x01(?:\\$|\\\\[(\\[]|\\\\begin)[^\x02]*\x02"
"""As `curation/_formulas.py` marks it; and not a lone command, whose argument may well be an address: `\\href{mailto:...}`."""
_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_TENS = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9])"
_END = r"(?:[^0-9A-Za-z_.%]|\.[^0-9A-Za-z_]|\.?$)"
_NOT_PUBLIC = (
    r"(?:(?:0|10|127)(?:\.[0-9]{1,3}){3}|192\.168(?:\.[0-9]{1,3}){2}|169\.254(?:\.[0-9]{1,3}){2}|172\.(?:1[6-9]|2[0-9]|3[01])(?:\.[0-9]{1,3}){2}"
    r"|(?:22[4-9]|2[34][0-9]|25[0-9])(?:\.[0-9]{1,3}){3}|192\.0\.2\.[0-9]{1,3}|198\.51\.100\.[0-9]{1,3}|203\.0\.113\.[0-9]{1,3})"
)
_KEPT = (
    rf"{_FORMULA}"
    rf"|(?-u:\b){_NOT_PUBLIC}(?-u:\b)|(?i:2001:db8):[0-9a-fA-F:]*"
    r"|(?i:(?-u:\b)(?:versions?|ver|releases?|sections?|sect?|chapters?|chap|figures?|fig|tables?|theorems?|lemmas?|equations?|eq|exercises?|rfc|oid)(?-u:\b))"
    r"[\s.:#]{0,3}v?[0-9][0-9.]{0,40}"
    r"|§\s?[0-9][0-9.]{0,40}|(?-u:\b)v[0-9][0-9.]{0,40}"
)
"""Mathematics; private, local, multicast and documentation networks (RFC 5735, 5737, 3849); numbers of versions, sections, figures."""

_TOP = (
    "com|org|net|edu|gov|mil|int|info|biz|name|pro|aero|coop|museum|jobs|mobi|travel|tel|cat|asia|post|app|dev|blog|cloud|email|online|shop|"
    "site|store|tech|xyz|club|agency|academy|university|science|institute|network|systems|solutions|services|example|test|invalid|local|"
    "[a-z]{2}"
)
EMAIL = (
    r"(?i)(^|[^0-9A-Za-z_.%+-])[a-z0-9][a-z0-9._%+-]{0,63}(?:@|%40|&#0?64;)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){0,8}"
    rf"[a-z0-9][a-z0-9-]{{0,61}}[a-z0-9]\.(?:{_TOP})(?-u:\b)"
)
"""Domains of two characters and more before a known ending, or one of two letters: `A@B.T` is a product of matrices."""

_WORDS = r"(?i:(?-u:\b)(?:tel|telephone|phone|ph|fax|mobile|cell|call (?:us|me|now|at|today)|whatsapp|hotline|toll[- ]?free)(?-u:\b))"
_GAP = r"[ .\x{2011}\x{2013}/-]{1,2}"
_GROUPED = rf"\+?\(?[0-9]{{1,5}}\)?(?:{_GAP}\(?[0-9]{{2,5}}\)?){{2,6}}|\+?\(?[0-9]{{2,5}}\)?{_GAP}[0-9]{{5,8}}|\+?[0-9]{{7,15}}"
_AMERICAN = r"[2-9][0-8][0-9](?:-[2-9][0-9][0-9]-|\.[2-9][0-9][0-9]\.)[0-9]{4}|\([2-9][0-8][0-9]\) ?[2-9][0-9][0-9][-. ][0-9]{4}"
_AREA = r"(?:\(0\) ?)?\(?[0-9]{1,5}\)?"
PHONES = (
    rf"({_WORDS}[\s.:#]{{0,3}}(?:(?i:no|number|us|is|at|today|now)(?-u:\b)[\s.:]{{0,3}}){{0,2}})(?:{_GROUPED})(?-u:\b)",
    rf"(^[ ]?|[\n\t][ ]?|[^\s0-9A-Za-z_.+*/^=<>()\[\]-][ ]?|[\p{{L}}.)][ ])(?:\+?1[-. ])?(?:{_AMERICAN})(?-u:\b)",
    r"(^|[\n\x07:;,(>|\"'\p{L}][ \t\x{a0}]{0,3})\+"
    rf"(?:[1-9][0-9]{{0,2}}[ .-](?:{_AREA}(?:[ .-][0-9]{{2,4}}){{2,4}}|{_AREA}[ .-][0-9]{{5,8}})|[1-9][0-9]{{9,13}})(?-u:\b)",
)
"""After a word that says so; as they are written in North America; and with `+` and the number of a country."""
_NUMBERS = r"(?i:(?-u:\b)ISBN(?:-1[03])?:?[\s-]{0,2}[0-9X -]{10,20}|(?-u:\b)ISSN:?\s?[0-9]{4}-[0-9]{3}[0-9X]|(?-u:\b)(?:doi|arxiv)\S{0,60})"

IPS = (
    rf"(^|[^0-9A-Za-z_.])(?:{_TENS}\.{_TENS}\.{_TENS}\.{_BYTE}|{_TENS}\.{_TENS}\.{_BYTE}\.{_TENS}|{_TENS}\.{_BYTE}\.{_TENS}\.{_TENS}"
    rf"|{_BYTE}\.{_TENS}\.{_TENS}\.{_TENS})({_END})",
    rf"((?-u:\b)(?:IP|IPv4|ip|addr|host|server|ping|DNS|dns|gateway|proxy|traceroute)(?-u:\b)(?:\s(?i:address|is|server|number))?[\s:=(\[]{{1,3}}){_BYTE}(?:\.{_BYTE}){{3}}"
    rf"({_END})",
    r"(?i)(^|[^0-9A-Za-z_:.])(?:[23][0-9a-f]{3}|f[cdef][0-9a-f]{2})(?::[0-9a-f]{1,4}){0,6}(?:::(?:[0-9a-f]{1,4}:){0,5}[0-9a-f]{1,4}|(?::[0-9a-f]{1,4}){7}|::)"
    r"($|[^0-9A-Za-z_:])",
)
"""Version 4: three numbers of two digits (1.2.3.4 is a section), or after a word that says so; version 6: global or local addresses."""


class Kind(NamedTuple):
    """Patterns of one kind of data, what takes the place of a match, and what may not be touched."""

    patterns: tuple[str, ...]
    stays: str
    kept: str


KINDS = {
    "emails": Kind((EMAIL,), f"${{1}}{MASKED}", rf"(?-u:\b)git@|{_DELIMITED}"),
    "ips": Kind(IPS, f"${{1}}{MASKED}${{2}}", _KEPT),
    "phones": Kind(PHONES, f"${{1}}{MASKED}", rf"{_NUMBERS}|{_KEPT}"),
}
