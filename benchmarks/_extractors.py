"""Extractors of `benchmarks.extraction`: ours and others, each a function from the HTML of a page to its text.

A maker imports what it needs when it is called: `ImportError` (or no `node`, or no such Node package) means that this extractor is not
installed here. Others run with the options that their authors recommend for text, which are their defaults unless it says otherwise.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import polars as pl

Extractor = Callable[[str], str]
NODE = Path(__file__).with_name("_extractors.mjs")


def _html_math(main_content: bool) -> Extractor:
    from curation.extract.html_math import html_math

    return lambda html: html_math(_frame(text=html), main_content=main_content)["text"][0] or ""


def _html_clean() -> Extractor:
    from curation.extract.html_clean import html_clean

    return lambda html: html_clean(_frame(text="", as_read=html))["text"][0] or ""


def _frame(**columns: str) -> pl.DataFrame:
    return pl.DataFrame({"id": ["page"], **{name: [value] for name, value in columns.items()}})


def _trafilatura(**options: object) -> Extractor:
    import logging

    from trafilatura import extract

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    return lambda html: extract(html, **options) or ""  # type: ignore[arg-type]


def _resiliparse(main_content: bool) -> Extractor:
    from resiliparse.extract.html2text import extract_plain_text

    return lambda html: str(
        extract_plain_text(html, preserve_formatting=True, main_content=main_content, alt_texts=False)
    )


def _readability() -> Extractor:
    import logging

    from lxml.html import fromstring
    from readability import Document

    logging.getLogger("readability").setLevel(logging.CRITICAL)
    return lambda html: str(fromstring(Document(html).summary()).text_content())


def _justext() -> Extractor:
    """With the stop words of all its languages, as it is not told which one a page is in."""
    from justext import get_stoplist, get_stoplists, justext

    words = frozenset(word for language in get_stoplists() for word in get_stoplist(language))
    return lambda html: "\n".join(part.text for part in justext(html, words) if not part.is_boilerplate)


def _inscriptis() -> Extractor:
    from inscriptis import get_text

    return lambda html: str(get_text(html))


def _html_to_markdown() -> Extractor:
    from html_to_markdown import convert

    def text(html: str) -> str:
        found = convert(html)
        return found if isinstance(found, str) else str(found["content"] if isinstance(found, dict) else found.content)

    return text


def _html2text() -> Extractor:
    from html2text import HTML2Text

    def text(html: str) -> str:
        maker = HTML2Text(bodywidth=0)
        maker.ignore_links = maker.ignore_images = True
        return str(maker.handle(html))

    return text


def _boilerpy3() -> Extractor:
    from boilerpy3.extractors import ArticleExtractor

    return lambda html: str(ArticleExtractor(raise_on_failure=False).get_content(html))


def _newspaper() -> Extractor:
    from newspaper import Article

    def text(html: str) -> str:
        article = Article("https://example.org/page", fetch_images=False)
        article.download(input_html=html)
        article.parse()
        return str(article.text)

    return text


def node(name: str, folder: Path | None) -> Extractor:
    """One that runs in Node, from the `node_modules` in `folder`; ImportError if it is not there."""
    if folder is None or not folder.is_dir() or shutil.which("node") is None:
        raise ImportError(f"{name} needs node and --node DIR")
    command = ["node", "--input-type=module", "-e", NODE.read_text("utf-8"), name]
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing, text=True, cwd=folder)
    assert process.stdin and process.stdout
    told, given = process.stdin, process.stdout
    if given.readline() != '"ready"\n':
        raise ImportError(f"no {name} in {folder}/node_modules")

    def text(html: str) -> str:
        told.write(json.dumps({"html": html}) + "\n")
        told.flush()
        return str(json.loads(given.readline()))

    return text


OURS = ("html_math", "html_math main", "html_clean")
MAKERS: dict[str, Callable[[Path | None], Extractor]] = {
    "html_math": lambda _: _html_math(False),
    "html_math main": lambda _: _html_math(True),
    "html_clean": lambda _: _html_clean(),
    "trafilatura": lambda _: _trafilatura(),
    "trafilatura recall": lambda _: _trafilatura(favor_recall=True),
    "trafilatura precision": lambda _: _trafilatura(favor_precision=True),
    "trafilatura markdown": lambda _: _trafilatura(output_format="markdown"),
    "resiliparse": lambda _: _resiliparse(False),
    "resiliparse main": lambda _: _resiliparse(True),
    "readability-lxml": lambda _: _readability(),
    "justext": lambda _: _justext(),
    "inscriptis": lambda _: _inscriptis(),
    "html-to-markdown": lambda _: _html_to_markdown(),
    "html2text": lambda _: _html2text(),
    "boilerpy3": lambda _: _boilerpy3(),
    "newspaper4k": lambda _: _newspaper(),
    "readability.js": lambda folder: node("readability.js", folder),
    "defuddle": lambda folder: node("defuddle", folder),
}
