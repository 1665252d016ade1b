"""The site: generated pages are fresh and say something of everything, links lead somewhere, and no page asks another host for anything."""

import importlib.util
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest

from curate import contract
from curate.cli import GROUPS, cli
from docs.site import build, commands, recipes, steps
from docs.site.__main__ import PAGES, stale
from docs.site.text import plain, prose

ROOT = Path(__file__).resolve().parents[2]
zensical = pytest.mark.skipif(
    importlib.util.find_spec("zensical") is None and shutil.which("zensical") is None, reason="needs the extra `docs`"
)


def test_generated_pages_are_what_would_be_written() -> None:
    assert stale() == []


def test_a_page_that_is_not_fresh_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PAGES, "recipes", lambda: "something else")
    monkeypatch.setitem(PAGES, "steps", lambda: (ROOT / "docs/steps.md").read_text("utf-8"))
    assert stale() == ["recipes"]


@pytest.mark.parametrize("key", contract.files(), ids=".".join)
def test_every_parameter_of_a_shipped_step_has_a_meaning(key: tuple[str, str]) -> None:
    found = contract.load(*key)
    said = steps.explained(found)
    assert said.lead
    assert [name for name in found.params.model_fields if not steps.meaning(found, said, name)] == []


def test_every_option_of_a_command_has_a_help_text() -> None:
    wanting = []
    for names in GROUPS.values():
        for name in names:
            command, _ = commands._found(name)
            below = list(command.commands.values()) if isinstance(command, click.Group) else [command]
            wanting += [
                f"{name} {p.opts[-1]}" for c in below for p in c.params if isinstance(p, click.Option) and not p.help
            ]
    assert wanting == []


def test_pages_name_every_command_step_and_recipe() -> None:
    said = commands.page()
    assert all(f"### curate {name}\n" in said for name in cli.list_commands(click.Context(cli)))
    assert {f"### {verb}: {name}" for verb, name in contract.files()} <= {
        *(ROOT / "docs/steps.md").read_text("utf-8").splitlines()
    }
    listed = recipes.page()
    assert all(f"`{name}`" in listed for name in recipes.names())


def test_lines_of_a_help_text_that_stand_as_they_are_are_kept() -> None:
    forms = next(part for part in commands.page().split("### ") if part.startswith("curate diff\n"))
    block = re.search(r"```text\n(curate diff R  .*?)\n```", forms, re.DOTALL)
    assert block and len(block[1].splitlines()) == 6
    assert "\b" not in forms


def test_a_docstring_is_taken_apart_by_its_parameters() -> None:
    body = "First words. one: what it is. two, three: both.\nRaises CurateError for nothing.\n\nMore of `one: this`."
    meanings, rest = steps.taken_apart(body, {"one", "two", "three"})
    assert meanings == {"one": "what it is.", "two": "both.", "three": "both."}
    assert rest == ["First words. ", "Raises CurateError for nothing.", "More of `one: this`."]


def test_what_would_be_markup_is_escaped_outside_code() -> None:
    assert plain("a_b <i> $x$ `a_b <i>`") == r"a\_b &lt;i&gt; \$x\$ `a_b <i>`"
    assert prose("Words:\n\n    code <i>\n") == "Words:\n\n```text\ncode <i>\n```"


def test_links_to_files_of_the_repository_lead_to_pages_that_show_them() -> None:
    text = "See [a](../CONTRIBUTING.md), [`b`](../profiles/slurm.toml), [c](sql.md#x), [d](https://a.example/) and `[e](f.md)`."
    made, linked = build.relinked(text, "docs/models.md")
    assert linked == ["CONTRIBUTING.md", "profiles/slurm.toml", "docs/sql.md"]
    assert made == (
        "See [a](files/CONTRIBUTING.md), [`b`](files/profiles/slurm.toml.md), [c](sql.md#x), [d](https://a.example/) and `[e](f.md)`."
    )
    assert build.relinked("[a](docs/sql.md)", "README.md")[0] == "[a](sql.md)"
    assert build.relinked("[a](../README.md)", "docs/sql.md")[0] == "[a](tour.md)"
    with pytest.raises(build.Broken, match=r"docs/models\.md: there is no docs/nothing\.md"):
        build.relinked("[a](nothing.md)", "docs/models.md")


