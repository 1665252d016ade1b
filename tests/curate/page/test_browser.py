"""The page in a browser without a window: it opens, its slider counts as what-if does, it can be searched, and no document runs a script.

Needs playwright and a chromium of the machine (`apt-get install chromium`); nothing is downloaded.
"""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import curate
from curate.page import html, write
from curate.page.contents import contents
from tests.curate.page.sites import HOSTILE, site

pytestmark = pytest.mark.slow
api = pytest.importorskip("playwright.sync_api", reason="needs playwright (the extra `dev`)")
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
Opened = Callable[..., Any]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> curate.Curated:
    return site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def page_file(small: curate.Curated) -> Path:
    return Path(write(small, small.project / "small.html")["html"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("needs a chromium on the path, such as apt-get install chromium")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def opened(browser: Any) -> Iterator[Opened]:
    """Open a page; at the end of the test it must have said nothing, asked for nothing and run nothing of a document."""
    said: list[str] = []
    contexts = []

    def open_(path: Path, *, width: int = 1280, height: int = 900, scheme: str = "light") -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: request.url.startswith("file:") or said.append(f"request: {request.url}"))
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready]")
        return page

    yield open_
    for context in contexts:
        for page in context.pages:
            assert page.evaluate("window.flag") is None
        context.close()
    assert said == []


def move(page: Any, at: int) -> None:
    page.locator("#threshold").evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', { bubbles: true })); }", str(at)
    )


def number(page: Any, name: str) -> int:
    return int(page.locator(f"#pass-{name}").get_attribute("data-value"))


def test_the_slider_counts_what_whatif_counts(opened: Opened, small: curate.Curated, page_file: Path) -> None:
    page, told = opened(page_file), contents(small)
    place = next(i for i, s in enumerate(told["sliders"]) if s["measured"] == "mark")
    page.select_option("#clause", str(place))
    slider = told["sliders"][place]
    now = number(page, "documents")
    seen = set()
    for stop in (0.2, 0.5, 0.8):
        move(page, slider["stops"].index(stop))
        asked = small.whatif("web", f"marked: mark >= {stop} and letters > 4", n=0)
        assert number(page, "documents") == asked["documents"]["then"]
        assert f"mark >= {stop}" in page.locator(".command").inner_text()
        assert f"{asked['documents']['then']:,} document" in page.locator("#threshold").get_attribute("aria-valuetext")
        near = page.locator(".passing article strong").all_inner_texts()
        assert near and all(float(text.removeprefix("mark ")) >= stop for text in near)
        seen.add(number(page, "documents"))
    assert len(seen) == 3
    page.locator("#threshold").focus()
    page.keyboard.press("ArrowLeft")
    assert f"mark >= {slider['stops'][slider['stops'].index(0.8) - 1]}" in page.locator(".command").inner_text()
    page.click("#reset")
    assert number(page, "documents") == now


def test_the_command_under_the_slider_is_one_argument_to_a_shell(
    opened: Opened, small: curate.Curated, tmp_path: Path
) -> None:
    told = contents(small)
    before = """note != 'it''s "$(date)"' and mark >= """
    slider = {
        **told["sliders"][0],
        "clause": "odd",
        "before": before,
        "after": "",
        "number": told["sliders"][0]["stops"][0],
    }
    (tmp_path / "page.html").write_bytes(html({**told, "sliders": [slider]}))
    shown = opened(tmp_path / "page.html").locator(".command").inner_text()
    said = subprocess.run(
        ["bash", "-c", f"printf '%s\\n' {shown.removeprefix('curate ')}"], capture_output=True, text=True, check=True
    )
    assert said.stdout.splitlines()[:2] == ["whatif", told["title"]]
    assert said.stdout.splitlines()[3].startswith(f"odd: {before}")


def test_what_is_not_known_is_blank_and_stages_are_called_as_elsewhere(
    opened: Opened, small: curate.Curated, tmp_path: Path
) -> None:
    told = contents(small)
    source = dict.fromkeys(("achieved", "documents", "available", "asked", "held_out"), 1)
    sources = [{**source, "source": "web", "share": 1.0, "epochs": 1.0}]
    mixture = {"tokens": 1, "windows": 1, "seq_len": 1, "fill": 1.0, "documents": 1, "sources": sources}
    dropped = [one if one and one["fate"] != "kept" else None for one in told["documents"]]
    row = dict.fromkeys(("eval", "benchmark", "model", "mode"), "e") | dict.fromkeys(("items", "samples"), 0)
    row |= {"limited": False, **dict.fromkeys(("accuracy", "low", "high", "truncated", "no_answer"))}
    made = {**told, "documents": dropped, "mixture": {**mixture, "stages": [sources, sources]}, "evaluations": [row]}
    (tmp_path / "page.html").write_bytes(html(made))
    page = opened(tmp_path / "page.html")
    assert page.locator("#evaluation tbody td").nth(3).inner_text() == ""
    assert page.locator("#mixture h3").all_inner_texts() == ["Stage 0", "Stage 1"]
    assert page.locator("#sample-fate option").nth(0).evaluate("(e) => e.selected")


def test_documents_are_searched_and_filtered(opened: Opened, page_file: Path) -> None:
    page = opened(page_file)
    page.select_option("#sample-fate", "")
    page.fill("#sample-search", "WINDOW.FLAG")
    page.wait_for_selector("#sample-list mark")
    texts = page.locator("#sample-list article").all_inner_texts()
    assert texts and all("window.flag" in text.lower() for text in texts)
    page.fill("#sample-search", "no such words anywhere")
    api.expect(page.locator("#sample-list article")).to_have_count(0)
    page.locator(".chips button", has_text="marked").first.click()
    assert page.input_value("#sample-fate") == "marked" and page.input_value("#sample-search") == ""
    assert set(page.locator("#sample-list .badge").all_inner_texts()) == {"marked"}


