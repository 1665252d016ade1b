"""All runs of a recipe: each entry under `train:` (`curate/run.py`), and those of other recipes that they go on from, parents first."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from curate.checks import PROBE
from curate.errors import CurateError, did_you_mean
from curate.names import reference
from curate.parts import TrainEntry
from curate.run import Run

if TYPE_CHECKING:
    from curate.api import Curated


class Training:
    """All runs of a recipe and those that they go on from, parents first."""

    def __init__(self, curated: Curated) -> None:
        self.curated = curated
        self.recipes: dict[str, Curated] = {curated.name: curated}
        self.look()

    def look(self) -> dict[str, Run]:
        """Title -> run, as the store is now."""
        self.runs: dict[str, Run] = {}
        self.__dict__.pop("probes", None)
        for name in self.curated.recipe.train:
            self._add(self.curated, name)
        return self.runs

    def _recipe(self, within: Curated, name: str) -> Curated:
        if name not in self.recipes:
            self.recipes[name] = replace(within, recipe=within.recipe.others[name])
        return self.recipes[name]

    def _add(self, owner: Curated, name: str) -> Run:
        title = f"{owner.title}/{name}"
        if title not in self.runs:
            self.runs[title] = self._run(owner, name, owner.recipe.train[name])
        return self.runs[title]

    def _run(self, owner: Curated, name: str, entry: TrainEntry, place: tuple[str, ...] = ()) -> Run:
        parent, data = self._parent(owner, entry), None
        if entry.data:
            other = reference(entry.data)
            data = self._recipe(owner, other[0]) if other else owner
        run = Run(owner, name, entry, data, parent, place=place)
        said = self.curated.profile.launch.settings.model_dump(exclude_none=True)
        return replace(run, launch=tuple((key, value) for key, value in said.items() if key in run.machine))

    @functools.cached_property
    def probes(self) -> dict[str, Run]:
        """Title -> run of this recipe's probe, one for each seed; `train` starts none of them (`curate/probe.py`)."""
        probe = self.curated.recipe.probe
        if probe is None:
            return {}
        first = probe.params.get("seed", self.curated.recipe.seed)
        if type(first) is not int:
            raise CurateError(
                f"probe: seed is {first!r}, and must be a whole number", where=self.curated.recipe.location("probe")
            )
        said = {key: value for key, value in probe.model_dump(mode="json").items() if key not in ("seeds", "seed")}
        entries = {f"probe-{n}": TrainEntry.model_validate({**said, "seed": first + n}) for n in range(probe.seeds)}
        return {
            f"{self.curated.title}/{n}": self._run(self.curated, n, entry, ("probe",)) for n, entry in entries.items()
        }

    def _parent(self, owner: Curated, entry: TrainEntry) -> Run | None:
        if other := reference(entry.from_):
            return self._add(self._recipe(owner, other[0]), other[1])
        return self._add(owner, str(entry.from_)) if entry.from_ in owner.recipe.train else None

    def __getitem__(self, name: str) -> Run:
        """A run by its name in this recipe, or `RECIPE/RUN`, or `RECIPE:RUN`. CurateError with a suggestion."""
        wanted = name.replace(":", "/")
        known = {**self.runs, **(self.probes if PROBE.search(wanted) else {})}
        found = known.get(f"{self.curated.title}/{wanted}") or known.get(wanted)
        if found is None:
            own = [run.name if run.owner is self.curated else run.title for run in self.runs.values()]
            hint = did_you_mean(name, own) or "; it has none: write one under `train:` (docs/trainers.md)"
            raise CurateError(f"{self.curated.title} has no run {name[:80]!r}{hint}")
        return found

    def needed(self, names: tuple[str, ...]) -> list[Run]:
        """The named runs, or all of this recipe, and those that they go on from, parents first."""
        chosen = [self[name] for name in names] or [r for r in self.runs.values() if r.owner is self.curated]
        return list(dict.fromkeys(one for run in chosen for one in _line(run)))


def _line(run: Run) -> Iterator[Run]:
    """A run's ancestors, oldest first, and itself."""
    if run.parent:
        yield from _line(run.parent)
    yield run
