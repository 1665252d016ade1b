"""All runs of a recipe: each entry under `train:` (`curate/run.py`), and those of other recipes that they go on from, parents first."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from curate.checks import PROBE
from curate.errors import CurateError, did_you_mean
from curate.names import reference
from curate.parts import TrainEntry
from curate.run import Run
from curate.seeds import of_entry, run_name, within

if TYPE_CHECKING:
    from curate.api import Curated


class Training:
    """All runs of a recipe and those that they go on from, parents first."""

    def __init__(self, curated: Curated, recipes: dict[str, Curated] | None = None) -> None:
        """recipes: where recipes that have been planned are kept, so that several trainings plan each once (`trainings`)."""
        self.curated = curated
        self.recipes = {} if recipes is None else recipes
        self.recipes[curated.name] = curated
        self.look()

    def look(self) -> dict[str, Run]:
        """Title -> run, as the store is now."""
        self.runs: dict[str, Run] = {}
        self.__dict__.pop("probes", None)
        for name, run in self.curated.recipe.seeded.items():
            if within(run.number, self.curated.seeds):
                self._add(self.curated, name)
        return self.runs

    def _recipe(self, within: Curated, name: str) -> Curated:
        if name not in self.recipes:
            self.recipes[name] = replace(within, recipe=within.recipe.others[name])
        return self.recipes[name]

    def _add(self, owner: Curated, name: str) -> Run:
        title = f"{owner.title}/{name}"
        if title not in self.runs:
            run = owner.recipe.seeded[name]
            self.runs[title] = self._run(owner, name, run.entry, run.number)
        return self.runs[title]

    def _run(
        self, owner: Curated, name: str, entry: TrainEntry, number: int | None, place: tuple[str, ...] = ()
    ) -> Run:
        parent, data = self._parent(owner, entry), None
        if entry.data:
            other = reference(entry.data)
            data = self._recipe(owner, other[0]) if other else owner
        run = Run(owner, name, entry, data, parent, number=number, place=place)
        said = self.curated.profile.launch.settings.model_dump(exclude_none=True)
        return replace(run, launch=tuple((key, value) for key, value in said.items() if key in run.machine))

    @functools.cached_property
    def probes(self) -> dict[str, Run]:
        """Title -> run of this recipe's probe, one for each seed; `train` starts none of them (`curate/probe.py`)."""
        probe = self.curated.recipe.probe
        if probe is None:
            return {}
        entries = of_entry(self.curated.recipe, probe, ("probe",))[: self.curated.seeds]
        runs = [self._run(self.curated, run_name("probe", n), entry, n, ("probe",)) for n, entry in enumerate(entries)]
        return {run.title: run for run in runs}

    def _parent(self, owner: Curated, entry: TrainEntry) -> Run | None:
        if other := reference(entry.from_):
            return self._add(self._recipe(owner, other[0]), other[1])
        return self._add(owner, str(entry.from_)) if entry.from_ in owner.recipe.runs else None

    def __getitem__(self, name: str) -> Run:
        """A run by its name in this recipe, or `RECIPE/RUN`, or `RECIPE:RUN`. CurateError with a suggestion, and for an entry of seeds."""
        found = self.named(name)
        if len(found) > 1:
            raise CurateError(f"{name[:80]} is {len(found)} runs; name one: {', '.join(run.name for run in found)}")
        return found[0]

    def named(self, name: str) -> list[Run]:
        """The runs that a name means: one, or all seeds of an entry. CurateError with a suggestion."""
        wanted = name.replace(":", "/")
        known = {**self.runs, **(self.probes if PROBE.search(wanted) else {})}
        for title in (f"{self.curated.title}/{wanted}", wanted):
            found = [known[title]] if title in known else [run for run in self.runs.values() if _entry_of(run) == title]
            if found:
                return found
        if wanted in self.curated.recipe.runs:  # a seed that is not among the first ones
            return [self._add(self.curated, wanted)]
        own = [run.name if run.owner is self.curated else run.title for run in self.runs.values()]
        hint = did_you_mean(name, own) or "; it has none: write one under `train:` (docs/trainers.md)"
        raise CurateError(f"{self.curated.title} has no run {name[:80]!r}{hint}")

    def needed(self, names: Sequence[str]) -> list[Run]:
        """The named runs, or all of this recipe, and those that they go on from, parents first."""
        chosen = [run for name in names for run in self.named(name)]
        chosen = chosen if names else [run for run in self.runs.values() if run.owner is self.curated]
        return list(dict.fromkeys(one for run in chosen for one in line(run)))


def trainings(recipes: Sequence[Curated]) -> list[Training]:
    """The trainings of recipes of one project and profile, each recipe that they name planned once."""
    known: dict[str, Curated] = {}
    for curated in recipes:
        known.setdefault(curated.name, curated)
    alike = all(one.seeds == recipes[0].seeds and one.fraction is None for one in recipes)
    return [Training(one, known if alike else None) for one in recipes]


def _entry_of(run: Run) -> str:
    return f"{run.owner.title}/{run.entry_name}"


def line(run: Run) -> Iterator[Run]:
    """A run's ancestors, oldest first, and itself."""
    if run.parent:
        yield from line(run.parent)
    yield run
