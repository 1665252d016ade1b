"""MathML and AsciiMath to LaTeX, ours beside others: which share is the same formula, and how many a second.

MathML with known TeX: of the pages of `math_web_dev` (LaTeXML's, the `alttext` taken out), what latex2mathml made of its own tests,
and all of MathJax's test suite (`data-latex` taken out), much of which is macros, errors and layout that no MathML shows. Right is what the normaliser
of our tests (`tests/curation/tex_equal.py`) calls the same as the TeX; ours was worked on with these files in view.
AsciiMath: AsciiMathML's own cases; its MathML, read by our converter, is what a LaTeX must be the same as. `none`: the converter gave
nothing or raised. pandoc is one process for all formulas, the others one call for each.
"""

from __future__ import annotations

import contextlib
import io
import re
import time
from collections.abc import Callable, Sequence
from html import unescape
from pathlib import Path
from typing import Any

from benchmarks._extraction_sets import rows, web
from benchmarks._extractors import node

Converter = Callable[[Sequence[str]], list[str | None]]


def converters(data: Path, folder: Path | None) -> dict[str, dict[str, dict[str, float]]]:
    """Figures by table and converter; converters that are not installed are left out."""
    mathml: dict[str, Callable[[], Converter]] = {
        "ours": _ours_mathml,
        "pandoc (texmath)": _pandoc,
        "mathml-to-latex (npm)": lambda: _each(node("mathml-to-latex", folder)),
        "mathml-to-latex (PyPI)": _mathml_to_latex,
        "mathml2latex": _mathml2latex,
    }
    ascii_math: dict[str, Callable[[], Converter]] = {"ours": _ours_ascii, "py-asciimath": _py_asciimath}
    return {
        title: {name: row for name, make in makers.items() if (row := measured(pairs, make)) is not None}
        for title, pairs, makers in (
            ("MathML of pages to LaTeX", of_pages(data), mathml),
            ("MathML by latex2mathml to LaTeX", of_cases(data, "latex2mathml_pairs"), mathml),
            ("MathML by MathJax's tests to LaTeX", of_cases(data, "mathjax_tex_mml"), mathml),
            ("AsciiMath to LaTeX", of_ascii(data), ascii_math),
        )
    }


def of_pages(data: Path) -> list[tuple[str, str]]:
    """MathML without its `alttext`, and that."""
    found = {}
    for html in web(data).values():
        for math in re.findall(r"<math\b.*?</math>", html, re.S):
            if known := re.search(r'\salttext="([^"]*)"', math):
                found[math.replace(known[0], "", 1)] = unescape(known[1])
    return [*found.items()]


def of_cases(data: Path, name: str) -> list[tuple[str, str]]:
    told = [row for row in rows(data / "peercases" / f"{name}.jsonl.gz") if row.get("mathml") and row.get("tex")]
    return [(re.sub(r'\sdata-latex(?:-item)?="[^"]*"', "", row["mathml"]), row["tex"]) for row in told]


def of_ascii(data: Path) -> list[tuple[str, str]]:
    from curation.extract._mathml import to_latex

    told = rows(data / "peercases" / "asciimath_mathml.jsonl.gz")
    return [(row["asciimath"], tex) for row in told if (tex := to_latex(f"<math>{row['mathml_inner']}</math>"))]


def measured(pairs: Sequence[tuple[str, str]], make: Callable[[], Converter]) -> dict[str, Any] | None:
    from tests.curation.tex_equal import equal

    try:
        convert = make()
    except (ImportError, OSError):
        return None
    started = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):  # one of them prints what it does not know
        found = convert([source for source, _ in pairs])
    seconds = time.perf_counter() - started
    right = sum(bool(tex) and equal(_bare(tex or ""), wanted) for tex, (_, wanted) in zip(found, pairs, strict=True))
    return {
        "formulas": len(pairs), "right": right / len(pairs), "none": sum(not tex for tex in found) / len(pairs),
        "per_second": len(pairs) / seconds,
    }  # fmt: skip


def _bare(tex: str) -> str:
    """Without the delimiters that some converters put around."""
    return re.sub(r"^(?:\$\$?|\\[(\[])\s*|\s*(?:\$\$?|\\[)\]])$", "", tex.strip())


def _each(convert: Callable[[str], str | None]) -> Converter:
    def one(source: str) -> str | None:
        try:
            return convert(source)
        except Exception:  # whatever another's code raises on a formula is a finding of this benchmark
            return None

    return lambda sources: [one(source) for source in sources]


def _ours_mathml() -> Converter:
    from curation.extract._mathml import to_latex

    return _each(to_latex)


def _ours_ascii() -> Converter:
    from curation.extract._asciimath import to_latex

    return _each(to_latex)


def _pandoc() -> Converter:
    import pypandoc

    def convert(sources: Sequence[str]) -> list[str | None]:
        page = "".join(f"<p>{re.sub('<math', '<math ', source, count=1)}</p><p>@@</p>" for source in sources)
        found = pypandoc.convert_text(page, "latex", format="html", extra_args=["--wrap=none"])
        return [part.strip() or None for part in found.split("@@")[: len(sources)]]

    pypandoc.get_pandoc_version()
    return convert


def _mathml_to_latex() -> Converter:
    from mathml_to_latex.converter import MathMLToLaTeX

    return _each(MathMLToLaTeX().convert)


def _mathml2latex() -> Converter:
    from bs4 import BeautifulSoup
    from mathml2latex.mathml import process_mathml

    return _each(lambda source: str(process_mathml(BeautifulSoup(source, "html.parser"))))


def _py_asciimath() -> Converter:
    import logging

    from py_asciimath.translator.translator import ASCIIMath2Tex

    logging.getLogger().setLevel(logging.CRITICAL)
    return _each(ASCIIMath2Tex(log=False, inplace=True).translate)
