"""Corpora of the hub: planned from their cards, built from huggingface_hub's cache, pinned in the user's own file."""

import hashlib
import json
import subprocess
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

import curate
from curate import hub, published
from curate.artifact import parquet_bytes
from curate.cli import cli
from curate.errors import CurateError
from curate.published import ModelCard
from tests.curate.corpus import contents, one, open_small, tiny

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CARD = """\
---
hub: ORG/TALKS
files: data/*/*.parquet
license: odc-by
columns: {text: messages, url: page.url}
fields: {messages: String, model: String, page: Struct, score: Float64}
documents: {count: 1.2M, source: "a paper, Table 1"}
bytes: {count: 2GB, source: the hub}
---

# talks
"""
RECIPE = """\
recipe: small
corpora:
  talks:
    read: hub
    files: card:talks
    revision: {revision}
    steps:
      - keep: {{good: model = 'good' and score > 0.5}}
      - rewrite: chat
"""
HUB = "datasets--ORG--TALKS"


def project(folder: Path, revision: str = COMMIT, files: str = "card:talks", card: str = CARD) -> Path:
    tiny(folder, RECIPE.format(revision=revision).replace("card:talks", files))
    (folder / "datacards").mkdir()
    (folder / "datacards/talks.md").write_text(card)
    return folder


def talk(question: str, reply: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": reply}]


def rows(first: int = 0) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "messages": [talk(f"question {i}", f"reply {i}") for i in range(first, first + 4)],
            "model": ["good", "good", "bad", "good"],
            "score": [0.9, 0.1, 0.9, 0.8],
            "page": [{"url": f"u{i}"} for i in range(first, first + 4)],
        }
    )


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return tmp_path / "hf/hub"


def download(cache: Path, frames: dict[str, pl.DataFrame], commit: str = COMMIT) -> Path:
    """Files in the cache as `hf download` leaves them: blobs, and links to them under the commit."""
    folder = cache / HUB
    (folder / "blobs").mkdir(parents=True, exist_ok=True)
    (folder / "refs").mkdir(exist_ok=True)
    (folder / "refs/main").write_text(commit)
    for name, frame in frames.items():
        data = parquet_bytes(frame)
        blob = folder / "blobs" / hashlib.sha256(data).hexdigest()
        blob.write_bytes(data)
        link = folder / "snapshots" / commit / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(blob)
    return folder / "snapshots" / commit


FILES = {"data/a/0.parquet": rows(), "data/b/1.parquet": rows(4), "other/2.parquet": rows(8)}


def test_a_plan_needs_neither_files_nor_a_network(tmp_path: Path) -> None:
    recipe = open_small(project(tmp_path))
    plan = {row["node"]: row for row in recipe.plan()}
    assert plan["talks/hub"]["documents"] == 1_200_000
    assert plan["talks/hub"]["exact"] is False
    assert "hf download ORG/TALKS" in plan["talks/hub"]["missing"]
    assert "missing" not in plan["talks/chat"]
    assert recipe.sampled("1%").plan()[0]["documents"] == 12_000
    node = recipe.planned.nodes["talks/hub"]
    assert node.own["license"] == "odc-by"
    assert node.own["columns"] == {"text": "messages", "url": "page.url"}
    assert node.own["promoted"] == ["model", "score"]
    assert node.sources
    assert [file.bytes for file in node.sources.files] == [2_000_000_000]


def test_the_program_s_plan_tells_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project(tmp_path, revision="unpinned"))
    said = CliRunner().invoke(cli, ["plan", "small"]).output.splitlines()
    assert said.count("missing: talks: ORG/TALKS has no revision yet; run curate fetch small, or write it in") == 1


def test_a_build_without_the_files_says_the_command_before_any_work(tmp_path: Path) -> None:
    recipe = open_small(project(tmp_path))
    with pytest.raises(CurateError) as error:
        recipe.build()
    command = f"hf download ORG/TALKS --repo-type dataset --revision {COMMIT} --include 'data/*/*.parquet'"
    assert str(error.value).endswith(f"talks: ORG/TALKS is not on this machine, or not whole; run: {command}")
    assert "recipes/small.yaml:3: " in str(error.value)
    assert not list((tmp_path / ".curate/objects").glob("*"))


