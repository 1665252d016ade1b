"""A refactor that changes no byte is accepted with evidence; one that changes a byte is not, and nothing is asked of a model."""

import json
import os
import textwrap
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import curate
from curate.accept import _told
from curate.cli import main
from curate.errors import CurateError
from curate.lock import Lock
from tests.curate.corpus import edit, make_project, objects, one, open_small, texts, tiny

SPOT = {
    "score/spot.py": """
        @score
        def spot(docs: pl.DataFrame) -> pl.Series:
            found = docs["text"].str.len_chars().cast(pl.Int64)
            return found + docs["text"].str.contains("number 3 ").cast(pl.Int64) * RARE
        RARE = 0
    """,
    "synth/ask.py": """
        def prompts(docs: pl.DataFrame) -> pl.Series:
            return docs["text"]
        @expand(asks=prompts)
        def ask(docs: pl.DataFrame) -> pl.DataFrame:
            replies = docs["replies"].list.get(0)
            return pl.DataFrame({"parent": list(range(docs.height)), "text": replies}, schema={"parent": pl.UInt32, "text": pl.String})
    """,
}


def keys(folder: Path) -> dict[str, str]:
    return {name: line["key"] for name, line in Lock.read(folder / "recipes/small.lock").nodes.items()}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    open_small(make_project(tmp_path)).build()
    return tmp_path


def refactor(folder: Path) -> None:
    """Same values, other source: a score before repeats are struck, a rewrite, an expand."""
    edit(folder / "steps/score/digits.py", "docs", "documents")
    edit(folder / "steps/rewrite/upper.py", "docs", "documents")
    edit(folder / "steps/synth/halves.py", "numbered", "counted")


def test_a_refactor_is_accepted_and_a_build_afterwards_runs_nothing(small: Path) -> None:
    before, stored = keys(small), objects(small / ".curate")
    refactor(small)
    found = open_small(small).accept()
    assert set(found.accepted) == {"web/digits", "web/upper", "web/digits_after", "parts/halves"}
    assert (found.differing, found.refused) == ({}, {})
    assert open_small(small).build()["ran"] == []
    after = keys(small)
    assert {name for name in before if before[name] != after[name]} == set(found.accepted)
    assert open_small(small).verify(deep=True) == []
    assert open_small(small).why() == {}
    assert stored.items() <= objects(small / ".curate").items(), "what was there is left as it was"


def test_what_is_carried_over_is_what_a_build_would_have_made(small: Path, tmp_path: Path) -> None:
    refactor(small)
    open_small(small).accept()
    open_small(small).build()
    carried = {
        n: open_small(small).store.manifest(k) for n, k in keys(small).items() if n in ("web/digits", "web/upper")
    }
    open_small(small, store=str(tmp_path / "again")).build()
    for manifest in carried.values():
        made = curate.open("small", project=small, store=str(tmp_path / "again")).store.manifest(manifest.key)
        assert (made.content, made.shards, made.identity) == (manifest.content, manifest.shards, manifest.identity)
        assert manifest.facts["accepted"]["from"] != manifest.key


def test_evidence_names_the_shards_and_the_object_they_come_from(small: Path) -> None:
    before = keys(small)
    edit(small / "steps/score/digits.py", "docs", "documents")
    found = open_small(small).accept("web/digits", shards=2)
    key = open_small(small).store.planned(open_small(small).planned["web/digits"].plan_key)
    assert key
    facts = open_small(small).store.manifest(key).facts
    assert facts == {"accepted": {"from": before["web/digits"], "shards": found.accepted["web/digits"]}}
    assert len(found.accepted["web/digits"]) == 2
    source, target = (open_small(small).store.object(k) / "00000-0000.parquet" for k in (before["web/digits"], key))
    assert os.path.samefile(source, target)


