"""Take a tokenizer that exists already, byte for byte, so that a mixture stands on an artifact of its own.

The planner finds the files and names them by digest (`curate/pretrained.py`); where they lie is no part of the identity. Left out: any
change to them, such as another end-of-text token; put the changed files into a folder and name that.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from curate.errors import CurateError
from curate.identity import file_sha256
from curate.step import Corpus, fit


@fit(uses=["tokenizers"])
def pretrained(
    corpora: dict[str, Corpus], out: Path, *, files: dict[str, str], sha256: dict[str, str]
) -> dict[str, Any]:
    """Copy `files` (name -> path) into the folder. CurateError if one is not what it was (name -> SHA-256), or none is a tokenizer."""
    from tokenizers import Tokenizer

    for name, path in files.items():
        shutil.copyfile(path, out / name)
        if file_sha256(out / name) != sha256[name]:
            raise CurateError(f"{name} changed while this was built; build again")
    try:
        size = Tokenizer.from_file(str(out / "tokenizer.json")).get_vocab_size(with_added_tokens=True)
    except Exception as error:  # the library raises bare Exceptions
        raise CurateError(f"the library `tokenizers` cannot read this tokenizer.json: {error}") from None
    return {"vocab": size}
