"""Which documents somebody asked to have removed: by id, by address, or by domain.

`removals:` of a recipe puts this step, with a clause that drops what it names, behind every reader and behind every step that makes
documents, so that nothing later sees them. Lists are text files with an entry in each line, or CSV or Parquet with columns `id`, `url` or
`domain` (`_removals.py`). An address means the page however it is written (scheme, `www.`, fragment, tracking parameters); a domain
means what lies below it too. Left out: names of people and pieces of text, which say nothing about what is one document.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from curate.step import Lists, score

NO_LISTS = Lists()


@score(reads=["id", "url", "$parents"], uses=["numba", "polars"], keep={"removed": "removal is null"})
def removal(docs: pl.DataFrame, *, lists: Lists = NO_LISTS, parents: list[str] = []) -> pl.Series:  # noqa: B006
    """What names the document, such as `domain example.org`; null where nothing does.

    lists: files of ids, addresses and domains. parents: columns that hold ids of what the document was made from; one at most.
    """
    from curation.score._removals import loaded, named

    given: Any = lists  # paths in a recipe, here what they hold
    return named(docs, loaded(tuple(given)), parents[0] if parents else "")
