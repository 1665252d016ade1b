"""A card says what is stored and nothing else, in Markdown, for the hub, in Croissant, and as JSON; a committed one is held to it."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
import yaml
from huggingface_hub import DatasetCard, DatasetCardData
from hypothesis import given
from hypothesis import strategies as st

import curate
from curate.cards import card_text, croissant_of, facts, license_text, published_texts, refuse_publishing
from curate.cards.check import card_path, difference, first_difference, write
from curate.cards.croissant import data_type
from curate.cards.evidence import _verdict, lock_digest
from curate.cards.front import LARGEST, SIZES, _size
from curate.cards.licenses import LONGEST
from curate.cli import main
from curate.errors import CurateError
from curate.lock import Lock, lock_of
from tests.curate.cards.test_licenses import HUB
from tests.curate.corpus import edit, one, open_small, texts, tiny

ROOT = Path(curate.__file__).parent.parent
STEPS = {
    "rewrite/tidy.py": """
        def prompts(docs: pl.DataFrame) -> pl.Series:
            return docs["text"]

        @rewrite(asks=prompts, counts=["tidy_verdict"])
        def tidy(docs: pl.DataFrame) -> pl.DataFrame:
            \"\"\"What the model said of short texts; column `tidy_verdict`.\"\"\"
            short = pl.col("text").str.len_chars() < 24
            said = pl.when(short).then(pl.col("replies").list.first()).otherwise(pl.col("text"))
            return docs.select(text=said, tidy_verdict=pl.when(short).then(pl.lit("refined")).otherwise(pl.lit("length")))
    """,
}
RECIPE = """
recipe: small
about: A *recipe* for <b>tests</b> of @people.
models: {m: {backend: fake}}
corpora:
  web:
    read: parquet
    files: data/*
    columns: {language: language}
    steps:
      - score: letters
      - keep: {long: letters > 18, english: "coalesce(language, 'en') != 'fr'"}
      - dedup: exact
        keep_order: [letters]
  tidied: {from: web, steps: [{rewrite: tidy, model: m}]}
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cards")
    frame = texts(12, license=["MIT", None, "a|b`c<i>"] * 4, language=["en", "en", "de", None] * 3)
    copies = frame.head(3).with_columns(url=pl.col("url") + "x")
    open_small(tiny(folder, RECIPE, pl.concat([frame, copies]), steps=STEPS)).build()
    return folder


@pytest.fixture
def recipe(built: Path) -> curate.Curated:
    return open_small(built)


@dataclasses.dataclass(frozen=True)
class File:
    """A file of a published set."""

    name: str
    rows: int
    bytes: int
    sha256: str


CONFIGS = {
    "tidied": [File("data/tidied/a.parquet", 7, 100, "ab" * 32), File("data/tidied/b.parquet", 1, 20, "cd" * 32)]
}


def front(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    return found


def test_a_card_says_what_became_of_the_documents(recipe: curate.Curated) -> None:
    text = recipe.card()
    kept = dict(recipe.sql("select corpus, count(*) from documents where fate = 'kept' group by all").rows())
    fates = dict(recipe.sql("select fate, count(*) from documents where corpus = 'web' group by all").rows())
    assert f"{sum(kept.values())} documents in 2 corpora." in text
    assert f"| `long+english` | 15 | {15 - fates['long']} | `long` {fates['long']} |" in text
    assert fates["unique"] > 0
    (line,) = (one for one in text.splitlines() if one.startswith("| `web/exact` |"))
    assert f"| {fates['unique']} | `unique` {fates['unique']} | unknown |" in line


def test_the_share_that_a_model_wrote_is_that_of_the_verdicts_it_was_accepted_with(recipe: curate.Curated) -> None:
    written = {row["corpus"]: row for row in facts(recipe, lock_of(recipe.planned, recipe.built.done))["written"]}
    asked = "select count(*) from documents where corpus = 'tidied' and fate = 'kept' and tidy_verdict = 'refined'"
    assert written["tidied"]["written"] == recipe.sql(asked).item() > 0
    assert written["tidied"]["written"] < written["tidied"]["documents"]
    assert (written["web"]["written"], written["web"]["models"]) == (0, [])
    assert written["tidied"]["tokens"] is None, "without a mixture tokens are not counted"
    assert "| 0.00% | unknown | none | none |" in recipe.card()


def test_a_text_of_which_a_guard_gave_some_pieces_back_is_the_model_s_as_long_as_one_stands() -> None:
    built = SimpleNamespace(done={"k": SimpleNamespace(facts={"counts": {"a_verdict": {}}})})
    node = SimpleNamespace(plan_key="k", adds={"a_verdict": None, "a_pieces": None, "a_original": None})
    said = _verdict(SimpleNamespace(built=built), node)  # type: ignore[arg-type]
    rows = pl.DataFrame(
        {"a_verdict": ["refined", "mixed", "mixed", None], "a_pieces": [2, 2, 2, 0], "a_original": [2, 1, 2, 0]}
    )
    assert rows.select(pl.sql_expr(str(said)).fill_null(False)).to_series().to_list() == [True, True, False, False]
    node.adds = {"a_verdict": None}
    assert _verdict(SimpleNamespace(built=built), node) == "\"a_verdict\" = 'refined'"  # type: ignore[arg-type]


def test_verdicts_on_a_rewriting_are_told_apart(recipe: curate.Curated) -> None:
    text = recipe.card()
    counted = {row["value"]: row["documents"] for row in recipe.counts()}
    assert f"| `tidied/tidy` | `tidy_verdict` | `refined` | {counted['refined']} | accepted |" in text
    assert f"| `tidied/tidy` | `tidy_verdict` | `length` | {counted['length']} | reverted |" in text


def test_what_is_not_known_is_said_to_be_unknown(recipe: curate.Curated) -> None:
    text = recipe.card()
    assert "Unknown: no step planted anything to measure itself." in text
    assert "None. No step looked for items of benchmarks." in text
    assert "It has no mixture, so its tokens are not counted." in text
    assert re.search(r"- The license of \d+ kept documents is not known.", text)
    assert "- Nothing is known of the license of: `tidied`, `web`." in text


LOOKED = "free of the items of the benchmarks named above"


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("[{decontaminate: ngram, against: [embedded-bench]}]", f"- Documents of the other corpora are {LOOKED}"),
        ("[{decontaminate: ngram, against: [embedded-bench], keep: {}}, {keep: {long: letters > 0}}]", ""),
    ],
)
def test_corpora_that_no_step_looked_through_are_not_said_to_be_free_of_benchmarks(
    tmp_path: Path, steps: str, said: str
) -> None:
    recipe = f"""
        recipe: small
        corpora:
          web: {{read: parquet, files: data/*, steps: [{{score: letters}}]}}
          clean: {{from: web, steps: {steps}}}
          after: {{from: clean, steps: [{{score: letters, as: again}}]}}
    """
    opened = open_small(tiny(tmp_path, recipe, texts(8)))
    opened.build()
    limits = opened.card().split("## Known limits\n")[1]
    assert f"- No clause drops items of benchmarks from {'`web`' if said else '`web`, `clean`, `after`'}." in limits
    assert (said or "- ") in limits and (LOOKED in limits) == bool(said)


def test_texts_of_others_stay_text(recipe: curate.Curated) -> None:
    text = recipe.card()
    assert r"A \*recipe\* for \<b\>tests\</b\> of &#64;people." in text
    assert r"``a\|b`c<i>``" in text
    assert "<i>" not in text.replace(r"``a\|b`c<i>``", "").replace("``a|b`c<i>``", "").split("---\n", 2)[2]


def test_many_licenses_of_documents_make_no_long_card(tmp_path: Path) -> None:
    frame = texts(300, license=[f"{'`|<' * 200}{i}" if i % 2 else f"license {i}" for i in range(300)], language="en")
    recipe = open_small(tiny(tmp_path, RECIPE, frame, steps=STEPS))
    recipe.build()
    text = recipe.card()
    assert len(text) < 60_000
    assert re.search(r"The 50 largest groups of \d{3}\.", text)
    assert re.search(r", \d+ more\.", text)
    assert front(text)["license_name"].startswith("mixed-")
    assert len(license_text(recipe, lock_of(recipe.planned, recipe.built.done))) < 60_000


def test_a_long_license_is_not_taken_for_the_free_one_that_it_begins_with(tmp_path: Path) -> None:
    said = "MIT" + " " * (LONGEST - 3)
    folder = tiny(tmp_path, one("{score: letters}"), texts(2, license=[said + "for reading only", said + "and so on"]))
    open_small(folder).build()
    made = open_small(folder)
    assert facts(made, lock_of(made.planned, made.built.done))["license"]["permits"]["redistribution"] == "unknown"


def test_a_card_depends_on_neither_place_nor_workers(recipe: curate.Curated, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    frames = [pl.read_parquet(path) for path in sorted((recipe.project / "data").iterdir())]
    other = open_small(tiny(folder, RECIPE, pl.concat(frames).reverse(), steps=STEPS))
    other.build()
    text = recipe.card()
    assert str(recipe.project) not in text
    differing = set(text.splitlines()) ^ set(other.card().splitlines())
    assert not {line for line in differing if not re.search(r"[0-9a-f]{32}", line)}, (
        "only digests of other files differ"
    )


# the hub


def test_the_front_matter_is_what_the_hub_s_own_library_reads(recipe: curate.Curated) -> None:
    text = recipe.card()
    card = DatasetCard(text)
    assert isinstance(card.data, DatasetCardData)
    assert card.data.to_dict() == front(text)
    assert front(f"---\n{card.data.to_yaml()}\n---\n") == front(text)
    assert DatasetCardData(**front(text)).to_dict() == front(text)


def test_the_metadata_are_valid(recipe: curate.Curated) -> None:
    said = front(recipe.card())
    assert said["license"] in HUB
    assert (said["license"], said["license_name"], said["license_link"]) == ("other", "mixed-unknown", "LICENSE.md")
    assert said["size_categories"] == ["n<1K"]
    assert said["language"] == ["en", "de"]
    assert said["source_datasets"] == ["original"]
    assert said["language_creators"] == ["found", "machine-generated"]
    assert [one["config_name"] for one in said["configs"]] == ["web", "tidied"]
    assert said["configs"][0]["data_files"] == [{"split": "train", "path": "data/web/*.parquet"}]
    assert sum(one.get("default", False) for one in said["configs"]) == 1


@given(st.integers(0, 10**14))
def test_a_size_category_holds_its_size(documents: int) -> None:
    name = _size(documents)
    units = {"K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
    bounds = [int(number) * units[unit] for number, unit in re.findall(r"(\d+)([KMBT])", name)]
    if name == LARGEST:
        assert documents >= bounds[0]
    else:
        assert (bounds[0] if len(bounds) == 2 else 0) <= documents < bounds[-1]
        assert name in SIZES


def test_a_published_set_s_card_names_its_files(recipe: curate.Curated) -> None:
    lock = lock_of(recipe.planned, recipe.built.done)
    text = card_text(recipe, lock, CONFIGS)
    (config,) = front(text)["configs"]
    names = [file.name for file in CONFIGS["tidied"]]
    assert config == {"config_name": "tidied", "default": True, "data_files": [{"split": "train", "path": names}]}
    assert "| `tidied` | 8 | 120 | 2 |" in text
    page = license_text(recipe, lock)
    made = published_texts(recipe, lock, CONFIGS)
    assert (made["README.md"], made["LICENSE.md"]) == (text, page)
    assert json.loads(made["croissant.json"]) == croissant_of(recipe, lock, CONFIGS)
    assert "- `mit`: MIT License, https://opensource.org/license/mit" in page
    assert "`unknown`" in page


# Croissant

REQUIRED = {
    "sc:Dataset": {"@context", "conformsTo", "name", "description", "license", "distribution", "recordSet"},
    "cr:FileObject": {"@id", "name", "contentUrl", "encodingFormat", "sha256"},
    "cr:FileSet": {"@id", "name", "encodingFormat", "includes"},
    "cr:RecordSet": {"@id", "name", "field"},
    "cr:Field": {"@id", "name", "dataType", "source"},
}
"""What the specification asks of each kind; `make test-peers` has its own library read the same."""


def nodes(value: Any) -> list[dict[str, Any]]:
    """Every object with a type in a JSON-LD document."""
    if isinstance(value, list):
        return [node for one in value for node in nodes(one)]
    if not isinstance(value, dict):
        return []
    own = [value] if ("@type" in value and "@id" in value) or value.get("@type") == "sc:Dataset" else []
    return own + [node for key, one in value.items() if key != "@context" for node in nodes(one)]


@pytest.mark.parametrize("configs", [{}, CONFIGS], ids=["stored", "published"])
def test_croissant_has_what_its_specification_asks_for(recipe: curate.Curated, configs: Any) -> None:
    found = croissant_of(recipe, lock_of(recipe.planned, recipe.built.done), configs)
    assert found["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert found["isLiveDataset"] is False
    every = nodes(found)
    for node in every:
        assert REQUIRED[node["@type"]] <= set(node), node
    ids = [node["@id"] for node in every if "@id" in node]
    assert len(ids) == len(set(ids))
    sets = {node["@id"] for node in every if node["@type"] == "cr:FileSet"}
    assert {node["source"]["fileSet"]["@id"] for node in every if node["@type"] == "cr:Field"} <= sets
    assert json.loads(json.dumps(found)) == found


def test_croissant_has_every_column_with_its_type(recipe: curate.Curated) -> None:
    found = json.loads(recipe.card("croissant"))
    fields = {field["@id"]: field["dataType"] for records in found["recordSet"] for field in records["field"]}
    wanted = {f"{name}/{column}" for name, node in recipe.planned.ends.items() for column in node.schema}
    assert set(fields) == wanted
    assert (fields["web/letters"], fields["web/text"]) == ("sc:Integer", "sc:Text")


@pytest.mark.parametrize(
    ("kind", "said"),
    [("Int64", "sc:Integer"), ("UInt8", "sc:Integer"), ("Float32", "sc:Float"), ("Boolean", "sc:Boolean"),
     ("Datetime(time_unit='us', time_zone=None)", "sc:DateTime"), ("Struct({'a': Int64})", "sc:Text"), ("String", "sc:Text")],
)  # fmt: skip
def test_a_type_of_a_column_in_words_of_schema_org(kind: str, said: str) -> None:
    assert data_type(kind) == said


@pytest.mark.parametrize("configs", [{}, CONFIGS], ids=["stored", "published"])
def test_croissant_s_own_library_finds_no_error(recipe: curate.Curated, configs: Any, tmp_path: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant", reason="make test-peers has it")
    path = tmp_path / "croissant.json"
    path.write_text(json.dumps(croissant_of(recipe, lock_of(recipe.planned, recipe.built.done), configs)))
    found = mlcroissant.Dataset(jsonld=str(path))
    assert {records.name for records in found.metadata.record_sets} == ({"tidied"} if configs else {"web", "tidied"})


# committed cards


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *args: str) -> int:
    monkeypatch.chdir(folder)
    with pytest.raises(SystemExit) as ended:
        main(["card", *args])
    return int(ended.value.code or 0)


def test_a_card_is_written_once_and_checked(
    built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = built / "datacards/recipes/small.md"
    assert run(built, monkeypatch, "small", "--check") == 1
    assert "datacards/recipes/small.md: is not there; curate card small writes it" in capsys.readouterr().out
    assert run(built, monkeypatch, "--all") == 0
    assert run(built, monkeypatch, "small") == 0
    assert capsys.readouterr().out.splitlines() == [
        "wrote datacards/recipes/small.md", "up to date: datacards/recipes/small.md",
    ]  # fmt: skip
    assert run(built, monkeypatch, "--all", "--check") == 0
    edit(path, "| `long+english` | 15 |", "| `long+english` | 16 |")
    capsys.readouterr()
    assert run(built, monkeypatch, "--all", "--check") == 1
    said = capsys.readouterr().out
    assert re.search(
        r"small.md: line \d+ says '\| `long\+english` \| 16 \|.*', and would say '\| `long\+english` \| 15 \|.*'", said
    )
    assert len(said.splitlines()) == 1
    path.unlink()


def test_other_forms_are_printed_or_go_where_they_are_told(
    built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(built, monkeypatch, "small", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["name"], said["license"]["license"]) == ("small", "other")
    assert run(built, monkeypatch, "small", "--croissant", "--out", str(tmp_path / "c.json")) == 0
    assert json.loads((tmp_path / "c.json").read_text())["name"] == "small"
    capsys.readouterr()
    assert run(built, monkeypatch, "small", "--out", "-") == 0
    assert capsys.readouterr().out == open_small(built).card()
    assert not (built / "datacards/recipes/small.md").exists()
    assert run(built, monkeypatch, "--all", "--json") in (0, 2)
    assert run(built, monkeypatch) == 2


def test_what_is_not_built_has_no_card(tmp_path: Path) -> None:
    recipe = open_small(tiny(tmp_path, RECIPE, texts(5, license="MIT", language="en"), steps=STEPS))
    with pytest.raises(CurateError, match="web/parquet is not built; run curate build small"):
        recipe.card()


def test_a_sample_s_card_is_printed_and_not_kept(
    built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    open_small(built).sampled("50%").build()
    assert run(built, monkeypatch, "small@50%") == 2
    assert "small@50%: is a sample, whose card is not for keeping" in capsys.readouterr().err
    assert run(built, monkeypatch, "small@50%", "--out", "-") == 0
    assert "**A sample of 50 % of the documents" in capsys.readouterr().out


def test_what_documents_forbid_is_not_published(tmp_path: Path, recipe: curate.Curated) -> None:
    refuse_publishing(recipe, Lock.read(recipe.lock_path))
    frame = texts(30, license=["MIT"] * 29 + ["CC-BY-ND-4.0"], language="en")
    other = open_small(tiny(tmp_path, RECIPE, frame, steps=STEPS))
    other.build()
    with pytest.raises(CurateError, match=r"corpus \w+ is cc-by-nd-4\.0, which forbids changed versions"):
        refuse_publishing(other, Lock.read(other.lock_path))


LINES = st.lists(st.sampled_from(["a", "ab", "x" * 300, "x" * 299 + "y"]), max_size=4)


@given(LINES, LINES)
def test_a_difference_is_one_short_line_and_none_only_between_equals(was: list[str], now: list[str]) -> None:
    said = first_difference("\n".join(was), "\n".join(now))
    assert bool(said) == ("\n".join(was) != "\n".join(now))
    assert "\n" not in said
    assert len(said) < 300


def test_a_difference_shows_where_lines_part(tmp_path: Path) -> None:
    path = tmp_path / "card.md"
    path.write_text("a\n" + "x" * 300 + "1\n")
    said = difference(path, "a\n" + "x" * 300 + "2\n")
    assert said.startswith("line 2 says '...x")
    assert "x1', and would say '...x" in said
    assert said.endswith("x2'")
    assert difference(path, "a\n") == "has 2 lines, and would have 1"
    path.write_bytes(b"\xff")
    assert difference(path, "a\n") == "cannot be read as text"


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a file")
    with pytest.raises(CurateError, match=r"card\.md: cannot be written: "):
        write(tmp_path / "a/card.md", "text")


LOCKS = sorted((ROOT / "recipes").rglob("*.lock"))


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.relative_to(ROOT / "recipes").as_posix())
def test_the_committed_card_of_a_shipped_recipe_is_that_of_its_lock(path: Path) -> None:
    """What needs no store; `make fresh` compares the whole."""
    lock = Lock.read(path)
    name = path.relative_to(ROOT / "recipes").with_suffix("").as_posix()
    card = (ROOT / "datacards/recipes" / f"{name}.md").read_text("utf-8")
    assert front(card)["curate"]["lock"] == lock_digest(lock), f"curate card {name} writes it again"
    assert DatasetCard(card).data.to_dict() == front(card)
    assert front(card)["license"] in HUB
    for name, line in lock.sources.items():
        counts = f"{line['tokens']:,} | {line['tokens'] / lock.mixture['tokens']:.4f} | {line['documents']:,}"
        assert f"| `{name}` | {counts} | {line['epochs']:.3f} | {line['available']:,} |" in card


def test_a_card_lies_among_those_of_its_project(recipe: curate.Curated) -> None:
    assert card_path(recipe) == recipe.project / "datacards/recipes/small.md"
    assert card_path(recipe, "2026.11.07").name == "small-2026.11.07.md"


def test_names_of_corpora_that_look_like_ours_or_like_other_things_stay_names(tmp_path: Path) -> None:
    names = ["web", "files-of-web", "data", "null", "1e3", "2026.11.28", "a..", "no"]
    corpora = "".join(
        f"  {json.dumps(name)}: {{read: parquet, files: 'data/*', steps: [{{score: letters}}]}}\n" for name in names
    )
    odd = "x: y # z\\n---\\n- [a](javascript:b) </script><b>"
    recipe = f'recipe: small\nabout: "{odd}"\ncorpora:\n{corpora}'
    folder = tiny(tmp_path, recipe, texts(3, license=[odd] * 3))
    open_small(folder).build()
    made = open_small(folder)
    lock = lock_of(made.planned, made.built.done)
    for configs in ({}, {name: [] for name in names}):
        every = [node["@id"] for node in nodes(croissant_of(made, lock, configs)) if "@id" in node]
        assert len(every) == len({*every})
    _, front, body = card_text(made, lock).split("---\n", 2)
    said = yaml.safe_load(front)
    assert [one["config_name"] for one in said["configs"]] == names
    assert said["license"] == "other" and len(said["curate"]["licenses"]) == 1
    prose = re.sub(r"`[^`]*`", "", license_text(made, lock) + body)
    assert "](javascript" not in prose and "<b>" not in prose and "\n---" not in prose
