"""Faults: a build that is killed, damaged objects, two builders, a store that is full or cannot be written.

Kills are real: the build is a process group of its own and gets SIGKILL at a random moment. Three moments by default, drawn from the
commit that is tested, twenty with CURATE_TEST_ALL=1.
"""

import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from curate.artifact import Damaged, Stored
from curate.errors import CurateError, failing
from curate.store import Store
from tests.curate.corpus import make_project, objects, one, open_small, texts, tiny

ROOT = Path(__file__).resolve().parent.parent.parent
ALL = bool(os.environ.get("CURATE_TEST_ALL"))
SLOWED = 'import time\n    time.sleep(0.05 * (docs.height > 0))\n    return docs["text"]'


def build_process(folder: Path, store: str = ".curate", workers: int = 2) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "curate",
        "build",
        "small",
        "--store",
        str(folder / store),
        "--workers",
        str(workers),
        "--json",
    ]
    return subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ,
    )


def commit() -> str:
    found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "none"


def records(draft: Path) -> dict[str, int]:
    """Shards that a draft has whole: name -> inode of the record."""
    found = {}
    with contextlib.suppress(FileNotFoundError):  # the folder goes when its node is committed
        for path in draft.glob("work/*.parquet.json"):
            with contextlib.suppress(FileNotFoundError):
                found[path.name] = path.stat().st_ino
    return found


@pytest.fixture(scope="module")
def slow_project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes], float]:
    """A project whose build takes long enough to be killed inside, its objects, and its seconds."""
    folder = make_project(tmp_path_factory.mktemp("kill"), count=900)
    step = folder / "steps/rewrite/upper.py"
    step.write_text(step.read_text().replace('return docs["text"]', SLOWED))
    started = time.monotonic()
    done = build_process(folder)
    _, said = done.communicate(timeout=120)
    assert done.returncode == 0, said
    return folder, objects(folder / ".curate"), time.monotonic() - started


MOMENTS = random.Random(commit()).sample(range(1, 60), 20 if ALL else 3)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_build_killed_at_any_moment_resumes_to_the_same_bytes(
    slow_project: tuple[Path, dict[str, bytes], float], moment: int, tmp_path: Path
) -> None:
    folder, expected, seconds = slow_project
    store = tmp_path / "store"
    process = build_process(folder, str(store))
    time.sleep(seconds * moment / 60)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    planned = open_small(folder, store=str(store)).planned
    first, last = (Store(store).draft(planned[name].plan_key) for name in ("web/parquet", "web/upper"))
    finished = {name: inode for name, inode in records(first).items() if name in records(last)}
    again = build_process(folder, str(store))
    redone: set[str] = set()
    while again.poll() is None:
        redone |= {name for name, inode in records(first).items() if finished.get(name, inode) != inode}
        time.sleep(0.005)
    _, said = again.communicate(timeout=60)
    assert again.returncode == 0, said
    assert objects(store) == expected
    assert not redone, "a shard that every step had finished was done again"


