"""What `benchmarks.decontamination` compares: each is built from files of items and says of each text whether it leaks, and by what.

`ours` is `decontaminate: ngram` and its default clause. `datatrove` is the real filter and the real hashing of datatrove, only without
lighteval, which its indexer would fetch tasks with. `megamath` is MegaMath's rule after its published code
(github.com/LLM360/MegaMath, web_pipeline/utils/decont_utils). `13 words` is the plain rule of GPT-3 and many after it. `decon` is
github.com/allenai/decon through its Python bindings (`make peers`), which ask for Python 3.12 and so run in a process of
their own. Left out: the pipelines around them; each gets plain texts and answers for each of them.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import resource
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol

import polars as pl

from benchmarks._decontam_leaks import Item
from benchmarks._decontam_sets import items, name

BATCH = 1000


class Found(NamedTuple):
    """What was found in a text: the item or its benchmark, and the words that gave it away."""

    item: str
    span: str
    share: float | None = None


class Method(Protocol):
    """Built from files of items, then asked about texts."""

    def build(self, files: Sequence[Path]) -> None: ...

    def judge(self, texts: Sequence[str]) -> list[Found | None]: ...


# ---- ours -------------------------------------------------------------------------------------------------------------------


class Ours:
    """The step as it is, every benchmark a card with the usual columns, and every clause that it drops by."""

    def build(self, files: Sequence[Path]) -> None:
        self.against = tuple(benchmark(path) for path in files)
        self.judge(["one document, so that the index is built and the loops are compiled"])

    def columns(self, texts: Sequence[str]) -> pl.DataFrame:
        from curation.decontaminate.ngram import ngram

        made = []
        for start in range(0, len(texts), BATCH):
            some = texts[start : start + BATCH]
            docs = pl.DataFrame({"id": [str(start + n) for n in range(len(some))], "text": some})
            made.append(ngram(docs, against=self.against))
        return (
            pl.concat(made)
            if made
            else ngram(pl.DataFrame(schema={"id": pl.String, "text": pl.String}), against=self.against)
        )

    def judge(self, texts: Sequence[str]) -> list[Found | None]:
        from curate.clauses import parse
        from curation.decontaminate.ngram import ngram

        clauses: dict[str, str] = ngram.__step__.keep  # type: ignore[attr-defined]
        kept = [parse(clause).polars().fill_null(False).alias(title) for title, clause in clauses.items()]
        found = self.columns(texts)
        clean = found.select(pl.all_horizontal(kept)).to_series()
        scores = [column for column, dtype in found.schema.items() if dtype == pl.Float64]
        return [
            None
            if is_clean
            else Found(
                str(row["leak_item"]), row["leak_span"] or "", max((row[c] or 0.0 for c in scores), default=None)
            )
            for is_clean, row in zip(clean, found.iter_rows(named=True), strict=True)
        ]


def benchmark(path: Path) -> Any:
    """A file of items as the step gets it from a data card that says nothing of columns."""
    from curate.datacard import ITEM, Benchmark, Columns
    from curate.sources import Source

    data = path.read_bytes()
    columns = tuple((column, str(getattr(Columns(), column))) for column in ITEM)
    return Benchmark(name(path), columns, (Source(str(path), hashlib.sha256(data).hexdigest(), len(data)),))


# ---- runs of words ----------------------------------------------------------------------------------------------------------


class Words:
    """Lower case, words between blanks, a run of 13 words of a problem anywhere."""

    def __init__(self, n: int = 13) -> None:
        self.n = n

    def build(self, files: Sequence[Path]) -> None:
        self.grams = {gram: item.id for item in items(files) for gram in runs(item.problem.lower().split(), self.n)}

    def judge(self, texts: Sequence[str]) -> list[Found | None]:
        return [self._first(runs(text.lower().split(), self.n)) for text in texts]

    def _first(self, grams: Iterable[str]) -> Found | None:
        return next((Found(self.grams[gram], gram) for gram in grams if gram in self.grams), None)


def runs(words: Sequence[str], n: int) -> Iterator[str]:
    return (" ".join(words[i : i + n]) for i in range(len(words) - n + 1))


def label(item: Item) -> str:
    """What lighteval and MegaMath take for the gold of an item: the worked solution, where there is none the answer."""
    return item.solution or item.answer


class Datatrove:
    """`NGramsDecontFilter` with its 12-grams. questions: grams of the question alone count, which they do not by default."""

    def __init__(self, questions: bool) -> None:
        self.questions = questions

    def build(self, files: Sequence[Path]) -> None:
        import numpy as np
        from datatrove.pipeline.decont.n_grams import NGramsDecontConfig, NGramsDecontFilter, NGramsDecontIndexer
        from datatrove.utils.hashing import create_hash_func
        from datatrove.utils.typeshelper import Languages
        from datatrove.utils.word_tokenizers import load_word_tokenizer

        config = NGramsDecontConfig(find_query_ngrams=self.questions)
        indexer = SimpleNamespace(
            config=config,
            tokenizer=load_word_tokenizer(Languages.english),
            hash_func=create_hash_func(config.hash_config),
        )
        with tempfile.TemporaryDirectory() as folder:
            for path in files:
                every = items([path])
                made = {
                    h for item in every for h in NGramsDecontIndexer.compute_hashes(indexer, label(item), item.problem)
                }
                data = np.array(sorted(made), dtype=config.hash_config.np_descr)
                data.tofile(Path(folder) / f"{name(path)}.index.hashes")
            self.filter = NGramsDecontFilter(folder, config)
            self.judge(["one document, at which the filter loads its index"])

    def judge(self, texts: Sequence[str]) -> list[Found | None]:
        from datatrove.data import Document

        documents = [Document(text=text, id="") for text in texts]
        return [
            None
            if self.filter.filter(one) is True
            else Found(one.metadata["contaminated_task"], one.metadata["contaminated_ngram"])
            for one in documents
        ]


class MegaMath:
    """13-grams of question, solution and both together, after datatrove's `simplify_text`; words between blanks.

    As published, a document is kept as soon as one of its grams has nothing but punctuation, whatever follows. With the configuration that
    is published beside it, which removes punctuation first, that cannot happen. stops: it is so, and punctuation stays, so that it can.
    """

    def __init__(self, stops: bool = False, n: int = 13) -> None:
        self.stops, self.n = stops, n

    def build(self, files: Sequence[Path]) -> None:
        from datatrove.utils.text import TextNormConfig, simplify_text

        config, bare = TextNormConfig(remove_punctuation=not self.stops), TextNormConfig()
        self.words: Callable[[str], list[str]] = lambda text: simplify_text(text, config).lower().split()
        self.is_punctuation: Callable[[str], bool] = lambda gram: simplify_text(gram, bare) == ""
        self.grams = {gram: item.benchmark for item in items(files) for gram in self._of(item)}

    def _of(self, item: Item) -> Iterator[str]:
        query, gold = self.words(item.problem), self.words(label(item))
        yield from runs(query, self.n)
        yield from runs(gold, self.n)
        for i in range(self.n - 1):
            if len(query) >= self.n - 1 - i and len(gold) >= i + 1:
                yield " ".join([*query[len(query) - self.n + 1 + i :], *gold[: i + 1]])

    def judge(self, texts: Sequence[str]) -> list[Found | None]:
        return [self._first(text) for text in texts]

    def _first(self, text: str) -> Found | None:
        for gram in runs(self.words(text), self.n):
            if self.stops and not gram[0].isalnum() and self.is_punctuation(gram):  # the first test is ours, for speed
                return None
            if gram in self.grams:
                return Found(self.grams[gram], gram)
        return None


# ---- decon ------------------------------------------------------------------------------------------------------------------

DETECT = """
import json, resource, sys, decon
texts, evals, out = sys.argv[1:]
decon.detect(decon.Config(training_dir=texts, evals_dir=evals, report_output_dir=out, worker_threads=1))
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


