"""Builds that ask a misbehaving server over HTTP with several workers, and are killed: nothing is paid twice, nothing that came is lost.

Three kills by default, ten with CURATE_TEST_ALL=1, at random moments of a seed that is printed.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from tests.curate.corpus import contents, one, open_small, texts, tiny
from tests.curate.models.server import MODEL, Server, serving

ROOT = Path(__file__).resolve().parents[3]
ALL = bool(os.environ.get("CURATE_TEST_ALL"))
ASKS = """
    def prompts(docs: pl.DataFrame, *, about: str = "about") -> pl.Series:
        return (about + " " + docs["text"]).alias("prompts")

    @rewrite(asks=prompts)
    def tells(docs: pl.DataFrame) -> pl.Series:
        return docs["replies"].list.join(" ")
"""
STEPS = {"rewrite/tells.py": ASKS, "rewrite/other.py": ASKS.replace("def tells", "def other")}
MODELS = f"models: {{m: {{backend: openai, id: {MODEL}, revision: r, sampling: {{temperature: 0, max_tokens: 50}}}}}}\n"
RECIPE = MODELS + one("{rewrite: tells, model: m, samples: 2}")
FILES, EACH, FLYING = 4, 30, 9
WHOLE = FILES * EACH * 2
"""Distinct requests of `RECIPE`: two draws for each document."""


def project(folder: Path, url: str, more: str = "") -> Path:
    frames = [texts(EACH).with_columns(text=pl.col("text") + f" of {n}") for n in range(FILES)]
    tiny(folder, RECIPE, *frames, steps=STEPS)
    (folder / "profiles").mkdir(exist_ok=True)
    (folder / "profiles/local.toml").write_text(
        f'executor = "local"\nworkers = 3\n[models.m]\nendpoints = ["{url}"]\nconcurrency = {FLYING}\ntimeout = 2\n{more}'
    )
    return folder


@contextmanager
def building(folder: Path, *words: str, recipe: str = "small") -> Iterator[subprocess.Popen[str]]:
    """`curate build` in a session of its own."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "curate", "build", recipe, *words],
        cwd=folder, env=env, text=True, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        if process.stdout:
            process.stdout.close()
        process.wait()


def stored(folder: Path) -> pl.DataFrame:
    """What the reply store holds, row by row."""
    files = sorted((folder / ".curate/replies").rglob("*.parquet"))
    return pl.concat([pl.read_parquet(path) for path in files])


def lock_of(folder: Path) -> dict[str, str]:
    return contents(open_small(folder))


