"""The page holds all that was compared, as text that nothing runs; in a browser without a window it fits a phone and asks for nothing."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.outcomes import markdown, page, svg
from tests.curate.outcomes.many import HOSTILE
from tests.curate.runs import opened

CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)  # fmt: skip
SCRIPT = "<script>window.flag=1</script>"
ROW = "{name: '![x](http://a/b)', source: V, values: ['<i>']}"
SOURCE = f"of: '{SCRIPT}'\ntables: [{{title: '</style>{SCRIPT}', unit: '\"><b>', columns: [a|b], rows: [{ROW}]}}]\n"
NUMBERS = st.floats(-1e90, 1e90, allow_subnormal=False)
LINES = st.lists(
    st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=30, unique_by=lambda one: one[0]), min_size=1, max_size=3
)


def compared(folder: Path) -> tuple[dict[str, Any], page.Curves]:
    """A comparison with hostile text in all that others write, and its curves."""
    (folder / "theirs.yaml").write_text(SOURCE)
    recipes = [opened(folder, name) for name in ("many", "better", "branch")]
    return recipes[0].compare("better", "branch", beside="theirs.yaml"), page.curves_of(recipes)


def test_the_page_is_whole_and_its_text_is_text(trained: Path) -> None:
    found, drawn = compared(trained)
    data = page.html(found, drawn)
    assert data == page.html(found, drawn)
    text = data.decode()
    assert "<script" not in text and HOSTILE not in text and "&lt;img src=x onerror=window.flag=1&gt;" in text
    assert text.count("<style") == 1 and " style=" not in text and "http://a/b" in text
    assert "src=" not in re.sub(r"&lt;.*?&gt;", "", text)
    named = {*re.findall(r'href="#([a-z]+)"', text)}
    assert named == {"main", "gains", "pairs", "curves", "losses", "flags", "settings", "origins", "published", "notes"}
    assert all(f'id="{name}"' in text for name in named)
    for outcome in found["outcomes"]:
        for row in outcome["by_seed"]:
            for one in row["origins"]:
                assert one["key"] in text and one["lock"] in text and (one["mixture"] or one["prompts"]) in text
    assert "Published: &lt;script&gt;" in text and "Not ours" in text


def test_published_figures_stand_in_tables_of_their_own(trained: Path) -> None:
    found, drawn = compared(trained)
    before, _, after = page.html(found, drawn).decode().partition('<section id="published"')
    assert "&lt;i&gt;" in after.partition("</section>")[0] and "&lt;i&gt;" not in before


def test_markdown_says_the_same_and_no_text_is_taken_for_markup(trained: Path) -> None:
    text = markdown.text(compared(trained)[0])
    assert "<script" not in text.replace("\\<", "") and "![" not in text
    assert "better gains more than many: +0.30" in text and "a\\|b" in text
    widths = [len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("|")]
    for line, other in zip(text.splitlines(), text.splitlines()[1:], strict=False):
        if line.startswith("|") and other.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) == len(re.findall(r"(?<!\\)\|", other)), line
    assert len(widths) > 20


def test_a_comparison_of_nothing_that_was_run_has_a_page(project: Path) -> None:
    from tests.curate.outcomes.many import make

    make(project)
    opened(project, "many").compare("better", html="a/b.html", markdown="a/b.md")
    text = Path("a/b.html").read_text("utf-8")
    assert "many/grpo-0 is waiting" in text and 'id="curves"' not in text


@given(LINES, st.booleans())
def test_any_numbers_make_a_figure(found: list[list[tuple[float, float]]], clip: bool) -> None:
    lines = [tuple(map(list, zip(*sorted(one), strict=True))) for one in found]
    shown = svg.lines("t", "u", "steps", [svg.Series("<&\">'\x00", n, [line]) for n, line in enumerate(lines)], clip)  # type: ignore[misc]
    root = ET.fromstring(shown)
    numbers = [
        float(x) for path in root.iter("path") for x in re.findall(r"-?\d+\.?\d*(?:e[-+]?\d+)?", path.get("d", ""))
    ]
    assert len(numbers) > 2 and all(-20 <= n <= svg.WIDTH + 20 for n in numbers)
    assert "nan" not in shown and "inf" not in shown.replace("infin", "")


def test_recipes_are_told_apart_without_colours() -> None:
    drawn = {re.sub(r"c\d", "", svg.legend([("x", style)])) for style in range(35)}
    assert len(drawn) == 35


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright (the extra `dev`)")
    if CHROMIUM is None:
        pytest.skip("needs a chromium on the path, such as apt-get install chromium")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_opens_fits_and_runs_nothing(browser: Any, trained: Path, width: int, scheme: str) -> None:
    (trained / "a.html").write_bytes(page.html(*compared(trained)))
    context, said = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme), []
    shown = context.new_page()
    shown.on("console", lambda message: said.append(message.text))
    shown.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    shown.on("request", lambda request: request.url.startswith("file:") or said.append(request.url))
    shown.goto((trained / "a.html").as_uri())
    assert shown.evaluate("[...document.querySelectorAll('details')].map(e => e.open = true).length") > 3
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    assert shown.evaluate("window.flag") is None and said == []
    dark = shown.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (dark == "rgb(22, 22, 20)") is (scheme == "dark")
    assert shown.evaluate("[...document.querySelectorAll('svg[role=img]')].every(e => e.getAttribute('aria-label'))")
    assert (
        shown.evaluate(
            "[...document.querySelectorAll('svg text')].filter(e => e.getBoundingClientRect().height < 8).length"
        )
        == 0
    )
    context.close()
