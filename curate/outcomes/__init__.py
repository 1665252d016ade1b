"""`curate compare`: whole recipes, by what reinforcement learning makes of their models.

An *outcome* is what one entry on prompts under `train:` of one recipe came to, over its seeds: accuracy on held-out prompts before and
after, lengths, collapses, and the benchmarks that `eval:` asked of its model and of the one that it goes on from.

    measures.py     what one run measured, and figures over seeds, with intervals
    collect.py      the outcomes of a recipe, as the store is
    benchmarks.py   of those, what evaluations say
    origins.py      where a number comes from: runs, locks, mixtures, documents
    pairs.py        which outcomes can be told apart, and whether the probes agree
    make.py         build, train and evaluate what is missing
    compare.py      all of that in one call
    published.py    figures of others, from a file
    words.py        sentences and tables, for the terminal and for all pages
    page.py         the result as one HTML file; panels.py, origins_page.py its longer sections, svg.py its figures
    markdown.py     the same in Markdown
    written.py      either as a file
"""
