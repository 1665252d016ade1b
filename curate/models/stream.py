"""A stream of requests on its way through the reply store and a model: what is stored comes out, what lacks is asked, once.

Whoever iterates does all the work, in one thread. Claims of other processes are never waited for while the model has requests: they are
put off, and looked at when the model has answered the others, or has too little to do.
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from curate.errors import CurateError
from curate.models.base import Reply, Request, Unanswered
from curate.models.replies import MissingReplies, Recorded

CLAIMS = 64
"""Requests claimed at a time, just before the model takes them."""
WAITING = 8192
"""Requests that other processes are asking, at most, before this one waits for them."""
READY_BYTES = 16 << 20
"""Characters of replies that came out of the store while the model was taking requests."""
PAUSE = 0.01, 0.5
"""Seconds between two looks at what other processes are asking: at first and at most."""


class Stream:
    """One stream of requests on its way through store and model.

    A request that lacks is in one of `todo` (looked up), `claimed` (ours to ask), `sent` (the model has it) or `others` (another process is
    asking it); its places in the stream stand in `places`, so that one that comes again meanwhile is asked once.
    """

    def __init__(self, model: Recorded, requests: Iterable[Request]) -> None:
        self.recorded, self.shelf = model, model.shelf
        self.meter = model.asker.meter if model.asker else None
        self.source = enumerate(requests)
        self.more = True
        self.places: dict[bytes, list[int]] = {}
        self.todo: deque[tuple[bytes, Request]] = deque()
        self.claimed: deque[tuple[bytes, Request]] = deque()
        self.sent: dict[int, tuple[bytes, Request, Any]] = {}
        self.others: dict[bytes, Request] = {}
        self.ready: deque[tuple[int, Reply]] = deque()
        self.ready_size = 0
        self.fed = False
        self.look_again = False
        self.asked = False
        self.unanswered: Unanswered | None = None

    def answers(self) -> Iterator[tuple[int, Reply]]:
        if self.recorded.asker and self.shelf.has_orphans():
            self.shelf.tidy()
        pause = PAUSE[0]
        while True:
            while self._has_room() and len(self.todo) < self.recorded.window:
                self._take_window()
                yield from self._come()
            if self.todo or self.claimed:
                yield from self._ask()
            elif self.others and self._look_at_others():
                pause = PAUSE[0]
            elif self.others:
                time.sleep(pause)
                pause = min(2 * pause, PAUSE[1])
            elif not self.more:
                break
            yield from self._come()
        if self.unanswered:
            raise self.unanswered

    def close(self) -> None:
        """Let go of what is not answered, and leave what is in a segment."""
        for _, _, held in self.sent.values():
            if self.meter:
                self.meter.settle(held, None)
        self.shelf.release([*(key for key, _, _ in self.sent.values()), *(key for key, _ in self.claimed)])
        self.sent.clear()
        self.claimed.clear()
        if self.asked:
            self.shelf.seal()
            self.shelf.tidy()

    def _has_room(self) -> bool:
        return self.more and len(self.others) < WAITING and self.ready_size < READY_BYTES

    def _come(self) -> Iterator[tuple[int, Reply]]:
        """What is ready to come out."""
        while self.ready:
            place, reply = self.ready.popleft()
            self.ready_size -= len(reply.text) + 100
            yield place, reply

    def _is_ready(self, places: Iterable[int], reply: Reply) -> None:
        for place in places:
            self.ready.append((place, reply))
            self.ready_size += len(reply.text) + 100

    def _take_window(self) -> None:
        """Look up the next requests: those that are stored are ready, the others are to do."""
        window = [*itertools.islice(self.source, self.recorded.window)]
        self.more = len(window) == self.recorded.window
        new: dict[bytes, tuple[Request, list[int]]] = {}
        for place, request in window:
            key = self.recorded.key(request)
            if key in self.places:
                self.places[key].append(place)
            else:
                new.setdefault(key, (request, []))[1].append(place)
        known = self.shelf.find([*new])
        if len(known) < len(new) and self.recorded.asker is None:
            raise MissingReplies(f"{len(new) - len(known):,} requests or more have no stored reply")
        for key, (request, places) in new.items():
            if key in known:
                self._is_ready(places, known[key])
            else:
                self.places[key] = places
                self.todo.append((key, request))

    def _claim(self) -> bool:
        """Claim some requests and look them up again; whether any is to be asked."""
        self._start()
        while not self.claimed:
            while not self.todo and self._has_room():
                self._take_window()
            if not self.todo and self.look_again:
                self.look_again = self._look_at_others()
                continue
            if not self.todo:
                return False
            some = [self.todo.popleft() for _ in range(min(CLAIMS, len(self.todo)))]
            ours = self._won(dict(some))
            self.others |= {key: request for key, request in some if key not in ours}
        return True

    def _won(self, wanted: dict[bytes, Request]) -> set[bytes]:
        """Claim these; those that are ours to ask, or ready because another process stored them meanwhile."""
        won = self.shelf.claim(wanted)
        known = self.shelf.find(won)
        for key in won:
            if key in known:
                self.shelf.release([key])
                self._is_ready(self.places.pop(key), known[key])
            else:
                self.claimed.append((key, wanted[key]))
        return set(won)

    def _look_at_others(self) -> bool:
        """Take what other processes have stored, and claim what they let go of; whether there was any."""
        before = len(self.others)
        known = self.shelf.find([*self.others])
        for key, reply in known.items():
            del self.others[key]
            self._is_ready(self.places.pop(key), reply)
        some = dict(itertools.islice(self.others.items(), CLAIMS))
        won = self._won(some)
        for key, request in some.items():  # those that come next are looked at the next time
            del self.others[key]
            if key not in won:
                self.others[key] = request
        return len(self.others) < before

    def _start(self) -> None:
        if not self.asked:
            self.shelf.prepare(self.recorded.identity)
            self.asked = True

    def _next(self) -> tuple[bytes, Request, Any] | None:
        """The next request to ask, with what is set aside for it. None where the model should finish what it has first."""
        if not self.claimed and not self._claim():
            return None
        key, request = self.claimed[0]
        held = self.meter.reserve(request, self.recorded.sampling) if self.meter else None
        if self.meter and held is None:
            if not self.sent:
                raise self.meter.over()
            return None
        self.claimed.popleft()
        return key, request, held

    def _feed(self, first: tuple[bytes, Request, Any]) -> Iterator[Request]:
        following: tuple[bytes, Request, Any] | None = first
        for place in itertools.count():
            if following is None:
                break
            self.sent[place] = following
            yield following[1]
            following = self._next()
        self.fed = True

    def _ask(self) -> Iterator[tuple[int, Reply]]:
        """Let the model answer as long as there is anything to feed it."""
        first = self._next()
        if first is None:
            return
        self.fed, self.look_again, answered = False, True, 0
        if self.meter and hasattr(self.recorded.model, "on_trouble"):
            self.recorded.model.on_trouble = self.meter.tell
        came = self.recorded.model.answers(self._feed(first))
        try:
            for place, reply in came:
                self._book(place, reply)
                answered += 1
                if self._has_room() and len(self.todo) < self.recorded.window:
                    self._take_window()
                yield from self._come()
            if self.sent:
                raise CurateError(f"a model gave no reply to {len(self.sent):,} requests and no error")
        except Unanswered as error:
            self.unanswered = self.unanswered or error
            if not (self.fed and answered):
                raise
            self._give_up()
        finally:
            if hasattr(came, "close"):
                came.close()

    def _book(self, place: int, reply: Reply) -> None:
        """Store a reply that came, and book what it cost."""
        key, request, held = self.sent.pop(place)
        try:
            if reply.finish != "refused":
                reply = self.shelf.append(self.recorded.row(key, request, reply))
        finally:
            if self.meter:
                self.meter.settle(held, reply)
            self.shelf.release([key])
        self._is_ready(self.places.pop(key), reply)

    def _give_up(self) -> None:
        """Forget the requests that got no answer."""
        for key, _, held in self.sent.values():
            if self.meter:
                self.meter.settle(held, None)
            self.shelf.release([key])
            del self.places[key]
        self.sent.clear()
