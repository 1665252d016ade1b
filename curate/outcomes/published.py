"""Figures that others published, to stand beside ours in tables of their own: a YAML file such as `recipes/paper/results.yaml`.

    of: OctoThinker (arXiv 2506.20512)
    tables:
      - title: Accuracy on MATH500 before and after
        unit: percent
        columns: [before, after]
        rows:
          - {name: 3B-Long, source: V-repo, values: [25.8, 65.2]}

Each row says how it is known. Left out: any comparison of these numbers with ours, which are of other models and other tasks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from curate.errors import CurateError
from curate.loader import load_yaml
from curate.parts import Part
from curate.problems import explain
from curate.profile import shipped
from curate.tree import Map, find_mark, plain, shown

Short = Annotated[str, Field(min_length=1, max_length=200)]
Long = Annotated[str, Field(min_length=1, max_length=2000)]


def _value(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str | None):
        raise ValueError(f"must be a number, text or null, not {value!r:.40}")
    return value


class Row(Part):
    """One line of a table: what it is about, how it is known, and a value for each column, null where none was published."""

    name: Short
    source: Short
    values: tuple[Annotated[int | float | Short | None, BeforeValidator(_value)], ...]


class Table(Part):
    """Published figures of one kind."""

    title: Short
    unit: Short
    about: Long | None = None
    columns: tuple[Short, ...]
    rows: tuple[Row, ...]

    @model_validator(mode="after")
    def _fits(self) -> Table:
        if not self.columns:
            raise ValueError(f"{self.title!r}: has no columns")
        for row in self.rows:
            if len(row.values) != len(self.columns):
                raise ValueError(
                    f"{self.title!r}: {row.name!r} has {len(row.values)} values for {len(self.columns)} columns"
                )
        return self


class Published(Part):
    """A file of figures that others published."""

    of: Short
    about: Long | None = None
    sources: dict[Short, Long] = Field(default_factory=dict)
    """What the tags under `source:` mean."""
    tables: tuple[Table, ...]


def load(file: Path | str) -> dict[str, Any]:
    """What a file says, as plain data. CurateError, one line, for anything wrong with it.

    file: a path, or that of a file that comes with the package, such as recipes/paper/results.yaml.
    """
    path = Path(file)
    if not path.is_file() and not path.is_absolute() and (ours := shipped("recipes").parent / path).is_file():
        path = ours
    tree = load_yaml(path)
    try:
        found = Published.model_validate(plain(tree))
    except ValidationError as error:
        said = explain(error, tree, Published)
        raise CurateError(said.message.removeprefix("recipe: "), where=said.where) from None
    _refuse_untagged(found, tree)
    return {"file": shown(path), **found.model_dump(mode="json")}


def _refuse_untagged(found: Published, tree: Map) -> None:
    for n, table in enumerate(found.tables):
        for at, row in enumerate(table.rows):
            if found.sources and row.source not in found.sources:
                where = str(find_mark(tree, ("tables", n, "rows", at)))
                raise CurateError(f"source {row.source!r} is not explained; add it under `sources:`", where=where)
