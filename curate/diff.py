"""What differs between two recipes, two locks, two git revisions of a recipe, or a lock and what is stored.

Configuration is told in words (`curate/diff_config.py`), then documents in and out of each step and the tokens of each source. The figures
come from locks, which say them exactly: for each step, the change of what comes out is the change of what goes in, less the change of what
ended there, plus (where a step makes new documents) the change of what it made. `curate/diff_text.py` writes it down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.diff_config import recipe_changes
from curate.lock import Line, Lock, lock_of, recipe_digest
from curate.words import Said, Sentence, plain

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.recipe import Recipe

Pair = tuple[Any, Any]
EMPTY = Lock("", {}, {})


@dataclass(frozen=True)
class Side:
    """One of the two that are compared."""

    title: str
    lock: Lock
    recipe: Recipe | None = None
    unbuilt: tuple[str, ...] = ()
    """Nodes of its plan that are not stored."""
    notes: tuple[Sentence, ...] = ()

    @property
    def has_lock(self) -> bool:
        """Whether its documents are known. Of a recipe that is not there it is known that there are none."""
        return self.recipe is None or self.lock is not EMPTY


@dataclass(frozen=True)
class StepChange:
    """One node before and after; None where it is not there, not built, or holds no documents."""

    node: str
    state: str
    """`added`, `removed`, `changed`, `not built`, or `not built before`."""
    rows_in: Pair
    rows_out: Pair
    fates: dict[str, Pair]
    """Documents that ended here, by fate, where their number differs."""
    made: Pair
    """Documents that a step made, beyond those that went in; 0 but for `expand` steps."""

    @property
    def is_built(self) -> bool:
        return not self.state.startswith("not built")

    @property
    def passes_on(self) -> bool:
        """Whether it only passes on that it gets more or fewer documents, or the same number of others."""
        return self.state == "changed" and not self.fates and self.made[0] == self.made[1]

    @property
    def change(self) -> int:
        """How many documents more come out."""
        return (self.rows_out[1] or 0) - (self.rows_out[0] or 0)

    def payload(self) -> dict[str, Any]:
        made = {"made": list(self.made)} if any(self.made) else {}
        fates = {fate: list(pair) for fate, pair in self.fates.items()}
        return {
            "node": self.node,
            "state": self.state,
            "in": list(self.rows_in),
            "out": list(self.rows_out),
            "fates": fates,
            **made,
        }


@dataclass(frozen=True)
class Diff:
    """Everything that differs between two sides."""

    recipe: str
    before: Side
    after: Side
    config: list[Sentence]
    inputs: dict[str, str]
    """Inputs that differ: `added`, `removed` or `changed`."""
    steps: list[StepChange]
    mixture: dict[str, tuple[Line, Line]]
    """Source -> its line before and after, where one differs; all of them if any does. An empty line is a source that is not there."""
    notes: list[Sentence] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.config or self.inputs or self.steps or self.mixture)

    @property
    def is_partial(self) -> bool:
        """Whether there is something of which it is not known how many documents it keeps."""
        return any(side.unbuilt or not side.has_lock for side in (self.before, self.after))

    @property
    def kept(self) -> dict[str, Pair]:
        """Documents that each corpus keeps, before and after, where the number differs and both sides are built."""
        if not (self.before.has_lock and self.after.has_lock):
            return {}
        was, now = _ends(self.before.lock), _ends(self.after.lock)
        unbuilt = (name for side in (self.before, self.after) for name in side.unbuilt)
        unknown = {name.rpartition("/")[0] for name in unbuilt if not name.endswith("/tokenize")}
        names = [name for name in {**was, **now} if name not in unknown]
        return {name: (was.get(name), now.get(name)) for name in names if was.get(name) != now.get(name)}

    def markdown(self) -> str:
        """The text of a pull request."""
        from curate.diff_text import markdown_text

        return markdown_text(self)

    def payload(self) -> dict[str, Any]:
        """For programs."""
        pairs = {source: {"before": was, "after": now} for source, (was, now) in self.mixture.items()}
        return {
            "recipe": self.recipe,
            "before": self.before.title,
            "after": self.after.title,
            "config": [plain(sentence) for sentence in self.config],
            "inputs": self.inputs,
            "steps": [step.payload() for step in self.steps],
            "mixture": pairs,
            "notes": [plain(note) for note in self.notes],
        }


def compare(before: Side, after: Side, config: list[Sentence] | None = None) -> Diff:
    """The differences of two sides. config: what to say of the configuration where the recipes do not."""
    if config is None:
        config = recipe_changes(before.recipe, after.recipe)
    whole = before.has_lock and after.has_lock
    differing = {*before.lock.differences(after.lock)} if whole else set[str]()
    unbuilt = {*before.unbuilt, *after.unbuilt}
    known = {**before.lock.inputs, **after.lock.inputs}
    if unbuilt:  # what is not built does not say yet what it takes in
        known = {name: line for name, line in before.lock.inputs.items() if name in after.lock.inputs}
    inputs = {
        name: "added" if name not in before.lock.inputs else "changed" if name in after.lock.inputs else "removed"
        for name in known
        if name in differing
    }
    names = [n for n in _order(before, after) if n in differing or n in unbuilt]
    steps = [step for name in names if (step := _step(name, before, after))]
    was, now = before.lock.sources, after.lock.sources
    told = whole and was != now and "mixture" not in unbuilt
    mixture = {n: (was.get(n, {}), now.get(n, {})) for n in {**was, **now}} if told else {}
    recipe = after.lock.recipe or before.lock.recipe
    return Diff(recipe, before, after, config, inputs, steps, mixture, [*before.notes, *after.notes])


def _order(before: Side, after: Side) -> list[str]:
    """Names of all nodes, as they stand after; what is gone stands where it was."""
    order = list(dict.fromkeys([*after.lock.nodes, *after.unbuilt]))
    last = -1
    for name in dict.fromkeys([*before.lock.nodes, *before.unbuilt]):
        if name in order:
            last = order.index(name)
        else:
            last += 1
            order.insert(last, name)
    return order


def _step(name: str, before: Side, after: Side) -> StepChange | None:
    was, now = before.lock.nodes.get(name), after.lock.nodes.get(name)
    if name in before.unbuilt and name in after.unbuilt:
        return None  # the notes say that it is not built
    if name in after.unbuilt:
        state = "not built"
    elif name in before.unbuilt:
        state = "not built before"
    else:
        state = "added" if was is None else "removed" if now is None else "changed"
    was, now = was or {}, now or {}
    old, new = was.get("fates", {}), now.get("fates", {})
    both = {} if state.startswith("not built") else {**old, **new}
    fates = {fate: (old.get(fate, 0), new.get(fate, 0)) for fate in both if old.get(fate) != new.get(fate)}
    return StepChange(
        name, state, (was.get("in"), now.get("in")), (_out(was), _out(now)), fates, (_made(was), _made(now))
    )


def _out(line: Line) -> int | None:
    return line["documents"] if "in" in line else None


def _made(line: Line) -> int:
    return line["documents"] - line["in"] + sum(line.get("fates", {}).values()) if "in" in line else 0


def _ends(lock: Lock) -> dict[str, int]:
    """Documents of each corpus at its end."""
    return {name.rpartition("/")[0]: line["documents"] for name, line in lock.nodes.items() if "in" in line}


# what can be compared


def stored(recipe: Curated) -> Side:
    """A recipe as it stands in its file and in the store."""
    names = {id(node): name for name, node in recipe.planned.nodes.items()}
    missing = tuple(names[id(node)] for node in recipe.todo())
    notes: list[Sentence] = []
    if missing:
        notes.append(
            (
                Said(recipe.title),
                f": {len(missing)} of {len(names)} nodes are not built as the recipe stands now, the first of them ",
                Said(missing[0]),
                "; build it first: ",
                Said(f"curate build {recipe.title}"),
            )
        )
    lock = lock_of(recipe.planned, recipe.built.done)
    return Side(recipe.title, lock, recipe.recipe, missing, tuple(notes))


def lock_file(path: Path) -> Side:
    """A lock as it lies in a file. CurateError if it is none."""
    lock = Lock.read(path)
    return Side(f"{lock.recipe} {lock.version}" if lock.version else path.name, lock)


def locks(before: Path, after: Path) -> Diff:
    """The differences of two lock files; no recipe and no store is needed."""
    was, now = lock_file(before), lock_file(after)
    found = compare(was, now, [])
    if was.lock.resolved != now.lock.resolved:
        found.notes.append(("the two locks were written for different texts of the recipe",))
    return found


def against_lock(recipe: Curated, path: Path) -> Diff:
    """From a lock to what is stored. What changed in the recipe since is told by the identity of what is not built."""
    reasons = recipe.why()
    silent = ("was never built", "its object is not in the store")
    config: list[Sentence] = [
        (Said(name), ": ", Said(reason))
        for name, found in reasons.items()
        for reason in found
        if reason not in silent and not reason.startswith("its input ")
    ]
    was = lock_file(path)
    found = compare(was, stored(recipe), config)
    if was.lock.resolved != recipe_digest(recipe.recipe):
        found.notes.insert(0, (Said(path.name), " was written for another text of the recipe"))
    return found


def revisions(recipe: Curated, rev: str) -> Diff:
    """Between two git revisions (`A..B`), or one and the files as they stand: recipes and locks only, no store."""
    from curate.revisions import at_revision, pair, working

    before, after = pair(recipe.project, rev)
    return compare(at_revision(recipe, before), at_revision(recipe, after) if after else working(recipe))