def test_a_build_with_the_files_reads_those_of_the_pattern(tmp_path: Path, cache: Path) -> None:
    project(tmp_path)
    planned = open_small(tmp_path).planned["talks/hub"].plan_key
    download(cache, FILES)
    recipe = open_small(tmp_path)
    assert recipe.planned["talks/hub"].plan_key != planned, "now the files are the identity"
    recipe.build()
    found = recipe.sql("select text, url, license from documents where fate = 'kept' order by url")
    assert found["text"].to_list() == [f"User:question {i}\nAssistant:reply {i}" for i in (0, 3, 4, 7)]
    assert found["url"].to_list() == ["u0", "u3", "u4", "u7"]
    assert {*found["license"]} == {"odc-by"}
    assert "score" in recipe.sql("select score from documents").columns


def test_the_same_files_at_another_commit_or_by_path_are_the_same_documents(tmp_path: Path, cache: Path) -> None:
    first = tmp_path / "first"
    first.mkdir()
    download(cache, FILES)
    one_commit = open_small(project(first))
    one_commit.build()
    other = "f" * 40
    download(cache, FILES, other)
    second = tmp_path / "second"
    second.mkdir()
    two = open_small(project(second, revision=other))
    two.build()
    assert contents(two) == contents(one_commit)


def test_a_link_whose_blob_is_gone_is_no_file(tmp_path: Path, cache: Path) -> None:
    snapshot = download(cache, {"data/a/0.parquet": rows()})
    (snapshot / "data/a/0.parquet").resolve().unlink()
    with pytest.raises(CurateError, match="is not on this machine"):
        open_small(project(tmp_path)).build()


def test_the_digest_in_the_cache_is_believed_by_a_plan_and_checked_by_a_build(tmp_path: Path, cache: Path) -> None:
    snapshot = download(cache, FILES)
    recipe = open_small(project(tmp_path))
    blobs = {path.resolve().name for path in snapshot.glob("data/*/*")}
    sources = recipe.planned["talks/hub"].base.sources
    assert sources
    assert {*sources.digests} == blobs
    blob = (snapshot / "data/a/0.parquet").resolve()
    blob.write_bytes(parquet_bytes(rows(40)))
    with pytest.raises(
        CurateError, match=r"0\.parquet: is not what its digest in the hub's cache says; download it again"
    ):
        open_small(tmp_path).build()
    blob.write_bytes(parquet_bytes(rows()))
    open_small(tmp_path).build()


@pytest.mark.parametrize(
    ("names", "pattern", "here"),
    [
        (["a-00000-of-00002.x", "a-00001-of-00002.x"], "a-*.x", True),
        (["a-00000-of-00002.x"], "a-*.x", False),
        (["d/a-00002-of-00003-ab12.x", "d/a-00000-of-00003-cd34.x"], "d/a-*.x", False),
        (["d/a-00002-of-00003-ab12.x", "d/a-00000-of-00003-cd34.x", "d/a-00001-of-00003-ef56.x"], "d/a-*.x", True),
        (["a-00000-of-00064.x", "a-00001-of-00064.x"], "a-0000[01]-of-00064.x", True),
        (["a-00000-of-00064.x"], "a-0000[01]-of-00064.x", False),
        (["a-00000-of-00001.x", "b-00001-of-00002.x"], "*.x", False),
        (["000_00000.x"], "*.x", True),
        (["000_00000.x"], "*.y", False),
    ],
)
def test_a_copy_that_lacks_a_numbered_file_is_not_here(
    tmp_path: Path, names: list[str], pattern: str, here: bool
) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert published.is_here(tmp_path, pattern) is here


