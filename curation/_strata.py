"""What documents are balanced by: the year of their date, the host of their url, or what a column says. One value for each, null if none.

Left out: years of which only two digits are told, and the registered domain of a host (`docs.example.org` and `example.org` are two).
"""

from __future__ import annotations

import polars as pl

YEAR = r"^([0-9]{4})(?:[0-9]{4}|[0-9]{10})?(?:[^0-9]|$)"
"""As in `2015-03-04T12:00:00Z`, `2015`, `20150304` and `20150304120000`; seconds since 1970 are none."""
HOST = r"(?i)^[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?(?:www\.)?([^/?#:@]+)"
DERIVED = {"year": "date", "host": "url"}
"""The column that each is made from; other names are columns."""


def stratum(name: str) -> pl.Expr:
    """The year, the host in lower case without `www.`, or the column, as text."""
    column = pl.col(DERIVED.get(name, name)).cast(pl.String)
    if name == "year":
        return column.str.extract(YEAR)
    return column.str.extract(HOST).str.to_lowercase() if name == "host" else column
