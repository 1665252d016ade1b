r"""What `synth: qa_pairs` and `rewrite: qa_refine` catch of what a model may invent, and what they refuse of faithful work, on real text.

    python -m benchmarks.qa_guards --json OUT

Copies: sentences in the form of a question are taken from English pages of the archive of `../shared/data`, and come back in a reply as a
model copies them (other blanks, delimiters, quotation marks, commands of the same meaning, without their label) or made wrong: a number,
a sign or a letter of a formula is another one or left out, or they are of another page. A change whose result stands on the page by
chance is no case.
Answers come below a faithful question: three sentences that follow it, these with a number changed, a sentence of another page, a number
that stands nowhere on the page, and, which is hardest, a number that stands on it far from the question. `no question` are sentences that
ask nothing; the steps do not look at that.

Refinements: problems that real models solved rightly by their publishers' labels; found is the gold answer alone, and the solution is the
refinement. It is made wrong: the final answer is another one, the question has another number, sign or deciding word, the box is missing
or there are two. `garbage` are replies that are of no form. The embedded teacher reads all pages and refines what it finds. Texts are
printed nowhere, unless `--examples` asks for some. Left out: replies of a model to these prompts. No peer does the same.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import polars as pl

from benchmarks._archive import english
from benchmarks._sets import DATA, last_box, rows
from benchmarks._variations import bare
from curate.asking import answered
from curate.profile import ModelSettings
from curate.step import find
from curation._reply import NO_ANSWER, cut
from curation._standing import tokens
from curation.rewrite.qa_refine import qa_refine
from curation.synth.qa_pairs import MAX_BYTES, MAX_PIECES, qa_pairs
from curation.synth.symbolic import connect

PER_PAGE = 8
"""Questions of one page, so that no long one rules."""
_SENTENCE = re.compile(r"(?<=[.?!])[ \t]+|\n+")
_ASKS = re.compile(
    r"(?:Find|Solve|Compute|Calculate|Evaluate|Determine|Prove|Show|Let|Suppose|Given|Simplify|Factor|Write)\b"
)
_LABEL = re.compile(r"^[ \t#>*_\[(-]{0,12}\d{1,3}[.):\]*]{1,4}\s+")
_NUMBER = re.compile(r"\d+")
_SIGN = re.compile(r"[-+<>*]|\\(?:le|ge|leq|geq|pm|cdot|times)\b")
_LETTER = re.compile(r"(?<![A-Za-z\\])[b-hj-zB-HJ-Z](?![A-Za-z'’])")
_BOX = re.compile(r"\\boxed\{([^{}]*)\}")
_WORDS = {"least": "most", "sum": "product", "not": "", "odd": "even", "more": "less", "each": "", "maximum": "minimum",
          "greatest": "least", "largest": "smallest", "positive": "negative", "after": "before", "twice": "half", "only": ""}  # fmt: skip
Change = Callable[[str, Random], str | None]


def pages(data: Path) -> list[str]:
    """English pages, each once, as far as a model is shown them."""
    texts = english(data).unique(maintain_order=True)
    return [cut(text, MAX_BYTES * MAX_PIECES) for text in texts]  # what a model is shown


def questions(page: str, random: Random) -> list[str]:
    """Sentences of a page that ask something and hold mathematics."""
    found = [one.strip() for one in _SENTENCE.split(page)]
    asking = [one for one in found if (one.endswith("?") or _ASKS.match(_LABEL.sub("", one))) and _fit(one)]
    asking = list(dict.fromkeys(asking))
    return random.sample(asking, PER_PAGE) if len(asking) > PER_PAGE else asking


def _fit(sentence: str) -> bool:
    return len(tokens(sentence)) >= 6 and len(sentence) <= 1_000 and bool(re.search(r"\d|[$=+<>]|\\\w", sentence))


def _one(pattern: re.Pattern[str], other: Callable[[str, Random], str]) -> Change:
    """One of the places of a pattern with something else in it."""

    def change(text: str, random: Random) -> str | None:
        places = [*pattern.finditer(text)]
        if not places:
            return None
        chosen = random.choice(places)
        return text[: chosen.start()] + other(chosen[0], random) + text[chosen.end() :]

    return change


def _word(text: str, random: Random) -> str | None:
    made = _one(re.compile(rf"\b(?:{'|'.join(_WORDS)})\b"), lambda word, _: _WORDS[word])(text, random)
    return made and re.sub(r"  +", " ", made)


def _other_sign(sign: str, random: Random) -> str:
    others = {
        "+": "-",
        "-": "+",
        "<": ">",
        ">": "<",
        "*": "+",
        r"\le": r"\ge",
        r"\leq": r"\geq",
        r"\ge": r"\le",
        r"\geq": r"\leq",
    }
    return others.get(sign, "+ ")


WRONG: dict[str, Change] = {
    "a number changed": _one(_NUMBER, lambda n, random: str(int(n[:9]) + random.choice((1, 2, 10)))),
    "a sign changed": _one(_SIGN, _other_sign),
    "a letter changed": _one(_LETTER, lambda x, _: chr(ord(x) - 1)),
    "a number added": lambda text, random: f"{text} Give it for {random.randint(1000, 99999)} of them.",
}
LEFT_OUT: dict[str, Change] = {
    "a number left out": _one(re.compile(r"(?<![\w.])\d+(?![\w.])"), lambda _, random: " "),
    "a sign left out": _one(_SIGN, lambda _, random: " "),
}
SAME: dict[str, Change] = {
    "word for word": lambda text, _: text,
    "blanks": lambda text, _: re.sub(r"\s*([=+])\s*", r" \1  ", text).replace(" ", "  "),
    "delimiters": lambda text, _: re.sub(r"\$([^$]+)\$", r"\\(\1\\)", text),
    "without its label": lambda text, _: _LABEL.sub("", text),
    "quotation marks": lambda text, _: text.replace("'", "\u2019").replace('"', "\u201c"),
    "commands": lambda text, _: text.replace(r"\frac", r"\dfrac").replace(r"\leq", r"\le"),
    "emphasis": lambda text, _: f"**{text}**",
}


def copies(texts: list[str], random: Random) -> Iterator[tuple[str, int, str, str, str]]:
    """(kind, page, question, answer, what the answer must be): `row`, `none`, `given` or `invented`."""
    asked = [questions(page, random) for page in texts]
    joined = [_joined(page) for page in texts]
    everything = [(place, one) for place, some in enumerate(asked) for one in some]
    for place, question in everything:
        page = joined[place]
        for kind, change in SAME.items():
            made = change(question, random)
            if made and (made != question or kind == "word for word"):
                yield f"faithful: {kind}", place, made, NO_ANSWER, "row"
        before = [one for one in _SENTENCE.split(texts[place][: texts[place].find(question)]) if _fit(one)]
        if before:
            yield "faithful: with a sentence before it", place, f"{before[-1].strip()} {question}", NO_ANSWER, "row"
        for kind, change in {**WRONG, **LEFT_OUT}.items():
            made = change(question, random)
            if made and tokens(made) != tokens(question) and _joined(made) not in page:
                yield kind, place, made, NO_ANSWER, "none"
        elsewhere, other = random.choice(everything)
        if elsewhere != place and _joined(other) not in page:
            yield "of another page", place, other, NO_ANSWER, "none"
        yield from _answers(texts[place], page, place, question, other if elsewhere != place else None, random)
    for place, page in enumerate(texts):
        plain = [
            s.strip()
            for s in _SENTENCE.split(page)
            if not s.strip().endswith("?") and not _ASKS.match(s.strip()) and _fit(s.strip())
        ]
        if plain:
            yield "no question", place, random.choice(plain), NO_ANSWER, "none"


def _answers(
    text: str, page: str, place: int, question: str, other: str | None, random: Random
) -> Iterator[tuple[str, int, str, str, str]]:
    after = text.find(question) + len(question)
    following = " ".join(one.strip() for one in _SENTENCE.split(text[after : after + 1_500])[:3]).strip()
    if len(tokens(following)) >= 8:
        yield "faithful: an answer below it", place, question, following, "given"
        made = WRONG["a number changed"](following, random)
        if made and _joined(made) not in page:
            yield "an answer with a number changed", place, question, made, "invented"
    if other and _joined(other) not in page:
        yield "an answer of another page", place, question, other, "invented"
    numbers = {*_NUMBER.findall(text)}
    yield "a short answer that stands nowhere", place, question, f"${_new(numbers, random)}$", "invented"
    near = {*_NUMBER.findall(text[max(after - 4_000, 0) : after + 4_000])}
    if far := sorted(numbers - near):
        yield "a short answer from far away", place, question, random.choice(far), "invented"
    before = sorted({*_NUMBER.findall(text[: after - len(question)])} - {*_NUMBER.findall(text[after:])})
    if before:
        yield "a short answer from before it", place, question, random.choice(before), "invented"


def _new(numbers: set[str], random: Random) -> str:
    made = "1"
    while made in numbers:
        made = str(random.randint(2, 9_999))
    return made


def _joined(text: str) -> str:
    return " ".join(["", *tokens(text), ""])


def judged_copies(texts: list[str], random: Random) -> dict[str, Counter[str]]:
    """By kind: cases, and how many came out as they must."""
    by: dict[tuple[str, int], dict[str, tuple[str, str]]] = {}
    for kind, place, question, answer, must in copies(texts, random):
        by.setdefault((kind, place), {}).setdefault(question.strip(), (answer, must))
    docs = pl.DataFrame(
        {
            "text": [texts[place] for _, place in by],
            "replies": [[f"Question: {q}\nAnswer: {a}" for q, (a, _) in some.items()] for some in by.values()],
        },
        schema={"text": pl.String, "replies": pl.List(pl.String)},
    )
    made = {
        (parent, q): state
        for parent, q, state in qa_pairs(docs).select("parent", "question", "qa_pairs_answer").iter_rows()
    }
    found: dict[str, Counter[str]] = {}
    for parent, ((kind, _), some) in enumerate(by.items()):
        for question, (_, must) in some.items():
            came = made.get((parent, question), "no row")
            right = {"row": came == "none", "none": came == "no row"}.get(must, came == must)
            found.setdefault(kind, Counter()).update(cases=1, right=int(right))
    return found


def solved(data: Path) -> Iterator[tuple[str, str, str]]:
    """(question, gold, solution) of replies that are labelled right, or of which no other is published."""
    for file in ("gsm8k_model_solutions", "qwen_math_cot_100", "openmathinstruct2_sample"):
        for row in rows(data / "cot" / f"{file}.jsonl.gz"):
            gold = last_box(row["answer"]) or row["answer"].rpartition("A:")[2].rpartition("####")[2].strip()
            text = re.sub(r"\n?(?:A:|####)[ \t]*([^\n]+)\s*$", r"\nThe answer is \\boxed{\1}.", row["response"])
            if row.get("correct", True) and last_box(text) and gold and row["problem"].strip():
                yield row["problem"].strip(), bare(gold), text.strip()


def refinements(data: Path, most: int, random: Random) -> Iterator[tuple[str, str, str, str, bool]]:
    """(kind, question, found, reply, whether it is faithful)."""
    every = [*solved(data)]
    for question, gold, text in random.sample(every, min(most, len(every))):
        yield "faithful: refined", question, gold, _reply(question, text), True
        for kind in ("blanks", "delimiters", "commands"):
            if (same := SAME[kind](question, random)) and same != question:
                yield f"faithful: question, {kind}", question, gold, _reply(same, text), True
        box = last_box(text) or ""
        other = WRONG["a number changed"](box, random)
        if other and other != box:
            yield (
                "the final answer changed",
                question,
                gold,
                _reply(question, text.replace(f"{{{box}}}", f"{{{other}}}")),
                False,
            )
        yield "no box", question, gold, _reply(question, _BOX.sub(r"\1", text.replace(f"\\boxed{{{box}}}", box))), False
        yield (
            "two boxes that differ",
            question,
            gold,
            _reply(question, f"{text} No, I take it back: \\boxed{{-77777}}."),
            False,
        )
        for kind, change in {**WRONG, "a deciding word changed": _word}.items():
            made = change(question, random)
            if made and tokens(made) != tokens(question):
                yield f"question: {kind}", question, gold, _reply(made, text), False


def _reply(question: str, answer: str) -> str:
    return f"Question: {question}\nAnswer: {answer}"


def judged_refinements(
    data: Path, most: int, random: Random
) -> tuple[dict[str, Counter[str]], dict[str, Counter[str]], list[tuple[str, str, str, str]]]:
    """By kind: cases, how many came out as they must, and by which verdict; and what did not."""
    every = [*refinements(data, most, random)]
    docs = pl.DataFrame(
        {
            "text": ["t"] * len(every),
            "question": [e[1] for e in every],
            "found": [e[2] for e in every],
            "replies": [[e[3]] for e in every],
            "finishes": [["stop"]] * len(every),
        },
        schema={
            **dict.fromkeys(("text", "question", "found"), pl.String),
            **dict.fromkeys(("replies", "finishes"), pl.List(pl.String)),
        },
    )
    verdicts = qa_refine(docs)["qa_refine_verdict"]
    found: dict[str, Counter[str]] = {}
    by: dict[str, Counter[str]] = {}
    missed = []
    for (kind, question, gold, reply, faithful), verdict in zip(every, verdicts, strict=True):
        right = (verdict == "refined") == faithful
        found.setdefault(kind, Counter()).update(cases=1, right=int(right))
        by.setdefault(kind, Counter())[verdict] += 1
        if not right:
            missed.append((kind, f"{verdict}: {question}", gold, reply))
    return found, by, missed


GARBAGE: dict[str, Callable[[str], str]] = {
    "empty": lambda page: " ",
    "the page": lambda page: page[:5_000],
    "prose": lambda page: "The page has no questions that I can see.",
    "the form itself": lambda page: (
        f"Question: the question, complete in itself\nAnswer: the answer it gives, or {NO_ANSWER}"
    ),
    "JSON": lambda page: json.dumps({"question": page[:200], "answer": "1"}),
    "a fence": lambda page: f"```\nQuestion: {page[:99]}\nAnswer: 1\n```",
    "brackets": lambda page: "[" * 1_000_000,
    "labels": lambda page: "Question: " * 10_000,
    "no answer": lambda page: f"Question: {page[:99]}",
    "a refusal": lambda page: (
        "Question: I cannot help with that request, sorry.\nAnswer: I am a language model and may not do it."
    ),
    "made up": lambda page: "Question: What is the 17th prime number plus the 31st one?\nAnswer: 186",
}


def garbage(texts: list[str]) -> dict[str, Counter[str]]:
    found = {}
    for kind, make in GARBAGE.items():
        docs = pl.DataFrame({"text": texts, "replies": [[make(page)] for page in texts]})
        found[f"garbage: {kind}"] = Counter(cases=len(texts), right=len(texts) - qa_pairs(docs)["parent"].n_unique())
    return found


def teacher(texts: list[str]) -> dict[str, int]:
    """What the embedded teacher finds on the pages and refines."""
    model = connect({}, ModelSettings())
    made = answered(
        find("synth", "qa_pairs"), pl.DataFrame({"id": [str(i) for i in range(len(texts))], "text": texts}), model
    )
    assert isinstance(made, pl.DataFrame)
    docs = made.drop("parent").with_columns(id=pl.int_range(pl.len()).cast(pl.String))
    refined = answered(find("rewrite", "qa_refine"), docs, model)
    assert isinstance(refined, pl.DataFrame)
    return {
        "pages": len(texts),
        "pairs": made.height,
        "refined": int((refined["qa_refine_verdict"] == "refined").sum()),
    }


def measure(data: Path, most: int, seed: int = 0) -> dict[str, Any]:
    """most: solutions that are refinements."""
    random, texts = Random(seed), pages(data)
    refined, by, missed = judged_refinements(data, most, random)
    return {
        "teacher": teacher(texts), "copies": judged_copies(texts, random), "garbage": garbage(texts),
        "refinements": refined, "verdicts": by, "missed": missed,
    }  # fmt: skip


def table(result: dict[str, Any]) -> str:
    """The report in Markdown."""
    lines = [f"{name}: {count:,}" for name, count in result["teacher"].items()]
    for part in ("copies", "garbage", "refinements"):
        lines += ["", f"| {part} | cases | caught, or faithful and taken |", "| --- | ---: | ---: |"]
        for kind, row in result[part].items():
            lines.append(f"| {kind} | {row['cases']:,} | {100 * row['right'] / row['cases']:.1f} % |")
    lines += ["", *(f"{kind}: {dict(row.most_common(4))}" for kind, row in result["verdicts"].items())]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA, help="default: %(default)s")
    parser.add_argument("--most", type=int, default=300, help="solutions to refine from (default: %(default)s)")
    parser.add_argument(
        "--examples", type=int, default=0, help="print so many refinements that did not come out as they must"
    )
    parser.add_argument("--json", type=Path, help="where to write the figures")
    asked = parser.parse_args()
    if not (asked.data / "warc").is_dir():
        print(f"no real data at {asked.data}; see benchmarks/README.md", file=sys.stderr)
        sys.exit(2)
    result = measure(asked.data, asked.most)
    missed = result.pop("missed")
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    print(table(result))
    for one in missed[: asked.examples]:
        print("\n".join(["", *one]))


if __name__ == "__main__":
    main()
