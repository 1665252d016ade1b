from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from curate.bounded import SMALL
from curate.errors import CurateError
from curate.loader import MAX_DEPTH, dump_yaml, load_text, load_yaml, parse_scalar
from curate.scalars import Bytes, Count, Share
from curate.tree import Map, find_mark, plain

HERE = Path("recipes/x.yaml")
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12) | st.sampled_from(
    ["", "yes", "true", "null", "~", "2e-5", "0x1f", "010", "1_000", "2020-01-01", "2M", "<<",
     "=", "- a", "a: b", "#", "'", '"', "%", "\n", " a ", "\u2028", "\x85", "\ufeff"]
)  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
TREES = st.recursive(
    SCALARS, lambda x: st.lists(x, max_size=3) | st.dictionaries(TEXTS.filter(bool), x, max_size=3), max_leaves=8
)


@given(st.dictionaries(TEXTS.filter(bool), TREES, max_size=4))
def test_what_is_dumped_is_loaded_as_the_same_tree(tree: dict[str, Any]) -> None:
    again = plain(load_text(dump_yaml(tree), HERE))
    assert again == tree
    assert repr(again) == repr(tree)  # 1 and 1.0 and True are equal, and not the same


@given(
    st.text(max_size=80) | st.lists(st.sampled_from(list("{}[],:-&*!|>'\"%@#?\n \tab~<=0.")), max_size=30).map("".join)
)
def test_any_text_is_a_tree_or_a_one_line_error(text: str) -> None:
    try:
        load_text(text, HERE)
    except CurateError as error:
        assert str(error).startswith("recipes/x.yaml:")
        assert str(error).isprintable()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("false", False), ("True", "True"), ("yes", "yes"), ("off", "off"), ("null", None), ("~", None), ("", None),
        ("NULL", "NULL"), ("1", 1), ("-3", -3), ("2_000_000", 2_000_000), ("010", "010"), ("0x1f", "0x1f"), ("1:30", "1:30"),
        ("2e-5", 2e-5), ("1.5E3", 1500.0), (".5", 0.5), ("1.", 1.0), (".inf", ".inf"), (".nan", ".nan"), ("2020-01-01", "2020-01-01"),
        ("2M", "2M"), ("100%", "100%"), ("'1'", "1"), ('"null"', "null"), ("[a, 1]", ["a", 1]), ('"\\ud83d\\ude00"', "\U0001f600"),
    ],
)  # fmt: skip
def test_only_what_looks_like_a_value_is_one(text: str, value: Any) -> None:
    found = parse_scalar(text)
    assert (found, type(found)) == (value, type(value))


def test_every_key_and_item_remembers_its_line() -> None:
    tree = load_text("a:\n  b: 1\n  c:\n    - x\n    -\n      d: 2\n", HERE)
    lines = {
        path: find_mark(tree, path).line
        for path in [("a",), ("a", "b"), ("a", "c", 0), ("a", "c", 1), ("a", "c", 1, "d")]
    }
    assert list(lines.values()) == [1, 2, 4, 6, 6]  # an item begins where its first key does
    assert find_mark(tree, ("a", "no", "c", 9)).line == 3
    assert str(find_mark(tree, ("a",))) == "recipes/x.yaml:1"


