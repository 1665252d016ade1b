"""Where a project begins, and what a profile may say."""

from pathlib import Path

import pytest

import curate
from curate.errors import CurateError
from curate.profile import find_project, load_profile


def test_a_project_is_found_from_a_folder_inside_it(tmp_path: Path) -> None:
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes/mine.yaml").write_text("recipe: mine")
    inside = tmp_path / "notes" / "deep"
    inside.mkdir(parents=True)
    assert find_project(inside) == tmp_path


def test_a_store_or_a_lock_alone_does_not_make_a_folder_above_the_project(tmp_path: Path) -> None:
    (tmp_path / ".curate").mkdir()
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes/long-cot.lock").write_text("recipe: long-cot")
    inside = tmp_path / "empty"
    inside.mkdir()
    assert find_project(inside) == inside


def test_a_folder_above_that_is_somebody_else_s_is_never_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "steps").mkdir()
    inside = tmp_path / "mine"
    inside.mkdir()
    owner = tmp_path.stat().st_uid
    monkeypatch.setattr("os.getuid", lambda: owner + 1)
    assert find_project(inside) == inside


def test_an_unknown_setting_of_a_profile_is_one_line_with_a_suggestion(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles/mine.toml").write_text("wokers = 2")
    with pytest.raises(CurateError, match="did you mean 'workers'"):
        load_profile("mine", tmp_path)
    with pytest.raises(CurateError, match="no profile 'main'; did you mean 'mine'"):
        load_profile("main", tmp_path)


def test_an_option_overrides_the_environment_which_overrides_the_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURATE_STORE", str(tmp_path / "said"))
    assert curate.open("web", project=tmp_path).store.root == tmp_path / "said"
    assert curate.open("web", project=tmp_path, store=str(tmp_path / "given")).store.root == tmp_path / "given"
