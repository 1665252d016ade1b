"""Looser wording for text that is told from fixed lines: single words give way to others that mean the same, and small words slip in.

Facts, derivations and solutions are written by few people and told by many. Only words that may be exchanged anywhere in mathematical
prose are touched; formulas, and problems that are to be read back, are left alone by whoever calls this.
"""

from __future__ import annotations

import re

from curation.synth.families._rng import Rng

_SAME = (
    "hence therefore thus consequently accordingly", "gives yields produces",
    "shows demonstrates reveals establishes", "called named termed", "every each", "exactly precisely", "simply just merely",
    "obtain get", "obtains gets", "usually normally generally typically", "often frequently", "also likewise",
    "however though", "easily readily quickly", "satisfies fulfils", "satisfy fulfil", "contains includes",
    "contain include", "needs requires", "need require", "useful helpful handy",
    "remember recall", "clearly evidently obviously plainly", "begin start", "begins starts", "result outcome",
    "determine compute calculate", "observe notice", "verify confirm",
    "confirms verifies", "afterwards thereafter", "immediately at-once directly",
    "method procedure technique approach", "statement claim assertion", "main principal chief",
    "similar analogous", "similarly likewise analogously", "different distinct", "largest greatest biggest",
    "convenient practical", "always invariably", "almost nearly",
    "famous well-known", "difficult hard", "simple easy", "simplest easiest",
    "beautiful elegant neat", "replace substitute", "enough sufficient",
    "collect gather", "namely that-is",
)  # fmt: skip
_OTHERS: dict[str, tuple[str, ...]] = {}
for _line in _SAME:
    _words = [word.replace("-", " ") if word != "well-known" else word for word in _line.split()]
    for _word in _words:
        if " " not in _word:
            _OTHERS.setdefault(_word, tuple(_words))
_AFTER = frozenset("is are we have has was were can".split())
_SLIPPED = ("indeed", "then", "of course", "in fact", "clearly", "naturally", "now", "also")


def loosened(text: str, rng: Rng) -> str:
    """The same said a little differently: about half of the words that have others, and a small word after one verb in six."""
    words = text.split(" ")
    random, inside = rng.random, False
    for i, word in enumerate(words):
        if "$" in word:
            inside ^= word.count("$") % 2 == 1
        elif inside:
            continue
        elif word in _OTHERS:
            if random() < 0.6:
                other = rng.choice(_OTHERS[word])
                if (other[0] in "aeiou") == (word[0] in "aeiou") or i == 0 or words[i - 1].lower() not in ("a", "an"):
                    words[i] = other
        elif word in _AFTER and random() < 0.16 and i + 1 < len(words) and words[i + 1][:1] not in "$,.;:":
            words[i] = f"{word} {rng.choice(_SLIPPED)}"
    return " ".join(words)


_BOUNDARY = re.compile(
    r"(?<=[a-z]{2})\. (The|He|She|It|They|We|This|These|There|In|On|At|For|From|His|Her|Their|Its|Some|Most|Many|One|"
    r"After|Before|When|If|With|Without|Every|Each|Nobody|Everybody|Such|Another|That|Our|You|Between|During|Both) "
)
"""Two sentences of which the second begins with a word that is written small inside a sentence."""
_LINKS = ("; ", "; ", ", and ", ", and ", ", but ", ", while ")


def joined(text: str, rng: Rng, share: float = 0.4) -> str:
    """The same with some sentences joined: what people write is longer-winded than single statements are."""

    def link(found: re.Match[str]) -> str:
        return f"{rng.choice(_LINKS)}{found[1].lower()} " if rng.chance(share) else found[0]

    return _BOUNDARY.sub(link, text) if ". " in text else text