def test_the_cache_is_where_huggingface_hub_finds_it(tmp_path: Path, cache: Path) -> None:
    from huggingface_hub import snapshot_download

    made = download(cache, FILES)
    found = snapshot_download("ORG/TALKS", repo_type="dataset", revision=COMMIT, cache_dir=cache, local_files_only=True)
    assert Path(found) == made == hub.snapshot("datasets", "ORG/TALKS", COMMIT)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"HF_HOME": "~/here"},
        {"XDG_CACHE_HOME": "/x"},
        {"HF_HUB_CACHE": "/hub", "HF_HOME": "/home"},
        {"HUGGINGFACE_HUB_CACHE": "$HF_HOME/old", "HF_HOME": "/home"},
    ],
)
def test_the_variables_are_those_of_huggingface_hub(given: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HOME")
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    said = subprocess.run(
        [sys.executable, "-c", "from huggingface_hub.constants import HF_HUB_CACHE; print(HF_HUB_CACHE)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(hub.snapshot("datasets", "O/N", COMMIT).parents[2]) == said.stdout.strip()


def test_a_pattern_after_the_card_takes_other_files_of_the_repository(tmp_path: Path, cache: Path) -> None:
    project(tmp_path, files="card:talks/other/*.parquet")
    node = open_small(tmp_path).planned.nodes["talks/hub"]
    assert "--include 'other/*.parquet'" in node.missing
    assert node.card
    assert node.card.documents is None, "the card counts other files"
    download(cache, FILES)
    recipe = open_small(tmp_path)
    recipe.build()
    assert recipe.sql("select url from documents where fate = 'kept' order by url")["url"].to_list() == ["u11", "u8"]


def test_the_printed_patterns_take_what_the_card_s_take() -> None:
    from huggingface_hub.utils import filter_repo_objects

    card = published.CorpusCard(hub="O/N", files=("**/*.parquet", "a/**/b/*.jsonl"), license="x")
    said = published.missing(card, COMMIT, list(card.files), "r")
    patterns = [word.strip("'") for word in said.split("--include ")[1:]]
    names = ["x.parquet", "d/x.parquet", "d/e/x.parquet", "a/b/y.jsonl", "a/c/d/b/y.jsonl"]
    assert [*filter_repo_objects(names, allow_patterns=[p.strip().strip("'") for p in patterns])] == names


def test_what_the_files_lack_is_said_even_where_they_are(tmp_path: Path, cache: Path) -> None:
    project(tmp_path, card=CARD.replace("hub: ORG", "lacks: no text in it; get it elsewhere\nhub: ORG"))
    download(cache, FILES)
    with pytest.raises(CurateError, match="talks: ORG/TALKS: no text in it; get it elsewhere"):
        open_small(tmp_path).build()


def test_json_lines_give_the_text_that_parquet_gives(tmp_path: Path, cache: Path) -> None:
    lines = [
        {"messages": [*talk("a", "b"), {"role": "user", "content": "c", "odd": 1}], "n": 1},
        {"messages": talk("d", "e")},
    ]
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    from curation.read.hub import hub

    texts = pl.concat(hub(str(path)))["messages"].to_list()
    pl.DataFrame({"messages": [talk("d", "e")]}).write_parquet(tmp_path / "x.parquet")
    assert texts[1] == pl.concat(hub(str(tmp_path / "x.parquet")))["messages"][0]
    assert json.loads(texts[0]) == lines[0]["messages"]
    with pytest.raises(CurateError, match=r"is none of \.parquet"):
        next(iter(hub("a.csv")))


def test_dates_decimals_and_durations_inside_lists_of_objects_are_text_and_bytes_are_left_out(tmp_path: Path) -> None:
    from curation.read.hub import hub

    turn = {
        "day": date(2024, 2, 29), "at": datetime(2024, 2, 29, 12, 30), "cost": Decimal("0.10"), "took": timedelta(seconds=1.5),
        "image": b"\xff", "parts": [b"\xff"], "none": None, "n": 1.5,
    }  # fmt: skip
    pl.DataFrame({"turns": [[turn]]}).write_parquet(tmp_path / "x.parquet")
    (text,) = pl.concat(hub(str(tmp_path / "x.parquet")))["turns"]
    assert json.loads(text) == [
        {
            "at": "2024-02-29T12:30:00",
            "cost": "0.10",
            "day": "2024-02-29",
            "n": 1.5,
            "parts": [],
            "took": "0:00:01.500000",
        }
    ]


@pytest.mark.parametrize(
    ("revision", "files", "said"),
    [
        (COMMIT, "card:talk", "there is no datacards/talk.md; did you mean 'talks'"),
        (COMMIT, "[card:talks, data/*]", "name one card and nothing beside it"),
        (COMMIT, "card:talks/../x", "leads out of the repository"),
        (COMMIT, "card:embedded-bench", "is no card of a published corpus"),
        ("main", "card:talks", "the revision 'main' is no commit"),
        ("null", "card:talks", "needs a revision; write revision: COMMIT, or revision: unpinned"),
    ],
)
def test_what_cannot_be_planned_is_one_line(tmp_path: Path, revision: str, files: str, said: str) -> None:
    folder = project(tmp_path, revision, files)
    if revision == "null":
        path = folder / "recipes/small.yaml"
        path.write_text(path.read_text().replace("    revision: null\n", ""))
    with pytest.raises(CurateError, match=said) as error:
        open_small(folder).plan()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("score: Float64", "score: Number", "score: 'Number' is no type"),
        ("data/\\*/\\*.parquet", "/etc/*", "leads out of the repository"),
        ("hub: ORG/TALKS", "hub: talks", "hub: "),
        ("2GB", "some", "must be a size"),
        ("license: odc-by\n", "", "license"),
    ],
)
def test_a_card_with_a_mistake_is_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = project(tmp_path, card=CARD.replace(old.replace("\\", ""), new))
    with pytest.raises(CurateError, match=said) as error:
        open_small(folder).plan()
    assert "datacards/talks.md" in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_unpinned_plans_and_is_refused_by_a_build(tmp_path: Path) -> None:
    recipe = open_small(project(tmp_path, revision="unpinned"))
    assert recipe.plan()
    assert "run curate fetch small" in recipe.planned.nodes["talks/hub"].missing
    with pytest.raises(CurateError, match=r"small.yaml:\d: talks: has no revision yet; run curate fetch small"):
        recipe.build()


def test_fetch_writes_the_commit_into_the_user_s_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def resolved(kind: str, name: str, where: str = "") -> str:
        asked.append((kind, name))
        return COMMIT

    monkeypatch.setattr("curate.fetch.resolved", resolved)
    folder = project(tmp_path, revision="unpinned")
    path = folder / "recipes/small.yaml"
    path.write_text(
        path.read_text() + "train:\n  midtrain: {run: trainers.midtrain, from: ORG/MODEL@unpinned}\n"
        "  again: {run: trainers.midtrain, from: ORG/OTHER@unpinned/part}\n"
    )
    open_small(folder).fetch()
    assert asked == [("dataset", "ORG/TALKS"), ("model", "ORG/MODEL"), ("model", "ORG/OTHER")]
    text = path.read_text()
    assert "unpinned" not in text
    assert f"revision: '{COMMIT}'" in text or f"revision: {COMMIT}" in text
    assert f"ORG/OTHER@{COMMIT}/part" in text
    assert open_small(folder).recipe.unpinned() == []


HEAD = "recipe: small\nextends: paper/study/web-qa-9-1\n"
OWN = {
    "new": HEAD,
    "no end of line": HEAD.rstrip(),
    "more of it": HEAD + "corpora:\n  # mine\n  megamath-web-pro:\n    about: the web\nseed: 3\n",
    "in braces": HEAD + "corpora: {megamath-web-pro: {about: the web}, megamath-qa: {}}\ntrain: {}\n",
    "other ends of lines": (HEAD + "mixture: {tokens: 1B}\n").replace("\n", "\r\n"),
}


@pytest.mark.parametrize("text", OWN.values(), ids=OWN)
def test_what_a_recipe_of_the_package_leaves_open_is_pinned_in_the_user_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    asked: list[str] = []

    def resolved(kind: str, name: str, where: str = "") -> str:
        asked.append(name)
        return COMMIT

    monkeypatch.setattr("curate.fetch.resolved", resolved)
    folder = tiny(tmp_path, "recipe: small\n")
    path = folder / "recipes/small.yaml"
    path.write_bytes(text.encode())
    open_small(folder).fetch()
    assert sorted(asked) == ["LLM360/MegaMath", "hkust-nlp/SimpleRL-Zoo-Data", "meta-llama/Llama-3.2-3B"], "each once"
    recipe = open_small(folder).recipe
    assert recipe.unpinned() == []
    assert {corpus.revision for corpus in recipe.corpora.values()} == {COMMIT}
    assert recipe.tokenizer
    assert recipe.tokenizer.name == recipe.train["midtrain"].from_ == f"meta-llama/Llama-3.2-3B@{COMMIT}"
    made = path.read_bytes().decode()
    assert [c for c in text if not c.isspace()] == [c for c in _without(made, text) if not c.isspace()]
    assert made.count("\r\n") == (made.count("\n") if "\r" in text else 0)


def _without(made: str, text: str) -> str:
    """What of the text stands in what was made of it, in its order."""
    rest = iter(made)
    return "".join(c for c in text if c in rest)


def test_a_recipe_of_the_package_itself_is_not_written_to(tmp_path: Path) -> None:
    with pytest.raises(CurateError, match=r"make one of your own \(curate new NAME --from paper/stable\)"):
        curate.open("paper/stable", project=tmp_path, store=str(tmp_path / "store")).fetch()


def test_a_benchmark_is_no_corpus(tmp_path: Path) -> None:
    folder = tiny(tmp_path, one("{decontaminate: ngram, against: [talks]}"), pl.DataFrame({"text": ["a"]}))
    (folder / "datacards").mkdir()
    (folder / "datacards/talks.md").write_text(CARD)
    with pytest.raises(CurateError, match="is the card of a published corpus, not of a benchmark"):
        open_small(folder).plan()


MODELS = [
    c
    for p in sorted(Path(curate.__file__).parent.parent.glob("datacards/*.md"))
    if isinstance(c := published.read_card(p), ModelCard)
]


@pytest.mark.parametrize("card", MODELS, ids=lambda card: card.model.hub)
def test_parameters_of_a_model_s_card_follow_from_its_shape(card: ModelCard, tmp_path: Path) -> None:
    m = card.model
    q, kv = m.heads * m.head_dim, m.kv_heads * m.head_dim
    bias = q + 2 * kv if m.hub.startswith("Qwen/Qwen2.5") else 0
    layer = 2 * m.hidden * q + 2 * m.hidden * kv + bias + 3 * m.hidden * m.intermediate + 2 * m.hidden
    assert m.parameters == m.layers * layer + m.hidden + m.vocab * m.hidden * (1 if m.tied else 2)
    assert published.model_card(f"{m.hub}@unpinned", tmp_path) == card


def test_a_model_without_a_card_has_none(tmp_path: Path) -> None:
    assert published.model_card("ORG/NONE", tmp_path) is None
    assert len(MODELS) == 5


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [
        ("data/train-0000[0-5]-of-00064.parquet", 6),
        ("data/train-*-of-00064.parquet", 64),
        ("data/train-000??-of-00064.parquet", 64),
        ("data/train-00063-of-00064.parquet", 1),
        ("data/train-00064-of-00064.parquet", 0),
        ("data/000_0000*.parquet", 0),
    ],
)
def test_some_of_numbered_files_have_their_share_of_a_card_s_figures(pattern: str, taken: int) -> None:
    whole = published.CorpusCard(
        hub="O/N",
        files=("data/*",),
        license="x",
        documents=published.Figure(count=6400, source="said"),
        bytes=published.Size(count=64_000, source="said"),
    )
    card = published.part(whole, pattern)
    if not taken:
        assert card.documents is card.bytes is card.tokens is None
    else:
        assert card.documents and card.bytes and card.tokens is None
        assert (card.documents.count, card.bytes.count) == (100 * taken, 1000 * taken)
        assert card.documents.source == f"said; {taken} of 64 files"


