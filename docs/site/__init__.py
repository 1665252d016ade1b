"""The site of the documentation: pages that follow from the code, and the build of the whole. `python -m docs.site --help`."""