def test_after_an_accept_a_loosened_clause_still_computes_only_the_documents_it_lets_in(tmp_path: Path) -> None:
    counted = {
        "rewrite/plain.py": """
            @rewrite
            def plain(docs: pl.DataFrame) -> pl.Series:
                return docs["text"]
        """,
        "score/seen.py": f"""
            @score
            def seen(docs: pl.DataFrame) -> pl.Series:
                with open({str(tmp_path / "seen")!r}, "a") as file:
                    file.write("x" * docs.height)
                return docs["text"].str.len_chars().cast(pl.Int64)
        """,
    }
    steps = "{score: letters}, {rewrite: plain}, {keep: {long: letters > 24}}, {score: seen}"
    open_small(tiny(tmp_path, one(steps), texts(9), steps=counted)).build()
    edit(tmp_path / "steps/rewrite/plain.py", "docs", "documents")
    assert set(open_small(tmp_path).accept().accepted) == {"web/plain"}
    (tmp_path / "seen").write_text("")
    edit(tmp_path / "recipes/small.yaml", "letters > 24", "letters > 21")
    open_small(tmp_path).build()
    assert (tmp_path / "seen").read_text() == "xxx"


def test_a_step_that_gives_another_value_is_not_accepted_and_nothing_is_written(tmp_path: Path) -> None:
    recipe = one("{score: spot}, {score: letters}")
    open_small(tiny(tmp_path, recipe, *[texts(n) for n in (2, 9, 3)], steps=SPOT)).build()
    edit(tmp_path / "steps/score/spot.py", "RARE = 0", "RARE = 7")
    before = objects(tmp_path / ".curate")
    found = open_small(tmp_path).accept(shards=None)
    assert found.accepted == {}
    assert set(found.differing) == {"web/spot"}
    said = found.differing["web/spot"]
    assert "1 of 9 rows differ in spot; the first: spot 21 -> 28" in said and said.startswith("shard 0000")
    assert objects(tmp_path / ".curate") == before
    assert [*(tmp_path / ".curate/drafts").iterdir()] == []
    assert "web/spot" in open_small(tmp_path).build()["ran"]


def test_which_shards_are_looked_at_is_not_for_anybody_to_pick(tmp_path: Path) -> None:
    open_small(tiny(tmp_path, one("{score: spot}"), *[texts(n) for n in range(1, 9)], steps=SPOT)).build()
    chosen = set()
    for rare in range(1, 6):
        edit(tmp_path / "steps/score/spot.py", f"RARE = {rare - 1}", f"RARE = {rare}")
        edit(tmp_path / "steps/score/spot.py", "number 3 ", "no such text ") if rare == 1 else None
        found = open_small(tmp_path).accept(shards=1)
        chosen |= set(found.accepted["web/spot"])
    assert len(chosen) > 1


def test_a_step_that_fails_now_is_not_accepted(small: Path) -> None:
    edit(small / "steps/score/digits.py", "POISON", "e")
    said = open_small(small).accept("web/digits").differing["web/digits"]
    assert "the new code fails: " in said and "documents failed" in said


def test_a_document_that_fails_newly_is_a_difference(small: Path) -> None:
    edit(small / "steps/score/digits.py", '"POISON"', '"no such"')
    assert open_small(small).accept("web/digits", shards=None).differing["web/digits"].startswith("shard ")


def test_a_reader_is_accepted_file_by_file(tmp_path: Path) -> None:
    steps = {
        "read/lines.py": """
            from collections.abc import Iterator
            from pathlib import Path
            SUFFIXES = (".parquet",)
            @read
            def lines(path: str) -> Iterator[pl.DataFrame]:
                yield pl.read_parquet(Path(path)).select("text", "url")
        """
    }
    open_small(tiny(tmp_path, one("{score: letters}", read="lines"), *map(texts, (3, 5, 7, 9)), steps=steps)).build()
    edit(tmp_path / "steps/read/lines.py", "Path(path)", "str(path)")
    found = open_small(tmp_path).accept()
    assert len(found.accepted["web/lines"]) == 3
    assert open_small(tmp_path).build()["ran"] == []
    edit(tmp_path / "steps/read/lines.py", '"url")', '"url").head(4)')
    assert "rows, not" in open_small(tmp_path).accept(shards=None).differing["web/lines"]


