"""A diff says what changed in words, its figures add up exactly, and no name breaks the pull request that it is pasted into."""

import json
import random
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.cli import main
from curate.diff import Side, compare, locks, stored
from curate.diff_text import _instead, markdown_text, summary
from curate.errors import CurateError
from curate.lock import Lock
from curate.words import Said, code, escaped, markdown, plain
from tests.curate.corpus import RECIPE, make_project, open_small, texts, tiny

SIMPLE = """
recipe: small
corpora:
  web: {read: parquet, files: data/*, steps: [{score: letters}, {keep: {long: letters > 20}}, {score: digits}]}
  b: {from: web, steps: [{synth: halves, least: 20}]}
"""


def change(project: Path, before: str, after: str) -> None:
    path = project / "recipes/small.yaml"
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))


def check_exact(diff: Any, before: Lock, after: Lock) -> None:
    """For every step: the change of what comes out is told completely; what is not told did not change."""
    told = {step.node: step for step in diff.steps}
    for name in {**before.nodes, **after.nodes}:
        was, now = before.nodes.get(name, {}), after.nodes.get(name, {})
        change = now.get("documents", 0) - was.get("documents", 0)
        if name not in told:
            assert change == 0
            continue
        step = told[name]
        moved = (step.rows_in[1] or 0) - (step.rows_in[0] or 0)
        ended = sum(b - a for a, b in step.fates.values())
        assert step.change == change == moved - ended + step.made[1] - step.made[0]


# exactness


@pytest.mark.parametrize("thresholds", [(20, 30), (30, 10), (0, 90)])
def test_a_diff_of_two_builds_adds_up_at_every_step(tmp_path: Path, thresholds: tuple[int, int]) -> None:
    make_project(tmp_path, recipe=RECIPE.replace("letters > 20", f"letters > {thresholds[0]}"), count=200)
    recipe = open_small(tmp_path)
    recipe.build()
    before = Lock.read(recipe.lock_path)
    change(tmp_path, f"letters > {thresholds[0]}", f"letters > {thresholds[1]}")
    recipe = open_small(tmp_path)
    recipe.build()
    after = Lock.read(recipe.lock_path)
    found = compare(Side("a", before), Side("b", after), [])
    check_exact(found, before, after)
    assert all(step.made == (0, 0) for step in found.steps if step.node != "parts/halves")
    keep = next(step for step in found.steps if step.node == "web/long+few_digits")
    assert keep.rows_in[0] == keep.rows_in[1]
    assert keep.change == -sum(b - a for a, b in keep.fates.values()) != 0


def a_lock(seed: int) -> Lock:
    """A lock as a build could write it: a chain of steps whose counts fit together."""
    rng = random.Random(seed)
    rows, outputs = rng.randint(0, 500), {}
    for name in ["w/read", *rng.sample([f"w/s{i}" for i in range(6)], rng.randint(0, 6))]:
        lost = {f: n for f in rng.sample(["a", "b", "undecided"], rng.randint(0, 3)) if (n := rng.randint(1, 40))}
        lost = {} if sum(lost.values()) > rows else lost
        out = rows - sum(lost.values())
        out *= rng.choice([1, 1, 1, 3])
        outputs[name] = {"key": "k", "content": str(rng.random()), "in": rows, "documents": out}
        outputs[name] |= {"fates": lost} if lost else {}
        rows = out
    return Lock("r", {}, outputs)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
@settings(max_examples=200, deadline=None)
def test_a_diff_of_any_two_locks_is_exact(one: int, other: int) -> None:
    before, after = a_lock(one), a_lock(other)
    found = compare(Side("a", before), Side("b", after), [])
    check_exact(found, before, after)
    assert not compare(Side("a", before), Side("b", before), [])
    for name, (was, now) in found.kept.items():
        assert name == "w"
        assert was == [*before.nodes.values()][-1]["documents"] and now == [*after.nodes.values()][-1]["documents"]


