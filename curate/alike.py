"""The documents of a corpus that are most like a text or one of them, asked while somebody waits.

What a likeness is the kernel does not know: the file that `SIMILAR` names, beside a step, does. It makes a sketch of each document, which
is kept in the store's cache under what the documents are, and mapped into memory by later questions; it proposes some hundred documents
by their sketches, and says the true similarity of these, which decides. Left out: an index of the sketches, because looking at all of
them takes some milliseconds for a hundred thousand documents.
"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from curate import gather, step
from curate.artifact import ROW, parquet_bytes, replace_file
from curate.errors import CurateError
from curate.identity import digest, file_sha256
from curate.sql import literal
from curate.views import connect, frame

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.artifact import View

SIMILAR = ("dedup", "minhash", "_similar.py")
"""Verb and name of a step, and the file beside it that knows what is alike."""
CANDIDATES = 400
"""Documents whose texts are compared, by each of the two ways to propose them."""
LONGEST_ID = 200
ROWS = 4096
"""Documents of a batch of SQL."""


@dataclass(frozen=True)
class Question:
    """The documents that are looked at."""

    curated: Curated
    target: str
    """A corpus or a step."""
    fate: str | None
    """Documents with this fate instead of those that are there."""
    ngram: int

    @property
    def corpus(self) -> str:
        return self.target.partition("/")[0]

    @functools.cached_property
    def knows(self) -> Any:
        found = step.find(*SIMILAR[:2])
        return step.imported(found.path.with_name(SIMILAR[2]))

    @property
    def name(self) -> str:
        """What the sketches depend on: the documents, and the code that makes them."""
        found = step.find(*SIMILAR[:2])
        code = [step.code_of(found, None), file_sha256(found.path.with_name(SIMILAR[2]))]
        return digest(["alike", self.documents(), self.ngram, code])

    def documents(self) -> list[Any]:
        """What documents these are. A fate hangs on every node before the end."""
        if self.fate is None:
            return [self.view().content]
        plan, done = self.curated.planned, self.curated.built.done
        keys = [done[node.plan_key].key for node in plan.ends[self.corpus].upstream() if node.plan_key in done]
        return [self.corpus, self.fate, keys]

    def batches(self) -> Iterator[pl.DataFrame]:
        """`id`, `text`, and where it stands (`shard` and `row`) unless the documents are asked for by fate."""
        if self.fate is None:
            view = self.view()
            for shard in view.shards:
                docs = view.load(shard, ["id", "text"])
                yield docs.select("id", "text", ROW, shard=pl.lit(shard))
            return
        sql = f"select id, text from documents where corpus = {literal(self.corpus)} and fate = {literal(self.fate)}"
        with connect(self.curated.built, {"documents"}) as connection:
            for batch in connection.sql(f"{sql} and id is not null order by id").to_arrow_reader(ROWS):
                yield pl.DataFrame(pl.from_arrow(batch))

    def view(self) -> View:
        return self.curated.documents(self.target)

    def texts(self, rows: pl.DataFrame) -> pl.Series:
        """The texts of a few documents."""
        if self.fate is None:
            return gather.joined(self.view(), rows.select("shard", ROW), ["text"])["text"]
        found = self.where(rows["id"].to_list(), f" and fate = {literal(self.fate)}").unique(
            "id", keep="first", maintain_order=True
        )
        return rows.select("id").join(found, on="id", how="left", maintain_order="left")["text"]

    def where(self, ids: list[str], more: str = "") -> pl.DataFrame:
        """`id` and `text` of some documents, whatever their fate."""
        some = f"select id, text from documents where corpus = {literal(self.corpus)}{more}"
        with connect(self.curated.built, {"documents"}) as connection:
            return frame(connection, f"{some} and id in ({', '.join(literal(i) for i in ids)}) order by id, text")

    def asked(self, said: str) -> tuple[str | None, str]:
        """The id and text of a document, if there is one of this id; else what was said is the text."""
        said = said.strip()
        if not said:
            raise CurateError("--like needs a text or the id of a document")
        try:
            said.encode()
        except UnicodeEncodeError:
            raise CurateError("--like needs a text in UTF-8") from None
        docs = self.where([said]) if len(said) <= LONGEST_ID else pl.DataFrame()
        docs = docs.filter(pl.col("text").is_not_null()) if docs.height else docs
        if docs.height:
            return said, docs["text"][0]
        if (count := self.knows.words(said)) < self.ngram:
            least = f"a text of at least {self.ngram} words, which are compared in runs of so many; this has {count}"
            raise CurateError(f"--like takes the id of a document of {self.corpus}, or {least} (see --ngram)")
        return None, said


def ranked(curated: Curated, target: str, said: str, n: int, fate: str | None, ngram: int) -> pl.DataFrame:
    """The `n` documents that are most like a text, or a document by its id (which is left out): `id`, `jaccard`, `contained`.

    jaccard: of the sets of runs of `ngram` words. contained: the share of the runs of what is asked that the document holds.
    """
    question = Question(curated, target, fate, ngram)
    own, text = question.asked(said)
    asked = question.knows.shingles(text, ngram)
    with _sketched(question) as (docs, rows):
        found = question.knows.candidates(
            rows[2:], docs["shingles"].to_numpy(), question.knows.sketch(asked, rows[:2]), len(asked), CANDIDATES
        )
        some: pl.DataFrame = docs[found]
    if not some.height:
        return pl.DataFrame(schema={"id": pl.String, "jaccard": pl.Float64, "contained": pl.Float64})
    likely, inside = question.knows.similar(question.texts(some), asked, ngram)
    made = some.select("id").with_columns(jaccard=pl.Series(likely), contained=pl.Series(inside))
    made = made.filter(pl.col("jaccard") > 0, pl.col("id").ne_missing(pl.lit(own, pl.String))).unique("id")
    return made.sort("jaccard", "contained", "id", descending=[True, True, False]).head(n)


@contextlib.contextmanager
def _sketched(question: Question) -> Iterator[tuple[pl.DataFrame, Any]]:
    """What the documents are (`id`, `shingles`, where they stand); and two rows of permutations and the sketch of each document.

    From the cache, or made now.
    """
    folder, name = question.curated.store.root / "cache" / "alike", question.name
    with contextlib.ExitStack() as stack:
        if not (folder / f"{name}.parquet").is_file():
            try:
                folder.mkdir(parents=True, exist_ok=True)
                _sketch(question, folder, name)
            except OSError:  # a store that is read-only or full can still be looked at
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="curate-alike-")))
                _sketch(question, folder, name)
        docs = pl.read_parquet(folder / f"{name}.parquet", glob=False)
        shape = (2 + docs.height, question.knows.HASHES)
        yield docs, np.memmap(folder / f"{name}.sketches", np.uint32, "r", shape=shape)


def _sketch(question: Question, folder: Path, name: str) -> None:
    """Make the sketches, batch by batch; the list of documents is written last, so it is there when all is."""
    said: list[pl.DataFrame] = [pl.DataFrame(schema={"id": pl.String, "shingles": pl.UInt32})]
    draft = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}.tmp"
    try:
        with draft.open("wb") as file:
            drawn = question.knows.permutations()
            file.write(drawn.tobytes())
            for docs in question.batches():
                rows, counts = question.knows.sketches(docs["text"], question.ngram, drawn)
                file.write(rows.tobytes())
                said.append(docs.drop("text").with_columns(shingles=pl.Series(counts)))
        draft.replace(folder / f"{name}.sketches")
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    replace_file(folder / f"{name}.parquet", parquet_bytes(pl.concat(said, how="diagonal")), durable=False)
