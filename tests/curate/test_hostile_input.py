"""What strangers can write or serve costs no more than an honest one, and names that they choose lead nowhere."""

import http.server
import json
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import listings, sources
from curate.clauses import parse
from curate.cli.common import emit
from curate.errors import CurateError
from curate.evals.models import served
from curate.hub import place_of
from curate.launch import chain
from curate.lock import Lock
from curate.models import launch
from curate.models._completions import Fault, Stream, code, told
from curate.profile import ModelSettings, load_profile
from curate.report import Bars, Lines
from curate.schema import dtype_of
from curate.words import printable

STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202e\u2066]")
EVIL = "\x1b]0;x\x07\x9b31m\u202eevil\u2066\r\x7f\u200b"


# terminals


@given(st.text(st.characters(), max_size=20))
def test_json_for_programs_says_the_same_and_steers_no_terminal(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        said: list[str] = []
        patch.setattr("click.echo", said.append)
        emit({"key" + EVIL: [text, EVIL]})
    assert not STEERING.search(said[0])
    assert json.loads(said[0]) == {"key" + EVIL: [text, EVIL]}


@pytest.mark.parametrize("report", [Lines(), Bars()])
def test_what_a_build_notes_steers_no_terminal(report: Lines, capsys: pytest.CaptureFixture[str]) -> None:
    report.note(f"a server said {EVIL}")
    said = capsys.readouterr().err
    assert "evil" in said and not STEERING.search(said)
    assert printable("a\n\tb") == "a\n\tb"


# a model's server


def test_a_line_costs_what_its_length_is_however_it_is_cut() -> None:
    stream, started = Stream(True), time.process_time()
    for _ in range(200_000):
        stream.add(b"x" * 8)
    assert time.process_time() - started < 2
    with pytest.raises(Fault, match="ended before the reply did"):
        stream.answer()


@pytest.mark.parametrize("depth", [900, 1005, 1023, 3000])
def test_an_error_of_any_depth_is_told(depth: int) -> None:
    deep = b"[" * depth + b"]" * depth
    for body in (b'{"error":' + deep + b"}", b'{"error":{"code":' + deep + b"}}"):
        assert len(told(body)) <= len(body) and code(body) in ("json", "")
        with pytest.raises(Fault):
            Stream(True).add(b"data: " + body + b"\n")


# locks, profiles, cards, listings


def test_a_lock_with_aliases_is_none() -> None:
    lines = [
        "recipe: x",
        "inputs: {}",
        "outputs:",
        "  a: {key: k, content: c, canaries: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]}",
    ]
    for n in range(1, 30):
        lines.append(f"  b{n}: {{key: k, content: c, canaries: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]}}")
    for text in ("\n".join(lines), 'recipe: x\ninputs: {}\noutputs: {"a": &a {"key": k, "content": c, "of":*a}}'):
        with pytest.raises(CurateError, match="is not a lock"):
            Lock.parse(text, "x.lock")
    stars = '"a*b": {"key": "k*", "content": "*c"}'
    assert Lock.parse(f"recipe: x\ninputs: {{}}\noutputs: {{{stars}}}", "x.lock").nodes == {
        "a*b": {"key": "k*", "content": "*c"}
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe", "is not UTF-8"),
        (b"a=" + b"[" * 5000, "nested too deep"),
        (b"workers=" + b"9" * 5000, "not valid TOML"),
        (b"#" * 1_000_001, "larger than 1 MB"),
        (b"workers = '\x00'", "not valid TOML"),
    ],
)
def test_a_profile_that_is_none_is_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "odd.toml").write_bytes(content)
    with pytest.raises(CurateError, match=said) as refused:
        load_profile("odd", tmp_path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["Array", "Enum", "Struct", "List(" * 200 + "String" + ")" * 200, "dtype_of", "DataFrame"]
)
def test_a_type_that_needs_more_than_its_name_is_refused(text: str) -> None:
    with pytest.raises(CurateError, match="cannot be stored"):
        dtype_of(text)


def slowly(name: list[str], pattern: list[str]) -> bool:
    """`matches` by its definition, which takes a time that grows with the power of the stars."""
    if not name or not pattern:
        return not name and not pattern
    if pattern[0] == "**":
        return any(slowly(name[at:], pattern[1:]) for at in range(len(name)))
    return pattern[0] in ("*", name[0]) and slowly(name[1:], pattern[1:])


@given(st.lists(st.sampled_from("ab"), max_size=5), st.lists(st.sampled_from(["a", "b", "*", "**"]), max_size=5))
def test_a_pattern_matches_what_it_says(name: list[str], pattern: list[str]) -> None:
    assert listings.matches(name, pattern) == slowly(name, pattern)


def test_a_pattern_of_many_stars_is_answered_at_once() -> None:
    started = time.process_time()
    assert not listings.matches(["a"] * 400, [*["**"] * 60, "b"])
    assert time.process_time() - started < 2


