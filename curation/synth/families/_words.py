"""People and things that word problems are about. Names carry their pronouns, so that a sentence never has to dodge them."""

from __future__ import annotations

from curation.synth.families._rng import Rng

WOMEN = (
    "Amara Anna Beatrice Carla Chiara Daria Elena Fatima Freya Grace Hana Imani Ingrid Ivy Jia Judith "
    "Keiko Lena Leila Lucia Mei Mira "
    "Nadia Noor Olga Paula Priya Rosa Ruth Sara Selma Sofia Tamar Tessa Uma Vera Wanda Yasmin Zainab Zoe"
).split()
MEN = (
    "Adam Ahmed Arjun Ben Bruno Carlos Chen Daniel David Dmitri Elias Emil Farid Felix Giorgio Hugo "
    "Ibrahim Ivan Jamal Jonas Kenji Kofi "
    "Lars Leo Luca Marco Mateo Nikhil Oliver Omar Pavel Pedro Rafael Samuel Sven Tariq Theo Tomas Victor Yusuf"
).split()
PEOPLE = (*((name, "she", "her", "her") for name in WOMEN), *((name, "he", "his", "him") for name in MEN))
RELATIVES = (
    "sister brother cousin neighbor aunt uncle grandmother grandfather friend classmate teammate roommate".split()
)

COUNTABLE = (
    "apples pears oranges plums peaches lemons eggs muffins cookies pancakes sandwiches marbles stickers "
    "stamps coins buttons beads shells "
    "pebbles postcards pencils crayons erasers notebooks bookmarks balloons candles tulips roses "
    "seedlings badges puzzles"
).split()
GOODS = (
    "pencils notebooks rulers erasers markers mugs plates bowls scarves hats gloves socks candles lamps "
    "cushions batteries cables tickets "
    "posters postcards magnets sandwiches juices smoothies pretzels melons pineapples jars baskets"
).split()
BOXES = "boxes bags packs crates baskets trays cartons tins".split()
SHOPS = (
    "bakery|bookshop|market|garden center|hardware store|school fair|toy shop|museum shop|flea "
    "market|stationery shop|corner shop|farm stand"
).split("|")
WARES = (
    "jacket backpack lamp bicycle helmet tent kettle blender guitar keyboard monitor desk chair sofa "
    "carpet camera telescope skateboard "
    "raincoat suitcase toaster microscope"
).split()
VEHICLES = "train|bus|van|truck|coach|car|motorcycle|delivery van|freight train|camper|minibus|taxi".split("|")
TOWNS = (
    "Alder Bay|Ashford|Birchwood|Brookdale|Cedar "
    "Falls|Dunmore|Eastport|Fairview|Glenrock|Harrow|Kingsley|Lakeside|Maplewood|Milford|"
    "Northgate|Oakridge|Port Ellis|Ravenna|Redhill|Silverton|Stonebridge|Thornbury|Westbrook|Winslow"
).split("|")


def person(rng: Rng) -> dict[str, str]:
    """Words for one person: name, he, his, him, He."""
    name, he, his, him = rng.choice(PEOPLE)
    return {"name": name, "he": he, "his": his, "him": him, "He": he.capitalize()}
