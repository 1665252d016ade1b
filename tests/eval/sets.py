"""The published sets beside the checkout (`../shared/data/benchmarks`), by the names of our benchmarks."""

import gzip
import json
from pathlib import Path
from typing import Any

FILES = {
    "aime24": "aime24", "aime25": "aime25", "amc23": "amc23", "asdiv": "asdiv", "gsm8k": "gsm8k_test", "math": "math_test",
    "math500": "math500", "mathqa": "mathqa_test", "mawps": "mawps", "mmlu-stem": "mmlu_stem", "ocw": "ocw",
    "olympiadbench": "olympiadbench_en", "sat": "sat_math", "svamp": "svamp", "tabmwp": "tabmwp_test1k",
}  # fmt: skip
COUNTS = {
    "gsm8k": 1319, "math": 5000, "math500": 500, "olympiadbench": 675, "amc23": 40, "sat": 32, "ocw": 272, "mmlu-stem": 3018,
    "mathqa": 1000, "mawps": 2065, "svamp": 1000, "asdiv": 2215, "tabmwp": 1000,
}  # fmt: skip
"""Items of OctoThinker's 13 benchmarks, as its results count them (arXiv 2506.20512)."""
UNREADABLE = {
    "asdiv/test/1110": "a time of day with its date, in which the point after p.m. ends the sentence",
}
"""Items whose answer is not read in the sentence that few-shot examples end with, and why. In a box every answer is."""
DOUBTFUL = (
    "math_test/test/414", "math_test/test/1081", "math_test/test/2549", "math_test/test/2703", "math_test/test/2716", "math_test/test/2912",
    "math_test/test/4559", "math_test/test/4860",
)  # fmt: skip
"""Items of MATH whose published answer is the last box of a solution that has several, or, of 1081, a box without the minus before it: the
published solution is wrong by it."""


def rows(shared: Path, name: str) -> list[dict[str, Any]]:
    """The rows of a benchmark's file."""
    with gzip.open(shared / "benchmarks" / f"{FILES[name]}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
