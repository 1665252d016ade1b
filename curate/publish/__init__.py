"""What is built, put where others look for it: `curate publish R --to hf://datasets/ORG/NAME`, a bucket, a folder, any fsspec URL.

    README.md            the card, with the hub's metadata: one config for each corpus, one for the mixture
    recipe.yaml          the recipe with everything inherited filled in
    recipe.lock          which bytes each of its names meant
    publish.json         every data file with its rows, bytes and SHA-256
    data/<config>/...    Parquet; a file's name holds its digest

    files.py     documents -> Parquet files, one at a time, the same bytes for the same store
    page.py      card, recipe, lock and list of files
    places.py    folders, buckets, fsspec; hub.py   the Hugging Face hub
    publish.py   what is refused, what is there already, what is sent, and in which order

Data files are sent first, under names that nothing reads yet; the card, which names them one by one, comes last (on the hub in one commit
with them), so a reader sees the old set or the new one. Because names hold digests, a publish that was killed goes on where it stopped, a
file that is there is not sent again, and one that changes nothing writes nothing. Left out: tokens (`curate export`), pull requests.
"""