def test_a_file_is_shown_whole_whatever_fences_it_holds() -> None:
    assert build.shown("a\n`````\nb\n", "x.py").splitlines() == [
        "# x.py",
        "",
        "``````python",
        "a",
        "`````",
        "b",
        "``````",
    ]


def pages(entries: list[Any]) -> list[str]:
    return [p for e in entries for v in e.values() for p in (pages(v) if isinstance(v, list) else [v])]


def test_the_navigation_has_every_page_once(tmp_path: Path) -> None:
    build.stage(tmp_path / "docs")
    nav = pages(tomllib.loads((ROOT / "docs/site/zensical.toml").read_text("utf-8"))["project"]["nav"])
    there = {p.name for p in (tmp_path / "docs").glob("*.md")}
    assert sorted(nav) == sorted(there)


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="//fonts.example/css">',
        '<img alt="" src=http://a.example/x.png>',
        "<style>@import url(https://fonts.example/css)</style>",
        '<div style="background: url(https://a.example/x.png)"></div>',
        '<pre class="mermaid"><code>graph</code></pre>',
    ],
)
def test_a_request_to_another_host_is_found(html: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(html, "utf-8")
    assert len(build.asks(tmp_path)) == 1


def test_a_link_that_somebody_may_follow_is_no_request(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        '<a href="https://a.example/">a</a><link rel="canonical" href="https://a.example/">', "utf-8"
    )
    assert build.asks(tmp_path) == []


@zensical
def test_the_site_is_built_without_requests_and_the_same_twice(tmp_path: Path) -> None:
    first, second = (build.build(tmp_path / name) for name in ("a", "b"))
    names = sorted(p.relative_to(first) for p in first.rglob("*") if p.is_file())
    assert names == sorted(p.relative_to(second) for p in second.rglob("*") if p.is_file())
    assert all((first / n).read_bytes() == (second / n).read_bytes() for n in names)
    assert {f"{p.stem}.html" for p in (ROOT / "docs").glob("*.md")} <= {str(n) for n in names}


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/index.htm").write_text("mine")
    (tmp_path / "repository/docs").mkdir(parents=True)
    (tmp_path / "repository/index.html").write_text("mine")
    monkeypatch.setattr(build, "ROOT", tmp_path / "repository")
    for out, work in (("mine", "w"), ("repository", "w"), ("site", "mine")):
        with pytest.raises(build.Broken, match="holds something else than a site"):
            build.build(tmp_path / out, work=tmp_path / work)
    assert [path.name for path in sorted(tmp_path.rglob("*.htm*"))] == ["index.htm", "index.html"]


@pytest.mark.slow
@zensical
def test_the_search_works_in_a_site_that_is_opened_as_files(tmp_path: Path) -> None:
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright (the extra `dev`)")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs a chromium on the path, such as apt-get install chromium")
    site = build.build(tmp_path / "site")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page, failed = browser.new_page(), []
        page.on("requestfailed", lambda request: failed.append(request.url))
        page.goto((site / "guide.html").as_uri())
        page.keyboard.press("Control+k")
        page.wait_for_timeout(1000)
        page.keyboard.type("removals", delay=50)
        page.wait_for_selector("a:has-text('Publishing'):has-text('removals:')")
        browser.close()
    assert failed == []


@zensical
def test_anchors_that_lead_nowhere_end_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = tmp_path / "tree"
    shutil.copytree(ROOT / "docs", copied / "docs")
    for path in ROOT.iterdir():
        if path.name not in ("docs", "build"):
            (copied / path.name).symlink_to(path)
    (copied / "docs/urls.md").write_text("# Addresses\n\n[a](sql.md#nowhere), [b](#nowhere), [c](sql.md)\n", "utf-8")
    monkeypatch.setattr(build, "ROOT", copied)
    with pytest.raises(build.Broken) as broken:
        build.build(tmp_path / "site")
    assert str(broken.value).count("anchor does not exist") >= 2
    assert "2 issues found" in str(broken.value)
    assert not re.search(r"\x1b|Traceback", str(broken.value))
