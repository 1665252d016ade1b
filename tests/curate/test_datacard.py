"""Benchmarks by the names of their data cards: what a step gets, what is part of its identity, and what is refused."""

import dataclasses
import gzip
import hashlib
import json
from pathlib import Path

import polars as pl
import pytest

import curate
from curate import datacard, published
from curate.errors import CurateError
from curate.sources import Source
from tests.curate.corpus import one, open_small, texts, tiny

STEPS = {
    "score/seen.py": """
        @score(keep={"unseen": "not seen"})
        def seen(docs: pl.DataFrame, *, against: Benchmarks) -> pl.Series:
            problems = [text for benchmark in against for text in benchmark.items()["problem"]]
            return docs["text"].is_in(problems)
    """,
    "embedded/quiz.py": """
        import json
        @generate
        def quiz(out, *, first: int = 1) -> dict:
            rows = [{"id": str(i), "problem": f"document number {i} {'x' * i}", "answer": i} for i in range(first, first + 2)]
            (out / "quiz.jsonl").write_text("\\n".join(map(json.dumps, rows)))
            (out / "notes.txt").write_text("not items")
            return {"suffixes": [".jsonl"]}
    """,
}
ROWS = [
    {"name": "a/1", "question": "document number 3 xxx", "reply": 3, "more": [1]},
    {"name": "a/2", "question": "no"},
]
CARD = "---\nlicense: MIT\nfiles: items/a.*\ncolumns: {id: name, problem: question, answer: reply}\n---\n\n# a\n\n---\n"


def project(folder: Path, against: str = "[a]", card: str = CARD) -> Path:
    tiny(folder, one(f"{{score: seen, against: {against}}}"), texts(6), steps=STEPS)
    for name in ("datacards", "items"):
        (folder / name).mkdir()
    (folder / "datacards/a.md").write_text(card)
    (folder / "items/a.jsonl").write_text("\n".join(map(json.dumps, ROWS)) + "\n\n")
    return folder


def kept(recipe: curate.Curated) -> list[str]:
    return recipe.sql("select url from documents where fate = 'kept' order by url")["url"].to_list()


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz", "parquet"])
def test_a_step_gets_the_items_that_a_card_names(tmp_path: Path, form: str) -> None:
    project(tmp_path)
    plain = tmp_path / "items/a.jsonl"
    if form == "jsonl.gz":
        (tmp_path / "items/a.jsonl.gz").write_bytes(gzip.compress(plain.read_bytes()))
    elif form == "parquet":
        pl.DataFrame(ROWS, infer_schema_length=None).write_parquet(tmp_path / "items/a.parquet")
    if form != "jsonl":
        plain.unlink()
    recipe = open_small(tmp_path)
    recipe.build()
    assert kept(recipe) == ["u0", "u1", "u2", "u4", "u5"]
    benchmark = recipe.planned.nodes["web/seen"].benchmarks["against"][0]
    assert benchmark.items().rows() == [("a/1", "document number 3 xxx", "3", None), ("a/2", "no", None, None)]


def test_what_the_items_say_is_part_of_the_step_and_where_they_lie_is_not(tmp_path: Path) -> None:
    open_small(project(tmp_path)).build()
    (tmp_path / "items/a.jsonl").rename(tmp_path / "items/a.moved.jsonl")
    (tmp_path / "datacards/a.md").write_text(CARD.replace("MIT", "CC-BY-4.0").replace("# a", "# Words"))
    assert open_small(tmp_path).build()["ran"] == []
    (tmp_path / "items/a.moved.jsonl").write_text(json.dumps(ROWS[0]).replace("3 xxx", "4 xxxx"))
    changed = open_small(tmp_path)
    assert changed.why("web/seen") == {"web/seen": ["the items of the benchmark a changed"]}
    changed.build()
    assert kept(changed) == ["u0", "u1", "u2", "u3", "u5"], "a verdict on other items is never taken for one on these"


def test_a_generated_benchmark_is_an_input_like_any_other(tmp_path: Path) -> None:
    project(tmp_path, "[a, b]")
    (tmp_path / "datacards/b.md").write_text("---\nlicense: MIT\nfiles: ['embedded:quiz?first=1']\n---\n")
    recipe = open_small(tmp_path)
    recipe.build()
    assert kept(recipe) == ["u0", "u4", "u5"]
    names = list(recipe.planned.nodes)
    assert names.index("embedded/quiz?first=1") < names.index("web/seen")
    (tmp_path / "datacards/b.md").write_text("---\nlicense: MIT\nfiles: ['embedded:quiz?first=4']\n---\n")
    other = open_small(tmp_path)
    assert other.build()["ran"] == ["embedded/quiz?first=4", "web/seen", "web/seen.unseen"]
    assert kept(other) == ["u0", "u1", "u2"]


GET = "---\nlicense: MIT\nfiles: items/{0}.jsonl*\nget: take the test set of {0}\n---\n"


