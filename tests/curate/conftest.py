"""Servers that several test files share."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.curate import bucket, rl
from tests.curate.runs import opened
from tests.curate.slurm_cluster import Cluster, cluster, missing


@pytest.fixture(scope="session")
def s3() -> Iterator[dict[str, str]]:
    """A server that speaks the S3 protocol: the environment that leads to it."""
    with bucket.server() as place:
        yield place


@pytest.fixture
def url(s3: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """A place in an empty bucket, in an environment that leads to it."""
    for name, value in s3.items():
        monkeypatch.setenv(name, value)
    return bucket.new_bucket()


@pytest.fixture(scope="module")
def slurm() -> Iterator[Cluster]:
    """A Slurm of two nodes; the folder of its sockets has a short name."""
    if why := missing():
        pytest.skip(why)
    home = Path(tempfile.mkdtemp(prefix="slurm"))
    try:
        with cluster(home) as found:
            yield found
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def rl_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose recipe `reward` trains by reinforcement, with its mixture and its prompts built (`tests/curate/rl.py`)."""
    folder = rl.make(tmp_path_factory.mktemp("rl"))
    opened(folder, "reward").build()
    return folder


@pytest.fixture
def rl_project(project: Path, rl_template: Path) -> Path:
    """A copy of that project, which the test runs in."""
    shutil.copytree(rl_template, project, dirs_exist_ok=True)
    return project