def test_while_a_download_goes_on_nothing_is_whole(cache: Path) -> None:
    folder = download(cache, FILES)
    assert published.is_here(folder, "data/*/*")
    part = folder.parents[1] / "blobs" / "0123.incomplete"
    part.touch()
    assert not published.is_here(folder, "data/*/*")


@pytest.mark.parametrize("pattern", ["data/**x", "data/x**/y.parquet", "data/**", "data/"])
def test_a_pattern_that_no_file_can_match_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="stands for folders"):
        published.inside(pattern)


SOLVED = """\
---
hub: ORG/TALKS
files: data/*.parquet
license: odc-by
columns: {text: problem}
key: [problem, solution]
fields: {problem: String, solution: String, hint: String}
---
"""
SOLUTIONS = pl.DataFrame(
    {
        "problem": ["one", "one", "one", "two"],
        "solution": ["a", "b", "b", "a"],
        "hint": ["x", "x", "y", "y"],
    }
)


def solved(folder: Path, more: str = "", card: str = SOLVED, read: str = "hub") -> Path:
    recipe = f"recipe: small\ncorpora:\n  talks: {{read: {read}, files: card:talks, revision: {COMMIT}{more}}}\n"
    folder.mkdir(exist_ok=True)
    tiny(folder, recipe)
    (folder / "datacards").mkdir()
    (folder / "datacards/talks.md").write_text(card)
    return folder


