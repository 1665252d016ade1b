"""Published corpora go through the paper's own recipes: each record of files like theirs has the text or the fate that it must have."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from pathlib import Path

import orjson
import pytest

import curate
from curate.errors import CurateError
from curate.recipe import load
from eval._extract import extract
from tests.curate import imports

DOCS = Path(__file__).resolve().parents[2] / "docs/paper.md"
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


def cache(folder: Path, monkeypatch: pytest.MonkeyPatch, published: imports.Published) -> None:
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_HOME", str(folder / "hf"))
    imports.write(folder / "hf/hub", [published])
    (folder / "recipes").mkdir()


def texts_and_fates(folder: Path, base: str, corpus: str) -> tuple[list[str], Counter[str]]:
    """What is kept of one corpus of a recipe, and how many of its records have which other fate."""
    recipe = load(base, project=folder)
    imports.benchmarks(folder, recipe.corpora[corpus].steps[-1].params["against"])
    trained = "train: null\n" if recipe.train else ""
    others = "".join(f"  {name}: null\n" for name in recipe.corpora if name != corpus)
    (folder / "recipes/small.yaml").write_text(
        f"recipe: small\nextends: {base}\ntokenizer: {{train: bpe, vocab: 300, of: [{corpus}]}}\nmixture: null\n"
        f"{trained}corpora:\n  {corpus}: {{revision: '{imports.COMMIT}'}}\n{others}"
    )
    opened = curate.open("small", project=folder, store=str(folder / "store"), executor="inline")
    opened.build(only=corpus)
    rows = opened.sql("select fate, text from documents").rows()
    return sorted(text for fate, text in rows if fate == "kept"), Counter(fate for fate, _ in rows if fate != "kept")


@pytest.mark.parametrize("corpus", CASES)
def test_every_record_has_its_text_or_its_fate(corpus: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base, published = CASES[corpus]
    cache(tmp_path, monkeypatch, published)
    assert texts_and_fates(tmp_path, base, corpus) == (sorted(published.kept), published.fates)


def test_one_gpu_takes_of_numinamath_what_was_solved_and_found_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = imports.numina()
    cache(tmp_path, monkeypatch, published)
    kept, fates = texts_and_fates(tmp_path, "one-gpu/short-cot", "numinamath")
    assert kept == sorted(published.kept[:4])
    assert fates == {"solved": 2, "written_out": 1, "valid": 2, "clean": 1}


CHOICES = {
    "numinamath": (imports.numina(), [0, 1, 5, 6], {"solved": 2, "answered": 3, "clean": 1}),
    "wildchat": (
        imports.wildchat(),
        [0, 1, 5, 6, 7],
        {"gpt4": 3, "english": 1, "civil": 2, "quarantined": 2, "repeat": 1, "clean": 1},
    ),
}


@pytest.mark.parametrize("corpus", CHOICES)
def test_the_choices_of_the_docs_take_what_they_say(
    corpus: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (snippet,) = re.findall(r"```yaml\n(recipe: chosen\n.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    published, places, fates = CHOICES[corpus]
    cache(tmp_path, monkeypatch, published)
    (tmp_path / "recipes/chosen.yaml").write_text(snippet)
    made = texts_and_fates(tmp_path, "chosen", corpus)
    assert made == (sorted(published.kept[i] for i in places), fates)


def test_every_right_chain_of_openr1_is_a_document_by_the_snippet_of_the_docs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (snippet,) = re.findall(r"```yaml\n((?:    .*\n)*?    steps:\n(?:    .*\n)*)```", DOCS.read_text("utf-8"))
    wrong = imports.r1("What is 5 + 5?", "10", [imports.chain("Nine, they say.", "9")], [True])
    again = imports.r1("What is 3 + 4?", "7", [imports.chain("Half of 14.", "7")], [True])
    cache(tmp_path, monkeypatch, imports.openr1(wrong, again))
    (tmp_path / "recipes/small.yaml").write_text(
        f"recipe: small\ncorpora:\n  chains:\n    read: hub\n    files: card:openr1-math-220k\n"
        f"    revision: '{imports.COMMIT}'\n{snippet}"
    )
    opened = curate.open("small", project=tmp_path, store=str(tmp_path / "store"), executor="inline")
    opened.build()
    rows = opened.sql(
        "select split_part(text, chr(10), 2), sample, gold, fate from documents where text like 'W%'"
    ).rows()
    assert sorted(rows) == [
        ("3, 4, 5, 6, 7.", 1, "7", "kept"),
        ("Half of 14.", 0, "7", "kept"),
        ("Nine, they say.", 0, "10", "verified"),
        ("Seven.", 0, "7", "kept"),
        *((f"So, {i} and {i}: {2 * i}.", 1, str(2 * i), "kept") for i in range(10, 14)),
        ("The one.", 0, "$\\{1\\}$", "kept"),
    ]


def judged(folder: Path, rows: list[dict[str, object]], steps: list[str]) -> Counter[tuple[str, bool | None]]:
    """How many records have which fate and verdict, after these steps."""
    (folder / "recipes").mkdir(parents=True)
    (folder / "chains.jsonl").write_bytes(imports.lines(rows))
    (folder / "recipes/small.yaml").write_text(
        "recipe: small\ncorpora:\n  chains:\n    read: hub\n    files: chains.jsonl\n"
        f"    columns: {{text: problem, gold: answer}}\n    steps: [{', '.join(steps)}]\n"
    )
    opened = curate.open("small", project=folder, store=str(folder / "store"), executor="inline")
    opened.build()
    return Counter(opened.sql("select fate, math_answer from documents").rows())


def real(shared: Path, name: str) -> list[dict[str, object]]:
    if not (path := shared / f"cot/{name}.jsonl.gz").exists():
        pytest.skip(f"no {name} among the real data")
    return [orjson.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


JOIN, VERIFY = "{rewrite: join, columns: [text, response]}", "{verify: math_answer}"
THINKING = "{rewrite: thinking, form: bare, reply: response}"


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [("openmathinstruct2_sample", 100, 0), ("qwen_math_cot_100", 301, 11), ("nemo_output_rs0", 33, 16)],
)
def test_real_solutions_are_joined_and_judged(shared: Path, tmp_path: Path, name: str, right: int, wrong: int) -> None:
    rows = real(shared, name)
    made = judged(tmp_path, rows, [JOIN, VERIFY])
    assert made == +Counter({("kept", True): right, ("kept", False): wrong, ("kept", None): len(rows) - right - wrong})
    if "correct" in rows[0]:
        assert right == sum(row["correct"] is True for row in rows), "as those say who published them"


def limo(shared: Path) -> list[dict[str, object]]:
    """R1's chains in the form in which R1 gives them, with the answers of people."""
    answers = {
        row["problem"]: extract(str(row["response"]), strict=True) for row in real(shared, "limo_official-solution")
    }
    rows = []
    for row in real(shared, "limo_deepseek-r1-distill-qwen-32b"):
        thought, mark, rest = str(row["response"]).rpartition("**Final Answer**")
        rows.append(
            {**row, "answer": answers[row["problem"]], "response": f"<think>\n{thought}</think>\n\n{mark}{rest}"}
        )
    return rows


