"""E-mail addresses, telephone numbers and IP addresses masked, and mathematics never touched.

FineWeb replaces e-mail and public IP addresses by made ones, Dolma all three kinds by words that no text has (`|||EMAIL_ADDRESS|||`).
Ours are Dolma's, and parameters. Both use patterns that take `A@B.shape`, section 10.12.14.2 or a table of numbers for somebody's; here
formulas, numbers of versions and sections, private networks, ISBNs and DOIs are set aside first, and digits are a telephone number only as
these are written (`_pii.py`). What is masked is masked for good: the text is shown beside what it was by `curate sample --step`.

Left out: names, postal addresses, numbers of accounts; addresses that are disguised (`me at home dot org`); numbers without country or
word before them other than North America's.
"""

from __future__ import annotations

from typing import Annotated

import polars as pl
from pydantic import Field

from curate.step import rewrite
from curation._utf8 import series, utf8
from curation.rewrite._pii import HOLE, KINDS, MARKS, MASKED, Kind

Mask = Annotated[str, Field(pattern=r"^[^$\\]*$", max_length=100)]
SCHEMA = {"text": pl.String, "emails_masked": pl.UInt32, "phones_masked": pl.UInt32, "ips_masked": pl.UInt32}


@rewrite(uses=["numba", "polars"])
def mask_pii(
    docs: pl.DataFrame,
    *,
    email: Mask = "|||EMAIL_ADDRESS|||",
    phone: Mask = "|||PHONE_NUMBER|||",
    ip: Mask = "|||IP_ADDRESS|||",
) -> pl.DataFrame:
    """The text, and the columns `emails_masked`, `phones_masked` and `ips_masked` (UInt32): how many of each.

    email, phone, ip: what takes their place, without `$` and backslash; empty leaves this kind as it is.
    """
    masks = {"emails": email, "ips": ip, "phones": phone}
    texts, counts = docs["text"], {}
    for kind, mask in masks.items():
        counts[kind] = pl.repeat(0, docs.height, dtype=pl.UInt32, eager=True)
        some = [pl.col("text").str.contains(pattern) for pattern in KINDS[kind].patterns]
        rows = texts.alias("text").to_frame().select(pl.any_horizontal(some).fill_null(False)).to_series().arg_true()
        if mask and len(rows):
            made, times = _masked(texts.gather(rows), KINDS[kind], mask)
            texts, counts[kind] = texts.scatter(rows, made), counts[kind].scatter(rows, times)
    return pl.DataFrame(
        {"text": texts, **{f"{kind}_masked": counts[kind] for kind in ("emails", "phones", "ips")}}, schema=SCHEMA
    )


def _masked(texts: pl.Series, kind: Kind, mask: str) -> tuple[pl.Series, pl.Series]:
    """Texts with their matches masked, and how many they were."""
    texts = texts.alias("text")
    aside = rf"[{HOLE}{MASKED}]|{kind.kept}"
    found = (
        texts.to_frame().with_columns(own=pl.col("text").str.contains(MARKS), marked=_marked(texts)).with_row_index()
    )
    found = found.with_columns(marked=pl.when("own").then("text").otherwise("marked")).select(
        "index",
        "own",
        kept=pl.col("marked").str.extract_all(aside),
        holed=pl.col("marked").str.replace_all(aside, HOLE),
    )
    made = pl.col("holed")
    for pattern in (*kind.patterns, *kind.patterns):
        made = made.str.replace_all(pattern, kind.stays)
    found = found.with_columns(made=made, times=made.str.count_matches(MASKED, literal=True))
    pieces = found.filter(pl.col("times") > 0).with_columns(
        pl.col("made").str.split(HOLE), pl.concat_list("kept", pl.lit(""))
    )
    whole = (
        pieces.explode("made", "kept")
        .with_columns(pl.col("made").str.replace_all(MASKED, mask, literal=True))
        .group_by("index", maintain_order=True)
        .agg(pl.col("own").first(), text=pl.concat_str("made", "kept").str.join(""))
    )
    text = whole.select(pl.when("own").then("text").otherwise(pl.col("text").str.replace_all(MARKS, ""))).to_series()
    return texts.scatter(whole["index"], text), found["times"]


def _marked(texts: pl.Series) -> pl.Series:
    """Texts with their formulas between marks."""
    from curation._formulas import kinds, marked

    return series(texts, *marked(*utf8(texts), kinds()))
