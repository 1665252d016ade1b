"""Corpora and models that others published: what their data cards say, and where a copy of their files is on this machine.

    corpora: {web: {read: hub, files: card:megamath-web-pro, revision: unpinned}}

`card:NAME` is all files that the card names, `card:NAME/PATTERN` some of the hub's repository. The card gives columns, license and
figures, so planning needs neither the network nor the files. A build looks for the files where `hf download` puts them
(huggingface_hub's cache), under the recipe's revision, which is a commit; once they are there their digests are the identity, as of any
other file. A figure has its source, and what is not known is left out of a card. Left out here: downloading, which the hub's own program
does, and whether a copy is whole where its files' names do not say how many there are; the lock has their number and bytes.
"""

from __future__ import annotations

import fnmatch
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, StrictBool, ValidationInfo, field_validator

from curate import datacard
from curate.errors import CurateError, did_you_mean
from curate.hub import COMMIT, NAME, UNPINNED, snapshot, unfinished
from curate.identity import digest
from curate.parts import ColumnName, Files, Part, Text
from curate.profile import shipped
from curate.scalars import Bytes, Count
from curate.schema import dtype_of
from curate.sources import Source, Sources, list_sources
from curate.tree import shown

if TYPE_CHECKING:
    from curate.planner import Planner
    from curate.recipe import Corpus
    from curate.step import Step as StepFunction

CARD = re.compile(r"card:(?P<name>[^/]+)(?:/(?P<pattern>.+))?")
NUMBERED = re.compile(r"(?P<head>.*-)(?P<number>\d{5})-of-(?P<total>\d{5})(?P<tail>.*)")
"""How files of a data set are called that come in a known number."""
Hub = Annotated[str, Field(pattern=rf"^{NAME}$")]


SOME = re.compile(r".*?(?P<number>[\d\[?*][\d\[\]?*-]*)-of-(?P<total>\d{5})(\.\w+)+")
"""A pattern of some of numbered files: `data/train-0000[0-5]-of-00064.parquet`."""


class Figure(Part):
    """A number and who says it."""

    count: Count
    source: Text


class Tokens(Figure):
    """Tokens by one tokenizer; which is not always told."""

    tokenizer: Text | None = None


class Size(Part):
    """Bytes of the files on the hub, and who says it."""

    count: Bytes
    source: Text


