r"""Damage to a faithful rewrite: what a model does that must not stand, one thing at a time, and the guards that are named for it.

`damaged(kind, source, rewrite, seed)` gives the rewrite with one thing wrong, or None where it holds nothing that could go wrong in that
way. The rewrite is not the page itself, so no guard can win by comparing for equality.

Some damage cannot be told from a faithful rewrite by anything that sees only the two texts: then `aside` names the rule.

- list mark: the number is the mark of a list's item or of a heading, which a rewrite may renumber.
- label: what was changed stands in a `\label{...}`, which no reader sees.
- noise: what was changed or dropped stands in a line such as a date, a count of comments, a menu.
- reference: the number dropped is of a citation, section, page, figure or version, or a year.
- short and said again: what was dropped is a number below 100 or a formula of one symbol, said elsewhere too: `it` would do.
- said again: every sentence of a chunk stands elsewhere in the rewrite.
- short remark: one sentence of at most 25 words without a number or formula.
- references: a chunk of titles and names without a sentence, as at the end of a page.
- same: the change makes nothing else of it: `-0`, `2^1` within spelling, two numbers of the same value, two terms of a sum.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from tests.curation import damage_words as words

NUMBER = re.compile(r"(?<![\w.,/:-])-?\d+(?:,\d{3})*(?:\.\d+)?(?![\w]|[.,/-]?\d)")
FORMULA = re.compile(
    r"(?<!\\)\$\$.+?\$\$|(?<![\\$\w])\$(?=[^\s$])[^$\n]{1,400}?(?<![\\\s])\$(?![\d$])|(?<!\\)\\\(.+?\\\)|(?<![\\\w])\\\[(?!\\\]).+?\\\]"
    r"|\\begin\{(align|equation|gather)\*?\}.*?\\end\{\1\*?\}",
    re.DOTALL,
)
NOISY = re.compile(
    r"©|copyright|all rights|cookies|posted (?:on|by)|commented|last modified|comments?\b.{0,12}$|\bviews\b|subscribe"
    r"|^\W*(?:goto chapter|page \d+ of|related|tags|see also)|\d{4}-\d\d-\d\d|canonical name|numerical id"
    r"|\| (?:owner|author|classification)|^(?:owner|author|classification)\b|version|release"
    r"|isbn|doi|arxiv|\bvol\b|\bpp?\. ?\d|\bmsc\b|^\W*step \d+\W*$",
    re.IGNORECASE,
)
REFERENCE = re.compile(
    r"(?:section|chapter|page|figure|fig\.|table|version|theorem|lemma|definition|exercise|equation|example|proposition|corollary|remark"
    r"|problem|part|§|eq\.|p\.|no\.)\s*[\w.]*$|[\[(#.]$",
    re.IGNORECASE,
)
MARK = re.compile(r"^[\s#*_>(|-]*(?:(?:step|problem|question|exercise) |\d+\. ?)?$", re.IGNORECASE)


@dataclass(frozen=True)
class Damaged:
    """A rewrite with one thing wrong. `was` and `is_` show it; `aside` is the rule by which the case does not count."""

    text: str
    was: str = ""
    is_: str = ""
    aside: str | None = None


@dataclass(frozen=True)
class Case:
    """What damage is made from: the page, its rewrite, another page, chance."""

    source: str
    text: str
    other: str
    random: Random
    words: words.Wordings = words.DEV


@dataclass(frozen=True)
class Kind:
    make: Callable[[Case], Damaged | None]
    guards: tuple[str, ...]


def damaged(
    kind: str, source: str, rewrite: str, seed: int | str, other: str = "", half: str = "dev"
) -> Damaged | None:
    """The rewrite with one thing wrong, None where this kind of damage finds nothing to damage.

    Deterministic by kind, texts, seed and `half`: which half of the wordings a model's lines are from, `dev` or `held`.
    """
    bank = {"dev": words.DEV, "held": words.HELD}[half]
    found = KINDS[kind].make(Case(source, rewrite, other or words.OTHER, Random(f"damage {half} {kind} {seed}"), bank))
    if found and found.text.strip() == rewrite.strip():
        return None
    return found


# Numbers.


def context(text: str, start: int, end: int) -> tuple[str, str]:
    """The line before and after a place."""
    return text[text.rfind("\n", 0, start) + 1 : start], text[end : (text.find("\n", end) + 1 or len(text) + 1) - 1]


def why_aside(text: str, start: int, end: int) -> str | None:
    before, after = context(text, start, end)
    if MARK.match(before) and re.match(r"[.):]|\s*$| [A-Z]", after):
        return "list mark"
    if re.search(r"\\label\{[^{}]*$", before):
        return "label"
    return "noise" if NOISY.search(before + text[start:end] + after) else None


def at(case: Case, start: int, end: int, put: str, aside: str | None = None) -> Damaged:
    """The case with other text in a place."""
    text = case.text[:start] + put + case.text[end:]
    return Damaged(
        text, case.text[max(start - 30, 0) : end + 30], text[max(start - 30, 0) : start + len(put) + 30], aside
    )


def number(case: Case, change: Callable[[str], str | None], pattern: re.Pattern[str] = NUMBER) -> Damaged | None:
    """One number at random changed."""
    for found in case.random.sample(all_ := [*pattern.finditer(case.text)], min(len(all_), 8)):
        new = change(found[0])
        if new is not None and new != found[0]:
            same = "same" if value(new) == value(found[0]) else None
            return at(case, *found.span(), new, same or why_aside(case.text, *found.span()))
    return None


def value(spelled: str) -> float:
    return float(spelled.replace(",", ""))


def digit(case: Case) -> Damaged | None:
    def change(old: str) -> str:
        places = [i for i, sign in enumerate(old) if sign.isdigit()]
        place = case.random.choice(places)
        low = "123456789" if place == places[0] and len(places) > 1 else "0123456789"
        return old[:place] + case.random.choice([d for d in low if d != old[place]]) + old[place + 1 :]

    return number(case, change)


def of_page(case: Case) -> Damaged | None:
    there = sorted({found[0] for found in NUMBER.finditer(case.source)})
    return number(case, lambda old: case.random.choice([n for n in there if value(n) != value(old)] or [old]))


def decimal(case: Case) -> Damaged | None:
    def change(old: str) -> str | None:
        if "." in old:
            whole, part = old.split(".")
            return whole + part[0] + ("." + part[1:] if part[1:] else "")
        return f"{old[:-1]}.{old[-1]}" if len(old.lstrip("-")) > 1 and "," not in old else None

    return number(case, change)


def sign(case: Case) -> Damaged | None:
    """A sign between two terms of a formula or calculation, or before a number."""
    between = [
        m for m in re.finditer(r"(?<=[\w)}\]]) ?([+-]) ?(?=[\w\\({])", case.text) if calculation(case.text, m.start(1))
    ]
    before = list(re.finditer(r"(?<=[=(,] )(-)(?=\d)|(?<=[=(,])(-)(?=\d)", case.text))
    if not between and not before:
        return None
    found = case.random.choice(between + before)
    start = found.end() - len(found[0].lstrip(" "))
    new = "" if found in before else {"+": "-", "-": "+"}[case.text[start]]
    return at(case, start, start + 1, new, why_aside(case.text, start, start + 1))


def calculation(text: str, place: int) -> bool:
    before, after = context(text, place, place + 1)
    return in_formula(text, place) or (
        before[-1:] == after[:1] == " " and bool(re.search(r"\d $", before) and re.match(r" \d", after))
    )


@functools.lru_cache(8)
def covered(text: str) -> list[tuple[int, int]]:
    return [m.span() for m in FORMULA.finditer(text)]


def in_formula(text: str, place: int) -> bool:
    return any(start < place < end for start, end in covered(text))


def swapped(case: Case) -> Damaged | None:
    """Two numbers of one sentence or formula change places."""
    pairs = []
    numbers = [*NUMBER.finditer(case.text)]
    for a, b in itertools.pairwise(numbers):
        if value(a[0]) != value(b[0]) and b.start() - a.end() < 120 and "\n" not in case.text[a.end() : b.start()]:
            pairs.append((a, b))
    if not pairs:
        return None
    a, b = case.random.choice(pairs)
    aside = why_aside(case.text, *a.span()) or why_aside(case.text, *b.span())
    if not aside and re.fullmatch(r"\s*(?:[+*x×]|\\times|\\cdot)\s*", case.text[a.end() : b.start()]):
        aside = "same"
    return at(case, a.start(), b.end(), b[0] + case.text[a.end() : b.start()] + a[0], aside)


def number_dropped(case: Case) -> Damaged | None:
    found = list(NUMBER.finditer(case.text))
    if not found:
        return None
    one = case.random.choice(found)
    end = one.end() + (case.text[one.end() : one.end() + 1] == " ")
    aside = why_aside(case.text, *one.span())
    before, _ = context(case.text, *one.span())
    if (
        not aside
        and not in_formula(case.text, one.start())
        and (REFERENCE.search(before) or re.fullmatch(r"(?:1[6-9]|20)\d\d", one[0]))
    ):
        aside = "reference"
    again = sum(m[0] == one[0] for m in found) > 1 or (
        one[0] in words.SPELLED and words.SPELLED[one[0]] in case.text.lower()
    )
    if not aside and again and abs(value(one[0])) < 100 and not in_formula(case.text, one.start()):
        aside = "short and said again"
    return at(case, one.start(), end, "", aside)


# Formulas.


def core(formula: str) -> str:
    """A formula without delimiters, blanks and what spelling leaves open."""
    formula = re.sub(
        r"^(?:\$\$?|\\[(\[])|(?:\$\$?|\\[)\]])$|\\begin\{\w+\*?\}|\\end\{\w+\*?\}|\\(?:left|right|displaystyle)(?![a-z])|\\[,;!]|[\s{}]",
        "",
        formula,
    )
    return formula.rstrip(".,")


def formulas(case: Case) -> list[re.Match[str]]:
    return [m for m in FORMULA.finditer(case.text) if not re.search(r"[a-z]{3,} [a-z]{2,} [a-z]{2,}", m[0])]


def formula_dropped(case: Case) -> Damaged | None:
    found = formulas(case)
    if not found:
        return None
    one = case.random.choice(found)
    again = sum(core(m[0]) == core(one[0]) for m in found) > 1
    aside = "short and said again" if again and len(re.sub(r"\\[a-zA-Z]+", "x", core(one[0]))) <= 2 else None
    return at(case, *one.span(), "", aside)


def formula_replaced(case: Case) -> Damaged | None:
    found = formulas(case)
    pairs = [(a, b) for a in found for b in case.random.sample(found, min(4, len(found))) if core(a[0]) != core(b[0])]
    if not pairs:
        return None
    a, b = case.random.choice(pairs)
    return at(case, *a.span(), b[0])


def within(case: Case, pattern: str, change: Callable[[re.Match[str]], str]) -> Damaged | None:
    """One match inside one formula changed."""
    places = [
        (m.start() + n.start(), m.start() + n.end(), n)
        for m in formulas(case) for n in re.finditer(pattern, m[0])
        if n.start() > 0 and not re.search(r"\\(?:begin|end|text|mathrm|mbox|operatorname|label|ref|tag)\*?\{[^{}]*$", m[0][: n.start()])
    ]  # fmt: skip
    if not places:
        return None
    start, end, found = case.random.choice(places)
    new = change(found)
    return None if new == found[0] else at(case, start, end, new)


def symbol(case: Case) -> Damaged | None:
    letters = "abcdfgkmnpqrstuvwxyzABCDEFGHKLMNPQRSTUVXYZ"
    return within(
        case, r"(?<![a-zA-Z\\])[a-zA-Z](?![a-zA-Z])", lambda m: case.random.choice([c for c in letters if c != m[0]])
    )


def exponent(case: Case) -> Damaged | None:
    return within(case, r"(?<=\^)\d|(?<=\^\{)\d(?=\})", lambda m: case.random.choice([d for d in "23456" if d != m[0]]))


def index(case: Case) -> Damaged | None:
    return within(
        case,
        r"(?<=_)[\dijkmn]|(?<=_\{)[\dijkmn](?=\})",
        lambda m: case.random.choice([d for d in ("0123" if m[0].isdigit() else "ijkmn") if d != m[0]]),
    )


def relation(case: Case) -> Damaged | None:
    turned = dict(words.RELATIONS)
    pattern = "|".join(re.escape(old) + ("(?![a-zA-Z])" if old[0] == "\\" else "") for old in turned)
    return within(case, pattern, lambda m: turned[m[0]])


def formula_invented(case: Case) -> Damaged | None:
    new = case.random.choice(case.words.formulas)
    if core(new) in core(case.source):
        return None
    stops = [m.end() for m in re.finditer(r"[a-z]\.(?=\s|$)", case.text)]
    if not stops:
        return None
    place = case.random.choice(stops)
    return at(case, place, place, " " + case.random.choice(case.words.invented).format(new))


def unit(case: Case) -> Damaged | None:
    """A number gets another unit."""
    units = {"kg": "km", "km": "m", "cm": "mm", "m": "km", "hours": "days", "minutes": "hours", "days": "weeks"}
    units |= {"miles": "feet", "grams": "kilograms"}
    found = [*re.finditer(rf"(?<=\d )({'|'.join(units)})(?![\w'])", case.text)]
    found = [one for one in found if not in_formula(case.text, one.start())]
    if not found:
        return None
    one = case.random.choice(found)
    return at(case, *one.span(), units[one[1]], why_aside(case.text, *one.span()))


def percent(case: Case) -> Damaged | None:
    """A percent sign goes."""
    found = [*re.finditer(r"(?<=\d)(?:\\?%| percent\b)", case.text)]
    if not found:
        return None
    one = case.random.choice(found)
    return at(case, *one.span(), "", why_aside(case.text, *one.span()))


def brace(case: Case) -> Damaged | None:
    """The last term of an exponent or index of two terms comes down."""
    return within(case, r"[_^]\{[^{}+-]+[+-][^{}+-]+\}", lambda m: re.sub(r"([+-][^{}+-]+)\}$", r"}\1", m[0]))


def condition(case: Case) -> Damaged | None:
    """A condition of one formula goes with its word."""
    found = [*re.finditer(r",? (?:when|where|if|for|with|whenever) \$[^$\n]{4,40}\$(?=[.,;])", case.text)]
    found = [one for one in found if re.search(r"[=<>]|\\[lg]eq?|\\in\b|\\neq?", one[0])]
    if not found:
        return None
    one = case.random.choice(found)
    return at(case, *one.span(), "", why_aside(case.text, *one.span()))


# Chunks.


def chunk(case: Case, start: int, end: int) -> Damaged | None:
    """The text without what stands between two places."""
    gone = case.text[start:end].strip()
    if len(gone) < 60:
        return None
    sentences = [s for s in re.split(r"(?<=[.!?])\s+|\n+", gone) if len(s.strip()) > 12]
    rest = plain(case.text[:start] + " " + case.text[end:])
    aside = None
    if all(plain(s) in rest for s in sentences):
        aside = "said again"
    elif sum(len(s) for s in sentences if NOISY.search(s)) > 0.5 * len(gone) or re.match(
        r"Commented |\| Title |\\metatable", gone
    ):
        aside = "noise"
    elif not re.search(r"[a-z)$\d][.:!?](?:\s|$)|[=+]|\$", gone):
        aside = "references"
    elif len(sentences) < 2 and len(gone.split()) <= 25 and not re.search(r"[\d$\\=]", gone):
        aside = "short remark"
    text = case.text[:start].rstrip() + "\n\n" + case.text[end:].lstrip()
    return Damaged(text, gone[:300], "", aside)


def plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def paragraph(case: Case) -> Damaged | None:
    blocks = list(re.finditer(r"(?s)(?:(?<=\n\n)|^)(?!\s*[#*_|])(.{60,}?)(?=\n\n|\Z)", case.text))
    blocks = [m for m in blocks if len(m[1].split()) >= 15]
    return chunk(case, *case.random.choice(blocks).span()) if len(blocks) > 1 else None


def sentences(case: Case) -> Damaged | None:
    """Two to five sentences in a row."""
    stops = [0, *(m.end() for m in re.finditer(r"[a-z)$]\.\s+(?=[A-Z])", case.text))]
    if len(stops) < 4:
        return None
    first = case.random.randint(0, len(stops) - 3)
    return chunk(case, stops[first], stops[min(first + case.random.randint(2, 5), len(stops) - 1)])


def second_half(case: Case) -> Damaged | None:
    breaks = [
        m.start() for m in re.finditer(r"\n\n|(?<=[a-z]\.) ", case.text) if 0.4 < m.start() / len(case.text) < 0.65
    ]
    return chunk(case, case.random.choice(breaks), len(case.text)) if breaks else None


def middle(case: Case) -> Damaged | None:
    if len(case.text) < 1500:
        return None
    breaks = [m.start() for m in re.finditer(r"\n\n|(?<=[a-z]\.) ", case.text)]
    firsts = [b for b in breaks if 0.25 < b / len(case.text) < 0.45]
    lasts = [b for b in breaks if 0.55 < b / len(case.text) < 0.8]
    return chunk(case, case.random.choice(firsts), case.random.choice(lasts)) if firsts and lasts else None


OPTION = re.compile(r"(?m)^[\s*-]*\(?([A-E])[).]\*{0,2} .*$")


def option(case: Case) -> Damaged | None:
    """One choice of a question goes."""
    found = [m for m in OPTION.finditer(case.text) if len(m[0]) > 3]
    if len(found) < 3:
        return None
    one = case.random.choice(found)
    return at(case, one.start(), min(one.end() + 1, len(case.text)), "")


def question(case: Case) -> Damaged | None:
    """A question goes with its choices."""
    found = [
        *re.finditer(
            r"(?ms)^(?:[\s#*_]*(?:Question|Problem|Exercise)[^\n]{0,20}(?:[:.*]|\d$)|[(*]*\d+[.)]\**)(?=\s)[^\n]*\n"
            r".*?^[\s*-]*\(?A[).]\*{0,2} .*?(?=\n\s*\n(?![\s*-]*\(?[A-E][).])|\Z)",
            case.text,
        )
    ]
    if len(found) < 2:
        return None
    one = case.random.choice(found)
    return chunk(case, *one.span())


def truncated(case: Case) -> Damaged | None:
    """The reply ends within a sentence."""
    words_ = [
        m.start()
        for m in re.finditer(r"(?<=[a-z]) (?=[a-z])", case.text)
        if 0.3 < m.start() / len(case.text) < 0.93 and len(case.text) - m.start() > 60
    ]
    if not words_:
        return None
    place = case.random.choice(words_)
    found = chunk(case, place, len(case.text))
    return found and Damaged(case.text[:place], found.was, "", found.aside)


# Whole replies, and what stands around them.


def appended(bank: str, gap: str = "\n\n") -> Callable[[Case], Damaged]:
    def make(case: Case) -> Damaged:
        line = filled(case, case.random.choice(getattr(case.words, bank)))
        return Damaged(
            case.text + gap + line,
            "",
            line,
            "said again" if plain(line) and plain(line) in plain(case.source) else None,
        )

    return make


def prepended(bank: str) -> Callable[[Case], Damaged]:
    def make(case: Case) -> Damaged:
        line = filled(case, case.random.choice(getattr(case.words, bank)))
        return Damaged(f"{line}\n\n{case.text}", "", line)

    return make


def instead(bank: str) -> Callable[[Case], Damaged]:
    def make(case: Case) -> Damaged:
        line = filled(case, case.random.choice(getattr(case.words, bank)))
        return Damaged(line, case.text[:60], line)

    return make


def filled(case: Case, line: str) -> str:
    """`#` becomes a number that does not stand on the page."""
    there = {m[0] for m in re.finditer(r"\d+", case.source)}
    while "#" in line:
        line = line.replace("#", case.random.choice([str(n) for n in range(11, 999) if str(n) not in there]), 1)
    return line


def loop_sentence(case: Case) -> Damaged | None:
    found = re.findall(r"[^.\n]{15,200}\.", case.text)
    return Damaged(case.text + (" " + found[-1].strip()) * 30, "", found[-1] + " x 30") if found else None


def loop_phrase(case: Case) -> Damaged | None:
    """From somewhere on, three to six words of the text without end."""
    found = [*re.finditer(r"(?:[a-zA-Z]+ ){3,6}", case.text)]
    if not found:
        return None
    one = case.random.choice(found)
    return Damaged(case.text[: one.end()] + one[0] * case.random.randint(40, 200), "", one[0] + "...")


def loop_lines(case: Case) -> Damaged | None:
    lines = [line for line in case.text.split("\n") if 10 < len(line) < 200]
    if len(lines) < 2:
        return None
    pair = case.random.sample(lines, 2)
    return Damaged(case.text + "\n" + "\n".join(pair * 20), "", " / ".join(pair)[:200])


def foreign_some(case: Case) -> Damaged:
    """Three or more sentences in another language stand among the others."""
    blocks = case.text.split("\n\n")
    blocks.insert(case.random.randint(0, len(blocks)), line := case.random.choice(case.words.foreign))
    return Damaged("\n\n".join(blocks), "", line[:80])


def foreign_all(case: Case) -> Damaged:
    """All in another language, of the page's length."""
    line = case.random.choice(case.words.foreign)
    kept = [m[0] for m in formulas(case)]
    number_of = max(len(case.text) // (len(line) + 30), 1)
    pieces = re.split(r"(?<=[.。])\s*", line)
    out = [f"{case.random.choice(pieces)} {f}" for f in kept] or [
        " ".join(case.random.sample(pieces, len(pieces))) for _ in range(number_of)
    ]
    return Damaged("\n\n".join(out), case.text[:60], out[0][:80])


def another_page(case: Case) -> Damaged:
    return Damaged(case.other, case.text[:60], case.other[:60])


KINDS: Mapping[str, Kind] = {
    "digit changed": Kind(digit, ("numbers", "formulas")),
    "number of the page": Kind(of_page, ("numbers", "formulas")),
    "decimal point": Kind(decimal, ("numbers", "formulas")),
    "sign": Kind(sign, ("numbers", "formulas")),
    "numbers swapped": Kind(swapped, ("numbers", "formulas")),
    "number dropped": Kind(number_dropped, ("numbers", "formulas")),
    "formula dropped": Kind(formula_dropped, ("formulas", "numbers")),
    "formula replaced": Kind(formula_replaced, ("formulas", "numbers")),
    "symbol": Kind(symbol, ("formulas",)),
    "exponent": Kind(exponent, ("formulas", "numbers")),
    "index": Kind(index, ("formulas", "numbers")),
    "relation": Kind(relation, ("formulas",)),
    "unit": Kind(unit, ("numbers", "formulas")),
    "percent dropped": Kind(percent, ("numbers", "formulas")),
    "brace moved": Kind(brace, ("formulas", "numbers")),
    "condition dropped": Kind(condition, ("formulas", "numbers")),
    "formula invented": Kind(formula_invented, ("formulas", "numbers")),
    "paragraph missing": Kind(paragraph, ("hole", "length")),
    "sentences missing": Kind(sentences, ("hole", "length")),
    "second half missing": Kind(second_half, ("hole", "length")),
    "middle missing": Kind(middle, ("hole", "length")),
    "option missing": Kind(option, ("hole", "numbers", "formulas")),
    "question missing": Kind(question, ("hole", "length")),
    "truncated": Kind(truncated, ("hole", "length")),
    "answer boxed": Kind(appended("boxed"), ("answer", "numbers", "formulas")),
    "answer in words": Kind(appended("answers"), ("answer", "numbers")),
    "answer letter": Kind(appended("letters"), ("answer",)),
    "answer without number": Kind(appended("word_answers"), ("answer",)),
    "answer worked": Kind(appended("worked"), ("answer", "numbers", "formulas")),
    "refusal": Kind(instead("refusals"), ("refusal",)),
    "refusal before": Kind(prepended("refusals"), ("refusal",)),
    "meta before": Kind(prepended("meta_before"), ("meta",)),
    "meta after": Kind(appended("meta_after"), ("meta",)),
    "loop of a sentence": Kind(loop_sentence, ("loop",)),
    "loop of a phrase": Kind(loop_phrase, ("loop",)),
    "loop of lines": Kind(loop_lines, ("loop",)),
    "other language, some": Kind(foreign_some, ("language",)),
    "other language, all": Kind(foreign_all, ("language",)),
    "echo of the prompt": Kind(instead("echoes"), ("meta", "length", "refusal")),
    "another page": Kind(another_page, ("length", "numbers", "formulas", "hole")),
    "next to nothing": Kind(instead("nothing"), ("length", "meta", "refusal")),
}
"""Every kind of damage, and the guards that are named for it: any of them may say so."""
