"""YAML into plain maps and lists that remember where each key and item stood.

The tree is built straight from PyYAML's events, so that nothing of YAML that surprises can happen: only `true` and `false` are
booleans, `2e-5` is a number, dates and `yes` stay text, keys are text as written. Refused, with the line: duplicate and empty keys, tags,
anchors, aliases, merge keys, several documents, deep nesting, files that are large or not UTF-8. `dump_yaml` writes what `load_yaml`
reads back as equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from curate.bounded import read_small
from curate.errors import CurateError
from curate.tree import Map, Mark, Seq, plain, shown

MAX_DEPTH = 32
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*(_[0-9]+)*)")
_FLOAT = re.compile(r"[-+]?((0|[1-9][0-9]*(_[0-9]+)*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_QUOTE = "quote the text or expression"


def scalar(text: str) -> str | int | float | bool | None:
    """What an unquoted word means. ValueError for a number that no 64-bit number holds."""
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.fullmatch(text):
        number = int(text) if len(text) < 40 else 2**64
        if not -(2**63) <= number < 2**64:
            raise ValueError(f"the number {text[:40]} does not fit 64 bits; {_QUOTE}")
        return number
    if _FLOAT.fullmatch(text):
        value = float(text)
        if value in (float("inf"), float("-inf")):
            raise ValueError(f"the number {text[:40]} is too large; {_QUOTE}")
        return value
    return text


def load_yaml(path: Path) -> Map:
    """The map in a YAML file, with the line of every key. CurateError with file and line for anything refused (see the module)."""
    try:
        content = read_small(path)
    except OSError as error:
        raise CurateError(f"cannot be read: {(error.strerror or 'no such file').lower()}", where=shown(path)) from None
    if content is None:
        raise CurateError("is larger than 1 MB; recipes hold no data, name a file instead", where=shown(path))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = Mark(path, content.count(b"\n", 0, error.start) + 1)
        raise CurateError("is not UTF-8; save it as UTF-8", where=str(line)) from None
    return load_text(text, path)


def load_text(text: str, path: Path) -> Map:
    """As `load_yaml`, for text that came from `path`."""
    try:
        tree = _Builder(path, yaml.parse(text, Loader=yaml.SafeLoader)).document()
    except yaml.reader.ReaderError as error:
        line = Mark(path, text.count("\n", 0, error.position) + 1)
        raise CurateError(f"holds the control character {error.character!r}; delete it", where=str(line)) from None
    except yaml.MarkedYAMLError as error:
        place: Any = error.problem_mark or error.context_mark
        line = Mark(path, int(getattr(place, "line", 0)) + 1)
        problem = " ".join((error.problem or "is not YAML").split())
        raise CurateError(
            f"is not valid YAML: {problem}; {_QUOTE} if it holds : # , or begins with a sign", where=str(line)
        ) from None
    if not isinstance(tree, Map):
        raise CurateError("must be a map of `key: value` lines", where=str(Mark(path, 1)))
    return tree


def parse_scalar(text: str) -> Any:
    """One value given by a person, as YAML would read it: `500M`, `0.8`, `[a, b]`. CurateError for text that is more than one value."""
    tree = load_text(f"value: {text}\n", Path("value"))
    if list(tree) != ["value"]:
        raise CurateError(f"{text!r:.60} is more than one value; write a list as [a, b]")
    return plain(tree["value"])


class _Builder:
    """Turns events into a tree, refusing what the module refuses."""

    def __init__(self, path: Path, events: Iterator[yaml.Event]) -> None:
        self.path, self.events = path, events

    def refuse(self, event: Any, message: str) -> CurateError:
        return CurateError(message, where=str(self.mark(event)))

    def mark(self, event: Any) -> Mark:
        return Mark(self.path, event.start_mark.line + 1)

    def document(self) -> Any:
        next(self.events)
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            return None
        tree = self.value(next(self.events), 0)
        next(self.events)
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise self.refuse(event, "holds a second document; delete the line `---` and what follows it")
        return tree

    def value(self, event: Any, depth: int) -> Any:
        if isinstance(event, yaml.AliasEvent):
            raise self.refuse(event, f"aliases (*{event.anchor:.40}) are not allowed; write the value out, or {_QUOTE}")
        if event.anchor is not None:
            raise self.refuse(event, f"anchors (&{event.anchor:.40}) are not allowed; write the value out, or {_QUOTE}")
        if event.tag is not None:
            raise self.refuse(event, f"tags ({event.tag:.60}) are not allowed; leave it out, or {_QUOTE}")
        if depth > MAX_DEPTH:
            raise self.refuse(event, f"is nested deeper than {MAX_DEPTH} levels; flatten it")
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        return self.map(event, depth) if isinstance(event, yaml.MappingStartEvent) else self.seq(event, depth)

    def scalar(self, event: yaml.ScalarEvent) -> Any:
        if not event.value.isprintable():
            event.value = self.whole(event)
        try:
            return scalar(event.value) if event.implicit[0] else event.value
        except ValueError as error:
            raise self.refuse(event, str(error)) from None

    def whole(self, event: yaml.ScalarEvent) -> str:
        """Text without NUL, with the surrogate pairs that JSON writes joined to one character."""
        try:
            if "\0" not in event.value:
                return str(event.value.encode("utf-16", "surrogatepass").decode("utf-16"))
        except UnicodeDecodeError:
            pass
        raise self.refuse(event, "holds a NUL or half a surrogate pair; delete it")

    def seq(self, start: yaml.Event, depth: int) -> Seq:
        items = Seq(self.mark(start))
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.put(self.value(event, depth + 1), self.mark(event))
        return items

    def map(self, start: yaml.MappingStartEvent, depth: int) -> Map:
        items = Map(self.mark(start))
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.key(event, items)
            value = next(self.events)
            if start.flow_style and isinstance(value, yaml.ScalarEvent) and value.implicit[0] and not value.value:
                what = f"{key[:40]!r} has no value; {_QUOTE} (inside {{...}} a comma ends it), or write null"
                raise self.refuse(event, what)
            items.put(key, self.value(value, depth + 1), self.mark(event))
        return items

    def key(self, event: yaml.Event, items: Map) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            self.value(event, MAX_DEPTH) if isinstance(event, yaml.AliasEvent) else None
            raise self.refuse(event, f"a key must be a word; {_QUOTE}")
        self.value(event, 0)
        key = event.value
        if key == "":
            raise self.refuse(event, f"a key is empty; {_QUOTE}")
        if key == "<<" and event.implicit[0]:
            raise self.refuse(event, "merge keys (<<) are not allowed; use `extends:`, or write the keys out")
        if key in items:
            raise self.refuse(
                event, f"the key {key[:40]!r} stands here twice (first on line {items.at(key).line}); delete one"
            )
        return key


class _Dumper(yaml.SafeDumper):
    """Writes what our own reader takes for the same value."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def text(self, data: str) -> yaml.ScalarNode:
        try:
            same = scalar(data) == data
        except ValueError:
            same = False
        odd = not data.isprintable()
        return self.represent_scalar("tag:yaml.org,2002:str", data, style='"' if odd else None if same else "'")


_Dumper.add_representer(str, _Dumper.text)


def dump_yaml(tree: dict[str, Any]) -> str:
    """YAML text that `load_yaml` reads back as an equal tree."""
    return yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
