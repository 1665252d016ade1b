r"""Everything that the graders are tried on, as one stream of cases: a reply, the gold answer, and whether the reply is right.

    gsm8k_model_solutions, qwen_math_cot_100   replies of models with the labels of their publishers
    math_verify_tests                          that library's own cases, but for those that want another configuration
    latex2sympy_srepr                          TeX against the TeX of the object that it means, and against that of another object
    golds                                      the answer of every problem against itself, in the forms in which models reply
    respelled, perturbed                       golds in another spelling, golds made wrong (see `_variations`)
    choices                                    all three of the sets whose answers are letters or options, right and wrong

Golds are given bare (no dollars, no solution around them), because half of the graders compared have no extraction for golds. Cases of
`math_verify_tests` are not: reading the gold is part of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks._sets import DATA, Question, last_box, names, questions, rows
from benchmarks._srepr import read
from benchmarks._tex import differ
from benchmarks._variations import bare, digest, perturbed, respelled

GROUPS = (
    "gsm8k_model_solutions", "qwen_math_cot_100", "math_verify_tests", "latex2sympy_srepr", "golds", "respelled", "perturbed",
    "choices",
)  # fmt: skip
GOLDS = GROUPS[4:]
OTHER_CONFIGURATION = {
    "allow_set_relation_comp": "an option of the comparison",
    "config": "only tests the extraction of a letter",
    "precision": "rounds to two decimals",
    "$\text{13}$": "a tab in the gold: the test wants it refused",
    "$100%$": "the gold is a comment in TeX",
}


@dataclass(frozen=True)
class Case:
    """A reply to grade. `how`: form or change; `answer`: the short answer in the reply, where the report may print it."""

    group: str
    set: str
    id: str
    text: str
    gold: str
    right: bool
    how: str = ""
    answer: str = ""
    kind: str = "math"
    style: str = "math"
    options: tuple[str, ...] = ()
    tolerance: float = 0.0
    relative: float = 0.0


def cases(data: Path = DATA, golds: int = 100, groups: tuple[str, ...] = GROUPS) -> Iterator[Case]:
    """All cases of some groups; other forms, respelled and perturbed golds of so many rows of each set (0: all)."""
    if "gsm8k_model_solutions" in groups:
        yield from model_replies(data, "gsm8k_model_solutions", "number")
    if "qwen_math_cot_100" in groups:
        yield from model_replies(data, "qwen_math_cot_100", "math")
    if "math_verify_tests" in groups:
        yield from math_verify_tests(data)[0]
    if "latex2sympy_srepr" in groups:
        yield from srepr_cases(data)
    if {*GOLDS} & {*groups}:
        yield from (case for case in gold_cases(data, golds) if case.group in groups)


def model_replies(data: Path, name: str, style: str) -> Iterator[Case]:
    for row in rows(data / "cot" / f"{name}.jsonl.gz"):
        gold = last_box(row["answer"]) or row["answer"].rpartition("A:")[2].rpartition("####")[2].strip()
        yield Case(name, name, str(row["id"]), row["response"], gold, row["correct"], style=style)


def math_verify_tests(data: Path) -> tuple[list[Case], list[tuple[str, str]]]:
    """Cases, and (id, reason) of those that want another configuration."""
    found, left = [], []
    for number, row in enumerate(rows(data / "peercases" / "math_verify_tests.jsonl.gz")):
        case: dict[str, Any] = row["case"]
        id = f"{Path(row['file']).stem}:{row['line']}#{number}"
        reason = next((why for key, why in OTHER_CONFIGURATION.items() if key in case or key == case.get("gold")), None)
        if reason and case.get("precision") != 6:
            left.append((id, reason))
            continue
        right = bool(case["expected"] if "expected" in case else case["result"])
        if row["test"] == "test_latex_notation" and not right:
            left.append((id, "reads TeX only, no plain numbers"))
            continue
        found.append(Case("math_verify_tests", "math_verify_tests", id, case["pred"], case["gold"], right))
    return found, left


def srepr_cases(data: Path) -> Iterator[Case]:
    """Each TeX against the object that it means, and against another one of the same class where there is one, chosen by hash."""
    import sympy

    read_rows = []
    for number, row in enumerate(rows(data / "peercases" / "latex2sympy_srepr.jsonl.gz")):
        if row["peer_passes"]:
            thing = read(row["expected_srepr"])
            if thing not in (sympy.true, sympy.false):  # that a set holds a number is no answer to grade
                read_rows.append((f"{number}", row["latex"], thing, tex_of(thing)))
    name = "latex2sympy_srepr"
    for id, tex, thing, gold in read_rows:
        reply = f"The answer is $\\boxed{{{bare(tex)}}}$."
        yield Case(name, name, id, reply, gold, True, "same object", tex)
        others = sorted(
            read_rows,
            key=lambda row: (type(row[2]) is not type(thing), digest(f"{id}:{row[0]}")),
        )
        if other := next((row for row in others if differ(thing, row[2])), None):
            yield Case(name, name, f"{id}/{other[0]}", reply, other[3], False, "another object", tex)


def tex_of(thing: Any) -> str:
    r"""TeX as people write it: `\\arccos`, `\\ln`, and `\\alpha_{23}` for the symbol that SymPy calls `alpha_{23}`."""
    import sympy

    symbols: set[Any] = getattr(thing, "free_symbols", set())
    named = {s: f"\\{s.name}" for s in symbols if re.match(r"(?:alpha|beta|gamma|lambda|theta|bar\{)", s.name)}
    text: str = sympy.latex(thing, symbol_names=named, inv_trig_style="full", ln_notation=True)
    return text


def gold_cases(data: Path, golds: int) -> Iterator[Case]:
    for name, path in names(data).items():
        found = list(questions(name, path))
        chosen = {q.id for q in sorted(found, key=lambda q: digest(q.id))[: golds or None]}
        for question in found:
            for how, text in forms(question, bare(question.gold), every=question.id in chosen):
                yield _case("golds", question, how, text, bare(question.gold), True)
            if question.id in chosen:
                for group, answers in (("respelled", respelled(question)), ("perturbed", perturbed(question))):
                    for how, answer in answers:
                        text = next(forms(question, answer, every=False))[1]
                        yield _case(group, question, how, text, answer, group == "respelled")


def _case(group: str, q: Question, how: str, text: str, answer: str, right: bool) -> Case:
    return Case(
        "choices" if q.kind == "choice" else group,
        q.set,
        q.id,
        text,
        q.gold,
        right,
        how,
        answer,
        q.kind,
        q.style,
        q.options,
        q.tolerance,
        q.relative,
    )


def forms(question: Question, answer: str, *, every: bool) -> Iterator[tuple[str, str]]:
    """Replies with an answer: first the form that all graders read, then the other usual ones."""
    plain = "$" in answer or "\n" in answer
    if question.kind == "choice":
        bracketed = question.style == "words" or answer.startswith("(")
        yield "final answer", f"The final answer is {answer if bracketed else f'({answer})'}."
        if every and question.style == "choice":
            yield "boxed", f"So the right choice is $\\boxed{{{answer}}}$."
            yield "letter", f"Answer: {answer}"
        return
    yield "boxed", f"So the answer is \\boxed{{{answer}}}." if plain else f"So the answer is $\\boxed{{{answer}}}$."
    if every:
        if not plain:
            yield "hope", f"We add. Final Answer: The final answer is ${answer}$. I hope it is correct."
        if re.fullmatch(r"-?[\d,]+(?:\.\d+)?", answer):
            yield "hash", f"First 2 + 3 = 5, then we are done.\n#### {answer}"
