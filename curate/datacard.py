"""Data cards of inputs: `datacards/NAME.md`, Markdown for people with a front matter for us. Here, what a benchmark is and where it lies
(of published corpora and models see `curate/published.py`).

    ---
    license: Apache-2.0
    files: embedded:bench              # or paths and patterns, relative to the project; JSON lines or Parquet; or a data set of the hub
                                       # at a commit, hf://datasets/ORG/NAME@COMMIT/PATTERN, which is looked for in the hub's cache
    items: 520                         # how many there are; optional, and an evaluation wants as many
    columns: {id: id, problem: problem, answer: answer, solution: solution}     # this is the default; the last two are optional
    ---

A step's parameter of type `Benchmarks` lists names of cards and gets a `Benchmark` for each. The columns and the content of the files are
part of the step's identity, their paths are not. Cards are looked for in the project, then among ours. A card whose files are the user's to
bring says `get:`, what to do; without them a recipe plans, and a build says that. Left out: files that lie elsewhere, and cards of
outputs, which are generated.
"""

from __future__ import annotations

import glob
import hashlib
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import polars as pl
from pydantic import BaseModel, Field, ValidationError

from curate import hub
from curate.bounded import MOST, inflated, read_small, refuse_vast
from curate.errors import CurateError, did_you_mean
from curate.loader import load_text
from curate.names import NAME
from curate.parts import Files, Part, Text
from curate.problems import explain
from curate.profile import shipped
from curate.sources import Source, list_sources
from curate.step import Benchmarks, Step
from curate.tree import Map, plain, shown

if TYPE_CHECKING:
    from curate.plan import Node
    from curate.planner import Planner

ITEM = ("id", "problem", "answer", "solution")
OPTIONAL = ("answer", "solution")
Kind = TypeVar("Kind", bound=BaseModel)
SUFFIXES = (".jsonl", ".jsonl.gz", ".parquet")
TORN = (ValueError, OSError, EOFError, zlib.error, pl.exceptions.PolarsError, pl.exceptions.PanicException)
"""What is raised by files that are damaged, vast or none."""


class Columns(Part):
    """What the columns of an item are called in the files."""

    id: Text = "id"
    problem: Text = "problem"
    answer: Text = "answer"
    solution: Text = "solution"
    """The worked solution. Where it is a list, as in sets with several for a problem, its texts are taken one after another."""


class Card(Part):
    """The front matter of an input's card."""

    license: Text
    files: Files = ()
    items: Annotated[int, Field(strict=True, gt=0)] | None = None
    """How many items there are."""
    columns: Columns = Field(default_factory=Columns)
    get: Text | None = None
    """Where the files are not ours to ship: how to get them."""


@dataclass(frozen=True)
class Benchmark:
    """The items of a benchmark, as a step gets them."""

    name: str
    columns: tuple[tuple[str, str], ...]
    files: tuple[Source, ...]
    made_by: tuple[str, ...] = ()
    """Keys among a node's inputs of the generated corpora that have more files; empty once those are there."""
    missing: str = ""
    """Where its items were looked for and how to get them, if they are not on this machine."""
    count: int | None = None
    """How many items its card says there are."""

    @property
    def identity(self) -> dict[str, Any]:
        return {"columns": dict(self.columns), "files": [file.sha256 for file in self.files]}

    def items(self) -> pl.DataFrame:
        """Text columns `id`, `problem`, `answer` and `solution` (null where there is none).

        CurateError if a file is not here, changed, or is torn.
        """
        if self.missing:
            raise CurateError(absent((self,)))
        columns = {**dict(zip(ITEM, ITEM, strict=True)), **dict(self.columns)}
        frames = [_read(file, columns, self.name) for file in self.files]
        return pl.concat([pl.DataFrame(schema=dict.fromkeys(ITEM, pl.String)), *frames])

    def _refuse_twice(self) -> None:
        """CurateError where a file lies there in two forms, such as packed and not, so that its items would count twice."""
        seen: dict[Path, str] = {}
        for path in sorted(Path(file.path) for file in self.files):
            if other := seen.get(_bare(path)):
                raise CurateError(
                    f"the benchmark {self.name} lies here twice, as {other} and as {path.name}; delete one of them"
                )
            seen[_bare(path)] = path.name

    def records(self) -> list[dict[str, Any]]:
        """The rows of the files with all their columns, nested ones as maps; what the card calls otherwise has its own name, too.

        CurateError as `items` raises it, and if there are more or fewer than the card says: a score on a part is no score, while
        documents can be looked through for a part.
        """
        if self.missing:
            raise CurateError(absent((self,)))
        self._refuse_twice()
        held = [_records(file, self.name) for file in self.files]
        rows = [row for some in held for row in some]
        if self.count not in (None, len(rows)):
            each = [f"{Path(file.path).name}: {len(some):,}" for file, some in zip(self.files, held, strict=True)]
            files = f" ({', '.join(each)[:200]})" if len(each) > 1 else ""
            raise CurateError(
                f"the benchmark {self.name} has {self.count:,} items, and its files hold {len(rows):,}{files}; bring all of them as "
                f"datacards/{self.name}.md says"
            )
        renamed = {column: said for column, said in self.columns if column != said}
        return [row | {column: row[said] for column, said in renamed.items() if said in row} for row in rows]


