"""Lists of addresses as sorted hashes, and the look-up of many addresses in them at once.

An entry is kept as 64 bits of its hash and the number of its list, 10 bytes for each, so that five million domains take 50 MB in a
worker: among a billion addresses one may be taken for an entry that it is not. A table of bits says first whether a hash can be there at
all, which spares the search for nearly all. Hosts lose a label at a time from the left, paths a part at a time from the right, all
addresses together, until none is left.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from curate.lists import Listed

VERDICTS = ("allowed", "curated", "blocked")
"""In order of precedence."""
NONE = np.iinfo(np.uint16).max
MOST_BITS = 25
NAME = r"(\[[^\]/?#\\@\s]*\]|[^/?#\\:@\s\[\]<>]*)"
END = r"(?:[/?#\\\s>]|$)"
HOST = rf"^[\s<]*(?:[A-Za-z][A-Za-z0-9+.-]*:)?[/\\]{{2,}}(?:[^/?#\\]*@)?{NAME}(?::\d*)?{END}"
"""After a scheme or at least slashes, and perhaps a user."""
BARE_HOST = rf"^[\s<]*{NAME}(?::\d+)?{END}"
"""Without them: what stands before a colon is a host only if a port follows."""
PLAIN_HOST = r"^https?://([A-Za-z0-9.-]+)(?:[/?#]|$)"
"""What nearly all addresses look like: a third of the time."""
REST = r"^[\s<]*(?:(?:[A-Za-z][A-Za-z0-9+.-]*:)?[/\\]{2,})?[^/?#\\]*([/?#\\][^\s>]*)"
PLAIN_ENTRY = r"^[a-wyz0-9_-][a-z0-9_-]*(?:\.[a-wyz0-9_-][a-z0-9_-]*)+$"
"""A domain that needs no look: no label of it begins like `xn--`."""
LONGEST_HOST = 253
"""Of a name in the DNS (RFC 1035)."""


class Index(NamedTuple):
    """Hashes of entries in ascending order, the list of each, which beginnings of hashes there are, and the longest entry's characters."""

    hashes: np.ndarray
    lists: np.ndarray
    bits: np.ndarray
    shift: np.uint64
    longest: int

    @classmethod
    def of(cls, entries: pl.DataFrame) -> Index:
        """Index of `entry` and `list`; of lists that hold the same entry the first counts."""
        hashes, first = np.unique(entries["entry"].hash().to_numpy(), return_index=True)
        shift = np.uint64(64 - min(MOST_BITS, 10 + len(hashes).bit_length()))
        bits = np.zeros(1 << int(64 - shift), np.bool_)
        bits[hashes >> shift] = True
        longest = max(entries["entry"].str.len_chars(), default=0)
        return cls(hashes, entries["list"].to_numpy()[first], bits, shift, longest)

    def find(self, texts: pl.Series) -> np.ndarray:
        """The list of each text, NONE for one that is no entry."""
        hashes = texts.hash().to_numpy()
        found = np.full(len(hashes), NONE, np.uint16)
        maybe = np.flatnonzero(self.bits[hashes >> self.shift])
        if len(self.hashes) and len(maybe):
            places = np.searchsorted(self.hashes, hashes[maybe]).clip(max=len(self.hashes) - 1)
            found[maybe] = np.where(self.hashes[places] == hashes[maybe], self.lists[places], NONE)
        return found


class Lists(NamedTuple):
    """Names and verdicts of the lists by number, their domains, their addresses with a path, and the hosts of these."""

    names: pl.Series
    verdicts: pl.Series
    domains: Index
    pages: Index
    hosts: Index


