"""A recipe as data: what its file says with everything inherited filled in, and the line of everything in it.

`load` finds the file, merges what it extends (`curate/inherit.py`), checks the shape (`curate/parts.py`) and what refers to what
(`curate/checks.py`). Every mistake is one line that says where, what and what instead. Whether the steps exist and take these parameters
is for the planner, which asks `Recipe.location` for the place.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, PrivateAttr, ValidationError

from curate import names
from curate.derive import new_recipe
from curate.errors import CurateError
from curate.inherit import read
from curate.loader import dump_yaml
from curate.names import Shelf, reference
from curate.parts import (
    Corpus,
    EvalEntry,
    Files,
    Mixture,
    ModelEntry,
    Name,
    Part,
    ProbeEntry,
    RecipeName,
    StepEntry,
    Text,
    Tokenizer,
    TrainEntry,
    Whole,
)
from curate.problems import explain, section
from curate.seeds import Seeded, expanded, within
from curate.tree import Map, find_mark, plain

_UNPINNED = re.compile(r"(^|@)unpinned($|/)")


@dataclass(eq=False)
class Origin:
    """Where a recipe came from. Two recipes that say the same are equal wherever they stand."""

    tree: Map
    files: tuple[Path, ...]
    others: dict[str, Recipe]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Origin)

    __hash__ = None  # type: ignore[assignment]


class Recipe(Part):
    """A whole recipe, everything inherited filled in."""

    recipe: RecipeName
    about: str = ""
    use: Literal["research", "commercial"] | None = None
    """What it is for: a build for commercial use refuses inputs whose license forbids that (`curate/cards/rights.py`)."""
    seed: Whole = 0
    tokenizer: Tokenizer | None = None
    models: dict[Name, ModelEntry] = Field(default_factory=dict)
    corpora: dict[Name, Corpus] = Field(default_factory=dict)
    mixture: Mixture | None = None
    train: dict[Name, TrainEntry] = Field(default_factory=dict)
    probe: ProbeEntry | None = None
    eval: dict[Name, EvalEntry] = Field(default_factory=dict)
    expect: tuple[Text, ...] = ()
    removals: Files = ()
    _origin: Origin = PrivateAttr()

    @property
    def path(self) -> Path:
        """Its file."""
        return self._origin.files[0]

    @property
    def files(self) -> tuple[Path, ...]:
        """Its file and those it extends, nearest first."""
        return self._origin.files

    @property
    def others(self) -> dict[str, Recipe]:
        """The recipes that it refers to, by the name it uses."""
        return self._origin.others

    @functools.cached_property
    def seeded(self) -> dict[str, Seeded]:
        """Its runs by name, each with its entry and number: of an entry that says `seeds:` one for each."""
        return expanded(self)

    @functools.cached_property
    def runs(self) -> dict[str, TrainEntry]:
        """What each run says: `train:` with a run for each seed (`curate/seeds.py`)."""
        return {name: run.entry for name, run in self.seeded.items()}

    def runs_of(self, name: str, first: int | None = None) -> tuple[str, ...]:
        """The runs that a name means: all seeds of an entry, or the first so many, or the one run; none for an unknown name."""
        if name in self.runs:
            return (name,)
        return tuple(run for run, one in self.seeded.items() if one.entry_name == name and within(one.number, first))

    @property
    def tokenizer_origin(self) -> str:
        """Name of the recipe that trains its tokenizer."""
        found = reference(self.tokenizer.name) if self.tokenizer else None
        return found[0] if found else self.recipe

    def location(self, *path: str | int) -> str:
        """`file:line` of what a path of keys and places leads to, e.g. `location("corpora", "web", "steps", 2, "pattern")`."""
        return str(find_mark(self._origin.tree, path))

    def where(self, *path: str | int) -> str:
        """`file:line: web`: the location and the part of the recipe, as errors begin."""
        return f"{self.location(*path)}: {section(path)}"

    def fail(self, message: str, *path: str | int) -> CurateError:
        """The error to raise about something in the recipe."""
        return CurateError(f"{section(path)}: {message}", where=self.location(*path))

    def unpinned(self, *without: str) -> list[str]:
        """`file:line: part` of each model, corpus, tokenizer or run whose revision is still to be filled in.

        without: sections that do not matter. `build` refuses all but those of `train`, `freeze` refuses all.
        """
        parts = dict.fromkeys(path[:2] for path, _ in self.unpinned_texts() if path[0] not in without)
        return [self.where(*part) for part in parts]

    def unpinned_texts(self) -> list[tuple[tuple[str | int, ...], str]]:
        """Where each text stands whose revision is still to be filled in, and the text."""
        named: list[tuple[tuple[str | int, ...], str | None]] = []
        for name, model in self.models.items():
            named += [(("models", name, "revision"), model.revision), (("models", name, "id"), model.id)]
        for name, corpus in self.corpora.items():
            named.append((("corpora", name, "revision"), corpus.revision))
            named += [(("corpora", name, "files", place), text) for place, text in enumerate(corpus.files)]
        named.append((("tokenizer",), self.tokenizer.name if self.tokenizer else None))
        for name, run in self.train.items():
            named.append((("train", name, "from"), run.from_))
        named.append((("probe", "from"), self.probe.from_ if self.probe else None))
        return [(path, text) for path, text in named if text and _UNPINNED.search(text)]

    def standing(self, path: Sequence[str | int]) -> Path:
        """The file that says what a path of keys and places leads to: this recipe's or one that it extends."""
        return find_mark(self._origin.tree, path).path

    def resolved(self) -> dict[str, Any]:
        """The whole truth as a plain dict, which `dump_yaml` writes and `load` reads back as an equal recipe."""
        data: dict[str, Any] = self.model_dump(mode="json")
        return data


