"""The JSON Schema of a recipe's file, for editors: `curate schema`.

Made from the models of `curate/parts.py` and the parameters of the steps found. A file that extends another may say any part of a
recipe, and `null` to remove one, so nothing but `recipe:` is required. What refers to what is beyond a schema; `load` checks it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from curate.names import NAME, RECIPE_NAME
from curate.recipe import Recipe

Schema = dict[str, Any]
Steps = Iterable[tuple[str, str, type[BaseModel]]]
"""(verb, name, parameters) of every step."""
ELSEWHERE = ("read", "fit", "embedded")
"""Verbs that do not stand under `steps:`."""
_REF = "#/$defs/"
_STEP_NAME = {"type": "string", "pattern": f"^{NAME.pattern}/.+$"}
_STEPS = {"type": "array", "items": {"$ref": f"{_REF}step"}}
_CLAUSES = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"pattern": f"^{NAME.pattern}$"},
    "additionalProperties": {"type": "string"},
}
_EDITS = (
    {"remove": _STEP_NAME},
    {"after": _STEP_NAME, "add": _STEPS},
    {"before": _STEP_NAME, "add": _STEPS},
    {"set": _STEP_NAME, "with": {"type": "object"}},
)


def json_schema(steps: Steps) -> Schema:
    """JSON Schema (2020-12) of a recipe's file, with one form per step."""
    steps = list(steps)
    whole = Recipe.model_json_schema(ref_template=_REF + "{model}")
    defs: Schema = {name: _part(part) for name, part in whole.pop("$defs").items()}
    inner: Schema = {}
    variants = [_variant(*step, inner) for step in steps if step[0] not in ELSEWHERE]
    defs["StepEntry"] = {"$ref": f"{_REF}step"}
    defs["step"] = {"anyOf": [_keep(), *variants]}
    defs["Corpus"]["allOf"] = [
        _chosen("read", *step, list(defs["Corpus"]["properties"]), inner) for step in steps if step[0] == "read"
    ]
    trained = defs["Tokenizer"]
    trained["properties"].pop("name")
    trained["allOf"] = [
        _chosen("train", *step, list(trained["properties"]), inner) for step in steps if step[0] == "fit"
    ]
    defs["Tokenizer"] = {"anyOf": [{"type": "string"}, trained]}
    entry = defs["ModelEntry"]
    entry["allOf"] = [_chosen("fit", *step, list(entry["properties"]), inner) for step in steps if step[0] == "fit"]
    properties = {
        "recipe": {"type": "string", "pattern": f"^{RECIPE_NAME.pattern}$"},
        "extends": {"type": "string", "pattern": f"^{RECIPE_NAME.pattern}$"},
        "edit": {"type": "array", "items": {"anyOf": [_closed(form, list(form)) for form in _EDITS]}},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A recipe of Octocurate",
        **_closed(_part(whole)["properties"] | properties, ["recipe"]),
        "$defs": defs | inner,
    }


def _closed(properties: Schema, required: list[str]) -> Schema:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _part(schema: Schema) -> Schema:
    """A model of a recipe as a file may say it: in part, with `null` to remove, and with somebody's parameters if it takes them."""
    properties = {key: _removable(value) for key, value in schema.get("properties", {}).items() if key != "params"}
    part = {"type": "object", "description": schema.get("description", ""), "properties": properties}
    return part | {"additionalProperties": "params" in schema.get("properties", {})}


def _removable(schema: Schema) -> Schema:
    schema = {key: value for key, value in schema.items() if key != "title"}
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        inner = _removable(schema["additionalProperties"])
        schema |= {"additionalProperties": inner, "propertyNames": {"pattern": "^[A-Za-z0-9_][A-Za-z0-9._-]*$"}}
    forms = schema.get("anyOf", [schema])
    return schema if {"type": "null"} in forms else {"anyOf": [*forms, {"type": "null"}]}


def _parameters(verb: str, name: str, params: type[BaseModel], inner: Schema) -> Schema:
    """The schema of a step's parameters; what they refer to goes into `inner` under names of this step's own."""
    schema = params.model_json_schema(ref_template=f"{_REF}{verb}.{name}.{{model}}")
    inner |= {f"{verb}.{name}.{key}": value for key, value in schema.get("$defs", {}).items()}
    return schema


def _variant(verb: str, name: str, params: type[BaseModel], inner: Schema) -> Schema:
    schema = _parameters(verb, name, params, inner)
    own = {verb: {"const": name}, "as": {"type": "string", "pattern": f"^{NAME.pattern}$"}, "keep": _CLAUSES}
    return _closed(schema.get("properties", {}) | own, [verb, *(k for k in schema.get("required", []) if k != "seed")])


def _keep() -> Schema:
    return _closed({"keep": _CLAUSES, "as": {"type": "string", "pattern": f"^{NAME.pattern}$"}}, ["keep"])


def _chosen(key: str, verb: str, name: str, params: type[BaseModel], known: list[str], inner: Schema) -> Schema:
    """If a corpus says `read: warc`, it may have the keys of a corpus and the parameters of that reader."""
    schema = _parameters(verb, name, params, inner)["properties"]
    return {
        "if": {"properties": {key: {"const": name}}, "required": [key]},
        "then": {
            "properties": {k: v for k, v in schema.items() if k not in known},
            "propertyNames": {"enum": [*known, *schema]},
        },
    }
