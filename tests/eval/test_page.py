"""What docs/eval.md shows of `curate eval` is what it prints, but for dates."""

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from curate.cli import cli
from curate.evals.benchmarks import Shelf
from curate.parts import EvalEntry
from curate.store import Store
from eval import specs

PAGE = (Path(__file__).resolve().parents[2] / "docs/eval.md").read_text("utf-8")
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{6}")


def printed(*words: str) -> str:
    """What a command prints, without spaces at the ends of lines."""
    found = CliRunner().invoke(cli, [*words], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return DATE.sub("DATE", "\n".join(line.rstrip() for line in found.stdout.strip().splitlines()))


def test_the_first_command_prints_what_the_page_shows(project: Path) -> None:
    shown = re.search(r"```\n\$ curate (eval --model pupil [^\n]+)\n(.*?)\n```", PAGE, re.DOTALL)
    assert shown and printed(*shlex.split(shown[1])) == DATE.sub("DATE", shown[2])


def test_the_recipe_on_the_page_prints_what_stands_below_it(project: Path) -> None:
    shown = re.search(r"```yaml\n(models:.*?)```\n\n```text\n(.*?)\n```", PAGE, re.DOTALL)
    assert shown
    (project / "recipes").mkdir()
    (project / "recipes/pupils.yaml").write_text("recipe: pupils\nabout: Two pupils.\n" + shown[1])
    assert printed("eval", "pupils") == shown[2]
    query = re.search(r"^\$ curate (query pupils .+)$", PAGE, re.MULTILINE)
    assert query and {"careful", "hasty"} <= set(printed(*shlex.split(query[1])).split())


def test_the_files_of_a_benchmark_of_ones_own_are_a_benchmark(project: Path) -> None:
    parts = re.findall(
        r"```yaml\n(.*?)```", PAGE.partition("## A benchmark of your own")[2].partition("\n## ")[0], re.DOTALL
    )
    spec, card, form = parts
    (project / "benchmarks/prompts").mkdir(parents=True)
    (project / "datacards").mkdir()
    items = [json.dumps({"id": str(n), "problem": f"{n} + 1", "answer": str(n + 1)}) for n in range(10)]
    (project / "benchmarks/sums.jsonl").write_text("\n".join(items) + "\n")
    (project / "datacards/sums.md").write_text(card)
    (project / "benchmarks/sums.yaml").write_text(spec.replace("minerva-4  ", "sums-2  ").replace("sentence", "said"))
    (project / "benchmarks/prompts/sums-2.yaml").write_text(form)
    entry = EvalEntry.model_validate({"num_fewshot": 1})
    task = Shelf(project, Store(project / "store")).task("sums", entry)
    assert task.prompts[0] == "Sum: 1 + 1\nResult: The answer is 2.\n\nSum: 0 + 1\nResult:"
    assert (len(task.prompts), task.num_fewshot, task.settings["max_tokens"]) == (10, 1, 256)
    shipped = {path.stem for path in specs.FORMS.glob("*-[0-9].yaml")}
    assert {*re.findall(r"[a-z]+-[0-9]", spec)} == shipped, "the page names all forms that are there"


@pytest.mark.parametrize("name", [*specs.group("13"), "aime24", "aime25", "embedded-bench"])
def test_the_table_of_protocols_has_examples_stop_text_and_count_of_a_benchmark(name: str) -> None:
    rows = [row for row in PAGE.partition("## Protocols")[2].partition("##")[0].splitlines() if row.startswith("| ")]
    (row,) = [row for row in rows if name in re.split(r", |\s", row.split("|")[1])]
    made = specs.spec(name)
    used = specs.form(made.shots)
    assert f"{made.items:,}" in row and all(repr(stop).strip("'") in row for stop in used.stop)
    assert row.split("|")[3].strip().startswith(f"{len(used.examples)}, ")
