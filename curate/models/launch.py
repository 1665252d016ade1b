"""Servers that a build starts for as long as a step asks, and stops whatever happens.

Each replica is a process group behind a keeper (`_keeper.py`), which ends it when the build ends, is interrupted, or is killed with
kill -9. Servers listen on loopback only, on free ports. The command is split like a shell would and run without one, so nothing in a
recipe or profile is ever interpreted.

A server that dies while it starts stops the build, with the last lines of its log. One that dies later is not started again: requests go to
the other replicas, and where none is left the build says which requests got no answer, and the next one starts afresh. Starting again would
hide a server that falls over every few minutes, and each start may take many. Left out: servers on other machines (say `endpoints`).
"""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.errors import CurateError
from curate.models.base import named
from curate.profile import ModelSettings
from curate.report import Report

KEEPER = Path(__file__).with_name("_keeper.py")
HOST = "127.0.0.1"
EVERY = 0.25
"""Seconds between two looks at servers that start."""
GRACE = 15.0
"""Seconds that a server has to stop before it is killed."""
TAIL = 600
"""Characters of a log that an error shows."""


@dataclass
class Server:
    """One replica: its keeper, and where it listens and logs."""

    keeper: subprocess.Popen[bytes]
    port: int
    log: Path
    ready: bool = False

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.port}/v1"


@contextlib.contextmanager
def served(
    entry: Mapping[str, Any], settings: ModelSettings, name: str, folder: Path, report: Report | None = None
) -> Iterator[ModelSettings]:
    """The settings of a model with the endpoints of servers that run as long as the context; as they are where there is no `launch`.

    entry: of the model in the recipe (`id`, `revision`). name: what it is called there. folder: for the logs, `NAME-REPLICA.log`.

    Raises:
        CurateError: a command that cannot be run, too few GPUs, a server that ends before it answers or takes longer than `start_seconds`.
    """
    if not settings.launch:
        yield settings
        return
    report = report or Report()
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        held, pipe = os.pipe()
        stack.callback(os.close, held)
        devices, ports = _devices(name, settings), _ports(settings.replicas)
        commands = [command(entry, settings, name, port, replica) for replica, port in enumerate(ports)]
        servers: list[Server] = []
        stack.callback(_stop, servers, pipe)
        for replica, (words, port) in enumerate(zip(commands, ports, strict=True)):
            log = folder / f"{name}-{replica}.log"
            servers.append(Server(_start(words, devices[replica], held, log), port, log))
        report.note(
            f"models.{name}: starting {shlex.join(commands[0])}" + (f" x {len(ports)}" if len(ports) > 1 else "")
        )
        _wait(servers, settings, name)
        yield settings.model_copy(update={"endpoints": tuple(server.endpoint for server in servers), "launch": ""})
        for server in servers:
            if server.keeper.poll() is not None:
                report.note(f"models.{name}: a server ended on its own: {_said(server, settings)}")


def words_of(settings: ModelSettings, name: str) -> list[str]:
    """The words of `launch`, as a shell would split it. CurateError where it cannot, or there is none."""
    where = f"models.{name}: launch"
    try:
        words = shlex.split(settings.launch)
    except ValueError as error:
        raise CurateError(f"{where}: {str(error).lower()}: {settings.launch}") from None
    if not words or not words[0]:
        raise CurateError(f"{where}: names no program")
    return words


def command(entry: Mapping[str, Any], settings: ModelSettings, name: str, port: int, replica: int) -> list[str]:
    """The words of a `launch` with {id}, {revision}, {port} and {replica} put in. CurateError for one that cannot be run.

    One that does not say {port} gets `--host 127.0.0.1 --port N` at its end, as vLLM, SGLang, llama.cpp and `transformers serve` take it.
    Other braces stay as they are, because arguments may be JSON.
    """
    where, words = f"models.{name}: launch", words_of(settings, name)
    if not any("{port}" in word for word in words):
        words += ["--port", "{port}"] if "--host" in words else ["--host", HOST, "--port", "{port}"]
    hub, revision = named(entry)
    values = {"id": hub, "revision": revision, "port": port, "replica": replica}
    for key, value in values.items():
        if not any(f"{{{key}}}" in word for word in words):
            continue
        if value == "":
            raise CurateError(f"{where} says {{{key}}}, and the recipe's model has no `{key}:`")
        if str(value).startswith("-"):  # would be an option of the server
            raise CurateError(f"{where}: `{key}: {value}` looks like an option")
        words = [word.replace(f"{{{key}}}", str(value)) for word in words]
    if not shutil.which(words[0]):
        hint = "; variables are set with `env NAME=VALUE ...`" if "=" in words[0] else ""
        raise CurateError(f"{where}: no program {words[0]!r} on this machine{hint}")
    return words


