"""The benchmarks that an evaluation asks: their specs, and their items by data card.

What a benchmark is to evaluation `eval/specs.py` says, which is found here by its path, as steps are. Items of a card whose files are
generated are generated at first use.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate import datacard
from curate.code import PACKAGE
from curate.datacard import Benchmark
from curate.errors import CurateError, did_you_mean, placed
from curate.plan import Plan
from curate.planner import Planner
from curate.recipe import Origin, Recipe
from curate.report import Report
from curate.step import imported
from curate.tree import Map, Mark

if TYPE_CHECKING:
    from curate.parts import EvalEntry
    from curate.store import Store


def of_eval(name: str) -> Any:
    """A module of `eval/`."""
    return imported(PACKAGE / "eval" / f"{name}.py")


def named(benchmarks: Sequence[str], project: Path, where: str = "") -> list[str]:
    """Names of benchmarks, those of groups (`13`, `core`, ...) in place of the group, each once. CurateError for an unknown one."""
    specs, found = of_eval("specs"), dict[str, None]()
    for name in benchmarks:
        try:
            members = specs.group(name) if name in specs.GROUPS else [specs.spec(name, project).name]
        except CurateError as error:
            if error.where:
                raise
            known = did_you_mean(name, [*specs.names(project), *specs.GROUPS])
            raise CurateError(f"there is no benchmark {name[:80]!r}{known}", where=where) from None
        found |= dict.fromkeys(members)
    return list(found)


def refuse_unknown(benchmark: str, project: Path, where: str) -> None:
    """CurateError for what is no benchmark or group, nor the card of a set that prompts are held against (`curate/clean.py`)."""
    try:
        named([benchmark], project, where)
    except CurateError as error:
        try:
            datacard.find(benchmark, project)
        except CurateError:
            raise error from None


def cards(benchmarks: Iterable[str], project: Path) -> list[str]:
    """Names of the data cards of benchmarks and groups; a name that evaluation does not know is taken for that of a card."""
    specs, found = of_eval("specs"), dict[str, None]()
    for name in benchmarks:
        if name in specs.GROUPS:
            found |= dict.fromkeys(specs.spec(one).card for one in specs.group(name))
        else:
            found[specs.spec(name, project).card if name in specs.names(project) else name] = None
    return list(found)


@dataclass
class Shelf:
    """The benchmarks of one evaluation, each read once."""

    project: Path
    store: Store
    report: Report = field(default_factory=Report)
    _records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _tasks: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    def task(self, name: str, entry: EvalEntry) -> Any:
        """A benchmark as it is asked (`eval.run.Task`). CurateError where its items are not on this machine or not those published."""
        how = {"samples": entry.samples, "limit": entry.limit, "num_fewshot": entry.num_fewshot}
        asked = (name, entry.mode, *how.values())
        if asked not in self._tasks:
            spec = of_eval("specs").spec(name, self.project)
            records = self.records(spec.card, spec.items)
            made = of_eval("run").task(spec, records, entry.mode, **how)
            self._tasks[asked] = made
        return self._tasks[asked]

    def require(self, names: Iterable[str]) -> None:
        """CurateError, one for all, where items of benchmarks are not on this machine."""
        found = {name: self._planned(name) for name in names}
        away = {name: card.missing for name, card in found.items() if card.missing}
        if away:
            first, how = next(iter(away.items()))
            which = f"the items of {', '.join(away)} are not on this machine; curate eval --list shows which are"
            raise CurateError(f"{which}; {first}: {how}")

    def records(self, card: str, items: int | None = None) -> list[dict[str, Any]]:
        """The rows of the files of a card. items: how many there are, for an error that names the files, where there are several."""
        if card not in self._records:
            found = self._with_files(datacard.planned(self._planner, card, ""))
            if len(found.files) > 1:
                found = replace(found, count=found.count or items)
            self._records[card] = found.records()
        return self._records[card]

    def listed(self) -> list[dict[str, Any]]:
        """Every benchmark that there is: `benchmark`, `items`, `averages` that it counts in, `about`, and `missing`, why it cannot be asked
        here, empty if it can."""
        specs, found = of_eval("specs"), []
        for name in specs.names(self.project):
            spec = specs.spec(name, self.project)
            missing = self._planned(name).missing
            said = {"benchmark": name, "items": spec.items, "averages": [*spec.averages]}
            found.append({**said, "about": spec.about, "missing": missing})
        return found

    def _planned(self, name: str) -> Benchmark:
        """The card of a benchmark. CurateError, which names the benchmark, where there is none."""
        with placed(f"{name}: card", ""):
            return datacard.planned(self._planner, of_eval("specs").spec(name, self.project).card, "")

    @cached_property
    def _planner(self) -> Planner:
        """A planner of a recipe that says nothing: what a card needs to be generated does not depend on who asks."""
        recipe = Recipe(recipe="eval")
        recipe._origin = Origin(Map(Mark(Path("eval"), 1)), (Path("eval"),), {})
        return Planner(recipe, self.project, self.store)

    def _with_files(self, benchmark: Benchmark) -> Benchmark:
        from curate.build import Build

        if not benchmark.made_by:
            return benchmark
        planner = self._planner
        self.store.create()
        build = Build(Plan(planner.recipe, planner.nodes, {}), self.store, project=self.project, report=self.report)
        build.run(list(benchmark.made_by))
        for title in benchmark.made_by:
            self.store.ensure(build.done[planner.nodes[title].plan_key].key)
        made = {title: build.made(planner.nodes[title], datacard.SUFFIXES) for title in benchmark.made_by}
        return datacard.with_files(benchmark, made)
