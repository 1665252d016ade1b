"""Where a project begins, and what a profile may say."""

import os
from pathlib import Path

import pytest

import curate
from curate.errors import CurateError
from curate.profile import find_project, load_profile, machine_memory


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


@pytest.mark.parametrize(
    ("groups", "limits", "least"),
    [
        ("0::/job/step\n", {"job/step/memory.max": "max\n", "job/memory.max": "3000000\n", "memory.max": "9000000\n"}, 3_000_000),
        ("0::/not/seen/here\n", {"memory.max": "4000000\n"}, 4_000_000),
        ("5:cpu:/a\n4:memory:/b\n", {"memory/b/memory.limit_in_bytes": "2000000\n", "a/memory.max": "7\n"}, 2_000_000),
        ("0::/../other\n", {}, None),
        ("", {}, None),
    ],
)  # fmt: skip
def test_memory_is_what_the_groups_of_this_process_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, groups: str, limits: dict[str, str], least: int | None
) -> None:
    for name, text in limits.items():
        (tmp_path / "cgroup" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "cgroup" / name).write_text(text)
    (tmp_path / "mine").write_text(groups)
    monkeypatch.setattr("curate.profile.IN_GROUPS", tmp_path / "mine")
    monkeypatch.setattr("curate.profile.GROUPS", tmp_path / "cgroup")
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert machine_memory() == (least or whole)
