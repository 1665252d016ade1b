"""Pages whose formulas or whose main text is known, for `benchmarks.extraction`, and what counts as right."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl


@dataclass(frozen=True)
class Formulas:
    """A page with the TeX of its formulas, all written in the same way (`encoding`)."""

    encoding: str
    html: str
    tex: tuple[str, ...]


@dataclass(frozen=True)
class MainText:
    """A page of `defuddle_pages` with its expected text, or one of trafilatura's with strings that must and must not be in it."""

    html: str
    expected: str | None = None
    inside: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()


def rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def web(data: Path) -> dict[str, str]:
    """HTML of the pages of `math_web_dev` by address."""
    from curation.read.warc import warc

    pages = pl.concat(list(warc(str(data / "warc" / "math_web_dev.warc.gz"))))
    return dict(zip(pages["url"], pages["text"], strict=True))


def web_formulas(data: Path, pages: dict[str, str]) -> list[Formulas]:
    found = []
    for row in rows(data / "warc" / "math_web_dev.truth.jsonl.gz"):
        if row["url"] not in pages:
            continue
        by_kind = defaultdict(list)
        for formula in row["formulas"] or []:
            by_kind[formula["kind"]].append(formula["tex"])
        found += [Formulas(f"web: {kind}", pages[row["url"]], tuple(tex)) for kind, tex in sorted(by_kind.items())]
    return found


DELIMITED = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.S)


def suite_formulas() -> list[Formulas]:
    """Cases of the conformance suite that hold formulas, by family."""
    from tests.curation.encodings import FAMILIES

    return [
        Formulas(f"suite: {family}", f"<html><body>{case.html}</body></html>", tex)
        for family, cases in FAMILIES.items()
        for case in cases
        if (tex := tuple(next(filter(None, groups)) for groups in DELIMITED.findall(case.text)))
    ]


def crawl_formulas(pages: int) -> list[Formulas]:
    """Pages of the embedded crawl that hold mathematics, by encoding."""
    from curation.embedded.crawl import crawl
    from curation.read.warc import warc

    with TemporaryDirectory() as folder:
        crawl(Path(folder), pages=pages)
        truth = pl.read_parquet(Path(folder) / "truth.parquet").filter(
            pl.col("relation") == "original", pl.col("hostile").is_null(), pl.col("formulas").list.len() > 0
        )
        html: dict[str, str] = {}
        for path in sorted(Path(folder).glob("*.warc.gz")):
            for batch in warc(str(path)):
                html.update(zip(batch["url"], batch["text"], strict=True))
    return [
        Formulas(f"crawl: {encoding}", html[url], tuple(formula["tex"] for formula in formulas))
        for url, encoding, formulas in truth.select("url", "encoding", "formulas").iter_rows()
        if url in html
    ]


def main_texts(data: Path, pages: dict[str, str]) -> dict[str, list[MainText]]:
    """The two sets with known main text. Of trafilatura's, the pages that are there."""
    defuddle = [
        MainText(row["html"], row["expected_md"]) for row in rows(data / "peercases" / "defuddle_pages.jsonl.gz")
    ]
    files = {
        row["src"].rsplit("/", 1)[1]: pages[row["url"]]
        for row in rows(data / "warc" / "math_web_dev.truth.jsonl.gz")
        if "/trafilatura/" in row["src"]
    }
    with gzip.open(data / "extract" / "trafilatura_evaldata.json.gz", "rt", encoding="utf-8") as file:
        told = [row for row in json.load(file).values() if row["file"] in files]
    segments = [MainText(files[row["file"]], None, tuple(row["with"]), tuple(row["without"])) for row in told]
    return {"defuddle": defuddle, "trafilatura": segments}


# ---- what counts as right ----------------------------------------------------------------------------------------------------

