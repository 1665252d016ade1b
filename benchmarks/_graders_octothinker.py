"""A grader that behaves as OctoThinker's harness does, written anew, for the disagreement report only.

A set has a reader and a comparison of its own there; `Case.style` says which. Kept is what they are known for: the last number of a
GSM-like reply is found by a pattern that knows no commas ("22,500" is 500); numbers are equal within 1e-3, also times or over 100;
OlympiadBench goes to math-verify with gold and answer exchanged; OCW answers in TeX are compared as strings, and two equal negative
numbers or zeros are unequal. Left out: programs, Chinese. The original evaluates OCW answers and falls back on SymPy's Python reader;
here there is only the TeX grammar.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from benchmarks import _graders_math_verify
from benchmarks import _hendrycks as hendrycks
from benchmarks._sets import last_box
from benchmarks._tex import parsed

if TYPE_CHECKING:
    from benchmarks._labelled import Case


def grade(case: Case) -> bool:
    gold = read_gold(case)
    match case.style:
        case "choice":
            return _letter(case) == gold.lower()
        case "words":
            return _option(case) == gold.lower()
        case "number":
            found = re.findall(r"-?\d+\.?\d*", case.text.split("Q: ", 1)[0])
            return bool(found) and equal(found[-1], plain(gold))
        case "olympiad":
            return _olympiad(case.text, gold)
        case "ocw":
            return _ocw(case.text, gold)
    golds = list(dict.fromkeys(plain(part) for part in re.split(r"\\text\{\s*and\s*\}", gold)))
    answers = list(dict.fromkeys(read(case.text)))[-len(golds) :]
    return _matched(answers, golds)


def read_gold(case: Case) -> str:
    return (last_box(case.gold) or case.gold.strip("$")) if case.group == "math_verify_tests" else case.gold


def read(text: str) -> list[str]:
    """All answers of a reply: the sentence of Minerva's prompt, every box, what follows "he answer is", the last number."""
    if "final answer is $" in text and "$. I hope" in text:
        found = [text.split("final answer is $", 1)[1].split("$. I hope", 1)[0]]
    elif "boxed" in text:
        found = [last_box("\\boxed{" + part) or "" for part in text.split("boxed{")[1:]]
    elif "he answer is" in text:
        found = [text.rpartition("he answer is")[2]]
    else:
        found = [hendrycks.last_number(text)]
    lines = (answer.strip().split("\n")[0].lstrip(":").rstrip(".").rstrip("/") for answer in found if answer)
    return [part for line in lines for part in map(plain, re.split(r"\\text\{\s*and\s*\}", line))]


def plain(answer: str) -> str:
    """The string that is compared."""
    text = answer.strip().rstrip(".")
    text = text[6:-1] if text.startswith("\\text{") and text.endswith("}") else text
    text = hendrycks.layout(text.replace("cfrac", "frac"))
    text = re.sub(r"\\text\{.*?\}$", "", text).strip() or text
    text = re.sub(r"\{[cm]?m\}(?:\^[23])?|p\.m\.$|(?<=\d)\s*t$", "", text).strip()
    text = re.sub(r"\$|x\\in|\\cdot|\\mathbf|\\mathrm|\\mbox\{.*?\}", "", text).replace("\\%", "%")
    text = hendrycks.leading_zeros(text)
    if "j" in text and "i" not in text:
        text = text.replace("j", "i")
    text = re.sub(r"(\d+)\.0+(?=[^\d]|$)", r"\1", text)
    text = re.sub(r"\\(sqrt|tan)(-?[0-9.a-zA-Z]+)", r"\\\1{\2}", text).replace(" ", "")
    return re.sub(r"[\\,.]+$", "", hendrycks.slash(hendrycks.fractions(text)))


def _matched(answers: list[str], golds: list[str]) -> bool:
    """Whether each answer equals some gold, and each gold some answer; the parts of unions alike."""
    pairs = {(i, j) for i, a in enumerate(answers) for j, b in enumerate(golds) if _union(a, b)}
    return len({i for i, _ in pairs}) == len(answers) > 0 and len({j for _, j in pairs}) == len(golds)


def _union(answer: str, gold: str) -> bool:
    if "\\cup" in answer and "\\cup" in gold:
        return _matched(answer.split("\\cup"), gold.split("\\cup"))
    a, b = (hendrycks.float_of(text) for text in (answer, gold))
    return (a is not None and b is not None and abs(a - b) < 1e-3) or equal(answer, gold)


