"""Every block of code of every page, as the site shows it, and what each is run with."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from tools.docs import expand
from tools.docs.expand import ROOT as ROOT

# Blocks that no test runs, by page and reason. The reason stands in the block's info string and on the page.
NOT_RUN = {
    ("guides/kubernetes.md", "needs a cluster"),
    ("guides/triton.md", "needs Triton Inference Server"),
    ("guides/ray.md", "starts a Ray cluster; tests/integrations/test_ray.py runs the same command"),
    ("guides/training.md", "trains for hours; tests/training/test_recipe.py runs the recipe on a toy base"),
}
# A page that is a README whose blocks other tests run, wherever the package that a block needs is installed.
RUN_ELSEWHERE = {"guides/integrations.md": "tests/integrations/test_readme.py and test_nemo.py"}


class Placed(NamedTuple):
    page: str
    block: expand.Block

    def __str__(self) -> str:
        return f"{self.page}:{self.block.line}"


@cache
def placed() -> tuple[Placed, ...]:
    return tuple(
        Placed(page, block)
        for page, text in expand.pages().items()
        for block in expand.blocks(expand.expand(text, page))
    )


def to_run(*languages: str) -> list[Placed]:
    """The blocks of these languages that a test has to run."""
    return [
        item
        for item in placed()
        if item.block.language in languages
        and item.page not in RUN_ELSEWHERE
        and not item.block.note.startswith("not run: ")
    ]
