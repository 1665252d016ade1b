"""That what is sampled, what is learnt from and what is left out mean the same by a year and a host."""

import polars as pl

from curate.folds import PARTS
from curation._strata import DERIVED, stratum

DATES = ["2019-01-02", "2019", "20190102", "2019-01-02T00:00:00Z", None]
URLS = ["https://www.Example.org/a", "http://example.org:80/b", "https://user@other.org/@x", "no address", None]


def test_an_assessment_leaves_out_what_a_sample_and_training_take_for_one_group() -> None:
    docs = pl.DataFrame({"date": DATES, "url": URLS})
    assert {name: column for name, (column, _) in PARTS.items()} == DERIVED
    theirs = docs.select(expr.alias(name) for name, (_, expr) in PARTS.items())
    ours = docs.select(stratum(name).alias(name) for name in PARTS)
    assert ours.equals(theirs)
    assert ours["host"].to_list() == ["example.org", "example.org", "other.org", None, None]
