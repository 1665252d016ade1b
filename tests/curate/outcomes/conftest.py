"""The project of `many.py`, with all that a comparison needs trained."""

import shutil
from pathlib import Path

import pytest

from tests.curate.outcomes import many
from tests.curate.runs import opened


@pytest.fixture(scope="session")
def trained_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, all runs of `many`, `better`, `same` and `branch` trained."""
    folder = many.make(tmp_path_factory.mktemp("many"))
    opened(folder, "many").compare("better", "same", "branch", build=True)
    return folder


@pytest.fixture
def trained(project: Path, trained_template: Path) -> Path:
    """A copy of that project, which the test runs in."""
    shutil.copytree(trained_template, project, dirs_exist_ok=True)
    return project
