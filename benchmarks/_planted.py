r"""Chains made wrong in a known way, out of right ones: what the gates of chains have to catch.

Each kind takes a chain that ends in a box and gives another one, or None where the chain has nothing to change (no equation, too short).
Places and digits are chosen by hash. Left out: a step that is wrong in its reasons and right in its numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from benchmarks._sets import last_box
from benchmarks._variations import digest
from curation.verify._equations import equations

CHINESE = "让我们重新检查一下这个步骤，看看有没有计算错误。"
FRENCH = "Nous devons donc refaire ce calcul, car il est possible que la somme soit fausse dans un des cas. "
GERMAN = "Wir sollten diesen Schritt noch einmal prüfen, denn es ist möglich, dass die Rechnung nicht für alle Werte stimmt. "
SPANISH = "Entonces tenemos que comprobar otra vez la suma, porque puede ser que el resultado no sea correcto para este caso. "
WORDS = "the sum of both parts and what is left of each when all others are taken away or put back in another order than before".split()


def _place(chain: str, id: str, low: float = 0.3, high: float = 0.9) -> int:
    """A place between two shares of a chain."""
    return int(len(chain) * (low + (high - low) * (digest(id) % 1000) / 1000))


def _break(chain: str, at: int) -> int:
    """Where the next line or sentence begins."""
    found = re.compile(r"\n\n|\n|(?<=[.!?]) ").search(chain, at)
    return found.end() if found else len(chain)


def _other(answer: str) -> str:
    """An answer that differs."""
    plain = answer.replace(",", "").strip("$ ")
    return str(int(plain) + 1) if re.fullmatch(r"-?[0-9]+", plain) else f"{answer} + 1"


def wrong_answer(chain: str, id: str) -> str | None:
    answer = last_box(chain)
    return answer and chain.replace("{" + answer + "}", "{" + _other(answer) + "}")


def wrong_step(chain: str, id: str) -> str | None:
    """A digit of the result of one equation is another one, wherever that equation stands."""
    held = [
        one.written
        for one in equations(chain)
        if one.holds and chain.count(one.written) == 1 and one.written[-1:].isdecimal()
    ]
    if not held:
        return None
    chosen = held[digest(id) % len(held)]
    digit = str((int(chosen[-1]) + 1 + digest(id + chosen) % 8) % 10)
    return chain.replace(chosen, chosen[:-1] + digit)


def cut(chain: str, id: str) -> str | None:
    return chain[: _place(chain, id)].rstrip()


def loop(chain: str, id: str) -> str | None:
    at = _break(chain, _place(chain, id))
    piece = chain[at : at + 40 + digest(id) % 200]
    return chain[:at] + piece * 20 if len(piece) >= 40 else None


def near_loop(chain: str, id: str) -> str | None:
    at = _break(chain, _place(chain, id))
    tries = "".join(
        f"Let me try the next case, n = {n}. That gives {n * 17} and does not work either.\n" for n in range(40)
    )
    return f"{chain[:at]}{tries}\\boxed{{{last_box(chain)}}}"


def chinese(chain: str, id: str) -> str | None:
    return _between(chain, id, CHINESE, 2)


def french(chain: str, id: str) -> str | None:
    return _between(chain, id, FRENCH, 1)


def german(chain: str, id: str) -> str | None:
    return _between(chain, id, GERMAN, 1)


def spanish(chain: str, id: str) -> str | None:
    return _between(chain, id, SPANISH, 1)


def _between(chain: str, id: str, sentence: str, times: int) -> str:
    for k in range(times):
        at = _break(chain, _place(chain, f"{id}{k}", 0.1, 0.7))
        chain = f"{chain[:at]}{sentence}{chain[at:]}"
    return chain


def no_box(chain: str, id: str) -> str | None:
    return re.sub(r"\\boxed\s*", "", chain)


def two_boxes(chain: str, id: str) -> str | None:
    answer, at = last_box(chain), _break(chain, _place(chain, id, 0.2, 0.6))
    return answer and f"{chain[:at]}So it is \\boxed{{{_other(answer)}}}. {chain[at:]}"


def answer_alone(chain: str, id: str) -> str | None:
    return f"\\boxed{{{last_box(chain)}}}"


def answer_first(chain: str, id: str) -> str | None:
    return f"The answer is \\boxed{{{last_box(chain)}}}.\n\n{chain}"


def endless_wait(chain: str, id: str) -> str | None:
    """Doubts in ever other words, and then the end after all."""
    at = _break(chain, _place(chain, id))
    doubts = "".join(
        f"Wait, is that so? Hmm, let me check {' '.join(WORDS[(n * k + digest(id)) % len(WORDS)] for k in range(2, 7))}. "
        for n in range(1, max(40, len(chain.split()) // 8))
    )
    return f"{chain[:at]}{doubts}\n{chain[at:]}"


KINDS: dict[str, Callable[[str, str], str | None]] = {
    "wrong final answer": wrong_answer, "one wrong step": wrong_step, "cut in the middle": cut, "loop to the end": loop,
    "nearly a loop": near_loop, "Chinese in between": chinese, "French in between": french, "German in between": german,
    "Spanish in between": spanish, "no box": no_box, "two boxes": two_boxes, "answer alone": answer_alone,
    "answer before the reasons": answer_first, "endless wait": endless_wait,
}  # fmt: skip
