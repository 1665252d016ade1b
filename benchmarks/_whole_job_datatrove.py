"""Pages to tokens by datatrove, as its example for FineWeb does it: one process, run by the interpreter that datatrove is installed for.

    PYTHON benchmarks/_whole_job_datatrove.py SETTINGS.json

WarcReader, Trafilatura, LanguageFilter, the repetition and quality filters of Gopher, C4 and FineWeb as `examples/fineweb.py` sets them,
MinHash in its four stages, JsonlWriter, DocumentTokenizer. Where the example leaves a choice, the faster one is taken: as many tasks as
workers, so that models are loaded once in each; Zstandard in place of gzip; the last filter, the writer and the tokenizer in one pass.
Without a model for languages, its LambdaFilter asks resiliparse. Left out: URLFilter, which knows none of the made-up sites, and
PIIFormatter.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.extractors import Trafilatura
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
    LambdaFilter,
    LanguageFilter,
)
from datatrove.pipeline.readers import JsonlReader, WarcReader
from datatrove.pipeline.tokens import DocumentTokenizer
from datatrove.pipeline.writers import JsonlWriter

THRESHOLD = 0.65


def profiled(document: Any) -> bool:
    """Whether resiliparse takes the text for English."""
    from resiliparse.parse.lang import detect_fast

    return bool(detect_fast(document.text)[0] == "en")


def english(model: str | None) -> Any:
    """A filter of English by a fastText model in a file, or by resiliparse where there is none."""
    if model is None:
        return LambdaFilter(profiled)
    chosen = LanguageFilter(["en"], language_threshold=THRESHOLD)
    chosen.model.MODEL_URL = model  # an instance's own, so that it travels to the workers
    return chosen


def stages(settings: dict[str, Any]) -> list[tuple[str, int, list[Any]]]:
    """Name, tasks and blocks of each stage, in order."""
    out, workers = Path(settings["out"]), int(settings["workers"])
    config = MinhashConfig(n_grams=5, num_buckets=settings["bands"], hashes_per_bucket=settings["rows"])
    filtered, signatures, buckets, gone = (str(out / name) for name in ("filtered", "signatures", "buckets", "remove"))
    filters = [
        GopherRepetitionFilter(),
        GopherQualityFilter(),
        C4QualityFilter(filter_no_terminal_punct=False),
        FineWebQualityFilter(),
    ]
    pages = [WarcReader(settings["crawl"], glob_pattern="*.warc.gz"), Trafilatura(favour_precision=True)]
    last = [
        MinhashDedupFilter(gone),
        JsonlWriter(str(out / "kept"), "${rank}.jsonl.zst", compression="zstd"),
        DocumentTokenizer(str(out / "tokens"), settings["tokenizer"], eos_token=settings["eos"], seed=0),
    ]
    written = JsonlWriter(filtered, "${rank}.jsonl.zst", compression="zstd")
    return [
        ("filter", workers, [*pages, english(settings["lid"]), *filters, written]),
        ("signatures", workers, [JsonlReader(filtered), MinhashDedupSignature(signatures, config=config)]),
        ("buckets", config.num_buckets, [MinhashDedupBuckets(signatures, buckets, config=config)]),
        ("cluster", 1, [MinhashDedupCluster(buckets, gone, config=config)]),
        ("tokens", workers, [JsonlReader(filtered), *last]),
    ]


def main(file: str) -> None:
    settings = json.loads(Path(file).read_text("utf-8"))
    seconds = {}
    for name, tasks, blocks in stages(settings):
        started = time.perf_counter()
        LocalPipelineExecutor(
            blocks,
            tasks=tasks,
            workers=min(tasks, int(settings["workers"])),
            logging_dir=str(Path(settings["out"]) / "logs" / name),
            start_method="spawn",  # children of this process, so that their CPU seconds are counted; its own default is a fork server
        ).run()
        seconds[name] = time.perf_counter() - started
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(sys.argv[1])
