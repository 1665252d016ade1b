"""Maps and lists that remember the file and line of everything in them, through merges and edits, so that any later error can say where.

They are ordinary dicts and lists otherwise; `plain` makes them so for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Mark(NamedTuple):
    """A line of a file. Prints as `recipes/bad.yaml:6`, relative to the current folder when inside it."""

    path: Path
    line: int

    def __str__(self) -> str:
        return f"{shown(self.path)}:{self.line}"


class Map(dict[str, Any]):
    """A mapping that knows where it and each of its keys stood."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.marks: dict[str, Mark] = {}

    def put(self, key: str, value: Any, mark: Mark) -> None:
        self[key], self.marks[key] = value, mark

    def take(self, key: str) -> Any:
        self.marks.pop(key, None)
        return self.pop(key, None)

    def at(self, key: str | int) -> Mark:
        return self.marks.get(str(key), self.mark)


class Seq(list[Any]):
    """A list that knows where it and each of its items stood."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.marks: list[Mark] = []

    def put(self, value: Any, mark: Mark, place: int | None = None) -> None:
        place = len(self) if place is None else place
        self.insert(place, value)
        self.marks.insert(place, mark)

    def take(self, place: int) -> Any:
        del self.marks[place]
        return self.pop(place)

    def at(self, place: str | int) -> Mark:
        return self.marks[place] if isinstance(place, int) and 0 <= place < len(self.marks) else self.mark


def shown(path: Path) -> str:
    """A path as errors print it: one printable line, relative to the current folder when inside it."""
    here = Path.cwd()
    inside = path.is_absolute() and path.is_relative_to(here)
    return "".join(c if c.isprintable() else "?" for c in str(path.relative_to(here) if inside else path))


def find_mark(tree: Map | Seq, path: Sequence[str | int]) -> Mark:
    """Where a path of keys and places leads. Elements that lead nowhere are passed over, so it answers with the nearest place known."""
    mark, node = tree.mark, tree
    for element in path:
        if isinstance(node, Map) and str(element) in node:
            mark, node = node.at(element), node[str(element)]
        elif isinstance(node, Seq) and isinstance(element, int) and element < len(node):
            mark, node = node.at(element), node[element]
    return mark


def plain(tree: Any) -> Any:
    """The same tree in ordinary dicts and lists."""
    if isinstance(tree, dict):
        return {key: plain(value) for key, value in tree.items()}
    return [plain(value) for value in tree] if isinstance(tree, list) else tree
