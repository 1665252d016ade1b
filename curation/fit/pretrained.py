"""Take files that exist already, byte for byte: a tokenizer, a classifier, a language model for identification.

The planner finds the files and names them by digest (`curate/pretrained.py`); where they lie is no part of the identity. A tokenizer among
them must be one that can be read. Left out: any change to them, such as another end-of-text token; put the changed files into a folder
and name that.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from curate.errors import CurateError
from curate.identity import file_sha256
from curate.step import Corpus, Files, fit

TOKENIZER = "tokenizer.json"


@fit(uses=["tokenizers"])
def pretrained(corpora: dict[str, Corpus], out: Path, *, files: Files) -> dict[str, Any]:
    """Copy the files into the folder, under their names. CurateError if one is not what it was, or is a tokenizer that cannot be read.

    files: paths, or names in the repository that `id: ORG/NAME@COMMIT` beside them says.
    """
    for file in files:
        copy = out / file.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.path, copy)
        if file_sha256(copy) != file.sha256:
            raise CurateError(f"{file.name} changed while this was built; build again")
    names = sorted(file.name for file in files)
    return {"vocab": _vocabulary(out / TOKENIZER)} if TOKENIZER in names else {"files": names}


def _vocabulary(path: Path) -> int:
    from tokenizers import Tokenizer

    try:
        return int(Tokenizer.from_file(str(path)).get_vocab_size(with_added_tokens=True))
    except Exception as error:  # the library raises bare Exceptions
        raise CurateError(f"the library `tokenizers` cannot read this tokenizer.json: {error}") from None
