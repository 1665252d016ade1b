"""Names of recipes, corpora and steps, and where a recipe's name leads.

A name is safe as a file name, a YAML key and an SQL identifier by its alphabet alone. `stable` is looked for beside the file that says
it, then in the project's `recipes/`, then in the package's; a recipe never means itself, so a project's `stable` may extend the package's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from curate.errors import CurateError, did_you_mean
from curate.tree import Map, shown

_NAME = r"[a-z0-9][a-z0-9._-]{0,63}"
NAME = re.compile(_NAME)
RECIPE_NAME = re.compile(rf"{_NAME}(?:/{_NAME})*")
_REFERENCE = re.compile(rf"({RECIPE_NAME.pattern}):({_NAME}(?:/[a-z0-9][a-z0-9._+-]{{0,300}})?)")
PUBLISHED = "results.yaml"
"""A file among recipes that is none: figures of others (`curate/outcomes/published.py`)."""
RESERVED = ("all", "embedded", "eval", "mixture", "models", "tokenizer", "train")
"""Names that commands and nodes of the kernel have, which no corpus may take."""


def name(text: str) -> str:
    """The text, if it is a safe name. ValueError says what one looks like."""
    if not NAME.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a name; use a to z, 0 to 9, and . _ - after the first character")
    return text


def recipe_name(text: str) -> str:
    """As `name`, with folders: `paper/stable`."""
    if not RECIPE_NAME.fullmatch(text):
        raise ValueError(
            f"{text[:40]!r} is not a recipe's name; use a to z, 0 to 9, and . _ - after the first character"
        )
    return text


def reference(text: object) -> tuple[str, str] | None:
    """`stable:web/exact` as (recipe, node); None if the text names nothing of another recipe."""
    match = _REFERENCE.fullmatch(text) if isinstance(text, str) else None
    return (match[1], match[2]) if match else None


def step_name(entry: dict[str, Any]) -> str:
    """The name of a step as a recipe writes it: `as:`, else the step, else the clauses of a keep joined with +."""
    said = entry.get("as") or next(iter(entry.values()), "")
    return "+".join(said) if isinstance(said, dict) else str(said)


@dataclass
class Shelf:
    """Where recipes are looked for during one load, and the recipes that it has loaded."""

    project: Path | None
    package: Path
    loaded: dict[Path, Any] = field(default_factory=dict)

    @property
    def folders(self) -> list[Path]:
        return [folder / "recipes" for folder in (self.project, self.package) if folder]

    def find(self, wanted: str, beside: Path | None = None, where: str = "") -> Path:
        """The file of a recipe by name. CurateError with the nearest known name."""
        folders = [*([beside.parent] if beside else []), *self.folders]
        if RECIPE_NAME.fullmatch(wanted):
            for folder in folders:
                path = folder / f"{wanted}.yaml"
                if path.is_file() and not (beside and path.samefile(beside)):
                    return path
        files = [path for folder in self.folders for path in sorted(folder.glob("**/*.yaml"))]
        known = {self.title(path) for path in files if path.name != PUBLISHED}
        known |= {path.stem for path in sorted(beside.parent.glob("*.yaml"))} - {beside.stem} if beside else set()
        hint = did_you_mean(wanted, known) or "; name one that stands in recipes/, or give the path of a .yaml file"
        raise CurateError(f"there is no recipe {wanted[:80]!r}{hint}", where=where)

    def title(self, path: Path) -> str:
        """The name that finds a file from everywhere: `paper/stable`. Outside every `recipes/` it is the file's own name."""
        for folder in self.folders:
            if path.resolve().is_relative_to(folder.resolve()):
                return path.resolve().relative_to(folder.resolve()).with_suffix("").as_posix()
        return path.stem

    def qualify(self, tree: Map, path: Path) -> None:
        """Rewrite references to other recipes, in place, to names that mean the same from everywhere."""
        spots: list[tuple[Any, Any]] = [(tree, "tokenizer")]
        for section, keys in (("corpora", ("from",)), ("train", ("from", "data", "prompts"))):
            entries = tree.get(section)
            for entry in entries.values() if isinstance(entries, Map) else ():
                spots += [(entry, key) for key in keys if isinstance(entry, Map)]
        if isinstance(probe := tree.get("probe"), Map):
            spots += [(probe, key) for key in ("from", "data", "prompts")]
        evals = tree.get("eval")
        for entry in evals.values() if isinstance(evals, Map) else ():
            models = entry.get("models") if isinstance(entry, Map) else None
            spots += [(models, place) for place in range(len(models))] if isinstance(models, list) else []
        for holder, key in spots:
            found = reference(holder.get(key) if isinstance(holder, Map) else holder[key])
            if found:
                holder[key] = f"{self.title(self.find(found[0], path, str(holder.at(key))))}:{found[1]}"


def missing(path: Path) -> CurateError:
    """For a path given by a person that leads to no file."""
    return CurateError(
        "there is no such file; give the name of a recipe or the path of a .yaml file", where=shown(path)
    )
