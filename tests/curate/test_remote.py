"""A store with a bucket behind it, on a real S3-protocol server: a second checkout, damage, races, kills."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import curate
from curate.artifact import Damaged
from curate.errors import CurateError
from curate.foreign import files, parsed, sides
from curate.models.base import Request
from curate.models.fake import Parrot
from curate.models.replies import Asker, Recorded
from curate.objects import push, store_of, usage
from curate.profile import Profile
from curate.remote import for_each
from curate.report import Report
from curate.store import Store
from tests.curate import bucket
from tests.curate.corpus import contents, make_project, objects, one, open_small, texts, tiny


class Notes(Report):
    """Keeps what a user would have been told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture
def pushed(tmp_path: Path, url: str) -> Path:
    """A checkout that was built and pushed."""
    folder = tmp_path / "a"
    folder.mkdir()
    recipe = open_small(make_project(folder), remote=url)
    recipe.build()
    found = recipe.push()
    assert (len(found["copied"]), found["there"], found["drift"]) == (len(recipe.planned.nodes), [], [])
    return folder


@pytest.fixture
def second(pushed: Path, tmp_path: Path) -> Path:
    """Another checkout of it, with an empty store."""
    return bucket.copy(pushed, tmp_path / "b")


def here(folder: Path) -> list[str]:
    """Names of the nodes whose objects are in a project's own store."""
    store = Store(folder / ".curate").create()
    return sorted(store.manifest(key).name for key in store.keys())  # noqa: SIM118


def key_of(folder: Path, name: str) -> str:
    recipe = open_small(folder)
    return recipe.built.done[recipe.planned[name].plan_key].key


# a second checkout


def test_a_second_checkout_ends_with_the_same_digests_and_runs_no_step(pushed: Path, second: Path, url: str) -> None:
    other = open_small(second, remote=url)
    assert other.build(locked=True)["ran"] == []
    assert contents(other) == contents(open_small(pushed))
    assert here(second) == []
    assert (second / "recipes/small.lock").read_bytes() == (pushed / "recipes/small.lock").read_bytes()
    assert other.pull()["missing"] == []
    assert objects(second / ".curate") == objects(pushed / ".curate")


def test_figures_come_from_manifests_and_documents_bring_their_files(pushed: Path, second: Path, url: str) -> None:
    mine, other = open_small(pushed), open_small(second, remote=url)
    assert [row["state"] for row in other.plan()] == ["stored"] * len(other.planned.nodes)
    assert other.funnel() == mine.funnel()
    assert other.diff() == mine.diff()
    assert other.status()["to_do"] == 0
    for view in ("funnel", "fates", "sources"):
        query = f"select * from {view}"
        assert other.sql(query).equals(mine.sql(query))
    assert here(second) == []
    query = "select * from documents order by all"
    assert other.sql(query).equals(mine.sql(query))
    assert len(here(second)) == len(mine.planned.nodes)


