"""Every chain of the embedded teacher that the gates keep is right for two graders, and leaves nothing wrong standing."""

import json
import subprocess
import sys

import polars as pl
import pytest

from curate.asking import answered
from curate.profile import ModelSettings
from curate.step import find
from curation.synth.families._family import LEVELS, families
from curation.synth.families._rng import Rng
from curation.synth.symbolic import connect
from curation.verify.arithmetic import arithmetic
from curation.verify.chain import chain
from curation.verify.math_answer import math_answer

LIBRARY = """
import json, sys
from math_verify import parse, verify
pairs = json.load(sys.stdin)
print(json.dumps([bool(verify(parse("$" + gold + "$"), parse(text[-2000:]))) for text, gold in pairs]))
"""


@pytest.mark.slow
def test_every_kept_chain_is_right_for_two_graders() -> None:
    problems = [
        families()[name].make(Rng("two graders", name, level), level) for name in sorted(families()) for level in LEVELS
    ]
    golds = [
        str(families()[name].solve(families()[name].parse(p.text)))
        for name, p in zip([n for n in sorted(families()) for _ in LEVELS], problems, strict=True)
    ]
    asked = pl.DataFrame(
        {
            "id": [str(i) for i in range(len(problems))],
            "text": "",
            "question": [p.text for p in problems],
            "gold": golds,
        }
    )
    solver = connect({"backend": "symbolic", "sampling": {"temperature": 0.6}}, ModelSettings())
    docs = answered(find("synth", "long_cot"), asked, solver, samples=4)
    docs = docs.hstack(math_answer(docs)).hstack(arithmetic(docs)).hstack(chain(docs, question="question"))
    kept = docs.filter((pl.col("form") == "whole") & pl.col("math_answer") & (pl.col("arithmetic_standing") == 0))
    assert 0.5 * docs.height < kept.height < docs.height
    assert {*kept["chain_ending"]} <= {"box", "stop"}
    pairs = json.dumps(kept.select("text", "gold").rows())
    ran = subprocess.run(
        [sys.executable, "-P", "-c", LIBRARY], input=pairs, capture_output=True, text=True, timeout=300, check=True
    )
    wrong = [
        pair
        for pair, right in zip(kept.select("text", "gold").rows(), json.loads(ran.stdout.splitlines()[-1]), strict=True)
        if not right
    ]
    assert not wrong
