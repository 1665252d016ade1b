"""Documents that somebody asked to have removed go where they are first seen, with all that is made of them, and nothing else changes."""

import gzip
import json
import random
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import curate
from curate.cli import main
from curate.errors import CurateError
from curate.lock import Lock
from tests.curate.corpus import (
    ONE_STAGE,
    RECIPE,
    documents,
    edit,
    make_project,
    one,
    open_small,
    texts,
    tiny,
    with_mixture,
    write_files,
)

PLAIN = RECIPE.replace("      - dedup: copies\n        keep_order: [letters]\n", "")
MIXED = with_mixture(seq_len=64, stages=ONE_STAGE, epochs=9)
TAKES = """
recipe: takes
corpora:
  other: {from: "small:web", steps: [{score: letters, as: again}]}
tokenizer: small:tokenizer
mixture:
  tokens: 2000
  seq_len: 64
  stages: [{until: 100%, weights: {other: 1}}]
  max_epochs: {other: 9}
"""


def remove(folder: Path, *lines: str, name: str = "gone.txt", recipe: str = "small") -> None:
    """Have a recipe remove what these lines name."""
    (folder / name).write_text("\n".join(lines) + "\n", "utf-8")
    path = folder / f"recipes/{recipe}.yaml"
    path.write_text(f"{path.read_text('utf-8')}\nremovals: {name}\n", "utf-8")


def kept(recipe: curate.Curated) -> dict[str, pl.DataFrame]:
    """Every column of every kept document, by corpus."""
    found = recipe.sql("select * from documents where fate = 'kept' order by corpus, id")
    return {str(name): frame for (name,), frame in found.drop("removal", strict=False).group_by("corpus")}


def fates(recipe: curate.Curated) -> dict[tuple[str, str], str]:
    rows = recipe.sql("select corpus, coalesce(id, parent_id) as id, fate from documents order by all").iter_rows()
    return {(corpus, id_): fate for corpus, id_, fate in rows if fate not in ("repeat", "no rows")}


@pytest.mark.parametrize("seed", range(4))
def test_removing_is_building_without_those_documents_and_touches_no_other(tmp_path: Path, seed: int) -> None:
    docs = documents(120, seed)
    chance = random.Random(seed)
    urls = chance.sample(docs["url"].to_list(), chance.randint(1, 25))
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    whole, without = (make_project(tmp_path / name, recipe=PLAIN, count=30) for name in "ab")
    write_files(whole, docs, [50, 90])
    write_files(without, docs.filter(~pl.col("url").is_in(urls)), [40])
    before = open_small(whole)
    before.build()
    was = fates(before)
    remove(whole, *urls)
    for folder in (whole, without):
        open_small(folder).build()
    left, expected = kept(open_small(whole)), kept(open_small(without))
    assert left.keys() == expected.keys()
    assert all(left[name].equals(expected[name]) for name in left)
    now = fates(open_small(whole))
    changed = {key for key in was.keys() | now.keys() if was.get(key) != now.get(key)}
    assert {now.get(key, "gone") for key in changed} <= {"removed", "gone"} and changed
    assert {corpus for corpus, _ in changed if now.get((corpus, _), "gone") == "gone"} <= {"parts"}


def test_ids_addresses_and_domains_name_documents_however_they_are_written(tmp_path: Path) -> None:
    urls = [
        "https://a.example.org/x",
        "http://www.b.net/p?utm_source=1&q=2",
        "https://c.com/",
        "https://notexample.org/",
        None,
        "https://d.io/1",
    ]
    frame = pl.DataFrame({"id": [f"doc.{i}" for i in range(6)], "text": [f"text {i}" for i in range(6)], "url": urls})
    folder = tiny(tmp_path, one("{score: letters}"), frame)
    pl.DataFrame({"domain": ["EXAMPLE.org"], "id": [None]}).write_parquet(folder / "domains.parquet")
    (folder / "more.csv").write_text("url,why\nhttps://b.net/p?q=2#top,asked\n")
    remove(folder, "# by hand", "doc.4   # an id of one's own, which could be a domain", "id:doc.5")
    edit(folder / "recipes/small.yaml", "removals: gone.txt", "removals: [gone.txt, domains.parquet, more.csv]")
    open_small(folder).build()
    recipe = open_small(folder)
    assert kept(recipe)["web"]["id"].to_list() == ["doc.2", "doc.3"]
    said = dict(recipe.sql("select id, removal from documents where fate = 'removed'").iter_rows())
    assert said == {
        "doc.0": "domain example.org", "doc.1": "url b.net/p?q=2", "doc.4": "id doc.4", "doc.5": "id doc.5",
    }  # fmt: skip
    inputs = Lock.read(folder / "recipes/small.lock").inputs
    assert {"lists/gone.txt", "lists/domains.parquet", "lists/more.csv"} <= inputs.keys()