def test_an_exact_resume_after_kills_of_whole_builds(tmp_path: Path) -> None:
    kills, seed = 10 if ALL else 3, random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    with serving(Server(delay=0.01)) as calm:
        project(tmp_path / "calm", calm.url)
        with building(tmp_path / "calm") as process:
            assert process.wait(60) == 0, process.communicate()[0]
        assert calm.answered.total() == WHOLE
    with serving(Server(seed=seed, chance=0.15, delay=0.02)) as server:
        folder = project(tmp_path / "killed", server.url)
        for kill in range(kills):
            goal = server.answered.total() + chance.randrange(0, WHOLE // kills)
            with building(folder) as process:
                until = time.monotonic() + 60
                while server.answered.total() < goal and process.poll() is None and time.monotonic() < until:
                    time.sleep(0.002)
                assert process.poll() is None, f"kill {kill}: it ended by itself: {process.communicate()[0]}"
                time.sleep(chance.random() * 0.05)
                os.killpg(process.pid, signal.SIGKILL)
        with building(folder) as process:
            assert process.wait(120) == 0, process.communicate()[0]
        rows = stored(folder)
        assert rows.height == rows["key"].n_unique() == WHOLE
        assert not list((folder / ".curate/replies").rglob("journal-*"))
        assert len(server.answered) == WHOLE // 2  # draws of temperature 0 have no seed
        assert server.answered.total() <= WHOLE + kills * FLYING
        assert lock_of(folder) == lock_of(tmp_path / "calm")
        before = server.answered.total()
        with building(folder) as process:
            assert process.wait(60) == 0
        assert server.answered.total() == before


def children(pid: int) -> list[int]:
    """The workers of a build that have started."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid and b"spawn_main" in (path / "cmdline").read_bytes():
                found.append(int(path.name))
        except (OSError, IndexError, ValueError):
            continue
    return found


def waiting_for(server: Server, more: int, process: subprocess.Popen[str]) -> None:
    goal, until = server.answered.total() + more, time.monotonic() + 60
    while server.answered.total() < goal and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for workers in /proc")
def test_workers_that_are_killed_lose_no_reply_and_a_killed_build_leaves_no_worker_that_asks(tmp_path: Path) -> None:
    chance = random.Random(0)
    with serving(Server(chance=0.1, delay=0.1)) as server:
        folder = project(tmp_path, server.url)
        with building(folder) as process:
            waiting_for(server, 30, process)
            workers = children(process.pid)
            os.kill(process.pid, signal.SIGKILL)
            until = time.monotonic() + 1.5  # a rank of theirs would take 60 answers of 0.1 s, three at a time
            while not all(map(is_gone, workers)) and time.monotonic() < until:
                time.sleep(0.01)
            assert workers and all(map(is_gone, workers))
        with building(folder) as process:
            for _ in range(3):
                waiting_for(server, 20, process)
                if workers := children(process.pid):
                    os.kill(chance.choice(workers), signal.SIGKILL)
            assert process.wait(120) == 0, process.stdout.read() if process.stdout else ""
        rows = stored(folder)
        assert rows.height == rows["key"].n_unique() == WHOLE
        assert server.answered.total() <= WHOLE + 4 * FLYING
        assert open_small(folder).sql("select count(*) n from documents where fate = 'kept'")["n"].item() == WHOLE // 2


# two recipes


def asks_of(folder: Path, recipe: str) -> dict[str, tuple[int, int]]:
    """What each node of a recipe uses and has asked for itself."""
    import curate

    rows = curate.open(recipe, project=folder).ledger()
    return {row["node"]: (row["replies"], row["asked"]) for row in rows}


@pytest.mark.parametrize("together", [pytest.param(False, marks=pytest.mark.slow), True])
def test_recipes_that_share_prompts_pay_once_and_another_prompt_asks_only_its_own(
    tmp_path: Path, together: bool
) -> None:
    with serving(Server(delay=0.03)) as server:
        folder = project(tmp_path, server.url)
        both = "{rewrite: tells, model: m, samples: 2}, {rewrite: other, model: m, about: of}"
        second = (MODELS + one(both)).replace("recipe: small", "recipe: second")
        (folder / "recipes/second.yaml").write_text(second)
        with building(folder) as first:
            if not together:
                assert first.wait(60) == 0
            with building(folder, recipe="second") as other:
                assert other.wait(90) == 0, other.stdout.read() if other.stdout else ""
            assert first.wait(60) == 0
        assert server.answered.total() == WHOLE + WHOLE // 2
        mine, its = asks_of(folder, "small"), asks_of(folder, "second")
        assert mine["web/tells-ask"][0] == its["web/tells-ask"][0] == WHOLE
        assert mine["web/tells-ask"][1] + its["web/tells-ask"][1] == WHOLE
        assert together or its["web/tells-ask"][1] == 0
        ledger = open_small(folder).sql("select * from ledger")
        assert ledger.height >= 1
        asked = server.asked.copy()
        (folder / "recipes/second.yaml").write_text(second.replace("about: of", "about: on"))
        with building(folder, recipe="second") as other:
            assert other.wait(90) == 0
        assert {prompt.split()[0] for prompt in (server.asked - asked)} == {"on"}
        assert (server.asked - asked).total() == WHOLE // 2


# money


@pytest.mark.slow
def test_workers_together_never_make_a_server_bill_more_than_the_limit(tmp_path: Path) -> None:
    """The server bills what it says: the letters of a prompt, and 7 tokens."""
    with serving(Server(delay=0.01)) as server:
        folder = project(tmp_path, server.url, "price = {prompt = 1000, completion = 1000}\n")

        def bill() -> float:
            return sum((len(prompt) + 7) * times for (prompt, _), times in server.answered.items()) / 1000

        with building(folder) as process:
            assert process.wait(60) == 2
            assert "--max-usd" in (process.stdout.read() if process.stdout else "")
        assert server.answered.total() == 0
        limit = 6.0
        with building(folder, "--max-usd", f"{limit}") as process:
            assert process.wait(60) == 2
            said = process.stdout.read() if process.stdout else ""
            assert "--max-usd" in said.splitlines()[-1], said
        assert 0 < bill() <= limit
        came = server.answered.total()
        with building(folder, "--max-usd", "1000") as process:
            assert process.wait(60) == 0
        assert server.answered.total() == WHOLE and came < WHOLE


def test_a_build_says_within_seconds_that_nobody_answers_and_that_its_limit_cannot_hold(tmp_path: Path) -> None:
    project(tmp_path, "http://127.0.0.1:9/v1")
    lines: list[str] = []
    with building(tmp_path, "--max-usd", "5") as build:
        assert build.stdout
        for line in build.stdout:
            lines.append(line)
            if "connection refused" in line:
                break
        assert build.poll() is None, "".join(lines)
    said = "http://127.0.0.1:9/v1: ConnectError: connection refused: nothing listens there, or not yet; it is asked again for 900 s"
    assert "tells" in lines[-1] and said in lines[-1]
    assert "".join(lines).count("m: no price is known, so it counts as free and the limit of 5 USD never stops it") == 1
