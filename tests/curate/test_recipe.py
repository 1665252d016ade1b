import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import create_model

from curate.errors import CurateError
from curate.recipe import Recipe, dump, json_schema, load, new_recipe

STABLE = """\
recipe: stable
about: The base.
tokenizer: {train: bpe, vocab: 8K, of: [web], digits: 1}
corpora:
  web:
    read: warc
    files: embedded:crawl
    columns: {text: content}
    depth: 3
    steps:
      - extract: html_math
      - score: language
      - score: length
      - keep:
          english: language = 'en'
          long: length > 50
      - dedup: minhash
        threshold: 0.75
        keep_order: [length]
  general: {read: jsonl, files: [a.jsonl, b.jsonl], license: cc-by-4.0}
mixture:
  tokens: 2M
  stages: [{until: 50%, weights: {web: 70%, general: 0.3}}, {until: 100%, weights: {web: 1}}]
  max_epochs: {web: 2}
train:
  midtrain: {run: trainers.midtrain, from: ORG/NAME@abc, data: mixture, lr: 2e-5}
"""


class Place:
    """A project's recipes, and how to load them."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.put("stable", STABLE)

    def put(self, name: str, text: str, *, root: str = "") -> Path:
        path = self.project / root / "recipes" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def load(self, name: str | Path = "child", text: str = "") -> Recipe:
        if text:
            self.put(str(name), f"recipe: {name}\n{text}")
        return load(name, project=self.project, package=self.project / "package")

    def error(self, text: str) -> str:
        with pytest.raises(CurateError) as error:
            self.load("child", text)
        return str(error.value)


@pytest.fixture
def place(project: Path) -> Place:
    return Place(project)


def steps(recipe: Recipe, corpus: str = "web") -> list[str]:
    return [entry.name for entry in recipe.corpora[corpus].steps]


def test_a_recipe_is_read_with_numbers_as_numbers_and_parameters_as_given(place: Place) -> None:
    recipe = place.load("stable")
    assert recipe.mixture
    assert recipe.mixture.tokens == 2_000_000
    assert recipe.mixture.parameters() == {
        "tokens": 2_000_000, "seq_len": 2048, "pack": "best_fit", "max_epochs": {"web": 2.0},
        "stages": [{"until": 0.5, "weights": {"web": 0.7, "general": 0.3}}, {"until": 1.0, "weights": {"web": 1.0}}],
    }  # fmt: skip
    assert recipe.mixture.tokenize == {"bos": False, "eos": True}
    assert recipe.tokenizer
    assert recipe.tokenizer.parameters() == {"vocab": 8000, "digits": 1}
    web = recipe.corpora["web"]
    assert (web.read, web.files, web.params) == ("warc", ("embedded:crawl",), {"depth": 3})
    assert steps(recipe) == ["html_math", "language", "length", "english+long", "minhash"]
    assert web.steps[4].params == {"threshold": 0.75, "keep_order": ["length"]}
    assert web.steps[3].clauses == {"english": "language = 'en'", "long": "length > 50"}
    assert recipe.train["midtrain"].params == {"lr": 2e-5}


def test_a_keep_beside_another_verb_replaces_the_clauses_of_that_step(place: Place) -> None:
    text = "corpora:\n  a:\n    read: x\n    files: y\n    steps:\n"
    text += "      - {dedup: exact, keep: {new: score > 1}}\n      - {dedup: b, keep: {}}\n      - dedup: c\n"
    entries = place.load("child", text).corpora["a"].steps
    assert [entry.clauses for entry in entries] == [{"new": "score > 1"}, {}, None]
    assert place.load("child").resolved()["corpora"]["a"]["steps"] == [
        {"dedup": "exact", "keep": {"new": "score > 1"}}, {"dedup": "b", "keep": {}}, {"dedup": "c"}
    ]  # fmt: skip


def test_maps_merge_scalars_and_lists_replace_and_null_removes(place: Place) -> None:
    child = place.load(
        "child",
        """\
extends: stable
corpora:
  web: {files: [x.warc], depth: null, columns: {url: link}}
  general: null
