"""Runnable abuse attempts, each with the answer that it must get: README.md has the table, `python -m attacks` runs."""
