"""The sections of a card about licenses and about what language models wrote, and the page `LICENSE.md`."""

from __future__ import annotations

from collections.abc import Iterator

from curate.cards.cells import MOST, Row, cell, figure, listed, percent
from curate.cards.licenses import DUTIES, license_of
from curate.cards.rights import WORDS
from curate.words import code, escaped, table


def rights_section(facts: Row) -> Iterator[str]:
    """The license of the whole, and what each part says of its own."""
    said = facts["license"]
    name = said.get("license_name", said["license"])
    several = len(said["licenses"]) > 1
    if several:
        yield f"The whole is {code(name)}: each document keeps its own license, and the strictest is {code(said['strictest'])}.\n"
    else:
        yield f"All of it is {code(name)}.\n"
    body = ([WORDS[q], answer, listed(said["why"].get(q, ()), "")] for q, answer in said["permits"].items())
    yield table(("may the whole be used for", "answer", "because of"), body, left=(0, 1, 2)) + "\n"
    yield "This is our reading of the licenses' texts, no legal advice. Texts of web pages may have owners whom no license names.\n"
    yield from _duties(said)
    kept = sorted(facts["kept"], key=lambda row: -row["documents"])[:MOST]
    most = f" The {MOST} largest groups of {len(facts['kept']):,}." if len(facts["kept"]) > MOST else ""
    yield f"\nKept documents, by what they say of their license.{most}\n"
    reads = {row["corpus"]: row["reads"] for row in facts["corpora"]}
    rows = (
        [
            cell(r["corpus"]),
            listed(reads[r["corpus"]]),
            cell(r["license"]),
            figure(r["documents"]),
            figure(r["tokens"]),
        ]
        for r in facts["kept"]
        if r in kept
    )
    yield table(("corpus", "made from", "license", "documents", "tokens in the mixture"), rows, left=(0, 1, 2)) + "\n"


def _duties(said: Row) -> Iterator[str]:
    """What is owed, and which parts make the whole less free."""
    for duty in said["duties"]:
        yield f"- To do: {DUTIES[duty]}."
    if len(said["share_alike"]) > 1:
        yield f"- {listed(said['share_alike'])} each ask to be the only license of a changed version: no one license fits all of it."
    named = {
        "gated": "An account has to accept terms before it gets",
        "non_commercial": "Not for commercial use",
        "unknown": "Nothing is known of the license of",
    }
    for key, what in named.items():
        if said[key]:
            yield f"- {what}: {listed(said[key])}."
    if said["not_in_table"]:
        yield f"- Not among the licenses that we know, so that nothing is known of what they permit: {listed(said['not_in_table'])}."


def license_page(facts: Row) -> str:
    """`LICENSE.md` of a published set."""
    known = [license_of(name) for name in facts["license"]["licenses"]]
    links = [f"- {code(one.id)}: {escaped(one.name)}{f', {one.url}' if one.url else ''}" for one in known[:MOST]]
    return (
        "\n".join([f"# License of {code(facts['name'])}\n", *rights_section(facts), "Licenses in it:\n", *links]) + "\n"
    )


def written_section(facts: Row) -> Iterator[str]:
    """The share of synthetic text by source, and the models."""
    yield "## What language models wrote\n"
    yield "A document counts if a model made its text or changed it, in whole or in part. What a guard gave back is not counted.\n"
    body = (
        [
            cell(r["corpus"]),
            figure(r["documents"]),
            figure(r["written"]),
            percent(r["written"], r["documents"]),
            percent(r["written_tokens"], r["tokens"]),
            listed([*r["models"], *r["authors"]]),
            listed(r["generated"]),
        ]
        for r in facts["written"]
    )
    head = (
        "corpus",
        "documents",
        "written by models",
        "share",
        "share of tokens",
        "models",
        "read from texts that a program generated",
    )
    yield table(head, body, left=(0, 5, 6)) + "\n"
    if facts["models"]:
        yield _models(facts) + "\n"


def _models(facts: Row) -> str:
    """The models that were asked, a row for each."""
    body = (
        [
            cell(r["model"]),
            cell(r.get("id") or r["backend"]),
            cell(r.get("revision")) if r.get("id") else "the lock",
            cell(r["license"]),
            "text" if r["writes"] else "judgements",
            listed(r["steps"]),
        ]
        for r in facts["models"]
    )
    return table(("model", "what it is", "revision", "license", "gave", "steps"), body, left=(0, 1, 2, 3, 4, 5))
