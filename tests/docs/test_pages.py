"""Every line that a page has the reader type is run; those that cannot be run here are listed, each with the reason.

The guide runs as a whole, in its order. Lines of the other pages and of the README are about recipes as they are shipped; they run in a
project in which the same recipes read a tenth of the input, so what they print is not compared, only that they end well.
"""

import importlib.util
import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, Command, Session, Written, actions, bare, missing

WHOLE = ("guide", "from-datatrove", "from-dolma", "from-nemo-curator")
"""Pages that are run from top to bottom: the guide here, the others by test_migration.py."""
TORCH = "needs torch"
NOT_RUN = {
    "is about a state that its page describes; tests/curate tests that it is so": """
cat >> recipes/mine.yaml <<'END'
curate accept mine
curate build mine
curate build mine && curate show mine
curate build web --sample 0.1%
curate init ~/mine && cd ~/mine
curate plan mine
curate run score.latex_density --input pages.jsonl.gz --output scored.parquet
curate why mine
    """,
    "needs a bucket; tests/curate/test_remote.py has one": """
CURATE_REMOTE=s3://bucket/prefix curate build long-cot --locked
CURATE_REMOTE=s3://bucket/prefix curate store push long-cot
curate build away
curate build demo --locked --profile shared
curate sample demo web -n 1 --profile shared
curate store pull demo --profile shared
curate store push demo --profile shared
    """,
    "needs Slurm; tests/curate/test_chain.py has one": """
curate build long-cot --profile slurm
curate doctor --profile slurm
curate status long-cot --profile slurm
curate logs long-cot --follow
curate cancel long-cot
    """,
    "trains for minutes; tests/trainers and tests/curate/test_training.py train smaller": """
curate cancel long-cot midtrain
curate compare octothinker/base octothinker/stable octothinker/long-cot --profile tiny --build --html result.html
curate compare octothinker/stable octothinker/long-cot --profile tiny --build --seeds 1
curate compare octothinker/stable octothinker/long-cot --profile tiny --html result.html --beside recipes/paper/results.yaml
curate compare octothinker/long-cot octothinker/ablations/no-long-cot --seeds 1 --build --profile tiny
curate compare octothinker/stable octothinker/ablations/no-dedup --build --profile tiny
curate compare drill drill-clean --probe --plot probes.png
curate compare long-cot short-cot --plot probes.png
curate compare long-cot short-cot hybrid --probe
curate eval drill --model midtrain --on embedded-bench
curate export rl --as verl --to out/rl --corpus prompts
curate logs long-cot midtrain --follow
curate new drill-clean --from drill --set "corpora.solved.files=embedded:rl_warmup?documents=30000&families=units&levels=1&slips=0.2"
curate query long-cot "select run, first, last, gain, length_right, collapse from probes"
curate query pupils "select id, answer, gold, reply from eval_items where verdict = 'truncated' limit 5"
curate query pupils "select model, accuracy, low, high from eval_results where eval = 'sums'"
curate show drill
curate show drill --plot rl.png
curate show drill --rollouts --step 1 -n 1
curate show drill --rollouts -n 1
curate show long-cot --plot curves.png
curate train drill
curate train long-cot
curate train long-cot --profile ray --wait
curate train long-cot --profile slurm
curate train long-cot midtrain
curate train math8k
curate compare octothinker/stable octothinker/long-cot --profile tiny
curate status octothinker/stable
curate trace octothinker/stable --step 12
curate trace octothinker/stable --window 0
make octothinker
make octothinker QUICK=1
    """,
    "needs ../shared, or WARC files of the reader": """
curate assess benchmarks/math-classifier.yaml math_model --by site --out report
curate build examples/own-crawl.yaml && curate show examples/own-crawl.yaml
    """,
    "takes minutes; tests/faults runs a part of it": """
make faults
python -m tests.faults --list
python -m tests.faults --seed 17
python -m tests.faults --seed 17 --fault "a full disk"
python -m tests.faults --trials 20 -j 2
    """,
    "needs a Ray cluster; tests/curate/test_ray.py has one": """
curate build long-cot --profile ray
pip install 'octocurate[ray]'
ray start --address=10.0.0.1:6379
ray start --head --port=6379
    """,
    "asks a server, or a model of the hub": """
curate build graded --profile cluster --max-usd 20
curate build graded --through pages/html_math --profile cluster
curate build long-cot --profile cluster --max-usd 20
curate eval --endpoint http://127.0.0.1:8000/v1 --on gsm8k --mode chat
curate eval --model ./checkpoints/mine --on 13 --limit 50
curate eval --model Qwen/Qwen2.5-3B@COMMIT --on gsm8k,math500
curate plan graded --profile cluster
curate plan long-cot --profile cluster
curate plan paper/web-pro-published --profile hosted
curate trace graded ID --profile cluster
curate try graded pages/llm_grade -n 5 --profile cluster
    """,
    "needs Dolma, which cannot be installed beside us": """
dolma -c dedupe.yaml dedupe
dolma -c mix.yaml mix
dolma -c tag.yaml tag
    """,
    "installs this program; .ci/run does": """
make demo
make install
pip install -c constraints.txt -e '.[train,plots]'
source .venv/bin/activate
    """,
    "needs a list of removals, and a recipe that has it; tests/curate/test_removals.py has both": """
curate show mine
curate trace mine https://plainpress.example/2006/01/forum-249.html
curate verify long-cot --removed asked.txt
curate verify mine --removed --at out/mine
    """,
    "needs an account of the hub": """
curate publish long-cot --to hf://datasets/ORG/NAME
    """,
    "needs the Internet": """
curate build hub
curate fetch away
curate fetch mine
curate fetch web
    """,
    "writes a store for a group in /data": """
curate store create /data/curate --group
    """,
}
"""Lines that are not run, by the reason."""
SMALLER = {
    "embedded:crawl": "embedded:crawl?pages=300",
    "embedded:instruction": "embedded:instruction?documents=300",
    "embedded:general": "embedded:general?documents=300",
    "tokens: 2M": "tokens: 40k",
    "seq_len: 2048": "seq_len: 512",
    "held_out: 16k": "held_out: 1k",
    "vocab: 8192": "vocab: 1024",
}
"""What is smaller in the recipes of the project that lines run in."""
INSTEAD = {
    "d7d20fa32032f25594052fce84d73116": "686a8a05d4ebc0894fc811bdeffbc5ad",
}
"""Ids and places that the smaller recipes do not have, and what stands for them."""


