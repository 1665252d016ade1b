"""What licenses of data and of models permit, and what several of them permit together.

A license permits a thing, forbids it, or it is not known which; what is made of several parts is permitted only what every part permits,
and owes what any part asks for. `together` is that rule: it does not matter in which order parts come, a part that comes twice counts once,
and a further part never permits more (`tests/curate/cards/test_licenses.py`). The table is a reading of the texts for data that language
models are trained on, and no legal advice. Left out: what a license says of patents, code and trademarks, and who may waive it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum

UNKNOWN = "unknown"
OTHER = "other"


class May(IntEnum):
    """Whether something is permitted; the strictest answer is the smallest."""

    NO = 0
    UNKNOWN = 1
    YES = 2

    @property
    def word(self) -> str:
        """For tables: `yes`, `no` or `unknown`."""
        return self.name.lower()


@dataclass(frozen=True)
class Terms:
    """What may be done with data, and what is owed for it."""

    commercial: May = May.YES
    """Use for money."""
    derivatives: May = May.YES
    """Changed versions: what filters and models make of a text is one."""
    redistribution: May = May.YES
    """Passing it on."""
    training: May = May.YES
    """Training models other than those of the licensor."""
    duties: frozenset[str] = frozenset()
    """Names among `DUTIES`."""
    share_alike: frozenset[str] = frozenset()
    """Licenses under which alone a changed version may be passed on."""


QUESTIONS = ("commercial", "derivatives", "redistribution", "training")
"""What a license is asked, each a field of `Terms`."""
DUTIES = {
    "attribution": "name the sources and keep their notices",
    "share-alike": "pass changed versions on under the same license",
    "llama-name": "a model trained on it that is made available has a name that begins with Llama, and shows 'Built with Llama'",
    "qwen-notice": "a model trained on it that is made available shows 'Built with Qwen' or 'Improved using Qwen'",
    "model-terms": "the use policy of the model's license holds for what is made with it",
}
NOTHING_KNOWN = Terms(May.UNKNOWN, May.UNKNOWN, May.UNKNOWN, May.UNKNOWN)
RESERVED = Terms(May.NO, May.NO, May.NO, May.UNKNOWN)


@dataclass(frozen=True)
class License:
    """One license: its identifier on the Hugging Face hub, or one of ours where the hub has none."""

    id: str
    name: str
    url: str = ""
    terms: Terms = field(default_factory=Terms)
    on_hub: bool = True


def _owing(*duties: str) -> Terms:
    return Terms(duties=frozenset(duties))


def _creative(kind: str) -> Terms:
    """Terms of a Creative Commons license by the letters of its kind: `by`, `by-nc`, `by-nc-sa` and so on."""
    letters = kind.split("-")
    alike = "sa" in letters
    return Terms(
        commercial=May.NO if "nc" in letters else May.YES,
        derivatives=May.NO if "nd" in letters else May.YES,
        duties=frozenset({"attribution", "share-alike"} if alike else {"attribution"}),
        share_alike=frozenset({f"cc-{kind}"} if alike else ()),
    )


def _creatives(kind: str, *versions: str) -> list[License]:
    return [
        License(
            f"cc-{kind}-{version}",
            f"Creative Commons {kind.upper()} {version}",
            f"https://creativecommons.org/licenses/{kind}/{version}/",
            _creative(kind),
        )
        for version in versions
    ]


def _sharing(name: str) -> Terms:
    return Terms(duties=frozenset({"attribution", "share-alike"}), share_alike=frozenset({name}))


def _llamas(terms: Terms, **places: str) -> list[License]:
    """Meta's licenses of these versions, with the addresses of their texts."""
    versions = {key.removeprefix("v").replace("_", "."): place for key, place in places.items()}
    return [
        License(f"llama{version}", f"Llama {version} Community License", url, terms)
        for version, url in versions.items()
    ]


_NAMED = _owing("attribution", "llama-name", "model-terms")
_CLOSED = Terms(training=May.NO, duties=frozenset({"attribution", "model-terms"}))
"""Llama 2 and 3 forbid improving other models with what the model wrote; from 3.1 on a name is asked for."""

