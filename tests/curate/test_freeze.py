"""A frozen version is a lock, a card and a root in the store, all of them or none, and only of what is pinned, built and locked."""

import datetime
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from curate import freeze
from curate.cli import main
from curate.errors import CurateError
from curate.gc import loose
from curate.lock import Lock
from tests.curate.corpus import open_small, texts, tiny

RECIPE = """
recipe: small
about: A *recipe* for <b>tests</b> of @people.
corpora:
  web: {read: parquet, files: data/*, license: CC-BY-4.0, steps: [{score: letters}, {keep: {long: letters > 20}}]}
"""


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(freeze, "_today", lambda: datetime.date(2026, 11, 7))
    frame = texts(9, license=["MIT", None, "a|b`c"] * 3)
    open_small(tiny(tmp_path, RECIPE, frame)).build()
    return tmp_path


def files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for part in ("recipes", "datacards", ".curate/refs")
            for p in (folder / part).rglob("*") if p.is_file()}  # fmt: skip


def test_a_version_is_a_lock_a_card_and_a_root_named_by_the_day(built: Path) -> None:
    before = files(built)
    made = open_small(built).freeze()
    assert made["version"] == "2026.11.07"
    new = files(built) - before
    assert {n for n in new if "refs" not in n} == {
        "recipes/small-2026.11.07.lock", "datacards/recipes/small-2026.11.07.md",
    }  # fmt: skip
    assert len(new) == 3
    frozen, lock = Lock.read(Path(made["lock"])), Lock.read(built / "recipes/small.lock")
    assert frozen.version == "2026.11.07"
    assert (frozen.inputs, frozen.outputs, frozen.resolved) == (lock.inputs, lock.outputs, lock.resolved)
    assert open_small(built).freeze()["version"] == "2026.11.07.1"
    assert open_small(built).freeze()["version"] == "2026.11.07.2"
    assert not open_small(built).diff(made["lock"])


def test_what_changed_since_a_version_is_asked_by_its_name(
    built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CurateError, match=r"^small: has no version '2026.11.07'; `curate freeze small` makes one"):
        open_small(built).diff("2026.11.07")
    open_small(built).freeze()
    yaml = built / "recipes/small.yaml"
    yaml.write_text(yaml.read_text().replace("> 20", "> 22"))
    open_small(built).build()
    assert open_small(built).freeze()["version"] == "2026.11.07.1"
    changed = open_small(built).diff("2026.11.07")
    assert changed.kept == {"web": (6, 4)} and changed.before.title == "small 2026.11.07"
    assert not open_small(built).diff("2026.11.07.1")
    (built / "recipes/small-max-2026.11.07.lock").write_text("the version of another recipe")
    monkeypatch.chdir(built)
    for unknown in ("2026.11.08", "2026.11", "2026.11.07.1x", "2026.11.07/../x"):
        with pytest.raises(SystemExit) as ended:
            main(["diff", "small", unknown])
        assert ended.value.code == 2
        said = capsys.readouterr().err
        assert f"small: has no version '{unknown}'; there are only 2026.11.07, 2026.11.07.1" in said


def test_a_card_says_the_same_every_time_and_no_place_of_this_machine(built: Path) -> None:
    first, second = (open_small(built).freeze() for _ in range(2))
    texts_ = [Path(made["card"]).read_text() for made in (first, second)]
    assert texts_[0].replace(first["version"], "V") == texts_[1].replace(second["version"], "V")
    assert str(built) not in texts_[0]
    assert "| `long` | 9 | 6 | `long` 3 |" in texts_[0]
    assert r"A \*recipe\* for \<b\>tests\</b\> of &#64;people." in texts_[0]
    assert r"| `web` | `web` | ``a\|b`c`` | 2 | unknown |" in texts_[0]
    assert f"With `small-{first['version']}.lock` as the recipe's lock" in texts_[0]


def test_the_version_is_in_the_front_matter(built: Path) -> None:
    import yaml

    front = yaml.safe_load(Path(open_small(built).freeze()["card"]).read_text().split("---\n")[1])
    assert front["curate"]["version"] == "2026.11.07"
    assert front["curate"]["documents"] == 6


