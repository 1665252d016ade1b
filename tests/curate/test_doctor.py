"""`curate doctor`: what is wrong with a profile's places is found, each by its own line, and nothing is left behind."""

from __future__ import annotations

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from curate.cli import main
from curate.doctor import node, places
from tests.curate import bucket
from tests.curate.corpus import make_project
from tests.curate.slurm_cluster import Cluster, wait_for

slow = pytest.mark.slow


@pytest.fixture
def here(project: Path) -> Path:
    make_project(project, count=40)
    (project / "profiles").mkdir()
    return project


def profile(project: Path, text: str) -> None:
    (project / "profiles/here.toml").write_text(text)


def told(capsys: pytest.CaptureFixture[str], *more: str, code: int = 0) -> list[dict[str, str]]:
    """What the doctor finds with the profile `here`; it leaves no file, and ends with this code."""
    before = files()
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        main(["doctor", "--profile", "here", "--json", *more])
    assert files() == before
    found: list[dict[str, str]] = json.loads(capsys.readouterr().out)
    assert end.value.code == code, found
    assert (code == 1) == any(one["state"] == "wrong" for one in found)
    return found


def files() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*"))


def faults(found: list[dict[str, str]]) -> list[str]:
    return [f"{one['what']}: {one['said']}" for one in found if one["state"] == "wrong"]


