"""What OpenAI's protocol puts on the wire: the body of a request, and a reply out of the bytes of an answer.

Everything that a server sends is foreign data: it is measured before it is parsed, and what has another form than the protocol's is a
fault of the server (`Fault`) and never a crash. Replies without a chat (`/completions`) differ in two names only.

Left out: tools, images, more than one choice, token probabilities.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from curate.models.base import MOST_TOKENS, Finish, Reply, Request, Sampling, messages

FINISHES: dict[str, Finish] = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "stop_sequence": "stop",
    "end_turn": "stop",
    "length": "length",
    "max_tokens": "length",
}
"""What servers say of an end, and what it is. Any other word, such as `content_filter` or `tool_calls`, means that something stood between
the model and us: `filtered`."""
BROKEN_OFF = ("abort", "error", "insufficient_system_resource")
"""Ends that are the server's own trouble: asked again."""
REFUSED = (400, 413, 414, 422, 451)
"""Statuses that say that this request will not be answered: its prompt is too long, or says what the server does not want."""
FORBIDDEN = ("model", "messages", "prompt", "stream", "stream_options", "n", "best_of")
"""What `extra:` of a recipe's sampling may not say: it is decided elsewhere, or pays for replies that nobody reads."""


class Fault(Exception):
    """What came back is no reply; `again` says whether asking again can help, `wait` is how many seconds the server wants us to wait."""

    def __init__(self, said: str, *, again: bool = True, wait: float | None = None, status: int = 200) -> None:
        super().__init__(said)
        self.again, self.wait, self.status = again, wait, status


class Answer(NamedTuple):
    """A reply, and which model the server says wrote it."""

    model: str
    reply: Reply


def largest(sampling: Sampling) -> int:
    """Bytes of an answer beyond which it is no longer read: a stream takes a few hundred for each token."""
    return min(64 << 20, (1 << 20) + (2 << 10) * sampling.max_tokens)


@dataclass(frozen=True)
class Form:
    """How one model is asked: everything of a request but its prompt."""

    model: str
    chat: bool
    system: str
    sampling: Sampling
    stream: bool

    @property
    def path(self) -> str:
        """What follows an endpoint's address."""
        return "/chat/completions" if self.chat else "/completions"

    def body(self, request: Request) -> bytes:
        """A request as JSON."""
        sampling = self.sampling
        said: dict[str, Any] = {"model": self.model}
        if self.chat:
            said["messages"] = messages(request.prompt, self.system)
        else:
            said["prompt"] = request.prompt
        # A field that is not said is taken from the model's own defaults by some servers, so the three that are hashed are always said.
        said |= {"temperature": sampling.temperature, "top_p": sampling.top_p, "max_tokens": sampling.max_tokens}
        if sampling.stop:
            said["stop"] = list(sampling.stop)
        if sampling.temperature > 0:
            said["seed"] = sampling.seed_of(request.sample)
        if self.stream:
            said |= {"stream": True, "stream_options": {"include_usage": True}}
        said |= sampling.extra
        return orjson.dumps({key: value for key, value in said.items() if value is not None})

    def answer(self, body: bytes) -> Answer:
        """The answer in a body that is whole. Raises Fault."""
        said = _parsed(body)
        _no_error(said)
        choice = _choice(said)
        if choice is None:
            raise Fault("the answer holds no choice")
        finish = choice.get("finish_reason")
        part = choice.get("message") if self.chat else choice
        if not isinstance(part, dict) or not isinstance(finish, str):
            raise Fault(f"the answer lacks its {'text' if isinstance(finish, str) else 'end'}")
        text = _text(part.get("content" if self.chat else "text"))
        thought = _text(part.get("reasoning_content")) or _text(part.get("reasoning"))
        if text is None and thought is None and "content" not in part:
            raise Fault("the answer lacks its text")
        return _answer(said.get("model"), thought or "", text or "", finish, said.get("usage"))


