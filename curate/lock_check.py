"""Would this code give what a lock says? Told from the lock, the recipe and the input files: nothing is built, and no object is read.

A key is the digest of a step, its code and parameters, the digests of its files, and the content of its inputs (`curate/plan.py`). A lock
says the content of every name, so each key can be computed anew from the recipe and the code as they are now. A step that was edited is
named by itself, not with all that comes after it, whose inputs are still what the lock says.

Left out: whether equal keys still give equal bytes, which only a build can tell (`curate build --locked`), and what no key follows from:
counts, and contents that nothing reads.
"""

from __future__ import annotations

from collections.abc import Iterator

from curate.errors import CurateError
from curate.identity import digest
from curate.lock import Lock, inputs_of, recipe_digest
from curate.plan import Plan
from curate.state import contents, is_ready

DIFFERS = "its step, code, parameters or files, or the steps before it, are no longer those of the lock"


def stale(plan: Plan, lock: Lock) -> list[str]:
    """What the lock says otherwise than a build of this plan would; empty if it is fresh. CurateError where files are missing."""
    for name, node in plan.nodes.items():
        if node.missing:
            raise CurateError(f"the lock cannot be checked here: {node.missing}", where=name)
    nodes = lock.nodes
    there = {name: node for name, node in plan.nodes.items() if name in nodes}
    said = {node.plan_key: nodes[name]["content"] for name, node in there.items()}
    found = []
    for name, node in plan.nodes.items():
        if name not in there:
            found.append(f"{name}: only the recipe has it")
        elif (
            not is_ready(node, said) or digest(node.key_payload(contents(node, said.__getitem__))) != nodes[name]["key"]
        ):
            found.append(f"{name}: {DIFFERS}")
    found += [f"{name}: only the lock has it" for name in nodes if name not in plan.nodes]
    inputs = inputs_of(there, said)
    for name in dict.fromkeys([*inputs, *lock.inputs]):
        if inputs.get(name) != lock.inputs.get(name):
            found.append(f"{name}: the input is not what the lock says")
    return found or list(_text(plan, lock))


def _text(plan: Plan, lock: Lock) -> Iterator[str]:
    """What else a build would write otherwise, though every key is the same."""
    if lock.recipe != plan.recipe.recipe or lock.resolved != recipe_digest(plan.recipe):
        yield "the recipe says something else than when the lock was written, though no step differs"
    elif [*lock.nodes] != [name for name in plan.nodes if name in lock.nodes]:
        yield "its lines stand in another order than the recipe's steps"
