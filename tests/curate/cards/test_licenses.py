"""A whole is permitted what every part permits and owes what any part asks for, in whatever order the parts come."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.cards.licenses import (
    ALIASES,
    DUTIES,
    LONGEST,
    OTHER,
    QUESTIONS,
    TABLE,
    UNKNOWN,
    May,
    Terms,
    identifier,
    label,
    license_of,
    strictest,
    together,
)
from curate.cards.rights import WORDS

NAMES = st.sampled_from([*TABLE, "a-license-of-ours"])
TERMS = st.builds(
    Terms,
    *[st.sampled_from(May)] * 4,
    st.frozensets(st.sampled_from([*DUTIES])),
    st.frozensets(st.sampled_from(["cc-by-sa", "odbl"])),
)


def no_freer(some: Terms, than: Terms) -> bool:
    """Whether the first permits nothing more and owes nothing less."""
    stricter = all(getattr(some, question) <= getattr(than, question) for question in QUESTIONS)
    return stricter and some.duties >= than.duties and some.share_alike >= than.share_alike


@given(st.lists(TERMS, max_size=5), TERMS)
def test_a_further_part_never_makes_the_whole_freer(parts: list[Terms], more: Terms) -> None:
    assert no_freer(together([*parts, more]), together(parts))
    assert no_freer(together([*parts, more]), more)


@given(st.lists(TERMS, max_size=5), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_of_parts_matters(parts: list[Terms], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = [*parts, *parts]
    random.shuffle(shuffled)
    assert together(shuffled) == together(parts)


@given(st.lists(TERMS, max_size=4), st.lists(TERMS, max_size=4))
def test_parts_can_be_put_together_in_steps(first: list[Terms], second: list[Terms]) -> None:
    assert together([together(first), together(second)]) == together([*first, *second])


@given(st.lists(NAMES, min_size=1), NAMES)
def test_the_strictest_of_more_is_at_least_as_strict(names: list[str], more: str) -> None:
    order = [*TABLE]
    place = {name: order.index(name) for name in order} | {"a-license-of-ours": order.index(UNKNOWN)}
    assert strictest([*names, more]) == strictest([more, *reversed(names), *names])
    assert place[strictest([*names, more])] >= place[strictest(names)]
    assert strictest(names) in names


def test_the_table_s_order_agrees_with_what_its_licenses_permit() -> None:
    for before, after in itertools.combinations(TABLE.values(), 2):
        strictly = no_freer(before.terms, after.terms) and before.terms != after.terms
        assert not strictly or after.id == UNKNOWN, f"{before.id} is stricter than {after.id} and stands before it"


def test_names_lead_to_the_table_and_every_duty_is_in_words() -> None:
    assert set(ALIASES.values()) <= set(TABLE)
    assert all(license.terms.duties <= set(DUTIES) for license in TABLE.values())
    assert all(identifier(name) == name for name in TABLE)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Apache-2.0", "apache-2.0"),
        ("CC BY-SA 4.0", "cc-by-sa-4.0"),
        ("cc_by_4.0", "cc-by-4.0"),
        ("https://creativecommons.org/licenses/by-nc/4.0/legalcode", "cc-by-nc-4.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/deed.en", "cc0-1.0"),
        ("http://creativecommons.org/publicdomain/mark/1.0/", "pddl"),
        ("http://www.apache.org/licenses/LICENSE-2.0", "apache-2.0"),
        ("https://web.example/licenses/proprietary", "proprietary"),
        ("https://web.example/licenses/mit", "https://web.example/licenses/mit"),
        ("ODC-By-1.0", "odc-by"),
        ("  MIT\n", "mit"),
        (None, UNKNOWN),
        ("", UNKNOWN),
        ("(c) 2019 X. All Rights Reserved.", "proprietary"),
        ("My Own License", "my own license"),
    ],
)
def test_what_documents_say_has_one_spelling(said: str | None, found: str) -> None:
    assert identifier(said) == found


@given(st.text(max_size=2 * LONGEST))
def test_whatever_a_document_says_has_a_license_and_a_label(said: str) -> None:
    name = identifier(said)
    assert len(name) <= 3 * LONGEST  # folding case can lengthen a character
    assert license_of(said).terms.redistribution in May
    made = label([name, "mit"])
    assert made.license in {"mit", OTHER}
    assert all(c.isascii() and (c.isalnum() or c in ".-") for c in made.name)


def test_what_is_cut_is_not_taken_for_what_it_begins_with() -> None:
    for end in ("not for commercial use", " ", "x"):
        said = "mit" + " " * (LONGEST - 3) + end
        assert identifier(said) not in TABLE and license_of(said).terms.redistribution is May.UNKNOWN
        assert identifier(said) == identifier(said[: LONGEST + 1]), "a card reads one character more than it looks at"
    assert identifier("All rights reserved" + " " * LONGEST) == "proprietary"


@pytest.mark.parametrize(
    ("said", "commercial", "derivatives"),
    [
        ("cc-by-nc-2.5", May.NO, May.UNKNOWN),
        ("CC BY-NC", May.NO, May.UNKNOWN),
        ("CC-BY-NC-ND-3.0-US", May.NO, May.NO),
        ("http://creativecommons.org/licenses/by-nd/2.5/", May.UNKNOWN, May.NO),
        ("Non-Commercial, see the file", May.NO, May.UNKNOWN),
        ("for research only", May.NO, May.UNKNOWN),
        ("cc-by-2.1-jp", May.UNKNOWN, May.UNKNOWN),
        ("cc-bync", May.UNKNOWN, May.UNKNOWN),
    ],
)
def test_what_a_name_forbids_is_forbidden_though_the_table_lacks_it(
    said: str, commercial: May, derivatives: May
) -> None:
    terms = license_of(said).terms
    assert (terms.commercial, terms.derivatives) == (commercial, derivatives)
    assert no_freer(terms, license_of(UNKNOWN).terms) and identifier(said) not in TABLE


@pytest.mark.parametrize(
    ("names", "license", "name"),
    [
        ([], UNKNOWN, ""),
        (["mit"], "mit", ""),
        (["mit", "mit"], "mit", ""),
        ([UNKNOWN], UNKNOWN, ""),
        (["mit", "cc-by-nc-4.0", "apache-2.0"], OTHER, "mixed-cc-by-nc-4.0"),
        (["mit", UNKNOWN], OTHER, "mixed-unknown"),
        (["openai-terms"], OTHER, "openai-terms"),
        (["my own license"], OTHER, "my-own-license"),
    ],
)
def test_a_whole_has_an_identifier_of_the_hub_or_other_and_a_name(names: list[str], license: str, name: str) -> None:
    made = label(names)
    assert (made.license, made.name) == (license, name)


def test_what_some_well_known_licenses_say() -> None:
    assert license_of("cc-by-nc-4.0").terms.commercial is May.NO
    assert license_of("cc-by-nd-4.0").terms.derivatives is May.NO
    assert license_of("llama3").terms.training is May.NO
    assert "llama-name" in license_of("llama3.1").terms.duties
    assert license_of("a-license-of-ours").terms == license_of(UNKNOWN).terms
    both = together([license_of("cc-by-sa-4.0").terms, license_of("cc-by-nc-sa-4.0").terms])
    assert both.share_alike == {"cc-by-sa", "cc-by-nc-sa"}


def test_the_table_on_the_page_is_what_is_derived() -> None:
    page = (Path(__file__).parents[3] / "docs/cards.md").read_text("utf-8")
    names = ["cc-by-4.0", "llama3.1", "cc-by-nc-4.0", UNKNOWN]
    wholes = [together(license_of(name).terms for name in names[: n + 1]) for n in range(len(names))]
    for question in QUESTIONS:
        assert f"| {WORDS[question]} | {' | '.join(getattr(one, question).word for one in wholes)} |" in page
    assert [len(one.duties) for one in wholes] == [1, 3, 3, 3]


HUB = """
apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0 bigcode-openrail-m afl-3.0 artistic-2.0
bsl-1.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear c-uda cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0
cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0
cc-by-nc-sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 wtfpl gfdl isc odc-by odbl unlicense pddl llama2 llama3 llama3.1
llama3.2 llama3.3 gemma unknown other
""".split()
"""Identifiers of the hub (github.com/huggingface/hub-docs, docs/hub/repositories-licenses.md), those of data and models."""


def test_identifiers_are_those_of_the_hub_where_it_has_one() -> None:
    assert {license.id for license in TABLE.values() if license.on_hub} <= set(HUB)
    assert not {license.id for license in TABLE.values() if not license.on_hub} & set(HUB)
