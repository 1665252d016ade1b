"""What a benchmark is to evaluation: `eval/benchmarks/NAME.yaml`, data only, and the forms of prompts in `eval/prompts/NAME.yaml`.

A spec says which data card has the items and how many there are, how an item is made of a row's columns, how it is asked few-shot, how the
final answer of a reply is read, and in which averages it counts. A project's own `benchmarks/NAME.yaml` comes before ours, and for it a
form in `benchmarks/prompts/NAME.yaml` before ours of that name; our benchmarks are asked in our forms. Left out: benchmarks whose answers
are programs, proofs or essays, and scoring by the probability of an option.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr

from curate import datacard
from curate.errors import CurateError, did_you_mean, placed
from curate.identity import canonical
from curate.loader import load_yaml
from curate.names import NAME
from curate.parts import Part, Text
from curate.tree import shown

OURS = Path(__file__).parent / "benchmarks"
FORMS = Path(__file__).parent / "prompts"
_RECIPE = re.compile(rb"^recipe:", re.MULTILINE)
GROUPS = ("13", "core", "extended", "general")
"""Averages: the 13 benchmarks of OctoThinker (arXiv 2506.20512), the two halves of MegaMath's ten (arXiv 2504.02807), and the guard set."""
Group = Literal["13", "core", "extended", "general"]
Reading = Literal["said", "number", "sentence", "letter"]
Several = Annotated[tuple[Text, ...], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)]


class Fields(Part):
    """How an item is made of a row. Each says several ways; the first whose columns the row has is taken.

    A template names columns in braces, nested ones with dots (`{extra.Body}`). `{Body.}` ends with a full stop if it has none, and
    `{title?}` may be absent; a line that holds nothing but absent columns is left out.
    """

    problem: Several = ("{problem}",)
    answer: Several = ("answer",)
    """Columns: a text, a number, or a list of texts."""
    options: Several = ()
    """Columns of the choices: a list of texts, or one text with the letters in it."""
    labels: Several = ()
    """Columns of what the answer calls the choices, where that is neither letters nor numbers from 0."""
    id: Several = ("id",)


class Spec(Part):
    """One benchmark."""

    name: Text
    about: Text
    card: Text
    """Data card of the items."""
    items: Annotated[int, Field(strict=True, gt=0)]
    """How many items it has as published."""
    digest_of_items: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    """SHA-256 of the items (`eval.items.digest`)."""
    fields: Fields = Field(default_factory=Fields)
    kind: Literal["math", "choice", "ocw"] = "math"
    tolerance: Annotated[float, Field(ge=0)] = 0.0
    relative: Annotated[float, Field(ge=0)] = 0.0
    choices: Literal["letters", "text"] = "letters"
    """How the choices are shown: behind letters, to be answered by one, or as texts, to be answered by one of them."""
    answers: Literal["all", "any"] = "all"
    """Whether several answers in a list are parts of one answer, or each is right."""
    unit_in_brackets: bool = False
    """Whether an answer's unit stands in brackets behind it, as in `9 (apples)`; it is left out."""
    shots: Text
    """Name of the form of a few-shot prompt: of `eval/prompts/`, or of the folder `prompts/` beside the spec."""
    read: Reading = "said"
    """Where a few-shot reply says its answer: `said` as `eval.grading` reads any reply, or a few words after "answer is"; `number` the last
    number; `sentence` between "final answer is" and "I hope"; `letter` the letter after "final answer is", else in a box, else after
    "answer is", else the last in brackets."""
    averages: tuple[Group, ...] = ()
    """Of ours alone: a project's own benchmarks count in none."""

    _few_shot: Form | None = PrivateAttr(None)

    @property
    def few_shot(self) -> Form:
        """The form of its few-shot prompts."""
        return self._few_shot or form(self.shots)

    @property
    def digest(self) -> str:
        """SHA-256 of all that decides what is asked and how it is graded."""
        said = {key: value for key, value in self.model_dump(mode="json").items() if key not in ("about", "averages")}
        return hashlib.sha256(canonical(said | {"form": self.few_shot.digest})).hexdigest()

    def shown(self, examples: int) -> Spec:
        """The benchmark with the first so many examples; one that is asked without examples stays so. CurateError if it has fewer."""
        used = self.few_shot
        if examples > len(used.examples) > 0:
            raise CurateError(
                f"num_fewshot: {self.name} has {len(used.examples)} examples ({self.shots}), not {examples:,}"
            )
        return self.in_form(used.model_copy(update={"examples": used.examples[:examples]}))

    def in_form(self, form: Form) -> Spec:
        """The benchmark, asked few-shot in this form."""
        made = self.model_copy(update={"shots": form.name})
        made._few_shot = form
        return made


