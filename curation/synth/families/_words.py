"""People and things that word problems are about. Names carry their pronouns, so that a sentence never has to dodge them."""

from __future__ import annotations

from curation.synth.families._rng import Rng

WOMEN = (
    "Aaliyah Adaeze Aiko Aisha Akua Amara Amina Ana Anna Anya Astrid Ayesha Beatrice Bela Birgit Camila Carla Chiara Chloe Citlali Daria "
    "Deepa Ebony Eilidh Elena Elif Emma Esther Eun Fatima Filipa Freya Gabriela Giulia Grace Hadiya Hana Hanna Helen Imani Ines Ingrid "
    "Irina Isabel Ivy Jasmine Jia Johanna Judith Julia Kalani Kamala Katya Keiko Khadija Kirsten Lan Laura Leila Lena Lina Ling Linnea "
    "Lucia Lwazi Maeve Malia Mana Maria Marisol Mei Mina Mira Miriam Mona Nadia Naledi Nana Natalia Ngozi Nina Noor Oksana Olga Paula "
    "Petra Priya Rania Rebecca Rosa Ruth Sakura Salma Sara Selma Shanti Signe Sofia Sunita Tala Tamar Tara Tessa Thandi Tove Uma Ursula "
    "Valentina Vera Wanda Xochitl Yasmin Yuki Zainab Zara Zoe Zuri"
).split()
MEN = (
    "Abdul Adam Ahmed Akio Alejandro Amir Andrei Anders Antonio Arjun Arturo Asher Bao Ben Bilal Bjorn Bruno Caleb Carlos Chen Chidi Cyrus "
    "Daichi Daniel David Diego Dmitri Eduardo Elias Emil Emre Ethan Farid Felix Femi Finn Gabriel Giorgio Goran Hamza Haruto Hassan Henrik "
    "Hiroshi Hugo Ian Ibrahim Idris Igor Ivan Jabari Jakob Jamal James Javier Joao Jonas Jorge Juan Kai Karim Kenji Khalil Kofi Kwame Lars "
    "Leo Liam Luca Lukas Malik Marco Marek Mateo Mehmet Miguel Milan Min Musa Nikhil Nikolai Oliver Omar Oscar Pablo Pavel Pedro Peter "
    "Rafael Rahul Ravi Rashid Rui Samuel Santiago Sanjay Sergio Sipho Sven Takumi Tariq Theo Thiago Tomas Tunde Victor Viktor Wei Xavier "
    "Yaw Yusuf Zoltan"
).split()
PEOPLE = (*((name, "she", "her", "her") for name in WOMEN), *((name, "he", "his", "him") for name in MEN))
RELATIVES = (
    "sister brother cousin neighbor aunt uncle grandmother grandfather friend classmate teammate roommate niece nephew colleague teacher"
).split()

COUNTABLE = (
    "apples pears oranges plums peaches lemons limes figs apricots mangoes kiwis eggs muffins cookies pancakes dumplings sandwiches bagels "
    "marbles stickers stamps coins buttons beads shells pebbles postcards pencils crayons erasers notebooks bookmarks balloons candles "
    "tulips roses sunflowers seedlings badges puzzles acorns chestnuts walnuts almonds magnets keychains tiles bricks bolts screws cards "
    "dice ribbons feathers leaflets envelopes comics albums photographs tomatoes carrots onions radishes potatoes peppers"
).split()
GOODS = (
    "pencils notebooks rulers erasers markers mugs plates bowls scarves hats gloves socks candles lamps cushions "
    "batteries cables tickets posters postcards magnets sandwiches juices smoothies pretzels melons pineapples jars "
    "baskets folders pens brushes towels spoons forks lanterns bracelets necklaces earrings kites pots seeds "
    "coconuts croissants empanadas samosas waffles teapots vases umbrellas"
).split()
BOXES = "boxes bags packs crates baskets trays cartons tins jars bundles sacks chests drawers racks pouches".split()
SHOPS = (
    "bakery|bookshop|market|garden center|hardware store|school fair|toy shop|museum shop|flea market|stationery shop|corner shop|"
    "farm stand|gift shop|craft fair|supermarket|bazaar|kiosk|department store|village shop|harbor market|station shop|night market"
).split("|")
WARES = (
    "jacket backpack lamp bicycle helmet tent kettle blender guitar keyboard monitor desk chair sofa carpet camera telescope skateboard "
    "raincoat suitcase toaster microscope printer tablet violin mattress wardrobe bookcase scooter canoe ladder lawnmower drill sweater "
    "radio speaker watch fridge mixer curtain mirror table hammock"
).split()
VEHICLES = (
    "train|bus|van|truck|coach|car|motorcycle|delivery van|freight train|camper|minibus|taxi|tram|pickup|jeep|night bus|"
    "night train|school bus|fire engine|mail van|milk truck|tour bus"
).split("|")
TOWNS = (
    "Alder Bay|Ashford|Birchwood|Brookdale|Cedar Falls|Dunmore|Eastport|Fairview|Glenrock|Harrow|Kingsley|Lakeside|Maplewood|Milford|"
    "Northgate|Oakridge|Port Ellis|Ravenna|Redhill|Silverton|Stonebridge|Thornbury|Westbrook|Winslow|Amberley|Bellmar|Casa Verde|Corvo|"
    "Dalhem|Elmstead|Fonteval|Gullhaven|Halden|Isola Nova|Jarrow|Karlsund|Lindau|Monte Alto|Nakashi|Ostrava|Pinewood|Quarry Hill|Rosario|"
    "Sandvik|Tarnow|Umbria|Valdora|Willow Creek|Yarmouth|Zelena"
).split("|")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MATHEMATICIANS = (
    "Bayes Bernoulli Bezout Cramer Euclid Euler Fermat Gauss Horner Laplace Leibniz Newton Pascal Pythagoras Vieta Venn"
).split()
PROPER = frozenset([*WOMEN, *MEN, *DAYS, *MATHEMATICIANS, *(word for town in TOWNS for word in town.split()), "I"])
"""Words that keep their capital letter inside a sentence."""


def person(rng: Rng) -> dict[str, str]:
    """Words for one person: name, he, his, him, He."""
    name, he, his, him = rng.choice(PEOPLE)
    return {"name": name, "he": he, "his": his, "him": him, "He": he.capitalize()}


def apart(words: dict[str, str], rng: Rng) -> dict[str, str]:
    """The words with another person while that one bears the name of `other` or `third`."""
    while words["name"] in (words["other"], words["third"]):
        words = words | person(rng)
    return words


def people(rng: Rng, count: int) -> list[str]:
    """Names of different people."""
    return [name for name, *_ in rng.sample(PEOPLE, count)]
