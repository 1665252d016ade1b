"""The threat model names tests, modules and targets that there are, and every target."""

import re

from tests.fuzz.__main__ import ROOT
from tests.fuzz.targets import TARGETS

PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")


def test_every_test_that_the_threat_model_names_is_there() -> None:
    named = {*re.findall(r"`(test_\w+)`", PAGE)}
    known = {
        name
        for path in (ROOT / "tests").rglob("*.py")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text("utf-8"), re.M)
    }
    assert len(named) > 40
    assert named - known == set()


def test_every_place_that_it_names_is_there() -> None:
    places = {*re.findall(r"`((?:curate|curation|eval|trainers|mixers|tests)/[\w/.]*)`", PAGE)}
    assert len(places) > 20
    assert [place for place in sorted(places) if not (ROOT / place).exists()] == []


def test_each_row_of_what_must_never_be_names_a_test() -> None:
    rows = [row for table in PAGE.split("| must never |")[1:] for row in table.partition("\n\n")[0].splitlines()[2:]]
    assert len(rows) > 25
    assert [row for row in rows if "`test_" not in row.rpartition(" | ")[2]] == []


def test_the_targets_that_it_names_are_those_that_there_are() -> None:
    table = PAGE.split("| targets |")[1].partition("\n\n")[0]
    named = [name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted(named) == sorted(TARGETS)


def test_the_front_page_leads_to_it() -> None:
    assert "(docs/security.md)" in (ROOT / "SECURITY.md").read_text("utf-8")
