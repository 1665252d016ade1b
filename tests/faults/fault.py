"""What can happen: a table of faults, each a function that lets it happen to a trial and takes its cause away again."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.trial import Trial

Act = Callable[[Trial], None]
MODULES = ("kills", "damage", "places", "documents", "network", "hostile")


@dataclass(frozen=True)
class Fault:
    """One row of the table. shapes: projects that it can happen to. weight: how often it is drawn. needs: what the machine must have."""

    name: str
    row: str
    act: Act
    shapes: tuple[str, ...]
    weight: int
    needs: str


FAULTS: dict[str, Fault] = {}
PLAIN = ("tables", "pages", "asks")


def fault(name: str, row: str, *shapes: str, weight: int = 10, needs: str = "") -> Callable[[Act], Act]:
    """Enter a function in the table. row: what it is an example of, in the words of the table of what must hold."""

    def enter(act: Act) -> Act:
        FAULTS[name] = Fault(name, row, act, shapes or PLAIN, weight, needs)
        return act

    return enter


def all_faults() -> dict[str, Fault]:
    """Every fault that there is, by name."""
    for module in MODULES:
        importlib.import_module(f"tests.faults.{module}")
    return FAULTS