@pytest.mark.parametrize("name", ["a/..", "a/.", "a/", "a/b\0c", "a/" + "x" * 300])
def test_a_remote_name_that_no_file_can_have_is_not_followed(name: str) -> None:
    with pytest.raises(sources.Unread, match="no file of this machine"):
        sources._plain(name, "s3://bucket/" + name)
    assert sources._plain("a/../b.parquet", "") == "b.parquet"


@pytest.mark.parametrize(
    "text", ["a " + "- " * 36 + "b > 0", "abs(" * 36 + "a" + ")" * 36 + " > 0", "not " * 36 + "a > 0"]
)
def test_a_clause_costs_what_its_length_is_however_deep(text: str) -> None:
    started = time.process_time()
    clause = parse(text)
    assert (
        pl.DataFrame({"a": [1.0], "b": [2.0]}).select(clause.polars()).height == 1 and clause.sql() and clause.canonical
    )
    assert time.process_time() - started < 2


# the hub's server


class Hub(http.server.BaseHTTPRequestHandler):
    """Sends whoever asks for a data set elsewhere, and notes what it was sent."""

    server: Any

    def do_GET(self) -> None:
        self.server.seen.append((self.path, self.headers.get("Authorization")))
        moved = self.server.target and self.path.startswith("/datasets/")
        self.send_response(302 if moved else 200)
        self.send_header(*(("Location", self.server.target) if moved else ("ETag", '"e"')))
        self.send_header("Content-Length", "0" if moved else "5")
        self.end_headers()
        if not moved:
            self.wfile.write(b"bytes")

    def log_message(self, *_: object) -> None:
        pass


def server(host: str) -> Any:
    made: Any = http.server.ThreadingHTTPServer((host, 0), Hub)
    made.seen, made.target = [], ""
    threading.Thread(target=made.serve_forever, daemon=True).start()
    return made


@pytest.fixture
def hubs(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Any]]:
    """The hub, and another server, to which it may send us."""
    made = server("127.0.0.1"), server("127.0.0.2")
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{made[0].server_port}")
    monkeypatch.setenv("HF_TOKEN", "hf_secret_of_ours")
    yield made
    for one in made:
        one.shutdown()
        one.server_close()


FILE = f"hf://datasets/org/name@{'a' * 40}/x.parquet"


@pytest.mark.parametrize("host", ["127.0.0.2", "127.0.0.1"])
def test_the_token_goes_to_the_hub_and_not_where_that_sends_us(
    hubs: tuple[Any, Any], tmp_path: Path, host: str
) -> None:
    hub, other = hubs if host == "127.0.0.2" else (hubs[0], server(host))
    hub.target = f"http://{host}:{other.server_port}/x"
    bucket, name = place_of(FILE)
    bucket.fetch(name, tmp_path / "copy")
    assert [sent for _, sent in hub.seen] == ["Bearer hf_secret_of_ours"]
    assert other.seen == [("/x", None)]
    assert (tmp_path / "copy").read_bytes() == b"bytes"


@pytest.mark.parametrize("target", ["file:///etc/hostname", "ftp://127.0.0.1/x", "data:,x", "gopher://127.0.0.1/"])
def test_a_redirect_leads_to_no_file_and_no_other_protocol(hubs: tuple[Any, Any], tmp_path: Path, target: str) -> None:
    hubs[0].target = target
    bucket, name = place_of(FILE)
    with pytest.raises(CurateError) as refused:
        bucket.fetch(name, tmp_path / "copy")
    assert "hf_secret" not in str(refused.value) and (tmp_path / "copy").read_bytes() == b""


def test_a_key_does_not_follow_a_server_that_sends_us_elsewhere(
    hubs: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, other = hubs
    hub.target = f"http://127.0.0.2:{other.server_port}/datasets"
    monkeypatch.setenv("KEY_OF_OURS", "sk-1")
    address = f"http://127.0.0.1:{hub.server_port}/datasets/health"
    assert launch._status(address, ModelSettings(api_key_env="KEY_OF_OURS")) == 302
    with pytest.raises(CurateError, match="does not say what it serves"):
        served(f"http://127.0.0.1:{hub.server_port}/datasets/v1")
    assert hub.seen[0][1] == "Bearer sk-1" and other.seen == []


# folders


def test_a_build_is_not_given_to_slurm_in_a_folder_that_others_can_write(tmp_path: Path) -> None:
    (ours := tmp_path / "ours").mkdir(mode=0o700)
    chain._refuse_shared(ours)
    (link := tmp_path / "link").symlink_to(ours)
    ours.chmod(0o770)
    for path in (ours, link):
        with pytest.raises(CurateError, match="others can write"):
            chain._refuse_shared(path)
    if os.getuid() == 0:
        ours.chmod(0o700)
        os.chown(ours, 12345, -1)
        with pytest.raises(CurateError, match="others can write"):
            chain._refuse_shared(ours)
