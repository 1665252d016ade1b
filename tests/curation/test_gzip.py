"""Gzip members of our own: read by everyone, and the same bytes on every machine."""

import gzip
import hashlib

from hypothesis import given
from hypothesis import strategies as st

from curation.gzip import member


def test_compression_is_that_of_every_other_machine() -> None:
    """It is our own arithmetic. Never change this figure."""
    text = b"".join(b"line %d of a text that repeats itself\n" % (i * i % 97) for i in range(3000))
    assert hashlib.sha256(member(text)).hexdigest()[:32] == "bb1f1019a40b736e442f052d4a4dcba0"


@given(st.binary(max_size=3000), st.integers(1, 40))
def test_gzip_members_are_read_by_everyone(piece: bytes, times: int) -> None:
    data = piece * times
    assert gzip.decompress(member(data)) == data


def test_gzip_copes_with_distances_and_lengths_at_their_limits() -> None:
    for data in (
        b"",
        b"a" * 300_000,
        bytes(range(256)) * 200,
        b"start" + b"\xff" * 32_763 + b"start",
        b"start" + b"\xff" * 40_000 + b"start",
    ):
        assert gzip.decompress(member(data)) == data
