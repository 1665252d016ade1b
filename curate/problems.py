"""From what pydantic found wrong to the one line that a person reads: file, line, part of the recipe, what, and what instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from curate.errors import CurateError, did_you_mean
from curate.tree import Map, Seq, find_mark

FILE_KEYS = ("extends", "edit")
"""Keys of a file that its recipe no longer has once they are carried out."""
EXAMPLES = {
    "recipe": "recipe: my-mix",
    "tokens": "tokens: 500M",
    "stages": "stages: [{until: 100%, weights: {web: 1}}]",
    "until": "until: 100%",
    "weights": "weights: {web: 0.7, qa: 0.3}",
    "run": "run: trainers.midtrain",
}
WANTED = {
    "string_type": "text, in quotes",
    "dict_type": "a map such as {{key: value}}",
    "model_type": "a map such as {{key: value}}",
    "list_type": "a list such as [a, b]",
    "tuple_type": "a list such as [a, b]",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "greater_than_equal": "{ge:g} or more",
    "greater_than": "more than {gt}",
    "less_than": "less than {lt}",
    "finite_number": "a finite number",
    "string_too_short": "some text; fill it in or leave it out",
    "string_too_long": "at most {max_length} characters",
    "too_short": "a list of at least one",
    "string_pattern_mismatch": "a name of a to z, 0 to 9 and _",
}


def section(path: Sequence[str | int]) -> str:
    """The part of a recipe that a path lies in, as errors call it: a corpus by its name, `mixture`, `train.midtrain`."""
    if not path:
        return "recipe"
    if path[0] == "corpora" and len(path) > 1:
        return str(path[1])
    return f"{path[0]}.{path[1]}" if path[0] in ("models", "train", "eval") and len(path) > 1 else str(path[0])


def explain(error: ValidationError, tree: Map, model: type[BaseModel]) -> CurateError:
    """The first mistake of a recipe: an unknown key before all others, since it often is the reason for them."""
    found = error.errors(include_url=False)
    first = min(found, key=lambda e: (e["type"] != "extra_forbidden", find_mark(tree, e["loc"]).line))
    path = _known(tree, first["loc"])
    part = section(path if first["type"] != "extra_forbidden" or len(path) > 1 else ())
    return CurateError(f"{_printable(part)}: {_say(first, path, model)}", where=str(find_mark(tree, first["loc"])))


def _known(tree: Map, loc: Sequence[str | int]) -> list[str | int]:
    """The elements of pydantic's path that stand in the file; it also names validators and our own fields."""
    path: list[str | int] = []
    node: Any = tree
    for element in loc:
        if isinstance(node, Map) and element in node:
            node = node[str(element)]
        elif isinstance(node, Seq) and isinstance(element, int) and element < len(node):
            node = node[element]
        else:
            continue
        path.append(element)
    return path


def _say(error: ErrorDetails, path: list[str | int], model: type[BaseModel]) -> str:
    kind, key = error["type"], str(error["loc"][-1])
    label = _label(path)
    if kind == "extra_forbidden":
        known = _keys(model, [e for e in path[:-1] if isinstance(e, str)])
        return f"unknown key {key[:40]!r}{did_you_mean(key, known) or '; leave it out'}"
    if kind == "missing":
        return f"needs the key {key!r}" + (f"; write e.g. {EXAMPLES[key]}" if key in EXAMPLES else "")
    if kind in ("value_error", "assertion_error"):
        return label + error["msg"].removeprefix("Value error, ")
    if kind == "literal_error":
        wanted = str(error.get("ctx", {}).get("expected"))
        return f"{label}must be {wanted}, not {_brief(error)}"
    if kind in WANTED:
        return f"{label}must be {WANTED[kind].format(**error.get('ctx', {}))}, not {_brief(error)}"
    return f"{label}{error['msg'][:1].lower()}{error['msg'][1:]}, not {_brief(error)}"


def _label(path: list[str | int]) -> str:
    """The key that is wrong, unless the section says it already."""
    words = [str(element) for element in path if isinstance(element, str)]
    inner = words[2:] if words[:1] and words[0] in ("corpora", "models", "train", "eval") else words[1:]
    return f"{_printable('.'.join(inner))}: " if inner else ""


def _keys(model: type[BaseModel], path: Sequence[str]) -> list[str]:
    """Keys that a map of the recipe may have."""
    for key in path:
        field = model.model_fields.get(key)
        inner = _model_in(field.annotation) if field else None
        model = inner or model
    own = [field.alias or name for name, field in model.model_fields.items()]
    return [*own, *FILE_KEYS] if not path else own


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model inside `dict[str, M]`, `tuple[M, ...]` or `M | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = [_model_in(inner) for inner in getattr(annotation, "__args__", ())]
    return next((inner for inner in found if inner), None)


def _brief(error: ErrorDetails) -> str:
    return f"{error['input']!r:.40}"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)[:80]
