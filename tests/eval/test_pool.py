"""The pool under the grader: every fault is a real one, in real processes, and what is looked for afterwards is looked for in /proc."""

import contextlib
import importlib.util
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval import _worker
from eval._pool import Killed, Pool

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS, MEMORY = 0.3, 1 << 27
TIME, SPACE, DEATH = (
    Killed(reason) for reason in ("not judged within 0.3 s", "not judged within 128 MB", "the judging process died")
)
PROC = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
TARGET = "tests.eval.pool_targets:misdeed"


def small(workers: int = 1, seconds: float = SECONDS, **more: Any) -> Pool:
    return Pool(TARGET, workers=workers, seconds=seconds, memory=MEMORY, **more)


@pytest.fixture(scope="module")
def one() -> Iterator[Pool]:
    with small() as pool:
        yield pool


@pytest.fixture(scope="module")
def two() -> Iterator[Pool]:
    with small(2) as pool:
        yield pool


def processes() -> dict[int, tuple[int, int, str]]:
    """Parent, session and state of each process."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, parent, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            found[int(folder.name)] = (int(parent), int(session), state)
    return found


def of(*sessions: int) -> list[int]:
    return [pid for pid, (_, session, state) in processes().items() if session in sessions and state != "Z"]


def children() -> set[int]:
    return {pid for pid, (parent, _, _) in processes().items() if parent == os.getpid()}


def soon(true: Callable[[], bool], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while not (done := true()) and time.monotonic() < end:
        time.sleep(0.01)
    return done


def write_script(folder: Path, body: str) -> list[str]:
    """A command for a program of its own that has `pool`, two processes with a limit of 3 s."""
    head = f"import json, os, sys, time\nfrom eval._pool import Pool\npool = Pool({TARGET!r}, workers=2, seconds=3.0)\n"
    path = folder / "program.py"
    path.write_text(head + body)
    return [sys.executable, str(path)]


ENV = {**os.environ, "PYTHONPATH": str(ROOT)}


# What is answered


def test_results_are_in_the_order_of_the_requests(two: Pool) -> None:
    assert two.run(range(5000)) == list(range(5000))
    assert two.run([]) == []


@pytest.mark.parametrize(
    "payload",
    [
        None,
        True,
        1 << 200,
        0.1,
        "",
        "\ud800 and \udfff",
        "a\x00b\n\r\u2028",
        {"a": [1, {"b": None}]},
        "😀",
        "x" * (1 << 20),
    ],
    ids=lambda payload: repr(payload)[:20],
)
def test_values_come_back_as_they_went(one: Pool, payload: Any) -> None:
    assert one.run([payload, 1, payload]) == [payload, 1, payload]


def test_megabytes_both_ways_do_not_block_the_pipes(two: Pool) -> None:
    payloads = [str(i) * (1 << 20) for i in range(8)]
    assert two.run(payloads) == payloads


@pytest.mark.parametrize("payload", [float("nan"), {1, 2}, object()])
def test_what_is_not_json_is_refused_before_anything_is_sent(one: Pool, payload: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="JSON"):
        one.run([1, payload])
    assert one.run([1]) == [1]


def test_nothing_that_a_library_prints_or_reads_reaches_the_protocol(one: Pool) -> None:
    assert one.run(["noise", "a", "noise", "b"]) == ["noise done", "a", "noise done", "b"]


def test_modules_are_looked_up_as_in_the_caller(one: Pool) -> None:
    safe, seed, threads, path = one.run(["settings"])[0]
    assert (safe, seed, threads) == (True, "0", "1")
    assert path == [os.path.abspath(entry) for entry in sys.path]


def test_warming_up_is_done_once_for_all_children() -> None:
    with small(warm="tests.eval.pool_targets:warm") as pool:
        assert pool.run(["warmth", "leave", "warmth"]) == [[1, 1], DEATH, [1, 1]]


# Limits


@pytest.mark.parametrize(
    ("deed", "verdict"),
    [
        ("loop", TIME),
        ("loop_that_catches_all", TIME),
        ("power", TIME),
        ("regex", TIME),
        ("blocked_forever", TIME),
        ("bomb", SPACE),
        ("one_huge", SPACE),
        ("leave", DEATH),
        ("segfault", DEATH),
        ("abort", DEATH),
        ("recursion_without_limit", DEATH),
    ],
)
def test_a_misdeed_costs_itself_and_no_neighbour(one: Pool, deed: str, verdict: Killed) -> None:
    if verdict == SPACE and sys.platform == "darwin":
        pytest.skip("RLIMIT_AS is not enforced on macOS")
    with (
        small(seconds=5.0) if verdict == SPACE else contextlib.nullcontext(one) as pool
    ):  # a busy machine fills memory slowly
        pool.run([0])
        begun = time.monotonic()
        assert pool.run(["before", 1, deed, "after", 2]) == ["before", 1, verdict, "after", 2]
        assert time.monotonic() - begun < (5 if verdict == SPACE else SECONDS + 1)


def test_memory_is_counted_from_what_the_request_found(one: Pool) -> None:
    if sys.platform == "darwin":
        pytest.skip("RLIMIT_AS is not enforced on macOS")
    assert one.run(["keep", "keep", "keep", "keep", "most", "most"]) == ["kept"] * 4 + ["had"] * 2


@settings(max_examples=12)
@given(
    st.lists(st.sampled_from(["leave", "segfault", "one_huge", "kill_zygote", *"abcdef", 1, None]), max_size=60),
    st.integers(1, 3),
)
def test_every_request_has_its_answer_among_any_killers(payloads: list[Any], workers: int) -> None:
    deaths = {"leave": DEATH, "segfault": DEATH, "one_huge": SPACE, "kill_zygote": DEATH}
    payloads = [p for p in payloads if p != "one_huge" or sys.platform != "darwin"]
    with small(workers) as pool:
        assert pool.run(payloads) == [deaths.get(p, p) for p in payloads]


def test_hangs_are_shared_by_all_workers() -> None:
    with small(2) as pool:
        pool.run(list(range(1000)))  # batches are long by now
        begun = time.monotonic()
        assert pool.run(["loop"] * 6 + list(range(200))) == [TIME] * 6 + list(range(200))
        assert 3 * SECONDS <= time.monotonic() - begun < 5 * SECONDS


def test_requests_behind_a_slow_one_are_not_counted_as_slow(one: Pool) -> None:
    assert one.run(["nap"] * 30) == ["rested"] * 30  # 0.6 s in all, with a limit of 0.3 s each


def test_a_tired_child_makes_room_for_a_fresh_one(one: Pool) -> None:
    first = one.run(["pid"])
    one.run(range(6000))
    assert one.run(["pid"]) != first


# Errors of ours


@pytest.mark.parametrize(
    ("deed", "error"),
    [
        ("bug", "KeyError: 'a bug of ours'"),
        ("recursion", "RecursionError"),
        ("system_exit", "SystemExit"),
        ("not_json", "TypeError"),
        ("nan", "ValueError"),
    ],
)
def test_an_error_of_the_function_is_raised_with_its_traceback(one: Pool, deed: str, error: str) -> None:
    with pytest.raises(RuntimeError, match=error) as caught:
        one.run(["a", deed, "b"])
    assert "pool_targets.py" in str(caught.value) or "json" in str(caught.value)
    assert one.run(["a"]) == ["a"]


@pytest.mark.parametrize("target", ["tests.eval.no_such_module:x", "tests.eval.pool_targets:no_such_function"])
def test_a_target_that_cannot_be_imported_says_so(target: str) -> None:
    with Pool(target) as pool, pytest.raises(RuntimeError, match="no_such"):
        pool.run([1])


def test_a_closed_pool_is_an_error_also_for_those_who_wait() -> None:
    pool = small()
    with ThreadPoolExecutor(3) as threads:
        running = [threads.submit(pool.run, ["nap"] * 1000) for _ in range(3)]
        time.sleep(0.3)
        pool.close()
        for run in running:
            with pytest.raises(RuntimeError, match="closed"):
                run.result(timeout=5)
    with pytest.raises(RuntimeError, match="closed"):
        pool.run([1])


@pytest.mark.parametrize("bad", [{"workers": 0}, {"seconds": 0}, {"memory": -1}])
def test_limits_must_be_positive(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="positive"):
        Pool(TARGET, **bad)


# Zygotes that are killed or stopped


def test_a_zygote_killed_in_the_middle_is_replaced() -> None:
    with small(2) as pool:
        [zygote] = pool.run(["zygote"])
        killer = threading.Timer(0.3, os.kill, (zygote, signal.SIGKILL))
        killer.start()
        payloads = ["nap"] * 60 + list(range(500))
        assert pool.run(payloads) == ["rested"] * 60 + list(range(500))
        killer.join()
        assert zygote not in children()


def test_a_zygote_killed_while_idle_is_replaced() -> None:
    with small() as pool:
        [zygote] = pool.run(["zygote"])
        os.kill(zygote, signal.SIGKILL)
        assert pool.run(["a", "b"]) == ["a", "b"]


def test_a_child_killed_while_idle_is_replaced() -> None:
    with small() as pool:
        [pid] = pool.run(["pid"])
        os.kill(pid, signal.SIGKILL)
        assert pool.run(["a", "b"]) == ["a", "b"]


def test_a_request_that_kills_two_zygotes_is_blamed(one: Pool) -> None:
    assert one.run(["a", "kill_zygote", "b"]) == ["a", DEATH, "b"]


@pytest.mark.parametrize("deed", ["stop_zygote", "stop_self", "own_alarm"])
def test_what_evades_the_kernels_clock_meets_ours(monkeypatch: pytest.MonkeyPatch, deed: str) -> None:
    monkeypatch.setattr(_worker, "GRACE", 0.2)
    with small() as pool:
        assert pool.run(["a", deed, "b"]) == ["a", TIME, "b"]


def test_a_stopped_zygote_delays_nothing_but_the_next_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_worker, "GRACE", 0.2)
    with small() as pool:
        [zygote] = pool.run(["zygote"])
        os.kill(zygote, signal.SIGSTOP)
        assert pool.run(range(100)) == list(range(100))
        assert pool.run(["a", "loop", "b"]) == ["a", TIME, "b"]
        assert pool.run(["zygote"]) != [zygote]


def test_a_process_that_cannot_start_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_worker, "STARTED", 0.2)
    with (
        Pool("tests.eval.pool_targets:same", warm="tests.eval.pool_targets:loop") as pool,
        pytest.raises(RuntimeError, match="could be started"),
    ):
        pool.run([1])


# Threads, forks, other frameworks


def test_many_threads_share_few_workers(two: Pool) -> None:
    def ask(thread: int) -> bool:
        wanted = [[thread, i] for i in range(300)]
        return all(two.run(wanted[i : i + 30]) == wanted[i : i + 30] for i in range(0, 300, 30))

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(8)))


def test_a_small_run_need_not_wait_for_a_large_one() -> None:
    with small() as pool, ThreadPoolExecutor(1) as threads:
        large = threads.submit(pool.run, ["nap"] * 100)
        time.sleep(0.3)
        begun = time.monotonic()
        assert pool.run(["a"]) == ["a"]
        assert time.monotonic() - begun < 1 and not large.done()
        assert large.result() == ["rested"] * 100


def test_a_thread_is_served_while_another_hangs(two: Pool) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(two.run, [["loop"], ["a"], ["segfault"], ["b"], ["loop"], ["c"], ["bug_not"], ["d"]])
        )
    assert answers == [[TIME], ["a"], [DEATH], ["b"], [TIME], ["c"], ["bug_not"], ["d"]]


def test_a_daemonic_process_may_have_a_pool() -> None:
    context = multiprocessing.get_context("spawn")
    inbox = context.SimpleQueue()
    process = context.Process(target=_ask_in_process, args=(inbox,), daemon=True)
    process.start()
    assert inbox.get() == ["a", TIME, "b"]
    process.join()
    assert process.exitcode == 0


def _ask_in_process(outbox: Any) -> None:
    outbox.put([a if isinstance(a, str) else Killed(a.reason) for a in small().run(["a", "loop", "b"])])


@pytest.mark.parametrize("leaving", ["os._exit(0)", "sys.exit(0)"])
def test_a_forked_process_gets_workers_of_its_own(tmp_path: Path, leaving: str) -> None:
    body = f"""
