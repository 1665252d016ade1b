"""What is refused before Ray is asked for anything, and what a lost node says of a document."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from pathlib import Path

import polars as pl
import pytest

from curate.cli import main
from curate.code import code_here
from curate.errors import CurateError
from curate.executors import ray as executor
from curate.guard import LOST, Guard, died_of
from curate.profile import Profile
from tests.curate.corpus import RECIPE, make_project


def test_without_ray_one_line_names_the_extra(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_project(project, recipe=RECIPE, count=40)
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SystemExit) as ended:
        main(["build", "small", "--profile", "ray"])
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    assert said.err == "curate: executor = 'ray' needs Ray: pip install 'octocurate[ray]'\n"


@pytest.mark.parametrize("address", ["ray://127.0.0.1:10001", "http://127.0.0.1:8265", "127.0.0.1", ":1", "a b:x"])
def test_an_address_that_is_none_of_a_head_is_refused(address: str) -> None:
    with pytest.raises(CurateError, match="write host:port"):
        executor.refuse_silent(address)


def test_nobody_at_an_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(CurateError, match=f"no Ray cluster at '127.0.0.1:{port}': connection refused"):
        executor.refuse_silent(f"127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "what answers is not Ray"),
        (b"", "nobody answers"),
        (bytes(3) + b"\x04" + bytes(5), None),
    ],
)
def test_what_answers_at_an_address(monkeypatch: pytest.MonkeyPatch, answer: bytes, said: str | None) -> None:
    monkeypatch.setattr(executor, "ANSWER", 0.3)
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(answer)
                ended.wait(5.0)

        threading.Thread(target=serve, daemon=True).start()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        try:
            if said is None:
                executor.refuse_silent(address)
            else:
                with pytest.raises(CurateError, match=said):
                    executor.refuse_silent(address)
        finally:
            ended.set()


def place(folder: Path) -> executor.Place:
    work = folder / "store/drafts/ray-x/work.pickle"
    work.parent.mkdir(parents=True)
    work.touch()
    return executor.Place(str(folder), str(work), code_here())


def test_a_node_must_see_the_disk_and_have_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fine = place(tmp_path)
    executor.refuse_other(fine)
    assert os.getcwd() == str(tmp_path)
    for other in (
        executor.Place(str(tmp_path / "none"), fine.work, fine.code),
        executor.Place(fine.folder, f"{fine.work}-none", fine.code),
    ):
        with pytest.raises(CurateError, match=r"does not see .* a disk that every node has"):
            executor.refuse_other(other)
    with pytest.raises(CurateError, match="has another octocurate, or other versions"):
        executor.refuse_other(executor.Place(fine.folder, fine.work, "other"))


def test_a_machine_that_was_lost_says_nothing_against_the_document_it_was_on(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    docs = pl.DataFrame({"row": pl.Series(range(8), dtype=pl.UInt32)})
    died_of(LOST)
    try:
        for _ in range(3):
            before = json.loads(journal.read_text()) if journal.exists() else {}
            journal.write_text(json.dumps({**before, "running": ["this", "step", 3, 4]}))
            guard = Guard(journal, attempt="this")
        assert guard.run("step", lambda batch: batch, docs).lost == []
    finally:
        died_of(0)


def test_a_worker_on_ray_has_what_ray_gives_it() -> None:
    said = Profile(executor="ray", ray={"memory": "3GB"})  # type: ignore[arg-type]
    assert said.memory_of_call(1000) == 3_000_000_000
    assert said.memory_of_each(1000) == 750_000_000
    assert said.model_copy(update={"executor": "local"}).memory_of_call(1) > said.memory_of_call(1)
    limited = Profile(executor="ray", limits={"gigabytes": 1.5})  # type: ignore[arg-type]
    assert limited.memory_of_call(7) == 1_500_000_000
