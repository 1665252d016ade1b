"""The paper's recipes say what the paper says: its tables, written out again, and what follows from them by arithmetic.

OctoThinker (arXiv 2506.20512): Tables 2 to 5, the controlled study of section 3, the pilots of section 4.2.1, and RL as in section 2.1.
"""

import socket
from fractions import Fraction
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
import zstandard

import curate
from curate.errors import CurateError
from curate.names import PUBLISHED as PUBLISHED_FIGURES
from curate.recipe import Recipe, load
from mixers.budget import budgets, exact, stages_of
from trainers import rl_settings

ROOT = Path(curate.__file__).parent.parent
FILES = [path for path in (ROOT / "recipes").rglob("*.yaml") if path.name != PUBLISHED_FIGURES]
NAMES = sorted(str(path.relative_to(ROOT / "recipes").with_suffix("")) for path in FILES)
CORPORA = [f"paper/{name}" for name in ("web", "web-pro", "web-pro-published", "web-pro-max", "qa")]
"""Recipes of the corpora themselves, not of what was trained on them."""
ALONE = "paper/instruction"
"""A tenth of every branch, alone; it trains nothing."""
PUBLISHED = [name for name in NAMES if name.startswith(("paper/", "one-gpu/")) and name not in CORPORA]

BRANCH = {"megamath-web-pro": "0.55", "dclm-baseline": "0.05", "instruction": "0.10"}
TABLES = {
    "stable": {
        "megamath-web-pro-max": "0.725", "dclm-baseline": "0.10", "megamath-text-code-block": "0.10", "megamath-qa": "0.05",
        "megamath-code": "0.0125", "megamath-translated-code": "0.0125",
    },
    "long-cot": {**BRANCH, "openr1-math-220k": "0.15", "am-deepseek-distilled-40m": "0.15"},
    "short-cot": {**BRANCH, "megamath-qa": "0.025", "openmathinstruct-2": "0.175", "numinamath": "0.10"},
    "hybrid": {**BRANCH, "openmathinstruct-2": "0.10", "numinamath": "0.10", "openr1-math-220k": "0.10"},
    "study/web-pro": {"megamath-web-pro": "1"},
    "study/web-pro-max": {"megamath-web-pro-max": "1"},
    "study/web-pro-max-100b": {"megamath-web-pro-max": "1"},
    "study/finemath-4plus": {"finemath-4plus": "1"},
    "study/web-qa-9-1": {"megamath-web-pro": "0.9", "megamath-qa": "0.1"},
    "study/web-long-cot-9-1": {"megamath-web-pro": "0.9", "openr1-math-220k": "0.1"},
    "study/instruct-web-qa-1-89-10": {"instruction": "0.01", "megamath-web-pro": "0.89", "megamath-qa": "0.10"},
    "study/instruct-web-long-cot-1-89-10": {"instruction": "0.01", "megamath-web-pro": "0.89", "openr1-math-220k": "0.10"},
    "pilots/r1-omi2-2-1": {**BRANCH, "openr1-math-220k": "0.20", "openmathinstruct-2": "0.10"},
    "pilots/r1-omi2-1-1": {**BRANCH, "openr1-math-220k": "0.15", "openmathinstruct-2": "0.15"},
    "pilots/r1-omi2-1-2": {**BRANCH, "openr1-math-220k": "0.10", "openmathinstruct-2": "0.20"},
} | {
    f"pilots/{key}-{share}": {**BRANCH, "megamath-web-pro": f"0.{85 - share}", corpus: f"0.{share}"}
    for key, corpus in (("megamath-qa", "megamath-qa"), ("openr1", "openr1-math-220k"), ("omi2", "openmathinstruct-2"))
    for share in (10, 20, 30, 40)
}  # fmt: skip
INSTRUCTION = ("tulu3-personas-if", "wildchat", "ultrachat-200k")
SIZES = {
    "": ("meta-llama/Llama-3.2-3B", 2e-5),
    "-1b": ("meta-llama/Llama-3.2-1B", 5e-5),
    "-8b": ("meta-llama/Llama-3.1-8B", 1e-5),
}
WINDOW, BATCH = 8192, 512
PROMPTS = "math8k"


def recipe(name: str) -> Recipe:
    return load(f"paper/{name}")


def midtrain(name: str) -> dict[str, Any]:
    run = recipe(name).train["midtrain"]
    return {"run": run.run, "from": run.from_, "data": run.data, **run.params}