TABLE: dict[str, License] = {
    license.id: license
    for license in (
        License("cc0-1.0", "CC0 1.0 Universal", "https://creativecommons.org/publicdomain/zero/1.0/"),
        License("pddl", "Public Domain Dedication and License", "https://opendatacommons.org/licenses/pddl/"),
        License("unlicense", "The Unlicense", "https://unlicense.org/"),
        License("mit", "MIT License", "https://opensource.org/license/mit", _owing("attribution")),
        License("isc", "ISC License", "https://opensource.org/license/isc-license-txt", _owing("attribution")),
        License("bsd-2-clause", "BSD 2-Clause License", "", _owing("attribution")),
        License("bsd-3-clause", "BSD 3-Clause License", "", _owing("attribution")),
        License("apache-2.0", "Apache License 2.0", "https://www.apache.org/licenses/LICENSE-2.0", _owing("attribution")),
        License("cdla-permissive-1.0", "CDLA Permissive 1.0", "https://cdla.dev/permissive-1-0/", _owing("attribution")),
        License("cdla-permissive-2.0", "CDLA Permissive 2.0", "https://cdla.dev/permissive-2-0/", _owing("attribution")),
        License("odc-by", "Open Data Commons Attribution", "https://opendatacommons.org/licenses/by/", _owing("attribution")),
        *_creatives("by", "2.0", "2.5", "3.0", "4.0"),
        License("odbl", "Open Database License", "https://opendatacommons.org/licenses/odbl/", _sharing("odbl")),
        License("cdla-sharing-1.0", "CDLA Sharing 1.0", "https://cdla.dev/sharing-1-0/", _sharing("cdla-sharing")),
        *_creatives("by-sa", "3.0", "4.0"),
        License("gfdl", "GNU Free Documentation License", "https://www.gnu.org/licenses/fdl-1.3.html", _sharing("gfdl")),
        License("qwen", "Tongyi Qianwen License", "", _owing("attribution", "qwen-notice", "model-terms"), on_hub=False),
        *_llamas(
            _NAMED,
            v3_3="https://www.llama.com/llama3_3/license/",
            v3_2="https://www.llama.com/llama3_2/license/",
            v3_1="https://www.llama.com/llama3_1/license/",
        ),
        License(
            "openai-terms",
            "OpenAI Terms of Use",
            "https://openai.com/policies/terms-of-use/",
            Terms(training=May.NO, duties=frozenset({"model-terms"})),
            on_hub=False,
        ),
        *_llamas(_CLOSED, v3="https://www.llama.com/llama3/license/", v2="https://ai.meta.com/llama/license/"),
        *_creatives("by-nd", "4.0"),
        *_creatives("by-nc", "2.0", "3.0", "4.0"),
        *_creatives("by-nc-sa", "2.0", "3.0", "4.0"),
        *_creatives("by-nc-nd", "3.0", "4.0"),
        License("proprietary", "All rights reserved", "", RESERVED, on_hub=False),
        License(UNKNOWN, "Unknown", "", NOTHING_KNOWN),
    )
}  # fmt: skip
"""The licenses that are known here, permissive ones first: the strictest of several is the last."""
_PLACES = {name: place for place, name in enumerate(TABLE)}
ALIASES = {
    "cc0": "cc0-1.0",
    "public-domain": "pddl",
    "mit-license": "mit",
    "apache": "apache-2.0",
    "apache-license-2.0": "apache-2.0",
    "apache2.0": "apache-2.0",
    "odc-by-1.0": "odc-by",
    "odbl-1.0": "odbl",
    "bsd": "bsd-3-clause",
    "none": UNKNOWN,
    "": UNKNOWN,
}
"""Other ways to write them, in lower case with hyphens."""
_CREATIVE_URL = re.compile(r"https?://(?:www\.)?creativecommons\.org/licenses/([a-z-]{2,8})/(\d\.\d)(?:/.*)?")
_PUBLIC_URL = re.compile(r"https?://(?:www\.)?creativecommons\.org/publicdomain/(zero|mark)/1\.0(?:/.*)?")
_PUBLIC = {"zero": "cc0-1.0", "mark": "pddl"}
_SCHEME = re.compile(r"https?://(?:www\.)?")
_ADDRESSES = {_SCHEME.sub("", one.url.lower()).rstrip("/"): one.id for one in TABLE.values() if one.url}
"""The addresses of the table, as they are compared, with their licenses."""
_RESERVED = re.compile(
    r"all.rights.reserved|proprietary|confidential|no.?redistribution|non.?redistributable|not.for.redistribution|internal.use"
)
"""What licenses that forbid passing a text on say of themselves."""
_CREATIVE = re.compile(r"cc[ -](by(?:-(?:nc|nd|sa))*)(?:[ -].*)?")
_NO_MONEY = re.compile(r"non.?commercial|(?:research|academic)(?:.use)?.only")
"""What licenses that are not in the table may forbid: another version or port of a Creative Commons license, and those that say it."""
LONGEST = 200
"""Characters of a license's name that are looked at: documents say it themselves, and may say anything."""