def test_a_profile_in_order(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile(here, "")
    found = told(capsys)
    assert {one["what"] for one in found} == {"profile", "python", "store", "project", "locks", "room"}
    with pytest.raises(SystemExit):
        main(["doctor", "--profile", "here"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ok     profile: here is valid: executor local") and lines[-1] == "nothing to put right"


def test_bad_input_is_one_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile(here, "workers = 0")
    for words in (
        ["--profile", "here"],
        ["--profile", "nowhere"],
        ["--room", "plenty"],
        ["--wait", "-1"],
        ["--wait", "nan"],
    ):
        with pytest.raises(SystemExit) as end:
            main(["doctor", *words])
        said = capsys.readouterr()
        assert end.value.code == 2 and not said.out and said.err


def test_no_room_and_no_place(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile(here, "")
    (fault,) = faults(told(capsys, "--room", "900TB", code=1))
    assert fault.startswith("room: ") and fault.endswith(" are free, of 900,000.0 GB that are wanted")
    (here / "taken").write_text("a file")
    (fault,) = faults(told(capsys, "--store", "taken/store", code=1))
    assert fault == f"store: {here / 'taken'}: Not a directory"
    (fault,) = faults(told(capsys, "--store", "n" * 300, code=1))
    assert fault.endswith("File name too long")
    profile(here, 'store = "a\\u0000b"')
    (fault,) = faults(told(capsys, code=1))
    assert fault.startswith("store: ") and "null" in fault
    profile(here, 'store = "~no-such-user/x"')
    (fault,) = faults(told(capsys, code=1))
    assert fault.startswith("store: store = '~no-such-user/x': ")


def test_an_unknown_executor(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile(here, 'executor = "slurmm"')
    assert faults(told(capsys, code=1)) == ["profile: no executor 'slurmm'; did you mean 'slurm'?"]


def test_locks_that_another_process_does_not_see(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(folder: Path) -> Any:
        for kind in node.KINDS:
            (folder / f"{node.LOCK}-{kind}").touch()
        return nullcontext()

    profile(here, "")
    monkeypatch.setattr(places, "held", none)
    (fault,) = faults(told(capsys, code=1))
    assert fault == "locks: do not hold between two processes of this machine (flock fcntl)"


def test_a_node_that_is_not_as_this_one(here: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("doctor")
    node.ask(folder, here)
    with node.held(folder):
        pass
    seen = node.look(folder)
    assert [*node.faults(seen)] == [
        "gets locks that this machine holds (flock, fcntl): builds there would not see each other"
    ]
    (here / "later").touch()  # what comes meanwhile is nothing wrong
    assert len([*node.faults(node.look(folder))]) == 1
    (here / "recipes").rename(here / "others")
    assert "does not see the project as this machine does" in [*node.faults(node.look(folder))]
    asked = json.loads((folder / node.ASKED).read_text())
    (folder / node.ASKED).write_text(json.dumps({**asked, "code": "another"}))
    assert any("has another octocurate" in one for one in node.faults(node.look(folder)))


def test_a_bucket(here: Path, url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from curate.objectstore import Away, Bucket

    profile(here, f'remote = "{url}"')
    assert told(capsys)[-1]["said"].endswith("can be read; builds write nothing there, as push is not true")
    profile(here, f'remote = "{url}"\npush = true')
    assert [one["state"] for one in told(capsys) if one["what"] == "remote"] == ["fine"]
    assert bucket.names(url, "") == []
    (fault,) = faults(told(capsys, "--remote", "s3://not-there/x", code=1))
    assert fault.startswith("remote: ")

    def over(self: Bucket, name: str, data: bytes) -> bool:
        bucket.change(url, name, data)
        return True

    def kept(self: Bucket, name: str) -> None:
        raise Away("403: no deleting here")

    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "create", over)
        (fault,) = faults(told(capsys, code=1))
        assert "writes over a file that it was told to create" in fault
        assert bucket.names(url, "") == []
        patch.undo()
        patch.setattr(Bucket, "delete", kept)
        found = [one for one in told(capsys) if one["what"] == "remote"]
    assert [one["state"] for one in found] == ["left out", "fine"]
    assert "/test stays, as it cannot be deleted" in found[0]["said"]
    profile(here, "push = true")
    assert faults(told(capsys, code=1)) == ["remote: the profile says push = true and names no remote"]


@contextmanager
def models(answer: bytes, status: int = 200, key: str = "") -> Iterator[str]:
    """The address of a server that says which models it has."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            refused = key and self.headers.get("Authorization") != f"Bearer {key}"
            found = 401 if refused else status if self.path == "/v1/models" else 404
            self.send_response(found)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *words: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


HAS = json.dumps({"data": [{"id": "llama"}]}).encode()


def test_a_server_of_models(here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with models(HAS, key="sesame") as url:
        text = f'[models.small]\nendpoints = ["{url}"]\napi_key_env = "KEY_OF_TEST"\n'
        profile(here, text)
        (fault,) = faults(told(capsys, code=1))
        assert "environment variable KEY_OF_TEST is not set" in fault
        monkeypatch.setenv("KEY_OF_TEST", "schl\N{LATIN SMALL LETTER U WITH DIAERESIS}ssel")
        (fault,) = faults(told(capsys, code=1))
        assert fault.endswith("the environment variable KEY_OF_TEST holds characters that no key has")
        monkeypatch.setenv("KEY_OF_TEST", "wrong-key")
        (fault,) = faults(told(capsys, code=1))
        assert fault.endswith("does not accept the key (status 401)") and "wrong-key" not in fault
        monkeypatch.setenv("KEY_OF_TEST", "sesame")
        assert "answers and has llama" in told(capsys)[-1]["said"]
        profile(here, text + 'served_as = "other"\n')
        (fault,) = faults(told(capsys, code=1))
        assert fault.endswith("has no 'other', but llama")
    profile(here, text)
    (fault,) = faults(told(capsys, code=1))
    assert fault.startswith("model small: http://127.0.0.1:")


@pytest.mark.parametrize(
    "answer", [b"", b"[]", b"{}", b'{"data": 1}', b'{"data": [{}]}', b"[" * 100_000, b"\xff" * 9, b"0" * (5 << 20)]
)
def test_a_server_that_answers_something_else(here: Path, capsys: pytest.CaptureFixture[str], answer: bytes) -> None:
    with models(answer) as url:
        profile(here, f'[models.small]\nendpoints = ["{url}"]\n')
        (fault,) = faults(told(capsys, code=1))
    assert len(fault) < 300


def test_what_a_server_says_is_one_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with models(json.dumps({"data": [{"id": "a\nok     remote: all fine \x1b[31m" + "x" * 999}]}).encode()) as url:
        profile(here, f'[models."b\\nok     c"]\nendpoints = ["{url}"]\n')
        with pytest.raises(SystemExit):
            main(["doctor", "--profile", "here"])
    *_, line, last = capsys.readouterr().out.splitlines()
    assert line.startswith("ok     model b ok c: http://") and line.isprintable() and len(line) < 300
    assert last == "nothing to put right"


def test_places_that_are_none(here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("s3://[::1", "s3://b/../x", "s3://b/%00", "nothing"):
        profile(here, f'remote = "{url}"')
        (fault,) = faults(told(capsys, code=1))
        assert fault.startswith("remote: "), fault
    for proxy in ("foo://x", "http://127.0.0.1:99999999"):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        profile(here, '[models.small]\nendpoints = ["http://models.example/v1"]\n')
        (fault,) = faults(told(capsys, code=1))
        assert fault.startswith("model small: http://models.example/v1: ")


SBATCH = """
#!/bin/sh
case "$*" in *--version*) echo slurm 1;; *--test-only*) ;; *) sleep 2; touch submitted; echo 77;; esac
"""
OTHERS = """
#!/bin/sh
echo "$0 $*" >> asked
"""


def programs(folder: Path, **texts: str) -> str:
    """PATH with these programs before all others."""
    for name, text in texts.items():
        (folder / name).write_text(text.lstrip())
        (folder / name).chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_doctor_that_is_ended_takes_everything_away(here: Path, tmp_path: Path, number: int) -> None:
    path = programs(tmp_path, sbatch=SBATCH, squeue=OTHERS, scancel=OTHERS, scontrol=OTHERS)
    profile(here, 'executor = "slurm"')
    environment = {**os.environ, "PATH": path}
    asked = subprocess.Popen(
        [sys.executable, "-m", "curate", "doctor", "--profile", "here"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: list(here.glob("**/.doctor-*/asked.json")))
    asked.send_signal(number)
    asked.communicate(timeout=60)
    assert asked.returncode and not list(here.glob("**/.doctor-*"))
    assert "scancel --quiet --me --name=curate-doctor-" in (here / "asked").read_text()


@pytest.mark.parametrize(
    ("said", "fault"),
    [("echo", "sbatch gives no number"), ("printf '\\377\\n'", "sbatch gives no number"), ("exit 1", "sbatch says")],
)
def test_a_slurm_that_makes_no_sense(
    here: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    said: str,
    fault: str,
) -> None:
    refuses = "#!/bin/sh\nexit 1\n"
    sbatch = SBATCH.replace("sleep 2; touch submitted; echo 77", said)
    monkeypatch.setenv(
        "PATH", programs(tmp_path, sbatch=sbatch, squeue="#!/bin/sh\n", scancel=refuses, scontrol=refuses)
    )
    profile(here, 'executor = "slurm"')
    found = faults(told(capsys, code=1))
    assert any(fault in one for one in found), found


def test_a_program_that_starts_models(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile(here, '[models.small]\nlaunch = "no-such-server serve {id}"\n')
    assert faults(told(capsys, code=1)) == ["model small: is started by no-such-server, which is not here"]
    profile(here, "[models.small]\nlaunch = 'vllm \"x'\n[models.other]\nlaunch = ' '\n")
    assert faults(told(capsys, code=1)) == [
        'model small: models.small: launch: no closing quotation: vllm "x',
        "model other: models.other: launch: names no program",
    ]


def test_no_slurm_here(here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(here))
    profile(here, 'executor = "slurm"')
    assert faults(told(capsys, code=1)) == ["slurm: there is no sbatch, squeue, scancel, scontrol on this machine"]


SLURM = 'executor = "slurm"\n[slurm]\nmem_per_cpu = "500MB"\nmax_array = 100\n'


@slow
def test_slurm(slurm: Cluster, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_CONF", str(slurm.conf))
    profile(
        here, SLURM + 'prefix = ["env", "A=1"]\nsetup = ["export B=2"]\n[steps."score.letters"]\ncpus_per_task = 2\n'
    )
    found = [one["said"] for one in told(capsys) if one["what"] in ("slurm", "job")]
    assert found[1:5] == [
        "takes the build's own job",
        "takes a task",
        "takes an array of 100 tasks",
        "takes a task with score.letters",
    ]
    assert found[5].endswith("it sees store and project, locks hold, and it can submit jobs")
    assert found[6].startswith("a task ran on ") and found[6].endswith("it sees store and project, locks hold")
    wait_for(lambda: not slurm.ask("squeue", "-h", "-o", "%A").split())  # jobs that are over stay for a moment

    profile(here, SLURM)
    assert told(capsys, "--wait", "0")[-1]["said"].startswith("no job was submitted, as --wait 0 says")
    profile(here, '[launch]\nkind = "slurm"\ngpus_per_node = 0\n')
    assert [one["said"] for one in told(capsys)][-2:] == [
        "takes a trainer",
        "nodes that trainers run on are not looked at",
    ]
    for more, said in (
        ('partition = "none"\n', "nvalid partition"),
        ('lines = ["--no-such-option"]\n', "no-such-option"),
        ("max_array = 5000\n", "an array of 5,000 tasks"),
        ("cpus_per_task = 64\n", "a task"),
    ):
        profile(here, "\n".join(line for line in SLURM.splitlines() if line.split()[0] not in more) + "\n" + more)
        found = told(capsys, code=1)
        assert any(said in one for one in faults(found)), found
        assert found[-1]["said"].startswith("no job was submitted, because Slurm refuses jobs")


@slow
def test_slurm_jobs_that_do_not_come_to_anything(
    slurm: Cluster, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_CONF", str(slurm.conf))
    profile(here, SLURM + 'setup = ["no-such-module load python || exit 3"]\n')
    found = faults(told(capsys, code=1))
    assert len(found) == 2 and all("did not start Python: " in one and "no-such-module" in one for one in found)
    profile(here, SLURM + 'python = "/no/such/python"\n')
    (fault,) = faults(told(capsys, code=1))
    assert fault.startswith("job: a task (Slurm job ") and "/no/such/python" in fault
    profile(here, SLURM + 'lines = ["--begin=now+1hour"]\n')
    found = faults(told(capsys, "--wait", "1", code=1))
    assert len(found) == 2 and all("did not end in time: PENDING (BeginTime)" in one for one in found)
    wait_for(lambda: not slurm.ask("squeue", "-h", "-o", "%A").split())  # jobs that are over stay for a moment


@slow
def test_a_ray_cluster(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("ray", reason="needs the extra ray")
    from tests.curate import ray_cluster

    with ray_cluster.cluster() as running:
        text = f'executor = "ray"\n[ray]\naddress = "{running.address}"\nmemory = "900MB"\n'
        profile(here, text)
        found = [one["said"] for one in told(capsys) if one["what"] in ("ray", "task")]
        assert "2 nodes" in found[0] and found[1].startswith("has room for 2 workers")
        assert len(found) == 4 and all(one.endswith("it sees store and project, and locks hold") for one in found[2:])
        profile(here, text.replace("900MB", "900GB"))
        assert len(faults(told(capsys, code=1))) == 1