@functools.lru_cache(maxsize=2)
def loaded(lists: tuple[tuple[Listed, ...], ...]) -> Lists:
    """The lists of each verdict, in order of precedence."""
    numbered = [(verdict, one) for verdict, some in zip(VERDICTS, lists, strict=True) for one in some]
    frames = [_entries(one).with_columns(list=pl.lit(i, pl.UInt16)) for i, (_, one) in enumerate(numbered)]
    entries = pl.concat([pl.DataFrame(schema={"entry": pl.String, "list": pl.UInt16}), *frames])
    paged = pl.col("entry").str.contains(r"[/?&#]")
    pages = entries.filter(paged).with_columns(pl.col("entry").str.replace(r"^www\.", ""))
    return Lists(
        pl.Series([one.name for _, one in numbered], dtype=pl.String),
        pl.Series([verdict for verdict, _ in numbered], dtype=pl.String),
        Index.of(entries.filter(~paged)),
        Index.of(pages),
        Index.of(pages.with_columns(pl.col("entry").str.extract(r"^([^/?&#]*)"))),
    )


def _entries(one: Listed) -> pl.DataFrame:
    """Domains and addresses as they are compared: lower case, without scheme, port, leading `*.` and closing slash or dot.

    A line of a hosts file gives its name. An international name counts as it is written and in its other spelling.
    """
    lines = pl.DataFrame({"entry": one.lines()}).with_columns(pl.col("entry").str.to_lowercase())
    plain = lines["entry"].str.contains(PLAIN_ENTRY)
    entry = pl.col("entry").str.replace(r"^(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+", "")
    entry = entry.str.replace(r"^[a-z][a-z0-9+.-]*://", "").str.replace(r"^(?:\|\||\*?\.)", "")
    entry = entry.str.replace(r"^([^/?#]*?)\.?(?::\d*)?($|[/?#])", "$1$2").str.strip_chars_end("/^")
    others = lines.filter(~plain).select(entry).filter(pl.col("entry") != "")
    odd = others.filter(pl.col("entry").str.contains(r"[^\x00-\x7f]|(?:^|\.)xn--"))["entry"]
    spelled = pl.DataFrame({"entry": [*map(_spelled, odd)]}, schema=lines.schema)
    return pl.concat([lines.filter(plain), others, spelled])


def _spelled(entry: str) -> str:
    """An international name in its other spelling (Punycode or letters), as it is if it has none."""
    host, rest = entry[: len(entry.partition("/")[0])], entry[len(entry.partition("/")[0]) :]
    try:
        return (host.encode("ascii").decode("idna") if host.isascii() else host.encode("idna").decode()) + rest
    except UnicodeError:
        return entry


def hosts_of(urls: pl.Series) -> pl.Series:
    """Host names in lower case, null where an address has none."""
    hosts = urls.str.extract(PLAIN_HOST, 1)
    odd = (hosts.is_null() & urls.is_not_null()).arg_true()
    if len(odd):
        url = pl.DataFrame({"url": urls.gather(odd)}).select(
            pl.coalesce(pl.col("url").str.extract(r, 1) for r in (HOST, BARE_HOST))
        )
        hosts = hosts.scatter(odd, url.to_series())
    hosts = hosts.str.strip_chars_end(".").str.to_lowercase()
    none = ~hosts.str.len_bytes().is_between(1, LONGEST_HOST)
    return hosts.set(none, None) if none.any() else hosts


def by_address(hosts: pl.Series, urls: pl.Series, lists: Lists) -> tuple[np.ndarray, pl.Series]:
    """The list that each address is on (NONE if on none) and the entry: the first list, and of its entries the longest."""
    best = np.full(len(hosts), NONE, np.uint16)
    entries = pl.repeat(None, len(hosts), dtype=pl.String, eager=True)
    known = np.flatnonzero(hosts.is_not_null().to_numpy())
    bare = hosts.gather(known).str.strip_prefix("www.")
    paged = lists.hosts.find(bare) != NONE
    if paged.any():
        rows = known[paged]
        rest = urls.gather(rows).str.extract(REST, 1).fill_null("").str.replace_all("\\", "/", literal=True)
        keys = (bare.filter(paged) + rest.str.to_lowercase()).str.slice(0, lists.pages.longest + 1)
        entries = _walk(rows, keys, lists.pages, _without_last_part, best, entries)
    return best, _walk(known, hosts.gather(known), lists.domains, _without_first_label, best, entries)


