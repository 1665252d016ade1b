"""The lock: what each name of a recipe meant, in bytes, documents and tokens. One line per name, so that git shows what changed.

`inputs` is everything that came from outside (files, language models, benchmarks), `outputs` every node and what each source gives to
the mixture. `recipes/<name>.lock` stands in the user's project, also for a recipe found in the package. The same facts with the payload of
every plan key stand in the store under `refs/`; from them `curate why` says which field changed.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate import crawls
from curate.artifact import Manifest, replace_file
from curate.canaries import rates
from curate.clauses import parse
from curate.errors import CurateError
from curate.hub import MODEL
from curate.identity import FORMAT, KEY_HEX, digest
from curate.names import reference
from curate.plan import Node, Plan
from curate.recipe import Recipe
from curate.store import Store

HEAD = "# Written by `curate build`; commit it. It says which bytes each name of the recipe meant.\n"
FROZEN = "# Written by `curate freeze`; commit it. It says which bytes each name of this version means, for good.\n"
LARGEST = 64 << 20
"""Bytes of a lock's file; one of 10,000 nodes has some 4 MiB."""
VERSION = re.compile(r"\d{4}\.\d\d\.\d\d(\.\d+)?(\.dev)?")
"""What `curate freeze` calls versions."""
FACTS = ("tokens", "windows", "seq_len", "documents")
COUNTS = ("bytes", "files", "in", "documents", "tokens", "windows", "seq_len", "available")
REFERENCE = re.compile(r"(?<![\w/.])\*")
"""What may begin an alias of YAML, which no lock of ours has."""
DATA = ("seed", "tokenizer", "models", "corpora", "mixture", "removals")
"""The parts of a recipe that decide what a build gives."""

Line = dict[str, Any]


@dataclass(frozen=True)
class Lock:
    """Inputs and outputs of a recipe's last build, or of a frozen version of it."""

    recipe: str
    inputs: dict[str, Line]
    outputs: dict[str, Line]
    resolved: str = ""
    """Digest of the recipe's text, everything inherited filled in (`recipe_digest`)."""
    version: str = ""
    published: tuple[str, ...] = ()
    """In the lock beside a published set: its configs, where it has not all of them (`curate publish --only`)."""

    @property
    def nodes(self) -> dict[str, Line]:
        """The lines of nodes: those with a key."""
        return {name: line for name, line in self.outputs.items() if "key" in line}

    @property
    def mixture(self) -> Line:
        """The line of the mixture; empty if there is none."""
        return self.outputs.get("mixture", {})

    @property
    def sources(self) -> dict[str, Line]:
        """What each source gives to the mixture: tokens available and taken, documents, epochs."""
        return {n.removeprefix("mixture/"): line for n, line in self.outputs.items() if n.startswith("mixture/")}

    def dump(self) -> str:
        """The text of the lock's file."""
        lines = [FROZEN if self.version else HEAD, f"recipe: {self.recipe}\n"]
        lines += [f"version: {json.dumps(self.version)}\n"] if self.version else []
        lines += [f"published: {json.dumps(self.published)}\n"] if self.published else []
        lines += [f"format: {FORMAT}\n", f'resolved: "{self.resolved}"\n']
        for part in ("inputs", "outputs"):
            body = [f"  {name}: {_flow(value)}\n" for name, value in getattr(self, part).items()]
            lines += [f"{part}:\n", *body] if body else [f"{part}: {{}}\n"]
        return "".join(lines)

    @classmethod
    def read(cls, path: Path) -> Lock:
        """A lock from its file. CurateError if there is none or it is not a lock."""
        try:
            if path.stat().st_size > LARGEST:
                raise CurateError(f"is larger than {LARGEST >> 20} MiB, which no lock is", where=path.name)
            return cls.parse(path.read_text("utf-8"), path.name)
        except FileNotFoundError:
            raise CurateError("there is no lock yet; `curate build` writes it", where=path.name) from None
        except (OSError, UnicodeDecodeError):
            raise CurateError("is not a lock; restore it from git, or delete it and build", where=path.name) from None

    @classmethod
    def parse(cls, text: str, where: str) -> Lock:
        """A lock from its text. CurateError if it is none, or was written by another version of curate."""
        import yaml

        try:
            if REFERENCE.search(text) and any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
                raise ValueError("an alias, of which a few make a lock of any size")
            content = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  (safe both)
            if "nodes" in content and "outputs" not in content:
                raise CurateError("was written by an older curate; `curate build` writes it anew", where=where)
            inputs, outputs = (dict(_lines(content[part] or {})) for part in ("inputs", "outputs"))
            recipe, resolved, version = (content.get(k, "") for k in ("recipe", "resolved", "version"))
            published = tuple(content.get("published", ()))
            if not all(isinstance(said, str) for said in (recipe, resolved, version, *published)):
                raise TypeError
            return cls(recipe, inputs, outputs, resolved, version, published)
        except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError, RecursionError):
            raise CurateError("is not a lock; restore it from git, or delete it and build", where=where) from None

    def differences(self, other: Lock) -> list[str]:
        """Names whose bytes differ, or that only one of them has."""
        names = dict.fromkeys([*self.outputs, *other.outputs, *self.inputs, *other.inputs])
        return [n for n in names if _meaning(self, n) != _meaning(other, n)]