def _bare(path: Path) -> Path:
    """A file's path without what says how it is stored."""
    suffix = next((one for one in sorted(SUFFIXES, key=len, reverse=True) if path.name.endswith(one)), "")
    return path.with_name(path.name.removesuffix(suffix))


def _records(file: Source, name: str) -> list[dict[str, Any]]:
    path, data = Path(file.path), _content(file, name)
    try:
        rows = _table(data).to_dicts() if path.suffix == ".parquet" else _lines(path, data, name)
    except (*TORN, RecursionError) as error:
        raise _torn(error, name, path) from None
    if not all(isinstance(row, dict) for row in rows):
        raise CurateError(f"is no file of the benchmark {name!r}: each line must be a JSON object", where=path.name)
    return rows


def _table(data: bytes) -> pl.DataFrame:
    refuse_vast(data)
    return pl.read_parquet(data)


def _content(file: Source, name: str) -> bytes:
    path = Path(file.path)
    if path.stat().st_size > MOST:
        raise CurateError(f"is larger than the limit of {MOST:,} bytes for a benchmark's file", where=path.name)
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise CurateError(f"changed since it was listed for the benchmark {name!r}; build again", where=path.name)
    return data


def _lines(path: Path, data: bytes, name: str) -> list[Any]:
    lines = (inflated(data) if path.suffix == ".gz" else data).splitlines()
    return [_parsed(line, path, name, number) for number, line in enumerate(lines, 1) if line.strip()]


def _parsed(line: bytes, path: Path, name: str, number: int) -> Any:
    """A line as JSON. CurateError with file and line for what is none."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        said = f"{error.msg} at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else str(error)
        why = f"{type(error).__name__}: {said[:200]}"
        raise CurateError(f"is no file of the benchmark {name!r}: {why}", where=f"{path.name}:{number}") from None


def _torn(error: Exception, name: str, path: Path) -> CurateError:
    said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return CurateError(f"is no file of the benchmark {name!r}: {said}", where=path.name)


def _read(file: Source, columns: dict[str, str], name: str) -> pl.DataFrame:
    path, data = Path(file.path), _content(file, name)
    try:
        if path.suffix == ".parquet":
            frame = _table(data)
            absent = [pl.lit(None).alias(columns[c]) for c in OPTIONAL if columns[c] not in frame.columns]
            joined = frame.with_columns(absent)
            if joined.schema[columns["solution"]] == pl.List(pl.String):
                joined = joined.with_columns(pl.col(columns["solution"]).list.join("\n\n"))
            rows = joined.select(pl.col(name).alias(c) for c, name in columns.items()).cast(pl.String).rows()
        else:
            rows = [
                (
                    item[columns["id"]],
                    item[columns["problem"]],
                    item.get(columns["answer"]),
                    _text(item.get(columns["solution"])),
                )
                for item in _lines(path, data, name)
            ]
        text = [tuple(v if v is None or isinstance(v, str) else str(v) for v in row) for row in rows]
        made = pl.DataFrame(text, schema=dict.fromkeys(ITEM, pl.String), orient="row")
    except (*TORN, KeyError, TypeError, AttributeError) as error:
        raise _torn(error, name, path) from None
    return made.filter(pl.col("problem").is_not_null())


def _text(value: Any) -> Any:
    """A list of texts as one text, anything else as it is."""
    return "\n\n".join(value) if isinstance(value, list) and all(isinstance(v, str) for v in value) else value


def find(name: str, project: Path, where: str = "") -> Path:
    """The card of a name. CurateError with the nearest known name."""
    folders = [project / "datacards", shipped("datacards")]
    for folder in folders if NAME.fullmatch(name) else ():
        if (path := folder / f"{name}.md").is_file():
            return path
    known = [path.stem for folder in folders for path in sorted(folder.glob("*.md"))]
    raise CurateError(f"there is no datacards/{name[:80]}.md{did_you_mean(name, known)}", where=where)


def read(path: Path) -> Card:
    """The front matter of a benchmark's card. CurateError with file and line for anything wrong with it."""
    return validated(front(path), Card, path)


def front(path: Path) -> Map:
    """The front matter of any card, with its lines. CurateError where there is none."""
    try:
        content = read_small(path)
        if content is None:
            raise CurateError("is larger than 1 MB, which no card is", where=shown(path))
        text = content.decode()
    except OSError as error:
        raise CurateError(f"cannot be read: {error.strerror}", where=shown(path)) from None
    except UnicodeDecodeError:
        raise CurateError("is not UTF-8", where=shown(path)) from None
    head, mark, rest = text.partition("---\n")
    matter, end, _ = rest.partition("\n---\n")
    if head.strip() or not mark or not end:
        raise CurateError(
            "has no front matter; begin it with a line --- and end that part with another", where=shown(path)
        )
    return load_text("\n" * (head.count("\n") + 1) + matter, path)


