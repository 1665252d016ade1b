# ruff: noqa: E501
r"""What a model says about its work instead of doing it, answers that are stated, and lines that are noise, as patterns.

All patterns are bounded, so that a megabyte of anything takes linear time.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from curation.rewrite._guards_text import NUMBER_WORDS, number, tidy

EDGE = 400
"""Characters at the beginning and the end of a reply in which a model speaks of its work."""
_REFUSAL = re.compile(
    r"\b(?:I|we)(?:'m| am|'re| are)? ?(?:very |so |really |truly )?(?:sorry|apologi[sz]e|regret)\b|\bmy apologies\b|^\W*(?:sorry|apologies|unfortunately)\W+(?:but )?(?:I|this|the|it|we|as)\b"
    r"|\b(?:I|we)(?:'m| am|'re| are)? (?:not able|unable|not allowed|not permitted|not comfortable|not in a position) to\b"
    r"|\b(?:I|we) (?:can't|cannot|can not|could not|couldn't|won't|will not|must decline|decline to|do not feel|don't feel|am prohibited|refuse to)\b[^.\n]{0,60}\b(?:refine|rewrit\w*|process|help|assist|"
    r"complet\w*|fulfil\w*|provide|do that|do this|comply|continue|generate|produce|access|engage|read|see|request|text|content|task|copyright\w*|material|document|page)\b"
    r"|\bas an? (?:AI|artificial intelligence|(?:large )?language model|assistant|text[- ]based)\b|\bI am an? (?:AI|language model|assistant)\b|\bI'm an? (?:AI|language model|assistant)\b"
    r"|\b(?:against|violates?) (?:my|our|the) (?:guidelines|polic(?:y|ies)|programming|principles|terms)\b|\bmy (?:programming|guidelines|training) (?:does|do|prevents?)\b"
    r"|\bit(?:'s| is) (?:not possible|impossible|against) (?:for me )?to (?:refin|rewrit|help|process|reorgani|clean|complet|provid)\w*|\bthere (?:is|was|'s) (?:no|nothing|not any|not enough)[^.\n]{0,60}\b(?:refine|rewrite|clean up|reorgani[sz]e|worth)\b|\bnothing (?:here )?(?:to|worth|that can be) (?:refin|rewrit|clean|keep)\w*"
    r"|\bI do(?:n't| not) (?:have (?:enough|access|the ability|any)|see any|understand the (?:request|text))\b|\b(?:please|kindly) (?:provide|share|paste|supply) (?:the|a|your|more|me)\b"
    r"|\bno (?:text|page|content|document) (?:was|has been|is) (?:provided|given|supplied|included)\b|\bit (?:seems|appears|looks like) (?:that )?(?:the|your|you) [^.\n]{0,60}(?:empty|missing|cut off|incomplete|not (?:been )?provided)\b",
    re.IGNORECASE,
)
_WORK = r"(?:refin\w*|rewrit\w*|rewrote|reorgani[sz]\w*|cleaned(?:[- ]up)?|clean(?:er)? version|revis\w*|polish\w*|edit(?:ed|s)?|improved|restructured|condensed|summar\w*|paraphras\w*|reformatt\w*|rephras\w*|processed|version|extracted|structured|organi[sz]ed|requested|updated|final text|text|output|result)"
_OPENING = re.compile(
    r"^[\W_]{0,8}(?:(?:sure|certainly|of course|absolutely|okay|ok|great|alright|understood|no problem|got it|gladly|happy to help|yes)[\s,.!:—-]+[^\n]{0,200}?"
    rf"\b(?:here|below|I|refin\w*|text|let me)\b|(?:below|here|the following|this|what follows|following)(?:'s| is| are|,)?\b[^\n]{{0,80}}?\b{_WORK}\b[^\n]{{0,120}}?(?:[:.]|$)"
    rf"|(?:the )?{_WORK} (?:text|version|page|content|document|passage|article|output)\b[^\n]{{0,60}}?(?::|$|\*)"
    r"|I(?:'ve| have|'ll| will|'d| would|'m| am)? (?:now |just |carefully |be happy to |going to |happy to |glad to )?(?:refin\w*|rewr\w*|reorgani\w*|clean\w*|remov\w*|extract\w*|restructur\w*|edit\w*|help|process\w*)\b)",
    re.IGNORECASE,
)
_ANYWHERE = re.compile(
    r"^[\W_]{0,8}(?:please )?(?:(?:editor(?:'s)? |important |final |side |foot)?note(?:s| that)?|disclaimer|p\.?s\.?|remark|comment|explanation|changes(?: made)?|summary of changes|"
    r"(?:key )?(?:changes|improvements|edits))\b[\s*_:—-]{0,6}[^\n]{0,200}?\b(?:I|I've|I'm|we)?[^\n]{0,60}?\b(?:removed|omitted|refin\w*|rewr\w*|reorgani\w*|cleaned|dropped|left out|excluded|"
    r"restructur\w*|rephras\w*|condensed|the (?:original|provided|given|source) (?:text|page|content|document|passage)|noise|boilerplate|deleted|shortened|kept|preserved|retained)\b"
    r"|\b(?:I(?:'ve| have)?|we have) (?:also )?(?:removed|omitted|refined|rewritten|rewrote|reorganized|reorganised|cleaned up|dropped|left out|restructured|rephrased|condensed|preserved|kept|tried to|made sure|made (?:some|a few|the following))\b"
    r"|\b(?:the|this) (?:refined|rewritten|revised|cleaned|reorganized|reorganised|edited|polished) (?:text|version|page|content|document|passage)\b"
    r"|\bthe (?:original|provided|source|input) (?:text|page|content|document|passage)\b|\b(?:text|page|content|version|document|passage|material) (?:above|below|here)? ?(?:has|have) (?:now )?been (?:\w+ly )?(?:refin|rewrit|reorgani|clean|revis|edit|restructur|rephras|polish|condens|shorten|simplif)\w*|\[[^\]\n]{0,20}\b(?:refined|rewritten|cleaned)\b[^\]\n]{0,20}\]|\[(?:NO CONTENT|end of (?:text|page|document)|refined text|text|insert[^\]\n]{0,40})\]|^[\W_]{0,8}Task:",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\b(?:let me know|feel free to|(?:I|we) hope (?:this|that|it|the)|hope (?:this|that) helps|(?:would|do) you (?:like|want|need) (?:me|any)|if you(?:'d| would| need| have| want)[^.\n]{0,60}\b(?:like|further|help|more|any|questions?|changes|adjust\w*)\b"
    r"|is there anything else|happy to (?:help|assist|adjust|make|revise)|don't hesitate|please (?:review|confirm|advise|tell me|note that I)|good luck|best of luck|happy (?:learning|studying))\b",
    re.IGNORECASE,
)


def refuses(written: str, source: str) -> bool:
    """Whether a reply says at its beginning, or in all if it is short, that the work is not done; words of the source are none."""
    return _says(_REFUSAL, written[:EDGE], source)


def comments(written: str, source: str) -> bool:
    """Whether a reply speaks of itself or to its reader: before the text, after it, or in a line of its own."""
    if any(
        tag in written[:SEEN].lower() and tag not in source[:SEEN].lower()
        for tag in ("<think>", "</think>", "<text>", "</text>")
    ):
        return True
    lines = written.strip().split("\n")
    first = next(iter(line for line in lines if line.strip()), "")[:EDGE]
    if _says(_OPENING, first, source) or _says(_CLOSING, written.strip()[-EDGE:], source):
        return True
    if _says(_REFUSAL, written.strip()[-EDGE:], source):
        return True
    if _announces(first, source):
        return True
    edges = [line[:EDGE] for line in (*lines[:4], *lines[4:][-6:])]
    return any(_says(_ANYWHERE, line, source) for line in edges) or _fenced(lines, source)


_ANNOUNCED = re.compile(
    r"\b(?:outputs?|results?|response|reply|here|below|above|following|requested|asked|instructed|promised|version|text|document|page|content|material|"
    r"passage|article|draft|excerpt|notes?|summary|refin\w*|rewrit\w*|rewrote|improv\w*|clean\w*|edit\w*|revis\w*|final)\b",
    re.IGNORECASE,
)
ANNOUNCED = 20
"""Words of a line that announces what follows."""


def _announces(line: str, source: str) -> bool:
    """Whether a first line ends in a colon, speaks of a text or to a reader, and is not in the source."""
    plain = line.strip(" \t*_#>`-").lower()
    if not plain.endswith(":") or len(plain.split()) > ANNOUNCED or plain[:-1] in source[:SEEN].lower():
        return False
    return _ANNOUNCED.search(plain) is not None


def _says(pattern: re.Pattern[str], text: str, source: str) -> bool:
    text = text.replace("\u2019", "'")
    found = pattern.search(text)
    while found is not None:
        said = found[0].strip().rstrip(":.*,")
        if not said or said.lower() not in source[:SEEN].replace("\u2019", "'").lower():
            return True
        found = pattern.search(text, found.end() if found.end() > found.start() else found.end() + 1)
    return False


SEEN = 2_000_000


def _fenced(lines: list[str], source: str) -> bool:
    """Whether the whole reply stands in a fence that the source has not."""
    return (
        len(lines) > 1
        and lines[0].startswith("```")
        and lines[-1].strip() == "```"
        and not source.lstrip().startswith("```")
    )


# ---- answers --------------------------------------------------------------------------------------------------------------------


_STATED = re.compile(
    r"\\boxed\s*\{|\b(?:final |correct |right |best |our |required |true )?(?:answers?|choice|option|alternative|solution)\b(?:[ \t]+(?:key|choice|option))?(?:[ \t]+(?:to|of|for)[ \t]+(?:this|the|part|question|problem|exercise|item|number)\b[^.\n:=]{0,60}?)?"
    r"[ \t*_\"']{0,6}(?:is|are|was|must be|would be|should be|will be|:|=|-|–|—|->)[ \t*_\"':]{0,8}(?:therefore |thus |clearly |simply |given by |option |choice |letter |answer |that |then |hence )*"
    r"|\bans(?:wer)?s?[.:]{1,2}[ \t*_]{0,6}|\b(?:option|choice|answer|alternative)[ \t*_]{1,4}\(?(?=[A-Ea-e]\b[).]?[ \t*_]{1,4}(?:is|was)[ \t]+(?:the[ \t]+)?(?:correct|right|true|answer|best))"
    r"|(?=\(?[A-Ea-e]\)?[ \t*_]{1,4}is[ \t]+(?:the[ \t]+)?(?:correct|right|best)[ \t]+(?:answer|choice|option))|\bcorrect:[ \t*_]{0,6}|(?:✓|✔|✅)[ \t]{0,3}|(?<=[a-z])(?=[ \t]*\((?:correct|right)(?:[ \t]answer)?\))",
    re.IGNORECASE,
)
_VALUE = re.compile(r"\\[A-Za-z]+|\d*\.?\d+|[^\W\d_]+|[=<>+*/^|!-]")
VALUE_CHARS, VALUE_TOKENS = 90, 6
"""Characters after a statement that may say the answer, and words, numbers and signs of it that are compared."""
_FILLING = frozenset(
    "the a an is are that to be of it in as by option choice letter answer equal equals following given therefore thus then".split()
)


def answers(tidied: str) -> list[tuple[str, ...]]:
    """What each statement of an answer in a text says: its first words, numbers and signs."""
    found = []
    for statement in _STATED.finditer(tidied):
        said = tidied[statement.end() : statement.end() + VALUE_CHARS].split("\n\n", maxsplit=1)[0]
        values = [v.lower() for v in _VALUE.findall(said) if v in "ABCDE" or v.lower() not in _FILLING]
        if values and ("solution" not in statement[0].lower() or _is_value(values[0])):
            found.append(tuple(values[:VALUE_TOKENS]))
    return found


def _is_value(word: str) -> bool:
    """Whether a word is a number, a letter, a sign or a command: `the solution is unique` states no answer."""
    return len(word) == 1 or word[0] == "\\" or word[-1].isdigit()


def invented(written: str, source: str) -> int:
    """Statements of an answer that the source does not make, or not so often, by their first word, number or sign."""
    said = Counter(value[0] for value in answers(written))
    if not said:
        return 0
    made = Counter(value[0] for value in answers(source))
    return sum(count for value, count in said.items() if value not in made) + sum(
        max(said[letter] - made[letter], 0) for letter in "abcde" if letter in made
    )


_OPTION = re.compile(r"(?:^|(?<=[\s*_(|]))\(?([A-Ha-h])(?:[).:\]]|\*\*)(?=[\s*_$\\0-9(-])")


OPTION_CHARS = 60
"""Characters after the letter of an option whose numbers are compared."""
_FIGURE = re.compile(r"\d*\.?\d+|[a-z]+", re.IGNORECASE)


def options_lost(source: str, written: str) -> int:
    """Options whose letter stands less often in the rewrite, or not with the same numbers, if the source asks multiple-choice questions."""
    had, has = options(source), options(written)
    letters, written_letters = Counter(letter for letter, _ in had), Counter(letter for letter, _ in has)
    if not letters["A"] or not letters["B"] or not letters["C"]:
        return 0
    gone = (letters - written_letters).total()
    if gone or letters != written_letters:
        return gone
    return (Counter(one for one in had if one[1]) - Counter(has)).total()


def options(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """The letters of options, with the numbers that each says."""
    found = _lettered(text)
    ends = [*(one.start() for one in found[1:]), len(text)][: len(found)]
    return [
        (one[1].upper(), _figures(text[one.end() : min(end, one.end() + OPTION_CHARS)].partition("\n")[0]))
        for one, end in zip(found, ends, strict=True)
    ]


def _lettered(text: str) -> list[re.Match[str]]:
    """Marks of options that follow each other from A on, three or more: a set A, or a function of A, is none."""
    found: list[re.Match[str]] = []
    run: list[re.Match[str]] = []
    for one in _OPTION.finditer(text):
        if run and ord(one[1].upper()) == ord(run[-1][1].upper()) + 1:
            run.append(one)
            continue
        found += run if len(run) > 2 else []
        run = [one] if one[1] in "Aa" else []
    return found + (run if len(run) > 2 else [])


def _figures(said: str) -> tuple[str, ...]:
    words = [NUMBER_WORDS.get(word.lower(), word) for word in _FIGURE.findall(tidy(said))]
    return tuple(sorted(number(word) for word in words if word[-1].isdigit()))


# ---- noise ----------------------------------------------------------------------------------------------------------------------


_NOISE = re.compile(
    r"cookie|privacy|\bbuy\b|full course|\brated\b|you are here|\bwrote (?:on|at)\b|app store|google play|terms of (?:use|service)|all rights reserved|copyright|©|\(c\) ?\d{4}|licen[cs]ed under|creative commons|powered by|sign (?:in|up)|log ?(?:in|out)\b|register|subscri|newsletter|javascript|\bshare\b|tweet|facebook|twitter|pinterest|linkedin|"
    r"whatsapp|reddit|instagram|youtube|\bcomments?\b|\bleave a reply|\brepl(?:y|ies)\b|\bposted\b|\bviews?\b|\bviewed\b|\bvotes?\b|\bjoined\b|\bmember since|\bbadges?\b|\breputation\b|\bflag\b|last (?:edited|updated|modified)|\basked\b|\banswered\b|\bedited\b|"
    r"\bago\b|related (?:posts?|questions?|articles?|pages?|topics?|links?)|recent posts?|popular posts?|categor(?:y|ies)|\btags?\b|\barchives?\b|\bsitemap\b|\bsite map\b|contact us|about us|\bhome\b|\bmenu\b|\bsearch\b|skip to|back to (?:top|main)|"
    r"\bprevious\b|\bnext\b|\bread more|\bclick here|\bdownload\b|\bbookmark|\badvertis|\bsponsor|\bbuy now|add to cart|\bpric(?:e|ing)\b|free trial|print this|email this|report (?:abuse|post|this)|view (?:all|source|profile|full|the)|show (?:more|all|less)|hide|"
    r"hot network questions|your answer|not the answer you're looking|browse other|improve this (?:question|answer)|follow(?:ing)?\b|sort by|\bpermalink|\btrackback|\brss\b|\bisbn\b|\bnavigation\b|table of contents|^\W*contents\W*$|\bpage \d+|"
    r"^\W*(?:by|author|posted|published|updated|created|date|source|url|tags|filed under|topics?|canonical name|owner|entry type|classification|numerical id|last modified)\b|https?://|www\.|[\w.]@[\w.]{1,60}\.\w|→|«|»|›|\|.*\|",
    re.IGNORECASE,
)
_STRONG = re.compile(
    r"cookies?\b|privacy policy|\bbuy (?:now|the|our|this)\b|you are here|app store|google play|terms of (?:use|service)|all rights reserved|copyright|©|licen[cs]ed under|powered by|sign (?:in|up)|log ?in\b|newsletter|subscribe|javascript|share (?:this|on|via|to)|facebook|twitter|pinterest|linkedin|whatsapp|"
    r"leave a (?:reply|comment)|posted (?:by|on|in|at)|last (?:edited|updated|modified)|\b(?:generated|created|built|rendered|published) (?:on|at|by|with)\b|\bdoxygen\b|related (?:posts?|questions?|articles?)|recent posts?|contact us|about us|skip to|back to top|click here|read more|advertis|add to cart|free trial|hot network|"
    r"your answer|browse other|improve this|permalink|rss feed|join (?:us|our|the|now)|create (?:an|your|a free) account|download (?:the|our|this|now|app)|follow us|your email|this (?:site|website|page)\b|our (?:site|website)|enable",
    re.IGNORECASE,
)


class Noise(NamedTuple):
    """How long a line may be to be noise, by what it says."""

    bare: int = 3
    some: int = 10
    strong: int = 40
    sentence: int = 6
    """Words of a sentence, which needs a strong phrase: `Euler's reply of 1736 founded a theory.`"""


LIMITS = Noise()


def is_noise(line: str, words: int, formula: bool) -> bool:
    """Whether a line that says so many words may be dropped: menus, buttons, notices, counters, dates, and bare labels."""
    if formula:
        return False
    if words <= LIMITS.bare:
        return True
    line = line[:600]
    sentence = words >= LIMITS.sentence and line.rstrip()[-1:] in (".", "?")
    if words <= LIMITS.some and not sentence and _NOISE.search(line):
        return True
    return words <= LIMITS.strong and _STRONG.search(line) is not None