def equal(answer: str, gold: str) -> bool:
    if answer == gold:
        return True
    a, b = hendrycks.float_of(answer), hendrycks.float_of(gold)
    if a is not None and b is not None:
        return any(math.isclose(value, a, abs_tol=1e-3) for value in (b / 100, b, b * 100))
    if not answer:
        return False
    framed = re.compile(r"[(\[].+[)\]]")
    if framed.match(answer) and framed.match(gold):
        left, right = answer[1:-1].split(","), gold[1:-1].split(",")
        if len(left) == len(right) and all(map(equal, left, right)):
            return True
    return bool(hendrycks.equal_lines(answer, gold, equal)) or _by_sides(answer, gold) or _symbolic(answer, gold)


def _by_sides(answer: str, gold: str) -> bool:
    sides, others = answer.split("="), gold.split("=")
    if len(sides) == len(others) == 2:
        left, right = ("{}-({})".format(*pair) for pair in (sides, others))
        return _symbolic(left, right) or _symbolic(f"-({left})", right)
    if len(sides) == 2 and len(others) == 1 and len(sides[0].strip()) <= 2:
        return equal(sides[1], gold)
    return len(others) == 2 and len(sides) == 1 and len(others[0].strip()) <= 2 and equal(answer, others[1])


def _symbolic(answer: str, gold: str) -> bool:
    import sympy

    left, right = parsed(answer), parsed(gold)
    if left is None or right is None:
        return False
    if hendrycks.difference_is_zero(left, right):
        return True
    try:
        return math.isclose(float(sympy.N(left)), float(sympy.N(right)), abs_tol=1e-3)
    except Exception:
        return False


def _letter(case: Case) -> str:
    text = case.text.split("Problem:", 1)[0].lower()
    if case.set == "mmlu_stem":
        found = re.findall(r"\(([a-d])\)", text)
        return str(found[-1]) if found else ""
    said = re.search(r"the final answer is \(?([a-e])\)?", text)
    return said[1] if said else ""


def _option(case: Case) -> str:
    """The shortest option whose words stand in the reply."""
    words = " " + " ".join(word.rstrip(".") for word in case.text.lower().split()) + " "
    options = sorted((option.strip(".").lower() for option in case.options), key=lambda option: -len(option.split()))
    return next((option for option in reversed(options) if f" {option} " in words), "")


def _olympiad(text: str, gold: str) -> bool:
    from math_verify import parse, verify

    _graders_math_verify.quiet()

    tail = (
        text.rsplit("Final Answer:", maxsplit=1)[-1]
        .replace("The final answer is ", "")
        .split("I hope it is correct.")[0]
    )
    answer = parse(f"\\boxed{{{' '.join(tail.split())}}}", parsing_timeout=None)
    return bool(verify(answer, parse(gold, parsing_timeout=None), timeout_seconds=None))


def _ocw(text: str, gold: str) -> bool:
    said = re.search(r"final answer is (.*)\. I hope it is correct", text)
    if not said:
        return False
    answer = said[1]
    if hendrycks.float_of(gold) is not None:
        a, b = _number(answer), _number(gold)
        if a is None or b is None:
            return False
        close = any(math.isclose(value, 0, abs_tol=1e-8) for value in (a, b, a - b))
        return abs(a - b) < 0.01 * (a + b) / 2 if close else math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-8)
    if "=" in gold:
        left, right = (parsed(side.strip("$ ")) for side in (answer, gold))
        return left is not None and left == right
    return _tex(answer) == _tex(gold)


def _number(text: str) -> float | None:
    plain_text = re.sub(r"\\(?:text|mathrm)\{[^{}]*\}|[A-Za-z/ ]+$|\$", "", text).strip()
    if (value := hendrycks.float_of(plain_text)) is not None:
        return value
    thing = parsed(plain_text)
    try:
        return float(thing) if thing is not None else None
    except (TypeError, ValueError):
        return None


def _tex(text: str) -> str:
    """The normal form of Minerva's appendix, roughly: last side of an equation, no blanks, no units in words, no dollars."""
    text = text.rsplit("=", 1)[-1].strip("$ ")
    text = re.sub(r"\\(?:text|textbf|overline|mbox)\{(.*?)\}", r"\1", text.replace("\\ ", "").replace(" ", ""))
    return re.sub(r"\\;|,\\!|\{,\}|\^\{?\\circ\}?|\\\$", "", hendrycks.fractions(text))