mine = pool.run(["zygote"])
child = os.fork()
if child == 0:
    theirs = pool.run(["zygote"])
    assert theirs != mine and pool.run(list(range(500))) == list(range(500))
    {leaving}
assert pool.run(list(range(500))) == list(range(500))
assert os.waitpid(child, 0)[1] == 0
assert pool.run(["leave", 1])[1] == 1
os.kill(mine[0], 0)  # is still there
print("fine")
"""
    result = subprocess.run(write_script(tmp_path, body), env=ENV, capture_output=True, text=True, timeout=30)
    assert (result.stdout, result.stderr, result.returncode) == ("fine\n", "", 0)


def test_a_fork_in_the_middle_of_a_run_is_no_deadlock(tmp_path: Path) -> None:
    body = """
import threading
thread = threading.Thread(target=pool.run, args=(["nap"] * 100,))
thread.start()
time.sleep(0.3)
children = []
for _ in range(5):
    child = os.fork()
    if child == 0:
        os._exit(pool.run(["a", "leave"])[0] != "a")
    children.append(child)
assert all(os.waitpid(child, 0)[1] == 0 for child in children)
thread.join()
assert pool.run(["a"]) == ["a"]
print("fine")
"""
    command = write_script(tmp_path, body)
    command[1:1] = [
        "-W",
        "ignore::DeprecationWarning",
    ]  # 3.12 warns of a fork beside threads, which is what this is about
    result = subprocess.run(command, env=ENV, capture_output=True, text=True, timeout=30)
    assert (result.stdout, result.stderr, result.returncode) == ("fine\n", "", 0)


# What is left behind


@PROC
def test_nothing_is_left_by_faults_and_close() -> None:
    before, files = children(), len(os.listdir("/proc/self/fd"))
    with small(2) as pool:
        [zygote] = pool.run(["zygote"])
        [sleeper] = pool.run(["grandchild"])
        assert pool.run(["loop", "segfault", "kill_zygote", "a"])[3] == "a"
        with pytest.raises(RuntimeError):
            pool.run(["bug"])
        now = children() - before
        assert 1 <= len(now) <= 2
    assert soon(lambda: children() == before and not of(zygote, *now))
    assert len(os.listdir("/proc/self/fd")) == files
    assert soon(lambda: processes().get(sleeper, (0, 0, "Z"))[2] == "Z")


@PROC
def test_a_forgotten_pool_ends_its_processes() -> None:
    before = children()
    with warnings.catch_warnings(action="error"):
        pool = small(2)
        pool.run(range(100))
        assert children() != before
        del pool
        assert soon(lambda: children() == before)


HANGING = """
import threading
threading.Thread(target=pool.run, args=(["loop"],), daemon=True).start()
time.sleep(0.5)
"""


@PROC
@pytest.mark.parametrize("ending", ["", "sys.exit(3)", "raise KeyError", HANGING])
def test_the_end_of_the_program_ends_the_processes(tmp_path: Path, ending: str) -> None:
    command = write_script(tmp_path, f"print(*pool.run(['zygote', 'zygote']), flush=True)\n{ending}\n")
    result = subprocess.run(command, env=ENV, capture_output=True, text=True, timeout=30)
    assert not of(*map(int, result.stdout.split())) and "Pool" not in result.stderr


@PROC
@pytest.mark.parametrize("doing", ["loop", "nap"])
def test_nothing_is_left_by_a_program_that_is_killed(tmp_path: Path, doing: str) -> None:
    command = write_script(tmp_path, f"print(*pool.run(['zygote'] * 4), flush=True)\npool.run([{doing!r}] * 1000)\n")
    with subprocess.Popen(command, env=ENV, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout
        sessions = set(map(int, program.stdout.readline().split()))
        time.sleep(0.3)
        program.kill()
    assert of(*sessions) or doing == "nap"
    assert soon(lambda: not of(*sessions), seconds=4.0)


@PROC
def test_ctrl_c_ends_at_once_and_quietly(tmp_path: Path) -> None:
    body = """
