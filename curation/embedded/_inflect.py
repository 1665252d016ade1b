"""English endings, for the word lists of the banks. Irregular forms stand in the lists; these are the regular ones."""

from __future__ import annotations

import re

_DOUBLES = re.compile(r"[^aeiou]*[aeiou][bdgklmnprt]")
"""One syllable that ends in one vowel and one consonant: `stop`, `plan`, but not `help` or `wait`."""
VERB = ("", ".s", ".ed", ".en", ".ing")


def inflected(line: str, kind: str) -> dict[str, str]:
    """Suffix of the section -> form. Lines give irregular forms with slashes, in the order of the suffixes; a gap is regular."""
    base, *given = [part.strip() for part in line.split("/")]
    regular = {"noun": _noun, "verb": _verb, "adjective": _adjective}[kind](base)
    for suffix, form in zip(list(regular)[1:], given, strict=False):
        regular[suffix] = form or regular[suffix]
    if kind == "verb" and len(given) >= 2 and given[1] and (len(given) < 3 or not given[2]):
        regular[".en"] = given[1]
    return regular


def _noun(word: str) -> dict[str, str]:
    return {"": word, ".s": _with_s(word)}


def _with_s(word: str) -> str:
    if re.search(r"(?:s|x|z|ch|sh)$", word):
        return f"{word}es"
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    return f"{word}s"


def _verb(phrase: str) -> dict[str, str]:
    """`pick up` bends its first word."""
    word, blank, rest = phrase.partition(" ")
    stem = word + word[-1] if _DOUBLES.fullmatch(word) else word
    past = f"{word}d" if word.endswith("e") else f"{word[:-1]}ied" if re.search(r"[^aeiou]y$", word) else f"{stem}ed"
    going = (
        f"{word[:-2]}ying"
        if word.endswith("ie")
        else f"{word[:-1]}ing"
        if re.search(r"[^eoy]e$", word)
        else f"{stem}ing"
    )
    forms = dict(zip(VERB, (word, _with_s(word), past, past, going), strict=True))
    return {suffix: form + blank + rest for suffix, form in forms.items()}


def _adjective(word: str) -> dict[str, str]:
    if word.endswith("ic"):
        manner = f"{word}ally"
    elif re.search(r"[^aeiou]le$", word):
        manner = f"{word[:-1]}y"
    elif re.search(r"[^aeiou]y$", word):
        manner = f"{word[:-1]}ily"
    else:
        manner = f"{word}ly"
    return {"": word, ".ly": manner}
