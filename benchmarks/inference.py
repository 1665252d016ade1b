"""Requests per second of one core that ask a server of OpenAI's protocol, beside datatrove's inference client and bare libraries.

    python -m benchmarks.inference --requests 3000 --repeat 3 --json OUT

The server answers at once and does nothing (`tests/curate/models/server.py`), in a process of its own; where there are two cores or more,
it has one and each client another. Every client is a process of its own, too, sends the same prompts of 1,500 characters with the same
sampling, has the same number of requests under way, and reads text, end and counts of each reply; one that gets other than the
right number of replies ends the benchmark. Imports, connections and the first requests are left out.

- ours: `backend: openai` as steps ask it, with its retries, limits and checks; `ours, stored` writes each reply into a reply store on top.
- httpx2: the HTTP library under it, one client with one pool, no retries, nothing checked.
- openai: `AsyncOpenAI.chat.completions.create`, as its manual shows it; `openai, raw`: its `post` with the answer left as bytes.
- datatrove: its `InferenceRunner` with `server_type="endpoint"`, from the first request to the last reply, documents written as JSON lines
  without checkpoints. On loopback it uses an HTTP client of its own that opens a connection for each request; elsewhere it
  uses AsyncOpenAI. `datatrove, openai` is the same run with that. Its readiness check imports httpx; httpx2 stands in for it here.

Two numbers for each: requests per second of time that passed, and of CPU time of the client alone, which a busy machine disturbs less.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MODEL = "ORG/NAME"
PROMPT = "What is the sum of the first hundred numbers? " * 33
WARM = 200
CLIENTS = ("ours", "ours, stored", "httpx2", "openai", "openai, raw", "datatrove", "datatrove, openai")
BODY = {
    "model": MODEL,
    "messages": [{"role": "user", "content": PROMPT}],
    "temperature": 0.6,
    "top_p": 1.0,
    "max_tokens": 4096,
    "seed": 7,
}

Clock = tuple[float, float]


def clock() -> Clock:
    return time.perf_counter(), time.process_time()


def read(said: dict[str, Any]) -> int:
    """What everybody reads of a reply; the number of its tokens."""
    choice = said["choices"][0]
    assert choice["message"]["content"] and choice["finish_reason"] == "stop"
    return int(said["usage"]["completion_tokens"])


def ours(url: str, count: int, at_once: int, folder: Path | None) -> tuple[Clock, Clock]:
    from curate.models.base import Request, open_model
    from curate.models.openai import connect
    from curate.models.replies import Asker
    from curate.profile import ModelSettings

    entry = {"backend": "openai", "id": MODEL, "sampling": {"temperature": 0.6}}
    settings = ModelSettings(endpoints=(url,), concurrency=at_once)
    model = open_model(entry, folder, settings, Asker("benchmark")) if folder else connect(entry, settings)
    answers = model.answers(Request(PROMPT, number) for number in range(WARM + count))
    for _ in range(WARM):
        next(answers)
    begun = clock()
    got = sum(1 for _, reply in answers if reply.finish == "stop")
    assert got == count
    return begun, clock()


def workers(ask: Callable[[], Awaitable[int]], count: int, at_once: int) -> tuple[Clock, Clock]:
    """A plain loop around a library: as many workers as there are requests under way."""

    async def some(number: int) -> None:
        left = iter(range(number))

        async def worker() -> int:
            return sum([await ask() for _ in left])

        tokens = await asyncio.gather(*[worker() for _ in range(at_once)])
        assert sum(tokens) == 7 * number

    async def run() -> tuple[Clock, Clock]:
        await some(max(WARM, at_once))
        begun = clock()
        await some(count)
        return begun, clock()

    return asyncio.run(run())


def bare_httpx2(url: str, count: int, at_once: int) -> tuple[Clock, Clock]:
    import httpx2
    import orjson

    client = httpx2.AsyncClient(timeout=600, limits=httpx2.Limits(max_connections=None, max_keepalive_connections=None))

    async def ask() -> int:
        headers = {"content-type": "application/json"}
        answer = await client.post(f"{url}/chat/completions", content=orjson.dumps(BODY), headers=headers)
        return read(orjson.loads(answer.content))

    return workers(ask, count, at_once)


def bare_openai(url: str, count: int, at_once: int, raw: bool) -> tuple[Clock, Clock]:
    import httpx2
    import openai
    import orjson

    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    client = openai.AsyncOpenAI(
        base_url=url, api_key="none", max_retries=0, http_client=httpx2.AsyncClient(timeout=600, limits=limits)
    )

    async def typed() -> int:
        said = await client.chat.completions.create(**BODY)  # type: ignore[call-overload]
        assert said.choices[0].message.content and said.choices[0].finish_reason == "stop"
        return int(said.usage.completion_tokens)

    async def bytes_() -> int:
        answer = await client.post("/chat/completions", cast_to=httpx2.Response, body=BODY)
        return read(orjson.loads(answer.content))

    return workers(bytes_ if raw else typed, count, at_once)


def datatrove(url: str, count: int, at_once: int, folder: Path, library: bool) -> tuple[Clock, Clock]:
    import httpx2

    sys.modules.setdefault("httpx", httpx2)
    from datatrove.data import Document
    from datatrove.pipeline.inference.run_inference import InferenceConfig, InferenceRunner
    from datatrove.pipeline.writers import JsonlWriter
    from datatrove.utils.logging import logger

    logger.remove()
    logging.disable()
    times: list[Clock] = []

    async def rollout(document: Document, generate: Any) -> Any:
        result = await generate({"messages": [{"role": "user", "content": document.text}]})
        assert result.text and result.finish_reason == "stop" and result.usage["completion_tokens"]
        times.append(clock())
        return result

    config = InferenceConfig(
        server_type="endpoint",
        model_name_or_path=MODEL,
        endpoint_url=url.removesuffix("/v1"),
        api_key="none",
        max_concurrent_generations=at_once,
        default_generation_params={key: BODY[key] for key in ("temperature", "top_p", "max_tokens", "seed")},
    )
    runner = InferenceRunner(rollout, config, JsonlWriter(str(folder), compression=None))
    if library:
        from datatrove.pipeline.inference.servers import EndpointServer
        from openai import AsyncOpenAI

        class ThroughOpenAI(EndpointServer):
            def __init__(self, config: InferenceConfig, rank: int) -> None:
                super().__init__(config, rank)
                self.client = AsyncOpenAI(base_url=url, api_key="none")

        runner._init_server = lambda rank: ThroughOpenAI(config, rank)
    runner.run([Document(text=PROMPT, id=str(number)) for number in range(WARM + count)], 0, 1)
    assert len(times) == WARM + count
    return times[WARM - 1], times[-1]


def one(name: str, url: str, count: int, at_once: int) -> dict[str, float]:
    """Requests per second of one client in this process."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        runs: dict[str, Callable[[], tuple[Clock, Clock]]] = {
            "ours": lambda: ours(url, count, at_once, None),
            "ours, stored": lambda: ours(url, count, at_once, folder),
            "httpx2": lambda: bare_httpx2(url, count, at_once),
            "openai": lambda: bare_openai(url, count, at_once, False),
            "openai, raw": lambda: bare_openai(url, count, at_once, True),
            "datatrove": lambda: datatrove(url, count, at_once, folder, False),
            "datatrove, openai": lambda: datatrove(url, count, at_once, folder, True),
        }
        begun, ended = runs[name]()
    return {"per_second": count / (ended[0] - begun[0]), "per_cpu_second": count / (ended[1] - begun[1])}