# words


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("letters > 20", "letters > 10", ["web: clause long: letters > 20 -> letters > 10"]),
        ("letters > 20", "(letters>20)", []),
        ("long: letters > 20", "long: letters > 20, new: letters < 99", ["web: clause new: letters < 99 (new)"]),
        ("{score: digits}", "{score: digits, pattern: '[1-9]'}", ["web/digits: pattern: [1-9] (new)"]),
        ("least: 20", "least: 1000", ["b/halves: least: 20 -> 1,000"]),
        (", {score: digits}", "", ["web: step digits removed"]),
        ("{score: digits}", "{score: digits}, {rewrite: upper}", ["web: step upper added after digits"]),
        ("[{score: letters}, {keep: {long: letters > 20}}, {score: digits}]",
         "[{score: digits}, {score: letters}, {keep: {long: letters > 20}}]", ["web: step digits moved at the start"]),
        ("files: data/*", "files: [data/*]", []),
        ("files: data/*", "files: [data/0*]", ['web: files: ["data/*"] -> ["data/0*"]']),
        ("  b: {", "  c: {from: web}\n  b: {", ["corpus c added: from web"]),
        ("recipe: small", "recipe: small\nabout: other\nseed: 7", ["seed: 0 -> 7"]),
    ],
)  # fmt: skip
def test_a_change_of_the_recipe_is_told_in_words(tmp_path: Path, before: str, after: str, said: list[str]) -> None:
    tiny(tmp_path, SIMPLE, texts(9))
    other = (tmp_path / "recipes/small.yaml").read_text()
    assert before in other
    text = other.replace(before, after).replace("recipe: small", "recipe: other")
    (tmp_path / "recipes/other.yaml").write_text(text)
    assert open_small(tmp_path).diff("other").payload()["config"] == said


def test_weights_tokens_and_models_are_told_by_name() -> None:
    from curate.diff_config import recipe_changes
    from curate.recipe import load

    said = [plain(s) for s in recipe_changes(load("long-cot"), load("hybrid"))]
    assert "mixture: weight of short: 0.2 (new)" in said
    assert "mixture: weight of cot: 0.3 -> 0.1" in said
    assert "corpus short added: from qa, 8 steps" in said
    said = [plain(s) for s in recipe_changes(load("web"), load("qa"))]
    assert said[0].startswith("model teacher added: backend symbolic")
    assert "tokenizer: " in " ".join(plain(s) for s in recipe_changes(load("qa"), load("stable")))


# what is not built


def test_what_is_not_built_is_called_so_and_never_removed(tmp_path: Path) -> None:
    recipe = open_small(tiny(tmp_path, SIMPLE, texts(9)))
    recipe.build()
    assert not open_small(tmp_path).diff()
    change(tmp_path, "letters > 20", "letters > 10")
    found = open_small(tmp_path).diff().payload()
    assert {step["node"]: step["state"] for step in found["steps"]} == dict.fromkeys(
        ["web/long", "web/digits", "b/halves"], "not built"
    )
    assert found["config"] == ["web/long: clause long: letters > 20 -> letters > 10"]
    assert "small.lock was written for another text" in found["notes"][0]
    assert "3 of 6 nodes are not built" in found["notes"][1] and "curate build small" in found["notes"][1]
    assert all(step["fates"] == {} for step in found["steps"])
    assert "are not compared" in plain(summary(open_small(tmp_path).diff()))


def test_a_recipe_that_is_not_built_is_told_on_its_side(tmp_path: Path) -> None:
    tiny(tmp_path, SIMPLE, texts(9))
    open_small(tmp_path).build()
    text = (tmp_path / "recipes/small.yaml").read_text()
    (tmp_path / "recipes/other.yaml").write_text(text.replace(": small", ": other").replace("> 20", "> 10"))
    found = open_small(tmp_path).diff("other").payload()
    assert {step["state"] for step in found["steps"]} == {"not built"}
    assert found["notes"] == [n for n in found["notes"] if n.startswith("other: 3 of 6")] != []


def test_removed_and_added_steps_stand_where_they_were(tmp_path: Path) -> None:
    tiny(tmp_path, SIMPLE, texts(9))
    recipe = open_small(tmp_path)
    recipe.build()
    before = stored(recipe)
    change(tmp_path, "{score: digits}", "{rewrite: upper}")
    recipe = open_small(tmp_path)
    recipe.build()
    steps = compare(before, stored(recipe)).steps
    assert [(s.node, s.state) for s in steps][:2] == [("web/digits", "removed"), ("web/upper", "added")]


# revisions


