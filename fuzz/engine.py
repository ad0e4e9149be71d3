"""Running a target under libFuzzer (native ones) or atheris (those in Python), and what came of it."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fuzz.python import TARGETS as PYTHON

#: Where CMake put the native targets; seeds, inputs found and crashes lie beside them.
BUILD = Path("build/fuzz")

DETECTORS = ("flip", "homoglyph", "encryption", "encoding", "typoglycemia", "indirect", "leet", "entropy", "invisible")
NATIVE = (
    "utf8", "normalize", "codecs", "views", "char_ids", "tokenizer", "tokenizer_file", "json", "text_kernels",
    "encoder_kernels", "ngrams", "model_folder", *DETECTORS,
)  # fmt: skip
TARGETS = (*NATIVE, *PYTHON)

_DONE = re.compile(r"^Done (\d+) runs|^#(\d+)\s", re.MULTILINE)
_COVERAGE = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)")


@dataclass(frozen=True)
class Outcome:
    """One run: inputs tried, edges reached, wall-clock and processor seconds; ``crash`` where it ended in one."""

    target: str
    executions: int
    edges: int
    corpus: int
    wall: float
    cpu: float
    crash: bool


def command(target: str) -> list[str]:
    if target in PYTHON:
        return [sys.executable, "-m", "fuzz.atheris_engine", target]
    return [str(BUILD / "fuzz" / f"fuzz_{target}")]


def run(target: str, arguments: Sequence[str], log: Path) -> Outcome:
    """Run a target with libFuzzer's arguments; everything that it says goes to ``log``."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with log.open("wb") as out:
        status = subprocess.run([*command(target), *arguments], stdout=out, stderr=subprocess.STDOUT, check=False)
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - start
    said = log.read_text("utf-8", "replace")
    counts = [int(whole or pulse) for whole, pulse in _DONE.findall(said)]
    coverage = [tuple(map(int, found)) for found in _COVERAGE.findall(said)]
    return Outcome(
        target,
        executions=max(counts, default=0),
        edges=max((found[0] for found in coverage), default=0),
        corpus=coverage[-1][2] if coverage else 0,
        wall=round(wall, 1),
        cpu=round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        crash=status.returncode != 0,
    )
