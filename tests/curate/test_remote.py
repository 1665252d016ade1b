"""A store with a bucket behind it, on a real S3-protocol server: a second checkout, damage, races, kills."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.curate import bucket
from tests.curate.corpus import contents, make_project, open_small


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    with bucket.server() as place:
        yield place


@pytest.fixture(autouse=True)
def url(s3: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in s3.items():
        monkeypatch.setenv(name, value)
    return bucket.new_bucket()


@pytest.fixture
def pushed(tmp_path: Path, url: str) -> Path:
    folder = tmp_path / "a"
    folder.mkdir()
    recipe = open_small(make_project(folder), remote=url)
    recipe.build()
    assert recipe.push()["drift"] == []
    return folder


def test_a_second_checkout_ends_with_the_same_digests_and_runs_no_step(pushed: Path, tmp_path: Path, url: str) -> None:
    other = open_small(bucket.copy(pushed, tmp_path / "b"), remote=url)
    result = other.build(locked=True)
    assert result["ran"] == []
    assert contents(other) == contents(open_small(pushed))
    assert (tmp_path / "b/recipes/small.lock").read_bytes() == (pushed / "recipes/small.lock").read_bytes()
