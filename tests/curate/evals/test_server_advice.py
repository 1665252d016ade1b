"""What a server that is not as it was said to be makes `curate eval` say: one line, that leads on to what to do."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import curate
from curate import report
from curate.errors import CurateError
from curate.models import _dispatch, _endpoints
from curate.models.base import Unanswered
from tests.curate import evaluating
from tests.curate.evaluating import evaluate
from tests.curate.models.server import Server, serving

NOBODY = "http://127.0.0.1:9/v1"
SERVED = ("/v1/models", "/v1/completions", "/v1/chat/completions")


@pytest.fixture
def strict(project: Path) -> Iterator[Server]:
    """A server that knows the paths of the protocol and no others."""
    evaluating.benchmark(project)
    server = evaluating.server_of(project)
    server.paths_served = SERVED
    with serving(server):
        yield server


def asked_at(address: str, model: str | tuple[()] = evaluating.ID, **how: str) -> str:
    """The one line that an evaluation ends with."""
    with pytest.raises(CurateError) as found:
        curate.evaluate(model, "toy", endpoint=address, **how)
    assert "\n" not in str(found.value)
    return str(found.value)


def test_an_address_without_v1_is_answered_with_the_one_to_write(strict: Server) -> None:
    bare = strict.url.removesuffix("/v1")
    assert f"404 Said: Not Found; does its address end in /v1, as {strict.url}?" in asked_at(bare)
    assert f"Say --endpoint {strict.url}" in asked_at(bare, ())
    assert evaluate(strict)["accuracy"] == 1.0


def test_a_server_that_only_speaks_chat_is_answered_with_the_mode(strict: Server) -> None:
    strict.paths_served = ("/v1/chat/completions",)
    said = asked_at(strict.url)
    assert "answers nothing: 404" in said and "wants --mode chat" in said and "end in /v1" not in said
    strict.paths_served = ("/v1/completions",)
    assert "--mode" not in asked_at(strict.url, mode="chat")


def test_a_server_that_wants_a_key_is_answered_with_where_to_say_it(
    strict: Server, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict.key = "secret"
    assert 'profiles/local.toml: [models."NAME"] api_key_env = "VARIABLE"' in asked_at(strict.url, ())
    said = asked_at(strict.url)
    assert "401 Said: no key was said; it wants a key" in said
    assert "profiles/local.toml, under [models.NAME]" in said and 'api_key_env = "VARIABLE"' in said
    (project / "profiles").mkdir()
    (project / "profiles/local.toml").write_text(f'[models."{evaluating.ID}"]\napi_key_env = "KEY_OF_TOY"\n')
    monkeypatch.setenv("KEY_OF_TOY", "another")
    assert "the key in the variable that api_key_env names is not accepted" in asked_at(strict.url)
    monkeypatch.setenv("KEY_OF_TOY", "secret")
    assert evaluate(strict)["accuracy"] == 1.0


def test_an_unknown_model_is_answered_with_where_the_names_are(strict: Server) -> None:
    strict.always, strict.faults = "unknown", {}
    assert f"; {strict.url}/models says what it calls its models" in asked_at(strict.url)


def test_a_server_that_is_not_there_is_told_within_seconds_and_again_as_long_as_it_is_not(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluating.benchmark(project)
    (project / "profiles").mkdir()
    (project / "profiles/local.toml").write_text(f'[models."{evaluating.ID}"]\npatience = 2.0\n')
    monkeypatch.setattr(_dispatch, "SILENT", 0.2)
    monkeypatch.setattr(_dispatch, "QUIET", 0.1)
    monkeypatch.setattr(report, "AGAIN", 1.0)
    monkeypatch.setattr(report.Lines, "LOOK", 0.05)
    with pytest.raises(Unanswered, match="connection refused"):
        curate.evaluate(evaluating.ID, "toy", endpoint=NOBODY, report=report.Lines())
    told = [line for line in capsys.readouterr().err.splitlines() if "toy: " in line]
    again = "it is asked again for 2 s (`patience` in the profile)"
    assert len(told) in (2, 3)
    assert all(f"{NOBODY}: ConnectError: connection refused" in line and again in line for line in told)
    assert not list((project / ".curate").rglob("*-trouble"))


def test_a_server_that_comes_up_meanwhile_answers_and_no_trouble_stays(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluating.benchmark(project)
    monkeypatch.setattr(_endpoints, "REST", (0.05, 0.1))
    monkeypatch.setattr(_dispatch, "SILENT", 0.1)
    monkeypatch.setattr(report.Lines, "LOOK", 0.02)
    prompts = evaluating.prompts(project)
    server = evaluating.server_of(project)
    server.faults = {prompt: ["503"] * 3 + server.faults[prompt] for prompt in prompts}
    with serving(server):
        found = curate.evaluate(evaluating.ID, "toy", endpoint=server.url, report=report.Lines())
    assert found["evals"][0]["models"][0]["benchmarks"]["toy"]["accuracy"] == 1.0
    told = [line for line in capsys.readouterr().err.splitlines() if "503 Said" in line]
    assert len(told) == 1
    assert not list((project / ".curate").rglob("*-trouble"))


def test_a_name_that_no_machine_has_is_not_waited_for_as_long_as_a_server_that_loads(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    def nameless(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    evaluating.benchmark(project)
    monkeypatch.setattr(socket, "getaddrinfo", nameless)
    monkeypatch.setattr(_dispatch, "NAMELESS", 0.3)
    monkeypatch.setattr(_dispatch, "QUIET", 0.1)
    said = asked_at("http://no-such-machine.local/v1")
    assert "got no answer within 0.3 s" in said and "no machine has this name" in said


def test_bars_tell_trouble_above_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    monkeypatch.setattr(report.Lines, "LOOK", 0.02)
    with report.Bars().progress("toy", 3, None, "replies", lambda: "connection refused"):
        time.sleep(0.3)
    assert len(re.findall("toy: connection refused", written.getvalue())) == 1