def test_what_needs_the_whole_corpus_is_refused_and_the_rest_accepted(small: Path) -> None:
    edit(small / "steps/dedup/copies.py", "best", "finest")
    edit(small / "steps/rewrite/upper.py", "docs", "documents")
    found = open_small(small).accept()
    assert set(found.accepted) == {"web/upper"}
    assert found.refused["web/copies"] == "needs the whole corpus; a build runs it again"
    assert found.refused["web/digits_after"] == "what goes into it is to be built first"
    assert open_small(small).build()["ran"] == ["web/copies"]


def test_more_than_code_is_told_and_refused(small: Path) -> None:
    edit(
        small / "recipes/small.yaml",
        "      - score: digits\n      - keep",
        "      - {score: digits, pattern: '[1-9]'}\n      - keep",
    )
    with pytest.raises(
        CurateError, match=r"^web/digits: cannot be accepted: more than its code changed: parameter pattern"
    ):
        open_small(small).accept("web/digits")
    assert open_small(small).accept().accepted == {}


def test_what_was_never_built_is_refused(tmp_path: Path) -> None:
    make_project(tmp_path)
    with pytest.raises(CurateError, match=r"not built before|to be built first"):
        open_small(tmp_path).accept("web/digits")
    assert open_small(tmp_path).accept().accepted == {}


def test_replies_come_from_the_store_and_a_missing_one_is_a_reason_to_refuse(tmp_path: Path) -> None:
    recipe = textwrap.dedent("""
        recipe: small
        models: {m: {backend: fake}}
        corpora:
          web: {read: parquet, files: data/*, steps: []}
          said: {from: web, steps: [{synth: ask, model: m}]}
    """)
    open_small(tiny(tmp_path, recipe, texts(5), texts(8), steps=SPOT)).build()
    edit(tmp_path / "steps/synth/ask.py", "list.get(0)", "list.first()")
    assert set(open_small(tmp_path).accept().accepted) == {"said/ask-ask", "said/ask"}
    edit(tmp_path / "steps/synth/ask.py", 'return docs["text"]', 'return docs["text"] + "?"')
    segments = sorted((tmp_path / ".curate/replies").rglob("*"))
    found = open_small(tmp_path).accept()
    assert "have no stored reply" in found.refused["said/ask-ask"]
    assert sorted((tmp_path / ".curate/replies").rglob("*")) == segments, "nothing was asked"


def test_a_damaged_object_is_told_in_one_line(small: Path) -> None:
    key = keys(small)["web/digits"]
    edit(small / "steps/score/digits.py", "docs", "documents")
    path = open_small(small).store.object(key) / "00000-0000.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CurateError, match=r"^objects/.*: has .* bytes, not .*; curate build small makes it again"):
        open_small(small).accept()


def test_a_difference_is_told_with_its_first_example() -> None:
    old = pl.DataFrame({"row": [0, 1, 2], "a": [1.0, None, 3.0], "b": ["x", "y", "z"]})
    assert _told(old, old.with_columns(a=pl.lit(2.0))) == "3 of 3 rows differ in a; the first: a 1.0 -> 2.0"
    assert _told(old, old.with_columns(a=pl.lit(1.0), b=pl.lit("y"))) == (
        "3 of 3 rows differ in a, b; the first: a None -> 1.0"
    )
    assert _told(old, old.head(1)) == "1 rows, not 3"
    assert "columns" in _told(old, old.drop("b"))
    assert _told(old, old.cast({"a": pl.Float32})) == "a is Float32, not Float64"


def test_the_command_ends_with_1_where_something_differs(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(small)

    def run(*args: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(["accept", "small", *args])
        return int(ended.value.code or 0), capsys.readouterr().out

    assert run() == (0, "everything is stored; nothing is to be accepted\n")
    edit(small / "steps/rewrite/upper.py", "to_uppercase", "to_lowercase")
    code, said = run("--json")
    assert (code, [*json.loads(said)["differing"]]) == (1, ["web/upper"])
    edit(small / "steps/rewrite/upper.py", 'docs["text"].str.to_lowercase', 'docs["text"] .str.to_uppercase')
    assert run("--all")[0] == 0
