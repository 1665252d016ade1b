"""The parsers that meet what strangers write, each with seeds that we make ourselves and what must hold of its result."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl

from tests.fuzz.engine import Target

STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


@contextlib.contextmanager
def file_of(data: bytes, name: str) -> Iterator[Path]:
    """A file of these bytes."""
    with tempfile.TemporaryDirectory(prefix="curate-fuzz-") as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        yield path


def text_of(data: bytes) -> str:
    """Any bytes as text that is UTF-8, as a page, a recipe or a reply is once it was decoded."""
    return data.decode("utf-8", "replace")


def frames(read: Callable[[str], Iterator[pl.DataFrame]], data: bytes, name: str) -> pl.DataFrame:
    """All rows that a reader gives for a file; those without a text say why."""
    from curate.errors import failing

    with file_of(data, name) as path, failing("a reader"):  # as a build calls it
        found = pl.concat([pl.DataFrame(), *read(str(path))], how="diagonal_relaxed")
    if {"text", "error"} <= {*found.columns}:
        silent = found.filter(pl.col("text").is_null() & pl.col("error").is_null())
        assert not silent.height or "payload" not in found.columns, "a row has neither a text nor an error"
    for error in found["error"].drop_nulls() if "error" in found.columns else ():
        assert "\n" not in error, f"an error of several lines: {error!r}"
    return found


# archives, tables and lines


def archive(kind: str) -> bytes:
    body = b"<html><body><p>x<sup>2</sup> is \xc3\xa9 $y$</p></body></html>"
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Encoding: identity\r\n\r\n" + body
    if kind.startswith("arc"):
        head = b"filedesc://x.arc 0.0.0.0 20080101000000 text/plain 76\n1 0 A\n"
        head += b"URL IP-address Archive-date Content-type Archive-length\n\n\n"
        one = b"http://a.example/ 1.1.1.1 20080101000000 text/html %d\n" % len(http) + http + b"\n"
        parts = [head, one, one]
    else:
        said = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.example/\r\nWARC-Date: 2024-01-01T00:00:00Z\r\n"
        said += b"Content-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n" % len(http)
        info = b"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 3\r\n\r\na:b\r\n\r\n"
        chunked = http.replace(b"identity", b"gzip\r\nTransfer-Encoding: chunked").partition(b"\r\n\r\n")[0]
        packed = gzip.compress(body, mtime=0)
        wrapped = chunked + b"\r\n\r\n%x\r\n" % len(packed) + packed + b"\r\n0\r\n\r\n"
        other = said.replace(b"Length: %d" % len(http), b"Length: %d" % len(wrapped)) + wrapped
        parts = [info, said + http + b"\r\n\r\n", other + b"\r\n\r\n"]
    return b"".join(gzip.compress(part, mtime=0) for part in parts) if kind.endswith("gz") else b"".join(parts)


def read_archive(data: bytes) -> None:
    from curation.read.warc import warc

    found = frames(lambda path: warc(path, max_bytes=1_000_000), data, "x.warc.gz")
    assert all(found["text"].str.len_bytes().drop_nulls() <= 4_000_000), "a page beyond the limit"


def read_lines(data: bytes) -> None:
    from curation.read.jsonl import jsonl

    frames(lambda path: jsonl(path, max_bytes=100_000), data, "x.jsonl")


LINES = b'{"text": "a \\u00e9 b", "url": "http://a/", "meta": {"date": "2024", "n": [1, 2.5, null]}}\n{"text": null, "n": 3}\n'


def table(**more: Any) -> bytes:
    sink = io.BytesIO()
    frame = pl.DataFrame(
        {"text": ["a", None, "b" * 50], "url": ["u", "v", None], "n": [1, 2, 3], "meta": [{"x": [1]}, None, {"x": []}]}
    )
    frame.write_parquet(sink, **more)
    return sink.getvalue()


def read_table(data: bytes) -> None:
    from curation.read.parquet import parquet

    frames(parquet, data, "x.parquet")


def read_benchmark(data: bytes) -> None:
    from curate.datacard import Benchmark
    from curate.errors import CurateError
    from curate.sources import Source

    for end in (".parquet", ".jsonl", ".jsonl.gz"):
        with file_of(data, f"x{end}") as path, contextlib.suppress(CurateError):
            benchmark = Benchmark("x", (), (Source(str(path), hashlib.sha256(data).hexdigest(), len(data)),))
            benchmark.items()
            benchmark.records()


ITEMS = b'{"id": "1", "problem": "1+1?", "answer": "2", "solution": ["so", "2"]}\n'


# pages


def extracted(name: str) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        from tests.curation.hostile import Attack, judged

        wrong = judged(name, Attack("", text_of(data)))
        assert not wrong, "; ".join(wrong)

    return run


def pages() -> list[bytes]:
    from tests.curation.hostile import own_pages

    return [page.encode()[:8000] for page in own_pages(12)]


def formulas() -> list[bytes]:
    ml = "<math><mrow><mfrac><mi>a</mi><mn>2</mn></mfrac><mo>+</mo><msubsup><mi>x</mi><mn>1</mn><mi>n</mi></msubsup></mrow></math>"
    found = [
        ml, "<math><mtable><mtr><mtd><mi>x</mi></mtd></mtr></mtable></math>",
        "<math><semantics><apply><plus/><ci>x</ci><cn>1</cn></apply></semantics></math>",
        "<span class=katex><span class=katex-html><span class=mord>x</span></span></span>", "<script type='math/tex'>\\frac{1}{2}</script>",
        "<mjx-container jax=CHTML><mjx-math><mjx-mi><mjx-c class='mjx-c1D465'></mjx-c></mjx-mi></mjx-math></mjx-container>",
        "<p>$\\begin{align}a&=b\\\\c&=d\\end{align}$ and `sqrt(x)/[[1,2],[3,4]]`</p>",
        "<p>\\(\\newcommand{\\R}{\\mathbb R} x\\in\\R\\)</p>",
    ]  # fmt: skip
    return [f"<html><body><p>before</p>{one}<p>after</p></body></html>".encode() for one in found]


def drawn(data: bytes) -> None:
    from curate.page.tex import ATTRIBUTES, NAMES, tree

    todo: list[Any] = [tree(text_of(data), block=False)]
    while todo:
        one = todo.pop()
        if isinstance(one, list):
            name, attributes, *children = one
            assert name in NAMES, f"an element {name}"
            assert all(key in (*ATTRIBUTES, "class", "display") for key in attributes or ()), f"attributes {attributes}"
            todo += children


TEX = [
    b"\\frac{a}{b}+\\sqrt[3]{x^2_1}",
    b"\\begin{matrix}1&2\\\\3&4\\end{matrix}",
    b"\\left(\\sum_{i=0}^n i\\right)",
    b"\\text{a < b}",
]


def read_address(data: bytes) -> None:
    from curation.dedup._url import bare
    from curation.read.html import address
    from curation.score._removals import hosts

    text = text_of(data)
    urls = pl.Series("url", [*text.split("\n"), text, None], dtype=pl.String)
    once = bare(urls)
    assert once.len() == hosts(urls).len() == urls.len()
    found = address(text)
    assert found is None or re.match("https?://", found, re.I), f"an address {found!r}"


URLS = [
    b"https://user:pw@Example.ORG:443/a/../b//?b=2&a=1&utm_source=x#frag", b"http://[2001:db8::1]:80/%7Efoo/%E2%82%AC?x[]=1;y",
    "https://b\u00fccher.example/stra\u00dfe\nftp://x\n//y/z\nhttp://xn--bcher-kva.example".encode(), b"<link rel=canonical href='http://a/b'>",
    b"<!-- saved from url=(0014)http://a.b/c -->",
]  # fmt: skip


def read_removals(data: bytes) -> None:
    from curate.errors import CurateError
    from curate.lists import beside
    from curation.score._removals import loaded, named

    docs = pl.DataFrame({"id": ["a", "b"], "url": ["http://a.example/x", None]})
    for end in ("txt", "csv", "parquet", "txt.gz"):
        with file_of(data, f"list.{end}") as path, contextlib.suppress(CurateError):
            assert named(docs, loaded((beside(path),))).len() == 2


REMOVALS = [
    b"a.example\nid:7\nurl:http://a.example/x\n# why\n*.b.example",
    b"id,url,domain\n1,,a.example\n,http://x/,\n",
]


# what projects hold


def read_recipe(data: bytes) -> None:
    from curate.recipe import dump, load

    with file_of(data, "x.yaml") as path:
        found = load(path)
        dump(found.resolved())


RECIPE = b"""recipe: x
about: A recipe.
seed: 7
models: {m: {backend: openai, id: org/name@%s, sampling: {temperature: 0.6, max_tokens: 100}}}
corpora:
  web:
    read: warc
    files: [data/*.warc.gz]
    columns: {text: content, url: meta.url}
    steps:
      - extract: html_math
      - score: language
      - keep: {english: "language = 'en' and language_score >= 0.65"}
      - dedup: minhash
        keep_order: [language_score]
  qa: {from: web, steps: [{synth: qa_pairs, model: m, samples: 4}]}
tokenizer: {train: bpe, vocab: 8192, of: [web]}
mixture: {tokens: 2M, seq_len: 2048, stages: [{until: 100%%, weights: {web: 1}}], max_epochs: {web: 4}}
train: {midtrain: {run: trainers.midtrain, data: mixture, lr: 2e-5}}
eval: {math: {models: [midtrain], benchmarks: [embedded-bench]}}
expect: ["select max(share) < 0.6 from sources"]
""" % (b"0" * 40)


def read_yaml(data: bytes) -> None:
    from curate.loader import dump_yaml, load_text
    from curate.tree import plain

    tree = plain(load_text(text_of(data), Path("x.yaml")))
    again = plain(load_text(dump_yaml(tree), Path("x.yaml")))
    assert again == tree, "what was written is read as something else"


def read_clause(data: bytes) -> None:
    from curate.clauses import parse

    clause = parse(text_of(data))
    assert parse(clause.canonical).canonical == clause.canonical, "the canonical form is not canonical"
    clause.sql(), clause.polars()


CLAUSES = [
    b"language = 'en' and (score >= 0.65 or not length(text) between 3 and 1e3)", b"abs(a - b) / (c + 1) < 2 and d is not null",
    b"url like 'http://%' or name in ('a', 'it''s', 'b')", b"coalesce(x, y, 0) * -3 <= 2_000",
]  # fmt: skip


def read_profile(data: bytes) -> None:
    from curate.profile import _parse

    with file_of(data, "x.toml") as path:
        _parse(path)


PROFILE = b"""store = ".curate"
executor = "local"
workers = 2
memory = "8GB"
remote = "s3://bucket/prefix"
[models.m]
endpoints = ["http://127.0.0.1:8000/v1"]
price = {prompt = 0.1, completion = 1}
[slurm]
time = "4:00:00"
lines = ["--exclusive"]
[steps."score.language"]
gpus = 0.5
"""


def read_card(data: bytes) -> None:
    from curate.published import read_card as read

    with file_of(data, "x.md") as path:
        read(path)


CARDS = [
    b"---\nlicense: MIT\nfiles: items/*.jsonl\nitems: 12\ncolumns: {problem: q}\n---\nText.\n",
    b"---\nhub: org/name\nfiles: [data/**/*.parquet]\nlicense: odc-by\ncolumns: {text: content}\n"
    b"fields: {content: String, n: Int64}\nkey: [content]\n"
    b"documents: {count: 5M, source: paper}\nbytes: {count: 20GB, source: hub}\n---\n",
    b"---\nlicense: x\nmodel: {hub: a/b, parameters: 8B, layers: 32, hidden: 4096, "
    b"intermediate: 1, heads: 1, kv_heads: 1, head_dim: 1, vocab: 1, tied: true, source: s}\n---\n",
]  # fmt: skip


