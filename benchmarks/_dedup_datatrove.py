r"""datatrove's MinHash, stages 1 to 3, in one process: its defaults, its defaults with 11 bands of 10, and the words of our text profile.

Its default text loses case, accents, punctuation and numbers, and its default words come from spaCy. `profile` gives it the words of
`curation.text` as its tokenizer and turns its own normalisation off. Seconds to signatures are those of shingles and signatures alone;
the whole writes and sorts them on disk, as its stages do. The fourth stage, which rewrites the documents, is left out.
"""

from __future__ import annotations

import shutil
import struct
import tempfile
from pathlib import Path
from typing import Any

from benchmarks._dedup_adapter import BANDS, ROWS, Contestant, run

WORD = r"\\[A-Za-z]+|[\p{L}\p{M}]+|\p{N}+|[^\s\p{L}\p{M}\p{N}]"


def profile_words(text: str) -> list[str]:
    """The words of `curation.text.words`, as far as single characters have a lower case that is a single character."""
    import regex

    return [word if word.startswith("\\") else word.lower() for word in regex.findall(WORD, text)]


class Datatrove(Contestant):
    bands: int | None = None
    profile = False

    def __init__(self) -> None:
        from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature
        from datatrove.utils.logging import logger
        from datatrove.utils.text import TextNormConfig

        logger.remove()
        options: dict[str, Any] = {"num_buckets": BANDS, "hashes_per_bucket": ROWS} if self.bands else {}
        if self.profile:
            off = TextNormConfig()
            for name in vars(off):
                setattr(off, name, False)
            options["norm_config"] = off
        self.config = MinhashConfig(**options)
        self.folder = Path(tempfile.mkdtemp())
        given: dict[str, Any] = {"language": tokenizer()} if self.profile else {}
        self.stage = MinhashDedupSignature(str(self.folder / "signatures"), self.config, **given)

    def signatures(self, texts: list[str]) -> Any:
        for text in texts:
            shingles = self.stage.get_shingles(text)
            if shingles.size:
                self.stage.get_signature(shingles)
        return texts

    def whole(self, texts: list[str]) -> list[int]:
        from datatrove.data import Document
        from datatrove.pipeline.dedup.minhash import MinhashDedupBuckets, MinhashDedupCluster

        for name in ("signatures", "pairs", "gone"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        self.stage.run((Document(text=text, id="") for text in texts), 0, 1)
        buckets = MinhashDedupBuckets(str(self.folder / "signatures"), str(self.folder / "pairs"), config=self.config)
        for rank in range(self.config.num_buckets):
            buckets.run(None, rank, self.config.num_buckets)
        cluster = MinhashDedupCluster(str(self.folder / "pairs"), str(self.folder / "gone"), config=self.config)
        cluster.run(None, 0, 1)
        removed = self.folder / "gone" / f"{0:06d}.remove"
        return [place for (place,) in struct.iter_unpack("<I", removed.read_bytes())] if removed.is_file() else []


class Bands(Datatrove):
    bands = BANDS


class Profile(Bands):
    profile = True


def tokenizer() -> Any:
    from datatrove.utils.word_tokenizers import WordTokenizer

    class Words(WordTokenizer):
        def word_tokenize(self, text: str) -> list[str]:
            return profile_words(text)

        def sent_tokenize(self, text: str) -> list[str]:
            raise NotImplementedError

        def span_tokenize(self, text: str) -> list[tuple[int, int]]:
            raise NotImplementedError

    return Words()


if __name__ == "__main__":
    run({"default": Datatrove, "bands": Bands, "profile": Profile}, "datatrove")
