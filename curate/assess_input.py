"""Documents that carry labels of their own, to judge a model against: a corpus or node of the recipe, or a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from curate.artifact import StoredCorpus
from curate.clauses import Clause, parse
from curate.errors import CurateError
from curate.folds import Told

if TYPE_CHECKING:
    from curate.api import Curated

NEEDED = ("id", "url", "text")


def labelled(curated: Curated, source: str, label: str, by: str, where: Clause | None) -> Iterator[pl.DataFrame]:
    """Frames with `id`, `url`, `text`, `corpus`, `label` (Boolean) and `group`; only documents that are judged.

    source: a corpus, `corpus/step`, or a file. label: a clause, such as `kind = 'math'`; a document that it leaves undecided is not
    judged. CurateError for what is not there or not built.
    """
    try:
        true = parse(label)
    except CurateError as error:
        raise CurateError(f"--label: the clause {error.message}") from None
    names = {*curated.planned.ends, *curated.planned.nodes}
    if source not in names and not Path(source).is_file():
        raise CurateError(f"{curated.title} has no corpus {source!r}, and there is no such file")
    for docs in _stored(curated, source, by, where, true) if source in names else _read(curated, source):
        told, said = Told.of(by, where, docs.schema), Told.of("", true, docs.schema)
        found = docs.with_columns(
            said.passes(docs).alias("label"), told.group(docs).alias("group"), pl.lit(source).alias("corpus")
        )
        chosen = told.passes(docs).fill_null(False) & found["label"].is_not_null()
        yield found.filter(chosen).select(*NEEDED, "corpus", "label", "group")


def _stored(curated: Curated, source: str, by: str, where: Clause | None, label: Clause) -> Iterator[pl.DataFrame]:
    node, state = curated.planned[source], curated.built
    if node.makes_files:
        raise CurateError(f"{source} is not a corpus; name one whose documents have labels")
    view = curated.documents(source)
    columns = dict.fromkeys((*NEEDED, *Told.of(by, where, node.schema).stored, *Told.of("", label, node.schema).stored))
    return StoredCorpus(source, state.reading(view, columns)).shards(*columns)


def _read(curated: Curated, source: str) -> Iterator[pl.DataFrame]:
    """Records of a file, with ids by their number where they have none."""
    from curate.single import reader_of

    step = reader_of([source], curated.project)
    count = 0
    for docs in step.function(source):
        if "text" not in docs.columns:
            raise CurateError(f"{source} has no column 'text'")
        numbers = pl.int_range(count, count + docs.height, eager=True).cast(pl.String)
        count += docs.height
        missing = {"id": numbers, "url": pl.repeat(None, docs.height, dtype=pl.String, eager=True)}
        given = docs.with_columns(series.alias(name) for name, series in missing.items() if name not in docs.columns)
        yield given.with_columns(pl.col("id").cast(pl.String), pl.col("text").cast(pl.String).fill_null(""))
