"""Lists of what is to be removed, as tables: ids, addresses and domains.

A line of a text file is an id, an address (it has `://`, or begins with a domain and a slash) or a domain; `id:`, `url:` or `domain:`
before it says which, in small letters or large ones. A line that could be a domain or an address counts as an id too, because ids of one's
own may look like one; not one with `://` or, in small letters, a word before it. CSV and Parquet files have columns `id`, `url`, `domain`;
a file with one column of another name is read like lines, and the name of a CSV file's column as one of them, since it may have no head.
Addresses are compared as `dedup: url` does it (`curation/dedup/_url.py`).
"""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass

import polars as pl

from curate.errors import CurateError
from curate.lists import Listed

KINDS = ("id", "url", "domain")
PREFIXED = r"^(?i:(id|url|domain)):\s*"
EXACT = r"^(id|url|domain):"
OTHER_SEPARATORS = ";\t|"
NAME = r"[^\s/?#@:]+\.[^\s/?#@:.0-9][^\s/?#@:.]*\.?"
DOMAIN = rf"^(?:{NAME}|\d{{1,3}}(?:\.\d{{1,3}}){{3}}|\[[0-9A-Fa-f:.]+\])$"
"""A name, or an address of the Internet Protocol."""
ADDRESS = rf"://|^{NAME}(?::\d+)?/"


@dataclass(frozen=True)
class Entries:
    """What is to be removed. Addresses are bare, domains in lower case and Punycode."""

    ids: pl.Series
    urls: pl.Series
    domains: pl.Series
    count: int
    """How many different entries the lists have."""


def loaded(lists: tuple[Listed, ...]) -> Entries:
    """All entries of some lists. CurateError for a list that cannot be read."""
    return _loaded(lists)


@functools.lru_cache(maxsize=4)
def _loaded(lists: tuple[Listed, ...]) -> Entries:
    from curation.dedup._url import bare

    parts = [_entries(one) for one in lists]
    whole = pl.concat([pl.DataFrame(schema={"kind": pl.String, "value": pl.String}), *parts])
    of = {kind: whole.filter(kind=kind)["value"].unique().sort() for kind in KINDS}
    urls = bare(of["url"]).drop_nulls().unique().sort()
    domains = of["domain"].str.to_lowercase().str.replace(r"^[a-z][a-z0-9+.-]*://", "")
    domains = domains.str.strip_prefix("*.").str.strip_chars(".")
    return Entries(
        of["id"],
        urls,
        hosts(pl.select("https://" + domains).to_series()).drop_nulls().unique().sort(),
        whole["value"].n_unique(),
    )


def hosts(urls: pl.Series) -> pl.Series:
    """Host names in lower case and Punycode; null where an address has none."""
    from curation.dedup._url import international
    from curation.score._url import hosts_of

    return hosts_of(international(urls))


def _entries(one: Listed) -> pl.DataFrame:
    """`kind`, `value` of one list. CurateError for a table without such columns, and for what is no text."""
    found = _found(one)
    if found["value"].str.contains("\x00", literal=True).any():
        raise CurateError("is no text in UTF-8: it has zero bytes, as UTF-16 has; write it anew", where=one.name)
    return found


def _found(one: Listed) -> pl.DataFrame:
    name = one.name.removesuffix(".gz").lower()
    if name.endswith((".csv", ".parquet")):
        frame = _table(one, name)
        given = [frame.select(kind=pl.lit(k), value=pl.col(k).cast(pl.String)) for k in KINDS if k in frame.columns]
        if not given and (frame.width != 1 or _is_split_otherwise(frame.columns[0])):
            raise CurateError(
                f"has no column id, url or domain, but {', '.join(frame.columns)}; columns are split at commas",
                where=one.name,
            )
        found = pl.concat(given) if given else _kinds(_lines(frame, name))
        return found.with_columns(pl.col("value").str.strip_chars()).filter(pl.col("value") != "")
    return _kinds(one.lines())


