"""The lock: what each name of a recipe meant, in bytes, documents and tokens. One line per node, so that git shows what changed.

`recipes/<name>.lock` stands in the user's project, also for a recipe found in the package. The same facts with the payload of every plan
key stand in the store under `refs/`; from them `curate why` says which field changed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.artifact import Manifest, replace_file
from curate.errors import CurateError
from curate.identity import FORMAT, digest
from curate.plan import Node, Plan
from curate.store import Store

HEAD = "# Written by `curate build`; commit it. It says which bytes each name of the recipe meant.\n"


@dataclass(frozen=True)
class Lock:
    """Inputs and outputs of a recipe's last build."""

    recipe: str
    inputs: dict[str, dict[str, Any]]
    nodes: dict[str, dict[str, Any]]
    mixture: dict[str, Any]

    def dump(self) -> str:
        lines = [HEAD, f"recipe: {self.recipe}\n", f"format: {FORMAT}\n", "inputs:\n"]
        lines += [f"  {name}: {_flow(value)}\n" for name, value in self.inputs.items()]
        lines += ["nodes:\n", *[f"  {name}: {_flow(value)}\n" for name, value in self.nodes.items()]]
        lines += [f"mixture: {_flow(self.mixture)}\n"] if self.mixture else []
        return "".join(lines)

    @classmethod
    def read(cls, path: Path) -> Lock:
        """A lock from its file. CurateError if there is none or it is not a lock."""
        import yaml

        try:
            content = yaml.safe_load(path.read_text("utf-8"))
            return cls(content["recipe"], content["inputs"] or {}, content["nodes"] or {}, content.get("mixture") or {})
        except FileNotFoundError:
            raise CurateError("there is no lock yet; `curate build` writes it", where=path.name) from None
        except (yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError):
            raise CurateError("is not a lock; restore it from git, or delete it and build", where=path.name) from None

    def differences(self, other: Lock) -> list[str]:
        """Names whose bytes differ, or that only one of them has."""
        names = dict.fromkeys([*self.nodes, *other.nodes])
        return [n for n in names if _meaning(self, n) != _meaning(other, n)]


def _meaning(lock: Lock, name: str) -> dict[str, Any]:
    """All that a lock says of a node but its key: a changed step that gives the same bytes means the same."""
    return {**{k: v for k, v in lock.nodes.get(name, {}).items() if k != "key"}, "input": lock.inputs.get(name)}


def _flow(value: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{k}: {json.dumps(v, ensure_ascii=False)}" for k, v in value.items()) + "}"


def lock_of(plan: Plan, done: dict[str, Manifest]) -> Lock:
    """The lock of what is built of a plan."""
    inputs, nodes, mixture = {}, {}, {}
    for name, node in plan.nodes.items():
        manifest = done.get(node.plan_key)
        if manifest is None:
            continue
        if node.sources:
            files = node.sources.files
            inputs[name] = {
                "files": len(files),
                "bytes": sum(f.bytes for f in files),
                "digest": digest(node.sources.digests),
            }
        nodes[name] = _line(node, manifest)
        if name == "mixture":
            mixture = {k: v for k, v in manifest.facts.items() if isinstance(v, int | float | str) and k in FACTS}
    return Lock(plan.recipe.recipe, inputs, nodes, mixture)


FACTS = ("tokens", "windows", "seq_len", "documents", "tokenizer")


def _line(node: Node, manifest: Manifest) -> dict[str, Any]:
    if node.makes_files:
        return {"key": manifest.key, "content": manifest.content, "bytes": manifest.bytes}
    return {
        "key": manifest.key,
        "content": manifest.content,
        "documents": manifest.rows,
        **({"fates": manifest.fates} if manifest.fates else {}),
    }


# what the names meant at the last build, with payloads


def ref_name(title: str, path: Path) -> str:
    """A name in a store that all projects share: a title, and a mark of the place it has in its project."""
    return f"{title.replace('/', '.')}-{digest(str(path.absolute()))[:12]}"


def ref_path(store: Store, lock: Path) -> Path:
    """Where a store keeps what the recipe of this lock meant."""
    return store.root / "refs" / f"{ref_name(lock.stem, lock)}.json"


def read_ref(store: Store, lock: Path) -> dict[str, dict[str, Any]]:
    """Name -> {plan, key, documents} of the last build of the recipe with this lock; empty before the first."""
    try:
        return dict(json.loads(ref_path(store, lock).read_text("utf-8"))["nodes"])
    except (FileNotFoundError, ValueError, KeyError):
        return {}


def write_ref(store: Store, plan: Plan, lock: Path, done: dict[str, Manifest], before: dict[str, Any]) -> None:
    """Note what the names mean now; of nodes that were not built this time, what they meant before."""
    nodes = {
        name: {
            "plan": node.plan_payload,
            "plan_key": node.plan_key,
            "key": done[node.plan_key].key,
            "documents": done[node.plan_key].rows,
        }
        for name, node in plan.nodes.items()
        if node.plan_key in done
    }
    kept = {name: old for name, old in before.items() if name in plan.nodes and name not in nodes}
    payload = {"recipe": plan.recipe.recipe, "lock": str(lock.absolute()), "nodes": {**kept, **nodes}}
    if read_ref(store, lock) != payload["nodes"]:
        replace_file(ref_path(store, lock), json.dumps(payload, sort_keys=True).encode())


def is_written(path: Path, lock: Lock) -> bool:
    """Whether the file says this already."""
    return path.is_file() and path.read_text("utf-8") == lock.dump()


def write_lock(path: Path, lock: Lock) -> bool:
    """Write the lock if it says something new; whether it did."""
    if is_written(path, lock):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, lock.dump().encode())
    return True
