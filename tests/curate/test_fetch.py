"""`curate fetch`: files in a bucket or on a web server, and commits of a hub, each on a real server on loopback."""

import http.server
import json
import shutil
import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from curate.cli import cli
from curate.errors import CurateError
from curate.identity import file_sha256
from tests.curate import bucket
from tests.curate.corpus import contents, make_project, objects, open_small

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def upload(folder: Path, url: str) -> None:
    """Move a project's files into a bucket, and let its recipe read them from there."""
    for path in sorted((folder / "data").glob("*.parquet")):
        bucket.change(url, f"data/{path.name}", path.read_bytes())
        path.unlink()
    recipe = folder / "recipes/small.yaml"
    recipe.write_text(recipe.read_text().replace("data/*.parquet", f"{url}/data/*.parquet"))


@pytest.fixture
def remote(tmp_path: Path, url: str) -> Path:
    """A project whose files lie in a bucket."""
    folder = tmp_path / "remote"
    folder.mkdir()
    upload(make_project(folder), url)
    return folder


def test_a_remote_pattern_is_read_only_after_it_was_listed(remote: Path, tmp_path: Path, url: str) -> None:
    with pytest.raises(CurateError, match=r"small.yaml:4: .*is not listed yet; run curate fetch"):
        open_small(remote).build()
    found = open_small(remote).fetch()
    assert found["revisions"] == []
    assert [(one["files"], one["new"], one["gone"]) for one in found["listings"]] == [(3, 3, 0)]
    assert open_small(remote).fetch()["listings"][0]["new"] == 0
    open_small(remote).build()
    assert not [*(remote / ".curate").rglob("input-*")]
    local = tmp_path / "local"
    local.mkdir()
    open_small(make_project(local)).build()
    mine, theirs = open_small(remote), open_small(local)
    assert contents(mine)["web/copies"] == contents(theirs)["web/copies"], "the same records, wherever they lie"


def test_workers_read_remote_files_to_the_same_bytes(remote: Path, tmp_path: Path) -> None:
    open_small(remote).fetch()
    open_small(remote).build()
    other = open_small(remote, store=str(tmp_path / "other"), executor="local", workers=2)
    other.fetch()
    other.build()
    assert objects(tmp_path / "other") == objects(remote / ".curate")


def test_the_same_files_in_another_bucket_are_the_same_input(remote: Path, tmp_path: Path) -> None:
    open_small(remote).fetch()
    open_small(remote).build()
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    upload(make_project(folder), bucket.new_bucket())
    (folder / "recipes/small.lock").write_bytes((remote / "recipes/small.lock").read_bytes())
    other = open_small(folder)
    other.fetch()
    other.build(locked=True)
    assert objects(folder / ".curate") == objects(remote / ".curate")


def test_a_file_that_changed_since_it_was_listed_is_refused(remote: Path, url: str) -> None:
    open_small(remote).fetch()
    assert open_small(remote).planned
    data = bytearray(bucket.read(url, "data/1.parquet"))
    data[10] ^= 1
    bucket.change(url, "data/1.parquet", bytes(data))
    with pytest.raises(
        CurateError, match=r"data/1.parquet: is not the file that was listed; curate fetch lists it anew"
    ):
        open_small(remote).build()
    bucket.change(url, "data/1.parquet", None)
    with pytest.raises(CurateError, match=r"data/1.parquet: is gone; curate fetch"):
        open_small(remote).build()


def test_a_listing_that_differs_from_the_lock_s_is_refused(remote: Path, url: str) -> None:
    open_small(remote).fetch()
    open_small(remote).build()
    bucket.change(url, "data/3.parquet", bucket.read(url, "data/0.parquet"))
    assert open_small(remote).build(locked=True)["ran"] == [], "a listing is pinned: what came later is not looked at"
    assert open_small(remote).fetch()["listings"][0]["new"] == 1
    with pytest.raises(CurateError, match="not what the lock says: web/parquet"):
        open_small(remote).build(locked=True)


def test_bytes_that_differ_from_those_first_read_are_refused(remote: Path) -> None:
    open_small(remote).fetch()
    recipe = open_small(remote)
    file = recipe.planned["web/parquet"].sources
    assert file
    recipe.store.remember("inputs", file.files[0].sha256, {"sha256": "0" * 64})
    with pytest.raises(CurateError, match="its bytes are not those of before"):
        recipe.build()


