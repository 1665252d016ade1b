"""What the address of a page says about it: whether its site is on a list, or its words are those of adult pages, gambling or piracy.

In this order (after datatrove's URLFilter and MegaMath's use of it): allowed sites; curated ones, whose content comes from other corpora;
blocked sites and pages; words. An entry of a list is a domain, which means what lies below it too, or the beginning of an address
(`example.com/~user`), which ends where a part of a path ends. A verdict is a column, so the recipe decides what it means; the default
clause drops what is blocked. Our own lists (`url_lists/`) are short and ours; what they are for, and how to bring the large ones that
others keep, is in `docs/urls.md`.

Words count as whole runs of letters: Essex, Cockburn, Scunthorpe and analytics are not met. One strict word is enough; soft words, which
stand in honest addresses too, must be several different ones.

Left out: registered domains, for which a list of public suffixes would have to be kept (a listed domain is found below any of its
names, so no verdict needs them), patterns, letters written in percent codes, and two spellings of one host (`xn--...` and letters) but for
entries of lists.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated, Any

import polars as pl
from pydantic import Field

from curate.lists import Listed, beside
from curate.step import Lists, score

OURS = Path(__file__).parent / "url_lists"
NO_LISTS = Lists()


@score(reads=["url"], files=["url_lists/*.txt"], uses=["polars"], keep={"not_blocked": "url_verdict <> 'blocked'"})
def url(
    docs: pl.DataFrame,
    *,
    allow: Lists = NO_LISTS,
    curated: Lists = NO_LISTS,
    block: Lists = NO_LISTS,
    words: Lists = NO_LISTS,
    soft_words: Lists = NO_LISTS,
    soft: Annotated[int, Field(ge=1)] = 2,
    ours: bool = True,
) -> pl.DataFrame:
    """Columns `url_verdict` (allowed, curated, blocked or none), `url_reason` (`list: entry`, null for none) and `url_host`.

    allow, curated, block: files of domains and beginnings of addresses. words, soft_words: files of words, `*` at an end stands for any
    letters. soft: so many different soft words block an address. ours: use our own lists too. url_host: in lower case, null where the
    address has none.
    """
    from curation.score._url import NONE, by_address, by_words, hosts_of, loaded, words_of

    given: dict[str, Any] = {
        "allow": allow,
        "curated": curated,
        "block": block,
        "words": words,
        "soft_words": soft_words,
    }
    lists = {name: (*some, *_ours(name)) if ours else tuple(some) for name, some in given.items()}
    addresses = loaded((lists["allow"], lists["curated"], lists["block"]))
    urls, hosts = docs["url"], hosts_of(docs["url"])
    found, entries = by_address(hosts, urls, addresses)
    listed = pl.Series(found != NONE, dtype=pl.Boolean)
    rows = (~listed).arg_true()
    said = by_words(urls.gather(rows), words_of(lists["words"]), words_of(lists["soft_words"]), soft)
    number = pl.Series(found).cast(pl.UInt32).set(~listed, None)
    names, verdicts = addresses.names.gather(number), addresses.verdicts.gather(number)
    worded = pl.repeat(None, docs.height, dtype=pl.String, eager=True).scatter(rows, said)
    return pl.select(
        url_verdict=pl.coalesce(verdicts, pl.when(worded.is_not_null()).then(pl.lit("blocked")), pl.lit("none")),
        url_reason=pl.coalesce(pl.format("{}: {}", names, entries), worded),
        url_host=hosts,
    )


@functools.cache
def _ours(name: str) -> tuple[Listed, ...]:
    return (beside(OURS / f"{name}.txt"),)
