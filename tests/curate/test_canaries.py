"""What steps measure of themselves reaches manifest, lock, show, card, SQL and expectations."""

import json
from pathlib import Path

import pytest

from curate import contract, step
from curate.canaries import rates
from curate.cli import main
from curate.errors import CurateError
from curate.executors.inline import Inline
from curate.facts import sample
from tests.curate.corpus import one, open_small, texts, tiny, write_files

TOLD = [
    {"kind": "near, <Jaccard> 0.8", "planted": 40, "found": 30},
    {"kind": "another problem", "planted": 40, "found": 10, "wrong": True},
]
UNCHECKED = [
    {"benchmark": "math_test", "what": "as they stand", "items": 500, "checked": 480, "why": "20 items are too short"}
]
STEPS = {
    "score/leaks.py": f"""
        import pathlib
        def told(docs: pl.DataFrame, *, least: int) -> dict:
            with pathlib.Path("called.txt").open("a") as file:
                print(",".join(docs["id"]), *docs.columns, file=file)
            return {{"canaries": {TOLD}, "unchecked": {UNCHECKED}, "least": least, "rows": docs.height}}
        @score(facts=told)
        def leaks(docs: pl.DataFrame, *, least: int = 3, other: int = 0) -> pl.Series:
            \"\"\"Characters.\"\"\"
            return docs["text"].str.len_chars()
    """
}
RECIPE = one("{score: letters}, {keep: {long: letters > 20}}, {rewrite: upper}, {score: leaks, least: 5}")


def project(folder: Path, more: str = "", monkeypatch: pytest.MonkeyPatch | None = None) -> Path:
    if monkeypatch:
        monkeypatch.chdir(folder)
    return tiny(folder, RECIPE + more, texts(400), steps=STEPS)


def test_the_facts_of_a_score_come_from_the_same_documents_however_they_are_split(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(tmp_path, monkeypatch=monkeypatch)
    recipe = open_small(folder)
    recipe.build()
    node = recipe.planned["web/leaks"]
    facts = recipe.built.done[node.plan_key].facts
    assert facts == {"canaries": TOLD, "unchecked": UNCHECKED, "least": 5, "rows": 256}
    open_small(folder).build()
    assert len((tmp_path / "called.txt").read_text().splitlines()) == 1, "what is stored is not asked again"
    write_files(folder, texts(400).reverse(), [3, 150, 151])
    open_small(folder, store=str(tmp_path / "other")).build()
    first, second = (tmp_path / "called.txt").read_text().splitlines()
    assert first == second
    assert first.endswith(" id text")
    view = recipe.built.view(node.chain)
    docs = sample(view, ["id", "text"], Inline(), 7)
    ids = first.split(" ")[0].split(",")
    assert set(docs["id"]) < set(ids)
    assert docs.height == 7
    assert (docs["text"] == docs["text"].str.to_uppercase()).all()


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = project(tmp_path, monkeypatch=monkeypatch)
    open_small(folder).build()
    return folder


def test_they_can_be_asked_for_with_sql(built: Path) -> None:
    rows = open_small(built).sql("select * from canaries order by wrong")
    assert rows.rows() == [
        ("web", "web/leaks", "near, <Jaccard> 0.8", 40, 30, False),
        ("web", "web/leaks", "another problem", 40, 10, True),
    ]


@pytest.mark.parametrize(("least", "holds"), [(0.7, True), (0.8, False)])
def test_an_expectation_refuses_a_step_that_misses_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, least: float, holds: bool
) -> None:
    expect = f'expect: ["select min(found / planted) >= {least} from canaries where not wrong"]\n'
    recipe = open_small(project(tmp_path, expect, monkeypatch))
    if holds:
        recipe.build()
    else:
        with pytest.raises(CurateError, match=r"0\.75"):
            recipe.build()


def test_the_lock_says_recall_and_precision(built: Path) -> None:
    (line,) = (one for one in (built / "recipes/small.lock").read_text().splitlines() if "web/leaks" in one)
    assert 'canaries: {"recall": 0.75, "precision": 0.75}' in line
    assert open_small(built).build(locked=True)["ran"] == []


def test_show_says_what_was_found_and_what_was_not_looked_for(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["show", "small"])
    said = capsys.readouterr().out
    assert "canaries of web/leaks: recall 0.7500, precision 0.7500" in said
    assert "near, <Jaccard> 0.8: 30 of 40 found\n" in said
    assert "another problem: 10 of 40 found, which is wrong" in said
    assert "web/leaks: 480 of 500 items of math_test were looked for as they stand; 20 items are too short" in said
    with pytest.raises(SystemExit, match="0"):
        main(["show", "small", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["canaries"][1] == {"corpus": "web", "node": "web/leaks", **TOLD[1]}
    assert told["unchecked"] == [{"corpus": "web", "node": "web/leaks", **UNCHECKED[0]}]


def test_the_card_of_a_frozen_version_has_tables_of_both(built: Path) -> None:
    card = Path(open_small(built).freeze()["card"]).read_text()
    assert "## How much the steps find" in card
    assert "recall 0.7500, precision 0.7500" in card
    assert "&lt;Jaccard" in card or r"\<Jaccard" in card
    assert "## What was not checked" in card
    assert "480" in card


def test_rates_are_left_out_where_nothing_counts() -> None:
    assert rates([]) == {}
    assert rates([{"planted": 0, "found": 0}]) == {}
    assert rates([{"planted": 3, "found": 0}]) == {"recall": 0.0}
    assert rates([{"planted": 3, "found": 3}, {"planted": 9, "found": 1, "wrong": True}]) == {
        "recall": 1.0,
        "precision": 0.75,
    }


@pytest.mark.parametrize(
    ("gives", "said"),
    [
        ('{"n": docs.height}', None),
        ('{"n": docs["text"]}', "gives facts that are not a dict of plain JSON values"),
        ('{"n": float("nan")}', "gives facts that are not a dict of plain JSON values"),
        ('{"n": next(COUNT)}', "gives other facts the second time"),
    ],
)
def test_steps_check_looks_at_facts(tmp_path: Path, gives: str, said: str | None) -> None:
    path = tmp_path / "steps/score/facty.py"
    path.parent.mkdir(parents=True)
    path.write_text(
        "import itertools\nimport polars as pl\nfrom curate.step import score\nCOUNT = itertools.count()\n"
        f"def told(docs: pl.DataFrame) -> dict:\n    return {gives}\n"
        '@score(facts=told)\ndef facty(docs: pl.DataFrame) -> pl.Series:\n    """Bytes."""\n    return docs["text"].str.len_bytes()\n'
    )
    case = contract.Case(step.load(path, "score"), tmp_path)
    assert case.verdict(contract.Case.gives_facts_of_plain_json_and_the_same_twice) == said