def test_gc_keeps_what_a_frozen_version_means(built: Path) -> None:
    made = open_small(built).freeze()
    yaml = built / "recipes/small.yaml"
    yaml.write_text(yaml.read_text().replace("> 20", "> 22"))
    recipe = open_small(built)
    recipe.build()
    moment = time.time() - 20 * 86_400
    for path in sorted((built / ".curate/objects").rglob("*"), reverse=True):
        os.utime(path, (moment, moment))
    assert loose(recipe.store) == []
    old = Lock.read(Path(made["lock"])).nodes["web/long"]["key"]
    assert old != Lock.read(recipe.lock_path).nodes["web/long"]["key"]
    for path in (built / ".curate/refs").glob("small-2026*"):
        path.unlink()
    assert old in {item.path.name for item in loose(recipe.store)}


# what may not be frozen


def refused(folder: Path, match: str, **changed: Any) -> None:
    before = files(folder)
    recipe = open_small(folder)
    for name, value in changed.items():
        setattr(recipe, name, value)
    with pytest.raises(CurateError, match=match):
        recipe.freeze()
    assert files(folder) == before


def test_what_is_not_built_is_not_frozen(built: Path) -> None:
    yaml = built / "recipes/small.yaml"
    yaml.write_text(yaml.read_text().replace("> 20", "> 22"))
    refused(built, r"^small: is not built: web/long is missing; run `curate build small` first")


@pytest.mark.parametrize("edit", [("documents: 6", "documents: 7"), ("recipe: small", "recipe:  small")])
def test_what_the_lock_does_not_say_is_not_frozen(built: Path, edit: tuple[str, str]) -> None:
    lock = built / "recipes/small.lock"
    assert edit[0] in lock.read_text()
    lock.write_text(lock.read_text().replace(*edit))
    refused(built, r"^small.lock: does not say what is stored; run `curate build small` first")
    lock.unlink()
    refused(built, "does not say what is stored")


def test_what_has_no_revision_is_not_frozen(built: Path) -> None:
    yaml = built / "recipes/small.yaml"
    yaml.write_text(yaml.read_text().replace("license:", "revision: unpinned, license:"))
    refused(built, r"small.yaml:\d+: .*has no revision yet")


def test_a_sample_is_frozen_for_development_only_and_says_so(built: Path) -> None:
    refused(built, r"^small@10%: is a sample; freeze small, or add --dev", fraction=0.1)
    recipe = open_small(built).sampled("10%")
    recipe.build()
    made = recipe.freeze(dev=True)
    assert Path(made["lock"]).name == "small@10%-2026.11.07.dev.lock"
    assert made["version"] == "2026.11.07.dev"
    assert "A sample of 10 % of the documents" in Path(made["card"]).read_text()
    assert recipe.freeze(dev=True)["version"] == "2026.11.07.1.dev"
    assert not recipe.diff("2026.11.07.dev")
    assert open_small(built).freeze(dev=True)["version"] == "2026.11.07", "the whole recipe is no sample"


def test_all_or_nothing_is_written(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = freeze.replace_file

    def full(path: Path, data: bytes) -> None:
        if path.suffix == ".json":
            raise OSError(28, "No space left on device")
        real(path, data)

    monkeypatch.setattr(freeze, "replace_file", full)
    refused(built, "cannot be written: No space left on device; nothing was frozen")


def test_a_folder_that_cannot_be_made_is_one_line(built: Path) -> None:
    (built / "datacards").mkdir()
    (built / "datacards/recipes").write_text("a file in its place")
    refused(built, r"small-.*\.md: cannot be written: File exists; nothing was frozen")


def test_the_command_speaks_to_people_and_to_programs(
    built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(built)
    for args in (["freeze", "small"], ["freeze", "small", "--json"]):
        with pytest.raises(SystemExit) as ended:
            main(args)
        assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "recipes/small-2026.11.07.lock" in said
    assert json.loads(said[said.index("{") :])["version"] == "2026.11.07.1"
