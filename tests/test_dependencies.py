"""What we depend on: every version is pinned, nothing comes from an address, and each license is one that we have looked at.

What needs the network, the database of known vulnerabilities, is `make audit`.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.audit import told

ROOT = Path(__file__).resolve().parent.parent
UNPINNED = {
    "setuptools": "is the environment's own, as pip is",
    "vllm": "is CUDA only and brings its own numpy and numba (constraints.txt)",
}
OF_TORCH = re.compile(r"(nvidia|cuda)-|triton$")
"""Come with builds of torch for CUDA, in the versions that it names."""
LICENSES = {
    "Apache-2.0": "permissive; asks for its notice, and grants patents",
    "BSD-2-Clause": "permissive",
    "BSL-1.0": "permissive; of parts of torch",
    "BSD-3-Clause": "permissive",
    "0BSD": "permissive",
    "CNRI-Python": "permissive; of regex, whose code began in Python",
    "CC0-1.0": "no conditions; of parts of numpy",
    "ISC": "permissive",
    "LGPL": "of pebble, which is imported unchanged and can be replaced: its condition",
    "MIT": "permissive",
    "MIT-0": "permissive",
    "MIT-CMU": "permissive; of pillow",
    "MPL-1.1": "of tld: its files stay under it; imported unchanged",
    "MPL-2.0": "its files stay under it; imported unchanged",
    "PSF-2.0": "permissive; Python's own",
    "Unlicense": "no conditions",
    "Zlib": "permissive",
}
"""License -> why a dependency may have it."""
SPELLED = {
    "Apache Software License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache 2.0 License": "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "GNU Library or Lesser General Public License (LGPL)": "LGPL",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "zlib/libpng License": "Zlib",
}
"""What classifiers and old fields say, as SPDX says it."""


def project() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return table


def requirements() -> list[Requirement]:
    """All that we name, of every extra."""
    table = project()
    return [
        Requirement(text) for some in (table["dependencies"], *table["optional-dependencies"].values()) for text in some
    ]


def pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def needed() -> Iterator[tuple[Requirement, importlib.metadata.Distribution | None]]:
    """Every requirement that is met here, of ours, of those, and so on, with what meets it; None for an extra that is not installed."""
    todo, seen = requirements(), set[tuple[str, str]]()
    while todo:
        one = todo.pop()
        name = canonicalize_name(one.name)
        if (name, ",".join(sorted(one.extras))) in seen:
            continue
        seen.add((name, ",".join(sorted(one.extras))))
        try:
            found = importlib.metadata.distribution(one.name)
        except importlib.metadata.PackageNotFoundError:
            yield one, None
            continue
        yield one, found
        for text in found.requires or ():
            further = Requirement(text)
            if not further.marker or any(further.marker.evaluate({"extra": extra}) for extra in ("", *one.extras)):
                todo.append(further)


def test_every_dependency_of_every_extra_is_pinned_and_what_is_here_is_that_version() -> None:
    pins = pinned()
    wrong = []
    for one, found in needed():
        name = canonicalize_name(one.name)
        if name in UNPINNED or OF_TORCH.match(name):
            continue
        version = pins.get(name)
        if version is None:
            wrong.append(f"{one} is not pinned")
        elif found and found.version.partition("+")[0] != version:
            wrong.append(f"{name} is {found.version}, and {version} is pinned")
    assert wrong == []


def test_no_dependency_comes_from_an_address() -> None:
    assert [str(one) for one, _ in needed() if one.url] == []
    for _, found in needed():
        said = found.read_text("direct_url.json") if found else None
        assert not said or "dir_info" in json.loads(said), f"{found and found.name} was installed from {said}"
    for path in [ROOT / "constraints.txt", *(ROOT / "tests").glob("*.txt")]:
        lines = [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
        assert [line for line in lines if "://" in line or line.startswith("-")] == [], path


def bare(text: str) -> str:
    """A part of an expression without what brackets it."""
    text = text.strip()
    return text[1:-1] if text.startswith("(") and text.endswith(")") else text


def licenses(found: importlib.metadata.Distribution) -> set[str]:
    """What a distribution says of its license, in names of SPDX; all that hold, or the one that we chose."""
    facts = found.metadata
    said = facts.get("License-Expression") or ""
    if not said:
        classified = [
            text.split(" :: ")[-1] for text in facts.get_all("Classifier") or () if text.startswith("License ::")
        ]
        said = (
            " AND ".join(one for one in classified if one != "OSI Approved")
            or (facts.get("License") or "").strip().split("\n")[0]
        )
    parts = {SPELLED.get(bare(part), bare(part)) for part in re.split(r" AND ", said)}
    chosen = {part for part in parts if " OR " not in part}
    for either in parts - chosen:
        known = [SPELLED.get(bare(one), bare(one)) for one in either.split(" OR ")]
        chosen.add(next((one for one in known if one in LICENSES), either))
    return chosen


def test_every_license_is_one_that_was_looked_at() -> None:
    wrong = []
    for one, found in needed():
        if found and not OF_TORCH.match(canonicalize_name(one.name)):
            wrong += [f"{found.name} {found.version}: {name!r}" for name in licenses(found) - {*LICENSES}]
    assert wrong == []


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        ([{"name": "a", "version": "1", "vulns": []}], 0, "1 of 1 versions were looked up, and no known vulnerability"),
        (
            [{"name": "a", "skip_reason": "not found"}],
            3,
            "NOT AUDITED: the database could not be asked about any of 1 versions",
        ),
        ([{"name": "a", "version": "1", "vulns": [{"id": "X-1", "fix_versions": ["2"]}]}], 1, "a 1: X-1, mended in 2"),
        ([{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "x"}], 0, "not looked up: b"),
        ([], 3, "NOT AUDITED"),
    ],
)
def test_an_audit_that_asked_nobody_says_so(said: list[dict[str, Any]], code: int, words: str) -> None:
    lines, found = told(said)
    assert found == code
    assert words in "\n".join(lines)