@pytest.mark.slow
@pytest.mark.parametrize(
    ("steps", "right", "wrong"),
    [
        ([THINKING, VERIFY], 265, 0),
        ([JOIN, VERIFY, "{rewrite: thinking, form: only}"], 265, 0),
        (["{rewrite: thinking, form: only, reply: response}", VERIFY], 244, 18),
    ],
)
def test_real_chains_are_judged_before_their_answer_is_cut_off(
    shared: Path, tmp_path: Path, steps: list[str], right: int, wrong: int
) -> None:
    """26 of 291 have no answer of people's in a box; of the others all are right, as LIMO chose them."""
    made = judged(tmp_path, limo(shared), steps)
    assert made == +Counter({("kept", True): right, ("kept", False): wrong, ("kept", None): 291 - right - wrong})


@pytest.mark.slow
def test_real_chains_without_tags_have_no_thinking(shared: Path, tmp_path: Path) -> None:
    rows = real(shared, "limo_deepseek-r1-distill-qwen-32b")
    with pytest.raises(CurateError, match="chains/thinking: more than 20 documents failed"):
        judged(tmp_path, rows, [THINKING])
    made = judged(tmp_path / "some", [*limo(shared)[10:], *rows[:10]], [THINKING, VERIFY])
    assert made["quarantined", None] == 10
    assert made["kept", True] + made["kept", None] == 281
