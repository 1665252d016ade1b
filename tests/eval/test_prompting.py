"""Prompts byte for byte, where a reply ends, and what of it is graded."""

import hashlib
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import CurateError
from eval import prompting, specs
from eval.grading import grade
from eval.items import SCHEMA
from trainers.rl_settings import STOPS, TEMPLATES

SNAPSHOT = Path(__file__).parent / "prompts.txt"
WHOLE = Path(__file__).parent / "prompts_whole.txt"
"""The same prompts in full, around a problem of ours."""
PROBLEM = "What is $\\frac{1}{2}$ of {problem} 18?\nAnswer Choices: (A) 9 (B) é"


def asked(name: str, mode: prompting.Mode, problem: str = PROBLEM) -> str:
    frame = pl.DataFrame([("1", problem, ["9"], [], "math")], schema=SCHEMA, orient="row")
    return prompting.prompts(specs.spec(name), frame, mode).to_list()[0]


def lines() -> list[str]:
    """Mode, digest of the prompt and how it is sampled, for each benchmark; the zero-shot modes ask all alike."""
    found = []
    for name in specs.names():
        for mode in prompting.MODES:
            prompt, how = asked(name, mode), prompting.settings(specs.spec(name), mode)
            digest = hashlib.sha256(prompt.encode()).hexdigest()
            row = f"{mode} {digest} {how['max_tokens']} {'chat' if how['chat'] else 'text'} {how['stop']}"
            found.append(f"{name} {row}" if mode == "few-shot" else row)
    return sorted(set(found))


def whole() -> str:
    """Every prompt that differs from all others, under the modes and benchmarks that it is of."""
    of: dict[str, list[str]] = {}
    for mode in prompting.MODES:
        for name in specs.names():
            found = of.setdefault(asked(name, mode), [])  # type: ignore[arg-type]
            found += [f"{mode}, {name}"] if mode == "few-shot" else [mode] * (mode not in found)
    return "".join(f"===== {'; '.join(names)}\n{prompt}\n" for prompt, names in of.items())


def test_prompts_read_as_in_the_snapshot() -> None:
    assert whole() == WHOLE.read_text("utf-8")


def test_prompts_are_those_of_the_snapshot() -> None:
    """A change here changes what every result means. Written anew by `python -m tests.eval.test_prompting`."""
    assert lines() == SNAPSHOT.read_text().splitlines()


@pytest.mark.parametrize("name", specs.names())
@pytest.mark.parametrize("mode", prompting.MODES)
def test_a_prompt_ends_where_the_model_goes_on(name: str, mode: prompting.Mode) -> None:
    """No space at the end, no first token of any tokenizer, the problem as it is, and no stop text behind it."""
    prompt, form = asked(name, mode), prompting.form_of(specs.spec(name), mode)
    assert prompt == prompt.rstrip() and prompt.count(PROBLEM) == 1
    assert not any(
        token in prompt for token in ("<s>", "<|begin_of_text|>", "<bos>", "<|endoftext|>", "<think>", "<answer>")
    )
    assert not any(
        stop in prompt[prompt.index(PROBLEM) + len(PROBLEM) :].removesuffix("Assistant:") for stop in form.stop
    )
    ahead = form.asked.partition("{problem}")[0]
    assert not ahead or prompt.count(ahead) == len(form.examples) + 1


def test_the_examples_are_as_many_as_published() -> None:
    shots = {name: len(prompting.form_of(specs.spec(name), "few-shot").examples) for name in specs.names()}
    assert {n for n, k in shots.items() if k == 8} == {"gsm8k", "svamp", "asdiv", "mawps", "tabmwp"}
    assert {n for n, k in shots.items() if k == 0} == {"amc23"} and set(shots.values()) == {0, 4, 8}


def test_templates_are_those_of_reinforcement_learning() -> None:
    for mode, template in TEMPLATES.items():
        form = specs.form(mode)
        assert form.asked == template and list(form.stop) == STOPS[mode]
        assert prompting.settings(specs.spec("gsm8k"), mode) == {"max_tokens": 4096, "stop": STOPS[mode], "chat": False}
    assert prompting.settings(specs.spec("gsm8k"), "few-shot") == {"max_tokens": 1024, "stop": ["\nQ:"], "chat": False}
    assert prompting.settings(specs.spec("gsm8k"), "chat") == {"max_tokens": 4096, "stop": [], "chat": True}


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(CurateError, match="there is no mode 'few_shot'; did you mean 'few-shot'"):
        prompting.settings(specs.spec("gsm8k"), "few_shot")  # type: ignore[arg-type]