def test_a_threshold_is_drawn_where_values_differ_and_nowhere_else(
    opened: Opened, small: curate.Curated, tmp_path: Path
) -> None:
    told = contents(small)
    shown = next(one for one in told["distributions"] if one["column"] == "mark")
    alike = {**shown, "column": "alike", "thresholds": [0.5], "edges": [0.0] * len(shown["edges"])}
    (tmp_path / "page.html").write_bytes(html({**told, "distributions": [shown, alike]}))
    page = opened(tmp_path / "page.html")
    lines = "#distributions figure:has-text('{}') line.mark"
    assert page.locator(lines.format("mark")).count() >= 1
    assert page.locator(lines.format("alike")).count() == 0


def test_formulas_are_mathml_and_hostile_ones_are_text(opened: Opened, page_file: Path) -> None:
    pytest.importorskip("latex2mathml", reason="needs the extra `page`")
    page = opened(page_file)
    page.select_option("#sample-fate", "")
    page.fill("#sample-search", "formulas")
    api.expect(page.locator("#sample-list article")).to_have_count(1)
    assert r"\href{javascript:alert(1)}{x}" in page.locator("#sample-list code.tex").first.inner_text()
    page.fill("#sample-search", "exercise 1")
    page.wait_for_selector("#sample-list mfrac")
    box = page.locator("#sample-list math").first.bounding_box()
    assert box["width"] > 5 and box["height"] > 5
    names = page.evaluate("[...new Set([...document.querySelectorAll('#main *')].map(e => e.localName))]")
    assert not {"script", "iframe", "img", "object", "style", "link"} & set(names)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_machine_and_the_switch(opened: Opened, page_file: Path, scheme: str) -> None:
    page = opened(page_file, scheme=scheme)

    def is_dark() -> bool:
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return max(int(part) for part in colour[4:-1].split(",")) < 80

    assert is_dark() == (scheme == "dark")
    assert page.get_attribute("#theme", "aria-label") == ("Dark colours" if scheme == "light" else "Light colours")
    assert page.get_attribute("#theme", "aria-pressed") is None, "its name says what it does, so it is no switch"
    page.click("#theme")
    assert is_dark() != (scheme == "dark")


CONTRAST = """() => {
  const channel = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number);
    return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  };
  const ground = (e) => {
    for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!c.endsWith(", 0)")) return c; }
  };
  const worst = [];
  for (const e of document.querySelectorAll('#head *, #nav *, #main *:not(math *):not(svg *), #foot *')) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.offsetParent) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) worst.push(e.localName + '.' + e.className + ': ' + e.textContent.slice(0, 40));
  }
  return worst;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_and_everything_has_a_name(opened: Opened, page_file: Path, scheme: str) -> None:
    page = opened(page_file, scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert page.evaluate(CONTRAST) == []
    nameless = page.evaluate("""() => [...document.querySelectorAll('button, select, input, [role=img], [role=region], pre')].filter((e) =>
        !e.getAttribute('aria-label') && !e.textContent.trim() && !(e.labels && e.labels.length)).map((e) => e.outerHTML.slice(0, 120))""")
    assert nameless == []
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map((e) => Number(e.localName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(lower <= upper + 1 for upper, lower in pairwise(levels)), levels
    parts = ["caption", "th[scope=col]", "th[scope=row]"]
    assert page.evaluate(
        "(p) => [...document.querySelectorAll('table')].every((t) => p.every((one) => t.querySelector(one)))", parts
    )
    assert page.evaluate("['header', 'nav', 'main', 'footer'].every((n) => document.querySelector('body > ' + n))")


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_overflows_sideways(opened: Opened, page_file: Path, width: int) -> None:
    page = opened(page_file, width=width, height=740)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    page.select_option("#sample-fate", "")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate(
        """(width) => [...document.querySelectorAll('#main *')].filter((e) =>
        !e.closest('.scroll, pre, math, svg, .hidden, .text') && e.getBoundingClientRect().right > width + 1
    ).map((e) => e.localName + '.' + e.className)""",
        width,
    )
    assert wide == []


def test_the_skip_link_and_the_sections_are_reached_by_keyboard(opened: Opened, page_file: Path) -> None:
    page = opened(page_file)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_recipe_of_a_hundred_thousand_documents_opens_at_once(opened: Opened, tmp_path: Path) -> None:
    big = site(tmp_path, 100_000)
    made = time.perf_counter()
    data = html(contents(big))
    assert time.perf_counter() - made < 60
    assert len(data) < 3_000_000
    (tmp_path / "big.html").write_bytes(data)
    opened(tmp_path / "big.html").close()  # a browser that has just started reads its own files
    started = time.perf_counter()
    page = opened(tmp_path / "big.html")
    assert time.perf_counter() - started < 2
    assert page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") < 2000


def test_the_same_documents_do_run_where_a_page_trusts_them(browser: Any, tmp_path: Path) -> None:
    (tmp_path / "naive.html").write_text("<!doctype html>" + "".join(HOSTILE[:3]), "utf-8")
    page = browser.new_page()
    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.goto((tmp_path / "naive.html").as_uri())
    assert page.evaluate("window.flag") == 1 and said
    page.close()
