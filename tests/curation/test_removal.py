"""What a list names is what a plain reading of it names, whatever else stands in it."""

import gzip
import hashlib
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import CurateError
from curate.lists import Listed
from curate.sources import Source
from curation.score._removals import Entries, loaded, named

LABELS = st.sampled_from(["a", "b", "example", "org", "co", "xn--mnchen-3ya"])
HOSTS = st.lists(LABELS, min_size=1, max_size=4).map(".".join)
IDS = st.sampled_from(["1", "2", "doc.org", "a.b", "x y"])


def entries(ids: Any = (), urls: Any = (), domains: Any = ()) -> Entries:
    parts = [pl.Series(sorted(some), dtype=pl.String) for some in (ids, urls, domains)]
    return Entries(*parts, sum(map(len, parts)))


def listed(path: Path, data: bytes) -> tuple[Listed, ...]:
    path.write_bytes(data)
    return (Listed(Source(str(path), hashlib.sha256(data).hexdigest(), len(data), name=path.name)),)


@given(st.lists(st.tuples(IDS, st.none() | HOSTS, st.none() | IDS), max_size=12), st.sets(IDS), st.sets(HOSTS))
def test_a_document_is_named_by_its_id_its_parent_s_or_a_domain_above_its_host(
    rows: list[tuple[str, str | None, str | None]], ids: set[str], domains: set[str]
) -> None:
    schema = {"id": pl.String, "url": pl.String, "parent_id": pl.String}
    docs = pl.DataFrame(
        [(i, host and f"https://{host}/page?q=1", p) for i, host, p in rows], schema=schema, orient="row"
    )
    found = named(docs, entries(ids=ids, domains=domains), "parent_id")
    for (id_, host, parent), said in zip(rows, found, strict=True):
        above = [host.split(".", n)[n] for n in range(host.count(".") + 1)] if host else []
        first = next((one for one in above if one in domains), None)
        wanted = (
            f"id {id_}" if id_ in ids else f"id {parent}" if parent in ids else f"domain {first}" if first else None
        )
        assert said == wanted
    alone = [named(docs[n : n + 1], entries(ids=ids, domains=domains), "parent_id")[0] for n in range(docs.height)]
    assert alone == found.to_list()


def test_lines_are_ids_addresses_and_domains_by_what_they_look_like(tmp_path: Path) -> None:
    lines = ("\ufeff0123abcd", "# all", "HTTPS://WWW.Example.org/a/../b/#c  # why", "*.Example.com.", "\u00fcber.example",
             "id:http://odd", "url: example.net/x", "1.2")  # fmt: skip
    found = loaded(listed(tmp_path / "a.txt.gz", gzip.compress("\n".join(lines).encode())))
    assert found.ids.to_list() == ["*.Example.com.", "0123abcd", "1.2", "http://odd", "\u00fcber.example"]
    assert found.urls.to_list() == ["example.net/x", "example.org/b"]
    assert found.domains.to_list() == ["example.com", "xn--ber-goa.example"]


def test_what_a_line_is_may_be_said_in_large_letters_and_an_id_that_looks_so_is_one_still(tmp_path: Path) -> None:
    lines = "URL: http://example.org/y\nDomain:example.org\nID:7\nid:8\n"
    found = loaded(listed(tmp_path / "a.txt", lines.encode()))
    assert (found.urls.to_list(), found.domains.to_list()) == (["example.org/y"], ["example.org"])
    assert found.ids.to_list() == ["7", "8", "Domain:example.org", "ID:7"]


def test_a_list_in_another_form_is_refused_and_not_read_as_entries_that_mean_nothing(tmp_path: Path) -> None:
    address = "https://example.org/y"
    for separator in ";\t|":
        with pytest.raises(CurateError, match=r"no column id, url or domain, but .*; columns are split at commas"):
            loaded(listed(tmp_path / "a.csv", f"URL{separator}why\n{address}{separator}asked\n".encode()))
    for name, data in (("a.txt", f"{address}\n"), ("b.csv", f"url\n{address}\n")):
        with pytest.raises(CurateError, match="is no text in UTF-8"):
            loaded(listed(tmp_path / name, data.encode("utf-16")))
    assert loaded(listed(tmp_path / "c.csv", b"https://example.org/a;b\nhttps://example.org/c\n")).urls.to_list() == [
        "example.org/a;b", "example.org/c"
    ]  # fmt: skip


