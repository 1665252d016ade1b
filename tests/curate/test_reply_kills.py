"""Several processes on one reply store, and processes that are killed: nothing is paid for twice, and nothing that came is lost.

Three kills by default, ten with CURATE_TEST_ALL=1, each at a random moment of a seed that is printed.
"""

import collections
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from curate.models import merging
from curate.models.segments import Segment, write_rows
from curate.models.shelf import Shelf
from tests.curate.models.server import Server, serving
from tests.curate.replying import Counting, journals, recorded, said, segments
from tests.curate.test_reply_shelf import contents, row, seen

ROOT = Path(__file__).resolve().parents[2]
ALL = bool(os.environ.get("CURATE_TEST_ALL"))


def python(*words: str) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True, env=env)


def asking(
    folder: Path, log: Path, first: int, last: int, seconds: float, ahead: int, salt: str = ""
) -> subprocess.Popen[str]:
    """A process that asks for a range of prompts (`tests/curate/replying.py`)."""
    return python("-m", "tests.curate.replying", *map(str, (folder, log, seconds, ahead, first, last, salt)))


def paid(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


def wait_for(log: Path, count: int, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 60
    while len(paid(log)) < count and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_processes_that_ask_for_the_same_pay_once_and_see_the_same(tmp_path: Path) -> None:
    log, ranges = tmp_path / "log", [(0, 240), (80, 320), (160, 400)]
    workers = [
        asking(tmp_path / "store", log, *each, seconds=0.002, ahead=7, salt=f" by {who}")
        for who, each in enumerate(ranges)
    ]
    told = [worker.communicate(timeout=60)[0].splitlines() for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert sorted(paid(log)) == sorted(f"p{number}/0" for number in range(400))
    texts: dict[int, set[str]] = collections.defaultdict(set)
    for (first, last), lines in zip(ranges, told, strict=True):
        assert len(lines) == last - first
        for number, text in zip(range(first, last), lines, strict=True):
            assert text.startswith(f"p{number}/0/0 by ")
            texts[number].add(text)
    assert all(len(each) == 1 for each in texts.values())
    assert journals(tmp_path / "store") == []
    assert sum(len(contents(path.parent)) for path in segments(tmp_path / "store")[:1]) == 400


def test_who_waits_for_a_process_that_dies_asks_itself(tmp_path: Path) -> None:
    log = tmp_path / "log"
    first = asking(tmp_path / "store", log, 0, 40, seconds=0.1, ahead=3)
    wait_for(log, 3, first)
    second = asking(tmp_path / "store", tmp_path / "other", 0, 40, seconds=0, ahead=3, salt=" by another")
    time.sleep(1)
    assert second.poll() is None  # all that it wants is claimed
    kill(first)
    told = second.communicate(timeout=60)[0].splitlines()
    asked = paid(tmp_path / "other")
    assert len(told) == 40 and len(asked) == len({*asked})
    assert len({*paid(log)} & {*asked}) <= 1  # what came at the moment of the kill
    assert len(paid(log)) + len(asked) <= 41


def test_an_exact_resume_after_many_kills(tmp_path: Path) -> None:
    kills, count = 10 if ALL else 3, 600
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance, log = random.Random(seed), tmp_path / "log"
    for _ in range(kills):
        process = asking(tmp_path / "store", log, 0, count, seconds=0.002, ahead=16)
        wait_for(log, len(paid(log)) + chance.randrange(1, count // kills - 10), process)
        time.sleep(chance.random() * 0.004)
        kill(process)
    last = asking(tmp_path / "store", log, 0, count, seconds=0, ahead=16)
    assert last.communicate(timeout=60)[0].splitlines() == [f"p{number}/0/0" for number in range(count)]
    asked = collections.Counter(paid(log))
    assert len(asked) == count
    assert asked.total() - count <= kills  # the one that was on its way from the model when the kill came
    model = Counting()
    said(recorded(model, tmp_path / "store"), [f"p{number}" for number in range(count)])
    assert model.asked == [] and journals(tmp_path / "store") == []


MERGER = """
import sys, time
from pathlib import Path
from curate.models import merging, segments
from curate.models.shelf import Shelf
merging.FANOUT, segments.GROUP_ROWS = 2, 3
while True:
    Shelf(Path(sys.argv[1])).tidy()
    print(".", flush=True)
    time.sleep(0.01)
"""


def test_kills_while_segments_are_merged_change_nothing_that_anybody_reads(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    folder, number = tmp_path / "model", 0
    folder.mkdir()
    reader = Shelf(folder)
    for _ in range(10 if ALL else 3):
        process = python("-c", MERGER, str(folder))
        assert process.stdout
        process.stdout.readline()
        until = time.monotonic() + chance.random() * 0.2
        while time.monotonic() < until:
            write_rows(
                [row(chance.randrange(60), f"said {number}", at=number) for number in range(number, number + 5)], folder
            )
            number += 5
            assert (
                reader.find([row(n).key for n in range(60)]).keys()
                == Shelf(folder).find([row(n).key for n in range(60)]).keys()
            )
        kill(process)
        now = contents(folder)
        assert reader.find([row(n).key for n in range(60)]) == {key: seen(one) for key, one in now.items()}
    before = contents(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "FANOUT", 2)
        Shelf(folder).tidy()
    assert contents(folder) == before
    assert len([Segment(path) for path in folder.glob("*.parquet")]) == 1


SERVED = """
import sys
from pathlib import Path
from curate.models import _dispatch, _endpoints
from curate.models.base import Request, open_model
from curate.models.replies import Asker
from curate.profile import ModelSettings
_dispatch.BACKOFF, _endpoints.REST = (0.001, 0.01), (0.001, 0.01)
store, address, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
settings = ModelSettings(endpoints=(address,), concurrency=16, patience=60)
model = open_model({"backend": "openai", "id": "ORG/NAME"}, store, settings, Asker("test"))
for place, reply in model.answers(Request(f"p{number}") for number in range(count)):
    assert reply.text == f"p{place}"[::-1] + "|None", reply
    print(place, flush=True)
"""


def test_what_a_failing_server_answered_before_kills_is_not_asked_again(tmp_path: Path) -> None:
    kills, count, chance = 10 if ALL else 3, 600, random.Random(12)
    before: dict[str, int] = {}
    with serving(Server(seed=12, chance=0.2, delay=0.002)) as server:
        words = ("-c", SERVED, str(tmp_path), server.url, str(count))
        for _ in range(kills):
            process = python(*words)
            assert process.stdout
            wanted = len(before) + chance.randrange(1, count // kills - 10)
            came = [f"p{int(process.stdout.readline())}" for _ in range(wanted)]
            kill(process)
            for prompt in came:
                before.setdefault(prompt, server.asked[prompt])
        last = python(*words)
        assert sorted(map(int, last.communicate(timeout=120)[0].split())) == [*range(count)]
        assert {prompt: server.asked[prompt] for prompt in before} == before
        assert len(server.answered) == count
        assert server.answered.total() - count <= 16 * kills  # what was on its way when the kills came
