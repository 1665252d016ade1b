"""What a step's code is: the digest of what runs, not of what is written about it.

A code digest sees the source with comments, docstrings and blank lines cut out, of a module and of every first-party module it imports in
any form. They are cut out of the text by position, not printed from a syntax tree or from tokens, because those two differ between Python
versions. Data files (`files=`) count by their bytes, libraries (`uses=`) by their version.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import importlib.metadata
import io
import json
import os
import re
import time
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.artifact import replace_file
from curate.errors import CurateError
from curate.identity import KEY_HEX, file_sha256

PACKAGE = Path(__file__).resolve().parent.parent
"""The folder that holds `curation/`, `mixers/` and the other first-party packages."""
FIRST_PARTY = ("curation", "mixers", "eval", "trainers")
LIBRARIES = ("polars", "pyarrow", "numpy", "duckdb")
"""Libraries whose versions every node must have; Ray compares its own and Python's."""
SETTLED = 2_000_000_000
"""Nanoseconds after which another change of a folder is sure to give it another time."""


@functools.lru_cache(maxsize=1024)
def stripped(source: str) -> str:
    """Python source without comments, docstrings and blank lines; text inside string literals is untouched.

    Equal on every supported Python: `tokenize` only says where comments are, `ast` only where docstrings and long strings are.
    """
    source = source.replace("\r\n", "\n")
    nodes = _nodes(source)
    lines = source.split("\n")
    source_lines = list(lines)
    for row, column in _comments(source):
        lines[row - 1] = lines[row - 1][:column]
    literal = {n for node in nodes if _is_text(node) for n in range(node.lineno, node.end_lineno)}  # type: ignore[attr-defined]
    dropped: set[int] = set()
    for node in _docstrings(nodes):
        last = node.end_lineno or node.lineno
        before = source_lines[node.lineno - 1].encode()[: node.col_offset]
        after = lines[last - 1].encode()[node.end_col_offset :]
        if not before.strip() and not after.strip():  # nothing else stands on its lines
            dropped.update(range(node.lineno, last + 1))
    kept = []
    for number, line in enumerate(lines, 1):
        if number in dropped:
            continue
        text = line if number in literal else line.rstrip()
        if text or number in literal:
            kept.append(text)
    return "\n".join(kept)


@functools.lru_cache(maxsize=1)
def _nodes(source: str) -> list[ast.AST]:
    """Every node of a source's syntax tree, once for all who look through the same one. SyntaxError if it is not Python."""
    return list(ast.walk(ast.parse(source)))


def _comments(source: str) -> Iterator[tuple[int, int]]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))


_BLOCKS = (
    ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.For, ast.AsyncFor, ast.While, ast.If, ast.With, ast.AsyncWith,
    ast.Try, ast.TryStar, ast.ExceptHandler, ast.match_case,
)  # fmt: skip
"""What has statements for a body."""


def _docstrings(nodes: Iterable[ast.AST]) -> Iterator[ast.Expr]:
    """Docstrings that stand on lines of their own, and strings after an assignment (attribute docs)."""
    for node in nodes:
        if not isinstance(node, _BLOCKS):
            continue
        for statement in node.body:
            value = getattr(statement, "value", None)
            if isinstance(statement, ast.Expr) and isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield statement