def test_a_benchmark_that_is_the_user_s_to_bring_can_be_planned_with_and_a_build_says_how(tmp_path: Path) -> None:
    project(tmp_path, "[a, b, c]")
    for name in "bc":
        (tmp_path / f"datacards/{name}.md").write_text(GET.format(name))
    recipe = open_small(tmp_path)
    rows = {row["node"]: row.get("missing") for row in recipe.plan()}
    says = "the benchmarks b, c are not on this machine; b: items/b.jsonl* in your project; take the test set of b"
    assert rows == {**dict.fromkeys(rows), "web/seen": says}
    with pytest.raises(CurateError) as error:
        recipe.build()
    assert str(error.value).endswith(f"small.yaml:7: {says}")
    assert not list((tmp_path / ".curate/objects").glob("*")), "before any work"
    with pytest.raises(CurateError, match="the benchmark b is not on this machine"):
        recipe.planned.nodes["web/seen"].benchmarks["against"][1].items()


def test_what_was_brought_is_read_as_any_other_benchmark(tmp_path: Path) -> None:
    project(tmp_path, "[a, b]")
    (tmp_path / "datacards/b.md").write_text(GET.format("b"))
    (tmp_path / "items/b.jsonl").write_text(json.dumps({"id": 1, "problem": "document number 5 xxxxx"}))
    recipe = open_small(tmp_path)
    recipe.build()
    assert kept(recipe) == ["u0", "u1", "u2", "u4"]


def test_a_card_of_the_project_comes_before_ours(tmp_path: Path) -> None:
    (tmp_path / "datacards").mkdir()
    assert datacard.find("embedded-bench", tmp_path).parent != tmp_path / "datacards"
    (tmp_path / "datacards/embedded-bench.md").write_text(CARD)
    assert datacard.read(datacard.find("embedded-bench", tmp_path)).license == "MIT"


@pytest.mark.parametrize(
    "path", sorted(Path(curate.__file__).parent.parent.glob("datacards/*.md")), ids=lambda p: p.stem
)
def test_our_own_cards_can_be_read(path: Path) -> None:
    assert published.read_card(path).license


@pytest.mark.parametrize(
    ("against", "says"),
    [
        ("[aa]", r"small.yaml:7: there is no datacards/aa.md; did you mean 'a'\?"),
        ("[../secret]", r"there is no datacards/\.\./secret.md"),
        ("[]", r"score.seen: against: must name each benchmark once, and at least one"),
        ("[a, a]", r"score.seen: against: must name each benchmark once"),
        ("a", r"score.seen: against: input should be a valid list, not 'a'"),
    ],
)
def test_a_wrong_name_is_one_line(tmp_path: Path, against: str, says: str) -> None:
    with pytest.raises(CurateError, match=says):
        assert open_small(project(tmp_path, against)).planned


@pytest.mark.parametrize(
    ("card", "says"),
    [
        ("# a\n", r"a.md: has no front matter; begin it with a line ---"),
        ("---\nlicense: MIT\n", r"a.md: has no front matter"),
        ("---\nfiles: items/*\n---\n", r"a.md:2: needs the key 'license'"),
        (CARD.replace("columns", "colums"), r"a.md:4: unknown key 'colums'; did you mean 'columns'\?"),
        (CARD.replace("problem:", "problm:"), r"a.md:4: columns: unknown key 'problm'; did you mean 'problem'\?"),
        (CARD.replace("items/a.*", "items/b.*"), r"a.md: no file matches 'items/b.\*'"),
        (CARD.replace("items/a.*", "embedded:quizz"), r"a.md: no step 'quizz' under 'embedded'; did you mean 'quiz'\?"),
        (CARD.replace("files: items/a.*\n", ""), r"a.md: does not say where the items are"),
    ],
)
def test_a_wrong_card_is_one_line(tmp_path: Path, card: str, says: str) -> None:
    with pytest.raises(CurateError, match=says) as error:
        assert open_small(project(tmp_path, card=card)).planned
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"name": "a"}', r"a.jsonl: is no file of the benchmark 'a': KeyError: 'question'"),
        ("{", r"is no file of the benchmark 'a': JSONDecodeError"),
        ('{"name": "a", "question": "\\ud800"}', r"is no file of the benchmark 'a': UnicodeEncodeError"),
        ("[1]", r"is no file of the benchmark 'a': TypeError"),
    ],
)
def test_a_file_that_is_no_benchmark_is_one_line(tmp_path: Path, content: str, says: str) -> None:
    (project(tmp_path) / "items/a.jsonl").write_text(content)
    with pytest.raises(CurateError, match=says) as error:
        open_small(tmp_path).build()
    assert "\n" not in str(error.value)


def test_items_that_changed_since_they_were_listed_are_refused(tmp_path: Path) -> None:
    planned = open_small(project(tmp_path)).planned
    (tmp_path / "items/a.jsonl").write_text(json.dumps(ROWS[1]))
    with pytest.raises(CurateError, match="changed since it was listed for the benchmark 'a'"):
        planned.nodes["web/seen"].benchmarks["against"][0].items()