def git(folder: Path, *args: str) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *args], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """Three commits: nothing, a recipe that extends another one, and that other one with a looser clause; each built."""
    git(tmp_path, "init", "-q")
    (tmp_path / "README").write_text("x")
    git(tmp_path, "add", "README")
    git(tmp_path, "commit", "-qm", "nothing")
    home = tmp_path / "my project"
    tiny(home, SIMPLE, texts(30))
    (home / "recipes/small.yaml").rename(home / "recipes/basis.yaml")
    change_text(home / "recipes/basis.yaml", "recipe: small", "recipe: basis")
    (home / "recipes/small.yaml").write_text("recipe: small\nextends: basis\n")
    for old, new in (("> 20", "> 20"), ("> 20", "> 30")):
        change_text(home / "recipes/basis.yaml", old, new)
        open_small(home).build()
        git(tmp_path, "add", "my project/recipes")
        git(tmp_path, "commit", "-qm", new)
    return home


def change_text(path: Path, before: str, after: str) -> None:
    path.write_text(path.read_text().replace(before, after))


def test_revisions_are_read_out_of_git_with_what_the_recipe_extends(repo: Path) -> None:
    before = sorted(repo.rglob("*"))
    found = open_small(repo).diff(rev="HEAD~1..HEAD")
    said = found.payload()
    assert said["config"] == ["web: clause long: letters > 20 -> letters > 30"]
    assert said["notes"] == []
    keep = next(step for step in said["steps"] if step["node"] == "web/long")
    assert (keep["in"], keep["out"], keep["fates"]) == ([30, 30], [27, 18], {"long": [3, 12]})
    assert plain(summary(found)).startswith("web keeps 18 documents instead of 27 (-33.3 %); b keeps 36")
    assert open_small(repo).diff(rev="HEAD~1").payload()["steps"] == said["steps"]
    assert open_small(repo).diff(rev="HEAD~1...").payload()["steps"] == said["steps"]
    assert sorted(repo.rglob("*")) == before, "nothing was checked out"


def test_revisions_outside_a_repository_are_refused_in_words(tmp_path: Path) -> None:
    tiny(tmp_path, SIMPLE, texts(3))
    with pytest.raises(
        CurateError, match="the project lies in no git repository, so there are no revisions to compare"
    ):
        open_small(tmp_path).diff(rev="HEAD")


@pytest.mark.parametrize(("now", "said"), [(0, "0 documents"), (1, "1 document"), (2, "2 documents")])
def test_one_document_is_one(now: int, said: str) -> None:
    sentence = "".join(map(str, _instead((3, now), "documents")))
    assert sentence.startswith(f"{said} instead of 3 (")


def test_a_recipe_that_was_not_there_yet_is_all_new(repo: Path) -> None:
    said = open_small(repo).diff(rev="HEAD~2..HEAD").payload()
    assert {step["state"] for step in said["steps"]} == {"added"}
    assert "corpus web added: read parquet, 3 steps" in said["config"]
    gone = open_small(repo).diff(rev="HEAD..HEAD~2").payload()
    assert {step["state"] for step in gone["steps"]} == {"removed"}


def test_a_lock_that_was_not_committed_with_its_recipe_is_told(repo: Path) -> None:
    change_text(repo / "recipes/basis.yaml", "> 30", "> 25")
    notes = open_small(repo).diff(rev="HEAD").payload()["notes"]
    assert notes == [
        "the files as they stand: the lock was written for another text of the recipe; build it and commit small.lock"
    ]
    git(repo, "rm", "-q", "--cached", "recipes/small.lock")
    git(repo, "commit", "-qm", "no lock")
    said = open_small(repo).diff(rev="HEAD~1..HEAD").payload()
    assert "there is no lock" in said["notes"][0]
    assert (said["steps"], said["mixture"]) == ([], {}), "what is not known is not told as removed"
    change_text(repo / "recipes/small.lock", "outputs:", "nodes:")
    found = open_small(repo).diff(rev="HEAD~1")
    assert "written by an older curate" in found.payload()["notes"][0]
    assert found.payload()["steps"] == []
    assert plain(summary(found)) == "documents of what is not built, or has no lock, are not compared."


