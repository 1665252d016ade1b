"""Models that exist already, as files of the project or of the hub's cache."""

import shutil
from pathlib import Path

import pytest

from curate.errors import CurateError
from tests.curate.corpus import open_small, texts, tiny

COMMIT = "0123456789abcdef0123456789abcdef01234567"
STEPS = {
    "score/inside.py": """
        import pathlib
        @score
        def inside(docs: pl.DataFrame, *, model: Artifact | None = None) -> pl.Series:
            paths = sorted(p for p in pathlib.Path(model).rglob("*") if p.suffix in (".bin", ".txt")) if model else []
            said = " ".join(f"{path.name}={path.read_text()}" for path in paths)
            return pl.Series("inside", [said] * docs.height, dtype=pl.String)
    """
}
RECIPE = """
recipe: small
models:
  judge: {fit: pretrained, files: [models/a.bin, models/b.txt]}
corpora:
  web: {read: parquet, files: data/*, steps: [{score: inside, model: judge}]}
"""
HUB = f"{{fit: pretrained, id: ORG/NAME@{COMMIT}, files: [a.bin, more/b.txt]}}"


def project(folder: Path, model: str = "", files: tuple[str, ...] = ("a.bin", "b.txt")) -> Path:
    recipe = RECIPE.replace("{fit: pretrained, files: [models/a.bin, models/b.txt]}", model) if model else RECIPE
    tiny(folder, recipe, texts(3), steps=STEPS)
    put(folder / "models", *files)
    return folder


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"bytes of {path.name}")


@pytest.fixture
def snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a download of the hub's repository ORG/NAME puts its files."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub/models--ORG--NAME/snapshots" / COMMIT


def found(folder: Path) -> str:
    recipe = open_small(folder)
    recipe.build()
    [said] = recipe.sql("select distinct inside from documents")["inside"].to_list()
    return str(said)


def test_files_of_the_project_reach_the_step_byte_for_byte(tmp_path: Path) -> None:
    assert found(project(tmp_path)) == "a.bin=bytes of a.bin b.txt=bytes of b.txt"


def test_where_files_lie_is_no_part_of_what_they_are(tmp_path: Path) -> None:
    recipe = open_small(project(tmp_path))
    recipe.build()
    lock = recipe.lock_path.read_text()
    assert str(tmp_path) not in lock
    (tmp_path / "models").rename(tmp_path / "elsewhere")
    path = tmp_path / "recipes/small.yaml"
    path.write_text(
        path.read_text().replace("models/a", str(tmp_path / "elsewhere/a")).replace("models/b", "elsewhere/b")
    )
    assert open_small(tmp_path).build()["ran"] == []
    assert recipe.lock_path.read_text() == lock


def test_other_bytes_or_another_name_are_another_model(tmp_path: Path) -> None:
    open_small(project(tmp_path)).build()
    (tmp_path / "models/b.txt").write_text("other")
    changed = open_small(tmp_path)
    assert "sha256.b.txt" in " ".join(changed.why()["models/judge"])
    assert changed.build()["ran"] == ["models/judge", "web/inside"]
    (tmp_path / "models/b.txt").rename(tmp_path / "models/c.txt")
    path = tmp_path / "recipes/small.yaml"
    path.write_text(path.read_text().replace("b.txt", "c.txt"))
    assert open_small(tmp_path).build()["ran"] == ["models/judge", "web/inside"]


def test_a_file_that_is_absent_is_planned_and_a_build_says_what_to_do(tmp_path: Path) -> None:
    recipe = open_small(project(tmp_path, files=("a.bin",)))
    [row] = [row for row in recipe.plan() if row["node"] == "models/judge"]
    assert row["state"] == "to do" and "models/b.txt is not on this machine" in row["why"][0]
    with pytest.raises(
        CurateError, match=r"models\.judge: models/b\.txt is not on this machine; put it there"
    ) as error:
        recipe.build()
    assert error.value.where.endswith("small.yaml:3")
    assert not [*recipe.store.root.glob("objects/*/manifest.json")]
    put(tmp_path / "models", "b.txt")
    assert "b.txt" in found(tmp_path)