@dataclass
class Stream:
    """An answer that comes in pieces, as server-sent events. What is kept of it is its text."""

    chat: bool
    rest: list[bytes] = field(default_factory=list)
    """The line that is not whole, as its pieces came: joined at its end alone, so that a line costs what its length is."""
    model: Any = None
    usage: Any = None
    finish: str = ""
    over: bool = False
    thought: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def add(self, chunk: bytes) -> None:
        """Read the lines that are whole by now. Raises Fault."""
        first, *lines = chunk.split(b"\n")
        self.rest.append(first)
        if not lines:
            return
        whole, self.rest = b"".join(self.rest), [lines.pop()]
        for line in (whole, *lines):
            if line.startswith(b"data:") and not self.over:
                self._event(line[5:].strip())

    def _event(self, data: bytes) -> None:
        if data == b"[DONE]":
            self.over = True
            return
        said = _parsed(data)
        _no_error(said)
        self.model = said.get("model") or self.model
        self.usage = said.get("usage") or self.usage
        choice = _choice(said)
        if choice is None:  # the last event holds the counts of tokens alone
            return
        part = choice.get("delta") if self.chat else choice
        if isinstance(part, dict):
            self.text.append(_text(part.get("content" if self.chat else "text")) or "")
            self.thought.append(_text(part.get("reasoning_content")) or _text(part.get("reasoning")) or "")
        finish = choice.get("finish_reason")
        self.finish = finish if isinstance(finish, str) and finish else self.finish

    def answer(self) -> Answer:
        """The whole answer, once the connection has ended in order. Raises Fault for half of one.

        `[DONE]` is not waited for: `transformers serve` sends none.
        """
        self.add(b"\n")
        if not self.finish:
            raise Fault("the stream ended before the reply did")
        return _answer(self.model, "".join(self.thought), "".join(self.text), self.finish, self.usage)


def _answer(model: Any, thought: str, text: str, finish: str, usage: Any) -> Answer:
    if finish in BROKEN_OFF:
        raise Fault(f"the server broke off a reply ({finish})")
    if not isinstance(model, str) or not model:
        raise Fault("the answer does not say which model wrote it")
    end = FINISHES.get(finish, "filtered")
    counts = usage if isinstance(usage, dict) else {}
    tokens = _count(counts.get("prompt_tokens")), _count(counts.get("completion_tokens"))
    return Answer(model, Reply(_valid(with_thought(thought, text, end)), end, *tokens))


def with_thought(thought: str, text: str, finish: Finish) -> str:
    """A reply as the model wrote it, where a server has cut its chain of thought out; a chain that was cut off stays open."""
    if not thought or text.lstrip().startswith("<think>"):
        return text
    if not text and finish == "length":
        return f"<think>{thought}"
    return f"<think>{thought}</think>{'' if not text or text[0].isspace() else chr(10)}{text}"


def told(body: bytes) -> str:
    """What a server says of an error, on one line, which may hold what is secret: `Endpoint.cleaned` looks for it, and cuts after that."""
    try:
        return _told(_parsed(body))
    except Fault:
        return _line(re.sub(r"<[^>]*>", " ", body.decode("utf-8", "replace")))


def _told(said: dict[str, Any]) -> str:
    error = said.get("error", said.get("detail", said.get("message", "")))
    if isinstance(error, dict):
        error = error.get("message", "")
    try:
        return _line(error if isinstance(error, str) else json.dumps(error))
    except RecursionError:  # the parser goes deeper than the writer
        return "an error that is nested too deep to be told"


def code(body: bytes) -> str:
    """The word by which a server names an error; empty if it names none, `json` if it says something else in JSON."""
    try:
        error = _parsed(body).get("error")
    except Fault:
        return ""
    said = error.get("code") or error.get("type") if isinstance(error, dict) else None
    return said if isinstance(said, str) else "json"


def _no_error(said: dict[str, Any]) -> None:
    """Some servers begin an answer, with status 200, and then say that it failed."""
    error = said.get("error")
    if error:
        status = error.get("code") if isinstance(error, dict) else None
        known = status if isinstance(status, int) and 400 <= status < 600 else 500
        raise Fault(f"{known}: {_told(said)}", again=known not in REFUSED, status=known)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            said = json.loads(body)  # takes halves of surrogate pairs, which UTF-8 cannot hold and some servers send
        except (ValueError, RecursionError):
            raise Fault("the answer is no JSON") from None
    if not isinstance(said, dict):
        raise Fault("the answer is no JSON object")
    return said


def _choice(said: dict[str, Any]) -> dict[str, Any] | None:
    choices = said.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _count(value: Any) -> int:
    """A count of tokens; 0 for what cannot be one."""
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS
    return value if good else 0


def _valid(text: str) -> str:
    """The text with halves of surrogate pairs joined, and U+FFFD in place of those without another half."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _line(text: str) -> str:
    return " ".join(_valid(text).split())
