"""What a run says when its disk is full: one line on all ranks, at whichever file it happens."""

import contextlib
import errno
import resource
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`")
pytest.importorskip("transformers", reason="needs the extra `train`")

from curate.errors import CurateError  # noqa: E402
from trainers import checkpoint  # noqa: E402
from trainers._together import RUNNING, sole  # noqa: E402
from trainers.place import Place  # noqa: E402
from trainers.running import Running  # noqa: E402


@contextlib.contextmanager
def no_room() -> Iterator[None]:
    """No file of this process can grow, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_run_that_cannot_say_that_it_runs_ends_in_one_line_and_can_begin_later(tmp_path: Path) -> None:
    with no_room(), pytest.raises(CurateError, match="OSError"), sole(tmp_path):
        pytest.fail("it began")
    with sole(tmp_path):
        assert (tmp_path / RUNNING).read_text().startswith("process ")


def test_a_checkpoint_that_cannot_be_pinned_is_told_to_all_ranks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "pin", full)
    run = Running(SimpleNamespace(out=str(tmp_path), keep_steps=2), Place(0, 1, torch.device("cpu")))
    run.step = 4
    with pytest.raises(CurateError, match="No space left"):
        run.keep_this()
    run.step = 5
    run.keep_this()
