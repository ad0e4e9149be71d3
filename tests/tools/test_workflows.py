"""The workflows speak of what is there, and ask for no more rights than they need."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_holds_together(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert set(job.get("needs", [])) <= set(workflow["jobs"])
        if "uses" in job:
            assert (ROOT / job["uses"]).is_file()
    for step in steps(workflow):
        assert "run" in step or "uses" in step
        for file in re.findall(r"(?<![\w./-])((?:tools|tests|\.ci|docs)/[\w./-]+)", step.get("run", "")):
            assert (ROOT / file).exists(), f"{path.name}: {file}"
        # What a scanned or released text could smuggle into a shell.
        assert "${{ github.event." not in step.get("run", "")


def test_only_the_step_that_publishes_may_prove_who_it_is() -> None:
    may = {
        (path.name, name)
        for path in WORKFLOWS
        for name, job in yaml.safe_load(path.read_text())["jobs"].items()
        if "write" in job.get("permissions", {}).values()
    }
    assert may == {("release.yml", "publish")}


def test_every_platform_of_the_release_has_a_runner() -> None:
    """cibuildwheel's `archs` and the matrix that gives each its own machine."""
    tomllib = pytest.importorskip("tomllib", reason="Python 3.11")
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["cibuildwheel"]
    wanted = {("manylinux", arch) for arch in config["linux"]["archs"]} | {
        ("macosx", a) for a in config["macos"]["archs"]
    }
    matrix = yaml.safe_load((ROOT / ".github/workflows/wheels.yml").read_text())["jobs"]["wheels"]["strategy"]["matrix"]
    assert {(row["platform"], row["archs"]) for row in matrix["include"]} == wanted
