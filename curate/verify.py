"""Is what is stored what the recipe's lock says it is? One line for each thing that is wrong.

Every object's identity hashes to its key, its content is that of its shards, its files are whole (by size and time, or every byte again),
the inputs are those of the lock, and the lock is a text that `curate build` would write. So are the rows of its evaluations.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from curate.artifact import Damaged, Manifest, content_of
from curate.errors import CurateError
from curate.evals import results
from curate.identity import digest, file_sha256
from curate.lock import Lock, is_written, lock_of, read_ref, recipe_digest
from curate.sources import Source, at_hand
from curate.state import State
from curate.why import reasons

if TYPE_CHECKING:
    from curate.api import Curated
    from curate.plan import Node
    from curate.store import Store


def problems(recipe: Curated, *, deep: bool = False) -> list[str]:
    """What is wrong; empty if all is well. deep: read every byte of every object and input again."""
    found: list[str] = []
    whole, state = True, State(recipe.planned, recipe.store)
    for name, node in recipe.planned.nodes.items():
        of_node = list(_node(state, name, node, deep))
        whole = whole and not of_node
        found += of_node + (list(_inputs(name, node, recipe.store)) if deep else [])
    return found + list(_lock(recipe, whole)) + list(_results(recipe, deep))


def other_text(recipe: Curated, lock: Lock) -> str:
    """What to say if a lock was written for another text of the recipe; nothing if it was written for this one."""
    names = recipe.planned.nodes
    said = [f"only the lock has {name}" for name in lock.nodes if name not in names]
    said += [f"only the recipe has {name}" for name in names if name not in lock.nodes]
    if not said and lock.resolved == recipe_digest(recipe.recipe):
        return ""
    last = read_ref(recipe.store, recipe.lock_path)
    changed = [n for n in recipe.todo() if n.name in last and last[n.name]["plan"]["self"] != n.own]
    said += [f"{n.name}: {reason}" for n in changed for reason in reasons(n, last[n.name], {})]
    what = "; ".join(said[:3]) or "`git diff` shows what was edited since the build that wrote it"
    return f"not the recipe that the lock was written for: {what}; to write a new lock, build without --locked"


def _node(state: State, name: str, node: Node, deep: bool) -> Iterator[str]:
    try:
        state.settle([node])  # in a store that never built it, what is on the remote is known by its key alone
        known = state.done.get(node.plan_key)
        key = known.key if known else state.store.planned(node.plan_key)
        if key is None:
            yield f"{name}: is not built"
            return
        manifest = state.store.check(key, deep=deep)
    except Damaged as damage:
        yield f"{name}: {damage}"
        return
    yield from (f"{name}: objects/{key}: {said}" for said in _manifest(manifest))


def _results(recipe: Curated, deep: bool) -> Iterator[str]:
    """Rows of evaluations that this recipe asked for."""
    for key, entry in results.asked_by(recipe.store, recipe.title).items():
        try:
            manifest = recipe.store.check(key, deep=deep)
            yield from (f"eval.{entry}: objects/{key}: {said}" for said in _manifest(manifest))
        except Damaged as damage:
            yield f"eval.{entry}: {damage}; evaluate again: what was answered is stored"


def _manifest(manifest: Manifest) -> Iterator[str]:
    if digest(manifest.identity) != manifest.key:
        yield "what its manifest says it was made of is not what its key says"
    if content_of(manifest.shards) != manifest.content:
        yield "its content is not that of its files"


def _inputs(name: str, node: Node, store: Store) -> Iterator[str]:
    """Files that are not what they were when they were listed, though size and time are the same."""
    files = [one for file in (node.sources.files if node.sources else ()) for one in file.each]
    files += [one.file for some in node.lists.values() for one in some]
    files += [file for some in node.benchmarks.values() for one in some for file in one.files]
    yield from (f"{name}: {Path(file.path).name}: {said}" for file in files if (said := _file(file, store)))


def _file(file: Source, store: Store) -> str:
    try:
        with at_hand(file, store) as path:  # which holds a remote file to what was listed and first read
            same = "://" in file.path or file_sha256(Path(path)) == file.sha256
        return "" if same else "its bytes are not those that were built from"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except CurateError as error:
        return error.message


def _lock(recipe: Curated, whole: bool) -> Iterator[str]:
    """What the lock says against what is listed and, if all of it is whole, against what is stored."""
    path = recipe.lock_path
    try:
        lock = Lock.read(path)
    except CurateError as error:
        yield str(error)
        return
    if not is_written(path, lock):
        yield f"{path.name}: is not as `curate build` writes it; build {recipe.title} to write it anew"
    if whole:
        differing = lock.differences(lock_of(recipe.planned, recipe.built.done))
        yield from (f"{name}: is not what the lock says" for name in differing)
        return
    for name, node in recipe.planned.nodes.items():
        listed = digest(node.sources.digests) if node.sources else None
        if name in lock.inputs and listed != lock.inputs[name].get("digest"):
            yield f"{name}: its files are not those that the lock says"