def _devices(name: str, settings: ModelSettings) -> list[str | None]:
    """CUDA_VISIBLE_DEVICES of each replica; None where the profile says nothing of GPUs."""
    each, wanted = settings.gpus, settings.gpus * settings.replicas
    if not each:
        return [None] * settings.replicas
    said = os.environ.get("CUDA_VISIBLE_DEVICES")
    there = [one.strip() for one in said.split(",") if one.strip()] if said is not None else None
    if there is None:
        counted = len(list(Path("/proc/driver/nvidia/gpus").glob("*")))  # none is no proof: AMD's are elsewhere
        there = [str(one) for one in range(counted or wanted)]
    if len(there) < wanted:
        raise CurateError(
            f"models.{name}: {settings.replicas} replicas of {each} GPUs need {wanted}, and {len(there)} are here"
        )
    return [",".join(there[at : at + each]) for at in range(0, wanted, each)]


def _ports(count: int) -> list[int]:
    """Free ports, all different."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((HOST, 0))
        return [int(one.getsockname()[1]) for one in sockets]


def _start(words: list[str], devices: str | None, held: int, log: Path) -> subprocess.Popen[bytes]:
    env = dict(os.environ) if devices is None else {**os.environ, "CUDA_VISIBLE_DEVICES": devices}
    with log.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(KEEPER), str(held), str(GRACE), *words],
            stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, env=env, pass_fds=(held,), start_new_session=True,
        )  # fmt: skip


def _wait(servers: Sequence[Server], settings: ModelSettings, name: str) -> None:
    until = time.monotonic() + settings.start_seconds
    while waiting := [server for server in servers if not server.ready]:
        for server in waiting:
            if server.keeper.poll() is not None:
                raise CurateError(
                    f"models.{name}: the server ended before it answered: {_said(server, settings)}",
                    where=str(server.log),
                )
            server.ready = _answers(server, settings)
        if all(server.ready for server in servers):
            return
        if time.monotonic() > until:
            raise CurateError(
                f"models.{name}: the server did not answer within start_seconds = {settings.start_seconds:g}:"
                f" {_said(waiting[0], settings)}",
                where=str(waiting[0].log),
            )
        time.sleep(EVERY)


def _answers(server: Server, settings: ModelSettings) -> bool:
    """Whether it says that it is well and, where it knows no /health, lists its models; a key that it wants is not our business here.

    In this order, because llama.cpp lists models while it still loads them, and `transformers serve` cannot list them without a cache.
    """
    well = _status(server.endpoint.removesuffix("/v1") + "/health", settings)
    return well == 200 or (
        well in (401, 403, 404, 405) and _status(f"{server.endpoint}/models", settings) in (200, 401, 403)
    )


class Stays(urllib.request.HTTPRedirectHandler):
    """Follows no redirection, because the key would follow it."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _status(address: str, settings: ModelSettings) -> int | None:
    """The status of an address on this machine; None where nobody answers. Proxies are for elsewhere."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stays)
    key = os.environ.get(settings.api_key_env) if settings.api_key_env else None
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    request = urllib.request.Request(address, headers=headers)  # noqa: S310  (an address of ours, on this machine)
    try:
        with opener.open(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except (OSError, ValueError, http.client.HTTPException):  # another program has taken the port
        return None


def _stop(servers: Sequence[Server], pipe: int) -> None:
    """Let go of the pipe, which every keeper takes as the end, and wait for them."""
    os.close(pipe)
    for server in servers:
        try:
            server.keeper.wait(GRACE + 10)
        except subprocess.TimeoutExpired:
            server.keeper.kill()
            server.keeper.wait()


def _said(server: Server, settings: ModelSettings) -> str:
    """The last lines of a log, on one line and without secrets."""
    with server.log.open("rb") as file:
        file.seek(max(0, server.log.stat().st_size - 20_000))
        lines = file.read().decode("utf-8", "replace").splitlines()
    text = " | ".join(" ".join(line.split()) for line in lines[-12:] if line.strip())
    text = "".join(c for c in scrubbed(text, settings) if c.isprintable())
    return text[-TAIL:] or "it said nothing"


SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
SECRET_TEXT = re.compile(r"\b(?:hf_|sk-|ghp_|AKIA)[A-Za-z0-9_\-]{8,}|(?<=Bearer )\S+|(?<=//)[^/\s@]+(?=@)")


def scrubbed(text: str, settings: ModelSettings) -> str:
    """A text without values of environment variables that are named like secrets, and without what looks like a key."""
    names = [name for name in os.environ if name == settings.api_key_env or SECRET_NAME.search(name)]
    for value in sorted((os.environ[name] for name in names), key=len, reverse=True):
        if len(value) >= 6:
            text = text.replace(value, "***")
    return SECRET_TEXT.sub("***", text)
