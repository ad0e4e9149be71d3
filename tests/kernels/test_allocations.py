"""The layers' working memory is taken once."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs a compiler")
def test_steady_state_allocates_nothing(tmp_path: Path) -> None:
    program = tmp_path / "allocations"
    layers = [path for path in (ROOT / "csrc/layers").glob("*.cpp") if path.name != "select.cpp"]
    sources = [ROOT / "tests/kernels/allocations.cpp", ROOT / "csrc/kernels/generic/encoder.cpp", *layers]
    subprocess.run(["g++", "-std=c++17", "-O1", f"-I{ROOT / 'csrc'}", *sources, "-o", program], check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