@pytest.fixture
def built(tmp_path: Path) -> tuple[Path, dict[str, bytes]]:
    folder = make_project(tmp_path)
    open_small(folder).build()
    return folder, objects(folder / ".curate")


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 7)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def flip_unseen(path: Path) -> None:
    """A flipped bit that leaves size, times and inode as they were: only reading the bytes can find it."""
    stat = path.stat()
    with path.open("r+b") as file:
        file.seek(stat.st_size // 2)
        byte = file.read(1)
        file.seek(stat.st_size // 2)
        file.write(bytes([byte[0] ^ 1]))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def manifest_cut(path: Path) -> None:
    truncate(path.parent / "manifest.json")


DAMAGES: list[Callable[[Path], None]] = [truncate, flip, Path.unlink, manifest_cut]


@pytest.mark.parametrize("damage", DAMAGES, ids=["truncated", "flipped", "missing", "manifest"])
@pytest.mark.parametrize("name", ["web/parquet", "web/digits", "web/copies", "parts/halves"])
def test_a_damaged_object_is_found_and_made_again(
    built: tuple[Path, dict[str, bytes]], damage: Callable[[Path], None], name: str
) -> None:
    folder, expected = built
    key = open_small(folder).planned[name].plan_key
    key = open_small(folder).store.planned(key) or ""
    damage(next((folder / ".curate/objects" / key).glob("*0.parquet")))
    assert open_small(folder).verify()
    result = open_small(folder).build()
    assert result["ran"] == [name]
    assert objects(folder / ".curate") == expected
    assert not open_small(folder).verify(deep=True)


def test_a_bit_that_rotted_unseen_is_found_when_it_is_read_as_input(built: tuple[Path, dict[str, bytes]]) -> None:
    folder, expected = built
    recipe = open_small(folder)
    key = recipe.store.planned(recipe.planned["web/parquet"].plan_key) or ""
    flip_unseen(next((folder / ".curate/objects" / key).glob("*0.parquet")))
    assert open_small(folder).build()["ran"] == []
    assert open_small(folder).verify(deep=True)
    copies = recipe.store.planned(recipe.planned["web/copies"].plan_key) or ""
    shutil.rmtree(folder / ".curate/objects" / copies)
    program = "import curate, sys; print(curate.open('small', executor='inline').build()['ran'])"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True, env=os.environ
    )
    assert "web/parquet" in done.stdout
    assert objects(folder / ".curate") == expected


def test_a_count_that_was_altered_in_a_manifest_is_found(built: tuple[Path, dict[str, bytes]]) -> None:
    folder, expected = built
    key = open_small(folder).store.planned(open_small(folder).planned["web/digits"].plan_key) or ""
    path = folder / ".curate/objects" / key / "manifest.json"
    told = json.loads(path.read_text())
    told["shards"][0]["live"] -= 1
    path.write_text(json.dumps(told))
    assert "it was altered" in open_small(folder).verify()[0]
    assert open_small(folder).build()["ran"] == ["web/digits"]
    assert objects(folder / ".curate") == expected


@pytest.mark.parametrize("noted", [b"", b"\0" * 32, b"\xff" * 32, b"../" * 10 + b"..", b"0" * 31])
def test_a_damaged_note_of_what_a_plan_came_to_counts_as_none(
    built: tuple[Path, dict[str, bytes]], noted: bytes
) -> None:
    folder, expected = built
    recipe = open_small(folder)
    for node in recipe.planned.nodes.values():
        (folder / ".curate/plans" / node.plan_key).write_bytes(noted)
    assert open_small(folder).build()["ran"] == []
    assert objects(folder / ".curate") == expected


def test_what_hangs_on_an_object_that_was_made_again_differently_is_made_again(tmp_path: Path) -> None:
    length = tmp_path / "length"
    heads = f"""
        from pathlib import Path
        @expand
        def heads(docs: pl.DataFrame) -> pl.DataFrame:
            length = int(Path({str(length)!r}).read_text())
            made = docs.select("text").with_row_index("parent")
            return made.select("parent", text=pl.col("text").str.head(length + pl.col("parent")))
    """
    length.write_text("3")
    tiny(
        tmp_path,
        one("{synth: heads}, {score: letters}, {keep: {long: letters > 6}}"),
        texts(5),
        steps={"synth/heads.py": heads},
    )
    recipe = open_small(tmp_path)
    recipe.build()
    assert recipe.documents("web").rows == 1
    shutil.rmtree(tmp_path / ".curate/objects" / recipe.built.done[recipe.planned["web/heads"].plan_key].key)
    length.write_text("5")
    again = open_small(tmp_path)
    assert again.build()["ran"] == ["web/heads", "web/letters", "web/long"]
    assert again.sql("select letters from documents where letters <> length(text)").height == 0
    assert again.documents("web").rows == 3
    assert again.verify(deep=True) == []


@pytest.mark.parametrize("error", [Damaged("key", "file", "is missing"), KeyboardInterrupt(), CurateError("said")])
def test_what_is_no_fault_of_a_step_is_not_said_of_it(error: BaseException) -> None:
    with pytest.raises(type(error)) as raised, failing("score.mine"):
        raise error
    assert raised.value is error


def test_a_torn_shard_of_a_draft_is_written_again(built: tuple[Path, dict[str, bytes]], tmp_path: Path) -> None:
    folder, expected = built
    recipe = open_small(folder, store=str(tmp_path / "other"))
    recipe.store.create()
    draft = recipe.store.draft(recipe.planned["web/parquet"].plan_key)
    for name in ("data", "work"):
        (draft / name).mkdir(parents=True)
    (draft / "data/00000-0000.parquet").write_bytes(b"torn")
    (draft / "work/00000-0000.parquet.json").write_text('{"name": "00000-0000.parquet", "rows"')
    recipe.build()
    assert objects(tmp_path / "other") == expected


def test_a_count_that_was_altered_in_a_draft_is_made_again(tmp_path: Path) -> None:
    piece = Stored("0.parquet", 9, 9, 100, "0" * 64, {"long": 1})
    path = tmp_path / "0.parquet.json"
    path.write_text(piece.record())
    assert Stored.recorded(path) == piece
    path.write_text(piece.record().replace('"long": 1', '"long": 2'))
    with pytest.raises(ValueError, match="altered"):
        Stored.recorded(path)


def test_a_full_folder_for_temporary_files_is_not_said_of_the_store(tmp_path: Path) -> None:
    folder = make_project(tmp_path, count=40)
    place = _small_disk(tmp_path)
    try:
        (place / "fill").write_bytes(bytes(156 << 10))
        done = subprocess.run(
            [sys.executable, "-m", "curate", "build", "small", "--workers", "1"],
            cwd=folder, env={**os.environ, "TMPDIR": str(place)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert "say in TMPDIR where there is room" in done.stderr.splitlines()[-1]
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


def test_two_builders_at_once_both_finish_with_one_result(tmp_path: Path) -> None:
    folder = make_project(tmp_path, count=600)
    step = folder / "steps/rewrite/upper.py"
    step.write_text(step.read_text().replace('return docs["text"]', SLOWED))
    both = [build_process(folder), build_process(folder)]
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    ran = [set(json.loads(out)["ran"]) for out, _ in said]
    assert ran[0] | ran[1]
    assert not ran[0] & ran[1], "no node is built twice"
    alone = open_small(folder, store=str(tmp_path / "alone"))
    alone.build()
    assert objects(folder / ".curate") == objects(tmp_path / "alone")


def _small_disk(folder: Path) -> Path:
    """A file system of a few megabytes, or a skip where this machine does not let us mount one."""
    place = folder / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("cannot mount a small file system here")
    return place


def test_a_full_disk_gives_one_line_and_a_store_that_goes_on(tmp_path: Path) -> None:
    folder = make_project(tmp_path, count=900)
    place = _small_disk(tmp_path)
    try:
        with pytest.raises(CurateError, match="No space left") as error:
            open_small(folder, store=str(place / "store")).build()
        assert "\n" not in str(error.value)
        subprocess.run(["mount", "-o", "remount,size=64m", str(place)], check=True)
        open_small(folder, store=str(place / "store")).build()
        whole = open_small(folder, store=str(tmp_path / "whole"))
        whole.build()
        assert objects(place / "store") == objects(tmp_path / "whole")
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


def test_a_store_that_cannot_be_written_gives_one_line(built: tuple[Path, dict[str, bytes]], tmp_path: Path) -> None:
    folder, _ = built
    place = tmp_path / "ro"
    place.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(place)], capture_output=True, check=False
    ).returncode:
        pytest.skip("cannot mount a read-only file system here")
    try:
        with pytest.raises(CurateError, match="cannot be written"):
            open_small(folder, store=str(place / "store")).build()
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


def test_a_finished_recipe_can_be_read_from_a_read_only_store(built: tuple[Path, dict[str, bytes]]) -> None:
    folder, _ = built
    store = folder / ".curate"
    if subprocess.run(["mount", "--bind", str(store), str(store)], capture_output=True, check=False).returncode:
        pytest.skip("cannot mount here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(store)], check=True)
        recipe = open_small(folder)
        assert recipe.build()["ran"] == []
        assert recipe.sql("select count(*) n from documents")["n"][0] > 0
        assert recipe.verify() == []
    finally:
        subprocess.run(["umount", "-l", str(store)], check=False)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("os.kill(os.getpid(), 9)", "it was killed from outside"),
        ("time.sleep(600)", "it did not come back in time"),
        pytest.param(
            "pl.select(pl.int_range(50 << 27))", "native code does that gets no more memory", marks=pytest.mark.slow
        ),
        pytest.param(
            "bytearray(50 << 30)", "MemoryError: wanted more memory than a worker may take", marks=pytest.mark.slow
        ),
    ],
    ids=["kills its worker", "hangs", "wants 50 GB", "wants 50 GB in Python"],
)
def test_a_poison_document_is_killed_alone_and_the_build_finishes(tmp_path: Path, how: str, said: str) -> None:
    folder = make_project(tmp_path)
    step = folder / "steps/score/digits.py"
    step.write_text(step.read_text().replace('raise ValueError("poison")', f"import os, time; {how}"))
    (folder / "profiles").mkdir()
    limits = "seconds = 0.5\nseconds_per_document = 0.0\ngigabytes = 0.5\n"
    (folder / "profiles/quick.toml").write_text(f"workers = 2\n[limits]\n{limits}")
    recipe = open_small(folder, profile="quick", executor="local")
    recipe.build()
    fates = recipe.sql("select text, fate, error from documents where fate = 'killed'")
    assert said in fates["error"][0]
    assert fates.height == 1
    assert "POISON" in fates["text"][0]
    whole = make_project(tmp_path / "whole" if (tmp_path / "whole").mkdir() is None else tmp_path)
    other = open_small(whole)
    other.build()
    kept = "select id from documents where fate = 'kept' order by id"
    assert (
        hashlib.sha256(str(recipe.sql(kept).rows()).encode()).digest()
        == hashlib.sha256(str(other.sql(kept).rows()).encode()).digest()
    )
