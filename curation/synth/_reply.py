"""Reading what a model wrote: strictly, as text, with limits. Replies are hostile input; nothing in them is ever evaluated."""

from __future__ import annotations

import re

MAX_QUESTION = 2_000
MAX_ANSWER = 20_000
MAX_GOLD = 200
"""Longest question, worked answer and final answer, in characters."""
NO_QA = "[NO QA]"
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


def pairs(reply: str) -> list[tuple[str, str, str]] | None:
    """(question, worked answer, final answer) of each block; [] for `[NO QA]`; None for a reply that is not of the wanted form."""
    if reply.strip() == NO_QA:
        return []
    preamble, *blocks = _QUESTION.split(reply)
    if preamble.strip() or not blocks or _CONTROL.search(reply):
        return None
    found: dict[str, tuple[str, str, str]] = {}
    for block in blocks:
        parts = [part.strip() for part in _ANSWER.split(block)]
        if len(parts) != 2 or not 0 < len(parts[0]) <= MAX_QUESTION or not 0 < len(parts[1]) <= MAX_ANSWER:
            return None
        gold = last_boxed(parts[1])
        if gold is None:
            return None
        found.setdefault(parts[0], (parts[0], parts[1], gold))
    return list(found.values())


def thinking(reply: str) -> str | None:
    """What stands between <think> and </think>, or all of a reply without tags; None if tags are open, repeated or empty."""
    if _CONTROL.search(reply):
        return None
    tags = reply.count("<think>"), reply.count("</think>")
    if tags == (0, 0):
        return reply.strip() or None
    found = _THINK.fullmatch(reply)
    return found[1].strip() or None if tags == (1, 1) and found else None


def solution(reply: str) -> str | None:
    """A worked solution that ends in a box; None without one, or with thinking tags."""
    if _CONTROL.search(reply) or "<think>" in reply or "</think>" in reply or last_boxed(reply) is None:
        return None
    return reply.strip()
