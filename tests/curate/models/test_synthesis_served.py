"""Refinement, questions and chains over real pages, by a served model that knows nothing: nothing of it goes through, kills lose none.

`transformers serve` with a Llama of ten thousand parameters answers in runs of letters. Every guard and gate must say so, and the texts
must come out as they went in.
"""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

import curate
from tests.curate.corpus import contents
from tests.curate.models.test_builds import building, stored
from tests.curate.models.test_served import served  # noqa: F401 (a fixture)

pytestmark = pytest.mark.slow
RECIPE = """
recipe: small
models:
  writer: {{backend: openai, id: {id}, revision: main, sampling: {{temperature: 1.0, max_tokens: 400}}}}
corpora:
  pages:
    read: warc
    files: {pages}
    steps:
      - extract: html_math
      - extract: html_clean
      - score: length
      - keep: {{size: length between 400 and 3000}}
      - sample: stratified
        by: [date]
        documents: 16
  refined:
    from: pages
    steps: [{{rewrite: refine, model: writer, retries: 1}}]
  qa:
    from: pages
    steps: [{{synth: qa_pairs, model: writer}}]
  asked:
    read: jsonl
    files: {questions}
    columns: {{text: problem, question: problem, gold: answer}}
    steps: [{{sample: stratified, by: [date], documents: 16}}]
  long:
    from: asked
    steps: [{{synth: long_cot, model: writer, samples: 2}}, {{verify: math_answer}}, {{verify: chain}}, {{verify: pass_rate}}]
  short:
    from: asked
    steps: [{{synth: short_cot, model: writer, samples: 2}}, {{verify: math_answer}}]
tokenizer: {{train: bpe, vocab: 300, of: [pages]}}
mixture: {{tokens: 2k, seq_len: 128, stages: [{{until: 100%, weights: {{refined: 1}}}}]}}
"""


def column(recipe: curate.Curated, corpus: str, name: str) -> list[str]:
    rows = recipe.sql(f"select {name} from documents where corpus = '{corpus}' and fate = 'kept'").rows()
    return [value for (value,) in rows]


def test_nothing_that_a_model_without_knowledge_writes_goes_through(
    served: tuple[str, str],  # noqa: F811
    tmp_path: Path,
    shared: Path,
) -> None:
    url, name = served
    (tmp_path / "recipes").mkdir()
    (tmp_path / "profiles").mkdir()
    archive, questions = shared / "warc/math_web_dev.warc.gz", shared / "benchmarks/gsm8k_test.jsonl.gz"
    (tmp_path / "recipes/small.yaml").write_text(RECIPE.format(id=name, pages=archive, questions=questions))
    (tmp_path / "profiles/local.toml").write_text(
        f'[models.writer]\nendpoints = ["{url}"]\nconcurrency = 4\nprice = {{prompt = 0, completion = 0}}\n'
    )
    chance = random.Random(seed := random.randrange(2**32))
    print(f"kills at moments of seed {seed}")
    for _ in range(2):
        with building(tmp_path) as process:
            time.sleep(chance.uniform(8, 25))
            assert process.poll() in (None, 0)
    with building(tmp_path) as process:
        assert process.wait(400) == 0, process.stdout and process.stdout.read()

    recipe = curate.open("small", project=tmp_path)
    verdicts = Counter(column(recipe, "refined", "refine_verdict"))
    assert verdicts.total() == 16 and "refined" not in verdicts
    assert sorted(column(recipe, "refined", "text")) == sorted(column(recipe, "pages", "text"))
    counted = {row["value"]: row["documents"] for row in recipe.counts() if row["counted"] == "refine_verdict"}
    assert counted == dict(verdicts)
    assert column(recipe, "qa", "text") == []
    for corpus in ("long", "short"):
        right = column(recipe, corpus, "math_answer")
        assert len(right) == 32 and True not in right
    assert "whole" not in column(recipe, "short", "outcome")

    replies = stored(tmp_path)
    assert replies.height == replies.unique("key").height
    again = tmp_path / "again"
    shutil.copytree(tmp_path / "recipes", again / "recipes")
    shutil.copytree(tmp_path / ".curate/replies", again / ".curate/replies")
    (again / "profiles").mkdir()
    (again / "profiles/local.toml").write_text('executor = "inline"\n')  # nobody to ask
    second = curate.open("small", project=again)
    second.build()
    assert contents(second) == contents(recipe)
    assert pl.DataFrame(second.counts()).equals(pl.DataFrame(recipe.counts()))
