"""The pupil that evaluations can be tried with: it reads problems behind every form of prompt, and is wrong only where it slips."""

import pytest

from curate.errors import CurateError
from curate.models.base import Request
from curate.profile import ModelSettings
from curation.synth.families._family import families
from curation.synth.families._rng import Rng
from curation.synth.pupil import connect, problem_of
from eval.grading import grade
from eval.prompting import MODES, prompts
from eval.specs import spec


def problems(count: int = 3) -> list[tuple[str, str]]:
    """Some problems of each family, with their answers."""
    made = [family.make(Rng("solver", n), 1 + n % 5) for family in families().values() for n in range(count)]
    return [(problem.text, problem.answer) for problem in made]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("benchmark", ["embedded-bench", "gsm8k", "amc23", "general-embedded"])
def test_it_finds_the_problem_in_every_form_of_prompt(mode: str, benchmark: str) -> None:
    import polars as pl

    texts = [text for text, _ in problems(1)]
    made = prompts(spec(benchmark), pl.DataFrame({"problem": texts}), mode)  # type: ignore[arg-type]
    assert [problem_of(prompt) for prompt in made] == texts


def test_greedy_it_is_never_wrong() -> None:
    some = problems()[::4]
    replies = dict(connect({}, ModelSettings()).answers(Request(f"Problem:\n{text}\n\nSolution:") for text, _ in some))
    assert {reply.finish for reply in replies.values()} == {"stop"}
    assert all(grade(replies[place].text, answer).value for place, (_, answer) in enumerate(some))


def test_a_draw_depends_on_prompt_seed_and_number_alone_and_slips_now_and_then() -> None:
    text, answer = problems()[0]
    requests = [Request(f"Question:{text}\nAnswer:", n) for n in range(40)]
    drawn = dict(connect({"slip": 0.5, "sampling": {"temperature": 1.0}}, ModelSettings()).answers(requests))
    backwards = dict(connect({"slip": 0.5, "sampling": {"temperature": 1.0}}, ModelSettings()).answers(requests[::-1]))
    assert [drawn[n] for n in range(40)] == [backwards[39 - n] for n in range(40)]
    right = sum(bool(grade(reply.text, answer).value) for reply in drawn.values())
    assert 8 <= right <= 36


def test_it_abstains_on_what_it_cannot_read_and_stops_at_its_limit() -> None:
    (reply,) = dict(
        connect({}, ModelSettings()).answers([Request("Problem:\nProve that 2 is prime.\n\nSolution:")])
    ).values()
    assert (reply.text, reply.finish, reply.completion_tokens) == ("", "abstain", 0)
    text, _ = problems()[0]
    (reply,) = dict(
        connect({"sampling": {"max_tokens": 3}}, ModelSettings()).answers([Request(f"Problem:\n{text}")])
    ).values()
    assert (reply.finish, reply.completion_tokens, len(reply.text)) == ("length", 3, 12)


@pytest.mark.parametrize(
    ("entry", "said"), [({"slips": 1}, "did you mean 'slip'?"), ({"slip": 2}, "slip: a probability")]
)
def test_an_entry_is_read_strictly(entry: dict[str, object], said: str) -> None:
    with pytest.raises(CurateError, match=said.replace("?", r"\?")):
        connect({"backend": "solver", **entry}, ModelSettings())