def hand_written() -> list[Path]:
    made = {"commands", "steps", "recipes", "speed", "log"}
    return [ROOT / "README.md", *(p for p in sorted((ROOT / "docs").glob("*.md")) if p.stem not in made)]


def lines(page: Path) -> list[str]:
    return [bare(one.line) for one in actions(page.read_text("utf-8")) if isinstance(one, Command)]


def reason(line: str) -> str | None:
    """Why a line is not run; None for one that is."""
    return next((why for why, listed in NOT_RUN.items() if line in listed.splitlines()), None)


OTHERS = [p for p in hand_written() if p.stem not in WHOLE]
RUN = sorted({line for page in OTHERS for line in lines(page) if reason(line) is None})


def test_no_reason_is_given_for_lines_that_are_not_there() -> None:
    shown = {line for page in hand_written() for line in lines(page)}
    for listed in NOT_RUN.values():
        assert {*listed.strip().splitlines()} <= shown


@pytest.mark.parametrize("page", hand_written(), ids=lambda page: page.stem)
def test_no_line_is_overlooked(page: Path) -> None:
    assert len(lines(page)) == len(re.findall(r"^\$ \w", page.read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("name", WHOLE)
def test_a_reader_is_told_the_name_of_each_file(name: str) -> None:
    page = (ROOT / f"docs/{name}.md").read_text("utf-8")
    for place in re.finditer(r"<!-- (?:file|more): (\S+) -->", page):
        assert f"`{place[1]}`" in page[: place.start()].rstrip().rpartition("\n\n")[2], place[0]


def test_most_lines_are_run() -> None:
    shown = [line for page in hand_written() for line in lines(page)]
    whole = [line for page in hand_written() if page.stem in WHOLE for line in lines(page)]
    assert len(whole) >= 30
    assert len(RUN) >= 25
    assert len(shown) >= 120


@pytest.mark.slow
def test_the_guide_does_what_it_shows(tmp_path: Path) -> None:
    session, torch = Session(tmp_path / "guide"), importlib.util.find_spec("torch") is not None
    session.folder.mkdir()
    for action in actions((ROOT / "docs/guide.md").read_text("utf-8")):
        if isinstance(action, Command) and (reason(bare(action.line)) or "").startswith("installs"):
            continue
        if isinstance(action, Command) and TORCH in action.line and not torch:
            continue
        printed = session.do(action)
        if isinstance(action, Command):
            assert missing(action.shown, printed) is None, f"{action.line}\n{printed}"


DEMO = """
recipe: demo
about: The recipe of docs/trust.md, with a tenth of its input.
extends: web
corpora: {web: {files: "embedded:crawl?pages=300"}}
tokenizer: {train: bpe, vocab: 1024, of: [web]}
mixture: {tokens: 20k, seq_len: 512, stages: [{until: 100%, weights: {web: 1.0}}]}
"""
CHANGE = "edit:\n  - set: web/mathematical\n    with: {keep: {mathematical: math_score >= 0.4}}\n"


@pytest.fixture(scope="module")
def smaller(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A project whose recipes have the names and the steps of the shipped ones, and a tenth of their input; `long-cot` and
    a `demo` are built, and their changes are in git.
    """
    session = Session(tmp_path_factory.mktemp("smaller") / "project")
    for path in sorted((ROOT / "recipes").glob("*.yaml")):
        text = path.read_text("utf-8")
        for before, after in SMALLER.items():
            text = re.sub(rf"{before}(?![?\w])", after, text)
        session.do(Written(f"recipes/{path.name}", re.sub(r"^expect:.*\n", "", text, flags=re.MULTILINE), more=False))
    session.do(Command("curate build long-cot"))
    session.do(Command("curate build long-cot --sample 20%"))
    session.do(Written("recipes/demo.yaml", DEMO, more=False))
    session.do(Command("curate build demo --sample 20%"))
    session.do(Command("curate build demo && git init -q && git add recipes && git commit -qm before"))
    session.do(Written("recipes/demo.yaml", CHANGE, more=True))
    session.do(Command("curate build demo && git commit -qam after"))
    return session


@pytest.mark.slow
@pytest.mark.parametrize("line", RUN)
def test_a_line_of_a_page_ends_well(line: str, smaller: Session) -> None:
    for before, after in INSTEAD.items():
        line = line.replace(before, after)
    if "--like - " in line:
        line = f"echo the sum of the first odd numbers is a square | {line}"
    here = smaller.folder
    (here / "recipes/mine.yaml").unlink(missing_ok=True)
    code, printed = smaller.run(line)
    smaller.folder = here
    assert code == 0, printed


def test_output_is_compared_line_by_line_but_for_what_is_left_out() -> None:
    printed = "a   1\n---  ---\nb 2.0 s\n\na 1\n-----\nc of 2026-11-28\nd\n"
    assert missing(["a 1", "--", "b 7.5 s", "...", "a 1", "---", "c of ...", "d"], printed) is None
    assert missing(["...", "a 1", "--", "c of 2020-01-01", "... d"], printed) is None
    assert missing(["...", "b 3.0 s", "..."], printed) is None
    assert missing([], "") is None
    assert missing(["b 2.0 s", "..."], printed) == "b N s"
    assert missing(["...", "a 1", "d"], printed) == "a 1"
    assert missing(["...", "c ..."], printed) == "nothing, where it printed: d"
    assert missing([], printed) == "nothing, where it printed: a 1"