@pytest.mark.parametrize(
    ("more", "repeats"),
    [
        ("", 1),
        (", key: []", 2),
        (", key: [problem, solution, hint]", 0),
        (", columns: {text: solution}", 1),
        (", columns: {text: hint}", 0),
        (", columns: {text: hint}, key: [hint]", 2),
    ],
)
def test_records_are_told_apart_by_the_card_s_key_unless_the_recipe_says_otherwise(
    tmp_path: Path, cache: Path, more: str, repeats: int
) -> None:
    download(cache, {"data/0.parquet": SOLUTIONS})
    recipe = open_small(solved(tmp_path, more))
    recipe.build()
    fates = recipe.sql("select fate from documents")["fate"].to_list()
    assert (fates.count("repeat"), fates.count("kept")) == (repeats, 4 - repeats)


def test_the_card_s_key_is_the_identity_that_a_recipe_s_own_is(tmp_path: Path, cache: Path) -> None:
    def keys(name: str, more: str, card: str) -> str:
        return open_small(solved(tmp_path / name, more, card)).planned["talks/hub"].plan_key

    without = SOLVED.replace("key: [problem, solution]\n", "")
    for here in (False, True):
        if here:
            download(cache, {"data/0.parquet": SOLUTIONS})
        by_card = keys(f"card{here}", "", SOLVED)
        assert by_card == keys(f"recipe{here}", ", key: [problem, solution]", without)
        assert by_card != keys(f"none{here}", "", without) == keys(f"text{here}", ", key: []", SOLVED)
        assert by_card != keys(f"other{here}", "", SOLVED.replace("key: [problem, solution]", "key: [problem, hint]"))


def test_a_reader_that_cannot_tell_the_records_of_a_card_apart_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        CurateError, match=r"small.yaml:\d: records of talks are told apart by problem, solution, which"
    ):
        open_small(solved(tmp_path, read="parquet")).plan()


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("[problem, solutoin]", "key: there is no column 'solutoin' under `fields:`; did you mean 'solution'"),
        ("[solution]", "key: the text's column 'problem' must be among them"),
    ],
)
def test_a_card_whose_key_cannot_be_is_one_line(tmp_path: Path, key: str, said: str) -> None:
    with pytest.raises(CurateError, match=said) as error:
        open_small(solved(tmp_path, card=SOLVED.replace("[problem, solution]", key))).plan()
    assert "datacards/talks.md" in str(error.value)
    assert "\n" not in str(error.value)
