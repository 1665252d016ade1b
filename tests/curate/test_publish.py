"""What is published is what was kept, the same bytes every time; a place goes from one whole set to the next, or says why not."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
import yaml

from curate.cli import main
from curate.errors import CurateError
from curate.objectstore import Bucket
from curate.publish import files as publish_files
from curate.publish.files import Ready
from curate.publish.places import CARD, TEXTS, Folder, Held, place_of
from curate.publish.publish import _is_there
from tests.curate.corpus import edit, make_project, one, open_small, texts, tiny


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_project(tmp_path_factory.mktemp("publish"))
    open_small(folder).build()
    return folder


@pytest.fixture
def built(tmp_path: Path, template: Path) -> Path:
    """A project whose recipe is built."""
    return Path(shutil.copytree(template, tmp_path / "project"))


def whole(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def front(folder: Path) -> dict[str, Any]:
    said: dict[str, Any] = yaml.safe_load((folder / CARD).read_text("utf-8").split("---\n")[1])
    return said


def read(folder: Path, config: str) -> pl.DataFrame:
    listed = next(one for one in front(folder)["configs"] if one["config_name"] == config)
    return pl.concat([pl.read_parquet(folder / name) for name in listed["data_files"][0]["path"]])


def test_each_corpus_is_a_config_with_the_documents_that_were_kept_and_no_others(built: Path, tmp_path: Path) -> None:
    recipe = open_small(built)
    found = recipe.publish(tmp_path / "out")
    fates = recipe.sql("select distinct corpus, fate from documents")
    assert {"quarantined", "repeat", "long", "unique"} <= {*fates["fate"]}
    for corpus in ("web", "parts"):
        kept = recipe.sql(f"select id, text from documents where corpus = '{corpus}' and fate = 'kept' order by id")
        rows = read(tmp_path / "out", corpus)
        assert rows.select("id", "text").sort("id").equals(kept)
        assert rows.height == found["configs"][corpus]["documents"]
        assert {"id", "text", "source", "url", "license"} <= {*rows.columns}
        assert not {"row", "fate", "error", "as_read"} & {*rows.columns}
    assert not read(tmp_path / "out", "web")["text"].str.contains("POISON").any()
    assert "digits_after" in read(tmp_path / "out", "web").columns


def test_card_recipe_and_lock_stand_beside_the_data_and_name_every_file(built: Path, tmp_path: Path) -> None:
    from curate.lock import Lock
    from curate.recipe import load

    recipe = open_small(built)
    recipe.publish(tmp_path / "out")
    there = whole(tmp_path / "out")
    listed = json.loads(there["publish.json"])["configs"]
    names = {file["name"] for some in listed.values() for file in some}
    assert {*there} == {*names, *TEXTS}
    assert there["recipe.lock"] == recipe.lock_path.read_bytes()
    assert Lock.parse(there["recipe.lock"].decode(), "").nodes
    (tmp_path / "again").mkdir()
    (tmp_path / "again/small.yaml").write_bytes(there["recipe.yaml"])
    assert load(tmp_path / "again/small.yaml") == recipe.recipe
    assert [one["config_name"] for one in front(tmp_path / "out")["configs"] if one.get("default")] == ["web"]
    assert all(Path(name).stem == hashlib.sha256(there[name]).hexdigest()[:16] for name in names)


def test_a_part_is_published_alone_and_card_and_lock_say_which(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from curate.lock import Lock

    recipe, to = open_small(built), tmp_path / "out"
    all_of_it = recipe.publish(to)["configs"]
    before = whole(to)
    monkeypatch.chdir(built)
    for said in (["--only", "parts"], ["--only", "parts", "--only", "parts"], ["--only", "parts, ,parts"]):
        with pytest.raises(SystemExit) as ended:
            main(["publish", "small", "--to", str(to), "--json", *said])
        assert ended.value.code == 0
        found = json.loads(capsys.readouterr().out)
        assert found["configs"] == {"parts": all_of_it["parts"]}
    there = whole(to)
    assert {name for name in there if name.startswith("data/")} == {n for n in before if n.startswith("data/parts/")}
    assert [one["config_name"] for one in front(to)["configs"]] == ["parts"]
    assert front(to)["curate"]["published"] == ["parts"]
    assert front(to)["curate"]["documents"] == all_of_it["parts"]["documents"]
    assert "**This set is a part of the recipe's output: `parts`.**" in there[CARD].decode()
    lock = Lock.parse(there["recipe.lock"].decode(), "")
    assert lock.published == ("parts",) and lock.outputs == Lock.read(recipe.lock_path).outputs
    assert [one["@id"] for one in json.loads(there["croissant.json"])["recordSet"]] == ["parts"]
    with pytest.raises(CurateError, match=r"small: has no corpus 'part' to publish; did you mean 'parts'"):
        recipe.publish(to, only="part")
    with pytest.raises(SystemExit) as ended:
        main(["publish", "small", "--to", str(to), "--only", ""])
    assert ended.value.code == 2 and "--only names no corpus" in capsys.readouterr().err
    assert whole(to) == there
    recipe.publish(to, only=["parts", "web"])
    assert whole(to) == before, "all of them are no part"


def test_only_the_licenses_of_what_is_published_forbid_it(tmp_path: Path) -> None:
    recipe = """
        recipe: small
        corpora:
          free: {read: parquet, files: data/0.parquet, license: MIT, steps: [{score: letters}]}
          bound: {read: parquet, files: data/1.parquet, license: CC-BY-ND-4.0, steps: [{score: letters}]}
        tokenizer: {train: bpe, vocab: 300, of: [free]}
        mixture: {tokens: 100, seq_len: 16, stages: [{until: 100%, weights: {free: 1}}], max_epochs: {free: 99}}
    """
    opened = open_small(tiny(tmp_path, recipe, texts(30), texts(30, weight=list(range(30)))))
    opened.build()
    for refused in ([], ["bound"], ["mixture", "bound"]):
        with pytest.raises(CurateError, match=r"corpus bound is cc-by-nd-4\.0, which forbids changed versions"):
            opened.publish(tmp_path / "out", only=refused)
    assert [*opened.publish(tmp_path / "out", only="mixture")["configs"]] == ["mixture"]
    assert front(tmp_path / "out")["license"] == "mit"
    assert [*opened.publish(tmp_path / "out", only=["free", "mixture"])["configs"]] == ["mixture", "free"]
    assert "`bound`" not in (tmp_path / "out" / CARD).read_text("utf-8").split("## License")[1].split("\n## ")[0]


def test_the_hub_s_own_client_reads_the_metadata(built: Path, tmp_path: Path) -> None:
    from huggingface_hub import DatasetCard

    open_small(built).publish(tmp_path / "out")
    data = DatasetCard.load(tmp_path / "out/README.md", ignore_metadata_errors=False).data.to_dict()
    assert data["license"] == "unknown" and "license_name" not in data
    assert data["size_categories"] == ["n<1K"]
    assert [one["config_name"] for one in data["configs"]] == ["web", "parts"]


def test_a_frozen_version_is_named_as_long_as_it_is_what_is_stored(built: Path, tmp_path: Path) -> None:
    versions = [open_small(built).freeze()["version"] for _ in range(2)]
    assert open_small(built).publish(tmp_path / "out")["version"] == versions[-1]
    assert json.loads((tmp_path / "out/publish.json").read_text())["version"] == versions[-1]
    edit(built / "recipes/small.yaml", "letters > 20", "letters > 40")
    open_small(built).build()
    assert open_small(built).publish(tmp_path / "out")["version"] == ""


def test_the_bytes_do_not_depend_on_the_workers_that_built(built: Path, tmp_path: Path) -> None:
    other = make_project(tmp_path / "other")
    open_small(other, executor="local", workers=2).build()
    for folder, to in ((built, "a"), (other, "b")):
        open_small(folder).publish(tmp_path / to)
    assert whole(tmp_path / "a") == whole(tmp_path / "b")


def test_what_is_there_is_not_written_again(built: Path, tmp_path: Path) -> None:
    first = open_small(built).publish(tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    again = open_small(built).publish(tmp_path / "out")
    assert first["sent"] and not again["sent"] and not again["deleted"] and not again["at"]
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}


@pytest.fixture
def plain(built: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same without a step over all documents, each shard a file of its own."""
    monkeypatch.setattr(publish_files, "SHARDS", 1)
    edit(built / "recipes/small.yaml", "      - dedup: copies\n        keep_order: [letters]\n", "")
    open_small(built).build()
    return built


