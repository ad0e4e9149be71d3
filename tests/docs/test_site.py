"""The site is built without a warning, and pages come out with what they asked for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT
from tools.docs import expand


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}  # the theme's makers on the next version
    done = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    return folder


def text_of(site: Path, page: str) -> str:
    return (site / page / "index.html").read_text(encoding="utf-8")


def test_every_page_is_built(site: Path) -> None:
    for page in expand.pages():
        name = page.removesuffix(".md").removesuffix("index").rstrip("/")
        assert (site / name / "index.html").is_file(), page


def test_no_directive_is_left_over(site: Path) -> None:
    for file in site.rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        assert "<!-- table:" not in text, file
        assert "<!-- include" not in text, file
        assert "```" not in text, file


def test_a_block_that_is_not_run_says_why(site: Path) -> None:
    assert "The tests do not run this: needs a cluster." in text_of(site, "guides/kubernetes")


def test_the_api_reference_has_every_name_of_the_package(site: Path) -> None:
    import tinyguard

    page = text_of(site, "reference/python")
    for name in tinyguard.__all__:
        if name not in ("__version__", "ROLES"):
            assert f'id="tinyguard.{name}"' in page, name
    assert "scores from here on are threats" in page


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for file in site.rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        assert not re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="https?://', text), file