def _is_split_otherwise(head: str) -> bool:
    """Whether the only column of a table is several, which something else than a comma splits."""
    return any(
        kind in head.lower().split(separator) for separator in OTHER_SEPARATORS for kind in KINDS if separator in head
    )


def _lines(frame: pl.DataFrame, name: str) -> pl.Series:
    """The only column of a table; with its name where that may be an entry."""
    head = frame.columns if name.endswith(".csv") else []
    return pl.concat([pl.Series(head, dtype=pl.String), frame.to_series().cast(pl.String).alias("")])


def _table(one: Listed, name: str) -> pl.DataFrame:
    data = one._bytes()
    try:
        return pl.read_parquet(data) if name.endswith(".parquet") else pl.read_csv(io.BytesIO(data), infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise CurateError(
            f"is no table that can be read: {' '.join(str(error).split())[:200]}", where=one.name
        ) from None


def _kinds(lines: pl.Series) -> pl.DataFrame:
    """What each line is; one that could be a domain or an address is an id as well."""
    frame = pl.DataFrame({"line": lines.drop_nulls().str.strip_chars()}).filter(pl.col("line") != "")
    frame = frame.with_columns(
        said=pl.col("line").str.extract(PREFIXED).str.to_lowercase(), value=pl.col("line").str.replace(PREFIXED, "")
    )
    is_url = pl.col("line").str.contains(ADDRESS)
    guess = pl.when(is_url).then(pl.lit("url")).when(pl.col("line").str.contains(DOMAIN)).then(pl.lit("domain"))
    frame = frame.with_columns(kind=pl.coalesce("said", guess.otherwise(pl.lit("id"))))
    plain = ~pl.col("line").str.contains(EXACT) & ~pl.col("line").str.contains("://", literal=True)
    is_other = (pl.col("kind") != "id") | (pl.col("value") != pl.col("line"))
    also = frame.filter(plain & is_other).with_columns(kind=pl.lit("id"), value=pl.col("line"))
    return pl.concat([frame, also]).select("kind", "value")


def named(docs: pl.DataFrame, entries: Entries, parents: str = "") -> pl.Series:
    """What names each document, such as `domain example.org`; null where nothing does. docs: `id`, `url`. parents: a column of ids too."""
    from curation.dedup._url import bare

    said = pl.Series("removal", [None] * docs.height, dtype=pl.String)
    if entries.count == 0 or not docs.height:
        return said
    urls = docs["url"]
    found = [_met("id", docs["id"].cast(pl.String), entries.ids)]
    found += [_met("id", docs[parents].cast(pl.String), entries.ids)] if parents else []
    if len(entries.urls) and urls.null_count() < len(urls):
        found.append(_met("url", bare(urls), entries.urls))
    if len(entries.domains) and urls.null_count() < len(urls):
        found.append(_below(hosts(urls), entries.domains))
    return pl.select(pl.coalesce(found)).to_series().alias("removal")


def among(values: pl.Series, entries: pl.Series) -> pl.Series:
    """Whether each value is an entry; null for null. entries: sorted, so that a look-up costs their logarithm and no table of them."""
    if not len(entries):
        return pl.repeat(False, len(values), eager=True)
    places = entries.search_sorted(values.fill_null("")).clip(upper_bound=len(entries) - 1)
    return entries.gather(places) == values


def _met(kind: str, values: pl.Series, entries: pl.Series) -> pl.Series:
    """What names each value; null for what is no entry."""
    met = among(values, entries)
    return pl.select(pl.when(met).then(pl.format("{} {}", pl.lit(kind), values))).to_series()


def _below(names: pl.Series, domains: pl.Series) -> pl.Series:
    """The domain that a host is or lies below; the longest."""
    found = pl.Series([None] * len(names), dtype=pl.String)
    while names.null_count() < len(names):
        found = pl.select(pl.coalesce(found, _met("domain", names, domains))).to_series()
        names = names.str.extract(r"^[^.]*\.(.+)$")
    return found
