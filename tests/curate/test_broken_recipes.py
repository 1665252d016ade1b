"""Each broken recipe is answered by exactly one line: file, line, part of the recipe, what is wrong, and what to write instead."""

import re
from pathlib import Path

import pytest

from curate.errors import CurateError
from curate.recipe import load

STABLE = """\
recipe: stable
tokenizer: {train: bpe, vocab: 8192, of: [web]}
models:
  teacher: {backend: symbolic}
corpora:
  web:
    read: warc
    files: data/*.warc.gz
    steps:
      - extract: html_math
      - score: language
      - keep:
          english: language = 'en'
      - dedup: exact
        threshold: 0.75
  qa: {from: web}
mixture:
  tokens: 2M
  stages: [{until: 100%, weights: {web: 0.9, qa: 0.1}}]
  max_epochs: {web: 2}
train:
  midtrain: {run: trainers.midtrain, data: mixture}
"""
ALONE = "recipe: bad\ncorpora:\n  web:\n    read: warc\n    files: x.warc\n"
CHILD = "recipe: bad\nextends: stable\n"
MIXED = ALONE + "mixture:\n  tokens: 2M\n"

BROKEN = {
    # the file
    "duplicate key": (ALONE + "recipe: bad\n", 6, "the key 'recipe' stands here twice (first on line 1); delete one"),
    "anchor": (ALONE + "about: &a text\n", 6, "anchors (&a) are not allowed; write the value out"),
    "unquoted clause in braces": (
        ALONE + "    steps:\n      - keep: {short: n in (1, 2)}\n", 7,
        "'2)' has no value; quote the text or expression",
    ),
    "half a quoted clause": (
        ALONE + "    steps:\n      - keep:\n          a: 'en' = language\n", 8, "quote the text or expression"
    ),
    "not a map": ("- recipe\n", 1, "must be a map of `key: value` lines"),
    # keys and values
    "no name": ("corpora: {}\n", 1, "recipe: needs the key 'recipe'; write e.g. recipe: my-mix"),
    "another name": (
        "recipe: good\n", 1,
        "recipe: the file is called bad.yaml; write recipe: bad, or rename the file",
    ),
    "name with a way out": ("recipe: ../bad\n", 1, "recipe: '../bad' is not a recipe's name; use a to z"),
    "unknown key": (ALONE + "mixtrue: {}\n", 6, "recipe: unknown key 'mixtrue'; did you mean 'mixture'?"),
    "unknown key far down": (
        MIXED + "  stages:\n    - until: 100%\n      weight: {web: 1}\n", 10,
        "mixture: unknown key 'weight'; did you mean 'weights'?",
    ),
    "workers": (ALONE + "workers: 8\n", 6, "recipe: unknown key 'workers'; leave it out"),
    "number for text": (ALONE + "about: 2024\n", 6, "about: must be text, in quotes, not 2024"),
    "map for a list": (ALONE + "expect: {a: b}\n", 6, "expect: must be a list such as [a, b], not {'a': 'b'}"),
    "list for a map": ("recipe: bad\ncorpora: [web]\n", 2, "corpora: must be a map such as {key: value}, not ['web']"),
    "no item": (ALONE + "eval: {a: {limit: 0}}\n", 6, "limit: must be 1 or more, not 0"),
    "negative seed": (ALONE + "seed: -1\n", 6, "seed: must be 0 or more, not -1"),
    "boolean seed": (ALONE + "seed: true\n", 6, "seed: must be a whole number, not True"),
    "words for tokens": (
        ALONE + "mixture:\n  tokens: many\n  stages: [{until: 1, weights: {web: 1}}]\n", 7,
        "mixture: tokens: must be a whole number such as 500_000, 2M or 70B, not 'many'",
    ),
    "no stages": (MIXED, 6, "mixture: needs the key 'stages'; write e.g. stages: [{until: 100%"),
    "unknown pack": (
        MIXED + "  pack: tight\n  stages: [{until: 1, weights: {web: 1}}]\n", 8,
        "mixture: pack: must be 'best_fit', not 'tight'",
    ),
    "unknown sampling": (
        ALONE + "models:\n  m: {backend: symbolic, sampling: {temprature: 1}}\n", 7,
        "models.m: unknown key 'temprature'; did you mean 'temperature'?",
    ),
    # names
    "corpus with SQL in its name": (
        "recipe: bad\ncorpora:\n  \"a'; drop table x\":\n    read: warc\n", 3,
        "is not a name; use a to z, 0 to 9, and . _ -",
    ),
    "corpus with a line in its name": (
        'recipe: bad\ncorpora:\n  "a\\nb": {read: warc}\n', 3,
        "'a\\nb' is not a name; use a to z",
    ),
    "reserved corpus": (
        "recipe: bad\ncorpora:\n  mixture: {read: warc, files: x}\n", 3,
        "mixture: a corpus cannot be called 'mixture'",
    ),
    "capital letters in as": (
        ALONE + "    steps:\n      - {score: length, as: Long}\n", 7,
        "web: steps.as: 'Long' is not a name; use",
    ),
    # corpora
    "neither read nor from": (
        "recipe: bad\ncorpora:\n  web: {files: x}\n", 3,
        "web: has no `read:` and no `from:`; write read: and files:",
    ),
    "both read and from": (ALONE + "    from: web\n", 6, "web: has both `read:` and `from:`; remove one"),
    "no files": (
        "recipe: bad\ncorpora:\n  web:\n    read: warc\n", 4,
        "web: says `read:` and names no files; write e.g. files:",
    ),
    "from nothing known": (ALONE + "  qa: {from: wbe}\n", 6, "qa: there is no corpus 'wbe'; did you mean 'web'?"),
    "from no step": (ALONE + "    steps: [{score: length}]\n  qa:\n    from: web/lenght\n", 8,
                     "qa: web has no step 'lenght'; did you mean 'length'?"),
    "from itself": (
        "recipe: bad\ncorpora:\n  a: {from: b}\n  b: {from: a}\n", 3,
        "a: is made from itself (a from b from a); change one",
    ),
    "from with a reader's key": (
        ALONE + "  qa:\n    from: web\n    stpes: []\n", 8,
        "qa: a corpus made `from:` another takes no 'stpes'; did you mean",
    ),
    "from with files": (
        ALONE + "  qa:\n    from: web\n    files: y\n", 8,
        "takes no 'files'; it belongs to a corpus with `read:`",
    ),
    "from an unknown recipe": (
        ALONE + "  qa:\n    from: stabel:web\n", 7,
        "there is no recipe 'stabel'; did you mean 'stable'?",
    ),
    "from no corpus of a recipe": (
        ALONE + "  qa: {from: 'stable:wbe'}\n", 6,
        "qa: there is no corpus 'stable:wbe'; did you mean 'stable:web'?",
    ),
    "hostile column": (ALONE + "    columns: {'text\"; --': x}\n", 6, "must be a name of a to z, 0 to 9 and _"),
    # steps
    "a word for a step": (
        ALONE + "    steps: [length]\n", 6,
        "web: steps: a step is a map that begins with its verb; write e.g.",
    ),
    "as before the verb": (
        ALONE + "    steps: [{as: x, score: y}]\n", 6,
        "the first key of a step is its verb; write e.g. {score: length}",
    ),
    "read among the steps": (
        ALONE + "    steps: [{read: warc}]\n", 6,
        "`read:` stands beside `steps:`, not in it; write",
    ),
    "no step after the verb": (
        ALONE + "    steps:\n      - score:\n", 7,
        "score wants the name of a step, not None; write e.g. {score: NAME",
    ),
    "step that is a path": (
        ALONE + "    steps:\n      - score: ../../x\n", 7,
        "must be a name of a to z, 0 to 9 and _, not '../../x'",
    ),
    "keep without names": (
        ALONE + "    steps:\n      - keep: a > 1\n", 7,
        "keep wants named clauses; write e.g. keep: {english:",
    ),
    "keep with a parameter": (
        ALONE + "    steps:\n      - keep: {a: x > 1}\n        score: length\n", 7,
        "keep takes only clauses and `as:`, not 'score'; begin",
    ),
    "clause that is a number": (
        ALONE + "    steps:\n      - keep:\n          a: 3\n", 8,
        "web: steps.keep.a: must be a clause such as",
    ),
    "clause cut short": (
        ALONE + "    steps:\n      - keep:\n          a: x >\n", 8,
        "a column or a value is wanted before the end",
    ),
    "clause with code": (
        ALONE + "    steps:\n      - keep:\n          a: x > 1\n          b: __import__('os') = 1\n", 9,
        "no function '__import__'",
    ),
    "same step twice": (
        ALONE + "    steps:\n      - score: length\n      - score: length\n", 8,
        "web: two steps are called 'length'; tell them apart with `as:`",
    ),
    # tokenizer and models
    "tokenizer of nothing known": (
        ALONE + "tokenizer: {train: bpe, vocab: 8192, of: [web, qa]}\n", 6,
        "tokenizer: there is no corpus 'qa'; known: web",
    ),
    "tokenizer without a size": (
        ALONE + "tokenizer: {train: bpe, of: [web]}\n", 6,
        "tokenizer: needs 'vocab'; write e.g. {train: bpe",
    ),
    "tokenizer that is none": (
        ALONE + "tokenizer: 'stable:web'\n", 6,
        "tokenizer: 'stable:web' is not a tokenizer; name a recipe",
    ),
    "model of nothing": (
        ALONE + "models:\n  m: {sampling: {seed: 1}}\n", 7,
        "models.m: needs `backend:`, `id:` or `fit:`; write e.g.",
    ),
    "trained model with a backend": (
        ALONE + "models:\n  m:\n    fit: fasttext\n    backend: symbolic\n", 9,
        "models.m: a model of `fit: fasttext` takes no 'backend'; delete one of the two",
    ),
    "corpus called like the models": (
        "recipe: bad\ncorpora:\n  models: {read: warc, files: x}\n", 3,
        "models: a corpus cannot be called 'models'",
    ),
    "model without a revision": (
        ALONE + "models:\n  m: {id: ORG/NAME}\n", 7,
        "models.m: needs a revision; write id: ORG/NAME@COMMIT, or",
    ),
    # mixture
    "weight of nothing known": (
        MIXED + "  stages:\n    - until: 100%\n      weights: {web: 0.5, wbe: 0.5}\n", 10,
        "mixture: there is no corpus 'wbe'; did you mean",
    ),
    "weights that do not sum to one": (
        MIXED + "  stages: [{until: 100%, weights: {web: 0.9}}]\n", 8,
        "mixture: weights sum to 0.9; make",
    ),
    "weight above one": (
        MIXED + "  stages: [{until: 100%, weights: {web: 2}}]\n", 8,
        "must be a share between 0% and 100%, not 2",
    ),
    "stages out of order": (
        MIXED + "  stages:\n    - {until: 60%, weights: {web: 1}}\n    - {until: 50%, weights: {web: 1}}\n", 10,
        "mixture: until: 50.000000% is not after the stage before; put the stages in order",
    ),
    "last stage too early": (
        MIXED + "  stages: [{until: 60%, weights: {web: 1}}]\n", 8,
        "the last stage ends at 60.000000%; write until: 100%",
    ),
    "epochs of nothing known": (
        MIXED + "  stages: [{until: 1, weights: {web: 1}}]\n  max_epochs: {qa: 2}\n", 9,
        "mixture: there is no corpus 'qa'; known: web",
    ),
    "no epochs": (
        MIXED + "  stages: [{until: 1, weights: {web: 1}}]\n  max_epochs: {web: 0}\n", 9,
        "must be more than 0",
    ),
    # train and eval
    "run from nothing known": (
        ALONE + "train:\n  a: {run: trainers.grpo, from: b}\n", 7,
        "train.a: there is no run 'b'; add it under `train:`",
    ),
    "run that is no module": (ALONE + "train:\n  a: {run: trainers/x.py}\n", 7, "train.a: run: must be"),
    "eval of nothing known": (
        ALONE + "eval:\n  a: {models: [b], benchmarks: [x]}\n", 7,
        "eval.a: there is no run 'b'; add it under `train:`, or a model under `models:`",
    ),
    # extends and edit
    "extends nothing known": (
        "recipe: bad\nextends: stabel\n", 2,
        "there is no recipe 'stabel'; did you mean 'stable'?",
    ),
    "extends a path": ("recipe: bad\nextends: ../../etc/passwd\n", 2, "there is no recipe '../../etc/passwd'; "),
    "extends itself": ("recipe: bad\nextends: bad\n", 2, "there is no recipe 'bad'; "),
    "extends a list": ("recipe: bad\nextends: [stable]\n", 2, "extends: must be the name of one recipe"),
    "edit without extends": (
        ALONE + "edit: [{remove: web/x}]\n", 6,
        "edit: there is nothing inherited; add `extends:`",
    ),
    "inherited steps restated": (
        CHILD + "corpora:\n  web:\n    steps: []\n", 5,
        "web: its steps are inherited from stable and cannot be restated; change them with `edit:`",
    ),
    "null for what is not there": (
        CHILD + "corpora:\n  wbe: null\n", 4,
        "wbe: null removes what is inherited, and there is no 'wbe'; did you mean 'web'?",
    ),
    "edit of no step": (
        CHILD + "edit:\n  - {remove: web/exat}\n", 4,
        "edit: no step 'web/exat'; did you mean 'web/exact'?",
    ),
    "edit of no corpus": (CHILD + "edit:\n  - {remove: wbe/exact}\n", 4, "edit: no corpus 'wbe'; did you mean 'web'?"),
    "edit of a corpus": (CHILD + "edit:\n  - {remove: web}\n", 4, "edit: 'web' is not a step; write corpus/step"),
    "edit that is none": (
        CHILD + "edit:\n  - {delete: web/exact}\n", 4,
        "edit: this is no operation; write {remove: C/S}, {after: C/S, add: [...]}",
    ),
    "edit that adds no list": (
        CHILD + "edit:\n  - {after: web/exact, add: {score: x}}\n", 4,
        "edit: `add:` must be a list of steps",
    ),
    "edit that adds a name twice": (
        CHILD + "edit:\n  - after: web/exact\n    add: [{score: language}]\n", 5,
        "web: two steps are called 'language'",
    ),
    "removal of what is used": (CHILD + "corpora:\n  qa: null\n", 19, "mixture: there is no corpus 'qa'; known: web"),
}  # fmt: skip


