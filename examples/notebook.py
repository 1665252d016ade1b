# %% [markdown]
# # A recipe in a notebook
# Each cell runs by itself in VS Code, or in Jupyter through jupytext. First a recipe: the crawl of `web`, made small.

# %%
from pathlib import Path

RECIPE = """
recipe: tour
about: A small crawl, scored, deduplicated and packed.
extends: web
corpora: {web: {files: "embedded:crawl?pages=300"}}
tokenizer: {train: bpe, vocab: 1024, of: [web]}
mixture: {tokens: 50k, seq_len: 512, pack: best_fit, stages: [{until: 100%, weights: {web: 1.0}}]}
expect: ["select count(*) > 50 from documents where fate = 'kept'"]
"""
Path("recipes").mkdir(exist_ok=True)
Path("recipes/tour.yaml").write_text(RECIPE.lstrip(), "utf-8")

# %% [markdown]
# `curate.open` finds it by name. Nothing runs yet: the plan says what a build would do.

# %%
import curate

recipe = curate.open("tour", executor="inline")
for row in recipe.plan():
    print(f"{row['node']:55} {row['step']:28} {row['state']}")

# %% [markdown]
# A sample says what the whole will be: an interval after each step, and bounds once documents are compared with each other.

# %%
sample = recipe.sampled("20%")
sample.build()
for node, total in sample.projection()["documents"].items():
    print(f"{node:55} {total['low']:>6,} to {total['high']:>6,} at 100%")

# %% [markdown]
# Building it takes some seconds; what the sample computed is not computed again. In a notebook a recipe shows itself as this table.

# %%
built = recipe.build()
print(f"built {len(built['ran'])} of {built['nodes']} nodes")
print(recipe._repr_markdown_())

# %% [markdown]
# The funnel: how many documents came to each step, went on from it, and what became of the others.

# %%
for row in recipe.funnel():
    print(f"{row['node']:55} {row['in']:>6,} -> {row['out']:>6,}  {row['fates'] or ''}")

# %% [markdown]
# Any other question is SQL. `docs/sql.md` describes the views.

# %%
fates = recipe.sql("select fate, sum(documents) as documents from fates group by all order by documents desc")
print(fates)
print(recipe.sql("select clause, condition, failed_first from clauses where failed_first > 0"))

# %% [markdown]
# Documents on the line of a clause, on either side of it, are the ones to read before its threshold is changed.

# %%
for document in recipe.sample("web", 4, dropped_by="mathematical", near=True).to_dicts():
    print(f"{document['math_score']:.3f} {document['fate']:12} {document['text'][:70]!r}")

# %% [markdown]
# What another threshold would keep is known from stored scores; nothing is built.

# %%
found = recipe.whatif("web", "math_score >= 0.4", n=0)
print(f"{found['was']} -> {found['then']}: {found['documents']}")

# %% [markdown]
# One document's life, with the values that each clause saw.

# %%
(life,) = recipe.trace(document["id"])["lives"]
print(f"{life['url']}: {life['fate']}")
for event in life["events"]:
    for clause in event.get("clauses", ()):
        print(f"{clause['verdict']:10} {clause['text']:50} {clause['values']}")

# %% [markdown]
# The mixture is windows of tokens in an order that training can resume; each window names its documents.

# %%
from mixers.reader import Mixture

mixture = Mixture(built["mixture"])
print(f"{len(mixture)} windows of {recipe.mixture()['seq_len']} tokens")
print(recipe.sql('select "window", id, length from mixture order by "window", "offset" limit 3'))

# %% [markdown]
# A plot, where the extra `plots` is installed.

# %%
try:
    import matplotlib
except ImportError:
    print("no plot: pip install octocurate[plots]")
else:
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 3), layout="constrained")
    axes.barh(fates["fate"].to_list(), fates["documents"].to_list())
    axes.set_xlabel("documents")
    figure.savefig("fates.png")

# %% [markdown]
# A DuckDB file takes all views to where Octocurate is not. And a second build has nothing to do.

# %%
print("wrote", Path(recipe.catalog("tour.duckdb")["db"]).name)
recipe.build()
print("nodes to do after that:", len(recipe.todo()))
