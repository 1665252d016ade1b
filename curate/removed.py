"""Is what was to be removed gone? `curate verify R --removed`: looks for it wherever ids or addresses of documents stand.

First the ids are found of all documents that the lists name, in whatever was read or made, with everything made of them, child by child.
Then these ids, and what the lists say, are looked for in the documents of each corpus, in the index of the mixture, which names the
document of every piece of text in it, and in Parquet and JSON lines below a folder. Texts are not compared: a copy at another address is
another document (`dedup: exact`). What cannot be looked into is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.artifact import readable
from curate.errors import CurateError
from curate.lists import Listed, beside
from curate.lock import frozen_beside

if TYPE_CHECKING:
    from curate.api import Curated

ROWS = 16_384
"""Rows of Parquet held at a time."""
BYTES = 16 << 20
"""Of JSON lines held at a time."""
COLUMNS = ("id", "url", "parent_id")
NO_TEXTS = frozenset(
    (
        "croissant.json",
        "publish.json",
        "export.json",
        "run.json",
        "index.json",
        "tokenizer.json",
        "tokenizer_config.json",
    )
)
"""JSON that publishing and exports write beside documents."""


@dataclass
class Search:
    """What is looked for, and what was found."""

    entries: Any
    """`curation.score._removals.Entries`."""
    gone: dict[str, str] = field(default_factory=dict)
    """Id of each document that must not be anywhere -> what names it."""
    ids: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.String))
    """Those ids, sorted."""
    looked: dict[str, int] = field(default_factory=dict)
    """Place -> documents that were looked at there."""
    found: list[dict[str, str | None]] = field(default_factory=list)

    def meets(self, docs: pl.DataFrame) -> pl.DataFrame:
        """Of rows with `id` or `url`, those that are named, with `named`, what names them."""
        from curate.code import PACKAGE
        from curate.step import imported

        whole = docs.with_columns(pl.lit(None, pl.String).alias(c) for c in COLUMNS if c not in docs.columns)
        whole = whole.select(pl.col(COLUMNS).cast(pl.String, strict=False))
        removals = imported(PACKAGE / "curation/score/_removals.py")
        if len(self.ids) != len(self.gone):
            self.ids = pl.Series([*self.gone], dtype=pl.String).sort()
        known = [removals.among(whole[c], self.ids).fill_null(False) for c in ("id", "parent_id")]
        named = removals.named(whole, self.entries, "parent_id")
        rows = whole.with_columns(named=named).filter(named.is_not_null() | known[0] | known[1])
        why = [
            n or self.gone.get(i) or f"made of {p}" for i, p, n in rows.select("id", "parent_id", "named").iter_rows()
        ]
        return rows.with_columns(named=pl.Series(why, dtype=pl.String))

    def look(self, where: str, frames: Iterator[pl.DataFrame]) -> None:
        """Look through the documents of one place."""
        self.looked[where] = 0
        for docs in frames:
            self.looked[where] += docs.height
            rows = self.meets(docs).unique(["id", "url"], maintain_order=True).to_dicts()
            self.found += [{"where": where, **{k: row[k] for k in ("id", "url", "named")}} for row in rows]


def check(recipe: Curated, file: str = "", at: Sequence[str] = ()) -> dict[str, Any]:
    """Where documents still are that a file (by default the recipe's `removals:`) names.

    `entries`, `documents` (ids that they mean), `looked` (documents by place), `found` (`where`, `id`, `url`, `named`), and `unseen`, what
    could not be looked into. CurateError if the recipe is not built, or there is no list.
    """
    from curate.code import PACKAGE
    from curate.step import imported

    search = Search(imported(PACKAGE / "curation/score/_removals.py").loaded(_lists(recipe, file)))
    if todo := recipe.todo():
        raise CurateError(
            f"is not built: {todo[0].name} is missing; run `curate build {recipe.title}`", where=recipe.title
        )
    unseen: list[str] = []
    with readable(recipe.title):
        holding = _trace(recipe, search)
        for name in recipe.planned.ends:
            search.look(name, _documents(recipe, name))
        if "mixture" in recipe.planned.nodes:
            folder = recipe.built.piece(recipe.planned.nodes["mixture"]).folder
            search.look("mixture", _rows_below(folder, unseen, quiet=True))
    for place in at:
        if not Path(place).exists():
            raise CurateError("there is no such file or folder", where=place)
        search.look(place, _rows_below(Path(place), unseen))
    return {
        "recipe": recipe.title,
        "entries": search.entries.count,
        "documents": len(search.gone),
        "looked": search.looked,
        "found": search.found,
        "unseen": [*unseen, *_unseen(recipe, holding)],
    }


def _lists(recipe: Curated, file: str) -> tuple[Listed, ...]:
    if file:
        if not Path(file).is_file():
            raise CurateError("there is no such file; give ids, addresses and domains, one in a line", where=file)
        return (beside(Path(file)),)
    nodes = (node for node in recipe.planned.nodes.values() if node.own["step"] == "score.removal")
    found = next((node.lists["lists"] for node in nodes), ())
    if not found:
        raise CurateError("has no `removals:`; name a file: curate verify R --removed FILE", where=recipe.title)
    return found


def _trace(recipe: Curated, search: Search) -> dict[str, str]:
    """Find the ids of everything that is named, and of what was made of it; the nodes that hold such text, with their keys."""
    holding = {}
    for name, node in recipe.planned.nodes.items():
        if node.kind in ("read", "expand"):
            piece, before = recipe.built.piece(node), len(search.gone)
            for shard in piece.shards:
                docs = piece.read(shard, [c for c in COLUMNS if c in piece.columns])
                search.gone.update(search.meets(docs).drop_nulls("id").select("id", "named").iter_rows())
            if len(search.gone) > before:
                holding[name] = piece.folder.name
    return holding


def _documents(recipe: Curated, name: str) -> Iterator[pl.DataFrame]:
    view = recipe.documents(name)
    columns = [c for c in COLUMNS if c in view.owners()]
    return (view.load(shard, columns) for shard in view.shards)


def _rows_below(place: Path, unseen: list[str], quiet: bool = False) -> Iterator[pl.DataFrame]:
    """Rows of all tables below a folder, or of one; what is none is noted, unless `quiet`."""
    paths = sorted(path for path in ([place] if place.is_file() else place.rglob("*")) if path.is_file())
    others = []
    for path in paths:
        if path.name.endswith((".parquet", ".jsonl", ".jsonl.gz")):
            yield from _rows(path, unseen)
        elif path == place or not (path.name in NO_TEXTS or path.name.endswith((".md", ".yaml", ".lock"))):
            others.append(path)
    if others and not quiet:
        more = f" and {len(others) - 1:,} more" if len(others) > 1 else ""
        unseen.append(
            f"{others[0]}{more}: neither Parquet nor JSON lines; an index beside it was looked at, if it is Parquet"
        )


def _rows(path: Path, unseen: list[str]) -> Iterator[pl.DataFrame]:
    import zlib

    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if path.name.endswith(".parquet"):
            with pq.ParquetFile(path) as file:
                columns = [f.name for f in file.schema_arrow if f.name in COLUMNS and not pa.types.is_nested(f.type)]
                batches = file.iter_batches(ROWS, columns=columns) if columns else ()
                yield from (pl.DataFrame(pl.from_arrow(batch)).cast(pl.String) for batch in batches)
        else:
            columns = []
            for frame in _lines(path):
                columns = frame.columns
                yield frame
        if not columns:
            unseen.append(f"{path}: has no column id, url or parent_id")
    except (OSError, ValueError, EOFError, zlib.error, pl.exceptions.PolarsError) as error:
        raise CurateError(f"cannot be read: {' '.join(str(error).split())[:200]}", where=str(path)) from None


def _lines(path: Path) -> Iterator[pl.DataFrame]:
    import gzip

    import orjson

    with gzip.open(path, "rb") if path.name.endswith(".gz") else path.open("rb") as file:
        while some := file.readlines(BYTES):
            lines = [orjson.loads(line) for line in some if line.strip()]
            if not all(isinstance(line, dict) for line in lines):
                raise ValueError("a line of it is no JSON object")
            known = [c for c in COLUMNS if any(c in line for line in lines)]
            yield pl.DataFrame(
                {c: [_text(line.get(c)) for line in lines] for c in known}, schema=dict.fromkeys(known, pl.String)
            )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _unseen(recipe: Curated, holding: dict[str, str]) -> Iterator[str]:
    """What a search by ids and addresses says nothing of."""
    for name, key in holding.items():
        yield f"objects/{key} ({name}): holds them as they came, before they were removed; so do the files that it was read from"
    yield "objects of earlier builds: `curate gc --delete` deletes those that no lock and no version means, 14 days after"
    if any((recipe.store.root / "replies").glob("*/*.parquet")):
        yield "replies of models in the store: they are kept by prompt, and a prompt may quote a page"
    if frozen := [path.name for path in frozen_beside(recipe.lock_path)]:
        yield f"frozen versions, whose objects gc keeps: {', '.join(frozen)}"
    if recipe.recipe.train:
        yield "checkpoints of runs, which were trained on what their mixtures held"
    if recipe.recipe.tokenizer and recipe.recipe.tokenizer_origin != recipe.name:
        yield f"the tokenizer of {recipe.recipe.tokenizer_origin}, which was trained as that recipe says"
    if recipe.store.remote:
        yield "the remote, from which nothing is deleted"
