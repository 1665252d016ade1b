"""Builds on a Ray cluster: the same bytes as here, whatever dies, and one line where there is no cluster."""

from __future__ import annotations

import shutil
import socket
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import curate
from curate.cli import main
from curate.errors import Halted
from curate.executors import ray as executor
from curate.profile import RaySettings
from tests.curate import bucket, ray_cluster
from tests.curate.corpus import (
    RECIPE,
    contents,
    edit,
    make_project,
    objects,
    one,
    open_small,
    texts,
    tiny,
    with_mixture,
)

WHERE = '''
    import os, time
    from pathlib import Path

    @score
    def where(docs: pl.DataFrame, *, notes: str = "", slow: float = 0.0) -> pl.Series:
        """Notes which node was at it: the parent of the parent of this process."""
        node = Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()[1]
        if docs.height:
            (Path(notes) / node).touch()
            time.sleep(600.0 if (Path(notes) / f"{node}-stays").exists() else slow)
        return docs["text"].str.len_chars().cast(pl.Int64)
'''


@pytest.fixture(scope="module")
def cluster() -> Iterator[ray_cluster.Cluster]:
    with ray_cluster.cluster() as running:
        yield running


def on(cluster: ray_cluster.Cluster, folder: Path, **settings: Any) -> curate.Curated:
    """The recipe `small` of a project, built on a cluster."""
    said = RaySettings(address=cluster.address, memory=1_000_000_000)
    return curate.open("small", project=folder, executor="ray", ray=said, **settings)


