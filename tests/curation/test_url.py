"""Addresses get the verdict of the first list that they are on, and the reason for it; a plain twin, address by address, says the same."""

import gzip
import re
import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import CurateError
from curate.lists import Listed, beside
from curation.score.url import url
from tests.curate.corpus import one, open_small, texts, tiny

LISTS = {
    "allow": ["good.bad.example", "page.example/~fine"],
    "curated": ["wiki.example", "big.example/pmc", "wiki.example/blocked"],
    "block": [
        "bad.example",
        "page.example/~user",
        "page.example/a?b=1",
        "bücher.example",
        "xn--mller-kva.example",
        "10.0.0.1",
        "zip",
    ],
    "words": ["*porn*", "warez", "fucking"],
    "soft_words": ["casino", "sex*", "jackpot"],
}


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Listed, ...]]:
    folder = tmp_path_factory.mktemp("lists")
    for name, entries in LISTS.items():
        (folder / f"{name}.txt").write_text("# a comment\n\n" + "\n".join(entries) + "\n", "utf-8")
    return {name: (beside(folder / f"{name}.txt"),) for name in LISTS}


def judge(urls: list[str | None], **params: object) -> pl.DataFrame:
    docs = pl.DataFrame(
        {"id": [str(i) for i in range(len(urls))], "text": [""] * len(urls), "url": pl.Series(urls, dtype=pl.String)}
    )
    return url(docs, **params)  # type: ignore[arg-type]


# ---- the twin


def host_of(address: str) -> str | None:
    text = address.lstrip(" <")
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text)
    after = text[scheme.end() :] if scheme else text
    slashes = len(after) - len(after.lstrip("/\\"))
    authority = re.split(r"[/?#\\]", after[slashes:] if slashes >= 2 else text, maxsplit=1)[0]
    if slashes >= 2:
        authority = authority.rpartition("@")[2]
    authority = re.split(r"[ >]", authority, maxsplit=1)[0]
    host, colon, port = authority.partition(":")
    if bracket := re.match(r"\[[^\]@]*\]", authority):
        host, colon, port = bracket[0], *re.match(r"(:?)(.*)", authority[bracket.end() :], re.S).groups()  # type: ignore[union-attr]
        if not colon and port:
            return None
    elif re.search(r"[\[\]<@]", host):
        return None
    if (port and not re.fullmatch("[0-9]+", port)) or (colon and not port and slashes < 2):
        return None
    host = host.rstrip(".").lower()
    return host if 1 <= len(host.encode()) <= 253 else None


def twin(address: str | None, soft: int) -> tuple[str, str | None]:
    if address is None:
        return "none", None
    host = host_of(address)
    for verdict, name in (("allowed", "allow"), ("curated", "curated"), ("blocked", "block")):
        entries = [e for e in LISTS[name] if host and on(host, address, e.replace("xn--mller-kva", "müller"))]
        if entries:
            return verdict, name
    words = re.findall(r"[^\W\d_]+", address.lower())
    if any("porn" in word or word in ("warez", "fucking") for word in words):
        return "blocked", "words"
    found = {word for word in words if word in ("casino", "jackpot") or word.startswith("sex")}
    return ("blocked", "soft_words") if len(found) >= soft else ("none", None)


def on(host: str, address: str, entry: str) -> bool:
    domain, slash, path = entry.partition("/")
    if not slash:
        return host == domain or host.endswith(f".{domain}")
    if host.removeprefix("www.") != domain:
        return False
    rest = (
        re.sub(r"^[ <]*([A-Za-z][A-Za-z0-9+.-]*:)?[/\\]{2,}", "", address)
        if re.match(r"[^?#]*[/\\]{2}", address)
        else address.lstrip(" <")
    )
    rest = re.split(r"[ >]", rest[len(re.match(r"[^/?#\\]*", rest)[0]) :], maxsplit=1)[0].replace("\\", "/").lower()  # type: ignore[index]
    return rest.startswith(f"/{path}") and (len(rest) == len(path) + 1 or rest[len(path) + 1] in "/?&#")


PIECES = (
    "http://", "https://", "HTTP://", "//", "http:", "/", "\\", "?", "#", "@", ":", ":80", "www.", ".", "bad.example", "BAD.example",
    "good.", "wiki.example", "big.example", "/pmc", "page.example", "/~user", "/~fine", "/~users", "/a?b=1", "&", "=", "bücher.example",
    "xn--mller-kva.example", "müller.example", "10.0.0.1", ".zip", "zip", "porn", "PornHub", "warez", "casino", "jackpot", "sexy", "Sex",
    "essex", "-", "_", "%20", "9", "x", "[::1]", "[", "]", "<", ">", " ", "user:pw@", "data:", "localhost",
)  # fmt: skip


