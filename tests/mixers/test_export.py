"""`curate export`: documents and prompts in other programs' formats, and folders that are whole or not there."""

import fcntl
import gzip
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import curate
from curate.cli import main
from curate.errors import CurateError
from mixers._output import output
from mixers._texts import common
from mixers.export import KINDS
from mixers.library import library
from mixers.reader import Mixture
from tests.curate.corpus import RECIPE, make_project, open_small, texts, tiny, with_mixture

MIXED = with_mixture(9000, epochs=4)
OPENING = '''"""How a text begins."""
import polars as pl
from curate.step import score

@score
def opening(docs: pl.DataFrame) -> pl.Series:
    """The first 20 characters of a text of more than 60, else null."""
    return docs.select(pl.when(pl.col("text").str.len_chars() > 60).then(pl.col("text").str.head(20)))["text"]
'''
PROMPTS = "recipe: small\ncorpora:\n  prompts: {read: jsonl, files: 'embedded:rl_prompts?documents=60'}\n"
EXAMPLE = Path(__file__).resolve().parents[2] / "examples/verl"
theirs = pytest.mark.filterwarnings("ignore")  # what other projects warn of is theirs to mend


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> curate.Curated:
    recipe = open_small(make_project(tmp_path_factory.mktemp("[a] *=b"), recipe=MIXED, count=120))
    recipe.build()
    return recipe


@pytest.fixture(scope="module")
def masked(tmp_path_factory: pytest.TempPathFactory) -> curate.Curated:
    """A recipe that masks how its texts begin, where they are long, and gives one corpus no weight."""
    text = MIXED.replace("score: digits\n        as", "score: opening\n      - score: digits\n        as")
    mixture = "mixture:\n  mask: {web: opening}\n  tokens: 4000\n  seq_len: 128\n"
    mixture += "  stages: [{until: 100%, weights: {web: 1, parts: 0}}]\n"
    folder = make_project(tmp_path_factory.mktemp("masked"), recipe=text[: text.index("mixture:")] + mixture, count=120)
    (folder / "steps/score/opening.py").write_text(OPENING)
    recipe = open_small(folder)
    recipe.build()
    return recipe


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> curate.Curated:
    opened = open_small(make_project(tmp_path_factory.mktemp("prompts"), recipe=PROMPTS))
    opened.build()
    return opened


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def read(folder: Path, kind: str) -> pl.DataFrame:
    if kind == "parquet":
        return pl.read_parquet(folder / "*.parquet")
    frames = [
        pl.read_ndjson(gzip.decompress(p.read_bytes()), infer_schema_length=None)
        for p in sorted(folder.glob("*.jsonl.gz"))
    ]
    return pl.concat(frames, how="diagonal_relaxed")


# every format


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("verl", "olmo-core")])
def test_the_same_mixture_gives_the_same_bytes_and_the_folder_says_what_it_was_made_of(
    small: curate.Curated, tmp_path: Path, kind: str
) -> None:
    told = small.export(kind, tmp_path / "one")
    open_small(small.project).export(kind, str(tmp_path / "deep" / "er" / "two words"))
    found = contents(tmp_path / "one")
    assert found == contents(tmp_path / "deep" / "er" / "two words")
    facts = json.loads(found.pop("export.json"))
    assert {name: len(data) for name, data in found.items()} == {n: f["bytes"] for n, f in facts["files"].items()}
    assert told == {**facts, "to": str(tmp_path / "one"), "bytes": sum(map(len, found.values()))}
    mixture = Mixture(small.built.piece(small.planned["mixture"]).folder)
    assert (facts["as"], facts["recipe"], facts["mixture"]) == (kind, "small", mixture.digest)
    assert os.listdir(tmp_path / "deep" / "er") == ["two words"]


