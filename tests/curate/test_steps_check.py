"""`curate steps check` over steps of a user's own: what breaks the contract is said in one line, and a good step passes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from curate import contract, step

GOOD = '''"""How much of a document is in capitals, a cheap sign of shouting and of menus."""

import polars as pl

from curate.step import score


@score
def good(docs: pl.DataFrame, *, at_least: int = 1) -> pl.Series:
    """Upper-case letters over all letters, in [0, 1]; 0 for a text with fewer than `at_least` letters."""
    letters = docs["text"].str.count_matches(r"\\p{L}")
    upper = docs["text"].str.count_matches(r"\\p{Lu}")
    return (upper / letters.clip(1)) * (letters >= at_least)
'''
TOP = "import polars as pl\nfrom curate.step import Corpus, across, rewrite, score\n"
ROW = '(docs: pl.DataFrame) -> pl.Series:\n    """Says something."""\n'
NEEDY = f'''{TOP}
@score
def needy(docs: pl.DataFrame, *, words: list[str]) -> pl.Series:
    """Whether one of the words stands in the text."""
    return docs["text"].str.contains_any(words)
'''
BAD = {
    "score/nan": (f'@score\ndef nan{ROW}    return docs["text"].str.count_matches("a") / docs["text"].str.len_chars()',
                  "gives NaN in 'nan'; what is not known is null"),
    "score/ranked": (f'@score\ndef ranked{ROW}    size = docs["text"].str.len_chars()\n    return size - size.min()',
                     "gives another 'ranked' in seven batches than in one"),
    "rewrite/dropping": (f'@rewrite\ndef dropping{ROW}    return docs.filter(pl.col("text") != "")["text"]',
                         "gives 17 rows for 18 documents"),
    "score/raising": (f'@score\ndef raising{ROW}    return pl.Series([len(t) for t in docs["text"]] or max([]))',
                      "fails on an empty frame: ValueError: "),
    "score/heavy": (f'import torch\n@score\ndef heavy{ROW}    return docs["text"].str.len_bytes()',
                    "loads torch when imported; import it inside the function"),
    "score/silent": ('@score\ndef silent(docs: pl.DataFrame) -> pl.Series:\n    return docs["text"].str.len_bytes()',
                     "has no docstring"),
    "score/guarded": ('try:\n    import vllm.engine as vllm\nexcept ImportError:\n    vllm = None\n'
                      f'@score\ndef guarded{ROW}    return docs["text"].str.len_bytes()',
                      "loads vllm when imported; import it inside the function"),
    "score/listed": ('@score\ndef listed(docs: pl.DataFrame, *, worst: float = float("nan")) -> pl.Series:\n'
                     '    """Says something."""\n    return docs["text"].str.len_bytes()',
                     "the default of 'worst' is not plain JSON of its type"),
    "dedup/shardwise": ('@across\ndef shardwise(corpus: Corpus) -> pl.DataFrame:\n    """Number within the shard."""\n'
                        '    return pl.concat([s.select("id").with_row_index() for s in corpus.shards("id")])',
                        "gives another 'index' in seven shards than in one"),
    "score/unwritten": ("@score\ndef unwritten(", "cannot be imported: SyntaxError: "),
}  # fmt: skip
"""Each step breaks one promise: its body, and what is said of it."""


def curate(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "curate", *args], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with all the bad steps and a good one."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "recipes").mkdir()
    for title, text in {
        "score/good": GOOD,
        "score/needy": NEEDY,
        **{t: f"{TOP}{body}\n" for t, (body, _) in BAD.items()},
    }.items():
        (folder / "steps" / title).parent.mkdir(parents=True, exist_ok=True)
        (folder / "steps" / f"{title}.py").write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="module")
def said(project: Path) -> dict[str, str]:
    """What one check of all steps says of each."""
    done = curate(project, "steps", "check")
    assert done.returncode == 2, done.stderr
    assert done.stderr == ""
    return dict(line.split(": ", 1) for line in done.stdout.splitlines())


def test_every_own_step_is_checked_and_gets_one_line(said: dict[str, str]) -> None:
    assert sorted(said) == sorted(["score.good", "score.needy", *(title.replace("/", ".") for title in BAD)])


@pytest.mark.parametrize("title", BAD)
def test_a_step_that_breaks_one_promise_is_told_which(said: dict[str, str], title: str) -> None:
    problem = said[title.replace("/", ".")]
    assert problem.startswith(BAD[title][1])
    assert ";" not in problem.removeprefix(BAD[title][1])


@pytest.mark.parametrize("title", BAD)
def test_a_bad_step_alone_means_exit_2(project: Path, title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from curate.cli import main

    monkeypatch.chdir(project)
    with pytest.raises(SystemExit) as left:
        main(["steps", "check", title.replace("/", ".")])
    assert left.value.code == 2


def test_a_good_step_passes(project: Path, said: dict[str, str]) -> None:
    assert len(GOOD.splitlines()) <= 15
    assert said["score.good"] == "keeps the contract"
    assert curate(project, "steps", "check", "good").returncode == 0
    assert contract.check(step.find("score", "good", project), project) == []


def test_programs_get_the_same_problems_and_the_same_exit_code(project: Path) -> None:
    done = curate(project, "steps", "check", "score.nan", "score.good", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout) == {"score.good": [], "score.nan": [BAD["score/nan"][1]]}


def test_what_only_a_recipe_knows_is_said_not_passed_over(project: Path) -> None:
    done = curate(project, "steps", "check", "needy", "mixers.tokenize")
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines() == [
        "mixers.tokenize: keeps the contract",
        "score.needy: keeps what could be checked; needs words from a recipe",
    ]


def test_an_unknown_step_is_refused_beside_a_known_one(project: Path) -> None:
    done = curate(project, "steps", "check", "score.good", "score.goood")
    assert done.returncode == 2
    assert done.stderr.strip() == "curate: no step 'score.goood'; did you mean 'score.good'?"
