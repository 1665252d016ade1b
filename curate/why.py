"""Why a node will be built: which field of its identity is not what it was at the last build."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from curate.plan import Node, Plan

MISSING = "—"


def differences(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Fields that differ between two JSON values: (path, before, after)."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys([*before, *after]):
            yield from differences(
                before.get(name, MISSING), after.get(name, MISSING), f"{path}.{name}" if path else name
            )
    elif before != after:
        yield path, before, after


def reasons(node: Node, before: dict[str, Any] | None, names: dict[str, str]) -> list[str]:
    """Plain sentences: what changed for this node. `names` gives the name of each plan key of the plan."""
    if before is None:
        return ["was never built"]
    old, new = before["plan"], node.plan_payload
    found = [_said(path, was, now) for path, was, now in differences(old["self"], new["self"])]
    if old["format"] != new["format"]:
        found.append(f"the format of the kernel changed: {old['format']} -> {new['format']}")
    if old["sources"] != new["sources"]:
        was, now = set(old["sources"] or []), set(new["sources"] or [])
        found.append(f"its files changed: {len(now - was)} new, {len(was - now)} gone")
    if old["inputs"] != new["inputs"]:
        changed = [names.get(key, key) for key in new["inputs"] if key not in old["inputs"]]
        found.append(
            f"its input {', '.join(changed)} is to be built" if changed else "its inputs stand in another order"
        )
    return found


def _said(path: str, was: Any, now: Any) -> str:
    if path == "clauses":
        old, new = dict(was if isinstance(was, list) else []), dict(now if isinstance(now, list) else [])
        said = [
            f"clause {n}: {old.get(n, MISSING)} -> {new.get(n, MISSING)}"
            for n in dict.fromkeys([*old, *new])
            if old.get(n) != new.get(n)
        ]
        return "; ".join(said) or "the order of the clauses changed"
    kind, _, rest = path.partition(".")
    if kind == "code":
        what, _, name = rest.partition(".")
        words = {"modules": "the code of", "files": "the file", "uses": "the version of"}
        return f"{words.get(what, what)} {name} changed" + (f": {was} -> {now}" if what == "uses" else "")
    if kind == "benchmarks":
        return f"the items of the benchmark {rest.partition('.')[0]} changed"
    if kind == "lists":
        return f"the list {rest.partition('.')[2] or rest} changed"
    if kind == "params":
        return f"parameter {rest or path}: {_shown(was)} -> {_shown(now)}"
    return f"{path}: {_shown(was)} -> {_shown(now)}"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def why(plan: Plan, before: dict[str, dict[str, Any]], todo: list[Node]) -> dict[str, list[str]]:
    """Reasons by node name, for the nodes that are to be built."""
    names = {node.plan_key: name for name, node in plan.nodes.items()}
    label = {id(node): name for name, node in plan.nodes.items()}
    return {
        label[id(node)]: [node.missing]
        if node.missing
        else reasons(node, before.get(label[id(node)]), names) or ["its object is not in the store"]
        for node in todo
    }
