"""Copies by address: noise that changes no page changes no verdict, anything else does."""

import gzip
import random
import tempfile
import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import step
from curate.across import prepared
from curation.dedup._url import INDEX, LONG_SESSION, SESSION, TRACKING, bare

FOUND = step.find("dedup", "url")
WARC = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "warc" / "math_web_dev.warc.gz"


def key(url: str, *ignore: str) -> str | None:
    return bare(pl.Series([url], dtype=pl.String), ignore)[0]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://www.Example.com:80/a/../b/index.html?b=2&a=1&utm_source=x#part", "example.com/b?a=1&b=2"),
        ("//example.com/b/?PHPSESSID=1&a=1&b=2", "example.com/b?a=1&b=2"),
        ("example.com:8080/x", "example.com:8080/x"),
        ("https://a.b:443/", "a.b"),
        ("https://a.b:80/", "a.b:80"),
        ("http://a.b.:/Path", "a.b/Path"),
        ("http://www.com/", "www.com"),
        ("http://WWW.a.b/Default.aspx", "a.b"),
        ("http://a.b/index.php?id=3", "a.b?id=3"),
        ("http://a.b/index.php/topic", "a.b/index.php/topic"),
        ("http://a.b/x;jsessionid=AB12;v=1?sid=12&sid=0123456789abcdef", "a.b/x;v=1?sid=12"),
        ("http://a.b/#!/page", "a.b#!/page"),
        ("http://a.b/#page", "a.b"),
        ("http://u:p@A.b/%7euser/%zz/%2f%c3%a9é", "u:p@a.b/~user/%25zz/%2F%C3%A9%C3%A9"),
        ("http://a.b/?q=a+b%20c%2Bd&&e=&=", "a.b?e&q=a%20b%20c%2Bd"),
        ("http://a.b/?x=2&x=1", "a.b?x=2&x=1"),
        ("http://bücher.example/", "xn--bcher-kva.example"),
        ("http://[::1]:80/", "[::1]"),
        ("ftp://a.b/c", "ftp://a.b/c"),
        ("mailto:a@b", "mailto:a@b"),
        ("<http://a.b/\tc\n>", "a.b/c"),
        ("http:\\\\a.b\\c", "a.b/c"),
        ("", None),
        (" ", None),
        ("http://", None),
    ],
)
def test_what_never_changes_a_page_is_taken_off(url: str, expected: str | None) -> None:
    assert key(url) == expected


def test_every_listed_parameter_and_name_of_an_index_is_taken_off_and_says_why() -> None:
    for name, why in {**TRACKING, **SESSION}.items():
        assert why and name == name.lower()
        assert key(f"http://a.b/c?{name.replace('*', 'x').upper()}=1") == "a.b/c"
    for name in LONG_SESSION:
        assert key(f"http://a.b/c?{name}=1234") == f"a.b/c?{name}=1234"
        assert key(f"http://a.b/c?{name}=deadbeef00000000") == "a.b/c"
    for name in INDEX:
        assert key(f"http://a.b/c/{name}") == "a.b/c"
    assert key("http://a.b/c?lang=en&x_1=2", "LANG", "x_*") == "a.b/c"


word = st.text("abcXYZ019-_", min_size=1, max_size=5).filter(lambda found: found.lower() not in ("s", "sid"))
address = st.tuples(
    st.lists(st.text("abcxyz019", min_size=1, max_size=5).filter(lambda label: label != "www"), min_size=2, max_size=3),
    st.lists(word, max_size=3),
    st.dictionaries(word, word, max_size=3),
)
Address = tuple[list[str], list[str], dict[str, str]]


def noisy(one: Address, rng: random.Random) -> str:
    """An address with what never changes a page."""
    labels, parts, parameters = one

    def coded(text: str) -> str:
        return "".join(f"%{ord(c):{rng.choice(['02x', '02X'])}}" if rng.random() < 0.2 else c for c in text)

    host = "".join(c.upper() if rng.random() < 0.3 else c for c in ".".join(labels))
    scheme, port = rng.choice([("http", ":80"), ("https", ":443"), ("HTTP", ":"), ("Https", ":0443")])
    path = "".join(f"/{coded(part)}" for part in parts) + rng.choice(["", "/", "/index.html", "/./", "/x/../"])
    given = [f"{coded(name)}={coded(value)}" for name, value in parameters.items()]
    given += rng.sample(["utm_source=x", "", "FBCLID=1", "PHPSESSID=0"], rng.randrange(3))
    rng.shuffle(given)
    query = "?" + "&".join(given) if given or rng.random() < 0.3 else ""
    ends = rng.choice(["", "."]), rng.choice(["", port]), rng.choice(["", "#", "#part"])
    return f"{scheme}://{rng.choice(['', 'www.', 'WWW.'])}{host}{ends[0]}{ends[1]}{path}{query}{ends[2]}"