@given(
    st.lists(
        st.one_of(
            st.none(),
            st.lists(st.sampled_from(PIECES), max_size=9).map("".join),
            st.text("ab.:/@?#[]<> \\é1", max_size=12),
        ),
        max_size=40,
    ),
    st.integers(1, 3),
)
def test_verdicts_are_those_of_a_plain_twin(
    lists: dict[str, tuple[Listed, ...]], urls: list[str | None], soft: int
) -> None:
    made = judge(urls, **lists, soft=soft, ours=False)
    said = [
        (verdict, reason and re.search(r"/(\w+)\.txt: ", reason)[1])  # type: ignore[index]
        for verdict, reason in made.select("url_verdict", "url_reason").rows()
    ]
    assert said == [twin(address, soft) for address in urls]
    assert made["url_host"].to_list() == [host_of(address or "") for address in urls]


# ---- single promises


def test_innocent_places_and_words_are_not_met() -> None:
    honest = [
        "https://www.essex.ac.uk/departments/mathematical-sciences", "https://cockburn.example/scunthorpe/", "http://a.example/analytics?x=1",
        "https://stats.example/poker-and-roulette-probability", "https://a.example/casino-problem", "https://m.example/sex-ratio-and-fisher",
        "https://math.example/chapter-xxx.html", "https://n.example/middlesex/sussex/adult-education", "https://b.example/assessment/titan",
        "https://c.example/radiocarbon-dating.pdf", "https://d.example/crack-propagation", "https://arxiv-mirror.example/download/serial",
    ]  # fmt: skip
    made = judge([*honest])
    assert made.filter(pl.col("url_verdict") != "none").rows() == []


@pytest.mark.parametrize(
    ("address", "verdict", "reason"),
    [
        ("https://EN.Wikipedia.org./wiki/Group", "curated", "url_lists/curated.txt: wikipedia.org"),
        ("http://www.ncbi.nlm.nih.gov/pmc/articles/1", "curated", "url_lists/curated.txt: ncbi.nlm.nih.gov/pmc"),
        ("http://www.ncbi.nlm.nih.gov/nuccore/1", "none", None),
        ("http://user:pw@www.xnxx.com:8080/", "blocked", "url_lists/block.txt: xnxx.com"),
        ("https://discord.com/fucking", "allowed", "url_lists/allow.txt: discord.com"),
        ("http://a.example/free-PORNO_videos", "blocked", "url_lists/words.txt: porno"),
        ("http://casino.example/jackpot/casino", "blocked", "url_lists/soft_words.txt: casino, jackpot"),
        ("http://casino.example/casino", "none", None),
    ],
)
def test_our_own_lists_give_verdict_and_reason(address: str, verdict: str, reason: str | None) -> None:
    assert judge([address]).select("url_verdict", "url_reason").row(0) == (verdict, reason)


def test_odd_addresses_raise_nothing_and_have_no_host(lists: dict[str, tuple[Listed, ...]]) -> None:
    odd = [
        None, "", " ", ".", "..", "http://", "://", "a" * 100_000, "http://" + "a." * 50_000, "http://a.example/" + "/x?" * 33_000,
        "data:text/html;base64,AAAA", "javascript:alert(1)", "mailto:a@b.example", "urn:isbn:1", "dns:a.example", "http://[/", "http://]",
        "\ue000\U0010ffff\x00\x7f", "http:///", "[", "@", "http://\x00", "%", "http://a b", "<<<>>>", "http://@@@", "\n\n",
    ]  # fmt: skip
    made = judge(odd, **lists)
    assert made.height == len(odd)
    hosts = dict(zip(odd, made["url_host"], strict=True))
    assert [a for a in odd[:5] + odd[10:16] if hosts[a] is not None] == []
    assert hosts["http://a.example/" + "/x?" * 33_000] == "a.example"
    assert judge(["http://[2001:db8::1]:80/x", "1.2.3.4:80", "//a.example", "<http://A.example>"])["url_host"].to_list() == [
        "[2001:db8::1]", "1.2.3.4", "a.example", "a.example",
    ]  # fmt: skip


def test_a_hostile_batch_takes_no_time(lists: dict[str, tuple[Listed, ...]]) -> None:
    long = [
        "http://page.example/" + "/&?" * 30_000,
        "http://" + "a." * 120 + "example/x",
        "sex-" * 25_000,
        "http://" + "@" * 90_000,
    ]
    started = time.process_time()
    judge(long * 50, **lists)
    assert time.process_time() - started < 3


