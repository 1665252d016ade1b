"""What is installed is what stands in the tree, and nothing in the folder that a user runs from is taken for ours."""

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("curate", "curation", "eval", "mixers", "trainers")
SHIPPED = ("recipes", "profiles", "datacards")
GPU_ONLY = {"torch", "transformers", "vllm", "safetensors"}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return next(out.glob("*.whl"))


@pytest.fixture(scope="session")
def project_table() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder whose own packages have our names and must never be imported."""
    for name in PACKAGES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"raise SystemExit('imported a stranger: {name}')\n")
    return tmp_path


def files(folder: str, *suffixes: str) -> set[str]:
    return {p.relative_to(ROOT).as_posix() for p in (ROOT / folder).rglob("*") if p.is_file() and p.suffix in suffixes}


def run(folder: Path, code: str, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "CURATE_"))}
    return subprocess.run([sys.executable, "-c", code], cwd=folder, env=kept | env, capture_output=True, text=True)


def test_the_wheel_adds_five_folders_and_ships_recipes_inside_curate(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tops = {n.split("/")[0] for n in names}
    assert {t for t in tops if not t.endswith(".dist-info")} == set(PACKAGES)
    for package in PACKAGES:
        assert files(package, ".py", ".typed") <= names
        assert f"{package}/py.typed" in names
    for folder in SHIPPED:
        wanted = files(folder, ".yaml", ".lock", ".toml", ".md")
        assert {f"curate/shipped/{name}" for name in wanted} <= names
    assert not [n for n in names if "__pycache__" in n or n.startswith("tests/")]


def test_an_installed_wheel_finds_its_own_steps_from_a_folder_with_packages_of_our_names(
    wheel: Path, hostile: Path
) -> None:
    zipfile.ZipFile(wheel).extractall(hostile / "site")
    code = (
        "from curate import step\n"
        "import eval, trainers, mixers, curation\n"
        "assert [step.find(*k) for k in step.found()]\n"
        "print(step.PACKAGE)"
    )
    done = run(hostile, code, PYTHONSAFEPATH="1", PYTHONPATH=str(hostile / "site"))
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == (hostile / "site").resolve()


def test_without_a_safe_path_the_strangers_would_be_met(hostile: Path) -> None:
    assert "imported a stranger" in run(hostile, "import curation", PYTHONPATH=str(ROOT)).stderr


def test_the_command_answers_from_a_folder_with_packages_of_our_names(hostile: Path) -> None:
    code = "import sys; sys.argv = ['curate', '--help']; from curate.cli import main; main()"
    done = run(hostile, code, PYTHONSAFEPATH="1", PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stderr
    assert "build" in done.stdout


def test_eval_is_never_imported_by_its_bare_name() -> None:
    """`import eval` would hide the builtin of that name; `from eval.grading import x` hides nothing."""
    for package in (*PACKAGES, "tests", "benchmarks", "examples"):
        for name in files(package, ".py"):
            for node in ast.walk(ast.parse((ROOT / name).read_text("utf-8"))):
                bound = (
                    [a for a in node.names if a.asname is None and a.name.split(".")[0] == "eval"]
                    if isinstance(node, ast.Import)
                    else []
                )
                assert not bound, f"{name}:{bound[0].lineno} binds the name `eval`"


def test_the_base_needs_no_torch(project_table: dict[str, Any]) -> None:
    base = {canonicalize_name(Requirement(r).name) for r in project_table["dependencies"]}
    assert not base & GPU_ONLY
    installed = {canonicalize_name(d.name) for d in importlib.metadata.distributions()}
    needed, seen = list(base & installed), set(base & installed)
    while needed:
        for text in importlib.metadata.requires(needed.pop()) or []:
            requirement = Requirement(text)
            name = canonicalize_name(requirement.name)
            if name in installed - seen and (not requirement.marker or requirement.marker.evaluate({"extra": ""})):
                seen.add(name)
                needed.append(name)
    assert not seen & GPU_ONLY


def test_every_dependency_of_the_base_can_be_imported() -> None:
    """`pip check` cannot see a dependency that is met only through an extra."""
    modules = "click datasketch datatrove.executor duckdb fasteners fastwarc fasttext fsspec math_verify numba numpy orjson pebble polars"
    modules += (
        " pyarrow.parquet pydantic yaml resiliparse.extract.html2text rich tokenizers trafilatura xxhash zstandard"
    )
    done = run(ROOT, f"import {', '.join(modules.split())}")
    assert done.returncode == 0, done.stderr


def test_constraints_pin_every_dependency_exactly_and_name_no_place(project_table: dict[str, Any]) -> None:
    lines = [n for n in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if n and not n.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!_-]+", n) for n in lines)
    pinned = {canonicalize_name(n.split("==")[0]): n.split("==")[1] for n in lines}
    assert len(pinned) == len(lines)
    extras = project_table["optional-dependencies"]
    for text in (*project_table["dependencies"], *extras["train"], *extras["dev"]):
        requirement = Requirement(text)
        assert pinned[canonicalize_name(requirement.name)] in requirement.specifier, text


def test_the_version_is_said_once_more_only_where_it_is_equal(project_table: dict[str, Any]) -> None:
    import curate

    assert curate.__version__ == project_table["version"]
    assert f"version: {curate.__version__}" in (ROOT / "CITATION.cff").read_text("utf-8")
