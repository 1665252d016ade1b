"""Reading what a model wrote: strictly, as text, with limits. Replies are hostile input; nothing in them is ever evaluated."""

from __future__ import annotations

import re

MAX_REPLY = 200_000
MAX_QUESTION = 2_000
MAX_ANSWER = 20_000
MAX_GOLD = 200
"""Longest reply, question, worked answer and final answer, in characters."""
ENDED = {"length": "cut off", "filtered": "filtered", "abstain": "abstained", "refused": "not answered"}
"""What is said of a reply that did not end by itself, by its finish."""
ANSWERED = ("stop", "length")
"""Finishes of a reply that the model gave, whole or cut off: another draw may be better."""
EMPTY = "empty reply"
NO_QA = "[NO QA]"
NO_ANSWER = "[NO ANSWER]"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_QUESTION = re.compile(r"^Question:[ \t]*", re.MULTILINE)
_ANSWER = re.compile(r"^Answer:[ \t]*", re.MULTILINE)
_THINK = re.compile(r"\s*<think>(.*?)</think>(.*)", re.DOTALL)
_BOX = re.compile(r"\\boxed\s*\{")


def cut(text: str, limit: int) -> str:
    """At most `limit` bytes of UTF-8, ending where a line ends, or failing that a word, if one does in the last quarter."""
    data = text.encode()
    if len(data) <= limit:
        return text
    head = data[:limit].decode(errors="ignore")
    for mark in ("\n", " "):
        end = head.rfind(mark)
        if end > len(head) * 3 // 4:
            return head[:end]
    return head


def last_boxed(text: str) -> str | None:
    """What stands in the last `\\boxed{...}`, or None if there is none, it is empty, unclosed or too long."""
    starts = [found.end() for found in _BOX.finditer(text)]
    if not starts:
        return None
    depth = 1
    for i in range(starts[-1], min(len(text), starts[-1] + MAX_GOLD + 1)):
        if text[i] in "{}" and text[i - 1] != "\\":
            depth += 1 if text[i] == "{" else -1
        if not depth:
            return text[starts[-1] : i].strip() or None
    return None


def pairs(reply: str) -> list[tuple[str, str | None]] | None:
    """(question, answer) of each block, None for `[NO ANSWER]`; [] for `[NO QA]`; None for a reply that is not of the wanted form."""
    reply = reply.replace("\r\n", "\n")
    if reply.strip() == NO_QA:
        return []
    if len(reply) > MAX_REPLY:
        return None
    preamble, *blocks = _QUESTION.split(reply)
    if preamble.strip() or not blocks or _CONTROL.search(reply):
        return None
    found: dict[str, str | None] = {}
    for block in blocks:
        parts = [part.strip() for part in _ANSWER.split(block)]
        if len(parts) != 2 or not 0 < len(parts[0]) <= MAX_QUESTION or not 0 < len(parts[1]) <= MAX_ANSWER:
            return None
        none = parts[1] == NO_ANSWER
        if not none and any(mark in block for mark in (NO_ANSWER, NO_QA)):
            return None
        found.setdefault(parts[0], None if none else parts[1])
    return list(found.items())


def block(reply: str) -> tuple[str, str] | None:
    """(question, answer) of a reply that is one block with an answer; None for every other one."""
    found = pairs(reply)
    if found is None or len(found) != 1 or len(_QUESTION.findall(reply)) != 1:
        return None
    question, answer = found[0]
    return None if answer is None else (question, answer)


def told(question: str, answer: str | None) -> str:
    """A question and its answer as a document."""
    return f"Question: {question}" + (f"\nAnswer: {answer}" if answer else "")


def thinking(reply: str) -> str | None:
    """What stands between <think> and </think>, or all of a reply without tags; None if tags are open, repeated
    or empty, or a control character is in it."""
    reply = reply.replace("\r\n", "\n")
    if _CONTROL.search(reply):
        return None
    tags = reply.count("<think>"), reply.count("</think>")
    if tags == (0, 0):
        return reply.strip() or None
    found = _THINK.fullmatch(reply)
    return found[1].strip() or None if tags == (1, 1) and found else None


def solution(reply: str) -> str | None:
    """A worked solution with a box in it; None without one, or with thinking tags or a control character."""
    reply = reply.replace("\r\n", "\n")
    if _CONTROL.search(reply) or "<think>" in reply or "</think>" in reply or last_boxed(reply) is None:
        return None
    return reply.strip()
