"""The items of a benchmark as they are asked: of the rows of its data card, by its spec, checked by count and content.

The digest is over what the rows say (problem, options, answers), not over the form in which a file says it, so the published files and
ours give the same one. Left out: pictures.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from curate.errors import CurateError
from curate.identity import canonical
from eval._extract import _boxes, find, marked
from eval._judge import LETTERS
from eval.specs import Spec

SCHEMA: dict[str, pl.DataType] = {
    "id": pl.String(), "problem": pl.String(), "gold": pl.List(pl.String), "options": pl.List(pl.String), "kind": pl.String(),
}  # fmt: skip
_HOLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.]*?)([.?]?)\}")
_MARK = re.compile(r"(?:^|[\s,])\(?([A-Ja-j])(?: ?\)|\.(?=\s))")
"""Before an option in a text that holds all of them: `a ) 12 , b ) 16`, `A) 12 B) 16`, `A. 12 B. 16`."""
_QUOTED = re.compile(r"^\[['\"]|['\"]\]$|['\"](?=, ['\"])|(?<=, )['\"]")
"""What Python writes around the texts of a list."""

_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_LONE = re.compile("[\\ud800-\\udfff]")
_UNIT = re.compile(r"\s{0,4}\([^()]{0,100}\)$")


class Item(NamedTuple):
    """One item, before its options are shown."""

    id: str
    problem: str
    options: tuple[str, ...]
    gold: tuple[str, ...]


def items(spec: Spec, rows: Sequence[Mapping[str, Any]], limit: int | None = None) -> pl.DataFrame:
    """Items in the order of the rows: `id`, `problem` as it is asked, with its options or table; `gold`, of which any is right; `options`;
    `kind` of `eval.grading`.

    Args:
        rows: of the file, as `Benchmark.records` gives them.
        limit: how many to keep, those whose content has the smallest hash: the same ones whatever the order of the rows.

    Raises:
        CurateError: a column is missing, an id stands twice, or the items are not those that the spec counts.
    """
    made = [_item(spec, row, place) for place, row in enumerate(rows)]
    if len(made) != spec.items:
        raise CurateError(
            f"{spec.name} has {spec.items:,} items, and its file has {len(made):,}; {_bring(spec, len(made))}"
        )
    if twice := next((id for id, often in Counter(item.id for item in made).items() if often > 1), None):
        raise CurateError(f"{spec.name}: the id {twice[:80]!r} stands twice in its file; {_bring(spec)}")
    if spec.digest_of_items and (found := digest(made)) != spec.digest_of_items:
        raise CurateError(
            f"{spec.name}: the items of its file are not the published ones (their digest is {found[:12]}, not "
            f"{spec.digest_of_items[:12]}): problem is {' or '.join(map(repr, spec.fields.problem))}, answer is "
            f"{' or '.join(spec.fields.answer)}; {_bring(spec)}"
        )
    kept = {item.id for item in sorted(made, key=lambda item: (_hash(item), item.id))[:limit]}
    return pl.DataFrame(
        [
            (item.id, _asked(spec, item), [*item.gold], [*item.options], _kind(spec, item))
            for item in made
            if item.id in kept
        ],
        schema=SCHEMA,
        orient="row",
    )


def digest(made: Sequence[Item]) -> str:
    """SHA-256 of what items say, whatever their order, ids and spaces."""
    return hashlib.sha256("".join(sorted(_hash(item) for item in made)).encode()).hexdigest()


def _hash(item: Item) -> str:
    golds = [_THOUSANDS.sub("", one) for one in item.gold]
    said = [" ".join(item.problem.split()), [" ".join(one.split()) for one in item.options], golds]
    return hashlib.sha256(canonical(said)).hexdigest()


def _bring(spec: Spec, count: int = 0) -> str:
    """What to do about a file. count: how many items it has, where that is what is wrong."""
    if count and not spec.digest_of_items:
        return f"put the file right, or write items: {count} in the spec"
    return f"datacards/{spec.card}.md says how to get them"


def _item(spec: Spec, row: Mapping[str, Any], place: int) -> Item:
    where = f"{spec.name}: row {place + 1}"
    fields = spec.fields
    problem = next((text for one in fields.problem if (text := _filled(one, row)) is not None), None)
    if not problem:
        raise CurateError(f"{where}: has no problem; its columns must fill {' or '.join(map(repr, fields.problem))}")
    options = _options(_first(fields.options, row))
    gold = _gold(spec, _first(fields.answer, row), _first(fields.labels, row))
    if not any(gold):
        raise CurateError(f"{where}: has no answer; that stands in the column {' or '.join(fields.answer)}")
    if spec.kind == "choice" and len(options) < 2:
        raise CurateError(
            f"{where}: has no choices; these stand in the column {' or '.join(fields.options)}, as a list"
        )
    if len(options) > len(LETTERS) or (spec.kind == "choice" and gold[0] not in LETTERS[: len(options)]):
        raise CurateError(
            f"{where}: its answer is {gold[0][:40]!r}, and it has {len(options)} choices; at most {len(LETTERS)}"
        )
    id = _text(_first(fields.id, row)) or str(place)
    if any(_LONE.search(text) for text in (id, problem, *options, *gold)):
        raise CurateError(f"{where}: is no Unicode text: half of a surrogate pair stands in it")
    return Item(id, problem, options, gold)


def _value(row: Any, path: str) -> Any:
    """What stands in a column, or in a field inside one; None if there is none, or nothing but a map or no number."""
    for part in path.split("."):
        row = row.get(part) if isinstance(row, Mapping) else None
    return None if isinstance(row, Mapping) or row != row else row


def _first(paths: Sequence[str], row: Mapping[str, Any]) -> Any:
    return next((value for path in paths if (value := _value(row, path)) not in (None, "", [])), None)


def _filled(template: str, row: Mapping[str, Any]) -> str | None:
    """The template with the columns of a row; None if one that must be there is not."""
    lines = []
    for line in template.split("\n"):
        holes = [(hole[1], hole[2], _text(_value(row, hole[1]))) for hole in _HOLE.finditer(line)]
        if any(not text and mark != "?" for _, mark, text in holes):
            return None
        if holes and not any(text for *_, text in holes):
            continue
        lines.append(_HOLE.sub(lambda hole: _ended(_text(_value(row, hole[1])), hole[2]), line))
    return "\n".join(lines).strip()


def _text(value: Any) -> str:
    """A text or a number as text; nothing of a map or a list, which are neither."""
    return "" if value is None or isinstance(value, Mapping | list | tuple) else str(value).strip()


def _ended(text: str, mark: str) -> str:
    return text + "." if mark == "." and not text.endswith((".", "!", "?", ":", ";", ",")) else text


def _options(value: Any) -> tuple[str, ...]:
    """Choices as texts: of a list, or of a text in which letters stand before them."""
    if isinstance(value, str):
        value = _QUOTED.sub("", value) if value.startswith("[") else value
        marks: list[re.Match[str]] = []
        for mark in _MARK.finditer(value):
            if len(marks) < len(LETTERS) and mark[1].upper() == LETTERS[len(marks)]:
                marks.append(mark)
        ends = [*(mark.start() for mark in marks[1:]), len(value)][: len(marks)]
        value = [value[mark.end() : end].strip().rstrip(",").strip() for mark, end in zip(marks, ends, strict=True)]
    texts = [_plain(one) for one in value] if isinstance(value, list | tuple) else []
    return tuple(_unmarked(text, LETTERS[n : n + 1]) for n, text in enumerate(texts))


def _unmarked(text: str, letter: str) -> str:
    """A choice without its own letter, which some sets write twice."""
    mark = re.match(r"\(?([A-Ja-j]) ?[).]\s+(?=\S)", text)
    return text[mark.end() :] if mark and mark[1].upper() == letter else text


def _gold(spec: Spec, value: Any, labels: Any) -> tuple[str, ...]:
    """Answers, of which any is right."""
    if spec.kind == "choice":
        return (_letter(value, labels),)
    texts = [_last(_plain(one)) for one in (value if isinstance(value, list | tuple) else [value])]
    if spec.unit_in_brackets:
        texts = [_UNIT.sub("", text) for text in texts]
    return tuple(texts) if spec.answers == "any" else (", ".join(texts),)


def _letter(value: Any, labels: Any) -> str:
    if isinstance(labels, list | tuple) and str(value) in map(str, labels):
        return LETTERS[[str(one) for one in labels].index(str(value))]
    if isinstance(value, int) or (isinstance(value, str) and value.isdigit()):
        return LETTERS[int(value)] if 0 <= int(value) < len(LETTERS) else ""
    return _plain(value).strip("() .").upper()


def _plain(value: Any) -> str:
    """A number without an empty fraction, anything else as text."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _text(value)


def _last(answer: str) -> str:
    """The answer of a solution: its last box alone, as the published sets have it, else what it says at its end; else the text."""
    if boxes := _boxes(answer):
        return boxes[-1].content
    return (find(answer).answer or answer) if marked(answer) else answer


def _asked(spec: Spec, item: Item) -> str:
    if not item.options:
        return item.problem
    if spec.choices == "text":
        return f"{item.problem}\nOptions: {'; '.join(item.options)}"
    listed = " ".join(f"({letter}) {option}" for letter, option in zip(LETTERS, item.options, strict=False))
    return f"{item.problem}\nAnswer Choices: {listed}"


def _kind(spec: Spec, item: Item) -> str:
    return "choice" if item.options else spec.kind
