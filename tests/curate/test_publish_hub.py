"""Publishing to the hub, against a stand-in of its HTTP interface (`tests/curate/standin_hub.py`); the real one is not asked."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from curate.cli import main
from curate.errors import CurateError
from curate.publish import files as publish_files
from curate.publish.hub import _short
from tests.curate.corpus import RECIPE, edit, make_project, open_small
from tests.curate.standin_hub import TOKEN, Hub, server

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # of the hub's client
TO = "hf://datasets/team/small"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    across = "      - dedup: copies\n        keep_order: [letters]\n"
    folder = make_project(tmp_path_factory.mktemp("hub"), recipe=RECIPE.replace(across, ""))
    open_small(folder).build()
    return folder


@pytest.fixture
def built(tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built project, whose shards are files of their own."""
    monkeypatch.setattr(publish_files, "SHARDS", 1)
    return Path(shutil.copytree(template, tmp_path / "project"))


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A stand-in, and an environment that leads to it."""
    from huggingface_hub import constants
    from huggingface_hub.utils import _http

    monkeypatch.setattr(_http.time, "sleep", lambda seconds: None)  # between tries
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    with server() as running:
        for name, value in (("HF_ENDPOINT", running.url), ("HF_TOKEN", TOKEN), ("HF_HOME", str(tmp_path / "home"))):
            monkeypatch.setenv(name, value)
        yield running


def test_data_card_recipe_and_lock_come_in_one_commit_of_a_private_data_set(
    built: Path, hub: Hub, tmp_path: Path
) -> None:
    found = open_small(built).publish(TO)
    made = hub.repositories["team/small"]
    assert made.private and len(made.commits) == 2  # the hub's own, and ours
    assert found["at"].endswith(f"/datasets/team/small/commit/{made.commits[-1][0]}")
    open_small(built).publish(tmp_path / "out")
    theirs = {p.relative_to(tmp_path / "out").as_posix(): p.read_bytes() for p in (tmp_path / "out").rglob("*.*")}
    assert {name: data for name, data in hub.files("team/small").items() if name != ".gitattributes"} == theirs
    assert any("/upload/" in line and line.endswith("/2") for line in hub.asked), "no file came in parts"


def test_a_publish_that_changes_nothing_commits_nothing(built: Path, hub: Hub) -> None:
    open_small(built).publish(TO)
    hub.asked.clear()
    assert not open_small(built).publish(TO)["sent"]
    assert len(hub.repositories["team/small"].commits) == 2
    assert not [line for line in hub.asked if not line.startswith("GET")]


def test_unchanged_files_are_not_uploaded_again_and_old_ones_leave_with_the_commit(built: Path, hub: Hub) -> None:
    open_small(built).publish(TO)
    first = [*hub.uploads]
    edit(built / "recipes/small.yaml", "as: part_letters", "as: letters_of_part")
    open_small(built).build()
    found = open_small(built).publish(TO)
    assert {name.split("/")[1] for name in found["deleted"]} == {"parts"}
    assert len({*hub.uploads}) == len(hub.uploads) < 2 * len(first)
    assert not {*found["deleted"]} & {*hub.files("team/small")}
    assert len(hub.repositories["team/small"].commits) == 3


def test_a_dry_run_makes_no_data_set(built: Path, hub: Hub) -> None:
    assert open_small(built).publish(TO, dry_run=True)["sent"]
    assert not hub.repositories and not hub.uploads


def test_only_public_opens_it(built: Path, hub: Hub) -> None:
    open_small(built).publish(TO)
    open_small(built).publish(TO, public=True)
    assert not hub.repositories["team/small"].private
    with pytest.raises(CurateError, match=r"is public; add --public to publish into it"):
        open_small(built).publish(TO)


@pytest.mark.kill
def test_killed_in_the_middle_of_the_upload_it_goes_on(built: Path, hub: Hub) -> None:
    said = "import sys; from curate.publish import files; files.SHARDS = 1; from curate.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", said, "publish", "small", "--to", TO]
    env = {**os.environ, "HF_HUB_DISABLE_XET": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    running = subprocess.Popen(command, cwd=built, env=env, stderr=subprocess.DEVNULL)

    def kill(line: str) -> None:
        if "PUT /upload/" in line and len(hub.uploads) >= 2:
            running.send_signal(signal.SIGKILL)

    hub.before = kill
    assert running.wait(60) == -signal.SIGKILL
    hub.before, before = None, len(hub.uploads)
    assert before and len(hub.repositories["team/small"].commits) == 1  # nobody sees a part of it
    open_small(built).publish(TO)
    assert len(hub.uploads) == len({*hub.uploads}) > before
    open_small(built).publish("hf://datasets/me/fresh")
    assert hub.files("me/fresh") == hub.files("team/small")
    assert len(hub.uploads) == len({*hub.uploads})


@pytest.mark.parametrize("status", [500, 429, 0])
def test_what_passes_is_tried_again(built: Path, hub: Hub, status: int) -> None:
    hub.faults = {("PUT /upload/", status): 2, ("/preupload/", status): 1, ("/objects/batch", status): 1}
    open_small(built).publish(TO)
    assert not any(hub.faults.values())
    assert len(hub.repositories["team/small"].commits) == 2


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("/commit/main", 500, r"the hub answers 500 .*run it again: what was uploaded is not uploaded twice"),
        ("/commit/main", 0, r"run it again: what was uploaded is not uploaded twice"),
        ("/preupload/", 403, r"this token may not write there"),
        ("/whoami", 401, r"does not accept the token; run `hf auth login`, or set HF_TOKEN"),
        ("/repos/create", 404, r"the hub knows no such place"),
        ("GET /api/datasets/team/small", 503, r"the hub answers 503"),
    ],
)
def test_what_stays_is_one_line_and_exit_code_2(
    built: Path, hub: Hub, line: str, status: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    monkeypatch.chdir(built)
    hub.faults = {(line, status): 99}
    with pytest.raises(SystemExit) as done:
        main(["publish", "small", "--to", TO, "--json"])
    heard = capsys.readouterr()
    assert done.value.code == 2 and not heard.out
    assert len(heard.err.strip().splitlines()) == 1 and re.search(said, heard.err), heard.err
    assert "hf_stand" not in heard.err
    hub.faults = {}
    open_small(built).publish(TO)
    assert len(hub.uploads) == len({*hub.uploads})


def test_no_token_and_no_right_are_told(built: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CurateError, match=r"this token may not write there \(You don't have the rights"):
        open_small(built).publish("hf://datasets/others/small")
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(CurateError, match=r"does not accept the token"):
        open_small(built).publish(TO)
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(CurateError, match=r"no token; run `hf auth login`, or set HF_TOKEN"):
        open_small(built).publish(TO)


def test_a_commit_of_somebody_else_meanwhile_is_not_written_over(built: Path, hub: Hub) -> None:
    open_small(built).publish(TO)
    edit(built / "recipes/small.yaml", "letters > 20", "letters > 40")
    open_small(built).build()

    def meanwhile(line: str) -> None:
        if line.startswith("PUT /upload/"):
            hub.before, made = None, hub.repositories["team/small"]
            made.commit({**made.commits[-1][1], "note.md": (b"mine", False)})

    hub.before = meanwhile
    with pytest.raises(CurateError, match=r"somebody else committed to it meanwhile; run it again"):
        open_small(built).publish(TO)
    assert hub.files("team/small")["note.md"] == b"mine"
    uploads = len(hub.uploads)
    open_small(built).publish(TO)
    assert hub.files("team/small")["note.md"] == b"mine"
    assert len(hub.uploads) == uploads


def test_a_data_set_that_no_publish_wrote_is_left_alone(built: Path, hub: Hub) -> None:
    open_small(built).publish(TO)
    made = hub.repositories["team/small"]
    tree = {".gitattributes": (b"", False), "README.md": (b"mine", False), "train.csv": (b"a", False)}
    made.commit(tree)
    with pytest.raises(CurateError, match=r"holds 'README.md', which no publish wrote"):
        open_small(built).publish(TO)
    assert hub.files("team/small")["README.md"] == b"mine"


def test_what_an_error_says_has_neither_tokens_nor_queries() -> None:
    said = _short("no\nanswer for hf_aB3xyz at https://host/file?X-Amz-Signature=abc&token=hf_q ; " + "x" * 999)
    assert said.startswith("no answer for hf_... at https://host/file ; x") and len(said) == 200
