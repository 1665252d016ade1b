"""Models for tests of the reply store: they say what they were asked, and note it."""

import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from curate.models.base import Reply, Request, Sampling
from curate.models.replies import Asker, Recorded

ASKER = Asker("small:web/grade")


class Counting:
    """A model whose replies say what was asked, and that remembers what it was asked. It takes `ahead` requests before it answers one."""

    def __init__(
        self, name: str = "m", sampling: Sampling | None = None, finish: Any = "stop", salt: str = "", ahead: int = 1
    ) -> None:
        self.identity: dict[str, Any] = {"backend": name}
        self.sampling = sampling or Sampling()
        self.finish, self.salt, self.ahead = finish, salt, ahead
        self.asked: list[tuple[str, int]] = []

    def answers(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply]]:
        held: list[tuple[int, Request]] = []
        for place, request in enumerate(requests):
            self.asked.append((request.prompt, request.sample))
            held.append((place, request))
            if len(held) == self.ahead:
                yield self.answer(*held.pop())
        while held:
            yield self.answer(*held.pop())

    def answer(self, place: int, request: Request) -> tuple[int, Reply]:
        prompt, sample = request
        if self.finish == "refused":
            return place, Reply("", "refused", 0, 0, "too long")
        return place, Reply(f"{prompt}/{sample}/{self.sampling.seed}{self.salt}", self.finish, len(prompt), sample)


class Telling(Counting):
    """A slow model that notes each reply in a file before it gives it: what is noted was paid for."""

    def __init__(self, log: Path, seconds: float = 0.0, ahead: int = 1, salt: str = "") -> None:
        super().__init__(ahead=ahead, salt=salt)
        self.handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.seconds = seconds

    def answer(self, place: int, request: Request) -> tuple[int, Reply]:
        time.sleep(self.seconds)
        os.write(self.handle, f"{request.prompt}/{request.sample}\n".encode())
        return super().answer(place, request)


def said(model: Recorded, requests: Iterable[Request | str]) -> list[Reply]:
    """The reply to each request, in order; a text is a request for its first draw."""
    asked = [Request(each) if isinstance(each, str) else each for each in requests]
    found = dict(model.answers(asked))
    assert sorted(found) == list(range(len(asked)))
    return [found[place] for place in range(len(asked))]


def recorded(model: Any, folder: Path, **more: Any) -> Recorded:
    """A model that remembers in a folder, and may ask."""
    return Recorded(model, folder, **{"asker": ASKER, **more})


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*.parquet"))


def journals(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/journal-*"))


def main(folder: str, log: str, seconds: str, ahead: str, first: str, last: str, salt: str = "") -> None:
    """Ask for a range of prompts, as a process of its own; prints what came."""
    model = recorded(Telling(Path(log), float(seconds), int(ahead), salt), Path(folder))
    for reply in said(model, [f"p{number}" for number in range(int(first), int(last))]):
        print(reply.text)


if __name__ == "__main__":
    main(*sys.argv[1:])