@pytest.mark.parametrize("kind", ["mds", "megatron", "npy", "ds"])
def test_tokens_come_with_their_tokenizer_and_the_documents_that_they_are_from(
    small: curate.Curated, tmp_path: Path, kind: str
) -> None:
    from tokenizers import Tokenizer

    told = small.export(kind, tmp_path / "out")
    assert Tokenizer.from_file(str(tmp_path / "out/tokenizer/tokenizer.json")).get_vocab_size() == told["vocab"]
    assert told["files"]["tokenizer/tokenizer.json"]["sha256"] == told["tokenizer_sha256"]
    rows = pl.read_parquet(tmp_path / "out" / "pieces.parquet")
    assert rows.height == told["pieces"] and rows["length"].sum() == told["tokens"]
    assert told["loss_mask"] == "none"


def test_a_loss_mask_is_written_where_it_has_a_place_and_left_out_elsewhere_only_if_asked(
    small: curate.Curated, masked: curate.Curated, tmp_path: Path
) -> None:
    recipe = masked
    assert recipe.export("ds", tmp_path / "ds")["loss_mask"] == "written"
    loss = np.fromfile(tmp_path / "ds/00000.ds.loss", np.bool_)
    line = recipe.mixture()["sources"]["web"]
    assert len(loss) * 2 == (tmp_path / "ds/00000.ds").stat().st_size
    assert (~loss).sum() == line["masked"] > 0 and 0 < line["unmasked"] < line["uses"]
    assert recipe.export("ds", tmp_path / "ds2", drop_mask=True)["loss_mask"] == "left out"
    assert not list((tmp_path / "ds2").glob("*.loss"))
    assert small.export("ds", tmp_path / "ds3", drop_mask=True)["loss_mask"] == "none"
    with pytest.raises(CurateError, match=r"megatron has no place for the loss mask .* --drop-mask"):
        recipe.export("megatron", tmp_path / "megatron")
    assert recipe.export("megatron", tmp_path / "megatron", drop_mask=True)["loss_mask"] == "left out"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kind": "mdz"}, r"no format 'mdz'; did you mean 'mds'\?"),
        ({"kind": "mds", "corpus": "web"}, "--corpus is for parquet, jsonl, verl, not for mds"),
        ({"kind": "jsonl", "drop_mask": True}, "--drop-mask is for mds, megatron, npy, ds, not for jsonl"),
        ({"kind": "parquet", "columns": {"problem": "text"}}, "--columns is for verl, not for parquet"),
        ({"kind": "mds", "instruction": ""}, "--instruction is for verl, not for mds"),
        ({"kind": "parquet", "corpus": "wev"}, r"small has no node 'wev'; did you mean 'web'\?"),
        ({"kind": "parquet", "corpus": "tokenizer"}, "tokenizer makes files, not documents"),
        ({"kind": "verl"}, "which corpus has the prompts.*known: web, parts"),
        ({"kind": "verl", "corpus": "web"}, "web has no problem: looked for problem, question, prompt among"),
        ({"kind": "verl", "corpus": "web", "columns": {"problem": "text"}}, "web has no answer: looked for answer, gold"),
        ({"kind": "verl", "corpus": "web", "columns": {"anser": "x"}}, r"names 'anser'; did you mean 'answer'\?"),
        ({"kind": "verl", "corpus": "web", "columns": {"problem": "text", "answer": "leters"}}, r"did you mean 'letters'\?"),
        ({"kind": "verl", "corpus": "web", "columns": {"problem": "text", "answer": "$..[?("}}, "web has no answer"),
    ],
)  # fmt: skip
def test_what_cannot_be_exported_is_said_and_nothing_is_written(
    small: curate.Curated, tmp_path: Path, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(CurateError, match=said):
        small.export(to=tmp_path / "out", **options)
    assert not list(tmp_path.iterdir())


def test_the_store_is_no_place_for_an_export(small: curate.Curated) -> None:
    with pytest.raises(CurateError, match="lies in the store"):
        small.export("mds", small.store.root / "objects" / "mine")
    assert not (small.store.root / "objects" / "mine").exists()


def test_what_is_not_built_is_not_exported(tmp_path: Path) -> None:
    recipe = open_small(make_project(tmp_path / "project", recipe=MIXED, count=40))
    with pytest.raises(CurateError, match="the mixture is not built yet; run `curate build small`"):
        recipe.export("mds", tmp_path / "out")
    with pytest.raises(CurateError, match="web is not built yet; run `curate build small --only web`"):
        recipe.export("parquet", tmp_path / "out", corpus="web")
    recipe = open_small(make_project(tmp_path / "project", recipe=RECIPE, count=40))
    with pytest.raises(CurateError, match="small has no mixture; --as parquet --corpus NAME"):
        recipe.export("parquet", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_sample_is_exported_only_with_dev(small: curate.Curated, tmp_path: Path) -> None:
    part = small.sampled("50%")
    part.build(only="web")
    with pytest.raises(CurateError, match="is a sample; export small, or add --dev"):
        part.export("parquet", tmp_path / "out", corpus="web")
    assert part.export("parquet", tmp_path / "out", corpus="web", dev=True)["recipe"] == "small@50%"


# runs


def with_run(small: curate.Curated, run: str) -> curate.Curated:
    """The built recipe with a run, which is no part of what is built."""
    (small.project / "recipes/small.yaml").write_text(f"{MIXED}train:\n  mid: {{{run}}}\n")
    return open_small(small.project)


RUN = "run: trainers.midtrain, data: mixture, lr: 0.001, max_steps: 7, batch_size: 4"


def test_a_run_is_handed_over_with_its_windows_in_order_and_its_settings(small: curate.Curated, tmp_path: Path) -> None:
    recipe = with_run(small, RUN + ", weight_decay: 0.0")
    found = recipe.export("olmo-core", tmp_path / "out", train="mid", model="some/model")
    mix = Mixture(recipe.built.piece(recipe.planned.nodes["mixture"]).folder)
    assert (found["windows"], found["tokens"], found["train"]) == (28, 28 * mix.seq_len, "mid")
    assert json.loads((tmp_path / "out" / "run.json").read_text()) == {
        "out": "out", "mixture": ".", "seed": 0, "lr": 0.001, "max_steps": 7, "batch_size": 4, "weight_decay": 0.0,
        "model": "some/model",
    }  # fmt: skip
    ours = [mix.at(n) for n in range(28)]
    tokens = np.fromfile(tmp_path / "out" / "token_ids_part_00000.npy", mix.dtype).reshape(28, -1)
    labels = np.fromfile(tmp_path / "out" / "labels_mask_part_00000.npy", bool).reshape(28, -1)
    assert np.array_equal(tokens, [window["tokens"] for window in ours])
    assert np.array_equal(labels, [window["loss_mask"] for window in ours])
    edges, lengths = (np.load(tmp_path / "out" / f"document_{name}.npy") for name in ("edges", "lengths"))
    for n, window in enumerate(ours):
        mine = lengths[edges[n] : edges[n + 1]]
        begins = np.flatnonzero(np.diff(window["document_ids"], prepend=-2))
        assert np.array_equal(np.cumsum(mine) - mine, begins) and mine.sum() == mix.seq_len


@pytest.mark.parametrize(
    ("run", "options", "said"),
    [
        (RUN, {"model": "m"}, "has no run '' under train:; known: mid; say which with --train NAME"),
        (RUN, {"train": "mi", "model": "m"}, "did you mean 'mid'"),
        (RUN, {"train": "mid"}, "which weights does mid begin with"),
        (RUN.replace("trainers.midtrain", "other"), {"train": "mid", "model": "m"}, "no run of trainers.midtrain"),
        (RUN.replace("max_steps", "steps"), {"train": "mid", "model": "m"}, "mid says no max_steps"),
        (RUN + ", optimizer: adamw_8bit", {"train": "mid", "model": "m"}, "optimizer: of mid is not handed over"),
    ],
)
def test_a_run_that_another_engine_cannot_make_from_an_export_is_refused(
    run: str, options: dict[str, str], said: str, small: curate.Curated, tmp_path: Path
) -> None:
    with pytest.raises(CurateError, match=said):
        with_run(small, run).export("olmo-core", tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


# documents


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_a_mixture_gives_one_row_for_each_document_that_it_uses(
    small: curate.Curated, tmp_path: Path, kind: str
) -> None:
    told = small.export(kind, tmp_path / "out")
    found = read(tmp_path / "out", kind).sort("corpus", "id")
    index = small.sql("select * from mixture")
    used = index.group_by("source", "id").agg(
        uses=(pl.col("start") == 0).sum(), tokens=pl.col("length").sum() / (pl.col("start") == 0).sum()
    )
    used = used.sort("source", "id")
    assert found.height == used.height == told["documents"] < told["uses"]
    assert found["corpus"].to_list() == used["source"].to_list() and found["id"].to_list() == used["id"].to_list()
    assert found["uses"].to_list() == used["uses"].to_list() and found["uses"].max() > 1
    assert found["n_tokens"].to_list() == used["tokens"].to_list()
    docs = small.sql("select * from documents where fate = 'kept'").sort("corpus", "id")
    same = docs.join(found, on=["corpus", "id"], how="semi")
    for column in ("text", "letters", "digits_after", "part_letters", "half", "parent_id", "extra", "url"):
        assert found[column].to_list() == same[column].to_list(), column
    assert found.columns[:3] == ["id", "text", "corpus"]


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_a_corpus_without_weight_gives_no_documents(masked: curate.Curated, tmp_path: Path, kind: str) -> None:
    told = masked.export(kind, tmp_path / "out")
    found = read(tmp_path / "out", kind)
    assert found["corpus"].unique().to_list() == ["web"] and found.height == told["documents"] > 0
    assert "part_letters" not in found.columns


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
@pytest.mark.parametrize("name", ["web", "web/copies.unique", "web/digits", "parts"])
def test_a_corpus_or_a_step_gives_all_documents_that_are_left_after_it(
    small: curate.Curated, tmp_path: Path, kind: str, name: str
) -> None:
    told = small.export(kind, tmp_path / "out", corpus=name)
    view, found = small.documents(name), read(tmp_path / "out", kind)
    frames = [view.load(shard, found.columns).drop("row") for shard in view.shards]
    assert found.rows() == pl.concat(frames).rows()
    assert set(found.columns) == set(view.owners()) - {"row"}
    assert told["documents"] == view.rows and told["content"] == view.content


def test_columns_that_corpora_give_in_other_types_get_one_that_holds_both() -> None:
    one = {"a": pl.Int64(), "b": pl.String(), "c": pl.Float64(), "d": pl.List(pl.String())}
    other = {"a": pl.Float64(), "b": pl.Int64(), "c": pl.Float64(), "e": pl.Boolean(), "d": pl.String()}
    assert common({"x": one, "y": other}) == {
        "a": pl.Float64(), "b": pl.String(), "c": pl.Float64(), "d": pl.String(), "e": pl.Boolean()
    }  # fmt: skip


@theirs
@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_documents_are_read_by_datasets(small: curate.Curated, tmp_path: Path, kind: str) -> None:
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    told = small.export(kind, tmp_path / "out")
    cache = {"split": "train", "cache_dir": str(tmp_path / "cache")}
    found = datasets.load_dataset(str(tmp_path / "out"), **cache)
    assert len(found) == told["documents"]
    rows = read(tmp_path / "out", kind)
    for name in ("text", "letters", "half", "digits_after"):
        assert found[:][name] == rows[name].to_list(), name
    if kind == "parquet":
        assert len(datasets.load_dataset("parquet", data_files=str(tmp_path / "out/*.parquet"), **cache)) == len(found)


# prompts


def rewards(folder: Path) -> Callable[..., dict[str, Any]]:
    """`compute_score` of an exported reward.py, loaded by its path."""
    spec = importlib.util.spec_from_file_location("custom_module", folder / "reward.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[..., dict[str, Any]] = module.compute_score
    return found


def test_prompts_have_the_columns_of_verl_and_the_answers_earn_the_reward(
    prompts: curate.Curated, tmp_path: Path
) -> None:
    told = prompts.export("verl", tmp_path / "out")
    rows = pl.read_parquet(tmp_path / "out" / "train.parquet").to_dicts()
    docs = {d["id"]: d for d in prompts.sql("select id, text, extra from documents").to_dicts()}
    assert len(rows) == told["prompts"] == len(docs) == 60
    score = rewards(tmp_path / "out")
    for n, row in enumerate(rows):
        assert list(row) == ["data_source", "prompt", "ability", "reward_model", "extra_info"]
        document, truth = docs[row["extra_info"]["id"]], row["reward_model"]["ground_truth"]
        asked = document["text"].strip() + "\n\nThink step by step, and put the final answer in \\boxed{}."
        assert row["prompt"] == [{"role": "user", "content": asked}]
        assert (row["data_source"], row["ability"], row["reward_model"]["style"]) == ("small/prompts", "math", "rule")
        assert (row["extra_info"]["split"], row["extra_info"]["index"]) == ("train", n)
        assert truth == json.loads(document["extra"])["answer"]
        given = {"data_source": row["data_source"], "ground_truth": truth, "extra_info": row["extra_info"]}
        assert score(solution_str=f"So it is \\boxed{{{truth}}}.", **given)["score"] == 1.0
        assert score(solution_str=f"So it is {truth}.", **given)["score"] == 0.0
        assert score(solution_str="\\boxed{-98765}", **given) == {
            "score": 0.0, "acc": 0.0, "pred": "-98765", "reason": score(solution_str="\\boxed{-98765}", **given)["reason"]
        }  # fmt: skip


def test_a_prompt_whose_own_answer_earns_nothing_is_left_out_and_counted(tmp_path: Path) -> None:
    answers = ["7", "", None, "and " * 200, "First 1, then \\boxed{2}", "so 3 and\n#### 1,234", " 5 ", "8"]
    problems = [f"Number {n}?" for n in (0, 1, 2, 3, 4, 5, 6, 0)]
    frame = texts(len(answers), meta=[{"my-answer": a} for a in answers], problem=problems)
    recipe = open_small(
        tiny(
            tmp_path, "recipe: small\ncorpora:\n  web: {read: parquet, files: data/*, steps: [{score: letters}]}", frame
        )
    )
    recipe.build()
    told = recipe.export("verl", tmp_path / "out", columns={"answer": "meta.my-answer"}, instruction="")
    rows = pl.read_parquet(tmp_path / "out" / "train.parquet")
    assert rows["reward_model"].struct["ground_truth"].to_list() == ["7", "2", "1,234", "5"]
    assert rows["extra_info"].struct["index"].to_list() == [0, 1, 2, 3]
    assert rows["prompt"][0][0]["content"] == "Number 0?"
    assert (told["without_answer"], told["repeated"], told["answer_not_accepted"]) == (2, 1, 1)


def test_the_reward_says_in_one_line_that_octocurate_is_missing(prompts: curate.Curated, tmp_path: Path) -> None:
    prompts.export("verl", tmp_path / "out")
    ran = subprocess.run([sys.executable, "-I", "-S", tmp_path / "out" / "reward.py"], capture_output=True, text=True)
    assert ran.returncode == 1
    assert "ImportError: this reward asks octocurate's grader" in ran.stderr.splitlines()[-1]


@theirs
def test_prompts_and_reward_are_read_by_verl(prompts: curate.Curated, small: curate.Curated, tmp_path: Path) -> None:
    rl_dataset = pytest.importorskip("verl.utils.dataset.rl_dataset", reason="verl is not installed")
    from omegaconf import OmegaConf
    from transformers import PreTrainedTokenizerFast
    from verl.trainer.ppo.reward import get_custom_reward_fn

    prompts.export("verl", tmp_path / "out")
    small.export("ds", tmp_path / "ds")
    tokenizer = PreTrainedTokenizerFast.from_pretrained(str(tmp_path / "ds" / "tokenizer"))
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
    config = OmegaConf.create({"cache_dir": str(tmp_path / "cache"), "max_prompt_length": 4096})
    data = rl_dataset.RLHFDataset(str(tmp_path / "out/train.parquet"), tokenizer, config)
    assert len(data) == 60
    row = data[7]
    assert row["index"] == 7 and row["raw_prompt"][0]["content"].endswith("\\boxed{}.")
    place = {"path": str(tmp_path / "out/reward.py"), "name": "compute_score"}
    score = get_custom_reward_fn(OmegaConf.create({"reward": {"custom_reward_function": place}}))
    truth = row["reward_model"]["ground_truth"]
    told = score(data_source="x", solution_str=f"\\boxed{{{truth}}}", ground_truth=truth, extra_info=row["extra_info"])
    assert told["score"] == 1.0


@theirs
def test_the_example_of_a_run_is_composed_checked_and_given_its_prompts_and_reward_by_verl(
    prompts: curate.Curated, small: curate.Curated, tmp_path: Path
) -> None:
    hydra = pytest.importorskip("hydra", reason="hydra, which verl reads its settings with, is not installed")
    rl_dataset = pytest.importorskip("verl.utils.dataset.rl_dataset", reason="verl is not installed")
    from transformers import PreTrainedTokenizerFast
    from verl.trainer.ppo.reward import load_reward_manager
    from verl.trainer.ppo.utils import need_critic, need_reference_policy
    from verl.utils.config import validate_config

    prompts.export("verl", tmp_path / "out", instruction="")
    small.export("ds", tmp_path / "ds")
    with hydra.initialize_config_dir(str(EXAMPLE), version_base=None):
        config = hydra.compose("grpo", overrides=[*given_by_run_sh(tmp_path), f"+data.cache_dir={tmp_path}"])
    validate_config(config, use_reference_policy=need_reference_policy(config), use_critic=need_critic(config))
    assert not need_reference_policy(config) and not need_critic(config)
    actor, rollout = config.actor_rollout_ref.actor, config.actor_rollout_ref.rollout
    assert (config.data.train_batch_size, rollout.n, actor.ppo_mini_batch_size, actor.ppo_epochs) == (128, 16, 64, 1)
    assert (actor.optim.lr, rollout.temperature, rollout.response_length) == (1e-6, 1.0, 2048)

    tokenizer = PreTrainedTokenizerFast.from_pretrained(config.actor_rollout_ref.model.path)
    tokenizer.chat_template = config.actor_rollout_ref.model.custom_chat_template
    data = rl_dataset.RLHFDataset(config.data.train_files, tokenizer, config.data)
    assert len(data) == 60
    problem = data[7]["raw_prompt"]
    asked = tokenizer.apply_chat_template(problem, tokenize=False, add_generation_prompt=True)
    assert asked == f"Question:{problem[0]['content']}\nAnswer:"
    score = load_reward_manager(config, tokenizer).compute_score
    truth = data[7]["reward_model"]["ground_truth"]
    told = score(data_source="x", solution_str=f"\\boxed{{{truth}}}", ground_truth=truth, extra_info={})
    assert told["score"] == 1.0


def given_by_run_sh(folder: Path) -> list[str]:
    """What the example's script passes to verl, of its first stage, for `out/` and a tokenizer of this folder."""
    (folder / "bin").mkdir()
    (folder / "bin/python").write_text('#!/bin/sh\nfor one in "$@"; do echo "$one"; done\n')
    (folder / "bin/python").chmod(0o755)
    environment = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "STAGES": "100:2048"}
    asked = [EXAMPLE / "run.sh", folder / "ds/tokenizer", folder / "out", "x"]
    ran = subprocess.run(asked, env=environment, capture_output=True, text=True, check=True)
    _, module, *settings = ran.stdout.splitlines()
    assert module == "verl.trainer.main_ppo" and settings[:4] == [
        "--config-path",
        str(EXAMPLE),
        "--config-name",
        "grpo",
    ]
    return settings[4:]


def test_the_example_of_a_run_for_verl_lengthens_replies_by_stages_that_resume_one_run(tmp_path: Path) -> None:
    settings = given_by_run_sh(tmp_path)
    assert "trainer.total_training_steps=100" in settings and "data.max_response_length=2048" in settings
    assert f"data.train_files={tmp_path}/out/train.parquet" in settings
    script = (EXAMPLE / "run.sh").read_text()
    assert "100:2048 160:4096 200:8192" in script and "resume_mode: auto" in (EXAMPLE / "grpo.yaml").read_text()


# the command


def test_the_command_says_what_it_wrote(
    small: curate.Curated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(small.project)
    monkeypatch.delenv("CURATE_STORE", raising=False)
    with pytest.raises(SystemExit, match="0"):
        main(["export", "small", "--as", "mds", "--to", "one two"])
    facts = json.loads((small.project / "one two" / "export.json").read_text())
    said = capsys.readouterr().out
    assert said.startswith("one two: ") and f"{facts['tokens']:,} tokens" in said
    with pytest.raises(SystemExit, match="0"):
        main(["export", "small", "--as", "jsonl", "--to", "two", "--corpus", "web", "--json"])
    assert json.loads(capsys.readouterr().out)["documents"] == small.documents("web").rows
    with pytest.raises(SystemExit, match="2"):
        main(["export", "small", "--as", "npy", "--to", "two"])
    assert "two: is there already" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["export", "small", "--as", "verl", "--to", "three", "--corpus", "web", "--columns", "answer"])
    assert "--columns wants KEY=NAME" in capsys.readouterr().err
    shutil.rmtree(small.project / "one two")
    shutil.rmtree(small.project / "two")


def test_a_stopped_export_leaves_nothing_and_does_not_say_that_something_is_kept(
    small: curate.Curated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def press(*given: Any) -> None:
        given[1].write("half", b"1")
        raise KeyboardInterrupt

    monkeypatch.chdir(small.project)
    monkeypatch.delenv("CURATE_STORE", raising=False)
    monkeypatch.setattr("mixers._mds.write", press)
    with pytest.raises(SystemExit, match="130"):
        main(["export", "small", "--as", "mds", "--to", str(tmp_path / "out")])
    assert capsys.readouterr().err.splitlines()[-1] == "curate: stopped"
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr("curate.Curated.build", press_at_once)
    with pytest.raises(SystemExit, match="130"):
        main(["build", "small"])
    assert capsys.readouterr().err.splitlines()[-1] == "curate: stopped; what was finished is kept"


def press_at_once(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


# the folder


def test_a_folder_is_there_only_when_it_is_whole(tmp_path: Path) -> None:
    with output(tmp_path / "out") as out:
        out.write("deep/a", b"12")
        out.write("b", b"")
        assert not (tmp_path / "out").exists()
    assert contents(tmp_path / "out") == {"b": b"", "deep/a": b"12"}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    with pytest.raises(ZeroDivisionError), output(tmp_path / "other") as out:
        out.write("a", b"12")
        print(1 // 0)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_what_is_there_is_never_touched_but_an_empty_folder_is_filled(tmp_path: Path) -> None:
    for name in ("full", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    for name in ("full", "file", "link", "file/below"):
        with pytest.raises(CurateError, match=r"is there already|cannot be written"), output(tmp_path / name):
            pytest.fail("was written")
    with output(tmp_path / "empty") as out:
        out.write("a", b"1")
    (tmp_path / "link").unlink()
    assert contents(tmp_path) == {"empty/a": b"1", "file": b"mine", "full/mine": b"mine"}


def test_a_folder_that_is_filled_meanwhile_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(CurateError, match="cannot be written"), output(tmp_path / "out") as out:
        out.write("a", b"1")
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "mine").write_text("mine")
    assert contents(tmp_path) == {"out/mine": b"mine"}


def test_two_exports_to_one_place_do_not_mix(tmp_path: Path) -> None:
    with output(tmp_path / "out") as out:
        out.write("a", b"1")
        with pytest.raises(CurateError, match="another export is writing it"), output(tmp_path / "out"):
            pytest.fail("was written")
    assert contents(tmp_path) == {"out/a": b"1"}


def in_a_process(body: str, *args: object) -> subprocess.CompletedProcess[str]:
    code = (
        "import os, resource, signal, sys\nfrom pathlib import Path\nfrom mixers._output import output\n"
        + textwrap.dedent(body)
    )
    return subprocess.run([sys.executable, "-c", code, *map(str, args)], capture_output=True, text=True)


def test_a_killed_export_leaves_no_folder_and_the_next_one_cleans_up(tmp_path: Path) -> None:
    ran = in_a_process(
        """
        with output(Path(sys.argv[1])) as out:
            out.write("deep/stale", b"1")
            os.kill(os.getpid(), signal.SIGKILL)
        """,
        tmp_path / "out",
    )
    assert ran.returncode == -signal.SIGKILL
    assert contents(tmp_path) == {".out.partial/deep/stale": b"1"}
    with output(tmp_path / "out") as out:
        out.write("a", b"1")
    assert contents(tmp_path) == {"out/a": b"1"}


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    ran = in_a_process(
        """
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
        with output(Path(sys.argv[1])) as out:
            out.write("a", bytes(1 << 22))
        """,
        tmp_path / "out",
    )
    assert "CurateError" in ran.stderr.splitlines()[-1] and "cannot be written: File too large" in ran.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(CurateError, match="cannot be written: Permission denied"), output(tmp_path / "out"):
        pytest.fail("was written")
    tmp_path.chmod(0o700)


def test_a_lock_dies_with_its_process(tmp_path: Path) -> None:
    (tmp_path / ".out.partial").mkdir()
    number = os.open(tmp_path / ".out.partial", os.O_RDONLY)
    fcntl.flock(number, fcntl.LOCK_EX)
    with pytest.raises(CurateError, match="another export"), output(tmp_path / "out"):
        pytest.fail("was written")
    os.close(number)
    with output(tmp_path / "out") as out:
        out.write("a", b"1")
    assert contents(tmp_path) == {"out/a": b"1"}


def test_a_link_in_the_place_of_an_unfinished_export_is_not_followed(small: curate.Curated, tmp_path: Path) -> None:
    (mine := tmp_path / "mine").mkdir()
    (mine / "kept").touch()
    (tmp_path / ".out.partial").symlink_to(mine)
    with pytest.raises(CurateError, match="cannot be written"):
        small.export("parquet", tmp_path / "out", corpus="web")
    assert (mine / "kept").is_file()


def test_an_exported_tokenizer_says_which_token_ends_a_document(small: curate.Curated, tmp_path: Path) -> None:
    told = small.export("npy", tmp_path / "out")
    said = json.loads((tmp_path / "out/tokenizer/tokenizer_config.json").read_text())["eos_token"]
    assert library(str(tmp_path / "out/tokenizer")).token_to_id(said) == told["eos_id"]
