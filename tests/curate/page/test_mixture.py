"""What a page says of a recipe with a mixture of two stages, and of documents that are made of others."""

from pathlib import Path
from typing import Any

import pytest

import curate
from curate.errors import CurateError
from curate.page import html
from curate.page.contents import contents
from tests.curate.corpus import make_project, open_small, with_mixture

MIXED = with_mixture()


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> curate.Curated:
    recipe = open_small(make_project(tmp_path_factory.mktemp("mixed"), recipe=MIXED, count=120))
    recipe.build()
    return recipe


@pytest.fixture(scope="module")
def told(mixed: curate.Curated) -> dict[str, Any]:
    return contents(mixed)


def test_stages_add_up_to_the_mixture(told: dict[str, Any]) -> None:
    mixture = told["mixture"]
    assert len(mixture["stages"]) == 2
    for source in mixture["sources"]:
        parts = [one["achieved"] for stage in mixture["stages"] for one in stage if one["source"] == source["source"]]
        assert sum(parts) == source["achieved"] > 0
    assert sum(one["achieved"] for one in mixture["sources"]) == mixture["tokens"]


def test_tokens_of_a_funnel_are_counted_at_its_end_and_estimated_before(told: dict[str, Any]) -> None:
    for funnel in told["funnel"]:
        known = [row for row in funnel["rows"] if row["tokens"] is not None]
        line = next(one for one in told["mixture"]["sources"] if one["source"] == funnel["corpus"])
        assert known[-1]["exact"] and known[-1]["tokens"] == line["available"] + line["held_out"]
        tokens = [row["tokens"] for row in known]
        assert tokens == sorted(tokens, reverse=True)
    (web, parts) = told["funnel"]
    assert web["rows"][0]["tokens"] > web["rows"][-1]["tokens"] and not web["rows"][0]["exact"]
    assert parts["rows"][0]["step"] == "synth.halves"


def test_lineage_goes_from_files_by_corpora_to_the_mixture(told: dict[str, Any]) -> None:
    boxes = {box["name"]: box for box in told["lineage"]["boxes"]}
    order = [boxes[name]["column"] for name in ("files of web", "web", "parts", "tokenizer", "mixture")]
    assert order == sorted(set(order))
    assert boxes["files of web"]["about"].startswith("3 files, ") and boxes["mixture"]["kind"] == "mixture"
    assert boxes["web"]["documents"] == told["funnel"][0]["rows"][-1]["out"]
    assert ["web", "parts"] in told["lineage"]["arrows"] and ["parts", "mixture"] in told["lineage"]["arrows"]


def test_an_edited_recipe_that_is_not_built_has_no_page_and_part_of_one_has(
    mixed: curate.Curated, tmp_path: Path
) -> None:
    fresh = curate.open("small", project=mixed.project, store=str(tmp_path / "store"), executor="inline")
    with pytest.raises(CurateError, match="nothing of small is built"):
        contents(fresh)
    fresh.build(only="web")
    part = contents(curate.open("small", project=mixed.project, store=str(tmp_path / "store")))
    assert part["mixture"] is None and part["documents"] and html(part)
    assert {box["name"] for box in part["lineage"]["boxes"] if not box["built"]} == {"parts", "tokenizer", "mixture"}
