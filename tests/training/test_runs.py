"""The recipes: they parse, and every command in them has the options that it is given."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "training/runs").glob("*.sh"))


def commands(script: Path) -> list[tuple[str, list[str]]]:
    """Module and options of each `python -m …` in a script; arrays that a command is put together from count."""
    text = script.read_text().replace("\\\n", " ")
    arrays = dict(re.findall(r'^(\w+)=\((".*)\)$', text, re.MULTILINE))
    found = []
    for line in text.splitlines():
        if "python -m" not in line or line.lstrip().startswith("#"):
            continue
        tail = line[line.index("python -m") + len("python -m") :]
        for name, content in arrays.items():
            tail = tail.replace(f'"${{{name}[@]}}"', content)
        words = shlex.split(tail.rstrip(") ;"), posix=True) if tail.count('"') % 2 == 0 else tail.split()
        found.append((words[0], re.findall(r"(?<!\S)--[a-z][a-z-]*", tail)))
    return found


@cache
def help_of(module: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_parses_and_says_how_it_is_called(script: Path) -> None:
    subprocess.run(["bash", "-n", script], check=True)
    text = script.read_text()
    assert "set -euo pipefail" in text
    assert f"#   training/runs/{script.name} " in text
    assert script.stat().st_mode & 0o100
    for config in re.findall(r"training/configs/[\w.]+", text):
        assert (ROOT / config).exists(), config
    for other in re.findall(r"training/runs/[\w.]+", text):
        assert (ROOT / other).exists(), other


def test_every_option_exists() -> None:
    asked = [(script.name, *command) for script in SCRIPTS for command in commands(script)]
    own = [item for item in asked if item[1] != "training.circuit_breaker"]  # its options hang on a sub-command
    assert len(own) >= 12
    for name, module, options in own:
        assert importlib.util.find_spec(module), (name, module)
        for option in options:
            assert re.search(rf"(?<![\w-]){option}(?![\w-])", help_of(module)), (name, module, option)


def test_a_wrong_option_would_be_seen(tmp_path: Path) -> None:
    script = tmp_path / "x.sh"
    script.write_text(
        'a=("$b" --tokenizer t)\n[ -f x ] ||\n  python -m training.data.mine "${a[@]}" \\\n    --pool p --wrong 3\n'
    )
    assert commands(script) == [("training.data.mine", ["--tokenizer", "--pool", "--wrong"])]
    assert "--wrong" not in help_of("training.data.mine")
