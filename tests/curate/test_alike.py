"""`curate sample R web --like`: the documents that are most like a text or another document."""

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import curate
from curate.errors import CurateError
from tests.curate.corpus import one, open_small, tiny

LETTERS = [f"{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(60)]
WORDS = [f"w{letters}" for letters in LETTERS]
TEXT = " ".join(WORDS)
TEXTS = {
    "same but one": TEXT.replace(WORDS[30], "other"),
    "half": " ".join(WORDS[:30]) + " " + " ".join(f"v{letters}" for letters in LETTERS[:30]),
    "far": " ".join(f"u{letters}" for letters in LETTERS),
    "short": "only three words",
    "dropped": f"{TEXT} DROP",
    "dropped too": " ".join(WORDS[:30]) + " DROP",
}
STEPS = {
    "score/marked.py": '''
        @score
        def marked(docs: pl.DataFrame) -> pl.Series:
            """Whether DROP stands in a text."""
            return docs["text"].str.contains("DROP", literal=True)
    '''
}


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> curate.Curated:
    docs = pl.DataFrame({"id": [*TEXTS], "text": [*TEXTS.values()], "url": [f"u{i}" for i in range(len(TEXTS))]})
    steps = one("{score: marked}, {keep: {unmarked: not marked}}, {rewrite: upper}")
    found = open_small(tiny(tmp_path_factory.mktemp("alike"), steps, docs[:2], docs[2:], steps=STEPS))
    found.build()
    return found


def ids(frame: pl.DataFrame) -> list[str]:
    return frame["id"].to_list()


def test_the_most_similar_documents_come_first_with_their_likeness(recipe: curate.Curated) -> None:
    found = recipe.sample("web", 5, like=TEXT)
    assert ids(found) == ["same but one", "half"] and found["fate"].to_list() == ["kept", "kept"]
    assert found["jaccard"].to_list() == [51 / 61, 26 / 86]  # of 56 runs of five words
    assert found["contained"].to_list() == [pytest.approx(51 / 56), pytest.approx(26 / 56)]
    assert found.columns[-3:] == ["jaccard", "contained", "text"]
    assert ids(recipe.sample("web", 1, like=TEXT)) == ["same but one"]
    assert recipe.sample("web", 5, like=TEXT).equals(found), "from the sketches that are kept"


def test_an_id_of_the_corpus_is_taken_as_the_document_and_left_out_itself(recipe: curate.Curated) -> None:
    assert ids(recipe.sample("web", 5, like="half")) == ["same but one"]
    assert ids(recipe.sample("web", 5, like="dropped")) == ["same but one", "half"], "also one that was dropped"
    none = recipe.sample("web", 5, like="short")
    assert none.height == 0 and {"jaccard", "contained"} <= set(none.columns)


def test_dropped_documents_and_those_of_a_step_can_be_looked_through(recipe: curate.Curated) -> None:
    assert ids(recipe.sample("web", 5, dropped_by="unmarked", like=TEXT)) == ["dropped", "dropped too"]
    before = recipe.sample("web/marked", 5, like=TEXT)
    assert ids(before) == ["dropped", "same but one", "dropped too", "half"]
    after = recipe.sample("web/upper", 5, like=TEXT)
    assert ids(after) == ["same but one", "half"] and {"before", "after"} <= set(after.columns)


def test_what_is_not_alike_is_not_shown_and_shorter_runs_find_more(recipe: curate.Curated) -> None:
    assert recipe.sample("web", 5, like="nothing of this stands anywhere here").height == 0
    assert ids(recipe.sample("web", 5, like="only three", ngram=2)) == ["short"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"like": " \n"}, "needs a text"),
        ({"like": "only three words"}, "a text of at least 5 words, which are compared in runs of so many; this has 3"),
        ({"like": TEXT, "near": True, "dropped_by": "unmarked"}, "give one"),
        ({"like": TEXT, "dropped_by": "unmarkt"}, "did you mean 'unmarked'"),
    ],
)
def test_a_bad_question_is_answered_in_one_line(recipe: curate.Curated, asked: dict[str, object], said: str) -> None:
    with pytest.raises(CurateError, match=said.replace("'", ".")) as error:
        recipe.sample("web", 5, **asked)  # type: ignore[arg-type]
    assert "\n" not in error.value.message


def test_a_changed_corpus_has_other_sketches_and_a_store_that_cannot_be_written_is_looked_at(tmp_path: Path) -> None:
    docs = pl.DataFrame({"id": ["a"], "text": [TEXT]})
    project = tiny(tmp_path, one(""), docs)
    open_small(project).build()
    assert ids(open_small(project).sample("web", 5, like=TEXT)) == ["a"]
    docs.vstack(pl.DataFrame({"id": ["b"], "text": [f"{TEXT} more"]})).write_parquet(project / "data" / "0.parquet")
    changed = open_small(project)
    changed.build()
    (changed.store.root / "cache" / "alike").rename(tmp_path / "aside")
    (changed.store.root / "cache" / "alike").write_text("a file, in which no folder can be")
    assert ids(changed.sample("web", 5, like=TEXT)) == ["a", "b"]


def test_the_command_prints_it_and_reads_a_text_from_standard_input(recipe: curate.Curated) -> None:
    with pytest.raises(CurateError, match="a text in UTF-8"):
        recipe.sample("web", 5, like="a text that was\udcd3 read as it came")

    def run(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "curate", "sample", "small", *words]
        env = {**os.environ, "PYTHONSAFEPATH": "1", "PYTHONPATH": str(Path(curate.__file__).parents[1])}
        return subprocess.run(command, input=stdin, capture_output=True, text=True, env=env, cwd=recipe.project)

    shown = run("web", "--like", "-", "--json", stdin=TEXT)
    assert shown.returncode == 0, shown.stderr
    assert [row["id"] for row in json.loads(shown.stdout)] == ["same but one", "half"]
    read = run("web", "--like", "half", "-n", "1")
    assert "id=same but one" in read.stdout and "jaccard=0." in read.stdout
    short = run("web", "--like", "two words")
    assert (short.returncode, short.stdout, short.stderr.count("\n")) == (2, "", 1)
