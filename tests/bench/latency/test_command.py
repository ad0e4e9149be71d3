"""The benchmark command, and every kind of benchmark run once for its assertions."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from bench.latency.__main__ import command, main

ROOT = Path(__file__).parents[3]


def options(storage: Path, **given: object) -> argparse.Namespace:
    return argparse.Namespace(**{"storage": storage, "save": None, "compare": None, "fail": None, **given})


def test_a_run_leaves_the_projects_skipping_option_out(tmp_path: Path) -> None:
    line = command(options(tmp_path, save="before"), ["-k", "classify"])
    assert line[line.index("-o") + 1] == "addopts="
    assert "--benchmark-only" in line
    assert "--benchmark-save=before" in line
    assert line[-2:] == ["-k", "classify"]


def test_the_latest_run_of_a_name_is_compared_with(tmp_path: Path) -> None:
    folder = tmp_path / "Linux-CPython-3.11-64bit"
    folder.mkdir()
    for name in ("0001_before.json", "0002_after.json", "0003_before.json"):
        (folder / name).touch()
    line = command(options(tmp_path, compare="before", fail=7.5), [])
    assert "--benchmark-compare=0003" in line
    assert "--benchmark-compare-fail=min:7.5%" in line


def test_a_name_without_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--compare", "nothing", "--storage", str(tmp_path)]) == 1
    assert "no run called nothing" in capsys.readouterr().err


def test_fail_needs_something_to_compare_with(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["run", "--fail", "5"])
    assert "--fail needs --compare" in capsys.readouterr().err


def pytest_run(*arguments: str) -> str:
    line = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "bench/latency", *arguments]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout.strip().splitlines()[-1]


def test_ordinary_test_runs_skip_the_benchmarks() -> None:
    last = pytest_run("-q", "-k", "test_judge or test_views")
    assert "2 skipped" in last
    assert "passed" not in last


def test_each_stage_gives_the_right_result() -> None:
    """One benchmark of every group, once and untimed: what they assert of the bundled model holds."""
    kinds = "32 or judge or join or views or flip or mixed or batch or cold"
    assert " passed" in pytest_run("-q", "-o", "addopts=", "--benchmark-disable", "-k", kinds)


def test_a_kept_run_can_be_compared_with(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    further = ["-p", "no:cacheprovider", "-k", "test_judge", "--benchmark-max-time=0.05", "--benchmark-min-rounds=2"]
    assert main(["run", "--save", "mine", "--storage", str(tmp_path), *further]) == 0
    assert len(list(tmp_path.glob("*/*_mine.json"))) == 1
    assert main(["run", "--compare", "mine", "--storage", str(tmp_path), *further]) == 0
    assert "test_judge (0001_mine)" in capfd.readouterr().out
