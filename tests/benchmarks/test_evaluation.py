"""The script that lm-eval and ours are asked: what it says is right where it means to be, and ours reads every form of it."""

from pathlib import Path

import pytest

from benchmarks import _evaluated
from benchmarks._scripted import FORMS, MODEL, NEVER, Script, served, wrong
from curate.profile import ModelSettings

PROTOCOL = {"afterthought", "twice", "cut"}
"""Forms of which the published protocol reads another answer than the reply means; see tests/eval/test_lm_eval.py."""


@pytest.mark.parametrize(("shots", "mark"), [("words-8", "Q"), ("minerva-4", "Problem")])
@pytest.mark.parametrize("stops", [True, False])
def test_every_form_is_judged_as_it_is_meant(tmp_path: Path, shots: str, mark: str, stops: bool) -> None:
    some = _evaluated.task(*_evaluated.embedded(tmp_path, shots), 200)
    with served(_evaluated.answers(some), stops=stops) as (url, script):
        settings = ModelSettings(endpoints=(url,), concurrency=8)
        told = _evaluated.ours(some, {"backend": "openai", "id": MODEL}, settings, tmp_path / "replies").rows
    seen = set()
    for item in some.items.to_dicts():
        form, right = script.form(item["problem"].strip(), mark)
        seen.add(form)
        verdict = told[item["id"]]["verdict"]
        assert form in PROTOCOL or (verdict == "right") == right, (form, told[item["id"]])
        assert form != "nothing" or verdict == "no answer"
        assert form != "cut" or verdict in ("truncated", "right")
    assert seen == set(FORMS[mark])


def test_half_of_the_replies_are_right_and_wrong_answers_are_others() -> None:
    script = Script({})
    right = [script.form(f"problem {n}", "Q") for n in range(2000)]
    assert 0.4 < sum(is_right for _, is_right in right) / sum(name not in NEVER for name, _ in right) < 0.6
    assert [wrong("18"), wrong("1,234"), wrong("x")] == ["19", "1235", "x + 1"]


def test_a_script_cuts_at_stop_texts_and_limits_and_answers_the_last_problem() -> None:
    script = Script({"two": "2"}, texts={"one": "It is 1.\n\nQ: and so on"})
    assert script.reply("Q: two\nA: 2\n\nQ: one\nA:", ["\nQ:"], 100) == ("It is 1.\n", "stop")
    assert script.reply("Q: one\nA:", [], 2) == ("It is 1.", "length")
    assert Script({}, stops=False, texts=script.texts).reply("Q: one\nA:", ["\nQ:"], 100)[0].endswith("so on")