def shares(name: str) -> dict[str, Fraction]:
    """Weights of a recipe, the three instruction corpora as one."""
    mixture = recipe(name).mixture
    assert mixture
    assert [stage.until for stage in mixture.stages] == [1]
    found = {corpus: exact(weight, name) for corpus, weight in mixture.stages[0].weights.items()}
    parts = [found.pop(corpus) for corpus in INSTRUCTION if corpus in found]
    return found | ({"instruction": sum(parts, Fraction(0))} if parts else {})


def published(name: str) -> dict[str, Fraction]:
    return {corpus: Fraction(share) for corpus, share in TABLES[name].items()}


def test_every_recipe_of_the_paper_stands_in_a_table() -> None:
    sized = {f"{branch}{size}" for branch in ("stable", "long-cot", "short-cot", "hybrid") for size in SIZES}
    paper = {name for name in NAMES if name.startswith("paper/")}
    assert {f"paper/{name}" for name in {*TABLES} | sized} | {*CORPORA, ALONE} == paper


@pytest.mark.parametrize("name", TABLES)
def test_weights_are_those_of_the_table_and_sum_to_one(name: str) -> None:
    assert shares(name) == published(name)
    assert sum(published(name).values()) == 1
    mixture = recipe(name).mixture
    assert mixture
    assert mixture.seq_len == WINDOW


@pytest.mark.parametrize("name", ["stable", "long-cot", "hybrid"])
def test_tokens_of_each_source_are_its_share_to_the_token(name: str) -> None:
    mixture = recipe(name).mixture
    assert mixture
    weights = mixture.stages[0].weights
    owed = budgets(mixture.tokens, stages_of([{"until": 1, "weights": weights}], weights))
    assert sum(map(sum, owed.values())) == mixture.tokens
    for corpus, parts in owed.items():
        assert abs(sum(parts) - mixture.tokens * exact(weights[corpus], name)) < 1


@pytest.mark.parametrize(
    "name", ["long-cot", "short-cot", "hybrid", "pilots/megamath-qa-30", "pilots/openr1-30", "pilots/omi2-30"]
)
def test_questions_with_answers_are_thirty_percent(name: str) -> None:
    assert sum(share for corpus, share in shares(name).items() if corpus not in BRANCH) == Fraction("0.30")


def test_the_share_of_instruction_is_divided_by_size() -> None:
    mixture = recipe("long-cot").mixture
    assert mixture
    sizes = dict(zip(INSTRUCTION, (0.01, 0.29, 0.51), strict=True))
    for corpus, size in sizes.items():
        assert mixture.stages[0].weights[corpus] == pytest.approx(0.10 * size / sum(sizes.values()), abs=5e-5)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("branch", ["stable", "long-cot", "short-cot", "hybrid"])
def test_stable_then_decay_at_each_size(branch: str, size: str) -> None:
    name, (model, lr) = f"{branch}{size}", SIZES[size]
    run, mixture = midtrain(name), recipe(name).mixture
    assert mixture
    steps = 50_000 if branch == "stable" else 5_000
    common = {"run": "trainers.midtrain", "data": "mixture", "lr": lr, "batch_size": BATCH, "max_steps": steps}
    assert common.items() <= run.items()
    assert {"optimizer": "adamw", "weight_decay": 0.1, "warmup_steps": 0}.items() <= run.items()
    assert steps * BATCH * WINDOW == mixture.tokens == (209_715_200_000 if branch == "stable" else 20_971_520_000)
    if branch == "stable":
        assert run["from"] == f"{model}@unpinned"
        assert run["lr_scheduler"] == "constant"
        assert "min_lr_ratio" not in run
        assert "grpo" not in recipe(name).train
    else:
        assert run["from"] == f"paper/stable{size}:midtrain", "every branch starts from one stable checkpoint"
        assert (run["lr_scheduler"], run["min_lr_ratio"]) == ("cosine", 0.1)
    assert shares(name) == published(branch), "sizes differ in model and learning rate alone"


@pytest.mark.parametrize("name", [name for name in TABLES if name.startswith("study/")])
def test_the_controlled_study_is_twenty_billion_tokens_from_the_base(name: str) -> None:
    run, mixture = midtrain(name), recipe(name).mixture
    assert mixture
    assert mixture.tokens == (100 if name.endswith("100b") else 20) * 10**9
    wanted = {"from": "meta-llama/Llama-3.2-3B@unpinned", "lr": 3e-5, "lr_scheduler": "cosine", "min_lr_ratio": 0.1}
    assert wanted.items() <= run.items()
    assert {"warmup_steps": 0, "weight_decay": 0.1, "batch_size": BATCH}.items() <= run.items()
    assert run["max_steps"] == mixture.tokens // (BATCH * WINDOW)