def read_lock(data: bytes) -> None:
    from curate.lock import Lock

    lock = Lock.parse(text_of(data), "x.lock")
    lock.differences(lock)
    assert all("content" in line for line in lock.nodes.values())
    assert len(lock.dump()) < 100 * (len(data) + 1000), "a lock that grows"


LOCK = b"""recipe: x
version: "2026.01.02"
format: 1
resolved: "abc"
inputs:
  web/warc: {files: 2, bytes: 10, digest: "ab"}
outputs:
  web/warc: {key: "k", content: "c", in: 3, documents: 2, fates: {"repeat": 1}}
  mixture: {key: "k", content: "c", bytes: 5}
  mixture/web: {available: 5, tokens: 4, documents: 2, epochs: 0.5}
"""


def read_manifest(data: bytes) -> None:
    from curate.foreign import Refused, files, parsed, sides

    with contextlib.suppress(Refused):
        for name, size, _ in files(parsed(KEY, data)):
            assert not Path(name).is_absolute() and ".." not in name.split("/") and size >= 0, f"a file {name!r}"
    with contextlib.suppress(Refused):
        sides(_manifest(), data)


def _manifest() -> Any:
    from curate.artifact import Manifest, Stored, content_of

    shards = (Stored("0.parquet", 2, 1, 10, "a" * 64, {"keep": 1}, (4, "b" * 64)),)
    identity = {"step": "score.x", "params": {}}
    return Manifest(KEY, "web/x", "columns", identity, content_of(shards), shards, {"a": "List(String)"}, 2, {"n": 1})


