"""The pictures of the README: of a recipe's page the funnel and a threshold that is moved, and what commands printed, as PNG.

    python -m benchmarks.page_pictures long-cot --printed trace.txt --printed diff.txt --out docs

`--out` gets page-funnel.png and page-slider.png, and printed-trace.png of a text file trace.txt, a line of which may be left out by hand
(`...`). The recipe must be built; `--store` says where. Needs the extra `page` and playwright, and a chromium on the path: pages are opened
in it without a window, and nothing is downloaded.
"""

from __future__ import annotations

import argparse
import html
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import curate
from curate.page import write

SCALE = 1.25
"""Pixels of a picture for each of the page."""
EDGE = 12
"""Around what is shown."""
SHOWN = 130
"""Of the first documents on the line, their beginnings."""
TERMINAL = """<!doctype html><meta charset=utf-8><style>
body { margin: 0; background: #fcfcfa; } pre { box-sizing: border-box; width: 956px; height: 520px; overflow: hidden; margin: 0;
padding: 18px 22px; border-radius: 10px; background: #171714; color: #d8d8d0; font: 13px/1.55 "DejaVu Sans Mono", monospace; }
b { color: #fff; } i { font-style: normal; color: #6cc7b9; } u { text-decoration: none; color: #f0a58f; }
</style><pre>"""
MARKS = (
    (r"^(\$ .*)$", "b"),
    (r"(\bpassed\b|\bkept\b|(?<=\s)\+\d[\d,]*)", "i"),
    (r"(\bFAILED\b|\bdropped by \w+|&lt;- decides)", "u"),
)
"""What stands out in a text: a pattern and the element around it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("recipe")
    parser.add_argument("--store")
    parser.add_argument("--corpus", default="web", help="whose funnel")
    parser.add_argument("--clause", default="perhaps_mathematical", help="which is moved")
    parser.add_argument("--to", type=float, default=0.3, help="where its threshold is moved")
    parser.add_argument("--printed", type=Path, action="append", default=[], help="a text file that a command printed")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    asked = parser.parse_args()
    recipe = curate.open(asked.recipe, store=asked.store)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        write(recipe, file)
        draw(file, asked)


def draw(file: Path, asked: Any) -> None:
    """Open the page and take the pictures."""
    from playwright.sync_api import sync_playwright

    chromium = next((found for name in ("chromium", "google-chrome") if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 980, "height": 1600}, device_scale_factor=SCALE)
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-ready]")
        funnel = page.locator("details.corpus", has=page.locator("h3", has_text=asked.corpus)).first
        table = funnel.locator("table").first.bounding_box()
        take(page, asked.out / "page-funnel.png", funnel.bounding_box(), table["y"] + table["height"])
        options = page.locator("#clause option").all()
        value = next(o.get_attribute("value") for o in options if o.inner_text().startswith(f"{asked.clause}:"))
        page.select_option("#clause", value)
        stops = page.evaluate(
            "n => JSON.parse(document.getElementById('data').textContent).sliders[n].stops", int(value)
        )
        at = min(range(len(stops)), key=lambda place: abs(stops[place] - asked.to))
        move = "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', { bubbles: true })); }"
        page.locator("#threshold").evaluate(move, str(at))
        near = page.locator("#thresholds .two article").nth(0).bounding_box()
        take(page, asked.out / "page-slider.png", page.locator("#thresholds .board").bounding_box(), near["y"] + SHOWN)
        page = browser.new_page(viewport={"width": 980, "height": 600}, device_scale_factor=SCALE)
        for text in asked.printed:
            page.set_content(terminal(text.read_text("utf-8")))
            page.locator("pre").screenshot(path=asked.out / f"printed-{text.stem}.png")
        browser.close()


def terminal(text: str) -> str:
    """What a command printed, as a page."""
    shown = html.escape(text, quote=False)
    for pattern, element in MARKS:
        shown = re.sub(pattern, rf"<{element}>\1</{element}>", shown, flags=re.MULTILINE)
    return f"{TERMINAL}{shown}</pre>"


def take(page: Any, file: Path, box: dict[str, float], end: float) -> None:
    """A picture of a part of the page, from the top of a box down to `end`."""
    clip = {"x": box["x"] - EDGE, "y": box["y"] - EDGE, "width": box["width"] + 2 * EDGE}
    page.screenshot(path=file, full_page=True, clip={**clip, "height": end - box["y"] + 2 * EDGE})


if __name__ == "__main__":
    main()
