"""A model for tests that says what it is told to say."""

from curate.models.base import Reply, Sampling


class Scripted:
    """A model that says what it is told to say."""

    identity = {"backend": "scripted"}  # noqa: RUF012
    sampling = Sampling()

    def __init__(self, *replies: str, finish: str = "stop") -> None:
        self.replies, self.finish, self.prompts = replies, finish, []

    def complete(self, prompts, *, samples=1, first=0):
        self.prompts += prompts
        said = [self.replies[i % len(self.replies)] for i in range(max(samples, len(prompts)))]
        if samples == 1:
            return [[Reply(text, self.finish, 1, 1)] for text in said[: len(prompts)]]
        return [[Reply(text, self.finish, 1, 1) for text in said[:samples]] for _ in prompts]