mixture:
  tokens: 3M
  stages: [{until: 100%, weights: {web: 1}}]
train: null
""",
    )
    web = child.corpora["web"]
    assert (web.read, web.files, web.params, web.columns) == (
        "warc",
        ("x.warc",),
        {},
        {"text": "content", "url": "link"},
    )
    assert list(child.corpora) == ["web"]
    assert child.mixture
    assert (child.mixture.tokens, child.mixture.max_epochs, child.train) == (3_000_000, {"web": 2.0}, {})
    assert child.about == "", "what a recipe is about is said by itself"
    assert [path.stem for path in child.files] == ["child", "stable"]


@pytest.mark.parametrize(
    ("edit", "names"),
    [
        ("{remove: web/length}", ["html_math", "language", "english+long", "minhash"]),
        ("{after: web/html_math, add: [{score: a}, {score: b}]}", ["html_math", "a", "b", "language", "length", "english+long", "minhash"]),
        ("{before: web/html_math, add: [{score: a}]}", ["a", "html_math", "language", "length", "english+long", "minhash"]),
        ("{set: web/minhash, with: {as: near}}", ["html_math", "language", "length", "english+long", "near"]),
        ("{set: web/english+long, with: {keep: {long: null}}}", ["html_math", "language", "length", "english", "minhash"]),
    ],
)  # fmt: skip
def test_inherited_steps_change_by_edit(place: Place, edit: str, names: list[str]) -> None:
    assert steps(place.load("child", f"extends: stable\nedit:\n  - {edit}\n")) == names


@pytest.mark.parametrize(
    ("corpus", "license"),
    [
        ("{files: mine/*.warc.gz}", ""),
        ("{files: [mine/*.warc.gz, embedded:crawl]}", ""),
        ("{files: mine/*.warc.gz, license: MIT}", "MIT"),
        ('{files: "embedded:crawl?pages=300"}', "Apache-2.0"),
        ("{mime: [text/html]}", "Apache-2.0"),
        ("{license: null}", ""),
    ],
)
def test_a_license_is_that_of_the_files_that_it_was_said_of(place: Place, corpus: str, license: str) -> None:
    place.put("parent", "recipe: parent\ncorpora: {web: {read: warc, files: embedded:crawl, license: Apache-2.0}}\n")
    child = place.load("child", f"extends: parent\ncorpora: {{web: {corpus}}}\n")
    assert (child.corpora["web"].license or "") == license
    grandchild = place.load("grandchild", "extends: child\n")
    assert (grandchild.corpora["web"].license or "") == license


def test_edits_run_in_order_and_parameters_merge(place: Place) -> None:
    child = place.load(
        "child",
        """\
extends: stable
edit:
  - {set: web/minhash, with: {threshold: 0.8, keep_order: null, bands: 11}}
  - {set: web/minhash, with: {as: near}}
  - {after: web/near, add: [{score: last}]}
  - {remove: web/english+long}
""",
    )
    assert steps(child) == ["html_math", "language", "length", "near", "last"]
    assert child.corpora["web"].steps[3].params == {"threshold": 0.8, "bands": 11}


def test_a_grandchild_edits_what_its_parent_added(place: Place) -> None:
    place.put("middle", "recipe: middle\nextends: stable\nedit: [{after: web/length, add: [{score: new}]}]\n")
    child = place.load("child", "extends: middle\nedit: [{remove: web/new}, {remove: web/length}]\n")
    assert steps(child) == ["html_math", "language", "english+long", "minhash"]
    assert [path.stem for path in child.files] == ["child", "middle", "stable"]


def test_every_value_keeps_the_line_of_the_file_that_said_it(place: Place) -> None:
    child = place.load(
        "child",
        """\
extends: stable
edit:
  - set: web/minhash
    with:
      threshold: 0.8
  - after: web/length
    add:
      - score: new
mixture:
  tokens: 1M
