"""Would this code give what a lock says? Told from the lock alone: nothing is built, and no store is asked.

A key is the digest of a step, its code and parameters, and the content of its inputs (`curate/plan.py`). A lock says the content of every
name, so each key can be computed anew from the recipe and the code as they are now. A step that differs is named by itself, not with all
that comes after it, whose inputs are still what the lock says.

Left out: whether a step still gives the same bytes for the same key, which only a build can tell (`curate build --locked`).
"""

from __future__ import annotations

from collections.abc import Iterator

from curate.identity import digest
from curate.lock import Line, Lock, add_inputs, recipe_digest
from curate.plan import Plan
from curate.state import contents, parts


def stale(plan: Plan, lock: Lock) -> list[str]:
    """What the lock says otherwise than a build of this plan would; empty if it is fresh."""
    return list(_stale(plan, lock))


def _stale(plan: Plan, lock: Lock) -> Iterator[str]:
    said = {node.plan_key: str(lock.nodes[name]["content"]) for name, node in plan.nodes.items() if name in lock.nodes}
    inputs: dict[str, Line] = {}
    changed = False
    for name, node in plan.nodes.items():
        add_inputs(inputs, name, node, said)
        if name not in lock.nodes:
            yield f"{name}: only the recipe has it"
        elif all(part.plan_key in said for source in node.inputs for part in parts(source)):
            if digest(node.key_payload(contents(node, said))) == lock.nodes[name]["key"]:
                continue
            yield f"{name}: its step, its code, its parameters or its files are no longer those of the lock"
        changed = True
    yield from (f"{name}: only the lock has it" for name in lock.nodes if name not in plan.nodes)
    for title in dict.fromkeys([*inputs, *lock.inputs]):
        if inputs.get(title) != lock.inputs.get(title):
            yield f"{title}: the input is not what the lock says"
    if not changed and lock.resolved != recipe_digest(plan.recipe):
        yield "the recipe says something else than it did, though no step differs"