def test_a_path_is_shown_relative_to_the_folder_one_stands_in(project: Path) -> None:
    file = project / "recipes" / "x.yaml"
    file.parent.mkdir()
    file.write_text("a: [")
    with pytest.raises(CurateError, match=r"^recipes/x\.yaml:1: "):
        load_yaml(file)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: 2\na: 3", 3, "the key 'a' stands here twice (first on line 1); delete one"),
        ("a: &x 1", 1, "anchors (&x) are not allowed"),
        ("a: *x", 1, "aliases (*x) are not allowed"),
        ("a: !!python/object:os.system x", 1, "tags (tag:yaml.org,2002:python/object:os.system) are not allowed"),
        ("a: ! x", 1, "tags (!) are not allowed"),
        ("<<: {a: 1}", 1, "merge keys (<<) are not allowed"),
        ("\n'': 1", 2, "a key is empty; quote the text or expression"),
        ("? [a]\n: 1", 1, "a key must be a word"),
        ("? *a\n: 1", 1, "aliases (*a) are not allowed"),
        (
            "a:\n  keep: {x: n in (1, 2)}",
            2,
            "'2)' has no value; quote the text or expression (inside {...} a comma ends it)",
        ),
        ("a: > 0.5", 1, "quote the text or expression if"),
        ("a: 'x' = b", 1, "quote the text or expression if"),
        ("a: b: c", 1, "mapping values are not allowed here; quote"),
        ("a:\n\tb: 1", 2, "cannot start any token"),
        ("a: 1\n---\nb: 2", 2, "a second document"),
        ("- a", 1, "must be a map"),
        ("", 1, "must be a map"),
        ("a: 1e999", 1, "too large"),
        ("a: 99999999999999999999", 1, "does not fit 64 bits"),
        ("a: \x07", 1, "control character"),
        ('a: "\\0"', 1, "NUL"),
        ('a: "\\ud800"', 1, "half a surrogate pair"),
        ("a: " + "[" * 2000, 1, f"nested deeper than {MAX_DEPTH} levels"),
        ("\n" + "- " * 2000, 2, f"nested deeper than {MAX_DEPTH} levels"),
    ],
)
def test_what_surprises_in_yaml_is_refused_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(CurateError) as error:
        load_text(text, HERE)
    assert str(error.value).startswith(f"recipes/x.yaml:{line}: ")
    assert said in str(error.value)


def test_a_file_that_is_large_or_not_utf8_or_not_there_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    for content, said in [
        (b"a: 1\n" * (SMALL // 5 + 1), "larger than 1 MB"),
        (b"a: 1\nb: \xff", "x.yaml:2: is not UTF-8"),
        ("a: 1".encode("utf-16"), "x.yaml:1: is not UTF-8"),
    ]:
        file.write_bytes(content)
        with pytest.raises(CurateError, match=said):
            load_yaml(file)
    with pytest.raises(CurateError, match="cannot be read: is a directory"):
        load_yaml(tmp_path)
    with pytest.raises(CurateError, match="cannot be read: no such file"):
        load_yaml(tmp_path / "none.yaml")
    file.write_bytes(b"\xef\xbb\xbfa: 1")
    assert load_yaml(file) == {"a": 1}


def test_a_dump_has_no_anchors_for_a_value_used_twice() -> None:
    shared = [1, 2]
    assert isinstance(load_text(dump_yaml({"a": shared, "b": shared}), HERE), Map)


@pytest.mark.parametrize(
    ("kind", "given_", "value"),
    [
        (Count, "2M", 2_000_000), (Count, "70B", 70_000_000_000), (Count, "1.5K", 1500), (Count, "0.1M", 100_000), (Count, 3.0, 3),
        (Count, "2_000", 2000), (Count, 0, 0), (Bytes, "20GB", 20_000_000_000), (Bytes, "1 KiB", 1024), (Bytes, "512MiB", 2**29),
        (Bytes, 7, 7), (Share, "100%", 1.0), (Share, "0.1%", 0.001), (Share, 0.25, 0.25), (Share, "33.3%", 0.333), (Share, 1, 1.0),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(kind: Any, given_: Any, value: float) -> None:
    found = TypeAdapter(kind).validate_python(given_)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "given_"),
    [
        (Count, "2m"), (Count, "1.0001K"), (Count, -1), (Count, True), (Count, "M"), (Count, "9" * 25), (Count, "2GB"), (Count, None),
        (Count, "1" * 400), (Count, 2.5), (Count, float("inf")), (Count, "٣"), (Bytes, "20G"), (Bytes, "20 gb"), (Share, "101%"),
        (Share, 1.5), (Share, "-1%"), (Share, "x"), (Share, True), (Share, "1e-1"), (Share, float("nan")),
    ],
)  # fmt: skip
def test_a_number_that_is_none_says_what_to_write(kind: Any, given_: Any) -> None:
    with pytest.raises(ValidationError) as error:
        TypeAdapter(kind).validate_python(given_)
    assert "must be a" in error.value.errors()[0]["msg"]
    assert "such as" in error.value.errors()[0]["msg"] or "between 0% and 100%" in error.value.errors()[0]["msg"]