@pytest.fixture
def recipes(project: Path) -> Path:
    folder = project / "recipes"
    folder.mkdir()
    (folder / "stable.yaml").write_text(STABLE)
    return folder


@pytest.mark.parametrize(("text", "line", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_recipe_is_one_line_with_the_place_and_the_remedy(
    recipes: Path, text: str, line: int, said: str
) -> None:
    (recipes / "bad.yaml").write_text(text)
    with pytest.raises(CurateError) as error:
        load("bad", project=recipes.parent, package=recipes)
    message = str(error.value)
    file = "stable" if line == 19 else "bad"
    assert message.startswith(f"recipes/{file}.yaml:{line}: ")
    assert said in message
    assert message.isprintable()
    assert len(message) < 400
    assert re.search(r"; .|, not |must be|is wanted|use a to z", message), "says what to do instead"


def test_recipes_that_extend_each_other_are_refused(recipes: Path) -> None:
    (recipes / "a.yaml").write_text("recipe: a\nextends: b\n")
    (recipes / "b.yaml").write_text("recipe: b\nextends: a\n")
    with pytest.raises(CurateError, match=r"recipes/b\.yaml:2: extends: recipes extend each other in a circle"):
        load("a", project=recipes.parent, package=recipes)


def test_recipes_that_refer_to_each_other_are_refused(recipes: Path) -> None:
    (recipes / "a.yaml").write_text("recipe: a\ncorpora:\n  x: {from: 'b:x'}\n")
    (recipes / "b.yaml").write_text("recipe: b\ncorpora:\n  x: {from: 'a:x'}\n")
    with pytest.raises(CurateError, match=r"recipes/b\.yaml:3: x: a and b refer to each other"):
        load("a", project=recipes.parent, package=recipes)


def test_an_error_in_what_is_extended_names_that_file(recipes: Path) -> None:
    (recipes / "stable.yaml").write_text(STABLE.replace("0.9", "0.8"))
    (recipes / "bad.yaml").write_text(CHILD)
    with pytest.raises(CurateError, match=r"recipes/stable\.yaml:19: mixture: weights sum to 0\.9"):
        load("bad", project=recipes.parent, package=recipes)


def test_a_path_to_no_file_and_a_name_of_no_recipe_say_so(recipes: Path) -> None:
    with pytest.raises(CurateError, match=r"none\.yaml: there is no such file; give the name of a recipe"):
        load("none.yaml", project=recipes.parent, package=recipes)
    with pytest.raises(CurateError, match="there is no recipe 'stabel'; did you mean 'stable'"):
        load("stabel", project=recipes.parent, package=recipes)
    with pytest.raises(CurateError, match="there is no recipe"):
        load("../recipes/stable", project=recipes.parent, package=recipes)
