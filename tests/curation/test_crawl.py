"""The embedded crawl: its archives, its pages, and the truth beside them."""

import gzip
import hashlib
import html
import os
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from curate.errors import CurateError
from curation.embedded import _hostile
from curation.embedded._grammar import Voice, bank
from curation.embedded._leaks import KINDS as LEAKS
from curation.embedded._math import ENCODINGS, formula
from curation.embedded._near import TARGETS
from curation.embedded._page import texts
from curation.embedded._pages import MAKERS
from curation.embedded._problems import bench, split_of
from curation.embedded._prose import LANGUAGES, genres
from curation.embedded._tex import mathml, parse, plain, supsub
from curation.embedded.crawl import SHARES, TRUTH, crawl, item, kind_of
from curation.gzip import HEADER
from curation.synth.families._family import families
from curation.synth.families._rng import Rng

PAGES = 300


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("crawl")
    crawl(out, seed=0, pages=PAGES)
    return out


@pytest.fixture(scope="module")
def truth(made: Path) -> pl.DataFrame:
    return pl.read_parquet(made / "truth.parquet")


@pytest.fixture(scope="module")
def records(made: Path) -> list[dict]:
    from fastwarc.warc import ArchiveIterator

    found = []
    for path in sorted(made.glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, parse_http=False):
                headers = {k.lower(): v for k, v in record.headers.items()}
                found.append(
                    {"file": path.name, "type": headers["warc-type"], "headers": headers, "block": record.reader.read()}
                )
    return found


def responses(records: list[dict]) -> dict[tuple[str, str], bytes]:
    """(file, URL) -> body."""
    return {
        (r["file"], r["headers"]["warc-target-uri"]): r["block"].partition(b"\r\n\r\n")[2]
        for r in records
        if r["type"] == "response"
    }


def test_the_same_seed_gives_the_same_bytes(made, tmp_path):
    crawl(tmp_path, seed=0, pages=PAGES)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {p.name: p.read_bytes() for p in made.iterdir()}


