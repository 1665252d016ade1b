"""The reply store: asked once, stored once, shared, and never read when damaged."""

import hashlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import CurateError
from curate.models import replies
from curate.models.base import Model, Reply, Sampling, backend, identity_of, open_model
from curate.models.replies import Recorded


class Counting:
    """A model whose replies say what was asked, and who remembers what it was asked."""

    def __init__(self, name: str = "m", sampling: Sampling | None = None, finish: str = "stop", salt: str = "") -> None:
        self.identity = {"backend": name}
        self.sampling = sampling or Sampling()
        self.finish, self.salt = finish, salt
        self.asked: list[tuple[str, int]] = []

    def complete(self, prompts, *, samples=1, first=0):
        numbers = range(first, first + samples)
        self.asked += [(prompt, n) for prompt in prompts for n in numbers]
        text = "" if self.finish == "error" else "{}/{}/{}" + self.salt
        return [
            [Reply(text.format(p, n, self.sampling.seed), self.finish, len(p), n) for n in numbers] for p in prompts
        ]


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*.parquet"))


def test_a_reply_is_asked_for_once(tmp_path):
    first, second = Counting(), Counting()
    asked = Recorded(first, tmp_path).complete(["a", "b"], samples=2)
    assert Recorded(second, tmp_path).complete(["b", "a"], samples=2) == asked[::-1]
    assert len(first.asked) == 4 and second.asked == []
    assert asked == Counting().complete(["a", "b"], samples=2)


def test_more_samples_cost_only_the_new_ones(tmp_path):
    Recorded(Counting(), tmp_path).complete(["a"], samples=2)
    model = Counting()
    assert Recorded(model, tmp_path).complete(["a"], samples=4) == Counting().complete(["a"], samples=4)
    assert model.asked == [("a", 2), ("a", 3)]


def test_holes_between_known_samples_are_filled(tmp_path):
    Recorded(Counting(), tmp_path).complete(["a"], samples=1, first=1)
    model = Counting()
    assert Recorded(model, tmp_path).complete(["a"], samples=3) == Counting().complete(["a"], samples=3)
    assert sorted(model.asked) == [("a", 0), ("a", 2)]


def test_a_prompt_given_twice_is_asked_once(tmp_path):
    model = Counting()
    one, two = Recorded(model, tmp_path).complete(["a", "a"])
    assert one == two and model.asked == [("a", 0)]


@pytest.mark.parametrize(
    "other",
    [
        Counting("n"),
        Counting(sampling=Sampling(temperature=1.0)),
        Counting(sampling=Sampling(seed=1)),
        Counting(sampling=Sampling(stop=("x",))),
    ],
)
def test_another_model_or_sampling_is_another_question(tmp_path, other):
    Recorded(Counting(), tmp_path).complete(["a"])
    Recorded(other, tmp_path).complete(["a"])
    assert other.asked == [("a", 0)]


def test_failures_are_not_stored_and_asked_for_again(tmp_path):
    store = Recorded(Counting(finish="error"), tmp_path)
    assert store.complete(["a"])[0][0].finish == "error"
    assert segments(tmp_path) == []
    assert Recorded(Counting(), tmp_path).complete(["a"])[0][0].finish == "stop"


@pytest.mark.parametrize("finish", ["length", "abstain"])
def test_other_endings_are_stored(tmp_path, finish):
    Recorded(Counting(finish=finish), tmp_path).complete(["a"])
    assert Recorded(Counting(finish="error"), tmp_path).complete(["a"])[0][0].finish == finish


def test_nothing_asked_writes_nothing(tmp_path):
    assert Recorded(Counting(), tmp_path).complete([]) == []
    assert list(tmp_path.iterdir()) == []