def identifier(said: str | None) -> str:
    """The identifier of what a source or a document says of its license: `Apache-2.0` is `apache-2.0`, nothing is `unknown`.

    What is not in the table stays as it is said, cut and in lower case. What is cut is not in the table, whatever it begins with.
    """
    text = " ".join((said or "")[:LONGEST].split()).casefold()
    if said and len(said) > LONGEST and not _RESERVED.search(text):
        return f"{text}..."
    if match := _CREATIVE_URL.fullmatch(text):
        return f"cc-{match[1]}-{match[2]}"
    if match := _PUBLIC_URL.fullmatch(text):
        return _PUBLIC[match[1]]
    if _RESERVED.search(text):
        return "proprietary"
    if _SCHEME.match(text):
        return _ADDRESSES.get(_SCHEME.sub("", text).rstrip("/"), text)
    key = text.replace(" ", "-").replace("_", "-")
    return ALIASES.get(key, key if key in TABLE else text)


def license_of(said: str | None) -> License:
    """The license of that name; one of which nothing is known if the table lacks it, but what its name says that it forbids."""
    name = identifier(said)
    return TABLE.get(name) or License(name, name, "", _forbidding(name), on_hub=False)


def _forbidding(name: str) -> Terms:
    """Nothing known, but for what a name forbids."""
    found = _CREATIVE.fullmatch(name)
    terms = [_creative(found[1])] if found else []
    terms += [Terms(commercial=May.NO)] if _NO_MONEY.search(name) else []
    return together([NOTHING_KNOWN, *terms])


def together(parts: Iterable[Terms]) -> Terms:
    """What is permitted of a whole with these parts, and what is owed for it. Nothing is forbidden of a whole without parts."""
    parts = list(parts)
    return Terms(
        **{question: min((getattr(part, question) for part in parts), default=May.YES) for question in QUESTIONS},
        duties=frozenset().union(*(part.duties for part in parts)),
        share_alike=frozenset().union(*(part.share_alike for part in parts)),
    )


def strictest(names: Iterable[str]) -> str:
    """The strictest of these licenses by the table's order; one that the table lacks is as strict as an unknown one.

    Of two that are equally strict, the first by name. `unknown` if there are none.
    """
    last = _PLACES[UNKNOWN]
    return min(names, key=lambda name: (-_PLACES.get(name, last), name != UNKNOWN, name), default=UNKNOWN)


@dataclass(frozen=True)
class Label:
    """How a whole is labelled on the hub."""

    license: str
    """An identifier of the hub's list, `other` where no one license holds for all of it."""
    name: str = ""
    """With `other`: a name for it."""


def label(names: Iterable[str]) -> Label:
    """The label of what has parts under these licenses. Parts keep their own, so several make `other`, named by the strictest."""
    different = sorted(set(names)) or [UNKNOWN]
    if len(different) > 1:
        return Label(OTHER, f"mixed-{_slug(strictest(different))}")
    only = license_of(different[0])
    return Label(only.id) if only.on_hub else Label(OTHER, _slug(only.id))


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", name[:60]).strip("-") or UNKNOWN