def _lines(part: Any) -> Iterator[tuple[str, Line]]:
    """The lines of one part, each checked for its shape. TypeError for anything else."""
    for name, line in part.items():
        fates = line.get("fates", {})
        counts = [*fates.values(), *(line[c] for c in COUNTS if c in line)]
        words = [name, *fates, *line, *(line[c] for c in ("key", "content", "digest") if c in line)]
        words += [line.get("content")] if "key" in line else []
        if not all(isinstance(n, int) for n in counts) or not all(isinstance(w, str) for w in words):
            raise TypeError
        yield name, line


def _meaning(lock: Lock, name: str) -> Line:
    """All that a lock says of a name but its key: a changed step that gives the same bytes means the same."""
    return {**{k: v for k, v in lock.outputs.get(name, {}).items() if k != "key"}, "input": lock.inputs.get(name)}


def _flow(value: Line) -> str:
    return "{" + ", ".join(f"{k}: {json.dumps(v, ensure_ascii=False)}" for k, v in value.items()) + "}"


def recipe_digest(recipe: Recipe) -> str:
    """Digest of what a recipe says about its data; the way a clause is written, and where files lie, do not matter."""
    whole = recipe.resolved()
    for corpus in whole.get("corpora", {}).values():
        if any(not file.startswith("embedded:") for file in corpus.get("files", ())):
            corpus["files"] = [file for file in corpus["files"] if file.startswith("embedded:")]
    whole |= {"removals": [Path(file).name for file in whole["removals"]]} if whole.get("removals") else {}
    for model in whole.get("models", {}).values():
        if model.get("fit") == "pretrained" and not model.get("id"):
            model["files"] = [Path(file).name for file in model.get("files", ())]
    for step in (step for corpus in whole.get("corpora", {}).values() for step in corpus.get("steps", ())):
        if isinstance(step.get("keep"), dict):
            step["keep"] = [[name, parse(text).canonical] for name, text in step["keep"].items()]
    if isinstance(said := whole.get("tokenizer"), str) and not reference(said) and not MODEL.fullmatch(said):
        whole["tokenizer"] = "files"
    return digest({key: whole[key] for key in DATA if key in whole})


def lock_of(plan: Plan, done: dict[str, Manifest]) -> Lock:
    """The lock of what is built of a plan."""
    built = {name: node for name, node in plan.nodes.items() if node.plan_key in done}
    inputs = inputs_of(built, {plan_key: manifest.content for plan_key, manifest in done.items()})
    outputs: dict[str, Line] = {}
    for name, node in built.items():
        manifest = done[node.plan_key]
        outputs[name] = _line(node, manifest)
        if name == "mixture":
            outputs[name] |= {k: manifest.facts[k] for k in FACTS if k in manifest.facts}
            outputs |= {f"mixture/{source}": line for source, line in _sources(manifest.facts)}
    return Lock(plan.recipe.recipe, inputs, outputs, recipe_digest(plan.recipe))