def validated(tree: Map, model: type[Kind], path: Path) -> Kind:
    """A front matter as a card of one kind. CurateError, one line, for the first thing that does not fit."""
    if model is Card and ({"hub", "model"} & {*tree}):
        what = "a published corpus" if "hub" in tree else "a model"
        raise CurateError(f"is the card of {what}, not of a benchmark", where=shown(path))
    try:
        return model.model_validate(plain(tree))
    except ValidationError as error:
        said = explain(error, tree, model)
        raise CurateError(said.message.removeprefix("recipe: "), where=said.where) from None


def resolve(planner: Planner, found: Step, params: dict[str, Any], where: str) -> dict[str, tuple[Benchmark, ...]]:
    """The benchmarks that a step's parameters name; those that are generated are planned, and stand under `made_by`."""
    made: dict[str, tuple[Benchmark, ...]] = {}
    for parameter in found.parameters_of(Benchmarks):
        names: list[str] = params[parameter]
        if not names or len({*names}) < len(names):
            raise CurateError(
                f"{found.title}: {parameter}: must name each benchmark once, and at least one", where=where
            )
        made[parameter] = tuple(planned(planner, name, where) for name in names)
    return made


def planned(planner: Planner, name: str, where: str) -> Benchmark:
    """The benchmark of a card; what generates files of it is planned. CurateError where its items are not on this machine."""
    path = find(name, planner.project, where)
    card = read(path)
    if not card.files:
        raise CurateError("does not say where the items are; add files: to its front matter", where=shown(path))
    own = [pattern for pattern in card.files if not pattern.startswith("embedded:")]
    placed = [_placed(pattern, shown(path)) for pattern in own]
    columns = tuple((c, str(getattr(card.columns, c))) for c in ITEM)
    if card.get and not any(_here(planner.project, pattern) for pattern, _ in placed):
        missing = f"{', '.join(own)} in your project; {card.get}"
        return Benchmark(name, columns, (), missing=missing, count=card.items)
    if away := [told for _, told in placed if told]:
        return Benchmark(name, columns, (), missing=f"{', '.join(own)}; {away[0]}", count=card.items)
    own = [pattern for pattern, _ in placed]
    files = list_sources(own, planner.project, planner.store, shown(path)).files if own else ()
    nodes = [planner.generate(title, shown(path)) for title in card.files if title.startswith("embedded:")]
    return Benchmark(name, columns, files, tuple(node.name for node in nodes), count=card.items)


def _placed(pattern: str, where: str) -> tuple[str, str]:
    """A pattern as a path, and what to do where it names files of a data set of the hub that this machine has not."""
    if "://" not in pattern:
        return pattern, ""
    try:
        name, revision, below = hub.parts_of(pattern)
    except CurateError:
        raise CurateError(
            f"{pattern!r} is not on this machine; copy the files and name them by path, or write "
            "hf://datasets/ORG/NAME@COMMIT/PATTERN for files in the hub's cache",
            where=where,
        ) from None
    folder = hub.snapshot("datasets", name, revision)
    here = folder.is_dir() and not hub.unfinished(folder)
    get = f"run: hf download {name} --repo-type dataset --revision {revision} --include '{below}'"
    return str(Path(glob.escape(str(folder))) / below), "" if here else get


def absent(benchmarks: Iterable[Benchmark]) -> str:
    """Which benchmarks have no items on this machine, and what to do about the first; empty if all have."""
    away = [one for one in benchmarks if one.missing]
    if not away:
        return ""
    which = (
        f"the benchmark {away[0].name} is"
        if len(away) == 1
        else f"the benchmarks {', '.join(one.name for one in away)} are"
    )
    return f"{which} not on this machine; {away[0].name}: {away[0].missing}"


def _here(project: Path, pattern: str) -> bool:
    if not Path(pattern).is_absolute():
        return any(project.glob(pattern))
    return Path(pattern).is_file() or bool(glob.glob(pattern))


def made_by(planner: Planner, benchmarks: dict[str, tuple[Benchmark, ...]]) -> tuple[tuple[str, Node], ...]:
    """The nodes that generate files of these benchmarks, as inputs of the step that reads them."""
    titles = dict.fromkeys(t for some in benchmarks.values() for one in some for t in one.made_by)
    return tuple((title, planner.nodes[title]) for title in titles)


def with_files(benchmark: Benchmark, made: dict[str, tuple[Source, ...]]) -> Benchmark:
    """The benchmark with the files of the generated corpora that it names."""
    more = tuple(file for title in benchmark.made_by for file in made[title])
    return replace(benchmark, files=(*benchmark.files, *more), made_by=())