@pytest.mark.parametrize("name", [name for name in TABLES if name.startswith("pilots/")])
def test_pilots_are_ten_billion_tokens_from_the_stable_stage(name: str) -> None:
    run, mixture = midtrain(name), recipe(name).mixture
    assert mixture
    assert mixture.tokens == 10**10
    assert (run["from"], run["from_tokens"]) == ("paper/stable:midtrain", "130B")
    assert run["max_steps"] == 10**10 // (BATCH * WINDOW)


def test_instruction_alone_is_what_each_branch_takes_of_it() -> None:
    whole, part = recipe("long-cot"), load(ALONE)
    assert whole.mixture
    assert part.mixture
    assert part.mixture.tokens * 10 == whole.mixture.tokens
    weights = part.mixture.stages[0].weights
    assert {*weights} == {*INSTRUCTION}
    for corpus, weight in weights.items():
        assert exact(weight, ALONE) == 10 * exact(whole.mixture.stages[0].weights[corpus], ALONE)
        assert part.corpora[corpus] == whole.corpora[corpus]
    assert not part.train


@pytest.mark.parametrize(
    "name", [name for name in PUBLISHED if name.startswith("paper/") and "stable" not in name and name != ALONE]
)
def test_rl_is_the_paper_s(name: str) -> None:
    train = load(name).train
    if name.endswith("-8b"):
        assert "grpo" not in train, "not reported"
        return
    run = train["grpo"]
    assert run.from_ == "midtrain"
    assert run.prompts == PROMPTS
    assert load(name).corpora[PROMPTS].files == ("card:math8k",)
    wanted = {"num_generations": 16, "prompts_per_step": 128, "mini_batch": 64, "lr": 1e-6, "lr_scheduler": "constant"}
    assert wanted.items() <= run.params.items()
    assert {"beta": 0, "temperature": 1.0}.items() <= run.params.items()
    long = any(mark in name for mark in ("long-cot", "openr1", "r1-omi2"))
    schedule = {"0": 2048, "100": 4096, "160": 8192} if name.startswith("paper/long-cot") else 8192
    assert run.params["max_completion_length"] == (schedule if long else 4096)
    found = rl_settings.checked_grpo({"out": "-", "prompts": "-", "parent": "-", **run.params}, name)
    assert (found.updates, found.num_generations * found.prompts_per_step) == (2, 2048)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("one-gpu/")])
