"""Build a recipe and look into it from Python: the funnel, a question in SQL, two documents on the line of a clause."""

import sys

import curate


def main(name: str = "long-cot") -> None:
    recipe = curate.open(name)
    recipe.build()
    for row in recipe.funnel():
        print(f"{row['node']:28} {row['in']:>8,} -> {row['out']:>8,}  {row['fates'] or ''}")
    print(recipe.sql("select corpus, fate, count(*) as documents from documents group by all order by all"))
    corpus = next(iter(recipe.planned.ends))
    for document in recipe.sample(corpus, 2).to_dicts():
        print(document["id"], document["url"], document["text"][:80].replace("\n", " "))


if __name__ == "__main__":
    main(*sys.argv[1:])
