"""A model for tests that says what it is told to say."""

from curate.models.base import Reply, Sampling


class Scripted:
    """A model that says what it is told to say: to each prompt the next reply, or, with `draws`, the reply of the draw's number to each."""

    identity = {"backend": "scripted"}  # noqa: RUF012
    sampling = Sampling()

    def __init__(self, *replies: str, finish: str = "stop", draws: bool = False) -> None:
        self.replies, self.finish, self.draws, self.prompts = replies, finish, draws, []

    def answers(self, requests):
        for place, request in enumerate(requests):
            number = request.sample if self.draws else len(self.prompts)
            self.prompts.append(request.prompt)
            yield place, Reply(self.replies[number % len(self.replies)], self.finish, 1, 1)