@pytest.mark.parametrize("rev", ["nowhere", "--help", "HEAD..--output=x", "", "HEAD~1..HEAD~99", "a b", "HEAD:x"])
def test_a_revision_that_is_none_is_refused_in_one_line(repo: Path, rev: str) -> None:
    if rev == "":
        assert not open_small(repo).diff(rev=rev).steps  # from HEAD to the files
        return
    with pytest.raises(CurateError, match="git knows no revision") as error:
        open_small(repo).diff(rev=rev)
    assert "\n" not in str(error.value)


def test_a_recipe_that_was_broken_at_a_revision_is_told_with_the_revision(repo: Path) -> None:
    text = (repo / "recipes/basis.yaml").read_text()
    (repo / "recipes/basis.yaml").write_text("corpora: [")
    git(repo, "commit", "-qam", "broken")
    (repo / "recipes/basis.yaml").write_text(text)
    with pytest.raises(CurateError, match=r"^at [0-9a-f]{12}: recipes/basis.yaml:\d"):
        open_small(repo).diff(rev="HEAD")


# lock files, the command, Markdown


def test_inputs_that_are_not_the_same_are_named(tmp_path: Path) -> None:
    tiny(tmp_path, SIMPLE, texts(9))
    recipe = open_small(tmp_path)
    recipe.build()
    before = stored(recipe)
    texts(12).write_parquet(tmp_path / "data/0.parquet")
    recipe = open_small(tmp_path)
    recipe.build()
    found = compare(before, stored(recipe))
    assert (found.config, found.inputs) == ([], {"web/parquet": "changed"})
    assert "**Inputs**: `web/parquet` (changed)" in found.markdown()


def test_two_lock_files_need_no_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    one, other = a_lock(1), a_lock(2)
    (tmp_path / "a.lock").write_text(one.dump())
    (tmp_path / "b.lock").write_text(other.dump())
    check_exact(locks(tmp_path / "a.lock", tmp_path / "b.lock"), one, other)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["diff", "a.lock", "b.lock", "--json"])
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out)["after"] == "b.lock"
    with pytest.raises(SystemExit) as ended:
        main(["diff", "a.lock", "web"])
    assert ended.value.code == 2
    assert "another lock" in capsys.readouterr().err


HOSTILE = "a|b`c\n<img src=x onerror=alert(1)> @everyone [x](javascript:1) \\| ```x *b* \x1b[31m"


@given(st.text(min_size=1, max_size=30) | st.just(HOSTILE))
@settings(max_examples=200, deadline=None)
def test_no_text_leaves_its_code_span_or_its_table_cell(text: str) -> None:
    span = code(text)
    fence = re.match("`+", span)
    assert fence and span.endswith(fence[0])
    inside = span[len(fence[0]) : -len(fence[0])]
    assert fence[0] not in re.findall("`+", inside)
    assert span.isprintable()
    cell = markdown((Said(text),), cell=True)
    assert not re.search(r"(?<!\\)\|", cell)


def test_prose_is_escaped() -> None:
    assert escaped("a *b* <c> @d\n| e") == r"a \*b\* \<c\> &#64;d \| e"


def test_hostile_names_and_clauses_do_no_harm_in_a_pull_request() -> None:
    before, after = a_lock(3), a_lock(4)
    bad = Lock("r", {}, {**after.outputs, f"w/{HOSTILE}": {"key": "k", "content": "c", "in": 9, "documents": 1,
                                                           "fates": {HOSTILE: 8}}})  # fmt: skip
    text = markdown_text(compare(Side("a", before), Side(HOSTILE, bad), [(Said(HOSTILE), ": x")]))
    rows = [line for line in text.splitlines() if line.startswith("|") and "onerror" in line]
    assert len(rows) == 1
    assert len(re.findall(r"(?<!\\)\|", rows[0])) == 6
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
    assert "<img" not in outside and "@everyone" not in outside
    assert all(line.isprintable() for line in text.splitlines())


def test_markdown_tells_the_whole_story_once(repo: Path) -> None:
    text = open_small(repo).diff(rev="HEAD~1..HEAD").markdown()
    assert text.startswith("### `small`: `")
    assert "- `web`: clause `long`: `letters > 20` -> `letters > 30`" in text
    assert "| `web/long` | 30 | 27 -> 18 | -9 | `long` 3 -> 12 |" in text
    assert text.count("letters > 30") == 1
