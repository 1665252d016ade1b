"""Which checkpoint a run may go on from, and what a run begins with that grows from a checkpoint of another.

Resuming asks for the same data (mixture or prompts), tokenizer and seed; branching only for the same tokenizer, and begins at place 0 of
its mixture. Left out: the settings of a run, which the trainer compares by name.
"""

from pathlib import Path
from typing import Any

from curate.errors import CurateError
from trainers._manifest import describe, pin, read


def refuse_foreign(facts: dict[str, Any], **mine: Any) -> None:
    """Refuse to resume from a checkpoint whose facts name another of these (`mixture`, `seed`), or none. CurateError says which."""
    for name, wanted in mine.items():
        if facts.get(name) != wanted:
            said = f"the checkpoint's {name} is {str(facts.get(name))[:12]}, not {str(wanted)[:12]}"
            raise CurateError(f"{said}; resume with what it was trained on, or branch from it into a new folder")


def branch(path: Path, mixture: str, tokenizer_sha256: str, seed: int) -> dict[str, Any]:
    """The facts that a run begins with which grows from a checkpoint, at place 0 of a new mixture. One rank calls it.

    Only another tokenizer is refused. The parent is pinned, by a line beside it, so that its run keeps it; it is not touched itself.
    """
    said = read(path)
    theirs = said["facts"].get("tokenizer_sha256")
    if theirs != tokenizer_sha256:
        told = f"the checkpoint's tokenizer is {str(theirs)[:12]}, not {tokenizer_sha256[:12]}"
        raise CurateError(f"{told}; branch into a mixture of the same tokenizer", where=str(path))
    pin(path)
    return {
        "mixture": mixture,
        "tokenizer_sha256": tokenizer_sha256,
        "seed": seed,
        "data": {"mixture": mixture, "windows": 0},
        "parent": {
            "path": str(path),
            "step": said["step"],
            "manifest_sha256": describe(path / "manifest.json")["sha256"],
        },
    }
