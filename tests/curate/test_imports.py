"""Published corpora go through the paper's own recipes: every record of files like the published ones has the text or the fate it must have."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import curate
from curate.recipe import load
from tests.curate import imports

CASES = {
    "megamath-web-pro": ("paper/long-cot", imports.web_pro()),
    "tulu3-personas-if": ("paper/long-cot", imports.tulu()),
    "wildchat": ("paper/instruction", imports.wildchat()),
    "ultrachat-200k": ("paper/instruction", imports.ultrachat()),
    "openr1-math-220k": ("paper/long-cot", imports.openr1()),
    "am-deepseek-distilled-40m": ("paper/long-cot", imports.am_deepseek()),
    "megamath-qa": ("paper/short-cot", imports.megamath_qa()),
    "openmathinstruct-2": ("paper/hybrid", imports.openmathinstruct()),
    "numinamath": ("paper/short-cot", imports.numina()),
    "megamath-web-pro-max": ("paper/stable", imports.web_pro_max()),
    "dclm-baseline": ("paper/stable", imports.dclm("0")),
    "finemath-4plus": ("paper/study/finemath-4plus", imports.finemath()),
}


@pytest.mark.parametrize("corpus", CASES)
def test_every_record_has_its_text_or_its_fate(corpus: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base, published = CASES[corpus]
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    imports.write(tmp_path / "hf/hub", [published])
    recipe = load(base)
    imports.benchmarks(tmp_path, recipe.corpora[corpus].steps[-1].params["against"])
    (tmp_path / "recipes").mkdir()
    trained = "train: null\n" if recipe.train else ""
    others = "".join(f"  {name}: null\n" for name in recipe.corpora if name != corpus)
    (tmp_path / "recipes/small.yaml").write_text(
        f"recipe: small\nextends: {base}\ntokenizer: {{train: bpe, vocab: 300, of: [{corpus}]}}\nmixture: null\n"
        f"{trained}corpora:\n  {corpus}: {{revision: '{imports.COMMIT}'}}\n{others}"
    )
    opened = curate.open("small", project=tmp_path, store=str(tmp_path / "store"), executor="inline")
    opened.build(only=corpus)
    rows = opened.sql("select fate, text from documents").rows()
    assert sorted(text for fate, text in rows if fate == "kept") == sorted(published.kept)
    assert Counter(fate for fate, _ in rows if fate != "kept") == published.fates