class Decon:
    """Its defaults, one thread. python: an interpreter with `decontaminate`. answers: items have theirs, and then it looks for both."""

    def __init__(self, python: str, answers: bool) -> None:
        self.python, self.answers = python, answers
        self.peak_mb = 0.0

    def build(self, files: Sequence[Path]) -> None:
        self.sets: dict[str, list[str]] = {}
        for item in items(files):
            of = self.sets.setdefault(item.benchmark, [])
            row = {"eval_key": item.benchmark, "eval_instance_index": len(of), "split": "test", "doc_id": len(of)}
            row |= {"question": item.problem} | ({"answer": item.answer} if self.answers and item.answer else {})
            of.append(json.dumps(row))

    def judge(self, texts: Sequence[str]) -> list[Found | None]:
        found: list[Found | None] = [None] * len(texts)
        with tempfile.TemporaryDirectory() as place:
            given, evals, out = Path(place) / "texts", Path(place) / "evals", Path(place) / "out"
            given.mkdir()
            evals.mkdir()
            (given / "texts.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
            for benchmark, rows in self.sets.items():
                (evals / f"{benchmark}.jsonl").write_text("\n".join(rows) + "\n")
            command = [self.python, "-c", DETECT, str(given), str(evals), str(out)]
            ran = subprocess.run(command, capture_output=True, text=True, check=True)
            self.peak_mb = int(ran.stdout.rsplit("peak ", 1)[1]) / 1024
            for row in (
                json.loads(line) for report in sorted(out.glob("*.jsonl")) for line in report.read_text().splitlines()
            ):
                best, at = row["contamination_score"], row["training_line"]
                if (before := found[at]) is None or best > (before.share or 0):
                    item = f"{row['eval_key']}/{row['eval_instance_index']}"
                    found[at] = Found(item, row.get("training_overlap_text", ""), best)
        return found


# ---- all --------------------------------------------------------------------------------------------------------------------

OURS = "ours"
METHODS = (
    OURS, "decon", "decon, no answers", "datatrove", "datatrove, questions", "MegaMath", "MegaMath, stops", "13 words",
)  # fmt: skip
FAST = (OURS, "MegaMath", "13 words")
"""These read all real pages, even where the others are given some."""
ABOUT = {
    OURS: "`decontaminate: ngram` and its default clause",
    "decon": "allenai/decon at its defaults, items with their answers: it wants question and answer",
    "decon, no answers": "the same, items without answers: the question is enough",
    "datatrove": "its 12-grams of gold and of question into gold, spaCy's words, all numbers alike: its default",
    "datatrove, questions": "the same, with `find_query_ngrams`",
    "MegaMath": "13-grams of question, solution and both, all numbers alike, after its published code",
    "MegaMath, stops": "the same with punctuation kept, where its published code gives up at the first gram of punctuation",
    "13 words": "13 words of the question, lower case, between blanks",
}


def absent(method: str, python: str | None) -> str | None:
    """Why a method cannot run here, or None."""
    if method.startswith(("datatrove", "MegaMath")) and importlib.util.find_spec("datatrove") is None:
        return "datatrove is not installed"
    if method.startswith("datatrove") and importlib.util.find_spec("spacy") is None:
        return "spacy, which datatrove's English words come from, is not installed"
    if method.startswith("decon"):
        if python is None:
            return "no --decon: an interpreter of Python 3.12 or later with `decontaminate`"
        ran = subprocess.run([python, "-c", "import decon"], capture_output=True, text=True)
        return f"{python} has no decon" if ran.returncode else None
    return None


def made(method: str, python: str | None) -> Method:
    makers: dict[str, Callable[[], Method]] = {
        OURS: Ours,
        "decon": lambda: Decon(str(python), answers=True),
        "decon, no answers": lambda: Decon(str(python), answers=False),
        "datatrove": lambda: Datatrove(questions=False),
        "datatrove, questions": lambda: Datatrove(questions=True),
        "MegaMath": MegaMath,
        "MegaMath, stops": lambda: MegaMath(stops=True),
        "13 words": Words,
    }
    return makers[method]()


def timed(method: Method, texts: Sequence[str], repeat: int) -> float:
    """CPU seconds of the best round, so that other work on the machine counts little.

    Of `decon`, which reads its items at each call, less those that a single short text takes.
    """
    best = float("inf")
    for _ in range(repeat):
        spent = _spent(method, texts)
        best = min(best, spent - _spent(method, ["one"]) if isinstance(method, Decon) else spent)
    return best


def _spent(method: Method, texts: Sequence[str]) -> float:
    start = cpu_seconds()
    method.judge(texts)
    return cpu_seconds() - start


def cpu_seconds() -> float:
    """Of this process and of those that it started and that ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)
