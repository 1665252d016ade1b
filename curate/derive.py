"""The text of a new recipe that changes another: what `curate new NAME --from R --set mixture.tokens=500M` writes.

A changed parameter of a step becomes an `edit:`, everything else a key of the file, so that what is run is always what stands in a file.
"""

from __future__ import annotations

from typing import Any

from curate.errors import CurateError
from curate.loader import dump_yaml, parse_scalar
from curate.names import RECIPE_NAME, recipe_name

SECTIONS = ("about", "seed", "tokenizer", "models", "corpora", "mixture", "train", "eval", "expect", "removals", "use")


def new_recipe(name: str, parent: str, sets: dict[str, str]) -> str:
    """YAML of a recipe that extends `parent`.

    sets: `mixture.tokens` -> `500M`, or `web/minhash.threshold` -> `0.8`; a value is read as YAML, `null` removes. CurateError for a key
    that leads nowhere. That the result fits together is checked when it is loaded.
    """
    for wanted in (name, parent):
        _safe(wanted)
    tree: dict[str, Any] = {"recipe": name.rpartition("/")[2], "extends": parent}
    edits: dict[str, dict[str, Any]] = {}
    for key, text in sets.items():
        where = f"--set {key}"
        try:
            value = parse_scalar(text)
        except CurateError as error:
            raise CurateError(error.message, where=where) from None
        if "/" in key:
            step, path = _step(key, where)
            _put(edits.setdefault(step, {}), path, value, where)
        else:
            path = key.split(".")
            if path[0] not in SECTIONS:
                raise CurateError(
                    f"no such key; begin with one of {', '.join(SECTIONS)}, or name a step: web/minhash.threshold",
                    where=where,
                )
            if path[0] == "corpora" and "steps" in path[2:3]:
                raise CurateError("steps are changed by name; write e.g. --set web/minhash.threshold=0.8", where=where)
            _put(tree, path, value, where)
    if edits:
        tree["edit"] = [{"set": step, "with": changes} for step, changes in edits.items()]
    return dump_yaml(tree)


def _safe(name: str) -> None:
    try:
        recipe_name(name)
    except ValueError as error:
        raise CurateError(str(error)) from None


def _step(key: str, where: str) -> tuple[str, list[str]]:
    """`web/minhash.threshold` as the step and the path of its parameter."""
    corpus, _, rest = key.partition("/")
    step, _, path = rest.partition(".")
    if not RECIPE_NAME.fullmatch(corpus) or not step or not path:
        raise CurateError(
            "a parameter of a step is corpus/step.parameter; write e.g. --set web/minhash.threshold=0.8", where=where
        )
    return f"{corpus}/{step}", path.split(".")


def _put(tree: dict[str, Any], path: list[str], value: Any, where: str) -> None:
    *folders, last = path
    for folder in folders:
        tree = tree.setdefault(folder, {})
        if not isinstance(tree, dict):
            raise CurateError(f"{folder!r} is set to a value already; set one or the other", where=where)
    if last in tree or "" in path:
        raise CurateError(f"{'.'.join(path)!r} is set twice or has an empty part; write it once", where=where)
    tree[last] = value