def test_a_model_of_the_hub_is_planned_before_it_is_here_and_then_named_by_its_bytes(
    tmp_path: Path, snapshot: Path
) -> None:
    recipe = open_small(project(tmp_path, HUB))
    assert [row["state"] for row in recipe.plan() if row["node"] == "models/judge"] == ["to do"]
    command = f"run: hf download ORG/NAME a.bin more/b.txt --revision {COMMIT}"
    with pytest.raises(CurateError, match=command):
        recipe.build()
    put(snapshot, "a.bin")
    with pytest.raises(CurateError, match=command):
        open_small(tmp_path).build()
    blob = snapshot.parents[1] / "blobs/0"
    put(blob.parent, "b.txt")
    (blob.parent / "b.txt").rename(blob)
    (snapshot / "more").mkdir()
    (snapshot / "more/b.txt").symlink_to(blob)
    assert found(tmp_path) == "a.bin=bytes of a.bin b.txt=bytes of b.txt"
    made = open_small(tmp_path)
    made.build()
    known = made.planned.nodes["models/judge"].plan_key
    assert [file.name for file in made.built.done[known].shards] == ["a.bin", "more/b.txt"]
    shutil.copytree(snapshot, tmp_path / "mine")
    flat = "{fit: pretrained, files: [mine/a.bin, mine/more/b.txt]}"
    assert open_small(project(tmp_path, flat)).planned.nodes["models/judge"].plan_key != known, "the name is another"


def test_a_file_that_the_hub_does_not_have_is_said(tmp_path: Path, snapshot: Path) -> None:
    put(snapshot, "a.bin")
    absent = snapshot.parents[1] / ".no_exist" / COMMIT / "more/b.txt"
    absent.parent.mkdir(parents=True)
    absent.touch()
    recipe = open_small(project(tmp_path, HUB))
    assert recipe.plan()
    with pytest.raises(CurateError, match=r"ORG/NAME@0123.* has no file 'more/b\.txt'; name one that it has"):
        recipe.build()


def test_an_unpinned_model_is_planned_and_not_built(tmp_path: Path, snapshot: Path) -> None:
    recipe = open_small(project(tmp_path, "{fit: pretrained, id: ORG/NAME, revision: unpinned, files: [a.bin]}"))
    assert "models/judge" in [row["node"] for row in recipe.plan()]
    with pytest.raises(CurateError, match="unpinned"):
        recipe.build()


def test_an_artifact_that_a_step_may_do_without_can_be_left_out(tmp_path: Path) -> None:
    tiny(tmp_path, RECIPE.replace(", model: judge", ""), texts(2), steps=STEPS)
    put(tmp_path / "models", "a.bin", "b.txt")
    assert found(tmp_path) == ""


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("{fit: pretrained}", "fit.pretrained needs the parameter 'files'"),
        ("{fit: pretrained, files: []}", "models.judge: files: names no file; write files: [model.bin]"),
        ("{fit: pretrained, files: [models/a.bin, data/a.bin]}", "models.judge: two files are called 'a.bin'; rename one"),
        ("{fit: pretrained, files: [manifest.json]}", "models.judge: files: 'manifest.json' is a name of ours; rename the file"),
        ("{fit: pretrained, files: [models]}", "models.judge: 'models' is no file of this machine"),
        ("{fit: pretrained, files: ['https://x.org/a.bin']}", "is no file of this machine; name one, e.g. models/model.bin"),
        ("{fit: pretrained, files: [a], backend: symbolic}", "a model of `fit: pretrained` takes no 'backend'; delete one of the two"),
        ("{fit: fasttext, positive: [web], negative: [web], id: ORG/NAME@1}", "a model of `fit: fasttext` takes no 'id'"),
        ("{fit: pretrained, id: ORG/NAME, files: [a]}", "needs a revision; write id: ORG/NAME@COMMIT, or revision: unpinned"),
        ("{fit: pretrained, id: ORG/NAME@main, files: [a]}", "'ORG/NAME@main' is no repository of the hub; write id: ORG/NAME@COMMIT"),
        ("{fit: pretrained, id: name, files: [a]}", "'name' is no repository of the hub"),
        (HUB.replace("a.bin", "../a.bin"), "'../a.bin' is no file of a repository"),
        (HUB.replace("more/b.txt", "a.bin"), "'a.bin' is named twice; delete one"),
        (HUB.replace("files", "fils"), "fit.pretrained has no parameter 'fils'; did you mean 'files'?"),
    ],
)  # fmt: skip
def test_a_wrong_model_is_one_line(tmp_path: Path, model: str, says: str) -> None:
    with pytest.raises(CurateError) as error:
        assert open_small(project(tmp_path, model)).planned
    assert "recipes/small.yaml:3" in str(error.value)
    assert says in str(error.value)
    assert "\n" not in str(error.value)
