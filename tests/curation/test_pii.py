"""What belongs to a person is masked, and mathematics is not."""

import time

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import CurateError
from curate.step import find
from curation.rewrite.mask_pii import mask_pii

E, P, A = "|||EMAIL_ADDRESS|||", "|||PHONE_NUMBER|||", "|||IP_ADDRESS|||"


def masked(*texts: str, **more: str) -> pl.DataFrame:
    frame = pl.DataFrame(
        {"id": [str(i) for i in range(len(texts))], "text": texts}, schema={"id": pl.String, "text": pl.String}
    )
    return mask_pii(frame, **more)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Ask ada.k@maths.uni-x.edu or BO+q@mail.example.com.", f"Ask {E} or {E}."),
        ("ada@site.com,bo@site.org;cy@site.co.uk", f"{E},{E};{E}"),
        ("<ada@site.fr>\n(bo@site.fr)", f"<{E}>\n({E})"),
        ("mailto:ada%40site.org", f"mailto:{E}"),
        ("Let $x@y.com$ be; ada@site.com wrote \\(u@v.org\\).", f"Let $x@y.com$ be; {E} wrote \\(u@v.org\\)."),
        ("\\href{mailto:ada@site.com}{me}", f"\\href{{mailto:{E}}}{{me}}"),
        ("Tel: 020 7946 0958, Fax no. +49 228 73-1234", f"Tel: {P}, Fax no. {P}"),
        ("Call (415) 555-2671 or 415-555-2672.", f"Call {P} or {P}."),
        ("+44 20 7946 0958 (day), +1 415 555 2671", f"{P} (day), {P}"),
        ("Mobile 07700 900123; the phone number is 030/1234567", f"Mobile {P}; the phone number is {P}"),
        ("call us at 800 555 0199 now", f"call us at {P} now"),
        ("from 93.184.216.34, then 151.101.1.140.", f"from {A}, then {A}."),
        ("83.12.40.2 83.12.40.3 83.12.41.9", f"{A} {A} {A}"),
        ("IP address: 8.8.8.8", f"IP address: {A}"),
        ("2a00:1450:4001:81b::200e and fe80::1", f"{A} and {A}"),
    ],
)
def test_what_belongs_to_somebody_is_masked(text: str, wanted: str) -> None:
    assert masked(text)["text"].item() == wanted


KEPT = [
    "A@B.T @ x, y = X@W.sum() and @app.route('/x')",
    "$a@site.com$ \\[415-555-2671\\] \\begin{array}93.184.216.34\\end{array}",
    "Section 10.12.14.20, version 12.34.56.78, § 13.14.15.92, v10.20.30.40",
    "Lemma 1.2.3.4 and 3.14159",
    "1.3.6.1.4.1.311.21.20",
    "192.168.10.12, 127.0.0.1, 10.20.30.40, 203.0.113.77 and 2001:db8::1",
    "x = 415-555-2671",
    "(2,3,5)-(7,11,13) = 3 + 44 20 7946 0958",
    "ISBN 978-0-521-88068-8, Phone book ISBN: 0-387-95385-X",
    "doi:10.1007/978-3-540-76198-3_12",
    "2013-03-22 18:51:38",
    "1234567890 555 123 4567",
    "| 415 | 555 | 2671 |",
    "10 20 30 40 50 60",
    "call f(2345678), call 12 34, cell 3 5 7",
    "std::vector<int> fe::x x[1:2::3] 12:30:45 00:1a:2b:3c:4d:5e",
    "e^{2\\pi i} 2.718.281.828",
    "200.300.400.500",
]


@pytest.mark.parametrize("text", KEPT)
def test_mathematics_and_numbers_of_all_sorts_are_not(text: str) -> None:
    assert masked(text).rows() == [(text, 0, 0, 0)]


def test_what_was_masked_is_counted_by_kind() -> None:
    found = masked("a1@site.com b2@site.com 93.184.216.34", "none", "Tel. 020 7946 0958", "")
    assert found.drop("text").rows() == [(2, 0, 1), (0, 0, 0), (0, 1, 0), (0, 0, 0)]
    assert found.columns == ["text", "emails_masked", "phones_masked", "ips_masked"]


def test_a_mask_is_the_recipes_and_an_empty_one_leaves_a_kind_alone() -> None:
    found = masked("ada@site.com at 93.184.216.34", email="email@example.com", ip="")
    assert found.rows() == [("email@example.com at 93.184.216.34", 1, 0, 0)]
    with pytest.raises(CurateError, match="email: "):
        find("rewrite", "mask_pii").validated({"email": "$1"})


def test_a_mask_that_texts_have_of_their_own_is_counted_where_it_masks() -> None:
    text = "0 of Tel 020 7946 0958 +44 20 7946 0958, site ada@site.com"
    assert masked(text, email="site", phone="0").rows() == [("0 of Tel 0 0, site site", 1, 2, 0)]


def test_masked_text_is_masked_once() -> None:
    once = masked("ada@site.com, Tel: 020 7946 0958, 93.184.216.34")["text"].item()
    assert masked(once).rows() == [(once, 0, 0, 0)]


def test_a_text_that_has_the_signs_of_holes_and_masks_keeps_them() -> None:
    assert masked("\0 ada@site.com \7 $x$ \0\0\7")["text"].item() == f"\0 {E} \7 $x$ \0\0\7"


PIECES = st.sampled_from(
    [
        "ada@site.com",
        " ",
        "\n",
        "$x_1@y.com$",
        "93.184.216.34",
        "Tel: 020 7946 0958",
        "1.2.3.4",
        "\0",
        "\7",
        "word",
        ",",
        "é",
    ]
)


@given(st.lists(st.lists(PIECES, max_size=12).map("".join), max_size=6), st.integers(1, 3))
def test_batches_do_not_matter_and_formulas_stay(texts: list[str], size: int) -> None:
    whole = masked(*texts)
    assert whole.equals(pl.concat([masked(*texts[i : i + size]) for i in range(0, len(texts), size)] or [masked()]))
    for text, new in zip(texts, whole["text"], strict=True):
        assert text.count("$x_1@y.com$") == new.count("$x_1@y.com$")


@pytest.mark.parametrize(
    "piece", ["a@", "a.", "1.2.", "+1 23 ", "12-", "tel: ", "$", "\\[", "a@b.", "fe80:", "(415) ", "version 1."]
)
def test_hostile_texts_take_linear_time(piece: str) -> None:
    started = time.process_time()
    masked(piece * (1_000_000 // len(piece)) + " ada@site.com")
    assert time.process_time() - started < 3


@pytest.mark.parametrize("mask", ["x", "you@example.com", "{}", "\x00"])
def test_what_is_masked_is_counted_whatever_the_mask_looks_like(mask: str) -> None:
    docs = pl.DataFrame({"id": ["a"], "text": ["max@x-ray.com, ann@mail.org\x07 x {} \x00"]})
    found = mask_pii(docs, email=mask)
    assert found["emails_masked"].to_list() == [2]
    assert found["text"].to_list() == [f"{mask}, {mask}\x07 x {{}} \x00"]


@pytest.mark.parametrize("number", ["+49 30 1234567", "+44 (0)20 7946 0018", "+33 1 23 45 67 89", "+14155552671"])
def test_numbers_with_a_country_are_masked_and_formulas_with_a_plus_are_not(number: str) -> None:
    docs = pl.DataFrame({"id": ["a", "b"], "text": [f"Write to us: {number}.", f"so ${number}$ is x + 12 34 567"]})
    found = mask_pii(docs)
    assert found["text"].to_list() == ["Write to us: |||PHONE_NUMBER|||.", docs["text"][1]]
