"""Many requests under way at a time: a thread with an event loop, fed by the thread that iterates.

Requests are pulled one by one where there is room, so nobody holds a million of them, and what consumes the replies may take its time: the
loop goes on reading in the meantime, and nothing times out that has arrived. A request is tried until it is answered or its patience is
over. One that fails again and again while others are answered steps aside, so that it doesn't take their place; `ASIDE` of them at most.

Whatever ends the iteration (an error, Ctrl-C, a generator that is closed) cancels what is under way, which makes servers stop
generating, and leaves no thread and no connection behind. Where the requests themselves fail, such as by a budget that is used up, what
is under way is paid for and is waited for.
"""

from __future__ import annotations

import asyncio
import queue
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator

from curate.errors import CurateError
from curate.models._completions import Answer, Fault, Form, largest
from curate.models._endpoints import Endpoint, Endpoints
from curate.models.base import Reply, Request, Unanswered
from curate.waiting import taken

BACKOFF = 0.25, 60.0
"""Seconds before a request is tried a second time, and at most before it is tried again."""
ASIDE = 1024
"""Requests that may step aside."""
NAMELESS = 60.0
"""Seconds for which a request is tried at most where none of the servers ever answered and no machine has their names."""
SILENT = 2.0
"""Seconds without an answer after which it is told that there is none, if all requests under way have failed."""
QUIET = 10.0
"""Seconds without any answer that are no reason to give up, however short patience is."""
TRIES = 4
"""Tries after which a request does, if others were answered meanwhile."""

Outcome = Reply | Fault | BaseException


