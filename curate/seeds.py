"""Entries under `train:` that say `seeds:`, as the runs that they are: `midtrain` with `seeds: 3` is `midtrain-0` to `midtrain-2`.

Each run has a seed of its own, the entry's first one and those that follow it; all else of them is the same, the mixture included. An entry
that goes on from another one leads from seed to seed. What a run is called and how many there are is in no key, only its seed is, so one
seed more trains one run more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curate.names import name, reference
from curate.parts import TrainEntry

if TYPE_CHECKING:
    from curate.recipe import Recipe

Place = tuple[str, ...]


@dataclass(frozen=True)
class Seeded:
    """One run: the entry that it is of, which of its seeds it has (None of an entry without `seeds:`), and what it says."""

    entry_name: str
    number: int | None
    entry: TrainEntry


def run_name(entry_name: str, number: int) -> str:
    """`midtrain-1`."""
    return f"{entry_name}-{number}"


def expanded(recipe: Recipe) -> dict[str, Seeded]:
    """The runs of a recipe by name, in the order of its entries.

    CurateError for two runs of one name, a first seed that is no whole number, and an entry of one run on one of several seeds.
    """
    found: dict[str, Seeded] = {}
    for entry_name, entry in recipe.train.items():
        if entry.seeds is None:
            found[entry_name] = Seeded(entry_name, None, _alone(recipe, entry, entry_name))
            continue
        for number, one in enumerate(of_entry(recipe, entry, ("train", entry_name))):
            run = run_name(entry_name, number)
            if run in recipe.train:
                said = f"{run!r} is what a run of {entry_name} is called, which has seeds; rename it"
                raise recipe.fail(said, "train", run)
            found[run] = Seeded(entry_name, number, one)
    return found


def of_entry(recipe: Recipe, entry: TrainEntry, place: Place) -> list[TrainEntry]:
    """An entry with `seeds:` once for each of them, that of the probe, too. CurateError as `expanded`."""
    assert entry.seeds is not None
    first = entry.params.get("seed", recipe.seed)
    if type(first) is not int:
        raise recipe.fail(f"seed is {first!r}, and must be a whole number", *place)
    if first + entry.seeds > 1 << 63:
        raise recipe.fail(f"seed is {first}, and those that follow it do not fit 64 bits; write a smaller one", *place)
    if place[0] == "train":
        _refuse_long(recipe, entry.seeds, place)
    above, count = entry.from_, _seeds_of(recipe, entry.from_)
    if count is not None and count < entry.seeds:
        why = f"from: {above} has {_amount(count)} and this has {entry.seeds}, and they lead from one to one"
        raise recipe.fail(
            f"{why}; say seeds: {count} here or seeds: {entry.seeds} there, or name one: {above}-0", *place, "from"
        )
    said = {key: value for key, value in entry.model_dump(mode="json").items() if key not in ("seeds", "seed")}
    starts = [above if count is None else run_name(str(above), n) for n in range(entry.seeds)]
    return [_run(said, start, first + n) for n, start in enumerate(starts)]


def _run(said: dict[str, Any], start: str | None, seed: int) -> TrainEntry:
    return TrainEntry.model_validate({**said, **({"from": start} if start else {}), "seed": seed})


def _alone(recipe: Recipe, entry: TrainEntry, entry_name: str) -> TrainEntry:
    """An entry without seeds. CurateError where what it goes on from has some."""
    count, above = _seeds_of(recipe, entry.from_), entry.from_
    if count is not None:
        said = f"from: {above} has {_amount(count)} and this has none; name one: {above}-0, or say seeds: {count}"
        raise recipe.fail(said, "train", entry_name, "from")
    return entry


def _seeds_of(recipe: Recipe, above: str | None) -> int | None:
    """How many seeds the entry has that `from:` names; None where it has none, and of anything else."""
    found = reference(above)
    owner, wanted = (recipe.others[found[0]], found[1]) if found else (recipe, above or "")
    entry = owner.train.get(wanted)
    return entry.seeds if entry else None


def _refuse_long(recipe: Recipe, seeds: int, place: Place) -> None:
    try:
        name(run_name(place[-1], seeds - 1))
    except ValueError as error:
        raise recipe.fail(f"its runs would be called so: {error}", *place) from None


def _amount(seeds: int) -> str:
    return f"{seeds} {'seed' if seeds == 1 else 'seeds'}"


def within(number: int | None, first: int | None) -> bool:
    """Whether a run is among the first so many seeds of its entry; all are where nothing is said."""
    return number is None or first is None or number < first
