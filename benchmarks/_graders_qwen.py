"""A grader that behaves as the one of Qwen2.5-Math's evaluation does, written anew, for the disagreement report only.

What it is known for is kept: a number is right within 1e-4 of the gold, of a hundredth of it, or of a hundredfold; units are stripped by
name, single letters among them; brackets and braces do not count; equations are compared up to their sign. Left out: number words, the
branches for code, Chinese and TheoremQA. Where the original evaluates plain text as Python when TeX fails, this one only has the TeX
grammar.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from benchmarks import _hendrycks as hendrycks
from benchmarks._tex import parsed

if TYPE_CHECKING:
    from benchmarks._labelled import Case

UNITS = tuple(
    "percent degree degrees deg mile mph kmph kmh ft feet inch inches yard acre hectare cm mm km m dm kg g gm lb litre liter gallon "
    "second sec minute min hour hr day month year yr am pm man men woman women apple coin tile toy monkey soldier pie mark unit unit "
    "number ratio profit loss gain increase decrease more less square cubic cube sq cc meter metre rupee rs ohm prime way rise noon "
    "east west a c d h l o s t".split()
)
_UNIT = re.compile(rf"(^|\W)(?:{'|'.join(sorted(UNITS, key=len, reverse=True))})s?($|\W)")


def grade(case: Case) -> bool:
    if case.style == "choice":
        return letter(case.text) == case.gold
    keep = case.set in ("carp_en", "minerva_math", "ocw")
    gold = plain(read(case.gold) if case.group == "math_verify_tests" else case.gold, keep_units=keep)
    return equal(plain(read(case.text), keep_units=keep), gold)


def letter(text: str) -> str:
    """The first of A to E after the last "answer is", or the last one of the reply."""
    head, said, tail = text.replace("choice is", "answer is").rpartition("answer is")
    found = re.findall(r"\b[A-E]\b", (tail if said else head + tail).upper())
    return str(found[0 if said else -1]) if found else ""


def read(text: str) -> str:
    """The answer of a reply: the sentence of Minerva's prompt, the last box, what follows "he answer is", the last number."""
    if "final answer is $" in text and "$. I hope" in text:
        answer = text.split("final answer is $", 1)[1].split("$. I hope", 1)[0]
    elif "boxed" in text:
        answer = _box(text.rpartition("boxed")[2])
    elif "he answer is" in text:
        answer = text.rpartition("he answer is")[2]
    else:
        answer = hendrycks.last_number(text)
    answer = re.sub(r"\n\s*", "", answer.strip())
    return answer.removeprefix(":").removesuffix(".").removesuffix("/")


def _box(after: str) -> str:
    if not after.startswith("{"):
        return after.split("$", maxsplit=1)[0]
    depth = 0
    for at, mark in enumerate(after):
        depth += (mark == "{") - (mark == "}")
        if depth == 0:
            return after[1:at]
    return after[1:]


def plain(answer: str, *, keep_units: bool) -> str:
    """The string that is compared."""
    text = hendrycks.layout(answer.strip().rstrip("."))
    text = re.sub(r"\\begin\{array\}\{.*?\}", r"\\begin{pmatrix}", text).replace("\\end{array}", "\\end{pmatrix}")
    text = text.replace("bmatrix", "pmatrix").replace("\\{", "{").replace("\\}", "}")
    for long, short in (("\\neq", "\\ne"), ("\\leq", "\\le"), ("\\geq", "\\ge")):
        text = text.replace(long, short)
    text = re.sub(r"\\text\{.*?\}$", "", text).strip() or text
    for _ in range(0 if keep_units else 2):
        text = _UNIT.sub(r"\1\2", text) or text
    text = re.sub(r"\\text\{(.*?)\}", r"\1", re.sub(r"\$|\\\(|\\\)", "", text))
    text = re.sub(r"[xyz](?:=|\\in|\\to)", "", text)
    text = re.sub(r"\\?%|\\mathbf|\band\b|\\mbox\{.*?\}", "", text)
    text = hendrycks.leading_zeros(text)
    if "j" in text and "i" not in text:
        text = text.replace("j", "i")
    text = re.sub(r"(\d+)\.0*(?=[^\d]|$)", r"\1", text)
    sides = text.split("=")
    if len(sides) == 2 and len(sides[0]) <= 2:
        text = sides[1]
    text = re.sub(r"\\sqrt(\w+)", r"\\sqrt{\1}", text).replace(" ", "")
    return hendrycks.slash(hendrycks.fractions(text))


def equal(answer: str, gold: str) -> bool:
    """Whether two plain answers count as equal."""
    if answer.strip().lower() == gold.strip().lower():
        return True
    if re.fullmatch("[A-E]", gold) and letter(answer) == gold:
        return True
    a, b = hendrycks.float_of(answer), hendrycks.float_of(gold)
    if a is not None and b is not None and any(math.isclose(value, a, rel_tol=1e-4) for value in (b / 100, b, b * 100)):
        return True
    if not answer:
        return False
    if re.sub(r"[{}()]", "", _unframed(answer, gold)).lower() == re.sub(r"[{}()]", "", _unframed(gold, answer)).lower():
        return True
    return _by_form(answer, gold)


def _unframed(text: str, other: str) -> str:
    """Without its brackets, unless the other side has the other kind of them."""
    kinds = {(t[:1] + t[-1:]) for t in (text, other)}
    return text.strip("[]()") if kinds & {"[]", "()"} and kinds != {"[]", "()"} else text


def _by_form(answer: str, gold: str) -> bool:
    framed = re.compile(r"[(\[].+[)\]]")
    if framed.match(answer) and framed.match(gold):
        left, right = answer[1:-1].split(","), gold[1:-1].split(",")
        return len(left) == len(right) and all(map(equal, left, right))
    if (cells := hendrycks.equal_lines(answer, gold, equal)) is not None:
        return cells
    if answer.count("=") == gold.count("=") == 1:
        a, b = (parsed("{}-({})".format(*text.split("="))) for text in (answer, gold))
        return a is not None and b is not None and (symbolic(a, b) or symbolic(-a, b))
    if answer.count("=") == 1 and "=" not in gold and len(answer.split("=", maxsplit=1)[0]) <= 2:
        return equal(answer.split("=")[1], gold)
    if gold.count("=") == 1 and "=" not in answer and len(gold.split("=", maxsplit=1)[0]) <= 2:
        return equal(answer, gold.split("=")[1])
    a, b = parsed(answer), parsed(gold)
    return a is not None and b is not None and symbolic(a, b)


def symbolic(left: Any, right: Any) -> bool:
    """Equal as SymPy objects, by simplification, or as numbers within 1e-4; matrices to three decimals."""
    import sympy

    if str(left) == str(right) or left == right or hendrycks.difference_is_zero(left, right):
        return True
    try:
        if isinstance(left, sympy.MatrixBase):
            return bool(left.shape == right.shape and left.applyfunc(_rounded).equals(right.applyfunc(_rounded)))
        return math.isclose(float(sympy.N(left)), float(sympy.N(right)), rel_tol=1e-4)
    except Exception:
        return False


def _rounded(cell: Any) -> Any:
    return round(cell, 3)