def load(
    name: str | Path, *, project: Path | None = None, package: Path | None = None, beside: Path | None = None
) -> Recipe:
    """A recipe by name or by the path of a YAML file.

    project, package: folders that hold `recipes/`; by default none, and what is shipped with us. beside: the file that says the name.
    CurateError, one line, for anything wrong with the file, with one that it extends, or with a recipe that it refers to.
    """
    from curate.profile import shipped

    shelf = Shelf(project, package or shipped("recipes").parent)
    if isinstance(name, Path) or str(name).endswith((".yaml", ".yml")):
        path = Path(name)
        if not path.is_file():
            raise names.missing(path)
    else:
        path = shelf.find(name, beside)
    return _load(path.absolute(), shelf, ())


def _load(path: Path, shelf: Shelf, trail: tuple[Path, ...]) -> Recipe:
    """A recipe and, first, those that it refers to."""
    from curate.checks import check, references

    if path in shelf.loaded:
        found: Recipe = shelf.loaded[path]
        return found
    tree, files = read(path, shelf)
    title = shelf.title(path)
    if tree.get("recipe") == path.stem:
        tree["recipe"] = title
    try:
        recipe = Recipe.model_validate(plain(tree))
    except ValidationError as error:
        raise explain(error, tree, Recipe) from None
    recipe._origin = Origin(tree, files, {})
    if recipe.recipe != title:
        raise recipe.fail(f"the file is called {path.name}; write recipe: {path.stem}, or rename the file", "recipe")
    for other, place in references(recipe).items():
        above = shelf.find(other, path, recipe.location(*place))
        if above.absolute() in (*trail, path):
            raise recipe.fail(f"{other} and {title} refer to each other; read one of the two from files", *place)
        recipe.others[other] = _load(above.absolute(), shelf, (*trail, path))
    check(recipe)
    shelf.loaded[path] = recipe
    return recipe


def json_schema(steps: Iterable[tuple[str, str, type[BaseModel]]]) -> dict[str, Any]:
    """The JSON Schema of a recipe's file; steps are (verb, name, parameters)."""
    from curate.recipe_schema import json_schema as made

    return made(steps)


dump = dump_yaml

__all__ = [
    "Corpus",
    "EvalEntry",
    "Mixture",
    "ModelEntry",
    "ProbeEntry",
    "Recipe",
    "StepEntry",
    "Tokenizer",
    "TrainEntry",
    "dump",
    "json_schema",
    "load",
    "new_recipe",
]
