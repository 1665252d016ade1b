"""Identity: what a digest must see, and what it must not."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.code import code_digest, imports, stripped
from curate.identity import canonical, digest
from curate.step import find
from tests.curate.corpus import one, open_small, texts, tiny

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_comments_docstrings_and_blank_lines_do_not_count() -> None:
    plain = 'def f(x):\n    y = """a\n\n    # text\n    """\n    return y + x'
    dressed = '"""Module."""\n# c\n\n\n'
    dressed += (
        'def f(x):  # why\n    """Doc\n    more."""\n\n    y = """a\n\n    # text\n    """  # after\n    return y + x\n'
    )
    assert stripped(dressed) == stripped(plain)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('x = "a  # b"', 'x = "a  # c"'),
        ('x = """a\n\nb"""', 'x = """a\nb"""'),
        ('x = """a  \nb"""', 'x = """a\nb"""'),
        ("if a:\n    b()\nc()", "if a:\n    b()\n    c()"),
        ('x = f"{a}#1"', 'x = f"{a}#2"'),
        ("x = 1", "x = 2"),
        ('"""Doc."""; LIMIT = 1', '"""Doc."""; LIMIT = 2'),
        ('def f(): "doc"; return 1', 'def f(): "doc"; return 2'),
        ('def f():\n    """Doc\n    more."""; return 1', 'def f():\n    """Doc\n    more."""; return 2'),
        ('x = 1; """Of x."""\ny = 1', 'x = 2; """Of x."""\ny = 1'),
        ('"""Doc."""; x = 1  # c', '"""Doc."""; x = 2  # c'),
    ],
)
def test_what_runs_differently_counts(before: str, after: str) -> None:
    assert stripped(before) != stripped(after)


def test_a_hash_in_a_string_after_letters_of_several_bytes_is_no_comment() -> None:
    assert stripped('x = "é" + "#"  # é') == 'x = "é" + "#"'


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import curation.text", "curation.text"),
        ("from curation import text", "curation.text"),
        ("from ..text import words", "curation.text"),
        ("from .length import length", "curation.score.length"),
        ("def f():\n    from curation.text import words", "curation.text"),
        ('import importlib\nm = importlib.import_module("curation.text")', "curation.text"),
    ],
)
def test_every_form_of_import_is_seen(source: str, name: str) -> None:
    assert name in imports(source, "curation.score.mine")


def test_code_on_the_line_of_a_docstring_is_run_again_when_it_changes(tmp_path: Path) -> None:
    body = '"""A step."""; LIMIT = 1\nimport polars as pl\nfrom curate.step import score\n@score\ndef limited(docs):\n'
    body += '    """Doc."""; return docs["text"].str.len_chars() + LIMIT\n'
    tiny(tmp_path, one("{score: limited}"), texts(1))
    step_file = tmp_path / "steps/score/limited.py"
    found = []
    for text in (body, body.replace("LIMIT = 1", "LIMIT = 1000"), body.replace("len_chars()", "len_bytes() * 2")):
        step_file.write_text(text)
        recipe = open_small(tmp_path)
        assert "web/limited" in recipe.build()["ran"]
        found.append(recipe.sql("select limited from documents").item())
    assert found == [19, 1018, 37]


@given(JSON)
def test_a_digest_does_not_depend_on_the_order_of_keys(value: object) -> None:
    def turned(v: object) -> object:
        if isinstance(v, dict):
            return {k: turned(v[k]) for k in reversed(list(v))}
        return [turned(x) for x in v] if isinstance(v, list) else v

    assert digest(value) == digest(turned(value))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, object(), b"x", Path("x")])
def test_what_json_cannot_say_exactly_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        canonical(value)


def test_a_code_digest_is_the_same_in_another_process_and_names_no_path(tmp_path: Path) -> None:

    found = find("score", "length")
    here = code_digest(found.path, found.module, uses=found.spec.uses)
    program = textwrap.dedent(
        """
        import json
        from curate.step import find
        from curate.code import code_digest
        found = find("score", "length")
        print(json.dumps(code_digest(found.path, found.module, uses=found.spec.uses), sort_keys=True))
        """
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert canonical(here).decode() == done.stdout.strip().replace(": ", ":").replace(", ", ",")
    assert "/" not in "".join(here["modules"])