READ = {
    # benchmark, reply, what is graded
    "the first stop text": ("gsm8k", " So 6. The answer is 18.\nQ: And 5?\nA: The answer is 5.", r"\boxed{18}"),
    "a stop text in the middle": ("math", "The final answer is $3$. I hope so.\nProblem:x\nThe final answer is $4$. I hope", r"\boxed{3}"),
    "no stop text": ("gsm8k", " 3 boxes of 6 make 18", r"\boxed{18}"),
    "thousands": ("gsm8k", "The answer is 1,000.", r"\boxed{1,000}"),
    "a point behind": ("gsm8k", "It takes 3.50 dollars. The answer is 7.25.", r"\boxed{7.25}"),
    "a fraction": ("gsm8k", "The answer is 3/4.", r"\boxed{3/4}"),
    "a money sign": ("gsm8k", "The answer is $1,234.", r"\boxed{1,234}"),
    "money in TeX": ("gsm8k", r"It costs \$18.", r"\boxed{18}"),
    "a percent sign": ("gsm8k", "The answer is 50%.", r"\boxed{50}"),
    "a box with thousands": ("gsm8k", r"So we have $\boxed{40,000}$.", r"\boxed{40,000}"),
    "a minus of Unicode": ("gsm8k", "It is \u22125", r"\boxed{-5}"),
    "a difference": ("gsm8k", "It is 10-7", r"\boxed{7}"),
    "a negative amount": ("gsm8k", "It is -$5.25", r"\boxed{-5.25}"),
    "a list": ("gsm8k", "They are 3,4,5", r"\boxed{5}"),
    "a list of large numbers": ("gsm8k", "They are 3,000, 4,500", r"\boxed{4,500}"),
    "an exponent": ("gsm8k", "So 5 = x^{12} or x^2", r"\boxed{5}"),
    "a fraction in TeX": ("gsm8k", r"It is -\frac{3}{4}.", r"\boxed{-\frac{3}{4}}"),
    "a decimal without a zero": ("gsm8k", "It is .25 of it.", r"\boxed{.25}"),
    "a power of ten": ("gsm8k", "1,000,000", r"\boxed{1,000,000}"),
    "a negative number": ("gsm8k", "The answer is -5.", r"\boxed{-5}"),
    "nothing at all": ("gsm8k", " I do not know.", " I do not know."),
    "the first sentence": ("math", "The final answer is $1$. I hope. The final answer is $2$. I hope.", r"\boxed{1}"),
    "a sentence that was not ended": (
        "math", "The final answer is right.\nFinal Answer: The final answer is $19$. I hope it is correct.", r"\boxed{19}"),
    "nested dollars": ("math", "The final answer is $1$ and $2$. I hope it is correct.", r"\boxed{$1$ and $2$}"),
    "a decimal": ("ocw", "The final answer is $2.5$. I hope it is correct.", r"\boxed{2.5}"),
    "a sentence without hope": ("math", "The final answer is $3$.", "The final answer is $3$."),
    "a box inside": ("math", r"The final answer is $\boxed{3}$. I hope", r"The final answer is $\boxed{3}$. I hope"),
    "braces that do not close": ("math", "The final answer is $}{$. I hope", "The final answer is $}{$. I hope"),
    "a letter": ("sat", "Not (A).\nThe final answer is (C).\n\nProblem: (D)", r"\boxed{C}"),
    "a letter alone": ("sat", "The final answer is B.", r"\boxed{B}"),
    "the last letter": ("mmlu-stem", "Both (A) and (D) hold, so it is (D).", r"\boxed{D}"),
    "an article is no letter": ("sat", "The final answer is a pity.", "The final answer is a pity."),
    "two letters": ("sat", "The final answer is (A) or (B) here.", "The final answer is (A) or (B) here."),
    "two bare letters": ("sat", "The final answer is A, or B.", "The final answer is A, or B."),
    "a letter and why": ("sat", "The final answer is (A), since (B) and (C) are too large.", r"\boxed{A}"),
    "a letter and more": ("sat", "The final answer is (A) and that is it, not (C).", r"\boxed{A}"),
    "a mixed number": ("gsm8k", "That takes 2 1/2 hours.", r"\boxed{2 1/2}"),
    "two letters after another phrase": ("sat", "The answer is (A) or (B).", "The answer is (A) or (B)."),
    "a letter and why no other": ("mathqa", "So 16. The answer is (B) because (C) is wrong.", r"\boxed{B}"),
    "a letter without brackets": ("mmlu-stem", "(A) is too small, (D) too large.\nAnswer: B.", r"\boxed{B}"),
    "a bare letter and why": ("sat", "The answer is B because (C) is wrong.", r"\boxed{B}"),
    "a letter, then a comma": ("sat", "The final answer is (B), for (C) is wrong.", r"\boxed{B}"),
    "the last of two letters": ("sat", "The answer is (C)? No. So the answer is (B), not (C).", r"\boxed{B}"),
    "a letter that is supposed": ("sat", "If the answer is (B), 3 is 4. So it is (C).", r"\boxed{C}"),
    "a letter in a box": ("sat", r"(A) is wrong, so \boxed{\text{(B)}}", r"(A) is wrong, so \boxed{\text{(B)}}"),
    "an answer that is an article": ("sat", "Of (A) and (B), the answer is A good one: (B).", r"\boxed{B}"),
    "thousands in TeX": ("gsm8k", r"It is $70{,}000$ or $70\,000$.", r"\boxed{70,000}"),
    "thousands with narrow spaces": ("gsm8k", "It is 1\u202f070\u00a0000.", r"\boxed{1,070,000}"),
    "a dash for a minus": ("gsm8k", "It is \u20135", r"\boxed{-5}"),
    "a range": ("gsm8k", "It is 3\u20135", r"\boxed{5}"),
    "a time": ("asdiv", "They meet at 10:30.", r"\boxed{10:30}"),
    "a ratio": ("asdiv", "The ratio is 2:3.", r"\boxed{2:3}"),
    "a name": ("asdiv", "The answer is Mrs. Hilt.", r"\boxed{Mrs. Hilt}"),
    "words are the grader's": ("asdiv", "The answer is 9 apples.", "The answer is 9 apples."),
    "a number at the end": ("tabmwp", "The mean of 3 numbers is 84.", r"\boxed{84}"),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_what_is_graded(name: str) -> None:
    benchmark, reply, said = READ[name]
    assert prompting.answer_of(specs.spec(benchmark), "few-shot", reply) == said
    for mode in ("simple", "complex", "chat"):
        assert reply.startswith(prompting.answer_of(specs.spec(benchmark), mode, reply))


@pytest.mark.parametrize(
    ("reply", "right"),
    [
        ("There are more. The answer is surplus.", True),
        ("So there is a surplus.", True),
        ("The answer is shortage.", False),
        ("It is no shortage but a surplus", False),
        ("Nobody knows.", False),
    ],
)
def test_an_option_is_chosen_by_its_text(reply: str, right: bool) -> None:
    item: dict[str, Any] = {"gold": ["B"], "options": ["shortage", "surplus"], "kind": "choice"}
    verdict = grade(**prompting.to_grade(specs.spec("tabmwp"), "few-shot", item, reply))
    assert (verdict.value is True) == right


@pytest.mark.parametrize(
    ("name", "how", "gold", "said", "right"),
    [
        ("svamp", {}, "7", "7.0009", True),
        ("svamp", {}, "7", "7.0011", False),
        ("gsm8k", {}, "7", "7.0009", False),
        ("gsm8k", {"relative": 0.01}, "700", "706", True),
        ("gsm8k", {"relative": 0.01}, "700", "708", False),
    ],
)
def test_an_answer_may_be_as_far_off_as_the_spec_says(
    name: str, how: dict[str, float], gold: str, said: str, right: bool
) -> None:
    used = specs.spec(name).model_copy(update=how)
    item: dict[str, Any] = {"gold": [gold], "options": [], "kind": "math"}
    told = grade(**prompting.to_grade(used, "few-shot", item, f" The answer is {said}."))
    assert (told.value is True) == right


def test_several_letters_are_no_answer() -> None:
    item: dict[str, Any] = {"gold": ["B"], "options": ["1", "2", "3", "4"], "kind": "choice"}
    for reply in (" The final answer is (A) or (B).", " The final answer is (A), (B).", " The answer is (A) or (B)."):
        assert grade(**prompting.to_grade(specs.spec("sat"), "few-shot", item, reply)).value is not True, reply


texts = st.text(st.sampled_from("\nQ:Problem: answer is (A)$\\boxed{}12,. I hope final"), max_size=80) | st.text(
    max_size=40
)


@given(texts, st.sampled_from(specs.names()), st.sampled_from(prompting.MODES))
def test_nothing_behind_the_first_stop_text_is_graded(text: str, name: str, mode: prompting.Mode) -> None:
    spec = specs.spec(name)
    for stop in prompting.form_of(spec, mode).stop:
        before = prompting.answer_of(spec, mode, text)
        assert prompting.answer_of(spec, mode, f"{text}{stop} 7 (B) \\boxed{{7}} The answer is 7.") in (
            before,
            prompting.answer_of(spec, mode, (text + stop)[: (text + stop).index(stop)]),
        )


@pytest.mark.parametrize("name", ["gsm8k", "math", "sat", "asdiv", "tabmwp"])
@pytest.mark.parametrize(
    "unit",
    [
        "final answer is ", "I hope ", "answer is ", "(A", "(A) ", "9", "1,", "$", "{", "\\boxed{", "\n", "\\frac{1}{", "-", "Q: ", ". ",
        "final answer is (A) or ", " ", "/", "surplus", "answer is (A) ", "1 1", "1:", "1{,}000", "\u202f000",
    ],
)  # fmt: skip
def test_hostile_replies_take_linear_time(name: str, unit: str) -> None:
    """A megabyte of what patterns look for: one that is not linear would take minutes for the 100,000 characters that are read."""
    import time

    spec = specs.spec(name)
    begun = time.process_time()
    prompting.answer_of(spec, "few-shot", unit * (1_000_000 // len(unit)), ["surplus", "shortage"])
    assert time.process_time() - begun < 2.0


if __name__ == "__main__":
    SNAPSHOT.write_text("\n".join(lines()) + "\n")
    WHOLE.write_text(whole(), "utf-8")
