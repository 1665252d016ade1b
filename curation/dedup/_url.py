"""Addresses with what never changes a page taken off, in one compiled loop over their bytes; each is looked at once, however long.

What comes out is compared, not fetched: the scheme and `www.` are gone. After RFC 3986, section 6.2.2 (case, percent codes, dot segments),
RFC 1866 (`+` is a blank in a query), and what servers do by default. Left out, because somewhere it does change a page: the case of
paths, empty parts of a path (`//`), `;` between parameters, users before a host, HTML references (`&amp;`), and other spellings of an
address of the Internet Protocol.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import njit

from curation._utf8 import series, utf8

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

TRACKING = {
    "utm_*": "Google Analytics: custom campaigns",
    "gclid": "Google Ads: click",
    "gclsrc": "Google Ads: where a click is from",
    "dclid": "Google Display: click",
    "gbraid": "Google Ads: click in an app, iOS",
    "wbraid": "Google Ads: click on the web, iOS",
    "gad_source": "Google Ads: kind of advertisement",
    "gad_campaignid": "Google Ads: campaign",
    "srsltid": "Google Merchant Center: search result",
    "_ga": "Google Analytics: visitor across domains",
    "_gl": "Google Analytics: visitor across domains",
    "fbclid": "Facebook: click",
    "fb_action_ids": "Facebook: Open Graph action",
    "fb_action_types": "Facebook: Open Graph action",
    "fb_ref": "Facebook: social plugin",
    "fb_source": "Facebook: where in Facebook",
    "igshid": "Instagram: share",
    "igsh": "Instagram: share",
    "msclkid": "Microsoft Advertising: click",
    "yclid": "Yandex.Direct: click",
    "ysclid": "Yandex: search result",
    "_openstat": "Openstat: campaign",
    "twclid": "X: click",
    "ttclid": "TikTok: click",
    "li_fat_id": "LinkedIn: click",
    "epik": "Pinterest: click",
    "rdt_cid": "Reddit: click",
    "mc_cid": "Mailchimp: campaign",
    "mc_eid": "Mailchimp: reader",
    "mkt_tok": "Marketo: reader",
    "_hsenc": "HubSpot: reader",
    "_hsmi": "HubSpot: mail",
    "__hstc": "HubSpot: visitor across domains",
    "__hssc": "HubSpot: visitor across domains",
    "__hsfp": "HubSpot: visitor across domains",
    "hsa_*": "HubSpot: advertisement",
    "hsctatracking": "HubSpot: call to action",
    "mtm_*": "Matomo: campaign",
    "matomo_*": "Matomo: campaign",
    "pk_*": "Matomo under its old name, Piwik: campaign",
    "piwik_*": "Matomo under its old name, Piwik: campaign",
    "oly_anon_id": "Omeda: reader",
    "oly_enc_id": "Omeda: reader",
    "vero_id": "Vero: reader",
    "vero_conv": "Vero: campaign",
    "ml_subscriber": "MailerLite: reader",
    "ml_subscriber_hash": "MailerLite: reader",
    "wickedid": "Wicked Reports: click",
    "s_cid": "Adobe Analytics: campaign",
    "spm": "Alibaba: position of a link",
    "replytocom": "WordPress: the same page with its form at another comment",
}
"""Parameters that say who came from where, by small letters; `*`: names that begin so. As their makers document them."""
SESSION = {
    "phpsessid": "PHP",
    "jsessionid": "Java servlets, as a parameter; `;jsessionid=` in a path is taken off too",
    "aspsessionid*": "ASP, with eight letters of the server",
    "cfid": "ColdFusion",
    "cftoken": "ColdFusion",
    "oscsid": "osCommerce",
    "zenid": "Zen Cart",
    "xtcsid": "xt:Commerce",
    "mosessionid": "Mambo",
}
"""Parameters that name a visit, whatever their value."""
LONG_SESSION = {
    "sid": "phpBB and others; a story in PHP-Nuke, whose numbers are short",
    "s": "vBulletin, 32 hexadecimal digits; a search in WordPress",
    "sessid": "many",
    "sessionid": "many; also a talk of a conference",
    "session_id": "many; also a talk of a conference",
    "session": "many; also a term of a parliament or school",
}
"""Parameters that name a visit if their value is `LONG` or more digits and letters a to f, with at least one digit."""
LONG = 16
INDEX = [
    f"{name}.{ending}"
    for name in ("index", "default")
    for ending in (
        "html",
        "htm",
        "shtml",
        "xhtml",
        "php",
        "php3",
        "php4",
        "php5",
        "asp",
        "aspx",
        "jsp",
        "cfm",
        "cgi",
        "pl",
    )
]
"""What a server gives for a folder; other names in small letters."""

ALWAYS, IF_LONG, BEGINNING = 1, 2, 3
KEEP, DECODED = np.uint8(1), np.uint8(2)
Names = tuple[Bytes, Numbers, Bytes]


def _classes() -> Bytes:
    """Of each byte: KEEP if it stands for itself, DECODED if its percent code does not say more than it (RFC 3986, section 2.3)."""
    classes = np.zeros(256, np.uint8)
    classes[list(b"!$&'()*+,;=:@/?[]")] = KEEP
    classes[list(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")] = KEEP | DECODED
    return classes


@functools.lru_cache(maxsize=8)
def names_of(more: tuple[str, ...] = ()) -> Names:
    """Names of parameters in bytes one after another, where each begins, and the end, and what it takes to be left out."""
    kinds = dict.fromkeys([*TRACKING, *SESSION, *(name.lower() for name in more)], ALWAYS) | dict.fromkeys(
        LONG_SESSION, IF_LONG
    )
    return _table({name.rstrip("*"): BEGINNING if name.endswith("*") else kind for name, kind in kinds.items()})


@functools.cache
def _index() -> Names:
    return _table(dict.fromkeys(INDEX, ALWAYS))


def _table(kinds: dict[str, int]) -> Names:
    every = [name.encode() for name in kinds]
    bounds = np.cumsum([0, *map(len, every)], dtype=np.int64)
    return np.frombuffer(b"".join(every), np.uint8).copy(), bounds, np.array([*kinds.values()], np.uint8)


def bare(urls: pl.Series, ignore: Iterable[str] = ()) -> pl.Series:
    """Addresses as they are compared; null and blank ones are null. ignore: names of further parameters, `*` at the end for any ending."""
    data, bounds = utf8(international(urls.cast(pl.String)))
    made, ends = _bare(data, bounds, _classes(), names_of(tuple(ignore)), _index())
    found = series(urls, made, ends)
    return found.set(found == "", None)


WIDE_HOST = r"^\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?[/\\]{2,}(?:[^/?#\\]*@)?([^/?#\\:@\s]*[^\x00-\x7f][^/?#\\:@\s]*)"
LONGEST_HOST = 253


def international(urls: pl.Series) -> pl.Series:
    """Addresses with international host names in Punycode (IDNA 2003), as nearly all are already; what is no such name stays."""
    hosts = urls.str.extract(WIDE_HOST, 1)
    rows = hosts.is_not_null().arg_true()
    if not len(rows):
        return urls
    spelled = {host: _spelled(host) for host in hosts.gather(rows).unique()}
    return urls.scatter(
        rows,
        [url.replace(host, spelled[host], 1) for url, host in zip(urls.gather(rows), hosts.gather(rows), strict=True)],
    )


def _spelled(host: str) -> str:
    if len(host) > LONGEST_HOST:  # the codec takes quadratic time
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


@njit(cache=True)
def _small(byte: np.uint8) -> np.uint8:
    return np.uint8(byte + 32) if 65 <= byte <= 90 else byte


@njit(cache=True)
def _hex(byte: np.uint8) -> int:
    if 48 <= byte <= 57:
        return int(byte) - 48
    byte = _small(byte)
    return int(byte) - 87 if 97 <= byte <= 102 else -1


@njit(cache=True)
def _kind(text: Bytes, start: int, end: int, names: Names) -> int:
    """The kind of the name that a text is in small letters, 0 if it is none."""
    data, bounds, kinds = names
    for n in range(len(kinds)):
        length = bounds[n + 1] - bounds[n]
        if end - start == length or (kinds[n] == BEGINNING and end - start > length):
            k = 0
            while k < length and _small(text[start + k]) == data[bounds[n] + k]:
                k += 1
            if k == length:
                return int(kinds[n])
    return 0


@njit(cache=True)
def _coded(text: Bytes, start: int, end: int, out: Bytes, at: int, classes: Bytes, plus: bool) -> int:
    """Write bytes with percent codes where they are needed, and only there, in capital letters; the place after them. plus: is a blank."""
    i = start
    while i < end:
        byte = text[i]
        high = _hex(text[i + 1]) if byte == 37 and i + 2 < end else -1
        low = _hex(text[i + 2]) if high >= 0 else -1
        coded = low >= 0
        i += 3 if coded else 1
        if coded:
            byte = np.uint8(16 * high + low)
        elif plus and byte == 43:
            byte = np.uint8(32)
        if classes[byte] & DECODED if coded else classes[byte] & KEEP:
            out[at] = byte
            at += 1
        else:
            out[at] = 37
            for k in range(2):
                digit = byte >> 4 if k == 0 else byte & 15
                out[at + 1 + k] = 48 + digit if digit < 10 else 55 + digit
            at += 3
    return at


@njit(cache=True)
def _host(text: Bytes, start: int, end: int, secure: bool, out: Bytes, at: int) -> int:
    """User, host and port: small letters, without `www.`, last dots, and the port that is meant anyway."""
    for i in range(end - 1, start - 1, -1):
        if text[i] == 64:
            for k in range(start, i + 1):
                out[at] = text[k]
                at += 1
            start = i + 1
            break
    colon, i = end, end - 1
    while i >= start and 48 <= text[i] <= 57:
        i -= 1
    if i >= start and text[i] == 58:
        colon = i
    last = colon
    while last > start and text[last - 1] == 46:
        last -= 1
    www = last - start > 4 and text[start + 3] == 46
    if www:
        for k in range(3):
            www = www and _small(text[start + k]) == 119
        dots = 0
        for k in range(start + 4, last):
            dots += text[k] == 46
        www = www and dots > 0
    for k in range(start + 4 if www else start, last):
        out[at] = _small(text[k])
        at += 1
    digit = colon + 1
    while digit < end and text[digit] == 48:
        digit += 1
    port = 0
    for k in range(digit, min(end, digit + 6)):
        port = 10 * port + int(text[k]) - 48
    if colon < end and port and port != (443 if secure else 80):
        out[at] = 58
        at += 1
        for k in range(digit, end):
            out[at] = text[k]
            at += 1
    return at


@njit(cache=True)
def _path(text: Bytes, start: int, end: int, out: Bytes, at: int, index: Names) -> int:
    """A path after its percent codes are in order: without dot segments, sessions, the name of an index, and a slash at the end."""
    first, i = at, start
    session = np.array([59, 106, 115, 101, 115, 115, 105, 111, 110, 105, 100, 61], np.uint8)  # ;jsessionid=
    while i < end:
        stop = i + 1
        while stop < end and text[stop] != 47:
            stop += 1
        # a segment with the slash before it: text[i:stop]
        size = stop - i
        if size == 2 and text[i + 1] == 46:
            if stop == end:
                out[at] = 47
                at += 1
        elif size == 3 and text[i + 1] == 46 and text[i + 2] == 46:
            while at > first:
                at -= 1
                if out[at] == 47:
                    break
        else:
            k = i
            while k < stop:
                if text[k] == 59 and stop - k > len(session):
                    m = 0
                    while m < len(session) and _small(text[k + m]) == session[m]:
                        m += 1
                    if m == len(session):
                        k += m
                        while k < stop and text[k] != 59:
                            k += 1
                        continue
                out[at] = text[k]
                at += 1
                k += 1
        i = stop
    last = at
    while last > first and out[last - 1] != 47:
        last -= 1
    if last > first and _kind(out, last, at, index):
        at = last
    if at > first and out[at - 1] == 47:
        at -= 1
    return at


@njit(cache=True)
def _before(text: Bytes, a: int, a_end: int, b: int, b_end: int) -> bool:
    """Whether a name is not after another, byte by byte."""
    for k in range(min(a_end - a, b_end - b)):
        if text[a + k] != text[b + k]:
            return bool(text[a + k] < text[b + k])
    return a_end - a <= b_end - b


@njit(cache=True)
def _sorted(text: Bytes, starts: Numbers, ends: Numbers) -> Numbers:
    """The order of parameters by name; those of one name stay in their order. Merged from runs, so that many take no square of time."""
    count = len(starts)
    order, other = np.arange(count), np.empty(count, np.int64)
    width = 1
    while width < count:
        for low in range(0, count, 2 * width):
            middle, high = min(low + width, count), min(low + 2 * width, count)
            i, j = low, middle
            for k in range(low, high):
                if i < middle and (
                    j >= high or _before(text, starts[order[i]], ends[order[i]], starts[order[j]], ends[order[j]])
                ):
                    other[k] = order[i]
                    i += 1
                else:
                    other[k] = order[j]
                    j += 1
        order, other = other, order
        width *= 2
    return order


@njit(cache=True)
def _long(text: Bytes, start: int, end: int) -> bool:
    digits = 0
    for k in range(start, end):
        if _hex(text[k]) < 0:
            return False
        digits += text[k] <= 57
    return end - start >= LONG and digits > 0


@njit(cache=True)
def _query(text: Bytes, start: int, end: int, out: Bytes, at: int, names: Names) -> int:
    """Parameters by name, without those that do not count, after `?` if any is left."""
    count = 1
    for i in range(start, end):
        count += text[i] == 38
    starts, stops, ends = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    n, i = 0, start
    while i < end:
        stop = i
        while stop < end and text[stop] != 38:
            stop += 1
        name = i
        while name < stop and text[name] != 61:
            name += 1
        kind = _kind(text, i, name, names)
        if stop > i + (name == i) and (kind == 0 or (kind == IF_LONG and not _long(text, name + 1, stop))):
            starts[n], stops[n], ends[n] = i, name, name if name + 1 == stop else stop
            n += 1
        i = stop + 1
    mark = 63
    for p in _sorted(text, starts[:n], stops[:n]):
        out[at] = mark
        at += 1
        for k in range(starts[p], ends[p]):
            out[at] = text[k]
            at += 1
        mark = 38
    return at


@njit(cache=True)
def _scheme(text: Bytes, start: int, end: int) -> int:
    """Where a scheme ends (its colon), or -1 if there is none."""
    for i in range(start, end):
        byte = _small(text[i])
        if byte == 58:
            return i if i > start else -1
        if not (97 <= byte <= 122 or (i > start and (48 <= byte <= 57 or byte in (43, 45, 46)))):
            return -1
    return -1


@njit(cache=True)
def _is(text: Bytes, start: int, end: int, name: Bytes) -> bool:
    if end - start != len(name):
        return False
    k = 0
    while k < len(name) and _small(text[start + k]) == name[k]:
        k += 1
    return k == len(name)


@njit(cache=True)
def _one(given: Bytes, text: Bytes, other: Bytes, out: Bytes, classes: Bytes, names: Names, index: Names) -> int:
    """One address into `out`; how long it is. `text` and `other` are room for it, three times as much as it has bytes."""
    end = 0
    for byte in given:  # a browser takes tabs and line ends out too
        if byte not in (9, 10, 13):
            text[end] = byte
            end += 1
    start = 0
    while start < end and (text[start] <= 32 or text[start] == 60):  # `<...>` is how WARC 1.0 writes addresses
        start += 1
    while end > start and (text[end - 1] <= 32 or text[end - 1] == 62):
        end -= 1
    hash = start
    while hash < end and text[hash] != 35:
        hash += 1
    at, secure, web = 0, False, True
    colon = _scheme(text, start, hash)
    slashes = colon + 1 if colon >= 0 else start
    begin = slashes
    while begin < hash and (text[begin] == 47 or text[begin] == 92):
        begin += 1
    if begin - slashes < 2:  # no scheme, but a host, perhaps with a port; or a scheme of another kind, such as mailto:
        begin = start
        if colon >= 0:
            digit = colon + 1
            while digit < hash and 48 <= text[digit] <= 57:
                digit += 1
            web = digit == hash or text[digit] == 47 or text[digit] == 63
    elif colon >= 0:
        secure = _is(text, start, colon, np.array([104, 116, 116, 112, 115], np.uint8))
        if not secure and not _is(text, start, colon, np.array([104, 116, 116, 112], np.uint8)):
            for k in range(start, colon):
                out[at] = _small(text[k])
                at += 1
            for byte in (58, 47, 47):
                out[at] = byte
                at += 1
    if not web:
        for k in range(start, end):
            out[at] = text[k]
            at += 1
        return at
    path = begin
    while path < hash and text[path] != 47 and text[path] != 92 and text[path] != 63:
        path += 1
    at = _host(text, begin, path, secure, out, at)
    query = path
    while query < hash and text[query] != 63:
        if text[query] == 92:
            text[query] = 47
        query += 1
    at = _path(other, 0, _coded(text, path, query, other, 0, classes, False), out, at, index)
    if query < hash:
        at = _query(other, 0, _coded(text, query + 1, hash, other, 0, classes, True), out, at, names)
    if hash + 1 < end and text[hash + 1] == 33:
        for k in range(hash, end):
            out[at] = text[k]
            at += 1
    return at


@njit(cache=True)
def _bare(data: Bytes, bounds: Numbers, classes: Bytes, names: Names, index: Names) -> tuple[Bytes, Numbers]:
    count, longest = len(bounds) - 1, 0
    for n in range(count):
        longest = max(longest, bounds[n + 1] - bounds[n])
    text, other = np.empty(longest, np.uint8), np.empty(3 * longest, np.uint8)
    out, ends = np.empty(len(data) + 3 * longest + 8, np.uint8), np.zeros(count + 1, np.int64)
    for n in range(count):
        given, at = data[bounds[n] : bounds[n + 1]], ends[n]
        if len(out) < at + 3 * len(given) + 8:
            out = np.concatenate((out, np.empty(len(out), np.uint8)))
        ends[n + 1] = at + _one(given, text, other, out[at:], classes, names, index)
    return out[: ends[count]].copy(), ends
