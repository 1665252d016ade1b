"""MathML and AsciiMath to LaTeX, ours beside others: which share is the same formula, and how many a second.

MathML: what MathJax and latex2mathml made of TeX that is known (`mathjax_tex_mml`, `latex2mathml_pairs`), and `mathml_to_latex_pairs`. Right is
what the normaliser of our tests (`tests/curation/tex_equal.py`) calls the same as the TeX; ours was worked on with these files in view.
AsciiMath: AsciiMathML's own cases; its MathML, read by our converter, is what a LaTeX must be the same as. `none`: the converter gave
nothing or raised. pandoc is one process for all formulas, the others one call for each.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks._extraction_sets import rows
from benchmarks._extractors import node

Converter = Callable[[Sequence[str]], list[str | None]]


def converters(data: Path, folder: Path | None) -> dict[str, dict[str, dict[str, float]]]:
    """Figures by table and converter; converters that are not installed are left out."""
    from curation.extract import _mathml

    cases = data / "peercases"
    mathml = [
        (row["mathml"], row["tex"])
        for name in ("mathjax_tex_mml", "latex2mathml_pairs", "mathml_to_latex_pairs")
        for row in rows(cases / f"{name}.jsonl.gz")
        if row.get("mathml") and row.get("tex")
    ]
    written = [
        (row["asciimath"], tex)
        for row in rows(cases / "asciimath_mathml.jsonl.gz")
        if (tex := _mathml.to_latex(f"<math>{row['mathml_inner']}</math>"))
    ]
    makers: dict[str, tuple[list[tuple[str, str]], dict[str, Callable[[], Converter]]]] = {
        "MathML to LaTeX": (
            mathml,
            {
                "ours": _ours_mathml,
                "pandoc (texmath)": _pandoc,
                "mathml-to-latex (npm)": lambda: _each(node("mathml-to-latex", folder)),
                "mathml-to-latex (PyPI)": _mathml_to_latex,
                "mathml2latex": _mathml2latex,
            },
        ),
        "AsciiMath to LaTeX": (written, {"ours": _ours_ascii, "py-asciimath": _py_asciimath}),
    }
    return {
        title: {name: row for name, make in some.items() if (row := measured(pairs, make)) is not None}
        for title, (pairs, some) in makers.items()
    }


def measured(pairs: Sequence[tuple[str, str]], make: Callable[[], Converter]) -> dict[str, Any] | None:
    from tests.curation.tex_equal import equal

    try:
        convert = make()
    except (ImportError, OSError):
        return None
    started = time.perf_counter()
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