def _key() -> str:
    from curate.identity import digest

    return digest({"step": "score.x", "params": {}})


KEY = _key()


def read_checkpoint(data: bytes) -> None:
    from curate.errors import CurateError
    from trainers._manifest import read
    from trainers._settings import said_in

    with file_of(data, "manifest.json") as path:
        with contextlib.suppress(CurateError):
            read(path.parent)
        said_in(path)


def checkpoints() -> list[bytes]:
    said: dict[str, Any] = {"format": 1, "step": 3, "world": 1, "facts": {"seed": 1}, "files": {}}
    whole = hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    return [json.dumps({**said, "digest": whole}).encode(), b'{"lr": 2e-5, "out": "x", "tokens": "5M"}']


def read_fasttext(data: bytes) -> None:
    from curation._fasttext import read

    with file_of(data, "x.bin") as path:
        read(path)


def fasttexts() -> list[bytes]:
    import struct

    head = (
        struct.pack("<ii", 793_712_314, 12)
        + struct.pack("<12i", 2, 5, 5, 1, 5, 1, 3, 3, 4, 0, 0, 100)
        + struct.pack("<d", 1e-4)
    )
    words = (
        struct.pack("<iiiqq", 2, 1, 1, 3, -1)
        + b"word\0"
        + struct.pack("<qb", 2, 0)
        + b"__label__a\0"
        + struct.pack("<qb", 1, 1)
    )
    matrix = b"\0" + struct.pack("<qq", 1, 2) + struct.pack("<2f", 0.5, 1)
    output = b"\0" + struct.pack("<qq", 1, 2) + struct.pack("<2f", 0.5, 1)
    return [head + words + matrix + output]


