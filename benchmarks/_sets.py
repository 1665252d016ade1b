"""What the answers of each set of problems in `../shared/data` are: their kind, and where options, units and tolerances stand.

One table, so that the report of graders, the tests of golds and the evaluator read a set in the same way. A set with no entry is of
kind `math` with its answer as it stands. Sets without answers (miniF2F, ProofNet) are left out.
"""

from __future__ import annotations

import ast
import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
LETTERS = "ABCDEFGHIJ"
_LABEL = re.compile(r"^\s*\(?([A-Ja-j])\s*[).]\s*(?:\1\s*[).]\s*)?")
_IN_LINE = re.compile(r"(?:^|\s|,\s)\(?([A-Ja-j])\s*[).](?=\s)")


@dataclass(frozen=True)
class Set:
    """How the answers of a set are to be graded.

    `kind`: of `eval.grading` (math, choice, ocw). `style`: by which of OctoThinker's extractions (number, math, olympiad, choice, ocw).
    `relative`: accepted error as a share of the gold. `unit`: the gold ends in a unit in brackets that belongs to no value.
    """

    kind: str = "math"
    style: str = "math"
    relative: float = 0.0
    unit: bool = False


_NUMBERS, _CHOICE = Set(style="number"), Set("choice", "choice")
SETS: Mapping[str, Set] = {
    **dict.fromkeys(("gsm8k_test", "gsm8k_train", "amc23", "svamp", "cmath"), _NUMBERS),
    "mawps": Set(style="number", relative=1e-6),  # golds such as 0.6666666667
    "asdiv": Set(style="number", unit=True),  # 9 (apples)
    "tabmwp_test1k": _NUMBERS,  # rows with choices are of kind choice: see `question`
    "scibench_math": Set(style="number", relative=0.05),  # as SciBench itself grades
    "olympiadbench_en": Set(style="olympiad"),
    **dict.fromkeys(("ocw", "minerva_math"), Set("ocw", "ocw")),
    **dict.fromkeys(
        ("aqua", "mathqa_test", "mmlu_stem", "sat_math", "sat_megamath", "gaokao_math_qa", "agieval_aqua-rat", "agieval_sat-math",
         "agieval_gaokao-mathqa"), _CHOICE),
}  # fmt: skip


@dataclass(frozen=True)
class Question:
    """A row of a set: its id, its gold answer (a letter or a text where the kind is choice), and how to grade it."""

    set: str
    id: str
    gold: str
    kind: str
    style: str
    options: tuple[str, ...] = ()
    tolerance: float = 0.0
    relative: float = 0.0
    unit: str = ""


def names(data: Path = DATA) -> dict[str, Path]:
    """The sets that have answers, by name."""
    files = [*sorted((data / "benchmarks").glob("*.jsonl.gz")), *sorted((data / "rl").glob("*.jsonl.gz"))]
    found = {path.name.removesuffix(".jsonl.gz"): path for path in files}
    return {name: path for name, path in found.items() if not name.startswith(("minif2f", "proofnet"))}


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def questions(name: str, path: Path) -> Iterator[Question]:
    """Rows of a set that have an answer."""
    for row in rows(path):
        if found := question(name, row):
            yield found


def question(name: str, row: Mapping[str, Any]) -> Question | None:
    """One row, None where it has no answer."""
    how, extra, answer = SETS.get(name, Set()), row.get("extra") or {}, row["answer"]
    unit, kind, style = "", how.kind, how.style
    if name == "minerva_math":
        answer = last_box(row["solution"])
    elif name == "olympiadbench_en":
        answer = ",".join(answer)
    elif name == "mmlu_stem":
        answer = LETTERS[answer]
    if answer is None or not str(answer).strip():
        return None
    gold = re.sub(r"(?:\\\\|\\noindent|\s)+$", "", str(answer)).strip()
    choices = options(extra.get("options") or extra.get("choices"))
    if name == "tabmwp_test1k" and choices:
        kind, style = "choice", "words"
    elif kind == "choice":
        gold = gold.upper().replace(" ", "")  # several letters: `A B D`
    if how.unit and (found := re.fullmatch(r"(.*\S)\s*\(([^()]*)\)", gold)):
        gold, unit = found[1], found[2]
    return Question(
        name, str(row["id"]), gold, kind, style, choices if kind == "choice" else (), float(extra.get("error") or 0), how.relative, unit
    )  # fmt: skip


def options(given: object) -> tuple[str, ...]:
    """Texts of the choices without their letters, from a list, a mapping, or one line `A) ... B) ...`."""
    if isinstance(given, Mapping):
        return tuple(str(given[key]) for key in sorted(given))
    if isinstance(given, str) and given.startswith("["):
        given = ast.literal_eval(given)
    if isinstance(given, str):
        given = _split(given)
    return tuple(_LABEL.sub("", str(text)).strip() for text in given) if isinstance(given, list) else ()


def _split(line: str) -> list[str]:
    """Choices of one line: the letters must come in order, or they belong to a text."""
    starts: list[int] = []
    for found in _IN_LINE.finditer(line):
        if found[1].upper() == LETTERS[len(starts)]:
            starts.append(found.start())
    return [line[start:end].strip(" ,") for start, end in zip(starts, [*starts[1:], len(line)], strict=True)]


def last_box(text: str) -> str | None:
    r"""What stands in the last `\boxed{}`."""
    start = text.rfind("\\boxed{")
    if start < 0:
        return None
    depth, start = 0, start + len("\\boxed")
    for i in range(start, len(text)):
        depth += (text[i] == "{") - (text[i] == "}")
        if depth == 0:
            return text[start + 1 : i].strip()
    return None