@settings(max_examples=150)
@given(address, address, st.randoms(use_true_random=False))
def test_addresses_are_equal_if_and_only_if_they_differ_in_noise(
    one: Address, other: Address, rng: random.Random
) -> None:
    first, second, third = bare(pl.Series([noisy(one, rng), noisy(one, rng), noisy(other, rng)]))
    assert first == second
    assert (first == third) == (one == other)


@settings(max_examples=200)
@given(st.lists(st.one_of(st.none(), st.text("aB1.:/\\@?&=#!%2eFé%;[]<> \t"), st.text()), max_size=6))
def test_any_address_has_a_key_whatever_stands_beside_it(urls: list[str | None]) -> None:
    column = pl.Series("url", urls, dtype=pl.String)
    found = bare(column)
    assert found.to_list() == [None if url is None else key(url) for url in urls]
    assert all(len(k.encode()) <= 3 * len(url.encode()) + 300 for k, url in zip(found, urls, strict=True) if k and url)


def test_a_hostile_address_costs_no_more_than_its_bytes() -> None:
    hostile = [
        "http://a.b/" + "../" * 1_000_000,
        "http://a.b/?" + "&".join(f"{-i % 99_991:05d}=" for i in range(200_000)),
        "http://" + "é" * 500_000 + "/",
        "http://a.b/" + "%" * 2_000_000,
        "http://a.b/" + ";jsessionid=" * 200_000,
        "@" * 2_000_000,
        "http://" + "www." * 500_000,
    ]
    key("http://a.b")
    started = time.process_time()
    assert bare(pl.Series(hostile)).is_not_null().all()
    assert time.process_time() - started < 5


def verdicts(frames: list[pl.DataFrame], memory: int = 1 << 30, **params: object) -> dict[str, str]:
    params = {"keep_order": ["date"], "ignore": [], **params}
    with tempfile.TemporaryDirectory() as folder:
        corpus = prepared(frames, Path(folder), FOUND, params, memory=memory)
        made = pl.concat(list(FOUND.call(corpus, **params)))
    assert made.schema == {"id": pl.String, "url_duplicate_of": pl.String}
    return dict(made.rows())


def test_the_latest_fetch_of_an_address_stays_and_what_has_none_is_no_duplicate() -> None:
    rows = [
        ("a", "http://a.b/", "2020"),
        ("b", "https://www.a.b/index.html", "2022"),
        ("c", "http://a.b?gclid=1", None),
        ("d", None, "2020"),
        ("e", None, "2020"),
        ("f", "", "2020"),
        ("g", "", "2020"),
        ("h", "http://a.b/h", "2020"),
    ]
    schema = {"id": pl.String, "url": pl.String, "date": pl.String}
    docs = pl.DataFrame(rows, schema=schema, orient="row").with_columns(text=pl.lit(""))
    for memory in (1 << 30, 1):
        assert verdicts([docs[:3], docs[3:4], docs[4:]], memory) == {"a": "b", "c": "b"}
        assert verdicts([docs], memory, ignore=["gclid"], keep_order=["url"]) == {"a": "b", "c": "b"}
    assert verdicts([docs[:0]]) == {}


def test_real_addresses_are_told_apart_as_courlan_tells_them_apart() -> None:
    if not WARC.is_file():
        pytest.skip("needs ../shared")
    from courlan import normalize_url

    head = b"WARC-Target-URI: "
    with gzip.open(WARC) as lines:
        urls = [line[len(head) :].strip().decode() for line in lines if line.startswith(head)]
    urls = [*dict.fromkeys(urls)]
    assert len(urls) > 100
    theirs: dict[str, set[str | None]] = {}
    for url, ours in zip(urls, bare(pl.Series(urls)), strict=True):
        theirs.setdefault(normalize_url(url), set()).add(ours)
    assert all(len(keys) == 1 for keys in theirs.values())