def read_croissant(data: bytes) -> None:
    from curate.cards import _embeddable
    from curate.cards.croissant import croissant
    from curate.words import code, escaped

    text = text_of(data)
    said = text.split("\n")
    facts = {
        "name": said[0], "about": text, "version": said[-1], "languages": said[:3], "digests": {"lock": said[0]},
        "license": {"licenses": said},
        "corpora": [{"corpus": said[0], "about": "", "documents": 3, "columns": dict.fromkeys(said, said[0])}],
    }  # fmt: skip
    configs: Any = {said[0]: [SimpleNamespace(name=said[-1], bytes=3, sha256="a")]}
    written = _embeddable(json.dumps(croissant(facts, configs), ensure_ascii=False))
    assert "<" not in written and json.loads(written), "Croissant that ends a script"
    assert "<" not in re.sub(r"\\.", "", escaped(text)), "a card with HTML of a stranger"
    assert not STEERING.search(code(text) + escaped(text)), "a card that steers a terminal"


# models and queries


def read_answer(data: bytes) -> None:
    from curate.models._completions import Fault, Form, Stream, code, told
    from curate.models.base import Sampling

    code(data), told(data).encode()
    middle = len(data) // 2
    for chat in (False, True):
        stream, form = Stream(chat), Form("m", chat, "", Sampling(), False)
        given = (
            (form.answer, (data,)),
            (stream.add, (data[:middle],)),
            (stream.add, (data[middle:],)),
            (stream.answer, ()),
        )
        for call, words_ in given:
            with contextlib.suppress(Fault):
                made = call(*words_)  # type: ignore[operator]
                assert made is None or made.reply.text.encode() is not None


