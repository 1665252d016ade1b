"""Servers that a build starts: they answer, they end with it however it ends, and they say why they could not start."""

import contextlib
import importlib.util
import json
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from curate.errors import CurateError
from curate.models import launch
from curate.models.launch import command, scrubbed, served
from curate.profile import ModelSettings

CHAT = Path(__file__).with_name("chat.py")
ENTRY = {"id": "org/tiny", "revision": "abc"}


def settings(more: str = "", **given) -> ModelSettings:
    words = shlex.join([sys.executable, str(CHAT)])
    return ModelSettings(launch=f"{words} --model {{id}} {more}", **{"start_seconds": 30, **given})


def lives(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(endpoint: str) -> bool:
    try:
        urllib.request.urlopen(f"{endpoint}/models", timeout=2).close()
    except OSError:
        return True
    return False


def wait_for(what, seconds: float = 15.0):
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)
    return found


def test_replicas_answer_on_ports_of_their_own_and_are_gone_afterwards(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5,6,7")
    with served(ENTRY, settings(replicas=2, gpus=2), "writer", tmp_path) as found:
        assert len(set(found.endpoints)) == 2 and all(e.startswith("http://127.0.0.1:") for e in found.endpoints)
        for endpoint in found.endpoints:
            with urllib.request.urlopen(f"{endpoint}/models") as answer:
                assert json.load(answer)["data"][0]["id"] == "org/tiny"
    assert all(map(gone, found.endpoints))
    said = [(tmp_path / f"writer-{replica}.log").read_text().splitlines()[0] for replica in range(2)]
    assert said == ["devices 4,5", "devices 6,7"]


def test_without_launch_nothing_is_started(tmp_path):
    given = ModelSettings(endpoints=("http://127.0.0.1:1/v1",))
    with served(ENTRY, given, "writer", tmp_path / "logs") as found:
        assert found == given and not (tmp_path / "logs").exists()


@pytest.mark.parametrize("how", [ValueError, KeyboardInterrupt])
def test_servers_and_what_they_started_end_on_errors(tmp_path, how):
    with pytest.raises(how), served(ENTRY, settings(f"--child {tmp_path}/child"), "writer", tmp_path) as found:
        child = int((tmp_path / "child").read_text())
        assert lives(child)
        raise how
    assert gone(found.endpoints[0]) and not lives(child)


def test_a_server_that_ignores_being_asked_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(launch, "GRACE", 0.3)
    with served(ENTRY, settings("--stubborn"), "writer", tmp_path) as found:
        pass
    assert gone(found.endpoints[0])


def test_kill_9_of_the_build_ends_its_servers(tmp_path):
    script = (
        "import sys, time, pathlib\n"
        "from curate.models.launch import served\n"
        "from curate.profile import ModelSettings\n"
        "with served({'id': 'org/tiny'}, ModelSettings(launch=sys.argv[1]), 'writer', pathlib.Path(sys.argv[2])) as found:\n"
        "    print(found.endpoints[0], flush=True)\n"
        "    time.sleep(600)\n"
    )
    words = [sys.executable, "-c", script, settings(f"--child {tmp_path}/child").launch, str(tmp_path)]
    build = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert build.stdout
        endpoint, child = build.stdout.readline().strip(), int((tmp_path / "child").read_text())
        assert not gone(endpoint) and lives(child)
        build.send_signal(signal.SIGKILL)
        wait_for(lambda: gone(endpoint) and not lives(child))
    finally:
        with contextlib.suppress(ProcessLookupError):
            build.kill()
        build.wait()
        build.stdout.close()


def test_a_server_that_dies_while_starting_is_told_with_its_last_lines_and_no_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("MY_API_KEY", "hush-hush-1234")
    with (
        pytest.raises(CurateError) as error,
        served(
            ENTRY, settings("--fail 'out of memory, key hush-hush-1234'", api_key_env="MY_API_KEY"), "writer", tmp_path
        ),
    ):
        pass
    said = str(error.value)
    assert (
        "models.writer: the server ended before it answered" in said and "RuntimeError: out of memory, key ***" in said
    )
    assert "hush" not in said and "\n" not in said and "writer-0.log" in said


def test_a_server_that_takes_too_long_is_stopped(tmp_path):
    with (
        pytest.raises(CurateError, match=r"start_seconds = 0\.5"),
        served(ENTRY, settings("--after 60", start_seconds=0.5), "writer", tmp_path),
    ):
        pass


def test_a_server_that_dies_later_is_told_at_the_end(tmp_path):
    said: list[str] = []

    class Notes(launch.Report):
        def note(self, text: str) -> None:
            said.append(text)

    with served(ENTRY, settings("--die 0.8", replicas=1), "writer", tmp_path, Notes()) as found:
        wait_for(lambda: gone(found.endpoints[0]))
        time.sleep(0.5)
    assert "starting" in said[0] and "ended on its own" in said[1]


@pytest.mark.parametrize(
    ("words", "entry", "message"),
    [
        ("no-such-program-of-ours serve {id}", ENTRY, "no program 'no-such-program-of-ours'"),
        ("A=1 true", ENTRY, "env NAME=VALUE"),
        ("true 'unclosed", ENTRY, "no closing quotation"),
        ("true {revision}", {"id": "x"}, "no `revision:`"),
        ("true {id}", {"id": "--trust-remote-code"}, "looks like an option"),
        ("  ", ENTRY, "names no program"),
    ],
)
def test_commands_that_cannot_be_run_are_refused(words, entry, message):
    with pytest.raises(CurateError, match=message):
        command(entry, ModelSettings(launch=words), "writer", 80, 0)


def test_words_of_a_command():
    def words(text: str) -> list[str]:
        return command(ENTRY, ModelSettings(launch=text), "writer", 80, 3)

    assert words("true {id} --revision {revision}") == [
        "true", "org/tiny", "--revision", "abc", "--host", "127.0.0.1", "--port", "80"
    ]  # fmt: skip
    assert command({"id": "org/tiny@abc"}, ModelSettings(launch="true {id} {revision}"), "w", 80, 0)[1:3] == [
        "org/tiny",
        "abc",
    ]
    assert words("true --host 0.0.0.0")[-2:] == ["--port", "80"]
    assert words("true -p {port} --seed {replica} '{\"a\": {}}' '$HOME; x'") == [
        "true", "-p", "80", "--seed", "3", '{"a": {}}', "$HOME; x"
    ]  # fmt: skip


def test_too_few_gpus_are_told(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    with (
        pytest.raises(CurateError, match="2 replicas of 2 GPUs need 4, and 1 are here"),
        served(ENTRY, settings(replicas=2, gpus=2), "writer", tmp_path),
    ):
        pass


def test_what_looks_like_a_key_is_scrubbed(monkeypatch):
    monkeypatch.setenv("SOME_TOKEN", "abcdef123")
    text = scrubbed("hf_abcdefghijklm Bearer xyz https://me:pw@host abcdef123 sk-proj-1234567890", ModelSettings())
    assert text == "*** Bearer *** https://***@host *** ***"


def test_the_keeper_imports_nothing_of_ours():
    lines = launch.KEEPER.read_text().splitlines()
    assert not any("curate" in line for line in lines if line.startswith(("import", "from")))


@pytest.mark.slow
def test_transformers_serve_is_started_asked_and_stopped(tmp_path, monkeypatch):
    for name in ("torch", "transformers", "fastapi", "uvicorn", "openai"):
        if not importlib.util.find_spec(name):
            pytest.skip(f"needs {name}: pip install torch 'transformers[serving]'")
    from curate.models.base import Request
    from curate.models.openai import connect
    from tests.curate.models.test_served import tiny_model

    for name, value in {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}.items():
        monkeypatch.setenv(name, value)
    entry = {
        "backend": "openai",
        "id": str(tiny_model(tmp_path / "tiny")),
        "revision": "main",
        "sampling": {"max_tokens": 8},
    }
    words = f"{sys.executable} -m transformers.cli.transformers serve {{id}} --device cpu"
    with served(entry, ModelSettings(launch=words, start_seconds=120), "writer", tmp_path / "logs") as found:
        replies = dict(connect(entry, found).answers([Request("What is 2 + 3?"), Request("Find the area")]))
    assert sorted(replies) == [0, 1] and all(reply.completion_tokens for reply in replies.values())
    assert gone(found.endpoints[0])


def test_what_speaks_no_http_is_no_server_that_answers(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def talk():
            with contextlib.suppress(OSError):  # it is closed while this thread still listens
                while True:
                    taken, _ = listening.accept()
                    with taken:
                        taken.recv(1000)
                        taken.sendall(b"220 mail.example.com\r\n")

        threading.Thread(target=talk, daemon=True).start()
        server = launch.Server(None, listening.getsockname()[1], tmp_path / "log")  # type: ignore[arg-type]
        assert not launch._answers(server, settings())