SHORTEST, TELLING = 5, 4
SIGNS = {
    "times": "×", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "cdot": "⋅", "equiv": "≡", "neq": "≠", "ne": "≠", "gt": ">", "lt": "<",
    "pm": "±", "div": "÷", "approx": "≈", "in": "∈", "to": "→", "infty": "∞", "pi": "π",
}  # fmt: skip
SIGN = re.compile(rf"\\({'|'.join(SIGNS)})(?![A-Za-z])")
BRACED = re.compile(r"\{([A-Za-z0-9])\}")
COMMAND = re.compile(r"\\(?:[A-Za-z]+|.)", re.S)


def plain(text: str) -> str:
    """Without white space and braces around one character, which mean nothing in TeX, and with signs for the commonest commands."""
    text = SIGN.sub(lambda command: SIGNS[command[1]], text).replace("−", "-").replace("·", "⋅")
    return BRACED.sub(r"\1", re.sub(r"\s", "", text))


def same(text: str, tex: str) -> bool:
    """Whether a formula between delimiters in the text is the same, spelled in another way."""
    from tests.curation.tex_equal import normalised

    return normalised(tex) in _all_normalised(text)


@lru_cache(maxsize=1)
def _all_normalised(text: str) -> frozenset[str]:
    from tests.curation.tex_equal import normalised

    return frozenset(normalised(next(filter(None, groups))) for groups in DELIMITED.findall(text))


def skeleton(text: str) -> str:
    """Letters and digits of a formula or a text, commands left out."""
    return re.sub(r"[\W_]", "", COMMAND.sub("", text))


def formulas(page: Formulas, text: str) -> tuple[int, int, int]:
    """How many formulas of a page are judged, are in the text exactly, and are garbled (see `benchmarks.extraction`)."""
    wanted = Counter(tex for tex in map(plain, page.tex) if len(tex) >= SHORTEST)
    together, bones = plain(text), skeleton(text)
    truth = "\0".join(map(plain, page.tex))
    exact = garbled = 0
    for tex, times in wanted.items():
        seen = together.count(tex)
        exact += min(seen, times)
        if seen == 0 and same(text, tex):
            exact += times
        elif seen == 0:
            own = skeleton(tex)
            garbled += times * (len(own) >= TELLING and own in bones)
        else:
            garbled += max(0, seen - max(times, truth.count(tex))) > 0
    return wanted.total(), exact, garbled


SYNTAX = re.compile(r"!\[([^\]]*)\]\([^)]*\)|\[\^[^\]]+\]:?|https?://\S+|<[^>\n]{1,300}>|(?<=\])\([^)]*\)")


def words(text: str) -> Counter[str]:
    """Words of a text without Markdown's links, pictures, marks of notes, and HTML."""
    return Counter(word.lower() for word in re.findall(r"\w+", SYNTAX.sub(" ", text)))


def token_f1(found: str, expected: str) -> float:
    ours, theirs = words(found), words(expected)
    common = (ours & theirs).total()
    return 2 * common / (ours.total() + theirs.total()) if common else float(not theirs and not ours)


def segment_f1(texts: Iterable[tuple[str, MainText]]) -> dict[str, float]:
    """trafilatura's own measure: strings of all pages that are in the text and should (or should not) be."""
    right = wrong = missing = 0
    for text, page in texts:
        right += sum(part in text for part in page.inside)
        missing += sum(part not in text for part in page.inside)
        wrong += sum(part in text for part in page.outside)
    precision, recall = right / max(1, right + wrong), right / max(1, right + missing)
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / max(1e-9, precision + recall)}


def pooled(formulas: dict[str, dict[str, float]], group: str) -> tuple[float, float]:
    """Exact and garbled shares over all encodings of a group."""
    cells = [cell for name, cell in formulas.items() if name.startswith(f"{group}:")]
    total = sum(cell["formulas"] for cell in cells) or 1
    exact, garbled = (sum(cell["formulas"] * cell[key] for cell in cells) / total for key in ("exact", "garbled"))
    return exact, garbled