class Example(Part):
    """A worked example."""

    problem: Annotated[str, Field(min_length=1, max_length=4000)]
    solution: Annotated[str, Field(min_length=1, max_length=4000)]
    answer: Text
    """What `eval.grading` has to find in the solution."""
    options: tuple[Text, ...] = ()


class Form(Part):
    """A form of prompts: examples, and how a problem is asked after them."""

    name: Text
    about: Text
    asked: Text
    """Template of the question, with `{problem}`; what the model writes follows it."""
    examples: tuple[Example, ...] = ()
    intro: str = ""
    """Text before the examples."""
    stop: tuple[Text, ...] = ()
    """A reply ends where one of these begins."""
    chat: bool = False
    """Whether the text is a user's message to a chat model; else it is completed as it is."""
    max_tokens: Annotated[int, Field(strict=True, gt=0)] = 1024

    @property
    def digest(self) -> str:
        """SHA-256 of the form."""
        said = {key: value for key, value in self.model_dump(mode="json").items() if key != "about"}
        return hashlib.sha256(canonical(said)).hexdigest()

    @property
    def before(self) -> str:
        """What stands before the question."""
        shown = [self.asked.replace("{problem}", one.problem) + " " + one.solution for one in self.examples]
        return self.intro + "".join(one + "\n\n" for one in shown)


def names(project: Path | None = None) -> list[str]:
    """Names of all benchmarks, the project's own among them, sorted. A recipe that lies in the same folder is none."""
    files = (path for folder in _folders(project) for path in folder.glob("*.yaml"))
    return sorted({path.stem for path in files if not _RECIPE.search(path.read_bytes())})


def spec(name: str, project: Path | None = None) -> Spec:
    """The benchmark of a name. CurateError with the nearest name, or with file and line for anything wrong in it."""
    for folder in _folders(project):
        if NAME.fullmatch(name) and (path := folder / f"{name}.yaml").is_file():
            beside = [] if folder == OURS else sorted((folder / "prompts").glob("*.yaml"))
            content = b"\0".join(part for one in beside for part in (one.name.encode(), one.read_bytes()))
            return _spec(path, hashlib.sha256(path.read_bytes() + b"\0" + content).digest())
    raise CurateError(f"there is no benchmark {name[:80]!r}{did_you_mean(name, names(project))}")


def group(name: str) -> list[str]:
    """Names of our benchmarks that an average is over. CurateError for a name that is none of `GROUPS`."""
    if name not in GROUPS:
        raise CurateError(f"there is no average {name[:80]!r}{did_you_mean(name, GROUPS)}")
    return [one for one in names() if name in spec(one).averages]


@cache
def form(name: str) -> Form:
    """Our form of prompts of a name. CurateError if there is none."""
    return _form(name, [FORMS])


def _form(name: str, folders: list[Path]) -> Form:
    """The form of a name in the first folder that has it."""
    paths = [folder / f"{name}.yaml" for folder in folders if NAME.fullmatch(name)]
    path = next((one for one in paths if one.is_file()), None)
    if path is None:
        known = sorted({one.stem for folder in folders for one in folder.glob("*.yaml")})
        raise CurateError(f"there is no form of prompts {name[:80]!r}{did_you_mean(name, known)}")
    made: Form = _read(path, Form)
    if made.asked.count("{problem}") != 1:
        raise CurateError("asked: must have {problem} in it, once", where=shown(path))
    return made


def _folders(project: Path | None) -> list[Path]:
    return [OURS] if project is None else [project / "benchmarks", OURS]


@lru_cache(maxsize=256)
def _spec(path: Path, content: bytes) -> Spec:
    """The spec in a file; content: digest of it and of the forms beside it, which may change while a process lives."""
    made: Spec = _read(path, Spec)
    if made.kind == "choice" and not made.fields.options:
        raise CurateError("fields.options: say which column has the choices", where=shown(path))
    if bare := [one for one in made.fields.problem if "{" not in one]:
        raise CurateError(
            f"fields.problem: {bare[0][:80]!r} names no column; write e.g. '{{question}}'", where=shown(path)
        )
    with placed("shots", shown(path)):
        return made.in_form(
            form(made.shots) if path.parent == OURS else _form(made.shots, [path.parent / "prompts", FORMS])
        )


def _read(path: Path, model: type[Any]) -> Any:
    tree = load_yaml(path)
    tree["name"] = path.stem
    return datacard.validated(tree, model, path)