def test_the_same_bytes_come_out_of_another_process_and_in_another_order():
    """Neither the seed of `hash()`, nor what was made before, nor full caches may show."""
    code = (
        "import hashlib; from curation.embedded.crawl import item\n"
        "print(hashlib.sha256(b''.join(item(0, n).body for n in (40, 7, 123, 88, 7))).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "5"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    bodies = {n: item(0, n).body for n in (7, 88, 40, 123)}
    own = hashlib.sha256(b"".join(bodies[n] for n in (40, 7, 123, 88, 7))).hexdigest()
    assert done.stdout.strip() == own


def test_draws_are_those_of_every_other_machine():
    """Draws are our own arithmetic; what else a page depends on is text. Never change these figures."""
    rng = Rng("key", 7)
    assert (rng.random(), rng.randint(0, 10**9), "".join(rng.shuffled("abcdef"))) == (
        0.5329170286667844,
        260632857,
        "bcdfea",
    )


def test_another_seed_gives_other_pages():
    assert sum(item(0, n).body == item(1, n).body for n in range(30)) == 0


def test_a_page_does_not_depend_on_how_many_there_are(records, tmp_path):
    crawl(tmp_path, seed=0, pages=60)
    smaller = pl.read_parquet(tmp_path / "truth.parquet").sort("page")
    bodies = {url: body for (_, url), body in responses(records).items()}
    assert all(bodies[url] == item(0, page).body for url, page in smaller.select("url", "page").rows())


def test_every_page_has_its_three_records(records, made):
    kinds = [r["type"] for r in records]
    assert [kinds.count(kind) for kind in ("request", "response", "metadata")] == [PAGES] * 3
    assert kinds.count("warcinfo") == len(list(made.glob("*.warc.gz"))) >= 3
    ids = [r["headers"]["warc-record-id"] for r in records]
    assert len(set(ids)) == len(ids)


def test_headers_tell_the_truth_about_their_blocks(records):
    from curation.embedded._warc import sha1

    for record in records:
        assert int(record["headers"]["content-length"]) == len(record["block"])
        if record["type"] == "response":
            head, _, body = record["block"].partition(b"\r\n\r\n")
            assert record["headers"]["warc-block-digest"] == sha1(record["block"])
            assert record["headers"]["warc-payload-digest"] == sha1(body)
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            assert f"Content-Length: {len(body)}".encode() in head


def test_each_record_is_a_gzip_member_of_its_own(made):
    data = next(made.glob("*.warc.gz")).read_bytes()
    members = len(re.findall(re.escape(HEADER), data))
    assert members == gzip.decompress(data).count(b"WARC/1.0\r\n")


def test_captures_span_ten_years_and_a_file_is_one_snapshot(made, truth, tmp_path):
    assert truth.select("file", "dump").unique().height == len(list(made.glob("*.gz")))
    crawl(tmp_path, pages=900)
    dates = pl.read_parquet(tmp_path / "truth.parquet")["date"]
    assert dates.str.contains(r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$").all()
    assert dates.min() < "2015" < "2022" < dates.max()


def test_every_hundred_pages_hold_the_same_share_of_each_kind():
    for block in range(3):
        kinds = [kind_of(0, n) for n in range(100 * block, 100 * block + 100)]
        assert block == 0 or {kind: kinds.count(kind) for kind in SHARES} == SHARES
    assert sum(SHARES.values()) == 100


def test_three_hundred_pages_have_something_of_everything(truth):
    assert set(truth["relation"]) == {"original", "copy", "near", "repeat"}
    assert set(truth["language"]) > {"en"} and set(truth["language"]) <= {"en", *LANGUAGES}
    assert len(set(truth["encoding"]) & set(ENCODINGS)) >= 8
    assert len(set(truth["charset"])) >= 5
    assert truth["hostile"].drop_nulls().n_unique() == 3
    assert set(truth["kind"]) >= {
        "lecture", "textbook", "article", "sheet", "forum", "code", "spam", "boilerplate",
    }  # fmt: skip
    assert len(set(truth["kind"]) & set(genres())) > 15
    assert truth.filter(pl.col("math"))["formulas"].list.len().sum() > 1000
    assert truth["questions"].list.len().sum() > 300


def test_copies_and_repeats_are_the_same_bytes_and_repeats_lie_in_another_file(truth, records):
    bodies = responses(records)
    originals = {row["page"]: row for row in truth.filter(pl.col("relation") == "original").iter_rows(named=True)}
    for row in truth.filter(pl.col("relation").is_in(["copy", "repeat"])).iter_rows(named=True):
        root = originals[row["group"]]
        assert bodies[row["file"], row["url"]] == bodies[root["file"], root["url"]]
        assert (row["url"] == root["url"]) == (row["relation"] == "repeat")
        assert row["relation"] == "copy" or (row["file"] != root["file"] and row["date"] != root["date"])


@pytest.fixture(scope="module")
def near() -> list[dict]:
    """Near duplicates among the first 4,000 pages, with the text of their originals."""
    found = [item(0, n).truth for n in range(4000) if kind_of(0, n) == "near"]
    return [{**row, "original": item(0, row["group"]).truth["text"]} for row in found[:150]]


def test_near_duplicates_are_near_and_not_equal(near):
    assert all(0 < row["jaccard"] < 1 and row["text"] != row["original"] for row in near)


def test_near_duplicates_are_spread_over_the_likenesses_that_dedup_must_tell_apart(near):
    found = sorted(row["jaccard"] for row in near)
    assert sum(j < 0.6 for j in found) > 0.15 * len(found) and sum(j >= 0.75 for j in found) > 0.25 * len(found)
    assert sum(0.6 <= j < 0.9 for j in found) > 0.25 * len(found)
    assert TARGETS[0] - 0.2 < found[len(found) // 20]


def test_the_known_likeness_is_that_of_the_texts(near):
    for row in near[:40]:
        grams = [_grams(row[text], row["language"]) for text in ("text", "original")]
        assert row["jaccard"] == pytest.approx(len(grams[0] & grams[1]) / len(grams[0] | grams[1]))


def _grams(text: str, language: str) -> set[tuple[str, ...]]:
    words = list(text.lower()) if language in ("ja", "zh") else text.lower().split()
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


def test_questions_of_a_near_duplicate_still_stand_on_it(near):
    for row in near:
        text = _bare(row["text"])
        for question in row["questions"]:
            assert _bare(question["question"]) in text or row["jaccard"] < 0.6, (row["url"], question["question"])


@pytest.fixture(scope="module")
def leaks() -> list[dict]:
    """Pages of the first 12,000 on which items of the benchmark stand."""
    return [item(0, n).truth for n in range(12_000) if kind_of(0, n) == "leak"]


def test_leaks_are_planted_in_every_disguise(leaks):
    kinds = [leak["kind"] for row in leaks for leak in row["leaks"]]
    assert set(kinds) == set(LEAKS) and min(map(kinds.count, LEAKS)) > 20


def test_a_verbatim_leak_stands_on_its_page_and_a_disguised_one_does_not(leaks):
    items = {found.id: found.problem.text for found in bench()}
    for row in leaks:
        for leak in row["leaks"]:
            stands = _bare(items[leak["item"]]) in _bare(row["text"])
            assert stands == (leak["kind"] in ("verbatim", "short")) or leak["kind"] == "reformatted", (
                leak,
                row["text"],
            )
    shown = [
        _bare(items[leak["item"]]) in _bare(row["text"])
        for row in leaks
        for leak in row["leaks"]
        if leak["kind"] == "reformatted"
    ]
    assert sum(shown) < 0.2 * len(shown)


def _bare(text: str) -> str:
    return " ".join(text.replace("’", "'").replace("”", '"').replace("“", '"').split())


def test_questions_of_ordinary_pages_are_none_of_the_benchmark(truth):
    for row in truth.iter_rows(named=True):
        for question in row["questions"]:
            assert split_of(question["family"], families()[question["family"]].parse(question["question"])) == "train"


def test_originals_are_not_near_one_another(truth):
    """But for pages that are nothing but boilerplate: those resemble one another on the real web too."""
    own = truth.filter(
        (pl.col("relation") == "original")
        & (pl.col("language") == "en")
        & ~pl.col("kind").is_in(["boilerplate", "hostile"])
    )
    grams = [set(zip(*(text.lower().split()[i:] for i in range(5)), strict=False)) for text in own["text"]]
    close = [
        (i, j)
        for i in range(len(grams))
        for j in range(i)
        if len(shared := grams[i] & grams[j]) > 20 and len(shared) > 0.5 * len(grams[i] | grams[j])
    ]
    assert len(close) <= 2, close


def test_the_text_of_a_page_stands_in_its_bytes_in_its_charset(truth, records):
    bodies = responses(records)
    plain_pages = truth.filter(~pl.col("math") & pl.col("hostile").is_null())
    assert plain_pages.height > 80
    for row in plain_pages.iter_rows(named=True):
        page = html.unescape(bodies[row["file"], row["url"]].decode(row["charset"]))
        assert all(word in page for word in row["text"].replace(" | ", "\n").split()), row["url"]


@pytest.mark.parametrize(
    "encoding", [e for e in ENCODINGS if e not in ("codecogs", "mathml-bare", "supsub", "unicode", "mathjax3")]
)
def test_encodings_that_carry_tex_carry_it_unchanged(encoding):
    tex = "\\begin{pmatrix} a & b' \\\\ \\frac{1}{2} & x^2 \\end{pmatrix}"
    assert tex in html.unescape(formula(tex, True, encoding))


def test_every_formula_of_the_banks_can_be_written_in_every_way():
    formulas = set()
    for kind in sorted(MAKERS):
        for n in range(60):
            for block in MAKERS[kind](Rng("formulas", kind, n)).blocks:
                for text in texts(block):
                    formulas.update(text.replace("$$", "$").split("$")[1::2])
    assert len(formulas) > 500
    for tex in sorted(formulas):
        node = parse(tex)
        assert mathml(node).count("<m") >= 1
        assert plain(node) != "" and supsub(node) != ""
        assert "\\" not in (plain(node) or "") + (supsub(node) or ""), tex


BANKS = [
    ("words", "themes", "prose"), ("words", "maths", "maths-talk"), ("words", "web"), ("words", "forum"), ("words", "code"),
    ("words", "dialogue"), *(("formulas", language) for language in LANGUAGES),
]  # fmt: skip


@pytest.mark.parametrize("names", BANKS, ids="-".join)
def test_every_line_of_a_bank_can_be_written(names):
    words = bank(*names)
    for section, lines in words.sources.items():
        written = Voice(words, Rng(section)).lines(lines)
        assert len(written) == len(lines)
    for outline in words.plans:
        assert len(Voice(words, Rng(outline)).outline(outline)) >= 3


@pytest.mark.parametrize("names", BANKS[1:2] + BANKS[6:], ids="-".join)
def test_dollars_come_in_pairs_where_they_mean_formulas(names):
    words = bank(*names)
    for section in words.sources:
        if section.split(".")[-1].split("/")[0] in (
            "par",
            "lead",
            "title",
            "item",
            "fact",
            "intro",
            "talk",
            "reference",
            "remark",
        ):
            for text in Voice(words, Rng(section)).all([section] * 40):
                assert text.count("$") % 2 == 0, (section, text)


def test_prices_on_ordinary_pages_are_no_formulas():
    shown = [item(0, n).truth for n in range(600) if kind_of(0, n) == "prose"]
    assert any("$" in row["text"] for row in shown) and not any(row["formulas"] for row in shown)


def test_questions_on_pages_are_problems_of_their_family_with_the_right_answer(truth):
    asked = truth["questions"].explode(empty_as_null=True).drop_nulls().struct.unnest()
    for question, answer, family, level in asked.rows():
        parsed = families()[family].parse(question)
        assert parsed is not None and families()[family].solve(parsed) == answer
        assert 1 <= level <= 5


@pytest.mark.parametrize("name", sorted(_hostile.KINDS))
def test_hostile_pages_are_small_enough_for_tests(name):
    assert 100 < len(_hostile.KINDS[name](Rng(0))) < 2_000_000


def test_no_pages_are_a_crawl_too(tmp_path):
    assert crawl(tmp_path, pages=0)["pages"] == 0
    assert pl.read_parquet(tmp_path / "truth.parquet").height == 0
    assert pl.read_parquet(tmp_path / "truth.parquet").columns == TRUTH.names


def test_a_senseless_number_of_pages_is_refused(tmp_path):
    with pytest.raises(CurateError, match="pages: from 0"):
        crawl(tmp_path, pages=-1)