def ended(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[Any, str]:
    """The exit code of a command that fails, and what it says on the error stream."""
    with pytest.raises(SystemExit) as found:
        main(words)
    return found.value.code, capsys.readouterr().err


def copy(folder: Path, name: str) -> Path:
    """The same project elsewhere, without its store."""
    shutil.copytree(folder, folder.parent / name, ignore=shutil.ignore_patterns(".curate"))
    return folder.parent / name


def noting(tmp_path: Path, slow: float = 0.0) -> tuple[Path, Path]:
    """A project with a mixture whose corpus is also scored by a step that notes where it runs, and the folder of its notes."""
    notes, folder = tmp_path / "notes", tmp_path / "project"
    notes.mkdir()
    more = f"      - score: where\n        notes: {notes}\n        slow: {slow}\n"
    recipe = with_mixture().replace("      - score: letters\n", f"      - score: letters\n{more}", 1)
    make_project(folder, recipe=recipe)
    head = '"""A step."""\nimport polars as pl\nfrom curate.step import *\n'
    (folder / "steps/score/where.py").write_text(head + textwrap.dedent(WHERE))
    return folder, notes


@pytest.mark.ray
def test_a_mixture_built_on_two_nodes_has_the_keys_and_bytes_of_one_built_here(
    cluster: ray_cluster.Cluster, tmp_path: Path
) -> None:
    folder, notes = noting(tmp_path, slow=2.0)
    there = on(cluster, folder)
    there.build()
    assert len(list(notes.iterdir())) == 2, "both nodes were at it"
    here = open_small(copy(folder, "here"))
    here.build()
    assert contents(there) == contents(here)
    assert objects(there.store.root) == objects(here.store.root)


@pytest.mark.ray
def test_a_node_that_is_killed_in_the_middle_changes_nothing(cluster: ray_cluster.Cluster, tmp_path: Path) -> None:
    folder, notes = noting(tmp_path, slow=1.0)
    victim = cluster.add()
    pid = ray_cluster.raylet(victim)
    (notes / f"{pid}-stays").touch()
    killed = threading.Event()

    def kill() -> None:
        while not (notes / str(pid)).exists():
            time.sleep(0.05)
        cluster.kill(victim)
        killed.set()

    threading.Thread(target=kill, daemon=True).start()
    there = on(cluster, folder)
    there.build()
    assert killed.is_set()
    here = open_small(copy(folder, "here"))
    here.build()
    assert objects(there.store.root) == objects(here.store.root)


@pytest.mark.ray
def test_what_a_slow_node_does_not_finish_is_done_by_another(
    cluster: ray_cluster.Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "LONG", 5.0)
    folder, notes = noting(tmp_path, slow=1.0)
    slow = cluster.add()
    (notes / f"{ray_cluster.raylet(slow)}-stays").touch()
    started = time.monotonic()
    there = on(cluster, folder)
    there.build()
    took = time.monotonic() - started
    assert (notes / str(ray_cluster.raylet(slow))).exists(), "the slow node was at it"
    assert took < 300.0, "a rank stays on that node for 600 seconds"
    here = open_small(copy(folder, "here"))
    here.build()
    assert objects(there.store.root) == objects(here.store.root)
    cluster.kill(slow)


DEADLY = """
    import os
    from pathlib import Path

    @score
    def deadly(docs: pl.DataFrame, *, once: str = "") -> pl.Series:
        if docs["text"].str.contains("number 3 ").any():
            os.abort()
        if docs["text"].str.contains("number 7 ").any() and not Path(once).exists():
            Path(once).touch()
            os._exit(3)
        return docs["text"].str.len_chars()
"""


@pytest.mark.ray
def test_a_document_that_kills_its_worker_is_found_as_it_is_here(cluster: ray_cluster.Cluster, tmp_path: Path) -> None:
    """One document always kills it, and one does so once."""
    built = []
    for name in ("there", "here"):
        recipe = one(f"{{score: deadly, once: {tmp_path}/once}}")
        folder = tiny(tmp_path / name, recipe, texts(9), texts(14)[9:], steps={"score/deadly.py": DEADLY})
        small = on(cluster, folder) if name == "there" else open_small(folder, executor="local", workers=1)
        small.build()
        built.append(small)
        (tmp_path / "once").unlink()
    there, here = built
    lost = there.sql("select url, fate, error from documents where error is not null order by all").rows()
    said = "killed its worker 2 times: it aborted, as native code does that gets no more memory"
    assert lost == [("u3", "killed", said)]
    assert objects(there.store.root) == objects(here.store.root)


LONELY = """
    import os
    from pathlib import Path

    @score
    def lonely(docs: pl.DataFrame, *, notes: str = "") -> pl.Series:
        if docs.height and len(list(Path(notes).iterdir())) < 3:
            (Path(notes) / str(os.getppid())).touch()
            os.kill(os.getppid(), 9)
            import time; time.sleep(600)
        return docs["text"].str.len_chars()
"""


@pytest.mark.ray
def test_a_document_is_not_blamed_for_a_worker_of_ray_that_was_killed(
    cluster: ray_cluster.Cluster, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    folder = tiny(
        tmp_path / "project", one(f"{{score: lonely, notes: {notes}}}"), texts(1), steps={"score/lonely.py": LONELY}
    )
    there = on(cluster, folder)
    there.build()
    assert len(list(notes.iterdir())) == 3
    assert there.sql("select fate, error from documents").rows() == [("kept", None)]


class Halting:
    """Halts at the first rank, and notes the others."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, rank: int) -> int:
        if rank == 0:
            time.sleep(0.5)
            raise Halted("enough", where="here")
        (self.folder / f"{rank}").touch()
        time.sleep(2.0)
        return rank


def of_two_nodes(cluster: ray_cluster.Cluster, store: Path) -> executor.Ray:
    """An executor, once Ray has noticed that the nodes which earlier tests killed are gone: that takes it up to half a minute."""
    for _ in range(60):
        running = executor.Ray(RaySettings(address=cluster.address, memory=1_000_000_000), store)
        if running.workers == 2:
            return running
        running.close()
        time.sleep(1.0)
    raise AssertionError(f"{running.workers} workers")


@pytest.mark.ray
def test_a_halt_lets_the_others_finish_and_begins_nothing_new(cluster: ray_cluster.Cluster, tmp_path: Path) -> None:
    store, notes = tmp_path / "store", tmp_path / "notes"
    (store / "drafts").mkdir(parents=True)
    notes.mkdir()
    done: list[int] = []
    running = of_two_nodes(cluster, store)
    try:
        with pytest.raises(Halted, match="here: enough"):
            running.run(Halting(notes), 8, lambda rank, _: done.append(rank))
    finally:
        running.close()
    assert done == [1]
    assert [path.name for path in notes.iterdir()] == ["1"]
    assert not list((store / "drafts").iterdir())


@pytest.mark.ray
@pytest.mark.parametrize("wanted", ["cpus = 99", 'memory = "1TB"'])
def test_a_cluster_without_room_for_a_worker_is_refused_at_once(
    cluster: ray_cluster.Cluster, project: Path, wanted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make_project(project, recipe=RECIPE, count=40)
    (project / "profiles").mkdir()
    (project / "profiles/big.toml").write_text(f'executor = "ray"\n[ray]\naddress = "{cluster.address}"\n{wanted}\n')
    code, said = ended(["build", "small", "--profile", "big"], capsys)
    assert code == 2
    assert "no node of the Ray cluster has room for one worker" in said


@pytest.mark.ray
def test_a_cluster_that_does_not_answer_is_one_line_within_seconds(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_project(project, recipe=RECIPE, count=40)
    (project / "profiles").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
    (project / "profiles/gone.toml").write_text(f'executor = "ray"\n[ray]\naddress = "127.0.0.1:{port}"\n')
    started = time.monotonic()
    code, said = ended(["build", "small", "--profile", "gone"], capsys)
    assert (code, said) == (2, f"curate: no Ray cluster at '127.0.0.1:{port}': connection refused\n")
    assert time.monotonic() - started < 20


@pytest.mark.ray
def test_what_a_bucket_holds_is_gone_on_with_by_a_cluster(
    cluster: ray_cluster.Cluster, tmp_path: Path, url: str
) -> None:
    folder = make_project(tmp_path / "first", count=60)
    open_small(folder, remote=url, push=True).build()
    other = bucket.copy(folder, tmp_path / "other")
    edit(other / "recipes/small.yaml", "letters > 20", "letters > 25")
    there = on(cluster, other, remote=url, push=True)
    there.build()
    here = open_small(bucket.copy(other, tmp_path / "here"))
    here.build()
    assert contents(there) == contents(here)
    made = {node.key for node in there.built.done.values()}
    assert made == {node.key for node in here.built.done.values()}
    assert made <= {name.split("/")[1] for name in bucket.names(url)}
