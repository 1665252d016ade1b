"""A server on loopback that speaks OpenAI's protocol, and can fail in every way that servers do. Also the null server of
benchmarks/inference.py: a protocol of asyncio, no framework.

    python -m tests.curate.models.server PORT
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

MODEL = "ORG/NAME"
AGAIN = (
    "drop", "late-drop", "reset", "cut", "429", "429:0.02", "429:bad", "500", "502", "503", "503:0.02", "408", "garbage", "null", "list",
    "no-choices", "no-choice", "no-text", "no-end", "no-model", "abort", "error-200", "half", "half-event", "cut-stream", "error-event",
)  # fmt: skip
"""Faults after which a request is to be tried again."""


@dataclass
class Server:
    """What it does, and what it was asked.

    faults: prompt -> what happens to the next requests for it, one word each; `""` or nothing left: an answer. `always`: what happens to
    all others. `chance`: the share of requests that get a fault of `AGAIN`, drawn by `seed`, the prompt and how often it was asked.

    Words: a status, with Retry-After behind a colon. drop, reset: the connection ends before an answer, late-drop: within its head.
    cut: in the middle of the body. garbage, null, list, no-...: a body that is no reply. half, half-event, cut-stream, error-event: a
    stream that breaks off. drip: byte by byte. hang: nothing, ever. wait:SECONDS: an answer after that. counts=JSON: these counts.
    model=NAME, finish=WORD, text=TEXT, thought=TEXT. huge: a body without an end. bomb: a compressed body. echo, echo-401, echo-200: an
    error that repeats what it was sent, or what stands behind a colon. echo-model: an answer whose model does. other-model, unknown,
    elsewhere, html-404, spent, error-200, refused-200: answers of servers that are not the right one, or not in order.
    """

    seed: int = 0
    delay: float = 0.0
    chance: float = 0.0
    always: str = ""
    model: str = MODEL
    done: bool = True
    """Whether a stream ends with [DONE]."""
    faults: dict[str, list[str]] = field(default_factory=dict)
    url: str = ""
    asked: Counter[str] = field(default_factory=Counter)
    answered: Counter[tuple[str, int | None]] = field(default_factory=Counter)
    """Answers sent whole, by prompt and seed."""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    keep: bool = True
    """Whether `bodies`, `paths` and `heads` are kept."""
    flying: int = 0
    most_flying: int = 0
    connections: int = 0
    key: str = ""
    """What requests must bear where it is not empty; 401 to all others."""
    paths_served: tuple[str, ...] = ()
    """The only paths that it knows, if there are any; 404 to all others, in the words of FastAPI."""
    down: bool = False
    """Whether it takes connections and ends them at once."""

    def fault(self, prompt: str) -> str:
        """What happens to this request for a prompt."""
        if waiting := self.faults.get(prompt):
            return waiting.pop(0)
        if self.chance:
            dice = random.Random(f"{self.seed}/{prompt}/{self.asked[prompt]}")
            if dice.random() < self.chance:
                return dice.choice(AGAIN)
        return self.always


def reply_to(prompt: str, sample_seed: int | None) -> str:
    """What the model says."""
    return f"{prompt[::-1]}|{sample_seed}"


class _Protocol(asyncio.Protocol):
    def __init__(self, server: Server) -> None:
        self.server, self.data, self.open, self.last = server, b"", 0, False
        self.tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.server.connections += 1
        if self.server.down:
            transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        self.server.connections -= 1
        self.server.flying -= self.open
        self.open = 0
        for task in self.tasks:
            task.cancel()

    def data_received(self, data: bytes) -> None:
        self.data += data
        while (end := self.data.find(b"\r\n\r\n")) >= 0:
            head = self.data[:end].decode("latin-1")
            length = next((int(x[15:]) for x in head.lower().split("\r\n") if x.startswith("content-length:")), 0)
            if len(self.data) < end + 4 + length:
                return
            self.last = "\r\nconnection: close" in head.lower()
            body, self.data = self.data[end + 4 : end + 4 + length], self.data[end + 4 + length :]
            if refusal := self._refusal(head):
                self._send(*refusal)
            elif head.startswith("GET"):  # whether it is there, and of which model
                self._send(
                    200, orjson.dumps({"object": "list", "data": [{"id": self.server.model, "object": "model"}]})
                )
            else:
                self.open += 1
                self.server.flying += 1
                self.server.most_flying = max(self.server.most_flying, self.server.flying)
                self._take(head, body)

    def _refusal(self, head: str) -> tuple[int, bytes] | None:
        server, path = self.server, head.split(" ", 2)[1]
        if server.paths_served and path not in server.paths_served:
            return 404, b'{"detail": "Not Found"}'
        if server.key and f"bearer {server.key}" not in head.lower():
            return 401, b'{"error": {"message": "no key was said", "type": "t"}}'
        return None

    def _take(self, head: str, body: bytes) -> None:
        said = orjson.loads(body)
        server = self.server
        chat = "messages" in said
        prompt = said["messages"][-1]["content"] if chat else said["prompt"]
        fault = server.fault(prompt)
        server.asked[prompt] += 1
        if server.keep:
            server.bodies.append(said)
            server.paths.append(head.split(" ", 2)[1])
            server.heads.append(head)
        if fault or server.delay or said.get("stream"):
            task = asyncio.get_running_loop().create_task(self._slowly(fault, head, said, prompt))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        else:
            self._count(said, prompt)  # before it is sent: who asked may look at once
            self._send(200, orjson.dumps(self._answer(said, prompt, "")))

    def _count(self, said: dict[str, Any], prompt: str) -> None:
        if self.server.keep:
            self.server.answered[prompt, said.get("seed")] += 1

    def _over(self) -> None:
        if self.open:
            self.open -= 1
            self.server.flying -= 1

    def _send(self, status: int, body: bytes, headers: str = "", length: int | None = None) -> None:
        head = f"HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\n{headers}"
        size = len(body) if length is None else length
        self._over()
        self.transport.write(f"{head}content-length: {size}\r\n\r\n".encode() + body)
        if self.last:
            self.transport.close()

    def _end(self, *, reset: bool = False) -> None:
        self._over()
        self.transport.abort() if reset else self.transport.close()

    def _answer(self, said: dict[str, Any], prompt: str, fault: str) -> dict[str, Any]:
        word, _, value = fault.partition("=")
        text = value if word == "text" else reply_to(prompt, said.get("seed"))
        if "messages" in said:
            message: dict[str, Any] = {"role": "assistant", "content": text}
            if word == "thought":
                message["reasoning_content"] = value
            choice: dict[str, Any] = {"message": message}
        else:
            choice = {"text": text}
        choice |= {"index": 0, "finish_reason": value if word == "finish" else "stop"}
        usage = json.loads(value) if word == "counts" else {"prompt_tokens": len(prompt), "completion_tokens": 7}
        model = value if word == "model" else self.server.model
        return {"id": "x", "object": "o", "created": 1, "model": model, "choices": [choice], "usage": usage}

    async def _slowly(self, fault: str, head: str, said: dict[str, Any], prompt: str) -> None:
        if self.server.delay:
            await asyncio.sleep(self.server.delay)
        word, _, value = fault.partition(":")
        answer = self._answer(said, prompt, fault)
        choice = answer["choices"][0]
        whole = orjson.dumps(answer)
        if word.isdigit():
            wait = {"": "", "bad": "retry-after: soon\r\n"}.get(value, f"retry-after: {value}\r\n")
            self._send(int(word), b'{"error": {"message": "no:\\n %s", "type": "t"}}' % word.encode(), wait)
        elif word in ("html-404", "html-500"):
            self._send(int(word[5:]), b"<html><title>lost</title></html>")
        elif word == "elsewhere":
            self._send(307, b"", "location: http://127.0.0.1:1/\r\n")
        elif word in ("echo", "echo-401", "echo-200"):
            status = {"echo-401": 401, "echo-200": 200}.get(word, 500)
            said_of_it = {"message": f"I was told {value or head}", "code": 400}
            self._send(status, orjson.dumps({"error": said_of_it}))
        elif word == "echo-model":
            self._send(200, orjson.dumps({**answer, "model": head}))
        elif word == "other-model":
            self._send(400, orjson.dumps({"detail": f"this server is for 'x', not for '{said['model']}'"}))
        elif word == "unknown":
            self._send(404, orjson.dumps({"error": {"message": f"The model `{said['model']}` does not exist."}}))
        elif word == "spent":
            self._send(429, b'{"error": {"message": "no money", "code": "insufficient_quota"}}')
        elif word in ("drop", "reset"):
            self._end(reset=word == "reset")
        elif word == "late-drop":
            self.transport.write(b"HTTP/1.1 200 OK\r\ncontent-le")
            self._end()
        elif word == "cut":
            self._send(200, whole[: len(whole) // 2], length=len(whole))
            self.transport.close()
        elif word in ("garbage", "null", "list"):
            self._send(200, {"garbage": b"\xff{]", "null": b"null", "list": b"[]"}[word])
        elif word == "deep":
            self._send(200, b"[" * 200_000)
        elif word == "error-200":
            self._send(200, b'{"error": {"message": "overloaded", "code": 503}}')
        elif word == "refused-200":
            self._send(200, b'{"error": {"message": "too long", "code": 400}}')
        elif word == "bomb":
            self._send(200, whole, "content-encoding: zstd\r\n")
        elif word in ("no-choices", "no-choice", "no-text", "no-end", "no-model", "abort"):
            part = choice.get("message", choice)
            part.pop("content", part.pop("text", None)) if word == "no-text" else None
            choice["finish_reason"] = {"no-end": None, "abort": "abort"}.get(word, "stop")
            answer |= {"no-choices": {"choices": None}, "no-choice": {"choices": []}, "no-model": {"model": ""}}.get(
                word, {}
            )
            self._send(200, orjson.dumps(answer))
        elif word == "wait":
            await asyncio.sleep(float(value))
            self._count(said, prompt)
            self._send(200, whole)
        elif word == "hang":
            await asyncio.sleep(3600)
        elif word == "huge":
            self.transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999999999999\r\n\r\n"
            )
            for _ in range(1000):
                self.transport.write(b" " * (1 << 20))
                await asyncio.sleep(0.001)
        elif word == "drip":
            self.transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(whole)
            )
            for at in range(len(whole) - 1):
                self.transport.write(whole[at : at + 1])
                await asyncio.sleep(0.0005)
            self._over()
            self._count(said, prompt)
            self.transport.write(whole[-1:])
        elif said.get("stream") or word in ("half", "half-event", "cut-stream", "error-event"):
            await self._stream(word, said, prompt, answer)
        else:
            self._count(said, prompt)
            self._send(200, whole)

    async def _stream(self, word: str, said: dict[str, Any], prompt: str, answer: dict[str, Any]) -> None:
        self.transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        choice = answer["choices"][0]
        message = choice.get("message")
        text = message["content"] if message else choice["text"]
        pieces = (
            [{"reasoning_content": message["reasoning_content"]}] if message and "reasoning_content" in message else []
        )
        pieces += [{"content": text[at : at + 3]} for at in range(0, len(text), 3)]
        events = [self._event(answer, piece, None, message is not None) for piece in pieces]
        end = self._event(answer, {}, choice["finish_reason"], message is not None)
        if word == "half":
            events = events[: len(events) // 2]
        elif word == "error-event":
            events = [*events[:1], {"error": {"message": "the engine died", "code": 500}}]
        elif word in ("half-event", "cut-stream"):
            events = events[:-1]
        else:
            events += [end, {**self._event(answer, {}, None, False), "choices": [], "usage": answer["usage"]}]
        for event in events:
            self._chunk(b": still here\n\ndata: " + orjson.dumps(event) + b"\n\n")
            await asyncio.sleep(0)
        if word == "half-event":
            self._chunk(b'data: {"choices": [{"del')
        if word == "cut-stream":
            self._end()
            return
        if self.server.done and not word.startswith("half"):
            self._chunk(b"data: [DONE]\n\n")
        if word not in ("half", "half-event", "error-event"):
            self._count(said, prompt)
        self._over()
        self.transport.write(b"0\r\n\r\n")

    def _event(self, answer: dict[str, Any], piece: dict[str, str], finish: Any, chat: bool) -> dict[str, Any]:
        part = {"delta": piece} if chat else {"text": piece.get("content", "")}
        return {**answer, "choices": [{"index": 0, **part, "finish_reason": finish}], "usage": None}

    def _chunk(self, data: bytes) -> None:
        self.transport.write(b"%x\r\n%b\r\n" % (len(data), data))


async def _serve(server: Server, port: int) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    running = await loop.create_server(lambda: _Protocol(server), "127.0.0.1", port, backlog=4096)
    server.url = f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}/v1"
    return running


@contextmanager
def serving(server: Server | None = None, port: int = 0) -> Iterator[Server]:
    """A running server in a thread of its own."""
    server = server or Server()
    started, ended = threading.Event(), []

    async def run() -> None:
        over, loop = asyncio.Event(), asyncio.get_running_loop()
        ended.append(lambda: loop.call_soon_threadsafe(over.set))
        running = await _serve(server, port)
        started.set()
        await over.wait()
        running.close()

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    started.wait()
    try:
        yield server
    finally:
        ended[0]()
        thread.join()


async def _main(port: int) -> None:
    server = Server(keep=False)
    running = await _serve(server, port)
    print(server.url, flush=True)
    await running.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
