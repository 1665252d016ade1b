r"""Answers that are stated, options of questions, and lines that are noise, as patterns.

All patterns are bounded, so that a megabyte of anything takes linear time.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from curation.rewrite._guards_text import NUMBER_WORDS, number, tidy

# Answers.


_STATED = re.compile(
    r"\\boxed\s*\{|\b(?:final |correct |right |best |our |required |true )?(?:answers?|choice|option|alternative"
    r"|solution)\b(?:[ \t]+(?:key|choice|option))?(?:[ \t]+(?:to|of|for)[ \t]+(?:this|the|part|question|problem"
    r"|exercise|item|number)\b[^.\n:=]{0,60}?)?"
    r"[ \t*_\"']{0,6}(?:is|are|was|must be|would be|should be|will be|:|=|-|–|—|->)[ \t*_\"':]{0,8}(?:therefore "
    r"|thus |clearly |simply |given by |option |choice |letter |answer |that |then |hence )*"
    r"|\bans(?:wer)?s?[.:]{1,2}[ \t*_]{0,6}|\b(?:option|choice|answer"
    r"|alternative)[ \t*_]{1,4}\(?(?=[A-Ea-e]\b[).]?[ \t*_]{1,4}(?:is|was)[ \t]+(?:the[ \t]+)?(?:correct|right"
    r"|true|answer|best))"
    r"|(?=\(?[A-Ea-e]\)?[ \t*_]{1,4}is[ \t]+(?:the[ \t]+)?(?:correct|right|best)[ \t]+(?:answer|choice|option))"
    r"|\bcorrect:[ \t*_]{0,6}|(?:✓|✔|✅)[ \t]{0,3}|(?<=[a-z])(?=[ \t]*\((?:correct|right)(?:[ \t]answer)?\))",
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


def answers_added(written: str, source: str) -> int:
    """Statements of an answer that the source does not make, by their first word, number or sign; of options, also more often."""
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
    """Options whose letter stands less often in the rewrite, or as often with other numbers, if the source has such questions."""
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


# Noise.


_NOISE = re.compile(
    r"cookie|privacy|\bbuy\b|full course|\brated\b|you are here|\bwrote (?:on|at)\b|app store|google play"
    r"|terms of (?:use|service)|all rights reserved|copyright|©|\(c\) ?\d{4}|licen[cs]ed under|creative commons"
    r"|powered by|sign (?:in|up)|log ?(?:in|out)\b|register|subscri|newsletter|javascript|\bshare\b|tweet|facebook"
    r"|twitter|pinterest|linkedin|"
    r"whatsapp|reddit|instagram|youtube|\bcomments?\b|\bleave a reply|\brepl(?:y|ies)\b|\bposted\b|\bviews?\b"
    r"|\bviewed\b|\bvotes?\b|\bjoined\b|\bmember since|\bbadges?\b|\breputation\b|\bflag\b|last (?:edited|updated"
    r"|modified)|\basked\b|\banswered\b|\bedited\b|"
    r"\bago\b|related (?:posts?|questions?|articles?|pages?|topics?|links?)|recent posts?|popular posts?"
    r"|categor(?:y|ies)|\btags?\b|\barchives?\b|\bsitemap\b|\bsite map\b|contact us|about us|\bhome\b|\bmenu\b"
    r"|\bsearch\b|skip to|back to (?:top|main)|"
    r"\bprevious\b|\bnext\b|\bread more|\bclick here|\bdownload\b|\bbookmark|\badvertis|\bsponsor|\bbuy now"
    r"|add to cart|\bpric(?:e|ing)\b|free trial|print this|email this|report (?:abuse|post|this)|view (?:all"
    r"|source|profile|full|the)|show (?:more|all|less)|hide|"
    r"hot network questions|your answer|not the answer you're looking|browse other|improve this (?:question"
    r"|answer)|follow(?:ing)?\b|sort by|\bpermalink|\btrackback|\brss\b|\bisbn\b|\bnavigation\b|table of contents"
    r"|^\W*contents\W*$|\bpage \d+|"
    r"^\W*(?:by|author|posted|published|updated|created|date|source|url|tags|filed under|topics?|canonical name"
    r"|owner|entry type|classification|numerical id|last modified)\b|https?://|www\.|[\w.]@[\w.]{1,60}\.\w|→|«|»|›"
    r"|\|.*\|",
    re.IGNORECASE,
)
_STRONG = re.compile(
    r"cookies?\b|privacy policy|\bbuy (?:now|the|our|this)\b|you are here|app store|google play|terms of (?:use"
    r"|service)|all rights reserved|copyright|©|licen[cs]ed under|powered by|sign (?:in|up)|log ?in\b|newsletter"
    r"|subscribe|javascript|share (?:this|on|via|to)|facebook|twitter|pinterest|linkedin|whatsapp|"
    r"leave a (?:reply|comment)|posted (?:by|on|in|at)|last (?:edited|updated|modified)|\b(?:generated|created"
    r"|built|rendered|published) (?:on|at|by|with)\b|\bdoxygen\b|related (?:posts?|questions?|articles?)"
    r"|recent posts?|contact us|about us|skip to|back to top|click here|read more|advertis|add to cart|free trial"
    r"|hot network|"
    r"your answer|browse other|improve this|permalink|rss feed|join (?:us|our|the|now)|create (?:an|your"
    r"|a free) account|download (?:the|our|this|now|app)|follow us|your email|this (?:site|website|page)\b"
    r"|our (?:site|website)|enable",
    re.IGNORECASE,
)


class Noise(NamedTuple):
    """How many words a line may have to be noise: whatever it says, with a word that notices have, and with a strong phrase of theirs."""

    bare: int = 3
    some: int = 10
    strong: int = 40
    sentence: int = 6
    """Words of a sentence, which needs a strong phrase: `Euler's reply of 1736 founded a theory.`"""


LONGEST = Noise()


def is_noise(line: str, words: int, formula: bool) -> bool:
    """Whether a line that says so many words may be dropped: menus, buttons, notices, counters, dates, and bare labels."""
    if formula:
        return False
    if words <= LONGEST.bare:
        return True
    line = line[:600]
    sentence = words >= LONGEST.sentence and line.rstrip()[-1:] in (".", "?")
    if words <= LONGEST.some and not sentence and _NOISE.search(line):
        return True
    return words <= LONGEST.strong and _STRONG.search(line) is not None
