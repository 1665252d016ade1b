"""Jobs of docs/from-*.md. datatrove runs its own here: the same texts pass the filters, and who is right about near duplicates."""

import gzip
import importlib.util
import json
import re
import tempfile
from itertools import chain
from pathlib import Path

import pytest

import curate
from curate import step
from tests.docs.pages import ROOT, Command, Session, actions, missing

WORDS = r"""
import re
from datatrove.utils import word_tokenizers

class Words(word_tokenizers.WordTokenizer):
    def word_tokenize(self, text):
        return re.findall(r"\w+|[^\w\s]", text)

    def sent_tokenize(self, text):
        return re.findall(r"[^.!?\n]+[.!?\n]*", text)

    def span_tokenize(self, text):
        return [m.span() for m in re.finditer(r"[^.!?\n]+[.!?\n]*", text)]

words = Words()
word_tokenizers.load_word_tokenizer = lambda language: words
"""
"""What cuts texts into words where spaCy is not installed, for datatrove's pipeline and for its filters behind our score alike."""


def texts() -> list[str]:
    """Texts of the embedded corpus, and some that are short, lists, repetitive, full of signs, edited copies or copies."""
    folder = Path(tempfile.mkdtemp())
    step.find("embedded", "general").function(folder, documents=120)
    with gzip.open(folder / "general.jsonl.gz", "rt") as file:
        good = [json.loads(line)["text"] for line in file]
    return [
        *good,
        *(text[:150] for text in good[:10]),
        *("\n".join("- " + line for line in text.split(". ")) for text in good[10:20]),
        *("\n".join([text.split("\n")[0]] * 6 + [text]) for text in good[20:30]),
        *(" ".join("#" if i % 4 == 0 else word for i, word in enumerate(text.split())) for text in good[30:40]),
        *(" ".join(word if i % 90 else "otherwise" for i, word in enumerate(text.split(" "))) for text in good[40:60]),
        *good[60:65],
    ]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which the page has been followed, on texts in four files; its outputs were compared."""
    folder = tmp_path_factory.mktemp("moved")
    (folder / "data").mkdir()
    rows = [json.dumps({"id": f"doc-{i}", "text": text}) + "\n" for i, text in enumerate(texts())]
    for i in range(4):
        (folder / f"data/{i}.jsonl").write_text("".join(rows[i::4]), "utf-8")
    site = tmp_path_factory.mktemp("site")
    if importlib.util.find_spec("spacy") is None:
        (site / "sitecustomize.py").write_text(WORDS, "utf-8")
    session = Session(folder, path=site)
    for action in actions((ROOT / "docs/from-datatrove.md").read_text("utf-8")):
        printed = session.do(action)
        if isinstance(action, Command) and importlib.util.find_spec("spacy") is None:
            assert missing(action.shown, printed) is None, f"{action.line}\n{printed}"
    return folder


def written(folder: Path) -> list[str]:
    lines = chain.from_iterable(gzip.decompress(path.read_bytes()).splitlines() for path in sorted(folder.glob("*.gz")))
    return [json.loads(line)["text"] for line in lines]


def shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+|[^\w\s]", text.lower())
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


def nearest(text: str, others: set[str]) -> float:
    """The largest similarity of a text with any of the others that is not itself."""
    mine = shingles(text)
    return max(len(mine & s) / len(mine | s) for s in (shingles(o) for o in others - {text}))


@pytest.mark.slow
def test_the_filters_keep_the_same_texts_and_dedup_removes_only_what_is_like_something_that_stays(
    project: Path,
) -> None:
    ours = curate.open("job", project=project).sql("select text, fate from documents")
    passed = ours.filter(ours["fate"].is_in(["kept", "near_unique"]))
    assert sorted(passed["text"]) == sorted(written(project / "out/filtered"))
    kept, theirs = set(ours.filter(ours["fate"] == "kept")["text"]), set(written(project / "out/kept"))
    for text in {*passed["text"]} - kept:
        assert nearest(text, kept) >= 0.75
    for text in kept - theirs:  # the other one of a pair stays there, or nothing like it does and datatrove was wrong
        assert nearest(text, kept) < 0.75
    alone = [text for text in kept - theirs if nearest(text, theirs) < 0.75]
    assert len(alone) == len(kept) - len(theirs) == 3
    assert len(kept - theirs) - len(alone) == len(theirs - kept) == 16


@pytest.mark.slow
@pytest.mark.parametrize("page", ["from-dolma", "from-nemo-curator"])
def test_our_side_of_a_job_gives_what_the_page_shows(page: str, project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    documents = folder / "corpus/v0/documents"
    documents.mkdir(parents=True)
    (folder / "data").mkdir()
    for path in sorted((project / "data").glob("*.jsonl")):
        (folder / "data" / path.name).write_bytes(path.read_bytes())
        (documents / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    session = Session(folder)
    for action in actions((ROOT / f"docs/{page}.md").read_text("utf-8")):
        if isinstance(action, Command) and not action.line.startswith("curate "):
            continue
        printed = session.do(action)
        if isinstance(action, Command):
            assert missing(action.shown, printed) is None, f"{action.line}\n{printed}"
