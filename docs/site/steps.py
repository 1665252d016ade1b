"""docs/steps.md: every shipped step, from its signature, its docstrings, and what it gives for no documents.

Columns and their types are those that planning finds: the step is run on an empty frame. A parameter's meaning is the sentence of the
docstring that begins with its name. What a docstring says of no parameter stays prose.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
import tomllib
from dataclasses import dataclass
from typing import Any, get_args

from pydantic.fields import FieldInfo

from curate.code import PACKAGE
from curate.contract import MAKING, Case, files, load
from curate.schema import dtype_of, run_empty, schema_text
from curate.step import Artifact, Benchmarks, Corpora, Files, Lists, Step
from docs.site.text import GENERATED, code, plain, prose, table

ABOUT = """
A recipe names a step as `verb: name` and gives its parameters beside it; the verb is the folder, one step per file. `curate steps` prints
this list with your own steps, `curate steps NAME` one of them. A `score` adds columns, one row for each document; a `rewrite` replaces the
text; an `expand` makes any number of documents of one; an `across` compares all documents of a corpus; a `fit` is named under `models:`
and writes files; a `read` is where documents come from; a `generate` makes a seeded corpus. A step takes `as: NAME` beside its parameters,
a prefix of its columns and the name of its node; one that decides brings the clause below, which `keep:` beside it replaces. How to write
one of your own: [the guide](guide.md#a-filter-of-your-own), and [CONTRIBUTING](../CONTRIBUTING.md).
"""
TITLES = {
    "read": "Read", "extract": "Extract", "score": "Score", "rewrite": "Rewrite", "dedup": "Remove duplicates",
    "decontaminate": "Decontaminate", "sample": "Sample", "synth": "Synthesise", "verify": "Verify", "fit": "Fit",
    "embedded": "Embedded corpora", "mixers": "Mixture",
}  # fmt: skip
GIVEN: dict[str, dict[str, Any]] = {
    "rewrite.join": {"columns": ["text"]},
    "score.datatrove_filter": {"filter": "GopherQualityFilter"},
    "score.fasttext": {"label": "label", "model": "x"},
    "score.finemath": {"model": "x"},
    "score.hf_classifier": {"model": "x"},
}
"""Parameters to plan with, of steps that a recipe must tell more than can be filled in for all."""
KERNEL = {
    "model": "The language model that is asked.",
    "samples": "Draws of each prompt.",
    "retries": "Further draws, at most, where none is of use.",
}
"""What the kernel gives to a step that asks a language model, where its docstring says nothing else."""
ANNOTATED = {
    Artifact: "a name under `models:`",
    Corpora: "corpora",
    Benchmarks: "data cards",
    Lists: "files of lines",
    Files: "files",
}
LIMITS = {
    "ge": "at least {}",
    "gt": "above {}",
    "le": "at most {}",
    "lt": "below {}",
    "min_length": "{} or more of them",
}


@dataclass(frozen=True)
class Said:
    """A docstring taken apart: the first paragraph, meanings by name, and the rest."""

    lead: str
    meanings: dict[str, str]
    rest: list[str]


def page() -> str:
    """The page."""
    found: dict[str, list[Step]] = {verb: [] for verb in TITLES}
    for verb, name in files():
        found[verb].append(load(verb, name))
    parts = [GENERATED, "# Steps", ABOUT.strip(), _contents(found)]
    for verb, steps in found.items():
        parts.append(f"## {TITLES[verb]}")
        for one in steps:
            parts += _section(one)
    return "\n\n".join(filter(None, parts)) + "\n"


def _contents(found: dict[str, list[Step]]) -> str:
    rows = []
    for verb, steps in found.items():
        named = [f"[`{s.name}`](#{verb}-{s.name})" for s in steps]
        rows.append([TITLES[verb], code(f"{verb}:"), ", ".join(named)])
    return table(["", "verb", "steps"], rows)


def _section(found: Step) -> list[str]:
    said = explained(found)
    module = inspect.getdoc(sys.modules[found.module]) or ""
    source = found.path.relative_to(PACKAGE).as_posix()
    return [
        f"### {found.verb}: {found.name}",
        plain(said.lead),
        table(["", ""], _facts(found, said)),
        parameters(found, said),
        "\n\n".join(said.rest),
        f'<details markdown="1"><summary>How it works, and what it leaves out</summary>\n\n{prose(module)}\n\n</details>',
        f"Source: [{source}](../{source})",
    ]


def _facts(found: Step, said: Said) -> list[list[str]]:
    spec = found.spec
    reads = [f"what `{c[1:]}` names" if c.startswith("$") else code(c) for c in spec.reads]
    adds = [
        f"{code(c)} {t}" + (f" ({plain(said.meanings[c])})" if c in said.meanings else "")
        for c, t in columns(found).items()
    ]
    clauses = [f"{code(name)}: {code(text)}" for name, text in spec.keep.items()]
    facts = [
        ["kind", f"`{spec.kind}`" + (", asks a language model" if spec.asks else "")],
        ["reads", ", ".join((["`text`"] if found.kind in MAKING else []) + reads)],
        ["gives", "; ".join(adds)],
        ["clause", "; ".join(clauses)],
        ["libraries in its identity", ", ".join(map(code, spec.uses))],
        ["extra", extra(found)],
    ]
    return [fact for fact in facts if fact[1]]


def columns(found: Step) -> dict[str, str]:
    """Columns that a step gives with their polars types, as planning finds them; none for a step that writes files or reads them."""
    if found.kind not in MAKING:
        return {}
    case = Case(found)
    if found.title in GIVEN:
        given = found.validated(GIVEN[found.title])
        gives = run_empty(found, given, {c: dtype_of("String") for c in found.reads_with(given)})
        return {c: str(dtype_of(t)) for c, t in schema_text(gives).items()}
    return case.planned(dict(case.docs.schema))


def extra(found: Step) -> str:
    """The extra of the package without which a step ends with an error, as its docstring says."""
    named = re.findall(r"extra `(\w+)`", inspect.getdoc(found.function) or "")
    known = tomllib.loads((PACKAGE / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    return ", ".join(f"`pip install octocurate[{name}]`" for name in named if name in known)


def explained(found: Step) -> Said:
    """What the docstrings of a step's function, and of that which makes its prompts, say of parameters and columns."""
    lead, _, body = (inspect.getdoc(found.function) or "").partition("\n\n")
    halves = [f for f in (found.spec.asks, found.spec.again, found.spec.prepare) if f]
    wanted = {*found.params.model_fields, *(columns(found))}
    meanings, rest = taken_apart(body, wanted)
    for half in halves:
        more, _ = taken_apart(inspect.getdoc(half) or "", wanted)
        meanings = more | meanings
    return Said(lead, meanings, rest)


def taken_apart(body: str, names: set[str]) -> tuple[dict[str, str], list[str]]:
    """Sentences that begin with `name: ` or `name, name: `, by name, and the other ones as paragraphs of Markdown."""
    one = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    marker = re.compile(rf"(?:^|(?<=[.;] )|(?<=[.;]\n))((?:{one}|,\s|and )+): " if one else r"(?!)")
    meanings: dict[str, str] = {}
    rest: list[str] = []
    for paragraph in filter(None, body.split("\n\n")):
        pieces = marker.split(" ".join(paragraph.split()) if "\n    " not in paragraph else paragraph)
        rest += [pieces[0]] if pieces[0].strip() else []
        for who, what in zip(pieces[1::2], pieces[2::2], strict=True):
            own, other = _own(what)
            meanings |= dict.fromkeys(re.findall(r"\w+", who.replace("and ", "")), own)
            rest += [other] if other else []
    return meanings, [prose(text) for text in rest]


def _own(what: str) -> tuple[str, str]:
    """A parameter's meaning, without the sentences about columns and errors that may follow it."""
    ends = [
        m.start() for m in re.finditer(r"(?<=[.] )(?:(?:Raises )?CurateError |Columns: |Of the reply|Runs on )", what)
    ]
    at = min(ends, default=len(what))
    return what[:at].strip(), what[at:].strip()


def parameters(found: Step, said: Said) -> str:
    """The table of a step's parameters."""
    rows = []
    for name, field in found.params.model_fields.items():
        default = "required" if field.is_required() else code(_shown(field.get_default(call_default_factory=True)))
        rows.append([code(name), kind_of(found, name, field), default, plain(meaning(found, said, name))])
    return table(["parameter", "type", "default", "meaning"], rows) if rows else ""


def meaning(found: Step, said: Said, name: str) -> str:
    """What a parameter means; empty if nothing tells."""
    return said.meanings.get(name) or (KERNEL.get(name, "") if found.spec.asks else "")


def _shown(default: Any) -> str:
    """A default as a recipe would write it."""
    return json.dumps(default, ensure_ascii=False)


def kind_of(found: Step, name: str, field: FieldInfo) -> str:
    """A parameter's type in words, with its bounds."""
    for annotation, words in ANNOTATED.items():
        if name in found.parameters_of(annotation):
            return words
    if name in found.models:
        return "a name under `models:`"
    bounds = [
        words.format(getattr(limit, key))
        for limit in field.metadata
        for key, words in LIMITS.items()
        if hasattr(limit, key)
    ]
    return ", ".join([_type(field.annotation), *bounds])


def _type(annotation: Any) -> str:
    simple = {
        int: "integer",
        float: "number",
        bool: "true or false",
        str: "text",
        type(None): "none",
        list: "list",
        dict: "mapping",
    }
    if annotation in simple:
        return simple[annotation]
    if "Literal" in str(annotation)[:16]:
        return " or ".join(code(str(a)) for a in get_args(annotation))
    name = getattr(annotation, "__origin__", None)
    inner = [_type(a) for a in get_args(annotation) if not hasattr(a, "ge") and type(a).__name__ != "FieldInfo"]
    if name in (list, tuple):
        return f"list of {inner[0]}"
    if name is dict:
        return f"mapping of {inner[0]} to {inner[1]}"
    if "Annotated" in str(annotation)[:20]:
        return inner[0]
    return " or ".join(dict.fromkeys(inner)) or getattr(annotation, "__name__", str(annotation))
