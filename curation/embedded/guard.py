"""`general-embedded`: a small fixed benchmark of what is no mathematics, to see whether training on mathematics made a model forget it.

Spelling, the order of words, opposites, odd ones out, reading, time, comparisons and instructions, each with four choices. It takes no
seed, for the reason that `bench.py` gives. Left out: knowledge of the world beyond that of a child, code, and languages other than English.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from curate.step import generate
from curation.embedded._documents import SUFFIX, write_rows
from curation.synth.families._rng import Rng

PER_SKILL = 25
LETTERS = "ABCD"
GROUPS = {
    "animals": "horse rabbit otter goose badger lizard camel salmon",
    "tools": "hammer pliers chisel wrench saw drill shovel rake",
    "colors": "purple gray green yellow crimson violet turquoise brown",
    "fruits": "apple cherry banana melon apricot plum grape lemon",
    "clothes": "jacket scarf trousers glove sweater sock shirt coat",
    "instruments": "violin trumpet piano flute drum harp cello guitar",
    "vehicles": "bicycle tractor ferry tram lorry scooter van canoe",
    "furniture": "table wardrobe chair shelf sofa bench desk stool",
}
OPPOSITES = (
    "ancient modern, brave cowardly, early late, generous stingy, humid dry, narrow wide, noisy quiet, polite rude, "
    "rough smooth, scarce abundant, shallow deep, sharp blunt, tidy messy, victory defeat, arrive leave, expand "
    "shrink, forbid allow, lend borrow, praise blame, reveal hide, rise fall, strengthen weaken, succeed fail, "
    "unite divide, accept refuse, temporary permanent"
)
NAMES = "Amara Bruno Carla Dmitri Elif Farid Greta Hugo Ines Jonas Kavya Liam Mona Nils Oksana Pablo".split()
PLACES = "the bakery, the library, the harbor, the museum, the market, the post office, the theater, the stadium".split(
    ", "
)
THINGS = "a red umbrella, a wooden box, an old map, a silver key, a paper kite, a glass jar, a green backpack, a brass bell".split(
    ", "
)
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
AGES = ("older", "younger"), ("taller", "shorter"), ("faster", "slower")


class Question(NamedTuple):
    """What is asked, the right choice, and three wrong ones."""

    text: str
    right: str
    wrong: list[str]


@generate
def guard(out: Path) -> dict[str, Any]:
    """`guard.jsonl.gz` in `out`: rows of id, problem, options, answer (a letter) and skill."""
    return {"items": write_rows(out / f"guard{SUFFIX}", _rows()), "suffixes": [SUFFIX]}


def _rows() -> Iterator[dict[str, Any]]:
    for skill, make in SKILLS.items():
        asked: set[str] = set()
        draw = 0
        while len(asked) < PER_SKILL:
            rng = Rng("general-embedded", skill, draw)
            draw += 1
            question = make(rng)
            if question.text in asked:
                continue
            options = rng.sample([question.right, *question.wrong], 4)
            yield {
                "id": f"{skill}-{len(asked)}", "problem": question.text, "options": options,
                "answer": LETTERS[options.index(question.right)], "skill": skill,
            }  # fmt: skip
            asked.add(question.text)


def _odd(rng: Rng) -> Question:
    same, other = rng.sample([*GROUPS], 2)
    odd, alike = rng.choice(GROUPS[other].split()), rng.sample(GROUPS[same].split(), 3)
    listed = ", ".join(rng.shuffled([odd, *alike]))
    return Question(f"Which of the words {listed} does not belong with the others?", odd, alike)


def _opposite(rng: Rng) -> Question:
    pairs = [pair.split() for pair in OPPOSITES.split(", ")]
    (asked, right), *others = rng.sample(pairs, 4)
    return Question(f'Which word means the opposite of "{asked}"?', right, [rng.choice(other) for other in others])


def _dictionary(rng: Rng) -> Question:
    words = rng.sample(" ".join(GROUPS.values()).split(), 4)
    last = rng.randint(0, 1)
    ordered = sorted(words, reverse=bool(last))
    listed = ", ".join(words)
    return Question(
        f"Which of the words {listed} comes {('first', 'last')[last]} in a dictionary?", ordered[0], ordered[1:]
    )


def _spelling(rng: Rng) -> Question:
    word = rng.choice([word for word in " ".join(GROUPS.values()).split() if len(word) >= 6])
    at = rng.sample(range(len(word) - 1), len(word) - 1)
    wrong = dict.fromkeys(word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in at)
    wrong.pop(word, None)
    return Question(f'How is "{word[::-1]}" spelled backwards?', word, [*wrong][:3])


def _reading(rng: Rng) -> Question:
    names, places, things = rng.sample(NAMES, 4), rng.sample(PLACES, 4), rng.sample(THINGS, 4)
    told = " ".join(
        f"{name} went to {place} with {thing}." for name, place, thing in zip(names, places, things, strict=True)
    )
    i = rng.randint(0, 3)
    asked = rng.choice(
        [
            (f"Where did {names[i]} go?", places),
            (f"Who went to {places[i]}?", names),
            (f"What did {names[i]} have along?", things),
            (f"Where was {things[i]} taken?", places),
        ]
    )
    return Question(f"{told} {asked[0]}", asked[1][i], [one for one in asked[1] if one != asked[1][i]])


def _time(rng: Rng) -> Question:
    start, days = rng.randint(0, 6), rng.randint(2, 5)
    back = rng.randint(0, 1)
    right = (start + (-days if back else days)) % 7
    others = rng.sample([day for n, day in enumerate(DAYS) if n != right], 3)
    when = ("after", "before")[back]
    return Question(f"Which day is {days} days {when} a {DAYS[start]}?", DAYS[right], others)


def _order(rng: Rng) -> Question:
    names = rng.sample(NAMES, 4)
    more, less = rng.choice(AGES)
    facts = rng.sample([f"{a} is {more} than {b}." for a, b in itertools.pairwise(names)], 3)
    end = rng.randint(0, 1)
    word = f"{(more, less)[end][:-2]}est"
    right = names[-end]
    return Question(f"{' '.join(facts)} Who is the {word}?", right, [name for name in names if name != right])


def _instruction(rng: Rng) -> Question:
    words, count = rng.sample(" ".join(GROUPS.values()).split(), 12), rng.randint(2, 4)
    first = words[0][0]
    rest = [word for word in words[1:] if word[0] != first]
    right = f"{words[0]} {' '.join(rest[: count - 1])}"
    wrong = [
        " ".join(rest[:count]),
        f"{words[0]} {' '.join(rest[:count])}",
        f"{rest[0]} {words[0]} {' '.join(rest[1 : count - 1])}".strip(),
    ]
    return Question(
        f'The order is: "Write exactly {("two", "three", "four")[count - 2]} words, and begin with the letter {first}." '
        "Which reply follows it?",
        right,
        wrong,
    )


SKILLS: dict[str, Callable[[Rng], Question]] = {
    "odd": _odd, "opposite": _opposite, "dictionary": _dictionary, "spelling": _spelling, "reading": _reading, "time": _time,
    "order": _order, "instruction": _instruction,
}  # fmt: skip