ANSWERS = [
    b'data: {"model": "m", "choices": [{"delta": {"content": "a\\ud83d\\ude00"}}]}\n\ndata: {"model": "m", "choices": [{"delta": {}, '
    b'"finish_reason": "stop"}], "usage": {"prompt_tokens": 4}}\n\ndata: [DONE]\n\n',
    b'{"model": "m", "choices": [{"message": {"content": "x", "reasoning_content": "hm"}, "finish_reason": "length"}], "usage": {}}',
    b'{"error": {"message": "no", "code": 429, "type": "insufficient_quota"}}', b'{"detail": [{"loc": ["body"], "msg": "x"}]}',
]  # fmt: skip


def read_reply(data: bytes) -> None:
    from curation._reply import block, last_boxed, pairs, solution, thinking
    from curation.score._grade import read_grade
    from eval._extract import extract
    from eval._normal import normalise
    from eval._read import read

    text = text_of(data)
    for call in (block, last_boxed, pairs, solution, thinking, read_grade):
        call(text)  # type: ignore[operator]
    for how in ("said", "number", "sentence", "letter"):
        read(text, how, ["Mrs. Hilt", "7"])
    normalise(str(extract(text))[:1000])


REPLIES = [
    b"<think>so</think>The answer is $\\boxed{\\frac{1}{2}}$.", b"The final answer is $19$. I hope it is correct.", b"Answer: (B)",
    b"<question>1+1?</question><answer>2</answer>\n```\nx\n```", b'{"score": 4, "why": "fine"}\nScore: 4',
    b"1,234.5 and \\frac{3}{4} or 1\xc2\xbd",
]  # fmt: skip


def graded(data: bytes) -> None:
    from eval.grading import compare

    answer, _, gold = text_of(data).partition("\n")
    verdict = compare(answer[:2000], gold[:2000])
    assert verdict.reason is None or "\n" not in verdict.reason, f"a reason of several lines: {verdict.reason!r}"


GOLDS = [
    b"\\frac{1}{2}\n0.5",
    b"x^2+2x+1\n(x+1)^2",
    b"\\{1,2,3\\}\n\\{3,2,1\\}",
    b"\\sqrt{8}\n2\\sqrt2",
    b"[0,1)\n(0,1]",
    b"10^{10^{10}}\n9!!!",
]


def asked(data: bytes) -> None:
    import duckdb

    from curate.errors import CurateError
    from curate.question import ask, compared
    from curate.views import SETTINGS

    with duckdb.connect(config=SETTINGS) as connection:
        connection.execute("set enable_external_access=false")
        connection.execute("create view documents as select 1 as id, 'x' as text")
        with contextlib.suppress(CurateError, duckdb.Error):
            question = ask(connection, text_of(data))
            assert not re.search(r"\bread_\w+\s*\(", question.text.split("'")[0], re.I), "a function that reads files"
            compared(connection, question)


QUERIES = [
    b"select count(*) < 3 from documents where text like 'a%'", b"with a as (select 1 x) select x from a union all select 2",
    b"from documents",
    b"explain select * from range(3)", b"with a as (copy (select 1) to 'x') select 1",
    b"from read_csv('/etc/passwd')", b"select getenv('HOME')",
]  # fmt: skip


def words(text: str) -> tuple[bytes, ...]:
    """What a parser looks for, written with | between."""
    return tuple(text.encode("latin-1").split(b"|"))