@contextlib.contextmanager
def null_server() -> Iterator[str]:
    """The address of the server."""
    process = subprocess.Popen(
        [*on(-1), sys.executable, "-m", "tests.curate.models.server"], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().decode().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def on(which: int) -> list[str]:
    """The beginning of a command that keeps it on one core, where that can be said and there are two."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return ["taskset", "-c", str(cores[which])] if len(cores) > 1 else []


def measured(url: str, name: str, asked: argparse.Namespace) -> dict[str, float]:
    command = [*on(0), sys.executable, "-m", "benchmarks.inference", "--client", name, "--url", url]
    command += ["--requests", str(asked.requests), "--concurrency", str(asked.concurrency)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{name}: {done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=3000, help=f"of each client, beside the first {WARM}")
    parser.add_argument("--concurrency", type=int, default=64, help="requests under way at a time")
    parser.add_argument("--repeat", type=int, default=3, help="rounds; the best of each client counts")
    parser.add_argument("--only", nargs="*", choices=CLIENTS, default=CLIENTS, metavar="NAME", help="these clients")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write what was measured")
    parser.add_argument("--client", choices=CLIENTS, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.client:
        print(json.dumps(one(asked.client, asked.url, asked.requests, asked.concurrency)))
        return
    best: dict[str, dict[str, float]] = {}
    with null_server() as url:
        for _ in range(asked.repeat):
            for name in asked.only:
                found = measured(url, name, asked)
                best[name] = {key: max(value, best.get(name, found)[key]) for key, value in found.items()}
    first = best[asked.only[0]]
    print(f"{'client':20} requests/s   per CPU second   times {asked.only[0]}'s CPU")
    for name, found in best.items():
        times = first["per_cpu_second"] / found["per_cpu_second"]
        print(f"{name:20} {found['per_second']:10,.0f} {found['per_cpu_second']:16,.0f} {times:12.2f}")
    if asked.json:
        asked.json.write_text(json.dumps({"concurrency": asked.concurrency, "clients": best}, indent=1), "utf-8")


if __name__ == "__main__":
    main()
