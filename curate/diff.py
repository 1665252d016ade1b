"""What differs between two recipes, or between what a lock says and what is stored."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from curate.lock import Lock
from curate.recipe import Recipe
from curate.why import MISSING, differences


def diff_recipes(before: Recipe, after: Recipe) -> list[str]:
    """Changed fields of the resolved recipes, in words."""
    found = differences(_keyed(before.resolved()), _keyed(after.resolved()))
    skipped = ("recipe", "about")
    return [f"{path}: {_short(was)} -> {_short(now)}" for path, was, now in found if path not in skipped]


def _keyed(value: Any) -> Any:
    """Lists of steps as maps by what they do, so that an inserted step does not shift the rest."""
    if isinstance(value, dict):
        return {k: _keyed(v) for k, v in value.items()}
    if isinstance(value, list) and value and all(isinstance(v, dict) and v for v in value):
        keyed: dict[str, Any] = {}
        for item in value:
            head, first = next(iter(item.items()))
            name = f"{head} {first}" if not isinstance(first, dict) else f"{head} {'+'.join(first)}"
            while name in keyed:
                name += "'"
            keyed[name] = {k: _keyed(v) for k, v in item.items()}
        return keyed
    return value


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 or text == MISSING else text[:77] + "..."


def diff_locks(before: Lock, after: Lock, planned: Collection[str] = ()) -> list[dict[str, Any]]:
    """Nodes whose bytes differ: documents before and after, and fates that changed. `planned` may not be built yet."""
    rows = []
    for name in before.differences(after):
        was, now = before.nodes.get(name, {}), after.nodes.get(name, {})
        fates = (
            {}
            if not now
            else {
                fate: [was.get("fates", {}).get(fate, 0), now.get("fates", {}).get(fate, 0)]
                for fate in dict.fromkeys([*was.get("fates", {}), *now.get("fates", {})])
                if was.get("fates", {}).get(fate) != now.get("fates", {}).get(fate)
            }
        )
        state = "added" if not was else "changed" if now else "not built" if name in planned else "removed"
        rows.append(
            {
                "node": name,
                "state": state,
                "before": was.get("documents"),
                "after": now.get("documents"),
                "fates": fates,
            }
        )
    return rows