class CorpusCard(Part):
    """The front matter of a published corpus's card."""

    hub: Hub
    """The data set's id."""
    files: Annotated[Files, Field(min_length=1)]
    """Patterns inside its repository; a star does not go into folders."""
    license: Text
    gated: StrictBool = False
    """Whether an account has to accept terms first."""
    columns: dict[ColumnName, Text] = Field(default_factory=dict)
    """Our column -> theirs; a recipe's own `columns:` come on top."""
    fields: dict[Text, Text] = Field(default_factory=dict)
    """Their columns and types (as polars prints them), for planning without the files."""
    key: tuple[Text, ...] = ()
    """Their columns that tell one record from another where the text alone does not (`key:` of `read: hub`)."""
    documents: Figure | None = None
    tokens: Tokens | None = None
    bytes: Size | None = None
    lacks: Text | None = None
    """What the files do not hold without which they cannot be read, and where to get it."""
    written_by: dict[Text, Text] = Field(default_factory=dict)
    """Language models that wrote its texts -> their license, whose terms may reach what is made of the texts."""

    @field_validator("files")
    @classmethod
    def _inside(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            inside(pattern)
        return patterns

    @field_validator("key")
    @classmethod
    def _known(cls, key: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        columns, fields = info.data.get("columns", {}), info.data.get("fields", {})
        text = columns.get("text", "text")
        if key and text not in key:
            raise ValueError(f"the text's column {text!r} must be among them")
        for name in key:
            if fields and name not in fields:
                raise ValueError(f"there is no column {name!r} under `fields:`{did_you_mean(name, fields)}")
        return key

    @field_validator("fields")
    @classmethod
    def _types(cls, fields: dict[str, str]) -> dict[str, str]:
        for name, kind in fields.items():
            if not kind.startswith(("Struct", "Datetime")):
                try:
                    dtype_of(kind)
                except CurateError:
                    raise ValueError(f"{name}: {kind!r:.40} is no type; write e.g. String, Int64, Float64") from None
        return fields


class Shape(Part):
    """A model's architecture, as its config.json says it; `parameters` count tied embeddings once."""

    hub: Hub
    parameters: Count
    layers: Count
    hidden: Count
    intermediate: Count
    heads: Count
    kv_heads: Count
    head_dim: Count
    vocab: Count
    tied: StrictBool
    source: Text


class Step(Part):
    """A training step that was measured (`benchmarks/training_step.py`)."""

    gpu: Text
    seq_len: Count
    micro_batch: Count
    compiled: StrictBool = False
    tokens_per_second: Count
    memory: Bytes
    """The most that was held on the GPU."""


class Measured(Part):
    """Training steps on one GPU, and where the figures are from."""

    source: Text
    steps: tuple[Step, ...]


class ModelCard(Part):
    """The front matter of a published model's card."""

    license: Text
    gated: StrictBool = False
    model: Shape
    measured: Measured | None = None


class TermsCard(Part):
    """The front matter of a model's card that tells its terms alone: `model:` is its id, not a shape."""

    license: Text
    gated: StrictBool = False
    model: Hub


@dataclass(frozen=True)
class Input:
    """What a corpus is read from, as planning knows it."""

    sources: Sources | None
    raw: dict[str, str]
    """The files' own columns and their types."""
    columns: dict[str, str]
    license: str | None
    missing: str = ""
    """Why its files cannot be read here; empty if they can."""
    card: CorpusCard | None = None
    """The card; without its figures where only some of its files are meant."""


def inside(pattern: str) -> str:
    """The pattern, if it stays inside a repository. ValueError otherwise."""
    if pattern.startswith(("/", "~")) or ".." in pattern.split("/") or "://" in pattern:
        raise ValueError(f"{pattern!r:.80} leads out of the repository; write a pattern such as data/*.parquet")
    parts = pattern.split("/")
    if any("**" in part and part != "**" for part in parts) or parts[-1] in ("", "**"):
        raise ValueError(
            f"{pattern!r:.80}: ** stands for folders, alone between two slashes; write e.g. data/**/*.parquet"
        )
    return pattern


def names_card(files: tuple[str, ...]) -> bool:
    """Whether a corpus is read from files that a card names."""
    return any(file.startswith("card:") for file in files)


def split(files: tuple[str, ...], where: str) -> tuple[str, str | None]:
    """The card that a corpus names, and its own pattern if it has one. CurateError for more than one card, or other files beside it."""
    match = CARD.fullmatch(files[0]) if len(files) == 1 else None
    if match is None:
        raise CurateError("name one card and nothing beside it, as files: card:NAME or card:NAME/PATTERN", where=where)
    try:
        return match["name"], inside(match["pattern"]) if match["pattern"] else None
    except ValueError as error:
        raise CurateError(str(error), where=where) from None


def read_card(path: Path) -> datacard.Card | CorpusCard | ModelCard | TermsCard:
    """Any card of an input, by what its front matter says: `model:`, `hub:`, or else a benchmark's."""
    front = datacard.front(path)
    if isinstance(front.get("model"), str):
        return datacard.validated(front, TermsCard, path)
    if "model" in front:
        return datacard.validated(front, ModelCard, path)
    if "hub" in front:
        return datacard.validated(front, CorpusCard, path)
    return datacard.validated(front, datacard.Card, path)


def corpus_card(name: str, project: Path, where: str = "") -> CorpusCard:
    """The card of a published corpus. CurateError if there is none, or it is another thing's."""
    path = datacard.find(name, project, where)
    card = read_card(path)
    if not isinstance(card, CorpusCard):
        raise CurateError("is no card of a published corpus, which says hub: ORG/NAME", where=shown(path))
    return card


def model_card(hub: str, project: Path) -> ModelCard | None:
    """The card of a published model by its hub id (a revision after @ does not matter); None if there is none with a shape."""
    cards = (card for card in _cards_of(hub, project) if isinstance(card, ModelCard))
    return next((card for card in cards if card.model.hub == hub.partition("@")[0]), None)


def terms_card(hub: str, project: Path) -> ModelCard | TermsCard | None:
    """The card that tells the terms of a published model, by its hub id; None if there is none."""
    for card in _cards_of(hub, project):
        if isinstance(card, ModelCard | TermsCard):
            name = card.model if isinstance(card, TermsCard) else card.model.hub
            if name == hub.partition("@")[0]:
                return card
    return None


def _cards_of(hub: str, project: Path) -> Iterator[datacard.Card | CorpusCard | ModelCard | TermsCard]:
    """Cards whose text names a model, the project's first."""
    wanted = hub.partition("@")[0]
    for folder in (project / "datacards", shipped("datacards")):
        for path in sorted(folder.glob("*.md")):
            if wanted in path.read_text("utf-8", errors="replace"):
                yield read_card(path)


def keyed(project: Path, found: StepFunction, entry: Corpus, where: str) -> dict[str, Any]:
    """The reader's parameters as a recipe gives them, with the card's key if the recipe says none.

    A recipe's own text is part of the key. CurateError for a reader that has no such parameter: it would take for one what are many.
    """
    given = dict(entry.params)
    if not names_card(entry.files) or "key" in given:
        return given
    name, _ = split(entry.files, where)
    key = corpus_card(name, project, where).key
    if not key:
        return given
    if "key" not in found.params.model_fields:
        said = f"records of {name} are told apart by {', '.join(key)}, which {found.title} cannot do; write read: hub"
        raise CurateError(said, where=where)
    text = entry.columns.get("text", key[0])
    return {**given, "key": [*key] if text in key else [text, *key]}


def input_of(planner: Planner, found: StepFunction, params: dict[str, Any], entry: Corpus, where: str) -> Input:
    """What a corpus with `files: card:NAME` is read from: files of the hub's cache, or a mark that stands for them."""
    name, pattern = split(entry.files, where)
    card = corpus_card(name, planner.project, where)
    patterns = [pattern] if pattern else list(card.files)
    revision = entry.revision
    if revision is None:
        raise CurateError(f"{card.hub} needs a revision; write revision: COMMIT, or revision: unpinned", where=where)
    if revision != UNPINNED and not COMMIT.fullmatch(revision):
        raise CurateError(
            f"the revision {revision!r:.60} is no commit; write its 40 hexadecimal digits, or unpinned", where=where
        )
    if pattern:
        card = part(card, pattern)
    columns, license = {**card.columns, **entry.columns}, entry.license or card.license
    folder = snapshot("datasets", card.hub, revision)
    if not card.lacks and all(is_here(folder, one) for one in patterns):
        from curate.step import code_of

        sources = list_sources(patterns, folder, planner.store, where, planner.fraction)
        raw = planner.discovery.of_reader(found, params, sources, code_of(found, planner.project))
        return Input(sources, raw, columns, license, "", card)
    mark = f"hub-{digest([card.hub, revision, patterns])}"
    size = card.bytes.count if card.bytes else 0
    sources = Sources((Source(f"hf://datasets/{card.hub}@{revision}", mark, size),))
    said = missing(card, revision, patterns, planner.recipe.recipe)
    return Input(sources, dict(card.fields), columns, license, said, card)


def part(card: CorpusCard, pattern: str) -> CorpusCard:
    """A card with the figures of the files of a pattern: in proportion where their names say how many there are, or else none."""
    match = SOME.fullmatch(pattern)
    total = int(match["total"]) if match else 0
    taken = sum(fnmatch.fnmatchcase(f"{n:05d}", match["number"]) for n in range(total)) if match else 0
    figures: dict[str, Figure | Size | None] = {"documents": card.documents, "tokens": card.tokens, "bytes": card.bytes}
    for name, figure in figures.items():
        if figure:
            of = (
                {"count": figure.count * taken // total, "source": f"{figure.source}; {taken} of {total} files"}
                if taken
                else {}
            )
            figures[name] = figure.model_copy(update=of) if of else None
    return card.model_copy(update=figures)


def is_here(folder: Path, pattern: str) -> bool:
    """Whether a snapshot has files of a pattern and, of those that say `00003-of-00032`, all that the pattern takes.

    While a download into its cache is not finished, no pattern is here: names alone seldom say how many files there are.
    """
    found = (
        [path.relative_to(folder).as_posix() for path in folder.glob(pattern) if path.is_file()]
        if folder.is_dir()
        else []
    )
    numbers: dict[tuple[str, str], set[int]] = {}
    tails: dict[tuple[str, str], str] = {}
    for match in filter(None, map(NUMBERED.fullmatch, found)):
        series = match["head"], match["total"]
        numbers.setdefault(series, set()).add(int(match["number"]))
        tails.setdefault(series, match["tail"])
    for (head, total), seen in numbers.items():
        names = (f"{head}{n:05d}-of-{total}{tails[head, total]}" for n in range(int(total)) if n not in seen)
        if any(fnmatch.fnmatchcase(name, pattern) for name in names):
            return False
    return bool(found) and not unfinished(folder)


def missing(card: CorpusCard, revision: str, patterns: list[str], recipe: str) -> str:
    """Why a build cannot read the files of a card, and what to do."""
    if card.lacks:
        return f"{card.hub}: {card.lacks}"
    if revision == UNPINNED:
        return f"{card.hub} has no revision yet; run curate fetch {recipe}, or write it in"
    wanted = " ".join(f"--include {shlex.quote(_anywhere(pattern))}" for pattern in patterns)
    terms = " (accept its terms on the hub first)" if card.gated else ""
    return (
        f"{card.hub} is not on this machine, or not whole{terms}; run: "
        f"hf download {card.hub} --repo-type dataset --revision {revision} {wanted}"
    )


def _anywhere(pattern: str) -> str:
    """A pattern as the hub's program reads it, whose one star goes into folders too; it may take more."""
    return pattern.replace("**/", "*").replace("**", "*")
