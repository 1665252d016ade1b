"""What asking costs, counted while it happens by all processes of a build together, and the limit at which they stop.

The counters are one record in a small file that every worker of a build opens; a lock of the operating system, which dies with its
process, makes each change whole. Before a request is sent, the most that it can cost is set aside, and where that would go beyond the
limit it is not sent; when its reply is there, what it did cost is booked instead. So no number of workers can go past the limit together,
as long as servers keep to `max_tokens`. A server that says it took more is believed, and nothing more is sent.

The file belongs to one attempt of a build. What a killed worker had set aside stays set aside for the rest of the attempt, because its
requests may have been billed; so does what a request that got no answer may have cost. Left out: prices that change with the hour, the
length of a prompt or a cache, and what a provider bills for failed requests beyond one.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import math
import os
import struct
import threading
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NamedTuple

from curate.artifact import replace_file
from curate.errors import CurateError, Halted
from curate.models.base import MOST_TOKENS, Reply, Request, Sampling
from curate.profile import TokenPrices

UNITS = 10**12
"""Money is counted in whole units of 1e-12, so that a token's price, to a millionth per million tokens, is a whole number."""
TEMPLATE = 256
"""Tokens that a chat template may put around a prompt. Those of Llama 3.1, Qwen 3 and gpt-oss, without tools, take fewer than 100."""
_MOST = 2**63 - 1
_RECORD = struct.Struct("<8q")


class OverBudget(Halted):
    """The limit of a build is reached: nothing more is asked, and everything that was answered is stored."""


class Held(NamedTuple):
    """What was set aside for one request: units of money, and the most tokens that it can take."""

    units: int
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class Spent:
    """What a meter counted. Money in the currency of the price."""

    asked: int = 0
    answered: int = 0
    refused: int = 0
    """Of the answered ones, those that the server will not answer."""
    unanswered: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    reserved: float = 0.0
    """What is set aside for requests under way and for those that got no answer."""