class Dispatch:
    """The requests of one stream. Use as a context manager."""

    def __init__(
        self,
        form: Form,
        endpoints: list[Endpoint],
        *,
        concurrency: int,
        patience: float,
        check: Callable[[Endpoint, str], None],
        tell: Callable[[str], None] | None = None,
    ) -> None:
        """check: raises CurateError where an endpoint answers as another model than the one asked for. tell: takes why nothing is answered
        for the moment, and an empty text once something is."""
        self.form, self.servers, self.check, self.tell = form, Endpoints(endpoints), check, tell
        self.told_at: float | None = None
        self.concurrency, self.patience, self.limit = concurrency, patience, largest(form.sampling)
        self.outcomes: queue.SimpleQueue[list[tuple[int, Outcome]]] = queue.SimpleQueue()
        self.ended: list[tuple[int, Outcome]] = []
        self.aside = 0
        self.answered_at = time.monotonic()
        self.failing: set[int] = set()
        self.hopeless = False
        self.tasks: set[asyncio.Task[None]] = set()
        self.ready = threading.Event()
        self.unable: OSError | None = None
        self.thread = threading.Thread(target=self._run, name="models", daemon=True)

    def __enter__(self) -> Dispatch:
        self.thread.start()
        self.ready.wait()
        if self.unable:
            raise CurateError(f"nobody can be asked from here: {self.unable.strerror}") from self.unable
        return self

    def __exit__(self, *_: object) -> None:
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.over.set)
        if self.thread is not threading.current_thread():  # where a generator is closed by the garbage collector
            self.thread.join()
        self._say(None)

    # What the thread that iterates does.

    def replies(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply]]:
        """Each reply with the place of its request.

        Raises:
            Unanswered: some requests got no answer; all others were tried, unless no server answered anything any more.
            CurateError: asking on is pointless.
        """
        source = enumerate(requests)
        under_way, broken, more = 0, None, True
        lost: list[Fault] = []
        failed = 0
        while True:
            try:
                while more and not self.hopeless and under_way < self.concurrency + self.aside:
                    new = next(source, None)
                    more = new is not None
                    if new is not None:
                        self.loop.call_soon_threadsafe(self._begin, *new)
                        under_way += 1
            except Exception as error:
                broken, more = error, False
            if not under_way:
                break
            ended = taken(self.outcomes)
            under_way -= len(ended)
            for place, outcome in ended:
                if isinstance(outcome, Reply):
                    yield place, outcome
                elif isinstance(outcome, Fault):
                    failed, lost = failed + 1, [outcome]
            for _, outcome in ended:
                if not isinstance(outcome, Reply | Fault):
                    yield from self._came()  # these are paid for
                    raise outcome
        if broken is not None:
            raise broken
        if failed:
            raise Unanswered(self._told(failed, lost[0]))

    def _came(self) -> Iterator[tuple[int, Reply]]:
        """Replies that came while others were taken."""
        while not self.outcomes.empty():
            yield from ((place, outcome) for place, outcome in self.outcomes.get() if isinstance(outcome, Reply))

    def _told(self, failed: int, last: Fault) -> str:
        count = "1 request got" if failed == 1 else f"{failed:,} requests got"
        rest = ", and no more were asked because nothing at all was answered" if self.hopeless else ""
        return f"{count} no answer within {self._patience():g} s{rest}; the last because of {last}"

    # What the thread of the loop does.

    def _run(self) -> None:
        try:
            with asyncio.Runner() as runner:
                runner.run(self._main())
        except OSError as error:  # as many files are open as may be
            self.unable = error
        finally:
            self.ready.set()

    async def _main(self) -> None:
        self.loop, self.over = asyncio.get_running_loop(), asyncio.Event()
        self.slots = asyncio.Semaphore(self.concurrency)
        self.ready.set()
        try:
            await self.over.wait()
        finally:
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)
            await self.servers.close()

    def _begin(self, place: int, request: Request) -> None:
        task = self.loop.create_task(self._outcome(place, request))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _outcome(self, place: int, request: Request) -> None:
        outcome: Outcome
        try:
            outcome = await self._persist(place, request)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # raised where it is seen, in the thread that iterates
            outcome = error
        finally:
            self.failing.discard(place)
        if not self.ended:  # replies that come together wake that thread once
            self.loop.call_soon(self._hand_over)
        self.ended.append((place, outcome))

    def _hand_over(self) -> None:
        ended, self.ended = self.ended, []
        self.outcomes.put(ended)

    async def _persist(self, place: int, request: Request) -> Outcome:
        """Ask until there is an answer, or patience is over, or there is no hope: then the last fault."""
        body = self.form.body(request)
        begun = time.monotonic()
        tries, fault = 0, Fault("all servers being left alone")
        while True:
            until = begun + self._patience()
            async with self.slots:
                found = await self._try(body, until)
            if isinstance(found, Reply):
                self.failing.clear()
                self._say(None)
                return found
            self.failing.add(place)
            fault, tries = found or fault, tries + 1
            self._say(fault)
            now, until = time.monotonic(), begun + self._patience()
            if now >= until or self._without_hope(now):
                return fault
            wait = min(BACKOFF[1], BACKOFF[0] * 2.0 ** min(tries - 1, 16)) * random.uniform(0.5, 1.0)
            if fault.wait is not None:
                wait = max(wait, fault.wait * random.uniform(1.0, 1.1))
            await self._wait(
                min(wait, until - now), tries >= TRIES and fault.status != 429 and self.answered_at > begun
            )

    def _without_hope(self, now: float) -> bool:
        """Whether nothing was answered for so long that patience is over for all, and each request under way has failed since."""
        quiet = now - self.answered_at >= max(self._patience(), QUIET)
        self.hopeless = self.hopeless or (quiet and len(self.failing) >= len(self.tasks))
        return self.hopeless

    def _patience(self) -> float:
        """Seconds for which a request is tried: not long at addresses whose names no machine has."""
        lost = all(endpoint.nameless and not endpoint.answered for endpoint in self.servers.all)
        return min(self.patience, NAMELESS) if lost else self.patience

    def _say(self, fault: Fault | None) -> None:
        """Tell why nothing is answered, at most once a second; None: something is."""
        if self.tell is None or (fault is None and self.told_at is None):
            return
        now = time.monotonic()
        if fault is None:
            self.told_at = None
            self.tell("")
        elif (
            len(self.failing) >= len(self.tasks) and now - self.answered_at >= SILENT and now - (self.told_at or 0) >= 1
        ):
            self.told_at = now
            self.tell(f"{fault}; it is asked again for {self._patience():g} s (`patience` in the profile)")

    async def _wait(self, seconds: float, aside: bool) -> None:
        if not (aside and self.aside < ASIDE):
            await asyncio.sleep(seconds)
            return
        self.aside += 1
        try:
            if not self.ended:  # wakes the thread that iterates: there is room for another request
                self.loop.call_soon(self._hand_over)
            await asyncio.sleep(seconds)
        finally:
            self.aside -= 1

    async def _try(self, body: bytes, until: float) -> Reply | Fault | None:
        endpoint = await self.servers.choose(until)
        if endpoint is None:
            return None
        try:
            answer: Answer = await endpoint.ask(self.form, body, self.limit)
        except Fault as fault:
            return fault if fault.again else Reply("", "refused", 0, 0, str(fault))
        self.check(endpoint, answer.model)
        self.answered_at = time.monotonic()
        return answer.reply.until(self.form.sampling.stop)