HTML = words(
    "<math>|</math>|<mfrac>|<span class=katex>|<script type='math/tex'>|\\begin{align}|$$|\\(|<table>|<!--|&#x2061;|<pre>"
)
YAML = words("- |: |!!python/object|!!binary |&a |*a|<<: |? |\n|2e-5|true|~|'|\"\\u")
WARC = words("WARC/1.0\r\n|Content-Length: 99999999999\r\n|\x1f\x8b\x08|\r\n\r\n|chunked|gzip|zstd|br")
JSON = words('{"|": |null|\n|[[|"text"|"id"|"problem"|\x28\xb5\x2f\xfd')
TEX_WORDS = words("\\frac|\\left|\\right|\\begin{matrix}|&|\\text{|\\href{|^|_|\\def")
ADDRESS = words("http://|xn--|%|?|#|@|[|//|<link rel=canonical href=")
CLAUSE = words(" and | or |not |in (| between |like |is null|coalesce(|abs(|''|/")
PROFILE_WORDS = words('[models.x]\n|"""|= |{|[[|inf|nan|1979-05-27')
CARD = words("---\n|hub: |fields: {x: |Array|Enum|List(|Struct")
LOCK_WORDS = words("&a |*a|!!python/name:os.system|{key: |fates: |canaries: ")
MANIFEST = words('"name": "../../x"|"kind": "files"|"shards": [|NaN|"files": {"a": {|"digest": |"facts": ')
CROISSANT = words("</script>|<!--|](javascript:|`|List(|@everyone")
ANSWER = words('data:|"choices"|"delta"|"content": |\\ud800|[DONE]|\n\n|"error": |"finish_reason": ')
REPLY = words("\\boxed{|<think>|</think>|answer is |<question>|</answer>|```|\\frac{|\xc2\xbd")
GOLD = words("\\frac{|\\sqrt{|^{|!|\\int|\\begin{pmatrix}|\\pi|e^|9999999999|\\infty")
SQL = words("select | from |with |copy |attach |pragma |install |read_text(|(|;|$$")


def archives() -> list[bytes]:
    return [archive(kind) for kind in ("warc", "warc.gz", "arc", "arc.gz")]


def tables() -> list[bytes]:
    return [table(), table(compression="uncompressed"), table(compression="snappy")]


def manifests() -> list[bytes]:
    return [_manifest().dump().encode(), b'{"0.provenance.parquet": [3, "%s"]}' % (b"c" * 64)]


_ALL = (
    Target("archive", read_archive, archives, WARC),
    Target("lines", read_lines, lambda: [LINES, gzip.compress(LINES, mtime=0)], JSON),
    Target("table", read_table, tables, words("PAR1|\x15\x00")),
    Target("benchmark", read_benchmark, lambda: [ITEMS, gzip.compress(ITEMS, mtime=0), table()], JSON),
    Target("page", extracted("html_math"), pages, HTML, seconds=3.0, examples=15),
    Target("page_clean", extracted("html_clean"), pages, HTML, seconds=4.0, examples=5),
    Target("formula", extracted("html_math"), formulas, HTML, seconds=3.0),
    Target("drawing", drawn, lambda: TEX, TEX_WORDS),
    Target("address", read_address, lambda: URLS, ADDRESS),
    Target("removals", read_removals, lambda: REMOVALS, words("id:|url:|domain:|*.|#|,|\n"), examples=10),
    Target("recipe", read_recipe, lambda: [RECIPE], YAML, examples=15),
    Target("yaml", read_yaml, lambda: [RECIPE], YAML),
    Target("clause", read_clause, lambda: CLAUSES, CLAUSE),
    Target("profile", read_profile, lambda: [PROFILE], PROFILE_WORDS),
    Target("card", read_card, lambda: CARDS, CARD),
    Target("lock", read_lock, lambda: [LOCK], LOCK_WORDS),
    Target("manifest", read_manifest, manifests, MANIFEST),
    Target("checkpoint", read_checkpoint, checkpoints, MANIFEST),
    Target("fasttext", read_fasttext, fasttexts),
    Target("croissant", read_croissant, lambda: [b"name\nabout\nodc-by\nList(String)", b"cc-by-4.0"], CROISSANT),
    Target("answer", read_answer, lambda: ANSWERS, ANSWER),
    Target("reply", read_reply, lambda: REPLIES, REPLY),
    Target("grader", graded, lambda: GOLDS, GOLD, seconds=8.0, examples=12),
    Target("query", asked, lambda: QUERIES, SQL, examples=15),
)
TARGETS = {target.name: target for target in _ALL}
"""Name -> target."""