def _without_last_part(pages: pl.Series) -> pl.Series:
    return pages.str.extract(r"^(.*[^/?&#])[/?&#]+[^/?&#]*$", 1)


def _without_first_label(hosts: pl.Series) -> pl.Series:
    return hosts.str.splitn(".", 2).struct.field("field_1")


def _walk(
    rows: np.ndarray,
    keys: pl.Series,
    index: Index,
    shorter: Callable[[pl.Series], pl.Series],
    best: np.ndarray,
    entries: pl.Series,
) -> pl.Series:
    """Look for each key and for what is left of it step by step; notes a list that comes before the one known in `best`."""
    while len(keys):
        found = index.find(keys)
        better = np.flatnonzero(found < best[rows])
        if len(better):
            best[rows[better]] = found[better]
            entries = entries.scatter(rows[better], keys.gather(better))
        keys = shorter(keys)
        left = keys.is_not_null()
        rows, keys = rows[left.to_numpy()], keys.filter(left)
    return entries


# ---- words


LETTERS = r"\p{L}\p{M}"
LOOKED_AT = 2_000
"""Characters of an address in which words are looked for."""


class Words(NamedTuple):
    """A list of words as a pattern over text with two blanks between words, and what no text without a match holds."""

    name: str
    pattern: str
    stems: tuple[str, ...]


@functools.lru_cache(maxsize=8)
def words_of(lists: tuple[Listed, ...]) -> tuple[Words, ...]:
    return tuple(_words(one) for one in lists)


def _words(one: Listed) -> Words:
    stars = pl.col("line").str.to_lowercase().str.replace_all(rf"[^{LETTERS}*]", "")
    words = (
        pl.DataFrame({"line": one.lines()}).select(stars).filter(pl.col("line").str.contains(rf"[{LETTERS}]"))["line"]
    )
    pattern = "|".join(word.replace("*", "[^ ]*") for word in words)
    return Words(
        one.name, f" ({pattern}) " if pattern else r"[^\s\S]", tuple(words.str.replace_all("*", "", literal=True))
    )


def by_words(urls: pl.Series, strict: Sequence[Words], soft: Sequence[Words], least: int) -> pl.Series:
    """For each address why its words block it, null if they do not."""
    reasons = pl.repeat(None, len(urls), dtype=pl.String, eager=True)
    stems = sorted({stem for words in (*strict, *soft) for stem in words.stems})
    if not stems:
        return reasons
    looked_at = urls.str.slice(0, LOOKED_AT)
    looked_at = looked_at if all(map(str.isascii, stems)) else looked_at.str.to_lowercase()
    rows = looked_at.str.contains_any(stems, ascii_case_insensitive=True).fill_null(False).arg_true()
    spaced = pl.lit("  ") + pl.col("url").str.to_lowercase().str.replace_all(rf"[^{LETTERS}]+", "  ") + pl.lit("  ")
    spaced = spaced.alias("url")
    hard = [pl.format("{}: {}", pl.lit(w.name), pl.col("url").str.extract(w.pattern, 1)) for w in strict]
    found = [pl.col("url").str.extract_all(w.pattern) for w in soft]
    none = pl.lit([], pl.List(pl.String))
    several = pl.concat_list(none, *found).list.eval(pl.element().str.strip_chars()).list.unique(maintain_order=True)
    names = ", ".join(w.name for w in soft)
    many = pl.when(several.list.len() >= least).then(pl.format("{}: {}", pl.lit(names), several.list.join(", ")))
    why = pl.DataFrame({"url": looked_at.gather(rows)}).select(spaced).select(pl.coalesce(*hard, many))
    return reasons.scatter(rows, why.to_series())
