"""A recipe's output as Croissant 1.0 JSON-LD, which catalogues and loaders of data sets read.

Source: docs.mlcommons.org/croissant/docs/croissant-spec.html. One record set for each corpus, with the columns that its documents have and
their types as stored. Of a published set every file is a FileObject with its SHA-256, and the record sets are read from them. Before that
the files of the mixture, as they lie in the store, are the FileObjects, and a record set names the pattern where `curate publish` puts its
files. Left out: a record set of the mixture, whose documents are those of its corpora; splits; the Responsible AI vocabulary.
"""

from __future__ import annotations

import re
from typing import Any

from curate.cards.cells import MOST
from curate.cards.front import Configs, pattern
from curate.cards.licenses import license_of

Row = dict[str, Any]
CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
PARQUET = "application/x-parquet"
CONTEXT: Row = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "sc": "https://schema.org/",
} | {
    name: f"cr:{name}"
    for name in (
        "equivalentProperty", "extract", "field", "fileObject", "fileProperty", "fileSet", "format", "includes", "isLiveDataset",
        "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate",
        "separator", "source", "subField", "transform",
    )
}  # fmt: skip
"""The context that the specification gives."""
TYPES = {"String": "sc:Text", "Boolean": "sc:Boolean", "Date": "sc:Date", "Categorical": "sc:Text"}
_WHOLE, _REAL, _LIST = re.compile(r"U?Int\d+"), re.compile(r"Float\d+|Decimal.*"), re.compile(r"List\((.*)\)")


def croissant(facts: Row, configs: Configs) -> Row:
    """The metadata as a dictionary that `json.dumps` writes."""
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": facts["name"],
        "description": facts["about"] or f"Output of the recipe {facts['name']}.",
        "license": _license(facts),
        "citeAs": f"{facts['name']} {facts['version']}".rstrip()
        + f", lock {facts['digests']['lock']}, built with Octocurate",
        "isLiveDataset": False,
        **({"version": facts["version"]} if facts["version"] else {}),
        **({"inLanguage": facts["languages"]} if facts["languages"] else {}),
        "keywords": ["octocurate", "mid-training"],
        "distribution": [*(_published(configs) if configs else _stored(facts))],
        "recordSet": [_records(row, configs) for row in facts["corpora"] if not configs or row["corpus"] in configs],
    }


def _license(facts: Row) -> Any:
    """The addresses of the licenses where the table has them, else their names."""
    known = [license_of(name) for name in facts["license"]["licenses"][:MOST]]
    found = [one.url or one.id for one in known]
    return found[0] if len(found) == 1 else found


def _published(configs: Configs) -> Any:
    """Every file with its digest, and for each config the set of them."""
    for name, files in configs.items():
        for file in files:
            yield _file(file.name, file.name, file.bytes, file.sha256, PARQUET)
        yield {
            "@type": "cr:FileSet",
            "@id": _set(name),
            "name": _set(name),
            "encodingFormat": PARQUET,
            "includes": [file.name for file in files],
        }


def _stored(facts: Row) -> Any:
    """The mixture's files as the store has them, and where the corpora's would lie."""
    mixture = facts["digests"]["mixture"]
    for name, file in facts["digests"]["files"].items():
        kind = (
            PARQUET
            if name.endswith(".parquet")
            else "application/json"
            if name.endswith(".json")
            else "application/octet-stream"
        )
        yield _file(f"mixture/{name}", f"mixture/{name}", file["bytes"], file["sha256"], kind) | {
            "description": f"Part of the mixture with the digest {mixture}."
        }
    for row in facts["corpora"]:
        yield {
            "@type": "cr:FileSet",
            "@id": _set(row["corpus"]),
            "name": _set(row["corpus"]),
            "description": f"{row['documents']} documents, digest {row['content']}.",
            "encodingFormat": PARQUET,
            "includes": pattern(row["corpus"]),
        }


def _set(corpus: str) -> str:
    return f"Files-of-{corpus}"  # no corpus has a name with a capital


def _file(name: str, place: str, size: int, sha256: str, kind: str) -> Row:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": place,
        "contentSize": f"{size} B",
        "encodingFormat": kind,
        "sha256": sha256,
    }


def _records(row: Row, configs: Configs) -> Row:
    """One corpus: a field for each column."""
    corpus = row["corpus"]
    return {
        "@type": "cr:RecordSet",
        "@id": corpus,
        "name": corpus,
        "description": row["about"] or f"Documents of {corpus}, one a record: {row['documents']}.",
        "key": {"@id": f"{corpus}/id"},
        "field": [_field(corpus, column, kind) for column, kind in row["columns"].items()],
    }


def _field(corpus: str, column: str, kind: str) -> Row:
    listed = _LIST.fullmatch(kind)
    return {
        "@type": "cr:Field",
        "@id": f"{corpus}/{column}",
        "name": column,
        "dataType": data_type(listed[1] if listed else kind),
        **({"repeated": True} if listed else {}),
        "source": {"fileSet": {"@id": _set(corpus)}, "extract": {"column": column}},
    }


def data_type(kind: str) -> str:
    """The type of a column of this polars type, in words of schema.org; text for what is nested deeper."""
    if _WHOLE.fullmatch(kind):
        return "sc:Integer"
    if _REAL.fullmatch(kind):
        return "sc:Float"
    return "sc:DateTime" if kind.startswith("Datetime") else TYPES.get(kind, "sc:Text")