def test_a_document_that_was_made_can_be_removed_alone_and_falls_with_its_parent(tmp_path: Path) -> None:
    folder = make_project(tmp_path, count=60)
    open_small(folder).build()
    parts = kept(open_small(folder))["parts"]
    one_part, parent = parts["id"][0], parts["parent_id"].filter(parts["parent_id"] != parts["parent_id"][0])[0]
    remove(folder, one_part, parent)
    open_small(folder).build()
    left = kept(open_small(folder))
    assert {*parts["id"]} - {*left["parts"]["id"]} == {one_part, *parts.filter(parent_id=parent)["id"]}
    assert parent not in left["web"]["id"]


def test_the_fate_is_seen_in_trace_funnel_why_and_diff(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_project(tmp_path, count=60)
    open_small(folder).build()
    remove(folder, "https://example.org/7")
    assert open_small(folder).why()["web/removal"] == ["was never built"]
    open_small(folder).build()
    (folder / "gone.txt").write_text("https://example.org/7\nhttps://example.org/8\n")
    recipe = open_small(folder)
    assert list(recipe.why()) and "gone.txt" in str(recipe.why()["web/removal"])
    shutil.copy(folder / "recipes/small.lock", folder / "before.lock")
    open_small(folder).build()
    assert {"lists/gone.txt": "changed"}.items() <= open_small(folder).diff(str(folder / "before.lock")).inputs.items()
    funnel = {row["node"]: row for row in open_small(folder).funnel()}
    assert funnel["web/removal.removed"]["fates"] == {"removed": 2}
    monkeypatch.chdir(folder)
    with pytest.raises(SystemExit):
        main(["trace", "small", "https://example.org/8"])
    said = capsys.readouterr().out
    assert "removed: removal is null" in said and "removal=url example.org/8" in said.replace('"', "")


def test_texts_that_are_left_are_not_computed_again(tmp_path: Path) -> None:
    folder = make_project(tmp_path, recipe=PLAIN, count=60)
    open_small(folder).build()
    remove(folder, "https://example.org/7")
    recipe = open_small(folder)
    recipe.build()
    run = json.loads(max((folder / ".curate/runs").glob("*.json")).read_text())
    computed = {name: run["nodes"][f"web/{name}"]["computed"] for name in ("letters", "digits", "upper")}
    assert computed == {"letters": 0, "digits": 1, "upper": 0}, "the poisoned text alone has no value"


def test_a_recipe_without_removals_has_the_plan_that_it_had(tmp_path: Path) -> None:
    folder = make_project(tmp_path, count=60)
    plain = {name: node.plan_key for name, node in open_small(folder).planned.nodes.items()}
    edit(folder / "recipes/small.yaml", "about: A recipe for tests.", "about: A recipe for tests.\nremovals: []")
    assert {name: node.plan_key for name, node in open_small(folder).planned.nodes.items()} == plain


def test_lists_add_up_along_extends_and_null_takes_them_back(tmp_path: Path) -> None:
    folder = make_project(tmp_path, count=40)
    remove(folder, "https://example.org/1", name="a.txt")
    for name, said in (("more", "removals: [b.txt]"), ("none", "removals: null"), ("same", "about: x")):
        (folder / f"recipes/{name}.yaml").write_text(f"recipe: {name}\nextends: small\n{said}\n")
    (folder / "b.txt").write_text("https://example.org/2\n")
    found = {name: curate.open(name, project=folder).recipe.removals for name in ("more", "none", "same")}
    assert found == {"more": ("a.txt", "b.txt"), "none": (), "same": ("a.txt",)}


def test_documents_of_another_recipe_lack_them_too_and_its_tokenizer_stays(tmp_path: Path) -> None:
    folder = make_project(tmp_path, recipe=MIXED, count=80)
    (folder / "recipes/takes.yaml").write_text(TAKES.lstrip())
    open_small(folder).build()
    curate.open("takes", project=folder, executor="inline").build()
    tokenizer = Lock.read(folder / "recipes/takes.lock").outputs["small:tokenizer"]
    victim = kept(curate.open("takes", project=folder))["other"]["url"][0]
    remove(folder, victim, recipe="takes")
    taking = curate.open("takes", project=folder, executor="inline")
    taking.build()
    assert victim not in kept(curate.open("takes", project=folder))["other"]["url"]
    lock = Lock.read(folder / "recipes/takes.lock")
    assert lock.outputs["small:tokenizer"] == tokenizer
    assert any(name.startswith("small:before-removals:web/") for name in lock.outputs)
    assert not curate.open("takes", project=folder).verify()
    found = curate.open("takes", project=folder).removed()
    assert found["looked"].keys() == {"other", "mixture"} and not found["found"] and found["documents"] >= 1
    assert any("tokenizer of small" in line for line in found["unseen"])
    assert not open_small(folder).todo(), "the other recipe is as it was"


def test_verify_finds_what_is_there_in_documents_mixture_exports_and_published_sets(tmp_path: Path) -> None:
    folder = make_project(tmp_path, recipe=MIXED, count=80)
    recipe = open_small(folder)
    recipe.build()
    used = recipe.sql("select distinct id from mixture where source = 'web' order by id")["id"][0]
    url = recipe.sql(f"select url from documents where id = '{used}'")["url"][0]
    (folder / "asked.txt").write_text(f"{url}\n")
    at = [str(folder / name) for name in ("published", "rows", "lines", "tokens")]
    open_small(folder).publish(at[0])
    for kind, to in zip(("parquet", "jsonl", "npy"), at[1:], strict=True):
        open_small(folder).export(kind, to)
    found = open_small(folder).removed(folder / "asked.txt", at=at)
    assert {row["where"] for row in found["found"]} >= {"web", "mixture", *at}
    assert {row["id"] for row in found["found"] if row["where"] == "mixture"} >= {used}
    assert any("neither Parquet nor JSON lines" in line for line in found["unseen"])
    remove(folder, url)
    open_small(folder).build()
    open_small(folder).publish(at[0])
    again = open_small(folder).removed(at=at)
    assert {row["where"] for row in again["found"]} == {*at[1:]}
    assert again["looked"][at[0]] > 0 and any("holds them as they came" in line for line in again["unseen"])
    assert url.encode() not in b"".join(path.read_bytes() for path in Path(at[0]).rglob("*") if path.is_file())
    assert "removal" not in pl.read_parquet(next(Path(at[0]).glob("data/web/*.parquet"))).columns


def test_the_command_s_exit_code_says_whether_all_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_project(tmp_path, count=40)
    open_small(folder).build()
    (folder / "asked.txt").write_text("example.org\n")
    monkeypatch.chdir(folder)

    def verify(*args: str) -> tuple[int, Any]:
        with pytest.raises(SystemExit) as done:
            main(["verify", "small", *args])
        heard = capsys.readouterr()
        return int(str(done.value.code)), heard.out + heard.err

    code, said = verify("--removed", "asked.txt")
    assert code == 1 and ": domain example.org" in said and "and" in said and "more; --json prints all" in said
    assert verify("--removed", "asked.txt", "--json")[0] == 1
    (folder / "asked.txt").write_text("nowhere.example\n")
    assert verify("--removed", "asked.txt")[0] == 0
    assert verify("--removed")[0] == 2 and "has no `removals:`" in verify("--removed")[1]
    assert verify("--removed", "none.txt")[0] == 2
    assert verify("--removed", "asked.txt", "--at", "nowhere")[0] == 2
    assert verify("--at", "data")[0] == 2


def test_a_list_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    folder = tiny(tmp_path, one("{score: letters}"), texts(3))
    remove(folder, "x", name="none.txt")
    (folder / "none.txt").unlink()
    with pytest.raises(CurateError, match=r"none\.txt"):
        open_small(folder).build()
    for name, data, said in (
        ("bad.parquet", b"no table", "no table"),
        ("bad.csv", b"a,b\n1,2\n", "no column id, url or domain"),
    ):
        edit(folder / "recipes/small.yaml", "removals: ", f"removals: {name}  # ")
        (folder / name).write_bytes(data)
        with pytest.raises(CurateError, match=said):
            open_small(folder).build()


def test_tables_of_others_are_looked_through_and_what_cannot_be_is_said(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project", count=40)
    open_small(folder).build()
    (folder / "asked.txt").write_text("nowhere.example\n")

    def search(name: str, data: bytes) -> dict[str, Any]:
        (tmp_path / name).write_bytes(data)
        return open_small(folder).removed(folder / "asked.txt", at=[str(tmp_path / name)])

    line = b'{"url": "https://nowhere.example/1", "id": 7}\n'
    for name, data in (
        ("a.jsonl", b"\n" * 40_000 + line),
        ("b.jsonl.gz", gzip.compress(line)),
        ("c.jsonl", line.replace(b"7", b"null")),
    ):
        assert [row["url"] for row in search(name, data)["found"]] == ["https://nowhere.example/1"]
    two = search("d.jsonl", b'{"url": "https://nowhere.example/1"}\n{"url": "https://a.nowhere.example/2"}\n')
    assert len(two["found"]) == 2
    for name, data in (("e.jsonl", b"[1]\n"), ("f.jsonl", b"7\n"), ("g.jsonl", b"{\n"), ("h.jsonl.gz", gzip.compress(line)[:-9]),
                       ("i.jsonl.gz", b"x"), ("j.parquet", b"x")):  # fmt: skip
        with pytest.raises(CurateError, match="cannot be read"):
            search(name, data)
    for name, ids in (("o.parquet", pl.Series([b"\xff"])), ("p.parquet", pl.Series([1], dtype=pl.Duration))):
        pl.DataFrame({"id": ids, "url": ["https://nowhere.example/1"]}).write_parquet(tmp_path / name)
        with pytest.raises(CurateError, match=rf"{name}: cannot be read"):
            search(name, (tmp_path / name).read_bytes())
    for name in ("k.json", "l.csv", "m.md"):
        assert any(name in said and "neither" in said for said in search(name, line)["unseen"])
    pl.DataFrame({"id": [{"a": 1}], "text": ["x"]}).write_parquet(tmp_path / "n.parquet")
    assert any("no column" in said for said in search("n.parquet", (tmp_path / "n.parquet").read_bytes())["unseen"])


def test_tables_with_ids_alone_and_with_parents_alone_are_found_by_what_was_read(tmp_path: Path) -> None:
    folder = make_project(tmp_path, count=40)
    open_small(folder).build()
    kept_ = "select id, url from documents where corpus = 'web' and fate = 'kept' order by id limit 1"
    id_, url = open_small(folder).sql(kept_).row(0)
    (folder / "asked.txt").write_text(f"{url}\n")
    (tmp_path / "rows.jsonl").write_text(
        f'{{"id": "{id_}"}}\n{{"id": "new", "parent_id": "{id_}"}}\n{{"id": "other"}}\n'
    )
    found = open_small(folder).removed(folder / "asked.txt", at=[str(tmp_path / "rows.jsonl")])["found"]
    rows = {row["id"]: row["named"] for row in found if row["where"].endswith(".jsonl")}
    assert rows == {id_: f"url {url.removeprefix('https://')}", "new": f"made of {id_}"}


def test_frozen_versions_are_this_recipe_s_own(tmp_path: Path) -> None:
    folder = make_project(tmp_path, count=40)
    recipe = open_small(folder)
    recipe.build()
    version = recipe.freeze()["version"]
    for name in ("small-max.lock", "small-2026.lock"):
        (folder / "recipes" / name).write_text("not the lock of a version")
    (folder / "asked.txt").write_text("nowhere.example\n")
    said = next(line for line in open_small(folder).removed(folder / "asked.txt")["unseen"] if "frozen" in line)
    assert said == f"frozen versions, whose objects gc keeps: small-{version}.lock"
    assert open_small(folder).publish(tmp_path / "out")["version"] == version
