"""The pages: their code runs, their commands are those of the program, columns those of the views, and nothing public is left out."""

import contextlib
import dataclasses
import inspect
import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import curate
from curate.cli import cli
from curate.documents import FIRST, LAST
from curate.views import VIEWS, columns
from tests.curate import bucket

ROOT = Path(__file__).resolve().parent.parent
PYTHON = (ROOT / "docs/python.md").read_text("utf-8")
SQL = (ROOT / "docs/sql.md").read_text("utf-8")
BLOCK = re.compile(r"```(python|sql)\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.DOTALL)


def blocks(page: str) -> list[tuple[str, str]]:
    return [(m[2], m[3] or "") for m in BLOCK.finditer(page)]


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[curate.Curated]:
    """The project of the notebook's recipe, with what the blocks of docs/python.md left behind."""
    folder = tmp_path_factory.mktemp("tour")
    with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch, bucket.server() as place:
        for name, value in place.items():
            patch.setenv(name, value)
        bucket.new_bucket("team")
        for name in ("CURATE_STORE", "CURATE_REMOTE"):
            patch.delenv(name, raising=False)
        first = (ROOT / "examples/notebook.py").read_text("utf-8").split("# %%")[2]
        exec(first, {})
        yield curate.open("tour", executor="inline")


@pytest.fixture(scope="module")
def printed(tour: curate.Curated) -> list[str]:
    """What each block of docs/python.md prints, run in order in one namespace."""
    namespace: dict[str, object] = {}
    found = []
    for code, _ in blocks(PYTHON):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, "docs/python.md", "exec"), namespace)
        found.append(out.getvalue())
    return found


def test_the_blocks_about_python_run_and_print_as_many_lines_as_the_page_shows(printed: list[str]) -> None:
    shown = [text for _, text in blocks(PYTHON)]
    assert len(printed) >= 15
    with_tables = [i for i, text in enumerate(shown) if "|--" in text]
    for place, (said, text) in enumerate(zip(printed, shown, strict=True)):
        assert bool(said.strip()) == bool(text.strip()), f"block {place}"
        if place not in with_tables:
            assert len(said.strip().splitlines()) == len(text.strip().splitlines()), f"block {place}"


def test_words_that_do_not_depend_on_numbers_are_what_the_page_shows(printed: list[str]) -> None:
    plain = re.compile(r"[^a-z/_ ]+")
    for said, (_, text) in zip(printed, blocks(PYTHON), strict=True):
        if "|--" not in text:
            assert plain.sub("", said.strip()) == plain.sub("", text.strip())


def test_every_query_on_the_page_about_sql_runs_and_gives_the_columns_shown(
    tour: curate.Curated, printed: list[str]
) -> None:
    found = blocks(SQL)
    assert len(found) == 10
    recipe = curate.open("tour", project=tour.project)
    for sql, shown in found:
        frame = recipe.sql(sql)
        assert frame.height
        assert shown.splitlines()[0].split() == frame.columns


def documented(view: str) -> list[tuple[str, str, str]]:
    section = SQL.partition(f"### `{view}`\n")[2].partition("\n#")[0]
    return re.findall(r"^\| `(\w+)` \| (\S+) \| (.*) \|$", section, re.MULTILINE)


@pytest.mark.parametrize("view", VIEWS)
def test_the_page_has_exactly_the_columns_of_each_view(tour: curate.Curated, view: str) -> None:
    wanted = (*FIRST, *LAST) if view == "documents" else columns(tour.built, view)
    assert documented(view) == [tuple(column) for column in wanted]
    assert VIEWS[view] in SQL


def test_the_page_has_no_view_that_is_not_there() -> None:
    assert set(re.findall(r"^### `(\w+)`", SQL, re.MULTILINE)) == set(VIEWS)


PUBLIC = [name for name in vars(curate.Curated) if not name.startswith("_")]


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_of_a_recipe_has_a_docstring_and_is_on_the_page(name: str) -> None:
    found = inspect.getattr_static(curate.Curated, name)
    if callable(found) or hasattr(found, "func") or isinstance(found, property):
        assert inspect.getdoc(getattr(found, "func", None) or getattr(found, "fget", None) or found), name
    assert re.search(rf"`(recipe\.)?{name}[`(]", PYTHON), f"docs/python.md does not mention `{name}`"


def test_fields_of_a_recipe_are_on_the_page() -> None:
    for name in curate.Curated.__dataclass_fields__:
        assert re.search(rf"`(recipe\.)?{name}\b", PYTHON), name


@pytest.mark.parametrize("name", curate.__all__)
def test_every_name_of_the_package_has_a_docstring_and_is_on_the_page(name: str) -> None:
    assert f"curate.{name}" in PYTHON or f"`{name}`" in PYTHON
    found = getattr(curate, name)
    assert isinstance(found, str) or inspect.getdoc(found)


def test_a_recipe_shows_itself_without_looking_anything_up(
    tour: curate.Curated, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = curate.open("tour", project=tour.project)
    monkeypatch.setattr("curate.planner.Planner.plan", lambda self: pytest.fail("planned"))
    assert repr(fresh) == "<Recipe tour: not looked at yet; .plan() lists them>"
    assert "not looked at yet" in fresh._repr_html_()
    assert "not looked at yet" in fresh._repr_markdown_()


def test_what_a_recipe_says_of_itself_cannot_leave_its_table(tour: curate.Curated) -> None:
    fresh = curate.open("tour", project=tour.project)
    hostile = fresh.recipe.model_copy(update={"about": "<script>alert('x')</script> | a\n\nb"})
    fresh = dataclasses.replace(fresh, recipe=hostile)
    assert "<script>" not in fresh._repr_html_()
    assert len(fresh._repr_markdown_().splitlines()) == 5
    assert "\\| a b |" in fresh._repr_markdown_()


def test_the_extra_that_the_notebook_names_is_there() -> None:
    assert 'plots = ["matplotlib' in (ROOT / "pyproject.toml").read_text("utf-8")


PAGES = [page for page in sorted((ROOT / "docs").glob("*.md")) if page.name != "log.md"]
COMMANDS = sorted(
    {
        said
        for page in PAGES
        for said in re.findall(r"^\$ curate ((?:[^|&\n]|&(?!&))+)", page.read_text("utf-8"), re.MULTILINE)
    }
)


@pytest.mark.parametrize("said", COMMANDS)
def test_a_command_on_a_page_is_one_that_the_program_takes(said: str) -> None:
    words, command, context = shlex.split(said, comments=True), cli, None
    while isinstance(command, click.Group):
        context = click.Context(command, parent=context)
        name, command, words = command.resolve_command(context, words)
    assert command
    assert command.make_context(name, words, parent=context)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
        assert (page.parent / link).exists(), link
