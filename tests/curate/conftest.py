"""Servers that several test files share."""

from collections.abc import Iterator

import pytest

from tests.curate import bucket


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
