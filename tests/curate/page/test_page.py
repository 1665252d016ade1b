"""The page as a file: one file, the same bytes each time, nothing in it but our script, and what documents say only as data."""

import base64
import hashlib
import json
import re
import textwrap
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

import curate
from curate.cli import cli
from curate.errors import CurateError
from curate.page import html, write
from curate.page.contents import contents
from tests.curate.corpus import one as recipe_of
from tests.curate.corpus import tiny
from tests.curate.page.sites import HOSTILE, RECIPE, STEPS, frame, site


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("site")
    site(made)
    return made


@pytest.fixture(scope="module")
def told(folder: Path) -> dict[str, Any]:
    return contents(curate.open("small", project=folder, executor="inline"))


class Reader(HTMLParser):
    """Every element of the page with its attributes, and what stands in those that hold text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[int, str] = {}
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.texts[len(self.found) - 1] = self.texts.get(len(self.found) - 1, "") + data


def read(page: bytes) -> Reader:
    reader = Reader()
    reader.feed(page.decode())
    return reader


def test_the_same_store_gives_the_same_bytes(folder: Path) -> None:
    pages = [html(contents(curate.open("small", project=folder, executor="inline"))) for _ in range(2)]
    assert pages[0] == pages[1]


def test_nothing_of_a_document_is_markup(told: dict[str, Any]) -> None:
    reader = read(html(told))
    tags = [tag for tag, _ in reader.found]
    assert tags.count("script") == 2 and tags.count("style") == 1
    assert not set(tags) & {"img", "svg", "iframe", "link", "object", "embed", "base", "form"}
    assert not [
        name
        for _, attributes in reader.found
        for name in attributes
        if name.startswith("on") or name in ("src", "style")
    ]
    assert {attributes["href"] for tag, attributes in reader.found if tag == "a"} == {"#main"}


def test_the_policy_names_our_script_and_style_and_nothing_else(told: dict[str, Any]) -> None:
    reader = read(html(told))
    policy = next(a["content"] for tag, a in reader.found if a.get("http-equiv") == "Content-Security-Policy")
    assert policy and "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    for tag in ("script", "style"):
        at = next(i for i, (name, a) in enumerate(reader.found) if name == tag and not a)
        digest = base64.b64encode(hashlib.sha256(reader.texts[at].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "innerHTML" not in reader.texts[at] and "eval(" not in reader.texts[at]


def test_the_data_is_what_was_told(told: dict[str, Any]) -> None:
    reader = read(html(told))
    at = next(i for i, (_, a) in enumerate(reader.found) if a.get("id") == "data")
    assert not set("<>&\u2028") & set(reader.texts[at])
    assert json.loads(reader.texts[at]) == json.loads(json.dumps(told))


def test_hostile_documents_are_there_to_be_read(told: dict[str, Any]) -> None:
    texts = ["".join(p for p in one["text"] if isinstance(p, str)) for one in told["documents"]]
    assert any("<script>window.flag = 1" in text for text in texts)
    joined = "\n".join(texts)
    assert "[U+202E]" in joined and "\u202e" not in joined and "\x00" not in joined
    long = next(one for one in told["documents"] if one["characters"] > 1_000_000)
    assert long["cut"] == long["characters"] - 1_600
    assert len(HOSTILE) == sum(one["url"].startswith("javascript:") for one in told["documents"])


def test_what_went_wrong_is_no_markup_and_is_cut(tmp_path: Path) -> None:
    step = """
        @score
        def fails(docs: pl.DataFrame) -> pl.Series:
            bad = docs.filter(pl.col("text").str.starts_with("BAD"))["text"]
            if len(bad):
                raise ValueError(bad[0])
            return docs["text"].str.len_chars()
    """
    bad = [
        "BAD </script><script>window.flag = 1</script> \u202e\x00",
        "BAD " + "\u2066" * 400,
        "BAD " + "<b>" * 400,
        "BAD",
    ]
    docs = pl.DataFrame({"text": [*bad, *(f"a good text {i}" for i in range(60))]})
    tiny(tmp_path, recipe_of("{score: fails}"), docs, steps={"score/fails.py": step})
    recipe = curate.open("small", project=tmp_path, executor="inline")
    recipe.build()
    told = contents(recipe)
    errors = sorted(found["error"] for found in told["documents"] if found["fate"] == "quarantined")
    assert len(errors) == 4 and errors[0] == "ValueError: BAD"
    assert errors[1] == "ValueError: BAD </script><script>window.flag = 1</script> [U+202E][U+0000]"
    assert {len(error) for error in errors[2:]} == {300} and all(error.endswith("…") for error in errors[2:])
    page = html(told).decode()
    assert "</script><script>window" not in page and not {"\u202e", "\u2066", "\x00"} & {*page}
    assert [tag for tag, _ in read(page.encode()).found].count("b") == 0


def test_the_funnel_adds_up(told: dict[str, Any]) -> None:
    (funnel,) = told["funnel"]
    for row in funnel["rows"]:
        assert row["out"] == row["in"] - sum(row["fates"].values())
    (characters, *others) = told["distributions"]
    assert characters["column"] == "characters" and sum(characters["kept"]) == funnel["rows"][-1]["out"]
    assert {one["column"] for one in others} >= {"letters", "mark"}
    for one in told["distributions"]:
        assert sum(one["kept"]) + sum(one["dropped"]) == one["documents"]
    assert next(one for one in others if one["column"] == "mark")["thresholds"] == [0.5]


def test_copies_stand_beside_their_partners(told: dict[str, Any]) -> None:
    assert told["pairs"]
    for pair in told["pairs"]:
        one, other = (told["documents"][pair[side]] for side in ("document", "partner"))
        assert one["fate"] == "unique" and other["fate"] == "kept" and one["text"] == other["text"]


def test_a_rewrite_is_told_word_by_word(told: dict[str, Any]) -> None:
    assert {one["node"] for one in told["rewrites"]} == {"web/tidy"}
    assert all(one["words"][0] == ["-", "ADVERT "] for one in told["rewrites"])


def test_the_command_says_where_the_page_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for words, name in ((["--html"], "small.html"), (["--html", "out/page.html", "--json"], "out/page.html")):
        said = CliRunner().invoke(cli, ["show", "small", *words], catch_exceptions=False).output
        assert name in said and (folder / name).stat().st_size < 3_000_000
    assert json.loads(said)["documents"] > 100
    assert re.match(rb"<!doctype html>", (folder / name).read_bytes())


def test_what_is_not_built_has_no_page(tmp_path: Path, folder: Path) -> None:
    fresh = curate.open("small", project=folder, store=str(tmp_path / "store"))
    with pytest.raises(CurateError, match="nothing of small is built"):
        write(fresh, tmp_path / "page.html")
    with pytest.raises(CurateError, match="cannot be written"):
        (tmp_path / "file").write_text("")
        write(curate.open("small", project=folder), tmp_path / "file" / "page.html")


def test_what_was_removed_is_counted_and_not_shown(tmp_path: Path) -> None:
    made = site(tmp_path, 60)
    before = contents(made)
    shown = [one for one in before["documents"] if one and one["fate"] not in ("kept", "repeat")][:3]
    same = next(one for one in before["documents"] if one and one["fate"] == "kept")
    gone = [*(one["id"] for one in shown), same["id"]]
    (tmp_path / "data/again.parquet").write_bytes(
        (tmp_path / "data/0.parquet").read_bytes()
    )  # records that repeat others
    (tmp_path / "gone.txt").write_text("\n".join(gone))
    path = tmp_path / "recipes/small.yaml"
    path.write_text(path.read_text("utf-8") + "removals: gone.txt\n", "utf-8")
    recipe = curate.open("small", project=tmp_path, executor="inline")
    recipe.build()
    assert recipe.sql("select count(*) from documents where fate = 'removed'").item() == 4
    assert recipe.sql(f"select count(*) from documents where fate = 'repeat' and id = '{gone[0]}'").item() == 1
    told = contents(recipe)
    assert None not in told["documents"] and "repeat" in {one["fate"] for one in told["documents"]}
    assert not {*gone} & {one["id"] for one in told["documents"]}
    assert {row["fates"].get("removed", 0) for row in told["funnel"][0]["rows"]} == {0, 4}
    page = html(told).decode()
    assert all(one["url"] + '"' not in page and one["id"] not in page for one in (*shown, same))


def test_numbers_that_are_none_or_too_large_for_a_scale_are_shown_and_not_drawn(tmp_path: Path) -> None:
    numbers = ["NaN", "inf", "-inf", "1.7976931e308", "-1.7e308", "5e-324"]
    more = [f"a text of many letters mark={number}" for number in numbers]
    docs = pl.concat([frame(30), pl.DataFrame({"text": more, "url": [f"https://odd.example/{n}" for n in range(6)]})])
    steps = {
        **STEPS,
        "score/mark.py": STEPS["score/mark.py"]
        .replace("(-?[0-9.]+)", r"(\S+)")
        .replace("Float64", "Float64, strict=False"),
    }
    tiny(tmp_path, textwrap.dedent(RECIPE), docs, steps=steps)
    recipe = curate.open("small", project=tmp_path, executor="inline")
    recipe.build()
    told = contents(recipe)
    assert html(told), "what JSON cannot hold would be refused"
    marks = {one["url"]: one["values"].get("mark") for one in told["documents"] if one and "odd" in one["url"]}
    assert {str(mark) for mark in marks.values()} == {"None", "inf", "-inf", "1.7976931e+308", "-1.7e+308", "5e-324"}
    assert "mark" not in [one["column"] for one in told["distributions"]]


def test_a_recipe_that_is_cut_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from curate.page import contents as gathered

    monkeypatch.setattr(gathered, "MOST_SOURCE", 40)
    told = contents(curate.open("small", project=folder, executor="inline"))
    assert [len(told[name]) for name in ("recipe", "lock")] == [40, 40]
    assert told["recipe"].endswith("\u2026") and told["lock"].endswith("\u2026")