def test_a_change_sends_only_changed_files_and_deletes_those_that_the_card_names_no_more(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish_files, "SHARDS", 1)
    edit(
        built / "recipes/small.yaml", "      - dedup: copies\n        keep_order: [letters]\n", ""
    )  # so that shards stay
    open_small(built).build()
    open_small(built).publish(tmp_path / "out")
    before = whole(tmp_path / "out")
    docs = pl.read_parquet(built / "data/1.parquet")
    docs.tail(-1).write_parquet(built / "data/1.parquet")
    open_small(built).build()
    found = open_small(built).publish(tmp_path / "out")
    sent = {file["name"] for file in found["sent"] if file["name"].startswith("data/")}
    assert 0 < len(sent) < len([name for name in before if name.startswith("data/")])
    assert found["deleted"] and not {*found["deleted"]} & {*whole(tmp_path / "out")}
    open_small(built).publish(tmp_path / "fresh")
    assert whole(tmp_path / "fresh") == whole(tmp_path / "out")


def test_a_publish_that_stopped_goes_on_and_until_then_the_old_card_holds(
    plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = plain
    open_small(built).publish(tmp_path / "out")
    old = read(tmp_path / "out", "web")
    edit(built / "recipes/small.yaml", "letters > 20", "letters > 40")
    open_small(built).build()
    put, puts = Folder.put, list[str]()

    def dying(self: Folder, name: str, path: Path) -> None:
        if len(puts) == 2:
            raise KeyboardInterrupt
        put(self, name, path)
        puts.append(name)

    monkeypatch.setattr(Folder, "put", dying)
    with pytest.raises(KeyboardInterrupt):
        open_small(built).publish(tmp_path / "out")
    assert read(tmp_path / "out", "web").equals(old)
    monkeypatch.setattr(Folder, "put", put)
    found = open_small(built).publish(tmp_path / "out")
    assert len(puts) == 2 and not {*puts} & {file["name"] for file in found["sent"]}
    open_small(built).publish(tmp_path / "fresh")
    assert whole(tmp_path / "fresh") == whole(tmp_path / "out")
    assert not [*(built / ".curate/cache").glob("publish-*")]


def test_what_a_killed_publish_left_in_the_store_goes_with_the_next_one_and_what_another_holds_stays(
    built: Path, tmp_path: Path
) -> None:
    for name in ("publish-dead", "publish-alive"):
        (built / ".curate/cache" / name).mkdir()
        (built / ".curate/cache" / name / "web-00000.parquet").write_bytes(b"x")
    held = os.open(built / ".curate/cache/publish-alive", os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    open_small(built).publish(tmp_path / "out")
    assert [path.name for path in (built / ".curate/cache").glob("publish-*")] == ["publish-alive"]
    os.close(held)


def test_two_publishes_into_one_folder_at_once_are_refused(built: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    held = os.open(tmp_path / "out", os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(CurateError, match="another publish is writing it"):
        open_small(built).publish(tmp_path / "out")
    os.close(held)
    assert open_small(built).publish(tmp_path / "out")["sent"]


def test_the_card_comes_last_and_old_files_go_after_it(
    plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_small(plain).publish(tmp_path / "out")
    edit(plain / "recipes/small.yaml", "letters > 20", "letters > 40")
    open_small(plain).build()
    (tmp_path / "out/data/web/.dead.parquet.tmp").write_bytes(b"of a publish that was killed")
    done = list[tuple[str, str]]()
    for kind in ("put", "write", "delete"):
        original = getattr(Folder, kind)

        def noting(self: Folder, name: str, *given: Any, kind: str = kind, original: Any = original) -> None:
            done.append((kind, name))
            original(self, name, *given)

        monkeypatch.setattr(Folder, kind, noting)
    open_small(plain).publish(tmp_path / "out")
    kinds = [kind for kind, _ in done]
    assert kinds == sorted(kinds, key=("put", "write", "delete").index) and {*kinds} == {"put", "write", "delete"}
    assert [name for kind, name in done if kind == "write"][-1] == CARD
    assert not [*(tmp_path / "out").rglob(".*")]


def test_what_another_publish_wrote_meanwhile_counts(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, before = Folder.writing, list[Any]()

    @contextlib.contextmanager
    def late(self: Folder, public: bool) -> Iterator[None]:
        before.pop()()
        with writing(self, public):
            yield

    monkeypatch.setattr(Folder, "writing", late)
    before[:] = [lambda: None, lambda: open_small(built).publish(tmp_path / "out")]
    assert not open_small(built).publish(tmp_path / "out")["sent"]
    (tmp_path / "other").mkdir()
    before[:] = [lambda: (tmp_path / "other/publish.json").write_text('{"recipe": "another"}')]
    with pytest.raises(CurateError, match="holds the recipe 'another'"):
        open_small(built).publish(tmp_path / "other")
    assert [*whole(tmp_path / "other")] == ["publish.json"]


def test_nothing_is_written_into_the_store_or_through_links(built: Path, tmp_path: Path) -> None:
    for to in (built / ".curate/objects/new", f"file://{built}/.curate/new", built / "data/../.curate"):
        with pytest.raises(CurateError, match="lies in the store"):
            open_small(built).publish(to)
    (tmp_path / "away").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/data").symlink_to(tmp_path / "away")
    with pytest.raises(CurateError, match="is a link"):
        open_small(built).publish(tmp_path / "out")
    assert not [*(tmp_path / "away").iterdir()]
    open_small(built).publish(tmp_path / "real")
    first = json.loads((tmp_path / "real/publish.json").read_text())["configs"]["web"][0]["name"]
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "real" / first).unlink()
    (tmp_path / "real" / first).with_name(f".{Path(first).name}.tmp").symlink_to(tmp_path / "mine")
    assert open_small(built).publish(tmp_path / "real")["sent"]
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_disk_that_is_full_is_one_line_and_the_old_set_stays(built: Path, tmp_path: Path) -> None:
    open_small(built).publish(tmp_path / "out")
    before = whole(tmp_path / "out")
    edit(built / "recipes/small.yaml", "letters > 20", "letters > 40")
    open_small(built).build()
    said = "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    said += "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); from curate.cli import main; main(sys.argv[1:])"
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "HF_TOKEN": "hf_secretsecret"}
    command = [sys.executable, "-c", said, "publish", "small", "--to", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=built, env=env, capture_output=True, text=True)
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert "cannot be written: File too large" in done.stderr and "secret" not in done.stdout + done.stderr
    assert whole(tmp_path / "out") == before
    assert open_small(built).publish(tmp_path / "out")["deleted"]


def test_a_file_is_there_if_its_digest_is_or_where_none_is_told_its_name_and_size(tmp_path: Path) -> None:
    file = Ready("data/web/0.parquet", tmp_path / "x", 1, 5, "ab")
    held = [Held(5, "ab"), Held(5), Held(5, "cd"), Held(4, "ab"), Held(4), None]
    assert [_is_there(file, one) for one in held] == [True, True, False, False, False, False]


def test_a_place_that_cannot_be_written_is_one_line(built: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for to in (tmp_path / "file", tmp_path / "file/below"):
        with pytest.raises(CurateError, match="cannot be written"):
            open_small(built).publish(to)
    assert (tmp_path / "file").read_text() == "mine"


def test_dry_run_names_files_and_bytes_and_writes_nothing(built: Path, tmp_path: Path) -> None:
    dry = open_small(built).publish(tmp_path / "out", dry_run=True)
    assert not (tmp_path / "out").exists()
    wet = open_small(built).publish(tmp_path / "out")
    assert dry["sent"] == wet["sent"] and dry["bytes"] == sum(map(len, whole(tmp_path / "out").values()))


def test_a_bucket_and_what_fsspec_reaches_get_the_same_files(built: Path, tmp_path: Path, url: str) -> None:
    import fsspec

    open_small(built).publish(tmp_path / "out")
    wanted = whole(tmp_path / "out")
    for to in (f"{url}/set", "memory://publish/set", f"file://{tmp_path}/by-url"):
        assert open_small(built).publish(to)["sent"]
        assert not open_small(built).publish(to)["sent"]
    bucket, memory = Bucket(f"{url}/set"), fsspec.filesystem("memory")
    assert {file.name: bucket.read(file.name, 1 << 30) for file in bucket.list("")} == wanted
    assert {name.removeprefix("/publish/set/"): memory.cat_file(name) for name in memory.find("/publish/set")} == wanted
    assert whole(tmp_path / "by-url") == wanted
    edit(built / "recipes/small.yaml", "letters > 20", "letters > 40")
    open_small(built).build()
    for to in (f"{url}/set", "memory://publish/set"):
        assert open_small(built).publish(to)["deleted"]
    open_small(built).publish(tmp_path / "out")
    assert {file.name: bucket.read(file.name, 1 << 30) for file in bucket.list("")} == whole(tmp_path / "out")
    memory.rm("/publish", recursive=True)


def test_a_corpus_without_documents_is_a_config_that_can_be_loaded(tmp_path: Path) -> None:
    folder = tiny(tmp_path, one("{score: letters}, {keep: {long: letters > 9000}}"), texts(9))
    open_small(folder).build()
    assert open_small(folder).publish(tmp_path / "out")["configs"] == {"web": {"documents": 0, "files": 1}}
    assert read(tmp_path / "out", "web").schema["letters"] == pl.Int64()


def test_what_must_not_go_out_does_not(built: Path, tmp_path: Path) -> None:
    (tmp_path / "unbuilt").mkdir()
    unbuilt = tiny(tmp_path / "unbuilt", one("{score: letters}"), texts(9))
    with pytest.raises(CurateError, match=r"is not built: web/parquet is missing; run `curate build small` first"):
        open_small(unbuilt).publish(tmp_path / "out")
    licensed = texts(9, license=["MIT"] * 8 + ["Proprietary, all rights reserved"])
    (tmp_path / "licensed").mkdir()
    folder = tiny(tmp_path / "licensed", one("{score: letters}"), licensed)
    open_small(folder).build()
    with pytest.raises(
        CurateError, match=r"corpus web is proprietary, which forbids passing it on .* cannot be published"
    ):
        open_small(folder).publish(tmp_path / "out")
    with pytest.raises(CurateError, match=r"small@50%: is a sample, which is not published; publish small"):
        open_small(built).sampled("50%").publish(tmp_path / "out")
    edit(built / "recipes/small.lock", "resolved", "Resolved")
    with pytest.raises(CurateError, match="does not say what is stored"):
        open_small(built).publish(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_damage_is_found_before_anything_goes_out(built: Path, tmp_path: Path) -> None:
    recipe = open_small(built)
    node = recipe.planned["web/upper"]
    piece = next(recipe.store.object(recipe.built.done[node.plan_key].key).glob("*.parquet"))
    stat, data = piece.stat(), bytearray(piece.read_bytes())
    data[len(data) // 2] ^= 1
    piece.write_bytes(data)
    os.utime(piece, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(CurateError, match=r"its bytes are not those of the manifest; curate build small"):
        open_small(built).publish(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_place_that_holds_something_else_is_left_alone(built: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.tex").write_text("mine")
    with pytest.raises(CurateError, match=r"holds 'thesis.tex', which no publish wrote; name an empty place"):
        open_small(built).publish(tmp_path / "out")
    (tmp_path / "out/thesis.tex").rename(tmp_path / "out/publish.json")
    with pytest.raises(CurateError, match=r"its publish.json is none of ours"):
        open_small(built).publish(tmp_path / "out")
    (tmp_path / "out/publish.json").write_text('{"recipe": "another"}')
    with pytest.raises(CurateError, match=r"holds the recipe 'another'; name another place"):
        open_small(built).publish(tmp_path / "out")
    for data in ("[" * 100_000, "[]", "{}", "\\xff"):
        (tmp_path / "out/publish.json").write_text(data)
        with pytest.raises(CurateError, match=r"its publish.json is none of ours"):
            open_small(built).publish(tmp_path / "out")
    for to, said in (
        ("hf://datasets/small", "write hf://datasets/ORG/NAME"),
        ("nowhere://x", "nowhere"),
        ("file://tmp/out", "names the machine 'tmp'; write file:///path"),
    ):
        with pytest.raises(CurateError, match=said):
            open_small(built).publish(to)


def test_the_command_says_what_it_did(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(built)
    for args, said in (
        (["--dry-run"], "would be sent, 0 there already"),
        ([], " sent, 0 there already"),
        ([], "are there already; nothing to do"),
    ):
        with pytest.raises(SystemExit) as done:
            main(["publish", "small", "--to", str(tmp_path / "out"), *args])
        assert done.value.code == 0
        assert said in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["publish", "small", "--to", str(tmp_path / "out"), "--json"])
    assert json.loads(capsys.readouterr().out)["sent"] == []


def test_a_config_of_no_shards_has_a_file_of_no_rows(tmp_path: Path) -> None:
    rows = SimpleNamespace(frames=[], schema={"id": pl.String(), "n": pl.Int64()})
    (made,) = publish_files.files_of("web", rows, tmp_path)
    assert made.rows == 0 and pl.read_parquet(made.path).schema == {"id": pl.String(), "n": pl.Int64()}


def test_files_without_rows_are_left_out_where_another_has_some(tmp_path: Path) -> None:
    schema = {"id": pl.String()}
    empty, full = pl.DataFrame(schema=schema), pl.DataFrame({"id": ["a"]})
    for heights, rows in (([0] * 40, [0]), ([0] * 20 + [1] * 20, [12, 8]), ([0] * 39 + [1], [1])):
        frames = [("web", full if height else empty) for height in heights]
        made = list(publish_files.files_of("web", SimpleNamespace(frames=frames, schema=schema), tmp_path))
        assert [one.rows for one in made] == rows
        assert len({one.name for one in made}) == len(made)


def test_the_card_of_a_mixture_alone_counts_the_documents_that_the_mixture_uses(tmp_path: Path) -> None:
    recipe = """
        recipe: small
        corpora: {web: {read: parquet, files: data/*, steps: [{score: letters}]}}
        tokenizer: {train: bpe, vocab: 300, of: [web]}
        mixture: {tokens: 64, seq_len: 16, stages: [{until: 100%, weights: {web: 1}}]}
    """
    licensed = texts(30, license=["MIT"] * 30)
    opened = open_small(tiny(tmp_path, recipe, licensed))
    opened.build()
    used = opened.sql("select distinct id from mixture").height
    assert 0 < used < 30
    assert opened.publish(tmp_path / "out", only="mixture")["configs"]["mixture"]["documents"] == used
    said = (tmp_path / "out" / CARD).read_text("utf-8")
    assert front(tmp_path / "out")["curate"]["documents"] == used
    assert f"{used} documents in 1 corpus; " in said
    assert f"| `web` | {used} | 0 | 0.00% |" in said
    opened.publish(tmp_path / "out", only=["mixture", "web"])
    assert front(tmp_path / "out")["curate"]["documents"] == 30


@pytest.mark.parametrize("to", ["http://[x", "file://[::1", "s3://[x/y"])
def test_an_address_that_is_none_is_one_line(tmp_path: Path, to: str) -> None:
    with pytest.raises(CurateError, match="is no address: Invalid IPv6 URL"):
        place_of(to, tmp_path)