print(*pool.run(["zygote"] * 4), flush=True)
try:
    pool.run(["loop"] * 100)
except KeyboardInterrupt:
    print("interrupted", pool.run(["a"]), flush=True)
"""
    command = write_script(tmp_path, body)
    with subprocess.Popen(
        command, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as program:
        assert program.stdout and program.stderr
        sessions = set(map(int, program.stdout.readline().split()))
        time.sleep(0.3)
        begun = time.monotonic()
        os.killpg(program.pid, signal.SIGINT)  # as the terminal does
        assert program.stdout.read() == "interrupted ['a']\n"
        assert program.stderr.read() == ""
        assert program.wait() == 0 and time.monotonic() - begun < 2
    assert not of(*sessions)


# Under the launchers that will use it


ASKED = """
answers = pool.run(["a", "segfault", "loop", "b"])
assert (answers[0], answers[3]) == ("a", "b") and answers[2].reason == "not judged within 3 s", answers
"""


@pytest.mark.slow
def test_ranks_of_torchrun_have_pools(tmp_path: Path) -> None:
    if not importlib.util.find_spec("torch"):
        pytest.skip("needs the extra `train`")
    body = ASKED + "print('rank', os.environ['RANK'], 'is fine', flush=True)\n"
    program = write_script(tmp_path, body)[1]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", program]
    result = subprocess.run(command, env=ENV, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    assert "rank 0 is fine" in result.stdout and "rank 1 is fine" in result.stdout


@pytest.mark.ray
def test_workers_of_ray_have_pools(tmp_path: Path) -> None:
    body = f"""
import ray
@ray.remote
def ask():
    pool = Pool({TARGET!r}, seconds=3.0)
    {ASKED.strip().replace(chr(10), chr(10) + "    ")}
    return "fine"
ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
assert ray.get([ask.remote(), ask.remote()]) == ["fine", "fine"]
ray.shutdown()
print("all fine")
"""
    result = subprocess.run(write_script(tmp_path, body), env=ENV, capture_output=True, text=True, timeout=180)
    assert "all fine" in result.stdout, result.stderr


@pytest.mark.slow
def test_one_worker_answers_20000_trivial_requests_a_second() -> None:
    with Pool("tests.eval.pool_targets:same") as pool:
        pool.run(range(10_000))
        begun = time.perf_counter()
        pool.run(range(100_000))
        rate = 100_000 / (time.perf_counter() - begun)
    assert rate > 20_000, f"{rate:,.0f} a second"
