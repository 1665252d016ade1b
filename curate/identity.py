"""Identity is content: canonical JSON, digests, and the digest of a step's code.

Nothing that fingerprints may be unstable: NaN, infinities, sets, and objects that JSON does not know are refused instead of being turned
into strings. A code digest sees the source with comments, docstrings and blank lines cut out, of a module and of every first-party module
it imports in any form. It is cut out of the text by position, not printed from a syntax tree or from tokens, because those two differ
between Python versions. The kernel itself (`curate/`) is not digested: it has one number, `FORMAT`, raised by hand when it changes what
a build gives.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.metadata
import io
import json
import os
import re
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from curate.errors import CurateError

FORMAT = 1
"""Raised by hand whenever the kernel changes the bytes or the meaning of an artifact."""
KEY_HEX = 32
"""Hexadecimal digits of a key: 128 bits of SHA-256."""

PACKAGE = Path(__file__).resolve().parent.parent
FIRST_PARTY = ("curation", "mixers", "eval", "trainers")


def canonical(value: Any) -> bytes:
    """The one JSON text of a value: sorted keys, no white space, UTF-8. TypeError or ValueError for what JSON cannot say exactly."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(value: Any) -> str:
    """128 bits of the SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()[:KEY_HEX]


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stripped(source: str) -> str:
    """Python source without comments, docstrings and blank lines; text inside string literals is untouched.

    Equal on every supported Python: `tokenize` only says where comments are, `ast` only where docstrings and long strings are.
    """
    source = source.replace("\r\n", "\n")
    tree = ast.parse(source)
    lines = source.split("\n")
    for row, column in _comments(source):
        lines[row - 1] = lines[row - 1][:column]
    literal = {n for node in ast.walk(tree) if _is_text(node) for n in range(node.lineno, node.end_lineno)}  # type: ignore[attr-defined]
    dropped: set[int] = set()
    for node in _docstrings(tree):
        dropped.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    kept = []
    for number, line in enumerate(lines, 1):
        if number in dropped:
            continue
        text = line if number in literal else line.rstrip()
        if text or number in literal:
            kept.append(text)
    return "\n".join(kept)


def _comments(source: str) -> Iterator[tuple[int, int]]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))


def _docstrings(tree: ast.Module) -> Iterator[ast.Expr]:
    """Docstrings that stand on lines of their own, and strings after an assignment (attribute docs)."""
    for node in ast.walk(tree):
        for statement in getattr(node, "body", []) if not isinstance(node, ast.Lambda | ast.IfExp) else []:
            value = getattr(statement, "value", None)
            if isinstance(statement, ast.Expr) and isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield statement


def imports(source: str, module: str) -> set[str]:
    """Dotted names that a module's source imports in any form: statements anywhere in it, relative ones, and literal dotted names of
    first-party modules in strings (`importlib.import_module("curation.text")`)."""
    package = module.rpartition(".")[0]
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
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
    parts = name.split(".")
    for root in roots:
        path = root.joinpath(*parts)
        for candidate in (path.with_suffix(".py"), path / "__init__.py"):
            if candidate.is_file():
                return candidate
    return None


def code_files(path: Path, module: str, project: Path | None = None) -> dict[str, Path]:
    """A module and every first-party module it reaches, by dotted name: what its code digest covers."""
    reached = {module: path}
    todo = [module]
    while todo:
        name = todo.pop()
        for wanted in imports(reached[name].read_text("utf-8"), name):
            own = (project / "steps",) if project else ()
            top = wanted.split(".")[0]
            roots = (PACKAGE,) if top in FIRST_PARTY else own if top not in ("curate",) else ()
            file = _module_file(wanted, roots)
            if file is not None and wanted not in reached and file not in reached.values():
                reached[wanted] = file
                todo.append(wanted)
    return reached


@functools.cache
def _stripped_digest(path: str, mtime_ns: int, size: int) -> str:
    try:
        text = Path(path).read_text("utf-8")
        return hashlib.sha256(stripped(text).encode()).hexdigest()[:KEY_HEX]
    except (SyntaxError, tokenize.TokenError, UnicodeDecodeError) as error:
        raise CurateError(f"not valid Python: {error}", where=path) from error


def source_digest(path: Path) -> str:
    """Digest of one file of Python, remembered while it does not change."""
    stat = os.stat(path)
    return _stripped_digest(str(path), stat.st_mtime_ns, stat.st_size)


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
    data = {
        str(found.relative_to(path.parent)): file_sha256(found)
        for pattern in files
        for found in sorted(path.parent.glob(pattern))
        if found.is_file()
    }
    for pattern in files:
        if not any(path.parent.glob(pattern)):
            raise CurateError(f"files= names {pattern!r}, which does not exist beside the step", where=str(path))
    modules = {name: source_digest(file) for name, file in sorted(code_files(path, module, project).items())}
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