def test_a_list_takes_hosts_files_addresses_stars_and_both_spellings(tmp_path: Path) -> None:
    path = tmp_path / "mixed.txt.gz"
    text = "0.0.0.0 hosts.example # why\n*.star.example\n||block.example^\nhttps://www.url.example:80/A/\nmünchen.example\n\xa0\n"
    path.write_bytes(gzip.compress(text.encode() + b"\xff\xfe broken\n"))
    addresses = [
        "http://hosts.example/", "http://a.star.example/", "http://block.example", "http://url.example/a/b", "http://url.example/ab",
        "http://xn--mnchen-3ya.example/", "http://www.hosts.example/", "http://xhosts.example",
    ]  # fmt: skip
    made = judge(addresses, block=(beside(path),), ours=False)
    assert [v == "blocked" for v in made["url_verdict"]] == [True, True, True, True, False, True, True, False]


def test_no_lists_at_all_give_no_verdicts() -> None:
    assert judge(["http://porn.example/"], ours=False).rows() == [("none", None, "porn.example")]


# ---- lists of a recipe


def project(folder: Path, step: str, block: str = "bad.example\n") -> Path:
    frame = texts(6).with_columns(
        url=pl.Series([f"https://{'bad' if i % 3 == 0 else 'good'}.example/{i}" for i in range(6)])
    )
    (folder / "lists").mkdir(parents=True, exist_ok=True)
    (folder / "lists/mine.txt").write_text(block)
    tiny(folder, one(step), frame)
    return folder


def test_a_recipe_brings_lists_and_the_default_clause_drops_what_they_block(tmp_path: Path) -> None:
    recipe = open_small(project(tmp_path, "{score: url, block: [lists/*.txt]}"))
    recipe.build()
    assert recipe.documents("web").rows == 4
    said = recipe.sql("select fate, url_reason from documents where url_reason is not null")
    assert said.unique().rows() == [("not_blocked", "lists/mine.txt: bad.example")]


def test_a_list_is_part_of_a_steps_identity_by_its_content_and_its_name_alone(tmp_path: Path) -> None:
    def key(folder: str, block: str, pattern: str = "lists/mine.txt") -> str:
        place = project(tmp_path / folder, f"{{score: url, block: ['{pattern}']}}", block)
        return open_small(place).planned["web/url"].plan_key

    assert key("a", "bad.example\n") == key("b", "bad.example\n", "lists/*.txt") != key("c", "other.example\n")


@pytest.mark.parametrize("pattern", ["near.txt", "./near.txt", "../near.txt", "../near/near.txt"])
def test_what_the_folder_of_a_project_is_called_is_no_part_of_a_lists_name(tmp_path: Path, pattern: str) -> None:
    keys = []
    for folder in ("a/one", "b/two"):
        place = project(tmp_path / folder, f"{{score: url, block: ['{pattern}']}}")
        (place / pattern).parent.mkdir(exist_ok=True)
        (place / pattern).write_text("bad.example\n")
        keys.append(open_small(place).planned["web/url"].plan_key)
    assert keys[0] == keys[1]


def test_the_lock_names_the_lists_and_why_says_that_one_changed(tmp_path: Path) -> None:
    place = project(tmp_path, "{score: url, block: [lists/mine.txt]}")
    recipe = open_small(place)
    recipe.build()
    assert "lists/mine.txt" in recipe.lock_path.read_text()
    (place / "lists/mine.txt").write_text("good.example\n")
    again = open_small(place)
    assert any("the list lists/mine.txt changed" in said for said in again.why()["web/url"])
    again.build()
    assert again.documents("web").rows == 2


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("lists/no.txt", "no file matches"), ("s3://a/b.txt", "is not on this machine; copy the list")],
)
def test_a_list_that_is_not_there_is_one_line(tmp_path: Path, pattern: str, said: str) -> None:
    with pytest.raises(CurateError, match=said):
        _ = open_small(project(tmp_path, f"{{score: url, block: ['{pattern}']}}")).planned


def test_comments_are_none_of_a_list_s_entries_even_after_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("\ufeff# said first\r\na.example # and why\n\n \ufeff# of a second file\nb.example#c\n", "utf-8")
    assert beside(path).lines().to_list() == ["a.example", "b.example#c"]


def test_a_list_that_changes_while_it_is_used_is_told(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("a.example\n")
    before = beside(path)
    path.write_text("b.example\n")
    with pytest.raises(CurateError, match="changed since it was listed; build again"):
        judge(["http://a.example"], block=(before,))
