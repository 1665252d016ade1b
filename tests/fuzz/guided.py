"""Inputs led by the branches of Python code that they reach, by atheris (libFuzzer)."""

from __future__ import annotations

import atexit
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fuzz.engine import LONGEST, Target


def fuzz(target: Target, look: Callable[[bytes], None], seconds: float, folder: Path) -> int:
    """Give inputs to `look` for so many seconds. libFuzzer ends the process itself."""
    import atheris

    with atheris.instrument_imports(include=[*target.modules], enable_loader_override=False):
        target.warm()
    corpus = Path(tempfile.mkdtemp(prefix="curate-fuzz-"))
    for number, seed in enumerate(target.seeds):
        (corpus / f"{number:04}").write_bytes(seed)
    words = corpus.with_suffix(".words")
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words if word), "ascii")
    options = [
        f"-max_total_time={int(seconds)}",
        f"-max_len={LONGEST}",
        f"-dict={words}",
        f"-artifact_prefix={folder}/",
        "-verbosity=0",
    ]
    ended: Any = getattr(look, "__self__", None)
    atexit.register(ended.end) if ended else None
    atheris.Setup([sys.argv[0], *options, str(corpus)], look)
    atheris.Fuzz()
    return 0


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)
