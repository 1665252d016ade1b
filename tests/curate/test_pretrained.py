"""Tokenizers and models that exist already, from the project or the hub's cache, and masks of a mixture."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from curate.artifact import StoredCorpus
from curate.errors import CurateError
from tests.curate.corpus import open_small, tiny
from tests.mixers import families

COMMIT = "0123456789abcdef0123456789abcdef01234567"
RECIPE = """
recipe: small
tokenizer: {tokenizer}
corpora:
  qa: {read: parquet, files: data/*}
mixture:
  tokens: 2K
  seq_len: 64
  max_epochs: {qa: 50}
  {more}
  stages: [{until: 100%, weights: {qa: 1}}]
"""
PAIRS = pl.DataFrame(
    {
        "text": [f"What is {n} times {n}?\n\nIt is {n * n}." for n in range(40)],
        "question": [f"What is {n} times {n}?" if n else "another" for n in range(40)],
    }
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tokenizer and its configuration."""
    folder = Path(families.make(tmp_path_factory.mktemp("tokenizer"), "llama3", PAIRS["text"].to_list(), 400))
    (folder / "tokenizer_config.json").write_text('{"eos_token": "<|endoftext|>"}')
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub, and no network."""
    folder = tmp_path / "hub"
    folder.mkdir()
    monkeypatch.setenv("HF_HUB_CACHE", str(folder))
    return folder


def put(cache: Path, folder: Path, *names: str) -> None:
    """What a download leaves behind."""
    snapshot = cache / "models--ORG--NAME/snapshots" / COMMIT
    snapshot.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copyfile(folder / name, snapshot / name)


def project(folder: Path, tokenizer: str, more: str = "") -> Path:
    text = RECIPE.replace("{tokenizer}", tokenizer).replace("{more}", more)
    return tiny(folder, text, PAIRS)


def tokenizer_of(folder: Path) -> str:
    return open_small(folder).planned.nodes["tokenizer"].plan_key


def test_a_tokenizer_of_a_folder_is_the_mixture_s_and_no_path_is_in_its_identity(tmp_path: Path, trained: Path) -> None:
    folder = project(tmp_path, "mine/tok")
    shutil.copytree(trained, tmp_path / "mine/tok")
    recipe = open_small(folder)
    mixture = Path(recipe.build()["mixture"])
    assert mixture.is_dir()
    node = recipe.planned.nodes["tokenizer"]
    made = recipe.store.object(recipe.built.done[node.plan_key].key)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        assert next(made.rglob(name)).read_bytes() == (trained / name).read_bytes()
    lock = recipe.lock_path.read_text()
    project(tmp_path, str(tmp_path / "elsewhere/tokenizer.json"))
    (tmp_path / "mine/tok").rename(tmp_path / "elsewhere")
    again = open_small(folder)
    assert again.build()["ran"] == []
    assert again.lock_path.read_text() == lock


def test_other_bytes_are_another_tokenizer(tmp_path: Path, trained: Path) -> None:
    folder = project(tmp_path, "./tok")
    shutil.copytree(trained, tmp_path / "tok")
    open_small(folder).build()
    families.make(tmp_path / "tok", "llama3", PAIRS["text"].to_list(), 280)
    changed = open_small(folder)
    assert "tokenizer.json" in " ".join(changed.why("tokenizer")["tokenizer"])
    assert changed.build()["ran"] == ["tokenizer", "qa/tokenize", "mixture"]


def test_a_tokenizer_of_the_hub_is_planned_before_it_is_here_and_then_named_by_its_bytes(
    tmp_path: Path, trained: Path, cache: Path
) -> None:
    folder = project(tmp_path, f"ORG/NAME@{COMMIT}")
    recipe = open_small(folder)
    [row] = [row for row in recipe.plan() if row["node"] == "tokenizer"]
    command = f"run: hf download ORG/NAME tokenizer.json tokenizer_config.json --revision {COMMIT}"
    assert row["state"] == "to do"
    assert command in row["why"][0]
    with pytest.raises(CurateError, match=command) as error:
        recipe.build()
    assert error.value.where.endswith("small.yaml:2")
    assert not [*recipe.store.root.glob("objects/*/manifest.json")]
    put(cache, trained, "tokenizer.json")
    assert open_small(folder).planned.nodes["tokenizer"].missing, "the configuration says which token ends a text"
    put(cache, trained, "tokenizer_config.json")
    open_small(folder).build()
    known = tokenizer_of(folder)
    assert tokenizer_of(project(tmp_path, str(trained))) == known


def test_a_hub_repository_without_a_configuration_is_whole_without_it(
    tmp_path: Path, trained: Path, cache: Path
) -> None:
    put(cache, trained, "tokenizer.json")
    absent = cache / "models--ORG--NAME/.no_exist" / COMMIT
    absent.mkdir(parents=True)
    (absent / "tokenizer_config.json").touch()
    folder = project(tmp_path, f"ORG/NAME@{COMMIT}")
    assert open_small(folder).build()["mixture"]


def test_an_unpinned_tokenizer_is_planned_and_not_built(tmp_path: Path, cache: Path) -> None:
    recipe = open_small(project(tmp_path, "ORG/NAME@unpinned"))
    assert "tokenizer" in [row["node"] for row in recipe.plan()]
    with pytest.raises(CurateError, match="has no revision yet"):
        recipe.build()


@pytest.mark.parametrize("text", ["ORG/NAME", "gpt2", "a/b/c@1", "tok.json"])
def test_what_is_no_tokenizer_is_refused_with_what_to_write(tmp_path: Path, text: str) -> None:
    with pytest.raises(CurateError, match=r"is no tokenizer; write a folder .*ORG/NAME@COMMIT.*RECIPE:tokenizer"):
        _ = open_small(project(tmp_path, text)).planned


@pytest.mark.parametrize("text", ["./data", "data", "/nowhere", "./no/tokenizer.json"])
def test_a_folder_without_a_tokenizer_says_how_to_make_one(tmp_path: Path, text: str) -> None:
    with pytest.raises(CurateError, match=r"there is no tokenizer\.json in .*save_pretrained\(FOLDER\)"):
        _ = open_small(project(tmp_path, text)).planned


def test_a_file_that_is_no_tokenizer_is_an_error_of_one_line(tmp_path: Path) -> None:
    folder = project(tmp_path, "./tok")
    (tmp_path / "tok").mkdir()
    (tmp_path / "tok/tokenizer.json").write_text("{}")
    with pytest.raises(CurateError, match=r"cannot read this tokenizer\.json") as error:
        open_small(folder).build()
    assert "\n" not in str(error.value)


# masks


def test_a_mask_counts_the_tokens_of_the_column_that_a_text_begins_with(tmp_path: Path, trained: Path) -> None:
    folder = project(tmp_path, str(trained), "mask: {qa: question}")
    recipe = open_small(folder)
    recipe.build()
    view = recipe.built.view(recipe.planned.nodes["qa/tokenize"])
    found = pl.concat(StoredCorpus("qa", view).shards("text", "question", "tokens", "n_masked"))
    assert found.filter(pl.col("question") == "another")["n_masked"].to_list() == [0]
    from tokenizers import Tokenizer

    library = Tokenizer.from_file(str(trained / "tokenizer.json"))
    for text, question, tokens, count in found.filter(pl.col("question") != "another").iter_rows():
        assert count > 3
        assert question.startswith(library.decode(tokens[:count]))
        assert text.startswith(library.decode(tokens[:count]))


def test_another_mask_is_other_tokens_and_no_mask_has_no_count(tmp_path: Path, trained: Path) -> None:
    bare = open_small(project(tmp_path / "a", str(trained)))
    masked = open_small(project(tmp_path / "b", str(trained), "mask: {qa: question}"))
    nodes = [recipe.planned.nodes["qa/tokenize"] for recipe in (bare, masked)]
    assert ["n_masked" in node.adds for node in nodes] == [False, True]
    assert nodes[0].plan_key != nodes[1].plan_key


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        ("{qa: qestion}", r"small\.yaml:9: mask: qa has no column 'qestion'; did you mean"),
        ("{aq: question}", r"small\.yaml:9: mixture: there is no corpus 'aq'; known: qa"),
        ("{other: question}", r"small\.yaml:9: mixture: 'other' is in no stage of the mixture"),
    ],
)
def test_a_mask_of_what_does_not_exist_is_refused(tmp_path: Path, trained: Path, mask: str, said: str) -> None:
    text = RECIPE.replace("{tokenizer}", str(trained)).replace("{more}", f"mask: {mask}")
    other = "  other: {from: qa}" if "other" in mask else ""
    text = text.replace("  seq_len: 64\n", "").replace("data/*}\n", f"data/*}}\n{other or '# a line'}\n")
    with pytest.raises(CurateError, match=said):
        _ = open_small(tiny(tmp_path, text, PAIRS)).planned
