"""Fuzz targets: README.md has the table. `python -m fuzz` makes seeds, runs targets and minimizes the corpus."""
