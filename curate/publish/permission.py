"""Whether the licenses of what is published let it go out. The one place that is asked.

Looked at: the license of every kept document. Refused is what says of itself that it may not be passed on; `unknown` is not refused, since
most of the web says nothing, but the card says how many documents that are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curate.errors import CurateError

if TYPE_CHECKING:
    from curate.api import Curated

FORBIDS = re.compile(
    r"all.rights.reserved|proprietary|confidential|no.?redistribution|non.?redistributable|not.for.redistribution|internal.use",
    re.IGNORECASE,
)
"""What licenses that forbid passing a text on say of themselves."""


def refuse_forbidden(recipe: Curated) -> None:
    """CurateError for the first corpus with a kept document whose license forbids redistribution."""
    found = recipe.sql(
        "select corpus, license, count(*)::bigint as n from documents where fate = 'kept' and license is not null group by all order by all"
    )
    for corpus, license_, count in found.iter_rows():
        if FORBIDS.search(license_):
            raise CurateError(
                f"{count:,} documents of {corpus} have the license {license_!r:.80}, "
                "which forbids passing them on; keep them out by a clause",
                where=recipe.title,
            )
