"""Documents of one address: keeps the best copy and names it to all others.

Addresses are compared after what never changes a page is taken off: scheme, `www.`, case and last dot of the host, the default port, the
fragment (but `#!`, which once named a page), dot segments, a slash at the end, `index.html` and its like, parameters of sessions and of
tracking, the order of parameters, and percent codes that need not be there; `_url.py` lists names, reasons, and what is left out. Then
128 bits of SHA-256 are compared, so that nobody can make an address that hides another one.

Left out: pages of one text at two addresses (`dedup: exact`), and what only the page itself says (`<link rel="canonical">`).
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.step import Whole, across
from curation._utf8 import utf8
from curation.dedup._copies import DIGEST, copies, digested


def digests(docs: pl.DataFrame, *, ignore: list[str]) -> pl.DataFrame:
    """What is compared instead of the addresses: two UInt64 columns in place of `text` and `url`, null where there is no address."""
    from curation.dedup._url import bare

    addresses = bare(docs["url"], ignore)
    halves = pl.DataFrame(digested(*utf8(addresses))).with_columns(addresses.is_null().alias("none"))
    kept = halves.select(pl.when(~pl.col("none")).then(pl.col(name)).alias(name) for name in DIGEST)
    return docs.drop("text", "url").with_columns(kept)


@across(
    reads=["url", "$keep_order"],
    uses=["numba", "polars"],
    prepare=digests,
    keep={"one_per_url": "url_duplicate_of is null"},
)
def url(
    corpus: Whole,
    *,
    keep_order: list[str] = ["date"],  # noqa: B006 (pydantic copies it)
    ignore: list[str] = [],  # noqa: B006
) -> Iterator[pl.DataFrame]:
    """Column `url_duplicate_of`: the id of the copy that stays, null for a document that stays itself or has no address.

    keep_order: columns that say which copy is best, the first one first; larger is better, null is worst, and among equals the smallest
    id stays. The default keeps the latest fetch, which every reader dates. ignore: names of further parameters that change no page,
    `*` at the end for any ending.
    """
    return copies(corpus, keep_order, "url_duplicate_of")