def test_bytes_of_elsewhere_are_known_from_the_object_when_the_cache_forgot_them(remote: Path, url: str) -> None:
    open_small(remote).fetch()
    open_small(remote).build()
    assert open_small(remote).verify(deep=True) == []
    shutil.rmtree(remote / ".curate" / "cache" / "inputs")
    bucket.change(url, "data/9.parquet", bucket.read(url, "data/0.parquet")[:-1] + b"1")
    open_small(remote).fetch()
    recipe = open_small(remote)
    manifests = map(recipe.store.manifest, [*recipe.store.keys()])
    manifest = next(one for one in manifests if "contents" in one.facts)
    forged = dict.fromkeys(manifest.facts["contents"], "0" * 64)
    other = replace(manifest, facts={**manifest.facts, "contents": forged})
    (recipe.store.object(manifest.key) / "manifest.json").write_text(other.dump())
    with pytest.raises(CurateError, match="its bytes are not those of before"):
        recipe.build()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ("ftp://host/x", "files come by path, s3://BUCKET/PATH, https://HOST/PATH or hf://datasets/"),
        ("hf://datasets/ORG/PAGES@main/x.parquet", "write hf://datasets/ORG/NAME@COMMIT/PATTERN"),
        ("s3://bucket/", "names no file"),
        ("s3://buc*/x", "a bucket is named in full"),
        ("https://host/*.gz", "a web server lists no files"),
        ("https://me:SECRET@host/x.gz", r"'https://\.\.\.@host/x.gz' holds a user name"),
        ("s3://nobody-has-this/x/*.parquet", "there is no such bucket"),
    ],
)
def test_a_pattern_that_cannot_be_listed_is_one_line(tmp_path: Path, url: str, files: str, said: str) -> None:
    folder = make_project(tmp_path)
    recipe = folder / "recipes/small.yaml"
    recipe.write_text(recipe.read_text().replace("data/*.parquet", f'"{files}"'))
    with pytest.raises(CurateError, match=said.replace("*", r"\*")) as error:
        open_small(folder).fetch()
    assert "\n" not in str(error.value)


def test_a_star_does_not_go_into_folders_and_two_do(tmp_path: Path, url: str) -> None:
    from curate.listings import fetch
    from curate.store import Store

    for name in ("p/a.gz", "p/q/b.gz", "p/q/r/c.gz", "pp/d.gz", "p/e.txt"):
        bucket.change(url, name, name.encode())
    store = Store(tmp_path).create()
    counts = {end: fetch(f"{url}/{end}", store)["files"] for end in ("p/*.gz", "p/**/*.gz", "p*/*.gz", "p/q/b.gz")}
    assert counts == {"p/*.gz": 1, "p/**/*.gz": 3, "p*/*.gz": 2, "p/q/b.gz": 1}


def tree(folder: Path) -> list[dict[str, object]]:
    """Files of the data set as the hub lists them: SHA-256 of those that Git keeps apart, Git's own name of the others."""
    found: list[dict[str, object]] = [{"type": "directory", "path": "data", "oid": "d" * 40, "size": 0}]
    for path in sorted(folder.glob("data/*")):
        entry = {"type": "file", "path": f"data/{path.name}", "oid": "a" * 40, "size": path.stat().st_size}
        large = {"lfs": {"oid": file_sha256(path), "size": path.stat().st_size, "pointerSize": 1}}
        found.append(entry | (large if path.suffix == ".parquet" else {}))
    return found


class Hub(http.server.SimpleHTTPRequestHandler):
    """The few answers of a hub that pin a revision, and files with an ETag."""

    folder: Path
    etag = '"one"'

    def do_GET(self) -> None:
        found = {
            "/api/models/ORG/NAME/revision/main": {"id": "ORG/NAME", "sha": COMMIT},
            "/api/datasets/ORG/PAGES/revision/main": {"id": "ORG/PAGES", "sha": COMMIT[::-1]},
            "/api/models/ORG/ODD/revision/main": {"id": "ORG/ODD", "sha": "1" * 40},
            "/api/models/ORG/BAD/revision/main": {"id": "ORG/BAD", "sha": "$(rm)"},
            f"/api/datasets/ORG/PAGES/tree/{COMMIT[::-1]}?recursive=true&expand=false": tree(self.folder),
        }.get(self.path)
        data = json.dumps(found).encode() if found else self._file()
        self.send_response(404 if data is None else 200)
        if data is not None and not found and self.etag:
            self.send_header("ETag", self.etag)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data or b"")

    do_HEAD = do_GET

    def _file(self) -> bytes | None:
        name = self.path.removeprefix(f"/datasets/ORG/PAGES/resolve/{COMMIT[::-1]}")
        path = self.folder / urllib.parse.unquote(name).removeprefix("/")
        return path.read_bytes() if path.is_file() else None

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    place = tmp_path / "web"
    place.mkdir()
    handler = type("Served", (Hub,), {"folder": place})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    where = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("HF_ENDPOINT", where)
    try:
        yield where
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


RECIPE = """\
# A recipe with comments,   odd  spaces and	tabs in them.
recipe: small
models:
  m: {id: ORG/NAME,   revision: unpinned}   # the model
  n:
    id: 'ORG/NAME@unpinned'  # quoted
  odd: {id: ORG/ODD, revision: unpinned}
tokenizer: ORG/NAME@unpinned
corpora:
  pages:   # unpinned, says this comment
    read: parquet
    files: "hf://datasets/ORG/PAGES@unpinned/data/*.parquet"
"""