def test_what_is_known_from_the_remote_is_known_when_it_is_away(
    second: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_small(second, remote=url)
    first.store.create()
    assert first.status()["to_do"] == 0
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert open_small(second, remote=url).status()["to_do"] == 0
    with pytest.raises(CurateError, match=r"the remote cannot be reached; curate build small makes it again") as error:
        open_small(second, remote=url).sql("select * from documents")
    assert "\n" not in str(error.value)


def test_a_changed_clause_brings_only_what_it_reads_and_computes_only_what_changed(
    pushed: Path, second: Path, url: str
) -> None:
    for folder in (pushed, second):
        path = folder / "recipes/small.yaml"
        path.write_text(path.read_text().replace("letters > 20", "letters > 10"))
    notes = Notes()
    result = open_small(second, remote=url).build(report=notes)
    assert notes.lines == []
    assert "web/parquet" not in result["ran"] and "web/digits" not in result["ran"]
    assert "web/upper" in result["ran"]
    open_small(pushed).build()
    assert contents(open_small(second, remote=url)) == contents(open_small(pushed))
    assert "web/repeat" in here(second)


def test_what_the_store_lacks_of_a_fit_is_brought(tmp_path: Path, url: str) -> None:
    recipe = one("{score: letters}") + "tokenizer: {train: bpe, vocab: 300, of: [web]}\n"
    recipe += "mixture: {tokens: 200, seq_len: 32, stages: [{until: 100%, weights: {web: 100%}}]}\n"
    (tmp_path / "a").mkdir()
    folder = tiny(tmp_path / "a", recipe, texts(60))
    mine = open_small(folder, remote=url)
    mine.build()
    mine.push()
    other = bucket.copy(folder, tmp_path / "b")
    result = open_small(other, remote=url).build(locked=True)
    assert result["ran"] == []
    assert here(other) == ["mixture"]
    assert (Path(result["mixture"]) / "index.parquet").is_file()
    path = other / "recipes/small.yaml"
    path.write_text(path.read_text().replace("tokens: 200", "tokens: 300"))
    assert open_small(other, remote=url).build()["ran"] == ["mixture"]
    assert set(here(other)) == {"mixture", "tokenizer", "web/parquet", "web/tokenize"}
    assert "web/letters" not in here(other), "a column that nothing reads stays where it is"


@pytest.mark.parametrize(
    "look",
    [
        lambda recipe: recipe.sql("select * from documents order by all"),
        lambda recipe: recipe.sample("web"),
        lambda recipe: recipe.sample("web/upper"),
        lambda recipe: recipe.trace(text="alpha"),
        lambda recipe: recipe.whatif("web", "letters > 10"),
        lambda recipe: recipe.whatif("web", "letters > 10", n=0),
    ],
    ids=["sql", "sample", "sample of a step", "trace", "whatif", "whatif without examples"],
)
def test_looking_is_the_first_thing_that_a_second_checkout_does(
    pushed: Path, second: Path, url: str, look: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, mine = look(open_small(second, remote=url)), look(open_small(pushed))
    assert str(found) == str(mine)
    shutil.rmtree(second / ".curate/objects")
    assert open_small(second, remote=url).verify() == []
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(CurateError, match="the remote cannot be reached; curate build small makes it again"):
        look(open_small(second, remote=url))


def test_tokens_of_a_clause_are_estimated_from_what_is_brought(tmp_path: Path, url: str) -> None:
    recipe = one("{score: length}, {keep: {long: length > 30}}") + "tokenizer: {train: bpe, vocab: 300, of: [web]}\n"
    recipe += "mixture: {tokens: 200, seq_len: 32, stages: [{until: 100%, weights: {web: 100%}}]}\n"
    (tmp_path / "a").mkdir()
    folder = tiny(tmp_path / "a", recipe, texts(60))
    mine = open_small(folder, remote=url)
    mine.build()
    mine.push()
    other = open_small(bucket.copy(folder, tmp_path / "b"), remote=url)
    assert other.whatif("web", "length > 40") == mine.whatif("web", "length > 40")


def test_a_store_that_is_not_there_yet_has_nothing(second: Path, url: str) -> None:
    assert open_small(second, remote=url).verify() == []
    assert Store(second / "nowhere").keys() == []
    assert usage(Store(second / "nowhere"))["recipes"] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("AWS_ENDPOINT_URL", "http://me:SECRET@127.0.0.1:9"), ("AWS_ACCESS_KEY_ID", "SECRET\nx")],
    ids=["endpoint", "key"],
)
def test_no_error_shows_a_password(
    pushed: Path, url: str, name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(CurateError) as error:
        open_small(pushed, remote=url).pull()
    assert "SECRET" not in str(error.value) and "\n" not in str(error.value)
    for place in ("https://me:SECRET@host/x", "s3://me:SECRET@bucket/x"):
        with pytest.raises(CurateError) as error:
            open_small(pushed, remote=place).pull()
        assert "SECRET" not in str(error.value)


# what is wrong over there


def altered(change: Callable[[dict[str, Any]], object]) -> Callable[[str, str, dict[str, Any]], None]:
    def alter(url: str, key: str, manifest: dict[str, Any]) -> None:
        manifest.pop("digest", None)  # who means to harm leaves it out, as old manifests do
        change(manifest)
        bucket.change(url, f"objects/{key}/manifest.json", json.dumps(manifest).encode())

    return alter


def shard(url: str, key: str, manifest: dict[str, Any]) -> tuple[str, bytes]:
    name = f"objects/{key}/{manifest['content']}/{manifest['shards'][0]['name']}"
    return name, bucket.read(url, name)


def flip(url: str, key: str, manifest: dict[str, Any]) -> None:
    name, data = shard(url, key, manifest)
    bucket.change(url, name, data[:40] + bytes([data[40] ^ 1]) + data[41:])


def cut(url: str, key: str, manifest: dict[str, Any]) -> None:
    name, data = shard(url, key, manifest)
    bucket.change(url, name, data[:-7])


def lose(url: str, key: str, manifest: dict[str, Any]) -> None:
    bucket.change(url, shard(url, key, manifest)[0], None)


def garble(url: str, key: str, manifest: dict[str, Any]) -> None:
    bucket.change(url, f"objects/{key}/manifest.json", b"{" * 100_000)


def rename(name: str) -> Callable[[dict[str, Any]], None]:
    def change(manifest: dict[str, Any]) -> None:
        from curate.artifact import Manifest, content_of

        manifest["shards"][0]["name"] = name
        manifest["content"] = content_of(Manifest.parse(json.dumps(manifest)).shards)

    return change


DAMAGES = {
    "flipped": flip,
    "cut": cut,
    "lost": lose,
    "garbled": garble,
    "another key": altered(lambda m: m.update(key="0" * 32)),
    "another identity": altered(lambda m: m["identity"].update(self={})),
    "another digest": altered(lambda m: m["shards"][0].update(sha256="0" * 64)),
    "no digest": altered(lambda m: m["shards"][0].update(sha256=None)),
    "no count": altered(lambda m: m["shards"][0].update(rows="many")),
    "facts that are none": altered(lambda m: m.update(facts=[1])),
    "a number that is none": altered(lambda m: m.update(facts={"x": float("nan")})),
    "no name": altered(lambda m: m.update(name=None)),
    "no schema": altered(lambda m: m.update(schema=["text"])),
    "an unknown type": altered(lambda m: m["schema"].update(text="Nothing")),
    "unknown field": altered(lambda m: m.update(more=1)),
    "a name upwards": altered(rename("../../../../evil.parquet")),
    "a name from the root": altered(rename("/tmp/evil.parquet")),
    "the manifest's name": altered(rename("manifest.json")),
    "a control character": altered(rename("a\nb.parquet")),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_broken_object_of_the_remote_is_refused_and_never_used(
    pushed: Path, second: Path, url: str, damage: Callable[[str, str, dict[str, Any]], None]
) -> None:
    key = key_of(pushed, "web/copies")
    damage(url, key, json.loads(bucket.read(url, f"objects/{key}/manifest.json")))
    with pytest.raises(CurateError, match=f"remote objects/{key}/.*; it is not used") as error:
        open_small(second, remote=url).pull()
    assert "\n" not in str(error.value)
    assert "web/copies" not in here(second)
    assert not [*(second / ".curate/drafts").iterdir()]
    assert not [*second.parent.rglob("evil*")]
    notes = Notes()
    other = open_small(second, remote=url)
    other.build(locked=True, report=notes)
    if "web/copies" in here(second):  # its manifest was refused
        assert "manifest.json: cannot be used" in notes.lines[0]
    else:
        with pytest.raises(CurateError, match="curate build small makes it again"):
            other.sql("select * from documents")
        assert open_small(second, remote=url).build(locked=True)["ran"] == ["web/copies"]
    query = "select * from documents order by all"
    assert open_small(second, remote=url).sql(query).equals(open_small(pushed).sql(query))
    assert contents(open_small(second, remote=url)) == contents(open_small(pushed))


def provenance(folder: Path) -> dict[str, bytes]:
    """Side files of every object of a project's store."""
    store = folder / ".curate/objects"
    return {str(path.relative_to(store)): path.read_bytes() for path in store.rglob("*.provenance.parquet")}


def test_where_each_record_stood_goes_along_and_is_checked(tmp_path: Path, url: str) -> None:
    (tmp_path / "a/recipes").mkdir(parents=True)
    recipe = "recipe: small\ncorpora:\n  web: {read: warc, files: 'embedded:crawl?pages=20', steps: [{extract: html_math}]}\n"
    (tmp_path / "a/recipes/small.yaml").write_text(recipe)
    mine = open_small(tmp_path / "a", remote=url)
    mine.build(through="web/warc")
    mine.push()
    other = bucket.copy(tmp_path / "a", tmp_path / "b")
    open_small(other, remote=url).pull()
    assert provenance(other) == provenance(tmp_path / "a") != {}
    name = next(name for name in bucket.names(url) if name.endswith(".provenance.parquet"))
    bucket.change(url, name, bucket.read(url, name)[:-1] + b"x")
    with pytest.raises(CurateError, match=r"provenance.parquet: its bytes are not those that it is listed with"):
        open_small(bucket.copy(tmp_path / "a", tmp_path / "c"), remote=url).pull()
    key = name.split("/")[1]
    manifest = parsed(key, bucket.read(url, f"objects/{key}/manifest.json"))
    whole = json.loads(bucket.read(url, f"{name.rpartition('/')[0]}/sides.json"))
    assert [one[0] for one in sides(manifest, json.dumps(whole).encode())] == [*whole]
    for bad in ("../x.provenance.parquet", "x.parquet", manifest.shards[0].name):
        with pytest.raises(Damaged, match=r"sides.json: cannot be used"):
            sides(manifest, json.dumps({bad: [1, "0" * 64]}).encode())


def test_a_build_that_needs_a_broken_object_makes_it_here_and_says_so(pushed: Path, second: Path, url: str) -> None:
    key = key_of(pushed, "web/copies")
    flip(url, key, json.loads(bucket.read(url, f"objects/{key}/manifest.json")))
    path = second / "recipes/small.yaml"
    path.write_text(path.read_text().replace("as: digits_after", "as: digits_then"))
    notes = Notes()
    assert open_small(second, remote=url).build(report=notes)["ran"][0] == "web/copies"
    assert notes.lines[0].startswith(
        f"remote objects/{key}/00000.parquet: its bytes are not those that it is listed with"
    )
    assert len(notes.lines) == 1


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "error sending request"),
        ({"CURATE_REMOTE": "s3://no-such-bucket/x"}, "there is no such bucket"),
    ],
    ids=["down", "no bucket"],
)
def test_a_remote_that_is_away_is_said_once_and_the_build_goes_on(
    tmp_path: Path, url: str, environment: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURATE_REMOTE", url)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    folder, notes = make_project(tmp_path), Notes()
    assert open_small(folder).build(report=notes)["ran"]
    assert len(notes.lines) == 1
    assert notes.lines[0].startswith("the remote cannot be reached: ") and said in notes.lines[0]
    for copy in (open_small(folder).push, open_small(folder).pull):
        with pytest.raises(CurateError, match=said) as error:
            copy()
        assert "\n" not in str(error.value)


def test_what_is_no_remote_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_project(tmp_path)
    with pytest.raises(CurateError, match=r"a store is a folder; put a bucket behind it with remote = 's3://b/x'"):
        open_small(folder, store="s3://b/x").build()
    with pytest.raises(CurateError, match="a remote is a bucket"):
        open_small(folder, remote="/mnt/share").build()
    with pytest.raises(CurateError, match="this store has no remote"):
        open_small(folder).pull()


def test_a_disk_that_cannot_be_written_is_one_line(pushed: Path, second: Path, url: str) -> None:
    name = "replies/" + "0" * 32 + "/" + "1" * 32 + ".parquet"
    bucket.change(url, name, b"x")
    store = Store(second / ".curate").create()
    (store.root / "replies" / ("0" * 32)).write_bytes(b"")
    with pytest.raises(CurateError, match="what was copied is whole"):
        open_small(second, remote=url).pull()


# pinned results


@pytest.fixture
def drifting(tmp_path: Path, url: str) -> tuple[Path, Path]:
    """Two built checkouts whose step gives different bytes under the same key; the first is pushed."""
    step = """
        @score
        def chance(docs: pl.DataFrame) -> pl.Series:
            import os
            return pl.Series([int(os.environ["CHANCE"])] * docs.height, dtype=pl.Int64)
    """
    made = []
    for name, chance in (("a", "1"), ("b", "2")):
        (tmp_path / name).mkdir()
        os.environ["CHANCE"] = chance
        folder = tiny(
            tmp_path / name,
            one("{score: chance}, {keep: {all: chance > 0}}"),
            texts(5),
            steps={"score/chance.py": step},
        )
        open_small(folder).build()
        made.append(folder)
    open_small(made[0], remote=url).push()
    return made[0], made[1]


def test_drift_is_told_and_the_first_manifest_stays(drifting: tuple[Path, Path], url: str) -> None:
    first, other = drifting
    key = key_of(first, "web/chance")
    assert key == key_of(other, "web/chance")
    before = bucket.read(url, f"objects/{key}/manifest.json")
    assert open_small(other, remote=url).push()["drift"] == [key]
    assert open_small(other, remote=url).pull()["drift"] == [key]
    assert bucket.read(url, f"objects/{key}/manifest.json") == before
    manifest = parsed(key, before)
    assert len(bucket.names(url, f"objects/{key}/{manifest.content}")) == len([*files(manifest)])


def test_a_locked_build_takes_what_the_lock_says(drifting: tuple[Path, Path], url: str) -> None:
    first, other = drifting
    (other / "recipes/small.lock").write_bytes((first / "recipes/small.lock").read_bytes())
    with pytest.raises(CurateError, match="not what the lock says"):
        open_small(other).build(locked=True)
    assert open_small(other, remote=url).build(locked=True)["ran"] == []
    assert open_small(other, remote=url).sql("select distinct chance from documents").item() == 1


def test_a_locked_build_does_not_take_what_the_lock_does_not_say(
    drifting: tuple[Path, Path], url: str, tmp_path: Path
) -> None:
    other = bucket.copy(drifting[1], tmp_path / "c")
    notes = Notes()
    assert "web/chance" in open_small(other, remote=url).build(locked=True, report=notes)["ran"]
    assert "its content is not what the lock says; not used" in notes.lines[0]


def test_two_that_push_at_once_leave_one_manifest_and_its_files(drifting: tuple[Path, Path], url: str) -> None:
    del url
    place = bucket.new_bucket()
    with ThreadPoolExecutor(2) as pool:
        found = [*pool.map(lambda folder: open_small(folder, remote=place).push(), drifting)]
    key = key_of(drifting[0], "web/chance")
    assert sum(key in one["copied"] for one in found) == 1
    assert sum(key in one["drift"] for one in found) == 1
    for name in bucket.names(place):
        assert name.count("/") == 2 or bucket.read(place, name)
    store = Store(drifting[0].parent / "c").create()
    for each in found[0]["copied"] + found[0]["there"] + found[0]["drift"]:
        remote = store_of(Profile(remote=place, store=str(store.root)), store.root).remote
        assert remote
        remote.pull(store, parsed(each, bucket.read(place, f"objects/{each}/manifest.json")))
        assert store.check(each, deep=True)


def test_replies_go_with_a_push_and_come_with_a_pull(pushed: Path, second: Path, url: str) -> None:
    requests = [Request("1 + 1"), Request("2 + 2")]
    replies = [*Recorded(Parrot(), pushed / ".curate/replies", asker=Asker("me")).answers(requests)]
    assert open_small(pushed, remote=url).push()["replies"] == 1
    assert open_small(pushed, remote=url).push()["replies"] == 0
    assert open_small(second, remote=url).pull()["replies"] == 1
    assert [*Recorded(Parrot(), second / ".curate/replies").answers(requests)] == replies
    segment = next(name for name in bucket.names(url, "replies") if name.endswith(".parquet"))
    bucket.change(url, segment, b"torn")
    for path in (second / ".curate/replies").rglob("*.parquet"):
        path.unlink()
    with pytest.raises(CurateError, match="its bytes are not those of its name"):
        open_small(second, remote=url).pull()
    assert not [*(second / ".curate/replies").rglob("*.parquet")] and not [
        *(second / ".curate/replies").rglob(".pull*")
    ]


def test_segments_that_were_merged_are_not_fetched_again(
    pushed: Path, second: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curate.models.merging.FANOUT", 3)
    model = Recorded(Parrot(), pushed / ".curate/replies", asker=Asker("me"))
    for number in range(2):
        assert len([*model.answers([Request(f"{number} + 1")])]) == 1
        assert open_small(pushed, remote=url).push()["replies"] == 1
    assert open_small(second, remote=url).pull()["replies"] == 2
    assert len([*model.answers([Request("2 + 1")])]) == 1
    assert len([*model.folder.glob("*.parquet")]) == 1
    assert open_small(pushed, remote=url).pull()["replies"] == 0
    assert open_small(pushed, remote=url).push()["replies"] == 1
    assert len([name for name in bucket.names(url, "replies") if name.endswith(".parquet")]) == 3
    assert not [
        name for name in bucket.names(url, "replies") if "journal" in name or "lock" in name or "claims" in name
    ]
    assert open_small(second, remote=url).pull()["replies"] == 1
    for path in (second / ".curate/replies").rglob("*.parquet"):
        path.unlink()
    assert 1 <= open_small(second, remote=url).pull()["replies"] <= 3
    again = Recorded(Parrot(), second / ".curate/replies")
    assert len([*again.answers(Request(f"{number} + 1") for number in range(3))]) == 3


def test_a_profile_can_push_what_a_build_makes(tmp_path: Path, url: str) -> None:
    folder = make_project(tmp_path)
    (folder / "profiles").mkdir()
    (folder / "profiles/team.toml").write_text(f'executor = "inline"\nremote = "{url}"\npush = true\n')
    recipe = curate.open("small", project=folder, profile="team")
    recipe.build()
    assert len([name for name in bucket.names(url) if name.endswith("manifest.json")]) == len(recipe.planned.nodes)


# kills


def curated(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "curate", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ,
    )


def killed_when(process: subprocess.Popen[bytes], ready: Callable[[], bool]) -> None:
    while not ready() and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize("many", [1, 4, 9])
def test_a_push_that_was_killed_leaves_nothing_half_that_counts(
    pushed: Path, second: Path, many: int, url: str
) -> None:
    place = bucket.new_bucket()
    killed_when(curated(pushed, "store", "push", "--remote", place), lambda: len(bucket.names(place)) >= many)
    keys = [name.split("/")[1] for name in bucket.names(place) if name.endswith("manifest.json")]
    for key in keys:
        manifest = parsed(key, bucket.read(place, f"objects/{key}/manifest.json"))
        for name, size, _ in files(manifest):
            assert len(bucket.read(place, f"objects/{key}/{manifest.content}/{name}")) == size
    recipe = open_small(pushed, remote=place)
    again = recipe.push()
    assert sorted(again["there"]) == sorted(keys)
    assert open_small(second, remote=place).pull()["missing"] == []
    assert objects(second / ".curate") == objects(pushed / ".curate")


@pytest.mark.parametrize("many", [1, 4])
def test_a_pull_that_was_killed_leaves_nothing_half_that_counts(
    pushed: Path, second: Path, many: int, url: str
) -> None:
    store = Store(second / ".curate").create()

    def ready() -> bool:
        return len([*(store.root / "objects").iterdir()]) >= many or (
            many == 1 and any((store.root / "drafts").iterdir())
        )

    killed_when(curated(second, "store", "pull", "small", "--remote", url), ready)
    for key in store.keys():  # noqa: SIM118
        store.check(key, deep=True)
    assert open_small(second, remote=url).pull()["missing"] == []
    assert objects(second / ".curate") == objects(pushed / ".curate")


def test_two_that_pull_at_once_both_finish(pushed: Path, second: Path, url: str) -> None:
    both = [curated(second, "store", "pull", "--remote", url, "--json") for _ in range(2)]
    said = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert objects(second / ".curate") == objects(pushed / ".curate")


def test_the_program_says_what_it_copied(pushed: Path, second: Path, url: str) -> None:
    total = len(open_small(pushed).planned.nodes)
    out, _ = curated(pushed, "store", "push", "small", "--remote", url).communicate()
    assert out.decode() == f"0 objects pushed, {total} there already, 0 reply segments pushed\n"
    out, _ = curated(second, "store", "pull", "--remote", url).communicate()
    assert out.decode() == f"{total} objects pulled, 0 there already, 0 reply segments pulled\n"
    refused = curated(second, "store", "pull", "--remote", "s3://no-such-bucket/x")
    _, said = refused.communicate()
    assert refused.returncode == 2
    assert said.decode() == "curate: s3://no-such-bucket/x: there is no such bucket\n"


def test_push_of_nothing_new_sends_nothing(pushed: Path, url: str) -> None:
    before = bucket.names(url)
    store = store_of(Profile(remote=url, store=str(pushed / ".curate")), pushed)
    assert push(store, store.keys())["copied"] == []
    assert bucket.names(url) == before


@pytest.mark.parametrize(
    "asked",
    [
        "bucket.read('x', 9)",
        "bucket.create('x', b'1')",
        "bucket.send('x', Path(sys.executable))",
        "bucket.fetch('x', Path(sys.argv[1]))",
        "bucket.look('x')",
        "bucket.delete('x')",
        "[*bucket.list('')]",
        "for_each(lambda name: bucket.read(name, 9), 'xyz')",
    ],
)
def test_ctrl_c_does_not_wait_for_a_bucket_that_never_answers(tmp_path: Path, asked: str) -> None:
    code = (
        "import sys; from pathlib import Path; import polars; from curate.objectstore import Bucket; "
        f"from curate.remote import for_each; bucket = Bucket('s3://b/x'); {asked}"
    )  # polars lets system calls go on after a signal
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(30)
        keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-1"}
        where = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        command = [sys.executable, "-c", code, str(tmp_path / "file")]
        process = subprocess.Popen(command, env=os.environ | keys | where, stderr=subprocess.PIPE, text=True)
        with process, silent.accept()[0] as connection:
            connection.recv(1)
            process.send_signal(signal.SIGINT)
            started = time.monotonic()
            _, said = process.communicate(timeout=30)
    assert time.monotonic() - started < 10
    assert process.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in said


def test_the_first_error_of_several_ends_them_when_those_under_way_are_done() -> None:
    done: list[int] = []

    def work(n: int) -> None:
        if n == 2:
            raise CurateError("no")
        time.sleep(0.05)
        done.append(n)

    heard: list[int] = []
    with pytest.raises(CurateError, match=r"^no$"):
        for_each(work, range(100), lambda n, _: heard.append(n))
    assert {0, 1} <= {*done}
    assert len(heard) == 2
    before = len(done)
    time.sleep(0.2)
    assert len(done) == before < 50
    for_each(work, [])
    for_each(work, [7, 8])
    assert done[before:] == [7, 8] or done[before:] == [8, 7]


@pytest.mark.parametrize("damage", ["cut", "gone", "marked"])
def test_a_push_mends_what_the_remote_has_lost(pushed: Path, second: Path, url: str, damage: str) -> None:
    name = next(n for n in bucket.names(url) if key_of(pushed, "web/letters") in n and n.endswith(".parquet"))
    data = bucket.read(url, name)
    bucket.change(url, name, {"cut": data[:-9], "gone": None, "marked": bytes(len(data))}[damage])
    store = store_of(Profile(remote=url, store=str(pushed / ".curate")), pushed)
    if damage == "marked":  # as long as it was: only who reads it sees that it is broken
        (store.root / "cache" / "manifests").mkdir(parents=True, exist_ok=True)
        (store.root / "cache" / "manifests" / f"{key_of(pushed, 'web/letters')}.broken").touch()
    assert push(store, store.keys())["copied"] == [key_of(pushed, "web/letters")]
    assert bucket.read(url, name) == data
    assert push(store, store.keys())["copied"] == []
    open_small(second, remote=url).documents("web/letters")


@pytest.mark.slow
def test_long_cot_in_a_second_checkout_runs_no_step(tmp_path: Path, url: str) -> None:
    recipe = "recipe: mine\nextends: long-cot\ncorpora:\n  web: {files: 'embedded:crawl?pages=300'}\nmixture: {tokens: 150k}\n"
    for name in ("a", "b"):
        (tmp_path / name / "recipes").mkdir(parents=True)
        (tmp_path / name / "recipes/mine.yaml").write_text(recipe)
    mine = curate.open("mine", project=tmp_path / "a", remote=url)
    mine.build()
    mine.push()
    (tmp_path / "b/recipes/mine.lock").write_bytes((tmp_path / "a/recipes/mine.lock").read_bytes())
    other = curate.open("mine", project=tmp_path / "b", remote=url)
    assert other.build(locked=True)["ran"] == []
    assert contents(other) == contents(mine)
    assert here(tmp_path / "b") == ["mixture"]