def imports(source: str, module: str) -> set[str]:
    """Dotted names that a module's source imports in any form: statements anywhere in it, relative ones, and literal dotted names of
    first-party modules in strings (`importlib.import_module("curation.text")`)."""
    package = module.rpartition(".")[0]
    names: set[str] = set()
    for node in _nodes(source):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            origin = ".".join(part for part in (base, node.module or "") if part)
            names.add(origin)
            names.update(f"{origin}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _DOTTED.fullmatch(node.value):
            names.add(node.value)
    return names


_DOTTED = re.compile(rf"(?:{'|'.join(FIRST_PARTY)})(?:\.\w+)+")


def _module_file(name: str, roots: tuple[Path, ...]) -> Path | None:
    """The file of a first-party module, or None for packages' folders without code and for everything else."""
    *above, last = name.split(".")
    for root in roots:
        folder = os.path.join(root, *above)
        names = _names_in(folder)
        for found in (f"{last}.py", f"{last}/__init__.py"):
            if found.partition("/")[0] in names and os.path.isfile(os.path.join(folder, found)):
                return Path(folder, found)
    return None


def _names_in(folder: str) -> frozenset[str]:
    """What stands in a folder now; nothing if there is none. Most names that code imports are of no module, and are told apart by this."""
    try:
        changed = os.stat(folder).st_mtime_ns
        if time.time_ns() - changed < SETTLED:
            return frozenset(os.listdir(folder))
        return _listed(folder, changed)
    except (OSError, ValueError):  # a name with a null character
        return frozenset()


@functools.lru_cache(maxsize=1024)
def _listed(folder: str, _: int) -> frozenset[str]:
    return frozenset(os.listdir(folder))


@dataclass(frozen=True)
class Facts:
    """What there is to know of one source file: the digest of what runs, and what it imports."""

    digest: str
    imports: frozenset[str]


_facts: dict[str, Facts] = {}
_known: dict[str, Any] = {}
"""What an earlier process found out, by file, module, time and size. Parsing all steps of a recipe takes half a second."""


def remember(path: Path) -> None:
    """Read what earlier processes found out; `save` adds to it."""
    with contextlib.suppress(OSError, ValueError):
        _known.update(json.loads(path.read_text("utf-8")))


def save(path: Path) -> None:
    """Write what this process found out, if that is news. Best effort: a read-only store can still be looked at."""
    news = {mark: [facts.digest, sorted(facts.imports)] for mark, facts in _facts.items()}
    if any(mark not in _known for mark in news):
        _known.update(news)
        with contextlib.suppress(OSError):
            replace_file(path, json.dumps(news).encode(), durable=False)


def facts_of(path: Path, module: str) -> Facts:
    """Facts of a file as it stands now. CurateError if it is not Python."""
    stat = os.stat(path)
    mark = f"{path}\0{module}\0{stat.st_mtime_ns}\0{stat.st_size}"
    if mark not in _facts:
        try:
            if mark in _known:
                known = _known[mark]
                _facts[mark] = Facts(str(known[0]), frozenset(known[1]))
            else:
                text = path.read_text("utf-8")
                _facts[mark] = Facts(
                    hashlib.sha256(stripped(text).encode()).hexdigest()[:KEY_HEX], frozenset(imports(text, module))
                )
        except (SyntaxError, tokenize.TokenError, UnicodeDecodeError) as error:
            raise CurateError(f"not valid Python: {error}", where=path.name) from error
    return _facts[mark]


def code_files(path: Path, module: str, project: Path | None = None) -> dict[str, Path]:
    """A module and every first-party module it reaches, by dotted name: what its code digest covers."""
    reached = {module: path}
    todo = [module]
    steps = project / "steps" if project else None
    own_roots = (steps,) if steps and steps.is_dir() else ()
    while todo:
        name = todo.pop()
        for wanted in sorted(facts_of(reached[name], name).imports):
            top = wanted.partition(".")[0]
            own = own_roots if top != "curate" else ()
            file = _module_file(wanted, (PACKAGE,) if top in FIRST_PARTY else own)
            if file is not None and wanted not in reached and file not in reached.values():
                reached[wanted] = file
                todo.append(wanted)
    return reached


def code_digest(
    path: Path,
    module: str,
    *,
    project: Path | None = None,
    files: Iterable[str] = (),
    uses: Iterable[str] = (),
    version: str | None = None,
) -> dict[str, Any]:
    """What a step's code is, field by field, so that a difference can be named: modules, data files, library versions.

    `version` replaces the modules' digests for costly steps. Relative names only: no path of this machine enters.
    """
    data: dict[str, str] = {}
    for pattern in files:
        found = sorted(file for file in path.parent.glob(pattern) if file.is_file())
        if not found:
            raise CurateError(f"files= names {pattern!r}, which does not exist beside the step", where=path.name)
        for file in found:
            code = file.suffix == ".py"
            data[str(file.relative_to(path.parent))] = facts_of(file, file.stem).digest if code else file_sha256(file)
    reached = code_files(path, module, project)
    modules = {name: facts_of(file, name).digest for name, file in sorted(reached.items())}
    return {
        "modules": {"version": version} if version is not None else modules,
        "files": data,
        "uses": {name: _version(name) for name in sorted(uses)},
    }


@functools.cache
def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        raise CurateError(f"uses= names {distribution!r}, which is not installed") from None


@functools.cache
def code_here() -> str:
    """Digest of all that decides which bytes are made: the code of the packages, and versions of libraries."""
    found = hashlib.sha256()
    for folder in ("curate", *FIRST_PARTY):
        for path in sorted((PACKAGE / folder).rglob("*.py")):
            found.update(f"{path.relative_to(PACKAGE)}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    found.update("\n".join(map(importlib.metadata.version, LIBRARIES)).encode())
    return found.hexdigest()