def test_revisions_are_written_into_the_file_and_nothing_else_changes(tmp_path: Path, hub: str) -> None:
    folder = make_project(tmp_path)
    path = folder / "recipes/small.yaml"
    path.write_bytes(RECIPE.replace("\n", "\r\n").encode())
    path.chmod(0o640)
    (tmp_path / "web/data").mkdir()
    (tmp_path / "web/data/0.parquet").write_bytes((folder / "data/0.parquet").read_bytes())
    found = open_small(folder).fetch()
    assert [one["files"] for one in found["listings"]] == [1]
    assert [one["id"] for one in found["revisions"]] == ["ORG/NAME", "ORG/NAME", "ORG/ODD", "ORG/PAGES", "ORG/NAME"]
    wanted = (
        RECIPE.replace("ORG/NAME,   revision: unpinned", f"ORG/NAME,   revision: {COMMIT}")
        .replace("'ORG/NAME@unpinned'", f"'ORG/NAME@{COMMIT}'")
        .replace("ORG/ODD, revision: unpinned", f"ORG/ODD, revision: '{'1' * 40}'")
        .replace("tokenizer: ORG/NAME@unpinned", f"tokenizer: ORG/NAME@{COMMIT}")
        .replace("PAGES@unpinned", f"PAGES@{COMMIT[::-1]}")
    )
    assert path.read_bytes() == wanted.replace("\n", "\r\n").encode()
    assert path.stat().st_mode & 0o777 == 0o640
    assert open_small(folder).recipe.unpinned() == []


@pytest.mark.parametrize("name", ["BAD", "NONE"])
def test_what_the_hub_does_not_say_is_one_line_and_changes_nothing(tmp_path: Path, hub: str, name: str) -> None:
    folder = make_project(tmp_path)
    path = folder / "recipes/small.yaml"
    path.write_text(path.read_text() + f"models:\n  m: {{id: ORG/{name}, revision: unpinned}}\n")
    before = path.read_bytes()
    with pytest.raises(CurateError, match=r"small.yaml:23: models.m: .*hub") as error:
        open_small(folder).fetch()
    assert "\n" not in str(error.value)
    assert path.read_bytes() == before


def test_a_build_of_what_is_unpinned_says_fetch(tmp_path: Path) -> None:
    folder = make_project(tmp_path)
    path = folder / "recipes/small.yaml"
    path.write_text(path.read_text() + "models:\n  m: {id: ORG/NAME, revision: unpinned}\n")
    with pytest.raises(CurateError, match="run curate fetch small"):
        open_small(folder).build()


def test_a_file_of_a_web_server_is_read_and_one_without_etag_refused(
    tmp_path: Path, hub: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project").mkdir()
    folder = make_project(tmp_path / "project")
    (tmp_path / "web/all of it.parquet").write_bytes((folder / "data/0.parquet").read_bytes())
    recipe = folder / "recipes/small.yaml"
    recipe.write_text(recipe.read_text().replace("data/*.parquet", f"{hub}/all%20of%20it.parquet"))
    open_small(folder).fetch()
    open_small(folder).build()
    assert open_small(folder).sql("select documents_out from funnel limit 1").item() > 100
    monkeypatch.setattr(Hub, "etag", "")
    with pytest.raises(CurateError, match="sends no ETag"):
        open_small(folder).fetch()


def test_files_of_a_data_set_are_the_same_input_as_their_copies(tmp_path: Path, hub: str) -> None:
    for name in ("copies", "hub"):
        (tmp_path / name).mkdir()
        make_project(tmp_path / name)
    shutil.copytree(tmp_path / "copies/data", tmp_path / "web/data")
    (tmp_path / "web/data/README.md").write_text("small, so Git has it")
    recipe = tmp_path / "hub/recipes/small.yaml"
    named = recipe.read_text().replace(
        "data/*.parquet", "hf://datasets/ORG/PAGES/data/*.parquet\n    revision: unpinned"
    )
    recipe.write_text(named)
    shutil.rmtree(tmp_path / "hub/data")
    assert [one["files"] for one in open_small(tmp_path / "hub").fetch()["listings"]] == [3]
    assert f"revision: {COMMIT[::-1]}" in recipe.read_text()
    theirs, mine = open_small(tmp_path / "hub"), open_small(tmp_path / "copies")
    theirs.build()
    mine.build()
    assert contents(mine) == contents(theirs)
    assert theirs.planned["web/parquet"].plan_key == mine.planned["web/parquet"].plan_key
    (tmp_path / "web/data/1.parquet").write_bytes((tmp_path / "web/data/0.parquet").read_bytes())
    other = open_small(tmp_path / "hub", store=str(tmp_path / "other"))
    shutil.copytree(tmp_path / "hub/.curate/listings", tmp_path / "other/listings")
    with pytest.raises(CurateError, match=r"1.parquet: its bytes are not those that were listed"):
        other.build()


def test_fetch_says_when_there_is_nothing_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(make_project(tmp_path))
    found = CliRunner().invoke(cli, ["fetch", "small"])
    assert found.output == "small: nothing to fetch; it names no remote files, and every revision is pinned\n"
    told = CliRunner().invoke(cli, ["fetch", "small", "--json"])
    assert json.loads(told.output) == {"revisions": [], "listings": []}
