"""What other corpora are compared with: digests of the texts of some corpora, or of a column of theirs such as `question`.

`dedup: exact` with this index leaves in a corpus what none of these has, as `dedup: minhash` does with `fit: minhash_index`. So a second
model's questions are added to those of a first one, each once. No text is kept, and 128 bits of SHA-256 for each document. Documents that
are copies of each other stand in it as they came; the smallest id is the one that is named. Left out: an order of preference among them.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from curate.step import Artifact, Corpora, Corpus, fit


@fit(reads=["$on"])
def exact_index(
    corpora: dict[str, Corpus],
    out: Path,
    *,
    of: Corpora,
    on: str = "text",
    blanks: bool = True,
    index: Artifact | None = None,
) -> dict[str, Any]:
    """Write the index of all documents of the corpora `of`, behind those of an earlier `index`, if there is one.

    of: corpora. on, blanks: as `dedup: exact` has them, and the same as there. index: an earlier one, whose documents come first.
    Documents without a text are left out. CurateError for an earlier index of other parameters, and for a column that holds no texts.
    """
    from curation.dedup import _exact_index
    from curation.dedup._copies import DIGEST, write

    earlier = _exact_index.opened(Path(index), on=on, blanks=blanks) if index else ()
    for path in earlier:
        shutil.copyfile(path, out / path.name)
    number = len(earlier)
    documents = 0
    for name in sorted(of):
        for shard in corpora[name].shards(*dict.fromkeys(["id", on])):
            digests = _exact_index.digests_of(shard[on], blanks)
            docs = shard.select("id").with_columns(digests).drop_nulls(DIGEST).sort(*DIGEST, "id")
            if docs.height:
                write(out / f"part-{number:06d}.arrow", [docs])
                number, documents = number + 1, documents + docs.height
    (out / "index.json").write_text(json.dumps({"on": on, "blanks": blanks}, indent=2) + "\n", "utf-8")
    return {"documents": documents, "earlier": len(earlier)}
