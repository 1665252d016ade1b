"""What a parser would take minutes for is told before it begins; long pages of an honest kind are none of it."""

import time

import pytest

from curation.extract._slow import slow_to_parse

FILL = "<p>an honest paragraph</p>" * 20_000


@pytest.mark.parametrize(
    "html",
    [
        "<p " + " ".join(f"a{i}=1" for i in range(40_000)) + ">x",
        "<p " + " ".join(f"a{i}" for i in range(40_000)),
        "<p\n" + "\n".join(f"a{i}='x y'" for i in range(40_000)) + FILL,
        "<label><input>" * 40_000,
        "<SPAN>" * 40_000 + "<p></p>" * 40_000,
        FILL + "<div>" * 3_000,
        "".join(f"<b a{i}=1><p>" for i in range(1_000)),
    ],
)
def test_many_attributes_and_deep_nesting_are_slow_to_parse(html: str) -> None:
    assert slow_to_parse(html)


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<div>" * 2_500,  # a short page may be anything
        "<b><i><u><p>x" * 5_000,
        "<p><font color=red>x</font><br><br><br>" * 5_000,
        FILL,
        FILL + "<ul>" + "<li>x<br>" * 40_000 + "</ul>",
        FILL + f"<img src='data:image/png;base64,{'A' * 300_000}'>",
        FILL + f"<p style='{'color: red; ' * 20_000}'>x",
        FILL + "word and word " * 40_000,
        "<div><span>x</span></div>" * 20_000,
    ],
)
def test_long_pages_of_an_honest_kind_are_not(html: str) -> None:
    assert not slow_to_parse(html)


@pytest.mark.parametrize(
    "piece",
    ["<", ">", "<a ", "<a '", "<a b='", "<a \"'", "<a b=\"<a b='", "<a / ", "'>\"", "<a x" + " y" * 4_999 + ">"],
)
def test_the_look_itself_takes_no_time(piece: str) -> None:
    html = piece * (4_000_000 // len(piece))
    started = time.process_time()
    slow_to_parse(html)
    assert time.process_time() - started < 2
