"""Linters and types: what reviewers should not have to look for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def check(*command: str) -> None:
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_ruff() -> None:
    check(sys.executable, "-m", "ruff", "check", ".")


def test_clang_format() -> None:
    folders = ("csrc", "attacks", "bench", "examples", "fuzz", "tests", "tinyguard/include")
    sources = [p for folder in folders for p in sorted((ROOT / folder).rglob("*")) if p.suffix in (".h", ".c", ".cpp")]
    generated = {"unicode_tables.cpp"}
    check("clang-format", "--dry-run", "-Werror", *(str(p) for p in sources if p.name not in generated))


def test_mypy() -> None:
    check(sys.executable, "-m", "mypy")
