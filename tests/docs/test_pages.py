"""The pages hold together: every block is of a known kind, nothing goes unrun unsaid, figures come from the sources."""

from __future__ import annotations

import itertools
import json
import re

import pytest

from tests.docs.blocks import NOT_RUN, RUN_ELSEWHERE, placed, to_run
from tools.docs import docstrings, expand, tables

RUN = ("python", "sh", "c", "json", "yaml")


def test_every_block_runs_or_says_why_not() -> None:
    for item in placed():
        language, note = item.block.language, item.block.note
        assert language in (*RUN, "text", "colang"), f"{item}: a block of {language or 'no'} language"
        assert not note or note.startswith("not run: "), f"{item}: {note}"
        assert not note or language in RUN
    unrun = {(item.page, item.block.note.removeprefix("not run: ")) for item in placed() if item.block.note}
    assert unrun == NOT_RUN
    assert len([item for item in placed() if item.block.note]) == len(NOT_RUN)
    counted = len(to_run(*RUN)) + len(NOT_RUN)
    elsewhere = [item for item in placed() if item.page in RUN_ELSEWHERE]
    assert counted + len(elsewhere) == len([item for item in placed() if item.block.language != "text"])


def test_what_runs_elsewhere_is_a_readme_and_nothing_else() -> None:
    """So that the tests of tinyguard/integrations/README.md are tests of the page."""
    text = expand.pages()["guides/integrations.md"]
    assert not expand.blocks(text)
    assert re.findall(r"<!-- (?:include|table).*", text) == ["<!-- include: tinyguard/integrations/README.md -->"]


def test_no_code_is_hidden_in_indented_blocks() -> None:
    """An indented block is code without a language: no test would see it."""
    for page, text in expand.pages().items():
        lines = list(expand.fenced(expand.expand(text, page).splitlines()))
        for (before, _), (line, in_block) in itertools.pairwise(lines):
            if not in_block and not before.strip() and line.startswith("    ") and line.strip():
                assert text.splitlines()[text.splitlines().index(line) - 2].startswith(":::"), f"{page}: {line}"


def test_pages_name_no_figure_of_the_model() -> None:
    """Thresholds and rates come from model.json and from the marked parts of README and model card."""
    model = json.loads(tables.MANIFEST.read_text())
    figures = {f"{value:g}" for value in model["thresholds"].values()} | {f"{model['router_threshold']:g}"}
    for page, text in expand.pages().items():
        prose = "\n".join(line for line, in_block in expand.fenced(text.splitlines()) if not in_block)
        assert not re.search(r"\d %|\bAUC\b.*\d|\b\d+(\.\d+)? ms\b", prose), page
        assert not any(figure in prose for figure in figures), page


def test_the_thresholds_on_the_page_are_those_of_the_model() -> None:
    page = expand.expand(expand.pages()["policies.md"], "policies.md")
    model = json.loads(tables.MANIFEST.read_text())
    for name, value in model["thresholds"].items():
        assert f"| `{name}` | {value:g} |" in page


def test_review_and_block_are_computed_as_the_policy_does() -> None:
    from tinyguard import Policy

    thresholds = json.loads(tables.MANIFEST.read_text())["thresholds"]
    for name in thresholds:
        bands = Policy.preset(name, thresholds).bands("user")
        row = next(line for line in tables.thresholds_table().splitlines() if f"`{name}`" in line)
        assert f"| {bands.review:.4f} | {bands.block:.4f} |" in row


def test_sections_end_where_the_next_of_their_level_begins() -> None:
    text = "# A\n\n## B\n\none\n\n### C\n\n```sh\n## no heading\n```\n\n## D\n\ntwo\n"
    assert expand.section(text, "B") == "one\n\n### C\n\n```sh\n## no heading\n```"
    assert expand.section(text, "D") == "two"
    with pytest.raises(expand.PageError, match="no section"):
        expand.section(text, "E")


def test_links_of_an_included_file_fit_the_page() -> None:
    homes = {"SECURITY.md": "contributing.md"}
    text = "See [the rules](SECURITY.md#reporting), [LICENSE](LICENSE), [code](csrc/text/utf8.h), `[no](link)` and [x](https://example.com/a)."
    linked = expand.relink(text, "README.md", "guides/c.md", homes)
    assert "[the rules](../contributing.md#reporting)" in linked
    assert "LICENSE, code (`csrc/text/utf8.h`)" in linked
    assert "`[no](link)` and [x](https://example.com/a)" in linked
    with pytest.raises(expand.PageError, match="not there"):
        expand.relink("[x](missing.md)", "README.md", "faq.md", homes)


def test_what_is_not_there_is_an_error() -> None:
    for line in ("<!-- include: NO.md -->", "<!-- table: nothing -->", "<!-- include: README.md # Nothing -->"):
        with pytest.raises(expand.PageError):
            expand.expand(line, "index.md")
    assert expand.expand("<!-- include-if: NO.md -->", "index.md") == "\n"


def test_columns_of_a_docstring_become_lists() -> None:
    text = (
        "First line.\n\nname, other  what it is\n             and more\nthird        another\n\nBands::\n\n    0 ── 1"
    )
    assert docstrings.as_lists(text) == (
        "First line.\n\n\n- `name`, `other`: what it is and more\n- `third`: another\n\nBands:\n\n    0 ── 1"
    )