def inputs_of(nodes: dict[str, Node], contents: dict[str, str]) -> dict[str, Line]:
    """The lines of all that these nodes take from outside. contents: by plan key, of what is built."""
    inputs: dict[str, Line] = {}
    for name, node in nodes.items():
        for title, line in _inputs(name, node, contents):
            inputs[title if inputs.get(title, line) == line else f"{title} ({name})"] = line
    return inputs


def _inputs(name: str, node: Node, contents: dict[str, str]) -> Iterator[tuple[str, Line]]:
    """What a node takes from outside: its files, the language models that it asks, the benchmarks that it looks for, its lists."""
    if node.sources:
        files = node.sources.files
        nominal = any(
            f.path.startswith(crawls.SCHEME) for f in files
        )  # and another where a part of the archive is a folder
        size = {} if nominal else {"bytes": sum(f.bytes for f in files)}
        yield name, {"files": len(files), **size, "digest": digest(node.sources.digests)}
    for parameter, identity in node.own.get("models", {}).items():
        said = {k: v for k, v in identity.items() if isinstance(v, str)}
        yield f"models/{node.params[parameter]}", {**said, "digest": digest(identity)}
    known = {title: contents[other.plan_key] for title, other in node.others if other.plan_key in contents}
    for benchmark in (one for some in node.benchmarks.values() for one in some):
        made = [known[title] for title in benchmark.made_by if title in known]
        yield f"benchmarks/{benchmark.name}", {"digest": digest([benchmark.identity, made])}
    for one in (one for some in node.lists.values() for one in some):
        yield f"lists/{one.name}", {"bytes": one.file.bytes, "digest": one.file.sha256[:KEY_HEX]}


def _line(node: Node, manifest: Manifest) -> Line:
    if node.makes_files:
        return {"key": manifest.key, "content": manifest.content, "bytes": manifest.bytes}
    return {
        "key": manifest.key,
        "content": manifest.content,
        "in": manifest.rows_in,
        "documents": manifest.rows,
        **({"fates": manifest.fates} if manifest.fates else {}),
        **({"canaries": rates(planted)} if (planted := manifest.facts.get("canaries")) else {}),
        **({"counts": counted} if (counted := manifest.facts.get("counts")) else {}),
    }


def _sources(facts: dict[str, Any]) -> Iterator[tuple[str, Line]]:
    for source, line in facts.get("sources", {}).items():
        yield (
            source,
            {
                "available": line["available"]["tokens"],
                "tokens": line["tokens"],
                "documents": line["documents"],
                "epochs": line["epochs"],
            },
        )


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


def frozen_beside(path: Path) -> list[Path]:
    """Locks of the frozen versions of a recipe, by its lock, oldest first; none of recipes whose names begin as its own does."""
    versions = {one.stem.removeprefix(f"{path.stem}-"): one for one in path.parent.glob(f"{path.stem}-*.lock")}
    names = sorted((name for name in versions if VERSION.fullmatch(name)), key=_numbers)
    return [versions[name] for name in names]


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def is_written(path: Path, lock: Lock) -> bool:
    """Whether the file says this already."""
    return path.is_file() and path.read_text("utf-8") == lock.dump()


def write_lock(path: Path, lock: Lock) -> bool:
    """Write the lock if it says something new; whether it did. What builds left that were killed at this is deleted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone_in(path.parent) as alone:
        for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp") if alone else ():
            with contextlib.suppress(OSError):
                left.unlink()
        if is_written(path, lock):
            return False
        replace_file(path, lock.dump().encode())
    return True


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[bool]:
    """Let no other build write locks in a folder meanwhile. Whether that can be had: a network's file system may lock no folders."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:
            yield False
            return
        yield True
    finally:
        os.close(descriptor)