@dataclass(frozen=True)
class Meter:
    """The counters of one step that asks a model, in a file that all its workers share. Picklable; one machine."""

    path: Path
    price: TokenPrices | None = None
    limit: float | None = None
    """What this step may still cost, in the currency of the price; None for no limit."""
    deadline: float | None = None
    """When the GPU-hours are used up, by `time.monotonic()`, which all processes of a machine share and no change of the clock moves."""
    name: str = "models"
    """Who is asked, for messages: `models.writer`."""
    currency: str = "USD"
    before: float = 0.0
    """What earlier steps of this build spent, for messages."""
    gpu_hours: float | None = None
    """The limit behind `deadline`, for messages."""
    began: float = 0.0
    """Since when, in seconds of `time.monotonic()`, GPUs are held that cost `rate`."""
    rate: float = 0.0
    """What the GPUs cost each second; it counts against `limit` too."""
    refusal: str = ""
    """Why nothing may be asked at all; empty where it may."""

    def start(self) -> Meter:
        """Set all counters to zero: once for each attempt of a build, before anybody asks."""
        with _Counters(self.path) as count:
            for name in _NAMES:
                setattr(count, name, 0)
        return self

    def reserve(self, request: Request, sampling: Sampling) -> Held | None:
        """Set aside the most that a request can cost; None where that would go beyond the limit: it must not be asked.

        A prompt has at most as many tokens as bytes: tokenizers of today's models cut texts into pieces of at least one byte. (One that
        normalises may first make a text longer, as NFKC does with a few ligatures; `TEMPLATE` leaves room for some.)
        """
        if self.refusal or self.is_late():
            return None
        prompt = len(request.prompt.encode("utf-8", "surrogatepass")) + TEMPLATE
        held = Held(self._units(prompt, sampling.max_tokens), prompt, sampling.max_tokens)
        used = held.units + (math.ceil(self.gpu_cost() * UNITS) if self.rate else 0)
        with _Counters(self.path) as count:
            if self.limit is not None and used and count.cost + count.reserved + used > self.limit * UNITS:
                return None
            count.asked += 1
            count.reserved += held.units
        return held

    def settle(self, reserved: Held, reply: Reply | None) -> None:
        """Book what a reply did cost in place of what was set aside for it; None for a request that got no answer.

        A count below zero, or of zero tokens where there is text, is no count: then the most that it can be is booked.
        """
        with _Counters(self.path) as count:
            if reply is None:
                count.unanswered += 1
                return
            count.answered += 1
            count.reserved -= reserved.units
            prompt, completion = _believed(reserved, reply)
            count.refused += reply.finish == "refused"
            count.prompt_tokens += prompt
            count.completion_tokens += completion
            count.cost += self._units(prompt, completion)

    def spent(self) -> Spent:
        """The counters as they stand."""
        with _Counters(self.path) as count:
            found = {name: getattr(count, name) for name in _NAMES}
        return Spent(**found | {name: found[name] / UNITS for name in ("cost", "reserved")})

    def close(self) -> None:
        """Let go of the file in this process; whoever counts on opens it again."""
        with _THREADS:
            handle, _ = _OPEN.pop((os.getpid(), str(self.path)), (-1, -1))
            if handle >= 0:
                os.close(handle)

    def tell(self, trouble: str) -> None:
        """Say why nothing is answered for the moment, to whoever shows how the step gets on; empty where something is. Best effort."""
        with contextlib.suppress(OSError):
            if trouble:
                replace_file(self.beside, trouble.encode("utf-8", "replace"), durable=False)
            else:
                self.beside.unlink(missing_ok=True)

    def trouble(self) -> str:
        """What was told last, on one line, without control characters; empty if there is nothing to tell."""
        try:
            text = self.beside.read_bytes()[:4096].decode("utf-8", "replace")
        except OSError:
            return ""
        return "".join(c if c.isprintable() else " " for c in text)

    @property
    def beside(self) -> Path:
        """The file of what `tell` said."""
        return self.path.with_name(f"{self.path.name}-trouble")

    def is_late(self) -> bool:
        """Whether the GPU-hours are used up."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    def is_over(self) -> bool:
        """Whether not even an empty request may be sent: for those who start servers first."""
        held = self.reserve(Request(""), Sampling(max_tokens=1))
        if held is not None:
            self.start()
        return held is None

    def gpu_cost(self) -> float:
        """What the GPUs have cost up to now."""
        return self.rate * (time.monotonic() - self.began)

    def over(self) -> OverBudget:
        """The error of a request for which nothing can be set aside."""
        if self.refusal:
            return OverBudget(f"{self.name} {self.refusal}")
        kept = "everything that was answered is stored, and the next build goes on from there, if it may spend more:"
        if self.is_late():
            hours = f"{self.gpu_hours:g} GPU-hours" if self.gpu_hours is not None else "the GPU-hours"
            return OverBudget(f"{self.name}: {hours} that this build may take are used up; {kept} --max-gpu-hours")
        spent, limit = self.before + self.spent().cost + self.gpu_cost(), self.before + (self.limit or 0.0)
        return OverBudget(
            f"{self.name}: this build has spent {spent:.4g} of {limit:g} {self.currency}, and the next request may cost more than"
            f" is left; {kept} --max-usd"
        )

    def _units(self, prompt: int, completion: int) -> int:
        """The price of so many tokens."""
        if self.price is None:
            return 0
        return min(_MOST, prompt * _each(self.price.prompt) + completion * _each(self.price.completion))


@functools.lru_cache(maxsize=64)
def _each(price: float) -> int:
    """Units of one token, of which a million cost `price`; rounded up."""
    return math.ceil(round(price * (UNITS // 10**6), 6))


def _believed(held: Held, reply: Reply) -> tuple[int, int]:
    """Tokens of the prompt and the completion, as the server says where that can be."""
    prompt, completion = reply.prompt_tokens, reply.completion_tokens
    if reply.finish not in ("refused", "abstain"):
        prompt = prompt if prompt > 0 else held.prompt_tokens
        completion = completion if completion > 0 or (completion == 0 and not reply.text) else held.completion_tokens
    return min(MOST_TOKENS, max(0, prompt)), min(MOST_TOKENS, max(0, completion))


_NAMES = tuple(f.name for f in fields(Spent))
_OPEN: dict[tuple[int, str], tuple[int, int]] = {}
_THREADS = threading.Lock()


class _Counters:
    """The record, locked and read; written back at the end if it changed.

    A process keeps the file open: its lock is one of the process (POSIX), and closing any handle of the file would let it go.
    """

    def __init__(self, path: Path) -> None:
        self.asked = self.answered = self.refused = self.unanswered = 0
        self.prompt_tokens = self.completion_tokens = self.cost = self.reserved = 0
        self.path = path

    def __enter__(self) -> _Counters:
        _THREADS.acquire()
        try:
            self.handle = _handle(self.path)
            fcntl.lockf(self.handle, fcntl.LOCK_EX)
            self.was = os.pread(self.handle, _RECORD.size, 0)
        except BaseException as error:
            _THREADS.release()
            if isinstance(error, OSError):
                raise self._uncounted(error) from error
            raise
        if len(self.was) == _RECORD.size:
            (self.asked, self.answered, self.refused, self.unanswered,
             self.prompt_tokens, self.completion_tokens, self.cost, self.reserved) = _RECORD.unpack(self.was)  # fmt: skip
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        try:
            if kind is None:
                now = _RECORD.pack(self.asked, self.answered, self.refused, self.unanswered, self.prompt_tokens,
                                   self.completion_tokens, min(_MOST, self.cost), min(_MOST, self.reserved))  # fmt: skip
                if now != self.was:
                    os.pwrite(self.handle, now, 0)
        except OSError as error:
            raise self._uncounted(error) from error
        finally:
            with contextlib.suppress(OSError):
                fcntl.lockf(self.handle, fcntl.LOCK_UN)
            _THREADS.release()

    def _uncounted(self, error: OSError) -> CurateError:
        """What is said where a filesystem has no locks, or no room."""
        return CurateError(f"what asking costs cannot be counted: {error.strerror}", where=str(self.path))


def _handle(path: Path) -> int:
    """This process's handle of the file that lies there."""
    key = (os.getpid(), str(path))
    handle, inode = _OPEN.get(key, (-1, -1))
    if handle >= 0:
        with contextlib.suppress(FileNotFoundError):
            if os.stat(path).st_ino == inode:
                return handle
        os.close(handle)  # another attempt has a file of its own
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    _OPEN[key] = (handle, os.fstat(handle).st_ino)
    return handle