def benchmark_of(path: Path) -> datacard.Benchmark:
    data = path.read_bytes()
    source = Source(str(path), hashlib.sha256(data).hexdigest(), len(data))
    return datacard.Benchmark("x", (("id", "id"), ("problem", "problem"), ("answer", "answer")), (source,))


def test_parquet_without_answers_is_a_benchmark_too(tmp_path: Path) -> None:
    pl.DataFrame({"id": ["1"], "problem": ["What is 1 + 1?"]}).write_parquet(tmp_path / "a.parquet")
    assert benchmark_of(tmp_path / "a.parquet").items().rows() == [("1", "What is 1 + 1?", None, None)]


def test_a_worked_solution_is_optional_and_may_be_a_list(tmp_path: Path) -> None:
    rows = [
        {"id": "1", "problem": "p", "answer": "3", "solution": "s"},
        {"id": "2", "problem": "q", "solution": ["one way", "another"]},
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    wanted = [("1", "p", "3", "s"), ("2", "q", None, "one way\n\nanother")]
    assert benchmark_of(tmp_path / "a.jsonl").items().rows() == wanted
    frame = pl.DataFrame({"id": ["2"], "problem": ["q"], "worked": [["one way", "another"]]})
    frame.write_parquet(tmp_path / "a.parquet")
    one = benchmark_of(tmp_path / "a.parquet")
    columns = (("id", "id"), ("problem", "problem"), ("answer", "answer"), ("solution", "worked"))
    assert datacard.Benchmark("x", columns, one.files).items().rows() == wanted[1:]


TORN = gzip.compress(b'{"id": 1}' * 50, mtime=0)


@pytest.mark.parametrize(
    "data",
    [b"\x1f\x8b\x08\x00", TORN[:-20], TORN[:10] + b"\xff" * 20, b"no gzip at all"],
    ids=("head", "cut", "bad", "other"),
)
def test_a_torn_file_is_one_line(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(data)
    with pytest.raises(CurateError, match="is no file of the benchmark 'x'"):
        benchmark_of(tmp_path / "a.jsonl.gz").items()


def test_a_card_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_bytes(b"---\nlicense: \xff\xfe\n---\n")
    with pytest.raises(CurateError, match="is not UTF-8"):
        datacard.read(tmp_path / "x.md")


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz", "parquet"])
def test_records_hold_all_columns_and_the_names_of_the_card(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"a.{form}"
    given = [{"name": "1", "question": "q", "reply": 2.5, "extra": {"options": ["x", "y"]}}]
    text = "\n".join(map(json.dumps, given)).encode()
    if form == "parquet":
        pl.DataFrame(given).write_parquet(path)
    else:
        path.write_bytes(gzip.compress(text) if form.endswith("gz") else text)
    source = Source(str(path), hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)
    columns = (("id", "name"), ("problem", "question"), ("answer", "reply"), ("solution", "solution"))
    one = datacard.Benchmark("a", columns, (source,), count=1)
    assert one.records() == [{**given[0], "id": "1", "problem": "q", "answer": 2.5}]
    assert one.items().rows() == [("1", "q", "2.5", None)]
    more = dataclasses.replace(one, count=2)
    with pytest.raises(CurateError, match="the benchmark a has 2 items, and its files hold 1; bring all of them"):
        more.records()
    assert more.items().height == 1, "documents may be looked through for a part"


@pytest.mark.parametrize("text", ["[1]", "{", '{"a": 1}\n3', "[" * 100_000])
def test_records_of_something_else_are_refused_in_a_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(text)
    source = Source(str(path), hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)
    with pytest.raises(CurateError, match="is no file of the benchmark 'a'") as error:
        datacard.Benchmark("a", (), (source,)).records()
    assert "\n" not in str(error.value)


def test_items_may_lie_in_the_cache_of_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are the same input as a copy of them; without them the recipe plans, and a build says how to get them."""
    commit = "c" * 40
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    pattern = f"hf://datasets/org/quiz@{commit}/main/*.jsonl"
    project(tmp_path, card=CARD.replace("items/a.*", f'"{pattern}"'))
    with pytest.raises(
        CurateError, match=rf"hf download org/quiz --repo-type dataset --revision {commit} --include 'main/"
    ):
        open_small(tmp_path).build()
    data = (tmp_path / "items/a.jsonl").read_bytes()
    folder = tmp_path / "hub/datasets--org--quiz"
    (folder / "blobs").mkdir(parents=True)
    (folder / "snapshots" / commit / "main").mkdir(parents=True)
    blob = folder / "blobs" / hashlib.sha256(data).hexdigest()
    blob.write_bytes(data)
    (folder / "snapshots" / commit / "main/test.jsonl").symlink_to(blob)
    recipe = open_small(tmp_path)
    recipe.build()
    assert kept(recipe) == ["u0", "u1", "u2", "u4", "u5"]
    (tmp_path / "datacards/a.md").write_text(CARD)
    assert open_small(tmp_path).build()["ran"] == []
