"""Builds that ask a misbehaving server over HTTP with several workers, and are killed: nothing is paid for twice, nothing that came is lost.

Three kills by default, ten with CURATE_TEST_ALL=1, at random moments of a seed that is printed.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from curate.models.base import open_model
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
        process.communicate()


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