def test_columns_of_a_table_say_what_they_are(tmp_path: Path) -> None:
    frame = pl.DataFrame({"id": ["7", None], "url": [None, "http://b.org/"], "note": ["x", "y"]})
    frame.write_parquet(tmp_path / "t.parquet")
    found = loaded(listed(tmp_path / "t.parquet", (tmp_path / "t.parquet").read_bytes()))
    assert (found.ids.to_list(), found.urls.to_list(), found.domains.to_list()) == (["7"], ["b.org"], [])
    single = loaded(listed(tmp_path / "t.csv", b"what\nhttps://c.org/p\nd.org\n"))
    assert (single.urls.to_list(), single.domains.to_list()) == (["c.org/p"], ["d.org"])
    for data, said in ((b"a,b\n1,2\n", "no column id, url or domain, but a, b"), (b"", "no table that can be read")):
        with pytest.raises(CurateError, match=said):
            loaded(listed(tmp_path / "odd.csv", data))


@pytest.mark.parametrize(
    "line",
    ["example.org", "\ufeffEXAMPLE.ORG.\r", ".example.org", "domain:*.example.org", "domain: https://example.org/",
     "domain:example.org:443"],
)  # fmt: skip
def test_a_domain_however_it_is_written_means_what_lies_below_it_and_no_name_that_only_ends_or_begins_so(
    tmp_path: Path, line: str
) -> None:
    below = ["https://example.org/a", "http://u:p@sub.Example.org.:8080/#f", "//example.org/x"]
    others = ["https://evil-example.org/", "https://example.org.evil.com/", "http://example.org@evil.com/",
              "https://evil.com/example.org", "https://evil.com/?u=https://example.org/", "", None]  # fmt: skip
    docs = pl.DataFrame({"id": ["x"] * 10, "url": [*below, *others]})
    found = named(docs, loaded(listed(tmp_path / "a.txt", f"{line}\n".encode())))
    assert found.to_list() == [*["domain example.org"] * len(below), *[None] * len(others)]


def test_addresses_without_a_scheme_and_hosts_that_are_numbers_are_named_too(tmp_path: Path) -> None:
    lines = ["example.org/a b", "example.net:8080/x", "10.0.0.1", "[::1]", "1.2", "part-0.parquet/7"]
    found = loaded(listed(tmp_path / "a.txt", "\n".join(lines).encode()))
    assert found.ids.to_list() == sorted(lines)
    urls = [
        "http://www.example.org/a%20b#c",
        "http://example.net:8080/x",
        "http://10.0.0.1/p",
        "http://[::1]/",
        "http://1.2.org/",
    ]
    said = named(pl.DataFrame({"id": [None] * 5, "url": urls}, schema={"id": pl.String, "url": pl.String}), found)
    assert said.to_list() == [
        "url example.org/a%20b", "url example.net:8080/x", "domain 10.0.0.1", "domain [::1]", None
    ]  # fmt: skip


def test_a_table_of_one_column_without_a_head_loses_no_entry(tmp_path: Path) -> None:
    found = loaded(listed(tmp_path / "t.csv", b"a.org\r\nb.org\r\n"))
    assert found.domains.to_list() == ["a.org", "b.org"]


def test_a_long_list_costs_few_documents_next_to_nothing(tmp_path: Path) -> None:
    many = entries(domains=(f"site{i}.org" for i in range(300_000)), urls=(f"h{i}.com/p" for i in range(300_000)))
    docs = pl.DataFrame({"id": ["x", "y"], "url": ["https://a.site299999.org/", "http://h0.com/p"]})
    named(docs, many)  # compiles what compares addresses
    started = time.perf_counter()
    for _ in range(20):
        assert named(docs, many).to_list() == ["domain site299999.org", "url h0.com/p"]
    assert time.perf_counter() - started < 2  # a table of the list for each batch takes 0.4 s each time