def test_recipes_for_one_gpu_have_half_a_billion_to_two_billion_tokens(name: str) -> None:
    found = load(name)
    run, mixture = found.train["midtrain"], found.mixture
    assert mixture
    assert 500_000_000 <= mixture.tokens <= 2_000_000_000
    assert run.params["max_steps"] * run.params["batch_size"] * mixture.seq_len == mixture.tokens
    assert {*mixture.max_epochs} == {*mixture.stages[0].weights} == {*found.corpora}
    size = "-0.5b" if name.endswith("0.5b") else ""
    model = "Qwen/Qwen2.5-0.5B@unpinned" if size else "meta-llama/Llama-3.2-1B@unpinned"
    assert run.from_ == (model if "stable" in name else f"one-gpu/stable{size}:midtrain")
    assert found.tokenizer
    assert found.tokenizer.name == model


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_recipe_of_published_corpora_names_only_what_it_mixes_and_pins_nothing_that_it_does_not_know(
    name: str,
) -> None:
    found = load(name)
    assert found.mixture
    assert {*found.corpora} == {*found.mixture.stages[0].weights} | ({PROMPTS} if "grpo" in found.train else set())
    assert all(corpus.revision == "unpinned" and corpus.read == "hub" for corpus in found.corpora.values())
    assert len(found.unpinned()) >= len(found.corpora) + 1
    assert found.about


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub and no network."""

    def refuse(*_: Any) -> None:
        raise AssertionError("planning asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_plans_offline(name: str, offline: Path) -> None:
    found = curate.open(name, project=offline, store=str(offline / "store"))
    nodes = found.planned.nodes
    assert "mixture" in nodes or f"paper/{name.removeprefix('paper/')}" in (*CORPORA, ALONE)
    for corpus in found.recipe.corpora if name in PUBLISHED else ():
        end = found.planned[corpus]
        reader = next(node for node in end.upstream() if node.kind == "read")
        assert reader.missing
        assert reader.own["license"]
        assert "text" in end.schema


@pytest.mark.parametrize("name", ["paper/stable", "paper/long-cot", "one-gpu/short-cot-0.5b"])
def test_a_plan_of_a_published_size_has_rows_and_a_bill(name: str, offline: Path) -> None:
    found = curate.open(name, project=offline, store=str(offline / "store"))
    rows = {row["node"]: row for row in found.plan()}
    assert "tokenizer" in rows or "paper/stable:tokenizer" in rows
    assert all(row["state"] == "to do" for row in rows.values())
    assert rows["mixture"]["documents"] is None
    assert found.bill([*rows.values()])["unknown"]


SETTINGS = {
    "dim": 256,
    "lr": 0.1,
    "word_ngrams": 3,
    "min_count": 3,
    "epoch": 3,
    "bucket": 2_000_000,
    "window": 0,
    "min_groups": 1,
}
BENCHMARKS = {
    "gsm8k", "math", "math500", "olympiadbench", "amc23", "svamp", "asdiv", "mawps", "tabmwp", "sat", "mathqa", "mmlu-stem", "ocw",
}  # fmt: skip


def test_megamath_web_is_made_by_the_published_settings(offline: Path) -> None:
    found = curate.open("paper/web", project=offline, store=str(offline / "store")).planned.nodes
    snapshots = load("paper/web").corpora["web"].files
    assert (len({*snapshots}), snapshots[0], snapshots[-1]) == (100, "CC-MAIN-2014-15", "CC-MAIN-2024-46")
    assert {"threshold": 0.75, "ngram": 5, "bands": 11, "rows": 10}.items() <= found["web/minhash"].params.items()
    assert {*found["web/ngram"].params["against"]} == BENCHMARKS
    assert found["web/ngram"].params["n"] == 13
    clauses = {name: text for node in found.values() if node.corpus == "web" for name, text in node.clauses}
    assert clauses["english"] == "language = 'en' and language_score >= 0.65"
    assert clauses["loosely_mathematical"] == "first_math_score >= 0.5"
    first, second = (found[f"models/{name}"].params for name in ("first", "second"))
    assert SETTINGS.items() <= first.items()
    assert SETTINGS.items() <= second.items()
    assert (2 * first["documents"], 2 * second["documents"]) == (1_000_000, 2_000_000)
    assert (second["graded"], second["positive_from"], [*second["balance"]]) == (["graded-pages"], 3, ["dump"])
    assert found["graded-pages/llm_grade-ask"].params["rubric"] == "relevance"


def test_web_pro_max_learns_from_grades_of_usefulness(offline: Path) -> None:
    found = curate.open("paper/web-pro-max", project=offline, store=str(offline / "store")).planned.nodes
    assert found["graded-sample/llm_grade-ask"].params["rubric"] == "usefulness"
    assert SETTINGS.items() <= found["models/recall"].params.items()


FROM_CARD = "megamath-web: LLM360/MegaMath has no revision yet"


@pytest.mark.parametrize("name", CORPORA)
def test_a_corpus_of_the_paper_plans_with_a_bill_and_a_build_says_what_is_missing(name: str, offline: Path) -> None:
    found = curate.open(name, project=offline, store=str(offline / "store"))
    rows = found.plan()
    said = " ".join(row.get("missing", "") for row in rows)
    crawl = ("CC-MAIN-2014-15 and 99 more are not listed yet", "lid.176.bin", "open-web-math", "Llama-3.1-70B")
    for what in (*((FROM_CARD,) if name == "paper/web-pro-published" else crawl), "ocw are not on"):
        assert what in said
    assert found.bill(rows)["unknown"]
    assert found.recipe.unpinned()
    with pytest.raises(CurateError, match="has no revision yet; run curate fetch"):
        found.build()


COMMIT = "0123456789abcdef0123456789abcdef01234567"
SMALL = """\
recipe: small
extends: one-gpu/long-cot
tokenizer: {train: bpe, vocab: 300, of: [megamath-web-pro]}
mixture: {tokens: 20_000, seq_len: 256}
train: {midtrain: {from: ./model}}
corpora:
"""


def prose(i: int, words: int = 60) -> str:
    return " ".join(
        f"{word}{i * j % 97}" for j, word in zip(range(words), ("root", "sum", "of", "angle") * words, strict=False)
    )


def talk(i: int, reply: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"What is {i} + 1?"}, {"role": "assistant", "content": reply}]


def hub_files() -> dict[str, dict[str, bytes | pl.DataFrame]]:
    """Files as the hub has them, of the corpora of `one-gpu/long-cot`: names and columns as their cards say."""
    many = range(200)
    pages = b"\n".join(
        orjson.dumps({"text": prose(i), "url": f"u{i}", "metadata": {"WARC-Date": "2020"}}) for i in many
    )
    chains = [talk(i, f"<think>\nAdd one: {prose(i)}\n</think>\n\nIt is {i + 1}.") for i in many]
    return {
        "LLM360/MegaMath": {"megamath-web-pro/000_00010.parquet": pl.DataFrame({"text": [prose(i, 80) for i in many]})},
        "mlfoundations/dclm-baseline-1.0": {
            "global-shard_01_of_10/local-shard_0_of_10/shard_00000004_processed.jsonl.zst": zstandard.compress(pages)
        },
        "allenai/tulu-3-sft-personas-instruction-following": {
            "data/train-00000-of-00001.parquet": pl.DataFrame(
                {
                    "id": [f"t{i}" for i in many],
                    "messages": [talk(i, prose(i)) for i in many],
                    "constraints": [["a"]] * 200,
                }
            )
        },
        "HuggingFaceH4/ultrachat_200k": {
            "data/train_sft-00000-of-00001-ab12.parquet": pl.DataFrame({"messages": [talk(-i, prose(i)) for i in many]})
        },
        "open-r1/OpenR1-Math-220k": {
            "all/default-00000-of-00001.parquet": pl.DataFrame(
                {
                    "uuid": [f"u{i}" for i in many],
                    "messages": chains,
                    "generations": [["a", "b"]] * 200,
                    "source": ["s"] * 200,
                }
            )
        },
    }


def test_a_recipe_of_published_corpora_builds_from_a_cache_of_its_files(offline: Path) -> None:
    for hub, files in hub_files().items():
        for name, data in files.items():
            path = offline / "hf/hub" / f"datasets--{hub.replace('/', '--')}" / "snapshots" / COMMIT / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data) if isinstance(data, bytes) else data.write_parquet(path)
    (offline / "recipes").mkdir()
    pinned = "\n".join(f"  {corpus}: {{revision: '{COMMIT}'}}" for corpus in load("one-gpu/long-cot").corpora)
    (offline / "recipes/small.yaml").write_text(SMALL + pinned)
    (offline / "benchmarks").mkdir()
    for name in load("one-gpu/stable").corpora["dclm-baseline"].steps[-1].params["against"]:
        item = {
            "id": name,
            "problem": f"A problem of {name} about which there is nothing on any of the pages here.",
            "answer": "1",
        }
        (offline / f"benchmarks/{name}.jsonl").write_bytes(orjson.dumps(item))
    recipe = curate.open("small", project=offline, store=str(offline / "store"), executor="inline")
    recipe.build()
    texts = dict(recipe.sql("select corpus, min(text) from documents where fate = 'kept' group by corpus").iter_rows())
    assert texts["openr1-math-220k"] == f"What is 0 + 1?\nAdd one: {prose(0)}"
    assert texts["tulu3-personas-if"] == f"User:What is 0 + 1?\nAssistant:{prose(0)}"
    found = recipe.sql("select source, achieved from sources order by source")
    weights = load("one-gpu/long-cot").mixture.stages[0].weights  # type: ignore[union-attr]
    for source, tokens in found.iter_rows():
        assert tokens == pytest.approx(20_000 * weights[source], abs=200)
    licenses = dict(recipe.sql("select corpus, any_value(license) from documents group by corpus").iter_rows())
    assert licenses["dclm-baseline"] == "cc-by-4.0"


@pytest.mark.parametrize("name", ["one-gpu/long-cot", "one-gpu/short-cot", "paper/long-cot", "paper/hybrid"])
def test_a_branch_reads_no_file_that_the_stable_stage_has_read(name: str) -> None:
    before = load(name.partition("/")[0] + "/stable").corpora
    for corpus, entry in load(name).corpora.items():
        assert corpus not in before or not {*entry.files} & {*before[corpus].files}, corpus