""",
    )
    at = child.location
    assert at("mixture", "tokens") == "recipes/child.yaml:11"
    assert at("mixture", "max_epochs", "web") == "recipes/stable.yaml:24"
    assert at("corpora", "web", "steps", 1) == "recipes/stable.yaml:12"
    assert at("corpora", "web", "steps", 3) == "recipes/child.yaml:9"
    assert at("corpora", "web", "steps", 5, "threshold") == "recipes/child.yaml:6"
    assert at("corpora", "web", "steps", 5, "keep_order") == "recipes/stable.yaml:19"
    assert at("corpora", "web", "steps", 4, "keep", "long") == "recipes/stable.yaml:16"
    assert child.where("corpora", "web", "steps", 1) == "recipes/stable.yaml:12: web"
    assert str(child.fail("is odd; mend it", "mixture", "tokens")) == "recipes/child.yaml:11: mixture: is odd; mend it"


def test_a_trained_tokenizer_is_inherited_as_its_artifact(place: Place) -> None:
    place.put("middle", "recipe: middle\nextends: stable\n")
    for child in (place.load("middle"), place.load("child", "extends: middle\n")):
        assert child.tokenizer
        assert (child.tokenizer.name, child.tokenizer.train, child.tokenizer_origin) == (
            "stable:tokenizer",
            None,
            "stable",
        )
        assert child.others["stable"] == place.load("stable")
    assert place.load("stable").tokenizer_origin == "stable"
    own = place.load("child", "extends: middle\ntokenizer: {train: bpe, vocab: 512, of: [web]}\n")
    assert own.tokenizer
    assert (own.tokenizer.vocab, own.tokenizer_origin) == (512, "child")
    grandchild = place.load("grandchild", "extends: child\n").tokenizer
    assert grandchild
    assert grandchild.name == "child:tokenizer"
    other = place.load("child", "extends: stable\ntokenizer: ORG/NAME@abc\n").tokenizer
    assert other
    assert other.name == "ORG/NAME@abc"


def test_a_name_is_looked_for_beside_the_file_then_in_the_project_then_in_the_package(place: Place) -> None:
    small = "recipe: {}\ncorpora:\n  web: {{read: warc, files: {}}}\n"
    place.put("paper/stable", small.format("stable", "beside"))
    place.put("stable", small.format("stable", "hidden"), root="package")
    place.put("only", small.format("only", "package"), root="package")
    place.put("paper/child", "recipe: child\nextends: stable\n")
    child = place.load("paper/child")
    assert child.recipe == "paper/child", "the name that means it from everywhere"
    assert child.corpora["web"].files == ("beside",)
    assert place.load("only").corpora["web"].files == ("package",)
    assert place.load("stable").corpora["web"].files == ("embedded:crawl",)
    assert place.load("child", "corpora: {a: {from: 'paper/stable:web'}}").others["paper/stable"].corpora[
        "web"
    ].files == ("beside",)


def test_a_reference_made_in_a_folder_means_the_same_when_it_is_inherited(place: Place) -> None:
    place.put("paper/stable", "recipe: stable\ncorpora:\n  web: {read: warc, files: beside}\n")
    place.put("paper/parent", "recipe: parent\ncorpora:\n  a: {from: 'stable:web'}\n")
    child = place.load("child", "extends: paper/parent\n")
    assert child.corpora["a"].from_ == "paper/stable:web"
    assert child.others["paper/stable"].corpora["web"].files == ("beside",)


def test_a_recipe_of_the_project_may_extend_the_one_of_the_same_name_in_the_package(place: Place) -> None:
    place.put("base", "recipe: base\ncorpora:\n  web: {read: warc, files: shipped}\n", root="package")
    mine = place.load("base", "extends: base\nseed: 7\n")
    assert (mine.seed, mine.corpora["web"].files) == (7, ("shipped",))


def test_a_recipe_is_also_found_by_its_path(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("recipe: mine\nextends: stable\n")
    assert place.load(file) == place.load(str(file))
    assert place.load(file).path == file


@pytest.mark.parametrize(
    "node", ["stable:web", "stable:web/minhash", "stable:web/warc", "stable:web/repeat", "stable:web/minhash.first"]
)
def test_any_node_of_another_recipe_can_be_read(place: Place, node: str) -> None:
    assert place.load("child", f"corpora: {{a: {{from: '{node}'}}}}").corpora["a"].from_ == node


def test_a_revision_can_be_unpinned_and_is_never_left_out(place: Place) -> None:
    text = "models:\n  m: {id: ORG/NAME, revision: unpinned}\n  n: {id: ORG/NAME@abc}\ntokenizer: ORG/NAME@unpinned\n"
    assert place.load("child", text).unpinned() == ["recipes/child.yaml:3: models.m", "recipes/child.yaml:5: tokenizer"]
    assert "write id: ORG/NAME@COMMIT" in place.error("models: {m: {id: ORG/NAME}}")


def test_resolved_is_the_same_recipe(place: Place) -> None:
    place.put("child", "recipe: child\nextends: stable\nmodels: {m: {backend: fake, sampling: {temperature: 1.0}}}\n")
    for name in ("child", "stable"):
        recipe = place.load(name)
        place.put(name, dump(recipe.resolved()))
        again = place.load(name)
        assert again == recipe
        assert again.files == (recipe.path,)


NAMES = st.sampled_from(["web", "qa", "0", "a.b", "x_y-z", "null", "true", "yes", "1e5", "12"])
PLAIN = st.none() | st.booleans() | st.integers(-5, 10**6) | st.floats(allow_nan=False, allow_infinity=False) | st.text(
    st.characters(codec="utf-8", exclude_characters="\0"), max_size=8
)  # fmt: skip
PARAMS = st.dictionaries(
    st.sampled_from(["lr", "pattern", "params", "x", "yes", "a b"]), PLAIN | st.lists(PLAIN, max_size=2), max_size=3
)
CLAUSES = st.dictionaries(
    NAMES, st.sampled_from(["a > 1", "text like '%: #'", "x in ('a', 'b')"]), min_size=1, max_size=2
)


@st.composite
def recipes(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    corpora: dict[str, Any] = {}
    for at, name in enumerate(names):
        kept: Any = draw(CLAUSES)
        chain = [
            {"score": "length", "as": f"s{at}"} | draw(PARAMS),
            {"keep": kept, "as": "k"},
            {"dedup": "exact", "keep": draw(st.just({}) | CLAUSES)},
        ]
        source = (
            {"from": names[0]}
            if at
            else {"read": "warc", "files": draw(st.text("ab:#-*? '\"", min_size=1, max_size=5))} | draw(PARAMS)
        )
        corpora[name] = source | {"steps": draw(st.permutations(chain))}
    stages = [{"until": "100%", "weights": {names[0]: 1}}]
    whole = {"recipe": "any", "about": draw(st.text("aé: #\n\t'\"", max_size=9)), "corpora": corpora}
    more = {
        "mixture": {"tokens": draw(st.sampled_from(["2M", 3, 4.0, "1_000"])), "stages": stages,
                    "max_epochs": {names[0]: draw(st.floats(0.1, 9))}},
        "tokenizer": draw(st.sampled_from(["ORG/NAME@1e5", {"train": "bpe", "vocab": "8K", "of": names}])),
        "models": {"m": {"backend": "fake", "sampling": {"stop": ["\n", "null"], "extra": {"x": 1}}} | draw(PARAMS)},
        "train": {"t": {"run": "trainers.grpo"} | draw(PARAMS)},
        "expect": ["select 1 from x"],
    }  # fmt: skip
    return whole | {key: more[key] for key in draw(st.sets(st.sampled_from(sorted(more))))}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(recipes())
def test_resolved_round_trips(tmp_path: Path, tree: dict[str, Any]) -> None:
    file = tmp_path / "any.yaml"
    file.write_text(dump(tree), "utf-8")
    recipe = load(file)
    file.write_text(dump(recipe.resolved()), "utf-8")
    again = load(file)
    assert again == recipe
    assert again.resolved() == recipe.resolved()
    assert json.loads(json.dumps(recipe.resolved(), allow_nan=False)) == recipe.resolved()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(recipes(), st.data())
def test_a_recipe_with_anything_anywhere_loads_or_fails_in_one_line(
    tmp_path: Path, tree: dict[str, Any], data: st.DataObject
) -> None:
    node: Any = tree
    while isinstance(node, dict | list) and node and data.draw(st.integers(0, 4)):
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(node[key], dict | list) or not node[key] or not data.draw(st.integers(0, 2)):
            node[key] = data.draw(
                PLAIN | st.lists(PLAIN, max_size=2) | st.dictionaries(st.text("ab ", min_size=1), PLAIN, max_size=2)
            )
            break
        node = node[key]
    file = tmp_path / "any.yaml"
    file.write_text(dump(tree), "utf-8")
    try:
        load(file)
    except CurateError as error:
        assert str(error).isprintable()
        assert "any.yaml:" in str(error)


def test_a_new_recipe_extends_another_and_says_only_what_differs(place: Place) -> None:
    text = new_recipe(
        "mine",
        "stable",
        {"mixture.tokens": "500M", "web/minhash.threshold": "0.8", "web/minhash.keep_order": "null", "train": "null"},
    )
    place.put("mine", text)
    mine = place.load("mine")
    assert text.startswith("recipe: mine\nextends: stable\nmixture:\n  tokens: 500M\n")
    assert mine.mixture
    assert (mine.mixture.tokens, mine.train) == (500_000_000, {})
    assert mine.corpora["web"].steps[4].params == {"threshold": 0.8}


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("mixture.tokens", "1\nabout: x", "is more than one value"),
        ("mixture.tokens", "&a 1", "anchors"),
        ("tokens", "1", "begin with one of about, seed"),
        ("recipe", "x", "begin with one of"),
        ("corpora.web.steps", "[]", "steps are changed by name"),
        ("web/minhash", "1", "a parameter of a step is corpus/step.parameter"),
        ("../x/y.z", "1", "a parameter of a step is corpus/step.parameter"),
        ("mixture..tokens", "1", "has an empty part"),
    ],
)
def test_a_value_that_cannot_be_set_says_why(key: str, value: str, said: str) -> None:
    with pytest.raises(CurateError) as error:
        new_recipe("mine", "stable", {key: value})
    assert said in str(error.value)
    assert str(error.value).isprintable()
    assert ";" in str(error.value)


def test_a_new_recipe_needs_a_safe_name() -> None:
    for name in ("../x", "X", "a b", "", "a\nb", "a/../b"):
        with pytest.raises(CurateError, match="is not a recipe's name; use a to z"):
            new_recipe(name, "stable", {})


def test_the_json_schema_has_one_form_per_step_and_every_key_of_a_file() -> None:
    minhash = create_model("minhash", threshold=(float, 0.75), seed=(int, ...), keep_order=(list[str], ...))
    schema = json_schema(
        [
            ("dedup", "minhash", minhash),
            ("read", "warc", create_model("warc", depth=(int, 1))),
            ("fit", "bpe", create_model("bpe", vocab=(int, ...))),
        ]
    )
    keys = set(Recipe.model_fields) | {"extends", "edit"}
    assert set(schema["properties"]) == keys
    assert schema["required"] == ["recipe"]
    assert not schema["additionalProperties"]
    keep, step = schema["$defs"]["step"]["anyOf"]
    assert set(keep["properties"]) == {"keep", "as"}
    assert set(step["properties"]) == {"dedup", "threshold", "seed", "keep_order", "as", "keep"}
    assert step["required"] == ["dedup", "keep_order"]
    assert not step["additionalProperties"]
    reader = schema["$defs"]["Corpus"]["allOf"][0]
    assert reader["if"]["properties"] == {"read": {"const": "warc"}}
    assert {"depth", "steps", "files"} <= set(reader["then"]["propertyNames"]["enum"])
    trained = schema["$defs"]["ModelEntry"]["allOf"][0]
    assert trained["if"]["properties"] == {"fit": {"const": "bpe"}}
    assert {"vocab", "fit", "backend"} <= set(trained["then"]["propertyNames"]["enum"])
    json.dumps(schema, allow_nan=False)
    text = json.dumps(schema)
    assert all(f'"{ref}"' in text for ref in schema["$defs"])
    used = {part.split('"')[0] for part in text.split('"#/$defs/')[1:]}
    assert used <= set(schema["$defs"])
