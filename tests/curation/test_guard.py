"""The guard set: always the same questions, each with one right choice, which another way of working it out finds as well."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from curation.embedded import guard
from eval import prompting, specs
from eval.grading import Grader
from eval.items import items


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    found = []
    for name in ("a", "b"):
        folder = tmp_path_factory.mktemp(name)
        assert guard.guard(folder) == {"items": 200, "suffixes": [".jsonl.gz"]}
        (path,) = folder.iterdir()
        found.append(path.read_bytes())
    assert found[0] == found[1]
    return [json.loads(line) for line in gzip.decompress(found[0]).splitlines()]


def chosen(row: dict[str, Any]) -> str:
    return row["options"]["ABCD".index(row["answer"])]


def test_questions_and_choices_differ_and_no_letter_is_the_usual_one(rows: list[dict[str, Any]]) -> None:
    assert len({row["id"] for row in rows}) == len({row["problem"] for row in rows}) == 200
    assert all(len({*row["options"]}) == 4 for row in rows)
    assert all(30 <= sum(row["answer"] == letter for row in rows) <= 70 for letter in "ABCD")


def test_every_answer_is_the_only_right_one(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        right = [option for option in row["options"] if ORACLES[row["skill"]](row["problem"], option)]
        assert right == [chosen(row)], row


def _odd(text: str, option: str) -> bool:
    words = re.search(r"words (.*) does not", text)[1].split(", ")  # type: ignore[index]
    groups = [{*group.split()} for group in guard.GROUPS.values()]
    return not any({*words} - {option} <= group and option in group for group in groups) and any(
        {*words} - {option} <= group for group in groups
    )


def _opposite(text: str, option: str) -> bool:
    word = re.search(r'"(.*)"', text)[1]  # type: ignore[index]
    return f"{word} {option}" in guard.OPPOSITES.split(", ")


def _dictionary(text: str, option: str) -> bool:
    words = re.search(r"words (.*) comes", text)[1].split(", ")  # type: ignore[index]
    return all(option <= word if "first" in text else option >= word for word in words)


def _reading(text: str, option: str) -> bool:
    *told, asked = re.split(r"(?<=[.]) ", text)
    facts = [re.fullmatch(r"(.*) went to (.*) with (.*)\.", fact).groups() for fact in told]  # type: ignore[union-attr]
    return any(option in fact and sum(part in asked for part in fact) == 1 for fact in facts)


def _time(text: str, option: str) -> bool:
    count, way, day = re.search(r"is (\d) days (after|before) a (\w+)", text).groups()  # type: ignore[union-attr]
    step = int(count) if way == "after" else -int(count)
    return (guard.DAYS * 3)[7 + guard.DAYS.index(day) + step] == option


def _order(text: str, option: str) -> bool:
    more = re.findall(r"(\w+) is \w+ than (\w+)\.", text)
    most = {pair[0] for pair in more} - {pair[1] for pair in more}
    least = {pair[1] for pair in more} - {pair[0] for pair in more}
    upper = re.search(r"the (older|taller|faster|old|tall|fast)est\?", text)
    return {option} == (most if upper else least)


def _instruction(text: str, option: str) -> bool:
    count = ("two", "three", "four").index(re.search(r"exactly (\w+) words", text)[1]) + 2  # type: ignore[index]
    first = re.search(r"the letter (\w)", text)[1]  # type: ignore[index]
    return len(option.split()) == count and option.startswith(first)


ORACLES = {
    "odd": _odd, "opposite": _opposite, "dictionary": _dictionary, "reading": _reading, "time": _time, "order": _order,
    "instruction": _instruction, "spelling": lambda text, option: f'"{option[::-1]}"' in text,
}  # fmt: skip


def test_generated_sets_are_the_pinned_ones_and_their_answers_are_right(
    rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    from curation.embedded.bench import bench

    bench(tmp_path)
    problems = [json.loads(line) for line in gzip.decompress((tmp_path / "bench.jsonl.gz").read_bytes()).splitlines()]
    with Grader(workers=1) as grader:
        for name, given in (("general-embedded", rows), ("embedded-bench", problems)):
            spec = specs.spec(name)
            found = items(spec, given).to_dicts()
            said = (
                "The final answer is ({})."
                if spec.read == "letter"
                else "The final answer is ${}$. I hope it is correct."
            )
            for mode, form in (("few-shot", said), ("simple", r"\boxed{{{}}}")):
                asked = [prompting.to_grade(spec, mode, item, form.format(item["gold"][0])) for item in found]
                assert all(verdict.value is True for verdict in grader.map(asked)), (name, mode)