def test_the_reply_that_was_stored_first_is_the_reply(tmp_path):
    """A model at temperature 1 answers differently each time; whoever asks later gets what is stored, even in the middle of asking."""
    slow = Recorded(Counting(salt=" late"), tmp_path)
    whole = slow.model.complete

    def meanwhile(prompts, **more):
        Recorded(Counting(salt=" early"), tmp_path).complete(prompts)
        return whole(prompts, **more)

    slow.model.complete = meanwhile
    assert slow.complete(["a"])[0][0].text == "a/0/0 early"
    assert sum(pl.read_parquet(path).height for path in segments(tmp_path)) == 1


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-7], lambda data: data[:20] + b"?" + data[21:], lambda data: b""]
)
def test_a_damaged_segment_is_refused_by_name(tmp_path, damage):
    Recorded(Counting(), tmp_path).complete(["a"])
    (path,) = segments(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(CurateError, match=f"{path.name}.*damaged"):
        Recorded(Counting(), tmp_path).complete(["a"])


def test_a_foreign_table_under_a_segments_name_is_refused(tmp_path):
    store = Recorded(Counting(), tmp_path)
    store.complete(["a"])
    folder = store.folder
    pl.DataFrame({"x": [1]}).write_parquet(folder / "x.parquet")
    data = (folder / "x.parquet").read_bytes()
    (folder / "x.parquet").rename(folder / f"{hashlib.sha256(data).hexdigest()[:32]}.parquet")
    with pytest.raises(CurateError, match="not a reply segment"):
        Recorded(Counting(), tmp_path).complete(["b"])


def test_files_of_other_names_are_none_of_ours(tmp_path):
    store = Recorded(Counting(), tmp_path)
    store.complete(["a"])
    for name in (".tmp-00000000000000000000000000000000", "notes.txt", "x.parquet", ".DS_Store"):
        (store.folder / name).write_bytes(b"garbage")
    model = Counting()
    assert Recorded(model, tmp_path).complete(["a", "b"])[0][0].text == "a/0/0"
    assert model.asked == [("b", 0)]
    assert not list(store.folder.glob(".tmp-*"))


def test_a_killed_writer_loses_only_its_last_batch(tmp_path):
    code = f"""
import os, sys
from pathlib import Path
sys.path.insert(0, {str(Path.cwd())!r})
from curate.models import replies
from curate.models.base import Reply, Sampling
class M:
    identity = {{"backend": "m"}}
    sampling = Sampling()
    def complete(self, prompts, *, samples=1, first=0):
        return [[Reply(f"{{p}}/0/0", "stop", len(p), 0)] for p in prompts]
count = [0]
whole = Path.replace
def dies(self, target):
    count[0] += self.name.startswith(".tmp-")
    if count[0] == 3:
        os.kill(os.getpid(), 9)
    return whole(self, target)
Path.replace = dies
replies.Recorded(M(), Path({str(tmp_path)!r}), batch=2).complete(list("abcdefgh"))
"""
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -9
    assert len(segments(tmp_path)) == 2
    model = Counting()
    assert Recorded(model, tmp_path).complete(list("abcdefgh")) == Counting().complete(list("abcdefgh"))
    assert [prompt for prompt, _ in model.asked] == list("efgh")


def _worker(folder: str, who: int, queue: "multiprocessing.Queue") -> None:
    model = Counting(salt=f" by {who}")
    queue.put(
        [reply.text for (reply,) in Recorded(model, Path(folder), batch=3).complete([f"p{i}" for i in range(12)])]
    )


def test_processes_that_ask_at_once_go_on_with_the_same_replies(tmp_path):
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    workers = [context.Process(target=_worker, args=(str(tmp_path), who, queue)) for who in range(3)]
    for worker in workers:
        worker.start()
    told = [queue.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join()
    assert told[0] == told[1] == told[2]
    stored = pl.concat([pl.read_parquet(path) for path in segments(tmp_path)])
    assert stored.height == stored["key"].n_unique() == 12


@given(
    st.lists(st.tuples(st.lists(st.text(max_size=3), max_size=5), st.integers(1, 4), st.integers(0, 3)), max_size=6),
    st.integers(1, 4),
)
def test_a_remembering_model_says_what_the_model_says(calls, batch):
    with tempfile.TemporaryDirectory() as folder:
        model, asked = Counting(), set()
        for prompts, samples, first in calls:
            got = Recorded(model, Path(folder), batch=batch).complete(prompts, samples=samples, first=first)
            assert got == Counting().complete(prompts, samples=samples, first=first)
            asked |= {(prompt, n) for prompt in prompts for n in range(first, first + samples)}
        assert sorted(model.asked) == sorted(asked)


def test_a_segment_is_the_same_bytes_for_the_same_replies(tmp_path):
    for name in ("one", "two"):
        Recorded(Counting(), tmp_path / name).complete(["b", "a"])
    assert [p.name for p in segments(tmp_path / "one")] == [p.name for p in segments(tmp_path / "two")]


def test_many_replies_are_found_fast(tmp_path):
    import time

    prompts = [f"What is {i} + {i}?" * 5 for i in range(20_000)]
    Recorded(Counting(), tmp_path, batch=10_000).complete(prompts)
    replies._load.cache_clear()
    model = Counting()
    start = time.perf_counter()
    Recorded(model, tmp_path, batch=10_000).complete(prompts)
    assert model.asked == []
    assert time.perf_counter() - start < 5


def test_opening_a_model_gives_it_its_memory(tmp_path):
    model = open_model({"backend": "symbolic"}, tmp_path)
    assert isinstance(model, Model)
    model.complete(["Task: solve briefly.\n\nProblem:\nFind 10 percent of 50.\n"])
    assert len(segments(tmp_path)) == 1
    assert os.listdir(segments(tmp_path)[0].parent)


def test_a_teachers_code_is_part_of_its_identity():
    found = identity_of({"backend": "symbolic", "sampling": {"temperature": 0.6}})
    assert found["sampling"]["temperature"] == 0.6
    assert "families/percent.py" in found["code"]["files"]
    assert "curation.synth.symbolic" in found["code"]["modules"]


def test_an_unknown_backend_gets_a_suggestion():
    with pytest.raises(CurateError, match="did you mean 'symbolic'"):
        backend("symbolik")
    with pytest.raises(CurateError, match="a model needs `backend:`"):
        identity_of({})
    assert identity_of({"id": "ORG/NAME"})["id"] == "ORG/NAME"  # planned, though nobody can be asked
    for name in ("base", "replies", "qa_pairs", "../x", "os", ""):
        with pytest.raises(CurateError):
            backend(name)
