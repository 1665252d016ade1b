"""Files of the phases of `minhash`: what they take of the disk, and what they say when it is full."""

import errno
from pathlib import Path

import numpy as np
import pytest

from curate.errors import failing
from curation.dedup._files import append, reserve


def test_what_is_written_through_memory_has_its_room_before(tmp_path: Path) -> None:
    for count, holes in ((100_000, False), (100_000, True), (0, False)):
        reserve(tmp_path / "file", np.int64, count, holes=holes)
        said = (tmp_path / "file").stat()
        assert said.st_size == max(1, count) * 8
        assert (said.st_blocks * 512 >= said.st_size) is not holes
        assert not np.fromfile(tmp_path / "file", np.int64).any()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_an_error_that_the_build_can_tell(tmp_path: Path) -> None:
    with (
        pytest.raises(OSError, match="No space left") as error,
        failing("dedup.minhash"),
        Path("/dev/full").open("wb") as file,
    ):
        append(file, np.zeros((1 << 16, 2))[::2])
        append(file, np.zeros(0))
    assert error.value.errno == errno.ENOSPC
    with (tmp_path / "file").open("wb") as file:
        append(file, np.arange(12).reshape(3, 4)[:, ::2])
    assert np.fromfile(tmp_path / "file", np.int64).tolist() == [0, 2, 4, 6, 8, 10]
